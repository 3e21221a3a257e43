//! A campaign with people, for tests and benches.

#![expect(
    clippy::expect_used,
    reason = "a test stops where it cannot have its campaign"
)]

use jiff::civil::Date;
use sea_orm::ConnectionTrait as _;
use serde_json::json;
use teranga_core::card::trust::Scope;
use teranga_core::clock;
use teranga_core::ids::OsRandom;
use teranga_core::person::MpiId;

use super::{CampaignError, Making};
use crate::access::Actor;
use crate::app::App;
use crate::db::{DbError, Tx, sql};
use crate::keys::request::years_after;
use crate::org::{self, NewCampaign, NewProgram, OrgError};
use crate::studio::DesignForm;

/// Rows in one transaction.
const TOGETHER: usize = 5_000;

/// An organization's campaign.
#[derive(Debug, Clone, Copy)]
pub struct World {
    /// The organization's row.
    pub organisation: i64,
    /// The campaign's row.
    pub campaign: i64,
}

/// A programme and a campaign of an organization.
pub async fn campaign(app: &App, organisation: i64, prefix: &str) -> World {
    let at = app.clock.millis();
    let (code, prefix) = (prefix.to_lowercase(), prefix.to_owned());
    let made = app.db.write(move |tx| {
        Box::pin(async move {
            let program = NewProgram {
                code: code.clone(),
                name: "Paludisme 2026".into(),
                public_name: None,
                kind: "malaria".into(),
                sensitive: false,
                retention_years: Some(5),
                at,
            };
            let program = org::add_program(tx, organisation, &program).await?;
            let campaign = NewCampaign {
                program,
                code,
                name: "Moustiquaires 2026".into(),
                prefix,
                starts: None,
                ends: None,
                at,
            };
            org::add_campaign(tx, organisation, &campaign).await
        })
    });
    let campaign: Result<i64, OrgError> = made.await;
    World {
        organisation,
        campaign: campaign.expect("a campaign"),
    }
}

/// Adds people to the register and to the campaign, without asking the matcher: they are nobody's doubles.
pub async fn people(app: &App, world: World, count: usize) {
    const GIVEN: [&str; 6] = [
        "Awa",
        "Mamadou Lamine",
        "Fatoumata",
        "Ousmane",
        "Aïssatou",
        "Ibrahima",
    ];
    const FAMILY: [&str; 5] = ["Diallo", "Ndiaye", "Sow", "Ba", "Traoré"];
    let records: Vec<String> = (0..count)
        .map(|at| {
            json!({
                "given": GIVEN[at % GIVEN.len()], "family": FAMILY[at % FAMILY.len()],
                "birth": format!("19{:02}-03-1{}", 40 + at % 60, at % 10), "sex": "female",
                "place": {"country": "SN", "region": "DKR", "district": "Pikine", "commune": "", "village": ""},
                "identifiers": [], "phone": null, "mother": null, "household": null,
            })
            .to_string()
        })
        .collect();
    add(app, world, &records).await;
}

/// Adds people with these records, as they stand.
pub async fn add(app: &App, world: World, records: &[String]) {
    for chunk in records.chunks(TOGETHER) {
        let chunk = chunk.to_vec();
        let at = app.clock.millis();
        let added = app
            .db
            .write(move |tx| Box::pin(async move { rows(tx, world, &chunk, at).await }));
        added.await.expect("people of a campaign");
    }
}

async fn rows(tx: &Tx, world: World, records: &[String], at: i64) -> Result<(), DbError> {
    let backend = tx.get_database_backend();
    let first = sql::number(tx, "SELECT COALESCE(MAX(id), 0) + 1 FROM identities", []).await?;
    let date: Date = clock::date_of(clock::now());
    let mut people = Vec::new();
    for (id, record) in (first..).zip(records) {
        let number = MpiId::generate("SN", "DKR", date, &mut OsRandom);
        let number = number
            .map_err(|error| DbError::Internal(error.to_string()))?
            .to_string();
        let code = number.rsplit('-').next().unwrap_or_default().to_owned();
        people.push(json!([
            id,
            world.organisation,
            number,
            record,
            at,
            code,
            world.campaign
        ]));
    }
    let table = sql::table(&people);
    let listed = sql::rows(backend, 1);
    let (int, text) = (sql::int, sql::text);
    let statements = [
        format!(
            "INSERT INTO identities (id, organisation, root, number, person, country, region, district, source, created, \
             changed) SELECT {}, {}, {}, {}, {}, 'SN', 'DKR', 'Pikine', 'import', {}, {} FROM {listed}",
            int(0),
            int(1),
            int(0),
            text(2),
            text(3),
            int(4),
            int(4)
        ),
        format!(
            "INSERT INTO numbers (code, number, organisation, identity, state, at) SELECT {}, {}, {}, {}, 0, {} FROM {listed}",
            text(5),
            text(2),
            int(1),
            int(0),
            int(4)
        ),
        format!(
            "INSERT INTO beneficiaries (campaign, identity, added) SELECT {}, {}, {} FROM {listed}",
            int(6),
            int(0),
            int(4)
        ),
    ];
    for statement in &statements {
        sql::run(tx, statement, [table.clone()]).await?;
    }
    Ok(())
}

/// How a test's cards are made: quick to draw, both kinds of file.
pub fn making(app: &App) -> Making {
    let issued = clock::date_of(app.clock.now());
    Making {
        form: DesignForm::of("classic"),
        design: None,
        pdf: true,
        zip: true,
        dpi: 300,
        sheet: None,
        issued,
        expires: years_after(issued, 2),
        host: Some("v.example.org".into()),
        shard: 100,
    }
}

/// Makes the keys and starts a run, as whoever asks does.
pub async fn start(app: &App, world: World, making: Making) -> Result<i64, CampaignError> {
    const PREFIX: &str = "SELECT prefix FROM campaigns WHERE id = $1";
    let row = sql::one(app.db.reader(), PREFIX, [world.campaign.into()]).await?;
    let prefix: String = row.expect("a campaign").try_get_by_index(0).expect("a prefix");
    let (signing, issued) = (app.clone(), making.issued);
    let keys = move || super::keys(&signing, &Scope::Campaign(prefix), issued);
    tokio::task::spawn_blocking(keys)
        .await
        .expect("a thread")
        .expect("keys");
    let actor = Actor::console(world.organisation, app.clock.millis());
    let started = app
        .db
        .write(move |tx| Box::pin(async move { super::start(tx, &actor, world.campaign, &making).await }));
    let run = started.await?;
    crate::queue::ring(app);
    Ok(run)
}
