//! The campaigns as the public may see them: the prefix, and the public name of the programme.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, PoisonError, RwLock};

use super::answer::Face;
use crate::db::{Db, DbError, sql};

/// Every campaign's face. A campaign that is new is looked for when a card of it is met.
#[derive(Default)]
pub struct Faces(RwLock<Table>);

#[derive(Default)]
struct Table {
    by_row: HashMap<u32, Arc<Face>>,
    /// By prefix; none where two organisations share one, so that neither's name stands on the other's card.
    by_prefix: HashMap<String, Option<Arc<Face>>>,
    sensitive: HashSet<String>,
}

impl Faces {
    /// The face of a campaign by its row.
    pub async fn of_row(&self, db: &Db, row: u32) -> Result<Option<Arc<Face>>, DbError> {
        let known = || self.table().by_row.get(&row).cloned();
        if let Some(face) = known() {
            return Ok(Some(face));
        }
        self.load(db).await?;
        Ok(known())
    }

    /// The face of a campaign by the prefix that an issuer key vouches for: known here or not.
    pub fn of_prefix(&self, prefix: &str) -> Arc<Face> {
        let known = self.table().by_prefix.get(prefix).cloned().flatten();
        known.unwrap_or_else(|| {
            Arc::new(Face {
                counted_as: 0,
                prefix: prefix.to_owned(),
                programme: None,
            })
        })
    }

    /// Whether the campaign of a prefix is of a programme in which being is not to be known.
    pub fn is_sensitive(&self, prefix: &str) -> bool {
        self.table().sensitive.contains(prefix)
    }

    /// Reads all campaigns anew.
    pub async fn load(&self, db: &Db) -> Result<(), DbError> {
        const ALL: &str = "SELECT campaigns.id, campaigns.prefix, programmes.public_name, programmes.sensitive \
             FROM campaigns JOIN programmes ON programmes.id = campaigns.programme";
        let mut table = Table::default();
        for row in sql::all(db.reader(), ALL, []).await? {
            let (id, prefix): (i64, String) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
            let sensitive: i16 = row.try_get_by_index(3)?;
            if sensitive != 0 {
                table.sensitive.insert(prefix.clone());
            }
            let face = Arc::new(Face {
                // Who is in a sensitive programme is not counted, not even as a crowd.
                counted_as: if sensitive == 0 { id } else { 0 },
                prefix: prefix.clone(),
                programme: Some(row.try_get_by_index(2)?).filter(|name: &String| !name.is_empty()),
            });
            if let Ok(row) = u32::try_from(id) {
                table.by_row.insert(row, Arc::clone(&face));
            }
            let place = table.by_prefix.entry(prefix);
            place.and_modify(|face| *face = None).or_insert(Some(face));
        }
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = table;
        Ok(())
    }

    fn table(&self) -> std::sync::RwLockReadGuard<'_, Table> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }
}
