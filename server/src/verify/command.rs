//! `teranga verify`

use std::process::ExitCode;

use teranga_core::card::text::{self, TextError};
use teranga_core::registry::Ids;
use teranga_core::verify::{Post, TypedError, Verdict, scan, typed};
use teranga_core::wallet::{self, PassLink};

use super::report;
use super::source::{Lists, Source};
use super::terms::Terms;

/// Arguments of `teranga verify`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Exit status:
   0  valid (also when the card is newer than the status list)
   2  the command failed: no verdict
  10  not a card          14  revoked
  11  unknown key         15  expired
  12  forged              16  wrong campaign
  13  check online        17  blank, no holder known
  18  a slip in a typed card code or MPI id")]
pub struct Args {
    /// Text of a card's QR code, link of a wallet pass, card code, or MPI id
    text: String,
    #[command(flatten)]
    lists: Lists,
    #[command(flatten)]
    terms: Terms,
}

/// Runs the command.
pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    let source = Source::open(&args.lists)?;
    let clock = args.terms.clock(source.trusted_time());
    let ids = source.ids();
    let ids = ids.as_ref().map(|ids| ids as &dyn Ids);
    let verdict = judge(&args.text, &source.post(ids, args.terms.campaign(), clock));
    let (shown, status) = match &verdict {
        Ok(verdict) if args.terms.json => (
            format!("{:#}", report::object(verdict)),
            report::status(&verdict.finding),
        ),
        Ok(verdict) => (report::words(verdict), report::status(&verdict.finding)),
        Err(slip) if args.terms.json => (
            format!(
                "{:#}",
                serde_json::json!({ "verdict": "slip", "reason": slip.to_string() })
            ),
            report::SLIP,
        ),
        Err(slip) => (format!("SLIP: {slip}"), report::SLIP),
    };
    print(&shown);
    Ok(ExitCode::from(status))
}

/// The verdict on whatever was given: a pass, a card's text, or a typed number.
pub fn judge(given: &str, post: &Post<'_>) -> Result<Verdict, TypedError> {
    if let Some(link) = PassLink::parse(given) {
        return Ok(wallet::scan(link.p, post));
    }
    match text::parse(given) {
        Err(TextError::NotACard) if looks_typed(given) => typed(given, post),
        _ => Ok(scan(given, post)),
    }
}

/// A card code has 16 characters as printed and an MPI id 18; a few more are a slip, many more another code.
fn looks_typed(given: &str) -> bool {
    let typed =
        |character: char| character.is_alphanumeric() || character.is_whitespace() || character == '-';
    given.chars().count() <= 24 && given.chars().all(typed)
}

#[expect(clippy::print_stdout, reason = "this is the command's output")]
fn print(text: &str) {
    println!("{text}");
}
