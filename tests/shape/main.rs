//! The shape of the sources: what depends on what, how long a file gets, that both databases have the
//! same migrations. Each fault is told with its file, its line and the rule.
#![allow(
    clippy::allow_attributes,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod code;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use self::code::{code_only, names, names_of_groups};

/// Longest source file and longest file of tests, in lines.
const MOST_LINES: usize = 400;

/// What the files of a folder must not name, and why.
struct Rule {
    /// Paths below `src` that it holds for.
    within: &'static [&'static str],
    /// Paths below those that it does not hold for.
    except: &'static [&'static str],
    /// Names that must not occur.
    forbidden: &'static [&'static str],
    why: &'static str,
}

const RULES: &[Rule] = &[
    Rule {
        within: &["domain/"],
        except: &[],
        forbidden: &[
            "crate::store",
            "crate::formats",
            "crate::live",
            "crate::services",
            "crate::api",
            "crate::cli",
            "crate::config",
            "crate::built_in",
        ],
        why: "the rules depend on nothing else of the program",
    },
    Rule {
        within: &["domain/"],
        except: &[],
        forbidden: &[
            "actix",
            "diesel",
            "tokio",
            "std::time::SystemTime",
            "getrandom",
            "std::fs",
            "std::net",
            "std::env",
        ],
        why: "a rule is pure: no server, no database, no clock, no files; time and randomness come in as arguments",
    },
    Rule {
        within: &[""],
        except: &["store/"],
        forbidden: &["diesel", "libsqlite3_sys"],
        why: "src/store is the only place that knows SQL",
    },
    Rule {
        within: &["api/"],
        except: &[],
        forbidden: &["crate::store", "crate::live", "crate::cli"],
        why: "a handler calls a service; what it needs of the store, the service hands on",
    },
    Rule {
        within: &["store/"],
        except: &[],
        forbidden: &[
            "crate::live",
            "crate::formats",
            "crate::services",
            "crate::api",
            "crate::cli",
            "crate::config",
            "crate::built_in",
        ],
        why: "the store depends on the domain only",
    },
    Rule {
        within: &["live/"],
        except: &[],
        forbidden: &[
            "crate::store",
            "crate::formats",
            "crate::services",
            "crate::api",
            "crate::cli",
            "crate::config",
            "crate::built_in",
        ],
        why: "what is held in memory depends on the domain only",
    },
    Rule {
        within: &["formats/"],
        except: &[],
        forbidden: &[
            "crate::store",
            "crate::live",
            "crate::services",
            "crate::api",
            "crate::cli",
            "crate::config",
            "crate::built_in",
        ],
        why: "files are read and written without a database; they depend on the domain only",
    },
    Rule {
        within: &["services/"],
        except: &[],
        forbidden: &["crate::api", "crate::cli", "crate::config", "crate::built_in", "actix", "clap"],
        why: "a service knows nobody who calls it",
    },
    Rule {
        within: &["config/", "built_in.rs"],
        except: &[],
        forbidden: &["crate::api", "crate::cli", "actix"],
        why: "settings and the built-in bank stand beside the services, below api and cli",
    },
    Rule {
        within: &["cli/"],
        except: &["cli/backup.rs", "cli/mod.rs"],
        forbidden: &["crate::store", "crate::live"],
        why: "a command calls services; only opening the database and its backup reach the store",
    },
];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The files below `src` that end in `.rs`, as paths below it, in order.
fn sources() -> Vec<(String, String)> {
    files_below("src")
}

/// The files below a folder of the project that end in `.rs`, as paths below that folder, in order.
fn files_below(folder: &str) -> Vec<(String, String)> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|end| end == "rs") {
                found.push(path);
            }
        }
    }
    let folder = root().join(folder);
    let mut found = Vec::new();
    walk(&folder, &mut found);
    found.sort();
    assert!(found.len() > 50, "the sources were not found below {}", folder.display());
    let name = |path: &Path| path.strip_prefix(&folder).unwrap().to_str().unwrap().replace('\\', "/");
    found.iter().map(|path| (name(path), fs::read_to_string(path).unwrap())).collect()
}

fn broken(rule: &Rule, file: &str, code: &str) -> Vec<String> {
    let lies = |places: &[&str]| places.iter().any(|place| file.starts_with(place));
    if !lies(rule.within) || lies(rule.except) {
        return vec![];
    }
    let lines = code.lines().enumerate().map(|(index, line)| (index + 1, line.to_owned()));
    let mut faults = BTreeSet::new();
    for (number, line) in lines.chain(names_of_groups(code)) {
        for name in rule.forbidden.iter().filter(|name| names(&line, name)) {
            faults.insert(format!("src/{file}:{number} names `{name}`: {}", rule.why));
        }
    }
    faults.into_iter().collect()
}

#[test]
fn dependencies_point_one_way() {
    let faults: Vec<String> = sources()
        .iter()
        .flat_map(|(file, source)| {
            let code = code_only(source);
            RULES.iter().flat_map(|rule| broken(rule, file, &code)).collect::<Vec<_>>()
        })
        .collect();
    assert!(
        faults.is_empty(),
        "api, cli → services → live, store, formats → domain; nothing points back:\n{}",
        faults.join("\n")
    );
}

#[test]
fn every_folder_of_the_sources_is_known_to_the_rules() {
    let known = ["api", "cli", "config", "domain", "formats", "live", "services", "store"];
    let files = ["built_in.rs", "lib.rs", "main.rs"];
    for (file, _) in sources() {
        let first = file.split('/').next().unwrap();
        assert!(
            known.contains(&first) || files.contains(&first),
            "src/{first} is new: say in tests/shape/main.rs what it may depend on"
        );
    }
}

#[test]
fn no_source_file_is_too_long() {
    let long: Vec<String> = ["src", "tests"]
        .iter()
        .flat_map(|folder| files_below(folder).into_iter().map(move |file| (folder, file)))
        .map(|(folder, (file, source))| (folder, file, source.lines().count()))
        .filter(|(_, _, lines)| *lines > MOST_LINES)
        .map(|(folder, file, lines)| format!("{folder}/{file} has {lines} lines"))
        .collect();
    assert!(
        long.is_empty(),
        "a file has at most {MOST_LINES} lines; make a folder of it, one file a matter:\n{}",
        long.join("\n")
    );
}

/// The steps of a migration folder: the folders in it.
fn migrations(database: &str) -> BTreeSet<String> {
    let folder = root().join("migrations").join(database);
    let entries = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
    let steps = entries.filter(|path| path.is_dir());
    steps.map(|path| path.file_name().unwrap().to_str().unwrap().to_owned()).collect()
}

#[test]
fn both_databases_have_the_same_migrations() {
    let (sqlite, postgres) = (migrations("sqlite"), migrations("postgres"));
    assert!(!sqlite.is_empty());
    let only: Vec<&String> = sqlite.symmetric_difference(&postgres).collect();
    assert!(
        only.is_empty(),
        "these steps stand in one of migrations/sqlite and migrations/postgres only: {only:?}"
    );
}

#[test]
fn every_migration_can_be_undone() {
    for database in ["sqlite", "postgres"] {
        for step in migrations(database) {
            for file in ["up.sql", "down.sql"] {
                let path = root().join("migrations").join(database).join(&step).join(file);
                let text = fs::read_to_string(&path).unwrap_or_default();
                let has_statement =
                    text.lines().any(|line| !line.trim().is_empty() && !line.starts_with("--"));
                assert!(has_statement, "{} is missing or empty", path.display());
            }
        }
    }
}

/// The check itself, or a slip in it would let everything through.
#[test]
fn comments_and_texts_are_no_code_and_code_is_found() {
    let source = "//! crate::store\n/* diesel /* diesel */ diesel */ use a;\nlet b = \"diesel \\\" diesel\";\n\
                  let c = r#\"diesel \" diesel\"#; let d = '\"'; let e: &'static str = x;\nuse diesel::prelude::*;\n";
    let code = code_only(source);
    assert_eq!(code.matches("diesel").count(), 1, "{code}");
    assert_eq!(code.lines().count(), source.lines().count());
    assert!(code.contains("&'static str"));
    let found = |file: &str, source: &str| -> Vec<String> {
        RULES.iter().flat_map(|rule| broken(rule, file, &code_only(source))).collect()
    };
    assert_eq!(found("services/x.rs", source).len(), 1);
    assert!(found("store/x.rs", source).is_empty());
    assert_eq!(found("api/x.rs", "use crate::{domain::ids, store::{units, members}};").len(), 1);
    assert_eq!(found("domain/x.rs", "fn f() { let x = crate::live::banks::X; }").len(), 1);
    assert_eq!(found("live/x.rs", "use crate::{\n    domain,\n    store,\n};").len(), 1);
    assert_eq!(found("cli/x.rs", "use actix_web::rt; use crate::services::restored;").len(), 0);
    assert_eq!(found("services/x.rs", "use actix_web::rt;").len(), 1);
    assert!(found("store/x.rs", "let clips = crate::domain::apiary;").is_empty());
}
