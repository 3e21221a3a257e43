//! What is done with a phone.

use std::path::Path;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::Context as _;
use teranga_core::clock;
use teranga_core::decode::TrustJudge;
use teranga_core::engine::{Engine, EngineError, Post};
use teranga_core::find::{Question, Who};
use teranga_core::person::{BirthDate, DateOrder, Demographics, ExternalId, MpiId, Place as Home, Sex};
use teranga_core::register::{Draft, Serving};
use teranga_core::session::Pin;
use teranga_core::sync::{Cancel, Http, Network, Observer, Phone, Step};
use teranga_core::verify::read_typed;
use teranga_core::wire::enroll::AppInfo;
use teranga_core::wire::fact::{Consent, Given, HolderCheck};

use super::open::Place;
use super::show::Say;
use crate::scan::look;
use crate::scan::photo::Photo;

/// How the server is reached.
#[derive(Debug, clap::Args)]
pub(super) struct NetworkArgs {
    /// PEM file with a root certificate of the organization's own
    #[arg(long)]
    root_certificate: Option<std::path::PathBuf>,
    /// SHA-256 of the only certificate that the server may show, in hexadecimal; may be given several times
    #[arg(long = "pin-certificate")]
    pins: Vec<String>,
    /// Address of a proxy
    #[arg(long)]
    proxy: Option<String>,
}

impl NetworkArgs {
    fn open(&self) -> anyhow::Result<Http> {
        let pin = |text: &String| {
            let bytes = data_encoding::HEXLOWER_PERMISSIVE.decode(text.as_bytes()).ok();
            bytes
                .and_then(|bytes| bytes.try_into().ok())
                .context("a certificate's pin has 64 hexadecimal digits: the SHA-256 of its DER form")
        };
        let roots = self.root_certificate.as_ref().map(|file| {
            std::fs::read_to_string(file).with_context(|| format!("{} cannot be read", file.display()))
        });
        Ok(Http::new(&Network {
            pins: self.pins.iter().map(pin).collect::<anyhow::Result<_>>()?,
            roots: roots.transpose()?,
            proxy: self.proxy.clone(),
        })?)
    }
}

/// For what a card is looked at.
#[derive(Debug, clap::Args)]
pub(super) struct PostArgs {
    /// Prefix of the campaign that is served; any when it is not given
    #[arg(long)]
    campaign: Option<String>,
    /// The program's number, to see whether the card was served in --round before
    #[arg(long, requires = "round")]
    program: Option<u64>,
    /// The round
    #[arg(long, requires = "program")]
    round: Option<String>,
}

impl PostArgs {
    fn post(&self) -> Post {
        Post {
            campaign: self.campaign.clone(),
            round: self.program.zip(self.round.clone()),
        }
    }
}

/// A person who is registered.
#[derive(Debug, clap::Args)]
pub struct Form {
    /// Given names
    #[arg(long, default_value = "")]
    given: String,
    /// Family names
    #[arg(long, default_value = "")]
    family: String,
    /// Date of birth (1990-05-17, 1990-05, 1990) or age (34 years)
    #[arg(long)]
    birth: Option<String>,
    /// female, male, other or unknown
    #[arg(long, default_value = "unknown")]
    sex: String,
    /// Region, where the phone's area has none
    #[arg(long, default_value = "")]
    region: String,
    /// District
    #[arg(long, default_value = "")]
    district: String,
    /// Commune
    #[arg(long, default_value = "")]
    commune: String,
    /// Village or quarter
    #[arg(long, default_value = "")]
    village: String,
    /// Phone number
    #[arg(long)]
    phone: Option<String>,
    /// An identifier of another system, as SYSTEM=NUMBER; may be given several times
    #[arg(long = "identifier")]
    identifiers: Vec<String>,
    /// The program's number
    #[arg(long)]
    program: Option<u64>,
    /// In which language the consent text was read
    #[arg(long, default_value = "en")]
    language: String,
    /// How consent was given: spoken, signed, thumbprint or guardian
    #[arg(long, default_value = "spoken")]
    consent: String,
    /// Register even when someone is alike
    #[arg(long)]
    force: bool,
}

/// Runs what waits for the network.
fn wait<T>(future: impl Future<Output = T>) -> anyhow::Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    Ok(runtime.block_on(future))
}

pub(super) fn enroll(
    place: &Place,
    ticket: &str,
    network: &NetworkArgs,
    say: Say,
) -> anyhow::Result<ExitCode> {
    let pin = Pin::chosen(place.pin()?)?;
    let engine = place.engine()?;
    let app = AppInfo {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        platform: "terminal".to_owned(),
        model: std::env::consts::OS.to_owned(),
    };
    let users = wait(engine.enroll(&network.open()?, ticket, app))??;
    let user = match (place.user, &users[..]) {
        (Some(user), _) => user,
        (None, [only]) => only.id,
        (None, _) => {
            let listed: Vec<String> = users
                .iter()
                .map(|user| format!("{} {}", user.id, user.name))
                .collect();
            anyhow::bail!(
                "several people may use this phone: give --user, one of {}; the ticket stays good for this",
                listed.join(", ")
            );
        }
    };
    engine.settle(user, &pin)?;
    say.status(&engine.status()?)
}

pub(super) fn users(place: &Place, say: Say) -> anyhow::Result<ExitCode> {
    let engine = place.engine()?;
    say.users(&engine.may_use()?, &engine.users()?)
}

pub(super) fn give_pin(place: &Place, user: u64, new_pin: String, say: Say) -> anyhow::Result<ExitCode> {
    let pin = Pin::chosen(new_pin)?;
    place.unlocked()?.give_pin(user, &pin)?;
    say.done("given", "The PIN is set.")
}

pub(super) fn scan(place: &Place, card: &str, post: &PostArgs, say: Say) -> anyhow::Result<ExitCode> {
    let engine = place.unlocked()?;
    say.seen(&engine.scan(&text_of(&engine, card)?, &post.post())?)
}

pub(super) fn typed(place: &Place, number: &str, post: &PostArgs, say: Say) -> anyhow::Result<ExitCode> {
    say.seen(&place.unlocked()?.typed(number, &post.post())?)
}

/// The text of a card: as it was given, or as it is read on a photo.
fn text_of(engine: &Engine, card: &str) -> anyhow::Result<String> {
    let path = Path::new(card);
    if !path.is_file() {
        return Ok(card.to_owned());
    }
    let trust = engine.trust()?;
    let judge = TrustJudge::new(&trust, Vec::new());
    let sight = look::photo(&Photo::open(path)?, Some(&judge))?;
    sight.texts.into_iter().next().with_context(|| {
        format!(
            "no code can be read on {}; take the photo again, closer and in better light",
            path.display()
        )
    })
}

pub(super) fn find(
    place: &Place,
    (words, born, village): (&str, Option<i16>, &str),
    most: usize,
    say: Say,
) -> anyhow::Result<ExitCode> {
    let engine = place.unlocked()?;
    let is_number = read_typed(words).is_ok() || words.contains(':');
    if is_number {
        let person = engine.find_by_number(words)?;
        return say.people(person.as_slice(), false);
    }
    let question = Question {
        name: words.to_owned(),
        birth_year: born,
        place: village.to_owned(),
    };
    let answer = engine.find(&question, most)?;
    let people: Vec<_> = answer.people.into_iter().map(|found| found.person).collect();
    say.people(&people, answer.more)
}

pub(super) fn register(place: &Place, form: &Form, say: Say) -> anyhow::Result<ExitCode> {
    let engine = place.unlocked()?;
    let person = form.person()?;
    let alike = engine.alike(&person)?;
    if !alike.is_empty() && !form.force {
        return say.alike(&alike);
    }
    let distinct = alike.iter().filter_map(|alike| match alike.person.who {
        Who::Mpi(mpi) => Some(mpi),
        Who::Registration(_) => None,
    });
    let draft = Draft {
        person,
        program: form.program,
        consent: form.consent(&engine)?,
        same: None,
        distinct: distinct.collect(),
    };
    say.saved(&engine.register(&draft)?)
}

impl Form {
    fn person(&self) -> anyhow::Result<Demographics> {
        let birth = self
            .birth
            .as_ref()
            .map(|text| BirthDate::parse(text, DateOrder::DayFirst, clock::today()));
        let identifier = |text: &String| {
            let (system, value) = text
                .split_once('=')
                .context("an identifier is written as SYSTEM=NUMBER, such as cnam=12345")?;
            Ok::<_, anyhow::Error>(ExternalId {
                system: system.to_owned(),
                value: value.to_owned(),
                verified: false,
            })
        };
        Ok(Demographics {
            given: self.given.clone(),
            family: self.family.clone(),
            birth: birth.transpose()?,
            sex: Sex::parse(&self.sex)?,
            place: Home {
                country: String::new(),
                region: self.region.clone(),
                district: self.district.clone(),
                commune: self.commune.clone(),
                village: self.village.clone(),
            },
            identifiers: self
                .identifiers
                .iter()
                .map(identifier)
                .collect::<Result<_, _>>()?,
            phone: self.phone.clone(),
            ..Demographics::default()
        })
    }

    /// The newest text of the language that this phone may read.
    fn consent(&self, engine: &Engine) -> anyhow::Result<Consent> {
        let texts = engine.consents()?;
        let text = texts
            .iter()
            .filter(|text| text.language == self.language)
            .max_by_key(|text| text.version);
        let text = text.with_context(|| {
            let known: Vec<&str> = texts.iter().map(|text| &*text.language).collect();
            format!(
                "there is no consent text in {}; this phone has: {}",
                self.language,
                known.join(", ")
            )
        })?;
        let how = match self.consent.as_str() {
            "spoken" => Given::Spoken,
            "signed" => Given::Signed,
            "thumbprint" => Given::Thumbprint,
            "guardian" => Given::Guardian,
            _ => anyhow::bail!("consent is spoken, signed, thumbprint or guardian"),
        };
        Ok(Consent {
            text: text.text.clone(),
            version: text.version,
            language: text.language.clone(),
            how,
        })
    }
}

pub(super) fn serve(
    place: &Place,
    card: &str,
    (program, round): (u64, String),
    say: Say,
) -> anyhow::Result<ExitCode> {
    let engine = place.unlocked()?;
    let post = Post {
        campaign: None,
        round: Some((program, round.clone())),
    };
    let seen = engine.scan(&text_of(&engine, card)?, &post)?;
    if !seen.verdict.finding.is_valid() {
        return say.seen(&seen);
    }
    let before = engine.serve(&Serving {
        card: seen.card,
        who: None,
        program,
        round,
        check: HolderCheck::None,
    })?;
    say.served(before.as_ref())
}

pub(super) fn bind(place: &Place, card: &str, to: &str, say: Say) -> anyhow::Result<ExitCode> {
    let engine = place.unlocked()?;
    let seen = engine.scan(&text_of(&engine, card)?, &Post::default())?;
    let who = Who::Mpi(MpiId::parse(to)?);
    engine.bind(&seen, &who, None)?;
    say.done(
        "bound",
        "The card is bound; it is valid on this phone from now on.",
    )
}

/// Says how far a sync is, on standard error.
struct Shown {
    quiet: bool,
    last: AtomicU64,
}

impl Observer for Shown {
    fn step(&self, step: &Step) {
        let line = match step {
            Step::Connecting => "connecting".to_owned(),
            Step::Sending { done, of } => format!("sent {done} of {of}"),
            Step::Listening => "listening".to_owned(),
            Step::Fetching { part, bytes, of } => format!("{} {bytes} of {of} bytes", part.name()),
        };
        let count = self.last.fetch_add(1, Ordering::Relaxed);
        if !self.quiet {
            super::show::progress(count, &line);
        }
    }
}

pub(super) fn sync(place: &Place, network: &NetworkArgs, say: Say) -> anyhow::Result<ExitCode> {
    let engine = place.perhaps_unlocked()?;
    let shown = Shown {
        quiet: say.json,
        last: AtomicU64::new(0),
    };
    let phone = Phone {
        app: env!("CARGO_PKG_VERSION").to_owned(),
        ..Phone::default()
    };
    let http = network.open()?;
    let outcome = wait(engine.sync(&http, &shown, &Cancel::default(), phone))?;
    let next = engine.next_sync(&outcome)?;
    match outcome {
        Ok(summary) => say.synced(&summary, next),
        Err(EngineError::Sync(error)) if error.passes() => {
            anyhow::bail!("{error}; try again in {} seconds", next.as_secs())
        }
        Err(error) => Err(error.into()),
    }
}

fn read(file: &Path) -> anyhow::Result<Vec<u8>> {
    std::fs::read(file).with_context(|| format!("{} cannot be read", file.display()))
}

fn write(file: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    std::fs::write(file, bytes).with_context(|| format!("{} cannot be written", file.display()))
}

pub(super) fn pack(place: &Place, parcel: &Path, say: Say) -> anyhow::Result<ExitCode> {
    let engine = place.engine()?;
    write(parcel, &engine.pack(usize::MAX)?)?;
    say.done(
        "packed",
        "Packed. What waits stays here until its receipts are back.",
    )
}

pub(super) fn deliver(
    place: &Place,
    (parcel, answers): (&Path, &Path),
    network: &NetworkArgs,
    say: Say,
) -> anyhow::Result<ExitCode> {
    let engine = place.unlocked()?;
    let back = wait(engine.deliver(&network.open()?, &read(parcel)?))??;
    write(answers, &back)?;
    say.done(
        "delivered",
        "Delivered. Hand the answers to the phone that packed it.",
    )
}

pub(super) fn take(place: &Place, answers: &Path, say: Say) -> anyhow::Result<ExitCode> {
    let engine = place.perhaps_unlocked()?;
    let summary = engine.take(&read(answers)?)?;
    say.synced(&summary, std::time::Duration::ZERO)
}
