//! When the name tables change, the index is written anew while the server works.
//!
//! Keys, sketches and words come from names as the tables bring them to one form, so that another version of the tables
//! looks for people under other keys than those they were stored under. The database says by which version everyone can be
//! found. If that is not ours, two passes make it so, in small transactions that say how far they came, so that whoever is
//! interrupted goes on, and two servers share the work: the first writes everyone's new rows beside the old ones, the
//! second removes what nobody is found by any more. Meanwhile people are found by what they had before.

use std::collections::{HashMap, HashSet};

use sea_orm::{ConnectionTrait as _, QueryResult};
use teranga_core::matching::blocking::Side;
use teranga_core::matching::packed;

use super::candidates::{self, Blocks};
use super::ready::Ready;
use super::resolve::Registration;
use super::store::{self, person_in};
use super::{MpiError, bond, keys};
use crate::access::Actor;
use crate::db::rows::Inserts;
use crate::db::{Db, DbError, Locks, Tx, sql};

/// The version of what is stored: it changes with the tables, as the prepared forms do.
pub const VERSION: i32 = packed::VERSION as i32;

/// People whose rows are written in one transaction; registrations wait for it.
const PEOPLE: i64 = 100;

/// Rows that are looked at in one transaction of the second pass.
const ROWS: i64 = 1_000;

/// The lock of whoever rebuilds.
const LOCK: i64 = 0x7465_7261_6e67_6122;

/// How far a rebuilding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// Everyone is found by this version.
    Done,
    /// So many people, or rows of the second pass, were looked at.
    Went(u64),
}

/// Where the database says it is.
struct State {
    version: i32,
    reached: i64,
    swept_key: i64,
    swept_word: i64,
}

/// Rebuilds until everyone is found by this version; `observer` hears of each step.
pub async fn rebuild(db: &Db, observer: &(dyn Fn(u64) + Sync)) -> Result<(), MpiError> {
    while let Progress::Went(count) = step(db).await? {
        observer(count);
        tokio::task::yield_now().await;
    }
    Ok(())
}

/// Rebuilds beside a server that works; what fails is tried again.
pub async fn rebuild_in_background(db: Db) {
    const PAUSE: std::time::Duration = std::time::Duration::from_secs(10);
    let seen = std::sync::atomic::AtomicU64::new(0);
    let count = |rows| {
        if seen.fetch_add(rows, std::sync::atomic::Ordering::Relaxed) == 0 {
            tracing::info!("the name tables have changed; the index is rebuilt in the background");
        }
    };
    while let Err(error) = rebuild(&db, &count).await {
        tracing::warn!(%error, "the index could not be rebuilt; it is tried again");
        tokio::time::sleep(PAUSE).await;
    }
    if seen.into_inner() > 0 {
        tracing::info!("the index is rebuilt");
    }
}

/// One small transaction of a rebuilding.
pub async fn step(db: &Db) -> Result<Progress, MpiError> {
    if state(db.reader()).await?.version == VERSION {
        return Ok(Progress::Done);
    }
    let rows = sql::all(db.reader(), "SELECT id FROM organisations", []).await?;
    let mut locks = vec![LOCK];
    for row in &rows {
        locks.push(bond::lock(row.try_get_by_index(0)?));
    }
    db.write_under(Locks::new(vec![], locks), |tx| Box::pin(go_on(tx)))
        .await
}

async fn state<C: sea_orm::ConnectionTrait>(connection: &C) -> Result<State, DbError> {
    const SELECT: &str =
        "SELECT version, coalesce(target, 0), reached, swept_key, swept_word FROM index_state";
    let row = sql::one(connection, SELECT, []).await?;
    let row = row.ok_or_else(|| DbError::Corrupt("nothing says of which version the index is".to_owned()))?;
    let is_ours = row.try_get_by_index::<i32>(1)? == VERSION;
    let from = |column, start| {
        if is_ours {
            row.try_get_by_index(column)
        } else {
            Ok(start)
        }
    };
    Ok(State {
        version: row.try_get_by_index(0)?,
        reached: from(2, 0)?,
        swept_key: from(3, i64::MIN)?,
        swept_word: from(4, i64::MIN)?,
    })
}

async fn go_on(tx: &Tx) -> Result<Progress, MpiError> {
    let mut state = state(tx).await?;
    if state.version == VERSION {
        return Ok(Progress::Done);
    }
    let mut went = write_anew(tx, &mut state).await?;
    if went == 0 {
        went = sweep(tx, &KEYS, &mut state.swept_key).await?;
    }
    if went == 0 {
        went = sweep(tx, &WORDS, &mut state.swept_word).await?;
    }
    if went == 0 {
        const DONE: &str =
            "UPDATE index_state SET version = $1, target = NULL, reached = 0, swept_key = 0, swept_word = 0";
        sql::run(tx, DONE, [VERSION.into()]).await?;
        return Ok(Progress::Done);
    }
    const KEEP: &str = "UPDATE index_state SET target = $1, reached = $2, swept_key = $3, swept_word = $4";
    let values = [
        VERSION.into(),
        state.reached.into(),
        state.swept_key.into(),
        state.swept_word.into(),
    ];
    sql::run(tx, KEEP, values).await?;
    Ok(Progress::Went(went))
}

/// The first pass: the new rows of the next people.
async fn write_anew(tx: &Tx, state: &mut State) -> Result<u64, MpiError> {
    const NEXT: &str =
        "SELECT id, organisation, person, state FROM identities WHERE id > $1 ORDER BY id LIMIT $2";
    let rows = sql::all(tx, NEXT, [state.reached.into(), PEOPLE.into()]).await?;
    let mut people = Vec::with_capacity(rows.len());
    for row in &rows {
        state.reached = row.try_get_by_index(0)?;
        people.extend(ready_of(row)?.map(|ready| (state.reached, ready)));
    }
    let ready: Vec<&Ready> = people.iter().map(|(_, ready)| ready).collect();
    let blocks = Blocks::of(tx, &ready).await?;
    let (mut inserts, backend) = (Inserts::default(), tx.get_database_backend());
    let packed = people.iter().map(|(id, ready)| (*id, ready.packed.as_slice()));
    store::prepared(&mut inserts, backend, packed);
    let words = people.iter().map(|(id, ready)| (*id, ready.words()));
    store::words(&mut inserts, backend, words);
    let found_by = people.iter().flat_map(|(id, ready)| {
        let stored = blocks.stored_by(ready).into_iter();
        stored.map(move |key| (key, *id, ready.sketch))
    });
    store::keys_anew(&mut inserts, backend, found_by.collect());
    inserts.run(tx).await?;
    Ok(rows.len() as u64)
}

/// A table of the second pass: what a row is found by, and by what a person is found.
struct Swept {
    table: &'static str,
    column: &'static str,
    of: fn(&Ready) -> Vec<i64>,
}

const KEYS: Swept = Swept {
    table: "blocking_keys",
    column: "key",
    of: |ready| {
        let parts = ready
            .stored
            .iter()
            .flat_map(|key| keys::parts(*key, Side::Stored, &ready.prepared));
        ready.stored.iter().copied().chain(parts).collect()
    },
};

const WORDS: Swept = Swept {
    table: "name_words",
    column: "word",
    of: Ready::words,
};

/// The second pass: removes the next rows by which nobody is found any more. Marks (identity 0) stay.
async fn sweep(tx: &Tx, swept: &Swept, from: &mut i64) -> Result<u64, MpiError> {
    let Swept { table, column, of } = swept;
    // Whole keys, so that the next step begins with another.
    let next = format!(
        "SELECT {column}, identity FROM {table} WHERE {column} > $1 AND {column} <= (SELECT max(k) FROM \
         (SELECT {column} AS k FROM {table} WHERE {column} > $1 ORDER BY {column} LIMIT $2) AS few)"
    );
    let found = sql::all(tx, &next, [(*from).into(), ROWS.into()]).await?;
    let mut rows: Vec<(i64, i64)> = Vec::with_capacity(found.len());
    for row in &found {
        rows.push((row.try_get_by_index(0)?, row.try_get_by_index(1)?));
    }
    let people: HashSet<i64> = rows.iter().map(|(_, id)| *id).collect();
    let found_by = found_by(tx, people.into_iter().collect(), *of).await?;
    let stale = rows.iter().filter(|(key, id)| {
        *id != candidates::MARK && !found_by.get(id).is_some_and(|keys| keys.contains(key))
    });
    let text = format!("DELETE FROM {table} WHERE {column} = $1 AND identity = $2");
    for (key, id) in stale {
        sql::run(tx, &text, [(*key).into(), (*id).into()]).await?;
    }
    *from = rows.iter().map(|(key, _)| *key).max().unwrap_or(*from);
    Ok(rows.len() as u64)
}

/// By what each of these people is found.
async fn found_by(
    tx: &Tx,
    ids: Vec<i64>,
    of: fn(&Ready) -> Vec<i64>,
) -> Result<HashMap<i64, HashSet<i64>>, MpiError> {
    let backend = tx.get_database_backend();
    let text = format!(
        "SELECT id, organisation, person, state FROM identities WHERE id IN {}",
        sql::numbers(backend, 1)
    );
    let mut found = HashMap::with_capacity(ids.len());
    for row in sql::all(tx, &text, [sql::list(backend, &ids)]).await? {
        if let Some(ready) = ready_of(&row)? {
            found.insert(row.try_get_by_index(0)?, of(&ready).into_iter().collect());
        }
    }
    Ok(found)
}

/// The person of a row of id, organisation, person and state. Of who was erased, or has no name, there is nothing to find.
fn ready_of(row: &QueryResult) -> Result<Option<Ready>, MpiError> {
    if row.try_get_by_index::<i16>(3)? >= 2 {
        return Ok(None);
    }
    let registration = Registration {
        actor: Actor::console(row.try_get_by_index(1)?, 0),
        person: person_in(row, 2)?,
        source: String::new(),
        program: None,
        key: None,
    };
    Ok(Ready::new(registration).ok())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use jiff::civil::date;
    use sha2::{Digest as _, Sha256};
    use teranga_core::matching::PreparedPerson;
    use teranga_core::matching::sketch::Sketch;
    use teranga_core::person::{BirthDate, Demographics, Sex};

    use super::*;
    use crate::db::testing::{self, KINDS};
    use crate::mpi::Index;

    const NAMES: [(&str, &str); 12] = [
        ("Mamadou Lamine", "Diallo"),
        ("Fatoumata", "Jallow"),
        ("Ndèye Astou", "Ndiaye"),
        ("Ousmane", "Njie"),
        ("Cheikh Ahmadou Bamba", "Mbacké"),
        ("Aïssatou", "Cissé"),
        ("Ebrima", "Ceesay"),
        ("Kadiatou", "Ouattara"),
        ("عبد الله", "محمد"),
        ("Wanjiku", "Kamau"),
        ("Chidiebere", "Okonkwo"),
        ("María José", "dos Santos"),
    ];

    fn person(number: usize) -> Demographics {
        let (given, family) = NAMES[number % NAMES.len()];
        let mut person = Demographics {
            given: format!("{given} {}", NAMES[number / NAMES.len() % NAMES.len()].0),
            family: family.into(),
            birth: Some(BirthDate::Day(date(
                1950 + (number % 60) as i16,
                1 + (number % 12) as i8,
                3,
            ))),
            sex: Sex::Female,
            phone: Some(format!("77{:07}", number * 997)),
            ..Demographics::default()
        };
        person.place.country = "SN".into();
        person.place.region = "DKR".into();
        person.place.commune = "Pikine".into();
        person
    }

    /// Whoever changes the tables of names, or what is made of them, raises `packed::VERSION`, so that every database is
    /// rebuilt, and writes the new fingerprint here.
    #[test]
    fn what_is_stored_is_of_the_version_that_it_says() {
        let mut hash = Sha256::new();
        for number in 0..NAMES.len() * 3 {
            let prepared = PreparedPerson::new(&person(number));
            hash.update(packed::pack(&prepared));
            hash.update(Sketch::new(&prepared).to_stored().to_be_bytes());
            for key in keys::of(1, Side::Stored, &prepared) {
                hash.update(key.to_be_bytes());
            }
        }
        let found = data_encoding::HEXLOWER.encode(&hash.finalize()[..8]);
        assert_eq!((VERSION, found.as_str()), (1, "1fd1133b24a440b2"));
    }

    async fn told(db: &Db, text: &'static str) {
        let done: Result<u64, DbError> = db.write(move |tx| Box::pin(sql::run(tx, text, []))).await;
        done.unwrap();
    }

    async fn stored(db: &Db) -> BTreeSet<Vec<i64>> {
        let mut all = BTreeSet::new();
        for (text, columns) in [
            ("SELECT key, identity, sketch FROM blocking_keys", 3),
            ("SELECT word, identity FROM name_words", 2),
        ] {
            for row in sql::all(db.reader(), text, []).await.unwrap() {
                all.insert((0..columns).map(|at| row.try_get_by_index(at).unwrap()).collect());
            }
        }
        all
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn an_index_of_older_tables_is_rebuilt_by_two_servers_also_after_an_interruption() {
        for kind in KINDS {
            let db = testing::fresh(kind).await;
            told(
                &db,
                "INSERT INTO organisations (id, code, name, country, created) VALUES (1, 'moh', 'n', 'SN', 0)",
            )
            .await;
            let index = Index::new(db.db.clone());
            let register = |number| Registration {
                actor: Actor::console(1, 0),
                person: person(number),
                source: "api".into(),
                program: None,
                key: None,
            };
            let outcomes = index
                .register_all((0..210).map(register).collect())
                .await
                .unwrap();
            assert!(outcomes.iter().all(Result::is_ok), "{kind:?}");
            assert_eq!(
                step(&db).await.unwrap(),
                Progress::Done,
                "a new database is of this version"
            );
            let before = stored(&db).await;
            told(&db, "UPDATE index_state SET version = 0").await;
            told(
                &db,
                "UPDATE blocking_keys SET key = key + 1, sketch = 0 WHERE identity > 0 AND identity % 2 = 0",
            )
            .await;
            told(
                &db,
                "UPDATE blocking_keys SET sketch = 0 WHERE identity > 0 AND identity % 3 = 0",
            )
            .await;
            told(
                &db,
                "UPDATE name_words SET word = word - 1 WHERE identity % 2 = 1",
            )
            .await;
            assert_ne!(stored(&db).await, before, "{kind:?}");
            assert_eq!(
                step(&db).await.unwrap(),
                Progress::Went(PEOPLE as u64),
                "{kind:?}"
            );
            // Interrupted here, and gone on with by two.
            let nobody = |_: u64| {};
            let (one, other) = tokio::join!(rebuild(&db, &nobody), rebuild(&db, &nobody));
            one.and(other).unwrap();
            assert_eq!(stored(&db).await, before, "{kind:?}");
            assert_eq!(step(&db).await.unwrap(), Progress::Done);
            let again = index.register(register(7)).await.unwrap();
            let first = outcomes[7].as_ref().unwrap();
            assert_eq!(again.number, first.number, "{kind:?}");
        }
    }
}
