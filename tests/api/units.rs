//! The organisation: list, add, rename, move, remove.

use crate::harness::{Actor, TestApp, Value, World, json, on_both_databases};

fn path(unit: i64) -> String {
    format!("/units/{unit}")
}

/// One field of every row of a list.
fn column<'a>(list: &'a Value, field: &str) -> Vec<&'a Value> {
    list["items"].as_array().unwrap().iter().map(|row| &row[field]).collect()
}

async fn codes(actor: &Actor) -> Vec<String> {
    let list = actor.get("/units").await.expect(200);
    column(&list, "code").into_iter().map(|code| code.as_str().unwrap().to_owned()).collect()
}

/// How many active members each unit has, by its code.
async fn counts(actor: &Actor) -> Value {
    let list = actor.get("/units").await.expect(200);
    let rows = list["items"].as_array().unwrap().iter();
    rows.map(|row| (row["code"].as_str().unwrap().to_owned(), row["active_members"].clone())).collect()
}

on_both_databases! {
    async fn the_tree_is_listed_from_the_root_down_with_members_counted_upwards(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        world.add("zs", "B1").await;
        world.add("ls", "B1").await;
        world.add("ww", "B3").await;
        world.add("zl", "C2").await;
        let gone = world.add("sq", "B2").await;
        let gone = format!("/members/{}", gone["id"]);
        world.admin.patch(&gone, json!({"status": "left"})).await.expect(200);
        let list = world.admin.get("/units").await.expect(200);
        assert_eq!(column(&list, "code"), ["zone", "C1", "B1", "B2", "C2", "B3"]);
        // The administrator is in the root, and whoever has left counts nowhere.
        assert_eq!(column(&list, "active_members"), [5, 2, 2, 0, 2, 1]);
        assert_eq!(list["items"][0]["parent_id"], Value::Null);
        assert_eq!(
            list["items"][2],
            json!({
                "id": world.unit("B1"), "parent_id": world.unit("C1"), "kind": "branch", "code": "B1",
                "name": "B1", "active_members": 2,
            })
        );
        assert_eq!(list["next_cursor"], Value::Null);
    }

    async fn the_list_is_cut_into_pages_without_gaps_or_repeats(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let whole = world.admin.get("/units").await.expect(200);
        for limit in [1, 4, 5, 6, 200] {
            let (mut rows, mut cursor) = (Vec::new(), String::new());
            loop {
                let page = world.admin.get(&format!("/units?limit={limit}&cursor={cursor}")).await.expect(200);
                let items = page["items"].as_array().unwrap();
                assert!((1..=limit).contains(&items.len()), "{limit}");
                rows.extend(items.iter().cloned());
                let Some(next) = page["next_cursor"].as_str() else { break };
                next.clone_into(&mut cursor);
            }
            assert_eq!(json!(rows), whole["items"], "{limit}");
        }
        for (query, pointer) in
            [("limit=0", "/limit"), ("limit=201", "/limit"), ("limit=x", "/limit"), ("cursor=x", "/cursor")]
        {
            assert_eq!(world.admin.get(&format!("/units?{query}")).await.pointers(), [pointer], "{query}");
        }
    }

    async fn a_unit_is_added_below_its_parent(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let new = json!({"parent_id": world.unit("B1"), "kind": "group", "code": " G1 ", "name": " 第一党小组 "});
        let unit = world.admin.post("/units", new).await.expect(201);
        assert_eq!(
            unit,
            json!({
                "id": unit["id"], "parent_id": world.unit("B1"), "kind": "group", "code": "G1",
                "name": "第一党小组", "active_members": 0,
            })
        );
        assert_eq!(codes(&world.admin).await, ["zone", "C1", "B1", "G1", "B2", "C2", "B3"]);
        // A level may be left out: a group directly below a committee.
        let new = json!({"parent_id": world.unit("C1"), "kind": "group", "code": "G2", "name": "G2"});
        world.admin.post("/units", new).await.expect(201);
    }

    async fn a_unit_that_does_not_fit_is_refused_at_its_field(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let long = "长".repeat(101);
        for (field, value) in [
            ("kind", json!("zone")),
            ("kind", json!("committee")),
            ("kind", json!("club")),
            ("code", json!("")),
            ("code", json!("  ")),
            ("code", json!("B 9")),
            ("code", json!("x".repeat(65))),
            ("name", json!(" ")),
            ("name", json!(long)),
            ("name", json!("一\n二")),
            ("name", json!("一\u{0}二")),
            ("parent_id", json!(987_654)),
            ("parent_id", json!("1")),
            ("colour", json!("red")),
        ] {
            let mut body =
                json!({"parent_id": world.unit("C1"), "kind": "branch", "code": "B9", "name": "B9"});
            body[field] = value;
            let pointers = world.admin.post("/units", body.clone()).await.pointers();
            assert_eq!(pointers, [format!("/{field}")], "{body}");
        }
        let taken = json!({"parent_id": world.unit("C2"), "kind": "branch", "code": "B1", "name": "又一个"});
        world.admin.post("/units", taken).await.problem(409, "code-taken");
        assert_eq!(codes(&world.admin).await, ["zone", "C1", "B1", "B2", "C2", "B3"]);
    }

    async fn a_unit_gets_another_name_and_code(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let b1 = path(world.unit("B1"));
        let unit = world.admin.patch(&b1, json!({"name": "第一党支部"})).await.expect(200);
        assert_eq!((&unit["code"], &unit["name"]), (&json!("B1"), &json!("第一党支部")));
        let unit = world.admin.patch(&b1, json!({"code": "dzb-1"})).await.expect(200);
        assert_eq!((&unit["code"], &unit["name"]), (&json!("dzb-1"), &json!("第一党支部")));
        assert_eq!(world.admin.patch(&b1, json!({})).await.expect(200), unit);
        world.admin.patch(&b1, json!({"code": "B2"})).await.problem(409, "code-taken");
        assert_eq!(world.admin.patch(&b1, json!({"code": ""})).await.pointers(), ["/code"]);
        assert_eq!(world.admin.patch(&b1, json!({"name": ""})).await.pointers(), ["/name"]);
        assert_eq!(world.admin.patch(&b1, json!({"kind": "group"})).await.pointers(), ["/kind"]);
        assert_eq!(world.admin.patch(&b1, json!({})).await.expect(200), unit);
        world.admin.patch(&path(world.unit("root")), json!({"name": "高新区党工委"})).await.expect(200);
        world.admin.patch("/units/987654", json!({"name": "x"})).await.problem(404, "not-found");
        world.admin.patch("/units/x", json!({"name": "x"})).await.problem(404, "not-found");
    }

    async fn a_unit_moves_with_everything_below_it_and_scopes_follow(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let first = world.with_role(&app, "a1", "admin", "C1").await;
        let second = world.with_role(&app, "a2", "admin", "C2").await;
        let group = json!({"parent_id": world.unit("B1"), "kind": "group", "code": "G1", "name": "G1"});
        let group = world.admin.post("/units", group).await.expect(201)["id"].clone();
        let member = json!({"login": "zs", "name": "张三", "unit_id": group, "password": "Member-Pass-2026"});
        let member = world.admin.post("/members", member).await.expect(201);
        let zs = app.log_in("zs", "Member-Pass-2026").await;
        let quiz = world.quiz(json!({"unit_id": world.unit("C2")})).await;
        let quiz = format!("/quizzes/{}", quiz["id"]);
        let (rename, inside) = (format!("/members/{}", member["id"]), format!("/members?unit={group}"));
        first.patch(&rename, json!({"name": "张叁"})).await.expect(200);
        second.patch(&rename, json!({"name": "张四"})).await.problem(403, "forbidden");
        second.get(&inside).await.problem(403, "forbidden");
        zs.get(&quiz).await.problem(403, "forbidden");

        let b1 = path(world.unit("B1"));
        let moved = world.admin.patch(&b1, json!({"parent_id": world.unit("C2")})).await.expect(200);
        assert_eq!((&moved["parent_id"], &moved["active_members"]), (&json!(world.unit("C2")), &json!(1)));
        assert_eq!(codes(&world.admin).await, ["zone", "C1", "B2", "C2", "B1", "G1", "B3"]);
        assert_eq!(
            counts(&world.admin).await,
            json!({"zone": 4, "C1": 1, "B2": 0, "C2": 2, "B1": 1, "G1": 1, "B3": 0})
        );
        first.patch(&rename, json!({"name": "张四"})).await.problem(403, "forbidden");
        first.get(&inside).await.problem(403, "forbidden");
        second.patch(&rename, json!({"name": "张四"})).await.expect(200);
        let listed = second.get(&inside).await.expect(200);
        assert_eq!(column(&listed, "login"), ["zs"]);
        zs.get(&quiz).await.expect(200);
        // Moving to where it is already changes nothing.
        let again = world.admin.patch(&b1, json!({"parent_id": world.unit("C2")})).await.expect(200);
        assert_eq!(again, moved);
    }

    async fn a_move_that_cannot_be_is_refused_and_changes_nothing(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let group = json!({"parent_id": world.unit("B1"), "kind": "group", "code": "G1", "name": "G1"});
        let group = world.admin.post("/units", group).await.expect(201)["id"].as_i64().unwrap();
        let before = world.admin.get("/units").await.expect(200);
        let root = world.unit("root");
        for (unit, parent) in [
            (world.unit("B1"), world.unit("B1")),
            (world.unit("B1"), group),
            (world.unit("C1"), world.unit("B1")),
            (world.unit("C1"), world.unit("C2")),
            (world.unit("B1"), world.unit("B3")),
            (world.unit("B1"), 987_654),
            (root, world.unit("C1")),
            (root, root),
        ] {
            let change = json!({"name": "改名", "parent_id": parent});
            let pointers = world.admin.patch(&path(unit), change).await.pointers();
            assert_eq!(pointers, ["/parent_id"], "{unit} below {parent}");
        }
        assert_eq!(world.admin.get("/units").await.expect(200), before);
    }

    async fn only_an_empty_unit_is_removed(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let new = json!({"parent_id": world.unit("C1"), "kind": "branch", "code": "B9", "name": "B9"});
        let empty = path(world.admin.post("/units", new).await.expect(201)["id"].as_i64().unwrap());
        world.admin.delete(&empty).await.expect(204);
        world.admin.delete(&empty).await.problem(404, "not-found");
        assert!(!codes(&world.admin).await.contains(&"B9".into()));

        // A unit below.
        world.admin.delete(&path(world.unit("C2"))).await.problem(409, "unit-not-empty");
        // A member, also one who has left.
        let member = world.add("zs", "B1").await;
        world.admin.delete(&path(world.unit("B1"))).await.problem(409, "unit-not-empty");
        world.admin.patch(&format!("/members/{}", member["id"]), json!({"status": "left"})).await.expect(200);
        world.admin.delete(&path(world.unit("B1"))).await.problem(409, "unit-not-empty");
        // A quiz.
        let quiz = world.quiz(json!({"unit_id": world.unit("B3")})).await;
        world.admin.delete(&path(world.unit("B3"))).await.problem(409, "unit-not-empty");
        world.admin.delete(&format!("/quizzes/{}", quiz["id"])).await.expect(204);
        world.admin.delete(&path(world.unit("B3"))).await.expect(204);
        world.admin.delete(&path(world.unit("C2"))).await.expect(204);
        // Results of somebody who has moved on.
        let ls = world.member(&app, "ls", "B2").await;
        world.attempt(&ls, &world.quiz(json!({})).await, 5).await;
        let id = ls.get("/me").await.expect(200)["id"].clone();
        let transfer = json!({"unit_id": world.unit("C1")});
        world.admin.patch(&format!("/members/{id}"), transfer).await.expect(200);
        world.admin.delete(&path(world.unit("B2"))).await.problem(409, "unit-not-empty");

        world.admin.delete(&path(world.unit("root"))).await.problem(403, "forbidden");
        assert_eq!(codes(&world.admin).await, ["zone", "C1", "B1", "B2"]);
    }

    async fn a_branch_admin_changes_only_what_is_below(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let branch_admin = world.with_role(&app, "a1", "admin", "C1").await;
        let leader = world.with_role(&app, "l1", "leader", "C1").await;
        let member = world.member(&app, "zs", "B1").await;
        let new = |parent: &str, code: &str| {
            json!({"parent_id": world.unit(parent), "kind": "branch", "code": code, "name": code})
        };
        branch_admin.post("/units", new("C1", "B8")).await.expect(201);
        branch_admin.patch(&path(world.unit("C1")), json!({"name": "一委"})).await.expect(200);
        branch_admin.delete(&path(world.unit("B2"))).await.expect(204);
        let before = member.get("/units").await.expect(200);
        for parent in ["root", "C2"] {
            branch_admin.post("/units", new(parent, "B9")).await.problem(403, "forbidden");
        }
        for unit in ["root", "C2", "B3"] {
            let unit = path(world.unit(unit));
            branch_admin.patch(&unit, json!({"name": "改名"})).await.problem(403, "forbidden");
            branch_admin.delete(&unit).await.problem(403, "forbidden");
        }
        // Neither out of the scope nor into it.
        let out = json!({"parent_id": world.unit("C2")});
        branch_admin.patch(&path(world.unit("B1")), out).await.problem(403, "forbidden");
        let into = json!({"parent_id": world.unit("C1")});
        branch_admin.patch(&path(world.unit("B3")), into).await.problem(403, "forbidden");
        for actor in [&leader, &member] {
            actor.post("/units", new("C1", "B9")).await.problem(403, "forbidden");
            actor.patch(&path(world.unit("B1")), json!({"name": "改名"})).await.problem(403, "forbidden");
            actor.delete(&path(world.unit("B1"))).await.problem(403, "forbidden");
        }
        app.anonymous().get("/units").await.problem(401, "unauthenticated");
        assert_eq!(member.get("/units").await.expect(200), before);
    }
}
