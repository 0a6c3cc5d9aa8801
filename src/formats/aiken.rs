//! Aiken: a stem, lettered options, `ANSWER: B`. It carries single questions and nothing beside them.

use winnow::ModalResult;
use winnow::Parser as _;
use winnow::ascii::{Caseless, space0, space1};
use winnow::combinator::{alt, delimited, preceded};
use winnow::token::{one_of, rest};

use super::conventions::{decode, fold};
use super::{BankFormat, FoundBank, FoundQuestion, Place, Written};
use crate::domain::message::Message;
use crate::domain::question::{Draft, Fault, Kind, Question, letter};
use crate::message;

pub(super) struct Aiken;

/// A line of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Line<'a> {
    Option(char, &'a str),
    Answer(&'a str),
    Text(&'a str),
}

/// The lines of one question.
#[derive(Debug, Default)]
struct Block<'a> {
    line: usize,
    stem: Vec<&'a str>,
    options: Vec<(char, String)>,
    lines: Vec<&'a str>,
}

impl BankFormat for Aiken {
    fn name(&self) -> &'static str {
        "aiken"
    }

    fn media_type(&self) -> &'static str {
        "text/plain; charset=utf-8"
    }

    fn extension(&self) -> &'static str {
        "txt"
    }

    /// Every question of an Aiken file ends in `ANSWER:` with one letter; the Chinese label is as common in
    /// papers of other layouts, which are not Aiken.
    fn recognises(&self, file: &[u8]) -> bool {
        let Ok(text) = decode::text(file) else {
            return false;
        };
        let (mut options, mut answers) = (0_usize, 0_usize);
        for line in text.lines().map(str::trim) {
            match classify(line) {
                Line::Option(..) => options += 1,
                Line::Answer(_) if line.starts_with("ANSWER:") => {
                    if options < 2 {
                        return false;
                    }
                    (options, answers) = (0, answers + 1);
                }
                _ => {}
            }
        }
        answers > 0
    }

    fn read(&self, file: &[u8]) -> Result<FoundBank, Message> {
        let text = decode::text(file)?;
        Ok(read(&text))
    }

    fn write(&self, _title: &str, questions: &[Question]) -> Result<Written, Message> {
        let (mut text, mut left_out) = (String::new(), Vec::new());
        for question in questions {
            match written(question) {
                Ok(block) => text.push_str(&block),
                Err(message) => left_out.push(Place { at: question.code.clone(), message }),
            }
        }
        Ok(Written { content: text.into_bytes(), left_out })
    }
}

fn classify(line: &str) -> Line<'_> {
    let mut input = line;
    let found: ModalResult<Line<'_>> = alt((answer_line, option_line)).parse_next(&mut input);
    found.unwrap_or(Line::Text(line))
}

fn answer_line<'a>(input: &mut &'a str) -> ModalResult<Line<'a>> {
    let label = alt((Caseless("ANSWER"), "正确答案", "参考答案", "答案"));
    preceded((label, space0, one_of([':', '：'])), rest)
        .map(|key: &str| Line::Answer(key.trim()))
        .parse_next(input)
}

fn option_line<'a>(input: &mut &'a str) -> ModalResult<Line<'a>> {
    let mark = one_of('A'..='Z');
    // The documentation wants white space after the mark; Chinese text has none after 、 and ．
    let lettered = alt((
        (mark, one_of([')', '.']), space1).map(|(letter, _, _)| letter),
        (one_of('A'..='Z'), one_of(['）', '．', '、'])).map(|(letter, _)| letter),
        delimited('(', one_of('A'..='Z'), (')', space1)),
    ));
    (lettered, rest).map(|(letter, text): (char, &str)| Line::Option(letter, text.trim())).parse_next(input)
}

fn read(text: &str) -> FoundBank {
    let (mut bank, mut block) = (FoundBank::default(), Block::default());
    let mut after_blank = false;
    for (index, line) in text.lines().enumerate() {
        let trimmed = line.trim();
        if trimmed.is_empty() {
            after_blank = true;
            continue;
        }
        let line = classify(trimmed);
        // A question without its answer ends where another begins.
        if matches!(line, Line::Text(_)) && after_blank && !block.options.is_empty() {
            finish(&mut bank, &mut block, None);
        }
        if block.lines.is_empty() {
            block.line = index + 1;
        }
        block.lines.push(trimmed);
        match line {
            Line::Answer(key) => finish(&mut bank, &mut block, Some(key)),
            Line::Option(letter, text) if !block.stem.is_empty() => {
                block.options.push((letter, text.to_owned()));
            }
            Line::Text(text) => match block.options.last_mut() {
                Some((_, option)) => {
                    option.push('\n');
                    option.push_str(text);
                }
                None => block.stem.push(text),
            },
            // Before any option it is the beginning of a stem: "A. Smith wrote…".
            Line::Option(..) => block.stem.push(trimmed),
        }
        after_blank = false;
    }
    if !block.lines.is_empty() {
        finish(&mut bank, &mut block, None);
    }
    bank
}

fn finish(bank: &mut FoundBank, block: &mut Block<'_>, key: Option<&str>) {
    let block = std::mem::take(block);
    bank.questions.push(FoundQuestion {
        at: format!("line {}", block.line),
        draft: draft(&block, key),
        warnings: vec![],
        original: vec![("原文".to_owned(), block.lines.join("\n"))],
    });
}

fn draft(block: &Block<'_>, key: Option<&str>) -> Result<Draft, Vec<Fault>> {
    let fault = |pointer: &str, message| Err(vec![Fault { pointer: pointer.to_owned(), message }]);
    let Some(key) = key else {
        return fault(
            "/key",
            message!(
                "缺答案：选项后写一行 ANSWER: 和一个字母",
                "the key is missing: after the options goes a line ANSWER: with one letter"
            ),
        );
    };
    for (index, (found, _)) in block.options.iter().enumerate() {
        let wanted = letter(index);
        if found.to_string() != wanted {
            return fault(
                &format!("/options/{index}"),
                message!(
                    "选项 {found} 处应为 {wanted}",
                    "{wanted} is wanted where the option {found} stands"
                ),
            );
        }
    }
    let key = fold::word(key).to_uppercase();
    let letters: Vec<char> = key.chars().filter(|character| !" ,;.、，；。()".contains(*character)).collect();
    let [one] = letters.as_slice() else {
        return fault(
            "/key",
            message!(
                "Aiken 只能写一个答案，这里是“{key}”；多选题请用其他格式（如 GIFT）",
                "Aiken has one right option, and this is “{key}”; use another format such as GIFT for multiple questions"
            ),
        );
    };
    Ok(Draft {
        kind: Some(Kind::Single),
        stem: block.stem.join("\n"),
        options: block.options.iter().map(|(_, option)| option.clone()).collect(),
        key: vec![one.to_string()],
        ..Draft::default()
    })
}

/// A question as Aiken writes it, or why it cannot.
fn written(question: &Question) -> Result<String, Message> {
    if question.kind != Kind::Single {
        let kind = question.kind.as_str();
        return Err(message!(
            "Aiken 只有单选题，没有 {kind} 题",
            "Aiken has single questions only, no {kind} ones"
        ));
    }
    let mut block = format!("{}\n", question.stem);
    for (index, option) in question.options.iter().enumerate() {
        block.push_str(&format!("{}) {option}\n", letter(index)));
    }
    block.push_str(&format!("ANSWER: {}\n\n", question.written_key().concat()));
    // Lines that look like options, and blank ones, do not come back as they were.
    let same = match read(&block).questions.as_slice() {
        [FoundQuestion { draft: Ok(draft), .. }] => {
            draft.stem == question.stem
                && draft.options == question.options
                && draft.key == question.written_key()
        }
        _ => false,
    };
    if same && question.options.iter().all(|option| !option.contains('\n')) {
        Ok(block)
    } else {
        Err(message!(
            "题干或选项有空行、换行或像选项的行，Aiken 写不下",
            "its stem or options have blank lines, line breaks or lines that look like options, which Aiken cannot write"
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(text: &str) -> FoundQuestion {
        Aiken.read(text.as_bytes()).unwrap().questions.remove(0)
    }

    #[test]
    fn both_marks_and_both_labels_are_read() {
        let text = "中国共产党成立于哪一年？\nA) 1919 年\nB) 1921 年\nC) 1949 年\nANSWER: B\n\n\
                    党的根本宗旨是什么？\r\nA. 全心全意为人民服务\r\nB. 发展经济\r\n答案：A\r\n";
        let bank = Aiken.read(text.as_bytes()).unwrap();
        assert!(Aiken.recognises(text.as_bytes()));
        let drafts: Vec<&Draft> = bank.questions.iter().map(|found| found.draft.as_ref().unwrap()).collect();
        assert_eq!(bank.questions[1].at, "line 7");
        assert_eq!(drafts[0].options, ["1919 年", "1921 年", "1949 年"]);
        assert_eq!((drafts[0].key.concat(), drafts[1].key.concat()), ("B".into(), "A".into()));
        assert_eq!(drafts[1].stem, "党的根本宗旨是什么？");
        assert_eq!(drafts[0].code, "");
    }

    #[test]
    fn a_stem_has_several_lines_and_may_begin_with_a_letter() {
        let found = first("A. Smith 写道：\n下列哪项正确？\nA) 甲\nB) 乙\nANSWER: a\n");
        let draft = found.draft.unwrap();
        assert_eq!(draft.stem, "A. Smith 写道：\n下列哪项正确？");
        assert_eq!(draft.key, ["A"]);
    }

    #[test]
    fn what_is_wrong_is_told_at_its_line() {
        let told = |text: &str| first(text).draft.unwrap_err()[0].message.to_string();
        assert!(told("s\nA) 1\nB) 2\nC) 3\nANSWER: AC\n").contains("one right option"));
        assert!(told("s\nA) 1\nB) 2\n\nt\nA) 1\nB) 2\nANSWER: A").contains("key is missing"));
        assert!(told("s\nA) 1\nC) 2\nANSWER: A\n").contains("B is wanted"));
        assert!(first("s\nA) 1\nB) 2\nANSWER: C\n").draft.unwrap().check().is_err());
        assert!(first("s\nANSWER: A\n").draft.unwrap().check().is_err());
        let bank = Aiken.read("s\nA) 1\nB) 2\n\nt\nA) 1\nB) 2\nANSWER: A".as_bytes()).unwrap();
        assert_eq!(bank.questions.len(), 2);
        assert_eq!(bank.questions[1].at, "line 5");
    }

    #[test]
    fn papers_of_other_layouts_are_no_aiken() {
        for text in
            ["1. 题干（ ）\nA. 甲 B. 乙\n答案：A\n", "ANSWER: A", "题干\nA) 甲\nANSWER: A\n", "{\"a\": 1}"]
        {
            assert!(!Aiken.recognises(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn only_what_comes_back_the_same_is_written() {
        let single = |stem: &str, option: &str| {
            let draft = Draft {
                code: "a".into(),
                kind: Some(Kind::Single),
                stem: stem.into(),
                options: vec![option.into(), "乙".into()],
                key: vec!["A".into()],
                ..Draft::default()
            };
            draft.check().unwrap()
        };
        let judge = Draft {
            code: "j".into(),
            kind: Some(Kind::Judge),
            stem: "s".into(),
            key: vec!["true".into()],
            ..Draft::default()
        };
        let questions = [
            single("题干", "甲"),
            single("两行\n题干", "甲"),
            single("题干\n\n空行", "甲"),
            single("题干\nB) 像选项", "甲"),
            single("题干", "甲\n换行"),
            judge.check().unwrap(),
        ];
        let written = Aiken.write("", &questions).unwrap();
        assert_eq!(written.left_out.len(), 4);
        let bank = Aiken.read(&written.content).unwrap();
        let stems: Vec<String> =
            bank.questions.iter().map(|found| found.draft.clone().unwrap().stem).collect();
        assert_eq!(stems, ["题干", "两行\n题干"]);
    }
}
