//! What binds a login to the TLS connection that carries it (RFC 5056).

use rustls::{ClientConnection, ProtocolVersion};
use sha2::{Digest, Sha256, Sha384, Sha512};
use x509_parser::prelude::{FromDer, X509Certificate};

use crate::sasl::Bindings;

/// Octets of tls-exporter (RFC 9266 section 3).
const EXPORTED: usize = 32;

/// The bindings of a finished handshake. `extended_master_secret`: TLS 1.2 without it was refused, and
/// only then its exporter may bind (RFC 9266 section 3): rustls does not tell whether it was agreed on.
/// tls-unique cannot be had: rustls does not show the Finished messages, and TLS 1.3 has no such binding.
pub fn bindings(connection: &ClientConnection, extended_master_secret: bool) -> Bindings {
    let version = connection.protocol_version();
    let sound = version == Some(ProtocolVersion::TLSv1_3)
        || version == Some(ProtocolVersion::TLSv1_2) && extended_master_secret;
    let exporter = sound
        .then(|| {
            // No context and an empty one differ in TLS 1.2; RFC 9266 wants the empty one.
            connection.export_keying_material(
                vec![0; EXPORTED],
                b"EXPORTER-Channel-Binding",
                Some(b""),
            )
        })
        .and_then(Result::ok);
    let leaf = connection.peer_certificates().and_then(<[_]>::first);
    Bindings {
        exporter,
        end_point: leaf.and_then(|certificate| end_point(certificate)),
    }
}

/// tls-server-end-point of a certificate in DER: its digest by the hash of its own signature, SHA-256 in
/// place of MD5 and SHA-1 (RFC 5929 section 4.1). `None` where the signature has no hash of its own
/// (Ed25519), for which the RFC says nothing.
pub fn end_point(certificate: &[u8]) -> Option<Vec<u8>> {
    let (_, parsed) = X509Certificate::from_der(certificate).ok()?;
    let hash = match parsed.signature_algorithm.algorithm.to_id_string().as_str() {
        // md5, sha1, sha224 and sha256 with RSA; ecdsa with SHA-1 and SHA-256
        "1.2.840.113549.1.1.4"
        | "1.2.840.113549.1.1.5"
        | "1.2.840.113549.1.1.11"
        | "1.2.840.10045.4.1"
        | "1.2.840.10045.4.3.2" => 256,
        "1.2.840.113549.1.1.12" | "1.2.840.10045.4.3.3" => 384,
        "1.2.840.113549.1.1.13" | "1.2.840.10045.4.3.4" => 512,
        // RSASSA-PSS names its hash in the parameters; the OID of each ends the DER of these.
        "1.2.840.113549.1.1.10" => pss_hash(parsed.signature_algorithm.parameters.as_ref()?.data)?,
        _ => return None,
    };
    Some(match hash {
        256 => Sha256::digest(certificate).to_vec(),
        384 => Sha384::digest(certificate).to_vec(),
        _ => Sha512::digest(certificate).to_vec(),
    })
}

/// The bits of the hash in RSASSA-PSS-params (RFC 4055 section 3.1): the `hashAlgorithm` comes first.
fn pss_hash(parameters: &[u8]) -> Option<u32> {
    // 2.16.840.1.101.3.4.2.x
    const SHA2: [u8; 10] = [0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02];
    let at = memchr::memmem::find(parameters, &SHA2)?;
    match parameters.get(at + SHA2.len())? {
        1 => Some(256),
        2 => Some(384),
        3 => Some(512),
        _ => None,
    }
}
