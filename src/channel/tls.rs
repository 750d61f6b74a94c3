//! TLS as plain data: what a plan wants of it, and what a handshake came to, in words.
//!
//! Nothing here verifies anything; `link::tls` does, and tells it through these types. Texts out of a
//! certificate are the server's: hostile, cut short, and never shown but through `tui::printable`.

use std::fmt;
use std::str::FromStr;
use std::time::{Duration, SystemTime};

/// From so many days before its end a certificate is warned about.
pub const SOON: i64 = 14;

/// The SHA-256 of a whole certificate (DER), as `openssl x509 -noout -fingerprint -sha256` prints it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Pin(pub [u8; 32]);

/// Why a text is no pin. A sentence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{why}: a pin is the SHA-256 of the server's certificate, 64 hexadecimal digits, with or without colons (openssl x509 -noout -fingerprint -sha256)"
)]
pub struct PinError {
    why: String,
}

impl FromStr for Pin {
    type Err = PinError;

    /// Takes what openssl prints (`sha256 Fingerprint=AB:CD:...`), `sha256:abcd...`, or the digits alone.
    fn from_str(text: &str) -> Result<Pin, PinError> {
        let text = text.trim();
        let bad = |why: &str| PinError {
            why: why.to_owned(),
        };
        let lower = text.to_ascii_lowercase();
        let digits = match lower.split_once('=') {
            Some((label, digits)) if label.replace(' ', "") == "sha256fingerprint" => digits,
            Some((label, _)) if label.contains("fingerprint") => {
                return Err(bad("this fingerprint is not SHA-256"));
            }
            _ => lower.strip_prefix("sha256:").unwrap_or(&lower),
        };
        let digits: Vec<u8> = digits.bytes().filter(|b| !b":- ".contains(b)).collect();
        let nibbles: Option<Vec<u8>> = digits
            .iter()
            .map(|digit| {
                let value = char::from(*digit).to_digit(16)?;
                u8::try_from(value).ok()
            })
            .collect();
        let Some(nibbles) = nibbles else {
            return Err(match text.strip_prefix("sha256//") {
                Some(_) => bad("this is the pin of a public key, in base64"),
                None => bad("this is not hexadecimal"),
            });
        };
        let mut pin = [0; 32];
        match nibbles.len() {
            64 => {}
            40 => return Err(bad("this is a SHA-1 fingerprint (40 digits)")),
            n => return Err(bad(&format!("these are {n} digits"))),
        }
        for (octet, pair) in pin.iter_mut().zip(nibbles.chunks_exact(2)) {
            *octet = pair.iter().fold(0, |sum, nibble| sum << 4 | nibble);
        }
        Ok(Pin(pin))
    }
}

impl fmt::Display for Pin {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, octet) in self.0.iter().enumerate() {
            let colon = if at == 0 { "" } else { ":" };
            write!(out, "{colon}{octet:02X}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Pin {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Pin({self})")
    }
}

/// A version of TLS that imapsh speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TlsVersion {
    /// RFC 5246.
    Tls12,
    /// RFC 8446.
    Tls13,
}

/// Why a text is no version. A sentence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no version of TLS that imapsh speaks: 1.2 or 1.3 (older ones are broken)")]
pub struct TlsVersionError(String);

impl FromStr for TlsVersion {
    type Err = TlsVersionError;

    /// Takes `1.2`, `tls1.2`, `TLSv1.2`.
    fn from_str(text: &str) -> Result<TlsVersion, TlsVersionError> {
        let lower = text.trim().to_ascii_lowercase();
        let number = lower.strip_prefix("tls").unwrap_or(&lower);
        match number.strip_prefix('v').unwrap_or(number) {
            "1.2" => Ok(TlsVersion::Tls12),
            "1.3" => Ok(TlsVersion::Tls13),
            _ => Err(TlsVersionError(text.to_owned())),
        }
    }
}

impl fmt::Display for TlsVersion {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            TlsVersion::Tls12 => "TLS1.2",
            TlsVersion::Tls13 => "TLS1.3",
        })
    }
}

/// What a handshake came to, also one that was broken off because of the certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsReport {
    /// The name asked for (SNI) and looked for in the certificate.
    pub name: String,
    /// What was agreed; `None`: the handshake was broken off.
    pub session: Option<TlsSession>,
    /// What the server showed, its own certificate first. Of a resumed session: what it had shown then.
    pub chain: Vec<CertificateFacts>,
    /// What became of the check.
    pub verdict: Verdict,
    /// Our certificate's part.
    pub client: ClientPart,
    /// When, by the clock of this end.
    pub at: SystemTime,
}

/// What was agreed in a handshake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsSession {
    /// Version.
    pub version: TlsVersion,
    /// The suite by its IANA name: `TLS13_AES_256_GCM_SHA384`.
    pub cipher: String,
    /// The key exchange group: `X25519`. `None` where a resumption needed none.
    pub group: Option<String>,
    /// Whether an earlier session was taken up again, without certificates.
    pub resumed: bool,
    /// How long the handshake took.
    pub took: Duration,
}

/// One certificate of a chain. The texts are the server's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateFacts {
    /// `CN=mail.example.org, O=Example`.
    pub subject: String,
    /// The subject's CN, for a short line; empty if it has none.
    pub common_name: String,
    /// `CN=Example CA`.
    pub issuer: String,
    /// The names it is for (subjectAltName): DNS names and addresses.
    pub names: Vec<String>,
    /// First second of its validity, seconds since 1970.
    pub not_before: i64,
    /// Last second of its validity, seconds since 1970.
    pub not_after: i64,
    /// `EC P-256`, `RSA 2048`.
    pub key: String,
    /// `ecdsa-with-SHA256`.
    pub signature: String,
    /// Its SHA-256: what `--pin` takes.
    pub pin: Pin,
    /// Whether it may sign others (basicConstraints).
    pub is_ca: bool,
}

/// What the check of a certificate came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Chain, name and dates are right.
    Verified,
    /// It is the one that was pinned; nothing else was asked. With what the usual check would have said
    /// against it.
    Pinned(Option<String>),
    /// `--insecure`: not asked for; with what the usual check would have said against it.
    Insecure(Option<String>),
    /// It was refused, and this is why and what would fix it.
    Refused(String),
}

/// What became of our own certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClientPart {
    /// The server did not ask for one.
    NotAsked,
    /// It asked, and there was none to show.
    Missing,
    /// It asked and was shown this one (its subject).
    Shown(String),
}

impl CertificateFacts {
    /// Days until it ends, by the clock `now`; negative: so many days ago.
    pub fn days_left(&self, now: SystemTime) -> i64 {
        let now = match now.duration_since(SystemTime::UNIX_EPOCH) {
            Ok(since) => i64::try_from(since.as_secs()).unwrap_or(i64::MAX),
            Err(_) => 0,
        };
        self.not_after.saturating_sub(now).div_euclid(86_400)
    }

    /// Whether it names itself as its issuer.
    pub fn is_self_issued(&self) -> bool {
        self.subject == self.issuer
    }

    /// The shortest name for it.
    pub fn short_name(&self) -> &str {
        match self.names.first() {
            _ if !self.common_name.is_empty() => &self.common_name,
            Some(name) => name,
            None => &self.subject,
        }
    }
}

impl TlsReport {
    /// One line: `TLS1.3 AES256-GCM X25519; mail.example.org verified, expires in 39 days`.
    pub fn summary(&self) -> String {
        let mut line = match &self.session {
            None => "no TLS".to_owned(),
            Some(session) => {
                let mut words = vec![session.version.to_string(), short_cipher(&session.cipher)];
                words.extend(session.group.clone());
                if session.resumed {
                    words.push("resumed".to_owned());
                }
                words.join(" ")
            }
        };
        let Some(leaf) = self.chain.first() else {
            return line;
        };
        line += &format!(
            "; {} {}",
            leaf.short_name(),
            match &self.verdict {
                Verdict::Verified => "verified",
                Verdict::Pinned(_) => "pinned",
                Verdict::Insecure(_) => "NOT verified (--insecure)",
                Verdict::Refused(_) => "REFUSED",
            }
        );
        line + ", " + &expiry(leaf.days_left(self.at))
    }

    /// Everything, line by line, for people.
    pub fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        match &self.session {
            None => lines.push("The handshake was broken off: there is no TLS.".to_owned()),
            Some(session) => lines.push(format!(
                "{}, {}, key exchange {}, {} handshake in {}",
                session.version,
                session.cipher,
                session
                    .group
                    .as_deref()
                    .unwrap_or("none (by the earlier session)"),
                if session.resumed { "resumed" } else { "full" },
                millis(session.took),
            )),
        }
        lines.push(format!("name asked for: {}", self.name));
        lines.extend(match &self.verdict {
            Verdict::Verified => vec![format!(
                "verified: the chain leads to a trusted root, the certificate names {}, and the dates are right",
                self.name
            )],
            Verdict::Pinned(None) => vec![
                "pinned: this is the certificate of --pin; the usual check would have passed, too".to_owned(),
            ],
            Verdict::Pinned(Some(why)) => vec![
                "pinned: this is the certificate of --pin; chain, name and dates are not asked for".to_owned(),
                format!("without the pin it would have been refused: {why}"),
            ],
            Verdict::Insecure(None) => vec!["NOT verified (--insecure); it would have passed: leave --insecure out".to_owned()],
            Verdict::Insecure(Some(why)) => {
                vec![format!("NOT verified (--insecure); it would have been refused: {why}")]
            }
            Verdict::Refused(why) => vec![format!("REFUSED: {why}")],
        });
        for (at, certificate) in self.chain.iter().enumerate() {
            lines.extend(certificate.lines(at, self.at));
        }
        lines.push(match &self.client {
            ClientPart::NotAsked => "client certificate: the server did not ask for one".to_owned(),
            ClientPart::Missing => {
                "client certificate: the server asked for one and got none (-t FILE, or --cert FILE, gives it)"
                    .to_owned()
            }
            ClientPart::Shown(subject) => format!("client certificate: {subject} was shown"),
        });
        lines
    }

    /// What must be said aloud although the certificate passed: it ends soon.
    pub fn expiry_warning(&self) -> Option<String> {
        let passed = matches!(self.verdict, Verdict::Verified | Verdict::Pinned(None));
        let (certificate, days) = self
            .chain
            .iter()
            .map(|certificate| (certificate, certificate.days_left(self.at)))
            .min_by_key(|(_, days)| *days)
            .filter(|(_, days)| passed && *days < SOON)?;
        Some(format!(
            "The certificate of {} {}: have it renewed.",
            certificate.short_name(),
            expiry(days)
        ))
    }
}

impl CertificateFacts {
    fn lines(&self, at: usize, now: SystemTime) -> Vec<String> {
        let own = if self.is_self_issued() {
            " (itself)"
        } else {
            ""
        };
        let mut lines = vec![
            format!(
                "certificate {at}: {}",
                if self.subject.is_empty() {
                    "(no subject)"
                } else {
                    &self.subject
                }
            ),
            format!("  issued by {}{own}", self.issuer),
        ];
        if !self.names.is_empty() {
            lines.push(format!("  names {}", self.names.join(", ")));
        } else if !self.is_ca {
            lines.push("  names none (no subjectAltName)".to_owned());
        }
        lines.push(format!(
            "  valid {} to {} ({})",
            day(self.not_before),
            day(self.not_after),
            expiry(self.days_left(now))
        ));
        lines.push(format!(
            "  key {}, signed with {}",
            self.key, self.signature
        ));
        lines.push(format!("  SHA-256 {}", self.pin));
        lines
    }
}

/// `AES256-GCM` of `TLS13_AES_256_GCM_SHA384`.
pub fn short_cipher(name: &str) -> String {
    for (part, short) in [
        ("AES_256_GCM", "AES256-GCM"),
        ("AES_128_GCM", "AES128-GCM"),
        ("CHACHA20_POLY1305", "CHACHA20-POLY1305"),
    ] {
        if name.contains(part) {
            return short.to_owned();
        }
    }
    name.to_owned()
}

fn expiry(days: i64) -> String {
    match days {
        ..=-2 => format!("expired {} days ago", days.unsigned_abs()),
        -1 => "expired less than a day ago".to_owned(),
        0 => "expires within a day".to_owned(),
        1 => "expires in 1 day".to_owned(),
        _ => format!("expires in {days} days"),
    }
}

fn day(second: i64) -> String {
    match jiff::Timestamp::from_second(second) {
        Ok(stamp) => stamp.to_zoned(jiff::tz::TimeZone::UTC).date().to_string(),
        Err(_) => "an impossible date".to_owned(),
    }
}

fn millis(took: Duration) -> String {
    format!("{:.1} ms", took.as_secs_f64() * 1000.0)
}
