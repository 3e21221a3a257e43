//! Walking the chain, from the database or from a file, to the first thing that does not fit.

use std::collections::BTreeMap;
use std::io::BufRead;

use anyhow::Context as _;
use data_encoding::HEXLOWER;
use teranga_core::card::key::{Context, Purpose};
use teranga_core::card::signing::PublicKey;

use super::chain::{Checkpoint, Hash, Head, START, checkpoint_message, hash_of, head_message};
use super::export::{Line, Link, lines_after};
use super::record::commitment;
use super::retire::checkpoint;
use crate::db::{Db, DbError, sql};
use crate::keys::Keyring;

/// What was found to be whole.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Checked {
    /// Rows in the chain.
    pub rows: i64,
    /// Signed heads that stand.
    pub heads: u64,
    /// Rows after the last signed head.
    pub unsigned: i64,
    /// Rows that are not in the chain yet.
    pub waiting: i64,
    /// Private halves that are there and fit. The others were erased, or never were.
    pub private: u64,
    /// Rows before them that have left, closed by a signed checkpoint.
    pub left: i64,
}

/// The first thing that does not fit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, serde::Serialize)]
#[serde(tag = "broken", rename_all = "kebab-case")]
pub enum Broken {
    /// A row was changed, or what came before it was.
    #[error("row {id} (place {place} of the chain) is not as it was when it was sealed")]
    Changed {
        /// The row.
        id: i64,
        /// Its place.
        place: i64,
    },
    /// A row was removed.
    #[error("the row at place {place} of the chain is missing")]
    Missing {
        /// Its place.
        place: i64,
    },
    /// A private half was changed.
    #[error("the private half of row {id} (place {place} of the chain) is not as it was")]
    Private {
        /// The row.
        id: i64,
        /// Its place.
        place: i64,
    },
    /// A row was put in behind the sealer's back.
    #[error("row {id} is in no chain and does not wait for one: it was not written by this program")]
    Foreign {
        /// The row.
        id: i64,
    },
    /// A head is not signed by a publisher key of the organisation, or was signed over another chain.
    #[error("the signed head at place {place} does not fit the chain")]
    Head {
        /// Its place.
        place: i64,
    },
    /// The checkpoint that closes the rows that left is not signed by a publisher key of the organisation.
    #[error(
        "the checkpoint at place {place}, which closes the rows that left, is not signed as it should be"
    )]
    Checkpoint {
        /// Its place.
        place: i64,
    },
    /// Rows after the last one are missing: a head was signed beyond it.
    #[error(
        "the chain ends at place {place}, but was signed up to place {signed}: the rows between are missing"
    )]
    CutOff {
        /// Where it ends.
        place: i64,
        /// Up to where it was signed.
        signed: i64,
    },
}

/// The publisher keys whose signatures count, by name.
#[derive(Debug, Clone, Default)]
pub struct PublisherKeys(BTreeMap<String, PublicKey>);

impl PublisherKeys {
    /// The keys of an organisation, retired ones among them.
    pub fn of(keys: &Keyring) -> anyhow::Result<Self> {
        let publishers = keys.list()?;
        let publishers = publishers.iter().filter(|key| key.purpose == Purpose::Publisher);
        publishers
            .map(|key| Self::one(key.public.as_deref().unwrap_or_default()))
            .try_fold(Self::default(), |mut all, one| {
                all.0.extend(one?.0);
                Ok(all)
            })
    }

    /// A key from 64 hexadecimal digits.
    pub fn one(digits: &str) -> anyhow::Result<Self> {
        let public = HEXLOWER.decode(digits.trim().to_lowercase().as_bytes()).ok();
        let public: [u8; 32] = public
            .and_then(|public| public.try_into().ok())
            .context("a public key has 64 hexadecimal digits, as `teranga keys list` shows them")?;
        let public = PublicKey(public);
        Ok(Self(BTreeMap::from([(public.kid().to_string(), public)])))
    }

    fn signed(&self, message: &[u8], kid: &str, signature: &str) -> bool {
        let signature = HEXLOWER.decode(signature.as_bytes()).ok();
        let signature: Option<[u8; 64]> = signature.and_then(|bytes| bytes.try_into().ok());
        match (self.0.get(kid), signature) {
            (Some(key), Some(signature)) => key.verify(Context::AuditHead, message, &signature).is_ok(),
            _ => false,
        }
    }
}

/// Walks a chain line by line.
struct Walk<'a> {
    keys: &'a PublisherKeys,
    hash: Hash,
    /// Where the walk is.
    place: i64,
    seen: Checked,
    signed: i64,
}

impl<'a> Walk<'a> {
    fn new(keys: &'a PublisherKeys) -> Self {
        Self {
            keys,
            hash: START,
            place: 0,
            seen: Checked::default(),
            signed: 0,
        }
    }

    fn step(&mut self, line: &Line) -> Result<(), Broken> {
        match line {
            Line::Row(link) => self.link(link),
            Line::Head(head) => self.head(head),
            Line::Checkpoint(checkpoint) => self.begin(checkpoint),
            Line::Start(_) => Ok(()),
        }
    }

    /// Begins after the rows that have left.
    fn begin(&mut self, checkpoint: &Checkpoint) -> Result<(), Broken> {
        let place = checkpoint.place;
        let message = checkpoint_message(place, &checkpoint.hash, checkpoint.before, checkpoint.at);
        let hash = HEXLOWER.decode(checkpoint.hash.as_bytes()).ok();
        let hash = hash.and_then(|bytes| Hash::try_from(bytes).ok());
        let is_signed = self.keys.signed(&message, &checkpoint.kid, &checkpoint.signature);
        let Some(hash) = hash.filter(|_| is_signed && self.place == 0 && place > 0) else {
            return Err(Broken::Checkpoint { place });
        };
        self.hash = hash;
        self.place = place;
        self.signed = place;
        self.seen.left = place;
        Ok(())
    }

    fn link(&mut self, link: &Link) -> Result<(), Broken> {
        let place = self.place + 1;
        let Some(row) = link.row.as_ref().filter(|_| link.place == place) else {
            return Err(Broken::Missing { place });
        };
        self.hash = hash_of(&self.hash, place, row);
        if HEXLOWER.encode(&self.hash) != link.hash {
            return Err(Broken::Changed { id: row.id, place });
        }
        if let Some(private) = &link.private {
            let salt = HEXLOWER.decode(private.salt.as_bytes()).unwrap_or_default();
            let found = HEXLOWER.encode(&commitment(&salt, &private.body));
            if row.commitment.as_ref() != Some(&found) {
                return Err(Broken::Private { id: row.id, place });
            }
            self.seen.private += 1;
        }
        self.place = place;
        self.seen.rows += 1;
        Ok(())
    }

    fn head(&mut self, head: &Head) -> Result<(), Broken> {
        let place = head.place;
        if place > self.place {
            let (place, signed) = (self.place, place);
            return Err(Broken::CutOff { place, signed });
        }
        let fits = place == self.place && HEXLOWER.encode(&self.hash) == head.hash;
        let message = head_message(place, &head.hash, head.at);
        if !fits || !self.keys.signed(&message, &head.kid, &head.signature) {
            return Err(Broken::Head { place });
        }
        self.seen.heads += 1;
        self.signed = place;
        Ok(())
    }

    fn finish(mut self) -> Checked {
        self.seen.unsigned = self.place - self.signed;
        self.seen
    }
}

/// Walks the chain of a database. The outer error says that it could not be read.
pub async fn verify(db: &Db, keys: &PublisherKeys) -> anyhow::Result<Result<Checked, Broken>> {
    let mut walk = Walk::new(keys);
    if let Some(checkpoint) = checkpoint(db.reader()).await?
        && let Err(broken) = walk.begin(&checkpoint)
    {
        return Ok(Err(broken));
    }
    loop {
        let lines = lines_after(db, walk.place).await?;
        if lines.is_empty() {
            break;
        }
        for line in &lines {
            if let Err(broken) = walk.step(line) {
                return Ok(Err(broken));
            }
        }
    }
    let place = walk.place;
    let checked = walk.finish();
    Ok(match beside(db, place).await? {
        Some(broken) => Err(broken),
        None => {
            let waiting = sql::number(db.reader(), "SELECT count(*) FROM audit_waiting", []).await?;
            Ok(Checked { waiting, ..checked })
        }
    })
}

/// What is beside the chain and should not be: heads beyond its end, and rows that no sealer knows of.
async fn beside(db: &Db, place: i64) -> Result<Option<Broken>, DbError> {
    const BEYOND: &str = "SELECT max(h.place) FROM audit_heads h \
         WHERE NOT EXISTS (SELECT 1 FROM audit_chain c WHERE c.place >= h.place)";
    const FOREIGN: &str = "SELECT a.id FROM audit a WHERE NOT EXISTS (SELECT 1 FROM audit_chain c WHERE c.audit = a.id) \
         AND NOT EXISTS (SELECT 1 FROM audit_waiting w WHERE w.audit = a.id) ORDER BY a.id LIMIT 1";
    let beyond = sql::one(db.reader(), BEYOND, []).await?;
    if let Some(signed) = beyond.map(|row| row.try_get_by_index(0)).transpose()?.flatten() {
        return Ok(Some(Broken::CutOff { place, signed }));
    }
    let id = sql::number(db.reader(), FOREIGN, []).await?;
    Ok((id != 0).then_some(Broken::Foreign { id }))
}

/// Walks the chain of a file that [`super::export()`] wrote. The outer error says that it could not be read.
pub fn check_file(file: impl BufRead, keys: &PublisherKeys) -> anyhow::Result<Result<Checked, Broken>> {
    let mut walk = Walk::new(keys);
    for line in super::export::read(file)? {
        if let Err(broken) = walk.step(&line?) {
            return Ok(Err(broken));
        }
    }
    Ok(Ok(walk.finish()))
}
