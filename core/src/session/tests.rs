use std::path::PathBuf;

use super::*;
use crate::sensitive::Secret;
use crate::store::FileKeystore;

const PIN: &str = "480274";
const AWA: (u64, &str) = (7, "Awa");
const OMAR: (u64, &str) = (8, "Omar");

struct Phone {
    folder: tempfile::TempDir,
}

impl Phone {
    fn new() -> Self {
        let phone = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        let mut slots = phone.slots();
        for user in [AWA, OMAR] {
            slots.give(user, &Pin::typed(PIN), &key(), Cost::LEAST).unwrap();
        }
        phone
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("slots")
    }

    /// The phone as it is after it was switched off and on.
    fn slots(&self) -> Slots<FileKeystore> {
        let keystore = FileKeystore::new(self.folder.path().join("platform"));
        Slots::open(&self.path(), keystore).unwrap()
    }
}

fn key() -> Secret<32> {
    Secret::take(&mut [5; 32])
}

fn wrong(slots: &mut Slots<FileKeystore>, user: u64) -> UnlockError {
    slots.unlock(user, &Pin::typed("000001")).unwrap_err()
}

#[test]
fn each_user_opens_the_same_vault_with_a_pin_of_their_own() {
    let phone = Phone::new();
    let mut slots = phone.slots();
    slots
        .give(OMAR, &Pin::typed("739201"), &key(), Cost::LEAST)
        .unwrap();
    assert!(slots.unlock(AWA.0, &Pin::typed(PIN)).unwrap().same_as(&key()));
    assert!(
        slots
            .unlock(OMAR.0, &Pin::typed("739201"))
            .unwrap()
            .same_as(&key())
    );
    assert!(matches!(
        slots.unlock(OMAR.0, &Pin::typed(PIN)),
        Err(UnlockError::WrongPin { tries_left: 9 })
    ));
    assert!(matches!(
        slots.unlock(9, &Pin::typed(PIN)),
        Err(UnlockError::NoSuchUser)
    ));
}

#[test]
fn the_tenth_wrong_pin_destroys_one_slot_and_no_other() {
    let phone = Phone::new();
    for left in (1..10).rev() {
        // Switched off after every try.
        let error = wrong(&mut phone.slots(), AWA.0);
        assert!(
            matches!(error, UnlockError::WrongPin { tries_left } if tries_left == left),
            "{error}"
        );
    }
    let mut slots = phone.slots();
    assert!(matches!(wrong(&mut slots, AWA.0), UnlockError::LockedOut));
    assert!(matches!(
        slots.unlock(AWA.0, &Pin::typed(PIN)),
        Err(UnlockError::LockedOut)
    ));
    let states: Vec<SlotState> = slots.users().unwrap().iter().map(|user| user.state).collect();
    assert_eq!(states, [SlotState::Destroyed, SlotState::Open { tries_left: 10 }]);
    let opened = slots.unlock(OMAR.0, &Pin::typed(PIN)).unwrap();
    slots
        .give(AWA, &Pin::typed("739201"), &opened, Cost::LEAST)
        .unwrap();
    assert!(slots.unlock(AWA.0, &Pin::typed("739201")).is_ok());
}

#[test]
fn the_right_pin_gives_all_tries_back() {
    let phone = Phone::new();
    let mut slots = phone.slots();
    for _ in 0..30 {
        for _ in 0..9 {
            wrong(&mut slots, AWA.0);
        }
        slots.unlock(AWA.0, &Pin::typed(PIN)).unwrap();
    }
}

#[test]
fn a_try_that_was_cut_off_counts() {
    let phone = Phone::new();
    let raw = rusqlite::Connection::open(phone.path()).unwrap();
    // Ten times the phone died between counting and looking at the PIN.
    raw.execute("UPDATE slots SET wrong = 10 WHERE user = 7", [])
        .unwrap();
    let mut slots = phone.slots();
    assert!(matches!(
        slots.unlock(AWA.0, &Pin::typed(PIN)),
        Err(UnlockError::LockedOut)
    ));
}

#[test]
fn slots_of_a_copied_phone_open_nowhere_else() {
    let phone = Phone::new();
    let keystore = FileKeystore::new(phone.folder.path().join("another platform"));
    let mut copied = Slots::open(&phone.path(), keystore).unwrap();
    assert!(matches!(
        copied.unlock(AWA.0, &Pin::typed(PIN)),
        Err(UnlockError::Keystore(_))
    ));
    assert!(matches!(copied.users(), Err(UnlockError::Keystore(_))));
}

#[test]
fn a_slot_moved_to_another_user_or_made_cheaper_does_not_open() {
    for change in [
        "UPDATE slots SET salt = (SELECT salt FROM slots WHERE user = 7),
             sealed = (SELECT sealed FROM slots WHERE user = 7) WHERE user = 8",
        "UPDATE slots SET passes = 2 WHERE user = 8",
        "UPDATE slots SET sealed = X'00' WHERE user = 8",
    ] {
        let phone = Phone::new();
        let raw = rusqlite::Connection::open(phone.path()).unwrap();
        raw.execute(change, []).unwrap();
        let refused = phone.slots().unlock(OMAR.0, &Pin::typed(PIN));
        assert!(matches!(refused, Err(UnlockError::WrongPin { .. })));
    }
}

#[test]
fn a_phone_locked_by_the_server_opens_for_nobody_until_it_is_unlocked() {
    let phone = Phone::new();
    phone.slots().lock_by_server(true).unwrap();
    let mut slots = phone.slots();
    assert!(matches!(
        slots.unlock(AWA.0, &Pin::typed(PIN)),
        Err(UnlockError::LockedByServer)
    ));
    slots.lock_by_server(false).unwrap();
    slots.unlock(AWA.0, &Pin::typed(PIN)).unwrap();
}

#[test]
fn a_wiped_phone_opens_for_nobody_even_from_a_copy_of_its_slots() {
    let phone = Phone::new();
    let copy = phone.folder.path().join("copy");
    std::fs::copy(phone.path(), &copy).unwrap();
    let mut slots = phone.slots();
    slots.wipe(&phone.path()).unwrap();
    assert_eq!(slots.users().unwrap(), []);
    assert_eq!(phone.slots().users().unwrap(), []);
    let keystore = FileKeystore::new(phone.folder.path().join("platform"));
    let mut copied = Slots::open(&copy, keystore).unwrap();
    assert!(copied.unlock(AWA.0, &Pin::typed(PIN)).is_err());
}

#[test]
fn names_of_staff_do_not_stand_in_the_file() {
    let phone = Phone::new();
    for file in std::fs::read_dir(phone.folder.path()).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        assert!(!bytes.windows(4).any(|window| window == b"Omar"));
    }
    assert_eq!(phone.slots().users().unwrap()[1].label, "Omar");
}
