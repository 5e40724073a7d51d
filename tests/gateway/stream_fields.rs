//! Subscriptions to some properties of objects.

use serde_json::{Value, json};

use super::client::{Client, Events};
use super::support::{
    REGION, app, detector, feed, get, get_json, ids, position, region, server, updated, vehicle,
};

const WHERE: [&str; 2] = ["report.position", "position_time_ms"];

fn at(id: &str, longitude_deg: f64) -> picture::Object {
    vehicle(id, Some(position(longitude_deg, 60.5)))
}

fn subscribe(fields: &Value) -> Value {
    json!({
        "type": "subscribe", "id": "map", "region": REGION, "layers": ["vehicles", "feeds"],
        "fields": fields,
    })
}

/// What the answer to a query has of a vehicle.
async fn answered(app: &std::sync::Arc<gateway::App>, fields: &str) -> Value {
    let path = format!("/v1/regions/{REGION}/vehicles/feed:1?format=json&fields={fields}");
    get_json(app, &path).await["object"].clone()
}

#[tokio::test]
async fn a_subscription_has_of_objects_what_it_names() {
    let app = app();
    region(&app).apply([vec![updated(1, at("feed:1", 24.1)), updated(2, feed(3))]]);
    let server = server(&app).await;
    let mut client = Client::connect(&server).await;
    client.say(&subscribe(&json!({ "vehicles": WHERE }))).await;
    let snapshot = client.frame().await;
    let of_query = answered(&app, "report.position,position_time_ms").await;
    assert_eq!(snapshot["objects"]["vehicles"], json!([of_query]));
    assert_eq!(of_query["report"].as_object().unwrap().keys().collect::<Vec<_>>(), ["position"]);
    assert!(snapshot["objects"]["feeds"][0].get("watermark_ms").is_some(), "a feed is whole");

    // Of one change each client has what it asked for, whoever was first.
    let mut other = Client::connect(&server).await;
    other.say(&subscribe(&json!({ "vehicles": ["report.headsign"] }))).await;
    let mut whole = Client::connect(&server).await;
    whole.say(&subscribe(&json!({}))).await;
    for client in [&mut other, &mut whole] {
        assert_eq!(client.frame().await["type"], "snapshot");
    }
    region(&app).apply([vec![updated(3, at("feed:1", 24.2))]]);
    let told = [
        (client.frame().await, answered(&app, "report.position,position_time_ms").await),
        (other.frame().await, answered(&app, "report.headsign").await),
        (whole.frame().await, answered(&app, "id,feed,report").await),
    ];
    for (delta, of_query) in &told {
        assert_eq!(delta["type"], "delta");
        let vehicle = &delta["updated"]["vehicles"][0];
        let parts = of_query.as_object().unwrap();
        assert!(parts.iter().all(|(name, value)| vehicle[name] == *value), "{vehicle}");
    }
    assert_eq!(told[0].0["updated"]["vehicles"], json!([told[0].1]));
    assert_eq!(told[1].0["updated"]["vehicles"], json!([told[1].1]));
}

#[tokio::test]
async fn who_names_other_properties_gets_them_of_all_objects() {
    let app = app();
    region(&app).apply([vec![
        updated(1, at("feed:1", 24.1)),
        updated(2, at("feed:2", 24.2)),
        updated(3, feed(3)),
    ]]);
    let server = server(&app).await;
    let mut client = Client::connect(&server).await;
    client.say(&subscribe(&json!({ "vehicles": WHERE }))).await;
    let cursor = client.frame().await["cursor"].clone();
    client.say(&subscribe(&json!({ "vehicles": WHERE }))).await;
    assert_eq!(client.frame().await["updated"], json!({}), "nothing is new");
    client.say(&subscribe(&json!({ "vehicles": ["report.mode"] }))).await;
    let delta = client.frame().await;
    let vehicle = |id| json!({ "id": id, "report": { "mode": "bus" } });
    assert_eq!(delta["updated"], json!({ "vehicles": [vehicle("feed:1"), vehicle("feed:2")] }));
    client.say(&subscribe(&Value::Null)).await;
    let delta = client.frame().await;
    assert_eq!(ids(&delta["updated"]["vehicles"]), ["feed:1", "feed:2"]);
    assert!(delta["updated"]["vehicles"][0].get("verdicts").is_some(), "they are whole again");

    // Who comes back has what was asked for then.
    let come_back = async |fields: &Value| {
        let mut client = Client::connect(&server).await;
        let mut message = subscribe(fields);
        message["resume"] = cursor.clone();
        client.say(&message).await;
        client.frame().await
    };
    assert_eq!(come_back(&json!({ "vehicles": WHERE })).await["type"], "delta");
    let anew = come_back(&json!({ "vehicles": ["report.mode"] })).await;
    assert_eq!(anew["reason"], "other_selection");
}

#[tokio::test]
async fn properties_that_cannot_be_are_explained() {
    let app = app();
    let server = server(&app).await;
    let mut client = Client::connect(&server).await;
    for (fields, says) in [
        (
            json!({ "vehicles": ["speed"] }),
            "fields: no \"speed\" in vehicles; there is report.speed",
        ),
        (json!({ "vehicles": [] }), "fields: 0 names, it must be 1 to 256"),
        (json!({ "links": ["id"] }), "fields: links is not among the layers subscribed to"),
        (json!({ "cars": ["id"] }), "fields: "),
        (json!(["id"]), "message not understood: "),
    ] {
        client.say(&subscribe(&fields)).await;
        let error = client.frame().await;
        assert_eq!(error["type"], "error", "{error}");
        let detail = error["problem"]["detail"].as_str().unwrap();
        assert!(detail.starts_with(says), "{detail}");
    }
    let mut client = Client::connect_as(&server, "tilanne.v1.protobuf").await;
    client.say(&subscribe(&json!({ "vehicles": WHERE }))).await;
    let problem = client.binary_frame().await.problem.unwrap();
    assert!(problem.detail.contains("ask for the subprotocol tilanne.v1.json"), "{problem:?}");
}

#[tokio::test]
async fn server_sent_events_have_properties_of_one_layer() {
    let app = app();
    region(&app).apply([vec![
        updated(1, at("feed:1", 24.1)),
        updated(2, detector("feed:d", position(24.5, 60.5))),
    ]]);
    let server = server(&app).await;
    let path = format!("/v1/events?region={REGION}&layers=vehicles&fields=report.mode");
    let mut events = Events::open(&server, &path, None).await;
    let snapshot = events.next().await.unwrap().json();
    let vehicle = json!({ "id": "feed:1", "report": { "mode": "bus" } });
    assert_eq!(snapshot["objects"]["vehicles"], json!([vehicle]));
    let path = format!("/v1/events?region={REGION}&layers=vehicles,detectors&fields=id");
    get(&app, &path).await.assert_problem(400, "they are those of one layer");
    let path = format!("/v1/events?region={REGION}&layers=vehicles&fields=speed");
    get(&app, &path).await.assert_problem(400, "no \"speed\" in vehicles");
}
