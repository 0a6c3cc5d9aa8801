//! Problems: what the API answers when it refuses or fails (RFC 9457), and the one table of their codes.

use std::cell::Cell;

use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, HttpResponseBuilder, ResponseError};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::import_report::ImportReportResponse;
use super::rosters::RosterReportResponse;
use super::system::CheckResponse;
use crate::domain::blueprint::Shortfall;
use crate::domain::message::{Language, Message};
use crate::domain::question::Fault;
use crate::message;
use crate::services::ServiceError;
use crate::services::vitals::Check;

tokio::task_local! {
    /// The language that the caller of the running request reads.
    pub(super) static LANGUAGE: Cell<Language>;
}

/// The language that the caller reads; Chinese outside of a request.
pub(super) fn language() -> Language {
    LANGUAGE.try_with(Cell::get).unwrap_or_default()
}

/// How long a caller should wait after a 503, in seconds.
const RETRY_AFTER_SECONDS: u32 = 1;

macro_rules! problems {
    ($($variant:ident $slug:literal $status:literal $chinese:literal $english:literal;)+) => {
        /// Every kind of problem.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum ProblemCode {
            $(#[doc = $english] $variant,)+
        }

        /// Every kind of problem, in the table's order.
        pub const PROBLEMS: &[ProblemCode] = &[$(ProblemCode::$variant,)+];

        impl ProblemCode {
            /// The last part of the problem's `type`.
            pub fn slug(self) -> &'static str {
                match self { $(Self::$variant => $slug,)+ }
            }

            /// The HTTP status that carries it.
            pub fn status(self) -> u16 {
                match self { $(Self::$variant => $status,)+ }
            }

            /// What it means, for people.
            pub fn title(self, language: Language) -> &'static str {
                match (self, language) {
                    $((Self::$variant, Language::Chinese) => $chinese,
                      (Self::$variant, Language::English) => $english,)+
                }
            }
        }
    };
}

problems! {
    MalformedJson "malformed-json" 400 "请求不是正确的 JSON" "The body is not well-formed JSON";
    MalformedUpload "malformed-upload" 400 "上传的内容不完整或格式不对" "The upload is not well formed";
    Unauthenticated "unauthenticated" 401 "请先登录" "Log in first";
    WrongCredentials "wrong-credentials" 401 "账号或密码不对" "Wrong login or password";
    InvalidRefreshToken "invalid-refresh-token" 401 "登录已失效，请重新登录" "The session is over; log in again";
    Forbidden "forbidden" 403 "没有权限" "You have no right to this";
    PasswordChangeRequired "password-change-required" 403 "请先修改初始密码" "Change the initial password first";
    NotFound "not-found" 404 "没有找到" "Not found";
    MethodNotAllowed "method-not-allowed" 405 "不支持这种请求方法" "This method is not allowed here";
    RequestTimeout "request-timeout" 408 "上传太慢，没有收完，请重试" "The body took too long to arrive; send it again";
    CodeTaken "code-taken" 409 "编码已被使用" "The code is taken";
    LoginTaken "login-taken" 409 "账号已被使用" "The login is taken";
    MemberActive "member-active" 409 "成员尚未离开，不能匿名化" "Only a member who has left can be anonymised";
    MemberAnonymised "member-anonymised" 409 "该成员已匿名化，不能再更改" "This member was anonymised and cannot be changed any more";
    UnitNotEmpty "unit-not-empty" 409 "组织下还有下级、成员或成绩，不能删除" "The unit is not empty";
    QuizInUse "quiz-in-use" 409 "已有人开始答题，不能更改或删除" "Somebody has begun this quiz";
    KeysShown "keys-shown" 409 "正确答案已经公布，不能再延长" "The right answers are shown already; it cannot be extended";
    QuizNotOpen "quiz-not-open" 409 "答题尚未开始或已经结束" "The quiz is not open";
    NoAttemptsLeft "no-attempts-left" 409 "答题次数已用完" "No attempts are left";
    AttemptClosed "attempt-closed" 409 "答题已结束，不再接收答案" "The attempt is closed";
    AttemptRunning "attempt-running" 409 "还在答题，不能作废" "The attempt is still running";
    AttemptVoided "attempt-voided" 409 "这次答题已经作废" "The attempt is voided already";
    RevisionNotCurrent "revision-not-current" 409 "题库已有新的版本，请刷新后再试" "The bank has another revision by now; look again";
    QuestionLocked "question-locked" 409 "这道题在你尚未公布答案的试卷里，公布后再来练习" "This question is on a paper of yours whose key is not shown yet; practise it later";
    BodyTooLarge "body-too-large" 413 "内容过大" "The body is too large";
    UnsupportedMediaType "unsupported-media-type" 415 "不支持这种内容类型" "This media type is not supported";
    InvalidFields "invalid-fields" 422 "有些内容填写不正确" "Some fields are not valid";
    BlueprintUnfillable "blueprint-unfillable" 422 "题库不够组成这份试卷" "The bank cannot fill the blueprint";
    UnreadableFile "unreadable-file" 422 "文件无法读取" "The file cannot be read";
    UnsupportedFormat "unsupported-format" 422 "不支持这种文件格式" "The format is not supported";
    UnwritableFile "unwritable-file" 422 "无法写成这种格式" "The bank cannot be written in this format";
    ImportRejected "import-rejected" 422 "文件中有问题，没有导入" "The file has faults; nothing was saved";
    RateLimited "rate-limited" 429 "请求太频繁，请稍后再试" "Too many requests; try again later";
    Internal "internal" 500 "系统出错，请稍后再试" "Something went wrong; try again later";
    NotReady "not-ready" 503 "服务还没有准备好，请稍后再试" "The server is not ready; try again later";
    Busy "busy" 503 "系统繁忙，请稍后再试" "The system is busy; try again later";
}

/// A field that is wrong.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct FieldFault {
    /// JSON pointer (RFC 6901) to the field of the body; the name of a query parameter after a slash.
    pub pointer: String,
    /// What is wrong and how to mend it.
    pub detail: String,
}

impl FieldFault {
    /// A fault in the language of the caller.
    pub(super) fn new(fault: &Fault, language: Language) -> Self {
        Self { pointer: fault.pointer.clone(), detail: fault.message.text(language).to_owned() }
    }
}

/// The body of a problem (RFC 9457).
#[derive(Serialize, ToSchema)]
pub(super) struct ProblemResponse {
    /// A stable path, such as `/problems/attempt-closed`.
    #[serde(rename = "type")]
    problem_type: String,
    /// What kind of problem it is.
    title: &'static str,
    /// The HTTP status.
    status: u16,
    /// What happened this time.
    detail: String,
    /// Fields that are wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    errors: Option<Vec<FieldFault>>,
    /// The report on a file that was not taken.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    report: Option<Value>,
    /// What the server needs for its work, and what of it is wanting.
    #[serde(skip_serializing_if = "Option::is_none")]
    checks: Option<Vec<CheckResponse>>,
}

/// A refusal or failure, on its way to the caller.
#[derive(Debug)]
pub(super) struct Problem {
    code: ProblemCode,
    detail: Option<Message>,
    faults: Vec<Fault>,
    more: Option<Box<More>>,
    retry_after_seconds: Option<u32>,
}

/// What few problems have; apart, because every handler's result has room for a problem.
#[derive(Debug)]
enum More {
    Report(Value),
    Checks(Vec<Check>),
}

impl Problem {
    /// A problem that its title says all about.
    pub(super) fn new(code: ProblemCode) -> Self {
        let retry_after_seconds =
            matches!(code, ProblemCode::Busy | ProblemCode::NotReady).then_some(RETRY_AFTER_SECONDS);
        Self { code, detail: None, faults: vec![], more: None, retry_after_seconds }
    }

    /// A problem with something more to say.
    pub(super) fn with_detail(code: ProblemCode, detail: Message) -> Self {
        Self { detail: Some(detail), ..Self::new(code) }
    }

    /// The server cannot work now: `checks` say why.
    pub(super) fn not_ready(checks: Vec<Check>) -> Self {
        Self { more: Some(Box::new(More::Checks(checks))), ..Self::new(ProblemCode::NotReady) }
    }

    /// Fields that are wrong.
    pub(super) fn invalid(faults: Vec<Fault>) -> Self {
        Self { faults, ..Self::new(ProblemCode::InvalidFields) }
    }

    /// One field that is wrong.
    pub(super) fn field(pointer: impl Into<String>, message: Message) -> Self {
        Self::invalid(vec![Fault { pointer: pointer.into(), message }])
    }

    /// The fields that are wrong.
    #[cfg(test)]
    pub(super) fn pointers(&self) -> Vec<&str> {
        self.faults.iter().map(|fault| fault.pointer.as_str()).collect()
    }

    fn with_report(report: &impl Serialize) -> Self {
        let more = serde_json::to_value(report).ok().map(|report| Box::new(More::Report(report)));
        Self { more, ..Self::new(ProblemCode::ImportRejected) }
    }

    pub(super) fn body(&self, language: Language) -> ProblemResponse {
        let title = self.code.title(language);
        let faults: Vec<FieldFault> =
            self.faults.iter().map(|fault| FieldFault::new(fault, language)).collect();
        let (report, checks) = match self.more.as_deref() {
            None => (None, &[][..]),
            Some(More::Report(report)) => (Some(report.clone()), &[][..]),
            Some(More::Checks(checks)) => (None, checks.as_slice()),
        };
        let checks: Vec<CheckResponse> =
            checks.iter().map(|check| CheckResponse::new(check, language)).collect();
        let wanting: Vec<&str> = checks.iter().filter_map(|check| check.detail.as_deref()).collect();
        let detail = match (&self.detail, faults.as_slice()) {
            (Some(detail), _) => detail.text(language).to_owned(),
            (None, [only]) => format!("{} {}", only.pointer, only.detail),
            (None, _) if !wanting.is_empty() => wanting.join(match language {
                Language::Chinese => "；",
                Language::English => "; ",
            }),
            (None, _) => title.to_owned(),
        };
        ProblemResponse {
            problem_type: format!("/problems/{}", self.code.slug()),
            title,
            status: self.code.status(),
            detail,
            errors: Some(faults).filter(|faults| !faults.is_empty()),
            report,
            checks: Some(checks).filter(|checks| !checks.is_empty()),
        }
    }
}

/// For the log.
impl std::fmt::Display for Problem {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.code.slug())
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn error_response(&self) -> HttpResponse {
        let language = language();
        let mut response = HttpResponseBuilder::new(self.status_code());
        if let Some(seconds) = self.retry_after_seconds {
            response.insert_header((header::RETRY_AFTER, seconds));
        }
        if self.status_code() == StatusCode::UNAUTHORIZED {
            response.insert_header((header::WWW_AUTHENTICATE, "Bearer"));
        }
        response.content_type("application/problem+json");
        response.body(serde_json::to_string(&self.body(language)).unwrap_or_default())
    }
}

impl From<ServiceError> for Problem {
    fn from(error: ServiceError) -> Self {
        use ProblemCode as Code;
        match error {
            ServiceError::Unauthenticated => Self::new(Code::Unauthenticated),
            ServiceError::WrongCredentials => Self::new(Code::WrongCredentials),
            ServiceError::InvalidRefreshToken => Self::new(Code::InvalidRefreshToken),
            ServiceError::Forbidden => Self::new(Code::Forbidden),
            ServiceError::PasswordChangeRequired => Self::new(Code::PasswordChangeRequired),
            ServiceError::NotFound(_) => Self::new(Code::NotFound),
            ServiceError::NoReport => Self::with_detail(
                Code::NotFound,
                message!(
                    "该月结算时还没有这个组织，所以没有它当月的月报",
                    "the unit did not exist when the month was closed, so it has no report of that month"
                ),
            ),
            ServiceError::CodeTaken => Self::new(Code::CodeTaken),
            ServiceError::LoginTaken => Self::new(Code::LoginTaken),
            ServiceError::MemberActive => Self::new(Code::MemberActive),
            ServiceError::MemberAnonymised => Self::new(Code::MemberAnonymised),
            ServiceError::UnitNotEmpty => Self::new(Code::UnitNotEmpty),
            ServiceError::QuizInUse => Self::new(Code::QuizInUse),
            ServiceError::KeysShown => Self::new(Code::KeysShown),
            ServiceError::QuizNotOpen => Self::new(Code::QuizNotOpen),
            ServiceError::NoAttemptsLeft => Self::new(Code::NoAttemptsLeft),
            ServiceError::AttemptClosed => Self::new(Code::AttemptClosed),
            ServiceError::AttemptRunning => Self::new(Code::AttemptRunning),
            ServiceError::AttemptVoided => Self::new(Code::AttemptVoided),
            ServiceError::RevisionNotCurrent => Self::new(Code::RevisionNotCurrent),
            ServiceError::QuestionLocked => Self::new(Code::QuestionLocked),
            ServiceError::Invalid(faults) => Self::invalid(faults),
            ServiceError::UnreadableFile(message) => Self::with_detail(Code::UnreadableFile, message),
            ServiceError::UnwritableFile(message) => Self::with_detail(Code::UnwritableFile, message),
            ServiceError::UnsupportedFormat => Self::new(Code::UnsupportedFormat),
            ServiceError::BlueprintUnfillable(shortfalls) => {
                let faults = shortfalls.iter().map(Shortfall::fault).collect();
                Self { faults, ..Self::new(Code::BlueprintUnfillable) }
            }
            ServiceError::ImportRejected(report) => {
                Self::with_report(&ImportReportResponse::new(&report, language()))
            }
            ServiceError::RosterRejected(report) => {
                Self::with_report(&RosterReportResponse::new(&report, language()))
            }
            ServiceError::RateLimited { retry_after_seconds } => {
                let seconds = retry_after_seconds;
                let detail =
                    message!("尝试太频繁，请 {seconds} 秒后再试", "too many tries; try again in {seconds} s");
                Self { retry_after_seconds: Some(seconds), ..Self::with_detail(Code::RateLimited, detail) }
            }
            ServiceError::Busy(reason) => {
                tracing::warn!(reason, "busy");
                Self::new(Code::Busy)
            }
            ServiceError::Internal(reason) => {
                tracing::error!(reason, "internal error");
                Self::new(Code::Internal)
            }
        }
    }
}
