//! `teranga admin devices ticket`: a ticket on the terminal of whoever has the machine.

use std::path::Path;

use anyhow::Context as _;

use super::ticket::{self, Made, Wanted};
use crate::access::{Actor, Area};
use crate::config::Place;
use crate::db::Db;
use crate::keys::Keyring;

/// Invites a phone and makes its ticket.
pub async fn invite(
    db: &Db,
    place: &Place,
    actor: &Actor,
    (name, area, server): (String, Area, String),
) -> anyhow::Result<Made> {
    anyhow::ensure!(
        super::dto::is_address(&server),
        "--server is the server's address as phones reach it: https:// and a host (http:// on this machine only)"
    );
    anyhow::ensure!(
        !name.trim().is_empty() && name.chars().count() <= 200,
        "a device's name has 1 to 200 characters"
    );
    let (keys, _) = Keyring::open(&place.data, &place.master)?;
    let server = server.trim_end_matches('/').to_owned();
    Ok(ticket::make(db, &keys, actor, Wanted { name, area, server }).await?)
}

/// The ticket's code for the terminal; written as a picture too where a file is named.
pub fn shown(made: &Made, png: Option<&Path>) -> anyhow::Result<String> {
    let code = ticket::code(made)?;
    if let Some(file) = png {
        let picture = teranga_render::qr::png::draw(&code, 8, 300)?;
        std::fs::write(file, picture).with_context(|| file.display().to_string())?;
    }
    Ok(ticket::for_terminal(&code))
}
