//! Automatic numbers: `1.` and `A.` that Word shows and the text does not hold.

use std::collections::HashMap;

use super::styles::Styles;
use super::xml::{Node, walk};
use crate::domain::message::Message;

/// Levels of a list.
const LEVELS: usize = 9;

#[derive(Clone, Debug, Default)]
struct Level {
    start: Option<u32>,
    format: String,
    text: String,
    /// The level after which it starts anew; 0 is never (`w:lvlRestart`).
    restart: Option<usize>,
}

#[derive(Clone, Debug, Default)]
struct Abstract {
    levels: HashMap<usize, Level>,
    /// The style whose list this one is.
    link: Option<String>,
}

#[derive(Clone, Debug, Default)]
struct List {
    of: String,
    starts: HashMap<usize, u32>,
    levels: HashMap<usize, Level>,
}

/// The lists of a document and how far each has counted.
#[derive(Debug, Default)]
pub(super) struct Numbering {
    abstracts: HashMap<String, Abstract>,
    lists: HashMap<String, List>,
    counts: HashMap<String, [Option<u32>; LEVELS]>,
    started: HashMap<String, [bool; LEVELS]>,
}

impl Numbering {
    /// Reads `numbering.xml`.
    ///
    /// # Errors
    /// It is not well formed.
    pub(super) fn read(part: &str, styles: &Styles) -> Result<Self, Message> {
        let mut numbering = Self::default();
        let (mut abstract_id, mut list_id) = (None::<String>, None::<String>);
        let (mut index, mut level) = (0_usize, None::<Level>);
        walk(part, |node| match node {
            Node::Start(element) => match element.name {
                "abstractNum" => abstract_id = element.attribute("abstractNumId"),
                "num" => list_id = element.attribute("numId"),
                "abstractNumId" => {
                    if let (Some(id), Some(of)) = (&list_id, element.value()) {
                        numbering.lists.entry(id.clone()).or_default().of = of;
                    }
                }
                "numStyleLink" => {
                    if let Some(id) = &abstract_id {
                        numbering.abstracts.entry(id.clone()).or_default().link = element.value();
                    }
                }
                "lvlOverride" | "lvl" => {
                    index = element.attribute("ilvl").and_then(|text| text.parse().ok()).unwrap_or(0);
                    if element.name == "lvl" {
                        level = Some(Level::default());
                    }
                }
                "startOverride" => {
                    if let (Some(id), Some(start)) = (&list_id, number(element.value())) {
                        numbering.lists.entry(id.clone()).or_default().starts.insert(index, start);
                    }
                }
                name => {
                    if let Some(level) = &mut level {
                        match name {
                            "start" => level.start = number(element.value()),
                            "numFmt" => level.format = element.value().unwrap_or_default(),
                            "lvlText" => level.text = element.value().unwrap_or_default(),
                            "lvlRestart" => level.restart = number(element.value()).map(|n| n as usize),
                            _ => {}
                        }
                    }
                }
            },
            Node::End(_, "lvl") => {
                if let Some(level) = level.take() {
                    match (&list_id, &abstract_id) {
                        (Some(id), _) => {
                            numbering.lists.entry(id.clone()).or_default().levels.insert(index, level);
                        }
                        (None, Some(id)) => {
                            numbering.abstracts.entry(id.clone()).or_default().levels.insert(index, level);
                        }
                        _ => {}
                    }
                }
            }
            Node::End(_, "abstractNum") => abstract_id = None,
            Node::End(_, "num") => list_id = None,
            Node::End(..) | Node::Text(_) => {}
        })?;
        numbering.follow_links(styles);
        Ok(numbering)
    }

    fn follow_links(&mut self, styles: &Styles) {
        let linked: Vec<(String, String)> = self
            .abstracts
            .iter()
            .filter_map(|(id, list)| Some((id.clone(), list.link.clone()?)))
            .filter_map(|(id, style)| {
                let list = styles.list(&style)?.0;
                Some((id, self.lists.get(&list)?.of.clone()))
            })
            .collect();
        for (id, target) in linked {
            if let Some(levels) = self.abstracts.get(&target).map(|list| list.levels.clone())
                && let Some(list) = self.abstracts.get_mut(&id)
            {
                list.levels = levels;
            }
        }
    }

    fn level<'a>(&'a self, list: &'a List, index: usize) -> Option<&'a Level> {
        list.levels.get(&index).or_else(|| self.abstracts.get(&list.of)?.levels.get(&index))
    }

    /// Counts on for a paragraph of list `id` at level `index`, and gives what Word shows before it; empty
    /// for a bullet.
    pub(super) fn next(&mut self, id: &str, index: usize) -> String {
        if index >= LEVELS {
            return String::new();
        }
        let Some(list) = self.lists.get(id).cloned() else { return String::new() };
        let Some(level) = self.level(&list, index).cloned() else { return String::new() };
        let mut counts = self.counts.get(&list.of).copied().unwrap_or_default();
        let started = self.started.entry(id.to_owned()).or_default();
        let overriding = list.starts.get(&index).copied();
        let fresh = started.get(index).is_some_and(|started| !started);
        if let Some(started) = started.get_mut(index) {
            *started = true;
        }
        let start = overriding.or(level.start).unwrap_or(1);
        if let Some(count) = counts.get_mut(index) {
            *count = match *count {
                _ if fresh && overriding.is_some() => Some(start),
                Some(count) => Some(count.saturating_add(1)),
                None => Some(start),
            };
        }
        for deeper in index + 1..LEVELS {
            let restart = self.level(&list, deeper).and_then(|level| level.restart);
            // A level starts anew after any higher one, unless it says after which.
            if restart.is_none_or(|after| after != 0 && index < after)
                && let Some(count) = counts.get_mut(deeper)
            {
                *count = None;
            }
        }
        self.counts.insert(list.of.clone(), counts);
        if matches!(level.format.as_str(), "bullet" | "none") {
            return String::new();
        }
        let mut shown = String::new();
        let mut characters = level.text.chars();
        while let Some(character) = characters.next() {
            let place =
                (character == '%').then(|| characters.clone().next().and_then(|c| c.to_digit(10))).flatten();
            match place.and_then(|place| usize::try_from(place).ok()).and_then(|place| place.checked_sub(1)) {
                Some(place) if place < LEVELS => {
                    characters.next();
                    let of = self.level(&list, place);
                    let count = counts
                        .get(place)
                        .copied()
                        .flatten()
                        .or(of.and_then(|level| level.start))
                        .unwrap_or(1);
                    shown.push_str(&written(count, of.map_or("decimal", |level| level.format.as_str())));
                }
                _ => shown.push(character),
            }
        }
        shown
    }
}

fn number(text: Option<String>) -> Option<u32> {
    text?.parse().ok()
}

/// A number in one of the formats of `w:numFmt` (ISO/IEC 29500-1, 17.18.59); decimal for those that no
/// Chinese paper uses.
fn written(number: u32, format: &str) -> String {
    let alone = |base: u32, most: u32| {
        (1..=most).contains(&number).then(|| char::from_u32(base + number - 1)).flatten().map(String::from)
    };
    let plain = || number.to_string();
    match format {
        "upperLetter" => letters(number, b'A'),
        "lowerLetter" => letters(number, b'a'),
        "upperRoman" => roman(number),
        "lowerRoman" => roman(number).to_lowercase(),
        "decimalZero" => format!("{number:02}"),
        "decimalEnclosedCircle" | "decimalEnclosedCircleChinese" => alone(0x2460, 20).unwrap_or_else(plain),
        "decimalEnclosedParen" => format!("({number})"),
        "decimalEnclosedFullstop" => format!("{number}."),
        "chineseCounting"
        | "chineseCountingThousand"
        | "chineseLegalSimplified"
        | "ideographDigital"
        | "japaneseCounting"
        | "japaneseDigitalTenThousand"
        | "taiwaneseCounting"
        | "taiwaneseCountingThousand"
        | "koreanCounting" => chinese(number),
        "ideographTraditional" => "甲乙丙丁戊己庚辛壬癸"
            .chars()
            .nth(usize::try_from(number).unwrap_or(0).wrapping_sub(1))
            .map_or_else(plain, String::from),
        _ => plain(),
    }
}

fn letters(number: u32, first: u8) -> String {
    let Some(index) = number.checked_sub(1) else { return String::new() };
    let letter = char::from(first.saturating_add(u8::try_from(index % 26).unwrap_or(0)));
    // Word doubles the letter after Z: AA, BB.
    std::iter::repeat_n(letter, usize::try_from(index / 26 + 1).unwrap_or(1).min(10)).collect()
}

fn roman(number: u32) -> String {
    const PARTS: [(u32, &str); 13] = [
        (1000, "M"),
        (900, "CM"),
        (500, "D"),
        (400, "CD"),
        (100, "C"),
        (90, "XC"),
        (50, "L"),
        (40, "XL"),
        (10, "X"),
        (9, "IX"),
        (5, "V"),
        (4, "IV"),
        (1, "I"),
    ];
    let mut rest = number.min(3999);
    let mut written = String::new();
    for (value, sign) in PARTS {
        while rest >= value {
            written.push_str(sign);
            rest -= value;
        }
    }
    written
}

fn chinese(number: u32) -> String {
    let digit = |digit: u32| "零一二三四五六七八九".chars().nth(digit as usize).unwrap_or('零');
    match number {
        0..=9 => digit(number).to_string(),
        10..=99 => {
            let mut written = String::new();
            if number >= 20 {
                written.push(digit(number / 10));
            }
            written.push('十');
            if !number.is_multiple_of(10) {
                written.push(digit(number % 10));
            }
            written
        }
        100..=999 => {
            let rest = number % 100;
            let tail = match rest {
                0 => String::new(),
                1..=9 => format!("零{}", digit(rest)),
                10..=19 => format!("一{}", chinese(rest)),
                _ => chinese(rest),
            };
            format!("{}百{tail}", digit(number / 100))
        }
        _ => number.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const W: &str = "xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\"";

    #[test]
    fn numbers_are_written_as_word_writes_them() {
        for (number, format, text) in [
            (3, "decimal", "3"),
            (1, "upperLetter", "A"),
            (27, "upperLetter", "AA"),
            (4, "lowerRoman", "iv"),
            (3, "chineseCounting", "三"),
            (10, "chineseCountingThousand", "十"),
            (21, "japaneseCounting", "二十一"),
            (110, "chineseCounting", "一百一十"),
            (105, "chineseCounting", "一百零五"),
            (2, "decimalEnclosedCircle", "②"),
            (2, "ideographTraditional", "乙"),
            (7, "thaiNumbers", "7"),
        ] {
            assert_eq!(written(number, format), text);
        }
    }

    #[test]
    fn levels_count_and_start_anew() {
        let part = format!(
            "<w:numbering {W}><w:abstractNum w:abstractNumId=\"0\">\
             <w:lvl w:ilvl=\"0\"><w:start w:val=\"1\"/><w:numFmt w:val=\"decimal\"/><w:lvlText w:val=\"%1.\"/></w:lvl>\
             <w:lvl w:ilvl=\"1\"><w:start w:val=\"1\"/><w:numFmt w:val=\"upperLetter\"/><w:lvlText w:val=\"%2.\"/></w:lvl>\
             <w:lvl w:ilvl=\"2\"><w:start w:val=\"1\"/><w:numFmt w:val=\"decimal\"/><w:lvlText w:val=\"%1-%3\"/></w:lvl></w:abstractNum>\
             <w:num w:numId=\"1\"><w:abstractNumId w:val=\"0\"/></w:num>\
             <w:num w:numId=\"2\"><w:abstractNumId w:val=\"0\"/><w:lvlOverride w:ilvl=\"0\"><w:startOverride w:val=\"5\"/></w:lvlOverride></w:num>\
             </w:numbering>"
        );
        let mut numbering = Numbering::read(&part, &Styles::default()).unwrap();
        let shown: Vec<String> = [
            ("1", 0),
            ("1", 1),
            ("1", 1),
            ("1", 0),
            ("1", 1),
            ("1", 2),
            ("2", 0),
            ("2", 0),
            ("9", 0),
            ("1", 12),
        ]
        .into_iter()
        .map(|(id, level)| numbering.next(id, level))
        .collect();
        assert_eq!(shown, ["1.", "A.", "B.", "2.", "A.", "2-1", "5.", "6.", "", ""]);
    }
}
