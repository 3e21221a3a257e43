use super::testing::Fault;
use super::*;
use crate::engine::EngineError;
use crate::engine::testing::{Handset, draft};
use crate::registry::bundle::manifest::Kind;
use crate::scan::testing::{Contents, at};
use crate::wire::downlink::Message;
use crate::wire::receipt::Outcome;

/// A phone with so many registrations waiting.
fn waiting(registrations: usize) -> Handset {
    let handset = Handset::enrolled();
    for number in 0..registrations {
        handset.engine.register(&draft(&format!("Awa{number}"))).unwrap();
    }
    handset
}

fn publish(handset: &Handset, number: u64) {
    let mut held = handset.server.held.lock().unwrap();
    let vault = held.devices.values().next().unwrap().vault;
    let contents = Contents {
        number,
        ..Contents::default()
    };
    held.bundle = Some(handset.server.world.bundle(contents, &vault));
}

fn assert_all_arrived(handset: &Handset, packets: usize) {
    let held = handset.server.held.lock().unwrap();
    assert_eq!(held.packets.len(), packets);
    drop(held);
    assert_eq!(handset.engine.status().unwrap().packets.waiting, 0);
}

#[test]
fn everything_that_waits_is_sent_once_and_receipts_are_taken() {
    let handset = waiting(100);
    let summary = handset.sync().unwrap();
    assert_eq!(
        (summary.accepted, summary.later, summary.come_back_seconds),
        (100, 0, 3_600)
    );
    assert_all_arrived(&handset, 100);
    assert!(
        handset
            .server
            .held
            .lock()
            .unwrap()
            .arrivals
            .values()
            .all(|times| *times == 1)
    );
    assert_eq!(handset.sync().unwrap().accepted, 0);
    let records = handset.engine.records().unwrap();
    assert!(
        records
            .iter()
            .all(|(_, record)| record.outcome == Some(Outcome::Accepted) && record.mpi.is_some())
    );
}

#[test]
fn a_hundred_registrations_go_up_in_thirty_kilobytes() {
    let handset = waiting(100);
    let sent = handset.sync().unwrap().sent_bytes;
    assert!(sent <= 30_000, "{sent} bytes");
}

#[test]
fn every_fault_at_every_request_is_an_error_or_nothing_and_the_next_sync_finishes() {
    let faults = [
        Fault::Offline,
        Fault::Lost,
        Fault::AnswerLost,
        Fault::Half,
        Fault::LoginPage,
        Fault::Busy,
    ];
    for fault in faults {
        for place in 0..12 {
            let handset = waiting(3);
            publish(&handset, 1);
            handset.server.held.lock().unwrap().messages = vec![Message::Unlock];
            let before = (0..place).map(|_| None);
            handset.server.meet(before.chain([Some(fault)]));
            if let Err(error) = handset.sync() {
                let EngineError::Sync(error) = error else {
                    panic!("{error}");
                };
                assert!(
                    error.passes() || matches!(error, SyncError::Folder(_)),
                    "{fault:?} at {place}: {error}"
                );
                assert!(handset.engine.status().unwrap().failures > 0);
            }
            handset.server.meet([]);
            handset.sync().unwrap();
            assert_all_arrived(&handset, 3);
            let status = handset.engine.status().unwrap();
            assert_eq!((status.bundle, status.failures), (1, 0), "{fault:?} at {place}");
        }
    }
}

#[test]
fn batches_and_ranges_shrink_until_they_fit_a_narrow_link() {
    let handset = waiting(20);
    publish(&handset, 1);
    handset.server.held.lock().unwrap().narrow = Some(1_500);
    // A range stops shrinking at four kilobytes, so parts need a little more than batches.
    let sent = handset.sync();
    assert_all_arrived(&handset, 20);
    assert!(sent.is_ok() || matches!(sent, Err(EngineError::Sync(SyncError::Network(_)))));
    handset.server.held.lock().unwrap().narrow = Some(5_000);
    assert_eq!(handset.sync().unwrap().bundle, 1);
}

#[test]
fn what_a_restored_server_forgot_is_sent_again_and_its_messages_are_asked_anew() {
    let handset = waiting(5);
    handset.server.held.lock().unwrap().messages = vec![Message::Unlock, Message::Unlock];
    assert_eq!(handset.sync().unwrap().messages, 2);
    {
        let mut held = handset.server.held.lock().unwrap();
        held.packets.retain(|(_, sequence), _| *sequence <= 2);
        held.epoch = 2;
    }
    let summary = handset.sync().unwrap();
    assert_eq!((summary.again, summary.accepted, summary.messages), (3, 3, 2));
    assert_all_arrived(&handset, 5);
}

#[test]
fn answers_for_another_device_change_nothing() {
    let handset = waiting(2);
    handset.server.held.lock().unwrap().confused = true;
    let refused = handset.sync().unwrap_err();
    assert_eq!(refused.code(), "not-signed");
    assert_eq!(handset.engine.status().unwrap().packets.waiting, 2);
    handset.server.held.lock().unwrap().confused = false;
    handset.sync().unwrap();
    assert_all_arrived(&handset, 2);
}

#[test]
fn a_packet_that_the_server_wants_later_waits_and_blocks_no_other() {
    let handset = waiting(3);
    let later = Outcome::Later { why: "busy".into() };
    handset.server.held.lock().unwrap().outcomes.insert(1, later);
    let summary = handset.sync().unwrap();
    assert_eq!((summary.accepted, summary.later), (2, 1));
    assert_eq!(handset.engine.status().unwrap().packets.waiting, 1);
    handset.server.held.lock().unwrap().outcomes.clear();
    handset.sync().unwrap();
    assert_all_arrived(&handset, 3);
}

#[test]
fn a_refusal_is_kept_with_its_reason() {
    let handset = waiting(1);
    let refused = Outcome::Refused {
        code: "person".into(),
        why: "The year of birth cannot be.".into(),
        action: "Correct it.".into(),
    };
    handset
        .server
        .held
        .lock()
        .unwrap()
        .outcomes
        .insert(1, refused.clone());
    assert_eq!(handset.sync().unwrap().refused, 1);
    assert_eq!(handset.engine.records().unwrap()[0].1.outcome, Some(refused));
}

#[test]
fn a_locked_phone_syncs_and_takes_what_came_when_it_is_unlocked() {
    let mut handset = waiting(2);
    handset.restart();
    assert_eq!(handset.sync().unwrap().accepted, 2);
    assert!(matches!(handset.engine.records(), Err(EngineError::Locked)));
    handset
        .engine
        .unlock(crate::engine::testing::AGENT, &crate::engine::testing::pin())
        .unwrap();
    let records = handset.engine.records().unwrap();
    assert!(
        records
            .iter()
            .all(|(_, record)| record.outcome == Some(Outcome::Accepted))
    );
}

#[test]
fn a_revoked_device_gets_rid_of_its_work_and_gets_commands_but_no_bundle() {
    let handset = waiting(2);
    handset.server.held.lock().unwrap().revoked = true;
    for sequence in 1..=2 {
        handset
            .server
            .held
            .lock()
            .unwrap()
            .outcomes
            .insert(sequence, Outcome::Kept);
    }
    let summary = handset.sync().unwrap();
    assert_eq!((summary.kept, summary.bundle), (2, 0));
}

#[test]
fn a_device_that_the_server_does_not_know_keeps_its_work() {
    let handset = waiting(2);
    handset.server.held.lock().unwrap().devices.clear();
    assert_eq!(handset.sync().unwrap_err().code(), "unknown-device");
    assert_eq!(handset.engine.status().unwrap().packets.waiting, 2);
}

#[test]
fn a_part_that_broke_off_goes_on_where_it_was() {
    let handset = Handset::enrolled();
    publish(&handset, 1);
    // Session, session, downlink, manifest, trust, half of what comes next.
    handset
        .server
        .meet([None, None, None, None, None, None, Some(Fault::Offline)]);
    assert!(handset.sync().is_err());
    let before = handset.server.requests.lock().unwrap().len();
    let summary = handset.sync().unwrap();
    assert_eq!(summary.bundle, 1);
    let requests = handset.server.requests.lock().unwrap();
    let parts = requests[before..].iter().filter(|url| url.contains("parts/"));
    assert_eq!(parts.count(), 2, "trust and status are not fetched again");
}

#[test]
fn the_same_bundle_with_its_keys_sealed_anew_changes_nothing() {
    let handset = Handset::enrolled();
    publish(&handset, 5);
    handset.sync().unwrap();
    {
        let mut held = handset.server.held.lock().unwrap();
        let vault = held.devices.values().next().unwrap().vault;
        let built = held.bundle.take().unwrap();
        held.bundle = Some(handset.server.world.sealed_anew(built, &vault));
    }
    let summary = handset.sync().unwrap();
    assert_eq!((summary.bundle, summary.fetched_bytes), (5, 0));
}

#[test]
fn an_older_bundle_is_refused() {
    let handset = Handset::enrolled();
    publish(&handset, 5);
    handset.sync().unwrap();
    publish(&handset, 4);
    assert_eq!(handset.sync().unwrap_err().code(), "bundle");
    assert_eq!(handset.engine.status().unwrap().bundle, 5);
}

#[test]
fn a_second_sync_at_the_same_time_is_refused() {
    struct Twice<'a>(&'a Handset, std::sync::Mutex<Vec<String>>);
    impl Observer for Twice<'_> {
        fn step(&self, step: &Step) {
            if *step == Step::Connecting {
                let error = self.0.sync().unwrap_err();
                self.1.lock().unwrap().push(error.code().to_owned());
            }
        }
    }
    let handset = waiting(1);
    let observer = Twice(&handset, std::sync::Mutex::default());
    let cancel = Cancel::default();
    let run = handset
        .engine
        .sync(&handset.server, &observer, &cancel, Phone::default());
    testing::run(run).unwrap();
    assert_eq!(*observer.1.lock().unwrap(), ["running"]);
}

#[test]
fn the_observer_sees_every_step_and_a_stop_is_heard() {
    struct Watch(std::sync::Mutex<Vec<Step>>, Cancel);
    impl Observer for Watch {
        fn step(&self, step: &Step) {
            self.0.lock().unwrap().push(*step);
            if matches!(
                step,
                Step::Fetching {
                    part: Kind::Status,
                    ..
                }
            ) {
                self.1.stop();
            }
        }
    }
    let handset = waiting(1);
    publish(&handset, 1);
    let watch = Watch(std::sync::Mutex::default(), Cancel::default());
    let run = handset
        .engine
        .sync(&handset.server, &watch, &watch.1, Phone::default());
    assert_eq!(testing::run(run).unwrap_err().code(), "stopped");
    let steps = watch.0.lock().unwrap();
    assert_eq!(steps[0], Step::Connecting);
    assert!(steps.contains(&Step::Sending { done: 1, of: 1 }));
    assert!(steps.contains(&Step::Listening));
    drop(steps);
    assert_eq!(handset.sync().unwrap().bundle, 1);
}

#[test]
fn the_clock_of_the_server_counts_when_the_phones_is_ten_years_behind() {
    let handset = Handset::enrolled();
    handset.pass(-10 * 365 * 86_400);
    handset
        .engine
        .unlock(crate::engine::testing::AGENT, &crate::engine::testing::pin())
        .unwrap();
    handset.sync().unwrap();
    assert!(handset.engine.status().unwrap().clock_behind);
    handset.engine.register(&draft("Awa")).unwrap();
    let records = handset.engine.records().unwrap();
    assert_eq!(records[0].1.at, at("2026-06-15T08:00:30Z"));
}
