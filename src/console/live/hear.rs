//! What the server says unasked, and what it answers about that.

use std::time::SystemTime;

use super::again::Standing;
use super::book::{Happening, Kind};
use super::{COUNTED, Listening, Live, NAMED};
use crate::decode::summary::summary;
use crate::model::name;
use crate::wire::cursor::tokenize;
use crate::wire::response::{Fetch, ListEntry, ResponseCode, Status, StatusResponse, Untagged};
use crate::wire::{Frame, SequenceSet};

/// Most counts and mailboxes that wait to be taken.
const WAITING: usize = 1_000;

impl Live {
    /// One untagged response.
    pub(super) fn untagged(&mut self, at: SystemTime, data: &Untagged, frame: Option<&Frame>) {
        let opening = self.opening.is_some();
        match data {
            Untagged::Exists(count) => self.exist(at, *count),
            Untagged::Recent(count) => self.recent(at, *count),
            Untagged::Status(status) => self.said(at, status),
            Untagged::MailboxStatus { mailbox, items } => self.status_of(at, mailbox, items),
            _ if opening => {}
            Untagged::Expunge(seq) => {
                self.fewer(1);
                self.fresh.retain(|fresh| fresh != seq);
                for fresh in self.fresh.iter_mut().filter(|fresh| **fresh > *seq) {
                    *fresh -= 1;
                }
                let (uid, who) = self.book.expunged(*seq);
                let mut happening = self.here(at, Kind::Gone, format!("EXPUNGE {seq}"));
                (happening.uid, happening.who) = (uid, who);
                self.book.push(happening);
            }
            Untagged::Vanished {
                earlier: false,
                uids,
            } => {
                let set = SequenceSet::parse(uids.as_bytes());
                self.fewer(set.map_or(1, |set| set.iter(1_000_000).count() as u64));
                self.fresh.clear();
                self.book.renumbered();
                let happening = self.here(at, Kind::Gone, format!("VANISHED UID {uids}"));
                self.book.push(happening);
            }
            Untagged::Esearch { count: Some(count) } => {
                self.unseen = Some(*count);
                if let Some(open) = self.open.clone() {
                    self.count(open, vec![("UNSEEN".to_owned(), *count)]);
                }
            }
            Untagged::Fetch(fetch) => self.fetched(at, fetch, frame),
            Untagged::List(entry) => {
                let attributes = entry.attributes.join(" ");
                let mut what = format!("LIST ({attributes})");
                if let Some(old) = frame.and_then(old_name) {
                    what.push_str(&format!("  was {}", name::shown(&old)));
                    self.gone(&old, entry.delimiter);
                }
                self.tell(at, Kind::Mailbox, Some(&entry.name), what);
                self.list(entry.clone());
            }
            _ => {}
        }
    }

    fn here(&self, at: SystemTime, kind: Kind, what: String) -> Happening {
        Happening::new(at, kind, self.open.as_deref(), what)
    }

    fn list(&mut self, entry: ListEntry) {
        if self.lists.len() < WAITING {
            self.lists.push(entry);
        }
    }

    /// A mailbox has another name now.
    fn gone(&mut self, old: &[u8], delimiter: Option<char>) {
        self.list(ListEntry {
            attributes: vec!["\\NonExistent".to_owned()],
            delimiter,
            name: old.to_vec(),
        });
    }

    fn exist(&mut self, at: SystemTime, count: u64) {
        let before = self.exists.replace(count);
        if self.opening.is_some() {
            return;
        }
        self.total(count);
        let Some(before) = before.filter(|before| *before != count) else {
            return;
        };
        self.stirred = true;
        let happening = self.here(at, Kind::Count, format!("EXISTS {before} -> {count}"));
        self.book.push(happening);
        if count > before {
            self.came(before + 1, count);
        }
    }

    /// These messages are new; the last of them are told one by one.
    pub(super) fn came(&mut self, first: u64, last: u64) {
        self.fresh_tries = 0;
        let first = first.max((last + 1).saturating_sub(NAMED as u64));
        self.fresh.extend(first..=last);
        while self.fresh.len() > NAMED {
            self.fresh.pop_front();
        }
    }

    fn recent(&mut self, at: SystemTime, count: u64) {
        let before = self.recent.replace(count);
        if self.opening.is_some() || before == Some(count) {
            return;
        }
        let what = match before {
            Some(before) => format!("RECENT {before} -> {count}"),
            None => format!("RECENT {count}"),
        };
        // It comes with EXISTS.
        match self.book.last_mut() {
            Some(last) if last.kind == Kind::Count && last.at == at => {
                last.what.push_str("  ");
                last.what.push_str(&what);
            }
            _ => {
                let happening = self.here(at, Kind::Count, what);
                self.book.push(happening);
            }
        }
    }

    fn fewer(&mut self, count: u64) {
        let exists = self.exists.map(|exists| exists.saturating_sub(count));
        self.exists = exists;
        self.stirred = true;
        if let Some(exists) = exists {
            self.total(exists);
        }
    }

    /// The open mailbox has so many messages.
    fn total(&mut self, count: u64) {
        if let Some(standing) = &mut self.standing {
            standing.exists = count;
        }
        if let Some(open) = self.open.clone() {
            self.count(open, vec![("MESSAGES".to_owned(), count)]);
        }
    }

    fn count(&mut self, mailbox: Vec<u8>, items: Vec<(String, u64)>) {
        if self.counts.len() >= WAITING {
            self.counts.drain(..WAITING / 2);
        }
        self.counts.push((mailbox, items));
    }

    fn fetched(&mut self, at: SystemTime, fetch: &Fetch, frame: Option<&Frame>) {
        let named = frame.and_then(summary).filter(|named| named.envelope);
        if let Some(uid) = fetch.uid
            && let Some(standing) = &mut self.standing
        {
            standing.uid_next = standing.uid_next.max(Some(uid.saturating_add(1)));
        }
        let flags = fetch.flags.as_deref();
        if let Some(named) = named {
            let who = (named.from, named.subject);
            let fresh = self.fresh.iter().position(|seq| *seq == fetch.seq);
            if let (Some(uid), Some(flags)) = (fetch.uid, flags) {
                self.book.remember(uid, flags);
            }
            match fresh {
                Some(at_place) => {
                    self.fresh.remove(at_place);
                    let happening = self.here(at, Kind::New, "new".to_owned());
                    let mut happening = happening.of(fetch.seq, fetch.uid);
                    happening.who = Some(who);
                    self.book.push(happening);
                }
                None => self.book.named(fetch.seq, fetch.uid, &who),
            }
            return;
        }
        // An answer without an envelope.
        if self.running.values().any(|running| running.verb == "FETCH") && flags.is_none() {
            return;
        }
        self.stirred = true;
        let mut what = match flags {
            Some(flags) => self.book.flagged(fetch.uid, fetch.seq, flags),
            None => format!("{} FETCH", fetch.seq),
        };
        if let Some(modseq) = fetch.modseq {
            what.push_str(&format!("  MODSEQ {modseq}"));
        }
        let happening = self.here(at, Kind::Flags, what);
        self.book.push(happening.of(fetch.seq, fetch.uid));
    }

    fn status_of(&mut self, at: SystemTime, mailbox: &[u8], items: &[(String, u64)]) {
        self.count(mailbox.to_vec(), items.to_vec());
        let value = |items: &[(String, u64)], wanted: &str| {
            let item = items
                .iter()
                .find(|(name, _)| name.eq_ignore_ascii_case(wanted));
            item.map(|(_, value)| *value)
        };
        // The open one was asked by us: what happens in it is told otherwise.
        if self
            .open
            .as_deref()
            .is_some_and(|open| name::same(open, mailbox))
        {
            self.unseen = value(items, "UNSEEN").or(self.unseen);
            return;
        }
        let before = self.known.get(mailbox).cloned().unwrap_or_default();
        let place = self.asked_again.iter().position(|name| name == mailbox);
        let away = place
            .map(|place| self.asked_again.swap_remove(place))
            .is_some();
        let mut words = Vec::new();
        let mut changed = false;
        for (item, now) in items.iter().take(20) {
            match value(&before, item) {
                Some(old) if old != *now => {
                    changed = true;
                    words.push(format!("{item} {old} -> {now}"));
                }
                _ => words.push(format!("{item} {now}")),
            }
        }
        let mut known = before.clone();
        for (item, now) in items.iter().take(20) {
            match known.iter_mut().find(|(name, _)| name == item) {
                Some((_, value)) => *value = *now,
                None => known.push((item.clone(), *now)),
            }
        }
        if self.known.len() < COUNTED || self.known.contains_key(mailbox) {
            self.known.insert(mailbox.to_vec(), known);
        }
        if away && !changed {
            return;
        }
        let mut what = format!("STATUS {}", words.join("  "));
        if away {
            let new = value(items, "MESSAGES")
                .zip(value(&before, "MESSAGES"))
                .map_or(0, |(now, old)| now.saturating_sub(old));
            what = match new {
                0 => format!("while away: {what}"),
                new => format!("{new} new while away  {what}"),
            };
        }
        self.tell(at, Kind::Mailbox, Some(mailbox), what);
    }

    fn said(&mut self, at: SystemTime, status: &StatusResponse) {
        if let Some(Standing {
            uid_next,
            uid_validity,
            ..
        }) = &mut self.opening
        {
            match status.code {
                Some(ResponseCode::UidNext(next)) => *uid_next = Some(next),
                Some(ResponseCode::UidValidity(validity)) => *uid_validity = Some(validity),
                _ => {}
            }
        }
        let text = String::from_utf8_lossy(&status.text).into_owned();
        match &status.code {
            _ if status.status == Status::Bye => {
                self.tell(at, Kind::Line, None, format!("BYE {text}"));
            }
            // RFC 5465 section 5.8: as if NOTIFY NONE had been said.
            Some(ResponseCode::Other { name, .. }) if name == "NOTIFICATIONOVERFLOW" => {
                let what = format!("NOTIFICATIONOVERFLOW: the server tells no more. {text}");
                self.tell(at, Kind::Line, None, what);
                if self.listening == Listening::Notify {
                    self.no_notify = true;
                    self.listening = Listening::Waiting;
                    self.overflowed = true;
                }
            }
            Some(ResponseCode::Other { name, .. }) if name == "ALERT" => {
                self.tell(at, Kind::Line, None, format!("ALERT {text}"));
            }
            _ => {}
        }
    }
}

/// The name that a mailbox had before: `* LIST () "/" new ("OLDNAME" ("old"))` (RFC 5465 section 5.4).
fn old_name(frame: &Frame) -> Option<Vec<u8>> {
    let tree = tokenize(frame);
    let mut items = tree.tokens().nth(5)?.list()?;
    while let (Some(name), Some(value)) = (items.next(), items.next()) {
        if name.text_value()?.eq_ignore_ascii_case("OLDNAME") {
            let old = value.list()?.next()?;
            let text = old.string_value().map(|text| text.into_owned());
            return text.or_else(|| old.atom().map(<[u8]>::to_vec));
        }
    }
    None
}
