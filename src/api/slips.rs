//! Initial passwords for many members at once, to print and hand out.

use actix_web::post;
use actix_web::web::{Data, Json};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::app::ApiState;
use super::extract::{Admins, Body, Caller};
use super::limit::Heavy;
use super::problem::Problem;
use super::wire::UnitRef;
use crate::domain::ids::MemberId;
use crate::services::password_slips;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"member_ids": [12, 13]}))]
pub(super) struct ResetPasswordsRequest {
    #[schema(min_items = 1, max_items = 200)]
    member_ids: Vec<i64>,
}

/// A new initial password, told once.
#[derive(Serialize, ToSchema)]
pub(super) struct PasswordSlip {
    member_id: i64,
    login: String,
    name: String,
    unit: UnitRef,
    initial_password: String,
}

/// New initial passwords, in the order in which they were asked for.
#[derive(Serialize, ToSchema)]
pub(super) struct PasswordSlips {
    items: Vec<PasswordSlip>,
}

impl From<password_slips::PasswordSlip> for PasswordSlip {
    fn from(slip: password_slips::PasswordSlip) -> Self {
        let password_slips::PasswordSlip { member, unit, initial_password } = slip;
        Self {
            member_id: member.id.0,
            login: member.login,
            name: member.name,
            unit: unit.into(),
            initial_password,
        }
    }
}

/// Give up to 200 members new initial passwords: all of them or none. Their sessions end.
#[utoipa::path(
    tag = "members",
    security(("bearer" = [])),
    request_body = ResetPasswordsRequest,
    responses((status = 200, body = PasswordSlips))
)]
#[post("/members/reset-passwords")]
pub(super) async fn reset_passwords(
    caller: Caller<Admins, Heavy>,
    state: Data<ApiState>,
    body: Body<ResetPasswordsRequest>,
) -> Result<Json<PasswordSlips>, Problem> {
    let ids = body.0.member_ids.into_iter().map(MemberId).collect();
    let slips = state.services.members.reset_passwords(&caller.principal, ids).await?;
    Ok(Json(PasswordSlips { items: slips.into_iter().map(Into::into).collect() }))
}
