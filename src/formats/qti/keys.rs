//! What is right, as an item declares it: a correct response, a mapping, or rules that compare.

use super::item::all_right;
use crate::domain::message::Message;
use crate::formats::markup::answers::Answer;
use crate::formats::markup::xml::Element;
use crate::message;

/// Two values of a mapping that differ by less are the same.
const SAME: f64 = 1e-6;

/// A declared response, in the names of version 2.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Declaration {
    /// Which interaction it belongs to.
    pub identifier: String,
    /// `single`, `multiple`, `ordered` or `record`.
    pub cardinality: String,
    /// `identifier`, `string`, `integer` and so on.
    pub base_type: String,
    /// The values of the correct response.
    pub correct: Vec<String>,
    /// Values and the points that they earn.
    mapping: Vec<(String, f64)>,
    /// Whether the key was found in the rules.
    from_rules: bool,
}

impl Declaration {
    /// Reads a `responseDeclaration`.
    pub fn read(element: &Element) -> Self {
        let attribute = |name: &str| element.attribute(name).unwrap_or_default().trim().to_owned();
        let entries = element.child("mapping").into_iter().flat_map(|mapping| mapping.children("mapEntry"));
        Self {
            identifier: attribute("identifier"),
            cardinality: attribute("cardinality"),
            base_type: attribute("baseType"),
            correct: element
                .child("correctResponse")
                .into_iter()
                .flat_map(|correct| correct.children("value"))
                .map(Element::text)
                .collect(),
            mapping: entries
                .filter_map(|entry| {
                    let points = entry.attribute("mappedValue")?.trim().parse::<f64>().ok()?;
                    Some((entry.attribute("mapKey")?.to_owned(), points))
                })
                .filter(|(_, points)| points.is_finite())
                .collect(),
            from_rules: false,
        }
    }

    /// Whether it says what is right.
    pub fn has_key(&self) -> bool {
        !self.correct.is_empty() || self.mapping.iter().any(|(_, points)| *points > 0.0)
    }

    /// How many values it names.
    pub fn size(&self) -> usize {
        self.correct.len() + self.mapping.len()
    }

    fn most(&self) -> f64 {
        self.mapping.iter().map(|(_, points)| *points).fold(0.0, f64::max)
    }

    /// The values that are right: the correct response, or what the mapping rewards.
    pub fn right(&self, is_multiple: bool, warnings: &mut Vec<Message>) -> Vec<String> {
        if self.from_rules {
            warnings.push(message!(
                "答案取自计分规则，请核对",
                "the key was taken from the rules for points; check it"
            ));
        }
        if !self.correct.is_empty() {
            return self.correct.clone();
        }
        let most = self.most();
        let rewarded = self.mapping.iter().filter(|(_, points)| {
            if is_multiple { *points > 0.0 } else { *points > 0.0 && most - *points < SAME }
        });
        let right: Vec<String> = rewarded.map(|(value, _)| value.clone()).collect();
        if !right.is_empty() {
            warnings.push(message!(
                "没有 correctResponse，按得分的选项确定答案",
                "there is no correctResponse; the options that earn points are the key"
            ));
        }
        right
    }

    /// The alternatives of a gap: all that earn the most, and the correct response; others partly.
    pub fn alternatives(&self) -> Vec<Answer> {
        let most = self.most();
        let mapped = |value: &String| {
            self.mapping.iter().any(|(other, points)| other == value && most - points < SAME)
        };
        let unmapped: Vec<String> = self.correct.iter().filter(|value| !mapped(value)).cloned().collect();
        let mapped = self.mapping.iter().filter(|(_, points)| *points > 0.0).map(|(text, points)| Answer {
            text: text.clone(),
            weight: if most - points < SAME { 100.0 } else { 50.0 },
            feedback: String::new(),
        });
        all_right(unmapped).chain(mapped).collect()
    }
}

/// Finds the key in the response processing: what the response `name` is compared with.
pub fn from_rules(declaration: Declaration, item: &Element, name: &str) -> Declaration {
    let mut comparisons = Vec::new();
    for processing in item.children("responseProcessing") {
        processing.find_all(
            &|element| {
                matches!(element.name.as_str(), "match" | "stringMatch" | "equal" | "member")
                    && element
                        .child("variable")
                        .is_some_and(|variable| variable.attribute("identifier") == Some(name))
            },
            &mut comparisons,
        );
    }
    let values =
        comparisons.iter().flat_map(|comparison| comparison.children("baseValue")).map(Element::text);
    let correct: Vec<String> = values.collect();
    let identifier = name.to_owned();
    Declaration { from_rules: !correct.is_empty(), correct, identifier, ..declaration }
}
