//! One client of the stream: reads its messages, sends its frames.
//!
//! Frames are made only when the socket has taken the one before, from whatever has changed until
//! then: a slow client gets fewer frames with the newest state, costs one frame and the list of the
//! ids that it has, and delays nobody.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket, close_code};
use axum::http::StatusCode;
use tokio::sync::{OwnedSemaphorePermit, watch};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until, timeout};

use super::message::{self, ClientMessage, Frame};
use super::subscription::{Limits, Selection, Subscription};
use crate::app::App;
use crate::problem::Problem;
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
pub(crate) async fn serve(app: Arc<App>, socket: WebSocket, permit: OwnedSemaphorePermit) {
    let _present = Present::new(permit);
    let mut connection = Connection { subscriptions: Vec::new(), errors: 0, socket, app };
    if let ControlFlow::Break(Some((code, reason))) = connection.run().await {
        let reason = Utf8Bytes::from_static(reason);
        let close = Message::Close(Some(CloseFrame { code, reason }));
        // The client may be gone, or not read: then there is nobody to tell.
        let _ = timeout(CLOSE_TIMEOUT, connection.socket.send(close)).await;
    }
}

/// Counts a client while it is there, whatever ends it.
struct Present {
    _permit: OwnedSemaphorePermit,
}

impl Present {
    fn new(permit: OwnedSemaphorePermit) -> Self {
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
    subscriptions: Vec<Subscription>,
    errors: usize,
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
            Ok(ClientMessage::Subscribe { id, region, layers, bbox }) => {
                match self.subscribe(&id, &region, &layers, bbox) {
                    Ok(frame) => self.push(frame).await,
                    Err(problem) => self.complain(Some(&id), &problem).await,
                }
            }
            Ok(ClientMessage::Unsubscribe { id }) => {
                let before = self.subscriptions.len();
                self.subscriptions.retain(|subscription| subscription.id() != id);
                if self.subscriptions.len() < before {
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

    fn subscribe(
        &mut self,
        id: &str,
        region: &str,
        layers: &[String],
        bbox: Option<network::BoundingBox>,
    ) -> Result<Frame, Problem> {
        if id.is_empty() || id.len() > ID_BYTES_MAX {
            let detail = format!("id: it must have 1 to {ID_BYTES_MAX} bytes");
            return Err(Problem::bad_request(detail));
        }
        let push = &self.app.options.push;
        let limits =
            Limits { objects_max: push.objects_max, frame_objects_max: push.frame_objects_max };
        let live = self.app.known_region(region)?;
        let layers = message::layers(layers)?;
        let selection = Selection { layers, bbox };
        let known = self.subscriptions.iter_mut().find(|known| known.id() == id);
        if let Some(known) = known {
            if known.is_of(live) {
                return known.select(selection);
            }
            let open = Subscription::open(id.into(), Arc::clone(live), selection, limits);
            let (subscription, frame) = open?;
            *known = subscription;
            return Ok(frame);
        }
        if self.subscriptions.len() >= push.subscriptions_max {
            let detail = format!("a client has at most {} subscriptions", push.subscriptions_max);
            return Err(Problem::bad_request(detail));
        }
        let open = Subscription::open(id.into(), Arc::clone(live), selection, limits);
        let (subscription, frame) = open?;
        self.subscriptions.push(subscription);
        Ok(frame)
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
        let (origin, time_ms) = (self.app.origin, self.app.now_ms());
        let text = if frame.objects() > OBJECTS_INLINE_MAX {
            let encoding = tokio::task::spawn_blocking(move || frame.encode(origin, time_ms));
            encoding.await.unwrap_or_else(|error| Err(Problem::internal(&error)))
        } else {
            frame.encode(origin, time_ms)
        };
        let Ok(text) = text else {
            return ControlFlow::Break(Some((close_code::ERROR, "a frame could not be made")));
        };
        metrics::counter!(telemetry::FRAMES, "kind" => kind).increment(1);
        metrics::counter!(telemetry::FRAME_BYTES).increment(text.len() as u64);
        self.send(Message::Text(text)).await
    }

    /// Answers with a problem. Too many messages that are not understood end the connection; one
    /// that is understood but asks for too much, or for what is gone, does not count.
    async fn complain(&mut self, id: Option<&str>, problem: &Problem) -> ControlFlow<End> {
        metrics::counter!(telemetry::CLIENT_ERRORS).increment(1);
        self.errors += usize::from(problem.status == StatusCode::BAD_REQUEST.as_u16());
        let Ok(text) = message::error(id, problem) else {
            return ControlFlow::Break(ERRORS);
        };
        self.send(Message::Text(text)).await?;
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
