//! What was measured, beside what was aimed at: as text, and as JSON for whoever draws or compares.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// What one side of a comparison did.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct Figures {
    /// Answers a second, the median of the rounds.
    pub per_second: f64,
    /// Half of the answers came within this, in milliseconds.
    pub p50_ms: f64,
    /// 99 of 100 came within this, in milliseconds.
    pub p99_ms: f64,
    /// Requests that were measured.
    pub requests: u64,
}

/// What is aimed at.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Goal {
    /// This or more.
    AtLeast(f64),
    /// This or less.
    AtMost(f64),
}

/// One row of the table.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Row {
    /// What is measured.
    pub what: String,
    /// What it is compared with.
    pub against: String,
    /// The ratio, or what `unit` says.
    pub measured: f64,
    /// `×`, `ms`.
    pub unit: String,
    /// What is aimed at.
    pub goal: Goal,
    /// Whether it is reached.
    pub met: bool,
    /// The product.
    pub ours: Option<Figures>,
    /// What it is compared with.
    pub theirs: Option<Figures>,
    /// Figures of another kind.
    pub note: String,
}

impl Row {
    /// A ratio.
    pub fn ratio(what: impl Into<String>, against: impl Into<String>, measured: f64, goal: Goal) -> Self {
        let met = match goal {
            // Nothing measured is nothing reached, and neither is a ratio that is no number.
            Goal::AtLeast(least) => measured >= least,
            Goal::AtMost(most) => measured > 0.0 && measured <= most,
        };
        Self {
            what: what.into(),
            against: against.into(),
            measured,
            unit: "×".into(),
            goal,
            met,
            ours: None,
            theirs: None,
            note: String::new(),
        }
    }

    /// A figure in milliseconds.
    pub fn milliseconds(
        what: impl Into<String>,
        against: impl Into<String>,
        measured: f64,
        goal: Goal,
    ) -> Self {
        Self { unit: " ms".into(), ..Self::ratio(what, against, measured, goal) }
    }

    /// With the figures of both sides.
    pub fn with(self, ours: Figures, theirs: Figures) -> Self {
        Self { ours: Some(ours), theirs: Some(theirs), ..self }
    }

    /// With what else there is to say.
    pub fn noting(self, note: impl Into<String>) -> Self {
        Self { note: note.into(), ..self }
    }
}

/// How the cost of boards grows.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct BoardGrowth {
    /// Members on the board.
    pub members: usize,
    /// The first answer after the start, in milliseconds.
    pub first_ms: f64,
    /// The top 50 with one's own row.
    pub board: Figures,
    /// Submissions into that board.
    pub submit: Figures,
}

/// How the cost of papers grows.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PaperGrowth {
    /// Questions of the bank.
    pub questions: usize,
    /// Drawing and writing a paper, in nanoseconds.
    pub paper_ns: f64,
    /// Copying as many bytes, in nanoseconds.
    pub copy_ns: f64,
    /// Bytes of the paper.
    pub bytes: f64,
}

/// How the cost of rankings grows.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RankGrowth {
    /// Members on the board.
    pub members: usize,
    /// The rank of one of them, in nanoseconds.
    pub rank_ns: f64,
    /// The first page of 50, in nanoseconds.
    pub page_ns: f64,
    /// One more result, in nanoseconds.
    pub update_ns: f64,
}

/// A part that could not be measured.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Missing {
    /// Which.
    pub part: String,
    /// Why.
    pub reason: String,
}

/// All of it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Report {
    /// Whether the counts were small: then the figures mean nothing.
    pub quick: bool,
    /// Cores of the machine, which server and load share.
    pub cores: usize,
    /// The processor, where the system tells.
    pub processor: String,
    /// The build profile of both programs.
    pub profile: String,
    /// Seconds that the run took.
    pub seconds: f64,
    /// The table.
    pub rows: Vec<Row>,
    /// Boards by their size.
    pub boards: Vec<BoardGrowth>,
    /// Papers by the size of the bank.
    pub papers: Vec<PaperGrowth>,
    /// Boards in process, by their size.
    pub rankings: Vec<RankGrowth>,
    /// What else was found.
    pub remarks: Vec<String>,
    /// What was left out on purpose or for want of something.
    pub skipped: Vec<Missing>,
    /// What failed.
    pub failed: Vec<Missing>,
}

/// Where the JSON of the last run stands.
pub fn json_path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("target/bench/load.json")
}

impl Report {
    /// Notes a part that failed, and goes on.
    pub fn fail(&mut self, part: &str, reason: impl Into<String>) {
        let missing = Missing { part: part.into(), reason: reason.into() };
        println!("{part}: NOT MEASURED: {}", missing.reason);
        self.failed.push(missing);
    }

    /// Notes a part that was left out.
    pub fn skip(&mut self, part: &str, reason: impl Into<String>) {
        let missing = Missing { part: part.into(), reason: reason.into() };
        println!("{part}: skipped: {}", missing.reason);
        self.skipped.push(missing);
    }

    /// Whether every row reaches its goal and none is missing for a fault.
    pub fn is_good(&self) -> bool {
        self.failed.is_empty() && self.rows.iter().all(|row| row.met)
    }

    /// The report of the last run.
    ///
    /// # Errors
    /// When there is none.
    pub fn read() -> Result<Self, String> {
        let path = json_path();
        let text = std::fs::read_to_string(&path)
            .map_err(|error| format!("{}: {error}; run the bench first", path.display()))?;
        serde_json::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))
    }

    /// Writes the JSON.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&self) -> Result<(), String> {
        let path = json_path();
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(|error| error.to_string())?;
        }
        let json = serde_json::to_string_pretty(self).map_err(|error| error.to_string())?;
        std::fs::write(&path, json + "\n").map_err(|error| format!("{}: {error}", path.display()))?;
        println!("\nwritten: {}", path.display());
        Ok(())
    }

    /// The table as text.
    pub fn text(&self) -> String {
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "\n{} cores, shared by server and load; {}; profile {}; {:.0} s{}\n",
            self.cores,
            self.processor,
            self.profile,
            self.seconds,
            if self.quick { "; --quick: THE FIGURES MEAN NOTHING" } else { "" }
        );
        for row in &self.rows {
            let (sign, goal) = match row.goal {
                Goal::AtLeast(goal) => ('≥', goal),
                Goal::AtMost(goal) => ('≤', goal),
            };
            let met = if row.met { "met" } else { "MISSED" };
            let unit = &row.unit;
            let _ = writeln!(text, "{}\n    against {}", row.what, row.against);
            let _ = writeln!(text, "    {:.3}{unit}   goal {sign} {goal}{unit}   {met}", row.measured);
            for (side, figures) in [("product ", row.ours), ("baseline", row.theirs)] {
                if let Some(figures) = figures {
                    let _ = writeln!(text, "    {side}  {}", line(figures));
                }
            }
            if !row.note.is_empty() {
                let _ = writeln!(text, "    {}", row.note);
            }
        }
        if !self.boards.is_empty() {
            let _ = writeln!(text, "\nboards, by their members");
        }
        for board in &self.boards {
            let _ = writeln!(
                text,
                "{:>10}  first answer {:.1} ms\n            top 50   {}\n            submit   {}",
                board.members,
                board.first_ms,
                line(board.board),
                line(board.submit)
            );
        }
        if !self.papers.is_empty() {
            let _ = writeln!(text, "\npapers in process, by the questions of the bank");
        }
        for paper in &self.papers {
            let (paper_us, copy_us) = (paper.paper_ns / 1000.0, paper.copy_ns / 1000.0);
            let _ = writeln!(
                text,
                "{:>10}  drawn and written in {paper_us:.2} µs, copied in {copy_us:.3} µs, {:.0} bytes",
                paper.questions, paper.bytes
            );
        }
        if !self.rankings.is_empty() {
            let _ = writeln!(text, "\nboards in process, by their members");
        }
        for board in &self.rankings {
            let [rank, page, update] = [board.rank_ns, board.page_ns, board.update_ns].map(|ns| ns / 1000.0);
            let _ = writeln!(
                text,
                "{:>10}  own rank {rank:.2} µs, first page {page:.2} µs, one more result {update:.2} µs",
                board.members
            );
        }
        for remark in &self.remarks {
            let _ = writeln!(text, "\n{remark}");
        }
        for (word, missing) in [("skipped", &self.skipped), ("NOT MEASURED", &self.failed)] {
            for missing in missing {
                let _ = writeln!(text, "\n{}: {word}: {}", missing.part, missing.reason);
            }
        }
        text
    }
}

fn line(figures: Figures) -> String {
    format!(
        "{:>9.0}/s   p50 {:>7.2} ms   p99 {:>7.2} ms   ({} requests)",
        figures.per_second, figures.p50_ms, figures.p99_ms, figures.requests
    )
}
