//! Whole syncs from replayed servers, held against the truth that the recordings came with.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use super::client::{Base, ClientError, Policy};
use super::mapping::{CardField, resolve};
use super::replay::{Fault, Replay, World};
use super::sync::{Room, Run, Wanted, sync};
use super::testing::{VERSIONS, client, limits, packed};
use super::*;
use crate::access::{Actor, testing};
use crate::app::App;
use crate::db::sql;
use crate::db::testing::{KINDS, Kind, TestDb};
use crate::mpi::Index;

const PEV: &str = "bbXEAJVOUDi";
const PTME: &str = "EH7ybI0rbXs";

/// A server that reads a replayed one.
struct Bridge {
    app: App,
    _test: TestDb,
    index: Index,
    replay: Replay,
    actor: Actor,
}

/// What each program's attributes become.
fn wanted() -> Vec<(String, CardField)> {
    let fields = [
        ("MMD_PER_NAM", "first_name"),
        ("MMD_PER_LST", "last_name"),
        ("MMD_PER_DOB", "date_of_birth"),
        ("MMD_PER_SEX", "sex"),
        ("MMD_PER_NIN", "external_id"),
        ("MMD_PER_TEL", "phone"),
        ("MMD_PER_COM", "commune"),
        ("MMD_PER_VIL", "village"),
        ("MMD_PER_MOT", "mother_name"),
        ("MMD_PER_LNG", "language"),
        ("MMD_SOC_REV", "kept"),
    ];
    let of_one = |(code, field): (&str, &str)| (code.to_owned(), field.parse().unwrap());
    fields.into_iter().map(of_one).collect()
}

async fn bridge(kind: Kind, world: World) -> Bridge {
    let (app, test) = crate::app::testing::app(kind).await;
    let organisation = testing::organisation(&app, "one").await;
    let replay = Replay::start(world).await.unwrap();
    let actor = Actor::console(organisation, app.clock.millis());
    let base = Base::parse(&replay.url(), Policy::OwnNetwork).unwrap();
    let kept = Connection {
        organisation,
        base,
        credentials: super::testing::sync(),
        version: "2".into(),
        can_write: 0,
        manners: Manners {
            page_size: 100,
            pause_ms: 0,
            ..Manners::default()
        },
    };
    connect(&app.db, &app.vault, &actor, kept).await.unwrap();
    let guard = mapping::guard_of(app.db.reader(), organisation).await.unwrap();
    let programs = client(&replay, limits()).programs().await.unwrap();
    for (uid, more) in [
        (PEV, &[][..]),
        (PTME, &[("MMD_VIH_STA", "kept"), ("MMD_VIH_CD4", "kept")]),
    ] {
        let program = programs.iter().find(|one| one.uid == uid).unwrap();
        let mut all = wanted();
        all.extend(
            more.iter()
                .map(|(code, field)| ((*code).to_owned(), field.parse().unwrap())),
        );
        let mappings = resolve(&guard, program, &all).unwrap();
        map(&app.db, &actor, &guard, program, mappings).await.unwrap();
    }
    Bridge {
        index: Index::new(app.db.clone()),
        app,
        _test: test,
        replay,
        actor,
    }
}

impl Bridge {
    async fn sync(&self, uid: &str, wanted: &Wanted) -> Result<Run, Dhis2Error> {
        let room = Room {
            limits: limits(),
            overlap: Duration::from_secs(2),
            ..Room::new(&self.app.db, &self.index, &self.app.vault, &self.app.clock)
        };
        let programme = programme(self.app.db.reader(), self.actor.organisation, uid)
            .await
            .unwrap();
        sync(room, &self.actor, &programme, wanted).await
    }

    async fn column(&self, text: &str) -> Vec<String> {
        let rows = sql::all(self.app.db.reader(), text, []).await.unwrap();
        rows.iter().map(|row| row.try_get_by_index(0).unwrap()).collect()
    }

    /// Tracked entities and enrollments that are in a program.
    async fn present(&self, uid: &str) -> (BTreeSet<String>, BTreeSet<String>) {
        let of = |column: &str, table: &str| {
            format!(
                "SELECT {column} FROM {table} t JOIN dhis2_programmes p ON p.id = t.programme \
                 WHERE p.uid = '{uid}' AND t.gone = 0"
            )
        };
        let people = self.column(&of("tracked_entity", "dhis2_members")).await;
        let enrollments = self.column(&of("enrollment", "dhis2_enrollments")).await;
        (people.into_iter().collect(), enrollments.into_iter().collect())
    }
}

/// Tracked entities and enrollments of a program in a round, as `truth.csv` says.
fn truth(uid: &str, round: usize) -> (BTreeSet<String>, BTreeSet<String>) {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/fixtures/dhis2/truth.csv");
    let mut reader = csv::Reader::from_path(file).unwrap();
    let head = reader.headers().unwrap().clone();
    // Which program an enrollment is of stands in the recorded lists alone.
    let of_program: BTreeSet<String> = VERSIONS
        .iter()
        .take(1)
        .flat_map(|version| {
            let packed = packed(version);
            let rounds = packed["rounds"].as_array().unwrap().clone();
            rounds
                .into_iter()
                .flat_map(|one| one["enrollments"][uid].as_array().unwrap().clone())
        })
        .map(|row| row["enrollment"].as_str().unwrap().to_owned())
        .collect();
    let (mut people, mut enrollments) = (BTreeSet::new(), BTreeSet::new());
    for row in reader.records() {
        let row: HashMap<&str, String> = head
            .iter()
            .zip(row.unwrap().iter().map(str::to_owned).collect::<Vec<_>>())
            .collect();
        let note = row["note"].as_str();
        let is_there = match note {
            "person deleted (round 1)" => false,
            "person deleted (round 2)" => round == 0,
            note if note.starts_with("added in round 2") => round == 1,
            _ => true,
        };
        let gone: BTreeSet<&str> = row["deleted_enrollments"].split_whitespace().collect();
        let live = row["enrollments"]
            .split_whitespace()
            .filter(|one| !gone.contains(one));
        for one in live.filter(|one| is_there && of_program.contains(*one)) {
            people.insert(row["tracked_entity"].clone());
            enrollments.insert(one.to_owned());
        }
    }
    (people, enrollments)
}

#[tokio::test]
async fn both_rounds_of_every_version_end_in_the_truth() {
    for (version, kind) in VERSIONS
        .into_iter()
        .flat_map(|version| KINDS.map(|kind| (version, kind)))
    {
        let packed = packed(version);
        let bridge = bridge(kind, World::recorded(&packed, 0).unwrap()).await;
        for (uid, people) in [(PEV, 406), (PTME, 260)] {
            let run = bridge.sync(uid, &Wanted::usual("manual")).await.unwrap();
            assert_eq!(
                (run.state.as_str(), run.people, run.refused),
                ("done", people, 0),
                "{version} {kind:?}"
            );
            assert_eq!(
                bridge.present(uid).await,
                truth(uid, 0),
                "{version} {kind:?} {uid}"
            );
        }
        // The same again changes nothing.
        let numbers = bridge
            .column("SELECT number FROM identities WHERE number IS NOT NULL ORDER BY id")
            .await;
        let again = bridge
            .sync(
                PEV,
                &Wanted {
                    everything: true,
                    ..Wanted::usual("manual")
                },
            )
            .await
            .unwrap();
        assert_eq!((again.unchanged, again.new, again.linked), (406, 0, 0));
        bridge.replay.become_world(World::recorded(&packed, 1).unwrap());
        for uid in [PEV, PTME] {
            let run = bridge.sync(uid, &Wanted::usual("schedule")).await.unwrap();
            assert_eq!(run.state, "done");
            assert_eq!(
                bridge.present(uid).await,
                truth(uid, 1),
                "{version} {kind:?} {uid} second"
            );
        }
        let later = bridge
            .column("SELECT number FROM identities WHERE number IS NOT NULL ORDER BY id")
            .await;
        assert_eq!(numbers, later[..numbers.len()], "nobody got another number");
        let corrected = bridge
            .column("SELECT kind FROM facts WHERE kind = 'correct'")
            .await;
        assert!(
            (6..=10).contains(&corrected.len()),
            "{version}: {}",
            corrected.len()
        );
    }
}

/// Numbers by tracked entity.
async fn numbers(bridge: &Bridge) -> HashMap<String, String> {
    let rows = sql::all(
        bridge.app.db.reader(),
        "SELECT tracked_entity, number FROM dhis2_members WHERE number IS NOT NULL",
        [],
    );
    let rows = rows.await.unwrap();
    rows.iter()
        .map(|row| (row.try_get_by_index(0).unwrap(), row.try_get_by_index(1).unwrap()))
        .collect()
}

#[tokio::test]
async fn duplicates_are_found_and_twins_stay_two() {
    let bridge = bridge(Kind::Sqlite, World::recorded(&packed("2.42.4.1"), 0).unwrap()).await;
    for uid in [PEV, PTME] {
        bridge.sync(uid, &Wanted::usual("manual")).await.unwrap();
    }
    let numbers = numbers(&bridge).await;
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/fixtures/dhis2/truth.csv");
    let mut reader = csv::Reader::from_path(file).unwrap();
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    let entity: HashMap<&str, &str> = rows.iter().map(|row| (&row[0], &row[1])).collect();
    let mut by_number: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let (mut linked, mut seen, mut reviews) = (0, 0, 0);
    let pairs = bridge
        .column(
            "SELECT l.number || ' ' || h.number FROM reviews r JOIN identities l ON l.id = r.low \
             JOIN identities h ON h.id = r.high",
        )
        .await;
    let pairs: BTreeSet<String> = pairs.into_iter().collect();
    for row in &rows {
        let number = numbers.get(&row[1]);
        let other = |column: usize| entity.get(&row[column]).and_then(|uid| numbers.get(*uid));
        if let (Some(number), Some(other)) = (number, other(7)) {
            seen += 1;
            linked += usize::from(number == other);
            let (one, two) = (format!("{number} {other}"), format!("{other} {number}"));
            reviews += usize::from(pairs.contains(&one) || pairs.contains(&two));
        }
        if let (Some(number), Some(other)) = (number, other(8)) {
            assert_ne!(number, other, "twins {}", &row[0]);
        }
        if let Some(number) = number {
            let person = if row[7].is_empty() { &row[0] } else { &row[7] };
            by_number.entry(number).or_default().insert(person);
        }
    }
    assert!(seen >= 28, "{seen}");
    let joined: Vec<_> = by_number.values().filter(|people| people.len() > 1).collect();
    assert!(joined.is_empty(), "two people are one: {joined:?}");
    assert!(
        linked + reviews >= seen - 1,
        "{linked} linked and {reviews} in review of {seen}"
    );
}

#[tokio::test]
async fn a_sync_goes_on_at_the_page_where_it_was_cut_off() {
    let bridge = bridge(Kind::Sqlite, World::recorded(&packed("2.41.5.1"), 0).unwrap()).await;
    bridge.replay.go_wrong([None, None, Some(Fault::Status(409))]);
    let stopped = bridge.sync(PEV, &Wanted::usual("manual")).await.unwrap_err();
    assert!(
        matches!(stopped, Dhis2Error::Client(ClientError::Refused(409))),
        "{stopped}"
    );
    let before = bridge.replay.asked().len();
    let run = bridge.sync(PEV, &Wanted::usual("manual")).await.unwrap();
    assert_eq!((run.pages, run.people, run.state.as_str()), (5, 406, "done"));
    let asked = bridge.replay.asked();
    let pages: Vec<&String> = asked[before..]
        .iter()
        .filter(|one| one.contains("/tracker/"))
        .collect();
    assert_eq!(pages.len(), 3, "{pages:?}");
    assert!(pages[0].contains("page=3"));
    assert_eq!(bridge.present(PEV).await, truth(PEV, 0));
}

#[tokio::test]
async fn a_short_list_is_no_sync_and_removes_nobody() {
    let bridge = bridge(Kind::Sqlite, World::recorded(&packed("2.40.1"), 0).unwrap()).await;
    bridge.sync(PEV, &Wanted::usual("manual")).await.unwrap();
    let everything = || Wanted {
        everything: true,
        ..Wanted::usual("manual")
    };
    // Short twice: the second reading is no better.
    let short = || Some(Fault::Short(3));
    bridge
        .replay
        .go_wrong([short(), None, None, None, None, short(), None, None, None, None]);
    let refused = bridge.sync(PEV, &everything()).await;
    // People who are known and were not on a page count as not seen.
    assert!(
        matches!(refused, Err(Dhis2Error::Client(ClientError::Short { .. }))),
        "{refused:?}"
    );
    assert_eq!(bridge.present(PEV).await, truth(PEV, 0));
    // Short once: it is read again.
    bridge.replay.go_wrong([short(), None, None, None, None]);
    assert_eq!(bridge.sync(PEV, &everything()).await.unwrap().state, "done");
    // Nobody at all, which a lost right looks like.
    bridge.replay.go_wrong([Some(Fault::Nobody)]);
    let refused = bridge.sync(PEV, &everything()).await;
    assert!(
        matches!(refused, Err(Dhis2Error::Client(ClientError::Vanished { .. }))),
        "{refused:?}"
    );
    assert_eq!(bridge.present(PEV).await, truth(PEV, 0));
    bridge.replay.go_wrong([Some(Fault::Doubled)]);
    assert_eq!(bridge.sync(PEV, &everything()).await.unwrap().unchanged, 406);
}

#[tokio::test]
async fn one_sync_of_a_program_runs_at_a_time() {
    for kind in KINDS {
        let bridge = bridge(kind, World::recorded(&packed("2.42.4.1"), 0).unwrap()).await;
        let usual = Wanted::usual("manual");
        let (one, other) = tokio::join!(bridge.sync(PEV, &usual), bridge.sync(PEV, &usual));
        let under_way = |done: &Result<Run, Dhis2Error>| matches!(done, Err(Dhis2Error::UnderWay));
        assert_eq!(
            [&one, &other].into_iter().filter(|done| under_way(done)).count(),
            1,
            "{one:?} {other:?}"
        );
        assert_eq!(bridge.present(PEV).await, truth(PEV, 0));
    }
}

#[tokio::test]
async fn who_was_merged_in_dhis2_is_merged_here() {
    let bridge = bridge(Kind::Sqlite, World::recorded(&packed("2.42.4.1"), 0).unwrap()).await;
    bridge.sync(PEV, &Wanted::usual("manual")).await.unwrap();
    let before = numbers(&bridge).await;
    // The enrollment of the first goes to the second, and the first is gone.
    let mut world = World::recorded(&packed("2.42.4.1"), 0).unwrap();
    let super::replay::Rows::Kept(rows) = world.people.get_mut(PEV).unwrap() else {
        unreachable!()
    };
    let first = rows.remove(0);
    let (one, two) = (
        first.row["trackedEntity"].clone(),
        rows[0].row["trackedEntity"].clone(),
    );
    let enrollment = first.row["enrollments"][0].clone();
    rows[0].row["enrollments"]
        .as_array_mut()
        .unwrap()
        .push(enrollment);
    bridge.replay.become_world(world);
    bridge
        .sync(
            PEV,
            &Wanted {
                everything: true,
                ..Wanted::usual("manual")
            },
        )
        .await
        .unwrap();
    let number = |uid: &serde_json::Value| before[uid.as_str().unwrap()].parse().unwrap();
    let organisation = bridge.actor.organisation;
    let found = crate::mpi::find(bridge.app.db.reader(), organisation, &number(&one))
        .await
        .unwrap();
    assert_eq!(found, number(&two));
}

#[tokio::test]
async fn a_server_that_fails_is_left_alone_and_a_wrong_password_at_once() {
    let bridge = bridge(Kind::Sqlite, World::recorded(&packed("2.42.4.1"), 0).unwrap()).await;
    bridge.replay.change(|world| world.credentials.clear());
    let first = bridge.sync(PEV, &Wanted::usual("manual")).await.unwrap_err();
    assert!(
        matches!(first, Dhis2Error::Client(ClientError::SignIn)),
        "{first}"
    );
    let asked = bridge.replay.asked().len();
    let second = bridge.sync(PEV, &Wanted::usual("manual")).await.unwrap_err();
    assert!(
        matches!(second, Dhis2Error::Client(ClientError::LeftAlone { .. })),
        "{second}"
    );
    assert_eq!(bridge.replay.asked().len(), asked, "nothing was asked");
    let breaker = breaker(bridge.app.db.reader(), bridge.actor.organisation)
        .await
        .unwrap();
    assert!(breaker.open().unwrap().reason.contains("password"));
}

#[tokio::test]
async fn what_is_sensitive_is_nowhere_in_clear() {
    let packed = packed("2.40.1");
    let bridge = bridge(Kind::Sqlite, World::recorded(&packed, 0).unwrap()).await;
    // Values that would be found anywhere.
    const CANARY: &str = "Kanarienvogel";
    bridge.replay.change(|world| {
        for rows in world.people.values_mut() {
            let super::replay::Rows::Kept(rows) = rows else {
                unreachable!()
            };
            for person in rows {
                let attributes = person.row["attributes"].as_array_mut();
                for one in attributes.into_iter().flatten() {
                    let code = one["code"].as_str().unwrap().to_owned();
                    if ["VIH", "TUB", "SYP", "SOC", "BIO"]
                        .iter()
                        .any(|part| code.contains(part))
                    {
                        one["value"] = format!("{CANARY}-{code}").into();
                    }
                }
            }
        }
    });
    for uid in [PEV, PTME] {
        bridge.sync(uid, &Wanted::usual("manual")).await.unwrap();
    }
    // Every table, every column.
    let tables = bridge
        .column("SELECT name FROM sqlite_master WHERE type = 'table'")
        .await;
    let mut cells = 0;
    for table in tables {
        let columns = bridge
            .column(&format!("SELECT name FROM pragma_table_info('{table}')"))
            .await;
        for column in columns {
            let text = format!("SELECT hex(\"{column}\") FROM \"{table}\" WHERE \"{column}\" IS NOT NULL");
            for cell in bridge.column(&text).await {
                cells += 1;
                let bytes = data_encoding::HEXUPPER.decode(cell.as_bytes()).unwrap();
                let found = bytes
                    .windows(CANARY.len())
                    .any(|window| window == CANARY.as_bytes());
                assert!(!found, "{table}.{column}");
            }
        }
    }
    assert!(cells > 10_000, "{cells}");
    let sealed = bridge
        .column("SELECT reference FROM enrollments WHERE source = 'dhis2' AND attributes IS NOT NULL")
        .await;
    assert_eq!(sealed.len(), 676);
}
