//! Passages of single vehicles at the road detectors of Digitraffic, a file a station and local day
//! (`lamraw_<tmsNumber>_<year>_<day of year>.csv`), counted into minutes.
//!
//! Flow is vehicles times sixty, speed their arithmetic mean, as the publisher makes its own. Local
//! times of the hour that there is twice in October are told apart by their order. The column that is
//! documented as hundredths of a second has thousandths in files of 2025 and later; both are below a
//! second, and a minute needs neither.

use std::collections::BTreeMap;
use std::io::BufRead;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::civil::{Date, DateTime, date};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde_json::json;

use super::{ImportError, Part, Reader, Records, Setup, local_time, next_line, open};

const MINUTE_MS: i64 = 60_000;
/// Columns of a row, of which the ones after the thirteenth are not used.
const COLUMNS_MIN: usize = 13;

/// `lamraw`: see the module.
pub(super) struct Lamraw;

impl Reader for Lamraw {
    fn name(&self) -> &'static str {
        "lamraw"
    }

    fn format(&self) -> Option<&'static str> {
        Some("tilanne_json")
    }

    fn records(&self, file: &Path, setup: &Arc<Setup>) -> Result<Records, ImportError> {
        Ok(Box::new(Minutes {
            input: open(file, setup)?,
            file: file.to_owned(),
            setup: Arc::clone(setup),
            line: 0,
            last_ms: i64::MIN,
            minute: None,
            ended: false,
        }))
    }
}

/// Vehicles of a minute, by station and direction.
#[derive(Default)]
struct Minute {
    start_ms: i64,
    counts: BTreeMap<(u32, u8), (u32, f64)>,
}

struct Minutes {
    input: Box<dyn BufRead>,
    file: PathBuf,
    setup: Arc<Setup>,
    line: u64,
    last_ms: i64,
    minute: Option<Minute>,
    ended: bool,
}

struct Passage {
    station: u32,
    direction: u8,
    time_ms: i64,
    speed_km_h: f64,
}

impl Iterator for Minutes {
    type Item = Result<Part, ImportError>;

    fn next(&mut self) -> Option<Self::Item> {
        while !self.ended {
            let line = match next_line(self.input.as_mut(), &self.file) {
                Ok(Some(line)) => line,
                Ok(None) => {
                    self.ended = true;
                    break;
                }
                Err(error) => {
                    self.ended = true;
                    return Some(Err(error));
                }
            };
            self.line += 1;
            let line = String::from_utf8_lossy(&line);
            if line.trim().is_empty() {
                continue;
            }
            let passage = match passage(&line, &self.setup.time_zone, self.last_ms) {
                Ok(passage) => passage,
                Err(what) => {
                    let message = format!("{}:{}: {what}", self.file.display(), self.line);
                    return Some(Ok(Part::LeftOut(message)));
                }
            };
            self.last_ms = self.last_ms.max(passage.time_ms);
            let start_ms = passage.time_ms - passage.time_ms.rem_euclid(MINUTE_MS);
            if self.minute.as_ref().is_some_and(|minute| start_ms < minute.start_ms) {
                let message = format!(
                    "{}:{}: it is of a minute that is over; sort the file by time",
                    self.file.display(),
                    self.line
                );
                return Some(Ok(Part::LeftOut(message)));
            }
            let is_next = self.minute.as_ref().is_some_and(|minute| minute.start_ms < start_ms);
            let over = if is_next { self.minute.take() } else { None };
            let minute =
                self.minute.get_or_insert_with(|| Minute { start_ms, ..Minute::default() });
            let key = (passage.station, passage.direction);
            let (count, speed_sum) = minute.counts.entry(key).or_default();
            *count += 1;
            *speed_sum += passage.speed_km_h;
            if let Some(over) = over {
                return Some(Ok(self.record(&over)));
            }
        }
        let over = self.minute.take()?;
        Some(Ok(self.record(&over)))
    }
}

impl Minutes {
    fn record(&self, minute: &Minute) -> Part {
        let end_ms = minute.start_ms + MINUTE_MS;
        let time = Timestamp::from_millisecond(end_ms).map(|time| time.to_string());
        let time = time.unwrap_or_default();
        let reports = minute.counts.iter().map(|((station, direction), (count, speed_sum))| {
            let report = json!({
                "station": station.to_string(),
                "time": time,
                "direction": direction,
                "window_s": 60,
                "flow_veh_h": count * 60,
                "speed_km_h": speed_sum / f64::from(*count),
            });
            report.to_string()
        });
        let payload = reports.collect::<Vec<_>>().join("\n");
        self.setup.record(&self.file, "", end_ms, payload.into_bytes())
    }
}

fn passage(line: &str, time_zone: &TimeZone, last_ms: i64) -> Result<Passage, String> {
    let cells: Vec<&str> = line.split(';').map(str::trim).collect();
    if cells.len() < COLUMNS_MIN {
        return Err(format!("{} columns, not {COLUMNS_MIN} or more", cells.len()));
    }
    let number = |at: usize, name: &str| -> Result<i64, String> {
        cells[at].parse().map_err(|_| format!("{name}: {:?} is no number", cells[at]))
    };
    if number(12, "faulty")? != 0 {
        return Err("the detector says that it is faulty".to_owned());
    }
    let direction = match number(9, "direction")? {
        direction @ (1 | 2) => direction as u8,
        other => return Err(format!("direction: {other}, not 1 or 2")),
    };
    let speed_km_h: f64 =
        cells[11].parse().map_err(|_| format!("speed: {:?} is no number", cells[11]))?;
    let time = row_time(
        number(1, "year")?,
        number(2, "day of the year")?,
        [number(3, "hour")?, number(4, "minute")?, number(5, "second")?],
    )?;
    let station = number(0, "station")?;
    let station = u32::try_from(station).map_err(|_| format!("station: {station}"))?;
    let time_ms = local_time::unix_ms(time, time_zone, last_ms)?;
    Ok(Passage { station, direction, time_ms, speed_km_h })
}

fn row_time(year: i64, day_of_year: i64, clock: [i64; 3]) -> Result<DateTime, String> {
    let what = || format!("no day {day_of_year} of year {year} with the time {clock:?}");
    let year = i16::try_from(2_000 + year).map_err(|_| what())?;
    let first: Date = date(year, 1, 1);
    let day = first.checked_add((day_of_year - 1).days()).map_err(|_| what())?;
    if day.year() != year || day_of_year < 1 {
        return Err(what());
    }
    let part = |at: usize| i8::try_from(clock[at]).map_err(|_| what());
    let time = jiff::civil::Time::new(part(0)?, part(1)?, part(2)?, 0).map_err(|_| what())?;
    Ok(day.to_datetime(time))
}
