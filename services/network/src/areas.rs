//! Areas over which the state of the streets is summed: region, cities and cells.

use std::collections::BTreeMap;
use std::sync::Arc;

use events::wire::AreaKind;
use events::{Position, Text};
use h3o::{CellIndex, LatLng, Resolution};

use crate::network::LinkNumber;
use crate::{BoundingBox, Network, Region};

/// Resolution of the cells of the H3 grid: 9 is about 0.1 km², a few blocks.
const CELL_RESOLUTION: Resolution = Resolution::Nine;

/// One area.
#[derive(Clone, Debug, PartialEq)]
pub struct Area {
    /// What it is.
    pub kind: AreaKind,
    /// `<kind>:<id>`, such as `city:espoo` or `cell:8911260a5abffff`.
    pub id: Text,
    /// Name to show; of a cell its index.
    pub name: Text,
    /// A closed ring.
    pub boundary: Arc<[Position]>,
}

/// The areas of a region, and which links are in which. A link belongs to an area when its middle
/// does, with all its length: so the cells add up to the region exactly.
///
/// ```
/// use events::wire::AreaKind;
/// use network::{Areas, BoundingBox, Network, NetworkBuilder, Region};
/// let bbox: BoundingBox = "24.8,60.1,25.2,60.3".parse().unwrap();
/// let region = Region { id: "a".into(), name: "A".into(), bbox, cities: vec![] };
/// let network = NetworkBuilder::new(bbox.center()).build();
/// let areas = Areas::new(&network, &region);
/// assert_eq!(areas.all()[0].kind, AreaKind::Region);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Areas {
    all: Vec<Area>,
    starts: Vec<u32>,
    of_link: Vec<u32>,
}

impl Areas {
    /// The region, its cities, and the cells that have a link, in this order. Cities are boxes and
    /// may overlap: a link is in each whose box has its middle.
    pub fn new(network: &Network, region: &Region) -> Self {
        let mut areas = vec![Area {
            kind: AreaKind::Region,
            id: format!("region:{}", region.id).into(),
            name: region.name.clone(),
            boundary: ring(&region.bbox),
        }];
        areas.extend(region.cities.iter().map(|city| Area {
            kind: AreaKind::City,
            id: format!("city:{}", city.id).into(),
            name: city.name.clone(),
            boundary: ring(&city.bbox),
        }));
        let middles: Vec<Position> =
            (0..network.len() as LinkNumber).map(|link| network.middle(link)).collect();
        let cell = |at: &Position| {
            let at = LatLng::new(at.latitude_deg, at.longitude_deg).ok()?;
            Some(at.to_cell(CELL_RESOLUTION))
        };
        let cells: Vec<Option<CellIndex>> = middles.iter().map(cell).collect();
        let mut numbers: BTreeMap<CellIndex, u32> =
            cells.iter().flatten().map(|&cell| (cell, 0)).collect();
        for (cell, number) in &mut numbers {
            *number = areas.len() as u32;
            areas.push(Area {
                kind: AreaKind::Cell,
                id: format!("cell:{cell}").into(),
                name: cell.to_string().into(),
                boundary: cell_ring(*cell),
            });
        }
        let (mut starts, mut of_link) = (vec![0], Vec::new());
        for (middle, cell) in middles.iter().zip(&cells) {
            of_link.push(0);
            let cities = (1_u32..).zip(&region.cities);
            of_link.extend(
                cities.filter(|(_, city)| city.bbox.contains(*middle)).map(|(number, _)| number),
            );
            of_link.extend(cell.and_then(|cell| numbers.get(&cell)));
            starts.push(of_link.len() as u32);
        }
        Self { all: areas, starts, of_link }
    }

    /// All of them; their numbers are the places here.
    pub fn all(&self) -> &[Area] {
        &self.all
    }

    /// Numbers of the areas that a link is in.
    pub fn of(&self, link: LinkNumber) -> &[u32] {
        let link = link as usize;
        &self.of_link[self.starts[link] as usize..self.starts[link + 1] as usize]
    }
}

fn ring(bbox: &BoundingBox) -> Arc<[Position]> {
    let BoundingBox { west_deg, south_deg, east_deg, north_deg } = *bbox;
    let at = |latitude_deg, longitude_deg| Position { longitude_deg, latitude_deg };
    let corners = [
        at(south_deg, west_deg),
        at(south_deg, east_deg),
        at(north_deg, east_deg),
        at(north_deg, west_deg),
    ];
    closed(corners.into_iter())
}

fn cell_ring(cell: CellIndex) -> Arc<[Position]> {
    let boundary = cell.boundary();
    closed(boundary.iter().map(|at| Position { longitude_deg: at.lng(), latitude_deg: at.lat() }))
}

fn closed(points: impl Iterator<Item = Position> + Clone) -> Arc<[Position]> {
    points.clone().chain(points.take(1)).collect()
}
