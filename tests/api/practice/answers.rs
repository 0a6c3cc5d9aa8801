//! Questions for practice, their order, and how an answer is graded.

use super::{assert_secret, codes, counts, items, practise};
use crate::harness::{TestApp, Value, World, json, on_both_databases};

on_both_databases! {
    async fn questions_come_in_the_banks_order_and_tell_no_key(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let member = world.member(&app, "zs", "B1").await;
        let reply = member.get("/practice/questions").await;
        assert_secret(&reply.text);
        let listed = reply.expect(200);
        let questions = listed["items"].as_array().unwrap();
        // 16 single, 10 multiple, 8 judge, 6 blank; the short one is for a person to grade.
        assert_eq!((questions.len(), &listed["next_cursor"]), (40, &Value::Null));
        assert_eq!(questions[0], json!({
            "code": "single-00", "chapter": "第一章", "kind": "single", "difficulty": 1, "stem": "single 0",
            "options": [
                {"id": "A", "text": "single 0 甲0"}, {"id": "B", "text": "single 0 乙1"},
                {"id": "C", "text": "single 0 乙2"}, {"id": "D", "text": "single 0 乙3"},
            ],
            "gaps": 0, "favourite": false, "last_correct": null,
        }));
        let kinds: Vec<&str> = questions.iter().map(|one| one["kind"].as_str().unwrap()).collect();
        assert_eq!((kinds[15], kinds[16], kinds[26], kinds[34]), ("single", "multiple", "judge", "blank"));
        assert_eq!((&questions[34]["gaps"], &questions[34]["options"]), (&json!(2), &json!([])));
        // Page by page the same, also of one chapter and one bank.
        for filter in ["", "&chapter=第二章", "&bank=1000&from=sequence", "&from=unseen"] {
            let whole = codes(&member, &format!("/practice/questions?limit=200{filter}")).await;
            let (mut paged, mut cursor) = (Vec::new(), String::new());
            loop {
                let page = member.get(&format!("/practice/questions?limit=7&cursor={cursor}{filter}")).await.expect(200);
                paged.extend(page["items"].as_array().unwrap().iter().map(|one| one["code"].as_str().unwrap().to_owned()));
                let Some(next) = page["next_cursor"].as_str() else { break };
                cursor = next.to_owned();
            }
            assert_eq!(paged, whole, "{filter}");
            assert_eq!(whole.len(), if filter.contains("chapter") { 20 } else { 40 });
        }
        assert!(codes(&member, "/practice/questions?chapter=无此章").await.is_empty());
    }

    async fn an_answer_is_graded_at_once_by_the_same_rules(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let member = world.member(&app, "zs", "B1").await;
        for (code, answer, correct, percent, key) in [
            ("single-01", &["B"][..], true, json!(100), json!(["B"])),
            ("single-01", &["C"], false, json!(0), json!(["B"])),
            // The key of multiple-00 is A and C.
            ("multiple-00", &["C", "A"], true, json!(100), json!(["A", "C"])),
            ("multiple-00", &["A"], false, json!(50), json!(["A", "C"])),
            ("multiple-00", &["A", "B"], false, json!(0), json!(["A", "C"])),
            ("judge-01", &["false"], true, json!(100), json!(["false"])),
            ("judge-01", &["true"], false, json!(0), json!(["false"])),
            ("blank-02", &[" ｆｉｌｌｓ－2 ", "FILLS2b"], true, json!(100), json!(["FILLS2|FILLS-2", "FILLS2b"])),
            ("blank-02", &["FILLS2"], false, json!(50), json!(["FILLS2|FILLS-2", "FILLS2b"])),
        ] {
            let words = code.replace("-0", " ");
            let expected = json!({
                "correct": correct, "score_percent": percent, "key": key,
                "explanation": format!("EXPLANATION {words}"), "source": format!("SOURCE {words}"),
            });
            assert_eq!(practise(&member, code, answer).await, expected, "{code} {answer:?}");
            let question = items(&member, "/practice/questions").await;
            let question = question.iter().find(|one| one["code"] == code).unwrap();
            assert_eq!(question["last_correct"], correct);
        }
        // Nothing of it is in any ranking.
        for board in ["members", "units"] {
            let board = member.get(&format!("/leaderboards/{board}?period=all&kind=branch")).await.expect(200);
            assert!(board["items"].as_array().unwrap().iter().all(|row| row.get("score").is_none_or(Value::is_null)));
            assert!(board["items"].as_array().unwrap().iter().all(|row| row["participants"].as_i64().unwrap_or(0) == 0));
        }
        assert_eq!(member.get("/me/attempts").await.expect(200)["items"], json!([]));
    }

    async fn what_does_not_fit_is_refused_and_tells_nothing(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let member = world.member(&app, "zs", "B1").await;
        for (body, pointer) in [
            (json!({"bank": "1000", "code": "single-01", "answer": ["E"]}), "/answer"),
            (json!({"bank": "1000", "code": "single-01", "answer": ["A", "B"]}), "/answer"),
            (json!({"bank": "1000", "code": "single-01", "answer": []}), "/answer"),
            (json!({"bank": "1000", "code": "judge-01", "answer": ["yes"]}), "/answer"),
            (json!({"bank": "1000", "code": "blank-01", "answer": ["", " "]}), "/answer"),
            (json!({"bank": "1000", "code": "blank-01", "answer": ["长".repeat(201)]}), "/answer"),
            (json!({"bank": "1000", "code": "none", "answer": ["A"]}), "/code"),
            (json!({"bank": "1000", "code": "short-00", "answer": ["A"]}), "/code"),
            (json!({"bank": "none", "code": "single-01", "answer": ["A"]}), "/bank"),
            (json!({"bank": "1000", "code": "single-01"}), "/answer"),
            (json!({"bank": "1000", "code": "single-01", "answer": "A"}), "/answer"),
            (json!({"bank": "1000", "code": "single-01", "answer": ["A"], "key": true}), "/key"),
        ] {
            let reply = member.post("/practice/answers", body.clone()).await;
            assert_secret(&reply.text.replace("/key", ""));
            assert_eq!(reply.pointers(), [pointer], "{body}");
        }
        assert_eq!(counts(&member).await, (0, 0));
        for path in ["/me/progress", "/practice/questions", "/me/wrong-answers", "/me/favourites"] {
            member.get(&format!("{path}?bank=none")).await.problem(404, "not-found");
        }
        assert_eq!(member.get("/practice/questions?from=all").await.pointers(), ["/from"]);
        for path in ["/me/favourites/none/single-01", "/me/favourites/1000/none", "/me/favourites/1000/short-00"] {
            member.put(path, Value::Null).await.problem(404, "not-found");
            member.delete(path).await.problem(404, "not-found");
        }
    }

    async fn my_answer_keeps_its_meaning_when_the_question_is_edited(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let member = world.member(&app, "zs", "B1").await;
        practise(&member, "multiple-00", &["B", "D"]).await;
        let edited = json!({
            "code": "multiple-00", "kind": "multiple", "chapter": "第一章", "difficulty": 1, "stem": "multiple 0",
            "options": ["multiple 0 乙3", "新", "multiple 0 甲0", "multiple 0 甲2"], "key": ["C", "D"],
        });
        world.admin.put("/banks/1000/questions/multiple-00", edited).await.expect(200);
        let wrong = &items(&member, "/me/wrong-answers").await[0];
        assert_eq!((&wrong["your_answer"], &wrong["key"]), (&json!(["A"]), &json!(["C", "D"])));
    }

    async fn of_several_banks_the_first_with_questions_is_taken_unless_another_is_named(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let member = world.member(&app, "zs", "B1").await;
        world.admin.post("/banks", json!({"code": "new", "title": "新题库"})).await.expect(201);
        let empty = member.get("/me/progress?bank=new").await.expect(200);
        assert_eq!((&empty["bank"], &empty["title"], &empty["total"], &empty["chapters"]), (&json!("new"), &json!("新题库"), &json!(0), &json!([])));
        let question = json!({"code": "single-00", "kind": "judge", "stem": "题干", "key": ["true"]});
        world.admin.post("/banks/new/questions", question).await.expect(201);
        // The same code in two banks is two questions.
        let body = json!({"bank": "new", "code": "single-00", "answer": ["false"]});
        assert_eq!(member.post("/practice/answers", body).await.expect(200)["key"], json!(["true"]));
        assert_eq!(counts(&member).await, (0, 0));
        assert_eq!(member.get("/me/progress?bank=new").await.expect(200)["seen"], 1);
        assert_eq!(codes(&member, "/me/wrong-answers?bank=new").await, ["single-00"]);
        assert!(codes(&member, "/me/wrong-answers").await.is_empty());
        member.put("/me/favourites/new/single-00", Value::Null).await.expect(204);
        assert_eq!(codes(&member, "/me/favourites?bank=new").await, ["single-00"]);
        assert!(codes(&member, "/me/favourites").await.is_empty());
    }
}
