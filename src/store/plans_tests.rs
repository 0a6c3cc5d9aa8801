//! That what is asked of a member's attempts is found by an index: a scan of all attempts would pass every other test.

use std::sync::{Arc, Mutex};

use diesel::connection::{Instrumentation, InstrumentationEvent};
use diesel::sql_types::Text;
use diesel::{Connection as _, QueryableByName, RunQueryDsl as _, sql_query};

use super::connection::{Purpose, open};
use super::{AnyConnection, Database, DatabaseOptions, DatabaseUrl};
use super::{attempts, learning, quizzes};
use crate::domain::ids::{AttemptId, MemberId, QuizId};
use crate::domain::period::Span;
use crate::domain::time::Millis;

#[derive(QueryableByName)]
struct Step {
    #[diesel(sql_type = Text)]
    detail: String,
}

#[test]
fn a_members_attempts_are_found_by_an_index() {
    let folder = tempfile::tempdir().unwrap();
    let url = DatabaseUrl::Sqlite(folder.path().join("qianti.db"));
    drop(Database::open(&DatabaseOptions { url: url.clone(), read_connections: 1, write_queue: 1 }).unwrap());
    let mut connection = open(&url, Purpose::Read).unwrap();
    let asked: Arc<Mutex<Vec<String>>> = Arc::default();
    let noted = Arc::clone(&asked);
    let note = move |event: InstrumentationEvent<'_>| {
        if let InstrumentationEvent::StartQuery { query, .. } = event {
            noted.lock().unwrap().push(query.to_string());
        }
    };
    set_instrumentation(&mut connection, note);
    let member = MemberId(1);
    attempts::find_latest_attempt(&mut connection, member, QuizId(1)).unwrap();
    attempts::count_attempts(&mut connection, member, QuizId(1), Span::ALL).unwrap();
    attempts::list_attempts(&mut connection, member, None, 20).unwrap();
    attempts::list_attempts(&mut connection, member, Some((Millis(1), AttemptId("a".into()))), 20).unwrap();
    learning::list_unlearned(&mut connection, member).unwrap();
    learning::list_submissions(&mut connection, member).unwrap();
    learning::count_answered_items(&mut connection, member, Millis(1)).unwrap();
    quizzes::list_begun(&mut connection, member).unwrap();
    let queries = std::mem::take(&mut *asked.lock().unwrap());
    assert_eq!(queries.len(), 8);
    for query in queries {
        let sql = query.split(" -- binds:").next().unwrap();
        let plan: Vec<Step> = sql_query(format!("EXPLAIN QUERY PLAN {sql}")).load(&mut connection).unwrap();
        let plan: Vec<String> = plan.into_iter().map(|step| step.detail).collect();
        assert!(plan.iter().any(|step| step.contains("SEARCH begun USING")), "{sql}: {plan:#?}");
        assert!(!plan.iter().any(|step| step.contains("SCAN begun")), "{sql}: {plan:#?}");
    }
}

fn set_instrumentation(connection: &mut AnyConnection, note: impl Instrumentation) {
    match connection {
        AnyConnection::Sqlite(concrete) => concrete.set_instrumentation(note),
        #[cfg(feature = "postgres")]
        AnyConnection::Postgres(_) => panic!("SQLite alone is asked"),
    }
}
