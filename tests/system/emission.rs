//! `tilanne emission`: tables made and shown from the command line.

use super::process::{Folder, text, tilanne};

const ANNEX: &str = "Category,Fuel,Segment,EuroStandard,Technology,Pollutant,Mode,RoadSlope,Load,\
    MinSpeed_kmh,MaxSpeed_kmh,Alpha,Beta,Gamma,Delta,Epsilon,Zeta,Eta,RF,CheckSpeed_kmh,CheckValue\n\
    PC,G,Mini,IV,GDI,EC,,,,5.0,130.0,0,0,2,0,0,0,1,0,15.0,2.0\n";

const REGISTER: &str = "ajoneuvoluokka;ensirekisterointipvm;kayttoonottopvm;korityyppi;\
    kayttovoima;sahkohybridi;kunta\n\
    M1;2012-05-02;20120502;AB;01;false;091\n\
    M1;2024-05-02;20240502;AB;04;false;091\n\
    M1;2024-05-02;20240502;AB;04;false;837\n\
    M1;;;AB;04;false;091\n";

#[test]
fn a_table_is_made_of_an_annex_and_a_wrong_annex_leaves_the_old_table() {
    let folder = Folder::new();
    let annex = folder.write("annex.csv", ANNEX);
    let out = folder.0.join("hot.csv");
    let import = |annex: &std::path::Path| {
        let mut command = tilanne(["emission", "import"]);
        command.arg(annex).arg("--out").arg(&out).output().unwrap()
    };
    let output = import(&annex);
    let (said, error) = text(&output);
    assert!(output.status.success(), "{error}");
    assert!(said.contains("1 functions taken, 0 left out"), "{said}");
    let made = std::fs::read_to_string(&out).unwrap();
    assert!(
        made.contains("European Environment Agency") && made.contains("PC,G,Mini,IV,GDI,energy_mj")
    );
    let wrong = folder.write("wrong.csv", &ANNEX.replace("15.0,2.0", "15.0,3.0"));
    let output = import(&wrong);
    let (_, error) = text(&output);
    assert!(!output.status.success());
    assert!(error.contains("the function gives 2, the annex says 3"), "{error}");
    assert_eq!(std::fs::read_to_string(&out).unwrap(), made);
}

#[test]
fn a_mix_is_made_of_a_register_and_shown() {
    let folder = Folder::new();
    let register = folder.write("register.csv", REGISTER);
    let out = folder.0.join("fleet-town.csv");
    let mut command = tilanne(["emission", "fleet", "--municipality", "091", "--year", "2025"]);
    command.args(["--name", "Town"]).arg("--register").arg(&register).arg("--out").arg(&out);
    let output = command.output().unwrap();
    let (said, error) = text(&output);
    assert!(output.status.success(), "{error}");
    for line in [
        "4 rows: 2 vehicles counted",
        "1 of other municipalities",
        "1 not usable: no date, first in line 5",
    ] {
        assert!(said.contains(line), "{line} is not in {said}");
    }
    let mut command = tilanne(["emission", "show", "--temperature", "-60", "--explain", "30"]);
    let output = command.arg(&out).output().unwrap();
    let (said, error) = text(&output);
    assert!(output.status.success(), "{error}");
    for word in ["taken as the nearest bound", "Town of 2025", "co2_fossil", "car_electric"] {
        assert!(said.contains(word), "{word} is not in {said}");
    }
}
