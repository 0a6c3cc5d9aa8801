//! How long a large workbook takes to import, as a multiple of what calamine alone takes to read its sheet:
//! `cargo bench --bench formats [-- ROWS]`. The import is the whole of it, from the upload's bytes to the
//! committed revision in an SQLite database of its own.
#![allow(
    clippy::allow_attributes,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a bench fails by panicking and speaks on standard output"
)]

use std::io::Cursor;
use std::sync::Arc;
use std::time::{Duration, Instant};

use calamine::{Reader as _, Xlsx};
use qianti::domain::question::{Draft, Kind, Question, letter};
use qianti::formats::{FoundBank, find_format};
use qianti::services::bank_files::ImportOptions;
use qianti::services::{Services, Settings, SystemClock, SystemEntropy};
use qianti::store::{Database, DatabaseOptions, DatabaseUrl};

/// Rows of the workbook, when no other number is given.
const ROWS: usize = 50_000;
/// Each is timed this often; the shortest counts.
const RUNS: usize = 3;

/// Questions as a bank has them: every stem of other characters, as no two rules are worded alike.
fn questions(count: usize) -> Vec<Question> {
    let mut state: u32 = 1;
    let mut next = move |below: u32| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) % below
    };
    let mut words = move |length: u32| -> String {
        (0..length).filter_map(|_| char::from_u32(0x4E00 + next(3000))).collect()
    };
    (0..count)
        .map(|index| {
            let stem = format!("关于{}的说法，下列正确的是（　　）。", words(24));
            let draft = Draft {
                code: format!("q-{index:06}"),
                kind: Some(if index % 4 == 0 { Kind::Multiple } else { Kind::Single }),
                chapter: Some(format!("第{}章", index % 20)),
                difficulty: Some(3),
                stem,
                options: (0..4).map(|_| words(12)).collect(),
                key: if index % 4 == 0 { vec!["A".into(), "C".into()] } else { vec![letter(index % 4)] },
                explanation: Some(words(40)),
                source: Some("《示例文件》第三条".into()),
                verified_on: None,
            };
            draft.check().unwrap()
        })
        .collect()
}

fn shortest(mut run: impl FnMut() -> Duration) -> Duration {
    (0..RUNS).map(|_| run()).min().unwrap()
}

fn main() {
    let given = std::env::args().skip(1).find_map(|argument| argument.parse().ok());
    let rows: usize = given.unwrap_or(ROWS);
    let format = find_format("xlsx").unwrap();
    let file = format.write("题库", &questions(rows)).unwrap().content;
    println!("{rows} rows, {} MB", file.len() >> 20);

    let alone = shortest(|| {
        let begun = Instant::now();
        let mut workbook: Xlsx<_> = Xlsx::new(Cursor::new(&file)).unwrap();
        let name = workbook.sheet_names()[0].clone();
        let range = workbook.worksheet_range(&name).unwrap();
        assert_eq!(range.height(), rows + 1);
        begun.elapsed()
    });
    let ratio = |time: Duration| time.as_secs_f64() / alone.as_secs_f64();
    println!("calamine alone: {alone:.2?}, 1.0");

    let read = shortest(|| {
        let begun = Instant::now();
        assert_eq!(format.read(&file).unwrap().questions.len(), rows);
        begun.elapsed()
    });
    println!("reading as a bank: {read:.2?}, {:.1} times that", ratio(read));

    let import = actix_web::rt::System::new().block_on(async {
        let mut best = Duration::MAX;
        for _ in 0..RUNS {
            best = best.min(import(&file, rows).await);
        }
        best
    });
    println!("importing into a new bank: {import:.2?}, {:.1} times that", ratio(import));
}

async fn import(file: &[u8], rows: usize) -> Duration {
    let folder = tempfile::tempdir().unwrap();
    let url = DatabaseUrl::Sqlite(folder.path().join("qianti.db"));
    let options = DatabaseOptions { url, read_connections: 2, write_queue: 16 };
    let (database, _writers) = Database::open(&options).unwrap();
    let services =
        Services::start(database, Settings::default(), Arc::new(SystemClock), Arc::new(SystemEntropy))
            .await
            .unwrap();
    services.first_start(Some("Admin-Pass-2026".into()), FoundBank::default()).await.unwrap();
    let operator = services.operator().await.unwrap();
    services.banks.create(&operator, "t".into(), "试题".into()).await.unwrap();
    let begun = Instant::now();
    let options = ImportOptions::default();
    let report = services.banks.import(&operator, "t".into(), "auto", file.to_vec(), options).await.unwrap();
    let elapsed = begun.elapsed();
    assert_eq!((report.added, report.warnings.len()), (rows, 0));
    elapsed
}
