//! Access tokens: how long they are good, forged and broken ones, the word that they stand behind.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::SigningKey;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use reqwest::Method;

use super::{changed, part, signed, signing_key};
use crate::harness::{ADMIN_PASSWORD, Actor, NOON, TestApp, Value, World, json, on_both_databases};

fn encoded(part: &Value) -> String {
    URL_SAFE_NO_PAD.encode(part.to_string())
}

on_both_databases! {
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
}
