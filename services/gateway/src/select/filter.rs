//! Conditions on properties: the part of CQL2 text (OGC 21-065r2) that needs no geometry, which has
//! words of its own here. `=`, `<>`, `<`, `<=`, `>`, `>=`, `BETWEEN`, `IN`, `LIKE`, `IS NULL`, `AND`,
//! `OR`, `NOT`, `CASEI` and brackets; numbers, texts in single quotes, `TRUE` and `FALSE`.
//!
//! A property that is missing is NULL, and a comparison with NULL does not hold, nor does its
//! opposite (section 6.5, three-valued). A property within a list holds for an object when it does
//! for any entry.

mod pattern;
mod reader;

use std::borrow::Cow;

use serde::Serialize;

use super::properties::Names;
use crate::column::{Cell, Paths};
use crate::problem::Problem;
use pattern::Pattern;

/// A condition, read and checked.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Filter {
    condition: Condition,
    /// The properties that it is on: of an object, nothing else is looked at.
    paths: Paths,
}

#[derive(Clone, Debug, PartialEq)]
enum Condition {
    And(Vec<Condition>),
    Or(Vec<Condition>),
    Not(Box<Condition>),
    Compare { property: Property, operator: Operator, literal: Literal },
    Between { property: Property, low: f64, high: f64 },
    In { property: Property, literals: Vec<Literal> },
    Like { property: Property, pattern: Pattern },
    IsNull { property: Property },
}

/// A property of an object.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Property {
    /// Number of its path.
    path: usize,
    /// Whether its texts are compared without capitals (`CASEI`).
    is_folded: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Operator {
    Equal,
    Unequal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

#[derive(Clone, Debug, PartialEq)]
enum Literal {
    Number(f64),
    Text(String),
    Bool(bool),
}

impl Filter {
    /// Reads a filter for things of some kinds, whose properties have these names.
    pub(crate) fn parse(text: &str, known: &[Names]) -> Result<Self, Problem> {
        let (condition, paths) = reader::read(text, known)?;
        Ok(Self { condition, paths })
    }

    /// Whether it holds for an object.
    pub(crate) fn has(&self, object: &impl Serialize) -> bool {
        holds(&self.condition, &self.paths.read(object)) == Some(true)
    }
}

/// Text without the difference between capitals and small letters: the full case folding of Unicode
/// (section 5.18), but for the dotless i, which is an i here.
pub(crate) fn casei(text: &str) -> String {
    let small = text.chars().flat_map(char::to_lowercase);
    // Some small letters are one only as capitals, such as both forms of sigma.
    small.flat_map(char::to_uppercase).flat_map(char::to_lowercase).collect()
}

/// True, false, or not known (NULL). `values` are those of the paths.
fn holds(condition: &Condition, values: &[Vec<Cell>]) -> Option<bool> {
    match condition {
        Condition::And(all) => {
            let of = |known, one| match (known, holds(one, values)) {
                (Some(false), _) | (_, Some(false)) => Some(false),
                (Some(true), Some(true)) => Some(true),
                _ => None,
            };
            all.iter().fold(Some(true), of)
        }
        Condition::Or(any) => {
            let of = |known, one| match (known, holds(one, values)) {
                (Some(true), _) | (_, Some(true)) => Some(true),
                (Some(false), Some(false)) => Some(false),
                _ => None,
            };
            any.iter().fold(Some(false), of)
        }
        Condition::Not(inner) => holds(inner, values).map(|holds| !holds),
        Condition::Compare { property, operator, literal } => {
            property.any(values, |value| compare(value, *operator, literal, *property))
        }
        Condition::Between { property, low, high } => property
            .any(values, |value| number(value).map(|number| (*low..=*high).contains(&number))),
        Condition::In { property, literals } => property.any(values, |value| {
            let equal = |one| compare(value, Operator::Equal, one, *property);
            Some(literals.iter().any(|one| equal(one) == Some(true)))
        }),
        Condition::Like { property, pattern } => {
            property.any(values, |value| property.text(value).map(|text| pattern.fits(&text)))
        }
        Condition::IsNull { property } => Some(values[property.path].is_empty()),
    }
}

impl Property {
    /// Whether something holds for any of its values; not known when there is none to judge.
    fn any(self, values: &[Vec<Cell>], test: impl Fn(&Cell) -> Option<bool>) -> Option<bool> {
        let known = values[self.path].iter().filter_map(test);
        known.fold(None, |any, one| Some(any.unwrap_or(false) || one))
    }

    /// A value as text, when it is one.
    fn text(self, value: &Cell) -> Option<Cow<'_, str>> {
        match value {
            Cell::Text(text) if self.is_folded => Some(casei(text).into()),
            Cell::Text(text) => Some(text.as_str().into()),
            _ => None,
        }
    }
}

fn number(value: &Cell) -> Option<f64> {
    match value {
        Cell::Integer(number) => Some(*number as f64),
        Cell::Number(number) => Some(*number),
        _ => None,
    }
}

fn compare(
    value: &Cell,
    operator: Operator,
    literal: &Literal,
    property: Property,
) -> Option<bool> {
    let ordering = match (literal, value) {
        (Literal::Number(than), _) => number(value)?.partial_cmp(than)?,
        (Literal::Text(than), _) => property.text(value)?.as_ref().cmp(than),
        (Literal::Bool(than), Cell::Boolean(is)) => is.cmp(than),
        (Literal::Bool(_), _) => return None,
    };
    Some(match operator {
        Operator::Equal => ordering.is_eq(),
        Operator::Unequal => ordering.is_ne(),
        Operator::Less => ordering.is_lt(),
        Operator::LessOrEqual => ordering.is_le(),
        Operator::Greater => ordering.is_gt(),
        Operator::GreaterOrEqual => ordering.is_ge(),
    })
}
