//! What class of route a handler is, for the limits of requests: named in its signature, as its policy is.

use actix_web::dev::Payload;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpRequest};

use super::address;
use super::app::ApiState;
use super::problem::{Problem, ProblemCode};
use crate::services::RouteClass;

/// A class of routes, as a type.
pub(super) trait Class: 'static {
    /// Which one it is.
    const CLASS: RouteClass;
}

/// Whatever is none of the others.
pub(super) struct General;
/// Beginning, saving, submitting, practising.
pub(super) struct Answering;
/// Files in and out, new initial passwords, previews of papers.
pub(super) struct Heavy;

impl Class for General {
    const CLASS: RouteClass = RouteClass::General;
}

impl Class for Answering {
    const CLASS: RouteClass = RouteClass::Answer;
}

impl Class for Heavy {
    const CLASS: RouteClass = RouteClass::Heavy;
}

/// One more request of an address to log in or to refresh, when it is not too many.
pub(super) struct Limited;

impl FromRequest for Limited {
    type Error = Problem;
    type Future = std::future::Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        std::future::ready(admit(request, RouteClass::Auth).map(|()| Self))
    }
}

/// One more request of an address.
pub(super) fn admit(request: &HttpRequest, class: RouteClass) -> Result<(), Problem> {
    let state = request.app_data::<Data<ApiState>>().ok_or_else(|| Problem::new(ProblemCode::Internal))?;
    let address = address::of(request, &state.services.context.settings);
    Ok(state.services.accounts.admit_address(address, class)?)
}
