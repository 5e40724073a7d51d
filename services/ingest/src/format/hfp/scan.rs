//! A scanner for the one shape that nearly all HFP payloads have: `{"VP":{"key":value,...}}`, with
//! text without escapes, plain numbers and nulls for values. It takes a third of the time of a general
//! JSON reader, at a thousand messages a second and more. It never guesses: at anything else it
//! gives up, and the general reader decides.
//!
//! What takes time is that the processor cannot foresee where each of fifty short texts and numbers
//! ends. So eight bytes are looked at together, without a branch for each, and a key is held against
//! the one that the publisher sends next before it is looked for.

use std::borrow::Cow;

use super::payload::{Field, Fields, Message};
use crate::format::json::Scalar;

/// Most digits of a number: as many as 64 bits hold.
const DIGITS_MAX: usize = 18;

/// Powers of ten that a fraction is divided by; each of them is exact.
const POWERS_OF_TEN: [f64; DIGITS_MAX + 1] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18,
];

/// Tens of a number of digits, up to those of a word.
const TENS: [i64; WORD_BYTES + 1] =
    [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000];

/// Bytes that are looked at together, the first the lowest.
const WORD_BYTES: usize = 8;

/// The lowest and the highest bit of each of them.
const LOWS: u64 = 0x0101_0101_0101_0101;
const HIGHS: u64 = 0x8080_8080_8080_8080;

/// A key with its quotes and colon as the bytes of a word.
struct Expected {
    word: u64,
    /// All bits of those bytes.
    mask: u64,
    bytes: usize,
    field: Field,
}

/// Keys in the order in which the publisher sends them. One that does not come, or another in between,
/// costs a search by name.
static ORDER: [Expected; 22] = [
    Expected::new("desi", Field::Desi),
    Expected::new("dir", Field::Dir),
    Expected::new("oper", Field::Oper),
    Expected::new("veh", Field::Veh),
    Expected::new("tst", Field::Tst),
    Expected::new("tsi", Field::Tsi),
    Expected::new("spd", Field::Spd),
    Expected::new("hdg", Field::Hdg),
    Expected::new("lat", Field::Lat),
    Expected::new("long", Field::Long),
    Expected::new("acc", Field::Acc),
    Expected::new("dl", Field::Dl),
    Expected::new("odo", Field::Odo),
    Expected::new("drst", Field::Drst),
    Expected::new("oday", Field::Oday),
    Expected::new("jrn", Field::Other),
    Expected::new("line", Field::Other),
    Expected::new("start", Field::Start),
    Expected::new("loc", Field::Loc),
    Expected::new("stop", Field::Stop),
    Expected::new("route", Field::Route),
    Expected::new("occu", Field::Occu),
];

impl Expected {
    /// A key of at most five bytes.
    const fn new(name: &str, field: Field) -> Self {
        let name = name.as_bytes();
        let bytes = name.len() + 3;
        let mut key = [0; WORD_BYTES];
        let mut mask = [0; WORD_BYTES];
        key[0] = b'"';
        let mut at = 0;
        while at < name.len() {
            key[at + 1] = name[at];
            at += 1;
        }
        (key[bytes - 2], key[bytes - 1]) = (b'"', b':');
        at = 0;
        while at < bytes {
            mask[at] = u8::MAX;
            at += 1;
        }
        let (word, mask) = (u64::from_le_bytes(key), u64::from_le_bytes(mask));
        Self { word, mask, bytes, field }
    }
}

/// A place in the text. Every step is `None` where the text is not of the shape.
pub(super) struct Scanner<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Scanner<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// Reads the whole text into a message, of which a part may be filled when it is not.
    pub(super) fn message(&mut self, message: &mut Message<'a>) -> Option<()> {
        self.take(b'{')?;
        message.event = Scalar::Text(Cow::Borrowed(self.string()?));
        self.take(b':')?;
        self.fields(&mut message.fields)?;
        self.take(b'}')?;
        self.skip_white();
        (self.at == self.text.len()).then_some(())
    }

    fn fields(&mut self, fields: &mut Fields<'a>) -> Option<()> {
        self.take(b'{')?;
        let mut next = 0;
        loop {
            let word = self.word(self.at);
            let expected = ORDER.get(next).filter(|expected| word & expected.mask == expected.word);
            let field = if let Some(Expected { bytes, field, .. }) = expected {
                self.at += bytes;
                next += 1;
                *field
            } else {
                let field = Field::named(self.string()?.as_bytes());
                self.take(b':')?;
                let place = ORDER.iter().position(|expected| expected.field == field);
                next = place.filter(|_| field != Field::Other).map_or(next, |place| place + 1);
                field
            };
            let value = self.value()?;
            fields.set(field, value);
            self.skip_white();
            match self.next()? {
                b',' => {}
                b'}' => return Some(()),
                _ => return None,
            }
        }
    }

    fn value(&mut self) -> Option<Scalar<'a>> {
        self.skip_white();
        match self.peek()? {
            b'"' => Some(Scalar::Text(Cow::Borrowed(self.string()?))),
            b'n' => {
                let word = self.text.as_bytes().get(self.at..self.at + 4)?;
                self.at += 4;
                (word == b"null").then_some(Scalar::Missing)
            }
            _ => self.number(),
        }
    }

    fn string(&mut self) -> Option<&'a str> {
        self.take(b'"')?;
        let start = self.at;
        let mut ends = ends_of_text(self.word(self.at));
        while ends == 0 {
            self.at += WORD_BYTES;
            ends = ends_of_text(self.word(self.at));
        }
        self.at += first_byte(ends);
        let text = self.text.get(start..self.at)?;
        (self.next()? == b'"').then_some(text)
    }

    /// A number without an exponent: whole, or with a fraction that one division makes.
    fn number(&mut self) -> Option<Scalar<'a>> {
        let is_negative = self.peek()? == b'-';
        self.at += usize::from(is_negative);
        let start = self.at;
        let mut mantissa = self.digits(0);
        let whole_digits = self.at - start;
        let leads_with_zero = self.text.as_bytes().get(start) == Some(&b'0');
        if whole_digits == 0 || (leads_with_zero && whole_digits > 1) {
            return None;
        }
        let mut decimals = None;
        if self.peek() == Some(b'.') {
            self.at += 1;
            let start = self.at;
            mantissa = self.digits(mantissa);
            decimals = Some(self.at - start);
        }
        let fits = whole_digits + decimals.unwrap_or(0) <= DIGITS_MAX;
        let is_odd = decimals == Some(0) || matches!(self.peek(), Some(b'e' | b'E'));
        if is_odd || !fits || (is_negative && mantissa == 0) {
            return None;
        }
        let mantissa = if is_negative { -mantissa } else { mantissa };
        Some(match decimals {
            None => Scalar::Integer(mantissa),
            Some(decimals) => Scalar::Float(mantissa as f64 / POWERS_OF_TEN.get(decimals)?),
        })
    }

    /// Appends digits to a number; it wraps when there are too many, which the caller refuses.
    fn digits(&mut self, mut number: i64) -> i64 {
        loop {
            let word = self.word(self.at) ^ (LOWS * u64::from(b'0'));
            // Of a digit nothing is left but its value: with 0x76 more that of 10 reaches the highest bit.
            let others = (word.wrapping_add(LOWS * 0x76) | word) & HIGHS;
            let count = first_byte(others);
            if count == 0 {
                return number;
            }
            // Zeros come before them, and then each two of digits, pairs and fours become one.
            let digits = word << (8 * (WORD_BYTES - count));
            let pairs = (digits.wrapping_mul(10).wrapping_add(digits >> 8)) & 0x00FF_00FF_00FF_00FF;
            let fours = (pairs.wrapping_mul(100).wrapping_add(pairs >> 16)) & 0x0000_FFFF_0000_FFFF;
            let all = (fours.wrapping_mul(10_000).wrapping_add(fours >> 32)) & 0xFFFF_FFFF;
            number = number.wrapping_mul(TENS[count]).wrapping_add(all as i64);
            self.at += count;
            if count < WORD_BYTES {
                return number;
            }
        }
    }

    /// The bytes from a place on; zeros after the end of the text.
    fn word(&self, at: usize) -> u64 {
        let rest = self.text.as_bytes().get(at..).unwrap_or_default();
        match rest.first_chunk() {
            Some(bytes) => u64::from_le_bytes(*bytes),
            None => last_word(rest),
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn next(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.at += 1;
        Some(byte)
    }

    fn take(&mut self, byte: u8) -> Option<()> {
        self.skip_white();
        (self.next()? == byte).then_some(())
    }

    fn skip_white(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.at += 1;
        }
    }
}

#[cold]
fn last_word(rest: &[u8]) -> u64 {
    let mut word = [0; WORD_BYTES];
    word.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
    u64::from_le_bytes(word)
}

/// The highest bit of each byte that cannot be within a text: a quote, a backslash, a control character.
/// Above the first of them other bits may be set too.
fn ends_of_text(word: u64) -> u64 {
    let below = |word: u64, byte: u8| word.wrapping_sub(LOWS * u64::from(byte)) & !word & HIGHS;
    let is = |byte: u8| below(word ^ (LOWS * u64::from(byte)), 1);
    is(b'"') | is(b'\\') | below(word, b' ')
}

/// Place of the first byte whose highest bit is set; the number of bytes where none is.
fn first_byte(highs: u64) -> usize {
    highs.trailing_zeros() as usize / 8
}
