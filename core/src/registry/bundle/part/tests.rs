use proptest::prelude::*;

use super::super::keys;
use super::super::seal::CHUNK;
use super::*;
use crate::ids::OsRandom;
use crate::sensitive::Secret;

fn key(byte: u8) -> PartKey {
    Secret::take(&mut [byte; 32])
}

fn sealed(contents: &[u8], cipher: Cipher, version: u64) -> (Part, Vec<u8>) {
    let mut bytes = Vec::new();
    let part = seal(contents, &mut bytes, cipher, &key(1), (Kind::People, version)).unwrap();
    assert_eq!(
        (part.size, part.opened_size),
        (bytes.len() as u64, contents.len() as u64)
    );
    (part, bytes)
}

fn whole(bytes: &[u8], part: &Part) -> Result<Vec<u8>, CannotOpen> {
    open_whole(bytes, part, &key(1), 1 << 24)
}

/// Bytes that do not compress, so that the sealed part has as many chunks as it seems.
fn noise(length: usize) -> Vec<u8> {
    let mut state = 1_u64;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state >> 33) as u8
    };
    (0..length).map(|_| next()).collect()
}

#[test]
fn a_part_of_any_length_reads_back_with_either_cipher() {
    for cipher in Cipher::ALL {
        for length in [0, 1, CHUNK - 20, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK] {
            let contents = noise(length);
            let (part, bytes) = sealed(&contents, cipher, 1);
            assert_eq!(
                whole(&bytes, &part).unwrap(),
                contents,
                "{} {length}",
                cipher.name()
            );
        }
    }
}

#[test]
fn a_part_does_not_open_with_another_key_or_as_another_version_or_kind() {
    let (part, bytes) = sealed(b"contents", Cipher::Aes256Gcm, 7);
    assert_eq!(open_whole(&bytes[..], &part, &key(2), 100), Err(CannotOpen));
    assert_eq!(whole(&bytes, &Part { version: 8, ..part }), Err(CannotOpen));
    assert_eq!(
        whole(
            &bytes,
            &Part {
                kind: Kind::Ids,
                ..part
            }
        ),
        Err(CannotOpen)
    );
    assert_eq!(open_whole(&bytes[..], &part, &key(1), 7), Err(CannotOpen));
}

#[test]
fn chunks_cannot_be_dropped_swapped_or_taken_from_another_version() {
    let contents = noise(4 * CHUNK);
    let (part, bytes) = sealed(&contents, Cipher::ChaCha20Poly1305, 1);
    let (_, other) = sealed(&contents, Cipher::ChaCha20Poly1305, 2);
    let (head, step) = (15, CHUNK + 16);
    let chunk = |from: &[u8], index: usize| from[head + index * step..head + (index + 1) * step].to_vec();
    let with = |chunks: &[Vec<u8>]| [&bytes[..head], &chunks.concat(), &bytes[head + 2 * step..]].concat();
    let (first, second) = (chunk(&bytes, 0), chunk(&bytes, 1));
    assert_eq!(
        whole(&with(&[first.clone(), second.clone()]), &part).unwrap(),
        contents
    );
    assert_eq!(
        whole(&with(&[second.clone(), first.clone()]), &part),
        Err(CannotOpen)
    );
    assert_eq!(
        whole(&with(&[first.clone(), chunk(&other, 1)]), &part),
        Err(CannotOpen)
    );
    assert_eq!(whole(&with(&[first]), &part), Err(CannotOpen));
    assert_eq!(whole(&bytes[..head + 2 * step], &part), Err(CannotOpen));
}

#[test]
fn a_decompression_bomb_stops_at_the_declared_size() {
    let (part, bytes) = sealed(&vec![0; 8 << 20], Cipher::Aes256Gcm, 1);
    assert!(bytes.len() < 4_000);
    let lying = Part {
        opened_size: 1_000,
        ..part
    };
    assert_eq!(whole(&bytes, &lying), Err(CannotOpen));
    let mut reader = open(&bytes[..], &lying, &key(1)).unwrap();
    let mut read = Vec::new();
    assert!(reader.read_to_end(&mut read).is_err());
    assert!(read.len() <= 1_000);
    assert_eq!(
        whole(
            &bytes,
            &Part {
                opened_size: (8 << 20) + 1,
                ..part
            }
        ),
        Err(CannotOpen)
    );
}

#[test]
fn a_part_key_opens_with_its_device_and_for_its_part_only() {
    let (vault, other) = (key(3), key(4));
    let (part, _) = sealed(b"contents", Cipher::Aes256Gcm, 1);
    let sealed = keys::seal(&keys::public_half(&vault), &part, &key(1), &mut OsRandom).unwrap();
    assert!(keys::open(&vault, &part, &sealed).unwrap().same_as(&key(1)));
    assert!(keys::open(&other, &part, &sealed).is_err());
    assert!(keys::open(&vault, &Part { version: 2, ..part }, &sealed).is_err());
    assert!(
        keys::open(
            &vault,
            &Part {
                hash: [0; 32],
                ..part
            },
            &sealed
        )
        .is_err()
    );
    let again = keys::seal(&keys::public_half(&vault), &part, &key(1), &mut OsRandom).unwrap();
    assert_ne!(again.encapsulated, sealed.encapsulated);
    assert!(keys::seal(&[0; 32], &part, &key(1), &mut OsRandom).is_err());
}

proptest! {
    #[test]
    fn a_damaged_part_never_opens(length in 0_usize..5_000, at: usize, bit in 0_u8..8) {
        let (part, bytes) = sealed(&noise(length), Cipher::Aes256Gcm, 1);
        let mut flipped = bytes.clone();
        let at = at % bytes.len();
        flipped[at] ^= 1 << bit;
        prop_assert_eq!(whole(&flipped, &part), Err(CannotOpen));
        prop_assert_eq!(whole(&bytes[..at], &part), Err(CannotOpen));
        prop_assert_eq!(whole(&[&bytes[..], &[0]].concat(), &part), Err(CannotOpen));
    }

    #[test]
    fn any_bytes_are_refused(junk in proptest::collection::vec(any::<u8>(), 0..200)) {
        let (part, _) = sealed(b"", Cipher::Aes256Gcm, 1);
        let framed = [b"TRGP\x01\x01\x04\0\0\0\0\0\0\0\x01", &junk[..]].concat();
        prop_assert_eq!(whole(&junk, &part), Err(CannotOpen));
        prop_assert_eq!(whole(&framed, &part), Err(CannotOpen));
    }
}
