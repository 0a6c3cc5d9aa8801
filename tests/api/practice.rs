//! Practice, favourites, wrong answers, progress.

use crate::harness::{
    Actor, NOON, Reply, TestApp, Value, World, json, on_both_databases, right_answers, wrong_answer,
};

const PASSWORD: &str = "Member-Pass-2026";
const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;

async fn practise(actor: &Actor, code: &str, answer: &[&str]) -> Value {
    send_answer(actor, code, answer).await.expect(200)
}

async fn send_answer(actor: &Actor, code: &str, answer: &[&str]) -> Reply {
    actor.post("/practice/answers", json!({"bank": "1000", "code": code, "answer": answer})).await
}

async fn items(actor: &Actor, path: &str) -> Vec<Value> {
    actor.get(path).await.expect(200)["items"].as_array().unwrap().clone()
}

async fn codes(actor: &Actor, path: &str) -> Vec<String> {
    items(actor, path).await.iter().map(|item| item["code"].as_str().unwrap().to_owned()).collect()
}

async fn progress(actor: &Actor) -> Value {
    actor.get("/me/progress").await.expect(200)
}

/// Seen and correct.
async fn counts(actor: &Actor) -> (i64, i64) {
    let progress = progress(actor).await;
    (progress["seen"].as_i64().unwrap(), progress["correct"].as_i64().unwrap())
}

/// Current streak, longest streak, answered today.
async fn study(actor: &Actor) -> (i64, i64, i64) {
    let progress = progress(actor).await;
    let number = |name: &str| progress[name].as_i64().unwrap();
    (number("streak_days"), number("longest_streak_days"), number("answered_today"))
}

fn begin(quiz: &Value) -> String {
    format!("/quizzes/{}/attempts", quiz["id"])
}

fn path(attempt: &Value, call: &str) -> String {
    format!("/attempts/{}{call}", attempt["id"].as_str().unwrap())
}

/// The code of the question that an item shows: `single 3` is `single-03`.
fn code_of(item: &Value) -> String {
    let mut words = item["stem"].as_str().unwrap().split(' ');
    let (kind, number) = (words.next().unwrap(), words.next().unwrap());
    format!("{kind}-{number:0>2}")
}

/// Every machine-graded kind, two of each.
fn sections() -> Value {
    let kinds = ["single", "multiple", "judge", "blank"];
    kinds.iter().map(|kind| json!({"kinds": [kind], "count": 2, "points": 10})).collect()
}

fn in_ten_minutes() -> String {
    jiff::Timestamp::from_millisecond(NOON + 600_000).unwrap().to_string()
}

#[track_caller]
fn assert_secret(text: &str) {
    for mark in ["EXPLANATION", "SOURCE", "FILLS", "\"key\""] {
        assert!(!text.contains(mark), "{mark} in {text}");
    }
}

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

    async fn progress_counts_each_question_once_and_its_last_answer(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let member = world.member(&app, "zs", "B1").await;
        let other = world.member(&app, "ls", "B1").await;
        let before = progress(&member).await;
        let chapter = |name: &str, seen: i64, correct: i64| json!({"chapter": name, "total": 20, "seen": seen, "correct": correct});
        let bank = world.admin.get("/banks").await.expect(200)["items"][0].clone();
        assert_eq!(before, json!({
            "bank": "1000", "title": bank["title"], "total": 40, "seen": 0, "correct": 0, "streak_days": 0,
            "longest_streak_days": 0, "answered_today": 0,
            "chapters": [chapter("第一章", 0, 0), chapter("第二章", 0, 0)],
        }));
        practise(&member, "single-00", &["A"]).await;
        practise(&member, "single-01", &["A"]).await;
        practise(&member, "single-01", &["C"]).await;
        let after = progress(&member).await;
        assert_eq!(after["chapters"], json!([chapter("第一章", 1, 1), chapter("第二章", 1, 0)]));
        assert_eq!((&after["seen"], &after["correct"], &after["answered_today"]), (&json!(2), &json!(1), &json!(3)));
        practise(&member, "single-01", &["B"]).await;
        assert_eq!(counts(&member).await, (2, 2));
        practise(&member, "single-00", &["B"]).await;
        assert_eq!(counts(&member).await, (2, 1));
        assert_eq!(counts(&other).await, (0, 0));
        // What leaves the bank leaves the count.
        world.admin.delete("/banks/1000/questions/single-00").await.expect(204);
        assert_eq!((counts(&member).await, progress(&member).await["total"].clone()), ((1, 1), json!(39)));
        assert!(codes(&member, "/me/wrong-answers").await.is_empty());
    }

    async fn unseen_and_wrong_questions_are_found(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let member = world.member(&app, "zs", "B1").await;
        practise(&member, "single-00", &["A"]).await;
        practise(&member, "single-01", &["A"]).await;
        practise(&member, "judge-00", &["false"]).await;
        let unseen = codes(&member, "/practice/questions?from=unseen").await;
        assert_eq!(unseen.len(), 37);
        assert!(!unseen.contains(&"single-00".into()) && !unseen.contains(&"single-01".into()));
        assert_eq!(codes(&member, "/practice/questions?from=wrong").await, ["single-01", "judge-00"]);
        assert_eq!(codes(&member, "/practice/questions?from=wrong&chapter=第一章").await, ["judge-00"]);
        practise(&member, "single-01", &["B"]).await;
        assert_eq!(codes(&member, "/practice/questions?from=wrong").await, ["judge-00"]);
    }

    async fn a_wrong_answer_is_listed_until_the_question_is_answered_right_once(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let member = world.member(&app, "zs", "B1").await;
        let other = world.member(&app, "ls", "B1").await;
        practise(&member, "single-01", &["A"]).await;
        app.clock.advance_seconds(60);
        practise(&member, "multiple-00", &["A", "B"]).await;
        app.clock.advance_seconds(60);
        practise(&member, "blank-01", &["不对"]).await;
        app.clock.advance_seconds(60);
        practise(&member, "single-01", &["D"]).await;
        assert_eq!(codes(&member, "/me/wrong-answers").await, ["single-01", "blank-01", "multiple-00"]);
        assert_eq!(codes(&member, "/me/wrong-answers?chapter=第一章&bank=1000").await, ["multiple-00"]);
        assert_eq!(items(&member, "/me/wrong-answers").await[0], json!({
            "code": "single-01", "chapter": "第二章", "kind": "single", "stem": "single 1",
            "options": [
                {"id": "A", "text": "single 1 乙0"}, {"id": "B", "text": "single 1 甲1"},
                {"id": "C", "text": "single 1 乙2"}, {"id": "D", "text": "single 1 乙3"},
            ],
            "your_answer": ["D"], "key": ["B"], "explanation": "EXPLANATION single 1", "source": "SOURCE single 1",
            "wrong_times": 2, "last_at": "2026-11-23T04:03:00Z",
        }));
        assert_eq!(items(&member, "/me/wrong-answers").await[1]["your_answer"], json!(["不对"]));
        let first = member.get("/me/wrong-answers?limit=2").await.expect(200);
        let next = first["next_cursor"].as_str().unwrap();
        assert_eq!(codes(&member, &format!("/me/wrong-answers?limit=2&cursor={next}")).await, ["multiple-00"]);
        practise(&member, "single-01", &["B"]).await;
        assert_eq!(codes(&member, "/me/wrong-answers").await, ["blank-01", "multiple-00"]);
        practise(&member, "single-01", &["C"]).await;
        assert_eq!(items(&member, "/me/wrong-answers").await[0]["wrong_times"], 3);
        assert!(codes(&other, "/me/wrong-answers").await.is_empty());
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

    async fn favourites_are_marked_and_listed_latest_first(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let member = world.member(&app, "zs", "B1").await;
        let other = world.member(&app, "ls", "B1").await;
        for code in ["judge-03", "single-05", "blank-00"] {
            for _ in 0..2 {
                member.put(&format!("/me/favourites/1000/{code}"), Value::Null).await.expect(204);
            }
            app.clock.advance_seconds(1);
        }
        // Again: it keeps its place.
        member.put("/me/favourites/1000/judge-03", Value::Null).await.expect(204);
        practise(&member, "judge-03", &["true"]).await;
        let reply = member.get("/me/favourites?bank=1000").await;
        assert_secret(&reply.text);
        let listed = reply.expect(200)["items"].clone();
        let listed = listed.as_array().unwrap();
        let found: Vec<&str> = listed.iter().map(|one| one["code"].as_str().unwrap()).collect();
        assert_eq!(found, ["blank-00", "single-05", "judge-03"]);
        assert_eq!((&listed[2]["favourite"], &listed[2]["last_correct"]), (&json!(true), &json!(false)));
        assert_eq!(codes(&member, "/practice/questions?from=favourites").await, ["single-05", "judge-03", "blank-00"]);
        let first = member.get("/me/favourites?limit=1").await.expect(200);
        let next = first["next_cursor"].as_str().unwrap();
        assert_eq!(codes(&member, &format!("/me/favourites?cursor={next}")).await, ["single-05", "judge-03"]);
        assert!(codes(&other, "/me/favourites").await.is_empty());
        for _ in 0..2 {
            member.delete("/me/favourites/1000/single-05").await.expect(204);
        }
        world.admin.delete("/banks/1000/questions/blank-00").await.expect(204);
        assert_eq!(codes(&member, "/me/favourites").await, ["judge-03"]);
    }

    async fn answers_of_attempts_are_learned_once_when_they_are_revealed(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let member = world.member(&app, "zs", "B1").await;
        let quiz = world.quiz(json!({"kind": "exam", "reveal": "after_submit", "sections": sections()})).await;
        let attempt = member.post_nothing(&begin(&quiz)).await.expect(201);
        let questions = attempt["questions"].as_array().unwrap();
        // Three right, four wrong, one left empty.
        let mut answers = right_answers(&attempt);
        answers.truncate(3);
        answers.extend(questions[3..7].iter().map(|item| json!({"no": item["no"], "answer": wrong_answer(item)})));
        app.clock.advance_seconds(30);
        member.put(&path(&attempt, "/answers"), json!({"answers": answers})).await.expect(204);
        assert_eq!(counts(&member).await, (0, 0));
        member.post_nothing(&path(&attempt, "/submit")).await.expect(200);
        for _ in 0..2 {
            assert_eq!(counts(&member).await, (7, 3));
        }
        let wrong = items(&member, "/me/wrong-answers").await;
        let mut expected: Vec<String> = questions[3..7].iter().map(code_of).collect();
        let mut found: Vec<String> = wrong.iter().map(|one| one["code"].as_str().unwrap().to_owned()).collect();
        expected.sort();
        found.sort();
        assert_eq!(found, expected);
        for item in &questions[3..7] {
            let one = wrong.iter().find(|one| one["code"] == code_of(item)).unwrap();
            assert_eq!((&one["wrong_times"], &one["last_at"]), (&json!(1), &json!("2026-11-23T04:00:30Z")));
            // The paper has shuffled the options: the texts of what was chosen are the same.
            let texts = |options: &Value, chosen: &Value| -> Vec<String> {
                let mut texts: Vec<String> = options.as_array().unwrap().iter()
                    .filter(|option| chosen.as_array().unwrap().contains(&option["id"]))
                    .map(|option| option["text"].as_str().unwrap().to_owned())
                    .collect();
                texts.sort();
                texts
            };
            let answered = json!(wrong_answer(item));
            assert_eq!(texts(&one["options"], &one["your_answer"]), texts(&item["options"], &answered));
            if item["options"] == json!([]) {
                assert_eq!(one["your_answer"], answered);
            }
        }
        // Answered right in practice, one leaves; a later answer stands although the attempt is asked for again.
        let code = code_of(&questions[3]);
        let key: Vec<String> = serde_json::from_value(wrong.iter().find(|one| one["code"] == code).unwrap()["key"].clone()).unwrap();
        let key: Vec<&str> = key.iter().map(|one| one.split('|').next().unwrap()).collect();
        assert_eq!(practise(&member, &code, &key).await["correct"], true);
        assert_eq!(counts(&member).await, (7, 4));
        assert!(!codes(&member, "/me/wrong-answers").await.contains(&code));
    }

    async fn the_latest_answer_stands_whichever_is_taken_in_last(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let member = world.member(&app, "zs", "B1").await;
        // Every judge question is on the paper, so which are known.
        let quiz = world.quiz(json!({
            "kind": "contest", "reveal": "after_close", "closes_at": in_ten_minutes(),
            "sections": [{"kinds": ["judge"], "count": 8, "points": 10}],
        })).await;
        practise(&member, "judge-00", &["true"]).await;
        practise(&member, "judge-01", &["false"]).await;
        app.clock.advance_seconds(10);
        let attempt = member.post_nothing(&begin(&quiz)).await.expect(201);
        let answers: Vec<Value> = attempt["questions"].as_array().unwrap().iter()
            .filter(|item| ["judge-00", "judge-02"].contains(&code_of(item).as_str()))
            .map(|item| json!({"no": item["no"], "answer": wrong_answer(item)}))
            .collect();
        member.post(&path(&attempt, "/submit"), json!({"answers": answers})).await.expect(200);
        assert_eq!(counts(&member).await, (2, 2));
        app.clock.set(NOON + 605_001);
        assert_eq!(counts(&member).await, (3, 1));
        practise(&member, "judge-02", &["true"]).await;
        assert_eq!(counts(&member).await, (3, 2));
        // Taken in later than the practice that came after it: another member's way round.
        let other = world.member(&app, "ls", "B1").await;
        let exam = world.quiz(json!({"kind": "exam", "reveal": "after_submit", "sections": [{"kinds": ["judge"], "count": 8, "points": 1}], "duration_seconds": 60})).await;
        let attempt = other.post_nothing(&begin(&exam)).await.expect(201);
        let answers: Vec<Value> = attempt["questions"].as_array().unwrap().iter()
            .map(|item| json!({"no": item["no"], "answer": wrong_answer(item)}))
            .collect();
        other.put(&path(&attempt, "/answers"), json!({"answers": answers})).await.expect(204);
        // Its time is over but nobody has settled it: the practice is taken in first.
        app.clock.advance_seconds(66);
        practise(&other, "judge-04", &["true"]).await;
        assert_eq!(counts(&other).await, (1, 1));
        assert_eq!(app.services.attempts.sweep().await.unwrap(), 1);
        assert_eq!(counts(&other).await, (8, 1));
        let wrong = items(&other, "/me/wrong-answers").await;
        assert_eq!(wrong.len(), 7);
        practise(&other, "judge-04", &["false"]).await;
        let wrong = items(&other, "/me/wrong-answers").await;
        assert_eq!((&wrong[0]["code"], &wrong[0]["wrong_times"]), (&json!("judge-04"), &json!(2)));
    }

    async fn many_attempts_are_taken_in_together(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let member = world.member(&app, "zs", "B1").await;
        let quiz = world.quiz(json!({"kind": "practice", "sections": [{"kinds": ["judge"], "count": 8, "points": 1}]})).await;
        for _ in 0..40 {
            world.attempt(&member, &quiz, 0).await;
        }
        let asks = (0..4).map(|_| counts(&member));
        assert_eq!(futures_util::future::join_all(asks).await, [(8, 0); 4]);
        let wrong = items(&member, "/me/wrong-answers").await;
        assert!(wrong.iter().all(|one| one["wrong_times"] == 40), "{wrong:?}");
    }

    async fn a_running_attempt_locks_its_questions_in_practice(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let member = world.member(&app, "zs", "B1").await;
        let other = world.member(&app, "ls", "B1").await;
        let quiz = world.quiz(json!({
            "reveal": "after_submit", "sections": [{"kinds": ["judge"], "count": 8, "points": 1}],
        })).await;
        for number in 0..8 {
            let answer = if number % 2 == 0 { "false" } else { "true" };
            practise(&member, &format!("judge-0{number}"), &[answer]).await;
        }
        member.put("/me/favourites/1000/judge-00", Value::Null).await.expect(204);
        let attempt = member.post_nothing(&begin(&quiz)).await.expect(201);
        for number in 0..8 {
            let reply = send_answer(&member, &format!("judge-0{number}"), &["true"]).await;
            assert_secret(&reply.text);
            reply.problem(409, "question-locked");
        }
        assert!(codes(&member, "/me/wrong-answers").await.is_empty(), "it would show the key");
        assert_eq!(codes(&member, "/practice/questions").await.len(), 32);
        assert!(codes(&member, "/practice/questions?from=wrong").await.is_empty());
        assert_secret(&member.get("/me/favourites").await.text);
        // It is locked for whoever has the paper, and for nobody else.
        practise(&other, "judge-00", &["true"]).await;
        practise(&member, "single-00", &["A"]).await;
        member.post_nothing(&path(&attempt, "/submit")).await.expect(200);
        practise(&member, "judge-00", &["true"]).await;
        assert_eq!(codes(&member, "/me/wrong-answers").await.len(), 7);
    }

    async fn what_a_quiz_hides_is_not_betrayed_here(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        for (reveal, opens) in [("after_close", true), ("never", false)] {
            app.clock.set(NOON);
            let member = world.member(&app, reveal, "B1").await;
            let quiz = world.quiz(json!({
                "kind": "contest", "reveal": reveal, "closes_at": in_ten_minutes(), "sections": sections(),
            })).await;
            let attempt = member.post_nothing(&begin(&quiz)).await.expect(201);
            world.submit(&member, &attempt, 4).await;
            let paper: Vec<String> = attempt["questions"].as_array().unwrap().iter().map(code_of).collect();
            for after in [0, 600_000, 605_000] {
                app.clock.set(NOON + after);
                assert_eq!(counts(&member).await, (0, 0), "{reveal} {after}");
                for path in ["/me/progress", "/me/wrong-answers", "/me/favourites", "/practice/questions"] {
                    assert_secret(&member.get(path).await.text);
                }
                let wrong = member.get("/me/wrong-answers").await.expect(200);
                assert_eq!(wrong, json!({"items": [], "next_cursor": null}));
                let listed = items(&member, "/practice/questions").await;
                assert!(listed.iter().all(|one| one["last_correct"].is_null()));
                if opens {
                    assert!(listed.iter().all(|one| !paper.contains(&one["code"].as_str().unwrap().to_owned())));
                    for code in &paper {
                        send_answer(&member, code, &["true"]).await.problem(409, "question-locked");
                    }
                }
            }
            // That something was handed in is no secret.
            assert_eq!(study(&member).await, (1, 1, 8));
            app.clock.set(NOON + 605_001);
            if opens {
                assert_eq!(counts(&member).await, (8, 4));
                assert_eq!(codes(&member, "/me/wrong-answers").await.len(), 4);
                assert_eq!(codes(&member, "/practice/questions").await.len(), 40);
            } else {
                app.clock.set(NOON + 400 * DAY);
                let member = app.log_in(reveal, PASSWORD).await;
                assert_eq!(counts(&member).await, (0, 0));
                assert!(codes(&member, "/me/wrong-answers").await.is_empty());
            }
        }
    }

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
