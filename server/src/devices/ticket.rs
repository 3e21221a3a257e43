//! Tickets: each lets one phone in, for a quarter of an hour.

use sha2::{Digest as _, Sha256};
use teranga_core::card::key::Purpose;
use teranga_core::card::trust::Scope;
use teranga_core::ids::OsRandom;
use teranga_core::sensitive::Secret;
use teranga_core::wire::ticket::{Ticket, root_hash};
use teranga_render::qr::Code;

use super::DeviceError;
use crate::access::{Actor, Area};
use crate::audit;
use crate::db::{Db, sql};
use crate::keys::Keyring;
use crate::org::{self, OrgError};

/// How long a ticket counts, in milliseconds.
pub const LIFE: i64 = 15 * 60 * 1000;

/// A ticket that was made.
#[derive(Debug)]
pub struct Made {
    /// The row of the phone that it lets in.
    pub device: i64,
    /// The text of its QR code: whoever sees it can enroll in the phone's place.
    pub text: String,
    /// Until when it counts, in milliseconds since 1970.
    pub expires: i64,
}

/// For which phone a ticket is.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// What it is called.
    pub name: String,
    /// Where it works.
    pub area: Area,
    /// The server's address, as phones reach it.
    pub server: String,
}

/// Invites a phone and makes its ticket.
pub async fn make(db: &Db, keys: &Keyring, actor: &Actor, wanted: Wanted) -> Result<Made, DeviceError> {
    let root = keys.signer(Purpose::Root, &Scope::Organisation)?.public();
    let secret = Secret::generate(&mut OsRandom).map_err(|error| DeviceError::Failed(error.to_string()))?;
    let hash = hash(secret.reveal());
    let (actor, expires) = (actor.clone(), actor.at + LIFE);
    let Wanted { name, area, server } = wanted;
    let work = db.write(move |tx| {
        Box::pin(async move {
            let about = (name.as_str(), area.as_str());
            let device = org::add_device(tx, actor.organisation, about, actor.at).await;
            let device = device.map_err(|error| match error {
                OrgError::Db(error) => DeviceError::Db(error),
                OrgError::Refused(why) => DeviceError::Failed(why.to_owned()),
            })?;
            const INSERT: &str = "INSERT INTO device_tickets (hash, organisation, device, made, made_by, expires) \
                 VALUES ($1, $2, $3, $4, $5, $6)";
            let row = [
                hash.to_vec().into(),
                actor.organisation.into(),
                device.into(),
                actor.at.into(),
                actor.name().into(),
                expires.into(),
            ];
            sql::run(tx, INSERT, row).await?;
            audit::record(tx, &actor.entry("device.invite", format!("device:{device}"))).await?;
            Ok::<_, DeviceError>(device)
        })
    });
    let ticket = Ticket {
        server,
        secret,
        root: root_hash(&root),
    };
    Ok(Made {
        device: work.await?,
        text: ticket.to_text(),
        expires,
    })
}

/// How the database knows a ticket.
pub(super) fn hash(secret: &[u8]) -> [u8; 32] {
    Sha256::digest(secret).into()
}

/// The code of a ticket.
pub fn code(made: &Made) -> Result<Code, DeviceError> {
    Code::smallest(&made.text).map_err(|error| DeviceError::Failed(error.to_string()))
}

/// A code as lines for a terminal, two modules above each other in a character. Light modules are drawn, since terminals
/// are dark; a light terminal shows the negative, which readers take too.
pub fn for_terminal(code: &Code) -> String {
    const QUIET: usize = 2;
    let side = code.side();
    let light = |column: usize, row: usize| {
        let inside = |at: usize| at.checked_sub(QUIET).filter(|&at| at < side);
        match (inside(column), inside(row)) {
            (Some(column), Some(row)) => !code.is_dark(column, row),
            _ => true,
        }
    };
    let mut lines = String::new();
    for row in (0..side + 2 * QUIET).step_by(2) {
        for column in 0..side + 2 * QUIET {
            lines.push(match (light(column, row), light(column, row + 1)) {
                (true, true) => '█',
                (true, false) => '▀',
                (false, true) => '▄',
                (false, false) => ' ',
            });
        }
        lines.push('\n');
    }
    lines
}
