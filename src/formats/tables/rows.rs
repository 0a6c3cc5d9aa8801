//! From the rows of sheets to questions.

use std::collections::HashMap;

use super::cells::{kind_word, numbered_answer, section_of, without_letter};
use super::columns::Columns;
use super::{own, per_option};
use crate::domain::message::Message;
use crate::domain::question::{Draft, Fault, letter};
use crate::formats::conventions::words;
use crate::formats::conventions::{Said, fold};
use crate::formats::grid::{Grid, Row, Sheet, column_letters, place};
use crate::formats::{FoundBank, FoundQuestion, Place};
use crate::message;

/// Reads every sheet that has a heading.
///
/// # Errors
/// When none has.
pub(super) fn read(grid: &Grid) -> Result<FoundBank, Message> {
    let mut bank = FoundBank::default();
    let mut codes = HashMap::new();
    let mut any_heading = false;
    for name in &grid.hidden {
        let message = message!(
            "工作表“{name}”是隐藏的，没有读取；需要导入请先取消隐藏",
            "the sheet “{name}” is hidden and was not read; unhide it to import it"
        );
        bank.warnings.push(Place { at: name.clone(), message });
    }
    if grid.pictures > 0 {
        let count = grid.pictures;
        let message = message!(
            "文件里有 {count} 张图片，题目不带图片，没有读取",
            "the file has {count} pictures; questions have none, so they were not read"
        );
        let at = grid.sheets.first().and_then(|sheet| sheet.name.clone()).unwrap_or_default();
        bank.warnings.push(Place { at, message });
    }
    for sheet in &grid.sheets {
        match Columns::find(sheet) {
            Some(columns) => {
                any_heading = true;
                Reader { sheet, columns: &columns, codes: &mut codes, bank: &mut bank }.read();
            }
            None => {
                if let (Some(name), false) = (&sheet.name, sheet.rows.is_empty()) {
                    let message = message!(
                        "工作表“{name}”里没有题目的表头，没有读取",
                        "the sheet “{name}” has no heading of questions and was not read"
                    );
                    bank.warnings.push(Place { at: name.clone(), message });
                }
            }
        }
    }
    if any_heading {
        return Ok(bank);
    }
    Err(message!(
        "没有找到表头。表头应有“题干”“题型”“答案”，选择题还要“选项A”“选项B”……；可以下载模板对照",
        "no heading was found; it has 题干 (stem), 题型 (kind), 答案 (answer) and 选项A, 选项B … (options); compare it with the template"
    ))
}

/// Reads one sheet.
struct Reader<'a> {
    sheet: &'a Sheet,
    columns: &'a Columns,
    /// Where each code stands already.
    codes: &'a mut HashMap<String, String>,
    bank: &'a mut FoundBank,
}

impl Reader<'_> {
    fn read(&mut self) {
        self.warn_of_columns();
        let rows = self.sheet.rows.get(self.columns.heading + 1..).unwrap_or_default();
        let heading = self.sheet.rows.get(self.columns.heading);
        if self.columns.row_right.is_some() {
            for question in per_option::read(self.columns, rows) {
                self.take(question.row, question.said, question.dropped_picture);
            }
            return;
        }
        let own_options = own::options_of(self.sheet, self.columns);
        let drop_codes = own_options.is_none() && self.codes_are_running_numbers(rows);
        let mut section = self.kind_of_sheet();
        for row in rows.iter().filter(|row| Some(&row.cells) != heading.map(|heading| &heading.cells)) {
            if let Some(draft) = own_options.and_then(|options| own::read(row, options)) {
                self.note(row, Ok(draft), vec![]);
                continue;
            }
            if let Some(kind) = section_of(row) {
                section = kind;
                continue;
            }
            let Some(mut said) = self.said(row) else { continue };
            if said.kind.is_empty() {
                said.kind.clone_from(&section);
            }
            if drop_codes {
                said.code.clear();
            }
            let has_picture = row.filled().any(|(_, text)| text.contains("DISPIMG("));
            self.take(row, said, has_picture);
        }
    }

    fn warn(&mut self, column: Option<usize>, row: usize, message: Message) {
        let at = place(self.sheet.name.as_deref(), column, row);
        self.bank.warnings.push(Place { at, message });
    }

    fn warn_of_columns(&mut self) {
        let Some(heading) = self.sheet.rows.get(self.columns.heading) else { return };
        let columns = self.columns;
        let named = |&column: &usize| !heading.cell(column).is_empty();
        for &column in columns.unknown.iter().filter(|column| named(column)) {
            let text = heading.cell(column).replace('\n', " ");
            let message =
                message!("“{text}”列不认识，没有读取", "the column “{text}” is not known and was not read");
            self.warn(Some(column), heading.number, message);
        }
        for &column in &columns.unread {
            if !self.column_has_text(column) {
                continue;
            }
            let text = heading.cell(column).replace('\n', " ");
            let message = message!(
                "“{text}”列用不上，没有读取",
                "the column “{text}” has no use here and was not read"
            );
            self.warn(Some(column), heading.number, message);
        }
    }

    fn column_has_text(&self, column: usize) -> bool {
        let rows = self.sheet.rows.get(self.columns.heading + 1..).unwrap_or_default();
        rows.iter().any(|row| !row.cell(column).is_empty())
    }

    /// A sheet called 单选题, without a column for the kind, has questions of that kind.
    fn kind_of_sheet(&self) -> String {
        let name = self.sheet.name.as_deref().unwrap_or_default();
        match words::kind(name) {
            Some(_) if self.columns.kind.is_none() => name.to_owned(),
            _ => String::new(),
        }
    }

    /// Whether the codes are 1, 2, 3 …, which another file has too: they name nothing that lasts.
    fn codes_are_running_numbers(&mut self, rows: &[Row]) -> bool {
        let Some(column) = self.columns.code else { return false };
        let codes: Vec<&str> =
            rows.iter().map(|row| row.cell(column)).filter(|code| !code.is_empty()).collect();
        let numbers: Option<Vec<u32>> = codes.iter().map(|code| code.parse().ok()).collect();
        let Some(numbers) = numbers.filter(|numbers| !numbers.is_empty()) else { return false };
        let follows =
            |pair: &[u32]| matches!(pair, [one, next] if *next == 1 || *next == one.saturating_add(1));
        let running = numbers.first() == Some(&1) && numbers.windows(2).all(follows);
        if running {
            let heading = self.sheet.rows.get(self.columns.heading).map_or(0, |row| row.number);
            let message = message!(
                "题号是 1、2、3……的顺序号，各文件都一样，不当作题号；题目按题干对应",
                "the codes are running numbers, as every file has them, and are not taken as codes; questions are matched by their stems"
            );
            self.warn(Some(column), heading, message);
        }
        running
    }

    /// What a row says; `None` for one that is no question.
    fn said(&mut self, row: &Row) -> Option<Said> {
        let columns = self.columns;
        let text = |column: Option<usize>| column.map_or("", |column| row.cell(column));
        let tidy = |column: Option<usize>| column.map(|column| fold::tidy(row.cell(column)));
        let mut options: Vec<String> = Vec::new();
        for &(position, column) in &columns.option {
            if options.len() <= position {
                options.resize(position + 1, String::new());
            }
            if let Some(option) = options.get_mut(position) {
                *option = without_letter(&fold::tidy(row.cell(column)), position);
            }
        }
        let answer = self.answer(row);
        let has_any = options.iter().any(|option| !option.is_empty()) || !text(columns.options).is_empty();
        if row.cell(columns.stem).is_empty() && answer.is_empty() && !has_any {
            let message = message!(
                "这一行没有题干、选项和答案，已跳过",
                "this row has no stem, options or answer and was skipped"
            );
            self.warn(None, row.number, message);
            return None;
        }
        Some(Said {
            code: text(columns.code).to_owned(),
            kind: kind_word(text(columns.kind), &columns.kind_digits),
            stem: fold::tidy(row.cell(columns.stem)),
            options,
            answer,
            emphasised: vec![],
            explanation: tidy(columns.explanation),
            chapter: self.chapter(row),
            difficulty: tidy(columns.difficulty),
            source: tidy(columns.source),
            verified_on: tidy(columns.verified_on),
        })
    }

    /// The answer: from the columns for it, or from those that say of each option whether it is right.
    fn answer(&self, row: &Row) -> String {
        let given: Vec<String> = self
            .columns
            .answers
            .iter()
            .map(|&column| fold::tidy(row.cell(column)))
            .filter(|text| !text.is_empty())
            .collect();
        if !given.is_empty() || self.columns.right.is_empty() {
            return given.join(";");
        }
        let is_right = |text: &str| match text.parse::<f64>() {
            Ok(points) => points > 0.0,
            Err(_) => words::judgement(text) == Some(true),
        };
        let right = self.columns.right.iter().filter(|(_, column)| is_right(row.cell(*column)));
        right.map(|(position, _)| letter(*position)).collect()
    }

    fn chapter(&self, row: &Row) -> Option<String> {
        let columns = self.columns;
        if columns.chapter.is_empty() && columns.levels.is_empty() {
            return None;
        }
        let filled = |column: &usize| Some(fold::tidy(row.cell(*column))).filter(|text| !text.is_empty());
        let levels: Vec<String> = columns.levels.iter().filter_map(filled).collect();
        Some(columns.chapter.iter().find_map(filled).unwrap_or_else(|| levels.join("/")))
    }

    /// Makes a question of what a row says.
    fn take(&mut self, row: &Row, mut said: Said, has_picture: bool) {
        let mut warnings = Vec::new();
        let mut faults = Vec::new();
        if has_picture {
            warnings.push(message!(
                "这一题带图片，图片没有读取，请看题目是否仍然完整",
                "this question has a picture, which was not read: see whether the question is complete without it"
            ));
        }
        if let Some(column) = self.columns.options.filter(|_| self.columns.row_right.is_none())
            && said.options.is_empty()
            && !row.cell(column).is_empty()
        {
            match crate::formats::conventions::options::cell(&fold::tidy(row.cell(column))) {
                Ok(options) => said.options = options,
                Err(letter) => faults.push(Fault {
                    pointer: "/options".into(),
                    message: message!(
                        "选项字母 {letter} 的次序不对，请按 A、B、C…… 依次编写",
                        "the option letter {letter} is out of turn; letter them A, B, C … in turn"
                    ),
                }),
            }
        }
        if let Some(letters) = numbered_answer(&said) {
            let number = std::mem::replace(&mut said.answer, letters.clone());
            warnings.push(message!(
                "答案写的是数字 {number}，按第几个选项处理，即 {letters}，请核对",
                "the answer is the number {number}; it is taken as the option that stands there, {letters}: please check"
            ));
        }
        let (draft, guessed) = said.read();
        warnings.extend(guessed);
        let draft = match draft {
            Ok(draft) if faults.is_empty() => Ok(draft),
            Ok(_) => Err(faults),
            Err(more) => Err(faults.into_iter().chain(more).collect()),
        };
        self.note(row, draft, warnings);
    }

    /// Notes a question; faults get the places of their cells.
    fn note(&mut self, row: &Row, draft: Result<Draft, Vec<Fault>>, warnings: Vec<Message>) {
        let at = place(self.sheet.name.as_deref(), Some(self.columns.stem), row.number);
        let checked = draft.and_then(|draft| draft.clone().check_found().map(|_| draft));
        let checked = checked.and_then(|draft| {
            let first = self.codes.get(draft.code.trim()).filter(|_| !draft.code.trim().is_empty());
            match first {
                Some(first) => {
                    let code = &draft.code;
                    let message =
                        message!("题号 {code} 与 {first} 重复", "the code {code} stands already at {first}");
                    Err(vec![Fault { pointer: "/code".into(), message }])
                }
                None => Ok(draft),
            }
        });
        let (draft, original) = match checked {
            Ok(draft) => {
                self.codes.insert(draft.code.trim().to_owned(), at.clone());
                (Ok(draft), vec![])
            }
            Err(faults) => {
                let faults = faults.into_iter().map(|fault| self.placed(fault, row)).collect();
                (Err(faults), self.original(row))
            }
        };
        self.bank.questions.push(FoundQuestion { at, draft, warnings, original });
    }

    fn placed(&self, fault: Fault, row: &Row) -> Fault {
        let columns = self.columns;
        let mut parts = fault.pointer.split('/').skip(1);
        let column = match parts.next().unwrap_or_default() {
            "code" => columns.code,
            "kind" => columns.kind,
            "options" => parts
                .next()
                .and_then(|index| index.parse::<usize>().ok())
                .and_then(|index| columns.option.iter().find(|(position, _)| *position == index))
                .or(columns.option.first())
                .map(|(_, column)| *column)
                .or(columns.options),
            "key" => columns.answers.first().or(columns.right.first().map(|(_, column)| column)).copied(),
            "explanation" => columns.explanation,
            "chapter" => columns.chapter.first().copied(),
            "difficulty" => columns.difficulty,
            "source" => columns.source,
            "verified_on" => columns.verified_on,
            _ => None,
        };
        let column = column.unwrap_or(columns.stem);
        let pointer = match &self.sheet.name {
            Some(sheet) => place(Some(sheet), Some(column), row.number),
            // A line says too little of a long row: the column's heading tells the rest.
            None => {
                let heading = self.sheet.rows.get(columns.heading).map_or("", |heading| heading.cell(column));
                let heading = if heading.is_empty() { column_letters(column) } else { heading.to_owned() };
                format!("{} {heading}", place(None, Some(column), row.number))
            }
        };
        Fault { pointer, message: fault.message }
    }

    fn original(&self, row: &Row) -> Vec<(String, String)> {
        let Some(heading) = self.sheet.rows.get(self.columns.heading) else { return vec![] };
        let last = heading.cells.len().max(row.cells.len());
        (0..last)
            .map(|column| {
                let label = heading.cell(column);
                let label = if label.is_empty() { column_letters(column) } else { label.to_owned() };
                (label, row.cell(column).to_owned())
            })
            .collect()
    }
}
