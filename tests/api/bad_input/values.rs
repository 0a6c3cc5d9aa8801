//! Fields of a wrong type, times and dates that are none, and numbers out of all bounds.

use super::Site;
use crate::harness::{TestApp, Value, json, on_both_databases};

on_both_databases! {
    async fn a_wrong_type_is_refused_with_the_pointer_of_its_field(backend) {
        let site = Site::build(TestApp::start(backend).await).await;
        let before = site.saved().await;
        let section = |changes: Value| {
            let mut section = json!({"count": 1, "points": 1});
            for (field, value) in changes.as_object().unwrap() {
                section[field] = value.clone();
            }
            json!({"sections": [{"count": 1, "points": 1}, section]})
        };
        for (changes, pointer) in [
            (json!({"sections": [{"count": "five", "points": 1}]}), "/sections/0/count"),
            (section(json!({"count": null})), "/sections/1/count"),
            (section(json!({"count": -1})), "/sections/1/count"),
            (section(json!({"count": 1.5})), "/sections/1/count"),
            (section(json!({"count": 0})), "/sections/1/count"),
            (section(json!({"points": "1"})), "/sections/1/points"),
            (section(json!({"points": 0.001})), "/sections/1/points"),
            (section(json!({"points": 0})), "/sections/1/points"),
            (section(json!({"kinds": "single"})), "/sections/1/kinds"),
            (section(json!({"kinds": ["single", "nonsense"]})), "/sections/1/kinds/1"),
            (section(json!({"chapters": [1]})), "/sections/1/chapters/0"),
            (section(json!({"chapters": ["没有这一章"]})), "/sections/1/chapters/0"),
            (section(json!({"difficulty": 3})), "/sections/1/difficulty"),
            (section(json!({"difficulty": [1]})), "/sections/1/difficulty"),
            (section(json!({"difficulty": [1, "x"]})), "/sections/1/difficulty/1"),
            (section(json!({"difficulty": [4, 2]})), "/sections/1/difficulty"),
            (section(json!({"multiple_rule": "nonsense"})), "/sections/1/multiple_rule"),
            (json!({"sections": [{"points": 1}]}), "/sections/0/count"),
            (json!({"sections": {}}), "/sections"),
            (json!({"sections": []}), "/sections"),
            (json!({"title": 1}), "/title"),
            (json!({"title": null}), "/title"),
            (json!({"title": ""}), "/title"),
            (json!({"title": "长".repeat(201)}), "/title"),
            (json!({"kind": "nonsense"}), "/kind"),
            (json!({"kind": 1}), "/kind"),
            (json!({"bank": "none"}), "/bank"),
            (json!({"unit_id": "1"}), "/unit_id"),
            (json!({"unit_id": 1.5}), "/unit_id"),
            (json!({"unit_id": 999_999}), "/unit_id"),
            (json!({"shuffle_options": "yes"}), "/shuffle_options"),
            (json!({"pass_percent": 101}), "/pass_percent"),
            (json!({"pass_percent": -1}), "/pass_percent"),
            (json!({"reveal": "sometimes"}), "/reveal"),
            (json!({"attempts_allowed": 0}), "/attempts_allowed"),
            (json!({"duration_seconds": "1h"}), "/duration_seconds"),
        ] {
            let body = site.quiz_with(&changes);
            assert_eq!(site.admin().post("/quizzes", body).await.pointers(), [pointer], "{changes}");
            let path = site.path("/quizzes/{quiz}");
            let nothing = changes.get("title") == Some(&Value::Null);
            if !nothing {
                let reply = site.admin().patch(&path, changes.clone()).await;
                assert_eq!(reply.pointers(), [pointer], "PATCH {changes}");
            }
        }
        let mut missing = site.quiz_with(&json!({}));
        missing.as_object_mut().unwrap().remove("title");
        assert_eq!(site.admin().post("/quizzes", missing).await.pointers(), ["/title"]);
        let twice = r#"{"code": "x", "title": "y", "title": "z"}"#;
        assert_eq!(site.send_json("POST", "/banks", twice).await.pointers(), ["/title"]);
        let answers = json!({"answers": [{"no": 1, "answer": ["A"]}, {"no": "2", "answer": []}]});
        let reply = site.admin().put(&site.path("/attempts/{attempt}/answers"), answers).await;
        assert_eq!(reply.pointers(), ["/answers/1/no"]);
        let answers = json!({"answers": [{"no": 1, "answer": "A"}]});
        let reply = site.admin().post(&site.path("/attempts/{attempt}/submit"), answers).await;
        assert_eq!(reply.pointers(), ["/answers/0/answer"]);
        assert_eq!(site.saved().await, before);
    }

    async fn bad_times_and_dates_are_refused(backend) {
        let site = Site::build(TestApp::start(backend).await).await;
        let before = site.saved().await;
        for time in [
            "",
            "tomorrow",
            "2026-11-23",
            "2026-11-23T04:00:00",
            "2026-13-01T00:00:00Z",
            "2026-02-30T00:00:00Z",
            "+99999-01-01T00:00:00Z",
            "1795406400",
        ] {
            for field in ["opens_at", "closes_at"] {
                let body = site.quiz_with(&json!({field: time}));
                assert_eq!(site.admin().post("/quizzes", body).await.pointers(), [format!("/{field}")], "{time}");
            }
        }
        let closed_first = json!({"opens_at": "2026-11-23T04:00:00Z", "closes_at": "2026-11-23T04:00:00Z"});
        let reply = site.admin().post("/quizzes", site.quiz_with(&closed_first)).await;
        assert_eq!(reply.pointers(), ["/closes_at"]);
        for date in ["2026-02-30", "2026-1-1", "23.11.2026", "2026-11-23T00:00:00Z", ""] {
            let body = json!({"code": "new", "kind": "judge", "stem": "题干", "key": ["true"], "verified_on": date});
            assert_eq!(site.admin().post("/banks/1000/questions", body).await.pointers(), ["/verified_on"], "{date}");
        }
        for board in ["members", "units"] {
            for (query, pointer) in [
                ("period=day&on=2026-02-30", "/on"),
                ("period=day&on=x", "/on"),
                ("period=year", "/period"),
                ("period=", "/period"),
                ("", "/period"),
                ("quiz=1&period=day", "/period"),
                ("quiz=x", "/quiz"),
                ("quiz=99999999999999999999", "/quiz"),
            ] {
                let reply = site.admin().get(&format!("/leaderboards/{board}?{query}")).await;
                assert_eq!(reply.pointers(), [pointer], "{board} {query}");
            }
            // The ends of the calendar are dates like any other.
            for period in ["day", "week", "month", "all"] {
                for on in ["9999-12-31", "0000-01-01", "-009999-01-01", "1970-01-01"] {
                    let path = format!("/leaderboards/{board}?period={period}&on={on}");
                    assert_eq!(site.admin().get(&path).await.expect(200)["next_cursor"], Value::Null, "{path}");
                }
            }
        }
        assert_eq!(site.saved().await, before);
    }

    async fn huge_numbers_are_refused(backend) {
        let site = Site::build(TestApp::start(backend).await).await;
        let before = site.saved().await;
        let section = |count: &str, points: &str| format!(r#"{{"count": {count}, "points": {points}}}"#);
        let quiz = |sections: &str, more: &str| {
            format!(r#"{{"title": "t", "kind": "contest", "bank": "1000", "sections": [{sections}]{more}}}"#)
        };
        let many = vec![section("4294967295", "1000"); 20].join(",");
        for (body, pointer) in [
            (quiz(&section("4294967296", "1"), ""), "/sections/0/count"),
            (quiz(&section("1e9", "1"), ""), "/sections/0/count"),
            (quiz(&section("4294967295", "1"), ""), "/sections"),
            (quiz(&many, ""), "/sections"),
            (quiz(&section("501", "1"), ""), "/sections"),
            (quiz(&section("1", "1000.01"), ""), "/sections/0/points"),
            (quiz(&section("1", "1e300"), ""), "/sections/0/points"),
            (quiz(&section("1", "99999999999999999999999999"), ""), "/sections/0/points"),
            (quiz(&section("1", "1"), r#", "duration_seconds": 9223372036854775807"#), "/duration_seconds"),
            (quiz(&section("1", "1"), r#", "duration_seconds": 9223372036854775808"#), "/duration_seconds"),
            (quiz(&section("1", "1"), r#", "attempts_allowed": 2147483648"#), "/attempts_allowed"),
            (quiz(&section("1", "1"), r#", "unit_id": 9223372036854775807"#), "/unit_id"),
            (quiz(&section("1", "1"), r#", "unit_id": 9223372036854775808"#), "/unit_id"),
            (quiz(&section("1", "1"), r#", "pass_percent": 4294967296"#), "/pass_percent"),
        ] {
            let reply = site.send_json("POST", "/quizzes", body.clone()).await;
            assert_eq!(reply.pointers(), [pointer], "{body}");
        }
        // No number of any type at all.
        let body = quiz(&section("1", "1e400"), "");
        assert_eq!(site.send_json("POST", "/quizzes", body).await.pointers(), ["/sections/0/points"]);
        let body = quiz(&section(&"9".repeat(5000), "1"), "");
        assert_eq!(site.send_json("POST", "/quizzes", body).await.pointers(), ["/sections/0/count"]);
        for (body, pointer) in [
            (r#"{"answers": [{"no": 4294967295, "answer": []}]}"#, "/answers/0/no"),
            (r#"{"answers": [{"no": 4294967296, "answer": []}]}"#, "/answers/0/no"),
            (r#"{"answers": [{"no": -1, "answer": []}]}"#, "/answers/0/no"),
        ] {
            let reply = site.send_json("PUT", "/attempts/{attempt}/answers", body).await;
            assert_eq!(reply.pointers(), [pointer], "{body}");
        }
        let body = json!({"code": "new", "kind": "judge", "stem": "题干", "key": ["true"], "difficulty": i64::MAX});
        assert_eq!(site.admin().post("/banks/1000/questions", body).await.pointers(), ["/difficulty"]);
        assert_eq!(site.saved().await, before);
    }
}
