//! Words for people, in the two languages of the product.

use std::fmt;

/// A language that the product speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Language {
    /// Simplified Chinese, the default.
    #[default]
    Chinese,
    /// English.
    English,
}

impl Language {
    /// The language that an `Accept-Language` header prefers (RFC 9110, section 12.5.4); Chinese
    /// unless English is ranked above it.
    pub fn from_accept_language(header: &str) -> Self {
        let mut best = (Self::Chinese, 0.0_f32);
        for range in header.split(',') {
            let mut parts = range.split(';');
            let tag = parts.next().unwrap_or_default().trim().to_ascii_lowercase();
            let weight = parts
                .find_map(|part| part.trim().strip_prefix("q=").map(str::to_owned))
                .map_or(1.0, |q| q.trim().parse().unwrap_or(0.0));
            let language = match tag.split('-').next() {
                Some("zh") => Self::Chinese,
                Some("en") => Self::English,
                _ => continue,
            };
            if weight > best.1 {
                best = (language, weight);
            }
        }
        best.0
    }
}

/// One statement to a person, in every language of the product. Made with [`crate::message!`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    chinese: String,
    english: String,
}

impl Message {
    /// The statement in both languages.
    pub fn new(chinese: impl Into<String>, english: impl Into<String>) -> Self {
        Self { chinese: chinese.into(), english: english.into() }
    }

    /// The statement in `language`.
    pub fn text(&self, language: Language) -> &str {
        match language {
            Language::Chinese => &self.chinese,
            Language::English => &self.english,
        }
    }
}

/// English, for logs and the command line of a developer.
impl fmt::Display for Message {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.english)
    }
}

/// A [`Message`] from a Chinese and an English format string; both see the same variables.
#[macro_export]
macro_rules! message {
    ($chinese:literal, $english:literal $(, $name:ident = $value:expr)* $(,)?) => {{
        $(let $name = $value;)*
        $crate::domain::message::Message::new(format!($chinese), format!($english))
    }};
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_higher_weight_wins_and_chinese_is_the_default() {
        for (header, language) in [
            ("", Language::Chinese),
            ("fr", Language::Chinese),
            ("en", Language::English),
            ("en-GB,zh;q=0.9", Language::English),
            ("zh-CN,zh;q=0.9,en;q=0.8", Language::Chinese),
            ("fr;q=1, en;q=0.3", Language::English),
            ("en;q=0", Language::Chinese),
        ] {
            assert_eq!(Language::from_accept_language(header), language, "{header}");
        }
    }

    #[test]
    fn both_languages_see_the_same_variables() {
        let message = message!("缺 {count} 道题", "{count} questions are missing", count = 3);
        assert_eq!(message.text(Language::Chinese), "缺 3 道题");
        assert_eq!(message.to_string(), "3 questions are missing");
    }
}
