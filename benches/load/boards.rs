//! Member boards: what a look at them costs at any size, what they take in memory, and how long the first
//! start takes on a database that is full.

use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use diesel::connection::DefaultLoadingMode;
use diesel::sql_types::{BigInt, Bool};
use diesel::{QueryableByName, RunQueryDsl as _, sql_query};
use qianti::domain::period::Period;
use qianti::store::AnyConnection;

use super::client;
use super::data::{self, Prepared};
use super::measure::{Measured, Side, interleave, median, ratio, used_up};
use super::options::Sizes;
use super::papers::{bare_requests, bare_server};
use super::report::{BoardGrowth, Goal, Report, Row};
use super::requests::{request, write};
use super::server::Server;
use super::submit::Submissions;

/// Connections.
const CONNECTIONS: usize = 64;
/// Rows that a look at a board brings.
const TOP: usize = 50;
/// What an entry must have: member, unit, score, elapsed time and time of submission of 8 bytes each, and the
/// number of attempts of 4.
const ENTRY_BYTES: usize = 44;
/// The periods that have boards.
const PERIODS: [Period; 4] = [Period::Day, Period::Week, Period::Month, Period::All];
/// How long the first look at a board may take.
const PATIENCE: Duration = Duration::from_secs(60);
/// A look that takes longer than this is not worth a load.
const TOO_SLOW: Duration = Duration::from_secs(2);

/// A database with a quiz for each size of board, and one to fill it up with.
pub struct Boards {
    prepared: Prepared,
    path: PathBuf,
    /// Running attempts of each board's quiz: the number of the first.
    running: Vec<usize>,
    /// Running attempts of each board's quiz.
    running_count: usize,
    graded: usize,
}

impl Boards {
    /// Makes the database.
    ///
    /// # Errors
    /// When the database fails.
    pub fn prepare(sizes: &Sizes, folder: &Path) -> Result<Self, String> {
        println!("  boards: filling a database");
        let path = folder.join("boards.db");
        let url = format!("sqlite://{}", path.display());
        let mut prepared = data::prepare(&url, sizes.members, sizes.boards.len() + 1)?;
        let largest = sizes.boards.iter().copied().max().unwrap_or(0);
        prepared.put_members(sizes.members, largest)?;
        let running_count = used_up(sizes, sizes.per_round / 4);
        let mut running = Vec::with_capacity(sizes.boards.len());
        for (&members, quiz) in sizes.boards.iter().zip(prepared.quizzes.clone()) {
            prepared.put_graded(quiz, members)?;
            running.push(prepared.put_running(quiz, members.min(sizes.members), 2, running_count)?);
        }
        prepared.settle_down()?;
        let graded = sizes.boards.iter().sum();
        Ok(Self { prepared, path, running, running_count, graded })
    }

    /// Loads the boards.
    ///
    /// # Errors
    /// When something could not be measured.
    pub fn measure(&self, sizes: &Sizes, folder: &Path, report: &mut Report) -> Result<(), String> {
        let product = Server::product(&self.prepared.url(), &folder.join("boards.log"))?;
        let bare = bare_server(folder)?;
        // The boards of the periods are there too, whether at the start or once they are asked for.
        for period in PERIODS {
            self.look(&product, &period_path(period), 0)?;
        }
        let (mut first_ms, mut alone, mut bytes) = (vec![], vec![], 0);
        for &quiz in self.prepared.quizzes.iter().take(sizes.boards.len()) {
            let path = board_path(quiz);
            let (first, length) = self.look(&product, &path, 0)?;
            let (second, _) = self.look(&product, &path, 1)?;
            first_ms.push(first.as_secs_f64() * 1000.0);
            alone.push(second);
            bytes = length;
        }
        println!("  boards: looking");
        let looked = self.look_often(&product, &bare, bytes, &alone, sizes);
        self.remember(&product, sizes, report);
        let looked = looked?;
        let [_, small, _, large, theirs] = looked.as_slice() else { return Err("five sides".into()) };
        for (members, ours) in [(sizes.boards[1], small), (sizes.boards[3], large)] {
            let what =
                format!("leaderboard, top {TOP} with me, {members} members, {CONNECTIONS} connections");
            let other = format!("a bare handler that returns {bytes} bytes");
            let row = Row::ratio(what, other, ratio(ours, theirs), Goal::AtLeast(0.60));
            report.rows.push(row.with(ours.figures, theirs.figures));
        }
        let what = format!("leaderboard, top {TOP} with me, {} members", sizes.boards[3]);
        let other = format!("the same, {} members", sizes.boards[1]);
        let row = Row::ratio(what, other, ratio(large, small), Goal::AtLeast(0.90));
        report.rows.push(row.with(large.figures, small.figures));
        println!("  boards: submitting");
        let submitted = self.submit(&product, sizes)?;
        for (index, &members) in sizes.boards.iter().enumerate() {
            report.boards.push(BoardGrowth {
                members,
                first_ms: first_ms[index],
                board: looked[index].figures,
                submit: submitted[index].figures,
            });
        }
        Ok(())
    }

    /// Looks at every board, and at a bare handler last. A board that took long for one look alone is not put
    /// under load: that one look is its figure.
    fn look_often(
        &self,
        product: &Server,
        bare: &Server,
        bytes: usize,
        alone: &[Duration],
        sizes: &Sizes,
    ) -> Result<Vec<Measured>, String> {
        let path = format!("/bytes/{bytes}");
        let tokens: &[String] = &self.prepared.tokens;
        let mut sides: Vec<Side<'_>> = Vec::with_capacity(sizes.boards.len() + 1);
        for ((&members, &quiz), &alone) in sizes.boards.iter().zip(&self.prepared.quizzes).zip(alone) {
            if alone > TOO_SLOW {
                continue;
            }
            let path = board_path(quiz);
            // Only members who stand on the board, so that each has an own row.
            let callers = members.min(tokens.len());
            let request = move |index: usize, buffer: &mut Vec<u8>| {
                write(buffer, "GET", &path, Some(&tokens[index % callers]), "");
            };
            sides.push(Side::endless(product.address, Box::new(request)));
        }
        sides.push(Side::endless(bare.address, bare_requests("GET", &path, tokens)));
        let mut loaded = interleave(&mut sides, CONNECTIONS, None, sizes)?;
        for (index, &alone) in alone.iter().enumerate() {
            if alone > TOO_SLOW {
                loaded.insert(index, Measured::once(alone, sizes.rounds)?);
            }
        }
        Ok(loaded)
    }

    /// Submissions into each board.
    fn submit(&self, product: &Server, sizes: &Sizes) -> Result<Vec<Measured>, String> {
        let mut sides = Vec::with_capacity(sizes.boards.len());
        for (&members, &first) in sizes.boards.iter().zip(&self.running) {
            let (tokens, members) = (&self.prepared.tokens, members.min(sizes.members));
            let attempts = Submissions { tokens, members, first, count: self.running_count };
            sides.push(attempts.side(product, "/api/v1", sizes.per_round / 4));
        }
        interleave(&mut sides, CONNECTIONS, None, sizes)
    }

    /// One look at a board: how long it took, and the length of the answer.
    fn look(&self, product: &Server, path: &str, caller: usize) -> Result<(Duration, usize), String> {
        let token = self.prepared.tokens.get(caller).map(String::as_str);
        let began = Instant::now();
        let bytes = request("GET", path, token, "");
        let (status, body) = client::once(product.address, &bytes, PATIENCE)?;
        let took = began.elapsed();
        let text = String::from_utf8_lossy(&body);
        // A period may have begun after the results; on a quiz's board everybody stands.
        if status != 200 || (path.contains("quiz=") && !text.contains("\"me\":{")) {
            return Err(format!("{path}: {status}, {text:.300}"));
        }
        Ok((took, body.len()))
    }

    /// The memory that the product holds once every board was looked at.
    fn remember(&self, product: &Server, sizes: &Sizes, report: &mut Report) {
        let largest = sizes.boards.iter().copied().max().unwrap_or(0);
        let periods = PERIODS.iter().filter(|period| self.prepared.is_within(**period)).count();
        let entries = sizes.boards.iter().sum::<usize>() + periods * largest;
        let Some(memory) = product.memory() else {
            return report.skip("memory", "only Linux tells what a process holds");
        };
        let needed = (entries * ENTRY_BYTES) as f64;
        let what = format!("resident memory of the whole server, {} members on the board", sizes.boards[3]);
        let other = format!(
            "{ENTRY_BYTES} bytes for each of the {entries} entries of all boards: quizzes of {:?} members, {periods} \
             periods of {largest}",
            sizes.boards
        );
        let row = Row::ratio(what, other, memory.resident as f64 / needed, Goal::AtMost(4.0));
        let mib = |bytes: f64| bytes / f64::from(1 << 20);
        report.rows.push(row.noting(format!(
            "resident {:.1} MiB, of that not backed by files {:.1} MiB; the entries {:.1} MiB",
            mib(memory.resident as f64),
            mib(memory.anonymous as f64),
            mib(needed)
        )));
    }

    /// Starts on the database once it is full, and compares with reading the same rows.
    ///
    /// # Errors
    /// When something could not be measured.
    pub fn start(&mut self, sizes: &Sizes, folder: &Path, report: &mut Report) -> Result<(), String> {
        println!("  start: filling up the database");
        let filler = self.prepared.quizzes.last().copied().ok_or("no quiz")?;
        let missing = sizes.graded.saturating_sub(self.graded);
        let most = sizes.boards.iter().copied().max().unwrap_or(0);
        if missing > 0 {
            self.prepared.put_graded(filler, missing.min(most))?;
        }
        self.graded += missing.min(most);
        self.prepared.settle_down()?;
        println!("  start: {} graded attempts", self.graded);
        let quiz = self.prepared.quizzes[sizes.boards.len() - 1];
        let (mut ready, mut ranked, mut read, mut reader) = (vec![], vec![], vec![], "");
        for _ in 0..sizes.rounds {
            let (took, how) = self.read_rows()?;
            read.push(took);
            reader = how;
            let began = Instant::now();
            let product = Server::product(&self.prepared.url(), &folder.join("start.log"))?;
            ready.push(began.elapsed().as_secs_f64());
            self.look(&product, &board_path(quiz), 0)?;
            ranked.push(began.elapsed().as_secs_f64());
        }
        let ratios: Vec<f64> = ranked.iter().zip(&read).map(|(ours, theirs)| ours / theirs).collect();
        let what = format!("start until it is ready and has shown a board, {} graded attempts", self.graded);
        let row = Row::ratio(
            what,
            format!("reading the same rows with {reader}"),
            median(&ratios),
            Goal::AtMost(3.0),
        );
        report.rows.push(row.noting(format!(
            "ready after {:.2} s, the board of {} members shown after {:.2} s; read in {:.2} s",
            median(&ready),
            sizes.boards[3],
            median(&ranked),
            median(&read)
        )));
        Ok(())
    }

    /// Reads what rankings need of every graded attempt; how long it took, in seconds, and with what.
    fn read_rows(&self) -> Result<(f64, &'static str), String> {
        let columns = "quiz_id, member_id, unit_id, started_at, submitted_at, elapsed_ms, score, passed";
        let sql = format!("SELECT {columns} FROM results");
        let began = Instant::now();
        let shell = Command::new("sqlite3")
            .arg(&self.path)
            .arg(&sql)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .status();
        match shell {
            Ok(status) if status.success() => Ok((began.elapsed().as_secs_f64(), "the sqlite3 shell")),
            Ok(status) => Err(format!("sqlite3: {status}")),
            // Without the shell, what it does: step through the rows. It does not print them, so it is quicker.
            Err(_) => {
                step_through(&mut self.prepared.connect()?, &sql)?;
                Ok((began.elapsed().as_secs_f64(), "a plain loop over SQLite (there is no sqlite3 shell)"))
            }
        }
    }
}

#[derive(QueryableByName)]
struct Entry {
    #[diesel(sql_type = BigInt)]
    quiz_id: i64,
    #[diesel(sql_type = BigInt)]
    member_id: i64,
    #[diesel(sql_type = BigInt)]
    unit_id: i64,
    #[diesel(sql_type = BigInt)]
    started_at: i64,
    #[diesel(sql_type = BigInt)]
    submitted_at: i64,
    #[diesel(sql_type = BigInt)]
    elapsed_ms: i64,
    #[diesel(sql_type = BigInt)]
    score: i64,
    #[diesel(sql_type = Bool)]
    passed: bool,
}

fn step_through(connection: &mut AnyConnection, sql: &str) -> Result<(), String> {
    match connection {
        AnyConnection::Sqlite(concrete) => {
            let rows = sql_query(sql).load_iter::<Entry, DefaultLoadingMode>(concrete);
            for row in rows.map_err(|error| error.to_string())? {
                let row = row.map_err(|error| error.to_string())?;
                black_box((row.quiz_id, row.member_id, row.unit_id, row.started_at));
                black_box((row.submitted_at, row.elapsed_ms, row.score, row.passed));
            }
            Ok(())
        }
        #[cfg(feature = "postgres")]
        AnyConnection::Postgres(_) => Err("not SQLite".into()),
    }
}

fn period_path(period: Period) -> String {
    let word = match period {
        Period::Day => "day",
        Period::Week => "week",
        Period::Month => "month",
        Period::All => "all",
    };
    format!("/api/v1/leaderboards/members?period={word}&limit={TOP}")
}

fn board_path(quiz: i64) -> String {
    format!("/api/v1/leaderboards/members?quiz={quiz}&limit={TOP}")
}
