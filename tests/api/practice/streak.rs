//! Days in a row: which day an answer counts for, and what breaks a streak.

use super::{HOUR, begin, path, practise, study};
use crate::harness::{NOON, PASSWORD, TestApp, Value, World, json, on_both_databases, right_answers};

on_both_databases! {
    async fn a_streak_counts_local_days_and_breaks_with_a_day_left_out(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        world.add("zs", "B1").await;
        // NOON is 12:00 in Shanghai: twelve hours to midnight.
        let at = async |ms: i64| {
            app.clock.set(NOON + ms);
            app.log_in("zs", PASSWORD).await
        };
        let member = at(0).await;
        assert_eq!(study(&member).await, (0, 0, 0));
        let member = at(12 * HOUR - 1).await;
        practise(&member, "single-00", &["A"]).await;
        assert_eq!(study(&member).await, (1, 1, 1));
        // A millisecond later it is tomorrow: the streak holds, today has nothing yet.
        let member = at(12 * HOUR).await;
        assert_eq!(study(&member).await, (1, 1, 0));
        practise(&member, "single-00", &["B"]).await;
        practise(&member, "single-01", &["B"]).await;
        assert_eq!(study(&member).await, (2, 2, 2));
        // The last moment of the day after, and one too late.
        let member = at(60 * HOUR - 1).await;
        assert_eq!(study(&member).await, (2, 2, 0));
        let member = at(60 * HOUR).await;
        assert_eq!(study(&member).await, (0, 2, 0));
        practise(&member, "single-01", &["A"]).await;
        assert_eq!(study(&member).await, (1, 2, 1));
    }

    async fn an_attempt_counts_for_the_streak_on_the_day_it_is_handed_in(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        world.add("zs", "B1").await;
        let quiz = world.quiz(json!({"kind": "exam", "reveal": "never", "duration_seconds": 3600})).await;
        app.clock.set(NOON + 12 * HOUR - 1000);
        let member = app.log_in("zs", PASSWORD).await;
        let attempt = member.post_nothing(&begin(&quiz)).await.expect(201);
        assert_eq!(study(&member).await, (0, 0, 0), "begun is not studied");
        app.clock.set(NOON + 12 * HOUR);
        world.submit(&member, &attempt, 2).await;
        assert_eq!(study(&member).await, (1, 1, 5));
        // An attempt that runs out counts with what was answered in it, an empty one not at all.
        app.clock.set(NOON + 36 * HOUR);
        let member = app.log_in("zs", PASSWORD).await;
        let empty = member.post_nothing(&begin(&quiz)).await.expect(201);
        member.post_nothing(&path(&empty, "/submit")).await.expect(200);
        assert_eq!(study(&member).await, (1, 1, 0));
        let attempt = member.post_nothing(&begin(&quiz)).await.expect(201);
        let answers: Vec<Value> = right_answers(&attempt).into_iter().take(2).collect();
        member.put(&path(&attempt, "/answers"), json!({"answers": answers})).await.expect(204);
        app.clock.advance_seconds(3606);
        assert_eq!(app.services.attempts.sweep().await.unwrap(), 1);
        let member = app.log_in("zs", PASSWORD).await;
        assert_eq!(study(&member).await, (2, 2, 2));
    }
}
