//! Reading the log: its scope, searching, pages, exports.

use std::io::Cursor;

use calamine::Reader as _;
use qianti::services::ServiceError;

use super::{actions, log};
use crate::harness::{Actor, TestApp, Value, World, json, on_both_databases};

on_both_databases! {
    async fn an_admin_reads_what_concerned_their_scope_when_it_was_done(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let one = world.with_role(&app, "admin1", "admin", "C1").await;
        let two = world.with_role(&app, "admin2", "admin", "C2").await;
        let of_b1 = world.with_role(&app, "admin-b1", "admin", "B1").await;
        let root = app.admin().await;
        let subjects = |lines: &[Value]| -> Vec<String> {
            lines.iter().map(|line| line["subject"]["name"].as_str().unwrap().to_owned()).collect()
        };
        let moved = world.add("moved", "B1").await;
        world.add("stays", "B3").await;
        assert!(subjects(&log(&one, "").await).contains(&"姓名moved".to_owned()));
        assert!(!subjects(&log(&two, "").await).contains(&"姓名moved".to_owned()));
        assert!(!subjects(&log(&one, "").await).contains(&"姓名stays".to_owned()));
        // Nothing of another committee, of the root, of banks.
        for line in log(&one, "").await {
            let name = line["unit"]["name"].as_str().unwrap();
            assert!(["C1", "B1", "B2"].contains(&name), "{line}");
        }
        // Both sides see a transfer; what was before stays with the one, what comes after with the other.
        let path = format!("/members/{}", moved["id"]);
        root.patch(&path, json!({"unit_id": world.unit("B3")})).await.expect(200);
        root.patch(&path, json!({"name": "后来"})).await.expect(200);
        let of_member = format!("subject=member:{}", moved["id"]);
        assert_eq!(actions(&log(&one, &of_member).await), ["member.transferred", "member.added"]);
        assert_eq!(actions(&log(&two, &of_member).await), ["member.renamed", "member.transferred"]);
        assert_eq!(actions(&log(&of_b1, &of_member).await), ["member.transferred", "member.added"]);
        // A unit that is moved takes what follows along, not what was.
        let branch = format!("/units/{}", world.unit("B1"));
        root.patch(&branch, json!({"parent_id": world.unit("C2")})).await.expect(200);
        let of_branch = format!("subject=unit:{}", world.unit("B1"));
        assert_eq!(actions(&log(&one, &of_branch).await), ["unit.moved", "unit.added"]);
        assert_eq!(actions(&log(&two, &of_branch).await), ["unit.moved"]);
        assert_eq!(actions(&log(&of_b1, &of_branch).await), ["unit.moved", "unit.added"]);
        // Asking for a unit asks within one's own scope.
        one.get(&format!("/audit?unit={}", world.unit("B3"))).await.problem(403, "forbidden");
        one.get("/audit?unit=99999").await.problem(404, "not-found");
        let b3 = log(&root, &format!("unit={}", world.unit("B3"))).await;
        assert_eq!(actions(&b3), ["member.renamed", "member.transferred", "member.added", "unit.added"]);
        // A removed unit's lines stay.
        let body = json!({"parent_id": world.unit("C1"), "kind": "branch", "code": "T", "name": "临时"});
        let unit = one.post("/units", body).await.expect(201);
        one.delete(&format!("/units/{}", unit["id"])).await.expect(204);
        assert_eq!(actions(&log(&one, "q=临时").await), ["unit.removed", "unit.added"]);
        assert!(log(&two, "q=临时").await.is_empty());
    }

    async fn the_log_is_searched_and_paged(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let other = world.with_role(&app, "Other", "admin", "C1").await;
        let id = other.get("/me").await.expect(200)["id"].clone();
        let path = format!("/units/{}", world.unit("B1"));
        other.patch(&path, json!({"name": "Alpha 100%"})).await.expect(200);
        app.clock.advance_seconds(86_400);
        let admin = app.admin().await;
        admin.patch(&path, json!({"name": "beta_1"})).await.expect(200);
        let all = log(&admin, "").await;
        assert_eq!(actions(&all), [
            "unit.renamed", "unit.renamed", "member.added",
            "unit.added", "unit.added", "unit.added", "unit.added", "unit.added",
        ]);
        for (query, found) in [
            (format!("actor={id}"), 1),
            ("actor=99999".into(), 0),
            ("action=unit.renamed".into(), 2),
            ("action=unit".into(), 7),
            ("action=member&subject=unit".into(), 0),
            ("subject=member".into(), 1),
            (format!("subject=unit:{}", world.unit("B1")), 3),
            ("from=2026-11-24".into(), 1),
            ("until=2026-11-23".into(), 7),
            ("from=2026-11-23&until=2026-11-24".into(), 8),
            ("from=2026-11-25".into(), 0),
            // In what was changed, in names, whatever the case; % and _ are letters.
            ("q=alpha".into(), 2),
            ("q=ALPHA".into(), 2),
            ("q=100%25".into(), 2),
            ("q=_1".into(), 1),
            ("q=姓名Other".into(), 2),
            ("q=nothing-at-all".into(), 0),
            ("q=".into(), 8),
        ] {
            assert_eq!(log(&admin, &query).await.len(), found, "{query}");
        }
        let mut paged = Vec::new();
        let mut cursor = String::new();
        loop {
            let page = admin.get(&format!("/audit?limit=3&cursor={cursor}")).await.expect(200);
            paged.extend(page["items"].as_array().unwrap().clone());
            match page["next_cursor"].as_str() {
                Some(next) => cursor = next.to_owned(),
                None => break,
            }
        }
        assert_eq!(paged, all);
        for (query, pointer) in [
            ("action=unit.painted", "/action"), ("subject=house", "/subject"), ("subject=house:1", "/subject"),
            ("from=yesterday", "/from"), ("until=2026-02-30", "/until"), ("actor=me", "/actor"),
        ] {
            assert_eq!(admin.get(&format!("/audit?{query}")).await.pointers(), [pointer], "{query}");
        }
    }

    async fn the_log_is_exported_as_it_is_listed(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let admin = world.with_role(&app, "admin1", "admin", "C1").await;
        // More than one page of what is read at once.
        let mut file = String::from("login,name,unit_code\n");
        for number in 0..1_005 {
            file.push_str(&format!("m{number},成员{number},B1\n"));
        }
        world.admin.upload("/members/import?dry_run=true", file.clone()).await.expect(200);
        let principal = app.services.operator().await.unwrap();
        app.services
            .context
            .database
            .write(move |connection| -> Result<(), ServiceError> {
                use qianti::domain::audit::{Action, SubjectKind};
                use qianti::store::audit::{NewEntry, append};
                let line = |number: i64| NewEntry {
                    at: qianti::domain::time::Millis(crate::harness::NOON + number),
                    actor: Some(principal.member_id),
                    action: Action::UnitRenamed,
                    subject_kind: SubjectKind::Unit,
                    subject_id: number.to_string(),
                    subject_name: format!("=名称,{number}"),
                    unit: None,
                    left: None,
                    before: None,
                    after: None,
                    request_id: None,
                };
                Ok(append(connection, (0..2_500).map(line))?)
            })
            .await
            .unwrap();
        let reply = world.admin.get("/audit/export?format=csv").await;
        assert_eq!(reply.headers["content-type"], "text/csv; charset=utf-8");
        assert_eq!(reply.headers["content-disposition"], "attachment; filename=\"audit.csv\"");
        let text = reply.text.trim_start_matches('\u{feff}').to_owned();
        let mut csv = csv::Reader::from_reader(text.as_bytes());
        assert_eq!(csv.headers().unwrap().get(2), Some("操作"));
        let rows: Vec<csv::StringRecord> = csv.records().map(Result::unwrap).collect();
        assert_eq!(rows.len(), 2_500 + 6);
        let numbers: Vec<&str> = rows.iter().map(|row| row.get(4).unwrap()).take(2_500).collect();
        let expected: Vec<String> = (0..2_500).rev().map(|number: i64| number.to_string()).collect();
        assert_eq!(numbers, expected);
        assert_eq!(rows[2_500].get(2), Some("新增成员"));
        assert_eq!(rows[2_500].get(0), Some("2026-11-23 12:00:00"));
        let reply = world.admin.get("/audit/export?subject=member").await;
        let mut book: calamine::Xlsx<_> = calamine::Xlsx::new(Cursor::new(reply.bytes)).unwrap();
        let sheet = book.worksheet_range("操作记录").unwrap();
        assert_eq!(sheet.height(), 2);
        assert_eq!(sheet.get_value((1, 5)).unwrap().to_string(), "姓名admin1");
        // In the reader's scope and language.
        let request = admin.request(reqwest::Method::GET, "/audit/export?format=csv");
        let reply = Actor::send(request.header("accept-language", "en")).await;
        assert!(reply.text.contains("Member added") && !reply.text.contains("=名称"), "{}", reply.text);
        admin.get(&format!("/audit/export?unit={}", world.unit("C2"))).await.problem(403, "forbidden");
    }
}
