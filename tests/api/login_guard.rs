//! Guessing passwords is slowed down, and nobody else is.

use qianti::services::{Limits, Settings};
use reqwest::Method;

use crate::harness::{Actor, Backend, Reply, TestApp, Value, World, json, on_both_databases};

const PASSWORD: &str = "Member-Pass-2026";
const WRONG: &str = "Wrong-Pass-2026";

/// With the guard on, behind a proxy on this machine that tells who calls.
async fn start(backend: Backend) -> (TestApp, World) {
    let settings = Settings {
        limits: Limits { failed_logins: true, ..Limits::default() },
        trusted_proxies: vec!["127.0.0.0/8".parse().unwrap()],
        ..Settings::default()
    };
    let app = TestApp::start_with(backend, settings).await;
    let world = World::build(&app).await;
    (app, world)
}

/// Somebody at an address who may have the cookie of a known device.
struct Place<'a> {
    app: &'a TestApp,
    address: &'a str,
    device: Option<String>,
}

impl<'a> Place<'a> {
    fn new(app: &'a TestApp, address: &'a str) -> Self {
        Self { app, address, device: None }
    }

    async fn log_in(&self, login: &str, password: &str) -> Reply {
        let body = json!({"login": login, "password": password, "cookie": true});
        let mut request = self.app.anonymous().request(Method::POST, "/auth/login").json(&body);
        request = request.header("x-forwarded-for", self.address);
        if let Some(device) = &self.device {
            request = request.header("cookie", format!("qianti_device={device}"));
        }
        Actor::send(request).await
    }

    /// Fails to log in so many times.
    async fn fail(&self, login: &str, times: usize) {
        for _ in 0..times {
            self.log_in(login, WRONG).await.problem(401, "wrong-credentials");
        }
    }

    /// Logs in, and keeps the cookie of the device as a browser does.
    async fn get_known(&mut self, login: &str) {
        let reply = self.log_in(login, PASSWORD).await;
        self.device = Some(device_cookie(&reply).0);
        reply.expect(200);
    }
}

/// The cookie of the device and its attributes in alphabetical order.
#[track_caller]
fn device_cookie(reply: &Reply) -> (String, Vec<String>) {
    let headers = reply.headers.get_all("set-cookie").iter().map(|header| header.to_str().unwrap());
    let mut found = headers.filter_map(|header| header.strip_prefix("qianti_device="));
    let mut parts = found.next().expect("a cookie").split("; ").map(ToOwned::to_owned);
    let value = parts.next().unwrap();
    let mut attributes: Vec<String> = parts.collect();
    attributes.sort();
    (value, attributes)
}

/// How long one is told to wait, in seconds.
#[track_caller]
fn wait(reply: Reply) -> u32 {
    let seconds = reply.headers["retry-after"].to_str().unwrap().parse().unwrap();
    let problem = reply.problem(429, "rate-limited");
    assert_eq!(problem["detail"], format!("尝试太频繁，请 {seconds} 秒后再试"));
    seconds
}

on_both_databases! {
    async fn after_twenty_failures_a_new_device_waits_and_known_and_unknown_logins_wait_alike(backend) {
        let (app, world) = start(backend).await;
        world.add("zs", "B1").await;
        let place = Place::new(&app, "198.51.100.1");
        let mut told = vec![];
        for login in ["zs", "nobody"] {
            place.fail(login, 20).await;
            let hashed = app.services.accounts.passwords_hashed();
            let refused = place.log_in(login, WRONG).await;
            told.push(refused.text.clone());
            assert_eq!(wait(refused), 6);
            assert_eq!(wait(place.log_in(login, PASSWORD).await), 6, "right or wrong, nobody looks");
            assert_eq!(app.services.accounts.passwords_hashed(), hashed, "refused before any hashing");
        }
        assert_eq!(told[0], told[1]);
        // However it is typed, it is the same login.
        wait(place.log_in(" ＺＳ ", WRONG).await);
        Place::new(&app, "198.51.100.2").log_in("zs", PASSWORD).await.expect(200);
        app.clock.advance_seconds(6);
        place.log_in("zs", PASSWORD).await.expect(200);
        place.log_in("nobody", WRONG).await.problem(401, "wrong-credentials");
        assert_eq!(wait(place.log_in("nobody", WRONG).await), 6);
    }

    async fn logins_that_succeed_never_count(backend) {
        let (app, world) = start(backend).await;
        world.add("zs", "B1").await;
        let place = Place::new(&app, "198.51.100.1");
        for _ in 0..22 {
            place.log_in("zs", PASSWORD).await.expect(200);
        }
        place.fail("zs", 1).await;
        place.log_in("zs", PASSWORD).await.expect(200);
    }

    async fn a_stranger_never_locks_out_a_member_on_a_known_device(backend) {
        let (app, world) = start(backend).await;
        for login in ["zs", "ls"] {
            world.add(login, "B1").await;
        }
        let mut phone = Place::new(&app, "198.51.100.1");
        phone.get_known("zs").await;
        // The stranger is at the same address, behind the same router.
        let stranger = Place::new(&app, "198.51.100.1");
        stranger.fail("zs", 20).await;
        wait(stranger.log_in("zs", PASSWORD).await);
        phone.log_in("zs", PASSWORD).await.expect(200);
        // A device that is known for somebody else, or says so without our signature, is as good as none.
        let mut own = Place::new(&app, "198.51.100.1");
        own.get_known("ls").await;
        wait(own.log_in("zs", PASSWORD).await);
        let mut forged = phone.device.clone().unwrap();
        forged.replace_range(..4, "AAAB");
        let forger = Place { device: Some(forged), ..Place::new(&app, "198.51.100.1") };
        wait(forger.log_in("zs", PASSWORD).await);
        // Two members share a phone: both know it.
        phone.get_known("ls").await;
        stranger.fail("ls", 20).await;
        for login in ["zs", "ls"] {
            phone.log_in(login, PASSWORD).await.expect(200);
        }
        // Nor does the phone itself guess more often than any other device.
        phone.fail("zs", 20).await;
        assert_eq!(wait(phone.log_in("zs", PASSWORD).await), 6);
    }

    async fn a_known_device_is_a_cookie_that_no_script_reads(backend) {
        let (app, world) = start(backend).await;
        world.add("zs", "B1").await;
        let place = Place::new(&app, "198.51.100.1");
        let (value, attributes) = device_cookie(&place.log_in("zs", PASSWORD).await);
        assert_eq!(attributes, ["HttpOnly", "Max-Age=34560000", "Path=/api/v1/auth", "SameSite=Lax"]);
        let body = json!({"login": "zs", "password": PASSWORD, "cookie": true});
        let request = app.anonymous().request(Method::POST, "/auth/login").json(&body);
        let reply = Actor::send(request.header("x-forwarded-proto", "https")).await;
        let (other, attributes) = device_cookie(&reply);
        assert!(attributes.contains(&"Secure".to_owned()), "{attributes:?}");
        assert_ne!(value, other, "devices are told apart");
        let refused = place.log_in("zs", WRONG).await;
        assert!(!refused.headers.contains_key("set-cookie"));
        let body = json!({"login": "zs", "password": PASSWORD});
        let without = app.anonymous().post("/auth/login", body).await;
        assert!(!without.headers.contains_key("set-cookie"), "who keeps tokens by itself gets no cookie");
    }

    async fn a_household_counts_as_one_address(backend) {
        let (app, world) = start(backend).await;
        world.add("zs", "B1").await;
        Place::new(&app, "2001:db8:1:2::7").fail("zs", 20).await;
        wait(Place::new(&app, "2001:db8:1:2:ffff::1").log_in("zs", PASSWORD).await);
        Place::new(&app, "2001:db8:1:3::7").log_in("zs", PASSWORD).await.expect(200);
    }

    async fn the_current_password_is_not_guessed_either(backend) {
        let (app, world) = start(backend).await;
        let thief = world.member(&app, "zs", "B1").await;
        let guess = |current: &str| json!({"current": current, "new": "Another-Pass-2026"});
        for _ in 0..20 {
            assert_eq!(thief.put("/me/password", guess(WRONG)).await.pointers(), ["/current"]);
        }
        let hashed = app.services.accounts.passwords_hashed();
        assert_eq!(wait(thief.put("/me/password", guess(PASSWORD)).await), 6);
        assert_eq!(app.services.accounts.passwords_hashed(), hashed);
        // The member still logs in, and changes it a little later.
        app.log_in("zs", PASSWORD).await;
        app.clock.advance_seconds(6);
        thief.put("/me/password", guess(PASSWORD)).await.expect(204);
    }

    async fn a_password_that_nobody_had_the_time_to_check_was_not_wrong(backend) {
        let settings = Settings {
            limits: Limits { failed_logins: true, ..Limits::default() },
            hashing_queue: 2,
            ..Settings::default()
        };
        let app = TestApp::start_with(backend, settings).await;
        let world = World::build(&app).await;
        let member = world.member(&app, "zs", "B1").await;
        let guess = async || member.put("/me/password", json!({"current": WRONG, "new": "Another-Pass-2026"})).await;
        let at_once = futures_util::future::join_all((0..40).map(|_| guess())).await;
        let with = |status| at_once.iter().filter(|reply| reply.status == status).count();
        assert!(with(503) > 0 && with(422) > 0);
        let mut wrong = with(422);
        while guess().await.status == 422 {
            wrong += 1;
        }
        assert_eq!(wrong, 20);
    }

    async fn an_address_that_nobody_of_ours_tells_is_not_believed(backend) {
        let settings = Settings {
            limits: Limits { failed_logins: true, ..Limits::default() },
            ..Settings::default()
        };
        let app = TestApp::start_with(backend, settings).await;
        for number in 0..20 {
            Place::new(&app, &format!("198.51.100.{number}")).fail("zs", 1).await;
        }
        wait(Place::new(&app, "198.51.100.99").log_in("zs", WRONG).await);
    }

    async fn every_login_costs_one_hash_whether_it_exists_or_not(backend) {
        let (app, world) = start(backend).await;
        world.add("zs", "B1").await;
        let left = world.add("ls", "B1").await;
        world.admin.patch(&format!("/members/{}", left["id"]), json!({"status": "left"})).await.expect(200);
        for (login, password) in [
            ("zs", PASSWORD),
            ("zs", WRONG),
            ("zs", ""),
            ("nobody", PASSWORD),
            ("", ""),
            ("ls", PASSWORD),
            ("ls", WRONG),
            ("zs", &"x".repeat(5000)),
            ("nobody", &"x".repeat(5000)),
        ] {
            let before = app.services.accounts.passwords_hashed();
            let body: Value = json!({"login": login, "password": password});
            app.anonymous().post("/auth/login", body).await;
            assert_eq!(app.services.accounts.passwords_hashed(), before + 1, "{login} {}", password.len());
        }
    }
}
