//! Where files lie: a folder, or a store that speaks S3.

use std::sync::Arc;

use object_store::ObjectStore;
use object_store::aws::AmazonS3Builder;
use object_store::local::LocalFileSystem;
use object_store::prefix::PrefixStore;

use crate::{ArchiveError, ArchiveOptions};

/// Opens what the options name; makes the folder when it is new.
pub(crate) fn open(options: &ArchiveOptions) -> Result<Arc<dyn ObjectStore>, ArchiveError> {
    if let Some(s3) = &options.s3 {
        let mut builder = AmazonS3Builder::from_env().with_bucket_name(&s3.bucket);
        if let Some(endpoint) = &s3.endpoint {
            let is_open = endpoint.starts_with("http://");
            builder = builder.with_endpoint(endpoint).with_allow_http(is_open);
        }
        if let Some(region) = &s3.region {
            builder = builder.with_region(region);
        }
        let store = builder.build()?;
        return Ok(if s3.prefix.is_empty() {
            Arc::new(store)
        } else {
            Arc::new(PrefixStore::new(store, s3.prefix.as_str()))
        });
    }
    let directory = options.directory.clone().unwrap_or_default();
    std::fs::create_dir_all(&directory).map_err(|error| object_store::Error::Generic {
        store: "LocalFileSystem",
        source: format!("{}: {error}", directory.display()).into(),
    })?;
    let local = LocalFileSystem::new_with_prefix(&directory)?;
    // What is recorded may leave the log, so it must be on the disk; folders of days that went need
    // not stay.
    Ok(Arc::new(local.with_fsync(true).with_automatic_cleanup(true)))
}
