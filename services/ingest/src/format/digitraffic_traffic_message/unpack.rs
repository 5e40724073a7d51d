//! Payloads come as JSON, as gzip, and over MQTT as gzip in base64.

use std::borrow::Cow;
use std::io::Read;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::read::MultiGzDecoder;

use crate::format::json::not_this_format;
use crate::format::{Reject, RejectReason};

/// Largest payload that is read, bytes: all messages of the country with their areas.
const PAYLOAD_BYTES_MAX: usize = 64 * 1024 * 1024;

/// Largest inflated payload, bytes. One message with a province's area has 0.4 MB; a few hundred
/// bytes can inflate to gigabytes.
const INFLATED_BYTES_MAX: usize = 16 * 1024 * 1024;

const GZIP_MAGIC: &[u8] = &[0x1F, 0x8B];

/// The start of gzip in base64.
const GZIP_MAGIC_BASE64: &[u8] = b"H4sI";

/// The JSON of a payload.
pub(super) fn unpack(payload: &[u8]) -> Result<Cow<'_, [u8]>, Reject> {
    let length = payload.len();
    if length > PAYLOAD_BYTES_MAX {
        let message = format!("{length} bytes; a payload may have {PAYLOAD_BYTES_MAX}");
        return Err(Reject::new(RejectReason::TooLarge, "payload", message));
    }
    if payload.starts_with(GZIP_MAGIC) {
        return inflate(payload).map(Cow::Owned);
    }
    let text = payload.trim_ascii();
    if matches!(text.first(), None | Some(b'{' | b'[' | b'<' | 0xEF)) {
        return Ok(Cow::Borrowed(payload));
    }
    let packed: Vec<u8> =
        text.iter().copied().filter(|byte| !byte.is_ascii_whitespace() && *byte != b'"').collect();
    let bytes = STANDARD.decode(&packed).map_err(|error| {
        if packed.starts_with(GZIP_MAGIC_BASE64) {
            let message = format!("the base64 is broken: {error}");
            return Reject::new(RejectReason::Malformed, "payload", message);
        }
        not_this_format(payload, "payload", "is neither JSON, gzip nor base64")
    })?;
    if bytes.starts_with(GZIP_MAGIC) {
        return inflate(&bytes).map(Cow::Owned);
    }
    Ok(Cow::Owned(bytes))
}

fn inflate(packed: &[u8]) -> Result<Vec<u8>, Reject> {
    let mut inflated = Vec::new();
    let limit = INFLATED_BYTES_MAX as u64 + 1;
    MultiGzDecoder::new(packed).take(limit).read_to_end(&mut inflated).map_err(|error| {
        let message = format!("the gzip data is broken: {error}");
        Reject::new(RejectReason::Malformed, "payload", message)
    })?;
    if inflated.len() > INFLATED_BYTES_MAX {
        let message = format!("it inflates to more than {INFLATED_BYTES_MAX} bytes");
        return Err(Reject::new(RejectReason::TooLarge, "payload", message));
    }
    Ok(inflated)
}
