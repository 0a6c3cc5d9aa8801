//! Item analysis.

use actix_web::web::{Data, Json};
use actix_web::{HttpResponse, get};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::export::{ExportParams, stream_table};
use crate::api::app::ApiState;
use crate::api::extract::{Caller, Leaders, Query};
use crate::api::limit::Heavy;
use crate::api::page::{Page, PageParams, cursor};
use crate::api::problem::{Problem, language};
use crate::api::wire::FileBody;
use crate::domain::ids::QuizId;
use crate::domain::item_statistics::ItemFlag;
use crate::domain::question::Kind;
use crate::services::reports::{ItemLine, ItemOption, ItemOrder, ItemQuery};

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct ItemParams {
    /// The bank's code.
    #[param(min_length = 1)]
    bank: String,
    /// Only answers of this quiz.
    quiz: Option<i64>,
    /// `suspect` (when it is left out): flagged ones first, the worst first; `code`; or `facility`: the hardest first.
    #[serde(default)]
    #[param(inline)]
    order: ItemOrder,
    /// Only this chapter.
    chapter: Option<String>,
    /// Only items whose code or stem holds this.
    q: Option<String>,
}

impl From<ItemParams> for ItemQuery {
    fn from(params: ItemParams) -> Self {
        let ItemParams { bank, quiz, order, chapter, q } = params;
        Self { bank, quiz: quiz.map(QuizId), order, chapter, text: q }
    }
}

#[derive(Serialize, ToSchema)]
#[schema(as = ItemReport)]
struct ItemResponse {
    code: String,
    /// The revision of the bank in which this version of the question came in.
    revision: i32,
    chapter: String,
    kind: Kind,
    stem: String,
    /// In the bank's order; of a judge item `true` and `false`; none of an item to fill in.
    options: Vec<ItemOptionResponse>,
    /// Graded papers that showed the item.
    shown: i64,
    /// Graded papers on which it was not left empty.
    answered: i64,
    /// Facility index: the mean fraction of its points that the item earned, in percent, 0 for one left empty.
    #[schema(required)]
    facility_percent: Option<f64>,
    /// Discrimination index: the correlation of the item with the rest of its paper, in percent from -100 to
    /// 100; null below 10 answers and where all earned the same.
    #[schema(required)]
    discrimination_percent: Option<f64>,
    /// The worst first; none below 10 answers.
    flags: Vec<ItemFlag>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = ItemReportOption)]
struct ItemOptionResponse {
    /// Its letter in the bank; of a judge item `true` or `false`.
    id: String,
    text: String,
    is_key: bool,
    /// How often it was chosen.
    chosen: i64,
    /// Chosen ÷ answered, 0 to 1.
    #[schema(required)]
    share: Option<f64>,
}

impl From<ItemOption> for ItemOptionResponse {
    fn from(option: ItemOption) -> Self {
        let ItemOption { id, text, is_key, chosen, share } = option;
        Self { id, text: text.text(language()).to_owned(), is_key, chosen, share }
    }
}

impl From<ItemLine> for ItemResponse {
    fn from(line: ItemLine) -> Self {
        Self {
            code: line.code,
            revision: line.revision,
            chapter: line.chapter,
            kind: line.kind,
            stem: line.stem,
            options: line.options.into_iter().map(Into::into).collect(),
            shown: line.shown,
            answered: line.answered,
            facility_percent: line.facility_percent,
            discrimination_percent: line.discrimination_percent,
            flags: line.flags,
        }
    }
}

/// How each item of a bank was answered, in graded attempts.
///
/// - **Facility index** (`facility_percent`): Σx ÷ n, where x is the fraction of its points that the item earned on
///   a paper and n the number of papers that showed it.
/// - **Discrimination index** (`discrimination_percent`): the corrected item–total correlation (Henrysson,
///   *Psychometrika* 28, 1963): (n·Σxy − Σx·Σy) ÷ √((n·Σx² − (Σx)²)·(n·Σy² − (Σy)²)), where y is the fraction of
///   their points that the other items of the same paper earned.
/// - **Flags**: `negative-discrimination` below 0; `distractor-over-key`: a wrong option was chosen more often than a
///   right one; `too-hard`: facility 20 or less; `too-easy`: 95 or more; `never-chosen-option`.
///
/// Each version of a question is an item of its own. Quizzes in the caller's scope count, and those of units above
/// it, with the answers of everybody. So that no key is told before its time, a quiz that hides its keys now is
/// left out for everybody but admins of the root, and so is every question on a paper of the caller's own whose
/// keys are hidden.
#[utoipa::path(
    tag = "reports",
    security(("bearer" = [])),
    params(ItemParams, PageParams),
    responses((status = 200, body = Page<ItemResponse>))
)]
#[get("/reports/items")]
pub(super) async fn list_items(
    caller: Caller<Leaders>,
    state: Data<ApiState>,
    params: Query<ItemParams>,
    page: Query<PageParams>,
) -> Result<Json<Page<ItemResponse>>, Problem> {
    let (first, limit) = (page.0.cursor::<usize>()?.unwrap_or(0), page.0.limit()?);
    let lines = state.services.reports.items(&caller.principal, params.0.into()).await?;
    let next = first.saturating_add(limit);
    let next_cursor = (lines.len() > next).then(|| cursor(&next)).flatten();
    let items = lines.into_iter().skip(first).take(limit).map(Into::into).collect();
    Ok(Json(Page { items, next_cursor }))
}

/// The same list as a file, sent while it is written.
#[utoipa::path(
    tag = "reports",
    security(("bearer" = [])),
    params(ItemParams, ExportParams),
    responses((status = 200, description = "The file", content((FileBody = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"), (FileBody = "text/csv"))))
)]
#[get("/reports/items/export")]
pub(super) async fn export_items(
    caller: Caller<Leaders, Heavy>,
    state: Data<ApiState>,
    params: Query<ItemParams>,
    export: Query<ExportParams>,
) -> Result<HttpResponse, Problem> {
    let lines = state.services.reports.items(&caller.principal, params.0.into()).await?;
    let export_of = state.services.reports.export_items(lines, language())?;
    Ok(stream_table("items", export.0.format, export_of))
}
