//! `teranga torture`
#![expect(
    clippy::print_stdout,
    reason = "a command line speaks on its standard streams"
)]

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Subcommand;
use teranga_core::clock;
use teranga_core::person::MpiId;

use super::people;
#[cfg(feature = "phone")]
use super::phone;
use crate::access::Actor;
use crate::db::{Address, Db, Settings, sql};
use crate::mpi::{self, Index, MpiError, Registration};
use crate::org::{self, NewOrganisation, OrgError};

/// Clients that register side by side.
const CLIENTS: u64 = 16;

/// Arguments of `teranga torture`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    part: Part,
}

#[derive(Debug, Subcommand)]
enum Part {
    /// Register people through the index of the server
    ///
    /// Prints `ACK <mpi id>` on its own line once a registration is on the disk, and with --merge `MERGED <survivor>
    /// <other>` once a merge is. Whatever it has printed must be there after a crash; --list prints what is there.
    Server {
        /// Folder of the database; made when it is not there
        folder: PathBuf,
        /// How many people to register
        #[arg(default_value_t = 1000)]
        people: u64,
        /// Merge every second person into the one before
        #[arg(long)]
        merge: bool,
        /// Print every number that is there and the one that it leads to, and change nothing
        #[arg(long)]
        list: bool,
    },
    /// Register people on a phone: its vault and its outbox
    ///
    /// Prints `ACK <packet id>` on its own line once a registration is on the disk. Whatever it has printed must be there
    /// after a crash, once, with its packet in the outbox; --list prints what is there, each with its sequence (1, 2, 3
    /// and so on, without gaps) and `waits`, or `lost` where the outbox has no packet.
    #[cfg(feature = "phone")]
    Phone {
        /// Folder of the phone; made when it is not there
        folder: PathBuf,
        /// How many people to register
        #[arg(default_value_t = 1000)]
        people: u64,
        /// Print every registration that is there
        #[arg(long)]
        list: bool,
    },
}

/// Runs the command.
pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    let (folder, people, merge, list) = match args.part {
        Part::Server {
            folder,
            people,
            merge,
            list,
        } => (folder, people, merge, list),
        #[cfg(feature = "phone")]
        Part::Phone {
            folder, list: true, ..
        } => {
            phone::list(&folder)?;
            return Ok(ExitCode::SUCCESS);
        }
        #[cfg(feature = "phone")]
        Part::Phone { folder, people, .. } => {
            phone::register(&folder, people)?;
            return Ok(ExitCode::SUCCESS);
        }
    };
    tokio::runtime::Runtime::new()?.block_on(async {
        let address = Address::Sqlite(folder.join("teranga.db"));
        let db = Db::open(&address, Settings::default()).await?;
        if list {
            print_all(&db).await?;
        } else {
            let organisation = organisation(&db).await?;
            register(&db, organisation, people, merge).await?;
        }
        db.close().await.context("the database did not close")
    })?;
    Ok(ExitCode::SUCCESS)
}

async fn organisation(db: &Db) -> anyhow::Result<i64> {
    const CODE: &str = "torture";
    if let Some(found) = org::organisation(db.reader(), CODE).await? {
        return Ok(found.id);
    }
    let new = NewOrganisation {
        code: CODE.to_owned(),
        name: "Torture".to_owned(),
        country: "SN".to_owned(),
        at: clock::now().as_millisecond(),
    };
    let made: Result<i64, OrgError> = db
        .write(move |tx| Box::pin(async move { org::add_organisation(tx, &new).await }))
        .await;
    Ok(made?)
}

async fn register(db: &Db, organisation: i64, people: u64, merge: bool) -> anyhow::Result<()> {
    let index = Index::new(db.clone());
    let actor = Actor::console(organisation, clock::now().as_millisecond());
    // A second run registers others.
    let before = sql::number(db.reader(), "SELECT coalesce(max(id), 0) FROM identities", []).await?;
    let mut clients = tokio::task::JoinSet::new();
    for client in 0..CLIENTS {
        let (db, index, actor) = (db.clone(), index.clone(), actor.clone());
        clients.spawn(async move {
            let mut last = None;
            for number in (client..people).step_by(CLIENTS as usize) {
                let registration = Registration {
                    actor: actor.clone(),
                    person: people::person(before.unsigned_abs() + number),
                    source: "torture".to_owned(),
                    program: None,
                    key: None,
                };
                let own = index.register(registration).await?.number;
                say(format_args!("ACK {own}"));
                if let Some(survivor) = last.replace(own).filter(|survivor| merge && *survivor != own) {
                    merged(&db, &actor, survivor, own).await?;
                    last = None;
                }
            }
            Ok::<(), MpiError>(())
        });
    }
    while let Some(client) = clients.join_next().await {
        client??;
    }
    Ok(())
}

async fn merged(db: &Db, actor: &Actor, survivor: MpiId, other: MpiId) -> Result<(), MpiError> {
    let actor = actor.clone();
    let done: Result<(), MpiError> = db
        .write_under(mpi::structure(actor.organisation), move |tx| {
            Box::pin(async move { mpi::merge(tx, &actor, &survivor, &other).await })
        })
        .await;
    done?;
    say(format_args!("MERGED {survivor} {other}"));
    Ok(())
}

/// One line, in the hands of the system before the next.
pub(super) fn say(line: std::fmt::Arguments<'_>) {
    let mut out = std::io::stdout().lock();
    // Whoever reads may be gone; the work goes on.
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

async fn print_all(db: &Db) -> anyhow::Result<()> {
    const PAGE: &str = "SELECT n.code, n.number, r.number FROM numbers n JOIN identities i ON i.id = n.identity \
         JOIN identities r ON r.id = i.root WHERE n.code > $1 ORDER BY n.code LIMIT 10000";
    let mut after = String::new();
    loop {
        let rows = sql::all(db.reader(), PAGE, [after.clone().into()]).await?;
        for row in &rows {
            let (number, root): (String, String) = (row.try_get_by_index(1)?, row.try_get_by_index(2)?);
            println!("{number} {root}");
        }
        match rows.last() {
            Some(last) => after = last.try_get_by_index(0)?,
            None => return Ok(()),
        }
    }
}
