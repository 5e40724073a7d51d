//! Areas over which the state of the streets is summed: region, cities, districts, postal areas and
//! cells.

use std::collections::BTreeMap;
use std::sync::Arc;

use events::wire::AreaKind;
use events::{Position, Text};
use h3o::{CellIndex, LatLng, Resolution};

use crate::network::LinkNumber;
use crate::{AreaPolygon, BoundingBox, Network, PolygonKind, Region};

/// Resolution of the cells of the H3 grid: 9 is about 0.1 km², a few blocks.
const CELL_RESOLUTION: Resolution = Resolution::Nine;

/// Most points of a boundary that is drawn: areas are sent whole to every client.
const BOUNDARY_POINTS_MAX: usize = 400;

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
        Self::with_polygons(network, region, &[])
    }

    /// With polygons too. Those of a city, told by its id (in small letters) or its name, take the
    /// place of the city's box; those of cities that the region does not have are left out, as are
    /// districts and postal areas without a link. They come after the cities, in their order; those
    /// of one kind and id are one area, drawn as the first with a link.
    ///
    /// ```
    /// use network::{AreaPolygon, Areas, BoundingBox, NetworkBuilder, PolygonKind, Region};
    /// let bbox: BoundingBox = "24.8,60.1,25.2,60.3".parse().unwrap();
    /// let region = Region { id: "a".into(), name: "A".into(), bbox, cities: vec![] };
    /// let network = NetworkBuilder::new(bbox.center()).build();
    /// let text = r#"{"features": [{"properties": {"n": 1}, "geometry": {"type": "Polygon",
    ///     "coordinates": [[[24.9, 60.1], [25.0, 60.1], [25.0, 60.2], [24.9, 60.1]]]}}]}"#;
    /// let district = AreaPolygon::read(PolygonKind::District, text.as_bytes(), "n", "n").unwrap();
    /// // There is no link in it.
    /// assert_eq!(Areas::with_polygons(&network, &region, &district).all().len(), 1);
    /// ```
    pub fn with_polygons(network: &Network, region: &Region, polygons: &[AreaPolygon]) -> Self {
        let mut areas = vec![Area {
            kind: AreaKind::Region,
            id: format!("region:{}", region.id).into(),
            name: region.name.clone(),
            boundary: ring(&region.bbox),
        }];
        let middles: Vec<Position> =
            (0..network.len() as LinkNumber).map(|link| network.middle(link)).collect();
        let mut members: Vec<(u32, u32)> = Vec::new();
        let inside = |contains: &dyn Fn(Position) -> bool| -> Vec<u32> {
            (0..).zip(&middles).filter(|(_, at)| contains(**at)).map(|(link, _)| link).collect()
        };
        for city in &region.cities {
            let is_it = |polygon: &&AreaPolygon| {
                polygon.kind == PolygonKind::City
                    && (polygon.id.to_lowercase() == city.id.as_str() || polygon.name == city.name)
            };
            let number = areas.len() as u32;
            // Mainland and islands may be a feature each.
            let parts: Vec<&AreaPolygon> = polygons.iter().filter(is_it).collect();
            let has_link = |part: &&&AreaPolygon| middles.iter().any(|&at| part.contains(at));
            let (links, boundary) = match parts.iter().find(has_link).or(parts.first()) {
                Some(drawn) => (
                    inside(&|at| parts.iter().any(|part| part.contains(at))),
                    drawn.boundary(BOUNDARY_POINTS_MAX).into(),
                ),
                None => (inside(&|at| city.bbox.contains(at)), ring(&city.bbox)),
            };
            members.extend(links.into_iter().map(|link| (link, number)));
            let (id, name) = (format!("city:{}", city.id).into(), city.name.clone());
            areas.push(Area { kind: AreaKind::City, id, name, boundary });
        }
        for polygon in polygons.iter().filter(|polygon| polygon.kind != PolygonKind::City) {
            let links = inside(&|at| polygon.contains(at));
            if links.is_empty() {
                continue;
            }
            let id: Text = format!("{}:{}", polygon.kind.as_str(), polygon.id).into();
            // Polygons of one id are parts of one area.
            let number = areas.iter().position(|area| area.id == id).unwrap_or(areas.len());
            members.extend(links.into_iter().map(|link| (link, number as u32)));
            if number == areas.len() {
                let (kind, name) = (polygon.kind.area(), polygon.name.clone());
                let boundary = polygon.boundary(BOUNDARY_POINTS_MAX).into();
                areas.push(Area { kind, id, name, boundary });
            }
        }
        members.sort_unstable();
        members.dedup();
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
        let mut rest = &members[..];
        for (link, cell) in (0..).zip(&cells) {
            of_link.push(0);
            let (own, others) = rest.split_at(rest.partition_point(|&(other, _)| other == link));
            of_link.extend(own.iter().map(|&(_, area)| area));
            rest = others;
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
