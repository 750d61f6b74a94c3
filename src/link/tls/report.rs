//! What a certificate says, read out of its DER for people. Decides nothing.

use std::net::{Ipv4Addr, Ipv6Addr};

use rustls::pki_types::CertificateDer;
use sha2::{Digest, Sha256};
use x509_parser::der_parser::Oid;
use x509_parser::objects::{oid_registry, oid2sn};
use x509_parser::prelude::{FromDer, GeneralName, X509Certificate, X509Name};
use x509_parser::public_key::PublicKey;

use crate::channel::tls::{CertificateFacts, Pin};

/// Most certificates of a chain that are read: a server can send any number.
const MOST_CERTIFICATES: usize = 10;
/// Most names of one certificate.
const MOST_NAMES: usize = 100;
/// Longest text taken out of a certificate, in characters.
const LONGEST: usize = 256;

/// The SHA-256 of the whole certificate.
pub fn pin(certificate: &[u8]) -> Pin {
    Pin(Sha256::digest(certificate).into())
}

/// A chain, the server's own certificate first.
pub fn chain<'a>(certificates: impl IntoIterator<Item = &'a [u8]>) -> Vec<CertificateFacts> {
    certificates
        .into_iter()
        .take(MOST_CERTIFICATES)
        .map(facts)
        .collect()
}

/// The subject of our own certificate.
pub fn subject(certificate: &CertificateDer<'_>) -> String {
    facts(certificate).subject
}

/// Whether the certificate is of X.509 version 1, which has no extensions, so no names and no CA flag.
pub fn is_version_1(certificate: &[u8]) -> bool {
    X509Certificate::from_der(certificate).is_ok_and(|(_, parsed)| parsed.version().0 == 0)
}

fn facts(certificate: &[u8]) -> CertificateFacts {
    let Ok((_, parsed)) = X509Certificate::from_der(certificate) else {
        return CertificateFacts {
            subject: "(it cannot be read)".to_owned(),
            common_name: String::new(),
            issuer: "(it cannot be read)".to_owned(),
            names: Vec::new(),
            not_before: 0,
            not_after: 0,
            key: "(it cannot be read)".to_owned(),
            signature: "(it cannot be read)".to_owned(),
            pin: pin(certificate),
            is_ca: false,
        };
    };
    let common_name = parsed
        .subject()
        .iter_common_name()
        .next()
        .and_then(|name| name.as_str().ok())
        .unwrap_or_default();
    CertificateFacts {
        subject: distinguished(parsed.subject()),
        common_name: clean(common_name),
        issuer: distinguished(parsed.issuer()),
        names: names(&parsed),
        not_before: parsed.validity().not_before.timestamp(),
        not_after: parsed.validity().not_after.timestamp(),
        key: key(&parsed),
        signature: oid_name(&parsed.signature_algorithm.algorithm),
        pin: pin(certificate),
        is_ca: parsed.is_ca(),
    }
}

fn distinguished(name: &X509Name<'_>) -> String {
    clean(&name.to_string())
}

fn names(certificate: &X509Certificate<'_>) -> Vec<String> {
    let Ok(Some(extension)) = certificate.subject_alternative_name() else {
        return Vec::new();
    };
    let all = &extension.value.general_names;
    let mut names: Vec<String> = all.iter().take(MOST_NAMES).filter_map(name).collect();
    if all.len() > MOST_NAMES {
        names.push(format!("and {} more", all.len() - MOST_NAMES));
    }
    names
}

fn name(name: &GeneralName<'_>) -> Option<String> {
    match name {
        GeneralName::DNSName(name) => Some(clean(name)),
        GeneralName::IPAddress(octets) => match *octets {
            [a, b, c, d] => Some(Ipv4Addr::new(*a, *b, *c, *d).to_string()),
            octets => <[u8; 16]>::try_from(octets)
                .ok()
                .map(|octets| Ipv6Addr::from(octets).to_string()),
        },
        _ => None,
    }
}

fn key(certificate: &X509Certificate<'_>) -> String {
    let info = certificate.public_key();
    match info.parsed() {
        Ok(PublicKey::RSA(key)) => format!("RSA {}", key.key_size()),
        Ok(PublicKey::EC(key)) => {
            let curve = info
                .algorithm
                .parameters
                .as_ref()
                .and_then(|p| p.as_oid().ok());
            match curve.map(|oid| oid.to_id_string()).as_deref() {
                Some("1.2.840.10045.3.1.7") => "EC P-256".to_owned(),
                Some("1.3.132.0.34") => "EC P-384".to_owned(),
                Some("1.3.132.0.35") => "EC P-521".to_owned(),
                _ => format!("EC {}", key.key_size()),
            }
        }
        _ => oid_name(&info.algorithm.algorithm),
    }
}

/// The name of an algorithm, or its number.
fn oid_name(oid: &Oid<'_>) -> String {
    match oid.to_id_string().as_str() {
        "1.3.101.112" => "Ed25519".to_owned(),
        "1.3.101.113" => "Ed448".to_owned(),
        number => match oid2sn(oid, oid_registry()) {
            Ok(name) => name.to_owned(),
            Err(_) => number.to_owned(),
        },
    }
}

/// One line of printable text, not longer than it helps.
fn clean(text: &str) -> String {
    let mut short: String = text
        .chars()
        .take(LONGEST)
        .map(|c| if c.is_control() { '?' } else { c })
        .collect();
    if text.chars().nth(LONGEST).is_some() {
        short.push_str("...");
    }
    short
}
