use std::fs;

use super::*;

fn packet(number: u64) -> Packet {
    let mut id = [0; 16];
    id[8..].copy_from_slice(&number.to_be_bytes());
    Packet {
        id,
        sequence: number,
        sealed: vec![number as u8; 100],
    }
}

fn opened() -> (Outbox, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    (Outbox::open(&folder.path().join("outbox")).unwrap(), folder)
}

fn sequences(outbox: &Outbox) -> Vec<u64> {
    let waiting = outbox.waiting(100, usize::MAX).unwrap();
    waiting.into_iter().map(|packet| packet.sequence).collect()
}

#[test]
fn packets_wait_in_order_until_they_are_answered() {
    let (mut outbox, _folder) = opened();
    outbox.put(&[packet(2), packet(1), packet(3)]).unwrap();
    assert_eq!(sequences(&outbox), [1, 2, 3]);
    outbox.answer(&[(packet(2).id, b"receipt".to_vec())]).unwrap();
    assert_eq!(sequences(&outbox), [1, 3]);
    let answered = outbox.answered(10).unwrap();
    assert_eq!((answered[0].id, &answered[0].receipt[..]), (packet(2).id, &b"receipt"[..]));
    assert_eq!(outbox.how_much().unwrap(), Waiting { packets: 2, bytes: 200 });
}

#[test]
fn a_packet_that_is_put_again_is_not_sent_again() {
    let (mut outbox, _folder) = opened();
    outbox.put(&[packet(1)]).unwrap();
    outbox.answer(&[(packet(1).id, b"receipt".to_vec())]).unwrap();
    outbox.put(&[packet(1)]).unwrap();
    assert_eq!(sequences(&outbox), [0; 0]);
    outbox.absorbed(&[packet(1).id]).unwrap();
    outbox.put(&[packet(1)]).unwrap();
    assert_eq!(sequences(&outbox), [0; 0]);
    assert_eq!(outbox.answered(10).unwrap(), []);
}

#[test]
fn a_batch_is_bounded_by_number_and_bytes_and_never_empty() {
    let (mut outbox, _folder) = opened();
    outbox.put(&[packet(1), packet(2), packet(3)]).unwrap();
    assert_eq!(outbox.waiting(2, usize::MAX).unwrap().len(), 2);
    assert_eq!(outbox.waiting(9, 250).unwrap().len(), 2);
    assert_eq!(outbox.waiting(9, 1).unwrap().len(), 1);
}

#[test]
fn what_a_restored_server_forgot_waits_again() {
    let (mut outbox, _folder) = opened();
    outbox.put(&[packet(1), packet(2), packet(3)]).unwrap();
    for number in 1..=2 {
        outbox
            .answer(&[(packet(number).id, b"receipt".to_vec())])
            .unwrap();
    }
    outbox.absorbed(&[packet(1).id]).unwrap();
    assert_eq!(outbox.send_again(0).unwrap(), 2);
    assert_eq!(sequences(&outbox), [1, 2, 3]);
    assert_eq!(outbox.send_again(0).unwrap(), 0);
}

#[test]
fn everything_is_there_when_the_file_is_opened_again() {
    let (mut outbox, folder) = opened();
    outbox.put(&[packet(1)]).unwrap();
    let note = [("cursor", b"7".to_vec())];
    outbox.keep_downlinks(&[(7, b"sealed".to_vec())], &note).unwrap();
    drop(outbox);
    let mut outbox = Outbox::open(&folder.path().join("outbox")).unwrap();
    assert!(!outbox.was_renewed());
    assert_eq!(sequences(&outbox), [1]);
    assert_eq!(outbox.note("cursor").unwrap().unwrap(), b"7");
    assert_eq!(outbox.downlinks().unwrap(), [(7, b"sealed".to_vec())]);
    outbox.took_downlinks(7).unwrap();
    assert_eq!(outbox.downlinks().unwrap(), []);
    assert_eq!(outbox.notes().unwrap(), [("cursor".to_owned(), b"7".to_vec())]);
    outbox.forget_note("cursor").unwrap();
    assert_eq!(outbox.note("cursor").unwrap(), None);
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
    for bytes in [&whole[..whole.len() / 2], &overwritten, b"no database at all, but long enough"] {
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
    outbox.connection.execute_batch("PRAGMA user_version = 9").unwrap();
    drop(outbox);
    let refused = Outbox::open(&folder.path().join("outbox")).unwrap_err();
    assert_eq!(refused, StoreError::Newer { found: 9, known: 1 });
}
