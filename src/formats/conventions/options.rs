//! Options that stand in one text: `A. … B. … C. …`, on one line or many.

use crate::domain::question::{MOST_OPTIONS, letter};

/// A text taken apart at its option letters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Split {
    /// What stands before the first option.
    pub before: String,
    /// The options, from A on.
    pub options: Vec<String>,
    /// A letter that comes out of turn, where `A. … B. … D. …` skips or repeats one.
    pub out_of_turn: Option<char>,
}

/// How an option letter is set off from the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Mark {
    /// Which letter, from 0.
    letter: usize,
    /// Where it begins and where its option's text begins, in bytes.
    begin: usize,
    end: usize,
    /// It begins a line.
    at_line: bool,
    /// White space or a line end stands before it: what a person sets off on purpose.
    apart: bool,
    /// The sign after the letter; `)` also for `(A)`, a space for none.
    sign: char,
}

/// The sign of a letter that touches its option: `A甲`.
const NO_SIGN: char = '\0';

fn is_blank(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\u{3000}')
}

fn option_sign(character: char) -> Option<char> {
    match character {
        '.' | '．' => Some('.'),
        '、' => Some('、'),
        ':' | '：' => Some(':'),
        ')' | '）' | ']' | '】' | '〕' => Some(')'),
        ',' | '，' => Some(','),
        _ => None,
    }
}

/// Every letter of `text` that may begin an option.
fn marks(text: &str) -> Vec<Mark> {
    let characters: Vec<(usize, char)> = text.char_indices().collect();
    let at = |index: usize| characters.get(index).map(|&(_, character)| character);
    let byte = |index: usize| characters.get(index).map_or(text.len(), |&(byte, _)| byte);
    let mut marks = Vec::new();
    for (index, &(_, character)) in characters.iter().enumerate() {
        if !character.is_ascii_uppercase() {
            continue;
        }
        let mut first = index;
        let mut last = index + 1;
        let opened = index.checked_sub(1).and_then(at).is_some_and(|c| "(（[【〔".contains(c));
        while at(last).is_some_and(is_blank) && at(last + 1).and_then(option_sign).is_some() {
            last += 1;
        }
        let sign = at(last).and_then(option_sign);
        if opened {
            if sign != Some(')') {
                continue;
            }
            first -= 1;
        }
        let mut before = first;
        while before.checked_sub(1).and_then(at).is_some_and(is_blank) {
            before -= 1;
        }
        let at_line = before == 0 || before.checked_sub(1).and_then(at) == Some('\n');
        let apart = at_line || before < first;
        let previous = first.checked_sub(1).and_then(at);
        if previous.is_some_and(|c| c.is_ascii_alphanumeric() || "-+*/=<>&_.'’".contains(c)) {
            continue;
        }
        let sign = match sign {
            // `A.M.`, `U.S.`, `B.1` of a formula: an ASCII letter right behind a full stop is no option
            // inside a line.
            Some('.')
                if !apart
                    && at(last + 1).is_some_and(|c| c.is_ascii_alphanumeric())
                    && previous.is_some_and(|c| c.is_ascii()) =>
            {
                continue;
            }
            Some(sign) => {
                last += 1;
                sign
            }
            None if at_line && at(last).is_some_and(is_blank) => ' ',
            None if apart && at(last).is_some_and(|c| ('\u{3400}'..='\u{9FFF}').contains(&c)) => NO_SIGN,
            None => continue,
        };
        let letter = usize::try_from(u32::from(character) - u32::from('A')).unwrap_or(MOST_OPTIONS);
        marks.push(Mark { letter, begin: byte(first), end: byte(last), at_line, apart, sign });
    }
    marks
}

/// The run of marks A, B, C … that begins with the mark at `start`. Letters that are set off win over ones
/// that touch the text before them, which count only with the sign of the first.
fn run(marks: &[Mark], start: usize) -> Vec<Mark> {
    let Some(&first) = marks.get(start) else { return vec![] };
    let fits = |mark: &Mark| {
        // A letter without any sign is an option only in the company of its like.
        (mark.sign == ' ') == (first.sign == ' ')
            && (mark.sign == NO_SIGN) == (first.sign == NO_SIGN)
            && if mark.apart {
                mark.at_line || mark.sign == first.sign || mark.sign == '.'
            } else {
                mark.sign == first.sign && ".、)".contains(mark.sign)
            }
    };
    let mut run = vec![first];
    let mut from = start + 1;
    while let Some(last) = run.last().copied() {
        let rest = marks.get(from..).unwrap_or_default();
        let wanted = |mark: &&Mark| mark.letter == last.letter + 1 && fits(mark);
        let apart = rest.iter().position(|mark| wanted(&mark) && mark.apart);
        // A letter that is set off ends the search only if no later letter of the run comes before it.
        let touching = rest.iter().position(|mark| wanted(&mark));
        let next = match (apart, touching) {
            (Some(apart), Some(touching)) if touching < apart => {
                let between = rest.get(touching..apart).unwrap_or_default();
                let goes_on = between.iter().any(|mark| mark.letter == last.letter + 2 && fits(mark));
                let line_breaks = first.at_line && rest.get(apart).is_some_and(|mark| mark.at_line);
                if goes_on && !line_breaks { touching } else { apart }
            }
            (Some(apart), _) => apart,
            (None, Some(touching)) => touching,
            (None, None) => break,
        };
        let Some(&mark) = rest.get(next) else { break };
        run.push(mark);
        from += next + 1;
    }
    run
}

/// Takes the options out of `text`; `None` when it has not at least A and B.
pub fn split(text: &str) -> Option<Split> {
    let marks = marks(text);
    let starts = marks
        .iter()
        .enumerate()
        .filter(|(_, mark)| mark.letter == 0 && (mark.sign != NO_SIGN || mark.at_line));
    let mut best: Vec<Mark> = Vec::new();
    // The longest run wins; of equal ones that which begins a line, then the later: a stem may speak of
    // “A.” too.
    for (index, mark) in starts {
        let found = run(&marks, index);
        let better =
            (found.len(), mark.at_line) >= (best.len(), best.first().is_some_and(|first| first.at_line));
        if found.len() >= 2 && better {
            best = found;
        }
    }
    let first = *best.first()?;
    let ends = best.iter().skip(1).map(|mark| mark.begin).chain([text.len()]);
    let texts: Vec<&str> =
        best.iter().zip(ends).map(|(mark, end)| text.get(mark.end..end).unwrap_or_default()).collect();
    let out_of_turn = marks.iter().find(|mark| {
        let Some(own) = best.iter().rposition(|taken| taken.begin <= mark.begin) else { return false };
        let taken = best.iter().any(|taken| taken.begin == mark.begin);
        let near = mark.letter <= own + 2;
        !taken
            && near
            && ![' ', NO_SIGN].contains(&mark.sign)
            && (mark.at_line
                || (mark.apart && mark.sign == first.sign && mark.letter == own + 2 && own + 1 == best.len()))
    });
    Some(Split {
        before: text.get(..first.begin).unwrap_or_default().trim().to_owned(),
        options: texts.into_iter().map(clean).collect(),
        out_of_turn: out_of_turn.and_then(|mark| letter(mark.letter).chars().next()),
    })
}

/// An option without the white space and the separator that may stand between it and the next.
fn clean(option: &str) -> String {
    let option = option.trim();
    let option = option.strip_suffix("$;$").or_else(|| option.strip_suffix('|')).unwrap_or(option);
    option.trim().to_owned()
}

/// The options of a cell that holds all of them: lettered, or one a line, or parted by `|` or `$;$`.
///
/// # Errors
/// The letter that comes out of turn.
pub fn cell(text: &str) -> Result<Vec<String>, char> {
    if let Some(split) = split(text)
        && split.before.is_empty()
    {
        return match split.out_of_turn {
            Some(letter) => Err(letter),
            None => Ok(split.options),
        };
    }
    let parts: Vec<&str> = if text.contains("$;$") {
        text.split("$;$").collect()
    } else if text.trim().contains('\n') {
        text.trim().lines().collect()
    } else if text.contains('|') {
        text.split('|').collect()
    } else {
        text.split([';', '；']).collect()
    };
    let parts = parts.into_iter().map(str::trim).filter(|part| !part.is_empty());
    // `A-甲|B-乙`: lettered with a dash.
    let parts: Vec<&str> = parts.collect();
    let dashed = parts.iter().enumerate().all(|(index, part)| {
        part.strip_prefix(&letter(index)).is_some_and(|rest| rest.starts_with(['-', '－', '—', ' ']))
    });
    let parts = parts.into_iter();
    Ok(if dashed {
        parts.map(|part| part.chars().skip(2).collect::<String>().trim().to_owned()).collect()
    } else {
        parts.map(str::to_owned).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split_of(text: &str) -> Option<(String, Vec<String>)> {
        split(text).map(|split| (split.before, split.options))
    }

    #[test]
    fn options_on_one_line_or_many() {
        for text in [
            "题干（ ）\nA. 甲\nB. 乙\nC. 丙",
            "题干（ ）\nA、甲 B、乙 C、丙",
            "题干（ ）A．甲  B．乙\nC．丙",
            "题干（ ）\nA.甲B.乙C.丙",
            "题干（ ）\n（A）甲 （B）乙 （C）丙",
            "题干（ ）\n(A)甲(B)乙(C)丙",
            "题干（ ）\nA) 甲\nB) 乙\nC) 丙",
            "题干（ ）\nA：甲\nB：乙\nC：丙",
            "题干（ ）\nA 甲\nB 乙\nC 丙",
            "题干（ ）\nA甲\nB乙\nC丙",
            "题干（ ）\nA甲 B乙 C丙",
            "题干（ ）\n  A. 甲\n\n  B、乙\n  C．丙",
            "题干（ ）\nA. 甲\tB. 乙\tC. 丙",
            "题干（ ） A.甲；B.乙；C.丙",
        ] {
            let (before, options) = split_of(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(before, "题干（ ）", "{text}");
            let options: Vec<&str> = options.iter().map(|option| option.trim_end_matches('；')).collect();
            assert_eq!(options, ["甲", "乙", "丙"], "{text}");
        }
    }

    #[test]
    fn words_and_formulas_are_no_options() {
        for text in [
            "A big tree",
            "U.S.A. B.C.",
            "维生素A、维生素B",
            "若 A=B，则 B=A",
            "A. 只有一个",
            "没有选项",
            "x+A. y-B.",
        ] {
            assert_eq!(split_of(text), None, "{text}");
        }
        let (before, options) =
            split_of("The letter A stands for?\nA. A big apple\nB. Vitamin A and B\nC. A.M. or B.C.")
                .unwrap();
        assert_eq!(before, "The letter A stands for?");
        assert_eq!(options, ["A big apple", "Vitamin A and B", "A.M. or B.C."]);
        let (_, options) = split_of("哪个对？\nA、方案A、方案B\nB、方案B、方案C\nC、都不对").unwrap();
        assert_eq!(options, ["方案A、方案B", "方案B、方案C", "都不对"]);
    }

    #[test]
    fn a_letter_out_of_turn_is_told() {
        for (text, letter) in [
            ("s\nA. 1\nB. 2\nD. 4", Some('D')),
            ("s\nA. 1\nB. 2\nB. 3\nC. 4", Some('B')),
            ("s\nA. 1 B. 2 D. 4", Some('D')),
            ("s\nA. 1 B. 2 C. 3", None),
        ] {
            assert_eq!(split(text).unwrap().out_of_turn, letter, "{text}");
        }
    }

    #[test]
    fn one_cell_holds_all_options() {
        for text in ["A. 甲$;$B. 乙", "A-甲|B-乙", "甲\n乙", "甲|乙", "甲；乙", "A.甲 B.乙", "A、甲\nB、乙"]
        {
            assert_eq!(cell(text).unwrap(), ["甲", "乙"], "{text}");
        }
        assert_eq!(cell("A.甲\nB.乙\nD.丁"), Err('D'));
    }
}
