//! Which objects: by shape, city, district, route, ids and filter, in every order and page.

use events::TripDescriptor;
use events::wire::AreaKind;
use picture::Object;

use super::support::{REGION, app, area, get, get_json, ids, position, region, updated, vehicle};

/// Eight vehicles along a line eastwards, a hundredth of a degree apart; odd ones on route 550.
fn buses() -> Vec<picture::Delta> {
    let buses = (0..8_u64).map(|n| {
        let mut bus = vehicle(&format!("feed:{n}"), Some(position(24.0 + n as f64 / 100.0, 60.1)));
        if let Object::Vehicle(vehicle) = &mut bus {
            vehicle.report.delay_s = Some(60 * n as i32);
            let route = if n % 2 == 1 { "550" } else { "510" };
            vehicle.report.trip =
                Some(TripDescriptor { route_id: Some(route.into()), ..Default::default() });
        }
        updated(n, bus)
    });
    buses.collect()
}

#[tokio::test]
async fn every_word_selects_and_all_must_hold() {
    let app = app();
    region(&app).apply([buses()]);
    let square = area("district:kallio", AreaKind::District, position(24.0, 60.05));
    region(&app).apply([vec![updated(20, square)]]);
    let path = format!("/v1/regions/{REGION}/vehicles");
    for (query, expected) in [
        ("polygon=24.005,60,24.035,60,24.035,61,24.005,61", "123"),
        ("corridor=24.02,60.0,24.02,60.2&width_m=1500", "123"),
        ("corridor=24.02,60.0,24.02,60.2", "2"),
        ("city=keskus", "01234567"),
        ("district=kallio", "01234567"),
        ("route=550", "1357"),
        ("ids=feed:3,feed:0,feed:nobody", "03"),
        ("filter=report.delay_s>200", "4567"),
        ("filter=report.delay_s>200&route=550", "57"),
        ("filter=report.delay_s>200&route=550&bbox=24,60,24.055,61", "5"),
        ("route=550&sort=-report.delay_s", "7531"),
        ("route=550&sort=-report.delay_s&limit=1", "7531"),
        ("filter=report.delay_s>100&limit=2", "234567"),
        ("near=24.031,60.1&k=2&route=510", "42"),
        ("near=24.031,60.1&k=3&bbox=24.0,60,24.025,61", "210"),
        ("near=24.031,60.1&k=1&filter=report.delay_s<61", "1"),
    ] {
        let mut next = Some(format!("{path}?{query}"));
        let mut found = String::new();
        while let Some(path) = next {
            let page = get_json(&app, &path.replace('>', "%3E").replace('<', "%3C")).await;
            let objects = page["objects"].as_array().unwrap().iter();
            found.extend(objects.map(|object| &object["id"].as_str().unwrap()[5..]));
            next = page["next"].as_str().map(String::from);
        }
        assert_eq!(found, expected, "{query}");
    }
    let feeds = format!("/v1/regions/{REGION}/feeds?bbox=1,1,2,2");
    assert_eq!(ids(&get_json(&app, &feeds).await["objects"]).len(), 0);
}

#[tokio::test]
async fn words_that_cannot_be_are_explained() {
    let app = app();
    region(&app).apply([buses()]);
    let path = format!("/v1/regions/{REGION}/vehicles");
    for (query, status, says) in [
        ("polygon=24,60,25", 400, "polygon: it is longitude,latitude"),
        ("polygon=24,60,25,60", 400, "polygon"),
        ("corridor=24,60", 400, "corridor"),
        ("corridor=24,60,25,60&width_m=0", 400, "width_m is 0"),
        ("width_m=10", 400, "width_m: it is that of a corridor"),
        ("city=atlantis", 404, "no city \"atlantis\" in kaupunki; there are: keskus"),
        ("district=nowhere", 404, "no district \"nowhere\""),
        ("ids=", 200, ""),
        ("filter=speed", 400, "filter"),
        ("filter=speed_km_h%3E1", 400, "speed_km_h"),
        ("polygons=1", 400, "unknown field `polygons`"),
    ] {
        let answer = get(&app, &format!("{path}?{query}")).await;
        if status == 200 {
            assert_eq!(answer.status, 200, "{query}");
        } else {
            answer.assert_problem(status, says);
        }
    }
}
