//! What a mailbox looks like from one connection, and what a server must never say of it, whatever the
//! script is about.

use std::collections::BTreeMap;

use super::args::Arg;

/// The system flags (RFC 3501 section 2.3.2).
const FLAGS: [&str; 6] = [
    "\\Answered",
    "\\Flagged",
    "\\Deleted",
    "\\Seen",
    "\\Draft",
    "\\Recent",
];

/// One connection's view.
#[derive(Debug, Default)]
pub struct View {
    /// The UID of every message, 0 as long as it is not known.
    uids: Vec<u32>,
    /// INTERNALDATE by UID.
    dates: BTreeMap<u32, Vec<u8>>,
    /// ENABLE QRESYNC was granted.
    qresync: bool,
}

/// Most messages that are kept in mind.
const MOST: u32 = 10_000_000;

impl View {
    /// How many messages there are.
    pub fn messages(&self) -> usize {
        self.uids.len()
    }

    /// SELECT or EXAMINE goes out.
    pub fn forget(&mut self) {
        self.uids.clear();
        self.dates.clear();
    }

    /// Takes an untagged reply.
    ///
    /// # Errors
    /// Why a client cannot go on with this server, in a few words.
    pub fn take(&mut self, reply: &[Arg]) -> Result<(), String> {
        if let (Some(number), Some(word)) = (reply.first().and_then(Arg::number), reply.get(1)) {
            return self.numbered(number, word, reply.get(2));
        }
        let Some(first) = reply.first() else {
            return Ok(());
        };
        if first.is("ENABLED") {
            self.qresync |= reply.iter().any(|arg| arg.is("QRESYNC"));
        } else if first.is("VANISHED") && !self.qresync {
            return Err("VANISHED, though QRESYNC was not enabled".to_owned());
        } else if first.is("OK") {
            let code = reply.get(1).and_then(Arg::atom).unwrap_or_default();
            let closed = reply
                .iter()
                .skip(1)
                .any(|arg| arg.octets().is_some_and(|octets| octets.contains(&b']')));
            if code.starts_with(b"[") && !closed {
                return Err("a response code without its ]".to_owned());
            }
        }
        Ok(())
    }

    fn numbered(&mut self, number: u32, word: &Arg, list: Option<&Arg>) -> Result<(), String> {
        let there = u32::try_from(self.uids.len()).unwrap_or(u32::MAX);
        if word.is("EXISTS") {
            if number < there {
                return Err(format!(
                    "EXISTS went down from {there} to {number} without EXPUNGE"
                ));
            }
            if number > MOST {
                return Err(format!("EXISTS {number} is more than this keeps track of"));
            }
            self.uids.resize(usize::try_from(number).unwrap_or(0), 0);
        } else if word.is("EXPUNGE") {
            if number == 0 {
                return Err("EXPUNGE of message 0".to_owned());
            }
            if number > there {
                return Err(format!(
                    "EXPUNGE of message {number}, and there are only {there}"
                ));
            }
            self.uids.remove(usize::try_from(number - 1).unwrap_or(0));
        } else if word.is("FETCH") {
            if number == 0 || number > there {
                return Err(format!(
                    "FETCH of message {number}, and there are only {there}"
                ));
            }
            let Some(Arg::List(items)) = list else {
                return Err("FETCH without a list".to_owned());
            };
            if !items.len().is_multiple_of(2) {
                return Err("FETCH with an odd number of items and values".to_owned());
            }
            return self.fetched(number, items);
        }
        Ok(())
    }

    fn fetched(&mut self, number: u32, items: &[Arg]) -> Result<(), String> {
        let index = usize::try_from(number - 1).unwrap_or(0);
        let value = |name: &str| {
            items
                .chunks_exact(2)
                .find(|pair| pair.first().is_some_and(|key| key.is(name)))
                .and_then(|pair| pair.get(1))
        };
        if let (Some(uid), Some(known)) =
            (value("UID").and_then(Arg::number), self.uids.get_mut(index))
        {
            if *known != 0 && *known != uid {
                return Err(format!(
                    "the UID of message {number} changed from {known} to {uid}"
                ));
            }
            *known = uid;
        }
        if let Some(flags) = value("FLAGS") {
            let Arg::List(flags) = flags else {
                return Err("FLAGS without a list".to_owned());
            };
            for flag in flags {
                let Some(word) = flag.atom() else {
                    return Err("FLAGS with something that is no flag".to_owned());
                };
                if word.starts_with(b"\\") && !FLAGS.iter().any(|known| flag.is(known)) {
                    return Err(format!(
                        "an unknown flag, {}",
                        String::from_utf8_lossy(word)
                    ));
                }
            }
        }
        let uid = self.uids.get(index).copied().unwrap_or(0);
        let date = value("INTERNALDATE").and_then(Arg::octets);
        if let (Some(date), true) = (date, uid != 0) {
            let known = self.dates.entry(uid).or_insert_with(|| date.to_vec());
            if known != date {
                return Err(format!(
                    "INTERNALDATE of UID {uid} changed from {} to {}",
                    String::from_utf8_lossy(known),
                    String::from_utf8_lossy(date)
                ));
            }
        }
        Ok(())
    }
}
