//! Sums over areas.

use events::wire::AreaKind;
use network::{Areas, LinkNumber, Network};

use crate::{Area, Coverage, EstimateMethod};

/// What an area must know of a link.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Part {
    pub(crate) method: EstimateMethod,
    pub(crate) speed_km_h: f64,
    pub(crate) free_flow_speed_km_h: f64,
    pub(crate) flow_veh_h: Option<f64>,
    pub(crate) queue_m: f64,
}

/// Sums of one area in whole numbers, so that the cells of a region add up to it exactly.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Sums {
    /// Millimetres of street, by how its speed is known: measured, fused, inferred, typical.
    known_mm: [u64; 4],
    /// Traffic in metres an hour, and the time it takes and would take at free flow, both in
    /// milliseconds an hour.
    driven_m_h: u64,
    time_ms_h: u64,
    free_time_ms_h: u64,
    /// The same when each link counts with its length alone.
    length_mm: u64,
    length_time_us: u64,
    length_free_time_us: u64,
    queue_mm: u64,
}

/// The objects of all areas for a window, given their [`street_mm`]. `parts` are the links of which
/// something is known, ascending.
pub(crate) fn sum(
    network: &Network,
    areas: &Areas,
    street_mm: &[u64],
    end_ms: i64,
    parts: &[(LinkNumber, Part)],
) -> Vec<Area> {
    let mut sums = vec![Sums::default(); areas.all().len()];
    for (link, part) in parts {
        let length_m = f64::from(network.length_m(*link));
        let one = Sums::of(length_m, part);
        for &area in areas.of(*link) {
            sums[area as usize].add(&one);
        }
    }
    let all = areas.all().iter().zip(sums).zip(street_mm);
    all.map(|((area, sums), &street_mm)| sums.object(area, street_mm, end_ms)).collect()
}

/// Millimetres of street in each area, each direction by itself.
pub(crate) fn street_mm(network: &Network, areas: &Areas) -> Vec<u64> {
    let mut street_mm = vec![0; areas.all().len()];
    for link in 0..network.len() as LinkNumber {
        let length_mm = millimetres(f64::from(network.length_m(link)));
        for &area in areas.of(link) {
            street_mm[area as usize] += length_mm;
        }
    }
    street_mm
}

fn millimetres(metres: f64) -> u64 {
    (metres * 1_000.0).round() as u64
}

impl Sums {
    fn of(length_m: f64, part: &Part) -> Self {
        let length_mm = millimetres(length_m);
        let mut known_mm = [0; 4];
        let known = match part.method {
            EstimateMethod::Measured => Some(0),
            EstimateMethod::Fused => Some(1),
            EstimateMethod::Inferred => Some(2),
            EstimateMethod::Typical => Some(3),
            EstimateMethod::Unspecified => None,
        };
        if let Some(known) = known {
            known_mm[known] = length_mm;
        }
        let time_s = traffic::link::travel_time_s(length_m, part.speed_km_h);
        let free_time_s = traffic::link::travel_time_s(length_m, part.free_flow_speed_km_h);
        let flow = part.flow_veh_h.unwrap_or_default();
        let whole = |value: f64| value.round() as u64;
        Self {
            known_mm,
            driven_m_h: whole(flow * length_m),
            time_ms_h: whole(flow * time_s * 1_000.0),
            free_time_ms_h: whole(flow * free_time_s * 1_000.0),
            length_mm,
            length_time_us: whole(time_s * 1e6),
            length_free_time_us: whole(free_time_s * 1e6),
            queue_mm: millimetres(part.queue_m),
        }
    }

    fn add(&mut self, other: &Self) {
        for (sum, part) in self.known_mm.iter_mut().zip(other.known_mm) {
            *sum += part;
        }
        self.driven_m_h += other.driven_m_h;
        self.time_ms_h += other.time_ms_h;
        self.free_time_ms_h += other.free_time_ms_h;
        self.length_mm += other.length_mm;
        self.length_time_us += other.length_time_us;
        self.length_free_time_us += other.length_free_time_us;
        self.queue_mm += other.queue_mm;
    }

    fn object(&self, area: &network::Area, street_mm: u64, end_ms: i64) -> Area {
        let share = |mm: u64| if street_mm > 0 { mm as f64 / street_mm as f64 } else { 0.0 };
        let [measured, fused, inferred, typical] = self.known_mm.map(share);
        let known: u64 = self.known_mm.iter().sum();
        let coverage = Coverage {
            measured,
            fused,
            inferred,
            typical,
            unknown: share(street_mm.saturating_sub(known)),
        };
        // mm per us is km per s; m per ms is too.
        let speed =
            |distance: u64, time: u64| (time > 0).then(|| distance as f64 / time as f64 * 3_600.0);
        let (speed_km_h, free_flow_speed_km_h) = if self.driven_m_h > 0 {
            let driven = self.driven_m_h;
            (speed(driven, self.time_ms_h), speed(driven, self.free_time_ms_h))
        } else {
            let length = self.length_mm;
            (speed(length, self.length_time_us), speed(length, self.length_free_time_us))
        };
        Area {
            id: area.id.clone(),
            event_time_ms: end_ms,
            kind: area.kind,
            name: area.name.clone(),
            street_km: street_mm as f64 / 1e6,
            coverage,
            speed_km_h,
            free_flow_speed_km_h,
            traffic_veh_km_h: self.driven_m_h as f64 / 1_000.0,
            delay_veh_h_h: self.time_ms_h.saturating_sub(self.free_time_ms_h) as f64 / 3_600_000.0,
            queue_km: self.queue_mm as f64 / 1e6,
            boundary: area.boundary.clone(),
        }
    }
}

/// Whether an area is shown in a window: cells without any known street are left out.
pub(crate) fn is_shown(area: &Area) -> bool {
    area.kind != AreaKind::Cell || area.coverage.unknown < 1.0
}
