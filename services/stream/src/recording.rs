//! A recording: raw records as they were received, in a file that can be played again.
//!
//! A first line names the format and its version; then blocks of zstd, one after another, which
//! together are a stream of length-delimited [`RawRecord`] messages.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::Path;

use events::wire::RawRecord;
use prost::Message;

use crate::StreamError;

/// First line of every recording.
const HEADER: &[u8] = b"tilanne-recording 1\n";
/// Bytes of an encoded record. 64 MiB: the largest answer of a feed is far smaller, and a damaged
/// length must not become an allocation.
const RECORD_BYTES_MAX: usize = 64 << 20;
/// Bytes of a length before a record: a varint of 64 bits.
const LENGTH_BYTES_MAX: u32 = 10;
/// Bytes that are unpacked at a time: what the compressor packs together.
const BUFFER_BYTES: usize = 128 << 10;
/// Level at which recordings shrink most for the time: they are written once and kept.
const ZSTD_LEVEL: i32 = 9;

/// Writes a recording.
///
/// ```
/// use events::wire::RawRecord;
/// use stream::recording::{Reader, Writer};
///
/// let record = RawRecord { feed: "hsl-hfp".to_owned(), ..RawRecord::default() };
/// let mut writer = Writer::new(Vec::new())?;
/// writer.write(&record)?;
/// let bytes = writer.finish()?;
/// let records = Reader::new(&bytes[..])?.collect::<Result<Vec<_>, _>>()?;
/// assert_eq!(records, [record]);
/// # Ok::<_, stream::StreamError>(())
/// ```
pub struct Writer<W: Write> {
    /// None only while one block gives way to the next.
    output: Option<zstd::Encoder<'static, W>>,
}

impl<W: Write> Writer<W> {
    /// Starts a recording on an output.
    pub fn new(mut output: W) -> Result<Self, StreamError> {
        output.write_all(HEADER).map_err(|e| not_written(&e))?;
        Self::resume(output)
    }

    /// Goes on with an output that ends where [`Self::end_block`] was called.
    pub fn resume(output: W) -> Result<Self, StreamError> {
        Ok(Self { output: Some(block(output)?) })
    }

    /// Ends a block and begins the next: what was written until now can be read whatever becomes of
    /// the rest. Hands out the output to see how far it is, and to have it on the disk. Each block
    /// costs some bytes, and begins to shrink anew.
    pub fn end_block(
        &mut self,
        see: impl FnOnce(&mut W) -> io::Result<()>,
    ) -> Result<(), StreamError> {
        let Some(output) = self.output.take() else { return Ok(()) };
        let mut output = output.finish().map_err(|e| not_written(&e))?;
        output.flush().and_then(|()| see(&mut output)).map_err(|e| not_written(&e))?;
        self.output = Some(block(output)?);
        Ok(())
    }

    /// Adds a record.
    pub fn write(&mut self, record: &RawRecord) -> Result<(), StreamError> {
        let bytes = record.encoded_len();
        if bytes > RECORD_BYTES_MAX {
            return Err(StreamError::TooLarge { bytes, bytes_max: RECORD_BYTES_MAX });
        }
        let encoded = record.encode_length_delimited_to_vec();
        match &mut self.output {
            Some(output) => output.write_all(&encoded).map_err(|e| not_written(&e)),
            None => Err(StreamError::Storage("recording not written: it had failed".into())),
        }
    }

    /// Ends the recording and gives the output back; without it the file counts as cut short.
    pub fn finish(self) -> Result<W, StreamError> {
        let failed = || StreamError::Storage("recording not written: it had failed".into());
        let mut output = self.output.ok_or_else(failed)?.finish().map_err(|e| not_written(&e))?;
        output.flush().map_err(|e| not_written(&e))?;
        Ok(output)
    }
}

fn block<W: Write>(output: W) -> Result<zstd::Encoder<'static, W>, StreamError> {
    let mut block = zstd::Encoder::new(output, ZSTD_LEVEL).map_err(|e| not_written(&e))?;
    block.include_checksum(true).map_err(|e| not_written(&e))?;
    Ok(block)
}

fn not_written(error: &io::Error) -> StreamError {
    StreamError::Storage(format!("recording not written: {error}"))
}

/// Reads a recording record by record; ends after the first error, which says where it is.
pub struct Reader<R: Read> {
    input: BufReader<zstd::Decoder<'static, BufReader<R>>>,
    /// Records read so far, the number of the next.
    record: u64,
    /// Bytes read so far of the decompressed stream.
    byte: u64,
    ended: bool,
}

impl Reader<File> {
    /// Opens a file.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, StreamError> {
        let path = path.as_ref();
        let file = File::open(path)
            .map_err(|error| StreamError::Storage(format!("{}: {error}", path.display())))?;
        Self::new(file).map_err(|error| match error {
            StreamError::Corrupt(what) => {
                StreamError::Corrupt(format!("{}: {what}", path.display()))
            }
            other => other,
        })
    }
}

impl<R: Read> Reader<R> {
    /// Starts to read; checks the first line.
    pub fn new(mut input: R) -> Result<Self, StreamError> {
        let mut header = [0; HEADER.len()];
        input.read_exact(&mut header).map_err(|error| {
            StreamError::Corrupt(format!("recording has no first line: {error}"))
        })?;
        if header != HEADER {
            return Err(StreamError::Corrupt(format!(
                "recording starts with {:?}, not with {:?}",
                String::from_utf8_lossy(&header),
                String::from_utf8_lossy(HEADER),
            )));
        }
        let decoder = zstd::Decoder::new(input)
            .map_err(|error| StreamError::Storage(format!("recording not read: {error}")))?;
        let input = BufReader::with_capacity(BUFFER_BYTES, decoder);
        Ok(Self { input, record: 0, byte: 0, ended: false })
    }

    fn read(&mut self) -> Result<Option<RawRecord>, String> {
        let more = self.input.fill_buf().map_err(|error| error.to_string())?;
        if more.is_empty() {
            return Ok(None);
        }
        let (length, length_bytes) = self.length()?;
        if length > RECORD_BYTES_MAX as u64 {
            return Err(format!("it claims {length} bytes, over {RECORD_BYTES_MAX}"));
        }
        let whole = self.input.buffer().get(..length as usize);
        let record = match whole {
            // Nearly all: it need not be put together.
            Some(encoded) => {
                let record = RawRecord::decode(encoded);
                self.input.consume(length as usize);
                record
            }
            None => RawRecord::decode(bytes::Bytes::from(self.encoded(length)?)),
        };
        let record = record.map_err(|error| format!("not a raw record: {error}"))?;
        self.record += 1;
        self.byte += length_bytes + length;
        Ok(Some(record))
    }

    /// A record that lies across the ends of what was unpacked.
    fn encoded(&mut self, length: u64) -> Result<Vec<u8>, String> {
        let mut encoded = Vec::new();
        let read = self.input.by_ref().take(length).read_to_end(&mut encoded);
        read.map_err(|error| error.to_string())?;
        if (encoded.len() as u64) < length {
            return Err(format!("cut off after {} of {length} bytes", encoded.len()));
        }
        Ok(encoded)
    }

    /// The varint before a record and the bytes that it takes.
    fn length(&mut self) -> Result<(u64, u64), String> {
        let mut length = 0;
        for index in 0..LENGTH_BYTES_MAX {
            let mut byte = [0];
            let read = self.input.read_exact(&mut byte);
            read.map_err(|error| format!("its length: {error}"))?;
            length |= u64::from(byte[0] & 0x7F).checked_shl(7 * index).unwrap_or_default();
            if byte[0] & 0x80 == 0 {
                return Ok((length, u64::from(index) + 1));
            }
        }
        Err("its length does not end".to_owned())
    }
}

impl<R: Read> Iterator for Reader<R> {
    type Item = Result<RawRecord, StreamError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        match self.read() {
            Ok(Some(record)) => Some(Ok(record)),
            Ok(None) => {
                self.ended = true;
                None
            }
            Err(what) => {
                self.ended = true;
                Some(Err(StreamError::Corrupt(format!(
                    "recording, record {} at byte {} of the decompressed stream: {what}",
                    self.record, self.byte
                ))))
            }
        }
    }
}
