//! The log: JSON lines on standard error, without anything about a person.

use anyhow::Context as _;
use tracing_subscriber::EnvFilter;

/// Starts logging, once a process. Statements and values that other crates would log stay out of it.
pub(super) fn start(level: &str) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(format!("warn,sqlx=off,sea_orm=off,teranga_server={level}"))
        .or_else(|_| EnvFilter::try_new(level))
        .context("--log takes a level (error, warn, info, debug), or such as teranga_server=debug")?;
    let log = tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_current_span(false);
    // A second server in one process logs where the first does.
    let _ = log
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .try_init();
    quiet_panics();
    Ok(())
}

/// A panic's message may quote input: only its place is logged.
fn quiet_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(place, "a panic");
    }));
}
