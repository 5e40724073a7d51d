//! Bounds of text that came from a feed. It is untrusted everywhere: bounded here, escaped on the
//! way out.

use crate::Text;

/// Longest id, name or headsign that is taken, bytes. The longest headsign in the recorded feeds
/// has 60.
pub const ID_BYTES_MAX: usize = 256;

/// Longest free text that is kept, bytes; the longest recorded traffic message comment has 1,200.
pub const TEXT_BYTES_MAX: usize = 8_192;

/// An id, name or headsign without surrounding white space: `None` when nothing is left, cut at
/// [`ID_BYTES_MAX`] and without control characters.
///
/// ```
/// assert_eq!(events::bounded_id(" 1004 4 ").as_deref(), Some("1004 4"));
/// assert_eq!(events::bounded_id("  "), None);
/// ```
#[inline]
pub fn bounded_id(text: &str) -> Option<Text> {
    // Nearly all ids: nothing to trim, to take out or to cut.
    let is_plain = text.bytes().all(|byte| byte.is_ascii_graphic());
    if is_plain && (1..=ID_BYTES_MAX).contains(&text.len()) {
        return Some(text.into());
    }
    let text = cut(text.trim(), ID_BYTES_MAX);
    if text.is_empty() {
        None
    } else if text.bytes().any(|byte| byte.is_ascii_control()) {
        Some(text.chars().filter(|c| !c.is_control()).collect())
    } else {
        Some(text.into())
    }
}

/// Free text, cut at [`TEXT_BYTES_MAX`], control characters other than line breaks taken out.
///
/// ```
/// assert_eq!(events::bounded_text(" a\u{0}b\nc "), "ab\nc");
/// ```
pub fn bounded_text(text: &str) -> String {
    let text = cut(text.trim(), TEXT_BYTES_MAX);
    text.chars().filter(|&c| c == '\n' || !c.is_control()).collect()
}

fn cut(text: &str, bytes_max: usize) -> &str {
    if text.len() <= bytes_max {
        return text;
    }
    let end = text.floor_char_boundary(bytes_max);
    text.get(..end).unwrap_or_default()
}
