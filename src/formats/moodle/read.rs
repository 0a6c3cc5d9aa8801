//! Moodle's questions become drafts.

use super::cloze::{self, Field, Part};
use crate::domain::message::Message;
use crate::domain::question::{Draft, Fault, Kind};
use crate::formats::markup::answers::{self, Answer, fault};
use crate::formats::markup::flow::Flow;
use crate::formats::markup::xml::{Document, Element};
use crate::formats::markup::{html, names, tags};
use crate::formats::{FoundBank, FoundQuestion, Place};
use crate::message;

/// Reads a file.
///
/// # Errors
/// When it is not well formed, or no question list.
pub fn read(text: &str) -> Result<FoundBank, Message> {
    let mut document = Document::open(text)?;
    let root = document.root().name.clone();
    if root != "quiz" {
        return Err(message!(
            "最外层元素应为 quiz，这里是 {root}",
            "the outermost element must be quiz, not {root}"
        ));
    }
    let (mut bank, mut titles) = (FoundBank::default(), Vec::new());
    let (mut chapter, mut number) = (None, 0_usize);
    while let Some(element) = document.next_child()? {
        if element.name != "question" {
            continue;
        }
        number += 1;
        let at = format!("/quiz/question[{number}]");
        let kind = element.attribute("type").unwrap_or_default().trim().to_owned();
        match kind.as_str() {
            "category" => {
                let path = element.child("category").map(inner_text).unwrap_or_default();
                chapter = names::chapter_of(&path);
                continue;
            }
            "description" => {
                let message =
                    message!("说明文字不是题目，已略过", "a description asks nothing and was skipped");
                bank.warnings.push(Place { at, message });
                continue;
            }
            _ => {}
        }
        let mut source = Source { element: &element, warnings: vec![] };
        let draft = source.draft(&kind, chapter.clone());
        let original = ["name", "questiontext"]
            .into_iter()
            .filter_map(|name| Some((name.to_owned(), inner_text(element.child(name)?))))
            .collect();
        bank.questions.push(FoundQuestion { at, draft, warnings: source.warnings, original });
        let name = element.child("name").map(inner_text).map(|name| name.trim().to_owned());
        titles.push(name.filter(|name| !name.is_empty()));
    }
    names::settle(&mut bank.questions, &titles);
    Ok(bank)
}

/// The text of an element's `text`, or its own where it has none.
fn inner_text(element: &Element) -> String {
    element.child("text").unwrap_or(element).text()
}

/// One question of a file.
struct Source<'a> {
    element: &'a Element,
    warnings: Vec<Message>,
}

impl Source<'_> {
    fn warn(&mut self, message: Message) {
        if !self.warnings.contains(&message) {
            self.warnings.push(message);
        }
    }

    /// The text of an element in the markup that its `format` names; feedback and the like may be missing.
    fn shown(&mut self, element: Option<&Element>) -> String {
        let Some(element) = element else {
            return String::new();
        };
        let text = inner_text(element);
        let (text, mut losses) = match element.attribute("format") {
            Some("html") => html::to_text(&text),
            Some("plain_text") => (text, vec![]),
            Some("markdown") => html::from_markdown(&text),
            _ => html::automatic(&text),
        };
        if losses.is_empty() && element.child("file").is_some() {
            losses.push(message!("附件未导入", "attached files were dropped"));
        }
        losses.into_iter().for_each(|loss| self.warn(loss));
        text
    }

    fn child(&mut self, name: &str) -> String {
        let element = self.element;
        self.shown(element.child(name))
    }

    fn says(&self, name: &str, words: &[&str]) -> bool {
        self.element.child(name).is_some_and(|element| words.contains(&element.text().trim()))
    }

    fn answers(&mut self) -> Vec<Answer> {
        let element = self.element;
        let stated = element.children("answer").map(|answer| Answer {
            text: self.shown(Some(answer)),
            weight: answer
                .attribute("fraction")
                .and_then(|weight| weight.trim().replace(',', ".").parse::<f64>().ok())
                .filter(|weight| weight.is_finite())
                .unwrap_or_default(),
            feedback: self.shown(answer.child("feedback")),
        });
        stated.collect()
    }

    fn draft(&mut self, kind: &str, chapter: Option<String>) -> Result<Draft, Vec<Fault>> {
        let element = self.element;
        let code = element.child("idnumber").map(|id| id.text().trim().to_owned()).unwrap_or_default();
        let mut draft = Draft { code, chapter, ..Draft::default() };
        if kind != "cloze" {
            draft.stem = self.child("questiontext");
        }
        let given = self.answers();
        match kind {
            "multichoice" | "multichoiceset" => {
                let is_multiple = kind == "multichoiceset" || self.says("single", &["false", "0"]);
                let kind = if is_multiple { Kind::Multiple } else { Kind::Single };
                draft.kind = Some(kind);
                let choice = answers::choice(kind, &given)?;
                // All or nothing is what it is called: a wrong option costs everything there.
                if element.attribute("type") == Some("multichoice") {
                    choice.warnings.into_iter().for_each(|warning| self.warn(warning));
                }
                (draft.options, draft.key) = (choice.options, choice.key);
            }
            "truefalse" => {
                draft.kind = Some(Kind::Judge);
                let right = given.iter().find(|answer| answer.weight > 99.0).map(|answer| answer.text.trim());
                draft.key = match right {
                    Some("true") => vec!["true".to_owned()],
                    Some("false") => vec!["false".to_owned()],
                    _ => {
                        return Err(fault(
                            "/key",
                            message!(
                                "判断题没有标出 true 或 false",
                                "neither true nor false is marked as right"
                            ),
                        ));
                    }
                };
            }
            "shortanswer" => {
                draft.kind = Some(Kind::Blank);
                if self.says("usecase", &["1", "true"]) {
                    self.warn(message!("不再区分大小写", "upper and lower case are no longer told apart"));
                }
                let accepted = answers::literal(&given, &mut self.warnings);
                draft.key = vec![answers::gap(&accepted, &mut self.warnings)?];
            }
            "numerical" => self.number(&mut draft, &given)?,
            "essay" => {
                draft.kind = Some(Kind::Short);
                let reference = self.child("graderinfo");
                draft.key =
                    reference.lines().filter(|line| !line.trim().is_empty()).map(str::to_owned).collect();
            }
            "cloze" | "multianswer" => self.cloze(&mut draft)?,
            _ => return Err(fault("/kind", foreign(kind))),
        }
        let general = self.child("generalfeedback");
        draft.explanation = answers::explanation(&general, &given, &mut self.warnings);
        if element.child("hint").is_some_and(|hint| !inner_text(hint).trim().is_empty()) {
            self.warn(message!("提示未导入", "hints were dropped"));
        }
        for tag in element.child("tags").into_iter().flat_map(|tags| tags.children("tag")) {
            tags::take(&inner_text(tag), &mut draft, &mut self.warnings);
        }
        Ok(draft)
    }

    fn number(&mut self, draft: &mut Draft, given: &[Answer]) -> Result<(), Vec<Fault>> {
        let tolerance =
            |answer: &Element| answer.child("tolerance").map(|text| text.text().trim().to_owned());
        let is_exact = self
            .element
            .children("answer")
            .filter_map(tolerance)
            .all(|text| text.is_empty() || text.parse::<f64>().is_ok_and(|tolerance| tolerance == 0.0));
        if !is_exact || given.iter().any(|answer| answer.text.trim() == "*" && answer.weight > 0.0) {
            return Err(fault(
                "/key",
                message!(
                    "数值题有误差范围，不能导入；请改为填空题，列出可接受的写法",
                    "the number has a tolerance and cannot be taken; make it a blank question that lists what is accepted"
                ),
            ));
        }
        draft.kind = Some(Kind::Blank);
        draft.key = vec![answers::gap(given, &mut self.warnings)?];
        self.warn(message!(
            "数值题按填空题导入，答案按文字比较",
            "a numerical question became a blank question, whose answer is compared as text"
        ));
        Ok(())
    }

    fn cloze(&mut self, draft: &mut Draft) -> Result<(), Vec<Fault>> {
        draft.kind = Some(Kind::Blank);
        let element = self.element.child("questiontext");
        let text = element.map(inner_text).unwrap_or_default();
        let is_plain = element.and_then(|element| element.attribute("format")) == Some("plain_text");
        let mut flow = Flow::default();
        for part in cloze::parts(&text) {
            let (field, given) = match part {
                Part::Text(text) if is_plain => {
                    flow.plain(&text);
                    continue;
                }
                Part::Text(text) => {
                    html::pour(&text, &mut flow);
                    continue;
                }
                Part::Gap(field, given) => (field, given),
            };
            flow.gap();
            let given: Vec<Answer> = given
                .into_iter()
                .map(|answer| Answer {
                    text: if is_plain { answer.text } else { html::automatic(&answer.text).0 },
                    ..answer
                })
                .collect();
            match field {
                Field::Text => {}
                Field::Choice => self.warn(message!(
                    "文中的选择改为填空，选项未导入",
                    "a choice inside the text became a gap; its options were dropped"
                )),
                Field::Number
                    if given
                        .iter()
                        .all(|answer| !answer.text.contains(':') || answer.text.ends_with(":0")) =>
                {
                    self.warn(message!("文中的数值改为填空", "a number inside the text became a gap"));
                }
                Field::Number => {
                    return Err(fault(
                        "/key",
                        message!(
                            "文中的数值有误差范围，不能导入",
                            "a number inside the text has a tolerance and cannot be taken"
                        ),
                    ));
                }
            }
            let given: Vec<Answer> = given
                .into_iter()
                .map(|answer| match field {
                    Field::Number => Answer { text: answer.text.trim_end_matches(":0").to_owned(), ..answer },
                    _ => answer,
                })
                .collect();
            let accepted = answers::literal(&given, &mut self.warnings);
            draft.key.push(answers::gap(&accepted, &mut self.warnings)?);
        }
        let (stem, losses) = flow.finish();
        draft.stem = stem;
        losses.into_iter().for_each(|loss| self.warn(loss));
        Ok(())
    }
}

fn foreign(kind: &str) -> Message {
    match kind {
        "matching" | "ddmatch" => message!(
            "连线（匹配）题没有对应的题型，请改为几道单选题",
            "a matching question has no kind here; make single questions of it"
        ),
        "" => message!("question 元素没有 type", "the question element has no type"),
        _ => message!(
            "Moodle 的 {kind} 题没有对应的题型，请改为单选、多选、判断、填空或简答题",
            "Moodle's {kind} has no kind here; make it a single, multiple, judge, blank or short question"
        ),
    }
}
