//! Jobs in tests: each is done in its turn, on the test's own thread of time.

#![expect(clippy::expect_used, reason = "a test stops where its jobs cannot be read")]

use std::sync::Arc;

use tokio::sync::watch;

use super::{Kinds, Outcome, Settings, Workers};
use crate::app::App;

/// Does the next job that is due and says what became of it; none when nothing is due.
pub async fn turn(app: &App, kinds: &Arc<Kinds>) -> Option<Outcome> {
    let (_stop, stopping) = watch::channel(false);
    let worker = Workers::new(app.clone(), Arc::clone(kinds), Settings::default(), stopping);
    let job = worker.next().await.expect("the table of jobs")?;
    Some(worker.carry_out(job).await)
}

/// Does jobs until none is due, and says how many turns there were. Fails at a job that fails.
pub async fn drain(app: &App, kinds: &Arc<Kinds>) -> usize {
    let mut turns = 0;
    while let Some(outcome) = turn(app, kinds).await {
        assert_eq!(outcome, Outcome::Done, "a job failed");
        turns += 1;
    }
    turns
}
