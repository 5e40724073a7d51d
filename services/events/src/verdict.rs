//! What is doubtful about a record.

use serde::{Serialize, Serializer};

use crate::Verdict;

/// A set of [`Verdict`]s, ordered by their number.
///
/// ```
/// use events::{Verdict, Verdicts};
/// let mut verdicts = Verdicts::default();
/// verdicts.insert(Verdict::Stale);
/// assert!(verdicts.contains(Verdict::Stale) && !verdicts.contains(Verdict::Future));
/// assert_eq!(verdicts.iter().collect::<Vec<_>>(), [Verdict::Stale]);
/// ```
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Verdicts(u32);

impl Verdicts {
    /// Adds a verdict.
    pub fn insert(&mut self, verdict: Verdict) {
        self.0 |= 1 << verdict as i32;
    }

    /// This set with one more verdict.
    #[must_use]
    pub fn with(mut self, verdict: Verdict) -> Self {
        self.insert(verdict);
        self
    }

    /// Whether the verdict was given.
    pub fn contains(self, verdict: Verdict) -> bool {
        self.0 & (1 << verdict as i32) != 0
    }

    /// Whether nothing is doubtful.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Verdicts that are in both sets.
    #[must_use]
    pub fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// The verdicts by their number.
    pub fn iter(self) -> impl Iterator<Item = Verdict> {
        (1..32)
            .filter(move |bit| self.0 & (1 << bit) != 0)
            .filter_map(|bit| Verdict::try_from(bit).ok())
    }
}

impl FromIterator<Verdict> for Verdicts {
    fn from_iter<I: IntoIterator<Item = Verdict>>(verdicts: I) -> Self {
        let mut set = Self::default();
        for verdict in verdicts {
            set.insert(verdict);
        }
        set
    }
}

impl std::fmt::Debug for Verdicts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

impl Serialize for Verdicts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}
