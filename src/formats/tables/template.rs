//! Workbooks to fill in: with examples, and notes on a second sheet.

use rust_xlsxwriter::{DataValidation, Format, Workbook, Worksheet, XlsxError};

use super::own::{unwritable, write_table};
use super::rows;
use crate::domain::message::Message;
use crate::formats::docx;
use crate::formats::grid::Grid;

/// Rows below the heading in which lists are offered.
const OFFERED_ROWS: u32 = 5_000;

const BANK_HEADINGS: [&str; 13] = [
    "题型", "题干", "选项A", "选项B", "选项C", "选项D", "选项E", "选项F", "答案", "解析", "难度", "章节",
    "出处",
];
const BANK_WIDTHS: [f64; 13] = [10.0, 56.0, 20.0, 20.0, 20.0, 20.0, 14.0, 14.0, 18.0, 40.0, 8.0, 16.0, 28.0];
/// One example of every kind.
const BANK_EXAMPLES: [[&str; 13]; 5] = [
    [
        "单选题",
        "（示例）预备党员的预备期为（　　）。",
        "六个月",
        "一年",
        "两年",
        "三年",
        "",
        "",
        "B",
        "预备期从支部大会通过其为预备党员之日算起。",
        "易",
        "示例",
        "《中国共产党章程》第七条",
    ],
    [
        "多选题",
        "（示例）党的基层组织根据工作需要和党员人数可以设立（　　）。",
        "党的基层委员会",
        "总支部委员会",
        "支部委员会",
        "党小组联席会",
        "",
        "",
        "ABC",
        "",
        "中",
        "示例",
        "《中国共产党章程》第三十条",
    ],
    [
        "判断题",
        "（示例）党员有权要求更换不称职的干部，也可以拒不执行组织决定。",
        "",
        "",
        "",
        "",
        "",
        "",
        "错误",
        "对决定有不同意见可以保留，在没有改变以前必须坚决执行。",
        "中",
        "示例",
        "《中国共产党章程》第四条",
    ],
    [
        "填空题",
        "（示例）党员如果没有正当理由，连续____个月不参加党的组织生活，或不交纳____，就被认为是自行脱党。",
        "",
        "",
        "",
        "",
        "",
        "",
        "六|6；党费",
        "",
        "中",
        "示例",
        "《中国共产党章程》第九条",
    ],
    [
        "简答题",
        "（示例）简述发展党员的基本程序。",
        "",
        "",
        "",
        "",
        "",
        "",
        "递交入党申请书；确定入党积极分子；确定发展对象；接收预备党员；预备党员转正",
        "",
        "难",
        "示例",
        "",
    ],
];
const BANK_NOTES: [&str; 11] = [
    "一行一题，从“题目”表的第 2 行填起；示例可以删去或改掉。",
    "题型：单选题、多选题、判断题、填空题、简答题。不填时按答案和选项推断，导入后会提示核对。",
    "题干：必填，最多 4000 个字。填空题的空用两个以上的下划线 ____ 或空括号（　）表示。",
    "选项：单选题、多选题至少填两个，中间不要空；多于 6 个时在“选项F”后面加“选项G”等列。判断题不填。",
    "答案：单选题写一个字母，如 B；多选题写几个字母，如 ABD；判断题写“正确”或“错误”。",
    "填空题的答案：各空之间用分号“；”分开，同一空有几种写法的用“|”分开，如：六|6；党费。",
    "难度：1 到 5，或易、中、难；不填按 3。",
    "章节：组卷可以按章节抽题；不填归入“未分类”。",
    "出处：文件和条款，可以不填。",
    "可以加一列“题号”，给每题一个不变的编号，以后再导入时按题号更新；没有题号的按题干、题型和选项对应。",
    "列的次序可以变动，其他系统导出的表一般可以直接导入；题目里的图片不导入。",
];

/// A workbook for a bank.
///
/// # Errors
/// When it cannot be written.
pub fn bank_template() -> Result<Vec<u8>, Message> {
    let offer = |sheet: &mut Worksheet| {
        let kinds = DataValidation::new()
            .allow_list_strings(&["单选题", "多选题", "判断题", "填空题", "简答题"])?
            .ignore_blank(true);
        sheet.add_data_validation(1, 0, OFFERED_ROWS, 0, &kinds)?;
        let levels = DataValidation::new()
            .allow_list_strings(&["1", "2", "3", "4", "5", "易", "中", "难"])?
            .ignore_blank(true);
        sheet.add_data_validation(1, 10, OFFERED_ROWS, 10, &levels)?;
        Ok(())
    };
    let examples: Vec<&[&str]> = BANK_EXAMPLES.iter().map(<[&str; 13]>::as_slice).collect();
    workbook("题目", (&BANK_HEADINGS, &BANK_WIDTHS), &examples, &BANK_NOTES, offer)
}

/// What the Word template says. It shows no number, letter or label as a paper has them, so that nothing of it
/// is taken for a question.
const PAPER_NOTES: [&str; 5] = [
    "填写说明（可以留着）：照下面的样子写，示例可以删去或改掉。",
    "大题的标题写明题型，有单选题、多选题、判断题、填空题、简答题；每题以题号开头，自动编号和手写编号都可以。",
    "选项以大写字母开头，可以一行一个，也可以几个写在一行；答案写在题后，另起一行。",
    "填空题各空的答案用分号分开，同一空有几种写法的用竖线分开。",
    "解析、依据、章节、难度各起一行，可以不写；难度写一到五的数字，或易、中、难。图片不导入。",
];

/// A Word file for a bank: the same examples as a question paper.
///
/// # Errors
/// When it cannot be written.
pub fn bank_paper() -> Result<Vec<u8>, Message> {
    let grid = Grid::read(&bank_template()?)?;
    let examples = rows::read(&grid)?.questions.into_iter().filter_map(|found| found.draft.ok());
    let examples: Vec<_> = examples.filter_map(|draft| draft.check_found().ok()).collect();
    docx::write_with_notes("题库模板", &PAPER_NOTES, &examples)
}

const UNIT_NOTES: [&str; 5] = [
    "一行一个组织，从第 2 行填起；示例请删去。",
    "编码：必填，给每个组织一个不变的编号；编码已有的按这里改名、改上级，不在表里的组织不动。",
    "类型：committee 党委、general_branch 党总支、branch 党支部、group 党小组。",
    "上级编码：上级组织的编码；上级可以在同一张表里，前后次序不限。",
    "名称：最多 100 个字。",
];

/// A workbook for a roster of units.
///
/// # Errors
/// When it cannot be written.
pub fn unit_template() -> Result<Vec<u8>, Message> {
    let offer = |sheet: &mut Worksheet| {
        let kinds = DataValidation::new()
            .allow_list_strings(&["committee", "general_branch", "branch", "group"])?
            .ignore_blank(true);
        sheet.add_data_validation(1, 2, OFFERED_ROWS, 2, &kinds)?;
        Ok(())
    };
    workbook(
        "组织",
        (&["组织编码", "名称", "类型", "上级编码"], &[16.0, 40.0, 18.0, 16.0]),
        &[
            &["DW01", "示例公司党委", "committee", "zone"],
            &["ZB0101", "示例公司第一党支部", "branch", "DW01"],
        ],
        &UNIT_NOTES,
        offer,
    )
}

const MEMBER_NOTES: [&str; 6] = [
    "一行一人，从第 2 行填起；示例请删去。",
    "账号：必填，登录用，可以是手机号或工号；账号已有的按这里改姓名、转支部，不在表里的人不动。",
    "组织编码：必填，所在支部的编码。",
    "角色：member 成员、leader 负责人、admin 管理员；不填是成员。",
    "初始密码：可以不填，导入后由系统生成，只在导入结果里显示一次；第一次登录必须修改。",
    "已有账号的密码不会被这张表改动。",
];

/// A workbook for a roster of members.
///
/// # Errors
/// When it cannot be written.
pub fn member_template() -> Result<Vec<u8>, Message> {
    let offer = |sheet: &mut Worksheet| {
        let roles =
            DataValidation::new().allow_list_strings(&["member", "leader", "admin"])?.ignore_blank(true);
        sheet.add_data_validation(1, 3, OFFERED_ROWS, 3, &roles)?;
        Ok(())
    };
    workbook(
        "名单",
        (&["账号", "姓名", "组织编码", "角色", "初始密码"], &[18.0, 14.0, 16.0, 12.0, 16.0]),
        &[&["13800000001", "张三", "ZB0101", "member", ""], &["13800000002", "李四", "ZB0101", "leader", ""]],
        &MEMBER_NOTES,
        offer,
    )
}

fn workbook(
    name: &str,
    (headings, widths): (&[&str], &[f64]),
    examples: &[&[&str]],
    notes: &[&str],
    offer: impl FnOnce(&mut Worksheet) -> Result<(), XlsxError>,
) -> Result<Vec<u8>, Message> {
    let texts = |cells: &[&str]| cells.iter().map(ToString::to_string).collect::<Vec<String>>();
    let write = || -> Result<Vec<u8>, XlsxError> {
        let mut workbook = Workbook::new();
        let sheet = workbook.add_worksheet();
        sheet.set_name(name)?;
        write_table(sheet, &texts(headings), examples.iter().map(|cells| texts(cells)), widths)?;
        offer(sheet)?;
        let sheet = workbook.add_worksheet();
        sheet.set_name("填写说明")?;
        sheet.set_column_width(0, 100.0)?;
        let wrap = Format::new().set_text_wrap();
        for (note, row) in notes.iter().zip(0..) {
            sheet.write_string_with_format(row, 0, *note, &wrap)?;
        }
        workbook.save_to_buffer()
    };
    write().map_err(|error| unwritable(&error))
}
