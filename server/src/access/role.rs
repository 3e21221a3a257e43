//! The seven roles, and what each may do: one table.

use std::fmt;
use std::str::FromStr;

/// What someone is in an organization.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    serde::Serialize,
    serde::Deserialize,
    utoipa::ToSchema,
    clap::ValueEnum,
)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Answers for the server: users, keys, everything of the organization.
    PlatformAdmin,
    /// Runs programs: campaigns, cards, people, users below.
    #[value(alias = "programme-admin")]
    ProgramAdmin,
    /// Decides which registrations are one person.
    Reviewer,
    /// Leads agents in an area: their devices, their work.
    Supervisor,
    /// Registers people.
    #[value(alias = "enrolment-agent")]
    EnrollmentAgent,
    /// Looks up the person whose card or number is shown.
    HealthWorker,
    /// Reads what was done, and no one's data.
    Auditor,
}

/// What can be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// One's own password, second factor and session.
    OwnAccount,
    /// Register someone.
    RegisterPerson,
    /// Find people by what is known of them; say who is like whom.
    SearchPeople,
    /// Read the person behind a number or a card.
    ReadPerson,
    /// Correct someone's data.
    CorrectPerson,
    /// Say that an identifier of another system is someone's.
    LinkPerson,
    /// Merge two identities, take a merge back, decide a review.
    JoinPeople,
    /// Read the pairs that wait for a decision.
    ReadReviews,
    /// Deactivate someone.
    DeactivatePerson,
    /// Register many people from a file.
    ImportPeople,
    /// Take the data of many people out.
    ExportPeople,
    /// Print cards.
    IssueCards,
    /// Revoke a card.
    RevokeCards,
    /// Programs, campaigns and areas.
    ReadPrograms,
    /// Make and change programs, campaigns and areas.
    ManagePrograms,
    /// See that a sensitive program is one, who is in it, and its figures.
    SeeSensitive,
    /// Figures without people.
    ReadFigures,
    /// Users and their roles.
    ManageUsers,
    /// Tokens of integrations.
    ManageTokens,
    /// Phones.
    ManageDevices,
    /// Keys.
    ManageKeys,
    /// What was done by whom.
    ReadAudit,
}

impl Role {
    /// Every role, the mightiest first.
    pub const ALL: [Self; 7] = [
        Self::PlatformAdmin,
        Self::ProgramAdmin,
        Self::Reviewer,
        Self::Supervisor,
        Self::EnrollmentAgent,
        Self::HealthWorker,
        Self::Auditor,
    ];

    /// The role in one word.
    pub const fn name(self) -> &'static str {
        match self {
            Self::PlatformAdmin => "platform-admin",
            Self::ProgramAdmin => "program-admin",
            Self::Reviewer => "reviewer",
            Self::Supervisor => "supervisor",
            Self::EnrollmentAgent => "enrollment-agent",
            Self::HealthWorker => "health-worker",
            Self::Auditor => "auditor",
        }
    }

    /// Whether the role may do something at all, somewhere.
    pub const fn may(self, action: Action) -> bool {
        use Action as A;
        use Role as R;
        match action {
            A::OwnAccount => true,
            A::ManageKeys => matches!(self, R::PlatformAdmin),
            A::ReadAudit => matches!(self, R::PlatformAdmin | R::Auditor),
            A::DeactivatePerson
            | A::ImportPeople
            | A::ExportPeople
            | A::IssueCards
            | A::ManagePrograms
            | A::SeeSensitive
            | A::ManageUsers
            | A::ManageTokens => self.runs_programs(),
            A::LinkPerson | A::JoinPeople => self.runs_programs() || matches!(self, R::Reviewer),
            A::RevokeCards | A::ManageDevices => self.runs_programs() || matches!(self, R::Supervisor),
            A::ReadReviews => self.runs_programs() || matches!(self, R::Reviewer | R::Supervisor),
            A::ReadFigures => !matches!(self, R::EnrollmentAgent | R::HealthWorker),
            A::RegisterPerson => self.runs_programs() || matches!(self, R::Supervisor | R::EnrollmentAgent),
            A::SearchPeople | A::CorrectPerson => !matches!(self, R::HealthWorker | R::Auditor),
            A::ReadPerson | A::ReadPrograms => !matches!(self, R::Auditor),
        }
    }

    const fn runs_programs(self) -> bool {
        matches!(self, Self::PlatformAdmin | Self::ProgramAdmin)
    }

    /// Whether the role sees many people, or what many did, and so needs a second factor.
    pub const fn needs_second_factor(self) -> bool {
        !matches!(self, Self::EnrollmentAgent | Self::HealthWorker)
    }

    /// Whether someone of this role may give and take another role.
    pub const fn may_give(self, other: Self) -> bool {
        match self {
            Self::PlatformAdmin => true,
            Self::ProgramAdmin => !matches!(other, Self::PlatformAdmin | Self::Auditor),
            _ => false,
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}

/// A word that is no role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "a role is platform-admin, program-admin, reviewer, supervisor, enrollment-agent, health-worker or auditor"
)]
pub struct RoleError;

impl FromStr for Role {
    type Err = RoleError;

    fn from_str(text: &str) -> Result<Self, RoleError> {
        Self::ALL
            .into_iter()
            .find(|role| role.name() == text)
            .ok_or(RoleError)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACTIONS: [Action; 22] = [
        Action::OwnAccount,
        Action::RegisterPerson,
        Action::SearchPeople,
        Action::ReadPerson,
        Action::CorrectPerson,
        Action::LinkPerson,
        Action::JoinPeople,
        Action::ReadReviews,
        Action::DeactivatePerson,
        Action::ImportPeople,
        Action::ExportPeople,
        Action::IssueCards,
        Action::RevokeCards,
        Action::ReadPrograms,
        Action::ManagePrograms,
        Action::SeeSensitive,
        Action::ReadFigures,
        Action::ManageUsers,
        Action::ManageTokens,
        Action::ManageDevices,
        Action::ManageKeys,
        Action::ReadAudit,
    ];

    #[test]
    fn the_table_of_rights_is_as_it_was() {
        let line = |action: &Action| {
            let who: Vec<_> = Role::ALL
                .iter()
                .filter(|role| role.may(*action))
                .map(|role| role.name())
                .collect();
            format!("{action:?}: {}", who.join(" "))
        };
        insta::assert_snapshot!(ACTIONS.iter().map(line).collect::<Vec<_>>().join("\n"));
    }

    #[test]
    fn nobody_gives_a_role_that_may_do_what_they_may_not() {
        for giver in Role::ALL {
            for given in Role::ALL.into_iter().filter(|given| giver.may_give(*given)) {
                let more = ACTIONS
                    .iter()
                    .find(|action| given.may(**action) && !giver.may(**action));
                assert_eq!(more, None, "{giver} gives {given}");
            }
        }
    }

    #[test]
    fn whoever_may_search_or_read_what_was_done_needs_a_second_factor_unless_they_register() {
        for role in Role::ALL.into_iter().filter(|role| !role.needs_second_factor()) {
            let wide = [
                Action::ExportPeople,
                Action::ReadReviews,
                Action::ReadAudit,
                Action::ManageUsers,
            ];
            assert!(!wide.iter().any(|action| role.may(*action)), "{role}");
        }
    }

    #[test]
    fn a_role_is_written_the_same_way_everywhere() {
        for role in Role::ALL {
            assert_eq!(role.name().parse(), Ok(role));
            assert_eq!(serde_json::to_value(role).unwrap(), role.name());
        }
    }
}
