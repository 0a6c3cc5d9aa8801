//! Queries and paths: limits and cursors that are none, ids of nothing.

use super::{LISTS, Site, cursor};
use crate::harness::{TestApp, json, on_both_databases};

on_both_databases! {
    async fn lists_refuse_what_is_no_limit_and_no_cursor(backend) {
        let site = Site::build(TestApp::start(backend).await).await;
        for list in LISTS {
            let list = site.path(list);
            for limit in ["0", "201", "-1", "x", "1.5", "4294967297", "99999999999999999999", "%00"] {
                let reply = site.admin().get(&format!("{list}limit={limit}")).await;
                assert_eq!(reply.pointers(), ["/limit"], "{list}limit={limit}");
            }
            let bad = [
                "x".to_owned(),
                "!!!".to_owned(),
                "%00".to_owned(),
                "题".to_owned(),
                "A".repeat(3000),
                cursor(""),
                cursor("garbage"),
                cursor("{}"),
                cursor("[]"),
                cursor("null"),
                cursor("1e400"),
                cursor("99999999999999999999"),
                cursor("[1,2,3,4,5,6]"),
            ];
            for cursor in bad.iter().filter(|cursor| !cursor.is_empty()) {
                let reply = site.admin().get(&format!("{list}cursor={cursor}")).await;
                assert_eq!(reply.pointers(), ["/cursor"], "{list}cursor={cursor}");
            }
            assert_eq!(site.admin().get(&format!("{list}limit=1&limit=2")).await.pointers(), ["/limit"]);
            for limit in ["1", "200"] {
                site.admin().get(&format!("{list}limit={limit}&cursor=")).await.expect(200);
            }
        }
        // A cursor of one's own making is answered, whatever it says.
        for (list, position) in [
            ("/units?", "18446744073709551615"),
            ("/members?", "-9223372036854775808"),
            ("/members?", "9223372036854775807"),
            ("/banks?", "18446744073709551615"),
            ("/quizzes?", "[-9223372036854775808,9223372036854775807]"),
            ("/me/attempts?", "[9223372036854775807,\"x\"]"),
            ("/leaderboards/members?period=all&", "[9223372036854775807,-1,0,0]"),
            ("/leaderboards/members?period=all&", "[-9223372036854775808,-9223372036854775808,0,0]"),
            ("/leaderboards/units?period=all&", "18446744073709551615"),
        ] {
            for limit in [1, 200] {
                site.admin().get(&format!("{list}limit={limit}&cursor={}", cursor(position))).await.expect(200);
            }
        }
    }

    async fn what_is_no_id_is_not_found(backend) {
        let site = Site::build(TestApp::start(backend).await).await;
        let before = site.saved().await;
        for id in [
            "x",
            "0",
            "-1",
            "1.5",
            "1e3",
            "999999",
            "9007199254740993",
            "9223372036854775807",
            "9223372036854775808",
            "99999999999999999999999999",
            "%20",
            "１",
            "1%20OR%201=1",
            "null",
            "..%2f1",
        ] {
            let admin = site.admin();
            admin.patch(&format!("/units/{id}"), json!({"name": "名"})).await.problem(404, "not-found");
            admin.delete(&format!("/units/{id}")).await.problem(404, "not-found");
            admin.patch(&format!("/members/{id}"), json!({"name": "名"})).await.problem(404, "not-found");
            admin.patch(&format!("/members/{id}"), json!({"reset_password": true})).await.problem(404, "not-found");
            admin.get(&format!("/quizzes/{id}")).await.problem(404, "not-found");
            admin.patch(&format!("/quizzes/{id}"), json!({"title": "名"})).await.problem(404, "not-found");
            admin.delete(&format!("/quizzes/{id}")).await.problem(404, "not-found");
            admin.post_nothing(&format!("/quizzes/{id}/attempts")).await.problem(404, "not-found");
            admin.get(&format!("/attempts/{id}")).await.problem(404, "not-found");
            admin.put(&format!("/attempts/{id}/answers"), json!({"answers": []})).await.problem(404, "not-found");
            admin.post_nothing(&format!("/attempts/{id}/submit")).await.problem(404, "not-found");
            admin.get(&format!("/banks/{id}/questions")).await.problem(404, "not-found");
            admin.get(&format!("/banks/{id}/export")).await.problem(404, "not-found");
            admin.delete(&format!("/banks/1000/questions/{id}")).await.problem(404, "not-found");
        }
        for (path, status, pointer) in [
            ("/members?unit=x", 422, "/unit"),
            ("/members?unit=1.5", 422, "/unit"),
            ("/members?unit=99999999999999999999", 422, "/unit"),
            ("/members?unit=999999", 404, ""),
            ("/members?unit=-1", 404, ""),
            ("/quizzes?state=ajar", 422, "/state"),
            ("/banks/1000/questions?kind=nonsense", 422, "/kind"),
            ("/leaderboards/members?period=day&unit=x", 422, "/unit"),
            ("/leaderboards/members?period=day&unit=999999", 404, ""),
            ("/leaderboards/members?quiz=999999", 404, ""),
            ("/leaderboards/units?period=day&parent=x", 422, "/parent"),
            ("/leaderboards/units?period=day&parent=999999", 404, ""),
            ("/leaderboards/units?period=day&kind=village", 422, "/kind"),
        ] {
            let reply = site.admin().get(path).await;
            match status {
                404 => drop(reply.problem(404, "not-found")),
                _ => assert_eq!(reply.pointers(), [pointer], "{path}"),
            }
        }
        assert_eq!(site.saved().await, before);
    }
}
