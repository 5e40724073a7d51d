//! What is told of changes while they come into a view: the hops of reports, and the last step of those
//! that are followed.

use events::Text;
use picture::Delta;
use stream::{Passage, Passed, Span, TraceContext};

use crate::history::{Applied, Number};
use crate::hops::{FrameTimes, Report, Times};

/// Changes that come into a view at once.
pub(crate) struct Watched<'a> {
    region: &'a Text,
    /// Where the log says how records came onto it.
    passage: Option<&'a Passage>,
    /// When the first of them was read, milliseconds since 1970-01-01 UTC.
    read_ms: i64,
    /// What is known of the changes of each event, in their order.
    events: Vec<(u64, Passed)>,
    reports: Vec<Report>,
    /// Steps before ours, and the offsets of their events.
    followed: Vec<(TraceContext, u64)>,
}

impl<'a> Watched<'a> {
    pub(crate) fn new(region: &'a Text, passage: Option<&'a Passage>) -> Self {
        let read_ms = passage.map_or(0, Passage::now_ms);
        let (events, reports, followed) = (Vec::new(), Vec::new(), Vec::new());
        Self { region, passage, read_ms, events, reports, followed }
    }

    /// Looks up what is known of a frame's changes, which takes locks of its own.
    pub(crate) fn frame(&mut self, deltas: &[Delta], passed: Passed) {
        let Some(passage) = self.passage else { return };
        for event in deltas.iter().map(|delta| delta.sequence) {
            if self.events.last().is_none_or(|(known, _)| *known != event) {
                let passed = passed.or(passage.of_event(self.region, event));
                self.events.push((event, passed));
            }
        }
    }

    /// Takes a change that is in the view now. `before` is of what was shown there.
    pub(crate) fn change(
        &mut self,
        number: Number,
        applied: &Applied,
        before: Option<Times>,
        frames: &mut FrameTimes,
    ) {
        let passed = self.passed(number.0);
        frames.push(number, passed.appended_ms);
        if self.passage.is_none() {
            return;
        }
        if let Some(object) = applied.object()
            && let Some(times) = Times::of(object)
            && times.are_news(before)
        {
            self.reports.push(Report { feed: object.feed().clone(), times, passed });
        }
        if let Some(step) = passed.trace
            && self.followed.last().is_none_or(|(known, _)| *known != step)
        {
            self.followed.push((step, number.0));
        }
    }

    /// What is known of the changes of an event.
    fn passed(&self, event: u64) -> Passed {
        let place = self.events.partition_point(|(known, _)| *known < event);
        let found = self.events.get(place).filter(|(known, _)| *known == event);
        found.map(|(_, passed)| *passed).unwrap_or_default()
    }

    /// Tells the steps, and gives the reports.
    pub(crate) fn end(self) -> Vec<Report> {
        let Some(passage) = self.passage else { return self.reports };
        let end_ms = passage.now_ms();
        for (before, event) in self.followed {
            passage.tracer().tell(Span {
                context: passage.tracer().next(before),
                parent: Some(before),
                name: "show",
                start_ms: self.read_ms.min(end_ms),
                end_ms,
                attributes: vec![
                    ("tilanne.region", self.region.to_string()),
                    ("tilanne.sequence", event.to_string()),
                ],
            });
        }
        self.reports
    }
}
