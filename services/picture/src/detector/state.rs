//! What is known of one detector station, from messages in any order.

use events::{
    CollectionStatus, DetectorMeasurement, DetectorStation, Event, MeasurementWindow, Quantity,
    Text, Verdicts,
};

use super::season::free_flow_speed_km_h;
use crate::deadline::{FeedNumber, NEVER};
use crate::fate::{Fate, FeedContext, OLDER};
use crate::station::StationState;
use crate::{Detector, DetectorDirection, Layer, Object, TimedValue};

/// Directions are 1 and 2 in the publisher's model; others are dropped.
const DIRECTION_MAX: u32 = 2;

/// Parts of the reference data that messages may leave out, so that each has a time of its own.
pub(crate) const STATION_FIELDS: usize = 7;

/// Newest value of one quantity of one direction over one kind of window.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Value {
    pub(crate) direction: u32,
    pub(crate) quantity: Quantity,
    /// The rolling window, which is shown before the fixed one.
    pub(crate) rolling: bool,
    pub(crate) sensor_id: u32,
    pub(crate) time_ms: i64,
    pub(crate) reading: f64,
    pub(crate) verdicts: Verdicts,
}

impl Value {
    fn is_for(&self, other: &Self) -> bool {
        self.place() == other.place()
    }

    /// Values are ordered by it: of each direction and quantity the rolling one comes first.
    fn place(&self) -> (u32, Quantity, bool) {
        (self.direction, self.quantity, !self.rolling)
    }
}

/// What is kept of a station beside its object.
#[derive(Clone, Debug)]
pub(crate) struct DetectorState {
    pub(crate) feed: FeedNumber,
    pub(crate) filed_ms: i64,
    /// Each field as the newest message that has it says.
    pub(crate) station: DetectorStation,
    /// Event times of the fields of `station`, in their order; the beginning of time when unknown.
    pub(crate) field_times_ms: [i64; STATION_FIELDS],
    /// Event and received time of the newest reference data, and its verdicts.
    pub(crate) station_time_ms: (i64, i64),
    pub(crate) station_verdicts: Verdicts,
    /// By place.
    pub(crate) values: Vec<Value>,
    /// Event and received time of the newest measurement.
    pub(crate) measured_ms: (i64, i64),
    /// What is of this time and before was taken back.
    pub(crate) floor_ms: i64,
}

const UNKNOWN: (i64, i64) = (i64::MIN, i64::MIN);

impl DetectorState {
    /// Takes a measurement in.
    pub(crate) fn measure(&mut self, event: &Event, measurement: &DetectorMeasurement) -> Fate {
        if event.event_time_ms <= self.floor_ms {
            return OLDER;
        }
        let value = Value {
            direction: measurement.direction,
            quantity: measurement.quantity,
            rolling: measurement.window == MeasurementWindow::Rolling5Min,
            sensor_id: measurement.sensor_id,
            time_ms: event.event_time_ms,
            reading: measurement.value,
            verdicts: event.verdicts,
        };
        let fate = self.take_value(value);
        if fate == Fate::Applied {
            let time = (event.event_time_ms, event.received_time_ms);
            self.measured_ms = self.measured_ms.max(time);
        }
        fate
    }

    fn take_value(&mut self, value: Value) -> Fate {
        let Some(known) = self.values.iter_mut().find(|known| known.is_for(&value)) else {
            let at = self.values.partition_point(|known| known.place() < value.place());
            self.values.insert(at, value);
            return Fate::Applied;
        };
        let order = |value: &Value| (value.time_ms, value.sensor_id);
        match order(&value).cmp(&order(known)) {
            std::cmp::Ordering::Less => OLDER,
            std::cmp::Ordering::Equal => Fate::Duplicate,
            std::cmp::Ordering::Greater => {
                *known = value;
                Fate::Applied
            }
        }
    }

    /// Takes reference data in: each field that it has, unless a newer message had it.
    pub(crate) fn describe(&mut self, event: &Event, station: &DetectorStation) -> Fate {
        let time_ms = event.event_time_ms;
        if time_ms <= self.floor_ms {
            return OLDER;
        }
        let before = self.field_times_ms;
        let Self { station: known, field_times_ms: times, .. } = self;
        let mut take = |field: usize, present: bool| {
            let newer = present && time_ms > times[field];
            if newer {
                times[field] = time_ms;
            }
            newer
        };
        if take(0, station.name.is_some()) {
            known.name.clone_from(&station.name);
        }
        if take(1, station.position.is_some()) {
            known.position = station.position;
        }
        if take(2, station.bearing_deg.is_some()) {
            known.bearing_deg = station.bearing_deg;
        }
        if take(3, station.collection_status != CollectionStatus::Unspecified) {
            known.collection_status = station.collection_status;
        }
        if take(4, station.state.is_some()) {
            known.state.clone_from(&station.state);
        }
        if take(5, station.tms_number.is_some()) {
            known.tms_number = station.tms_number;
        }
        if take(6, !station.constants.is_empty()) {
            known.constants.clone_from(&station.constants);
        }
        let changed = self.field_times_ms != before;
        let time = (time_ms, event.received_time_ms);
        if changed && time > self.station_time_ms {
            self.station_time_ms = time;
            self.station_verdicts = event.verdicts;
        }
        if changed {
            Fate::Applied
        } else if time_ms < self.station_time_ms.0 {
            OLDER
        } else {
            Fate::Duplicate
        }
    }

    fn directions(&self, time_ms: i64) -> Vec<DetectorDirection> {
        (1..=DIRECTION_MAX).filter_map(|direction| self.direction(direction, time_ms)).collect()
    }

    /// One direction; none when neither a value nor a constant is known.
    fn direction(&self, direction: u32, time_ms: i64) -> Option<DetectorDirection> {
        let shown = |quantity| {
            let mut values = self.values.iter();
            let value =
                values.find(|value| value.direction == direction && value.quantity == quantity)?;
            Some(TimedValue { value: value.reading, time_ms: value.time_ms })
        };
        let speed_km_h = shown(Quantity::SpeedKmH);
        let speed_share_percent = shown(Quantity::SpeedSharePercent);
        let time_ms = speed_km_h.map_or(time_ms, |speed| speed.time_ms);
        let free_flow_speed_km_h =
            free_flow_speed_km_h(&self.station.constants, direction, time_ms);
        let computed_percent = || {
            let free_flow_speed_km_h = free_flow_speed_km_h.filter(|&speed| speed > 0.0)?;
            Some(speed_km_h?.value / free_flow_speed_km_h * 100.0)
        };
        let share_percent = speed_share_percent.map(|share| share.value).or_else(computed_percent);
        let direction = DetectorDirection {
            direction,
            speed_km_h,
            flow_veh_h: shown(Quantity::FlowVehH),
            speed_share_percent,
            flow_share_percent: shown(Quantity::FlowSharePercent),
            occupancy_percent: shown(Quantity::OccupancyPercent),
            level_of_service: share_percent.map(traffic::level_of_service).unwrap_or_default(),
            free_flow_speed_km_h,
        };
        let known =
            DetectorDirection { direction: direction.direction, ..DetectorDirection::default() }
                != direction;
        known.then_some(direction)
    }
}

impl StationState for DetectorState {
    const LAYER: Layer = Layer::Detectors;

    fn new(feed: FeedNumber) -> Self {
        Self {
            feed,
            filed_ms: NEVER,
            station: DetectorStation::default(),
            field_times_ms: [i64::MIN; STATION_FIELDS],
            station_time_ms: UNKNOWN,
            station_verdicts: Verdicts::default(),
            values: Vec::new(),
            measured_ms: UNKNOWN,
            floor_ms: i64::MIN,
        }
    }

    fn feed(&self) -> FeedNumber {
        self.feed
    }

    fn filed_ms(&mut self) -> &mut i64 {
        &mut self.filed_ms
    }

    fn floor_ms(&self) -> i64 {
        self.floor_ms
    }

    fn cut(&mut self, floor_ms: i64) {
        self.floor_ms = self.floor_ms.max(floor_ms);
        self.values.retain(|value| value.time_ms > floor_ms);
        if self.measured_ms.0 <= floor_ms {
            self.measured_ms = UNKNOWN;
        }
        if self.station_time_ms.0 <= floor_ms {
            self.station_time_ms = UNKNOWN;
            self.station_verdicts = Verdicts::default();
        }
        let [name, position, bearing, status, state, number, constants] =
            self.field_times_ms.map(|time_ms| time_ms != i64::MIN && time_ms <= floor_ms);
        let known = &mut self.station;
        known.name.take_if(|_| name);
        known.position.take_if(|_| position);
        known.bearing_deg.take_if(|_| bearing);
        known.state.take_if(|_| state);
        known.tms_number.take_if(|_| number);
        if status {
            known.collection_status = CollectionStatus::Unspecified;
        }
        if constants {
            known.constants.clear();
        }
        for time_ms in &mut self.field_times_ms {
            if *time_ms <= floor_ms {
                *time_ms = i64::MIN;
            }
        }
    }

    fn expire_values(&mut self, feed: &FeedContext) -> bool {
        let before = self.values.len();
        self.values.retain(|value| !feed.is_due(feed.expires_ms(value.time_ms)));
        self.values.len() < before
    }

    fn is_shown(&self) -> bool {
        let known = self.station_time_ms != UNKNOWN || self.measured_ms != UNKNOWN;
        let removed = matches!(
            self.station.collection_status,
            CollectionStatus::RemovedTemporarily | CollectionStatus::RemovedPermanently
        );
        known && !removed
    }

    fn is_forgotten(&self) -> bool {
        self.station_time_ms == UNKNOWN && self.measured_ms == UNKNOWN
    }

    fn due_ms(&self, feed: &FeedContext) -> i64 {
        if self.is_forgotten() {
            return self.floor_ms.saturating_add(feed.limits.lateness_ms);
        }
        let oldest_ms = self.values.iter().map(|value| value.time_ms).min();
        oldest_ms.map_or(NEVER, |oldest_ms| feed.expires_ms(oldest_ms))
    }

    fn object(&self, id: Text, feed: Text) -> Object {
        let time =
            if self.measured_ms == UNKNOWN { self.station_time_ms } else { self.measured_ms };
        let verdicts = self.values.iter().map(|value| value.verdicts);
        let verdicts = verdicts.chain([self.station_verdicts]);
        Object::Detector(Detector {
            id,
            feed,
            event_time_ms: time.0,
            received_time_ms: time.1,
            station: self.station.clone(),
            directions: self.directions(time.0),
            verdicts: verdicts.flat_map(Verdicts::iter).collect(),
        })
    }
}

/// Why a measurement is not for the picture; none when it is.
pub(super) fn unwanted(measurement: &DetectorMeasurement) -> Option<Fate> {
    let fate = match measurement.window {
        MeasurementWindow::Rolling5Min
        | MeasurementWindow::Fixed5Min
        | MeasurementWindow::Fixed1Min => None,
        // An hour's mean beside a five minutes' one would look like the present.
        MeasurementWindow::Fixed60Min => Some(Fate::Dropped("hourly_window")),
        MeasurementWindow::Unspecified => Some(Fate::Dropped("unknown_window")),
    };
    if measurement.quantity == Quantity::Unspecified {
        Some(Fate::Dropped("unknown_quantity"))
    } else if !(1..=DIRECTION_MAX).contains(&measurement.direction) {
        Some(Fate::Dropped("unknown_direction"))
    } else {
        fate
    }
}
