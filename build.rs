//! Builds the web app when something under `web/` has changed, so that `cargo run` of a fresh clone serves it.
//! With no Node on the machine the server builds all the same and says on its first page what is missing.

use std::collections::hash_map::DefaultHasher;
use std::fs;
use std::hash::{Hash as _, Hasher as _};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

/// What the web app is made from, below `web/`.
const SOURCES: [&str; 9] = [
    "index.html",
    "openapi.json",
    "package-lock.json",
    "package.json",
    "public",
    "src",
    "tools",
    "tsconfig.json",
    "vite.config.ts",
];
/// Says from which sources `dist` was built; written last, so a broken build does not count.
const STAMP: &str = "dist/.built-from";
/// Says for which lock file the packages were installed.
const INSTALLED: &str = "node_modules/.installed-for";

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("{reason}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), String> {
    let web = Path::new("web");
    for source in SOURCES {
        println!("cargo::rerun-if-changed=web/{source}");
    }
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=QIANTI_WEB_NODE");
    let wanted = fingerprint(&SOURCES.map(|source| web.join(source)))?;
    if !is(&web.join(STAMP), &wanted) {
        build(web, &wanted)?;
    }
    if web.join(STAMP).exists() {
        println!("cargo::rerun-if-changed=web/{STAMP}");
    }
    Ok(())
}

/// Runs the npm build, if there is a Node to run it.
fn build(web: &Path, wanted: &str) -> Result<(), String> {
    // Also for who wants a server without the web app: a name of no program does.
    #[expect(
        clippy::disallowed_methods,
        reason = "a build script is no part of the program that config.rs configures"
    )]
    let node = std::env::var("QIANTI_WEB_NODE").unwrap_or_else(|_| "node".to_owned());
    let there = Command::new(&node).arg("--version").output().is_ok_and(|output| output.status.success());
    if !there {
        println!(
            "cargo::warning=Node.js (20.19 or newer) is missing: the server is built without a new web app. \
             Install it, then run `touch build.rs` and build again."
        );
        return Ok(());
    }
    let lock = fingerprint(&[web.join("package-lock.json")])?;
    if !is(&web.join(INSTALLED), &lock) {
        npm(web, &["ci", "--no-audit", "--no-fund"])?;
        fs::write(web.join(INSTALLED), &lock).map_err(|error| format!("{INSTALLED}: {error}"))?;
    }
    npm(web, &["run", "build"])?;
    fs::write(web.join(STAMP), wanted).map_err(|error| format!("{STAMP}: {error}"))
}

fn npm(web: &Path, arguments: &[&str]) -> Result<(), String> {
    let program = if cfg!(windows) { "npm.cmd" } else { "npm" };
    let output = Command::new(program)
        .args(arguments)
        .current_dir(web)
        .output()
        .map_err(|error| format!("npm {}: {error}", arguments.join(" ")))?;
    if output.status.success() {
        return Ok(());
    }
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    Err(format!("in web/, `npm {}` failed:\n{out}{err}", arguments.join(" ")))
}

/// Whether the file holds exactly this.
fn is(file: &Path, wanted: &str) -> bool {
    fs::read_to_string(file).is_ok_and(|found| found == wanted)
}

/// A number that changes when a file below the paths does, or its name.
fn fingerprint(paths: &[PathBuf]) -> Result<String, String> {
    let mut files = Vec::new();
    for path in paths {
        collect(path, &mut files).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    files.sort();
    let mut hasher = DefaultHasher::new();
    for file in files {
        let content = fs::read(&file).map_err(|error| format!("{}: {error}", file.display()))?;
        (file, content).hash(&mut hasher);
    }
    Ok(format!("{:016x}", hasher.finish()))
}

fn collect(path: &Path, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    // Written by the build itself.
    if path.ends_with("src/api/schema.d.ts") || path.ends_with("src/components.d.ts") {
        return Ok(());
    }
    if !path.is_dir() {
        files.push(path.to_owned());
        return Ok(());
    }
    for entry in fs::read_dir(path)? {
        collect(&entry?.path(), files)?;
    }
    Ok(())
}
