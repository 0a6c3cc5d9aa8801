//! The text of a Word file: paragraphs with their automatic numbers, tables, text boxes.

use super::numbering::Numbering;
use super::styles::{Look, Styles};
use super::xml::{Element, Node, Space, walk};
use crate::domain::message::Message;
use crate::formats::paper::EMPHASIS;
use crate::message;

/// A paragraph as a person sees it; its text may have several lines.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Paragraph {
    pub(super) number: usize,
    pub(super) text: String,
    pub(super) warnings: Vec<Message>,
}

/// A cell of a table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Cell {
    pub(super) paragraphs: Vec<Paragraph>,
    /// How many columns it takes.
    pub(super) span: usize,
    /// It belongs to the cell above.
    pub(super) goes_on: bool,
}

/// A part of the body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Block {
    Paragraph(Paragraph),
    Table(Vec<Vec<Cell>>),
}

/// What is gathered of a body.
#[derive(Default)]
pub(super) struct Body {
    pub(super) blocks: Vec<Block>,
    /// Parts in other formats (`w:altChunk`) that were not read.
    pub(super) foreign_parts: usize,
}

/// Reads the body of a document.
///
/// # Errors
/// It is not well formed.
pub(super) fn read(part: &str, styles: &Styles, numbering: &mut Numbering) -> Result<Body, Message> {
    let mut reader = Reader {
        styles,
        numbering,
        body: Body::default(),
        paragraphs: 0,
        open: vec![],
        runs: vec![],
        tables: vec![],
        skipped: 0,
        in_text: false,
    };
    walk(part, |node| reader.node(&node))?;
    Ok(reader.body)
}

/// A paragraph that is being read: one inside a text box interrupts the one that holds the box.
#[derive(Default)]
struct Open {
    paragraph: Paragraph,
    style: Option<String>,
    list: Option<String>,
    level: Option<usize>,
    in_properties: bool,
    dropped: Dropped,
}

/// What a paragraph lost.
#[derive(Default)]
struct Dropped {
    pictures: bool,
    formulas: bool,
    hidden: bool,
    symbols: bool,
}

#[derive(Default)]
struct Run {
    look: Look,
    style: Option<String>,
    text: String,
    in_properties: bool,
}

struct Reader<'a> {
    styles: &'a Styles,
    numbering: &'a mut Numbering,
    body: Body,
    paragraphs: usize,
    open: Vec<Open>,
    runs: Vec<Run>,
    tables: Vec<Vec<Vec<Cell>>>,
    /// How deep inside an element that is left out.
    skipped: usize,
    in_text: bool,
}

/// Elements that hold what is no longer, or not yet, part of the text, or another form of it.
fn is_left_out(element: &Element<'_>) -> bool {
    let word = element.space == Space::Word
        && matches!(
            element.name,
            "del"
                | "moveFrom"
                | "pPrChange"
                | "rPrChange"
                | "tblPrChange"
                | "tcPrChange"
                | "sectPrChange"
                | "rt"
                | "instrText"
                | "delText"
                | "delInstrText"
        );
    word || (element.space == Space::Other && element.name == "Fallback")
}

impl Reader<'_> {
    fn node(&mut self, node: &Node<'_>) {
        match node {
            Node::Start(_) if self.skipped > 0 => self.skipped += 1,
            Node::Start(element) if is_left_out(element) => self.skipped = 1,
            Node::Start(element) => self.start(element),
            Node::End(..) if self.skipped > 0 => self.skipped -= 1,
            Node::End(space, name) => self.end(*space, name),
            Node::Text(text) if self.in_text && self.skipped == 0 => self.text(text),
            Node::Text(_) => {}
        }
    }

    fn start(&mut self, element: &Element<'_>) {
        match (element.space, element.name) {
            (Space::Word, "p") => {
                self.paragraphs += 1;
                let paragraph = Paragraph { number: self.paragraphs, ..Paragraph::default() };
                self.open.push(Open { paragraph, ..Open::default() });
            }
            (Space::Word, "pPr") => self.in_paragraph(|open| open.in_properties = true),
            (Space::Word, "r") => self.runs.push(Run::default()),
            (Space::Word, "rPr") => self.in_run(|run| run.in_properties = true),
            (Space::Word, "t") | (Space::Math, "t") => self.in_text = true,
            (Space::Word, "br" | "cr") => self.text("\n"),
            (Space::Word, "tab" | "ptab") if !self.in_paragraph_properties() => self.text("\t"),
            (Space::Word, "noBreakHyphen") => self.text("-"),
            (Space::Word, "sym") => self.symbol(element),
            (Space::Word, "tbl") => self.tables.push(vec![]),
            (Space::Word, "tr") => {
                if let Some(table) = self.tables.last_mut() {
                    table.push(vec![]);
                }
            }
            (Space::Word, "tc") => {
                if let Some(row) = self.tables.last_mut().and_then(|table| table.last_mut()) {
                    row.push(Cell { span: 1, ..Cell::default() });
                }
            }
            (Space::Word, "gridSpan") => {
                let span = element.value().and_then(|text| text.parse().ok()).unwrap_or(1_usize);
                self.in_cell(|cell| cell.span = span.clamp(1, 100));
            }
            (Space::Word, "vMerge") => {
                let goes_on = element.value().is_none_or(|value| value == "continue");
                self.in_cell(|cell| cell.goes_on = goes_on);
            }
            (Space::Word, "altChunk") => self.body.foreign_parts += 1,
            (Space::Math, "oMath") => self.in_paragraph(|open| open.dropped.formulas = true),
            (Space::Other, "pic" | "imagedata" | "chart" | "OLEObject" | "relIds") => {
                self.in_paragraph(|open| open.dropped.pictures = true);
            }
            (Space::Word, _) => self.property(element),
            _ => {}
        }
    }

    fn property(&mut self, element: &Element<'_>) {
        let Some(open) = self.open.last_mut() else { return };
        if open.in_properties {
            match element.name {
                "pStyle" => open.style = element.value(),
                "numId" => open.list = element.value(),
                "ilvl" => open.level = element.value().and_then(|text| text.parse().ok()),
                _ => {}
            }
        } else if let Some(run) = self.runs.last_mut().filter(|run| run.in_properties) {
            match element.name {
                "rStyle" => run.style = element.value(),
                _ => run.look.take(element),
            }
        }
    }

    /// There a tab is a stop, not a character.
    fn in_paragraph_properties(&self) -> bool {
        self.open.last().is_some_and(|open| open.in_properties)
    }

    fn in_paragraph(&mut self, change: impl FnOnce(&mut Open)) {
        if let Some(open) = self.open.last_mut() {
            change(open);
        }
    }

    fn in_run(&mut self, change: impl FnOnce(&mut Run)) {
        if let Some(run) = self.runs.last_mut() {
            change(run);
        }
    }

    fn in_cell(&mut self, change: impl FnOnce(&mut Cell)) {
        if let Some(cell) =
            self.tables.last_mut().and_then(|table| table.last_mut()).and_then(|row| row.last_mut())
        {
            change(cell);
        }
    }

    fn text(&mut self, text: &str) {
        match (self.runs.last_mut(), self.open.last_mut()) {
            (Some(run), _) => run.text.push_str(text),
            (None, Some(open)) => open.paragraph.text.push_str(text),
            (None, None) => {}
        }
    }

    /// The signs of the symbol fonts that people tick with.
    fn symbol(&mut self, element: &Element<'_>) {
        let font = element.attribute("font").unwrap_or_default();
        let code =
            element.attribute("char").and_then(|text| u32::from_str_radix(&text, 16).ok()).unwrap_or(0)
                & 0xFF;
        let sign = match (font.as_str(), code) {
            ("Wingdings", 0xFC) | ("Wingdings 2", 0x50) | ("Symbol", 0xD6) => "√",
            ("Wingdings", 0xFB) | ("Wingdings 2", 0x4F) | ("Symbol", 0xB4) => "×",
            ("Wingdings", 0xFE) | ("Wingdings 2", 0x52) => "☑",
            ("Wingdings", 0xFD) | ("Wingdings 2", 0x54) => "☒",
            ("Wingdings", 0x6F | 0xA8) | ("Wingdings 2", 0xA3) => "□",
            _ => {
                self.in_paragraph(|open| open.dropped.symbols = true);
                return;
            }
        };
        self.text(sign);
    }

    fn end(&mut self, space: Space, name: &str) {
        match (space, name) {
            (Space::Word | Space::Math, "t") => self.in_text = false,
            (Space::Word, "rPr") => self.in_run(|run| run.in_properties = false),
            (Space::Word, "pPr") => self.in_paragraph(|open| open.in_properties = false),
            (Space::Word, "r") => self.end_run(),
            (Space::Word, "p") => self.end_paragraph(),
            (Space::Word, "tbl") => self.end_table(),
            _ => {}
        }
    }

    fn end_run(&mut self) {
        let Some(run) = self.runs.pop() else { return };
        let look = self.styles.run(run.look, run.style.as_deref());
        let Some(open) = self.open.last_mut() else { return };
        if look.hidden == Some(true) {
            open.dropped.hidden |= !run.text.trim().is_empty();
            return;
        }
        let text = match look.raised {
            Some(raised) => shifted(&run.text, raised),
            None => run.text,
        };
        let blank =
            !text.is_empty() && text.chars().all(|character| character.is_whitespace() && character != '\n');
        if look.underlined == Some(true) && blank {
            open.paragraph.text.push_str("____");
            return;
        }
        let stands_out = look.bold == Some(true) || look.coloured == Some(true);
        let content = text.trim_end();
        if stands_out
            && content.chars().filter(|character| character.is_alphanumeric()).count() > 0
            && !is_mark(content)
        {
            open.paragraph.text.push_str(content);
            open.paragraph.text.push(EMPHASIS);
            open.paragraph.text.push_str(text.get(content.len()..).unwrap_or_default());
        } else {
            open.paragraph.text.push_str(&text);
        }
    }

    fn end_paragraph(&mut self) {
        let Some(open) = self.open.pop() else { return };
        let Open { mut paragraph, style, list, level, dropped, .. } = open;
        paragraph.text = with_emphasis_of_options(&paragraph.text);
        let styled = style.as_deref().and_then(|id| self.styles.list(id));
        let list = match (list, styled) {
            (Some(own), styled) => Some((own, level.or(styled.map(|(_, level)| level)).unwrap_or(0))),
            (None, Some((list, styled))) => Some((list, level.unwrap_or(styled))),
            (None, None) => None,
        };
        // List 0 takes a paragraph out of the list of its style.
        if let Some((list, level)) = list.filter(|(list, _)| list != "0")
            && !paragraph.text.trim().is_empty()
        {
            let number = self.numbering.next(&list, level);
            if !number.is_empty() {
                let gap = if number.ends_with(['、', '．', '）']) { "" } else { " " };
                paragraph.text = with_emphasis_of_options(&format!("{number}{gap}{}", paragraph.text));
            }
        }
        for (lost, message) in [
            (
                dropped.pictures,
                message!(
                    "图片没有导入，请核对题目是否完整",
                    "a picture was dropped; check that the question is complete without it"
                ),
            ),
            (
                dropped.formulas,
                message!(
                    "公式只取了其中的文字，请核对",
                    "of a formula only the characters were taken: please check"
                ),
            ),
            (dropped.hidden, message!("隐藏的文字没有导入", "hidden text was left out")),
            (
                dropped.symbols,
                message!(
                    "有一个符号字体的字符没有导入，请改用普通字符",
                    "a character of a symbol font was dropped; use an ordinary one"
                ),
            ),
        ] {
            if lost {
                paragraph.warnings.push(message);
            }
        }
        match self.tables.last_mut().and_then(|table| table.last_mut()).and_then(|row| row.last_mut()) {
            Some(cell) => cell.paragraphs.push(paragraph),
            None => self.body.blocks.push(Block::Paragraph(paragraph)),
        }
    }

    fn end_table(&mut self) {
        let Some(table) = self.tables.pop() else { return };
        if self.tables.is_empty() {
            self.body.blocks.push(Block::Table(table));
            return;
        }
        // A table inside a cell is layout: its paragraphs are the cell's.
        let inner = table.into_iter().flatten().flat_map(|cell| cell.paragraphs);
        self.in_cell(|cell| cell.paragraphs.extend(inner));
    }
}

/// Whether a run is only a number or an option letter with its sign.
fn is_mark(text: &str) -> bool {
    text.trim().chars().count() <= 3
        && text.trim().chars().all(|c| c.is_ascii_alphanumeric() || "().、（）．:：".contains(c))
}

/// Bold type tells an answer only where options stand; elsewhere it is a heading or a stress.
fn with_emphasis_of_options(text: &str) -> String {
    if !text.contains(EMPHASIS) {
        return text.to_owned();
    }
    let lettered = |line: &str| {
        let line = line.trim_start().trim_start_matches(['(', '（']);
        let mut characters = line.chars();
        characters.next().is_some_and(|c| c.is_ascii_uppercase() || ('Ａ'..='Ｚ').contains(&c))
            && characters.next().is_some_and(|c| ".．、:：)） ".contains(c))
    };
    let has_options =
        text.lines().any(lettered) || crate::formats::conventions::options::split(text).is_some();
    if has_options { text.to_owned() } else { text.replace(EMPHASIS, "") }
}

/// Superscript and subscript digits and signs have characters of their own.
fn shifted(text: &str, raised: bool) -> String {
    let (plain, up, down) = ("0123456789+-=()n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿ", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₙ");
    let place = |character| plain.chars().position(|other| other == character);
    let all: Option<String> =
        text.chars().map(|character| if raised { up } else { down }.chars().nth(place(character)?)).collect();
    all.unwrap_or_else(|| text.to_owned())
}
