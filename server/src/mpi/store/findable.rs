//! By what people are found: prepared forms, blocking keys, words of names, identifiers of other systems.

use sea_orm::DbBackend;
use teranga_core::matching::sketch::Sketch;
use teranga_core::person::Demographics;

use crate::db::rows::{Column, Inserts, Rows};

/// Adds prepared forms beside their records, over older ones.
pub(in crate::mpi) fn prepared<'a>(
    inserts: &mut Inserts,
    backend: DbBackend,
    people: impl Iterator<Item = (i64, &'a [u8])>,
) {
    const TAIL: &str = "ON CONFLICT (identity) DO UPDATE SET packed = excluded.packed";
    let mut rows = Rows::new(backend, [Column::Int, Column::Bytes]);
    for (id, packed) in people {
        rows.push([id.into(), packed.into()]);
    }
    inserts.add("prepared (identity, packed)", rows, TAIL);
}

/// Adds under which keys people are found.
pub(in crate::mpi) fn keys(inserts: &mut Inserts, backend: DbBackend, keys: Vec<(i64, i64, Sketch)>) {
    add_keys(inserts, backend, keys, "ON CONFLICT DO NOTHING");
}

/// The same, over older rows, whose sketches may be another's.
pub(in crate::mpi) fn keys_anew(inserts: &mut Inserts, backend: DbBackend, keys: Vec<(i64, i64, Sketch)>) {
    let tail = "ON CONFLICT (key, identity) DO UPDATE SET sketch = excluded.sketch";
    add_keys(inserts, backend, keys, tail);
}

fn add_keys(inserts: &mut Inserts, backend: DbBackend, mut keys: Vec<(i64, i64, Sketch)>, tail: &str) {
    // In the order of the tree, so that neighbors are written together.
    keys.sort_unstable_by_key(|(key, id, _)| (*key, *id));
    keys.dedup_by_key(|(key, id, _)| (*key, *id));
    let mut rows = Rows::new(backend, [Column::Int; 3]);
    for (key, id, sketch) in keys {
        rows.push([key.into(), id.into(), sketch.to_stored().into()]);
    }
    inserts.add("blocking_keys (key, identity, sketch)", rows, tail);
}

/// Adds by which words people are searched for.
pub(in crate::mpi) fn words(
    inserts: &mut Inserts,
    backend: DbBackend,
    people: impl Iterator<Item = (i64, Vec<i64>)>,
) {
    let mut words: Vec<(i64, i64)> = people
        .flat_map(|(id, words)| words.into_iter().map(move |word| (word, id)))
        .collect();
    words.sort_unstable();
    let mut rows = Rows::new(backend, [Column::Int; 2]);
    for (word, id) in words {
        rows.push([word.into(), id.into()]);
    }
    inserts.add("name_words (word, identity)", rows, "ON CONFLICT DO NOTHING");
}

/// Adds the identifiers of other systems that people have, for look-up: organization, identity, person.
pub(in crate::mpi) fn identifiers<'a>(
    inserts: &mut Inserts,
    backend: DbBackend,
    people: impl Iterator<Item = (i64, i64, &'a Demographics)>,
) {
    use Column::{Int, Text};
    let mut rows = Rows::new(backend, [Int, Int, Text, Text, Int]);
    for (organisation, id, person) in people {
        let mut known: Vec<_> = person.identifiers.iter().collect();
        // The one that was vouched for, of two that are the same.
        known.sort_by_key(|one| (&one.system, &one.value, !one.verified));
        known.dedup_by_key(|one| (&one.system, &one.value));
        for identifier in known {
            rows.push([
                organisation.into(),
                id.into(),
                (&identifier.system).into(),
                (&identifier.value).into(),
                i64::from(identifier.verified).into(),
            ]);
        }
    }
    let tail = "ON CONFLICT (organisation, system, value, identity) DO UPDATE SET verified = CASE \
         WHEN excluded.verified > identifiers.verified THEN excluded.verified ELSE identifiers.verified END";
    inserts.add(
        "identifiers (organisation, identity, system, value, verified)",
        rows,
        tail,
    );
}
