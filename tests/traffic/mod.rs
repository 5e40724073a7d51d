//! Traffic mathematics.

mod balance;
mod matching;
mod matching_laws;
