//! Laws of flows that are made to agree where links meet.

use network::{LinkFlags, LinkNumber, Network};
use proptest::prelude::*;
use traffic::link::{FlowCurve, Junctions, LinkFlow};

use super::matching::Town;

/// A crossing with four arms of 100 m, the first two lead in, the others out.
fn crossing() -> Network {
    let mut town =
        Town::new(&[[0.0, 0.0], [-100.0, 0.0], [0.0, -100.0], [100.0, 0.0], [0.0, 100.0]]);
    for (from, to) in [(1, 0), (2, 0), (0, 3), (0, 4)] {
        town.link(from, to, LinkFlags::ONE_WAY);
    }
    town.build()
}

/// Streets of 4 by 4 crossings 80 m apart, some of them one-way, and short links between some.
fn town() -> impl Strategy<Value = Network> {
    prop::collection::vec((0_u8..4, 0.0..60.0), 24).prop_map(|kinds| {
        let place = |node: usize| {
            let (_, shift_m) = kinds[node];
            [80.0 * (node % 4) as f64 + shift_m, 80.0 * (node / 4) as f64]
        };
        let nodes: Vec<_> = (0..16).map(place).collect();
        let mut town = Town::new(&nodes);
        let right = (0..16).filter(|node| node % 4 < 3).map(|node| (node, node + 1));
        let up = (0..12).map(|node| (node, node + 4));
        for ((a, b), (kind, _)) in right.chain(up).zip(&kinds) {
            match kind {
                0 => {}
                1 => _ = town.link(a, b, LinkFlags::ONE_WAY),
                _ => _ = town.street(a, b),
            }
        }
        town.build()
    })
}

/// Flows of the first links of a network: usual, seen as a share, estimate, variance.
fn flows() -> impl Strategy<Value = Vec<(f64, f64, f64, f64)>> {
    prop::collection::vec((0.0..60.0, 0.0..1.0, 0.0..60.0, 0.01..80.0), 0..48)
}

fn listed(network: &Network, values: &[(f64, f64, f64, f64)]) -> Vec<LinkFlow> {
    let links = 0..network.len() as LinkNumber;
    let flow = |(link, &(usual, share, vehicles, variance)): (LinkNumber, _)| LinkFlow {
        link,
        usual,
        seen: share * vehicles,
        vehicles,
        variance,
    };
    links.zip(values).map(flow).collect()
}

/// Whether a link of the crossing leads in.
fn leads_in(network: &Network, link: LinkNumber) -> bool {
    let [first, second] = network.ends(0);
    let is_middle = |node| (1..4).all(|other| network.ends(other).contains(&node));
    network.ends(link)[1] == if is_middle(first) { first } else { second }
}

/// What the crossing takes in above what it lets out.
fn difference(network: &Network, flows: &[LinkFlow], of: fn(&LinkFlow) -> f64) -> f64 {
    let sign = |flow: &LinkFlow| if leads_in(network, flow.link) { 1.0 } else { -1.0 };
    flows.iter().map(|flow| sign(flow) * of(flow)).sum()
}

proptest! {
    #[test]
    fn no_flow_is_less_than_was_seen_and_all_get_surer(network in town(), values in flows()) {
        let before = listed(&network, &values);
        let mut after = before.clone();
        Junctions::new(&network).balance(&mut after);
        for (before, after) in before.iter().zip(&after) {
            prop_assert!(after.vehicles >= after.seen && after.vehicles.is_finite(), "{:?}", after);
            prop_assert!(after.variance > 0.0 && after.variance <= before.variance, "{:?}", after);
            prop_assert_eq!((before.link, before.usual, before.seen), (after.link, after.usual, after.seen));
        }
    }

    #[test]
    fn the_order_of_links_does_not_matter(network in town(), values in flows(), by in 0_usize..48) {
        let mut flows = listed(&network, &values);
        let mut turned = flows.clone();
        let by = by.min(turned.len());
        turned.rotate_left(by);
        let junctions = Junctions::new(&network);
        junctions.balance(&mut flows);
        junctions.balance(&mut turned);
        turned.sort_by_key(|flow| flow.link);
        prop_assert_eq!(flows, turned);
    }

    #[test]
    fn what_is_as_usual_stays(network in town(), values in flows()) {
        let as_usual: Vec<_> = values.iter().map(|&(usual, seen, _, v)| (usual, seen, usual, v)).collect();
        let before = listed(&network, &as_usual);
        let mut after = before.clone();
        Junctions::new(&network).balance(&mut after);
        for (before, after) in before.iter().zip(&after) {
            prop_assert!((before.vehicles - after.vehicles).abs() < 1e-9, "{:?} {:?}", before, after);
        }
    }

    #[test]
    fn a_crossing_comes_nearer_to_what_it_usually_lets_out(
        values in prop::collection::vec((0.0..60.0, Just(0.0), 20.0..60.0, 0.01..20.0), 4)
    ) {
        let network = crossing();
        let before = listed(&network, &values);
        let mut after = before.clone();
        Junctions::new(&network).balance(&mut after);
        let usual = difference(&network, &before, |flow| flow.usual);
        let off = |flows| difference(&network, flows, |flow| flow.vehicles) - usual;
        let [from, to] = [off(&before), off(&after)];
        prop_assert!(to.abs() <= from.abs() + 1e-9, "{from} to {to}");
    }

    #[test]
    fn a_curve_is_one_in_the_mean_of_an_hour(
        flows in prop::collection::vec(0.0..90_000.0, 1..12), hour in 0_usize..168, weeks in 1..12
    ) {
        let mut curve = FlowCurve::default();
        for _ in 0..weeks {
            for (at, &flow_veh_h) in flows.iter().enumerate() {
                curve.learn(hour * 12 + at, flow_veh_h);
            }
        }
        let shares: f64 = (0..flows.len()).map(|at| curve.share_of_hour(hour * 12 + at)).sum();
        prop_assert!((shares / flows.len() as f64 - 1.0).abs() < 1e-4, "{shares}");
        let next = curve.share_of_hour((hour * 12 + 12) % 2_016);
        prop_assert!((next - 1.0).abs() < 1e-12, "{next}");
    }
}

/// Name, variances of the four arms, their flows before and after.
#[test]
fn a_crossing_moves_what_is_uncertain() {
    type Arms = [f64; 4];
    let cases: [(&str, Arms, Arms, Arms); 4] = [
        (
            "a detector hardly moves",
            [1.0, 100.0, 100.0, 100.0],
            [40.0, 10.0, 20.0, 10.0],
            [39.9, 4.0, 26.0, 16.0],
        ),
        ("all give way alike", [50.0; 4], [30.0, 10.0, 10.0, 10.0], [25.3, 5.3, 14.7, 14.7]),
        ("certain flows stay", [1e-9; 4], [30.0, 10.0, 10.0, 10.0], [30.0, 10.0, 10.0, 10.0]),
        ("flows that agree stay", [50.0; 4], [30.0, 10.0, 25.0, 15.0], [30.0, 10.0, 25.0, 15.0]),
    ];
    let network = crossing();
    let junctions = Junctions::new(&network);
    for (name, variances, before, wanted) in cases {
        let arms = variances.iter().zip(before);
        let values: Vec<_> =
            arms.map(|(&variance, vehicles)| (20.0, 0.0, vehicles, variance)).collect();
        // Links are numbered by identity; the arms by whether they lead in.
        let mut flows = listed(&network, &values);
        let mut order: Vec<usize> = (0..4).collect();
        order.sort_by_key(|&at| !leads_in(&network, flows[at].link));
        for (arm, &at) in order.iter().enumerate() {
            (flows[at].vehicles, flows[at].variance) = (before[arm], variances[arm]);
        }
        junctions.balance(&mut flows);
        let after: Vec<f64> = order.iter().map(|&at| flows[at].vehicles).collect();
        for (after, wanted) in after.iter().zip(wanted) {
            assert!((after - wanted).abs() < 0.7, "{name}: {after} is not {wanted}");
        }
    }
}

#[test]
fn a_short_link_inside_a_junction_joins_it() {
    // In by 40, over a link of 10 m, out by 20.
    let mut town = Town::new(&[[0.0, 0.0], [100.0, 0.0], [110.0, 0.0], [210.0, 0.0]]);
    for node in 0..3 {
        town.link(node, node + 1, LinkFlags::ONE_WAY);
    }
    let network = town.build();
    let mut flows =
        listed(&network, &[(20.0, 0.0, 40.0, 1.0), (1.0, 0.0, 1.0, 0.1), (20.0, 0.0, 20.0, 100.0)]);
    Junctions::new(&network).balance(&mut flows);
    assert!((flows[1].vehicles - 1.0).abs() < 1e-12, "{flows:?}");
    assert!(flows[2].vehicles > 36.0, "{flows:?}");
}
