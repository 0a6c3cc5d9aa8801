//! Two instances on one PostgreSQL database behind nginx, restarted one after the other under load. nginx runs with the
//! file that is shipped, `docs/operations/nginx.conf`.

use std::path::Path;
use std::process::{Child, Command};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::crowd::Crowd;
use super::postgres::Cluster;
use super::program::{Program, examine, free_port};

/// Requests that an instance has answered since its start when nginx has taken it back: the next may go then.
const TAKEN_BACK: f64 = 40.0;
/// Longest that nginx may take for it.
const PATIENCE: Duration = Duration::from_secs(120);
const ROUNDS: usize = 3;

/// A running nginx; stopped when it is dropped.
struct Nginx {
    child: Child,
    base: String,
    folder: TempDir,
}

impl Nginx {
    /// Starts it with the shipped file; only ports, certificate and places of its own files are others.
    fn start(instances: [u16; 2]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/operations/nginx.conf");
        let mut config = std::fs::read_to_string(path).unwrap();
        let mut replace = |from: &str, to: &str| {
            assert!(config.contains(from), "docs/operations/nginx.conf has no {from:?} any more");
            config = config.replace(from, to);
        };
        let (port, other) = (free_port(), free_port());
        let place = folder.path().display().to_string();
        replace("127.0.0.1:8081", &format!("127.0.0.1:{}", instances[0]));
        replace("127.0.0.1:8082", &format!("127.0.0.1:{}", instances[1]));
        replace("listen 443 ssl http2;", &format!("listen 127.0.0.1:{port};"));
        replace("listen 80;", &format!("listen 127.0.0.1:{other};"));
        replace("/run/nginx.pid", &format!("{place}/pid"));
        replace("/var/log/nginx/error.log", &format!("{place}/error.log"));
        replace(
            "http {\n",
            &format!(
                "http {{\n    client_body_temp_path {place}/body;\n    proxy_temp_path {place}/proxy;\n"
            ),
        );
        let lines: Vec<&str> = config.lines().filter(|line| !line.trim_start().starts_with("ssl_")).collect();
        let file = folder.path().join("nginx.conf");
        std::fs::write(&file, lines.join("\n")).unwrap();
        let child = Command::new("nginx")
            .args(["-p", &place, "-e", &format!("{place}/error.log"), "-g", "daemon off;", "-c"])
            .arg(&file)
            .spawn()
            .expect("nginx is not installed; tests/run installs it");
        let nginx = Self { child, base: format!("http://127.0.0.1:{port}/api/v1"), folder };
        for _ in 0..500 {
            if std::net::TcpStream::connect(("127.0.0.1", port)).is_ok() {
                return nginx;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("nginx does not listen: {}", nginx.said());
    }

    fn said(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("error.log")).unwrap_or_default()
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // Its workers go with it on SIGTERM, not on SIGKILL.
        drop(Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status());
        drop(self.child.wait());
    }
}

/// Requests about attempts that an instance has answered since its start.
async fn requests_of_attempts(instance: &Program) -> f64 {
    let url = format!("http://{}/metrics", instance.address());
    let metrics = reqwest::get(url).await.unwrap().text().await.unwrap();
    let lines = metrics
        .lines()
        .filter(|line| line.starts_with("qianti_http_requests_total{") && line.contains("/attempts"));
    lines.map(|line| line.rsplit(' ').next().unwrap().parse::<f64>().unwrap()).sum()
}

#[actix_web::test]
async fn a_rolling_restart_behind_nginx_loses_no_request() {
    let cluster = Cluster::start();
    let url = cluster.url();
    let ports = [free_port(), free_port()];
    let start = |port: u16| Program::start(&url, &[("QIANTI_LISTEN", &format!("127.0.0.1:{port}"))]);
    let mut instances = ports.map(|port| Some(start(port)));
    let nginx = Nginx::start(ports);
    let crowd = Crowd::gather(&nginx.base, 12).await;
    let (stop, tally) = (Arc::new(AtomicBool::new(false)), Arc::clone(&crowd.tally));
    let restarts = async {
        for _ in 0..ROUNDS {
            for (instance, port) in instances.iter_mut().zip(ports) {
                tally.wait_for_more(60).await;
                let old = instance.take().unwrap();
                // Elsewhere, so that the crowd goes on meanwhile.
                let url = url.clone();
                let fresh = std::thread::spawn(move || {
                    old.stop();
                    Program::start(&url, &[("QIANTI_LISTEN", &format!("127.0.0.1:{port}"))])
                });
                while !fresh.is_finished() {
                    actix_web::rt::time::sleep(Duration::from_millis(10)).await;
                }
                *instance = Some(fresh.join().unwrap());
                let began = Instant::now();
                while requests_of_attempts(instance.as_ref().unwrap()).await < TAKEN_BACK {
                    assert!(began.elapsed() < PATIENCE, "nginx does not take it back: {}", nginx.said());
                    actix_web::rt::time::sleep(Duration::from_millis(50)).await;
                }
            }
        }
        tally.wait_for_more(60).await;
        stop.store(true, Ordering::SeqCst);
    };
    // Whatever is no success and no 503 that says when to come again fails the test at once.
    let (told, ()) = futures_util::future::join(crowd.answer(&stop), restarts).await;
    let graded = tally.graded.load(Ordering::SeqCst);
    let answered = tally.answered.load(Ordering::SeqCst);
    eprintln!("{} restarts, {graded} results, {answered} requests answered, none failed", 2 * ROUNDS);
    assert_eq!(tally.refused.load(Ordering::SeqCst), 0, "requests were refused:\n{}", nginx.said());
    crowd.check(&told).await;
    drop(nginx);
    instances.into_iter().flatten().for_each(Program::stop);
    examine(&url);
}
