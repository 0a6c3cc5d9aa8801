//! The first hour: what a new system still needs.

use actix_web::get;
use actix_web::web::{Data, Json};
use serde::Serialize;
use utoipa::ToSchema;

use super::app::ApiState;
use super::extract::{Caller, RootAdminsAtAll};
use super::problem::Problem;

/// What has to be done.
#[derive(Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum SetupStepName {
    /// Change the initial password.
    Password,
    /// Add the units below the root.
    Units,
    /// Add the members.
    Members,
    /// Load a question bank.
    Bank,
    /// Add a quiz of one's own.
    Quiz,
}

/// One step of the first hour.
#[derive(Serialize, ToSchema)]
pub(super) struct SetupStep {
    step: SetupStepName,
    done: bool,
    /// What there is of it: units below the root, active members besides root admins, questions, quizzes
    /// besides those of the first start. Of `password` 1 once it is changed.
    count: u32,
}

/// The steps of the first hour, in their order.
#[derive(Serialize, ToSchema)]
#[schema(as = Setup)]
pub(super) struct SetupResponse {
    steps: Vec<SetupStep>,
}

/// What a new system still needs. Answered with an initial password too: to change it is the first step.
#[utoipa::path(
    tag = "system",
    security(("bearer" = [])),
    responses((status = 200, body = SetupResponse))
)]
#[get("/setup")]
pub(super) async fn show_setup(
    caller: Caller<RootAdminsAtAll>,
    state: Data<ApiState>,
) -> Result<Json<SetupResponse>, Problem> {
    let setup = state.services.setup(&caller.principal).await?;
    let step = |step, count: i64| SetupStep {
        step,
        done: count > 0,
        count: u32::try_from(count).unwrap_or(u32::MAX),
    };
    let there_is = setup.inventory;
    let steps = vec![
        step(SetupStepName::Password, i64::from(setup.password_changed)),
        step(SetupStepName::Units, there_is.units),
        step(SetupStepName::Members, there_is.members),
        step(SetupStepName::Bank, there_is.questions),
        step(SetupStepName::Quiz, there_is.quizzes),
    ];
    Ok(Json(SetupResponse { steps }))
}
