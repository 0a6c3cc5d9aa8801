//! The headers that a browser heeds, on every kind of answer.

use qianti::domain::rate::Rate;
use qianti::services::{Limits, Settings};
use reqwest::Method;

use crate::harness::{Actor, Reply, TestApp, json, on_both_databases};

/// Nothing of ours is a page here.
const NO_PAGE: &str = "default-src 'none'; frame-ancestors 'none'";

#[track_caller]
fn assert_safe(what: &str, reply: &Reply) {
    let header = |name: &str| {
        let values: Vec<_> =
            reply.headers.get_all(name).iter().map(|value| value.to_str().unwrap()).collect();
        assert!(values.len() < 2, "{what}: {name} stands there twice");
        values.first().copied().unwrap_or_default().to_owned()
    };
    for (name, expected) in [
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("referrer-policy", "no-referrer"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
        ("permissions-policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    ] {
        assert_eq!(header(name), expected, "{what}");
    }
    assert!(!header("x-request-id").is_empty(), "{what}");
    let policy = header("content-security-policy");
    for part in ["default-src 'none'", "frame-ancestors 'none'"] {
        assert!(policy.contains(part), "{what}: {policy}");
    }
    assert!(!policy.contains("unsafe-eval"), "{what}: {policy}");
    let scripts =
        policy.split(';').find(|part| part.trim_start().starts_with("script-src")).unwrap_or_default();
    assert!(
        !scripts.contains("unsafe") && !scripts.contains("http") && !scripts.contains('*'),
        "{what}: {policy}"
    );
    let kept = header("cache-control");
    if what == "asset" {
        assert_eq!(kept, "public, max-age=31536000, immutable", "{what}");
    } else {
        assert!(["no-store", "no-cache"].contains(&kept.as_str()), "{what}: {kept}");
    }
    for told in ["server", "x-powered-by", "access-control-allow-origin"] {
        assert!(!reply.headers.contains_key(told), "{what}: {told}");
    }
}

/// An address of the built web app's files, when there are any.
fn asset(home: &str) -> Option<&str> {
    home.split('"').find(|part| part.starts_with("/assets/"))
}

on_both_databases! {
    async fn every_kind_of_answer_is_safe_to_be_looked_at(backend) {
        let limits = Limits { heavy: Some(Rate::per_second(1, 1)), ..Limits::default() };
        let app = TestApp::start_with(backend, Settings { limits, ..Settings::default() }).await;
        let (admin, nobody) = (app.admin().await, app.anonymous());
        let home = nobody.get("/").await;
        let open = async |path: &str| {
            Actor::send(nobody.browse(path).header("accept", "text/html")).await
        };
        let mut answers = vec![
            (200, "a file out", admin.get("/banks/template").await),
            (429, "too many requests", admin.get("/banks/template").await),
            (200, "screen", open("/quizzes").await),
            (200, "the API", admin.get("/me").await),
            (201, "made", admin.post("/banks", json!({"code": "b", "title": "题库"})).await),
            (204, "no content", admin.post_nothing("/auth/logout").await),
            (401, "not logged in", nobody.get("/me").await),
            (422, "bad fields", nobody.post("/auth/login", json!({})).await),
            (404, "an unknown path of the API", nobody.get("/nowhere").await),
            (404, "an unknown path", open("/nowhere.php").await),
            (404, "an unknown asset", nobody.get("/docs/none.js").await),
            (405, "a wrong method", Actor::send(nobody.request(Method::DELETE, "/me")).await),
            (200, "health", nobody.get("/healthz").await),
            (200, "metrics", nobody.get("/metrics").await),
            (200, "the OpenAPI document", nobody.get("/openapi.json").await),
            (302, "a redirect", nobody.get("/docs").await),
            (200, "documentation", nobody.get("/docs/").await),
            (200, "a problem's page", nobody.get("/problems/busy").await),
            (200, "HEAD", Actor::send(nobody.request(Method::HEAD, "/")).await),
        ];
        if let Some(path) = asset(&home.text) {
            answers.push((200, "asset", Actor::send(nobody.browse(path)).await));
        }
        answers.push((200, "home", home));
        for (status, what, reply) in &answers {
            assert_eq!(reply.status, *status, "{what}: {}", reply.text);
            assert_safe(what, reply);
            assert!(!reply.headers.contains_key("strict-transport-security"), "{what}: it came by plain HTTP");
            let is_page = ["home", "screen", "asset", "documentation", "HEAD"].contains(what);
            assert_eq!(reply.headers["content-security-policy"] == NO_PAGE, !is_page, "{what}");
        }
    }

    async fn https_is_asked_for_only_when_a_trusted_proxy_says_that_it_was_used(backend) {
        let proxy = |networks: &[&str]| Settings {
            trusted_proxies: networks.iter().map(|network| network.parse().unwrap()).collect(),
            ..Settings::default()
        };
        let trusting = Settings { trust_forwarded_proto: true, ..Settings::default() };
        for (settings, is_trusted) in [
            (Settings::default(), false),
            (proxy(&["10.0.0.0/8"]), false),
            (proxy(&["10.0.0.0/8", "127.0.0.0/8"]), true),
            (trusting, true),
        ] {
            let app = TestApp::start_with(backend, settings).await;
            for path in ["/", "/me", "/healthz", "/docs/", "/nowhere"] {
                for (scheme, is_https) in [("https", true), ("HTTPS", true), ("http", false), ("http, https", false)] {
                    let request = app.anonymous().request(Method::GET, path).header("x-forwarded-proto", scheme);
                    let reply = Actor::send(request).await;
                    let asked = reply.headers.get("strict-transport-security");
                    let expected = (is_trusted && is_https).then_some("max-age=31536000");
                    assert_eq!(asked.map(|value| value.to_str().unwrap()), expected, "{path} {scheme}");
                }
                assert!(!app.anonymous().get(path).await.headers.contains_key("strict-transport-security"));
            }
        }
    }
}
