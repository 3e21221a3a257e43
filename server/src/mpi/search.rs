//! Finding people: by their MPI id, an identifier of another system, or their name in any spelling.
//!
//! A name is looked up by its words, brought to one form as in matching, so that Diallo finds Jallow; with a date of birth
//! or another field also by the blocking keys, which forgive a word that is spelt otherwise. What is found is ranked by how
//! much it agrees. Whoever asks sees the people of their own areas; of others they learn no more than that there are some.

use std::collections::{BTreeMap, HashSet};

use sea_orm::{ConnectionTrait, QueryResult};
use teranga_core::matching::blocking::Side;
use teranga_core::matching::sketch::Asked;
use teranga_core::matching::{
    Comparison, Decision, Explanation, Judgement, PreparedPerson, compare, explain, judge,
};
use teranga_core::person::{BirthDate, Demographics, MpiId};

use super::candidates::Blocks;
use super::store::{birth_year, person_in};
use super::weights::{Kept, Weights};
use super::{MpiError, keys};
use crate::db::{DbError, sql};

/// Most people who are looked at for one question: more share a name than anyone can read through.
const MOST_LOOKED_AT: i64 = 200;

/// As far as the people of a word are counted, to begin with the rarest word.
const MOST_COUNTED: i64 = 20_000;

/// Most people of a name who are walked through for those of an age; the blocking keys find them by their date.
const MOST_WALKED: i64 = 2_000;

/// What someone looks for.
#[derive(Debug, Clone, Default)]
pub struct Question {
    /// Whose register.
    pub organisation: i64,
    /// Words of the name, in any order and spelling.
    pub name: String,
    /// Born then.
    pub birth: Option<BirthDate>,
    /// An MPI id.
    pub number: Option<MpiId>,
    /// An identifier of another system: its system, where it is known, and its value.
    pub identifier: Option<(Option<String>, String)>,
    /// Only of this area: `SN`, `SN/DKR` or `SN/DKR/Pikine`.
    pub area: String,
    /// Most answers.
    pub most: usize,
}

/// A person as the index holds them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Their row.
    pub id: i64,
    /// Their MPI id.
    pub number: MpiId,
    /// Counts changes of the record.
    pub revision: i32,
    /// What is known of them.
    pub person: Demographics,
    /// They were deactivated.
    pub inactive: bool,
    /// When they were registered, in milliseconds since 1970.
    pub created: i64,
    /// When the record last changed.
    pub changed: i64,
}

/// What a question found.
#[derive(Debug, Default)]
pub struct Hits {
    /// The best first.
    pub people: Vec<Found>,
    /// There are more than were asked for.
    pub more: bool,
    /// Someone fits outside the areas of whoever asks.
    pub elsewhere: bool,
}

/// A pair that was compared for someone who asked.
#[derive(Debug)]
pub struct Match {
    /// The person of the register.
    pub found: Found,
    /// What was judged.
    pub judgement: Judgement,
    /// Why.
    pub explanation: Explanation,
}

/// Answers a question. `sees` says whether whoever asks has a right to a person.
pub async fn search<C: ConnectionTrait>(
    connection: &C,
    question: &Question,
    sees: impl Fn(&Demographics) -> bool,
) -> Result<Hits, MpiError> {
    let asked = PreparedPerson::new(&Demographics {
        given: question.name.clone(),
        birth: question.birth,
        ..Demographics::default()
    });
    let mut roots = roots_of(connection, question, &asked).await?;
    roots.truncate(2 * usize::try_from(MOST_LOOKED_AT).unwrap_or_default());
    let mut hits = Hits::default();
    let mut ranked = Vec::new();
    for found in load(connection, &roots).await? {
        let compared = compare(&asked, &PreparedPerson::new(&found.person));
        if !fits(question, &found, &compared) {
            continue;
        }
        if sees(&found.person) {
            let names = compared.names;
            let similarity = names.given.similarity.max(names.family.similarity);
            let rank = (
                names.given.level.max(names.family.level),
                compared.levels.birth,
                similarity,
            );
            ranked.push((std::cmp::Reverse(rank), found));
        } else {
            hits.elsewhere = true;
        }
    }
    ranked.sort_by_key(|(rank, found)| (*rank, found.id));
    hits.more = ranked.len() > question.most;
    ranked.truncate(question.most);
    hits.people = ranked.into_iter().map(|(_, found)| found).collect();
    Ok(hits)
}

/// Whether an area, as a path of codes, holds a place.
pub fn area_holds(area: &str, person: &Demographics) -> bool {
    let place = &person.place;
    let steps = [&place.country, &place.region, &place.district];
    let wanted = area.split('/').filter(|step| !step.is_empty());
    wanted
        .zip(steps)
        .all(|(wanted, step)| wanted.eq_ignore_ascii_case(step))
}

fn fits(question: &Question, found: &Found, compared: &Comparison) -> bool {
    use teranga_core::matching::BirthLevel::{Around, Differ};
    let asked_by_name = question.number.is_none() && question.identifier.is_none();
    let another_age = asked_by_name && matches!(compared.levels.birth, Differ | Around);
    area_holds(&question.area, &found.person) && !another_age
}

async fn roots_of<C: ConnectionTrait>(
    connection: &C,
    question: &Question,
    asked: &PreparedPerson,
) -> Result<Vec<i64>, MpiError> {
    let mut roots = Vec::new();
    if let Some(number) = &question.number {
        const SELECT: &str = "SELECT i.root FROM numbers n JOIN identities i ON i.id = n.identity \
             WHERE n.code = $1 AND n.number = $2 AND n.organisation = $3 AND n.state < 2";
        let values = [
            number.random_part().into(),
            number.as_str().into(),
            question.organisation.into(),
        ];
        roots.extend(column(&sql::all(connection, SELECT, values).await?)?);
    } else if let Some((system, value)) = &question.identifier {
        roots.extend(of_identifier(connection, question.organisation, system.as_deref(), value).await?);
    } else {
        roots.extend(of_words(connection, question, asked).await?);
        let near = near(connection, question.organisation, asked, None).await?;
        roots.extend(roots_of_rows(connection, &near).await?);
    }
    let mut seen = HashSet::new();
    roots.retain(|root| seen.insert(*root));
    Ok(roots)
}

/// Identities that have an identifier of another system.
pub async fn of_identifier<C: ConnectionTrait>(
    connection: &C,
    organisation: i64,
    system: Option<&str>,
    value: &str,
) -> Result<Vec<i64>, DbError> {
    const OF: &str = "SELECT DISTINCT i.root FROM identifiers e JOIN identities i ON i.id = e.identity \
         WHERE e.organisation = $1 AND e.system = $2 AND e.value = $3 LIMIT 100";
    const ANY: &str = "SELECT DISTINCT i.root FROM identifiers e JOIN identities i ON i.id = e.identity \
         WHERE e.organisation = $1 AND e.value = $2 LIMIT 100";
    let rows = match system {
        Some(system) => sql::all(connection, OF, [organisation.into(), system.into(), value.into()]).await?,
        None => sql::all(connection, ANY, [organisation.into(), value.into()]).await?,
    };
    column(&rows)
}

/// People who have all words of the name, as far as they are walked through; the rarest word first.
async fn of_words<C: ConnectionTrait>(
    connection: &C,
    question: &Question,
    asked: &PreparedPerson,
) -> Result<Vec<i64>, DbError> {
    const COUNT: &str = "SELECT count(*) FROM (SELECT 1 FROM name_words WHERE word = $1 LIMIT $2) AS few";
    let mut words = BTreeMap::new();
    for token in asked.given.iter().filter(|token| !token.initial) {
        let word = keys::in_organisation(question.organisation, token.hash);
        let people = sql::number(connection, COUNT, [word.into(), MOST_COUNTED.into()]).await?;
        words.insert((people, word), ());
    }
    let words: Vec<i64> = words.into_keys().map(|(_, word)| word).collect();
    let Some((&first, others)) = words.split_first() else {
        return Ok(Vec::new());
    };
    let mut text = "SELECT i.root FROM (SELECT a.identity FROM name_words a".to_owned();
    for at in 0..others.len() {
        text.push_str(&format!(
            " JOIN name_words o{at} ON o{at}.identity = a.identity AND o{at}.word = ${}",
            at + 4
        ));
    }
    text.push_str(" WHERE a.word = $1 LIMIT $2) AS f JOIN identities i ON i.id = f.identity");
    text.push_str(
        " WHERE (CAST($3 AS BIGINT) = 0 OR i.birth_year IS NULL OR i.birth_year BETWEEN $3 - 1 AND $3 + 1)",
    );
    let year = asked.birth.and_then(|_| birth_year(asked)).unwrap_or(0);
    let most = if year == 0 { MOST_LOOKED_AT } else { MOST_WALKED };
    text.push_str(&format!(" LIMIT {MOST_LOOKED_AT}"));
    let mut values: Vec<sea_orm::Value> = vec![first.into(), most.into(), i64::from(year).into()];
    values.extend(others.iter().map(|word| (*word).into()));
    column(&sql::all(connection, &text, values).await?)
}

/// Rows that share a key with a person and may be more than a stranger.
async fn near<C: ConnectionTrait>(
    connection: &C,
    organisation: i64,
    person: &PreparedPerson,
    asked: Option<&Asked<'_>>,
) -> Result<Vec<i64>, DbError> {
    let asked_keys = keys::of(organisation, Side::Asked, person);
    let blocks = Blocks::looked_up(connection, &asked_keys, person).await?;
    Ok(blocks.near(&asked_keys, person, asked))
}

async fn roots_of_rows<C: ConnectionTrait>(connection: &C, rows: &[i64]) -> Result<Vec<i64>, DbError> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let backend = connection.get_database_backend();
    let text = format!(
        "SELECT DISTINCT root FROM identities WHERE id IN {}",
        sql::numbers(backend, 1)
    );
    let rows = &rows[..rows.len().min(MOST_LOOKED_AT.unsigned_abs() as usize)];
    column(&sql::all(connection, &text, [sql::list(backend, rows)]).await?)
}

fn column(rows: &[QueryResult]) -> Result<Vec<i64>, DbError> {
    Ok(rows
        .iter()
        .map(|row| row.try_get_by_index(0))
        .collect::<Result<_, _>>()?)
}

/// Identities by their rows, in that order. Erased ones are not among them.
pub async fn load<C: ConnectionTrait>(connection: &C, ids: &[i64]) -> Result<Vec<Found>, DbError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let backend = connection.get_database_backend();
    let text = format!(
        "SELECT id, number, revision, person, state, created, changed FROM identities WHERE id IN {} AND state < 2",
        sql::numbers(backend, 1)
    );
    let rows = sql::all(connection, &text, [sql::list(backend, ids)]).await?;
    let mut found = rows.iter().map(found).collect::<Result<Vec<_>, _>>()?;
    found.sort_by_key(|one| ids.iter().position(|id| *id == one.id));
    Ok(found)
}

fn found(row: &QueryResult) -> Result<Found, DbError> {
    let number: Option<String> = row.try_get_by_index(1)?;
    let number = number.and_then(|number| MpiId::parse(&number).ok());
    Ok(Found {
        id: row.try_get_by_index(0)?,
        number: number.ok_or_else(|| DbError::Corrupt("an identity without a number".to_owned()))?,
        revision: row.try_get_by_index(2)?,
        person: person_in(row, 3)?,
        inactive: row.try_get_by_index::<i16>(4)? != 0,
        created: row.try_get_by_index(5)?,
        changed: row.try_get_by_index(6)?,
    })
}

/// Whom a person could be, with the reasons; nothing is written. At most `most`, the likeliest first.
pub async fn matches<C: ConnectionTrait>(
    connection: &C,
    organisation: i64,
    person: &Demographics,
    most: usize,
) -> Result<Vec<Match>, MpiError> {
    let (weights, _) = Kept::default().current(connection, organisation).await?;
    let asked = weights.weigh(PreparedPerson::new(person));
    let bound = Asked::new(&asked, &weights.model, &weights.rules);
    let near = near(connection, organisation, &asked, bound.as_ref()).await?;
    let roots = roots_of_rows(connection, &near).await?;
    let mut matches = Vec::new();
    for found in load(connection, &roots).await? {
        let prepared = weights.weigh(PreparedPerson::new(&found.person));
        matches.extend(
            judged(&asked, &prepared, &weights).map(|(judgement, explanation)| Match {
                found,
                judgement,
                explanation,
            }),
        );
    }
    matches.sort_by_key(|one| {
        (
            std::cmp::Reverse((one.judgement.decision, one.judgement.score)),
            one.found.id,
        )
    });
    matches.truncate(most);
    Ok(matches)
}

fn judged(
    asked: &PreparedPerson,
    other: &PreparedPerson,
    weights: &Weights,
) -> Option<(Judgement, Explanation)> {
    let comparison = compare(asked, other);
    let judgement = judge(&comparison, &weights.model, &weights.rules, false);
    let explained = || explain(asked, other, &comparison, &weights.model, &judgement);
    (judgement.decision > Decision::New).then(|| (judgement, explained()))
}
