//! Which column of a sheet holds what, by the headings of the systems in use.

use crate::formats::conventions::fold;
use crate::formats::conventions::headings::{self, Field};
use crate::formats::grid::{Row, Sheet};

/// Rows with content among which the heading is looked for: titles and notes may stand above it.
const HEADING_WITHIN: usize = 12;

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    Field(Field),
    /// Whether the option at this position is right: 选项一是否正确.
    Right(usize),
    /// Whether the option in this row is right, where each option has a row: 是否正确项.
    RowRight,
    /// One of several columns for the answer: 答案1.
    Answers,
    /// A level of the chapter: 一级纲要, 知识点二级.
    Level,
    /// Known, and nothing that anybody misses: a running number, our own reason for a rejection.
    Silent,
}

/// The columns of a sheet; each by its position, from 0.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Columns {
    /// The position of the heading's row among the sheet's rows.
    pub heading: usize,
    pub code: Option<usize>,
    pub kind: Option<usize>,
    /// What the digits in the column of the kind mean, where its heading says so: 题目类型(1单2多3判4主观).
    pub kind_digits: Vec<(char, char)>,
    pub stem: usize,
    /// All options in one cell; where each option has a row, the option.
    pub options: Option<usize>,
    /// Options by position, with their columns.
    pub option: Vec<(usize, usize)>,
    /// Whether the option at a position is right.
    pub right: Vec<(usize, usize)>,
    /// Whether the option in this row is right; the mark of sheets in which each option has a row.
    pub row_right: Option<usize>,
    pub answers: Vec<usize>,
    pub explanation: Option<usize>,
    /// The first of them that says something counts.
    pub chapter: Vec<usize>,
    /// Where no chapter is named, these make it together.
    pub levels: Vec<usize>,
    pub difficulty: Option<usize>,
    pub source: Option<usize>,
    pub verified_on: Option<usize>,
    /// Columns that are known and not read.
    pub unread: Vec<usize>,
    /// Columns that are not known.
    pub unknown: Vec<usize>,
}

impl Columns {
    /// Finds the heading of a sheet: of its first rows the one with most known headings, the stem and
    /// something to answer with among them.
    pub fn find(sheet: &Sheet) -> Option<Self> {
        let rows = sheet.rows.iter().enumerate().take(HEADING_WITHIN);
        let found = rows.filter_map(|(index, row)| Some((known(row), index, Self::of(row)?)));
        // Of equals the first.
        let (_, heading, columns) = found.max_by_key(|(known, index, _)| (*known, usize::MAX - index))?;
        Some(Self { heading, ..columns })
    }

    fn of(row: &Row) -> Option<Self> {
        let is_choice_file = row.filled().any(|(_, text)| fold::word(text).starts_with("choice_"));
        let mut columns = Self { stem: usize::MAX, ..Self::default() };
        for (column, text) in row.filled() {
            let role = if is_choice_file && fold::word(text) == "name" {
                Some(Role::Field(Field::Code))
            } else {
                role(text)
            };
            columns.note(column, text, role);
        }
        let answerable = !columns.answers.is_empty()
            || !columns.right.is_empty()
            || columns.row_right.is_some()
            || !columns.option.is_empty()
            || columns.options.is_some()
            || columns.kind.is_some();
        columns.chapter.sort_by_key(|&column| !row.cell(column).contains('章'));
        (columns.stem != usize::MAX && answerable && row.filled().count() > 1).then_some(columns)
    }

    fn note(&mut self, column: usize, heading: &str, role: Option<Role>) {
        // The second column of the same heading is as good as unknown.
        let mut once = |place: &mut Option<usize>| match place {
            Some(_) => self.unknown.push(column),
            None => *place = Some(column),
        };
        match role {
            Some(Role::Field(field)) => match field {
                Field::Code => once(&mut self.code),
                Field::Kind => {
                    self.kind_digits = kind_digits(heading);
                    once(&mut self.kind);
                }
                Field::Stem if self.stem == usize::MAX => self.stem = column,
                Field::Stem => self.unknown.push(column),
                Field::Options => once(&mut self.options),
                Field::Option(position) => {
                    if self.option.iter().any(|(other, _)| *other == position) {
                        self.unknown.push(column);
                    } else {
                        self.option.push((position, column));
                    }
                }
                Field::Key => self.answers.push(column),
                Field::Explanation => once(&mut self.explanation),
                Field::Chapter => self.chapter.push(column),
                Field::Difficulty => once(&mut self.difficulty),
                Field::Source => once(&mut self.source),
                Field::VerifiedOn => once(&mut self.verified_on),
                Field::Ignored => self.unread.push(column),
            },
            Some(Role::Right(position)) => self.right.push((position, column)),
            Some(Role::RowRight) => once(&mut self.row_right),
            Some(Role::Answers) => self.answers.push(column),
            Some(Role::Level) => self.levels.push(column),
            Some(Role::Silent) => {}
            None => self.unknown.push(column),
        }
    }
}

/// How many headings of a row are known.
fn known(row: &Row) -> usize {
    row.filled().filter(|(_, text)| role(text).is_some()).count()
}

fn role(heading: &str) -> Option<Role> {
    let word = fold::word(heading);
    let plain: String = word.chars().filter(|character| !"*:_-".contains(*character)).collect();
    if matches!(
        plain.as_str(),
        "序号" | "no" | "no." | "行号" | "位置" | "原因" | "题目序号" | "at" | "reason"
    ) {
        return Some(if plain == "题目序号" { Role::Field(Field::Code) } else { Role::Silent });
    }
    let beside_option = plain.strip_suffix("是否正确").or_else(|| plain.strip_suffix("score"));
    if let Some(Field::Option(position)) = beside_option.and_then(headings::field) {
        return Some(Role::Right(position));
    }
    if matches!(plain.as_str(), "是否正确项" | "是否正确" | "是否正确选项" | "是否答案" | "是否为正确项")
        || plain.starts_with("是否正确项(")
    {
        return Some(Role::RowRight);
    }
    let numbered = |prefix: &str| {
        let rest = plain.strip_prefix(prefix)?;
        (!rest.is_empty() && rest.chars().all(|c| c.is_ascii_digit() || "一二三四五六七八九十".contains(c)))
            .then_some(())
    };
    if ["答案", "正确答案", "answer"].iter().any(|prefix| numbered(prefix).is_some()) {
        return Some(Role::Answers);
    }
    let has_level = "一二三四五六".chars().any(|c| plain.contains(&format!("{c}级")));
    if has_level && ["纲要", "知识点", "分类", "目录", "章节", "类别"].iter().any(|name| plain.contains(name))
    {
        return Some(Role::Level);
    }
    if plain.contains("图片")
        || plain.contains("视频")
        || plain.contains("音频")
        || plain.starts_with("metadata")
    {
        return Some(Role::Field(Field::Ignored));
    }
    if matches!(
        plain.as_str(),
        "language" | "shuffle" | "maxchoices" | "minchoices" | "一致性" | "选项解析" | "状态"
    ) {
        return Some(Role::Field(Field::Ignored));
    }
    headings::field(heading).map(Role::Field)
}

/// The meaning of digits that a heading explains: each digit, and the character after it.
fn kind_digits(heading: &str) -> Vec<(char, char)> {
    let word = fold::word(heading);
    let pairs = word.chars().zip(word.chars().skip(1));
    let meant = |c: &char| "单多判填简主问不".contains(*c);
    let direct: Vec<(char, char)> =
        pairs.clone().filter(|(digit, after)| digit.is_ascii_digit() && meant(after)).collect();
    if !direct.is_empty() {
        return direct;
    }
    // 1:单选, 1-单选, 1、单选
    let spaced = word.chars().zip(word.chars().skip(2));
    spaced.filter(|(digit, after)| digit.is_ascii_digit() && meant(after)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns(headings: &[&str]) -> Option<Columns> {
        let cells = headings.iter().map(ToString::to_string).collect();
        Columns::find(&Sheet { name: None, rows: vec![Row { number: 1, cells }] })
    }

    #[test]
    fn headings_of_the_systems_in_use_are_placed() {
        let common =
            columns(&["题型", "题干", "选项A", "选项B", "答案", "分值", "解析", "难度", "章节"]).unwrap();
        assert_eq!((common.kind, common.stem, common.answers.as_slice()), (Some(0), 1, &[4][..]));
        assert_eq!((common.option.as_slice(), common.unread.as_slice()), (&[(0, 2), (1, 3)][..], &[5][..]));
        let bao = columns(&[
            "题干（必填）",
            "题型 （必填）",
            "选项 A",
            "选项E\n(勿删)",
            "正确答案\n（必填）",
            "[学科]",
            "章节\n（勿删）",
        ])
        .unwrap();
        assert_eq!((bao.option.as_slice(), bao.chapter.as_slice()), (&[(0, 2), (4, 3)][..], &[6, 5][..]));
        let mo = columns(&["题干", "题型", "选择项1", "选择项2", "解析", "答案1", "答案2"]).unwrap();
        assert_eq!((mo.option.len(), mo.answers.as_slice()), (2, &[5, 6][..]));
        let rows = columns(&[
            "题目序号",
            "题目类型(1单2多3判4主观)",
            "题目内容",
            "整体解析",
            "是否正确项(0/1)",
            "选项内容",
        ])
        .unwrap();
        assert_eq!((rows.row_right, rows.options, rows.code), (Some(4), Some(5), Some(0)));
        assert_eq!(rows.kind_digits, [('1', '单'), ('2', '多'), ('3', '判'), ('4', '主')]);
        let ala =
            columns(&["试题类型", "题干", "解析", "题干图片", "选项一内容", "选项一是否正确", "选项一图片"])
                .unwrap();
        assert_eq!((ala.option.as_slice(), ala.right.as_slice()), (&[(0, 4)][..], &[(0, 5)][..]));
        let grid = columns(&[
            "序号",
            "一级纲要",
            "二级纲要",
            "题目分类",
            "题型",
            "题干",
            "选项",
            "答案",
            "题目依据",
            "试题编码",
        ])
        .unwrap();
        assert_eq!((grid.levels.as_slice(), grid.source, grid.code), (&[1, 2][..], Some(8), Some(9)));
        let levels = columns(&[
            "试题GUID",
            "题型(必填）",
            "题干（必填）",
            "答案",
            "选项A",
            "知识点一级",
            "知识点二级",
            "一致性",
            "出处",
        ])
        .unwrap();
        assert_eq!((levels.levels.as_slice(), levels.unread.as_slice()), (&[5, 6][..], &[7][..]));
        let tao = columns(&[
            "name",
            "language",
            "shuffle",
            "max_choices",
            "question",
            "choice_1",
            "choice_1_score",
            "correct_answer",
            "metadata_x",
        ])
        .unwrap();
        assert_eq!((tao.code, tao.stem, tao.right.as_slice()), (Some(0), 4, &[(0, 6)][..]));
        assert_eq!((tao.answers.as_slice(), tao.unread.len(), tao.unknown.len()), (&[7][..], 4, 0));
    }

    #[test]
    fn what_has_no_stem_or_nothing_to_answer_with_is_no_heading() {
        assert!(columns(&["姓名", "账号"]).is_none());
        assert!(columns(&["题干"]).is_none());
        assert!(columns(&["题干", "备注"]).is_none());
    }

    #[test]
    fn the_heading_is_found_below_titles() {
        let row =
            |number, cells: &[&str]| Row { number, cells: cells.iter().map(ToString::to_string).collect() };
        let sheet = Sheet {
            name: None,
            rows: vec![
                row(1, &["题库导入模板"]),
                row(3, &["说明：题干与答案必填", "题型"]),
                row(4, &["题干", "题型", "A", "B", "答案"]),
                row(5, &["题", "单选", "答案", "解析", "A"]),
            ],
        };
        let columns = Columns::find(&sheet).unwrap();
        assert_eq!((columns.heading, columns.option.len()), (2, 2));
    }
}
