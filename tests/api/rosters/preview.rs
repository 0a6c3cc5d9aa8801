//! The report of a dry run shows who and what would change, and how.

use super::{MEMBERS, UNITS};
use crate::harness::{TestApp, Value, World, json, on_both_databases};

fn unit(world: &World, code: &str) -> Value {
    json!({"id": world.unit(code), "name": code})
}

on_both_databases! {
    async fn a_dry_run_of_members_shows_who_changes_and_how(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        for login in ["one", "two", "three"] {
            world.add(login, "B1").await;
        }
        let file = "login,name,unit_code,role\nnew,新人,B1,\none,改名,B2,leader\ntwo,姓名two,B1,\nTHREE,姓名three,B2,\n";
        let trial = world.admin.upload(&format!("{MEMBERS}?dry_run=true"), file).await.expect(200);
        let roles = json!([{"role": "leader", "unit_id": world.unit("B2")}]);
        assert_eq!(trial["preview"], json!([
            {
                "at": "line 3", "code": "one", "name": "改名",
                "before": {"name": "姓名one", "unit": unit(&world, "B1"), "roles": []},
                "after": {"name": "改名", "unit": unit(&world, "B2"), "roles": roles},
            },
            {
                "at": "line 5", "code": "THREE", "name": "姓名three",
                "before": {"unit": unit(&world, "B1")}, "after": {"unit": unit(&world, "B2")},
            },
        ]));
        // What is not refused of a faulty file is shown too, and only when it is a dry run.
        let faulty = format!("{file}bad,坏,none,\n");
        let path = format!("{MEMBERS}?dry_run=true");
        let refused = world.admin.upload(&path, faulty.clone()).await.problem(422, "import-rejected");
        assert_eq!(refused["report"]["preview"], trial["preview"]);
        let refused = world.admin.upload(MEMBERS, faulty).await.problem(422, "import-rejected");
        assert_eq!(refused["report"].get("preview"), None);
        let report = world.admin.upload(MEMBERS, file).await.expect(200);
        assert_eq!((&report["updated"], report.get("preview")), (&json!(2), None));
    }

    async fn no_more_rows_are_shown_than_somebody_looks_at(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let file = |name: &str| {
            let rows = (0..25).map(|number| format!("m{number},{name}{number},B1\n"));
            format!("login,name,unit_code\n{}", rows.collect::<String>())
        };
        world.admin.upload(MEMBERS, file("旧")).await.expect(200);
        let trial = world.admin.upload(&format!("{MEMBERS}?dry_run=true"), file("新")).await.expect(200);
        let rows = trial["preview"].as_array().unwrap();
        assert_eq!((rows.len(), &trial["updated"], &rows[19]["code"]), (20, &json!(25), &json!("m19")));
    }

    async fn a_dry_run_of_units_shows_what_is_renamed_and_moved(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let file = "code,name,kind,parent_code\nB1,一支部,branch,C2\nN1,新支部,branch,C2\n";
        let trial = world.admin.upload(&format!("{UNITS}?dry_run=true"), file).await.expect(200);
        assert_eq!(trial["preview"], json!([{
            "at": "line 2", "code": "B1", "name": "一支部",
            "before": {"name": "B1", "parent": unit(&world, "C1")},
            "after": {"name": "一支部", "parent": unit(&world, "C2")},
        }]));
        let report = world.admin.upload(UNITS, file).await.expect(200);
        assert_eq!(report.get("preview"), None);
    }
}
