//! What clients were told: the only truth that the database and the rankings are measured by.

use std::collections::BTreeMap;

use serde_json::Value;

/// Answers by item number.
pub type Answers = BTreeMap<u64, Vec<String>>;

/// One attempt, as its member was told of it.
#[derive(Clone, Debug, Default)]
pub struct Told {
    pub quiz: i64,
    /// Answers whose saving was acknowledged.
    pub saved: Answers,
    /// Answers that were sent, but the reply was lost: they may stand in the result, or not.
    pub maybe: Answers,
    /// The result, once it was acknowledged.
    pub result: Option<Value>,
    /// The member went away: the server settles it when its time is up.
    pub is_left: bool,
    /// Its voiding was acknowledged.
    pub is_voided: bool,
}

impl Told {
    pub fn counts(&self) -> bool {
        self.result.is_some() && !self.is_voided
    }
}

/// What one member was told.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    pub attempts: BTreeMap<String, Told>,
}

impl Ledger {
    /// The results of a quiz that count.
    pub fn counting(&self, quiz: i64) -> impl Iterator<Item = (&String, &Value)> {
        let of_quiz = self.attempts.iter().filter(move |(_, told)| told.quiz == quiz && told.counts());
        of_quiz.filter_map(|(id, told)| told.result.as_ref().map(|result| (id, result)))
    }

    /// The highest score of a quiz and the shortest time it was reached in.
    pub fn best(&self, quiz: i64) -> Option<(f64, i64)> {
        let of = |result: &Value| (score(result), result["elapsed_ms"].as_i64().unwrap());
        self.counting(quiz).map(|(_, result)| of(result)).reduce(|best, other| {
            if other.0 > best.0 || (other.0 == best.0 && other.1 < best.1) { other } else { best }
        })
    }
}

pub fn score(result: &Value) -> f64 {
    result["score"].as_f64().unwrap()
}

/// The answers of a result's items.
pub fn answered(result: &Value) -> Answers {
    let items = result["items"].as_array().unwrap().iter();
    let words = |item: &Value| {
        item["answer"].as_array().unwrap().iter().map(|word| word.as_str().unwrap().to_owned()).collect()
    };
    items.map(|item| (item["no"].as_u64().unwrap(), words(item))).collect()
}
