//! Banks from files and to files, in every format of tables; large files; templates.

use crate::harness::{Actor, Reply, TestApp, Value, json, on_both_databases};

const IMPORT: &str = "/banks/t/import";
const BEGIN: &str = "/banks/t/imports";
const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

async fn empty_bank(app: &TestApp) -> Actor {
    let admin = app.admin().await;
    admin.post("/banks", json!({"code": "t", "title": "试题"})).await.expect(201);
    admin
}

/// `[found, added, updated, unchanged]` of a report.
fn counts(report: &Value) -> Value {
    ["found", "added", "updated", "unchanged"].map(|field| report[field].clone()).into_iter().collect()
}

async fn questions(admin: &Actor) -> Vec<Value> {
    admin.get("/banks/t/questions?limit=200").await.expect(200)["items"].as_array().unwrap().clone()
}

/// The cells of a workbook that was sent.
fn rows(reply: &Reply) -> Vec<Vec<String>> {
    assert_eq!(reply.headers["content-type"], XLSX);
    let grid = qianti::formats::grid::Grid::read(&reply.bytes).unwrap();
    grid.sheets[0].rows.iter().map(|row| row.cells.clone()).collect()
}

/// Asks until an import is over.
async fn finished(admin: &Actor, location: &str) -> Value {
    let path = location.strip_prefix("/api/v1").unwrap();
    for _ in 0..1000 {
        let status = admin.get(path).await.expect(200);
        if status["state"] != "running" {
            assert_eq!(status["stage"], "finished");
            return status;
        }
        actix_web::rt::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("the import at {location} does not end");
}

fn fixture(name: &str) -> Vec<u8> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/formats/tables");
    std::fs::read(folder.join(name)).unwrap()
}

on_both_databases! {
    async fn every_format_takes_back_what_it_gave(backend) {
        let app = TestApp::start(backend).await;
        let admin = empty_bank(&app).await;
        for question in [
            json!({"code": "题-1", "kind": "short", "stem": "一行\n\t“二”行\n\\三 <b>&amp;</b> 😀", "key": ["", " 两边 有空 "]}),
            json!({"code": "b", "kind": "blank", "stem": "无空（ ）", "key": ["一 | 壹;1", "二\n三"], "chapter": "第 一 章"}),
            json!({"code": "c", "kind": "single", "stem": "=1+1（ ）", "options": ["true", "1", "A. 甲"], "key": ["C"], "verified_on": "2026-01-01"}),
            json!({"code": "001", "kind": "judge", "stem": "句尾（ ）", "key": ["false"], "difficulty": 5, "source": "党章", "explanation": "因为"}),
        ] {
            admin.post("/banks/t/questions", question).await.expect(201);
        }
        let before = questions(&admin).await;
        for (format, media_type, name) in [
            ("json", "application/json", "json"),
            ("csv", "text/csv; charset=utf-8", "csv"),
            ("xlsx", XLSX, "xlsx"),
            ("docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "docx"),
            ("txt", "text/plain; charset=utf-8", "txt"),
        ] {
            // A paper has no place for white space around the lines of a reference answer.
            let is_paper = matches!(format, "docx" | "txt");
            for (bank, count) in [("t", 4), ("1000", 41)].into_iter().skip(usize::from(is_paper)) {
                let export = admin.get(&format!("/banks/{bank}/export?format={format}")).await;
                assert_eq!(export.status, 200, "{}", export.text);
                assert_eq!(export.headers["content-type"], media_type);
                let wanted = format!("attachment; filename=\"{bank}.{name}\"");
                assert_eq!(export.headers["content-disposition"], wanted.as_str());
                for read_as in ["auto", format] {
                    let path = format!("/banks/{bank}/import?format={read_as}");
                    let report = admin.upload(&path, export.bytes.clone()).await.expect(200);
                    assert_eq!(counts(&report), json!([count, 0, 0, count]), "{format}: {report}");
                    assert_eq!(report["format"], format);
                    assert_eq!((&report["rejected"], &report["warnings"]), (&json!([]), &json!([])));
                }
            }
        }
        assert_eq!(questions(&admin).await, before);
    }

    async fn a_table_without_codes_loads_once(backend) {
        let app = TestApp::start(backend).await;
        let admin = empty_bank(&app).await;
        let file = "题型,题干,选项A,选项B,答案,解析\n单选,甲怎样（ ）,一,二,B,因为\n判断,乙成立,,,对,\n单选,甲怎样（ ）,三,四,A,\n";
        let report = admin.upload(IMPORT, file).await.expect(200);
        assert_eq!(counts(&report), json!([3, 3, 0, 0]));
        let told = report["warnings"].as_array().unwrap();
        assert!(told.iter().any(|place| place["detail"].as_str().unwrap().contains("single-0001")), "{report}");
        assert!(told.iter().any(|place| place["at"] == "line 4" && place["detail"].as_str().unwrap().contains("选项不同")), "{report}");
        let codes: Vec<Value> = questions(&admin).await.iter().map(|question| question["code"].clone()).collect();
        assert_eq!(codes, ["judge-0001", "single-0001", "single-0002"]);
        assert_eq!(counts(&admin.upload(IMPORT, file).await.expect(200)), json!([3, 0, 0, 3]));
        // Without the column the explanation stays; with another answer the question is a new version.
        let shorter = "题型,题干,选项A,选项B,答案\n单选,甲怎样？,一,二,A\n";
        assert_eq!(counts(&admin.upload(IMPORT, shorter).await.expect(200)), json!([1, 0, 1, 0]));
        let changed = questions(&admin).await.into_iter().find(|question| question["code"] == "single-0001").unwrap();
        assert_eq!((&changed["explanation"], &changed["key"], &changed["stem"]), (&json!("因为"), &json!(["A"]), &json!("甲怎样？")));
        // A made code is never one that a retired question had.
        admin.delete("/banks/t/questions/judge-0001").await.expect(204);
        admin.upload(IMPORT, "题型,题干,答案\n判断,丙成立,错\n").await.expect(200);
        let codes: Vec<Value> = questions(&admin).await.iter().map(|question| question["code"].clone()).collect();
        assert_eq!(codes, ["judge-0002", "single-0001", "single-0002"]);
    }

    async fn an_old_workbook_of_another_system_loads(backend) {
        let app = TestApp::start(backend).await;
        let admin = empty_bank(&app).await;
        let file = fixture("xlwt-levels.xls");
        let refused = admin.upload(IMPORT, file.clone()).await.problem(422, "import-rejected");
        assert_eq!(refused["report"]["rejected"][0]["at"], "题库!J7");
        assert_eq!(questions(&admin).await.len(), 0);
        let taken = admin.upload("/banks/t/import?accept_valid=true&format=xlsx", file).await.expect(200);
        assert_eq!((counts(&taken), &taken["format"]), (json!([5, 4, 0, 0]), &json!("xlsx")));
        assert_eq!(questions(&admin).await[0]["code"], "GW-001");
    }

    async fn rejected_rows_come_back_as_a_workbook_that_is_mended_and_loaded(backend) {
        let app = TestApp::start(backend).await;
        let admin = empty_bank(&app).await;
        let file = "题型,题干,答案\n判断,甲成立,对\n判断,乙成立,也许\n填空,丙是____,\n";
        let refused = admin.upload("/banks/t/import?report=xlsx", file).await;
        assert_eq!(refused.status, 422);
        let sheet = rows(&refused);
        assert_eq!(sheet[0], ["位置", "原因", "题型", "题干", "答案"]);
        assert_eq!((sheet.len(), sheet[1][3].as_str(), sheet[2][3].as_str()), (3, "乙成立", "丙是____"));
        assert!(sheet[1][1].contains("也许") && sheet[2][1].contains("缺答案"), "{sheet:?}");
        let taken = admin.upload("/banks/t/import?report=xlsx&accept_valid=true", file).await;
        assert_eq!((taken.status, rows(&taken).len()), (200, 3));
        assert_eq!(questions(&admin).await.len(), 1);
        // As it came it is still wrong, at its own places.
        let again = admin.upload(IMPORT, refused.bytes).await.problem(422, "import-rejected");
        assert_eq!(again["report"]["rejected"][0]["at"], "未导入的题目!E2");
        // Without a rejected question the report is JSON.
        let fine = admin.upload("/banks/t/import?report=xlsx", "题型,题干,答案\n判断,甲成立,对\n").await;
        assert_eq!(counts(&fine.expect(200)), json!([1, 0, 0, 1]));
        assert_eq!(admin.upload("/banks/t/import?report=pdf", file).await.pointers(), ["/report"]);
    }

    async fn a_large_import_tells_how_far_it_is(backend) {
        let app = TestApp::start(backend).await;
        let admin = empty_bank(&app).await;
        let mut file = String::from("题号,题型,题干,答案,章节\n");
        for number in 0..3000 {
            file.push_str(&format!("k{number},判断,第{number}个说法成立,对,一\n"));
        }
        let begun = admin.upload(BEGIN, file.clone()).await;
        let location = begun.headers["location"].to_str().unwrap().to_owned();
        let status = begun.expect(202);
        assert_eq!(location, format!("/api/v1/imports/{}", status["id"].as_str().unwrap()));
        assert_eq!((&status["bank"], &status["state"], &status["report"]), (&json!("t"), &json!("running"), &Value::Null));
        let done = finished(&admin, &location).await;
        assert_eq!((&done["state"], counts(&done["report"])), (&json!("done"), json!([3000, 3000, 0, 0])));
        assert_eq!((&done["problem"], &done["report"]["revision"]), (&Value::Null, &json!(1)));
        // The same again changes nothing; a dry run neither.
        let again = admin.upload(&format!("{BEGIN}?dry_run=true"), file).await.expect(202);
        let again = finished(&admin, &format!("/api/v1/imports/{}", again["id"].as_str().unwrap())).await;
        assert_eq!(counts(&again["report"]), json!([3000, 0, 0, 3000]));
        app.clock.advance_seconds(3601);
        let admin = app.admin().await;
        admin.get(location.strip_prefix("/api/v1").unwrap()).await.problem(404, "not-found");
    }

    async fn an_import_that_is_refused_or_fails_says_why(backend) {
        let app = TestApp::start(backend).await;
        let admin = empty_bank(&app).await;
        let begun = admin.upload(BEGIN, "题型,题干,答案\n判断,甲成立,也许\n").await.expect(202);
        let location = format!("/api/v1/imports/{}", begun["id"].as_str().unwrap());
        let refused = finished(&admin, &location).await;
        assert_eq!((&refused["state"], &refused["report"]["rejected"][0]["at"]), (&json!("rejected"), &json!("line 2 答案")));
        let sheet = rows(&admin.get(&format!("/imports/{}/rejected", begun["id"].as_str().unwrap())).await);
        assert_eq!(sheet[1][3], "甲成立");
        let begun = admin.upload(BEGIN, b"%PDF-1.7").await.expect(202);
        let path = format!("/imports/{}", begun["id"].as_str().unwrap());
        let failed = finished(&admin, &format!("/api/v1{path}")).await;
        assert_eq!((&failed["state"], &failed["problem"]["type"]), (&json!("failed"), &json!("/problems/unreadable-file")));
        assert!(failed["problem"]["detail"].as_str().unwrap().contains("PDF"));
        admin.get(&format!("{path}/rejected")).await.problem(404, "not-found");
        admin.upload("/banks/none/imports", "[]").await.problem(404, "not-found");
        admin.upload(&format!("{BEGIN}?format=nonsense"), "[]").await.problem(422, "unsupported-format");
        assert_eq!(questions(&admin).await.len(), 0);
    }

    async fn hostile_and_mistaken_files_are_refused_with_a_reason(backend) {
        use std::io::{Cursor, Write as _};
        let packed = |name: &str, content: &[u8]| {
            let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
            let options = zip::write::SimpleFileOptions::default();
            writer.start_file("xl/workbook.xml", options).unwrap();
            writer.write_all(b"<workbook/>").unwrap();
            writer.start_file(name, options).unwrap();
            writer.write_all(content).unwrap();
            writer.finish().unwrap().into_inner()
        };
        // Before there is a server that would wait for it.
        let bomb = packed("xl/sharedStrings.xml", &vec![b'a'; 40 << 20]);
        assert!(bomb.len() < 1 << 18);
        let app = TestApp::start(backend).await;
        let admin = empty_bank(&app).await;
        let whole = fixture("libreoffice.xlsx");
        for (file, word) in [
            (bomb, "展开后超过"),
            (packed("xl/nothing", b""), "损坏"),
            (whole[..whole.len() - 30].to_vec(), "损坏"),
            (fixture("encrypted.xlsx"), "密码"),
            (b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1broken".to_vec(), "旧版"),
            (b"<html><table><tr><td>\xE9\xA2\x98".to_vec(), "网页"),
            (b"\x89PNG\r\n\x1a\n".to_vec(), "图片"),
        ] {
            let problem = admin.upload(IMPORT, file).await.problem(422, "unreadable-file");
            assert!(problem["detail"].as_str().unwrap().contains(word), "{word}: {problem}");
        }
        let roster = admin.upload("/banks/t/import?format=csv", "姓名,账号\n张三,zs\n").await;
        assert!(roster.problem(422, "unreadable-file")["detail"].as_str().unwrap().contains("没有找到表头"));
    }

    async fn templates_load_as_they_are(backend) {
        let app = TestApp::start(backend).await;
        let admin = empty_bank(&app).await;
        let template = admin.get("/banks/template").await;
        assert_eq!(template.headers["content-disposition"], "attachment; filename=\"bank-template.xlsx\"");
        assert_eq!(counts(&admin.upload(IMPORT, template.bytes).await.expect(200)), json!([5, 5, 0, 0]));
        // The same questions as a paper: the same stems, kinds and options, so nothing is added.
        let paper = admin.get("/banks/template?format=docx").await;
        assert_eq!(paper.headers["content-disposition"], "attachment; filename=\"bank-template.docx\"");
        let report = admin.upload(IMPORT, paper.bytes).await.expect(200);
        assert_eq!((counts(&report), &report["format"]), (json!([5, 0, 0, 5]), &json!("docx")), "{report}");
        admin.get("/banks/template?format=gift").await.problem(422, "unsupported-format");
        let units = admin.get("/units/template").await;
        let report = admin.upload("/units/import", units.bytes).await.expect(200);
        assert_eq!((&report["added"], &report["warnings"]), (&json!(2), &json!([])), "{report}");
        let members = admin.get("/members/template").await;
        let report = admin.upload("/members/import", members.bytes).await.expect(200);
        assert_eq!((&report["added"], &report["warnings"]), (&json!(2), &json!([])), "{report}");
    }
}
