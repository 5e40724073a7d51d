//! How processes share regions: what they tell each other, and what becomes of a region that fails.

use std::path::PathBuf;
use std::time::Duration;

use rdkafka::TopicPartitionList;
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use stream::{Change, KafkaLog, KafkaOptions, Membership, apply_topics, topic};

use super::broker;
use super::roles::World;
use crate::system::kill::{assert_balanced, assert_same, ended_feeds, hashes};
use crate::system::process::{Server, root, wait_for};

const REGION: &str = "helsinki";

/// The values of a metric's lines that have all these labels.
fn metric(server: &Server, name: &str, labels: &[&str]) -> f64 {
    let (status, text) = server.request("/metrics").unwrap();
    assert_eq!(status, 200, "{text}");
    let lines = text.lines().filter(|line| {
        let is_it = line.strip_prefix(name).is_some_and(|rest| rest.starts_with(['{', ' ']));
        is_it && labels.iter().all(|label| line.contains(label))
    });
    lines.map(|line| line.rsplit(' ').next().unwrap().parse::<f64>().unwrap()).sum()
}

/// What a member of a group has said of itself at the partition of the first region.
fn said(prefix: &str, group: &str) -> Option<String> {
    let consumer: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", &broker::shared().plain)
        .set("group.id", format!("{prefix}{group}"))
        .create()
        .unwrap();
    let mut partitions = TopicPartitionList::new();
    partitions.add_partition(&format!("{prefix}{}", topic::EVENTS), 0);
    let committed = consumer.committed_offsets(partitions, Duration::from_secs(30)).unwrap();
    let elements = committed.elements();
    let said = elements.first().map(|element| element.metadata().to_owned());
    said.filter(|said| !said.is_empty())
}

async fn taken(membership: &mut Membership) -> (String, Option<String>) {
    let change = tokio::time::timeout(Duration::from_mins(1), membership.next()).await;
    match change.unwrap().unwrap() {
        Change::Assigned(region, said) => (region, said),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_next_member_hears_what_the_last_one_said() {
    let directory = tempfile::tempdir().unwrap();
    let options = KafkaOptions {
        bootstrap_servers: broker::shared().plain.clone(),
        topic_prefix: broker::prefix(),
        checkpoint_directory: Some(directory.path().to_owned()),
        session_timeout_ms: 1_500,
        ..KafkaOptions::default()
    };
    apply_topics(&options, &[REGION.to_owned()], "one", false).await.unwrap();
    let log = KafkaLog::connect(options.clone(), None).await.unwrap();
    let mut first = log.join("testers").unwrap();
    assert_eq!(taken(&mut first).await, (REGION.to_owned(), None));
    log.commit(&first, REGION, 0, "version one");
    let prefix = options.topic_prefix.clone();
    let heard =
        tokio::task::spawn_blocking(move || wait_for("the commit", || said(&prefix, "testers")));
    assert_eq!(heard.await.unwrap(), "version one");
    first.leave();
    match first.next().await.unwrap() {
        Change::Revoked(region, done) => {
            assert_eq!(region, REGION);
            done.send(()).unwrap();
        }
        other => panic!("{other:?}"),
    }
    drop(first);
    let mut second = log.join("testers").unwrap();
    let wanted = (REGION.to_owned(), Some("version one".to_owned()));
    assert_eq!(taken(&mut second).await, wanted);
}

#[test]
fn a_region_that_fails_is_tried_again_and_the_others_go_on() {
    let world = World::new(broker::shared(), &broker::prefix(), 8.0);
    let epoch = world.apply();
    let undisturbed = hashes(&world.recording, &world.config);
    // Not even one checkpoint can be read: whoever begins anew would skip what they had.
    let damaged = format!("checkpoints/epoch={epoch}/region=oulu/00000000000000000005.checkpoint");
    let damaged = world.folder.write(&damaged, "damaged");
    let data = world.folder.0.join("all");
    std::fs::create_dir_all(&data).unwrap();
    let server = Server::start(&world.config, &data);
    let of_oulu = ["group=\"processors\"", "region=\"oulu\""];
    wait_for("the second failure", || {
        (metric(&server, "tilanne_region_failures_total", &of_oulu) >= 2.0).then_some(())
    });
    let sequence = || server.get("/v1/regions/helsinki")["region"]["sequence"].as_u64();
    let before = sequence();
    wait_for("another region to go on", || (sequence() > before).then_some(()));
    wait_for("the pause", || {
        (metric(&server, "tilanne_region_failing", &of_oulu) > 0.0).then_some(())
    });
    let log = std::fs::read_to_string(data.with_extension("log")).unwrap();
    let line = log.lines().find(|line| line.contains("region failed")).unwrap();
    assert!(line.contains("oulu") && line.contains("cannot be read"), "{line}");

    std::fs::remove_file(damaged).unwrap();
    let feeds = wait_for("the end of the recording", || ended_feeds(&server));
    assert_balanced(&feeds);
    assert_same(&server, &undisturbed);
    assert!(metric(&server, "tilanne_region_failures_total", &of_oulu) >= 2.0);
    assert!(metric(&server, "tilanne_region_failing", &[]) == 0.0);
}

#[test]
fn a_process_whose_only_region_fails_ends() {
    let world = World::new(broker::shared(), &broker::prefix(), 8.0);
    let folder = root().join("config/regions");
    let region = std::fs::read_to_string(folder.join("oulu.toml")).unwrap();
    world.folder.write("one/oulu.toml", &region);
    let config = without_feeds(&world, "one");
    let world = World { config, ..world };
    let epoch = world.apply();
    let damaged = format!("checkpoints/epoch={epoch}/region=oulu/00000000000000000005.checkpoint");
    world.folder.write(&damaged, "damaged");
    let mut process = world.start("process-1");
    // About two minutes of pauses.
    let status = wait_for_long(|| process.server.process.0.try_wait().unwrap());
    let log = std::fs::read_to_string(world.folder.0.join("process-1.log")).unwrap();
    assert!(!status.success(), "{log}");
    assert!(log.contains("each region that this process has fails; oulu: "), "{log}");
}

/// A store of checkpoints that takes requests and never answers them.
#[test]
fn a_store_that_hangs_does_not_hold_up_who_is_told_to_stop() {
    let world = World::new(broker::shared(), &broker::prefix(), 8.0);
    world.apply();
    let store = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", store.local_addr().unwrap());
    let text = std::fs::read_to_string(&world.config).unwrap();
    let is_place = |line: &&str| line.starts_with("checkpoint_directory");
    let place = text.lines().find(is_place).unwrap();
    let hanging =
        format!("checkpoint_s3 = {{ bucket = \"b\", endpoint = {endpoint:?}, region = \"r\" }}");
    let config = world.folder.write("hanging.toml", &text.replace(place, &hanging));
    let world = World { config, ..world };
    let process = world.start("process-1");
    wait_for("the region", || {
        let labels = ["group=\"processors\"", "region=\"helsinki\""];
        (metric(&process.server, "tilanne_region_owned", &labels) > 0.0).then_some(())
    });
    process.stop();
    let log = std::fs::read_to_string(world.folder.0.join("process-1.log")).unwrap();
    for late in ["not everything ended in time", "before its work has ended in good order"] {
        assert!(!log.contains(late), "{log}");
    }
}

fn wait_for_long<T>(mut ask: impl FnMut() -> Option<T>) -> T {
    for _ in 0..300 {
        if let Some(answer) = ask() {
            return answer;
        }
        std::thread::sleep(Duration::from_secs(1));
    }
    panic!("waited in vain");
}

/// A world's configuration with another folder of regions, and their own feeds only.
fn without_feeds(world: &World, regions: &str) -> PathBuf {
    let text = std::fs::read_to_string(&world.config).unwrap();
    let text = &text[..text.find("[[feeds.").unwrap()];
    let all = format!("regions = '{}'", root().join("config/regions").display());
    assert!(text.contains(&all), "{text}");
    let text = text.replace(&all, &format!("regions = '{regions}'"));
    world.folder.write(&format!("{regions}.toml"), &text)
}

#[test]
fn a_processor_of_another_configuration_is_told_apart() {
    let prefix = broker::prefix();
    let world = World::new(broker::shared(), &prefix, 8.0);
    world.apply();
    let changes = |server: &Server| {
        metric(server, "tilanne_processor_configuration_changes_total", &["region=\"helsinki\""])
    };
    let ingest = world.start("ingest-1");
    let first = world.start("process-1");
    let before = wait_for("the first commit", || said(&prefix, "processors"));
    first.stop();
    let same = world.start("process-2");
    wait_for("the region", || {
        let labels = ["group=\"processors\"", "region=\"helsinki\""];
        (metric(&same.server, "tilanne_region_owned", &labels) > 0.0).then_some(())
    });
    assert!(changes(&same.server) == 0.0);
    same.stop();

    for entry in std::fs::read_dir(root().join("config/regions")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "toml") {
            let text = std::fs::read_to_string(&path).unwrap();
            let name = path.file_name().unwrap().to_str().unwrap();
            world.folder.write(&format!("other/{name}"), &format!("close_after_s = 7\n{text}"));
        }
    }
    let text = std::fs::read_to_string(&world.config).unwrap();
    let all = format!("regions = '{}'", root().join("config/regions").display());
    let config = world.folder.write("other.toml", &text.replace(&all, "regions = 'other'"));
    let world = World { config, ..world };
    let other = world.start("process-3");
    wait_for("the change", || (changes(&other.server) > 0.0).then_some(()));
    let log = std::fs::read_to_string(world.folder.0.join("process-3.log")).unwrap();
    assert!(log.contains("is of another version or configuration"), "{log}");
    let after = wait_for("the commit of the other", || {
        said(&prefix, "processors").filter(|after| *after != before)
    });
    // The program is the same.
    let (version, _) = before.split_once('-').unwrap();
    assert!(after.starts_with(&format!("{version}-")), "{before} {after}");
    other.stop();
    ingest.stop();
}
