//! What only the log in Kafka does: topics, credentials, schemas, appends that were cut off.

use std::time::Duration;

use bytes::Bytes;
use rdkafka::config::ClientConfig;
use rdkafka::message::{Header, Headers, Message, OwnedHeaders};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use stream::{
    Append, KafkaLog, KafkaOptions, Log, Mechanism, Sasl, StreamError, Tls, apply_topics, topic,
};

use super::broker;
use crate::logs::Backend;

const REGION: &str = "helsinki";
const PATIENCE: Option<Duration> = Some(Duration::from_secs(3));

fn options() -> (KafkaOptions, tempfile::TempDir) {
    let directory = tempfile::tempdir().unwrap();
    let options = KafkaOptions {
        bootstrap_servers: broker::shared().plain.clone(),
        topic_prefix: broker::prefix(),
        checkpoint_directory: Some(directory.path().to_owned()),
        ..KafkaOptions::default()
    };
    (options, directory)
}

fn regions(names: &[&str]) -> Vec<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

async fn refusal(options: &KafkaOptions) -> String {
    match KafkaLog::connect(options.clone(), PATIENCE).await {
        Ok(_) => panic!("it connected"),
        Err(error) => error.to_string(),
    }
}

fn producer() -> BaseProducer {
    ClientConfig::new().set("bootstrap.servers", &broker::shared().plain).create().unwrap()
}

#[tokio::test]
async fn topics_are_made_once_and_regions_keep_their_partitions() {
    let (options, _directory) = options();
    let first = apply_topics(&options, &regions(&["turku", "oulu"]), "one", false).await.unwrap();
    assert_eq!(first.changes.len(), 6 + 1 + 2, "{first:?}");
    let again = apply_topics(&options, &regions(&["turku", "oulu"]), "two", false).await.unwrap();
    assert_eq!(again.changes, Vec::<String>::new());
    let log = KafkaLog::connect(options.clone(), PATIENCE).await.unwrap();
    assert_eq!(log.epoch(), "one");

    let wanted = regions(&["helsinki", "turku", "tampere"]);
    let check = apply_topics(&options, &wanted, "three", true).await.unwrap();
    assert!(check.changes.iter().any(|line| line.contains("region helsinki")), "{check:?}");
    let missing = log.sink(topic::EVENTS, "helsinki").await.err().unwrap().to_string();
    assert!(missing.contains("helsinki has no partition"), "{missing}");
    let grown = apply_topics(&options, &wanted, "three", false).await.unwrap();
    let said = |text: &str| grown.changes.iter().chain(&grown.unchanged).any(|line| line == text);
    assert!(said("region turku: partition 0"), "{grown:?}");
    assert!(said("region helsinki: gets partition 2"), "{grown:?}");
    assert!(said("region tampere: gets partition 3"), "{grown:?}");
    let log = KafkaLog::connect(options.clone(), PATIENCE).await.unwrap();
    assert_eq!(log.epoch(), "one");
    for region in ["helsinki", "oulu", "tampere", "turku"] {
        let sink = log.sink(topic::PICTURE, region).await.unwrap();
        sink.append_keyed(vec![("a/b".into(), region.to_owned().into())]).await.unwrap();
    }
}

/// As when two processes of a new deployment apply before they start.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_several_first_applies_one_makes_the_log() {
    let (options, _directory) = options();
    let names = regions(&["helsinki", "oulu"]);
    let applies =
        ["one", "two", "three", "four"].map(|epoch| apply_topics(&options, &names, epoch, false));
    let done = futures_util::future::try_join_all(applies).await.unwrap();
    let log = KafkaLog::connect(options.clone(), PATIENCE).await.unwrap();
    let began = done.iter().flat_map(|applied| &applied.changes);
    let began = began.filter_map(|line| line.strip_prefix("a new log begins: epoch "));
    let began: Vec<&str> = began.collect();
    assert!(!began.is_empty() && began.iter().all(|epoch| *epoch == log.epoch()), "{began:?}");
}

/// The last record of each key of the topic `control`: what compaction leaves.
fn last_of_control(options: &KafkaOptions) -> std::collections::BTreeMap<String, String> {
    use rdkafka::consumer::{BaseConsumer, Consumer};
    let consumer: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", &options.bootstrap_servers)
        .set("group.id", "nobody")
        .create()
        .unwrap();
    let name = options.topic("control");
    let patience = Duration::from_secs(30);
    let (_, end) = consumer.fetch_watermarks(&name, 0, patience).unwrap();
    let mut assignment = rdkafka::TopicPartitionList::new();
    assignment.add_partition_offset(&name, 0, rdkafka::Offset::Beginning).unwrap();
    consumer.assign(&assignment).unwrap();
    let mut last = std::collections::BTreeMap::new();
    loop {
        let message = consumer.poll(patience).unwrap().unwrap();
        let text = |bytes: Option<&[u8]>| String::from_utf8(bytes.unwrap().to_vec()).unwrap();
        last.insert(text(message.key()), text(message.payload()));
        if message.offset() + 1 >= end {
            return last;
        }
    }
}

/// What another process wrote that had read the topic before the first one wrote.
#[tokio::test]
async fn what_was_applied_late_does_not_hold_and_is_written_over() {
    let (options, _directory) = options();
    apply_topics(&options, &regions(&["turku"]), "one", false).await.unwrap();
    let (producer, control) = (producer(), options.topic("control"));
    for (key, value) in [("epoch", "two"), ("partition/turku", "1"), ("partition/oulu", "0")] {
        let headers = OwnedHeaders::new().insert(Header { key: "after", value: Some("") });
        let record = BaseRecord::to(&control).partition(0).key(key).payload(value);
        producer.send(record.headers(headers)).map_err(|(error, _)| error).unwrap();
    }
    producer.flush(Duration::from_secs(30)).unwrap();
    let log = KafkaLog::connect(options.clone(), PATIENCE).await.unwrap();
    assert_eq!((log.epoch(), log.regions()), ("one", regions(&["turku"])));
    let wanted = regions(&["oulu", "turku"]);
    let applied = apply_topics(&options, &wanted, "three", false).await.unwrap();
    let said =
        |text: &str| applied.changes.iter().chain(&applied.unchanged).any(|line| line == text);
    assert!(
        said("region turku: partition 0") && said("region oulu: gets partition 1"),
        "{applied:?}"
    );
    let log = KafkaLog::connect(options.clone(), PATIENCE).await.unwrap();
    assert_eq!((log.epoch(), log.regions()), ("one", wanted));
    let last = last_of_control(&options);
    let last: Vec<_> = last.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    assert_eq!(last, [("epoch", "one"), ("partition/oulu", "1"), ("partition/turku", "0")]);
}

#[tokio::test]
async fn a_setting_that_differs_is_set_and_others_stay() {
    let (options, _directory) = options();
    apply_topics(&options, &regions(&[REGION]), "one", false).await.unwrap();
    let name = options.topic(topic::EVENTS);
    let server = &broker::shared().plain;
    let alter = |setting: &str| {
        broker::tool(
            "kafka.admin.ConfigCommand",
            &["--bootstrap-server", server, "--alter", "--topic", &name, "--add-config", setting],
        )
    };
    alter("retention.ms=1000");
    alter("segment.bytes=1048576");
    let check = apply_topics(&options, &regions(&[REGION]), "one", true).await.unwrap();
    assert_eq!(check.changes, [format!("topic {name}: retention.ms from 1000 to 86400000")]);
    apply_topics(&options, &regions(&[REGION]), "one", false).await.unwrap();
    let told = broker::tool(
        "kafka.admin.ConfigCommand",
        &["--bootstrap-server", server, "--describe", "--topic", &name],
    );
    assert!(
        told.contains("retention.ms=86400000") && told.contains("segment.bytes=1048576"),
        "{told}"
    );
}

#[tokio::test]
async fn what_is_missing_is_named() {
    let (options, _directory) = options();
    let error = refusal(&options).await;
    assert!(error.contains("is missing; run `tilanne topics apply`"), "{error}");
    let nobody = KafkaOptions { bootstrap_servers: "127.0.0.1:9".into(), ..options.clone() };
    let error = refusal(&nobody).await;
    assert!(error.contains("brokers 127.0.0.1:9") && error.contains("refused"), "{error}");
}

#[tokio::test]
async fn a_topic_with_too_few_partitions_is_named_and_mended() {
    let (options, _directory) = options();
    apply_topics(&options, &regions(&["turku"]), "one", false).await.unwrap();
    // As if `control` had been there when somebody made the other topics anew.
    let producer = producer();
    let control = options.topic("control");
    let record = BaseRecord::<_, _>::to(&control).partition(0).key("partition/oulu").payload("1");
    producer.send(record).map_err(|(error, _)| error).unwrap();
    producer.flush(Duration::from_secs(30)).unwrap();
    let error = refusal(&options).await;
    let wanted = format!(
        "topic {} has 1 of the 2 partitions that {control} gives to regions; \
         run `tilanne topics apply`",
        options.topic(topic::ALERTS)
    );
    assert!(error.contains(&wanted), "{error}");

    // One more region than there are partitions, and one that is no longer configured.
    let wanted = regions(&["helsinki", "turku"]);
    let applied = apply_topics(&options, &wanted, "two", false).await.unwrap();
    let line = format!("topic {}: 1 to 3 partitions", options.topic(topic::EVENTS));
    assert!(applied.changes.contains(&line), "{applied:?}");
    let log = KafkaLog::connect(options.clone(), PATIENCE).await.unwrap();
    assert_eq!(log.epoch(), "one");
    for region in ["helsinki", "oulu", "turku"] {
        let sink = log.sink(topic::EVENTS, region).await.unwrap();
        let records = vec![Bytes::from(region)];
        assert_eq!(sink.append(Append { records, cursor: None }).await.unwrap(), 0);
    }
}

fn secured(options: &KafkaOptions, password_env: &str) -> KafkaOptions {
    KafkaOptions {
        bootstrap_servers: broker::shared().secured.clone(),
        tls: Some(Tls {
            ca_file: Some(broker::shared().folder.0.join("ca.pem")),
            ..Tls::default()
        }),
        sasl: Some(Sasl {
            mechanism: Mechanism::ScramSha256,
            user: broker::USER.into(),
            password_env: password_env.into(),
            token_file: None,
        }),
        ..options.clone()
    }
}

/// The environment has the password of a Cargo test run, which is not that of the broker: the right one
/// is put there by the process that runs `roles.rs`.
#[tokio::test]
async fn wrong_credentials_and_certificates_are_named() {
    let (options, directory) = options();
    let wrong = secured(&options, "PATH");
    let error = refusal(&wrong).await;
    assert!(error.contains("Authentication failed"), "{error}");
    let unset = secured(&options, "TILANNE_TESTS_HAVE_NO_SUCH_VARIABLE");
    let error = refusal(&unset).await;
    assert!(error.contains("TILANNE_TESTS_HAVE_NO_SUCH_VARIABLE has no password"), "{error}");
    let mut stranger = secured(&options, "PATH");
    stranger.tls = Some(Tls::default());
    let error = refusal(&stranger).await;
    assert!(error.contains("certificate"), "{error}");
    let mut tokens = secured(&options, "PATH");
    tokens.sasl = Some(Sasl {
        mechanism: Mechanism::OauthBearer,
        user: String::new(),
        password_env: String::new(),
        token_file: Some(directory.path().join("no-such-token")),
    });
    let error = refusal(&tokens).await;
    assert!(error.contains("no-such-token"), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_record_of_an_unknown_schema_has_no_payload() {
    let (options, _directory) = options();
    apply_topics(&options, &regions(&[REGION]), "one", false).await.unwrap();
    let log = KafkaLog::connect(options.clone(), PATIENCE).await.unwrap();
    let producer = producer();
    let name = options.topic(topic::EVENTS);
    for schema in ["tilanne.v1.LogRecord", "tilanne.v7.LogRecord", "tilanne.v1.LogRecord"] {
        let headers = OwnedHeaders::new().insert(Header { key: "schema", value: Some(schema) });
        let record = BaseRecord::<(), _>::to(&name).partition(0).payload("something");
        producer.send(record.headers(headers)).map_err(|(error, _)| error).unwrap();
        producer.flush(Duration::from_secs(30)).unwrap();
    }
    let mut source = log.source(topic::EVENTS, REGION, 0).await.unwrap();
    let mut payloads = Vec::new();
    while payloads.len() < 3 {
        let records = source.next(10).await.unwrap();
        payloads.extend(records.into_iter().map(|record| record.payload));
    }
    assert_eq!(payloads, ["something", "", "something"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn deltas_are_messages_with_keys_that_readers_get_as_frames() {
    use rdkafka::consumer::{BaseConsumer, Consumer};
    let backend = Backend::kafka(&[REGION]);
    let log = backend.open().await;
    let sink = log.sink(topic::PICTURE, REGION).await.unwrap();
    assert!(log.is_compacted(topic::PICTURE) && !log.is_compacted(topic::EVENTS));
    sink.append_keyed(vec![("vehicles/a".into(), "one".into())]).await.unwrap();
    let mut source = log.source(topic::PICTURE, REGION, 0).await.unwrap();
    assert_eq!(source.next(1).await.unwrap()[0].payload, "\u{3}one");

    let Backend::Kafka { options, .. } = &backend else { unreachable!() };
    let consumer: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", &options.bootstrap_servers)
        .set("group.id", "nobody")
        .create()
        .unwrap();
    let mut assignment = rdkafka::TopicPartitionList::new();
    let name = options.topic(topic::PICTURE);
    assignment.add_partition_offset(&name, 0, rdkafka::Offset::Beginning).unwrap();
    consumer.assign(&assignment).unwrap();
    let message = consumer.poll(Duration::from_secs(30)).unwrap().unwrap();
    assert_eq!(message.key(), Some(b"vehicles/a".as_slice()));
    assert_eq!(message.payload(), Some(b"one".as_slice()));
    let header = message.headers().unwrap().get(0);
    assert_eq!((header.key, header.value), ("schema", Some(b"tilanne.v1.Delta".as_slice())));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_append_that_was_cut_off_is_not_made_twice() {
    let backend = Backend::kafka(&[REGION]);
    let payload = |number: u32| Bytes::from(format!("record {number}"));
    let payloads = |range: std::ops::Range<u32>| range.map(payload).collect::<Vec<_>>();
    let cursor = |text: &str| Some(("player".to_owned(), Bytes::from(text.to_owned())));
    {
        let log = backend.open().await;
        let sink = log.sink(topic::EVENTS, REGION).await.unwrap();
        sink.append(Append { records: payloads(0..5), cursor: cursor("5") }).await.unwrap();
        // Of the next append only a part has come: the cursor is with its last record.
        sink.append(Append { records: payloads(5..8), cursor: None }).await.unwrap();
        log.close().await.unwrap();
    }
    let log = backend.open().await;
    let sink = log.sink(topic::EVENTS, REGION).await.unwrap();
    assert_eq!(log.cursor(REGION, "player").await.unwrap(), Some("5".into()));
    let first = sink.append(Append { records: payloads(5..7), cursor: cursor("7") }).await.unwrap();
    assert_eq!(first, 5);
    sink.append(Append { records: payloads(7..10), cursor: cursor("10") }).await.unwrap();
    let mut source = log.source(topic::EVENTS, REGION, 0).await.unwrap();
    let mut found = Vec::new();
    while found.len() < 10 {
        found.extend(source.next(100).await.unwrap());
    }
    let found: Vec<_> = found.into_iter().map(|record| record.payload).collect();
    assert_eq!(found, payloads(0..10));
    assert_eq!(log.cursor(REGION, "player").await.unwrap(), Some("10".into()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_retention_took_is_gone_and_says_where_it_begins() {
    use rdkafka::admin::{AdminClient, AdminOptions};
    use rdkafka::client::DefaultClientContext;
    let backend = Backend::kafka(&[REGION]);
    let log = backend.open().await;
    let sink = log.sink(topic::EVENTS, REGION).await.unwrap();
    let records = (0..100).map(|number| Bytes::from(format!("{number}"))).collect();
    sink.append(Append { records, cursor: None }).await.unwrap();
    let Backend::Kafka { options, .. } = &backend else { unreachable!() };
    let admin: AdminClient<DefaultClientContext> =
        ClientConfig::new().set("bootstrap.servers", &options.bootstrap_servers).create().unwrap();
    let mut offsets = rdkafka::TopicPartitionList::new();
    let name = options.topic(topic::EVENTS);
    offsets.add_partition_offset(&name, 0, rdkafka::Offset::Offset(40)).unwrap();
    admin.delete_records(&offsets, &AdminOptions::new()).await.unwrap();
    assert_eq!(log.bounds(topic::EVENTS, REGION).await.unwrap().first, 40);
    let mut source = log.source(topic::EVENTS, REGION, 3).await.unwrap();
    match source.next(10).await {
        Err(StreamError::Gone { wanted, first, .. }) => assert_eq!((wanted, first), (3, 40)),
        other => panic!("{other:?}"),
    }
    let mut source = log.source(topic::EVENTS, REGION, 40).await.unwrap();
    assert_eq!(source.next(1).await.unwrap()[0].payload, "40");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broker_that_is_away_holds_appends_up_and_loses_none() {
    let broker = broker::Broker::start_with("");
    let directory = tempfile::tempdir().unwrap();
    let options = KafkaOptions {
        bootstrap_servers: broker.plain.clone(),
        checkpoint_directory: Some(directory.path().to_owned()),
        ..KafkaOptions::default()
    };
    apply_topics(&options, &regions(&[REGION]), "one", false).await.unwrap();
    let log = KafkaLog::connect(options.clone(), PATIENCE).await.unwrap();
    let writer = tokio::spawn({
        let log = std::sync::Arc::clone(&log);
        async move {
            let sink = log.sink(topic::EVENTS, REGION).await.unwrap();
            for number in 0..400_u32 {
                let records = vec![Bytes::from(number.to_string())];
                sink.append(Append { records, cursor: None }).await.unwrap();
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        }
    });
    for _ in 0..2 {
        tokio::time::sleep(Duration::from_millis(500)).await;
        broker.kill();
        broker.revive();
    }
    writer.await.unwrap();
    let mut source = log.source(topic::EVENTS, REGION, 0).await.unwrap();
    let mut found = Vec::new();
    while found.len() < 400 {
        found.extend(source.next(1_000).await.unwrap());
    }
    let found: Vec<_> = found.iter().map(|record| record.payload.clone()).collect();
    let wanted: Vec<_> = (0..400_u32).map(|number| Bytes::from(number.to_string())).collect();
    assert_eq!(found, wanted);
}
