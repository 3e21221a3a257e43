//! Campaigns as a whole, on both databases: from people to cards that verify, whatever happens on the way.

mod faults;
mod http;
mod published;

use std::io::Read as _;
use std::sync::Arc;

use teranga_core::card::text::{self, CardText};

use super::testing::{World, add, campaign, making, people, start};
use super::*;
use crate::access::{Actor, testing as access};
use crate::app::App;
use crate::app::testing::app;
use crate::db::testing::{KINDS, Kind, TestDb};
use crate::db::{DbError, sql};
use crate::queue::testing::{drain, turn};
use crate::queue::{Kinds, Outcome};

pub(super) struct Office {
    pub(super) app: App,
    pub(super) kinds: Arc<Kinds>,
    pub(super) world: World,
    _db: TestDb,
}

impl Office {
    pub(super) async fn new(kind: Kind, people_of: usize) -> Self {
        let (app, db) = app(kind).await;
        Self::over(app, db, people_of).await
    }

    pub(super) async fn over(app: App, db: TestDb, people_of: usize) -> Self {
        let organisation = access::organisation(&app, "moh").await;
        let world = campaign(&app, organisation, "MAL26").await;
        people(&app, world, people_of).await;
        Self {
            app,
            kinds: faults::kinds(),
            world,
            _db: db,
        }
    }

    pub(super) fn actor(&self) -> Actor {
        Actor::console(self.world.organisation, self.app.clock.millis())
    }

    pub(super) async fn start(&self) -> i64 {
        start(&self.app, self.world, making(&self.app)).await.unwrap()
    }

    pub(super) async fn run(&self) -> i64 {
        let run = self.start().await;
        drain(&self.app, &self.kinds).await;
        run
    }

    pub(super) async fn view(&self, run: i64) -> RunView {
        view(self.app.db.reader(), self.world.organisation, run)
            .await
            .unwrap()
            .unwrap()
    }

    pub(super) async fn number(&self, text: &str) -> i64 {
        sql::number(self.app.db.reader(), text, []).await.unwrap()
    }

    pub(super) async fn grant(&self, cards: i64) {
        let organisation = self.world.organisation;
        let granted = self
            .app
            .db
            .write(move |tx| Box::pin(async move { grant(tx, organisation, cards).await }));
        granted.await.unwrap();
    }

    pub(super) async fn quota(&self) -> [i64; 2] {
        let quota = quota(self.app.db.reader(), self.world.organisation)
            .await
            .unwrap()
            .unwrap();
        [quota.used, quota.reserved]
    }

    pub(super) async fn cancel(&self, run: i64) -> Result<i64, CampaignError> {
        let actor = self.actor();
        self.app
            .db
            .write(move |tx| Box::pin(async move { cancel(tx, &actor, run).await }))
            .await
    }

    pub(super) async fn retry(&self, run: i64) -> Result<u64, CampaignError> {
        let actor = self.actor();
        self.app
            .db
            .write(move |tx| Box::pin(async move { retry(tx, &actor, run).await }))
            .await
    }

    /// Every beneficiary's card is one that counts, and no card is anyone else's.
    pub(super) async fn assert_one_card_each(&self, people: i64) {
        const DIFFERENT: &str = "SELECT count(DISTINCT card) FROM beneficiaries WHERE card IS NOT NULL";
        const OWN: &str = "SELECT count(*) FROM beneficiaries b JOIN cards c ON c.id = b.card AND c.beneficiary = b.id \
             AND c.identity = b.identity AND c.state = 0";
        assert_eq!(self.number("SELECT count(*) FROM cards").await, people);
        assert_eq!(self.number(DIFFERENT).await, people);
        assert_eq!(self.number(OWN).await, people);
    }

    pub(super) async fn files(&self, run: i64) -> Vec<Artifact> {
        super::files::listed(self.app.db.reader(), self.world.organisation, ("run", run), 0)
            .await
            .unwrap()
    }
}

/// The entries of an archive without compression, by name.
fn entries(archive: &[u8]) -> Vec<(String, Vec<u8>)> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("cards.zip");
    std::fs::write(&file, archive).unwrap();
    let listed = std::process::Command::new("python3")
        .args(["-c", "import sys,zipfile;z=zipfile.ZipFile(sys.argv[1]);assert z.testzip() is None;z.extractall(sys.argv[2])"])
        .arg(&file)
        .arg(folder.path().join("out"))
        .status();
    assert!(listed.unwrap().success(), "the archive is whole");
    let mut found = Vec::new();
    let mut folders = vec![folder.path().join("out")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
            if entry.path().is_dir() {
                folders.push(entry.path());
            } else {
                let mut bytes = Vec::new();
                std::fs::File::open(entry.path())
                    .unwrap()
                    .read_to_end(&mut bytes)
                    .unwrap();
                found.push((entry.file_name().into_string().unwrap(), bytes));
            }
        }
    }
    found.sort();
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn everyone_gets_one_card_whose_code_is_read_back_and_known() {
    for kind in KINDS {
        let office = Office::new(kind, 230).await;
        office.grant(1_000).await;
        let run = office.run().await;
        let view = office.view(run).await;
        assert_eq!(
            (view.state, view.made, view.refused),
            (super::view::RunState::Ended, 230, 0)
        );
        assert_eq!(
            [view.people, view.looked_at, view.shards, view.shards_done],
            [230, 230, 3, 3]
        );
        office.assert_one_card_each(230).await;
        assert_eq!(office.quota().await, [230, 0]);

        let files = office.files(run).await;
        let names: Vec<&str> = files.iter().map(|file| file.name.as_str()).collect();
        assert_eq!(names.len(), 6, "{names:?}");
        assert!(names.contains(&"mal26-cards-00003.pdf") && names.contains(&"mal26-cards-00001.zip"));
        let last = files
            .iter()
            .find(|file| file.name == "mal26-cards-00003.zip")
            .unwrap();
        let inside = entries(&office.app.files.get(&last.path).await.unwrap());
        let fronts: Vec<_> = inside
            .iter()
            .filter(|(name, _)| name.ends_with("-front.png"))
            .collect();
        assert_eq!(fronts.len(), 30);
        // Nothing is left of other tries, and the archive names nobody.
        assert_eq!(office.app.files.list("runs").await.unwrap().len(), 6);
        let table = &inside.iter().find(|(name, _)| name == "cards.csv").unwrap().1;
        assert!(!String::from_utf8_lossy(table).contains("Diallo"));
        assert_known(&office, &inside).await;
        assert!(
            start(&office.app, office.world, making(&office.app))
                .await
                .is_err(),
            "everyone has a card"
        );
    }
}

/// A card's picture says a token that the database holds the hash of.
async fn assert_known(office: &Office, inside: &[(String, Vec<u8>)]) {
    let side = |ending: &str| inside.iter().find(|(name, _)| name.ends_with(ending)).unwrap();
    let codes: Vec<String> = ["-front.png", "-back.png"]
        .iter()
        .filter_map(|ending| read(&side(ending).1))
        .collect();
    let CardText::Signed(card) = text::parse(codes.first().expect("a code on the card")).unwrap() else {
        panic!("a card of the older form");
    };
    let hash = card.unverified_claims().token.hash();
    let text = "SELECT count(*) FROM cards WHERE token_hash = $1";
    let found = sql::number(office.app.db.reader(), text, [hash.to_vec().into()])
        .await
        .unwrap();
    assert_eq!(found, 1);
}

fn read(picture: &[u8]) -> Option<String> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("card.png");
    std::fs::write(&file, picture).unwrap();
    let photo = crate::scan::photo::Photo::open(&file).unwrap();
    let frame = photo.frame().unwrap();
    let found = teranga_core::decode::read(&frame, teranga_core::decode::Budget::PHOTO, None);
    found.into_iter().next().map(|reading| reading.text)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_who_cannot_be_drawn_fails_alone_and_is_refunded() {
    for kind in KINDS {
        let office = Office::new(kind, 5).await;
        office.grant(100).await;
        let poisoned = [
            r#"{"given":"","family":"","birth":null,"sex":"female","place":{"country":"SN","region":"DKR","district":"","commune":"","village":""},"identifiers":[],"phone":null,"mother":null,"household":null}"#.to_owned(),
            "no record at all".to_owned(),
        ];
        add(&office.app, office.world, &poisoned).await;
        let run = office.run().await;
        let view = office.view(run).await;
        assert_eq!((view.made, view.refused, view.shards_failed), (5, 2, 0));
        office.assert_one_card_each(5).await;
        assert_eq!(office.quota().await, [5, 0]);
        let named =
            "SELECT count(*) FROM beneficiaries WHERE fault IS NOT NULL AND card IS NULL AND run IS NULL";
        assert_eq!(
            office.number(named).await,
            2,
            "they wait, with a reason, for another run"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_runs_at_the_edge_of_the_quota_never_both_get_the_last_of_it() {
    for kind in KINDS {
        let office = Office::new(kind, 60).await;
        let other = campaign(&office.app, office.world.organisation, "VAC26").await;
        people(&office.app, other, 60).await;
        office.grant(100).await;
        let (one, two) = tokio::join!(
            start(&office.app, office.world, making(&office.app)),
            start(&office.app, other, making(&office.app))
        );
        let refused = [&one, &two]
            .into_iter()
            .filter(|run| matches!(run, Err(CampaignError::Quota { left: 40, .. })));
        assert_eq!(refused.count(), 1, "{one:?} {two:?}");
        drain(&office.app, &office.kinds).await;
        assert_eq!(office.quota().await, [60, 0]);
        assert_eq!(office.number("SELECT count(*) FROM cards").await, 60);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_is_cancelled_in_the_middle_keeps_what_it_made_and_gives_the_rest_back() {
    for kind in KINDS {
        let office = Office::new(kind, 250).await;
        office.grant(250).await;
        let run = office.start().await;
        // The plan, and one shard of three.
        for _ in 0..2 {
            assert_eq!(turn(&office.app, &office.kinds).await, Some(Outcome::Done));
        }
        assert_eq!(office.cancel(run).await.unwrap(), 150);
        drain(&office.app, &office.kinds).await;
        let view = office.view(run).await;
        assert_eq!((view.state, view.made), (super::view::RunState::Cancelled, 100));
        office.assert_one_card_each(100).await;
        assert_eq!(office.quota().await, [100, 0]);
        assert!(matches!(office.cancel(run).await, Err(CampaignError::Refused(_))));
        assert!(matches!(
            office.cancel(run + 9).await,
            Err(CampaignError::Unknown)
        ));

        office.run().await;
        office.assert_one_card_each(250).await;
        assert_eq!(office.quota().await, [250, 0]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_is_cancelled_while_it_is_planned_takes_nothing() {
    for kind in KINDS {
        let office = Office::new(kind, 30).await;
        office.grant(30).await;
        let run = office.start().await;
        assert_eq!(office.quota().await, [0, 30]);
        assert_eq!(office.cancel(run).await.unwrap(), 0);
        assert_eq!(drain(&office.app, &office.kinds).await, 0);
        assert_eq!(office.quota().await, [0, 0]);
        assert_eq!(
            office
                .number("SELECT count(*) FROM beneficiaries WHERE run IS NULL")
                .await,
            30
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn people_are_added_once_by_what_they_are() {
    for kind in KINDS {
        let office = Office::new(kind, 40).await;
        let other = campaign(&office.app, office.world.organisation, "VAC26").await;
        let put = |filter: Filter| {
            let (app, at) = (office.app.clone(), office.app.clock.millis());
            async move {
                let of = (other.organisation, other.campaign);
                let added = app
                    .db
                    .write(move |tx| Box::pin(async move { super::add(tx, of, &filter, 0, at).await }));
                added.await.unwrap().added
            }
        };
        let area = |area: &str| Filter {
            areas: vec![area.to_owned()],
            ..Filter::default()
        };
        assert_eq!(put(area("SN/THS")).await, 0);
        assert_eq!(
            put(Filter {
                enrolled: true,
                ..Filter::default()
            })
            .await,
            0
        );
        assert_eq!(
            put(Filter {
                sex: Some(1),
                ..Filter::default()
            })
            .await,
            0
        );
        assert_eq!(
            put(Filter {
                import: Some(1),
                ..Filter::default()
            })
            .await,
            0
        );
        let row = sql::one(
            office.app.db.reader(),
            "SELECT number FROM identities ORDER BY id LIMIT 1",
            [],
        )
        .await;
        let number: String = row.unwrap().unwrap().try_get_by_index(0).unwrap();
        assert_eq!(
            put(Filter {
                numbers: vec![number],
                ..Filter::default()
            })
            .await,
            1
        );
        assert_eq!(put(area("SN/DKR/Pikine")).await, 39);
        assert_eq!(put(area("SN")).await, 0, "each once");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn files_expire_by_the_programmes_setting_and_their_rows_say_so() {
    for kind in KINDS {
        let office = Office::new(kind, 10).await;
        let settings = office.app.db.write(|tx| {
            Box::pin(async move {
                let text = "UPDATE programmes SET settings = '{\"artifact_days\": 3}'";
                sql::run(tx, text, []).await
            })
        });
        settings.await.unwrap();
        let run = office.run().await;
        let view = office.view(run).await;
        assert_eq!(view.expires.unwrap() - view.finished.unwrap(), 3 * 86_400_000);
        let past = office
            .app
            .db
            .write(|tx| Box::pin(async move { sql::run(tx, "UPDATE runs SET expires = 1", []).await }));
        let _: Result<u64, DbError> = past.await;
        let at = office.app.clock.millis();
        let put = office.app.db.write(move |tx| {
            Box::pin(
                async move { crate::queue::enqueue(tx, &crate::queue::NewJob::new(Expire {}, at)).await },
            )
        });
        put.await.unwrap();
        drain(&office.app, &office.kinds).await;
        assert!(office.files(run).await.iter().all(|file| file.removed.is_some()));
        assert!(office.app.files.list("runs").await.unwrap().is_empty());
    }
}
