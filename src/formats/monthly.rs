//! The monthly report as a workbook of one page, ready to be printed.

use rust_xlsxwriter::{Format, FormatAlign, FormatBorder, Workbook, Worksheet, XlsxError};

use super::sheets::{Cell, SheetRow};
use crate::domain::message::{Language, Message};
use crate::domain::report::{Figures, MonthlyReport};
use crate::message;

/// Widths of the columns, in characters.
const WIDTHS: [f64; 7] = [8.0, 34.0, 13.0, 13.0, 13.0, 13.0, 13.0];
const LAST_COLUMN: u16 = 6;
/// Where the overview tells what has changed.
const CHANGES: u16 = 4;
/// The paper size A4, as workbooks number it.
const A4: u8 = 9;

struct Formats {
    title: Format,
    note: Format,
    section: Format,
    heading: Format,
    text: Format,
    number: Format,
    rate: Format,
    number_change: Format,
    rate_change: Format,
}

impl Formats {
    fn new() -> Self {
        let cell = || Format::new().set_border(FormatBorder::Thin).set_align(FormatAlign::VerticalCenter);
        Self {
            title: Format::new().set_bold().set_font_size(16).set_align(FormatAlign::Center),
            note: Format::new().set_align(FormatAlign::Center).set_font_color("#555555"),
            section: Format::new().set_bold().set_font_size(12),
            heading: cell().set_bold().set_background_color("#DDE7F3").set_align(FormatAlign::Center),
            text: cell().set_text_wrap().set_num_format("@"),
            number: cell().set_num_format("General"),
            rate: cell().set_num_format("0.00%"),
            number_change: cell().set_num_format("+General;-General;General"),
            rate_change: cell().set_num_format("+0.00%;-0.00%;0.00%"),
        }
    }
}

/// The page while it is written.
struct Page<'a> {
    sheet: &'a mut Worksheet,
    formats: Formats,
    language: Language,
    row: u32,
}

impl Page<'_> {
    fn text(&self, message: &Message) -> String {
        message.text(self.language).to_owned()
    }

    /// A line over the whole width.
    fn line(&mut self, message: &Message, format: &Format) -> Result<(), XlsxError> {
        let text = self.text(message);
        self.sheet.merge_range(self.row, 0, self.row, LAST_COLUMN, &text, format)?;
        self.row += 1;
        Ok(())
    }

    /// A table with its heading, after an empty line. `changes` is the column whose numbers have a sign.
    fn table(
        &mut self,
        title: &Message,
        headings: &[Message],
        changes: Option<u16>,
        rows: Vec<SheetRow>,
    ) -> Result<(), XlsxError> {
        self.row += 1;
        let title = self.text(title);
        self.sheet.write_string_with_format(self.row, 0, title, &self.formats.section)?;
        self.row += 1;
        for (heading, column) in headings.iter().zip(0..) {
            let heading = self.text(heading);
            self.sheet.write_string_with_format(self.row, column, heading, &self.formats.heading)?;
        }
        self.row += 1;
        for cells in rows {
            for (cell, column) in cells.iter().zip(0..) {
                let Formats { text, number, rate, number_change, rate_change, .. } = &self.formats;
                let (number, rate) =
                    if changes == Some(column) { (number_change, rate_change) } else { (number, rate) };
                match cell {
                    Cell::Empty => self.sheet.write_blank(self.row, column, text)?,
                    Cell::Text(said) => self.sheet.write_string_with_format(self.row, column, said, text)?,
                    Cell::Number(value) => {
                        self.sheet.write_number_with_format(self.row, column, *value, number)?
                    }
                    Cell::Rate(value) => {
                        self.sheet.write_number_with_format(self.row, column, *value, rate)?
                    }
                };
            }
            self.row += 1;
        }
        Ok(())
    }
}

/// Writes the report of a month. `fixed` says whether the month is closed.
///
/// # Errors
/// When it cannot be written.
pub fn write_monthly(report: &MonthlyReport, fixed: bool, language: Language) -> Result<Vec<u8>, Message> {
    let write = || -> Result<Vec<u8>, XlsxError> {
        let mut workbook = Workbook::new();
        let sheet = workbook.add_worksheet();
        sheet.set_name(message!("月调度", "Monthly report").text(language))?;
        sheet.set_paper_size(A4).set_print_fit_to_pages(1, 1).set_print_center_horizontally(true);
        for (width, column) in WIDTHS.iter().zip(0..) {
            sheet.set_column_width(column, *width)?;
        }
        write_page(&mut Page { sheet, formats: Formats::new(), language, row: 0 }, report, fixed)?;
        workbook.save_to_buffer()
    };
    write().map_err(|error| message!("无法写出：{error}", "cannot be written: {error}"))
}

fn write_page(page: &mut Page<'_>, report: &MonthlyReport, fixed: bool) -> Result<(), XlsxError> {
    let (name, month) = (&report.unit.name, &report.month);
    let (title, note) = (page.formats.title.clone(), page.formats.note.clone());
    page.line(&message!("{name} {month} 学习情况月调度", "{name}: study report for {month}"), &title)?;
    let state = if fixed {
        message!("本月已结束，数据已固定", "The month is closed; the figures are fixed")
    } else {
        message!("本月尚未结束，数据截至导出时", "The month is not closed yet; figures as of the export")
    };
    page.line(&state, &note)?;
    let headings = [
        message!("项目", "Item"),
        message!("", ""),
        message!("本月", "This month"),
        message!("上月", "Last month"),
        message!("比上月", "Change"),
    ];
    page.table(&message!("总体情况", "Overview"), &headings, Some(CHANGES), overview(page.language, report))?;
    let headings = [
        message!("名次", "Rank"),
        message!("组织", "Unit"),
        message!("应参加人数", "Members"),
        message!("参与率", "Participation"),
        message!("人均得分", "Mean score"),
        message!("合格率", "Pass rate"),
        message!("上月人均得分", "Last month"),
    ];
    let ranking = report.ranking.iter().map(|row| {
        let figures = &row.figures;
        vec![
            row.rank.into(),
            row.unit.name.as_str().into(),
            figures.active_members.into(),
            Cell::rate(figures.participation),
            figures.mean_score.into(),
            Cell::rate(figures.pass_rate),
            row.before_mean_score.into(),
        ]
    });
    page.table(&message!("下级组织排名", "Ranking of the units below"), &headings, None, ranking.collect())?;
    let headings = [
        message!("名次", "Rank"),
        message!("姓名", "Name"),
        message!("得分", "Score"),
        message!("用时（秒）", "Seconds"),
        message!("所在组织", "Unit"),
    ];
    let best = report.best_members.iter().map(|member| {
        vec![
            member.rank.into(),
            member.name.as_str().into(),
            member.score.into(),
            Cell::seconds(Some(member.elapsed_ms)),
            member.unit.name.as_str().into(),
        ]
    });
    page.table(&message!("学习标兵", "Best members"), &headings, None, best.collect())?;
    let headings = [
        message!("", ""),
        message!("章节", "Chapter"),
        message!("得分率（%）", "Percent"),
        message!("题次", "Items"),
    ];
    let weak = report.weak_chapters.iter().zip(1_u32..).map(|(chapter, number)| {
        let items = i64::try_from(chapter.items).unwrap_or(i64::MAX);
        vec![number.into(), chapter.chapter.as_str().into(), chapter.percent.into(), items.into()]
    });
    page.table(&message!("薄弱章节", "Weak chapters"), &headings, None, weak.collect())
}

/// What was reached, line by line: the item, this month, the month before, what has changed.
fn overview(language: Language, report: &MonthlyReport) -> Vec<SheetRow> {
    type Pick = fn(&Figures) -> Cell;
    let (now, change) = (&report.figures, &report.change);
    let counted = |pick: fn(&Figures) -> u32| -> Cell {
        let count = |figures| i64::from(pick(figures));
        report.before.as_ref().map(|before| count(now) - count(before)).into()
    };
    let elapsed_before = report.before.as_ref().and_then(|before| before.mean_elapsed_ms);
    let elapsed = now.mean_elapsed_ms.zip(elapsed_before).map(|(now, before)| now - before);
    let lines: [(Message, Pick, Cell); 9] = [
        (
            message!("应参加人数", "Active members"),
            |figures| figures.active_members.into(),
            counted(|figures| figures.active_members),
        ),
        (
            message!("参与人数", "Participants"),
            |figures| figures.participants.into(),
            counted(|figures| figures.participants),
        ),
        (
            message!("参与率", "Participation"),
            |figures| Cell::rate(figures.participation),
            Cell::rate(change.participation),
        ),
        (message!("答卷数", "Results"), |figures| figures.results.into(), counted(|figures| figures.results)),
        (
            message!("人均得分（没参加的按 0 分计）", "Mean score (absent count 0)"),
            |figures| figures.mean_score.into(),
            change.mean_score.into(),
        ),
        (
            message!("平均得分率（%）", "Mean percent"),
            |figures| figures.mean_percent.into(),
            change.mean_percent.into(),
        ),
        (
            message!("合格率", "Pass rate"),
            |figures| Cell::rate(figures.pass_rate),
            Cell::rate(change.pass_rate),
        ),
        (
            message!("优秀率", "Excellence rate"),
            |figures| Cell::rate(figures.excellence_rate),
            Cell::rate(change.excellence_rate),
        ),
        (
            message!("平均用时（秒）", "Mean seconds"),
            |figures| Cell::seconds(figures.mean_elapsed_ms),
            Cell::seconds(elapsed),
        ),
    ];
    let row = |(number, (label, pick, changed)): (u32, (Message, Pick, Cell))| {
        let before = report.before.as_ref().map_or(Cell::Empty, pick);
        vec![number.into(), label.text(language).into(), pick(now), before, changed]
    };
    (1..).zip(lines).map(row).collect()
}
