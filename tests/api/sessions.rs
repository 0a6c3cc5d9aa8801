//! My logins, by the devices that they are on.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::Method;

use crate::harness::{Actor, NOON, TestApp, Value, World, json, on_both_databases};

const PASSWORD: &str = "Member-Pass-2026";
const WECHAT: &str = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/126.0 Mobile Safari/537.36 MicroMessenger/8.0.50";

async fn log_in(app: &TestApp, device: Value, user_agent: &str, language: &str) -> Value {
    let mut body = json!({"login": "zs", "password": PASSWORD});
    if !device.is_null() {
        body["device"] = device;
    }
    let request = app.anonymous().request(Method::POST, "/auth/login").json(&body);
    let request = request.header("user-agent", user_agent).header("accept-language", language);
    Actor::send(request).await.expect(200)
}

fn holder(app: &TestApp, tickets: &Value) -> Actor {
    app.with_token(tickets["access_token"].as_str().unwrap())
}

async fn sessions(actor: &Actor) -> Vec<Value> {
    actor.get("/me/sessions").await.expect(200)["items"].as_array().unwrap().clone()
}

async fn assert_over(app: &TestApp, tickets: &Value) {
    holder(app, tickets).get("/me").await.problem(401, "unauthenticated");
    let body = json!({"refresh_token": tickets["refresh_token"]});
    app.anonymous().post("/auth/refresh", body).await.problem(401, "invalid-refresh-token");
}

on_both_databases! {
    async fn devices_are_called_in_plain_words_and_say_when_they_were_used(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        world.add("zs", "B1").await;
        let first = log_in(&app, Value::Null, WECHAT, "zh-CN").await;
        app.clock.advance_seconds(60);
        log_in(&app, Value::Null, WECHAT, "en").await;
        log_in(&app, json!(" 家里的电脑 "), WECHAT, "zh-CN").await;
        log_in(&app, Value::Null, "curl/8", "zh-CN").await;
        let body = json!({"refresh_token": first["refresh_token"]});
        app.clock.advance_seconds(60);
        let first = app.anonymous().post("/auth/refresh", body).await.expect(200);
        let listed = sessions(&holder(&app, &first)).await;
        let devices: Vec<&str> = listed.iter().map(|one| one["device"].as_str().unwrap()).collect();
        // Used last first.
        assert_eq!(devices, ["安卓手机上的微信", "未知设备", "家里的电脑", "WeChat on an Android phone"]);
        let currents: Vec<bool> = listed.iter().map(|one| one["current"].as_bool().unwrap()).collect();
        assert_eq!(currents, [true, false, false, false]);
        let at = |seconds: i64| jiff::Timestamp::from_millisecond(NOON + seconds * 1000).unwrap().to_string();
        assert_eq!((&listed[0]["created_at"], &listed[0]["used_at"]), (&json!(at(0)), &json!(at(120))));
        assert_eq!((&listed[1]["created_at"], &listed[1]["used_at"]), (&json!(at(60)), &json!(at(60))));
        let fields: Vec<&String> = listed[0].as_object().unwrap().keys().collect();
        assert_eq!(fields, ["created_at", "current", "device", "id", "used_at"]);
    }

    async fn the_list_does_not_betray_a_session(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        world.add("zs", "B1").await;
        let tickets = log_in(&app, Value::Null, WECHAT, "zh-CN").await;
        let claims = tickets["access_token"].as_str().unwrap().split('.').nth(1).unwrap();
        let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap();
        let text = holder(&app, &tickets).get("/me/sessions").await.text;
        assert!(!text.contains(claims["sid"].as_str().unwrap()), "{text}");
        assert!(!text.contains(tickets["refresh_token"].as_str().unwrap()), "{text}");
    }

    async fn one_device_is_logged_out_and_the_others_stay(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        world.add("zs", "B1").await;
        let here = log_in(&app, json!("here"), "", "zh-CN").await;
        let lost = log_in(&app, json!("lost"), "", "zh-CN").await;
        let third = log_in(&app, json!("third"), "", "zh-CN").await;
        let actor = holder(&app, &here);
        let listed = sessions(&actor).await;
        let id = |device: &str| listed.iter().find(|one| one["device"] == device).unwrap()["id"].clone();
        actor.delete(&format!("/me/sessions/{}", id("lost"))).await.expect(204);
        assert_over(&app, &lost).await;
        holder(&app, &third).get("/me").await.expect(200);
        let devices: Vec<Value> = sessions(&actor).await.iter().map(|one| one["device"].clone()).collect();
        assert_eq!(devices, ["third", "here"]);
        // It is gone, and what never was is not there either.
        for id in [id("lost"), json!(0), json!(-1), json!(i64::MAX)] {
            actor.delete(&format!("/me/sessions/{id}")).await.problem(404, "not-found");
        }
        actor.delete("/me/sessions/x").await.problem(404, "not-found");
        // Also the one that asks.
        actor.delete(&format!("/me/sessions/{}", id("here"))).await.expect(204);
        assert_over(&app, &here).await;
    }

    async fn everywhere_else_is_logged_out(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        world.add("zs", "B1").await;
        let here = log_in(&app, Value::Null, WECHAT, "zh-CN").await;
        let others = [log_in(&app, Value::Null, "", "zh").await, log_in(&app, Value::Null, "", "zh").await];
        let stranger = world.member(&app, "ls", "B1").await;
        holder(&app, &here).delete("/me/sessions").await.expect(204);
        for other in &others {
            assert_over(&app, other).await;
        }
        assert_eq!(sessions(&holder(&app, &here)).await.len(), 1);
        stranger.get("/me").await.expect(200);
    }

    async fn nobody_sees_or_ends_a_login_of_somebody_else(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let member = world.member(&app, "ls", "B1").await;
        world.add("zs", "B1").await;
        let tickets = log_in(&app, Value::Null, WECHAT, "zh-CN").await;
        let id = sessions(&holder(&app, &tickets)).await[0]["id"].clone();
        for actor in [&member, &world.admin] {
            assert!(sessions(actor).await.iter().all(|one| one["id"] != id));
            actor.delete(&format!("/me/sessions/{id}")).await.problem(404, "not-found");
        }
        holder(&app, &tickets).get("/me").await.expect(200);
    }

    async fn logins_that_are_over_are_not_listed(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        world.add("zs", "B1").await;
        log_in(&app, json!("expired"), "", "zh").await;
        app.clock.advance_seconds(30 * 86_400 - 60);
        let ended = log_in(&app, json!("ended"), "", "zh").await;
        holder(&app, &ended).post_nothing("/auth/logout").await.expect(204);
        let here = log_in(&app, json!("here"), "", "zh").await;
        let expired = |listed: &[Value]| listed.iter().any(|one| one["device"] == "expired");
        let listed = sessions(&holder(&app, &here)).await;
        assert!(expired(&listed) && listed.len() == 2, "{listed:?}");
        let id = listed[1]["id"].clone();
        app.clock.advance_seconds(60);
        let listed = sessions(&holder(&app, &here)).await;
        assert!(!expired(&listed) && listed.len() == 1, "{listed:?}");
        holder(&app, &here).delete(&format!("/me/sessions/{id}")).await.problem(404, "not-found");
    }

    async fn a_name_that_will_not_do_is_refused(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        world.add("zs", "B1").await;
        for device in [json!(""), json!("  "), json!("长".repeat(101)), json!("a\nb"), json!(7), json!(["x"])] {
            let body = json!({"login": "zs", "password": PASSWORD, "device": device});
            let pointers = app.anonymous().post("/auth/login", body).await.pointers();
            assert!(pointers[0].starts_with("/device"), "{device}: {pointers:?}");
        }
        let body = json!({"login": "zs", "password": PASSWORD, "device": "长".repeat(100), "cookie": "yes"});
        assert_eq!(app.anonymous().post("/auth/login", body).await.pointers(), ["/cookie"]);
        let tickets = log_in(&app, json!("长".repeat(100)), "", "zh").await;
        assert_eq!(sessions(&holder(&app, &tickets)).await.len(), 1);
        // Even an endless or a broken User-Agent does no harm.
        for user_agent in ["x".repeat(7000), "\u{80}".into()] {
            log_in(&app, Value::Null, &user_agent, "zh").await;
        }
    }
}
