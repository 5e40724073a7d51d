//! Objects with only some of their properties, serialized without a copy of them.

use events::Text;
use serde::Serialize;
use serde::ser::{Error as _, SerializeMap, SerializeStruct, Serializer};

use super::fields::Branch;
use super::read::text_of;

/// What becomes of the properties of an object.
#[derive(Clone, Copy)]
pub(crate) enum Rule<'a> {
    /// Only these are there.
    Only(&'a Branch),
    /// All are there, but this one is an empty list.
    Emptied(&'static str),
}

/// What becomes of one property.
enum Becoming<'a> {
    Whole,
    Empty,
    Nothing,
    Part(&'a Branch),
}

impl<'a> Rule<'a> {
    fn of(self, name: &str) -> Becoming<'a> {
        match self {
            Self::Only(branch) => match branch.child(name) {
                None => Becoming::Nothing,
                Some(child) if child.is_whole() => Becoming::Whole,
                Some(child) => Becoming::Part(child),
            },
            Self::Emptied(emptied) if name == emptied => Becoming::Empty,
            Self::Emptied(_) => Becoming::Whole,
        }
    }
}

/// A value with what a rule leaves of it. What is in a list is kept or left out with the list.
pub(crate) struct Shaped<'a, T: ?Sized> {
    pub(crate) value: &'a T,
    pub(crate) rule: Rule<'a>,
}

impl<T: Serialize + ?Sized> Serialize for Shaped<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.value.serialize(Shaping { inner: serializer, rule: self.rule, key: None })
    }
}

/// Serializes what has names for its parts by the rule, and all else as it is.
struct Shaping<'a, S> {
    inner: S,
    rule: Rule<'a>,
    /// Of the next value of a map.
    key: Option<Text>,
}

const EMPTY: [u8; 0] = [];

impl<S: SerializeStruct> SerializeStruct for Shaping<'_, S> {
    type Ok = S::Ok;
    type Error = S::Error;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), S::Error> {
        match self.rule.of(name) {
            Becoming::Whole => self.inner.serialize_field(name, value),
            Becoming::Empty => self.inner.serialize_field(name, &EMPTY[..]),
            Becoming::Nothing => self.inner.skip_field(name),
            Becoming::Part(branch) => {
                self.inner.serialize_field(name, &Shaped { value, rule: Rule::Only(branch) })
            }
        }
    }

    fn skip_field(&mut self, name: &'static str) -> Result<(), S::Error> {
        self.inner.skip_field(name)
    }

    fn end(self) -> Result<S::Ok, S::Error> {
        self.inner.end()
    }
}

impl<S: SerializeMap> SerializeMap for Shaping<'_, S> {
    type Ok = S::Ok;
    type Error = S::Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), S::Error> {
        let key = text_of(key).map_err(|_| S::Error::custom("a key is not a text"))?;
        self.key = Some(key);
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), S::Error> {
        let key = self.key.take().unwrap_or_default();
        match self.rule.of(&key) {
            Becoming::Whole => self.inner.serialize_entry(&key, value),
            Becoming::Empty => self.inner.serialize_entry(&key, &EMPTY[..]),
            Becoming::Nothing => Ok(()),
            Becoming::Part(branch) => {
                self.inner.serialize_entry(&key, &Shaped { value, rule: Rule::Only(branch) })
            }
        }
    }

    fn end(self) -> Result<S::Ok, S::Error> {
        self.inner.end()
    }
}

macro_rules! as_it_is {
    ($($method:ident($($name:ident: $kind:ty),*) -> $ok:ty;)*) => {
        $(fn $method(self, $($name: $kind),*) -> Result<$ok, S::Error> {
            self.inner.$method($($name),*)
        })*
    };
}

impl<'a, S: Serializer> Serializer for Shaping<'a, S> {
    type Ok = S::Ok;
    type Error = S::Error;
    type SerializeSeq = S::SerializeSeq;
    type SerializeTuple = S::SerializeTuple;
    type SerializeTupleStruct = S::SerializeTupleStruct;
    type SerializeTupleVariant = S::SerializeTupleVariant;
    type SerializeMap = Shaping<'a, S::SerializeMap>;
    type SerializeStruct = Shaping<'a, S::SerializeStruct>;
    type SerializeStructVariant = S::SerializeStructVariant;

    fn serialize_struct(
        self,
        name: &'static str,
        len: usize,
    ) -> Result<Self::SerializeStruct, S::Error> {
        let Self { inner, rule, .. } = self;
        Ok(Shaping { inner: inner.serialize_struct(name, len)?, rule, key: None })
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Self::SerializeMap, S::Error> {
        let Self { inner, rule, .. } = self;
        // How many will be left is not known before.
        Ok(Shaping { inner: inner.serialize_map(None)?, rule, key: None })
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<S::Ok, S::Error> {
        self.inner.serialize_some(&Shaped { value, rule: self.rule })
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        value: &T,
    ) -> Result<S::Ok, S::Error> {
        self.inner.serialize_newtype_struct(name, &Shaped { value, rule: self.rule })
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<S::Ok, S::Error> {
        self.inner.serialize_newtype_variant(name, index, variant, value)
    }

    as_it_is! {
        serialize_bool(value: bool) -> S::Ok;
        serialize_i8(value: i8) -> S::Ok;
        serialize_i16(value: i16) -> S::Ok;
        serialize_i32(value: i32) -> S::Ok;
        serialize_i64(value: i64) -> S::Ok;
        serialize_u8(value: u8) -> S::Ok;
        serialize_u16(value: u16) -> S::Ok;
        serialize_u32(value: u32) -> S::Ok;
        serialize_u64(value: u64) -> S::Ok;
        serialize_f32(value: f32) -> S::Ok;
        serialize_f64(value: f64) -> S::Ok;
        serialize_char(value: char) -> S::Ok;
        serialize_str(value: &str) -> S::Ok;
        serialize_bytes(value: &[u8]) -> S::Ok;
        serialize_none() -> S::Ok;
        serialize_unit() -> S::Ok;
        serialize_unit_struct(name: &'static str) -> S::Ok;
        serialize_unit_variant(name: &'static str, index: u32, variant: &'static str) -> S::Ok;
        serialize_seq(len: Option<usize>) -> S::SerializeSeq;
        serialize_tuple(len: usize) -> S::SerializeTuple;
        serialize_tuple_struct(name: &'static str, len: usize) -> S::SerializeTupleStruct;
        serialize_tuple_variant(name: &'static str, index: u32, variant: &'static str, len: usize)
            -> S::SerializeTupleVariant;
        serialize_struct_variant(name: &'static str, index: u32, variant: &'static str, len: usize)
            -> S::SerializeStructVariant;
    }
}
