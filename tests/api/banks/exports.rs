//! What is exported imports again, here and elsewhere.

use reqwest::Method;

use super::{IMPORT, QUESTIONS, counts, empty_bank, question, state, with};
use crate::harness::{TestApp, Value, json, on_both_databases};

on_both_databases! {
    async fn exports_for_other_systems_import_without_a_change(backend) {
        let app = TestApp::start(backend).await;
        let admin = app.admin().await;
        let list = admin.get("/banks/1000/questions").await.expect(200);
        let questions = list["items"].as_array().unwrap();
        assert_eq!(questions.len(), 41);
        for (format, end) in [("gift", "gift"), ("aiken", "txt"), ("moodle-xml", "xml"), ("qti", "zip")] {
            let request = admin.request(Method::GET, &format!("/banks/1000/export?format={format}"));
            let response = request.send().await.unwrap();
            assert_eq!(response.status(), 200, "{format}");
            let headers = response.headers().clone();
            let name = format!("attachment; filename=\"1000.{end}\"");
            assert_eq!(headers["content-disposition"].to_str().unwrap(), name);
            let left_out: i64 = headers["x-left-out"].to_str().unwrap().parse().unwrap();
            let wanted = match format {
                // GIFT has one gap a question, Aiken single questions only.
                "gift" => questions.iter().filter(|q| q["kind"] == "blank" && q["key"][1].is_string()).count(),
                "aiken" => questions.iter().filter(|q| q["kind"] != "single").count(),
                _ => 0,
            };
            assert_eq!(left_out, i64::try_from(wanted).unwrap(), "{format}");
            let file = response.bytes().await.unwrap().to_vec();
            let report = admin.upload("/banks/1000/import", file).await.expect(200);
            assert_eq!(report["format"], format);
            assert_eq!(counts(&report), json!([1, 41 - left_out, 0, 0, 41 - left_out]), "{format}: {report}");
            assert_eq!(report["rejected"], json!([]));
        }
    }

    async fn what_is_exported_imports_without_a_change(backend) {
        let app = TestApp::start(backend).await;
        let admin = empty_bank(&app).await;
        let export = admin.get("/banks/1000/export?format=json").await;
        assert_eq!(export.headers["content-type"], "application/json");
        assert_eq!(export.headers["content-disposition"], "attachment; filename=\"1000.json\"");
        let file = export.text.clone();
        assert_eq!(admin.get("/banks/1000/export").await.expect(200), export.expect(200));
        let report = admin.upload("/banks/1000/import", file.clone()).await.expect(200);
        assert_eq!(counts(&report), json!([1, 41, 0, 0, 41]));
        assert_eq!((&report["rejected"], &report["warnings"]), (&json!([]), &json!([])));

        // Into another bank: the same questions, key by key.
        assert_eq!(counts(&admin.upload(IMPORT, file).await.expect(200)), json!([1, 41, 41, 0, 0]));
        let strip = |mut questions: Value| {
            for question in questions.as_array_mut().unwrap() {
                question.as_object_mut().unwrap().remove("id");
            }
            questions
        };
        let original = admin.get("/banks/1000/questions").await.expect(200)["items"].take();
        assert_eq!(strip(state(&admin).await.1), strip(original));

        // Texts that a format could stumble over.
        let odd = [
            with(question("o-1", "short"), &json!({"stem": "一行\n\t“二”行\r\n\\三 <b>&amp;</b> 😀", "key": []})),
            with(question("o-2", "blank"), &json!({"stem": "无空", "key": [" 一 | 壹 "], "chapter": "第 一 章"})),
            with(question("o-3", "single"), &json!({"options": ["true", "1", "=1+1"], "key": ["C"], "verified_on": "2026-01-01"})),
            with(question("o-4", "short"), &json!({"key": ["", " 两边 有空 "]})),
        ];
        for question in odd {
            admin.post(QUESTIONS, question).await.expect(201);
        }
        let before = state(&admin).await;
        let file = admin.get("/banks/t/export").await.text;
        assert_eq!(counts(&admin.upload(IMPORT, file).await.expect(200)), json!([5, 45, 0, 0, 45]));
        assert_eq!(state(&admin).await, before);
    }

    async fn a_large_bank_is_sent_in_parts_where_its_format_is_written_so(backend) {
        let app = TestApp::start(backend).await;
        let admin = empty_bank(&app).await;
        // Some more than are written in one go.
        let list: Vec<Value> = (0..1_203).map(|no| question(&format!("q-{no:04}"), "single")).collect();
        admin.upload(IMPORT, json!(list).to_string()).await.expect(200);
        for (format, in_parts) in [("json", true), ("csv", true), ("xlsx", false), ("moodle-xml", false)] {
            let path = format!("/banks/t/export?format={format}");
            let response = admin.request(Method::GET, &path).send().await.unwrap();
            assert_eq!(response.status(), 200, "{format}");
            assert_eq!(response.headers()["x-left-out"], "0", "{format}");
            // Whoever does not know the length yet has not written the file yet.
            assert_eq!(response.headers().contains_key("content-length"), !in_parts, "{format}");
            let file = response.bytes().await.unwrap().to_vec();
            let report = admin.upload(IMPORT, file).await.expect(200);
            assert_eq!(counts(&report), json!([1, 1_203, 0, 0, 1_203]), "{format}: {report}");
        }
    }
}
