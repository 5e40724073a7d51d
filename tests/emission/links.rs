//! What a link emits, and how surely.

use traffic::emission::studded::{RoadState, StuddedShare};
use traffic::emission::{LinkEstimate, LinkTraffic, Pollutant, RoadKind, StreetGroup, Weather};

use super::model;

const FREE_KM_H: f64 = 45.0;

fn estimate(flow_veh_h: [f64; 3], speed_km_h: [f64; 3]) -> LinkEstimate {
    let weather = Weather {
        temperature_c: 5.0,
        road: RoadState::Dry,
        studded: StuddedShare { light: 0.0, heavy: 0.0 },
        year: 2026,
    };
    let on = StreetGroup { fleet: 0, road: RoadKind::Street, slope_percent: 0.0 };
    let curves = model().curves(0, &on, &weather);
    curves.estimate(&LinkTraffic {
        length_m: 400.0,
        lanes: 1.0,
        duration_s: 300.0,
        flow_veh_h,
        speed_km_h,
        free_flow_speed_km_h: FREE_KM_H,
    })
}

fn deviation(variances: &[f64]) -> f64 {
    variances[Pollutant::Co2Fossil.index()].sqrt()
}

fn co2(amounts: &[f64]) -> f64 {
    amounts[Pollutant::Co2Fossil.index()]
}

/// Of the amount above free flow: an error of the flow counts as far as that is, one of the speed
/// whole.
#[test]
fn what_congestion_adds_is_as_sure_as_its_causes() {
    let free = estimate([500.0, 400.0, 600.0], [FREE_KM_H; 3]);
    assert!(co2(&free.amounts) > 0.0 && deviation(&free.sampling) > 0.0);
    assert!(deviation(&free.excess_sampling).abs() < 1e-12, "{free:?}");

    let flow = estimate([500.0, 400.0, 600.0], [10.0; 3]);
    let share = 1.0 - co2(&flow.free_flow) / co2(&flow.amounts);
    assert!((0.1..0.9).contains(&share), "{share}");
    let (whole, excess) = (deviation(&flow.sampling), deviation(&flow.excess_sampling));
    assert!((excess / whole - share).abs() < 1e-9, "{excess} of {whole}, not {share}");

    let sure = deviation(&estimate([500.0; 3], [10.0; 3]).excess_sampling);
    let speed = estimate([500.0; 3], [10.0, 7.0, 14.0]);
    let of_speed = (co2(&estimate([500.0; 3], [7.0; 3]).amounts)
        - co2(&estimate([500.0; 3], [14.0; 3]).amounts))
        / (2.0 * 1.645);
    let excess = deviation(&speed.excess_sampling);
    assert!(sure < of_speed && of_speed <= excess, "{sure} {of_speed} {excess}");
    assert!(excess <= deviation(&speed.sampling));
}
