//! The queue and its two answers.

use sea_orm::{ConnectionTrait, QueryResult};
use teranga_core::matching::{Explanation, Model, PreparedPerson, Rules, compare, explain, judge};
use teranga_core::person::{Demographics, MpiId};

use crate::access::{Actor, Scope};
use crate::db::{DbError, Tx, sql};
use crate::mpi::{self, MpiError};

/// A pair that waits.
#[derive(Debug)]
pub struct Pair {
    /// The review's own number.
    pub id: i64,
    /// `review` or `alert`.
    pub kind: String,
    /// The two identities, the older first.
    pub people: [(i64, MpiId, Demographics); 2],
}

impl Pair {
    /// Why the two may be one, by the shipped weights for a register of `people`.
    pub fn explain(&self, people: u64) -> Explanation {
        let [one, other] = [0, 1].map(|at| PreparedPerson::new(&self.people[at].2));
        let model = Model::default_for(people.next_power_of_two());
        let comparison = compare(&one, &other);
        let judgement = judge(&comparison, &model, &Rules::default(), false);
        explain(&one, &other, &comparison, &model, &judgement)
    }
}

const SELECT: &str = "SELECT r.id, r.kind, a.id, a.number, a.person, b.id, b.number, b.person FROM reviews r \
     JOIN identities a ON a.id = r.low JOIN identities b ON b.id = r.high WHERE r.organisation = $1 AND r.state = 0";

/// The pairs that wait, reviews before alerts and the likeliest first; at most `most`.
pub async fn list<C: ConnectionTrait>(
    connection: &C,
    organisation: i64,
    most: u32,
) -> Result<Vec<Pair>, DbError> {
    let text = format!("{SELECT} ORDER BY r.kind DESC, r.score DESC, r.id LIMIT $2");
    let rows = sql::all(connection, &text, [organisation.into(), i64::from(most).into()]).await?;
    rows.iter().map(pair).collect()
}

/// The pairs that wait of which both live in sight; at most `most`.
pub async fn seen<C: ConnectionTrait>(
    connection: &C,
    sight: &Scope,
    kind: Option<&str>,
    most: u32,
) -> Result<Vec<Pair>, DbError> {
    let mut values = vec![
        sight.organisation.into(),
        i64::from(most).into(),
        kind.unwrap_or_default().into(),
    ];
    let mut text = format!("{SELECT} AND ($3 = '' OR r.kind = $3)");
    for table in ["a", "b"] {
        let (clause, own) = sight.clause(table, values.len() + 1);
        text.push_str(&format!(" AND {clause}"));
        values.extend(own);
    }
    text.push_str(" ORDER BY r.kind DESC, r.score DESC, r.id LIMIT $2");
    let rows = sql::all(connection, &text, values).await?;
    rows.iter().map(pair).collect()
}

/// Keeps a reviewer's words, sealed.
pub async fn note(tx: &Tx, actor: &Actor, review: i64, sealed: Vec<u8>) -> Result<(), DbError> {
    const INSERT: &str = "INSERT INTO review_notes (review, author, at, note) VALUES ($1, $2, $3, $4)";
    let row = [review.into(), actor.name().into(), actor.at.into(), sealed.into()];
    sql::run(tx, INSERT, row).await.map(|_| ())
}

/// A pair that waits, by the review's number.
pub async fn get<C: ConnectionTrait>(connection: &C, organisation: i64, id: i64) -> Result<Pair, MpiError> {
    let text = format!("{SELECT} AND r.id = $2");
    let row = sql::one(connection, &text, [organisation.into(), id.into()]).await?;
    let row = row.ok_or(MpiError::Refused(
        "no open review has this number; list them to see theirs",
    ))?;
    Ok(pair(&row)?)
}

/// One person: the younger identity is merged into the older. Runs under [`mpi::structure`].
pub async fn merge(tx: &Tx, actor: &Actor, id: i64) -> Result<(), MpiError> {
    let [(_, survivor, _), (_, other, _)] = get(tx, actor.organisation, id).await?.people;
    mpi::merge(tx, actor, &survivor, &other).await
}

/// Two people, for good. Runs under [`mpi::structure`].
pub async fn reject(tx: &Tx, actor: &Actor, id: i64) -> Result<(), MpiError> {
    let [(one, ..), (other, ..)] = get(tx, actor.organisation, id).await?.people;
    mpi::tell_apart(tx, actor, (one, other)).await
}

fn pair(row: &QueryResult) -> Result<Pair, DbError> {
    Ok(Pair {
        id: row.try_get_by_index(0)?,
        kind: row.try_get_by_index(1)?,
        people: [side(row, 2)?, side(row, 5)?],
    })
}

fn side(row: &QueryResult, from: usize) -> Result<(i64, MpiId, Demographics), DbError> {
    let damaged = || DbError::Corrupt("an identity in review does not read".to_owned());
    let number: String = row.try_get_by_index(from + 1)?;
    let person: String = row.try_get_by_index(from + 2)?;
    Ok((
        row.try_get_by_index(from)?,
        MpiId::parse(&number).map_err(|_| damaged())?,
        serde_json::from_str(&person).map_err(|_| damaged())?,
    ))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use teranga_core::matching::Decision;
    use teranga_core::person::{BirthDate, Sex};

    use super::*;
    use crate::db::testing::{self, KINDS};
    use crate::mpi::Registration;

    fn twin(given: &str) -> Registration {
        let mut person = Demographics {
            given: given.into(),
            family: "Sonko".into(),
            birth: Some(BirthDate::Day(date(2020, 5, 3))),
            sex: Sex::Male,
            mother: Some("Penda Badji".into()),
            phone: Some("77 123 45 67".into()),
            household: Some("M17".into()),
            ..Demographics::default()
        };
        person.place.country = "SN".into();
        person.place.region = "DKR".into();
        person.place.commune = "Pikine".into();
        Registration {
            actor: Actor::console(1, 0),
            person,
            source: "api".into(),
            program: None,
            key: None,
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_rejected_pair_leaves_the_queue_and_a_merged_one_is_one_person() {
        for kind in KINDS {
            for merged in [false, true] {
                let db = testing::fresh(kind).await;
                let text = "INSERT INTO organisations (id, code, name, country, created) VALUES (1, 'm', 'n', 'SN', 0)";
                let added: Result<u64, DbError> = db.write(move |tx| Box::pin(sql::run(tx, text, []))).await;
                added.unwrap();
                let mut numbers = Vec::new();
                for given in ["Assane", "Ousseynou"] {
                    let one = twin(given);
                    let locks = mpi::locks(&one);
                    let done: Result<_, MpiError> = db
                        .write_under(locks, move |tx| {
                            Box::pin(async move { mpi::resolve(tx, &one).await })
                        })
                        .await;
                    numbers.push(done.unwrap());
                }
                assert_eq!(numbers[1].decision, Decision::Review, "{kind:?}");
                let pairs = list(db.reader(), 1, 10).await.unwrap();
                assert_eq!(pairs.len(), 1);
                assert!(pairs[0].explain(2).fields.len() > 5);
                let id = pairs[0].id;
                let decided: Result<(), MpiError> = db
                    .write_under(mpi::structure(1), move |tx| {
                        Box::pin(async move {
                            if merged {
                                merge(tx, &Actor::console(1, 0), id).await
                            } else {
                                reject(tx, &Actor::console(1, 0), id).await
                            }
                        })
                    })
                    .await;
                decided.unwrap();
                assert!(list(db.reader(), 1, 10).await.unwrap().is_empty(), "{kind:?}");
                let other = numbers[1].number;
                let leads: Result<MpiId, MpiError> = db
                    .write(move |tx| Box::pin(async move { mpi::find(tx, 1, &other).await }))
                    .await;
                assert_eq!(leads.unwrap() == numbers[0].number, merged, "{kind:?}");
                let splits = sql::number(db.reader(), "SELECT count(*) FROM splits", []).await;
                assert_eq!(splits, Ok(i64::from(!merged)));
            }
        }
    }
}
