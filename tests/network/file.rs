//! The file of a network: what was written is read again, what is broken is an error.

use network::{Network, NetworkFileError};
use proptest::prelude::*;

use super::{arbitrary_network, crossing};

#[test]
fn a_file_is_what_was_written() {
    let network = crossing(&[]);
    let bytes = network.to_bytes();
    assert_eq!(Network::from_bytes(&bytes).unwrap(), network);
    assert_eq!(bytes, crossing(&[]).to_bytes());
}

#[test]
fn every_cut_is_an_error() {
    let bytes = crossing(&[]).to_bytes();
    for end in 0..bytes.len() {
        assert!(Network::from_bytes(&bytes[..end]).is_err(), "cut at {end}");
    }
}

#[test]
fn another_file_and_another_version_are_named() {
    let text = b"<?xml version=\"1.0\"?><osm version=\"0.6\"></osm>";
    assert_eq!(Network::from_bytes(text), Err(NetworkFileError::NotANetwork));
    let mut bytes = crossing(&[]).to_bytes();
    bytes[8] = 77;
    let error = Network::from_bytes(&bytes).unwrap_err();
    assert_eq!(error, NetworkFileError::OtherVersion { found: 77 });
    assert!(error.to_string().contains("import it again"));
}

proptest! {
    /// A wrong number in a body whose checksum is right again is found, or harms nobody.
    #[test]
    fn a_wrong_number_is_no_wrong_index(at in 24_usize..4_000, value: u8, x in -500.0..500.0) {
        let mut bytes = crossing(&[]).to_bytes();
        let at = 24 + (at - 24) % (bytes.len() - 24);
        bytes[at] = value;
        let crc = crc32fast::hash(&bytes[24..]);
        bytes[12..16].copy_from_slice(&crc.to_le_bytes());
        if let Ok(network) = Network::from_bytes(&bytes) {
            let mut near = Vec::new();
            network.near([x, 0.0], 200.0, &mut near);
            for point in near {
                for &next in network.successors(point.link) {
                    let _ = network.name(next);
                }
                let _ = (network.reverse(point.link), network.class(point.link));
            }
        }
    }

    #[test]
    fn any_network_comes_back(network in arbitrary_network()) {
        prop_assert_eq!(Network::from_bytes(&network.to_bytes()).unwrap(), network);
    }
}
