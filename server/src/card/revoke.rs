//! `teranga card revoke`: a card that is lost, stolen or wrong counts no longer, anywhere: at once on the servers, with
//! the next delta on the phones.

use data_encoding::HEXLOWER_PERMISSIVE;
use teranga_core::card::token::TokenHash;
use teranga_core::clock;

use super::Reason;
use super::command::At;
use super::store::{self, CardError, Revocation};

/// Arguments of `teranga card revoke`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The card's handle, 64 hexadecimal digits, as `teranga card make` and `teranga card show` print it
    #[arg(value_parser = parse_handle)]
    handle: TokenHash,
    /// Why: lost, stolen, damaged, replaced, mistake, deceased, asked
    #[arg(long)]
    reason: Reason,
    #[command(flatten)]
    at: At,
}

fn parse_handle(text: &str) -> Result<TokenHash, &'static str> {
    let bytes = HEXLOWER_PERMISSIVE.decode(text.trim().as_bytes()).ok();
    let bytes = bytes.and_then(|bytes| bytes.try_into().ok());
    bytes.ok_or("a card's handle has 64 hexadecimal digits")
}

/// Runs the command.
#[expect(clippy::print_stdout, reason = "this is the command's output")]
pub async fn run(args: &Args) -> anyhow::Result<()> {
    let (db, organisation) = args.at.open().await?;
    let revocation = Revocation {
        organisation,
        token_hash: args.handle,
        reason: args.reason,
        at: clock::now().as_millisecond(),
        actor: "console".to_owned(),
    };
    let counted: Result<bool, CardError> = db
        .write(move |tx| Box::pin(async move { store::revoke(tx, &revocation).await }))
        .await;
    if counted? {
        println!("the card is revoked; put it into the next delta of the bundle, for the phones");
    } else {
        println!("the card was revoked before; its first day and reason stay");
    }
    Ok(db.close().await?)
}
