//! Passwords, second factors, sessions.

use serde_json::{Value, json};

use super::super::{Actor, account};
use super::{OWN, served, served_with, text};
use crate::config::Limits;
use crate::db::testing::{KINDS, Kind};

#[tokio::test]
async fn the_first_administrator_chooses_a_password_and_a_second_factor_before_anything_else() {
    for kind in KINDS {
        let served = served(kind).await;
        let (status, tokens) = served.login(" Admin ", &served.password).await;
        assert_eq!((status, text(&tokens, "token_type")), (200, "Bearer"), "{kind:?}");
        let first = text(&tokens, "access_token").to_owned();
        assert_eq!(
            served.get("/users", &first).await.1["code"],
            "password-change-needed"
        );
        let (_, me) = served.get("/auth/me", &first).await;
        assert_eq!(
            (&me["must_change_password"], &me["needs_second_factor"]),
            (&json!(true), &json!(true))
        );
        let change = |new: &str| json!({"current": served.password, "new": new});
        assert_eq!(
            served.post("/auth/password", &first, change("short")).await.1["code"],
            "weak-password"
        );
        let same = change(&served.password);
        assert_eq!(
            served.post("/auth/password", &first, same).await.1["code"],
            "weak-password"
        );
        let (_, own) = served.post("/auth/password", &first, change(OWN)).await;
        assert_eq!(
            served.get("/auth/me", &first).await.1["code"],
            "session-ended",
            "a token of an earlier version"
        );
        let token = text(&own, "access_token").to_owned();
        assert_eq!(
            served.get("/users", &token).await.1["code"],
            "second-factor-needed"
        );
        let (_, begun) = served.post("/auth/totp", &token, json!({"password": OWN})).await;
        assert_eq!(
            served.get("/users", &token).await.0,
            403,
            "it counts once it was confirmed"
        );
        let wrong = served
            .post("/auth/totp/confirm", &token, json!({"code": "000000"}))
            .await;
        assert_eq!(wrong.0, 422);
        let code = served.code(text(&begun, "secret"));
        let (_, codes) = served
            .post("/auth/totp/confirm", &token, json!({"code": code}))
            .await;
        assert_eq!(codes["recovery_codes"].as_array().map(Vec::len), Some(10));
        assert_eq!(served.get("/users", &token).await.0, 200);
        assert_eq!(
            served
                .post("/auth/totp", &token, json!({"password": OWN}))
                .await
                .0,
            409
        );
    }
}

#[tokio::test]
async fn a_code_counts_once_and_a_recovery_code_too() {
    for kind in KINDS {
        let served = served(kind).await;
        let (token, secret) = served.admin().await;
        let with = |code: &str| json!({"login": "admin", "password": OWN, "code": code});
        assert_eq!(
            served.login("admin", OWN).await.1["code"],
            "code-needed",
            "{kind:?}"
        );
        let replayed = served.post("/auth/login", "", with(&served.code(&secret))).await;
        assert_eq!(
            replayed.1["code"], "wrong-credentials",
            "the code that confirmed the factor"
        );
        served.pass(30);
        let code = served.code(&secret);
        assert_eq!(served.post("/auth/login", "", with(&code)).await.0, 200);
        assert_eq!(
            served.post("/auth/login", "", with(&code)).await.1["code"],
            "wrong-credentials"
        );
        served.pass(30);
        let renew = json!({"code": served.code(&secret)});
        let (_, codes) = served.post("/auth/totp/recovery-codes", &token, renew).await;
        let recovery = codes["recovery_codes"][3].as_str().unwrap();
        let typed = recovery.to_uppercase().replace('-', " ");
        assert_eq!(served.post("/auth/login", "", with(&typed)).await.0, 200);
        assert_eq!(
            served.post("/auth/login", "", with(recovery)).await.1["code"],
            "wrong-credentials"
        );
        served.pass(30);
        let removal = json!({"code": served.code(&secret)});
        assert_eq!(served.ask("DELETE", "/auth/totp", &token, removal).await.0, 204);
        assert_eq!(
            served.get("/users", &token).await.1["code"],
            "second-factor-needed"
        );
        assert_eq!(served.login("admin", OWN).await.0, 200);
    }
}

#[tokio::test]
async fn a_refresh_token_works_once_and_shown_twice_ends_the_session() {
    for kind in KINDS {
        let served = served(kind).await;
        let (_, first) = served.login("admin", &served.password).await;
        let refresh = |value: &Value| json!({"refresh_token": value["refresh_token"]});
        served.pass(601);
        assert_eq!(
            served.get("/auth/me", text(&first, "access_token")).await.1["code"],
            "session-ended"
        );
        let (status, second) = served.post("/auth/refresh", "", refresh(&first)).await;
        assert_eq!(status, 200, "{kind:?} {second}");
        assert_eq!(served.get("/auth/me", text(&second, "access_token")).await.0, 200);
        served.pass(11);
        assert_eq!(
            served.post("/auth/refresh", "", refresh(&first)).await.1["code"],
            "session-ended"
        );
        assert_eq!(
            served.get("/auth/me", text(&second, "access_token")).await.0,
            401,
            "the thief's and the owner's"
        );
        assert_eq!(served.post("/auth/refresh", "", refresh(&second)).await.0, 401);
        assert!(served.audited().await.contains(&"session.reuse".to_owned()));
        let unknown = json!({"refresh_token": "refresh_unknown"});
        assert_eq!(served.post("/auth/refresh", "", unknown).await.0, 401);
    }
}

#[tokio::test]
async fn a_client_whose_answer_was_lost_asks_once_more_and_goes_on() {
    for kind in KINDS {
        let served = served(kind).await;
        let (_, first) = served.login("admin", &served.password).await;
        let refresh = |value: &Value| json!({"refresh_token": value["refresh_token"]});
        let (_, lost) = served.post("/auth/refresh", "", refresh(&first)).await;
        served.pass(5);
        let (status, again) = served.post("/auth/refresh", "", refresh(&first)).await;
        assert_eq!(status, 200, "{kind:?} {again}");
        assert_ne!(lost["refresh_token"], again["refresh_token"]);
        let (status, next) = served.post("/auth/refresh", "", refresh(&again)).await;
        assert_eq!(status, 200, "{kind:?} {next}");
        assert_eq!(
            served.post("/auth/refresh", "", refresh(&first)).await.0,
            401,
            "{kind:?}: its successor was shown, so this is a copy"
        );
        assert_eq!(served.post("/auth/refresh", "", refresh(&next)).await.0, 401);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_who_show_one_refresh_token_at_once_at_most_one_goes_on() {
    for kind in KINDS {
        let served = served(kind).await;
        let (_, first) = served.login("admin", &served.password).await;
        let form = json!({"refresh_token": first["refresh_token"]});
        let (one, two) = tokio::join!(
            served.post("/auth/refresh", "", form.clone()),
            served.post("/auth/refresh", "", form.clone())
        );
        // Both may have an answer, as if one was lost; the one that was replaced is a copy and ends the session.
        let mut going = 0;
        let mut ended = 0;
        for (status, tokens) in [one, two] {
            assert_eq!(status, 200, "{kind:?} {tokens}");
            let next = json!({"refresh_token": tokens["refresh_token"]});
            match served.post("/auth/refresh", "", next).await.0 {
                200 => going += 1,
                _ => ended += 1,
            }
        }
        assert!(going <= 1 && ended >= 1, "{kind:?} {going} {ended}");
        assert!(served.audited().await.contains(&"session.reuse".to_owned()));
    }
}

#[tokio::test]
async fn sessions_end_by_signing_out_by_time_and_by_a_change_of_password() {
    for kind in KINDS {
        let served = served(kind).await;
        let (_, out) = served.login("admin", &served.password).await;
        let form = json!({"refresh_token": out["refresh_token"]});
        assert_eq!(served.post("/auth/logout", "", form.clone()).await.0, 204);
        assert_eq!(
            served.post("/auth/logout", "", form.clone()).await.0,
            204,
            "again"
        );
        assert_eq!(
            served.get("/auth/me", text(&out, "access_token")).await.0,
            401,
            "{kind:?}"
        );
        assert_eq!(served.post("/auth/refresh", "", form).await.0, 401);
        let (_, idle) = served.login("admin", &served.password).await;
        let (_, other) = served.login("admin", &served.password).await;
        let change = json!({"current": served.password, "new": OWN});
        let wrong = json!({"current": "something else", "new": OWN});
        let token = text(&other, "access_token").to_owned();
        assert_eq!(
            served.post("/auth/password", &token, wrong).await.1["code"],
            "wrong-credentials"
        );
        assert_eq!(served.post("/auth/password", &token, change).await.0, 200);
        let form = json!({"refresh_token": idle["refresh_token"]});
        assert_eq!(
            served.post("/auth/refresh", "", form).await.0,
            401,
            "a session from before the change"
        );
        let (_, late) = served.login("admin", OWN).await;
        served.pass(12 * 3600);
        let form = json!({"refresh_token": late["refresh_token"]});
        assert_eq!(
            served.post("/auth/refresh", "", form).await.0,
            401,
            "after twelve quiet hours"
        );
    }
}

#[tokio::test]
async fn nobody_learns_whether_there_is_an_account() {
    for kind in KINDS {
        let served = served(kind).await;
        let unknown = served.login("nobody", "some long password").await;
        let wrong = served.login("admin", "some long password").await;
        assert_eq!(unknown, wrong, "{kind:?}");
        assert_eq!(unknown.0, 401);
        assert_eq!(
            served.audited().await,
            ["user.create", "session.refuse", "session.refuse"]
        );
    }
}

#[tokio::test]
async fn an_unknown_login_takes_as_long_as_a_wrong_password() {
    let served = served(Kind::Sqlite).await;
    let mut shortest = [std::time::Duration::MAX; 2];
    for _ in 0..5 {
        for (login, least) in ["nobody", "admin"].into_iter().zip(&mut shortest) {
            let start = std::time::Instant::now();
            assert_eq!(served.login(login, "some long password").await.0, 401);
            *least = start.elapsed().min(*least);
        }
    }
    let [unknown, known] = shortest;
    assert!(
        unknown < known * 2 && known < unknown * 2,
        "{unknown:?} {known:?}"
    );
}

#[tokio::test]
async fn sessions_whose_time_has_passed_are_deleted_at_the_next_sign_in() {
    for kind in KINDS {
        let served = served(kind).await;
        served.login("admin", &served.password).await;
        served.pass(8 * 24 * 3600);
        served.login("admin", &served.password).await;
        const LEFT: &str = "SELECT count(*) FROM sessions s JOIN refresh_tokens t ON t.session = s.id";
        let left = crate::db::sql::number(served.app.db.reader(), LEFT, [])
            .await
            .unwrap();
        assert_eq!(left, 1, "{kind:?}");
    }
}

#[tokio::test]
async fn credentials_that_do_not_count_are_counted_as_a_visitors() {
    let limits = Limits {
        public_rate: 1,
        ..crate::app::testing::limits()
    };
    let served = served_with(Kind::Sqlite, limits).await;
    let mut statuses = Vec::new();
    for token in ["teranga_a", "b.c.d", "teranga_e", "f"] {
        statuses.push(served.get("/auth/me", token).await.0);
    }
    assert_eq!(statuses, [401, 401, 401, 429]);
}

#[tokio::test]
async fn an_account_is_closed_after_a_hundred_wrong_passwords_and_opened_by_a_new_one() {
    let served = served(Kind::Sqlite).await;
    let write = served.app.db.write(|tx| {
        Box::pin(async move { crate::db::sql::run(tx, "UPDATE users SET failures = 99", []).await })
    });
    let _: Result<u64, crate::db::DbError> = write.await;
    assert_eq!(served.login("admin", "wrong").await.0, 401);
    assert_eq!(
        served.login("admin", &served.password).await.1["code"],
        "wrong-credentials",
        "as if it were wrong"
    );
    let console = Actor::console(served.organisation, served.app.clock.millis());
    let user = account::managed(&served.app.db, &console, 1).await.unwrap();
    let password = account::reset_password(&served.app.db, &served.app.heavy, &console, &user)
        .await
        .unwrap();
    assert_eq!(served.login("admin", password.reveal()).await.0, 200);
}

#[tokio::test]
async fn tries_are_counted_by_address_and_by_account_whether_there_is_one_or_not() {
    let by_account = Limits {
        account_rate: 3,
        ..crate::app::testing::limits()
    };
    let served_by_account = served_with(Kind::Sqlite, by_account).await;
    for login in ["admin", "nobody"] {
        let mut statuses = Vec::new();
        for _ in 0..4 {
            statuses.push(served_by_account.login(login, "wrong").await.0);
        }
        assert_eq!(statuses, [401, 401, 401, 429], "{login}");
    }
    let by_address = Limits {
        sign_in_rate: 2,
        ..crate::app::testing::limits()
    };
    let served = served_with(Kind::Sqlite, by_address).await;
    let statuses = [
        served.login("a-a", "wrong").await.0,
        served.login("b-b", "wrong").await.0,
        served.login("c-c", "wrong").await.0,
    ];
    assert_eq!(statuses, [401, 401, 429]);
}
