//! What waits to be sent, and what came back: sealed packets that nobody on the phone can read.
//!
//! The outbox works without a PIN, so that a phone in a pocket syncs in the background and a forgotten PIN loses no
//! work. It is a file of its own beside the vault, and the two agree without a transaction across both:
//!
//! 1. Saving a registration writes the row, the id that it used and the sealed packet into the **vault**, in one commit.
//!    From then on it is safe; only now is it acknowledged.
//! 2. The packet is copied into the **outbox** ([`Outbox::put`]); one that is there already stays as it is.
//! 3. The server's signed receipt is written beside the packet ([`Outbox::answer`]).
//! 4. With a PIN at hand, the vault takes the receipt and forgets its copy, in one commit; then the outbox marks the
//!    packet as done ([`Outbox::absorbed`]).
//!
//! A crash between any two steps repeats the later one, and each can be repeated. An outbox that was cut or damaged is
//! set aside and filled again from the vault. Packets that are done are kept for a while, sealed, for the day on which a
//! server comes back from an older backup and asks for them again ([`Outbox::send_again`]).

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use rusqlite::{Connection, OptionalExtension as _};

use crate::store::{StoreError, open_file};

/// Packets that are done and kept in case a server forgot them.
pub const MOST_KEPT: u64 = 10_000;

/// A packet's id, a UUIDv7.
pub type PacketId = [u8; 16];

const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS packets (
        id BLOB PRIMARY KEY, sequence INTEGER NOT NULL, state INTEGER NOT NULL, body BLOB NOT NULL, receipt BLOB
    ) WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS packets_by_state ON packets (state, sequence);
    CREATE TABLE IF NOT EXISTS downlinks (number INTEGER PRIMARY KEY, body BLOB NOT NULL);
    CREATE TABLE IF NOT EXISTS notes (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
    PRAGMA user_version = 1;";

const VERSION: u32 = 1;

/// Where a packet is on its way.
#[derive(Clone, Copy)]
enum State {
    Waiting = 0,
    Answered = 1,
    Done = 2,
}

/// A sealed packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packet {
    /// Its id.
    pub id: PacketId,
    /// Its number on this device, from 1, without gaps.
    pub sequence: u64,
    /// Sealed to the server and signed by the device.
    pub sealed: Vec<u8>,
}

/// A packet that the server answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// The packet's id.
    pub id: PacketId,
    /// Its number on this device.
    pub sequence: u64,
    /// The server's receipt, whose signature was checked.
    pub receipt: Vec<u8>,
}

/// How much waits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Waiting {
    /// Packets without a receipt.
    pub packets: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// The open outbox.
pub struct Outbox {
    connection: Connection,
    renewed: bool,
}

impl std::fmt::Debug for Outbox {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Outbox")
    }
}

impl Outbox {
    /// Opens the outbox, or makes it. One that is damaged is set aside under `.damaged` and begun anew: the vault fills
    /// it again, see [`Outbox::was_renewed`].
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        match Self::open_whole(path) {
            Err(StoreError::Damaged) => {
                set_aside(path)?;
                let fresh = Self::open_whole(path)?;
                Ok(Self {
                    renewed: true,
                    ..fresh
                })
            }
            opened => opened,
        }
    }

    fn open_whole(path: &Path) -> Result<Self, StoreError> {
        let connection = open_file(path)?;
        let found: u32 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
        if found > VERSION {
            return Err(StoreError::Newer {
                found,
                known: VERSION,
            });
        }
        let sound: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
        if sound != "ok" {
            return Err(StoreError::Damaged);
        }
        connection.execute_batch(SCHEMA)?;
        Ok(Self {
            connection,
            renewed: false,
        })
    }

    /// Whether the file was damaged and begun anew when it was opened.
    pub fn was_renewed(&self) -> bool {
        self.renewed
    }

    /// Adds packets. One that is there already, in whatever state, stays as it is.
    pub fn put(&mut self, packets: &[Packet]) -> Result<(), StoreError> {
        let transaction = self.connection.transaction()?;
        for packet in packets {
            transaction
                .prepare_cached(
                    "INSERT INTO packets VALUES (?1, ?2, 0, ?3, NULL) ON CONFLICT (id) DO NOTHING",
                )?
                .execute((packet.id, packet.sequence, &packet.sealed))?;
        }
        Ok(transaction.commit()?)
    }

    /// The packets that wait, by sequence: at most so many, and of so many bytes unless the first alone has more.
    pub fn waiting(&self, most: usize, most_bytes: usize) -> Result<Vec<Packet>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT id, sequence, body FROM packets WHERE state = 0 ORDER BY sequence LIMIT ?1",
        )?;
        let mut rows = statement.query([most as u64])?;
        let (mut packets, mut bytes) = (Vec::new(), 0);
        while let Some(row) = rows.next()? {
            let packet = Packet {
                id: row.get(0)?,
                sequence: row.get(1)?,
                sealed: row.get(2)?,
            };
            bytes += packet.sealed.len();
            if bytes > most_bytes && !packets.is_empty() {
                break;
            }
            packets.push(packet);
        }
        Ok(packets)
    }

    /// How much waits.
    pub fn how_much(&self) -> Result<Waiting, StoreError> {
        let sql = "SELECT count(*), coalesce(sum(length(body)), 0) FROM packets WHERE state = 0";
        Ok(self.connection.query_row(sql, [], |row| {
            Ok(Waiting {
                packets: row.get(0)?,
                bytes: row.get(1)?,
            })
        })?)
    }

    /// Writes down the receipts of packets, whose signatures the caller has checked.
    pub fn answer(&mut self, receipts: &[(PacketId, Vec<u8>)]) -> Result<(), StoreError> {
        let transaction = self.connection.transaction()?;
        for (id, receipt) in receipts {
            transaction
                .prepare_cached("UPDATE packets SET state = ?2, receipt = ?3 WHERE id = ?1")?
                .execute((id, State::Answered as u8, receipt))?;
        }
        Ok(transaction.commit()?)
    }

    /// Packets whose receipts the vault has not taken yet, by sequence.
    pub fn answered(&self, most: usize) -> Result<Vec<Answered>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT id, sequence, receipt FROM packets WHERE state = 1 ORDER BY sequence LIMIT ?1",
        )?;
        let rows = statement.query_map([most as u64], |row| {
            Ok(Answered {
                id: row.get(0)?,
                sequence: row.get(1)?,
                receipt: row.get(2)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Marks packets as done, after the vault took their receipts, and lets go of the oldest beyond [`MOST_KEPT`].
    pub fn absorbed(&mut self, ids: &[PacketId]) -> Result<(), StoreError> {
        let transaction = self.connection.transaction()?;
        for id in ids {
            transaction
                .prepare_cached("UPDATE packets SET state = ?2, receipt = NULL WHERE id = ?1 AND state = 1")?
                .execute((id, State::Done as u8))?;
        }
        transaction.execute(
            "DELETE FROM packets WHERE state = 2 AND sequence <= (
                 SELECT sequence FROM packets WHERE state = 2 ORDER BY sequence DESC LIMIT 1 OFFSET ?1)",
            [MOST_KEPT],
        )?;
        Ok(transaction.commit()?)
    }

    /// Lets every packet after a sequence number wait again, because the server forgot them. Says how many.
    pub fn send_again(&mut self, after: u64) -> Result<u64, StoreError> {
        let changed = self.connection.execute(
            "UPDATE packets SET state = ?2, receipt = NULL WHERE sequence > ?1 AND state <> ?2",
            (after, State::Waiting as u8),
        )?;
        Ok(changed as u64)
    }

    /// Keeps downlinks that only the vault can open, until it does, together with notes; in one commit.
    pub fn keep_downlinks(
        &mut self,
        downlinks: &[(u64, Vec<u8>)],
        notes: &[(&str, Vec<u8>)],
    ) -> Result<(), StoreError> {
        let transaction = self.connection.transaction()?;
        for (number, body) in downlinks {
            transaction
                .prepare_cached("INSERT OR IGNORE INTO downlinks VALUES (?1, ?2)")?
                .execute((number, body))?;
        }
        for (name, value) in notes {
            write_note(&transaction, name, value)?;
        }
        Ok(transaction.commit()?)
    }

    /// The downlinks that wait for the vault, by number.
    pub fn downlinks(&self) -> Result<Vec<(u64, Vec<u8>)>, StoreError> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT number, body FROM downlinks ORDER BY number")?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Removes downlinks up to a number, after the vault took them.
    pub fn took_downlinks(&mut self, up_to: u64) -> Result<(), StoreError> {
        self.connection
            .execute("DELETE FROM downlinks WHERE number <= ?1", [up_to])?;
        Ok(())
    }

    /// What syncing without a PIN needs to know: addresses, sealed keys, how far it came.
    pub fn note(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT value FROM notes WHERE name = ?1")?;
        Ok(statement.query_row([name], |row| row.get(0)).optional()?)
    }

    /// Every note.
    pub fn notes(&self) -> Result<Vec<(String, Vec<u8>)>, StoreError> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT name, value FROM notes ORDER BY name")?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Writes a note.
    pub fn set_note(&mut self, name: &str, value: &[u8]) -> Result<(), StoreError> {
        write_note(&self.connection, name, value)
    }

    /// Removes a note.
    pub fn forget_note(&mut self, name: &str) -> Result<(), StoreError> {
        self.connection
            .execute("DELETE FROM notes WHERE name = ?1", [name])?;
        Ok(())
    }
}

fn write_note(connection: &Connection, name: &str, value: &[u8]) -> Result<(), StoreError> {
    connection
        .prepare_cached("INSERT OR REPLACE INTO notes VALUES (?1, ?2)")?
        .execute((name, value))?;
    Ok(())
}

/// Moves a damaged file and its side files out of the way, in place of an earlier one that was.
fn set_aside(path: &Path) -> Result<(), StoreError> {
    for ending in ["", "-wal", "-shm"] {
        let with = |ending: String| {
            let mut name = path.as_os_str().to_owned();
            name.push(ending);
            PathBuf::from(name)
        };
        match std::fs::rename(with(ending.to_owned()), with(format!(".damaged{ending}"))) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
    }
    Ok(())
}
