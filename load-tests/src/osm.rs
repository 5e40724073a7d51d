//! Writes OpenStreetMap extracts: small ones for tests, and made-up countries of any size.

use std::collections::BTreeMap;
use std::io::{self, Write};

use flate2::Compression;
use flate2::write::ZlibEncoder;
use network::pbf::{
    Blob, BlobHeader, DenseNodes, HeaderBlock, PrimitiveBlock, PrimitiveGroup, Relation,
    StringTable, Way,
};
use prost::Message;

/// Elements of a block, as the usual programs write them.
const BLOCK_ELEMENTS: usize = 8_000;

/// Units of a place in a file: 1e-7 degree.
const UNITS_PER_DEGREE: f64 = 1e7;

/// Tags of an element.
pub type Tags<'a> = &'a [(&'a str, &'a str)];

/// A member of a relation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Member {
    /// A node.
    Node(i64),
    /// A way.
    Way(i64),
}

/// Writes an extract, element by element; nodes, then ways, then relations is the usual order.
pub struct ExtractWriter<W> {
    out: W,
    numbers: BTreeMap<String, u32>,
    texts: Vec<String>,
    group: PrimitiveGroup,
    count: usize,
    /// Id, latitude and longitude of the newest node of the block.
    newest: [i64; 3],
}

impl<W: Write> ExtractWriter<W> {
    /// Begins a file; `source` is what it says of its origin.
    pub fn new(mut out: W, source: &str) -> io::Result<Self> {
        let header = HeaderBlock {
            required_features: vec!["OsmSchema-V0.6".into(), "DenseNodes".into()],
            source: Some(source.into()),
            ..HeaderBlock::default()
        };
        blob(&mut out, "OSMHeader", &header.encode_to_vec())?;
        Ok(Self {
            out,
            numbers: BTreeMap::new(),
            texts: Vec::new(),
            group: PrimitiveGroup::default(),
            count: 0,
            newest: [0; 3],
        })
    }

    /// Writes a node at a latitude and longitude in degrees.
    pub fn node(&mut self, id: i64, at: [f64; 2], tags: Tags) -> io::Result<()> {
        self.begin(|group| group.ways.is_empty() && group.relations.is_empty())?;
        let [latitude, longitude] = at.map(|degrees| (degrees * UNITS_PER_DEGREE).round() as i64);
        let mut pairs = Vec::with_capacity(2 * tags.len() + 1);
        for (key, value) in tags {
            pairs.extend([self.text(key) as i32, self.text(value) as i32]);
        }
        pairs.push(0);
        let dense = self.group.dense.get_or_insert_with(DenseNodes::default);
        dense.id.push(id - self.newest[0]);
        dense.lat.push(latitude - self.newest[1]);
        dense.lon.push(longitude - self.newest[2]);
        dense.keys_vals.extend(pairs);
        self.newest = [id, latitude, longitude];
        Ok(())
    }

    /// Writes a way.
    pub fn way(&mut self, id: i64, nodes: &[i64], tags: Tags) -> io::Result<()> {
        self.begin(|group| group.dense.is_none() && group.relations.is_empty())?;
        let (keys, vals) = self.tags(tags);
        let mut before = 0;
        let step = |node: &i64| {
            let step = node - before;
            before = *node;
            step
        };
        let refs = nodes.iter().map(step).collect();
        self.group.ways.push(Way { id, keys, vals, refs });
        Ok(())
    }

    /// Writes a relation of roles and members.
    pub fn relation(&mut self, id: i64, members: &[(&str, Member)], tags: Tags) -> io::Result<()> {
        self.begin(|group| group.dense.is_none() && group.ways.is_empty())?;
        let (keys, vals) = self.tags(tags);
        let mut relation = Relation { id, keys, vals, ..Relation::default() };
        let mut before = 0;
        for (role, member) in members {
            let (kind, id) = match *member {
                Member::Node(id) => (0, id),
                Member::Way(id) => (1, id),
            };
            let role = self.text(role) as i32;
            relation.roles_sid.push(role);
            relation.memids.push(id - before);
            relation.types.push(kind);
            before = id;
        }
        self.group.relations.push(relation);
        Ok(())
    }

    /// Ends the file.
    pub fn finish(mut self) -> io::Result<W> {
        self.flush()?;
        self.out.flush()?;
        Ok(self.out)
    }

    /// Ends the block when it is full or of another kind.
    fn begin(&mut self, same: impl Fn(&PrimitiveGroup) -> bool) -> io::Result<()> {
        if self.count == BLOCK_ELEMENTS || !same(&self.group) {
            self.flush()?;
        }
        self.count += 1;
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.count > 0 {
            // Number 0 is no text: it parts the tags of nodes.
            let texts = [String::new()].into_iter().chain(std::mem::take(&mut self.texts));
            let block = PrimitiveBlock {
                stringtable: Some(StringTable { s: texts.map(Into::into).collect() }),
                primitivegroup: vec![std::mem::take(&mut self.group)],
            };
            blob(&mut self.out, "OSMData", &block.encode_to_vec())?;
        }
        self.numbers.clear();
        self.count = 0;
        self.newest = [0; 3];
        Ok(())
    }

    fn tags(&mut self, tags: Tags) -> (Vec<u32>, Vec<u32>) {
        tags.iter().map(|(key, value)| (self.text(key), self.text(value))).unzip()
    }

    fn text(&mut self, text: &str) -> u32 {
        if let Some(number) = self.numbers.get(text) {
            return *number;
        }
        self.texts.push(text.to_owned());
        let number = self.texts.len() as u32;
        self.numbers.insert(text.to_owned(), number);
        number
    }
}

fn blob(out: &mut impl Write, kind: &str, block: &[u8]) -> io::Result<()> {
    let mut packed = ZlibEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(block)?;
    let blob = Blob {
        raw_size: Some(block.len() as i32),
        zlib_data: Some(packed.finish()?.into()),
        raw: None,
    };
    let blob = blob.encode_to_vec();
    let header = BlobHeader { r#type: kind.to_owned(), datasize: blob.len() as i32 };
    let header = header.encode_to_vec();
    out.write_all(&(header.len() as u32).to_be_bytes())?;
    out.write_all(&header)?;
    out.write_all(&blob)
}

/// A made-up country: cities of square blocks in rows, joined by roads.
///
/// Every eighth street of a city is a primary street with traffic lights where two of them cross,
/// every fourth a tertiary one, the others are residential; at each crossing with lights a left turn
/// is forbidden. Houses are nodes and ways that are no streets, as most of a real extract is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Country {
    /// Cities along each side; their number is its square.
    pub cities_a_side: u32,
    /// Blocks along each side of a city, a multiple of 2.
    pub blocks: u32,
    /// Houses in a city, of four nodes each.
    pub houses: u32,
}

/// What a file of a country has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Nodes, of houses too.
    pub nodes: u64,
    /// Ways that are streets.
    pub streets: u64,
    /// Turn restrictions.
    pub restrictions: u64,
}

/// Degrees between cities, north and east.
const CITY_STEP_DEG: [f64; 2] = [0.3, 0.35];
/// Where the first city begins.
const FIRST_DEG: [f64; 2] = [60.0, 21.0];
/// Degrees of a block: about 100 m each way.
const BLOCK_DEG: [f64; 2] = [0.0009, 0.0018];
/// Nodes of a street between two crossings.
const BENDS: u32 = 2;
/// Nodes of a road between two cities.
const ROAD_NODES: u32 = 20;
/// Blocks of one way.
const WAY_BLOCKS: u32 = 2;

impl Country {
    /// As many nodes, streets and houses as Finland has: about 60 million, 1.1 million and 13
    /// million.
    pub const FINLAND: Self = Self { cities_a_side: 26, blocks: 40, houses: 19_700 };

    /// Writes it.
    ///
    /// ```
    /// use load_tests::osm::Country;
    /// let country = Country { cities_a_side: 2, blocks: 8, houses: 1 };
    /// let (mut bytes, mut again) = (Vec::new(), Vec::new());
    /// let counts = country.write(&mut bytes).unwrap();
    /// assert_eq!(counts, country.write(&mut again).unwrap());
    /// assert_eq!(bytes, again);
    /// ```
    pub fn write(self, out: impl Write) -> io::Result<Counts> {
        self.write_at(FIRST_DEG, out)
    }

    /// Writes it with the first city's southern and western corner at a latitude and longitude.
    pub fn write_at(self, first_deg: [f64; 2], out: impl Write) -> io::Result<Counts> {
        let mut counts = Counts::default();
        let mut writer = ExtractWriter::new(out, "made up, no real place")?;
        let cities = self.cities_a_side * self.cities_a_side;
        for city in 0..cities {
            self.nodes(city, first_deg, &mut writer, &mut counts)?;
        }
        for city in 0..cities {
            self.ways(city, &mut writer, &mut counts)?;
        }
        for city in 0..cities {
            self.restrictions(city, &mut writer, &mut counts)?;
        }
        writer.finish()?;
        Ok(counts)
    }

    fn lines(self) -> u32 {
        self.blocks + 1
    }

    /// Nodes of a city: crossings, bends of both directions, its road, its houses.
    fn parts(self) -> [i64; 4] {
        let crossings = i64::from(self.lines()) * i64::from(self.lines());
        let bends = i64::from(self.lines()) * i64::from(self.blocks) * i64::from(BENDS);
        [crossings, 2 * bends, ROAD_NODES.into(), 4 * i64::from(self.houses)]
    }

    fn first_node(self, city: u32) -> i64 {
        1 + i64::from(city) * self.parts().iter().sum::<i64>()
    }

    fn crossing(self, city: u32, row: u32, column: u32) -> i64 {
        self.first_node(city) + i64::from(row * self.lines() + column)
    }

    /// Bend `n` of the street `line`, in a block, along the rows (0) or the columns (1).
    fn bend(self, city: u32, axis: u32, [line, block, n]: [u32; 3]) -> i64 {
        let [crossings, bends, ..] = self.parts();
        let within = i64::from((line * self.blocks + block) * BENDS + n);
        self.first_node(city) + crossings + i64::from(axis) * bends / 2 + within
    }

    fn nodes(
        self,
        city: u32,
        first_deg: [f64; 2],
        writer: &mut ExtractWriter<impl Write>,
        counts: &mut Counts,
    ) -> io::Result<()> {
        let place = [city / self.cities_a_side, city % self.cities_a_side];
        let corner =
            [0, 1].map(|axis| first_deg[axis] + f64::from(place[axis]) * CITY_STEP_DEG[axis]);
        let at = |row: f64, column: f64| {
            [corner[0] + row * BLOCK_DEG[0], corner[1] + column * BLOCK_DEG[1]]
        };
        for row in 0..self.lines() {
            for column in 0..self.lines() {
                let lights: Tags =
                    if main(row) && main(column) { &[("highway", "traffic_signals")] } else { &[] };
                let id = self.crossing(city, row, column);
                writer.node(id, at(row.into(), column.into()), lights)?;
            }
        }
        for axis in [0, 1] {
            for line in 0..self.lines() {
                for (block, n) in
                    (0..self.blocks).flat_map(|block| (0..BENDS).map(move |n| (block, n)))
                {
                    let along = f64::from(block) + f64::from(n + 1) / f64::from(BENDS + 1);
                    // A street that bends a little, each in its own way.
                    let across = f64::from(line) + f64::from((line * 7 + block * 3 + n) % 5) * 0.01;
                    let (row, column) = if axis == 0 { (across, along) } else { (along, across) };
                    writer.node(self.bend(city, axis, [line, block, n]), at(row, column), &[])?;
                }
            }
        }
        let [crossings, bends, road, houses] = self.parts();
        let first = self.first_node(city) + crossings + bends;
        let blocks = f64::from(self.blocks);
        let gap = CITY_STEP_DEG[1] / BLOCK_DEG[1] - blocks;
        for n in 0..ROAD_NODES {
            let part = f64::from(n + 1) / f64::from(ROAD_NODES + 1);
            writer.node(
                first + i64::from(n),
                at((blocks / 2.0).floor(), blocks + part * gap),
                &[],
            )?;
        }
        for house in 0..self.houses {
            let spread =
                |factor: u32| f64::from(house.wrapping_mul(factor) % 9_973) / 9_973.0 * blocks;
            let (row, column) = (spread(7_919), spread(104_729));
            for (corner, [north, east]) in
                (0..).zip([[0.0, 0.0], [0.1, 0.0], [0.1, 0.1], [0.0, 0.1]])
            {
                let id = first + road + 4 * i64::from(house) + corner;
                writer.node(id, at(row + north, column + east), &[])?;
            }
        }
        counts.nodes += (crossings + bends + road + houses) as u64;
        Ok(())
    }

    /// First way of a city: its streets, its road, its houses.
    fn first_way(self, city: u32) -> i64 {
        let streets = 2 * self.lines() * (self.blocks / WAY_BLOCKS);
        1 + i64::from(city) * i64::from(streets + 1 + self.houses)
    }

    fn ways(
        self,
        city: u32,
        writer: &mut ExtractWriter<impl Write>,
        counts: &mut Counts,
    ) -> io::Result<()> {
        let mut id = self.first_way(city);
        for axis in [0, 1] {
            for line in 0..self.lines() {
                let name = format!("Street {axis} {line} of city {city}");
                let tags: Tags = match line % 8 {
                    0 => &[
                        ("highway", "primary"),
                        ("maxspeed", "60"),
                        ("lanes", "4"),
                        ("name", &name),
                    ],
                    4 => &[("highway", "tertiary"), ("maxspeed", "40"), ("name", &name)],
                    _ => &[("highway", "residential"), ("name", &name)],
                };
                for way in 0..self.blocks / WAY_BLOCKS {
                    let mut nodes = Vec::new();
                    for block in way * WAY_BLOCKS..=(way + 1) * WAY_BLOCKS {
                        let (row, column) = if axis == 0 { (line, block) } else { (block, line) };
                        nodes.push(self.crossing(city, row, column));
                        if block < (way + 1) * WAY_BLOCKS {
                            nodes.extend(
                                (0..BENDS).map(|n| self.bend(city, axis, [line, block, n])),
                            );
                        }
                    }
                    writer.way(id, &nodes, tags)?;
                    id += 1;
                    counts.streets += 1;
                }
            }
        }
        let [crossings, bends, road, _] = self.parts();
        let first = self.first_node(city) + crossings + bends;
        let middle = self.blocks / 2;
        if city % self.cities_a_side + 1 < self.cities_a_side {
            let mut nodes = vec![self.crossing(city, middle, self.blocks)];
            nodes.extend((0..ROAD_NODES).map(|n| first + i64::from(n)));
            nodes.push(self.crossing(city + 1, middle, 0));
            writer.way(id, &nodes, &[("highway", "trunk"), ("ref", "4")])?;
            counts.streets += 1;
        }
        for house in 0..i64::from(self.houses) {
            let corner = first + road + 4 * house;
            let ring = [corner, corner + 1, corner + 2, corner + 3, corner];
            writer.way(id + 1 + house, &ring, &[("building", "yes")])?;
        }
        Ok(())
    }

    /// No left turn from the north where two primary streets cross.
    fn restrictions(
        self,
        city: u32,
        writer: &mut ExtractWriter<impl Write>,
        counts: &mut Counts,
    ) -> io::Result<()> {
        let per_line = self.blocks / WAY_BLOCKS;
        let way = |axis: u32, line: u32, block: u32| {
            let number = (axis * self.lines() + line) * per_line + block / WAY_BLOCKS;
            Member::Way(self.first_way(city) + i64::from(number))
        };
        let inner = || (8..self.blocks).step_by(8);
        for (row, column) in inner().flat_map(|row| inner().map(move |column| (row, column))) {
            counts.restrictions += 1;
            let via = self.crossing(city, row, column);
            let members = [
                ("from", way(1, column, row)),
                ("via", Member::Node(via)),
                ("to", way(0, row, column)),
            ];
            writer.relation(
                via,
                &members,
                &[("type", "restriction"), ("restriction", "no_left_turn")],
            )?;
        }
        Ok(())
    }
}

/// Whether a street is a main one.
fn main(line: u32) -> bool {
    line.is_multiple_of(8)
}
