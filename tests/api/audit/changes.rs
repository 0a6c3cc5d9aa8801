//! Every change of an admin leaves its lines.

use super::{actions, latest, log, question};
use crate::harness::{TestApp, Value, World, json, on_both_databases};

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
        let lines = log(admin, "limit=3").await;
        assert_eq!(actions(&lines), ["bank.imported", "question.added", "question.changed"]);
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
}
