//! Response codes (RFC 9051 section 7.1, RFC 5530, IANA registry): one arm each.

use super::{ResponseCode, texts};
use crate::wire::CapabilitySet;
use crate::wire::token::{Token, Tokens};

impl ResponseCode {
    /// From a `[...]` token; `None` for an empty one.
    pub(super) fn read(code: Token<'_>) -> Option<ResponseCode> {
        let mut arguments = code.children();
        let first = arguments.next()?;
        let name = String::from_utf8_lossy(first.bytes()).to_ascii_uppercase();
        Some(known(&name, arguments).unwrap_or_else(|| {
            let inside = code.bytes();
            let from = first.range().end - code.range().start;
            let inside = inside
                .get(from..inside.len().saturating_sub(1))
                .unwrap_or_default();
            ResponseCode::Other {
                name,
                arguments: inside.trim_ascii_start().to_vec(),
            }
        }))
    }

    /// The code's name in upper case, as the registry writes it.
    pub fn name(&self) -> &str {
        match self {
            ResponseCode::Capability(_) => "CAPABILITY",
            ResponseCode::PermanentFlags(_) => "PERMANENTFLAGS",
            ResponseCode::UidNext(_) => "UIDNEXT",
            ResponseCode::UidValidity(_) => "UIDVALIDITY",
            ResponseCode::Unseen(_) => "UNSEEN",
            ResponseCode::HighestModSeq(_) => "HIGHESTMODSEQ",
            ResponseCode::NoModSeq => "NOMODSEQ",
            ResponseCode::ReadOnly => "READ-ONLY",
            ResponseCode::ReadWrite => "READ-WRITE",
            ResponseCode::Closed => "CLOSED",
            ResponseCode::AppendUid { .. } => "APPENDUID",
            ResponseCode::CopyUid { .. } => "COPYUID",
            ResponseCode::Other { name, .. } => name,
        }
    }
}

fn known(name: &str, mut arguments: Tokens<'_>) -> Option<ResponseCode> {
    let mut next = || arguments.next();
    let code = match name {
        "CAPABILITY" => {
            return Some(ResponseCode::Capability(CapabilitySet::new(texts(
                arguments,
            ))));
        }
        "PERMANENTFLAGS" => ResponseCode::PermanentFlags(texts(next()?.list()?)),
        "UIDNEXT" => ResponseCode::UidNext(next()?.number()?),
        "UIDVALIDITY" => ResponseCode::UidValidity(next()?.number()?),
        "UNSEEN" => ResponseCode::Unseen(next()?.number()?),
        "HIGHESTMODSEQ" => ResponseCode::HighestModSeq(next()?.number()?),
        "NOMODSEQ" => ResponseCode::NoModSeq,
        "READ-ONLY" => ResponseCode::ReadOnly,
        "READ-WRITE" => ResponseCode::ReadWrite,
        "CLOSED" => ResponseCode::Closed,
        "APPENDUID" => ResponseCode::AppendUid {
            uid_validity: next()?.number()?,
            uids: uid_set(next()?)?,
        },
        "COPYUID" => ResponseCode::CopyUid {
            uid_validity: next()?.number()?,
            from: uid_set(next()?)?,
            to: uid_set(next()?)?,
        },
        _ => return None,
    };
    Some(code)
}

fn uid_set(token: Token<'_>) -> Option<String> {
    String::from_utf8(token.atom()?.to_vec()).ok()
}
