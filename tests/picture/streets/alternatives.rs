//! Factor sets beside the shown one: what each would say of the same traffic.

use std::sync::Arc;

use events::Mode;
use events::wire::Pollutant;
use picture::{AreaKind, Emission, Picture};
use traffic::emission::EmissionModel;

use super::FREE;
use super::emissions::{counted, emissions, of_kind, with_transit};
use super::world::{apply, setup_emitting};

/// Sums of areas after a quarter of an hour of cars and buses, by a model.
fn areas_by(model: EmissionModel) -> Vec<Emission> {
    let setup = setup_emitting(Arc::new(model));
    let mut picture = Picture::new("region".into(), "log".into(), setup.clone());
    let log = with_transit(counted(900, |_, _| FREE), Mode::Bus);
    apply(&mut picture, &log);
    let all = emissions(&picture);
    // A restart changes nothing.
    let checkpoint = picture.checkpoint();
    let restored = Picture::restore("region".into(), "log".into(), setup, &checkpoint);
    assert_eq!(emissions(&restored.unwrap()), all);
    all.into_iter().filter(|emission| emission.kind.is_some()).collect()
}

/// Value, low and high of a pollutant in the newest minute, g/h.
fn shown(area: &Emission, pollutant: Pollutant) -> [f64; 3] {
    let rate = area.minute.rates.iter().find(|rate| rate.pollutant == pollutant);
    rate.map_or([0.0; 3], |rate| [rate.value, rate.low.into(), rate.high.into()])
}

fn assert_same(found: [f64; 3], expected: [f64; 3], what: &str) {
    for (found, expected) in found.into_iter().zip(expected) {
        // Shown ends are single floats, and masses are whole micrograms a minute and link.
        let near = (found - expected).abs() <= 1e-6 * expected.abs() + 1e-3;
        assert!(near, "{what}: {found} is not {expected}");
    }
}

#[test]
fn the_same_factors_beside_say_the_same_with_the_same_interval() {
    let model = crate::emission::model();
    let sets = vec![model.sets[0].clone(), model.sets[0].clone()];
    let areas = areas_by(EmissionModel { sets, ..model.as_ref().clone() });
    let region = of_kind(&areas, Some(AreaKind::Region))[0];
    assert!(region.minute.transit_co2_g_h > 0.0, "there is a bus in the newest minute");
    for area in &areas {
        let [of] = &area.alternatives[..] else { panic!("{}: {:?}", area.id, area.alternatives) };
        let nox = [of.nox_g_h, of.nox_low_g_h, of.nox_high_g_h];
        assert_same(nox, shown(area, Pollutant::Nox), &area.id);
        let particles = [of.pm_exhaust_g_h, of.pm_exhaust_low_g_h, of.pm_exhaust_high_g_h];
        assert_same(particles, shown(area, Pollutant::PmExhaust), &area.id);
        // Fossil and biogenic CO2 are of the same litres: the ends of the sum are the sums of the ends.
        let fossil = shown(area, Pollutant::Co2Fossil);
        let biogenic = shown(area, Pollutant::Co2Biogenic);
        let co2: [f64; 3] = std::array::from_fn(|end| fossil[end] + biogenic[end]);
        let found = [of.co2_g_h, of.co2_low_g_h, of.co2_high_g_h];
        assert!((found[0] - co2[0]).abs() <= 1e-6 * co2[0] + 1e-3, "{found:?} {co2:?}");
        for (found, of_parts) in found.into_iter().zip(co2) {
            assert!((found - of_parts).abs() <= 0.02 * co2[0], "{found} is far from {of_parts}");
        }
    }
}

#[test]
fn warm_engines_and_no_queues_say_less_of_the_same_cars() {
    let areas = areas_by(crate::emission::model().as_ref().clone());
    let region = of_kind(&areas, Some(AreaKind::Region))[0];
    let [hot] = &region.alternatives[..] else { panic!("{:?}", region.alternatives) };
    let [nox, ..] = shown(region, Pollutant::Nox);
    assert!(0.0 < hot.nox_low_g_h && hot.nox_low_g_h < hot.nox_g_h, "{hot:?}");
    assert!(hot.nox_g_h < hot.nox_high_g_h && hot.nox_g_h < nox, "{hot:?}, shown {nox}");
}
