//! What a list of packets does, in one transaction: registrations together, then every other fact in its turn.

use std::collections::{HashMap, HashSet};

use sea_orm::TransactionTrait as _;
use teranga_core::matching::Decision;
use teranga_core::wire::PacketId;
use teranga_core::wire::fact::{Body, Fact};
use teranga_core::wire::receipt::{Outcome, refusal};

use super::rows::{self, Done};
use super::unseal::{Content, Opened};
use super::{Answer, Context, Key, people};
use crate::access::{Action, Actor};
use crate::app::App;
use crate::db::{DbError, Tx, sql};
use crate::devices::DeviceError;
use crate::devices::setup::{Users, may};
use crate::mpi::{self, MpiError, Outcomes, Registration, reserved};

mod apply;
mod correct;
mod subject;

/// What is to be done about a packet.
enum Step {
    /// Nothing more: the answer is known.
    Answered(Opened, Answer),
    /// A registration, with the number that the phone gave.
    Register(Opened, Option<reserved::Given>),
    /// Another fact.
    Apply(Opened, Fact, Actor),
}

/// Writes packets that were never answered.
pub(super) async fn write(
    app: &App,
    context: &Context,
    users: &Users,
    mut fresh: Vec<Opened>,
) -> Result<Vec<(Key, Answer)>, DeviceError> {
    // A fact follows those that it is about.
    fresh.sort_by_key(|opened| opened.sequence);
    let programs = programs(app, context).await?;
    let (mut steps, mut registrations, mut corrections) = (Vec::new(), Vec::new(), Vec::new());
    for opened in fresh {
        match step(context, users, &programs, opened) {
            (step @ Step::Apply(..), _) if is_correction(&step) => corrections.push(step),
            (step, registration) => {
                steps.push(step);
                registrations.extend(registration);
            }
        }
    }
    let own = context.clone();
    let index = mpi::routes::index(app);
    let taken = index.register_then(registrations, move |tx, outcomes| {
        Box::pin(async move { all(tx, &own, steps, outcomes).await.map_err(inner) })
    });
    let mut answers = taken.await?;
    for step in corrections {
        if let Step::Apply(opened, fact, actor) = step {
            answers.push(correct::write(app, context, opened, fact, actor).await?);
        }
    }
    Ok(answers)
}

fn is_correction(step: &Step) -> bool {
    matches!(step, Step::Apply(_, fact, _) if matches!(fact.body, Body::Corrected { .. }))
}

/// The programs of the organization. One that was closed after the fact still counts for it.
async fn programs(app: &App, context: &Context) -> Result<HashSet<u64>, DbError> {
    const PROGRAMS: &str = "SELECT id FROM programmes WHERE organisation = $1";
    let rows = sql::all(app.db.reader(), PROGRAMS, [context.device.organisation.into()]).await?;
    let read = |row: &sea_orm::QueryResult| row.try_get_by_index::<i64>(0).map(i64::unsigned_abs);
    Ok(rows.iter().map(read).collect::<Result<_, _>>()?)
}

fn step(
    context: &Context,
    users: &Users,
    programs: &HashSet<u64>,
    opened: Opened,
) -> (Step, Option<Registration>) {
    let Content::Fact(fact) = opened.content.clone() else {
        let answer = Answer::refused(
            refusal::UNREADABLE,
            "what it holds cannot be read",
            "enter it again; if it happens again, update the app",
        );
        return (Step::Answered(opened, answer), None);
    };
    let fact = *fact;
    // A phone that was revoked by mistake, or a user who left, may have done real work: someone looks at it.
    let actor = users.find(fact.user).filter(|_| !context.device.is_revoked);
    let Some(actor) = actor.cloned() else {
        return (Step::Answered(opened, Answer::of(Outcome::Kept)), None);
    };
    if let Err(answer) = allowed(&actor, programs, &fact.body) {
        return (Step::Answered(opened, answer), None);
    }
    match &fact.body {
        Body::Registered(registered) => match people::registration(context, &actor, registered) {
            Ok(registration) => {
                let given = people::given(context, registered);
                (Step::Register(opened, given), Some(registration))
            }
            Err(answer) => (Step::Answered(opened, answer), None),
        },
        _ => (Step::Apply(opened, fact, actor), None),
    }
}

/// Fails for what the user may not do at all, and for programs that are none of the organization's.
fn allowed(actor: &Actor, programs: &HashSet<u64>, body: &Body) -> Result<(), Answer> {
    let (action, program) = match body {
        Body::Registered(registered) => (Action::RegisterPerson, registered.program),
        Body::Declined { program, .. } => (Action::RegisterPerson, *program),
        Body::Corrected { .. } => (Action::CorrectPerson, None),
        Body::CardBound { .. } | Body::CardReplaced { .. } | Body::CardRevoked { .. } => {
            (Action::RegisterPerson, None)
        }
        Body::CardHandedOver { .. } => (Action::ReadPerson, None),
        Body::Served(served) => (Action::ReadPerson, Some(served.program)),
    };
    if !may(actor, action) {
        return Err(not_allowed());
    }
    if program.is_some_and(|program| !programs.contains(&program)) {
        return Err(Answer::refused(
            refusal::PROGRAM,
            "the program is not one of the organization's",
            "choose another program and enter it again",
        ));
    }
    Ok(())
}

fn not_allowed() -> Answer {
    Answer::refused(
        refusal::NOT_ALLOWED,
        "the user has no right to do this here",
        "ask a supervisor to do it",
    )
}

/// Everything of a list, in the transaction that resolved its registrations.
async fn all(
    tx: &Tx,
    context: &Context,
    steps: Vec<Step>,
    outcomes: Outcomes,
) -> Result<Vec<(Key, Answer)>, DeviceError> {
    let mut outcomes = outcomes;
    adopt(tx, context, &steps, &mut outcomes).await?;
    let mut outcomes = outcomes.into_iter();
    let mut done: Vec<Done> = Vec::with_capacity(steps.len());
    let mut registered: HashMap<PacketId, i64> = HashMap::new();
    let mut later = Vec::new();
    for step in steps {
        match step {
            Step::Answered(opened, answer) => done.push(Done {
                opened,
                answer,
                identity: None,
            }),
            Step::Register(opened, _) => {
                let lost = || Err(DbError::Internal("a registration without an outcome".to_owned()).into());
                let (answer, identity) = answer(outcomes.next().unwrap_or_else(lost))?;
                registered.extend(identity.map(|row| (opened.packet, row)));
                done.push(Done {
                    opened,
                    answer,
                    identity,
                });
            }
            Step::Apply(opened, fact, actor) => later.push((opened, fact, actor)),
        }
    }
    for (opened, fact, actor) in later {
        let answer = in_savepoint(tx, context, (&opened, &fact, &actor), &registered).await?;
        done.push(Done {
            opened,
            answer,
            identity: None,
        });
    }
    rows::write(tx, context, &done).await?;
    Ok(done
        .into_iter()
        .map(|done| (done.opened.key(), done.answer))
        .collect())
}

async fn in_savepoint(
    tx: &Tx,
    context: &Context,
    (opened, fact, actor): (&Opened, &Fact, &Actor),
    registered: &HashMap<PacketId, i64>,
) -> Result<Answer, DeviceError> {
    let savepoint = tx.begin().await?;
    let answer = apply::apply(&savepoint, context, (opened, fact, actor), registered).await;
    match &answer {
        Ok(answer) if !matches!(answer.outcome, Outcome::Refused { .. }) => savepoint.commit().await?,
        _ => savepoint.rollback().await?,
    }
    answer
}

/// Registrations get the numbers that the phone gave them.
async fn adopt(
    tx: &Tx,
    context: &Context,
    steps: &[Step],
    outcomes: &mut Outcomes,
) -> Result<(), DeviceError> {
    let given = steps.iter().filter_map(|step| match step {
        Step::Register(_, given) => Some(*given),
        _ => None,
    });
    let given: Vec<Option<reserved::Given>> = given.collect();
    Ok(reserved::adopt(tx, context.device.organisation, &given, outcomes, context.at).await?)
}

/// What a registration's outcome is to the phone.
fn answer(outcome: Result<mpi::Outcome, MpiError>) -> Result<(Answer, Option<i64>), DeviceError> {
    let outcome = match outcome {
        Ok(outcome) => outcome,
        Err(MpiError::Db(error)) => return Err(error.into()),
        Err(error) => {
            let refused = people::refused(&error.to_string(), "correct it and register the person again");
            return Ok((refused, None));
        }
    };
    let answer = Answer {
        outcome: match outcome.decision {
            Decision::Link => Outcome::Linked,
            Decision::Review => Outcome::Review,
            Decision::Alert | Decision::New => Outcome::Accepted,
        },
        mpi: Some(outcome.number),
    };
    Ok((answer, Some(outcome.row)))
}

/// The index's transaction speaks in the index's errors.
fn inner(error: DeviceError) -> MpiError {
    match error {
        DeviceError::Db(error) => MpiError::Db(error),
        DeviceError::Mpi(error) => error,
        error => MpiError::Db(DbError::Internal(error.to_string())),
    }
}
