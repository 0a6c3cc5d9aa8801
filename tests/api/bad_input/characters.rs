//! Characters that no text may have, bytes that are no text, and texts that only look like something else.

use super::{Site, cursor};
use crate::harness::{TestApp, Value, json, on_both_databases};

on_both_databases! {
    /// PostgreSQL cannot store the character NUL.
    async fn the_character_nul_is_refused_in_every_text(backend) {
        let site = Site::build(TestApp::start(backend).await).await;
        let before = site.saved().await;
        let unit = site.world.unit("C1");
        let member = json!({"login": "new", "name": "名", "unit_id": unit, "password": "Member-Pass-2026"});
        let question = json!({
            "code": "new", "kind": "single", "chapter": "章", "stem": "题干", "options": ["甲", "乙"],
            "key": ["A"], "explanation": "解析", "source": "出处", "verified_on": "2026-11-23",
        });
        let mut changed_question = question.clone();
        changed_question["code"] = json!("single-00");
        let section = json!({"title": "一", "chapters": ["第一章"], "count": 1, "points": 1});
        let quiz = site.quiz_with(&json!({"sections": [section]}));
        let answers = json!({"answers": [{"no": 1, "answer": ["A"]}]});
        for (method, path, body) in [
            ("POST", "/auth/login", json!({"login": "admin", "password": "Admin-Pass-2026"})),
            ("POST", "/auth/refresh", json!({"refresh_token": "x"})),
            ("PUT", "/me/password", json!({"current": "Admin-Pass-2026", "new": "Another-Pass-2026"})),
            ("POST", "/units", json!({"parent_id": unit, "kind": "branch", "code": "new", "name": "名"})),
            ("PATCH", "/units/{unit}", json!({"code": "new", "name": "名"})),
            ("POST", "/members", member),
            ("PATCH", "/members/{member}", json!({"name": "名"})),
            ("POST", "/banks", json!({"code": "new", "title": "名"})),
            ("POST", "/banks/1000/questions", question),
            ("PUT", "/banks/1000/questions/single-00", changed_question),
            ("POST", "/quizzes", quiz.clone()),
            ("PATCH", "/quizzes/{quiz}", quiz),
            ("PUT", "/attempts/{attempt}/answers", answers.clone()),
            ("POST", "/attempts/{attempt}/submit", answers),
        ] {
            for pointer in texts(&body, "") {
                for spoil in [
                    |text: &str| format!("{text}\0"), |text: &str| format!("\0{text}"), |_: &str| "\0".into(),
                ] {
                    let mut body = body.clone();
                    let text = body.pointer_mut(&pointer).unwrap();
                    *text = json!(spoil(text.as_str().unwrap()));
                    let reply = site.send_json(method, path, body.to_string()).await;
                    assert_eq!(reply.status, 422, "{method} {path} {pointer}: {}", reply.text);
                    assert_eq!(reply.pointers(), std::slice::from_ref(&pointer), "{method} {path}");
                }
            }
        }
        for list in [
            "/members?q=%00",
            "/members?q=a%00b",
            "/banks/1000/questions?q=%00",
            "/banks/1000/questions?chapter=%00",
        ] {
            let name = list.split(['?', '=']).nth(1).unwrap();
            assert_eq!(site.admin().get(list).await.pointers(), [format!("/{name}")], "{list}");
        }
        for path in [
            "/banks/%00/questions",
            "/banks/1000%00/questions",
            "/banks/%00/export",
            "/attempts/%00",
            "/units/%00",
            "/quizzes/1%00",
            "/problems/%00",
        ] {
            let reply = site.admin().get(path).await;
            assert!(reply.status == 404 || reply.status == 405, "{path} {}", reply.text);
        }
        site.admin().delete("/banks/1000/questions/%00").await.problem(404, "not-found");
        site.admin().delete("/banks/1000/questions/single-00%00").await.problem(404, "not-found");
        let at = [cursor(r#"[1,"\u0000"]"#), cursor(r#""\u0000""#)];
        assert_eq!(site.admin().get(&format!("/me/attempts?cursor={}", at[0])).await.pointers(), ["/cursor"]);
        assert_eq!(site.admin().get(&format!("/banks/1000/questions?cursor={}", at[1])).await.pointers(), ["/cursor"]);
        assert_eq!(site.saved().await, before);
    }

    async fn what_is_no_unicode_is_refused(backend) {
        let site = Site::build(TestApp::start(backend).await).await;
        let before = site.saved().await;
        for text in [&b"\xff"[..], b"\xc3\x28", b"\xed\xa0\x80", b"\xf8\x88\x80\x80\x80"] {
            let body = [b"{\"code\": \"new\", \"title\": \"", text, b"\"}"].concat();
            site.send_json("POST", "/banks", body).await.problem(400, "malformed-json");
        }
        for text in [r"\ud800", r"\udc00x", r"\ud800\u0041"] {
            let body = format!(r#"{{"code": "new", "title": "{text}"}}"#);
            assert_eq!(site.send_json("POST", "/banks", body).await.pointers(), ["/title"], "{text}");
        }
        let gbk = b"{\"code\": \"new\", \"title\": \"\xcc\xe2\xbf\xe2\"}";
        site.send_json("POST", "/banks", gbk.to_vec()).await.problem(400, "malformed-json");
        for path in ["/banks/%ff/questions", "/attempts/%ff", "/attempts/%c3%28"] {
            site.admin().get(path).await.problem(404, "not-found");
        }
        let found = site.admin().get("/members?q=%ff").await.expect(200);
        assert_eq!(found["items"], json!([]));
        assert_eq!(site.saved().await, before);
    }

    async fn control_characters_in_names_are_refused(backend) {
        let site = Site::build(TestApp::start(backend).await).await;
        let before = site.saved().await;
        let unit = site.world.unit("C1");
        for bad in ["a\u{1}b", "a\u{1b}[31mb", "a\u{7f}b", "a\nb"] {
            let body = json!({"parent_id": unit, "kind": "branch", "code": "new", "name": bad});
            assert_eq!(site.admin().post("/units", body).await.pointers(), ["/name"], "{bad:?}");
            let body = json!({"login": bad, "name": "名", "unit_id": unit});
            assert_eq!(site.admin().post("/members", body).await.pointers(), ["/login"], "{bad:?}");
            let body = json!({"code": "new", "title": bad});
            assert_eq!(site.admin().post("/banks", body).await.pointers(), ["/title"], "{bad:?}");
            let body = site.quiz_with(&json!({"title": bad}));
            assert_eq!(site.admin().post("/quizzes", body).await.pointers(), ["/title"], "{bad:?}");
        }
        assert_eq!(site.saved().await, before);
    }

    async fn a_search_takes_every_character_for_itself(backend) {
        let site = Site::build(TestApp::start(backend).await).await;
        for text in ["%25", "_", "%5c", "'", "%22", "%27%20OR%20%271%27=%271", ";--", "%f0%9f%98%80"] {
            let found = site.admin().get(&format!("/members?q={text}")).await.expect(200);
            assert_eq!(found["items"], json!([]), "{text}");
        }
        assert_eq!(site.admin().get("/members?q=ZS").await.expect(200)["items"][0]["login"], "zs");
    }
}

/// The pointers of all texts in a body, but for words of a fixed set.
fn texts(value: &Value, pointer: &str) -> Vec<String> {
    match value {
        Value::String(_) if pointer.ends_with("/kind") => vec![],
        Value::String(_) => vec![pointer.to_owned()],
        Value::Array(items) => items
            .iter()
            .enumerate()
            .flat_map(|(index, item)| texts(item, &format!("{pointer}/{index}")))
            .collect(),
        Value::Object(fields) => {
            fields.iter().flat_map(|(name, field)| texts(field, &format!("{pointer}/{name}"))).collect()
        }
        _ => vec![],
    }
}

#[test]
fn every_text_of_a_body_is_found() {
    let body = json!({"a": "x", "kind": "x", "b": [{"c": "x"}, 1]});
    assert_eq!(texts(&body, ""), ["/a", "/b/0/c"]);
}
