//! What happens when the object store is down, full or slow, and when a worker dies at the worst moment.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use bytes::Bytes;
use futures_util::stream::BoxStream;
use jiff::SignedDuration;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{
    CopyOptions, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};

use super::Office;
use crate::app::testing::{app_with_files, limits};
use crate::app::{App, Clock};
use crate::db::testing::{KINDS, TestDb};
use crate::files::Files;
use crate::queue::testing::turn;
use crate::queue::{Kinds, Outcome};

/// A store that fails as it is told.
#[derive(Debug, Default)]
struct Moody {
    inner: InMemory,
    mood: AtomicU8,
}

const WELL: u8 = 0;
const DOWN: u8 = 1;
const FULL: u8 = 2;
const SLOW: u8 = 3;
const CLOSED: u8 = 4;

impl fmt::Display for Moody {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("moody")
    }
}

impl Moody {
    fn set(&self, mood: u8) {
        self.mood.store(mood, Ordering::SeqCst);
    }

    async fn answer(&self) -> Result<()> {
        let fail = |kind: std::io::ErrorKind| {
            Err(object_store::Error::Generic {
                store: "moody",
                source: Box::new(std::io::Error::from(kind)),
            })
        };
        match self.mood.load(Ordering::SeqCst) {
            DOWN => fail(std::io::ErrorKind::ConnectionRefused),
            CLOSED => Err(object_store::Error::PermissionDenied {
                path: "runs".to_owned(),
                source: "these credentials are no longer known".into(),
            }),
            FULL => fail(std::io::ErrorKind::StorageFull),
            SLOW => {
                for _ in 0..50 {
                    tokio::task::yield_now().await;
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

type Future<'a, T> = std::pin::Pin<Box<dyn std::future::Future<Output = Result<T>> + Send + 'a>>;

impl ObjectStore for Moody {
    fn put_opts<'l, 'p, 'a>(
        &'l self,
        path: &'p Path,
        payload: PutPayload,
        options: PutOptions,
    ) -> Future<'a, PutResult>
    where
        'l: 'a,
        'p: 'a,
        Self: 'a,
    {
        Box::pin(async move {
            self.answer().await?;
            self.inner.put_opts(path, payload, options).await
        })
    }

    fn put_multipart_opts<'l, 'p, 'a>(
        &'l self,
        path: &'p Path,
        options: PutMultipartOptions,
    ) -> Future<'a, Box<dyn MultipartUpload>>
    where
        'l: 'a,
        'p: 'a,
        Self: 'a,
    {
        Box::pin(async move {
            self.answer().await?;
            self.inner.put_multipart_opts(path, options).await
        })
    }

    fn get_opts<'l, 'p, 'a>(&'l self, path: &'p Path, options: GetOptions) -> Future<'a, GetResult>
    where
        'l: 'a,
        'p: 'a,
        Self: 'a,
    {
        Box::pin(async move {
            self.answer().await?;
            self.inner.get_opts(path, options).await
        })
    }

    fn get_ranges<'l, 'p, 'r, 'a>(
        &'l self,
        path: &'p Path,
        ranges: &'r [Range<u64>],
    ) -> Future<'a, Vec<Bytes>>
    where
        'l: 'a,
        'p: 'a,
        'r: 'a,
        Self: 'a,
    {
        Box::pin(async move { self.inner.get_ranges(path, ranges).await })
    }

    fn delete_stream(&self, paths: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        self.inner.delete_stream(paths)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.inner.list(prefix)
    }

    fn list_with_delimiter<'l, 'p, 'a>(&'l self, prefix: Option<&'p Path>) -> Future<'a, ListResult>
    where
        'l: 'a,
        'p: 'a,
        Self: 'a,
    {
        Box::pin(async move { self.inner.list_with_delimiter(prefix).await })
    }

    fn copy_opts<'l, 'f, 't, 'a>(
        &'l self,
        from: &'f Path,
        to: &'t Path,
        options: CopyOptions,
    ) -> Future<'a, ()>
    where
        'l: 'a,
        'f: 'a,
        't: 'a,
        Self: 'a,
    {
        Box::pin(async move { self.inner.copy_opts(from, to, options).await })
    }
}

async fn office(kind: crate::db::testing::Kind, people: usize) -> (Office, Arc<Moody>) {
    let store = Arc::new(Moody::default());
    let files = Files::of(Arc::clone(&store) as Arc<dyn ObjectStore>);
    let clock = Clock::standing(jiff::Timestamp::from_second(1_900_000_000).unwrap());
    let (app, db): (App, TestDb) = app_with_files(kind, limits(), clock, files).await;
    (Office::over(app, db, people).await, store)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_is_down_or_full_delays_a_run_and_loses_nothing() {
    for kind in KINDS {
        let (office, store) = office(kind, 20).await;
        let run = office.start().await;
        assert_eq!(
            turn(&office.app, &office.kinds).await,
            Some(Outcome::Done),
            "the plan"
        );
        for mood in [DOWN, FULL] {
            store.set(mood);
            assert_eq!(turn(&office.app, &office.kinds).await, Some(Outcome::Again));
            assert_eq!(
                office.number("SELECT count(*) FROM cards").await,
                0,
                "nothing counts"
            );
            office.app.clock.pass(SignedDuration::from_secs(60));
        }
        store.set(SLOW);
        crate::queue::testing::drain(&office.app, &office.kinds).await;
        store.set(WELL);
        assert_eq!(office.view(run).await.made, 20);
        office.assert_one_card_each(20).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shard_that_is_given_up_is_refunded_and_made_again_when_it_is_asked_for() {
    for kind in KINDS {
        let (office, store) = office(kind, 20).await;
        office.grant(20).await;
        let run = office.start().await;
        assert_eq!(turn(&office.app, &office.kinds).await, Some(Outcome::Done));
        store.set(CLOSED);
        assert_eq!(
            turn(&office.app, &office.kinds).await,
            Some(Outcome::Dead),
            "trying is of no use"
        );
        store.set(WELL);
        let view = office.view(run).await;
        assert!(view.is_over() && view.error.is_some(), "{view:?}");
        assert_eq!(office.quota().await, [0, 0]);
        assert_eq!(office.retry(run).await.unwrap(), 1);
        assert_eq!(office.quota().await, [0, 20]);
        crate::queue::testing::drain(&office.app, &office.kinds).await;
        office.assert_one_card_each(20).await;
        assert_eq!(office.quota().await, [20, 0]);
        assert!(office.retry(run).await.is_err(), "nothing failed any more");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_dies_after_sending_its_files_leaves_no_card_and_no_file_that_counts() {
    for kind in KINDS {
        let (office, _) = office(kind, 20).await;
        let run = office.start().await;
        assert_eq!(turn(&office.app, &office.kinds).await, Some(Outcome::Done));
        // A dead worker's files, under the name of its try.
        let left = "runs/1/00001/dead/cards.pdf".replace("/1/", &format!("/{run}/"));
        office.app.files.put(&left, b"half".to_vec()).await.unwrap();
        crate::queue::testing::drain(&office.app, &office.kinds).await;
        let kept = office.app.files.list("runs").await.unwrap();
        assert_eq!(kept.len(), 2, "{kept:?}");
        assert!(!kept.contains(&left));
        office.assert_one_card_each(20).await;
    }
}

/// The kinds of jobs of these tests.
pub(super) fn kinds() -> Arc<Kinds> {
    Arc::new(crate::campaign::register(crate::publish::register(Kinds::default())).unscheduled())
}
