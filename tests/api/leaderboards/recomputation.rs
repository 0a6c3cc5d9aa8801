//! Random results over ten days, ranked once more in a naive way and compared with every board.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use qianti::domain::ids::{MemberId, QuizId, UnitId};
use qianti::domain::org::UnitPath;
use qianti::domain::question::Key;
use qianti::domain::roles::Principal;

use super::{DAY, all_pages, units};
use crate::harness::{NOON, PASSWORD, TestApp, Value, World, json, on_both_databases};

on_both_databases! {
    async fn random_results_stand_as_a_naive_recomputation_says(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let mut naive = Naive::begin(&app, &world).await;
        for day in 0..10 {
            naive.day(&app, &world, day).await;
        }
        naive.compare(&app, &world).await;
    }
}

/// A small generator; its seed is fixed, so that a failure comes back.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % bound
    }
}

/// One result, as the test remembers it.
#[derive(Clone)]
struct Taken {
    quiz: i64,
    kind: &'static str,
    member: i64,
    unit: &'static str,
    day: Date,
    submitted_at: i64,
    score: i64,
    elapsed_ms: i64,
}

/// What the test knows, and how it would rank it.
struct Naive {
    dice: Dice,
    quizzes: Vec<(i64, &'static str)>,
    /// Every member with the units that they have belonged to, and since when.
    homes: BTreeMap<i64, Vec<(i64, &'static str)>>,
    taken: Vec<Taken>,
}

/// Branches and what they belong to.
const BRANCHES: [(&str, [&str; 3]); 3] =
    [("B1", ["B1", "C1", "root"]), ("B2", ["B2", "C1", "root"]), ("B3", ["B3", "C2", "root"])];

fn above(branch: &str) -> [&'static str; 3] {
    BRANCHES.iter().find(|(code, _)| *code == branch).unwrap().1
}

fn date(instant: i64) -> Date {
    let zone = TimeZone::get("Asia/Shanghai").unwrap();
    Timestamp::from_millisecond(instant).unwrap().to_zoned(zone).date()
}

/// Whether two dates lie in the same period.
fn same(period: &str, a: Date, b: Date) -> bool {
    match period {
        "day" => a == b,
        "week" => {
            (a.iso_week_date().year(), a.iso_week_date().week())
                == (b.iso_week_date().year(), b.iso_week_date().week())
        }
        "month" => (a.year(), a.month()) == (b.year(), b.month()),
        _ => true,
    }
}

type MemberRow = (usize, i64, i64, i64);

impl Naive {
    async fn begin(app: &TestApp, world: &World) -> Self {
        // Thursday, 26 November: two weeks and two months in ten days.
        app.clock.set(NOON + 3 * DAY * 1000);
        let admin = app.admin().await;
        let (mut dice, mut homes) = (Dice(20_261_123), BTreeMap::new());
        for number in 0..40 {
            let unit = BRANCHES[dice.below(3)].0;
            let body = json!({"login": format!("m{number}"), "name": format!("m{number}"),
                "unit_id": world.unit(unit), "password": PASSWORD});
            let member = admin.post("/members", body).await.expect(201);
            homes.insert(member["id"].as_i64().unwrap(), vec![(0, unit)]);
        }
        let mut quizzes = Vec::new();
        for kind in ["daily", "contest", "exam", "practice", "contest"] {
            let body = json!({"title": kind, "kind": kind, "bank": "1000", "unit_id": world.unit("root"),
                "sections": [{"kinds": ["judge"], "count": 3, "points": 2.5}]});
            quizzes.push((admin.post("/quizzes", body).await.expect(201)["id"].as_i64().unwrap(), kind));
        }
        Self { dice, quizzes, homes, taken: Vec::new() }
    }

    /// A day on which some take part and some move.
    async fn day(&mut self, app: &TestApp, world: &World, day: i64) {
        app.clock.set(NOON + (3 + day) * DAY * 1000);
        let ids: Vec<i64> = self.homes.keys().copied().collect();
        let admin = app.admin().await;
        for _ in 0..3 {
            let member = ids[self.dice.below(ids.len())];
            let unit = BRANCHES[self.dice.below(3)].0;
            admin
                .patch(&format!("/members/{member}"), json!({"unit_id": world.unit(unit)}))
                .await
                .expect(200);
            let now = NOON + (3 + day) * DAY * 1000;
            self.homes.get_mut(&member).unwrap().push((now, unit));
        }
        for _ in 0..40 {
            let member = ids[self.dice.below(ids.len())];
            let (quiz, kind) = self.quizzes[self.dice.below(self.quizzes.len())];
            self.take(app, world, member, quiz, kind).await;
        }
    }

    /// Somebody takes a quiz, past HTTP: forty logins a day would take longer than the rest.
    async fn take(&mut self, app: &TestApp, world: &World, member: i64, quiz: i64, kind: &'static str) {
        let unit = self.homes[&member].last().unwrap().1;
        let path: String = above(unit).iter().rev().map(|code| format!("{}/", world.unit(code))).collect();
        let principal = Principal {
            member_id: MemberId(member),
            unit_id: UnitId(world.unit(unit)),
            unit_path: UnitPath(format!("/{path}")),
            grants: vec![],
            must_change_password: false,
        };
        let attempts = &app.services.attempts;
        let (begun, new) = attempts.begin(&principal, QuizId(quiz), None).await.unwrap();
        assert!(new);
        let right = self.dice.below(4);
        let answers: Vec<(u32, Vec<String>)> = (0_u32..)
            .zip(&begun.paper.items)
            .map(|(index, item)| {
                let Key::Truth(truth) = begun.question(item).unwrap().key else {
                    panic!("no judge question")
                };
                (index + 1, vec![(truth == (usize::try_from(index).unwrap() < right)).to_string()])
            })
            .collect();
        let elapsed_ms = 1000 * (1 + i64::try_from(self.dice.below(2)).unwrap());
        app.clock.advance_ms(elapsed_ms);
        let done = attempts.submit(&principal, begun.attempt.id.clone(), &answers, None).await.unwrap();
        let submitted_at = done.attempt.result.as_ref().unwrap().submitted_at.0;
        self.taken.push(Taken {
            quiz,
            kind,
            member,
            unit,
            day: date(submitted_at),
            submitted_at,
            score: 250 * i64::try_from(right).unwrap(),
            elapsed_ms,
        });
    }

    /// What counts of the results that `chosen` lets through.
    fn counted(&self, chosen: impl Fn(&Taken) -> bool) -> Vec<Taken> {
        let all: Vec<&Taken> = self.taken.iter().filter(|taken| chosen(taken)).collect();
        let beaten = |one: &Taken| {
            all.iter().any(|other| {
                let rival = other.member == one.member && other.quiz == one.quiz;
                if one.kind == "daily" {
                    return rival && other.day == one.day && other.submitted_at < one.submitted_at;
                }
                rival
                    && (other.score > one.score
                        || (other.score == one.score && other.elapsed_ms < one.elapsed_ms)
                        || (other.score == one.score
                            && other.elapsed_ms == one.elapsed_ms
                            && other.submitted_at < one.submitted_at))
            })
        };
        all.iter().filter(|one| !beaten(one)).map(|&one| one.clone()).collect()
    }

    /// Rank, member, score in hundredths, elapsed time.
    fn members(counted: &[Taken], within: &str) -> Vec<MemberRow> {
        let mut sums: HashMap<i64, (i64, i64, i64)> = HashMap::new();
        for taken in counted.iter().filter(|taken| above(taken.unit).contains(&within)) {
            let sum = sums.entry(taken.member).or_default();
            *sum = (sum.0 + taken.score, sum.1 + taken.elapsed_ms, sum.2.max(taken.submitted_at));
        }
        let mut rows: Vec<_> =
            sums.into_iter().map(|(member, (score, ms, at))| (-score, ms, at, member)).collect();
        rows.sort_unstable();
        rows.iter()
            .map(|row| {
                let better = rows.iter().filter(|other| (other.0, other.1) < (row.0, row.1)).count();
                (better + 1, row.3, -row.0, row.1)
            })
            .collect()
    }

    /// For each of `units` with members: rank, name, mean in hundredths, participants, active members.
    fn units(
        &self,
        counted: &[Taken],
        units: &[&str],
        at: i64,
    ) -> BTreeSet<(usize, String, i64, usize, usize)> {
        // A common multiple of all denominators, so that the comparison is of whole numbers.
        const COMMON: i128 = 219_060_189_739_591_200;
        let mut rows = Vec::new();
        for unit in units {
            let home =
                |homes: &[(i64, &'static str)]| homes.iter().rfind(|(since, _)| *since <= at).unwrap().1;
            let at_home = self.homes.iter().filter(|(_, homes)| above(home(homes)).contains(unit));
            let mut belong: BTreeSet<i64> = at_home.map(|(member, _)| *member).collect();
            if belong.is_empty() {
                continue;
            }
            let results: Vec<&Taken> =
                counted.iter().filter(|taken| above(taken.unit).contains(unit)).collect();
            let who: BTreeSet<i64> = results.iter().map(|taken| taken.member).collect();
            let score: i64 = results.iter().map(|taken| taken.score).sum();
            let elapsed: i64 = results.iter().map(|taken| taken.elapsed_ms).sum();
            let part =
                |sum: i64, count: usize| i128::from(sum) * COMMON / i128::try_from(count.max(1)).unwrap();
            belong.extend(&who);
            let active = belong.len();
            let taking_part = i64::try_from(who.len()).unwrap();
            let order = (-part(score, active), -part(taking_part, active), part(elapsed, who.len()));
            let count = i64::try_from(active).unwrap();
            let mean = (2 * score + count) / (2 * count);
            rows.push((order, (*unit).to_owned(), mean, who.len(), active));
        }
        rows.iter()
            .map(|(order, unit, mean, participants, active)| {
                let better = rows.iter().filter(|other| other.0 < *order).count();
                (better + 1, unit.clone(), *mean, *participants, *active)
            })
            .collect()
    }

    async fn compare(&self, app: &TestApp, world: &World) {
        let admin = app.admin().await;
        let today = NOON + 12 * DAY * 1000;
        let mut boards: Vec<(String, Vec<Taken>, i64)> = Vec::new();
        for &(quiz, _) in &self.quizzes {
            boards.push((format!("quiz={quiz}"), self.counted(|taken| taken.quiz == quiz), i64::MAX));
        }
        for period in ["day", "week", "month", "all"] {
            for day in 3..14 {
                let on = date(NOON + day * DAY * 1000);
                let counted = self.counted(|taken| taken.kind != "practice" && same(period, taken.day, on));
                // The last day of the test that lies in the period tells who belonged where at its end.
                let last = (3..40)
                    .map(|day| NOON + day * DAY * 1000)
                    .rfind(|&at| same(period, date(at), on))
                    .unwrap();
                let at = if same(period, date(today), on) { i64::MAX } else { last };
                boards.push((format!("period={period}&on={on}"), counted, at));
            }
        }
        for (board, counted, at) in boards {
            for (unit, _) in [("root", ()), ("C1", ()), ("B3", ())] {
                let path = format!("/leaderboards/members?{board}&unit={}", world.unit(unit));
                let shown: Vec<MemberRow> =
                    all_pages(&admin, &path, 7).await.iter().map(member_row).collect();
                assert_eq!(shown, Self::members(&counted, unit), "{board} in {unit}");
            }
            for (params, chosen) in [("", vec!["C1", "C2"]), ("&kind=branch", vec!["B1", "B2", "B3"])] {
                let shown = units(&admin, &format!("{board}{params}")).await;
                let shown: BTreeSet<_> = shown["items"].as_array().unwrap().iter().map(unit_row).collect();
                assert_eq!(shown, self.units(&counted, &chosen, at), "{board}{params}");
            }
        }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "a score of a test is small")]
fn hundredths(score: &Value) -> i64 {
    (score.as_f64().unwrap() * 100.0).round() as i64
}

fn member_row(row: &Value) -> MemberRow {
    let number = |field: &str| row[field].as_i64().unwrap();
    (
        usize::try_from(number("rank")).unwrap(),
        number("member_id"),
        hundredths(&row["score"]),
        number("elapsed_ms"),
    )
}

fn unit_row(row: &Value) -> (usize, String, i64, usize, usize) {
    let number = |field: &str| usize::try_from(row[field].as_i64().unwrap()).unwrap();
    let name = row["unit"]["name"].as_str().unwrap().to_owned();
    (number("rank"), name, hundredths(&row["mean_score"]), number("participants"), number("active_members"))
}
