//! The web app as the server hands it out: what may be kept, how it is packed, what a browser is allowed.

use std::path::Path;

use reqwest::header::HeaderMap;

use crate::harness::{Actor, Reply, TestApp, on_both_databases};

async fn fetch(app: &TestApp, path: &str, headers: &[(&str, &str)]) -> Reply {
    let mut request = app.anonymous().browse(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    Actor::send(request).await
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).map_or("", |value| value.to_str().unwrap())
}

/// The script that the page starts.
async fn main_script(app: &TestApp) -> String {
    let page = fetch(app, "/", &[]).await.text;
    let start = page.find("src=\"/assets/").expect("the page starts a script") + 5;
    page[start..].split('"').next().unwrap().to_owned()
}

const BROWSER: (&str, &str) = ("accept", "text/html,application/xhtml+xml,*/*;q=0.8");

on_both_databases! {
    async fn the_page_is_never_kept_and_hashed_files_are_kept_for_a_year(backend) {
        let app = TestApp::start(backend).await;
        for path in ["/", "/index.html"] {
            let page = fetch(&app, path, &[]).await;
            assert_eq!(text(&page.headers, "cache-control"), "no-store", "{path}");
            assert!(page.text.contains("<div id=\"app\">"), "{path}");
        }
        let script = fetch(&app, &main_script(&app).await, &[]).await;
        assert_eq!(script.status, 200);
        assert_eq!(text(&script.headers, "cache-control"), "public, max-age=31536000, immutable");
        assert_eq!(text(&script.headers, "content-type"), "text/javascript; charset=utf-8");
        let worker = fetch(&app, "/sw.js", &[]).await;
        assert_eq!((worker.status, text(&worker.headers, "cache-control")), (200, "no-cache"));
        let manifest = fetch(&app, "/manifest.webmanifest", &[]).await;
        assert_eq!(text(&manifest.headers, "content-type"), "application/manifest+json");
        fetch(&app, "/assets/none-such.js", &[BROWSER]).await.problem(404, "not-found");
    }

    async fn every_file_comes_packed_for_those_who_take_it(backend) {
        let app = TestApp::start(backend).await;
        let path = main_script(&app).await;
        let url = |encoding: &'static str| {
            let request = app.anonymous().browse(&path).header("accept-encoding", encoding);
            async move {
                let reply = request.send().await.unwrap();
                let packed = text(reply.headers(), "content-encoding").to_owned();
                assert_eq!(text(reply.headers(), "vary"), "accept-encoding");
                (packed, reply.bytes().await.unwrap().len())
            }
        };
        let (plain, whole) = url("identity").await;
        let (gzip, smaller) = url("gzip").await;
        let (brotli, smallest) = url("gzip, deflate, br").await;
        assert_eq!((plain.as_str(), gzip.as_str(), brotli.as_str()), ("", "gzip", "br"));
        assert!(smallest < smaller && smaller * 2 < whole, "{smallest} {smaller} {whole}");
        // Packed files have no address of their own.
        fetch(&app, "/sw.js.br", &[]).await.problem(404, "not-found");
    }

    async fn an_unchanged_file_is_not_sent_again(backend) {
        let app = TestApp::start(backend).await;
        let first = fetch(&app, "/sw.js", &[]).await;
        let tag = text(&first.headers, "etag").to_owned();
        let again = fetch(&app, "/sw.js", &[("if-none-match", &tag)]).await;
        assert_eq!((again.status, again.text.as_str()), (304, ""));
        assert_eq!(fetch(&app, "/sw.js", &[("if-none-match", "\"other\"")]).await.status, 200);
    }

    async fn nothing_inline_runs_and_nobody_frames_the_app(backend) {
        let app = TestApp::start(backend).await;
        for path in ["/", "/attempt/x", "/sw.js", &main_script(&app).await] {
            let reply = fetch(&app, path, &[BROWSER]).await;
            let policy = text(&reply.headers, "content-security-policy");
            for rule in ["default-src 'none'", "script-src 'self';", "style-src 'self';", "connect-src 'self'", "frame-ancestors 'none'"] {
                assert!(policy.contains(rule), "{path}: {policy}");
            }
            assert!(!policy.contains("unsafe"), "{path}: {policy}");
            assert_eq!(text(&reply.headers, "x-content-type-options"), "nosniff", "{path}");
            assert_eq!(text(&reply.headers, "referrer-policy"), "no-referrer", "{path}");
        }
        let page = fetch(&app, "/", &[]).await.text;
        assert!(!page.contains("<style") && !page.contains(" style=") && !page.contains("<script>"), "{page}");
        let docs = fetch(&app, "/docs/", &[BROWSER]).await;
        assert!(text(&docs.headers, "content-security-policy").contains("script-src 'self'"));
    }

    async fn the_address_of_a_screen_is_the_page_and_the_api_stays_the_api(backend) {
        let app = TestApp::start(backend).await;
        for path in ["/login", "/attempt/0190cafe-0000-7000-8000-000000000000/result", "/me/wrong"] {
            let page = fetch(&app, path, &[BROWSER]).await;
            assert_eq!(page.status, 200, "{path}");
            assert!(page.text.contains("<div id=\"app\">"), "{path}");
            // A program that asks for no page gets no page.
            fetch(&app, path, &[]).await.problem(404, "not-found");
        }
        for path in ["/api/v1/nowhere", "/problems/none-such", "/docs/none-such", "/nowhere.php", "/assets/x"] {
            fetch(&app, path, &[BROWSER]).await.problem(404, "not-found");
        }
    }

    async fn the_app_is_built_for_this_very_api(backend) {
        let app = TestApp::start(backend).await;
        let served = app.anonymous().get("/openapi.json").await.expect(200);
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("web/openapi.json");
        let kept: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
        assert!(
            served == kept,
            "the API has changed: run `QIANTI_WEB_NODE=none cargo run -- openapi > web/openapi.json`, then mend what \
             `cargo run` says of the web app"
        );
    }
}
