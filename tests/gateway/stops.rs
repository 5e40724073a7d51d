//! Stops: found by name, place, route and condition, page by page; where there are none, it is said.

use std::collections::BTreeMap;
use std::io::Read;
use std::sync::Arc;

use axum::http::{StatusCode, header};
use events::Text;
use gateway::{App, Options};
use network::gtfs::{GtfsError, GtfsFiles, read_gtfs};
use network::{ImportReport, LinkFlags, LinkId, Network, NetworkBuilder, NewLink, RoadClass};
use picture::{Setup, StreetOptions, StreetSetup};
use serde_json::Value;

use super::filter::encoded;
use super::support::{REGION, app, app_with, get, get_json, get_with, position, region};

const TABLES: [(&str, &str); 4] = [
    (
        "stops.txt",
        "stop_id,stop_name,stop_code,stop_lat,stop_lon\n\
         1001,Rautatientori,H1,60.11,24.11\n\
         1002,Rautatieasema,H2,60.12,24.12\n\
         1003,Töölöntori,,60.13,24.13\n\
         1004,TÖÖLÖN halli,E1,60.14,24.14\n\
         1005,,,60.15,24.15\n",
    ),
    ("routes.txt", "route_id,route_short_name,route_type\n550,550,3\n4,4,0\n"),
    ("trips.txt", "route_id,trip_id,direction_id\n550,a,0\n550,b,1\n4,c,0\n"),
    (
        "stop_times.txt",
        "trip_id,stop_id,stop_sequence\na,1001,1\na,1002,2\nb,1003,1\nb,1001,2\n\
         c,1003,1\nc,1004,2\nc,1005,3\n",
    ),
];

struct Tables;

impl GtfsFiles for Tables {
    fn open(&mut self, name: &str) -> Result<Option<Box<dyn Read + '_>>, GtfsError> {
        let table = TABLES.iter().find(|(file, _)| *file == name);
        Ok(table.map(|(_, text)| Box::new(text.as_bytes()) as Box<dyn Read>))
    }
}

/// One street, with the stops beside it.
fn network() -> Network {
    let mut builder = NetworkBuilder::new(position(24.1, 60.1));
    builder.link(NewLink {
        id: LinkId { way: 1, from: 1, to: 2 },
        line: vec![position(24.1, 60.1), position(24.2, 60.2)],
        setback_m: [0.0, 0.0],
        class: RoadClass::Primary,
        lanes: 1,
        speed_limit_km_h: [50, 50],
        flags: LinkFlags::default(),
        name: String::new(),
    });
    let mut report = ImportReport::default();
    let feed = read_gtfs(&mut Tables, &mut report, &mut |_, _| {}).unwrap();
    builder.build().with_schedule(&[feed], &mut report, &mut |_, _| {})
}

/// A gateway whose first region has five stops.
fn app_with_stops(options: Options) -> Arc<App> {
    let app = app_with(options);
    let streets = StreetSetup::new(network(), region(&app).region(), StreetOptions::default());
    let setup = Setup { streets: Some(Arc::new(streets)), ..Setup::default() };
    app.set_streets(&BTreeMap::from([(Text::from(REGION), setup)]));
    app
}

fn path(query: &str) -> String {
    format!("/v1/regions/{REGION}/stops?{query}")
}

/// The last digits of the stops of all pages, in order.
async fn found(app: &Arc<App>, query: &str) -> String {
    let mut next = Some(path(query));
    let mut found = String::new();
    while let Some(path) = next {
        let answer = get(app, &path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        let page = answer.json();
        let stops = page["stops"].as_array().unwrap().iter();
        found.extend(stops.map(|stop| stop["id"].as_str().unwrap().strip_prefix("100").unwrap()));
        next = page["next"].as_str().map(String::from);
        let link = next.as_ref().map(|next| format!("<{next}>; rel=\"next\""));
        assert_eq!(answer.header(header::LINK), link.unwrap_or_default());
    }
    found
}

#[tokio::test]
async fn every_word_selects_and_all_must_hold() {
    let app = app_with_stops(Options::default());
    let q = |text: &str| format!("q={}", encoded(text));
    let filter = |text: &str| format!("filter={}", encoded(text));
    for (query, expected) in [
        (String::new(), "12345"),
        (q("rautatie"), "12"),
        (q("RAUTATIEN"), "1"),
        (q("asema"), "2"),
        (q("töölö"), "34"),
        (q("toolo"), ""),
        (q("h2"), "2"),
        (q("h"), "124"),
        (q("1004"), "4"),
        (q("100"), ""),
        ("ids=1005,1001,9999".to_owned(), "15"),
        ("bbox=24.115,60,24.135,61".to_owned(), "23"),
        ("polygon=24.115,60,24.135,60,24.135,61,24.115,61".to_owned(), "23"),
        ("corridor=24.13,60.0,24.13,60.2&width_m=1500".to_owned(), "234"),
        ("city=keskus".to_owned(), "12345"),
        ("route=550".to_owned(), "123"),
        ("route=4".to_owned(), "345"),
        ("route=nothing".to_owned(), ""),
        (filter("code IS NULL"), "35"),
        (filter("name LIKE 'Töölö%'"), "3"),
        (filter("CASEI(name) LIKE CASEI('töölö%')"), "34"),
        (filter("latitude_deg > 60.125 AND longitude_deg < 24.145"), "34"),
        (format!("{}&route=4&{}", q("tori"), filter("code IS NULL")), "3"),
        (format!("{}&bbox=24,60,24.115,61", q("rautatie")), "1"),
    ] {
        assert_eq!(found(&app, &query).await, expected, "{query}");
        // Pages neither lose nor repeat any.
        assert_eq!(found(&app, &format!("limit=1&{query}")).await, expected, "{query}");
        assert_eq!(found(&app, &format!("limit=2&{query}")).await, expected, "{query}");
    }
}

#[tokio::test]
async fn an_answer_says_all_that_is_known_and_fits_its_description() {
    let app = app_with_stops(Options::default());
    let page = get_json(&app, &path("limit=3")).await;
    assert_eq!(page["region"], REGION);
    assert_eq!(page["total"], 5);
    assert!(page.get("note").is_none());
    let first = serde_json::json!({
        "id": "1001", "name": "Rautatientori", "code": "H1",
        "latitude_deg": 60.11, "longitude_deg": 24.11,
    });
    assert_eq!(page["stops"][0], first);
    assert_eq!(page["stops"][2]["code"], Value::Null);
    let description = serde_json::to_value(gateway::openapi()).unwrap();
    let schemas = &description["components"]["schemas"];
    let keys = |value: &Value| {
        let mut keys: Vec<String> = value.as_object().unwrap().keys().cloned().collect();
        keys.sort_unstable();
        keys
    };
    assert_eq!(keys(&schemas["Stop"]["properties"]), keys(&page["stops"][2]));
    let mut required = schemas["Stop"]["required"].as_array().unwrap().clone();
    required.sort_by_key(ToString::to_string);
    assert_eq!(required, keys(&page["stops"][2]));
    let described = keys(&schemas["StopPage"]["properties"]);
    assert_eq!(described, ["next", "note", "region", "stops", "total"]);
    assert!(page["next"].is_string());
}

#[tokio::test]
async fn pages_are_bounded_by_the_configuration() {
    let app = app_with_stops(Options { page_limit_max: 2, ..Options::default() });
    for query in ["", "limit=100"] {
        let page = get_json(&app, &path(query)).await;
        assert_eq!(page["stops"].as_array().unwrap().len(), 2, "{query}");
    }
    assert_eq!(found(&app, "limit=100").await, "12345");
}

#[tokio::test]
async fn who_has_an_answer_is_told_so() {
    let app = app_with_stops(Options::default());
    let answer = get(&app, &path("q=asema")).await;
    let tag = answer.header(header::ETAG).to_owned();
    assert!(!tag.is_empty());
    assert_eq!(answer.header(header::CACHE_CONTROL), "no-cache");
    let again = get_with(&app, &path("q=asema"), &[("if-none-match", tag.as_str())]).await;
    assert_eq!(again.status, StatusCode::NOT_MODIFIED);
    assert!(again.body.is_empty());
    let other = get_with(&app, &path("q=tori"), &[("if-none-match", tag.as_str())]).await;
    assert_eq!(other.status, StatusCode::OK);
}

#[tokio::test]
async fn where_there_are_no_stops_it_is_said() {
    let with_stops = app_with_stops(Options::default());
    for path in ["/v1/regions/toinen/stops", "/v1/regions/toinen/stops?q=asema"] {
        let page = get_json(&with_stops, path).await;
        assert_eq!(page["total"], 0);
        assert_eq!(page["stops"], serde_json::json!([]));
        assert!(page.get("next").is_none());
        assert!(page["note"].as_str().unwrap().contains("--gtfs"));
    }
    // That nothing was found is something else.
    let page = get_json(&with_stops, &path("q=nowhere")).await;
    assert_eq!((page["total"].as_u64(), page.get("note")), (Some(5), None));
    // A network without a schedule is like none.
    let bare = app();
    let network = NetworkBuilder::new(position(24.1, 60.1)).build();
    let streets = StreetSetup::new(network, region(&bare).region(), StreetOptions::default());
    region(&bare).set_streets(&Arc::new(streets));
    assert!(get_json(&bare, &path("")).await["note"].is_string());
}

#[tokio::test]
async fn what_cannot_be_is_said_with_what_would_be_right() {
    let app = app();
    for (query, says) in [
        ("q=".to_owned(), "1 to 100"),
        (format!("q={}", "a".repeat(101)), "it has 101 characters"),
        ("limit=0".to_owned(), "limit: it must be 1 or more"),
        ("bbox=1,2,3".to_owned(), "query: bbox"),
        ("name=asema".to_owned(), "unknown field `name`, expected one of `bbox`"),
        ("at=2026-11-26T07:30:00Z".to_owned(), "unknown field `at`"),
        ("width_m=5".to_owned(), "corridor"),
        (format!("filter={}", encoded("nam = 'a'")), "there is name"),
        (format!("filter={}", encoded("name =")), "must come a number"),
    ] {
        get(&app, &path(&query)).await.assert_problem(400, says);
    }
    get(&app, &path("city=atlantis")).await.assert_problem(404, "there are: keskus");
    get(&app, "/v1/regions/atlantis/stops").await.assert_problem(404, "no region");
}
