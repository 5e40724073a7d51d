//! A serde serializer that fills the cells of a row, and serializes nothing else.

use std::borrow::Cow;
use std::fmt::Error;

use events::Text;
use serde::Serialize;
use serde::ser::{
    Impossible, SerializeMap, SerializeSeq, SerializeStruct, SerializeTuple, Serializer,
};

use super::{Cell, Kind, Node};

/// Fills the cells that the tree names.
pub(super) fn read(object: &impl Serialize, tree: &Node, row: &mut [Cell]) {
    // What an object cannot be (maps of other keys than text, variants with fields) is no column.
    let _ = object.serialize(Reader { node: tree, row });
}

/// What is text in JSON.
fn text_of<T: Serialize + ?Sized>(value: &T) -> Result<Text, Error> {
    static ALONE: Node =
        Node { name: Cow::Borrowed(""), column: Some((0, Kind::Text)), children: Vec::new() };
    let mut row = [Cell::Missing];
    value.serialize(Reader { node: &ALONE, row: &mut row })?;
    match row {
        [Cell::Text(text)] => Ok(text),
        _ => Err(Error),
    }
}

struct Reader<'a> {
    node: &'a Node,
    row: &'a mut [Cell],
}

/// The parts of a value, read one by one.
struct Parts<'a> {
    node: &'a Node,
    row: &'a mut [Cell],
    /// Parts so far.
    count: usize,
    /// Of a column of several texts.
    texts: Vec<Text>,
    /// Key of the next value of a map.
    key: Text,
}

impl Reader<'_> {
    fn set(self, cell: Cell) {
        if let Some((at, _)) = self.node.column {
            self.row[at] = cell;
        }
    }

    fn integer(self, value: i64) {
        match self.node.column {
            Some((_, Kind::Number)) => self.set(Cell::Number(value as f64)),
            _ => self.set(Cell::Integer(value)),
        }
    }
}

impl<'a> Parts<'a> {
    fn of(reader: Reader<'a>) -> Self {
        let Reader { node, row } = reader;
        Self { node, row, count: 0, texts: Vec::new(), key: Text::default() }
    }

    fn part<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) -> Result<(), Error> {
        let Some(node) = self.node.child(name) else { return Ok(()) };
        if let Some((at, Kind::Json)) = node.column {
            let json = serde_json::to_string(value).map_err(|_| Error)?;
            self.row[at] = Cell::Text(json.into());
            return Ok(());
        }
        value.serialize(Reader { node, row: self.row })
    }

    fn next<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        if let Some((_, Kind::Texts)) = self.node.column {
            self.texts.push(text_of(value)?);
        } else if !self.node.children.is_empty() {
            self.part(&self.count.to_string(), value)?;
        }
        self.count += 1;
        Ok(())
    }

    fn finish(self) {
        if let Some((at, Kind::Texts)) = self.node.column {
            self.row[at] = Cell::Texts(self.texts);
        }
    }
}

impl<'a> Serializer for Reader<'a> {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = Parts<'a>;
    type SerializeTuple = Parts<'a>;
    type SerializeTupleStruct = Impossible<(), Error>;
    type SerializeTupleVariant = Impossible<(), Error>;
    type SerializeMap = Parts<'a>;
    type SerializeStruct = Parts<'a>;
    type SerializeStructVariant = Impossible<(), Error>;

    fn serialize_bool(self, value: bool) -> Result<(), Error> {
        self.set(Cell::Boolean(value));
        Ok(())
    }

    fn serialize_i8(self, value: i8) -> Result<(), Error> {
        self.serialize_i64(value.into())
    }

    fn serialize_i16(self, value: i16) -> Result<(), Error> {
        self.serialize_i64(value.into())
    }

    fn serialize_i32(self, value: i32) -> Result<(), Error> {
        self.serialize_i64(value.into())
    }

    fn serialize_i64(self, value: i64) -> Result<(), Error> {
        self.integer(value);
        Ok(())
    }

    fn serialize_u8(self, value: u8) -> Result<(), Error> {
        self.serialize_i64(value.into())
    }

    fn serialize_u16(self, value: u16) -> Result<(), Error> {
        self.serialize_i64(value.into())
    }

    fn serialize_u32(self, value: u32) -> Result<(), Error> {
        self.serialize_i64(value.into())
    }

    fn serialize_u64(self, value: u64) -> Result<(), Error> {
        // Counts: 2^63 of anything take longer than the Sun has.
        self.serialize_i64(i64::try_from(value).unwrap_or(i64::MAX))
    }

    /// The number that JSON has: the shortest that is this one, not this one's binary digits.
    fn serialize_f32(self, value: f32) -> Result<(), Error> {
        self.serialize_f64(value.to_string().parse().unwrap_or(f64::NAN))
    }

    fn serialize_f64(self, value: f64) -> Result<(), Error> {
        if value.is_finite() {
            self.set(Cell::Number(value));
        }
        Ok(())
    }

    fn serialize_char(self, value: char) -> Result<(), Error> {
        self.serialize_str(value.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, value: &str) -> Result<(), Error> {
        self.set(Cell::Text(value.into()));
        Ok(())
    }

    fn serialize_bytes(self, _: &[u8]) -> Result<(), Error> {
        Ok(())
    }

    fn serialize_none(self) -> Result<(), Error> {
        Ok(())
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), Error> {
        Ok(())
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), Error> {
        Ok(())
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<(), Error> {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<(), Error> {
        Err(Error)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Parts<'a>, Error> {
        Ok(Parts::of(self))
    }

    fn serialize_tuple(self, _: usize) -> Result<Parts<'a>, Error> {
        Ok(Parts::of(self))
    }

    fn serialize_tuple_struct(
        self,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleStruct, Error> {
        Err(Error)
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleVariant, Error> {
        Err(Error)
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Parts<'a>, Error> {
        Ok(Parts::of(self))
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Parts<'a>, Error> {
        Ok(Parts::of(self))
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStructVariant, Error> {
        Err(Error)
    }
}

impl SerializeStruct for Parts<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        self.part(name, value)
    }

    fn end(self) -> Result<(), Error> {
        Ok(())
    }
}

impl SerializeMap for Parts<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Error> {
        self.key = text_of(key)?;
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        let key = std::mem::take(&mut self.key);
        self.part(&key, value)
    }

    fn end(self) -> Result<(), Error> {
        Ok(())
    }
}

impl SerializeSeq for Parts<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.next(value)
    }

    fn end(self) -> Result<(), Error> {
        self.finish();
        Ok(())
    }
}

impl SerializeTuple for Parts<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.next(value)
    }

    fn end(self) -> Result<(), Error> {
        self.finish();
        Ok(())
    }
}
