//! Conditions on properties: the part of CQL2 text (OGC 21-065r2) that needs no geometry, which has
//! words of its own here. `=`, `<>`, `<`, `<=`, `>`, `>=`, `BETWEEN`, `IN`, `LIKE`, `IS NULL`, `AND`,
//! `OR`, `NOT` and brackets; numbers, texts in single quotes, `TRUE` and `FALSE`.
//!
//! A property that is missing is NULL, and a comparison with NULL does not hold, nor does its
//! opposite (section 6.5, three-valued). A property within a list holds for an object when it does
//! for any entry.

use picture::{Layer, Object};
use serde_json::Value;

use super::properties::properties;
use crate::problem::Problem;

/// Longest filter, bytes.
const BYTES_MAX: usize = 2_000;

/// Deepest nesting of brackets and NOT: the reader calls itself.
const DEPTH_MAX: usize = 16;

/// Most values of an IN.
const VALUES_MAX: usize = 200;

/// A condition, read and checked.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Filter(Condition);

#[derive(Clone, Debug, PartialEq)]
enum Condition {
    And(Vec<Condition>),
    Or(Vec<Condition>),
    Not(Box<Condition>),
    Compare { path: Vec<String>, operator: Operator, literal: Literal },
    Between { path: Vec<String>, low: f64, high: f64 },
    In { path: Vec<String>, literals: Vec<Literal> },
    Like { path: Vec<String>, pattern: String },
    IsNull { path: Vec<String> },
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
    /// Reads a filter for objects of some layers. Each property must be one of any of them.
    pub(crate) fn parse(text: &str, layers: &[Layer]) -> Result<Self, Problem> {
        if text.len() > BYTES_MAX {
            let detail =
                format!("filter: it has {} bytes, at most {BYTES_MAX} are read", text.len());
            return Err(Problem::bad_request(detail));
        }
        let tokens = tokens(text)?;
        let mut reader = Reader { tokens: &tokens, at: 0, end: text.len(), layers };
        let condition = reader.any(0)?;
        match reader.peek() {
            None => Ok(Self(condition)),
            Some(_) => Err(reader.expected("AND, OR or the end")),
        }
    }

    /// Whether it holds for an object.
    pub(crate) fn has(&self, object: &Object) -> bool {
        serde_json::to_value(object).is_ok_and(|value| holds(&self.0, &value) == Some(true))
    }
}

/// True, false, or not known (NULL).
fn holds(condition: &Condition, object: &Value) -> Option<bool> {
    match condition {
        Condition::And(all) => {
            let of = |known, one| match (known, holds(one, object)) {
                (Some(false), _) | (_, Some(false)) => Some(false),
                (Some(true), Some(true)) => Some(true),
                _ => None,
            };
            all.iter().fold(Some(true), of)
        }
        Condition::Or(any) => {
            let of = |known, one| match (known, holds(one, object)) {
                (Some(true), _) | (_, Some(true)) => Some(true),
                (Some(false), Some(false)) => Some(false),
                _ => None,
            };
            any.iter().fold(Some(false), of)
        }
        Condition::Not(inner) => holds(inner, object).map(|holds| !holds),
        Condition::Compare { path, operator, literal } => {
            any_value(object, path, &|value| compare(value, *operator, literal))
        }
        Condition::Between { path, low, high } => any_value(object, path, &|value| {
            value.as_f64().map(|number| (*low..=*high).contains(&number))
        }),
        Condition::In { path, literals } => any_value(object, path, &|value| {
            let mut equal = literals.iter().map(|one| compare(value, Operator::Equal, one));
            Some(equal.any(|equal| equal == Some(true)))
        }),
        Condition::Like { path, pattern } => {
            any_value(object, path, &|value| value.as_str().map(|text| is_like(text, pattern)))
        }
        Condition::IsNull { path } => Some(any_value(object, path, &|_| Some(true)).is_none()),
    }
}

/// Whether something holds for any value at a path; not known when there is none to judge.
fn any_value(
    value: &Value,
    path: &[String],
    test: &dyn Fn(&Value) -> Option<bool>,
) -> Option<bool> {
    match (value, path) {
        (Value::Null, _) => None,
        (Value::Array(values), path) => {
            let known = values.iter().filter_map(|value| any_value(value, path, test));
            known.fold(None, |any, one| Some(any.unwrap_or(false) || one))
        }
        (value, []) => test(value),
        (value, [name, rest @ ..]) => any_value(value.get(name)?, rest, test),
    }
}

fn compare(value: &Value, operator: Operator, literal: &Literal) -> Option<bool> {
    let ordering = match literal {
        Literal::Number(number) => value.as_f64()?.partial_cmp(number)?,
        Literal::Text(text) => value.as_str()?.cmp(text),
        Literal::Bool(is) => value.as_bool()?.cmp(is),
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

/// `%` is any text, `_` any character. Linear in the text times the parts between the `%`.
fn is_like(text: &str, pattern: &str) -> bool {
    let text: Vec<char> = text.chars().collect();
    let pattern: Vec<char> = pattern.chars().collect();
    let (mut at, mut part) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    while at < text.len() {
        match pattern.get(part) {
            Some('%') => {
                retry = Some((part + 1, at));
                part += 1;
            }
            Some(&one) if one == '_' || one == text[at] => {
                at += 1;
                part += 1;
            }
            _ => match retry {
                Some((after, from)) => {
                    retry = Some((after, from + 1));
                    (part, at) = (after, from + 1);
                }
                None => return false,
            },
        }
    }
    pattern.get(part..).is_none_or(|rest| rest.iter().all(|&one| one == '%'))
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    /// A keyword or a property.
    Word(String),
    Number(f64),
    Text(String),
    Sign(&'static str),
}

/// The tokens, each with where it begins.
fn tokens(text: &str) -> Result<Vec<(usize, Token)>, Problem> {
    const SIGNS: [&str; 9] = ["<>", "<=", ">=", "=", "<", ">", "(", ")", ","];
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let blank = rest.len() - rest.trim_start().len();
        if blank > 0 {
            at += blank;
            continue;
        }
        let (length, token) = if let Some(sign) = SIGNS.iter().find(|sign| rest.starts_with(**sign))
        {
            (sign.len(), Token::Sign(sign))
        } else if rest.starts_with('\'') {
            quoted(rest).ok_or_else(|| bad(at, "a text that has no end; it ends with '"))?
        } else {
            let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '-' | '+');
            let length = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
            let word = rest.get(..length).unwrap_or_default();
            let is_number =
                word.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '.'));
            match word.parse::<f64>() {
                Ok(number) if is_number && number.is_finite() => (length, Token::Number(number)),
                _ if is_number || word.is_empty() => {
                    return Err(bad(at, "neither a word nor a number"));
                }
                _ => (length, Token::Word(word.into())),
            }
        };
        tokens.push((at, token));
        at += length;
    }
    Ok(tokens)
}

/// A text in single quotes; two of them within are one.
fn quoted(rest: &str) -> Option<(usize, Token)> {
    let mut text = String::new();
    let mut characters = rest.char_indices().skip(1).peekable();
    while let Some((at, character)) = characters.next() {
        if character != '\'' {
            text.push(character);
        } else if characters.next_if(|(_, next)| *next == '\'').is_some() {
            text.push('\'');
        } else {
            return Some((at + 1, Token::Text(text)));
        }
    }
    None
}

fn bad(at: usize, what: &str) -> Problem {
    Problem::bad_request(format!("filter: at byte {at} is {what}"))
}

struct Reader<'a> {
    tokens: &'a [(usize, Token)],
    at: usize,
    /// Length of the text.
    end: usize,
    layers: &'a [Layer],
}

impl Reader<'_> {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at).map(|(_, token)| token)
    }

    fn expected(&self, what: &str) -> Problem {
        let at = self.tokens.get(self.at).map_or(self.end, |(at, _)| *at);
        Problem::bad_request(format!("filter: at byte {at} must come {what}"))
    }

    fn take_word(&mut self, word: &str) -> bool {
        let is_next =
            matches!(self.peek(), Some(Token::Word(next)) if next.eq_ignore_ascii_case(word));
        self.at += usize::from(is_next);
        is_next
    }

    fn take_sign(&mut self, sign: &str) -> bool {
        let is_next = matches!(self.peek(), Some(Token::Sign(next)) if *next == sign);
        self.at += usize::from(is_next);
        is_next
    }

    fn need(&mut self, taken: bool, what: &str) -> Result<(), Problem> {
        if taken { Ok(()) } else { Err(self.expected(what)) }
    }

    fn any(&mut self, depth: usize) -> Result<Condition, Problem> {
        let mut any = vec![self.all(depth)?];
        while self.take_word("OR") {
            any.push(self.all(depth)?);
        }
        Ok(if any.len() == 1 { any.remove(0) } else { Condition::Or(any) })
    }

    fn all(&mut self, depth: usize) -> Result<Condition, Problem> {
        let mut all = vec![self.one(depth)?];
        while self.take_word("AND") {
            all.push(self.one(depth)?);
        }
        Ok(if all.len() == 1 { all.remove(0) } else { Condition::And(all) })
    }

    fn one(&mut self, depth: usize) -> Result<Condition, Problem> {
        if depth > DEPTH_MAX {
            return Err(self.expected(&format!("no more than {DEPTH_MAX} levels of brackets")));
        }
        if self.take_word("NOT") {
            return Ok(Condition::Not(Box::new(self.one(depth + 1)?)));
        }
        if self.take_sign("(") {
            let inner = self.any(depth + 1)?;
            let closed = self.take_sign(")");
            self.need(closed, "a closing bracket")?;
            return Ok(inner);
        }
        self.predicate()
    }

    fn predicate(&mut self) -> Result<Condition, Problem> {
        let path = self.property()?;
        if self.take_word("IS") {
            let negated = self.take_word("NOT");
            let is_null = self.take_word("NULL");
            self.need(is_null, "NULL")?;
            return Ok(negate(negated, Condition::IsNull { path }));
        }
        let negated = self.take_word("NOT");
        if self.take_word("BETWEEN") {
            let low = self.number()?;
            let and = self.take_word("AND");
            self.need(and, "AND")?;
            let high = self.number()?;
            return Ok(negate(negated, Condition::Between { path, low, high }));
        }
        if self.take_word("IN") {
            let literals = self.literals()?;
            return Ok(negate(negated, Condition::In { path, literals }));
        }
        if self.take_word("LIKE") {
            let Literal::Text(pattern) = self.literal()? else {
                self.at -= 1;
                return Err(self.expected("a text in single quotes"));
            };
            return Ok(negate(negated, Condition::Like { path, pattern }));
        }
        if negated {
            return Err(self.expected("BETWEEN, IN or LIKE"));
        }
        let operator = self.operator()?;
        Ok(Condition::Compare { path, operator, literal: self.literal()? })
    }

    fn operator(&mut self) -> Result<Operator, Problem> {
        let operator = match self.peek() {
            Some(Token::Sign("=")) => Operator::Equal,
            Some(Token::Sign("<>")) => Operator::Unequal,
            Some(Token::Sign("<")) => Operator::Less,
            Some(Token::Sign("<=")) => Operator::LessOrEqual,
            Some(Token::Sign(">")) => Operator::Greater,
            Some(Token::Sign(">=")) => Operator::GreaterOrEqual,
            _ => return Err(self.expected("=, <>, <, <=, >, >=, BETWEEN, IN, LIKE or IS NULL")),
        };
        self.at += 1;
        Ok(operator)
    }

    /// A property, which must be one of a layer: a misspelt one would be NULL without a word.
    fn property(&mut self) -> Result<Vec<String>, Problem> {
        let Some(Token::Word(name)) = self.peek() else {
            return Err(self.expected("a property, NOT or a bracket"));
        };
        let name = name.clone();
        if !self.layers.iter().any(|&layer| properties(layer).contains(&name)) {
            return Err(Problem::bad_request(format!("filter: {}", unknown(&name, self.layers))));
        }
        self.at += 1;
        Ok(name.split('.').map(String::from).collect())
    }

    fn literals(&mut self) -> Result<Vec<Literal>, Problem> {
        let opened = self.take_sign("(");
        self.need(opened, "an opening bracket")?;
        let mut literals = vec![self.literal()?];
        while self.take_sign(",") {
            literals.push(self.literal()?);
            if literals.len() > VALUES_MAX {
                return Err(self.expected(&format!("no more than {VALUES_MAX} values")));
            }
        }
        let closed = self.take_sign(")");
        self.need(closed, "a comma or a closing bracket")?;
        Ok(literals)
    }

    fn number(&mut self) -> Result<f64, Problem> {
        if let Literal::Number(number) = self.literal()? {
            return Ok(number);
        }
        self.at -= 1;
        Err(self.expected("a number"))
    }

    fn literal(&mut self) -> Result<Literal, Problem> {
        let literal = match self.peek() {
            Some(Token::Number(number)) => Literal::Number(*number),
            Some(Token::Text(text)) => Literal::Text(text.clone()),
            Some(Token::Word(word)) if word.eq_ignore_ascii_case("TRUE") => Literal::Bool(true),
            Some(Token::Word(word)) if word.eq_ignore_ascii_case("FALSE") => Literal::Bool(false),
            _ => return Err(self.expected("a number, a text in single quotes, TRUE or FALSE")),
        };
        self.at += 1;
        Ok(literal)
    }
}

fn negate(negated: bool, condition: Condition) -> Condition {
    if negated { Condition::Not(Box::new(condition)) } else { condition }
}

/// Says that a property is unknown, and which ones are like it.
pub(crate) fn unknown(name: &str, layers: &[Layer]) -> String {
    let last = name.rsplit('.').next().unwrap_or(name).to_lowercase();
    let all = layers.iter().flat_map(|&layer| properties(layer));
    let mut alike: Vec<&str> = all
        .filter(|known| {
            let part = known.rsplit('.').next().unwrap_or(known);
            part.contains(&last) || last.contains(part)
        })
        .map(String::as_str)
        .collect();
    alike.dedup();
    alike.truncate(5);
    let hint = if alike.is_empty() {
        "/openapi.json lists what there is".into()
    } else {
        format!("there is {}", alike.join(", "))
    };
    format!("no property {name:?}; {hint}")
}
