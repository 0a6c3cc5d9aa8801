//! The people: add, find, transfer, retire, bring back; roles and scopes.

use crate::harness::{Actor, TestApp, Value, World, json, on_both_databases};

const PASSWORD: &str = "Member-Pass-2026";

fn path(member: &Value) -> String {
    format!("/members/{}", member["id"])
}

async fn logins(actor: &Actor, query: &str) -> Vec<String> {
    let list = actor.get(&format!("/members?{query}")).await.expect(200);
    let rows = list["items"].as_array().unwrap().iter();
    rows.map(|row| row["login"].as_str().unwrap().to_owned()).collect()
}

async fn can_log_in(app: &TestApp, login: &str, password: &str) -> bool {
    let body = json!({"login": login, "password": password});
    let reply = app.anonymous().post("/auth/login", body).await;
    if reply.status != 200 {
        reply.problem(401, "wrong-credentials");
        return false;
    }
    true
}

on_both_databases! {
    async fn a_member_without_a_password_gets_an_initial_one_told_once(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let new = json!({"login": " zhangsan ", "name": " 张三 ", "unit_id": world.unit("B1")});
        let mut member = world.admin.post("/members", new).await.expect(201);
        let initial = member.as_object_mut().unwrap().remove("initial_password").unwrap();
        let initial = initial.as_str().unwrap();
        let member_of_b1 = json!({"role": "member", "unit_id": world.unit("B1")});
        assert_eq!(
            member,
            json!({
                "id": member["id"], "login": "zhangsan", "name": "张三", "unit_id": world.unit("B1"),
                "status": "active", "roles": [member_of_b1],
            })
        );
        let listed = world.admin.get("/members?q=zhangsan").await.expect(200);
        assert_eq!(listed["items"], json!([member]), "the password is not told again");

        let actor = app.log_in("zhangsan", initial).await;
        assert_eq!(actor.get("/me").await.expect(200)["must_change_password"], true);
        actor.get("/quizzes").await.problem(403, "password-change-required");
        actor.put("/me/password", json!({"current": initial, "new": PASSWORD})).await.expect(204);
        assert_eq!(actor.get("/me").await.expect(200)["must_change_password"], false);
        actor.get("/quizzes").await.expect(200);
        assert!(!can_log_in(&app, "zhangsan", initial).await);
        assert!(can_log_in(&app, "zhangsan", PASSWORD).await);
    }

    async fn a_given_password_is_used_as_it_is(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let new = |password: &str| {
            json!({"login": "zhangsan", "name": "张三", "unit_id": world.unit("B1"), "password": password})
        };
        for weak in ["", "1234567", "12345678", "Password", "ZhangSan", &"x".repeat(257)] {
            assert_eq!(world.admin.post("/members", new(weak)).await.pointers(), ["/password"], "{weak}");
        }
        let member = world.admin.post("/members", new(PASSWORD)).await.expect(201);
        assert_eq!(member.get("initial_password"), None);
        assert!(!member.to_string().contains(PASSWORD));
        let actor = app.log_in("zhangsan", PASSWORD).await;
        assert_eq!(actor.get("/me").await.expect(200)["must_change_password"], false);
        actor.get("/quizzes").await.expect(200);
    }

    async fn a_login_is_taken_in_every_letter_case_and_width(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        world.add("Zhang-San", "B1").await;
        for login in ["Zhang-San", "zhang-san", "ZHANG-SAN", " zhang-san ", "ｚｈａｎｇ-ｓａｎ"] {
            let new = json!({"login": login, "name": "张三", "unit_id": world.unit("B2")});
            world.admin.post("/members", new).await.problem(409, "login-taken");
            assert!(can_log_in(&app, login, PASSWORD).await, "{login}");
        }
        assert_eq!(logins(&world.admin, "q=zhang").await, ["Zhang-San"]);
    }

    async fn a_member_who_does_not_fit_is_refused_at_the_field(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let role = |role: &str, unit: i64| json!({"role": role, "unit_id": unit});
        let leader = role("leader", world.unit("B1"));
        for (field, value, pointer) in [
            ("login", json!(""), "/login"),
            ("login", json!("zhang san"), "/login"),
            ("login", json!("x".repeat(65)), "/login"),
            ("login", json!("zs\u{0}"), "/login"),
            ("name", json!(" "), "/name"),
            ("name", json!("长".repeat(101)), "/name"),
            ("name", json!("张\u{0}三"), "/name"),
            ("unit_id", json!(987_654), "/unit_id"),
            ("status", json!("active"), "/status"),
            ("roles", json!([leader, role("leader", 987_654)]), "/roles/1"),
            ("roles", json!([role("member", world.unit("B2"))]), "/roles/0"),
            ("roles", json!([leader, role("boss", 1)]), "/roles/1/role"),
            ("roles", json!(vec![leader; 51]), "/roles/50"),
        ] {
            let mut body = json!({"login": "zs", "name": "张三", "unit_id": world.unit("B1")});
            body[field] = value;
            assert_eq!(world.admin.post("/members", body.clone()).await.pointers(), [pointer], "{body}");
        }
        assert_eq!(logins(&world.admin, "q=zs").await, [""; 0]);
    }

    async fn roles_are_given_and_taken_by_an_admin(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let role = |role: &str, unit: &str| json!({"role": role, "unit_id": world.unit(unit)});
        let home = role("member", "B1");
        // Said twice counts once, and everybody is a member of their own unit.
        let given = json!([role("leader", "C1"), role("leader", "C1"), home, role("admin", "B3")]);
        let member = world.add_with("zs", "B1", given).await;
        assert_eq!(member["roles"], json!([home, role("leader", "C1"), role("admin", "B3")]));
        let zs = app.log_in("zs", PASSWORD).await;
        assert_eq!(zs.get("/me").await.expect(200)["roles"], member["roles"]);
        assert_eq!(logins(&zs, "").await, ["zs"]);

        let other = world.add("ls", "B1").await;
        let changed = world.admin.patch(&path(&member), json!({"roles": [role("leader", "B2")]})).await;
        assert_eq!(changed.expect(200)["roles"], json!([home, role("leader", "B2")]));
        zs.get("/me").await.problem(401, "unauthenticated");
        let zs = app.log_in("zs", PASSWORD).await;
        zs.get("/members?unit=1").await.problem(403, "forbidden");
        zs.patch(&path(&other), json!({"name": "李四"})).await.problem(403, "forbidden");
        // A change that does not name the roles keeps them, and an empty list takes them.
        let renamed = world.admin.patch(&path(&member), json!({"name": "张叁"})).await.expect(200);
        assert_eq!(renamed["roles"], json!([home, role("leader", "B2")]));
        let changed = world.admin.patch(&path(&member), json!({"roles": []})).await.expect(200);
        assert_eq!(changed["roles"], json!([home]));
        let zs = app.log_in("zs", PASSWORD).await;
        zs.get("/members").await.problem(403, "forbidden");
    }

    async fn members_are_listed_for_a_unit_and_everything_below(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        for (login, unit) in [("zs", "B1"), ("ls", "B2"), ("ww", "C1"), ("zl", "B3"), ("sq", "root")] {
            world.add(login, unit).await;
        }
        let leader = world.with_role(&app, "l1", "leader", "C1").await;
        let unit = |code: &str| format!("unit={}", world.unit(code));
        assert_eq!(logins(&world.admin, "").await, ["admin", "zs", "ls", "ww", "zl", "sq", "l1"]);
        assert_eq!(logins(&world.admin, &unit("root")).await, ["admin", "zs", "ls", "ww", "zl", "sq", "l1"]);
        assert_eq!(logins(&world.admin, &unit("C1")).await, ["zs", "ls", "ww", "l1"]);
        assert_eq!(logins(&world.admin, &unit("B3")).await, ["zl"]);
        assert_eq!(logins(&leader, "").await, ["zs", "ls", "ww", "l1"]);
        assert_eq!(logins(&leader, &unit("B2")).await, ["ls"]);
        assert_eq!(logins(&leader, "q=zl").await, [""; 0]);
        for outside in ["root", "C2", "B3"] {
            leader.get(&format!("/members?{}", unit(outside))).await.problem(403, "forbidden");
        }
        world.admin.get("/members?unit=987654").await.problem(404, "not-found");
        assert_eq!(world.admin.get("/members?unit=x").await.pointers(), ["/unit"]);
        let member = app.log_in("zs", PASSWORD).await;
        member.get("/members").await.problem(403, "forbidden");
    }

    async fn members_are_found_by_what_login_or_name_holds(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        for (login, name) in [
            ("Under_Score", "下划线"),
            ("underxscore", "无"),
            ("fifty", "50%的人"),
            ("five", "505的人"),
            ("slash", r"反\斜杠"),
            ("tursun", "阿依努尔·É吐尔逊"),
            ("john", "John Smith"),
        ] {
            let new = json!({"login": login, "name": name, "unit_id": world.unit("B1"), "password": PASSWORD});
            world.admin.post("/members", new).await.expect(201);
        }
        for (query, expected) in [
            ("der_sc", vec!["Under_Score"]),
            ("UNDER", vec!["Under_Score", "underxscore"]),
            ("ＵＮＤＥＲ_", vec!["Under_Score"]),
            ("50%25", vec!["fifty"]),
            ("%25", vec!["fifty"]),
            ("_", vec!["Under_Score"]),
            ("%5C", vec!["slash"]),
            ("的人", vec!["fifty", "five"]),
            ("É吐", vec!["tursun"]),
            ("JOHN%20s", vec!["john"]),
            ("'", vec![]),
            ("nobody", vec![]),
        ] {
            assert_eq!(logins(&world.admin, &format!("q={query}")).await, expected, "{query}");
        }
        assert_eq!(logins(&world.admin, "q=").await.len(), 8, "nothing asked for lets everybody through");
    }

    async fn the_list_is_cut_into_pages_without_gaps_or_repeats(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        for number in 0..7 {
            world.add(&format!("m{number}"), if number % 2 == 0 { "B1" } else { "B2" }).await;
        }
        world.add("elsewhere", "B3").await;
        for limit in [1, 3, 7] {
            let (mut found, mut cursor) = (Vec::new(), String::new());
            loop {
                let query =
                    format!("/members?unit={}&q=m&limit={limit}&cursor={cursor}", world.unit("C1"));
                let page = world.admin.get(&query).await.expect(200);
                let rows = page["items"].as_array().unwrap();
                assert!((1..=limit).contains(&rows.len()));
                found.extend(rows.iter().map(|row| row["login"].as_str().unwrap().to_owned()));
                // Somebody who comes in meanwhile does not shift the pages.
                if found.len() == 3 {
                    world.admin.patch(&format!("/members/{}", rows[0]["id"]), json!({"name": "换名m"})).await.expect(200);
                }
                let Some(next) = page["next_cursor"].as_str() else { break };
                next.clone_into(&mut cursor);
            }
            assert_eq!(found, ["m0", "m1", "m2", "m3", "m4", "m5", "m6"], "{limit}");
        }
        assert_eq!(world.admin.get("/members?limit=0").await.pointers(), ["/limit"]);
        assert_eq!(world.admin.get("/members?cursor=%25").await.pointers(), ["/cursor"]);
    }

    async fn a_member_is_transferred_and_keeps_the_account(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let member = world.add_with("zs", "B1", json!([{"role": "leader", "unit_id": world.unit("B1")}])).await;
        let zs = app.log_in("zs", PASSWORD).await;
        let change = json!({"unit_id": world.unit("B3"), "name": "张叁"});
        let moved = world.admin.patch(&path(&member), change).await.expect(200);
        assert_eq!((&moved["unit_id"], &moved["name"]), (&json!(world.unit("B3")), &json!("张叁")));
        assert_eq!(
            moved["roles"],
            json!([
                {"role": "member", "unit_id": world.unit("B3")},
                {"role": "leader", "unit_id": world.unit("B1")},
            ])
        );
        assert_eq!(moved.get("initial_password"), None);
        let me = zs.get("/me").await.expect(200);
        assert_eq!(me["unit"], json!({"id": world.unit("B3"), "code": "B3", "name": "B3"}));
        assert_eq!(world.admin.patch(&path(&member), json!({"unit_id": 987_654})).await.pointers(), ["/unit_id"]);
        assert_eq!(world.admin.patch(&path(&member), json!({"name": ""})).await.pointers(), ["/name"]);
        assert_eq!(world.admin.patch(&path(&member), json!({"login": "x"})).await.pointers(), ["/login"]);
        assert_eq!(world.admin.patch(&path(&member), json!({"status": "gone"})).await.pointers(), ["/status"]);
        assert_eq!(world.admin.patch(&path(&member), json!({})).await.expect(200), moved);
        world.admin.patch("/members/987654", json!({"name": "x"})).await.problem(404, "not-found");
        world.admin.patch("/members/987654", json!({"reset_password": true})).await.problem(404, "not-found");
    }

    async fn who_leaves_cannot_log_in_keeps_results_and_may_come_back(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let zs = world.member(&app, "zs", "B1").await;
        let quiz = world.quiz(json!({})).await;
        let result = world.attempt(&zs, &quiz, 4).await;
        let member = zs.get("/me").await.expect(200);
        let tokens = app.anonymous().post("/auth/login", json!({"login": "zs", "password": PASSWORD})).await;
        let tokens = tokens.expect(200);

        let left = world.admin.patch(&path(&member), json!({"status": "left"})).await.expect(200);
        assert_eq!(left["status"], "left");
        zs.get("/me").await.problem(401, "unauthenticated");
        let refresh = json!({"refresh_token": tokens["refresh_token"]});
        app.anonymous().post("/auth/refresh", refresh.clone()).await.problem(401, "invalid-refresh-token");
        assert!(!can_log_in(&app, "zs", PASSWORD).await);
        let new = json!({"login": "zs", "name": "另一个", "unit_id": world.unit("B1")});
        world.admin.post("/members", new).await.problem(409, "login-taken");
        let units = world.admin.get("/units").await.expect(200);
        assert_eq!(units["items"][2]["active_members"], 0);
        let listed = world.admin.get("/members?q=zs").await.expect(200);
        assert_eq!(listed["items"][0]["status"], "left");
        let board = format!("/leaderboards/members?quiz={}", quiz["id"]);
        let board = world.admin.get(&board).await.expect(200);
        assert_eq!(board["items"][0]["score"], result["score"]);

        let back = world.admin.patch(&path(&member), json!({"status": "active"})).await.expect(200);
        assert_eq!(back["status"], "active");
        zs.get("/me").await.problem(401, "unauthenticated");
        app.anonymous().post("/auth/refresh", refresh).await.problem(401, "invalid-refresh-token");
        let zs = app.log_in("zs", PASSWORD).await;
        let mine = zs.get("/me/attempts").await.expect(200);
        assert_eq!(mine["items"][0]["id"], result["attempt_id"]);
        let units = world.admin.get("/units").await.expect(200);
        assert_eq!(units["items"][2]["active_members"], 1);
    }

    async fn a_reset_gives_a_new_initial_password_and_ends_every_session(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let zs = world.member(&app, "zs", "B1").await;
        let member = zs.get("/me").await.expect(200);
        let reset = world.admin.patch(&path(&member), json!({"reset_password": true})).await.expect(200);
        let initial = reset["initial_password"].as_str().unwrap();
        zs.get("/me").await.problem(401, "unauthenticated");
        assert!(!can_log_in(&app, "zs", PASSWORD).await);
        let zs = app.log_in("zs", initial).await;
        assert_eq!(zs.get("/me").await.expect(200)["must_change_password"], true);
        zs.get("/quizzes").await.problem(403, "password-change-required");
        let again = world.admin.patch(&path(&member), json!({"reset_password": true})).await.expect(200);
        assert_ne!(again["initial_password"], reset["initial_password"]);
        assert!(!can_log_in(&app, "zs", initial).await);
        let kept = world.admin.patch(&path(&member), json!({"reset_password": false})).await.expect(200);
        assert_eq!(kept.get("initial_password"), None);
        assert!(can_log_in(&app, "zs", again["initial_password"].as_str().unwrap()).await);
    }

    async fn an_admin_does_not_reach_beyond_their_scope(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let admin = world.with_role(&app, "a1", "admin", "C1").await;
        let role = |role: &str, unit: &str| json!({"role": role, "unit_id": world.unit(unit)});
        let inside = world.add("zs", "B1").await;
        let outside = world.add("ls", "B3").await;
        // Somebody of the scope who is more elsewhere than the admin is.
        let mighty = world.add_with("ww", "B1", json!([role("leader", "root")])).await;
        let beside = world.add_with("zl", "B1", json!([role("admin", "B3")])).await;
        let new = |unit: &str, roles: Value| {
            json!({"login": "new", "name": "新人", "unit_id": world.unit(unit), "roles": roles, "password": PASSWORD})
        };
        for unit in ["root", "C2", "B3"] {
            admin.post("/members", new(unit, json!([]))).await.problem(403, "forbidden");
            let transfer = json!({"unit_id": world.unit(unit)});
            admin.patch(&path(&inside), transfer).await.problem(403, "forbidden");
        }
        for beyond in [role("admin", "root"), role("leader", "root"), role("admin", "C2"), role("leader", "B3")] {
            let roles = json!([role("leader", "B1"), beyond]);
            admin.post("/members", new("B1", roles.clone())).await.problem(403, "forbidden");
            admin.patch(&path(&inside), json!({"roles": roles})).await.problem(403, "forbidden");
        }
        for account in [&outside, &mighty, &beside] {
            for change in [
                json!({"name": "改名"}),
                json!({"status": "left"}),
                json!({"unit_id": world.unit("B2")}),
                json!({"roles": []}),
                json!({"reset_password": true}),
            ] {
                admin.patch(&path(account), change).await.problem(403, "forbidden");
            }
        }
        for login in ["zs", "ls", "ww", "zl"] {
            assert!(can_log_in(&app, login, PASSWORD).await, "{login} is untouched");
        }
        assert_eq!(logins(&world.admin, "q=new").await, [""; 0]);
        // Inside the scope all of it works, up to the scope itself.
        let made = admin.post("/members", new("B1", json!([role("admin", "C1")]))).await.expect(201);
        admin.patch(&path(&made), json!({"unit_id": world.unit("B2"), "roles": []})).await.expect(200);
        admin.patch(&path(&inside), json!({"reset_password": true})).await.expect(200);
        let leader = world.with_role(&app, "l1", "leader", "C1").await;
        leader.post("/members", new("B1", json!([]))).await.problem(403, "forbidden");
        leader.patch(&path(&inside), json!({"name": "改名"})).await.problem(403, "forbidden");
    }

    async fn nobody_changes_their_own_roles_or_retires_themselves(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let admin = world.with_role(&app, "a1", "admin", "C1").await;
        let me = admin.get("/me").await.expect(200);
        let leader = json!([{"role": "leader", "unit_id": world.unit("B1")}]);
        assert_eq!(admin.patch(&path(&me), json!({"roles": leader})).await.pointers(), ["/roles"]);
        assert_eq!(admin.patch(&path(&me), json!({"roles": []})).await.pointers(), ["/roles"]);
        assert_eq!(admin.patch(&path(&me), json!({"status": "left"})).await.pointers(), ["/status"]);
        assert_eq!(admin.get("/me").await.expect(200), me);
        admin.patch(&path(&me), json!({"name": "一委管理员", "status": "active"})).await.expect(200);
        assert_eq!(admin.get("/me").await.expect(200)["roles"], me["roles"]);
    }
}
