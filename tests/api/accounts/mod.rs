//! Accounts: what the tests of logging in, passwords, tokens and keys share.

mod login;
mod passwords;
mod refresh;
mod signing;
mod tokens;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::SigningKey;
use ed25519_dalek::pkcs8::EncodePrivateKey as _;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use qianti::services::ServiceError;
use qianti::store::keys::{self, KeyRow};

use crate::harness::{Actor, TestApp, Value, json};

/// A password that will do.
const NEW_PASSWORD: &str = "另一个八个字的密码";

/// Logs in and answers everything that is told.
async fn log_in(app: &TestApp, login: &str, password: &str) -> Value {
    let body = json!({"login": login, "password": password});
    app.anonymous().post("/auth/login", body).await.expect(200)
}

/// The one who holds the access token of a login or a refresh.
fn holder(app: &TestApp, tickets: &Value) -> Actor {
    app.with_token(tickets["access_token"].as_str().unwrap())
}

/// The body that trades the refresh token of a login or a refresh.
fn refresh_with(tickets: &Value) -> Value {
    json!({"refresh_token": tickets["refresh_token"]})
}

async fn refresh(app: &TestApp, tickets: &Value) -> Value {
    app.anonymous().post("/auth/refresh", refresh_with(tickets)).await.expect(200)
}

/// Checks that neither token of a login or a refresh is good for anything.
async fn assert_over(app: &TestApp, tickets: &Value) {
    holder(app, tickets).get("/me").await.problem(401, "unauthenticated");
    app.anonymous().post("/auth/refresh", refresh_with(tickets)).await.problem(401, "invalid-refresh-token");
}

/// The key that signs.
async fn signing_key(app: &TestApp) -> KeyRow {
    let database = &app.services.context.database;
    let keys = database.read::<_, ServiceError>(|connection| Ok(keys::list_keys(connection)?)).await;
    keys.unwrap().swap_remove(0)
}

/// A token with these claims, by this Ed25519 key.
fn signed(secret: &[u8], kid: Option<&str>, claims: &Value) -> String {
    let key = SigningKey::from_bytes(secret.try_into().unwrap()).to_pkcs8_der().unwrap();
    let header = Header { kid: kid.map(ToOwned::to_owned), ..Header::new(Algorithm::EdDSA) };
    jsonwebtoken::encode(&header, claims, &EncodingKey::from_ed_der(key.as_bytes())).unwrap()
}

/// The part of a token that stands between its dots, as JSON.
fn part(token: &str, index: usize) -> Value {
    let bytes = URL_SAFE_NO_PAD.decode(token.split('.').nth(index).unwrap()).unwrap();
    serde_json::from_slice(&bytes).unwrap()
}

/// These claims with one of them changed; null takes it away.
fn changed(claims: &Value, name: &str, value: Value) -> Value {
    let mut claims = claims.clone();
    match value {
        Value::Null => drop(claims.as_object_mut().unwrap().remove(name)),
        value => claims[name] = value,
    }
    claims
}
