//! What is left of somebody who has gone and was anonymised: figures, and no name anywhere.

use diesel::RunQueryDsl as _;
use qianti::services::ServiceError;
use qianti::store::Backend;

use super::id;
use crate::harness::{Actor, Reply, TestApp, Value, World, json, on_both_databases};

const ANONYMOUS: &str = "已注销成员";

async fn leave(world: &World, member: &Value) {
    world.admin.patch(&format!("/members/{}", id(member)), json!({"status": "left"})).await.expect(200);
}

async fn anonymise(actor: &Actor, member: &Value) -> Reply {
    actor.post_nothing(&format!("/members/{}/anonymise", id(member))).await
}

/// Boards and reports that name the member or count them, without the instants of asking.
async fn boards(actor: &Actor, quiz: &Value) -> Vec<Value> {
    let mut found = Vec::new();
    for path in [
        format!("/leaderboards/members?quiz={}", quiz["id"]),
        "/leaderboards/members?period=month".into(),
        "/leaderboards/units?period=month&kind=branch".into(),
        format!("/leaderboards/units?quiz={}&kind=branch", quiz["id"]),
        "/reports/board?period=month".into(),
        "/reports/trend?period=month".into(),
        "/reports/chapters?period=month".into(),
    ] {
        let mut page = actor.get(&path).await.expect(200);
        if let Some(fields) = page.as_object_mut() {
            fields.remove("as_of");
        }
        found.push(page);
    }
    found
}

/// The same with one name for another.
fn renamed(boards: &[Value], from: &str) -> Vec<Value> {
    let text = serde_json::to_string(boards).unwrap().replace(from, ANONYMOUS);
    serde_json::from_str(&text).unwrap()
}

on_both_databases! {
    async fn whoever_was_anonymised_is_nowhere_and_the_rankings_stay(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let member = world.add("qzx-login", "B1").await;
        let path = format!("/members/{}", id(&member));
        world.admin.patch(&path, json!({"name": "覃紫萱"})).await.expect(200);
        let me = world.again(&app, "qzx-login").await;
        let other = world.member(&app, "ls", "B1").await;
        let quiz = world.quiz(json!({})).await;
        let voided = world.attempt(&me, &quiz, 5).await;
        let void = format!("/attempts/{}/void", voided["attempt_id"].as_str().unwrap());
        world.admin.post(&void, json!({"reason": "网络中断"})).await.expect(204);
        world.attempt(&me, &quiz, 4).await;
        world.attempt(&other, &quiz, 3).await;
        me.put("/me/favourites/1000/judge-02", json!({})).await.expect(204);
        me.post("/practice/answers", json!({"bank": "1000", "code": "single-01", "answer": ["A"]})).await.expect(200);
        app.services.statistics.catch_up().await.unwrap();
        anonymise(&world.admin, &member).await.problem(409, "member-active");
        leave(&world, &member).await;
        let before = boards(&world.admin, &quiz).await;
        assert!(before[0].to_string().contains("覃紫萱"));
        let other_instance = app.another_instance().await;
        let gone = anonymise(&world.admin, &member).await.expect(200);
        assert_eq!((&gone["name"], &gone["status"], &gone["anonymised"]), (&json!(ANONYMOUS), &json!("left"), &json!(true)));
        assert_eq!(boards(&world.admin, &quiz).await, renamed(&before, "覃紫萱"));
        // Nowhere any more, not in the log either; the log says what was done.
        for call in ["/audit?limit=200", "/audit/export?format=csv", "/members?limit=200", &format!("/quizzes/{}/attempts", quiz["id"]),
            "/reports/members?period=all"] {
            let text = world.admin.get(call).await.text;
            assert!(!text.contains("覃紫萱") && !text.contains("qzx-login"), "{call}: {text}");
        }
        let log = world.admin.get("/audit?action=member.anonymised").await.expect(200);
        assert_eq!(log["items"][0]["subject"], json!({"kind": "member", "id": id(&member).to_string(), "name": ANONYMOUS}));
        assert_eq!(log["items"][0]["actor"]["name"], "系统管理员");
        let added = world.admin.get(&format!("/audit?action=member.added&subject=member:{}", id(&member))).await.expect(200);
        assert_eq!(added["items"][0]["after"]["status"], "active", "what is no name stays: {added}");
        for table in DUMPED {
            let text = dump(&app, table).await;
            assert!(!text.contains("覃紫萱") && !text.contains("qzx-login"), "{table}: {text}");
        }
        for table in ["sessions", "role_grants", "favourites", "learning", "study_days"] {
            assert_eq!(count(&app, table, id(&member)).await, 0, "{table}");
        }
        // Nobody comes back by this account.
        let login = |login: &str| json!({"login": login, "password": "Member-Pass-2026"});
        for name in ["qzx-login", gone["login"].as_str().unwrap()] {
            app.anonymous().post("/auth/login", login(name)).await.problem(401, "wrong-credentials");
        }
        me.get("/me").await.problem(401, "unauthenticated");
        for change in [json!({"status": "active"}), json!({"name": "x"}), json!({"reset_password": true})] {
            world.admin.patch(&path, change).await.problem(409, "member-anonymised");
        }
        // The old login is free again, for somebody else.
        assert_ne!(id(&world.add("qzx-login", "B1").await), id(&member));
        // Again changes nothing.
        let again = anonymise(&world.admin, &member).await.expect(200);
        assert_eq!(again["login"], gone["login"]);
        assert_eq!(world.admin.get("/audit?action=member.anonymised").await.expect(200)["items"].as_array().unwrap().len(), 1);
        assert!(app.services.examine().await.unwrap().faults.is_empty());
        assert!(other_instance.examine().await.unwrap().faults.is_empty());
    }

    async fn another_instance_shows_the_change_at_once(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let member = world.add("zs", "B1").await;
        let me = world.again(&app, "zs").await;
        let quiz = world.quiz(json!({})).await;
        world.attempt(&me, &quiz, 4).await;
        leave(&world, &member).await;
        // Only PostgreSQL has several; an SQLite database is its one instance's, which must show it as well.
        let (there, server) = match backend {
            Backend::Sqlite => (world.admin.clone(), None),
            Backend::Postgres => {
                let other = std::sync::Arc::new(app.another_instance().await);
                let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
                let base = format!("http://{}", listener.local_addr().unwrap());
                let server = qianti::api::bind(other, listener, qianti::api::Listen { workers: 1, connections: 100 }).unwrap();
                let handle = server.handle();
                actix_web::rt::spawn(server);
                (Actor::new(&base, Some(world.admin.token())), Some(handle))
            }
        };
        let board = format!("/leaderboards/members?quiz={}", quiz["id"]);
        // On PostgreSQL an instance hears of it within some milliseconds; the answer itself does not wait for that.
        let shows = async |name: &str| {
            for _ in 0..200 {
                let page = there.get(&board).await.expect(200);
                if page["items"][0]["name"] == name {
                    return true;
                }
                actix_web::rt::time::sleep(std::time::Duration::from_millis(10)).await;
            }
            false
        };
        assert!(shows("姓名zs").await);
        anonymise(&world.admin, &member).await.expect(200);
        assert!(shows(ANONYMOUS).await);
        if let Some(server) = server {
            server.stop(false).await;
        }
    }

    async fn a_fixed_report_loses_the_name_and_keeps_the_figures(backend) {
        let app = TestApp::start(backend).await;
        let mut world = World::build(&app).await;
        let member = world.add("zs", "B1").await;
        let me = world.again(&app, "zs").await;
        let quiz = world.quiz(json!({"closes_at": "2026-11-24T00:00:00Z"})).await;
        world.attempt(&me, &quiz, 4).await;
        world.wait(&app, 10 * 86_400).await;
        app.services.statistics.catch_up().await.unwrap();
        assert!(app.services.reports.fix_months().await.unwrap() > 0);
        let report = format!("/reports/monthly?month=2026-11&unit={}", world.unit("C1"));
        let before = world.admin.get(&report).await.expect(200);
        assert_eq!((&before["fixed"], &before["best_members"][0]["name"]), (&json!(true), &json!("姓名zs")));
        leave(&world, &member).await;
        anonymise(&world.admin, &member).await.expect(200);
        let after = world.admin.get(&report).await.expect(200);
        assert_eq!(after, renamed(&[before], "姓名zs")[0]);
        assert!(!dump(&app, "monthly_reports").await.contains("姓名zs"));
        assert!(app.services.examine().await.unwrap().faults.is_empty());
    }

    async fn only_an_admin_of_all_of_the_account_anonymises_it(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let admin1 = world.with_role(&app, "admin1", "admin", "C1").await;
        let admin2 = world.with_role(&app, "admin2", "admin", "C2").await;
        let leader = world.with_role(&app, "leader1", "leader", "C1").await;
        let plain = world.add("zs", "B1").await;
        let roles = json!([{"role": "admin", "unit_id": world.unit("root")}]);
        let mighty = world.add_with("mighty", "B1", roles).await;
        for member in [&plain, &mighty] {
            leave(&world, member).await;
        }
        for other in [&admin2, &leader] {
            anonymise(other, &plain).await.problem(403, "forbidden");
        }
        anonymise(&admin1, &mighty).await.problem(403, "forbidden");
        anonymise(&admin1, &plain).await.expect(200);
        anonymise(&world.admin, &json!({"id": 999_999})).await.problem(404, "not-found");
    }

    async fn an_import_does_not_bring_an_anonymised_member_back(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let member = world.add("zs", "B1").await;
        leave(&world, &member).await;
        let gone = anonymise(&world.admin, &member).await.expect(200);
        let file = format!("login,name,unit_code\n{},新名,B1\n", gone["login"].as_str().unwrap());
        let report = world.admin.upload("/members/import", file).await.problem(422, "import-rejected");
        assert!(report["report"]["rejected"][0]["detail"].as_str().unwrap().contains("已匿名化"), "{report}");
    }

    async fn the_log_gives_up_no_other_name(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let (gone, stays) = (world.add("zs", "B1").await, world.add("ls", "B1").await);
        leave(&world, &gone).await;
        anonymise(&world.admin, &gone).await.expect(200);
        let (gone, stays) = (id(&gone), id(&stays));
        let without = match backend {
            Backend::Sqlite => "json_remove(after, '$.name', '$.login', '$.member.name')",
            Backend::Postgres => "without_names(after)",
        };
        for statement in [
            // Of somebody who was not anonymised; another text; another column; somebody else's line made theirs.
            format!("UPDATE audit_log SET subject_name = '{ANONYMOUS}', after = {without} WHERE subject_id = '{stays}' AND subject_kind = 'member'"),
            format!("UPDATE audit_log SET subject_name = 'x' WHERE subject_id = '{gone}' AND subject_kind = 'member'"),
            format!("UPDATE audit_log SET subject_name = '{ANONYMOUS}', after = NULL WHERE subject_id = '{gone}' AND subject_kind = 'member' AND action = 'member.added'"),
            format!("UPDATE audit_log SET actor_id = NULL WHERE subject_id = '{gone}' AND subject_kind = 'member'"),
            format!("UPDATE audit_log SET subject_name = '{ANONYMOUS}', subject_id = '{gone}' WHERE subject_id = '{stays}' AND subject_kind = 'member'"),
            format!("DELETE FROM audit_log WHERE subject_id = '{gone}'"),
        ] {
            let statement: &'static str = statement.leak();
            let write = move |connection: &mut qianti::store::AnyConnection| {
                let done = diesel::sql_query(statement).execute(connection);
                done.map_err(|error| ServiceError::Internal(error.to_string()))
            };
            let done = app.services.context.database.write(write).await;
            let refused = done.expect_err(statement).to_string();
            assert!(refused.contains("the audit log cannot be changed"), "{statement}: {refused}");
        }
    }
}

/// Tables in which a name or a login could stand.
const DUMPED: [&str; 8] = [
    "members",
    "audit_log",
    "monthly_reports",
    "voided_attempts",
    "sessions",
    "devices",
    "begun",
    "attempt_events",
];

#[derive(diesel::QueryableByName)]
struct Row {
    #[diesel(sql_type = diesel::sql_types::Text)]
    text: String,
}

#[derive(diesel::QueryableByName)]
struct Count {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    count: i64,
}

/// A table as text.
async fn dump(app: &TestApp, table: &'static str) -> String {
    let columns = match table {
        "members" => "login || ' ' || login_key || ' ' || name || ' ' || password_hash",
        "audit_log" => "subject_name || ' ' || COALESCE(before, '') || ' ' || COALESCE(after, '')",
        "monthly_reports" => "report",
        "voided_attempts" => "attempt_id || ' ' || reason",
        "sessions" => "id",
        "devices" => "session_id || ' ' || name",
        "begun" => "id",
        _ => "kind",
    };
    let sql = format!("SELECT {columns} AS text FROM {table}");
    let read = move |connection: &mut qianti::store::AnyConnection| {
        let rows = diesel::sql_query(sql).load::<Row>(connection);
        rows.map_err(|error| ServiceError::Internal(error.to_string()))
    };
    let rows: Vec<Row> = app.services.context.database.read(read).await.unwrap();
    rows.into_iter().map(|row| row.text + "\n").collect()
}

async fn count(app: &TestApp, table: &'static str, member: i64) -> i64 {
    let sql = format!("SELECT COUNT(*) AS count FROM {table} WHERE member_id = {member}");
    let read = move |connection: &mut qianti::store::AnyConnection| {
        let rows = diesel::sql_query(sql).load::<Count>(connection);
        rows.map_err(|error| ServiceError::Internal(error.to_string()))
    };
    let rows: Vec<Count> = app.services.context.database.read(read).await.unwrap();
    rows[0].count
}
