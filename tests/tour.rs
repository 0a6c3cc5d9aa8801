//! The tour of the README, pasted into a shell as it stands (but for the address), against the real program.
#![allow(
    clippy::allow_attributes,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

/// The server, killed when it is dropped.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn the_tour_of_the_readme_works_when_pasted() {
    let readme = include_str!("../README.md");
    let (_, rest) = readme.split_once("```bash\n").expect("the README has a tour");
    let (tour, _) = rest.split_once("```").unwrap();

    let folder = tempfile::tempdir().unwrap();
    let mut server = Command::new(env!("CARGO_BIN_EXE_qianti"))
        .current_dir(folder.path())
        .env("QIANTI_LISTEN", "127.0.0.1:0")
        .env("QIANTI_ADMIN_PASSWORD", "Yantai-2026-tour")
        .env_remove("QIANTI_DATABASE_URL")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(server.stdout.take().unwrap()).lines();
    let server = Server(server);
    let ready =
        lines.map(Result::unwrap).find(|line| line.contains("ready: open ")).expect("the server says where");
    let address = ready.split("open ").nth(1).and_then(|rest| rest.split('/').nth(2)).unwrap().to_owned();

    let script = tour.replace("127.0.0.1:8080", &address);
    let output = Command::new("bash").args(["-eu", "-c", &script]).output().unwrap();
    let shown = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{shown}\n{}", String::from_utf8_lossy(&output.stderr));
    assert!(!shown.contains("/problems/"), "{shown}");
    for part in [
        r#""login":"zhangsan""#,
        r#""status":"running""#,
        r#""status":"graded""#,
        r#""rank":1"#,
        "张三",
        "创业大厦党支部",
        r#""participation":1.0"#,
    ] {
        assert!(shown.contains(part), "{part} is missing in:\n{shown}");
    }
    drop(server);
}
