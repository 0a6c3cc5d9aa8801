//! The keys that sign access tokens: their rotation, a restart, several instances.

use std::sync::Arc;

use qianti::services::accounts::Carrier;
use qianti::services::{Clock, Origin, Settings, SystemEntropy};
use qianti::store::keys;

use super::{changed, holder, log_in, part, refresh, refresh_with, signed, signing_key};
use crate::harness::{NOON, PASSWORD, Services, TestApp, Value, World, json, on_both_databases};

on_both_databases! {
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
