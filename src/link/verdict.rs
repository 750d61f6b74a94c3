//! What rustls found wrong, as sentences with a next step.

use std::io;

use rustls::pki_types::UnixTime;
use rustls::{
    AlertDescription, CertificateError, Error, InvalidMessage, PeerIncompatible, PeerMisbehaved,
};

use super::tls::{Peer, WrongPin};
use crate::channel::tls::{CertificateFacts, ClientPart, TlsVersion};

/// A handshake, as far as it came.
#[derive(Debug, Clone, Copy)]
pub struct About<'a> {
    /// Who is at the other end.
    pub peer: &'a Peer,
    /// The name looked for in the certificate.
    pub name: &'a str,
    /// What was shown, leaf first.
    pub chain: &'a [CertificateFacts],
    /// What became of our own certificate; `None`: not asked for.
    pub client: Option<&'a ClientPart>,
    /// The oldest and the newest version that we offered.
    pub versions: (TlsVersion, TlsVersion),
}

/// How to look in spite of a certificate.
const LOOK: &str = "To look without checking, say --insecure.";

impl About<'_> {
    /// Why the handshake failed.
    pub fn handshake_sentence(&self, error: &io::Error) -> String {
        let Peer {
            host,
            port,
            behind_starttls,
        } = self.peer;
        let typed = error
            .get_ref()
            .and_then(|inner| inner.downcast_ref::<Error>());
        let Some(typed) = typed else {
            return match error.kind() {
                io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset
                    if !behind_starttls =>
                {
                    format!(
                        "{host} port {port} closed the connection in the TLS handshake: perhaps this port does \
                         not speak TLS from the first byte. Try -t \"\" (STARTTLS), or -s with port 993."
                    )
                }
                io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset => format!(
                    "{host} agreed to STARTTLS and closed the connection in the TLS handshake. Its TLS may be set up \
                     wrongly (its log says more), or something in between does not let TLS pass."
                ),
                _ => format!("The TLS handshake with {host} failed: {error}."),
            };
        };
        match typed {
            Error::InvalidCertificate(_) => {
                let (what, next) = self.certificate(typed);
                format!("{what} {next}")
            }
            Error::NoCertificatesPresented => {
                format!("{host} showed no certificate: there is nothing to know it by.")
            }
            Error::InvalidMessage(InvalidMessage::InvalidContentType) if *behind_starttls => {
                format!(
                    "ALARM: Plain text came from {host} where TLS had to begin, behind the OK of STARTTLS: the server is \
                     broken, or somebody in between meddles with the line. Nothing secret was sent."
                )
            }
            Error::InvalidMessage(
                InvalidMessage::InvalidContentType | InvalidMessage::UnknownProtocolVersion,
            ) => {
                format!(
                    "{host} port {port} answered in plain text, not in TLS: this port does not speak TLS from the \
                     first byte. Try -t \"\" (STARTTLS), or -s with port 993."
                )
            }
            Error::PeerIncompatible(why) => self.incompatible(why),
            Error::AlertReceived(AlertDescription::ProtocolVersion) => self.no_common_version(),
            Error::AlertReceived(AlertDescription::InsufficientSecurity) => self.no_common_cipher(),
            Error::AlertReceived(AlertDescription::HandshakeFailure) => match self.client {
                Some(ClientPart::Missing) => no_client_certificate(host),
                Some(ClientPart::Shown(subject)) => {
                    format!("{host} does not accept our client certificate ({subject}).")
                }
                _ => self.no_common_cipher(),
            },
            Error::AlertReceived(AlertDescription::UnrecognisedName) => format!(
                "{host} knows no service of the name {}: connect by a name that it has, or say one with \
                 --server-name.",
                self.name
            ),
            Error::AlertReceived(alert) if certificate_alert(*alert) => no_client_certificate(host),
            Error::PeerMisbehaved(PeerMisbehaved::SignedKxWithWrongAlgorithm)
            | Error::PeerMisbehaved(PeerMisbehaved::SignedHandshakeWithUnadvertisedSigScheme) => {
                format!(
                    "{host} signs the TLS handshake in an old way (SHA-1) that imapsh does not take, for it can be \
                     forged. The server needs an update."
                )
            }
            error => format!("The TLS handshake with {host} failed: {error}."),
        }
    }

    fn incompatible(&self, why: &PeerIncompatible) -> String {
        let host = &self.peer.host;
        match why {
            PeerIncompatible::ServerDoesNotSupportTls12Or13
            | PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig => self.no_common_version(),
            PeerIncompatible::NoCipherSuitesInCommon => self.no_common_cipher(),
            PeerIncompatible::NoKxGroupsInCommon => format!(
                "{host} wants a key exchange that imapsh has not: imapsh has X25519, P-256 and P-384, the server \
                 perhaps finite fields (DHE) or P-521 only. Allow one of ours at the server."
            ),
            PeerIncompatible::NoSignatureSchemesInCommon => format!(
                "{host} can sign the TLS handshake in no way that imapsh takes: perhaps with SHA-1 only, or its key \
                 is of a kind that imapsh has not (DSA, P-521). The server needs another key or an update."
            ),
            PeerIncompatible::NoCertificateRequestSignatureSchemesInCommon => format!(
                "{host} asks for a client certificate signed in a way that imapsh has not. Use an RSA or P-256 key."
            ),
            PeerIncompatible::ExtendedMasterSecretExtensionRequired => format!(
                "{host} speaks TLS 1.2 without the extended master secret (RFC 7627), which this login needs. The \
                 server needs an update."
            ),
            other => format!("{host} and imapsh have no TLS in common: {other:?}."),
        }
    }

    /// The server refused our versions, or answered with one that we did not offer.
    fn no_common_version(&self) -> String {
        let host = &self.peer.host;
        match self.versions {
            (TlsVersion::Tls12, TlsVersion::Tls13) => format!(
                "{host} and imapsh have no TLS in common: the server seems to know TLS 1.1 or older only, which is \
                 broken, and imapsh speaks 1.2 and 1.3. The server needs an update; until then openssl s_client \
                 -tls1 or imtest reach it."
            ),
            (min, max) => format!(
                "{host} does not speak the TLS asked for: at least {min} and at most {max}. Leave --tls-min and \
                 --tls-max out to have both 1.2 and 1.3."
            ),
        }
    }

    fn no_common_cipher(&self) -> String {
        let host = &self.peer.host;
        let (min, _) = self.versions;
        let bound = if min == TlsVersion::Tls13 {
            " Or it speaks 1.2 only, which --tls-min excludes."
        } else {
            ""
        };
        format!(
            "{host} broke the TLS handshake off: it shares no cipher, or no key exchange, with imapsh. imapsh takes AES-GCM and \
             ChaCha20 with forward secrecy (ECDHE on X25519, P-256 or P-384); the server seems to know older ones \
             only (RSA key exchange, DHE, CBC, RC4), and needs an update or other settings.{bound} A server that \
             wants a client certificate may say the same: give one with -t FILE."
        )
    }

    /// What stands against the certificate, without advice.
    pub fn objection(&self, error: &Error) -> String {
        self.certificate(error).0
    }

    /// What is wrong with the certificate, and what would fix it.
    fn certificate(&self, error: &Error) -> (String, String) {
        let host = self.name;
        let Error::InvalidCertificate(why) = error else {
            return (
                format!("The certificate of {host} cannot be verified: {error}."),
                LOOK.to_owned(),
            );
        };
        match why {
            CertificateError::UnknownIssuer => self.unknown_issuer(),
            CertificateError::NotValidForNameContext { .. } | CertificateError::NotValidForName => {
                self.other_name()
            }
            CertificateError::ExpiredContext { not_after, time } => {
                self.expired(Some(date(*not_after)), Some(date(*time)))
            }
            CertificateError::Expired => self.expired(None, None),
            CertificateError::NotValidYetContext { not_before, time } => (
                format!(
                    "The certificate of {host} is not valid before {}, and the clock of this machine says {}.",
                    date(*not_before),
                    date(*time)
                ),
                format!("Most likely that clock is slow: set it. {LOOK}"),
            ),
            CertificateError::NotValidYet => (
                format!("The certificate of {host} is not valid yet."),
                format!("Most likely the clock of this machine is slow: set it. {LOOK}"),
            ),
            CertificateError::Revoked => (
                format!("The certificate of {host} has been revoked: do not trust it."),
                "The server needs a new one.".to_owned(),
            ),
            CertificateError::BadSignature => (
                format!("The certificate of {host} has a wrong signature: it was altered."),
                "Do not trust it.".to_owned(),
            ),
            CertificateError::Other(other) => self.other(why, other),
            CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => (
                format!(
                    "The certificate of {host} is not meant for a server (extended key usage)."
                ),
                format!("The server needs one made for servers. {LOOK}"),
            ),
            CertificateError::UnsupportedSignatureAlgorithmContext { .. }
            | CertificateError::UnsupportedSignatureAlgorithmForPublicKeyContext { .. } => (
                format!(
                    "A certificate in the chain of {host} is signed in a way that imapsh does not take ({}): SHA-1 \
                     and MD5 can be forged.",
                    self.signatures()
                ),
                format!("The server needs a new one. {}", self.pin_or_look()),
            ),
            other => (
                format!("The certificate of {host} was refused: {}.", spelled(other)),
                self.pin_or_look(),
            ),
        }
    }

    fn unknown_issuer(&self) -> (String, String) {
        let host = self.name;
        let what = |who: &str| {
            format!(
                "The certificate of {host} is signed by nobody this machine trusts (unknown issuer): {who}."
            )
        };
        match self.chain {
            [leaf] if leaf.is_self_issued() => (what("it is signed by itself"), self.pin_or_look()),
            [leaf] => (
                what(&format!(
                    "{} signed it, and the server sent no certificate of that CA",
                    leaf.issuer
                )),
                format!(
                    "If that CA is your own, give its certificate with --ca FILE; if it is a public one, the server \
                     forgets to send the intermediate certificate. {LOOK}"
                ),
            ),
            [_, .., last] => (
                what(&format!(
                    "the chain of {} ends at {}",
                    self.chain.len(),
                    if last.is_self_issued() {
                        &last.subject
                    } else {
                        &last.issuer
                    }
                )),
                format!(
                    "If that CA is your own, give its certificate with --ca FILE. {}",
                    self.pin_or_look()
                ),
            ),
            [] => (
                what("the issuer is not known"),
                format!("If the issuer is your own, give its certificate with --ca FILE. {LOOK}"),
            ),
        }
    }

    fn other_name(&self) -> (String, String) {
        let host = self.name;
        let Some(leaf) = self.chain.first() else {
            return (
                format!("The certificate of {host} is for another name."),
                format!("Connect by a name that it holds. {LOOK}"),
            );
        };
        if let Some(first) = leaf.names.first() {
            return (
                format!(
                    "The certificate of {host} is for another name: wanted {host}, it names {}.",
                    listed(&leaf.names)
                ),
                format!(
                    "Connect by a name that it holds, or, if this host is meant to show it, say --server-name {}. \
                     {LOOK}",
                    first.replacen('*', "NAME", 1)
                ),
            );
        }
        let cn = match leaf.common_name.as_str() {
            "" => String::new(),
            cn => format!("; only its CN says {cn}, which no client reads any more (RFC 9525)"),
        };
        (
            format!(
                "The certificate of {host} is for another name: wanted {host}, it names none{cn}."
            ),
            format!(
                "The server needs one with a subjectAltName. {}",
                self.pin_or_look()
            ),
        )
    }

    /// `now`: what the clock of this machine says, which is wrong more often than one thinks.
    fn expired(&self, when: Option<String>, now: Option<String>) -> (String, String) {
        let host = self.name;
        let unless = match now {
            Some(now) => format!("unless the clock of this machine is fast (it says {now})"),
            None => "unless the clock of this machine is fast".to_owned(),
        };
        let when = when.map_or_else(
            || "has expired".to_owned(),
            |when| format!("expired on {when}"),
        );
        // The leaf is not always the one: an intermediate may be older.
        let oldest = self.chain.iter().min_by_key(|c| c.not_after);
        match (oldest, self.chain.first()) {
            (Some(oldest), Some(leaf)) if oldest.not_after < leaf.not_after => (
                format!(
                    "The certificate of {host} hangs on one that {when}: {}.",
                    oldest.subject
                ),
                format!("The server needs a new chain, {unless}. {LOOK}"),
            ),
            _ => (
                format!("The certificate of {host} {when}."),
                format!("The server needs a new one, {unless}. {LOOK}"),
            ),
        }
    }

    fn other(&self, whole: &CertificateError, error: &rustls::OtherError) -> (String, String) {
        let host = self.name;
        if let Some(WrongPin(pin)) = error.0.downcast_ref::<WrongPin>() {
            return (
                format!("The certificate of {host} is not the pinned one: its SHA-256 is {pin}."),
                "Either the server has a new certificate (ask who runs it, then pin that one), or somebody in \
                 between shows another: nothing was sent."
                    .to_owned(),
            );
        }
        let words = error.to_string();
        if words.contains("CaUsedAsEndEntity") {
            return (
                format!(
                    "{host} shows the certificate of a CA as its own, which is not valid for a server."
                ),
                format!(
                    "The server needs one that its CA has signed (with openssl req -x509: -addext \
                     basicConstraints=CA:FALSE). {}",
                    self.pin_or_look()
                ),
            );
        }
        if words.contains("UnsupportedCertVersion") {
            return (
                format!(
                    "The certificate of {host} is of X.509 version 1, which holds no names and is not taken any more."
                ),
                format!("The server needs a new one. {LOOK}"),
            );
        }
        (
            format!("The certificate of {host} was refused: {}.", spelled(whole)),
            self.pin_or_look(),
        )
    }

    /// The pin is offered only with the warning that it is worth what the comparison is worth.
    fn pin_or_look(&self) -> String {
        match self.chain.first() {
            Some(leaf) => format!(
                "If you know from elsewhere that its SHA-256 is {}, trust it with --pin and that. {LOOK}",
                leaf.pin
            ),
            None => LOOK.to_owned(),
        }
    }

    fn signatures(&self) -> String {
        let mut all: Vec<&str> = Vec::new();
        for certificate in self.chain {
            if !all.contains(&certificate.signature.as_str()) {
                all.push(&certificate.signature);
            }
        }
        all.join(", ")
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
            | AlertDescription::CertificateExpired
            | AlertDescription::UnsupportedCertificate
            | AlertDescription::CertificateRevoked
    )
}

fn no_client_certificate(host: &str) -> String {
    format!("{host} does not accept our client certificate, or misses one: give it with -t FILE.")
}

fn spelled(error: &CertificateError) -> String {
    Error::InvalidCertificate(error.clone()).to_string()
}

fn listed(names: &[String]) -> String {
    const MOST: usize = 8;
    let mut list: Vec<String> = names.iter().take(MOST).cloned().collect();
    if names.len() > MOST {
        list.push(format!("and {} more", names.len() - MOST));
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
