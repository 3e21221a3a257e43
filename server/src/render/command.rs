//! `teranga render`

use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context as _, ensure};
use indicatif::{ProgressBar, ProgressStyle};
use jiff::civil::Date;
use teranga_core::card::text::{Form, Host};
use teranga_core::card::trust::Scope;
use teranga_core::clock;

pub use super::flags::Args;

use super::design::Design;
use super::flags::SigningFlags;
use super::output::Output;
use super::people::{People, Source};
use super::report::Report;
use super::shop::{self, Outcome, Shop};
use super::staging::{REFUSED, Staging};
use super::{line, preview, report};
use crate::card::issue::Issuer;
use crate::keys::command::{KeysAt, open};
use crate::keys::request::years_after;
use crate::spreadsheet::reading::{Row, Rows};

/// Runs the command.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    if args.list {
        report::templates(args.json)?;
        return Ok(ExitCode::SUCCESS);
    }
    let out = args.out.as_deref().context("name a folder with --out")?;
    let design = Design::new(&args.design)?;
    let today = clock::today();
    if args.preview {
        let data = previewed(args, &design, today)?;
        let names = preview::draw(out, &design.layout, &data, (args.output.side, dpi(args)?))?;
        report::previewed(out, &names, args.json);
        return Ok(ExitCode::SUCCESS);
    }
    let report = make(args, out, &design, today)?;
    report.print(out, args.json)?;
    Ok(if report.refused.count > 0 {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

fn dpi(args: &Args) -> anyhow::Result<u32> {
    args.output.dpi.parse().context("--dpi")
}

/// The first row's data if there is a file, else a specimen's; its code is a specimen's unless the card can be signed.
fn previewed(args: &Args, design: &Design, today: Date) -> anyhow::Result<teranga_render::data::CardData> {
    let specimen = preview::specimen("Mamadou Lamine Diallo");
    let Some(file) = &args.data else {
        return Ok(specimen);
    };
    let rows = Rows::open(file)?;
    let source = source(&args.signing, today)?.unwrap_or(Source::Specimen);
    let people = People::new(args, &rows.headers, source, design.shows_name, today)?;
    for row in rows {
        if let Row::Cells(line, cells) = row? {
            return Ok(people.entry(&cells).with_context(|| format!("line {line}"))?.data);
        }
    }
    Ok(specimen)
}

/// The keys that sign, if a campaign is named.
fn source(flags: &SigningFlags, today: Date) -> anyhow::Result<Option<Source>> {
    let Some(campaign) = &flags.campaign else {
        return Ok(None);
    };
    let form = match flags.form.as_str() {
        "compact" => Form::Compact,
        _ => Form::Url(Host::new(&flags.host)?),
    };
    let issued = flags.issued.unwrap_or(today);
    let expires = flags.expires.unwrap_or_else(|| years_after(issued, 2));
    let scope = Scope::Campaign(campaign.clone());
    let new_ids = flags.new_ids.as_deref().map(Source::place).transpose()?;
    let at = KeysAt {
        data: flags.keys.clone(),
        master: flags.master.clone(),
    };
    let issuer = Issuer::new(&open(&at)?, scope, form, [issued, expires])?;
    Ok(Some(Source::Signed {
        issuer: Box::new(issuer),
        new_ids,
    }))
}

fn make(args: &Args, out: &Path, design: &Design, today: Date) -> anyhow::Result<Report> {
    let begun = Instant::now();
    let file = args
        .data
        .as_deref()
        .context("name the people's file with --data")?;
    let rows = Rows::open(file)?;
    let source = source(&args.signing, today)?.unwrap_or(Source::Given);
    let people = People::new(args, &rows.headers, source, design.shows_name, today)?;
    let flags = &args.output;
    let (dpi, read_back) = (dpi(args)?, !flags.no_read_back);
    let shop = Shop::new(&design.layout, (flags.side, dpi, flags.drawn()), read_back)?;
    let staging = Staging::begin(out, args.replace)?;
    let mut refused = csv::Writer::from_writer(staging.file(REFUSED)?);
    refused.write_record(["line", "reason"])?;
    let title = title(args, design);
    let mut output = Output::begin(staging, flags, &design.layout, (&title, today))?;
    let mut report = Report {
        template: design.template.clone(),
        dpi,
        read_back,
        ..Report::default()
    };
    let bench = line::Bench {
        threads: line::cores(),
        start: || shop.drawer(),
        work: |drawer: &mut shop::Drawer<'_>, at, row| shop::draw(&people, drawer, at, row),
    };
    let (bar, mut at) = (bar(rows.about), 0);
    line::run(rows, &bench, |outcome| {
        bar.inc(1);
        at += 1;
        match outcome {
            Outcome::Made(made) => {
                report.note(made.line, &made.card);
                output.add(*made, at <= flags.pictures())
            }
            Outcome::Refused(line, reason) => {
                refused.write_record([&line.to_string(), &reason])?;
                report.refused.add(line, reason);
                Ok(())
            }
        }
    })?;
    bar.finish_and_clear();
    report.cards = output.cards;
    if report.cards == 0 {
        report.print(out, false)?;
    }
    ensure!(
        report.cards > 0,
        "no row of {} became a card; the first reasons are above",
        file.display()
    );
    refused.flush()?;
    let has_refused = report.refused.count > 0;
    report.files = output.finish(has_refused.then_some(REFUSED))?;
    report.seconds = begun.elapsed().as_secs_f64();
    Ok(report)
}

/// The document's title: it names no person.
fn title(args: &Args, design: &Design) -> String {
    match &args.signing.campaign {
        Some(campaign) => format!("{}, {campaign}", design.template),
        None => design.template.clone(),
    }
}

/// Silent where nobody watches.
fn bar(rows: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("drawing {bar:40} {pos}/{len} cards, {per_sec}, {eta} left");
    let bar = ProgressBar::new(rows.max(1));
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar
}
