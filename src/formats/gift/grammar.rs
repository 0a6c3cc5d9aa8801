//! The grammar of one GIFT question.

use winnow::ModalResult;
use winnow::Parser as _;
use winnow::ascii::{Caseless, multispace0};
use winnow::combinator::{alt, cut_err, delimited, empty, eof, opt, preceded, repeat, terminated};
use winnow::error::{StrContext, StrContextValue};
use winnow::token::{any, literal, none_of, one_of, take_till};

/// How a text is marked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Markup {
    Html,
    Plain,
    Markdown,
    /// Moodle's own: HTML where it looks like it.
    Automatic,
}

/// A text, unescaped, and the markup that it names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Marked {
    pub markup: Option<Markup>,
    pub text: String,
}

/// One answer of a list.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ListedAnswer {
    /// Whether it begins with `=`.
    pub is_right: bool,
    /// The weight in percent, when it is given.
    pub weight: Option<f64>,
    pub text: Marked,
    pub feedback: Marked,
}

/// What stands in the braces.
#[derive(Clone, Debug, PartialEq)]
pub enum Body {
    /// Nothing: an essay.
    Essay,
    /// `T` or `F`, with what is said to a wrong and to a right answer.
    Truth { is_true: bool, feedback: Vec<Marked> },
    /// `#` and a number; the text is as it was written.
    Number(String),
    /// Options, accepted answers or pairs.
    Answers(Vec<ListedAnswer>),
    /// Text without any mark of an answer.
    Unmarked(String),
}

/// One question.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    pub title: Option<String>,
    pub stem: Marked,
    /// Nothing for a text without braces, which asks nothing.
    pub body: Option<Body>,
    /// The general feedback.
    pub feedback: Marked,
    /// The text after the braces, so that they are a gap.
    pub tail: String,
}

/// Reads a question.
///
/// # Errors
/// How many bytes were understood, and what was wanted there.
pub fn item(text: &str) -> Result<Item, (usize, &'static str)> {
    question.parse(text).map_err(|error| {
        let wanted = error.inner().context().find_map(|context| match context {
            StrContext::Expected(StrContextValue::Description(wanted)) => Some(*wanted),
            _ => None,
        });
        let is_unclosed = !text.get(error.offset()..).unwrap_or_default().contains('}');
        (error.offset(), wanted.unwrap_or(if is_unclosed { "}" } else { "" }))
    })
}

fn question(input: &mut &str) -> ModalResult<Item> {
    multispace0.parse_next(input)?;
    let title = opt(delimited("::", texts_until("::"), wanted("::", "::"))).parse_next(input)?;
    let stem = marked('{').parse_next(input)?;
    // Once braces open, nothing but answers will do.
    let inside = (body, opt(preceded("####", marked('}'))));
    let inside = opt(delimited('{', cut_err(inside), wanted("}", "}"))).parse_next(input)?;
    let tail = text(|_, _| false).parse_next(input)?;
    eof.parse_next(input)?;
    let (body, feedback) = inside.map_or((None, None), |(body, feedback)| (Some(body), feedback));
    let title = title.map(|title| title.trim().to_owned());
    Ok(Item { title, stem, body, feedback: feedback.unwrap_or_default(), tail })
}

/// `token`, without which nothing else will do.
fn wanted<'a>(
    token: &'static str,
    name: &'static str,
) -> impl winnow::ModalParser<&'a str, &'a str, winnow::error::ContextError> {
    cut_err(literal(token)).context(StrContext::Expected(StrContextValue::Description(name)))
}

fn body(input: &mut &str) -> ModalResult<Body> {
    multispace0.parse_next(input)?;
    alt((essay, truth, number, answers, unmarked)).parse_next(input)
}

/// The end of the answers: the braces close, or the general feedback begins.
fn end(input: &mut &str) -> ModalResult<()> {
    winnow::combinator::peek(alt((literal("####"), literal("}")))).void().parse_next(input)
}

fn essay(input: &mut &str) -> ModalResult<Body> {
    end.map(|()| Body::Essay).parse_next(input)
}

fn truth(input: &mut &str) -> ModalResult<Body> {
    let word = alt((Caseless("TRUE"), Caseless("FALSE"), Caseless("T"), Caseless("F")))
        .map(|word: &str| word.starts_with(['T', 't']));
    let is_true = terminated(word, multispace0).parse_next(input)?;
    let feedback =
        repeat(0..=2, preceded((winnow::combinator::not("####"), '#'), marked('#'))).parse_next(input)?;
    end.parse_next(input)?;
    Ok(Body::Truth { is_true, feedback })
}

fn number(input: &mut &str) -> ModalResult<Body> {
    (winnow::combinator::not("####"), '#').parse_next(input)?;
    let written =
        repeat(0.., (winnow::combinator::not(end), any)).fold(String::new, |mut text, ((), character)| {
            text.push(character);
            text
        });
    written.map(|text| Body::Number(text.trim().to_owned())).parse_next(input)
}

fn answers(input: &mut &str) -> ModalResult<Body> {
    terminated(repeat(1.., answer), end).map(Body::Answers).parse_next(input)
}

fn answer(input: &mut &str) -> ModalResult<ListedAnswer> {
    let is_right = one_of(['=', '~']).map(|mark| mark == '=').parse_next(input)?;
    multispace0.parse_next(input)?;
    let weight = opt(delimited('%', take_till(1..20, ['%', '\n']), '%').verify_map(|text: &str| {
        text.trim().replace(',', ".").parse::<f64>().ok().filter(|weight| weight.is_finite())
    }))
    .parse_next(input)?;
    let text = marked('#').parse_next(input)?;
    let feedback = opt(preceded((winnow::combinator::not("####"), '#'), marked('#')))
        .parse_next(input)?
        .unwrap_or_default();
    Ok(ListedAnswer { is_right, weight, text, feedback })
}

fn unmarked(input: &mut &str) -> ModalResult<Body> {
    terminated(text(|character, _| matches!(character, '}' | '#' | '=' | '~')), end)
        .map(Body::Unmarked)
        .parse_next(input)
}

/// Text with the markup that it names. `until` ends it: `{` a stem; `}` a text that only the braces end; `#`
/// an answer or its feedback, which a further answer ends as well.
fn marked<'a>(until: char) -> impl FnMut(&mut &'a str) -> ModalResult<Marked> {
    move |input| {
        multispace0.parse_next(input)?;
        let markup = opt(alt((
            literal("[html]").value(Markup::Html),
            literal("[plain]").value(Markup::Plain),
            literal("[markdown]").value(Markup::Markdown),
            literal("[moodle]").value(Markup::Automatic),
        )))
        .parse_next(input)?;
        let ends = move |character: char, _: &str| match until {
            '{' => character == '{',
            '}' => character == '}',
            _ => matches!(character, '#' | '=' | '~' | '}'),
        };
        let text = text(ends).parse_next(input)?.trim().to_owned();
        Ok(Marked { markup, text })
    }
}

/// Text up to a token.
fn texts_until<'a>(token: &'static str) -> impl FnMut(&mut &'a str) -> ModalResult<String> {
    move |input| text(move |_, from: &str| from.starts_with(token)).parse_next(input)
}

/// Text with its escapes resolved, up to an unescaped character for which `ends` holds; `ends` also sees what follows.
fn text<'a>(ends: impl Fn(char, &str) -> bool) -> impl FnMut(&mut &'a str) -> ModalResult<String> {
    move |input| {
        let mut text = String::new();
        while let Some(character) = input.chars().next() {
            if ends(character, input) {
                break;
            }
            text.push(alt((escaped, none_of('\\'), any)).parse_next(input)?);
        }
        Ok(text)
    }
}

/// A character that would mean something, or a line break.
fn escaped(input: &mut &str) -> ModalResult<char> {
    let marks = ['~', '=', '#', '{', '}', ':', '\\'];
    preceded('\\', alt((one_of(marks), 'n'.value('\n')))).parse_next(input)
}

/// The identifier and the tags in a comment: `[id:…]`, `[tag:…]`.
pub fn bracketed(comment: &str) -> Vec<(&str, String)> {
    let (mut found, mut rest) = (Vec::new(), comment);
    while let Some((_, after)) = rest.split_once('[') {
        rest = after;
        let mut input = after;
        let name: ModalResult<&str> = terminated(alt(("id", "tag")), ':').parse_next(&mut input);
        if let Ok(name) = name {
            match bracketed_value(&mut input) {
                Ok(value) => {
                    found.push((name, value));
                    rest = input;
                }
                // No bracket closes from here on.
                Err(_) => break,
            }
        }
    }
    found
}

fn bracketed_value(input: &mut &str) -> ModalResult<String> {
    let mut value = String::new();
    loop {
        match any.parse_next(input)? {
            ']' => return Ok(value.trim().to_owned()),
            '\\' => value.push(alt((']', '\\', 'n'.value('\n'), empty.value('\\'))).parse_next(input)?),
            other => value.push(other),
        }
    }
}
