//! `teranga campaign`: the same as the routes, on the servers' database.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use jiff::civil::Date;
use teranga_core::card::trust::Scope;
use teranga_core::clock;
use tokio::sync::watch;

use super::view::RunView;
use super::{CampaignError, Filter, Making, files, issuing, quota, run, view};
use crate::access::Actor;
use crate::app::{self, App};
use crate::config::Place;
use crate::keys::request::years_after;
use crate::queue::{Kinds, Settings, Workers};
use crate::studio::{self, DesignForm, Language};
use crate::{audit, org, publish};

/// Between two looks at a run that is waited for.
const LOOK: Duration = Duration::from_millis(500);

/// Arguments of `teranga campaign`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Works on the servers' database, whether a server runs or not. A run that is generated is made by the workers of `teranga
serve` and `teranga worker`; with --here this process works on it too, and waits for its end.

Exit status: 0 when all is done, 1 when a run ended with people who have no card.")]
pub struct Args {
    #[command(flatten)]
    place: Place,
    /// The organization, by its code [default: the only one]
    #[arg(long, env = "TERANGA_ORGANISATION", global = true)]
    organization: Option<String>,
    /// Print JSON for programs
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, clap::Subcommand)]
enum Verb {
    /// Add people of the register to a campaign
    People(PeopleArgs),
    /// Make the cards of everyone in a campaign who has none
    Generate(GenerateArgs),
    /// How far a run is
    Status(RunArgs),
    /// Cancel a run; cards that were made stay
    Cancel(RunArgs),
    /// Make the shards of a run again that failed
    Retry(RunArgs),
    /// Copy the files of a run into a folder
    Files(FilesArgs),
    /// How many cards the organization may make; with a number, set it
    Quota {
        /// Cards in all
        #[arg(value_parser = clap::value_parser!(i64).range(0..))]
        cards: Option<i64>,
    },
}

#[derive(Debug, clap::Args)]
struct PeopleArgs {
    /// The campaign, by its code
    campaign: String,
    /// Only who lives here: SN, SN/DKR or SN/DKR/Pikine
    #[arg(long, default_value = "")]
    area: String,
    /// Only who takes part in the campaign's program
    #[arg(long)]
    enrolled: bool,
    /// Only who came with an import, by its number
    #[arg(long)]
    import: Option<i64>,
}

#[derive(Debug, clap::Args)]
struct GenerateArgs {
    /// The campaign, by its code
    campaign: String,
    /// A design that is kept, by its code, or a file of one, JSON or YAML [default: the template classic]
    #[arg(long)]
    design: Option<String>,
    /// Make no pages
    #[arg(long)]
    no_pdf: bool,
    /// Make no archive of pictures
    #[arg(long)]
    no_zip: bool,
    /// Dots per inch of pictures
    #[arg(long, value_parser = ["300", "450", "600"], default_value = "300")]
    dpi: String,
    /// Several cards on a sheet
    #[arg(long, value_parser = ["a4-long-edge", "a4-short-edge"])]
    sheet: Option<String>,
    /// First day on which the cards are no longer valid [default: two years after today]
    #[arg(long)]
    expires: Option<Date>,
    /// Host of the verification site, for the link in the code [default: none, the compact form]
    #[arg(long, env = "TERANGA_CARD_HOST")]
    host: Option<String>,
    /// People in a shard
    #[arg(long, default_value_t = 2_000, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    shard: u32,
    /// Work on it in this process too, and wait for its end
    #[arg(long)]
    here: bool,
}

#[derive(Debug, clap::Args)]
struct RunArgs {
    /// The run's number
    run: i64,
}

#[derive(Debug, clap::Args)]
struct FilesArgs {
    /// The run's number
    run: i64,
    /// Folder for the files
    #[arg(long)]
    out: PathBuf,
}

/// Where a command works, and for whom.
struct Desk {
    app: App,
    actor: Actor,
    json: bool,
}

/// Runs the command.
pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    tokio::runtime::Runtime::new()?.block_on(async {
        let app = app::open(&args.place).await?;
        let all = org::organisations(app.db.reader()).await?;
        let own = match args.organization.filter(|code| !code.is_empty()) {
            Some(code) => all.into_iter().find(|one| one.code == code),
            None if all.len() == 1 => all.into_iter().next(),
            None => bail!("there are several organizations; name one with --organization"),
        };
        let own =
            own.context("there is no such organization; `teranga admin organizations list` lists them")?;
        let desk = Desk {
            actor: Actor::console(own.id, app.clock.millis()),
            json: args.json,
            app,
        };
        let status = desk.dispatch(args.verb).await;
        desk.app.db.close().await?;
        status
    })
}

impl Desk {
    async fn dispatch(&self, verb: Verb) -> anyhow::Result<ExitCode> {
        match verb {
            Verb::People(args) => self.people(args).await,
            Verb::Generate(args) => self.generate(args).await,
            Verb::Status(args) => self.show(args.run).await,
            Verb::Cancel(args) => {
                let (actor, id) = (self.actor.clone(), args.run);
                let done = self
                    .app
                    .db
                    .write(move |tx| Box::pin(async move { run::cancel(tx, &actor, id).await }));
                done.await?;
                self.show(id).await
            }
            Verb::Retry(args) => {
                let (actor, id) = (self.actor.clone(), args.run);
                let done = self
                    .app
                    .db
                    .write(move |tx| Box::pin(async move { run::retry(tx, &actor, id).await }));
                done.await?;
                self.show(id).await
            }
            Verb::Files(args) => self.files(&args).await,
            Verb::Quota { cards } => self.quota(cards).await,
        }
    }

    async fn campaign(&self, code: &str) -> anyhow::Result<org::Campaign> {
        let all = org::campaigns(self.app.db.reader(), self.actor.organisation).await?;
        let found = all.into_iter().find(|one| one.code == code);
        found.with_context(|| {
            format!("there is no campaign {code}; `teranga admin campaigns list` lists them")
        })
    }

    async fn people(&self, args: PeopleArgs) -> anyhow::Result<ExitCode> {
        let area: crate::access::Area = args.area.parse()?;
        let filter = Filter {
            areas: Some(area.as_str().to_owned())
                .filter(|area| !area.is_empty())
                .into_iter()
                .collect(),
            enrolled: args.enrolled,
            import: args.import,
            ..Filter::default()
        };
        let campaign = self.campaign(&args.campaign).await?.id;
        let (mut after, mut people) = (Some(0), 0);
        while let Some(from) = after {
            let (actor, filter) = (self.actor.clone(), filter.clone());
            let added = self.app.db.write(move |tx| {
                Box::pin(async move {
                    let of = (actor.organisation, campaign);
                    let added = super::add(tx, of, &filter, from, actor.at).await?;
                    audit::record(
                        tx,
                        &actor.entry("campaign.people", format!("campaign:{campaign}")),
                    )
                    .await?;
                    Ok::<_, CampaignError>(added)
                })
            });
            let added = added.await?;
            (after, people) = (added.after, people + added.added);
        }
        self.say(
            &serde_json::json!({ "added": people }),
            &format!("{people} people were added"),
        );
        Ok(ExitCode::SUCCESS)
    }

    async fn generate(&self, args: GenerateArgs) -> anyhow::Result<ExitCode> {
        let campaign = self.campaign(&args.campaign).await?;
        let making = self.making(&args).await?;
        let (app, prefix, issued) = (self.app.clone(), campaign.prefix, making.issued);
        tokio::task::spawn_blocking(move || issuing::keys(&app, &Scope::Campaign(prefix), issued)).await??;
        let actor = self.actor.clone();
        let started = self
            .app
            .db
            .write(move |tx| Box::pin(async move { run::start(tx, &actor, campaign.id, &making).await }));
        let id = started.await?;
        if args.here {
            self.work_on(id).await?;
        }
        self.show(id).await
    }

    async fn making(&self, args: &GenerateArgs) -> anyhow::Result<Making> {
        let issued = clock::date_of(self.app.clock.now());
        let (form, design) = self.design(args.design.as_deref()).await?;
        let making = Making {
            form,
            design,
            pdf: !args.no_pdf,
            zip: !args.no_zip,
            dpi: args.dpi.parse().context("--dpi")?,
            sheet: match args.sheet.as_deref() {
                Some("a4-short-edge") => Some(super::Sheet::A4ShortEdge),
                Some(_) => Some(super::Sheet::A4LongEdge),
                None => None,
            },
            issued,
            expires: args.expires.unwrap_or_else(|| years_after(issued, 2)),
            host: args.host.clone(),
            shard: args.shard,
        };
        ensure!(
            making.pdf || making.zip,
            "pages or an archive: leave --no-pdf or --no-zip out"
        );
        ensure!(making.expires > issued, "--expires is a day after today");
        making.text_form()?;
        Ok(making)
    }

    async fn design(&self, named: Option<&str>) -> anyhow::Result<(DesignForm, Option<i64>)> {
        let (form, design) = match named {
            None => (DesignForm::of("classic"), None),
            Some(file) if Path::new(file).is_file() => {
                let text = std::fs::read_to_string(file).with_context(|| file.to_owned())?;
                let is_yaml = file.ends_with(".yaml") || file.ends_with(".yml");
                let language = if is_yaml { Language::Yaml } else { Language::Json };
                (
                    studio::read(&text, language).with_context(|| file.to_owned())?,
                    None,
                )
            }
            Some(code) => {
                let kept = studio::design(self.app.db.reader(), self.actor.organisation, code).await?;
                let kept =
                    kept.with_context(|| format!("{code} is neither a design that is kept nor a file"))?;
                (kept.form, Some(kept.id))
            }
        };
        studio::layout(self.app.db.reader(), &form, design).await?;
        Ok((form, design))
    }

    /// Works until the run is over.
    async fn work_on(&self, id: i64) -> anyhow::Result<()> {
        let kinds = super::register(publish::register(Kinds::new()));
        let (stop, stopping) = watch::channel(false);
        let workers = Workers::new(self.app.clone(), Arc::new(kinds), Settings::default(), stopping);
        let working = tokio::spawn(workers.run());
        while !self.run(id).await?.is_over() {
            tokio::time::sleep(LOOK).await;
        }
        let _ = stop.send(true);
        working.await?;
        Ok(())
    }

    async fn run(&self, id: i64) -> anyhow::Result<RunView> {
        let found = view(self.app.db.reader(), self.actor.organisation, id).await?;
        found.with_context(|| format!("there is no run {id}"))
    }

    async fn show(&self, id: i64) -> anyhow::Result<ExitCode> {
        let run = self.run(id).await?;
        let state = serde_json::to_value(run.state)?;
        let mut words = format!(
            "run {id} {}: {} of {} people, {} cards, {} without a card",
            state.as_str().unwrap_or_default(),
            run.looked_at,
            run.people,
            run.made,
            run.refused,
        );
        if run.shards_failed > 0 {
            let why = run.error.as_deref().unwrap_or_default();
            words.push_str(&format!(
                "; {} shards failed ({why}), `retry` makes them again",
                run.shards_failed
            ));
        }
        self.say(&serde_json::to_value(&run)?, &words);
        let is_short = run.is_over() && (run.refused > 0 || run.shards_failed > 0);
        Ok(if is_short {
            ExitCode::FAILURE
        } else {
            ExitCode::SUCCESS
        })
    }

    async fn files(&self, args: &FilesArgs) -> anyhow::Result<ExitCode> {
        std::fs::create_dir_all(&args.out).with_context(|| args.out.display().to_string())?;
        let (mut after, mut copied) = (0, Vec::new());
        loop {
            let found = files::listed(
                self.app.db.reader(),
                self.actor.organisation,
                ("run", args.run),
                after,
            )
            .await?;
            let Some(last) = found.last() else { break };
            after = last.id;
            for file in found.into_iter().filter(|file| file.removed.is_none()) {
                let path = args.out.join(&file.name);
                files::copy(&self.app, &file, &path).await?;
                self.downloaded(file.id).await?;
                copied.push(file.name);
            }
        }
        ensure!(!copied.is_empty(), "run {} has no files", args.run);
        self.say(
            &serde_json::json!({ "files": copied }),
            &format!("{} files", copied.len()),
        );
        Ok(ExitCode::SUCCESS)
    }

    async fn downloaded(&self, file: i64) -> anyhow::Result<()> {
        let counted = files::count(&self.app, &self.actor, file).await;
        counted.map_err(|problem| {
            anyhow::anyhow!("{}", problem.cause().unwrap_or("the download is not counted"))
        })
    }

    async fn quota(&self, cards: Option<i64>) -> anyhow::Result<ExitCode> {
        let organisation = self.actor.organisation;
        if let Some(cards) = cards {
            let actor = self.actor.clone();
            let set = self.app.db.write(move |tx| {
                Box::pin(async move {
                    quota::grant(tx, organisation, cards).await?;
                    audit::record(
                        tx,
                        &actor.entry("quota.grant", format!("organization:{organisation}")),
                    )
                    .await?;
                    Ok::<_, CampaignError>(())
                })
            });
            set.await?;
        }
        let words = match quota::quota(self.app.db.reader(), organisation).await? {
            None => (serde_json::Value::Null, "there is no limit".to_owned()),
            Some(quota) => (
                serde_json::to_value(quota)?,
                format!(
                    "{} granted, {} used, {} reserved, {} left",
                    quota.granted,
                    quota.used,
                    quota.reserved,
                    quota.left()
                ),
            ),
        };
        self.say(&words.0, &words.1);
        Ok(ExitCode::SUCCESS)
    }

    #[expect(clippy::print_stdout, reason = "this is the command's output")]
    fn say(&self, json: &serde_json::Value, words: &str) {
        if self.json {
            println!("{json:#}");
        } else {
            println!("{words}");
        }
    }
}
