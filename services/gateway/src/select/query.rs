//! What queries say of the objects that are wanted: text, as an address can have it.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use utoipa::IntoParams;

use super::{Asked, Corridor};
use crate::extract::parameters;
use crate::problem::Problem;

/// Width of a corridor of which only the line is given, metres.
const WIDTH_M: f64 = 100.0;

/// Which objects. All of it is optional, and all that is said must hold.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Words {
    /// West, south, east, north in degrees: objects that meet this box. Without it all objects,
    /// those without a place too.
    #[param(
        value_type = Option<Vec<f64>>,
        style = Form,
        explode = false,
        min_items = 4,
        max_items = 4,
        example = json!([24.8, 60.1, 25.1, 60.3])
    )]
    bbox: Option<String>,
    /// Corners of a polygon, 3 to 1,000: longitude, latitude, longitude, latitude, ... in degrees.
    #[param(
        pattern = r"^-?[0-9.]+(,-?[0-9.]+){5,1999}$",
        example = "24.93,60.16,24.95,60.16,24.94,60.18"
    )]
    polygon: Option<String>,
    /// Points of a line, in the same way: objects that are near it.
    #[param(pattern = r"^-?[0-9.]+(,-?[0-9.]+){3,1999}$", example = "24.93,60.16,24.95,60.18")]
    corridor: Option<String>,
    /// How wide the corridor is, both sides together; 100 m when it is not given.
    #[param(minimum = 1, maximum = 100_000)]
    width_m: Option<f64>,
    /// Id of a city of the region.
    #[param(min_length = 1)]
    city: Option<String>,
    /// Id of a district or postal area, as in the layer `areas`.
    #[param(min_length = 1)]
    district: Option<String>,
    /// Route of public transport: vehicles and trips on it, messages about it, and stops that it
    /// calls at.
    route: Option<String>,
    /// Ids with commas between, at most 1,000.
    ids: Option<String>,
}

impl Words {
    /// Names of the parameters.
    const NAMES: [&str; 8] =
        ["bbox", "polygon", "corridor", "width_m", "city", "district", "route", "ids"];

    /// What they ask for, with a condition.
    pub(crate) fn asked(self, filter: Option<String>) -> Result<Asked, Problem> {
        let bbox = self.bbox.as_deref().map(|text| {
            text.parse().map_err(|error: network::BoundingBoxError| {
                Problem::bad_request(format!("query: bbox: {error}"))
            })
        });
        let corridor = self.corridor.as_deref().map(|text| {
            let width_m = self.width_m.unwrap_or(WIDTH_M);
            points("corridor", text).map(|line| Corridor { line, width_m })
        });
        if self.width_m.is_some() && corridor.is_none() {
            return Err(Problem::bad_request("query: width_m: it is that of a corridor, give one"));
        }
        let polygon = self.polygon.as_deref().map(|text| points("polygon", text));
        Ok(Asked {
            bbox: bbox.transpose()?,
            polygon: polygon.transpose()?,
            corridor: corridor.transpose()?,
            city: self.city,
            district: self.district,
            route: self.route,
            ids: self.ids.as_deref().map(list),
            filter,
        })
    }
}

/// A query that says which objects are wanted, and the rest of it. Serde's `flatten` would let
/// unknown parameters pass.
pub(crate) struct Selecting<T>(pub(crate) Words, pub(crate) T);

impl<S, T> FromRequestParts<S> for Selecting<T>
where
    S: Send + Sync,
    T: DeserializeOwned + IntoParams,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let query = parts.uri.query().unwrap_or_default();
        let mut words = form_urlencoded::Serializer::new(String::new());
        let mut rest = form_urlencoded::Serializer::new(String::new());
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let is_word = Words::NAMES.contains(&name.as_ref());
            if is_word { &mut words } else { &mut rest }.append_pair(&name, &value);
        }
        let rest = parameters(&rest.finish());
        let rest = rest.map_err(|problem| unknown::<T>(query).unwrap_or(problem))?;
        Ok(Self(parameters(&words.finish())?, rest))
    }
}

/// Says which parameter is unknown, and all that there are: serde knows one part of them.
fn unknown<T: IntoParams>(query: &str) -> Option<Problem> {
    let of_rest = T::into_params(|| None).into_iter().map(|parameter| parameter.name);
    let known: Vec<String> = Words::NAMES.into_iter().map(String::from).chain(of_rest).collect();
    let mut names = form_urlencoded::parse(query.as_bytes()).map(|(name, _)| name);
    let name = names.find(|name| !known.iter().any(|known| known == name))?;
    let known: Vec<String> = known.iter().map(|known| format!("`{known}`")).collect();
    let known = known.join(", ");
    Some(Problem::bad_request(format!("query: unknown field `{name}`, expected one of {known}")))
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
