//! The built program, from its command line: what it says, how it ends, what it leaves behind.
#![allow(
    clippy::allow_attributes,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use diesel::connection::SimpleConnection as _;
use diesel::{Connection as _, RunQueryDsl as _, SqliteConnection};
use serde_json::{Value, json};
use tempfile::TempDir;

const ADMIN_PASSWORD: &str = "Admin-Pass-2026";

/// A folder of its own that the program runs in, with nothing of the caller's environment.
struct Place(TempDir);

impl Place {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        fs::write(self.path(name), content).unwrap();
        self.path(name)
    }

    /// What is in the folder, and in the folders of it.
    fn files(&self) -> Vec<String> {
        fn walk(folder: &Path, found: &mut Vec<String>) {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                found.push(path.display().to_string());
                if path.is_dir() {
                    walk(&path, found);
                }
            }
        }
        let mut found = Vec::new();
        walk(self.0.path(), &mut found);
        found
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_qianti"));
        command.args(args).current_dir(self.0.path()).env_clear().stdin(Stdio::null());
        command
    }

    fn run(&self, args: &[&str]) -> Ended {
        Ended::new(self.command(args).output().unwrap())
    }

    fn run_with(&self, args: &[&str], variables: &[(&str, &str)]) -> Ended {
        Ended::new(self.command(args).envs(variables.iter().copied()).output().unwrap())
    }

    /// A database after its first start, with a known password.
    fn start_empty(&self) {
        let roster = self.write("none.csv", "login,name,unit_code\nfirst,第一人,zone\n");
        let args = ["members", "import", roster.to_str().unwrap(), "--dry-run"];
        self.run_with(&args, &[("QIANTI_ADMIN_PASSWORD", ADMIN_PASSWORD)]).done();
    }
}

/// What a command said, and how it ended.
struct Ended {
    code: Option<i32>,
    out: String,
    err: String,
}

impl Ended {
    fn new(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Self { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }

    /// What it said on standard output, once it has succeeded.
    #[track_caller]
    fn done(self) -> String {
        assert_eq!(self.code, Some(0), "{}\n{}", self.out, self.err);
        self.out
    }

    /// What it said on standard error, once it has refused with this code.
    #[track_caller]
    fn refused(self, code: i32) -> String {
        assert_eq!(self.code, Some(code), "{}\n{}", self.out, self.err);
        assert!(!self.err.contains("panicked"), "{}", self.err);
        assert!(!self.err.trim().is_empty(), "a refusal without a reason");
        self.err
    }
}

/// A server that runs; killed when a test fails before it is stopped.
struct Server {
    child: Child,
    said: Vec<String>,
    address: String,
    out: BufReader<std::process::ChildStdout>,
}

impl Server {
    fn start(place: &Place, variables: &[(&str, &str)]) -> Self {
        let mut command = place.command(&["serve", "--listen", "127.0.0.1:0", "--workers", "1"]);
        command.envs(variables.iter().copied()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        let mut server = Self { child, said: vec![], address: String::new(), out };
        while server.address.is_empty() {
            let mut line = String::new();
            if server.out.read_line(&mut line).unwrap() == 0 {
                let mut err = String::new();
                server.child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
                panic!("the server ended: {:?}\n{err}", server.said);
            }
            let line = line.trim_end().to_owned();
            if let Some((_, rest)) = line.split_once("open http://") {
                server.address = rest.split('/').next().unwrap().to_owned();
            }
            server.said.push(line);
        }
        server
    }

    /// Sends a request to `/api/v1` + `path`, or to a path around it; answers status and body.
    fn call(&self, method: &str, path: &str, token: &str, body: &Value) -> (u16, Value) {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let mut stream = TcpStream::connect(&self.address).unwrap();
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nAuthorization: Bearer {token}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            self.address,
            body.len()
        )
        .unwrap();
        let mut reply = String::new();
        stream.read_to_string(&mut reply).unwrap();
        let (head, body) = reply.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        (status, serde_json::from_str(body).unwrap_or(Value::Null))
    }

    fn log_in(&self, login: &str, password: &str) -> (u16, Value) {
        let body = json!({"login": login, "password": password});
        self.call("POST", "/api/v1/auth/login", "", &body)
    }

    fn token(&self, login: &str, password: &str) -> String {
        let (status, reply) = self.log_in(login, password);
        assert_eq!(status, 200, "{reply}");
        reply["access_token"].as_str().unwrap().to_owned()
    }

    fn get(&self, path: &str, token: &str) -> Value {
        let (status, reply) = self.call("GET", &format!("/api/v1{path}"), token, &Value::Null);
        assert_eq!(status, 200, "{path}: {reply}");
        reply
    }

    /// Tells it to stop; answers its exit code and what it said after the start.
    fn stop(mut self) -> (Option<i32>, String) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        let mut rest = String::new();
        self.out.read_to_string(&mut rest).unwrap();
        (self.child.wait().unwrap().code(), rest)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Already stopped, but for a test that has failed.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// The word after `marker` in a text.
fn word_after(text: &str, marker: &str) -> String {
    let (_, rest) = text.split_once(marker).unwrap_or_else(|| panic!("no {marker:?} in {text}"));
    rest.split_whitespace().next().unwrap().trim_matches(|c| c == ',' || c == '.').to_owned()
}

fn question(code: &str) -> Value {
    json!({"code": code, "kind": "single", "chapter": "章", "difficulty": 2, "stem": format!("题干 {code}"),
        "options": ["甲", "乙"], "key": ["A"], "explanation": "释", "source": "《中国共产党章程》（2022年修改）第一条"})
}

#[test]
fn bad_settings_are_refused_by_name() {
    let place = Place::new();
    for (variable, value, name) in [
        ("QIANTI_LISTEN", "nowhere", "--listen"),
        ("QIANTI_LISTEN", "127.0.0.1:99999", "--listen"),
        ("QIANTI_TIMEZONE", "Asia/Yantai", "--timezone"),
        ("QIANTI_WORKERS", "-1", "--workers"),
        ("QIANTI_WORKERS", "many", "--workers"),
        ("QIANTI_READ_CONNECTIONS", "0", "--read-connections"),
        ("QIANTI_WRITE_QUEUE", "0", "--write-queue"),
        ("QIANTI_HASHING_THREADS", "257", "--hashing-threads"),
        ("QIANTI_HASHING_QUEUE", "x", "--hashing-queue"),
        ("QIANTI_REFRESH_DAYS", "0", "--refresh-days"),
        ("QIANTI_OPEN_STREAMS", "-1", "--open-streams"),
        ("QIANTI_TRUST_FORWARDED_PROTO", "perhaps", "--trust-forwarded-proto"),
        ("QIANTI_LOG", "qianti=loud", "--log"),
        ("QIANTI_DATABASE_URL", "", "--database-url"),
        ("QIANTI_DATABASE_URL", "qianti.db", "--database-url"),
    ] {
        let reason = place.run_with(&["serve"], &[(variable, value)]).refused(2);
        assert!(reason.contains(name), "{variable}={value}: {reason}");
    }
    assert!(place.run(&["serve", "--listen", "nowhere"]).refused(2).contains("--listen"));
    assert!(place.run(&["dance"]).refused(2).contains("dance"));
    assert_eq!(place.files(), Vec::<String>::new(), "a refused start leaves nothing behind");
}

#[test]
fn a_refusal_never_tells_a_password() {
    let place = Place::new();
    for url in [
        "mysql://qianti:s3cret-word@db/qianti",
        "postgres:qianti:s3cret-word@db/qianti",
        "postgres://qianti:s3cret-word@127.0.0.1:1/qianti",
    ] {
        for ended in [
            place.run_with(&["serve", "--listen", "127.0.0.1:0"], &[("QIANTI_DATABASE_URL", url)]),
            place.run(&["serve", "--listen", "127.0.0.1:0", "--database-url", url]),
        ] {
            assert!(matches!(ended.code, Some(1 | 2)), "{:?}", ended.code);
            assert!(!ended.err.trim().is_empty());
            assert!(!format!("{}{}", ended.out, ended.err).contains("s3cret-word"), "{}", ended.err);
        }
    }
    let weak = place.run_with(&["serve", "--listen", "127.0.0.1:0"], &[("QIANTI_ADMIN_PASSWORD", "s3cret")]);
    assert!(!weak.out.contains("s3cret") && !weak.err.contains("s3cret"), "{}", weak.err);
    assert!(weak.refused(1).contains("QIANTI_ADMIN_PASSWORD"));
    let help = place.run_with(
        &["serve", "--help"],
        &[("QIANTI_ADMIN_PASSWORD", "s3cret-word"), ("QIANTI_DATABASE_URL", "sqlite://s3cret-word.db")],
    );
    assert!(!help.done().contains("s3cret-word"));
}

#[test]
fn an_unknown_database_scheme_opens_no_stray_file() {
    let place = Place::new();
    for url in [
        "mysql://h/db",
        "sqlite:x.db",
        "sqlite://",
        "file:x.db",
        "x.db",
        "sqlite://x.db?mode=memory",
        "postgres:x",
    ] {
        for args in [&["serve"][..], &["demo"], &["admin", "add", "a"], &["backup", "copy.db"]] {
            place.run_with(args, &[("QIANTI_DATABASE_URL", url)]).refused(2);
        }
    }
    assert_eq!(place.files(), Vec::<String>::new());
}

#[test]
fn an_address_in_use_is_refused_before_the_database_is_made() {
    let place = Place::new();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let reason = place.run(&["serve", "--listen", &address]).refused(1);
    assert!(reason.contains("--listen") && reason.contains(&address), "{reason}");
    assert_eq!(place.files(), Vec::<String>::new());
}

#[test]
fn bank_check_tells_counts_and_every_fault_with_its_place() {
    let place = Place::new();
    let good = place.write("good.json", json!([question("a-1"), question("a-2")]).to_string());
    place.write("README.md", "# No bank");
    let said = place.run(&["bank", "check", good.to_str().unwrap(), "README.md"]).done();
    assert!(said.contains("2 questions, no finding"), "{said}");
    assert!(said.contains("README.md"), "what is skipped is named: {said}");

    let mut no_key = question("b-1");
    no_key["key"] = json!([]);
    let mut bad_kind = question("b-2");
    bad_kind["kind"] = json!("essay");
    let bad = json!({"title": "坏", "questions": [question("b-0"), no_key, bad_kind, question("b-0")]});
    place.write("bad.json", bad.to_string());
    let reason = place.run(&["bank", "check", "good.json", "bad.json"]).refused(1);
    for at in ["bad.json: /questions/1", "bad.json: /questions/2", "bad.json: /questions/3"] {
        assert!(reason.contains(at), "{at} in {reason}");
    }
    assert!(!reason.contains("good.json") && !reason.contains("/questions/0:"), "{reason}");

    place.write("broken.json", "[\n{\"code\": }\n]");
    let reason = place.run(&["bank", "check", "broken.json"]).refused(1);
    assert!(reason.contains("broken.json"), "{reason}");
    place.write("noise.json", [0_u8, 159, 146, 150, 255]);
    assert!(place.run(&["bank", "check", "noise.json"]).refused(1).contains("noise.json"));
    place.run(&["bank", "check"]).refused(2);
    let files = place.files();
    assert!(!files.iter().any(|file| file.contains("data")), "a check needs no database: {files:?}");
}

#[test]
fn the_built_in_bank_passes_the_check() {
    let place = Place::new();
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("question_bank");
    let mut args = vec!["bank".to_owned(), "check".into()];
    args.extend(fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path().display().to_string()));
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    assert!(place.run(&args).done().contains("no finding"));
}

#[test]
fn an_exported_bank_comes_back_unchanged() {
    let place = Place::new();
    place.start_empty();
    let two = json!({"title": "两题", "questions": [question("q-1"), question("q-2")]});
    place.write("two.json", two.to_string());
    let said = place.run(&["bank", "import", "two.json", "--bank", "B-2"]).done();
    assert!(said.contains("2 added"), "{said}");
    place.run(&["bank", "export", "B-2", "--output", "out.json"]).done();
    let said = place.run(&["bank", "import", "out.json", "--bank", "B-2"]).done();
    assert!(said.contains("0 added, 0 updated, 2 unchanged"), "{said}");

    let said = place.run(&["bank", "export", "1000", "--format", "json", "--output", "all.json"]).done();
    assert!(said.contains("all.json"), "{said}");
    let all: Value = serde_json::from_slice(&fs::read(place.path("all.json")).unwrap()).unwrap();
    let count = all["questions"].as_array().unwrap().len();
    let said = place.run(&["bank", "import", "all.json"]).done();
    assert!(said.contains(&format!("0 added, 0 updated, {count} unchanged")), "{said}");
    place.run(&["bank", "import", "all.json", "--bank", "copy"]).done();
    place.run(&["bank", "export", "copy", "--output", "copy.json"]).done();
    let copy: Value = serde_json::from_slice(&fs::read(place.path("copy.json")).unwrap()).unwrap();
    assert_eq!(copy["questions"], all["questions"]);

    assert!(place.run(&["bank", "export", "none", "--output", "x.json"]).refused(1).contains("none"));
    place.run(&["bank", "export", "1000", "--format", "gif", "--output", "x.gif"]).refused(1);
    place.run(&["bank", "export", "1000"]).refused(2);
}

#[test]
fn a_dry_run_or_a_refused_import_makes_no_bank() {
    let place = Place::new();
    place.start_empty();
    place.write("good.json", json!([question("a-1")]).to_string());
    let mut bad = question("a-2");
    bad["key"] = json!(["C"]);
    place.write("bad.json", json!([question("a-1"), bad]).to_string());
    let said = place.run(&["bank", "import", "good.json", "--bank", "new", "--dry-run"]).done();
    assert!(said.contains("1 added") && said.contains("dry run"), "{said}");
    let reason = place.run(&["bank", "import", "bad.json", "--bank", "new"]).refused(1);
    assert!(reason.contains("bad.json: /1"), "{reason}");
    let reason =
        place.run(&["bank", "import", "good.json", "bad.json", "--bank", "new", "--dry-run"]).refused(1);
    assert!(reason.contains("bad.json: /1"), "{reason}");
    place.run(&["bank", "export", "new", "--output", "new.json"]).refused(1);
    // Into a bank that is there: the whole file or nothing of it.
    place.run(&["bank", "import", "bad.json"]).refused(1);
    place.run(&["bank", "export", "1000", "--output", "all.json"]).done();
    assert!(!fs::read_to_string(place.path("all.json")).unwrap().contains("题干 a-1"));
}

#[test]
fn members_are_imported_and_a_dry_run_changes_nothing() {
    let place = Place::new();
    place.start_empty();
    place.write(
        "roster.csv",
        "账号,姓名,组织编码,角色,初始密码\nzs,张三,zone,,\nls,李四,zone,leader,Given-Pass-2026\n",
    );
    let said = place.run(&["members", "import", "roster.csv", "--dry-run"]).done();
    assert!(said.contains("2 added") && said.contains("dry run"), "{said}");
    assert!(!said.contains("zs\t"), "a dry run makes no passwords: {said}");
    let said = place.run(&["members", "import", "roster.csv"]).done();
    assert!(
        said.contains("2 rows: 2 added, 0 updated, 0 unchanged"),
        "the dry run had changed nothing: {said}"
    );
    let made = word_after(&said, "zs\t张三\t");
    assert!(!said.contains("Given-Pass-2026"));
    let again = place.run(&["members", "import", "roster.csv"]).done();
    assert!(again.contains("0 added, 0 updated, 2 unchanged") && !again.contains(&made), "{again}");

    place.write("bad.csv", "login,name,unit_code\nww,王五,zone\nzl,赵六,nowhere\n");
    let reason = place.run(&["members", "import", "bad.csv"]).refused(1);
    assert!(reason.contains("nowhere"), "{reason}");
    assert!(place.run(&["members", "import", "missing.csv"]).refused(1).contains("missing.csv"));

    let server = Server::start(&place, &[]);
    let (status, reply) = server.log_in("zs", &made);
    assert_eq!((status, &reply["member"]["must_change_password"]), (200, &json!(true)));
    assert_eq!(server.log_in("ls", "Given-Pass-2026").0, 200);
    assert_eq!(server.log_in("ww", "anything-at-all").0, 401, "nothing of the bad file was taken");
    assert_eq!(server.stop().0, Some(0));
}

#[derive(diesel::QueryableByName)]
struct AuditLine {
    #[diesel(sql_type = diesel::sql_types::Text)]
    line: String,
}

#[test]
fn what_the_command_line_changes_stands_in_the_audit_log_without_an_actor() {
    let place = Place::new();
    place.start_empty();
    place.write("roster.csv", "login,name,unit_code\nzs,张三,zone\n");
    place.write(
        "bank.json",
        json!([{"code": "x-1", "kind": "judge", "stem": "题", "key": ["true"]}]).to_string(),
    );
    place.run(&["members", "import", "roster.csv", "--dry-run"]).done();
    place.run(&["members", "import", "roster.csv"]).done();
    place.run(&["bank", "import", "bank.json", "--bank", "new"]).done();
    place.run(&["admin", "add", "second"]).done();
    let mut connection = SqliteConnection::establish(place.path("data/qianti.db").to_str().unwrap()).unwrap();
    let lines: Vec<AuditLine> = diesel::sql_query(
        "SELECT action || ' ' || subject_name || ' ' || COALESCE(actor_id, '-') || ' ' || \
         COALESCE(json_extract(after, '$.file'), '-') AS line FROM audit_log ORDER BY id",
    )
    .load(&mut connection)
    .unwrap();
    let lines: Vec<&str> = lines.iter().map(|line| line.line.as_str()).collect();
    assert_eq!(
        lines,
        [
            "member.added 张三 - -",
            "members.imported 园区党工委 - roster.csv",
            "bank.added new - -",
            "bank.imported new - bank.json",
            "member.added second - -",
        ]
    );
}

#[test]
fn admin_add_makes_an_administrator_with_an_initial_password() {
    let place = Place::new();
    place.start_empty();
    let said = place.run(&["admin", "add", "second"]).done();
    let password = word_after(&said, "password ");
    assert!(place.run(&["admin", "add", "second"]).refused(1).contains("taken"));
    place.run(&["admin", "add", "a b"]).refused(1);
    place.run(&["admin", "add"]).refused(2);
    let server = Server::start(&place, &[]);
    let (status, reply) = server.log_in("second", &password);
    assert_eq!((status, &reply["member"]["must_change_password"]), (200, &json!(true)));
    let roles = reply["member"]["roles"].as_array().unwrap();
    assert!(roles.iter().any(|role| role["role"] == "admin"), "{reply}");
    assert_eq!(server.stop().0, Some(0));
}

#[test]
fn a_rotation_of_the_keys_ends_the_access_tokens_of_a_server_that_runs() {
    let place = Place::new();
    let server = Server::start(&place, &[("QIANTI_ADMIN_PASSWORD", ADMIN_PASSWORD)]);
    let (_, tickets) = server.log_in("admin", ADMIN_PASSWORD);
    let token = tickets["access_token"].as_str().unwrap();
    server.get("/me", token);
    assert!(place.run(&["keys", "rotate"]).done().contains("A new key signs"));
    let began = std::time::Instant::now();
    let status = loop {
        let (status, _) = server.call("GET", "/api/v1/me", token, &Value::Null);
        if status != 200 || began.elapsed().as_secs() > 60 {
            break status;
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    };
    assert_eq!(status, 401);
    let body = json!({"refresh_token": tickets["refresh_token"]});
    let (status, renewed) = server.call("POST", "/api/v1/auth/refresh", "", &body);
    assert_eq!(status, 200, "members stay logged in: {renewed}");
    server.get("/me", renewed["access_token"].as_str().unwrap());
    assert_eq!(server.stop().0, Some(0));
    place.run(&["keys"]).refused(2);
}

#[test]
fn every_command_that_makes_a_database_tells_the_made_password() {
    for args in [
        &["admin", "add", "second"][..],
        &["bank", "import", "good.json"],
        &["bank", "export", "1000", "--output", "out.json"],
        &["members", "import", "roster.csv"],
        &["demo"],
    ] {
        let place = Place::new();
        place.write("good.json", json!([question("a-1")]).to_string());
        place.write("roster.csv", "login,name,unit_code\nzs,张三,zone\n");
        let said = place.run(args).done();
        let password = word_after(&said, "login admin, password ");
        let server = Server::start(&place, &[]);
        assert!(!server.said.join("\n").contains("login admin"), "{:?}", server.said);
        assert_eq!(server.log_in("admin", &password).0, 200, "{args:?}");
        assert_eq!(server.stop().0, Some(0));
    }
}

#[test]
fn the_demo_fills_an_empty_database_and_refuses_a_used_one() {
    let place = Place::new();
    let said = place.run_with(&["demo"], &[("QIANTI_ADMIN_PASSWORD", ADMIN_PASSWORD)]).done();
    assert!(said.contains("43 branches, 1200 members"), "{said}");
    assert!(!said.contains(ADMIN_PASSWORD));
    let reason = place.run(&["demo"]).refused(1);
    assert!(reason.contains("in use"), "{reason}");

    let server = Server::start(&place, &[]);
    let member = server.token("yt0001", "qianti-demo-2026");
    let units = server.get("/units", &member);
    let of_kind =
        |kind: &str| units["items"].as_array().unwrap().iter().filter(|unit| unit["kind"] == kind).count();
    assert_eq!((of_kind("branch"), of_kind("zone")), (43, 1));
    assert!(of_kind("committee") > 0 && of_kind("general_branch") > 0);
    let board = server.get("/leaderboards/units?period=all&kind=branch", &member);
    let rows = board["items"].as_array().unwrap();
    assert_eq!(rows.len(), 43);
    let in_branches: i64 = rows.iter().map(|row| row["active_members"].as_i64().unwrap()).sum();
    assert_eq!(in_branches, 1200);
    assert!(rows.iter().all(|row| row["mean_score"].as_f64().unwrap() > 0.0), "{board}");
    for period in ["month", "all"] {
        let board = server.get(&format!("/leaderboards/members?period={period}&limit=10"), &member);
        // On the first of a month there may be nothing in it yet.
        assert!(period == "month" || board["items"].as_array().unwrap().len() == 10, "{board}");
    }
    assert_eq!(server.log_in("leader", "qianti-demo-2026").0, 200);
    assert_eq!(server.log_in("yt1200", "qianti-demo-2026").0, 200);
    assert_eq!(server.stop().0, Some(0));

    let other = Place::new();
    other.start_empty();
    assert!(other.run(&["demo"]).refused(1).contains("in use"), "a database after its first start is in use");
}

#[test]
fn serve_says_where_to_open_it_and_tells_the_made_password_once() {
    let place = Place::new();
    let server = Server::start(&place, &[]);
    let said = server.said.join("\n");
    let password = word_after(&said, "login admin, password ");
    assert!(said.contains("data/qianti.db"), "{said}");
    assert!(place.path("data/qianti.db").is_file());
    assert_eq!(server.call("GET", "/healthz", "", &Value::Null).0, 200);
    assert_eq!(server.call("GET", "/readyz", "", &Value::Null).0, 200);
    assert_eq!(server.log_in("admin", &password).0, 200);
    let (code, rest) = server.stop();
    assert_eq!(code, Some(0), "told to stop, it stops cleanly");
    assert!(!rest.contains(&password));

    let again = Server::start(&place, &[("QIANTI_ADMIN_PASSWORD", "Another-Pass-2026")]);
    let said = again.said.join("\n");
    assert!(!said.contains(&password) && !said.contains("First start"), "{said}");
    assert_eq!(again.log_in("admin", &password).0, 200);
    assert_eq!(again.log_in("admin", "Another-Pass-2026").0, 401, "it is for the first start only");
    assert_eq!(again.stop().0, Some(0));
}

#[test]
fn a_stream_that_is_open_does_not_keep_the_server_from_stopping() {
    let place = Place::new();
    let server = Server::start(&place, &[("QIANTI_ADMIN_PASSWORD", ADMIN_PASSWORD)]);
    let token = server.token("admin", ADMIN_PASSWORD);
    let mut stream = TcpStream::connect(&server.address).unwrap();
    write!(
        stream,
        "GET /api/v1/leaderboards/stream?period=all HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {token}\r\n\r\n",
        server.address
    )
    .unwrap();
    let mut heard = Vec::new();
    while !String::from_utf8_lossy(&heard).contains(": listening") {
        let mut buffer = [0; 4096];
        let read = stream.read(&mut buffer).unwrap();
        assert!(read > 0, "{}", String::from_utf8_lossy(&heard));
        heard.extend_from_slice(&buffer[..read]);
    }
    assert_eq!(server.stop().0, Some(0));
    // A server that has waited in vain cuts the connection; this one has ended the answer.
    stream.read_to_end(&mut heard).unwrap();
    let heard = String::from_utf8(heard).unwrap();
    assert!(heard.starts_with("HTTP/1.1 200") && heard.ends_with("0\r\n\r\n"), "{heard}");
}

#[test]
fn a_given_password_is_used_and_not_told() {
    let place = Place::new();
    let server = Server::start(&place, &[("QIANTI_ADMIN_PASSWORD", ADMIN_PASSWORD)]);
    assert!(!server.said.join("\n").contains(ADMIN_PASSWORD), "{:?}", server.said);
    let (status, reply) = server.log_in("admin", ADMIN_PASSWORD);
    assert_eq!((status, &reply["member"]["must_change_password"]), (200, &json!(false)));
    assert_eq!(server.stop().0, Some(0));
}

#[test]
fn a_database_is_backed_up_while_it_is_used_and_restored_into_a_fresh_place() {
    let place = Place::new();
    let server = Server::start(&place, &[("QIANTI_ADMIN_PASSWORD", ADMIN_PASSWORD)]);
    let admin = server.token("admin", ADMIN_PASSWORD);
    let units = server.get("/units", &admin);
    let body =
        json!({"parent_id": units["items"][0]["id"], "kind": "branch", "code": "KEPT", "name": "留存党支部"});
    assert_eq!(server.call("POST", "/api/v1/units", &admin, &body).0, 201);
    place.run(&["backup", "copy.db"]).done();
    let kept = fs::read(place.path("copy.db")).unwrap();
    assert!(place.run(&["backup", "copy.db"]).refused(1).contains("copy.db"));
    assert_eq!(fs::read(place.path("copy.db")).unwrap(), kept, "a backup overwrites nothing");
    let later =
        json!({"parent_id": units["items"][0]["id"], "kind": "branch", "code": "LATER", "name": "后来"});
    assert_eq!(server.call("POST", "/api/v1/units", &admin, &later).0, 201);
    assert!(place.run(&["restore", "copy.db"]).refused(1).contains("exists"), "over a database in use");
    assert_eq!(server.stop().0, Some(0));
    assert!(place.run(&["restore", "copy.db"]).refused(1).contains("exists"), "over a database at rest");

    let fresh = [("QIANTI_DATABASE_URL", "sqlite://elsewhere/deep/new.db")];
    place.run_with(&["restore", "copy.db"], &fresh).done();
    let server = Server::start(&place, &fresh);
    assert!(!server.said.join("\n").contains("First start"));
    let admin = server.token("admin", ADMIN_PASSWORD);
    let units = server.get("/units", &admin).to_string();
    assert!(units.contains("KEPT") && !units.contains("LATER"), "{units}");
    assert_eq!(server.stop().0, Some(0));
}

#[test]
fn what_is_no_sound_backup_is_not_restored() {
    let place = Place::new();
    place.start_empty();
    place.run(&["backup", "copy.db"]).done();
    let sound = fs::read(place.path("copy.db")).unwrap();
    place.write("half.db", &sound[..sound.len() / 2]);
    place.write("noise.db", "this is no database at all, only a text that is long enough to be looked at");
    place.write("empty.db", "");
    SqliteConnection::establish(place.path("other.db").to_str().unwrap())
        .unwrap()
        .batch_execute("CREATE TABLE other (a)")
        .unwrap();
    let fresh = [("QIANTI_DATABASE_URL", "sqlite://fresh/new.db")];
    for file in ["half.db", "noise.db", "empty.db", "other.db", "missing.db"] {
        let reason = place.run_with(&["restore", file], &fresh).refused(1);
        assert!(reason.contains(file), "{reason}");
        assert!(!place.path("fresh/new.db").exists(), "{file}");
    }
    let nothing = [("QIANTI_DATABASE_URL", "sqlite://nothing/here.db")];
    place.run_with(&["backup", "x.db"], &nothing).refused(1);
    assert!(!place.path("nothing").exists() && !place.path("x.db").exists());
}

#[test]
fn a_restored_database_is_not_mixed_with_the_log_of_the_old_one() {
    let place = Place::new();
    place.start_empty();
    place.run(&["backup", "copy.db"]).done();
    // The old database was moved away after a crash, and its write-ahead log was forgotten.
    fs::rename(place.path("data/qianti.db"), place.path("old.db")).unwrap();
    place.write("data/qianti.db-wal", "left behind");
    let reason = place.run(&["restore", "copy.db"]).refused(1);
    assert!(reason.contains("qianti.db-wal"), "{reason}");
    assert!(!place.path("data/qianti.db").exists());
    assert_eq!(fs::read(place.path("data/qianti.db-wal")).unwrap(), b"left behind");
}

#[test]
fn a_database_that_is_newer_than_the_program_is_refused() {
    let place = Place::new();
    place.start_empty();
    let database = place.path("data/qianti.db");
    SqliteConnection::establish(database.to_str().unwrap())
        .unwrap()
        .batch_execute(
            "INSERT INTO __diesel_schema_migrations (version, run_on) VALUES ('9999', CURRENT_TIMESTAMP)",
        )
        .unwrap();
    for args in [&["serve", "--listen", "127.0.0.1:0"][..], &["demo"], &["admin", "add", "x"]] {
        let reason = place.run(args).refused(1);
        assert!(
            reason.contains("newer") && reason.contains("9999") && reason.contains("qianti.db"),
            "{reason}"
        );
    }
}

#[test]
fn a_file_that_is_no_database_is_refused_and_left_alone() {
    let place = Place::new();
    fs::create_dir(place.path("data")).unwrap();
    let text = "notes of somebody, not a database; long enough that the engine looks at its head";
    place.write("data/qianti.db", text);
    let reason = place.run(&["serve", "--listen", "127.0.0.1:0"]).refused(1);
    assert!(reason.contains("qianti.db"), "{reason}");
    assert_eq!(fs::read_to_string(place.path("data/qianti.db")).unwrap(), text);
}

#[test]
fn a_fault_in_a_table_is_told_with_its_file_and_its_cell() {
    let place = Place::new();
    let table = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/formats/tables/openpyxl-merged.xlsx");
    let told = place.run(&["bank", "check", table, "--any-source"]).refused(1);
    assert!(told.contains(&format!("\n{table}: 试题内容!H12: the key is missing\n")), "{told}");
}
