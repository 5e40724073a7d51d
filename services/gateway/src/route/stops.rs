//! Stops of public transport: what they are called and where they are, as the schedule says that the
//! region's network was imported with. Vehicles, trips and messages name stops by their ids alone.

use std::sync::Arc;

use axum::extract::{OriginalUri, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::{Router, routing};
use network::{Schedule, ScheduleNumber};
use picture::StreetSetup;
use serde::{Deserialize, Serialize};

use super::layer::{address_of_next, count};
use crate::answer::{json_bytes, tag_of, tagged};
use crate::app::App;
use crate::extract::Segments;
use crate::problem::Problem;
use crate::schema::Problems;
use crate::select::{Filter, Selecting, Selection, Words, casei, stop_properties};

/// Longest part of a name that is looked for, characters: longer than any stop is called.
const PART_CHARACTERS_MAX: usize = 100;

/// Said where a region has no stop at all.
const NO_STOPS: &str = "the region has no stops: it has no network, or one that was imported without a \
                        schedule; `tilanne network import --gtfs` makes one with stops";

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new().route("/v1/regions/{region}/stops", routing::get(get))
}

/// Which stops, beside where they are.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Query {
    /// A part of the name or the code, or the whole id. Capitals and small letters are the same,
    /// letters with other marks are others.
    #[param(min_length = 1, max_length = 100, example = "rautatien")]
    q: Option<String>,
    /// A condition on the properties, in CQL2 text.
    #[param(min_length = 1, max_length = 2000, example = "code LIKE 'H%'")]
    filter: Option<String>,
    /// Most stops on the page. More than the server's maximum is taken as the maximum.
    #[param(value_type = Option<i64>, minimum = 1, maximum = 4_294_967_295_i64)]
    limit: Option<u32>,
    /// Where the page starts: from `next` of the page before.
    cursor: Option<String>,
}

/// A page of stops.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct StopPage<'a> {
    /// Region.
    region: &'a str,
    /// How many stops the region has, whatever was asked for.
    total: usize,
    /// Why there are none, where the region has none at all; else missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    note: Option<&'static str>,
    /// By id.
    stops: Vec<Stop<'a>>,
    /// Address of the next page; missing on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    next: Option<String>,
}

/// A stop of public transport.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct Stop<'a> {
    /// Id, as vehicles, trips and messages say it.
    id: &'a str,
    /// Name; empty where the schedule has none.
    name: &'a str,
    /// What its sign says beside the name, such as a number; null where the schedule has none.
    #[schema(required = true)]
    code: Option<&'a str>,
    /// Latitude, degrees.
    latitude_deg: f64,
    /// Longitude, degrees.
    longitude_deg: f64,
}

impl<'a> From<network::Stop<'a>> for Stop<'a> {
    fn from(stop: network::Stop<'a>) -> Self {
        let network::Stop { id, name, code, at } = stop;
        let code = Some(code).filter(|code| !code.is_empty());
        Self { id, name, code, latitude_deg: at.latitude_deg, longitude_deg: at.longitude_deg }
    }
}

/// Stops
///
/// Those of the schedule that the region's network was imported with, by id; they are the same until
/// another network is there. Vehicles, trips and messages name them by their ids.
#[utoipa::path(
    get,
    operation_id = "list_stops",
    path = "/v1/regions/{region}/stops",
    tag = "picture",
    params(("region" = String, Path, description = "Id of the region"), Words, Query),
    responses((status = 200, description = "A page of stops", body = StopPage), Problems)
)]
pub(super) async fn get(
    State(app): State<Arc<App>>,
    Segments(region): Segments<String>,
    Selecting(words, query): Selecting<Query>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let live = app.known_region(&region)?;
    let asked = words.asked(None)?;
    let limit_max = app.options.page_limit_max;
    let limit = query.limit.map(|limit| count("limit", limit, limit_max)).transpose()?;
    let filter = query.filter.as_deref().map(|text| Filter::parse(text, &[stop_properties()]));
    let wanted = Wanted {
        selection: Selection::watched(&asked, Vec::new(), live)?,
        route: asked.route,
        part: query.q.as_deref().map(part).transpose()?,
        filter: filter.transpose()?,
        after: query.cursor.unwrap_or_default(),
        limit: limit.unwrap_or(limit_max),
    };
    let streets = live.streets().cloned();
    // A country has a hundred thousand stops, each of which is looked at.
    let making = tokio::task::spawn_blocking(move || {
        let page = wanted.page(&region, streets.as_deref(), |id| address_of_next(&uri, id));
        json_bytes(&page).map(|body| (body, page.next.clone()))
    });
    let (body, next) = making.await.map_err(|error| Problem::internal(&error))??;
    let tag = tag_of(&body);
    let content_type = [(header::CONTENT_TYPE, "application/json")];
    let answer = async { Ok((content_type, body).into_response()) };
    let mut response = tagged(&headers, &tag, answer).await?;
    let next = next.map(|next| HeaderValue::try_from(format!("<{next}>; rel=\"next\"")));
    if let Some(Ok(next)) = next {
        response.headers_mut().insert(header::LINK, next);
    }
    Ok(response)
}

/// A part of a name, as it is compared.
fn part(q: &str) -> Result<String, Problem> {
    let characters = q.chars().count();
    if (1..=PART_CHARACTERS_MAX).contains(&characters) {
        return Ok(casei(q));
    }
    let detail = format!(
        "query: q: it has {characters} characters, it must have 1 to {PART_CHARACTERS_MAX}"
    );
    Err(Problem::bad_request(detail))
}

/// Which stops.
struct Wanted {
    /// Ids and places.
    selection: Selection,
    route: Option<String>,
    /// Part of a name, a code, or all of an id.
    part: Option<String>,
    filter: Option<Filter>,
    /// The last id of the page before.
    after: String,
    limit: usize,
}

impl Wanted {
    /// The page, with the address that `address_after` gives of what comes after an id.
    fn page<'a>(
        &self,
        region: &'a str,
        streets: Option<&'a StreetSetup>,
        address_after: impl Fn(&str) -> String,
    ) -> StopPage<'a> {
        let schedule = streets.map(|streets| streets.network().schedule());
        let total = schedule.map_or(0, |schedule| schedule.counts()[0]);
        let found = schedule.into_iter().flat_map(|schedule| self.found(schedule));
        let mut stops: Vec<Stop<'a>> = found.take(self.limit.saturating_add(1)).collect();
        let is_more = stops.len() > self.limit;
        stops.truncate(self.limit);
        let next = stops.last().filter(|_| is_more).map(|last| address_after(last.id));
        StopPage { region, total, note: (total == 0).then_some(NO_STOPS), stops, next }
    }

    /// What is wanted of a schedule after the page before.
    fn found<'a>(&self, schedule: &'a Schedule) -> impl Iterator<Item = Stop<'a>> {
        let of_route = self.route.as_deref().map(|route| schedule.stops_of(route));
        let is_of_route = move |stop: ScheduleNumber| {
            of_route.as_ref().is_none_or(|stops| stops.binary_search(&stop).is_ok())
        };
        let stops = (0..).zip(schedule.stops());
        stops.filter_map(move |(number, stop)| {
            let is_wanted = stop.id > self.after.as_str()
                && is_of_route(number)
                && self.selection.has_place(stop.id, stop.at)
                && self.part.as_ref().is_none_or(|part| is_called(&stop, part));
            is_wanted
                .then(|| Stop::from(stop))
                .filter(|stop| self.filter.as_ref().is_none_or(|filter| filter.has(stop)))
        })
    }
}

/// Whether a name or a code has a part in it, or it is the id.
fn is_called(stop: &network::Stop<'_>, part: &str) -> bool {
    [stop.name, stop.code].iter().any(|text| casei(text).contains(part)) || casei(stop.id) == part
}
