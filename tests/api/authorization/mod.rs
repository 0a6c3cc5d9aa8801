//! Who may call what: every operation of the API × everybody who might call it.

mod matrix;
mod site;

use std::collections::BTreeSet;

use self::matrix::{CALLERS, MATRIX, Send};
use self::site::Site;
use crate::harness::{TestApp, on_both_databases};

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
             tests/api/authorization/matrix.rs, with a valid request and the status for each of CALLERS"
        );
        let without_operation: Vec<_> = rows.difference(&documented).collect();
        assert!(
            without_operation.is_empty(),
            "MATRIX in tests/api/authorization/matrix.rs has rows for {without_operation:#?}, which the API does not \
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
