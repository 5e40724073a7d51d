//! Many texts in one.

/// Texts by number, in one allocation.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Texts {
    pub(crate) ends: Vec<u32>,
    pub(crate) text: String,
}

impl Texts {
    pub(crate) fn new<'a>(texts: impl IntoIterator<Item = &'a str>) -> Self {
        let mut all = Self::default();
        for text in texts {
            all.text.push_str(text);
            all.ends.push(all.text.len() as u32);
        }
        all
    }

    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    /// The text of a number, empty when there is none.
    pub(crate) fn get(&self, number: usize) -> &str {
        let start = number.checked_sub(1).and_then(|before| self.ends.get(before));
        let start = start.map_or(0, |&end| end as usize);
        let end = self.ends.get(number).map_or(start, |&end| end as usize);
        self.text.get(start..end).unwrap_or_default()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.len()).map(|number| self.get(number))
    }

    /// Number of a text, where all are in order.
    pub(crate) fn find(&self, wanted: &str) -> Option<usize> {
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = usize::midpoint(low, high);
            match self.get(middle).cmp(wanted) {
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
                std::cmp::Ordering::Equal => return Some(middle),
            }
        }
        None
    }

    /// Whether every end lies between letters and none before the one before it.
    pub(crate) fn sound(&self) -> bool {
        let mut before = 0;
        let ends = self.ends.iter().all(|&end| {
            let sound = end >= before && self.text.is_char_boundary(end as usize);
            before = end;
            sound
        });
        ends && before as usize == self.text.len()
    }

    pub(crate) fn sorted(&self) -> bool {
        (1..self.len()).all(|number| self.get(number - 1) < self.get(number))
    }
}
