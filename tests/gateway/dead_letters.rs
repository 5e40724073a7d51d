//! What was refused, read back from the log page by page.

use std::sync::Arc;

use events::{DeadLetter, Outcome, RawRecord};
use gateway::{App, Origin};
use prost::Message;
use serde_json::Value;
use stream::topic;

use super::logged::Logged;
use super::support::{NOW_MS, get_json};

const PATH: &str = "/v1/regions/kaupunki/dead-letters";
const MEBIBYTE: usize = 1 << 20;

fn letter(feed: &str, payload: Vec<u8>) -> DeadLetter {
    DeadLetter {
        raw: Some(RawRecord {
            feed: feed.into(),
            received_time_ms: NOW_MS,
            payload: payload.into(),
            ..RawRecord::default()
        }),
        outcome: Outcome::Rejected.into(),
        reason: "malformed".into(),
        ..DeadLetter::default()
    }
}

fn offsets(page: &Value) -> Vec<u64> {
    let letters = page["letters"].as_array().unwrap().iter();
    letters.map(|letter| letter["offset"].as_u64().unwrap()).collect()
}

/// All pages from the newest on, as offsets.
async fn pages(app: &Arc<App>, query: &str) -> Vec<Vec<u64>> {
    let mut pages = Vec::new();
    let mut before = String::new();
    loop {
        let page = get_json(app, &format!("{PATH}?limit=1000{query}{before}")).await;
        pages.push(offsets(&page));
        if page["more"] == false {
            return pages;
        }
        before = format!("&before={}", page["first"]);
    }
}

/// Large letters come in pages of their own, each letter once, whatever is asked for at a time.
#[tokio::test]
async fn a_page_has_as_many_letters_as_fit() {
    let logged = Logged::new(Origin::Live).await;
    let app = &logged.app;
    let small = |feed| letter(feed, b"{".to_vec());
    let large = |feed, mebibytes: usize| letter(feed, vec![0xff; mebibytes * MEBIBYTE]);
    let letters = [
        small("trams"),
        large("buses", 1),
        small("trams"),
        large("buses", 2),
        large("buses", 6),
        large("trams", 1),
        large("buses", 2),
        small("trams"),
    ];
    for letter in letters {
        logged.append(topic::DEAD_LETTER, vec![letter.encode_to_vec().into()]).await;
    }
    assert_eq!(pages(app, "").await, [vec![7, 6, 5], vec![4], vec![3, 2, 1, 0]]);
    assert_eq!(pages(app, "&feed=trams").await, [[7, 5, 2, 0]]);
    assert_eq!(pages(app, "&feed=buses").await, [vec![6], vec![4], vec![3, 1]]);
    assert_eq!(pages(app, "&feed=metro").await, [[0_u64; 0]]);

    let page = get_json(app, &format!("{PATH}?limit=1")).await;
    let newest = &page["letters"][0];
    assert_eq!((&newest["payload"], &newest["outcome"]), (&"{".into(), &"rejected".into()));
    let binary = get_json(app, &format!("{PATH}?limit=1&before=6")).await;
    let base64 = binary["letters"][0]["payload_base64"].as_str().unwrap();
    assert_eq!(base64.len(), MEBIBYTE.div_ceil(3) * 4);
}
