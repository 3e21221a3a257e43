//! One page: what has to be done for each person on it, and then all of it in one transaction.

use std::collections::{BTreeMap, HashMap};

use teranga_core::matching::Decision;
use teranga_core::person::MpiId;

use super::rows::{self, Enrolled, Known, Member};
use super::run::{self, Run};
use super::{Ground, today};
use crate::db::{DbError, Tx};
use crate::dhis2::Dhis2Error;
use crate::dhis2::client::{Page, Person};
use crate::dhis2::person::{self, SYSTEM, Taken};
use crate::mpi::{self, MpiError, Outcome, Outcomes, Registration};

/// What is to be done for a person.
enum Step {
    /// They are as they were.
    Same(Known),
    /// They are not in the program any more.
    Gone(Option<Known>),
    /// Nobody is known by this tracked entity.
    Register,
    /// Somebody is; they are enrolled here too, or their enrollments changed.
    Enroll(Known),
}

/// A person with what is to be done.
struct Plan {
    step: Step,
    uid: String,
    person_digest: i64,
    digest: i64,
    enrollments: Vec<Enrolled>,
}

/// What became of a page.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Tally {
    pub(super) people: i64,
    pub(super) linked: i64,
    pub(super) review: i64,
    pub(super) alert: i64,
    pub(super) new: i64,
    pub(super) refused: i64,
    pub(super) changed: i64,
    pub(super) unchanged: i64,
    pub(super) gone: i64,
}

impl Tally {
    fn count(&mut self, outcome: &str, enrollments: usize) {
        let counter = match outcome {
            "linked" => &mut self.linked,
            "review" => &mut self.review,
            "alert" => &mut self.alert,
            "new" => &mut self.new,
            _ => &mut self.refused,
        };
        *counter += i64::try_from(enrollments).unwrap_or(i64::MAX);
    }
}

/// Takes a page in, all of it or nothing.
pub(super) async fn take_in(ground: &Ground<'_>, run: &mut Run, page: Page) -> Result<(), Dhis2Error> {
    let people: BTreeMap<String, Person> = page
        .people
        .into_iter()
        .map(|one| (one.uid.clone(), one))
        .collect();
    let uids: Vec<&str> = people.keys().map(String::as_str).collect();
    let mut known = rows::known(ground.room.db, ground.programme, &uids).await?;
    let mut plans = Vec::with_capacity(people.len());
    let mut registrations = Vec::new();
    let mut tally = Tally::default();
    for (uid, read) in people {
        let before = known.remove(&uid);
        let (plan, taken) = plan(ground, &read, before)?;
        if let Some(taken) = taken {
            match plan.step {
                Step::Register => registrations.push(registration(ground, taken)),
                Step::Enroll(ref known) if known.own && known.person_digest != plan.person_digest => {
                    tally.changed += i64::from(correct(ground, known, taken).await?);
                }
                _ => {}
            }
        }
        plans.push(plan);
    }
    let moved = moved(ground, &plans).await?;
    let (programme, lease, run_id) = (ground.programme.clone(), ground.lease, run.id);
    let now = ground.room.clock.millis();
    let tally = ground
        .room
        .index
        .register_then(registrations, move |tx, outcomes| {
            Box::pin(async move {
                run::renew(tx, programme.id, lease, now).await?;
                let tally = write(tx, (&programme, run_id, now), plans, outcomes, tally).await?;
                rows::progress(tx, run_id, &tally).await?;
                Ok(tally)
            })
        })
        .await?;
    follow(ground, moved).await?;
    run.pages += 1;
    run.people += tally.people;
    Ok(())
}

fn registration(ground: &Ground<'_>, taken: Taken) -> Registration {
    Registration {
        actor: ground.actor.clone(),
        person: taken.person,
        source: SYSTEM.to_owned(),
        // The enrollment is written with its own reference.
        program: None,
        key: None,
    }
}

/// What is to be done for a person, and what was made of them where it is needed.
fn plan(
    ground: &Ground<'_>,
    read: &Person,
    before: Option<Known>,
) -> Result<(Plan, Option<Taken>), Dhis2Error> {
    let digest = person::digest(read);
    let is_gone = read.deleted || read.enrollments.iter().all(|one| one.deleted);
    let mut plan = Plan {
        step: Step::Register,
        uid: read.uid.clone(),
        person_digest: before.as_ref().map_or(0, |known| known.person_digest),
        digest,
        enrollments: Vec::new(),
    };
    if is_gone {
        plan.step = Step::Gone(before);
        return Ok((plan, None));
    }
    let before = match before {
        Some(known) if known.here && known.digest == digest && !known.gone && known.identity.is_some() => {
            plan.step = Step::Same(known);
            return Ok((plan, None));
        }
        other => other,
    };
    let taken = person::take(read, &ground.mappings, &ground.units, today(ground));
    plan.person_digest = person::person_digest(read, &ground.mappings, &taken.person.place);
    plan.enrollments = rows::enrolled(ground, read, &taken)?;
    plan.step = match before {
        // A registration that stands under another one is registered again: its identifier leads to the same person.
        Some(known)
            if known.identity.is_some() && (known.own || known.person_digest == plan.person_digest) =>
        {
            // Elsewhere the same person may be mapped otherwise: only their own program corrects them.
            let person_digest = if known.here {
                known.person_digest
            } else {
                plan.person_digest
            };
            Step::Enroll(Known {
                person_digest,
                ..known
            })
        }
        Some(known) if known.identity.is_some() && !known.here => Step::Enroll(Known {
            person_digest: plan.person_digest,
            ..known
        }),
        _ => Step::Register,
    };
    Ok((plan, Some(taken)))
}

/// Brings a person up to date in the index; says whether something changed.
async fn correct(ground: &Ground<'_>, known: &Known, taken: Taken) -> Result<bool, Dhis2Error> {
    let Some(number) = known
        .number
        .as_deref()
        .and_then(|number| number.parse::<MpiId>().ok())
    else {
        return Ok(false);
    };
    let (actor, organisation) = (ground.actor.clone(), ground.programme.organisation);
    let work = ground
        .room
        .db
        .write_under(mpi::structure(organisation), move |tx| {
            Box::pin(async move {
                let before = mpi::get(tx, organisation, &number).await?;
                let person = person::over(&before.person, &taken.person);
                if person == before.person {
                    return Ok(false);
                }
                mpi::correct(tx, &actor, &number, None, person).await?;
                Ok::<_, MpiError>(true)
            })
        });
    match work.await {
        // A correction that the index refuses leaves the person as they were.
        Err(MpiError::Refused(_) | MpiError::Unknown) => Ok(false),
        done => Ok(done?),
    }
}

/// Numbers of people who were merged in DHIS2: an enrollment went from one tracked entity to another.
async fn moved(ground: &Ground<'_>, plans: &[Plan]) -> Result<Vec<(String, String)>, Dhis2Error> {
    let mut now = HashMap::new();
    for plan in plans {
        for one in &plan.enrollments {
            now.insert(one.uid.as_str(), plan.uid.as_str());
        }
    }
    Ok(rows::moved(ground.room.db, ground.programme.id, &now).await?)
}

/// Merges here who was merged there. It can be undone, and two whom a person told apart stay two.
async fn follow(ground: &Ground<'_>, moved: Vec<(String, String)>) -> Result<(), Dhis2Error> {
    let organisation = ground.programme.organisation;
    for (tracked_entity, old) in moved {
        let new = rows::number_of(ground.room.db, ground.programme.id, &tracked_entity).await?;
        let pair = new
            .and_then(|new| new.parse::<MpiId>().ok())
            .zip(old.parse::<MpiId>().ok());
        let Some((survivor, other)) = pair.filter(|(new, old)| new != old) else {
            continue;
        };
        let actor = ground.actor.clone();
        let work = ground
            .room
            .db
            .write_under(mpi::structure(organisation), move |tx| {
                Box::pin(async move { mpi::merge(tx, &actor, &survivor, &other).await })
            });
        match work.await {
            Ok(()) | Err(MpiError::Refused(_) | MpiError::Unknown) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// The outcome of a registration in a word, whom it became and whether they stand for themselves.
fn said(outcome: Result<Outcome, MpiError>) -> Result<(Known, &'static str, Option<String>), MpiError> {
    let nobody = |reason: String| (Known::default(), "refused", Some(reason));
    match outcome {
        Ok(outcome) => {
            let word = match outcome.decision {
                Decision::Link => "linked",
                Decision::Review => "review",
                Decision::Alert => "alert",
                Decision::New => "new",
            };
            let known = Known {
                identity: Some(outcome.row),
                number: Some(outcome.number.to_string()),
                own: outcome.decision != Decision::Link,
                ..Known::default()
            };
            Ok((known, word, None))
        }
        Err(MpiError::Db(error)) => Err(error.into()),
        Err(MpiError::Number(_)) => Ok(nobody(
            "the organisation unit lies in no health region that is known; map an attribute to region, or name the \
             region's organisation unit as the region is called"
                .to_owned(),
        )),
        Err(error) => Ok(nobody(error.to_string())),
    }
}

/// Writes what became of everyone on a page.
async fn write(
    tx: &Tx,
    (programme, run, now): (&crate::dhis2::Programme, i64, i64),
    plans: Vec<Plan>,
    outcomes: Outcomes,
    mut tally: Tally,
) -> Result<Tally, MpiError> {
    let mut outcomes = outcomes.into_iter();
    let mut members = Vec::with_capacity(plans.len());
    let mut enrolled = Vec::new();
    tally.people = i64::try_from(plans.len()).unwrap_or(i64::MAX);
    for plan in plans {
        let lost = || DbError::Internal("a registration without an outcome".to_owned());
        let (known, gone, told) = match plan.step {
            Step::Same(known) => {
                tally.unchanged += 1;
                (known, false, None)
            }
            Step::Gone(known) => {
                tally.gone += i64::from(known.as_ref().is_some_and(|known| known.here && !known.gone));
                (known.unwrap_or_default(), true, None)
            }
            Step::Enroll(known) => (known, false, Some(("linked", None))),
            Step::Register => {
                let (known, word, reason) = said(outcomes.next().ok_or_else(lost)?)?;
                (known, false, Some((word, reason)))
            }
        };
        if let Some((word, reason)) = told {
            tally.count(word, plan.enrollments.len());
            for one in plan.enrollments {
                enrolled.push((one, plan.uid.clone(), known.clone(), word, reason.clone()));
            }
        }
        members.push(Member {
            uid: plan.uid,
            known,
            person_digest: plan.person_digest,
            digest: plan.digest,
            gone,
        });
    }
    rows::write(tx, (programme, run, now), &members, &enrolled).await?;
    Ok(tally)
}
