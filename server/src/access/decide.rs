//! The one place that decides.

use sea_orm::Value;

use super::{Action, Actor, Area, Grant, Who};
use crate::problem::{Kind, Problem};

/// What an action is done to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Whose it is.
    pub organisation: i64,
    /// Where it is; the whole organization for what is of no place.
    pub area: Area,
}

impl Target {
    /// Something that concerns a whole organization.
    pub fn whole(organisation: i64) -> Self {
        let area = Area::whole();
        Self { organisation, area }
    }

    /// Something in an area of an organization.
    pub fn within(organisation: i64, area: Area) -> Self {
        Self { organisation, area }
    }
}

/// Why not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It belongs to someone else, or lies elsewhere: for the actor it is not there.
    #[error("out of the actor's sight")]
    OutOfSight,
    /// No role of the actor may do this anywhere.
    #[error("no role of the actor may do this")]
    NoRight,
    /// The role needs a second factor.
    #[error("the actor has no second factor")]
    SecondFactor,
    /// Somebody else chose the password.
    #[error("the actor has not chosen a password")]
    PasswordChange,
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let kind = match refusal {
            Refusal::OutOfSight => Kind::NotFound,
            Refusal::NoRight => Kind::Forbidden,
            Refusal::SecondFactor => Kind::SecondFactorNeeded,
            Refusal::PasswordChange => Kind::PasswordChangeNeeded,
        };
        Self::new(kind).because(refusal)
    }
}

/// Whether an actor may do something to something.
///
/// What belongs to another organization, or lies outside the actor's areas, is not there for the actor: the answer is the
/// same as for what does not exist.
pub fn decide(actor: &Actor, action: Action, target: &Target) -> Result<(), Refusal> {
    let scope = scope(actor, action)?;
    if scope.organisation == target.organisation && scope.covers(&target.area) {
        Ok(())
    } else {
        Err(Refusal::OutOfSight)
    }
}

/// Where an actor may do something: what a list or a search is narrowed to.
pub fn scope(actor: &Actor, action: Action) -> Result<Scope, Refusal> {
    let mut scope = Scope {
        organisation: actor.organisation,
        areas: Vec::new(),
    };
    if action == Action::OwnAccount {
        scope.areas.push(Area::whole());
        return Ok(scope);
    }
    let able = actor.grants.iter().filter(|grant| grant.role.may(action));
    let is_person = matches!(actor.who, Who::User { .. });
    let mut lacks_factor = false;
    for grant in able {
        if is_person && grant.role.needs_second_factor() && !actor.has_second_factor {
            lacks_factor = true;
        } else {
            scope.add(grant.area.clone());
        }
    }
    match (scope.areas.is_empty(), lacks_factor) {
        (true, false) => Err(Refusal::NoRight),
        _ if actor.must_change_password => Err(Refusal::PasswordChange),
        (true, true) => Err(Refusal::SecondFactor),
        (false, _) => Ok(scope),
    }
}

/// Whether an actor may give a role in an area to someone, or take it: only roles below the actor's, in the actor's areas.
pub fn decide_grant(actor: &Actor, action: Action, grant: &Grant) -> Result<(), Refusal> {
    let scope = scope(actor, action)?;
    let mut able = actor.grants.iter().filter(|held| held.role.may(action));
    if able.any(|held| held.role.may_give(grant.role) && held.area.covers(&grant.area)) {
        Ok(())
    } else if scope.covers(&grant.area) {
        Err(Refusal::NoRight)
    } else {
        Err(Refusal::OutOfSight)
    }
}

/// An organization, or areas of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// The organization.
    pub organisation: i64,
    areas: Vec<Area>,
}

impl Scope {
    fn add(&mut self, area: Area) {
        if !self.covers(&area) {
            self.areas.retain(|known| !area.covers(known));
            self.areas.push(area);
        }
    }

    /// Whether an area lies in the scope.
    pub fn covers(&self, area: &Area) -> bool {
        self.areas.iter().any(|known| known.covers(area))
    }

    /// Whether the scope is the whole organization.
    pub fn is_whole(&self) -> bool {
        self.covers(&Area::whole())
    }

    /// The areas, none of which lies in another.
    pub fn areas(&self) -> &[Area] {
        &self.areas
    }

    /// The scope as a condition on a table with the columns `organisation`, `country`, `region` and `district`, and the
    /// values of its parameters, of which the first is `$first`.
    pub fn clause(&self, table: &str, first: usize) -> (String, Vec<Value>) {
        let mut values: Vec<Value> = vec![self.organisation.into()];
        let mut clause = format!("{table}.organisation = ${first}");
        if self.is_whole() {
            return (clause, values);
        }
        let mut choices = Vec::new();
        for area in &self.areas {
            let mut all = Vec::new();
            for (column, part) in ["country", "region", "district"].into_iter().zip(area.parts()) {
                all.push(format!("{table}.{column} = ${}", first + values.len()));
                values.push(part.into());
            }
            choices.push(all.join(" AND "));
        }
        clause.push_str(&format!(" AND ({})", choices.join(" OR ")));
        (clause, values)
    }

    /// The scope as a condition on a column that holds paths of areas, and the values of its parameters, of which the
    /// first is `$first`.
    pub fn paths(&self, column: &str, first: usize) -> (String, Vec<Value>) {
        let mut values: Vec<Value> = Vec::new();
        if self.is_whole() {
            return ("1 = 1".to_owned(), values);
        }
        let mut choices = Vec::new();
        for area in &self.areas {
            let at = first + values.len();
            choices.push(format!(
                "{column} = ${at} OR substr({column}, 1, ${}) = ${}",
                at + 1,
                at + 2
            ));
            let inside = format!("{}/", area.as_str());
            let length = i32::try_from(inside.chars().count()).unwrap_or(i32::MAX);
            values.extend([area.as_str().into(), length.into(), inside.into()]);
        }
        (choices.join(" OR "), values)
    }
}

#[cfg(test)]
mod tests {
    use super::super::Role;
    use super::*;

    fn actor(grants: &[(Role, &str)]) -> Actor {
        Actor {
            who: Who::User { id: 1, session: 1 },
            grants: grants
                .iter()
                .map(|(role, area)| Grant {
                    role: *role,
                    area: area.parse().unwrap(),
                })
                .collect(),
            ..Actor::console(7, 0)
        }
    }

    fn at(area: &str) -> Target {
        Target::within(7, area.parse().unwrap())
    }

    #[test]
    fn another_organization_is_as_if_it_were_not_there() {
        let admin = actor(&[(Role::PlatformAdmin, "")]);
        assert_eq!(decide(&admin, Action::ManageKeys, &Target::whole(7)), Ok(()));
        assert_eq!(
            decide(&admin, Action::ManageKeys, &Target::whole(8)),
            Err(Refusal::OutOfSight)
        );
    }

    #[test]
    fn a_role_counts_in_its_area_and_not_beside_it() {
        let agent = actor(&[(Role::EnrollmentAgent, "SN/DKR"), (Role::HealthWorker, "SN")]);
        assert_eq!(
            decide(&agent, Action::RegisterPerson, &at("SN/DKR/Pikine")),
            Ok(())
        );
        assert_eq!(
            decide(&agent, Action::RegisterPerson, &at("SN/THS")),
            Err(Refusal::OutOfSight)
        );
        assert_eq!(
            decide(&agent, Action::RegisterPerson, &at("SN")),
            Err(Refusal::OutOfSight)
        );
        assert_eq!(decide(&agent, Action::ReadPerson, &at("SN/THS")), Ok(()));
        assert_eq!(
            decide(&agent, Action::JoinPeople, &at("SN/DKR")),
            Err(Refusal::NoRight)
        );
    }

    #[test]
    fn whoever_sees_many_people_needs_a_second_factor_and_a_password_of_their_own() {
        let mut reviewer = actor(&[(Role::Reviewer, ""), (Role::EnrollmentAgent, "SN/DKR")]);
        reviewer.has_second_factor = false;
        assert_eq!(
            decide(&reviewer, Action::JoinPeople, &at("")),
            Err(Refusal::SecondFactor)
        );
        assert_eq!(
            decide(&reviewer, Action::SearchPeople, &at("SN/DKR")),
            Ok(()),
            "as an agent"
        );
        assert_eq!(
            decide(&reviewer, Action::SearchPeople, &at("SN/THS")),
            Err(Refusal::OutOfSight)
        );
        assert_eq!(decide(&reviewer, Action::OwnAccount, &Target::whole(7)), Ok(()));
        reviewer.must_change_password = true;
        assert_eq!(
            decide(&reviewer, Action::SearchPeople, &at("SN/DKR")),
            Err(Refusal::PasswordChange)
        );
        assert_eq!(decide(&reviewer, Action::OwnAccount, &Target::whole(7)), Ok(()));
        let token = Actor {
            who: Who::Token(1),
            must_change_password: false,
            ..reviewer
        };
        assert_eq!(
            decide(&token, Action::JoinPeople, &at("")),
            Ok(()),
            "an integration has no phone"
        );
    }

    #[test]
    fn a_role_is_given_from_above_and_in_the_givers_area() {
        let admin = actor(&[(Role::ProgramAdmin, "SN/DKR"), (Role::Reviewer, "")]);
        let give = |role, area: &str| {
            let area = area.parse().unwrap();
            decide_grant(&admin, Action::ManageUsers, &Grant { role, area })
        };
        assert_eq!(give(Role::Reviewer, "SN/DKR/Pikine"), Ok(()));
        assert_eq!(give(Role::Reviewer, "SN"), Err(Refusal::OutOfSight));
        assert_eq!(give(Role::PlatformAdmin, "SN/DKR"), Err(Refusal::NoRight));
        let reviewer = actor(&[(Role::Reviewer, "")]);
        let grant = Grant {
            role: Role::HealthWorker,
            area: Area::whole(),
        };
        assert_eq!(
            decide_grant(&reviewer, Action::ManageUsers, &grant),
            Err(Refusal::NoRight)
        );
    }

    #[test]
    fn a_scope_is_a_condition_with_parameters() {
        let agent = actor(&[
            (Role::EnrollmentAgent, "SN/DKR/Pikine"),
            (Role::EnrollmentAgent, "SN/DKR"),
            (Role::Supervisor, "GM"),
        ]);
        let (clause, values) = scope(&agent, Action::RegisterPerson).unwrap().clause("i", 3);
        assert_eq!(
            clause,
            "i.organisation = $3 AND (i.country = $4 AND i.region = $5 OR i.country = $6)"
        );
        assert_eq!(values, [7i64.into(), "SN".into(), "DKR".into(), "GM".into()]);
        let admin = actor(&[(Role::PlatformAdmin, ""), (Role::Reviewer, "SN")]);
        let (clause, values) = scope(&admin, Action::SearchPeople).unwrap().clause("i", 1);
        assert_eq!((clause.as_str(), values.len()), ("i.organisation = $1", 1));
    }
}
