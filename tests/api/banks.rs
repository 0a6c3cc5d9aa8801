//! Question banks: one question at a time, and files.

use reqwest::Method;
use reqwest::multipart::{Form, Part};

use crate::harness::{Actor, TestApp, Value, World, json, on_both_databases};

const QUESTIONS: &str = "/banks/t/questions";
const IMPORT: &str = "/banks/t/import";

/// An administrator with the empty bank `t`.
async fn empty_bank(app: &TestApp) -> Actor {
    let admin = app.admin().await;
    admin.post("/banks", json!({"code": "t", "title": "试题"})).await.expect(201);
    admin
}

/// A well-formed question of a kind, without what may be left out.
fn question(code: &str, kind: &str) -> Value {
    let (options, key) = match kind {
        "single" => (json!(["甲", "乙", "丙"]), json!(["B"])),
        "multiple" => (json!(["甲", "乙", "丙"]), json!(["A", "C"])),
        "judge" => (json!([]), json!(["true"])),
        "blank" => (json!([]), json!(["一|壹", "二"])),
        _ => (json!([]), json!(["要点一", "要点二"])),
    };
    json!({
        "code": code, "kind": kind, "chapter": "第一章", "stem": format!("{code} ____ 与 ____"),
        "options": options, "key": key,
    })
}

/// Replaces fields.
fn with(mut question: Value, changes: &Value) -> Value {
    for (field, value) in changes.as_object().unwrap() {
        question[field] = value.clone();
    }
    question
}

/// The revision of the bank `t` and everything in it.
async fn state(admin: &Actor) -> (Value, Value) {
    let banks = admin.get("/banks").await.expect(200);
    let bank = banks["items"].as_array().unwrap().iter().find(|bank| bank["code"] == "t").unwrap().clone();
    let questions = admin.get(QUESTIONS).await.expect(200)["items"].take();
    assert_eq!(bank["questions"], questions.as_array().unwrap().len());
    (bank["revision"].clone(), questions)
}

async fn codes(admin: &Actor, query: &str) -> Vec<String> {
    let list = admin.get(&format!("{QUESTIONS}?{query}")).await.expect(200);
    let rows = list["items"].as_array().unwrap().iter();
    rows.map(|row| row["code"].as_str().unwrap().to_owned()).collect()
}

/// `[revision, found, added, updated, unchanged]` of a report.
fn counts(report: &Value) -> Value {
    ["revision", "found", "added", "updated", "unchanged"]
        .map(|field| report[field].clone())
        .into_iter()
        .collect()
}

fn places(list: &Value) -> Vec<&str> {
    let list = list.as_array().unwrap();
    assert!(list.iter().all(|place| place["detail"].as_str().is_some_and(|detail| !detail.is_empty())));
    list.iter().map(|place| place["at"].as_str().unwrap()).collect()
}

on_both_databases! {
    async fn a_bank_is_added_and_listed(backend) {
        let app = TestApp::start(backend).await;
        let admin = app.admin().await;
        let bank = admin.post("/banks", json!({"code": " dang-ji_2.1 ", "title": " 党纪 "})).await.expect(201);
        assert_eq!(bank, json!({"code": "dang-ji_2.1", "title": "党纪", "revision": 0, "questions": 0}));
        let list = admin.get("/banks").await.expect(200);
        assert_eq!(
            list["items"],
            json!([{"code": "1000", "title": "党员干部应知应会1000题", "revision": 1, "questions": 41}, bank])
        );
        let first = admin.get("/banks?limit=1").await.expect(200);
        assert_eq!(first["items"], json!([list["items"][0]]));
        let second = admin.get(&format!("/banks?limit=1&cursor={}", first["next_cursor"].as_str().unwrap())).await;
        let second = second.expect(200);
        assert_eq!((&second["items"], &second["next_cursor"]), (&json!([bank]), &Value::Null));
        admin.post("/banks", json!({"code": "1000", "title": "又一个"})).await.problem(409, "code-taken");
        for (field, value) in [
            ("code", json!("")),
            ("code", json!("a b")),
            ("code", json!("a/b")),
            ("code", json!("题库")),
            ("code", json!("x".repeat(65))),
            ("title", json!(" ")),
            ("title", json!("长".repeat(201))),
            ("title", json!("一\u{0}二")),
            ("title", json!(7)),
            ("revision", json!(1)),
        ] {
            let mut body = json!({"code": "x", "title": "x"});
            body[field] = value;
            assert_eq!(admin.post("/banks", body.clone()).await.pointers(), [format!("/{field}")], "{body}");
        }
        assert_eq!(admin.get("/banks").await.expect(200), list);
    }

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

    async fn files_that_are_no_bank_are_refused(backend) {
        let app = TestApp::start(backend).await;
        let admin = empty_bank(&app).await;
        for file in
            ["", " \n", "[", "{\"questions\": 1}", "{}", "[]", "{\"questions\": [], \"extra\": 1}", "42", "[1,]", "PK\u{3}\u{4}"]
        {
            for format in ["auto", "json"] {
                let path = format!("{IMPORT}?format={format}&accept_valid=true");
                let problem = admin.upload(&path, file).await.problem(422, "unreadable-file");
                assert_eq!(problem.get("report"), None, "{file}");
            }
        }
        let deep = "[".repeat(100_000);
        admin.upload(IMPORT, deep).await.problem(422, "unreadable-file");
        admin.upload(IMPORT, b"[\"\xFF\xFE\"]".as_slice()).await.problem(422, "unreadable-file");
        let file = json!([question("q", "judge")]).to_string();
        for format in ["JSON", "pdf"] {
            let path = format!("{IMPORT}?format={format}");
            admin.upload(&path, file.clone()).await.problem(422, "unsupported-format");
            admin.get(&format!("/banks/t/export?format={format}")).await.problem(422, "unsupported-format");
        }
        assert_eq!(admin.upload(&format!("{IMPORT}?dry_run=maybe"), file.clone()).await.pointers(), ["/dry_run"]);
        assert_eq!(state(&admin).await, (json!(0), json!([])));
    }

    async fn an_upload_is_one_file_of_a_form(backend) {
        let app = TestApp::start(backend).await;
        let admin = empty_bank(&app).await;
        let part = || Part::text(json!([question("q", "judge")]).to_string()).file_name("q.json");
        let request = || admin.request(Method::POST, IMPORT);
        let send = |form: Form| Actor::send(request().multipart(form));
        let empty = request().header("content-type", "multipart/form-data; boundary=x").body("--x--\r\n");
        assert_eq!(Actor::send(empty).await.pointers(), ["/file"]);
        assert_eq!(send(Form::new().part("data", part())).await.pointers(), ["/data"]);
        assert_eq!(send(Form::new().part("file", part()).part("file", part())).await.pointers(), ["/file"]);
        assert_eq!(send(Form::new().part("file", part()).text("note", "x")).await.pointers(), ["/note"]);
        let broken = request().header("content-type", "multipart/form-data; boundary=x").body("--x\r\nno end");
        Actor::send(broken).await.problem(400, "malformed-upload");
        let bare = request().header("content-type", "multipart/form-data").body("x");
        Actor::send(bare).await.problem(400, "malformed-upload");
        admin.post(IMPORT, json!([question("q", "judge")])).await.problem(415, "unsupported-media-type");
        Actor::send(request()).await.problem(415, "unsupported-media-type");
        assert_eq!(state(&admin).await.0, 0);
        send(Form::new().part("file", part())).await.expect(200);
    }

    async fn an_upload_that_is_too_large_is_refused(backend) {
        let app = TestApp::start(backend).await;
        let admin = empty_bank(&app).await;
        let mut file = json!([question("q", "judge")]).to_string().into_bytes();
        file.resize((32 << 20) + 1, b' ');
        admin.upload(IMPORT, file.clone()).await.problem(413, "body-too-large");
        file.truncate(31 << 20);
        assert_eq!(counts(&admin.upload(IMPORT, file).await.expect(200)), json!([1, 1, 1, 0, 0]));
    }

    async fn exports_for_other_systems_import_without_a_change(backend) {
        let app = TestApp::start(backend).await;
        let admin = app.admin().await;
        let list = admin.get("/banks/1000/questions").await.expect(200);
        let questions = list["items"].as_array().unwrap();
        assert_eq!(questions.len(), 41);
        for (format, end) in [("gift", "gift"), ("aiken", "txt"), ("moodle-xml", "xml"), ("qti", "zip")] {
            let request = admin.request(Method::GET, &format!("/banks/1000/export?format={format}"));
            let response = request.send().await.unwrap();
            assert_eq!(response.status(), 200, "{format}");
            let headers = response.headers().clone();
            let name = format!("attachment; filename=\"1000.{end}\"");
            assert_eq!(headers["content-disposition"].to_str().unwrap(), name);
            let left_out: i64 = headers["x-left-out"].to_str().unwrap().parse().unwrap();
            let wanted = match format {
                // GIFT has one gap a question, Aiken single questions only.
                "gift" => questions.iter().filter(|q| q["kind"] == "blank" && q["key"][1].is_string()).count(),
                "aiken" => questions.iter().filter(|q| q["kind"] != "single").count(),
                _ => 0,
            };
            assert_eq!(left_out, i64::try_from(wanted).unwrap(), "{format}");
            let file = response.bytes().await.unwrap().to_vec();
            let report = admin.upload("/banks/1000/import", file).await.expect(200);
            assert_eq!(report["format"], format);
            assert_eq!(counts(&report), json!([1, 41 - left_out, 0, 0, 41 - left_out]), "{format}: {report}");
            assert_eq!(report["rejected"], json!([]));
        }
    }

    async fn what_is_exported_imports_without_a_change(backend) {
        let app = TestApp::start(backend).await;
        let admin = empty_bank(&app).await;
        let export = admin.get("/banks/1000/export?format=json").await;
        assert_eq!(export.headers["content-type"], "application/json");
        assert_eq!(export.headers["content-disposition"], "attachment; filename=\"1000.json\"");
        let file = export.text.clone();
        assert_eq!(admin.get("/banks/1000/export").await.expect(200), export.expect(200));
        let report = admin.upload("/banks/1000/import", file.clone()).await.expect(200);
        assert_eq!(counts(&report), json!([1, 41, 0, 0, 41]));
        assert_eq!((&report["rejected"], &report["warnings"]), (&json!([]), &json!([])));

        // Into another bank: the same questions, key by key.
        assert_eq!(counts(&admin.upload(IMPORT, file).await.expect(200)), json!([1, 41, 41, 0, 0]));
        let strip = |mut questions: Value| {
            for question in questions.as_array_mut().unwrap() {
                question.as_object_mut().unwrap().remove("id");
            }
            questions
        };
        let original = admin.get("/banks/1000/questions").await.expect(200)["items"].take();
        assert_eq!(strip(state(&admin).await.1), strip(original));

        // Texts that a format could stumble over.
        let odd = [
            with(question("o-1", "short"), &json!({"stem": "一行\n\t“二”行\r\n\\三 <b>&amp;</b> 😀", "key": []})),
            with(question("o-2", "blank"), &json!({"stem": "无空", "key": [" 一 | 壹 "], "chapter": "第 一 章"})),
            with(question("o-3", "single"), &json!({"options": ["true", "1", "=1+1"], "key": ["C"], "verified_on": "2026-01-01"})),
            with(question("o-4", "short"), &json!({"key": ["", " 两边 有空 "]})),
        ];
        for question in odd {
            admin.post(QUESTIONS, question).await.expect(201);
        }
        let before = state(&admin).await;
        let file = admin.get("/banks/t/export").await.text;
        assert_eq!(counts(&admin.upload(IMPORT, file).await.expect(200)), json!([5, 45, 0, 0, 45]));
        assert_eq!(state(&admin).await, before);
    }

    async fn banks_are_for_admins_of_the_root(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        world.admin.post("/banks", json!({"code": "t", "title": "试题"})).await.expect(201);
        world.admin.post(QUESTIONS, question("q", "judge")).await.expect(201);
        let before = state(&world.admin).await;
        let branch_admin = world.with_role(&app, "a1", "admin", "C1").await;
        let leader = world.with_role(&app, "l1", "leader", "root").await;
        let member = world.member(&app, "zs", "B1").await;
        let file = json!([question("q2", "judge")]).to_string();
        for actor in [&branch_admin, &leader, &member] {
            let path = format!("{QUESTIONS}/q");
            for reply in [
                actor.post("/banks", json!({"code": "x", "title": "x"})).await,
                actor.get(QUESTIONS).await,
                actor.post(QUESTIONS, question("q2", "judge")).await,
                actor.put(&path, with(question("q", "judge"), &json!({"key": ["false"]}))).await,
                actor.delete(&path).await,
                actor.upload(IMPORT, file.clone()).await,
                actor.get("/banks/t/export").await,
                actor.get("/banks/none/export").await,
            ] {
                reply.problem(403, "forbidden");
            }
        }
        // Whoever makes quizzes has to know which banks there are.
        assert_eq!(branch_admin.get("/banks").await.expect(200)["items"].as_array().unwrap().len(), 2);
        leader.get("/banks").await.problem(403, "forbidden");
        member.get("/banks").await.problem(403, "forbidden");
        app.anonymous().upload(IMPORT, file).await.problem(401, "unauthenticated");
        assert_eq!(state(&world.admin).await, before);
    }
}
