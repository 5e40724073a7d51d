//! Skeleton of recordings.
