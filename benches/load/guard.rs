//! What must not outlive the bench: its servers and its folder, also when somebody stops it.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use actix_web::rt::signal::unix::{SignalKind, signal};

/// Processes that run for the bench, and the signal that ends each.
static RUNNING: Mutex<Vec<(u32, &str)>> = Mutex::new(Vec::new());

/// Whether somebody has stopped the bench.
static STOPPED: AtomicBool = AtomicBool::new(false);

/// Does not return once somebody has stopped the bench: what was measured of dying servers is not told.
pub fn end_if_stopped() {
    while STOPPED.load(Ordering::SeqCst) {
        std::thread::sleep(Duration::from_secs(1));
    }
}

/// Notes a process that was started.
pub fn started(pid: u32, ended_by: &'static str) {
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner).push((pid, ended_by));
}

/// Notes that a process is gone.
pub fn ended(pid: u32) {
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner).retain(|(running, _)| *running != pid);
}

/// When the bench is interrupted or terminated, ends what it has started and removes `folder`.
pub fn watch(folder: PathBuf) {
    std::thread::spawn(move || {
        let stopped = actix_web::rt::System::new().block_on(async {
            let (mut interrupt, mut terminate) =
                (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
            futures_util::future::select(Box::pin(interrupt.recv()), Box::pin(terminate.recv())).await;
            Ok::<_, std::io::Error>(())
        });
        if let Err(error) = stopped {
            eprintln!("signals are not watched: {error}");
            return;
        }
        STOPPED.store(true, Ordering::SeqCst);
        for (pid, ended_by) in RUNNING.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
            // It may have gone by itself, on the same signal.
            let mut kill = Command::new("kill");
            drop(kill.args(["-s", ended_by, &pid.to_string()]).stderr(Stdio::null()).status());
        }
        drop(std::fs::remove_dir_all(folder));
        std::process::exit(130);
    });
}
