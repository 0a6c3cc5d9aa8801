//! What is measured, how long, and how big.

use std::time::Duration;

use clap::{Parser, ValueEnum};

/// A part of the bench that can be run alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Part {
    /// Submitting, SQLite.
    Submit,
    /// Submitting, PostgreSQL.
    Postgres,
    /// Beginning an attempt.
    Begin,
    /// Showing a running attempt.
    Show,
    /// Member boards of every size, and the memory that they take.
    Board,
    /// The first start on a database that is full.
    Start,
    /// Reports against a leaderboard, on both databases.
    Reports,
    /// Answering while many log in.
    Login,
    /// Drawing and writing papers in process.
    Draw,
    /// Ranking in process.
    Rank,
}

/// The load bench: starts the server, the baselines and the load, and prints the table of goals.
#[derive(Clone, Debug, Parser)]
#[command(name = "load")]
pub struct Options {
    /// Small counts, to see in under a minute that everything works; the figures mean nothing.
    #[arg(long)]
    pub quick: bool,
    /// Only these parts, such as `submit,show`.
    #[arg(long, value_delimiter = ',', value_name = "PART")]
    pub only: Vec<Part>,
    /// Longest time of one measurement, in seconds.
    #[arg(long)]
    pub seconds: Option<f64>,
    /// Rounds in which the sides of a comparison take turns.
    #[arg(long)]
    pub rounds: Option<usize>,
    /// Exit with 1 when a goal is missed or a row could not be measured.
    #[arg(long)]
    pub check: bool,
    /// Measure nothing; draw docs/performance.svg from what the last run has written.
    #[arg(long)]
    pub plot: bool,
    /// Measure nothing; put mixed load on the server for so many minutes and see whether it stays well.
    #[arg(long, value_name = "MINUTES", value_parser = clap::value_parser!(u64).range(1..=1440))]
    pub soak: Option<u64>,
    /// Given by cargo.
    #[arg(long, hide = true)]
    pub bench: bool,
    /// Be the server of the baselines on this database.
    #[arg(long, hide = true)]
    pub baselines: Option<String>,
}

/// How big everything is.
#[derive(Clone, Debug)]
pub struct Sizes {
    /// Longest time of one measurement.
    pub limit: Duration,
    /// Rounds in which the sides of a comparison take turns.
    pub rounds: usize,
    /// Members who are logged in.
    pub members: usize,
    /// Most requests of one measurement that use something up: attempts that are submitted or begun.
    pub per_round: usize,
    /// Members of each board.
    pub boards: [usize; 4],
    /// Graded attempts at the start.
    pub graded: usize,
    /// Members and graded attempts of the database for reports.
    pub reports: (usize, usize),
    /// Questions of each bank.
    pub banks: [usize; 4],
    /// Logins that wait.
    pub logins: usize,
}

impl Options {
    /// Whether a part is wanted.
    pub fn wants(&self, part: Part) -> bool {
        self.only.is_empty() || self.only.contains(&part)
    }

    /// The sizes of this run.
    pub fn sizes(&self) -> Sizes {
        let (seconds, rounds) = if self.quick { (0.4, 1) } else { (3.0, 3) };
        let limit = Duration::from_secs_f64(self.seconds.unwrap_or(seconds).clamp(0.1, 60.0));
        let rounds = self.rounds.unwrap_or(rounds).clamp(1, 15);
        if self.quick {
            Sizes {
                limit,
                rounds,
                members: 200,
                per_round: 400,
                boards: [100, 300, 1_000, 3_000],
                graded: 6_000,
                reports: (1_000, 6_000),
                banks: [100, 300, 1_000, 3_000],
                logins: 20,
            }
        } else {
            Sizes {
                limit,
                rounds,
                members: 4_000,
                per_round: 60_000,
                boards: [1_000, 10_000, 100_000, 1_000_000],
                graded: 2_000_000,
                reports: (100_000, 2_000_000),
                banks: [100, 1_000, 10_000, 100_000],
                logins: 500,
            }
        }
    }
}
