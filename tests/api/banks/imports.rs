//! Files of questions: what they add and change, what is guessed, and when they are refused.

use super::{IMPORT, QUESTIONS, codes, counts, empty_bank, places, question, state, with};
use crate::harness::{TestApp, json, on_both_databases};

on_both_databases! {
    async fn a_file_adds_and_changes_and_keeps_what_it_does_not_name(backend) {
        let app = TestApp::start(backend).await;
        let admin = empty_bank(&app).await;
        let list = json!([question("q1", "single"), question("q2", "judge"), question("q3", "short")]);
        let report = admin.upload(IMPORT, list.to_string()).await.expect(200);
        assert_eq!(
            report,
            json!({
                "format": "json", "revision": 1, "found": 3, "added": 3, "updated": 0, "unchanged": 0,
                "rejected": [], "warnings": [],
            })
        );
        let (_, first) = state(&admin).await;
        // The same again, as a bank with a byte order mark, in the named format.
        let bank = format!("\u{FEFF} {}", json!({"title": "别的标题", "questions": list}));
        let report = admin.upload(&format!("{IMPORT}?format=json"), bank).await.expect(200);
        assert_eq!(counts(&report), json!([1, 3, 0, 0, 3]));
        assert_eq!(state(&admin).await, (json!(1), first.clone()));

        let changed = with(question("q2", "judge"), &json!({"key": ["false"]}));
        let list = json!({"questions": [changed, question("q1", "single"), question("q4", "blank")]});
        let trial = admin.upload(&format!("{IMPORT}?dry_run=true"), list.to_string()).await.expect(200);
        assert_eq!(counts(&trial), json!([1, 3, 1, 1, 1]));
        assert_eq!(state(&admin).await, (json!(1), first.clone()), "a dry run changes nothing");
        let report = admin.upload(&format!("{IMPORT}?format=auto&dry_run=false"), list.to_string()).await.expect(200);
        assert_eq!(counts(&report), json!([2, 3, 1, 1, 1]));
        let (revision, second) = state(&admin).await;
        assert_eq!(revision, 2);
        assert_eq!((&second[0], &second[2]), (&first[0], &first[2]));
        assert_eq!(second[1], with(first[1].clone(), &json!({"key": ["false"]})));
        assert_eq!(second[3]["code"], "q4");
    }

    async fn what_is_guessed_is_told(backend) {
        let app = TestApp::start(backend).await;
        let admin = empty_bank(&app).await;
        let list = json!([
            question("q1", "judge"),
            with(question("q2", "judge"), &json!({"chapter": null, "options": null, "explanation": null})),
            with(question("q3", "judge"), &json!({"chapter": " "})),
        ]);
        let report = admin.upload(IMPORT, list.to_string()).await.expect(200);
        assert_eq!(counts(&report), json!([1, 3, 3, 0, 0]));
        assert_eq!(places(&report["warnings"]), ["/1", "/2"]);
        assert_eq!(codes(&admin, "chapter=未分类").await, ["q2", "q3"]);
    }

    async fn a_file_with_a_fault_is_refused_as_a_whole(backend) {
        let app = TestApp::start(backend).await;
        let admin = empty_bank(&app).await;
        admin.post(QUESTIONS, question("q0", "judge")).await.expect(201);
        let before = state(&admin).await;
        let questions = json!([
            with(question("q0", "judge"), &json!({"key": ["false"]})),
            with(question("q1", "single"), &json!({"key": ["D"]})),
            question("q2", "judge"),
            with(question("q3", "judge"), &json!({"kind": "riddle"})),
            with(question("q4", "judge"), &json!({"colour": "red"})),
            question("q2", "single"),
            with(question("q5", "judge"), &json!({"stem": "", "difficulty": 9})),
            with(question("q6", "blank"), &json!({"key": "一"})),
            "q7",
        ]);
        let expected =
            ["/1/key/0", "/3/kind", "/4/colour", "/5/code", "/6", "/7/key", "/8"].map(ToOwned::to_owned);
        for (file, base) in [(questions.clone(), ""), (json!({"questions": questions}), "/questions")] {
            for path in [IMPORT.to_owned(), format!("{IMPORT}?dry_run=true"), format!("{IMPORT}?accept_valid=false")] {
                let problem = admin.upload(&path, file.to_string()).await.problem(422, "import-rejected");
                let report = &problem["report"];
                assert_eq!(counts(report), json!([1, 9, 1, 1, 0]), "{report}");
                assert_eq!(report["format"], "json");
                assert_eq!(places(&report["rejected"]), expected.clone().map(|at| format!("{base}{at}")));
                assert_eq!(state(&admin).await, before);
            }
        }
        let told = admin.upload(IMPORT, questions.to_string()).await.problem(422, "import-rejected");
        let detail = told["report"]["rejected"][0]["detail"].as_str().unwrap();
        assert!(detail.contains('D') && detail.contains('C'), "{detail}");
    }

    async fn what_can_be_taken_is_taken_when_that_is_asked_for(backend) {
        let app = TestApp::start(backend).await;
        let admin = empty_bank(&app).await;
        admin.post(QUESTIONS, question("q0", "judge")).await.expect(201);
        let before = state(&admin).await;
        let file = json!([
            with(question("q0", "judge"), &json!({"key": ["false"]})),
            with(question("q1", "single"), &json!({"key": ["D"]})),
            question("q2", "judge"),
        ])
        .to_string();
        let trial = admin.upload(&format!("{IMPORT}?accept_valid=true&dry_run=true"), file.clone()).await.expect(200);
        assert_eq!((counts(&trial), places(&trial["rejected"])), (json!([1, 3, 1, 1, 0]), vec!["/1/key/0"]));
        assert_eq!(state(&admin).await, before);
        let report = admin.upload(&format!("{IMPORT}?accept_valid=true"), file.clone()).await.expect(200);
        assert_eq!((counts(&report), places(&report["rejected"])), (json!([2, 3, 1, 1, 0]), vec!["/1/key/0"]));
        let after = state(&admin).await;
        assert_eq!(codes(&admin, "").await, ["q0", "q2"]);
        let again = admin.upload(&format!("{IMPORT}?accept_valid=true"), file).await.expect(200);
        assert_eq!(counts(&again), json!([2, 3, 0, 0, 2]));
        assert_eq!(state(&admin).await, after);
    }

    async fn changes_at_the_same_time_come_one_after_the_other(backend) {
        let app = TestApp::start(backend).await;
        let admin = empty_bank(&app).await;
        admin.post(QUESTIONS, question("q0", "judge")).await.expect(201);
        admin.delete(&format!("{QUESTIONS}/q0")).await.expect(204);
        // So many that one of them is overtaken again and again.
        let files = (0..40).map(|number| {
            // Each file brings back the same question, changes it, and adds one of its own.
            let shared = with(question("q0", "judge"), &json!({"stem": format!("题干 {number}")}));
            admin.upload(IMPORT, json!([shared, question(&format!("n{number:02}"), "judge")]).to_string())
        });
        let mut revisions: Vec<i64> = Vec::new();
        for reply in futures_util::future::join_all(files).await {
            let report = reply.expect(200);
            assert_eq!(report["added"].as_u64().unwrap() + report["updated"].as_u64().unwrap(), 2);
            revisions.push(report["revision"].as_i64().unwrap());
        }
        revisions.sort_unstable();
        assert_eq!(revisions, (3..43).collect::<Vec<_>>());
        let mut wanted: Vec<String> = (0..40).map(|number| format!("n{number:02}")).collect();
        wanted.push("q0".into());
        assert_eq!(codes(&admin, "?page_size=200").await, wanted);
    }
}
