//! A replay of what is archived shows what the live system showed, byte for byte, wherever it is sent
//! to; and the same comes of it at any speed.

use std::sync::Arc;
use std::time::Duration;

use archive::{Archive, Topic};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use gateway::{RegionSetup, Replays};
use ingest::RegionConfig;
use picture::{Picture, Setup};
use replay::{Host, HostOptions, HostSetup};
use serde_json::{Value, json};
use stream::Log;
use tower::ServiceExt;

use super::as_of::{Given, PATHS, compare, options, setup, shown};
use super::generate::Dice;
use super::support::{NOW_MS, REGION, append, open_archive, open_log, record_all};

/// A host over an archive, shown by an app with nothing live.
pub(super) fn host(
    archive: &Arc<Archive>,
    shown: RegionSetup,
    setup: Setup,
) -> (Router, Arc<Host>) {
    let metrics = metrics_exporter_prometheus::PrometheusBuilder::new().build_recorder().handle();
    let host = Host::start(HostSetup {
        options: HostOptions { replays_max: 3, ..HostOptions::default() },
        gateway: options(),
        regions: vec![(shown.clone(), setup)],
        archive: Arc::clone(archive),
        setups_if: Arc::new(|_| Err("nothing can be otherwise here".to_owned())),
        metrics: metrics.clone(),
    });
    let clock = Arc::new(|| 1_795_687_200_000);
    let app =
        gateway::App::new(options(), gateway::Origin::Live, vec![shown], metrics, clock).unwrap();
    app.set_replays(Arc::<Host>::clone(&host) as Arc<dyn Replays>);
    (gateway::router(app), host)
}

async fn ask(router: &Router, request: Request<Body>) -> (StatusCode, Vec<u8>) {
    let response = router.clone().oneshot(request).await.unwrap();
    let status = response.status();
    (status, to_bytes(response.into_body(), usize::MAX).await.unwrap().to_vec())
}

async fn say(router: &Router, method: &str, path: &str, body: &Value) -> (StatusCode, Value) {
    let request = Request::builder().method(method).uri(path);
    let request = request.header("content-type", "application/json; charset=utf-8");
    let (status, body) = ask(router, request.body(body.to_string().into()).unwrap()).await;
    (status, serde_json::from_slice(&body).unwrap_or_default())
}

async fn get(router: &Router, path: &str) -> (StatusCode, Vec<u8>) {
    ask(router, Request::get(path).body(Body::empty()).unwrap()).await
}

/// The status once the replay is in a state.
async fn wait_for(router: &Router, path: &str, state: &str) -> Value {
    for _ in 0..6_000 {
        let (status, body) = get(router, path).await;
        assert_eq!(status, StatusCode::OK, "{path}");
        let answer: Value = serde_json::from_slice(&body).unwrap();
        assert_ne!(answer["state"], "failed", "{answer}");
        if answer["state"] == state {
            return answer;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{path} did not come to be {state}");
}

fn time(at_ms: i64) -> String {
    jiff::Timestamp::from_millisecond(at_ms).unwrap().to_string()
}

/// Sends a replay to moments whose answers were kept, forth and back, and compares.
pub(super) async fn shows_what_was_shown(
    archive: &Arc<Archive>,
    config: &RegionConfig,
    given: &[Given],
) {
    let rounds: Vec<&[Given]> = given.chunks(PATHS.len()).collect();
    let (router, _host) = host(archive, shown(config), setup(config));
    let (first_ms, last_ms) = (rounds[0][0].at_ms, rounds[rounds.len() - 1][0].at_ms);
    let request = json!({ "from": time(first_ms), "to": time(last_ms), "paused": true });
    let (status, started) = say(&router, "POST", "/v1/replays", &request).await;
    assert_eq!(status, StatusCode::CREATED, "{started}");
    assert_eq!(started["address"], "/replays/1/");
    assert_eq!(started["regions"], json!([config.id]));
    wait_for(&router, "/v1/replays/1", "paused").await;
    for index in [0, 4, 9, 2, 7, 7, 1] {
        let given = rounds[index];
        // Somebody drags a slider: it is on its way elsewhere when it is told where to go.
        for passed in [8, index / 2] {
            let order = json!({ "seek": time(rounds[passed][0].at_ms) });
            let (status, answer) = say(&router, "PATCH", "/v1/replays/1", &order).await;
            assert_eq!(status, StatusCode::OK, "{answer}");
        }
        let order = json!({ "seek": time(given[0].at_ms) });
        let (status, answer) = say(&router, "PATCH", "/v1/replays/1", &order).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        let stands = if index == rounds.len() - 1 { "ended" } else { "paused" };
        wait_for(&router, "/v1/replays/1", stands).await;
        for answer in given {
            let path = format!("/replays/1{}", answer.path);
            let (status, body) = get(&router, &path).await;
            assert_eq!(status, StatusCode::OK, "{path}");
            compare(&body, &answer.body, &format!("a replay at moment {index}: {path}"));
        }
    }
    // What an answer refers to is of the same picture.
    let path = format!("/replays/1/v1/regions/{}/vehicles?format=json&limit=1", config.id);
    let (_, page) = get(&router, &path).await;
    let page: Value = serde_json::from_slice(&page).unwrap();
    let next = page["next"].as_str().unwrap();
    assert!(next.starts_with("/replays/1/v1/regions/"), "{next}");
    let (status, _) = get(&router, next).await;
    assert_eq!(status, StatusCode::OK, "{next}");
    let (_, tiles) = get(&router, "/replays/1/v1/tiles/links").await;
    let tiles: Value = serde_json::from_slice(&tiles).unwrap();
    assert_eq!(tiles["tiles"][0], "/replays/1/v1/tiles/links/{z}/{x}/{y}");
    // From the first moment, in steps of any length, and at two speeds: the same comes of all.
    let mut results = Vec::new();
    for (id, speed) in [(2, json!("max")), (3, json!(40))] {
        let request = json!({ "from": time(first_ms), "to": time(last_ms), "speed": speed });
        let (status, started) = say(&router, "POST", "/v1/replays", &request).await;
        assert_eq!(status, StatusCode::CREATED, "{started}");
        let ended = wait_for(&router, &format!("/v1/replays/{id}"), "ended").await;
        assert_eq!(ended["time_ms"], last_ms);
        results.push(ended["result"].clone());
    }
    assert!(results[0][0]["deltas"].as_u64().unwrap() > 10_000, "{}", results[0]);
    assert_eq!(results[0], results[1]);
    let (status, refused) = say(&router, "POST", "/v1/replays", &request).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{refused}");
    assert!(refused["detail"].as_str().unwrap().contains("as many as are allowed"), "{refused}");
    let (status, _) = say(&router, "DELETE", "/v1/replays/3", &json!({})).await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    let (status, _) = get(&router, "/replays/3/v1/regions").await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    let request = json!({ "from": time(first_ms), "to": time(last_ms), "paused": true });
    let (_, started) = say(&router, "POST", "/v1/replays", &request).await;
    assert_eq!(started["id"], "4", "numbers are not used again");
    wait_for(&router, "/v1/replays/4", "paused").await;
    for step_s in [0.5, 3.0, 17.25] {
        say(&router, "PATCH", "/v1/replays/4", &json!({ "step_s": step_s })).await;
        wait_for(&router, "/v1/replays/4", "paused").await;
    }
    let (_, answer) = say(&router, "PATCH", "/v1/replays/4", &json!({})).await;
    assert_eq!(answer["time_ms"], first_ms + 20_750);
    say(&router, "PATCH", "/v1/replays/4", &json!({ "paused": false, "speed": "max" })).await;
    let ended = wait_for(&router, "/v1/replays/4", "ended").await;
    assert_eq!(ended["result"], results[0]);
    is_refused(&router, first_ms, last_ms).await;
}

/// What cannot be is said, and where.
async fn is_refused(router: &Router, first_ms: i64, last_ms: i64) {
    let from = time(first_ms);
    let start = [
        (json!({}), 400, "missing field `from`"),
        (json!({ "from": "yesterday" }), 400, "from: \"yesterday\" is no time"),
        (json!({ "from": from, "to": from }), 400, "to: it must be after from"),
        (json!({ "from": from, "speed": 0 }), 400, "0.01 to 10000"),
        (json!({ "from": from, "speed": "fast" }), 400, "0.01 to 10000"),
        (json!({ "from": from, "regions": ["atlantis"] }), 400, "no region \"atlantis\""),
        (json!({ "from": from, "sped": 1 }), 400, "sped"),
        (json!({ "from": time(first_ms - 86_400_000) }), 404, "is archived from"),
        (json!({ "from": time(last_ms + 86_400_000) }), 404, "is archived from"),
    ];
    for (body, wanted, words) in start {
        let (status, answer) = say(router, "POST", "/v1/replays", &body).await;
        assert_eq!(status.as_u16(), wanted, "{body}: {answer}");
        assert!(answer["detail"].as_str().unwrap().contains(words), "{body}: {answer}");
    }
    let change = [
        (json!({ "seek": time(last_ms + 1) }), "seek: the replay is of"),
        (json!({ "seek": "noon" }), "seek: \"noon\" is no time"),
        (json!({ "step_s": 0 }), "step_s: it must be"),
        (json!({ "step_s": 1e9 }), "step_s: it must be"),
        (json!({ "seek": from, "step_s": 1 }), "step_s: not with seek"),
        (json!({ "speed": -1 }), "0.01 to 10000"),
        (json!([]), "body:"),
    ];
    for (body, words) in change {
        let (status, answer) = say(router, "PATCH", "/v1/replays/4", &body).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{body}: {answer}");
        assert!(answer["detail"].as_str().unwrap().contains(words), "{body}: {answer}");
    }
    for path in ["/v1/replays/77", "/v1/replays/04", "/v1/replays/x", "/replays/77/v1/regions"] {
        let (status, body) = get(router, path).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{path}");
        assert!(String::from_utf8_lossy(&body).contains("there is no replay"), "{path}");
    }
    // A form needs no permission of a browser to be sent from elsewhere.
    let request = Request::post("/v1/replays").header("content-type", "text/plain");
    let (status, _) = ask(router, request.body("{}".into()).unwrap()).await;
    assert_eq!(status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    let (status, _) = get(router, "/replays/4").await;
    assert_eq!(status, StatusCode::PERMANENT_REDIRECT);
}

/// A region whose archive is made by hand.
pub(super) fn north() -> RegionSetup {
    let text = "id = 'north'\nname = 'North'\ntime_zone = 'Europe/Helsinki'\n\
        bbox = [20.0, 59.0, 32.0, 71.0]\n";
    let config: RegionConfig = toml::from_str(text).unwrap();
    RegionSetup { region: config.region(), feeds: Vec::new() }
}

/// Starts a replay of all that there is.
async fn of_all(archive: &Arc<Archive>) -> (Router, Arc<Host>) {
    let (router, host) = host(archive, north(), Setup::default());
    let spans = archive.spans(REGION, Topic::Events).await.unwrap();
    let from_ms = spans.iter().map(|span| span.from_ms).min().unwrap();
    let request = json!({ "from": time(from_ms), "speed": "max" });
    let (status, started) = say(&router, "POST", "/v1/replays", &request).await;
    assert_eq!(status, StatusCode::CREATED, "{started}");
    (router, host)
}

/// Who asks for more than there is gets what there is, and is not sent to a time of which nothing is known.
#[tokio::test(flavor = "multi_thread")]
async fn a_replay_ends_where_the_archive_ends() {
    let (log_folder, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (log, archive) = (open_log(log_folder.path()), open_archive(folder.path()));
    append(log.as_ref(), &Dice(94).records(500, NOW_MS)).await;
    record_all(&archive, &log).await;
    let (from_ms, last_ms) = archive.extent(REGION).await.unwrap().unwrap();
    let (router, _host) = host(&archive, north(), Setup::default());
    let far = json!({ "from": time(from_ms), "to": time(last_ms + 86_400_000), "speed": "max" });
    let (status, started) = say(&router, "POST", "/v1/replays", &far).await;
    assert_eq!((status, &started["to_ms"]), (StatusCode::CREATED, &json!(last_ms)), "{started}");
    let ended = wait_for(&router, "/v1/replays/1", "ended").await;
    assert_eq!(ended["time_ms"], last_ms);

    // A moment at which nothing more has come is one all the same, and not the end.
    let near = json!({ "from": time(from_ms), "to": time(last_ms + 1_500), "paused": true });
    let (_, started) = say(&router, "POST", "/v1/replays", &near).await;
    assert_eq!(started["to_ms"], last_ms + 1_500);
    wait_for(&router, "/v1/replays/2", "paused").await;
    for (order, stands, at_ms) in [
        (json!({ "seek": time(last_ms + 700) }), "paused", last_ms + 700),
        (json!({ "step_s": 0.2 }), "paused", last_ms + 900),
        (json!({ "step_s": 10 }), "ended", last_ms + 1_500),
    ] {
        say(&router, "PATCH", "/v1/replays/2", &order).await;
        let answer = wait_for(&router, "/v1/replays/2", stands).await;
        assert_eq!(answer["time_ms"], at_ms, "{order}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn where_another_log_begins_the_picture_begins_anew() {
    let folder = tempfile::tempdir().unwrap();
    let archive = open_archive(folder.path());
    let mut dice = Dice(91);
    let mut last = Vec::new();
    let mut epoch = String::new();
    for log_number in 0..2 {
        let log_folder = tempfile::tempdir().unwrap();
        let log = open_log(log_folder.path());
        last = dice.records(700, NOW_MS + log_number * 600_000);
        append(log.as_ref(), &last).await;
        record_all(&archive, &log).await;
        log.epoch().clone_into(&mut epoch);
    }
    let mut picture = Picture::new(REGION.into(), epoch.as_str().into(), Setup::default());
    for (offset, record) in last.iter().enumerate() {
        picture.apply(offset as u64, record, &mut Vec::new());
    }
    let (router, _host) = of_all(&archive).await;
    let ended = wait_for(&router, "/v1/replays/1", "ended").await;
    assert_eq!(ended["result"][0]["sequence"], last.len() - 1);
    assert_eq!(ended["result"][0]["picture"], picture.snapshot().hash());
    let (status, body) = get(&router, "/replays/1/v1/regions/north").await;
    assert_eq!(status, StatusCode::OK);
    let shown: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(shown["region"]["epoch"], epoch);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gap_is_said_and_what_came_before_it_is_still_shown() {
    let (log_folder, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (log, archive) = (open_log(log_folder.path()), open_archive(folder.path()));
    let mut dice = Dice(92);
    for part in 0..3 {
        append(log.as_ref(), &dice.records(500, NOW_MS + part * 600_000)).await;
        record_all(&archive, &log).await;
    }
    let files = archive.files(REGION, Topic::Events).await.unwrap();
    let middle = files.iter().filter(|file| file.first >= 500 && file.last < 1_000);
    let removed = middle.map(|file| std::fs::remove_file(folder.path().join(file.path())).unwrap());
    assert!(removed.count() > 1);
    let archive = open_archive(folder.path());
    let (router, _host) = of_all(&archive).await;
    let mut answer = Value::Null;
    for _ in 0..1_000 {
        let (_, body) = get(&router, "/v1/replays/1").await;
        answer = serde_json::from_slice(&body).unwrap();
        if answer["state"] == "failed" {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert!(answer["error"].as_str().unwrap().contains("has a gap from"), "{answer}");
    let (status, body) = get(&router, "/replays/1/v1/regions/north").await;
    assert_eq!(status, StatusCode::OK);
    let shown: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(shown["region"]["sequence"].as_u64().unwrap() / 500, 0, "{shown}");
}
