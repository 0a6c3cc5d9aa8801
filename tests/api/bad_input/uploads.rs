//! Uploads whose form is broken, or that hold no file that can be read.

use reqwest::Method;
use reqwest::multipart::{Form, Part};

use super::{Site, WITH_FILE};
use crate::harness::{Actor, TestApp, json, on_both_databases};

on_both_databases! {
    async fn a_part_of_an_upload_is_judged_by_its_header_and_never_drops_the_connection(backend) {
        let site = Site::build(TestApp::start(backend).await).await;
        let before = site.saved().await;
        let form = |parts: &[(&str, &str)]| {
            let part = |(header, body): &(&str, &str)| format!("--x\r\n{header}\r\n\r\n{body}\r\n");
            parts.iter().map(part).collect::<String>() + "--x--\r\n"
        };
        let named = |name: &str| format!("Content-Disposition: form-data; name={name}");
        let file = named("\"file\"; filename=\"a.csv\"");
        for path in WITH_FILE {
            let send = async |parts: &[(&str, &str)]| {
                site.send("POST", path, "multipart/form-data; boundary=x", form(parts)).await
            };
            for (header, pointer) in [
                (named("\"\""), "/"),
                (named("\"\"; filename=\"a.csv\""), "/"),
                (named("other"), "/other"),
                (named("\"a/b~c\""), "/a~1b~0c"),
                (named("\"File\""), "/File"),
                (named("\"文件\""), "/文件"),
            ] {
                assert_eq!(send(&[(&header, "x")]).await.pointers(), [pointer], "{path} {header}");
                assert_eq!(send(&[(&header, "x"), (&file, "x")]).await.pointers(), [pointer], "{path} {header}");
                assert_eq!(send(&[(&file, "x"), (&header, "x")]).await.pointers(), [pointer], "{path} {header}");
            }
            for header in [
                "Content-Disposition: form-data",
                "Content-Disposition: form-data; filename=\"a.csv\"",
                "Content-Disposition: form-data; name",
                "Content-Disposition: attachment; name=\"\"",
                "Content-Disposition: ;",
                "Content-Disposition:",
                "Content-Type: text/csv",
                "no header at all",
                "",
            ] {
                let reply = send(&[(header, "x")]).await;
                assert!([400, 422].contains(&reply.status), "{path} {header}: {}", reply.text);
                drop(send(&[(&file, "x"), (header, "x")]).await.problem(400, "malformed-upload"));
            }
            assert_eq!(send(&[(&file, "x"), (&file, "y")]).await.pointers(), ["/file"], "{path}");
            // A file that has no name is one all the same.
            let nameless = send(&[(&named("\"file\""), "{")]).await;
            let read = if path.ends_with("/imports") { 202 } else { 422 };
            assert_eq!(nameless.status, read, "{path} {}", nameless.text);
            for media_type in ["multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary"] {
                let reply = site.send("POST", path, media_type, form(&[(&file, "x")])).await;
                assert!([400, 415].contains(&reply.status), "{path} {media_type}: {}", reply.text);
            }
            for media_type in ["multipart/mixed; boundary=x", "multipart/; boundary=x", "multipart/form-datax; boundary=x"] {
                let reply = site.send("POST", path, media_type, form(&[(&file, "x")])).await;
                drop(reply.problem(415, "unsupported-media-type"));
            }
        }
        assert_eq!(site.saved().await, before);
    }

    async fn uploads_that_are_none_are_refused(backend) {
        let site = Site::build(TestApp::start(backend).await).await;
        let before = site.saved().await;
        let send = async |path: &str, form: Form| {
            Actor::send(site.admin().request(Method::POST, path).multipart(form)).await
        };
        for path in WITH_FILE {
            let form = Form::new().part("other", Part::bytes(b"x".to_vec()).file_name("x"));
            assert_eq!(send(path, form).await.pointers(), ["/other"], "{path}");
            assert_eq!(send(path, Form::new()).await.status / 100, 4, "{path}");
            let part = || Part::bytes(b"x".to_vec()).file_name("x");
            let form = Form::new().part("file", part()).part("file", part());
            assert_eq!(send(path, form).await.pointers(), ["/file"], "{path}");
            let cut = "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\nabc";
            let reply = site.send("POST", path, "multipart/form-data; boundary=x", cut).await;
            reply.problem(400, "malformed-upload");
            let nothing = site.send("POST", path, "multipart/form-data; boundary=x", "").await;
            assert!([400, 422].contains(&nothing.status), "{path} {}", nothing.text);
            for file in [
                &b""[..],
                b"  \n",
                b"\0\0\0\0",
                b"PK\x03\x04 no zip",
                b"\x89PNG\r\n\x1a\n",
                b"\xff\xfe\xff",
            ] {
                let reply = site.admin().upload(path, file).await;
                if path.ends_with("/imports") {
                    // What is in the file is found out later.
                    assert_eq!(reply.status, 202, "{}", reply.text);
                    continue;
                }
                assert_eq!(reply.status, 422, "{path} {file:?}: {}", reply.text);
                reply.problem(422, "unreadable-file");
            }
            let flag = site.admin().upload(&format!("{path}?dry_run=perhaps"), b"x").await;
            assert_eq!(flag.pointers(), ["/dry_run"], "{path}");
        }
        let json = json!([{"code": "n", "kind": "judge", "stem": "含\0", "key": ["true"]}]).to_string();
        site.admin().upload("/banks/1000/import", json).await.problem(422, "import-rejected");
        site.admin().upload("/banks/1000/import?format=nonsense", b"[]").await.problem(422, "unsupported-format");
        site.admin().get("/banks/1000/export?format=nonsense").await.problem(422, "unsupported-format");
        assert_eq!(site.saved().await, before);
    }
}
