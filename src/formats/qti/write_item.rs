//! One question becomes an item of QTI 2.1.

use super::item::TOOL;
use crate::domain::question::{Key, Kind, Question, letter};
use crate::formats::markup::flow::split_after_gaps;
use crate::formats::markup::xml::escape;

const MATCH: &str = "  <responseProcessing template=\"http://www.imsglobal.org/question/qti_v2p1/rptemplates/match_correct\"/>\n";

/// Writes an item.
pub fn write(identifier: &str, question: &Question) -> String {
    let code = attribute(&question.code);
    let (declarations, body, processing) = match &question.key {
        Key::Options(right) => choice(question, right),
        Key::Truth(is_true) => judge(question, *is_true),
        Key::Gaps(gaps) => gaps_of(question, gaps),
        Key::Reference(lines) => short(question, lines),
    };
    let (mut outcome, mut feedback) = (String::new(), String::new());
    if !question.explanation.is_empty() {
        outcome =
            "  <outcomeDeclaration identifier=\"FEEDBACK\" cardinality=\"single\" baseType=\"identifier\">\
                   <defaultValue><value>EXPLANATION</value></defaultValue></outcomeDeclaration>\n"
                .to_owned();
        let text = block(&question.explanation);
        feedback = format!(
            "  <modalFeedback outcomeIdentifier=\"FEEDBACK\" showHide=\"show\" identifier=\"EXPLANATION\">{text}</modalFeedback>\n"
        );
    }
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <assessmentItem xmlns=\"http://www.imsglobal.org/xsd/imsqti_v2p1\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" \
         xsi:schemaLocation=\"http://www.imsglobal.org/xsd/imsqti_v2p1 http://www.imsglobal.org/xsd/qti/qtiv2p1/imsqti_v2p1.xsd\" \
         identifier=\"{identifier}\" title=\"{code}\" label=\"{code}\" xml:lang=\"zh-CN\" adaptive=\"false\" timeDependent=\"false\" toolName=\"{TOOL}\">\n\
         {declarations}  <outcomeDeclaration identifier=\"SCORE\" cardinality=\"single\" baseType=\"float\"/>\n{outcome}\
         \x20 <itemBody>\n{body}  </itemBody>\n{processing}{feedback}</assessmentItem>\n"
    )
}

/// A text as the value of an attribute.
fn attribute(text: &str) -> String {
    escape(text).replace('\n', "&#10;").replace('\t', "&#9;")
}

/// Whether white space would be lost in a paragraph.
fn is_spaced(text: &str) -> bool {
    text.contains(['\t', '\r', '\u{c}', '\u{a0}'])
        || ["  ", " \n", "\n "].iter().any(|pair| text.contains(pair))
}

/// A text in an element that keeps its lines and spaces.
fn block(text: &str) -> String {
    element(is_spaced(text), &inline(text, is_spaced(text)))
}

fn element(is_spaced: bool, content: &str) -> String {
    if is_spaced { format!("<pre>{content}</pre>") } else { format!("<p>{content}</p>") }
}

fn inline(text: &str, is_spaced: bool) -> String {
    if is_spaced { escape(text) } else { escape(text).replace('\n', "<br/>") }
}

fn declaration(
    identifier: &str,
    cardinality: &str,
    base_type: &str,
    correct: &[String],
    mapping: &str,
) -> String {
    let values: String = correct.iter().map(|value| format!("<value>{}</value>", escape(value))).collect();
    let correct = if values.is_empty() {
        String::new()
    } else {
        format!("<correctResponse>{values}</correctResponse>")
    };
    format!(
        "  <responseDeclaration identifier=\"{identifier}\" cardinality=\"{cardinality}\" baseType=\"{base_type}\">{correct}{mapping}</responseDeclaration>\n"
    )
}

fn choices(stem: &str, most: usize, shuffle: bool, choices: &[(String, &str)]) -> String {
    let mut body = format!(
        "    {}\n    <choiceInteraction responseIdentifier=\"RESPONSE\" shuffle=\"{shuffle}\" maxChoices=\"{most}\">\n",
        block(stem)
    );
    for (identifier, option) in choices {
        body.push_str(&format!(
            "      <simpleChoice identifier=\"{identifier}\">{}</simpleChoice>\n",
            block(option)
        ));
    }
    body.push_str("    </choiceInteraction>\n");
    body
}

fn choice(question: &Question, right: &[usize]) -> (String, String, String) {
    let (cardinality, most) = if question.kind == Kind::Single { ("single", 1) } else { ("multiple", 0) };
    let correct: Vec<String> = right.iter().map(|&position| letter(position)).collect();
    let options: Vec<(String, &str)> =
        question.options.iter().enumerate().map(|(index, option)| (letter(index), option.as_str())).collect();
    let body = choices(&question.stem, most, true, &options);
    (declaration("RESPONSE", cardinality, "identifier", &correct, ""), body, MATCH.to_owned())
}

fn judge(question: &Question, is_true: bool) -> (String, String, String) {
    let options = [("true".to_owned(), "正确"), ("false".to_owned(), "错误")];
    let body = choices(&question.stem, 1, false, &options);
    (declaration("RESPONSE", "single", "identifier", &[is_true.to_string()], ""), body, MATCH.to_owned())
}

fn short(question: &Question, lines: &[String]) -> (String, String, String) {
    let cardinality = if lines.len() > 1 { "ordered" } else { "single" };
    let body = format!(
        "    {}\n    <extendedTextInteraction responseIdentifier=\"RESPONSE\" expectedLines=\"8\"/>\n",
        block(&question.stem)
    );
    // A person grades it.
    (declaration("RESPONSE", cardinality, "string", lines, ""), body, String::new())
}

fn gaps_of(question: &Question, gaps: &[Vec<String>]) -> (String, String, String) {
    let (mut declarations, mut points) = (String::new(), String::new());
    for (index, alternatives) in gaps.iter().enumerate() {
        let name = format!("GAP{}", index + 1);
        let entries: String = alternatives
            .iter()
            .map(|text| {
                format!(
                    "<mapEntry mapKey=\"{}\" mappedValue=\"1\" caseSensitive=\"false\"/>",
                    attribute(text)
                )
            })
            .collect();
        let mapping =
            format!("<mapping lowerBound=\"0\" upperBound=\"1\" defaultValue=\"0\">{entries}</mapping>");
        let correct = alternatives.get(..1).unwrap_or_default();
        declarations.push_str(&declaration(&name, "single", "string", correct, &mapping));
        points.push_str(&format!("<mapResponse identifier=\"{name}\"/>"));
    }
    let processing = format!(
        "  <responseProcessing><setOutcomeValue identifier=\"SCORE\"><sum>{points}</sum></setOutcomeValue></responseProcessing>\n"
    );
    (declarations, format!("    {}\n", with_fields(&question.stem, gaps.len())), processing)
}

/// The stem with a field after each gap that it shows, or with all of them in a paragraph of their own.
fn with_fields(stem: &str, count: usize) -> String {
    let mut fields = (1..=count).map(|number| {
        format!("<textEntryInteraction responseIdentifier=\"GAP{number}\" expectedLength=\"20\"/>")
    });
    let (parts, is_spaced) = (split_after_gaps(stem), is_spaced(stem));
    if parts.len() == 1 {
        let fields: Vec<String> = fields.collect();
        return format!("{}\n    <p>{}</p>", block(stem), fields.join(" "));
    }
    let mut content = String::new();
    for part in parts {
        content.push_str(&inline(part, is_spaced));
        if part.ends_with("__") {
            content.push_str(&fields.next().unwrap_or_default());
        }
    }
    element(is_spaced, &content)
}
