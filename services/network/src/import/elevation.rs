//! Heights of the ground, and the gradients of links that follow from them.
//!
//! A grid comes in the text form that every geographic tool writes, the ESRI ASCII grid, in degrees
//! of WGS84: what it covers and in which projection its publisher has it is for these tools, not for
//! this importer.

use std::io::{BufRead, Read};

use events::Position;

use super::{Finding, ImportReport};
use crate::{LinkFlags, Network};

/// Most values of a grid, 1 GB in memory: two metres apart, of a city of 30 km.
const VALUES_MAX: u64 = 250_000_000;

/// Longest line, bytes: a row of a million values.
const LINE_BYTES_MAX: u64 = 16 << 20;

/// Heights that ground can have, metres, with room; others stand for what is not known.
const GROUND_M: std::ops::RangeInclusive<f64> = -1_000.0..=10_000.0;

/// A shorter link counts as so long, metres: heights err by some decimetres, and a step of the grid
/// is no hill.
const BASE_M: f32 = 50.0;

/// Why a file gives no heights.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ElevationError {
    /// It cannot be read, or is no text.
    #[error("{0}")]
    Read(#[from] std::io::Error),
    /// A line of the head is missing or makes no sense.
    #[error(
        "line {line}: {message}; an ESRI ASCII grid begins with ncols, nrows, xllcorner, yllcorner \
         and cellsize"
    )]
    Head {
        /// Line from 1 on; of what is missing the first line of values.
        line: u64,
        /// What is wrong.
        message: String,
    },
    /// It is not in degrees.
    #[error(
        "its corner {0}, {1} is not on the globe: make it one of degrees with \
         `gdalwarp -t_srs EPSG:4326` and `gdal_translate -of AAIGrid`"
    )]
    NotDegrees(f64, f64),
    /// More values than are read.
    #[error("{0} values are more than {VALUES_MAX}: cut out the region with `gdalwarp -te`")]
    TooLarge(u64),
    /// A value is no number.
    #[error("line {line}: {text:?} is no height")]
    Value {
        /// Line from 1 on.
        line: u64,
        /// What stands there.
        text: String,
    },
    /// More or fewer values than the head says.
    #[error("it has {found} values where its head says {wanted}: it is cut off or damaged")]
    Count {
        /// Values that are there; one more than there should be, where there are more.
        found: u64,
        /// Values that there should be.
        wanted: u64,
    },
}

/// Heights of the ground over a rectangle of WGS84, metres.
#[derive(Clone, Debug, PartialEq)]
pub struct ElevationGrid {
    columns: usize,
    rows: usize,
    /// Where the first value is, the most north-western: degrees east and north.
    first_deg: [f64; 2],
    /// Degrees from value to value, to the east and to the south.
    step_deg: [f64; 2],
    /// By row, from north to south; not a number where it is not known or cannot be.
    height_m: Vec<f32>,
}

impl ElevationGrid {
    /// Height of the ground at a position, metres, linear between the four values around it; none
    /// outside of the grid, or where one of them is not known.
    pub fn height_m(&self, at: Position) -> Option<f64> {
        let steps = [
            (at.longitude_deg - self.first_deg[0]) / self.step_deg[0],
            (self.first_deg[1] - at.latitude_deg) / self.step_deg[1],
        ];
        let sizes = [self.columns, self.rows];
        // A value stands for its cell: half a step around it.
        let is_inside = |(step, size): (f64, usize)| (-0.5..=size as f64 - 0.5).contains(&step);
        if !steps.into_iter().zip(sizes).all(is_inside) {
            return None;
        }
        let [column, row] = [0, 1].map(|axis| steps[axis].clamp(0.0, (sizes[axis] - 1) as f64));
        let along = |at: f64, size: usize| {
            let low = at.floor() as usize;
            [(low, 1.0 - at.fract()), ((low + 1).min(size - 1), at.fract())]
        };
        let mut height_m = 0.0;
        for (row, of_row) in along(row, self.rows) {
            for (column, of_column) in along(column, self.columns) {
                let weight = of_row * of_column;
                // On a value but for rounding, its neighbours have no say.
                if weight > 1e-6 {
                    height_m += weight * f64::from(self.height_m[row * self.columns + column]);
                }
            }
        }
        Some(height_m).filter(|height_m| height_m.is_finite())
    }
}

/// What the head of a grid says.
#[derive(Default)]
struct Head {
    columns: Option<f64>,
    rows: Option<f64>,
    /// West and south, and whether that is a corner or the middle of a cell.
    corner: [Option<(f64, bool)>; 2],
    step_deg: [Option<f64>; 2],
    none: Option<f64>,
}

/// Reads an ESRI ASCII grid in degrees of WGS84. `progress` hears of bytes done.
///
/// ```
/// use events::Position;
/// let text = "ncols 2\nnrows 2\nxllcorner 24.9\nyllcorner 60.1\ncellsize 0.1\n10 20\n30 40\n";
/// let grid = network::elevation::read_elevation(text.as_bytes(), &mut |_| {}).unwrap();
/// // Half way between the middles of all four cells.
/// let at = Position::new(60.2, 25.0).unwrap();
/// assert!((grid.height_m(at).unwrap() - 25.0).abs() < 1e-9);
/// assert_eq!(grid.height_m(Position::new(61.0, 25.0).unwrap()), None);
/// ```
pub fn read_elevation<R: BufRead>(
    mut reader: R,
    progress: &mut dyn FnMut(u64),
) -> Result<ElevationGrid, ElevationError> {
    let (mut head, mut grid) = (Head::default(), None);
    let (mut line, mut number, mut done) = (String::new(), 0, 0);
    loop {
        line.clear();
        let bytes = reader.by_ref().take(LINE_BYTES_MAX).read_line(&mut line)?;
        if bytes == 0 {
            break;
        }
        number += 1;
        done += bytes as u64;
        progress(done);
        let mut words = line.split_ascii_whitespace();
        let grid = match &mut grid {
            Some(grid) => grid,
            None => match words.clone().next() {
                None => continue,
                Some(word) if word.parse::<f64>().is_ok() => grid.insert(head.grid(number)?),
                Some(key) => {
                    let value = words.nth(1).unwrap_or_default();
                    head.take(key, value)
                        .map_err(|message| ElevationError::Head { line: number, message })?;
                    continue;
                }
            },
        };
        let wanted = grid.columns * grid.rows;
        for word in words {
            let Ok(value) = word.parse::<f64>() else {
                return Err(ElevationError::Value { line: number, text: word.to_owned() });
            };
            if grid.height_m.len() == wanted {
                let found = wanted as u64 + 1;
                return Err(ElevationError::Count { found, wanted: wanted as u64 });
            }
            // Tools write what is not known as -9999 or less, also where the head does not say so.
            let is_none = head.none.is_some_and(|none| (none - value).abs() < 1e-6)
                || !GROUND_M.contains(&value);
            grid.height_m.push(if is_none { f32::NAN } else { value as f32 });
        }
    }
    let grid = grid.map_or_else(|| head.grid(number + 1), Ok)?;
    let (found, wanted) = (grid.height_m.len() as u64, (grid.columns * grid.rows) as u64);
    if found != wanted {
        return Err(ElevationError::Count { found, wanted });
    }
    Ok(grid)
}

impl Head {
    /// Takes a line of the head.
    fn take(&mut self, key: &str, value: &str) -> Result<(), String> {
        let Ok(number) = value.parse::<f64>() else {
            return Err(format!("{key} {value:?} is no number"));
        };
        match key.to_ascii_lowercase().as_str() {
            "ncols" => self.columns = Some(number),
            "nrows" => self.rows = Some(number),
            "xllcorner" => self.corner[0] = Some((number, true)),
            "yllcorner" => self.corner[1] = Some((number, true)),
            "xllcenter" => self.corner[0] = Some((number, false)),
            "yllcenter" => self.corner[1] = Some((number, false)),
            "cellsize" => self.step_deg = [Some(number); 2],
            "dx" => self.step_deg[0] = Some(number),
            "dy" => self.step_deg[1] = Some(number),
            "nodata_value" => self.none = Some(number),
            _ => return Err(format!("{key:?} is not known")),
        }
        Ok(())
    }

    /// The grid that it is of, without values yet; `line` is the first of these.
    fn grid(&self, line: u64) -> Result<ElevationGrid, ElevationError> {
        let wrong = |message: String| ElevationError::Head { line, message };
        let missing = |what: &str| wrong(format!("there is no {what}"));
        let count = |number: Option<f64>, what: &str| {
            let number = number.ok_or_else(|| missing(what))?;
            let is_count = number >= 1.0 && number.fract() == 0.0 && number < 1e9;
            if is_count { Ok(number as u64) } else { Err(wrong(format!("{what} is {number}"))) }
        };
        let (columns, rows) = (count(self.columns, "ncols")?, count(self.rows, "nrows")?);
        let step = |axis: usize| match self.step_deg[axis] {
            Some(step) if step > 0.0 && step.is_finite() => Ok(step),
            Some(step) => Err(wrong(format!("cells of {step} degrees"))),
            None => Err(missing("cellsize")),
        };
        let step_deg = [step(0)?, step(1)?];
        let low = |axis: usize, what: &str| {
            let (low, is_corner) = self.corner[axis].ok_or_else(|| missing(what))?;
            Ok::<_, ElevationError>(if is_corner { low + step_deg[axis] / 2.0 } else { low })
        };
        let (west, south) = (low(0, "xllcorner")?, low(1, "yllcorner")?);
        let north = south + (rows - 1) as f64 * step_deg[1];
        let east = west + (columns - 1) as f64 * step_deg[0];
        let on_globe = [west, east].iter().all(|at| at.abs() <= 180.0)
            && [south, north].iter().all(|at| at.abs() <= 90.0);
        if !on_globe {
            return Err(ElevationError::NotDegrees(west, south));
        }
        let values = columns * rows;
        if values > VALUES_MAX {
            return Err(ElevationError::TooLarge(values));
        }
        Ok(ElevationGrid {
            columns: columns as usize,
            rows: rows as usize,
            first_deg: [west, north],
            step_deg,
            height_m: Vec::new(),
        })
    }
}

impl Network {
    /// With the gradients that heights of the ground give, of each place by the first grid that
    /// knows it: from the beginning of a link to its end, over its length. Bridges, tunnels and
    /// ferries have none, for the ground is not where they are.
    #[must_use]
    pub fn with_elevation(mut self, grids: &[ElevationGrid], report: &mut ImportReport) -> Self {
        let height_m = |at: Position| grids.iter().find_map(|grid| grid.height_m(at));
        let mut known = 0;
        for link in 0..self.len() as u32 {
            let flags = self.flags(link);
            let apart = [LinkFlags::BRIDGE, LinkFlags::TUNNEL, LinkFlags::FERRY];
            if apart.iter().any(|&flag| flags.has(flag)) {
                continue;
            }
            let (first, last) = (self.positions(link).next(), self.positions(link).last());
            let heights = first.and_then(height_m).zip(last.and_then(height_m));
            let Some((begin_m, end_m)) = heights else {
                report.find(Finding::HeightUnknown, self.id(link));
                continue;
            };
            let length_m = f64::from(self.length_m(link).max(BASE_M));
            let per_mille = (end_m - begin_m) / length_m * 1_000.0;
            self.gradient_per_mille[link as usize] = per_mille.round().clamp(-127.0, 127.0) as i8;
            known += 1;
        }
        report.read("links with a gradient", known);
        self
    }
}
