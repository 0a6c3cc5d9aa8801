//! The application: every route in one place. What the tests drive is what ships.

use std::net::TcpListener;
use std::pin::pin;
use std::sync::Arc;

use actix_multipart::form::MultipartFormConfig;
use actix_web::dev::Server;
use actix_web::middleware::{Compress, from_fn};
use actix_web::rt::signal::unix::{SignalKind, signal};
use actix_web::web::{self, Data, PayloadConfig};
use actix_web::{App, HttpServer};
use utoipa::OpenApi as _;
use utoipa_actix_web::AppExt as _;
use utoipa_actix_web::service_config::ServiceConfig;
use utoipa_swagger_ui::Config;

use super::docs::{self, ApiDoc};
use super::extract::{MOST_JSON_BYTES, MOST_UPLOAD_BYTES};
use super::metrics::Metrics;
use super::{
    accounts, attempts, banks, leaderboards, members, middleware, practice, quizzes, rosters, sessions,
    stream, system, units, web as web_app,
};
use crate::services::{Services, Signals};

/// Pages that are not part of the OpenAPI document.
const UNDOCUMENTED: [&str; 4] = ["/", "/docs", "/docs/", "/openapi.json"];

/// What the handlers share.
pub struct ApiState {
    /// The services.
    pub services: Arc<Services>,
    pub(super) metrics: Metrics,
    pub(super) openapi: String,
    /// Path templates and their methods, to tell a wrong method from a wrong path.
    routes: Vec<(Vec<String>, Vec<&'static str>)>,
}

impl ApiState {
    fn new(services: Arc<Services>) -> Self {
        let document = openapi();
        let routes = document
            .paths
            .paths
            .iter()
            .map(|(path, item)| {
                let methods = [
                    (&item.get, "GET"),
                    (&item.post, "POST"),
                    (&item.put, "PUT"),
                    (&item.patch, "PATCH"),
                    (&item.delete, "DELETE"),
                ];
                let methods = methods.into_iter().filter(|(operation, _)| operation.is_some());
                (
                    path.split('/').map(ToOwned::to_owned).collect(),
                    methods.map(|(_, method)| method).collect(),
                )
            })
            .chain(UNDOCUMENTED.map(|path| (path.split('/').map(ToOwned::to_owned).collect(), vec!["GET"])))
            .collect();
        let openapi = serde_json::to_string(&document).unwrap_or_default();
        Self { services, metrics: Metrics::new(), openapi, routes }
    }

    /// The methods of the route that `path` belongs to; none when there is no such route.
    pub(super) fn methods_of(&self, path: &str) -> Vec<&'static str> {
        let parts: Vec<&str> = path.split('/').collect();
        let fits = |template: &[String]| {
            template.len() == parts.len()
                && template
                    .iter()
                    .zip(&parts)
                    .all(|(wanted, part)| wanted == part || (wanted.starts_with('{') && !part.is_empty()))
        };
        self.routes
            .iter()
            .filter(|(template, _)| fits(template))
            .flat_map(|(_, methods)| methods)
            .copied()
            .collect()
    }
}

/// The routes below `/api/v1`.
fn api_routes(config: &mut ServiceConfig) {
    config
        .service(accounts::log_in)
        .service(accounts::refresh)
        .service(accounts::log_out)
        .service(accounts::show_me)
        .service(accounts::change_password)
        .service(attempts::list_my_attempts)
        .service(units::list_units)
        .service(units::create_unit)
        .service(rosters::import_units)
        .service(units::update_unit)
        .service(units::delete_unit)
        .service(members::list_members)
        .service(members::create_member)
        .service(rosters::import_members)
        .service(members::update_member)
        .service(banks::list_banks)
        .service(banks::create_bank)
        .service(banks::list_questions)
        .service(banks::create_question)
        .service(banks::update_question)
        .service(banks::delete_question)
        .service(banks::import_bank)
        .service(banks::export_bank)
        .service(quizzes::list_quizzes)
        .service(quizzes::create_quiz)
        .service(quizzes::show_quiz)
        .service(quizzes::update_quiz)
        .service(quizzes::delete_quiz)
        .service(attempts::begin_attempt)
        .service(attempts::show_attempt)
        .service(attempts::save_answers)
        .service(attempts::submit_attempt)
        .service(leaderboards::rank_members)
        .service(leaderboards::rank_units)
        .service(stream::stream_board)
        .service(sessions::list_sessions)
        .service(sessions::end_session)
        .service(sessions::end_other_sessions)
        .service(practice::show_progress)
        .service(practice::list_practice_questions)
        .service(practice::answer_practice_question)
        .service(practice::list_wrong_answers)
        .service(practice::list_favourites)
        .service(practice::add_favourite)
        .service(practice::remove_favourite);
}

/// The routes around the API.
fn system_routes(config: &mut ServiceConfig) {
    config
        .service(system::healthz)
        .service(system::readyz)
        .service(system::show_metrics)
        .service(system::list_problems)
        .service(system::show_problem);
}

/// The OpenAPI document of all routes.
fn openapi() -> utoipa::openapi::OpenApi {
    let (_, mut document) = App::new()
        .into_utoipa_app()
        .openapi(ApiDoc::openapi())
        .service(utoipa_actix_web::scope("/api/v1").configure(api_routes))
        .configure(system_routes)
        .split_for_parts();
    docs::complete(&mut document);
    document
}

/// The OpenAPI document as JSON, one line a value, for tools that read it from a file.
///
/// # Errors
/// When it cannot be written as JSON.
pub fn openapi_json() -> serde_json::Result<String> {
    serde_json::to_string_pretty(&openapi()).map(|text| text + "\n")
}

/// Ends the streams when the server is told to stop: it waits for running requests, and these never end.
async fn close_streams(signals: Arc<Signals>) {
    let listen = |kind| signal(kind).inspect_err(|error| tracing::warn!(%error, "a signal is not heard"));
    let (Ok(mut terminate), Ok(mut interrupt)) =
        (listen(SignalKind::terminate()), listen(SignalKind::interrupt()))
    else {
        return;
    };
    futures_util::future::select(pin!(terminate.recv()), pin!(interrupt.recv())).await;
    signals.close();
}

/// A server on `listener`, ready to be awaited. It stops on SIGTERM and SIGINT after the running
/// requests are answered.
///
/// # Errors
/// When the listener cannot be used.
pub fn bind(services: Arc<Services>, listener: TcpListener, workers: usize) -> std::io::Result<Server> {
    let signals = Arc::clone(&services.context.signals);
    let state = Data::new(ApiState::new(services));
    let docs_config = Data::new(Config::new(["/openapi.json"]));
    let server = HttpServer::new(move || {
        let (app, _) = App::new()
            .into_utoipa_app()
            .service(utoipa_actix_web::scope("/api/v1").configure(api_routes))
            .configure(system_routes)
            .split_for_parts();
        app.app_data(state.clone())
            .app_data(PayloadConfig::new(MOST_JSON_BYTES))
            .app_data(
                MultipartFormConfig::default().total_limit(MOST_UPLOAD_BYTES).memory_limit(MOST_UPLOAD_BYTES),
            )
            .service(system::show_openapi)
            .service(system::show_docs)
            .service(web_app::show_home)
            .service(web_app::show_asset)
            .app_data(docs_config.clone())
            .service(system::show_docs_file)
            .default_service(web::to(system::refuse))
            .wrap(Compress::default())
            .wrap(from_fn(middleware::observe))
    })
    .workers(workers)
    .shutdown_timeout(30)
    .listen(listener)?;
    actix_web::rt::spawn(close_streams(signals));
    Ok(server.run())
}
