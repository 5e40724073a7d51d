//! The street network of a region: directed links, how they meet, and which are near a point.

use std::sync::Arc;

use events::Position;

use crate::grid::Grid;
use crate::import::ImportReport;
use crate::texts::Texts;
use crate::{Plane, RoadClass, Schedule};

/// Number of a link in one loaded network, from 0 on, dense. It changes with the next import; what
/// must outlive that is kept by [`LinkId`].
pub type LinkNumber = u32;

/// Identity of a link across imports: the way of the map and the two nodes where the link begins
/// and ends, in the direction of travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LinkId {
    /// OSM way.
    pub way: i64,
    /// OSM node where it begins.
    pub from: i64,
    /// OSM node where it ends.
    pub to: i64,
}

impl std::fmt::Display for LinkId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}-{}-{}", self.way, self.from, self.to)
    }
}

/// The way that [`Display`](std::fmt::Display) writes one.
///
/// ```
/// use network::LinkId;
/// let id = LinkId { way: 4217, from: 25, to: 26 };
/// assert_eq!(id.to_string().parse(), Ok(id));
/// assert!("4217-25".parse::<LinkId>().is_err());
/// ```
impl std::str::FromStr for LinkId {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut words = text.split('-').map(str::parse);
        match (words.next(), words.next(), words.next(), words.next()) {
            (Some(Ok(way)), Some(Ok(from)), Some(Ok(to)), None) => Ok(Self { way, from, to }),
            _ => Err(format!("{text:?} is no id of a link, which is WAY-FROM_NODE-TO_NODE")),
        }
    }
}

/// What holds for a link, one bit each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LinkFlags(pub u16);

impl LinkFlags {
    /// The other direction of the street is closed to cars.
    pub const ONE_WAY: Self = Self(1);
    /// Has a lane for buses.
    pub const BUS_LANE: Self = Self(1 << 1);
    /// Open to buses but not to cars.
    pub const BUS_ONLY: Self = Self(1 << 2);
    /// Under ground: no satellite is seen.
    pub const TUNNEL: Self = Self(1 << 3);
    /// On a bridge.
    pub const BRIDGE: Self = Self(1 << 4);
    /// Ends at traffic lights.
    pub const SIGNAL: Self = Self(1 << 5);
    /// Part of a roundabout.
    pub const ROUNDABOUT: Self = Self(1 << 6);
    /// A ferry line.
    pub const FERRY: Self = Self(1 << 7);
    /// The speed limit is implied by class and surroundings, not signed.
    pub const LIMIT_IMPLIED: Self = Self(1 << 8);
    /// Open to nobody without a permit.
    pub const PRIVATE: Self = Self(1 << 9);

    /// Whether all bits of `other` are set.
    ///
    /// ```
    /// use network::LinkFlags;
    /// let flags = LinkFlags::TUNNEL.with(LinkFlags::ONE_WAY);
    /// assert!(flags.has(LinkFlags::TUNNEL) && !flags.has(LinkFlags::SIGNAL));
    /// ```
    pub fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Both sets of bits.
    #[must_use]
    pub fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// Which network something was computed with, as long as it is kept: no other has an equal one.
///
/// ```
/// use network::NetworkBuilder;
/// let origin = events::Position::new(60.0, 25.0).unwrap();
/// let [one, other] = [(); 2].map(|()| NetworkBuilder::new(origin).build());
/// assert_eq!(one, other);
/// assert!(one.identity() == one.clone().identity() && one.identity() != other.identity());
/// ```
#[derive(Clone, Debug)]
pub struct NetworkIdentity(Arc<()>);

impl PartialEq for NetworkIdentity {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for NetworkIdentity {}

/// A street network. Arrays by link number; made by [`crate::NetworkBuilder`].
#[derive(Clone, Debug, PartialEq)]
pub struct Network {
    /// Its own; a clone has the same links and so the same.
    pub(crate) identity: Arc<()>,
    pub(crate) origin: Position,
    pub(crate) ids: Vec<[i64; 3]>,
    /// Nodes at the beginning and the end.
    pub(crate) ends: Vec<[u32; 2]>,
    /// First point of each link in `shape`, and the end of the last.
    pub(crate) shape_starts: Vec<u32>,
    /// Metres east and north of the origin.
    pub(crate) shape: Vec<[f32; 2]>,
    pub(crate) length_m: Vec<f32>,
    /// Metres of the junctions at the beginning and the end.
    pub(crate) setback_m: Vec<[f32; 2]>,
    pub(crate) class: Vec<u8>,
    pub(crate) lanes: Vec<u8>,
    /// Summer and winter.
    pub(crate) speed_limit_km_h: Vec<[u8; 2]>,
    pub(crate) flags: Vec<u16>,
    /// In the direction of travel, positive uphill; or [`NO_GRADIENT`].
    pub(crate) gradient_per_mille: Vec<i8>,
    /// The other direction of the same street, or [`NO_LINK`].
    pub(crate) reverse: Vec<u32>,
    pub(crate) successor_starts: Vec<u32>,
    pub(crate) successors: Vec<u32>,
    pub(crate) predecessor_starts: Vec<u32>,
    pub(crate) predecessors: Vec<u32>,
    /// End of each link's name in `names`.
    pub(crate) name: Vec<u32>,
    pub(crate) names: Vec<String>,
    pub(crate) grid: Grid,
    pub(crate) source: String,
    pub(crate) report: Texts,
    pub(crate) schedule: Schedule,
}

/// No such link.
pub(crate) const NO_LINK: u32 = u32::MAX;

/// No gradient is known.
pub(crate) const NO_GRADIENT: i8 = i8::MIN;

/// A detector is on a street that passes within this distance, metres: stations are described by
/// the place of their mast, beside the outer lane.
const DETECTOR_REACH_M: f64 = 40.0;

/// Difference of a detector's direction from the street's, degrees.
const DETECTOR_TURN_DEG_MAX: f32 = 60.0;

/// A street one class lower must be nearer by this to be taken, metres.
const DETECTOR_CLASS_M: f32 = 4.0;

/// A point of a link.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LinkPoint {
    /// Which link.
    pub link: LinkNumber,
    /// Metres from its beginning, 0 to its length.
    pub along_m: f32,
    /// Metres from the point that was asked for to the link's line, positive when that point lies
    /// to the right of the direction of travel.
    pub offset_m: f32,
    /// Direction of travel there, degrees clockwise from north, 0 to below 360.
    pub bearing_deg: f32,
}

impl Network {
    /// Tells it from any other that is in memory, at no cost; [`Self::fingerprint`] does so across
    /// processes.
    pub fn identity(&self) -> NetworkIdentity {
        NetworkIdentity(Arc::clone(&self.identity))
    }

    /// Whether it is the network of an identity, or a clone of that.
    pub fn is(&self, identity: &NetworkIdentity) -> bool {
        Arc::ptr_eq(&self.identity, &identity.0)
    }

    /// How many links there are.
    #[inline]
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether there is no link.
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// What its links were read from: the map's own words, or that they are made up.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// With what the import read and found, to show.
    #[must_use]
    pub fn with_report(mut self, report: &ImportReport) -> Self {
        let lines: Vec<String> = report.lines().collect();
        self.report = Texts::new(lines.iter().map(String::as_str));
        self
    }

    /// What the import read and found, a line each.
    pub fn report(&self) -> impl Iterator<Item = &str> {
        self.report.iter()
    }

    /// Whether a point of the plane lies within the bounds of all links.
    pub(crate) fn covers(&self, at: [f64; 2]) -> bool {
        self.grid.covers(at.map(|metres| metres as f32))
    }

    /// The metric plane of all shapes.
    pub fn plane(&self) -> Plane {
        Plane::new(self.origin)
    }

    /// Identity across imports.
    pub fn id(&self, link: LinkNumber) -> LinkId {
        let [way, from, to] = self.ids[link as usize];
        LinkId { way, from, to }
    }

    /// The link with an identity.
    pub fn find(&self, id: LinkId) -> Option<LinkNumber> {
        let key = [id.way, id.from, id.to];
        self.ids.binary_search(&key).ok().map(|link| link as LinkNumber)
    }

    /// Node numbers where it begins and ends.
    #[inline]
    pub fn ends(&self, link: LinkNumber) -> [u32; 2] {
        self.ends[link as usize]
    }

    /// Its line in the direction of travel, metres east and north of the plane's origin; two points
    /// or more.
    #[inline]
    pub fn shape(&self, link: LinkNumber) -> &[[f32; 2]] {
        let link = link as usize;
        &self.shape[self.shape_starts[link] as usize..self.shape_starts[link + 1] as usize]
    }

    /// Its line on WGS84.
    pub fn positions(&self, link: LinkNumber) -> impl Iterator<Item = Position> {
        let plane = self.plane();
        self.shape(link).iter().map(move |&[x, y]| plane.unproject([x.into(), y.into()]))
    }

    /// The point half way along its line.
    pub fn middle(&self, link: LinkNumber) -> Position {
        let shape = self.shape(link);
        let step_m = |pair: &[[f32; 2]]| (pair[1][0] - pair[0][0]).hypot(pair[1][1] - pair[0][1]);
        let mut left_m = shape.windows(2).map(step_m).sum::<f32>() / 2.0;
        let mut middle = shape[0];
        for pair in shape.windows(2) {
            let length_m = step_m(pair);
            let part = if length_m > 0.0 { (left_m / length_m).min(1.0) } else { 0.0 };
            middle = [0, 1].map(|axis| pair[0][axis] + part * (pair[1][axis] - pair[0][axis]));
            left_m -= length_m;
            if left_m <= 0.0 {
                break;
            }
        }
        self.plane().unproject(middle.map(f64::from))
    }

    /// Metres, above 0.
    #[inline]
    pub fn length_m(&self, link: LinkNumber) -> f32 {
        self.length_m[link as usize]
    }

    /// Metres at its beginning and its end that lie inside a junction, before the stop line: there
    /// traffic of other links drives too, so what is measured there is not of the link. Together
    /// less than its length.
    #[inline]
    pub fn setback_m(&self, link: LinkNumber) -> [f32; 2] {
        self.setback_m[link as usize]
    }

    /// What kind of street.
    #[inline]
    pub fn class(&self, link: LinkNumber) -> RoadClass {
        RoadClass::from_number(self.class[link as usize])
    }

    /// Lanes in this direction, 1 or more, bus lanes included.
    #[inline]
    pub fn lanes(&self, link: LinkNumber) -> u8 {
        self.lanes[link as usize]
    }

    /// Speed limit of the summer or the winter season, km/h, signed or implied.
    pub fn speed_limit_km_h(&self, link: LinkNumber, winter: bool) -> u8 {
        self.speed_limit_km_h[link as usize][usize::from(winter)]
    }

    /// What else holds for it.
    #[inline]
    pub fn flags(&self, link: LinkNumber) -> LinkFlags {
        LinkFlags(self.flags[link as usize])
    }

    /// Mean gradient in the direction of travel, percent, positive uphill, -12.7 to 12.7; none where
    /// the import knew no heights, on bridges and in tunnels.
    pub fn gradient_percent(&self, link: LinkNumber) -> Option<f64> {
        let per_mille = self.gradient_per_mille[link as usize];
        (per_mille != NO_GRADIENT).then(|| f64::from(per_mille) / 10.0)
    }

    /// The other direction of the same street.
    #[inline]
    pub fn reverse(&self, link: LinkNumber) -> Option<LinkNumber> {
        let reverse = self.reverse[link as usize];
        (reverse != NO_LINK).then_some(reverse)
    }

    /// Links that one may turn into at its end, in order of number; turn restrictions are applied,
    /// a turn back is there only where the street ends.
    #[inline]
    pub fn successors(&self, link: LinkNumber) -> &[LinkNumber] {
        let link = link as usize;
        let range = self.successor_starts[link] as usize..self.successor_starts[link + 1] as usize;
        &self.successors[range]
    }

    /// Links from which one may come into it, in order of number.
    #[inline]
    pub fn predecessors(&self, link: LinkNumber) -> &[LinkNumber] {
        let link = link as usize;
        let starts = &self.predecessor_starts;
        &self.predecessors[starts[link] as usize..starts[link + 1] as usize]
    }

    /// The street's name, empty when it has none.
    pub fn name(&self, link: LinkNumber) -> &str {
        &self.names[self.name[link as usize] as usize]
    }

    /// Appends the nearest point of every link within a radius of a point of the plane, each link
    /// once, in order of number.
    pub fn near(&self, at: [f64; 2], radius_m: f64, out: &mut Vec<LinkPoint>) {
        let first = out.len();
        let at = [at[0] as f32, at[1] as f32];
        self.grid.links_near(at, radius_m as f32, |link| {
            if let Some(point) = self.nearest_point(link, at, radius_m as f32) {
                out.push(point);
            }
        });
        out[first..].sort_unstable_by_key(|point| point.link);
        let mut kept = first;
        for i in first..out.len() {
            if i == first || out[i].link != out[kept - 1].link {
                out[kept] = out[i];
                kept += 1;
            }
        }
        out.truncate(kept);
    }

    /// Visits all links within a radius and some farther away, some of them more than once: for
    /// who looks at the distance anyway.
    pub fn links_near(&self, at: [f32; 2], radius_m: f32, visit: impl FnMut(LinkNumber)) {
        self.grid.links_near(at, radius_m, visit);
    }

    /// The point of a street where a detector stands that counts traffic of a direction (degrees
    /// clockwise from north): within 40 m, the link's direction within 60 degrees of the detector's,
    /// a main road before a minor one. A detector's second direction is its first and 180. `None`
    /// where there is no such street.
    ///
    /// ```
    /// use events::Position;
    /// use network::{LinkFlags, LinkId, NetworkBuilder, NewLink, RoadClass};
    /// let at = |north: f64| Position::new(60.0 + north, 25.0).unwrap();
    /// let mut builder = NetworkBuilder::new(at(0.0));
    /// builder.link(NewLink {
    ///     id: LinkId { way: 1, from: 1, to: 2 },
    ///     line: vec![at(0.0), at(0.01)],
    ///     setback_m: [0.0, 0.0],
    ///     class: RoadClass::Primary,
    ///     lanes: 1,
    ///     speed_limit_km_h: [80, 80],
    ///     flags: LinkFlags::default(),
    ///     name: String::new(),
    /// });
    /// let network = builder.build();
    /// assert_eq!(network.tie_detector(at(0.005), 10.0).unwrap().link, 0);
    /// assert!(network.tie_detector(at(0.005), 190.0).is_none());
    /// ```
    pub fn tie_detector(&self, position: Position, bearing_deg: f32) -> Option<LinkPoint> {
        let mut near = Vec::new();
        self.near(self.plane().project(position), DETECTOR_REACH_M, &mut near);
        near.retain(|point| {
            let flags = self.flags(point.link);
            let turn = (point.bearing_deg - bearing_deg).rem_euclid(360.0);
            turn.min(360.0 - turn) <= DETECTOR_TURN_DEG_MAX
                && !flags.has(LinkFlags::FERRY)
                && !flags.has(LinkFlags::BUS_ONLY)
        });
        let cost = |point: &LinkPoint| {
            point.offset_m.abs() + DETECTOR_CLASS_M * f32::from(self.class[point.link as usize])
        };
        near.into_iter().min_by(|a, b| cost(a).total_cmp(&cost(b)))
    }

    /// The point of a link that is nearest to a point of the plane, if within the radius.
    pub fn nearest_point(
        &self,
        link: LinkNumber,
        at: [f32; 2],
        radius_m: f32,
    ) -> Option<LinkPoint> {
        let shape = self.shape(link);
        let mut along_m = 0.0;
        let mut best: Option<(f32, f32, [f32; 2], [f32; 2])> = None;
        for pair in shape.windows(2) {
            let step = [pair[1][0] - pair[0][0], pair[1][1] - pair[0][1]];
            let to = [at[0] - pair[0][0], at[1] - pair[0][1]];
            let square = step[0] * step[0] + step[1] * step[1];
            let part = if square > 0.0 {
                ((to[0] * step[0] + to[1] * step[1]) / square).clamp(0.0, 1.0)
            } else {
                0.0
            };
            let off = [to[0] - part * step[0], to[1] - part * step[1]];
            let distance2 = off[0] * off[0] + off[1] * off[1];
            let length_m = square.sqrt();
            if best.is_none_or(|best| distance2 < best.0) {
                best = Some((distance2, along_m + part * length_m, step, off));
            }
            along_m += length_m;
        }
        let (distance2, at_m, step, off) = best?;
        if distance2 > radius_m * radius_m {
            return None;
        }
        let right = step[1] * off[0] - step[0] * off[1];
        let distance_m = distance2.sqrt();
        let bearing_deg = f64::from(step[0]).atan2(f64::from(step[1])).to_degrees();
        Some(LinkPoint {
            link,
            // The plane's lengths are a little off the globe's.
            along_m: (at_m * self.length_m(link) / along_m.max(f32::MIN_POSITIVE))
                .min(self.length_m(link)),
            offset_m: if right < 0.0 { -distance_m } else { distance_m },
            bearing_deg: bearing_deg.rem_euclid(360.0) as f32 % 360.0,
        })
    }
}
