//! Extractors: who calls, and what they send. A handler that wants a [`Caller`] names its policy in the
//! type; without one it gets no [`Principal`], and without a principal no service answers.

use std::future::Future;
use std::marker::PhantomData;
use std::ops::Deref;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use actix_multipart::{Field, Multipart, MultipartError};
use actix_web::dev::Payload;
use actix_web::error::PayloadError;
use actix_web::http::header;
use actix_web::web::{Bytes, BytesMut, Data};
use actix_web::{FromRequest, HttpMessage as _, HttpRequest, web};
use futures_util::TryStreamExt as _;
use futures_util::future::{Either, Ready, ready};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use utoipa::ToSchema;

use super::app::ApiState;
use super::limit::{self, Class, General};
use super::parse::{escaped, parse, parse_query};
use super::problem::{Problem, ProblemCode};
use crate::domain::ids::MemberId;
use crate::domain::roles::Principal;
use crate::message;
use crate::services::{KnownCaller, RouteClass, ServiceError};

/// Largest JSON body, in bytes.
pub(super) const MOST_JSON_BYTES: usize = 1 << 20;
/// Longest name of a file that is kept, in characters.
const LONGEST_FILE_NAME: usize = 200;
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
/// An admin of everything, even with an initial password.
pub(super) struct RootAdminsAtAll;

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

impl Policy for RootAdminsAtAll {
    const AFTER_PASSWORD_CHANGE: bool = false;

    fn admits(principal: &Principal) -> bool {
        principal.is_root_admin()
    }
}

/// Somebody who is logged in and whom the policy admits, at a route of a class.
pub(super) struct Caller<P: Policy, C: Class = General> {
    known: Arc<KnownCaller>,
    policy: PhantomData<(P, C)>,
}

/// What is known of the caller: the principal and the session of the access token.
impl<P: Policy, C: Class> Deref for Caller<P, C> {
    type Target = KnownCaller;

    fn deref(&self) -> &KnownCaller {
        &self.known
    }
}

impl<P: Policy, C: Class> FromRequest for Caller<P, C> {
    type Error = Problem;
    type Future = Either<Ready<Result<Self, Problem>>, Pending<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let refuse = |problem| Either::Left(ready(Err(problem)));
        let Some(state) = request.app_data::<Data<ApiState>>() else {
            return refuse(Problem::new(ProblemCode::Internal));
        };
        let Some(token) = bearer_token(request) else {
            return refuse(stranger(request, Problem::new(ProblemCode::Unauthenticated)));
        };
        if let Some(known) = state.services.accounts.recognise(token) {
            note_member(request, &known);
            return Either::Left(ready(Self::admit(state, known)));
        }
        let (state, token, request) = (state.clone(), token.to_owned(), request.clone());
        Either::Right(Box::pin(async move {
            match state.services.accounts.authenticate(&token).await {
                Ok(known) => {
                    note_member(&request, &known);
                    Self::admit(&state, known)
                }
                Err(error @ ServiceError::Unauthenticated) => Err(stranger(&request, error.into())),
                Err(error) => Err(error.into()),
            }
        }))
    }
}

/// What somebody without a good token is told: how it is refused, or that it was tried too often.
fn stranger(request: &HttpRequest, refused: Problem) -> Problem {
    limit::admit(request, RouteClass::Anonymous).err().unwrap_or(refused)
}

impl<P: Policy, C: Class> Caller<P, C> {
    fn admit(state: &ApiState, known: Arc<KnownCaller>) -> Result<Self, Problem> {
        state.services.accounts.admit(&known, C::CLASS)?;
        if P::AFTER_PASSWORD_CHANGE && known.principal.must_change_password {
            return Err(ServiceError::PasswordChangeRequired.into());
        }
        if !P::admits(&known.principal) {
            return Err(ServiceError::Forbidden.into());
        }
        Ok(Self { known, policy: PhantomData })
    }
}

/// The member whose request it is, for the log.
#[derive(Clone, Copy)]
pub(super) struct MemberOfRequest(pub MemberId);

fn note_member(request: &HttpRequest, known: &KnownCaller) {
    request.extensions_mut().insert(MemberOfRequest(known.principal.member_id));
}

/// The access token that a request carries.
pub(super) fn bearer_token(request: &HttpRequest) -> Option<&str> {
    // Not by its own `to_str`, which looks at each of the token's many characters by itself.
    let value = std::str::from_utf8(request.headers().get(header::AUTHORIZATION)?.as_bytes()).ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
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
    has_media_type(request, "application/json")
}

fn has_media_type(request: &HttpRequest, wanted: &str) -> bool {
    let media_type = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    media_type
        .and_then(|value| value.split(';').next())
        .is_some_and(|value| value.trim().eq_ignore_ascii_case(wanted))
}

fn read(
    request: &HttpRequest,
    payload: &mut Payload,
) -> impl Future<Output = Result<Bytes, Problem>> + use<> {
    let bytes = Bytes::from_request(request, payload);
    let bytes = in_time(request, bytes);
    async move {
        bytes.await?.map_err(|error| match error.as_error::<PayloadError>() {
            Some(PayloadError::Overflow) => too_large(MOST_JSON_BYTES),
            _ if error.as_response_error().status_code().as_u16() == 413 => too_large(MOST_JSON_BYTES),
            _ => Problem::new(ProblemCode::MalformedJson),
        })
    }
}

/// What arrives, unless it takes too long: who sends a byte a minute must not hold a place for ever.
fn in_time<F: Future>(
    request: &HttpRequest,
    arriving: F,
) -> impl Future<Output = Result<F::Output, Problem>> + use<F> {
    let state = request.app_data::<Data<ApiState>>();
    let seconds = state.map_or(0, |state| state.services.context.settings.body_seconds);
    let arriving = actix_web::rt::time::timeout(Duration::from_secs(seconds.into()), arriving);
    async move { arriving.await.map_err(|_| Problem::new(ProblemCode::RequestTimeout)) }
}

fn too_large(most: usize) -> Problem {
    let most = most >> 20;
    Problem::with_detail(ProblemCode::BodyTooLarge, message!("最多 {most} MB", "at most {most} MB"))
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
    /// What it is called at the caller's.
    pub name: Option<String>,
}

/// The only field of an upload.
const FILE_FIELD: &str = "file";

impl FromRequest for Upload {
    type Error = Problem;
    type Future = Pending<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        if !has_media_type(request, "multipart/form-data") {
            return Box::pin(ready(Err(Problem::new(ProblemCode::UnsupportedMediaType))));
        }
        // Not by actix-multipart's own forms, which panic on a field without a name.
        let parts = Multipart::new(request.headers(), payload.take());
        let upload = in_time(request, read_upload(parts));
        Box::pin(async move { upload.await? })
    }
}

/// Reads an upload of one file and nothing else.
async fn read_upload(mut parts: Multipart) -> Result<Upload, Problem> {
    let mut upload = None;
    while let Some(part) = parts.try_next().await.map_err(|error| upload_problem(&error))? {
        let name = part.name().unwrap_or_default();
        let refuse = |message| Err(Problem::field(format!("/{}", escaped(name)), message));
        if name != FILE_FIELD {
            return refuse(message!("未知字段", "unknown field"));
        }
        if upload.is_some() {
            return refuse(message!("一次只能上传一个文件", "one file at a time"));
        }
        let given = part.content_disposition().and_then(|disposition| disposition.get_filename());
        let name = given.and_then(plain_name);
        upload = Some(Upload { name, file: read_part(part).await? });
    }
    upload.ok_or_else(|| {
        Problem::field(format!("/{FILE_FIELD}"), message!("请上传文件", "the file is missing"))
    })
}

async fn read_part(mut part: Field) -> Result<Bytes, Problem> {
    let mut file = BytesMut::new();
    while let Some(piece) = part.try_next().await.map_err(|error| upload_problem(&error))? {
        if file.len() + piece.len() > MOST_UPLOAD_BYTES {
            return Err(too_large(MOST_UPLOAD_BYTES));
        }
        file.extend_from_slice(&piece);
    }
    Ok(file.freeze())
}

/// A file's name without its folder and without what cannot be shown.
fn plain_name(given: &str) -> Option<String> {
    let name = given.rsplit(['/', '\\']).next()?;
    let name: String = name.chars().filter(|c| !c.is_control()).take(LONGEST_FILE_NAME).collect();
    Some(name).filter(|name| !name.trim().is_empty())
}

/// An upload of one file, for the API's description.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "describes the multipart body; Upload reads it")]
pub(super) struct UploadForm {
    /// The file.
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
}

/// What is wrong with an upload.
fn upload_problem(error: &MultipartError) -> Problem {
    match error {
        MultipartError::ContentTypeMissing
        | MultipartError::ContentTypeParse
        | MultipartError::ContentTypeIncompatible => Problem::new(ProblemCode::UnsupportedMediaType),
        MultipartError::Payload(PayloadError::Overflow) => too_large(MOST_UPLOAD_BYTES),
        _ => Problem::new(ProblemCode::MalformedUpload),
    }
}
