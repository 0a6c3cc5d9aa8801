//! Uploads that are no bank, no form with one file, or too large.

use reqwest::Method;
use reqwest::multipart::{Form, Part};

use super::{IMPORT, counts, empty_bank, question, state};
use crate::harness::{Actor, TestApp, json, on_both_databases};

on_both_databases! {
    async fn files_that_are_no_bank_are_refused(backend) {
        let app = TestApp::start(backend).await;
        let admin = empty_bank(&app).await;
        for file in
            ["", " \n", "[", "{\"questions\": 1}", "{}", "[]", "{\"questions\": [], \"extra\": 1}", "42", "[1,]", "PK\u{3}\u{4}"]
        {
            for format in ["auto", "json"] {
                let path = format!("{IMPORT}?format={format}&accept_valid=true");
                let problem = admin.upload(&path, file).await.problem(422, "unreadable-file");
                assert_eq!(problem.get("report"), None, "{file}");
            }
        }
        let deep = "[".repeat(100_000);
        admin.upload(IMPORT, deep).await.problem(422, "unreadable-file");
        admin.upload(IMPORT, b"[\"\xFF\xFE\"]".as_slice()).await.problem(422, "unreadable-file");
        let file = json!([question("q", "judge")]).to_string();
        for format in ["JSON", "pdf"] {
            let path = format!("{IMPORT}?format={format}");
            admin.upload(&path, file.clone()).await.problem(422, "unsupported-format");
            admin.get(&format!("/banks/t/export?format={format}")).await.problem(422, "unsupported-format");
        }
        assert_eq!(admin.upload(&format!("{IMPORT}?dry_run=maybe"), file.clone()).await.pointers(), ["/dry_run"]);
        assert_eq!(state(&admin).await, (json!(0), json!([])));
    }

    async fn an_upload_is_one_file_of_a_form(backend) {
        let app = TestApp::start(backend).await;
        let admin = empty_bank(&app).await;
        let part = || Part::text(json!([question("q", "judge")]).to_string()).file_name("q.json");
        let request = || admin.request(Method::POST, IMPORT);
        let send = |form: Form| Actor::send(request().multipart(form));
        let empty = request().header("content-type", "multipart/form-data; boundary=x").body("--x--\r\n");
        assert_eq!(Actor::send(empty).await.pointers(), ["/file"]);
        assert_eq!(send(Form::new().part("data", part())).await.pointers(), ["/data"]);
        assert_eq!(send(Form::new().part("file", part()).part("file", part())).await.pointers(), ["/file"]);
        assert_eq!(send(Form::new().part("file", part()).text("note", "x")).await.pointers(), ["/note"]);
        let broken = request().header("content-type", "multipart/form-data; boundary=x").body("--x\r\nno end");
        Actor::send(broken).await.problem(400, "malformed-upload");
        let bare = request().header("content-type", "multipart/form-data").body("x");
        Actor::send(bare).await.problem(400, "malformed-upload");
        admin.post(IMPORT, json!([question("q", "judge")])).await.problem(415, "unsupported-media-type");
        Actor::send(request()).await.problem(415, "unsupported-media-type");
        assert_eq!(state(&admin).await.0, 0);
        send(Form::new().part("file", part())).await.expect(200);
    }

    async fn an_upload_that_is_too_large_is_refused(backend) {
        let app = TestApp::start(backend).await;
        let admin = empty_bank(&app).await;
        let mut file = json!([question("q", "judge")]).to_string().into_bytes();
        file.resize((32 << 20) + 1, b' ');
        admin.upload(IMPORT, file.clone()).await.problem(413, "body-too-large");
        file.truncate(31 << 20);
        assert_eq!(counts(&admin.upload(IMPORT, file).await.expect(200)), json!([1, 1, 1, 0, 0]));
    }
}
