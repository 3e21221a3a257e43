use crate::engine::testing::{Handset, draft};
use crate::outbox::Progress;
use crate::sync::testing::{Fault, run};
use crate::wire::downlink::Message;

/// Two phones of one server; the second has no network of its own.
fn pair() -> (Handset, Handset) {
    let (carrier, mut remote) = (Handset::new(), Handset::new());
    // A supervisor has both open.
    carrier.enroll().unwrap();
    remote.server = crate::sync::testing::Server::beside(&carrier.server);
    remote.enroll().unwrap();
    for name in ["Awa", "Maty", "Astou"] {
        remote.engine.register(&draft(name)).unwrap();
    }
    // What the second phone knows of the server, the first one's server knows of the second phone.
    carrier.server.admit(&remote.server);
    (carrier, remote)
}

fn progress(handset: &Handset) -> Progress {
    handset.engine.status().unwrap().packets
}

impl Handset {
    fn deliver(&self, parcel: &[u8]) -> Vec<u8> {
        run(self.engine.deliver(&self.server, parcel)).unwrap()
    }
}

#[test]
fn work_travels_on_another_phone_and_its_receipts_come_back() {
    let (carrier, remote) = pair();
    carrier.server.held.lock().unwrap().messages = vec![Message::Unlock];
    let parcel = remote.engine.pack(usize::MAX).unwrap();
    assert_eq!(progress(&remote).waiting, 3, "packing sends nothing");
    let answers = carrier.deliver(&parcel);
    let summary = remote.engine.take(&answers).unwrap();
    assert_eq!((summary.accepted, summary.messages), (3, 1));
    assert_eq!(progress(&remote).waiting, 0);
    assert_eq!(
        progress(&carrier).sequence,
        0,
        "the carrier's own work is not touched"
    );
    let again = remote.engine.take(&answers).unwrap();
    assert_eq!((again.accepted, again.messages), (0, 0));
    let records = remote.engine.records().unwrap();
    assert!(records.iter().all(|(_, record)| record.mpi.is_some()));
}

#[test]
fn a_parcel_that_is_delivered_twice_or_lost_on_its_way_back_counts_once() {
    let (carrier, remote) = pair();
    let parcel = remote.engine.pack(usize::MAX).unwrap();
    carrier.deliver(&parcel);
    let answers = carrier.deliver(&remote.engine.pack(usize::MAX).unwrap());
    remote.engine.take(&answers).unwrap();
    assert_eq!(progress(&remote).waiting, 0);
    assert_eq!(carrier.server.held.lock().unwrap().packets.len(), 3);
}

#[test]
fn small_parcels_bring_the_work_over_one_after_the_other() {
    let (carrier, remote) = pair();
    for left in (0..3).rev() {
        let answers = carrier.deliver(&remote.engine.pack(1).unwrap());
        remote.engine.take(&answers).unwrap();
        assert_eq!(progress(&remote).waiting, left);
    }
}

#[test]
fn the_carrier_reads_nothing_and_can_change_nothing() {
    let (carrier, remote) = pair();
    let parcel = remote.engine.pack(usize::MAX).unwrap();
    assert!(!parcel.windows(4).any(|window| window == b"Maty"));
    let answers = carrier.deliver(&parcel);
    assert_eq!(
        carrier.engine.take(&answers).unwrap_err().code(),
        "not-for-this-phone"
    );
    let text = String::from_utf8(answers).unwrap();
    let changed = text.replacen("\"sealed\":\"", "\"sealed\":\"AAAA", 1);
    assert_eq!(remote.engine.take(changed.as_bytes()).unwrap_err().code(), "wire");
    assert_eq!(remote.engine.take(b"junk").unwrap_err().code(), "not-a-parcel");
    assert_eq!(progress(&remote).waiting, 3);
    carrier.server.meet([Some(Fault::Offline)]);
    let offline = run(carrier.engine.deliver(&carrier.server, &parcel)).unwrap_err();
    assert_eq!(offline.code(), "network");
    remote.engine.take(text.as_bytes()).unwrap();
    assert_eq!(progress(&remote).waiting, 0);
}
