//! News of a board, as server-sent events.

use std::convert::Infallible;

use actix_web::http::header::{self, ContentEncoding};
use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse, get};
use futures_util::stream;

use super::app::ApiState;
use super::extract::{Anyone, Caller, Query, bearer_token};
use super::leaderboards::BoardParams;
use super::problem::Problem;
use super::wire::timestamp;
use crate::services::streams::{BoardStream, StreamEvent};

/// A stream that is being sent.
struct Sending {
    state: Data<ApiState>,
    stream: BoardStream,
    token: String,
    begun: bool,
}

impl Sending {
    /// The next piece to send; `None` ends the stream.
    async fn next(mut self) -> Option<(Result<Bytes, Infallible>, Self)> {
        let text = if self.begun {
            match self.stream.next().await? {
                StreamEvent::Changed(at) => {
                    let at = timestamp(at);
                    format!("event: changed\ndata: {{\"as_of\":\"{at}\"}}\n\n")
                }
                StreamEvent::Check => {
                    // Nobody listens longer than their access token and their session last.
                    self.state.services.accounts.authenticate(&self.token).await.ok()?;
                    ": still here\n\n".to_owned()
                }
            }
        } else {
            self.begun = true;
            ": listening\n\n".to_owned()
        };
        Some((Ok(Bytes::from(text)), self))
    }
}

/// News of a ranking, as server-sent events.
///
/// `event: changed` with `data: {"as_of": "…"}` when results have arrived for the board, at most once a
/// second: read the ranking again. A comment every 15 seconds shows that the stream is alive. It ends with
/// the session, with the access token and with the server; then ask again. Give `quiz` or `period`.
#[utoipa::path(
    tag = "leaderboards",
    security(("bearer" = [])),
    params(BoardParams),
    responses((status = 200, body = String, content_type = "text/event-stream"))
)]
#[get("/leaderboards/stream")]
pub(super) async fn stream_board(
    caller: Caller<Anyone>,
    request: HttpRequest,
    state: Data<ApiState>,
    board: Query<BoardParams>,
) -> Result<HttpResponse, Problem> {
    let stream = state.services.streams.open(&caller.principal, board.0.board()?).await?;
    let token = bearer_token(&request).unwrap_or_default();
    let sending = Sending { state, stream, token, begun: false };
    Ok(HttpResponse::Ok()
        .content_type("text/event-stream")
        .insert_header((header::CACHE_CONTROL, "no-store"))
        // Compressing would hold events back until there is enough to compress; so would a buffering proxy.
        .insert_header(ContentEncoding::Identity)
        .insert_header(("X-Accel-Buffering", "no"))
        .streaming(stream::unfold(sending, Sending::next)))
}
