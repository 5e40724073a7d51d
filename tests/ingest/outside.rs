//! What is let in before it is known to be outside the region, and areas that reach beyond it.

use std::f64::consts::TAU;

use events::{Body, EntityKind, Event, LogRecord, wire};
use ingest::{FeedPipeline, Output};
use picture::{Layer, Picture, Setup};
use prost::Message;

use super::fixture::{START_MS, raw, region};

/// A feed, and the picture that it makes.
struct Feed {
    pipeline: FeedPipeline,
    picture: Picture,
    next_offset: u64,
}

impl Feed {
    fn new(format: &str) -> Self {
        let feed = format!("[[feed]]\nname = \"feed\"\nformat = \"{format}\"\n");
        let region = region("test", &feed);
        Self {
            pipeline: FeedPipeline::new(&region.feeds[0], &region, START_MS).unwrap(),
            picture: Picture::new("test".into(), "log".into(), Setup::default()),
            next_offset: 0,
        }
    }

    /// Takes a payload, so many seconds after the start; the events that go on.
    fn take(&mut self, after_s: i64, topic: &str, payload: &str) -> Vec<Event> {
        let raw = raw("feed", START_MS + after_s * 1_000, topic, payload.to_owned());
        let Output { records, .. } = self.pipeline.record(&raw, 0);
        for record in &records {
            self.picture.apply(self.next_offset, record, &mut Vec::new());
            self.next_offset += 1;
        }
        let events = records.into_iter().filter_map(|record| match record {
            LogRecord::Event(event) => Some(event),
            LogRecord::Tally(_) | LogRecord::FeedStatus(_) => None,
        });
        events.collect()
    }

    fn shown(&self, layer: Layer) -> Vec<String> {
        let objects = self.picture.snapshot().objects;
        let of_layer = objects.iter().filter(|object| object.layer() == layer);
        of_layer.map(|object| object.id().to_string()).collect()
    }
}

/// A station of a register that was made an hour ago.
fn station(id: u32, longitude_deg: f64) -> String {
    format!(
        "{{\"type\":\"Feature\",\"id\":{id},\"geometry\":{{\"type\":\"Point\",\"coordinates\":\
         [{longitude_deg},60.2]}},\"properties\":{{\"id\":{id},\"name\":\"vt4_Asema\",\
         \"collectionStatus\":\"GATHERING\",\"dataUpdatedTime\":\"2026-03-02T05:00:00Z\"}}}}"
    )
}

#[test]
fn stations_that_prove_to_be_outside_are_taken_back_once() {
    for (format, kind, layer, topic, register) in [
        (
            "digitraffic_tms",
            EntityKind::Detector,
            Layer::Detectors,
            "tms-v2/23999/5122",
            "/api/tms/v1/stations",
        ),
        (
            "digitraffic_weather",
            EntityKind::Weather,
            Layer::Weather,
            "weather-v2/23999/1",
            "/api/weather/v1/stations",
        ),
    ] {
        let mut feed = Feed::new(format);
        let value =
            |after_s: i64| format!("{{\"value\":8,\"time\":{}}}", START_MS / 1_000 + after_s);
        let inside = topic.replace("23999", "23101");
        for (after_s, topic) in [(1, topic), (3, topic), (2, topic), (3, &inside)] {
            assert_eq!(feed.take(after_s, topic, &value(after_s)).len(), 1, "{format}");
        }
        assert_eq!(feed.shown(layer), ["feed:23101", "feed:23999"], "{format}");

        let events = feed.take(4, register, &station(23999, 27.0));
        let [event] = &events[..] else { panic!("{format}: {events:?}") };
        assert_eq!(event.body, Body::Retraction(kind), "{format}");
        assert_eq!((event.entity.as_str(), event.event_time_ms), ("23999", START_MS + 3_000));
        assert_eq!(feed.take(4, register, &station(23101, 24.9)).len(), 1, "{format}");
        assert_eq!(feed.shown(layer), ["feed:23101"], "{format}");

        // From here on nothing of it goes on, and one of which nothing did is not taken back.
        assert_eq!(feed.take(5, topic, &value(5)), [], "{format}");
        assert_eq!(feed.take(5, register, &station(23999, 27.0)), [], "{format}");
        assert_eq!(feed.take(5, register, &station(23998, 27.0)), [], "{format}");

        // A station that is moved is let in, and taken back when it is moved away again.
        assert_eq!(feed.take(6, register, &station(23999, 24.9)).len(), 1, "{format}");
        assert_eq!(feed.take(7, topic, &value(7)).len(), 1, "{format}");
        assert_eq!(feed.shown(layer), ["feed:23101", "feed:23999"], "{format}");
        assert_eq!(feed.take(8, register, &station(23999, 27.0)).len(), 1, "{format}");
        assert_eq!(feed.shown(layer), ["feed:23101"], "{format}");
    }
}

/// A version of a traffic message, made so many seconds after the start.
fn message(after_s: i64, geometry: &str) -> String {
    let time = jiff::Timestamp::from_millisecond(START_MS + after_s * 1_000).unwrap();
    format!(
        "{{\"type\":\"Feature\",\"geometry\":{geometry},\"properties\":{{\"situationId\":\"GUID1\",\
         \"situationType\":\"road work\",\"version\":1,\"versionTime\":\"{time}\"}}}}"
    )
}

#[test]
fn a_situation_that_moves_out_of_the_region_is_taken_back_once() {
    let point = |longitude_deg: f64| {
        format!("{{\"type\":\"Point\",\"coordinates\":[{longitude_deg},60.2]}}")
    };
    let mut feed = Feed::new("digitraffic_traffic_message");
    assert_eq!(feed.take(10, "", &message(10, "null")).len(), 1);
    assert_eq!(feed.take(20, "", &message(20, &point(24.9))).len(), 1);
    // A cache that is behind says nothing of where it is now.
    assert_eq!(feed.take(21, "", &message(5, &point(27.0))), []);
    assert_eq!(feed.shown(Layer::Situations), ["feed:GUID1"]);

    let events = feed.take(30, "", &message(30, &point(27.0)));
    assert_eq!(events[0].body, Body::Retraction(EntityKind::Situation));
    assert_eq!(feed.shown(Layer::Situations), [""; 0]);
    assert_eq!(feed.take(31, "", &message(30, &point(27.0))), []);

    assert_eq!(feed.take(40, "", &message(40, &point(24.9))).len(), 1);
    assert_eq!(feed.shown(Layer::Situations), ["feed:GUID1"]);
}

/// A polygon of a circle with so many corners, as the coordinates of a `MultiPolygon` have it.
fn circle(longitude_deg: f64, corners: u32) -> String {
    let corner = |number: u32| {
        let (sin, cos) = (TAU * f64::from(number % corners) / f64::from(corners)).sin_cos();
        format!("[{:.6},{:.6}]", longitude_deg + 0.4 * cos, 60.2 + 0.2 * sin)
    };
    let corners: Vec<String> = (0..=corners).map(corner).collect();
    format!("[[{}]]", corners.join(","))
}

/// A warning for several provinces has as many positions as two events could carry. It must be seen,
/// and with all its parts: only the last of them is of this region.
#[test]
fn a_message_about_large_areas_keeps_all_of_them() {
    let areas = [circle(28.0, 60_000), circle(22.0, 3), circle(24.9, 60_000)];
    let geometry = format!("{{\"type\":\"MultiPolygon\",\"coordinates\":[{}]}}", areas.join(","));
    let mut feed = Feed::new("digitraffic_traffic_message");
    let events = feed.take(10, "", &message(10, &geometry));
    let [event] = &events[..] else { panic!("{} events", events.len()) };
    assert!(wire::Event::from(event).encoded_len() < 1 << 19);
    let Body::SituationRecord(record) = &event.body else { panic!("{:?}", event.body) };
    let polygons = &record.geometry.as_ref().unwrap().polygons;
    assert_eq!(
        polygons.iter().map(|rings| rings[0].len()).collect::<Vec<_>>(),
        [12_499, 4, 12_499]
    );
    for (rings, middle_deg) in polygons.iter().zip([28.0, 22.0, 24.9]) {
        let ring = &rings[0];
        assert_eq!(ring.first(), ring.last());
        let east_deg = ring.iter().map(|position| position.longitude_deg).fold(f64::MIN, f64::max);
        assert!((east_deg - middle_deg - 0.4).abs() < 0.001, "{east_deg}");
    }
}
