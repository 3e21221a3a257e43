//! A phone: the engine of the apps, with its files in a folder.

use std::path::Path;
use std::sync::Arc;

use teranga_core::engine::{Engine, EngineError, Settings};
use teranga_core::person::{BirthDate, Demographics, Place, Sex};
use teranga_core::register::{Draft, Saved};
use teranga_core::session::{Cost, Pin};
use teranga_core::store::FileKeystore;
use teranga_core::sync::{Cancel, Http, Network, Nobody, Phone, Summary};
use teranga_core::wire::enroll::AppInfo;
use teranga_core::wire::fact::{Consent, Given};

/// A phone and its network.
pub struct Handset {
    /// The phone.
    pub engine: Engine,
    network: Http,
}

fn pin() -> Pin {
    Pin::typed("480274")
}

impl Handset {
    /// The phone of a folder, locked.
    pub fn open(folder: &Path) -> Result<Self, EngineError> {
        let settings = Settings {
            cost: Cost::LEAST,
            ..Settings::default()
        };
        let keystore = Arc::new(FileKeystore::new(folder.join("platform")));
        let network = Http::new(&Network::default()).map_err(teranga_core::sync::SyncError::from)?;
        Ok(Self {
            engine: Engine::open(folder, keystore, settings)?,
            network,
        })
    }

    /// Enrolls with a ticket; the user has it open afterwards.
    pub async fn enroll(&self, ticket: &str, user: u64) -> Result<(), EngineError> {
        self.engine
            .enroll(&self.network, ticket, AppInfo::default())
            .await?;
        self.engine.settle(user, &pin())
    }

    /// Opens it with the user's PIN.
    pub fn unlock(&self, user: u64) -> Result<(), EngineError> {
        self.engine.unlock(user, &pin())
    }

    /// Syncs once.
    pub async fn sync(&self) -> Result<Summary, EngineError> {
        let (cancel, phone) = (Cancel::default(), Phone::default());
        self.engine.sync(&self.network, &Nobody, &cancel, phone).await
    }

    /// Registers a person.
    pub fn register(&self, person: Demographics) -> Result<Saved, EngineError> {
        self.engine.register(&Draft {
            person,
            program: None,
            consent: Consent {
                text: "registration".to_owned(),
                version: 1,
                language: "fr".to_owned(),
                how: Given::Spoken,
            },
            same: None,
            distinct: Vec::new(),
        })
    }
}

/// Someone in Dakar. Different numbers are different people.
pub fn somebody(number: u32) -> Demographics {
    const GIVEN: [&str; 8] = [
        "Awa", "Moussa", "Fatou", "Ibrahima", "Aminata", "Cheikh", "Mariama", "Ousmane",
    ];
    const FAMILY: [&str; 8] = ["Diop", "Ndiaye", "Sarr", "Faye", "Gueye", "Kane", "Mbaye", "Sow"];
    let pick = |list: [&str; 8], at: u32| {
        list.get((at % 8) as usize)
            .copied()
            .unwrap_or_default()
            .to_owned()
    };
    Demographics {
        given: format!("{} {}", pick(GIVEN, number), pick(GIVEN, number / 64)),
        family: pick(FAMILY, number / 8),
        birth: Some(BirthDate::Month {
            year: 1940 + i16::try_from(number / 512 % 80).unwrap_or_default(),
            month: i8::try_from(1 + number / 7 % 12).unwrap_or(1),
        }),
        sex: if number.is_multiple_of(2) {
            Sex::Female
        } else {
            Sex::Male
        },
        place: Place {
            country: "SN".to_owned(),
            region: "DKR".to_owned(),
            district: "Pikine".to_owned(),
            ..Place::default()
        },
        ..Demographics::default()
    }
}
