//! Who may call what: every operation of the API × everybody who might call it.

use std::collections::BTreeSet;

use reqwest::Method;
use reqwest::multipart::{Form, Part};

use crate::harness::{Actor, Reply, TestApp, Value, World, json, on_both_databases};

/// Who calls. The scope is C1 with its branches B1 and B2: what the operations touch stands there, unless
/// the row says otherwise.
const CALLERS: [&str; 9] = [
    "anonymous",
    "a member of B1",
    "a member of B3",
    "the leader of C1",
    "the leader of C2",
    "the admin of C1",
    "the admin of C2",
    "the admin of the root",
    "an admin of the root with an initial password",
];

/// One row: the status for each of [`CALLERS`] in their order, the operation as the OpenAPI document names
/// it, and what to send.
type Row = ([u16; 9], &'static str, Send);

/// What to send. Every request is valid, so that nothing but the right to it decides.
enum Send {
    /// Nothing but the path.
    Nothing(fn(&Site) -> String),
    /// A JSON body; the number makes names that are still free.
    Body(fn(&Site) -> String, fn(&Site, usize) -> Value),
    /// The same, when what it changes is in the way of the rows below: they get a new organisation.
    Spoiling(fn(&Site) -> String, fn(&Site, usize) -> Value),
    /// A file.
    File(fn(&Site) -> String, fn(usize) -> String),
    /// What is made anew for each caller, by the admin of the root, is used up by the call: a path to it.
    Fresh(Maker, &'static str),
    /// The same with a body: the path and the body that what was made goes into.
    Upon(Maker, fn(&str) -> String, fn(&str) -> Value),
    /// What belongs to the caller alone, as an attempt does: made anew for the member of B1.
    Own(fn(&Site) -> String, Option<fn() -> Value>),
    /// Nothing but the path, to an answer that does not end by itself.
    Listening(fn(&Site) -> String),
    /// Logging in and the like, with the tokens of a session made anew.
    Session(fn(&Session) -> Value),
}

/// What is made anew.
#[derive(Clone, Copy)]
enum Maker {
    Unit,
    Quiz,
    Question,
    Session,
    /// An open quiz that closes in an hour.
    EndingQuiz,
    /// A graded attempt of the member of B1.
    Result,
    /// A member of B1 who has left.
    Leaver,
    /// A revision of the bank; it is named by its number.
    Revision,
}

/// A login, and what it was answered.
struct Session {
    login: String,
    password: &'static str,
    tickets: Value,
}

const PASSWORD: &str = "Member-Pass-2026";
const NEW_PASSWORD: &str = "Another-Pass-2026";

#[rustfmt::skip]
const MATRIX: &[Row] = &[
    //nobody  member     leader     admin     root initial
    // accounts
    ([200,   200, 200,   200, 200,   200, 200,   200,   200], "POST /api/v1/auth/login",
        Send::Session(|session| json!({"login": session.login, "password": session.password}))),
    ([200,   200, 200,   200, 200,   200, 200,   200,   200], "POST /api/v1/auth/refresh",
        Send::Session(|session| json!({"refresh_token": session.tickets["refresh_token"]}))),
    ([401,   204, 204,   204, 204,   204, 204,   204,   204], "POST /api/v1/auth/logout",
        Send::Session(|_| Value::Null)),
    ([401,   200, 200,   200, 200,   200, 200,   200,   200], "GET /api/v1/me",
        Send::Nothing(|_| "/me".into())),
    ([401,   204, 204,   204, 204,   204, 204,   204,   204], "PUT /api/v1/me/password",
        Send::Session(|session| json!({"current": session.password, "new": NEW_PASSWORD}))),
    ([401,   200, 200,   200, 200,   200, 200,   200,   403], "GET /api/v1/me/attempts",
        Send::Nothing(|_| "/me/attempts".into())),
    ([401,   200, 200,   200, 200,   200, 200,   200,   403], "GET /api/v1/me/data",
        Send::Nothing(|_| "/me/data".into())),
    ([401,   200, 200,   200, 200,   200, 200,   200,   403], "GET /api/v1/me/sessions",
        Send::Nothing(|_| "/me/sessions".into())),
    ([401,   204, 204,   204, 204,   204, 204,   204,   403], "DELETE /api/v1/me/sessions",
        Send::Session(|_| Value::Null)),
    // A session of the member of B1, whom the call logs out: nobody else's.
    ([401,   204, 404,   404, 404,   404, 404,   404,   403], "DELETE /api/v1/me/sessions/{id}",
        Send::Fresh(Maker::Session, "/me/sessions/")),
    // practice: everybody for themselves
    ([401,   200, 200,   200, 200,   200, 200,   200,   403], "GET /api/v1/me/progress",
        Send::Nothing(|_| "/me/progress".into())),
    ([401,   200, 200,   200, 200,   200, 200,   200,   403], "GET /api/v1/practice/questions",
        Send::Nothing(|_| "/practice/questions?bank=1000".into())),
    ([401,   200, 200,   200, 200,   200, 200,   200,   403], "POST /api/v1/practice/answers",
        Send::Body(|_| "/practice/answers".into(), |_, _| json!({"bank": "1000", "code": "single-01", "answer": ["A"]}))),
    ([401,   200, 200,   200, 200,   200, 200,   200,   403], "GET /api/v1/me/wrong-answers",
        Send::Nothing(|_| "/me/wrong-answers".into())),
    ([401,   200, 200,   200, 200,   200, 200,   200,   403], "GET /api/v1/me/favourites",
        Send::Nothing(|_| "/me/favourites".into())),
    ([401,   204, 204,   204, 204,   204, 204,   204,   403], "PUT /api/v1/me/favourites/{bank}/{code}",
        Send::Nothing(|_| "/me/favourites/1000/single-02".into())),
    ([401,   204, 204,   204, 204,   204, 204,   204,   403], "DELETE /api/v1/me/favourites/{bank}/{code}",
        Send::Nothing(|_| "/me/favourites/1000/single-02".into())),
    // units
    ([401,   200, 200,   200, 200,   200, 200,   200,   403], "GET /api/v1/units",
        Send::Nothing(|_| "/units".into())),
    ([401,   403, 403,   403, 403,   201, 403,   201,   403], "POST /api/v1/units",
        Send::Body(|_| "/units".into(), new_unit)),
    ([401,   403, 403,   403, 403,   200, 403,   200,   403], "PATCH /api/v1/units/{id}",
        Send::Body(|site| site.unit("B1"), |_, _| json!({"name": "B1"}))),
    // Into a scope of one's own, out of another's: neither admin may.
    ([401,   403, 403,   403, 403,   403, 403,   200,   403], "PATCH /api/v1/units/{id}",
        Send::Spoiling(|site| site.unit("B1"), |site, _| json!({"parent_id": site.world.unit("C2")}))),
    ([401,   403, 403,   403, 403,   403, 403,   200,   403], "PATCH /api/v1/units/{id}",
        Send::Body(|site| site.unit("root"), |_, _| json!({"name": "园区"}))),
    ([401,   403, 403,   403, 403,   204, 403,   204,   403], "DELETE /api/v1/units/{id}",
        Send::Fresh(Maker::Unit, "/units/")),
    ([401,   403, 403,   403, 403,   200, 422,   200,   403], "POST /api/v1/units/import",
        Send::File(|_| "/units/import".into(), |number| format!("code,name,kind,parent_code\nI{number},名,branch,C1\n"))),
    // members
    ([401,   403, 403,   200, 200,   200, 200,   200,   403], "GET /api/v1/members",
        Send::Nothing(|_| "/members".into())),
    ([401,   403, 403,   200, 403,   200, 403,   200,   403], "GET /api/v1/members",
        Send::Nothing(|site| format!("/members?unit={}", site.world.unit("B1")))),
    ([401,   403, 403,   403, 403,   201, 403,   201,   403], "POST /api/v1/members",
        Send::Body(|_| "/members".into(), |site, number| new_member(site, number, &json!([])))),
    ([401,   403, 403,   403, 403,   201, 403,   201,   403], "POST /api/v1/members",
        Send::Body(|_| "/members".into(), |site, number| new_member(site, number, &site.role("admin", "C1")))),
    // Nobody gives a right that they do not have themselves.
    ([401,   403, 403,   403, 403,   403, 403,   201,   403], "POST /api/v1/members",
        Send::Body(|_| "/members".into(), |site, number| new_member(site, number, &site.role("leader", "root")))),
    ([401,   403, 403,   403, 403,   200, 403,   200,   403], "PATCH /api/v1/members/{id}",
        Send::Body(|site| site.member("b1"), |_, _| json!({"name": "新名"}))),
    ([401,   403, 403,   403, 403,   403, 403,   200,   403], "PATCH /api/v1/members/{id}",
        Send::Spoiling(|site| site.member("b1"), |site, _| json!({"unit_id": site.world.unit("B3")}))),
    ([401,   403, 403,   403, 403,   200, 403,   200,   403], "PATCH /api/v1/members/{id}",
        Send::Body(|site| site.member("spare"), |_, _| json!({"reset_password": true}))),
    ([401,   403, 403,   403, 403,   403, 403,   200,   403], "PATCH /api/v1/members/{id}",
        Send::Body(|site| site.member("spare"), |site, _| json!({"roles": site.role("admin", "root")}))),
    // An account of C1 that is an admin of the root: whoever could reset its password would be one too.
    ([401,   403, 403,   403, 403,   403, 403,   200,   403], "PATCH /api/v1/members/{id}",
        Send::Body(|site| site.member("root-in-b1"), |_, _| json!({"reset_password": true}))),
    ([401,   403, 403,   403, 403,   200, 403,   200,   403], "POST /api/v1/members/{id}/anonymise",
        Send::Upon(Maker::Leaver, |made| format!("/members/{made}/anonymise"), |_| json!({}))),
    ([401,   403, 403,   403, 403,   200, 422,   200,   403], "POST /api/v1/members/import",
        Send::File(|_| "/members/import".into(), |number| format!("login,name,unit_code\ni{number},名,B1\n"))),
    ([401,   403, 403,   403, 403,   422, 422,   200,   403], "POST /api/v1/members/import",
        Send::File(|_| "/members/import".into(), |number| format!("login,name,unit_code,role\nj{number},名,zone,admin\n"))),
    ([401,   403, 403,   403, 403,   200, 403,   200,   403], "POST /api/v1/members/reset-passwords",
        Send::Body(|_| "/members/reset-passwords".into(), |site, _| json!({"member_ids": [site.member_id("nobody")]}))),
    ([401,   403, 403,   403, 403,   403, 403,   200,   403], "POST /api/v1/members/reset-passwords",
        Send::Body(|_| "/members/reset-passwords".into(), |site, _| json!({"member_ids": [site.member_id("spare"), site.member_id("root-in-b1")]}))),
    // banks
    ([401,   403, 403,   403, 403,   403, 403,   200,   403], "GET /api/v1/banks/{code}/revisions",
        Send::Nothing(|_| "/banks/1000/revisions".into())),
    ([401,   403, 403,   403, 403,   403, 403,   200,   403], "GET /api/v1/banks/{code}/questions/{question_code}/history",
        Send::Nothing(|_| "/banks/1000/questions/judge-01/history".into())),
    ([401,   403, 403,   403, 403,   403, 403,   200,   403], "POST /api/v1/banks/{code}/undo",
        Send::Upon(Maker::Revision, |_| "/banks/1000/undo".into(), |made| json!({"revision": made.parse::<i32>().unwrap()}))),
    ([401,   403, 403,   403, 403,   200, 200,   200,   403], "GET /api/v1/banks",
        Send::Nothing(|_| "/banks".into())),
    ([401,   403, 403,   403, 403,   403, 403,   201,   403], "POST /api/v1/banks",
        Send::Body(|_| "/banks".into(), |_, number| json!({"code": format!("k{number}"), "title": "题库"}))),
    ([401,   403, 403,   403, 403,   403, 403,   200,   403], "GET /api/v1/banks/{code}/questions",
        Send::Nothing(|_| "/banks/1000/questions".into())),
    ([401,   403, 403,   403, 403,   403, 403,   201,   403], "POST /api/v1/banks/{code}/questions",
        Send::Body(|_| "/banks/1000/questions".into(), |_, number| question(&format!("q{number}")))),
    ([401,   403, 403,   403, 403,   403, 403,   200,   403], "PUT /api/v1/banks/{code}/questions/{question_code}",
        Send::Body(|_| "/banks/1000/questions/judge-00".into(), |_, _| question("judge-00"))),
    ([401,   403, 403,   403, 403,   403, 403,   204,   403], "DELETE /api/v1/banks/{code}/questions/{question_code}",
        Send::Fresh(Maker::Question, "/banks/1000/questions/")),
    ([401,   403, 403,   403, 403,   403, 403,   200,   403], "POST /api/v1/banks/{code}/import",
        Send::File(|_| "/banks/1000/import".into(), |number| json!([question(&format!("f{number}"))]).to_string())),
    ([401,   403, 403,   403, 403,   403, 403,   202,   403], "POST /api/v1/banks/{code}/imports",
        Send::File(|_| "/banks/1000/imports?dry_run=true".into(), |number| json!([question(&format!("g{number}"))]).to_string())),
    ([401,   403, 403,   403, 403,   403, 403,   404,   403], "GET /api/v1/imports/{id}",
        Send::Nothing(|_| "/imports/none".into())),
    ([401,   403, 403,   403, 403,   403, 403,   404,   403], "GET /api/v1/imports/{id}/rejected",
        Send::Nothing(|_| "/imports/none/rejected".into())),
    ([401,   403, 403,   403, 403,   200, 200,   200,   403], "GET /api/v1/banks/template",
        Send::Nothing(|_| "/banks/template".into())),
    ([401,   403, 403,   403, 403,   200, 200,   200,   403], "GET /api/v1/units/template",
        Send::Nothing(|_| "/units/template".into())),
    ([401,   403, 403,   403, 403,   200, 200,   200,   403], "GET /api/v1/members/template",
        Send::Nothing(|_| "/members/template".into())),
    ([401,   403, 403,   403, 403,   403, 403,   200,   403], "GET /api/v1/banks/{code}/export",
        Send::Nothing(|_| "/banks/1000/export".into())),
    // quizzes: one for the whole of C1
    ([401,   200, 200,   200, 200,   200, 200,   200,   403], "GET /api/v1/quizzes",
        Send::Nothing(|_| "/quizzes".into())),
    ([401,   200, 403,   200, 403,   200, 403,   200,   403], "GET /api/v1/quizzes/{id}",
        Send::Nothing(|site| site.quiz(""))),
    ([401,   403, 403,   403, 403,   201, 403,   201,   403], "POST /api/v1/quizzes",
        Send::Body(|_| "/quizzes".into(), |site, _| new_quiz(site, "B1"))),
    ([401,   403, 403,   403, 403,   403, 403,   201,   403], "POST /api/v1/quizzes",
        Send::Body(|_| "/quizzes".into(), |site, _| new_quiz(site, "root"))),
    ([401,   403, 403,   403, 403,   200, 403,   200,   403], "PATCH /api/v1/quizzes/{id}",
        Send::Body(|site| format!("/quizzes/{}", site.unused), |_, _| json!({"title": "新题目"}))),
    ([401,   403, 403,   403, 403,   403, 403,   200,   403], "PATCH /api/v1/quizzes/{id}",
        Send::Body(|site| format!("/quizzes/{}", site.unused), |site, _| json!({"unit_id": site.world.unit("C2")}))),
    ([401,   403, 403,   403, 403,   204, 403,   204,   403], "DELETE /api/v1/quizzes/{id}",
        Send::Fresh(Maker::Quiz, "/quizzes/")),
    ([401,   403, 403,   403, 403,   200, 403,   200,   403], "POST /api/v1/quizzes/check",
        Send::Body(|_| "/quizzes/check".into(), |site, _| new_quiz(site, "B1"))),
    ([401,   403, 403,   403, 403,   200, 403,   200,   403], "POST /api/v1/quizzes/preview",
        Send::Body(|_| "/quizzes/preview".into(), |site, _| new_quiz(site, "B1"))),
    ([401,   403, 403,   403, 403,   200, 403,   200,   403], "POST /api/v1/quizzes/{id}/close",
        Send::Upon(Maker::Quiz, |made| format!("/quizzes/{made}/close"), |_| json!({}))),
    ([401,   403, 403,   403, 403,   200, 403,   200,   403], "POST /api/v1/quizzes/{id}/extend",
        Send::Upon(Maker::EndingQuiz, |made| format!("/quizzes/{made}/extend"), |_| json!({"closes_at": "2026-11-24T12:00:00Z"}))),
    ([401,   403, 403,   200, 403,   200, 403,   200,   403], "GET /api/v1/quizzes/{id}/progress",
        Send::Nothing(|site| site.quiz("/progress"))),
    ([401,   403, 403,   200, 403,   200, 403,   200,   403], "GET /api/v1/quizzes/{id}/attempts",
        Send::Nothing(|site| site.quiz("/attempts"))),
    ([401,   403, 403,   200, 403,   200, 403,   200,   403], "GET /api/v1/quizzes/{id}/attempts",
        Send::Nothing(|site| site.quiz(&format!("/attempts?unit={}", site.world.unit("B1"))))),
    // Another member's attempt, to somebody outside its scope.
    ([401,   403, 403,   403, 403,   204, 404,   204,   403], "POST /api/v1/attempts/{id}/void",
        Send::Upon(Maker::Result, |made| format!("/attempts/{made}/void"), |_| json!({"reason": "代答"}))),
    // attempts: the leader and the admin of C1 are members of C1, the admin of the root is not
    ([401,   201, 403,   201, 403,   201, 403,   403,   403], "POST /api/v1/quizzes/{id}/attempts",
        Send::Nothing(|site| site.quiz("/attempts"))),
    ([401,   200, 404,   404, 404,   404, 404,   404,   403], "GET /api/v1/attempts/{id}",
        Send::Own(|site| site.attempt(""), None)),
    ([401,   204, 404,   404, 404,   404, 404,   404,   403], "PUT /api/v1/attempts/{id}/answers",
        Send::Own(|site| site.attempt("/answers"), Some(|| json!({"answers": []})))),
    ([401,   200, 404,   404, 404,   404, 404,   404,   403], "POST /api/v1/attempts/{id}/submit",
        Send::Own(|site| site.attempt("/submit"), Some(|| json!({"answers": []})))),
    ([401,   204, 404,   404, 404,   404, 404,   404,   403], "POST /api/v1/attempts/{id}/events",
        Send::Own(|site| site.attempt("/events"), Some(|| json!({"events": [{"kind": "left_page", "report": 1, "ms_ago": 0}]})))),
    // Of a quiz of C1: for the admins of C1, not for those who only look on.
    ([401,   403, 403,   403, 403,   200, 404,   200,   403], "GET /api/v1/attempts/{id}/events",
        Send::Nothing(|site| site.attempt("/events"))),
    // leaderboards: open to everybody who is logged in
    ([401,   200, 200,   200, 200,   200, 200,   200,   403], "GET /api/v1/leaderboards/members",
        Send::Nothing(|site| format!("/leaderboards/members?period=day&unit={}", site.world.unit("B1")))),
    ([401,   200, 200,   200, 200,   200, 200,   200,   403], "GET /api/v1/leaderboards/units",
        Send::Nothing(|site| format!("/leaderboards/units?period=day&parent={}", site.world.unit("C1")))),
    ([401,   200, 200,   200, 200,   200, 200,   200,   403], "GET /api/v1/leaderboards/stream",
        Send::Listening(|_| "/leaderboards/stream?period=day".into())),
    // the admin's desk
    ([401,   403, 403,   403, 403,   200, 200,   200,   403], "GET /api/v1/audit",
        Send::Nothing(|_| "/audit".into())),
    ([401,   403, 403,   403, 403,   200, 403,   200,   403], "GET /api/v1/audit",
        Send::Nothing(|site| format!("/audit?unit={}", site.world.unit("B1")))),
    ([401,   403, 403,   403, 403,   200, 200,   200,   403], "GET /api/v1/audit/export",
        Send::Nothing(|_| "/audit/export".into())),
    ([401,   403, 403,   403, 403,   200, 403,   200,   403], "GET /api/v1/audit/export",
        Send::Nothing(|site| format!("/audit/export?format=csv&unit={}", site.world.unit("B1")))),
    // To change the initial password is the first step.
    ([401,   403, 403,   403, 403,   403, 403,   200,   200], "GET /api/v1/setup",
        Send::Nothing(|_| "/setup".into())),
    // reports: for leaders and admins, of their own units
    ([401,   403, 403,   200, 403,   200, 403,   200,   403], "GET /api/v1/reports/board",
        Send::Nothing(|site| site.report("board?period=day"))),
    ([401,   403, 403,   200, 200,   200, 200,   200,   403], "GET /api/v1/reports/board",
        Send::Nothing(|_| "/reports/board?period=day".into())),
    // Of the units above one's own only what is one's own.
    ([401,   403, 403,   403, 403,   403, 403,   200,   403], "GET /api/v1/reports/board",
        Send::Nothing(|site| format!("/reports/board?period=day&unit={}", site.world.unit("root")))),
    ([401,   403, 403,   200, 403,   200, 403,   200,   403], "GET /api/v1/reports/members",
        Send::Nothing(|site| site.report("members?period=day"))),
    ([401,   403, 403,   200, 403,   200, 403,   200,   403], "GET /api/v1/reports/members/export",
        Send::Nothing(|site| site.report("members/export?period=day"))),
    ([401,   403, 403,   200, 403,   200, 403,   200,   403], "GET /api/v1/reports/trend",
        Send::Nothing(|site| site.report("trend?period=day"))),
    ([401,   403, 403,   200, 403,   200, 403,   200,   403], "GET /api/v1/reports/chapters",
        Send::Nothing(|site| site.report("chapters?period=day"))),
    ([401,   403, 403,   200, 403,   200, 403,   200,   403], "GET /api/v1/reports/monthly",
        Send::Nothing(|site| site.report("monthly?"))),
    ([401,   403, 403,   200, 403,   200, 403,   200,   403], "GET /api/v1/reports/monthly/export",
        Send::Nothing(|site| site.report("monthly/export?"))),
    ([401,   403, 403,   200, 200,   200, 200,   200,   403], "GET /api/v1/reports/items",
        Send::Nothing(|_| "/reports/items?bank=1000".into())),
    // A quiz of C1.
    ([401,   403, 403,   200, 404,   200, 404,   200,   403], "GET /api/v1/reports/items",
        Send::Nothing(|site| format!("/reports/items?bank=1000&quiz={}", site.quiz))),
    ([401,   403, 403,   200, 404,   200, 404,   200,   403], "GET /api/v1/reports/items/export",
        Send::Nothing(|site| format!("/reports/items/export?bank=1000&quiz={}", site.quiz))),
    // Of a unit above one's own nobody gets a list, a chart or a file, in no format.
    ([401,   403, 403,   403, 403,   403, 403,   200,   403], "GET /api/v1/members",
        Send::Nothing(|site| format!("/members?unit={}", site.world.unit("root")))),
    ([401,   403, 403,   403, 403,   403, 403,   200,   403], "GET /api/v1/quizzes/{id}/attempts",
        Send::Nothing(|site| site.quiz(&format!("/attempts?unit={}", site.world.unit("root"))))),
    ([401,   403, 403,   403, 403,   403, 403,   200,   403], "GET /api/v1/audit",
        Send::Nothing(|site| format!("/audit?unit={}", site.world.unit("root")))),
    ([401,   403, 403,   403, 403,   403, 403,   200,   403], "GET /api/v1/audit/export",
        Send::Nothing(|site| format!("/audit/export?format=xlsx&unit={}", site.world.unit("root")))),
    ([401,   403, 403,   403, 403,   403, 403,   200,   403], "GET /api/v1/reports/members",
        Send::Nothing(|site| site.report_of("root", "members?period=day"))),
    ([401,   403, 403,   403, 403,   403, 403,   200,   403], "GET /api/v1/reports/members/export",
        Send::Nothing(|site| site.report_of("root", "members/export?period=day&format=csv"))),
    ([401,   403, 403,   403, 403,   403, 403,   200,   403], "GET /api/v1/reports/members/export",
        Send::Nothing(|site| site.report_of("root", "members/export?period=day&format=xlsx"))),
    ([401,   403, 403,   403, 403,   403, 403,   200,   403], "GET /api/v1/reports/trend",
        Send::Nothing(|site| site.report_of("root", "trend?period=day"))),
    ([401,   403, 403,   403, 403,   403, 403,   200,   403], "GET /api/v1/reports/chapters",
        Send::Nothing(|site| site.report_of("root", "chapters?period=day"))),
    ([401,   403, 403,   403, 403,   403, 403,   200,   403], "GET /api/v1/reports/monthly",
        Send::Nothing(|site| site.report_of("root", "monthly?"))),
    ([401,   403, 403,   403, 403,   403, 403,   200,   403], "GET /api/v1/reports/monthly/export",
        Send::Nothing(|site| site.report_of("root", "monthly/export?"))),
    // Files of one's own unit are not files of the one beside it.
    ([401,   403, 403,   403, 200,   403, 200,   200,   403], "GET /api/v1/reports/members/export",
        Send::Nothing(|site| site.report_of("B3", "members/export?period=day&format=csv"))),
    ([401,   403, 403,   403, 200,   403, 200,   200,   403], "GET /api/v1/reports/members/export",
        Send::Nothing(|site| site.report_of("B3", "members/export?period=day&format=xlsx"))),
    ([401,   403, 403,   403, 403,   403, 200,   200,   403], "GET /api/v1/audit/export",
        Send::Nothing(|site| format!("/audit/export?format=csv&unit={}", site.world.unit("B3")))),
    // Keys: the questions of a bank and every file of them are for the admins of the root.
    ([401,   403, 403,   403, 403,   403, 403,   200,   403], "GET /api/v1/banks/{code}/questions",
        Send::Nothing(|_| "/banks/1000/questions?q=single&limit=200".into())),
    ([401,   403, 403,   403, 403,   403, 403,   200,   403], "GET /api/v1/banks/{code}/export",
        Send::Nothing(|_| "/banks/1000/export?format=csv".into())),
    ([401,   403, 403,   403, 403,   403, 403,   200,   403], "GET /api/v1/banks/{code}/export",
        Send::Nothing(|_| "/banks/1000/export?format=xlsx".into())),
    // A result of the member of B1 is reviewed by that member alone.
    ([401,   200, 404,   404, 404,   404, 404,   404,   403], "GET /api/v1/attempts/{id}",
        Send::Fresh(Maker::Result, "/attempts/")),
    // around the API
    ([200,   200, 200,   200, 200,   200, 200,   200,   200], "GET /healthz",
        Send::Nothing(|_| "/healthz".into())),
    ([200,   200, 200,   200, 200,   200, 200,   200,   200], "GET /readyz",
        Send::Nothing(|_| "/readyz".into())),
    ([200,   200, 200,   200, 200,   200, 200,   200,   200], "GET /metrics",
        Send::Nothing(|_| "/metrics".into())),
    ([200,   200, 200,   200, 200,   200, 200,   200,   200], "GET /problems",
        Send::Nothing(|_| "/problems".into())),
    ([200,   200, 200,   200, 200,   200, 200,   200,   200], "GET /problems/{slug}",
        Send::Nothing(|_| "/problems/busy".into())),
];

fn new_unit(site: &Site, number: usize) -> Value {
    json!({"parent_id": site.world.unit("C1"), "kind": "branch", "code": format!("N{number}"), "name": "名"})
}

fn new_member(site: &Site, number: usize, roles: &Value) -> Value {
    let unit = site.world.unit("B1");
    json!({"login": format!("n{number}"), "name": "名", "unit_id": unit, "roles": roles, "password": PASSWORD})
}

fn question(code: &str) -> Value {
    json!({"code": code, "kind": "judge", "stem": format!("题干 {code}"), "key": ["true"]})
}

fn new_quiz(site: &Site, unit: &str) -> Value {
    let sections = json!([{"kinds": ["single"], "count": 2, "points": 50}]);
    json!({"title": "测验", "kind": "contest", "bank": "1000", "unit_id": site.world.unit(unit), "sections": sections})
}

/// An organisation with one of each of [`CALLERS`], and things for them to lay hands on.
struct Site {
    world: World,
    /// Login, password, and the actor, in the order of [`CALLERS`].
    callers: Vec<(String, &'static str, Actor)>,
    members: Vec<Value>,
    quiz: i64,
    unused: i64,
    attempt: String,
    app: TestApp,
}

impl Site {
    async fn build(app: TestApp) -> Self {
        let world = World::build(&app).await;
        let role = |role: &str, unit: &str| json!([{"role": role, "unit_id": world.unit(unit)}]);
        let mut members = Vec::new();
        for (login, unit, roles) in [
            ("b1", "B1", json!([])),
            ("b3", "B3", json!([])),
            ("leader1", "C1", role("leader", "C1")),
            ("leader2", "C2", role("leader", "C2")),
            ("admin1", "C1", role("admin", "C1")),
            ("admin2", "C2", role("admin", "C2")),
            ("root-admin", "root", role("admin", "root")),
            ("initial", "root", role("admin", "root")),
            ("spare", "B1", json!([])),
            ("nobody", "B1", json!([])),
            ("root-in-b1", "B1", role("admin", "root")),
        ] {
            members.push(world.add_with(login, unit, roles).await);
        }
        let mut callers = vec![(String::new(), PASSWORD, app.anonymous())];
        for member in &members[..7] {
            let login = member["login"].as_str().unwrap();
            callers.push((login.to_owned(), PASSWORD, app.log_in(login, PASSWORD).await));
        }
        let path = format!("/members/{}", members[7]["id"]);
        let reset = world.admin.patch(&path, json!({"reset_password": true})).await.expect(200);
        let initial: &'static str = reset["initial_password"].as_str().unwrap().to_owned().leak();
        callers.push(("initial".into(), initial, app.log_in("initial", initial).await));
        let for_c1 = json!({"unit_id": world.unit("C1")});
        let quiz = world.quiz(for_c1.clone()).await["id"].as_i64().unwrap();
        let unused = world.quiz(for_c1).await["id"].as_i64().unwrap();
        // Of gap texts only: whoever is on this paper may still practise the other questions.
        let sections = json!([{"title": "", "kinds": ["blank"], "count": 2, "points": 20}]);
        let begun =
            world.quiz(json!({"unit_id": world.unit("C1"), "sections": sections})).await["id"].as_i64();
        let begun = begun.unwrap();
        let attempt = callers[1].2.post_nothing(&format!("/quizzes/{begun}/attempts")).await.expect(201);
        let attempt = attempt["id"].as_str().unwrap().to_owned();
        Self { world, callers, members, quiz, unused, attempt, app }
    }

    fn unit(&self, code: &str) -> String {
        format!("/units/{}", self.world.unit(code))
    }

    fn member(&self, login: &str) -> String {
        format!("/members/{}", self.member_id(login))
    }

    fn member_id(&self, login: &str) -> i64 {
        let member = self.members.iter().find(|member| member["login"] == login).unwrap();
        member["id"].as_i64().unwrap()
    }

    fn quiz(&self, call: &str) -> String {
        format!("/quizzes/{}{call}", self.quiz)
    }

    fn report(&self, call: &str) -> String {
        self.report_of("B1", call)
    }

    fn report_of(&self, unit: &str, call: &str) -> String {
        format!("/reports/{call}&unit={}", self.world.unit(unit))
    }

    fn attempt(&self, call: &str) -> String {
        format!("/attempts/{}{call}", self.attempt)
    }

    fn role(&self, role: &str, unit: &str) -> Value {
        json!([{"role": role, "unit_id": self.world.unit(unit)}])
    }

    /// Makes something in C1 that the next call may use up; answers what its path ends with.
    async fn make(&self, maker: Maker, number: usize) -> String {
        let admin = &self.world.admin;
        match maker {
            Maker::Unit => admin.post("/units", new_unit(self, number)).await.expect(201)["id"].to_string(),
            Maker::Quiz => admin.post("/quizzes", new_quiz(self, "C1")).await.expect(201)["id"].to_string(),
            Maker::Session => {
                let member = self.app.log_in("b1", PASSWORD).await;
                let sessions = member.get("/me/sessions").await.expect(200);
                let current = sessions["items"].as_array().unwrap().iter().find(|one| one["current"] == true);
                current.unwrap()["id"].to_string()
            }
            Maker::EndingQuiz => {
                let mut quiz = new_quiz(self, "C1");
                quiz["closes_at"] = json!("2026-11-23T12:00:00Z");
                admin.post("/quizzes", quiz).await.expect(201)["id"].to_string()
            }
            Maker::Result => {
                let quiz = admin.post("/quizzes", new_quiz(self, "C1")).await.expect(201);
                let member = self.app.log_in("b1", PASSWORD).await;
                let result = self.world.attempt(&member, &quiz, 1).await;
                result["attempt_id"].as_str().unwrap().to_owned()
            }
            Maker::Leaver => {
                let member = admin.post("/members", new_member(self, number, &json!([]))).await.expect(201);
                admin
                    .patch(&format!("/members/{}", member["id"]), json!({"status": "left"}))
                    .await
                    .expect(200);
                member["id"].to_string()
            }
            Maker::Revision => {
                admin.post("/banks/1000/questions", question(&format!("r{number}"))).await.expect(201);
                admin.get("/banks").await.expect(200)["items"][0]["revision"].to_string()
            }
            Maker::Question => {
                let code = format!("d{number}");
                admin.post("/banks/1000/questions", question(&code)).await.expect(201);
                code
            }
        }
    }

    /// Has a caller send what a row says.
    async fn call(&self, (_, operation, send): &Row, caller: usize, number: usize) -> Reply {
        let (login, password, actor) = &self.callers[caller];
        let (method, template) = operation.split_once(' ').unwrap();
        let method: Method = method.parse().unwrap();
        match send {
            Send::Nothing(path) | Send::Own(path, None) => {
                Actor::send(actor.request(method, &path(self))).await
            }
            Send::Listening(path) => {
                let response = actor.request(method, &path(self)).send().await.unwrap();
                let (status, headers) = (response.status().as_u16(), response.headers().clone());
                let text = if status == 200 { String::new() } else { response.text().await.unwrap() };
                Reply { status, headers, text, bytes: vec![] }
            }
            Send::Body(path, body) | Send::Spoiling(path, body) => {
                Actor::send(actor.request(method, &path(self)).json(&body(self, number))).await
            }
            Send::Own(path, Some(body)) => {
                Actor::send(actor.request(method, &path(self)).json(&body())).await
            }
            Send::File(path, file) => {
                let part = Part::bytes(file(number).into_bytes()).file_name("file");
                let form = Form::new().part("file", part);
                Actor::send(actor.request(method, &path(self)).multipart(form)).await
            }
            Send::Fresh(maker, path) => {
                let made = self.make(*maker, number).await;
                Actor::send(actor.request(method, &format!("{path}{made}"))).await
            }
            Send::Upon(maker, path, body) => {
                let made = self.make(*maker, number).await;
                Actor::send(actor.request(method, &path(&made)).json(&body(&made))).await
            }
            Send::Session(body) => {
                // Nobody has a session; for the open calls they use somebody else's password or token.
                let (login, password) = match login.as_str() {
                    "" => ("nobody", PASSWORD),
                    login => (login, *password),
                };
                let given = json!({"login": login, "password": password});
                let tickets = self.app.anonymous().post("/auth/login", given).await.expect(200);
                let actor = match caller {
                    0 => self.app.anonymous(),
                    _ => self.app.with_token(tickets["access_token"].as_str().unwrap()),
                };
                let session = Session { login: login.to_owned(), password, tickets };
                let path = template.strip_prefix("/api/v1").unwrap();
                let request = actor.request(method, path);
                match body(&session) {
                    Value::Null => Actor::send(request).await,
                    body => Actor::send(request.json(&body)).await,
                }
            }
        }
    }
}

on_both_databases! {
    async fn every_operation_has_a_row_and_every_row_an_operation(backend) {
        let app = TestApp::start(backend).await;
        let document = app.anonymous().get("/openapi.json").await.expect(200);
        let documented: BTreeSet<String> = document["paths"]
            .as_object()
            .unwrap()
            .iter()
            .flat_map(|(path, item)| {
                let methods = item.as_object().unwrap().keys();
                methods.map(move |method| format!("{} {path}", method.to_uppercase()))
            })
            .collect();
        let rows: BTreeSet<String> = MATRIX.iter().map(|(_, operation, _)| (*operation).to_owned()).collect();
        let without_row: Vec<_> = documented.difference(&rows).collect();
        assert!(
            without_row.is_empty(),
            "nobody has said who may call {without_row:#?}: add a row for each to MATRIX in \
             tests/api/authorization.rs, with a valid request and the status for each of CALLERS"
        );
        let without_operation: Vec<_> = rows.difference(&documented).collect();
        assert!(
            without_operation.is_empty(),
            "MATRIX in tests/api/authorization.rs has rows for {without_operation:#?}, which the API does not \
             have: take them out, or register the handler in src/api/app.rs"
        );
    }

    async fn everybody_may_call_what_the_matrix_says_and_nothing_else(backend) {
        let mut site = Site::build(TestApp::start(backend).await).await;
        let mut wrong = Vec::new();
        for (row_number, row) in MATRIX.iter().enumerate() {
            for (caller, (who, expected)) in CALLERS.iter().zip(row.0).enumerate() {
                let reply = site.call(row, caller, row_number * CALLERS.len() + caller).await;
                if reply.status != expected {
                    let (operation, status, text) = (row.1, reply.status, reply.text);
                    wrong.push(format!("{operation} by {who}: {expected} expected, {status} answered: {text}"));
                    continue;
                }
                match expected {
                    401 => drop(reply.problem(401, "unauthenticated")),
                    403 if caller == 8 => drop(reply.problem(403, "password-change-required")),
                    403 => drop(reply.problem(403, "forbidden")),
                    404 => drop(reply.problem(404, "not-found")),
                    _ => {}
                }
            }
            // These log out everybody whom they let.
            let ends_sessions = ["PUT /api/v1/me/password", "DELETE /api/v1/me/sessions"].contains(&row.1);
            if matches!(row.2, Send::Spoiling(..)) || ends_sessions {
                site = Site::build(TestApp::start(backend).await).await;
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
}
