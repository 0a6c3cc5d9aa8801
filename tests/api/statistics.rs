//! The statistics: every result in the sums once, whoever follows and whatever happens meanwhile.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::future::{join, join_all, join3};
use jiff::civil::date;
use qianti::domain::ids::{QuestionId, QuizId};
use qianti::domain::item_statistics::ItemSums;
use qianti::domain::roles::Principal;
use qianti::domain::unit_day::{ResultSums, UnitDay, UnitDayKey};
use qianti::services::Services;
use qianti::services::statistics::{Followed, Lag};
use qianti::store::statistics::{self as sums, DayFilter, ItemKey, Turn, WhichQuizzes};

use crate::harness::{Settings, TestApp, Value, World, json, on_both_databases};

const MEMBERS: usize = 9;
const ROUNDS: usize = 6;

/// Takes the quiz with answers that depend on `seed`; answers the attempt's id.
async fn take(services: &Services, principal: &Principal, quiz: QuizId, seed: usize) -> String {
    let (begun, _) = services.attempts.begin(principal, quiz, None).await.unwrap();
    let answers: Vec<(u32, Vec<String>)> = (1..=5)
        .filter(|no| seed.is_multiple_of(*no as usize))
        .map(|no| (no, vec![seed.is_multiple_of(2).to_string()]))
        .collect();
    services.attempts.submit(principal, begun.attempt.id.clone(), &answers, None).await.unwrap();
    begun.attempt.id.0.clone()
}

/// Follows again and again until `done`; whoever overtakes whom.
async fn follow_until(services: &Services, done: &AtomicBool) {
    while !done.load(Ordering::SeqCst) {
        services.statistics.follow().await.unwrap();
        tokio::task::yield_now().await;
    }
}

/// All sums of results, added up.
async fn total(services: &Services) -> ResultSums {
    let read = |connection: &mut _| {
        let mut total = ResultSums::default();
        let all =
            DayFilter { days: (date(2000, 1, 1), date(2100, 1, 1)), quizzes: WhichQuizzes::All, units: None };
        sums::for_each_unit_day(connection, &all, |_, day| total.add(&day.sums)).map(|()| total)
    };
    services.context.database.read(read).await.unwrap()
}

async fn judge_quiz(world: &World) -> QuizId {
    let sections = json!([{"kinds": ["judge"], "count": 5, "points": 20, "title": ""}]);
    let quiz = world.quiz(json!({"sections": sections, "attempts_allowed": 100})).await;
    QuizId(quiz["id"].as_i64().unwrap())
}

async fn void(world: &World, attempt: &str) {
    let body = json!({"reason": "代他人答题"});
    world.admin.post(&format!("/attempts/{attempt}/void"), body).await.expect(204);
}

on_both_databases! {
    /// Two instances write and follow at the same time, while attempts are voided.
    async fn every_result_is_in_the_sums_once_under_load(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let (quizzes, crowd) = ([judge_quiz(&world).await, judge_quiz(&world).await], world.crowd(MEMBERS).await);
        let other = app.another_instance().await;
        let done = AtomicBool::new(false);
        let services = [&*app.services, &other];
        let answering = crowd.iter().enumerate().map(|(number, principal)| {
            let (world, done_by) = (&world, services[number % 2]);
            async move {
                let mut made = 0;
                for round in 0..ROUNDS {
                    let attempt = take(done_by, principal, quizzes[(number + round) % 2], number * 31 + round).await;
                    if (number + round) % 4 == 0 {
                        void(world, &attempt).await;
                    } else {
                        made += 1;
                    }
                }
                made
            }
        });
        let answering = async {
            let made: i64 = join_all(answering).await.into_iter().sum();
            done.store(true, Ordering::SeqCst);
            made
        };
        let (made, (), ()) =
            join3(answering, follow_until(&app.services, &done), follow_until(&other, &done)).await;
        join(async { other.statistics.catch_up().await.unwrap() }, async { app.services.statistics.catch_up().await.unwrap() }).await;
        assert_eq!(total(&app.services).await.results, made);
        let compared = app.services.statistics.verify().await.unwrap();
        assert_eq!(compared.faults, Vec::<String>::new());
        assert_eq!(i64::try_from(compared.results).unwrap(), made);
        assert!(compared.sums > 8, "{compared:?}");
    }

    async fn voided_attempts_leave_the_sums_whenever_that_happens(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let (quiz, crowd) = (judge_quiz(&world).await, world.crowd(MEMBERS).await);
        let services = &app.services;
        let before = take(services, &crowd[0], quiz, 1).await;
        let kept = take(services, &crowd[0], quiz, 2).await;
        // Before it was ever counted.
        void(&world, &before).await;
        services.statistics.catch_up().await.unwrap();
        assert_eq!(total(services).await.results, 1);
        // After, with another one of the same member on the same day, and a new one in the same turn.
        let after = take(services, &crowd[0], quiz, 3).await;
        services.statistics.catch_up().await.unwrap();
        assert_eq!(total(services).await.results, 2);
        void(&world, &after).await;
        take(services, &crowd[1], quiz, 4).await;
        // Between two turns the sums still have it, and the doctor knows that.
        assert!(services.statistics.verify().await.unwrap().faults.is_empty());
        services.statistics.catch_up().await.unwrap();
        assert_eq!(total(services).await.results, 2);
        assert!(services.statistics.verify().await.unwrap().faults.is_empty());
        let trend = world.admin.get("/reports/trend?period=day").await.expect(200);
        assert_eq!((&trend["days"][0]["participants"], &trend["days"][0]["results"]), (&json!(2), &json!(2)));
        void(&world, &kept).await;
        services.statistics.catch_up().await.unwrap();
        let trend = world.admin.get("/reports/trend?period=day").await.expect(200);
        assert_eq!((&trend["days"][0]["participants"], &trend["days"][0]["results"]), (&json!(1), &json!(1)));
        let items = world.admin.get("/reports/items?bank=1000").await.expect(200);
        let shown: i64 = items["items"].as_array().unwrap().iter().map(|item: &Value| item["shown"].as_i64().unwrap()).sum();
        assert_eq!(shown, 5);
        assert!(services.examine().await.unwrap().faults.is_empty());
    }

    async fn a_turn_that_was_overtaken_writes_nothing(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let (quiz, crowd) = (judge_quiz(&world).await, world.crowd(MEMBERS).await);
        take(&app.services, &crowd[0], quiz, 1).await;
        app.services.statistics.catch_up().await.unwrap();
        let database = &app.services.context.database;
        let progress = database.read(sums::get_progress).await.unwrap();
        let key = UnitDayKey { day: date(2026, 11, 23), unit: crowd[0].unit_id, quiz };
        let late = Turn {
            version: progress.version - 1,
            taken_no: 99,
            days: HashMap::from([(key, UnitDay::default())]),
            ..Turn::default()
        };
        assert!(!database.write_aside(move |connection| sums::write_turn(connection, &late)).await.unwrap());
        assert_eq!(database.read(sums::get_progress).await.unwrap(), progress);
        assert_eq!(total(&app.services).await.results, 1);
        assert_eq!(app.services.statistics.follow().await.unwrap(), Followed::Idle);
    }

    async fn the_doctor_finds_sums_that_are_wrong(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let (quiz, crowd) = (judge_quiz(&world).await, world.crowd(MEMBERS).await);
        take(&app.services, &crowd[0], quiz, 1).await;
        app.services.statistics.catch_up().await.unwrap();
        assert!(app.services.examine().await.unwrap().faults.is_empty());
        let database = &app.services.context.database;
        let progress = database.read(sums::get_progress).await.unwrap();
        let key = UnitDayKey { day: date(2026, 11, 23), unit: crowd[0].unit_id, quiz };
        let item = ItemKey { quiz, question: QuestionId(1), from_revision: 1 };
        let wrong = Turn {
            version: progress.version,
            taken_no: progress.taken_no,
            days: HashMap::from([(key, UnitDay::default())]),
            items: HashMap::from([(item, ItemSums { shown: 7, ..ItemSums::default() })]),
            voids: vec![],
        };
        assert!(database.write_aside(move |connection| sums::write_turn(connection, &wrong)).await.unwrap());
        let faults = app.services.examine().await.unwrap().faults;
        assert_eq!(faults.len(), 2, "{faults:?}");
        assert!(faults[0].contains("unit day") && faults[1].contains("item"), "{faults:?}");
    }

    async fn the_doctor_catches_up_and_says_when_that_does_not_work(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let (quiz, crowd) = (judge_quiz(&world).await, world.crowd(MEMBERS).await);
        for (seed, member) in crowd.iter().take(3).enumerate() {
            take(&app.services, member, quiz, seed + 1).await;
        }
        let examined = app.services.examine().await.unwrap();
        assert_eq!((examined.faults, examined.lag), (vec![], Lag { results: 3, ..Lag::default() }));
        assert_eq!(total(&app.services).await.results, 3);
        assert_eq!(app.services.examine().await.unwrap().lag, Lag::default());
        // No change of the progress is written any more.
        take(&app.services, &crowd[3], quiz, 4).await;
        app.change_schema(match backend {
            crate::harness::Backend::Sqlite => {
                "CREATE TRIGGER stuck BEFORE UPDATE ON statistics_progress BEGIN SELECT RAISE(IGNORE); END"
            }
            crate::harness::Backend::Postgres => "CREATE RULE stuck AS ON UPDATE TO statistics_progress DO INSTEAD NOTHING",
        });
        let examined = app.services.examine().await.unwrap();
        assert_eq!(examined.lag.results, 1);
        assert_eq!(examined.faults.len(), 1, "{:?}", examined.faults);
        assert!(examined.faults[0].contains("1 results behind and could not be caught up"), "{:?}", examined.faults);
    }

    /// What was counted in another time zone is for the server to count anew.
    async fn the_doctor_leaves_the_days_of_another_time_zone_alone(backend) {
        let settings = Settings { timezone: "Europe/Berlin".into(), ..Settings::default() };
        let app = TestApp::start_with(backend, settings).await;
        let world = World::build(&app).await;
        let (quiz, crowd) = (judge_quiz(&world).await, world.crowd(MEMBERS).await);
        take(&app.services, &crowd[0], quiz, 1).await;
        app.services.statistics.catch_up().await.unwrap();
        take(&app.services, &crowd[1], quiz, 2).await;
        let other = app.another_instance().await;
        let examined = other.examine().await.unwrap();
        assert_eq!(examined.faults, Vec::<String>::new());
        assert_eq!((examined.lag.results, examined.lag.other_timezone.as_deref()), (1, Some("Europe/Berlin")));
        assert_eq!(total(&app.services).await.results, 1);
    }

    /// A server that is started with another time zone has other days.
    async fn the_days_of_another_time_zone_begin_anew(backend) {
        let settings = Settings { timezone: "Europe/Berlin".into(), ..Settings::default() };
        let app = TestApp::start_with(backend, settings).await;
        let mut world = World::build(&app).await;
        let (quiz, crowd) = (judge_quiz(&world).await, world.crowd(MEMBERS).await);
        take(&app.services, &crowd[0], quiz, 1).await;
        // 18:00 in Berlin, which is after midnight in Shanghai.
        world.wait(&app, 13 * 3600).await;
        take(&app.services, &crowd[1], quiz, 2).await;
        app.services.statistics.catch_up().await.unwrap();
        let days = || async {
            let trend = world.admin.get("/reports/trend?period=week").await.expect(200);
            let results = |day: &Value| day["results"].as_i64().unwrap();
            trend["days"].as_array().unwrap().iter().map(results).collect::<Vec<_>>()
        };
        assert_eq!(days().await[..3], [2, 0, 0]);
        // The other instance has the usual time zone.
        let other = app.another_instance().await;
        other.statistics.catch_up().await.unwrap();
        assert_eq!(total(&other).await.results, 2);
        assert!(other.statistics.verify().await.unwrap().faults.is_empty());
        let read = |connection: &mut _| sums::list_changed_days(connection, 0);
        let mut found = app.services.context.database.read(read).await.unwrap();
        found.sort_unstable();
        assert_eq!(found, [date(2026, 11, 23), date(2026, 11, 24)]);
        // And back again: what is held in memory is read anew.
        app.services.statistics.catch_up().await.unwrap();
        assert_eq!(days().await[..3], [2, 0, 0]);
    }
}
