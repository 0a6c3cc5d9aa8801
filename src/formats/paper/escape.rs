//! The backslash: what is written behind it is text, whatever it looks like. Only our own files use it, and
//! say so in their first lines; elsewhere a backslash is a backslash.

/// The line that says that a file uses the backslash. It begins with this.
const NOTICE: &str = "转义：\\";

/// Where protected characters live while a paper is read: a private plane of Unicode, one to one.
const PLANE: u32 = 0xF_0000;

/// Whether and how a file protects characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::formats) struct Escapes {
    used: bool,
}

impl Escapes {
    /// The whole line that says that the backslash is used.
    pub(in crate::formats) const LINE: &'static str = "转义：\\ 后的一个字符按原样读取";

    /// Whether `text` has the line among its first ten.
    pub(in crate::formats) fn of(text: &str) -> Self {
        Self { used: text.lines().take(10).any(|line| line.trim().starts_with(NOTICE)) }
    }

    /// Moves the characters behind a backslash out of the reach of the grammar.
    pub(in crate::formats) fn protect(self, text: &str) -> String {
        if !self.used {
            return text.to_owned();
        }
        let mut protected = String::with_capacity(text.len());
        let mut characters = text.chars();
        while let Some(character) = characters.next() {
            match character {
                '\\' => protected.extend(characters.next().map(|next| moved(next).unwrap_or(next))),
                other => protected.push(other),
            }
        }
        protected
    }
}

fn moved(character: char) -> Option<char> {
    let code = u32::from(character);
    if code < 0xFFFE { char::from_u32(PLANE + code) } else { None }
}

/// Moves protected characters back.
pub(super) fn release(text: &str) -> String {
    let back = |character: char| {
        let code = u32::from(character);
        if (PLANE..PLANE + 0xFFFE).contains(&code) {
            char::from_u32(code - PLANE).unwrap_or(character)
        } else {
            character
        }
    };
    text.chars().map(back).collect()
}

/// Whether a line is the notice itself, which is no part of the paper.
pub(super) fn is_notice(line: &str) -> bool {
    line.trim().starts_with(NOTICE.trim_end_matches('\\'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_file_that_says_so_uses_the_backslash() {
        let plain = "1. C:\\Windows\\A. 甲";
        assert_eq!(Escapes::of(plain).protect(plain), plain);
        let ours = format!("题库：甲\n{}\n1. \\A. \\\\ \\\n\\　𠀀", Escapes::LINE);
        let protected = Escapes::of(&ours).protect(&ours);
        assert!(!protected.contains("A.") && !protected.contains('\\'));
        assert_eq!(release(&protected).lines().nth(2).unwrap(), "1. A. \\ ");
        assert!(release(&protected).ends_with("\n　𠀀"));
    }
}
