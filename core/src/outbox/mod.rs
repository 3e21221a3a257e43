//! What waits to be sent, and what came back: sealed packets that nobody on the phone can read.
//!
//! The outbox works without a PIN, so that a phone in a pocket syncs in the background and a forgotten PIN loses no
//! work. It is a file of its own beside the vault, and the two agree without a transaction across both:
//!
//! 1. Saving a registration writes the row, the id that it used and the sealed packet into the **vault**, in one commit.
//!    From then on it is safe; only now is it acknowledged.
//! 2. The packet is copied into the **outbox** ([`Outbox::put`]); one that is there already stays as it is.
//! 3. The server's signed receipt marks the packet as answered and lies in the inbox, in one commit
//!    ([`Outbox::receive`]), with whatever else came that only the vault can open.
//! 4. With a PIN at hand, the vault takes what is in the inbox and forgets its copy of the packet, in one commit; then the
//!    inbox is emptied ([`Outbox::absorbed`]).
//!
//! A crash between any two steps repeats the later one, and each can be repeated. An outbox that was cut or damaged is
//! set aside and filled again from the vault. Answered packets are kept for a while, sealed, for the day on which a
//! server comes back from an older backup and asks for them again ([`Outbox::send_again`]).

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use rusqlite::{Connection, OptionalExtension as _};

use crate::store::{StoreError, open_file};
use crate::wire::PacketId;
use crate::wire::session::Held;

/// Answered packets that are kept in case a server forgets them.
pub const MOST_KEPT: u64 = 10_000;

const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS packets (
        id BLOB PRIMARY KEY, sequence INTEGER NOT NULL, answered INTEGER NOT NULL, body BLOB NOT NULL
    ) WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS packets_by_sequence ON packets (answered, sequence);
    CREATE TABLE IF NOT EXISTS inbox (number INTEGER PRIMARY KEY AUTOINCREMENT, kind INTEGER NOT NULL, body BLOB NOT NULL);
    CREATE TABLE IF NOT EXISTS notes (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
    PRAGMA user_version = 1;";

const VERSION: u32 = 1;

/// A sealed packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packet {
    /// Its id.
    pub id: PacketId,
    /// Its number on this device, from 1, without gaps.
    pub sequence: u64,
    /// Sealed to the server and signed by the device: a [`crate::wire::packet::SealedPacket`] as bytes.
    pub sealed: Vec<u8>,
}

/// Something that came and waits for the vault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incoming {
    /// What it is.
    pub kind: Kind,
    /// Its bytes, whose signature was checked.
    pub body: Vec<u8>,
}

/// What came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// JSON of a [`crate::wire::receipt::Receipt`].
    Receipt = 1,
    /// Numbers of people, sealed to the vault key: [`crate::wire::receipt::open_assigned`].
    Assigned = 2,
    /// JSON of a [`crate::wire::downlink::Item`] sealed to the vault key.
    Item = 3,
    /// JSON of a [`crate::wire::downlink::Message`] that was opened without a PIN and changes what the vault holds.
    Message = 4,
}

impl Kind {
    fn from_number(number: u8) -> Result<Self, StoreError> {
        let all = [Self::Receipt, Self::Assigned, Self::Item, Self::Message];
        all.into_iter()
            .find(|kind| *kind as u8 == number)
            .ok_or(StoreError::Damaged)
    }
}

/// How far the packets are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Progress {
    /// Packets without a receipt.
    pub waiting: u64,
    /// Their bytes.
    pub waiting_bytes: u64,
    /// The highest sequence of a packet here.
    pub sequence: u64,
    /// The highest sequence with a receipt.
    pub answered: u64,
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

    /// Adds packets. One that is there already, answered or not, stays as it is.
    pub fn put(&mut self, packets: &[Packet]) -> Result<(), StoreError> {
        let transaction = self.connection.transaction()?;
        for packet in packets {
            transaction
                .prepare_cached("INSERT INTO packets VALUES (?1, ?2, 0, ?3) ON CONFLICT (id) DO NOTHING")?
                .execute((packet.id.to_bytes(), packet.sequence, &packet.sealed))?;
        }
        Ok(transaction.commit()?)
    }

    /// The packets that wait, by sequence from `after` on: at most so many, and of so many bytes unless the first alone
    /// has more.
    pub fn waiting(&self, after: u64, most: usize, most_bytes: usize) -> Result<Vec<Packet>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT id, sequence, body FROM packets WHERE answered = 0 AND sequence > ?1 ORDER BY sequence LIMIT ?2",
        )?;
        let mut rows = statement.query([after, most as u64])?;
        let (mut packets, mut bytes) = (Vec::new(), 0);
        while let Some(row) = rows.next()? {
            let packet = Packet {
                id: PacketId::from_bytes(row.get(0)?).map_err(|_| StoreError::Damaged)?,
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

    /// How far the packets are.
    pub fn progress(&self) -> Result<Progress, StoreError> {
        let sql = "SELECT coalesce(sum(answered = 0), 0), coalesce(sum(iif(answered, 0, length(body))), 0),
                       coalesce(max(sequence), 0), coalesce(max(iif(answered, sequence, 0)), 0) FROM packets";
        Ok(self.connection.query_row(sql, [], |row| {
            Ok(Progress {
                waiting: row.get(0)?,
                waiting_bytes: row.get(1)?,
                sequence: row.get(2)?,
                answered: row.get(3)?,
            })
        })?)
    }

    /// Writes down what came, in one commit: which packets were answered for good, what waits for the vault, and notes.
    pub fn receive(
        &mut self,
        answered: &[PacketId],
        incoming: &[Incoming],
        notes: &[(&str, Vec<u8>)],
    ) -> Result<(), StoreError> {
        let transaction = self.connection.transaction()?;
        for id in answered {
            transaction
                .prepare_cached("UPDATE packets SET answered = 1 WHERE id = ?1")?
                .execute([id.to_bytes()])?;
        }
        for one in incoming {
            transaction
                .prepare_cached("INSERT INTO inbox (kind, body) VALUES (?1, ?2)")?
                .execute((one.kind as u8, &one.body))?;
        }
        for (name, value) in notes {
            write_note(&transaction, name, value)?;
        }
        Ok(transaction.commit()?)
    }

    /// What waits for the vault, in the order in which it came.
    pub fn inbox(&self, most: usize) -> Result<Vec<(u64, Incoming)>, StoreError> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT number, kind, body FROM inbox ORDER BY number LIMIT ?1")?;
        let mut rows = statement.query([most as u64])?;
        let mut incoming = Vec::new();
        while let Some(row) = rows.next()? {
            let kind = Kind::from_number(row.get(1)?)?;
            let body = row.get(2)?;
            incoming.push((row.get(0)?, Incoming { kind, body }));
        }
        Ok(incoming)
    }

    /// Empties the inbox up to a number, after the vault took it, and lets go of the oldest answered packets beyond
    /// [`MOST_KEPT`].
    pub fn absorbed(&mut self, up_to: u64) -> Result<(), StoreError> {
        let transaction = self.connection.transaction()?;
        transaction.execute("DELETE FROM inbox WHERE number <= ?1", [up_to])?;
        transaction.execute(
            "DELETE FROM packets WHERE answered = 1 AND sequence <= (
                 SELECT sequence FROM packets WHERE answered = 1 ORDER BY sequence DESC LIMIT 1 OFFSET ?1)",
            [MOST_KEPT],
        )?;
        Ok(transaction.commit()?)
    }

    /// Lets every answered packet wait again that the server does not hold any more. Says how many.
    pub fn send_again(&mut self, held: &Held) -> Result<u64, StoreError> {
        let transaction = self.connection.transaction()?;
        let mut again = 0;
        {
            let mut statement = transaction.prepare_cached(
                "SELECT id, sequence FROM packets WHERE answered = 1 AND sequence > ?1 ORDER BY sequence",
            )?;
            let rows = statement.query_map([held.through], |row| {
                Ok((row.get::<_, Vec<u8>>(0)?, row.get::<_, u64>(1)?))
            })?;
            let answered = rows.collect::<Result<Vec<_>, _>>()?;
            for (id, _) in answered.iter().filter(|(_, sequence)| !held.holds(*sequence)) {
                transaction.execute("UPDATE packets SET answered = 0 WHERE id = ?1", [id])?;
                again += 1;
            }
        }
        transaction.commit()?;
        Ok(again)
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
