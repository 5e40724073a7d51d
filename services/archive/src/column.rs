//! Columns of a message: what of it stands in a column of its own.
//!
//! A [`Column`] takes its value out of the message and puts it back. What no column takes stays in
//! the message, whose bytes are the last column, `rest`: whatever a publisher sends, a row read back
//! is the message that was written. Where a column shows less than the message says (a rounded
//! number, a name for a list), the value stays in the rest too, and the rest goes first.

use smallvec::SmallVec;

use crate::geo::Bounds;

/// Takes a value out of a message, or shows what it is made of.
pub(crate) type Take<M, T> = fn(&mut M) -> Option<T>;
/// Puts a value back where the rest has not said more.
pub(crate) type Put<M, T> = fn(&mut M, T);

/// How the values of a column are packed in a page, before zstd.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Packing {
    /// As differences to the row before: whole numbers that grow slowly.
    Delta,
    /// As places in a list of the values: few different ones.
    Dictionary,
    /// As they are.
    Plain,
    /// The first bytes of all, then the second, and so on: numbers near to each other.
    Split,
}

/// The values of a column.
pub(crate) enum Slot<M> {
    Boolean(Take<M, bool>, Put<M, bool>),
    /// Shown only.
    Bounds(Take<M, Bounds>),
    Bytes(Take<M, bytes::Bytes>, Put<M, bytes::Bytes>),
    Float32(Take<M, f32>, Put<M, f32>),
    Float64(Take<M, f64>, Put<M, f64>),
    Int32(Take<M, i32>, Put<M, i32>),
    Int64(Take<M, i64>, Put<M, i64>),
    Text(Take<M, String>, Put<M, String>),
    /// Milliseconds since 1970-01-01 UTC.
    Time(Take<M, i64>, Put<M, i64>),
    UInt32(Take<M, u32>, Put<M, u32>),
    /// A value of an enumeration, as its name in JSON.
    Word(Take<M, i32>, Put<M, i32>, &'static Words),
}

/// An enumeration of the wire.
pub(crate) struct Words {
    /// What its names begin with.
    pub(crate) prefix: &'static str,
    pub(crate) name: fn(i32) -> Option<&'static str>,
    pub(crate) value: fn(&str) -> Option<i32>,
}

/// Room for a name with its prefix, bytes. There are some in each row, and most rows are read and
/// written while somebody waits: they are put together on the stack. The longest has 37.
const NAME_BYTES_MAX: usize = 64;

/// Memory to put a name together in.
#[derive(Default)]
pub(crate) struct Name(SmallVec<[u8; NAME_BYTES_MAX]>);

impl Name {
    fn of(&mut self, parts: &[&str], change: impl Fn(&u8) -> u8) -> Option<&str> {
        self.0.clear();
        self.0.extend(parts.iter().flat_map(|part| part.as_bytes()).map(change));
        std::str::from_utf8(&self.0).ok()
    }
}

impl Words {
    /// The name in JSON; none of a value that has none, which then stays in the rest.
    pub(crate) fn word<'a>(&self, value: i32, name: &'a mut Name) -> Option<&'a str> {
        let known = (self.name)(value)?.strip_prefix(self.prefix)?;
        name.of(&[known], u8::to_ascii_lowercase)
    }

    /// The value of a name in JSON.
    pub(crate) fn parse(&self, word: &str) -> Option<i32> {
        let mut name = Name::default();
        (self.value)(name.of(&[self.prefix, word], u8::to_ascii_uppercase)?)
    }
}

/// A column.
pub(crate) struct Column<M: 'static> {
    pub(crate) name: &'static str,
    pub(crate) packing: Packing,
    pub(crate) slot: Slot<M>,
}

/// The names of an enumeration.
macro_rules! words {
    ($enumeration:ident, $prefix:literal) => {
        &$crate::column::Words {
            prefix: $prefix,
            name: |value| {
                events::wire::$enumeration::try_from(value).ok().map(|value| value.as_str_name())
            },
            value: |name| events::wire::$enumeration::from_str_name(name).map(i32::from),
        }
    };
}

/// A column of a field that may be missing. `$get` finds the message it is in, `$make` makes it.
macro_rules! optional {
    ($name:literal, $slot:ident, $packing:ident, $get:path, $make:path, $field:ident) => {
        $crate::column::Column {
            name: $name,
            packing: $crate::column::Packing::$packing,
            slot: $crate::column::Slot::$slot(
                |message| $get(message)?.$field.take(),
                |message, value| {
                    $make(message).$field.get_or_insert(value);
                },
            ),
        }
    };
}

/// A column of a field that is always there.
macro_rules! required {
    ($name:literal, $slot:ident, $packing:ident, $get:path, $make:path, $field:ident) => {
        $crate::column::Column {
            name: $name,
            packing: $crate::column::Packing::$packing,
            slot: $crate::column::Slot::$slot(
                |message| Some(std::mem::take(&mut $get(message)?.$field)),
                |message, value| $make(message).$field = value,
            ),
        }
    };
}

/// A column of an enumeration. What the wire does not specify is missing; a number that has no name
/// stays in the rest.
macro_rules! word {
    ($name:literal, $get:path, $make:path, $field:ident, $enumeration:ident, $prefix:literal) => {
        $crate::column::Column {
            name: $name,
            packing: $crate::column::Packing::Dictionary,
            slot: $crate::column::Slot::Word(
                |message| {
                    let field = &mut $get(message)?.$field;
                    let is_named = events::wire::$enumeration::try_from(*field).is_ok();
                    (*field != 0 && is_named).then(|| std::mem::take(field))
                },
                |message, value| $make(message).$field = value,
                $crate::column::words!($enumeration, $prefix),
            ),
        }
    };
}

/// A column that shows what is in the rest.
macro_rules! shown {
    ($name:literal, $slot:ident, $packing:ident, $show:expr) => {
        $crate::column::Column {
            name: $name,
            packing: $crate::column::Packing::$packing,
            slot: $crate::column::Slot::$slot($show, |_, _| {}),
        }
    };
}

pub(crate) use {optional, required, shown, word, words};
