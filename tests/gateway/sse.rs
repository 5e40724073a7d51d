//! A reader of server-sent events.

use serde_json::Value;
use tokio::time::timeout;

use super::support::{HANG, Server};

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

    /// The next one; none when the stream has ended.
    pub(crate) async fn next(&mut self) -> Option<SentEvent> {
        loop {
            if let Some((block, rest)) = self.unread.split_once("\n\n") {
                let mut event = SentEvent::default();
                for line in block.lines() {
                    match line.split_once(": ").unwrap_or((line, "")) {
                        ("event", name) => event.name = name.into(),
                        ("id", id) => event.id = id.into(),
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
