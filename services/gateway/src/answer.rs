//! Answers about the picture: how fresh they are, their tags, and their encoding.

use std::fmt::Write as _;
use std::sync::Arc;

use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use events::{Connection, Text};
use picture::{Layer, Object, View};
use serde::{Serialize, Serializer};

use crate::app::App;
use crate::column::Fields;
use crate::encode::{Encoder, Series};
use crate::negotiate;
use crate::options::Origin;
use crate::past::{Maker, Moments};
use crate::problem::Problem;

/// Longest time that an answer is confirmed as unchanged. Answers say how old the feeds are, and
/// when everything has stopped the sequence stands still while the age grows.
const CONFIRMED_MS: i64 = 10_000;

/// How fresh a feed is.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct Freshness {
    /// Id of the feed.
    #[schema(value_type = String)]
    pub(crate) id: Text,
    /// No event older than this is still expected.
    pub(crate) watermark_ms: i64,
    /// How far the watermark is behind the time of the answer.
    pub(crate) age_ms: i64,
    /// Whether it is heard of.
    #[schema(schema_with = crate::schema::connection)]
    pub(crate) connection: Connection,
}

/// Of which picture an answer is.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct Head {
    /// Region.
    #[schema(value_type = String)]
    pub(crate) region: Text,
    /// Changes when the numbering starts anew.
    #[schema(value_type = String)]
    pub(crate) epoch: Text,
    /// Number of the newest change that is in; null when there is none.
    pub(crate) sequence: Option<u64>,
    /// Where the picture comes from.
    pub(crate) origin: Origin,
    /// When the answer was made.
    pub(crate) time_ms: i64,
    /// The feeds that the answer rests on.
    pub(crate) feeds: Vec<Freshness>,
}

impl Head {
    /// The head of an answer from the view at a time; of the one feed, or of all.
    pub(crate) fn new(app: &App, view: &View, time_ms: i64, feed: Option<&str>) -> Self {
        let feeds = crate::live::feeds(view)
            .filter(|one| feed.is_none_or(|feed| one.id == feed))
            .map(|feed| Freshness {
                id: feed.id.clone(),
                watermark_ms: feed.watermark_ms,
                age_ms: time_ms.saturating_sub(feed.watermark_ms),
                connection: feed.connection,
            });
        Self {
            region: view.region().clone(),
            epoch: view.epoch().clone(),
            sequence: view.sequence(),
            origin: app.origin,
            time_ms,
            feeds: feeds.collect(),
        }
    }
}

/// Objects to encode.
pub(crate) struct Answer {
    pub(crate) head: Head,
    pub(crate) layer: Layer,
    pub(crate) objects: Vec<Arc<Object>>,
    pub(crate) shape: Shape,
    /// What was asked for of each object; everything when nothing was.
    pub(crate) fields: Option<Fields>,
}

/// What was asked for of an object.
pub(crate) struct Picked<'a> {
    pub(crate) object: &'a Object,
    pub(crate) fields: Option<&'a Fields>,
}

impl Serialize for Picked<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.fields {
            Some(fields) => fields.serialize(self.object, serializer),
            None => self.object.serialize(serializer),
        }
    }
}

/// What was asked for.
pub(crate) enum Shape {
    /// The one object of an id.
    One,
    /// A page of a collection, with the address of the next one.
    Page { next: Option<String> },
    /// What there is at one of several moments: of a collection, or the one object of an id where it
    /// is there.
    Moment { of: Moments, is_one: bool },
    /// Changes of objects, each known at its own time, milliseconds since 1970-01-01 UTC.
    Changes(Vec<i64>),
}

/// A short hash, to tell what is hashed from something else.
pub(crate) fn hash32(bytes: &[u8]) -> u32 {
    let hash = blake3::hash(bytes);
    hash.as_bytes().iter().take(4).fold(0, |sum, &byte| sum << 8 | u32::from(byte))
}

/// The tag of an answer made at a time from these.
pub(crate) fn tag(time_ms: i64, parts: &[&dyn std::fmt::Debug]) -> String {
    let mut text = format!("{}", time_ms.div_euclid(CONFIRMED_MS));
    for part in parts {
        let _ = write!(text, " {part:?}");
    }
    tag_of(text.as_bytes())
}

/// The tag of an answer that is the same as long as its body is. Weak: it may be compressed in one way
/// or another.
pub(crate) fn tag_of(body: &[u8]) -> String {
    let hash = blake3::hash(body).to_hex();
    format!("W/\"{}\"", hash.get(..24).unwrap_or_default())
}

/// Adds the tag, and does not make the body when the client has it.
pub(crate) async fn tagged(
    request: &HeaderMap,
    tag: &str,
    answer: impl Future<Output = Result<Response, Problem>>,
) -> Result<Response, Problem> {
    let mut response = if negotiate::has(request, tag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        answer.await?
    };
    let headers = response.headers_mut();
    let tag = HeaderValue::from_str(tag).map_err(|error| Problem::internal(&error))?;
    headers.insert(header::ETAG, tag);
    // Kept, but asked about each time.
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    Ok(response)
}

impl Answer {
    /// The address of the next page.
    pub(crate) fn next(&self) -> Option<&str> {
        match &self.shape {
            Shape::Page { next } => next.as_deref(),
            Shape::One | Shape::Moment { .. } | Shape::Changes(_) => None,
        }
    }

    /// Whether it is one of several moments: then each object says its own.
    pub(crate) fn is_timed(&self) -> bool {
        matches!(self.shape, Shape::Moment { .. } | Shape::Changes(_))
    }

    /// The moment of an object, where it says it.
    pub(crate) fn at_ms(&self, index: usize) -> Option<i64> {
        match &self.shape {
            Shape::Moment { .. } => Some(self.head.time_ms),
            Shape::Changes(times_ms) => times_ms.get(index).copied(),
            Shape::One | Shape::Page { .. } => None,
        }
    }

    /// What was asked for of each object.
    pub(crate) fn picked(&self) -> impl Iterator<Item = Picked<'_>> {
        let fields = self.fields.as_ref();
        self.objects.iter().map(move |object| Picked { object, fields })
    }

    /// Encodes and tags the answer to a request.
    pub(crate) async fn respond(
        self,
        request: &HeaderMap,
        uri: &Uri,
        encoder: &'static dyn Encoder,
    ) -> Result<Response, Problem> {
        let media_type = encoder.media_type();
        let Head { epoch, sequence, time_ms, .. } = &self.head;
        let tag = tag(*time_ms, &[epoch, sequence, &uri.path_and_query(), &media_type]);
        let next = self.next().map(|next| format!("<{next}>; rel=\"next\""));
        let body = async {
            // Thousands of objects take milliseconds, in which this thread would serve nobody.
            let encoding = tokio::task::spawn_blocking(move || encoder.encode(&self));
            let body = encoding.await.map_err(|error| Problem::internal(&error))?;
            let body = body.map_err(|error| Problem::internal(&error))?;
            Ok(([(header::CONTENT_TYPE, encoder.content_type())], body).into_response())
        };
        let mut response = tagged(request, &tag, body).await?;
        let headers = response.headers_mut();
        headers.append(header::VARY, HeaderValue::from_static("accept"));
        if let Some(next) = next.and_then(|next| HeaderValue::try_from(next).ok()) {
            headers.insert(header::LINK, next);
        }
        Ok(response)
    }
}

/// The bytes of JSON.
pub(crate) fn json_bytes(value: &impl Serialize) -> Result<Vec<u8>, Problem> {
    serde_json::to_vec(value).map_err(|error| Problem::internal(&error))
}

/// A JSON body.
pub(crate) fn json(body: &impl Serialize) -> Result<Response, Problem> {
    let body = json_bytes(body)?;
    Ok(([(header::CONTENT_TYPE, "application/json")], body).into_response())
}

/// Name of the property and column that says at which of several moments an object was so.
pub(crate) const AT: &str = "at_ms";

/// The answers of a series, in a format.
pub(crate) struct Answers<F> {
    encoder: Box<dyn Series>,
    make: F,
}

impl<F> Answers<F> {
    /// `make` gives the answer of a moment.
    pub(crate) fn new(encoder: &dyn Encoder, make: F) -> Self {
        Self { encoder: encoder.series(), make }
    }
}

impl<F> Maker for Answers<F>
where
    F: FnMut(&View, i64) -> Result<Answer, Problem> + Send + 'static,
{
    fn moment(&mut self, views: &[&View], at_ms: i64) -> Result<Vec<u8>, Problem> {
        let view = views.first().ok_or_else(|| Problem::internal(&"a series of no region"))?;
        let answer = (self.make)(view, at_ms)?;
        self.encoder.moment(&answer).map_err(|error| Problem::internal(&error))
    }

    fn end(&mut self) -> Result<Vec<u8>, Problem> {
        self.encoder.end().map_err(|error| Problem::internal(&error))
    }
}
