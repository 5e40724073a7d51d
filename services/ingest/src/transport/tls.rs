//! Whom a secure connection trusts: the system's certificate authorities, or those of one file.

use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

use super::TransportError;

/// Largest file of certificate authorities, bytes: the system's own bundle has 220 KB.
const CA_FILE_BYTES_MAX: u64 = 4 << 20;

/// A client's settings. With a file, only its authorities are trusted.
pub(super) fn client_config(ca_file: Option<&Path>) -> Result<ClientConfig, TransportError> {
    let mut roots = RootCertStore::empty();
    if let Some(path) = ca_file {
        let failed = |message: String| TransportError::File { path: path.into(), message };
        let metadata = std::fs::metadata(path).map_err(|error| failed(error.to_string()))?;
        if metadata.len() > CA_FILE_BYTES_MAX {
            return Err(failed(format!("over the bound of {CA_FILE_BYTES_MAX} bytes")));
        }
        let certificates = CertificateDer::pem_file_iter(path)
            .and_then(Iterator::collect::<Result<Vec<_>, _>>)
            .map_err(|error| failed(error.to_string()))?;
        roots.add_parsable_certificates(certificates);
        if roots.is_empty() {
            return Err(failed("holds no certificate in PEM".into()));
        }
    } else {
        // What cannot be read of the system's store is left out: a connection that needs it says
        // that the issuer is unknown.
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    }
    Ok(trusting(roots))
}

/// Settings of a client that makes no secure connection.
pub(super) fn trusting_nobody() -> ClientConfig {
    trusting(RootCertStore::empty())
}

fn trusting(roots: RootCertStore) -> ClientConfig {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("the ring provider has TLS 1.2 and 1.3");
    builder.with_root_certificates(roots).with_no_client_auth()
}
