//! Finding the line of a key in a TOML text, so that every error of a configuration names its line.

use toml::de::{DeTable, DeValue};

/// Line (from 1) of the deepest part of a key path such as `feed[2].source[0].options.topics` that
/// the text has; 1 when it has none of it.
pub(crate) fn line(text: &str, path: &str) -> usize {
    let Ok(table) = DeTable::parse(text) else { return 1 };
    let mut place = 0;
    let mut here = Some(Node::Table(table.get_ref()));
    for segment in segments(path) {
        let next = match (here, segment) {
            (Some(Node::Table(table)), Segment::Key(key)) => {
                table.get_key_value(key).map(|(key, value)| (key.span().start, value))
            }
            (Some(Node::Value(DeValue::Table(table))), Segment::Key(key)) => {
                table.get_key_value(key).map(|(key, value)| (key.span().start, value))
            }
            (Some(Node::Value(DeValue::Array(array))), Segment::Index(index)) => {
                array.get(index).map(|value| (value.span().start, value))
            }
            _ => None,
        };
        let Some((start, value)) = next else { break };
        place = start;
        here = Some(Node::Value(value.get_ref()));
    }
    text.bytes().take(place).filter(|&byte| byte == b'\n').count() + 1
}

enum Node<'a> {
    Table(&'a DeTable<'a>),
    Value(&'a DeValue<'a>),
}

enum Segment<'a> {
    Key(&'a str),
    Index(usize),
}

fn segments(path: &str) -> impl Iterator<Item = Segment<'_>> {
    path.split(['.', '[', ']'])
        .filter(|segment| !segment.is_empty())
        .map(|segment| segment.parse().map_or(Segment::Key(segment), Segment::Index))
}
