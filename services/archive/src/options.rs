//! What an operator can choose about the archive.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;

use stream::StoreOptions;

use crate::{Kind, Thinning, thin};

/// Table `[archive]` of the configuration. Without it nothing is archived.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ArchiveOptions {
    /// Folder to archive in, unless there is `s3`. The binary takes a folder in the data directory
    /// where nothing is said.
    pub directory: Option<PathBuf>,
    /// S3-compatible store to archive in, in place of a folder.
    pub s3: Option<StoreOptions>,
    /// A file is begun anew after so long, 1 to 86,400 s, or sooner where there is much. Until then
    /// records are in the log alone; small files are merged when their day is over.
    pub roll_s: u64,
    /// A checkpoint of the picture is kept about so often, 1 to 86,400 s. More of them answer for a
    /// past moment faster; each is some hundred bytes a vehicle and link.
    pub checkpoint_every_s: u64,
    /// Whether records are archived as they were received too, and how they get here: a topic of the
    /// log, some 300 bytes a position there and 60 here.
    pub raw: bool,
    /// Whether the states of links and areas are archived, window by window.
    pub streets: bool,
    /// Days after which what is archived goes, today not counted, 1 to 36,500; by kind where it says
    /// so. What has gone of events cannot be asked for as of then.
    pub keep_days: KeepDays,
    /// What is thinned after some days, by kind. Of events that are thinned nothing can be asked for as
    /// of then.
    pub thin: BTreeMap<String, Thinning>,
    /// Days after which only the first checkpoint of each hour stays.
    pub keep_checkpoints_days: u32,
    /// Bytes of all that is archived, 1 MiB or more; of more, the oldest go.
    pub bytes_max: u64,
}

/// Days by kind.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(from = "Written")]
pub struct KeepDays {
    default: u32,
    kinds: BTreeMap<&'static str, u32>,
    unknown: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    All(u32),
    Each(BTreeMap<String, u32>),
}

/// Days that are kept where nothing is said.
const KEEP_DAYS: u32 = 30;
/// Word for all kinds that are not named.
const OTHERS: &str = "default";

impl From<Written> for KeepDays {
    fn from(written: Written) -> Self {
        let mut days = Self::default();
        match written {
            Written::All(all) => days.default = all,
            Written::Each(each) => {
                for (name, count) in each {
                    match name.parse::<Kind>() {
                        Ok(kind) => {
                            days.kinds.insert(kind.as_str(), count);
                        }
                        Err(_) if name == OTHERS => days.default = count,
                        Err(error) => days.unknown = Some(error.to_string()),
                    }
                }
            }
        }
        days
    }
}

impl Default for KeepDays {
    fn default() -> Self {
        Self { default: KEEP_DAYS, kinds: BTreeMap::new(), unknown: None }
    }
}

impl KeepDays {
    /// Days that a kind is kept.
    ///
    /// ```
    /// use archive::{ArchiveOptions, Kind};
    /// let options: ArchiveOptions =
    ///     toml::from_str("keep_days = { default = 90, raw = 2 }").unwrap();
    /// assert_eq!(options.keep_days.of(Kind::Raw), 2);
    /// assert_eq!(options.keep_days.of(Kind::Tally), 90);
    /// let options: ArchiveOptions = toml::from_str("keep_days = 7").unwrap();
    /// assert_eq!(options.keep_days.of(Kind::Raw), 7);
    /// ```
    pub fn of(&self, kind: Kind) -> u32 {
        self.kinds.get(kind.as_str()).copied().unwrap_or(self.default)
    }
}

impl Default for ArchiveOptions {
    fn default() -> Self {
        Self {
            directory: None,
            s3: None,
            roll_s: 900,
            checkpoint_every_s: 75,
            raw: false,
            streets: true,
            keep_days: KeepDays::default(),
            thin: BTreeMap::new(),
            keep_checkpoints_days: 2,
            bytes_max: 64 << 30,
        }
    }
}

/// A choice that cannot be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct OptionsError {
    /// Key within the table.
    pub key: String,
    /// What is wrong and what to do.
    pub message: String,
}

impl ArchiveOptions {
    /// Checks the bounds, and that there is no more than one place to archive in.
    ///
    /// ```
    /// use archive::ArchiveOptions;
    /// let options: ArchiveOptions = toml::from_str("directory = '/srv/archive'").unwrap();
    /// assert_eq!(options.validate(), Ok(()));
    /// let both = "directory = '/srv/archive'\ns3 = { bucket = 'b' }";
    /// let options: ArchiveOptions = toml::from_str(both).unwrap();
    /// assert_eq!(options.validate().unwrap_err().key, "s3");
    /// ```
    pub fn validate(&self) -> Result<(), OptionsError> {
        let error = |key: &str, message: String| Err(OptionsError { key: key.into(), message });
        match (&self.directory, &self.s3) {
            (Some(_), Some(_)) => {
                return error("s3", "either directory or s3, not both".into());
            }
            (None, Some(store)) if store.bucket.is_empty() => {
                return error("s3.bucket", "the bucket has no name".into());
            }
            _ => {}
        }
        for (key, value) in
            [("roll_s", self.roll_s), ("checkpoint_every_s", self.checkpoint_every_s)]
        {
            if !(1..=86_400).contains(&value) {
                return error(key, format!("is {value}, it must be 1 to 86400"));
            }
        }
        if let Some(unknown) = &self.keep_days.unknown {
            return error("keep_days", format!("{unknown}, and {OTHERS} for the others"));
        }
        let days = Kind::ALL.map(|kind| self.keep_days.of(kind));
        let wrong = days.into_iter().chain([self.keep_days.default, self.keep_checkpoints_days]);
        if let Some(days) = wrong.into_iter().find(|days| !(1..=36_500).contains(days)) {
            return error("keep_days", format!("is {days}, it must be 1 to 36500"));
        }
        for (name, rule) in &self.thin {
            self.validate_thinning(name, *rule)?;
        }
        if self.bytes_max < 1 << 20 {
            let message = format!("is {}, it must be 1048576 or more", self.bytes_max);
            return error("bytes_max", message);
        }
        Ok(())
    }

    fn validate_thinning(&self, name: &str, rule: Thinning) -> Result<(), OptionsError> {
        let Thinning { after_days, every_s } = rule;
        let kind = thin::kinds().find(|kind| kind.as_str() == name);
        let message = match kind {
            None => {
                let known: Vec<&str> = thin::kinds().map(Kind::as_str).collect();
                format!("no kind {name:?} that can be thinned; there is {}", known.join(", "))
            }
            Some(_) if !(2..=86_400).contains(&every_s) => {
                format!("{name}: every_s is {every_s}, it must be 2 to 86400")
            }
            Some(kind) if !(1..self.keep_days.of(kind)).contains(&after_days) => format!(
                "{name}: after_days is {after_days}, it must be 1 or more and less than the {} days \
                 that keep_days has for it",
                self.keep_days.of(kind)
            ),
            Some(_) => return Ok(()),
        };
        Err(OptionsError { key: "thin".into(), message })
    }

    /// How a kind is thinned; none where it is not.
    pub(crate) fn thinning(&self, kind: Kind) -> Option<&Thinning> {
        self.thin.get(kind.as_str())
    }
}
