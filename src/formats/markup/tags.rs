//! Fields that other systems have no place for, as tags: `难度:3`, `来源:党章第三条`, `核对:2026-08-31`.

use crate::domain::message::Message;
use crate::domain::question::{Draft, Kind, Question};
use crate::formats::conventions::words;
use crate::message;

const DIFFICULTY: &str = "难度";
const SOURCE: &str = "来源";
const VERIFIED_ON: &str = "核对";
const CHAPTER: &str = "章节";
const REFERENCE: &str = "参考答案";

/// The tags that carry what a question says beyond the fields of the format, label and value.
pub fn of(question: &Question) -> Vec<String> {
    let mut tags = vec![format!("{DIFFICULTY}:{}", question.difficulty)];
    if !question.source.is_empty() {
        tags.push(format!("{SOURCE}:{}", question.source));
    }
    if let Some(date) = &question.verified_on {
        tags.push(format!("{VERIFIED_ON}:{date}"));
    }
    tags
}

/// The tags that carry the reference answers of a `short` question.
pub fn of_references(question: &Question) -> Vec<String> {
    if question.kind != Kind::Short {
        return vec![];
    }
    question.written_key().iter().map(|line| format!("{REFERENCE}:{line}")).collect()
}

/// Takes one tag into a draft, or says that it was dropped.
pub fn take(tag: &str, draft: &mut Draft, warnings: &mut Vec<Message>) {
    let tag = tag.trim();
    if tag.is_empty() {
        return;
    }
    let (label, value) =
        tag.split_once([':', '：']).map_or(("", tag), |(label, value)| (label.trim(), value.trim()));
    match label {
        DIFFICULTY | "difficulty" => match words::difficulty(value) {
            Some(difficulty) => draft.difficulty = Some(difficulty),
            None => dropped(tag, warnings),
        },
        SOURCE | "出处" | "依据" | "source" => draft.source = Some(value.to_owned()),
        VERIFIED_ON | "verified_on" => draft.verified_on = Some(value.to_owned()),
        CHAPTER | "chapter" => draft.chapter = Some(value.to_owned()),
        REFERENCE => draft.key.push(value.to_owned()),
        _ => dropped(tag, warnings),
    }
}

fn dropped(tag: &str, warnings: &mut Vec<Message>) {
    warnings.push(message!("标签“{tag}”未导入", "the tag “{tag}” was dropped"));
}
