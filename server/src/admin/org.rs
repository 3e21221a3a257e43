//! Organizations and what they run.

use clap::Subcommand;
use jiff::civil::Date;
use serde_json::json;
use teranga_core::clock;

use super::Desk;
use super::output::when;
use crate::access::{Actor, Area};
use crate::audit;
use crate::config::Place;
use crate::devices::{self, command};
use crate::org::{self, KnownArea, NewCampaign, NewOrganisation, NewProgram, OrgError};

#[derive(Debug, Subcommand)]
pub(super) enum Organizations {
    /// All of them
    List,
    /// Make one
    Add {
        /// What it is called by: small letters, digits, hyphens
        code: String,
        /// Its name, as on cards and pages
        name: String,
        /// Its country: a code such as SN, or a name
        #[arg(long)]
        country: String,
    },
    /// Give one another name
    Rename {
        /// Its code
        code: String,
        /// The new name
        name: String,
    },
}

pub(super) async fn organizations(desk: &Desk, what: Organizations) -> anyhow::Result<()> {
    match what {
        Organizations::List => {
            let all = org::organisations(desk.db.reader()).await?;
            let cells =
                |one: &org::Organisation| vec![one.code.clone(), one.name.clone(), one.country.clone()];
            desk.out.list(&all, &["CODE", "NAME", "COUNTRY"], cells)
        }
        Organizations::Add { code, name, country } => {
            let at = desk.at;
            let new = NewOrganisation {
                code: code.clone(),
                name,
                country,
                at,
            };
            let work = desk.db.write(move |tx| {
                Box::pin(async move {
                    let id = org::add_organisation(tx, &new).await?;
                    let entry =
                        Actor::console(id, at).entry("organization.create", format!("organization:{id}"));
                    audit::record(tx, &entry).await?;
                    Ok::<_, OrgError>(id)
                })
            });
            let id = work.await?;
            desk.out.one(
                &json!({"id": id, "code": code}),
                &format!("organization {code} was made"),
            );
            Ok(())
        }
        Organizations::Rename { code, name } => {
            let found = org::organisation(desk.db.reader(), &code).await?;
            let id = found
                .ok_or_else(|| anyhow::anyhow!("no organization has the code {code:?}"))?
                .id;
            let entry =
                Actor::console(id, desk.at).entry("organization.rename", format!("organization:{id}"));
            let work = desk.db.write(move |tx| {
                Box::pin(async move {
                    org::rename_organisation(tx, id, &name).await?;
                    audit::record(tx, &entry).await?;
                    Ok::<_, OrgError>(())
                })
            });
            work.await?;
            desk.out.one(
                &json!({"id": id, "code": code}),
                &format!("organization {code} has another name"),
            );
            Ok(())
        }
    }
}

#[derive(Debug, Subcommand)]
pub(super) enum Programs {
    /// All of an organization
    List,
    /// Make one
    Add {
        /// What it is called by: small letters, digits, hyphens
        code: String,
        /// Its name
        name: String,
        /// vaccination, malaria, nutrition, maternal, hiv, insurance, refugees, agriculture, laboratory, identity, other
        #[arg(long, default_value = "other")]
        kind: String,
        /// What the public may read [default: the name; a sensitive program needs a neutral one]
        #[arg(long)]
        public_name: Option<String>,
        /// Being in it is itself sensitive (a program of the kind hiv always is)
        #[arg(long)]
        sensitive: bool,
        /// Years that records are kept after the program; 0: lifelong
        #[arg(long, default_value_t = 5)]
        retention_years: i32,
    },
    /// Close one: from now on its years of keeping records run
    Close {
        /// Its code
        code: String,
    },
}

pub(super) async fn programs(desk: &Desk, what: Programs) -> anyhow::Result<()> {
    let actor = desk.actor().await?;
    match what {
        Programs::List => {
            let all = org::programs(desk.db.reader(), actor.organisation).await?;
            desk.out.list(
                &all,
                &["CODE", "NAME", "KIND", "SENSITIVE", "KEPT", "CLOSED"],
                |one| {
                    vec![
                        one.code.clone(),
                        one.name.clone(),
                        one.kind.clone(),
                        if one.sensitive { "yes" } else { "no" }.to_owned(),
                        one.retention_years
                            .map_or_else(|| "lifelong".to_owned(), |years| format!("{years} years")),
                        when(one.closed),
                    ]
                },
            )
        }
        Programs::Add {
            code,
            name,
            kind,
            public_name,
            sensitive,
            retention_years,
        } => {
            let retention_years = (retention_years != 0).then_some(retention_years);
            let new = NewProgram {
                code: code.clone(),
                name,
                public_name,
                kind,
                sensitive,
                retention_years,
                at: desk.at,
            };
            let work = desk.db.write(move |tx| {
                Box::pin(async move {
                    let id = org::add_program(tx, actor.organisation, &new).await?;
                    audit::record(tx, &actor.entry("program.create", format!("program:{id}"))).await?;
                    Ok::<_, OrgError>(id)
                })
            });
            let id = work.await?;
            desk.out.one(
                &json!({"id": id, "code": code}),
                &format!("program {code} was made"),
            );
            Ok(())
        }
        Programs::Close { code } => {
            let id = program_of(desk, actor.organisation, &code).await?;
            let work = desk.db.write(move |tx| {
                Box::pin(async move {
                    let was_open = org::close_program(tx, actor.organisation, id, actor.at).await?;
                    if was_open {
                        audit::record(tx, &actor.entry("program.close", format!("program:{id}"))).await?;
                    }
                    Ok::<_, OrgError>(was_open)
                })
            });
            anyhow::ensure!(work.await?, "program {code} was closed before");
            desk.out.one(
                &json!({"id": id, "code": code}),
                &format!("program {code} is closed"),
            );
            Ok(())
        }
    }
}

async fn program_of(desk: &Desk, organisation: i64, code: &str) -> anyhow::Result<i64> {
    let found = org::program(desk.db.reader(), organisation, code).await?;
    let found = found.ok_or_else(|| {
        anyhow::anyhow!("no program has the code {code:?}; `teranga admin programs list` shows them")
    })?;
    Ok(found.id)
}

#[derive(Debug, Subcommand)]
pub(super) enum Campaigns {
    /// All of an organization
    List,
    /// Make one
    Add {
        /// The code of its program
        program: String,
        /// What it is called by: small letters, digits, hyphens
        code: String,
        /// Its name
        name: String,
        /// What stands on its cards: 2 to 8 capital letters and digits
        #[arg(long)]
        prefix: String,
        /// First day
        #[arg(long)]
        from: Option<Date>,
        /// Last day
        #[arg(long)]
        until: Option<Date>,
    },
}

pub(super) async fn campaigns(desk: &Desk, what: Campaigns) -> anyhow::Result<()> {
    let actor = desk.actor().await?;
    match what {
        Campaigns::List => {
            let all = org::campaigns(desk.db.reader(), actor.organisation).await?;
            desk.out
                .list(&all, &["CODE", "NAME", "PREFIX", "FROM", "UNTIL"], |one| {
                    vec![
                        one.code.clone(),
                        one.name.clone(),
                        one.prefix.clone(),
                        when(one.starts),
                        when(one.ends),
                    ]
                })
        }
        Campaigns::Add {
            program,
            code,
            name,
            prefix,
            from,
            until,
        } => {
            let new = NewCampaign {
                program: program_of(desk, actor.organisation, &program).await?,
                code: code.clone(),
                name,
                prefix,
                starts: from.map(midnight),
                ends: until.map(midnight),
                at: desk.at,
            };
            let work = desk.db.write(move |tx| {
                Box::pin(async move {
                    let id = org::add_campaign(tx, actor.organisation, &new).await?;
                    audit::record(tx, &actor.entry("campaign.create", format!("campaign:{id}"))).await?;
                    Ok::<_, OrgError>(id)
                })
            });
            let id = work.await?;
            desk.out.one(
                &json!({"id": id, "code": code}),
                &format!("campaign {code} was made"),
            );
            Ok(())
        }
    }
}

/// The beginning of a day (UTC), in milliseconds since 1970.
fn midnight(day: Date) -> i64 {
    clock::day_number(day) * 86_400_000
}

#[derive(Debug, Subcommand)]
pub(super) enum Areas {
    /// All of an organization
    List,
    /// Name an area, or give it another name
    Add {
        /// Its path: SN, SN/DKR or SN/DKR/Pikine
        path: Area,
        /// Its name
        name: String,
        /// How many people live there
        #[arg(long)]
        people: Option<i64>,
    },
}

pub(super) async fn areas(desk: &Desk, what: Areas) -> anyhow::Result<()> {
    let actor = desk.actor().await?;
    match what {
        Areas::List => {
            let all = org::areas(desk.db.reader(), actor.organisation).await?;
            desk.out.list(&all, &["PATH", "NAME", "PEOPLE"], |one| {
                let people = one
                    .people
                    .map_or_else(|| "-".to_owned(), |people| people.to_string());
                vec![one.path.clone(), one.name.clone(), people]
            })
        }
        Areas::Add { path, name, people } => {
            let area = KnownArea {
                path: path.as_str().to_owned(),
                name,
                people,
            };
            let entry = actor.entry("area.name", format!("area:{path}"));
            let work = desk.db.write(move |tx| {
                Box::pin(async move {
                    org::add_area(tx, actor.organisation, &area, actor.at).await?;
                    audit::record(tx, &entry).await?;
                    Ok::<_, OrgError>(())
                })
            });
            work.await?;
            desk.out
                .one(&json!({"path": path}), &format!("area {path} has its name"));
            Ok(())
        }
    }
}

#[derive(Debug, Subcommand)]
pub(super) enum Devices {
    /// All of an organization
    List,
    /// Invite one
    Add {
        /// What it is called
        name: String,
        /// Where it works [default: everywhere]
        #[arg(long, default_value = "")]
        area: Area,
    },
    /// Invite one and show its ticket, a QR code that lets one device in within fifteen minutes
    Ticket {
        /// What it is called
        name: String,
        /// Where it works [default: everywhere]
        #[arg(long, default_value = "")]
        area: Area,
        /// The server's address as devices reach it, such as https://teranga.example.org
        #[arg(long, env = "TERANGA_SERVER")]
        server: String,
        /// Write the QR code as a PNG picture too
        #[arg(long)]
        png: Option<std::path::PathBuf>,
    },
    /// Let nothing count any more that one sends or asks
    Revoke {
        /// The number that `list` shows
        id: i64,
        /// Destroy everything on it as well, when it next reaches the server
        #[arg(long)]
        wipe: bool,
    },
}

pub(super) async fn devices(desk: &Desk, place: &Place, what: Devices) -> anyhow::Result<()> {
    let actor = desk.actor().await?;
    match what {
        Devices::List => {
            let all = org::devices(desk.db.reader(), actor.organisation).await?;
            desk.out
                .list(&all, &["ID", "NAME", "AREA", "STATE", "LAST SYNC"], |one| {
                    let state = one.state.name().to_owned();
                    vec![
                        one.id.to_string(),
                        one.name.clone(),
                        one.area.clone(),
                        state,
                        when(one.last_sync),
                    ]
                })
        }
        Devices::Add { name, area } => {
            let work = desk.db.write(move |tx| {
                Box::pin(async move {
                    let what = (name.as_str(), area.as_str());
                    let id = org::add_device(tx, actor.organisation, what, actor.at).await?;
                    audit::record(tx, &actor.entry("device.invite", format!("device:{id}"))).await?;
                    Ok::<_, OrgError>(id)
                })
            });
            let id = work.await?;
            desk.out
                .one(&json!({"id": id}), &format!("device {id} is invited"));
            Ok(())
        }
        Devices::Ticket {
            name,
            area,
            server,
            png,
        } => {
            let made = command::invite(&desk.db, place, &actor, (name, area, server)).await?;
            let code = command::shown(&made, png.as_deref())?;
            let device = made.device;
            desk.out.one(
                &json!({"id": device, "ticket": made.text, "expires": made.expires}),
                &format!(
                    "{code}device {device} is invited; the code lets one device in, for fifteen minutes"
                ),
            );
            Ok(())
        }
        Devices::Revoke { id, wipe } => {
            anyhow::ensure!(
                devices::revoke(&desk.db, &actor, id, wipe).await?,
                "the organization has no device {id}; `teranga admin devices list` shows them"
            );
            desk.out
                .one(&json!({"id": id}), &format!("device {id} is revoked"));
            Ok(())
        }
    }
}
