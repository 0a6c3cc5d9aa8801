//! The audit log: every change of an admin, for whom it concerns, and never altered.

use std::io::Cursor;

use calamine::Reader as _;
use diesel::RunQueryDsl as _;
use qianti::services::ServiceError;

use crate::harness::{Actor, TestApp, Value, World, json, on_both_databases};

async fn log(actor: &Actor, query: &str) -> Vec<Value> {
    actor.get(&format!("/audit?{query}")).await.expect(200)["items"].as_array().unwrap().clone()
}

/// The newest line, which must be this action.
async fn latest(actor: &Actor, action: &str) -> Value {
    let line = log(actor, "limit=1").await.remove(0);
    assert_eq!(line["action"], action, "{line}");
    line
}

fn actions(lines: &[Value]) -> Vec<&str> {
    lines.iter().map(|line| line["action"].as_str().unwrap()).collect()
}

fn question(code: &str, stem: &str) -> Value {
    json!({"code": code, "kind": "judge", "stem": stem, "key": ["true"]})
}

on_both_databases! {
    async fn changes_of_units_are_told(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let admin = &world.admin;
        let id = |code: &str| world.unit(code);
        let body = json!({"parent_id": id("B1"), "kind": "group", "code": "G1", "name": "一组"});
        let reply = admin.post("/units", body).await;
        let request = reply.headers["x-request-id"].to_str().unwrap().to_owned();
        let unit = reply.expect(201);
        let line = latest(admin, "unit.added").await;
        assert_eq!(line["subject"], json!({"kind": "unit", "id": unit["id"].to_string(), "name": "一组"}));
        assert_eq!(line["unit"], json!({"id": unit["id"], "name": "一组"}));
        assert_eq!(line["actor"]["name"], "系统管理员");
        assert_eq!((&line["before"], &line["request_id"]), (&Value::Null, &json!(request)));
        let parent = json!({"id": id("B1"), "name": "B1"});
        assert_eq!(line["after"], json!({"code": "G1", "name": "一组", "kind": "group", "parent": parent}));
        // Renaming and moving at once are two lines; what stays is not told.
        let path = format!("/units/{}", unit["id"]);
        admin.patch(&path, json!({"name": "二组", "parent_id": id("B3")})).await.expect(200);
        let lines = log(admin, "limit=2").await;
        assert_eq!(actions(&lines), ["unit.moved", "unit.renamed"]);
        assert_eq!((&lines[1]["before"], &lines[1]["after"]), (&json!({"name": "一组"}), &json!({"name": "二组"})));
        assert_eq!(lines[0]["before"], json!({"parent": parent}));
        assert_eq!(lines[0]["after"], json!({"parent": {"id": id("B3"), "name": "B3"}}));
        let count = log(admin, "").await.len();
        admin.patch(&path, json!({"name": "二组"})).await.expect(200);
        assert_eq!(log(admin, "").await.len(), count, "nothing was changed");
        admin.delete(&path).await.expect(204);
        let line = latest(admin, "unit.removed").await;
        assert_eq!((&line["before"]["name"], &line["after"]), (&json!("二组"), &Value::Null));
    }

    async fn changes_of_people_are_told_and_no_secret(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let admin = &world.admin;
        let body = json!({"login": "one", "name": "张三", "unit_id": world.unit("B1"), "password": "Secret-Pass-2026"});
        let member = admin.post("/members", body).await.expect(201);
        let line = latest(admin, "member.added").await;
        assert_eq!(line["subject"], json!({"kind": "member", "id": member["id"].to_string(), "name": "张三"}));
        let unit = json!({"id": world.unit("B1"), "name": "B1"});
        assert_eq!(line["after"], json!({"login": "one", "name": "张三", "status": "active", "unit": unit, "roles": []}));
        let path = format!("/members/{}", member["id"]);
        let everything = json!({
            "name": "李四", "unit_id": world.unit("B3"), "status": "left", "reset_password": true,
            "roles": [{"role": "leader", "unit_id": world.unit("B1")}],
        });
        let reset = admin.patch(&path, everything).await.expect(200);
        let lines = log(admin, "limit=5").await;
        assert_eq!(actions(&lines), [
            "password.reset", "roles.changed", "member.left", "member.transferred", "member.renamed",
        ]);
        assert_eq!((&lines[0]["before"], &lines[0]["after"]), (&Value::Null, &Value::Null));
        let roles = json!({"roles": [{"role": "leader", "unit_id": world.unit("B1")}]});
        assert_eq!((&lines[1]["before"], &lines[1]["after"]), (&json!({"roles": []}), &roles));
        assert_eq!(lines[2]["after"], json!({"status": "left"}));
        assert_eq!((&lines[3]["before"], &lines[3]["after"]["unit"]["name"]), (&json!({"unit": unit}), &json!("B3")));
        assert_eq!(lines[4]["before"], json!({"name": "张三"}));
        admin.patch(&path, json!({"status": "active"})).await.expect(200);
        latest(admin, "member.returned").await;
        let slips = json!({"member_ids": [member["id"]]});
        let slips = admin.post("/members/reset-passwords", slips).await.expect(200);
        latest(admin, "password.reset").await;
        // One's own password is no change of an admin.
        let count = log(admin, "").await.len();
        let password = slips["items"][0]["initial_password"].as_str().unwrap();
        let one = app.log_in("one", password).await;
        one.put("/me/password", json!({"current": password, "new": "Another-Pass-2026"})).await.expect(204);
        assert_eq!(log(admin, "").await.len(), count);
        let text = admin.get("/audit").await.text;
        for secret in [reset["initial_password"].as_str().unwrap(), password, "Secret-Pass-2026", "argon2"] {
            assert!(!text.contains(secret), "{secret}");
        }
    }

    async fn an_import_leaves_a_line_for_each_row_and_one_for_the_file(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let admin = &world.admin;
        world.add("one", "B1").await;
        let count = log(admin, "").await.len();
        let file = "login,name,unit_code,role\none,改名,B2,leader\nnew,新人,B2,\n";
        admin.upload("/members/import?dry_run=true", file).await.expect(200);
        admin.upload("/members/import", format!("{file}bad,坏,none,\n")).await.problem(422, "import-rejected");
        assert_eq!(log(admin, "").await.len(), count, "nothing was changed");
        admin.upload("/members/import", file).await.expect(200);
        let lines = log(admin, "limit=5").await;
        assert_eq!(actions(&lines), [
            "members.imported", "member.added", "roles.changed", "member.transferred", "member.renamed",
        ]);
        // B1 and B2 stand below C1, so that is what the file concerns.
        assert_eq!(lines[0]["subject"], json!({"kind": "unit", "id": world.unit("C1").to_string(), "name": "C1"}));
        assert_eq!(lines[0]["after"], json!({"file": "file", "found": 2, "added": 1, "updated": 1, "unchanged": 0}));
        assert_eq!(lines[1]["after"]["login"], "new");
        admin.upload("/members/import", "login,name,unit_code\nnew,新人,B2\n").await.expect(200);
        assert_eq!(log(admin, "limit=1").await[0]["id"], lines[0]["id"], "nothing was changed");
        let file = "code,name,kind,parent_code\nB1,一支部,branch,C2\nN1,新支部,branch,C2\n";
        admin.upload("/units/import", file).await.expect(200);
        let lines = log(admin, "limit=4").await;
        assert_eq!(actions(&lines), ["units.imported", "unit.added", "unit.moved", "unit.renamed"]);
        assert_eq!(lines[0]["unit"]["id"], world.unit("root"));
        assert_eq!(lines[2]["before"]["parent"]["name"], "C1");
    }

    async fn changes_of_banks_are_told_to_the_root_alone(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let admin = &world.admin;
        let below = world.with_role(&app, "admin1", "admin", "C1").await;
        admin.post("/banks", json!({"code": "new", "title": "新题库"})).await.expect(201);
        assert_eq!(latest(admin, "bank.added").await["subject"], json!({"kind": "bank", "id": "new", "name": "新题库"}));
        admin.post("/banks/new/questions", question("a", "题一")).await.expect(201);
        let line = latest(admin, "question.added").await;
        assert_eq!(line["subject"], json!({"kind": "question", "id": "new/a", "name": "题一"}));
        assert_eq!((&line["unit"], &line["after"]["key"]), (&Value::Null, &json!(["true"])));
        admin.put("/banks/new/questions/a", question("a", "题二")).await.expect(200);
        let line = latest(admin, "question.changed").await;
        assert_eq!((&line["before"], &line["after"]), (&json!({"stem": "题一"}), &json!({"stem": "题二"})));
        let file = json!([question("a", "题三"), question("b", "题四")]).to_string();
        admin.upload("/banks/new/import?dry_run=true", file.clone()).await.expect(200);
        assert_eq!(latest(admin, "question.changed").await["id"], line["id"]);
        admin.upload("/banks/new/import", file).await.expect(200);
        assert_eq!(latest(admin, "bank.imported").await["after"], json!({
            "file": "file", "format": "json", "revision": 3, "found": 2, "added": 1, "updated": 1,
            "unchanged": 0, "rejected": 0,
        }));
        admin.post("/banks/new/undo", json!({"revision": 3})).await.expect(200);
        let line = latest(admin, "bank.undone").await;
        assert_eq!(line["before"], json!({"revision": 3}));
        assert_eq!(line["after"], json!({"revision": 4, "undoes": 3, "restored": 1, "retired": 1}));
        admin.delete("/banks/new/questions/a").await.expect(204);
        assert_eq!(latest(admin, "question.retired").await["before"]["stem"], "题二");
        // An import that is asked about later comes from its request too.
        let begun = admin.upload("/banks/new/imports", json!([question("c", "题五")]).to_string()).await;
        let request = begun.headers["x-request-id"].to_str().unwrap().to_owned();
        let id = begun.expect(202)["id"].as_str().unwrap().to_owned();
        while admin.get(&format!("/imports/{id}")).await.expect(200)["state"] == "running" {
            actix_web::rt::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        assert_eq!(latest(admin, "bank.imported").await["request_id"], request);
        for kind in ["bank", "question"] {
            assert!(log(&below, &format!("subject={kind}")).await.is_empty());
            assert!(!log(admin, &format!("subject={kind}")).await.is_empty());
        }
    }

    async fn changes_of_quizzes_and_attempts_are_told(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let admin = &world.admin;
        let member = world.member(&app, "one", "B1").await;
        let quiz = world.quiz(json!({"unit_id": world.unit("C1"), "closes_at": "2026-11-23T05:00:00Z"})).await;
        let line = latest(admin, "quiz.added").await;
        assert_eq!(line["subject"], json!({"kind": "quiz", "id": quiz["id"].to_string(), "name": "测验"}));
        assert_eq!(line["unit"]["name"], "C1");
        assert_eq!(line["after"]["closes_at"], "2026-11-23T05:00:00Z");
        assert_eq!(line["after"]["sections"][0]["count"], 5);
        let path = format!("/quizzes/{}", quiz["id"]);
        admin.patch(&path, json!({"title": "新测验", "pass_percent": 80})).await.expect(200);
        let line = latest(admin, "quiz.changed").await;
        assert_eq!(line["before"], json!({"title": "测验", "pass_percent": 60}));
        assert_eq!(line["after"], json!({"title": "新测验", "pass_percent": 80}));
        let result = world.attempt(&member, &quiz, 5).await;
        let later = json!({"closes_at": "2026-11-23T06:00:00Z"});
        admin.post(&format!("{path}/extend"), later).await.expect(200);
        let line = latest(admin, "quiz.extended").await;
        assert_eq!(line["before"], json!({"closes_at": "2026-11-23T05:00:00Z"}));
        assert_eq!(line["after"], json!({"closes_at": "2026-11-23T06:00:00Z", "attempts_prolonged": 0}));
        member.post_nothing(&format!("{path}/attempts")).await.expect(201);
        admin.post(&format!("{path}/close"), json!({"reason": "停电"})).await.expect(200);
        let line = latest(admin, "quiz.closed").await;
        assert_eq!(line["after"], json!({"closes_at": "2026-11-23T04:00:00Z", "attempts_ended": 1, "reason": "停电"}));
        let id = result["attempt_id"].as_str().unwrap();
        admin.post(&format!("/attempts/{id}/void"), json!({"reason": "代答"})).await.expect(204);
        let line = latest(admin, "attempt.voided").await;
        assert_eq!(line["subject"], json!({"kind": "attempt", "id": id, "name": "姓名one"}));
        assert_eq!((&line["unit"]["name"], &line["after"]), (&json!("B1"), &json!({"reason": "代答"})));
        assert_eq!((&line["before"]["score"], &line["before"]["quiz"]["title"]), (&json!(100), &json!("新测验")));
        let unused = world.quiz(json!({})).await;
        admin.delete(&format!("/quizzes/{}", unused["id"])).await.expect(204);
        assert_eq!(latest(admin, "quiz.removed").await["before"]["title"], "测验");
    }

    async fn an_admin_reads_what_concerned_their_scope_when_it_was_done(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let one = world.with_role(&app, "admin1", "admin", "C1").await;
        let two = world.with_role(&app, "admin2", "admin", "C2").await;
        let of_b1 = world.with_role(&app, "admin-b1", "admin", "B1").await;
        let root = app.admin().await;
        let subjects = |lines: &[Value]| -> Vec<String> {
            lines.iter().map(|line| line["subject"]["name"].as_str().unwrap().to_owned()).collect()
        };
        let moved = world.add("moved", "B1").await;
        world.add("stays", "B3").await;
        assert!(subjects(&log(&one, "").await).contains(&"姓名moved".to_owned()));
        assert!(!subjects(&log(&two, "").await).contains(&"姓名moved".to_owned()));
        assert!(!subjects(&log(&one, "").await).contains(&"姓名stays".to_owned()));
        // Nothing of another committee, of the root, of banks.
        for line in log(&one, "").await {
            let name = line["unit"]["name"].as_str().unwrap();
            assert!(["C1", "B1", "B2"].contains(&name), "{line}");
        }
        // Both sides see a transfer; what was before stays with the one, what comes after with the other.
        let path = format!("/members/{}", moved["id"]);
        root.patch(&path, json!({"unit_id": world.unit("B3")})).await.expect(200);
        root.patch(&path, json!({"name": "后来"})).await.expect(200);
        let of_member = format!("subject=member:{}", moved["id"]);
        assert_eq!(actions(&log(&one, &of_member).await), ["member.transferred", "member.added"]);
        assert_eq!(actions(&log(&two, &of_member).await), ["member.renamed", "member.transferred"]);
        assert_eq!(actions(&log(&of_b1, &of_member).await), ["member.transferred", "member.added"]);
        // A unit that is moved takes what follows along, not what was.
        let branch = format!("/units/{}", world.unit("B1"));
        root.patch(&branch, json!({"parent_id": world.unit("C2")})).await.expect(200);
        let of_branch = format!("subject=unit:{}", world.unit("B1"));
        assert_eq!(actions(&log(&one, &of_branch).await), ["unit.moved", "unit.added"]);
        assert_eq!(actions(&log(&two, &of_branch).await), ["unit.moved"]);
        assert_eq!(actions(&log(&of_b1, &of_branch).await), ["unit.moved", "unit.added"]);
        // Asking for a unit asks within one's own scope.
        one.get(&format!("/audit?unit={}", world.unit("B3"))).await.problem(403, "forbidden");
        one.get("/audit?unit=99999").await.problem(404, "not-found");
        let b3 = log(&root, &format!("unit={}", world.unit("B3"))).await;
        assert_eq!(actions(&b3), ["member.renamed", "member.transferred", "member.added", "unit.added"]);
        // A removed unit's lines stay.
        let body = json!({"parent_id": world.unit("C1"), "kind": "branch", "code": "T", "name": "临时"});
        let unit = one.post("/units", body).await.expect(201);
        one.delete(&format!("/units/{}", unit["id"])).await.expect(204);
        assert_eq!(actions(&log(&one, "q=临时").await), ["unit.removed", "unit.added"]);
        assert!(log(&two, "q=临时").await.is_empty());
    }

    async fn the_log_is_searched_and_paged(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let other = world.with_role(&app, "Other", "admin", "C1").await;
        let id = other.get("/me").await.expect(200)["id"].clone();
        let path = format!("/units/{}", world.unit("B1"));
        other.patch(&path, json!({"name": "Alpha 100%"})).await.expect(200);
        app.clock.advance_seconds(86_400);
        let admin = app.admin().await;
        admin.patch(&path, json!({"name": "beta_1"})).await.expect(200);
        let all = log(&admin, "").await;
        assert_eq!(actions(&all), [
            "unit.renamed", "unit.renamed", "member.added",
            "unit.added", "unit.added", "unit.added", "unit.added", "unit.added",
        ]);
        for (query, found) in [
            (format!("actor={id}"), 1),
            ("actor=99999".into(), 0),
            ("action=unit.renamed".into(), 2),
            ("action=unit".into(), 7),
            ("action=member&subject=unit".into(), 0),
            ("subject=member".into(), 1),
            (format!("subject=unit:{}", world.unit("B1")), 3),
            ("from=2026-11-24".into(), 1),
            ("until=2026-11-23".into(), 7),
            ("from=2026-11-23&until=2026-11-24".into(), 8),
            ("from=2026-11-25".into(), 0),
            // In what was changed, in names, whatever the case; % and _ are letters.
            ("q=alpha".into(), 2),
            ("q=ALPHA".into(), 2),
            ("q=100%25".into(), 2),
            ("q=_1".into(), 1),
            ("q=姓名Other".into(), 2),
            ("q=nothing-at-all".into(), 0),
            ("q=".into(), 8),
        ] {
            assert_eq!(log(&admin, &query).await.len(), found, "{query}");
        }
        let mut paged = Vec::new();
        let mut cursor = String::new();
        loop {
            let page = admin.get(&format!("/audit?limit=3&cursor={cursor}")).await.expect(200);
            paged.extend(page["items"].as_array().unwrap().clone());
            match page["next_cursor"].as_str() {
                Some(next) => cursor = next.to_owned(),
                None => break,
            }
        }
        assert_eq!(paged, all);
        for (query, pointer) in [
            ("action=unit.painted", "/action"), ("subject=house", "/subject"), ("subject=house:1", "/subject"),
            ("from=yesterday", "/from"), ("until=2026-02-30", "/until"), ("actor=me", "/actor"),
        ] {
            assert_eq!(admin.get(&format!("/audit?{query}")).await.pointers(), [pointer], "{query}");
        }
    }

    async fn no_line_is_ever_altered(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let before = log(&world.admin, "").await;
        let mut statements = vec![
            "UPDATE audit_log SET subject_name = 'x'",
            "DELETE FROM audit_log",
            "DELETE FROM audit_log WHERE id = 1",
        ];
        statements.push(match backend {
            crate::harness::Backend::Sqlite => "REPLACE INTO audit_log (id, at, action, subject_kind, subject_id, \
                 subject_name) VALUES (1, 0, 'unit.added', 'unit', '1', 'x')",
            crate::harness::Backend::Postgres => "TRUNCATE audit_log",
        });
        for statement in statements {
            let done: Result<usize, ServiceError> = app
                .services
                .context
                .database
                .write(move |connection| {
                    let done = diesel::sql_query(statement).execute(connection);
                    done.map_err(|error| ServiceError::Internal(error.to_string()))
                })
                .await;
            let refused = done.expect_err(statement).to_string();
            assert!(refused.contains("the audit log cannot be changed"), "{statement}: {refused}");
        }
        assert_eq!(log(&world.admin, "").await, before);
    }

    async fn what_is_refused_leaves_no_line(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let admin = &world.admin;
        let count = log(admin, "").await.len();
        let taken = json!({"parent_id": world.unit("C1"), "kind": "branch", "code": "B1", "name": "重"});
        admin.post("/units", taken).await.problem(409, "code-taken");
        admin.delete(&format!("/units/{}", world.unit("C1"))).await.problem(409, "unit-not-empty");
        let member = json!({"login": "admin", "name": "名", "unit_id": world.unit("B1"), "password": "Member-Pass-2026"});
        admin.post("/members", member).await.problem(409, "login-taken");
        admin.post("/banks", json!({"code": "1000", "title": "重"})).await.problem(409, "code-taken");
        admin.post("/banks/1000/undo", json!({"revision": 9})).await.problem(409, "revision-not-current");
        admin.post_nothing("/quizzes/99999/close").await.problem(404, "not-found");
        assert_eq!(log(admin, "").await.len(), count);
    }

    async fn the_log_is_exported_as_it_is_listed(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let admin = world.with_role(&app, "admin1", "admin", "C1").await;
        // More than one page of what is read at once.
        let mut file = String::from("login,name,unit_code\n");
        for number in 0..1_005 {
            file.push_str(&format!("m{number},成员{number},B1\n"));
        }
        world.admin.upload("/members/import?dry_run=true", file.clone()).await.expect(200);
        let principal = app.services.operator().await.unwrap();
        app.services
            .context
            .database
            .write(move |connection| -> Result<(), ServiceError> {
                use qianti::domain::audit::{Action, SubjectKind};
                use qianti::store::audit::{NewEntry, append};
                let line = |number: i64| NewEntry {
                    at: qianti::domain::time::Millis(crate::harness::NOON + number),
                    actor: Some(principal.member_id),
                    action: Action::UnitRenamed,
                    subject_kind: SubjectKind::Unit,
                    subject_id: number.to_string(),
                    subject_name: format!("=名称,{number}"),
                    unit: None,
                    left: None,
                    before: None,
                    after: None,
                    request_id: None,
                };
                Ok(append(connection, (0..2_500).map(line).collect())?)
            })
            .await
            .unwrap();
        let reply = world.admin.get("/audit/export?format=csv").await;
        assert_eq!(reply.headers["content-type"], "text/csv; charset=utf-8");
        assert_eq!(reply.headers["content-disposition"], "attachment; filename=\"audit.csv\"");
        let text = reply.text.trim_start_matches('\u{feff}').to_owned();
        let mut csv = csv::Reader::from_reader(text.as_bytes());
        assert_eq!(csv.headers().unwrap().get(2), Some("操作"));
        let rows: Vec<csv::StringRecord> = csv.records().map(Result::unwrap).collect();
        assert_eq!(rows.len(), 2_500 + 6);
        let numbers: Vec<&str> = rows.iter().map(|row| row.get(4).unwrap()).take(2_500).collect();
        let expected: Vec<String> = (0..2_500).rev().map(|number: i64| number.to_string()).collect();
        assert_eq!(numbers, expected);
        assert_eq!(rows[2_500].get(2), Some("新增成员"));
        assert_eq!(rows[2_500].get(0), Some("2026-11-23 12:00:00"));
        let reply = world.admin.get("/audit/export?subject=member").await;
        let mut book: calamine::Xlsx<_> = calamine::Xlsx::new(Cursor::new(reply.bytes)).unwrap();
        let sheet = book.worksheet_range("操作记录").unwrap();
        assert_eq!(sheet.height(), 2);
        assert_eq!(sheet.get_value((1, 5)).unwrap().to_string(), "姓名admin1");
        // In the reader's scope and language.
        let request = admin.request(reqwest::Method::GET, "/audit/export?format=csv");
        let reply = Actor::send(request.header("accept-language", "en")).await;
        assert!(reply.text.contains("Member added") && !reply.text.contains("=名称"), "{}", reply.text);
        admin.get(&format!("/audit/export?unit={}", world.unit("C2"))).await.problem(403, "forbidden");
    }
}
