//! One question at a time: added, changed, retired, refused at its fields, found.

use super::{IMPORT, QUESTIONS, codes, empty_bank, question, state, with};
use crate::harness::{TestApp, json, on_both_databases};

on_both_databases! {
    async fn a_question_of_every_kind_is_added_changed_and_retired(backend) {
        let app = TestApp::start(backend).await;
        let admin = empty_bank(&app).await;
        let mut revision = 0;
        for kind in ["single", "multiple", "judge", "blank", "short"] {
            let new = with(
                question(&format!("题-{kind}"), kind),
                &json!({"difficulty": 5, "explanation": "因为", "source": "党章 第三条", "verified_on": "2026-08-31"}),
            );
            let added = admin.post(QUESTIONS, new.clone()).await.expect(201);
            let id = added["id"].clone();
            assert!(id.is_i64());
            assert_eq!(added, with(new.clone(), &json!({"id": id})));
            revision += 1;
            assert_eq!(state(&admin).await.0, revision);

            let path = format!("{QUESTIONS}/题-{kind}");
            let change = with(new.clone(), &json!({"stem": "改了 ____ 和 ____", "difficulty": 1}));
            let changed = admin.put(&path, change.clone()).await.expect(200);
            assert_eq!(changed, with(change.clone(), &json!({"id": id})), "it is the same question");
            revision += 1;
            assert_eq!(state(&admin).await.0, revision);
            assert_eq!(admin.put(&path, change).await.expect(200), changed);
            assert_eq!(state(&admin).await.0, revision, "nothing has changed");

            admin.post(QUESTIONS, new.clone()).await.problem(409, "code-taken");
            admin.delete(&path).await.expect(204);
            revision += 1;
            assert_eq!(state(&admin).await, (json!(revision), json!([])));
            admin.delete(&path).await.problem(404, "not-found");
            admin.put(&path, new.clone()).await.problem(404, "not-found");
            // The code may be used again, for what is then the same question.
            assert_eq!(admin.post(QUESTIONS, new.clone()).await.expect(201), with(new, &json!({"id": id})));
            admin.delete(&path).await.expect(204);
            revision += 2;
        }
        assert_eq!(state(&admin).await, (json!(revision), json!([])));
    }

    async fn what_is_left_out_of_a_question_takes_its_default(backend) {
        let app = TestApp::start(backend).await;
        let admin = empty_bank(&app).await;
        let new = json!({"code": " q ", "kind": "judge", "stem": " 题干 ", "key": ["false"]});
        let added = admin.post(QUESTIONS, new).await.expect(201);
        assert_eq!(
            added,
            json!({
                "id": added["id"], "code": "q", "kind": "judge", "chapter": "未分类", "difficulty": 3,
                "stem": "题干", "options": [], "key": ["false"], "explanation": "", "source": "",
                "verified_on": null,
            })
        );
        // The order of a key says nothing.
        let new = with(question("m", "multiple"), &json!({"key": ["C", "A"]}));
        assert_eq!(admin.post(QUESTIONS, new).await.expect(201)["key"], json!(["A", "C"]));
        admin.post(QUESTIONS, json!({"code": "s", "kind": "short", "stem": "简述"})).await.expect(201);
    }

    async fn a_question_with_faults_is_refused_at_its_fields(backend) {
        let app = TestApp::start(backend).await;
        let admin = empty_bank(&app).await;
        for (kind, changes, pointers) in [
            ("single", json!({"key": ["D"]}), vec!["/key/0"]),
            ("single", json!({"key": ["b"]}), vec!["/key/0"]),
            ("single", json!({"key": ["A", "B"]}), vec!["/key"]),
            ("single", json!({"key": []}), vec!["/key"]),
            ("single", json!({"options": ["甲"], "key": ["A"]}), vec!["/options"]),
            ("single", json!({"options": ["甲", " "], "key": ["A"]}), vec!["/options/1"]),
            ("single", json!({"options": ["甲", "甲 "], "key": ["A"]}), vec!["/options/1"]),
            ("single", json!({"options": (0..27).collect::<Vec<_>>()}), vec!["/options/0"]),
            ("multiple", json!({"key": ["A", "A"]}), vec!["/key/1"]),
            ("multiple", json!({"key": "A"}), vec!["/key"]),
            ("judge", json!({"key": ["A"]}), vec!["/key"]),
            ("judge", json!({"key": [true]}), vec!["/key/0"]),
            ("judge", json!({"options": ["对", "错"]}), vec!["/options"]),
            ("blank", json!({"key": ["一"]}), vec!["/key"]),
            ("blank", json!({"key": ["一||壹", "二"]}), vec!["/key/0"]),
            ("blank", json!({"stem": "无空", "key": vec!["一"; 11]}), vec!["/key"]),
            ("short", json!({"options": ["甲", "乙"]}), vec!["/options"]),
            ("short", json!({"key": ["要\u{0}点"]}), vec!["/key/0"]),
            ("judge", json!({"code": "a b"}), vec!["/code"]),
            ("judge", json!({"code": "a/b"}), vec!["/code"]),
            ("judge", json!({"code": "x".repeat(65)}), vec!["/code"]),
            ("judge", json!({"chapter": " "}), vec!["/chapter"]),
            ("judge", json!({"chapter": "长".repeat(101)}), vec!["/chapter"]),
            ("judge", json!({"stem": "\u{7}"}), vec!["/stem"]),
            ("judge", json!({"stem": "长".repeat(4001)}), vec!["/stem"]),
            ("judge", json!({"explanation": "长".repeat(4001)}), vec!["/explanation"]),
            ("judge", json!({"source": "长".repeat(501)}), vec!["/source"]),
            ("judge", json!({"verified_on": "2026-02-30"}), vec!["/verified_on"]),
            ("judge", json!({"verified_on": "31.08.2026"}), vec!["/verified_on"]),
            ("judge", json!({"difficulty": 0}), vec!["/difficulty"]),
            ("judge", json!({"difficulty": 6}), vec!["/difficulty"]),
            ("judge", json!({"difficulty": 2.5}), vec!["/difficulty"]),
            ("judge", json!({"kind": "riddle"}), vec!["/kind"]),
            ("judge", json!({"id": "seven"}), vec!["/id"]),
            ("judge", json!({"colour": "red"}), vec!["/colour"]),
            ("single", json!({"code": "", "stem": " ", "difficulty": 9, "key": ["Z"]}), vec!["/code", "/stem", "/difficulty", "/key/0"]),
        ] {
            let body = with(question("q", kind), &changes);
            assert_eq!(admin.post(QUESTIONS, body.clone()).await.pointers(), pointers, "{changes}");
        }
        assert_eq!(state(&admin).await, (json!(0), json!([])));
        admin.post(QUESTIONS, question("q", "judge")).await.expect(201);
        let path = format!("{QUESTIONS}/q");
        let other_code = admin.put(&path, question("r", "judge")).await;
        assert_eq!(other_code.pointers(), ["/code"]);
        let fault = with(question("q", "judge"), &json!({"key": []}));
        assert_eq!(admin.put(&path, fault).await.pointers(), ["/key"]);
        assert_eq!(state(&admin).await.0, 1);
    }

    async fn questions_are_found_by_chapter_kind_and_text_in_pages(backend) {
        let app = TestApp::start(backend).await;
        let admin = empty_bank(&app).await;
        let questions = [
            with(question("q1", "single"), &json!({"stem": "Party 的纪律"})),
            with(question("q2", "single"), &json!({"chapter": "第二章", "options": ["100%", "五_十"], "key": ["A"]})),
            with(question("q3", "judge"), &json!({"source": "党章 第三条"})),
            with(question("q4", "judge"), &json!({"chapter": "第二章", "explanation": "不找解析"})),
            with(question("Q5", "blank"), &json!({"chapter": "第二章"})),
        ];
        admin.upload(IMPORT, json!(questions).to_string()).await.expect(200);
        for (query, expected) in [
            ("", vec!["Q5", "q1", "q2", "q3", "q4"]),
            ("chapter=第二章", vec!["Q5", "q2", "q4"]),
            ("chapter=第二", vec![]),
            ("kind=judge", vec!["q3", "q4"]),
            ("kind=judge&chapter=第二章", vec!["q4"]),
            ("q=party", vec!["q1"]),
            ("q=PARTY", vec!["q1"]),
            ("q=100%25", vec!["q2"]),
            ("q=_十", vec!["q2"]),
            ("q=第三条", vec!["q3"]),
            ("q=q5", vec!["Q5"]),
            ("q=不找解析", vec![]),
            ("q=&kind=single", vec!["q1", "q2"]),
            ("q=nothing", vec![]),
        ] {
            assert_eq!(codes(&admin, query).await, expected, "{query}");
        }
        assert_eq!(admin.get(&format!("{QUESTIONS}?kind=riddle")).await.pointers(), ["/kind"]);
        for limit in [1, 2, 5] {
            let (mut found, mut cursor) = (Vec::new(), String::new());
            loop {
                let page = admin.get(&format!("{QUESTIONS}?limit={limit}&cursor={cursor}")).await.expect(200);
                let rows = page["items"].as_array().unwrap();
                assert!((1..=limit).contains(&rows.len()));
                found.extend(rows.iter().map(|row| row["code"].as_str().unwrap().to_owned()));
                let Some(next) = page["next_cursor"].as_str() else { break };
                next.clone_into(&mut cursor);
            }
            assert_eq!(found, ["Q5", "q1", "q2", "q3", "q4"], "{limit}");
        }
        admin.get("/banks/none/questions").await.problem(404, "not-found");
        admin.get("/banks/%00/questions").await.problem(404, "not-found");
        admin.post("/banks/none/questions", question("q", "judge")).await.problem(404, "not-found");
        admin.delete("/banks/none/questions/q").await.problem(404, "not-found");
        admin.upload("/banks/none/import", json!([question("q", "judge")]).to_string()).await.problem(404, "not-found");
        admin.get("/banks/none/export").await.problem(404, "not-found");
    }
}
