//! `teranga card make`: one card from given facts.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use jiff::civil::Date;
use teranga_core::card::text::{Form, Host};
use teranga_core::card::trust::Scope;
use teranga_core::clock;
use teranga_core::person::MpiId;
use teranga_render::qr::{Code, QUIET_ZONE, png, svg};

use super::issue::{Issued, Issuer};
use crate::keys::command::{KeysAt, open};
use crate::keys::keyring::Keyring;
use crate::keys::request::years_after;

/// Arguments of `teranga card make`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Prefix of the campaign that issues the card
    #[arg(long, requires = "mpi_id", conflicts_with_all = ["lot", "serial"])]
    campaign: Option<String>,
    /// MPI id of the holder; it is not on the card
    #[arg(long, requires = "campaign")]
    mpi_id: Option<MpiId>,
    /// For a blank card: the number of its lot
    #[arg(long, requires = "serial")]
    lot: Option<String>,
    /// For a blank card: its serial number in the lot
    #[arg(long, requires = "lot")]
    serial: Option<String>,
    /// Day of issue [default: today]
    #[arg(long)]
    issued: Option<Date>,
    /// First day on which the card is no longer valid [default: two years after the issue]
    #[arg(long)]
    expires: Option<Date>,
    /// Form of the text: a link for any camera, or the shortest text
    #[arg(long, value_parser = ["url", "compact"], default_value = "url")]
    form: String,
    /// Host of the verification site, for the link
    #[arg(long, default_value = "v.example.org")]
    host: String,
    /// File for the QR code; its name ends in .png or .svg. Without it the text alone is printed
    #[arg(long)]
    out: Option<PathBuf>,
    /// Resolution at which a PNG is printed, dots per inch
    #[arg(long, default_value_t = 300)]
    dpi: u32,
    /// Side of one module in print, millimeters
    #[arg(long, default_value_t = 0.5)]
    module_mm: f64,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    at: KeysAt,
}

/// Runs the command.
pub fn run(args: &Args) -> anyhow::Result<()> {
    let form = match args.form.as_str() {
        "compact" => Form::Compact,
        _ => Form::Url(Host::new(&args.host)?),
    };
    let made = make(args, &open(&args.at)?, form)?;
    if let Some(out) = &args.out {
        draw(args, &made, out)?;
    }
    print(&made, args.json)
}

fn make(args: &Args, keyring: &Keyring, form: Form) -> anyhow::Result<Issued> {
    let issued = args.issued.unwrap_or_else(clock::today);
    let expires = args.expires.unwrap_or_else(|| years_after(issued, 2));
    let days = [issued, expires];
    match (&args.campaign, &args.mpi_id, &args.lot, &args.serial) {
        (Some(campaign), Some(id), ..) => {
            Issuer::new(keyring, Scope::Campaign(campaign.clone()), form, days)?.card(id)
        }
        (.., Some(lot), Some(serial)) => {
            Issuer::new(keyring, Scope::Lot(lot.clone()), form, days)?.blank(serial)
        }
        _ => bail!("give --campaign and --mpi-id, or --lot and --serial"),
    }
}

fn draw(args: &Args, made: &Issued, out: &Path) -> anyhow::Result<()> {
    if !(0.05..=100.0).contains(&args.module_mm) || !(72..=2400).contains(&args.dpi) {
        bail!("a module has 0.05 to 100 mm, and a printer 72 to 2400 dots per inch");
    }
    let code = Code::alphanumeric(&made.text, made.qr_version)?;
    let file = match out.extension().and_then(|extension| extension.to_str()) {
        Some("png") => {
            let pixels = (args.module_mm / 25.4 * f64::from(args.dpi)).round().max(1.0);
            png::draw(&code, pixels as u32, args.dpi)?
        }
        Some("svg") => {
            let modules = (code.side() + 2 * QUIET_ZONE) as f64;
            svg::draw(&code, modules * args.module_mm).into_bytes()
        }
        _ => bail!("the name of the file for the QR code ends in .png or .svg"),
    };
    std::fs::write(out, file).with_context(|| out.display().to_string())
}

#[expect(clippy::print_stdout, reason = "this is the command's output")]
fn print(made: &Issued, as_json: bool) -> anyhow::Result<()> {
    if as_json {
        println!("{}", serde_json::to_string_pretty(made)?);
    } else {
        println!("{}", made.text);
        println!("card code  {}", made.card_code);
        println!("handle     {}", made.token_hash);
        println!("valid from {} to the day before {}", made.issued, made.expires);
    }
    Ok(())
}
