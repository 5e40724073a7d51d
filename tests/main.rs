//! All tests of Tilanne in one binary: `cargo xtask test`.

mod workspace;
