//! An item becomes a draft.

use super::keys::{self, Declaration};
use crate::domain::message::Message;
use crate::domain::question::{Draft, Fault, Kind, MOST_GAPS, MOST_OPTIONS, letter};
use crate::formats::conventions::words;
use crate::formats::markup::answers::{self, Answer, fault};
use crate::formats::markup::flow::Flow;
use crate::formats::markup::names;
use crate::formats::markup::xml::{Element, Node};
use crate::message;

/// The name by which our own files are known.
pub const TOOL: &str = "Qianti";

/// Most values that one declaration may compare a response with.
const MOST_VALUES: usize = 1000;

/// Whether a root element of this name is an item.
pub fn is_item(name: &str) -> bool {
    matches!(name, "assessmentItem" | "qti-assessment-item")
}

/// Gives the elements and attributes of QTI 3 the names that they have in QTI 2:
/// `qti-choice-interaction` is `choiceInteraction`.
pub fn to_version_2(element: &mut Element) {
    if let Some(name) = element.name.strip_prefix("qti-") {
        element.name = camel(name);
        for (name, _) in &mut element.attributes {
            if !name.starts_with("data-") && !name.starts_with("aria-") {
                *name = camel(name);
            }
        }
    }
    for node in &mut element.nodes {
        if let Node::Element(inner) = node {
            to_version_2(inner);
        }
    }
}

fn camel(name: &str) -> String {
    let mut parts = name.split('-');
    let mut camel = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let mut characters = part.chars();
        camel.extend(characters.next().map(|first| first.to_ascii_uppercase()));
        camel.push_str(characters.as_str());
    }
    camel
}

/// Reads an item in the names of version 2. What was guessed or dropped goes to `warnings`.
///
/// # Errors
/// Why it is no question of ours.
pub fn read(item: &Element, warnings: &mut Vec<Message>) -> Result<Draft, Vec<Fault>> {
    let body = item
        .child("itemBody")
        .ok_or_else(|| fault("/stem", message!("缺 itemBody", "itemBody is missing")))?;
    let is_ours = item.attribute("toolName") == Some(TOOL);
    let mut interactions = Vec::new();
    body.find_all(&|element| element.name.ends_with("Interaction"), &mut interactions);
    let declarations: Vec<Declaration> =
        item.children("responseDeclaration").map(Declaration::read).collect();
    let mut draft = Draft { code: code(item, is_ours, warnings), ..Draft::default() };
    let most = declarations.iter().map(Declaration::size).max().unwrap_or_default();
    if interactions.len() > MOST_GAPS || most > MOST_VALUES {
        let count = interactions.len().max(most);
        return Err(fault(
            "/key",
            message!(
                "交互超过 {MOST_GAPS} 个，或一个答案的写法超过 {MOST_VALUES} 种（{count}）",
                "more than {MOST_GAPS} interactions, or a key with more than {MOST_VALUES} values ({count})"
            ),
        ));
    }
    let declared = |interaction: &Element| {
        let name = interaction.attribute("responseIdentifier").unwrap_or_default();
        let found = declarations.iter().find(|declaration| declaration.identifier == name);
        found.cloned().unwrap_or_default().with_rules(item, name)
    };
    let mut flow = Flow::default();
    body.pour(&mut flow, &mut instead);
    let (stem, losses) = flow.finish();
    draft.stem = stem;
    warnings.extend(losses);
    let kinds: Vec<&str> = interactions.iter().map(|interaction| interaction.name.as_str()).collect();
    match (kinds.as_slice(), interactions.as_slice()) {
        (["choiceInteraction"], [interaction]) => {
            choice(&mut draft, interaction, &declared(interaction), is_ours, warnings)?;
        }
        (["extendedTextInteraction"], [interaction]) => {
            draft.kind = Some(Kind::Short);
            draft.key = declared(interaction).correct;
        }
        ([_, ..], _)
            if kinds
                .iter()
                .all(|kind| matches!(*kind, "textEntryInteraction" | "inlineChoiceInteraction")) =>
        {
            draft.kind = Some(Kind::Blank);
            for interaction in &interactions {
                draft.key.push(gap(interaction, &declared(interaction), warnings)?);
            }
        }
        ([], _) => {
            return Err(fault(
                "/kind",
                message!("没有可以作答的交互，只是说明", "it has no interaction to answer with"),
            ));
        }
        _ => return Err(fault("/kind", foreign(&kinds))),
    }
    draft.explanation = explanation(item, warnings);
    Ok(draft)
}

fn code(item: &Element, is_ours: bool, warnings: &mut Vec<Message>) -> String {
    let stated = if is_ours { item.attribute("label") } else { None };
    let code = stated.or_else(|| item.attribute("identifier")).unwrap_or_default().trim();
    if code.is_empty() || names::can_be_code(code) {
        return code.to_owned();
    }
    warnings.push(message!(
        "标识“{code}”不能作题号，题号由系统编",
        "the identifier “{code}” cannot be a code; one is made"
    ));
    String::new()
}

/// What stands in the text for an interaction, and what is left out of it.
fn instead(element: &Element, flow: &mut Flow) -> bool {
    match element.name.as_str() {
        "textEntryInteraction" | "inlineChoiceInteraction" => flow.gap(),
        "feedbackBlock" | "feedbackInline" | "rubricBlock" | "templateBlock" | "templateInline" => {}
        name if name.ends_with("Interaction") => {
            for prompt in element.children("prompt") {
                flow.open("p", |_| None);
                prompt.pour(flow, &mut instead);
                flow.close("p");
            }
        }
        _ => return false,
    }
    true
}

fn foreign(kinds: &[&str]) -> Message {
    let mut named = kinds.to_vec();
    named.sort_unstable();
    named.dedup();
    let named = named.join(", ");
    if kinds.len() > 1 {
        return message!(
            "一个 item 里有几个交互（{named}），请拆成几道题",
            "the item has several interactions ({named}); make several items of it"
        );
    }
    message!(
        "交互 {named} 没有对应的题型；可用 choiceInteraction、textEntryInteraction、inlineChoiceInteraction、extendedTextInteraction",
        "the interaction {named} has no kind here; choiceInteraction, textEntryInteraction, inlineChoiceInteraction and extendedTextInteraction have"
    )
}

/// The text of one element.
fn shown(element: &Element, warnings: &mut Vec<Message>) -> String {
    let mut flow = Flow::default();
    element.pour(&mut flow, &mut instead);
    let (text, losses) = flow.finish();
    for loss in losses {
        if !warnings.contains(&loss) {
            warnings.push(loss);
        }
    }
    text
}

fn choice(
    draft: &mut Draft,
    interaction: &Element,
    declaration: &Declaration,
    is_ours: bool,
    warnings: &mut Vec<Message>,
) -> Result<(), Vec<Fault>> {
    let mut choices = Vec::new();
    interaction.find_all(&|element| element.name == "simpleChoice", &mut choices);
    if choices.len() > MOST_OPTIONS {
        let count = choices.len();
        return Err(fault(
            "/options",
            message!("有 {count} 个选项，最多 {MOST_OPTIONS} 个", "{count} options, at most {MOST_OPTIONS}"),
        ));
    }
    let kind = match declaration.cardinality.as_str() {
        "multiple" => Kind::Multiple,
        "single" | "" => Kind::Single,
        other => {
            return Err(fault(
                "/kind",
                message!("不支持的 cardinality {other}", "the cardinality {other} is not supported"),
            ));
        }
    };
    draft.kind = Some(kind);
    draft.options = choices.iter().map(|choice| shown(choice, warnings)).collect();
    let right = declaration.right(kind == Kind::Multiple, warnings);
    let identifier = |choice: &&Element| choice.attribute("identifier").unwrap_or_default().trim().to_owned();
    let identifiers: Vec<String> = choices.iter().map(identifier).collect();
    draft.key = right
        .iter()
        .map(|right| match identifiers.iter().position(|identifier| identifier == right.trim()) {
            Some(position) => Ok(letter(position)),
            None => Err(fault(
                "/key",
                message!(
                    "答案 {right} 不是任何选项的 identifier",
                    "the key {right} is the identifier of no option"
                ),
            )),
        })
        .collect::<Result<_, _>>()?;
    if kind == Kind::Multiple {
        // The order in which a set is written says nothing.
        draft.key.sort_unstable();
    }
    let is_judge = identifiers == ["true", "false"] || identifiers == ["false", "true"];
    let judgements: Vec<Option<bool>> = draft.options.iter().map(|option| words::judgement(option)).collect();
    let truths = match judgements.as_slice() {
        [Some(first), Some(second)] if first != second && kind == Kind::Single => [*first, *second],
        _ => return Ok(()),
    };
    if is_ours && !is_judge {
        return Ok(());
    }
    if !is_judge {
        warnings.push(message!(
            "两个选项是“对/错”一类，按判断题导入",
            "the two options mean true and false; it became a judge question"
        ));
    }
    let truth = match draft.key.as_slice() {
        [one] if one == "A" => truths[0],
        [one] if one == "B" => truths[1],
        _ => return Ok(()),
    };
    draft.kind = Some(Kind::Judge);
    draft.options.clear();
    draft.key = vec![truth.to_string()];
    Ok(())
}

fn gap(
    interaction: &Element,
    declaration: &Declaration,
    warnings: &mut Vec<Message>,
) -> Result<String, Vec<Fault>> {
    if matches!(declaration.base_type.as_str(), "integer" | "float") {
        let told = message!("数字按文字比较", "numbers are compared as text");
        if !warnings.contains(&told) {
            warnings.push(told);
        }
    }
    let mut answers = declaration.alternatives();
    if interaction.name == "inlineChoiceInteraction" {
        let mut choices = Vec::new();
        interaction.find_all(&|element| element.name == "inlineChoice", &mut choices);
        let told = message!(
            "文中的选择改为填空，选项未导入",
            "a choice inside the text became a gap; its options were dropped"
        );
        if !warnings.contains(&told) {
            warnings.push(told);
        }
        for answer in &mut answers {
            let wanted = answer.text.trim();
            if let Some(choice) = choices.iter().find(|choice| choice.attribute("identifier") == Some(wanted))
            {
                answer.text = shown(choice, warnings);
            }
        }
    }
    if answers.is_empty() {
        let name = &declaration.identifier;
        return Err(fault(
            "/key",
            message!(
                "空 {name} 没有答案（correctResponse 或 mapping）",
                "the gap {name} has no key (correctResponse or mapping)"
            ),
        ));
    }
    answers::gap(&answers, warnings)
}

/// What an item says after the answer.
fn explanation(item: &Element, warnings: &mut Vec<Message>) -> Option<String> {
    let mut feedback = Vec::new();
    item.find_all(
        &|element| matches!(element.name.as_str(), "modalFeedback" | "feedbackBlock" | "feedbackInline"),
        &mut feedback,
    );
    let told: Vec<String> =
        feedback.iter().map(|element| shown(element, warnings)).filter(|text| !text.is_empty()).collect();
    if told.len() > 1 {
        warnings.push(message!("几段反馈并为解析", "several pieces of feedback became the explanation"));
    }
    Some(told.join("\n")).filter(|text| !text.is_empty())
}

/// Answers that all earn everything.
pub(super) fn all_right(texts: Vec<String>) -> impl Iterator<Item = Answer> {
    texts.into_iter().map(|text| Answer { text, weight: 100.0, feedback: String::new() })
}

impl Declaration {
    /// As [`keys::Declaration`] found it, or from the rules of the item where it states no key.
    fn with_rules(self, item: &Element, name: &str) -> Self {
        if self.has_key() { self } else { keys::from_rules(self, item, name) }
    }
}
