//! Units and people from files: what both share, and the files that are no list.

mod members;
mod preview;
mod units;

use rust_xlsxwriter::Workbook;

use crate::harness::{Actor, TestApp, Value, World, json, on_both_databases};

const UNITS: &str = "/units/import";
const MEMBERS: &str = "/members/import";

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

on_both_databases! {
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
}
