//! How far a feed's event time is complete.

/// Silence that is taken for the end of a feed's news, and how late its events may come.
#[derive(Clone, Copy, Debug)]
pub(crate) struct WatermarkLimits {
    /// Events this much older than the newest are still expected.
    pub(crate) lateness_ms: i64,
    /// A feed that was silent for so long is idle.
    pub(crate) idle_after_ms: i64,
}

/// Watermark of one feed: while events come, the newest event time less the lateness; when they
/// stop, it follows the received time, so that what a silent feed said expires. Never goes back.
#[derive(Debug)]
pub(crate) struct Watermark {
    limits: WatermarkLimits,
    complete_ms: i64,
    /// Latest time that this feed was told of, by a record or a status.
    now_ms: i64,
    /// When the last record came, or ingest started.
    last_record_ms: i64,
    /// When the publisher last answered at all, with records or without.
    last_heard_ms: i64,
}

impl Watermark {
    /// A watermark for a feed whose ingest starts.
    pub(crate) fn new(limits: WatermarkLimits, start_ms: i64) -> Self {
        let silent_ms = limits.idle_after_ms.saturating_add(limits.lateness_ms);
        Self {
            limits,
            complete_ms: start_ms.saturating_sub(silent_ms),
            now_ms: start_ms,
            last_record_ms: start_ms,
            last_heard_ms: start_ms,
        }
    }

    /// The publisher answered, be it that there is nothing new.
    pub(crate) fn heard(&mut self, received_ms: i64) {
        self.now_ms = self.now_ms.max(received_ms);
        self.last_heard_ms = self.now_ms;
    }

    /// Records came.
    pub(crate) fn record(&mut self, received_ms: i64) {
        self.heard(received_ms);
        self.last_record_ms = self.now_ms;
    }

    /// An event came. One that claims to be of the future moves the watermark no further than its
    /// reception does: a single wrong clock must not make the rest of the feed late.
    pub(crate) fn event(&mut self, event_ms: i64, received_ms: i64) {
        let newest_ms = event_ms.min(received_ms);
        self.raise(newest_ms.saturating_sub(self.limits.lateness_ms));
    }

    /// Received time has come to `now_ms`.
    pub(crate) fn advance(&mut self, now_ms: i64) {
        self.now_ms = self.now_ms.max(now_ms);
        if self.now_ms.saturating_sub(self.last_record_ms) >= self.limits.idle_after_ms {
            let silent_ms = self.limits.idle_after_ms.saturating_add(self.limits.lateness_ms);
            self.raise(self.now_ms.saturating_sub(silent_ms));
        }
    }

    /// Nothing more will come: everything up to the last received time is complete.
    pub(crate) fn end(&mut self, now_ms: i64) {
        self.now_ms = self.now_ms.max(now_ms);
        self.raise(self.now_ms);
    }

    /// Whether the publisher said nothing for so long that the feed counts as idle.
    pub(crate) fn is_idle(&self) -> bool {
        self.now_ms.saturating_sub(self.last_heard_ms) >= self.limits.idle_after_ms
    }

    /// Latest received time.
    pub(crate) fn now_ms(&self) -> i64 {
        self.now_ms
    }

    /// No event older than this is still expected.
    pub(crate) fn complete_ms(&self) -> i64 {
        self.complete_ms
    }

    fn raise(&mut self, to_ms: i64) {
        self.complete_ms = self.complete_ms.max(to_ms);
    }
}
