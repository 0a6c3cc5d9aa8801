//! News of boards, as server-sent events.

use std::time::Duration;

use reqwest::{Method, Response};

use crate::harness::{Actor, Settings, TestApp, Value, World, json, on_both_databases};

/// Long enough for anything that happens at all; a test that waits this long has failed.
const LONG: Duration = Duration::from_secs(60);

/// A stream that somebody listens to.
struct Listening {
    response: Response,
    heard: String,
}

async fn listen(actor: &Actor, board: &str) -> Listening {
    let request = actor.request(Method::GET, &format!("/leaderboards/stream?{board}"));
    let response = request.header("accept-encoding", "gzip").send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    assert_eq!(response.headers()["cache-control"], "no-store");
    assert!(
        !response.headers().contains_key("content-encoding")
            || response.headers()["content-encoding"] == "identity"
    );
    let mut listening = Listening { response, heard: String::new() };
    assert!(listening.message().await.unwrap().starts_with(": "), "the stream shows that it is open");
    listening
}

impl Listening {
    /// The next message; `None` when the stream has ended.
    async fn message(&mut self) -> Option<String> {
        loop {
            if let Some((message, rest)) = self.heard.split_once("\n\n") {
                let message = message.to_owned();
                self.heard = rest.to_owned();
                return Some(message);
            }
            let chunk = tokio::time::timeout(LONG, self.response.chunk()).await.expect("no word for long");
            // A server that goes away may cut the line.
            self.heard.push_str(std::str::from_utf8(&chunk.ok().flatten()?).unwrap());
        }
    }

    /// The next event that is no mere sign of life; `None` when the stream has ended.
    async fn event(&mut self) -> Option<String> {
        loop {
            let message = self.message().await?;
            if !message.starts_with(':') {
                return Some(message);
            }
        }
    }

    #[track_caller]
    fn expect_changed(event: Option<String>) -> Value {
        let event = event.expect("the stream has ended");
        let data = event.strip_prefix("event: changed\ndata: ").unwrap_or_else(|| panic!("{event}"));
        serde_json::from_str(data).unwrap()
    }
}

on_both_databases! {
    async fn a_board_that_changes_is_told_and_no_other(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let (contest, other) = (world.quiz(json!({})).await, world.quiz(json!({})).await);
        let practice = world.quiz(json!({"kind": "practice"})).await;
        let member = world.member(&app, "zs", "B1").await;
        let listener = world.member(&app, "ls", "B3").await;
        let mut on_contest = listen(&listener, &format!("quiz={}", contest["id"])).await;
        let mut on_other = listen(&listener, &format!("quiz={}", other["id"])).await;
        let mut on_practice = listen(&listener, &format!("quiz={}", practice["id"])).await;
        let mut on_day = listen(&listener, "period=day").await;
        world.attempt(&member, &contest, 3).await;
        let told = Listening::expect_changed(on_contest.event().await);
        assert_eq!(told, json!({"as_of": "2026-11-23T04:00:00Z"}));
        Listening::expect_changed(on_day.event().await);
        // What is told is there already.
        let board = listener.get(&format!("/leaderboards/members?quiz={}", contest["id"])).await.expect(200);
        assert_eq!(board["items"].as_array().unwrap().len(), 1);
        // The other streams have heard nothing so far: their first event is of their own quiz.
        app.clock.advance_seconds(7);
        world.attempt(&member, &practice, 1).await;
        let told = Listening::expect_changed(on_practice.event().await);
        assert_eq!(told, json!({"as_of": "2026-11-23T04:00:07Z"}));
        app.clock.advance_seconds(7);
        world.attempt(&member, &other, 1).await;
        for stream in [&mut on_other, &mut on_day] {
            let told = Listening::expect_changed(stream.event().await);
            assert_eq!(told, json!({"as_of": "2026-11-23T04:00:14Z"}), "practice never counts in a period");
        }
    }

    async fn an_attempt_that_its_deadline_settles_is_told_too(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let quiz = world.quiz(json!({"duration_seconds": 60})).await;
        let member = world.member(&app, "zs", "B1").await;
        let mut stream = listen(&member, &format!("quiz={}", quiz["id"])).await;
        member.post_nothing(&format!("/quizzes/{}/attempts", quiz["id"])).await.expect(201);
        app.clock.advance_seconds(66);
        assert_eq!(app.services.attempts.sweep().await.unwrap(), 1);
        Listening::expect_changed(stream.event().await);
    }

    async fn many_results_at_once_make_few_events(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let quiz = world.quiz(json!({})).await;
        let member = world.member(&app, "zs", "B1").await;
        let mut stream = listen(&member, &format!("quiz={}", quiz["id"])).await;
        let id = qianti::domain::ids::QuizId(quiz["id"].as_i64().unwrap());
        for _ in 0..1000 {
            app.services.context.signals.results_changed(id, true);
        }
        Listening::expect_changed(stream.event().await);
        app.services.context.signals.close();
        let mut events = 1;
        while let Some(event) = stream.event().await {
            Listening::expect_changed(Some(event));
            events += 1;
        }
        assert!(events <= 2, "{events} events of one moment");
    }

    async fn a_stream_ends_with_its_session(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        world.add("zs", "B1").await;
        let password = "Member-Pass-2026";
        let (lost, here) = (app.log_in("zs", password).await, app.log_in("zs", password).await);
        let mut on_lost = listen(&lost, "period=all").await;
        let mut on_here = listen(&here, "period=all").await;
        here.delete("/me/sessions").await.expect(204);
        assert_eq!(on_lost.event().await, None);
        // The one that stays goes on.
        let quiz = world.quiz(json!({})).await;
        world.attempt(&here, &quiz, 1).await;
        Listening::expect_changed(on_here.event().await);
        here.post_nothing("/auth/logout").await.expect(204);
        assert_eq!(on_here.event().await, None);
    }

    async fn nobody_listens_longer_than_their_access_token_lasts(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let member = world.member(&app, "zs", "B1").await;
        let mut stream = listen(&member, "period=all").await;
        app.clock.advance_seconds(900);
        // The next sign of life is the last look at the token.
        assert_eq!(stream.event().await, None);
    }

    async fn streams_end_at_once_when_the_server_is_told_to(backend) {
        let app = TestApp::start(backend).await;
        let member = World::build(&app).await.member(&app, "zs", "B1").await;
        let mut streams = [listen(&member, "period=all").await, listen(&member, "period=day").await];
        app.services.context.signals.close();
        for stream in &mut streams {
            assert_eq!(stream.event().await, None);
        }
    }

    async fn too_many_streams_are_turned_away_and_places_come_free(backend) {
        let app = TestApp::start_with(backend, Settings { open_streams: 2, ..Settings::default() }).await;
        let world = World::build(&app).await;
        let member = world.member(&app, "zs", "B1").await;
        let mut streams = [listen(&member, "period=all").await, listen(&world.admin, "period=all").await];
        world.admin.get("/leaderboards/stream?period=all").await.problem(503, "busy");
        member.post_nothing("/auth/logout").await.expect(204);
        assert_eq!(streams[0].event().await, None);
        listen(&world.admin, "period=all").await;
    }

    async fn one_member_does_not_take_all_places(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let member = world.member(&app, "zs", "B1").await;
        let mut open = Vec::new();
        for _ in 0..6 {
            open.push(listen(&member, "period=all").await);
        }
        member.get("/leaderboards/stream?period=all").await.problem(503, "busy");
        listen(&world.admin, "period=all").await;
    }

    async fn a_board_that_is_none_is_refused(backend) {
        let app = TestApp::start(backend).await;
        let admin = app.admin().await;
        for (query, pointer) in [("", "/period"), ("?quiz=1&period=day", "/period"), ("?quiz=x", "/quiz"), ("?period=year", "/period")] {
            assert_eq!(admin.get(&format!("/leaderboards/stream{query}")).await.pointers(), [pointer], "{query}");
        }
        // A refusal takes no place: more of them than one member has.
        for _ in 0..10 {
            admin.get("/leaderboards/stream?quiz=999999").await.problem(404, "not-found");
        }
        listen(&admin, "period=all").await;
    }
}
