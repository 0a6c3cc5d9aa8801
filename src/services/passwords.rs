//! Password hashing: Argon2id at the OWASP minimum (19 MiB of memory, 2 iterations, 1 lane), bounded so
//! that a storm of logins cannot starve answering.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::Instant;

use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _, phc::PasswordHash};
use argon2::{Algorithm, Argon2, Params, Version};
use tokio::sync::oneshot;

use super::ServiceError;
use crate::store::Distribution;

/// Memory of one hash, in KiB (OWASP Password Storage Cheat Sheet).
const MEMORY_KIB: u32 = 19_456;
/// Passes over the memory.
const ITERATIONS: u32 = 2;

/// How much more willing than others the hashing threads are to wait for a core: a login costs as much as
/// hundreds of answers, and whoever is answering must not feel it. Not the most willing: on a server that is busy without
/// a pause a login must still come to its end.
#[cfg(unix)]
const NICENESS: i32 = 10;

type Job = Box<dyn FnOnce() + Send>;

/// How hashing has fared since the start.
#[derive(Debug)]
pub struct HashingStats {
    /// Hashes that wait or are being computed now.
    pub waiting: AtomicUsize,
    /// Those that were turned away because too many waited.
    pub refused: AtomicU64,
    /// How long one waited for a thread.
    pub waits: Distribution,
    /// How long one took then.
    pub times: Distribution,
}

/// Hashes and checks passwords beside the async threads, a few at a time.
pub(super) struct PasswordHasher {
    jobs: mpsc::Sender<Job>,
    stats: Arc<HashingStats>,
    most_waiting: usize,
    hashed: Arc<AtomicU64>,
}

impl PasswordHasher {
    /// Starts `threads` threads, which end with the hasher.
    ///
    /// # Errors
    /// When a thread cannot be started.
    pub(super) fn new(threads: usize, most_waiting: usize) -> std::io::Result<Self> {
        let (jobs, queue) = mpsc::channel();
        let queue = Arc::new(Mutex::new(queue));
        for number in 0..threads.max(1) {
            let queue = Arc::clone(&queue);
            std::thread::Builder::new().name(format!("hashing-{number}")).spawn(move || work_off(&queue))?;
        }
        let stats = Arc::new(HashingStats {
            waiting: AtomicUsize::new(0),
            refused: AtomicU64::new(0),
            waits: Distribution::of_times(),
            times: Distribution::of_times(),
        });
        Ok(Self { jobs, stats, most_waiting, hashed: Arc::default() })
    }

    /// How it has fared.
    pub(super) fn stats(&self) -> &HashingStats {
        &self.stats
    }

    /// The PHC string of `password`.
    pub(super) async fn hash(&self, password: String) -> Result<String, ServiceError> {
        self.run(move || {
            let hash = argon2()?.hash_password(password.as_bytes()).map_err(internal)?;
            Ok(hash.to_string())
        })
        .await
    }

    /// Whether `password` belongs to the PHC string `hash`.
    pub(super) async fn verify(&self, password: String, hash: String) -> Result<bool, ServiceError> {
        self.run(move || {
            let hash = PasswordHash::new(&hash).map_err(internal)?;
            Ok(argon2()?.verify_password(password.as_bytes(), &hash).is_ok())
        })
        .await
    }

    /// How many passwords were hashed or checked.
    pub(super) fn hashed(&self) -> u64 {
        self.hashed.load(Ordering::Relaxed)
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, ServiceError> + Send + 'static,
    ) -> Result<T, ServiceError> {
        let _place = Place::take(&self.stats, self.most_waiting)?;
        let (reply, answer) = oneshot::channel();
        let hashed = Arc::clone(&self.hashed);
        let (stats, asked) = (Arc::clone(&self.stats), Instant::now());
        let job = Box::new(move || {
            // Nobody waits for it any more: the work is spared.
            if !reply.is_closed() {
                hashed.fetch_add(1, Ordering::Relaxed);
                let began = Instant::now();
                stats.waits.observe_time(began.saturating_duration_since(asked));
                let done = work();
                stats.times.observe_time(began.elapsed());
                drop(reply.send(done));
            }
        });
        self.jobs.send(job).map_err(internal)?;
        answer.await.map_err(internal)?
    }
}

fn work_off(queue: &Mutex<mpsc::Receiver<Job>>) {
    #[cfg(unix)]
    if let Err(error) = rustix::process::nice(NICENESS) {
        tracing::warn!(%error, "logins are checked at the priority of everything else");
    }
    loop {
        let job = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(job) = job else { return };
        if catch_unwind(AssertUnwindSafe(job)).is_err() {
            tracing::error!("a password hash panicked");
        }
    }
}

/// A place in the queue, given back when it is dropped.
struct Place<'a>(&'a HashingStats);

impl<'a> Place<'a> {
    fn take(stats: &'a HashingStats, most: usize) -> Result<Self, ServiceError> {
        let place = Self(stats);
        if stats.waiting.fetch_add(1, Ordering::Relaxed) >= most {
            stats.refused.fetch_add(1, Ordering::Relaxed);
            return Err(ServiceError::Busy("too many logins at once".into()));
        }
        Ok(place)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}

fn argon2() -> Result<Argon2<'static>, ServiceError> {
    let params = Params::new(MEMORY_KIB, ITERATIONS, 1, None).map_err(internal)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

fn internal(error: impl std::fmt::Display) -> ServiceError {
    ServiceError::Internal(format!("password hashing: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_hash_is_argon2id_at_the_minimum_or_above_and_verifies() {
        let hasher = PasswordHasher::new(1, 4).unwrap();
        let hash = hasher.hash("correct horse".into()).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert!(hasher.verify("correct horse".into(), hash.clone()).await.unwrap());
        assert!(!hasher.verify("wrong horse".into(), hash).await.unwrap());
    }

    #[tokio::test]
    async fn a_full_queue_turns_away_at_once_and_empties_again() {
        let hasher = PasswordHasher::new(1, 1).unwrap();
        let (first, second) = tokio::join!(hasher.hash("a".into()), hasher.hash("b".into()));
        assert!(first.is_ok());
        assert!(matches!(second, Err(ServiceError::Busy(_))));
        assert!(hasher.hash("c".into()).await.is_ok());
    }
}
