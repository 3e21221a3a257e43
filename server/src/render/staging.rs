//! Files that appear whole or not at all.
//!
//! Everything is written in a folder of its own beside its destination, and moved when all of it is complete and on the
//! disk; the records of the cards come last, so that a folder with `cards.csv` has everything. What an interrupted run
//! left is cleared by the next one.

use std::fs::{self, File, TryLockError};
use std::io::BufWriter;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail, ensure};

/// The folder in which files wait.
const FOLDER: &str = ".unfinished";
/// The records of the cards.
pub const RECORDS: &str = "cards.csv";

/// Pictures of cards.
pub const PICTURES: &str = "cards";
/// Pages of cards.
pub const PAGES: &str = "cards.pdf";
/// Pictures in an archive.
pub const ARCHIVE: &str = "cards.zip";
/// Rows without a card, and why.
pub const REFUSED: &str = "refused.csv";
/// What a run may leave, the records first: without them the rest is known to be incomplete.
const ALL: [&str; 5] = [RECORDS, PICTURES, PAGES, ARCHIVE, REFUSED];

/// A run's files until they are complete.
pub struct Staging {
    out: PathBuf,
    folder: PathBuf,
    /// Held as long as the run goes on.
    _lock: File,
}

impl Staging {
    /// Makes the folder ready. Refuses one in which another run is working, or whose cards would be lost.
    pub fn begin(out: &Path, replaces: bool) -> anyhow::Result<Self> {
        ensure!(
            replaces || !out.join(RECORDS).exists(),
            "{} already holds cards of an earlier run; choose another folder with --out, or say --replace to lose their records",
            out.display()
        );
        let folder = out.join(FOLDER);
        let said = || {
            format!(
                "cannot write in {}; choose another folder with --out",
                out.display()
            )
        };
        fs::create_dir_all(&folder).with_context(said)?;
        let lock = File::create(out.join(format!("{FOLDER}.lock"))).with_context(said)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => bail!("another run is writing in {}", out.display()),
            Err(TryLockError::Error(error)) => return Err(error).with_context(said),
        }
        let staging = Self {
            out: out.to_owned(),
            folder,
            _lock: lock,
        };
        fs::remove_dir_all(&staging.folder).with_context(said)?;
        fs::create_dir(&staging.folder).with_context(said)?;
        Ok(staging)
    }

    /// Where a file waits.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Begins a file.
    pub fn file(&self, name: &str) -> anyhow::Result<BufWriter<File>> {
        let path = self.path(name);
        let file = File::create(&path).with_context(|| path.display().to_string())?;
        Ok(BufWriter::with_capacity(1 << 18, file))
    }

    /// Moves files and folders to their destination, in this order, in place of all that an earlier run left. Each has been written to the disk.
    pub fn place(&self, names: &[&str]) -> anyhow::Result<()> {
        let said = |name: &str| format!("cannot put {} in place", self.out.join(name).display());
        for name in ALL {
            let old = self.out.join(name);
            if old.exists() {
                fs::rename(&old, self.path(&format!("old-{name}"))).with_context(|| said(name))?;
            }
        }
        for name in names {
            fs::rename(self.path(name), self.out.join(name)).with_context(|| said(name))?;
        }
        // The names are on the disk when the folder is.
        File::open(&self.out)?.sync_all()?;
        Ok(())
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        // What cannot be cleared now is cleared by the next run.
        let _ = fs::remove_dir_all(&self.folder);
        let _ = fs::remove_file(self.out.join(format!("{FOLDER}.lock")));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_that_stops_leaves_what_was_there() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("cards.pdf"), "old").unwrap();
        let staging = Staging::begin(folder.path(), false).unwrap();
        fs::write(staging.path("cards.pdf"), "half").unwrap();
        assert!(Staging::begin(folder.path(), false).is_err(), "one run at a time");
        drop(staging);
        assert_eq!(fs::read(folder.path().join("cards.pdf")).unwrap(), b"old");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn what_a_killed_run_left_is_cleared_and_cards_are_only_replaced_knowingly() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join(FOLDER)).unwrap();
        fs::write(folder.path().join(FOLDER).join("cards.pdf"), "half").unwrap();
        let staging = Staging::begin(folder.path(), false).unwrap();
        assert!(!staging.path("cards.pdf").exists());
        fs::write(staging.path(RECORDS), "new").unwrap();
        staging.place(&[RECORDS]).unwrap();
        drop(staging);
        assert!(Staging::begin(folder.path(), false).is_err());
        let staging = Staging::begin(folder.path(), true).unwrap();
        assert!(
            folder.path().join(RECORDS).exists(),
            "until the new ones are complete"
        );
        fs::write(staging.path(RECORDS), "newer").unwrap();
        staging.place(&[RECORDS]).unwrap();
        assert_eq!(fs::read(folder.path().join(RECORDS)).unwrap(), b"newer");
    }
}
