//! A phone with a server in memory, for tests.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::Timestamp;

use super::{Clock, Engine, EngineError, Settings};
use crate::person::{BirthDate, Demographics, Sex};
use crate::register::Draft;
use crate::scan::testing::{consent, now};
use crate::session::{Cost, Pin};
use crate::store::FileKeystore;
use crate::sync::testing::{Server, run};
use crate::sync::{Cancel, Nobody, Phone, Summary};
use crate::wire::enroll::AppInfo;

pub(crate) const SUPERVISOR: u64 = 7;
pub(crate) const AGENT: u64 = 8;
pub(crate) const WORKER: u64 = 9;

pub(crate) fn pin() -> Pin {
    Pin::typed("480274")
}

pub(crate) struct Handset {
    pub folder: tempfile::TempDir,
    pub server: Server,
    pub engine: Engine,
    /// Seconds since 1970 by the phone's clock.
    pub clock: Arc<AtomicI64>,
}

impl Handset {
    /// A phone that belongs to nobody yet.
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(AtomicI64::new(now().as_second()));
        Self {
            engine: open(folder.path(), &clock),
            server: Server::new(),
            folder,
            clock,
        }
    }

    /// A phone that an enrolment agent has open.
    pub fn enrolled() -> Self {
        let handset = Self::new();
        handset.enroll().unwrap();
        handset.engine.give_pin(AGENT, &pin()).unwrap();
        handset.engine.give_pin(WORKER, &pin()).unwrap();
        handset.engine.unlock(AGENT, &pin()).unwrap();
        handset
    }

    pub fn enroll(&self) -> Result<(), EngineError> {
        let ticket = self.server.ticket();
        run(self.engine.enroll(&self.server, &ticket, AppInfo::default()))?;
        self.engine.settle(SUPERVISOR, &pin())
    }

    /// The phone after it was switched off and on.
    pub fn restart(&mut self) {
        self.engine = open(self.folder.path(), &self.clock);
    }

    pub fn sync(&self) -> Result<Summary, EngineError> {
        let phone = Phone::default();
        run(self.engine.sync(&self.server, &Nobody, &Cancel::default(), phone))
    }

    pub fn pass(&self, seconds: i64) {
        self.clock.fetch_add(seconds, Ordering::Relaxed);
    }
}

fn open(folder: &Path, clock: &Arc<AtomicI64>) -> Engine {
    let shown = Arc::clone(clock);
    let clock: Clock = Arc::new(move || Timestamp::from_second(shown.load(Ordering::Relaxed)).unwrap());
    let settings = Settings {
        cost: Cost::LEAST,
        clock,
    };
    let keystore = Arc::new(FileKeystore::new(folder.join("platform")));
    Engine::open(folder, keystore, settings).unwrap()
}

pub(crate) fn draft(given: &str) -> Draft {
    Draft {
        person: Demographics {
            given: given.into(),
            family: "Ndiaye".into(),
            birth: Some(BirthDate::Day(jiff::civil::date(1990, 5, 17))),
            sex: Sex::Female,
            ..Demographics::default()
        },
        program: Some(3),
        consent: consent(),
        same: None,
        distinct: Vec::new(),
    }
}
