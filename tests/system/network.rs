//! `tilanne network`: a network made and shown from the command line.

use load_tests::osm::ExtractWriter;

use super::process::{Folder, text, tilanne};

/// Two nodes of a street, about 111 m apart from south to north.
fn extract() -> Vec<u8> {
    let mut writer = ExtractWriter::new(Vec::new(), "by hand").unwrap();
    for (node, latitude_deg) in [(1, 60.0), (2, 60.001)] {
        writer.node(node, [latitude_deg, 25.0], &[]).unwrap();
    }
    writer.way(7, &[1, 2], &[("highway", "residential"), ("name", "Mäkikatu")]).unwrap();
    writer.finish().unwrap()
}

/// The ground rises by five metres from the one to the other.
const HEIGHTS: &str = "ncols 2\nnrows 2\nxllcenter 24.999\nyllcenter 60\ndx 0.002\ndy 0.001\n\
    15 15\n10 10\n";

#[test]
fn streets_climb_where_heights_are_given_and_a_broken_grid_leaves_the_old_file() {
    let folder = Folder::new();
    let osm = folder.0.join("town.osm.pbf");
    std::fs::write(&osm, extract()).unwrap();
    let heights = folder.write("heights.asc", HEIGHTS);
    let out = folder.0.join("town.network");
    let import = |heights: &std::path::Path| {
        let mut command = tilanne(["network", "import", "--osm"]);
        command.arg(&osm).arg("--elevation").arg(heights).arg("-o").arg(&out);
        command.output().unwrap()
    };
    let (said, error) = text(&import(&heights));
    assert!(said.contains("2 links with a gradient"), "{said} {error}");
    let made = std::fs::read(&out).unwrap();
    for (link, gradient) in [("7-1-2", "4.5 %"), ("7-2-1", "-4.5 %")] {
        let mut command = tilanne(["network", "show", "--link", link]);
        let (said, error) = text(&command.arg(&out).output().unwrap());
        assert!(said.contains(&format!("gradient    {gradient}")), "{said} {error}");
    }
    let (said, _) = text(&tilanne(["network", "show"]).arg(&out).output().unwrap());
    assert!(said.contains("gradient known") && said.contains("2 links with a gradient"), "{said}");

    let broken = folder.write("broken.asc", &HEIGHTS.replace("15 15", "15 fifteen"));
    let output = import(&broken);
    let (_, error) = text(&output);
    assert!(!output.status.success());
    assert!(error.contains("broken.asc"), "{error}");
    assert!(error.contains("line 7: \"fifteen\" is no height"), "{error}");
    assert_eq!(std::fs::read(&out).unwrap(), made, "the old file stays");
}
