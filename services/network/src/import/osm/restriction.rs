//! Turn restrictions.

use super::link::{Map, Segment};
use super::street::Tags;
use crate::import::{Finding, ImportReport};
use crate::{ForbiddenTurn, LinkId, NetworkBuilder};

/// Most members of a restriction: real ones have three to six.
const MEMBERS_MAX: usize = 64;

/// Numbers of the kinds of members.
const NODE: i32 = 0;
const WAY: i32 = 1;

/// A turn restriction as the map has it.
#[derive(Debug)]
pub(super) struct Restriction {
    pub(super) id: i64,
    /// `only_…`: the turn is the one that is allowed.
    only: bool,
    from: Vec<i64>,
    to: Vec<i64>,
    via: Via,
}

#[derive(Debug)]
enum Via {
    Node(i64),
    Way(i64),
}

/// A restriction of its tags and members (role, kind, id).
pub(super) fn read(
    id: i64,
    tags: &Tags,
    members: &[(&str, i32, i64)],
    report: &mut ImportReport,
) -> Option<Restriction> {
    let mut find = |finding| report.find(finding, format_args!("relation {id}"));
    let Some(kind) =
        tags.first(&["restriction", "restriction:motorcar", "restriction:motor_vehicle"])
    else {
        find(Finding::RestrictionConditional);
        return None;
    };
    let exempt = tags.get("except").is_some_and(|except| {
        except.split(';').any(|vehicle| matches!(vehicle.trim(), "bus" | "psv"))
    });
    if exempt {
        find(Finding::RestrictionExceptBuses);
        return None;
    }
    let of = |role: &str, kind: i32| -> Vec<i64> {
        let members = members.iter().take(MEMBERS_MAX);
        let members = members.filter(|member| member.0 == role && member.1 == kind);
        members.map(|member| member.2).collect()
    };
    let (from, to) = (of("from", WAY), of("to", WAY));
    let via = match (&of("via", NODE)[..], &of("via", WAY)[..]) {
        ([node], []) => Via::Node(*node),
        ([], [way]) => Via::Way(*way),
        ([], [_, _, ..]) => {
            find(Finding::RestrictionOverWay);
            return None;
        }
        _ => {
            find(Finding::RestrictionIncomplete);
            return None;
        }
    };
    let only = kind.starts_with("only_");
    if from.is_empty() || to.is_empty() || !(only || kind.starts_with("no_")) {
        find(Finding::RestrictionIncomplete);
        return None;
    }
    Some(Restriction { id, only, from, to, via })
}

/// Forbids all turns that restrictions forbid.
pub(super) fn forbid(map: &Map, builder: &mut NetworkBuilder, report: &mut ImportReport) {
    let mut forbidden = 0;
    for restriction in &map.restrictions {
        match turns(map, restriction) {
            Ok(turns) => {
                forbidden += turns.len() as u64;
                for turn in turns {
                    builder.forbid(turn);
                }
            }
            Err(finding) => report.find(finding, format_args!("relation {}", restriction.id)),
        }
    }
    report.read("turns forbidden", forbidden);
}

fn turns(map: &Map, restriction: &Restriction) -> Result<Vec<ForbiddenTurn>, Finding> {
    let known =
        |ways: &[i64]| -> Vec<usize> { ways.iter().filter_map(|way| row(map, *way)).collect() };
    let (from, to) = (known(&restriction.from), known(&restriction.to));
    match restriction.via {
        Via::Node(node) => {
            let node = map.ids.binary_search(&node).map_err(|_| Finding::RestrictionApart)? as u32;
            let from = ending(map, &from, node);
            let to = beginning(map, &to, node);
            if from.is_empty() || (restriction.only && to.is_empty()) {
                return Err(Finding::RestrictionApart);
            }
            Ok(pairs(map, &from, &to, restriction.only.then_some(node)))
        }
        Via::Way(way) => {
            let row = row(map, way).ok_or(Finding::RestrictionApart)?;
            // A street that is cut may be entered and left on its way too.
            let [segment] = map.segments_of(row) else { return Err(Finding::RestrictionOverWay) };
            let mut ends = map.ends(*segment);
            for direction in [0, 1] {
                let over = map.open(*segment, direction).then(|| map.id(*segment, direction));
                let (before, after) = (ending(map, &from, ends[0]), beginning(map, &to, ends[1]));
                if let (Some(over), false, false) = (over, before.is_empty(), after.is_empty()) {
                    return over_way(map, restriction.only, (&before, over, &after), ends);
                }
                ends.reverse();
            }
            Err(Finding::RestrictionApart)
        }
    }
}

/// A turn over a whole street can be said in pairs of links where nobody else comes into that
/// street, or nobody leaves it elsewhere.
fn over_way(
    map: &Map,
    only: bool,
    (before, over, after): (&[LinkId], LinkId, &[LinkId]),
    [begin, end]: [u32; 2],
) -> Result<Vec<ForbiddenTurn>, Finding> {
    let back = LinkId { way: over.way, from: over.to, to: over.from };
    let mut others = all_ending(map, begin);
    others.retain(|link| !before.contains(link) && *link != back);
    if others.is_empty() {
        return Ok(pairs(map, &[over], after, only.then_some(end)));
    }
    let mut others = all_beginning(map, end);
    others.retain(|link| !after.contains(link) && *link != back);
    if others.is_empty() && !only {
        return Ok(pairs(map, before, &[over], None));
    }
    Err(Finding::RestrictionOverWay)
}

/// Turns from each to each, or with `only` at a node to all that are not there.
fn pairs(map: &Map, from: &[LinkId], to: &[LinkId], only: Option<u32>) -> Vec<ForbiddenTurn> {
    let to = match only {
        Some(node) => {
            let mut others = all_beginning(map, node);
            others.retain(|link| !to.contains(link));
            others
        }
        None => to.to_vec(),
    };
    from.iter().flat_map(|&from| to.iter().map(move |&to| ForbiddenTurn { from, to })).collect()
}

fn row(map: &Map, way: i64) -> Option<usize> {
    map.rows.binary_search_by_key(&way, |row| row.id).ok()
}

/// Links of rows that end at a node.
fn ending(map: &Map, rows: &[usize], node: u32) -> Vec<LinkId> {
    let segments = rows.iter().flat_map(|&row| map.segments_of(row));
    links(map, segments, node, 1)
}

/// Links of rows that begin at a node.
fn beginning(map: &Map, rows: &[usize], node: u32) -> Vec<LinkId> {
    let segments = rows.iter().flat_map(|&row| map.segments_of(row));
    links(map, segments, node, 0)
}

fn all_ending(map: &Map, node: u32) -> Vec<LinkId> {
    links(map, map.arms.at(node).iter(), node, 1)
}

fn all_beginning(map: &Map, node: u32) -> Vec<LinkId> {
    links(map, map.arms.at(node).iter(), node, 0)
}

/// Links of segments that have a node as their beginning (0) or end (1).
fn links<'a>(
    map: &Map,
    segments: impl Iterator<Item = &'a Segment>,
    node: u32,
    end: usize,
) -> Vec<LinkId> {
    let mut links = Vec::new();
    for &segment in segments {
        for direction in [0, 1] {
            // Against the way's nodes the ends are the other way round.
            if map.ends(segment)[end ^ direction] == node && map.open(segment, direction) {
                links.push(map.id(segment, direction));
            }
        }
    }
    links
}
