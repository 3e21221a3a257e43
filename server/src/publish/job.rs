//! The job that publishes, and the one that sees to it that nothing gets old.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use teranga_core::clock;
use teranga_core::registry::bundle::manifest::{Kind, Manifest, Part};
use teranga_core::registry::bundle::part;
use teranga_core::registry::delta::Base;

use super::record::{self, Built, Publication};
use super::{cards, portal, status, trust};
use crate::app::App;
use crate::db::{DbError, feed, sql};
use crate::queue::{Failure, Lease, Work};

/// Publishes what phones and portals know of an organization's cards.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Publish {
    /// The organization's row.
    pub organisation: i64,
}

impl Work for Publish {
    const KIND: &'static str = "publish";
    const PRIORITY: i16 = 2;

    async fn run(self, app: App, lease: Lease) -> Result<(), Failure> {
        let organisation = self.organisation;
        let mut press = Press {
            app: &app,
            organisation,
            built: Vec::new(),
            parts: Vec::new(),
        };
        press.all().await?;
        let built = std::mem::take(&mut press.built);
        let at = app.clock.millis();
        lease
            .finish(move |tx| {
                Box::pin(async move {
                    for one in &built {
                        record::keep(tx, organisation, one, at).await?;
                    }
                    Ok(())
                })
            })
            .await
    }
}

/// What one job builds.
struct Press<'a> {
    app: &'a App,
    organisation: i64,
    built: Vec<Built>,
    parts: Vec<Part>,
}

impl Press<'_> {
    async fn all(&mut self) -> Result<(), Failure> {
        const NAME: &str = "SELECT name FROM organisations WHERE id = $1";
        let row = sql::one(self.app.db.reader(), NAME, [self.organisation.into()]).await?;
        let name: String = row
            .map(|row| row.try_get_by_index(0))
            .transpose()
            .map_err(DbError::from)?
            .unwrap_or_default();
        let (list, signed) = trust::publish(self.app, &name).await?;
        let number = i64::try_from(list.number).unwrap_or(i64::MAX);
        let is_known = self
            .last(("trust", "", 0))
            .await?
            .is_some_and(|last| last.number >= number);
        self.part(("trust", number, 0), Kind::Trust, &signed, !is_known)
            .await?;
        self.lists().await?;
        self.portals().await?;
        self.bundle().await
    }

    async fn last(&self, what: (&str, &str, i64)) -> Result<Option<Publication>, DbError> {
        record::last(self.app.db.reader(), self.organisation, what).await
    }

    async fn revision(&self) -> Result<i64, DbError> {
        Ok(feed::newest(self.app.db.reader()).await?.cards)
    }

    /// The status list, or a delta on the last one.
    async fn lists(&mut self) -> Result<(), Failure> {
        // Before the cards are read: what is changed meanwhile comes with the next delta.
        let revision = self.revision().await?;
        let last = self.last(("status", "", 0)).await?;
        let today = clock::date_of(self.app.clock.now());
        let known = last.as_ref().and_then(|last| last.covers_before);
        let covers = status::covers_before(self.app.db.reader(), self.organisation, (today, known)).await?;
        let base = last.as_ref().map_or(0, |last| last.number);
        let deltas = self
            .last(("delta", "", base))
            .await?
            .map_or(0, |delta| delta.number);
        let (list, signed) = if status::is_due(last.as_ref(), covers, deltas) {
            let signed = status::list(self.app, self.organisation, (base + 1, covers)).await?;
            self.part(("status", base + 1, 0), Kind::Status, &signed, true)
                .await?;
            let list = Publication {
                number: base + 1,
                covers_before: Some(covers),
                revision,
                ..blank()
            };
            if let Some(built) = self.built.last_mut() {
                (built.covers_before, built.revision) = (Some(covers), revision);
            }
            (list, signed)
        } else {
            let list = last.ok_or_else(|| Failure::again("the last status list is gone"))?;
            let signed = self.app.files.get(&list.path).await.map_err(Failure::again)?;
            self.part(("status", list.number, 0), Kind::Status, &signed, false)
                .await?;
            (list, signed)
        };
        self.deltas(&list, &signed, revision).await
    }

    async fn deltas(&mut self, list: &Publication, signed: &[u8], revision: i64) -> Result<(), Failure> {
        let base = Base {
            number: list.number.unsigned_abs(),
            hash: Sha256::digest(signed).into(),
        };
        let mut since = list.revision;
        let mut number = 0;
        for delta in self.earlier(list.number).await? {
            let signed = self.app.files.get(&delta.path).await.map_err(Failure::again)?;
            self.part(("delta", delta.number, list.number), Kind::Delta, &signed, false)
                .await?;
            (since, number) = (delta.revision, delta.number);
        }
        let next = status::delta(self.app, self.organisation, (base, list), (number + 1, since)).await?;
        if let Some(signed) = next {
            self.part(("delta", number + 1, list.number), Kind::Delta, &signed, true)
                .await?;
            if let Some(built) = self.built.last_mut() {
                built.revision = revision;
            }
        }
        Ok(())
    }

    async fn earlier(&self, base: i64) -> Result<Vec<Publication>, DbError> {
        let all = record::publications(self.app.db.reader(), self.organisation, Some("delta")).await?;
        let mut earlier: Vec<_> = all.into_iter().filter(|delta| delta.base == base).collect();
        earlier.sort_by_key(|delta| delta.number);
        Ok(earlier)
    }

    /// `registry.json` of each campaign whose cards have changed, or of which a new day is spoken.
    async fn portals(&mut self) -> Result<(), Failure> {
        let revision = self.revision().await?;
        let today = clock::date_of(self.app.clock.now());
        for (campaign, prefix, changed) in cards::changed(self.app.db.reader(), self.organisation).await? {
            let last = self.last(("portal", &prefix, 0)).await?;
            let known = last.as_ref().and_then(|last| last.covers_before);
            let covers =
                status::covers_before(self.app.db.reader(), self.organisation, (today, known)).await?;
            let is_current = last
                .as_ref()
                .is_some_and(|last| last.revision >= changed && last.covers_before == Some(covers));
            if is_current {
                continue;
            }
            let number = last.map_or(1, |last| last.number + 1);
            let of = (self.organisation, campaign, prefix.as_str());
            let Some(file) = portal::build(self.app, of, (number, covers)).await? else {
                tracing::warn!(
                    campaign,
                    most = portal::MOST_CARDS,
                    "too many cards for a portal's file"
                );
                continue;
            };
            let path = format!("public/{}/registry-{prefix}-{number:06}.json", self.organisation);
            let kept = self.app.files.put(&path, file).await.map_err(Failure::again)?;
            self.built.push(Built {
                kind: "portal",
                scope: prefix,
                number,
                base: 0,
                covers_before: Some(covers),
                revision,
                path,
                kept,
            });
        }
        Ok(())
    }

    /// Puts a part of the bundle into the store, and notes it for publication where it is new.
    async fn part(
        &mut self,
        (kind, number, base): (&'static str, i64, i64),
        of: Kind,
        signed: &[u8],
        is_new: bool,
    ) -> Result<(), Failure> {
        let part = part::store(of, number.unsigned_abs(), signed);
        self.parts.push(part);
        if !is_new {
            return Ok(());
        }
        let path = format!(
            "public/{}/parts/{}",
            self.organisation,
            data_encoding::HEXLOWER.encode(&part.hash)
        );
        let kept = self
            .app
            .files
            .put(&path, signed.to_vec())
            .await
            .map_err(Failure::again)?;
        self.built.push(Built {
            kind,
            scope: String::new(),
            number,
            base,
            covers_before: None,
            revision: 0,
            path,
            kept,
        });
        Ok(())
    }

    /// The manifest that names the parts, where one of them is new. Parts that only devices open are added by whoever
    /// builds the bundle of an area.
    async fn bundle(&mut self) -> Result<(), Failure> {
        if !self.built.iter().any(|built| built.kind != "portal") {
            return Ok(());
        }
        let number = self
            .last(("bundle", "", 0))
            .await?
            .map_or(1, |last| last.number + 1);
        let now = self.app.clock.now();
        let manifest = Manifest {
            number: number.unsigned_abs(),
            built: jiff::Timestamp::from_second(now.as_second()).unwrap_or(now),
            parts: std::mem::take(&mut self.parts),
            recipients: Vec::new(),
        };
        let signed = status::sign(self.app, move |publisher| Ok(manifest.sign(publisher)?)).await?;
        let path = format!("public/{}/bundle-{number:06}", self.organisation);
        let kept = self.app.files.put(&path, signed).await.map_err(Failure::again)?;
        self.built.push(Built {
            kind: "bundle",
            scope: String::new(),
            number,
            base: 0,
            covers_before: None,
            revision: 0,
            path,
            kept,
        });
        Ok(())
    }
}

fn blank() -> Publication {
    Publication {
        id: 0,
        kind: "status".to_owned(),
        scope: String::new(),
        number: 0,
        base: 0,
        covers_before: None,
        revision: 0,
        path: String::new(),
        bytes: 0,
        sha256: Vec::new(),
        at: 0,
    }
}

/// Has every organization with cards published anew, so that lists are never older than they say.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Hourly {}

impl Work for Hourly {
    const KIND: &'static str = "publish.hourly";

    async fn run(self, app: App, lease: Lease) -> Result<(), Failure> {
        const WITH_CARDS: &str = "SELECT id FROM organisations o WHERE EXISTS \
             (SELECT 1 FROM cards c WHERE c.organisation = o.id) ORDER BY id";
        let at = app.clock.millis();
        lease
            .finish(move |tx| {
                Box::pin(async move {
                    for row in sql::all(tx, WITH_CARDS, []).await? {
                        super::wanted(tx, row.try_get_by_index(0).map_err(DbError::from)?, at).await?;
                    }
                    Ok(())
                })
            })
            .await
    }
}
