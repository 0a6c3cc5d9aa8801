//! How many requests a member and an address may make.

use qianti::domain::rate::Rate;
use qianti::services::{Limits, Settings};
use reqwest::Method;

use crate::harness::{Actor, Backend, TestApp, Value, World, json, on_both_databases};

async fn start(backend: Backend, limits: Limits) -> TestApp {
    TestApp::start_with(backend, Settings { limits, ..Settings::default() }).await
}

/// One request of each class, and one more a second later.
fn one_each() -> Limits {
    let one = Some(Rate::per_second(1, 1));
    Limits { general: one, answer: one, heavy: one, auth: one, anonymous: one, failed_logins: false }
}

on_both_databases! {
    async fn every_operation_of_the_api_has_a_limit_and_what_watches_the_server_has_none(backend) {
        let app = start(backend, one_each()).await;
        let document = app.anonymous().get("/openapi.json").await.expect(200);
        let admin = app.admin().await;
        // Each class once; then none is left of any.
        admin.get("/me").await.expect(200);
        assert_eq!(admin.get("/banks/template").await.status, 200);
        admin.post("/attempts/none/submit", json!({})).await.problem(404, "not-found");
        app.anonymous().get("/me").await.problem(401, "unauthenticated");
        let mut operations = 0;
        for (path, item) in document["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                let Some(call) = path.strip_prefix("/api/v1") else { continue };
                let responses = operation["responses"].as_object().unwrap();
                assert!(responses.contains_key("429"), "{method} {path} does not document 429");
                let call = call.replace("{id}", "0").replace("{code}", "1000").replace("{question_code}", "x");
                let request = |actor: &Actor| {
                    actor.request(method.to_uppercase().parse::<Method>().unwrap(), &call)
                };
                let reply = Actor::send(request(&admin)).await;
                assert_eq!(reply.status, 429, "{method} {path}: {}", reply.text);
                assert_eq!(reply.headers["retry-after"], "1");
                reply.problem(429, "rate-limited");
                Actor::send(request(&app.anonymous())).await.problem(429, "rate-limited");
                Actor::send(request(&app.with_token("no.such.token"))).await.problem(429, "rate-limited");
                operations += 1;
            }
        }
        assert!(operations > 70, "{operations}");
        for path in ["/healthz", "/readyz", "/metrics", "/openapi.json", "/problems", "/docs/", "/"] {
            for _ in 0..5 {
                assert_eq!(app.anonymous().get(path).await.status, 200, "{path}");
            }
        }
        app.clock.advance_seconds(1);
        admin.get("/me").await.expect(200);
    }

    async fn a_member_is_limited_on_all_devices_together_and_nobody_else_with_them(backend) {
        let app = start(backend, Limits { general: Some(Rate::per_second(2, 20)), ..Limits::default() }).await;
        let world = World::build(&app).await;
        let phone = world.member(&app, "zs", "B1").await;
        let computer = world.again(&app, "zs").await;
        let other = world.member(&app, "ls", "B1").await;
        for _ in 0..10 {
            phone.get("/me").await.expect(200);
            computer.get("/me").await.expect(200);
        }
        for device in [&phone, &computer] {
            device.get("/me").await.problem(429, "rate-limited");
        }
        other.get("/me").await.expect(200);
        // What changes somebody else, and so makes the server read everybody again, gives nothing back.
        let path = format!("/members/{}", world.add("ww", "B1").await["id"]);
        world.admin.patch(&path, json!({"name": "王五"})).await.expect(200);
        phone.get("/me").await.problem(429, "rate-limited");
        app.clock.advance_seconds(1);
        phone.get("/me").await.expect(200);
        computer.get("/me").await.expect(200);
        phone.get("/me").await.problem(429, "rate-limited");
    }

    async fn reading_a_lot_takes_nothing_from_answering(backend) {
        let limits = Limits { general: Some(Rate::per_second(1, 3)), ..Limits::default() };
        let app = start(backend, limits).await;
        let member = app.admin().await;
        while member.get("/me").await.status == 200 {}
        let answer = json!({"bank": "1000", "code": "single-01", "answer": ["A"]});
        member.post("/practice/answers", answer).await.expect(200);
    }

    async fn behind_a_trusted_proxy_each_address_counts_alone(backend) {
        let settings = Settings {
            limits: one_each(),
            trusted_proxies: vec!["127.0.0.1/32".parse().unwrap()],
            ..Settings::default()
        };
        let app = TestApp::start_with(backend, settings).await;
        let ask = async |address: &str| {
            let request = app.anonymous().request(Method::GET, "/me").header("x-forwarded-for", address);
            Actor::send(request).await.status
        };
        assert_eq!((ask("198.51.100.1").await, ask("198.51.100.1").await), (401, 429));
        assert_eq!((ask("198.51.100.2").await, ask("203.0.113.7, 198.51.100.2").await), (401, 429));
    }

    async fn what_ships_is_met_by_no_honest_client(backend) {
        let limits = Limits {
            general: Some(Rate::per_second(200, 2000)),
            answer: Some(Rate::per_second(100, 1000)),
            heavy: Some(Rate::per_second(2, 60)),
            auth: Some(Rate::per_second(50, 2000)),
            anonymous: Some(Rate::per_second(100, 2000)),
            failed_logins: true,
        };
        let app = start(backend, limits).await;
        let world = World::build(&app).await;
        let quiz = world.quiz(json!({})).await;
        // The clock stands still: all of it happens in the same instant, at one address.
        for number in 0..5 {
            let login = format!("m{number}");
            let member = world.member(&app, &login, "B1").await;
            let attempt = member.post_nothing(&format!("/quizzes/{}/attempts", quiz["id"])).await.expect(201);
            let path = format!("/attempts/{}/answers", attempt["id"].as_str().unwrap());
            for _ in 0..40 {
                let answers: Value = json!({"answers": []});
                member.put(&path, answers).await.expect(204);
            }
            world.submit(&member, &attempt, 3).await;
            member.get("/leaderboards/members?period=day").await.expect(200);
        }
    }
}
