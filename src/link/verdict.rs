//! What rustls found wrong, as sentences with a next step.

use std::io;

use rustls::pki_types::UnixTime;
use rustls::{AlertDescription, CertificateError, Error, InvalidMessage, PeerIncompatible};

use super::tls::Peer;

/// Why the handshake with `peer` failed.
pub fn handshake_sentence(peer: &Peer, error: &io::Error) -> String {
    let Peer {
        host,
        port,
        behind_starttls,
    } = peer;
    let typed = error
        .get_ref()
        .and_then(|inner| inner.downcast_ref::<Error>());
    match typed {
        Some(error @ (Error::InvalidCertificate(_) | Error::NoCertificatesPresented)) => {
            certificate_sentence(host, error)
        }
        Some(Error::InvalidMessage(InvalidMessage::InvalidContentType)) if *behind_starttls => {
            format!(
                "Plain text came from {host} where TLS had to begin, behind the OK of STARTTLS: the server is broken, \
             or somebody in between meddles with the line. Nothing secret was sent."
            )
        }
        Some(Error::InvalidMessage(
            InvalidMessage::InvalidContentType | InvalidMessage::UnknownProtocolVersion,
        )) => {
            format!(
                "{host} port {port} answered in plain text, not in TLS: this port does not speak TLS from the \
                 first byte. Try -t \"\" (STARTTLS), or -s with port 993."
            )
        }
        Some(Error::PeerIncompatible(
            PeerIncompatible::ServerDoesNotSupportTls12Or13
            | PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig
            | PeerIncompatible::NoCipherSuitesInCommon
            | PeerIncompatible::NoKxGroupsInCommon
            | PeerIncompatible::NoSignatureSchemesInCommon,
        )) => too_old(host),
        Some(Error::AlertReceived(
            AlertDescription::ProtocolVersion | AlertDescription::InsufficientSecurity,
        )) => too_old(host),
        Some(Error::AlertReceived(AlertDescription::HandshakeFailure)) => format!(
            "{host} broke the TLS handshake off: it shares no cipher with imapsh, or wants a client \
             certificate (give one with -t FILE)."
        ),
        Some(Error::AlertReceived(alert)) if certificate_alert(*alert) => {
            no_client_certificate(host)
        }
        Some(error) => format!("The TLS handshake with {host} failed: {error}."),
        None if error.kind() == io::ErrorKind::UnexpectedEof && !behind_starttls => format!(
            "{host} port {port} closed the connection in the TLS handshake: perhaps this port does not speak \
             TLS from the first byte. Try -t \"\" (STARTTLS), or -s with port 993."
        ),
        None => format!("The TLS handshake with {host} failed: {error}."),
    }
}

/// Why the server dropped a connection that was secured already; `None` if it is nothing of TLS. With
/// TLS 1.3 a refused or missing client certificate comes this late.
pub fn alert_sentence(host: &str, error: &io::Error) -> Option<String> {
    let typed = error
        .get_ref()
        .and_then(|inner| inner.downcast_ref::<Error>())?;
    Some(match typed {
        Error::AlertReceived(alert) if certificate_alert(*alert) => no_client_certificate(host),
        other => format!("The TLS connection to {host} broke: {other}. Connect again."),
    })
}

fn certificate_alert(alert: AlertDescription) -> bool {
    matches!(
        alert,
        AlertDescription::CertificateRequired
            | AlertDescription::BadCertificate
            | AlertDescription::UnknownCA
            | AlertDescription::AccessDenied
            | AlertDescription::CertificateUnknown
    )
}

fn no_client_certificate(host: &str) -> String {
    format!("{host} does not accept our client certificate, or misses one: give it with -t FILE.")
}

/// What is wrong with the certificate of `host`.
pub fn certificate_sentence(host: &str, error: &Error) -> String {
    let Error::InvalidCertificate(why) = error else {
        return format!("the certificate of {host} cannot be verified: {error}.");
    };
    let next = "To look without checking, say --insecure.";
    match why {
        CertificateError::UnknownIssuer => format!(
            "The certificate of {host} is signed by nobody this machine trusts (unknown issuer). If the issuer \
             is your own, give its certificate with --ca FILE. {next}"
        ),
        CertificateError::NotValidForNameContext {
            expected,
            presented,
        } => format!(
            "The certificate of {host} is for another name: wanted {}, it names {}. Connect by a name that it \
             holds. {next}",
            expected.to_str(),
            names(presented)
        ),
        CertificateError::NotValidForName => {
            format!(
                "The certificate of {host} is for another name. Connect by a name that it holds. {next}"
            )
        }
        CertificateError::ExpiredContext { not_after, .. } => {
            format!(
                "The certificate of {host} expired on {}. The server needs a new one. {next}",
                date(*not_after)
            )
        }
        CertificateError::Expired => {
            format!("The certificate of {host} has expired. The server needs a new one. {next}")
        }
        CertificateError::NotValidYetContext { not_before, .. } => format!(
            "The certificate of {host} is not valid before {}. Check the clock of this machine. {next}",
            date(*not_before)
        ),
        CertificateError::NotValidYet => {
            format!(
                "The certificate of {host} is not valid yet. Check the clock of this machine. {next}"
            )
        }
        CertificateError::Revoked => {
            format!("The certificate of {host} has been revoked: do not trust it.")
        }
        CertificateError::BadSignature => {
            format!(
                "The certificate of {host} has a wrong signature: it was altered. Do not trust it."
            )
        }
        CertificateError::Other(other) if other.to_string().contains("CaUsedAsEndEntity") => {
            format!(
                "{host} shows the certificate of a CA as its own, which is not valid: the server needs one that its \
             CA has signed. {next}"
            )
        }
        other => format!(
            "The certificate of {host} was refused: {}. {next}",
            spelled(other)
        ),
    }
}

fn too_old(host: &str) -> String {
    format!(
        "{host} and imapsh have no TLS in common. imapsh speaks TLS 1.2 and 1.3 with forward secrecy; the server \
         seems to know older versions or ciphers only, and needs an update."
    )
}

fn spelled(error: &CertificateError) -> String {
    Error::InvalidCertificate(error.clone()).to_string()
}

/// rustls shows names as it keeps them (`DnsName("mail.example.org")`): only what stands in quotes is wanted.
fn names(presented: &[String]) -> String {
    const MOST: usize = 8;
    let bare = |name: &String| match (name.find('"'), name.rfind('"')) {
        (Some(from), Some(to)) if from < to => name.get(from + 1..to).unwrap_or(name).to_owned(),
        _ => name.clone(),
    };
    let mut list: Vec<String> = presented.iter().take(MOST).map(bare).collect();
    match presented.len() {
        0 => return "none".to_owned(),
        n if n > MOST => list.push(format!("and {} more", n - MOST)),
        _ => {}
    }
    list.join(", ")
}

fn date(time: UnixTime) -> String {
    let stamp = i64::try_from(time.as_secs())
        .ok()
        .and_then(|s| jiff::Timestamp::from_second(s).ok());
    stamp.map_or_else(
        || "an impossible date".to_owned(),
        |stamp| stamp.to_string(),
    )
}
