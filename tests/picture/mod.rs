//! The picture: cases in files, laws for any log, and the index against brute force.

mod cases;
mod generate;
mod index;
mod laws;
mod script;
