//! What the server says of itself: CAPABILITY, ENABLED, ID (RFC 2971), quota (RFC 9208).

use super::{Untagged, texts};
use crate::wire::CapabilitySet;
use crate::wire::token::Tokens;

/// `* <name> <arguments>`
pub(super) fn read(name: &str, arguments: Tokens<'_>) -> Option<Untagged> {
    match name {
        "CAPABILITY" => Some(Untagged::Capability(CapabilitySet::new(texts(arguments)))),
        "ENABLED" => Some(Untagged::Enabled(texts(arguments))),
        "ID" => id(arguments),
        "QUOTA" => quota(arguments),
        "QUOTAROOT" => quota_root(arguments),
        _ => None,
    }
}

fn id(mut arguments: Tokens<'_>) -> Option<Untagged> {
    let first = arguments.next()?;
    if first.is_nil() {
        return Some(Untagged::Id(Vec::new()));
    }
    let mut fields = Vec::new();
    let mut list = first.list()?;
    while let (Some(name), Some(value)) = (list.next(), list.next()) {
        let value = value
            .nstring()?
            .map(|v| String::from_utf8_lossy(&v).into_owned());
        fields.push((name.text_value()?, value));
    }
    Some(Untagged::Id(fields))
}

fn quota(mut arguments: Tokens<'_>) -> Option<Untagged> {
    let root = arguments.next()?.text_value()?;
    let mut resources = Vec::new();
    let mut list = arguments.next()?.list()?;
    while let (Some(name), Some(usage), Some(limit)) = (list.next(), list.next(), list.next()) {
        // A usage below nothing has been seen: that resource is left out, the others are kept.
        if let (Some(name), Some(usage), Some(limit)) =
            (name.text_value(), usage.number(), limit.number())
        {
            resources.push((name.to_ascii_uppercase(), usage, limit));
        }
    }
    Some(Untagged::Quota { root, resources })
}

fn quota_root(mut arguments: Tokens<'_>) -> Option<Untagged> {
    let mailbox = arguments.next()?.string_value()?.into_owned();
    Some(Untagged::QuotaRoot {
        mailbox,
        roots: texts(arguments),
    })
}
