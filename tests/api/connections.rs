//! Callers who are slow, and callers who are many.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use actix_web::rt::task::spawn_blocking;
use qianti::services::Settings;

use crate::harness::{TestApp, on_both_databases};

/// Longest that a test waits for what has to come.
const PATIENCE: Duration = Duration::from_secs(60);

/// Sends the beginning of a request and nothing more; answers all that comes until the server hangs up.
async fn dawdle(mut stream: TcpStream, beginning: String) -> String {
    spawn_blocking(move || {
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.write_all(beginning.as_bytes()).unwrap();
        let mut said = vec![];
        stream.read_to_end(&mut said).unwrap();
        String::from_utf8(said).unwrap()
    })
    .await
    .unwrap()
}

/// Asks whether the server is alive, on a connection that stays open; answers the status line, or `None` when
/// nothing comes in time.
async fn ask(stream: &TcpStream, time: Duration) -> Option<String> {
    let mut stream = stream.try_clone().unwrap();
    spawn_blocking(move || {
        stream.set_read_timeout(Some(time)).unwrap();
        stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
        let mut said = [0; 4096];
        let length = stream.read(&mut said).ok()?;
        Some(String::from_utf8_lossy(&said[..length]).lines().next()?.to_owned())
    })
    .await
    .unwrap()
}

on_both_databases! {
    async fn a_body_that_does_not_arrive_is_given_up(backend) {
        let app = TestApp::start_with(backend, Settings { body_seconds: 1, ..Settings::default() }).await;
        let json = "POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\
                    Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{\"login\":";
        let said = dawdle(app.connect(), json.to_owned()).await;
        assert!(said.starts_with("HTTP/1.1 408 "), "{said}");
        assert!(said.contains("application/problem+json") && said.contains("/problems/request-timeout"), "{said}");
        let admin = app.admin().await;
        let upload = format!(
            "POST /api/v1/members/import HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer {}\r\n\
             Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 1000\r\n\r\n--b\r\n\
             Content-Disposition: form-data; name=\"file\"; filename=\"m.csv\"\r\n\r\nlogin,",
            admin.token()
        );
        let said = dawdle(app.connect(), upload).await;
        assert!(said.starts_with("HTTP/1.1 408 ") && said.contains("/problems/request-timeout"), "{said}");
    }

    async fn a_head_that_does_not_arrive_is_given_up(backend) {
        let app = TestApp::start_with(backend, Settings { head_seconds: 1, ..Settings::default() }).await;
        let said = dawdle(app.connect(), "GET /healthz HTTP/1.1\r\nHost: x\r\nX-More: ".to_owned()).await;
        assert!(said.starts_with("HTTP/1.1 408 "), "{said}");
    }

    async fn a_head_of_too_many_lines_is_refused(backend) {
        let app = TestApp::start(backend).await;
        let lines = "X-More: x\r\n".repeat(100);
        let many = format!("GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{lines}\r\n");
        assert!(dawdle(app.connect(), many).await.starts_with("HTTP/1.1 431 "));
    }

    async fn connections_are_so_many_and_further_ones_wait_until_one_is_closed(backend) {
        let app = TestApp::start_listening(backend, Settings::default(), 2).await;
        let (one, two, three) = (app.connect(), app.connect(), app.connect());
        for stream in [&one, &two] {
            assert_eq!(ask(stream, PATIENCE).await.as_deref(), Some("HTTP/1.1 200 OK"));
        }
        assert_eq!(ask(&three, Duration::from_millis(300)).await, None);
        drop(one);
        assert_eq!(ask(&three, PATIENCE).await.as_deref(), Some("HTTP/1.1 200 OK"));
    }
}

/// SQLite has no such limit: docs/limits.md.
#[cfg(feature = "postgres")]
#[actix_web::test]
async fn postgresql_is_told_to_give_up_a_statement_after_a_minute() {
    use diesel::sql_types::Text;
    use diesel::{QueryableByName, RunQueryDsl as _, sql_query};
    use qianti::store::{AnyConnection, StoreError};

    #[derive(QueryableByName)]
    struct Shown {
        #[diesel(sql_type = Text)]
        statement_timeout: String,
    }

    let app = TestApp::start(crate::harness::Backend::Postgres).await;
    let shown = app.services.context.database.read(|connection| -> Result<Shown, StoreError> {
        let AnyConnection::Postgres(connection) = connection else { panic!("not PostgreSQL") };
        Ok(sql_query("SHOW statement_timeout").get_result(connection)?)
    });
    assert_eq!(shown.await.unwrap().statement_timeout, "1min");
}
