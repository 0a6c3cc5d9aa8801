//! Look-alikes: characters that copies from PDF files and Chinese input methods put in the place of plain
//! ones. Punctuation inside a text is the author's and stays.

use unicode_normalization::UnicodeNormalization as _;

/// Independent characters of the block “CJK Radicals Supplement” that have no compatibility mapping, with
/// the ideograph that is meant (Unicode Character Database, EquivalentUnifiedIdeograph).
const RADICALS: [(char, char); 44] = [
    ('⺁', '厂'),
    ('⺈', '刀'),
    ('⺊', '卜'),
    ('⺌', '小'),
    ('⺍', '小'),
    ('⺎', '兀'),
    ('⺒', '巳'),
    ('⺓', '幺'),
    ('⺜', '日'),
    ('⺝', '月'),
    ('⺠', '民'),
    ('⺧', '牛'),
    ('⺩', '王'),
    ('⺫', '目'),
    ('⺬', '示'),
    ('⺶', '羊'),
    ('⺻', '聿'),
    ('⺼', '肉'),
    ('⺽', '臼'),
    ('⻁', '虎'),
    ('⻄', '西'),
    ('⻅', '见'),
    ('⻆', '角'),
    ('⻉', '贝'),
    ('⻋', '车'),
    ('⻑', '長'),
    ('⻓', '长'),
    ('⻔', '门'),
    ('⻗', '雨'),
    ('⻘', '青'),
    ('⻙', '韦'),
    ('⻚', '页'),
    ('⻛', '风'),
    ('⻜', '飞'),
    ('⻝', '食'),
    ('⻢', '马'),
    ('⻣', '骨'),
    ('⻤', '鬼'),
    ('⻥', '鱼'),
    ('⻦', '鸟'),
    ('⻨', '麦'),
    ('⻩', '黄'),
    ('⻬', '齐'),
    ('⻰', '龙'),
];

/// A text with look-alikes folded: Kangxi radicals and compatibility ideographs become the ideographs they
/// stand for, full-width letters and digits become ASCII, every kind of space but the ideographic
/// an ordinary one; invisible characters go; line ends become `\n`. Chinese punctuation stays as it is.
pub fn tidy(text: &str) -> String {
    let mut tidied = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\r' => {
                if characters.peek() != Some(&'\n') {
                    tidied.push('\n');
                }
            }
            '\n' | '\u{0B}' | '\u{0C}' | '\u{85}' | '\u{2028}' | '\u{2029}' => tidied.push('\n'),
            '\t' => tidied.push('\t'),
            '\u{A0}' | '\u{1680}' | '\u{2000}'..='\u{200A}' | '\u{202F}' | '\u{205F}' => {
                tidied.push(' ');
            }
            '\u{AD}'
            | '\u{200B}'..='\u{200F}'
            | '\u{202A}'..='\u{202E}'
            | '\u{2060}'..='\u{2064}'
            | '\u{2066}'..='\u{2069}'
            | '\u{FEFF}' => {}
            control if control.is_control() => {}
            'Ａ'..='Ｚ'
            | 'ａ'..='ｚ'
            | '０'..='９'
            | '\u{2F00}'..='\u{2FD5}'
            | '\u{F900}'..='\u{FAFF}'
            | '\u{FB00}'..='\u{FB06}'
            | '\u{2F800}'..='\u{2FA1F}' => tidied.extend([character].into_iter().nfkc()),
            '\u{2E80}'..='\u{2EFF}' => {
                let folded = RADICALS.iter().find(|(radical, _)| *radical == character);
                match folded {
                    Some((_, ideograph)) => tidied.push(*ideograph),
                    None => tidied.extend([character].into_iter().nfkc()),
                }
            }
            other => tidied.push(other),
        }
    }
    tidied
}

/// A word as it is compared with the words of the conventions: folded wholly (NFKC), in lower case, without
/// white space.
pub fn word(text: &str) -> String {
    tidy(text).nfkc().filter(|character| !character.is_whitespace()).collect::<String>().to_lowercase()
}

/// `text` without the brackets and quotes around it, and without a full stop at its end.
pub fn bare(text: &str) -> &str {
    text.trim_matches(|character: char| {
        character.is_whitespace()
            || "()（）[]［］【】〔〕〖〗《》<>{}“”\"'‘’。.．;；,，:：、".contains(character)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn look_alikes_are_folded_and_punctuation_stays() {
        for (written, read) in [
            ("⼈⺠⽇报", "人民日报"),
            ("⻓⻋⻢⻰", "长车马龙"),
            ("金\u{F90A}", "金金"),
            ("ＡＢｃ１２，甲；乙：（）．", "ABc12，甲；乙：（）．"),
            ("a\u{A0}b\u{3000}c\u{2003}d", "a b\u{3000}c d"),
            ("零\u{200B}宽\u{FEFF}软\u{AD}连", "零宽软连"),
            ("一\r\n二\r三\u{0B}四\u{2028}五", "一\n二\n三\n四\n五"),
            ("e\u{301}①√×²℃½", "e\u{301}①√×²℃½"),
            ("a\u{1}b\tc", "ab\tc"),
            ("ﬁ", "fi"),
        ] {
            assert_eq!(tidy(written), read, "{written:?}");
        }
        assert_eq!(word(" Ｔｒｕｅ （必 填） "), "true(必填)");
        assert_eq!(bare("【 单选题 】。"), "单选题");
    }
}
