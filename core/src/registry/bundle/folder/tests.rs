use std::cell::Cell;
use std::collections::BTreeMap;

use jiff::civil::date;

use super::super::manifest::Kind;
use super::super::part;
use super::*;
use crate::card::key::Purpose;
use crate::card::signing::SigningKey;
use crate::card::trust::{KeyState, Scope, TrustEntry};
use crate::sensitive::Secret;

/// A disk in memory that forgets, at a power cut, what was not synced.
#[derive(Debug, Clone, Default)]
struct Fragile {
    now: BTreeMap<String, Vec<u8>>,
    durable: BTreeMap<String, Vec<u8>>,
    /// Contents that were synced, by name now.
    synced: BTreeMap<String, Vec<u8>>,
    /// Steps until the power fails.
    left: Cell<Option<usize>>,
}

impl Fragile {
    fn step(&self) -> io::Result<()> {
        match self.left.get() {
            Some(0) => Err(io::Error::other("power cut")),
            left => {
                self.left.set(left.map(|left| left - 1));
                Ok(())
            }
        }
    }

    /// The disk after the power came back: renames may or may not have reached it.
    fn after_cut(&self, renames_arrived: bool) -> Self {
        let kept = if renames_arrived {
            &self.synced
        } else {
            &self.durable
        };
        Self {
            now: kept.clone(),
            durable: kept.clone(),
            synced: kept.clone(),
            left: Cell::new(None),
        }
    }
}

impl Files for Fragile {
    fn read(&self, name: &str) -> io::Result<Box<dyn Read + '_>> {
        let file = self.now.get(name).ok_or(io::ErrorKind::NotFound)?;
        Ok(Box::new(&file[..]))
    }

    fn length(&self, name: &str) -> io::Result<Option<u64>> {
        Ok(self.now.get(name).map(|file| file.len() as u64))
    }

    fn write_at(&mut self, name: &str, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.step()?;
        let file = self.now.entry(name.to_owned()).or_default();
        file.truncate(offset as usize);
        file.extend_from_slice(bytes);
        Ok(())
    }

    fn sync(&mut self, name: &str) -> io::Result<()> {
        self.step()?;
        self.synced.insert(name.to_owned(), self.now[name].clone());
        Ok(())
    }

    fn rename(&mut self, from: &str, to: &str) -> io::Result<()> {
        self.step()?;
        for files in [&mut self.now, &mut self.synced] {
            if let Some(file) = files.remove(from) {
                files.insert(to.to_owned(), file);
            }
        }
        Ok(())
    }

    fn remove(&mut self, name: &str) -> io::Result<()> {
        self.step()?;
        self.now.remove(name);
        self.synced.remove(name);
        Ok(())
    }

    fn sync_folder(&mut self) -> io::Result<()> {
        self.step()?;
        self.durable = self.synced.clone();
        Ok(())
    }

    fn names(&self) -> io::Result<Vec<String>> {
        Ok(self.now.keys().cloned().collect())
    }
}

fn publisher() -> SigningKey {
    SigningKey::from_seed(Purpose::Publisher, &Secret::take(&mut [2; 32]))
}

fn trust() -> TrustList {
    let root = SigningKey::from_seed(Purpose::Root, &Secret::take(&mut [1; 32]));
    let mut trust = TrustList::new(1, date(2026, 3, 1), "Test", root.public());
    let entry = TrustEntry {
        kid: publisher().kid(),
        purpose: Purpose::Publisher,
        public: publisher().public().0,
        scope: Scope::Organisation,
        not_before: date(2026, 1, 1),
        not_after: date(2030, 1, 1),
        state: KeyState::Active,
    };
    trust.add(entry).unwrap();
    trust
}

/// A bundle of two parts, one of them the same in every number.
fn bundle(number: u64) -> (Vec<u8>, Vec<(Part, Vec<u8>)>) {
    let contents = [
        (Kind::Trust, b"the same".to_vec()),
        (Kind::Status, vec![number as u8; 1_000]),
    ];
    let parts = contents
        .map(|(kind, bytes)| (part::store(kind, number, &bytes), bytes))
        .to_vec();
    let manifest = Manifest {
        number,
        built: "2026-03-01T00:00:00Z".parse().unwrap(),
        parts: parts.iter().map(|(part, _)| *part).collect(),
        recipients: Vec::new(),
    };
    (manifest.sign(&publisher()).unwrap(), parts)
}

/// Brings a bundle in, going on from whatever is there.
fn take<F: Files>(folder: &mut Folder<F>, number: u64) -> Result<(), FolderError> {
    let (signed, parts) = bundle(number);
    for (part, bytes) in &parts {
        loop {
            let have = folder.have(part)? as usize;
            if have == bytes.len() {
                break;
            }
            folder.write(part, have as u64, &bytes[have..bytes.len().min(have + 300)])?;
        }
        folder.keep(part)?;
    }
    folder.switch(&trust(), &signed, 0).map(|_| ())
}

fn counts<F: Files>(folder: &Folder<F>) -> u64 {
    let manifest = Manifest::open(&trust(), &folder.manifest().unwrap()).unwrap();
    manifest.parts.iter().for_each(|part| folder.check(part).unwrap());
    manifest.number
}

#[test]
fn a_power_cut_at_any_step_leaves_a_whole_bundle_and_the_update_goes_on() {
    let mut old = Folder::new(Fragile::default());
    take(&mut old, 1).unwrap();
    let mut whole_at = None;
    for steps in 0..60 {
        let mut folder = old.clone_with_power_for(steps);
        let finished = take(&mut folder, 2).is_ok();
        for renames_arrived in [false, true] {
            let mut folder = Folder::new(folder.files.after_cut(renames_arrived));
            assert!([1, 2].contains(&counts(&folder)), "after {steps} steps");
            take(&mut folder, 2).unwrap();
            assert_eq!(counts(&folder), 2);
            assert_eq!(folder.files.now.len(), 3, "nothing of the old bundle is left");
        }
        if finished {
            whole_at = whole_at.or(Some(steps));
        }
    }
    assert!(whole_at.is_some_and(|steps| steps > 10));
}

impl Folder<Fragile> {
    fn clone_with_power_for(&self, steps: usize) -> Self {
        let files = self.files.clone();
        files.left.set(Some(steps));
        Self { files }
    }
}

#[test]
fn an_older_bundle_is_refused_also_when_the_folder_was_emptied() {
    let mut folder = Folder::new(Fragile::default());
    take(&mut folder, 5).unwrap();
    let (old, _) = bundle(4);
    assert!(matches!(
        folder.accept(&trust(), &old, 0),
        Err(FolderError::Older { held: 5, offered: 4 })
    ));
    let empty = Folder::new(Fragile::default());
    assert!(matches!(
        empty.accept(&trust(), &old, 5),
        Err(FolderError::Older { held: 5, offered: 4 })
    ));
    assert!(empty.accept(&trust(), &old, 4).is_ok());
    let mut forked = Manifest::claimed(&bundle(5).0).unwrap();
    forked.parts.pop();
    let forked = forked.sign(&publisher()).unwrap();
    assert!(matches!(
        folder.accept(&trust(), &forked, 0),
        Err(FolderError::Fork(5))
    ));
}

#[test]
fn swapped_or_missing_parts_are_found() {
    let mut folder = Folder::new(Fragile::default());
    let (signed, parts) = bundle(1);
    let (status, _) = &parts[1];
    assert!(matches!(
        folder.switch(&trust(), &signed, 0),
        Err(FolderError::Incomplete("trust"))
    ));
    folder.write(status, 0, &[9; 1_000]).unwrap();
    assert!(matches!(folder.keep(status), Err(FolderError::Damaged("status"))));
    assert_eq!(
        folder.have(status).unwrap(),
        0,
        "wrong bytes are fetched again from the start"
    );
    assert!(folder.write(status, 1, &[1]).is_err());
    assert!(folder.write(status, 0, &[1; 1_001]).is_err());
    folder.write(status, 0, &[1; 10]).unwrap();
    assert!(matches!(
        folder.keep(status),
        Err(FolderError::Incomplete("status"))
    ));
}

#[test]
fn a_manifest_that_the_publisher_did_not_sign_is_refused() {
    let folder = Folder::new(Fragile::default());
    let (mut signed, _) = bundle(1);
    let length = signed.len();
    signed[length / 2] ^= 1;
    assert!(matches!(
        folder.accept(&trust(), &signed, 0),
        Err(FolderError::Manifest(_))
    ));
    assert!(matches!(folder.manifest(), Err(FolderError::Empty)));
}
