//! The annex's own check values, and values that were worked out elsewhere.

use std::io::Read;

use traffic::emission::{AnnexClass, DrivingMode, HotRow, HotTable, Pollutant, import_annex};

use super::{config, read, root, set};

/// Relative difference that rounding makes.
const ROUNDING: f64 = 1e-9;

fn all_check(rows: &[HotRow]) {
    for row in rows {
        let error = row.check_error();
        assert!(error < ROUNDING, "{} {}: {error}", row.class, row.pollutant.name());
    }
}

#[test]
fn every_function_that_ships_gives_its_check_value() {
    let name = "hot-emep-eea-2019.csv";
    let rows = HotTable::rows(name, &config(name)).unwrap();
    assert!(rows.len() > 10_000, "{} rows", rows.len());
    all_check(&rows);
}

/// With the whole annex beside the repository.
#[test]
fn every_function_of_the_annex_gives_its_check_value() {
    let folder = root().join("../shared/emissions/coefficients");
    let path = folder.join("emep_eea_2019_hot_ef_all.csv.gz");
    let Ok(packed) = std::fs::File::open(&path) else {
        eprintln!("skipped: {} is missing", path.display());
        return;
    };
    let mut text = String::new();
    flate2::read::GzDecoder::new(packed).read_to_string(&mut text).unwrap();
    let import = import_annex("annex.csv", &text, None).unwrap();
    assert_eq!((import.rows, import.left_out), (33_620, 0));
    assert!(import.check_error_max < ROUNDING, "{}", import.check_error_max);
    let rows = HotTable::rows("all.csv", &import.text).unwrap();
    assert_eq!(rows.len(), 33_620);
    all_check(&rows);
    let table = HotTable::parse("all.csv", &import.text).unwrap();
    assert_eq!((table.len(), table.bridged()), (33_620, 258));
    // What ships is what an import with our classes makes.
    let wanted = set().classes().annex_classes();
    let import = import_annex("annex.csv", &text, Some(&wanted)).unwrap();
    assert_eq!(import.missing, []);
    assert!(import.text == config("hot-emep-eea-2019.csv"), "run `tilanne emission import` again");
}

/// Values that others read off the same functions: `tests/data/emission/annex.csv`.
#[test]
fn values_read_off_elsewhere_come_out() {
    let text = read(&root().join("tests/data/emission/annex.csv"));
    let rows = text.lines().filter(|line| !line.starts_with('#')).skip(1);
    let mut count = 0;
    for line in rows {
        let cells: Vec<&str> = line.split(',').collect();
        let class = AnnexClass {
            category: cells[0].to_owned(),
            fuel: cells[1].to_owned(),
            segment: cells[2].to_owned(),
            euro: cells[3].to_owned(),
            technology: cells[4].to_owned(),
        };
        let pollutant = Pollutant::from_name(cells[5]).unwrap();
        let number = |place: usize| -> f64 { cells[place].parse().unwrap() };
        let (speed_km_h, expected) = (number(8), number(9));
        let functions = set().hot().functions(
            &class,
            pollutant,
            DrivingMode::UrbanOffPeak,
            number(6),
            number(7),
        );
        assert!(!functions.is_empty(), "{line}");
        let found: f64 =
            functions.iter().map(|(function, weight)| weight * function.at(speed_km_h)).sum();
        let digits = cells[9].split('.').nth(1).map_or(0, str::len) as i32;
        assert!((found - expected).abs() <= 0.51 * 0.1_f64.powi(digits), "{line}: {found}");
        count += 1;
    }
    assert!(count >= 12, "only {count} rows");
}

#[test]
fn slope_and_load_are_interpolated_and_clamped() {
    let class = AnnexClass {
        category: "BUS".to_owned(),
        fuel: "D".to_owned(),
        segment: "Urban Buses Standard 15 - 18 t".to_owned(),
        euro: "VI D/E".to_owned(),
        technology: "DPF+SCR".to_owned(),
    };
    let energy = |slope: f64, load: f64| -> f64 {
        let mode = DrivingMode::UrbanOffPeak;
        let functions = set().hot().functions(&class, Pollutant::Energy, mode, slope, load);
        let weights: f64 = functions.iter().map(|(_, weight)| weight).sum();
        assert!((weights - 1.0).abs() < 1e-12);
        functions.iter().map(|(function, weight)| weight * function.at(20.0)).sum()
    };
    let between = energy(3.0, 0.25);
    let corners = [energy(2.0, 0.0), energy(2.0, 0.5), energy(4.0, 0.0), energy(4.0, 0.5)];
    assert!((between - corners.iter().sum::<f64>() / 4.0).abs() < 1e-12);
    assert!(energy(4.0, 0.5) > energy(2.0, 0.5) && energy(0.0, 1.0) > energy(0.0, 0.0));
    assert_eq!(energy(9.0, 2.0).to_bits(), energy(6.0, 1.0).to_bits());
    assert_eq!(energy(-9.0, -1.0).to_bits(), energy(-6.0, 0.0).to_bits());
}

#[test]
fn an_annex_that_is_damaged_is_refused() {
    let annex = "Category,Fuel,Segment,EuroStandard,Technology,Pollutant,Mode,RoadSlope,Load,\
                 MinSpeed_kmh,MaxSpeed_kmh,Alpha,Beta,Gamma,Delta,Epsilon,Zeta,Eta,RF,\
                 CheckSpeed_kmh,CheckValue\n";
    let good = "PC,G,Mini,IV,GDI,EC,,,,5.0,130.0,0,0,2,0,0,0,1,0,15.0,2.0\n";
    let import = import_annex("a.csv", &format!("{annex}{good}"), None).unwrap();
    assert_eq!((import.rows, import.bridged), (1, 0));
    for (row, wanted) in [
        (good.replace("15.0,2.0", "15.0,2.1"), "the function gives 2, the annex says 2.1"),
        (good.replace("EC", "SO2"), "a.csv:2: Pollutant: \"SO2\" is not a pollutant"),
        (good.replace(",2,", ",two,"), "a.csv:2: Gamma: \"two\" is no number"),
        (good.replace(",2,", ",,"), "a.csv:2: Gamma: is empty"),
        (good.replace("Mini", "#Mini"), "a.csv:2: Segment: \"#Mini\" has a comma"),
        (good.replace("15.0,2.0", "15.0"), "a.csv:2: 20 cells; it needs 21"),
    ] {
        let error = import_annex("a.csv", &format!("{annex}{row}"), None).unwrap_err().to_string();
        assert!(error.contains(wanted), "{error} is not {wanted}");
    }
}
