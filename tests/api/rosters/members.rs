//! Members from files: initial passwords, bad rows, transfers, the scope of an admin.

use rust_xlsxwriter::Workbook;

use super::{MEMBERS, UNITS, places, rejected, told, xlsx};
use crate::harness::{Actor, PASSWORD, TestApp, Value, World, json, on_both_databases};

/// Everything that a members' import may change.
async fn people(actor: &Actor) -> Value {
    actor.get("/members").await.expect(200)["items"].take()
}

async fn person(actor: &Actor, login: &str) -> Value {
    let list = people(actor).await;
    list.as_array().unwrap().iter().find(|row| row["login"] == login).unwrap().clone()
}

on_both_databases! {
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
