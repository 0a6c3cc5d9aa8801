//! The text of a file whose encoding nobody states.

use encoding_rs::{Encoding, GB18030, UTF_16BE, UTF_16LE};

use crate::domain::message::Message;
use crate::message;

/// The text of a file in UTF-8 (with or without byte order mark), UTF-16 or GBK/GB18030.
///
/// # Errors
/// The file is no text, is in another encoding or is damaged; with the line where UTF-8 breaks off.
pub fn text(file: &[u8]) -> Result<String, Message> {
    if let Some((encoding, mark)) = Encoding::for_bom(file) {
        let rest = file.get(mark..).unwrap_or_default();
        let (text, faulty) = encoding.decode_without_bom_handling(rest);
        if faulty {
            let (name, line) = (encoding.name(), line_of_fault(&text));
            return Err(message!(
                "文件标明是 {name} 编码，但第 {line} 行有损坏的字节，请重新保存后再上传",
                "the file says that it is {name}, but line {line} has broken bytes; save it anew"
            ));
        }
        return printable(text.into_owned());
    }
    if let Some(encoding) = utf_16_without_mark(file) {
        let (text, faulty) = encoding.decode_without_bom_handling(file);
        if !faulty {
            return printable(text.into_owned());
        }
    }
    match std::str::from_utf8(file) {
        Ok(text) => printable(text.to_owned()),
        Err(fault) if is_damaged_utf_8(file) => {
            let before = file.get(..fault.valid_up_to()).unwrap_or_default();
            let line = before.iter().filter(|&&byte| byte == b'\n').count() + 1;
            Err(message!(
                "第 {line} 行有损坏的字节（UTF-8 编码），请重新保存后再上传",
                "line {line} has broken bytes (UTF-8); save the file anew"
            ))
        }
        Err(_) => {
            let (text, faulty) = GB18030.decode_without_bom_handling(file);
            if faulty {
                let line = line_of_fault(&text);
                return Err(message!(
                    "文件既不是 UTF-8 也不是 GBK 编码（第 {line} 行），请另存为 UTF-8",
                    "the file is neither UTF-8 nor GBK (line {line}); save it as UTF-8"
                ));
            }
            printable(text.into_owned())
        }
    }
}

fn line_of_fault(text: &str) -> usize {
    let before = text.split('\u{FFFD}').next().unwrap_or_default();
    before.matches('\n').count() + 1
}

/// A text has no NUL and hardly any other control characters.
fn printable(text: String) -> Result<String, Message> {
    let odd =
        text.chars().filter(|&c| c.is_control() && !matches!(c, '\t' | '\n' | '\r' | '\u{B}' | '\u{C}'));
    let odd = odd.count();
    if text.contains('\0') || odd * 50 > text.chars().count() {
        return Err(message!("这不是文本文件", "this is not a text file"));
    }
    Ok(text)
}

/// Whether bytes that are not UTF-8 nearly are: most of their non-ASCII bytes form UTF-8 sequences, which
/// GBK text does only by chance.
fn is_damaged_utf_8(file: &[u8]) -> bool {
    let (mut whole, mut broken) = (0_usize, 0_usize);
    for chunk in file.utf8_chunks() {
        whole += chunk.valid().chars().filter(|character| character.len_utf8() > 2).count() * 3;
        broken += chunk.invalid().len();
    }
    whole > broken * 4
}

/// UTF-16 of either byte order, where it reads as Chinese or ASCII and the other order does not: with its
/// bytes swapped a Chinese text has hardly a Chinese character left.
fn utf_16_without_mark(file: &[u8]) -> Option<&'static Encoding> {
    if !file.len().is_multiple_of(2) || !file.contains(&0) {
        return None;
    }
    let usual = |encoding: &'static Encoding| {
        let (text, faulty) = encoding.decode_without_bom_handling(file);
        let (mut usual, mut all) = (0_usize, 0_usize);
        for character in text.chars() {
            all += 1;
            let known = matches!(character, '\t' | '\n' | '\r' | ' '..='~' | '\u{3000}'..='\u{303F}'
                | '\u{3400}'..='\u{9FFF}' | '\u{2000}'..='\u{206F}' | '\u{FF00}'..='\u{FFEF}');
            usual += usize::from(known);
        }
        if faulty || usual * 10 < all * 9 { 0 } else { usual }
    };
    let (little, big) = (usual(UTF_16LE), usual(UTF_16BE));
    match little.cmp(&big) {
        std::cmp::Ordering::Greater => Some(UTF_16LE),
        std::cmp::Ordering::Less => Some(UTF_16BE),
        std::cmp::Ordering::Equal => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utf_16(text: &str, bytes: impl Fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(bytes).collect()
    }

    #[test]
    fn one_text_in_every_encoding_reads_the_same() {
        let plain = "1. 中国共产党成立于哪一年？（  ）\r\nA. 1921 B. 1949\r\n答案：A　㐀𠀀";
        let (gbk, _, _) = GB18030.encode(plain);
        let marked = format!("\u{FEFF}{plain}");
        for file in [
            plain.as_bytes().to_vec(),
            marked.as_bytes().to_vec(),
            gbk.into_owned(),
            utf_16(plain, u16::to_le_bytes),
            utf_16(plain, u16::to_be_bytes),
            utf_16(&marked, u16::to_le_bytes),
            utf_16(&marked, u16::to_be_bytes),
        ] {
            assert_eq!(text(&file).unwrap(), plain);
        }
        assert_eq!(text(b"").unwrap(), "");
    }

    #[test]
    fn what_is_no_text_or_is_damaged_is_refused() {
        let cut = "第一行\n第二行的字很多很多很多很多".as_bytes();
        let cut = &cut[..cut.len() - 1];
        assert!(text(cut).unwrap_err().to_string().contains("line 2"));
        for file in
            [&b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"[..], b"\xFF\xFF\xFF\xFF", b"a\0b\0\0c", b"\xEF\xBB\xBF\xFF"]
        {
            assert!(text(file).is_err(), "{file:?}");
        }
    }
}
