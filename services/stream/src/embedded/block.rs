//! A block: consecutive records of one topic and partition as one compressed, checksummed value.
//!
//! Layout, little-endian: when it was written (i64, milliseconds since 1970-01-01 UTC), records
//! (u32), bytes before compression (u32), then one zstd frame with its content checksum. Inside
//! the frame each record is its length (u32) and its bytes.

use bytes::{Buf, BufMut, Bytes};
use zstd::bulk::{Compressor, Decompressor};

use super::options::RECORD_BYTES_LIMIT;

/// Bytes before the zstd frame.
const HEAD_BYTES: usize = 16;
/// Bytes before each record.
pub(super) const LENGTH_BYTES: usize = 4;
/// Fastest level with an entropy stage: about half the size of real records at 500 MB/s a core.
const ZSTD_LEVEL: i32 = 1;
/// Most bytes of a block before compression: a block holds at most its bound and one record more.
const RAW_BYTES_LIMIT: usize = 4 * RECORD_BYTES_LIMIT;

/// What is known of a block without decompressing it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Head {
    pub(super) written_time_ms: i64,
    pub(super) records: u32,
    raw_bytes: u32,
}

/// Encodes blocks one after the other with the same compression state.
pub(super) struct Encoder {
    compressor: Compressor<'static>,
    raw: Vec<u8>,
}

impl Encoder {
    pub(super) fn new() -> std::io::Result<Self> {
        let mut compressor = Compressor::new(ZSTD_LEVEL)?;
        compressor.include_checksum(true)?;
        Ok(Self { compressor, raw: Vec::new() })
    }

    pub(super) fn encode(
        &mut self,
        written_time_ms: i64,
        records: &[Bytes],
    ) -> std::io::Result<Vec<u8>> {
        self.raw.clear();
        for record in records {
            self.raw.put_u32_le(record.len() as u32);
            self.raw.put_slice(record);
        }
        let mut block =
            Vec::with_capacity(HEAD_BYTES + zstd::zstd_safe::compress_bound(self.raw.len()));
        block.put_i64_le(written_time_ms);
        block.put_u32_le(records.len() as u32);
        block.put_u32_le(self.raw.len() as u32);
        block.extend(self.compressor.compress(&self.raw)?);
        Ok(block)
    }
}

/// Cuts records into runs that each make one block of about `bytes_max`.
pub(super) fn runs(mut records: &[Bytes], bytes_max: usize) -> impl Iterator<Item = &[Bytes]> {
    std::iter::from_fn(move || {
        let mut bytes = 0;
        let fitting = records
            .iter()
            .take_while(|record| {
                bytes += LENGTH_BYTES + record.len();
                bytes <= bytes_max
            })
            .count();
        let (run, rest) = records.split_at(fitting.max(1).min(records.len()));
        records = rest;
        (!run.is_empty()).then_some(run)
    })
}

/// Reads the head of a block.
pub(super) fn head(mut block: &[u8]) -> Result<Head, String> {
    if block.len() < HEAD_BYTES {
        return Err(format!("block of {} bytes has no head", block.len()));
    }
    Ok(Head {
        written_time_ms: block.get_i64_le(),
        records: block.get_u32_le(),
        raw_bytes: block.get_u32_le(),
    })
}

/// Decodes a block into its records.
pub(super) fn decode(block: &[u8]) -> Result<Vec<Bytes>, String> {
    decode_within(block, RAW_BYTES_LIMIT)
}

/// The same of a block that may be larger.
pub(super) fn decode_within(block: &[u8], raw_bytes_max: usize) -> Result<Vec<Bytes>, String> {
    let head = head(block)?;
    let raw_bytes = head.raw_bytes as usize;
    let fits = raw_bytes <= raw_bytes_max
        && (head.records as usize).saturating_mul(LENGTH_BYTES) <= raw_bytes;
    if !fits {
        return Err(format!("block head claims {} records in {raw_bytes} bytes", head.records));
    }
    let frame = block.get(HEAD_BYTES..).unwrap_or_default();
    let raw = Decompressor::new()
        .and_then(|mut decompressor| decompressor.decompress(frame, raw_bytes))
        .map_err(|error| format!("block does not decompress: {error}"))?;
    let mut raw = Bytes::from(raw);
    let mut records = Vec::with_capacity(head.records as usize);
    for index in 0..head.records {
        let length = raw.try_get_u32_le().map(|length| length as usize);
        match length {
            Ok(length) if length <= raw.len() => records.push(raw.split_to(length)),
            _ => return Err(format!("record {index} of a block is cut off")),
        }
    }
    if raw.is_empty() {
        Ok(records)
    } else {
        Err(format!("{} bytes after the last record of a block", raw.len()))
    }
}
