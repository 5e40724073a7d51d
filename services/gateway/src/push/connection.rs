//! One client of the WebSocket: reads its messages, sends its frames.
//!
//! Frames are made only when the socket has taken the one before, from whatever has changed until
//! then: a slow client gets fewer frames with the newest state, costs one frame and the list of the
//! ids that it has, and delays nobody.

use std::error::Error as _;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket, close_code};
use axum::http::StatusCode;
use tokio::sync::{OwnedSemaphorePermit, mpsc, watch};
use tokio::task::AbortHandle;
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep_until, timeout};

use super::events::{Batch, EventReader};
use super::format::{self, Format, Told};
use super::message::{self, ClientMessage, Frame, Said, Subscribe, SubscribeEvents};
use super::picks::{Picks, Wanted};
use super::subscription::{Limits, Subscription};
use crate::app::App;
use crate::problem::Problem;
use crate::select::Selection;
use crate::telemetry;

/// Longest id of a subscription, bytes: it is in every frame.
const ID_BYTES_MAX: usize = 64;

/// Longest wait for the close frame to be taken.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);

/// Why a connection ends, as close code and reason. None when the client is gone.
type End = Option<(u16, &'static str)>;

const LEAVING: End = Some((close_code::AWAY, "the server stops; come back in a moment"));
const STALLED: End = Some((close_code::POLICY, "the client takes or says nothing"));
const ERRORS: End = Some((close_code::POLICY, "too many messages that are not understood"));
const TOO_LONG: End = Some((close_code::SIZE, "the message is too long; send shorter ones"));
const NO_TEXT: End = Some((close_code::INVALID, "a text message is not UTF-8"));
const NO_WEBSOCKET: End = Some((close_code::PROTOCOL, "what came is not WebSocket (RFC 6455)"));

/// Serves a client until it goes, stalls, or the server stops.
pub(crate) async fn serve(
    app: Arc<App>,
    socket: WebSocket,
    format: Format,
    permit: OwnedSemaphorePermit,
) {
    let _present = Present::new(permit);
    let mut connection = Connection {
        subscriptions: Vec::new(),
        readers: Vec::new(),
        readers_opened: 0,
        batches: None,
        errors: 0,
        format,
        socket,
        app,
    };
    if let ControlFlow::Break(end) = connection.run().await {
        close(&mut connection.socket, end).await;
    }
}

/// Sends each message back, as the conformance suites of WebSocket want it.
pub(crate) async fn echo(mut socket: WebSocket) {
    while let Some(message) = socket.recv().await {
        let sent = match message {
            Ok(message @ (Message::Text(_) | Message::Binary(_))) => socket.send(message).await,
            // The library answers these.
            Ok(Message::Ping(_) | Message::Pong(_) | Message::Close(_)) => Ok(()),
            Err(error) => return close(&mut socket, broken(&error)).await,
        };
        if sent.is_err() {
            return;
        }
    }
}

/// Says why the connection ends, or answers that the client ends it, if there is somebody to tell.
async fn close(socket: &mut WebSocket, end: End) {
    let Some((code, reason)) = end else {
        // The answer to a close frame goes out when the client is listened to once more.
        let _ = timeout(CLOSE_TIMEOUT, socket.recv()).await;
        return;
    };
    let reason = Utf8Bytes::from_static(reason);
    let close = Message::Close(Some(CloseFrame { code, reason }));
    // The client may be gone, or not read.
    let _ = timeout(CLOSE_TIMEOUT, socket.send(close)).await;
}

/// What was wrong with what the client sent; none when the connection broke.
fn broken(error: &axum::Error) -> End {
    use tokio_tungstenite::tungstenite::Error;
    match error.source().and_then(|error| error.downcast_ref()) {
        Some(Error::Capacity(_)) => TOO_LONG,
        Some(Error::Utf8(_)) => NO_TEXT,
        Some(Error::Protocol(_)) => NO_WEBSOCKET,
        _ => None,
    }
}

/// Counts a client while it is there, whatever ends it.
pub(super) struct Present {
    _permit: OwnedSemaphorePermit,
}

impl Present {
    pub(super) fn new(permit: OwnedSemaphorePermit) -> Self {
        metrics::gauge!(telemetry::CLIENTS).increment(1.0);
        Self { _permit: permit }
    }
}

impl Drop for Present {
    fn drop(&mut self) {
        metrics::gauge!(telemetry::CLIENTS).decrement(1.0);
    }
}

struct Connection {
    app: Arc<App>,
    socket: WebSocket,
    format: Format,
    subscriptions: Vec<Subscription>,
    readers: Vec<Reading>,
    readers_opened: u64,
    /// What the readers have read, from the first one on. They wait while there is something.
    batches: Option<(mpsc::Sender<ReadBatch>, mpsc::Receiver<ReadBatch>)>,
    errors: usize,
}

/// By which reader, and what.
type ReadBatch = (u64, Result<Batch, Problem>);

/// A task that reads events for a subscription, as long as this is kept.
struct Reading {
    id: String,
    /// Tells it from an earlier one of the same id.
    number: u64,
    task: AbortHandle,
}

impl Drop for Reading {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Connection {
    async fn run(&mut self) -> ControlFlow<End> {
        let push = self.app.options.push.clone();
        let flush_interval = Duration::from_millis(push.flush_interval_ms);
        let idle_timeout = Duration::from_millis(push.idle_timeout_ms);
        let mut pulse = self.app.pulse.subscribe();
        let ping_interval = Duration::from_millis(push.ping_interval_ms);
        let mut ping = interval_at(Instant::now() + ping_interval, ping_interval);
        ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let closing = self.app.closing.clone();
        let mut next_flush = Instant::now();
        let mut last_heard = Instant::now();
        loop {
            let is_unfinished = self.subscriptions.iter().any(Subscription::is_unfinished);
            tokio::select! {
                () = closing.cancelled() => return ControlFlow::Break(LEAVING),
                message = self.socket.recv() => {
                    last_heard = Instant::now();
                    self.hear(message).await?;
                }
                () = due(&mut pulse, next_flush, is_unfinished),
                    if !self.subscriptions.is_empty() =>
                {
                    self.flush().await?;
                    next_flush = Instant::now() + flush_interval;
                }
                (number, read) = next_batch(&mut self.batches) => {
                    self.hand_on(number, read).await?;
                }
                _ = ping.tick() => {
                    if last_heard.elapsed() > idle_timeout {
                        metrics::counter!(telemetry::STALLED).increment(1);
                        return ControlFlow::Break(STALLED);
                    }
                    self.send(Message::Ping(axum::body::Bytes::new())).await?;
                }
            }
        }
    }

    async fn hear(&mut self, message: Option<Result<Message, axum::Error>>) -> ControlFlow<End> {
        let text = match message {
            Some(Ok(Message::Text(text))) => text,
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => return ControlFlow::Continue(()),
            Some(Ok(Message::Binary(_))) => {
                let problem = Problem::bad_request("messages are text, not binary");
                return self.complain(None, &problem).await;
            }
            Some(Ok(Message::Close(_))) | None => return ControlFlow::Break(None),
            Some(Err(error)) => {
                tracing::debug!(%error, "a client of the stream broke off");
                return ControlFlow::Break(broken(&error));
            }
        };
        match serde_json::from_str(&text) {
            Ok(ClientMessage::Subscribe(said)) => match self.subscribe(&said).await {
                Ok(Some(frame)) => self.push(frame).await,
                Ok(None) => ControlFlow::Continue(()),
                Err(problem) => self.complain(Some(&said.head.id), &problem).await,
            },
            Ok(ClientMessage::SubscribeEvents(said)) => {
                let id = said.head.id.clone();
                match self.subscribe_events(*said).await {
                    Ok(opening) => self.push(Frame::Events(opening)).await,
                    Err(problem) => self.complain(Some(&id), &problem).await,
                }
            }
            Ok(ClientMessage::Unsubscribe { id }) => {
                let before = self.subscriptions_len();
                self.subscriptions.retain(|subscription| subscription.id() != id);
                self.readers.retain(|reading| reading.id != id);
                if self.subscriptions_len() < before {
                    return ControlFlow::Continue(());
                }
                let problem = Problem::not_found("there is no subscription of this id");
                self.complain(Some(&id), &problem).await
            }
            Err(error) => {
                let problem = Problem::bad_request(format!("message not understood: {error}"));
                self.complain(None, &problem).await
            }
        }
    }

    /// The first frame of a subscription, unless it has to wait for the view. A problem leaves all as
    /// it was.
    async fn subscribe(&mut self, said: &Said<Subscribe>) -> Result<Option<Frame>, Problem> {
        let Said { head: Subscribe { id, region, layers, fields, resume }, asked } = said;
        let live = Arc::clone(self.app.known_region(region)?);
        let layers = message::layers(layers.iter().map(String::as_str))?;
        let picks = Arc::new(Picks::new(fields.iter().flatten(), &layers)?);
        if !picks.is_empty() && self.format != Format::Json {
            let detail = format!(
                "fields: messages in protobuf have all of an object; ask for the subprotocol {}",
                Format::Json.subprotocol()
            );
            return Err(Problem::bad_request(detail));
        }
        let selection = Selection::watched(asked, layers, &live)?;
        let wanted = Wanted { selection, picks };
        let resume = resume.as_deref().map(str::parse).transpose()?;
        let known = self.subscriptions.iter().position(|known| known.id() == id);
        if let Some(index) = known
            && resume.is_none()
            && self.subscriptions[index].is_of(&live)
        {
            if !wanted.selection.is_costly() {
                return self.subscriptions[index].select(wanted);
            }
            let moved = self.subscriptions.remove(index);
            let (moved, frame) = moved.aside(|moved| moved.select(wanted)).await?;
            self.subscriptions.insert(index, moved);
            return frame;
        }
        self.check_id(id, known.is_some() || self.readers.iter().any(|reading| reading.id == *id))?;
        let limits = Limits::of(&self.app.options.push);
        let mut subscription = Subscription::new(id.clone(), live, wanted, limits, resume);
        let frame = if subscription.is_costly() {
            let frame;
            (subscription, frame) = subscription.aside(Subscription::advance).await?;
            frame?
        } else {
            subscription.advance()?
        };
        self.readers.retain(|reading| reading.id != *id);
        match known {
            Some(index) => self.subscriptions[index] = subscription,
            None => self.subscriptions.push(subscription),
        }
        Ok(frame)
    }

    /// Gives where the client is from the start, so that it can come back before there is an event.
    async fn subscribe_events(&mut self, said: Said<SubscribeEvents>) -> Result<Batch, Problem> {
        let id = said.head.id.clone();
        let live = Arc::clone(self.app.known_region(&said.head.region)?);
        let asked = said.events_asked();
        let is_known = self.readers.iter().any(|reading| reading.id == id)
            || self.subscriptions.iter().any(|known| known.id() == id);
        self.check_id(&id, is_known)?;
        let mut reader = EventReader::open(id.clone(), &self.app, &live, &asked).await?;
        let opening = reader.batch(Vec::new());
        self.subscriptions.retain(|known| known.id() != id);
        self.readers.retain(|reading| reading.id != id);
        self.readers_opened += 1;
        let number = self.readers_opened;
        let (batches, _) = self.batches.get_or_insert_with(|| mpsc::channel(1));
        let batches = batches.clone();
        let task = tokio::spawn(async move {
            loop {
                let read = reader.next().await;
                let is_over = read.is_err();
                let sent = reader.while_taken(batches.send((number, read))).await;
                if sent.is_err() || is_over {
                    return;
                }
            }
        });
        self.readers.push(Reading { id, number, task: task.abort_handle() });
        Ok(opening)
    }

    fn check_id(&self, id: &str, is_known: bool) -> Result<(), Problem> {
        if id.is_empty() || id.len() > ID_BYTES_MAX {
            let detail = format!("id: it must have 1 to {ID_BYTES_MAX} bytes");
            return Err(Problem::bad_request(detail));
        }
        let subscriptions_max = self.app.options.push.subscriptions_max;
        if !is_known && self.subscriptions_len() >= subscriptions_max {
            let detail = format!("a client has at most {subscriptions_max} subscriptions");
            return Err(Problem::bad_request(detail));
        }
        Ok(())
    }

    fn subscriptions_len(&self) -> usize {
        self.subscriptions.len() + self.readers.len()
    }

    /// Sends what a reader has read, unless the client no longer wants it.
    async fn hand_on(&mut self, number: u64, read: Result<Batch, Problem>) -> ControlFlow<End> {
        let Some(index) = self.readers.iter().position(|reading| reading.number == number) else {
            return ControlFlow::Continue(());
        };
        match read {
            Ok(batch) => self.push(Frame::Events(batch)).await,
            Err(problem) => {
                let over = self.readers.remove(index);
                self.complain(Some(&over.id), &problem).await
            }
        }
    }

    /// Sends each subscription what it lacks.
    async fn flush(&mut self) -> ControlFlow<End> {
        let mut index = 0;
        while let Some(subscription) = self.subscriptions.get_mut(index) {
            let advanced = if !subscription.has_news() {
                Ok(None)
            } else if subscription.is_costly() {
                let subscription = self.subscriptions.remove(index);
                let id = subscription.id().to_owned();
                match subscription.aside(Subscription::advance).await {
                    Ok((subscription, advanced)) => {
                        self.subscriptions.insert(index, subscription);
                        advanced
                    }
                    Err(problem) => {
                        self.complain(Some(&id), &problem).await?;
                        continue;
                    }
                }
            } else {
                subscription.advance()
            };
            match advanced {
                Ok(None) => index += 1,
                Ok(Some(frame)) => {
                    index += 1;
                    self.push(frame).await?;
                }
                Err(problem) => {
                    let ended = self.subscriptions.remove(index);
                    self.complain(Some(ended.id()), &problem).await?;
                }
            }
        }
        ControlFlow::Continue(())
    }

    async fn push(&mut self, frame: Frame) -> ControlFlow<End> {
        let kind = frame.kind();
        let told = Told { origin: self.app.origin, time_ms: self.app.now_ms() };
        let format = self.format;
        let encoding = format::encoded(frame, move |frame| format.frame(frame, told));
        let Ok(message) = encoding.await else {
            return ControlFlow::Break(Some((close_code::ERROR, "a frame could not be made")));
        };
        let bytes = match &message {
            Message::Text(text) => text.len(),
            Message::Binary(bytes) => bytes.len(),
            _ => 0,
        };
        metrics::counter!(telemetry::FRAMES, "kind" => kind).increment(1);
        metrics::counter!(telemetry::FRAME_BYTES).increment(bytes as u64);
        self.send(message).await
    }

    /// Answers with a problem. Too many messages that are not understood end the connection; one
    /// that is understood but asks for too much, or for what is gone, does not count.
    async fn complain(&mut self, id: Option<&str>, problem: &Problem) -> ControlFlow<End> {
        metrics::counter!(telemetry::CLIENT_ERRORS).increment(1);
        self.errors += usize::from(problem.status == StatusCode::BAD_REQUEST.as_u16());
        let Ok(message) = self.format.error(id, problem) else {
            return ControlFlow::Break(ERRORS);
        };
        self.send(message).await?;
        if self.errors > self.app.options.push.errors_max {
            return ControlFlow::Break(ERRORS);
        }
        ControlFlow::Continue(())
    }

    async fn send(&mut self, message: Message) -> ControlFlow<End> {
        let stall_timeout = Duration::from_millis(self.app.options.push.stall_timeout_ms);
        match timeout(stall_timeout, self.socket.send(message)).await {
            Ok(Ok(())) => ControlFlow::Continue(()),
            Ok(Err(_)) => ControlFlow::Break(None),
            Err(_) => {
                metrics::counter!(telemetry::STALLED).increment(1);
                ControlFlow::Break(None)
            }
        }
    }
}

/// Waits for what a reader has read.
async fn next_batch(
    batches: &mut Option<(mpsc::Sender<ReadBatch>, mpsc::Receiver<ReadBatch>)>,
) -> ReadBatch {
    match batches {
        // The sender is here too: the channel never ends.
        Some((_, received)) => match received.recv().await {
            Some(batch) => batch,
            None => std::future::pending().await,
        },
        None => std::future::pending().await,
    }
}

/// Waits until something has changed, and until the flush interval is over. Who has not got all of
/// the frame before does not wait.
async fn due(pulse: &mut watch::Receiver<u64>, next_flush: Instant, is_unfinished: bool) {
    if is_unfinished {
        return;
    }
    sleep_until(next_flush).await;
    // The sender lives in the app, which the connection holds: there is always a next beat.
    let _ = pulse.changed().await;
}
