//! Objects of a layer, page by page.

use std::sync::Arc;

use axum::extract::{OriginalUri, State};
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use axum::{Router, routing};
use events::Position;
use picture::{Layer, Object, View};
use serde::Deserialize;

use crate::answer::{Answer, Answers, Head, Shape};
use crate::app::App;
use crate::column::Fields;
use crate::extract::Segments;
use crate::negotiate;
use crate::past::{self, At, Known, When};
use crate::problem::Problem;
use crate::query::sort::{Key, Sort};
use crate::query::{Span, near};
use crate::schema::{self, ProblemsOfFormats};
use crate::select::{Asked, Selecting, Selection, Words};

/// Objects that are nearest when `k` is not given.
const NEAREST: u32 = 10;

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new().route("/v1/regions/{region}/{layer}", routing::get(get))
}

/// Beside which objects: what of them, in which order and format.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Query {
    /// As it was known at this time (RFC 3339): what had been received by then, answered as then.
    /// Without it now.
    #[param(format = DateTime, example = "2026-11-26T07:30:00Z")]
    at: Option<String>,
    /// Of the answers that could be given at that time, the one of this `sequence`: what was received
    /// but not in the picture yet is left out. Goes with `at`.
    #[param(value_type = Option<i64>, minimum = 0)]
    sequence: Option<u64>,
    /// `then`, which is what is meant where it is not given, or `now`: with what was received in the
    /// five minutes after and is about that time or before.
    #[param(inline)]
    known: Option<Known>,
    /// A series: the first moment (RFC 3339). Goes with `to` and `step`, not with `at`.
    #[param(format = DateTime, example = "2026-11-26T07:00:00Z")]
    from: Option<String>,
    /// The last moment of a series, if a whole number of steps leads there.
    #[param(format = DateTime, example = "2026-11-26T08:00:00Z")]
    to: Option<String>,
    /// From a moment to the next: an ISO 8601 duration of hours, minutes and seconds, one second or
    /// more.
    #[param(pattern = r"^PT([0-9]+H)?([0-9]+M)?([0-9]+S)?$", example = "PT5M")]
    step: Option<String>,
    /// A condition on the properties, in CQL2 text: comparisons, `BETWEEN`, `IN`, `LIKE`, `IS NULL`,
    /// `AND`, `OR`, `NOT`, and `CASEI(…)` on both sides to compare without capitals.
    #[param(
        min_length = 1,
        max_length = 2000,
        example = "report.mode = 'tram' AND report.delay_s > 120"
    )]
    filter: Option<String>,
    /// Objects whose event time is this or later.
    #[param(example = 1_764_115_200_000_i64)]
    since_ms: Option<i64>,
    /// Objects whose event time is before this.
    until_ms: Option<i64>,
    /// Longitude, latitude in degrees: the nearest objects, nearest first, by the distance to their
    /// nearest point. There is one page of them.
    #[param(
        value_type = Option<Vec<f64>>,
        style = Form,
        explode = false,
        min_items = 2,
        max_items = 2,
        example = json!([24.94, 60.17])
    )]
    near: Option<String>,
    /// How many of the nearest objects, 10 when not given; goes with `near`. More than the server's
    /// maximum is taken as the maximum.
    #[param(value_type = Option<i64>, minimum = 1, maximum = 4_294_967_295_i64)]
    k: Option<u32>,
    /// Property to order by, such as `event_time_ms` or `five_minutes.speed_km_h.value`, `-` before
    /// it for the largest first. What has none comes last. Without it the order is that of ids.
    #[param(min_length = 1)]
    sort: Option<String>,
    /// Properties that the answer has, by their names in JSON, separated by commas: `report.mode`
    /// alone, or `report` with all that is in it. The id is always there, the geometry in all
    /// formats that have one apart from the properties. Protobuf has all properties.
    #[param(min_length = 1)]
    fields: Option<String>,
    /// Format, for who cannot set `Accept`.
    #[param(value_type = Option<schema::FormatName>)]
    format: Option<String>,
    /// Most objects on the page. More than the server's maximum is taken as the maximum.
    #[param(value_type = Option<i64>, minimum = 1, maximum = 4_294_967_295_i64)]
    limit: Option<u32>,
    /// Where the page starts: from `next` of the page before.
    cursor: Option<String>,
}

/// Objects of a layer
///
/// Ordered by id, or as `sort` says. A page goes on where the one before ended, so that an object
/// that is there all the time, and whose property that it is sorted by does not change, is on exactly
/// one page, whatever else comes and goes meanwhile. Where a format has no place for it, the address
/// of the next page is in the `Link` header alone.
///
/// With `from`, `to` and `step` the answer is a series: one body, made and sent moment by moment, in
/// which each object says its moment, `at_ms`, before all its other properties. JSON is
/// `{"moments": [...]}` with what `at` gives for each; GeoJSON one collection with the features of all,
/// and what is said of each moment behind them; CSV has one header; Arrow a record batch a moment;
/// protobuf one `tilanne.v1.Moment` after another, each after its length. Conditions, `near` and `sort`
/// with `limit` hold at each moment; there are no pages, and all objects without a `limit`. A series
/// that cannot be made to its end is cut off, and does not end as it should.
#[utoipa::path(
    get,
    operation_id = "list_objects",
    path = "/v1/regions/{region}/{layer}",
    tag = "picture",
    params(
        ("region" = String, Path, description = "Id of the region"),
        ("layer" = schema::LayerName, Path, description = "Layer"),
        Words,
        Query
    ),
    responses(
        (status = 200, description = "A page of objects", content(
            (schema::FeatureCollections = "application/geo+json"),
            (schema::OrSeries<schema::Page> = "application/json"),
            (schema::Binary = "application/protobuf"),
            (schema::Lines = "application/x-ndjson"),
            (schema::Table = "text/csv"),
            (schema::ArrowStream = "application/vnd.apache.arrow.stream")
        )),
        ProblemsOfFormats
    )
)]
pub(super) async fn get(
    State(app): State<Arc<App>>,
    Segments((region, layer)): Segments<(String, String)>,
    Selecting(words, mut query): Selecting<Query>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let encoder = negotiate::encoder(&headers, query.format.as_deref())?;
    let live = app.known_region(&region)?;
    let layer = known_layer(&layer)?;
    let span = Span::new(query.since_ms, query.until_ms)?;
    let asked = words.asked(query.filter.take())?;
    let fields = query.fields.as_deref().map(|text| Fields::parse(layer, text)).transpose()?;
    let at = At {
        at: query.at.take(),
        sequence: query.sequence,
        known: query.known,
        from: query.from.take(),
        to: query.to.take(),
        step: query.step.take(),
    };
    let when = at.when(&app)?;
    let look = {
        let (app, live) = (Arc::clone(&app), Arc::clone(live));
        move |order: &Order, view: &View, time_ms: i64| {
            let selection = if asked == Asked::default() {
                None
            } else {
                Some(Selection::new(&asked, vec![layer], live.region(), view)?)
            };
            let wanted = Wanted { selection, span };
            let objects = order.candidates(view, layer, &wanted);
            Ok::<_, Problem>((Head::new(&app, view, time_ms, None), wanted, objects))
        }
    };
    if let When::Series(moments) = when {
        if query.cursor.is_some() {
            let detail = "query: cursor: a series has no pages, all of it is one answer";
            return Err(Problem::bad_request(detail));
        }
        let order = Order::new(&query, layer, app.options.page_limit_max, usize::MAX)?;
        let answers = Answers::new(encoder, move |view: &View, at_ms| {
            let (head, wanted, objects) = look(&order, view, at_ms)?;
            let (objects, _) = order.page(wanted.narrow(objects));
            let shape = Shape::Moment { of: moments, is_one: false };
            Ok(Answer { head, layer, objects, shape, fields: fields.clone() })
        });
        let regions = vec![Arc::clone(live)];
        let content_type = encoder.content_type();
        return past::respond(&app, regions, moments, at.known, content_type, answers).await;
    }
    let page_limit_max = app.options.page_limit_max;
    let order = Order::new(&query, layer, page_limit_max, page_limit_max)?;
    let shown = at.of(&app, live, when).await?;
    let looked = shown.look(&app, |view, time_ms| look(&order, view, time_ms));
    let (head, wanted, objects) = looked?;
    let page = tokio::task::spawn_blocking(move || order.page(wanted.narrow(objects))).await;
    let (objects, cursor) = page.map_err(|error| Problem::internal(&error))?;
    let next = cursor.map(|cursor| address_of_next(&uri, &cursor));
    let answer = Answer { head, layer, objects, shape: Shape::Page { next }, fields };
    answer.respond(&headers, &uri, encoder).await
}

pub(crate) fn known_layer(name: &str) -> Result<Layer, Problem> {
    name.parse().map_err(|error: picture::UnknownLayer| Problem::not_found(error.to_string()))
}

/// A number of objects that was asked for.
pub(super) fn count(name: &str, asked: u32, count_max: usize) -> Result<usize, Problem> {
    match asked {
        0 => Err(Problem::bad_request(format!("query: {name}: it must be 1 or more"))),
        asked => Ok((asked as usize).min(count_max)),
    }
}

/// Which objects.
struct Wanted {
    /// None: all.
    selection: Option<Selection>,
    span: Span,
}

impl Wanted {
    /// What is wanted of the candidates. This looks at each and may take long: not with the view
    /// held.
    fn narrow(&self, mut candidates: Vec<Arc<Object>>) -> Vec<Arc<Object>> {
        candidates.retain(|object| self.span.has(object));
        match &self.selection {
            Some(selection) => selection.narrow(candidates),
            None => candidates,
        }
    }
}

/// In which order, from where, and how many.
enum Order {
    Near { place: Position, count: usize },
    ById { after: String, limit: usize },
    By { sort: Sort, after: Option<Key>, limit: usize },
}

impl Order {
    /// `count_max` bounds `k`, `limit_max` the objects of a page.
    fn new(
        query: &Query,
        layer: Layer,
        count_max: usize,
        limit_max: usize,
    ) -> Result<Self, Problem> {
        if let Some(near) = &query.near {
            let place = near::parse(layer, near)?;
            let count = count("k", query.k.unwrap_or(NEAREST), count_max)?;
            for (name, is_there) in [
                ("sort", query.sort.is_some()),
                ("cursor", query.cursor.is_some()),
                ("limit", query.limit.is_some()),
            ] {
                if is_there {
                    let detail = format!("query: {name}: not with near, whose number is k");
                    return Err(Problem::bad_request(detail));
                }
            }
            return Ok(Self::Near { place, count });
        }
        if query.k.is_some() {
            let detail = "query: k: goes with near; for the size of a page there is limit";
            return Err(Problem::bad_request(detail));
        }
        let limit = query.limit.map(|limit| count("limit", limit, limit_max)).transpose()?;
        let limit = limit.unwrap_or(limit_max);
        let Some(sort) = &query.sort else {
            return Ok(Self::ById { after: query.cursor.clone().unwrap_or_default(), limit });
        };
        let sort = Sort::parse(layer, sort)?;
        let after = query.cursor.as_deref().map(|cursor| {
            Key::parse(cursor).ok_or_else(|| {
                let detail = "query: cursor: not from `next` of a page in this order";
                Problem::bad_request(detail)
            })
        });
        Ok(Self::By { sort, after: after.transpose()?, limit })
    }

    /// Objects among which those of the page are. The caller holds the view, so this does no more
    /// than it must.
    fn candidates(&self, view: &View, layer: Layer, wanted: &Wanted) -> Vec<Arc<Object>> {
        if let Some(selection) = &wanted.selection {
            return selection.candidates(view);
        }
        match self {
            Self::Near { place, count } => {
                near::nearest(view, layer, *place, *count, |object| wanted.span.has(object))
            }
            Self::By { .. } => view.all(layer).cloned().collect(),
            Self::ById { after, limit } => {
                let objects = view.after(layer, after).filter(|object| wanted.span.has(object));
                objects.take(limit.saturating_add(1)).cloned().collect()
            }
        }
    }

    /// The page and, when there are more, where the next one starts.
    fn page(&self, mut objects: Vec<Arc<Object>>) -> (Vec<Arc<Object>>, Option<String>) {
        match self {
            Self::Near { place, count } => (near::first(*place, *count, objects), None),
            Self::By { sort, after, limit } => {
                let (objects, next) = sort.page(objects, after.as_ref(), *limit);
                (objects, next.map(|key| key.cursor()))
            }
            Self::ById { after, limit } => {
                objects.retain(|object| object.id().as_str() > after.as_str());
                objects.sort_unstable_by(|a, b| a.id().cmp(b.id()));
                let is_more = objects.len() > *limit;
                objects.truncate(*limit);
                let last = objects.last().filter(|_| is_more);
                let cursor = last.map(|last| last.id().to_string());
                (objects, cursor)
            }
        }
    }
}

/// The same query from a cursor on, without what else says where to begin.
pub(super) fn address_of_next(uri: &Uri, cursor: &str) -> String {
    const BEGINNINGS: [&str; 3] = ["cursor", "offset", "time_ms"];
    let query = uri.query().unwrap_or_default().as_bytes();
    let mut next = form_urlencoded::Serializer::new(String::new());
    let pairs = form_urlencoded::parse(query);
    next.extend_pairs(pairs.filter(|(name, _)| !BEGINNINGS.contains(&name.as_ref())));
    next.append_pair("cursor", cursor);
    format!("{}?{}", uri.path(), next.finish())
}
