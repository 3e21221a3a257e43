//! Cards of a program's enrollments: they become the people of a campaign, and a run makes what is missing.

use std::collections::BTreeSet;

use jiff::civil::Date;
use sea_orm::ConnectionTrait as _;
use teranga_core::card::trust::Scope;

use super::client::Unit;
use super::routes::at_once;
use super::sync::{Room, through};
use super::{Dhis2Error, Programme, connection};
use crate::access::Actor;
use crate::app::App;
use crate::campaign::{self, CampaignError, Making, RunView};
use crate::card::store::millis;
use crate::db::{DbError, Tx, sql};
use crate::mpi::routes::index;
use crate::org::{self, NewCampaign, OrgError};
use crate::problem::{Kind, Problem};

/// Whose cards are made.
#[derive(Debug, Clone, Default)]
pub struct Chosen {
    /// Enrolled on this day or later.
    pub from: Option<Date>,
    /// Enrolled at these organisation units; none: at any.
    pub units: Option<BTreeSet<String>>,
}

/// The organisation unit and all below it, asked of the DHIS2 server.
pub async fn units_below(app: &App, organisation: i64, unit: &str) -> Result<BTreeSet<String>, Dhis2Error> {
    let connection = connection(app.db.reader(), &app.vault, organisation).await?;
    let client = connection.client(at_once())?;
    let index = index(app);
    let room = Room::new(&app.db, &index, &app.vault, &app.clock);
    let all = through(room, organisation, client.units()).await?;
    let is_below = |one: &Unit| one.path.split('/').any(|part| part == unit);
    Ok(all.into_iter().filter(is_below).map(|one| one.id).collect())
}

/// What the campaign of a program is called by, in codes, keys and cards.
fn called(programme: &Programme) -> (String, String) {
    let code = format!("dhis2-{}", programme.uid.to_lowercase());
    (code, format!("DH{:02}", programme.id))
}

/// Begins a run for everyone who is chosen and has no card of the program yet.
pub async fn generate(
    app: &App,
    actor: &Actor,
    programme: &Programme,
    chosen: Chosen,
    making: Making,
) -> Result<RunView, Problem> {
    let (code, prefix) = called(programme);
    let (signing, scope, issued) = (app.clone(), Scope::Campaign(prefix.clone()), making.issued);
    let keys = tokio::task::spawn_blocking(move || campaign::keys(&signing, &scope, issued));
    keys.await
        .map_err(Problem::internal)?
        .map_err(|error| Problem::internal(format!("{error:#}")))?;
    let (who, program) = (actor.clone(), programme.clone());
    let begun = app.db.write(move |tx| {
        Box::pin(async move {
            let campaign = campaign_of(tx, &who, &program, (code, prefix)).await?;
            add(tx, campaign, &program, &chosen, who.at).await?;
            campaign::start(tx, &who, campaign, &making).await
        })
    });
    let run = begun.await?;
    crate::queue::ring(app);
    let view = campaign::view(app.db.reader(), actor.organisation, run).await?;
    view.ok_or_else(|| Problem::new(Kind::NotFound))
}

/// The program's campaign, made with its first cards.
async fn campaign_of(
    tx: &Tx,
    actor: &Actor,
    programme: &Programme,
    (code, prefix): (String, String),
) -> Result<i64, CampaignError> {
    const FIND: &str = "SELECT id FROM campaigns WHERE organisation = $1 AND programme = $2 AND code = $3";
    const NAME: &str = "SELECT public_name FROM programmes WHERE id = $1";
    let keys = [
        actor.organisation.into(),
        programme.program.into(),
        code.clone().into(),
    ];
    let known = sql::number(tx, FIND, keys).await?;
    if known != 0 {
        return Ok(known);
    }
    // The campaign's name stands on cards, so it is what the public may read.
    let name = sql::one(tx, NAME, [programme.program.into()]).await?;
    let name: Option<String> = name
        .map(|row| row.try_get_by_index(0))
        .transpose()
        .map_err(DbError::from)?;
    let name = name.unwrap_or_default();
    let new = NewCampaign {
        program: programme.program,
        code,
        name,
        prefix,
        starts: None,
        ends: None,
        at: actor.at,
    };
    org::add_campaign(tx, actor.organisation, &new)
        .await
        .map_err(|error| match error {
            OrgError::Db(error) => error.into(),
            OrgError::Refused(words) => CampaignError::Refused(words),
        })
}

/// Adds everyone who is chosen to the campaign, each once.
async fn add(
    tx: &Tx,
    campaign: i64,
    programme: &Programme,
    chosen: &Chosen,
    at: i64,
) -> Result<(), CampaignError> {
    let units: Vec<&str> = chosen.units.iter().flatten().map(String::as_str).collect();
    let (anywhere, from) = (
        i64::from(chosen.units.is_none()),
        chosen.from.map_or(i64::MIN, millis),
    );
    let text = format!(
        "INSERT INTO beneficiaries (campaign, identity, added) SELECT DISTINCT CAST($1 AS BIGINT), i.root, \
         CAST($2 AS BIGINT) FROM dhis2_enrollments d JOIN enrollments e ON e.programme = $3 AND e.source = 'dhis2' \
         AND e.reference = d.enrollment JOIN identities i ON i.id = e.identity JOIN identities r ON r.id = i.root \
         WHERE d.programme = $4 AND d.gone = 0 AND e.ended IS NULL AND r.state = 0 AND d.enrolled >= $5 \
         AND ($6 = 1 OR d.org_unit IN {}) ON CONFLICT DO NOTHING",
        sql::strings(tx.get_database_backend(), 7)
    );
    let values = [
        campaign.into(),
        at.into(),
        programme.program.into(),
        programme.id.into(),
        from.into(),
        anywhere.into(),
        sql::texts(&units),
    ];
    sql::run(tx, &text, values).await?;
    Ok(())
}
