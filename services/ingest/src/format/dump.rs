//! Dumps of MQTT messages, one a line: `[receive time] topic payload`. Topics of HFP have spaces in
//! them, so the payload starts at the first brace, not at a space. Files of payloads alone, one
//! JSON object a line, are taken too.

use crate::format::instant::rfc3339_ms;

/// One line of a dump: when it was received, milliseconds since 1970-01-01 UTC, where the dump says
/// so; the topic, empty when the line is a payload alone; the payload.
pub type DumpLine<'a> = (Option<i64>, &'a str, &'a [u8]);

/// The lines of a dump, or `None` when the bytes are no such file.
///
/// ```
/// let dump = b"2024-02-13T16:33:00.978556Z /hfp/v2/a b {\"VP\":{}}\n/hfp/v2/c {\"VP\":{}}\n";
/// let lines: Vec<_> = ingest::format::dump::lines(dump).unwrap().collect();
/// assert_eq!(lines[0].0, Some(1_707_841_980_978));
/// assert_eq!(lines[0].1, "/hfp/v2/a b");
/// assert_eq!(lines[1], (None, "/hfp/v2/c", &b"{\"VP\":{}}"[..]));
/// assert!(ingest::format::dump::lines(b"{\n  \"VP\": {}\n}").is_none());
/// ```
pub fn lines(bytes: &[u8]) -> Option<impl Iterator<Item = DumpLine<'_>>> {
    let mut present = not_blank(bytes);
    let first = present.next()?;
    let is_dump = if is_object(first) {
        present.next().is_some_and(is_object)
    } else {
        line(first).is_some()
    };
    // A line that is cut off is a record too: as a payload it will be rejected by name.
    is_dump.then(|| not_blank(bytes).map(|text| line(text).unwrap_or((None, "", text))))
}

fn not_blank(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    bytes.split(|&byte| byte == b'\n').map(<[u8]>::trim_ascii).filter(|line| !line.is_empty())
}

/// Whether a line is a JSON object by itself, and not the start of one of several lines.
fn is_object(line: &[u8]) -> bool {
    line.first() == Some(&b'{') && line.last() == Some(&b'}') && line.len() > 2
}

/// Parts of a line of the shape `[receive time] topic payload`.
pub fn line(line: &[u8]) -> Option<DumpLine<'_>> {
    let brace = line.iter().position(|&byte| byte == b'{')?;
    let (head, payload) = line.split_at(brace);
    let head = std::str::from_utf8(head).ok()?.trim();
    let time = head.split_once(' ').and_then(|(time, topic)| Some((rfc3339_ms(time)?, topic)));
    let (received_ms, topic) = match time {
        Some((time_ms, topic)) => (Some(time_ms), topic.trim()),
        None => (None, head),
    };
    let is_topic = topic.contains('/') && !topic.contains(char::is_control);
    is_topic.then_some((received_ms, topic, payload))
}
