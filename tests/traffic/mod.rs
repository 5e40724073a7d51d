//! Traffic mathematics.

mod matching;
mod matching_laws;
