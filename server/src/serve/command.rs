//! `teranga serve`

use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use axum::Router;
use axum::http::header;
use axum::routing::get;
use teranga_core::card::key::Purpose;
use teranga_core::card::trust::Scope;
use teranga_core::clock;
use tokio::net::TcpListener;
use tokio::sync::watch;

use super::first::{self, ADMIN, FirstStart};
use super::public::Open;
use super::{connections, log};
use crate::app::{App, Clock, Heavy, Parts, Rates, Rooms};
use crate::audit::Sealer;
use crate::config::{Listening, Place, Working};
use crate::db::{self, Db};
use crate::files::Files;
use crate::health;
use crate::keys::{Keyring, Vault};
use crate::mpi;
use crate::router::{Metrics, service};
use crate::worker;

/// Arguments of `teranga serve`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Every setting is a flag, an environment variable, and a line of teranga.toml (listen = \"0.0.0.0:8080\"); a flag comes
before the environment, the environment before the file. The server speaks plain HTTP: put a proxy that speaks TLS before
it, and name the proxy's network with --proxies.")]
pub struct Args {
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    listening: Listening,
    #[command(flatten)]
    first: FirstStart,
    /// Settings file [default: teranga.toml in the current folder, if there is one]
    #[arg(long, env = "TERANGA_CONFIG")]
    config: Option<std::path::PathBuf>,
}

/// Runs the command until the process is asked to stop.
pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    log::start(&args.listening.log)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let (stop, stopping) = watch::channel(false);
        tokio::spawn(async move {
            asked_to_stop().await;
            let _ = stop.send(true);
        });
        let started = start(&args.place, &args.listening, &args.first, stopping).await?;
        say(&format!("listening on http://{}", started.address));
        if let Some(metrics) = started.metrics {
            say(&format!("metrics and health on http://{metrics}/metrics"));
        }
        started.finished.await?
    })?;
    Ok(ExitCode::SUCCESS)
}

/// A server that listens.
pub struct Started {
    /// Where.
    pub address: SocketAddr,
    /// Where its metrics are.
    pub metrics: Option<SocketAddr>,
    /// Ends when the server has stopped.
    pub finished: tokio::task::JoinHandle<anyhow::Result<()>>,
}

/// Opens the keys and listens. Stops when `stopping` says so.
pub async fn start(
    place: &Place,
    listening: &Listening,
    first: &FirstStart,
    stopping: watch::Receiver<bool>,
) -> anyhow::Result<Started> {
    let app = open(place, listening).await?;
    if let Some(password) = first::ensure(&app, first).await? {
        say(&format!(
            "a first administrator was made: login {ADMIN}, password {password}\n\
             The password is shown once and has to be changed at the first sign-in."
        ));
    }
    let desk = Open::new(place, listening, &app)?;
    let metrics = Metrics::default();
    let listener = listen(listening.listen).await?;
    let address = listener.local_addr()?;
    let metrics_address = match listening.metrics {
        Some(wanted) => Some(serve_metrics(wanted, app.clone(), metrics.clone(), stopping.clone()).await?),
        None => None,
    };
    Ok(Started {
        address,
        metrics: metrics_address,
        finished: tokio::spawn(work(
            listener,
            (app, desk),
            (metrics, listening.working.clone()),
            stopping,
        )),
    })
}

/// Serves until it is asked to stop, seals what was done last, and closes the database.
async fn work(
    listener: TcpListener,
    (app, public): (App, Open),
    (metrics, working): (Metrics, Working),
    stopping: watch::Receiver<bool>,
) -> anyhow::Result<()> {
    let workers = tokio::spawn(worker::run(app.clone(), working, stopping.clone()));
    let (stop_sealing, sealing_stops) = watch::channel(false);
    let sealer = tokio::spawn(Sealer::new(app.clone()).run(sealing_stops));
    let rebuilding = tokio::spawn(mpi::rebuild_in_background(app.db.clone()));
    let limits = app.limits.clone();
    // Followed for as long as anyone is answered: a look during the last seconds is no older than any other.
    let (stop_following, following_stops) = watch::channel(false);
    let desk = public.start(&app, &following_stops);
    let service = service(app.clone(), metrics, Arc::clone(&desk));
    let served = connections::serve(listener, service, limits, stopping).await;
    workers.await?;
    // It goes on with the next start.
    rebuilding.abort();
    let _ = stop_following.send(true);
    desk.write_counts().await;
    let _ = stop_sealing.send(true);
    sealer.await?;
    app.db.close().await?;
    served
}

/// Opens the keys and the database, and makes what is missing.
async fn open(place: &Place, listening: &Listening) -> anyhow::Result<App> {
    place.make_folder()?;
    let (keys, made) = Keyring::open(&place.data, &place.master)?;
    if let Some(file) = made {
        say(&format!(
            "a new master key was made: {}\nKeep a copy apart from the data folder: without it no stored key opens.",
            file.display()
        ));
    }
    keys.ensure_organisation(clock::now())?;
    let db = Db::open(&place.address()?, db::Settings::default()).await?;
    Ok(App::new(Parts {
        db,
        session: keys.signer(Purpose::Session, &Scope::Organisation)?,
        vault: Vault::new(place.master.load(&place.data)?.key),
        heavy: Heavy::default(),
        files: Files::open(&place.files()?)?,
        card_host: listening.verification.card_host.clone(),
        keys,
        clock: Clock::system(),
        limits: listening.limits.clone(),
        proxies: listening.proxies.clone(),
        origins: listening.origins.clone(),
        rates: Rates::new(&listening.limits),
        rooms: Rooms::default(),
    }))
}

async fn listen(wanted: SocketAddr) -> anyhow::Result<TcpListener> {
    let listener = TcpListener::bind(wanted).await;
    listener.with_context(|| format!("cannot listen on {wanted}; choose another with --listen"))
}

/// The metrics on a listener of their own, and health beside them, which no flood of visitors slows there.
async fn serve_metrics(
    wanted: SocketAddr,
    app: App,
    metrics: Metrics,
    mut stopping: watch::Receiver<bool>,
) -> anyhow::Result<SocketAddr> {
    const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    let listener = listen(wanted).await?;
    let address = listener.local_addr()?;
    let answer = get(async move || ([(header::CONTENT_TYPE, OPEN_METRICS)], metrics.text()));
    let router: Router = Router::new()
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .with_state(app)
        .route("/metrics", answer);
    let stopped = async move {
        let _ = stopping.wait_for(|stop| *stop).await;
    };
    tokio::spawn(async move {
        axum::serve(listener, router)
            .with_graceful_shutdown(stopped)
            .await
    });
    Ok(address)
}

/// Ctrl-C, or what a service manager sends.
pub async fn asked_to_stop() {
    let interrupt = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let Ok(mut terminate) = signal(SignalKind::terminate()) else {
            let _ = interrupt.await;
            return;
        };
        tokio::select! {
            _ = interrupt => {}
            _ = terminate.recv() => {}
        }
    }
    #[cfg(not(unix))]
    let _ = interrupt.await;
}

#[expect(
    clippy::print_stdout,
    reason = "the address and first secrets are for whoever started the server"
)]
pub(super) fn say(text: &str) {
    println!("{text}");
}
