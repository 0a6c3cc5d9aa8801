//! Units and people from files.

use rust_xlsxwriter::Workbook;

use crate::harness::{Actor, TestApp, Value, World, json, on_both_databases};

const UNITS: &str = "/units/import";
const MEMBERS: &str = "/members/import";
const PASSWORD: &str = "Member-Pass-2026";

/// A workbook whose first sheet is `名单`.
fn xlsx(rows: &[&[&str]]) -> Vec<u8> {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    sheet.set_name("名单").unwrap();
    for (row, cells) in (0..).zip(rows) {
        for (column, cell) in (0..).zip(*cells) {
            sheet.write(row, column, *cell).unwrap();
        }
    }
    // A sheet of notes behind the list is not read.
    workbook.add_worksheet().write(0, 0, "说明").unwrap();
    workbook.save_to_buffer().unwrap()
}

/// The counts of a report, and the places of what was rejected.
fn told(report: &Value) -> (Value, Vec<&str>) {
    let counts =
        ["found", "added", "updated", "unchanged"].map(|field| report[field].clone()).into_iter().collect();
    (counts, places(&report["rejected"]))
}

fn places(list: &Value) -> Vec<&str> {
    let list = list.as_array().unwrap();
    assert!(list.iter().all(|place| place["detail"].as_str().is_some_and(|detail| !detail.is_empty())));
    list.iter().map(|place| place["at"].as_str().unwrap()).collect()
}

/// The places that a refused import names.
async fn rejected(actor: &Actor, path: &str, file: impl Into<Vec<u8>>) -> Vec<String> {
    let problem = actor.upload(path, file).await.problem(422, "import-rejected");
    let report = &problem["report"];
    let counted: u64 =
        ["added", "updated", "unchanged"].iter().map(|field| report[field].as_u64().unwrap()).sum();
    let rejected = places(&report["rejected"]);
    assert_eq!(report["found"], counted + rejected.len() as u64, "{report}");
    assert_eq!(report["initial_passwords"], json!([]));
    rejected.into_iter().map(ToOwned::to_owned).collect()
}

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

/// Everything that a members' import may change.
async fn people(actor: &Actor) -> Value {
    actor.get("/members").await.expect(200)["items"].take()
}

async fn person(actor: &Actor, login: &str) -> Value {
    let list = people(actor).await;
    list.as_array().unwrap().iter().find(|row| row["login"] == login).unwrap().clone()
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
        let report = world.admin.upload(UNITS, TREE).await.expect(200);
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

    async fn files_that_are_no_list_are_refused_as_a_whole(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        for path in [UNITS, MEMBERS] {
            for file in [
                &b""[..],
                b" \r\n\t",
                b"name\nx\n",
                b"code,code,name,kind,parent_code,login,login,unit_code\n",
                b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1",
                b"PK\x03\x04 broken",
                b"\xFF\xFF\xFF\xFF",
                b"code,name\0,kind",
            ] {
                let shown = String::from_utf8_lossy(file).into_owned();
                let problem = world.admin.upload(path, file).await.problem(422, "unreadable-file");
                assert_eq!(problem.get("report"), None, "{path} {shown:?}");
            }
        }
        let problem = world.admin.upload(MEMBERS, "账号,姓名\nzs,张三\n").await.problem(422, "unreadable-file");
        assert!(problem["detail"].as_str().unwrap().contains("unit_code"), "{problem}");
        let report = world.admin.upload(MEMBERS, "账号,姓名,组织编码\n").await.expect(200);
        assert_eq!(told(&report), (json!([0, 0, 0, 0]), vec![]));
        world.admin.post(MEMBERS, json!({})).await.problem(415, "unsupported-media-type");
        let wrong = world.admin.upload(&format!("{MEMBERS}?dry_run=perhaps"), "账号,姓名,组织编码\n").await;
        assert_eq!(wrong.pointers(), ["/dry_run"]);
    }

    async fn members_come_from_a_file_and_get_initial_passwords(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let file = format!(
            "login,name,unit_code,role,password\nZhangSan,张三,B1,,\nlisi,李四,B1,member,{PASSWORD}\nwangwu,王五,B3,负责人,\n"
        );
        let before = people(&world.admin).await;
        let trial = world.admin.upload(&format!("{MEMBERS}?dry_run=true"), file.clone()).await.expect(200);
        assert_eq!(told(&trial), (json!([3, 3, 0, 0]), vec![]));
        assert_eq!(trial["initial_passwords"], json!([]), "a dry run makes no passwords");
        assert_eq!(people(&world.admin).await, before, "a dry run changes nothing");

        let report = world.admin.upload(MEMBERS, file.clone()).await.expect(200);
        assert_eq!(told(&report), (json!([3, 3, 0, 0]), vec![]));
        let passwords = report["initial_passwords"].as_array().unwrap();
        let whose: Vec<_> = passwords.iter().map(|entry| (&entry["login"], &entry["name"])).collect();
        assert_eq!(whose, [(&json!("ZhangSan"), &json!("张三")), (&json!("wangwu"), &json!("王五"))]);
        assert_ne!(passwords[0]["password"], passwords[1]["password"]);
        for entry in passwords {
            let (login, initial) = (entry["login"].as_str().unwrap(), entry["password"].as_str().unwrap());
            let actor = app.log_in(login, initial).await;
            assert_eq!(actor.get("/me").await.expect(200)["must_change_password"], true);
            actor.get("/quizzes").await.problem(403, "password-change-required");
            actor.put("/me/password", json!({"current": initial, "new": PASSWORD})).await.expect(204);
            actor.get("/quizzes").await.expect(200);
        }
        let lisi = app.log_in("lisi", PASSWORD).await.get("/me").await.expect(200);
        assert_eq!(lisi["must_change_password"], false, "a given password is theirs");
        assert_eq!(lisi["roles"], json!([{"role": "member", "unit_id": world.unit("B1")}]));
        let wangwu = person(&world.admin, "wangwu").await;
        let b3 = world.unit("B3");
        assert_eq!(wangwu["roles"], json!([{"role": "member", "unit_id": b3}, {"role": "leader", "unit_id": b3}]));

        let after = people(&world.admin).await;
        // In another letter case, and with another password, which is for new members only.
        let file = file.replace("ZhangSan", "ZHANGSAN").replace(PASSWORD, "Other-Pass-2026");
        let again = world.admin.upload(MEMBERS, file).await.expect(200);
        assert_eq!(told(&again), (json!([3, 0, 0, 3]), vec![]));
        assert_eq!(again["initial_passwords"], json!([]));
        assert_eq!(people(&world.admin).await, after);
        app.log_in("lisi", PASSWORD).await;
    }

    async fn members_are_read_from_every_kind_of_file(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let text = "姓名,账号（必填）,组织编码,角色\n张三,zs,B1,\n\n李四,13800000001,B3,书记\n";
        let (gbk, _, faulty) = encoding_rs::GBK.encode(text);
        assert!(!faulty);
        let mut workbook = Workbook::new();
        let sheet = workbook.add_worksheet();
        for (column, heading) in ["姓名", "账号 *", "支部编码", "角色"].into_iter().enumerate() {
            sheet.write(0, u16::try_from(column).unwrap(), heading).unwrap();
        }
        for (row, name, unit) in [(1, "张三", "B1"), (3, "李四", "B3")] {
            sheet.write(row, 0, name).unwrap();
            sheet.write(row, 2, unit).unwrap();
        }
        sheet.write(1, 1, "zs").unwrap();
        // A telephone number that the spreadsheet takes for a number.
        sheet.write(3, 1, 13_800_000_001_i64).unwrap();
        sheet.write(3, 3, "书记").unwrap();
        let files = [
            text.as_bytes().to_vec(),
            [b"\xEF\xBB\xBF", text.as_bytes()].concat(),
            gbk.into_owned(),
            text.replace(',', "\t").into_bytes(),
            text.replace(',', ";").replace('\n', "\r\n").into_bytes(),
            workbook.save_to_buffer().unwrap(),
        ];
        for (index, file) in files.into_iter().enumerate() {
            let report = world.admin.upload(MEMBERS, file).await.expect(200);
            let counts = if index == 0 { json!([2, 2, 0, 0]) } else { json!([2, 0, 0, 2]) };
            assert_eq!(told(&report), (counts, vec![]), "file {index}");
        }
        assert_eq!(person(&world.admin, "13800000001").await["name"], "李四");
    }

    async fn a_file_of_members_with_a_bad_row_changes_nothing(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let before = people(&world.admin).await;
        let rows: [&[&str]; 13] = [
            &["账号", "姓名", "组织编码", "角色", "初始密码"],
            &["new1", "新人", "B1", "", ""],
            &["new2", "新人", "nowhere", "", ""],
            &["NEW1", "重复", "B1", "", ""],
            &["new3", "", "B1", "", ""],
            &["", "无账号", "B1", "", ""],
            &["a b", "空格", "B1", "", ""],
            &["new4", "新人", "B1", "boss", ""],
            &["new5", "新人", "B1", "", "12345678"],
            &["new6", "新人", "B1", "", "new6"],
            &["new7", "新人", "", "", ""],
            &["new8", "新人", "B1", "成员", PASSWORD],
            &["admin", "系统管理员", "zone", "boss", ""],
        ];
        let csv: String = rows.iter().map(|row| row.join(",") + "\n").collect();
        let lines = ["line 3", "line 4", "line 5", "line 6", "line 7", "line 8", "line 9", "line 10", "line 11", "line 13"];
        assert_eq!(rejected(&world.admin, MEMBERS, csv.clone()).await, lines);
        assert_eq!(rejected(&world.admin, &format!("{MEMBERS}?dry_run=true"), csv).await, lines);
        // Empty lines count, and so do those inside a quoted cell.
        let gaps = "账号,姓名,组织编码\r\n\r\nn1,\"新\n人\",B1\r\n\r\n\r\nn2,新人,nowhere\r\n";
        assert_eq!(rejected(&world.admin, MEMBERS, gaps).await, ["line 3", "line 7"]);
        let cells = ["C3", "A4", "B5", "A6", "A7", "D8", "E9", "E10", "C11", "D13"].map(|cell| format!("名单!{cell}"));
        assert_eq!(rejected(&world.admin, MEMBERS, xlsx(&rows)).await, cells);
        assert_eq!(people(&world.admin).await, before);
    }

    async fn a_file_renames_transfers_and_brings_back(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let renamed = world.add("zs", "B1").await;
        let moved = world.add_with("ls", "B1", json!([{"role": "leader", "unit_id": world.unit("B1")}])).await;
        let left = world.add("ww", "B1").await;
        world.admin.patch(&format!("/members/{}", left["id"]), json!({"status": "left"})).await.expect(200);
        let file = "login,name,unit_code,role,password\nZS,张叁,B1,,Other-Pass-2026\nls,姓名ls,B3,管理员,\nww,姓名ww,B1,,\n";
        let report = world.admin.upload(MEMBERS, file).await.expect(200);
        assert_eq!(told(&report), (json!([3, 0, 3, 0]), vec![]));
        assert_eq!(report["initial_passwords"], json!([]));
        let now = person(&world.admin, "zs").await;
        assert_eq!((&now["id"], &now["name"]), (&renamed["id"], &json!("张叁")));
        app.log_in("zs", PASSWORD).await;
        let now = person(&world.admin, "ls").await;
        assert_eq!((&now["id"], &now["unit_id"]), (&moved["id"], &json!(world.unit("B3"))));
        assert_eq!(
            now["roles"],
            json!([
                {"role": "member", "unit_id": world.unit("B3")},
                {"role": "leader", "unit_id": world.unit("B1")},
                {"role": "admin", "unit_id": world.unit("B3")},
            ])
        );
        assert_eq!(person(&world.admin, "ww").await["status"], "active");
        app.log_in("ww", PASSWORD).await;
        let again = world.admin.upload(MEMBERS, file).await.expect(200);
        assert_eq!(told(&again), (json!([3, 0, 0, 3]), vec![]));
    }

    async fn a_branch_admin_imports_members_only_of_the_scope(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let admin = world.with_role(&app, "a1", "admin", "C1").await;
        world.add("zs", "B1").await;
        world.add("ls", "B3").await;
        world.add_with("ww", "B1", json!([{"role": "leader", "unit_id": world.unit("root")}])).await;
        let before = people(&world.admin).await;
        let file = "\
login,name,unit_code,role
new1,新人,B1,
new2,新人,B3,
new3,新人,zone,admin
zs,姓名zs,B3,
ls,姓名ls,B1,
ww,改名,B1,
admin,改名,B1,
a1,姓名a1,C1,leader
";
        let places = rejected(&admin, MEMBERS, file).await;
        let expected = ["line 3", "line 4", "line 5", "line 6", "line 7", "line 8", "line 9"];
        assert_eq!(places, expected, "nobody gives themselves a role either");
        assert_eq!(people(&world.admin).await, before);
        let file = "login,name,unit_code,role\nnew1,新人,B1,admin\nzs,张叁,B2,\na1,姓名a1,C1,admin\n";
        assert_eq!(told(&admin.upload(MEMBERS, file).await.expect(200)), (json!([3, 1, 1, 1]), vec![]));
    }

    async fn a_column_that_nobody_asked_for_is_named(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let report = world.admin.upload(MEMBERS, "login,备注,name,unit_code\nzs,x,张三,B1\n").await.expect(200);
        assert_eq!(told(&report), (json!([1, 1, 0, 0]), vec![]));
        assert_eq!(places(&report["warnings"]), ["line 1"]);
        assert!(report["warnings"][0]["detail"].as_str().unwrap().contains("备注"));
        let file = xlsx(&[&[], &["code", "name", "kind", "parent_code", "书记"], &["B9", "B9", "branch", "C1", "x"]]);
        let report = world.admin.upload(UNITS, file).await.expect(200);
        assert_eq!(told(&report), (json!([1, 1, 0, 0]), vec![]));
        assert_eq!(places(&report["warnings"]), ["名单!E2"]);
    }

    async fn a_roster_is_read_while_another_one_is_written(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let file = |from: usize| {
            let rows: String = (from..from + 4).map(|number| format!("m{number},成员{number},B1\n")).collect();
            format!("login,name,unit_code\n{rows}")
        };
        let imports = [0, 2].map(|from| world.admin.upload(MEMBERS, file(from)));
        for reply in futures_util::future::join_all(imports).await {
            // Both names two of the same new members: the later one finds them or is told to try again.
            if reply.status == 200 {
                let report = reply.expect(200);
                assert_eq!(report["initial_passwords"].as_array().unwrap().len() as u64, report["added"].as_u64().unwrap());
            } else {
                reply.problem(409, "login-taken");
            }
        }
        let again = world.admin.upload(MEMBERS, file(2)).await.expect(200);
        assert_eq!(told(&again).1, [""; 0]);
        let members = people(&world.admin).await;
        let mine = members.as_array().unwrap().iter().filter(|row| row["unit_id"] == world.unit("B1"));
        assert_eq!(mine.count(), 6);
    }
}
