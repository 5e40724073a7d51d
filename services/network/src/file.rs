//! The file of a network: what an import writes and every start reads.
//!
//! One block of plain little-endian arrays, so that reading is a checksum, a copy and a check of
//! every number that is used as an index. Layout: magic, version, CRC-32 of the body, length of the
//! body; the body is a row of arrays, each with its length in bytes before it and padded to 8.

use std::sync::Arc;

use bytemuck::{AnyBitPattern, NoUninit};
use events::Position;

use crate::grid::Grid;
use crate::network::{NO_GRADIENT, NO_LINK};
use crate::texts::Texts;
use crate::{Network, RoadClass, Schedule};

#[cfg(target_endian = "big")]
compile_error!("the file of a network is an image of little-endian memory");

const MAGIC: [u8; 8] = *b"TILANNET";

/// Version of the layout; a file of another version must be made again, but for one that only lacks
/// something.
const VERSION: u32 = 4;

/// As version 4, without gradients.
const VERSION_WITHOUT_GRADIENTS: u32 = 3;

/// As that, without the codes of stops too.
const VERSION_WITHOUT_CODES: u32 = 2;

const HEADER_BYTES: usize = 24;

/// Why bytes are no network. The remedy is the same for all: import the network again.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NetworkFileError {
    /// It begins with something else.
    #[error("not a network file: make one with `tilanne network import`")]
    NotANetwork,
    /// Another version of the program wrote it.
    #[error("network file has version {found}, this program reads {VERSION}: import it again")]
    OtherVersion {
        /// Version in the file.
        found: u32,
    },
    /// Shorter or longer than it says, or its checksum differs.
    #[error("network file is damaged ({0}): import it again")]
    Damaged(&'static str),
}

use NetworkFileError::Damaged;

impl Network {
    /// The bytes of its file. Equal networks give equal bytes.
    ///
    /// ```
    /// use network::{Network, NetworkBuilder};
    /// let origin = events::Position::new(60.0, 25.0).unwrap();
    /// let network = NetworkBuilder::new(origin).build();
    /// let bytes = network.to_bytes();
    /// assert_eq!(Network::from_bytes(&bytes).unwrap(), network);
    /// assert!(Network::from_bytes(&bytes[..bytes.len() - 1]).is_err());
    /// ```
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut body = Vec::new();
        put(&mut body, &[self.origin.latitude_deg, self.origin.longitude_deg]);
        put(&mut body, &self.ids);
        put(&mut body, &self.ends);
        put(&mut body, &self.shape_starts);
        put(&mut body, &self.shape);
        put(&mut body, &self.length_m);
        put(&mut body, &self.setback_m);
        put(&mut body, &self.class);
        put(&mut body, &self.lanes);
        put(&mut body, &self.speed_limit_km_h);
        put(&mut body, &self.flags);
        put(&mut body, &self.reverse);
        put(&mut body, &self.successor_starts);
        put(&mut body, &self.successors);
        put(&mut body, &self.predecessor_starts);
        put(&mut body, &self.predecessors);
        put(&mut body, &self.name);
        let ends = self.names.iter().scan(0, |end, name| {
            *end += name.len() as u32;
            Some(*end)
        });
        put(&mut body, &ends.collect::<Vec<u32>>());
        put(&mut body, self.names.concat().as_bytes());
        put(&mut body, &[self.grid.low[0], self.grid.low[1], self.grid.cell_m]);
        put(&mut body, &[self.grid.columns, self.grid.rows]);
        put(&mut body, &self.grid.starts);
        put(&mut body, &self.grid.links);
        put(&mut body, self.source.as_bytes());
        put_texts(&mut body, &self.report);
        put_schedule(&mut body, &self.schedule);
        put(&mut body, &self.gradient_per_mille);
        let mut bytes = Vec::with_capacity(HEADER_BYTES + body.len());
        bytes.extend(MAGIC);
        bytes.extend(VERSION.to_le_bytes());
        bytes.extend(crc32fast::hash(&body).to_le_bytes());
        bytes.extend((body.len() as u64).to_le_bytes());
        bytes.extend(body);
        bytes
    }

    /// Reads what [`Self::to_bytes`] wrote, and what it wrote before stops had codes or links
    /// gradients. Whatever the bytes are, what comes out is safe to use: every index in it is checked.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, NetworkFileError> {
        let (header, body) =
            bytes.split_first_chunk::<HEADER_BYTES>().ok_or(NetworkFileError::NotANetwork)?;
        if header[..8] != MAGIC {
            return Err(NetworkFileError::NotANetwork);
        }
        let word = |at: usize| u32::from_le_bytes([0, 1, 2, 3].map(|i| header[at + i]));
        let version = word(8);
        if !(VERSION_WITHOUT_CODES..=VERSION).contains(&version) {
            return Err(NetworkFileError::OtherVersion { found: version });
        }
        if u64::from(word(16)) | u64::from(word(20)) << 32 != body.len() as u64 {
            return Err(Damaged("it is cut off"));
        }
        if word(12) != crc32fast::hash(body) {
            return Err(Damaged("its checksum differs"));
        }
        let mut body = body;
        let network = read(&mut body, version)?;
        if !body.is_empty() {
            return Err(Damaged("something follows its end"));
        }
        network.check().map_err(Damaged)?;
        Ok(network)
    }

    /// Tells networks apart: what was computed with link numbers of one must not be used with
    /// another.
    pub fn fingerprint(&self) -> u32 {
        let mut hasher = crc32fast::Hasher::new();
        hasher.update(bytemuck::cast_slice(&self.ids));
        hasher.update(bytemuck::cast_slice(&self.length_m));
        hasher.update(bytemuck::cast_slice(&self.setback_m));
        hasher.update(bytemuck::cast_slice(&self.shape));
        hasher.update(bytemuck::cast_slice(&self.successors));
        hasher.update(bytemuck::cast_slice(&self.flags));
        hasher.finalize()
    }

    fn check(&self) -> Result<(), &'static str> {
        let links = self.ids.len();
        let lengths = [
            self.ends.len(),
            self.length_m.len(),
            self.setback_m.len(),
            self.class.len(),
            self.lanes.len(),
            self.speed_limit_km_h.len(),
            self.flags.len(),
            self.gradient_per_mille.len(),
            self.reverse.len(),
            self.name.len(),
        ];
        if lengths.iter().any(|&length| length != links) {
            return Err("its columns differ in length");
        }
        let inside = |numbers: &[u32], end: usize| numbers.iter().all(|&n| (n as usize) < end);
        let is_link = |&link: &u32| (link as usize) < links || link == NO_LINK;
        if !rows_fit(&self.shape_starts, links, self.shape.len(), 2)
            || !rows_fit(&self.successor_starts, links, self.successors.len(), 0)
            || !rows_fit(&self.predecessor_starts, links, self.predecessors.len(), 0)
        {
            return Err("its rows do not fit");
        }
        if !inside(&self.successors, links)
            || !inside(&self.predecessors, links)
            || !self.reverse.iter().all(is_link)
            || !inside(&self.name, self.names.len())
        {
            return Err("it speaks of what it does not have");
        }
        let finite = |point: &[f32; 2]| point[0].is_finite() && point[1].is_finite();
        if !self.shape.iter().all(finite)
            || !self.length_m.iter().all(|&m| m.is_finite() && m > 0.0)
            || !self.setback_m.iter().zip(&self.length_m).all(setback_fits)
            || !self.class.iter().all(|&class| usize::from(class) < RoadClass::ALL.len())
            || self.lanes.contains(&0)
            || !self.ids.is_sorted()
        {
            return Err("a value is out of its range");
        }
        if Position::new(self.origin.latitude_deg, self.origin.longitude_deg).is_err() {
            return Err("its origin is not on the globe");
        }
        let Grid { low, cell_m, columns, rows, ref starts, links: ref in_cells } = self.grid;
        let cells = u64::from(columns) * u64::from(rows);
        let fits =
            usize::try_from(cells).is_ok_and(|cells| rows_fit(starts, cells, in_cells.len(), 0));
        let sound = fits && inside(in_cells, links) && finite(&low) && cell_m.is_finite();
        if !sound || cell_m <= 0.0 {
            return Err("its grid does not fit");
        }
        if !self.report.sound() {
            return Err("its report is cut off");
        }
        self.schedule.check(links)
    }
}

fn setback_fits((setback_m, length_m): (&[f32; 2], &f32)) -> bool {
    setback_m.iter().all(|&metres| metres >= 0.0) && setback_m[0] + setback_m[1] < *length_m
}

/// Whether starts of so many rows go up, by `least` or more each, to the end.
pub(crate) fn rows_fit(starts: &[u32], rows: usize, end: usize, least: u32) -> bool {
    starts.len() == rows + 1
        && starts.first() == Some(&0)
        && starts.last().is_some_and(|&last| last as usize == end)
        && starts.windows(2).all(|pair| pair[1] >= pair[0] && pair[1] - pair[0] >= least)
}

fn put<T: NoUninit>(body: &mut Vec<u8>, values: &[T]) {
    let bytes: &[u8] = bytemuck::cast_slice(values);
    body.extend((bytes.len() as u64).to_le_bytes());
    body.extend(bytes);
    body.resize(body.len().next_multiple_of(8), 0);
}

fn take<T: AnyBitPattern + NoUninit>(body: &mut &[u8]) -> Result<Vec<T>, NetworkFileError> {
    let (length, rest) = body.split_first_chunk::<8>().ok_or(Damaged("an array is missing"))?;
    let length = usize::try_from(u64::from_le_bytes(*length)).ok();
    let padded = length.and_then(|length| length.checked_next_multiple_of(8));
    let (Some(length), Some(padded)) = (length, padded) else {
        return Err(Damaged("an array is too long"));
    };
    let (array, rest) = rest.split_at_checked(padded).ok_or(Damaged("an array is cut off"))?;
    if !length.is_multiple_of(size_of::<T>()) {
        return Err(Damaged("an array has half a value"));
    }
    *body = rest;
    Ok(bytemuck::allocation::pod_collect_to_vec(&array[..length]))
}

fn take_few<T: AnyBitPattern + NoUninit, const N: usize>(
    body: &mut &[u8],
) -> Result<[T; N], NetworkFileError> {
    take(body)?.try_into().map_err(|_| Damaged("an array has another length"))
}

fn read(body: &mut &[u8], version: u32) -> Result<Network, NetworkFileError> {
    let [latitude_deg, longitude_deg] = take_few::<f64, 2>(body)?;
    let mut network = Network {
        identity: Arc::default(),
        origin: Position { latitude_deg, longitude_deg },
        ids: take(body)?,
        ends: take(body)?,
        shape_starts: take(body)?,
        shape: take(body)?,
        length_m: take(body)?,
        setback_m: take(body)?,
        class: take(body)?,
        lanes: take(body)?,
        speed_limit_km_h: take(body)?,
        flags: take(body)?,
        gradient_per_mille: Vec::new(),
        reverse: take(body)?,
        successor_starts: take(body)?,
        successors: take(body)?,
        predecessor_starts: take(body)?,
        predecessors: take(body)?,
        name: take(body)?,
        names: read_names(body)?,
        grid: read_grid(body)?,
        source: String::from_utf8(take(body)?).map_err(|_| Damaged("its source is no text"))?,
        report: read_texts(body)?,
        schedule: read_schedule(body, version)?,
    };
    network.gradient_per_mille = if version <= VERSION_WITHOUT_GRADIENTS {
        vec![NO_GRADIENT; network.ids.len()]
    } else {
        take(body)?
    };
    Ok(network)
}

fn put_texts(body: &mut Vec<u8>, texts: &Texts) {
    put(body, &texts.ends);
    put(body, texts.text.as_bytes());
}

fn read_texts(body: &mut &[u8]) -> Result<Texts, NetworkFileError> {
    let ends = take(body)?;
    let text = String::from_utf8(take(body)?).map_err(|_| Damaged("a text is no text"))?;
    Ok(Texts { ends, text })
}

fn put_schedule(body: &mut Vec<u8>, schedule: &Schedule) {
    put_texts(body, &schedule.stop_ids);
    put_texts(body, &schedule.stop_names);
    put_texts(body, &schedule.stop_codes);
    put(body, &schedule.stop_at);
    put_texts(body, &schedule.route_ids);
    put_texts(body, &schedule.route_names);
    put(body, &schedule.route_modes);
    put(body, &schedule.pattern_route);
    put(body, &schedule.pattern_direction);
    put(body, &schedule.pattern_stop_starts);
    put(body, &schedule.pattern_stops);
    put(body, &schedule.pattern_shape);
    put(body, &schedule.shape_starts);
    put(body, &schedule.shape);
    put_texts(body, &schedule.trip_ids);
    put(body, &schedule.trip_pattern);
    put(body, &schedule.link_starts);
    put(body, &schedule.links);
    put(body, &schedule.on_link_starts);
    put(body, &schedule.on_link_m);
    put(body, &schedule.on_link_stop);
}

fn read_schedule(body: &mut &[u8], version: u32) -> Result<Schedule, NetworkFileError> {
    let stop_ids = read_texts(body)?;
    let stop_names = read_texts(body)?;
    let stop_codes = if version == VERSION_WITHOUT_CODES {
        Texts::new(stop_ids.iter().map(|_| ""))
    } else {
        read_texts(body)?
    };
    Ok(Schedule {
        stop_ids,
        stop_names,
        stop_codes,
        stop_at: take(body)?,
        route_ids: read_texts(body)?,
        route_names: read_texts(body)?,
        route_modes: take(body)?,
        pattern_route: take(body)?,
        pattern_direction: take(body)?,
        pattern_stop_starts: take(body)?,
        pattern_stops: take(body)?,
        pattern_shape: take(body)?,
        shape_starts: take(body)?,
        shape: take(body)?,
        trip_ids: read_texts(body)?,
        trip_pattern: take(body)?,
        link_starts: take(body)?,
        links: take(body)?,
        on_link_starts: take(body)?,
        on_link_m: take(body)?,
        on_link_stop: take(body)?,
    })
}

fn read_names(body: &mut &[u8]) -> Result<Vec<String>, NetworkFileError> {
    let ends: Vec<u32> = take(body)?;
    let text = String::from_utf8(take(body)?).map_err(|_| Damaged("a name is no text"))?;
    let mut start = 0;
    let mut names = Vec::with_capacity(ends.len());
    for end in ends {
        let name = text.get(start..end as usize).ok_or(Damaged("a name is cut off"))?;
        names.push(name.to_owned());
        start = end as usize;
    }
    Ok(names)
}

fn read_grid(body: &mut &[u8]) -> Result<Grid, NetworkFileError> {
    let [west, south, cell_m] = take_few::<f32, 3>(body)?;
    let [columns, rows] = take_few::<u32, 2>(body)?;
    let low = [west, south];
    Ok(Grid { low, cell_m, columns, rows, starts: take(body)?, links: take(body)? })
}
