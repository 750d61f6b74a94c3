//! Flags as FETCH told them, kept true by what the server says since.

use std::collections::BTreeMap;

use crate::safety::Spoken;
use crate::wire::SequenceSet;
use crate::wire::response::Fetch;

/// Most messages whose flags are kept.
const MESSAGES: usize = 5_000;
/// Most flags of one message that are kept.
const FLAGS: usize = 200;

#[derive(Debug, Clone, PartialEq, Eq)]
struct Message {
    seq: u64,
    uid: Option<u64>,
    flags: Vec<String>,
}

/// By message number, ascending.
#[derive(Debug, Default)]
pub(super) struct Flags {
    messages: Vec<Message>,
}

impl Flags {
    pub fn clear(&mut self) {
        self.messages.clear();
    }

    fn get(&self, seq: u64) -> Option<&Message> {
        let at = self.messages.binary_search_by_key(&seq, |m| m.seq).ok()?;
        self.messages.get(at)
    }

    pub fn fetched(&mut self, fetch: &Fetch) {
        let place = self
            .messages
            .binary_search_by_key(&fetch.seq, |message| message.seq);
        match (place, &fetch.flags) {
            (Ok(at), flags) => {
                let Some(message) = self.messages.get_mut(at) else {
                    return;
                };
                message.uid = fetch.uid.or(message.uid);
                if let Some(flags) = flags {
                    message.flags.clone_from(flags);
                }
                if message.flags.len() > FLAGS {
                    self.messages.remove(at);
                }
            }
            (Err(at), Some(flags)) if flags.len() <= FLAGS && self.messages.len() < MESSAGES => {
                let message = Message {
                    seq: fetch.seq,
                    uid: fetch.uid,
                    flags: flags.clone(),
                };
                self.messages.insert(at, message);
            }
            (Err(_), _) => {}
        }
    }

    pub fn expunged(&mut self, seq: u64) {
        let at = self.messages.partition_point(|message| message.seq < seq);
        if self.messages.get(at).is_some_and(|m| m.seq == seq) {
            self.messages.remove(at);
        }
        for message in self.messages.iter_mut().skip(at) {
            message.seq = message.seq.saturating_sub(1);
        }
    }
}

/// What a STORE under way has changed so far.
#[derive(Debug, Default)]
pub(super) struct Stored {
    /// Two were under way at once.
    pub confused: bool,
    /// Message numbers have moved since it began, or another mailbox was opened.
    pub moved: bool,
    /// Each message that the server told of, as it was before; `None`: that is not known.
    before: BTreeMap<u64, Option<Message>>,
}

impl Stored {
    pub fn fetched(&mut self, fetch: &Fetch, known: &Flags) {
        if fetch.flags.is_none() {
            return;
        }
        if self.before.len() >= MESSAGES {
            self.confused = true;
            return;
        }
        self.before.entry(fetch.seq).or_insert_with(|| {
            known.get(fetch.seq).map(|message| Message {
                uid: fetch.uid.or(message.uid),
                ..message.clone()
            })
        });
    }

    /// The commands that bring the old flags back. What was changed silently is not known any more.
    pub fn inverse(&self, spoken: &Spoken, known: &mut Flags) -> Option<Vec<String>> {
        let (set, change) = Change::of(spoken)?;
        let by_uid = spoken.verb == "UID STORE";
        let set = SequenceSet::parse(set.as_bytes())?;
        let mut changed: Vec<Message> = Vec::new();
        let mut whole = true;
        if change.silent {
            whole = self.silently(&set, by_uid, known, &mut changed);
        } else {
            for (seq, message) in &self.before {
                match message {
                    Some(message) => changed.push(message.clone()),
                    // By number it is clear that it is none of ours.
                    None if !by_uid && !set.contains(*seq, u64::MAX) => {}
                    None => whole = false,
                }
            }
            changed.retain(|message| match (by_uid, message.uid) {
                (true, Some(uid)) => set.contains(uid, u64::MAX),
                (true, None) => true,
                (false, _) => set.contains(message.seq, u64::MAX),
            });
        }
        if !whole || self.confused || self.moved {
            return None;
        }
        // Alike ones in one command.
        let mut groups: BTreeMap<String, (Vec<u64>, Vec<u64>)> = BTreeMap::new();
        for message in &changed {
            let Some(back) = change.back(&message.flags) else {
                continue;
            };
            let (seqs, uids) = groups.entry(back).or_default();
            seqs.push(message.seq);
            uids.extend(message.uid);
        }
        // Numbers and UIDs are not mixed: UIDs if all have one.
        let uids = groups.values().all(|(seqs, uids)| seqs.len() == uids.len());
        let mut groups: Vec<_> = groups.into_iter().collect();
        groups.sort_by_key(|(_, (seqs, _))| seqs.iter().min().copied());
        let lines = groups.into_iter().map(|(back, (numbers, of))| match uids {
            true => format!("UID STORE {} {back}", SequenceSet::from_numbers(of)),
            false => format!("STORE {} {back}", SequenceSet::from_numbers(numbers)),
        });
        Some(lines.collect())
    }

    /// The messages that a STORE without answers has changed; whether all of them were known.
    fn silently(
        &self,
        set: &SequenceSet,
        by_uid: bool,
        known: &mut Flags,
        changed: &mut Vec<Message>,
    ) -> bool {
        let is_in = |message: &Message| match by_uid {
            true => message.uid.is_some_and(|uid| set.contains(uid, u64::MAX)),
            false => set.contains(message.seq, u64::MAX),
        };
        // Told of all the same, as it was before.
        let told = self.before.values().flatten().filter(|m| is_in(m));
        changed.extend(told.cloned());
        let quiet = known.messages.iter().filter(|m| is_in(m));
        let quiet: Vec<Message> = quiet
            .filter(|m| !self.before.contains_key(&m.seq))
            .cloned()
            .collect();
        changed.extend(quiet);
        // Every number of the set must be one that was known; what ends in `*` is never sure.
        let named = set.ranges().iter().try_fold(0u64, |sum, range| {
            use crate::wire::sequence::SequenceNumber::Number;
            match (range.from, range.to) {
                (Number(a), Number(b)) => Some(sum.saturating_add(a.abs_diff(b) + 1)),
                _ => None,
            }
        });
        let mut ids: Vec<Option<u64>> = changed
            .iter()
            .map(|m| if by_uid { m.uid } else { Some(m.seq) })
            .collect();
        ids.sort_unstable();
        ids.dedup();
        let whole = named == Some(ids.len() as u64);
        // Their flags are another's word from now on.
        known.messages.retain(|message| !is_in(message));
        whole
    }
}

/// What a STORE does to flags.
struct Change {
    sign: Option<char>,
    silent: bool,
    flags: Vec<String>,
}

impl Change {
    /// The set, and the change, if it is one of flags.
    fn of(spoken: &Spoken) -> Option<(String, Change)> {
        let set = spoken.text(0)?.to_owned();
        let item = (1..spoken.words.len()).find(|index| {
            let text = spoken.text(*index).unwrap_or_default();
            text.to_ascii_uppercase()
                .trim_start_matches(['+', '-'])
                .starts_with("FLAGS")
        })?;
        let word = spoken.text(item)?.to_ascii_uppercase();
        let sign = word.chars().next().filter(|c| matches!(c, '+' | '-'));
        let silent = match word.trim_start_matches(['+', '-']) {
            "FLAGS" => false,
            "FLAGS.SILENT" => true,
            _ => return None,
        };
        let flags = (item + 1..spoken.words.len())
            .filter_map(|index| spoken.text(index).map(str::to_owned))
            .collect();
        Some((
            set,
            Change {
                sign,
                silent,
                flags,
            },
        ))
    }

    /// What brings `old` back; `None`: nothing was changed.
    fn back(&self, old: &[String]) -> Option<String> {
        let has = |list: &[String], flag: &str| list.iter().any(|f| f.eq_ignore_ascii_case(flag));
        let lasting = |flag: &&String| !flag.eq_ignore_ascii_case("\\Recent");
        let (item, mut flags): (&str, Vec<&String>) = match self.sign {
            Some('+') => (
                "-FLAGS",
                self.flags.iter().filter(|f| !has(old, f)).collect(),
            ),
            Some(_) => (
                "+FLAGS",
                old.iter().filter(|f| has(&self.flags, f)).collect(),
            ),
            None => {
                let same = old.iter().filter(lasting).all(|f| has(&self.flags, f))
                    && self.flags.iter().all(|f| has(old, f));
                if same {
                    return None;
                }
                ("FLAGS", old.iter().filter(lasting).collect())
            }
        };
        flags.sort_unstable();
        flags.dedup();
        if flags.is_empty() && self.sign.is_some() {
            return None;
        }
        // A flag is an atom; what is none was never sent by an honest server.
        let atom = |flag: &&&String| {
            !flag.is_empty()
                && flag
                    .bytes()
                    .all(|b| b.is_ascii_graphic() && !b"(){%*\"".contains(&b))
        };
        if !flags.iter().all(|flag| atom(&flag)) {
            return None;
        }
        let words: Vec<&str> = flags.into_iter().map(String::as_str).collect();
        Some(format!("{item} ({})", words.join(" ")))
    }
}
