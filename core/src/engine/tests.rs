use super::testing::{AGENT, Handset, SUPERVISOR, WORKER, draft, pin};
use super::*;
use crate::find::Question;
use crate::person::MpiId;
use crate::registry::Handle;
use crate::scan::testing::{CAMPAIGN, Contents, setup};
use crate::session::Pin;
use crate::store::StoreError;
use crate::sync::testing::{Fault, mpi_of};
use crate::wire::downlink::{Message, Pool};

fn post() -> Post {
    Post {
        campaign: Some(CAMPAIGN.into()),
        round: Some((3, "2026-06".into())),
    }
}

fn publish(handset: &Handset, contents: Contents<'_>) {
    let mut held = handset.server.held.lock().unwrap();
    let vault = held.devices.values().next().unwrap().vault;
    held.bundle = Some(handset.server.world.bundle(contents, &vault));
}

fn find(handset: &Handset, name: &str) -> usize {
    let question = Question {
        name: name.into(),
        ..Question::default()
    };
    handset.engine.find(&question, 10).unwrap().people.len()
}

#[test]
fn a_day_in_the_field_from_the_ticket_to_the_receipt() {
    let handset = Handset::enrolled();
    let pool = Pool {
        codes: vec!["9XQ7LM2A".into()],
        blanks: Vec::new(),
    };
    handset.server.held.lock().unwrap().messages = vec![Message::Pool(pool)];
    let known = draft("Coumba").person;
    let contents = Contents {
        number: 1,
        people: vec![(mpi_of(900), known)],
        cards: vec![(4, vec![Handle::Mpi(mpi_of(900))])],
        revoked: &[9],
    };
    publish(&handset, contents);
    handset.sync().unwrap();
    // Offline from here.
    let engine = &handset.engine;
    let world = &handset.server.world;
    assert_eq!(
        engine
            .scan(&world.issued(1), &post())
            .unwrap()
            .verdict
            .finding
            .name(),
        "valid"
    );
    assert_eq!(
        engine
            .scan(&world.issued(9), &post())
            .unwrap()
            .verdict
            .finding
            .name(),
        "revoked"
    );
    assert_eq!(
        engine
            .typed(mpi_of(900).as_str(), &post())
            .unwrap()
            .verdict
            .finding
            .name(),
        "valid"
    );
    let holder = engine.find_by_number(&world.issued(4)).unwrap().unwrap();
    assert_eq!(holder.given, "coumba");
    assert_eq!(engine.alike(&draft("Coumba").person).unwrap().len(), 1);
    let saved = engine.register(&draft("Astou")).unwrap();
    assert_eq!(saved.mpi, Some(MpiId::parse("SN-KLD-26-9XQ7LM2A").unwrap()));
    assert_eq!(engine.register(&draft("Maty")).unwrap().mpi, None);
    assert_eq!(
        (
            find(&handset, "Astou"),
            find(&handset, "Maty"),
            find(&handset, "Coumba")
        ),
        (1, 1, 1)
    );
    let status = engine.status().unwrap();
    assert_eq!(
        (status.packets.waiting, status.pool, status.people),
        (2, Some(0), Some(3))
    );
    handset.sync().unwrap();
    assert_eq!(find(&handset, "Maty"), 1);
    let records = handset.engine.records().unwrap();
    assert_eq!(records[1].1.mpi, Some(mpi_of(2)));
    assert_eq!(handset.engine.scan_log().unwrap().len(), 3);
}

#[test]
fn everything_is_there_after_the_phone_was_switched_off() {
    let mut handset = Handset::enrolled();
    publish(
        &handset,
        Contents {
            number: 1,
            people: vec![(mpi_of(900), draft("Coumba").person)],
            ..Contents::default()
        },
    );
    handset.sync().unwrap();
    handset.engine.register(&draft("Astou")).unwrap();
    handset.restart();
    assert!(matches!(
        handset.engine.register(&draft("Maty")),
        Err(EngineError::Locked)
    ));
    handset.engine.unlock(AGENT, &pin()).unwrap();
    assert_eq!((find(&handset, "Astou"), find(&handset, "Coumba")), (1, 1));
    handset.sync().unwrap();
    assert_eq!(handset.server.held.lock().unwrap().packets.len(), 1);
}

#[test]
fn an_outbox_that_was_lost_or_damaged_is_filled_again_from_the_vault() {
    for damage in [None, Some(&b"not a database, and long enough to be one"[..])] {
        let mut handset = Handset::enrolled();
        for name in ["Astou", "Maty", "Coumba"] {
            handset.engine.register(&draft(name)).unwrap();
        }
        handset.sync().unwrap();
        handset.engine.register(&draft("Awa")).unwrap();
        let path = handset.folder.path().join("outbox");
        // As a phone that lost power and a page of its memory comes back.
        handset.engine.lock().unwrap();
        for ending in ["-wal", "-shm"] {
            let mut side = path.as_os_str().to_owned();
            side.push(ending);
            let _ = std::fs::remove_file(side);
        }
        match damage {
            None => std::fs::remove_file(&path).unwrap(),
            Some(bytes) => std::fs::write(&path, bytes).unwrap(),
        }
        handset.restart();
        assert_eq!(
            handset.sync().unwrap_err().code(),
            "not-enrolled",
            "until someone unlocks it"
        );
        handset.engine.unlock(AGENT, &pin()).unwrap();
        handset.sync().unwrap();
        let held = handset.server.held.lock().unwrap();
        assert_eq!(held.packets.len(), 4);
        assert!(held.arrivals.values().all(|times| *times == 1));
    }
}

#[test]
fn a_ticket_whose_answer_was_lost_is_used_again_with_the_same_keys() {
    let handset = Handset::new();
    handset.server.meet([Some(Fault::AnswerLost)]);
    assert!(handset.enroll().is_err());
    handset.enroll().unwrap();
    assert_eq!(handset.server.held.lock().unwrap().devices.len(), 1);
    assert!(matches!(handset.enroll(), Err(EngineError::Enrolled)));
}

#[test]
fn a_ticket_of_another_organization_or_none_at_all_is_refused() {
    let handset = Handset::new();
    let other = crate::sync::testing::Server::new();
    let ticket = other.ticket();
    let enroll = |ticket: &str| {
        let info = crate::wire::enroll::AppInfo::default();
        crate::sync::testing::run(handset.engine.enroll(&handset.server, ticket, info)).unwrap_err()
    };
    assert_eq!(enroll(&ticket).code(), "not-signed");
    assert_eq!(enroll("hello").code(), "ticket");
    assert!(matches!(
        handset.engine.settle(SUPERVISOR, &pin()),
        Err(EngineError::NotEnrolled)
    ));
    assert!(matches!(
        handset.engine.unlock(SUPERVISOR, &pin()),
        Err(EngineError::NotEnrolled)
    ));
}

#[test]
fn each_role_does_what_it_may_and_no_more() {
    let handset = Handset::enrolled();
    publish(
        &handset,
        Contents {
            number: 1,
            ..Contents::default()
        },
    );
    handset.sync().unwrap();
    let engine = &handset.engine;
    assert!(matches!(
        engine.give_pin(WORKER, &Pin::typed("739201")),
        Err(EngineError::NotAllowed)
    ));
    engine.give_pin(AGENT, &Pin::typed("739201")).unwrap();
    engine.unlock(WORKER, &pin()).unwrap();
    assert!(engine.scan(&handset.server.world.issued(1), &post()).is_ok());
    assert!(matches!(
        engine.register(&draft("Awa")),
        Err(EngineError::NotAllowed)
    ));
    assert!(matches!(
        engine.find(&Question::default(), 1),
        Err(EngineError::NotAllowed)
    ));
    engine.unlock(SUPERVISOR, &pin()).unwrap();
    engine.take_pin(WORKER).unwrap();
    assert_eq!(engine.unlock(WORKER, &pin()).unwrap_err().code(), "no-such-user");
    assert!(matches!(engine.give_pin(99, &pin()), Err(EngineError::NotAUser)));
}

#[test]
fn a_phone_that_nobody_touches_locks_itself() {
    let handset = Handset::enrolled();
    handset.pass(299);
    handset.engine.register(&draft("Awa")).unwrap();
    handset.pass(299);
    handset.engine.register(&draft("Maty")).unwrap();
    handset.pass(300);
    assert!(matches!(
        handset.engine.register(&draft("Astou")),
        Err(EngineError::Locked)
    ));
    assert_eq!(handset.engine.status().unwrap().user, None);
}

#[test]
fn a_lock_from_the_server_holds_until_it_is_taken_back() {
    let mut handset = Handset::enrolled();
    handset.engine.register(&draft("Awa")).unwrap();
    handset.server.held.lock().unwrap().messages = vec![Message::Lock];
    handset.sync().unwrap();
    handset.restart();
    assert!(handset.engine.status().unwrap().locked_by_server);
    assert_eq!(
        handset.engine.unlock(AGENT, &pin()).unwrap_err().code(),
        "locked-by-server"
    );
    handset.server.held.lock().unwrap().messages.push(Message::Unlock);
    handset.sync().unwrap();
    handset.engine.unlock(AGENT, &pin()).unwrap();
    assert_eq!(find(&handset, "Awa"), 1);
}

#[test]
fn a_wipe_from_the_server_leaves_nothing() {
    let mut handset = Handset::enrolled();
    handset.engine.register(&draft("Awa")).unwrap();
    publish(
        &handset,
        Contents {
            number: 1,
            ..Contents::default()
        },
    );
    handset.sync().unwrap();
    handset.server.held.lock().unwrap().messages = vec![Message::Wipe];
    assert_eq!(handset.sync().unwrap_err().code(), "wiped");
    for restart in [false, true] {
        if restart {
            handset.restart();
        }
        let status = handset.engine.status().unwrap();
        assert_eq!(
            (status.device, status.bundle, status.packets.sequence),
            (None, 0, 0)
        );
        assert_eq!(handset.engine.users().unwrap(), []);
        assert!(handset.engine.unlock(AGENT, &pin()).is_err());
    }
    assert!(!handset.folder.path().join("vault").exists());
    assert_eq!(
        std::fs::read_dir(handset.folder.path().join("bundle"))
            .unwrap()
            .count(),
        0
    );
}

#[test]
fn a_user_who_is_taken_off_the_device_loses_their_pin_and_the_open_phone() {
    let handset = Handset::enrolled();
    let mut next = setup();
    next.number = 2;
    next.users.retain(|user| user.id != AGENT);
    handset.server.held.lock().unwrap().messages = vec![Message::Setup(Box::new(next))];
    handset.sync().unwrap();
    assert!(matches!(
        handset.engine.register(&draft("Awa")),
        Err(EngineError::Locked)
    ));
    assert_eq!(
        handset.engine.unlock(AGENT, &pin()).unwrap_err().code(),
        "no-such-user"
    );
    handset.engine.unlock(SUPERVISOR, &pin()).unwrap();
    let mut older = setup();
    older.number = 1;
    handset
        .server
        .held
        .lock()
        .unwrap()
        .messages
        .push(Message::Setup(Box::new(older)));
    handset.sync().unwrap();
    assert_eq!(handset.engine.may_use().unwrap().len(), 2, "it never goes back");
}

#[test]
fn a_user_with_too_many_wrong_pins_is_enabled_by_the_server_and_let_in_by_a_supervisor() {
    let handset = Handset::enrolled();
    for _ in 0..10 {
        handset.engine.unlock(WORKER, &Pin::typed("000001")).unwrap_err();
    }
    assert_eq!(
        handset.engine.unlock(WORKER, &pin()).unwrap_err().code(),
        "locked-out"
    );
    handset.server.held.lock().unwrap().messages = vec![
        Message::EnableUser { user: WORKER },
        Message::EnableUser { user: AGENT },
    ];
    handset.sync().unwrap();
    assert_eq!(
        handset.engine.unlock(WORKER, &pin()).unwrap_err().code(),
        "no-such-user"
    );
    handset.engine.unlock(SUPERVISOR, &pin()).unwrap();
    handset.engine.give_pin(WORKER, &pin()).unwrap();
    handset.engine.unlock(WORKER, &pin()).unwrap();
    handset.engine.unlock(AGENT, &pin()).unwrap();
}

#[test]
fn nothing_readable_lies_on_the_disk() {
    let handset = Handset::enrolled();
    publish(
        &handset,
        Contents {
            number: 1,
            people: vec![(mpi_of(900), draft("Coumba").person)],
            ..Contents::default()
        },
    );
    handset.engine.register(&draft("Fatoumata")).unwrap();
    handset.sync().unwrap();
    let mut folders = vec![handset.folder.path().to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let bytes = std::fs::read(&path).unwrap();
            for secret in ["Fatoumata", "fatoumata", "coumba", "Ndiaye", "Omar", "Kolda 3"] {
                let found = bytes
                    .windows(secret.len())
                    .any(|window| window == secret.as_bytes());
                assert!(!found, "{secret} in {}", path.display());
            }
        }
    }
}

#[test]
fn a_damaged_vault_is_said_and_what_waits_is_still_sent() {
    let mut handset = Handset::enrolled();
    handset.engine.register(&draft("Awa")).unwrap();
    handset.engine.lock().unwrap();
    let path = handset.folder.path().join("vault");
    let bytes = std::fs::read(&path).unwrap();
    std::fs::write(&path, &bytes[..1_000]).unwrap();
    handset.restart();
    let refused = handset.engine.unlock(AGENT, &pin()).unwrap_err();
    assert!(
        matches!(
            refused,
            EngineError::Store(StoreError::WrongKey | StoreError::Damaged)
        ),
        "{refused}"
    );
    assert_eq!(handset.sync().unwrap().accepted, 1);
}

#[test]
fn without_lists_a_scan_says_so() {
    let handset = Handset::enrolled();
    let refused = handset.engine.scan(&handset.server.world.issued(1), &post());
    assert!(matches!(refused, Err(EngineError::NoLists)));
}

#[test]
fn the_next_sync_is_sooner_after_one_failure_than_after_many() {
    let handset = Handset::enrolled();
    let mut waits = Vec::new();
    for _ in 0..6 {
        handset.server.meet([Some(Fault::Offline)]);
        let outcome = handset.sync();
        waits.push(handset.engine.next_sync(&outcome).unwrap().as_secs());
    }
    assert!(waits[0] <= 30 && waits[5] >= 480, "{waits:?}");
    let outcome = handset.sync();
    let next = handset.engine.next_sync(&outcome).unwrap().as_secs();
    assert!((1_800..=3_600).contains(&next), "{next}");
}

#[test]
fn the_number_of_programs_is_asked_online_and_is_nothing_but_a_number() {
    let handset = Handset::enrolled();
    let ask = |card| crate::sync::testing::run(handset.engine.programs(&handset.server, &[card; 32]));
    assert_eq!((ask(7).unwrap(), ask(8).unwrap()), (2, 0));
    handset.server.meet([Some(Fault::Offline)]);
    assert_eq!(ask(7).unwrap_err().code(), "network");
    handset.engine.lock().unwrap();
    assert!(matches!(ask(7), Err(EngineError::Locked)));
}

#[test]
fn a_sync_can_be_handed_to_another_thread() {
    fn sends<F: Send>(future: F) -> F {
        future
    }
    let handset = Handset::enrolled();
    let (cancel, phone) = (crate::sync::Cancel::default(), crate::sync::Phone::default());
    let sync = handset
        .engine
        .sync(&handset.server, &crate::sync::Nobody, &cancel, phone);
    assert!(crate::sync::testing::run(sends(sync)).is_ok());
}
