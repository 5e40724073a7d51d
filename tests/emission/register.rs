//! A mix from the vehicle register's open file.

use std::collections::BTreeSet;
use std::fmt::Write;

use proptest::prelude::*;
use traffic::emission::register::{Register, RegisterOptions, read_register};
use traffic::emission::{Body, FleetMix, RoadKind};

use super::{mix, set};

/// The columns of the published file, in its order.
const HEADER: &str = "ajoneuvoluokka;ensirekisterointipvm;ajoneuvoryhma;ajoneuvonkaytto;variantti;\
    versio;kayttoonottopvm;vari;ovienLukumaara;korityyppi;ohjaamotyyppi;istumapaikkojenLkm;\
    omamassa;teknSuurSallKokmassa;tieliikSuurSallKokmassa;ajonKokPituus;ajonLeveys;ajonKorkeus;\
    kayttovoima;iskutilavuus;suurinNettoteho;sylintereidenLkm;ahdin;sahkohybridi;\
    sahkohybridinluokka;merkkiSelvakielinen;mallimerkinta;vaihteisto;vaihteidenLkm;kaupallinenNimi;\
    voimanvalJaTehostamistapa;tyyppihyvaksyntanro;yksittaisKayttovoima;kunta;Co2;\
    matkamittarilukema;valmistenumero2;jarnro";

/// One row: class, first registration, taken into use, body type, power, hybrid, municipality.
fn row(cells: [&str; 7]) -> String {
    let [class, registered, in_use, body, power, hybrid, municipality] = cells;
    format!(
        "{class};{registered};;01;;;{in_use};;4;{body};;5;1400;;;;;;{power};1600;80;4;;{hybrid};;\
         Citro\u{eb}n;C4 \"X;;5;;;;;{municipality};120;99000;VF7;1"
    )
}

fn options(municipalities: &[u16]) -> RegisterOptions {
    RegisterOptions { municipalities: municipalities.iter().copied().collect(), year: 2025 }
}

fn register(text: &str, municipalities: &[u16]) -> Register {
    // As published: ISO-8859-1, where ë is one byte that is no UTF-8.
    let bytes: Vec<u8> = text.chars().map(|c| c as u8).collect();
    read_register("register.csv", &bytes[..], &options(municipalities), &mut |_| {}).unwrap()
}

#[test]
fn vehicles_become_classes_by_the_day_they_were_taken_into_use() {
    let rows = [
        (["M1", "1995-05-02", "19950502", "AA", "01", "false", "091"], "car_petrol_euro_1"),
        (["M1", "2.5.2012", "20120502", "AB", "02", "false", "091"], "car_diesel_euro_5"),
        (["M1G", "2016-01-01", "20150900", "AC", "02", "false", "091"], "car_diesel_euro_6"),
        (["M1", "2020-02-01", "20200201", "AC", "01", "true", "091"], "car_hybrid_euro_6"),
        (["M1", "2022-02-01", "20220201", "AF", "39", "true", "091"], "car_phev_petrol_euro_6d"),
        (["M1", "2022-02-01", "20220201", "AF", "44", "true", "091"], "car_phev_diesel_euro_6d"),
        (["M1", "2024-02-01", "20240201", "AF", "04", "false", "091"], "car_electric"),
        (["M1", "2018-02-01", "20180201", "AF", "38", "false", "091"], "car_gas_euro_6"),
        (["N1", "2013-02-01", "", "BB", "02", "false", "91"], "van_diesel_euro_5"),
        (["N3", "2015-02-01", "20150201", "BC", "02", "", "091.0"], "articulated_diesel_euro_vi"),
        (["N2", "2009-11-01", "20091101", "BA", "02", "", "091"], "rigid_diesel_euro_v"),
        (["M3", "2023-11-01", "20231101", "CA", "04", "", "091"], "bus_electric"),
        (["L3e", "2018-05-01", "20180501", "", "01", "", "091"], "motorcycle_petrol_euro_4"),
        (["L1e", "2005-05-01", "20050501", "", "01", "", "091"], "moped_petrol_euro_2"),
    ];
    for (cells, class) in rows {
        let register = register(&format!("{HEADER}\n{}\n", row(cells)), &[91]);
        let found: Vec<&String> = register.classes.keys().collect();
        assert_eq!(found, [class], "{cells:?}");
        assert!(set().classes().get(class).is_some(), "{class}");
        let (vehicles, km) = register.classes[class];
        assert!(vehicles == 1 && (0.0005..0.12).contains(&km), "{class}: {km}");
    }
}

#[test]
fn what_cannot_be_used_is_counted_with_its_first_line() {
    let good = row(["M1", "2012-05-02", "20120502", "AB", "01", "false", "091"]);
    let elsewhere = row(["M1", "2012-05-02", "20120502", "AB", "01", "false", "837"]);
    let no_place = row(["M1", "2012-05-02", "20120502", "AB", "01", "false", ""]);
    let no_date = row(["M1", "", "", "AB", "01", "false", "091"]);
    let odd_power = row(["M1", "2012-05-02", "20120502", "AB", "Y", "false", "091"]);
    let future = row(["M1", "2032-05-02", "20320502", "AB", "01", "false", "091"]);
    let trailer = row(["O4", "2012-05-02", "20120502", "DA", "", "", "091"]);
    let text =
        [HEADER, &good, &elsewhere, &no_place, &no_date, "M1;2012", &odd_power, &future, &trailer];
    let register = register(&text.join("\n"), &[91]);
    assert_eq!((register.rows, register.vehicles()), (8, 1));
    assert_eq!((register.elsewhere, register.other_kinds), (1, 1));
    let bad: Vec<_> = register.bad.iter().map(|(why, (rows, line))| (*why, *rows, *line)).collect();
    assert_eq!(
        bad,
        [
            ("date out of range", 1, 8),
            ("no date", 1, 5),
            ("no municipality", 1, 4),
            ("unknown power", 1, 7),
            ("wrong number of cells", 1, 6),
        ]
    );
    let sum = register.vehicles() + register.elsewhere + register.other_kinds + register.bad_rows();
    assert_eq!(sum, register.rows);
}

#[test]
fn a_file_that_is_not_the_register_is_refused() {
    let error = read_register("x.csv", &b"a;b\n1;2\n"[..], &options(&[]), &mut |_| {}).unwrap_err();
    let wanted = "x.csv:1: no column ajoneuvoluokka; take the register's open file, unpacked";
    assert_eq!(error.to_string(), wanted);
}

#[test]
fn a_mix_of_the_register_keeps_the_bodies_of_the_base_and_reads_back() {
    let mut text = format!("{HEADER}\n");
    for year in 1990..2025 {
        for (class, body, power) in
            [("M1", "AC", "01"), ("M1", "AC", "02"), ("N1", "BB", "02"), ("N3", "BC", "02")]
        {
            let registered = format!("{year}-03-01");
            let in_use = format!("{year}0301");
            let cells = [class, &registered, &in_use, body, power, "", "091"];
            let _ = writeln!(text, "{}", row(cells));
        }
    }
    let register = register(&text, &[91, 49]);
    let base = mix("fleet-finland.csv");
    let classes = set().classes();
    let made = register.mix(&base, classes, ["Town", "register", "CC BY 4.0"], 2025);
    let text = made.to_text(&["made by a test".to_owned()]);
    let back = FleetMix::parse("fleet-town.csv", &text, classes).unwrap();
    assert_eq!((back.name.as_str(), back.year), ("Town", 2025));
    for road in RoadKind::ALL {
        for body in Body::ALL {
            let [ours, theirs] = [&back, &base].map(|mix| mix.body_share(body, road, classes));
            assert!((ours - theirs).abs() < 1e-6, "{} {}", road.name(), body.name());
        }
    }
    // Diesels drive more, so they have more than half of the km of as many cars.
    let diesel: f64 = back
        .classes(RoadKind::Street, classes)
        .filter(|(_, class)| class.group == "car_diesel")
        .map(|(row, _)| row.share)
        .sum();
    let cars = back.body_share(Body::Car, RoadKind::Street, classes);
    assert!((0.55..0.62).contains(&(diesel / cars)), "{}", diesel / cars);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Any bytes: nothing panics, every row is accounted for, every class is known.
    #[test]
    fn any_rows_are_counted_once(
        rows in prop::collection::vec(
            ("(M1|M1G|N1|N3|M3|L3e|T1|)", "[0-9.-]{0,10}", "[0-9]{0,8}", "(AC|BC|)", "[0-9Y]{0,2}",
             "(true|false|)", "[0-9]{0,3}"),
            0..30,
        ),
        junk in prop::collection::vec(any::<u8>(), 0..60),
    ) {
        let mut text = format!("{HEADER}\n");
        for (class, registered, in_use, body, power, hybrid, place) in &rows {
            let cells = [class, registered, in_use, body, power, hybrid, place].map(String::as_str);
            let _ = writeln!(text, "{}", row(cells));
        }
        let mut bytes: Vec<u8> = text.chars().map(|c| c as u8).collect();
        bytes.extend(junk);
        let read = read_register("r.csv", &bytes[..], &options(&[91]), &mut |_| {}).unwrap();
        let sum = read.vehicles() + read.elsewhere + read.other_kinds + read.bad_rows();
        prop_assert_eq!(sum, read.rows);
        prop_assert!(read.rows >= rows.len() as u64);
        let known: BTreeSet<&str> = set().classes().all().iter().map(|it| it.id.as_str()).collect();
        prop_assert!(read.classes.keys().all(|class| known.contains(class.as_str())));
    }
}
