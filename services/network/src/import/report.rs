//! What an import read and what it found wrong on the way.

use std::collections::BTreeMap;

/// What may be wrong with a piece of an input. The piece is left out or repaired as the text says,
/// and the rest goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Finding {
    /// A street has a node of which the extract has no place.
    NodeMissing,
    /// A node's place is not on the globe.
    NodeOutOfRange,
    /// A node is in the extract twice.
    NodeTwice,
    /// A way is in the extract twice.
    WayTwice,
    /// A street has fewer than two nodes.
    WayTooShort,
    /// A street has the same node twice in a row.
    NodeRepeated,
    /// Two nodes of a street lie absurdly far apart.
    LinkTooLong,
    /// All of a link's nodes are in one place.
    LinkWithoutLength,
    /// A part of a way runs where another part of it runs already.
    LinkTwice,
    /// A value of a tag makes no sense.
    TagUnreadable,
    /// A turn restriction lacks a member or has one of the wrong kind.
    RestrictionIncomplete,
    /// A turn restriction speaks of streets that do not meet at its node.
    RestrictionApart,
    /// A turn restriction over a street that others use too.
    RestrictionOverWay,
    /// A turn restriction that holds at certain times or for certain vehicles only.
    RestrictionConditional,
    /// A turn restriction that buses are exempt from.
    RestrictionExceptBuses,
    /// A schedule lacks a file.
    FileMissing,
    /// A table lacks its first column.
    ColumnMissing,
    /// A row has no id.
    RowWithoutId,
    /// A stop is in a schedule twice.
    StopTwice,
    /// A stop's place is missing or off the globe.
    StopWithoutPlace,
    /// A route is in a schedule twice.
    RouteTwice,
    /// A route is of a type that nobody has defined.
    RouteTypeUnknown,
    /// A trip is in a schedule twice.
    TripTwice,
    /// A trip is of a route that is not there.
    TripOfUnknownRoute,
    /// A trip has no stop.
    TripWithoutStops,
    /// A trip's line is not there.
    ShapeUnknown,
    /// A point of a line makes no sense.
    ShapePointUnreadable,
    /// A stop time is of a trip that is not there.
    StopTimeOfUnknownTrip,
    /// A stop time is of a stop that is not there.
    StopTimeOfUnknownStop,
    /// A stop time has no sensible number or time.
    StopTimeUnreadable,
    /// A trip has two stops of the same number.
    StopTimeTwice,
    /// A trip's times go back.
    TimesGoBack,
    /// Two schedules give the same id to different things.
    IdOfTwoSchedules,
    /// The ground's height is not known at an end of a link.
    HeightUnknown,
}

impl Finding {
    /// What was wrong and what was done about it.
    ///
    /// ```
    /// assert!(network::Finding::NodeMissing.as_str().contains("extract"));
    /// ```
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NodeMissing => {
                "nodes of streets that the extract does not have: the street is cut there"
            }
            Self::NodeOutOfRange => "nodes off the globe or at a pole: left out",
            Self::NodeTwice => "nodes that are there twice: the first counts",
            Self::WayTwice => "streets that are there twice: the first counts",
            Self::WayTooShort => "streets of fewer than two nodes: left out",
            Self::NodeRepeated => "nodes twice in a row: counted once",
            Self::LinkTooLong => "links with more than 200 km between two nodes: left out",
            Self::LinkWithoutLength => "links whose nodes are all in one place: kept, 0.1 m long",
            Self::LinkTwice => "parts of a street that run where it runs already: left out",
            Self::TagUnreadable => "values of tags that make no sense: as if there were none",
            Self::RestrictionIncomplete => "turn restrictions without from, via or to: left out",
            Self::RestrictionApart => "turn restrictions of streets that do not meet: left out",
            Self::RestrictionOverWay => {
                "turn restrictions over a street that others may turn from too: left out"
            }
            Self::RestrictionConditional => {
                "turn restrictions of certain times or vehicles: left out"
            }
            Self::RestrictionExceptBuses => {
                "turn restrictions that buses are exempt from: left out, for buses are matched too"
            }
            Self::FileMissing => "files that a schedule does not have: as if they were empty",
            Self::ColumnMissing => "tables without the column of ids: left out",
            Self::RowWithoutId => "rows without an id: left out",
            Self::StopTwice => "stops that are there twice: the first counts",
            Self::StopWithoutPlace => "stops without a place: left out",
            Self::RouteTwice => "routes that are there twice: the first counts",
            Self::RouteTypeUnknown => "routes of an unknown type: kept, without a mode",
            Self::TripTwice => "trips that are there twice: the first counts",
            Self::TripOfUnknownRoute => "trips of an unknown route: left out",
            Self::TripWithoutStops => "trips without stops: kept, with their line only",
            Self::ShapeUnknown => "trips whose line is not there: straight from stop to stop",
            Self::ShapePointUnreadable => "points of lines that make no sense: left out",
            Self::StopTimeOfUnknownTrip => "stop times of an unknown trip: left out",
            Self::StopTimeOfUnknownStop => "stop times of an unknown stop: left out",
            Self::StopTimeUnreadable => {
                "stop times with a number or a time that makes no sense: without it"
            }
            Self::StopTimeTwice => "stops of a trip with the same number: the first counts",
            Self::TimesGoBack => "trips whose times go back: kept, in the order of their numbers",
            Self::IdOfTwoSchedules => "ids that two schedules use: the first schedule's counts",
            Self::HeightUnknown => "links of which no grid knows the height: as if they were level",
        }
    }
}

/// What an import read and what it found wrong. Equal inputs give equal reports.
///
/// ```
/// use network::{Finding, ImportReport};
/// let mut report = ImportReport::default();
/// report.read("ways", 3);
/// report.find(Finding::NodeMissing, 42);
/// report.find(Finding::NodeMissing, 43);
/// let lines: Vec<String> = report.lines().collect();
/// assert_eq!(lines[0], "3 ways");
/// assert!(lines[1].starts_with("2 nodes of streets") && lines[1].ends_with("(first: 42)"));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImportReport {
    read: Vec<(&'static str, u64)>,
    findings: BTreeMap<Finding, (u64, String)>,
}

impl ImportReport {
    /// Says how many of something were read.
    pub fn read(&mut self, what: &'static str, count: u64) {
        self.read.push((what, count));
    }

    /// Counts a finding; the first one's id is kept.
    pub fn find(&mut self, finding: Finding, id: impl std::fmt::Display) {
        self.findings.entry(finding).or_insert_with(|| (0, id.to_string())).0 += 1;
    }

    /// How often it was found.
    pub fn count(&self, finding: Finding) -> u64 {
        self.findings.get(&finding).map_or(0, |(count, _)| *count)
    }

    /// What was read and then what was found, a line each.
    pub fn lines(&self) -> impl Iterator<Item = String> {
        let read = self.read.iter().map(|(what, count)| format!("{count} {what}"));
        let findings = self.findings.iter().map(|(finding, (count, first))| {
            format!("{count} {} (first: {first})", finding.as_str())
        });
        read.chain(findings)
    }
}
