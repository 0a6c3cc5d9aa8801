//! The server of the baselines: what the product is compared with, on the same framework, in a process of its
//! own. It shares the product's rules and services, so that a ratio shows what is left out and nothing else.

use std::collections::HashMap;
use std::net::TcpListener;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use actix_web::http::header;
use actix_web::web::{self, Bytes, Data, Path, PayloadConfig};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer};
use diesel::connection::{AnsiTransactionManager, SimpleConnection as _, TransactionManager as _};
use diesel::r2d2::{ManageConnection, Pool};
use diesel::sql_types::{BigInt, Bool, Integer, Text};
use diesel::{Connection as _, RunQueryDsl as _, SqliteConnection, sql_query};
use qianti::domain::grading::{Answers, fit, grade_item};
use qianti::domain::ids::AttemptId;
use qianti::domain::points::Points;
use qianti::services::attempts::AttemptView;
use qianti::services::{Clock as _, Services, Settings, SystemClock, SystemEntropy};
use qianti::store::{AnyConnection, Database, DatabaseOptions, DatabaseUrl};
use serde::{Deserialize, Serialize};

/// Connections of the naive pool.
const POOL: u32 = 8;
/// How long a request waits for one of them.
const CHECKOUT: Duration = Duration::from_secs(30);

struct Baselines {
    services: Services,
    pool: Pool<Opener>,
    /// Bodies that were asked for, by length.
    bodies: Mutex<HashMap<usize, Bytes>>,
}

/// Serves the baselines on the database at `url` until the process is ended.
///
/// # Errors
/// When the database or the port cannot be opened.
pub fn serve(url: &str) -> Result<(), String> {
    let url = DatabaseUrl::parse(url)?;
    actix_web::rt::System::new().block_on(async {
        let options = DatabaseOptions { url: url.clone(), read_connections: 8, write_queue: 4_096 };
        let (database, _writers) = Database::open(&options)?;
        let services =
            Services::start(database, Settings::default(), Arc::new(SystemClock), Arc::new(SystemEntropy))
                .await
                .map_err(|error| error.to_string())?;
        let pool = Pool::builder()
            .max_size(POOL)
            .test_on_check_out(false)
            .connection_timeout(CHECKOUT)
            .build(Opener(url))
            .map_err(|error| error.to_string())?;
        let state = Data::new(Baselines { services, pool, bodies: Mutex::default() });
        let listener = TcpListener::bind("127.0.0.1:0").map_err(|error| error.to_string())?;
        let address = listener.local_addr().map_err(|error| error.to_string())?;
        let server = HttpServer::new(move || {
            App::new()
                .app_data(state.clone())
                .app_data(PayloadConfig::new(1 << 20))
                .route("/bytes/{length}", web::get().to(bytes))
                .route("/bytes/{length}", web::post().to(bytes))
                .route("/no-write/attempts/{id}", web::get().to(show))
                .route("/naive/attempts/{id}", web::get().to(show))
                .route("/no-write/attempts/{id}/submit", web::post().to(submit_without_write))
                .route("/naive/attempts/{id}/submit", web::post().to(submit_naively))
        })
        .listen(listener)
        .map_err(|error| error.to_string())?;
        println!("listening on http://{address}/");
        server.run().await.map_err(|error| error.to_string())
    })
}

/// A bare handler: a body of so many bytes that stands ready.
async fn bytes(state: Data<Baselines>, length: Path<usize>) -> HttpResponse {
    let length = length.into_inner().min(16 << 20);
    let body = {
        let mut bodies = state.bodies.lock().unwrap_or_else(PoisonError::into_inner);
        let made = bodies.entry(length).or_insert_with(|| {
            let mut text = vec![b'x'; length];
            if let [first, .., last] = text.as_mut_slice() {
                (*first, *last) = (b'"', b'"');
            }
            text.into()
        });
        made.clone()
    };
    HttpResponse::Ok().content_type("application/json").body(body)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SubmitRequest {
    answers: Vec<AnswerWire>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AnswerWire {
    no: u32,
    answer: Vec<String>,
}

/// The product's answer to a submission whose quiz hides the keys.
#[derive(Serialize)]
struct ResultResponse {
    attempt_id: String,
    status: &'static str,
    score: Points,
    max_score: Points,
    passed: bool,
    correct: u32,
    total: u32,
    elapsed_ms: i64,
    submitted_at: String,
    items: Vec<ItemResponse>,
}

#[derive(Serialize)]
struct ItemResponse {
    no: u32,
    answer: Vec<String>,
}

/// A submission that was graded and not yet written.
struct Graded {
    version: i64,
    response: ResultResponse,
    submitted_at: i64,
}

/// Everything that a submission does but the write: authenticate, parse, load, check, grade.
async fn grade(state: &Baselines, request: &HttpRequest, id: String, body: &[u8]) -> Result<Graded, String> {
    let sent: SubmitRequest = serde_json::from_slice(body).map_err(|error| error.to_string())?;
    let view = view(state, request, id).await?;
    if view.attempt.result.is_some() {
        return Err("the attempt is graded already: the bench has sent it twice".into());
    }
    grade_view(&view, sent)
}

/// The caller's attempt, as the product's service reads it.
async fn view(state: &Baselines, request: &HttpRequest, id: String) -> Result<AttemptView, String> {
    let failed = |error: qianti::services::ServiceError| error.to_string();
    let token = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let token = token.and_then(|value| value.strip_prefix("Bearer ")).ok_or("no token")?;
    let caller = state.services.accounts.authenticate(token).await.map_err(failed)?;
    state.services.attempts.show(&caller.principal, AttemptId(id)).await.map_err(failed)
}

/// Only so that the attempt is held in memory, as it is while its member answers.
async fn show(state: Data<Baselines>, request: HttpRequest, id: Path<String>) -> HttpResponse {
    match view(&state, &request, id.into_inner()).await {
        Ok(_) => HttpResponse::Ok().finish(),
        Err(reason) => HttpResponse::InternalServerError().body(reason),
    }
}

fn grade_view(view: &AttemptView, sent: SubmitRequest) -> Result<Graded, String> {
    let mut answers = view.attempt.answers.clone();
    for answer in sent.answers {
        let item = usize::try_from(answer.no).ok().and_then(|no| view.paper.items.get(no.checked_sub(1)?));
        let question = item.and_then(|item| view.question(item)).ok_or("no such item")?;
        answers.insert(answer.no, fit(question, &answer.answer).map_err(|message| message.to_string())?);
    }
    let sections = &view.live.quiz.rules.blueprint.sections;
    let (mut score, mut max_score, mut correct) = (Points::ZERO, Points::ZERO, 0);
    let mut items = Vec::with_capacity(view.paper.items.len());
    for (no, item) in (1_u32..).zip(&view.paper.items) {
        let (Some(question), Some(section)) = (view.question(item), sections.get(item.section)) else {
            return Err("the paper does not fit its bank".into());
        };
        let answer = answers.get(&no);
        let earned = grade_item(question, item, section, answer.map(Vec::as_slice));
        score = score + earned.score;
        max_score = max_score + section.points;
        correct += u32::from(earned.correct);
        items.push(ItemResponse { no, answer: answer.cloned().unwrap_or_default() });
    }
    let now = SystemClock.now();
    Ok(Graded {
        version: view.attempt.version,
        submitted_at: now.0,
        response: ResultResponse {
            attempt_id: view.attempt.id.0.clone(),
            status: "graded",
            score,
            max_score,
            passed: score.0 * 100 >= max_score.0 * i64::from(view.live.quiz.rules.pass_percent),
            correct,
            total: u32::try_from(items.len()).unwrap_or(u32::MAX),
            elapsed_ms: now.since(view.attempt.started_at),
            submitted_at: jiff::Timestamp::from_millisecond(now.0)
                .map_err(|error| error.to_string())?
                .to_string(),
            items,
        },
    })
}

fn answer(graded: Result<ResultResponse, String>) -> HttpResponse {
    match graded {
        Ok(response) => HttpResponse::Ok().json(response),
        Err(reason) => HttpResponse::InternalServerError().body(reason),
    }
}

async fn submit_without_write(
    state: Data<Baselines>,
    request: HttpRequest,
    id: Path<String>,
    body: Bytes,
) -> HttpResponse {
    answer(grade(&state, &request, id.into_inner(), &body).await.map(|graded| graded.response))
}

/// As many programs do it: a connection from the pool and a transaction for each request.
async fn submit_naively(
    state: Data<Baselines>,
    request: HttpRequest,
    id: Path<String>,
    body: Bytes,
) -> HttpResponse {
    let graded = match grade(&state, &request, id.into_inner(), &body).await {
        Ok(graded) => graded,
        Err(reason) => return answer(Err(reason)),
    };
    let pool = state.pool.clone();
    let written = web::block(move || {
        write(&pool, &graded)?;
        Ok(graded.response)
    });
    answer(written.await.unwrap_or_else(|error| Err(error.to_string())))
}

fn write(pool: &Pool<Opener>, graded: &Graded) -> Result<(), String> {
    let failed = |error: diesel::result::Error| error.to_string();
    let after: Answers = graded.response.items.iter().map(|item| (item.no, item.answer.clone())).collect();
    let after = serde_json::to_string(&after).map_err(|error| error.to_string())?;
    let result = &graded.response;
    let mut connection = pool.get().map_err(|error| error.to_string())?;
    begin(&mut connection).map_err(failed)?;
    let number = |number: u32| i32::try_from(number).unwrap_or(i32::MAX);
    let settled_no = match &*connection {
        AnyConnection::Sqlite(_) => "(SELECT COALESCE(MAX(settled_no), 0) + 1 FROM results)",
        #[cfg(feature = "postgres")]
        AnyConnection::Postgres(_) => "nextval('attempt_settlements')",
    };
    // What the product writes.
    let inserted = sql_query(format!(
        "INSERT INTO results (settled_no, attempt_no, quiz_id, member_id, unit_id, started_at, closed_by, answers, \
         submitted_at, elapsed_ms, score, max_score, correct, total, passed) \
         SELECT {settled_no}, no, quiz_id, member_id, unit_id, started_at, 'submission', $1, $2, $3, $4, $5, $6, $7, $8 \
         FROM begun WHERE id = $9 AND $10 = COALESCE((SELECT version FROM drafts WHERE attempt_no = no), 0) \
         ON CONFLICT (attempt_no) DO NOTHING"
    ))
    .bind::<Text, _>(after)
    .bind::<BigInt, _>(graded.submitted_at)
    .bind::<BigInt, _>(result.elapsed_ms)
    .bind::<BigInt, _>(result.score.0)
    .bind::<BigInt, _>(result.max_score.0)
    .bind::<Integer, _>(number(result.correct))
    .bind::<Integer, _>(number(result.total))
    .bind::<Bool, _>(result.passed)
    .bind::<Text, _>(&result.attempt_id)
    .bind::<BigInt, _>(graded.version)
    .execute(&mut *connection);
    let committed = inserted.and_then(|inserted| {
        commit(&mut connection)?;
        Ok(inserted)
    });
    match committed.map_err(failed)? {
        1 => Ok(()),
        inserted => Err(format!("{inserted} results were written")),
    }
}

fn begin(connection: &mut AnyConnection) -> diesel::QueryResult<()> {
    match connection {
        AnyConnection::Sqlite(concrete) => {
            AnsiTransactionManager::begin_transaction_sql(concrete, "BEGIN IMMEDIATE")
        }
        #[cfg(feature = "postgres")]
        AnyConnection::Postgres(concrete) => AnsiTransactionManager::begin_transaction(concrete),
    }
}

fn commit(connection: &mut AnyConnection) -> diesel::QueryResult<()> {
    match connection {
        AnyConnection::Sqlite(concrete) => AnsiTransactionManager::commit_transaction(concrete),
        #[cfg(feature = "postgres")]
        AnyConnection::Postgres(concrete) => AnsiTransactionManager::commit_transaction(concrete),
    }
}

/// Opens the connections of the naive pool, as durable as the product's.
struct Opener(DatabaseUrl);

impl ManageConnection for Opener {
    type Connection = AnyConnection;
    type Error = diesel::r2d2::Error;

    fn connect(&self) -> Result<AnyConnection, Self::Error> {
        let failed = diesel::r2d2::Error::ConnectionError;
        match &self.0 {
            DatabaseUrl::Sqlite(path) => {
                let mut connection = SqliteConnection::establish(&path.to_string_lossy()).map_err(failed)?;
                connection
                    .batch_execute(
                        "PRAGMA busy_timeout = 30000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
                         PRAGMA foreign_keys = ON",
                    )
                    .map_err(diesel::r2d2::Error::QueryError)?;
                Ok(AnyConnection::Sqlite(connection))
            }
            #[cfg(feature = "postgres")]
            DatabaseUrl::Postgres(url) => {
                Ok(AnyConnection::Postgres(diesel::PgConnection::establish(url).map_err(failed)?))
            }
            #[cfg(not(feature = "postgres"))]
            DatabaseUrl::Postgres(_) => {
                Err(failed(diesel::ConnectionError::InvalidConnectionUrl("built without PostgreSQL".into())))
            }
        }
    }

    fn is_valid(&self, _: &mut AnyConnection) -> Result<(), Self::Error> {
        Ok(())
    }

    fn has_broken(&self, _: &mut AnyConnection) -> bool {
        false
    }
}
