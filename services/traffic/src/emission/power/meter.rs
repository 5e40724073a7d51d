//! The energy of one vehicle from its fixes as they come.

use super::types::{Fed, Gap, Ignored, PowerSample, PowerStep, Segment};
use super::{Drive, Motion, Power, PowerConditions, PowerModel, STANDS_M_S, clamp};

/// A second, milliseconds: what the meter integrates over.
const SECOND_MS: i64 = 1_000;

/// Between fixes further apart a vehicle may have done anything, milliseconds.
const GAP_MS: i64 = 3_000;

/// Seconds in the window of the Savitzky-Golay filter.
const WINDOW: usize = 5;

/// Seconds by which the filter lags: half its window.
const LAG: usize = WINDOW / 2;

/// Shortest trip segment whose mean speed means something to a curve over mean speed, metres.
const SEGMENT_M: f64 = 500.0;

/// Longest time that a segment is kept open, seconds: what stands for long is told in time.
const SEGMENT_S_MAX: f64 = 600.0;

/// An odometer may run ahead of the fastest speed by so much, metres: it is sent in whole ones.
const ODOMETER_SLACK_M: f64 = 5.0;

/// Times are kept as whole numbers of 53 bits, which a checkpoint holds exactly.
const TIME_MS_MAX: i64 = 1 << 53;

/// How many numbers a meter is in a checkpoint.
pub const METER_NUMBERS: usize = 26;

/// Follows one vehicle. Fixes at most 3 s apart are brought to whole seconds by linear
/// interpolation; speed and acceleration of each second are the value and slope of a parabola through
/// the five seconds around it (Savitzky & Golay, Analytical Chemistry 36, 1964), which makes it known
/// two seconds later. Power is that of the mean of a second's beginning and end. Longer gaps are told
/// and left to the model of mean speeds; what passes before the first whole second of a run, and
/// after its last, is left out.
///
/// It remembers a fixed handful of numbers, see [`PowerMeter::to_numbers`], and the same fixes always
/// give the same answer.
///
/// ```
/// use traffic::emission::power::{Fed, PowerConditions, PowerMeter, PowerModel, PowerSample};
/// let mild = PowerConditions { passengers: 20.0, slope: 0.0, temperature_c: 15.0 };
/// let (mut meter, mut driven_mj) = (PowerMeter::default(), 0.0);
/// for second in 0..61 {
///     let sample = PowerSample {
///         time_ms: second * 1_000,
///         speed_m_s: 10.0,
///         odometer_m: None,
///         doors_open: None,
///     };
///     let Fed::Step(step) = meter.feed(&PowerModel::BATTERY_BUS, &mild, &sample) else { panic!() };
///     driven_mj += step.electric_mj;
/// }
/// let rest = meter.finish(&PowerModel::BATTERY_BUS, &mild);
/// assert_eq!(rest.seconds, 2);
/// driven_mj += rest.electric_mj;
/// // 600 m at a steady 36 km/h: a good half of a kilowatt-hour a kilometre.
/// assert!((driven_mj / 3.6 / 0.6 - 0.568).abs() < 0.01, "{driven_mj}");
/// assert!((rest.segment.unwrap().distance_m - 100.0).abs() < 1e-9);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct PowerMeter {
    last: Option<Last>,
    run: Option<Run>,
    /// What a hybrid's battery holds, MJ.
    buffer_mj: f64,
    segment_m: f64,
    segment_s: f64,
    segment_from_ms: i64,
}

/// The newest fix.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Last {
    time_ms: i64,
    speed_m_s: f64,
    odometer_m: Option<f64>,
    open: bool,
}

/// Whole seconds without a gap.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Run {
    begin_ms: i64,
    newest_ms: i64,
    /// Newest seconds whose answer is still to come, at most the lag.
    waiting: usize,
    /// Motion at the end of the last second that was told.
    before: Motion,
    speeds: [f64; WINDOW],
    open: [bool; WINDOW],
}

impl Run {
    /// Takes in a second; one before the first is taken for like it.
    fn push(&mut self, speed_m_s: f64, open: bool) {
        self.speeds.rotate_left(1);
        self.open.rotate_left(1);
        self.speeds[WINDOW - 1] = speed_m_s;
        self.open[WINDOW - 1] = open;
    }

    /// Speed and acceleration of the second in the middle.
    fn middle(&self) -> Motion {
        let speeds = &self.speeds;
        if self.open[LAG] || speeds.iter().all(|speed| *speed < STANDS_M_S) {
            return Motion { speed_m_s: 0.0, acceleration_m_s2: 0.0 };
        }
        let fit = |weights: [f64; WINDOW]| -> f64 {
            speeds.iter().zip(weights).map(|(speed, weight)| speed * weight).sum()
        };
        let speed_m_s = (fit([-3.0, 12.0, 17.0, 12.0, -3.0]) / 35.0).max(0.0);
        let acceleration_m_s2 = fit([-2.0, -1.0, 0.0, 1.0, 2.0]) / 10.0;
        Motion { speed_m_s, acceleration_m_s2 }
    }
}

impl PowerMeter {
    /// Takes in a fix, with the conditions that hold now.
    pub fn feed(
        &mut self,
        model: &PowerModel,
        conditions: &PowerConditions,
        sample: &PowerSample,
    ) -> Fed {
        let time_ms = sample.time_ms;
        let conditions_known = [conditions.passengers, conditions.slope, conditions.temperature_c]
            .iter()
            .all(|number| !number.is_nan());
        if !conditions_known || !(-TIME_MS_MAX..=TIME_MS_MAX).contains(&time_ms) {
            return Fed::Ignored(Ignored::NotANumber);
        }
        if self.last.is_some_and(|last| time_ms <= last.time_ms) {
            return Fed::Ignored(Ignored::NotNewer);
        }
        let driven_m = self.odometer_m(model, sample);
        let mut step = PowerStep::default();
        let speed = if sample.speed_m_s.is_nan() {
            // Without a fix before it, an odometer is no speed.
            match (driven_m, self.last) {
                (Some(metres), Some(last)) => {
                    metres / (time_ms - last.time_ms) as f64 * SECOND_MS as f64
                }
                _ => return Fed::Ignored(Ignored::NotANumber),
            }
        } else {
            clamp(sample.speed_m_s, (0.0, model.speed_max_m_s), &mut step.clamped)
        };
        let open = sample.doors_open == Some(true);
        let now = Last {
            time_ms,
            speed_m_s: if open { 0.0 } else { speed },
            odometer_m: sample.odometer_m.filter(|metres| metres.is_finite()),
            open,
        };
        match self.last {
            Some(last) if time_ms - last.time_ms > GAP_MS => {
                self.flush(model, conditions, &mut step);
                let (from_ms, to_ms) = (last.time_ms, time_ms);
                step.gap = Some(Gap { from_ms, to_ms, distance_m: driven_m });
                step.segment = self.end_segment(last.time_ms);
                self.segment_from_ms = time_ms;
                self.begin(now);
            }
            Some(last) => {
                let elapsed_s = (time_ms - last.time_ms) as f64 / SECOND_MS as f64;
                let by_speed_m = f64::midpoint(last.speed_m_s, now.speed_m_s) * elapsed_s;
                self.segment_m += driven_m.unwrap_or(by_speed_m);
                self.segment_s += elapsed_s;
                self.seconds_between(model, conditions, last, now, &mut step);
                if self.segment_m >= SEGMENT_M || self.segment_s >= SEGMENT_S_MAX {
                    step.segment = self.end_segment(time_ms);
                    self.segment_from_ms = time_ms;
                }
            }
            None => {
                self.segment_from_ms = time_ms;
                self.begin(now);
            }
        }
        self.last = Some(now);
        Fed::Step(step)
    }

    /// Tells what is still to come, at the end of a trip; the meter then begins anew.
    pub fn finish(&mut self, model: &PowerModel, conditions: &PowerConditions) -> PowerStep {
        let mut step = PowerStep::default();
        self.flush(model, conditions, &mut step);
        if let Some(last) = self.last {
            step.segment = self.end_segment(last.time_ms);
        }
        *self = Self::default();
        step
    }

    /// Metres since the last fix by odometer, if it can be true.
    fn odometer_m(&self, model: &PowerModel, sample: &PowerSample) -> Option<f64> {
        let last = self.last?;
        let metres = sample.odometer_m? - last.odometer_m?;
        let elapsed_s = (sample.time_ms - last.time_ms) as f64 / SECOND_MS as f64;
        let most = model.speed_max_m_s * elapsed_s + ODOMETER_SLACK_M;
        (0.0..=most).contains(&metres).then_some(metres)
    }

    /// Begins a run, if the fix is on a whole second.
    fn begin(&mut self, now: Last) {
        self.run = (now.time_ms % SECOND_MS == 0).then(|| Run::new(now.time_ms, now));
    }

    /// The whole seconds after a fix up to and with the next.
    fn seconds_between(
        &mut self,
        model: &PowerModel,
        conditions: &PowerConditions,
        last: Last,
        now: Last,
        step: &mut PowerStep,
    ) {
        let mut second_ms = (last.time_ms.div_euclid(SECOND_MS) + 1) * SECOND_MS;
        while second_ms <= now.time_ms {
            let part = (second_ms - last.time_ms) as f64 / (now.time_ms - last.time_ms) as f64;
            let open = if second_ms == now.time_ms { now.open } else { last.open };
            let speed = last.speed_m_s + (now.speed_m_s - last.speed_m_s) * part;
            let at = Last { speed_m_s: if open { 0.0 } else { speed }, open, ..now };
            let run = match self.run.take() {
                None => Run::new(second_ms, at),
                Some(mut run) => {
                    run.push(at.speed_m_s, open);
                    run.newest_ms = second_ms;
                    if run.waiting < LAG {
                        run.waiting += 1;
                    } else {
                        self.tell(model, conditions, &mut run, LAG, step);
                    }
                    run
                }
            };
            self.run = Some(run);
            second_ms += SECOND_MS;
        }
    }

    /// Tells the seconds that wait, as if the last speed went on.
    fn flush(&mut self, model: &PowerModel, conditions: &PowerConditions, step: &mut PowerStep) {
        let Some(mut run) = self.run.take() else { return };
        let (speed, open) = (run.speeds[WINDOW - 1], run.open[WINDOW - 1]);
        for behind in (0..LAG).rev() {
            run.push(speed, open);
            if behind < run.waiting {
                self.tell(model, conditions, &mut run, behind, step);
            }
        }
    }

    /// Adds the second that ends in the middle of a run's window, so many behind the newest.
    fn tell(
        &mut self,
        model: &PowerModel,
        conditions: &PowerConditions,
        run: &mut Run,
        behind: usize,
        step: &mut PowerStep,
    ) {
        let end_ms = run.newest_ms - behind as i64 * SECOND_MS;
        let end = run.middle();
        let begin = std::mem::replace(&mut run.before, end);
        if end_ms == run.begin_ms {
            return;
        }
        let speed = f64::midpoint(begin.speed_m_s, end.speed_m_s);
        let motion = Motion {
            // The parabola may overshoot.
            speed_m_s: speed.min(model.speed_max_m_s),
            acceleration_m_s2: f64::midpoint(begin.acceleration_m_s2, end.acceleration_m_s2),
        };
        let Some(power) = model.power(motion, conditions) else { return };
        if step.seconds == 0 {
            step.from_ms = end_ms - SECOND_MS;
        }
        step.to_ms = end_ms;
        step.seconds += 1;
        step.distance_m += motion.speed_m_s;
        step.clamped += power.clamped;
        let stands = end.speed_m_s < STANDS_M_S;
        step.at_stop_s += u32::from(run.open[LAG]);
        step.standing_s += u32::from(stands && !run.open[LAG]);
        let (fuel_kw, electric_kw) = if model.drive == Drive::Hybrid {
            self.hybrid(model, &power, motion.speed_m_s)
        } else {
            (power.fuel_kw, power.electric_kw)
        };
        // Kilowatts for a second are kilojoules.
        step.fuel_mj += fuel_kw / 1_000.0;
        step.co2_g += fuel_kw * model.co2_g_mj / 1_000.0;
        step.electric_mj += electric_kw.max(0.0) / 1_000.0;
        step.regenerated_mj += (-electric_kw).max(0.0) / 1_000.0;
    }

    /// Fuel and electric power of a hybrid in one second, kW: its battery takes up braking, carries
    /// the auxiliaries while the engine is off, and gives the rest back at the next start.
    fn hybrid(&mut self, model: &PowerModel, power: &Power, speed_m_s: f64) -> (f64, f64) {
        let stored_kw = self.buffer_mj * 1_000.0;
        let stands = speed_m_s < STANDS_M_S;
        let (fuel_kw, electric_kw) = if power.wheel_kw < 0.0 && !stands {
            let room_kw = (model.buffer_mj * 1_000.0 - stored_kw).max(0.0);
            (0.0, (power.electric_kw + model.auxiliary_kw).max(-room_kw))
        } else if stands {
            let enough = stored_kw >= model.auxiliary_kw;
            if enough { (0.0, model.auxiliary_kw) } else { (model.idle_fuel_kw, 0.0) }
        } else {
            let spare_kw = (stored_kw - model.auxiliary_kw).max(0.0) * model.motor;
            let assist = power.wheel_kw.min(model.assist_max_kw).min(spare_kw);
            let fuel_kw = model.fuel_kw(power.wheel_kw, speed_m_s, assist);
            let auxiliary = if fuel_kw > 0.0 { 0.0 } else { model.auxiliary_kw };
            (fuel_kw, assist / model.motor + auxiliary)
        };
        let electric_kw = electric_kw.min(stored_kw);
        self.buffer_mj = ((stored_kw - electric_kw) / 1_000.0).max(0.0);
        (fuel_kw, electric_kw)
    }

    /// Ends the segment; nothing when it has no time.
    fn end_segment(&mut self, to_ms: i64) -> Option<Segment> {
        let (distance_m, time_s) = (self.segment_m, self.segment_s);
        (self.segment_m, self.segment_s) = (0.0, 0.0);
        let from_ms = self.segment_from_ms;
        let whole = distance_m >= SEGMENT_M;
        (time_s > 0.0).then_some(Segment { from_ms, to_ms, distance_m, time_s, whole })
    }

    /// Everything it knows, each number exact and finite, for a checkpoint.
    ///
    /// ```
    /// use traffic::emission::power::PowerMeter;
    /// let meter = PowerMeter::default();
    /// assert_eq!(PowerMeter::from_numbers(&meter.to_numbers()), Some(meter));
    /// assert_eq!(PowerMeter::from_numbers(&[f64::NAN; 26]), None);
    /// ```
    pub fn to_numbers(&self) -> [f64; METER_NUMBERS] {
        let flag = |is: bool| f64::from(u8::from(is));
        let nothing = Last { time_ms: 0, speed_m_s: 0.0, odometer_m: None, open: false };
        let last = self.last.unwrap_or(nothing);
        let run = self.run.unwrap_or(Run { waiting: 0, ..Run::new(0, nothing) });
        let mut numbers = [0.0; METER_NUMBERS];
        numbers[..14].copy_from_slice(&[
            flag(self.last.is_some()),
            last.time_ms as f64,
            last.speed_m_s,
            flag(last.odometer_m.is_some()),
            last.odometer_m.unwrap_or(0.0),
            flag(last.open),
            flag(self.run.is_some()),
            run.begin_ms as f64,
            run.newest_ms as f64,
            run.waiting as f64,
            self.buffer_mj,
            self.segment_m,
            self.segment_s,
            self.segment_from_ms as f64,
        ]);
        numbers[14..19].copy_from_slice(&run.speeds);
        numbers[19..24].copy_from_slice(&run.open.map(flag));
        numbers[24..].copy_from_slice(&[run.before.speed_m_s, run.before.acceleration_m_s2]);
        numbers
    }

    /// The same meter again; nothing when the numbers are not of one.
    pub fn from_numbers(numbers: &[f64; METER_NUMBERS]) -> Option<Self> {
        let amounts = [2, 10, 11, 12, 14, 15, 16, 17, 18, 24];
        let sound = numbers.iter().all(|number| number.is_finite())
            && amounts.iter().all(|&at| numbers[at] >= 0.0)
            && (0.0..=LAG as f64).contains(&numbers[9]);
        if !sound {
            return None;
        }
        let flag = |at: usize| numbers[at] != 0.0;
        let last = Last {
            time_ms: numbers[1] as i64,
            speed_m_s: numbers[2],
            odometer_m: flag(3).then_some(numbers[4]),
            open: flag(5),
        };
        let run = Run {
            begin_ms: numbers[7] as i64,
            newest_ms: numbers[8] as i64,
            waiting: numbers[9] as usize,
            before: Motion { speed_m_s: numbers[24], acceleration_m_s2: numbers[25] },
            speeds: std::array::from_fn(|at| numbers[14 + at]),
            open: std::array::from_fn(|at| flag(19 + at)),
        };
        Some(Self {
            last: flag(0).then_some(last),
            run: flag(6).then_some(run),
            buffer_mj: numbers[10],
            segment_m: numbers[11],
            segment_s: numbers[12],
            segment_from_ms: numbers[13] as i64,
        })
    }
}

impl Run {
    /// A run that begins with a second, and with it as what was before.
    fn new(begin_ms: i64, at: Last) -> Self {
        let Last { speed_m_s, open, .. } = at;
        Self {
            begin_ms,
            newest_ms: begin_ms,
            waiting: 1,
            before: Motion { speed_m_s, acceleration_m_s2: 0.0 },
            speeds: [speed_m_s; WINDOW],
            open: [open; WINDOW],
        }
    }
}
