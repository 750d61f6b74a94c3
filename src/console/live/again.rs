//! A connection that listens and is broken off: when it is tried again, how often, and what was missed meanwhile.

use std::time::{Duration, SystemTime};

/// How long it waits before each try; then it gives up.
pub const WAITS: [Duration; 8] = [
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(5),
    Duration::from_secs(10),
    Duration::from_secs(20),
    Duration::from_secs(30),
    Duration::from_secs(60),
    Duration::from_secs(60),
];
/// Who has listened for so long was really there: the tries begin anew.
const STEADY: Duration = Duration::from_secs(60);

/// Tries so far.
#[derive(Debug, Default)]
pub(super) struct Tries {
    made: usize,
    /// Since when it listens.
    since: Option<SystemTime>,
    /// It has listened at all.
    ever: bool,
}

impl Tries {
    /// It listens.
    pub fn succeeded(&mut self, now: SystemTime) {
        self.since.get_or_insert(now);
        self.ever = true;
    }

    /// Whether it ever listened: what never did is not tried again.
    pub fn ever(&self) -> bool {
        self.ever
    }

    /// It was broken off: when to try again, and the number of that try; `None`: not any more.
    pub fn next(&mut self, now: SystemTime) -> Option<(SystemTime, usize)> {
        let steady = self
            .since
            .take()
            .and_then(|since| now.duration_since(since).ok());
        if steady.is_some_and(|time| time >= STEADY) {
            self.made = 0;
        }
        let wait = WAITS.get(self.made)?;
        self.made += 1;
        Some((now + *wait, self.made))
    }
}

/// What a mailbox was like when it was last heard of.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Standing {
    pub name: Vec<u8>,
    pub exists: u64,
    pub uid_next: Option<u64>,
    pub uid_validity: Option<u64>,
}

/// What happened in a mailbox while nobody listened.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Missed {
    /// A sentence.
    pub words: String,
    /// So many messages are new: the last ones of the mailbox.
    pub new: u64,
}

/// What a mailbox tells by its numbers alone; `None`: nothing happened, as far as they tell.
pub(super) fn missed(before: &Standing, now: &Standing) -> Option<Missed> {
    if let (Some(old), Some(new)) = (before.uid_validity, now.uid_validity)
        && old != new
    {
        return Some(Missed {
            words: format!("while away: UIDVALIDITY {old} -> {new}, it is another mailbox"),
            new: 0,
        });
    }
    let grown = now.exists.saturating_sub(before.exists);
    // UIDs may be left out, but no message is new without one.
    let new = match (before.uid_next, now.uid_next) {
        (Some(old), Some(next)) => next.saturating_sub(old).min(now.exists).max(grown),
        _ => grown,
    };
    let gone = (before.exists + new).saturating_sub(now.exists);
    if new == 0 && gone == 0 {
        return None;
    }
    let mut parts = Vec::new();
    if new > 0 {
        parts.push(format!("{new} new"));
    }
    if gone > 0 {
        parts.push(format!("{gone} gone"));
    }
    Some(Missed {
        words: format!(
            "{} while away  EXISTS {} -> {}",
            parts.join(", "),
            before.exists,
            now.exists
        ),
        new,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn standing(exists: u64, uid_next: u64) -> Standing {
        Standing {
            exists,
            uid_next: Some(uid_next),
            uid_validity: Some(1),
            ..Standing::default()
        }
    }

    #[test]
    fn what_was_missed_is_told_by_exists_and_uidnext() {
        let told = |before, now| missed(&before, &now).map(|m| (m.words, m.new));
        assert_eq!(told(standing(482, 500), standing(482, 500)), None);
        assert_eq!(
            told(standing(482, 500), standing(494, 512)),
            Some(("12 new while away  EXISTS 482 -> 494".to_owned(), 12))
        );
        assert_eq!(
            told(standing(482, 500), standing(480, 503)),
            Some(("3 new, 5 gone while away  EXISTS 482 -> 480".to_owned(), 3))
        );
        assert_eq!(
            told(standing(3, 9), standing(0, 9)),
            Some(("3 gone while away  EXISTS 3 -> 0".to_owned(), 0))
        );
        let other = Standing {
            uid_validity: Some(2),
            ..standing(3, 9)
        };
        let told = missed(&standing(3, 9), &other).unwrap();
        assert!(told.words.contains("UIDVALIDITY 1 -> 2"), "{told:?}");
    }

    #[test]
    fn tries_are_bounded_and_begin_anew_after_a_while() {
        let mut tries = Tries::default();
        let mut now = SystemTime::UNIX_EPOCH;
        for number in 1..=WAITS.len() {
            let (at, which) = tries.next(now).unwrap();
            assert_eq!((which, at), (number, now + WAITS[number - 1]));
            now = at;
            // It is there for a moment each time: that does not count.
            tries.succeeded(now);
        }
        assert_eq!(tries.next(now), None);
        tries.succeeded(now);
        assert!(tries.next(now + STEADY).is_some());
    }
}
