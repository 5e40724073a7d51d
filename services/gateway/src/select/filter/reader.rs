//! Reads the text of a condition.

use super::pattern::Pattern;
use super::{Condition, Literal, Operator, Property, casei};
use crate::column::Paths;
use crate::problem::Problem;
use crate::select::properties::Names;

/// Longest filter, bytes.
const BYTES_MAX: usize = 2_000;

/// Deepest nesting of brackets and NOT: the reader calls itself.
const DEPTH_MAX: usize = 16;

/// Most values of an IN.
const VALUES_MAX: usize = 200;

/// The condition that a text is, and the paths of the properties in it. Each must be one of those that
/// are known.
pub(super) fn read(text: &str, known: &[Names]) -> Result<(Condition, Paths), Problem> {
    if text.len() > BYTES_MAX {
        let detail = format!("filter: it has {} bytes, at most {BYTES_MAX} are read", text.len());
        return Err(Problem::bad_request(detail));
    }
    let tokens = tokens(text)?;
    let paths = Paths::default();
    let mut reader = Reader { tokens: &tokens, at: 0, end: text.len(), known, paths };
    let condition = reader.any(0)?;
    match reader.peek() {
        None => Ok((condition, reader.paths)),
        Some(_) => Err(reader.expected("AND, OR or the end")),
    }
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

/// A text in single quotes; one within has another or `\` before it (rule `escapeQuote`).
fn quoted(rest: &str) -> Option<(usize, Token)> {
    let mut text = String::new();
    let mut characters = rest.char_indices().skip(1).peekable();
    while let Some((at, character)) = characters.next() {
        let is_escaping = matches!(character, '\'' | '\\')
            && characters.next_if(|(_, next)| *next == '\'').is_some();
        match character {
            _ if is_escaping => text.push('\''),
            '\'' => return Some((at + 1, Token::Text(text))),
            other => text.push(other),
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
    known: &'a [Names],
    paths: Paths,
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

    /// The brackets that `CASEI` opens, none or one after another, and how many.
    fn take_casei(&mut self) -> Result<usize, Problem> {
        let mut opened = 0;
        while self.take_word("CASEI") {
            let is_open = self.take_sign("(");
            self.need(is_open, "an opening bracket")?;
            opened += 1;
        }
        Ok(opened)
    }

    fn close(&mut self, opened: usize) -> Result<(), Problem> {
        for _ in 0..opened {
            let is_closed = self.take_sign(")");
            self.need(is_closed, "a closing bracket")?;
        }
        Ok(())
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
        let property = self.property()?;
        if self.take_word("IS") {
            let negated = self.take_word("NOT");
            let is_null = self.take_word("NULL");
            self.need(is_null, "NULL")?;
            return Ok(negate(negated, Condition::IsNull { property }));
        }
        let negated = self.take_word("NOT");
        if self.take_word("BETWEEN") {
            let low = self.number()?;
            let and = self.take_word("AND");
            self.need(and, "AND")?;
            let high = self.number()?;
            return Ok(negate(negated, Condition::Between { property, low, high }));
        }
        if self.take_word("IN") {
            let literals = self.literals()?;
            return Ok(negate(negated, Condition::In { property, literals }));
        }
        if self.take_word("LIKE") {
            let start = self.at;
            let Literal::Text(pattern) = self.literal()? else {
                self.at = start;
                return Err(self.expected("a text in single quotes"));
            };
            let pattern = Pattern::new(&pattern);
            return Ok(negate(negated, Condition::Like { property, pattern }));
        }
        if negated {
            return Err(self.expected("BETWEEN, IN or LIKE"));
        }
        let operator = self.operator()?;
        Ok(Condition::Compare { property, operator, literal: self.literal()? })
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

    /// A property, which must be a known one: a misspelt one would be NULL without a word.
    fn property(&mut self) -> Result<Property, Problem> {
        let opened = self.take_casei()?;
        let Some(Token::Word(name)) = self.peek() else {
            return Err(self.expected("a property, NOT or a bracket"));
        };
        if !self.known.iter().any(|names| names.contains(name)) {
            return Err(Problem::bad_request(format!("filter: {}", unknown(name, self.known))));
        }
        let name = name.clone();
        let path = self.paths.number(&name);
        self.at += 1;
        self.close(opened)?;
        Ok(Property { path, is_folded: opened > 0 })
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
        let start = self.at;
        if let Literal::Number(number) = self.literal()? {
            return Ok(number);
        }
        self.at = start;
        Err(self.expected("a number"))
    }

    fn literal(&mut self) -> Result<Literal, Problem> {
        let opened = self.take_casei()?;
        let literal = match self.peek() {
            Some(Token::Text(text)) if opened > 0 => Literal::Text(casei(text)),
            Some(Token::Text(text)) => Literal::Text(text.clone()),
            _ if opened > 0 => return Err(self.expected("a text in single quotes")),
            Some(Token::Number(number)) => Literal::Number(*number),
            Some(Token::Word(word)) if word.eq_ignore_ascii_case("TRUE") => Literal::Bool(true),
            Some(Token::Word(word)) if word.eq_ignore_ascii_case("FALSE") => Literal::Bool(false),
            _ => return Err(self.expected("a number, a text in single quotes, TRUE or FALSE")),
        };
        self.at += 1;
        self.close(opened)?;
        Ok(literal)
    }
}

fn negate(negated: bool, condition: Condition) -> Condition {
    if negated { Condition::Not(Box::new(condition)) } else { condition }
}

/// Says that a property is unknown, and which ones are like it.
fn unknown(name: &str, known: &[Names]) -> String {
    let last = name.rsplit('.').next().unwrap_or(name).to_lowercase();
    let all = known.iter().copied().flatten();
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
