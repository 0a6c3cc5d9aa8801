//! Settings that make no sense: refused by name, without a password in the words and a file on the disk.

use crate::Place;

#[test]
fn bad_settings_are_refused_by_name() {
    let place = Place::new();
    for (variable, value, name) in [
        ("QIANTI_LISTEN", "nowhere", "--listen"),
        ("QIANTI_LISTEN", "127.0.0.1:99999", "--listen"),
        ("QIANTI_TIMEZONE", "Asia/Yantai", "--timezone"),
        ("QIANTI_WORKERS", "-1", "--workers"),
        ("QIANTI_WORKERS", "many", "--workers"),
        ("QIANTI_READ_CONNECTIONS", "0", "--read-connections"),
        ("QIANTI_WRITE_QUEUE", "0", "--write-queue"),
        ("QIANTI_HASHING_THREADS", "257", "--hashing-threads"),
        ("QIANTI_HASHING_QUEUE", "x", "--hashing-queue"),
        ("QIANTI_REFRESH_DAYS", "0", "--refresh-days"),
        ("QIANTI_OPEN_STREAMS", "-1", "--open-streams"),
        ("QIANTI_TRUST_FORWARDED_PROTO", "perhaps", "--trust-forwarded-proto"),
        ("QIANTI_LOG", "qianti=loud", "--log"),
        ("QIANTI_DATABASE_URL", "", "--database-url"),
        ("QIANTI_DATABASE_URL", "qianti.db", "--database-url"),
    ] {
        let reason = place.run_with(&["serve"], &[(variable, value)]).refused(2);
        assert!(reason.contains(name), "{variable}={value}: {reason}");
    }
    assert!(place.run(&["serve", "--listen", "nowhere"]).refused(2).contains("--listen"));
    assert!(place.run(&["dance"]).refused(2).contains("dance"));
    assert_eq!(place.files(), Vec::<String>::new(), "a refused start leaves nothing behind");
}

#[test]
fn a_refusal_never_tells_a_password() {
    let place = Place::new();
    for url in [
        "mysql://qianti:s3cret-word@db/qianti",
        "postgres:qianti:s3cret-word@db/qianti",
        "postgres://qianti:s3cret-word@127.0.0.1:1/qianti",
    ] {
        for ended in [
            place.run_with(&["serve", "--listen", "127.0.0.1:0"], &[("QIANTI_DATABASE_URL", url)]),
            place.run(&["serve", "--listen", "127.0.0.1:0", "--database-url", url]),
        ] {
            assert!(matches!(ended.code, Some(1 | 2)), "{:?}", ended.code);
            assert!(!ended.err.trim().is_empty());
            assert!(!format!("{}{}", ended.out, ended.err).contains("s3cret-word"), "{}", ended.err);
        }
    }
    let weak = place.run_with(&["serve", "--listen", "127.0.0.1:0"], &[("QIANTI_ADMIN_PASSWORD", "s3cret")]);
    assert!(!weak.out.contains("s3cret") && !weak.err.contains("s3cret"), "{}", weak.err);
    assert!(weak.refused(1).contains("QIANTI_ADMIN_PASSWORD"));
    let help = place.run_with(
        &["serve", "--help"],
        &[("QIANTI_ADMIN_PASSWORD", "s3cret-word"), ("QIANTI_DATABASE_URL", "sqlite://s3cret-word.db")],
    );
    assert!(!help.done().contains("s3cret-word"));
}

#[test]
fn an_unknown_database_scheme_opens_no_stray_file() {
    let place = Place::new();
    for url in [
        "mysql://h/db",
        "sqlite:x.db",
        "sqlite://",
        "file:x.db",
        "x.db",
        "sqlite://x.db?mode=memory",
        "postgres:x",
    ] {
        for args in [&["serve"][..], &["demo"], &["admin", "add", "a"], &["backup", "copy.db"]] {
            place.run_with(args, &[("QIANTI_DATABASE_URL", url)]).refused(2);
        }
    }
    assert_eq!(place.files(), Vec::<String>::new());
}

#[test]
fn an_address_in_use_is_refused_before_the_database_is_made() {
    let place = Place::new();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let reason = place.run(&["serve", "--listen", &address]).refused(1);
    assert!(reason.contains("--listen") && reason.contains(&address), "{reason}");
    assert_eq!(place.files(), Vec::<String>::new());
}
