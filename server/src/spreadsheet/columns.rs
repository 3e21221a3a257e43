//! Which column holds what: by its usual names in English, French and Portuguese, or as a flag says.

use anyhow::{bail, ensure};

use super::roles::Role::{Family, FullName, Given};
use super::roles::{Role, USUAL};

/// The columns of one file by role, and its columns of external identifiers with their systems.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Columns {
    roles: Vec<(Role, usize)>,
    /// Column and system of each external identifier.
    pub identifiers: Vec<(usize, String)>,
}

impl Columns {
    /// Finds the columns. `flags` name a column for a role; `identifiers` are `COLUMN` or `COLUMN=SYSTEM`.
    pub fn find(headers: &[String], flags: &[(Role, &str)], identifiers: &[String]) -> anyhow::Result<Self> {
        let mut columns = Self {
            roles: Vec::new(),
            identifiers: Vec::new(),
        };
        for &(role, name) in flags {
            columns.roles.push((role, position(headers, name)?));
        }
        for text in identifiers {
            let (name, system) = text.split_once('=').unwrap_or((text, text));
            columns
                .identifiers
                .push((position(headers, name)?, system.to_owned()));
        }
        columns.recognize(headers);
        ensure!(
            [Given, Family, FullName]
                .into_iter()
                .any(|role| columns.of(role).is_some()),
            "no column of names was recognized among: {}. Name them with --given-column and --family-column, or --name-column",
            headers.join(", ")
        );
        Ok(columns)
    }

    fn recognize(&mut self, headers: &[String]) {
        for (role, names) in USUAL {
            let free = |at: &usize| !self.roles.iter().any(|(_, taken)| taken == at);
            let fits = |at: &usize| names.contains(&folded(&headers[*at]).as_str());
            if self.of(*role).is_none()
                && let Some(at) = (0..headers.len()).filter(free).find(fits)
            {
                self.roles.push((*role, at));
            }
        }
    }

    /// The column of a role.
    pub fn of(&self, role: Role) -> Option<usize> {
        self.roles
            .iter()
            .find(|(known, _)| *known == role)
            .map(|(_, at)| *at)
    }
}

/// The place of a column by its name, as it is written or nearly so.
pub fn position(headers: &[String], name: &str) -> anyhow::Result<usize> {
    match headers
        .iter()
        .position(|header| header == name || folded(header) == folded(name))
    {
        Some(at) => Ok(at),
        None => bail!(
            "there is no column {name:?}; the file has: {}",
            headers.join(", ")
        ),
    }
}

/// Letters and digits in lower case without accents.
pub fn folded(header: &str) -> String {
    let plain = |letter: char| match letter {
        'á' | 'à' | 'â' | 'ã' | 'ä' => 'a',
        'é' | 'è' | 'ê' | 'ë' => 'e',
        'í' | 'î' | 'ï' => 'i',
        'ó' | 'ô' | 'õ' => 'o',
        'ú' | 'ù' | 'û' | 'ü' => 'u',
        'ç' => 'c',
        other => other,
    };
    header
        .to_lowercase()
        .chars()
        .map(plain)
        .filter(|letter| letter.is_ascii_alphanumeric())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::roles::Role::{Birth, Id, Sex};
    use super::*;

    fn headers(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn usual_names_in_three_languages_are_recognized() {
        for names in [
            ["id", "first_name", "Surname", "Date of Birth"],
            ["N°", "Prénom(s)", "NOM", "Date de naissance"],
            ["id", "Nome próprio", "Apelido", "Data de Nascimento"],
        ] {
            let columns = Columns::find(&headers(&names), &[], &[]).unwrap();
            assert_eq!(
                [Id, Given, Family, Birth].map(|role| columns.of(role)),
                [Some(0), Some(1), Some(2), Some(3)],
                "{names:?}"
            );
        }
    }

    #[test]
    fn a_flag_wins_over_a_usual_name() {
        let columns = Columns::find(
            &headers(&["nom", "patronyme"]),
            &[(Family, "patronyme"), (Given, "nom")],
            &[],
        )
        .unwrap();
        assert_eq!((columns.of(Given), columns.of(Family)), (Some(0), Some(1)));
    }

    #[test]
    fn what_is_missing_is_said_with_what_is_there() {
        let error = Columns::find(&headers(&["x", "y"]), &[], &[])
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("x, y") && error.contains("--given-column"),
            "{error}"
        );
        assert!(
            Columns::find(&headers(&["nom"]), &[(Sex, "sexe")], &[])
                .unwrap_err()
                .to_string()
                .contains("\"sexe\"")
        );
    }
}
