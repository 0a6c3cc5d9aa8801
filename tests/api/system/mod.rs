//! Around the API: health and metrics, the first page.

mod answers;
mod documents;

use reqwest::Method;

use crate::harness::{Actor, TestApp, World, json, on_both_databases};

/// The value of a sample in Prometheus' text format; 0 when it is not there.
pub fn sample(metrics: &str, name: &str) -> f64 {
    let line = metrics.lines().find(|line| line.strip_prefix(name).is_some_and(|rest| rest.starts_with(' ')));
    line.map_or(0.0, |line| line.rsplit(' ').next().unwrap().parse().unwrap())
}

/// Addresses in `src` and `href` of a page.
fn references(html: &str) -> Vec<&str> {
    ["src=\"", "href=\""]
        .iter()
        .flat_map(|start| html.split(start).skip(1).map(|rest| rest.split('"').next().unwrap()))
        .collect()
}

on_both_databases! {
    async fn it_is_alive_and_ready(backend) {
        let app = TestApp::start(backend).await;
        assert_eq!(app.anonymous().get("/healthz").await.expect(200), json!({"status": "ok"}));
        assert_eq!(app.anonymous().get("/readyz").await.expect(200)["status"], "ok");
    }

    async fn the_counters_move_with_the_work(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let member = world.member(&app, "zs", "B1").await;
        let quiz = world.quiz(json!({})).await;
        let read = async || {
            let reply = app.anonymous().get("/metrics").await;
            let content_type = reply.headers["content-type"].to_str().unwrap();
            assert!(content_type.starts_with("text/plain"), "{content_type}");
            assert_eq!(reply.status, 200);
            reply.text
        };
        let before = read().await;
        world.attempt(&member, &quiz, 5).await;
        member.get("/quizzes/999999").await.problem(404, "not-found");
        member.get("/nowhere/at/all").await.problem(404, "not-found");
        let after = read().await;
        let moved = |name: &str| sample(&after, name) - sample(&before, name);
        assert_eq!(moved("qianti_attempts_begun_total"), 1.0);
        assert_eq!(moved("qianti_attempts_submitted_total"), 1.0);
        assert!(moved("qianti_writes_total") >= 2.0);
        assert!(moved("qianti_write_commits_total") >= 2.0);
        let requests = |method: &str, route: &str, status: u16| {
            moved(&format!(
                "qianti_http_requests_total{{method=\"{method}\",route=\"{route}\",status=\"{status}\"}}"
            ))
        };
        assert_eq!(requests("POST", "/api/v1/quizzes/{id}/attempts", 201), 1.0, "{after}");
        assert_eq!(requests("POST", "/api/v1/attempts/{id}/submit", 200), 1.0);
        assert_eq!(requests("GET", "/api/v1/quizzes/{id}", 404), 1.0);
        let count = "qianti_http_request_seconds_count{route=\"/api/v1/attempts/{id}/submit\"}";
        assert_eq!(moved(count), 1.0);
        assert!(after.contains("qianti_writes_waiting 0"));
        assert!(after.ends_with("# EOF\n"));
        assert!(!after.contains("/999999") && !after.contains("nowhere"), "routes are counted, not paths");
    }

    async fn what_callers_make_up_becomes_no_label_of_its_own(backend) {
        let app = TestApp::start(backend).await;
        for number in 0..3 {
            let method = Method::from_bytes(format!("MADEUP{number}").as_bytes()).unwrap();
            let path = format!("/made-up-{number}");
            Actor::send(app.anonymous().request(method, &path)).await.problem(404, "not-found");
            app.anonymous().get(&path).await.problem(404, "not-found");
        }
        let metrics = app.anonymous().get("/metrics").await.text;
        assert!(!metrics.contains("MADEUP") && !metrics.contains("made-up"), "{metrics}");
    }

    async fn the_first_page_is_there_and_asks_nothing_of_the_internet(backend) {
        let app = TestApp::start(backend).await;
        let page = app.anonymous().get("/").await;
        assert_eq!(page.status, 200);
        assert!(page.headers["content-type"].to_str().unwrap().starts_with("text/html"));
        assert!(references(&page.text).iter().all(|reference| reference.starts_with('/')), "{}", page.text);
    }
}
