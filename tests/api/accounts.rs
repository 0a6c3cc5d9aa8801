//! Logging in and out, tokens, passwords.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::SigningKey;
use ed25519_dalek::pkcs8::EncodePrivateKey as _;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use qianti::services::accounts::Carrier;
use qianti::services::{Clock, Origin, ServiceError, Settings, SystemEntropy};
use qianti::store::keys::{self, KeyRow};
use reqwest::Method;

use crate::harness::{ADMIN_PASSWORD, Actor, NOON, Services, TestApp, Value, World, json, on_both_databases};

/// The password of everybody but the administrator.
const PASSWORD: &str = "Member-Pass-2026";
/// A password that will do.
const NEW_PASSWORD: &str = "另一个八个字的密码";

/// Logs in and answers everything that is told.
async fn log_in(app: &TestApp, login: &str, password: &str) -> Value {
    let body = json!({"login": login, "password": password});
    app.anonymous().post("/auth/login", body).await.expect(200)
}

/// The one who holds the access token of a login or a refresh.
fn holder(app: &TestApp, tickets: &Value) -> Actor {
    app.with_token(tickets["access_token"].as_str().unwrap())
}

/// The body that trades the refresh token of a login or a refresh.
fn refresh_with(tickets: &Value) -> Value {
    json!({"refresh_token": tickets["refresh_token"]})
}

async fn refresh(app: &TestApp, tickets: &Value) -> Value {
    app.anonymous().post("/auth/refresh", refresh_with(tickets)).await.expect(200)
}

/// Checks that neither token of a login or a refresh is good for anything.
async fn assert_over(app: &TestApp, tickets: &Value) {
    holder(app, tickets).get("/me").await.problem(401, "unauthenticated");
    app.anonymous().post("/auth/refresh", refresh_with(tickets)).await.problem(401, "invalid-refresh-token");
}

/// The key that signs.
async fn signing_key(app: &TestApp) -> KeyRow {
    let database = &app.services.context.database;
    let keys = database.read::<_, ServiceError>(|connection| Ok(keys::list_keys(connection)?)).await;
    keys.unwrap().swap_remove(0)
}

/// A token with these claims, by this Ed25519 key.
fn signed(secret: &[u8], kid: Option<&str>, claims: &Value) -> String {
    let key = SigningKey::from_bytes(secret.try_into().unwrap()).to_pkcs8_der().unwrap();
    let header = Header { kid: kid.map(ToOwned::to_owned), ..Header::new(Algorithm::EdDSA) };
    jsonwebtoken::encode(&header, claims, &EncodingKey::from_ed_der(key.as_bytes())).unwrap()
}

/// The part of a token that stands between its dots, as JSON.
fn part(token: &str, index: usize) -> Value {
    let bytes = URL_SAFE_NO_PAD.decode(token.split('.').nth(index).unwrap()).unwrap();
    serde_json::from_slice(&bytes).unwrap()
}

fn encoded(part: &Value) -> String {
    URL_SAFE_NO_PAD.encode(part.to_string())
}

/// These claims with one of them changed; null takes it away.
fn changed(claims: &Value, name: &str, value: Value) -> Value {
    let mut claims = claims.clone();
    match value {
        Value::Null => drop(claims.as_object_mut().unwrap().remove(name)),
        value => claims[name] = value,
    }
    claims
}

on_both_databases! {
    async fn the_right_password_gives_tokens_and_who_one_is(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let leader = json!({"role": "leader", "unit_id": world.unit("C1")});
        world.add_with("zs", "B1", json!([leader])).await;
        let tickets = log_in(&app, "zs", PASSWORD).await;
        assert_eq!((&tickets["token_type"], &tickets["expires_in"]), (&json!("Bearer"), &json!(900)));
        let me = &tickets["member"];
        let expected = json!({
            "id": me["id"],
            "login": "zs",
            "name": "姓名zs",
            "unit": {"id": world.unit("B1"), "code": "B1", "name": "B1"},
            "roles": [{"role": "member", "unit_id": world.unit("B1")}, leader],
            "must_change_password": false,
        });
        assert_eq!(me, &expected);
        assert_eq!(holder(&app, &tickets).get("/me").await.expect(200), expected);
    }

    async fn a_login_is_the_same_in_upper_and_lower_case_and_full_width(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        world.add("ZhangSan.1", "B1").await;
        for login in ["ZhangSan.1", "zhangsan.1", "ZHANGSAN.1", " zhangsan.1 ", "ｚｈａｎｇｓａｎ．１"] {
            assert_eq!(log_in(&app, login, PASSWORD).await["member"]["login"], "ZhangSan.1", "{login}");
        }
        let body = json!({"login": "zhangsan.1", "password": PASSWORD.to_lowercase()});
        app.anonymous().post("/auth/login", body).await.problem(401, "wrong-credentials");
    }

    async fn nobody_can_tell_an_unknown_login_from_a_wrong_password(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        world.add("zs", "B1").await;
        let left = world.add("ls", "B1").await;
        world.admin.patch(&format!("/members/{}", left["id"]), json!({"status": "left"})).await.expect(200);
        let mut answers = Vec::new();
        for (login, password) in [
            ("zs", "Wrong-Pass-2026"),
            ("nobody", PASSWORD),
            ("ls", PASSWORD),
            ("ls", "Wrong-Pass-2026"),
            ("zs", ""),
            ("", ""),
            ("zs", &"x".repeat(5000)),
            ("nobody", &"x".repeat(5000)),
        ] {
            let body = json!({"login": login, "password": password});
            let reply = app.anonymous().post("/auth/login", body).await;
            let mut headers = reply.headers.clone();
            headers.remove("x-request-id");
            headers.remove("date");
            answers.push((format!("{headers:?}"), reply.text.clone()));
            reply.problem(401, "wrong-credentials");
        }
        assert!(answers.iter().all(|answer| answer == &answers[0]), "{answers:#?}");
    }

    async fn an_access_token_is_good_for_fifteen_minutes(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let member = world.member(&app, "zs", "B1").await;
        app.clock.advance_ms(15 * 60_000 - 1);
        member.get("/me").await.expect(200);
        app.clock.advance_ms(1);
        let reply = member.get("/me").await;
        assert_eq!(reply.headers["www-authenticate"], "Bearer");
        reply.problem(401, "unauthenticated");
    }

    async fn a_refresh_token_rotates_and_works_once(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        world.add("zs", "B1").await;
        let first = log_in(&app, "zs", PASSWORD).await;
        app.clock.advance_seconds(3600);
        holder(&app, &first).get("/me").await.problem(401, "unauthenticated");
        let second = refresh(&app, &first).await;
        assert_ne!(second["refresh_token"], first["refresh_token"]);
        assert_ne!(second["access_token"], first["access_token"]);
        assert_eq!(second["member"], first["member"]);
        assert_eq!((&second["token_type"], &second["expires_in"]), (&json!("Bearer"), &json!(900)));
        holder(&app, &second).get("/me").await.expect(200);
        let third = refresh(&app, &second).await;
        holder(&app, &third).get("/me").await.expect(200);
    }

    async fn a_refresh_token_that_is_used_again_ends_the_whole_chain(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        world.add("zs", "B1").await;
        let other_device = log_in(&app, "zs", PASSWORD).await;
        let first = log_in(&app, "zs", PASSWORD).await;
        let second = refresh(&app, &first).await;
        let third = refresh(&app, &second).await;
        holder(&app, &third).get("/me").await.expect(200);
        app.anonymous().post("/auth/refresh", refresh_with(&first)).await.problem(401, "invalid-refresh-token");
        for tickets in [&first, &second, &third] {
            assert_over(&app, tickets).await;
        }
        // Another login is another chain.
        holder(&app, &other_device).get("/me").await.expect(200);
        refresh(&app, &other_device).await;
    }

    async fn of_many_refreshes_at_once_at_most_one_gets_tokens_and_the_chain_ends(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        world.add("zs", "B1").await;
        let tickets = log_in(&app, "zs", PASSWORD).await;
        let tries = (0..6).map(|_| async { app.anonymous().post("/auth/refresh", refresh_with(&tickets)).await });
        let replies = futures_util::future::join_all(tries).await;
        let (good, bad): (Vec<_>, Vec<_>) = replies.into_iter().partition(|reply| reply.status == 200);
        assert_eq!(good.len(), 1);
        for reply in bad {
            reply.problem(401, "invalid-refresh-token");
        }
        for reply in good {
            assert_over(&app, &reply.expect(200)).await;
        }
    }

    async fn a_refresh_token_that_nobody_uses_dies_and_each_use_renews_it(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        world.add("zs", "B1").await;
        let life = Settings::default().refresh_seconds;
        let first = log_in(&app, "zs", PASSWORD).await;
        app.clock.advance_seconds(life - 1);
        let second = refresh(&app, &first).await;
        app.clock.advance_seconds(life - 1);
        let third = refresh(&app, &second).await;
        app.clock.advance_seconds(life);
        assert_over(&app, &third).await;
    }

    async fn what_is_no_refresh_token_is_refused_and_harms_nobody(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        world.add("zs", "B1").await;
        let tickets = log_in(&app, "zs", PASSWORD).await;
        let access = tickets["access_token"].as_str().unwrap();
        let long = "A".repeat(10_000);
        for token in ["", "garbage", "****", access, &long, &URL_SAFE_NO_PAD.encode([0; 48])] {
            app.anonymous()
                .post("/auth/refresh", json!({"refresh_token": token}))
                .await
                .problem(401, "invalid-refresh-token");
        }
        // A refresh token is no access token either.
        app.with_token(tickets["refresh_token"].as_str().unwrap())
            .get("/me")
            .await
            .problem(401, "unauthenticated");
        refresh(&app, &tickets).await;
    }

    async fn logging_out_ends_both_tokens_at_once_and_no_other_session(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        world.add("zs", "B1").await;
        let (here, there) = (log_in(&app, "zs", PASSWORD).await, log_in(&app, "zs", PASSWORD).await);
        let reply = holder(&app, &here).post_nothing("/auth/logout").await;
        assert_eq!(reply.text, "");
        reply.expect(204);
        assert_over(&app, &here).await;
        holder(&app, &here).post_nothing("/auth/logout").await.problem(401, "unauthenticated");
        holder(&app, &there).get("/me").await.expect(200);
        refresh(&app, &there).await;
    }

    async fn a_new_password_keeps_this_session_and_ends_the_others(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        world.add("zs", "B1").await;
        let stranger = world.member(&app, "ls", "B1").await;
        let (here, there) = (log_in(&app, "zs", PASSWORD).await, log_in(&app, "zs", PASSWORD).await);
        let body = json!({"current": PASSWORD, "new": NEW_PASSWORD});
        holder(&app, &here).put("/me/password", body).await.expect(204);
        assert_over(&app, &there).await;
        holder(&app, &here).get("/me").await.expect(200);
        refresh(&app, &here).await;
        stranger.get("/me").await.expect(200);
        let old = json!({"login": "zs", "password": PASSWORD});
        app.anonymous().post("/auth/login", old).await.problem(401, "wrong-credentials");
        log_in(&app, "zs", NEW_PASSWORD).await;
    }

    async fn a_password_that_will_not_do_changes_nothing(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        world.add("zhangsan@park", "B1").await;
        let (here, there) =
            (log_in(&app, "zhangsan@park", PASSWORD).await, log_in(&app, "zhangsan@park", PASSWORD).await);
        let long = "长".repeat(86);
        for (current, new, pointer) in [
            ("Wrong-Pass-2026", NEW_PASSWORD, "/current"),
            ("", NEW_PASSWORD, "/current"),
            (long.as_str(), NEW_PASSWORD, "/current"),
            (PASSWORD, "", "/new"),
            (PASSWORD, "Short-1", "/new"),
            (PASSWORD, "七个字的密码呀", "/new"),
            (PASSWORD, "12345678", "/new"),
            (PASSWORD, "PassW0rd", "/new"),
            (PASSWORD, "ZhangSan@Park", "/new"),
            (PASSWORD, PASSWORD, "/new"),
            (PASSWORD, &long, "/new"),
        ] {
            let reply = holder(&app, &here).put("/me/password", json!({"current": current, "new": new})).await;
            assert_eq!(reply.pointers(), [pointer], "{current:?} {new:?}");
        }
        holder(&app, &there).get("/me").await.expect(200);
        log_in(&app, "zhangsan@park", PASSWORD).await;
    }

    async fn an_initial_password_must_be_changed_before_anything_else(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let admin_of_c1 = json!([{"role": "admin", "unit_id": world.unit("C1")}]);
        let body =
            json!({"login": "zs", "name": "张三", "unit_id": world.unit("B1"), "roles": admin_of_c1});
        let added = world.admin.post("/members", body).await.expect(201);
        let initial = added["initial_password"].as_str().unwrap();
        let quiz = world.quiz(json!({})).await;
        let tickets = log_in(&app, "zs", initial).await;
        assert_eq!(tickets["member"]["must_change_password"], true);
        let member = holder(&app, &tickets);
        for path in ["/units", "/members", "/quizzes", "/me/attempts", "/leaderboards/members?period=day"] {
            member.get(path).await.problem(403, "password-change-required");
        }
        member
            .post_nothing(&format!("/quizzes/{}/attempts", quiz["id"]))
            .await
            .problem(403, "password-change-required");
        assert_eq!(member.get("/me").await.expect(200)["must_change_password"], true);
        let same = json!({"current": initial, "new": initial});
        assert_eq!(member.put("/me/password", same).await.pointers(), ["/new"]);
        // A refresh does not get around it.
        let refreshed = refresh(&app, &tickets).await;
        let member = holder(&app, &refreshed);
        member.get("/units").await.problem(403, "password-change-required");

        let body = json!({"current": initial, "new": NEW_PASSWORD});
        member.put("/me/password", body).await.expect(204);
        assert_eq!(member.get("/me").await.expect(200)["must_change_password"], false);
        member.get("/units").await.expect(200);
        let other = log_in(&app, "zs", NEW_PASSWORD).await;
        assert_eq!(other["member"]["must_change_password"], false);
    }

    async fn somebody_with_an_initial_password_can_log_out(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let body = json!({"login": "zs", "name": "张三", "unit_id": world.unit("B1")});
        let added = world.admin.post("/members", body).await.expect(201);
        let tickets = log_in(&app, "zs", added["initial_password"].as_str().unwrap()).await;
        holder(&app, &tickets).post_nothing("/auth/logout").await.expect(204);
        assert_over(&app, &tickets).await;
    }

    async fn the_session_ends_when_the_member_leaves_and_does_not_come_back(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let path = format!("/members/{}", world.add("zs", "B1").await["id"]);
        let tickets = log_in(&app, "zs", PASSWORD).await;
        world.admin.patch(&path, json!({"status": "left"})).await.expect(200);
        assert_over(&app, &tickets).await;
        let body = json!({"login": "zs", "password": PASSWORD});
        app.anonymous().post("/auth/login", body).await.problem(401, "wrong-credentials");
        world.admin.patch(&path, json!({"status": "active"})).await.expect(200);
        assert_over(&app, &tickets).await;
        log_in(&app, "zs", PASSWORD).await;
    }

    async fn a_change_of_roles_ends_the_sessions_and_a_new_name_does_not(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let path = format!("/members/{}", world.add("zs", "B1").await["id"]);
        let tickets = log_in(&app, "zs", PASSWORD).await;
        world.admin.patch(&path, json!({"name": "张三丰"})).await.expect(200);
        assert_eq!(holder(&app, &tickets).get("/me").await.expect(200)["name"], "张三丰");
        let roles = json!([{"role": "leader", "unit_id": world.unit("B1")}]);
        world.admin.patch(&path, json!({"roles": roles})).await.expect(200);
        assert_over(&app, &tickets).await;
        let tickets = log_in(&app, "zs", PASSWORD).await;
        holder(&app, &tickets).get("/members").await.expect(200);
        world.admin.patch(&path, json!({"roles": []})).await.expect(200);
        assert_over(&app, &tickets).await;
    }

    async fn a_role_that_a_roster_gives_ends_the_sessions_and_a_rehearsal_does_not(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        world.add("zs", "B1").await;
        let tickets = log_in(&app, "zs", PASSWORD).await;
        let roster = "login,name,unit_code,role\nzs,姓名zs,B1,leader\n";
        world.admin.upload("/members/import?dry_run=true", roster).await.expect(200);
        holder(&app, &tickets).get("/me").await.expect(200);
        world.admin.upload("/members/import", roster).await.expect(200);
        assert_over(&app, &tickets).await;
        let tickets = log_in(&app, "zs", PASSWORD).await;
        world.admin.upload("/members/import", roster).await.expect(200);
        // Nothing was changed the second time.
        holder(&app, &tickets).get("/members").await.expect(200);
    }

    async fn a_reset_ends_the_sessions_and_only_the_new_password_works(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let path = format!("/members/{}", world.add("zs", "B1").await["id"]);
        let tickets = log_in(&app, "zs", PASSWORD).await;
        let reset = world.admin.patch(&path, json!({"reset_password": true})).await.expect(200);
        assert_over(&app, &tickets).await;
        let body = json!({"login": "zs", "password": PASSWORD});
        app.anonymous().post("/auth/login", body).await.problem(401, "wrong-credentials");
        let tickets = log_in(&app, "zs", reset["initial_password"].as_str().unwrap()).await;
        assert_eq!(tickets["member"]["must_change_password"], true);
        let shown = world.admin.get("/members?q=zs").await.expect(200);
        assert_eq!(shown["items"][0]["initial_password"], Value::Null, "it is told once");
    }

    async fn forged_and_broken_tokens_are_refused(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let victim = world.with_role(&app, "zs", "admin", "C1").await;
        let thief = world.member(&app, "ls", "B1").await;
        let key = signing_key(&app).await;
        let (ours, kid) = (key.secret.as_slice(), Some(key.id.as_str()));
        let (header, claims) = (part(victim.token(), 0), part(victim.token(), 1));
        assert_eq!((&header["alg"], &header["kid"]), (&json!("EdDSA"), &json!(key.id)));
        // The forger's tools are right: what they sign with our key is taken.
        app.with_token(&signed(ours, kid, &claims)).get("/me").await.expect(200);

        let public = SigningKey::from_bytes(ours.try_into().unwrap()).verifying_key();
        let symmetric = |secret: &[u8]| {
            let header = Header { kid: Some(key.id.clone()), ..Header::new(Algorithm::HS256) };
            jsonwebtoken::encode(&header, &claims, &EncodingKey::from_secret(secret)).unwrap()
        };
        let unsigned = |alg: &str| {
            let header = json!({"typ": "JWT", "alg": alg, "kid": key.id});
            format!("{}.{}.", encoded(&header), encoded(&claims))
        };
        let parts: Vec<&str> = victim.token().split('.').collect();
        let stolen: Vec<&str> = thief.token().split('.').collect();
        let other = [7; 32];
        let forgeries = [
            ("alg none", unsigned("none")),
            ("alg None", unsigned("None")),
            ("alg EdDSA without a signature", unsigned("EdDSA")),
            ("alg none with a signature", format!("{}{}", unsigned("none"), parts[2])),
            ("HS256 with the public key", symmetric(public.as_bytes())),
            ("HS256 with an empty key", symmetric(b"")),
            ("another key under our kid", signed(&other, kid, &claims)),
            ("another key under its own kid", signed(&other, Some("0123456789abcdef0123456789abcdef"), &claims)),
            ("a kid that is a path", signed(ours, Some("../../etc/passwd"), &claims)),
            ("no kid", signed(ours, None, &claims)),
            ("another audience", signed(ours, kid, &changed(&claims, "aud", json!("other")))),
            ("no audience", signed(ours, kid, &changed(&claims, "aud", Value::Null))),
            ("another issuer", signed(ours, kid, &changed(&claims, "iss", json!("other")))),
            ("no issuer", signed(ours, kid, &changed(&claims, "iss", Value::Null))),
            ("no end", signed(ours, kid, &changed(&claims, "exp", Value::Null))),
            ("an end in the past", signed(ours, kid, &changed(&claims, "exp", json!(NOON / 1000)))),
            ("not good yet", signed(ours, kid, &changed(&claims, "nbf", json!(NOON / 1000 + 60)))),
            ("RS256 in the header", format!("{}.{}.{}", encoded(&json!({"typ": "JWT", "alg": "RS256", "kid": key.id})), parts[1], parts[2])),
            ("ES256 in the header", format!("{}.{}.{}", encoded(&json!({"typ": "JWT", "alg": "ES256", "kid": key.id})), parts[1], parts[2])),
            ("HS256 in the header", format!("{}.{}.{}", encoded(&json!({"typ": "JWT", "alg": "HS256", "kid": key.id})), parts[1], parts[2])),
            ("other claims under our signature", format!("{}.{}.{}", parts[0], encoded(&changed(&claims, "sid", part(thief.token(), 1)["sid"].clone())), parts[2])),
            ("another header under our signature", format!("{}.{}.{}", encoded(&changed(&header, "typ", json!("at+jwt"))), parts[1], parts[2])),
            ("longer than any of ours, though well signed", signed(ours, kid, &changed(&claims, "more", json!("x".repeat(1024))))),
            ("no session", signed(ours, kid, &changed(&claims, "sid", Value::Null))),
            ("an unknown session", signed(ours, kid, &changed(&claims, "sid", json!("0".repeat(32))))),
            ("claims under somebody else's signature", format!("{}.{}.{}", parts[0], parts[1], stolen[2])),
            ("no signature", format!("{}.{}", parts[0], parts[1])),
            ("a fourth part", format!("{}.{}", victim.token(), parts[2])),
            ("half a token", victim.token()[..victim.token().len() / 2].to_owned()),
            ("nothing", String::new()),
            ("dots", "..".to_owned()),
            ("garbage", "garbage".to_owned()),
            ("a long one", "A".repeat(6000)),
        ];
        for (what, token) in forgeries {
            let reply = app.with_token(&token).get("/me").await;
            assert_eq!(reply.status, 401, "{what}: {}", reply.text);
            reply.problem(401, "unauthenticated");
        }
        victim.get("/me").await.expect(200);
        app.with_token(&signed(ours, kid, &changed(&claims, "nbf", json!(NOON / 1000)))).get("/me").await.expect(200);
    }

    async fn who_had_a_token_that_has_expired_is_not_held_any_more(backend) {
        let app = TestApp::start(backend).await;
        let accounts = &app.services.accounts;
        let actor = app.log_in("admin", ADMIN_PASSWORD).await;
        app.clock.advance_seconds(60);
        let later = app.log_in("admin", ADMIN_PASSWORD).await;
        actor.get("/me").await.expect(200);
        later.get("/me").await.expect(200);
        assert_eq!(accounts.forget_expired(), 2, "both are good still");
        app.clock.advance_seconds(15 * 60 - 60);
        assert_eq!(accounts.forget_expired(), 1);
        later.get("/me").await.expect(200);
        actor.get("/me").await.problem(401, "unauthenticated");
        app.clock.advance_seconds(60);
        assert_eq!(accounts.forget_expired(), 0);
    }

    async fn a_server_that_runs_for_months_changes_its_key_and_forgets_the_old_one(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        world.add("zs", "B1").await;
        let accounts = &app.services.accounts;
        let kid = |tickets: &Value| part(tickets["access_token"].as_str().unwrap(), 0)["kid"].clone();
        app.clock.advance_seconds(90 * 86_400 - 60);
        accounts.keep_keys().await.unwrap();
        let before = log_in(&app, "zs", PASSWORD).await;
        app.clock.advance_seconds(120);
        accounts.keep_keys().await.unwrap();
        let after = log_in(&app, "zs", PASSWORD).await;
        assert_ne!(kid(&after), kid(&before), "the old key has signed long enough");
        // What it has signed is good until it is over by itself.
        app.clock.advance_seconds(15 * 60 - 121);
        accounts.keep_keys().await.unwrap();
        holder(&app, &before).get("/me").await.expect(200);
        let keys = app.services.context.database.read(keys::list_keys);
        assert_eq!(keys.await.unwrap().len(), 2);
        app.clock.advance_seconds(3600);
        accounts.keep_keys().await.unwrap();
        assert_eq!(signing_key(&app).await.id, kid(&after));
        let keys = app.services.context.database.read(keys::list_keys);
        assert_eq!(keys.await.unwrap().len(), 1, "the old key is forgotten");
        refresh(&app, &before).await;
    }

    async fn a_rotation_by_another_process_ends_every_access_token_and_no_session(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        world.add("zs", "B1").await;
        let old = signing_key(&app).await;
        let tickets = log_in(&app, "zs", PASSWORD).await;
        let holder = holder(&app, &tickets);
        holder.get("/me").await.expect(200);
        app.another_instance().await.accounts.rotate_keys().await.unwrap();
        // PostgreSQL tells at once; on SQLite the server asks twice a second.
        for _ in 0..500 {
            if backend == crate::harness::Backend::Sqlite {
                app.services.accounts.keep_keys().await.unwrap();
            }
            if holder.get("/me").await.status == 401 {
                break;
            }
            actix_web::rt::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        holder.get("/me").await.problem(401, "unauthenticated");
        // Nor is anything taken that the old key signs from now on.
        let claims = part(holder.token(), 1);
        let forged = signed(&old.secret, Some(&old.id), &changed(&claims, "exp", json!(NOON / 1000 + 3600)));
        app.with_token(&forged).get("/me").await.problem(401, "unauthenticated");
        let renewed = refresh(&app, &tickets).await;
        let renewed = app.with_token(renewed["access_token"].as_str().unwrap());
        assert_ne!(part(renewed.token(), 0)["kid"], old.id);
        renewed.get("/me").await.expect(200);
    }

    async fn a_token_counts_only_behind_the_word_bearer(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let member = world.member(&app, "zs", "B1").await;
        let token = member.token();
        let send = async |value: String| {
            let request = app.anonymous().request(Method::GET, "/me").header("authorization", value);
            Actor::send(request).await
        };
        app.anonymous().get("/me").await.problem(401, "unauthenticated");
        for value in [token.to_owned(), format!("Basic {token}"), format!("Token {token}"), "Bearer".to_owned()] {
            send(value).await.problem(401, "unauthenticated");
        }
        // The scheme's case does not matter (RFC 9110, section 11.1).
        send(format!("bearer {token}")).await.expect(200);
        // Nor is a token taken from the address, where it would end in logs.
        app.anonymous().get(&format!("/me?access_token={token}")).await.problem(401, "unauthenticated");
    }

    async fn tokens_outlive_a_restart(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        world.add("zs", "B1").await;
        let tickets = log_in(&app, "zs", PASSWORD).await;
        let (access, refresh_token) =
            (tickets["access_token"].as_str().unwrap(), tickets["refresh_token"].as_str().unwrap());
        let start = async || {
            let database = app.services.context.database.clone();
            let clock = Arc::clone(&app.clock) as Arc<dyn Clock>;
            Services::start(database, Settings::default(), clock, Arc::new(SystemEntropy)).await.unwrap()
        };
        let again = start().await;
        let principal = &again.accounts.authenticate(access).await.unwrap().principal;
        assert_eq!(json!(principal.member_id.0), tickets["member"]["id"]);
        let refreshed = again.accounts.refresh(refresh_token, Carrier::Body).await.unwrap();
        // What either of them signs, the other takes; what is used up at one is used up at the other.
        app.with_token(&refreshed.access_token).get("/me").await.expect(200);
        assert_eq!(signing_key(&app).await.id, part(access, 0)["kid"]);
        app.anonymous().post("/auth/refresh", refresh_with(&tickets)).await.problem(401, "invalid-refresh-token");
        assert!(again.accounts.authenticate(&refreshed.access_token).await.is_err());
    }

    async fn an_instance_takes_what_another_signs_with_a_newer_key(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        world.add("zs", "B1").await;
        let old = part(log_in(&app, "zs", PASSWORD).await["access_token"].as_str().unwrap(), 0);
        app.clock.advance_seconds(91 * 86_400);
        let database = app.services.context.database.clone();
        let clock = Arc::clone(&app.clock) as Arc<dyn Clock>;
        let newer = Services::start(database, Settings::default(), clock, Arc::new(SystemEntropy)).await.unwrap();
        let origin = Origin { address: [127, 0, 0, 1].into(), devices: None };
        let tickets = newer.accounts.log_in("zs", PASSWORD.into(), "电脑".into(), Carrier::Body, &origin).await.unwrap();
        assert_ne!(part(&tickets.access_token, 0)["kid"], old["kid"], "a key does not sign for ever");
        app.with_token(&tickets.access_token).get("/me").await.expect(200);
        // And the newer one takes what the older one still signs.
        let tickets = log_in(&app, "zs", PASSWORD).await;
        assert!(newer.accounts.authenticate(tickets["access_token"].as_str().unwrap()).await.is_ok());
    }
}
