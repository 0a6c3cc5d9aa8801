//! The XML of a Word file, as a walk over elements and texts.

use quick_xml::NsReader;
use quick_xml::events::{BytesStart, Event};
use quick_xml::name::ResolveResult;

use crate::domain::message::Message;
use crate::message;

/// Deepest nesting of elements. Word itself stays far below.
const DEEPEST: usize = 400;

/// The namespaces that matter here (ISO/IEC 29500, transitional and strict).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Space {
    /// `w:`
    Word,
    /// `m:`
    Math,
    /// Any other.
    Other,
}

fn space(uri: &str) -> Space {
    match uri {
        "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
        | "http://purl.oclc.org/ooxml/wordprocessingml/main" => Space::Word,
        "http://schemas.openxmlformats.org/officeDocument/2006/math"
        | "http://purl.oclc.org/ooxml/officeDocument/math" => Space::Math,
        _ => Space::Other,
    }
}

/// An element that begins.
pub(super) struct Element<'a> {
    pub(super) space: Space,
    pub(super) name: &'a str,
    start: &'a BytesStart<'a>,
}

impl Element<'_> {
    /// Whether it is this element of WordprocessingML.
    pub(super) fn is(&self, name: &str) -> bool {
        self.space == Space::Word && self.name == name
    }

    /// The value of an attribute, whatever its prefix.
    pub(super) fn attribute(&self, name: &str) -> Option<String> {
        let attributes = self.start.attributes().flatten();
        attributes.into_iter().find(|attribute| attribute.key.local_name().as_ref() == name).and_then(
            |attribute| {
                attribute
                    .normalized_value(quick_xml::XmlVersion::Implicit1_0)
                    .ok()
                    .map(std::borrow::Cow::into_owned)
            },
        )
    }

    /// `w:val`.
    pub(super) fn value(&self) -> Option<String> {
        self.attribute("val")
    }

    /// A property that is on when it stands without a value.
    pub(super) fn is_on(&self) -> bool {
        !matches!(self.value().as_deref(), Some("0" | "false" | "off" | "none"))
    }
}

/// What a walk comes by.
pub(super) enum Node<'a> {
    Start(Element<'a>),
    End(Space, &'a str),
    Text(&'a str),
}

/// Walks over a part of a package.
///
/// # Errors
/// The part is not well formed, or is made to exhaust its reader.
pub(super) fn walk(part: &str, mut visit: impl FnMut(Node<'_>)) -> Result<(), Message> {
    let mut reader = NsReader::from_str(part);
    let mut depth = 0_usize;
    loop {
        let (resolved, event) = reader.read_resolved_event().map_err(|_| damaged())?;
        let space = match resolved {
            ResolveResult::Bound(namespace) => space(namespace.as_ref()),
            _ => Space::Other,
        };
        match event {
            Event::Start(start) => {
                depth += 1;
                if depth > DEEPEST {
                    return Err(damaged());
                }
                let name = start.local_name();
                visit(Node::Start(Element { space, name: name.as_ref(), start: &start }));
            }
            Event::Empty(start) => {
                let name = start.local_name();
                visit(Node::Start(Element { space, name: name.as_ref(), start: &start }));
                visit(Node::End(space, name.as_ref()));
            }
            Event::End(end) => {
                depth = depth.saturating_sub(1);
                visit(Node::End(space, end.local_name().as_ref()));
            }
            Event::Text(text) => visit(Node::Text(&text.xml10_content())),
            Event::CData(text) => visit(Node::Text(&text.xml10_content())),
            Event::GeneralRef(reference) => {
                let text = match (reference.resolve_char_ref(), reference.xml10_content().as_ref()) {
                    (Ok(Some(character)), _) => character.to_string(),
                    (_, "amp") => "&".to_owned(),
                    (_, "lt") => "<".to_owned(),
                    (_, "gt") => ">".to_owned(),
                    (_, "quot") => "\"".to_owned(),
                    (_, "apos") => "'".to_owned(),
                    _ => return Err(damaged()),
                };
                visit(Node::Text(&text));
            }
            Event::DocType(_) => {
                return Err(message!(
                    "Word 文件里有实体声明，不予读取",
                    "the Word file declares entities and is not read"
                ));
            }
            Event::Eof if depth > 0 => return Err(damaged()),
            Event::Eof => return Ok(()),
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
        }
    }
}

/// Says that a file is damaged.
pub(super) fn damaged() -> Message {
    message!(
        "Word 文件已损坏，请用 Word 打开后另存为 .docx",
        "the Word file is damaged; open it in Word and save it anew as .docx"
    )
}
