//! `teranga review`: the queue on a terminal.
#![expect(
    clippy::print_stdout,
    reason = "a command line speaks on its standard streams"
)]

use std::io::{BufRead as _, Write as _};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Subcommand;
use teranga_core::clock;
use teranga_core::person::MpiId;

use super::queue;
use crate::access::password::Password;
use crate::access::{self, Action, Actor, Area, Target, decide as allow};
use crate::db::{Address, Db, Settings, sql};
use crate::mpi::{self, MpiError};

/// Arguments of `teranga review`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The database: the path of an SQLite file, or postgres://USER@HOST/NAME
    #[arg(long, env = "TERANGA_DATABASE", hide_env_values = true)]
    database: Address,
    /// The organisation, by its code
    #[arg(long, env = "TERANGA_ORGANISATION")]
    organisation: String,
    /// Who decides: the login of a user whose role may join people. The password is read from TERANGA_PASSWORD or asked
    #[arg(long, env = "TERANGA_LOGIN")]
    login: Option<String>,
    #[command(subcommand)]
    action: Decision,
}

#[derive(Debug, Subcommand)]
enum Decision {
    /// Pairs that wait, the likeliest first
    List {
        /// Show at most this many
        #[arg(long, default_value_t = 20)]
        most: u32,
    },
    /// One pair side by side, with the reasons for and against
    Show {
        /// The number that `list` shows
        review: i64,
    },
    /// They are one person: both MPI ids lead to the older one from now on
    Merge {
        /// The number that `list` shows
        review: i64,
    },
    /// They are two people, and are never joined without a person
    Reject {
        /// The number that `list` shows
        review: i64,
    },
    /// Undo the merge of the identity that has this MPI id
    Unmerge {
        /// The MPI id
        number: MpiId,
    },
}

/// Runs the command.
pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    tokio::runtime::Runtime::new()?.block_on(decide(args))?;
    Ok(ExitCode::SUCCESS)
}

async fn decide(args: Args) -> anyhow::Result<()> {
    let db = Db::open(&args.database, Settings::default()).await?;
    let code = args.organisation.clone();
    let organisation = sql::number(
        db.reader(),
        "SELECT id FROM organisations WHERE code = $1",
        [code.into()],
    )
    .await?;
    anyhow::ensure!(
        organisation != 0,
        "no organisation has the code {:?}",
        args.organisation
    );
    match args.action {
        Decision::List { most } => show_list(&db, organisation, most).await?,
        Decision::Show { review } => show(&db, organisation, review).await?,
        decision => {
            let actor = person(&db, organisation, args.login.as_deref()).await?;
            in_reach(&db, &actor, &decision).await?;
            write(&db, actor, decision).await?;
            println!("done");
        }
    }
    db.close().await.context("the database did not close")
}

/// Whoever decides, by name and password: a decision about people is somebody's.
async fn person(db: &Db, organisation: i64, login: Option<&str>) -> anyhow::Result<Actor> {
    let login =
        login.context("say who decides: --login, with the password in TERANGA_PASSWORD or when asked")?;
    let password = match std::env::var("TERANGA_PASSWORD") {
        Ok(password) => password,
        Err(_) => {
            print!("Password of {login}: ");
            std::io::stdout().flush()?;
            let mut line = String::new();
            std::io::stdin().lock().read_line(&mut line)?;
            line.trim_end_matches(['\r', '\n']).to_owned()
        }
    };
    let at = clock::now().as_millisecond();
    access::at_the_terminal(db, organisation, login, &Password::new(password), at).await
}

/// Refuses a decision about people whom the actor may not join.
async fn in_reach(db: &Db, actor: &Actor, decision: &Decision) -> anyhow::Result<()> {
    let people = match decision {
        Decision::Merge { review } | Decision::Reject { review } => {
            let pair = queue::get(db.reader(), actor.organisation, *review).await?;
            pair.people.map(|(_, _, person)| person).to_vec()
        }
        Decision::Unmerge { number } => {
            vec![mpi::get(db.reader(), actor.organisation, number).await?.person]
        }
        Decision::List { .. } | Decision::Show { .. } => Vec::new(),
    };
    for person in people {
        let target = Target::within(actor.organisation, Area::of_place(&person.place));
        allow(actor, Action::JoinPeople, &target).map_err(|refusal| {
            anyhow::anyhow!(
                "{refusal}; ask someone whose role and area hold both people, with a second factor"
            )
        })?;
    }
    Ok(())
}

async fn write(db: &Db, actor: Actor, decision: Decision) -> Result<(), MpiError> {
    db.write_under(mpi::structure(actor.organisation), move |tx| {
        Box::pin(async move {
            match decision {
                Decision::Merge { review } => queue::merge(tx, &actor, review).await,
                Decision::Reject { review } => queue::reject(tx, &actor, review).await,
                Decision::Unmerge { number } => mpi::undo(tx, &actor, &number).await,
                Decision::List { .. } | Decision::Show { .. } => Ok(()),
            }
        })
    })
    .await
}

async fn show_list(db: &Db, organisation: i64, most: u32) -> anyhow::Result<()> {
    let pairs = queue::list(db.reader(), organisation, most).await?;
    for pair in &pairs {
        println!(
            "{:>8}  {:6}  {}  {}",
            pair.id, pair.kind, pair.people[0].1, pair.people[1].1
        );
    }
    if pairs.is_empty() {
        println!("nothing waits");
    }
    Ok(())
}

async fn show(db: &Db, organisation: i64, review: i64) -> anyhow::Result<()> {
    let pair = queue::get(db.reader(), organisation, review).await?;
    for (_, number, person) in &pair.people {
        let birth = person
            .birth
            .as_ref()
            .map(|birth| serde_json::json!(birth).to_string())
            .unwrap_or_default();
        println!(
            "{number}  {} {}  {}  {}",
            person.given,
            person.family,
            birth.trim_matches('"'),
            person.place.commune
        );
    }
    let people = sql::number(db.reader(), "SELECT coalesce(max(id), 0) FROM identities", []).await?;
    let explanation = pair.explain(people.unsigned_abs());
    println!(
        "probability {:.4}, similarity {}",
        explanation.score.probability(),
        explanation.similarity
    );
    println!("{explanation}");
    Ok(())
}
