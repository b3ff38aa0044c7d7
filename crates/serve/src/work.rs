//! What requests share, and the limits of each: bodies that arrive, work that is done for them.

use std::ops::Deref;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use axum::body::{Body, HttpBody};
use axum::http::{HeaderMap, StatusCode, header};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinHandle;

use crate::answer::Failure;
use crate::guard::Guard;
use crate::metrics::Metrics;
use crate::page::Pages;
use crate::places::Places;
use crate::{Named, ServeOptions};

/// Bytes of a body that are not counted against those of all bodies together: most requests are smaller.
const SMALL: usize = 64 << 10;
/// Bodies of the largest size that are held at once.
const LARGE_BODIES: usize = 8;
/// How long a body waits until another has made room.
const ROOM: Duration = Duration::from_secs(2);

/// Everything that requests share.
pub(crate) struct Shared {
    pub(crate) models: Vec<Named>,
    pub(crate) options: ServeOptions,
    pub(crate) metrics: Metrics,
    pub(crate) pages: Pages,
    pub(crate) guard: Guard,
    pub(crate) places: Arc<Places>,
    pub(crate) stopping: Arc<AtomicBool>,
    work: Arc<Semaphore>,
    /// A permit a KiB.
    bodies: Arc<Semaphore>,
}

/// A body that has arrived; its room is given back once it is dropped.
pub(crate) struct Taken {
    bytes: Vec<u8>,
    _room: Option<OwnedSemaphorePermit>,
}

impl Deref for Taken {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Shared {
    pub(crate) fn new(
        models: Vec<Named>,
        options: ServeOptions,
        places: Arc<Places>,
        stopping: Arc<AtomicBool>,
    ) -> Shared {
        let room = (options.max_body / 1024).saturating_mul(LARGE_BODIES).clamp(1, Semaphore::MAX_PERMITS);
        Shared {
            pages: Pages::new(&options.language),
            guard: Guard::new(&options.hosts),
            metrics: Metrics::default(),
            work: Arc::new(Semaphore::new(options.max_concurrent.max(1))),
            bodies: Arc::new(Semaphore::new(room)),
            models,
            options,
            places,
            stopping,
        }
    }

    /// The model of this name; the first where none is named.
    pub(crate) fn model(&self, name: Option<&str>) -> Result<Named, Failure> {
        let found = match name {
            // Routes without a name speak of readings.
            None => self.models.iter().find(|m| m.model().describe().is_some()).or(self.models.first()),
            Some(name) => self.models.iter().find(|model| model.name == name),
        };
        found.cloned().ok_or_else(|| {
            let names: Vec<&str> = self.models.iter().map(|model| model.name.as_str()).collect();
            let asked: String = name.unwrap_or("").chars().take(60).collect();
            let message = format!("there is no model \"{asked}\". Next: use one of {}", names.join(", "));
            Failure::new(StatusCode::NOT_FOUND, "unknown-model", message)
        })
    }

    /// A body within the limits of size and time.
    pub(crate) async fn body(&self, headers: &HeaderMap, body: Body) -> Result<Taken, Failure> {
        let promised =
            headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
        if promised.is_some_and(|length| length > self.options.max_body as u64) {
            return Err(self.too_large());
        }
        match tokio::time::timeout(self.options.timeout, self.arriving(body)).await {
            Ok(taken) => taken,
            Err(_) => {
                let seconds = self.options.timeout.as_secs_f64();
                let message = format!(
                    "the body did not arrive within {seconds} s. Next: send it again, over a faster line"
                );
                Err(Failure::new(StatusCode::REQUEST_TIMEOUT, "slow-body", message))
            }
        }
    }

    async fn arriving(&self, mut body: Body) -> Result<Taken, Failure> {
        let mut taken = Taken { bytes: Vec::new(), _room: None };
        while let Some(frame) = std::future::poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
            let Ok(frame) = frame else {
                let message = "the body broke off. Next: send it again";
                return Err(Failure::new(StatusCode::BAD_REQUEST, "broken-body", message));
            };
            let Ok(piece) = frame.into_data() else { continue };
            let length = taken.bytes.len() + piece.len();
            if length > self.options.max_body {
                return Err(self.too_large());
            }
            if length > SMALL {
                let held = taken._room.as_ref().map_or(0, OwnedSemaphorePermit::num_permits);
                self.room(&mut taken, (length - SMALL).div_ceil(1024).saturating_sub(held)).await?;
            }
            taken.bytes.extend_from_slice(&piece);
        }
        Ok(taken)
    }

    /// Room for so many KiB more of a body. Where there is none, who has kept us waiting longest makes room.
    async fn room(&self, taken: &mut Taken, more: usize) -> Result<(), Failure> {
        let Ok(more) = u32::try_from(more) else { return Err(self.too_large()) };
        if more == 0 {
            return Ok(());
        }
        let got = match self.bodies.clone().try_acquire_many_owned(more) {
            Ok(got) => Some(got),
            Err(_) => {
                self.places.make_room();
                let wait = self.bodies.clone().acquire_many_owned(more);
                tokio::time::timeout(ROOM, wait).await.ok().and_then(Result::ok)
            }
        };
        let Some(got) = got else {
            return Err(unavailable(
                "busy",
                "other requests take all room for bodies. Next: try again in a moment",
            ));
        };
        match &mut taken._room {
            Some(room) => room.merge(got),
            none => *none = Some(got),
        }
        Ok(())
    }

    fn too_large(&self) -> Failure {
        let message = format!(
            "the body is larger than {} bytes. Likely cause: a whole history where the last weeks are enough. \
             Next: send the last rows only, or start the server with a larger limit",
            self.options.max_body
        );
        Failure::new(StatusCode::PAYLOAD_TOO_LARGE, "too-large", message)
    }

    /// Begins work on a blocking thread, a bounded number at once. Work that is too slow ends at its next look at the time, and
    /// keeps its place until then, so that the bound holds.
    pub(crate) async fn start<T: Send + 'static>(
        &self,
        job: impl FnOnce() -> T + Send + 'static,
    ) -> Result<JoinHandle<T>, Failure> {
        let place = match tokio::time::timeout(self.options.timeout, self.work.clone().acquire_owned()).await
        {
            Ok(Ok(place)) => place,
            _ => {
                let message = "the server is busy with other requests. Next: try again in a moment";
                return Err(unavailable("busy", message));
            }
        };
        let until = Instant::now() + self.options.timeout;
        Ok(tokio::task::spawn_blocking(move || {
            let done = gyeol_base::until(until, job);
            drop(place);
            done
        }))
    }

    /// Does work within the time limit; the request gives it up then.
    pub(crate) async fn work<T: Send + 'static>(
        &self,
        job: impl FnOnce() -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        let job = self.start(job).await?;
        match tokio::time::timeout(self.options.timeout, job).await {
            Ok(Ok(done)) => done,
            Ok(Err(_)) => Err(Shared::panicked()),
            Err(_) => Err(unavailable(
                "too-slow",
                "the answer took longer than the time limit. Next: send fewer rows, texts or series at once",
            )),
        }
    }

    /// What is said of a model that panicked.
    pub(crate) fn panicked() -> Failure {
        Failure::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal",
            "the model failed in a way that it should not. Next: report it with what was asked",
        )
    }
}

fn unavailable(code: &'static str, message: &str) -> Failure {
    Failure::new(StatusCode::SERVICE_UNAVAILABLE, code, message)
}
