//! A real headless Chromium, driven over its DevTools protocol.

use std::process::{Command, Stdio};
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

use super::process::{Folder, Running, block_on, client, wait_for};

const ARGUMENTS: [&str; 12] = [
    "--headless",
    "--no-sandbox",
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--remote-debugging-port=0",
    "--window-size=1280,800",
];

/// A page in a browser of its own.
pub(super) struct Page {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    runtime: tokio::runtime::Runtime,
    calls: u64,
    _browser: Running,
    _profile: Folder,
}

impl Page {
    /// Opens an address.
    pub(super) fn open(url: &str) -> Self {
        let profile = Folder::new();
        let browser = Command::new("chromium")
            .args(ARGUMENTS)
            .arg(format!("--user-data-dir={}", profile.0.display()))
            .arg("about:blank")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromium starts: `cargo xtask packages` installs it");
        let browser = Running(browser);
        let file = profile.0.join("DevToolsActivePort");
        let port = wait_for("the browser's debugging port", || {
            std::fs::read_to_string(&file).ok()?.lines().next().map(str::to_owned)
        });
        let target = wait_for("the browser's page", || page_target(&port));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let (socket, _) = runtime.block_on(tokio_tungstenite::connect_async(target)).unwrap();
        let mut page = Self { socket, runtime, calls: 0, _browser: browser, _profile: profile };
        page.call("Page.enable", &json!({}));
        page.call("Page.navigate", &json!({ "url": url }));
        page
    }

    /// Value of a JavaScript expression; null when it throws.
    pub(super) fn evaluate(&mut self, expression: &str) -> Value {
        let parameters =
            json!({ "expression": expression, "returnByValue": true, "awaitPromise": true });
        self.call("Runtime.evaluate", &parameters)["result"]["value"].take()
    }

    /// Waits until an expression is true.
    pub(super) fn wait_until(&mut self, what: &str, expression: &str) {
        wait_for(what, || (self.evaluate(expression) == json!(true)).then_some(()));
    }

    /// The page as a PNG, base64.
    pub(super) fn screenshot(&mut self) -> String {
        let mut answer = self.call("Page.captureScreenshot", &json!({ "format": "png" }));
        answer["data"].take().as_str().unwrap_or_default().to_owned()
    }

    fn call(&mut self, method: &str, parameters: &Value) -> Value {
        self.calls += 1;
        let id = self.calls;
        let request = json!({ "id": id, "method": method, "params": parameters }).to_string();
        let Self { socket, runtime, .. } = self;
        runtime.block_on(async {
            socket.send(Message::text(request)).await.unwrap();
            let answer = async {
                loop {
                    let message = socket.next().await.unwrap().unwrap();
                    let Ok(text) = message.to_text() else { continue };
                    let mut answer: Value = serde_json::from_str(text).unwrap_or_default();
                    if answer["id"] == id {
                        return answer["result"].take();
                    }
                }
            };
            let patience = Duration::from_mins(1);
            tokio::time::timeout(patience, answer).await.expect("the browser answers")
        })
    }
}

fn page_target(port: &str) -> Option<String> {
    let url = format!("http://127.0.0.1:{port}/json/list");
    let list = block_on(async { client().get(url).send().await.ok()?.text().await.ok() })?;
    let list: Vec<Value> = serde_json::from_str(&list).ok()?;
    let page = list.into_iter().find(|target| target["type"] == "page")?;
    page["webSocketDebuggerUrl"].as_str().map(str::to_owned)
}
