//! Reading a source's `[feed.source.options]`, and what several transports share of them.

use std::time::Duration;

use serde::de::DeserializeOwned;

use super::TransportError;
use crate::format::OptionsError;

/// The options as a transport's own type. An unknown key or a wrong type is an error that names it.
pub(super) fn parse<T: DeserializeOwned>(options: &toml::Table) -> Result<T, OptionsError> {
    serde_path_to_error::deserialize(toml::Value::Table(options.clone())).map_err(|error| {
        let key = error.path().to_string();
        OptionsError { key, message: error.inner().message().to_owned() }
    })
}

/// An error of an option.
pub(super) fn error(key: &str, message: impl Into<String>) -> OptionsError {
    OptionsError { key: key.to_owned(), message: message.into() }
}

/// A number of seconds in a range.
pub(super) fn seconds(
    key: &str,
    value: f64,
    range: std::ops::RangeInclusive<f64>,
) -> Result<Duration, OptionsError> {
    if range.contains(&value) {
        Ok(Duration::from_secs_f64(value))
    } else {
        let (min, max) = (range.start(), range.end());
        Err(error(key, format!("must be {min} to {max} seconds, not {value}")))
    }
}

/// The value of an environment variable that an option names.
pub(super) fn variable(name: &str, purpose: &'static str) -> Result<String, TransportError> {
    std::env::var(name)
        .ok()
        .filter(|value| !value.is_empty())
        .ok_or_else(|| TransportError::MissingVariable { name: name.to_owned(), purpose })
}

/// User name and password from the environment, when both variables are named.
pub(super) fn credentials(
    username_env: Option<&String>,
    password_env: Option<&String>,
) -> Result<Option<(String, String)>, TransportError> {
    match (username_env, password_env) {
        (Some(username), Some(password)) => {
            Ok(Some((variable(username, "user name")?, variable(password, "password")?)))
        }
        _ => Ok(None),
    }
}

/// User name and password variables come together or not at all.
pub(super) fn check_credentials(
    username_env: Option<&String>,
    password_env: Option<&String>,
) -> Result<(), OptionsError> {
    match (username_env, password_env) {
        (Some(_), None) => Err(error("username_env", "password_env is missing beside it")),
        (None, Some(_)) => Err(error("password_env", "username_env is missing beside it")),
        _ => Ok(()),
    }
}

/// An address with a host and without a password in it: addresses are shown in errors.
pub(super) fn address(
    key: &str,
    text: &str,
    schemes: &[&str],
) -> Result<reqwest::Url, OptionsError> {
    let url = reqwest::Url::parse(text)
        .map_err(|cause| error(key, format!("{text:?} is no address: {cause}")))?;
    if !schemes.contains(&url.scheme()) {
        let schemes = schemes.join("://, ");
        return Err(error(key, format!("must begin with {schemes}://, not {text:?}")));
    }
    if url.host_str().is_none_or(str::is_empty) {
        return Err(error(key, format!("{text:?} names no host")));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(error(key, "holds a user or password: use username_env and password_env"));
    }
    Ok(url)
}
