//! Map matching on small streets: what it answers, and when it says that it does not know.

use events::Position;
use network::{LinkFlags, LinkId, LinkNumber, Network, NetworkBuilder, NewLink, RoadClass};
use traffic::matching::{
    Fix, MatchOptions, Matched, Matcher, Matches, Scratch, Streets, Unknown, VehicleClass,
    lane_position,
};

const ORIGIN: Position = Position { latitude_deg: 60.17, longitude_deg: 24.94 };

/// Streets given by nodes (metres east and north) and pairs of them.
pub(super) struct Town {
    builder: NetworkBuilder,
    nodes: Vec<[f64; 2]>,
}

impl Town {
    pub(super) fn new(nodes: &[[f64; 2]]) -> Self {
        Self { builder: NetworkBuilder::new(ORIGIN), nodes: nodes.to_vec() }
    }

    /// One direction of a street; its way is named after its nodes, so that both directions agree.
    pub(super) fn link(&mut self, from: usize, to: usize, flags: LinkFlags) -> &mut Self {
        self.lanes(from, to, flags, 1)
    }

    fn lanes(&mut self, from: usize, to: usize, flags: LinkFlags, lanes: u8) -> &mut Self {
        let plane = network::Plane::new(ORIGIN);
        self.builder.link(NewLink {
            id: LinkId {
                way: (1_000 * from.min(to) + from.max(to)) as i64,
                from: from as i64,
                to: to as i64,
            },
            line: [from, to].map(|node| plane.unproject(self.nodes[node])).to_vec(),
            setback_m: [0.0, 0.0],
            class: RoadClass::Residential,
            lanes,
            speed_limit_km_h: [40, 40],
            flags,
            name: String::new(),
        });
        self
    }

    pub(super) fn street(&mut self, a: usize, b: usize) -> &mut Self {
        self.link(a, b, LinkFlags::default()).link(b, a, LinkFlags::default())
    }

    pub(super) fn build(&self) -> Network {
        self.builder.clone().build()
    }
}

fn number(network: &Network, from: i64, to: i64) -> LinkNumber {
    let same = |&link: &LinkNumber| (network.id(link).from, network.id(link).to) == (from, to);
    (0..network.len() as LinkNumber).find(same).unwrap()
}

/// One street of 1 km from west to east, node 0 to 1, and on to node 2.
fn straight(flags: LinkFlags) -> Network {
    let mut town = Town::new(&[[0.0, 0.0], [1_000.0, 0.0], [2_000.0, 0.0]]);
    town.link(0, 1, flags).link(1, 2, LinkFlags::default());
    town.build()
}

fn fix(seconds: i64, at: [f64; 2], speed_m_per_s: f32) -> Fix {
    Fix { time_ms: 1_000 * seconds, at, speed_km_h: Some(3.6 * speed_m_per_s), bearing_deg: None }
}

fn matched_on(
    network: &Network,
    class: VehicleClass,
    closed: impl Fn(LinkNumber) -> bool,
    fixes: impl IntoIterator<Item = Fix>,
) -> Matches {
    let options = MatchOptions::default();
    let streets = Streets { network, options: &options, class, closed, route: &[] };
    let (mut one, mut scratch, mut out) =
        (Matcher::default(), Scratch::default(), Matches::default());
    for fix in fixes {
        one.push(&streets, &fix, &mut scratch, &mut out);
    }
    one.finish(&streets, &mut scratch, &mut out);
    out
}

fn matched(network: &Network, fixes: impl IntoIterator<Item = Fix>) -> Matches {
    matched_on(network, VehicleClass::Car, |_| false, fixes)
}

fn links(out: &Matches) -> Vec<Option<LinkNumber>> {
    out.fixes.iter().map(|one| one.place.map(|place| place.link)).collect()
}

fn unknowns(out: &Matches) -> Vec<Option<Unknown>> {
    out.fixes.iter().map(|one| one.unknown).collect()
}

#[test]
fn every_sampling_from_1_to_60_s_follows_the_street() {
    let network = straight(LinkFlags::ONE_WAY);
    for step in [1, 2, 5, 10, 30, 60] {
        let drive = (0..180 / step).map(|i| fix(i * step, [10.0 * (i * step) as f64, 2.0], 10.0));
        let out = matched(&network, drive);
        assert_eq!(out.fixes.len() as i64, 180 / step);
        for one in &out.fixes {
            let place = one.place.unwrap();
            let east_m = lane_position(&network, place.link, place.along_m, 3.2)[0];
            assert!((east_m - one.time_ms as f64 / 100.0).abs() < 3.0, "every {step} s: {one:?}");
        }
        let driven: f32 = out.spans.iter().map(|span| span.to_m - span.from_m).sum();
        assert!((driven - 10.0 * (180 - step) as f32).abs() < 10.0, "every {step} s: {driven} m");
    }
}

#[test]
fn a_vehicle_that_stands_stays_where_it_is() {
    let network = straight(LinkFlags::ONE_WAY);
    // Noise of 8 m up and down the street while it stands.
    let noise = [0.0, 6.0, 8.0, -4.0, -8.0, 3.0, 7.0, -6.0];
    let stand = (0..40).map(|i| fix(i, [500.0 + noise[i as usize % 8], 0.0], 0.0));
    let out = matched(&network, stand);
    let driven: f32 = out.spans.iter().map(|span| span.to_m - span.from_m).sum();
    // Each fix makes the place better known, but none of them is driving.
    assert!(driven < 5.0, "{driven} m");
}

#[test]
fn a_vehicle_without_speed_stands_before_the_junction() {
    let network = straight(LinkFlags::ONE_WAY);
    // It brakes from 10 m/s before the end of the first link, and its fixes are past that by little.
    for past_m in [1.0, 2.0, 3.0] {
        let noise = [-1.0, 0.0, 1.0, 0.0, -1.0, 0.0];
        let drive = (0..30).map(|i| {
            let seconds = (i as f64).min(10.0);
            let driven_m = 10.0 * seconds - 1.25 * (seconds - 6.0).max(0.0).powi(2);
            let east_m = 1_000.0 + past_m - 80.0 + driven_m + noise[i as usize % 6];
            Fix { speed_km_h: None, ..fix(i, [east_m, 0.0], 0.0) }
        });
        let out = matched(&network, drive);
        assert_eq!(links(&out)[15..], [Some(0); 15], "{past_m} m past it");
    }
}

#[test]
fn in_a_yard_nothing_is_known() {
    let network = straight(LinkFlags::default());
    let out = matched(&network, (0..10).map(|i| fix(i, [300.0, 90.0], 0.0)));
    assert_eq!(unknowns(&out), [Some(Unknown::OffNetwork); 10]);
    assert!(out.spans.is_empty());
}

#[test]
fn who_comes_back_from_a_yard_starts_a_new_trace() {
    let network = straight(LinkFlags::ONE_WAY);
    let street = |from: i64| (from..from + 10).map(|i| fix(i, [10.0 * i as f64, 0.0], 10.0));
    let yard = (10..20).map(|i| fix(i, [100.0, 90.0], 1.0));
    let out = matched(&network, street(0).chain(yard).chain(street(20)));
    assert!(links(&out)[..9].iter().all(Option::is_some));
    assert!(unknowns(&out)[11..19].iter().all(|one| *one == Some(Unknown::OffNetwork)));
    assert_eq!(links(&out)[25], Some(0));
}

#[test]
fn garbage_in_a_tunnel_is_no_place() {
    let network = {
        let mut town = Town::new(&[[0.0, 0.0], [200.0, 0.0], [800.0, 0.0], [1_200.0, 0.0]]);
        town.link(0, 1, LinkFlags::ONE_WAY);
        town.link(1, 2, LinkFlags::ONE_WAY.with(LinkFlags::TUNNEL));
        town.link(2, 3, LinkFlags::ONE_WAY);
        town.build()
    };
    let drive = |from: i64, to: i64| (from..to).map(|i| fix(i, [10.0 * i as f64, 0.0], 10.0));
    let garbage = (20..24).map(|i| fix(i, [200.0 + 5.0 * i as f64, 150.0], 10.0));
    let out = matched(&network, drive(0, 20).chain(garbage).chain(drive(85, 100)));
    let unknown = unknowns(&out);
    assert!(unknown[20..24].iter().all(|one| *one == Some(Unknown::Tunnel)), "{unknown:?}");
    assert_eq!(links(&out).last(), Some(&Some(2)));
}

#[test]
fn a_tunnel_without_fixes_is_driven_through() {
    let network = {
        let mut town = Town::new(&[[0.0, 0.0], [200.0, 0.0], [400.0, 0.0], [800.0, 0.0]]);
        town.link(0, 1, LinkFlags::ONE_WAY);
        town.link(1, 2, LinkFlags::ONE_WAY.with(LinkFlags::TUNNEL));
        town.link(2, 3, LinkFlags::ONE_WAY);
        town.build()
    };
    let drive = |from: i64, to: i64| (from..to).map(|i| fix(i, [10.0 * i as f64, 0.0], 10.0));
    let out = matched(&network, drive(0, 19).chain(drive(45, 60)));
    let path: Vec<_> = out.path(&out.fixes[19]).iter().map(|span| span.link).collect();
    assert_eq!(path, [0, 1, 2]);
}

#[test]
fn on_a_ferry_and_on_a_closed_street_there_is_no_road_traffic() {
    let drive = || (0..20).map(|i| fix(i, [10.0 * i as f64, 0.0], 10.0));
    let ferry = straight(LinkFlags::FERRY);
    let out = matched(&ferry, drive());
    assert_eq!(unknowns(&out), [Some(Unknown::Ferry); 20]);
    let out =
        matched_on(&straight(LinkFlags::default()), VehicleClass::Car, |link| link == 0, drive());
    assert_eq!(unknowns(&out), [Some(Unknown::ClosedStreet); 20]);
    assert!(out.spans.is_empty());
}

#[test]
fn between_two_streets_alike_it_says_so() {
    let mut town = Town::new(&[[0.0, 10.0], [500.0, 10.0], [0.0, -10.0], [500.0, -10.0]]);
    town.link(0, 1, LinkFlags::ONE_WAY).link(2, 3, LinkFlags::ONE_WAY);
    // Both directions of a third make it four equals.
    let mut four = Town::new(&[[0.0, 10.0], [500.0, 10.0], [0.0, -10.0], [500.0, -10.0]]);
    four.street(0, 1).street(2, 3);
    let out = matched(&four.build(), (0..10).map(|i| fix(i, [200.0, 0.0], 0.0)));
    assert_eq!(unknowns(&out), [Some(Unknown::Ambiguous); 10]);
    // One metre more to a side, second after second, does not settle it: it is the same error.
    let out = matched(&town.build(), (0..10).map(|i| fix(i, [200.0, 0.5], 0.0)));
    assert!(out.fixes.iter().all(|one| one.confidence < 0.7), "{:?}", out.fixes[0]);
}

#[test]
fn after_doubt_the_way_goes_on_from_the_last_place_that_was_sure() {
    // A street that parts in four for 300 m and is one again: in between it is anybody's guess.
    let mut nodes = vec![[0.0, 0.0], [300.0, 0.0], [600.0, 0.0], [900.0, 0.0]];
    nodes.extend([-12.0, -10.0, 10.0, 12.0].iter().flat_map(|&y| [[330.0, y], [570.0, y]]));
    let mut town = Town::new(&nodes);
    town.link(0, 1, LinkFlags::ONE_WAY).link(2, 3, LinkFlags::ONE_WAY);
    for from in [4, 6, 8, 10] {
        town.link(1, from, LinkFlags::ONE_WAY);
        town.link(from, from + 1, LinkFlags::ONE_WAY);
        town.link(from + 1, 2, LinkFlags::ONE_WAY);
    }
    let drive = (0..6).map(|i| fix(10 * i, [75.0 + 150.0 * i as f64, 0.0], 15.0));
    let out = matched(&town.build(), drive);
    let doubt = Some(Unknown::Ambiguous);
    assert_eq!(unknowns(&out), [None, None, doubt, None, None, None]);
    let driven: f32 = out.spans.iter().map(|span| span.to_m - span.from_m).sum();
    assert!((driven - 750.0).abs() < 15.0, "{driven} m: {:?}", out.spans);
}

#[test]
fn the_line_of_a_street_is_the_middle_of_all_its_lanes() {
    let mut town = Town::new(&[[0.0, 0.0], [500.0, 0.0]]);
    town.lanes(0, 1, LinkFlags::default(), 2).lanes(1, 0, LinkFlags::default(), 1);
    let network = town.build();
    let north_m = |from, to| lane_position(&network, number(&network, from, to), 250.0, 3.0)[1];
    // Of nine metres the six to the south lead east.
    assert!((north_m(0, 1) + 1.5).abs() < 0.01, "{}", north_m(0, 1));
    assert!((north_m(1, 0) - 3.0).abs() < 0.01, "{}", north_m(1, 0));
}

#[test]
fn a_fix_that_is_not_later_is_out_of_order() {
    let network = straight(LinkFlags::ONE_WAY);
    let times = [0, 1, 2, 2, 1, 3];
    let out = matched(&network, times.map(|i| fix(i, [10.0 * i as f64, 0.0], 10.0)));
    let late: Vec<_> = unknowns(&out);
    assert_eq!(late[3..5], [Some(Unknown::OutOfOrder); 2]);
    assert_eq!(out.fixes.iter().map(|one| one.time_ms / 1_000).collect::<Vec<_>>(), times);
    assert!(late[5].is_none());
}

#[test]
fn a_car_is_not_on_the_street_of_the_buses() {
    let mut town = Town::new(&[[0.0, 0.0], [500.0, 0.0], [0.0, 12.0], [500.0, 12.0]]);
    town.link(0, 1, LinkFlags::BUS_ONLY.with(LinkFlags::ONE_WAY)).link(2, 3, LinkFlags::ONE_WAY);
    let network = town.build();
    let drive = || (0..20).map(|i| fix(i, [10.0 * i as f64, 1.0], 10.0));
    let (bus_street, street) = (number(&network, 0, 1), number(&network, 2, 3));
    let car = matched_on(&network, VehicleClass::Car, |_| false, drive());
    assert_eq!(links(&car), [Some(street); 20]);
    let bus = matched_on(&network, VehicleClass::Bus, |_| false, drive());
    assert_eq!(links(&bus), [Some(bus_street); 20]);
}

#[test]
fn the_bearing_tells_the_directions_of_a_street_apart_at_once() {
    let mut town = Town::new(&[[0.0, 0.0], [500.0, 0.0]]);
    let network = town.street(0, 1).build();
    for (bearing_deg, from, to) in [(90.0, 0, 1), (270.0, 1, 0), (-90.0, 1, 0), (450.0, 0, 1)] {
        let one = Fix { bearing_deg: Some(bearing_deg), ..fix(0, [250.0, 0.0], 10.0) };
        let out = matched(&network, [one]);
        assert_eq!(links(&out), [Some(number(&network, from, to))], "{bearing_deg}");
        assert!(out.fixes[0].confidence > 0.9);
    }
}

#[test]
fn a_turn_in_the_street_is_followed_without_a_gap() {
    let mut town = Town::new(&[[0.0, 0.0], [500.0, 0.0]]);
    let network = town.street(0, 1).build();
    let there = (0..20).map(|i| (i, 100.0 + 10.0 * i as f64, 90.0));
    let back = (20..45).map(|i| (i, 290.0 - 10.0 * (i - 20) as f64, 270.0));
    let drive = there.chain(back).map(|(seconds, east, bearing)| Fix {
        bearing_deg: Some(bearing),
        ..fix(seconds, [east, 0.0], 10.0)
    });
    let out = matched(&network, drive);
    assert_eq!(links(&out)[5], Some(number(&network, 0, 1)));
    assert_eq!(links(&out)[40], Some(number(&network, 1, 0)));
    let turns = out.spans.windows(2).filter(|pair| pair[0].link != pair[1].link);
    assert_eq!(turns.count(), 1);
    for one in &out.fixes[1..] {
        assert!(!out.path(one).is_empty(), "{one:?}");
    }
}

#[test]
fn answers_come_at_most_5_s_late_at_1_hz() {
    let mut town = Town::new(&[[0.0, 9.0], [900.0, 9.0], [0.0, -9.0], [900.0, -9.0]]);
    let network = town.street(0, 1).street(2, 3).build();
    let options = MatchOptions::default();
    let class = VehicleClass::Car;
    let streets =
        Streets { network: &network, options: &options, class, closed: |_| false, route: &[] };
    let (mut one, mut scratch, mut out) =
        (Matcher::default(), Scratch::default(), Matches::default());
    for seconds in 0..60 {
        // Nothing tells the two streets apart, so nothing is certain before its time.
        let fix = fix(seconds, [10.0 * seconds as f64, 0.0], 10.0);
        one.push(&streets, &fix, &mut scratch, &mut out);
        assert!(out.fixes.len() as i64 > seconds - 5, "{} at {seconds} s", out.fixes.len());
        assert_eq!(one.pending() as i64, seconds + 1 - out.fixes.len() as i64);
    }
}

#[test]
fn a_long_gap_starts_a_new_trace() {
    let network = straight(LinkFlags::ONE_WAY);
    let drive = [0, 10, 20, 120, 130].map(|i| fix(i, [5.0 * i as f64, 0.0], 5.0));
    let out = matched(&network, drive);
    let empty = |one: &Matched| out.path(one).is_empty();
    let empty: Vec<_> = out.fixes.iter().map(empty).collect();
    assert_eq!(empty, [true, false, false, true, false]);
}
