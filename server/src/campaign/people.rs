//! Who gets a card of a campaign.

use sea_orm::{ConnectionTrait as _, Value};
use serde::{Deserialize, Serialize};

use super::CampaignError;
use crate::app::App;
use crate::db::{DbError, Tx, sql};
use crate::queue::{self, Failure, Lease, NewJob, Work};

/// Identities that are looked at in one transaction.
const CHUNK: i64 = 20_000;

/// Which people of the index.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Filter {
    /// Areas, as paths, one of which they live in; none: anywhere.
    pub areas: Vec<String>,
    /// 0 female, 1 male, as the index has it; none: both.
    pub sex: Option<i16>,
    /// Born in this year or later.
    pub born_from: Option<i32>,
    /// Born in this year or earlier.
    pub born_to: Option<i32>,
    /// Only who takes part in the campaign's programme.
    pub enrolled: bool,
    /// Only who came with an import, by its row.
    pub import: Option<i64>,
    /// Only these MPI ids.
    pub numbers: Vec<String>,
}

/// How far adding came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Added {
    /// People who were not in the campaign yet.
    pub added: u64,
    /// The last identity that was looked at; none: all were.
    pub after: Option<i64>,
}

/// Adds the people of a filter whose identities come after `after`, a chunk of them.
pub async fn add(
    tx: &Tx,
    (organisation, campaign): (i64, i64),
    filter: &Filter,
    after: i64,
    at: i64,
) -> Result<Added, CampaignError> {
    let ids = chosen(tx, (organisation, campaign), filter, after).await?;
    let backend = tx.get_database_backend();
    let text = format!(
        "INSERT INTO beneficiaries (campaign, identity, added) SELECT CAST($2 AS BIGINT), id, CAST($3 AS BIGINT) \
         FROM identities WHERE id IN {} ORDER BY id ON CONFLICT DO NOTHING",
        sql::numbers(backend, 1)
    );
    let added = sql::run(tx, &text, [sql::list(backend, &ids), campaign.into(), at.into()]).await?;
    let is_last = i64::try_from(ids.len()).unwrap_or(i64::MAX) < CHUNK;
    Ok(Added {
        added,
        after: ids.last().copied().filter(|_| !is_last),
    })
}

async fn chosen(
    tx: &Tx,
    (organisation, campaign): (i64, i64),
    filter: &Filter,
    after: i64,
) -> Result<Vec<i64>, DbError> {
    let mut values: Vec<Value> = vec![organisation.into(), after.into(), campaign.into()];
    let mut put = |value: Value| {
        values.push(value);
        format!("${}", values.len())
    };
    let mut all = Vec::new();
    let mut areas = Vec::new();
    for area in &filter.areas {
        let columns = ["i.country", "i.region", "i.district"]
            .into_iter()
            .zip(area.splitn(3, '/'));
        let parts: Vec<String> = columns
            .filter(|(_, part)| !part.is_empty())
            .map(|(column, part)| format!("{column} = {}", put(part.into())))
            .collect();
        areas.push(if parts.is_empty() {
            "1 = 1".to_owned()
        } else {
            parts.join(" AND ")
        });
    }
    if !areas.is_empty() {
        all.push(format!("(({}))", areas.join(") OR (")));
    }
    if let Some(sex) = filter.sex {
        all.push(format!("i.sex = {}", put(sex.into())));
    }
    if let Some(year) = filter.born_from {
        all.push(format!("i.birth_year >= {}", put(year.into())));
    }
    if let Some(year) = filter.born_to {
        all.push(format!("i.birth_year <= {}", put(year.into())));
    }
    if filter.enrolled {
        all.push(
            "EXISTS (SELECT 1 FROM enrollments e JOIN campaigns c ON c.programme = e.programme \
             WHERE c.id = $3 AND e.identity = i.id AND e.ended IS NULL)"
                .to_owned(),
        );
    }
    if let Some(import) = filter.import {
        let import = put(import.into());
        all.push(format!(
            "i.id IN (SELECT p.root FROM import_rows r JOIN imports m ON m.id = r.import \
             JOIN numbers n ON n.number = r.number JOIN identities p ON p.id = n.identity \
             WHERE r.import = {import} AND m.organisation = $1)"
        ));
    }
    if !filter.numbers.is_empty() {
        let numbers: Vec<&str> = filter.numbers.iter().map(String::as_str).collect();
        let backend = tx.get_database_backend();
        put(sql::texts(&numbers));
        let listed = sql::strings(backend, values.len());
        all.push(format!(
            "i.id IN (SELECT p.root FROM numbers n JOIN identities p ON p.id = n.identity WHERE n.number IN {listed})"
        ));
    }
    let more: String = all.iter().map(|one| format!(" AND {one}")).collect();
    // The campaign stands in the condition, so that nobody is added to another organization's.
    let text = format!(
        "SELECT i.id FROM identities i WHERE i.organisation = $1 AND i.parent IS NULL AND i.state = 0 AND i.id > $2 \
         AND EXISTS (SELECT 1 FROM campaigns WHERE id = $3 AND organisation = $1){more} ORDER BY i.id LIMIT {CHUNK}"
    );
    let rows = sql::all(tx, &text, values).await?;
    Ok(rows
        .iter()
        .map(|row| row.try_get_by_index(0))
        .collect::<Result<_, _>>()?)
}

/// Adds what a request's first chunk left.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Add {
    /// The organization's row.
    pub organisation: i64,
    /// The campaign's row.
    pub campaign: i64,
    /// Which people.
    pub filter: Filter,
    /// The last identity that was looked at.
    pub after: i64,
}

impl Work for Add {
    const KIND: &'static str = "campaign.add";

    async fn run(self, app: App, lease: Lease) -> Result<(), Failure> {
        let at = app.clock.millis();
        lease
            .finish(move |tx| {
                Box::pin(async move {
                    let of = (self.organisation, self.campaign);
                    let added = add(tx, of, &self.filter, self.after, at).await?;
                    if let Some(after) = added.after {
                        let next = Self { after, ..self };
                        let topic = format!("campaign:{}", next.campaign);
                        queue::enqueue(tx, &NewJob::new(next, at).of(topic)).await?;
                    }
                    Ok(())
                })
            })
            .await
    }
}
