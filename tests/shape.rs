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

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Longest source file, in lines.
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
        within: &["config.rs", "built_in.rs"],
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

/// The files below `folder` that end in `.rs`, as paths below `src`, in order.
fn sources() -> Vec<(String, String)> {
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
    let src = root().join("src");
    let mut found = Vec::new();
    walk(&src, &mut found);
    found.sort();
    assert!(found.len() > 50, "the sources were not found below {}", src.display());
    let name = |path: &Path| path.strip_prefix(&src).unwrap().to_str().unwrap().replace('\\', "/");
    found.iter().map(|path| (name(path), fs::read_to_string(path).unwrap())).collect()
}

/// The code without its comments and texts; lines stay where they are.
fn code_only(source: &str) -> String {
    let mut code = String::with_capacity(source.len());
    let mut rest = source;
    while let Some(first) = rest.chars().next() {
        let skipped = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            block_comment(rest)
        } else if let Some(length) = raw_text(rest).filter(|_| !ends_in_word(&code)) {
            length
        } else if first == '"' {
            text(rest)
        } else if let Some(length) = character(rest) {
            length
        } else {
            code.push(first);
            rest = &rest[first.len_utf8()..];
            continue;
        };
        code.extend(rest[..skipped].chars().filter(|&c| c == '\n'));
        code.push(' ');
        rest = &rest[skipped..];
    }
    code
}

fn ends_in_word(code: &str) -> bool {
    code.chars().next_back().is_some_and(|last| last.is_alphanumeric() || last == '_')
}

/// The length of the comment that `rest` begins with; they nest.
fn block_comment(rest: &str) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < rest.len() {
        if rest[at..].starts_with("/*") {
            (depth, at) = (depth + 1, at + 2);
        } else if rest[at..].starts_with("*/") {
            (depth, at) = (depth - 1, at + 2);
            if depth == 0 {
                return at;
            }
        } else {
            at += rest[at..].chars().next().unwrap().len_utf8();
        }
    }
    rest.len()
}

/// The length of the raw text (`r"…"`, `r#"…"#`, `br"…"`) that `rest` begins with, if it does.
fn raw_text(rest: &str) -> Option<usize> {
    let after = rest.strip_prefix('b').unwrap_or(rest).strip_prefix('r')?;
    let hashes = after.len() - after.trim_start_matches('#').len();
    let opened = after[hashes..].strip_prefix('"')?;
    let end = format!("\"{}", "#".repeat(hashes));
    let length = opened.find(&end).map_or(opened.len(), |at| at + end.len());
    Some(rest.len() - opened.len() + length)
}

/// The length of the text that `rest` begins with.
fn text(rest: &str) -> usize {
    let mut escaped = false;
    for (at, character) in rest.char_indices().skip(1) {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

/// The length of the character (`'x'`, `'\n'`) that `rest` begins with; a lifetime is none.
fn character(rest: &str) -> Option<usize> {
    let inside = rest.strip_prefix('\'')?;
    if inside.starts_with('\\') {
        return inside[2..].find('\'').map(|at| at + 4);
    }
    let first = inside.chars().next()?;
    inside[first.len_utf8()..].starts_with('\'').then(|| first.len_utf8() + 2)
}

/// `use crate::{a, b::c}` as `crate::a`, `crate::b::c`, so that a group hides no name.
fn names_of_groups(code: &str) -> Vec<(usize, String)> {
    let mut names = Vec::new();
    for (at, _) in code.match_indices("crate::{") {
        let line = code[..at].matches('\n').count() + 1;
        let (mut depth, mut item) = (0_usize, String::new());
        for character in code[at + "crate::".len()..].chars() {
            match character {
                '{' => depth += 1,
                '}' => depth -= 1,
                _ => {}
            }
            let ends = depth == 0 || (depth == 1 && (character == ',' || character == '{'));
            if ends {
                names.push((line, format!("crate::{}", item.trim())));
                item.clear();
            } else if !character.is_whitespace() {
                item.push(character);
            }
            if depth == 0 {
                break;
            }
        }
    }
    names
}

/// Whether `line` holds `name` as a whole path, not as a part of a longer word.
fn names(line: &str, name: &str) -> bool {
    let is_word = |character: char| character.is_alphanumeric() || character == '_';
    line.match_indices(name).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + name.len()..].chars().next();
        !before.is_some_and(is_word) && (!after.is_some_and(is_word) || name == "actix" || name == "diesel")
    })
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
    let known = ["api", "cli", "domain", "formats", "live", "services", "store"];
    let files = ["built_in.rs", "config.rs", "lib.rs", "main.rs"];
    for (file, _) in sources() {
        let first = file.split('/').next().unwrap();
        assert!(
            known.contains(&first) || files.contains(&first),
            "src/{first} is new: say in tests/shape.rs what it may depend on"
        );
    }
}

#[test]
fn no_source_file_is_too_long() {
    let long: Vec<String> = sources()
        .iter()
        .map(|(file, source)| (file, source.lines().count()))
        .filter(|(_, lines)| *lines > MOST_LINES)
        .map(|(file, lines)| format!("src/{file} has {lines} lines"))
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
