//! `teranga admin`: what whoever has the machine may do, on the terminal.
//!
//! It works on the database itself, with or without a server that runs, and through the same functions as the routes; what
//! it does is written down with the actor `console`. New organizations are made here and nowhere else.

mod audit;
pub mod command;
mod org;
mod output;
mod users;

use crate::access::Actor;
use crate::db::Db;
use crate::org::Organisation;
use output::Output;

/// What a command works with.
struct Desk {
    db: Db,
    out: Output,
    /// The code of `--organization`.
    code: Option<String>,
    at: i64,
}

impl Desk {
    /// The organization that was named, or the only one.
    async fn organisation(&self) -> anyhow::Result<Organisation> {
        let all = crate::org::organisations(self.db.reader()).await?;
        let codes = || {
            all.iter()
                .map(|one| one.code.as_str())
                .collect::<Vec<_>>()
                .join(", ")
        };
        match &self.code {
            Some(code) => {
                let found = all.iter().find(|one| one.code == *code).cloned();
                found.ok_or_else(|| {
                    anyhow::anyhow!("no organization has the code {code:?}; there are: {}", codes())
                })
            }
            None if all.len() == 1 => Ok(all[0].clone()),
            None if all.is_empty() => anyhow::bail!(
                "there is no organization yet; make one with `teranga admin organizations add CODE NAME --country CC`"
            ),
            None => anyhow::bail!(
                "say which organization with --organization; there are: {}",
                codes()
            ),
        }
    }

    /// The terminal, on behalf of the organization.
    async fn actor(&self) -> anyhow::Result<Actor> {
        Ok(Actor::console(self.organisation().await?.id, self.at))
    }
}

/// The words of a problem, for a terminal.
fn said(problem: crate::problem::Problem) -> anyhow::Error {
    let document = problem.document(None);
    let fields: Vec<String> = document
        .errors
        .iter()
        .map(|fault| format!("{}: {}", fault.pointer.trim_start_matches('/'), fault.detail))
        .collect();
    match (document.detail, fields.is_empty()) {
        (Some(detail), _) => anyhow::anyhow!("{detail}"),
        (None, false) => anyhow::anyhow!("{}", fields.join("; ")),
        (None, true) => match problem.cause() {
            Some(cause) => anyhow::anyhow!("{}: {cause}", document.title),
            None => anyhow::anyhow!("{}", document.title),
        },
    }
}
