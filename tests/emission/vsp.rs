//! Specific power and operating modes.

use proptest::prelude::*;
use traffic::emission::vsp::{
    SourceType, bus_power_kw_t, car_co2_g_s, car_power_kw_t, operating_mode, specific_power_kw_t,
};

use super::{number, rows};

/// Metres per second in a mile per hour.
const MPH: f64 = 0.447_04;

#[test]
fn every_case_of_specific_power_holds() {
    for case in rows("vsp.csv") {
        let source = match case[0].as_str() {
            "motorcycle" => SourceType::Motorcycle,
            "car" => SourceType::PassengerCar,
            "light_truck" => SourceType::LightCommercialTruck,
            "transit_bus" => SourceType::TransitBus,
            "single_unit" => SourceType::SingleUnitShortHaul,
            "combination" => SourceType::CombinationLongHaul,
            other => panic!("{other}"),
        };
        let [speed, acceleration, slope, expected] =
            [1, 2, 3, 4].map(|column| number(&case[column]));
        let power = specific_power_kw_t(source, speed, acceleration, slope).unwrap();
        assert!((power - expected).abs() < 1e-8, "{case:?}: {power}");
    }
}

#[test]
fn every_case_of_operating_modes_holds() {
    let cases = rows("vsp-modes.csv");
    for case in &cases {
        let cells: Vec<f64> = case.iter().map(|cell| number(cell)).collect();
        let accelerations = [cells[1], cells[2], cells[3]].map(|mph_s| mph_s * MPH);
        let mode = operating_mode(cells[0] * MPH, accelerations, cells[4]).unwrap();
        assert_eq!(mode.to_string(), case[5], "{case:?}");
        let rate_g_h = car_co2_g_s(mode).unwrap() * 3_600.0;
        assert!((rate_g_h - cells[6]).abs() <= 0.6, "{case:?}: {rate_g_h}");
    }
    // All 23 modes occur.
    let mut modes: Vec<&String> = cases.iter().map(|case| &case[5]).collect();
    modes.sort_unstable();
    modes.dedup();
    assert_eq!(modes.len(), 23);
}

#[test]
fn what_is_no_number_has_no_power() {
    let car = SourceType::PassengerCar;
    assert_eq!(specific_power_kw_t(car, f64::NAN, 0.0, 0.0), None);
    assert_eq!(specific_power_kw_t(car, -1.0, 0.0, 0.0), None);
    assert_eq!(specific_power_kw_t(car, 10.0, f64::INFINITY, 0.0), None);
    assert_eq!(car_power_kw_t(-1.0, 0.0, 0.0), None);
    assert_eq!(bus_power_kw_t(10.0, f64::NAN, 0.0), None);
    assert_eq!(operating_mode(f64::NAN, [0.0; 3], 0.0), None);
    assert_eq!(operating_mode(10.0, [0.0, 0.0, f64::NAN], 0.0), None);
}

proptest! {
    /// Any second has a mode with a rate, and pulling harder or uphill needs more power.
    #[test]
    fn any_second_has_a_mode(
        speed in 0.0..90.0_f64, a in prop::array::uniform3(-10.0..10.0_f64), slope in -0.2..0.2_f64,
    ) {
        let car = SourceType::PassengerCar;
        let power = specific_power_kw_t(car, speed, a[0], slope).unwrap();
        let mode = operating_mode(speed, a, power).unwrap();
        prop_assert!(car_co2_g_s(mode).unwrap() > 0.0);
        prop_assert!(specific_power_kw_t(car, speed, a[0] + 0.1, slope).unwrap() >= power);
        prop_assert!(specific_power_kw_t(car, speed, a[0], slope + 0.01).unwrap() >= power);
    }
}
