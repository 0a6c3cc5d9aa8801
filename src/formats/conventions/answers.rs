//! Answers as people write them.

use super::fold;
use crate::domain::question::{MOST_OPTIONS, gaps_shown, letter};

/// The option letters that `text` names: `ABD`, `A,B,D`, `A、B、D`, `A;C`, `A|C`, `A/C`, `A-D`; 全选 of
/// `options` options. `None` when it is something else.
pub fn letters(text: &str, options: usize) -> Option<Vec<String>> {
    let word = fold::word(text).to_uppercase();
    let word = fold::bare(&word);
    let word =
        ["选项", "应选", "故选", "选"].iter().find_map(|prefix| word.strip_prefix(prefix)).unwrap_or(word);
    if matches!(word, "全选" | "全部" | "ALL" | "全") && options > 0 {
        return Some((0..options.min(MOST_OPTIONS)).map(letter).collect());
    }
    let mut letters: Vec<String> = Vec::new();
    let mut ranges = false;
    for character in word.chars() {
        match character {
            'A'..='Z' if ranges => {
                let from = letters.last().and_then(|letter| letter.chars().next())?;
                let between = (from..=character).skip(1);
                letters.extend(between.map(String::from));
                if from >= character {
                    return None;
                }
                ranges = false;
            }
            'A'..='Z' => letters.push(character.to_string()),
            '-' | '~' | '–' | '—' | '～' | '至' | '到' if !letters.is_empty() && !ranges => {
                ranges = true;
            }
            ',' | '、' | ';' | '|' | '/' | '.' | '。' | '，' | '；' | '&' | '+' | '和' | '与' | '及'
            | '·' | '(' | ')' | '\\' => {}
            _ => return None,
        }
    }
    (!letters.is_empty() && !ranges && letters.len() <= 2 * MOST_OPTIONS).then_some(letters)
}

/// What stands inside the brackets of a text, with the place of the brackets in bytes.
fn brackets(text: &str) -> Vec<(usize, usize, &str)> {
    let mut found = Vec::new();
    let mut open = None;
    for (at, character) in text.char_indices() {
        match character {
            '(' | '（' | '[' | '【' | '〔' => open = Some((at, character)),
            ')' | '）' | ']' | '】' | '〕' => {
                if let Some((from, opening)) = open.take() {
                    let inside = text.get(from + opening.len_utf8()..at).unwrap_or_default();
                    found.push((from, at + character.len_utf8(), inside));
                }
            }
            '\n' => open = None,
            _ => {}
        }
    }
    found
}

/// The letters in the last pair of brackets of a stem that holds letters of its options, and the stem with
/// these brackets empty.
pub fn letters_in_stem(stem: &str, options: usize) -> Option<(String, String)> {
    let last = brackets(stem).into_iter().rev().find(|(_, _, inside)| {
        let plain = inside.chars().all(|c| c.is_ascii_uppercase() || " ,，、;；/".contains(c));
        plain
            && letters(inside, options).is_some_and(|letters| {
                letters.iter().all(|word| (0..options).any(|position| letter(position) == *word))
            })
    });
    let (from, to, inside) = last?;
    let (before, after) = (stem.get(..from)?, stem.get(to..)?);
    Some((inside.trim().to_owned(), format!("{before}（  ）{after}")))
}

/// The judgement at the end of a statement, in brackets or as a bare √ or ×, and the statement without it.
pub fn judgement_in_stem(stem: &str) -> Option<(String, String)> {
    let stem = stem.trim();
    if let Some(&(from, to, inside)) = brackets(stem).last()
        && fold::bare(stem.get(to..)?).is_empty()
        && super::words::judgement(inside).is_some()
        && !inside.contains(['0', '1'])
    {
        let rest = format!("{}{}", stem.get(..from)?.trim_end(), stem.get(to..)?.trim());
        return Some((inside.trim().to_owned(), rest));
    }
    let last = stem.chars().next_back().filter(|c| "√×✓✔✗✘✕✖☑☒".contains(*c))?;
    Some((last.to_string(), stem.strip_suffix(last)?.trim_end().to_owned()))
}

/// A statement without the empty brackets for √ or × at its end.
pub fn without_empty_brackets(stem: &str) -> String {
    let stem = stem.trim();
    match brackets(stem).last() {
        Some(&(from, to, inside)) if inside.trim().is_empty() => {
            let (before, after) = (stem.get(..from).unwrap_or_default(), stem.get(to..).unwrap_or_default());
            if fold::bare(after).is_empty() && !before.trim().is_empty() {
                format!("{}{}", before.trim_end(), after.trim())
            } else {
                stem.to_owned()
            }
        }
        _ => stem.to_owned(),
    }
}

/// Whether a stem shows brackets or underscores that may be gaps.
pub fn shows_gaps(stem: &str) -> bool {
    gaps_shown(&with_gaps(stem)) > 0
}

/// A stem whose gaps are written `____`: empty brackets `（ ）` and `【】` become that.
pub fn with_gaps(stem: &str) -> String {
    let mut written = String::with_capacity(stem.len());
    let mut done = 0;
    for (from, to, inside) in brackets(stem) {
        let underscores = inside.chars().filter(|&character| character == '_').count();
        if inside.chars().all(char::is_whitespace)
            || (underscores > 1 && fold::bare(inside).trim_matches('_').is_empty())
        {
            written.push_str(stem.get(done..from).unwrap_or_default());
            written.push_str("____");
            done = to;
        }
    }
    written.push_str(stem.get(done..).unwrap_or_default());
    written
}

/// What a text for several gaps was read as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gaps {
    /// One entry a gap, alternatives parted by `|`.
    pub key: Vec<String>,
    /// Whether the separator is another than `;` or a line end, so that it had to be guessed.
    pub guessed: bool,
}

/// The answers to a stem with `shown` gaps (0: it shows none): parted by `;`, by lines, or else by the first
/// other separator that yields as many as there are gaps.
pub fn gaps(text: &str, shown: usize) -> Gaps {
    let text = text.trim();
    let clean = |parts: Vec<&str>| -> Vec<String> {
        let mut parts: Vec<String> = parts.into_iter().map(alternatives).collect();
        if parts.last().is_some_and(String::is_empty) {
            parts.pop();
        }
        parts
    };
    let lines = clean(text.split('\n').collect());
    let usual = if lines.len() > 1 && lines.len() == shown {
        lines
    } else {
        clean(text.split([';', '；', '\n']).collect())
    };
    if shown == 0 || usual.len() == shown {
        return Gaps { key: usual, guessed: false };
    }
    if usual.len() == 1 && shown > 1 {
        for separator in [&['、'][..], &['，', ','], &['\t'], &['/'], &['$'], &['|'], &[' ']] {
            let parts = text.split(|character| separator.contains(&character));
            let parts: Vec<&str> = parts.map(str::trim).filter(|part| !part.is_empty()).collect();
            if parts.len() == shown {
                return Gaps { key: clean(parts), guessed: true };
            }
        }
        if let Some(parts) = numbered(text)
            && parts.len() == shown
        {
            return Gaps { key: clean(parts), guessed: true };
        }
    }
    Gaps { key: usual.iter().map(|part| unnumbered(part).to_owned()).collect(), guessed: false }
}

/// The alternatives of one gap, in the one written form.
fn alternatives(text: &str) -> String {
    let parts: Vec<&str> = text.split(['|', '｜']).map(str::trim).collect();
    parts.join("|")
}

/// `①甲②乙` and `（1）甲（2）乙` taken apart.
fn numbered(text: &str) -> Option<Vec<&str>> {
    let mut parts = Vec::new();
    let mut rest = text;
    for number in 1..=10_u32 {
        let Some((at, length)) = number_at(rest, number) else { break };
        if number == 1 && at > 0 {
            return None;
        }
        if number > 1 {
            parts.push(rest.get(..at)?.trim());
        }
        rest = rest.get(at + length..)?;
    }
    parts.push(rest.trim());
    (parts.len() > 1).then_some(parts)
}

/// The forms of a number before an answer.
fn number_at(text: &str, number: u32) -> Option<(usize, usize)> {
    let circled = char::from_u32(0x245F + number)?.to_string();
    [
        circled,
        format!("({number})"),
        format!("（{number}）"),
        format!("{number}、"),
        format!("{number}．"),
        format!("{number}."),
    ]
    .iter()
    .find_map(|form| text.find(form.as_str()).map(|at| (at, form.len())))
}

fn unnumbered(part: &str) -> &str {
    let part = part.trim();
    let rest = part.trim_start_matches(|character: char| ('①'..='⑩').contains(&character));
    if rest.trim().is_empty() { part } else { rest.trim() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_in_every_usual_form() {
        for (text, wanted) in [
            ("ABD", "ABD"),
            ("A,B,D", "ABD"),
            ("A、B、D", "ABD"),
            ("A;C", "AC"),
            ("A|C", "AC"),
            ("A/C", "AC"),
            ("A-D", "ABCD"),
            ("A～C、E", "ABCE"),
            ("A B D", "ABD"),
            ("Ａ，Ｂ", "AB"),
            ("（B）", "B"),
            ("b。", "B"),
            ("全选", "ABCD"),
            ("选A", "A"),
            ("A至C", "ABC"),
            ("AA", "AA"),
        ] {
            assert_eq!(letters(text, 4).map(|letters| letters.concat()).as_deref(), Some(wanted), "{text}");
        }
        for text in ["", "对", "A-", "D-A", "-A", "北京", "1", "A. 北京"] {
            assert_eq!(letters(text, 4), None, "{text}");
        }
    }

    #[test]
    fn answers_inside_the_stem() {
        let found = letters_in_stem("（2021年）首都是（ B ）。", 4).unwrap();
        assert_eq!(found, ("B".into(), "（2021年）首都是（  ）。".into()));
        assert_eq!(letters_in_stem("维生素（E）", 4), None);
        assert_eq!(judgement_in_stem("地球是圆的。（√）"), Some(("√".into(), "地球是圆的。".into())));
        assert_eq!(judgement_in_stem("地球是圆的（对）。"), Some(("对".into(), "地球是圆的。".into())));
        assert_eq!(judgement_in_stem("地球是圆的。×"), Some(("×".into(), "地球是圆的。".into())));
        assert_eq!(judgement_in_stem("地球（对）是圆的"), None);
        assert_eq!(judgement_in_stem("编号（1）"), None);
        assert_eq!(without_empty_brackets("地球是圆的。（  ）"), "地球是圆的。");
        assert_eq!(without_empty_brackets("（ ）"), "（ ）");
    }

    #[test]
    fn gaps_are_written_one_way_and_their_answers_found() {
        assert_eq!(with_gaps("由（　）和【】及( ___ )组成(是)____"), "由____和____及____组成(是)____");
        for (text, shown, key, guessed) in [
            ("甲|乙;丙", 2, vec!["甲|乙", "丙"], false),
            ("甲；乙；", 2, vec!["甲", "乙"], false),
            ("甲\n乙；丙", 2, vec!["甲", "乙；丙"], false),
            ("甲、乙", 2, vec!["甲", "乙"], true),
            ("甲 乙", 2, vec!["甲", "乙"], true),
            ("①甲②乙", 2, vec!["甲", "乙"], true),
            ("甲、乙", 1, vec!["甲、乙"], false),
            ("甲、乙", 3, vec!["甲、乙"], false),
            ("甲", 0, vec!["甲"], false),
            ("甲;乙", 1, vec!["甲", "乙"], false),
        ] {
            let found = gaps(text, shown);
            assert_eq!(
                (found.key, found.guessed),
                (key.iter().map(|&t| t.to_owned()).collect(), guessed),
                "{text}"
            );
        }
    }
}
