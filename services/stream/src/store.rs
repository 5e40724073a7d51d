//! Where files lie that more than one process sees: a folder, or a store that speaks S3.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use object_store::aws::AmazonS3Builder;
use object_store::local::LocalFileSystem;
use object_store::prefix::PrefixStore;
use object_store::{ObjectStore, RetryConfig};
use serde::Deserialize;

/// How often, and for how long, a request that failed is tried again: whoever waits for it, as a processor
/// does for its checkpoint, goes on without it, and all tries again later.
const RETRIES_MAX: usize = 3;
const RETRY_TIMEOUT: Duration = Duration::from_secs(20);

/// An S3-compatible store. Keys come from `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`, so that no
/// secret stands in a file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct StoreOptions {
    /// Bucket.
    pub bucket: String,
    /// What all names in it begin with.
    pub prefix: String,
    /// Address of a store that is not Amazon's, such as `https://a3s.fi`; `http` without TLS.
    pub endpoint: Option<String>,
    /// Region of the store.
    pub region: Option<String>,
}

/// Opens a store, or else a folder, which is made when it is new.
pub fn open(
    directory: Option<&Path>,
    s3: Option<&StoreOptions>,
) -> Result<Arc<dyn ObjectStore>, object_store::Error> {
    if let Some(s3) = s3 {
        let retry = RetryConfig {
            max_retries: RETRIES_MAX,
            retry_timeout: RETRY_TIMEOUT,
            ..RetryConfig::default()
        };
        let builder = AmazonS3Builder::from_env().with_bucket_name(&s3.bucket);
        let mut builder = builder.with_retry(retry);
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
    let directory = directory.unwrap_or(Path::new("."));
    std::fs::create_dir_all(directory).map_err(|error| object_store::Error::Generic {
        store: "LocalFileSystem",
        source: format!("{}: {error}", directory.display()).into(),
    })?;
    let local = LocalFileSystem::new_with_prefix(directory)?;
    // What is put here may leave the log, so it must be on the disk; folders of days that went need not
    // stay.
    Ok(Arc::new(local.with_fsync(true).with_automatic_cleanup(true)))
}
