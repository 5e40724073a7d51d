//! Why the speed and the emission of a link are what they are.

use std::sync::Arc;

use axum::extract::{OriginalUri, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use axum::{Router, routing};
use events::Text;
use picture::{Emission, EmissionBasis, Evidence, Layer, Link, Object, View};
use serde::Serialize;

use crate::answer::{self, Head};
use crate::app::App;
use crate::extract::{Parameters, Segments};
use crate::past::{self, At, JsonMoments, When};
use crate::problem::Problem;
use crate::schema::{self, Problems};

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new().route("/v1/regions/{region}/links/{id}/explain", routing::get(get))
}

/// Ids of the queues that stand on a link; there are tens of queues, not thousands.
fn queues_on(view: &View, link: &str) -> Vec<Text> {
    let queues = view.all(Layer::Queues).filter_map(|object| match object.as_ref() {
        Object::Queue(queue) if queue.links.iter().any(|of| of == link) => Some(queue.id.clone()),
        _ => None,
    });
    queues.collect()
}

#[derive(Serialize)]
struct Explanation<'a> {
    #[serde(flatten)]
    head: &'a Head,
    link: &'a Link,
    queues: &'a [Text],
    #[serde(skip_serializing_if = "Option::is_none")]
    emission: Option<Explained<'a>>,
    minute: &'a [Evidence],
    five_minutes: &'a [Evidence],
}

#[derive(Serialize)]
struct Explained<'a> {
    emission: &'a Emission,
    #[serde(skip_serializing_if = "Option::is_none")]
    basis: Option<&'a EmissionBasis>,
}

/// Why a link's speed and emission are what they are
///
/// Every source behind the speeds of the newest minute and five minutes, in the order in which they
/// were used: what it says alone, how sure it is, its weight in the result, and why it was left out
/// when it was. The results, with interval and method, free flow, the usual speed, detectors and
/// traffic messages are in the link. A window without a source has an empty list. Where the link's
/// flow is known, its emission is there with all that it was computed from: traffic, weather, mix of
/// vehicles, the parts of its interval, and what each group of vehicles has to do with it. In a series
/// it is null at moments when nothing was known of the link.
#[utoipa::path(
    get,
    operation_id = "explain_link",
    path = "/v1/regions/{region}/links/{id}/explain",
    tag = "picture",
    params(
        ("region" = String, Path, description = "Id of the region"),
        ("id" = String, Path, description = "Id of the link"),
        At
    ),
    responses(
        (status = 200, description = "The explanation", body = schema::OrSeries<schema::Explanation>),
        Problems
    )
)]
pub(super) async fn get(
    State(app): State<Arc<App>>,
    Segments((region, id)): Segments<(String, String)>,
    Parameters(at): Parameters<At>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let live = app.known_region(&region)?;
    let when = at.when(&app)?;
    if let When::Series(moments) = when {
        let shown = Arc::clone(&app);
        let maker = JsonMoments::new(move |views: &[&View], at_ms| {
            let mut found = views.iter().filter_map(|view| Found::new(&shown, view, &id, at_ms));
            found.next().map_or_else(|| Ok(b"null".to_vec()), |found| found.json())
        });
        let regions = vec![Arc::clone(live)];
        return past::respond(&app, regions, moments, at.known, "application/json", maker).await;
    }
    let shown = at.of(&app, live, when).await?;
    let found = shown.look(&app, |view, time_ms| Found::new(&app, view, &id, time_ms));
    let Some(found) = found else {
        let detail = format!(
            "no {id:?} in links of {region}: the network has no such link, or nothing is known of \
             its traffic yet"
        );
        return Err(Problem::not_found(detail));
    };
    let head = &found.head;
    let tag = answer::tag(head.time_ms, &[&head.epoch, &head.sequence, &uri.path_and_query()]);
    let body = async {
        let body = found.json()?;
        Ok(([(header::CONTENT_TYPE, "application/json")], body).into_response())
    };
    answer::tagged(&headers, &tag, body).await
}

/// What a view has of a link.
struct Found {
    head: Head,
    queues: Vec<Text>,
    link: Arc<Object>,
    emission: Option<Arc<Object>>,
}

impl Found {
    fn new(app: &App, view: &View, id: &str, time_ms: i64) -> Option<Self> {
        Some(Self {
            link: view.get(Layer::Links, id).map(Arc::clone)?,
            emission: view.get(Layer::LinkEmissions, id).map(Arc::clone),
            queues: queues_on(view, id),
            head: Head::new(app, view, time_ms, None),
        })
    }

    fn json(&self) -> Result<Vec<u8>, Problem> {
        let Object::Link(link) = self.link.as_ref() else {
            return Err(Problem::internal(&"an object of the layer links is no link"));
        };
        answer::json_bytes(&Explanation {
            head: &self.head,
            link,
            queues: &self.queues,
            emission: match self.emission.as_deref() {
                Some(Object::Emission(emission)) => {
                    Some(Explained { emission, basis: emission.basis.as_deref() })
                }
                _ => None,
            },
            minute: &link.minute.evidence,
            five_minutes: &link.five_minutes.evidence,
        })
    }
}
