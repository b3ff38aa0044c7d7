//! Listening, and stopping in good order.

use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, HttpBody};
use axum::extract::Request;
use hyper::body::{Frame, SizeHint};
use hyper::server::conn::http1;
use hyper::service::Service as _;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};

use gyeol_base::{Error, Fault, Result};

use crate::places::{Place, Places, Waits};
use crate::wire::Wire;
use crate::{Named, ServeOptions, routes};

/// Longest head of a request, in bytes, and most lines in it.
const MOST_HEAD: usize = 32 << 10;
const MOST_HEADERS: usize = 64;
/// How long connections that are open when the server is told to stop may still send a request: what was on its way.
const LINGER: Duration = Duration::from_millis(300);
/// File handles kept for what is no connection.
const HANDLES: usize = 64;

/// Serves the models until SIGINT or SIGTERM, then lets running requests finish; a second signal ends it at once.
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
    let mut signals = signals()
        .map_err(|e| Error::defect(format!("cannot watch for the signals that stop the server: {e}")))?;
    let mut more = signals.clone();
    listening(listener.local_addr().map_err(listen)?);
    // The sender lives as long as the program, so that waiting cannot fail.
    let stop = async { _ = signals.wait_for(|count| *count > 0).await };
    tokio::select! {
        served = serve_until(listener, models, options, stop) => served,
        // Who says it twice does not want to wait.
        _ = more.wait_for(|count| *count > 1) => Ok(()),
    }
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
    let most = options.max_connections.min(handles().saturating_sub(HANDLES)).max(1);
    let places = Places::new(most, options.max_per_peer.unwrap_or(most));
    let stopping = Arc::new(AtomicBool::new(false));
    let mut house = House::new(models, options.clone(), places, stopping.clone());
    let mut stop = std::pin::pin!(stop);
    loop {
        tokio::select! {
            biased;
            () = &mut stop => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => house.open(stream, peer),
                // Out of file handles, or a peer that went at once: neither lasts, and neither ends the server.
                Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
            },
        }
    }
    // From here on every answer closes its connection. Those that wait in the queue are served too; then nobody listens.
    stopping.store(true, Ordering::SeqCst);
    while let Ok(Ok((stream, peer))) = tokio::time::timeout(Duration::ZERO, listener.accept()).await {
        house.open(stream, peer);
    }
    drop(listener);
    let _ = tokio::time::timeout(options.grace, house.close()).await;
    Ok(())
}

/// What all connections share, and the way to tell them to close.
struct House {
    router: Router,
    http: http1::Builder,
    places: Arc<Places>,
    patience: Duration,
    closing: watch::Sender<bool>,
    /// Every connection holds a clone of the sender; the receiver sees the last one go.
    held: mpsc::Sender<()>,
    gone: mpsc::Receiver<()>,
}

impl House {
    fn new(
        models: Vec<Named>,
        options: ServeOptions,
        places: Arc<Places>,
        stopping: Arc<AtomicBool>,
    ) -> House {
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new())
            .header_read_timeout(options.head_timeout)
            .max_header_size(MOST_HEAD)
            .max_buf_size(MOST_HEAD * 2)
            .max_headers(MOST_HEADERS);
        let patience = options.write_timeout;
        let router = routes::router(models, options, places.clone(), stopping);
        let (held, gone) = mpsc::channel(1);
        House { router, http, places, patience, closing: watch::Sender::new(false), held, gone }
    }

    fn open(&mut self, stream: TcpStream, peer: SocketAddr) {
        // Where all are worked for, the peer is left to try again.
        let Some(place) = self.places.take(peer.ip()) else { return };
        // Answers are short: waiting to fill a packet only delays them.
        let _ = stream.set_nodelay(true);
        let at = stream.local_addr().ok();
        let place = Arc::new(place);
        let router = self.router.clone();
        let served = place.clone();
        let service = hyper::service::service_fn(move |request: hyper::Request<hyper::body::Incoming>| {
            let seat = served.clone();
            let mut request: Request = request.map(|body| Body::new(Arriving { body, seat }));
            request.extensions_mut().insert(At(at));
            served.waits(Waits::ForUs);
            let answer = TowerToHyperService::new(router.clone()).call(request);
            let served = served.clone();
            async move {
                let answer = answer.await;
                served.waits(Waits::ForPeer);
                answer
            }
        });
        let wire = Wire::new(stream, place.connection.clone(), self.patience);
        let connection = self.http.serve_connection(TokioIo::new(wire), service);
        let (mut closing, held) = (self.closing.subscribe(), self.held.clone());
        tokio::spawn(async move {
            let mut connection = std::pin::pin!(connection);
            let leave = place.connection.leave.notified();
            let mut leave = std::pin::pin!(leave);
            // A connection that breaks is the peer's affair.
            let told = tokio::select! {
                _ = connection.as_mut() => false,
                () = leave.as_mut() => false,
                _ = closing.wait_for(|closing| *closing) => true,
            };
            if told && place.connection.heard.load(Ordering::Relaxed) {
                connection.as_mut().graceful_shutdown();
                tokio::select! {
                    _ = connection => {}
                    () = leave => {}
                }
            }
            drop(held);
        });
    }

    /// Waits for what is on its way, then for what is worked on.
    async fn close(mut self) {
        drop(self.held);
        if tokio::time::timeout(LINGER, self.gone.recv()).await.is_ok() {
            return;
        }
        self.closing.send_replace(true);
        self.gone.recv().await;
    }
}

/// The address that a connection was made to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct At(pub(crate) Option<SocketAddr>);

/// A body that says whom its connection waits for.
struct Arriving {
    body: hyper::body::Incoming,
    seat: Arc<Place>,
}

impl HttpBody for Arriving {
    type Data = <hyper::body::Incoming as HttpBody>::Data;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<std::result::Result<Frame<Self::Data>, Self::Error>>> {
        let poll = Pin::new(&mut self.body).poll_frame(cx);
        self.seat.waits_on(if poll.is_pending() { Waits::ForPeer } else { Waits::ForUs });
        poll
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// File handles that this process may have, after asking for as many as the system allows.
#[cfg(unix)]
fn handles() -> usize {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum });
    getrlimit(Resource::Nofile).current.and_then(|most| usize::try_from(most).ok()).unwrap_or(usize::MAX)
}

#[cfg(not(unix))]
fn handles() -> usize {
    usize::MAX
}

/// Counts SIGINT and SIGTERM.
#[cfg(unix)]
fn signals() -> std::io::Result<watch::Receiver<u32>> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let (count, counted) = watch::channel(0);
    tokio::spawn(async move {
        loop {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            count.send_modify(|count| *count += 1);
        }
    });
    Ok(counted)
}

/// Counts Ctrl-C.
#[cfg(not(unix))]
fn signals() -> std::io::Result<watch::Receiver<u32>> {
    let (count, counted) = watch::channel(0);
    tokio::spawn(async move {
        while tokio::signal::ctrl_c().await.is_ok() {
            count.send_modify(|count| *count += 1);
        }
    });
    Ok(counted)
}
