//! Quizzes.

use actix_web::web::{Data, Json};
use actix_web::{HttpResponse, delete, get, patch, post};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::app::ApiState;
use super::extract::{Admins, Anyone, Body, Caller, PathPart, Query};
use super::page::{Page, PageParams};
use super::problem::Problem;
use super::wire::{given, millis, timestamp};
use crate::domain::blueprint::{Blueprint, MultipleRule, Section};
use crate::domain::ids::{QuizId, UnitId};
use crate::domain::points::Points;
use crate::domain::question::Kind;
use crate::domain::quiz::{QuizKind, QuizRules, QuizState, Reveal};
use crate::domain::time::Millis;
use crate::services::quizzes::{QuizDraft, QuizView};

/// One section of a paper.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Section)]
pub(super) struct SectionWire {
    /// The heading that members read.
    #[serde(default)]
    title: String,
    /// Which kinds it draws; empty means every machine-graded kind.
    #[serde(default)]
    kinds: Vec<Kind>,
    /// Which chapters it draws from; empty means every chapter.
    #[serde(default)]
    chapters: Vec<String>,
    /// Lowest and highest difficulty, both included.
    #[serde(default = "any_difficulty")]
    difficulty: (u8, u8),
    /// Items.
    #[schema(minimum = 1, maximum = 500)]
    count: u32,
    /// Points of each item.
    #[schema(value_type = f64, minimum = 0.01, maximum = 1000, multiple_of = 0.01)]
    points: Points,
    /// How a `multiple` item is scored when right options are missing.
    #[serde(default)]
    multiple_rule: MultipleRule,
}

fn any_difficulty() -> (u8, u8) {
    (1, 5)
}

impl From<SectionWire> for Section {
    fn from(wire: SectionWire) -> Self {
        let SectionWire { title, kinds, chapters, difficulty, count, points, multiple_rule } = wire;
        Self { title, kinds, chapters, difficulty, count, points, multiple_rule }
    }
}

impl From<Section> for SectionWire {
    fn from(section: Section) -> Self {
        let Section { title, kinds, chapters, difficulty, count, points, multiple_rule } = section;
        Self { title, kinds, chapters, difficulty, count, points, multiple_rule }
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "title": "第一期知识竞赛", "kind": "contest", "bank": "1000", "duration_seconds": 1200, "attempts_allowed": 2,
    "sections": [{"title": "单项选择题", "kinds": ["single"], "count": 10, "points": 10}]
}))]
pub(super) struct NewQuizRequest {
    title: String,
    kind: QuizKind,
    /// The code of the bank that papers are drawn from.
    bank: String,
    /// Now, when it is left out.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    opens_at: Option<Timestamp>,
    /// Null for a quiz that stays open.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    closes_at: Option<Timestamp>,
    /// How long one attempt may take; null for no limit of its own.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 604_800)]
    duration_seconds: Option<i64>,
    /// Attempts of each member (for `daily`: each day); null for no limit.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 1000)]
    attempts_allowed: Option<i32>,
    #[schema(min_items = 1, max_items = 20)]
    sections: Vec<SectionWire>,
    /// Whether the items of a section come in random order.
    #[serde(default = "yes")]
    shuffle_questions: bool,
    /// Whether the options of an item come in random order.
    #[serde(default = "yes")]
    shuffle_options: bool,
    /// Share of the points, in percent, that passes.
    #[serde(default = "sixty")]
    #[schema(maximum = 100)]
    pass_percent: u32,
    /// When members see which answers were right.
    #[serde(default = "after_submit")]
    reveal: Reveal,
    /// The unit whose members may take part; the caller's own when it is left out.
    #[serde(default)]
    unit_id: Option<i64>,
}

fn yes() -> bool {
    true
}

fn sixty() -> u32 {
    60
}

fn after_submit() -> Reveal {
    Reveal::AfterSubmit
}

impl NewQuizRequest {
    /// The quiz that is asked for, at the instant `now`.
    pub(super) fn draft(self, now: Millis) -> QuizDraft {
        QuizDraft {
            bank: self.bank,
            unit_id: self.unit_id.map(UnitId),
            rules: QuizRules {
                title: self.title,
                kind: self.kind,
                opens_at: self.opens_at.map_or(now, millis),
                closes_at: self.closes_at.map(millis),
                duration_seconds: self.duration_seconds,
                attempts_allowed: self.attempts_allowed,
                pass_percent: self.pass_percent,
                reveal: self.reveal,
                blueprint: Blueprint {
                    sections: self.sections.into_iter().map(Into::into).collect(),
                    shuffle_questions: self.shuffle_questions,
                    shuffle_options: self.shuffle_options,
                },
            },
        }
    }
}

/// What to change of a quiz: what is left out stays, null clears.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct QuizChangeRequest {
    #[serde(default)]
    title: Option<String>,
    #[serde(default)]
    kind: Option<QuizKind>,
    #[serde(default)]
    bank: Option<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    opens_at: Option<Timestamp>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, format = DateTime)]
    closes_at: Option<Option<Timestamp>>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<i64>, minimum = 1, maximum = 604_800)]
    duration_seconds: Option<Option<i64>>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<i32>, minimum = 1, maximum = 1000)]
    attempts_allowed: Option<Option<i32>>,
    #[serde(default)]
    #[schema(min_items = 1, max_items = 20)]
    sections: Option<Vec<SectionWire>>,
    #[serde(default)]
    shuffle_questions: Option<bool>,
    #[serde(default)]
    shuffle_options: Option<bool>,
    #[serde(default)]
    #[schema(maximum = 100)]
    pass_percent: Option<u32>,
    #[serde(default)]
    reveal: Option<Reveal>,
    #[serde(default)]
    unit_id: Option<i64>,
}

impl QuizChangeRequest {
    fn apply(self, old: QuizDraft) -> QuizDraft {
        let QuizDraft { bank, unit_id, rules } = old;
        let blueprint = rules.blueprint;
        QuizDraft {
            bank: self.bank.unwrap_or(bank),
            unit_id: self.unit_id.map(UnitId).or(unit_id),
            rules: QuizRules {
                title: self.title.unwrap_or(rules.title),
                kind: self.kind.unwrap_or(rules.kind),
                opens_at: self.opens_at.map_or(rules.opens_at, millis),
                closes_at: self.closes_at.map_or(rules.closes_at, |at| at.map(millis)),
                duration_seconds: self.duration_seconds.unwrap_or(rules.duration_seconds),
                attempts_allowed: self.attempts_allowed.unwrap_or(rules.attempts_allowed),
                pass_percent: self.pass_percent.unwrap_or(rules.pass_percent),
                reveal: self.reveal.unwrap_or(rules.reveal),
                blueprint: Blueprint {
                    sections: self.sections.map_or(blueprint.sections, |sections| {
                        sections.into_iter().map(Into::into).collect()
                    }),
                    shuffle_questions: self.shuffle_questions.unwrap_or(blueprint.shuffle_questions),
                    shuffle_options: self.shuffle_options.unwrap_or(blueprint.shuffle_options),
                },
            },
        }
    }
}

#[derive(Serialize, ToSchema)]
#[schema(as = Quiz)]
pub(super) struct QuizResponse {
    id: i64,
    title: String,
    kind: QuizKind,
    /// The code of the bank that papers are drawn from.
    bank: String,
    #[schema(value_type = String, format = DateTime)]
    opens_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    closes_at: Option<Timestamp>,
    duration_seconds: Option<i64>,
    attempts_allowed: Option<i32>,
    sections: Vec<SectionWire>,
    shuffle_questions: bool,
    shuffle_options: bool,
    pass_percent: u32,
    reveal: Reveal,
    unit_id: i64,
    /// Where it stands now.
    state: QuizState,
    /// Items of one paper.
    total: u32,
    /// Points of a faultless paper.
    #[schema(value_type = f64)]
    max_score: Points,
    /// Attempts that I have begun: of a daily quiz today's, else all.
    my_attempts: i32,
    /// My attempt that still takes answers; null for none.
    #[schema(required)]
    running_attempt_id: Option<String>,
    /// How many more I may begin (of a daily quiz today); null for no limit.
    #[schema(required)]
    attempts_left: Option<i32>,
}

impl From<QuizView> for QuizResponse {
    fn from(view: QuizView) -> Self {
        let QuizView { quiz, state, own } = view;
        let rules = quiz.rules;
        Self {
            id: quiz.id.0,
            title: rules.title,
            kind: rules.kind,
            bank: quiz.bank_code,
            opens_at: timestamp(rules.opens_at),
            closes_at: rules.closes_at.map(timestamp),
            duration_seconds: rules.duration_seconds,
            attempts_allowed: rules.attempts_allowed,
            total: rules.blueprint.item_count(),
            max_score: rules.blueprint.max_score(),
            shuffle_questions: rules.blueprint.shuffle_questions,
            shuffle_options: rules.blueprint.shuffle_options,
            sections: rules.blueprint.sections.into_iter().map(Into::into).collect(),
            pass_percent: rules.pass_percent,
            reveal: rules.reveal,
            unit_id: quiz.unit_id.0,
            state,
            my_attempts: own.begun,
            running_attempt_id: own.running.map(|id| id.0),
            attempts_left: own.left,
        }
    }
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct QuizParams {
    /// Only quizzes in this state.
    state: Option<QuizState>,
}

/// The quizzes that I may take part in or look after, those that open last first.
#[utoipa::path(
    tag = "quizzes",
    security(("bearer" = [])),
    params(QuizParams, PageParams),
    responses((status = 200, body = Page<QuizResponse>))
)]
#[get("/quizzes")]
pub(super) async fn list_quizzes(
    caller: Caller<Anyone>,
    state: Data<ApiState>,
    params: Query<QuizParams>,
    page: Query<PageParams>,
) -> Result<Json<Page<QuizResponse>>, Problem> {
    let (limit, after) = (page.0.limit()?, page.0.cursor::<(i64, i64)>()?);
    let position = |view: &QuizView| (view.quiz.rules.opens_at.0, view.quiz.id.0);
    let views = state.services.quizzes.list(&caller.principal, params.0.state).await?;
    let rest = views.into_iter().filter(|view| after.is_none_or(|after| position(view) < after));
    Ok(Json(Page::cut(rest.take(limit + 1).collect(), limit, position, Into::into)))
}

/// One quiz.
#[utoipa::path(
    tag = "quizzes",
    security(("bearer" = [])),
    params(("id" = i64, Path, description = "The quiz")),
    responses((status = 200, body = QuizResponse))
)]
#[get("/quizzes/{id}")]
pub(super) async fn show_quiz(
    caller: Caller<Anyone>,
    state: Data<ApiState>,
    id: PathPart<i64>,
) -> Result<Json<QuizResponse>, Problem> {
    Ok(Json(state.services.quizzes.get(&caller.principal, QuizId(id.0)).await?.into()))
}

/// Add a quiz.
#[utoipa::path(
    tag = "quizzes",
    security(("bearer" = [])),
    request_body = NewQuizRequest,
    responses((status = 201, body = QuizResponse))
)]
#[post("/quizzes")]
pub(super) async fn create_quiz(
    caller: Caller<Admins>,
    state: Data<ApiState>,
    body: Body<NewQuizRequest>,
) -> Result<HttpResponse, Problem> {
    let draft = body.0.draft(state.services.context.clock.now());
    let quiz: QuizResponse = state.services.quizzes.create(&caller.principal, draft).await?.into();
    Ok(HttpResponse::Created().json(quiz))
}

/// Change a quiz that nobody has begun.
#[utoipa::path(
    tag = "quizzes",
    security(("bearer" = [])),
    params(("id" = i64, Path, description = "The quiz")),
    request_body = QuizChangeRequest,
    responses((status = 200, body = QuizResponse), (status = 409, description = "Somebody has begun it"))
)]
#[patch("/quizzes/{id}")]
pub(super) async fn update_quiz(
    caller: Caller<Admins>,
    state: Data<ApiState>,
    id: PathPart<i64>,
    body: Body<QuizChangeRequest>,
) -> Result<Json<QuizResponse>, Problem> {
    let change = body.0;
    let view = state
        .services
        .quizzes
        .update(&caller.principal, QuizId(id.0), move |draft| change.apply(draft))
        .await?;
    Ok(Json(view.into()))
}

/// Remove a quiz that nobody has begun.
#[utoipa::path(
    tag = "quizzes",
    security(("bearer" = [])),
    params(("id" = i64, Path, description = "The quiz")),
    responses((status = 204), (status = 409, description = "Somebody has begun it"))
)]
#[delete("/quizzes/{id}")]
pub(super) async fn delete_quiz(
    caller: Caller<Admins>,
    state: Data<ApiState>,
    id: PathPart<i64>,
) -> Result<HttpResponse, Problem> {
    state.services.quizzes.delete(&caller.principal, QuizId(id.0)).await?;
    Ok(HttpResponse::NoContent().finish())
}
