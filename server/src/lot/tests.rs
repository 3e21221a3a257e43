//! Lots as a whole, on both databases.

use std::sync::Arc;

use super::*;
use crate::access::{Actor, Grant, Role, account, testing as access};
use crate::app::App;
use crate::app::testing::app;
use crate::campaign::testing::{World, campaign, making};
use crate::campaign::{CampaignError, grant, quota};
use crate::db::sql;
use crate::db::testing::{KINDS, Kind, TestDb};
use crate::queue::testing::drain;

struct Office {
    app: App,
    kinds: Arc<Kinds>,
    world: World,
    _db: TestDb,
}

impl Office {
    async fn new(kind: Kind) -> Self {
        let (app, db) = app(kind).await;
        let organisation = access::organisation(&app, "moh").await;
        let world = campaign(&app, organisation, "MAL26").await;
        Self {
            app,
            kinds: Arc::new(register(crate::publish::register(Kinds::default()))),
            world,
            _db: db,
        }
    }

    fn actor(&self) -> Actor {
        Actor::console(self.world.organisation, self.app.clock.millis())
    }

    async fn order(&self, size: i32) -> Result<i64, CampaignError> {
        let (actor, of, making) = (self.actor(), (self.world.campaign, size), making(&self.app));
        let ordered = self
            .app
            .db
            .write(move |tx| Box::pin(async move { order(tx, &actor, of, &making).await }));
        let lot = ordered.await?;
        drain(&self.app, &self.kinds).await;
        Ok(lot)
    }

    async fn lot(&self, id: i64) -> Lot {
        lot(self.app.db.reader(), self.world.organisation, id)
            .await
            .unwrap()
            .unwrap()
    }

    async fn hand(&self, id: i64, login: &'static str) -> Result<(), CampaignError> {
        let actor = self.actor();
        self.app
            .db
            .write(move |tx| Box::pin(async move { hand(tx, &actor, id, login).await }))
            .await
    }

    async fn revoke(&self, id: i64) -> Result<u64, CampaignError> {
        let actor = self.actor();
        self.app
            .db
            .write(move |tx| Box::pin(async move { revoke(tx, &actor, id, false).await }))
            .await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lot_is_printed_handed_out_counted_and_revoked() {
    for kind in KINDS {
        let office = Office::new(kind).await;
        let organisation = office.world.organisation;
        let granted = office
            .app
            .db
            .write(move |tx| Box::pin(async move { grant(tx, organisation, 50).await }));
        granted.await.unwrap();
        let (one, two) = (office.order(20).await.unwrap(), office.order(20).await.unwrap());
        assert!(matches!(
            office.order(20).await,
            Err(CampaignError::Quota { left: 10, .. })
        ));
        let lot = office.lot(one).await;
        assert_eq!(
            (lot.number.as_str(), lot.state, lot.blank),
            ("MAL26-0001", LotState::InStock, 20)
        );
        assert_eq!(office.lot(two).await.number, "MAL26-0002");
        let kids = "SELECT count(DISTINCT kid) FROM cards";
        assert_eq!(
            sql::number(office.app.db.reader(), kids, []).await.unwrap(),
            2,
            "a key for each lot"
        );
        let used = quota(office.app.db.reader(), organisation)
            .await
            .unwrap()
            .unwrap();
        assert_eq!((used.used, used.reserved), (40, 0));
        assert_eq!(
            office.app.files.list("lots").await.unwrap().len(),
            4,
            "PDF and ZIP of each"
        );

        assert!(office.hand(one, "nobody").await.is_err());
        let grants = vec![Grant {
            role: Role::EnrollmentAgent,
            area: "SN/DKR".parse().unwrap(),
        }];
        let about = ("awa".to_owned(), "Awa".to_owned(), grants);
        account::create(&office.app.db, &office.app.heavy, &office.actor(), about)
            .await
            .unwrap();
        office.hand(one, "awa").await.unwrap();
        assert_eq!(
            (
                office.lot(one).await.state,
                office.lot(one).await.holder.is_some()
            ),
            (LotState::WithAgent, true)
        );

        assert_eq!(office.revoke(one).await.unwrap(), 20);
        assert!(office.revoke(one).await.is_err(), "once");
        drain(&office.app, &office.kinds).await;
        let lot = office.lot(one).await;
        assert_eq!(
            (lot.state, lot.blank, lot.revoked_cards),
            (LotState::Revoked, 0, 20)
        );
        assert!(office.hand(one, "awa").await.is_err());
        assert_eq!(office.lot(two).await.blank, 20, "the other lot stays");
    }
}
