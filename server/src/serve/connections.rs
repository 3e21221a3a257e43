//! Connections: so many at once, none that is slow with its headers, and at the end time for each to finish.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tower::ServiceExt as _;

use crate::config::Limits;

/// Bytes of headers that a request may have.
const HEADERS: usize = 64 * 1024;

/// Streams of one HTTP/2 connection at once.
const STREAMS: u32 = 64;

/// After a failure to accept (no file descriptors left), the pause before the next try.
const PAUSE: Duration = Duration::from_millis(50);

/// Serves until `stopping`, then waits for the requests under way.
pub(super) async fn serve(
    listener: TcpListener,
    router: Router,
    limits: Limits,
    mut stopping: watch::Receiver<bool>,
) -> anyhow::Result<()> {
    let places = Arc::new(Semaphore::new(limits.connections.max(1)));
    let builder = Arc::new(builder(&limits));
    let graceful = GracefulShutdown::new();
    loop {
        let accepted = tokio::select! {
            accepted = accept(&listener, &places) => accepted,
            _ = stopping.wait_for(|stop| *stop) => break,
        };
        match accepted {
            Ok((stream, place)) => converse(stream, place, &router, Arc::clone(&builder), &graceful),
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
    drop(listener);
    let time = Duration::from_secs(limits.stop_seconds);
    if tokio::time::timeout(time, graceful.shutdown()).await.is_err() {
        tracing::warn!("requests were broken off: they took longer than the time for stopping");
    }
    Ok(())
}

fn builder(limits: &Limits) -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.header_time())
        .max_buf_size(HEADERS);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS)
        .max_header_list_size(HEADERS as u32)
        .keep_alive_interval(Some(Duration::from_secs(30)))
        .keep_alive_timeout(Duration::from_secs(10));
    builder
}

/// The next connection, once there is a place for it.
async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> std::io::Result<(TcpStream, OwnedSemaphorePermit)> {
    let place = Arc::clone(places)
        .acquire_owned()
        .await
        .map_err(std::io::Error::other)?;
    let (stream, _) = listener.accept().await?;
    Ok((stream, place))
}

fn converse(
    stream: TcpStream,
    place: OwnedSemaphorePermit,
    router: &Router,
    builder: Arc<Builder<TokioExecutor>>,
    graceful: &GracefulShutdown,
) {
    let Ok(peer) = stream.peer_addr() else { return };
    let _ = stream.set_nodelay(true);
    let router = router.clone();
    let service = hyper::service::service_fn(move |request: hyper::Request<Incoming>| {
        let mut request = request.map(axum::body::Body::new);
        request.extensions_mut().insert(ConnectInfo(peer));
        router.clone().oneshot(request)
    });
    let watcher = graceful.watcher();
    tokio::spawn(async move {
        let connection = builder.serve_connection_with_upgrades(TokioIo::new(stream), service);
        // A connection that breaks is the visitor's affair.
        let _ = watcher.watch(connection).await;
        drop(place);
    });
}
