//! A registration as the index takes it.

use teranga_core::person::Demographics;
use teranga_core::wire::fact::Registered;
use teranga_core::wire::receipt::refusal;

use super::{Answer, Context};
use crate::access::Actor;
use crate::mpi::Registration;
use crate::mpi::reserved::Given;

/// Longest text of a field, in characters.
const LONGEST: usize = 200;

/// The registration of a fact, or why it cannot stand.
pub(super) fn registration(
    context: &Context,
    actor: &Actor,
    registered: &Registered,
) -> Result<Registration, Answer> {
    let person = placed(context, registered);
    check(&person)?;
    Ok(Registration {
        actor: actor.clone(),
        person,
        source: format!("device:{}", context.device.row),
        program: registered.program.and_then(|program| i64::try_from(program).ok()),
        key: None,
    })
}

/// The number that the phone gave.
pub(super) fn given(context: &Context, registered: &Registered) -> Option<Given> {
    Some(Given {
        device: context.device.row,
        number: registered.mpi?,
        may_be_forgotten: context.device.epoch > 1,
    })
}

/// Where nothing was typed, the person lives where the phone works, as its number says.
fn placed(context: &Context, registered: &Registered) -> Demographics {
    let mut person = registered.person.clone();
    let area = context.device.place();
    let given = registered.mpi.as_ref();
    if person.place.country.is_empty() {
        person.place.country = given.map_or(area.country, |mpi| mpi.country().to_owned());
    }
    if person.place.region.is_empty() {
        person.place.region = given.map_or(area.region, |mpi| mpi.region().to_owned());
    }
    person
}

/// Fails for what no form of ours lets through.
pub(super) fn check(person: &Demographics) -> Result<(), Answer> {
    let place = &person.place;
    let texts = [
        &person.given,
        &person.family,
        &place.country,
        &place.region,
        &place.district,
        &place.commune,
        &place.village,
    ];
    let optional = [&person.phone, &person.mother, &person.household];
    let identifiers = person.identifiers.iter().flat_map(|id| [&id.system, &id.value]);
    let mut all = texts
        .into_iter()
        .chain(optional.into_iter().flatten())
        .chain(identifiers);
    if all.any(|text| text.chars().count() > LONGEST || text.chars().any(char::is_control)) {
        return Err(refused(
            "a text is too long or holds a control character",
            "shorten it and register the person again",
        ));
    }
    let letters =
        |code: &str, length| code.len() == length && code.bytes().all(|byte| byte.is_ascii_uppercase());
    if !letters(&place.country, 2) || !letters(&place.region, 3) {
        return Err(refused(
            "country and region must be chosen from the list",
            "choose them and register the person again",
        ));
    }
    Ok(())
}

pub(super) fn refused(why: &str, action: &str) -> Answer {
    Answer::refused(refusal::PERSON, why, action)
}
