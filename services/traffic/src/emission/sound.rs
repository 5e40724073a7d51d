//! Noise of a mix of vehicles as a table by speed.

use super::curves::MAX_SPEED_KM_H;
use super::noise::{AMENDED_2021, NoiseConditions, NoiseInput, OCTAVES, a_weighted, line_noise};

/// Lines of the table, one for each km/h.
const LINES: usize = MAX_SPEED_KM_H as usize + 1;

/// Sound power of a metre of street by speed, for one vehicle of a mix an hour.
#[derive(Clone, Debug, PartialEq)]
pub struct SoundCurves(Vec<[f64; OCTAVES]>);

/// Sound power by octave band, picowatts: what levels in dB are of.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct SoundPower(pub [f64; OCTAVES]);

impl SoundCurves {
    /// Of categories by their share, which are 1 together, and of the share of each that is
    /// electric.
    pub fn new(shares: [f64; 5], electric: [f64; 5], conditions: NoiseConditions) -> Self {
        let lines = (0..LINES).map(|speed_km_h| {
            let mut input = NoiseInput::new(speed_km_h as f64, shares, conditions);
            for (traffic, electric) in input.traffic.iter_mut().zip(electric) {
                traffic.electric_share = electric;
            }
            let noise = line_noise(&AMENDED_2021, &input);
            noise.map_or([0.0; OCTAVES], |noise| noise.octave_db.map(|db| 10_f64.powf(db / 10.0)))
        });
        Self(lines.collect())
    }

    /// Power of a metre at a flow and a speed; nothing where nothing drives.
    pub fn power(&self, flow_veh_h: f64, speed_km_h: f64) -> SoundPower {
        let speed = if speed_km_h > 0.0 { speed_km_h.min(MAX_SPEED_KM_H) } else { 0.0 };
        let low = (speed as usize).min(LINES - 2);
        let share = speed - low as f64;
        let flow = flow_veh_h.max(0.0);
        let at = |band: usize| {
            let (below, above) = (self.0[low][band], self.0[low + 1][band]);
            flow * (below + share * (above - below))
        };
        SoundPower(std::array::from_fn(at))
    }
}

impl SoundPower {
    /// Adds another, of so many metres.
    pub fn add(&mut self, other: &Self, metres: f64) {
        for (sum, part) in self.0.iter_mut().zip(other.0) {
            *sum += part * metres;
        }
    }

    /// Levels by octave band, dB; none where nothing sounds.
    pub fn octave_db(&self) -> Option<[f64; OCTAVES]> {
        let levels = self.0.map(|power| 10.0 * power.log10());
        levels.iter().all(|level| level.is_finite()).then_some(levels)
    }

    /// Level of all bands, A-weighted, dB(A); none where nothing sounds.
    pub fn level_db(&self) -> Option<f64> {
        let power = a_weighted(&self.0);
        (power > 0.0).then(|| 10.0 * power.log10())
    }
}
