use teranga_core::wire::downlink::Message;
use teranga_core::wire::path;
use teranga_core::wire::receipt::Outcome;
use teranga_core::wire::relay::{After, RelayAnswer, RelayRequest};
use teranga_core::wire::session::State;
use teranga_core::wire::{Base64, VERSION, batch};

use super::*;
use crate::db::testing::KINDS;

#[tokio::test]
async fn a_supervisor_sees_the_phones_of_the_area_and_what_they_did() {
    for kind in KINDS {
        let office = office(kind).await;
        let (row, mut phone) = office.phone().await;
        phone.register(office.agent, somebody(1));
        phone.open(&office.router).await.unwrap();
        phone.push(&office.router).await.unwrap();
        let list = office.ask(("GET", "/devices"), &Value::Null).await.unwrap();
        let one = &list.as_array().unwrap()[0];
        assert_eq!(
            (one["id"].as_i64(), one["state"].as_str()),
            (Some(row), Some("enrolled"))
        );
        assert_eq!(
            (one["waiting"].as_u64(), one["packets"].as_i64()),
            (Some(1), Some(1))
        );
        let history = office
            .ask(("GET", &format!("/devices/{row}/syncs")), &Value::Null)
            .await
            .unwrap();
        assert_eq!(history[0]["accepted"], 1);
        let elsewhere = testing::token(&office.app, office.organisation, Role::Supervisor, "SN/THS").await;
        let stranger = Office {
            supervisor: elsewhere,
            ..office
        };
        let list = stranger.ask(("GET", "/devices"), &Value::Null).await.unwrap();
        assert_eq!(list, json!([]));
        for path in [format!("/devices/{row}"), format!("/devices/{row}/syncs")] {
            let refused = stranger.ask(("GET", &path), &Value::Null).await.unwrap_err();
            assert_eq!(refused.0, 404, "{path}");
        }
    }
}

#[tokio::test]
async fn a_revoked_phone_is_wiped_and_what_it_sends_is_kept_until_someone_takes_the_revocation_back() {
    for kind in KINDS {
        let office = office(kind).await;
        let (row, mut phone) = office.phone().await;
        let before = phone.register(office.agent, somebody(1));
        phone.push(&office.router).await.unwrap();
        let place = format!("/devices/{row}/revoke");
        office
            .ask(("POST", &place), &json!({"wipe": true}))
            .await
            .unwrap();
        let late = phone.register(office.agent, somebody(5000));
        let standing = phone.open(&office.router).await.unwrap();
        assert_eq!(standing.state, State::Revoked);
        assert_eq!(phone.listen(&office.router).await.unwrap(), [Message::Wipe]);
        phone.push(&office.router).await.unwrap();
        assert_eq!(
            (&phone.receipts[&before], &phone.receipts[&late]),
            (&Outcome::Accepted, &Outcome::Kept)
        );
        assert_eq!(office.count("SELECT count(*) FROM identities").await, 1);
        let refused = ask::<Value>(&office.router, ("GET", path::BUNDLE), phone.token(), &()).await;
        assert_eq!(refused.unwrap_err(), (403, "device-revoked".into()));

        let place = format!("/devices/{row}/reinstate");
        let became = office.ask(("POST", &place), &Value::Null).await.unwrap();
        assert_eq!(became, json!({"taken": 1, "kept": 0}));
        assert_eq!(office.count("SELECT count(*) FROM identities").await, 2);
        assert_eq!(
            office
                .count("SELECT count(*) FROM device_packets WHERE outcome = 4")
                .await,
            0
        );
        phone.open(&office.router).await.unwrap();
        let told = phone.listen(&office.router).await.unwrap();
        let decided = Message::Decided {
            packet: late,
            outcome: Outcome::Accepted,
        };
        assert!(told.contains(&decided) && told.contains(&Message::Unlock));
    }
}

#[tokio::test]
async fn a_revoked_phone_does_not_come_back_with_another_ticket() {
    let office = office(Kind::Sqlite).await;
    let (row, mut phone) = office.phone().await;
    office
        .ask(("POST", &format!("/devices/{row}/revoke")), &json!({}))
        .await
        .unwrap();
    let (_, ticket) = office.ticket("SN/DKR").await;
    let refused = phone.enroll(&office.router, &ticket).await;
    assert_eq!(refused, Err((403, "device-revoked".into())));
}

#[tokio::test]
async fn commands_wait_for_the_phone() {
    let office = office(Kind::Sqlite).await;
    let (row, mut phone) = office.phone().await;
    let place = format!("/devices/{row}/commands");
    for command in [
        json!({"command": "lock"}),
        json!({"command": "enable-user", "user": 12}),
    ] {
        office.ask(("POST", &place), &command).await.unwrap();
    }
    let refused = office.ask(("POST", &place), &json!({"command": "explode"})).await;
    assert!(refused.is_err());
    let told = phone.listen(&office.router).await.unwrap();
    assert_eq!(told, [Message::Lock, Message::EnableUser { user: 12 }]);
}

#[tokio::test]
async fn a_setup_is_told_again_when_it_changes_and_only_then() {
    let office = office(Kind::Sqlite).await;
    let (_, mut phone) = office.phone().await;
    phone.open(&office.router).await.unwrap();
    assert_eq!(phone.listen(&office.router).await.unwrap(), []);
    let health_worker = user(
        &office.app,
        office.organisation,
        "moussa",
        Role::HealthWorker,
        "SN",
    )
    .await;
    user(
        &office.app,
        office.organisation,
        "far",
        Role::HealthWorker,
        "SN/THS",
    )
    .await;
    phone.open(&office.router).await.unwrap();
    match &phone.listen(&office.router).await.unwrap()[..] {
        [Message::Setup(setup)] => {
            let users: Vec<u64> = setup.users.iter().map(|user| user.id).collect();
            assert_eq!((setup.number, users), (2, vec![office.agent, health_worker]));
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_phone_without_a_network_is_carried_by_another_that_can_read_nothing() {
    for kind in KINDS {
        let office = office(kind).await;
        let ((_, carrier), (_, mut far)) = (office.phone().await, office.phone().await);
        let packet = far.register(office.agent, somebody(1));
        let request = RelayRequest {
            version: VERSION,
            batch: Base64(batch::write(&far.outbox.values().cloned().collect::<Vec<_>>())),
            after: vec![After {
                device: far.id(),
                after: 0,
            }],
        };
        let place = ("POST", path::RELAY);
        let answer: RelayAnswer = ask(&office.router, place, carrier.token(), &request)
            .await
            .unwrap();
        assert_eq!(answer.carried.len(), 1);
        assert!(answer.carried[0].open(&carrier.transport).is_err());
        let opened = answer.carried[0].open(&far.transport).unwrap();
        let trust = far.trust.clone().unwrap();
        far.take(&opened.receipts.open(&trust).unwrap());
        assert_eq!(far.receipts[&packet], Outcome::Accepted);
        assert!(!opened.page.open(&trust).unwrap().items.is_empty());
    }
}
