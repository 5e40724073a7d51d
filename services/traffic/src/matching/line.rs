//! Points of links, and where on its half of the street a vehicle is.

use network::{LinkFlags, LinkNumber, Network};

/// A point of a link's line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Foot {
    /// Metres from the link's beginning.
    pub(super) along_m: f32,
    /// The point, in the plane.
    pub(super) at: [f32; 2],
    /// Unit vector in the direction of travel.
    pub(super) ahead: [f32; 2],
}

/// The point of a link that is nearest to a point of the plane.
pub(super) fn project(network: &Network, link: LinkNumber, to: [f32; 2]) -> Foot {
    let nearest = Nearest::new(network.shape(link), to);
    nearest.foot(network, link)
}

/// Which point of a line is nearest to another: all that its distance takes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Nearest {
    /// Which piece it is on.
    piece: usize,
    /// Where on that, 0 to 1.
    part: f32,
    /// Square of its distance, square metres.
    pub(super) distance2: f32,
}

impl Nearest {
    pub(super) fn new(shape: &[[f32; 2]], to: [f32; 2]) -> Self {
        let mut best = Self { piece: 0, part: 0.0, distance2: f32::INFINITY };
        for (piece, pair) in shape.windows(2).enumerate() {
            let step = [pair[1][0] - pair[0][0], pair[1][1] - pair[0][1]];
            let off = [to[0] - pair[0][0], to[1] - pair[0][1]];
            // Where a piece has no length that is no number, and neither is the distance.
            let part = (dot(off, step) / dot(step, step)).clamp(0.0, 1.0);
            let off = [off[0] - part * step[0], off[1] - part * step[1]];
            let distance2 = dot(off, off);
            if distance2 < best.distance2 {
                best = Self { piece, part, distance2 };
            }
        }
        best
    }

    /// The point of that link.
    pub(super) fn foot(self, network: &Network, link: LinkNumber) -> Foot {
        let Self { piece, part, .. } = self;
        let shape = network.shape(link);
        let [from, to] = [shape[piece], shape[piece + 1]];
        let step = [to[0] - from[0], to[1] - from[1]];
        let piece_m = dot(step, step).sqrt();
        if piece_m == 0.0 {
            return Foot { along_m: 0.0, at: from, ahead: [0.0, 1.0] };
        }
        // The plane's lengths are a little off the globe's, so it is by shares.
        let share = if shape.len() == 2 {
            part
        } else {
            let (mut before_m, mut line_m) = (0.0, 0.0);
            for (index, pair) in shape.windows(2).enumerate() {
                if index == piece {
                    before_m = line_m;
                }
                line_m += distance(pair[0], pair[1]);
            }
            (before_m + part * piece_m) / line_m
        };
        let length_m = network.length_m(link);
        Foot {
            along_m: (share * length_m).min(length_m),
            at: [from[0] + part * step[0], from[1] + part * step[1]],
            ahead: [step[0] / piece_m, step[1] / piece_m],
        }
    }
}

/// Where traffic on a link's lanes is on average, metres to the right of the link's line. The line
/// of a street for both directions is its middle, and traffic keeps right.
pub(super) fn lane_offset_m(network: &Network, link: LinkNumber, lane_width_m: f32) -> f32 {
    if network.flags(link).has(LinkFlags::ONE_WAY) || network.reverse(link).is_none() {
        0.0
    } else {
        0.5 * lane_width_m * f32::from(network.lanes(link))
    }
}

/// The point in the middle of a link's lanes, metres east and north in the network's plane: where
/// to draw a vehicle. The link's line itself is the middle of the street.
pub fn lane_position(
    network: &Network,
    link: LinkNumber,
    along_m: f32,
    lane_width_m: f32,
) -> [f64; 2] {
    let (at, ahead) = point(network, link, along_m);
    let offset_m = lane_offset_m(network, link, lane_width_m);
    shifted(at, ahead, offset_m).map(f64::from)
}

/// A point of a link's line and the direction of travel there.
pub(super) fn point(network: &Network, link: LinkNumber, along_m: f32) -> ([f32; 2], [f32; 2]) {
    let shape = network.shape(link);
    let length = |pair: &[[f32; 2]]| {
        let step = [pair[1][0] - pair[0][0], pair[1][1] - pair[0][1]];
        dot(step, step).sqrt()
    };
    let line_m: f32 = shape.windows(2).map(length).sum();
    let mut left_m = along_m * line_m / network.length_m(link);
    let mut last = (shape[0], [0.0, 1.0]);
    for pair in shape.windows(2) {
        let length_m = length(pair);
        if length_m == 0.0 {
            continue;
        }
        let ahead = [(pair[1][0] - pair[0][0]) / length_m, (pair[1][1] - pair[0][1]) / length_m];
        let on_m = left_m.clamp(0.0, length_m);
        last = ([pair[0][0] + on_m * ahead[0], pair[0][1] + on_m * ahead[1]], ahead);
        if left_m <= length_m {
            break;
        }
        left_m -= length_m;
    }
    last
}

/// A point moved to the right of a direction.
pub(super) fn shifted(at: [f32; 2], ahead: [f32; 2], right_m: f32) -> [f32; 2] {
    [at[0] + right_m * ahead[1], at[1] - right_m * ahead[0]]
}

/// Scalar product.
pub(super) fn dot(a: [f32; 2], b: [f32; 2]) -> f32 {
    a[0] * b[0] + a[1] * b[1]
}

/// Distance of two points, metres.
pub(super) fn distance(a: [f32; 2], b: [f32; 2]) -> f32 {
    let step = [a[0] - b[0], a[1] - b[1]];
    dot(step, step).sqrt()
}
