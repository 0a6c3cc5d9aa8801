//! What styles say that matters here: lists, hidden and emphasised text.

use std::collections::HashMap;

use super::xml::{Element, Node, Space, walk};
use crate::domain::message::Message;

/// How a run looks; `None` where it is left to the style below.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Look {
    pub(super) hidden: Option<bool>,
    pub(super) bold: Option<bool>,
    pub(super) coloured: Option<bool>,
    pub(super) underlined: Option<bool>,
    /// `superscript` is true, `subscript` false.
    pub(super) raised: Option<bool>,
}

impl Look {
    /// Takes in a property of a run.
    pub(super) fn take(&mut self, element: &Element<'_>) {
        match element.name {
            "vanish" | "specVanish" | "webHidden" => self.hidden = Some(element.is_on()),
            "b" => self.bold = Some(element.is_on()),
            "u" => self.underlined = Some(element.is_on()),
            "highlight" => self.coloured = Some(element.is_on()),
            "color" => self.coloured = Some(element.value().is_some_and(|colour| is_colour(&colour))),
            "vertAlign" => {
                self.raised = match element.value().as_deref() {
                    Some("superscript") => Some(true),
                    Some("subscript") => Some(false),
                    _ => None,
                }
            }
            _ => {}
        }
    }

    fn or(self, below: Self) -> Self {
        Self {
            hidden: self.hidden.or(below.hidden),
            bold: self.bold.or(below.bold),
            coloured: self.coloured.or(below.coloured),
            underlined: self.underlined.or(below.underlined),
            raised: self.raised.or(below.raised),
        }
    }
}

/// Whether a colour stands out from black and grey.
fn is_colour(text: &str) -> bool {
    let Ok(colour) = u32::from_str_radix(text, 16) else { return false };
    let (red, green, blue) = (colour >> 16 & 0xFF, colour >> 8 & 0xFF, colour & 0xFF);
    red.max(green).max(blue) - red.min(green).min(blue) > 0x60
}

#[derive(Clone, Debug, Default)]
struct Style {
    based_on: Option<String>,
    list: Option<String>,
    level: Option<usize>,
    look: Look,
}

/// The styles of a document.
#[derive(Clone, Debug, Default)]
pub(super) struct Styles(HashMap<String, Style>);

impl Styles {
    /// Reads `styles.xml`.
    ///
    /// # Errors
    /// It is not well formed.
    pub(super) fn read(part: &str) -> Result<Self, Message> {
        let mut styles = Self::default();
        let mut current: Option<(String, Style)> = None;
        walk(part, |node| match node {
            Node::Start(element) if element.is("style") => {
                current = element.attribute("styleId").map(|id| (id, Style::default()));
            }
            Node::Start(element) => {
                if let Some((_, style)) = &mut current
                    && element.space == Space::Word
                {
                    match element.name {
                        "basedOn" => style.based_on = element.value(),
                        "numId" => style.list = element.value(),
                        "ilvl" => style.level = element.value().and_then(|text| text.parse().ok()),
                        _ => style.look.take(&element),
                    }
                }
            }
            Node::End(Space::Word, "style") => {
                if let Some((id, style)) = current.take() {
                    styles.0.insert(id, style);
                }
            }
            Node::End(..) | Node::Text(_) => {}
        })?;
        Ok(styles)
    }

    /// The style and those below it, nearest first.
    fn chain(&self, id: &str) -> Vec<&Style> {
        let mut chain = Vec::new();
        let mut next = Some(id);
        // Twenty: a chain of styles that goes in a circle ends here.
        while let Some(style) = next.and_then(|id| self.0.get(id))
            && chain.len() < 20
        {
            chain.push(style);
            next = style.based_on.as_deref();
        }
        chain
    }

    /// The list and the level that a paragraph style gives.
    pub(super) fn list(&self, id: &str) -> Option<(String, usize)> {
        let chain = self.chain(id);
        let list = chain.iter().find_map(|style| style.list.clone())?;
        let level = chain.iter().find_map(|style| style.level).unwrap_or(0);
        Some((list, level))
    }

    /// How a style looks.
    pub(super) fn look(&self, id: &str) -> Look {
        self.chain(id).into_iter().fold(Look::default(), |look, style| look.or(style.look))
    }

    /// How a run looks by its own properties and its character style.
    pub(super) fn run(&self, own: Look, style: Option<&str>) -> Look {
        own.or(style.map_or_else(Look::default, |id| self.look(id)))
    }
}
