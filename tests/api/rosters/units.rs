//! Units from files: their order and parents, bad rows, the scope of an admin.

use super::{MEMBERS, UNITS, rejected, told, xlsx};
use crate::harness::{Actor, TestApp, Value, World, json, on_both_databases};

/// Every unit as `code name kind parent-code`.
async fn tree(actor: &Actor) -> Vec<String> {
    let list = actor.get("/units").await.expect(200);
    let rows = list["items"].as_array().unwrap();
    let code = |id: &Value| {
        rows.iter().find(|row| row["id"] == *id).map_or("-", |row| row["code"].as_str().unwrap())
    };
    rows.iter()
        .map(|row| {
            let field = |name: &str| row[name].as_str().unwrap();
            format!("{} {} {} {}", field("code"), field("name"), field("kind"), code(&row["parent_id"]))
        })
        .collect()
}

const TREE: &str = "\
code,name,kind,parent_code
X1,第一支部,branch,Z1
Z1,新总支,general_branch,C9
C9,新党委,committee,gaoxin
gaoxin,高新区党工委,zone,
C1,C1,committee,gaoxin
B1,第一党支部,branch,Z1
G1,第一小组,党小组,B1
";

on_both_databases! {
    async fn units_come_from_a_file_in_any_order_and_the_root_row_is_adopted(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let before = tree(&world.admin).await;
        let trial = world.admin.upload(&format!("{UNITS}?dry_run=true"), TREE).await.expect(200);
        assert_eq!(tree(&world.admin).await, before, "a dry run changes nothing");
        let mut report = world.admin.upload(UNITS, TREE).await.expect(200);
        assert_eq!(trial["preview"].as_array().map(Vec::len), Some(2), "the root and B1");
        report["preview"] = trial["preview"].clone();
        assert_eq!(report, trial);
        // The root is renamed and B1 is renamed and moved; C1 is as the file says.
        assert_eq!(told(&report), (json!([7, 4, 2, 1]), vec![]));
        assert_eq!((&report["warnings"], &report["initial_passwords"]), (&json!([]), &json!([])));
        let after = tree(&world.admin).await;
        for row in [
            "gaoxin 高新区党工委 zone -",
            "C1 C1 committee gaoxin",
            "B2 B2 branch C1",
            "C9 新党委 committee gaoxin",
            "Z1 新总支 general_branch C9",
            "B1 第一党支部 branch Z1",
            "G1 第一小组 group B1",
            "X1 第一支部 branch Z1",
        ] {
            assert!(after.contains(&row.to_owned()), "{row}: {after:?}");
        }
        assert_eq!(after.len(), 10, "what the file does not name stays");
        let units = world.admin.get("/units").await.expect(200);
        let moved = units["items"].as_array().unwrap().iter().find(|unit| unit["code"] == "B1").unwrap();
        assert_eq!(moved["id"], world.unit("B1"), "a unit that moves is still the same");

        let again = world.admin.upload(UNITS, TREE).await.expect(200);
        assert_eq!(told(&again), (json!([7, 0, 0, 7]), vec![]));
        assert_eq!(tree(&world.admin).await, after);
    }

    async fn units_are_read_from_every_kind_of_file(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let text = "组织编码,组织名称,级别,上级编码\nzone,园区党工委,园区,\nC1,C1,党委,zone\nB9,第九支部,支部,C1\n";
        let (gbk, _, faulty) = encoding_rs::GBK.encode(text);
        assert!(!faulty);
        let rows: Vec<Vec<&str>> = text.lines().map(|line| line.split(',').collect()).collect();
        let rows: Vec<&[&str]> = rows.iter().map(Vec::as_slice).collect();
        let files = [
            text.as_bytes().to_vec(),
            [b"\xEF\xBB\xBF", text.as_bytes()].concat(),
            gbk.into_owned(),
            text.replace(',', "\t").into_bytes(),
            text.replace('\n', "\r\n").into_bytes(),
            text.replace("第九支部", "\"第九支部\"").into_bytes(),
            xlsx(&rows),
        ];
        for (index, file) in files.into_iter().enumerate() {
            let report = world.admin.upload(UNITS, file).await.expect(200);
            let counts = if index == 0 { json!([3, 1, 0, 2]) } else { json!([3, 0, 0, 3]) };
            assert_eq!(told(&report), (counts, vec![]), "file {index}");
        }
        assert!(tree(&world.admin).await.contains(&"B9 第九支部 branch C1".into()));
    }

    async fn a_file_of_units_with_a_bad_row_changes_nothing(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let before = tree(&world.admin).await;
        let bad = "\
code,name,kind,parent_code
N1,新支部,branch,C1
N1,又一次,branch,C2
,没有编码,branch,C1
N 2,空格,branch,C1
N3,,branch,C1
N4,级别,club,C1
N5,没有上级,branch,nowhere
N6,上级被拒,group,N5
N7,同级,branch,B1
N8,缺上级,branch,
P1,互为上级,general_branch,P2
P2,互为上级,branch,P1
zone,园区党工委,branch,C1
C1,C1,committee,B1
C2,C2,group,zone
";
        let lines: Vec<String> = (3..=16).map(|line| format!("line {line}")).collect();
        assert_eq!(rejected(&world.admin, UNITS, bad).await, lines);
        assert_eq!(tree(&world.admin).await, before);
        // A dry run tells the same.
        assert_eq!(rejected(&world.admin, &format!("{UNITS}?dry_run=true"), bad).await, lines);
    }

    async fn a_unit_is_raised_before_others_are_put_below_it(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        world.add("zs", "B1").await;
        // The branch B1 becomes a general branch; what shall stand below it comes first in the file.
        let file = "code,name,kind,parent_code\nB1-1,一支部,branch,B1\nB2,B2,branch,B1\nB1,总支,general_branch,C2\n";
        assert_eq!(told(&world.admin.upload(UNITS, file).await.expect(200)), (json!([3, 1, 2, 0]), vec![]));
        let tree = tree(&world.admin).await;
        for row in ["B1 总支 general_branch C2", "B1-1 一支部 branch B1", "B2 B2 branch B1"] {
            assert!(tree.contains(&row.to_owned()), "{row}: {tree:?}");
        }
        // And not the other way: what stands below does not fit any more.
        let file = "code,name,kind,parent_code\nB1,总支,branch,C2\n";
        assert_eq!(rejected(&world.admin, UNITS, file).await, ["line 2"]);
    }

    async fn units_cannot_become_each_others_parents(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let before = tree(&world.admin).await;
        for rows in [
            // New ones.
            "P1,P1,committee,P2\nP2,P2,committee,P1\n",
            "P1,P1,committee,P2\nP2,P2,committee,P3\nP3,P3,committee,P1\n",
            "P1,P1,committee,P1\n",
        ] {
            let file = format!("code,name,kind,parent_code\nN1,N1,branch,C1\n{rows}");
            let expected: Vec<String> = (0..rows.lines().count()).map(|row| format!("line {}", row + 3)).collect();
            assert_eq!(rejected(&world.admin, UNITS, file).await, expected);
        }
        // Ones that stand already: C1 below its own branch.
        let file = "code,name,kind,parent_code\nC1,C1,group,B1\n";
        assert_eq!(rejected(&world.admin, UNITS, file).await, ["line 2"]);
        assert_eq!(tree(&world.admin).await, before);
    }

    async fn a_file_has_one_root(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let before = tree(&world.admin).await;
        let file = "code,name,kind,parent_code\nq1,甲区,zone,\nq2,乙区,zone,\nD1,甲区党委,committee,q1\nD2,乙区党委,committee,q2\n";
        let places = rejected(&world.admin, UNITS, file).await;
        assert_eq!(places, ["line 3", "line 5"], "the second root, and what stands below it");
        // The code of another unit cannot be the root's.
        let file = "code,name,kind,parent_code\nC1,园区党工委,zone,\n";
        assert_eq!(rejected(&world.admin, UNITS, file).await, ["line 2"]);
        assert_eq!(tree(&world.admin).await, before);
    }

    async fn a_branch_admin_imports_units_only_below(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let admin = world.with_role(&app, "a1", "admin", "C1").await;
        let file = "code,name,kind,parent_code\nB9,第九支部,branch,C1\nB1,第一支部,branch,C1\n";
        assert_eq!(told(&admin.upload(UNITS, file).await.expect(200)), (json!([2, 1, 1, 0]), vec![]));
        let before = tree(&world.admin).await;
        let file = "\
code,name,kind,parent_code
B8,第八支部,branch,C1
zone,改名,zone,
C2,改名,committee,zone
B3,改名,branch,C2
B3,抢来,branch,C1
B1,送走,branch,C2
C3,新党委,committee,zone
";
        let places = rejected(&admin, UNITS, file).await;
        assert_eq!(places, ["line 3", "line 4", "line 5", "line 6", "line 7", "line 8"]);
        let file = "code,name,kind,parent_code\nB3,抢来,branch,C1\n";
        assert_eq!(rejected(&admin, UNITS, file).await, ["line 2"]);
        assert_eq!(tree(&world.admin).await, before);
        let leader = world.with_role(&app, "l1", "leader", "root").await;
        leader.upload(UNITS, file).await.problem(403, "forbidden");
        leader.upload(MEMBERS, file).await.problem(403, "forbidden");
    }
}
