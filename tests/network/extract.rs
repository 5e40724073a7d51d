//! Extracts by hand.

use std::io::Cursor;

use load_tests::osm::{ExtractWriter, Member};
use network::osm::{OsmError, OsmOptions, read_osm};
use network::{BoundingBox, ImportReport, LinkId, Network};

/// Key and value of each tag.
type Tags = Vec<(String, String)>;

/// Role and member.
type Members = Vec<(&'static str, Member)>;

/// An extract by hand. Places are steps of about 56 m east and 111 m north.
#[derive(Clone, Debug, Default)]
pub(super) struct Extract {
    pub(super) nodes: Vec<(i64, [f64; 2], Tags)>,
    pub(super) ways: Vec<(i64, Vec<i64>, Tags)>,
    relations: Vec<(i64, Members, Tags)>,
}

/// Tags of `key=value key=value`. In conditions `_` and `@` stand for what has spaces.
pub(super) fn tags(text: &str) -> Tags {
    let pair = |pair: &str| {
        let (key, value) = pair.split_once('=').unwrap();
        let spaced = value.replace('_', " ").replace('@', " @ ");
        let conditional = key.ends_with("conditional");
        (key.to_owned(), if conditional { spaced } else { value.to_owned() })
    };
    text.split_whitespace().map(pair).collect()
}

impl Extract {
    pub(super) fn node(mut self, id: i64, east: f64, north: f64, text: &str) -> Self {
        self.nodes.push((id, [60.0 + north * 0.001, 25.0 + east * 0.001], tags(text)));
        self
    }

    pub(super) fn way(mut self, id: i64, nodes: &[i64], text: &str) -> Self {
        self.ways.push((id, nodes.to_vec(), tags(text)));
        self
    }

    pub(super) fn relation(mut self, members: &[(&'static str, Member)], text: &str) -> Self {
        let text = format!("type=restriction {text}");
        self.relations.push((self.relations.len() as i64 + 1, members.to_vec(), tags(&text)));
        self
    }

    pub(super) fn bytes(&self) -> Vec<u8> {
        fn borrowed(tags: &[(String, String)]) -> Vec<(&str, &str)> {
            tags.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect()
        }
        let mut writer = ExtractWriter::new(Vec::new(), "by hand").unwrap();
        for (id, at, tags) in &self.nodes {
            writer.node(*id, *at, &borrowed(tags)).unwrap();
        }
        for (id, nodes, tags) in &self.ways {
            writer.way(*id, nodes, &borrowed(tags)).unwrap();
        }
        for (id, members, tags) in &self.relations {
            writer.relation(*id, members, &borrowed(tags)).unwrap();
        }
        writer.finish().unwrap()
    }

    pub(super) fn read(&self) -> (Network, ImportReport) {
        read(&self.bytes(), None).unwrap()
    }
}

pub(super) fn read(
    bytes: &[u8],
    bbox: Option<BoundingBox>,
) -> Result<(Network, ImportReport), OsmError> {
    let import = read_osm(Cursor::new(bytes), &OsmOptions { bbox }, &mut |done, total| {
        assert!(done <= total);
    })?;
    Ok((import.builder.build(), import.report))
}

pub(super) fn has(network: &Network, way: i64, from: i64, to: i64) -> bool {
    (0..network.len() as u32).any(|link| network.id(link) == LinkId { way, from, to })
}

/// Two streets that cross at node 5; the one from 1 to 9 has a bend at node 3.
pub(super) fn crossing() -> Extract {
    Extract::default()
        .node(1, 0.0, -2.0, "")
        .node(3, 0.0, -1.0, "")
        .node(5, 0.0, 0.0, "")
        .node(9, 0.0, 2.0, "")
        .node(6, -2.0, 0.0, "")
        .node(7, 2.0, 0.0, "")
        .way(10, &[1, 3, 5, 9], "highway=primary lanes=4 name=Main")
        .way(20, &[6, 5, 7], "highway=residential name=Side")
}
