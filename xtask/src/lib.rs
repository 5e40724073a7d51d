//! Tasks of the repository, callable from tests.

pub mod codegen;
