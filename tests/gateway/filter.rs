//! Conditions in CQL2 text: what texts are like, with and without capitals, and that every property
//! of an object can be asked about.

use std::fmt::Write as _;
use std::sync::Arc;

use events::Text;
use gateway::App;
use picture::Object;
use serde_json::Value;

use super::full::full_objects;
use super::support::{REGION, app, get, get_json, get_with, ids, region, updated, vehicle};

/// As a value in the query of an address.
pub(super) fn encoded(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

/// Vehicles with these headsigns, `feed:0` and on.
fn signed(headsigns: &[&str]) -> Arc<App> {
    let app = app();
    let vehicles = headsigns.iter().zip(0..).map(|(headsign, n)| {
        let mut bus = vehicle(&format!("feed:{n}"), None);
        if let Object::Vehicle(vehicle) = &mut bus {
            vehicle.report.headsign = Some(Text::from(*headsign));
            vehicle.report.speed_km_h = Some(7.3);
        }
        updated(n, bus)
    });
    region(&app).apply([vehicles.collect()]);
    app
}

/// Numbers of the vehicles that a condition holds for.
async fn held(app: &Arc<App>, filter: &str) -> String {
    let path = format!("/v1/regions/{REGION}/vehicles?filter={}", encoded(filter));
    let page = get_json(app, &path).await;
    ids(&page["objects"]).iter().map(|id| &id["feed:".len()..]).collect()
}

#[tokio::test]
async fn a_pattern_has_signs_that_mean_something_unless_they_are_escaped() {
    let app = signed(&["100 % bus", "100 x bus", r"C:\bus", "a_b", "axb", "O'Brien"]);
    for (pattern, expected) in [
        ("100 _ bus", "01"),
        (r"100 \% bus", "0"),
        ("a_b", "34"),
        (r"a\_b", "3"),
        (r"%\\%", "2"),
        (r"C:\\bus", "2"),
        // Before any other character, it is that character.
        (r"\axb", "4"),
        ("O''B%", "5"),
        (r"O\'B%", "5"),
        ("%", "012345"),
        ("", ""),
        ("%%s%", "012"),
        ("%B%", "5"),
    ] {
        let filter = format!("report.headsign LIKE '{pattern}'");
        assert_eq!(held(&app, &filter).await, expected, "{pattern}");
    }
    // The quote after it is one within the text, which then never ends.
    let open = encoded(r"report.headsign LIKE 'a\'");
    let answer = get(&app, &format!("/v1/regions/{REGION}/vehicles?filter={open}")).await;
    answer.assert_problem(400, "a text that has no end");
}

#[tokio::test]
async fn capitals_count_unless_both_sides_are_without() {
    let app = signed(&["Töölö", "TÖÖLÖN TORI", "Toolo", "STRASSE", "Straße", "ΟΔΟΣ", "οδος"]);
    let property = "report.headsign";
    for (filter, expected) in [
        (format!("{property} LIKE 'töö%'"), ""),
        (format!("{property} LIKE 'Töö%'"), "0"),
        (format!("CASEI({property}) LIKE CASEI('töö%')"), "01"),
        (format!("casei({property}) not like casei('TÖÖ%')"), "23456"),
        (format!("CASEI({property}) = CASEI('töölö')"), "0"),
        (format!("CASEI(CASEI({property})) = CASEI(CASEI('TÖÖLÖ'))"), "0"),
        (format!("CASEI({property}) IN (CASEI('straße'), CASEI('Οδός'))"), "34"),
        (format!("CASEI({property}) IN (CASEI('STRAẞE'), CASEI('Οδος'))"), "3456"),
        (format!("CASEI({property}) IS NOT NULL AND id = 'feed:0'"), "0"),
        ("CASEI(id) = CASEI('FEED:3')".to_owned(), "3"),
    ] {
        assert_eq!(held(&app, &filter).await, expected, "{filter}");
    }
    for (filter, says) in [
        ("CASEI report.headsign = 'a'", "must come an opening bracket"),
        ("CASEI(report.headsign = 'a'", "must come a closing bracket"),
        ("CASEI(headsigns) = 'a'", "no property \"headsigns\""),
        ("report.headsign = CASEI(5)", "must come a text in single quotes"),
        ("report.headsign LIKE CASEI(TRUE)", "must come a text in single quotes"),
    ] {
        let path = format!("/v1/regions/{REGION}/vehicles?filter={}", encoded(filter));
        get(&app, &path).await.assert_problem(400, says);
    }
}

#[tokio::test]
async fn numbers_are_those_that_answers_have() {
    let app = signed(&["a"]);
    assert_eq!(held(&app, "report.speed_km_h = 7.3").await, "0");
    assert_eq!(held(&app, "report.speed_km_h BETWEEN 7.2 AND 7.3").await, "0");
    assert_eq!(held(&app, "report.speed_km_h = '7.3'").await, "");
}

/// Paths of all that is in a value, but for what is nothing; what is in lists has the list's path.
fn paths(value: &Value, path: &str, found: &mut Vec<String>) {
    match value {
        Value::Null => {}
        Value::Array(entries) => {
            for entry in entries {
                paths(entry, path, found);
            }
        }
        _ => {
            found.push(path.to_owned());
            for (name, value) in value.as_object().into_iter().flatten() {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                paths(value, &path, found);
            }
        }
    }
}

#[tokio::test]
async fn every_property_that_an_object_has_is_not_null() {
    let app = app();
    let deltas = (1..).zip(full_objects()).map(|(n, object)| updated(n, object));
    region(&app).apply([deltas.collect()]);
    let mut asked = 0;
    for object in full_objects() {
        let mut names = Vec::new();
        paths(&serde_json::to_value(&object).unwrap(), "", &mut names);
        names.retain(|name| !name.is_empty());
        names.sort_unstable();
        names.dedup();
        for name in names {
            let layer = object.layer();
            let filter = encoded(&format!("id = '{}' AND {name} IS NOT NULL", object.id()));
            let path = format!("/v1/regions/{REGION}/{layer}?filter={filter}");
            let answer = get_with(&app, &path, &[("accept", "application/json")]).await;
            if answer.status == 400 {
                // Names that only the value has, such as those of pollutants, are of no schema.
                continue;
            }
            let count = ids(&answer.json()["objects"]).len();
            assert_eq!(count, 1, "{layer}: {name}");
            asked += 1;
        }
    }
    assert!(asked > 150, "only {asked} properties");
}
