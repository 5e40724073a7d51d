//! Vehicles that are known one by one: what each of them is.

use super::power::PowerModel;
use super::table::{Table, TableError};
use super::{ClassTable, SHARE_TOLERANCE};

/// What a vehicle may be.
#[derive(Clone, Debug, PartialEq)]
pub struct TransitKind {
    /// Its class in the table of classes.
    pub class: String,
    /// Its power second by second.
    pub power: PowerModel,
    /// How likely it is, 0 to 1.
    pub share: f64,
}

/// Vehicles that are the same, or of which nothing else is known.
#[derive(Clone, Debug, PartialEq)]
pub struct TransitGroup {
    /// Name to show: the class, or the group that stands for it.
    pub name: String,
    feed: String,
    vehicle: String,
    mode: String,
    /// What they may be; shares are 1 together.
    pub kinds: Vec<TransitKind>,
}

/// How far what a vehicle of a group emits may be from the most likely: factors on that, low and
/// high, of the interval that holds the truth in nine of ten cases.
///
/// ```
/// use traffic::emission::TransitInterval;
/// // Of a group without kinds nothing is known, and nothing emitted.
/// assert_eq!(TransitInterval::default().co2, [1.0, 1.0]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TransitInterval {
    /// Of energy and power.
    pub energy: [f64; 2],
    /// Of CO2 from the tailpipe, fossil and biogenic.
    pub co2: [f64; 2],
    /// Of nitrogen oxides.
    pub nox: [f64; 2],
    /// Of particles from the tailpipe.
    pub pm_exhaust: [f64; 2],
}

impl Default for TransitInterval {
    fn default() -> Self {
        let surely = [1.0; 2];
        Self { energy: surely, co2: surely, nox: surely, pm_exhaust: surely }
    }
}

/// Which vehicle is what. See [`TransitTable::parse`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TransitTable {
    groups: Vec<TransitGroup>,
}

const COLUMNS: [&str; 7] = ["group", "feed", "vehicle", "mode", "class", "power", "share"];

/// Models of power by name.
const POWER: [(&str, PowerModel); 7] = [
    ("diesel_bus", PowerModel::DIESEL_BUS),
    ("diesel_bus_articulated", PowerModel::DIESEL_BUS_ARTICULATED),
    ("gas_bus", PowerModel::GAS_BUS),
    ("hybrid_bus", PowerModel::HYBRID_BUS),
    ("battery_bus", PowerModel::BATTERY_BUS),
    ("battery_bus_articulated", PowerModel::BATTERY_BUS_ARTICULATED),
    ("tram", PowerModel::TRAM),
];

/// Most groups; each vehicle is looked up once among them.
pub(super) const TRANSIT_GROUPS_MAX: usize = 1_000;

impl TransitTable {
    /// Reads a table. Rows of one group follow one another and say what its vehicles may be, with
    /// shares that are 1 together. A vehicle is of the first group whose feed, vehicle and mode are
    /// its own; `*` stands for any, at the end of a name for any end.
    ///
    /// Errors say file, line and cell.
    pub fn parse(name: &str, text: &str, classes: &ClassTable) -> Result<Self, TableError> {
        let table = Table::parse(name, text, &COLUMNS, &[])?;
        let mut groups: Vec<TransitGroup> = Vec::new();
        for row in table.rows() {
            let class = row.text("class")?;
            if classes.get(class).is_none() {
                let message = format!("{class:?} is not in the table of classes; add it there");
                return Err(row.error("class", message));
            }
            let power = row.text("power")?;
            let Some((_, power)) = POWER.iter().find(|(known, _)| *known == power) else {
                let names = POWER.map(|(name, _)| name).join(", ");
                return Err(row.error("power", format!("{power:?} is none of {names}")));
            };
            let share = row.number("share", [0.0, 1.0])?;
            let kind = TransitKind { class: class.to_owned(), power: *power, share };
            let [group, feed, vehicle, mode] = ["group", "feed", "vehicle", "mode"]
                .map(|column| row.text(column).map(str::to_owned));
            let (group, feed, vehicle, mode) = (group?, feed?, vehicle?, mode?);
            let (count, known) = (groups.len(), groups.iter().any(|before| before.name == group));
            match groups.last_mut().filter(|last| last.name == group) {
                Some(last)
                    if (&last.feed, &last.vehicle, &last.mode) != (&feed, &vehicle, &mode) =>
                {
                    let message = format!("{group:?} has other feeds, vehicles or modes above");
                    return Err(row.error("group", message));
                }
                Some(last) => last.kinds.push(kind),
                None if count == TRANSIT_GROUPS_MAX => {
                    let message = format!("more than {TRANSIT_GROUPS_MAX} groups");
                    return Err(row.error("group", message));
                }
                None if known => {
                    let message = format!("{group:?} is there already; keep its rows together");
                    return Err(row.error("group", message));
                }
                None => groups.push(TransitGroup {
                    name: group,
                    feed,
                    vehicle,
                    mode,
                    kinds: vec![kind],
                }),
            }
        }
        for group in &groups {
            let sum: f64 = group.kinds.iter().map(|kind| kind.share).sum();
            if (sum - 1.0).abs() > SHARE_TOLERANCE {
                let name = &group.name;
                return Err(table.error(format!("the shares of {name} sum to {sum}; make it 1")));
            }
        }
        Ok(Self { groups })
    }

    /// All groups, in the order of the file.
    pub fn groups(&self) -> &[TransitGroup] {
        &self.groups
    }

    /// The number of the group that a vehicle is of; none where the table has none for it.
    pub fn find(&self, feed: &str, vehicle: &str, mode: &str) -> Option<usize> {
        self.groups.iter().position(|group| {
            matches(&group.feed, feed)
                && matches(&group.vehicle, vehicle)
                && matches(&group.mode, mode)
        })
    }
}

fn matches(pattern: &str, name: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(start) => name.starts_with(start),
        None => pattern == name,
    }
}
