//! The mqtt transport against a real broker, through live feeds onto a real log.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use events::{Connection, LogRecord};
use ingest::RegionConfig;
use ingest::transport::{SourceContext, transport};
use stream::EmbeddedLog;
use tokio_util::sync::CancellationToken;

use super::broker::{Broker, free_port, make_certificates};
use super::fixture::{
    START_MS, TickingClock, accounted, events_of, hfp_feed, is, log, message, read_until, region,
    statuses_of, tally_of, was,
};

/// A feed with one mqtt source. Its events are of long ago and its clock ticks when it is read, so
/// verdicts on time are off.
fn feed(name: &str, port: u16, options: &str) -> String {
    let keys = "stale_after_s = 315360000\nfuture_after_s = 315360000\nidle_after_s = 315360000";
    let options = if options.contains("topics") {
        options.to_owned()
    } else {
        format!("{options}\ntopics = [\"/hfp/#\"]")
    };
    let url = if options.contains("url") { String::new() } else { url("mqtt", port) };
    hfp_feed(name, keys)
        + "[[feed.source]]\nname = \"broker\"\ntransport = \"mqtt\"\n[feed.source.options]\n\
           retry_min_s = 0.1\nretry_max_s = 0.2\nconnects_per_min_max = 6000\n"
        + &format!("{url}{options}\n")
}

fn url(scheme: &str, port: u16) -> String {
    format!("url = \"{scheme}://127.0.0.1:{port}\"\n")
}

/// Live feeds of one region on a log.
struct Live {
    log: Arc<EmbeddedLog>,
    shutdown: CancellationToken,
    task: tokio::task::JoinHandle<Result<(), ingest::IngestError>>,
    _directory: tempfile::TempDir,
}

impl Live {
    fn start(region: RegionConfig) -> Self {
        let (directory, log) = log();
        let shutdown = CancellationToken::new();
        let run = {
            let (log, shutdown) = (Arc::clone(&log), shutdown.clone());
            let clock = TickingClock::new(START_MS);
            async move { ingest::run_feeds(log, &[region], clock, shutdown).await }
        };
        Self { log, shutdown, task: tokio::spawn(run), _directory: directory }
    }

    async fn until(&self, is_enough: impl FnMut(&[LogRecord]) -> bool) -> Vec<LogRecord> {
        read_until(self.log.as_ref(), "test", is_enough).await
    }

    async fn until_live(&self, feed: &str) {
        self.until(|records| is(records, feed, Connection::Live)).await;
    }

    /// Ends in good order and gives all records.
    async fn stop(mut self) -> Vec<LogRecord> {
        self.shutdown.cancel();
        (&mut self.task).await.unwrap().unwrap();
        let bounds = stream::Log::bounds(self.log.as_ref(), "events", "test").await.unwrap();
        let count = usize::try_from(bounds.next).unwrap();
        self.until(|records| records.len() >= count).await
    }
}

fn vehicles(records: &[LogRecord], feed: &str) -> Vec<String> {
    events_of(records, feed).map(|event| event.entity.to_string()).collect()
}

fn has_vehicle(records: &[LogRecord], feed: &str, vehicle: u32) -> bool {
    vehicles(records, feed).contains(&format!("0018/{vehicle:05}"))
}

async fn publish(broker: &Broker, vehicle: u32) {
    let message = message(vehicle, START_MS);
    broker.publish(&message.topic(), message.payload()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_of_many_topics_come_once_each() {
    let Some(broker) = Broker::start("").await else { return };
    let topics = (1..=80).map(|n| format!("\"/hfp/+/+/+/+/+/+/{n:05}/#\"")).collect::<Vec<_>>();
    let options = format!("qos = 1\ntopics = [{}]", topics.join(", "));
    let live = Live::start(region("test", &feed("buses", broker.port, &options)));
    live.until_live("buses").await;
    for vehicle in [1, 40, 80, 81, 2] {
        publish(&broker, vehicle).await;
    }
    live.until(|records| has_vehicle(records, "buses", 2)).await;
    let records = live.stop().await;
    assert_eq!(
        vehicles(&records, "buses"),
        ["0018/00001", "0018/00040", "0018/00080", "0018/00002"]
    );
    let last = statuses_of(&records, "buses").last().unwrap();
    assert_eq!((last.received_total, accounted(&records, "buses")), (4, 4));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_copy_is_kept_when_filters_overlap_and_all_when_they_do_not() {
    let Some(broker) = Broker::start("").await else { return };
    let overlapping = "topics = [\"/hfp/#\", \"/hfp/v2/journey/+/vp/#\", \"#\"]";
    let apart = "topics = [\"/hfp/v2/journey/#\", \"/other/#\"]";
    let feeds = feed("overlap", broker.port, overlapping) + &feed("apart", broker.port, apart);
    let live = Live::start(region("test", &feeds));
    live.until_live("overlap").await;
    live.until_live("apart").await;
    // The same message twice in a row is what a broker does with overlapping filters.
    for vehicle in [1, 1, 2, 1, 3] {
        publish(&broker, vehicle).await;
    }
    live.until(|records| has_vehicle(records, "overlap", 3) && has_vehicle(records, "apart", 3))
        .await;
    let records = live.stop().await;
    let apart = vehicles(&records, "apart");
    assert_eq!(apart, ["1", "1", "2", "1", "3"].map(|vehicle| format!("0018/0000{vehicle}")));
    let mut once = vehicles(&records, "overlap");
    once.dedup();
    assert_eq!(once[..2], ["0018/00001", "0018/00002"].map(str::to_owned));
    assert_eq!(vehicles(&records, "overlap").iter().filter(|v| *v == "0018/00003").count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_dies_is_found_again() {
    let Some(mut broker) = Broker::start("").await else { return };
    let live = Live::start(region("test", &feed("buses", broker.port, "")));
    live.until_live("buses").await;
    for round in 1..=3 {
        publish(&broker, round).await;
        live.until(|records| has_vehicle(records, "buses", round)).await;
        broker.kill();
        let records = live.until(|records| is(records, "buses", Connection::Down)).await;
        let error = statuses_of(&records, "buses").last().unwrap().error.clone().unwrap();
        assert!(error.starts_with("broker: mqtt://127.0.0.1"), "{error}");
        assert!(broker.run().await);
        live.until_live("buses").await;
    }
    publish(&broker, 9).await;
    live.until(|records| has_vehicle(records, "buses", 9)).await;
    let records = live.stop().await;
    assert_eq!(accounted(&records, "buses"), 4);
    assert!(was(&records, "buses", Connection::Starting));
}

#[tokio::test]
async fn a_broker_that_drops_every_connection_is_tried_once_an_error() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let connections = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&connections);
    tokio::spawn(async move {
        loop {
            drop(listener.accept().await.unwrap());
            counted.fetch_add(1, Ordering::Relaxed);
        }
    });
    let context = SourceContext {
        feed: "buses".into(),
        source: "broker".into(),
        clock: TickingClock::new(START_MS),
        hosts: Arc::default(),
        payload_bytes_max: 1 << 20,
    };
    let options = format!(
        "{}topics = [\"#\"]\nretry_min_s = 0.1\nconnects_per_min_max = 6000",
        url("mqtt", port)
    );
    let options = toml::from_str(&options).unwrap();
    let mut transport = transport("mqtt").unwrap().open(context, &options).unwrap();
    for failures in 1..=4 {
        let error = transport.next().await.unwrap_err().to_string();
        assert!(error.contains("next try in"), "{error}");
        assert!(connections.load(Ordering::Relaxed) <= failures);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_huge_message_is_named_and_the_feed_goes_on() {
    let Some(broker) = Broker::start("").await else { return };
    let feeds = feed("small", broker.port, "packet_bytes_max = 4096")
        + &feed("other", broker.port, "packet_bytes_max = 67108864");
    let live = Live::start(region("test", &feeds));
    live.until_live("small").await;
    live.until_live("other").await;
    publish(&broker, 1).await;
    broker.publish("/hfp/huge", vec![b'x'; 20 << 20]).await;
    live.until(|records| tally_of(records, "small", "too_large") == 1).await;
    let records = live.until(|records| was(records, "small", Connection::Down)).await;
    let errors: Vec<_> =
        statuses_of(&records, "small").filter_map(|status| status.error.clone()).collect();
    assert!(errors[0].contains("is over packet_bytes_max 4096"), "{errors:?}");
    live.until_live("small").await;
    publish(&broker, 2).await;
    live.until(|records| has_vehicle(records, "small", 2) && has_vehicle(records, "other", 2))
        .await;
    let records = live.stop().await;
    assert_eq!((accounted(&records, "small"), accounted(&records, "other")), (3, 3));
    assert_eq!(tally_of(&records, "other", "too_large"), 1);
    assert!(!was(&records, "other", Connection::Down));
}

#[tokio::test(flavor = "multi_thread")]
async fn garbage_and_broken_neighbours_leave_good_messages_alone() {
    let Some(broker) = Broker::start("").await else { return };
    let nobody = "[[feed.source]]\nname = \"gone\"\ntransport = \"mqtt\"\n\
                  options = { url = \"mqtt://127.0.0.1:1\", topics = [\"#\"] }\n";
    let secret = "username_env = \"TILANNE_TEST_NO_USER\"\npassword_env = \"TILANNE_TEST_NO_USER\"";
    let feeds = feed("good", broker.port, "")
        + &hfp_feed("gone", "")
        + nobody
        + &feed("secret", broker.port, secret);
    let live = Live::start(region("test", &feeds));
    live.until_live("good").await;
    publish(&broker, 1).await;
    for garbage in [&b""[..], b"{", b"\xff\xfe\x00", b"{\"VP\":{}}", b"<html></html>", b"[]"] {
        broker.publish("/hfp/v2/journey/ongoing/vp/bus/0018/00001", garbage).await;
    }
    publish(&broker, 2).await;
    live.until(|records| has_vehicle(records, "good", 2)).await;
    live.until(|records| is(records, "gone", Connection::Down)).await;
    let records = live.until(|records| is(records, "secret", Connection::Down)).await;
    let error = statuses_of(&records, "secret").last().unwrap().error.clone().unwrap();
    assert!(error.contains("variable TILANNE_TEST_NO_USER is not set"), "{error}");
    let records = live.stop().await;
    assert_eq!((vehicles(&records, "good").len(), accounted(&records, "good")), (2, 8));
    assert!(!was(&records, "good", Connection::Down));
}

#[tokio::test(flavor = "multi_thread")]
async fn secure_connections_trust_the_given_authority_only() {
    let lines = "certfile {directory}/server.pem\nkeyfile {directory}/server.key\n";
    let certificates = tempfile::tempdir().unwrap();
    if !make_certificates(certificates.path()) {
        println!("skipped: no openssl");
        return;
    }
    let lines = lines.replace("{directory}", &certificates.path().display().to_string());
    let Some(broker) = Broker::start(&lines).await else { return };
    let url = url("mqtts", broker.port);
    let ca_file = certificates.path().join("ca.pem");
    let trusting = format!("{url}ca_file = {:?}", ca_file.display().to_string());
    let feeds = feed("trusting", 0, &trusting) + &feed("strict", 0, &url);
    let live = Live::start(region("test", &feeds));
    live.until_live("trusting").await;
    let records = live.until(|records| is(records, "strict", Connection::Down)).await;
    let error = statuses_of(&records, "strict").last().unwrap().error.clone().unwrap();
    assert!(error.contains("certificate"), "{error}");
    let message = message(1, START_MS);
    let ca_file = ca_file.display().to_string();
    let topic = message.topic();
    broker.publish_with(&topic, message.payload(), &["--cafile", &ca_file]).await;
    live.until(|records| has_vehicle(records, "trusting", 1)).await;
    live.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_come_through_a_web_socket() {
    let port = free_port();
    let lines = format!("listener {port} 127.0.0.1\nprotocol websockets\nallow_anonymous true");
    let Some(broker) = Broker::start(&lines).await else { return };
    let live = Live::start(region("test", &feed("buses", 0, &url("ws", port))));
    live.until_live("buses").await;
    publish(&broker, 1).await;
    live.until(|records| has_vehicle(records, "buses", 1)).await;
    live.stop().await;
}
