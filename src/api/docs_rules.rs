//! What the OpenAPI document says of requests beyond the types of their fields: how long a text is, which
//! characters it has, how many entries a list has. The services refuse what breaks a rule; the document
//! tells it before.

use utoipa::Number;
use utoipa::openapi::schema::{Object, Schema};
use utoipa::openapi::{Components, RefOr};

use crate::domain::blueprint;
use crate::domain::device;
use crate::domain::org::{LONGEST_NAME, LONGEST_UNIT_CODE};
use crate::domain::password;
use crate::domain::question;
use crate::domain::quiz;
use crate::services::{banks, members, quiz_times};

/// White space as Rust trims it: the Unicode property White_Space.
const SPACE: &str = r"\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000";
/// Control characters.
const CONTROL: &str = r"\u0000-\u001f\u007f-\u009f";
/// Control characters that do not break lines or indent.
const BAD_IN_PROSE: &str = r"\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f";

/// What a text has to be.
enum Text {
    /// Once trimmed, so many characters and no control character among them.
    Line(usize),
    /// Not trimmed: from so many to so many characters, none of them a control character.
    Plain(usize, usize),
    /// Once trimmed, so many characters, none of them white space or one of these.
    Word(usize, &'static str),
    /// Once trimmed, so many letters, digits, - _ . and a letter or digit first.
    BankCode(usize),
    /// From so many to so many characters, whichever.
    Length(usize, usize),
    /// At most so many characters, control characters among them only to break lines and to indent.
    Prose(usize),
    /// The same, and once trimmed not empty.
    FilledProse(usize),
}

/// The texts of requests: the schema, its field, what it has to be.
const TEXTS: &[(&str, &str, Text)] = &[
    ("LoginRequest", "device", Text::Line(device::LONGEST_NAME)),
    ("PasswordRequest", "new", Text::Length(password::SHORTEST, password::LONGEST_BYTES)),
    ("NewUnitRequest", "code", Text::Word(LONGEST_UNIT_CODE, "")),
    ("NewUnitRequest", "name", Text::Line(LONGEST_NAME)),
    ("UnitChangeRequest", "code", Text::Word(LONGEST_UNIT_CODE, "")),
    ("UnitChangeRequest", "name", Text::Line(LONGEST_NAME)),
    ("NewMemberRequest", "login", Text::Word(members::LONGEST_LOGIN, "")),
    ("NewMemberRequest", "name", Text::Line(LONGEST_NAME)),
    ("NewMemberRequest", "password", Text::Length(password::SHORTEST, password::LONGEST_BYTES)),
    ("MemberChangeRequest", "name", Text::Line(LONGEST_NAME)),
    ("NewBankRequest", "code", Text::BankCode(banks::LONGEST_CODE)),
    ("NewBankRequest", "title", Text::Line(banks::LONGEST_TITLE)),
    ("QuestionRequest", "code", Text::Word(question::LONGEST_CODE, r"/?#%\\")),
    ("QuestionRequest", "chapter", Text::FilledProse(question::LONGEST_CHAPTER)),
    ("QuestionRequest", "stem", Text::FilledProse(question::LONGEST_TEXT)),
    ("QuestionRequest", "explanation", Text::Prose(question::LONGEST_TEXT)),
    ("QuestionRequest", "source", Text::Prose(question::LONGEST_SOURCE)),
    ("NewQuizRequest", "title", Text::Line(quiz::LONGEST_TITLE)),
    ("QuizChangeRequest", "title", Text::Line(quiz::LONGEST_TITLE)),
    ("Section", "title", Text::Plain(0, blueprint::LONGEST_TITLE)),
    ("CloseRequest", "reason", Text::Plain(0, quiz_times::LONGEST_REASON)),
    ("VoidRequest", "reason", Text::Plain(1, quiz_times::LONGEST_REASON)),
];

/// The lists of requests: the schema, its field, fewest and most entries.
const LISTS: &[(&str, &str, usize, Option<usize>)] = &[
    ("Section", "chapters", 0, Some(blueprint::MOST_CHAPTERS)),
    // What is a pair for the server is a list of any length that begins so for JSON Schema.
    ("Section", "difficulty", 2, Some(2)),
    ("NewMemberRequest", "roles", 0, Some(members::MOST_GRANTS)),
    ("MemberChangeRequest", "roles", 0, Some(members::MOST_GRANTS)),
    ("QuestionRequest", "options", 0, Some(question::MOST_OPTIONS)),
];

impl Text {
    fn pattern(&self) -> Option<String> {
        let trimmed = |inner: String| Some(format!("^[{SPACE}]*{inner}[{SPACE}]*$"));
        match self {
            Self::Line(most) => {
                let (inner, edge) = (most.saturating_sub(2), format!("[^{SPACE}{CONTROL}]"));
                trimmed(format!("{edge}([^{CONTROL}]{{0,{inner}}}{edge})?"))
            }
            Self::Plain(..) => Some(format!("^[^{CONTROL}]*$")),
            Self::Word(most, others) => trimmed(format!("[^{SPACE}{CONTROL}{others}]{{1,{most}}}")),
            Self::BankCode(most) => {
                let rest = most.saturating_sub(1);
                trimmed(format!("[0-9A-Za-z][0-9A-Za-z._-]{{0,{rest}}}"))
            }
            Self::Prose(most) => trimmed(format!("[^{BAD_IN_PROSE}]{{0,{most}}}")),
            Self::FilledProse(most) => {
                let inner = most.saturating_sub(1);
                trimmed(format!("[^{SPACE}{CONTROL}][^{BAD_IN_PROSE}]{{0,{inner}}}"))
            }
            Self::Length(..) => None,
        }
    }

    fn tell(&self, field: &mut Object) {
        field.pattern = self.pattern();
        match *self {
            Self::Plain(least, most) | Self::Length(least, most) => {
                field.min_length = Some(least).filter(|&least| least > 0);
                field.max_length = Some(most);
            }
            // White space around it does not count, which only the pattern can say.
            Self::Line(most)
            | Self::Word(most, _)
            | Self::BankCode(most)
            | Self::Prose(most)
            | Self::FilledProse(most) => {
                let least = usize::from(!matches!(self, Self::Prose(_)));
                (field.min_length, field.max_length) = (None, None);
                let length = format!("{least} to {most} characters, without the white space around them.");
                let told = field.description.take().map_or_else(String::new, |text| text + " ");
                field.description = Some(told + &length);
            }
        }
    }
}

/// Writes the rules into the schemas of the document.
///
/// # Errors
/// The fields that the document has not, or not as a text or list.
pub(super) fn tell(components: &mut Components) -> Result<(), Vec<String>> {
    let mut unknown = Vec::new();
    for (schema, name, text) in TEXTS {
        match field(components, schema, name) {
            Some(Schema::Object(field)) => text.tell(field),
            _ => unknown.push(format!("{schema}.{name}")),
        }
    }
    for &(schema, name, fewest, most) in LISTS {
        match field(components, schema, name) {
            Some(Schema::Array(field)) => {
                field.min_items = Some(fewest).filter(|&fewest| fewest > 0);
                field.max_items = most;
                for item in &mut field.prefix_items {
                    // The only pair that requests have is of difficulties.
                    if let Schema::Object(item) = item {
                        (item.minimum, item.maximum) = (Some(Number::Int(1)), Some(Number::Int(5)));
                    }
                }
            }
            _ => unknown.push(format!("{schema}.{name}")),
        }
    }
    if unknown.is_empty() { Ok(()) } else { Err(unknown) }
}

fn field<'a>(components: &'a mut Components, schema: &str, name: &str) -> Option<&'a mut Schema> {
    let RefOr::T(Schema::Object(schema)) = components.schemas.get_mut(schema)? else { return None };
    match schema.properties.get_mut(name)? {
        RefOr::T(field) => Some(field),
        RefOr::Ref(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use regex::Regex;

    use super::*;

    fn compiled(pattern: &str) -> Regex {
        Regex::new(pattern).unwrap()
    }

    #[test]
    fn every_rule_names_a_field_of_the_document() {
        let mut document = super::super::app::openapi();
        assert_eq!(tell(document.components.as_mut().unwrap()), Ok(()));
    }

    #[test]
    fn patterns_are_as_strict_as_what_the_services_check() {
        // Rust's notation of a character's number has braces; else the two are the same.
        let braced = Regex::new(r"\\u([0-9a-f]{4})").unwrap();
        for (text, fine, wrong) in [
            (
                Text::Line(5),
                &["a", "12345", " a b ", "\t12345\n", "\u{3000}党 员\u{85}"][..],
                &["", " ", "123456", "a\tb", "a\u{0}", "\u{7f}", "a\u{85}b"][..],
            ),
            (Text::Plain(0, 5), &["", " ", "a b"], &["a\n", "\t", "\u{9f}"]),
            (Text::Word(3, r"/?#%\\"), &["abc", " 党员 ", "\n1"], &["", "a b", "abcd", "a/b", "a\\", "a%"]),
            (Text::BankCode(3), &["1", "a.b", " B-1 "], &["", "-a", "abcd", "党", "a b"]),
            (
                Text::FilledProse(3),
                &["a", " a ", "a\nb", "\u{b}a"],
                &["", " ", "\u{3000}\n", "abcd", "a\u{b}b"],
            ),
            (Text::Prose(3), &["", " ", " a\tb\n"], &["abcd", "\u{1}", "a\u{85}b"]),
        ] {
            let pattern = braced.replace_all(&text.pattern().unwrap(), r"\u{$1}").into_owned();
            let pattern = compiled(&pattern);
            for text in fine {
                assert!(pattern.is_match(text), "{pattern} {text:?}");
            }
            for text in wrong {
                assert!(!pattern.is_match(text), "{pattern} {text:?}");
            }
        }
    }
}
