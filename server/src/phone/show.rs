//! What a phone says: sentences for people, JSON for programs.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command line speaks on its standard streams"
)]

use std::process::ExitCode;
use std::time::Duration;

use serde_json::{Value, json};
use teranga_core::engine::Status;
use teranga_core::find::{Alike, Shown, Who};
use teranga_core::register::{Record, Saved};
use teranga_core::scan::{Seen, ServedNote};
use teranga_core::session::{SlotState, SlotSummary};
use teranga_core::sync::Summary;
use teranga_core::wire::PacketId;
use teranga_core::wire::enroll::User;

use crate::verify::report;

/// How to answer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Say {
    pub json: bool,
}

/// A line about something that goes on.
pub(super) fn progress(count: u64, line: &str) {
    eprintln!("{count:3} {line}");
}

impl Say {
    fn say(self, value: &Value, words: &str) -> anyhow::Result<ExitCode> {
        if self.json {
            println!("{value}");
        } else {
            println!("{words}");
        }
        Ok(ExitCode::SUCCESS)
    }

    pub(super) fn done(self, what: &str, words: &str) -> anyhow::Result<ExitCode> {
        self.say(&json!({ "done": what }), words)
    }

    pub(super) fn status(self, status: &Status) -> anyhow::Result<ExitCode> {
        let value = json!({
            "device": status.device.map(|device| device.to_string()),
            "name": status.name,
            "organisation": status.organisation,
            "user": status.user,
            "locked_by_server": status.locked_by_server,
            "waiting": status.packets.waiting,
            "waiting_bytes": status.packets.waiting_bytes,
            "sequence": status.packets.sequence,
            "bundle": status.bundle,
            "list_as_of": status.list_as_of,
            "synced": status.synced,
            "failures": status.failures,
            "pool": status.pool,
            "people": status.people,
            "clock_behind": status.clock_behind,
        });
        let Some(device) = status.device else {
            return self.say(
                &value,
                "This phone belongs to no organization yet: enroll it with a ticket.",
            );
        };
        let when = |at: Option<jiff::Timestamp>| at.map_or("never".to_owned(), |at| at.to_string());
        let mut words = format!(
            "{} of {} ({device})\n{} packets wait, {} bytes\nbundle {}, lists of {}, last sync {}",
            status.name,
            status.organisation,
            status.packets.waiting,
            status.packets.waiting_bytes,
            status.bundle,
            when(status.list_as_of),
            when(status.synced),
        );
        if status.locked_by_server {
            words.push_str("\nLocked from the server");
        }
        if status.clock_behind {
            words.push_str("\nThe clock is behind the server's: set it right");
        }
        self.say(&value, &words)
    }

    pub(super) fn users(self, users: &[User], slots: &[SlotSummary]) -> anyhow::Result<ExitCode> {
        let state = |user: &User| {
            slots
                .iter()
                .find(|slot| slot.user == user.id)
                .map(|slot| slot.state)
        };
        let rows = users.iter().map(|user| {
            let pin = match state(user) {
                None => "none",
                Some(SlotState::Open { .. }) => "set",
                Some(SlotState::Destroyed) => "locked out",
            };
            json!({ "user": user.id, "name": user.name, "role": user.role, "pin": pin })
        });
        let rows: Vec<Value> = rows.collect();
        let line = |row: &Value| {
            format!(
                "{} {} {} PIN {}",
                row["user"], row["name"], row["role"], row["pin"]
            )
        };
        let words: Vec<String> = rows.iter().map(line).collect();
        self.say(&json!(rows), &words.join("\n").replace('"', ""))
    }

    pub(super) fn seen(self, seen: &Seen) -> anyhow::Result<ExitCode> {
        let mut value = report::object(&seen.verdict);
        value["served_before"] = json!(seen.served.map(|note| note.at.to_string()));
        let mut words = report::words(&seen.verdict);
        if let Some(note) = &seen.served {
            words.push_str(&format!("\nServed in this round before, first at {}", note.at));
        }
        self.say(&value, &words)?;
        Ok(ExitCode::from(report::status(&seen.verdict.finding)))
    }

    pub(super) fn people(self, people: &[Shown], more: bool) -> anyhow::Result<ExitCode> {
        let rows: Vec<Value> = people.iter().map(person).collect();
        let mut lines: Vec<String> = people.iter().map(line).collect();
        if lines.is_empty() {
            lines.push("Nobody of this phone's area.".to_owned());
        }
        if more {
            lines.push("There are more: ask for more words.".to_owned());
        }
        self.say(&json!({ "people": rows, "more": more }), &lines.join("\n"))
    }

    pub(super) fn alike(self, alike: &[Alike]) -> anyhow::Result<ExitCode> {
        let rows: Vec<Value> = alike
            .iter()
            .map(|alike| {
                json!({
                    "person": person(&alike.person),
                    "probability": alike.judgement.score.probability(),
                    "similarity": alike.judgement.similarity,
                    "fields": alike.explanation.fields,
                })
            })
            .collect();
        let mut words =
            "Someone is alike; nothing was saved. With --force the person is registered as another."
                .to_owned();
        for alike in alike {
            let percent = 100.0 * alike.judgement.score.probability();
            words.push_str(&format!(
                "\n{percent:3.0} %  {}\n       {}",
                line(&alike.person),
                alike.explanation
            ));
        }
        self.say(&json!({ "saved": false, "alike": rows }), &words)?;
        Ok(ExitCode::from(2))
    }

    pub(super) fn saved(self, saved: &Saved) -> anyhow::Result<ExitCode> {
        let mpi = saved.mpi.map(|mpi| mpi.to_string());
        let words = match &mpi {
            Some(mpi) => format!("Registered as {mpi}."),
            None => "Registered. No reserved number is left: the next sync brings one.".to_owned(),
        };
        let value = json!({
            "saved": true,
            "mpi": mpi,
            "packet": saved.packet.id.to_string(),
            "sequence": saved.packet.sequence,
        });
        self.say(&value, &words)
    }

    pub(super) fn served(self, before: Option<&ServedNote>) -> anyhow::Result<ExitCode> {
        let words = before.map_or("Noted.".to_owned(), |note| {
            format!(
                "Noted. The card was served in this round before, first at {}.",
                note.at
            )
        });
        let before = before.map(|note| note.at.to_string());
        self.say(&json!({ "served": true, "before": before }), &words)
    }

    pub(super) fn synced(self, summary: &Summary, next: Duration) -> anyhow::Result<ExitCode> {
        let value = json!({
            "accepted": summary.accepted,
            "linked": summary.linked,
            "review": summary.review,
            "refused": summary.refused,
            "kept": summary.kept,
            "later": summary.later,
            "again": summary.again,
            "messages": summary.messages,
            "bundle": summary.bundle,
            "sent_bytes": summary.sent_bytes,
            "fetched_bytes": summary.fetched_bytes,
            "next_seconds": next.as_secs(),
        });
        let words = format!(
            "{} accepted, {} linked, {} in review, {} refused, {} kept aside, {} later\n{} messages, bundle {}\n\
             {} bytes sent, {} fetched; next sync in {} seconds",
            summary.accepted,
            summary.linked,
            summary.review,
            summary.refused,
            summary.kept,
            summary.later,
            summary.messages,
            summary.bundle,
            summary.sent_bytes,
            summary.fetched_bytes,
            next.as_secs(),
        );
        self.say(&value, &words)
    }

    pub(super) fn records(self, records: &[(PacketId, Record)]) -> anyhow::Result<ExitCode> {
        let row = |(id, record): &(PacketId, Record)| {
            json!({
                "packet": id.to_string(),
                "sequence": record.sequence,
                "kind": record.kind,
                "at": record.at,
                "mpi": record.mpi.map(|mpi| mpi.to_string()),
                "given": record.given.map(|mpi| mpi.to_string()),
                "outcome": record.outcome,
            })
        };
        let rows: Vec<Value> = records.iter().map(row).collect();
        let line = |(_, record): &(PacketId, Record)| {
            let outcome = record.outcome.as_ref().map_or("waits", |outcome| outcome.name());
            let mpi = record.mpi.map(|mpi| mpi.to_string()).unwrap_or_default();
            format!(
                "{:6} {} {} {mpi} {outcome}",
                record.sequence, record.at, record.kind
            )
        };
        let lines: Vec<String> = records.iter().map(line).collect();
        self.say(&json!(rows), &lines.join("\n"))
    }
}

fn person(person: &Shown) -> Value {
    json!({
        "mpi": number(person),
        "given": person.given,
        "family": person.family,
        "birth": person.birth,
        "sex": person.sex,
        "place": person.place,
        "here": person.here,
    })
}

fn number(person: &Shown) -> Option<String> {
    match person.who {
        Who::Mpi(mpi) => Some(mpi.to_string()),
        Who::Registration(_) => None,
    }
}

fn line(person: &Shown) -> String {
    let born = person.birth.map(|birth| birth.to_string()).unwrap_or_default();
    let number = number(person).unwrap_or_else(|| "no number yet".to_owned());
    let place = [
        &person.place.village,
        &person.place.commune,
        &person.place.district,
    ];
    let place: Vec<&str> = place
        .into_iter()
        .filter(|step| !step.is_empty())
        .map(|step| &**step)
        .collect();
    format!(
        "{number}  {} {}  {born}  {}",
        person.given,
        person.family,
        place.join(", ")
    )
}
