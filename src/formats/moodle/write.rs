//! Questions become Moodle XML. Texts are plain (`plain_text`), so that every space stays.

use std::fmt::Write as _;

use super::cloze;
use crate::domain::question::{Key, Kind, Question};
use crate::formats::Written;
use crate::formats::markup::flow::split_after_gaps;
use crate::formats::markup::xml::escape;
use crate::formats::markup::{answers, names, tags};

/// Writes a file, with a category wherever the chapter changes.
pub fn write(questions: &[Question]) -> Written {
    let mut xml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<quiz>\n".to_owned();
    let mut chapter = None;
    for question in questions {
        if chapter != Some(&question.chapter) {
            let path = escape(&names::path_of(&question.chapter));
            line(
                &mut xml,
                &format!("<question type=\"category\"><category><text>{path}</text></category></question>"),
            );
            chapter = Some(&question.chapter);
        }
        write_question(&mut xml, question);
    }
    xml.push_str("</quiz>\n");
    Written { content: xml.into_bytes(), left_out: vec![] }
}

fn line(xml: &mut String, text: &str) {
    xml.push_str(text);
    xml.push('\n');
}

fn text(xml: &mut String, name: &str, content: &str) {
    // Writing to a string never fails, here and below.
    let _ = writeln!(xml, "  <{name} format=\"plain_text\"><text>{}</text></{name}>", escape(content));
}

fn answer(xml: &mut String, weight: &str, content: &str) {
    let content = escape(content);
    let _ = writeln!(
        xml,
        "  <answer fraction=\"{weight}\" format=\"plain_text\"><text>{content}</text><feedback format=\"plain_text\"><text></text></feedback></answer>"
    );
}

fn write_question(xml: &mut String, question: &Question) {
    let (kind, stem) = match &question.key {
        Key::Options(_) => ("multichoice", question.stem.clone()),
        Key::Truth(_) => ("truefalse", question.stem.clone()),
        Key::Reference(_) => ("essay", question.stem.clone()),
        Key::Gaps(gaps) if gaps.len() == 1 => ("shortanswer", question.stem.clone()),
        Key::Gaps(gaps) => ("cloze", with_fields(&question.stem, gaps)),
    };
    line(xml, &format!("<question type=\"{kind}\">"));
    let code = escape(&question.code);
    let _ = writeln!(xml, "  <name><text>{code}</text></name>");
    text(xml, "questiontext", &stem);
    text(xml, "generalfeedback", &question.explanation);
    line(xml, "  <defaultgrade>1</defaultgrade>");
    line(xml, "  <penalty>0</penalty>");
    line(xml, "  <hidden>0</hidden>");
    let _ = writeln!(xml, "  <idnumber>{code}</idnumber>");
    match &question.key {
        Key::Options(right) => {
            let is_single = question.kind == Kind::Single;
            let _ = writeln!(xml, "  <single>{is_single}</single>");
            line(xml, "  <shuffleanswers>true</shuffleanswers>");
            line(xml, "  <answernumbering>ABCD</answernumbering>");
            let share = answers::share(right.len());
            for (index, option) in question.options.iter().enumerate() {
                let weight = match (right.contains(&index), is_single) {
                    (true, _) => &share,
                    (false, true) => "0",
                    (false, false) => "-100",
                };
                answer(xml, weight, option);
            }
        }
        Key::Truth(is_true) => {
            answer(xml, if *is_true { "100" } else { "0" }, "true");
            answer(xml, if *is_true { "0" } else { "100" }, "false");
        }
        Key::Gaps(gaps) => {
            if let [alternatives] = gaps.as_slice() {
                line(xml, "  <usecase>0</usecase>");
                for alternative in alternatives {
                    answer(xml, "100", &answers::escape_wildcards(alternative));
                }
            }
        }
        Key::Reference(lines) => {
            line(xml, "  <responseformat>editor</responseformat>");
            line(xml, "  <responserequired>1</responserequired>");
            text(xml, "graderinfo", &lines.join("\n"));
        }
    }
    line(xml, "  <tags>");
    for tag in tags::of(question) {
        let _ = writeln!(xml, "    <tag><text>{}</text></tag>", escape(&tag));
    }
    line(xml, "  </tags>\n</question>");
}

/// The stem with a field after each gap that it shows, or with all of them in a line of their own.
fn with_fields(stem: &str, gaps: &[Vec<String>]) -> String {
    let mut fields = gaps.iter().map(|gap| cloze::written(gap));
    let parts = split_after_gaps(stem);
    if parts.len() == 1 {
        let fields: Vec<String> = fields.collect();
        return format!("{stem}\n{}", fields.join(" "));
    }
    let mut text = String::with_capacity(stem.len() * 2);
    for part in parts {
        text.push_str(part);
        if part.ends_with("__") {
            text.push_str(&fields.next().unwrap_or_default());
        }
    }
    text
}
