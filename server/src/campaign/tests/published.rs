//! What is published is opened again as a phone and a portal open it.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use teranga_core::card::key::Purpose;
use teranga_core::card::trust::{Scope, TrustList};
use teranga_core::registry::delta::Delta;
use teranga_core::registry::list::StatusList;
use teranga_core::registry::portal::Portal;
use teranga_core::registry::{Held, Status, Statuses as _};

use crate::access::Actor;
use crate::app::testing::{app_with, limits};
use crate::app::{App, Clock};
use crate::campaign::testing::{World, campaign, making, people, start};
use crate::card::Reason;
use crate::card::store::{Revocation, revoke};
use crate::db::sql;
use crate::db::testing::{KINDS, Kind, TestDb};
use crate::publish::{Publication, publications, register, wanted};
use crate::queue::Kinds;
use crate::queue::testing::drain;

struct Office {
    app: App,
    kinds: Arc<Kinds>,
    world: World,
    _db: TestDb,
}

impl Office {
    async fn new(kind: Kind) -> Self {
        let clock = Clock::standing(Timestamp::from_second(1_900_000_000).unwrap());
        let (app, db) = app_with(kind, limits(), clock).await;
        let organisation = crate::access::testing::organisation(&app, "moh").await;
        let world = campaign(&app, organisation, "MAL26").await;
        people(&app, world, 40).await;
        start(&app, world, making(&app)).await.unwrap();
        let kinds = Arc::new(crate::campaign::register(register(Kinds::default())).unscheduled());
        let office = Self {
            app,
            kinds,
            world,
            _db: db,
        };
        office.work().await;
        office
    }

    async fn work(&self) {
        drain(&self.app, &self.kinds).await;
    }

    async fn last(&self, kind: &str) -> Option<Publication> {
        publications(self.app.db.reader(), self.world.organisation, Some(kind))
            .await
            .unwrap()
            .into_iter()
            .next()
    }

    async fn file(&self, kind: &str) -> Vec<u8> {
        self.app
            .files
            .get(&self.last(kind).await.unwrap().path)
            .await
            .unwrap()
    }

    async fn trust(&self) -> TrustList {
        let root = self
            .app
            .keys
            .signer(Purpose::Root, &Scope::Organisation)
            .unwrap()
            .public();
        TrustList::open(&self.file("trust").await, &root).unwrap()
    }

    async fn card(&self, place: i64) -> ([u8; 32], teranga_core::card::key::Kid) {
        let text = "SELECT token_hash, kid FROM cards ORDER BY id LIMIT 1 OFFSET $1";
        let row = sql::one(self.app.db.reader(), text, [place.into()])
            .await
            .unwrap()
            .unwrap();
        let hash: Vec<u8> = row.try_get_by_index(0).unwrap();
        (
            hash.try_into().unwrap(),
            row.try_get_by_index::<String>(1).unwrap().parse().unwrap(),
        )
    }

    async fn revoke(&self, place: i64) {
        let actor = Actor::console(self.world.organisation, self.app.clock.millis());
        let revocation = Revocation {
            organisation: actor.organisation,
            token_hash: self.card(place).await.0,
            reason: Reason::Lost,
            at: actor.at,
            actor: actor.name(),
        };
        let write = self.app.db.write(move |tx| {
            Box::pin(async move {
                revoke(tx, &revocation).await?;
                wanted(tx, revocation.organisation, revocation.at).await?;
                Ok::<_, crate::card::store::CardError>(())
            })
        });
        write.await.unwrap();
        self.work().await;
    }

    async fn daily(&self) {
        let at = self.app.clock.millis();
        let organisation = self.world.organisation;
        let write = self
            .app
            .db
            .write(move |tx| Box::pin(async move { wanted(tx, organisation, at).await }));
        write.await.unwrap();
        self.work().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_that_follows_knows_every_card_and_each_revocation() {
    for kind in KINDS {
        let office = Office::new(kind).await;
        let (first, kid) = office.card(0).await;
        let issued = office.last("status").await.unwrap().covers_before.unwrap();
        office.app.clock.pass(SignedDuration::from_hours(24));
        office.daily().await;
        let list = StatusList::open(&office.trust().await, &office.file("status").await).unwrap();
        assert_eq!(list.0.number, 2, "one a day");
        let mut held = Held::new(list);
        assert_eq!(held.status(&first, issued, kid), Status::Good);

        office.revoke(0).await;
        let delta = Delta::open(&office.trust().await, &office.file("delta").await).unwrap();
        held.apply(delta).unwrap();
        assert!(matches!(held.status(&first, issued, kid), Status::Revoked { .. }));
        assert_eq!(held.status(&office.card(1).await.0, issued, kid), Status::Good);
        office.revoke(1).await;
        held.apply(Delta::open(&office.trust().await, &office.file("delta").await).unwrap())
            .unwrap();
        assert!(matches!(
            held.status(&office.card(1).await.0, issued, kid),
            Status::Revoked { .. }
        ));

        office.app.clock.pass(SignedDuration::from_hours(24));
        office.daily().await;
        held.replace(StatusList::open(&office.trust().await, &office.file("status").await).unwrap())
            .unwrap();
        assert!(matches!(held.status(&first, issued, kid), Status::Revoked { .. }));
        assert_eq!(held.status(&office.card(2).await.0, issued, kid), Status::Good);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_portal_knows_the_codes_of_a_campaign_and_says_which_are_revoked() {
    use teranga_core::registry::portal::CodeStatus;
    for kind in KINDS {
        let office = Office::new(kind).await;
        office.revoke(3).await;
        let portal = Portal::open(&office.trust().await, &office.file("portal").await).unwrap();
        assert_eq!(
            (portal.manifest.campaign.as_str(), portal.manifest.number),
            ("MAL26", 2)
        );
        let text = "SELECT token_hash, print FROM cards ORDER BY id LIMIT 4";
        let rows = sql::all(office.app.db.reader(), text, []).await.unwrap();
        let codes: Vec<_> = rows
            .iter()
            .map(|row| {
                let hash = data_encoding::HEXLOWER.encode(&row.try_get_by_index::<Vec<u8>>(0).unwrap());
                let print: Vec<u8> = row.try_get_by_index(1).unwrap();
                let plain = office
                    .app
                    .vault
                    .open(&format!("cards/{hash}/print"), &print)
                    .unwrap();
                let plain: serde_json::Value = serde_json::from_slice(&plain).unwrap();
                teranga_core::card::code::CardCode::parse(plain["code"].as_str().unwrap()).unwrap()
            })
            .collect();
        assert_eq!(portal.code(&codes[0]), CodeStatus::Good);
        assert_eq!(portal.code(&codes[3]), CodeStatus::Revoked);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn numbers_only_go_forward_and_nothing_is_built_where_nothing_changed() {
    for kind in KINDS {
        let office = Office::new(kind).await;
        let count = || async {
            publications(office.app.db.reader(), office.world.organisation, None)
                .await
                .unwrap()
                .len()
        };
        let before = count().await;
        office.daily().await;
        assert_eq!(count().await, before);
        office.revoke(0).await;
        let bundle = office.last("bundle").await.unwrap();
        assert_eq!(bundle.number, 2);
        let manifest = teranga_core::registry::bundle::manifest::Manifest::open(
            &office.trust().await,
            &office.file("bundle").await,
        );
        let parts = manifest.unwrap().parts;
        assert_eq!(parts.len(), 3, "trust, list and delta");
    }
}
