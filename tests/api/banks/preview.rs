//! The report of a dry run shows the first questions as they were read.

use super::{IMPORT, empty_bank, question, with};
use crate::harness::{TestApp, Value, json, on_both_databases};

/// A paper as an office writes it.
const PAPER: &str =
    "一、单项选择题\n1. 甲（ ）。\nA. 一\nB. 二\n答案：B\n\n二、判断题\n2. 乙。（×）\n3. 丙。（√）\n";

/// `[at, fate, code]` of what is shown.
fn shown(report: &Value) -> Vec<Value> {
    let row = |row: &Value| json!([row["at"], row["fate"], row["question"]["code"]]);
    report["preview"].as_array().unwrap().iter().map(row).collect()
}

on_both_databases! {
    async fn a_dry_run_shows_what_becomes_of_the_first_questions(backend) {
        let app = TestApp::start(backend).await;
        let admin = empty_bank(&app).await;
        let known = json!([question("q1", "judge"), question("q2", "single")]);
        let report = admin.upload(IMPORT, known.to_string()).await.expect(200);
        assert_eq!(report.get("preview"), None, "it was no dry run");
        let mended = with(question("q1", "judge"), &json!({"key": ["false"]}));
        let mut file = vec![question("q2", "single"), mended, question("q3", "blank")];
        let trial = admin.upload(&format!("{IMPORT}?dry_run=true"), json!(file).to_string()).await.expect(200);
        assert_eq!(shown(&trial), [
            json!(["/0", "unchanged", "q2"]), json!(["/1", "updated", "q1"]), json!(["/2", "added", "q3"]),
        ]);
        let [same, changed, new] = trial["preview"].as_array().unwrap().as_slice() else { panic!("three") };
        assert_eq!((&same["before"], &new["before"]), (&Value::Null, &Value::Null));
        assert_eq!((&changed["before"]["key"], &changed["question"]["key"]), (&json!(["true"]), &json!(["false"])));
        assert_eq!(new["question"], json!({
            "code": "q3", "kind": "blank", "chapter": "第一章", "difficulty": 3, "stem": "q3 ____ 与 ____", "options": [],
            "key": ["一|壹", "二"], "explanation": "", "source": "", "verified_on": null,
        }));
        // What can be taken of a faulty file is shown too, and no more than twenty questions.
        file.insert(0, with(question("q0", "single"), &json!({"key": ["D"]})));
        file.extend((4..40).map(|number| question(&format!("q{number}"), "judge")));
        let path = format!("{IMPORT}?dry_run=true");
        let refused = admin.upload(&path, json!(file).to_string()).await.problem(422, "import-rejected");
        let shown = shown(&refused["report"]);
        assert_eq!((shown.len(), &shown[0]), (20, &json!(["/1", "unchanged", "q2"])));
        let refused = admin.upload(IMPORT, json!(file).to_string()).await.problem(422, "import-rejected");
        assert_eq!(refused["report"].get("preview"), None);
    }

    async fn a_paper_is_shown_as_it_was_read_by_the_import_that_is_asked_about_later(backend) {
        let app = TestApp::start(backend).await;
        let admin = empty_bank(&app).await;
        for dry_run in [true, false] {
            let begun = admin.upload(&format!("/banks/t/imports?dry_run={dry_run}"), PAPER).await.expect(202);
            let path = format!("/imports/{}", begun["id"].as_str().unwrap());
            let mut status = admin.get(&path).await.expect(200);
            while status["state"] == "running" {
                actix_web::rt::time::sleep(std::time::Duration::from_millis(5)).await;
                status = admin.get(&path).await.expect(200);
            }
            assert_eq!(status["state"], "done", "{status}");
            if !dry_run {
                assert_eq!(status["report"].get("preview"), None);
                continue;
            }
            let rows = status["report"]["preview"].as_array().unwrap();
            let read: Vec<_> = rows.iter().map(|row| {
                let question = &row["question"];
                json!([question["code"], question["kind"], question["options"], question["key"], row["fate"]])
            }).collect();
            assert_eq!(read, [
                json!(["single-0001", "single", ["一", "二"], ["B"], "added"]),
                json!(["judge-0001", "judge", [], ["false"], "added"]),
                json!(["judge-0002", "judge", [], ["true"], "added"]),
            ]);
        }
    }
}
