//! Refresh tokens: each works once, and one that is used again ends its chain.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use qianti::services::Settings;

use super::{assert_over, holder, log_in, refresh, refresh_with};
use crate::harness::{PASSWORD, TestApp, World, json, on_both_databases};

on_both_databases! {
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
}
