//! What the person who runs it is told: metrics, and why the server is not ready; that dashboard and alarms ask for
//! metrics that are there.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use qianti::services::vitals::Task;
use qianti::store::vitals;
use regex::Regex;
use reqwest::Method;

use crate::harness::{Actor, TestApp, Value, World, json, on_both_databases};
use crate::system::sample;

async fn metrics(app: &TestApp) -> String {
    let reply = app.anonymous().get("/metrics").await;
    assert_eq!(reply.status, 200);
    reply.text
}

/// Runs every task once, as the program does by itself.
async fn run_tasks(app: &TestApp) {
    let services = &app.services;
    services.run_task(Task::Sweep, services.attempts.sweep()).await.unwrap();
    services.run_task(Task::Rankings, services.leaderboards.follow()).await.unwrap();
    services.run_task(Task::Statistics, services.statistics.catch_up()).await.unwrap();
    services.run_task(Task::Months, services.reports.fix_months()).await.unwrap();
}

/// A file that is shipped for the person who runs it.
fn shipped(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs").join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The values of every `field` in a JSON document, however deep.
fn values_of<'a>(document: &'a Value, field: &str, found: &mut Vec<&'a str>) {
    match document {
        Value::Object(members) => {
            for (name, value) in members {
                match value {
                    Value::String(text) if name == field => found.push(text),
                    other => values_of(other, field, found),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| values_of(item, field, found)),
        _ => {}
    }
}

/// The names of metrics in an expression of PromQL.
fn names(expression: &str) -> BTreeSet<String> {
    let name = Regex::new(r"\b(?:qianti|process)_[a-z0-9_]+").unwrap();
    name.find_iter(expression).map(|found| found.as_str().to_owned()).collect()
}

/// The names of the samples in Prometheus' text format.
fn samples(text: &str) -> BTreeSet<String> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines.map(|line| line.split(['{', ' ']).next().unwrap().to_owned()).collect()
}

on_both_databases! {
    async fn every_metric_is_there_and_moves_when_it_should(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let quiz = world.quiz(json!({})).await;
        let before = metrics(&app).await;
        let member = world.member(&app, "zs", "B1").await;
        let attempt = member.post_nothing(&format!("/quizzes/{}/attempts", quiz["id"])).await.expect(201);
        let stream = member.request(Method::GET, &format!("/leaderboards/stream?quiz={}", quiz["id"]));
        let stream = stream.send().await.unwrap();
        let during = metrics(&app).await;
        assert_eq!(sample(&during, "qianti_attempts_running"), 1.0, "{during}");
        assert_eq!(sample(&during, "qianti_streams_open"), 1.0);
        drop(stream);
        world.submit(&member, &attempt, 5).await;
        let summed = metrics(&app).await;
        assert_eq!(sample(&summed, "qianti_statistics_behind_results"), 1.0, "{summed}");
        app.clock.advance_seconds(5);
        assert_eq!(sample(&metrics(&app).await, "qianti_statistics_behind_seconds"), 5.0);
        run_tasks(&app).await;
        let after = metrics(&app).await;
        for zero in ["attempts_running", "statistics_behind_results", "statistics_behind_seconds",
            "rankings_behind_results", "rankings_behind_seconds", "writes_waiting", "writes_refused_total",
            "write_failures_total", "reads_refused_total", "password_hashes_waiting",
            "password_hashes_refused_total", "stopping"] {
            let name = format!("qianti_{zero}");
            assert!(samples(&after).contains(&name), "{name} is missing");
            assert_eq!(sample(&after, &name), 0.0, "{name}");
        }
        let moved = |name: &str| sample(&after, name) - sample(&before, name);
        for name in ["write_batch_jobs_count", "write_batch_jobs_sum", "write_wait_seconds_count",
            "write_wait_seconds_sum", "write_commit_seconds_count", "write_commit_seconds_sum",
            "read_wait_seconds_count", "password_hash_seconds_count", "password_hash_seconds_sum",
            "password_hash_wait_seconds_count", "writes_total", "write_commits_total"] {
            assert!(moved(&format!("qianti_{name}")) > 0.0, "{name} has not moved:\n{after}");
        }
        assert_eq!(moved("qianti_write_batch_jobs_sum"), moved("qianti_writes_total"));
        assert_eq!(moved("qianti_write_commit_seconds_count"), moved("qianti_write_commits_total"));
        for task in ["sweep", "rankings", "statistics", "months"] {
            let of = |name: &str| format!("qianti_{name}{{task=\"{task}\"}}");
            assert!(moved(&of("task_seconds_count")) >= 1.0, "{task}: {after}");
            assert_eq!(moved(&of("task_failures_total")), 0.0);
            assert!(sample(&after, &of("task_success_age_seconds")) > 0.0, "{task}");
            // Before its first run it is as old as the server: one that never runs is seen.
            assert!(sample(&before, &of("task_success_age_seconds")) > 0.0, "{task}");
        }
        for (name, value) in [("database_up", 1.0), ("reads_running_limit", 4.0), ("writes_waiting_limit", 1024.0),
            ("password_hashes_waiting_limit", 512.0), ("streams_open_limit", 1000.0),
            (concat!("build_info{version=\"", env!("CARGO_PKG_VERSION"), "\"}"), 1.0)] {
            assert_eq!(sample(&after, &format!("qianti_{name}")), value, "{name}");
        }
        for name in ["process_resident_memory_bytes", "process_open_fds", "process_max_fds", "process_threads",
            "process_cpu_seconds_total", "process_start_time_seconds"] {
            assert!(sample(&after, name) > 0.0, "{name}");
        }
    }

    async fn results_of_another_instance_show_as_lag_of_the_rankings_until_they_are_taken_in(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let quiz = world.quiz(json!({"duration_seconds": 60})).await;
        let member = world.member(&app, "zs", "B1").await;
        member.post_nothing(&format!("/quizzes/{}/attempts", quiz["id"])).await.expect(201);
        let another = app.another_instance().await;
        app.clock.advance_seconds(100);
        assert_eq!(another.attempts.sweep().await.unwrap(), 1);
        let behind = metrics(&app).await;
        assert_eq!(sample(&behind, "qianti_rankings_behind_results"), 1.0, "{behind}");
        assert!(sample(&behind, "qianti_rankings_behind_seconds") > 30.0, "{behind}");
        app.services.leaderboards.follow().await.unwrap();
        let after = metrics(&app).await;
        assert_eq!(sample(&after, "qianti_rankings_behind_results"), 0.0);
        assert_eq!(sample(&after, "qianti_rankings_behind_seconds"), 0.0);
    }

    async fn a_result_that_was_passed_over_shows_as_lag_of_the_rankings(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let quiz = world.quiz(json!({})).await;
        for login in ["zs", "ls"] {
            world.attempt(&world.member(&app, login, "B1").await, &quiz, 5).await;
        }
        let look = |gaps: Vec<i64>| {
            app.services.context.database.read(move |connection| vitals::look(connection, 2, &gaps))
        };
        let none = look(vec![]).await.unwrap();
        assert_eq!((none.latest_no, none.passed_over, none.unranked_since), (2, 0, None));
        // One of the gaps is a result that was committed late; nothing ever had the other number.
        let late = look(vec![1, 77]).await.unwrap();
        assert_eq!(late.passed_over, 1);
        assert_eq!(late.unranked_since, Some(app.services.context.clock.now()));
    }

    async fn whoever_asks_again_and_again_whether_it_is_ready_costs_one_look_a_second(backend) {
        let app = TestApp::start(backend).await;
        let reads = async || sample(&metrics(&app).await, "qianti_read_wait_seconds_count");
        let (before, began) = (reads().await, Instant::now());
        futures_util::future::join_all((0..300).map(|_| async {
            app.anonymous().get("/readyz").await.expect(200);
        }))
        .await;
        let (after, seconds) = (reads().await, began.elapsed().as_secs());
        // One of them is that of the metrics.
        let most = 3.0 + f64::from(u32::try_from(seconds).unwrap());
        assert!(after - before <= most, "{} reads in {seconds} s", after - before);
        // What is found is old after a second.
        app.change_schema("INSERT INTO __diesel_schema_migrations (version) VALUES ('9999')");
        actix_web::rt::time::sleep(Duration::from_millis(1100)).await;
        app.anonymous().get("/readyz").await.problem(503, "not-ready");
    }

    async fn a_server_that_is_told_to_stop_says_so_and_goes_on_answering(backend) {
        let app = TestApp::start(backend).await;
        let ready = app.anonymous().get("/readyz").await.expect(200);
        let names: Vec<&str> =
            ready["checks"].as_array().unwrap().iter().map(|check| check["name"].as_str().unwrap()).collect();
        assert_eq!(names, ["database", "migrations", "writer", "rankings", "stopping"]);
        assert!(ready["checks"].as_array().unwrap().iter().all(|check| check["ok"] == json!(true)), "{ready}");
        app.services.context.signals.announce_stop();
        let problem = app.anonymous().get("/readyz").await.problem(503, "not-ready");
        assert_eq!(problem["detail"], "服务正在停止，不再接新的请求");
        let english = app.anonymous().request(Method::GET, "/readyz").header("accept-language", "en");
        let problem = Actor::send(english).await.problem(503, "not-ready");
        assert_eq!(problem["detail"], "the server is stopping and takes no new requests");
        let stopping = problem["checks"].as_array().unwrap().iter().find(|check| check["name"] == "stopping");
        assert_eq!(stopping.unwrap()["ok"], json!(false));
        assert_eq!(app.anonymous().get("/healthz").await.expect(200), json!({"status": "ok"}));
        app.admin().await.get("/me").await.expect(200);
        assert_eq!(sample(&metrics(&app).await, "qianti_stopping"), 1.0);
    }

    async fn a_database_of_another_schema_is_a_reason_not_to_be_ready(backend) {
        let app = TestApp::start(backend).await;
        app.change_schema("INSERT INTO __diesel_schema_migrations (version) VALUES ('9999')");
        let problem = app.anonymous().get("/readyz").await.problem(503, "not-ready");
        assert_eq!(problem["detail"], "数据库比程序新，请换用新版本的程序");
        app.change_schema("DELETE FROM __diesel_schema_migrations WHERE version > '0003'");
        // What was found is good for a second.
        actix_web::rt::time::sleep(Duration::from_millis(1100)).await;
        let problem = app.anonymous().get("/readyz").await.problem(503, "not-ready");
        assert!(problem["detail"].as_str().unwrap().contains("数据库比程序旧"), "{problem}");
    }

    async fn the_dashboard_and_the_alarms_ask_for_metrics_that_are_there(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let quiz = world.quiz(json!({})).await;
        world.attempt(&world.member(&app, "zs", "B1").await, &quiz, 5).await;
        run_tasks(&app).await;
        let there = samples(&metrics(&app).await);
        let dashboard: Value = serde_json::from_str(&shipped("operations/grafana.json")).unwrap();
        let mut expressions = Vec::new();
        values_of(&dashboard, "expr", &mut expressions);
        assert!(expressions.len() > 20, "the dashboard asks for {} things", expressions.len());
        let asked: BTreeSet<String> = expressions.into_iter().flat_map(names).collect();
        let missing: Vec<&String> = asked.difference(&there).collect();
        assert!(missing.is_empty(), "the dashboard asks for {missing:?}");
        let alarms = shipped("operations/alerts.yml");
        let asked = names(&alarms);
        assert!(asked.len() > 10, "{asked:?}");
        let missing: Vec<&String> = asked.difference(&there).collect();
        assert!(missing.is_empty(), "the alarms ask for {missing:?}");
    }
}

#[test]
fn every_alarm_says_what_to_do() {
    let alarms = shipped("operations/alerts.yml");
    let guide = shipped("operations.md");
    let name = Regex::new(r"(?m)^\s*- alert: (\w+)$").unwrap();
    let names: Vec<&str> = name.captures_iter(&alarms).map(|found| found.extract::<1>().1[0]).collect();
    assert!(names.len() >= 10, "{names:?}");
    for name in names {
        let heading = Regex::new(&format!(r"(?m)^### .*\b{name}\b")).unwrap();
        assert!(heading.is_match(&guide), "docs/operations.md has no section for the alarm {name}");
        let anchor = format!("docs/operations.md#{}", name.to_lowercase());
        assert!(alarms.contains(&anchor), "the alarm {name} does not lead to {anchor}");
    }
}

/// Whether a tool is content; where there is none, it is said that nothing was tested.
fn is_content(mut tool: Command) {
    match tool.output() {
        Ok(output) => {
            let said = [output.stdout, output.stderr].concat();
            assert!(output.status.success(), "{tool:?}: {}", String::from_utf8_lossy(&said));
        }
        Err(error) => eprintln!("NOT TESTED: {tool:?}: {error}"),
    }
}

#[test]
fn what_is_shipped_for_systemd_and_prometheus_is_well_formed() {
    let folder = tempfile::tempdir().unwrap();
    let mut verify = Command::new("systemd-analyze");
    verify.arg("verify");
    for name in ["qianti.service", "qianti-backup.service", "qianti-backup.timer"] {
        // Neither the program nor its user is installed where this is tested.
        let text = shipped(&format!("operations/{name}"))
            .replace("/usr/local/bin/qianti serve", "/bin/true")
            .replace("/usr/local/lib/qianti/backup.sh", "/bin/true");
        let lines = text.lines().filter(|line| !line.starts_with("User=") && !line.starts_with("Group="));
        let file = folder.path().join(name);
        std::fs::write(&file, lines.collect::<Vec<_>>().join("\n") + "\n").unwrap();
        verify.arg(file);
    }
    is_content(verify);
    let mut check = Command::new("promtool");
    check.args(["check", "rules", concat!(env!("CARGO_MANIFEST_DIR"), "/docs/operations/alerts.yml")]);
    is_content(check);
}
