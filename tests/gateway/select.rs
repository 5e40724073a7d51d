//! What a subscription selects: shapes, routes, ids and conditions, alone and together.

use events::wire::AreaKind;
use events::{Geometry, InformedEntity, TripDescriptor};
use gateway::{Options, Progress, PushOptions};
use picture::{Object, RemovalReason};
use serde_json::{Value, json};

use super::client::Client;
use super::support::{
    REGION, app, app_with, area, feed, ids, link, position, queue, region, removed, server,
    situation, updated, vehicle,
};

fn on_route(id: &str, longitude_deg: f64, route: &str, delay_s: i32) -> Object {
    let mut object = vehicle(id, Some(position(longitude_deg, 60.25)));
    if let Object::Vehicle(vehicle) = &mut object {
        vehicle.report.delay_s = Some(delay_s);
        vehicle.report.trip =
            Some(TripDescriptor { route_id: Some(route.into()), ..Default::default() });
    }
    object
}

fn message_about(id: &str, route: &str) -> Object {
    let shape = Geometry {
        lines: vec![vec![position(24.0, 60.0), position(24.9, 60.9)]],
        ..Default::default()
    };
    let mut object = situation(id, Some(shape));
    if let Object::Situation(situation) = &mut object {
        situation.record.informed_entities =
            vec![InformedEntity { route_id: Some(route.into()), ..Default::default() }];
    }
    object
}

/// Objects of many kinds between 24 and 25 degrees east.
fn objects() -> Vec<Object> {
    vec![
        on_route("feed:a", 24.1, "550", 30),
        on_route("feed:b", 24.3, "550", 200),
        on_route("feed:c", 24.7, "7", 130),
        vehicle("feed:nowhere", None),
        message_about("feed:works", "7"),
        link("1_2_3", &[position(24.2, 60.2), position(24.4, 60.2)]),
        queue("q", &["1_2_3"], position(24.35, 60.2)),
        area("district:kallio", AreaKind::District, position(24.25, 60.2)),
        feed(9),
    ]
}

/// Ids that a subscription to these layers gets, or the detail of the problem.
async fn selected(
    client: &mut Client,
    layers: &[&str],
    select: Value,
) -> Result<Vec<String>, String> {
    // A subscription of its own each time: the answer is a snapshot.
    client.say(&json!({"type": "unsubscribe", "id": "map"})).await;
    let mut message = json!({"type": "subscribe", "id": "map", "region": REGION, "layers": layers});
    message.as_object_mut().unwrap().extend(select.as_object().unwrap().clone());
    client.say(&message).await;
    loop {
        let frame = client.frame().await;
        match frame["type"].as_str().unwrap() {
            "error"
                if frame["problem"]["status"] == 404
                    && frame["problem"]["detail"]
                        .as_str()
                        .unwrap()
                        .starts_with("there is no subscription") => {}
            "error" => return Err(frame["problem"]["detail"].as_str().unwrap().into()),
            _ => {
                let layers = frame["objects"].as_object().unwrap();
                let found = layers.values().flat_map(|objects| ids(objects));
                return Ok(found.map(String::from).collect());
            }
        }
    }
}

const PLACED: [&str; 5] = ["vehicles", "situations", "links", "queues", "areas"];

#[tokio::test]
async fn all_that_is_said_must_hold() {
    let app = app();
    for (n, object) in (1..).zip(objects()) {
        region(&app).apply([vec![updated(n, object)]]);
    }
    let server = server(&app).await;
    let mut client = Client::connect(&server).await;
    let triangle = json!([[24.2, 60.1], [24.5, 60.1], [24.2, 60.4]]);
    let hook = json!([[24.0, 60.25], [24.2, 60.25], [24.2, 60.9]]);
    for (layers, select, expected) in [
        (
            &PLACED[..],
            json!({"polygon": triangle}),
            vec!["district:kallio", "1_2_3", "q", "feed:works", "feed:b"],
        ),
        // The corner beyond the long side is in the polygon's box, but not in the polygon.
        (
            &["vehicles"],
            json!({"polygon": [[24.0, 60.0], [24.6, 60.0], [24.0, 60.35]]}),
            vec!["feed:a"],
        ),
        (&["vehicles"], json!({"corridor": {"line": hook, "width_m": 2_000.0}}), vec!["feed:a"]),
        // 0.1 degrees east are some 5.5 km here.
        (
            &["vehicles"],
            json!({"corridor": {"line": hook, "width_m": 12_000.0}}),
            vec!["feed:a", "feed:b"],
        ),
        (
            &["links"],
            json!({"corridor": {"line": [[24.3, 60.0], [24.3, 60.4]], "width_m": 1.0}}),
            vec!["1_2_3"],
        ),
        (&["vehicles"], json!({"city": "keskus"}), vec!["feed:a", "feed:b"]),
        (&["vehicles"], json!({"district": "kallio"}), vec!["feed:b"]),
        (&["vehicles"], json!({"district": "district:kallio"}), vec!["feed:b"]),
        (&["vehicles", "situations", "links"], json!({"route": "7"}), vec!["feed:works", "feed:c"]),
        (
            &["vehicles"],
            json!({"ids": ["feed:c", "feed:nowhere", "no such"]}),
            vec!["feed:c", "feed:nowhere"],
        ),
        (&["vehicles"], json!({"route": "550", "filter": "report.delay_s > 100"}), vec!["feed:b"]),
        (
            &["vehicles"],
            json!({"city": "keskus", "bbox": [24.2, 60.0, 25.0, 61.0]}),
            vec!["feed:b"],
        ),
        (&["feeds", "vehicles"], json!({"bbox": [1.0, 1.0, 2.0, 2.0]}), vec!["feed"]),
        (&["feeds"], json!({"filter": "applied < 5"}), vec![]),
    ] {
        let found = selected(&mut client, layers, select.clone()).await;
        assert_eq!(found.unwrap(), expected, "{select}");
    }
}

#[tokio::test]
async fn conditions_are_cql2_text() {
    let app = app();
    for (n, object) in (1..).zip(objects()) {
        region(&app).apply([vec![updated(n, object)]]);
    }
    let server = server(&app).await;
    let mut client = Client::connect(&server).await;
    for (filter, expected) in [
        ("report.delay_s = 130", vec!["feed:c"]),
        ("report.delay_s <> 130", vec!["feed:a", "feed:b"]),
        ("NOT report.delay_s = 130", vec!["feed:a", "feed:b"]),
        ("report.delay_s IS NULL", vec!["feed:nowhere"]),
        ("report.delay_s is not null", vec!["feed:a", "feed:b", "feed:c"]),
        ("report.delay_s BETWEEN 30 AND 130", vec!["feed:a", "feed:c"]),
        ("report.delay_s NOT BETWEEN 30 AND 130", vec!["feed:b"]),
        ("report.trip.route_id IN ('7', '8')", vec!["feed:c"]),
        ("report.trip.route_id NOT IN ('7', '8')", vec!["feed:a", "feed:b"]),
        ("id LIKE 'feed:_'", vec!["feed:a", "feed:b", "feed:c"]),
        ("id LIKE '%where'", vec!["feed:nowhere"]),
        (
            "report.headsign LIKE '<b>Asema & \"tori\"%'",
            vec!["feed:a", "feed:b", "feed:c", "feed:nowhere"],
        ),
        ("report.headsign = 'Aino''s'", vec![]),
        ("verdicts = 'stale' AND report.mode = 'bus' AND report.delay_s >= 2e2", vec!["feed:b"]),
        ("report.delay_s < 50 OR report.delay_s > 150 AND id = 'feed:b'", vec!["feed:a", "feed:b"]),
        ("(report.delay_s < 50 OR report.delay_s > 150) AND id = 'feed:b'", vec!["feed:b"]),
        ("report.position.longitude_deg > 24.2", vec!["feed:b", "feed:c"]),
        ("report.doors_open = TRUE OR id = 'feed:a'", vec!["feed:a"]),
    ] {
        let found = selected(&mut client, &["vehicles"], json!({"filter": filter})).await;
        assert_eq!(
            found.as_deref(),
            Ok(&expected.iter().map(|&id| id.into()).collect::<Vec<String>>()[..]),
            "{filter}"
        );
    }
}

#[tokio::test]
async fn what_cannot_be_is_said_with_what_would_be_right() {
    let push = PushOptions { errors_max: 1_000, ..Default::default() };
    let app = app_with(Options { push, ..Default::default() });
    let server = server(&app).await;
    let mut client = Client::connect(&server).await;
    let deep = format!("{}id = 'a'{}", "(".repeat(40), ")".repeat(40));
    let many = json!((0..1_001).map(|n| n.to_string()).collect::<Vec<_>>());
    for (select, says) in [
        (json!({"polygon": [[24.0, 60.0], [24.1, 60.0]]}), "3 to 1000 are possible"),
        (json!({"polygon": [[24.0, 60.0], [24.1, 60.1], [24.2, 60.2]]}), "enclose nothing"),
        (
            json!({"polygon": [[60.0, 124.0], [60.1, 124.0], [60.0, 124.1]]}),
            "longitude comes first",
        ),
        (
            json!({"corridor": {"line": [[24.0, 60.0], [24.1, 60.0]], "width_m": 0.5}}),
            "1 to 100000",
        ),
        (json!({"corridor": {"line": [[24.0, 60.0], [24.1, 60.0]]}}), "missing field `width_m`"),
        (json!({"corridor": {"line": [[24.0, 60.0]], "width_m": 9.0}}), "2 to 1000"),
        (json!({"city": "atlantis"}), "there are: keskus"),
        (json!({"district": "atlantis"}), "no district \"atlantis\""),
        (json!({"ids": []}), "1 to 1000"),
        (json!({"ids": many}), "1 to 1000"),
        (json!({"filter": "delay_s > 1"}), "no property \"delay_s\"; there is report.delay_s"),
        (json!({"filter": "report.delay_s >"}), "at byte 16 must come a number"),
        (json!({"filter": "report.delay_s ~ 1"}), "at byte 15 is neither a word nor a number"),
        (
            json!({"filter": "report.delay_s = 1 report.mode = 'bus'"}),
            "must come AND, OR or the end",
        ),
        (json!({"filter": "id = 'never ends"}), "a text that has no end"),
        (json!({"filter": "(id = 'a'"}), "a closing bracket"),
        (json!({"filter": "id LIKE 5"}), "a text in single quotes"),
        (json!({"filter": "report.delay_s NOT 5"}), "BETWEEN, IN or LIKE"),
        (json!({"filter": "report.delay_s BETWEEN 'a' AND 2"}), "must come a number"),
        (json!({"filter": deep}), "16 levels"),
        (json!({"filter": "x".repeat(2_001)}), "at most 2000"),
        (json!({"filter": ""}), "must come a property"),
        (json!({"resume": "nonsense"}), "is no cursor"),
    ] {
        let answer = selected(&mut client, &["vehicles"], select.clone()).await;
        let detail = answer.unwrap_err();
        assert!(detail.contains(says), "{select}: {detail}");
    }
}

#[tokio::test]
async fn a_district_is_not_looked_for_in_half_a_picture() {
    let app = app();
    region(&app).set_progress(Progress::CatchingUp);
    let server = server(&app).await;
    let mut client = Client::connect(&server).await;
    for select in [json!({"city": "keskus"}), json!({"district": "kallio"})] {
        let detail = selected(&mut client, &["vehicles"], select).await.unwrap_err();
        assert!(detail.contains("come back in a moment"), "{detail}");
    }
    region(&app).set_progress(Progress::Following);
    assert_eq!(selected(&mut client, &["vehicles"], json!({"city": "keskus"})).await, Ok(vec![]));
}

#[tokio::test]
async fn an_object_that_no_longer_meets_the_condition_has_left() {
    let app = app();
    region(&app).apply([vec![updated(1, on_route("feed:a", 24.1, "550", 30))]]);
    let server = server(&app).await;
    let mut client = Client::connect(&server).await;
    let late = json!({"filter": "report.delay_s > 100"});
    assert_eq!(selected(&mut client, &["vehicles"], late).await, Ok(vec![]));
    region(&app).apply([vec![updated(2, on_route("feed:a", 24.1, "550", 130))]]);
    assert_eq!(ids(&client.frame().await["updated"]["vehicles"]), ["feed:a"]);
    region(&app).apply([vec![updated(3, on_route("feed:a", 24.1, "550", 90))]]);
    let left = json!([{"id": "feed:a", "reason": "left"}]);
    assert_eq!(client.frame().await["removed"]["vehicles"], left);
    region(&app).apply([vec![updated(4, on_route("feed:a", 24.1, "550", 190))]]);
    assert_eq!(ids(&client.frame().await["updated"]["vehicles"]), ["feed:a"]);
    region(&app).apply([vec![removed(
        5,
        picture::Layer::Vehicles,
        "feed:a",
        RemovalReason::Expired,
    )]]);
    let expired = json!([{"id": "feed:a", "reason": "expired"}]);
    assert_eq!(client.frame().await["removed"]["vehicles"], expired);
}
