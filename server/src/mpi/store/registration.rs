//! The rows of registrations that were decided.

use sea_orm::{ConnectionTrait as _, DbBackend};
use teranga_core::person::MpiId;

use super::super::ready::Ready;
use super::super::{MpiError, Outcome};
use super::{CHUNK, birth_year, identifiers, keys, prepared, words};
use crate::audit;
use crate::db::Tx;
use crate::db::rows::Column::{Bytes, Int, Text};
use crate::db::rows::{Inserts, Rows};

/// A registration that was decided, as its rows need it.
pub(in crate::mpi) struct Decided<'a> {
    pub(in crate::mpi) ready: &'a Ready,
    pub(in crate::mpi) id: i64,
    /// Whom it stands under; itself when it is someone new.
    pub(in crate::mpi) root: i64,
    /// A number of its own, when it is someone new.
    pub(in crate::mpi) number: Option<MpiId>,
    /// Under which keys it is found.
    pub(in crate::mpi) keys: Vec<i64>,
    /// What is written down of the decision.
    pub(in crate::mpi) body: serde_json::Value,
    pub(in crate::mpi) outcome: Outcome,
}

impl Decided<'_> {
    fn is_new(&self) -> bool {
        self.root == self.id
    }

    fn number(&self) -> Option<&str> {
        self.number.as_ref().map(MpiId::as_str)
    }
}

/// Writes the rows of decided registrations.
pub(in crate::mpi) async fn all(tx: &Tx, decided: &[Decided<'_>], at: i64) -> Result<(), MpiError> {
    let backend = tx.get_database_backend();
    for chunk in decided.chunks(CHUNK) {
        let mut inserts = Inserts::default();
        identities(&mut inserts, backend, chunk, at);
        numbers(&mut inserts, backend, chunk, at);
        let packed = chunk.iter().map(|one| (one.id, one.ready.packed.as_slice()));
        prepared(&mut inserts, backend, packed);
        words(
            &mut inserts,
            backend,
            chunk.iter().map(|one| (one.id, one.ready.words())),
        );
        let known = chunk.iter().map(|one| {
            let person = &one.ready.registration.person;
            (one.ready.organisation(), one.id, person)
        });
        identifiers(&mut inserts, backend, known);
        facts(&mut inserts, backend, chunk, at);
        enrollments(&mut inserts, backend, chunk, at);
        answers(&mut inserts, backend, chunk, at);
        let rows = chunk.iter().flat_map(|one| {
            let sketch = one.ready.sketch;
            one.keys.iter().map(move |key| (*key, one.id, sketch))
        });
        keys(&mut inserts, backend, rows.collect());
        let told = chunk.iter().map(|one| {
            let target = format!("identity:{}", one.id);
            one.ready.registration.actor.entry("person.register", target)
        });
        audit::add_all(tx, &mut inserts, &told.collect::<Vec<_>>()).await?;
        inserts.run(tx).await?;
    }
    Ok(())
}

fn identities(inserts: &mut Inserts, backend: DbBackend, decided: &[Decided<'_>], at: i64) {
    const INTO: &str = "identities (id, organisation, parent, root, bond, number, person, country, region, district, \
         birth_year, sex, source, created, changed)";
    let columns = [
        Int, Int, Int, Int, Int, Text, Text, Text, Text, Text, Int, Int, Text, Int, Int,
    ];
    let mut rows = Rows::new(backend, columns);
    for one in decided {
        let registration = &one.ready.registration;
        let place = &registration.person.place;
        rows.push([
            one.id.into(),
            one.ready.organisation().into(),
            (!one.is_new()).then_some(one.root).into(),
            one.root.into(),
            i64::from(!one.is_new()).into(),
            one.number().into(),
            (&one.ready.written).into(),
            (&place.country).into(),
            (&place.region).into(),
            (&place.district).into(),
            birth_year(&one.ready.prepared).map(i64::from).into(),
            (registration.person.sex as i64).into(),
            (&registration.source).into(),
            at.into(),
            at.into(),
        ]);
    }
    inserts.add(INTO, rows, "");
}

fn numbers(inserts: &mut Inserts, backend: DbBackend, decided: &[Decided<'_>], at: i64) {
    let mut rows = Rows::new(backend, [Text, Text, Int, Int, Int, Int]);
    for one in decided {
        if let Some(number) = &one.number {
            rows.push([
                number.random_part().into(),
                number.as_str().into(),
                one.ready.organisation().into(),
                one.id.into(),
                0.into(),
                at.into(),
            ]);
        }
    }
    inserts.add(
        "numbers (code, number, organisation, identity, state, at)",
        rows,
        "",
    );
}

fn facts(inserts: &mut Inserts, backend: DbBackend, decided: &[Decided<'_>], at: i64) {
    const INTO: &str = "facts (organisation, kind, identity, other, actor, body, at)";
    let mut rows = Rows::new(backend, [Int, Text, Int, Int, Text, Text, Int]);
    for one in decided {
        let (kind, other) = if one.is_new() {
            ("register", None)
        } else {
            ("link", Some(one.root))
        };
        let (actor, body) = (one.ready.registration.actor.name(), one.body.to_string());
        rows.push([
            one.ready.organisation().into(),
            kind.into(),
            one.id.into(),
            other.into(),
            (&actor).into(),
            (&body).into(),
            at.into(),
        ]);
    }
    inserts.add(INTO, rows, "");
}

/// Writes down who takes part in which program, unless they do already.
fn enrollments(inserts: &mut Inserts, backend: DbBackend, decided: &[Decided<'_>], at: i64) {
    let mut rows = Rows::new(backend, [Int, Int, Int, Text, Int, Int]);
    for one in decided {
        let registration = &one.ready.registration;
        if let Some(program) = registration.program {
            rows.push([
                one.ready.organisation().into(),
                program.into(),
                one.id.into(),
                (&registration.source).into(),
                at.into(),
                one.root.into(),
            ]);
        }
    }
    const INTO: &str = "enrollments (organisation, programme, identity, source, enrolled)";
    let condition = format!(
        "NOT EXISTS (SELECT 1 FROM identities i JOIN enrollments e ON e.identity = i.id \
         WHERE (i.id = {root} OR i.parent = {root}) AND e.programme = {})",
        rows.cell(1),
        root = rows.cell(5),
    );
    inserts.add_where(INTO, rows, 5, &condition);
}

/// Remembers what was answered to registrations that came with a key.
fn answers(inserts: &mut Inserts, backend: DbBackend, decided: &[Decided<'_>], at: i64) {
    let mut rows = Rows::new(backend, [Int, Text, Bytes, Int, Text, Int]);
    for one in decided {
        if let Some(key) = &one.ready.registration.key {
            let answer = serde_json::json!(one.outcome).to_string();
            rows.push([
                one.ready.organisation().into(),
                key.into(),
                (&one.ready.fingerprint).into(),
                one.id.into(),
                (&answer).into(),
                at.into(),
            ]);
        }
    }
    const INTO: &str = "idempotency (organisation, key, fingerprint, identity, answer, at)";
    inserts.add(INTO, rows, "");
}
