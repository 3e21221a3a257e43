//! `teranga card show`: what a text says, believed by nobody.
//!
//! The token is shown as its handle only: whoever holds the text has the token anyway, but what a command prints ends up
//! in logs.

use data_encoding::HEXLOWER;
use serde_json::{Value, json};
use teranga_core::card::text::{self, CardText};
use teranga_core::wallet::{PassLink, SignedPass};

/// Arguments of `teranga card show`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Text of a card's QR code, or the link of a wallet pass
    text: String,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Runs the command.
#[expect(clippy::print_stdout, reason = "this is the command's output")]
pub fn run(args: &Args) -> anyhow::Result<()> {
    let shown = describe(&args.text)?;
    if args.json {
        println!("{}", serde_json::to_string_pretty(&shown)?);
        return Ok(());
    }
    for (name, value) in shown.as_object().into_iter().flatten() {
        println!("{name:10} {}", value.as_str().unwrap_or_default());
    }
    Ok(())
}

fn describe(text: &str) -> anyhow::Result<Value> {
    if let Some(link) = PassLink::parse(text) {
        let signed = SignedPass::parse(link.p)?;
        let pass = signed.unverified();
        return Ok(json!({
            "kind": "wallet pass", "key": signed.kid(), "campaign": pass.campaign,
            "issued": pass.issued, "expires": pass.expires,
            "handle": HEXLOWER.encode(&pass.token.hash()), "signature": "not checked",
        }));
    }
    Ok(match text::parse(text)? {
        CardText::Signed(card) => {
            let claims = card.unverified_claims();
            json!({
                "kind": "card", "key": card.kid(), "issued": claims.issued, "expires": claims.expires,
                "handle": HEXLOWER.encode(&claims.token.hash()), "signature": "not checked",
            })
        }
        CardText::Legacy(token) => json!({
            "kind": "card of the older form", "handle": HEXLOWER.encode(&token.hash()),
            "signature": "none: it can be checked online only",
        }),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_token_itself_is_never_shown() {
        let digits = "0123456789abcdef".repeat(4);
        let shown = describe(&digits).unwrap().to_string();
        assert!(shown.contains("older form") && !shown.contains(&digits));
    }

    #[test]
    fn other_texts_are_an_error() {
        assert!(describe("https://example.org").is_err());
        assert!(describe("https://v.example.org/verify?p=abc&s=00").is_err());
    }
}
