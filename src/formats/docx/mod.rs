//! Word files: question papers and tables of questions, read through the conventions of Chinese papers.

mod body;
mod numbering;
mod styles;
mod tables;
mod write;

pub(super) use write::write_with_notes;
mod xml;

use body::{Block, Paragraph};
use numbering::Numbering;
use styles::Styles;
use xml::{Node, walk};

use super::archive::{self, Archive};
use super::conventions::{decode, fold};
use super::paper::{self, EMPHASIS, Escapes, Heading, Line};
use super::{BankFormat, FoundBank, FoundQuestion, Place, Written};
use crate::domain::message::Message;
use crate::domain::question::Question;
use crate::message;

pub(super) struct Docx;

/// Where the text of nearly every Word file is.
const DOCUMENT: &str = "word/document.xml";

impl BankFormat for Docx {
    fn name(&self) -> &'static str {
        "docx"
    }

    fn media_type(&self) -> &'static str {
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    }

    fn extension(&self) -> &'static str {
        "docx"
    }

    /// The old and the foreign files of word processors are recognised too, to be refused with advice.
    fn recognises(&self, file: &[u8]) -> bool {
        archive::holds(file, |name| name.starts_with("word/document") && name.ends_with(".xml"))
            || is_other_document(file)
    }

    fn read(&self, file: &[u8]) -> Result<FoundBank, Message> {
        if is_other_document(file) {
            return Err(message!(
                "这不是 .docx 文件（可能是旧版 .doc、.wps、.rtf 或 .odt），请用 Word 或 WPS 打开，另存为 .docx 再上传",
                "this is no .docx file but an old .doc, .wps, .rtf or .odt; open it in Word and save it as .docx"
            ));
        }
        let mut archive = Archive::open(file)?;
        let name = document_name(&mut archive);
        let mut part = |name: &str| -> Result<Option<String>, Message> {
            if !archive.has(name) {
                return Ok(None);
            }
            decode::text(&archive.read(name)?).map(Some).map_err(|_| xml::damaged())
        };
        let Some(document) = part(&name)? else {
            return Err(message!(
                "压缩包里没有 Word 正文，请用 Word 打开后另存为 .docx",
                "the archive holds no text of a Word file; open it in Word and save it as .docx"
            ));
        };
        let styles =
            part("word/styles.xml")?.map(|part| Styles::read(&part)).transpose()?.unwrap_or_default();
        let numbering = part("word/numbering.xml")?;
        let mut numbering =
            numbering.map(|part| Numbering::read(&part, &styles)).transpose()?.unwrap_or_default();
        drop(archive);
        let body = body::read(&document, &styles, &mut numbering)?;
        let bank = questions(body)?;
        if bank.questions.is_empty() {
            return Err(message!(
                "没有找到题目；每题以题号开头，如“1. 题干”，选项写作“A. …”，答案写作“答案：A”",
                "no question was found; begin each with its number (`1. …`), its options with `A. …`, its answer with `答案：A`"
            ));
        }
        Ok(bank)
    }

    fn write(&self, title: &str, questions: &[Question]) -> Result<Written, Message> {
        write::write(title, questions).map(Written::from)
    }
}

/// Old `.doc` and `.wps` (a compound file with a stream `WordDocument`), RTF, and OpenDocument text.
fn is_other_document(file: &[u8]) -> bool {
    let word: Vec<u8> = "WordDocument".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let compound =
        file.starts_with(b"\xD0\xCF\x11\xE0") && file.windows(word.len()).any(|window| window == word);
    let open = file.starts_with(b"PK")
        && file
            .get(30..77)
            .is_some_and(|start| start.starts_with(b"mimetypeapplication/vnd.oasis.opendocument.text"));
    compound || file.starts_with(b"{\\rtf") || open
}

/// The part that the package names as its main document.
fn document_name(archive: &mut Archive<'_>) -> String {
    let relations = archive.read("_rels/.rels").ok().and_then(|part| decode::text(&part).ok());
    let mut target = None;
    if let Some(relations) = relations {
        let read = walk(&relations, |node| {
            if let Node::Start(element) = node
                && element.name == "Relationship"
                && element.attribute("Type").is_some_and(|kind| kind.ends_with("/officeDocument"))
            {
                target = element.attribute("Target");
            }
        });
        if read.is_err() {
            target = None;
        }
    }
    let target = target.map(|target| target.trim_start_matches('/').to_owned());
    target.filter(|target| archive.has(target)).unwrap_or_else(|| DOCUMENT.to_owned())
}

/// The questions of a body: the paper that its paragraphs and layout tables are, and the tables of
/// questions.
fn questions(body: body::Body) -> Result<FoundBank, Message> {
    let escapes = Escapes::of(&beginning(&body.blocks));
    let mut lines: Vec<Line> = Vec::new();
    let mut from_tables: Vec<FoundQuestion> = Vec::new();
    let mut warnings: Vec<Place> = Vec::new();
    let mut kind = String::new();
    let mut tables = 0;
    for block in body.blocks {
        match block {
            Block::Paragraph(paragraph) => {
                if let Some(Heading::Kind(word)) =
                    paper::heading(&fold::tidy(&paragraph.text).replace(EMPHASIS, ""))
                {
                    word.clone_into(&mut kind);
                }
                push(&mut lines, &paragraph, escapes);
            }
            Block::Table(rows) => {
                tables += 1;
                match tables::read(&rows, tables, &kind)? {
                    tables::Table::Questions(found, unknown) => {
                        from_tables.extend(found);
                        warnings.extend(unknown);
                    }
                    tables::Table::Answers(answers) => {
                        for paragraph in &answers {
                            push(&mut lines, paragraph, escapes);
                        }
                    }
                    tables::Table::Layout => {
                        for paragraph in rows.iter().flatten().flat_map(|cell| &cell.paragraphs) {
                            push(&mut lines, paragraph, escapes);
                        }
                    }
                }
            }
        }
    }
    let mut bank = paper::read(&lines);
    if !from_tables.is_empty() && bank.questions.is_empty() {
        // Headings around the tables are no questions that were missed.
        bank.warnings.clear();
    }
    bank.questions.extend(from_tables);
    bank.warnings.extend(warnings);
    if body.foreign_parts > 0 {
        let count = body.foreign_parts;
        bank.warnings.push(Place {
            at: "document".to_owned(),
            message: message!(
                "文件里嵌入了 {count} 段其他格式的内容，没有读取；请用 Word 打开后另存为 .docx 再上传",
                "{count} parts in another format are embedded and not read; open the file in Word and save it anew as .docx"
            ),
        });
    }
    Ok(bank)
}

/// The first lines, in which the notice of the backslash stands.
fn beginning(blocks: &[Block]) -> String {
    let paragraphs = blocks.iter().take(10).filter_map(|block| match block {
        Block::Paragraph(paragraph) => Some(paragraph.text.as_str()),
        Block::Table(_) => None,
    });
    paragraphs.collect::<Vec<_>>().join("\n")
}

fn push(lines: &mut Vec<Line>, paragraph: &Paragraph, escapes: Escapes) {
    let text = fold::tidy(&escapes.protect(&paragraph.text));
    let at = format!("paragraph {}", paragraph.number);
    let mut warnings = paragraph.warnings.clone();
    for line in text.split('\n') {
        lines.push(Line { at: at.clone(), text: line.to_owned(), warnings: std::mem::take(&mut warnings) });
    }
}

#[cfg(test)]
mod tests;
