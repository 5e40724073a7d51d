//! Tests of what traffic emits.
