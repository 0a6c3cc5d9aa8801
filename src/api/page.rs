//! Lists: `?limit=` and an opaque `?cursor=`.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::problem::Problem;
use crate::message;

/// Most rows of a page, and as many as there are without `?limit=`.
pub(super) const MOST_ROWS: u32 = 200;

/// Which page of a list.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct PageParams {
    /// Rows of the page.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200, default = 200)]
    #[serde(default)]
    limit: Option<String>,
    /// `next_cursor` of the page before.
    #[param(pattern = "^[0-9A-Za-z_-]+$")]
    #[serde(default)]
    cursor: Option<String>,
}

/// A page of a list.
#[derive(Serialize, ToSchema)]
pub(super) struct Page<T> {
    /// The rows.
    pub items: Vec<T>,
    /// What to ask for next; null on the last page.
    #[schema(required)]
    pub next_cursor: Option<String>,
}

impl PageParams {
    /// Rows of the page.
    pub(super) fn limit(&self) -> Result<usize, Problem> {
        let limit = match &self.limit {
            None => Some(MOST_ROWS),
            Some(text) => text.parse().ok().filter(|limit| (1..=MOST_ROWS).contains(limit)),
        };
        let limit = limit
            .ok_or_else(|| Problem::field("/limit", message!("1 到 200 的整数", "a number from 1 to 200")))?;
        Ok(limit as usize)
    }

    /// Where the page begins; `None` for the first.
    pub(super) fn cursor<T: DeserializeOwned>(&self) -> Result<Option<T>, Problem> {
        let Some(text) = self.cursor.as_deref().filter(|text| !text.is_empty()) else { return Ok(None) };
        // No cursor of ours holds the character NUL, which PostgreSQL cannot be asked for.
        let holds_nul = |bytes: &Vec<u8>| bytes.windows(6).any(|window| window == br"\u0000");
        let bytes = URL_SAFE_NO_PAD.decode(text).ok().filter(|bytes| !holds_nul(bytes));
        let parsed = bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok());
        parsed.map(Some).ok_or_else(|| {
            Problem::field(
                "/cursor",
                message!("不是上一页给出的 next_cursor", "is no next_cursor of a page before"),
            )
        })
    }
}

/// A cursor that leads to what comes after `position`.
pub(super) fn cursor(position: &impl Serialize) -> Option<String> {
    serde_json::to_vec(position).ok().map(|bytes| URL_SAFE_NO_PAD.encode(bytes))
}

impl<T> Page<T> {
    /// A page of `rows`, of which one more than `limit` was asked for to know whether any follow.
    pub(super) fn cut<R, P: Serialize>(
        mut rows: Vec<R>,
        limit: usize,
        position: impl Fn(&R) -> P,
        row: impl Fn(R) -> T,
    ) -> Self {
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next_cursor = rows.last().filter(|_| more).and_then(|last| cursor(&position(last)));
        Self { items: rows.into_iter().map(row).collect(), next_cursor }
    }
}
