use std::io::{Cursor, Write as _};

use proptest::prelude::*;
use zip::write::{SimpleFileOptions, ZipWriter};

use super::*;
use crate::domain::question::Draft;
use crate::formats::random;

const W: &str = "xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\" xmlns:m=\"http://schemas.openxmlformats.org/officeDocument/2006/math\" xmlns:mc=\"http://schemas.openxmlformats.org/markup-compatibility/2006\" xmlns:v=\"urn:schemas-microsoft-com:vml\" xmlns:pic=\"http://schemas.openxmlformats.org/drawingml/2006/picture\"";

fn archive(parts: &[(&str, &str)]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in parts {
        let options = SimpleFileOptions::default().compression_method(zip::CompressionMethod::Deflated);
        writer.start_file(*name, options).unwrap();
        writer.write_all(text.as_bytes()).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn document(body: &str) -> Vec<u8> {
    archive(&[(
        DOCUMENT,
        &format!("<?xml version=\"1.0\"?><w:document {W}><w:body>{body}</w:body></w:document>"),
    )])
}

/// A paragraph with one run; `{…}` in the text is markup of the run.
fn p(text: &str) -> String {
    format!("<w:p><w:r><w:t xml:space=\"preserve\">{text}</w:t></w:r></w:p>")
}

fn ps(text: &str) -> String {
    text.lines().map(p).collect()
}

fn shown(file: &[u8]) -> Vec<String> {
    let bank = Docx.read(file).unwrap();
    bank.questions
        .iter()
        .map(|found| {
            match found
                .draft
                .clone()
                .and_then(|draft| Draft { code: format!("c{}", draft.code), ..draft }.check())
            {
                Ok(question) => format!(
                    "{} {} [{}] {} +{}",
                    question.kind.as_str(),
                    question.stem,
                    question.options.join("|"),
                    question.written_key().join(";"),
                    found.warnings.len()
                ),
                Err(faults) => format!("{}!{}", found.at, faults[0].pointer),
            }
        })
        .collect()
}

const ONE: &str = "single 首都是（ ） [北京|上海] A +0";

#[test]
fn paragraphs_breaks_and_tabs() {
    let body = ps("一、单选题\n1. 首都是（ ）")
        + "<w:p><w:r><w:t>A. 北京</w:t><w:br/><w:t>B. 上海</w:t><w:cr/><w:t>答案：A</w:t></w:r></w:p>";
    assert_eq!(shown(&document(&body)), [ONE]);
    let body = ps("一、单选题\n1. 首都是（ ）")
        + "<w:p><w:pPr><w:tabs><w:tab w:val=\"left\" w:pos=\"400\"/></w:tabs></w:pPr><w:r><w:t>A. 北京</w:t><w:tab/><w:t>B. 上海</w:t></w:r></w:p>"
        + &ps("答案：A");
    assert_eq!(shown(&document(&body)), [ONE]);
}

#[test]
fn deleted_hidden_and_doubled_text_is_left_out() {
    let body = ps("一、单选题")
        + "<w:p><w:r><w:t>1. 首都</w:t></w:r><w:del><w:r><w:delText>不</w:delText><w:t>非</w:t></w:r></w:del><w:ins><w:r><w:t>是（ ）</w:t></w:r></w:ins><w:r><w:footnoteReference w:id=\"1\"/></w:r></w:p>"
        + "<w:p><w:r><w:t>A. 北</w:t><w:softHyphen/><w:t>京</w:t></w:r><w:r><w:rPr><w:vanish/></w:rPr><w:t>！</w:t></w:r></w:p>"
        + "<w:p><w:r><mc:AlternateContent><mc:Choice><w:t>B. 上海</w:t></mc:Choice><mc:Fallback><w:t>B. 上海</w:t></mc:Fallback></mc:AlternateContent></w:r></w:p>"
        + &ps("答案：A");
    assert_eq!(shown(&document(&body)), ["single 首都是（ ） [北京|上海] A +1"]);
}

#[test]
fn pictures_and_formulas_are_told() {
    let body = ps("一、单选题\n1. 首都是（ ）")
        + "<w:p><w:r><w:drawing><pic:pic/></w:drawing></w:r></w:p>"
        + "<w:p><w:r><w:t>A. x</w:t></w:r><w:r><w:rPr><w:vertAlign w:val=\"superscript\"/></w:rPr><w:t>2</w:t></w:r></w:p>"
        + "<w:p><w:r><w:t>B. </w:t></w:r><m:oMath><m:r><m:t>y+1</m:t></m:r></m:oMath></w:p>"
        + &ps("答案：A");
    assert_eq!(shown(&document(&body)), ["single 首都是（ ） [x²|y+1] A +2"]);
}

#[test]
fn bold_or_red_options_are_the_last_resort() {
    let bold = "<w:p><w:r><w:rPr><w:b/></w:rPr><w:t>A. 北京</w:t></w:r></w:p>";
    let red = "<w:p><w:r><w:rPr><w:color w:val=\"FF0000\"/></w:rPr><w:t>A. 北京</w:t></w:r></w:p>";
    for marked in [bold, red] {
        let body = ps("一、单选题\n1. 首都是（ ）") + marked + &ps("B. 上海");
        assert_eq!(shown(&document(&body)), ["single 首都是（ ） [北京|上海] A +1"]);
        let body = body + &ps("答案：B");
        assert_eq!(shown(&document(&body)), ["single 首都是（ ） [北京|上海] B +0"]);
    }
    let off = bold.replace("<w:b/>", "<w:b w:val=\"0\"/>");
    assert_eq!(
        shown(&document(&(ps("一、单选题\n1. 首都是（ ）") + &off + &ps("B. 上海")))),
        ["paragraph 2!/key"]
    );
    let headed = "<w:p><w:r><w:rPr><w:b/></w:rPr><w:t>一、单选题</w:t></w:r></w:p><w:p><w:r><w:rPr><w:b/></w:rPr><w:t>1. 首都是（ ）</w:t></w:r></w:p>".to_owned()
        + &ps("A. 北京\nB. 上海") + "<w:p><w:r><w:rPr><w:b/></w:rPr><w:t>答案</w:t></w:r><w:r><w:t>：A</w:t></w:r></w:p>";
    assert_eq!(shown(&document(&headed)), [ONE]);
}

#[test]
fn underlined_spaces_are_gaps_and_ticks_are_signs() {
    let body = ps("填空题")
        + "<w:p><w:r><w:t>1. 首都是</w:t></w:r><w:r><w:rPr><w:u w:val=\"single\"/></w:rPr><w:t xml:space=\"preserve\">    </w:t></w:r><w:r><w:t>。</w:t></w:r></w:p>"
        + &ps("答案：北京\n判断题")
        + "<w:p><w:r><w:t>2. 地球是圆的（</w:t></w:r><w:r><w:sym w:font=\"Wingdings\" w:char=\"F0FC\"/></w:r><w:r><w:t>）</w:t></w:r></w:p>";
    assert_eq!(shown(&document(&body)), ["blank 首都是____。 [] 北京 +0", "judge 地球是圆的 [] true +0"]);
}

fn table(rows: &[&[&str]]) -> String {
    let cell = |text: &&str| format!("<w:tc><w:tcPr/>{}</w:tc>", ps(text));
    let rows: String =
        rows.iter().map(|row| format!("<w:tr>{}</w:tr>", row.iter().map(cell).collect::<String>())).collect();
    format!("<w:tbl>{rows}</w:tbl>")
}

#[test]
fn tables_of_questions_of_answers_and_of_layout() {
    let body = ps("题库\n一、单选题")
        + &table(&[
            &["题库", "", "", "", ""],
            &["序号", "题干", "选项A", "选项B", "答案"],
            &["1", "首都是（ ）", "北京", "上海", "A"],
            &["", "", "", "", ""],
            &["2", "甲", "1", "2", "C"],
        ]);
    assert_eq!(shown(&document(&body)), [ONE, "table 1, row 5!/key/0"]);
    let body = table(&[
        &["题型", "题目", "选项", "正确答案", "颜色"],
        &["单选题", "首都是（ ）", "A. 北京\nB. 上海", "A", "红"],
    ]);
    assert_eq!(shown(&document(&body)), [ONE]);
    assert_eq!(Docx.read(&document(&body)).unwrap().warnings[0].at, "table 1, row 1");
    let body = ps("一、单选题\n1. 首都是（ ）")
        + &table(&[&["A. 北京", "B. 上海"]])
        + &ps("2. 甲")
        + &table(&[&["A. 1"], &["B. 2"]])
        + &table(&[&["题号", "1", "2"], &["答案", "A", "B"]]);
    assert_eq!(shown(&document(&body)), [ONE, "single 甲 [1|2] B +0"]);
    let merged = "<w:tbl><w:tr><w:tc><w:p><w:r><w:t>题型</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:t>题干</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:t>答案</w:t></w:r></w:p></w:tc></w:tr>\
        <w:tr><w:tc><w:tcPr><w:vMerge w:val=\"restart\"/></w:tcPr><w:p><w:r><w:t>判断题</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:t>甲</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:t>对</w:t></w:r></w:p></w:tc></w:tr>\
        <w:tr><w:tc><w:tcPr><w:vMerge/></w:tcPr><w:p/></w:tc><w:tc><w:p><w:r><w:t>乙</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:t>错</w:t></w:r></w:p></w:tc></w:tr></w:tbl>";
    assert_eq!(shown(&document(merged)), ["judge 甲 [] true +0", "judge 乙 [] false +0"]);
}

#[test]
fn automatic_numbers_and_letters_are_read() {
    let list = |id: &str, level: u8, text: &str| {
        format!(
            "<w:p><w:pPr><w:numPr><w:ilvl w:val=\"{level}\"/><w:numId w:val=\"{id}\"/></w:numPr></w:pPr><w:r><w:t>{text}</w:t></w:r></w:p>"
        )
    };
    let level = |index: u8, format: &str, text: &str| {
        format!(
            "<w:lvl w:ilvl=\"{index}\"><w:start w:val=\"1\"/><w:numFmt w:val=\"{format}\"/><w:lvlText w:val=\"{text}\"/></w:lvl>"
        )
    };
    let numbering = format!(
        "<w:numbering {W}><w:abstractNum w:abstractNumId=\"0\">{}{}</w:abstractNum><w:abstractNum w:abstractNumId=\"1\">{}</w:abstractNum><w:num w:numId=\"1\"><w:abstractNumId w:val=\"0\"/></w:num><w:num w:numId=\"2\"><w:abstractNumId w:val=\"1\"/></w:num></w:numbering>",
        level(0, "decimal", "%1．"),
        level(1, "upperLetter", "%2."),
        level(0, "chineseCounting", "%1、")
    );
    let body = list("2", 0, "单选题")
        + &list("1", 0, "首都是（ ）")
        + &list("1", 1, "北京")
        + &list("1", 1, "上海")
        + &p("答案：A")
        + &list("1", 0, "甲")
        + &list("1", 1, "1")
        + &list("1", 1, "2")
        + &p("答案：B")
        + &list("2", 0, "判断题")
        + &list("1", 0, "乙")
        + &p("答案：对");
    let file = archive(&[
        (
            "_rels/.rels",
            "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\"><Relationship Id=\"r\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument\" Target=\"/word/document2.xml\"/></Relationships>",
        ),
        ("word/document2.xml", &format!("<w:document {W}><w:body>{body}</w:body></w:document>")),
        ("word/numbering.xml", &numbering),
    ]);
    assert!(Docx.recognises(&file));
    assert_eq!(shown(&file), [ONE, "single 甲 [1|2] B +0", "judge 乙 [] true +0"]);
}

#[test]
fn text_boxes_are_read_and_embedded_parts_told() {
    let body = ps("一、判断题")
        + "<w:p><w:r><w:pict><w:txbxContent><w:p><w:r><w:t>1. 甲</w:t></w:r></w:p><w:p><w:r><w:t>答案：对</w:t></w:r></w:p></w:txbxContent></w:pict></w:r></w:p><w:altChunk/>";
    assert_eq!(shown(&document(&body)), ["judge 甲 [] true +0"]);
    assert_eq!(Docx.read(&document(&body)).unwrap().warnings.len(), 1);
}

#[test]
fn hostile_old_and_foreign_files_are_refused() {
    for file in [&b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"[..], b"{\\rtf1 x}", b"PK\x03\x04", b""] {
        assert!(!Docx.recognises(file));
        assert!(Docx.read(file).is_err());
    }
    let good = document(&ps("判断题\n1. 甲\n答案：对"));
    assert_eq!(shown(&good).len(), 1);
    for length in (0..good.len()).step_by(7) {
        assert!(Docx.read(&good[..length]).is_err());
    }
    let bomb = format!("<w:document {W}><w:body>{}</w:body></w:document>", "<w:p>".repeat(100_000));
    let entities = "<!DOCTYPE x [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;\">]><x>&b;</x>".to_owned();
    let unknown = format!("<w:document {W}>&b;</w:document>");
    let empty = format!("<w:document {W}><w:body/></w:document>");
    for text in [bomb, entities, unknown, empty, "<a><b></a>".to_owned(), "x".to_owned()] {
        assert!(Docx.read(&archive(&[(DOCUMENT, &text)])).is_err());
    }
    let packed = archive(&[(DOCUMENT, &"a".repeat(40 << 20))]);
    assert!(Docx.read(&packed).unwrap_err().to_string().contains("unpacks"));
    assert!(Docx.read(&archive(&[("xl/workbook.xml", "")])).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_reads_back_the_same(questions in random::questions(), title in "[!-~一-龟：（）]{0,8}") {
        prop_assert_eq!(random::read_back(&Docx, &title, &questions), questions);
    }

    #[test]
    fn no_document_makes_the_reader_stumble(body in "(<w:(p|r|t|tbl|tr|tc|rPr|b/|numPr|numId w:val=\"1\"/|br/|vMerge/|gridSpan w:val=\"9999999\"/|del|pPr)>|</w:(p|r|t|tbl|tr|tc|rPr|pPr)>|1\\. 甲|A\\. 乙|答案：A){0,60}") {
        let _ = Docx.read(&document(&body));
        let mut numbering = Numbering::default();
        let _ = body::read(&body, &Styles::default(), &mut numbering);
    }
}
