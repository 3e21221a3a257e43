use data_encoding::HEXLOWER;
use proptest::prelude::*;

use super::*;
use crate::card::key::Kid;
use crate::ids::OsRandom;
use crate::wire::packet::{Opener, SealedPacket, Sealer};
use crate::wire::{DeviceKey, WireError, batch};

fn sync() -> DeviceKey {
    DeviceKey::generate(&mut Counter(100)).unwrap()
}

fn sealer() -> Sealer {
    Sealer::new(device(), Kid([1, 2, 3, 4]), &sync().public(), &mut Counter(50)).unwrap()
}

fn seal(count: u8) -> Vec<SealedPacket> {
    let (mut sealer, facts) = (sealer(), facts());
    let seal = |at: u8| {
        let fact = &facts[usize::from(at) % facts.len()];
        sealer.seal((packet_id(at), u64::from(at) + 1), fact, &device_key())
    };
    (0..count).map(seal).collect::<Result<_, _>>().unwrap()
}

fn open(packet: &SealedPacket) -> Result<Fact, WireError> {
    packet.verify(&device_key().public())?;
    Opener::new(packet.device, packet.envelope, sync().secret())?.open(packet)
}

#[test]
fn a_packet_and_a_batch_are_written_as_they_were() {
    let packets = seal(3);
    let lines = [packets[0].to_bytes(), batch::write(&packets)];
    insta::assert_snapshot!(lines.map(|bytes| HEXLOWER.encode(&bytes)).join("\n"));
}

#[test]
fn packets_open_alone_and_in_any_order() {
    let packets = seal(8);
    for (packet, fact) in packets.iter().zip(facts()).rev() {
        let carried = SealedPacket::from_bytes(&packet.to_bytes()).unwrap();
        assert_eq!((&carried, open(&carried)), (packet, Ok(fact)));
    }
}

#[test]
fn a_batch_gives_back_the_packets_of_all_devices() {
    let mut packets = seal(5);
    let other = SigningKey::generate(Purpose::Device, &mut Counter(77)).unwrap();
    let name = DeviceId::of(&other.public());
    let mut sealer = Sealer::new(name, Kid([1, 2, 3, 4]), &sync().public(), &mut OsRandom).unwrap();
    packets.push(sealer.seal((packet_id(90), 1), &facts()[0], &other).unwrap());
    let mut read = batch::read(&batch::write(&packets)).unwrap();
    read.sort_by_key(|packet| packet.id);
    packets.sort_by_key(|packet| packet.id);
    assert_eq!(read, packets);
}

#[test]
fn every_place_has_a_key_of_its_own() {
    let (mut sealer, fact) = (sealer(), facts().remove(0));
    let mut seal = || sealer.seal((packet_id(1), 1), &fact, &device_key()).unwrap();
    let (one, other) = (seal(), seal());
    assert_ne!(
        one.ciphertext, other.ciphertext,
        "the same fact twice is sealed differently"
    );
    assert_eq!(open(&one), open(&other));
}

#[test]
fn another_device_cannot_send_a_packet_as_its_own() {
    let packet = seal(1).remove(0);
    let thief = SigningKey::generate(Purpose::Device, &mut OsRandom).unwrap();
    let stolen = SealedPacket {
        device: DeviceId::of(&thief.public()),
        ..packet.clone()
    };
    assert_eq!(packet.verify(&thief.public()), Err(WireError::BadSignature));
    assert_eq!(stolen.verify(&thief.public()), Err(WireError::BadSignature));
    let opener = Opener::new(stolen.device, stolen.envelope, sync().secret()).unwrap();
    assert_eq!(opener.open(&stolen), Err(WireError::CannotOpen));
}

#[test]
fn only_the_holder_of_the_sync_key_opens() {
    let packet = seal(1).remove(0);
    let other = DeviceKey::generate(&mut OsRandom).unwrap();
    let opener = Opener::new(packet.device, packet.envelope, other.secret()).unwrap();
    assert_eq!(opener.open(&packet), Err(WireError::CannotOpen));
}

#[test]
fn a_key_that_gives_the_same_secret_to_everyone_is_refused() {
    let made = Sealer::new(device(), Kid([1; 4]), &[0; 32], &mut OsRandom);
    assert!(made.is_err());
}

#[test]
fn a_hundred_registrations_fit_in_thirty_kilobytes() {
    let mut sealer = sealer();
    let fact = Fact {
        at: now(),
        user: 12,
        body: registered(),
    };
    let packets: Vec<SealedPacket> = (0..100)
        .map(|at| {
            sealer
                .seal((packet_id(at), u64::from(at) + 1), &fact, &device_key())
                .unwrap()
        })
        .collect();
    let request = serde_json::to_vec(&batch::PacketsRequest::of(&packets)).unwrap();
    let sent = zstd::bulk::compress(&request, 3).unwrap().len();
    assert!(sent <= 30_000, "{sent} bytes");
}

proptest! {
    #[test]
    fn a_packet_that_was_changed_anywhere_does_not_count(place: prop::sample::Index, flip in 1_u8..) {
        let packet = seal(1).remove(0);
        let mut bytes = packet.to_bytes();
        let place = place.index(bytes.len());
        bytes[place] ^= flip;
        if let Ok(changed) = SealedPacket::from_bytes(&bytes) {
            prop_assert!(open(&changed).is_err());
        }
    }

    #[test]
    fn a_batch_that_was_cut_or_changed_is_refused_or_its_packets_are(place: prop::sample::Index, flip in 1_u8..) {
        let bytes = batch::write(&seal(3));
        let place = place.index(bytes.len());
        prop_assert!(batch::read(&bytes[..place]).is_err());
        let mut changed = bytes;
        changed[place] ^= flip;
        if let Ok(packets) = batch::read(&changed) {
            prop_assert!(packets.iter().any(|packet| open(packet).is_err()));
        }
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = (SealedPacket::from_bytes(&bytes), batch::read(&bytes));
    }
}
