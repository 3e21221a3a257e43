//! Sessions of phones: a challenge that needs no row, a token that is kept as a hash, a standing that is signed.
//!
//! A challenge is sealed under the master key for one phone and a minute, so that any server of the organization takes it
//! and nobody fills a table by asking. It opens one session.

use data_encoding::BASE64URL_NOPAD;
use sea_orm::ConnectionTrait;
use sha2::{Digest as _, Sha256};
use teranga_core::ids::{self, OsRandom};
use teranga_core::wire::session::{ChallengeAnswer, Held, Proof, Report, SessionAnswer, Standing, State};
use teranga_core::wire::{Base64, DeviceId, VERSION};

use super::known::{self, Device};
use super::{DeviceError, downlink, pool, setup, signer};
use crate::app::App;
use crate::audit::{self, Entry};
use crate::db::{DbError, Tx, sql};

/// How long a challenge counts, seconds.
const CHALLENGE: u32 = 60;

/// How long a token counts, seconds.
const TOKEN: u32 = 3600;

/// A day, milliseconds.
const DAY: i64 = 86_400_000;

/// Below this, the pool is filled up.
const LOW: u32 = 100;

/// Gives a phone a challenge. One that is not known is told so before it signs anything.
pub(super) async fn challenge(app: &App, id: DeviceId) -> Result<ChallengeAnswer, DeviceError> {
    known::by_id(app.db.reader(), id)
        .await?
        .ok_or(DeviceError::Unknown)?;
    let expires = app.clock.millis() + i64::from(CHALLENGE) * 1000;
    let sealed = app.vault.seal(&belongs_to(id), &expires.to_be_bytes());
    Ok(ChallengeAnswer {
        version: VERSION,
        challenge: Base64(sealed.map_err(|error| DeviceError::Failed(error.to_string()))?),
        expires_seconds: CHALLENGE,
    })
}

/// Opens a session. A revoked phone gets one too: it may fetch commands, and what it sends is kept aside.
pub(super) async fn open(app: &App, id: DeviceId, proof: &Proof) -> Result<SessionAnswer, DeviceError> {
    let device = known::by_id(app.db.reader(), id)
        .await?
        .ok_or(DeviceError::Unknown)?;
    let report = proof
        .verify(&device.signing())
        .map_err(|_| DeviceError::Challenge)?;
    let now = app.clock.millis();
    let expires = app.vault.open(&belongs_to(id), &proof.challenge.0).ok();
    let expires = expires.and_then(|bytes| <[u8; 8]>::try_from(bytes.as_slice()).ok());
    if expires.is_none_or(|expires| i64::from_be_bytes(expires) < now) {
        return Err(DeviceError::Challenge);
    }
    let token: [u8; 32] =
        ids::bytes(&mut OsRandom).map_err(|error| DeviceError::Failed(error.to_string()))?;
    let token = BASE64URL_NOPAD.encode(&token);
    let opened = Opened {
        hash: hash(&token),
        challenge: Sha256::digest(&proof.challenge.0).to_vec(),
        at: now,
    };
    let epoch = keep(app, &device, report.clone(), opened).await?;
    if !device.is_revoked {
        refresh(app, &device, &report).await?;
    }
    Ok(SessionAnswer {
        version: VERSION,
        token,
        expires_seconds: TOKEN,
        standing: signer::sign(app, &standing(app, &device, epoch).await?)?,
    })
}

/// What a phone is told anew: its setup, numbers for its pool, what became of those it registered.
async fn refresh(app: &App, device: &Device, report: &Report) -> Result<(), DeviceError> {
    setup::current(app, device).await?;
    if report.pool < LOW {
        pool::fill(app, device, super::enroll::POOL).await?;
    }
    downlink::tell_changes(app, device).await
}

struct Opened {
    hash: Vec<u8>,
    challenge: Vec<u8>,
    at: i64,
}

/// Writes the session and its line of the history; says the epoch, which goes up when the phone has receipts that this
/// database does not know.
async fn keep(app: &App, device: &Device, report: Report, opened: Opened) -> Result<u64, DeviceError> {
    let device = device.clone();
    let work = app.db.write(move |tx| {
        Box::pin(async move {
            let at = opened.at;
            sql::run(tx, "DELETE FROM device_sessions WHERE expires < $1", [at.into()]).await?;
            const SYNC: &str = "INSERT INTO device_syncs (organisation, device, at, skew, report) \
                 VALUES ($1, $2, $3, $4, $5) RETURNING id";
            let written = serde_json::to_string(&report).unwrap_or_default();
            let row = [
                device.organisation.into(),
                device.row.into(),
                at.into(),
                report.clock.saturating_sub(at).into(),
                written.chars().take(2_000).collect::<String>().into(),
            ];
            let sync = sql::number(tx, SYNC, row).await?;
            const OPEN: &str = "INSERT INTO device_sessions (hash, challenge, device, sync, expires) \
                 VALUES ($1, $2, $3, $4, $5) ON CONFLICT (challenge) DO NOTHING";
            let expires = at + i64::from(TOKEN) * 1000;
            let row = [
                opened.hash.into(),
                opened.challenge.into(),
                device.row.into(),
                sync.into(),
                expires.into(),
            ];
            if sql::run(tx, OPEN, row).await? == 0 {
                return Err(DeviceError::Challenge);
            }
            let seen = [at.into(), device.row.into()];
            sql::run(tx, "UPDATE devices SET last_sync = $1 WHERE id = $2", seen).await?;
            epoch(tx, &device, &report, at).await
        })
    });
    work.await
}

async fn epoch(tx: &Tx, device: &Device, report: &Report, at: i64) -> Result<u64, DeviceError> {
    const HIGHEST: &str = "SELECT coalesce(max(sequence), 0) FROM device_packets WHERE device = $1";
    const CHANGED: &str = "SELECT epoch_at FROM device_keys WHERE device = $1";
    let highest = sql::number(tx, HIGHEST, [device.row.into()])
        .await?
        .unsigned_abs();
    let since = at - sql::number(tx, CHANGED, [device.row.into()]).await?;
    // A packet that was refused without a row looks forgotten too: once a day is often enough to say everything again.
    let forgot = report.receipted > highest && report.receipted <= report.sequence && since > DAY;
    if !forgot && report.epoch <= device.epoch {
        return Ok(device.epoch);
    }
    // Never below what the phone has seen.
    let next =
        device.epoch.max(report.epoch.min(1 << 30)) + u64::from(forgot && report.epoch <= device.epoch);
    let number = i64::try_from(next).unwrap_or(i64::MAX);
    const FORGOT: &str = "UPDATE device_keys SET epoch = $1, epoch_at = $2 WHERE device = $3";
    sql::run(tx, FORGOT, [number.into(), at.into(), device.row.into()]).await?;
    let name = format!("device:{}", device.row);
    audit::record(
        tx,
        &Entry::new(
            Some(device.organisation),
            at,
            name.clone(),
            "device.forgotten",
            name,
        ),
    )
    .await?;
    Ok(next)
}

async fn standing(app: &App, device: &Device, epoch: u64) -> Result<Standing, DeviceError> {
    let reader = app.db.reader();
    const DOWNLINK: &str = "SELECT downlink FROM device_keys WHERE device = $1";
    let downlink = sql::number(reader, DOWNLINK, [device.row.into()]).await?;
    Ok(Standing {
        device: device.id,
        at: app.clock.millis(),
        state: if device.is_revoked {
            State::Revoked
        } else {
            State::Active
        },
        epoch,
        held: held(reader, device.row).await?,
        downlink: downlink.unsigned_abs(),
        come_back_seconds: come_back(device.id),
    })
}

/// Which sequences are there. The long run without a gap is found without reading it.
async fn held<C: ConnectionTrait>(connection: &C, device: i64) -> Result<Held, DbError> {
    const COUNTED: &str =
        "SELECT count(DISTINCT sequence), coalesce(max(sequence), 0) FROM device_packets WHERE device = $1";
    const ALL: &str = "SELECT DISTINCT sequence FROM device_packets WHERE device = $1 ORDER BY sequence";
    let row = sql::one(connection, COUNTED, [device.into()]).await?;
    let (count, highest) = match row {
        Some(row) => (row.try_get_by_index::<i64>(0)?, row.try_get_by_index::<i64>(1)?),
        None => (0, 0),
    };
    if count == highest {
        return Ok(Held {
            through: highest.unsigned_abs(),
            beyond: Vec::new(),
        });
    }
    let rows = sql::all(connection, ALL, [device.into()]).await?;
    let read = |row: &sea_orm::QueryResult| row.try_get_by_index::<i64>(0).map(i64::unsigned_abs);
    let sequences = rows.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    Ok(Held::of(sequences))
}

/// When a phone should come again when it has nothing urgent: a quarter of an hour, spread by its name over as much again,
/// so that phones that were switched on together do not stay together.
pub(super) fn come_back(id: DeviceId) -> u32 {
    const QUARTER: u32 = 900;
    let spread = u32::from_be_bytes([id.0[0], id.0[1], id.0[2], id.0[3]]);
    QUARTER + spread % QUARTER
}

/// How the database knows a token.
pub(super) fn hash(token: &str) -> Vec<u8> {
    Sha256::digest(token.as_bytes()).to_vec()
}

fn belongs_to(id: DeviceId) -> String {
    format!("devices/{id}/challenge")
}
