//! A bank as a printed question paper, with answers.

use std::io::Cursor;

use docx_rs::{AlignmentType, BreakType, Docx, Footer, LineSpacing, PageNum, Paragraph, Run, RunFonts};

use crate::domain::message::Message;
use crate::domain::question::Question;
use crate::formats::paper::{self, Part};
use crate::message;

/// Twentieths of a point: by how much options and answers stand in.
const INDENT: i32 = 420;
/// A4, in twentieths of a point.
const PAGE: (u32, u32) = (11_906, 16_838);
/// Half-points.
const TITLE_SIZE: usize = 36;
const HEADING_SIZE: usize = 26;
const TEXT_SIZE: usize = 21;
const NOTE_SIZE: usize = 18;
/// A grey that prints.
const NOTE_COLOUR: &str = "595959";

/// Writes questions as a Word file.
///
/// # Errors
/// The archive cannot be made.
pub(super) fn write(title: &str, questions: &[Question]) -> Result<Vec<u8>, Message> {
    write_with_notes(title, &[], questions)
}

/// The same with notes below the title, for somebody who fills it in.
///
/// # Errors
/// The archive cannot be made.
pub(in crate::formats) fn write_with_notes(
    title: &str,
    notes: &[&str],
    questions: &[Question],
) -> Result<Vec<u8>, Message> {
    let fonts = RunFonts::new().ascii("Times New Roman").hi_ansi("Times New Roman").east_asia("宋体");
    let number = Paragraph::new().align(AlignmentType::Center).add_page_num(PageNum::new());
    let mut document = Docx::new()
        .page_size(PAGE.0, PAGE.1)
        .default_fonts(fonts)
        .default_size(TEXT_SIZE)
        .footer(Footer::new().add_paragraph(number));
    let mut notes = notes.iter();
    for part in paper::paper(title, questions) {
        if !matches!(part, Part::Title(_)) {
            for note in notes.by_ref() {
                document = document
                    .add_paragraph(Paragraph::new().add_run(run(note).size(NOTE_SIZE).color(NOTE_COLOUR)));
            }
        }
        document = document.add_paragraph(paragraph(&part));
    }
    let mut file = Cursor::new(Vec::new());
    document.build().pack(&mut file).map_err(|error| {
        message!("无法写出 Word 文件：{error}", "the Word file cannot be written: {error}")
    })?;
    Ok(file.into_inner())
}

fn paragraph(part: &Part) -> Paragraph {
    let plain = || Paragraph::new().line_spacing(LineSpacing::new().before(0).after(40));
    let indented = || plain().indent(Some(INDENT), None, None, None);
    match part {
        Part::Title(text) => plain().align(AlignmentType::Center).add_run(run(text).bold().size(TITLE_SIZE)),
        Part::Notice(text) => {
            plain().align(AlignmentType::Center).add_run(run(text).size(NOTE_SIZE).color(NOTE_COLOUR))
        }
        Part::Heading(text) => Paragraph::new()
            .line_spacing(LineSpacing::new().before(240).after(120))
            .keep_next(true)
            .add_run(run(text).bold().size(HEADING_SIZE)),
        Part::Stem(..) => Paragraph::new()
            .line_spacing(LineSpacing::new().before(160).after(40))
            .keep_next(true)
            .add_run(run(&part.text())),
        Part::Option(..) => indented().keep_next(true).add_run(run(&part.text())),
        Part::Label(label, text) => {
            let (size, colour) =
                if *label == "答案" { (TEXT_SIZE, "000000") } else { (NOTE_SIZE, NOTE_COLOUR) };
            indented()
                .add_run(run(&format!("{label}：")).bold().size(size).color(colour))
                .add_run(run(text).size(size).color(colour))
        }
    }
}

/// A run whose line ends are breaks and whose tabs are tabs.
fn run(text: &str) -> Run {
    let mut run = Run::new();
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    for (index, line) in text.split('\n').enumerate() {
        if index > 0 {
            run = run.add_break(BreakType::TextWrapping);
        }
        for (index, piece) in line.split('\t').enumerate() {
            if index > 0 {
                run = run.add_tab();
            }
            if !piece.is_empty() {
                run = run.add_text(piece);
            }
        }
    }
    run
}
