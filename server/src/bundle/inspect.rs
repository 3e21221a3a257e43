//! `teranga bundle inspect`: what a bundle says to anyone.

use data_encoding::HEXLOWER;
use teranga_core::registry::bundle::Opened;

use super::command::{At, say};
use super::store;

/// Runs the command.
pub fn run(at: &At) -> anyhow::Result<()> {
    let opened = Opened::open(&store::folder(&at.folder)?, &store::root(at)?)?;
    if at.json {
        say(&format!("{:#}", object(&opened)))
    } else {
        words(&opened)
    }
    Ok(())
}

fn object(opened: &Opened) -> serde_json::Value {
    let part = |part: &teranga_core::registry::bundle::manifest::Part| {
        serde_json::json!({
            "kind": part.kind.name(),
            "version": part.version,
            "bytes": part.size,
            "sha256": HEXLOWER.encode(&part.hash),
            "bytes_opened": part.opened_size,
            "sealed": part.kind.is_sealed(),
        })
    };
    let status = opened.statuses.as_ref().map(|held| {
        let list = held.list();
        serde_json::json!({
            "number": list.number,
            "covers_before": list.covers_before,
            "issued": list.issued,
            "next_update": list.next_update,
            "deltas": held.last_delta(),
        })
    });
    serde_json::json!({
        "number": opened.manifest.number,
        "built": opened.manifest.built,
        "organisation": opened.trust.organisation,
        "trust_list": opened.trust.number,
        "status_list": status,
        "parts": opened.manifest.parts.iter().map(part).collect::<Vec<_>>(),
        "recipients": opened.manifest.recipients.len(),
    })
}

fn words(opened: &Opened) {
    let manifest = &opened.manifest;
    say(&format!(
        "bundle {} of {}, built {}",
        manifest.number, opened.trust.organisation, manifest.built
    ));
    if let Some(held) = &opened.statuses {
        let list = held.list();
        let (number, before, deltas) = (list.number, list.covers_before, held.last_delta());
        say(&format!(
            "status list {number}: cards issued before {before}; {deltas} deltas on it"
        ));
    }
    for part in &manifest.parts {
        let form = if part.kind.is_sealed() { "sealed" } else { "signed" };
        say(&format!(
            "{:>8} {:>6}  {:>10} bytes  {form}",
            part.kind.name(),
            part.version,
            part.size
        ));
    }
    say(&format!(
        "{} devices may open the sealed parts",
        manifest.recipients.len()
    ));
}
