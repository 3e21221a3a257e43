//! From a row to what is printed on its card and what its record keeps.

use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, bail, ensure};
use csv::StringRecord;
use data_encoding::HEXLOWER;
use jiff::civil::Date;
use teranga_core::card::text::{self, CardText};
use teranga_core::ids::OsRandom;
use teranga_core::person::{BirthDate, DateOrder, MpiId};
use teranga_render::data::{CardData, MAX_ATTRIBUTES};

use super::design::picture;
use super::flags::Args;
use super::preview;
use crate::card::issue::Issuer;
use crate::spreadsheet::columns::{Columns, position};
use crate::spreadsheet::roles::Role;

/// Roles that are printed where no attribute was asked for, after the name; the first place that is known counts.
const USUAL: [&[Role]; 3] = [
    &[Role::Birth],
    &[Role::Sex],
    &[Role::Commune, Role::District, Role::Region, Role::Village],
];

/// How rows are read.
pub struct People {
    columns: Columns,
    attributes: Vec<Attribute>,
    source: Source,
    programme: String,
    today: Date,
    /// Where photos are.
    folder: PathBuf,
}

/// Where cards come from.
pub enum Source {
    /// They are made now.
    Signed {
        /// With these keys.
        issuer: Box<Issuer>,
        /// Country and region of ids that are drawn.
        new_ids: Option<(String, String)>,
    },
    /// They were made elsewhere: the file has the texts of their codes.
    Given,
    /// They are only looked at.
    Specimen,
}

/// A label and the columns that make its value.
struct Attribute {
    label: String,
    columns: Vec<usize>,
}

/// A person's card before it is drawn.
pub struct Entry {
    /// What is printed.
    pub data: CardData,
    /// What is kept.
    pub record: Record,
}

/// The record of a card: what `teranga bundle build` reads, and the nonce.
pub struct Record {
    /// SHA-256 of the token, hexadecimal.
    pub token_hash: String,
    /// Name of the key that signed it.
    pub kid: String,
    /// Day of issue.
    pub issued: String,
    /// First day on which it is no longer valid.
    pub expires: String,
    /// Prefix of the campaign.
    pub campaign: String,
    /// The printed code.
    pub card_code: String,
    /// The holder's MPI id.
    pub mpi_id: String,
    /// What the server recomputes the token with.
    pub nonce: String,
}

impl Source {
    /// Reads `SN-DKR`.
    pub fn place(text: &str) -> anyhow::Result<(String, String)> {
        let (country, region) = text
            .split_once('-')
            .context("--new-ids takes a country and a health region, such as SN-DKR")?;
        MpiId::generate(country, region, Date::constant(2026, 1, 1), &mut OsRandom)
            .context("--new-ids takes a country and a health region, such as SN-DKR")?;
        Ok((country.to_owned(), region.to_owned()))
    }
}

impl People {
    /// Finds the columns; says what is missing.
    pub fn new(
        args: &Args,
        headers: &[String],
        source: Source,
        shows_name: bool,
        today: Date,
    ) -> anyhow::Result<Self> {
        let columns = Columns::find(headers, &args.columns.roles(), &[])?;
        match &source {
            Source::Signed { new_ids: None, .. } => ensure!(
                columns.of(Role::MpiId).is_some(),
                "there is no column of MPI ids, which cards are made from. Name it with --mpi-id-column, or let ids be drawn with --new-ids SN-DKR"
            ),
            Source::Given => ensure!(
                columns.of(Role::QrText).is_some(),
                "nothing says what the cards' codes say: give --campaign, whose key signs the cards, or name a column with the texts of signed cards with --qr-column. To look at a design, add --preview"
            ),
            Source::Signed { .. } | Source::Specimen => {}
        }
        let attributes = if args.design.attribute.is_empty() {
            usual(headers, &columns, shows_name)
        } else {
            asked(&args.design.attribute, headers)?
        };
        let campaign = args.signing.campaign.clone().unwrap_or_default();
        let file = args.data.as_deref().unwrap_or(Path::new(""));
        Ok(Self {
            columns,
            attributes,
            source,
            programme: args.design.programme.clone().unwrap_or(campaign),
            today,
            folder: file.parent().map(Path::to_owned).unwrap_or_default(),
        })
    }

    /// A row's card. An error is a reason that repeats nothing of the row.
    pub fn entry(&self, row: &StringRecord) -> anyhow::Result<Entry> {
        let text = |role| self.columns.of(role).map(|at| row[at].trim()).unwrap_or_default();
        let joined = |columns: &[usize]| {
            let cells = columns.iter().map(|&at| row[at].trim());
            cells
                .filter(|cell| !cell.is_empty())
                .collect::<Vec<_>>()
                .join(" ")
        };
        let name = joined(&name_columns(&self.columns));
        ensure!(!name.is_empty(), "no name");
        let (qr, record) = self.card(text)?;
        let programme = Some(text(Role::Programme)).filter(|programme| !programme.is_empty());
        let expires: Option<Date> = record.expires.parse().ok();
        let value = |attribute: &Attribute| (attribute.label.clone(), joined(&attribute.columns));
        let data = CardData {
            mpi_id: record.mpi_id.clone(),
            programme: programme.unwrap_or(&self.programme).to_owned(),
            attributes: self.attributes.iter().map(value).collect(),
            enrolled: self.enrolled(text(Role::Enrolled))?,
            // What is printed is the last good day.
            expires: expires.and_then(|day| day.yesterday().ok()),
            tracked_entity: text(Role::TrackedEntity).to_owned(),
            card_code: record.card_code.clone(),
            qr,
            photo: self.photo(text(Role::Photo))?,
            name,
            ..CardData::default()
        };
        Ok(Entry { data, record })
    }

    fn card<'row>(&self, text: impl Fn(Role) -> &'row str) -> anyhow::Result<(String, Record)> {
        match &self.source {
            Source::Signed { issuer, new_ids } => {
                let id = match (text(Role::MpiId), new_ids) {
                    ("", Some((country, region))) => {
                        MpiId::generate(country, region, self.today, &mut OsRandom)?
                    }
                    ("", None) => bail!("no MPI id"),
                    (written, _) => MpiId::parse(written).context("the MPI id")?,
                };
                let issued = issuer.card(&id)?;
                let record = Record {
                    token_hash: issued.token_hash,
                    kid: issued.kid.to_string(),
                    issued: issued.issued.to_string(),
                    expires: issued.expires.to_string(),
                    campaign: issuer.name().to_owned(),
                    card_code: issued.card_code,
                    mpi_id: id.to_string(),
                    nonce: issued.nonce.unwrap_or_default(),
                };
                Ok((issued.text, record))
            }
            Source::Given => given(text),
            Source::Specimen => Ok(specimen(text)),
        }
    }

    fn enrolled(&self, written: &str) -> anyhow::Result<Option<Date>> {
        if written.is_empty() {
            return Ok(None);
        }
        match BirthDate::parse(written, DateOrder::DayFirst, self.today) {
            Ok(BirthDate::Day(day)) => Ok(Some(day)),
            _ => bail!("the day of enrollment is no day that is past; write it as 2026-03-14 or 14/03/2026"),
        }
    }

    fn photo(&self, name: &str) -> anyhow::Result<Option<Arc<teranga_render::data::Picture>>> {
        if name.is_empty() {
            return Ok(None);
        }
        let name = Path::new(name);
        let stays_inside = name
            .components()
            .all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
        ensure!(
            stays_inside,
            "the photo is not beside the spreadsheet or in a folder below it"
        );
        let picture = picture(&self.folder.join(name)).context("the photo")?;
        Ok(Some(Arc::new(picture)))
    }
}

/// A card that was signed elsewhere, as far as its text says.
fn given<'row>(text: impl Fn(Role) -> &'row str) -> anyhow::Result<(String, Record)> {
    let qr = text(Role::QrText);
    ensure!(!qr.is_empty(), "no QR text");
    let (token, kid, days) = match text::parse(qr).context("the QR text")? {
        CardText::Signed(card) => {
            let claims = card.unverified_claims();
            let days = [claims.issued.to_string(), claims.expires.to_string()];
            (claims.token, card.kid().to_string(), days)
        }
        CardText::Legacy(_) => bail!("the QR text is of the older form, which is no longer printed"),
    };
    let [issued, expires] = days;
    let record = Record {
        token_hash: HEXLOWER.encode(&token.hash()),
        kid,
        issued,
        expires,
        campaign: String::new(),
        card_code: text(Role::CardCode).to_owned(),
        mpi_id: text(Role::MpiId).to_owned(),
        nonce: String::new(),
    };
    Ok((qr.to_owned(), record))
}

/// A card that nobody signed: only its looks count.
fn specimen<'row>(text: impl Fn(Role) -> &'row str) -> (String, Record) {
    let shown = preview::specimen("");
    let id = Some(text(Role::MpiId)).filter(|id| !id.is_empty());
    let record = Record {
        token_hash: String::new(),
        kid: String::new(),
        issued: String::new(),
        expires: String::new(),
        campaign: String::new(),
        card_code: shown.card_code,
        mpi_id: id.map_or(shown.mpi_id, str::to_owned),
        nonce: String::new(),
    };
    (shown.qr, record)
}

fn name_columns(columns: &Columns) -> Vec<usize> {
    let parts: Vec<usize> = [Role::Given, Role::Family]
        .into_iter()
        .filter_map(|role| columns.of(role))
        .collect();
    match columns.of(Role::FullName) {
        Some(whole) if parts.len() < 2 => vec![whole],
        _ => parts,
    }
}

/// Name, birth, sex and place, as far as the file has them, under the file's own words.
fn usual(headers: &[String], columns: &Columns, shows_name: bool) -> Vec<Attribute> {
    let labeled = |columns: Vec<usize>| {
        let words: Vec<&str> = columns.iter().map(|&at| headers[at].as_str()).collect();
        Attribute {
            label: words.join(" "),
            columns,
        }
    };
    let name = (!shows_name).then(|| name_columns(columns));
    let others = USUAL
        .iter()
        .filter_map(|roles| roles.iter().find_map(|role| columns.of(*role)));
    name.into_iter()
        .chain(others.map(|column| vec![column]))
        .map(labeled)
        .take(MAX_ATTRIBUTES)
        .collect()
}

fn asked(flags: &[String], headers: &[String]) -> anyhow::Result<Vec<Attribute>> {
    ensure!(
        flags.len() <= MAX_ATTRIBUTES,
        "a card has room for {MAX_ATTRIBUTES} attributes; {} were given",
        flags.len()
    );
    let attribute = |flag: &String| {
        let (label, name) = flag.split_once('=').unwrap_or((flag, flag));
        Ok(Attribute {
            label: label.to_owned(),
            columns: vec![position(headers, name)?],
        })
    };
    flags.iter().map(attribute).collect()
}
