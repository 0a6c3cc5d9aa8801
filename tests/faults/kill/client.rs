//! A member whose server may die at any moment: what has no reply is asked again, until there is one.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::Rng as _;
use reqwest::{Client, Method};
use serde_json::{Value, json};

use super::ledger::{Answers, Ledger, Told, answered};

/// Longest that one request waits for its reply.
const PATIENCE: Duration = Duration::from_secs(20);
/// Items of each paper.
pub const ITEMS: u64 = 5;

/// What all clients count together.
#[derive(Default)]
pub struct Tally {
    /// Requests without a reply, or refused with 503.
    pub cut: AtomicU64,
    /// Submissions without a reply that had been committed all the same.
    pub committed_unheard: AtomicU64,
    /// Results that were acknowledged.
    pub graded: AtomicU64,
    /// Requests with a reply.
    pub answered: AtomicU64,
}

/// A reply, if there was one. 503 is none: the program says itself that it did nothing, and to come again.
pub struct Line {
    pub client: Client,
    pub base: String,
    pub token: String,
    pub tally: Arc<Tally>,
}

impl Line {
    pub fn new(base: &str, token: &str, tally: &Arc<Tally>) -> Self {
        let client = Client::builder().timeout(PATIENCE).build().unwrap();
        Self { client, base: base.to_owned(), token: token.to_owned(), tally: Arc::clone(tally) }
    }

    pub async fn ask(&self, method: Method, path: &str, body: Option<Value>) -> Option<(u16, Value)> {
        let request = self.client.request(method, format!("{}{path}", self.base)).bearer_auth(&self.token);
        let request = body.into_iter().fold(request, |request, body| request.json(&body));
        let reply = async {
            let reply = request.send().await.ok()?;
            let status = reply.status().as_u16();
            let text = reply.text().await.ok()?;
            (status != 503).then(|| (status, serde_json::from_str(&text).unwrap_or(Value::Null)))
        };
        let reply = reply.await;
        let count = if reply.is_some() { &self.tally.answered } else { &self.tally.cut };
        count.fetch_add(1, Ordering::Relaxed);
        reply
    }

    /// Asks until there is a reply.
    pub async fn insist(&self, method: Method, path: &str, body: Option<Value>) -> (u16, Value) {
        for _ in 0..600 {
            if let Some(reply) = self.ask(method.clone(), path, body.clone()).await {
                return reply;
            }
            actix_web::rt::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("{path} was never answered");
    }
}

/// What has been sent and not been answered.
#[derive(Clone, Debug)]
enum Pending {
    Begin(i64),
    Save(String, Answers),
    Submit(String, Answers),
}

/// A member at work.
pub struct Member {
    pub line: Line,
    pub ledger: Ledger,
    pub random: ChaCha8Rng,
    /// A quiz that may be taken again and again, one that may be taken once, and one whose time is up soon.
    pub contest: i64,
    pub daily: i64,
    pub short: i64,
    /// What was asked for last, when there was no reply.
    pending: Option<Pending>,
    has_taken_daily: bool,
}

impl Member {
    pub fn new(line: Line, random: ChaCha8Rng, [contest, daily, short]: [i64; 3]) -> Self {
        let (ledger, pending) = (Ledger::default(), None);
        Self { line, ledger, random, contest, daily, short, pending, has_taken_daily: false }
    }

    fn some_answers(&mut self) -> Answers {
        let mut answers = Answers::new();
        for no in 1..=ITEMS {
            let word = ["true", "false"][self.random.next_u32() as usize % 2];
            answers.insert(no, vec![word.to_owned()]);
        }
        answers
    }

    /// Takes quizzes until it is told to stop or a request has no reply.
    pub async fn work(&mut self, stop: &AtomicBool) {
        let leaves = self.random.next_u32().is_multiple_of(4);
        if leaves && self.leave_one().await.is_none() {
            return;
        }
        while !stop.load(Ordering::Relaxed) {
            let quiz = if self.has_taken_daily { self.contest } else { self.daily };
            if self.take(quiz).await.is_none() {
                return;
            }
        }
    }

    /// Begins the short quiz, saves something and goes away.
    async fn leave_one(&mut self) -> Option<()> {
        let id = self.begin(self.short).await?;
        let answers = self.some_answers();
        self.save(&id, answers).await
    }

    async fn take(&mut self, quiz: i64) -> Option<()> {
        let id = self.begin(quiz).await?;
        if self.random.next_u32().is_multiple_of(2) {
            let answers = self.some_answers();
            self.save(&id, answers).await?;
        }
        let answers = self.some_answers();
        self.submit(&id, answers).await
    }

    /// Asks again for what had no reply.
    pub async fn settle(&mut self) {
        for _ in 0..100 {
            let done = match self.pending.clone() {
                None => break,
                Some(Pending::Begin(quiz)) => self.begin(quiz).await.map(drop),
                Some(Pending::Save(id, answers)) => self.save(&id, answers).await,
                Some(Pending::Submit(id, answers)) => {
                    let (_, shown) = self.line.insist(Method::GET, &format!("/attempts/{id}"), None).await;
                    if shown["status"] == "graded" {
                        self.line.tally.committed_unheard.fetch_add(1, Ordering::Relaxed);
                    }
                    self.submit(&id, answers).await
                }
            };
            if done.is_none() {
                actix_web::rt::time::sleep(Duration::from_millis(100)).await;
            }
        }
        assert!(self.pending.is_none(), "never answered: {:?}", self.pending);
        // What was begun and left open by the crash is handed in, but for what was left on purpose.
        let open =
            |(id, told): (&String, &Told)| (told.result.is_none() && !told.is_left).then(|| id.clone());
        let open: Vec<String> = self.ledger.attempts.iter().filter_map(open).collect();
        for id in open {
            let answers = self.some_answers();
            assert!(self.submit(&id, answers).await.is_some(), "the server is gone again");
        }
    }

    async fn begin(&mut self, quiz: i64) -> Option<String> {
        self.pending = Some(Pending::Begin(quiz));
        let (status, attempt) =
            self.line.ask(Method::POST, &format!("/quizzes/{quiz}/attempts"), None).await?;
        self.pending = None;
        assert!(status == 201 || status == 200, "{status} {attempt}");
        let id = attempt["id"].as_str().unwrap().to_owned();
        let is_left = quiz == self.short;
        let told =
            self.ledger.attempts.entry(id.clone()).or_insert(Told { quiz, is_left, ..Told::default() });
        assert!(told.result.is_none(), "an attempt that was handed in is given out again: {id}");
        let shown: Answers = serde_json::from_value::<Vec<Value>>(attempt["answers"].clone())
            .unwrap()
            .iter()
            .map(|one| (one["no"].as_u64().unwrap(), serde_json::from_value(one["answer"].clone()).unwrap()))
            .collect();
        for (no, answer) in &told.saved {
            let stands = shown.get(no);
            assert!(
                stands == Some(answer) || (stands.is_some() && stands == told.maybe.get(no)),
                "a saved answer is gone from {id}: {no} {answer:?}, {shown:?}"
            );
        }
        Some(id)
    }

    fn wire(answers: &Answers) -> Value {
        let answers = answers.iter().map(|(no, answer)| json!({"no": no, "answer": answer}));
        json!({"answers": answers.collect::<Vec<_>>()})
    }

    async fn save(&mut self, id: &str, answers: Answers) -> Option<()> {
        self.pending = Some(Pending::Save(id.to_owned(), answers.clone()));
        let told = self.ledger.attempts.get_mut(id).unwrap();
        told.maybe.extend(answers.clone());
        let body = Self::wire(&answers);
        let (status, reply) =
            self.line.ask(Method::PUT, &format!("/attempts/{id}/answers"), Some(body)).await?;
        self.pending = None;
        match status {
            204 => {
                told.saved.extend(answers);
                told.maybe.clear();
            }
            // Its time was up before the answer arrived.
            409 if told.is_left => {}
            _ => panic!("{status} {reply}"),
        }
        Some(())
    }

    async fn submit(&mut self, id: &str, answers: Answers) -> Option<()> {
        self.pending = Some(Pending::Submit(id.to_owned(), answers.clone()));
        let body = Self::wire(&answers);
        let (status, result) =
            self.line.ask(Method::POST, &format!("/attempts/{id}/submit"), Some(body)).await?;
        self.pending = None;
        assert_eq!(status, 200, "{result}");
        assert_eq!(answered(&result), answers, "{id} was graded with other answers");
        let told = self.ledger.attempts.get_mut(id).unwrap();
        assert!(told.result.is_none(), "{id} was handed in twice by its own client");
        if told.quiz == self.daily {
            self.has_taken_daily = true;
        }
        told.result = Some(result);
        self.line.tally.graded.fetch_add(1, Ordering::Relaxed);
        Some(())
    }
}
