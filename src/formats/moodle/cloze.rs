//! Cloze: gaps inside the text, `{1:SHORTANSWER:=甲~%100%乙#对}`. The grammar is that of the Moodle
//! documentation, "Embedded answers (Cloze) question type".

use winnow::ModalResult;
use winnow::Parser as _;
use winnow::combinator::{alt, cut_err, delimited, opt, preceded, separated, terminated};
use winnow::error::ErrMode;
use winnow::token::{any, none_of, one_of, take_while};

use crate::formats::markup::answers::{self, Answer};

/// What a field asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    Text,
    Choice,
    Number,
}

/// A part of a text.
#[derive(Clone, Debug, PartialEq)]
pub enum Part {
    /// Text as it stands, marked up as the question is.
    Text(String),
    /// A field with its answers.
    Gap(Field, Vec<Answer>),
}

/// The parts of a text, in order.
pub fn parts(text: &str) -> Vec<Part> {
    let (mut parts, mut plain, mut input) = (Vec::new(), String::new(), text);
    while let Some(character) = input.chars().next() {
        let start = input;
        if character == '{' {
            match gap(&mut input) {
                Ok((field, answers)) => {
                    parts.push(Part::Text(std::mem::take(&mut plain)));
                    parts.push(Part::Gap(field, answers));
                    continue;
                }
                Err(ErrMode::Cut(_)) => {
                    plain.push_str(start);
                    break;
                }
                Err(_) => {}
            }
        }
        input = start.get(character.len_utf8()..).unwrap_or_default();
        plain.push(character);
    }
    parts.push(Part::Text(plain));
    parts
}

fn gap(input: &mut &str) -> ModalResult<(Field, Vec<Answer>)> {
    let points = take_while(0..6, |character: char| character.is_ascii_digit());
    let kind =
        delimited((points, ':'), take_while(1..30, |c: char| c.is_ascii_alphabetic() || c == '_'), ':');
    let field = kind.verify_map(|name: &str| {
        Some(match name {
            "SHORTANSWER" | "SA" | "MW" | "SHORTANSWER_C" | "SAC" | "MWC" => Field::Text,
            "NUMERICAL" | "NM" => Field::Number,
            _ if name.starts_with("MULTICHOICE") || name.starts_with("MC") => Field::Choice,
            _ => return None,
        })
    });
    // After its kind a field goes on to a brace; where none follows, no later field ends either.
    delimited('{', (field, cut_err(separated(1.., answer, '~'))), cut_err('}')).parse_next(input)
}

fn answer(input: &mut &str) -> ModalResult<Answer> {
    let percent = delimited('%', take_while(1..20, |c: char| c.is_ascii_digit() || "-.,".contains(c)), '%')
        .verify_map(|text: &str| text.replace(',', ".").parse::<f64>().ok());
    let weight = opt(alt(('='.value(100.0), percent))).parse_next(input)?.unwrap_or_default();
    let text = text(&['~', '}', '#']).parse_next(input)?;
    let feedback = opt(preceded('#', text_to_end)).parse_next(input)?.unwrap_or_default();
    Ok(Answer { text, weight, feedback })
}

fn text_to_end(input: &mut &str) -> ModalResult<String> {
    text(&['~', '}']).parse_next(input)
}

fn text<'a>(ends: &'static [char]) -> impl FnMut(&mut &'a str) -> ModalResult<String> {
    move |input| {
        let mut text = String::new();
        while input.chars().next().is_some_and(|character| !ends.contains(&character)) {
            let escaped = preceded('\\', one_of(['~', '}', '#', '\\', '{', '/', '"', '=']));
            text.push(
                alt((escaped, none_of('\\'), terminated(any, winnow::combinator::empty)))
                    .parse_next(input)?,
            );
        }
        Ok(text.trim().to_owned())
    }
}

/// A gap with its alternatives.
pub fn written(alternatives: &[String]) -> String {
    let mut field = "{1:SHORTANSWER:".to_owned();
    for (index, alternative) in alternatives.iter().enumerate() {
        field.push_str(if index == 0 { "=" } else { "~%100%" });
        for character in answers::escape_wildcards(alternative).chars() {
            if "~}#\\{/\"=".contains(character) {
                field.push('\\');
            }
            field.push(character);
        }
    }
    field.push('}');
    field
}
