//! What OAuth says besides yes and no: what is in a token (RFC 7519), and why one was refused
//! (RFC 7628 section 3.2.2). The token itself is never part of it.

use std::time::{Duration, SystemTime};

use serde_json::Value;
use zeroize::Zeroizing;

use crate::wire::base64;

/// Longest claim that is shown, in characters.
const SHOWN: usize = 200;

/// What a token says of itself, if it is a JWT; most tokens are opaque, and say nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claims {
    /// `aud`: the services it is for.
    pub audience: Vec<String>,
    /// `scp` or `scope`: what it allows.
    pub scopes: Vec<String>,
    /// `exp`: when it ends.
    pub expires: Option<SystemTime>,
}

impl Claims {
    /// Reads them without checking the signature: that is the server's to do.
    pub fn of(token: &str) -> Option<Claims> {
        let mut parts = token.split('.');
        let (_, payload, _) = (parts.next()?, parts.next()?, parts.next()?);
        if parts.next().is_some() {
            return None;
        }
        // RFC 7515 section 2: the other alphabet, no padding.
        let mut text: Zeroizing<Vec<u8>> = Zeroizing::new(Vec::with_capacity(payload.len() + 3));
        text.extend(payload.bytes().map(|byte| match byte {
            b'-' => b'+',
            b'_' => b'/',
            other => other,
        }));
        while !text.len().is_multiple_of(4) {
            text.push(b'=');
        }
        let claims: Value = serde_json::from_slice(&base64::decode(&text)?).ok()?;
        let claims = claims.as_object()?;
        let seconds = claims.get("exp").and_then(Value::as_f64);
        let span = seconds
            .filter(|s| *s >= 0.0)
            .and_then(|s| Duration::try_from_secs_f64(s).ok());
        let list = |names: &[&str]| {
            let value = names.iter().find_map(|name| claims.get(*name));
            value.map(words).unwrap_or_default()
        };
        Some(Claims {
            audience: list(&["aud"]),
            scopes: list(&["scp", "scope"]),
            expires: span.and_then(|span| SystemTime::UNIX_EPOCH.checked_add(span)),
        })
    }

    /// Whether its time is over.
    pub fn has_expired(&self, now: SystemTime) -> bool {
        self.expires.is_some_and(|at| at <= now)
    }

    /// `The token is for https://outlook.office.com (aud), allows IMAP.AccessAsUser.All (scp) and expires
    /// in 42 min (exp: 2026-01-02T03:04:05Z).`
    pub fn sentence(&self, now: SystemTime) -> String {
        let list = |values: &[String], none: &str, claim: &str| match values {
            [] => none.to_owned(),
            values => format!("{} ({claim})", shortened(&values.join(" "))),
        };
        let audience = list(&self.audience, "no named service", "aud");
        let scopes = list(&self.scopes, "what it does not name", "scp");
        format!(
            "The token is for {audience}, allows {scopes}, and {}.",
            self.ending(now)
        )
    }

    /// `expired 3 h ago (exp: ...)`
    pub fn ending(&self, now: SystemTime) -> String {
        let Some(at) = self.expires else {
            return "does not say when it expires".to_owned();
        };
        let when = match at.duration_since(now) {
            Ok(left) if !left.is_zero() => format!("expires in {}", span(left)),
            _ => format!(
                "expired {} ago",
                span(now.duration_since(at).unwrap_or_default())
            ),
        };
        match jiff::Timestamp::try_from(at) {
            Ok(stamp) => format!("{when} (exp: {})", stamp.strftime("%Y-%m-%dT%H:%M:%SZ")),
            Err(_) => when,
        }
    }
}

/// What the error challenge of XOAUTH2 or OAUTHBEARER means; its own text if it is no JSON.
pub fn refusal(json: &[u8]) -> String {
    let Ok(Value::Object(fields)) = serde_json::from_slice(json) else {
        return shortened(String::from_utf8_lossy(json).trim());
    };
    let text = |name: &str| {
        fields.get(name).map(|value| match value {
            Value::String(text) => shortened(text),
            other => shortened(&other.to_string()),
        })
    };
    let status = text("status").unwrap_or_default();
    let mut said = match status.as_str() {
        // RFC 6750 section 3.1, and the numbers that Google and Microsoft put in their place.
        "invalid_token" => {
            "the token is not valid: expired, revoked, or not for this server (invalid_token)"
                .to_owned()
        }
        "insufficient_scope" => "the token does not allow IMAP (insufficient_scope)".to_owned(),
        "invalid_request" => "the request was incomplete (invalid_request)".to_owned(),
        "400" | "401" => {
            format!(
                "the token is not valid: expired, revoked, or not for this user (status {status})"
            )
        }
        "403" => "the token does not allow this (status 403)".to_owned(),
        "" => "it names no reason".to_owned(),
        other => format!("status {other}"),
    };
    for (name, before) in [
        ("scope", "it wants the scope"),
        ("schemes", "it takes"),
        ("openid-configuration", "a token can be had as described at"),
    ] {
        if let Some(value) = text(name).filter(|value| !value.is_empty()) {
            said.push_str(&format!("; {before} {value}"));
        }
    }
    said
}

/// A string of words, or an array of strings.
fn words(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => text.split_whitespace().map(str::to_owned).collect(),
        Value::Array(values) => values
            .iter()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect(),
        _ => Vec::new(),
    }
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((at, _)) => format!("{}...", text.get(..at).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// In its largest useful unit: `42 min`, `3 h`, `5 days`.
fn span(time: Duration) -> String {
    match time.as_secs() {
        seconds @ 0..120 => format!("{seconds} s"),
        seconds @ 120..7_200 => format!("{} min", seconds / 60),
        seconds @ 7_200..172_800 => format!("{} h", seconds / 3_600),
        seconds => format!("{} days", seconds / 86_400),
    }
}
