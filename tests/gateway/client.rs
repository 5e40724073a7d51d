//! Clients of the streams: WebSocket and server-sent events.

use axum::http::header;
use events::wire;
use futures_util::{SinkExt, StreamExt};
use prost::Message as _;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

use super::support::{HANG, REGION, Server};

/// A client of the stream.
pub(crate) struct Client(pub(crate) WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Client {
    pub(crate) async fn connect(server: &Server) -> Self {
        let url = format!("ws://{}/v1/stream", server.address);
        Self(tokio_tungstenite::connect_async(url).await.unwrap().0)
    }

    pub(crate) async fn say(&mut self, message: &Value) {
        self.0.send(Message::text(message.to_string())).await.unwrap();
    }

    pub(crate) async fn subscribe(&mut self, layers: &[&str], bbox: Value) {
        let message = json!({
            "type": "subscribe", "id": "map", "region": REGION, "layers": layers, "bbox": bbox,
        });
        self.say(&message).await;
    }

    /// A client that speaks a subprotocol.
    pub(crate) async fn connect_as(server: &Server, subprotocol: &str) -> Self {
        let url = format!("ws://{}/v1/stream", server.address);
        let mut request = url.into_client_request().unwrap();
        let header = subprotocol.parse().unwrap();
        request.headers_mut().insert(header::SEC_WEBSOCKET_PROTOCOL, header);
        let (socket, response) = tokio_tungstenite::connect_async(request).await.unwrap();
        assert_eq!(response.headers()[header::SEC_WEBSOCKET_PROTOCOL], subprotocol);
        Self(socket)
    }

    /// The next message that is not a ping.
    pub(crate) async fn message(&mut self) -> Message {
        loop {
            let message = timeout(HANG, self.0.next()).await;
            match message.expect("a message comes").unwrap().unwrap() {
                Message::Ping(_) | Message::Pong(_) => {}
                message => return message,
            }
        }
    }

    /// The next frame.
    pub(crate) async fn frame(&mut self) -> Value {
        match self.message().await {
            Message::Text(text) => serde_json::from_str(&text).unwrap(),
            other => panic!("not a frame: {other:?}"),
        }
    }

    /// The next frame, of the protobuf subprotocol.
    pub(crate) async fn binary_frame(&mut self) -> wire::StreamMessage {
        match self.message().await {
            Message::Binary(bytes) => wire::StreamMessage::decode(bytes).unwrap(),
            other => panic!("not a frame: {other:?}"),
        }
    }
}

/// Reads server-sent events.
pub(crate) struct Events {
    response: reqwest::Response,
    unread: String,
}

/// A server-sent event.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct SentEvent {
    pub(crate) name: String,
    pub(crate) id: String,
    pub(crate) retry: String,
    pub(crate) data: String,
}

impl SentEvent {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.data).unwrap()
    }
}

impl Events {
    pub(crate) async fn open(server: &Server, path: &str, cursor: Option<&str>) -> Self {
        let url = format!("http://{}{path}", server.address);
        let _ = rustls::crypto::ring::default_provider().install_default();
        let request = reqwest::Client::new().get(url).header("accept", "text/event-stream");
        let request = match cursor {
            Some(cursor) => request.header("last-event-id", cursor),
            None => request,
        };
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 200, "{path}");
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self { response, unread: String::new() }
    }

    /// What passes: a problem that says when to come back, and the end.
    pub(crate) async fn passing(mut self) -> Value {
        let problem = self.next().await.unwrap();
        assert_eq!((problem.name.as_str(), problem.retry.as_str()), ("problem", "5000"));
        assert_eq!(self.next().await, None, "a browser comes back to what has ended");
        problem.json()
    }

    /// The next one; none when the stream has ended.
    pub(crate) async fn next(&mut self) -> Option<SentEvent> {
        loop {
            if let Some((block, rest)) = self.unread.split_once("\n\n") {
                let mut event = SentEvent::default();
                for line in block.lines() {
                    match line.split_once(": ").unwrap_or((line, "")) {
                        ("event", name) => event.name = name.into(),
                        ("id", id) => event.id = id.into(),
                        ("retry", retry_ms) => event.retry = retry_ms.into(),
                        ("data", data) => event.data = data.into(),
                        other => panic!("{other:?}"),
                    }
                }
                self.unread = rest.into();
                return Some(event);
            }
            let chunk = timeout(HANG, self.response.chunk()).await.expect("an event comes");
            self.unread += std::str::from_utf8(&chunk.ok()??).unwrap();
        }
    }
}
