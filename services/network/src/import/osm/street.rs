//! What the tags of a way say about a street: kind, directions, lanes, access.

use super::speed::{self, Limits};
use crate::{LinkFlags, RoadClass};

/// Most lanes of one direction that are believed.
const LANES_MAX: u8 = 16;

/// Tags of one element.
#[derive(Debug, Default)]
pub(super) struct Tags<'a>(pub(super) Vec<(&'a str, &'a str)>);

impl<'a> Tags<'a> {
    pub(super) fn get(&self, key: &str) -> Option<&'a str> {
        self.0.iter().find(|(other, _)| *other == key).map(|&(_, value)| value.trim())
    }

    /// Value of the first of the keys that is there.
    pub(super) fn first(&self, keys: &[&str]) -> Option<&'a str> {
        keys.iter().find_map(|key| self.get(key))
    }

    fn is(&self, key: &str, values: &[&str]) -> bool {
        self.get(key).is_some_and(|value| values.contains(&value))
    }
}

/// One direction of a street.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Direction {
    pub(super) lanes: u8,
    pub(super) limits: Limits,
    /// What holds for this direction alone.
    pub(super) flags: LinkFlags,
}

/// A street, in the direction of its way's nodes and against it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Street {
    pub(super) class: RoadClass,
    /// What holds for both directions.
    pub(super) flags: LinkFlags,
    pub(super) directions: [Option<Direction>; 2],
    /// Whether signs or lamps say that it is in a built-up area; the surroundings say it otherwise.
    pub(super) built_up: Option<bool>,
    /// A road for motor vehicles alone, or a motorway.
    pub(super) motorroad: bool,
}

impl Street {
    /// Lanes of both directions.
    pub(super) fn lanes(&self) -> u32 {
        self.directions.iter().flatten().map(|direction| u32::from(direction.lanes)).sum()
    }
}

/// Who may drive.
#[derive(Clone, Copy, PartialEq)]
enum Access {
    Open,
    Private,
    Closed,
}

/// The street of a way's tags; `None` when neither cars nor buses may drive there. `odd` hears of
/// each tag whose value makes no sense.
pub(super) fn street(tags: &Tags, odd: &mut impl FnMut(&str)) -> Option<Street> {
    let ferry = tags.is("route", &["ferry"]);
    let highway = tags.get("highway");
    let (class, slip_road) = match highway {
        // For the buses that some of them are open to.
        Some("pedestrian") => (RoadClass::LivingStreet, false),
        Some(highway) => class(highway)?,
        None if ferry => (RoadClass::Ferry, false),
        None => return None,
    };
    if tags.is("area", &["yes"]) {
        return None;
    }
    let busway = class == RoadClass::Busway;
    let named = tags.first(&["motorcar", "motor_vehicle", "vehicle", "access"]).map(access);
    let by_default = if busway || ferry { Access::Closed } else { Access::Open };
    // Access to a pedestrian street is for those on foot, and `destination` for deliveries.
    let on_foot =
        highway == Some("pedestrian") && tags.first(&["motorcar", "motor_vehicle"]) != Some("yes");
    let cars = if on_foot { Access::Closed } else { named.unwrap_or(by_default) };
    let buses = match tags.first(&["bus", "psv"]).map(access) {
        Some(buses) => buses,
        None if busway => Access::Open,
        None => cars,
    };
    let mut flags = LinkFlags::default();
    match (cars, buses) {
        (Access::Closed, Access::Open) => flags = flags.with(LinkFlags::BUS_ONLY),
        (Access::Closed, _) => return None,
        (Access::Private, _) => flags = flags.with(LinkFlags::PRIVATE),
        (Access::Open, _) => {}
    }
    let roundabout = tags.is("junction", &["roundabout", "circular"]);
    let holds = [
        (tags.get("tunnel").is_some_and(|value| value != "no"), LinkFlags::TUNNEL),
        (tags.get("bridge").is_some_and(|value| value != "no"), LinkFlags::BRIDGE),
        (roundabout, LinkFlags::ROUNDABOUT),
        (ferry, LinkFlags::FERRY),
    ];
    for (_, flag) in holds.into_iter().filter(|(holds, _)| *holds) {
        flags = flags.with(flag);
    }
    let one_way = one_way(tags, roundabout || class == RoadClass::Motorway, odd);
    let motorroad = class == RoadClass::Motorway || tags.is("motorroad", &["yes"]);
    let mut street = Street {
        class,
        flags,
        directions: [None; 2],
        built_up: speed::signed_built_up(tags),
        motorroad: motorroad && !slip_road,
    };
    let default = if class == RoadClass::Motorway && !slip_road { 2 } else { 1 };
    let lanes = lanes(tags, one_way, default, odd);
    let bus_lanes = bus_lanes(tags, one_way);
    let against = opens_to_buses_against(tags);
    for (side, [suffix, other]) in
        [["forward", "backward"], ["backward", "forward"]].iter().enumerate()
    {
        let mut own = LinkFlags::default();
        match one_way {
            Some(way) if way != side => {
                // The contraflow lane of a one-way street.
                if !against {
                    continue;
                }
                own = own.with(LinkFlags::BUS_ONLY);
            }
            Some(_) => own = own.with(LinkFlags::ONE_WAY),
            None if tags.is(&format!("motor_vehicle:{suffix}"), &["no"])
                || tags.is(&format!("vehicle:{suffix}"), &["no"]) =>
            {
                if !tags.is(&format!("bus:{suffix}"), &["yes", "designated"])
                    && !tags.is(&format!("psv:{suffix}"), &["yes", "designated"])
                {
                    continue;
                }
                own = own.with(LinkFlags::BUS_ONLY);
            }
            None if tags.is(&format!("motor_vehicle:{other}"), &["no"])
                || tags.is(&format!("vehicle:{other}"), &["no"]) =>
            {
                own = own.with(LinkFlags::ONE_WAY);
            }
            None => {}
        }
        if bus_lanes[side] {
            own = own.with(LinkFlags::BUS_LANE);
        }
        let limits = speed::limits(tags, suffix, odd);
        street.directions[side] = Some(Direction { lanes: lanes[side], limits, flags: own });
    }
    street.directions.iter().any(Option::is_some).then_some(street)
}

/// Class of a `highway` value, and whether it is a slip road.
fn class(highway: &str) -> Option<(RoadClass, bool)> {
    let road = highway.strip_suffix("_link");
    let class = match road.unwrap_or(highway) {
        "motorway" => RoadClass::Motorway,
        "trunk" => RoadClass::Trunk,
        "primary" => RoadClass::Primary,
        "secondary" => RoadClass::Secondary,
        "tertiary" => RoadClass::Tertiary,
        "unclassified" | "road" => RoadClass::Unclassified,
        "residential" => RoadClass::Residential,
        "living_street" => RoadClass::LivingStreet,
        "service" => RoadClass::Service,
        "busway" | "bus_guideway" => RoadClass::Busway,
        _ => return None,
    };
    Some((class, road.is_some()))
}

fn access(value: &str) -> Access {
    match value {
        "no" | "agricultural" | "forestry" | "emergency" | "military" | "use_sidepath" => {
            Access::Closed
        }
        "private" | "permit" | "residents" => Access::Private,
        _ => Access::Open,
    }
}

/// The only direction in which cars may drive: 0 with the way's nodes, 1 against them. A street
/// whose direction changes by the hour is open in both.
fn one_way(tags: &Tags, implied: bool, odd: &mut impl FnMut(&str)) -> Option<usize> {
    match tags.get("oneway") {
        Some("yes" | "1" | "true") => Some(0),
        Some("-1" | "reverse") => Some(1),
        Some("no" | "0" | "false" | "reversible" | "alternating") => None,
        Some(_) => {
            odd("oneway");
            implied.then_some(0)
        }
        None => implied.then_some(0),
    }
}

/// Lanes with the way's nodes and against them, each 1 or more.
fn lanes(tags: &Tags, one_way: Option<usize>, default: u8, odd: &mut impl FnMut(&str)) -> [u8; 2] {
    let mut count = |key: &str| {
        let value = tags.get(key)?;
        // `2;3` and `1.5` are written where the number changes along the way.
        let number = value.split([';', '.', ',', '|']).next().unwrap_or_default();
        let count = number.trim().parse().ok().filter(|count| (0..=LANES_MAX).contains(count));
        if count.is_none() {
            odd(key);
        }
        count
    };
    let sides = [count("lanes:forward"), count("lanes:backward")];
    let both = count("lanes:both_ways").unwrap_or(0);
    let total = count("lanes").map(|lanes| lanes.saturating_sub(both));
    let side = |side: usize| {
        let lanes = match (sides[side], sides[1 - side], total) {
            (Some(lanes), _, _) => lanes,
            (None, other, Some(total)) if one_way == Some(side) => {
                total.saturating_sub(other.unwrap_or(0))
            }
            (None, _, Some(_)) if one_way.is_some() => 1,
            (None, Some(other), Some(total)) => total.saturating_sub(other),
            // The odd lane of three climbs the hill: with the nodes, for want of better.
            (None, None, Some(total)) => (total + 1 - side as u8) / 2,
            (None, _, None) => default,
        };
        lanes.max(1)
    };
    [side(0), side(1)]
}

/// Whether there is a lane for buses, with the way's nodes and against them.
fn bus_lanes(tags: &Tags, one_way: Option<usize>) -> [bool; 2] {
    const LANE: [&str; 1] = ["lane"];
    let some = |key: &str| {
        tags.get(key).is_some_and(|value| {
            value.split(['|', ';']).any(|lane| {
                lane.parse().map_or(matches!(lane, "designated"), |lanes: u32| lanes > 0)
            })
        })
    };
    let plain = ["lanes:bus", "lanes:psv", "bus:lanes", "psv:lanes"].into_iter().any(some);
    let everywhere = plain || tags.is("busway", &LANE) || tags.is("busway:both", &LANE);
    let side = |side: usize, suffix: &str, kerb: &str| {
        let keys = ["lanes:bus", "lanes:psv", "bus:lanes", "psv:lanes"];
        let own = keys.into_iter().any(|key| some(&format!("{key}:{suffix}")));
        // One drives on the right.
        let kerb = tags.is(&format!("busway:{kerb}"), &LANE);
        own || kerb || (everywhere && one_way.is_none_or(|way| way == side))
    };
    let either = tags.is("busway:left", &LANE);
    let mut sides = [side(0, "forward", "right"), side(1, "backward", "left")];
    if let Some(way) = one_way {
        sides[way] |= either;
    }
    sides
}

/// Whether buses may drive against a one-way street.
fn opens_to_buses_against(tags: &Tags) -> bool {
    ["oneway:bus", "oneway:psv"].into_iter().any(|key| tags.is(key, &["no"]))
        || ["busway", "busway:left", "busway:right"]
            .into_iter()
            .any(|key| tags.is(key, &["opposite_lane", "opposite", "opposite_track"]))
}
