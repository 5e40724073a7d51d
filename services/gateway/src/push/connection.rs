//! One client of the WebSocket: reads its messages, sends its frames.
//!
//! Frames are made only when the socket has taken the one before, from whatever has changed until
//! then: a slow client gets fewer frames with the newest state, costs one frame and the list of the
//! ids that it has, and delays nobody.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket, close_code};
use axum::http::StatusCode;
use tokio::sync::{OwnedSemaphorePermit, mpsc, watch};
use tokio::task::AbortHandle;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until, timeout};

use super::events::{Batch, EventReader};
use super::format::{Format, Told};
use super::message::{self, ClientMessage, Frame, Subscribe, SubscribeEvents};
use super::subscription::{Limits, Subscription};
use crate::app::App;
use crate::problem::Problem;
use crate::select::Selection;
use crate::telemetry;

/// From so many objects on a frame is encoded on a thread of its own: it takes a millisecond, in
/// which other clients of this thread would wait.
const OBJECTS_INLINE_MAX: usize = 512;

/// Longest id of a subscription, bytes: it is in every frame.
const ID_BYTES_MAX: usize = 64;

/// Longest wait for the close frame to be taken.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);

/// Why a connection ends, as close code and reason. None when the client is gone.
type End = Option<(u16, &'static str)>;

const LEAVING: End = Some((close_code::AWAY, "the server stops; come back in a moment"));
const STALLED: End = Some((close_code::POLICY, "the client takes or says nothing"));
const ERRORS: End = Some((close_code::POLICY, "too many messages that are not understood"));
const TOO_LONG: End = Some((close_code::SIZE, "message too long or not WebSocket"));

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
        batches: mpsc::channel(1),
        errors: 0,
        format,
        socket,
        app,
    };
    if let ControlFlow::Break(Some((code, reason))) = connection.run().await {
        let reason = Utf8Bytes::from_static(reason);
        let close = Message::Close(Some(CloseFrame { code, reason }));
        // The client may be gone, or not read: then there is nobody to tell.
        let _ = timeout(CLOSE_TIMEOUT, connection.socket.send(close)).await;
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
    /// What the readers have read. They wait while there is something.
    batches: (mpsc::Sender<ReadBatch>, mpsc::Receiver<ReadBatch>),
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
        let mut ping = interval(Duration::from_millis(push.ping_interval_ms));
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
                Some((number, read)) = self.batches.1.recv(), if !self.readers.is_empty() => {
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
                return ControlFlow::Break(TOO_LONG);
            }
        };
        match serde_json::from_str(&text) {
            Ok(ClientMessage::Subscribe(mut subscribe)) => match self.subscribe(&mut subscribe) {
                Ok(Some(frame)) => self.push(frame).await,
                Ok(None) => ControlFlow::Continue(()),
                Err(problem) => self.complain(Some(&subscribe.id), &problem).await,
            },
            Ok(ClientMessage::SubscribeEvents(mut subscribe)) => {
                match self.subscribe_events(&mut subscribe).await {
                    Ok(()) => ControlFlow::Continue(()),
                    Err(problem) => self.complain(Some(&subscribe.id), &problem).await,
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

    /// The first frame of a subscription, unless it has to wait for the view.
    fn subscribe(&mut self, subscribe: &mut Subscribe) -> Result<Option<Frame>, Problem> {
        let asked = subscribe.asked();
        let Subscribe { id, region, layers, resume, .. } = subscribe;
        let live = Arc::clone(self.app.known_region(region)?);
        self.readers.retain(|reading| reading.id != *id);
        let layers = message::layers(layers.iter().map(String::as_str))?;
        let selection = Selection::watched(&asked, layers, &live)?;
        let resume = resume.as_deref().map(str::parse).transpose()?;
        let known = self.subscriptions.iter_mut().position(|known| known.id() == id);
        if let Some(index) = known
            && resume.is_none()
            && self.subscriptions[index].is_of(&live)
        {
            return self.subscriptions[index].select(selection);
        }
        self.check_id(id, known.is_some())?;
        let limits = Limits::of(&self.app.options.push);
        let mut subscription = Subscription::new(id.clone(), live, selection, limits, resume);
        let frame = subscription.advance()?;
        match known {
            Some(index) => self.subscriptions[index] = subscription,
            None => self.subscriptions.push(subscription),
        }
        Ok(frame)
    }

    async fn subscribe_events(&mut self, subscribe: &mut SubscribeEvents) -> Result<(), Problem> {
        let asked = subscribe.asked();
        let id = subscribe.id.clone();
        let live = Arc::clone(self.app.known_region(&subscribe.region)?);
        let is_known = self.readers.iter().any(|reading| reading.id == id)
            || self.subscriptions.iter().any(|known| known.id() == id);
        self.check_id(&id, is_known)?;
        let mut reader = EventReader::open(id.clone(), &live, &asked).await?;
        self.subscriptions.retain(|known| known.id() != id);
        self.readers.retain(|reading| reading.id != id);
        self.readers_opened += 1;
        let (batches, number) = (self.batches.0.clone(), self.readers_opened);
        let task = tokio::spawn(async move {
            loop {
                let read = reader.next().await;
                let is_over = read.is_err();
                if batches.send((number, read)).await.is_err() || is_over {
                    return;
                }
            }
        });
        self.readers.push(Reading { id, number, task: task.abort_handle() });
        Ok(())
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
            match subscription.advance() {
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
        let message = if frame.objects() > OBJECTS_INLINE_MAX {
            let encoding = tokio::task::spawn_blocking(move || format.frame(&frame, told));
            encoding.await.unwrap_or_else(|error| Err(Problem::internal(&error)))
        } else {
            format.frame(&frame, told)
        };
        let Ok(message) = message else {
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
