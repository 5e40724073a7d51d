//! A fleet mix from the national vehicle register's open file.
//!
//! Traficom publishes all vehicles in traffic use (*Ajoneuvojen avoin data*, CC BY 4.0): one row a
//! vehicle, semicolons, ISO-8859-1, 5.4 million rows. Of its columns this takes vehicle class
//! (`ajoneuvoluokka`), first registration (`ensirekisterointipvm`, ISO or d.m.yyyy by edition), day
//! taken into use (`kayttoonottopvm`, yyyymmdd with 0000 where only the year is known), body type
//! (`korityyppi`), power (`kayttovoima`), electric hybrid (`sahkohybridi`) and municipality of use
//! (`kunta`). All of these are ASCII, so the other columns' encoding does not matter.
//!
//! The Euro stage is that of the day taken into use: what was then the law for every new vehicle.
//! Vehicles count with the km that a vehicle of their fuel and age drives.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::io::Read;

use csv::{ByteRecord, ReaderBuilder};

use super::table::TableError;
use super::{Body, ClassTable, FleetMix, MixRow, RoadKind};

/// Whose vehicles, and when.
#[derive(Clone, Debug, Default)]
pub struct RegisterOptions {
    /// Codes of municipalities, such as `091`; none for the whole country.
    pub municipalities: BTreeSet<u16>,
    /// Year of the file's edition: ages are counted to its middle.
    pub year: i32,
}

/// What was read from a register.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Register {
    /// Rows that were read, the header not.
    pub rows: u64,
    /// Rows of other municipalities.
    pub elsewhere: u64,
    /// Rows of what is no road traffic or has no class: tractors, trailers, snowmobiles.
    pub other_kinds: u64,
    /// Rows that could not be used, by why, with the line of the first.
    pub bad: BTreeMap<&'static str, (u64, u64)>,
    /// Vehicles and their million km a year by class.
    pub classes: BTreeMap<String, (u64, f64)>,
}

/// Reads a register as a stream. `progress` gets the bytes read so far. A row that is damaged is
/// counted and left out; a file without the columns is an error.
pub fn read_register(
    name: &str,
    reader: impl Read,
    options: &RegisterOptions,
    progress: &mut dyn FnMut(u64),
) -> Result<Register, TableError> {
    let error =
        |line, message: String| TableError { file: name.to_owned(), line, column: None, message };
    let mut reader =
        ReaderBuilder::new().delimiter(b';').flexible(true).quoting(false).from_reader(reader);
    let header = reader.byte_headers().map_err(|wrong| error(1, wrong.to_string()))?.clone();
    let place = |column: &str| {
        let is_it = |cell: &[u8]| cell.trim_ascii().ends_with(column.as_bytes());
        header.iter().position(is_it).ok_or_else(|| {
            let message = format!("no column {column}; take the register's open file, unpacked");
            error(1, message)
        })
    };
    let columns = Columns {
        class: place("ajoneuvoluokka")?,
        registered: place("ensirekisterointipvm")?,
        in_use: place("kayttoonottopvm")?,
        body: place("korityyppi")?,
        power: place("kayttovoima")?,
        hybrid: place("sahkohybridi")?,
        municipality: place("kunta")?,
    };
    let mut register = Register::default();
    let mut record = ByteRecord::new();
    loop {
        match reader.read_byte_record(&mut record) {
            Ok(true) => {}
            Ok(false) => break,
            Err(wrong) => {
                let line = wrong.position().map_or(0, csv::Position::line);
                return Err(error(line, wrong.to_string()));
            }
        }
        register.rows += 1;
        if register.rows.is_multiple_of(8_192) {
            progress(reader.position().byte());
        }
        let line = record.position().map_or(0, csv::Position::line);
        if record.len() != header.len() {
            register.bad("wrong number of cells", line);
            continue;
        }
        let cell = |place: usize| record.get(place).unwrap_or_default().trim_ascii();
        let place = number(cell(columns.municipality));
        if !options.municipalities.is_empty() {
            match place {
                Some(place) if options.municipalities.contains(&(place as u16)) => {}
                Some(_) => {
                    register.elsewhere += 1;
                    continue;
                }
                None => {
                    register.bad("no municipality", line);
                    continue;
                }
            }
        }
        register.count(&columns, &cell, options.year, line);
    }
    Ok(register)
}

struct Columns {
    class: usize,
    registered: usize,
    in_use: usize,
    body: usize,
    power: usize,
    hybrid: usize,
    municipality: usize,
}

/// What a vehicle burns.
#[derive(Clone, Copy, PartialEq)]
enum Power {
    Petrol,
    Diesel,
    Gas,
    Electricity,
    PetrolPlugIn,
    DieselPlugIn,
}

impl Register {
    fn bad(&mut self, why: &'static str, line: u64) {
        self.bad.entry(why).or_insert((0, line)).0 += 1;
    }

    fn count<'a>(
        &mut self,
        columns: &Columns,
        cell: &impl Fn(usize) -> &'a [u8],
        year: i32,
        line: u64,
    ) {
        let Some(body) = body(cell(columns.class), cell(columns.body)) else {
            self.other_kinds += 1;
            return;
        };
        let date = date(cell(columns.in_use)).or_else(|| date(cell(columns.registered)));
        let Some((first_year, month)) = date else {
            self.bad("no date", line);
            return;
        };
        let Some(power) = power(cell(columns.power)) else {
            self.bad("unknown power", line);
            return;
        };
        let hybrid = matches!(cell(columns.hybrid), b"true" | b"1" | b"True");
        let age = f64::from(year - first_year) + 0.5 - f64::from(month) / 12.0;
        if !(-1.0..=120.0).contains(&age) {
            self.bad("date out of range", line);
            return;
        }
        let class = class(body, power, hybrid, first_year * 12 + month);
        let entry = self.classes.entry(class).or_default();
        entry.0 += 1;
        entry.1 += km_a_year(body, power, age.max(0.0)) / 1e6;
    }

    /// Vehicles that were counted.
    pub fn vehicles(&self) -> u64 {
        self.classes.values().map(|(vehicles, _)| vehicles).sum()
    }

    /// Rows that could not be used.
    pub fn bad_rows(&self) -> u64 {
        self.bad.values().map(|(rows, _)| rows).sum()
    }

    /// The mix: within each body the classes as in the register, by km; how much each body drives
    /// on each kind of road as in a base mix, as a lorry is not driven where it is registered.
    /// Bodies of which the register has none keep the base's classes.
    pub fn mix(
        &self,
        base: &FleetMix,
        classes: &ClassTable,
        [name, source, licence]: [&str; 3],
        year: i32,
    ) -> FleetMix {
        let mut roads = BTreeMap::new();
        for road in RoadKind::ALL {
            let mut rows: Vec<MixRow> = Vec::new();
            for body in Body::ALL {
                let on_road = base.body_share(body, road, classes);
                let known = self.classes.iter().filter_map(|(id, (_, km))| {
                    let class = classes.get(id).filter(|class| class.body == body)?;
                    Some((class, *km))
                });
                let known: Vec<_> = known.collect();
                let sum: f64 = known.iter().map(|(_, km)| km).sum();
                if on_road > 0.0 && sum > 0.0 {
                    rows.extend(known.into_iter().map(|(class, km)| MixRow {
                        class: class.id.clone(),
                        share: on_road * km / sum,
                        relative_sd: RELATIVE_SD,
                    }));
                } else {
                    let of_body = base.classes(road, classes).filter(|(_, it)| it.body == body);
                    rows.extend(of_body.map(|(row, _)| row.clone()));
                }
            }
            roads.insert(road, rows);
        }
        FleetMix::from_rows([name, source, licence], year, roads)
    }
}

/// Relative standard deviation of shares from a register: where a vehicle is registered is not
/// where it drives, and km by age are means. Own judgement.
const RELATIVE_SD: f64 = 0.10;

/// A number in digits; a decimal part of zeros is allowed, as some editions have it.
fn number(cell: &[u8]) -> Option<u32> {
    let text = std::str::from_utf8(cell).ok()?;
    text.strip_suffix(".0").unwrap_or(text).parse().ok()
}

/// Year and month, 1 to 12, of `yyyy-mm-dd`, `d.m.yyyy` or `yyyymmdd`; month 0 is June.
fn date(cell: &[u8]) -> Option<(i32, i32)> {
    let text = std::str::from_utf8(cell).ok()?;
    let text = text.strip_suffix(".0").unwrap_or(text);
    let (year, month) = if let Some((year, rest)) = text.split_once('-') {
        (year, rest.split('-').next()?)
    } else if text.contains('.') {
        let mut parts = text.split('.').skip(1);
        let month = parts.next()?;
        (parts.next()?, month)
    } else if text.len() == 8 {
        (text.get(..4)?, text.get(4..6)?)
    } else {
        return None;
    };
    let (year, month): (i32, i32) = (year.parse().ok()?, month.parse().ok()?);
    let known = (1880..=2200).contains(&year) && (0..=12).contains(&month);
    known.then_some((year, if month == 0 { 6 } else { month }))
}

/// Body by the directive's class: M1 cars, N1 vans, N2 and N3 lorries, M2 and M3 buses, L3 to L5
/// motorcycles, L1 and L2 mopeds; G is for the field. Body type BC is a tractor of semi-trailers.
fn body(class: &[u8], body_type: &[u8]) -> Option<Kind> {
    let class = class.strip_suffix(b"G").unwrap_or(class);
    Some(match class {
        b"M1" => Kind::Car,
        b"N1" => Kind::Van,
        b"N2" | b"N3" if body_type == b"BC" => Kind::Articulated,
        b"N2" | b"N3" => Kind::Rigid,
        b"M2" | b"M3" => Kind::Bus,
        b"L3" | b"L3e" | b"L4" | b"L4e" | b"L5" | b"L5e" => Kind::Motorcycle,
        b"L1" | b"L1e" | b"L2" | b"L2e" => Kind::Moped,
        _ => return None,
    })
}

/// What the register tells apart.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Car,
    Van,
    Rigid,
    Articulated,
    Bus,
    Motorcycle,
    Moped,
}

/// The register's codes of power: 01 petrol, 02 diesel, 04 electricity, 06, 13, 56, 65 gas, 38 petrol
/// and gas, 39 and 44 plug-in hybrids, and blends of the two first, which count as what they burn
/// most.
fn power(cell: &[u8]) -> Option<Power> {
    Some(match number(cell)? {
        1 | 11 | 31 | 33 | 34 | 37 | 40 | 41 | 42 => Power::Petrol,
        2 | 3 | 10 | 43 | 67 => Power::Diesel,
        4 | 5 => Power::Electricity,
        6 | 13 | 38 | 56 | 65 => Power::Gas,
        39 => Power::PetrolPlugIn,
        44 => Power::DieselPlugIn,
        _ => return None,
    })
}

/// Place of a month in a list of first months, as year and month.
fn stage(month: i32, firsts: &[(i32, i32)]) -> usize {
    firsts.iter().filter(|(year, first)| month >= year * 12 + first).count()
}

/// The class of a vehicle taken into use in a month (year x 12 + month). Stages of light vehicles
/// from 1993, 1997, 2001, 2006, 2011, 2015-09, 6d-TEMP from 2019-09, 6d from 2021-01; of heavy ones I
/// from 1993, II from 1996-10, III from 2001-10, IV from 2006-10, V from 2009-10, VI from 2014-01, VI D
/// from 2019-09.
fn class(kind: Kind, power: Power, hybrid: bool, month: i32) -> String {
    const LIGHT: [(i32, i32); 8] =
        [(1993, 1), (1997, 1), (2001, 1), (2006, 1), (2011, 1), (2015, 9), (2019, 9), (2021, 1)];
    const HEAVY: [(i32, i32); 6] =
        [(1996, 10), (2001, 10), (2006, 10), (2009, 10), (2014, 1), (2019, 9)];
    const TWO_WHEELS: [(i32, i32); 5] = [(1999, 6), (2003, 4), (2006, 1), (2016, 1), (2020, 1)];
    let light = ["0", "1", "2", "3", "4", "5", "6", "6d_temp", "6d"];
    let heavy = ["i", "ii", "iii", "iv", "v", "vi", "vi_de"];
    let light_stage = stage(month, &LIGHT);
    let euro = light[light_stage];
    // What only has the newer stages takes the oldest of them.
    let from = |first: usize, names: &[&'static str]| {
        names[light_stage.saturating_sub(first).min(names.len() - 1)]
    };
    let heavy_euro = heavy[stage(month, &HEAVY)];
    match (kind, power) {
        (Kind::Car, Power::Petrol) if hybrid => {
            format!("car_hybrid_euro_{}", from(4, &["4", "5", "6", "6", "6d"]))
        }
        (Kind::Car, Power::Petrol) => format!("car_petrol_euro_{euro}"),
        (Kind::Car, Power::Diesel) => format!("car_diesel_euro_{euro}"),
        (Kind::Car, Power::Gas) => format!("car_gas_euro_{}", from(5, &["5", "6", "6", "6d"])),
        (Kind::Car, Power::Electricity) => "car_electric".to_owned(),
        (Kind::Car, Power::PetrolPlugIn) => {
            format!("car_phev_petrol_euro_{}", from(6, &["6", "6", "6d"]))
        }
        (Kind::Car, Power::DieselPlugIn) => "car_phev_diesel_euro_6d".to_owned(),
        (Kind::Van, Power::Electricity) => "van_electric".to_owned(),
        (Kind::Van, Power::Diesel | Power::DieselPlugIn) => format!("van_diesel_euro_{euro}"),
        (Kind::Van, _) => {
            let names = ["0", "1", "2", "3", "4", "5", "6", "6", "6d"];
            format!("van_petrol_euro_{}", names[light_stage])
        }
        (Kind::Rigid, _) => format!("rigid_diesel_euro_{heavy_euro}"),
        (Kind::Articulated, _) => format!("articulated_diesel_euro_{heavy_euro}"),
        (Kind::Bus, Power::Electricity) => "bus_electric".to_owned(),
        (Kind::Bus, Power::Gas) => "bus_gas_eev".to_owned(),
        (Kind::Bus, _) => format!("bus_diesel_euro_{heavy_euro}"),
        (Kind::Motorcycle, _) => {
            format!("motorcycle_petrol_euro_{}", stage(month, &TWO_WHEELS))
        }
        (Kind::Moped, _) if stage(month, &TWO_WHEELS) >= 4 => "moped_petrol_euro_4".to_owned(),
        (Kind::Moped, _) => "moped_petrol_euro_2".to_owned(),
    }
}

/// Km that a vehicle of an age drives in a year. In 2018 petrol cars drove 11,200 km and diesel
/// cars 20,300 in the mean (Autoalan Tiedotuskeskus); with mean ages of 13 and 7 years and a fall of
/// 4.5 % a year of age, new ones drive 20,000 and 28,000. The fall, and the other bodies: own
/// judgement.
fn km_a_year(kind: Kind, power: Power, age: f64) -> f64 {
    let (new, fall) = match (kind, power) {
        (Kind::Car, Power::Diesel | Power::DieselPlugIn) => (28_000.0, 0.045),
        (Kind::Car, _) => (20_000.0, 0.045),
        (Kind::Van, _) => (22_000.0, 0.05),
        (Kind::Rigid, _) => (50_000.0, 0.08),
        (Kind::Articulated, _) => (110_000.0, 0.10),
        (Kind::Bus, _) => (65_000.0, 0.05),
        (Kind::Motorcycle, _) => (3_500.0, 0.04),
        (Kind::Moped, _) => (2_500.0, 0.06),
    };
    new * f64::exp(-fall * age)
}

impl FleetMix {
    /// The mix as the text of a file, shares to a billionth; the last share of each kind of road
    /// takes what rounding left.
    pub fn to_text(&self, remarks: &[String]) -> String {
        let mut out = String::new();
        let _ = writeln!(out, "# name: {}", self.name);
        let _ = writeln!(out, "# year: {}", self.year);
        let _ = writeln!(out, "# source: {}", self.source);
        let _ = writeln!(out, "# licence: {}", self.licence);
        for remark in remarks {
            let _ = writeln!(out, "# {remark}");
        }
        out.push_str("road,class,share,relative_sd\n");
        for road in RoadKind::ALL {
            let mut left = 1.0;
            let rows = self.rows(road);
            for (place, row) in rows.iter().enumerate() {
                let share = (row.share * 1e9).round() / 1e9;
                left -= share;
                let share = if place + 1 == rows.len() { share + left } else { share };
                let share = (share * 1e9).round() / 1e9;
                let (class, sd) = (&row.class, row.relative_sd);
                let _ = writeln!(out, "{},{class},{share},{sd}", road.name());
            }
        }
        out
    }
}
