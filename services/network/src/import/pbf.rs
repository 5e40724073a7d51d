//! The file format of OpenStreetMap extracts (`.osm.pbf`), by the numbers of its definition.
//!
//! Source: <https://wiki.openstreetmap.org/wiki/PBF_Format>. A file is a row of blobs, each with its
//! length and a header before it; a blob holds a block, as a rule compressed. Two views of a block
//! decode only what a pass over the file needs: what they do not name is skipped unread.

use std::io::Read;

use bytes::Bytes;
use prost::Message;

/// Largest header of a blob; the format's own bound.
const HEADER_BYTES_MAX: usize = 64 << 10;

/// Largest blob, packed or unpacked; the format's own bound.
const BLOB_BYTES_MAX: usize = 32 << 20;

/// Features that a reader of this kind of file must know, and we do.
const FEATURES: [&str; 2] = ["OsmSchema-V0.6", "DenseNodes"];

/// Before each blob.
#[derive(Clone, PartialEq, Message)]
#[allow(missing_docs)]
pub struct BlobHeader {
    #[prost(string, tag = "1")]
    pub r#type: String,
    #[prost(int32, tag = "3")]
    pub datasize: i32,
}

/// A block, packed or not.
#[derive(Clone, PartialEq, Message)]
#[allow(missing_docs)]
pub struct Blob {
    #[prost(bytes = "bytes", optional, tag = "1")]
    pub raw: Option<Bytes>,
    #[prost(int32, optional, tag = "2")]
    pub raw_size: Option<i32>,
    #[prost(bytes = "bytes", optional, tag = "3")]
    pub zlib_data: Option<Bytes>,
}

/// The first block of a file.
#[derive(Clone, PartialEq, Message)]
#[allow(missing_docs)]
pub struct HeaderBlock {
    #[prost(string, repeated, tag = "4")]
    pub required_features: Vec<String>,
    #[prost(string, optional, tag = "16")]
    pub writingprogram: Option<String>,
    #[prost(string, optional, tag = "17")]
    pub source: Option<String>,
    /// Seconds since 1970: the extract has all changes until then.
    #[prost(int64, optional, tag = "32")]
    pub osmosis_replication_timestamp: Option<i64>,
}

/// Texts of a block.
#[derive(Clone, PartialEq, Message)]
#[allow(missing_docs)]
pub struct StringTable {
    #[prost(bytes = "bytes", repeated, tag = "1")]
    pub s: Vec<Bytes>,
}

/// A whole block, to write one.
#[derive(Clone, PartialEq, Message)]
#[allow(missing_docs)]
pub struct PrimitiveBlock {
    #[prost(message, optional, tag = "1")]
    pub stringtable: Option<StringTable>,
    #[prost(message, repeated, tag = "2")]
    pub primitivegroup: Vec<PrimitiveGroup>,
}

/// Elements of a block.
#[derive(Clone, PartialEq, Message)]
#[allow(missing_docs)]
pub struct PrimitiveGroup {
    #[prost(message, repeated, tag = "1")]
    pub nodes: Vec<Node>,
    #[prost(message, optional, tag = "2")]
    pub dense: Option<DenseNodes>,
    #[prost(message, repeated, tag = "3")]
    pub ways: Vec<Way>,
    #[prost(message, repeated, tag = "4")]
    pub relations: Vec<Relation>,
}

/// The nodes of a block.
#[derive(Clone, PartialEq, Message)]
pub(super) struct NodeBlock {
    #[prost(message, optional, tag = "1")]
    pub(super) stringtable: Option<StringTable>,
    #[prost(message, repeated, tag = "2")]
    pub(super) primitivegroup: Vec<NodeGroup>,
    #[prost(int32, optional, tag = "17")]
    pub(super) granularity: Option<i32>,
    #[prost(int64, optional, tag = "19")]
    pub(super) lat_offset: Option<i64>,
    #[prost(int64, optional, tag = "20")]
    pub(super) lon_offset: Option<i64>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct NodeGroup {
    #[prost(message, repeated, tag = "1")]
    pub(super) nodes: Vec<Node>,
    #[prost(message, optional, tag = "2")]
    pub(super) dense: Option<DenseNodes>,
}

/// The ways and relations of a block.
#[derive(Clone, PartialEq, Message)]
pub(super) struct WayBlock {
    #[prost(message, optional, tag = "1")]
    pub(super) stringtable: Option<StringTable>,
    #[prost(message, repeated, tag = "2")]
    pub(super) primitivegroup: Vec<WayGroup>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct WayGroup {
    #[prost(message, repeated, tag = "3")]
    pub(super) ways: Vec<Way>,
    #[prost(message, repeated, tag = "4")]
    pub(super) relations: Vec<Relation>,
}

/// A node by itself; keys and values are numbers of texts.
#[derive(Clone, PartialEq, Message)]
#[allow(missing_docs)]
pub struct Node {
    #[prost(sint64, tag = "1")]
    pub id: i64,
    #[prost(uint32, repeated, tag = "2")]
    pub keys: Vec<u32>,
    #[prost(uint32, repeated, tag = "3")]
    pub vals: Vec<u32>,
    #[prost(sint64, tag = "8")]
    pub lat: i64,
    #[prost(sint64, tag = "9")]
    pub lon: i64,
}

/// Many nodes: each number is the difference to the one before; keys and values of a node end
/// with a 0.
#[derive(Clone, PartialEq, Message)]
#[allow(missing_docs)]
pub struct DenseNodes {
    #[prost(sint64, repeated, tag = "1")]
    pub id: Vec<i64>,
    #[prost(sint64, repeated, tag = "8")]
    pub lat: Vec<i64>,
    #[prost(sint64, repeated, tag = "9")]
    pub lon: Vec<i64>,
    #[prost(int32, repeated, tag = "10")]
    pub keys_vals: Vec<i32>,
}

/// A way; each node is the difference to the one before.
#[derive(Clone, PartialEq, Message)]
#[allow(missing_docs)]
pub struct Way {
    #[prost(int64, tag = "1")]
    pub id: i64,
    #[prost(uint32, repeated, tag = "2")]
    pub keys: Vec<u32>,
    #[prost(uint32, repeated, tag = "3")]
    pub vals: Vec<u32>,
    #[prost(sint64, repeated, tag = "8")]
    pub refs: Vec<i64>,
}

/// A relation; types are 0 for nodes, 1 for ways, 2 for relations.
#[derive(Clone, PartialEq, Message)]
#[allow(missing_docs)]
pub struct Relation {
    #[prost(int64, tag = "1")]
    pub id: i64,
    #[prost(uint32, repeated, tag = "2")]
    pub keys: Vec<u32>,
    #[prost(uint32, repeated, tag = "3")]
    pub vals: Vec<u32>,
    #[prost(int32, repeated, tag = "8")]
    pub roles_sid: Vec<i32>,
    #[prost(sint64, repeated, tag = "9")]
    pub memids: Vec<i64>,
    #[prost(int32, repeated, tag = "10")]
    pub types: Vec<i32>,
}

/// Why bytes are no extract.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PbfError {
    /// The reader failed.
    #[error("cannot read the extract at byte {offset}: {source}")]
    Read {
        /// Bytes before.
        offset: u64,
        /// Why.
        source: std::io::Error,
    },
    /// It begins with something else.
    #[error("not an OpenStreetMap extract (.osm.pbf)")]
    NotAnExtract,
    /// It is one, but a blob of it cannot be read.
    #[error("the extract is broken in the block at byte {offset}: {what}; get it again")]
    Broken {
        /// Where the block begins.
        offset: u64,
        /// What is wrong.
        what: String,
    },
    /// It needs what this program cannot do.
    #[error("the extract needs {0}, which this program cannot read; convert it with `osmium cat`")]
    Feature(String),
}

/// Reads the blobs of an extract.
pub(super) struct Blobs<R> {
    reader: R,
    /// Bytes read.
    offset: u64,
    /// Where the newest block began.
    pub(super) start: u64,
}

impl<R: Read> Blobs<R> {
    /// From the beginning. Reads the file's header.
    pub(super) fn open(reader: R) -> Result<(Self, HeaderBlock), PbfError> {
        let mut blobs = Self { reader, offset: 0, start: 0 };
        let first = match blobs.next_of("OSMHeader") {
            Ok(Some(first)) => first,
            // What a text or an archive begins with is read as an absurd length.
            Ok(None) | Err(PbfError::Broken { offset: 0, .. }) => {
                return Err(PbfError::NotAnExtract);
            }
            Err(error) => return Err(error),
        };
        let header: HeaderBlock = blobs.decode(first)?;
        let unknown = |feature: &&String| !FEATURES.contains(&feature.as_str());
        if let Some(feature) = header.required_features.iter().find(unknown) {
            return Err(PbfError::Feature(feature.chars().take(64).collect()));
        }
        Ok((blobs, header))
    }

    /// The next block of data, unpacked; `None` at the end.
    pub(super) fn next_data(&mut self) -> Result<Option<Bytes>, PbfError> {
        self.next_of("OSMData")
    }

    /// Bytes read so far.
    pub(super) fn offset(&self) -> u64 {
        self.offset
    }

    /// A message of the newest block.
    pub(super) fn decode<M: Message + Default>(&self, block: Bytes) -> Result<M, PbfError> {
        M::decode(block).map_err(|error| self.broken(error))
    }

    /// The newest block is broken.
    pub(super) fn broken(&self, what: impl std::fmt::Display) -> PbfError {
        PbfError::Broken { offset: self.start, what: what.to_string() }
    }

    fn next_of(&mut self, kind: &str) -> Result<Option<Bytes>, PbfError> {
        loop {
            self.start = self.offset;
            let mut length = [0; 4];
            match self.fill(&mut length)? {
                0 => return Ok(None),
                4 => {}
                _ => return Err(self.broken("it is cut off")),
            }
            let length = u32::from_be_bytes(length) as usize;
            if length > HEADER_BYTES_MAX {
                return Err(self.broken(format!("a header of {length} bytes")));
            }
            let header = self.take(length)?;
            let header: BlobHeader = self.decode(header)?;
            let length = usize::try_from(header.datasize).unwrap_or(usize::MAX);
            if length > BLOB_BYTES_MAX {
                return Err(self.broken(format!("a blob of {} bytes", header.datasize)));
            }
            let blob = self.take(length)?;
            // Kinds that nobody has defined yet are to be skipped.
            if header.r#type == kind {
                let blob = self.decode(blob)?;
                return self.unpack(blob).map(Some);
            }
        }
    }

    fn unpack(&self, blob: Blob) -> Result<Bytes, PbfError> {
        if let Some(raw) = blob.raw {
            return Ok(raw);
        }
        let Some(packed) = blob.zlib_data else {
            return Err(PbfError::Feature("another compression than zlib".into()));
        };
        let size = usize::try_from(blob.raw_size.unwrap_or(0)).unwrap_or(usize::MAX);
        if size > BLOB_BYTES_MAX {
            return Err(self.broken(format!("a block of {size} bytes")));
        }
        let mut block = Vec::with_capacity(size);
        let unpacked = flate2::read::ZlibDecoder::new(&packed[..])
            .take(BLOB_BYTES_MAX as u64 + 1)
            .read_to_end(&mut block);
        unpacked.map_err(|error| self.broken(error))?;
        if block.len() != size {
            return Err(self.broken(format!("{} bytes in place of {size}", block.len())));
        }
        Ok(block.into())
    }

    fn take(&mut self, length: usize) -> Result<Bytes, PbfError> {
        let mut bytes = vec![0; length];
        if self.fill(&mut bytes)? < length {
            return Err(self.broken("it is cut off"));
        }
        Ok(bytes.into())
    }

    /// Reads until the buffer is full or the end.
    fn fill(&mut self, buffer: &mut [u8]) -> Result<usize, PbfError> {
        let mut filled = 0;
        while filled < buffer.len() {
            match self.reader.read(&mut buffer[filled..]) {
                Ok(0) => break,
                Ok(read) => filled += read,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(source) => return Err(PbfError::Read { offset: self.offset, source }),
            }
        }
        self.offset += filled as u64;
        Ok(filled)
    }
}
