//! What the REST documents list. A document is the whole of its resource, so a situation that it no
//! longer has is over, even when no message said so.

use std::collections::{BTreeMap, BTreeSet};

use events::{RawRecord, Text};

/// Most resources that are remembered: a feed polls four.
const RESOURCES_MAX: usize = 16;
/// Most situations of a resource that are remembered; all of the country has some hundreds.
const SITUATIONS_MAX: usize = 20_000;

/// The situations of each resource's newest document, by source and path.
#[derive(Default)]
pub(super) struct Listings {
    resources: BTreeMap<(String, String), Listing>,
}

struct Listing {
    /// When the publisher made it.
    updated_ms: i64,
    situations: BTreeSet<Text>,
}

impl Listing {
    fn extend(&mut self, situations: BTreeSet<Text>) {
        for id in situations {
            if self.situations.len() == SITUATIONS_MAX {
                return;
            }
            self.situations.insert(id);
        }
    }
}

impl Listings {
    /// Remembers situations of a document of which a part could not be read: none of those that are
    /// known is gone.
    pub(super) fn add(&mut self, raw: &RawRecord, updated_ms: i64, situations: BTreeSet<Text>) {
        let resource = (raw.source.clone(), raw.topic.clone());
        let is_known = self.resources.contains_key(&resource);
        if is_known || self.resources.len() < RESOURCES_MAX {
            let new = || Listing { updated_ms, situations: BTreeSet::new() };
            self.resources.entry(resource).or_insert_with(new).extend(situations);
        }
    }

    /// Remembers a document that was read whole and gives the situations that are gone. The
    /// publisher's caches may answer with an older document: nothing is gone by it, but what only it
    /// has is shown again, and gone with the next document that has it not.
    pub(super) fn replace(
        &mut self,
        raw: &RawRecord,
        updated_ms: i64,
        mut situations: BTreeSet<Text>,
    ) -> Vec<Text> {
        while situations.len() > SITUATIONS_MAX {
            situations.pop_last();
        }
        let resource = (raw.source.clone(), raw.topic.clone());
        let is_known = self.resources.contains_key(&resource);
        if !is_known && self.resources.len() == RESOURCES_MAX {
            return Vec::new();
        }
        let listing = Listing { updated_ms, situations };
        match self.resources.get_mut(&resource) {
            Some(known) if known.updated_ms > updated_ms => {
                known.extend(listing.situations);
                Vec::new()
            }
            Some(known) => {
                let before = std::mem::replace(known, listing);
                before.situations.difference(&known.situations).cloned().collect()
            }
            None => {
                self.resources.insert(resource, listing);
                Vec::new()
            }
        }
    }
}
