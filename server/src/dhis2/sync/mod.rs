//! A sync: everyone who changed, page by page, brought to the index, with what became of each enrollment.
//!
//! A sync asks for changes since the last one on the DHIS2 server's own clock, with a window that overlaps, so that a
//! person may come twice and is never missed; whoever is as they were is only seen ([`page`]). A page is taken in by one
//! transaction, its rows and its number together, so that a sync that was cut off goes on at the next page. At the end
//! the people who were seen are counted against the total that the server said, and after changes also everyone in the
//! program: when a number does not fit, everything is read once more, and when it still does not, nobody is removed and
//! the sync has failed. Once a day everything is compared anyway, because not every version tells of deletions.

mod page;
mod rows;
mod run;

pub(super) use rows::shown;
pub use run::{EnrollmentOutcome, Run, enrollments, runs};

use std::collections::HashSet;
use std::time::Duration;

use jiff::ToSpan as _;
use jiff::civil::DateTime;
use teranga_core::clock;

use super::client::{Changes, Client, ClientError, Dialect, Limits, List};
use super::connection::{self, Connection};
use super::mapping::{self, Mappings};
use super::person::Units;
use super::{Dhis2Error, Programme};
use crate::access::Actor;
use crate::app::Clock;
use crate::db::{Db, DbError, sql};
use crate::keys::Vault;
use crate::mpi::Index;

/// Milliseconds after which everything is compared again.
const NIGHT: i64 = 86_400_000;

/// What a sync works with.
#[derive(Clone, Copy)]
pub struct Room<'a> {
    /// The database.
    pub db: &'a Db,
    /// The index.
    pub index: &'a Index,
    /// Opens the connection's password, and seals attributes.
    pub vault: &'a Vault,
    /// The time.
    pub clock: &'a Clock,
    /// How patient the client is.
    pub limits: Limits,
    /// By how much a window overlaps the one before: long enough for a clock that was set back by an hour.
    pub overlap: Duration,
}

impl<'a> Room<'a> {
    /// A room with the usual limits.
    pub fn new(db: &'a Db, index: &'a Index, vault: &'a Vault, clock: &'a Clock) -> Self {
        Self {
            db,
            index,
            vault,
            clock,
            limits: Limits::default(),
            overlap: Duration::from_secs(70 * 60),
        }
    }
}

/// What a sync is asked to do.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// Why: manual, schedule, webhook or night.
    pub cause: &'static str,
    /// Read everyone, whatever is known.
    pub everything: bool,
    /// Changes since a time on the DHIS2 server's clock, instead of since the last sync.
    pub since: Option<String>,
    /// Remove whoever is not listed any more, however many they are.
    pub confirmed: bool,
}

impl Wanted {
    /// What is usual.
    pub fn usual(cause: &'static str) -> Self {
        Self {
            cause,
            everything: false,
            since: None,
            confirmed: false,
        }
    }
}

/// What a sync needs at every step.
struct Ground<'a> {
    room: Room<'a>,
    actor: &'a Actor,
    programme: &'a Programme,
    connection: Connection,
    client: Client,
    dialect: Dialect,
    units_of_account: Vec<String>,
    units: Units,
    mappings: Mappings,
    mapped: HashSet<String>,
    /// The DHIS2 server's clock when the sync began.
    server_now: String,
    lease: i64,
}

/// Reads a program; says what became of it.
///
/// # Errors
/// [`Dhis2Error::UnderWay`] while another sync of the program runs; else why it stopped. What was taken in stays.
pub async fn sync(
    room: Room<'_>,
    actor: &Actor,
    programme: &Programme,
    wanted: &Wanted,
) -> Result<Run, Dhis2Error> {
    let lease = run::lease(room.db, programme.id, room.clock.millis()).await?;
    let done = leased(room, actor, programme, wanted, lease).await;
    run::release(room.db, programme, lease, room.clock.millis()).await?;
    done
}

async fn leased(
    room: Room<'_>,
    actor: &Actor,
    programme: &Programme,
    wanted: &Wanted,
    lease: i64,
) -> Result<Run, Dhis2Error> {
    let ground = ground(room, actor, programme, lease).await?;
    let wanted = Wanted {
        everything: wanted.everything || wanted.since.is_none() && is_night(&ground),
        ..wanted.clone()
    };
    let mut done = read(&ground, &wanted).await;
    let is_short = matches!(done, Err(Dhis2Error::Client(ClientError::Short { .. })));
    // Once more from the beginning: people may have come and gone while the pages were read.
    if is_short || matches!(&done, Ok(run) if run.kind == "changes" && !is_complete(&ground).await?) {
        let everything = Wanted {
            everything: true,
            since: None,
            ..wanted
        };
        done = read(&ground, &everything).await;
    }
    done
}

fn is_night(ground: &Ground<'_>) -> bool {
    let programme = ground.programme;
    let last = programme.reconciled.unwrap_or(0);
    programme.since.is_none() || ground.room.clock.millis() - last >= NIGHT
}

/// Asks the server who it is, through the circuit breaker.
async fn ground<'a>(
    room: Room<'a>,
    actor: &'a Actor,
    programme: &'a Programme,
    lease: i64,
) -> Result<Ground<'a>, Dhis2Error> {
    let connection = connection::connection(room.db.reader(), room.vault, programme.organisation).await?;
    let mappings = mapping::mappings(room.db.reader(), programme.id).await?;
    if mappings.is_empty() {
        return Err(Dhis2Error::NotMapped);
    }
    let client = connection.client(room.limits)?;
    let asked = through(room, programme.organisation, async {
        let info = client.info().await?;
        Ok((info, client.account().await?, client.units().await?))
    });
    let (info, account, units) = asked.await?;
    Ok(Ground {
        actor,
        programme,
        dialect: Dialect::of(info.version),
        units_of_account: account.units,
        units: Units::new(units, &country(room.db, programme.organisation).await?),
        mapped: mappings.keys().cloned().collect(),
        mappings,
        server_now: info.date,
        room,
        connection,
        client,
        lease,
    })
}

async fn country(db: &Db, organisation: i64) -> Result<String, DbError> {
    const COUNTRY: &str = "SELECT country FROM organisations WHERE id = $1";
    let row = sql::one(db.reader(), COUNTRY, [organisation.into()]).await?;
    Ok(row
        .map(|row| row.try_get_by_index(0))
        .transpose()?
        .unwrap_or_default())
}

/// Asks through the breaker of the organization's connection.
pub(super) async fn through<T>(
    room: Room<'_>,
    organisation: i64,
    ask: impl Future<Output = Result<T, ClientError>>,
) -> Result<T, Dhis2Error> {
    let now = room.clock.millis();
    let passes = connection::change_breaker(room.db, organisation, move |breaker| breaker.pass(now));
    passes.await??;
    let answer = ask.await;
    let now = room.clock.millis();
    let fault = answer.as_ref().err().cloned();
    let told = connection::change_breaker(room.db, organisation, move |breaker| match &fault {
        None => breaker.succeed(),
        Some(error) => breaker.fail(now, error),
    });
    told.await?;
    Ok(answer?)
}

/// Reads a list to its end.
async fn read(ground: &Ground<'_>, wanted: &Wanted) -> Result<Run, Dhis2Error> {
    let mut run = run::begin(ground, wanted).await?;
    match pages(ground, &mut run).await {
        Ok(total) => finish(ground, run, total, wanted.confirmed).await,
        Err(error) => {
            run::stopped(ground, &run, &error, true).await?;
            Err(error)
        }
    }
}

async fn pages(ground: &Ground<'_>, run: &mut Run) -> Result<u64, Dhis2Error> {
    let changes = changes(ground, run)?;
    let size = ground.connection.manners.page_size.clamp(1, 10_000);
    let list = List {
        dialect: ground.dialect,
        program: &ground.programme.uid,
        units: &ground.units_of_account,
        changes: &changes,
        size,
    };
    loop {
        let number = run.pages + 1;
        let asked = ground.client.people(&list, number, &ground.mapped);
        let page = through(ground.room, ground.programme.organisation, asked).await?;
        let total = page.total;
        page::take_in(ground, run, page).await?;
        // A short page is not the last one; the total says which is.
        if u64::from(number) * u64::from(size) >= total {
            return Ok(total);
        }
    }
}

/// Which list the run reads, on the server's own clock.
fn changes(ground: &Ground<'_>, run: &Run) -> Result<Changes, Dhis2Error> {
    let Some(since) = &run.since else {
        return Ok(Changes::All);
    };
    let time = |text: &str| text.parse::<DateTime>().map_err(|_| ClientError::NotDhis2);
    let (since, now) = (time(since)?, time(&ground.server_now)?);
    let overlap = i64::try_from(ground.room.overlap.as_secs()).unwrap_or(i64::MAX);
    let begin = since
        .checked_sub(overlap.seconds())
        .map_err(|_| ClientError::NotDhis2)?;
    let length = (now - begin).total(jiff::Unit::Second).unwrap_or(0.0).ceil();
    // At least a second: a window of none lists nobody.
    Ok(Changes::Since {
        time: begin.strftime("%Y-%m-%dT%H:%M:%S%.3f").to_string(),
        seconds: whole(length).max(1),
    })
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "seconds of some years fit in 53 bits"
)]
fn whole(seconds: f64) -> i64 {
    seconds.clamp(0.0, 1e12) as i64
}

/// Counts who was seen, lets go who is not listed any more, and writes the end down.
async fn finish(ground: &Ground<'_>, run: Run, total: u64, confirmed: bool) -> Result<Run, Dhis2Error> {
    let seen = run::seen(ground.room.db, ground.programme.id, run.id).await?;
    if seen < total {
        let error = ClientError::Short {
            said: total,
            given: seen,
        }
        .into();
        run::stopped(ground, &run, &error, false).await?;
        return Err(error);
    }
    if run.kind == "everything" {
        let (gone, known) = run::missing(ground.room.db, ground.programme.id, run.id).await?;
        // A right that was lost looks like a program that everyone left.
        if !confirmed && gone > 20 && gone * 5 > known {
            let error = ClientError::Vanished { gone, known }.into();
            run::stopped(ground, &run, &error, false).await?;
            return Err(error);
        }
    }
    run::finish(ground, run).await
}

/// Whether as many are in the program here as the server says there are.
async fn is_complete(ground: &Ground<'_>) -> Result<bool, Dhis2Error> {
    let list = List {
        dialect: ground.dialect,
        program: &ground.programme.uid,
        units: &ground.units_of_account,
        changes: &Changes::All,
        size: 1,
    };
    let nothing = HashSet::new();
    let asked = ground.client.people(&list, 1, &nothing);
    let page = through(ground.room, ground.programme.organisation, asked).await?;
    let here = run::present(ground.room.db, ground.programme.id).await?;
    Ok(here == page.total)
}

/// Today, for dates of birth.
fn today(ground: &Ground<'_>) -> jiff::civil::Date {
    clock::date_of(ground.room.clock.now())
}
