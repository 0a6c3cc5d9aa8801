//! The small zone whose members take quizzes while their server is killed, and what its admin does meanwhile.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::future::join_all;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};
use reqwest::Method;
use serde_json::{Value, json};

use super::client::{ITEMS, Line, Member, Tally};
use super::ledger::Told;
use crate::program::ADMIN_PASSWORD;

const PASSWORD: &str = "Member-Pass-2026";
const BRANCHES: usize = 3;
/// Seconds of the short quiz: longer than a slow machine takes to answer again, because whoever had no reply to a beginning
/// would begin another after its time, and never hear of the first.
const SHORT_SECONDS: u32 = 20;

/// What the admin was told, or asked for without a reply.
#[derive(Default)]
pub struct AdminLedger {
    /// Logins of members who were added; a request without a reply is repeated until it has one.
    pub added: Vec<String>,
    adding: Option<String>,
    voiding: Option<(usize, String)>,
    voided: Vec<(usize, String)>,
    next: usize,
}

pub struct Zone {
    pub members: Vec<Member>,
    pub admin: Line,
    pub ledger: AdminLedger,
    pub tally: Arc<Tally>,
    pub root: i64,
    /// The unit of new members, who take part in nothing.
    aside: i64,
    pub quizzes: [i64; 3],
    random: ChaCha8Rng,
}

impl Zone {
    /// The branch of a member.
    pub fn branch(no: usize) -> usize {
        no % BRANCHES
    }

    pub async fn found(base: &str, members: usize, seed: u64) -> Self {
        let tally = Arc::<Tally>::default();
        let token = log_in(base, "admin", ADMIN_PASSWORD, &tally).await;
        let admin = Line::new(base, &token, &tally);
        let (_, units) = admin.insist(Method::GET, "/units", None).await;
        let root = units["items"][0]["id"].as_i64().unwrap();
        let add = async |body: Value, path: &str| {
            let (status, made) = admin.insist(Method::POST, path, Some(body)).await;
            assert_eq!(status, 201, "{made}");
            made["id"].as_i64().unwrap()
        };
        let mut branches = Vec::new();
        for no in 0..=BRANCHES {
            let body = json!({"parent_id": root, "kind": "branch", "code": format!("B{no}"), "name": format!("支部{no}")});
            branches.push(add(body, "/units").await);
        }
        for no in 0..members {
            let unit = branches[Self::branch(no)];
            let body = json!({"login": format!("m{no}"), "name": format!("成员{no}"), "unit_id": unit, "password": PASSWORD});
            add(body, "/members").await;
        }
        let mut quizzes = [0; 3];
        let kinds = [("contest", 3600, None), ("daily", 3600, Some(1)), ("contest", SHORT_SECONDS, None)];
        for (no, (kind, seconds, allowed)) in kinds.into_iter().enumerate() {
            let body = json!({
                "title": format!("知识竞赛{no}"), "kind": kind, "bank": "1000", "unit_id": root,
                "opens_at": "2020-01-01T00:00:00Z", "closes_at": null, "duration_seconds": seconds,
                "attempts_allowed": allowed, "pass_percent": 60, "reveal": "after_submit",
                "shuffle_questions": true, "shuffle_options": true,
                "sections": [{"title": "判断题", "kinds": ["judge"], "chapters": [], "difficulty": [1, 5],
                    "count": ITEMS, "points": 2, "multiple_rule": "half_if_incomplete"}],
            });
            quizzes[no] = add(body, "/quizzes").await;
        }
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let mut people = Vec::new();
        for no in 0..members {
            let token = log_in(base, &format!("m{no}"), PASSWORD, &tally).await;
            let own = ChaCha8Rng::seed_from_u64(random.next_u64());
            people.push(Member::new(Line::new(base, &token, &tally), own, quizzes));
        }
        let aside = branches[BRANCHES];
        Self { members: people, admin, ledger: AdminLedger::default(), tally, root, aside, quizzes, random }
    }

    /// New access tokens for everybody: the rounds may take longer than one is good for.
    pub async fn log_in_again(&mut self) {
        let base = self.admin.base.clone();
        self.admin.token = log_in(&base, "admin", ADMIN_PASSWORD, &self.tally).await;
        for (no, member) in self.members.iter_mut().enumerate() {
            member.line.token = log_in(&base, &format!("m{no}"), PASSWORD, &self.tally).await;
        }
    }

    /// Lets everybody work until `stop` is set or they are cut off.
    pub async fn work(&mut self, stop: &Arc<AtomicBool>) {
        let counting = self.members.iter().enumerate().flat_map(|(no, member)| {
            member.ledger.counting(self.quizzes[0]).map(move |(id, _)| (no, id.clone()))
        });
        let mut victims: Vec<(usize, String)> = counting.collect();
        let members = self.members.iter_mut().map(|member| member.work(stop));
        let admin =
            administrate(&self.admin, &mut self.ledger, &mut self.random, &mut victims, self.aside, stop);
        futures_util::future::join(join_all(members), admin).await;
    }

    /// Asks again for all that had no reply.
    pub async fn settle(&mut self) {
        join_all(self.members.iter_mut().map(Member::settle)).await;
        if let Some((no, id)) = self.ledger.voiding.take() {
            void(&self.admin, &mut self.ledger, no, id).await.unwrap();
        }
        if let Some(login) = self.ledger.adding.take() {
            add_member(&self.admin, &mut self.ledger, login, self.aside).await.unwrap();
        }
        for (no, id) in std::mem::take(&mut self.ledger.voided) {
            self.members[no].ledger.attempts.get_mut(&id).unwrap().is_voided = true;
        }
    }

    /// Every attempt that anybody was told of.
    pub fn told(&self) -> BTreeMap<&str, &Told> {
        let all = self.members.iter().flat_map(|member| &member.ledger.attempts);
        all.map(|(id, told)| (id.as_str(), told)).collect()
    }
}

async fn log_in(base: &str, login: &str, password: &str, tally: &Arc<Tally>) -> String {
    let body = json!({"login": login, "password": password});
    let (status, reply) = Line::new(base, "", tally).insist(Method::POST, "/auth/login", Some(body)).await;
    assert_eq!(status, 200, "{reply}");
    reply["access_token"].as_str().unwrap().to_owned()
}

/// Adds a member and voids some results, until the server is gone.
async fn administrate(
    admin: &Line,
    ledger: &mut AdminLedger,
    random: &mut ChaCha8Rng,
    victims: &mut Vec<(usize, String)>,
    aside: i64,
    stop: &AtomicBool,
) {
    ledger.next += 1;
    let login = format!("new{}", ledger.next);
    if add_member(admin, ledger, login, aside).await.is_none() {
        return;
    }
    for _ in 0..3 {
        if victims.is_empty() || stop.load(Ordering::Relaxed) {
            return;
        }
        let (no, id) = victims.swap_remove(random.next_u32() as usize % victims.len());
        if void(admin, ledger, no, id).await.is_none() {
            return;
        }
    }
}

async fn add_member(admin: &Line, ledger: &mut AdminLedger, login: String, unit: i64) -> Option<()> {
    ledger.adding = Some(login.clone());
    let body = json!({"login": login, "name": "新成员", "unit_id": unit, "password": PASSWORD});
    let (status, reply) = admin.ask(Method::POST, "/members", Some(body)).await?;
    // 409: it had been added, and only the reply was lost.
    assert!(status == 201 || status == 409, "{status} {reply}");
    ledger.adding = None;
    ledger.added.push(login);
    Some(())
}

async fn void(admin: &Line, ledger: &mut AdminLedger, no: usize, id: String) -> Option<()> {
    ledger.voiding = Some((no, id.clone()));
    let body = json!({"reason": "核查"});
    let (status, reply) = admin.ask(Method::POST, &format!("/attempts/{id}/void"), Some(body)).await?;
    // 409: it had been voided, and only the reply was lost.
    assert!(status == 204 || status == 409, "{status} {reply}");
    ledger.voiding = None;
    ledger.voided.push((no, id));
    Some(())
}
