//! Laws of map matching that hold on any streets and for any fixes, absurd ones too.

use network::{LinkFlags, Network};
use proptest::prelude::*;
use traffic::matching::{
    Fix, MatchOptions, Matcher, MatcherState, Matches, Scratch, Streets, VehicleClass,
};

use super::matching::Town;

/// A town of 4 by 4 crossings about 80 m apart, some of its streets missing, one-way or special.
fn town() -> impl Strategy<Value = Network> {
    let shifts = prop::collection::vec((-30.0..30.0, -30.0..30.0), 16);
    (shifts, prop::collection::vec((0_u8..4, 0_u16..1_024), 24)).prop_map(|(shifts, kinds)| {
        let place = |(node, (east, north)): (usize, (f64, f64))| {
            [80.0 * (node % 4) as f64 + east, 80.0 * (node / 4) as f64 + north]
        };
        let nodes: Vec<_> = shifts.into_iter().enumerate().map(place).collect();
        let mut town = Town::new(&nodes);
        let right = (0..16).filter(|node| node % 4 < 3).map(|node| (node, node + 1));
        let up = (0..12).map(|node| (node, node + 4));
        for ((a, b), (kind, flags)) in right.chain(up).zip(kinds) {
            match kind {
                0 => {}
                1 => _ = town.link(a, b, LinkFlags(flags).with(LinkFlags::ONE_WAY)),
                2 => _ = town.link(a, b, LinkFlags(flags)).link(b, a, LinkFlags(flags)),
                _ => _ = town.street(a, b),
            }
        }
        town.build()
    })
}

/// Now and then what no receiver should send.
fn any_or<T: std::fmt::Debug + Clone + 'static>(
    usual: impl Strategy<Value = T> + 'static,
    absurd: Vec<T>,
) -> impl Strategy<Value = T> {
    prop_oneof![30 => usual, 1 => prop::sample::select(absurd)]
}

/// Metres east and north, speed, bearing, milliseconds since the fix before.
type Step = ((f64, f64), Option<f32>, Option<f32>, i64);

fn fixes() -> impl Strategy<Value = Vec<Fix>> {
    let absurd = vec![f64::NAN, f64::INFINITY, -1e300, 1e9, 0.0];
    let place = (any_or(-25.0..25.0, absurd.clone()), any_or(-25.0..25.0, absurd));
    let absurd = vec![f32::NAN, f32::INFINITY, f32::NEG_INFINITY, -50.0, 1e30, f32::MAX];
    let speed = prop::option::of(any_or(prop_oneof![Just(0.0), 0.0..80.0_f32], absurd.clone()));
    let bearing = prop::option::of(any_or(0.0..360.0_f32, absurd));
    let gap = any_or(
        prop_oneof![Just(1_000_i64), Just(1_000), 500..12_000_i64, Just(30_000)],
        vec![0, -5_000, 90_000, i64::MAX, i64::MIN],
    );
    let from = (0.0..240.0, 0.0..240.0);
    (from, prop::collection::vec((place, speed, bearing, gap), 1..60)).prop_map(|(from, steps)| {
        let (mut at, mut time_ms) = ([from.0, from.1], 1_800_000_000_000_i64);
        let step = |((east, north), speed_km_h, bearing_deg, gap): Step| {
            time_ms = time_ms.saturating_add(gap);
            let here: [f64; 2] = [at[0] + east, at[1] + north];
            // Go on from there unless it is absurd.
            if here.iter().all(|metres| metres.abs() < 1_000.0) {
                at = here;
            }
            Fix { time_ms, at: here, speed_km_h, bearing_deg }
        };
        steps.into_iter().map(step).collect()
    })
}

/// Matches with any work memory, handing the matcher over as a state before the fix of a number.
fn matched(
    network: &Network,
    class: VehicleClass,
    fixes: &[Fix],
    scratch: &mut Scratch,
    handed_over: Option<usize>,
) -> (Matches, MatcherState) {
    let options = MatchOptions::default();
    let closed = |link| link % 7 == 3;
    let streets = Streets { network, options: &options, class, closed, route: &[2, 5, 8] };
    let (mut one, mut out) = (Matcher::default(), Matches::default());
    for (index, fix) in fixes.iter().enumerate() {
        if Some(index) == handed_over {
            one = Matcher::from_state(&one.to_state(), network).unwrap();
        }
        one.push(&streets, fix, scratch, &mut out);
    }
    let state = one.to_state();
    one.finish(&streets, scratch, &mut out);
    (out, state)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn every_fix_has_one_answer_and_paths_have_no_gaps(network in town(), fixes in fixes()) {
        for class in [VehicleClass::Car, VehicleClass::Bus] {
            let (out, _) = matched(&network, class, &fixes, &mut Scratch::default(), None);
            let times = |times: &mut dyn Iterator<Item = i64>| times.collect::<Vec<_>>();
            prop_assert_eq!(
                times(&mut out.fixes.iter().map(|one| one.time_ms)),
                times(&mut fixes.iter().map(|fix| fix.time_ms))
            );
            let mut last = None;
            let mut told = 0;
            for one in &out.fixes {
                prop_assert!(one.place.is_some() != one.unknown.is_some());
                prop_assert!((0.0..=1.0 + 1e-6).contains(&one.confidence), "{one:?}");
                prop_assert_eq!(one.path.start, told);
                told = one.path.end;
                let spans = out.path(one);
                let Some(place) = one.place else {
                    prop_assert!(spans.is_empty());
                    continue;
                };
                let length_m = network.length_m(place.link);
                prop_assert!((0.0..=length_m).contains(&place.along_m), "{one:?}");
                let bus_only = network.flags(place.link).has(LinkFlags::BUS_ONLY);
                prop_assert!(class == VehicleClass::Bus || !bus_only);
                for span in spans {
                    let length_m = network.length_m(span.link);
                    prop_assert!(0.0 <= span.from_m && span.from_m <= span.to_m, "{span:?}");
                    prop_assert!(span.to_m <= length_m && span.start_ms <= span.end_ms, "{span:?}");
                }
                for pair in spans.windows(2) {
                    let [a, b] = [pair[0], pair[1]];
                    prop_assert_eq!(a.end_ms, b.start_ms);
                    prop_assert!(network.successors(a.link).contains(&b.link), "{a:?} {b:?}");
                    prop_assert_eq!((a.to_m, b.from_m), (network.length_m(a.link), 0.0));
                }
                if let (Some(first), Some(end)) = (spans.first(), spans.last()) {
                    let (place_before, time_before): (traffic::matching::Place, i64) =
                        last.expect("a path begins at a place");
                    prop_assert_eq!((first.start_ms, end.end_ms), (time_before, one.time_ms));
                    prop_assert_eq!((end.link, end.to_m), (place.link, place.along_m));
                    let left_m = network.length_m(place_before.link) - place_before.along_m;
                    let turned = network.reverse(place_before.link) == Some(first.link)
                        && left_m.to_bits() == first.from_m.to_bits();
                    let same = (first.link, first.from_m)
                        == (place_before.link, place_before.along_m);
                    prop_assert!(same || turned, "{place_before:?} {first:?}");
                }
                last = Some((place, one.time_ms));
            }
            prop_assert_eq!(told as usize, out.spans.len());
        }
    }

    #[test]
    fn neither_a_checkpoint_nor_other_vehicles_change_the_answers(
        network in town(),
        elsewhere in town(),
        fixes in fixes(),
        others in fixes(),
        handed_over in 0_usize..60,
    ) {
        // Times that a checkpoint holds.
        let exact = 1_i64 << 53;
        let in_bounds = |fix: &Fix| (-exact..=exact).contains(&fix.time_ms);
        let fixes: Vec<Fix> = fixes.into_iter().filter(in_bounds).collect();
        let class = VehicleClass::Bus;
        let (out, state) = matched(&network, class, &fixes, &mut Scratch::default(), None);
        let mut used = Scratch::default();
        matched(&elsewhere, class, &others, &mut used, None);
        matched(&network, VehicleClass::Car, &others, &mut used, None);
        let again = matched(&network, class, &fixes, &mut used, Some(handed_over));
        prop_assert_eq!((&out, &state), (&again.0, &again.1));
        let cut = MatcherState { numbers: state.numbers[1..].to_vec(), ..state };
        prop_assert_eq!(Matcher::from_state(&cut, &network), None);
    }
}
