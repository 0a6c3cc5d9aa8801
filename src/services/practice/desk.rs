//! A bank as somebody who practises sees it: its current revision, without what no machine grades.

use std::sync::Arc;

use super::super::{Context, ServiceError};
use crate::domain::ids::QuestionId;
use crate::domain::question::{Kind, Question};
use crate::live::banks::BankSnapshot;
use crate::store::banks::{self, BankRow};
use crate::store::{AnyConnection, learning};

/// A bank that is open for practice.
pub(super) struct Desk {
    /// The bank.
    pub bank: BankRow,
    snapshot: Arc<BankSnapshot>,
    /// The questions and their places in the snapshot, in the order in which they came into the bank.
    order: Vec<(QuestionId, usize)>,
}

impl Desk {
    /// Opens the bank with this code; the oldest one that can be practised when it is left out.
    ///
    /// # Errors
    /// [`ServiceError::NotFound`] when there is none.
    pub(super) fn open(
        context: &Context,
        connection: &mut AnyConnection,
        code: Option<&str>,
    ) -> Result<Self, ServiceError> {
        if let Some(code) = code {
            let bank = banks::get_bank(connection, code)?;
            return Self::load(context, connection, bank);
        }
        for bank in banks::list_banks(connection)? {
            let desk = Self::load(context, connection, bank)?;
            if !desk.order.is_empty() {
                return Ok(desk);
            }
        }
        Err(ServiceError::NotFound("bank"))
    }

    fn load(context: &Context, connection: &mut AnyConnection, bank: BankRow) -> Result<Self, ServiceError> {
        let snapshot = context.bank_snapshot(connection, bank.id, bank.revision)?;
        let order = learning::list_codes(connection, bank.id)?
            .into_iter()
            .filter_map(|(id, code)| Some((id, place(&snapshot, &code)?)))
            .collect();
        Ok(Self { bank, snapshot, order })
    }

    /// The questions that can be practised, in the order in which they came into the bank.
    pub(super) fn questions(&self) -> impl Iterator<Item = (QuestionId, &Question)> {
        self.order.iter().filter_map(|&(id, place)| Some((id, self.snapshot.questions().get(place)?)))
    }

    /// The question with this code, if it can be practised.
    pub(super) fn find(&self, code: &str) -> Option<(QuestionId, &Question)> {
        self.questions().find(|(_, question)| question.code == code)
    }
}

/// Where a snapshot has the question with this code, if it can be practised.
fn place(snapshot: &BankSnapshot, code: &str) -> Option<usize> {
    let questions = snapshot.questions();
    // A snapshot is in the order of the codes.
    let place = questions.binary_search_by(|question| question.code.as_str().cmp(code)).ok()?;
    questions.get(place).filter(|question| question.kind != Kind::Short).map(|_| place)
}
