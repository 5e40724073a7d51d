//! Streets that climb: who goes up emits more than who goes down.

use events::{LogRecord, Mode};
use network::elevation::read_elevation;
use network::{ImportReport, Network};
use picture::{Emission, Object, Picture};

use super::FREE;
use super::emissions::{counted, with_transit};
use super::weather::emission;
use super::world::{apply, network, object, setup_with};

/// The street on ground that rises to the east by so much in each of its blocks of 200 m.
fn rising(block_m: f64) -> Network {
    let heights = (0..8).map(|column| (f64::from(column) * block_m).to_string());
    let row = heights.collect::<Vec<_>>().join(" ");
    let head = "ncols 8\nnrows 2\nxllcenter 25\nyllcenter 59.9\ndx 0.003597\ndy 0.2\n";
    let text = format!("{head}{row}\n{row}\n");
    let grid = read_elevation(text.as_bytes(), &mut |_| {}).unwrap();
    network(false).with_elevation(&[grid], &mut ImportReport::default())
}

fn after_on(network: Network, log: &[LogRecord]) -> Picture {
    let mut picture = Picture::new("region".into(), "log".into(), setup_with(network));
    apply(&mut picture, log);
    picture
}

#[test]
fn a_link_that_climbs_says_so_and_its_lorries_emit_more() {
    let log = counted(420, |_, _| FREE);
    let pictures = [-8.0, 0.0, 8.0].map(|block_m| after_on(rising(block_m), &log));
    let [down, level, up] = pictures.each_ref().map(|picture| emission(picture, 2));
    for (emission, percent) in [(&down, -4.0), (&level, 0.0), (&up, 4.0)] {
        let basis = emission.basis.as_deref().expect("it says what it was computed from");
        assert!((basis.gradient_percent - percent).abs() < 1e-12, "{basis:?}");
        assert!(basis.gradient_known);
    }
    let unknown = emission(&after_on(network(false), &log), 2);
    let basis = unknown.basis.as_deref().expect("it says what it was computed from");
    assert!(!basis.gradient_known && basis.gradient_percent.abs() < 1e-12, "{basis:?}");
    let of = |emission: &Emission| {
        let rate = |pollutant| emission.minute.rate(pollutant);
        [rate(events::wire::Pollutant::Energy), rate(events::wire::Pollutant::Nox)]
    };
    let noise = |emission: &Emission| emission.noise.as_ref().expect("it is heard").level_db.value;
    for ((down, level), up) in of(&down).into_iter().zip(of(&level)).zip(of(&up)) {
        assert!(down < level && level < up, "{down} {level} {up}");
    }
    assert!(noise(&up) > noise(&level), "engines are heard uphill");
    for (unknown, level) in of(&unknown).into_iter().zip(of(&level)) {
        assert!((unknown - level).abs() < 1e-9 * level, "it is taken as level: {unknown} {level}");
    }
}

#[test]
fn a_bus_works_harder_uphill() {
    let log = with_transit(counted(120, |_, _| FREE), Mode::Bus);
    let of = |block_m: f64| {
        let picture = after_on(rising(block_m), &log);
        let Some(Object::Vehicle(bus)) = object(&picture, &super::world::entity("bus0")) else {
            panic!("it is there")
        };
        let emission = bus.emission.expect("it is public transport");
        (emission.energy_mj, emission.nox_g)
    };
    let ((down, down_nox), (level, nox), (up, up_nox)) = (of(-8.0), of(0.0), of(8.0));
    // A bus of 15 t that climbs 4 % for half a kilometre lifts 3 MJ; from fuel that is twice that.
    assert!(up - level > 1.0, "{level} {up}");
    assert!(down < level, "{down} {level}");
    // What follows its mean speed knows of the slope, too. In the annex modern buses emit more NOx downhill,
    // where the exhaust is too cold to be cleaned.
    assert!((down_nox - nox).abs() > 0.01 * nox && (up_nox - nox).abs() > 0.01 * nox);
}
