//! HFP as its publisher archives it: tables with a row a message, `csv/<event>/<hour>.csv.zst` of
//! [`transitlog-hfp-csv-sink`](https://github.com/HSLdevcom/transitlog-hfp-csv-sink).
//!
//! Each row becomes the message again that it was made of, topic and payload, so that it goes through
//! the same gates as the live feed. What the archive does not keep is the place in the topic, which is
//! in the payload too.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use csv::StringRecord;
use jiff::Timestamp;
use serde_json::{Map, Number, Value};

use super::rows::{Header, Rows};
use super::{ImportError, Part, Reader, Records, Setup};

/// What a cell becomes in the payload.
#[derive(Clone, Copy)]
enum Kind {
    Text,
    Number,
    /// `true` and `false` are 1 and 0.
    Flag,
    /// Any offset, seconds left out where they are 0.
    Time,
}

/// Columns that become fields of the payload, and the names that these have.
const FIELDS: [(&str, &str, Kind); 37] = [
    ("desi", "desi", Kind::Text),
    ("dir", "dir", Kind::Text),
    ("oper", "oper", Kind::Number),
    ("veh", "veh", Kind::Number),
    ("tst", "tst", Kind::Time),
    ("tsi", "tsi", Kind::Number),
    ("spd", "spd", Kind::Number),
    ("hdg", "hdg", Kind::Number),
    ("latitude", "lat", Kind::Number),
    ("longitude", "long", Kind::Number),
    ("acc", "acc", Kind::Number),
    ("dl", "dl", Kind::Number),
    ("odo", "odo", Kind::Number),
    ("drst", "drst", Kind::Flag),
    ("oday", "oday", Kind::Text),
    ("jrn", "jrn", Kind::Number),
    ("line", "line", Kind::Number),
    ("start", "start", Kind::Text),
    ("locationQualityMethod", "loc", Kind::Text),
    ("stop", "stop", Kind::Number),
    ("route", "route", Kind::Text),
    ("occu", "occu", Kind::Number),
    ("seq", "seq", Kind::Number),
    ("drType", "dr-type", Kind::Number),
    ("sid", "sid", Kind::Number),
    ("signalGroupId", "signal-groupid", Kind::Number),
    ("tlpSignalGroupNbr", "tlp-signalgroupnbr", Kind::Number),
    ("tlpRequestId", "tlp-requestid", Kind::Number),
    ("tlpRequestType", "tlp-requesttype", Kind::Text),
    ("tlpPriorityLevel", "tlp-prioritylevel", Kind::Text),
    ("tlpReason", "tlp-reason", Kind::Text),
    ("tlpAttSeq", "tlp-att-seq", Kind::Number),
    ("tlpDecision", "tlp-decision", Kind::Text),
    ("tlpLineConfigId", "tlp-line-configid", Kind::Number),
    ("tlpPointConfigId", "tlp-point-configid", Kind::Number),
    ("tlpFrequency", "tlp-frequency", Kind::Number),
    ("tlpProtocol", "tlp-protocol", Kind::Text),
];
/// Columns without which a table is none of HFP.
const NEEDED: [&str; 4] = ["eventType", "tst", "ownerOperatorId", "vehicleNumber"];
/// Digits of operator and vehicle in a topic.
const OPERATOR_DIGITS: usize = 4;
const VEHICLE_DIGITS: usize = 5;

/// `hfp_csv`: see the module.
pub(super) struct HfpCsv;

impl Reader for HfpCsv {
    fn name(&self) -> &'static str {
        "hfp_csv"
    }

    fn format(&self) -> Option<&'static str> {
        Some("hfp")
    }

    fn records(&self, file: &Path, setup: &Arc<Setup>) -> Result<Records, ImportError> {
        let (rows, header) = Rows::csv(file, setup, b',')?;
        for name in NEEDED {
            header.place(name)?;
        }
        let fields = FIELDS.iter().filter_map(|(column, field, kind)| {
            Some(Field { place: header.find(column)?, name: field, kind: *kind })
        });
        Ok(Box::new(Messages {
            rows,
            columns: Columns::new(&header),
            fields: fields.collect(),
            file: file.to_owned(),
            setup: Arc::clone(setup),
        }))
    }
}

struct Field {
    place: usize,
    name: &'static str,
    kind: Kind,
}

/// Where the columns are that become the topic.
struct Columns {
    event: Option<usize>,
    journey: Option<usize>,
    is_ongoing: Option<usize>,
    mode: Option<usize>,
    operator: Option<usize>,
    vehicle: Option<usize>,
    /// Route, direction, headsign, start, next stop, level, as they follow each other.
    trip: [Option<usize>; 6],
    junction: Option<usize>,
    received: Option<usize>,
    made: Option<usize>,
}

impl Columns {
    fn new(header: &Header) -> Self {
        let trip = [
            "routeId",
            "directionId",
            "headsign",
            "journeyStartTime",
            "nextStopId",
            "geohashLevel",
        ];
        Self {
            event: header.find("eventType"),
            journey: header.find("journeyType"),
            is_ongoing: header.find("isOngoing"),
            mode: header.find("mode"),
            operator: header.find("ownerOperatorId"),
            vehicle: header.find("vehicleNumber"),
            trip: trip.map(|name| header.find(name)),
            junction: header.find("sid"),
            received: header.find("receivedAt"),
            made: header.find("tst"),
        }
    }
}

struct Messages {
    rows: Rows,
    columns: Columns,
    fields: Vec<Field>,
    file: PathBuf,
    setup: Arc<Setup>,
}

impl Iterator for Messages {
    type Item = Result<Part, ImportError>;

    fn next(&mut self) -> Option<Self::Item> {
        let row = self.rows.next()?;
        Some(row.map(|row| row.part(|cells| self.message(cells))))
    }
}

impl Messages {
    /// The message that a row was made of.
    fn message(&self, row: &StringRecord) -> Result<Part, String> {
        let cell = |place: Option<usize>| place.and_then(|at| row.get(at)).unwrap_or_default();
        let event = cell(self.columns.event);
        if event.is_empty() {
            return Err("no eventType".to_owned());
        }
        // One that was lost on the way of the archive was made at about the same time.
        let received = match cell(self.columns.received) {
            "" => cell(self.columns.made),
            received => received,
        };
        let received: Timestamp =
            received.parse().map_err(|_| format!("receivedAt or tst: {received:?} is no time"))?;
        let mut fields = Map::new();
        for Field { place, name, kind } in &self.fields {
            let text = cell(Some(*place));
            let value = if text.is_empty() { Value::Null } else { value(text, *kind) };
            fields.insert((*name).to_owned(), value);
        }
        let payload = Value::from(Map::from_iter([(event.to_owned(), Value::from(fields))]));
        let topic = self.topic(event, cell);
        let payload = payload.to_string().into_bytes();
        Ok(self.setup.record(&self.file, &topic, received.as_millisecond(), payload))
    }

    fn topic<'a>(&self, event: &str, cell: impl Fn(Option<usize>) -> &'a str) -> String {
        let columns = &self.columns;
        let temporal = match cell(columns.is_ongoing) {
            "true" => "ongoing",
            "false" => "upcoming",
            _ => "",
        };
        let event = event.to_ascii_lowercase();
        let mut topic = format!(
            "/hfp/v2/{}/{temporal}/{event}/{}/{:0>OPERATOR_DIGITS$}/{:0>VEHICLE_DIGITS$}",
            cell(columns.journey),
            cell(columns.mode),
            cell(columns.operator),
            cell(columns.vehicle),
        );
        for place in columns.trip {
            topic += "/";
            topic += cell(place);
        }
        if matches!(event.as_str(), "tlr" | "tla") {
            // The four levels of the place, of which there is no need, and the junction.
            let _ = write!(topic, "/////{}", cell(columns.junction));
        }
        topic
    }
}

/// What is none of its kind stays text: it costs only itself, as in the feed.
fn value(text: &str, kind: Kind) -> Value {
    match kind {
        Kind::Text => Value::from(text),
        Kind::Number => text.parse::<Number>().map_or_else(|_| Value::from(text), Value::from),
        Kind::Flag => match text {
            "true" => Value::from(1),
            "false" => Value::from(0),
            _ => Value::from(text),
        },
        Kind::Time => {
            let time = text.parse::<Timestamp>();
            Value::from(time.map_or_else(|_| text.to_owned(), |time| time.to_string()))
        }
    }
}
