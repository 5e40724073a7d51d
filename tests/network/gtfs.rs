//! Reading schedules: what contradicts itself is counted, routes lie on links, stops too.

use std::collections::BTreeMap;
use std::io::{Cursor, Read, Write};
use std::path::Path;

use events::wire::Mode;
use network::gtfs::{Feed, GtfsError, GtfsFiles, GtfsZip, read_gtfs};
use network::osm::{OsmOptions, read_osm};
use network::{Finding, ImportReport, LinkId, Network, Stop};
use proptest::prelude::*;

use super::extract::Extract;
use super::number;

/// Files of a case in `tests/data/network/gtfs.txt`, or changed ones.
#[derive(Clone)]
struct Files(BTreeMap<String, Vec<u8>>);

impl GtfsFiles for Files {
    fn open(&mut self, name: &str) -> Result<Option<Box<dyn Read + '_>>, GtfsError> {
        Ok(self.0.get(name).map(|bytes| Box::new(&bytes[..]) as Box<dyn Read>))
    }
}

impl Files {
    fn of_case() -> Self {
        Self::of(include_str!("../data/network/gtfs.txt"))
    }

    /// Parts that begin with `== name`.
    fn of(text: &str) -> Self {
        let part = |part: &str| {
            let (name, body) = part.split_once('\n').unwrap();
            (name.trim().to_owned(), body.as_bytes().to_vec())
        };
        Self(text.split("== ").skip(1).map(part).collect())
    }

    fn zip(&self, folder: &str) -> Vec<u8> {
        let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
        let options = zip::write::SimpleFileOptions::default();
        for (name, bytes) in &self.0 {
            zip.start_file(format!("{folder}{name}"), options).unwrap();
            zip.write_all(bytes).unwrap();
            zip.start_file(format!("__MACOSX/{name}"), options).unwrap();
            zip.write_all(b"\0\x05\x16\x07").unwrap();
        }
        zip.finish().unwrap().into_inner()
    }

    fn read(&mut self) -> (Result<Feed, GtfsError>, ImportReport) {
        let mut report = ImportReport::default();
        let feed = read_gtfs(self, &mut report, &mut |done, total| assert!(done <= total));
        (feed, report)
    }
}

/// The streets of the case: along the row 0, from node 1 to node 4, and a side street at node 2.
fn streets() -> Network {
    let extract = Extract::default()
        .node(1, 0.0, 0.0, "")
        .node(2, 4.0, 0.0, "")
        .node(3, 8.0, 0.0, "")
        .node(4, 12.0, 0.0, "")
        .node(5, 4.0, 3.0, "")
        .node(6, 8.0, 3.0, "")
        .way(10, &[1, 2, 3, 4], "highway=primary")
        .way(20, &[2, 5], "highway=residential")
        .way(21, &[3, 6], "highway=residential");
    let bytes = extract.bytes();
    let import = read_osm(Cursor::new(bytes), &OsmOptions::default(), &mut |_, _| {}).unwrap();
    import.builder.build()
}

fn laid(feed: &Feed) -> Network {
    let mut report = ImportReport::default();
    streets().with_schedule(std::slice::from_ref(feed), &mut report, &mut |_, _| {})
}

#[test]
fn what_contradicts_itself_is_counted_and_the_rest_goes_on() {
    let (feed, report) = Files::of_case().read();
    let network = laid(&feed.unwrap());
    let expected = [
        (Finding::StopTwice, 1),
        (Finding::StopWithoutPlace, 2),
        (Finding::RouteTwice, 1),
        (Finding::RouteTypeUnknown, 1),
        (Finding::TripTwice, 1),
        (Finding::TripOfUnknownRoute, 1),
        (Finding::TripWithoutStops, 1),
        (Finding::ShapeUnknown, 1),
        (Finding::ShapePointUnreadable, 1),
        (Finding::StopTimeOfUnknownTrip, 1),
        (Finding::StopTimeOfUnknownStop, 1),
        (Finding::StopTimeUnreadable, 2),
        (Finding::StopTimeTwice, 1),
        (Finding::TimesGoBack, 1),
        (Finding::RowWithoutId, 1),
        (Finding::FileMissing, 0),
    ];
    for (finding, count) in expected {
        assert_eq!(report.count(finding), count, "{}", finding.as_str());
    }
    let schedule = network.schedule();
    let route = |id: &str| schedule.route_of(schedule.route(id).unwrap()).unwrap();
    assert_eq!(route("550"), ("550", "550", Mode::Bus));
    assert_eq!(route("Express"), ("Express", "Express line", Mode::Bus), "an extended type");
    assert_eq!(route("T4").2, Mode::Tram);
    assert_eq!(schedule.route("nothing"), None);
    let pattern = schedule.pattern(schedule.trip_pattern("a1").unwrap()).unwrap();
    assert_eq!(pattern.direction, Some(0));
    let stops: Vec<&str> =
        pattern.stops.iter().map(|&stop| schedule.stop(stop).unwrap().id).collect();
    assert_eq!(stops, ["S1", "S2", "S3"]);
    assert_eq!(schedule.trip_pattern("a1"), schedule.trip_pattern("a2"), "the same stops and line");
    assert_eq!(schedule.trip_pattern("lost"), None);
}

#[test]
fn routes_lie_on_the_links_under_their_lines() {
    let network = laid(&Files::of_case().read().0.unwrap());
    let schedule = network.schedule();
    let link = |way, from, to| number(&network, LinkId { way, from, to });
    let mut along = vec![link(10, 1, 2), link(10, 2, 3), link(10, 3, 4)];
    along.sort_unstable();
    assert_eq!(schedule.route_links("550", Some(0)), along);
    let mut back = vec![link(10, 2, 1), link(10, 3, 2), link(10, 4, 3)];
    back.sort_unstable();
    assert_eq!(schedule.route_links("550", Some(1)), back, "without a shape, from stop to stop");
    assert_eq!(schedule.route_links("550", None).len(), 6);
    assert!(schedule.route_links("T4", None).is_empty(), "trams are not on streets");
    // Stop S2 is in the middle of the link from node 2 to node 3, on the side of direction 0.
    let on = link(10, 2, 3);
    let [along_m] = schedule.stops_on(on)[..] else { panic!("{:?}", schedule.stops_on(on)) };
    assert!((along_m - network.length_m(on) / 2.0).abs() < 2.0, "{along_m}");
    assert_eq!(schedule.stop(schedule.stop_numbers_on(on)[0]).unwrap().id, "S2");
    assert!(schedule.stops_on(link(20, 2, 5)).is_empty());
    let again = Network::from_bytes(&network.to_bytes()).unwrap();
    assert_eq!(again, network);
}

#[test]
fn stops_have_names_codes_and_places() {
    let network = laid(&Files::of_case().read().0.unwrap());
    let schedule = network.schedule();
    let stops: Vec<Stop<'_>> = schedule.stops().collect();
    let ids: Vec<&str> = stops.iter().map(|stop| stop.id).collect();
    assert_eq!(ids, ["B1", "B2", "S1", "S2", "S3"], "each once, by id, with a place");
    let Stop { name, code, at, .. } = stops[2];
    assert_eq!((name, code), ("First", "H0101"));
    assert_eq!((at.latitude_deg, at.longitude_deg), (59.99995, 25.002));
    assert_eq!(stops[3].code, "", "what the schedule does not say is empty");
    let numbers = schedule.stops_of("550").into_iter();
    let of_route: Vec<&str> = numbers.map(|stop| stops[stop as usize].id).collect();
    assert_eq!(of_route, ids, "in both directions, each once");
    assert!(schedule.stops_of("nothing").is_empty());
}

/// Bytes of the file of a network, as an older version wrote them: 3 before links had gradients, 2
/// before stops had codes.
fn of_version(version: u32, network: &Network) -> Vec<u8> {
    const HEADER_BYTES: usize = 24;
    /// Arrays after the codes, gradients left out.
    const AFTER: usize = 21;
    let bytes = network.to_bytes();
    let mut arrays = Vec::new();
    let mut body = &bytes[HEADER_BYTES..];
    while let Some((length, _)) = body.split_first_chunk::<8>() {
        let length = usize::try_from(u64::from_le_bytes(*length)).unwrap();
        let (array, rest) = body.split_at(8 + length.next_multiple_of(8));
        arrays.push(array);
        body = rest;
    }
    arrays.pop().expect("gradients come last");
    if version == 2 {
        // Ends of the codes, and the text.
        let codes = arrays.len() - AFTER - 2;
        arrays.drain(codes..codes + 2);
    }
    let body = arrays.concat();
    let mut old = bytes[..8].to_vec();
    old.extend(version.to_le_bytes());
    old.extend(crc32fast::hash(&body).to_le_bytes());
    old.extend((body.len() as u64).to_le_bytes());
    old.extend(body);
    old
}

#[test]
fn files_of_older_versions_are_read() {
    let mut files = Files::of_case();
    let network = laid(&files.read().0.unwrap());
    assert_eq!(Network::from_bytes(&of_version(3, &network)).unwrap(), network);
    let old = Network::from_bytes(&of_version(2, &network)).unwrap();
    assert!(old != network);
    let stops = files.0.get_mut("stops.txt").unwrap();
    *stops = String::from_utf8(stops.clone()).unwrap().replace("H0101", "").into_bytes();
    assert_eq!(old, laid(&files.read().0.unwrap()), "all but the codes is there");
}

#[test]
fn a_zip_with_a_folder_and_a_mark_is_the_same_schedule() {
    let mut files = Files::of_case();
    let plain = files.read().0.unwrap();
    for bytes in files.0.values_mut() {
        let marked = [b"\xef\xbb\xbf", &bytes[..]].concat();
        *bytes = String::from_utf8(marked).unwrap().replace('\n', "\r\n").into_bytes();
    }
    for folder in ["", "hsl/", "a/b/"] {
        let mut zip = GtfsZip::new(Cursor::new(files.zip(folder))).unwrap();
        let read = read_gtfs(&mut zip, &mut ImportReport::default(), &mut |_, _| {}).unwrap();
        assert_eq!(read, plain, "in {folder:?}");
    }
}

#[test]
fn missing_files_are_named() {
    let mut files = Files::of_case();
    files.0.remove("shapes.txt");
    files.0.remove("stop_times.txt");
    let (feed, report) = files.read();
    assert!(feed.is_ok());
    assert_eq!(report.count(Finding::FileMissing), 2);
    assert!(report.lines().any(|line| line.contains("shapes.txt")));
    files.0.remove("routes.txt");
    assert!(matches!(files.read().0, Err(GtfsError::NoSchedule)));
}

#[test]
fn two_schedules_with_one_id_are_told() {
    let feed = Files::of_case().read().0.unwrap();
    let mut report = ImportReport::default();
    let twice = streets().with_schedule(&[feed.clone(), feed.clone()], &mut report, &mut |_, _| {});
    assert!(report.count(Finding::IdOfTwoSchedules) > 0);
    let once = laid(&feed);
    assert_eq!(twice.schedule().counts(), once.schedule().counts());
    assert_eq!(
        twice.schedule().route_links("550", Some(0)),
        once.schedule().route_links("550", Some(0))
    );
}

#[test]
fn a_route_of_another_schedule_with_the_same_id_is_left_out() {
    // In another town 550 is a tram; its line lies on the side street here.
    let other = "== routes.txt
route_id,route_short_name,route_type
550,550,0
Y,Y,3
== trips.txt
route_id,trip_id,direction_id,shape_id
550,x1,0,side
Y,y1,0,side
== shapes.txt
shape_id,shape_pt_lat,shape_pt_lon,shape_pt_sequence
side,60.0001,25.004,1
side,60.0029,25.004,2
";
    let feed = Files::of_case().read().0.unwrap();
    let once = laid(&feed);
    let feeds = [feed, Files::of(other).read().0.unwrap()];
    let mut report = ImportReport::default();
    let network = streets().with_schedule(&feeds, &mut report, &mut |_, _| {});
    let [schedule, before] = [network.schedule(), once.schedule()];
    assert_eq!(report.count(Finding::IdOfTwoSchedules), 1);
    assert_eq!(schedule.trip_pattern("x1"), None);
    assert_eq!(schedule.route_links("550", None), before.route_links("550", None));
    let route = schedule.route("550").unwrap();
    assert_eq!(schedule.route_of(route).unwrap().2, Mode::Bus);
    assert_eq!(
        schedule.patterns_of(route).len(),
        before.patterns_of(before.route("550").unwrap()).len()
    );
    let pattern = schedule.pattern(schedule.trip_pattern("y1").unwrap()).unwrap();
    assert_eq!(schedule.route_of(pattern.route).unwrap().0, "Y", "its other routes are there");
}

proptest! {
    #[test]
    fn damaged_tables_never_panic(
        file in 0_usize..5,
        at in any::<prop::sample::Index>(),
        value: u8,
        end in any::<prop::sample::Index>(),
    ) {
        let mut files = Files::of_case();
        let bytes = files.0.values_mut().nth(file).unwrap();
        let at = at.index(bytes.len());
        bytes[at] = value;
        bytes.truncate(end.index(bytes.len()) + 1);
        if let Ok(feed) = files.read().0 {
            let network = laid(&feed);
            prop_assert_eq!(Network::from_bytes(&network.to_bytes()).unwrap(), network);
        }
    }

    #[test]
    fn damaged_archives_never_panic(at in any::<prop::sample::Index>(), value: u8) {
        let mut bytes = Files::of_case().zip("");
        let at = at.index(bytes.len());
        bytes[at] = value;
        if let Ok(mut zip) = GtfsZip::new(Cursor::new(bytes)) {
            let _ = read_gtfs(&mut zip, &mut ImportReport::default(), &mut |_, _| {});
        }
    }
}

#[test]
fn published_schedules_are_read() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/feeds/transit");
    for folder in ["gtfs-static-fi", "gtfs-static-intl"].map(|name| folder.join(name)) {
        let Ok(files) = std::fs::read_dir(folder) else { return };
        for file in files {
            let path = file.unwrap().path();
            if path.extension().is_none_or(|extension| extension != "zip") {
                continue;
            }
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            let mut report = ImportReport::default();
            let mut zip = GtfsZip::new(std::fs::File::open(&path).unwrap()).unwrap();
            let feed = read_gtfs(&mut zip, &mut report, &mut |_, _| {});
            eprintln!("{name}: {}", report.lines().collect::<Vec<_>>().join("; "));
            // One has no routes at all, the others only trips of a route that they do not have.
            let none = name.contains("badgtfs") || name.starts_with("rust-transit");
            assert_eq!(feed.is_err(), none, "{name}: {:?}", feed.err());
        }
    }
}
