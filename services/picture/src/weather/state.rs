//! What is known of one road weather station, from messages in any order.

use events::{
    CollectionStatus, Event, RoadSurface, Text, Verdicts, WeatherMeasurement, WeatherQuantity,
    WeatherStation,
};
use traffic::emission::StationWeather;
use traffic::emission::studded::RoadState;

use crate::deadline::{FeedNumber, NEVER};
use crate::fate::{Fate, FeedContext, OLDER};
use crate::station::StationState;
use crate::{Layer, Object, TimedSurface, TimedValue, Weather};

/// Parts of the reference data that messages may leave out, so that each has a time of its own.
pub(crate) const STATION_FIELDS: usize = 4;

/// Values of one sensor that are remembered while the watermark has not passed them: at one a
/// minute ten times the lateness of road feeds. Of more the newest are kept.
const UNSETTLED_MAX: usize = 16;

/// Sensors of one station, a quantity each; there are about twenty. Values of further ones are not
/// taken.
const SENSORS_MAX: usize = 64;

/// A value of one sensor.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Value {
    pub(crate) quantity: WeatherQuantity,
    /// Which of the station's sensors of that quantity.
    pub(crate) number: u32,
    pub(crate) time_ms: i64,
    pub(crate) sensor_id: u32,
    pub(crate) reading: f64,
    pub(crate) surface: RoadSurface,
    pub(crate) verdicts: Verdicts,
}

impl Value {
    fn sensor(&self) -> (WeatherQuantity, u32) {
        (self.quantity, self.number)
    }

    /// Values are ordered by it.
    fn place(&self) -> (WeatherQuantity, u32, i64, u32) {
        (self.quantity, self.number, self.time_ms, self.sensor_id)
    }
}

/// What is kept of a station beside its object.
#[derive(Clone, Debug)]
pub(crate) struct WeatherState {
    pub(crate) feed: FeedNumber,
    pub(crate) filed_ms: i64,
    /// Each field as the newest message that has it says.
    pub(crate) station: WeatherStation,
    /// Event times of the fields of `station`, in their order; the beginning of time when unknown.
    pub(crate) field_times_ms: [i64; STATION_FIELDS],
    /// Event and received time of the newest reference data, and its verdicts.
    pub(crate) station_time_ms: (i64, i64),
    pub(crate) station_verdicts: Verdicts,
    /// By place. Of each sensor those that the watermark has not passed, and the newest that it has.
    pub(crate) values: Vec<Value>,
    /// Event and received time of the newest measurement.
    pub(crate) measured_ms: (i64, i64),
    /// What is of this time and before was taken back.
    pub(crate) floor_ms: i64,
}

const UNKNOWN: (i64, i64) = (i64::MIN, i64::MIN);

impl WeatherState {
    /// Takes a measurement in.
    pub(crate) fn measure(
        &mut self,
        event: &Event,
        measurement: &WeatherMeasurement,
        watermark_ms: i64,
    ) -> Fate {
        if event.event_time_ms <= self.floor_ms {
            return OLDER;
        }
        let value = Value {
            quantity: measurement.quantity,
            number: measurement.sensor_number,
            time_ms: event.event_time_ms,
            sensor_id: measurement.sensor_id,
            reading: measurement.value,
            surface: measurement.surface,
            verdicts: event.verdicts,
        };
        let fate = self.take_value(value, watermark_ms);
        if fate == Fate::Applied {
            let time = (event.event_time_ms, event.received_time_ms);
            self.measured_ms = self.measured_ms.max(time);
        }
        fate
    }

    fn take_value(&mut self, value: Value, watermark_ms: i64) -> Fate {
        let Err(at) = self.values.binary_search_by_key(&value.place(), Value::place) else {
            return Fate::Duplicate;
        };
        let begin = self.values.partition_point(|known| known.sensor() < value.sensor());
        let end = self.values.partition_point(|known| known.sensor() <= value.sensor());
        if begin == end && self.newest().count() >= SENSORS_MAX {
            return Fate::Dropped("too_many_sensors");
        }
        self.values.insert(at, value);
        let of_sensor = &self.values[begin..=end];
        let settled = of_sensor.partition_point(|known| known.time_ms <= watermark_ms);
        let needless = settled.saturating_sub(1).max(of_sensor.len().saturating_sub(UNSETTLED_MAX));
        self.values.drain(begin..begin + needless);
        if at == end { Fate::Applied } else { OLDER }
    }

    /// The newest value of each sensor.
    fn newest(&self) -> impl Iterator<Item = &Value> {
        self.values.chunk_by(|one, next| one.sensor() == next.sensor()).filter_map(<[Value]>::last)
    }

    /// Takes reference data in: each field that it has, unless a newer message had it.
    pub(crate) fn describe(&mut self, event: &Event, station: &WeatherStation) -> Fate {
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
        if take(2, station.collection_status != CollectionStatus::Unspecified) {
            known.collection_status = station.collection_status;
        }
        if take(3, station.state.is_some()) {
            known.state.clone_from(&station.state);
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

    /// What it says by values that are of a time or before, and `fresh`.
    pub(crate) fn settled(&self, until_ms: i64, fresh: impl Fn(i64) -> bool) -> StationWeather {
        let of_sensor = self.values.chunk_by(|one, next| one.sensor() == next.sensor());
        let newest = of_sensor.filter_map(|values| {
            let settled = values.partition_point(|value| value.time_ms <= until_ms);
            values.get(settled.checked_sub(1)?).filter(|value| fresh(value.time_ms))
        });
        let values: Vec<&Value> = newest.collect();
        let of = |quantity: WeatherQuantity| {
            let values = values.iter().filter(move |value| value.quantity == quantity);
            values.map(|value| value.reading)
        };
        let deepest = |quantity| of(quantity).max_by(f64::total_cmp);
        let surfaces = values.iter().map(|value| value.surface);
        let worst = surfaces.max_by_key(|&surface| badness(surface));
        StationWeather {
            temperature_c: of(WeatherQuantity::AirTemperatureC).next(),
            road: worst.and_then(|surface| match surface {
                RoadSurface::Unspecified => None,
                RoadSurface::Dry => Some(RoadState::Dry),
                RoadSurface::Moist => {
                    Some(RoadState::Moist { water_mm: deepest(WeatherQuantity::WaterMm) })
                }
                RoadSurface::Wet => Some(RoadState::Wet),
                RoadSurface::Snow | RoadSurface::Slush => {
                    Some(RoadState::Snow { water_mm: deepest(WeatherQuantity::SnowMm) })
                }
                RoadSurface::Frost | RoadSurface::Ice => {
                    Some(RoadState::Ice { water_mm: deepest(WeatherQuantity::IceMm) })
                }
            }),
        }
    }
}

/// How bad a surface is to drive on.
fn badness(surface: RoadSurface) -> u32 {
    match surface {
        RoadSurface::Unspecified => 0,
        RoadSurface::Dry => 1,
        RoadSurface::Moist => 2,
        RoadSurface::Wet => 3,
        RoadSurface::Slush => 4,
        RoadSurface::Snow => 5,
        RoadSurface::Frost => 6,
        RoadSurface::Ice => 7,
    }
}

impl StationState for WeatherState {
    const LAYER: Layer = Layer::Weather;

    fn new(feed: FeedNumber) -> Self {
        Self {
            feed,
            filed_ms: NEVER,
            station: WeatherStation::default(),
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
        let [name, position, status, state] =
            self.field_times_ms.map(|time_ms| time_ms != i64::MIN && time_ms <= floor_ms);
        let known = &mut self.station;
        known.name.take_if(|_| name);
        known.position.take_if(|_| position);
        known.state.take_if(|_| state);
        if status {
            known.collection_status = CollectionStatus::Unspecified;
        }
        for time_ms in &mut self.field_times_ms {
            if *time_ms <= floor_ms {
                *time_ms = i64::MIN;
            }
        }
    }

    fn expire_values(&mut self, feed: &FeedContext) -> bool {
        let before = self.newest().count();
        self.values.retain(|value| !feed.is_due(feed.expires_ms(value.time_ms)));
        self.newest().count() < before
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
        // Values that are not shown go at their time too, whenever this is looked at.
        let oldest_ms = self.values.iter().map(|value| value.time_ms).min();
        oldest_ms.map_or(NEVER, |oldest_ms| feed.expires_ms(oldest_ms))
    }

    fn object(&self, id: Text, feed: Text) -> Object {
        let time =
            if self.measured_ms == UNKNOWN { self.station_time_ms } else { self.measured_ms };
        let of = |quantity| self.newest().filter(move |value| value.quantity == quantity);
        let timed = |value: &Value| TimedValue { value: value.reading, time_ms: value.time_ms };
        let most = |quantity| of(quantity).max_by(|a, b| a.reading.total_cmp(&b.reading));
        let coldest = of(WeatherQuantity::RoadTemperatureC)
            .min_by(|a, b| a.reading.total_cmp(&b.reading))
            .map(timed);
        let worst = of(WeatherQuantity::RoadSurface).max_by_key(|value| badness(value.surface));
        let verdicts = self.newest().map(|value| value.verdicts).chain([self.station_verdicts]);
        Object::Weather(Weather {
            id,
            feed,
            event_time_ms: time.0,
            received_time_ms: time.1,
            station: self.station.clone(),
            air_temperature_c: of(WeatherQuantity::AirTemperatureC).next().map(timed),
            road_temperature_c: coldest,
            road_surface: worst
                .map(|value| TimedSurface { surface: value.surface, time_ms: value.time_ms }),
            precipitation_mm_h: most(WeatherQuantity::PrecipitationMmH).map(timed),
            water_mm: most(WeatherQuantity::WaterMm).map(timed),
            snow_mm: most(WeatherQuantity::SnowMm).map(timed),
            ice_mm: most(WeatherQuantity::IceMm).map(timed),
            verdicts: verdicts.flat_map(Verdicts::iter).collect(),
        })
    }
}
