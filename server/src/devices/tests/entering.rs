use teranga_core::wire::session::State;
use teranga_core::wire::{DeviceId, path};

use super::*;
use crate::app::Clock;
use crate::db::testing::KINDS;

#[tokio::test]
async fn a_ticket_lets_one_phone_in_and_gives_it_the_same_answer_again() {
    for kind in KINDS {
        let office = office(kind).await;
        let (row, ticket) = office.ticket("SN/DKR").await;
        let mut phone = Phone::default();
        phone.enroll(&office.router, &ticket).await.unwrap();
        let setup = phone.setup.clone().unwrap();
        assert_eq!((&*setup.name, &*setup.area.region), ("Phone 7", "DKR"));
        assert_eq!(
            setup.users.iter().map(|user| user.id).collect::<Vec<_>>(),
            [office.agent]
        );
        assert!(setup.consents.iter().any(|text| text.language == "fr"));
        phone.enroll(&office.router, &ticket).await.unwrap();
        assert_eq!(phone.setup.clone().unwrap(), setup, "the same again");

        let mut thief = Phone::default();
        let refused = thief.enroll(&office.router, &ticket).await;
        assert_eq!(refused, Err((403, "ticket-refused".into())));
        let devices = office.count("SELECT count(*) FROM device_keys").await;
        assert_eq!((devices, row > 0), (1, true));
    }
}

#[tokio::test]
async fn a_ticket_counts_for_a_quarter_of_an_hour() {
    let office = office(Kind::Sqlite).await;
    let (_, ticket) = office.ticket("SN/DKR").await;
    office.run("UPDATE device_tickets SET expires = 1").await;
    let refused = Phone::default().enroll(&office.router, &ticket).await;
    assert_eq!(refused, Err((403, "ticket-refused".into())));
}

#[tokio::test]
async fn supervisors_invite_phones_to_their_own_area_only() {
    let office = office(Kind::Sqlite).await;
    for (area, code) in [("SN/THS", "not-found"), ("SN", "not-found"), ("x", "invalid")] {
        let form = json!({"name": "Phone", "area": area, "server": "https://t.example"});
        let refused = office.ask(("POST", "/devices/tickets"), &form).await.unwrap_err();
        assert_eq!(refused.1, code, "{area}");
    }
    let form = json!({"name": "Phone", "area": "SN/DKR", "server": "http://t.example"});
    let refused = office.ask(("POST", "/devices/tickets"), &form).await.unwrap_err();
    assert_eq!(refused.1, "invalid", "a ticket sends no phone to an open line");
}

#[tokio::test]
async fn a_session_needs_the_phones_signature_over_a_fresh_challenge() {
    for kind in KINDS {
        let office = office(kind).await;
        let (_, mut phone) = office.phone().await;
        let standing = phone.open(&office.router).await.unwrap();
        assert_eq!((standing.state, standing.held.through), (State::Active, 0));
        assert!((900..1800).contains(&standing.come_back_seconds));

        let mut unknown = Phone::default();
        unknown.trust = phone.trust.clone();
        assert_eq!(
            unknown.open(&office.router).await,
            Err((401, "unknown-device".into()))
        );

        let ask_for = teranga_core::wire::session::SessionRequest::ask(phone.id());
        let place = ("POST", path::SESSION);
        let challenge: teranga_core::wire::session::ChallengeAnswer =
            ask(&office.router, place, None, &ask_for).await.unwrap();
        let prove = |phone: &Phone, challenge| {
            teranga_core::wire::session::SessionRequest::prove(challenge, &phone.report(), &phone.signing)
                .unwrap()
        };
        let mut forged = prove(&Phone::default(), &challenge.challenge);
        forged.device = phone.id();
        let refused = ask::<Value>(&office.router, place, None, &forged).await;
        assert_eq!(refused.unwrap_err().1, "challenge-refused");
        let proof = prove(&phone, &challenge.challenge);
        assert!(ask::<Value>(&office.router, place, None, &proof).await.is_ok());
        let replayed = ask::<Value>(&office.router, place, None, &proof).await;
        assert_eq!(replayed.unwrap_err().1, "challenge-refused");
        let made_up = prove(&phone, &teranga_core::wire::Base64(vec![7; 64]));
        let refused = ask::<Value>(&office.router, place, None, &made_up).await;
        assert_eq!(refused.unwrap_err().1, "challenge-refused");
    }
}

#[tokio::test]
async fn tokens_end_and_others_do_not_count() {
    let clock = Clock::system();
    let (app, _test) =
        crate::app::testing::app_with(Kind::Sqlite, crate::app::testing::limits(), clock).await;
    let router = router(app.clone(), Metrics::default());
    for token in [None, Some("x"), Some("")] {
        let place = ("GET", path::DOWNLINK);
        let refused = ask::<Value>(&router, place, token, &()).await.unwrap_err();
        assert_eq!(refused.0, 401);
    }
    let _ = DeviceId([0; 16]);
}

#[tokio::test]
async fn a_server_that_forgot_a_phone_takes_it_back_with_its_name_and_its_work() {
    for kind in KINDS {
        let office = office(kind).await;
        let (_, mut phone) = office.phone().await;
        phone.register(office.agent, somebody(1));
        // Restored from a backup that does not have the phone.
        for text in [
            "DELETE FROM device_downlinks",
            "DELETE FROM device_sessions",
            "DELETE FROM device_keys",
        ] {
            office.run(text).await;
        }
        assert_eq!(
            phone.open(&office.router).await,
            Err((401, "unknown-device".into()))
        );
        let (_, ticket) = office.ticket("SN/DKR").await;
        phone.enroll(&office.router, &ticket).await.unwrap();
        phone.open(&office.router).await.unwrap();
        let receipts = phone.push(&office.router).await.unwrap();
        assert_eq!(receipts.receipts.len(), 1);
        assert!(phone.outbox.is_empty(), "what was sealed before counts");
    }
}
