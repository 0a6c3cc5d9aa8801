//! Extractors: who calls, and what they send. A handler that wants a [`Caller`] names its policy in the
//! type; without one it gets no [`Principal`], and without a principal no service answers.

use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;

use actix_multipart::MultipartError;
use actix_multipart::form::MultipartForm;
use actix_multipart::form::bytes::Bytes as UploadedBytes;
use actix_web::dev::Payload;
use actix_web::error::PayloadError;
use actix_web::http::{StatusCode, header};
use actix_web::web::{Bytes, Data};
use actix_web::{FromRequest, HttpRequest, web};
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::Value;
use serde_path_to_error::{Path, Segment};
use utoipa::ToSchema;

use super::app::ApiState;
use super::problem::{Problem, ProblemCode};
use crate::domain::ids::SessionId;
use crate::domain::message::Message;
use crate::domain::question::Fault;
use crate::domain::roles::Principal;
use crate::message;
use crate::services::ServiceError;

/// Largest JSON body, in bytes.
pub(super) const MOST_JSON_BYTES: usize = 1 << 20;
/// Largest upload, in bytes.
pub(super) const MOST_UPLOAD_BYTES: usize = 32 << 20;

type Pending<T> = Pin<Box<dyn Future<Output = Result<T, Problem>>>>;

/// Who may call.
pub(super) trait Policy: 'static {
    /// Whether an initial password must have been changed before.
    const AFTER_PASSWORD_CHANGE: bool = true;

    /// Whether this person may call at all; the service checks the scope.
    fn admits(principal: &Principal) -> bool;
}

/// Anybody who is logged in.
pub(super) struct Anyone;
/// Anybody who is logged in, even with an initial password.
pub(super) struct AnyoneAtAll;
/// A leader or an admin of something.
pub(super) struct Leaders;
/// An admin of something.
pub(super) struct Admins;
/// An admin of everything.
pub(super) struct RootAdmins;

impl Policy for Anyone {
    fn admits(_: &Principal) -> bool {
        true
    }
}

impl Policy for AnyoneAtAll {
    const AFTER_PASSWORD_CHANGE: bool = false;

    fn admits(_: &Principal) -> bool {
        true
    }
}

impl Policy for Leaders {
    fn admits(principal: &Principal) -> bool {
        principal.is_any_leader()
    }
}

impl Policy for Admins {
    fn admits(principal: &Principal) -> bool {
        principal.is_any_admin()
    }
}

impl Policy for RootAdmins {
    fn admits(principal: &Principal) -> bool {
        principal.is_root_admin()
    }
}

/// Somebody who is logged in and whom the policy admits.
pub(super) struct Caller<P: Policy> {
    /// Who it is.
    pub principal: Principal,
    /// The session of the access token.
    pub session: SessionId,
    policy: PhantomData<P>,
}

impl<P: Policy> FromRequest for Caller<P> {
    type Error = Problem;
    type Future = Pending<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let token = bearer_token(request);
        let state = request.app_data::<Data<ApiState>>().cloned();
        Box::pin(async move {
            let state = state.ok_or(Problem::new(ProblemCode::Internal))?;
            let token = token.ok_or(Problem::new(ProblemCode::Unauthenticated))?;
            let (principal, session) = state.services.accounts.authenticate(&token).await?;
            if P::AFTER_PASSWORD_CHANGE && principal.must_change_password {
                return Err(ServiceError::PasswordChangeRequired.into());
            }
            if !P::admits(&principal) {
                return Err(ServiceError::Forbidden.into());
            }
            Ok(Self { principal, session, policy: PhantomData })
        })
    }
}

fn bearer_token(request: &HttpRequest) -> Option<String> {
    let value = request.headers().get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim().to_owned())
}

/// A JSON body.
pub(super) struct Body<T>(pub T);

/// A JSON body that may be left out.
pub(super) struct OptionalBody<T>(pub T);

impl<T: DeserializeOwned + 'static> FromRequest for Body<T> {
    type Error = Problem;
    type Future = Pending<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let is_json = has_json(request);
        let bytes = read(request, payload);
        Box::pin(async move {
            let bytes = bytes.await?;
            if !is_json {
                return Err(Problem::new(ProblemCode::UnsupportedMediaType));
            }
            parse(&bytes).map(Self)
        })
    }
}

impl<T: DeserializeOwned + Default + 'static> FromRequest for OptionalBody<T> {
    type Error = Problem;
    type Future = Pending<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let is_json = has_json(request);
        let bytes = read(request, payload);
        Box::pin(async move {
            let bytes = bytes.await?;
            if bytes.iter().all(u8::is_ascii_whitespace) {
                return Ok(Self(T::default()));
            }
            if !is_json {
                return Err(Problem::new(ProblemCode::UnsupportedMediaType));
            }
            parse(&bytes).map(Self)
        })
    }
}

fn has_json(request: &HttpRequest) -> bool {
    let media_type = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    media_type
        .and_then(|value| value.split(';').next())
        .is_some_and(|value| value.trim().eq_ignore_ascii_case("application/json"))
}

fn read(
    request: &HttpRequest,
    payload: &mut Payload,
) -> impl Future<Output = Result<Bytes, Problem>> + use<> {
    let bytes = Bytes::from_request(request, payload);
    async move {
        bytes.await.map_err(|error| match error.as_error::<PayloadError>() {
            Some(PayloadError::Overflow) => too_large(MOST_JSON_BYTES),
            _ if error.as_response_error().status_code().as_u16() == 413 => too_large(MOST_JSON_BYTES),
            _ => Problem::new(ProblemCode::MalformedJson),
        })
    }
}

fn too_large(most: usize) -> Problem {
    let most = most >> 20;
    Problem::with_detail(ProblemCode::BodyTooLarge, message!("最多 {most} MB", "at most {most} MB"))
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let parsed: T =
        serde_path_to_error::deserialize(&mut deserializer).map_err(|error| unfit(bytes, &error))?;
    deserializer.end().map_err(|error| malformed(&error))?;
    // Serde would read the fields of an object from an array too, by their order.
    if !bytes.trim_ascii_start().starts_with(b"{") {
        return Err(Problem::field("", message!("应为 JSON 对象", "must be a JSON object")));
    }
    refuse_nul(bytes)?;
    Ok(parsed)
}

/// What is wrong with a body that cannot be read as what it should be. Serde stops at the first fault and
/// takes some values of the wrong type for bad syntax, so the whole text is looked at to tell which it is.
fn unfit(bytes: &[u8], error: &serde_path_to_error::Error<serde_json::Error>) -> Problem {
    if let Err(error) = serde_json::from_slice::<IgnoredAny>(bytes) {
        return malformed(&error);
    }
    if std::str::from_utf8(bytes).is_err() {
        return malformed(error.inner());
    }
    // serde_json appends the position in the text, which says less than the pointer.
    let text = error.inner().to_string();
    let reason = match text.rsplit_once(" at line").map_or(text.as_str(), |(reason, _)| reason) {
        // Its words for a number where one of a few words is wanted.
        "expected value" => "must be a string",
        reason => reason,
    };
    let pointer = pointer(error.path(), reason);
    Problem::field(pointer, message!("内容不对：{reason}", "{reason}"))
}

/// Refuses the character NUL anywhere in a body: no text needs it, and PostgreSQL cannot store it.
fn refuse_nul(bytes: &[u8]) -> Result<(), Problem> {
    // JSON has only this way to write it. The look for any escape comes first because it is the quicker.
    let escape = br"\u0000";
    if !bytes.contains(&b'\\') || !bytes.windows(escape.len()).any(|window| window == escape) {
        return Ok(());
    }
    let mut pointers = Vec::new();
    if let Ok(value) = serde_json::from_slice(bytes) {
        find_nul(&value, "", &mut pointers);
    }
    if pointers.is_empty() {
        return Ok(());
    }
    Err(Problem::invalid(pointers.into_iter().map(nul_fault).collect()))
}

fn nul_fault(pointer: String) -> Fault {
    Fault { pointer, message: message!("含字符 NUL，请删去", "contains the character NUL; remove it") }
}

/// Adds the pointers of all strings that contain NUL.
fn find_nul(value: &Value, pointer: &str, found: &mut Vec<String>) {
    match value {
        Value::String(text) if text.contains('\0') => found.push(pointer.to_owned()),
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                find_nul(item, &format!("{pointer}/{index}"), found);
            }
        }
        Value::Object(fields) => {
            for (name, field) in fields {
                find_nul(field, &format!("{pointer}/{}", escaped(name)), found);
            }
        }
        _ => {}
    }
}

fn malformed(error: &serde_json::Error) -> Problem {
    let (line, column) = (error.line(), error.column());
    let detail: Message =
        message!("第 {line} 行第 {column} 个字符处出错", "an error at line {line}, column {column}");
    Problem::with_detail(ProblemCode::MalformedJson, detail)
}

/// The JSON pointer (RFC 6901) to what is wrong: the path, and the field that `reason` names when the
/// fault is that it is missing or there twice.
fn pointer(path: &Path, reason: &str) -> String {
    let mut pointer = String::new();
    let mut add = |part: &str| pointer.extend(["/", escaped(part).as_str()]);
    for segment in path {
        match segment {
            Segment::Seq { index } => add(&index.to_string()),
            Segment::Map { key } => add(key),
            Segment::Enum { variant } => add(variant),
            Segment::Unknown => {}
        }
    }
    let named = ["missing field `", "duplicate field `"].iter().find_map(|start| reason.strip_prefix(start));
    if let Some(field) = named.and_then(|rest| rest.strip_suffix('`')) {
        add(field);
    }
    pointer
}

/// A name as a part of a JSON pointer.
fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

/// Query parameters.
pub(super) struct Query<T>(pub T);

impl<T: DeserializeOwned + 'static> FromRequest for Query<T> {
    type Error = Problem;
    type Future = std::future::Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        std::future::ready(parse_query(request.query_string()).map(Self))
    }
}

fn parse_query<T: DeserializeOwned>(text: &str) -> Result<T, Problem> {
    let pairs = || form_urlencoded::parse(text.as_bytes());
    if let Some((name, _)) = pairs().find(|(_, value)| value.contains('\0')) {
        return Err(Problem::invalid(vec![nul_fault(format!("/{}", escaped(&name)))]));
    }
    serde_path_to_error::deserialize(serde_urlencoded::Deserializer::new(pairs())).map_err(|error| {
        let reason = error.inner().to_string();
        let pointer = pointer(error.path(), &reason);
        Problem::field(pointer, message!("查询参数不对：{reason}", "{reason}"))
    })
}

/// A number or a name in the path; what cannot be one is simply not found.
pub(super) struct PathPart<T>(pub T);

impl<T: DeserializeOwned + 'static> FromRequest for PathPart<T> {
    type Error = Problem;
    type Future = std::future::Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let parsed = web::Path::<T>::from_request(request, payload).into_inner();
        // Nothing has the character NUL in its name, and PostgreSQL cannot even be asked for it.
        let parsed = parsed.ok().filter(|_| !request.path().contains("%00"));
        std::future::ready(
            parsed.map(|path| Self(path.into_inner())).ok_or_else(|| Problem::new(ProblemCode::NotFound)),
        )
    }
}

/// An upload of one file.
pub(super) struct Upload {
    /// The file.
    pub file: Bytes,
}

#[derive(MultipartForm)]
#[multipart(deny_unknown_fields, duplicate_field = "deny")]
struct UploadFields {
    #[multipart(limit = "32MiB")]
    file: UploadedBytes,
}

impl FromRequest for Upload {
    type Error = Problem;
    type Future = Pending<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        // Not by the form's own error handler, which does not see a wrong content type.
        let form = MultipartForm::<UploadFields>::from_request(request, payload);
        Box::pin(async move {
            match form.await {
                Ok(form) => Ok(Self { file: form.into_inner().file.data }),
                Err(error) => Err(upload_problem(&error)),
            }
        })
    }
}

/// An upload of one file, for the API's description.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the multipart body; Upload reads it")]
pub(super) struct UploadForm {
    /// The file.
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
}

/// What is wrong with an upload.
fn upload_problem(error: &actix_web::Error) -> Problem {
    match error.as_error::<MultipartError>() {
        Some(MultipartError::MissingField(field)) => {
            Problem::field(format!("/{field}"), message!("请上传文件", "the file is missing"))
        }
        Some(MultipartError::DuplicateField(field)) => {
            Problem::field(format!("/{field}"), message!("一次只能上传一个文件", "one file at a time"))
        }
        Some(MultipartError::UnknownField(field)) => {
            Problem::field(format!("/{field}"), message!("未知字段", "unknown field"))
        }
        Some(
            MultipartError::ContentTypeMissing
            | MultipartError::ContentTypeParse
            | MultipartError::ContentTypeIncompatible,
        ) => Problem::new(ProblemCode::UnsupportedMediaType),
        Some(MultipartError::Payload(PayloadError::Overflow)) => too_large(MOST_UPLOAD_BYTES),
        _ if error.as_response_error().status_code() == StatusCode::PAYLOAD_TOO_LARGE => {
            too_large(MOST_UPLOAD_BYTES)
        }
        _ => Problem::new(ProblemCode::MalformedUpload),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::quiz::QuizState;

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only what is refused matters")]
    struct Outer {
        #[serde(rename = "a/b~c.d")]
        odd: i64,
        rows: Vec<Inner>,
        kind: Option<QuizState>,
    }

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only what is refused matters")]
    struct Inner {
        name: String,
    }

    #[test]
    fn a_fault_has_the_pointer_of_its_field() {
        for (body, pointer) in [
            ("[]", ""),
            (r#"[1, [{"name": "x"}]]"#, ""),
            (r#"{"rows": 1}"#, "/rows"),
            (r#"{"kind": 1}"#, "/kind"),
            (r#"{"kind": "neither"}"#, "/kind"),
            (r#"{"a/b~c.d": 1e400}"#, "/a~1b~0c.d"),
            (r#"{"rows": [{"name": "\ud800"}]}"#, "/rows/0/name"),
            (r#"{"rows": [{"name": 1}]}"#, "/rows/0/name"),
            (r#"{"rows": [{"name": "x"}, {}]}"#, "/rows/1/name"),
            (r#"{"rows": [{"name": "x", "name": "y"}]}"#, "/rows/0/name"),
            (r#"{"rows": [{"name": "x", "odd": 1}]}"#, "/rows/0/odd"),
            (r#"{"a/b~c.d": "x"}"#, "/a~1b~0c.d"),
            (r#"{"a/b~c.d": 1, "rows": [{"name": "x"}, {"name": "\u0000"}]}"#, "/rows/1/name"),
        ] {
            let problem = parse::<Outer>(body.as_bytes()).unwrap_err();
            assert_eq!(problem.pointers(), [pointer], "{body}");
        }
        let fine = r#"{"a/b~c.d": 1, "rows": [{"name": "\\u0000"}]}"#;
        assert!(parse::<Outer>(fine.as_bytes()).is_ok(), "a backslash before u0000 is no NUL");
    }

    #[test]
    fn what_is_no_json_is_malformed_whatever_else_is_wrong_with_it() {
        for body in [&b""[..], b"{", b"{\"x\": 1", b"{\"rows\": 1} x", b"{\"rows\": [{\"name\": \"\xff\"}]}"]
        {
            let problem = parse::<Outer>(body).unwrap_err();
            assert_eq!(problem.to_string(), "malformed-json", "{body:?}");
        }
    }

    #[test]
    fn a_fault_of_the_query_names_its_parameter() {
        #[derive(Debug, serde::Deserialize)]
        #[expect(dead_code, reason = "only what is refused matters")]
        struct Params {
            unit: Option<i64>,
            q: Option<String>,
        }
        for (query, pointer) in
            [("unit=x", "/unit"), ("q=a&unit=1.5", "/unit"), ("unit=1&unit=2", "/unit"), ("q=a%00b", "/q")]
        {
            assert_eq!(parse_query::<Params>(query).unwrap_err().pointers(), [pointer], "{query}");
        }
    }
}
