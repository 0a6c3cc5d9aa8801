//! Mutations of files: of bytes, of XML that stays well formed, and inside archives.

use std::io::{Cursor, Read as _, Write as _};

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::Rng;
use zip::write::{SimpleFileOptions, ZipWriter};

/// What means something in some format.
const TOKENS: &[&str] = &[
    "{",
    "}",
    "~",
    "=",
    "#",
    "####",
    "->",
    "::",
    "//",
    "$CATEGORY: ",
    "%50%",
    "%-100%",
    "%1e999%",
    "\\",
    "\\n",
    "[html]",
    "[plain]",
    "[markdown]",
    "{T}",
    "{}",
    "{#1:0}",
    "{1:SHORTANSWER:=",
    "{:MC:~%50%",
    "A) ",
    "B. ",
    "ANSWER: ",
    "答案：",
    "答案：ABC",
    "一、单选题",
    "二、判断题（每题2分）",
    "1. ",
    "第1题",
    "（ ）",
    "____",
    "【答案】",
    "解析：",
    "<",
    ">",
    "</text>",
    "<text>",
    "<![CDATA[",
    "]]>",
    "<!--",
    "-->",
    "<question type=\"cloze\">",
    "</question>",
    "<answer fraction=\"100\">",
    "<!DOCTYPE a [<!ENTITY b \"c\">]>",
    "&b;",
    "&#0;",
    "&#x110000;",
    "&nbsp;",
    "<sup>",
    "</sup>",
    "<br>",
    "<pre>",
    "<script>",
    "<table>",
    "\"",
    "'",
    ",",
    ";",
    "\t",
    "\r",
    "\n",
    "\n\n",
    "\u{feff}",
    "\0",
    "|",
    "，",
    "题干",
    "选项A",
    "true",
    "false",
    "正确",
    "√",
    "×",
    "-1",
    "99999999999999999999",
    "1e308",
    "NaN",
    "null",
    "[",
    "]",
    "{\"a\":",
    "questions",
    "_",
    "__",
    "\u{2f00}",
    "<w:p>",
    "</w:p>",
    "<w:t>",
    "<w:br/>",
    "<w:numPr>",
    "<c t=\"s\"><v>9</v></c>",
    "<mergeCell ref=\"A1:XFD1048576\"/>",
    "r=\"ZZZ9999999\"",
    "../",
    "%20",
    "identifier=\"",
    "<simpleChoice identifier=\"A\">",
    "<textEntryInteraction responseIdentifier=\"GAP1\"/>",
    "cardinality=\"ordered\"",
];

/// Longest file that is tried, in bytes.
pub(super) const LONGEST: usize = 64 << 10;

pub(super) struct Mutator {
    pub(super) random: ChaCha8Rng,
}

impl Mutator {
    /// A number below `end`.
    pub(super) fn below(&mut self, end: usize) -> usize {
        (self.random.next_u64() % end.max(1) as u64) as usize
    }

    /// A place between two characters, so that text stays text.
    fn place(&mut self, file: &[u8]) -> usize {
        let mut at = self.below(file.len() + 1);
        while file.get(at).is_some_and(|byte| byte & 0xC0 == 0x80) {
            at += 1;
        }
        at
    }

    /// A range of up to about `longest` bytes.
    fn range(&mut self, file: &[u8], longest: usize) -> std::ops::Range<usize> {
        let start = self.place(file);
        let length = self.below(longest.min(file.len() - start) + 1);
        let mut end = start + length;
        while file.get(end).is_some_and(|byte| byte & 0xC0 == 0x80) {
            end += 1;
        }
        start..end
    }

    pub(super) fn mutate(&mut self, mut file: Vec<u8>, other: &[u8]) -> Vec<u8> {
        let is_xml = file.starts_with(b"<") && self.below(4) > 0;
        for _ in 0..=self.below(5) {
            if is_xml {
                self.mutate_xml(&mut file);
            } else {
                self.mutate_bytes(&mut file, other);
            }
            file.truncate(LONGEST);
        }
        file
    }

    fn mutate_bytes(&mut self, file: &mut Vec<u8>, other: &[u8]) {
        let at = self.place(file);
        let insert = |file: &mut Vec<u8>, content: &[u8]| drop(file.splice(at..at, content.iter().copied()));
        match self.below(16) {
            0 if at < file.len() => file[at] ^= 1 << self.below(8),
            1 => file.truncate(at),
            2..=4 => {
                let range = self.range(file, 64);
                file.drain(range);
            }
            5..=6 => {
                let copied = file[self.range(file, 200)].to_vec();
                insert(file, &copied);
            }
            7..=8 => insert(file, &other[self.range(other, 200)]),
            9 => {
                let times = 1 << self.below(10);
                insert(file, self.token().repeat(times).as_bytes());
            }
            _ => insert(file, self.token().as_bytes()),
        }
    }

    fn token(&mut self) -> &'static str {
        TOKENS[self.below(TOKENS.len())]
    }

    /// Changes XML so that it stays well formed: texts, and whole elements.
    fn mutate_xml(&mut self, file: &mut Vec<u8>) {
        let ends: Vec<usize> = (0..file.len()).filter(|&at| file[at] == b'>').collect();
        let at = ends.get(self.below(ends.len())).map_or(0, |end| end + 1);
        match self.below(4) {
            0 | 1 => {
                let token = self.token().replace('&', "&amp;").replace('<', "&lt;").replace('\0', "");
                file.splice(at..at, token.into_bytes());
            }
            change => {
                let element = element_at(file, at).unwrap_or(at..at);
                if change == 2 {
                    file.drain(element);
                } else {
                    let copied = file[element].to_vec();
                    file.splice(at..at, copied);
                }
            }
        }
    }

    /// Mutates one entry of an archive, so that what is inside is reached; now and then the archive itself.
    pub(super) fn mutate_archive(&mut self, file: &[u8], other: &[u8]) -> Vec<u8> {
        let entries = unpacked(file);
        if entries.is_empty() || self.below(8) == 0 {
            return self.mutate(file.to_vec(), other);
        }
        let chosen = self.below(entries.len());
        let others = unpacked(other);
        let spliced =
            others.get(self.below(others.len())).map(|(_, content)| content.clone()).unwrap_or_default();
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        for (index, (name, content)) in entries.into_iter().enumerate() {
            let content = if index == chosen { self.mutate(content, &spliced) } else { content };
            let options = SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
            writer.start_file(name, options).unwrap();
            writer.write_all(&content).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }
}

/// The first whole element after `from`, if its own name does not stand in it again.
fn element_at(file: &[u8], from: usize) -> Option<std::ops::Range<usize>> {
    let find = |from: usize, wanted: &[u8]| {
        file.get(from..)?.windows(wanted.len()).position(|window| window == wanted).map(|at| from + at)
    };
    let start = find(from, b"<")?;
    let name: Vec<u8> =
        file[start + 1..].iter().copied().take_while(|byte| !b" />\n".contains(byte)).collect();
    let end = [b"</", name.as_slice(), b">"].concat();
    let end = find(start, &end)? + end.len();
    let again = [b"<", name.as_slice()].concat();
    find(start + 1, &again).is_none_or(|at| at > end).then_some(start..end)
}

fn unpacked(file: &[u8]) -> Vec<(String, Vec<u8>)> {
    let Ok(mut archive) = zip::ZipArchive::new(Cursor::new(file)) else {
        return vec![];
    };
    let mut entries = Vec::new();
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).unwrap();
        let mut content = Vec::new();
        entry.read_to_end(&mut content).unwrap();
        entries.push((entry.name().unwrap().into_owned(), content));
    }
    entries
}
