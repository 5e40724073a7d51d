//! Output of the traffic simulator SUMO: floating cars (`--fcd-output` with `--fcd-output.geo`) and
//! induction loops (E1 detectors). Time is seconds of the simulation, counted from `--start`.

use std::borrow::Cow;
use std::io::BufRead;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader as XmlReader, XmlVersion};
use serde_json::{Map, Value, json};

use super::{ImportError, Part, Reader, Records, Setup, open};

/// `sumo`: see the module.
pub(super) struct Sumo;

impl Reader for Sumo {
    fn name(&self) -> &'static str {
        "sumo"
    }

    fn format(&self) -> Option<&'static str> {
        Some("tilanne_json")
    }

    fn records(&self, file: &Path, setup: &Arc<Setup>) -> Result<Records, ImportError> {
        let Some(start) = setup.start else {
            let message = "a simulation counts seconds: say when it begins, such as \
                           --start 2026-03-10T06:00:00Z";
            return Err(ImportError::option("start", message));
        };
        Ok(Box::new(Elements {
            xml: XmlReader::from_reader(open(file, setup)?),
            buffer: Vec::new(),
            start_ms: start.as_millisecond(),
            step_s: 0.0,
            file: file.to_owned(),
            setup: Arc::clone(setup),
            ended: false,
        }))
    }
}

struct Elements {
    xml: XmlReader<Box<dyn BufRead>>,
    buffer: Vec<u8>,
    start_ms: i64,
    /// Time of the step that the vehicles are of.
    step_s: f64,
    file: PathBuf,
    setup: Arc<Setup>,
    ended: bool,
}

impl Iterator for Elements {
    type Item = Result<Part, ImportError>;

    fn next(&mut self) -> Option<Self::Item> {
        while !self.ended {
            self.buffer.clear();
            let read = self.xml.read_event_into(&mut self.buffer);
            let element = match read {
                Ok(Event::Start(element) | Event::Empty(element)) => element.into_owned(),
                Ok(Event::Eof) => break,
                Ok(_) => continue,
                Err(error) => {
                    self.ended = true;
                    let at = self.xml.buffer_position();
                    let message = format!("byte {at}: {error}; what is before is imported");
                    return Some(Err(ImportError::file(&self.file, message)));
                }
            };
            let made = match element.name().as_ref() {
                b"timestep" => {
                    self.step_s = number(&element, "time").unwrap_or(f64::NAN);
                    continue;
                }
                b"vehicle" => self.vehicle(&element),
                b"interval" => self.interval(&element),
                _ => continue,
            };
            return Some(Ok(made.unwrap_or_else(|what| {
                let at = self.xml.buffer_position();
                Part::LeftOut(format!("{}: byte {at}: {what}", self.file.display()))
            })));
        }
        self.ended = true;
        None
    }
}

impl Elements {
    fn vehicle(&self, element: &BytesStart<'_>) -> Result<Part, String> {
        let longitude_deg = number(element, "x").ok_or("a vehicle without x")?;
        let latitude_deg = number(element, "y").ok_or("a vehicle without y")?;
        if longitude_deg.abs() > 180.0 || latitude_deg.abs() > 90.0 {
            let what = "x and y are metres of the network; write it with --fcd-output.geo";
            return Err(what.to_owned());
        }
        let kind = text(element, "type").unwrap_or_default().to_lowercase();
        let modes = ["bus", "tram", "truck"];
        let mode = modes.into_iter().find(|mode| kind.contains(mode)).unwrap_or("car");
        let mut report = Map::new();
        let id = text(element, "id").ok_or("a vehicle without id")?;
        report.insert("vehicle".into(), id.into());
        report.insert("mode".into(), mode.into());
        report.insert("longitude_deg".into(), longitude_deg.into());
        report.insert("latitude_deg".into(), latitude_deg.into());
        if let Some(speed_m_s) = number(element, "speed") {
            report.insert("speed_km_h".into(), (speed_m_s * 3.6).into());
        }
        if let Some(angle_deg) = number(element, "angle") {
            report.insert("bearing_deg".into(), angle_deg.into());
        }
        self.record(self.step_s, report)
    }

    fn interval(&self, element: &BytesStart<'_>) -> Result<Part, String> {
        let begin_s = number(element, "begin").ok_or("an interval without begin")?;
        let end_s = number(element, "end").ok_or("an interval without end")?;
        let mut report = Map::new();
        let id = text(element, "id").ok_or("an interval without id")?;
        report.insert("station".into(), id.into());
        report.insert("direction".into(), 1.into());
        report.insert("window_s".into(), json!((end_s - begin_s).round() as i64));
        for (field, name, factor) in [
            ("flow_veh_h", "flow", 1.0),
            ("occupancy_percent", "occupancy", 1.0),
            ("speed_km_h", "speed", 3.6),
        ] {
            // It says -1 for the speed of no vehicles.
            if let Some(value) = number(element, name).filter(|value| *value >= 0.0) {
                report.insert(field.into(), (value * factor).into());
            }
        }
        self.record(end_s, report)
    }

    fn record(&self, at_s: f64, mut report: Map<String, Value>) -> Result<Part, String> {
        if !at_s.is_finite() {
            return Err("its step has no time".to_owned());
        }
        let time_ms = self.start_ms.saturating_add((at_s * 1_000.0).round() as i64);
        let time = Timestamp::from_millisecond(time_ms).map_err(|error| error.to_string())?;
        report.insert("time".into(), time.to_string().into());
        let payload = Value::from(report).to_string().into_bytes();
        Ok(self.setup.record(&self.file, "", time_ms, payload))
    }
}

fn text(element: &BytesStart<'_>, name: &str) -> Option<String> {
    let attribute = element.try_get_attribute(name).ok()??;
    attribute.normalized_value(XmlVersion::Implicit1_0).ok().map(Cow::into_owned)
}

fn number(element: &BytesStart<'_>, name: &str) -> Option<f64> {
    text(element, name)?.parse().ok()
}
