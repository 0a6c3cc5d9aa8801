//! What a line of a question paper begins with: a number, a heading, a label. Grammars over one line.

use winnow::ascii::{digit1, space0, space1};
use winnow::combinator::{alt, delimited, eof, opt, peek, preceded, terminated};
use winnow::prelude::*;
use winnow::token::{any, one_of, rest, take_while};

use crate::formats::conventions::words;

/// How a number is set off. Lines of another style than a paper's questions are parts of a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    /// `1.` `1、` `1．` `1:`
    Point,
    /// `1)`
    Half,
    /// `（1）`
    Round,
    /// `【1】` `[1]`
    Square,
    /// `第1题` `题1`
    Named,
    /// `1 题干` and `1题干`, which may as well be a quantity.
    Bare,
}

/// A line that begins with a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Numbered<'a> {
    pub(super) style: Style,
    pub(super) number: u32,
    pub(super) rest: &'a str,
}

pub(super) const OPENING: [char; 10] = ['(', '（', '[', '【', '〔', '〖', '《', '{', '<', '［'];
pub(super) const CLOSING: [char; 10] = [')', '）', ']', '】', '〕', '〗', '》', '}', '>', '］'];

pub(super) fn small(input: &mut &str) -> ModalResult<u32> {
    digit1.verify(|digits: &str| digits.len() <= 5).parse_to().parse_next(input)
}

pub(super) fn point(input: &mut &str) -> ModalResult<(Style, u32)> {
    let number = terminated(small, space0).parse_next(input)?;
    let sign = one_of(['.', '．', '、', ':', '：', '。']).parse_next(input)?;
    // `3.14` is a number of another sort, and so is a time of day, `8:30`.
    if matches!(sign, '.' | ':' | '：') {
        peek(alt((eof.void(), any.verify(|c: &char| !c.is_ascii_digit()).void()))).parse_next(input)?;
    }
    Ok((Style::Point, number))
}

/// `⒈` and `①` are numbers too: one character of their own.
pub(super) fn in_one_character(input: &mut &str) -> ModalResult<(Style, u32)> {
    any.verify_map(|character: char| {
        let code = u32::from(character);
        match character {
            '\u{2488}'..='\u{249B}' => Some((Style::Point, code - 0x2487)),
            '\u{2474}'..='\u{2487}' => Some((Style::Round, code - 0x2473)),
            _ => None,
        }
    })
    .parse_next(input)
}

fn named(input: &mut &str) -> ModalResult<(Style, u32)> {
    let number = alt((
        delimited(('第', space0), small, (space0, '题')),
        preceded(alt(("试题", "题目", "题")), preceded(space0, small)),
    ))
    .parse_next(input)?;
    (space0, opt(one_of(['.', '．', '、', ':', '：', ',', '，']))).void().parse_next(input)?;
    Ok((Style::Named, number))
}

fn bare(input: &mut &str) -> ModalResult<(Style, u32)> {
    let number = small.parse_next(input)?;
    peek(alt((
        space1.void(),
        any.verify(|c: &char| !c.is_ascii() && !"，。％年月日时分秒个条章项％‰℃元万亿".contains(*c)).void(),
    )))
    .parse_next(input)?;
    Ok((Style::Bare, number))
}

fn numbered<'a>(input: &mut &'a str) -> ModalResult<Numbered<'a>> {
    let ((style, number), _, rest) = (
        alt((
            point,
            in_one_character,
            terminated(small, (space0, one_of([')', '）']))).map(|number| (Style::Half, number)),
            (
                delimited((one_of(['(', '（']), space0), small, (space0, one_of([')', '）']))),
                opt(one_of(['.', '、', '．'])),
            )
                .map(|(number, _)| (Style::Round, number)),
            delimited((one_of(['[', '【', '［']), space0), small, (space0, one_of([']', '】', '］'])))
                .map(|number| (Style::Square, number)),
            named,
            bare,
        )),
        space0,
        rest,
    )
        .parse_next(input)?;
    Ok(Numbered { style, number, rest })
}

/// The number that a line begins with.
pub(super) fn number(line: &str) -> Option<Numbered<'_>> {
    numbered.parse(line.trim()).ok()
}

/// A heading over questions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::formats) enum Heading<'a> {
    /// `一、单项选择题（每题2分）`: the kind of what follows.
    Kind(&'a str),
    /// `第一章 总则`: the chapter of what follows.
    Chapter(&'a str),
    /// `一、党章部分`: perhaps a chapter, perhaps a part of a text.
    Perhaps(&'a str),
}

fn is_numeral(character: char) -> bool {
    "一二三四五六七八九十百〇零ⅠⅡⅢⅣⅤⅥⅦⅧⅨⅩ".contains(character)
}

/// `一、` `（一）` `第一部分`; whether it is the latter.
fn ordinal(input: &mut &str) -> ModalResult<bool> {
    let numeral = || take_while(1..=6, is_numeral).void();
    alt((
        (
            '第',
            take_while(1..=6, |c: char| is_numeral(c) || c.is_ascii_digit()),
            alt((alt(("部分", "大题", "章", "节", "篇")), alt(("讲", "单元", "编", "专题", "模块")))),
            space0,
            opt(one_of(['、', '.', '．', ':', '：', ',', '，'])),
        )
            .value(true),
        (numeral(), space0, one_of(['、', '.', '．', '：', ':', ',', '，'])).value(false),
        (numeral(), one_of([' ', '\t', '\u{3000}'])).value(false),
        (one_of(['(', '（']), space0, numeral(), space0, one_of([')', '）']), opt('、')).value(false),
    ))
    .parse_next(input)
}

/// Words that go on after the kind in a heading, and never in a question.
const HEADING_TAILS: [&str; 26] = [
    "(",
    "（",
    "每",
    "共",
    "本",
    "下列",
    "备选",
    "正确的",
    "请",
    "部分",
    "题库",
    "小题",
    "以下",
    "在",
    "计",
    "将",
    "对的",
    "的",
    "答案",
    "：",
    ":",
    "。",
    "、",
    "[",
    "【",
    "-",
];

/// Every Chinese word for a kind has one of these characters.
const KIND_SIGNS: &str = "选断非误错空充全答问释述例料析观解辨算用合写文译词务线配序听录传单项";

/// A kind at the beginning of `text`, and what follows it: the longest word wins.
pub(super) fn leading_kind(text: &str) -> Option<(&str, &str)> {
    // Most lines have none of the characters of these words, and need no closer look.
    if !text.chars().take(12).any(|c| c.is_ascii_alphabetic() || KIND_SIGNS.contains(c)) {
        return None;
    }
    let ends: Vec<usize> = text.char_indices().map(|(at, c)| at + c.len_utf8()).take(12).collect();
    ends.into_iter().rev().find_map(|end| {
        let (word, tail) = text.split_at_checked(end)?;
        let last = word.chars().next_back()?;
        let whole = last.is_alphanumeric() && !tail.starts_with('题');
        let next = tail.chars().next();
        let set_off =
            last == '题' || next.is_none_or(|next| !next.is_alphanumeric() || "共每部".contains(next));
        let known = whole && set_off && (words::kind(word).is_some() || words::is_foreign_kind(word));
        (known && word.chars().all(char::is_alphanumeric)).then_some((word, tail))
    })
}

fn kind_heading(text: &str, has_ordinal: bool) -> Option<&str> {
    let text = text.trim();
    if text.chars().count() > 150 {
        return None;
    }
    let whole = text.trim_end_matches(['：', ':']);
    if text.is_ascii() && words::kind(whole).is_some() {
        return Some(whole);
    }
    if text.starts_with(OPENING) {
        let inner = text.trim_start_matches(OPENING);
        let (word, tail) = leading_kind(inner)?;
        let tail = tail.strip_prefix(CLOSING)?.trim_start();
        return (tail.is_empty() || tail.starts_with(OPENING) || tail.starts_with('共')).then_some(word);
    }
    let (word, tail) = leading_kind(text)?;
    let tail = tail.trim();
    let digits = tail.trim_start_matches(|character: char| character.is_ascii_digit());
    let counted = digits.len() < tail.len()
        && (digits.starts_with('道') || digits.starts_with('题') || digits.starts_with('分'));
    let goes_on = counted || HEADING_TAILS.iter().any(|begin| tail.starts_with(begin));
    let about_marks = ["分", "共", "每题", "小题"].iter().any(|word| tail.contains(word));
    let brief = tail.is_empty() || tail == "：" || tail == ":";
    // 单选 or 判断 without 题 may begin a sentence.
    let is_name = word.ends_with('题')
        || has_ordinal
        || (word.is_ascii() && brief)
        || (brief && text.chars().count() > 1);
    let fits = brief
        || (goes_on
            && (has_ordinal || about_marks || tail.starts_with(['(', '（']) && tail.ends_with([')', '）'])));
    (is_name && fits).then_some(word)
}

/// The heading that a line is, without looking at the lines around it.
pub(in crate::formats) fn heading(line: &str) -> Option<Heading<'_>> {
    let line = line.trim();
    if line.chars().count() > 150 {
        return None;
    }
    let mut input = line;
    let ordinal = ordinal.parse_next(&mut input).ok();
    let text = if ordinal.is_some() { input.trim() } else { line };
    if let Some(kind) = kind_heading(text, ordinal.is_some()) {
        return Some(Heading::Kind(kind));
    }
    let short = line.chars().count() <= 60 && !line.ends_with(['。', '？', '?', '；', ';', '，', '：', '！']);
    match ordinal {
        Some(true) if short => Some(Heading::Chapter(line)),
        Some(false) if short && !text.is_empty() && text.chars().count() <= 40 => {
            Some(Heading::Perhaps(text))
        }
        _ => None,
    }
}

/// `1、单选题（共10题）`: a heading numbered like a question.
pub(super) fn numbered_heading(rest: &str) -> Option<&str> {
    let (word, tail) = leading_kind(rest.trim())?;
    let tail = tail.trim();
    let counted = tail.starts_with(['(', '（']) && tail.contains('共') && tail.ends_with([')', '）']);
    (word.ends_with('题') && counted).then_some(word)
}

/// Whether a line is a heading over a list of answers: 参考答案, 答案及解析.
pub(super) fn answer_heading(line: &str) -> bool {
    let line = line.trim().trim_matches(|c: char| c.is_whitespace() || "：:【】[]（）()—-=*#".contains(c));
    let mut input = line;
    let _ = ordinal.parse_next(&mut input);
    let input = input.trim();
    let after_kind = leading_kind(input).map_or(input, |(_, tail)| tail);
    let bare = ["附件", "附录", "附", "试题", "试卷", "题库", "练习题", "测试题"]
        .iter()
        .fold(after_kind, |text, prefix| text.strip_prefix(prefix).unwrap_or(text))
        .trim_start_matches(['：', ':', ' ']);
    let mut bare_input = bare;
    let grammar: ModalResult<()> = (
        opt(alt(("参考", "标准", "正确"))),
        "答案",
        opt(alt((
            alt(("及解析", "与解析", "和解析", "及详解", "解析", "部分")),
            alt(("如下", "汇总", "一览", "速查", "表", "区")),
        ))),
        opt("表"),
        eof,
    )
        .void()
        .parse_next(&mut bare_input);
    grammar.is_ok() || line.eq_ignore_ascii_case("answers") || line.eq_ignore_ascii_case("answer key")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_word_for_a_kind_is_passed_over() {
        for word in words::all().filter(|word| !word.is_ascii()) {
            assert_eq!(leading_kind(word), Some((word, "")), "{word}");
        }
    }

    #[test]
    fn headings_and_what_only_looks_like_one() {
        for (line, wanted) in [
            ("一、单项选择题（每题2分）", Some(Heading::Kind("单项选择题"))),
            ("一 单选题", Some(Heading::Kind("单选题"))),
            ("（二）判断题（共10题）", Some(Heading::Kind("判断题"))),
            ("第一部分 多选题", Some(Heading::Kind("多选题"))),
            ("【填空题】", Some(Heading::Kind("填空题"))),
            ("第三章 党的组织制度", Some(Heading::Chapter("第三章 党的组织制度"))),
            ("一、党章部分", Some(Heading::Perhaps("党章部分"))),
            ("判断题的答案只有两种。", None),
            ("单选题：首都是哪里？", None),
            ("第一章规定了什么？", None),
            ("一切权力属于人民", None),
        ] {
            assert_eq!(heading(line), wanted, "{line}");
        }
    }
}
