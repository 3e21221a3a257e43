use std::fs;

use super::*;

fn packet(number: u64) -> Packet {
    let mut id = [0; 16];
    (id[6], id[8]) = (0x70, 0x80);
    id[9..].copy_from_slice(&number.to_be_bytes()[1..]);
    Packet {
        id: PacketId::from_bytes(id).unwrap(),
        sequence: number,
        sealed: vec![number as u8; 100],
    }
}

fn opened() -> (Outbox, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    (Outbox::open(&folder.path().join("outbox")).unwrap(), folder)
}

fn sequences(outbox: &Outbox) -> Vec<u64> {
    let waiting = outbox.waiting(0, 100, usize::MAX).unwrap();
    waiting.into_iter().map(|packet| packet.sequence).collect()
}

fn receipt() -> Incoming {
    Incoming {
        kind: Kind::Receipt,
        body: b"receipt".to_vec(),
    }
}

#[test]
fn packets_wait_in_order_until_they_are_answered() {
    let (mut outbox, _folder) = opened();
    outbox.put(&[packet(2), packet(1), packet(3)]).unwrap();
    assert_eq!(sequences(&outbox), [1, 2, 3]);
    outbox.receive(&[packet(2).id], &[receipt()], &[]).unwrap();
    assert_eq!(sequences(&outbox), [1, 3]);
    assert_eq!(outbox.inbox(10).unwrap(), [(1, receipt())]);
    let progress = Progress {
        waiting: 2,
        waiting_bytes: 200,
        sequence: 3,
        answered: 2,
    };
    assert_eq!(outbox.progress().unwrap(), progress);
    outbox.absorbed(1).unwrap();
    assert_eq!(outbox.inbox(10).unwrap(), []);
}

#[test]
fn a_packet_that_is_put_again_is_not_sent_again() {
    let (mut outbox, _folder) = opened();
    outbox.put(&[packet(1)]).unwrap();
    outbox.receive(&[packet(1).id], &[receipt()], &[]).unwrap();
    outbox.put(&[packet(1)]).unwrap();
    outbox.absorbed(1).unwrap();
    outbox.put(&[packet(1)]).unwrap();
    assert_eq!(sequences(&outbox), [0; 0]);
}

#[test]
fn a_batch_is_bounded_by_number_and_bytes_and_never_empty() {
    let (mut outbox, _folder) = opened();
    outbox.put(&[packet(1), packet(2), packet(3)]).unwrap();
    assert_eq!(outbox.waiting(0, 2, usize::MAX).unwrap().len(), 2);
    assert_eq!(outbox.waiting(0, 9, 250).unwrap().len(), 2);
    assert_eq!(outbox.waiting(0, 9, 1).unwrap().len(), 1);
    assert_eq!(outbox.waiting(2, 9, usize::MAX).unwrap()[0].sequence, 3);
}

#[test]
fn what_a_restored_server_forgot_waits_again() {
    let (mut outbox, _folder) = opened();
    outbox.put(&(1..=5).map(packet).collect::<Vec<_>>()).unwrap();
    let answered: Vec<PacketId> = (1..=4).map(|number| packet(number).id).collect();
    outbox.receive(&answered, &[], &[]).unwrap();
    let held = Held {
        through: 1,
        beyond: vec![(3, 3)],
    };
    assert_eq!(outbox.send_again(&held).unwrap(), 2);
    assert_eq!(sequences(&outbox), [2, 4, 5]);
    assert_eq!(outbox.send_again(&held).unwrap(), 0);
}

#[test]
fn everything_is_there_when_the_file_is_opened_again() {
    let (mut outbox, folder) = opened();
    outbox.put(&[packet(1)]).unwrap();
    let sealed = Incoming {
        kind: Kind::Item,
        body: b"sealed".to_vec(),
    };
    let notes = [("cursor", b"7".to_vec())];
    outbox
        .receive(&[], std::slice::from_ref(&sealed), &notes)
        .unwrap();
    drop(outbox);
    let mut outbox = Outbox::open(&folder.path().join("outbox")).unwrap();
    assert!(!outbox.was_renewed());
    assert_eq!(sequences(&outbox), [1]);
    assert_eq!(outbox.note("cursor").unwrap().unwrap(), b"7");
    assert_eq!(outbox.inbox(10).unwrap(), [(1, sealed.clone())]);
    assert_eq!(outbox.notes().unwrap(), [("cursor".to_owned(), b"7".to_vec())]);
    outbox.absorbed(1).unwrap();
    outbox.receive(&[], &[sealed], &[]).unwrap();
    assert_eq!(outbox.inbox(10).unwrap()[0].0, 2, "numbers are not used again");
}

#[test]
fn only_the_newest_answered_packets_are_kept() {
    let (mut outbox, _folder) = opened();
    let packets: Vec<Packet> = (1..=MOST_KEPT + 3).map(packet).collect();
    outbox.put(&packets).unwrap();
    let answered: Vec<PacketId> = packets.iter().skip(1).map(|packet| packet.id).collect();
    outbox.receive(&answered, &[], &[]).unwrap();
    outbox.absorbed(0).unwrap();
    assert_eq!(sequences(&outbox), [1], "one that waits is never let go");
    assert_eq!(outbox.send_again(&Held::default()).unwrap(), MOST_KEPT);
}

#[test]
fn a_damaged_outbox_is_set_aside_and_begun_anew() {
    let whole = {
        let (mut outbox, folder) = opened();
        outbox.put(&(1..200).map(packet).collect::<Vec<_>>()).unwrap();
        drop(outbox);
        fs::read(folder.path().join("outbox")).unwrap()
    };
    let mut overwritten = whole.clone();
    overwritten[4_096..8_192].fill(0xAA);
    for bytes in [
        &whole[..whole.len() / 2],
        &overwritten,
        b"no database at all, but long enough",
    ] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("outbox");
        fs::write(&path, bytes).unwrap();
        let mut outbox = Outbox::open(&path).unwrap();
        assert!(outbox.was_renewed());
        assert!(folder.path().join("outbox.damaged").exists());
        outbox.put(&[packet(1)]).unwrap();
        drop(outbox);
        assert_eq!(sequences(&Outbox::open(&path).unwrap()), [1]);
    }
}

#[test]
fn an_outbox_of_a_later_version_is_left_alone() {
    let (outbox, folder) = opened();
    outbox
        .connection
        .execute_batch("PRAGMA user_version = 9")
        .unwrap();
    drop(outbox);
    let refused = Outbox::open(&folder.path().join("outbox")).unwrap_err();
    assert_eq!(refused, StoreError::Newer { found: 9, known: 1 });
}
