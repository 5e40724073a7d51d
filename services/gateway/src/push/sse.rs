//! Server-sent events: the same frames, one way, over plain HTTP.
//!
//! A task makes a frame when the client has taken the one before, so a slow client costs one frame,
//! as on the WebSocket. The id of an event is the cursor to resume from, which browsers send back by
//! themselves as `Last-Event-ID`.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::Stream;
use tokio::sync::{OwnedSemaphorePermit, mpsc};
use tokio::time::{sleep, timeout};

use super::connection::Present;
use super::cursor::Cursor;
use super::events::{Batch, EventReader};
use super::format::{self, Told};
use super::message::Frame;
use super::picks::Wanted;
use super::subscription::{Limits, Subscription};
use crate::app::App;
use crate::live::LiveRegion;
use crate::problem::Problem;
use crate::telemetry;

/// Time between comments that keep proxies from closing a quiet connection.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// When a client should come back to a stream that ended with a problem: browsers do.
const RETRY: Duration = Duration::from_secs(5);

/// What goes from the task of a client to its body.
type Sent = Result<Event, Infallible>;

/// What a client watches.
pub(crate) struct Watching {
    pub(crate) live: Arc<LiveRegion>,
    pub(crate) wanted: Wanted,
    /// Where it was.
    pub(crate) resume: Option<Cursor>,
}

/// Answers with the objects of a selection: a snapshot, or what was missed since a cursor, and then
/// what changes.
pub(crate) fn objects(
    app: &Arc<App>,
    watching: Watching,
    permit: OwnedSemaphorePermit,
) -> Response {
    let (client, received) = Client::new(app, permit);
    let Watching { live, wanted, resume } = watching;
    let limits = Limits::of(&app.options.push);
    let id = live.region().id.to_string();
    let mut subscription = Subscription::new(id, live, wanted, limits, resume);
    tokio::spawn(async move {
        let flush_interval = Duration::from_millis(client.app.options.push.flush_interval_ms);
        let mut pulse = client.app.pulse.subscribe();
        loop {
            let advanced = if subscription.is_costly() && subscription.has_news() {
                match subscription.aside(Subscription::advance).await {
                    Ok((same, advanced)) => {
                        subscription = same;
                        advanced
                    }
                    Err(problem) => {
                        client.send(failure(&problem)).await;
                        return;
                    }
                }
            } else {
                subscription.advance()
            };
            match advanced {
                Ok(Some(frame)) => {
                    if client.send(client.event(frame).await).await.is_none() {
                        return;
                    }
                }
                Ok(None) => {}
                Err(problem) => {
                    client.send(failure(&problem)).await;
                    return;
                }
            }
            if !subscription.is_unfinished() {
                let changed = async {
                    sleep(flush_interval).await;
                    pulse.changed().await
                };
                if client.unless_over(changed).await.is_none() {
                    return;
                }
            }
        }
    });
    response(received_by(received))
}

/// Answers with events of the log, each a CloudEvent of its own.
pub(crate) fn events(
    app: &Arc<App>,
    mut reader: EventReader,
    permit: OwnedSemaphorePermit,
) -> Response {
    let (client, received) = Client::new(app, permit);
    tokio::spawn(async move {
        // Where it begins, so that the client can come back before there is an event.
        let opening = Event::default().id(reader.batch(Vec::new()).cursor);
        if client.send(opening).await.is_none() {
            return;
        }
        while let Some(read) = client.unless_over(reader.next()).await {
            let batch = match read {
                Ok(batch) => batch,
                Err(problem) => {
                    client.send(failure(&problem)).await;
                    return;
                }
            };
            if reader.while_taken(client.send_all(batch)).await.is_none() {
                return;
            }
        }
    });
    response(received_by(received))
}

/// Tells what passes in a stream that ends with it. Browsers come back to one that ends, but never to
/// one that was answered by another status than 200: that is for what stays as it is.
pub(crate) fn or_come_back(answer: Result<Response, Problem>) -> Result<Response, Problem> {
    match answer {
        Err(problem) if problem.status >= StatusCode::INTERNAL_SERVER_ERROR.as_u16() => {
            Ok(response(futures_util::stream::iter([Ok(failure(&problem))])))
        }
        answer => answer,
    }
}

/// One client, as its task sees it.
struct Client {
    app: Arc<App>,
    sender: mpsc::Sender<Sent>,
    stall_timeout: Duration,
    _present: Present,
}

impl Client {
    fn new(app: &Arc<App>, permit: OwnedSemaphorePermit) -> (Self, mpsc::Receiver<Sent>) {
        let (sender, received) = mpsc::channel(1);
        let stall_timeout = Duration::from_millis(app.options.push.stall_timeout_ms);
        let present = Present::new(permit);
        (Self { app: Arc::clone(app), sender, stall_timeout, _present: present }, received)
    }

    /// Hands an event over; none when the client is gone or takes nothing.
    async fn send(&self, event: Event) -> Option<()> {
        let sending = timeout(self.stall_timeout, self.sender.send(Ok(event)));
        if let Ok(sent) = sending.await {
            return sent.ok();
        }
        metrics::counter!(telemetry::STALLED).increment(1);
        None
    }

    /// Hands over events, and then how far they bring the client.
    async fn send_all(&self, batch: Batch) -> Option<()> {
        for sent in &batch.events {
            let event = Event::default().id(sent.cursor().to_string()).json_data(sent);
            let event = event.map_err(|error| Problem::internal(&error));
            self.send(event.unwrap_or_else(|problem| failure(&problem))).await?;
        }
        // Browsers keep the id, and call no listener when there is nothing else.
        self.send(Event::default().id(batch.cursor)).await
    }

    /// Waits for something; none when the client is gone or the server stops.
    async fn unless_over<T>(&self, waiting: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            () = self.app.closing.cancelled() => None,
            () = self.sender.closed() => None,
            done = waiting => Some(done),
        }
    }

    async fn event(&self, frame: Frame) -> Event {
        let told = Told { origin: self.app.origin, time_ms: self.app.now_ms() };
        let (kind, cursor) = (frame.kind(), frame.cursor().map(String::from));
        let text = match format::encoded(frame, move |frame| format::json(frame, told)).await {
            Ok(text) => text,
            Err(problem) => return failure(&problem),
        };
        metrics::counter!(telemetry::FRAMES, "kind" => kind).increment(1);
        metrics::counter!(telemetry::FRAME_BYTES).increment(text.len() as u64);
        let event = Event::default().event(kind).data(text);
        match cursor {
            Some(cursor) => event.id(cursor),
            None => event,
        }
    }
}

/// Not named `error`: that is what browsers call a broken connection.
fn failure(problem: &Problem) -> Event {
    let text = serde_json::to_string(problem).unwrap_or_default();
    Event::default().event("problem").retry(RETRY).data(text)
}

fn received_by(received: mpsc::Receiver<Sent>) -> impl Stream<Item = Sent> {
    futures_util::stream::unfold(received, async |mut received| {
        let event = received.recv().await?;
        Some((event, received))
    })
}

fn response(stream: impl Stream<Item = Sent> + Send + 'static) -> Response {
    let keep_alive = KeepAlive::new().interval(KEEP_ALIVE);
    // Proxies must not keep events to make larger pieces of them.
    let headers = [(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))];
    let unbuffered = [("x-accel-buffering", HeaderValue::from_static("no"))];
    (headers, unbuffered, Sse::new(stream).keep_alive(keep_alive)).into_response()
}
