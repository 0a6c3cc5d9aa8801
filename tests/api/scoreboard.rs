//! The rankings in memory: what they are while many submit at once, and what other instances see.

use futures_util::future::join_all;
use qianti::domain::ids::QuizId;
use qianti::domain::period::Period;
use qianti::domain::roles::Principal;
use qianti::services::Services;
use qianti::services::leaderboards::Board;

use crate::harness::{TestApp, World, json, on_both_databases};

const MEMBERS: usize = 12;
const ROUNDS: usize = 6;

/// Takes the quiz with answers that depend on `seed`.
async fn take(services: &Services, principal: &Principal, quiz: QuizId, seed: usize) {
    let (begun, _) = services.attempts.begin(principal, quiz, None).await.unwrap();
    let answers: Vec<(u32, Vec<String>)> = (1..=5)
        .filter(|no| seed.is_multiple_of(*no as usize))
        .map(|no| (no, vec!["true".to_owned()]))
        .collect();
    services.attempts.submit(principal, begun.attempt.id.clone(), &answers, None).await.unwrap();
}

async fn attempts_on(services: &Services, caller: &Principal, board: Board) -> u32 {
    let open = services.leaderboards.members(caller, board, None).await.unwrap();
    let page = services.leaderboards.page(&open, None, 200).await.unwrap();
    page.rows.iter().map(|row| row.standing.attempts).sum()
}

on_both_databases! {
    /// Boards are asked for the first time while results come in, and again and again meanwhile.
    async fn boards_are_what_the_attempts_say_whenever_they_are_first_asked_for(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let judge = json!({"kinds": ["judge"], "count": 5, "points": 20, "title": ""});
        let quiz = world.quiz(json!({"sections": [judge]})).await["id"].as_i64().unwrap();
        let crowd = world.crowd(MEMBERS).await;
        let services = &app.services;
        let board = Board::Quiz(QuizId(quiz));
        let answering = crowd.iter().enumerate().map(|(number, principal)| async move {
            for round in 0..ROUNDS {
                take(services, principal, QuizId(quiz), number * 7 + round).await;
                let unit = Some(principal.unit_id).filter(|_| round % 2 == 0);
                let open = services.leaderboards.members(principal, board, unit).await.unwrap();
                // Whoever has an answer is on the board.
                let own = services.leaderboards.own(&open, principal.member_id).await.unwrap().unwrap();
                assert_eq!(own.standing.attempts as usize, round + 1);
            }
        });
        join_all(answering).await;
        let (boards, differences) = services.leaderboards.verify().await.unwrap();
        assert!(boards >= 5, "{boards} boards");
        assert_eq!(differences, vec![]);
        for board in [board, Board::Period(Period::Day, None), Board::Period(Period::All, None)] {
            assert_eq!(attempts_on(services, &crowd[0], board).await as usize, MEMBERS * ROUNDS);
        }
        let diagnosis = services.examine().await.unwrap();
        assert_eq!(diagnosis.faults, Vec::<String>::new());
        assert_eq!(diagnosis.attempts, MEMBERS * ROUNDS);
    }

    async fn instances_follow_each_others_results_and_changes(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let judge = json!({"kinds": ["judge"], "count": 5, "points": 20, "title": ""});
        let quiz = world.quiz(json!({"sections": [judge]})).await["id"].as_i64().unwrap();
        let crowd = world.crowd(MEMBERS).await;
        let other = app.another_instance().await;
        let board = Board::Quiz(QuizId(quiz));
        let caller = &crowd[0];
        assert_eq!(attempts_on(&other, caller, board).await, 0);
        // Both write at the same time, and each is told of the other's by asking.
        let pairs = crowd.chunks(2).map(|pair| async {
            take(&app.services, &pair[0], QuizId(quiz), 3).await;
            take(&other, &pair[1], QuizId(quiz), 4).await;
        });
        join_all(pairs).await;
        for services in [&other, &*app.services] {
            services.leaderboards.follow().await.unwrap();
            services.leaderboards.follow().await.unwrap();
            assert_eq!(attempts_on(services, caller, board).await as usize, MEMBERS);
            assert_eq!(services.leaderboards.verify().await.unwrap().1, vec![]);
        }
        // An attempt that is begun at one can be gone on with at the other.
        let (begun, _) = app.services.attempts.begin(caller, QuizId(quiz), None).await.unwrap();
        let id = begun.attempt.id.clone();
        let answers = vec![(1, vec!["true".to_owned()])];
        other.attempts.save(caller, id.clone(), &answers, None).await.unwrap();
        if app.services.context.database.backend() == crate::harness::Backend::Postgres {
            let shown = app.services.attempts.show(caller, id.clone()).await.unwrap();
            assert_eq!(shown.attempt.answers.len(), 1);
        }
        let answers = vec![(2, vec!["false".to_owned()])];
        let done = app.services.attempts.submit(caller, id.clone(), &answers, None).await.unwrap();
        assert_eq!(done.attempt.answers.len(), 2);
        let again = other.attempts.submit(caller, id, &answers, None).await.unwrap();
        assert_eq!(again.attempt.result, done.attempt.result);
    }
}
