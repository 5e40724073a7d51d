//! What every route may answer when it cannot.

use std::collections::BTreeMap;

use utoipa::IntoResponses;
use utoipa::openapi::{ContentBuilder, Ref, RefOr, Response, ResponseBuilder};

use crate::problem::MEDIA_TYPE;

/// The problems of any route.
pub(crate) struct Problems;

/// Those, and that no format suits.
pub(crate) struct ProblemsOfFormats;

/// Those, and that a body is of another type.
pub(crate) struct ProblemsOfBodies;

/// Those, and that a file is not there yet.
pub(crate) struct ProblemsOfFiles;

/// Status and meaning.
const PROBLEMS: &[(&str, &str)] = &[
    ("304", "The client has this answer (`If-None-Match`)"),
    ("400", "The path or a parameter cannot be read; unknown parameters are not taken"),
    ("404", "There is no such region, layer or object"),
    ("405", "The method is not allowed; `Allow` says which are"),
    ("408", "The answer took too long"),
    ("413", "The request has a body that is too large"),
    ("503", "The server has all the connections that it takes"),
];

const NO_JSON: (&str, &str) = ("415", "The body is not `application/json`");

const NO_FILE: (&str, &str) = ("409", "The file is not there: it is not done, or failed");

const NO_FORMAT: (&str, &str) = ("406", "None of the formats in `Accept` is there");

type Responses = BTreeMap<String, RefOr<Response>>;

fn responses<'a>(problems: impl Iterator<Item = &'a (&'a str, &'a str)>) -> Responses {
    let responses = problems.map(|&(status, description)| {
        let mut response = ResponseBuilder::new().description(description);
        if status != "304" {
            let schema = Some(Ref::from_schema_name("Problem"));
            let content = ContentBuilder::new().schema(schema).build();
            response = response.content(MEDIA_TYPE, content);
        }
        (status.to_owned(), response.build().into())
    });
    responses.collect()
}

impl IntoResponses for Problems {
    fn responses() -> Responses {
        responses(PROBLEMS.iter())
    }
}

impl IntoResponses for ProblemsOfBodies {
    fn responses() -> Responses {
        responses(PROBLEMS.iter().chain([&NO_JSON]))
    }
}

impl IntoResponses for ProblemsOfFiles {
    fn responses() -> Responses {
        responses(PROBLEMS.iter().chain([&NO_FILE]))
    }
}

impl IntoResponses for ProblemsOfFormats {
    fn responses() -> Responses {
        responses(PROBLEMS.iter().chain([&NO_FORMAT]))
    }
}
