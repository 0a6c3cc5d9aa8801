//! Somebody who talks to the API, and what they are told.

use reqwest::header::HeaderMap;
use reqwest::multipart::{Form, Part};
use reqwest::{Client, Method, RequestBuilder};
use serde_json::Value;

/// Somebody who talks to the API.
#[derive(Clone)]
pub struct Actor {
    client: Client,
    base: String,
    token: Option<String>,
}

/// What somebody is told.
pub struct Reply {
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
    /// The body as it came, for files.
    pub bytes: Vec<u8>,
}

impl Actor {
    pub fn new(base: &str, token: Option<&str>) -> Self {
        let client = Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        Self { client, base: base.to_owned(), token: token.map(ToOwned::to_owned) }
    }

    pub fn token(&self) -> &str {
        self.token.as_deref().unwrap()
    }

    /// A request for an address as a browser has it, without the prefix of the API.
    pub fn browse(&self, path: &str) -> RequestBuilder {
        self.client.get(format!("{}{path}", self.base))
    }

    /// A request to `/api/v1` + `path`, or to a path around it (`/healthz`) when it is not of the API.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let around = ["/healthz", "/readyz", "/metrics", "/openapi.json", "/docs", "/problems"];
        let is_around = path == "/" || around.iter().any(|prefix| path.starts_with(prefix));
        let prefix = if is_around { "" } else { "/api/v1" };
        let request = self.client.request(method, format!("{}{prefix}{path}", self.base));
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    pub async fn send(request: RequestBuilder) -> Reply {
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let bytes = response.bytes().await.unwrap().to_vec();
        Reply { status, headers, text: String::from_utf8_lossy(&bytes).into_owned(), bytes }
    }

    pub async fn get(&self, path: &str) -> Reply {
        Self::send(self.request(Method::GET, path)).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Reply {
        Self::send(self.request(Method::POST, path).json(&body)).await
    }

    pub async fn post_nothing(&self, path: &str) -> Reply {
        Self::send(self.request(Method::POST, path)).await
    }

    pub async fn put(&self, path: &str, body: Value) -> Reply {
        Self::send(self.request(Method::PUT, path).json(&body)).await
    }

    pub async fn patch(&self, path: &str, body: Value) -> Reply {
        Self::send(self.request(Method::PATCH, path).json(&body)).await
    }

    pub async fn delete(&self, path: &str) -> Reply {
        Self::send(self.request(Method::DELETE, path)).await
    }

    pub async fn upload(&self, path: &str, file: impl Into<Vec<u8>>) -> Reply {
        let part = Part::bytes(file.into()).file_name("file");
        Self::send(self.request(Method::POST, path).multipart(Form::new().part("file", part))).await
    }
}

impl Reply {
    /// The body as JSON, once the status is the wanted one.
    #[track_caller]
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text);
        if self.text.is_empty() { Value::Null } else { serde_json::from_str(&self.text).unwrap() }
    }

    /// The problem of the wanted kind.
    #[track_caller]
    pub fn problem(self, status: u16, slug: &str) -> Value {
        assert_eq!(self.headers["content-type"], "application/problem+json", "{}", self.text);
        let retry_after = self.headers.contains_key("retry-after");
        let problem = self.expect(status);
        assert_eq!(problem["type"], format!("/problems/{slug}"), "{problem}");
        assert_eq!(problem["status"], status);
        assert!(problem["title"].as_str().is_some_and(|title| !title.is_empty()));
        assert!(problem["detail"].as_str().is_some_and(|detail| !detail.is_empty()));
        assert_eq!(retry_after, status == 503 || status == 429, "Retry-After");
        problem
    }

    /// The pointers of a problem about fields.
    #[track_caller]
    pub fn pointers(self) -> Vec<String> {
        let problem = self.problem(422, "invalid-fields");
        let errors = problem["errors"].as_array().unwrap();
        errors.iter().map(|error| error["pointer"].as_str().unwrap().to_owned()).collect()
    }
}
