//! Answers in pieces, as server-sent events: `data` for each piece, `event: done` with the whole, `event: error` where it
//! breaks off.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes, HttpBody};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use hyper::body::Frame;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::answer::Failure;
use crate::work::Shared;

/// Pieces that wait for a slow reader; the model waits then.
const AHEAD: usize = 64;

/// Whether a request accepts events.
pub(crate) fn is_asked(headers: &HeaderMap) -> bool {
    let accepts = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or("");
    accepts
        .split(',')
        .any(|kind| kind.split(';').next().unwrap_or("").trim().eq_ignore_ascii_case("text/event-stream"))
}

/// Answers with what `job` hands over and, at the end, with what it gives. What fails before the first piece is an answer
/// like others.
pub(crate) async fn answer(
    shared: &Shared,
    job: impl FnOnce(&mut dyn FnMut(Value) -> bool) -> Result<Value, Failure> + Send + 'static,
) -> Result<Response, Failure> {
    let (send, mut events) = mpsc::channel(AHEAD);
    shared
        .start(move || {
            let done = job(&mut |piece| send.blocking_send(Event::Piece(piece)).is_ok());
            // Nobody need listen any more.
            let _ = send.blocking_send(match done {
                Ok(whole) => Event::Done(whole),
                Err(failure) => Event::Broken(Box::new(failure)),
            });
        })
        .await?;
    let first = match events.recv().await {
        Some(Event::Broken(failure)) => return Err(*failure),
        Some(event) => event,
        // The job was dropped without a word: it panicked.
        None => return Err(Shared::panicked()),
    };
    let body = Events { first: Some(first), rest: events, ended: false };
    Ok(([(header::CONTENT_TYPE, "text/event-stream; charset=utf-8")], Body::new(body)).into_response())
}

enum Event {
    Piece(Value),
    Done(Value),
    Broken(Box<Failure>),
}

impl Event {
    fn text(&self) -> String {
        match self {
            Event::Piece(piece) => format!("data: {piece}\n\n"),
            Event::Done(whole) => format!("event: done\ndata: {whole}\n\n"),
            Event::Broken(failure) => {
                format!("event: error\ndata: {}\n\n", json!({ "error": failure.error }))
            }
        }
    }
}

/// The body of such an answer.
struct Events {
    first: Option<Event>,
    rest: mpsc::Receiver<Event>,
    ended: bool,
}

impl HttpBody for Events {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if self.ended {
            return Poll::Ready(None);
        }
        let event = match self.first.take() {
            Some(event) => event,
            None => match self.rest.poll_recv(cx) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Some(event)) => event,
                Poll::Ready(None) => Event::Broken(Box::new(Shared::panicked())),
            },
        };
        self.ended = !matches!(event, Event::Piece(_));
        Poll::Ready(Some(Ok(Frame::data(event.text().into()))))
    }
}
