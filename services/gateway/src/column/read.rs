//! A serde serializer that puts what a tree of paths names into a row, and serializes nothing else.

use std::borrow::Cow;
use std::fmt::Error;

use events::Text;
use serde::Serialize;
use serde::ser::{
    Impossible, SerializeMap, SerializeSeq, SerializeStruct, SerializeTuple, Serializer,
};

use super::{Cell, Kind, Node};

/// What values are put into, by the numbers of their columns.
pub(super) trait Row {
    /// Whether entries of a list are, one by one, what the list is. Else they have their numbers as
    /// names.
    const LISTS_ARE_ENTRIES: bool;

    fn set(&mut self, at: usize, cell: Cell);
}

/// One value a column.
impl Row for [Cell] {
    const LISTS_ARE_ENTRIES: bool = false;

    fn set(&mut self, at: usize, cell: Cell) {
        self[at] = cell;
    }
}

/// All values of a column; of what has parts of its own, that it is there.
impl Row for [Vec<Cell>] {
    const LISTS_ARE_ENTRIES: bool = true;

    fn set(&mut self, at: usize, cell: Cell) {
        self[at].push(cell);
    }
}

/// Puts into a row what the tree names.
pub(super) fn read<R: Row + ?Sized>(object: &impl Serialize, tree: &Node, row: &mut R) {
    // What an object cannot be (maps of other keys than text, variants with fields) is no column.
    let _ = object.serialize(Reader { node: tree, row });
}

/// What is text in JSON.
pub(super) fn text_of<T: Serialize + ?Sized>(value: &T) -> Result<Text, Error> {
    static ALONE: Node =
        Node { name: Cow::Borrowed(""), column: Some((0, Kind::Text)), children: Vec::new() };
    let mut row = [Cell::Missing];
    value.serialize(Reader { node: &ALONE, row: &mut row[..] })?;
    match row {
        [Cell::Text(text)] => Ok(text),
        _ => Err(Error),
    }
}

struct Reader<'a, R: ?Sized> {
    node: &'a Node,
    row: &'a mut R,
}

/// The parts of a value, read one by one.
struct Parts<'a, R: ?Sized> {
    node: &'a Node,
    row: &'a mut R,
    /// Parts so far.
    count: usize,
    /// Of a column of several texts.
    texts: Vec<Text>,
    /// Key of the next value of a map.
    key: Text,
}

impl<'a, R: Row + ?Sized> Reader<'a, R> {
    fn set(self, cell: Cell) {
        if let Some((at, _)) = self.node.column {
            self.row.set(at, cell);
        }
    }

    /// The parts of what has names for them.
    fn named(self) -> Parts<'a, R> {
        if let (true, Some((at, _))) = (R::LISTS_ARE_ENTRIES, self.node.column) {
            self.row.set(at, Cell::Texts(Vec::new()));
        }
        Parts::of(self)
    }

    fn integer(self, value: i64) {
        match self.node.column {
            Some((_, Kind::Number)) => self.set(Cell::Number(value as f64)),
            _ => self.set(Cell::Integer(value)),
        }
    }
}

impl<'a, R: Row + ?Sized> Parts<'a, R> {
    fn of(reader: Reader<'a, R>) -> Self {
        let Reader { node, row } = reader;
        Self { node, row, count: 0, texts: Vec::new(), key: Text::default() }
    }

    fn part<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) -> Result<(), Error> {
        let Some(node) = self.node.child(name) else { return Ok(()) };
        if let Some((at, Kind::Json)) = node.column {
            let json = serde_json::to_string(value).map_err(|_| Error)?;
            self.row.set(at, Cell::Text(json.into()));
            return Ok(());
        }
        value.serialize(Reader { node, row: self.row })
    }

    fn next<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        if R::LISTS_ARE_ENTRIES {
            value.serialize(Reader { node: self.node, row: self.row })?;
        } else if let Some((_, Kind::Texts)) = self.node.column {
            self.texts.push(text_of(value)?);
        } else if !self.node.children.is_empty() {
            self.part(&self.count.to_string(), value)?;
        }
        self.count += 1;
        Ok(())
    }

    fn finish(self) {
        if let Some((at, Kind::Texts)) = self.node.column {
            self.row.set(at, Cell::Texts(self.texts));
        }
    }
}

impl<'a, R: Row + ?Sized> Serializer for Reader<'a, R> {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = Parts<'a, R>;
    type SerializeTuple = Parts<'a, R>;
    type SerializeTupleStruct = Impossible<(), Error>;
    type SerializeTupleVariant = Impossible<(), Error>;
    type SerializeMap = Parts<'a, R>;
    type SerializeStruct = Parts<'a, R>;
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

    fn serialize_seq(self, _: Option<usize>) -> Result<Parts<'a, R>, Error> {
        Ok(Parts::of(self))
    }

    fn serialize_tuple(self, _: usize) -> Result<Parts<'a, R>, Error> {
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

    fn serialize_map(self, _: Option<usize>) -> Result<Parts<'a, R>, Error> {
        Ok(self.named())
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Parts<'a, R>, Error> {
        Ok(self.named())
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

impl<R: Row + ?Sized> SerializeStruct for Parts<'_, R> {
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

impl<R: Row + ?Sized> SerializeMap for Parts<'_, R> {
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

impl<R: Row + ?Sized> SerializeSeq for Parts<'_, R> {
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

impl<R: Row + ?Sized> SerializeTuple for Parts<'_, R> {
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
