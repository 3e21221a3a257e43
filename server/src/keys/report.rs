//! What the key commands print. Never a secret: the types here hold none.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "this file is the commands' output"
)]

use data_encoding::HEXLOWER;
use serde_json::json;
use teranga_core::card::trust::{KeyState, TrustList};

use super::request::shown;
use super::store::KeyInfo;

/// Says something beside the result.
pub fn said(text: &str) {
    eprintln!("{text}");
}

/// The keys that were made.
pub fn made(keys: &[KeyInfo]) {
    for key in keys {
        println!("{} made: {} key of {}", key.kid, key.purpose, shown(&key.scope));
    }
}

/// A key whose state was changed.
pub fn changed(key: &KeyInfo) {
    println!(
        "{} is {}: {} key of {}",
        key.kid,
        state(key.state),
        key.purpose,
        shown(&key.scope)
    );
}

/// All keys.
pub fn list(keys: &[KeyInfo], as_json: bool) -> anyhow::Result<()> {
    if as_json {
        println!("{}", serde_json::to_string_pretty(keys)?);
        return Ok(());
    }
    println!(
        "{:8}  {:9}  {:11}  {:10}  {:10}  scope",
        "key", "purpose", "state", "from", "until"
    );
    for key in keys {
        let (state, scope) = (state(key.state), shown(&key.scope));
        println!(
            "{}  {:9}  {state:11}  {}  {}  {scope}",
            key.kid,
            key.purpose.name(),
            key.not_before,
            key.not_after
        );
    }
    Ok(())
}

/// The trust list, for a person or as JSON for a third party.
pub fn trust(list: &TrustList, as_json: bool) -> anyhow::Result<()> {
    if !as_json {
        println!(
            "trust list {} of {}, signed {}",
            list.number, list.organisation, list.issued
        );
        println!("root key {} {}", list.root.kid(), HEXLOWER.encode(&list.root.0));
        for key in list.entries() {
            println!(
                "{}  {:9}  {:11}  {}",
                key.kid,
                key.purpose.name(),
                state(key.state),
                shown(&key.scope)
            );
        }
        return Ok(());
    }
    let entry = |key: &teranga_core::card::trust::TrustEntry| {
        json!({
            "kid": key.kid, "purpose": key.purpose, "algorithm": key.algorithm(), "scope": key.scope,
            "public": HEXLOWER.encode(&key.public), "state": key.state,
            "not_before": key.not_before, "not_after": key.not_after,
        })
    };
    let keys: Vec<_> = list.entries().iter().map(entry).collect();
    let list = json!({
        "number": list.number, "organisation": list.organisation, "issued": list.issued,
        "root": HEXLOWER.encode(&list.root.0), "keys": keys,
    });
    println!("{}", serde_json::to_string_pretty(&list)?);
    Ok(())
}

fn state(state: KeyState) -> &'static str {
    match state {
        KeyState::Active => "active",
        KeyState::Retired => "retired",
        KeyState::Compromised => "compromised",
    }
}
