//! Reading a feed's `[feed.options]`: a misspelt key or a wrong type is an error that names it.

use super::OptionsError;

/// The options of one feed, checked for unknown keys.
pub(super) struct Options<'a>(&'a toml::Table);

fn error(key: &str, message: impl Into<String>) -> OptionsError {
    OptionsError { key: key.to_owned(), message: message.into() }
}

impl<'a> Options<'a> {
    /// The options, when every key is one of `known`.
    pub(super) fn new(table: &'a toml::Table, known: &[&str]) -> Result<Self, OptionsError> {
        match table.keys().find(|key| !known.contains(&key.as_str())) {
            Some(key) if known.is_empty() => Err(error(key, "unknown; this format has no options")),
            Some(key) => Err(error(key, format!("unknown; known are {}", known.join(", ")))),
            None => Ok(Self(table)),
        }
    }

    /// A true or false, false when missing.
    pub(super) fn flag(&self, key: &str) -> Result<bool, OptionsError> {
        match self.0.get(key) {
            None => Ok(false),
            Some(value) => value
                .as_bool()
                .ok_or_else(|| error(key, format!("must be true or false, not {value}"))),
        }
    }

    /// A text that is one of a choice.
    pub(super) fn choice<T: Copy>(
        &self,
        key: &str,
        choices: &[(&str, T)],
    ) -> Result<Option<T>, OptionsError> {
        let Some(value) = self.0.get(key) else {
            return Ok(None);
        };
        let found = choices.iter().find(|(name, _)| value.as_str() == Some(name));
        found.map(|&(_, choice)| Some(choice)).ok_or_else(|| {
            let names: Vec<&str> = choices.iter().map(|&(name, _)| name).collect();
            error(key, format!("must be one of {}, not {value}", names.join(", ")))
        })
    }

    /// A list of texts; numbers are taken as text.
    pub(super) fn texts(&self, key: &str) -> Result<Option<Vec<String>>, OptionsError> {
        let Some(value) = self.0.get(key) else {
            return Ok(None);
        };
        let text = |item: &toml::Value| match item {
            toml::Value::String(text) => Some(text.clone()),
            toml::Value::Integer(number) => Some(number.to_string()),
            _ => None,
        };
        value
            .as_array()
            .and_then(|items| items.iter().map(text).collect())
            .map(Some)
            .ok_or_else(|| error(key, format!("must be a list of texts, not {value}")))
    }
}
