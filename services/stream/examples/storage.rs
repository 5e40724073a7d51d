//! What the embedded log should stand on: durable append and replay of three engines, measured.
//!
//! Each engine appends one million records of 200 bytes as zstd blocks of 1,000 records with an
//! fsync after every block, and reads them all back. Its files are then copied as they are while
//! it is open, which is what a killed process leaves behind, and the time to open the copy is
//! taken too. Last, power cuts: of one commit each page reaches the disk or does not. The segment
//! files are the reference that a library has to come near; they exist in this program only. The
//! last row is the embedded log itself, through its own sinks and sources.
//!
//! `cargo run --release -p stream --example storage -- [DIRECTORY]` (a temporary one by default).

use std::fs::{self, File};
use std::io::{self, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use bytes::Bytes;
use fjall::{Database, KeyspaceCreateOptions, PersistMode};
use redb::{ReadableDatabase, TableDefinition};
use stream::{Append, EmbeddedLog, EmbeddedOptions, Log, Sink, Source, topic};

type Failure = Box<dyn std::error::Error>;

/// Records appended and replayed: long enough to pass several flushes of every engine.
const RECORDS: u64 = 1_000_000;
/// Records between two fsyncs: about 50 ms of the load that the log is built for.
const RECORDS_PER_BLOCK: u64 = 1_000;
/// Bytes of a record: a vehicle position on the wire is 150 to 300.
const RECORD_BYTES: usize = 200;
/// Bytes of a record that repeat, so that blocks compress about as much as real ones.
const REPEATED_BYTES: usize = 110;
/// Fastest zstd level with an entropy stage.
const ZSTD_LEVEL: i32 = 1;
/// Size at which the reference starts another file.
const SEGMENT_BYTES: u64 = 64 * 1024 * 1024;
/// Memory that an engine may use as its cache of blocks.
const CACHE_BYTES: usize = 16 * 1024 * 1024;

/// Power cuts that each engine has to survive.
const TORN_WRITES: u64 = 200;
/// Blocks written in each of them.
const TORN_BLOCKS: u64 = 20;
/// Records whose way to a reader is timed.
const LATENCIES: usize = 5_000;
/// What a disk writes as one.
const PAGE_BYTES: usize = 4096;

const TABLE: TableDefinition<'static, u64, &[u8]> = TableDefinition::new("blocks");

trait Engine {
    fn name(&self) -> &'static str;
    /// Stores one block; it is durable on return.
    fn append(&mut self, first_offset: u64, block: &[u8]) -> Result<(), Failure>;
    /// Calls `each` with every block in order.
    fn replay(&self, each: &mut dyn FnMut(&[u8]) -> Result<(), Failure>) -> Result<(), Failure>;
}

struct Fjall {
    database: Database,
    blocks: fjall::Keyspace,
}

impl Fjall {
    fn open(directory: &Path) -> Result<Box<dyn Engine>, Failure> {
        let database = Database::builder(directory).cache_size(CACHE_BYTES as u64).open()?;
        let blocks = database.keyspace("blocks", KeyspaceCreateOptions::default)?;
        Ok(Box::new(Self { database, blocks }))
    }
}

impl Engine for Fjall {
    fn name(&self) -> &'static str {
        "fjall 3.1"
    }

    fn append(&mut self, first_offset: u64, block: &[u8]) -> Result<(), Failure> {
        let mut batch = self.database.batch().durability(Some(PersistMode::SyncData));
        batch.insert(&self.blocks, first_offset.to_be_bytes(), block);
        Ok(batch.commit()?)
    }

    fn replay(&self, each: &mut dyn FnMut(&[u8]) -> Result<(), Failure>) -> Result<(), Failure> {
        for guard in self.blocks.iter() {
            each(&guard.value()?)?;
        }
        Ok(())
    }
}

struct Redb(redb::Database);

impl Redb {
    fn open(directory: &Path) -> Result<Box<dyn Engine>, Failure> {
        fs::create_dir_all(directory)?;
        let database = redb::Database::builder()
            .set_cache_size(CACHE_BYTES)
            .create(directory.join("log.redb"))?;
        Ok(Box::new(Self(database)))
    }
}

impl Engine for Redb {
    fn name(&self) -> &'static str {
        "redb 4.5"
    }

    fn append(&mut self, first_offset: u64, block: &[u8]) -> Result<(), Failure> {
        let write = self.0.begin_write()?;
        write.open_table(TABLE)?.insert(first_offset, block)?;
        Ok(write.commit()?)
    }

    fn replay(&self, each: &mut dyn FnMut(&[u8]) -> Result<(), Failure>) -> Result<(), Failure> {
        let read = self.0.begin_read()?;
        for entry in read.open_table(TABLE)?.range::<u64>(..)? {
            each(entry?.1.value())?;
        }
        Ok(())
    }
}

/// Files of frames (length, checksum, block); the reference.
struct Segments {
    directory: PathBuf,
    files: u64,
    bytes: u64,
    newest: Option<File>,
}

impl Segments {
    fn open(directory: &Path) -> Result<Box<dyn Engine>, Failure> {
        fs::create_dir_all(directory)?;
        let mut segments = Self {
            directory: directory.to_path_buf(),
            files: fs::read_dir(directory)?.count() as u64,
            bytes: SEGMENT_BYTES,
            newest: None,
        };
        segments.find_tail()?;
        Ok(Box::new(segments))
    }

    /// Reads the newest file to its last whole frame, as recovery would.
    fn find_tail(&mut self) -> Result<(), Failure> {
        if self.files > 0 {
            self.bytes = 0;
            let path = self.path(self.files - 1);
            // Whatever ends the reading is the torn tail.
            let _ = Self::read(&path, &mut |block| {
                self.bytes += 8 + block.len() as u64;
                Ok(())
            });
            let file = File::options().append(true).open(path)?;
            file.set_len(self.bytes)?;
            self.newest = Some(file);
        }
        Ok(())
    }

    fn path(&self, number: u64) -> PathBuf {
        self.directory.join(format!("{number:08}.segment"))
    }

    fn read(
        path: &Path,
        each: &mut dyn FnMut(&[u8]) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let mut file = BufReader::new(File::open(path)?);
        let (mut head, mut block) = ([0; 8], Vec::new());
        while file.read_exact(&mut head).is_ok() {
            let (length, checksum) = head.split_at(4);
            block.resize(u32::from_le_bytes(length.try_into()?) as usize, 0);
            file.read_exact(&mut block)?;
            if crc32fast::hash(&block) != u32::from_le_bytes(checksum.try_into()?) {
                return Err("checksum".into());
            }
            each(&block)?;
        }
        Ok(())
    }
}

impl Engine for Segments {
    fn name(&self) -> &'static str {
        "segment files, crc32"
    }

    fn append(&mut self, _first_offset: u64, block: &[u8]) -> Result<(), Failure> {
        if self.bytes >= SEGMENT_BYTES {
            self.newest = Some(File::create_new(self.path(self.files))?);
            (self.files, self.bytes) = (self.files + 1, 0);
        }
        let mut frame = Vec::with_capacity(8 + block.len());
        frame.extend_from_slice(&(block.len() as u32).to_le_bytes());
        frame.extend_from_slice(&crc32fast::hash(block).to_le_bytes());
        frame.extend_from_slice(block);
        let file = self.newest.as_mut().ok_or("no segment")?;
        file.write_all(&frame)?;
        file.sync_data()?;
        self.bytes += frame.len() as u64;
        Ok(())
    }

    fn replay(&self, each: &mut dyn FnMut(&[u8]) -> Result<(), Failure>) -> Result<(), Failure> {
        for number in 0..self.files {
            Self::read(&self.path(number), each)?;
        }
        Ok(())
    }
}

/// Records that are alike in their first part and noise in the rest (xorshift64).
struct Generator(u64);

impl Generator {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 >> 3
    }

    fn fill(&mut self, block: &mut Vec<u8>) {
        block.clear();
        for _ in 0..RECORDS_PER_BLOCK {
            block.extend_from_slice(&(RECORD_BYTES as u32).to_le_bytes());
            block.extend_from_slice(&[b'a'; REPEATED_BYTES]);
            let end = block.len() + RECORD_BYTES - REPEATED_BYTES;
            while block.len() < end {
                let noise = self.next().to_le_bytes();
                block.extend_from_slice(&noise[..noise.len().min(end - block.len())]);
            }
        }
    }
}

/// Of [`TORN_WRITES`] images in which only some pages of the last, unfinished commit reached the
/// disk, as after a power cut, the number that open with every block before it.
fn torn(directory: &Path, open: &Open) -> Result<u64, Failure> {
    let [before, after, mixed] =
        ["before", "after", "mixed"].map(|extension| directory.with_extension(extension));
    let mut generator = Generator(0x2545_F491_4F6C_DD1D);
    let mut raw = Vec::new();
    let mut engine = open(directory)?;
    for block in 0..TORN_BLOCKS {
        generator.fill(&mut raw);
        if block + 1 == TORN_BLOCKS {
            copy(directory, &before)?;
        }
        engine.append(block, &zstd::bulk::compress(&raw, ZSTD_LEVEL)?)?;
    }
    copy(directory, &after)?;
    let mut survived = 0;
    for _ in 0..TORN_WRITES {
        mix(&before, &after, &mixed, &mut generator)?;
        let mut blocks = 0;
        let opened = open(&mixed).and_then(|engine| {
            engine.replay(&mut |_| {
                blocks += 1;
                Ok(())
            })
        });
        match opened {
            Ok(()) if blocks + 1 >= TORN_BLOCKS => survived += 1,
            Ok(()) => eprintln!("torn write: {blocks} of {TORN_BLOCKS} blocks"),
            Err(failure) => eprintln!("torn write: {failure:?}"),
        }
        fs::remove_dir_all(&mixed)?;
    }
    Ok(survived)
}

/// Copies `after`, with each page that `before` has otherwise taken from either.
fn mix(before: &Path, after: &Path, mixed: &Path, generator: &mut Generator) -> io::Result<()> {
    fs::create_dir_all(mixed)?;
    for entry in fs::read_dir(after)? {
        let name = entry?.file_name();
        let (old, new) = (before.join(&name), after.join(&name));
        if new.is_dir() {
            mix(&old, &new, &mixed.join(&name), generator)?;
            continue;
        }
        let (old, mut new) = (fs::read(old).unwrap_or_default(), fs::read(new)?);
        for (number, page) in new.chunks_mut(PAGE_BYTES).enumerate() {
            let start = number * PAGE_BYTES;
            if generator.next().is_multiple_of(2) {
                for (index, byte) in page.iter_mut().enumerate() {
                    *byte = old.get(start + index).copied().unwrap_or(0);
                }
            }
        }
        // Preallocated files end in a hole.
        let used = new.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
        let mut file = File::create(mixed.join(&name))?;
        file.write_all(&new[..used])?;
        file.set_len(new.len() as u64)?;
    }
    Ok(())
}

fn measure(directory: &Path, open: &Open) -> Row {
    let image = directory.with_extension("image");
    let row = (|| {
        let mut engine = open(directory)?;
        let append_per_s = append_all(engine.as_mut())?;
        let replay_per_s = replay_all(engine.as_ref())?;
        let disk_mb = copy(directory, &image)? as f64 / 1e6;
        let start = Instant::now();
        drop(open(&image)?);
        let reopen_ms = start.elapsed().as_secs_f64() * 1e3;
        let survived = torn(&directory.with_extension("torn"), open)?;
        Ok::<_, Failure>(format!(
            "| {} | {append_per_s:.0} | {replay_per_s:.0} | {disk_mb:.0} | {reopen_ms:.0} | \
             {survived} of {TORN_WRITES} |",
            engine.name()
        ))
    })();
    for extension in ["", "image", "torn", "before", "after"] {
        // A leftover of a measured directory is worth no failure of the measurement.
        let _ = fs::remove_dir_all(directory.with_extension(extension));
    }
    row
}

type Open = dyn Fn(&Path) -> Result<Box<dyn Engine>, Failure>;

type Row = Result<String, Failure>;

fn append_all(engine: &mut dyn Engine) -> Result<f64, Failure> {
    let (mut generator, mut raw) = (Generator(0x9E37_79B9_7F4A_7C15), Vec::new());
    let mut compressor = zstd::bulk::Compressor::new(ZSTD_LEVEL)?;
    let start = Instant::now();
    for first_offset in (0..RECORDS).step_by(RECORDS_PER_BLOCK as usize) {
        generator.fill(&mut raw);
        engine.append(first_offset, &compressor.compress(&raw)?)?;
    }
    Ok(RECORDS as f64 / start.elapsed().as_secs_f64())
}

fn replay_all(engine: &dyn Engine) -> Result<f64, Failure> {
    let mut decompressor = zstd::bulk::Decompressor::new()?;
    let block_bytes = RECORDS_PER_BLOCK as usize * (4 + RECORD_BYTES);
    let (mut records, start) = (0, Instant::now());
    engine.replay(&mut |block| {
        records += decompressor.decompress(block, block_bytes)?.len() / (4 + RECORD_BYTES);
        Ok(())
    })?;
    if records as u64 != RECORDS {
        return Err(format!("replayed {records} records").into());
    }
    Ok(RECORDS as f64 / start.elapsed().as_secs_f64())
}

/// Copies a directory and gives the bytes that its files take on disk.
fn copy(from: &Path, to: &Path) -> io::Result<u64> {
    use std::os::unix::fs::MetadataExt;
    fs::create_dir_all(to)?;
    let mut bytes = 0;
    for entry in fs::read_dir(from)? {
        let (path, target) = {
            let entry = entry?;
            (entry.path(), to.join(entry.file_name()))
        };
        if path.is_dir() {
            bytes += copy(&path, &target)?;
        } else {
            fs::copy(&path, &target)?;
            bytes += path.metadata()?.blocks() * 512;
        }
    }
    Ok(bytes)
}

/// The embedded log itself: the same load through a sink, and the time from an append to a reader
/// who waits for it.
async fn measure_log(directory: &Path) -> Result<String, Failure> {
    let log = EmbeddedLog::open(directory, EmbeddedOptions::default())?;
    let sink = log.sink(topic::EVENTS, "region").await?;
    let (mut generator, mut raw) = (Generator(0x9E37_79B9_7F4A_7C15), Vec::new());
    let start = Instant::now();
    for _ in (0..RECORDS).step_by(RECORDS_PER_BLOCK as usize) {
        generator.fill(&mut raw);
        let records = raw.chunks(4 + RECORD_BYTES).map(|r| Bytes::copy_from_slice(&r[4..]));
        sink.append(Append { records: records.collect(), cursor: None }).await?;
        sink.flush().await?;
    }
    let append_per_s = RECORDS as f64 / start.elapsed().as_secs_f64();
    let (mut source, mut records) = (log.source(topic::EVENTS, "region", 0).await?, 0);
    let start = Instant::now();
    while records < RECORDS {
        records += source.next(RECORDS_PER_BLOCK as usize).await?.len() as u64;
    }
    let replay_per_s = RECORDS as f64 / start.elapsed().as_secs_f64();
    let image = directory.with_extension("image");
    let disk_mb = copy(directory, &image)? as f64 / 1e6;
    let start = Instant::now();
    drop(EmbeddedLog::open(&image, EmbeddedOptions::default())?);
    let reopen_ms = start.elapsed().as_secs_f64() * 1e3;
    let latency_us = measure_latency(&*sink, source.as_mut()).await?;
    Ok(format!(
        "| the embedded log | {append_per_s:.0} | {replay_per_s:.0} | {disk_mb:.0} | \
         {reopen_ms:.0} | see its tests |\n\nAppend to waiting reader: {latency_us}"
    ))
}

/// Appends one record each millisecond while a reader waits, with the log committing beside it.
async fn measure_latency(sink: &dyn Sink, source: &mut dyn Source) -> Result<String, Failure> {
    let start = Instant::now();
    let mut latencies_ns: Vec<_> = Vec::new();
    let writing = async {
        for _ in 0..LATENCIES {
            tokio::time::sleep(Duration::from_millis(1)).await;
            let now_ns = start.elapsed().as_nanos() as u64;
            let records = vec![Bytes::copy_from_slice(&now_ns.to_le_bytes())];
            sink.append(Append { records, cursor: None }).await?;
        }
        Ok::<_, Failure>(())
    };
    let reading = async {
        while latencies_ns.len() < LATENCIES {
            for record in source.next(1).await? {
                let sent_ns = u64::from_le_bytes(record.payload[..].try_into()?);
                latencies_ns.push(start.elapsed().as_nanos() as u64 - sent_ns);
            }
        }
        Ok::<_, Failure>(())
    };
    tokio::try_join!(writing, reading)?;
    latencies_ns.sort_unstable();
    let us = |share: usize| latencies_ns[LATENCIES * share / 1000] as f64 / 1e3;
    Ok(format!("median {:.0}, 99 % {:.0}, 99.9 % {:.0} microseconds", us(500), us(990), us(999)))
}

fn main() -> Result<(), Failure> {
    let temporary = tempfile::tempdir()?;
    let directory =
        std::env::args_os().nth(1).map_or_else(|| temporary.path().to_path_buf(), PathBuf::from);
    let mut output = io::stdout().lock();
    writeln!(
        output,
        "| engine | append, records/s | replay, records/s | disk, MB | open after a kill, ms | \
         torn writes survived |\n\
         | --- | --- | --- | --- | --- | --- |"
    )?;
    let engines: [&Open; 3] = [&Fjall::open, &Redb::open, &Segments::open];
    for (number, open) in engines.into_iter().enumerate() {
        let row = measure(&directory.join(format!("engine-{number}")), open)?;
        writeln!(output, "{row}")?;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_time().build()?;
    let row = runtime.block_on(measure_log(&directory.join("log")))?;
    writeln!(output, "{row}")?;
    for used in ["log", "log.image"] {
        fs::remove_dir_all(directory.join(used))?;
    }
    Ok(())
}
