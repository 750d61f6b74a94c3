//! A command that is about to go out: what it lacks, and which mailbox it opens.

use super::super::args::{Arg, parse};
use super::super::variables::Part;

/// A command in one piece, as its arguments are read.
pub(super) fn inline(parts: &[Part]) -> Vec<u8> {
    let mut line = Vec::new();
    for part in parts {
        match part {
            Part::Text { octets, .. } => line.extend_from_slice(octets),
            Part::Literal { octets, .. } => {
                line.extend_from_slice(format!("{{{}}}\r\n", octets.len()).as_bytes());
                line.extend_from_slice(octets);
            }
        }
    }
    line
}

/// What stands behind these words.
fn behind<'l>(line: &'l [u8], words: &str) -> Option<&'l [u8]> {
    let head = line.get(..words.len())?;
    let same = head.eq_ignore_ascii_case(words.as_bytes());
    same.then(|| line.get(words.len()..).unwrap_or_default())
}

/// APPEND, REPLACE and UID REPLACE without a message: neither a literal nor CATENATE.
pub(super) fn lacks_message(line: &[u8]) -> bool {
    let (rest, replace) = match (
        behind(line, "append "),
        behind(line, "replace ").or_else(|| behind(line, "uid replace ")),
    ) {
        (Some(rest), _) => (rest, false),
        (None, Some(rest)) => (rest, true),
        (None, None) => return false,
    };
    let Ok(args) = parse(rest, true) else {
        return true;
    };
    let mut args = args.iter().skip(1 + usize::from(replace)).peekable();
    args.next_if(|arg| matches!(arg, Arg::List(_)));
    args.next_if(|arg| matches!(arg, Arg::Quoted(_)));
    match args.next() {
        Some(Arg::Literal(_)) => false,
        Some(arg) => !arg.is("catenate"),
        None => true,
    }
}

/// The mailbox of a SELECT or EXAMINE.
pub(super) fn selected(line: &[u8]) -> Option<Vec<u8>> {
    let rest = behind(line, "select ").or_else(|| behind(line, "examine "))?;
    let args = parse(rest, true).ok()?;
    args.first()?.octets().map(<[u8]>::to_vec)
}
