//! Web sessions: the refresh token in a cookie.

use reqwest::{Method, RequestBuilder};

use crate::harness::{Actor, Reply, Settings, TestApp, Value, World, json, on_both_databases};

const PASSWORD: &str = "Member-Pass-2026";
/// Within this many milliseconds the cookie before is answered with the same new one.
const GRACE_MS: i64 = 60_000;

async fn world(backend: crate::harness::Backend) -> (TestApp, World) {
    let app = TestApp::start(backend).await;
    let world = World::build(&app).await;
    world.add("zs", "B1").await;
    (app, world)
}

fn log_in_request(app: &TestApp) -> RequestBuilder {
    let body = json!({"login": "zs", "password": PASSWORD, "cookie": true});
    app.anonymous().request(Method::POST, "/auth/login").json(&body)
}

/// The value of the cookie that a reply sets, and its attributes in alphabetical order.
#[track_caller]
fn set_cookie(reply: &Reply) -> (String, Vec<String>) {
    let headers = reply.headers.get_all("set-cookie").iter().map(|header| header.to_str().unwrap());
    // The one of the device is another matter: tests/api/login_guard.rs.
    let mut headers = headers.filter(|header| !header.starts_with("qianti_device="));
    let header = headers.next().expect("a cookie").to_owned();
    assert!(headers.next().is_none(), "one cookie");
    let mut parts = header.split("; ").map(ToOwned::to_owned);
    let (name, value) =
        parts.next().unwrap().split_once('=').map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
    assert_eq!(name, "qianti_refresh");
    let mut attributes: Vec<String> = parts.collect();
    attributes.sort();
    (value, attributes)
}

/// Logs in as a browser; answers the cookie and what is told.
async fn log_in(app: &TestApp) -> (String, Value) {
    let reply = Actor::send(log_in_request(app)).await;
    let (cookie, _) = set_cookie(&reply);
    (cookie, reply.expect(200))
}

fn with_cookie(app: &TestApp, path: &str, cookie: &str) -> RequestBuilder {
    app.anonymous().request(Method::POST, path).header("cookie", format!("qianti_refresh={cookie}"))
}

/// Refreshes as a page of our own does.
async fn refresh(app: &TestApp, cookie: &str) -> Reply {
    Actor::send(with_cookie(app, "/auth/refresh", cookie).header("x-requested-with", "qianti")).await
}

/// The cookie that follows.
async fn next(app: &TestApp, cookie: &str) -> String {
    let reply = refresh(app, cookie).await;
    let (next, _) = set_cookie(&reply);
    let tickets = reply.expect(200);
    app.with_token(tickets["access_token"].as_str().unwrap()).get("/me").await.expect(200);
    next
}

async fn assert_over(app: &TestApp, cookie: &str, tickets: &Value) {
    refresh(app, cookie).await.problem(401, "invalid-refresh-token");
    app.with_token(tickets["access_token"].as_str().unwrap())
        .get("/me")
        .await
        .problem(401, "unauthenticated");
}

on_both_databases! {
    async fn the_refresh_token_is_in_a_cookie_that_no_script_reads_and_not_in_the_body(backend) {
        let (app, _) = world(backend).await;
        let reply = Actor::send(log_in_request(&app).header("x-forwarded-proto", "https")).await;
        let (cookie, attributes) = set_cookie(&reply);
        // Not Secure: nobody has said that the header is to be believed.
        assert_eq!(attributes, ["HttpOnly", "Max-Age=2592000", "Path=/api/v1/auth", "SameSite=Strict"]);
        assert!(!reply.text.contains(&cookie));
        let tickets = reply.expect(200);
        let fields: Vec<&String> = tickets.as_object().unwrap().keys().collect();
        assert_eq!(fields, ["access_token", "expires_in", "member", "token_type"]);
        let (cookie, attributes) = set_cookie(&refresh(&app, &cookie).await);
        assert_eq!(attributes, ["HttpOnly", "Max-Age=2592000", "Path=/api/v1/auth", "SameSite=Strict"]);
        // What a script of the page is told is no cookie: one needs the cookie itself.
        app.anonymous().post("/auth/refresh", json!({})).await.pointers();
        next(&app, &cookie).await;
        // Others get their token in the body, and no cookie.
        for body in [json!({"login": "zs", "password": PASSWORD}), json!({"login": "zs", "password": PASSWORD, "cookie": false})] {
            let reply = app.anonymous().post("/auth/login", body).await;
            assert!(!reply.headers.contains_key("set-cookie"));
            let tickets = reply.expect(200);
            let body = json!({"refresh_token": tickets["refresh_token"]});
            let reply = app.anonymous().post("/auth/refresh", body).await;
            assert!(!reply.headers.contains_key("set-cookie"));
            assert!(reply.expect(200)["refresh_token"].is_string());
        }
        let refused = json!({"login": "zs", "password": "Wrong-Pass-2026", "cookie": true});
        let reply = app.anonymous().post("/auth/login", refused).await;
        assert!(!reply.headers.contains_key("set-cookie"));
        reply.problem(401, "wrong-credentials");
    }

    async fn behind_a_trusted_proxy_the_cookie_is_kept_to_https(backend) {
        let app = TestApp::start_with(backend, Settings { trust_forwarded_proto: true, ..Settings::default() }).await;
        let world = World::build(&app).await;
        world.add("zs", "B1").await;
        for (scheme, secure) in [(Some("https"), true), (Some("HTTPS, http"), true), (Some("http"), false), (None, false)] {
            let mut request = log_in_request(&app);
            if let Some(scheme) = scheme {
                request = request.header("x-forwarded-proto", scheme);
            }
            let (_, attributes) = set_cookie(&Actor::send(request).await);
            assert_eq!(attributes.contains(&"Secure".to_owned()), secure, "{scheme:?}");
        }
    }

    async fn a_cookie_is_traded_with_and_without_an_empty_body(backend) {
        let (app, _) = world(backend).await;
        let (first, _) = log_in(&app).await;
        let second = next(&app, &first).await;
        assert_ne!(first, second);
        let request = with_cookie(&app, "/auth/refresh", &second).header("x-requested-with", "qianti");
        let reply = Actor::send(request.json(&json!({}))).await;
        let (third, _) = set_cookie(&reply);
        assert!(reply.expect(200).get("refresh_token").is_none());
        next(&app, &third).await;
    }

    async fn another_site_gets_nothing_done_with_the_cookie(backend) {
        let (app, _) = world(backend).await;
        let (cookie, tickets) = log_in(&app).await;
        for path in ["/auth/refresh", "/auth/logout"] {
            for header in [None, Some("XMLHttpRequest"), Some("")] {
                let mut request = with_cookie(&app, path, &cookie);
                if let Some(header) = header {
                    request = request.header("x-requested-with", header);
                }
                let reply = Actor::send(request).await;
                assert!(!reply.headers.contains_key("set-cookie"));
                reply.problem(403, "forbidden");
            }
            // What a form can send.
            let form = with_cookie(&app, path, &cookie).header("content-type", "application/x-www-form-urlencoded");
            assert!([403, 415].contains(&Actor::send(form.body("a=b")).await.status));
        }
        // Nothing has happened, and no other site may ask whether it might.
        let asks = app.anonymous().request(Method::OPTIONS, "/auth/refresh").header("origin", "https://other.example");
        let reply = Actor::send(asks.header("access-control-request-method", "POST")).await;
        assert!(reply.headers.keys().all(|name| !name.as_str().starts_with("access-control")));
        app.with_token(tickets["access_token"].as_str().unwrap()).get("/me").await.expect(200);
        next(&app, &cookie).await;
    }

    async fn tabs_that_refresh_at_the_same_moment_all_stay_logged_in(backend) {
        let (app, _) = world(backend).await;
        let (cookie, _) = log_in(&app).await;
        let replies = futures_util::future::join_all((0..6).map(|_| refresh(&app, &cookie))).await;
        let mut cookies: Vec<String> = replies.iter().map(|reply| set_cookie(reply).0).collect();
        for reply in replies {
            let tickets = reply.expect(200);
            app.with_token(tickets["access_token"].as_str().unwrap()).get("/me").await.expect(200);
        }
        cookies.dedup();
        assert_eq!(cookies.len(), 1, "whichever answer comes last, the browser has the living cookie");
        next(&app, &cookies[0]).await;
    }

    async fn an_answer_lost_in_a_tunnel_is_told_again_for_a_minute(backend) {
        let (app, _) = world(backend).await;
        let (first, tickets) = log_in(&app).await;
        let second = next(&app, &first).await;
        app.clock.advance_ms(GRACE_MS);
        assert_eq!(next(&app, &first).await, second);
        app.clock.advance_ms(1);
        assert_over(&app, &first, &tickets).await;
        assert_over(&app, &second, &tickets).await;
    }

    async fn a_cookie_whose_successor_was_used_ends_the_chain_at_once(backend) {
        let (app, _) = world(backend).await;
        let (first, tickets) = log_in(&app).await;
        let second = next(&app, &first).await;
        let third = next(&app, &second).await;
        assert_over(&app, &first, &tickets).await;
        assert_over(&app, &third, &tickets).await;
    }

    async fn the_grace_is_for_cookies_only(backend) {
        let (app, _) = world(backend).await;
        let (first, tickets) = log_in(&app).await;
        let second = next(&app, &first).await;
        // The same old token in a body is one that was used before.
        let body = json!({"refresh_token": first});
        app.anonymous().post("/auth/refresh", body).await.problem(401, "invalid-refresh-token");
        assert_over(&app, &second, &tickets).await;
        // And a token that was given out in a body is no cookie; it stays good where it belongs.
        let body = json!({"login": "zs", "password": PASSWORD});
        let tickets = app.anonymous().post("/auth/login", body).await.expect(200);
        let token = tickets["refresh_token"].as_str().unwrap();
        refresh(&app, token).await.problem(401, "invalid-refresh-token");
        app.anonymous().post("/auth/refresh", json!({"refresh_token": token})).await.expect(200);
    }

    async fn a_cookie_that_is_none_of_ours_is_refused(backend) {
        let (app, _) = world(backend).await;
        for cookie in ["x", "AAAA", &"A".repeat(64), &"A".repeat(3000)] {
            refresh(&app, cookie).await.problem(401, "invalid-refresh-token");
        }
        let request = app.anonymous().request(Method::POST, "/auth/refresh").header("x-requested-with", "qianti");
        assert_eq!(Actor::send(request).await.pointers(), ["/refresh_token"]);
    }

    async fn a_cookie_is_good_until_it_was_not_used_for_thirty_days(backend) {
        let (app, _) = world(backend).await;
        let (cookie, _) = log_in(&app).await;
        app.clock.advance_seconds(30 * 86_400 - 1);
        let cookie = next(&app, &cookie).await;
        app.clock.advance_seconds(30 * 86_400);
        refresh(&app, &cookie).await.problem(401, "invalid-refresh-token");
    }

    async fn logging_out_takes_the_cookie_back(backend) {
        let (app, _) = world(backend).await;
        // By the access token.
        let (cookie, tickets) = log_in(&app).await;
        let token = tickets["access_token"].as_str().unwrap();
        let reply = Actor::send(with_cookie(&app, "/auth/logout", &cookie).bearer_auth(token)).await;
        let (value, attributes) = set_cookie(&reply);
        assert_eq!((value.as_str(), reply.status), ("", 204));
        assert_eq!(attributes, ["HttpOnly", "Max-Age=0", "Path=/api/v1/auth", "SameSite=Strict"]);
        assert_over(&app, &cookie, &tickets).await;
        // By the cookie, when the access token is too old.
        let (cookie, tickets) = log_in(&app).await;
        app.clock.advance_seconds(3600);
        let old = tickets["access_token"].as_str().unwrap();
        let request = with_cookie(&app, "/auth/logout", &cookie).bearer_auth(old);
        let reply = Actor::send(request.header("x-requested-with", "qianti")).await;
        assert_eq!((set_cookie(&reply).0.as_str(), reply.status), ("", 204));
        assert_over(&app, &cookie, &tickets).await;
        // Again, and with nothing at all.
        let request = with_cookie(&app, "/auth/logout", &cookie).header("x-requested-with", "qianti");
        assert_eq!(Actor::send(request).await.status, 204);
        app.anonymous().post_nothing("/auth/logout").await.problem(401, "unauthenticated");
        // Without a cookie none is taken back.
        let (_, tickets) = log_in(&app).await;
        let reply = app.with_token(tickets["access_token"].as_str().unwrap()).post_nothing("/auth/logout").await;
        assert!(!reply.headers.contains_key("set-cookie"));
        reply.expect(204);
    }

    async fn a_new_password_ends_the_other_web_sessions(backend) {
        let (app, _) = world(backend).await;
        let (here, tickets) = log_in(&app).await;
        let (elsewhere, other) = log_in(&app).await;
        let body = json!({"current": PASSWORD, "new": "Another-Pass-2026"});
        app.with_token(tickets["access_token"].as_str().unwrap()).put("/me/password", body).await.expect(204);
        assert_over(&app, &elsewhere, &other).await;
        next(&app, &here).await;
    }
}
