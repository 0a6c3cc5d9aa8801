//! Rankings of members and of units: what the parts share, and the boards that are refused.

mod counting;
mod moves;
mod recomputation;
mod standings;
mod units;

use crate::harness::{Actor, TestApp, Value, World, json, on_both_databases};

const DAY: i64 = 86_400;

/// Has somebody begin, take their time, and submit.
async fn take(
    app: &TestApp,
    world: &World,
    actor: &Actor,
    quiz: &Value,
    right: usize,
    seconds: i64,
) -> Value {
    let attempt = actor.post_nothing(&format!("/quizzes/{}/attempts", quiz["id"])).await.expect(201);
    app.clock.advance_seconds(seconds);
    world.submit(actor, &attempt, right).await
}

async fn members(actor: &Actor, params: &str) -> Value {
    actor.get(&format!("/leaderboards/members?{params}")).await.expect(200)
}

async fn units(actor: &Actor, params: &str) -> Value {
    actor.get(&format!("/leaderboards/units?{params}")).await.expect(200)
}

fn of_quiz(quiz: &Value) -> String {
    format!("quiz={}", quiz["id"])
}

/// The items of a member board as rank, login and score.
fn standings(board: &Value) -> Vec<(i64, &str, f64)> {
    let items = board["items"].as_array().unwrap();
    let row = |item: &'_ Value| (item["rank"].as_i64().unwrap(), item["score"].as_f64().unwrap());
    items
        .iter()
        .map(|item| {
            let login = item["name"].as_str().unwrap().strip_prefix("姓名").unwrap();
            (row(item).0, login, row(item).1)
        })
        .collect()
}

/// The items of a unit board as rank, name and mean score.
fn unit_standings(board: &Value) -> Vec<(i64, &str, f64)> {
    let items = board["items"].as_array().unwrap();
    items
        .iter()
        .map(|item| {
            let name = item["unit"]["name"].as_str().unwrap();
            (item["rank"].as_i64().unwrap(), name, item["mean_score"].as_f64().unwrap())
        })
        .collect()
}

/// Every item of a board, read in pages of `limit`.
async fn all_pages(actor: &Actor, path: &str, limit: usize) -> Vec<Value> {
    let (mut items, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = actor.get(&format!("{path}&limit={limit}&cursor={cursor}")).await.expect(200);
        let rows = page["items"].as_array().unwrap();
        assert!(rows.len() <= limit);
        items.extend(rows.iter().cloned());
        match page["next_cursor"].as_str() {
            Some(next) => {
                assert_eq!(rows.len(), limit, "a page before the last is full");
                next.clone_into(&mut cursor);
            }
            None => return items,
        }
    }
}

async fn members_id(actor: &Actor) -> i64 {
    actor.get("/me").await.expect(200)["id"].as_i64().unwrap()
}

on_both_databases! {
    async fn boards_that_make_no_sense_are_refused(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let quiz = world.quiz(json!({})).await;
        for kind in ["members", "units"] {
            let path = |params: &str| format!("/leaderboards/{kind}?{params}");
            let get = async |params: &str| world.admin.get(&path(params)).await;
            assert_eq!(get("").await.pointers(), ["/period"]);
            assert_eq!(get("limit=3").await.pointers(), ["/period"]);
            assert_eq!(get(&format!("{}&period=day", of_quiz(&quiz))).await.pointers(), ["/period"]);
            for params in [
                "period=year",
                "period=",
                "period=day&on=2026-02-30",
                "period=day&on=yesterday",
                "period=day&limit=0",
                "period=day&limit=201",
                "period=day&limit=x",
                "period=day&cursor=x",
                "period=day&cursor=WzFd",
                "quiz=x",
                "quiz=9999999999999999999999",
            ] {
                get(params).await.problem(422, "invalid-fields");
            }
            get("quiz=999999").await.problem(404, "not-found");
            get("quiz=-1").await.problem(404, "not-found");
            for on in ["0001-01-01", "9999-12-31", "-009999-01-01"] {
                for period in ["day", "week", "month", "all"] {
                    get(&format!("period={period}&on={on}")).await.expect(200);
                }
            }
            app.anonymous().get(&path("period=day")).await.problem(401, "unauthenticated");
        }
        let get = async |path: &str| world.admin.get(path).await;
        get("/leaderboards/members?period=day&unit=999999").await.problem(404, "not-found");
        get("/leaderboards/units?period=day&parent=999999").await.problem(404, "not-found");
        get("/leaderboards/members?period=day&unit=x").await.problem(422, "invalid-fields");
        get("/leaderboards/units?period=day&parent=x").await.problem(422, "invalid-fields");
        get("/leaderboards/units?period=day&kind=team").await.problem(422, "invalid-fields");
        // A cursor of one's own making, beyond every row.
        get("/leaderboards/units?period=day&cursor=MTg0NDY3NDQwNzM3MDk1NTE2MTU").await.expect(200);
    }
}
