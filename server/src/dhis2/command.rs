//! `teranga dhis2`
#![expect(
    clippy::print_stdout,
    reason = "a command line speaks on its standard streams"
)]

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, bail, ensure};
use clap::Subcommand;
use teranga_core::sensitive::Sensitive;

use super::client::{Base, Credentials, Limits, Policy, Program};
use super::mapping::{self, CardField};
use super::routes::{found, status_of, suggested};
use super::sync::{Room, Run, Wanted, sync};
use super::{Connection, Manners, Programme, connect, map, programme, programmes};
use crate::access::Actor;
use crate::app::{self, App};
use crate::config::Place;
use crate::mpi::Index;
use crate::org;

/// Arguments of `teranga dhis2`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Reads a DHIS2 server, 2.36 or later, and never writes to it: nothing but GET is sent. The password is read from
TERANGA_DHIS2_PASSWORD (or a token from TERANGA_DHIS2_TOKEN), never from the command line, and kept sealed under the
master key.

  teranga dhis2 test https://dhis2.example --username reader
  teranga dhis2 map bbXEAJVOUDi --suggested
  teranga dhis2 map bbXEAJVOUDi MMD_PER_NAM=first_name MMD_PER_LST=last_name MMD_VIH_STA=kept
  teranga dhis2 sync bbXEAJVOUDi")]
pub struct Args {
    #[command(flatten)]
    place: Place,
    /// The organization, by its code [default: the only one]
    #[arg(long, env = "TERANGA_ORGANISATION", global = true)]
    organization: Option<String>,
    #[command(subcommand)]
    deed: Deed,
}

#[derive(Debug, Subcommand)]
enum Deed {
    /// Try a DHIS2 server, and keep the connection if it works
    Test(Test),
    /// Say what the attributes of a program become, or show what they are
    Map(Map),
    /// Read programs now
    Sync(Read),
    /// How the connection and its programs stand
    Status {
        /// Print JSON for programs
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, clap::Args)]
struct Test {
    /// Its address
    url: String,
    /// The account's username, where no token is used
    #[arg(long)]
    username: Option<String>,
    /// A file with the password or the token, instead of the environment
    #[arg(long)]
    secret_file: Option<PathBuf>,
    /// The server lies in a private network, or is asked over plain http
    #[arg(long)]
    own_network: bool,
}

#[derive(Debug, clap::Args)]
struct Map {
    /// The program's UID; none: the programs are listed
    program: Option<String>,
    /// ATTRIBUTE=FIELD, by code or display name; none: the attributes are listed
    #[arg(value_name = "ATTRIBUTE=FIELD")]
    mappings: Vec<String>,
    /// Map what the names and codes suggest, with ATTRIBUTE=FIELD on top
    #[arg(long)]
    suggested: bool,
}

#[derive(Debug, clap::Args)]
struct Read {
    /// The program's UID; none: every program that is mapped
    program: Option<String>,
    /// Read everyone, and not only who changed
    #[arg(long)]
    everything: bool,
    /// Read who changed since then, on the DHIS2 server's clock
    #[arg(long, conflicts_with = "everything")]
    since: Option<String>,
    /// Let go of whoever is not listed any more, even if they are many
    #[arg(long)]
    confirmed: bool,
}

/// Runs the command.
pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    tokio::runtime::Runtime::new()?.block_on(dispatch(args))
}

async fn dispatch(args: Args) -> anyhow::Result<ExitCode> {
    let app = app::open(&args.place).await?;
    let actor = actor(&app, args.organization.as_deref()).await?;
    let done = match args.deed {
        Deed::Test(test) => try_server(&app, &actor, test).await,
        Deed::Map(wanted) => map_program(&app, &actor, wanted).await,
        Deed::Sync(read) => read_programs(&app, &actor, read).await,
        Deed::Status { json } => show(&app, &actor, json).await,
    };
    app.db.close().await?;
    done.map(|()| ExitCode::SUCCESS)
}

async fn actor(app: &App, code: Option<&str>) -> anyhow::Result<Actor> {
    let all = org::organisations(app.db.reader()).await?;
    let one = match (code, all.as_slice()) {
        (Some(code), all) => all
            .iter()
            .find(|one| one.code == code)
            .with_context(|| format!("no organization has the code {code:?}"))?,
        (None, [only]) => only,
        (None, _) => bail!("say which organization with --organization"),
    };
    Ok(Actor::console(one.id, app.clock.millis()))
}

fn secret(file: Option<&PathBuf>) -> anyhow::Result<(Sensitive<String>, bool)> {
    if let Some(file) = file {
        let text = std::fs::read_to_string(file).with_context(|| file.display().to_string())?;
        return Ok((Sensitive::new(text.trim().to_owned()), false));
    }
    for (name, is_token) in [("TERANGA_DHIS2_PASSWORD", false), ("TERANGA_DHIS2_TOKEN", true)] {
        if let Ok(text) = std::env::var(name) {
            return Ok((Sensitive::new(text), is_token));
        }
    }
    bail!(
        "put the password into TERANGA_DHIS2_PASSWORD or the token into TERANGA_DHIS2_TOKEN, or name a --secret-file"
    )
}

async fn try_server(app: &App, actor: &Actor, test: Test) -> anyhow::Result<()> {
    let (secret, is_token) = secret(test.secret_file.as_ref())?;
    let credentials = match test.username {
        Some(username) if !is_token => Credentials::Basic {
            username,
            password: secret,
        },
        Some(_) => bail!("a username goes with a password, and a token needs none"),
        None => Credentials::Token(secret),
    };
    let policy = if test.own_network {
        Policy::OwnNetwork
    } else {
        Policy::Public
    };
    let mut connection = Connection {
        organisation: actor.organisation,
        base: Base::parse(&test.url, policy)?,
        credentials,
        version: String::new(),
        can_write: 0,
        manners: Manners::default(),
    };
    let client = connection.client(Limits::default())?;
    let info = client.info().await?;
    let programs = client.programs().await?;
    let writable = programs.iter().filter(|one| one.can_write).count();
    connection.version.clone_from(&info.version_text);
    connection.can_write = u32::try_from(writable).unwrap_or(u32::MAX);
    connect(&app.db, &app.vault, actor, connection).await?;
    println!(
        "connected: DHIS2 {}, its clock says {}",
        info.version_text, info.date
    );
    if writable > 0 {
        println!("warning: this account could write to {writable} programs; ask for one that can only read");
    }
    list(&programs);
    Ok(())
}

fn list(programs: &[Program]) {
    for one in programs {
        println!("{}  {} ({} attributes)", one.uid, one.name, one.attributes.len());
    }
}

async fn map_program(app: &App, actor: &Actor, wanted: Map) -> anyhow::Result<()> {
    let programs = found(app, actor.organisation).await?;
    let Some(uid) = wanted.program else {
        list(&programs);
        return Ok(());
    };
    let program = programs.iter().find(|one| one.uid == uid);
    let program = program.with_context(|| format!("the DHIS2 server shows no program {uid}"))?;
    let guard = mapping::guard_of(app.db.reader(), actor.organisation).await?;
    if wanted.mappings.is_empty() && !wanted.suggested {
        for one in &program.attributes {
            let finding = mapping::findings(&guard, one).into_iter().next();
            let said = match (&finding, mapping::suggestion(&guard, one)) {
                (Some(finding), _) => format!("kept ({finding})"),
                (None, Some(field)) => field.to_string(),
                (None, None) => "-".to_owned(),
            };
            println!("{}  {:20} {:35} {said}", one.uid, one.code, one.name);
        }
        return Ok(());
    }
    let mut all = if wanted.suggested {
        suggested(&guard, program).wanted()
    } else {
        Vec::new()
    };
    for text in &wanted.mappings {
        let (called, field) = text
            .rsplit_once('=')
            .with_context(|| format!("{text:?} is no ATTRIBUTE=FIELD"))?;
        let field: CardField = field.parse()?;
        all.retain(|(other, taken)| other != called && (*taken != field || field == CardField::Kept));
        all.push((called.to_owned(), field));
    }
    let mappings = mapping::resolve(&guard, program, &all)?;
    for one in mappings.values() {
        println!("{:35} {}", one.name, one.field);
    }
    map(&app.db, actor, &guard, program, mappings).await?;
    Ok(())
}

async fn read_programs(app: &App, actor: &Actor, read: Read) -> anyhow::Result<()> {
    let all: Vec<Programme> = match &read.program {
        Some(uid) => vec![programme(app.db.reader(), actor.organisation, uid).await?],
        None => programmes(app.db.reader(), actor.organisation).await?,
    };
    ensure!(!all.is_empty(), "no program is mapped yet: teranga dhis2 map");
    let index = Index::new(app.db.clone());
    let room = Room::new(&app.db, &index, &app.vault, &app.clock);
    let wanted = Wanted {
        everything: read.everything,
        since: read.since,
        confirmed: read.confirmed,
        ..Wanted::usual("manual")
    };
    for one in &all {
        let run = sync(room, actor, one, &wanted)
            .await
            .with_context(|| one.name.clone())?;
        say(&one.name, &run);
    }
    Ok(())
}

fn say(name: &str, run: &Run) {
    println!("{name}: {} people ({})", run.people, run.kind);
    for (count, what) in [
        (run.linked, "linked to someone who is registered"),
        (run.new, "new"),
        (run.review, "new, and wait for a reviewer: teranga review list"),
        (run.alert, "new, and like someone who is registered"),
        (run.refused, "refused"),
        (run.changed, "corrected"),
        (run.unchanged, "as they were"),
        (run.gone, "gone from the program"),
    ] {
        println!("{count:>9} {what}");
    }
}

async fn show(app: &App, actor: &Actor, json: bool) -> anyhow::Result<()> {
    let status = status_of(app, actor.organisation).await?;
    if json {
        println!("{}", serde_json::to_string_pretty(&status)?);
        return Ok(());
    }
    println!(
        "{}, DHIS2 {}, circuit {}",
        status.url, status.dhis2_version, status.circuit
    );
    if let Some(reason) = &status.circuit_reason {
        println!("  {reason}");
    }
    for one in &status.programmes {
        let how = if one.schedule.enabled {
            format!("every {} minutes", one.schedule.interval_minutes)
        } else {
            "when asked".to_owned()
        };
        println!("{}  {} ({how})", one.schedule.programme_uid, one.name);
        if let Some(last) = &one.last {
            let why = last.error.as_deref().unwrap_or_default();
            println!("  last sync: {}, {} people {why}", last.state, last.people);
        }
    }
    Ok(())
}
