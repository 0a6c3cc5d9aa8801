//! What a new system still needs, and password slips for many members.

use crate::harness::{ADMIN_PASSWORD, TestApp, Value, World, json, on_both_databases};

const PASSWORD: &str = "Member-Pass-2026";

/// Which steps are done, and how much there is of each.
fn steps(setup: &Value) -> Vec<(String, bool, i64)> {
    let step = |step: &Value| {
        (
            step["step"].as_str().unwrap().to_owned(),
            step["done"].as_bool().unwrap(),
            step["count"].as_i64().unwrap(),
        )
    };
    setup["steps"].as_array().unwrap().iter().map(step).collect()
}

on_both_databases! {
    async fn the_steps_of_the_first_hour_are_done_one_by_one(backend) {
        let app = TestApp::start(backend).await;
        let admin = app.admin().await;
        let step = |name: &str, done, count| (name.to_owned(), done, count);
        let setup = admin.get("/setup").await.expect(200);
        // The built-in bank is there, the ready quizzes are not the admin's own.
        assert_eq!(steps(&setup), [
            step("password", true, 1), step("units", false, 0), step("members", false, 0),
            step("bank", true, 41), step("quiz", false, 0),
        ]);
        app.clock.advance_seconds(1);
        let world = World::build(&app).await;
        world.add("one", "B1").await;
        world.add_with("other-admin", "root", json!([{"role": "admin", "unit_id": world.unit("root")}])).await;
        world.quiz(json!({})).await;
        let left = world.add("left", "B1").await;
        admin.patch(&format!("/members/{}", left["id"]), json!({"status": "left"})).await.expect(200);
        let setup = admin.get("/setup").await.expect(200);
        assert_eq!(steps(&setup), [
            step("password", true, 1), step("units", true, 5), step("members", true, 1),
            step("bank", true, 41), step("quiz", true, 1),
        ]);
    }

    async fn with_an_initial_password_the_first_step_is_to_change_it(backend) {
        let app = TestApp::start(backend).await;
        let password = app.services.add_admin("second").await.unwrap();
        let second = app.log_in("second", &password).await;
        let setup = second.get("/setup").await.expect(200);
        assert_eq!(steps(&setup)[0], ("password".to_owned(), false, 0));
        let change = json!({"current": password, "new": ADMIN_PASSWORD});
        second.put("/me/password", change).await.expect(204);
        assert!(steps(&second.get("/setup").await.expect(200))[0].1);
    }

    async fn password_slips_are_made_for_many_at_once(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let mut ids = Vec::new();
        for login in ["one", "two", "three"] {
            ids.push(world.add(login, "B1").await["id"].as_i64().unwrap());
        }
        let one = app.log_in("one", PASSWORD).await;
        // As they were asked for, each once.
        let wanted = [ids[2], ids[0], ids[1], ids[0]];
        let slips = world.admin.post("/members/reset-passwords", json!({"member_ids": wanted})).await.expect(200);
        let items = slips["items"].as_array().unwrap();
        let logins: Vec<&str> = items.iter().map(|slip| slip["login"].as_str().unwrap()).collect();
        assert_eq!(logins, ["three", "one", "two"]);
        assert_eq!(items[0]["name"], "姓名three");
        assert_eq!(items[0]["member_id"], ids[2]);
        assert_eq!(items[0]["unit"], json!({"id": world.unit("B1"), "kind": "branch", "code": "B1", "name": "B1"}));
        // Sessions end, the old password is no good, the new one has to be changed.
        one.get("/me").await.problem(401, "unauthenticated");
        let old = json!({"login": "one", "password": PASSWORD});
        app.anonymous().post("/auth/login", old).await.problem(401, "wrong-credentials");
        let password = items[1]["initial_password"].as_str().unwrap();
        let one = app.log_in("one", password).await;
        assert_eq!(one.get("/me").await.expect(200)["must_change_password"], true);
        let all: std::collections::HashSet<&str> =
            items.iter().map(|slip| slip["initial_password"].as_str().unwrap()).collect();
        assert_eq!(all.len(), 3, "each has their own");
    }

    async fn of_password_slips_all_are_made_or_none(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let admin = world.with_role(&app, "admin1", "admin", "C1").await;
        let (one, b3) = (world.add("one", "B1").await, world.add("b3", "B3").await);
        let above = world.add_with("above", "B1", json!([{"role": "leader", "unit_id": world.unit("root")}])).await;
        let left = world.add("left", "B1").await;
        world.admin.patch(&format!("/members/{}", left["id"]), json!({"status": "left"})).await.expect(200);
        let own = admin.get("/me").await.expect(200)["id"].clone();
        let ask = |ids: Value| {
            let admin = admin.clone();
            async move { admin.post("/members/reset-passwords", json!({"member_ids": ids})).await }
        };
        ask(json!([one["id"], b3["id"]])).await.problem(403, "forbidden");
        ask(json!([one["id"], above["id"]])).await.problem(403, "forbidden");
        let faults = ask(json!([one["id"], 99999, left["id"], own])).await.pointers();
        assert_eq!(faults, ["/member_ids/1", "/member_ids/2", "/member_ids/3"]);
        assert_eq!(ask(json!([])).await.pointers(), ["/member_ids"]);
        let many: Vec<i64> = (0..201).collect();
        assert_eq!(ask(json!(many)).await.pointers(), ["/member_ids"]);
        app.log_in("one", PASSWORD).await;
    }
}
