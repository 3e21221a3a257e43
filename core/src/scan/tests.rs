use super::testing::{CAMPAIGN, Contents, World, at, now, put};
use super::*;
use crate::card::token::Token;
use crate::person::MpiId;
use crate::registry::Handle;
use crate::registry::bundle::files::Disk;
use crate::registry::bundle::folder::Folder;
use crate::registry::bundle::{Opened, keys};
use crate::store::{Memory, Store};
use crate::verify::{Finding, TypedError};
use crate::wire::fact::CardRef;

fn eyes<'a>(lists: &'a Lists, store: &'a Memory) -> Eyes<'a, Memory> {
    Eyes {
        lists,
        numbers: None,
        store,
        campaign: Some(CAMPAIGN),
        round: Some((3, "2026-06")),
        device: now(),
        floor: None,
    }
}

fn hash(token: u8) -> [u8; 32] {
    Token([token; 16]).hash()
}

fn note(state: CardState) -> CardNote {
    CardNote {
        state,
        campaign: Some(CAMPAIGN.into()),
        mpi: None,
        registration: None,
        at: now(),
    }
}

#[test]
fn a_card_is_judged_by_the_bundle_on_the_disk_with_the_age_of_its_list() {
    let (world, folder, store) = (World::new(), tempfile::tempdir().unwrap(), Memory::default());
    let lists = world.lists(folder.path(), &[9]);
    let eyes = eyes(&lists, &store);
    let seen = eyes.scan(&world.issued(1)).unwrap();
    assert_eq!(seen.verdict.finding.name(), "valid");
    assert_eq!(seen.verdict.knowledge.age.unwrap().as_hours(), 32);
    assert_eq!(seen.card, Some(CardRef::Token(hash(1))));
    assert_eq!(
        eyes.scan(&world.issued(9)).unwrap().verdict.finding.name(),
        "revoked"
    );
    assert_eq!(
        eyes.scan(&world.blank(1)).unwrap().verdict.finding.name(),
        "blank"
    );
    let foreign = eyes.scan(&World::new().issued(1)).unwrap();
    assert_eq!((foreign.verdict.finding.name(), foreign.card), ("unknown", None));
    assert_eq!(eyes.scan("hello").unwrap().verdict.finding.name(), "not_a_card");
}

#[test]
fn a_bundle_that_is_still_coming_is_scanned_with_as_soon_as_its_lists_are_in() {
    let (world, folder) = (World::new(), tempfile::tempdir().unwrap());
    let vault = keys::public_half(&world.sync);
    let contents = Contents {
        number: 4,
        ..Contents::default()
    };
    let built = world.bundle(contents, &vault);
    let mut bundle = Folder::new(Disk::open(folder.path()).unwrap());
    let root = world.root.public();
    let open = |bundle: &Folder<Disk>| Lists::open(bundle, Some(&built.manifest), &root).unwrap();
    assert!(open(&bundle).is_none());
    for (part, bytes) in &built.parts[..2] {
        assert!(open(&bundle).is_none(), "the lists are not whole");
        bundle.write(part, 0, bytes).unwrap();
        bundle.keep(part).unwrap();
    }
    assert_eq!(open(&bundle).unwrap().bundle, 4);
    assert!(
        Lists::open(&bundle, None, &root).unwrap().is_none(),
        "it does not count yet"
    );
}

#[test]
fn a_card_that_was_bound_here_is_valid_and_one_that_was_replaced_is_revoked() {
    let (world, folder, mut store) = (World::new(), tempfile::tempdir().unwrap(), Memory::default());
    let lists = world.lists(folder.path(), &[]);
    let changes = [(1, CardState::Bound), (2, CardState::Revoked)]
        .map(|(token, state)| put_note(&CardRef::Token(hash(token)), &note(state)));
    store.commit(changes.into()).unwrap();
    let eyes = eyes(&lists, &store);
    assert_eq!(
        eyes.scan(&world.blank(1)).unwrap().verdict.finding.name(),
        "valid"
    );
    let replaced = eyes.scan(&world.issued(2)).unwrap().verdict.finding;
    let Finding::Revoked { by, .. } = replaced else {
        panic!("{replaced:?}");
    };
    assert_eq!(by, jiff::civil::date(2026, 6, 15));
}

#[test]
fn a_second_claim_in_a_round_is_shown_and_another_round_is_not() {
    let (world, folder, mut store) = (World::new(), tempfile::tempdir().unwrap(), Memory::default());
    let lists = world.lists(folder.path(), &[]);
    assert_eq!(eyes(&lists, &store).scan(&world.issued(1)).unwrap().served, None);
    let card = CardRef::Token(hash(1));
    for times in 1..=2 {
        let before = served_before(&store, 3, "2026-06", &card).unwrap();
        store
            .commit(vec![put_served(before, (3, "2026-06"), &card, (now(), 9))])
            .unwrap();
        let seen = eyes(&lists, &store).scan(&world.issued(1)).unwrap();
        assert_eq!(seen.served.unwrap().times, times);
    }
    let other = Eyes {
        round: Some((3, "2026-07")),
        ..eyes(&lists, &store)
    };
    assert_eq!(other.scan(&world.issued(1)).unwrap().served, None);
}

#[test]
fn a_typed_number_gets_the_same_verdict_and_a_slip_is_told() {
    let (world, folder, store) = (World::new(), tempfile::tempdir().unwrap(), Memory::default());
    let mpi = MpiId::parse("SN-KLD-26-9XQ7LM2A").unwrap();
    let vault = crate::wire::DeviceKey::from_secret(crate::sensitive::Secret::take(&mut [4; 32]));
    let contents = Contents {
        number: 1,
        cards: vec![(1, vec![Handle::Mpi(mpi)])],
        ..Contents::default()
    };
    let mut bundle = Folder::new(Disk::open(folder.path()).unwrap());
    put(&mut bundle, &world.bundle(contents, &vault.public()), &world);
    let root = world.root.public();
    let lists = Lists::open(&bundle, None, &root).unwrap().unwrap();
    let opened = Opened::open(&bundle, &root).unwrap();
    let numbers = opened.numbers(&bundle, vault.secret()).unwrap();
    let eyes = Eyes {
        numbers: numbers.as_ref(),
        ..eyes(&lists, &store)
    };
    let typed = |text: &str| eyes.typed(text).unwrap();
    assert_eq!(
        typed("sn kld 26 9xq7lm2a").unwrap().verdict.finding.name(),
        "valid"
    );
    assert_eq!(
        typed("SN-KLD-26-9XQ7LM2B").unwrap().verdict.finding.name(),
        "unknown"
    );
    assert!(matches!(typed("0123-4567-89AB-0"), Err(TypedError::Code(_))));
}

#[test]
fn a_clock_that_is_years_wrong_is_said_and_not_believed() {
    let (world, folder, store) = (World::new(), tempfile::tempdir().unwrap(), Memory::default());
    let lists = world.lists(folder.path(), &[]);
    let behind = Eyes {
        device: at("2016-06-15T08:00:00Z"),
        ..eyes(&lists, &store)
    };
    let seen = behind.scan(&world.issued(1)).unwrap();
    assert!(seen.verdict.knowledge.clock_behind);
    assert_eq!(seen.verdict.finding.name(), "valid");
    let floor = Eyes {
        floor: Some(at("2027-06-15T08:00:00Z")),
        ..behind
    };
    assert_eq!(
        floor.scan(&world.issued(1)).unwrap().verdict.finding.name(),
        "expired"
    );
}

#[test]
fn the_log_says_what_was_found_and_never_who() {
    let (world, folder, mut store) = (World::new(), tempfile::tempdir().unwrap(), Memory::default());
    let lists = world.lists(folder.path(), &[9]);
    for token in [1, 9] {
        let seen = eyes(&lists, &store).scan(&world.issued(token)).unwrap();
        log(&mut store, &seen, now()).unwrap();
    }
    let entries = logged(&store).unwrap();
    let found: Vec<&str> = entries.iter().map(|entry| &*entry.finding).collect();
    assert_eq!(found, ["valid", "revoked"]);
    let json = serde_json::to_string(&entries[0]).unwrap();
    let expected =
        r#"{"at":"2026-06-15T08:00:00Z","finding":"valid","campaign":"POLIO26","typed":false,"again":false}"#;
    assert_eq!(json, expected);
}
