//! What the heading of a column, or the label before a text, means.

use super::fold;
use crate::domain::question::position;

/// What a column or a labelled text holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Field {
    /// The stable name: 题号.
    Code,
    /// 题型.
    Kind,
    /// 题干.
    Stem,
    /// All options in one text: 选项.
    Options,
    /// The option at this position: 选项A is 0.
    Option(usize),
    /// 答案.
    Key,
    /// 解析.
    Explanation,
    /// 章节.
    Chapter,
    /// 难度.
    Difficulty,
    /// 出处.
    Source,
    /// 核对日期.
    VerifiedOn,
    /// Known, and of no use here: marks per question, running number of a row, notes.
    Ignored,
}

const NAMES: [(Field, &[&str]); 11] = [
    (
        Field::Code,
        &[
            "题号",
            "编号",
            "试题编码",
            "试题编号",
            "题目编号",
            "题目编码",
            "题目id",
            "试题id",
            "试题guid",
            "code",
            "id",
            "questionid",
            "唯一编号",
            "题目序号",
        ],
    ),
    (Field::Kind, &["题型", "题目类型", "试题类型", "类型", "题类", "questiontype", "type", "kind"]),
    (
        Field::Stem,
        &[
            "题干",
            "题目",
            "试题",
            "题面",
            "题目内容",
            "试题内容",
            "题干内容",
            "试题题干",
            "题目题干",
            "问题",
            "标题",
            "内容",
            "试题题目",
            "question",
            "questiontext",
            "stem",
            "title",
            "prompt",
        ],
    ),
    (
        Field::Options,
        &["选项", "备选项", "备选答案", "选项内容", "试题选项", "题目选项", "options", "choices"],
    ),
    (
        Field::Key,
        &[
            "答案",
            "正确答案",
            "标准答案",
            "参考答案",
            "正确选项",
            "试题答案",
            "题目答案",
            "答",
            "answer",
            "correctanswer",
            "correctanswers",
            "rightanswer",
            "correct",
            "key",
        ],
    ),
    (
        Field::Explanation,
        &[
            "解析",
            "答案解析",
            "试题解析",
            "题目解析",
            "整体解析",
            "解释",
            "详解",
            "答案说明",
            "试题分析",
            "分析",
            "点评",
            "explanation",
            "analysis",
            "feedback",
            "rationale",
            "判断题解析",
        ],
    ),
    (
        Field::Chapter,
        &[
            "章节",
            "分类",
            "题库",
            "学科",
            "章",
            "所属章节",
            "章节名称",
            "题目分类",
            "试题分类",
            "所属题库",
            "所属分类",
            "科目",
            "知识点",
            "专题",
            "模块",
            "栏目",
            "chapter",
            "category",
            "subject",
            "topic",
        ],
    ),
    (
        Field::Difficulty,
        &[
            "难度",
            "难易度",
            "难易程度",
            "难度系数",
            "难度等级",
            "试题难度",
            "题目难度",
            "难易",
            "difficulty",
            "level",
        ],
    ),
    (
        Field::Source,
        &[
            "出处",
            "依据",
            "来源",
            "题目依据",
            "试题来源",
            "试题依据",
            "命题依据",
            "题目来源",
            "题目出处",
            "试题出处",
            "出题依据",
            "参考资料",
            "source",
            "reference",
        ],
    ),
    (Field::VerifiedOn, &["核对日期", "核实日期", "核对时间", "校对日期", "verifiedon"]),
    (
        Field::Ignored,
        &[
            "序号",
            "分值",
            "分数",
            "试题分数",
            "题目分数",
            "得分",
            "备注",
            "说明",
            "标签",
            "本题分值",
            "no",
            "no.",
            "points",
            "score",
            "tags",
            "题目图片",
            "题目视频",
            "选项图片",
        ],
    ),
];

const NUMERALS: [&str; 10] = ["一", "二", "三", "四", "五", "六", "七", "八", "九", "十"];

/// A heading without what people add to it: white space and line breaks, stars, “（必填）”, “(勿删)”.
fn plain(heading: &str) -> String {
    let mut plain: String =
        fold::word(heading).chars().filter(|&character| !"*:#_-“”\"".contains(character)).collect();
    if plain.starts_with(['[', '【', '(', '〔']) {
        return fold::bare(&plain).to_owned();
    }
    while let Some(open) = plain.find(['(', '[', '【', '〔']) {
        let rest = plain.get(open..).unwrap_or_default();
        let Some((close, bracket)) = rest.char_indices().find(|(_, c)| ")]】〕".contains(*c)) else {
            break;
        };
        plain.replace_range(open..open + close + bracket.len_utf8(), "");
    }
    plain
}

/// The position that an option's heading names: `A`, `选项A`, `A选项`, `选项一内容`, `选择项1`, `option_b`.
fn option(plain: &str) -> Option<usize> {
    let rest = ["备选项", "选择项", "选项", "options", "option", "choice", "答案选项"]
        .iter()
        .find_map(|prefix| plain.strip_prefix(prefix));
    let marked = rest.is_some();
    let rest = rest.unwrap_or(plain);
    let (rest, marked) = match rest.strip_suffix("选项").or_else(|| rest.strip_suffix("项")) {
        Some(rest) => (rest, true),
        None => (rest, marked),
    };
    let rest = rest.strip_suffix("内容").unwrap_or(rest).trim_matches(['_', '-', '.', '、']);
    if let Some(position) = position(&rest.to_uppercase()) {
        return Some(position);
    }
    if !marked {
        return None;
    }
    let number = NUMERALS.iter().position(|numeral| *numeral == rest).map(|index| index + 1);
    number.or_else(|| rest.parse().ok()).filter(|number| (1..=26).contains(number)).map(|number| number - 1)
}

/// What the column under `heading` holds, if the conventions know it.
pub fn field(heading: &str) -> Option<Field> {
    let plain = plain(heading);
    NAMES
        .iter()
        .find(|(_, names)| names.contains(&plain.as_str()))
        .map(|(field, _)| *field)
        .or_else(|| option(&plain).map(Field::Option))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_of_the_systems_in_use() {
        for (headings, field) in [
            ("题干 题目 试题 题面 question 题干（必填） *题干 Stem 题目内容 题干\u{A0}", Field::Stem),
            ("题型 题目类型 题型(必填） 题型*", Field::Kind),
            ("答案 正确答案 标准答案 正确答案\n（必填） Answer correct_answer", Field::Key),
            ("解析 解析\n（勿删） 整体解析 答案解析", Field::Explanation),
            ("章节 分类 题库 学科 [学科] 章节\n（勿删） 所属题库(id,…)", Field::Chapter),
            ("难度 难易程度", Field::Difficulty),
            ("出处 依据 来源 题目依据", Field::Source),
            ("题号 编号 试题编码 试题GUID code ID", Field::Code),
            (
                "选项A A 选项一内容 选择项1 选项1 A选项 A项 Option_A 选项a option1 选项Ａ A、",
                Field::Option(0),
            ),
            ("选项H\n(勿删) H 选项八 选择项8", Field::Option(7)),
            ("选项 备选项 Options", Field::Options),
            ("分值 序号 备注", Field::Ignored),
        ] {
            for heading in headings.split(' ') {
                assert_eq!(super::field(heading), Some(field), "{heading}");
            }
        }
        for heading in ["", "1", "一", "AB", "党章", "选项二十七"] {
            assert_eq!(super::field(heading), None, "{heading}");
        }
    }
}
