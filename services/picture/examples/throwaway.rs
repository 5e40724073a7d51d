#![allow(warnings)]
use events::*;
use picture::*;
use std::time::Instant;
fn rss() -> usize {
    let s = std::fs::read_to_string("/proc/self/statm").unwrap();
    s.split(' ').nth(1).unwrap().parse::<usize>().unwrap() * 4096
}
fn main() {
    let n: usize = std::env::args().nth(1).map_or(10_000, |a| a.parse().unwrap());
    let rounds: i64 = std::env::args().nth(2).map_or(20, |a| a.parse().unwrap());
    let ids: Vec<Text> = (0..n).map(|i| format!("{:04}/{:07}", i % 97, i).into()).collect();
    let mut rng = 12345u64;
    let mut rand = move || {
        rng ^= rng << 13;
        rng ^= rng >> 7;
        rng ^= rng << 17;
        rng
    };
    let mut pos: Vec<(f32, f32)> = (0..n)
        .map(|_| {
            (24.2 + (rand() % 14000) as f32 / 10000.0, 59.9 + (rand() % 8000) as f32 / 10000.0)
        })
        .collect();
    let dirs: Vec<(f64, f64)> = (0..n)
        .map(|_| {
            let a = (rand() % 628) as f64 / 100.0;
            (a.cos() * 10.0 / 55_000.0, a.sin() * 10.0 / 111_000.0)
        })
        .collect();
    let r0 = rss();
    let mut picture = Picture::new("r".into(), "e".into(), Default::default());
    let report = VehiclePosition {
        kind: VehicleEventKind::Position,
        phase: JourneyPhase::Ongoing,
        mode: Mode::Bus,
        position: None,
        bearing_deg: Some(10.0),
        speed_km_h: Some(36.0),
        acceleration_m_s2: Some(0.1),
        odometer_m: Some(1000.0),
        delay_s: Some(60),
        doors_open: Some(false),
        trip: Some(TripDescriptor {
            route_id: Some("1009".into()),
            start_date: Some("20261121".into()),
            direction_id: Some(1),
            start_time_s: Some(36000),
            ..Default::default()
        }),
        route_short_name: Some("9".into()),
        headsign: Some("Pasila".into()),
        stop_id: Some("1234567".into()),
        next_stop_id: Some("1234568".into()),
        operator_id: Some("40".into()),
        ..Default::default()
    };
    let mut record = LogRecord::Event(Event {
        feed: "hsl-hfp".into(),
        region: "r".into(),
        entity: "".into(),
        event_time_ms: 0,
        received_time_ms: 0,
        verdicts: Verdicts::default(),
        provenance: Provenance { source: "mqtt".into(), format: "hfp".into() },
        body: Body::VehiclePosition(report),
    });
    let mut out = Vec::new();
    let mut offset = 0;
    for round in 0..rounds {
        let t = Instant::now();
        let mut deltas = 0;
        let base = 1_700_000_000_000i64 + round * 1000;
        let mut j = 0usize;
        for k in 0..n {
            j = (j + 7919 * 31) % n;
            let j = if n % 7919 == 0 { k } else { j };
            let p = (
                pos[j].0 as f64 + dirs[j].0 * round as f64,
                pos[j].1 as f64 + dirs[j].1 * round as f64,
            );
            if let LogRecord::Event(e) = &mut record {
                e.entity = ids[j].clone();
                e.event_time_ms = base;
                e.received_time_ms = base + 50;
                if let Body::VehiclePosition(v) = &mut e.body {
                    v.position = Some(Position { longitude_deg: p.0, latitude_deg: p.1 });
                }
            }
            picture.apply(offset, &record, &mut out);
            offset += 1;
            if out.len() >= 2048 {
                deltas += out.len();
                out.clear();
            }
        }
        deltas += out.len();
        out.clear();
        let s = t.elapsed().as_secs_f64();
        let t = Instant::now();
        picture.apply(
            offset,
            &LogRecord::FeedStatus(FeedStatus {
                feed: "hsl-hfp".into(),
                watermark_ms: base - 10_000,
                received_time_ms: base,
                received_total: offset,
                ..Default::default()
            }),
            &mut out,
        );
        offset += 1;
        out.clear();
        if round < 3 || round % 5 == 0 || round + 3 > rounds {
            println!(
                "round {round}: {:.0}/s deltas {deltas} status {:.1} us  rss/vehicle {}",
                n as f64 / s,
                t.elapsed().as_secs_f64() * 1e6,
                (rss() - r0) / n
            );
        }
    }
    let t = Instant::now();
    let snap = picture.snapshot();
    println!("snapshot {:.1} ms", t.elapsed().as_secs_f64() * 1e3);
    let t = Instant::now();
    let bytes = picture.checkpoint();
    println!("checkpoint {:.1} ms {} B/vehicle", t.elapsed().as_secs_f64() * 1e3, bytes.len() / n);
    let t = Instant::now();
    let restored = Picture::restore("r".into(), "e".into(), Default::default(), &bytes).unwrap();
    println!("restore {:.1} ms", t.elapsed().as_secs_f64() * 1e3);
    drop(restored);
    let t = Instant::now();
    let view = View::from_snapshot(snap);
    println!("view {:.1} ms", t.elapsed().as_secs_f64() * 1e3);
    let f = (1000.0 / n as f64).sqrt().min(1.0);
    let mut hits = 0;
    let m = 200;
    let t = Instant::now();
    for i in 0..m {
        let w = 24.2 + (i as f64 / m as f64) * 1.4 * (1.0 - f);
        let s = 59.9 + ((i * 37 % m) as f64 / m as f64) * 0.8 * (1.0 - f);
        let b: network::BoundingBox = [w, s, w + 1.4 * f, s + 0.8 * f].try_into().unwrap();
        hits += view.query(Layer::Vehicles, &b).map(|o| o.event_time_ms() as usize & 1 | 1).count();
    }
    println!("query {:.1} us, {} hits", t.elapsed().as_secs_f64() * 1e6 / m as f64, hits / m);
    println!(
        "size Object {} delta {}",
        std::mem::size_of::<Object>(),
        std::mem::size_of::<Delta>()
    );
}
