//! Why a login failed, beyond the server's NO: what its last challenge said, and what we knew of the token.

use std::time::SystemTime;

use crate::channel::Notice;
use crate::sasl::oauth::{self, Claims};
use crate::sasl::{Credentials, Login, Need, Secret, Surroundings, build};
use crate::wire::base64;

/// What is known before a login goes out, and helps to explain its refusal.
#[derive(Debug, Default)]
pub struct Known {
    /// The channel binding of a -PLUS mechanism.
    pub binding: Option<&'static str>,
    /// Whether it was left to a client certificate (EXTERNAL).
    pub by_certificate: bool,
    /// Whether a token was sent.
    pub by_token: bool,
    /// What the token says of itself, if it does.
    pub claims: Option<Claims>,
    /// Whose Kerberos ticket it was left to (GSSAPI).
    pub principal: Option<String>,
    /// The host whose service was asked for then.
    pub service_host: String,
}

impl Known {
    /// Before the login.
    pub fn of(login: &Login, credentials: &Credentials, surroundings: &Surroundings) -> Known {
        let Login::Mechanism(spec) = login else {
            return Known::default();
        };
        let secret = credentials.secret.as_ref().map(Secret::expose);
        let by_token = spec.needs.contains(&Need::Token);
        Known {
            binding: build::bound_by(spec, credentials, surroundings),
            by_certificate: spec.name == "EXTERNAL",
            by_token,
            claims: secret.filter(|_| by_token).and_then(Claims::of),
            principal: None,
            service_host: surroundings.service_host().to_owned(),
        }
    }

    /// What to tell before the login.
    pub fn notices(&self) -> Vec<Notice> {
        let mut notices = Vec::new();
        let now = SystemTime::now();
        if let Some(claims) = &self.claims {
            notices.push(match claims.has_expired(now) {
                true => Notice::Warning(claims.sentence(now)),
                false => Notice::Info(claims.sentence(now)),
            });
        }
        if let Some(binding) = self.binding {
            notices.push(Notice::Info(format!(
                "The login is bound to this TLS connection by {binding}."
            )));
        }
        notices
    }

    /// What to do about a refused token or a refused binding.
    pub fn next(&self) -> Option<String> {
        let now = SystemTime::now();
        if let Some(principal) = &self.principal {
            return Some(format!(
                "no password is asked here: the server must let the Kerberos principal {principal} be this user \
                 (Cyrus: proxyservers or admins, without the realm; Dovecot: k5principals in the passdb, or the \
                 user's .k5login), and have the key of imap/{} in its keytab.",
                self.service_host
            ));
        }
        match (&self.claims, self.binding) {
            (Some(claims), _) if claims.has_expired(now) => Some(format!(
                "the token {}: get a fresh one.",
                claims.ending(now)
            )),
            _ if self.by_token => Some(
                "the token may have expired, or be for another service or user: get a fresh one."
                    .to_owned(),
            ),
            _ if self.by_certificate => Some(
                "no password is asked here: the client certificate (-t FILE) must be there, be trusted by the \
                 server, and name this user or one who may act as this user."
                    .to_owned(),
            ),
            (_, Some(binding)) => Some(format!(
                "the password is wrong, or the server does not know the channel binding {binding}. Cyrus knows \
                 tls-unique alone, which rustls, the TLS library of imapsh, cannot give (and TLS 1.3 does not \
                 have): there take the mechanism without -PLUS."
            )),
            _ => None,
        }
    }
}

/// What the last challenge before a NO said, in words; `challenge` has its base64 on.
pub fn of_challenge(login: &Login, challenge: &[u8]) -> Option<String> {
    let Login::Mechanism(spec) = login else {
        return None;
    };
    let text = base64::decode(challenge).filter(|text| !text.is_empty())?;
    if spec.needs.contains(&Need::Token) {
        return Some(oauth::refusal(&text));
    }
    if !spec.name.starts_with("SCRAM-") {
        return None;
    }
    let code = text.strip_prefix(b"e=")?;
    let code = String::from_utf8_lossy(code.split(|b| *b == b',').next().unwrap_or_default());
    // RFC 5802 section 7.
    let words = match &*code {
        "channel-bindings-dont-match" => "the channel binding does not match",
        "server-does-support-channel-binding" => {
            "it offers channel binding and takes this for an attempt to hide that"
        }
        "channel-binding-not-supported" => "it has no channel binding",
        "unsupported-channel-binding-type" => "it does not know this channel binding",
        "unknown-user" => "it does not know the user",
        "invalid-proof" => "the password is wrong",
        "invalid-username-encoding" => "it cannot read the user name",
        "no-resources" => "it has no resources left",
        _ => return Some(code.into_owned()),
    };
    Some(format!("{words} ({code})"))
}
