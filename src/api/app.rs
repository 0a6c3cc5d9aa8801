//! The application: every route in one place. What the tests drive is what ships.

use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use actix_web::dev::Server;
use actix_web::middleware::{Compress, from_fn};
use actix_web::web::{self, Data, PayloadConfig};
use actix_web::{App, HttpServer};
use utoipa::OpenApi as _;
use utoipa_actix_web::AppExt as _;
use utoipa_actix_web::service_config::ServiceConfig;
use utoipa_swagger_ui::Config;

use super::docs::{self, ApiDoc};
use super::extract::MOST_JSON_BYTES;
use super::metrics::Metrics;
use super::routes::{Route, Routes};
use super::stopping::{OpenConnections, Stopping};
use super::{
    accounts, attempt_events, attempt_history, attempts, audit, bank_files, banks, leaderboards, members,
    middleware, own_data, practice, quiz_desk, quiz_watch, quizzes, reports, revisions, rosters, sessions,
    setup, slips, stream, system, units, web as web_app,
};
use crate::services::Services;

/// What the handlers share.
pub struct ApiState {
    /// The services.
    pub services: Arc<Services>,
    pub(super) metrics: Metrics,
    pub(super) openapi: String,
    pub(super) pages: leaderboards::WrittenPages,
    routes: Routes,
    is_closing: Arc<AtomicBool>,
}

impl ApiState {
    fn new(services: Arc<Services>, is_closing: Arc<AtomicBool>) -> Self {
        let document = openapi();
        let routes = Routes::new(&document);
        let openapi = serde_json::to_string(&document).unwrap_or_default();
        let pages = leaderboards::WrittenPages::default();
        Self { services, metrics: Metrics::new(), openapi, pages, routes, is_closing }
    }

    /// Whether every answer is the last one of its connection.
    pub(super) fn is_closing(&self) -> bool {
        self.is_closing.load(Ordering::Relaxed)
    }

    /// The route that `path` belongs to, if there is one.
    pub(super) fn route_of(&self, path: &str) -> Option<&Route> {
        self.routes.find(path)
    }
}

/// The routes below `/api/v1`.
fn api_routes(config: &mut ServiceConfig) {
    // What is asked for most stands first: patterns are tried in this order, and those without names in them in no time.
    config
        .service(leaderboards::rank_members)
        .service(leaderboards::rank_units)
        .service(attempts::show_attempt)
        .service(attempts::save_answers)
        .service(attempts::submit_attempt)
        .service(attempts::begin_attempt)
        .service(accounts::log_in)
        .service(accounts::refresh)
        .service(accounts::log_out)
        .service(accounts::show_me)
        .service(accounts::change_password)
        .service(attempt_history::list_my_attempts)
        .service(units::list_units)
        .service(units::create_unit)
        .service(rosters::import_units)
        .service(rosters::show_unit_template)
        .service(units::update_unit)
        .service(units::delete_unit)
        .service(members::list_members)
        .service(members::create_member)
        .service(rosters::import_members)
        .service(rosters::show_member_template)
        .service(slips::reset_passwords)
        .service(members::update_member)
        .service(members::anonymise_member)
        .service(banks::list_banks)
        .service(banks::create_bank)
        .service(banks::list_questions)
        .service(banks::create_question)
        .service(banks::update_question)
        .service(banks::delete_question)
        .service(revisions::show_history)
        .service(revisions::list_revisions)
        .service(revisions::undo_revision)
        .service(bank_files::show_bank_template)
        .service(bank_files::import_bank)
        .service(bank_files::begin_import)
        .service(bank_files::show_import)
        .service(bank_files::show_rejected)
        .service(bank_files::export_bank)
        .service(quizzes::list_quizzes)
        .service(quizzes::create_quiz)
        .service(quiz_desk::check_quiz)
        .service(quiz_desk::preview_quiz)
        .service(quiz_desk::close_quiz)
        .service(quiz_desk::extend_quiz)
        .service(quiz_watch::show_quiz_progress)
        .service(quiz_watch::list_quiz_attempts)
        .service(quiz_watch::void_attempt)
        .service(attempt_events::report_events)
        .service(attempt_events::list_attempt_events)
        .service(quizzes::show_quiz)
        .service(quizzes::update_quiz)
        .service(quizzes::delete_quiz)
        .service(stream::stream_board)
        .service(own_data::show_own_data)
        .service(sessions::list_sessions)
        .service(sessions::end_session)
        .service(sessions::end_other_sessions)
        .service(audit::list_audit)
        .service(audit::export_audit)
        .service(setup::show_setup)
        .service(practice::show_progress)
        .service(practice::list_practice_questions)
        .service(practice::answer_practice_question)
        .service(practice::list_wrong_answers)
        .service(practice::list_favourites)
        .service(practice::add_favourite)
        .service(practice::remove_favourite)
        .configure(reports::routes);
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
pub(super) fn openapi() -> utoipa::openapi::OpenApi {
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

/// How a server listens.
#[derive(Clone, Copy, Debug)]
pub struct Listen {
    /// Threads that answer requests.
    pub workers: usize,
    /// Connections that are open at the same time, shared out to the threads; further ones wait.
    pub connections: usize,
}

/// A server on `listener`, ready to be awaited. It stops on SIGTERM and SIGINT after the running
/// requests are answered; see `stopping.rs`.
///
/// # Errors
/// When the listener cannot be used.
pub fn bind(services: Arc<Services>, listener: TcpListener, listen: Listen) -> std::io::Result<Server> {
    let settings = &services.context.settings;
    let drain = Duration::from_secs(settings.drain_seconds.into());
    let head_limit = Duration::from_secs(settings.head_seconds.into());
    let is_closing = Arc::new(AtomicBool::new(false));
    let open = OpenConnections::default();
    let stopping = Stopping {
        signals: Arc::clone(&services.context.signals),
        is_closing: Arc::clone(&is_closing),
        open: open.clone(),
        listener: listener.try_clone()?,
        drain,
    };
    let state = Data::new(ApiState::new(services, is_closing));
    let docs_config = Data::new(Config::new(["/openapi.json"]));
    let server = HttpServer::new(move || {
        let (app, _) = App::new()
            .into_utoipa_app()
            .service(utoipa_actix_web::scope("/api/v1").configure(api_routes))
            .configure(system_routes)
            .split_for_parts();
        app.app_data(state.clone())
            .app_data(PayloadConfig::new(MOST_JSON_BYTES))
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
    .on_connect(move |connection, extensions| open.count(connection, extensions))
    .workers(listen.workers)
    .max_connections(listen.connections.div_ceil(listen.workers.max(1)))
    .client_request_timeout(head_limit)
    .disable_signals()
    .shutdown_timeout(30)
    .listen(listener)?
    .run();
    actix_web::rt::spawn(stopping.when_told(server.handle()));
    Ok(server)
}
