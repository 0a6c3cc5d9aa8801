//! XML within limits. The children of the root come one at a time as small trees, so that a file of
//! 50,000 questions holds one of them in memory. No document type, no entities but the predefined ones.

use encoding_rs::{Encoding, UTF_8};
use quick_xml::XmlVersion;
use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::reader::Reader;

use super::flow::Flow;
use crate::domain::message::Message;
use crate::formats::conventions::decode;
use crate::message;

/// Most elements inside one another.
const DEEPEST: usize = 100;
/// Most attributes of one element.
const MOST_ATTRIBUTES: usize = 200;
/// Most elements of one document: 50,000 questions have about 2,000,000.
const MOST_ELEMENTS: usize = 8_000_000;

/// An element with what it holds. Names are without their prefix.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Element {
    /// Its name.
    pub name: String,
    /// Its attributes.
    pub attributes: Vec<(String, String)>,
    /// What it holds, in order.
    pub nodes: Vec<Node>,
}

/// A part of an element.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Node {
    /// An element in it.
    Element(Element),
    /// Text in it.
    Text(String),
}

impl Element {
    /// The value of an attribute.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }

    /// The elements directly in it.
    pub fn elements(&self) -> impl Iterator<Item = &Self> {
        self.nodes.iter().filter_map(|node| match node {
            Node::Element(element) => Some(element),
            Node::Text(_) => None,
        })
    }

    /// The elements of this name directly in it.
    pub fn children<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Self> {
        self.elements().filter(move |element| element.name == name)
    }

    /// The first element of this name directly in it.
    pub fn child(&self, name: &str) -> Option<&Self> {
        self.elements().find(|element| element.name == name)
    }

    /// Every element in it of which `wanted` holds, at any depth, in order; not those inside one that was found.
    pub fn find_all<'a>(&'a self, wanted: &dyn Fn(&Self) -> bool, found: &mut Vec<&'a Self>) {
        for element in self.elements() {
            if wanted(element) {
                found.push(element);
            } else {
                element.find_all(wanted, found);
            }
        }
    }

    /// All the text in it, markup left out.
    pub fn text(&self) -> String {
        let mut text = String::new();
        self.collect_text(&mut text);
        text
    }

    fn collect_text(&self, text: &mut String) {
        for node in &self.nodes {
            match node {
                Node::Element(element) => element.collect_text(text),
                Node::Text(more) => text.push_str(more),
            }
        }
    }

    /// Pours what it holds into a text that is being built. `instead` may do something else with an
    /// element and say so.
    pub fn pour(&self, flow: &mut Flow, instead: &mut dyn FnMut(&Self, &mut Flow) -> bool) {
        for node in &self.nodes {
            match node {
                Node::Text(text) => flow.text(text),
                Node::Element(element) if instead(element, flow) => {}
                Node::Element(element) => {
                    flow.open(&element.name, |name| element.attribute(name).map(str::to_owned));
                    element.pour(flow, instead);
                    flow.close(&element.name);
                }
            }
        }
    }
}

/// The text of an XML file in the encoding that it states; without one, as for any text.
///
/// # Errors
/// When it is no text in that encoding.
pub fn decode(file: &[u8]) -> Result<String, Message> {
    let head: String = file.iter().take(200).map(|&byte| char::from(byte)).collect();
    let stated = head
        .strip_prefix("<?xml")
        .and_then(|rest| rest.split("?>").next())
        .and_then(|declaration| declaration.split("encoding").nth(1))
        .and_then(|rest| rest.split(['"', '\'']).nth(1));
    match stated.map(|label| (label, Encoding::for_label(label.as_bytes()))) {
        Some((label, None)) => Err(message!("不支持的编码 {label}", "the encoding {label} is not supported")),
        Some((label, Some(encoding))) if encoding != UTF_8 => {
            let (text, broken) = encoding.decode_without_bom_handling(file);
            if broken {
                return Err(message!(
                    "文件不是它声明的 {label} 编码",
                    "the file is not in {label}, as it says"
                ));
            }
            Ok(text.into_owned())
        }
        _ => decode::text(file),
    }
}

/// The name of the root element, without its prefix, of what may be XML.
pub fn root_name(file: &[u8]) -> Option<String> {
    if !file.iter().take(64).any(|&byte| byte == b'<') {
        return None;
    }
    // A root stands near the beginning; the rest of a big file need not be decoded.
    let head = file.get(..file.len().min(16 << 10)).unwrap_or(file);
    let text = match decode(head) {
        Ok(text) => text,
        // Cut in the middle of a character.
        Err(_) => String::from_utf8_lossy(head).into_owned(),
    };
    let mut reader = Reader::from_str(text.trim_start_matches('\u{feff}').trim_start());
    loop {
        match reader.read_event().ok()? {
            Event::Start(start) | Event::Empty(start) => return Some(start.local_name().as_ref().to_owned()),
            Event::Text(text) if !text.trim().is_empty() => return None,
            Event::Eof => return None,
            _ => {}
        }
    }
}

/// A document, read child by child of its root.
pub struct Document<'a> {
    text: &'a str,
    reader: Reader<&'a [u8]>,
    root: Element,
    is_over: bool,
    elements: usize,
}

impl<'a> Document<'a> {
    /// Reads up to the root element.
    ///
    /// # Errors
    /// When there is none, or a document type brings its own entities.
    pub fn open(text: &'a str) -> Result<Self, Message> {
        let text = text.trim_start_matches('\u{feff}').trim_start();
        let mut document = Self {
            text,
            reader: Reader::from_str(text),
            root: Element::default(),
            is_over: false,
            elements: 0,
        };
        loop {
            match document.next()? {
                Event::Start(start) => {
                    document.root = document.element(&start)?;
                    return Ok(document);
                }
                Event::Empty(start) => {
                    document.root = document.element(&start)?;
                    document.is_over = true;
                    return Ok(document);
                }
                Event::Eof => return Err(message!("文件里没有 XML 元素", "the file has no XML element")),
                _ => {}
            }
        }
    }

    /// The root element, with its attributes and nothing in it.
    pub fn root(&self) -> &Element {
        &self.root
    }

    /// The next element directly in the root, with all that it holds.
    ///
    /// # Errors
    /// When the XML is not well formed from there on, or goes beyond the limits.
    pub fn next_child(&mut self) -> Result<Option<Element>, Message> {
        while !self.is_over {
            match self.next()? {
                Event::Start(start) => {
                    let element = self.element(&start)?;
                    return self.fill(element).map(Some);
                }
                Event::Empty(start) => return self.element(&start).map(Some),
                Event::End(_) => self.is_over = true,
                Event::Eof => return Err(self.cut_off()),
                _ => {}
            }
        }
        Ok(None)
    }

    /// The whole tree.
    ///
    /// # Errors
    /// As [`Self::next_child`].
    pub fn tree(text: &'a str) -> Result<Element, Message> {
        let mut document = Self::open(text)?;
        let root = document.root.clone();
        if document.is_over { Ok(root) } else { document.fill(root) }
    }

    /// Reads on to the end of `element`.
    fn fill(&mut self, element: Element) -> Result<Element, Message> {
        let (mut current, mut outer): (Element, Vec<Element>) = (element, Vec::new());
        loop {
            match self.next()? {
                Event::Start(start) => {
                    let inner = self.element(&start)?;
                    if outer.len() >= DEEPEST {
                        let line = self.line();
                        return Err(message!(
                            "第 {line} 行：元素嵌套超过 {DEEPEST} 层",
                            "line {line}: more than {DEEPEST} elements inside one another"
                        ));
                    }
                    outer.push(std::mem::replace(&mut current, inner));
                }
                Event::Empty(start) => current.nodes.push(Node::Element(self.element(&start)?)),
                Event::End(_) => match outer.pop() {
                    Some(parent) => {
                        let inner = std::mem::replace(&mut current, parent);
                        current.nodes.push(Node::Element(inner));
                    }
                    None => return Ok(current),
                },
                Event::Text(text) => add_text(&mut current, &text.xml10_content()),
                Event::CData(text) => add_text(&mut current, &text.xml10_content()),
                Event::GeneralRef(reference) => {
                    let text = self.resolve(&reference)?;
                    add_text(&mut current, &text);
                }
                Event::Eof => return Err(self.cut_off()),
                Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
            }
        }
    }

    fn next(&mut self) -> Result<Event<'a>, Message> {
        let event = self.reader.read_event().map_err(|_| {
            let line = self.line();
            message!(
                "第 {line} 行：不是正确的 XML，或文件不完整，请重新导出",
                "line {line}: not well-formed XML, or the file is cut off; export it again"
            )
        })?;
        if let Event::DocType(declaration) = &event
            && declaration.contains(['[', '<'])
        {
            let line = self.line();
            return Err(message!(
                "第 {line} 行：文件自带实体定义（DOCTYPE），为安全起见不予读取，请删去",
                "line {line}: the file defines entities (DOCTYPE) and is not read for safety; remove them"
            ));
        }
        Ok(event)
    }

    fn element(&mut self, start: &BytesStart<'_>) -> Result<Element, Message> {
        self.elements += 1;
        if self.elements > MOST_ELEMENTS {
            return Err(message!(
                "XML 元素超过 {MOST_ELEMENTS} 个",
                "more than {MOST_ELEMENTS} XML elements"
            ));
        }
        let mut attributes = Vec::new();
        for attribute in start.attributes() {
            // Each is compared with those before it.
            if attributes.len() >= MOST_ATTRIBUTES {
                let line = self.line();
                return Err(message!(
                    "第 {line} 行：一个元素的属性超过 {MOST_ATTRIBUTES} 个",
                    "line {line}: an element has more than {MOST_ATTRIBUTES} attributes"
                ));
            }
            let value = attribute.ok().and_then(|attribute| {
                let value = attribute.normalized_value(XmlVersion::Implicit1_0).ok()?.into_owned();
                Some((attribute.key.local_name().as_ref().to_owned(), value))
            });
            attributes.push(value.ok_or_else(|| {
                let line = self.line();
                message!("第 {line} 行：XML 属性有误", "line {line}: a broken XML attribute")
            })?);
        }
        Ok(Element { name: start.local_name().as_ref().to_owned(), attributes, nodes: vec![] })
    }

    fn resolve(&self, reference: &BytesRef<'_>) -> Result<String, Message> {
        let name = reference.xml10_content();
        let character = reference.resolve_char_ref().ok().flatten().filter(|&c| c != '\0');
        let known = character.map(String::from).or_else(|| {
            (!reference.is_char_ref())
                .then(|| quick_xml::escape::resolve_predefined_entity(&name))?
                .map(str::to_owned)
        });
        known.ok_or_else(|| {
            let line = self.line();
            message!("第 {line} 行：未知的实体 &{name};", "line {line}: unknown entity &{name};")
        })
    }

    fn cut_off(&self) -> Message {
        let line = self.line();
        message!(
            "文件在第 {line} 行中断，不完整，请重新导出",
            "the file is cut off at line {line}; export it again"
        )
    }

    /// The line that has been reached.
    fn line(&self) -> usize {
        let at = usize::try_from(self.reader.buffer_position()).unwrap_or(usize::MAX).min(self.text.len());
        self.text.as_bytes().get(..at).unwrap_or_default().iter().filter(|&&byte| byte == b'\n').count() + 1
    }
}

/// Text that stands in pieces around references and comments is one.
fn add_text(element: &mut Element, more: &str) {
    match element.nodes.last_mut() {
        Some(Node::Text(text)) => text.push_str(more),
        _ => element.nodes.push(Node::Text(more.to_owned())),
    }
}

/// `text` as the content of an element or the value of an attribute, line ends kept as they are.
pub fn escape(text: &str) -> String {
    quick_xml::escape::escape(text).replace('\r', "&#13;")
}

#[cfg(test)]
#[path = "xml_tests.rs"]
mod tests;
