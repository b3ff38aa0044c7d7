//! Listening, and stopping in good order.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

use gyeol_base::{Error, Fault, Result};

use crate::{Named, ServeOptions, routes};

/// Longest head of a request, in bytes, and most lines in it.
const MOST_HEAD: usize = 32 << 10;
const MOST_HEADERS: usize = 64;

/// Serves the models until SIGINT or SIGTERM, then lets running requests finish.
pub async fn serve(models: Vec<Named>, options: ServeOptions) -> Result<()> {
    serve_and_say(models, options, |_| ()).await
}

/// As [`serve`]; `listening` is called with the address once requests are taken.
pub async fn serve_and_say(
    models: Vec<Named>,
    options: ServeOptions,
    listening: impl FnOnce(SocketAddr),
) -> Result<()> {
    let listen = |source: std::io::Error| {
        Fault::new("cannot-listen", format!("cannot listen on {}: {source}", options.addr))
            .cause("another program (or another gyeol) is there, or the address is not this machine's")
            .next("give another one, such as --addr 127.0.0.1:8081")
            .input()
    };
    let listener = TcpListener::bind(&options.addr).await.map_err(listen)?;
    let stop = signal()
        .map_err(|e| Error::defect(format!("cannot watch for the signals that stop the server: {e}")))?;
    listening(listener.local_addr().map_err(listen)?);
    serve_until(listener, models, options, stop).await
}

/// Serves the models on a listener until `stop` is done, then lets running requests finish within `options.grace`.
pub async fn serve_until(
    listener: TcpListener,
    models: Vec<Named>,
    options: ServeOptions,
    stop: impl Future<Output = ()>,
) -> Result<()> {
    if models.is_empty() {
        return Err(Fault::new("no-model", "no model was given")
            .next("name at least one: gyeol serve model.gyeol")
            .option());
    }
    let names: Vec<&str> = models.iter().map(|model| model.name.as_str()).collect();
    if let Some((_, name)) = names.iter().enumerate().find(|(index, name)| names[..*index].contains(name)) {
        let found = format!("two models are called \"{name}\", so that requests could not choose");
        return Err(Fault::new("two-of-one-name", found).next("rename one of the files").option());
    }
    let router = routes::router(models, options.clone());
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(options.head_timeout)
        .max_header_size(MOST_HEAD)
        .max_buf_size(MOST_HEAD * 2)
        .max_headers(MOST_HEADERS);

    let places = Arc::new(Semaphore::new(options.max_connections.max(1)));
    let graceful = GracefulShutdown::new();
    let mut stop = std::pin::pin!(stop);
    loop {
        let next = async {
            // The semaphore is never closed, so that waiting for a place cannot fail.
            let place = places.clone().acquire_owned().await.ok();
            (listener.accept().await, place)
        };
        let (accepted, place) = tokio::select! {
            biased;
            () = &mut stop => break,
            next = next => next,
        };
        let stream = match accepted {
            Ok((stream, _)) => stream,
            Err(_) => {
                // Out of file handles, or a peer that went at once: neither lasts, and neither ends the server.
                tokio::time::sleep(Duration::from_millis(20)).await;
                continue;
            }
        };
        // Answers are short: waiting to fill a packet only delays them.
        let _ = stream.set_nodelay(true);
        let connection =
            http.serve_connection(TokioIo::new(stream), TowerToHyperService::new(router.clone()));
        let connection = graceful.watch(connection);
        tokio::spawn(async move {
            // A connection that breaks is the peer's affair.
            let _ = connection.await;
            drop(place);
        });
    }
    drop(listener);
    let _ = tokio::time::timeout(options.grace, graceful.shutdown()).await;
    Ok(())
}

/// Done at the first SIGINT or SIGTERM.
#[cfg(unix)]
fn signal() -> std::io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Done at the first Ctrl-C.
#[cfg(not(unix))]
fn signal() -> std::io::Result<impl Future<Output = ()>> {
    Ok(async {
        let _ = tokio::signal::ctrl_c().await;
    })
}
