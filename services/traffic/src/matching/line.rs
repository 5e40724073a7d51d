//! Points of links, and where on its half of the street a vehicle is.

use network::{LinkFlags, LinkNumber, Network};

use super::Streets;

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

/// Lines of links as vehicles on them see them, each made when it is first asked for.
#[derive(Clone, Debug, Default)]
pub(super) struct Lines {
    /// By link.
    lines: Vec<Line>,
    pieces: Vec<Piece>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Line {
    /// Its pieces; there are none yet when both are 0.
    begin: u32,
    end: u32,
    /// Widths of lanes that its traffic is to the right of it.
    right_lanes: f32,
    /// The middle of its ends, from which no point is farther away than half its length.
    middle: [f32; 2],
    half_m: f32,
}

/// A straight part of a line, which has a length unless it is all there is.
#[derive(Clone, Copy, Debug)]
struct Piece {
    at: [f32; 2],
    ahead: [f32; 2],
    /// In the plane.
    length_m: f32,
    /// Metres along the link where it begins.
    before_m: f32,
    /// The plane's lengths are a little off the globe's: metres along the link for one of it.
    scale: f32,
}

impl Lines {
    /// Forgets all.
    pub(super) fn clear(&mut self, links: usize) {
        self.pieces.clear();
        self.lines.clear();
        self.lines.resize(links, Line::default());
    }

    /// The point of a link's lanes that is nearest to a point.
    pub(super) fn foot<C>(&mut self, streets: &Streets<C>, link: LinkNumber, to: [f32; 2]) -> Foot {
        let known = self.line(streets.network, link);
        self.nearest(&known, to).foot(&known, streets.options.lane_width_m)
    }

    /// The same unless the link's line is farther away than a radius.
    pub(super) fn foot_within<C>(
        &mut self,
        streets: &Streets<C>,
        link: LinkNumber,
        to: [f32; 2],
        radius_m: f32,
    ) -> Option<Foot> {
        let known = self.line(streets.network, link);
        let off = [to[0] - known.middle[0], to[1] - known.middle[1]];
        let reach_m = radius_m + known.half_m;
        if dot(off, off) > reach_m * reach_m {
            return None;
        }
        let nearest = self.nearest(&known, to);
        let near = nearest.distance2 <= radius_m * radius_m;
        near.then(|| nearest.foot(&known, streets.options.lane_width_m))
    }

    #[inline]
    fn line(&mut self, network: &Network, link: LinkNumber) -> Line {
        let known = self.lines[link as usize];
        if known.end > 0 { known } else { self.make(network, link) }
    }

    #[inline]
    fn nearest(&self, line: &Line, to: [f32; 2]) -> Nearest {
        let pieces = &self.pieces[line.begin as usize..line.end as usize];
        let mut best = Nearest { piece: pieces[0], on_m: 0.0, distance2: f32::INFINITY };
        for piece in pieces {
            let off = [to[0] - piece.at[0], to[1] - piece.at[1]];
            let on_m = dot(off, piece.ahead).max(0.0).min(piece.length_m);
            let off = [off[0] - on_m * piece.ahead[0], off[1] - on_m * piece.ahead[1]];
            let distance2 = dot(off, off);
            if distance2 < best.distance2 {
                best = Nearest { piece: *piece, on_m, distance2 };
            }
        }
        best
    }

    #[cold]
    fn make(&mut self, network: &Network, link: LinkNumber) -> Line {
        let shape = network.shape(link);
        let begin = self.pieces.len();
        let mut line_m = 0.0;
        for pair in shape.windows(2) {
            let length_m = distance(pair[0], pair[1]);
            if length_m > 0.0 {
                let ahead = [0, 1].map(|axis| (pair[1][axis] - pair[0][axis]) / length_m);
                let at = pair[0];
                self.pieces.push(Piece { at, ahead, length_m, before_m: line_m, scale: 1.0 });
                line_m += length_m;
            }
        }
        if self.pieces.len() == begin {
            let (at, ahead) = (shape[0], [0.0, 1.0]);
            self.pieces.push(Piece { at, ahead, length_m: 0.0, before_m: 0.0, scale: 1.0 });
        }
        let scale = network.length_m(link) / line_m.max(f32::MIN_POSITIVE);
        for piece in &mut self.pieces[begin..] {
            piece.before_m *= scale;
            piece.scale = scale;
        }
        let ends = [shape[0], shape[shape.len() - 1]];
        let made = Line {
            begin: begin as u32,
            end: self.pieces.len() as u32,
            right_lanes: right_lanes(network, link),
            middle: [0, 1].map(|axis| f32::midpoint(ends[0][axis], ends[1][axis])),
            half_m: 0.5 * line_m,
        };
        self.lines[link as usize] = made;
        made
    }
}

/// Which point of a line is nearest to another.
struct Nearest {
    piece: Piece,
    /// Metres of the plane from the beginning of that.
    on_m: f32,
    /// Square of the distance, square metres.
    distance2: f32,
}

impl Nearest {
    #[inline]
    fn foot(&self, line: &Line, lane_width_m: f32) -> Foot {
        let Piece { at, ahead, before_m, scale, .. } = self.piece;
        let on_line = [at[0] + self.on_m * ahead[0], at[1] + self.on_m * ahead[1]];
        Foot {
            along_m: before_m + self.on_m * scale,
            at: shifted(on_line, ahead, lane_width_m * line.right_lanes),
            ahead,
        }
    }
}

/// Where traffic on a link's lanes is on average, metres to the right of the link's line. The line
/// of a street for both directions is the middle of all its lanes, and traffic keeps right: so the middle
/// of those of one direction is half the width of the others away from it.
fn lane_offset_m(network: &Network, link: LinkNumber, lane_width_m: f32) -> f32 {
    lane_width_m * right_lanes(network, link)
}

/// The same in widths of lanes.
fn right_lanes(network: &Network, link: LinkNumber) -> f32 {
    match network.reverse(link) {
        Some(reverse) if !network.flags(link).has(LinkFlags::ONE_WAY) => {
            0.5 * f32::from(network.lanes(reverse))
        }
        _ => 0.0,
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
fn shifted(at: [f32; 2], ahead: [f32; 2], right_m: f32) -> [f32; 2] {
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
