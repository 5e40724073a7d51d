//! Which vehicles drive where: shares of vehicle-km by class and kind of road.

use std::collections::BTreeMap;

use super::class::SHARE_TOLERANCE;
use super::table::{Table, TableError};
use super::{Body, ClassTable, RoadKind, VehicleClass};

/// One class's part of a mix.
#[derive(Clone, Debug, PartialEq)]
pub struct MixRow {
    /// Name of the class.
    pub class: String,
    /// Share of the vehicle-km, 0 to 1.
    pub share: f64,
    /// Relative standard deviation of the share.
    pub relative_sd: f64,
}

/// The mix of a city or a country in a year.
#[derive(Clone, Debug, PartialEq)]
pub struct FleetMix {
    /// Its name.
    pub name: String,
    /// Of which year.
    pub year: i32,
    /// Where the figures are from.
    pub source: String,
    /// On what terms they may be used.
    pub licence: String,
    roads: BTreeMap<RoadKind, Vec<MixRow>>,
}

const COLUMNS: [&str; 4] = ["road", "class", "share", "relative_sd"];

impl FleetMix {
    /// Reads a mix: a header with `# name:`, `# year:`, `# source:` and `# licence:`, and rows of
    /// road, class, share of vehicle-km and relative standard deviation of the share. Shares of a
    /// kind of road sum to 1 within a millionth; classes must be known. Without `residential` or
    /// `main` rows those roads have the mix of `street`; without `motorway`, that of `main`.
    ///
    /// ```
    /// use traffic::emission::{ClassTable, FleetMix};
    /// # let header = "id,body,group,fuel,annex_category,annex_fuel,annex_segments,annex_euro,\
    /// #     annex_technologies,scale,electric_share,electric_fuel,electric_segments,\
    /// #     electric_scale,mass_kg,axles,noise_category,idle_mj_h,auxiliary_w,heating_w_per_k,\
    /// #     no2_share,cold_start,cold_nox_per_k,n2o_g_km,nh3_g_km,pn_mj\n";
    /// # let row = "car,car,car,petrol,PC,G,Medium,VI D,PFI,1,0,,,1,1400,2,1,44,0,0,0.03,petrol_4,0,,,\n";
    /// let classes = ClassTable::parse("classes.csv", &format!("{header}{row}")).unwrap();
    /// let text = "# name: town\n# year: 2025\n# source: a count\n# licence: CC0\n\
    ///             road,class,share,relative_sd\nstreet,car,0.97,0.1\n";
    /// let error = FleetMix::parse("fleet-town.csv", text, &classes).unwrap_err();
    /// assert_eq!(
    ///     error.to_string(),
    ///     "fleet-town.csv:6: share: the shares on street roads sum to 0.97; make it 1",
    /// );
    /// ```
    pub fn parse(name: &str, text: &str, classes: &ClassTable) -> Result<Self, TableError> {
        let table = Table::parse(name, text, &COLUMNS, &[])?;
        let mut roads: BTreeMap<RoadKind, Vec<MixRow>> = BTreeMap::new();
        let mut last = BTreeMap::new();
        for row in table.rows() {
            let road = row.text("road")?;
            let Some(road) = RoadKind::from_name(road) else {
                let names = RoadKind::ALL.map(RoadKind::name).join(", ");
                return Err(row.error("road", format!("{road:?} is none of {names}")));
            };
            let class = row.text("class")?;
            if classes.get(class).is_none() {
                let message = format!("{class:?} is not in the table of classes; add it there");
                return Err(row.error("class", message));
            }
            let rows = roads.entry(road).or_default();
            if rows.iter().any(|before| before.class == class) {
                let message = format!("{class} on {} roads is there twice", road.name());
                return Err(row.error("class", message));
            }
            rows.push(MixRow {
                class: class.to_owned(),
                share: row.number("share", [0.0, 1.0])?,
                relative_sd: row.number("relative_sd", [0.0, 2.0])?,
            });
            last.insert(road, row);
        }
        for (road, row) in last {
            let sum: f64 = roads.get(&road).into_iter().flatten().map(|row| row.share).sum();
            if (sum - 1.0).abs() > SHARE_TOLERANCE {
                let sum = (sum * 1e9).round() / 1e9;
                let road = road.name();
                let message = format!("the shares on {road} roads sum to {sum}; make it 1");
                return Err(row.error("share", message));
            }
        }
        if !roads.contains_key(&RoadKind::Street) {
            return Err(table.error("no rows for street roads; add them".to_owned()));
        }
        let year = table.note("year")?;
        let Ok(year) = year.parse() else {
            return Err(table.error(format!("# year: {year:?} is no year")));
        };
        Ok(Self {
            name: table.note("name")?.to_owned(),
            year,
            source: table.note("source")?.to_owned(),
            licence: table.note("licence")?.to_owned(),
            roads,
        })
    }

    /// A mix from rows that sum to 1 on each kind of road; what the parts do not say is taken from
    /// `street` as in a file.
    pub fn from_rows(
        [name, source, licence]: [&str; 3],
        year: i32,
        roads: BTreeMap<RoadKind, Vec<MixRow>>,
    ) -> Self {
        let [name, source, licence] = [name, source, licence].map(str::to_owned);
        Self { name, year, source, licence, roads }
    }

    /// The classes on a kind of road, in the order of the file.
    pub fn rows(&self, road: RoadKind) -> &[MixRow] {
        let fallback: &[RoadKind] = match road {
            RoadKind::Motorway => &[RoadKind::Motorway, RoadKind::Main, RoadKind::Street],
            RoadKind::Main => &[RoadKind::Main, RoadKind::Street],
            RoadKind::Residential => &[RoadKind::Residential, RoadKind::Street],
            RoadKind::Street => &[RoadKind::Street],
        };
        fallback.iter().find_map(|road| self.roads.get(road)).map_or(&[], Vec::as_slice)
    }

    /// Shares of the four noise categories of CNOSSOS-EU on a kind of road; they sum to 1 where
    /// all classes have one.
    pub fn noise_shares(&self, road: RoadKind, classes: &ClassTable) -> [f64; 4] {
        let mut shares = [0.0; 4];
        for (row, class) in self.classes(road, classes) {
            let place = usize::from(class.noise_category).wrapping_sub(1);
            if let Some(share) = shares.get_mut(place) {
                *share += row.share;
            }
        }
        shares
    }

    /// Share of a body on a kind of road.
    pub fn body_share(&self, body: Body, road: RoadKind, classes: &ClassTable) -> f64 {
        let of_body = self.classes(road, classes).filter(|(_, class)| class.body == body);
        of_body.map(|(row, _)| row.share).sum()
    }

    /// The rows on a kind of road with their classes.
    pub fn classes<'a>(
        &'a self,
        road: RoadKind,
        classes: &'a ClassTable,
    ) -> impl Iterator<Item = (&'a MixRow, &'a VehicleClass)> {
        self.rows(road).iter().filter_map(|row| Some((row, classes.get(&row.class)?)))
    }
}
