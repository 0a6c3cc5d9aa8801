//! The embedded database: locked by another process, on a full disk, behind a full queue.

use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use diesel::connection::SimpleConnection as _;
use diesel::{Connection as _, SqliteConnection};

use super::crowd::Crowd;
use super::http::wanting;
use super::program::{Program, examine, sqlite_url};

async fn pause(milliseconds: u64) {
    actix_web::rt::time::sleep(Duration::from_millis(milliseconds)).await;
}

/// Waits until `holds`, for a minute at most.
async fn wait_until(what: &str, holds: impl Fn() -> bool) {
    for _ in 0..6_000 {
        if holds() {
            return;
        }
        pause(10).await;
    }
    panic!("never: {what}");
}

#[actix_web::test]
async fn while_another_process_locks_the_database_nothing_is_lost_and_a_full_queue_refuses_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let url = sqlite_url(folder.path());
    let program = Program::start(&url, &[("QIANTI_WRITE_QUEUE", "4")]);
    let crowd = Crowd::gather(&program.base, 16).await;
    let (stop, tally) = (Arc::new(AtomicBool::new(false)), Arc::clone(&crowd.tally));
    let fault = async {
        wait_until("results", || tally.graded.load(Ordering::SeqCst) > 32).await;
        let file = folder.path().join("qianti.db");
        let mut other = SqliteConnection::establish(file.to_str().unwrap()).unwrap();
        other.batch_execute("PRAGMA busy_timeout = 30000; BEGIN IMMEDIATE").unwrap();
        // The writer waits for the lock, four wait in the queue: more are turned away at once.
        let before = tally.refused.load(Ordering::SeqCst);
        wait_until("refusals", || tally.refused.load(Ordering::SeqCst) > before + 20).await;
        // Longer than the program waits for the lock: what it held is refused too.
        pause(6_000).await;
        // A read that waits for the lock too would be wanting as well.
        assert!(wanting(program.address()).contains(&"writer".to_owned()));
        let locked = tally.graded.load(Ordering::SeqCst);
        other.batch_execute("ROLLBACK").unwrap();
        wait_until("results again", || tally.graded.load(Ordering::SeqCst) > locked + 64).await;
        wait_until("it is ready again", || wanting(program.address()).is_empty()).await;
        stop.store(true, Ordering::SeqCst);
    };
    let (told, ()) = futures_util::future::join(crowd.answer(&stop), fault).await;
    crowd.check(&told).await;
    program.stop();
    examine(&url);
}

#[actix_web::test]
async fn a_rehearsal_of_a_roster_waits_for_no_writer_and_rosters_have_so_many_places() {
    let folder = tempfile::tempdir().unwrap();
    let url = sqlite_url(folder.path());
    let program = Program::start(&url, &[]);
    let crowd = Crowd::gather(&program.base, 1).await;
    let file = folder.path().join("qianti.db");
    let mut other = SqliteConnection::establish(file.to_str().unwrap()).unwrap();
    other.batch_execute("PRAGMA busy_timeout = 30000; BEGIN IMMEDIATE").unwrap();
    // One who is known and gets another name, one who is new.
    let roster = "login,name,unit_code,password\nm0,改名,zone,\nnew,新人,zone,New-Pass-2026\n";
    let report = crowd.upload_members(roster, true).await;
    assert_eq!(
        (report.0, &report.1["updated"], &report.1["added"]),
        (200, &1.into(), &1.into()),
        "{report:?}"
    );
    // Those that write wait for the lock, each in a place.
    let uploads = futures_util::future::join_all((0..40).map(|_| crowd.upload_members(roster, false)));
    let unlock = async {
        pause(2_000).await;
        other.batch_execute("ROLLBACK").unwrap();
    };
    let (replies, ()) = futures_util::future::join(uploads, unlock).await;
    let with = |wanted: u16| replies.iter().filter(|reply| reply.0 == wanted).count();
    assert!(with(200) >= 1 && with(503) >= 1, "{replies:?}");
    assert_eq!(with(200) + with(503), replies.len(), "{replies:?}");
    program.stop();
    examine(&url);
}

/// Starts the program in a mount namespace of its own on a small disk at `folder`; where that is not
/// allowed, under a limit on the size of its files.
fn start_on_small_disk(folder: &std::path::Path, url: &str) -> (Program, bool) {
    let can_mount = Command::new("unshare")
        .args(["-rm", "mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs"])
        .arg(folder)
        .output()
        .is_ok_and(|output| output.status.success());
    let program = env!("CARGO_BIN_EXE_qianti");
    let mut command = Command::new(if can_mount { "unshare" } else { "bash" });
    if can_mount {
        let script =
            "mount -t tmpfs -o size=64m tmpfs \"$1\" && head -c 32m /dev/zero > \"$1/filler\" && exec \"$2\"";
        command.args(["-rm", "bash", "-c", script, "bash"]).arg(folder).arg(program);
    } else {
        // Without the signal a write beyond the limit fails as on a full disk.
        command.args(["-c", "trap '' XFSZ; exec \"$1\"", "bash"]).arg(program);
    }
    (Program::start_by(command, url, &[]), can_mount)
}

#[actix_web::test]
async fn on_a_full_disk_nothing_is_lost_and_room_lets_it_go_on() {
    let folder = tempfile::tempdir().unwrap();
    let url = sqlite_url(folder.path());
    let (program, is_mounted) = start_on_small_disk(folder.path(), &url);
    eprintln!("the disk is {}", if is_mounted { "a small tmpfs" } else { "limited by the size of a file" });
    let pid = program.id().to_string();
    let inside = std::path::PathBuf::from(format!("/proc/{pid}/root{}", folder.path().display()));
    let limit = |bytes: &str| {
        let done = Command::new("prlimit").args(["--pid", &pid, &format!("--fsize={bytes}")]).status();
        assert!(done.unwrap().success());
    };
    let crowd = Crowd::gather(&program.base, 8).await;
    let (stop, tally) = (Arc::new(AtomicBool::new(false)), Arc::clone(&crowd.tally));
    let fault = async {
        wait_until("results", || tally.graded.load(Ordering::SeqCst) > 32).await;
        if is_mounted {
            // What room there is goes to another file, in small pieces so that none is left.
            let mut room = std::fs::File::create(inside.join("more")).unwrap();
            while std::io::Write::write_all(&mut room, &[0; 4096]).is_ok() {}
        } else {
            limit("4096");
        }
        let before = tally.refused.load(Ordering::SeqCst);
        wait_until("refusals", || tally.refused.load(Ordering::SeqCst) > before + 50).await;
        let full = tally.graded.load(Ordering::SeqCst);
        if is_mounted {
            std::fs::remove_file(inside.join("filler")).unwrap();
        } else {
            limit("unlimited");
        }
        wait_until("results again", || tally.graded.load(Ordering::SeqCst) > full + 64).await;
        stop.store(true, Ordering::SeqCst);
    };
    let (told, ()) = futures_util::future::join(crowd.answer(&stop), fault).await;
    crowd.check(&told).await;
    // The disk goes with the program: its database is taken out before.
    let out = tempfile::tempdir().unwrap();
    if is_mounted {
        for file in ["qianti.db", "qianti.db-wal"] {
            std::fs::copy(inside.join(file), out.path().join(file)).unwrap();
        }
        examine(&sqlite_url(out.path()));
        program.stop();
    } else {
        program.stop();
        examine(&url);
    }
}
