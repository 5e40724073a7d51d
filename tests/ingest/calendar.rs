//! Local time and holidays of a region as plain numbers.

use ingest::RegionConfig;

fn region(holidays: &str) -> RegionConfig {
    let text = format!(
        "id = \"a\"\nname = \"A\"\ntime_zone = \"Europe/Helsinki\"\nbbox = [24.0, 60.0, 25.0, 61.0]\n\
         holidays = [{holidays}]\n"
    );
    toml::from_str(&text).unwrap()
}

/// Days from 1970-01-01 to a date.
fn day(year: i16, month: i8, day: i8) -> i64 {
    let epoch = jiff::civil::date(1970, 1, 1);
    i64::from((jiff::civil::date(year, month, day) - epoch).get_days())
}

#[test]
fn rules_give_the_days_of_the_almanac() {
    let days = |rule: &str| region(&format!("\"{rule}\"")).holiday_days().unwrap();
    assert!(days("easter").contains(&day(2026, 4, 5)));
    assert!(days("easter-2").contains(&day(2025, 4, 18)));
    assert!(days("easter+39").contains(&day(2026, 5, 14)));
    assert!(days("saturday 06-20 06-26").contains(&day(2026, 6, 20)));
    assert!(days("saturday 10-31 11-06").contains(&day(2026, 10, 31)));
    assert!(days("12-06").contains(&day(2030, 12, 6)));
    assert!(!days("12-06").contains(&day(2030, 12, 7)));
}

#[test]
fn a_rule_that_is_none_is_named() {
    for rule in ["soon", "13-01", "easter+x", "saturday 06-20", "saturday 06-21 06-22", ""] {
        let error = region(&format!("\"12-06\", \"{rule}\"")).validate().unwrap_err();
        assert_eq!(error.key, "holidays[1]", "{rule}");
        assert!(error.message.contains("easter+N"), "{}", error.message);
    }
}

#[test]
fn clocks_change_in_spring_and_autumn() {
    let offsets = region("").utc_offsets().unwrap();
    let at = |time_ms: i64| {
        let after = offsets.partition_point(|&(from_ms, _)| from_ms <= time_ms);
        offsets[after - 1].1
    };
    // 2026-03-29T01:00:00Z and 2026-10-25T01:00:00Z.
    for (time_ms, before_s, after_s) in
        [(1_774_746_000_000, 7_200, 10_800), (1_792_890_000_000, 10_800, 7_200)]
    {
        assert_eq!([at(time_ms - 1), at(time_ms)], [before_s, after_s]);
    }
}

#[test]
fn waiting_for_ever_is_refused() {
    let mut region = region("");
    region.close_after_s = 601;
    assert_eq!(region.validate().unwrap_err().key, "close_after_s");
}
