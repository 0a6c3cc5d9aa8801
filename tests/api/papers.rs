//! Papers cannot be foretold, and the clock is the server's.

use std::collections::{BTreeSet, HashSet};
use std::sync::{Arc, Mutex};

use qianti::domain::ids::{AttemptId, QuizId};
use qianti::services::{Entropy, ServiceError, SystemEntropy};
use qianti::store::attempts;

use crate::harness::{NOON, TestApp, Value, World, json, on_both_databases};

/// Bytes of an attempt's id that are random, and of a seed.
const OF_ID: usize = 10;
const OF_SEED: usize = 8;

/// The system's random source, watched; what is asked for in some length is zeros instead.
struct Watched {
    zeros: usize,
    seeds: Mutex<Vec<u64>>,
}

impl Watched {
    fn new(zeros: usize) -> Arc<Self> {
        Arc::new(Self { zeros, seeds: Mutex::default() })
    }
}

impl Entropy for Watched {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), ServiceError> {
        if bytes.len() == self.zeros {
            bytes.fill(0);
            return Ok(());
        }
        SystemEntropy.fill(bytes)?;
        if let Ok(seed) = <[u8; OF_SEED]>::try_from(&*bytes) {
            self.seeds.lock().unwrap().push(u64::from_le_bytes(seed));
        }
        Ok(())
    }
}

async fn quiz(world: &World) -> QuizId {
    let sections = json!([{"kinds": ["single"], "count": 10, "points": 1}]);
    QuizId(world.quiz(json!({"sections": sections})).await["id"].as_i64().unwrap())
}

fn order(view: &qianti::services::attempts::AttemptView) -> String {
    let mut items = Vec::new();
    view.write_items(&mut items);
    String::from_utf8(items).unwrap()
}

on_both_databases! {
    async fn a_seed_comes_from_the_systems_random_source_and_not_from_id_or_time(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let quiz = quiz(&world).await;
        let crowd = world.crowd(12).await;
        // The random part of every id is zero: an id tells the time and nothing else.
        let watched = Watched::new(OF_ID);
        let services = app.another_instance_with(Arc::clone(&watched) as _).await;
        let (mut ids, mut seeds, mut papers) = (BTreeSet::new(), Vec::new(), HashSet::new());
        for member in &crowd {
            app.clock.advance_ms(1);
            let (begun, _) = services.attempts.begin(member, quiz, None).await.unwrap();
            ids.insert(begun.attempt.id.0.clone());
            seeds.push(begun.attempt.seed);
            papers.insert(order(&begun));
        }
        assert!(ids.iter().all(|id| id.ends_with("-7000-8000-000000000000")), "{ids:?}");
        // Each seed is what the source gave, in the order of asking, and no two papers are alike.
        assert_eq!(seeds, *watched.seeds.lock().unwrap());
        assert_eq!(seeds.iter().collect::<HashSet<_>>().len(), crowd.len());
        assert_eq!(papers.len(), crowd.len());
    }

    async fn a_paper_depends_on_its_seed_alone(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let quiz = quiz(&world).await;
        let services = app.another_instance_with(Watched::new(OF_SEED)).await;
        let mut papers = HashSet::new();
        for member in &world.crowd(6).await {
            app.clock.advance_seconds(1);
            let (begun, _) = services.attempts.begin(member, quiz, None).await.unwrap();
            papers.insert(order(&begun));
        }
        assert_eq!(papers.len(), 1, "member, id and time have a part in it");
    }

    async fn a_seed_is_never_shown(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let member = world.member(&app, "zs", "B1").await;
        let quiz = world.quiz(json!({})).await;
        let begun = member.post_nothing(&format!("/quizzes/{}/attempts", quiz["id"])).await;
        let id = serde_json::from_str::<Value>(&begun.text).unwrap()["id"].as_str().unwrap().to_owned();
        let wanted = AttemptId(id.clone());
        let row = app.services.context.database.read(move |connection| attempts::get_attempt(connection, &wanted)).await;
        let seed = row.unwrap().seed;
        let mut shown = vec![begun];
        for path in [format!("/attempts/{id}"), "/me/attempts".into(), "/me/data".into()] {
            shown.push(member.get(&path).await);
        }
        shown.push(member.post_nothing(&format!("/attempts/{id}/submit")).await);
        shown.push(member.get("/me/data").await);
        for path in [format!("/quizzes/{}/attempts", quiz["id"]), format!("/attempts/{id}/events"), "/audit?limit=200".into()] {
            shown.push(world.admin.get(&path).await);
        }
        let written = [seed.to_string(), seed.cast_signed().to_string(), format!("{seed:x}"), format!("{seed:016x}")];
        for reply in shown {
            assert_eq!(reply.status / 100, 2, "{}", reply.text);
            assert!(!reply.text.contains("seed"), "{}", reply.text);
            assert!(written.iter().all(|seed| !reply.text.contains(seed)), "{}", reply.text);
        }
    }

    async fn the_clock_is_the_servers_whatever_a_client_says(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let member = world.member(&app, "zs", "B1").await;
        let quiz = world.quiz(json!({"duration_seconds": 60})).await;
        let begin = format!("/quizzes/{}/attempts", quiz["id"]);
        let early = "2020-01-01T00:00:00Z";
        let attempt = member.post(&begin, json!({"started_at": early})).await.expect(201);
        let at = |ms: i64| json!(jiff::Timestamp::from_millisecond(ms).unwrap().to_string());
        assert_eq!((&attempt["started_at"], &attempt["deadline"]), (&at(NOON), &at(NOON + 60_000)));
        let path = |call: &str| format!("/attempts/{}{call}", attempt["id"].as_str().unwrap());
        for body in [
            json!({"answers": [], "at": early}),
            json!({"answers": [], "submitted_at": early}),
            json!({"answers": [], "elapsed_ms": 1}),
            json!({"answers": [{"no": 1, "answer": [], "at": early}]}),
        ] {
            member.put(&path("/answers"), body.clone()).await.problem(422, "invalid-fields");
            member.post(&path("/submit"), body).await.problem(422, "invalid-fields");
        }
        // A header is no clock either.
        app.clock.advance_seconds(40);
        let dated = member.request(reqwest::Method::POST, &path("/submit")).header("Date", "Wed, 01 Jan 2020 00:00:00 GMT");
        let result = crate::harness::Actor::send(dated).await.expect(200);
        assert_eq!((&result["elapsed_ms"], &result["submitted_at"]), (&json!(40_000), &at(NOON + 40_000)));
        // Nor does a later word change it.
        app.clock.advance_seconds(3_600);
        let member = world.again(&app, "zs").await;
        let again = member.post_nothing(&path("/submit")).await.expect(200);
        assert_eq!((&again["elapsed_ms"], &again["submitted_at"]), (&result["elapsed_ms"], &result["submitted_at"]));
    }
}
