//! The vault: a SQLCipher file. Every page is encrypted (AES-256-CBC) and authenticated (HMAC-SHA-512) under the data
//! key, so a stolen phone shows nothing and a changed page is noticed.

use std::fmt::Write as _;
use std::path::Path;

use rusqlite::{Connection, OptionalExtension as _};
use zeroize::Zeroizing;

use super::{Change, Entry, Store, StoreError, Table, Visitor, durable, migrations};
use crate::sensitive::Secret;

/// The key of all pages. Random; wrapped once for each user of the phone by their PIN.
pub type DataKey = Secret<32>;

/// An open vault.
pub struct Vault {
    connection: Connection,
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Vault([withheld])")
    }
}

impl Vault {
    /// Opens a vault, or makes it, and brings its schema up to this version.
    pub fn open(path: &Path, key: &DataKey) -> Result<Self, StoreError> {
        let mut connection = Connection::open(path)?;
        connection.execute_batch(&key_pragma(key))?;
        // The first read tells whether the key fits.
        let opened = connection.query_row("SELECT count(*) FROM sqlite_master", [], |row| {
            row.get::<_, i64>(0)
        });
        if let Err(error) = opened {
            return Err(match error.sqlite_error_code() {
                Some(rusqlite::ErrorCode::NotADatabase) => StoreError::WrongKey,
                _ => error.into(),
            });
        }
        durable(&connection)?;
        migrations::run(&mut connection)?;
        connection.set_prepared_statement_cache_capacity(64);
        Ok(Self { connection })
    }

    /// Reads every page and checks that it is what was written.
    pub fn check(&self) -> Result<(), StoreError> {
        let mut statement = self.connection.prepare("PRAGMA cipher_integrity_check")?;
        let mut faults = statement.query([])?;
        match faults.next()? {
            None => Ok(()),
            Some(_) => Err(StoreError::Damaged),
        }
    }

    /// Bytes of the file, after its log was written back.
    pub fn size(&self) -> Result<u64, StoreError> {
        self.connection
            .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
        let path = self.connection.path().unwrap_or_default();
        Ok(std::fs::metadata(path)?.len())
    }

    /// Lets the file grow by no more than so many pages, as a full disk would.
    #[cfg(test)]
    pub(super) fn leave_room(&self, pages: u64) -> Result<(), StoreError> {
        let now: u64 = self
            .connection
            .query_row("PRAGMA page_count", [], |row| row.get(0))?;
        let pragma = format!("PRAGMA max_page_count = {}", now + pages);
        Ok(self.connection.query_row(&pragma, [], |_| Ok(()))?)
    }
}

/// The key as SQLCipher takes it raw, without a derivation of its own.
fn key_pragma(key: &DataKey) -> Zeroizing<String> {
    let mut pragma = Zeroizing::new(String::with_capacity(100));
    pragma.push_str("PRAGMA key = \"x'");
    for byte in key.reveal() {
        // Writing to a String cannot fail.
        let _ = write!(pragma, "{byte:02x}");
    }
    pragma.push_str("'\"");
    pragma
}

impl Store for Vault {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        let sql = format!("SELECT value FROM {} WHERE key = ?1", table.name());
        let mut statement = self.connection.prepare_cached(&sql)?;
        Ok(statement.query_row([key], |row| row.get(0)).optional()?)
    }

    fn walk(&self, table: Table, after: Option<&[u8]>, most: usize) -> Result<Vec<Entry>, StoreError> {
        // With an empty key as the beginning the index is entered where it is needed; the empty key itself is a key too.
        let compare = if after.is_some() { ">" } else { ">=" };
        let sql = format!(
            "SELECT key, value FROM {} WHERE key {compare} ?1 ORDER BY key LIMIT ?2",
            table.name()
        );
        let mut statement = self.connection.prepare_cached(&sql)?;
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let from = after.unwrap_or_default();
        let rows = statement.query_map((from, most), |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    fn count(&self, table: Table) -> Result<u64, StoreError> {
        let sql = format!("SELECT count(*) FROM {}", table.name());
        let mut statement = self.connection.prepare_cached(&sql)?;
        Ok(statement.query_row([], |row| row.get(0))?)
    }

    fn commit(&mut self, changes: Vec<Change>) -> Result<(), StoreError> {
        let transaction = self.connection.transaction()?;
        for change in &changes {
            match change {
                Change::Put(table, key, value) => {
                    let sql = format!("INSERT OR REPLACE INTO {} VALUES (?1, ?2)", table.name());
                    transaction.prepare_cached(&sql)?.execute((key, value))?;
                }
                Change::Remove(table, key) => {
                    let sql = format!("DELETE FROM {} WHERE key = ?1", table.name());
                    transaction.prepare_cached(&sql)?.execute([key])?;
                }
                Change::Clear(table) => {
                    transaction.execute_batch(&format!("DELETE FROM {}", table.name()))?;
                }
            }
        }
        Ok(transaction.commit()?)
    }

    /// One pass over the table; the pages of the default implementation would begin anew for each.
    fn each(&self, table: Table, visit: &mut Visitor<'_>) -> Result<(), StoreError> {
        let sql = format!("SELECT key, value FROM {} ORDER BY key", table.name());
        let mut statement = self.connection.prepare_cached(&sql)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let blob = |at| row.get_ref(at)?.as_blob().map_err(rusqlite::Error::from);
            visit(blob(0)?, blob(1)?)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::{Seek as _, SeekFrom, Write as _};

    use super::*;

    fn key(byte: u8) -> DataKey {
        Secret::take(&mut [byte; 32])
    }

    fn fill(vault: &mut Vault, people: u32) -> Result<(), StoreError> {
        for number in 0..people {
            vault.commit(vec![Change::put(
                Table::People,
                number.to_be_bytes(),
                vec![7; 1_000],
            )])?;
        }
        Ok(())
    }

    #[test]
    fn another_key_opens_nothing_and_harms_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("vault");
        let mut vault = Vault::open(&path, &key(1)).unwrap();
        vault
            .commit(vec![Change::put(Table::Settings, "device", *b"here")])
            .unwrap();
        drop(vault);
        assert_eq!(Vault::open(&path, &key(2)).unwrap_err(), StoreError::WrongKey);
        let vault = Vault::open(&path, &key(1)).unwrap();
        assert_eq!(vault.get(Table::Settings, b"device").unwrap().unwrap(), b"here");
    }

    #[test]
    fn nothing_of_a_person_stands_in_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("vault");
        let mut vault = Vault::open(&path, &key(1)).unwrap();
        let name = b"Fatoumata Diallo of Kolda";
        vault
            .commit(vec![Change::put(Table::People, name, *name)])
            .unwrap();
        let files = fs::read_dir(folder.path()).unwrap();
        for file in files {
            let bytes = fs::read(file.unwrap().path()).unwrap();
            assert!(!bytes.windows(9).any(|window| window == &name[..9]));
            assert!(!bytes.starts_with(b"SQLite format 3"));
        }
    }

    #[test]
    fn a_full_disk_refuses_the_new_and_keeps_the_old() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("vault");
        let mut vault = Vault::open(&path, &key(1)).unwrap();
        fill(&mut vault, 10).unwrap();
        vault.leave_room(3).unwrap();
        assert_eq!(fill(&mut vault, 1_000).unwrap_err(), StoreError::Full);
        let kept = vault.count(Table::People).unwrap();
        assert!(kept >= 10, "{kept}");
        drop(vault);
        let mut vault = Vault::open(&path, &key(1)).unwrap();
        assert_eq!(vault.count(Table::People).unwrap(), kept);
        fill(&mut vault, 100).unwrap();
        assert_eq!(vault.count(Table::People).unwrap(), 100);
        vault.check().unwrap();
    }

    #[test]
    fn a_damaged_page_is_said_and_the_others_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("vault");
        let mut vault = Vault::open(&path, &key(1)).unwrap();
        vault
            .commit(vec![Change::put(Table::Settings, "device", *b"here")])
            .unwrap();
        fill(&mut vault, 200).unwrap();
        drop(vault);
        let length = fs::metadata(&path).unwrap().len();
        let mut file = fs::OpenOptions::new().write(true).open(&path).unwrap();
        file.seek(SeekFrom::Start(length / 2 / 4096 * 4096 + 100))
            .unwrap();
        file.write_all(&[0xAA; 64]).unwrap();
        drop(file);
        let vault = Vault::open(&path, &key(1)).unwrap();
        assert_eq!(vault.get(Table::Settings, b"device").unwrap().unwrap(), b"here");
        assert_eq!(vault.check().unwrap_err(), StoreError::Damaged);
        let read = vault.each(Table::People, &mut |_, _| Ok(()));
        assert!(
            matches!(read, Err(StoreError::Damaged | StoreError::Disk(_))),
            "{read:?}"
        );
    }

    #[test]
    fn a_file_cut_in_its_first_page_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("vault");
        fill(&mut Vault::open(&path, &key(1)).unwrap(), 10).unwrap();
        let bytes = fs::read(&path).unwrap();
        fs::write(&path, &bytes[..2_000]).unwrap();
        let opened = Vault::open(&path, &key(1));
        assert!(
            matches!(opened, Err(StoreError::WrongKey | StoreError::Damaged)),
            "{opened:?}"
        );
    }

    /// A vault as the first version wrote it.
    fn of_version_1(path: &Path) {
        let connection = Connection::open(path).unwrap();
        connection.execute_batch(&key_pragma(&key(1))).unwrap();
        connection
            .execute_batch(include_str!("fixtures/version1.sql"))
            .unwrap();
    }

    #[test]
    fn a_vault_of_an_older_version_is_brought_up_and_keeps_what_it_holds() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("vault");
        of_version_1(&path);
        let mut vault = Vault::open(&path, &key(1)).unwrap();
        assert_eq!(
            vault.get(Table::Settings, b"device").unwrap().unwrap(),
            b"device-1"
        );
        assert_eq!(vault.count(Table::Pool).unwrap(), 2);
        vault
            .commit(vec![Change::put(Table::Served, "card", *b"now")])
            .unwrap();
        assert_eq!(vault.count(Table::Served).unwrap(), 1);
    }

    #[test]
    fn a_vault_of_a_later_version_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("vault");
        of_version_1(&path);
        let connection = Connection::open(&path).unwrap();
        connection.execute_batch(&key_pragma(&key(1))).unwrap();
        connection.execute_batch("PRAGMA user_version = 99").unwrap();
        drop(connection);
        let refused = Vault::open(&path, &key(1)).unwrap_err();
        assert_eq!(refused, StoreError::Newer { found: 99, known: 2 });
    }
}
