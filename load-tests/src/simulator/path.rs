//! A line on the ground that vehicles drive along.

use events::Position;
use network::Plane;

/// Metres before and after a place over which its direction is taken: no vehicle turns on the spot.
const HEADING_REACH_M: f64 = 12.0;

/// A polyline in metres of a local plane.
#[derive(Clone, Debug)]
pub(crate) struct Path {
    plane: Plane,
    points_m: Vec<[f64; 2]>,
    /// Distance of each point from the first, along the line.
    reached_m: Vec<f64>,
}

impl Path {
    /// Along waypoints of latitude and longitude, at least one.
    pub(crate) fn new(waypoints: &[[f64; 2]]) -> Self {
        let position =
            |[latitude_deg, longitude_deg]: [f64; 2]| Position { longitude_deg, latitude_deg };
        let plane = Plane::new(position(waypoints.first().copied().unwrap_or_default()));
        let points_m: Vec<[f64; 2]> =
            waypoints.iter().map(|waypoint| plane.project(position(*waypoint))).collect();
        let mut reached_m = vec![0.0; points_m.len()];
        for (index, pair) in points_m.windows(2).enumerate() {
            let leg_m = (pair[1][0] - pair[0][0]).hypot(pair[1][1] - pair[0][1]);
            reached_m[index + 1] = reached_m[index] + leg_m;
        }
        Self { plane, points_m, reached_m }
    }

    /// Length of the whole line.
    pub(crate) fn length_m(&self) -> f64 {
        self.reached_m.last().copied().unwrap_or_default()
    }

    /// Distances of the waypoints from the first.
    pub(crate) fn waypoints_m(&self) -> &[f64] {
        &self.reached_m
    }

    /// Metres east and north of the first waypoint, at a distance along the line.
    fn at(&self, along_m: f64) -> [f64; 2] {
        let next = self
            .reached_m
            .partition_point(|reached_m| *reached_m <= along_m)
            .clamp(1, self.points_m.len().max(2) - 1);
        let (Some(from), Some(to)) = (self.points_m.get(next - 1), self.points_m.get(next)) else {
            return self.points_m.first().copied().unwrap_or_default();
        };
        let leg_m = self.reached_m[next] - self.reached_m[next - 1];
        let share = if leg_m > 0.0 {
            ((along_m - self.reached_m[next - 1]) / leg_m).clamp(0.0, 1.0)
        } else {
            0.0
        };
        [from[0] + (to[0] - from[0]) * share, from[1] + (to[1] - from[1]) * share]
    }

    /// Direction of the line, degrees clockwise from north.
    pub(crate) fn bearing_deg(&self, along_m: f64) -> f64 {
        let before = self.at((along_m - HEADING_REACH_M).max(0.0));
        let after = self.at((along_m + HEADING_REACH_M).min(self.length_m()));
        let east_m = after[0] - before[0];
        let north_m = after[1] - before[1];
        east_m.atan2(north_m).to_degrees().rem_euclid(360.0)
    }

    /// Distance along the line of the point nearest to a place (latitude and longitude), where the
    /// line passes within a radius and its direction is within a turn of the one given.
    pub(crate) fn find(
        &self,
        place: [f64; 2],
        bearing_deg: f64,
        radius_m: f64,
        turn_deg_max: f64,
    ) -> Option<f64> {
        let [latitude_deg, longitude_deg] = place;
        let place_m = self.plane.project(Position { longitude_deg, latitude_deg });
        let metres = (0..=self.length_m() as usize).map(|metre| metre as f64);
        let near = metres.filter_map(|along_m| {
            let at = self.at(along_m);
            let off_m = (at[0] - place_m[0]).hypot(at[1] - place_m[1]);
            let turn_deg = (self.bearing_deg(along_m) - bearing_deg).rem_euclid(360.0);
            let turned = turn_deg.min(360.0 - turn_deg) <= turn_deg_max;
            (turned && off_m <= radius_m).then_some((off_m, along_m))
        });
        near.min_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, along_m)| along_m)
    }

    /// The place at a distance along the line, some metres to its right, and moved by metres east
    /// and north.
    pub(crate) fn place(&self, along_m: f64, right_m: f64, moved_m: [f64; 2]) -> Position {
        let bearing = self.bearing_deg(along_m).to_radians();
        let [east_m, north_m] = self.at(along_m);
        self.plane.unproject([
            east_m + right_m * bearing.cos() + moved_m[0],
            north_m - right_m * bearing.sin() + moved_m[1],
        ])
    }
}
