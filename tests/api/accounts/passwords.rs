//! Changing a password, initial passwords and resets.

use super::{NEW_PASSWORD, assert_over, holder, log_in, refresh};
use crate::harness::{PASSWORD, TestApp, Value, World, json, on_both_databases};

on_both_databases! {
    async fn a_new_password_keeps_this_session_and_ends_the_others(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        world.add("zs", "B1").await;
        let stranger = world.member(&app, "ls", "B1").await;
        let (here, there) = (log_in(&app, "zs", PASSWORD).await, log_in(&app, "zs", PASSWORD).await);
        let body = json!({"current": PASSWORD, "new": NEW_PASSWORD});
        holder(&app, &here).put("/me/password", body).await.expect(204);
        assert_over(&app, &there).await;
        holder(&app, &here).get("/me").await.expect(200);
        refresh(&app, &here).await;
        stranger.get("/me").await.expect(200);
        let old = json!({"login": "zs", "password": PASSWORD});
        app.anonymous().post("/auth/login", old).await.problem(401, "wrong-credentials");
        log_in(&app, "zs", NEW_PASSWORD).await;
    }

    async fn a_password_that_will_not_do_changes_nothing(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        world.add("zhangsan@park", "B1").await;
        let (here, there) =
            (log_in(&app, "zhangsan@park", PASSWORD).await, log_in(&app, "zhangsan@park", PASSWORD).await);
        let long = "长".repeat(86);
        for (current, new, pointer) in [
            ("Wrong-Pass-2026", NEW_PASSWORD, "/current"),
            ("", NEW_PASSWORD, "/current"),
            (long.as_str(), NEW_PASSWORD, "/current"),
            (PASSWORD, "", "/new"),
            (PASSWORD, "Short-1", "/new"),
            (PASSWORD, "七个字的密码呀", "/new"),
            (PASSWORD, "12345678", "/new"),
            (PASSWORD, "PassW0rd", "/new"),
            (PASSWORD, "ZhangSan@Park", "/new"),
            (PASSWORD, PASSWORD, "/new"),
            (PASSWORD, &long, "/new"),
        ] {
            let reply = holder(&app, &here).put("/me/password", json!({"current": current, "new": new})).await;
            assert_eq!(reply.pointers(), [pointer], "{current:?} {new:?}");
        }
        holder(&app, &there).get("/me").await.expect(200);
        log_in(&app, "zhangsan@park", PASSWORD).await;
    }

    async fn an_initial_password_must_be_changed_before_anything_else(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let admin_of_c1 = json!([{"role": "admin", "unit_id": world.unit("C1")}]);
        let body =
            json!({"login": "zs", "name": "张三", "unit_id": world.unit("B1"), "roles": admin_of_c1});
        let added = world.admin.post("/members", body).await.expect(201);
        let initial = added["initial_password"].as_str().unwrap();
        let quiz = world.quiz(json!({})).await;
        let tickets = log_in(&app, "zs", initial).await;
        assert_eq!(tickets["member"]["must_change_password"], true);
        let member = holder(&app, &tickets);
        for path in ["/units", "/members", "/quizzes", "/me/attempts", "/leaderboards/members?period=day"] {
            member.get(path).await.problem(403, "password-change-required");
        }
        member
            .post_nothing(&format!("/quizzes/{}/attempts", quiz["id"]))
            .await
            .problem(403, "password-change-required");
        assert_eq!(member.get("/me").await.expect(200)["must_change_password"], true);
        let same = json!({"current": initial, "new": initial});
        assert_eq!(member.put("/me/password", same).await.pointers(), ["/new"]);
        // A refresh does not get around it.
        let refreshed = refresh(&app, &tickets).await;
        let member = holder(&app, &refreshed);
        member.get("/units").await.problem(403, "password-change-required");

        let body = json!({"current": initial, "new": NEW_PASSWORD});
        member.put("/me/password", body).await.expect(204);
        assert_eq!(member.get("/me").await.expect(200)["must_change_password"], false);
        member.get("/units").await.expect(200);
        let other = log_in(&app, "zs", NEW_PASSWORD).await;
        assert_eq!(other["member"]["must_change_password"], false);
    }

    async fn somebody_with_an_initial_password_can_log_out(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let body = json!({"login": "zs", "name": "张三", "unit_id": world.unit("B1")});
        let added = world.admin.post("/members", body).await.expect(201);
        let tickets = log_in(&app, "zs", added["initial_password"].as_str().unwrap()).await;
        holder(&app, &tickets).post_nothing("/auth/logout").await.expect(204);
        assert_over(&app, &tickets).await;
    }

    async fn a_reset_ends_the_sessions_and_only_the_new_password_works(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let path = format!("/members/{}", world.add("zs", "B1").await["id"]);
        let tickets = log_in(&app, "zs", PASSWORD).await;
        let reset = world.admin.patch(&path, json!({"reset_password": true})).await.expect(200);
        assert_over(&app, &tickets).await;
        let body = json!({"login": "zs", "password": PASSWORD});
        app.anonymous().post("/auth/login", body).await.problem(401, "wrong-credentials");
        let tickets = log_in(&app, "zs", reset["initial_password"].as_str().unwrap()).await;
        assert_eq!(tickets["member"]["must_change_password"], true);
        let shown = world.admin.get("/members?q=zs").await.expect(200);
        assert_eq!(shown["items"][0]["initial_password"], Value::Null, "it is told once");
    }
}
