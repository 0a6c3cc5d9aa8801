//! GIFT questions become drafts.

use super::grammar::{self, Body, Item, ListedAnswer, Marked, Markup};
use super::lines::{Piece, pieces};
use crate::domain::message::Message;
use crate::domain::question::{Draft, Fault, Kind};
use crate::formats::conventions::words;
use crate::formats::markup::answers::{self, Answer, fault};
use crate::formats::markup::flow::GAP;
use crate::formats::markup::{html, names, tags};
use crate::formats::{FoundBank, FoundQuestion, Place};
use crate::message;

/// How many pieces, and characters, show whether a file is GIFT.
const LOOKED_AT: (usize, usize) = (20, 64 << 10);

/// Whether `text` has what only GIFT has: a category, a title in colons, answers in braces.
pub fn looks_like_gift(text: &str) -> bool {
    let head: String = text.chars().take(LOOKED_AT.1).collect();
    pieces(&head).iter().take(LOOKED_AT.0).any(|piece| {
        piece.is_category
            || grammar::item(&piece.text).is_ok_and(|item| match &item.body {
                // A table or a paper may hold braces; what follows a gap is the rest of its sentence.
                Some(Body::Answers(_) | Body::Truth { .. } | Body::Number(_)) => {
                    !item.tail.trim().contains('\n')
                }
                Some(Body::Essay | Body::Unmarked(_)) => item.title.is_some(),
                None => false,
            })
    })
}

/// Reads a file.
pub fn read(text: &str) -> FoundBank {
    let (mut bank, mut titles) = (FoundBank::default(), Vec::new());
    let mut chapter = None;
    for piece in pieces(text) {
        let at = format!("line {}", piece.line);
        if piece.is_category {
            chapter = names::chapter_of(&piece.text);
            continue;
        }
        let mut warnings = Vec::new();
        let item = grammar::item(&piece.text);
        if let Ok(Item { body: None, .. }) = item {
            let message = message!(
                "这段文字没有带答案的花括号，不是题目，已略过",
                "this text has no braces with answers, asks nothing and was skipped"
            );
            bank.warnings.push(Place { at, message });
            continue;
        }
        let (draft, title) = match item {
            Ok(item) => {
                let title = item.title.clone();
                (draft(item, &piece, chapter.clone(), &mut warnings), title)
            }
            Err((offset, wanted)) => (Err(misread(&piece, offset, wanted)), None),
        };
        let original = vec![("原文".to_owned(), piece.text)];
        bank.questions.push(FoundQuestion { at, draft, warnings, original });
        titles.push(title.filter(|title| !title.is_empty()));
    }
    names::settle(&mut bank.questions, &titles);
    bank
}

fn misread(piece: &Piece<'_>, offset: usize, wanted: &str) -> Vec<Fault> {
    let before = piece.text.get(..offset).unwrap_or(&piece.text);
    let line = piece.line + before.matches('\n').count();
    let message = if wanted.is_empty() {
        message!(
            "第 {line} 行附近不合 GIFT 写法：答案以 = 或 ~ 开头，写在花括号里；文字里的 ~ = # {{ }} 前加反斜杠",
            "near line {line} this is not GIFT: answers begin with = or ~ and stand in braces; a backslash goes before ~ = # {{ }} in a text"
        )
    } else {
        message!("第 {line} 行附近缺少 {wanted}", "near line {line} {wanted} is missing")
    };
    fault("", message)
}

/// The text of a marked-up piece, and its markup for the pieces that name none.
fn shown(marked: &Marked, inherited: Markup, warnings: &mut Vec<Message>) -> String {
    let (text, losses) = match marked.markup.unwrap_or(inherited) {
        Markup::Html => html::to_text(&marked.text),
        Markup::Markdown => html::from_markdown(&marked.text),
        Markup::Automatic => html::automatic(&marked.text),
        Markup::Plain => (marked.text.clone(), vec![]),
    };
    for loss in losses {
        if !warnings.contains(&loss) {
            warnings.push(loss);
        }
    }
    text
}

fn draft(
    item: Item,
    piece: &Piece<'_>,
    chapter: Option<String>,
    warnings: &mut Vec<Message>,
) -> Result<Draft, Vec<Fault>> {
    let markup = item.stem.markup.unwrap_or(Markup::Automatic);
    let mut draft = Draft { stem: shown(&item.stem, markup, warnings), chapter, ..Draft::default() };
    let tail = shown(&Marked { markup: None, text: item.tail }, markup, warnings);
    if !tail.is_empty() {
        let gap = if draft.stem.ends_with("__") { "" } else { GAP };
        draft.stem = format!("{}{gap}{tail}", draft.stem);
    }
    let general = shown(&item.feedback, markup, warnings);
    let mut given = Vec::new();
    match item.body {
        Some(Body::Answers(listed)) => given = take_answers(&mut draft, &listed, markup, warnings)?,
        Some(Body::Truth { is_true, feedback }) => {
            draft.kind = Some(Kind::Judge);
            draft.key = vec![is_true.to_string()];
            given = ["答错", "答对"]
                .into_iter()
                .zip(&feedback)
                .map(|(when, text)| Answer {
                    text: when.to_owned(),
                    weight: 0.0,
                    feedback: shown(text, markup, warnings),
                })
                .collect();
        }
        Some(Body::Number(written)) => take_number(&mut draft, &written, warnings)?,
        Some(Body::Unmarked(text)) => match words::judgement(&text) {
            Some(is_true) => {
                draft.kind = Some(Kind::Judge);
                draft.key = vec![is_true.to_string()];
                warnings.push(message!(
                    "“{text}”按判断题的答案读取（GIFT 写作 T 或 F）",
                    "“{text}” was read as the key of a judge question (GIFT writes T or F)"
                ));
            }
            None => {
                return Err(fault(
                    "/key",
                    message!(
                        "花括号里的“{text}”前缺 = 或 ~：正确答案前写 =，错误选项前写 ~",
                        "= or ~ is missing before “{text}” in the braces: = marks a right answer, ~ a wrong option"
                    ),
                ));
            }
        },
        Some(Body::Essay) | None => {
            draft.kind = Some(Kind::Short);
        }
    }
    draft.explanation = answers::explanation(&general, &given, warnings);
    for (label, value) in piece.comments.iter().flat_map(|comment| grammar::bracketed(comment)) {
        match label {
            "id" => draft.code = value,
            _ => tags::take(&value, &mut draft, warnings),
        }
    }
    Ok(draft)
}

/// Takes options, accepted answers or pairs; gives the answers back for their feedback.
fn take_answers(
    draft: &mut Draft,
    listed: &[ListedAnswer],
    markup: Markup,
    warnings: &mut Vec<Message>,
) -> Result<Vec<Answer>, Vec<Fault>> {
    let answers: Vec<Answer> = listed
        .iter()
        .map(|answer| Answer {
            text: shown(&answer.text, markup, warnings),
            weight: answer.weight.unwrap_or(if answer.is_right { 100.0 } else { 0.0 }),
            feedback: shown(&answer.feedback, markup, warnings),
        })
        .collect();
    let has_right = listed.iter().any(|answer| answer.is_right);
    if listed.iter().all(|answer| answer.is_right) {
        if listed.iter().any(|answer| answer.text.text.contains("->")) {
            return Err(fault(
                "/kind",
                message!(
                    "连线（匹配）题没有对应的题型，请改为几道单选题",
                    "a matching question has no kind here; make single questions of it"
                ),
            ));
        }
        draft.kind = Some(Kind::Blank);
        draft.key = vec![answers::gap(&answers::literal(&answers, warnings), warnings)?];
        return Ok(answers);
    }
    let kind = if has_right { Kind::Single } else { Kind::Multiple };
    draft.kind = Some(kind);
    let choice = answers::choice(kind, &answers)?;
    warnings.extend(choice.warnings);
    (draft.options, draft.key) = (choice.options, choice.key);
    Ok(answers)
}

/// Takes a number to be found: a `blank` question when exactly one number is right.
fn take_number(draft: &mut Draft, written: &str, warnings: &mut Vec<Message>) -> Result<(), Vec<Fault>> {
    let (number, _) = written.split_once('#').unwrap_or((written, ""));
    let number = number.trim();
    let number = number.strip_prefix('=').unwrap_or(number);
    let (number, tolerance) = number.split_once(':').unwrap_or((number, "0"));
    let is_exact = tolerance.trim().parse::<f64>().is_ok_and(|tolerance| tolerance == 0.0);
    if !is_exact || number.trim().parse::<f64>().is_err() {
        return Err(fault(
            "/key",
            message!(
                "数值题“{written}”有误差范围或几个答案，不能导入；请改为填空题，列出可接受的写法",
                "the number “{written}” has a tolerance or several answers and cannot be taken; make it a blank question that lists what is accepted"
            ),
        ));
    }
    draft.kind = Some(Kind::Blank);
    draft.key = vec![number.trim().to_owned()];
    warnings.push(message!(
        "数值题按填空题导入，答案按文字比较",
        "a numerical question became a blank question, whose answer is compared as text"
    ));
    Ok(())
}
