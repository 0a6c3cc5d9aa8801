//! Answers with weights, as GIFT and Moodle XML write them.

use crate::domain::message::Message;
use crate::domain::question::{Fault, Kind, letter};
use crate::message;

/// Two weights in percent that differ by less are the same: a third is written 33.33333.
const SAME: f64 = 0.01;

/// One answer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answer {
    /// What it says.
    pub text: String,
    /// How much of the points it earns, in percent.
    pub weight: f64,
    /// What somebody who gives it is told.
    pub feedback: String,
}

/// The options and key that answers make.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choice {
    /// What can be chosen.
    pub options: Vec<String>,
    /// The letters of the right options.
    pub key: Vec<String>,
    /// What is lost.
    pub warnings: Vec<Message>,
}

/// A fault of the key.
pub fn fault(pointer: &str, message: Message) -> Vec<Fault> {
    vec![Fault { pointer: pointer.to_owned(), message }]
}

/// The options and key of a question of `kind`.
///
/// # Errors
/// When the weights name no key that the product can grade.
pub fn choice(kind: Kind, answers: &[Answer]) -> Result<Choice, Vec<Fault>> {
    let mut warnings = Vec::new();
    let is_right = |answer: &Answer| match kind {
        Kind::Multiple => answer.weight > SAME,
        _ => answer.weight > 100.0 - SAME,
    };
    let right: Vec<&Answer> = answers.iter().filter(|answer| is_right(answer)).collect();
    if right.is_empty() {
        return Err(fault(
            "/key",
            message!("没有一个选项标为正确，请标出答案", "no option is marked as right; mark the key"),
        ));
    }
    if kind == Kind::Multiple {
        let share = 100.0 / f64::from(u32::try_from(right.len()).unwrap_or(u32::MAX));
        let uneven = right
            .iter()
            .any(|answer| (answer.weight - share).abs() > SAME && (answer.weight - 100.0).abs() > SAME);
        if uneven {
            warnings.push(message!(
                "各正确选项的权重不同，权重不保留",
                "the right options weigh differently; the weights are dropped"
            ));
        }
        let wrong = answers.iter().filter(|answer| !is_right(answer));
        if answers.len() > right.len() && wrong.clone().all(|answer| answer.weight > -SAME) {
            warnings.push(message!(
                "原题选错不扣分，导入后按本系统的多选题规则计分",
                "a wrong option cost nothing where this comes from; here the rules for multiple questions hold"
            ));
        }
    } else if let [_, _, ..] = right.as_slice() {
        let count = right.len();
        return Err(fault(
            "/key",
            message!(
                "单选题有 {count} 个选项标为正确，请只留一个，或改为多选题",
                "a single question has {count} options marked as right; leave one or make it a multiple question"
            ),
        ));
    } else if answers.iter().any(|answer| answer.weight > SAME && !is_right(answer)) {
        warnings.push(message!(
            "有选项只得部分分，导入后算错",
            "an option earned part of the points; here it counts as wrong"
        ));
    }
    let letters =
        answers.iter().enumerate().filter(|(_, answer)| is_right(answer)).map(|(index, _)| letter(index));
    Ok(Choice {
        key: letters.collect(),
        options: answers.iter().map(|answer| answer.text.clone()).collect(),
        warnings,
    })
}

/// The one gap that answers to a short question make: the alternatives that earn everything.
///
/// # Errors
/// When none does, or one cannot be written as an alternative.
pub fn gap(answers: &[Answer], warnings: &mut Vec<Message>) -> Result<String, Vec<Fault>> {
    let (right, partly): (Vec<&Answer>, Vec<&Answer>) =
        answers.iter().filter(|answer| answer.weight > SAME).partition(|answer| answer.weight > 100.0 - SAME);
    if right.is_empty() {
        return Err(fault("/key", message!("没有满分的答案", "no answer earns all the points")));
    }
    if !partly.is_empty() {
        let count = partly.len();
        warnings.push(message!(
            "{count} 个只得部分分的答案未导入，导入后算错",
            "{count} answers that earned part of the points were dropped and count as wrong"
        ));
    }
    let mut alternatives: Vec<&str> = Vec::with_capacity(right.len());
    for answer in right {
        let text = answer.text.trim();
        if text.contains('|') {
            return Err(fault(
                "/key",
                message!(
                    "答案“{text}”含竖线 |，本系统用它分隔几种写法，请改写",
                    "the answer “{text}” holds a |, which parts alternatives here; write it in another way"
                ),
            ));
        }
        alternatives.push(text);
    }
    Ok(alternatives.join("|"))
}

/// Accepted answers as Moodle writes them, where `*` stands for any text and `\*` for itself.
pub fn literal(answers: &[Answer], warnings: &mut Vec<Message>) -> Vec<Answer> {
    let literal = answers.iter().map(|answer| {
        if answer.text.replace("\\*", "").contains('*') {
            let text = &answer.text;
            warnings.push(message!(
                "答案“{text}”里的 * 按字面比较，不再代表任意文字",
                "the * in the answer “{text}” is compared as it stands and no longer matches any text"
            ));
        }
        Answer { text: answer.text.replace("\\*", "*"), ..answer.clone() }
    });
    literal.collect()
}

/// The reverse of [`literal`].
pub fn escape_wildcards(text: &str) -> String {
    text.replace('*', "\\*")
}

/// The explanation that the general feedback and the feedback of single answers make; nothing when there is none.
pub fn explanation(general: &str, answers: &[Answer], warnings: &mut Vec<Message>) -> Option<String> {
    let mut lines: Vec<String> =
        Some(general.trim().to_owned()).filter(|text| !text.is_empty()).into_iter().collect();
    let told: Vec<&Answer> = answers.iter().filter(|answer| !answer.feedback.trim().is_empty()).collect();
    if !told.is_empty() {
        warnings.push(message!(
            "各答案的反馈并入解析",
            "the feedback of single answers became part of the explanation"
        ));
    }
    lines.extend(told.iter().map(|answer| format!("{}：{}", answer.text.trim(), answer.feedback.trim())));
    Some(lines.join("\n")).filter(|text| !text.is_empty())
}

/// The weight in percent of each of `right` right options, as other systems write it.
pub fn share(right: usize) -> String {
    let share = 100.0 / f64::from(u32::try_from(right.max(1)).unwrap_or(u32::MAX));
    let written = format!("{share:.5}");
    written.trim_end_matches('0').trim_end_matches('.').to_owned()
}
