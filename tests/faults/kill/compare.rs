//! Compares what clients were told with what the server and its database say.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::Value;

use super::client::Line;
use super::ledger::{answered, score};
use super::zone::Zone;

/// Longest that a ranking may take to have every result after a kill. That it takes a second otherwise is tested where
/// the machine is quiet.
const CATCHING_UP: Duration = Duration::from_secs(30);

/// The differences that were found, each in words.
#[derive(Default)]
pub struct Differences(pub Vec<String>);

impl Differences {
    #[expect(clippy::needless_pass_by_value, reason = "most of it is made for the call")]
    fn expect<T: PartialEq + std::fmt::Debug>(&mut self, what: &str, told: T, stands: T) {
        if told != stands {
            self.0.push(format!("{what}: told {told:?}, there is {stands:?}"));
        }
    }
}

/// An attempt as the database has it.
#[derive(Clone, Debug)]
pub struct Stored {
    pub quiz: i64,
    pub is_graded: bool,
    /// In hundredths.
    pub score: i64,
    pub is_voided: bool,
}

async fn all_pages(line: &Line, path: &str) -> Vec<Value> {
    let (mut items, mut cursor) = (Vec::new(), String::new());
    loop {
        let (status, page) = line.insist(Method::GET, &format!("{path}&limit=200{cursor}"), None).await;
        assert_eq!(status, 200, "{page}");
        items.extend(page["items"].as_array().unwrap().clone());
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return items,
        }
    }
}

/// What the members themselves see of the attempts of this round (`since` is how many they had before), and
/// the rankings of the contest.
pub async fn compare_through_the_api(zone: &Zone, since: &[usize], found: &mut Differences) {
    for (no, member) in zone.members.iter().enumerate() {
        let mut newest: Vec<_> = member.ledger.attempts.iter().collect();
        // Attempts are named by time.
        newest.drain(..since[no].min(newest.len()));
        for (id, told) in newest {
            let Some(result) = &told.result else { continue };
            let (status, shown) = member.line.insist(Method::GET, &format!("/attempts/{id}"), None).await;
            found.expect(&format!("status of {id}"), 200, status);
            for field in ["score", "max_score", "correct", "elapsed_ms", "items"] {
                found.expect(&format!("{field} of {id}"), &result[field], &shown["result"][field]);
            }
        }
    }
    compare_board(zone, zone.quizzes[0], found).await;
}

/// Compares until there is no difference, or the time for it is over.
async fn caught_up(found: &mut Differences, compare: impl AsyncFn(&mut Differences)) {
    let began = Instant::now();
    loop {
        let mut differences = Differences::default();
        compare(&mut differences).await;
        if differences.0.is_empty() || began.elapsed() > CATCHING_UP {
            found.0.append(&mut differences.0);
            return;
        }
        actix_web::rt::time::sleep(Duration::from_millis(250)).await;
    }
}

/// The boards of members and of branches of one quiz.
pub async fn compare_board(zone: &Zone, quiz: i64, found: &mut Differences) {
    caught_up(found, async |found| compare_board_once(zone, quiz, found).await).await;
}

async fn compare_board_once(zone: &Zone, quiz: i64, found: &mut Differences) {
    let rows = all_pages(&zone.admin, &format!("/leaderboards/members?quiz={quiz}")).await;
    let mut by_name: BTreeMap<&str, Vec<&Value>> = BTreeMap::new();
    for row in &rows {
        by_name.entry(row["name"].as_str().unwrap()).or_default().push(row);
    }
    let order: Vec<(f64, i64)> =
        rows.iter().map(|row| (-score(row), row["elapsed_ms"].as_i64().unwrap())).collect();
    found.expect(&format!("order of quiz {quiz}"), true, order.is_sorted());
    let mut branches: BTreeMap<String, (f64, u64)> = BTreeMap::new();
    for (no, member) in zone.members.iter().enumerate() {
        let rows = by_name.remove(format!("成员{no}").as_str()).unwrap_or_default();
        let stands: Vec<_> = rows
            .iter()
            .map(|row| (score(row), row["elapsed_ms"].as_i64().unwrap(), row["attempts"].as_u64().unwrap()))
            .collect();
        let count = member.ledger.counting(quiz).count() as u64;
        let told: Vec<_> =
            member.ledger.best(quiz).map(|(best, elapsed)| (best, elapsed, count)).into_iter().collect();
        for (best, ..) in &told {
            let branch = branches.entry(format!("支部{}", Zone::branch(no))).or_default();
            *branch = (branch.0 + best, branch.1 + 1);
        }
        found.expect(&format!("row of member {no} on the board of quiz {quiz}"), told, stands);
    }
    found.expect("names that nobody was told of", 0, by_name.len());
    let path = format!("/leaderboards/units?quiz={quiz}&parent={}&kind=branch", zone.root);
    for row in all_pages(&zone.admin, &path).await {
        let name = row["unit"]["name"].as_str().unwrap();
        let (sum, participants) = branches.get(name).copied().unwrap_or_default();
        let mean = sum / row["active_members"].as_f64().unwrap();
        let difference = (mean - row["mean_score"].as_f64().unwrap()).abs();
        found.expect(&format!("mean of {name} is {mean}: {row}"), true, difference < 0.0051);
        found.expect(&format!("participants of {name}"), participants, row["participants"].as_u64().unwrap());
    }
}

/// Takes over what the server has settled of attempts that were left: each has the answers that were saved in
/// time, and no other; one whose reply was lost may have been saved or not.
pub async fn take_over_what_was_left(zone: &mut Zone, found: &mut Differences) {
    for member in &mut zone.members {
        for (id, told) in &mut member.ledger.attempts {
            if !told.is_left || told.result.is_some() {
                continue;
            }
            let mut shown = Value::Null;
            // Twenty seconds for the quiz, five of grace, one for the sweep.
            for _ in 0..900 {
                shown = member.line.insist(Method::GET, &format!("/attempts/{id}"), None).await.1;
                if shown["status"] == "graded" {
                    break;
                }
                actix_web::rt::time::sleep(Duration::from_millis(100)).await;
            }
            found.expect(
                &format!("status of {id}, which was left"),
                "graded",
                shown["status"].as_str().unwrap_or("none"),
            );
            for (no, answer) in answered(&shown["result"]) {
                let saved = told.saved.get(&no).cloned().unwrap_or_default();
                let is_maybe = told.maybe.get(&no) == Some(&answer);
                if !is_maybe {
                    found.expect(&format!("answer {no} of {id}, which was left"), saved, answer);
                }
            }
            told.result = Some(shown["result"].clone());
        }
    }
}

/// The database itself: each attempt that anybody was told of, once, and no other.
pub fn compare_with_database(zone: &Zone, stored: &BTreeMap<String, Stored>, found: &mut Differences) {
    let told = zone.told();
    for (id, told) in &told {
        let Some(row) = stored.get(*id) else {
            found.0.push(format!("{id} was begun, and is not in the database"));
            continue;
        };
        found.expect(&format!("quiz of {id}"), told.quiz, row.quiz);
        found.expect(&format!("voiding of {id}"), told.is_voided, row.is_voided);
        if let Some(result) = &told.result {
            found.expect(&format!("grading of {id}"), true, row.is_graded);
            #[expect(clippy::cast_precision_loss, reason = "a score has few digits")]
            found.expect(&format!("stored score of {id}"), score(result), row.score as f64 / 100.0);
        }
    }
    for id in stored.keys().filter(|id| !told.contains_key(id.as_str())) {
        found.0.push(format!("{id} is in the database, and nobody was told of it"));
    }
}

/// The day's ranking, which is made of all quizzes; and the members whom the admin was told to have added.
pub async fn compare_the_rest(zone: &Zone, found: &mut Differences) {
    caught_up(found, async |found| compare_sums(zone, found).await).await;
    compare_what_the_admin_did(zone, found).await;
}

async fn compare_sums(zone: &Zone, found: &mut Differences) {
    let rows = all_pages(&zone.admin, "/leaderboards/members?period=all").await;
    for (no, member) in zone.members.iter().enumerate() {
        let told: f64 =
            zone.quizzes.iter().filter_map(|&quiz| member.ledger.best(quiz)).map(|best| best.0).sum();
        let name = format!("成员{no}");
        let stands: f64 = rows.iter().filter(|row| row["name"] == name.as_str()).map(score).sum();
        found.expect(&format!("sum of member {no}"), told, stands);
    }
}

async fn compare_what_the_admin_did(zone: &Zone, found: &mut Differences) {
    let listed = all_pages(&zone.admin, "/members?q=new").await;
    let mut logins: Vec<&str> = listed.iter().map(|row| row["login"].as_str().unwrap()).collect();
    let mut added: Vec<&str> = zone.ledger.added.iter().map(String::as_str).collect();
    logins.sort_unstable();
    added.sort_unstable();
    found.expect("members who were added", added, logins);
    let audited = all_pages(&zone.admin, "/audit?action=attempt.voided").await;
    let voided = zone.told().values().filter(|told| told.is_voided).count();
    found.expect("voids in the audit log", voided, audited.len());
}
