//! What operators are to be told of, on its way to `alerts`.

use bytes::Bytes;
use events::Alert;
use prost::Message;
use stream::topic;

use crate::aside::{Key, Note};

impl Note for Alert {
    const TOPIC: &'static str = topic::ALERTS;
    const KEPT_MAX: usize = 16_384;
    const LOOK_BACK: u64 = 16_384;

    fn key(&self) -> Key {
        (self.sequence, self.id.clone())
    }

    fn encode(self, _bytes_max: usize) -> Bytes {
        self.encode_to_vec().into()
    }

    fn key_in(payload: &[u8], _region: &str) -> Option<Key> {
        Self::decode(payload).ok().map(|alert| alert.key())
    }
}
