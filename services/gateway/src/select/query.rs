//! What queries say of the objects that are wanted: text, as an address can have it.

use super::{Asked, Corridor};
use crate::problem::Problem;

/// Width of a corridor of which only the line is given, metres.
const WIDTH_M: f64 = 100.0;

/// The parameters of a query that say which objects are wanted.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Words<'a> {
    /// `west,south,east,north`.
    pub(crate) bbox: Option<&'a str>,
    /// `longitude,latitude,longitude,latitude,...`.
    pub(crate) polygon: Option<&'a str>,
    /// The same of a line.
    pub(crate) corridor: Option<&'a str>,
    pub(crate) width_m: Option<f64>,
    pub(crate) city: Option<&'a str>,
    pub(crate) district: Option<&'a str>,
    pub(crate) route: Option<&'a str>,
    /// Ids with commas between.
    pub(crate) ids: Option<&'a str>,
    pub(crate) filter: Option<&'a str>,
}

impl Words<'_> {
    /// What they ask for.
    pub(crate) fn asked(&self) -> Result<Asked, Problem> {
        let bbox = self.bbox.map(|text| {
            text.parse().map_err(|error: network::BoundingBoxError| {
                Problem::bad_request(format!("query: bbox: {error}"))
            })
        });
        let corridor = self.corridor.map(|text| {
            let width_m = self.width_m.unwrap_or(WIDTH_M);
            points("corridor", text).map(|line| Corridor { line, width_m })
        });
        if self.width_m.is_some() && corridor.is_none() {
            return Err(Problem::bad_request("query: width_m: it is that of a corridor, give one"));
        }
        let owned = |text: Option<&str>| text.map(String::from);
        Ok(Asked {
            bbox: bbox.transpose()?,
            polygon: self.polygon.map(|text| points("polygon", text)).transpose()?,
            corridor: corridor.transpose()?,
            city: owned(self.city),
            district: owned(self.district),
            route: owned(self.route),
            ids: self.ids.map(list),
            filter: owned(self.filter),
        })
    }
}

/// The parts between commas.
pub(crate) fn list(text: &str) -> Vec<String> {
    text.split(',').map(|part| part.trim().to_owned()).collect()
}

fn points(key: &str, text: &str) -> Result<Vec<[f64; 2]>, Problem> {
    let numbers: Result<Vec<f64>, _> =
        text.split(',').map(|number| number.trim().parse::<f64>()).collect();
    let numbers = numbers.ok().filter(|numbers| numbers.len() % 2 == 0);
    let numbers = numbers.ok_or_else(|| {
        let detail = format!(
            "query: {key}: it is longitude,latitude,longitude,latitude,... in degrees, not {text:?}"
        );
        Problem::bad_request(detail)
    })?;
    Ok(numbers.chunks_exact(2).map(|pair| [pair[0], pair[1]]).collect())
}
