//! The ids that the server reserved for this phone, and the blank cards that it was given.
//!
//! ```text
//! pool   = "f" code → nothing: free;  "u" code → nothing: given out
//! blanks = SHA-256 of the token → lot, zero byte, serial number
//! ```
//! A code that was given out stays noted, so that a pool that is sent again never frees it.

use jiff::civil::Date;

use crate::person::MpiId;
use crate::store::{Change, Store, StoreError, Table};
use crate::wire::downlink::Pool;
use crate::wire::enroll::Setup;

const FREE: &[u8] = b"f";
const USED: &[u8] = b"u";

fn key(state: &[u8], code: &str) -> Vec<u8> {
    [state, code.as_bytes()].concat()
}

/// The next reserved id for someone of a place, and the changes that use it up; none when the pool is empty.
pub(super) fn take(
    store: &(impl Store + ?Sized),
    (country, region): (&str, &str),
    today: Date,
) -> Result<Option<(MpiId, [Change; 2])>, StoreError> {
    let mut after: Option<Vec<u8>> = None;
    loop {
        let Some((entry, _)) = store.walk(Table::Pool, after.as_deref(), 1)?.into_iter().next() else {
            return Ok(None);
        };
        let Some(code) = entry.strip_prefix(FREE) else {
            // Used ones come after all free ones.
            return Ok(None);
        };
        let id = std::str::from_utf8(code)
            .ok()
            .and_then(|code| MpiId::reserved(country, region, today, code).ok());
        if let Some(id) = id {
            let used = Change::put(Table::Pool, key(USED, id.random_part()), []);
            return Ok(Some((id, [Change::remove(Table::Pool, entry), used])));
        }
        after = Some(entry);
    }
}

/// How many reserved ids are left.
pub fn codes_left(store: &(impl Store + ?Sized)) -> Result<u64, StoreError> {
    let mut left = 0;
    store.each(Table::Pool, &mut |key, _| {
        left += u64::from(key.starts_with(FREE));
        Ok(())
    })?;
    Ok(left)
}

/// The changes that add what the server reserved. What was given out already stays so.
pub fn put_pool(store: &(impl Store + ?Sized), pool: &Pool) -> Result<Vec<Change>, StoreError> {
    let mut changes = Vec::new();
    for code in &pool.codes {
        if store.get(Table::Pool, &key(USED, code))?.is_none() {
            changes.push(Change::put(Table::Pool, key(FREE, code), []));
        }
    }
    for blank in &pool.blanks {
        let value = [blank.lot.as_bytes(), &[0], blank.serial.as_bytes()].concat();
        changes.push(Change::put(Table::Blanks, blank.token, value));
    }
    Ok(changes)
}

/// Country and region under which people are registered here: those of the device's area, or where it covers more, those
/// of the person.
pub(super) fn place<'a>(setup: &'a Setup, person: &'a crate::person::Place) -> (&'a str, &'a str) {
    let first = |area: &'a str, own: &'a str| if area.is_empty() { own } else { area };
    (
        first(&setup.area.country, &person.country),
        first(&setup.area.region, &person.region),
    )
}
