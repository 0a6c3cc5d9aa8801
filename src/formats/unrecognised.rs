//! What a file is that is no bank, so that an admin hears what to do with it.

use crate::domain::message::Message;
use crate::formats::archive::{holds, is_zip};
use crate::message;

/// The first bytes of a compound file, in which Office kept its documents before 2007 and keeps encrypted
/// ones today ([MS-CFB] 2.2).
const COMPOUND: &[u8] = b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1";

/// What a compound file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compound {
    /// An Excel workbook of 97 to 2003.
    Xls,
    /// A Word document of 97 to 2003.
    Doc,
    /// A document of today with a password.
    Encrypted,
    /// Something else, or something damaged.
    Other,
}

/// What the compound file `file` holds; `None` when it is no compound file.
pub fn compound(file: &[u8]) -> Option<Compound> {
    if !file.starts_with(COMPOUND) {
        return None;
    }
    let Ok(found) = cfb::CompoundFile::open(std::io::Cursor::new(file)) else {
        return Some(Compound::Other);
    };
    let holds = |names: &[&str]| names.iter().any(|name| found.is_stream(name));
    Some(if holds(&["/EncryptedPackage"]) {
        Compound::Encrypted
    } else if holds(&["/Workbook", "/Book", "/WORKBOOK", "/BOOK"]) {
        Compound::Xls
    } else if holds(&["/WordDocument"]) {
        Compound::Doc
    } else {
        Compound::Other
    })
}

/// Why `file` is not recognised as a bank, and what to do.
pub fn unrecognised(file: &[u8]) -> Message {
    let is_mht = || {
        file.get(..2048).unwrap_or(file).windows(13).any(|part| part.eq_ignore_ascii_case(b"mime-version:"))
    };
    match compound(file) {
        Some(Compound::Doc) => {
            return message!(
                "这是旧版 Word 文件（.doc），请在 Word 或 WPS 里另存为 .docx 再上传",
                "this is an old Word file (.doc); save it as .docx and upload that"
            );
        }
        Some(Compound::Encrypted) => {
            return message!(
                "文件加了打开密码，请去掉密码再上传",
                "the file has a password; save it without one and upload that"
            );
        }
        Some(_) => {
            return message!(
                "这是旧版 Office 文件，读不出内容，请另存为 .xlsx 或 .docx 再上传",
                "this is an old or damaged Office file; save it as .xlsx or .docx and upload that"
            );
        }
        None => {}
    }
    if file.starts_with(b"%PDF") {
        return message!(
            "这是 PDF 文件，读不出题目，请用原来的 Word 或 Excel 文件",
            "this is a PDF; use the Word or Excel file that it was made from"
        );
    }
    if file.starts_with(b"{\\rtf") || is_mht() {
        return message!(
            "这是 RTF 或网页格式的文件，请在 Word 或 WPS 里另存为 .docx 再上传",
            "this is RTF or a web page; save it as .docx and upload that"
        );
    }
    let head = String::from_utf8_lossy(file.get(..4096).unwrap_or(file)).to_lowercase();
    if head.contains("<table") || head.contains("urn:schemas-microsoft-com:office:spreadsheet") {
        return message!(
            "这是网页或 XML 格式的表格（不少系统导出的 .xls 其实是网页），请用 Excel 或 WPS 打开，另存为 .xlsx 再上传",
            "this is a table of a web page (as some systems name .xls); open it in Excel, save it as .xlsx and upload that"
        );
    }
    if holds(file, |name| name == "content.xml") {
        return message!(
            "这是 OpenDocument 文件（.ods、.odt），请另存为 .xlsx 或 .docx 再上传",
            "this is an OpenDocument file (.ods, .odt); save it as .xlsx or .docx and upload that"
        );
    }
    if holds(file, |name| name == "xl/workbook.bin") {
        return message!(
            "这是二进制的 Excel 文件（.xlsb），请另存为 .xlsx 再上传",
            "this is a binary workbook (.xlsb); save it as .xlsx and upload that"
        );
    }
    if is_zip(file) && !holds(file, |_| true) {
        return message!(
            "文件不完整或已损坏，请重新保存或重新上传",
            "the file is cut off or damaged; save it again or upload it again"
        );
    }
    if is_zip(file)
        || file.starts_with(b"Rar!")
        || file.starts_with(b"7z\xBC\xAF\x27\x1C")
        || file.starts_with(b"\x1F\x8B")
    {
        return message!(
            "这是压缩包，里面没有认得的题库，请解压后上传其中的文件",
            "this is an archive without a bank that is known; unpack it and upload the file in it"
        );
    }
    if [&b"\x89PNG"[..], b"\xFF\xD8\xFF", b"GIF8", b"BM"].iter().any(|start| file.starts_with(start)) {
        return message!("这是图片，读不出题目", "this is a picture");
    }
    message!(
        "认不出文件的格式。可用的格式：Excel、CSV、Word（.docx）、文本、JSON、GIFT、Aiken、Moodle XML、QTI",
        "the format of the file is not recognised; it may be Excel, CSV, Word (.docx), text, JSON, GIFT, Aiken, Moodle XML or QTI"
    )
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Write as _};

    use super::*;

    fn compound_with(stream: &str) -> Vec<u8> {
        let mut file = cfb::CompoundFile::create(Cursor::new(Vec::new())).unwrap();
        file.create_stream(stream).unwrap().write_all(b"x").unwrap();
        file.flush().unwrap();
        file.into_inner().into_inner()
    }

    #[test]
    fn compound_files_are_told_apart() {
        for (stream, kind, word) in [
            ("/WordDocument", Compound::Doc, ".docx"),
            ("/EncryptedPackage", Compound::Encrypted, "password"),
            ("/Workbook", Compound::Xls, ".xlsx"),
            ("/Other", Compound::Other, ".xlsx"),
        ] {
            let file = compound_with(stream);
            assert_eq!(compound(&file), Some(kind));
            assert!(unrecognised(&file).to_string().contains(word), "{stream}");
        }
        assert_eq!(compound(&compound_with("/Workbook")[..600]), Some(Compound::Other));
        assert_eq!(compound(b"PK"), None);
    }

    #[test]
    fn what_is_no_bank_is_named() {
        for (file, word) in [
            (&b"%PDF-1.7"[..], "PDF"),
            (b"{\\rtf1", "RTF"),
            (b"MIME-Version: 1.0", "web page"),
            (b"\x89PNG\r\n", "picture"),
            (b"PK\x03\x04cut", "cut off"),
            (b"Rar!\x1A\x07", "archive"),
            (b"<html><body><TABLE>", "web page"),
            (b"\0\x01\x02", "not recognised"),
        ] {
            let told = unrecognised(file).to_string();
            assert!(told.contains(word), "{told}");
        }
    }
}
