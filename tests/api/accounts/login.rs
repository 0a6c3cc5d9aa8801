//! Logging in and out, and what ends the sessions of a member.

use super::{assert_over, holder, log_in, refresh};
use crate::harness::{PASSWORD, TestApp, World, json, on_both_databases};

on_both_databases! {
    async fn the_right_password_gives_tokens_and_who_one_is(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let leader = json!({"role": "leader", "unit_id": world.unit("C1")});
        world.add_with("zs", "B1", json!([leader])).await;
        let tickets = log_in(&app, "zs", PASSWORD).await;
        assert_eq!((&tickets["token_type"], &tickets["expires_in"]), (&json!("Bearer"), &json!(900)));
        let me = &tickets["member"];
        let expected = json!({
            "id": me["id"],
            "login": "zs",
            "name": "姓名zs",
            "unit": {"id": world.unit("B1"), "code": "B1", "name": "B1"},
            "roles": [{"role": "member", "unit_id": world.unit("B1")}, leader],
            "must_change_password": false,
        });
        assert_eq!(me, &expected);
        assert_eq!(holder(&app, &tickets).get("/me").await.expect(200), expected);
    }

    async fn a_login_is_the_same_in_upper_and_lower_case_and_full_width(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        world.add("ZhangSan.1", "B1").await;
        for login in ["ZhangSan.1", "zhangsan.1", "ZHANGSAN.1", " zhangsan.1 ", "ｚｈａｎｇｓａｎ．１"] {
            assert_eq!(log_in(&app, login, PASSWORD).await["member"]["login"], "ZhangSan.1", "{login}");
        }
        let body = json!({"login": "zhangsan.1", "password": PASSWORD.to_lowercase()});
        app.anonymous().post("/auth/login", body).await.problem(401, "wrong-credentials");
    }

    async fn nobody_can_tell_an_unknown_login_from_a_wrong_password(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        world.add("zs", "B1").await;
        let left = world.add("ls", "B1").await;
        world.admin.patch(&format!("/members/{}", left["id"]), json!({"status": "left"})).await.expect(200);
        let mut answers = Vec::new();
        for (login, password) in [
            ("zs", "Wrong-Pass-2026"),
            ("nobody", PASSWORD),
            ("ls", PASSWORD),
            ("ls", "Wrong-Pass-2026"),
            ("zs", ""),
            ("", ""),
            ("zs", &"x".repeat(5000)),
            ("nobody", &"x".repeat(5000)),
        ] {
            let body = json!({"login": login, "password": password});
            let reply = app.anonymous().post("/auth/login", body).await;
            let mut headers = reply.headers.clone();
            headers.remove("x-request-id");
            headers.remove("date");
            answers.push((format!("{headers:?}"), reply.text.clone()));
            reply.problem(401, "wrong-credentials");
        }
        assert!(answers.iter().all(|answer| answer == &answers[0]), "{answers:#?}");
    }

    async fn logging_out_ends_both_tokens_at_once_and_no_other_session(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        world.add("zs", "B1").await;
        let (here, there) = (log_in(&app, "zs", PASSWORD).await, log_in(&app, "zs", PASSWORD).await);
        let reply = holder(&app, &here).post_nothing("/auth/logout").await;
        assert_eq!(reply.text, "");
        reply.expect(204);
        assert_over(&app, &here).await;
        holder(&app, &here).post_nothing("/auth/logout").await.problem(401, "unauthenticated");
        holder(&app, &there).get("/me").await.expect(200);
        refresh(&app, &there).await;
    }

    async fn the_session_ends_when_the_member_leaves_and_does_not_come_back(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let path = format!("/members/{}", world.add("zs", "B1").await["id"]);
        let tickets = log_in(&app, "zs", PASSWORD).await;
        world.admin.patch(&path, json!({"status": "left"})).await.expect(200);
        assert_over(&app, &tickets).await;
        let body = json!({"login": "zs", "password": PASSWORD});
        app.anonymous().post("/auth/login", body).await.problem(401, "wrong-credentials");
        world.admin.patch(&path, json!({"status": "active"})).await.expect(200);
        assert_over(&app, &tickets).await;
        log_in(&app, "zs", PASSWORD).await;
    }

    async fn a_change_of_roles_ends_the_sessions_and_a_new_name_does_not(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let path = format!("/members/{}", world.add("zs", "B1").await["id"]);
        let tickets = log_in(&app, "zs", PASSWORD).await;
        world.admin.patch(&path, json!({"name": "张三丰"})).await.expect(200);
        assert_eq!(holder(&app, &tickets).get("/me").await.expect(200)["name"], "张三丰");
        let roles = json!([{"role": "leader", "unit_id": world.unit("B1")}]);
        world.admin.patch(&path, json!({"roles": roles})).await.expect(200);
        assert_over(&app, &tickets).await;
        let tickets = log_in(&app, "zs", PASSWORD).await;
        holder(&app, &tickets).get("/members").await.expect(200);
        world.admin.patch(&path, json!({"roles": []})).await.expect(200);
        assert_over(&app, &tickets).await;
    }

    async fn a_role_that_a_roster_gives_ends_the_sessions_and_a_rehearsal_does_not(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        world.add("zs", "B1").await;
        let tickets = log_in(&app, "zs", PASSWORD).await;
        let roster = "login,name,unit_code,role\nzs,姓名zs,B1,leader\n";
        world.admin.upload("/members/import?dry_run=true", roster).await.expect(200);
        holder(&app, &tickets).get("/me").await.expect(200);
        world.admin.upload("/members/import", roster).await.expect(200);
        assert_over(&app, &tickets).await;
        let tickets = log_in(&app, "zs", PASSWORD).await;
        world.admin.upload("/members/import", roster).await.expect(200);
        // Nothing was changed the second time.
        holder(&app, &tickets).get("/members").await.expect(200);
    }
}
