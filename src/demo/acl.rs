//! Rights and access control lists (RFC 4314).

use std::collections::BTreeMap;
use std::fmt;

/// A set of rights, `c` and `d` counted as what they stand for (RFC 4314 section 2.1.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Rights(u16);

/// Letters in the order they are shown; a letter's place is its bit. `c` and `d` are not stored.
const LETTERS: [char; 11] = ['l', 'r', 's', 'w', 'i', 'p', 'k', 'x', 't', 'e', 'a'];

impl Rights {
    /// None.
    pub const NONE: Rights = Rights(0);
    /// `l`: the mailbox is visible.
    pub const LOOKUP: Rights = Rights(1);
    /// `r`: SELECT, FETCH, SEARCH, STATUS, COPY from.
    pub const READ: Rights = Rights(1 << 1);
    /// `s`: \Seen.
    pub const SEEN: Rights = Rights(1 << 2);
    /// `w`: flags but \Seen and \Deleted.
    pub const WRITE: Rights = Rights(1 << 3);
    /// `i`: APPEND, COPY into.
    pub const INSERT: Rights = Rights(1 << 4);
    /// `k`: create mailboxes below.
    pub const CREATE: Rights = Rights(1 << 6);
    /// `x`: delete the mailbox.
    pub const DELETE_MAILBOX: Rights = Rights(1 << 7);
    /// `t`: \Deleted.
    pub const DELETED: Rights = Rights(1 << 8);
    /// `e`: EXPUNGE.
    pub const EXPUNGE: Rights = Rights(1 << 9);
    /// `a`: the access control list.
    pub const ADMINISTER: Rights = Rights(1 << 10);
    /// All.
    pub const ALL: Rights = Rights((1 << 11) - 1);
    /// What an owner and an administrator cannot lose: `lkxca`.
    pub const IMPLICIT: Rights = Rights(1 | 1 << 6 | 1 << 7 | 1 << 10);

    /// Reads letters.
    ///
    /// # Errors
    /// The first letter that is no right.
    pub fn parse(text: &str) -> Result<Rights, char> {
        let mut rights = Rights::NONE;
        for letter in text.chars() {
            rights = rights.with(match letter {
                'c' => Rights::CREATE.with(Rights::DELETE_MAILBOX),
                'd' => Rights::DELETED.with(Rights::EXPUNGE),
                _ => match LETTERS.iter().position(|l| *l == letter) {
                    Some(bit) => Rights(1 << bit),
                    None => return Err(letter),
                },
            });
        }
        Ok(rights)
    }

    /// Both together.
    #[must_use]
    pub const fn with(self, other: Rights) -> Rights {
        Rights(self.0 | other.0)
    }

    /// These but not those.
    #[must_use]
    pub const fn without(self, other: Rights) -> Rights {
        Rights(self.0 & !other.0)
    }

    /// Whether all of `other` are here.
    pub const fn has(self, other: Rights) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether there are none.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Each letter of the set by itself, `c` and `d` left out.
    pub fn letters(self) -> impl Iterator<Item = char> {
        LETTERS
            .iter()
            .enumerate()
            .filter(move |(bit, _)| self.0 >> bit & 1 == 1)
            .map(|(_, letter)| *letter)
    }
}

impl fmt::Display for Rights {
    /// `lrswipkxtecda`: the obsolete `c` and `d` are shown for clients of RFC 2086.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for letter in self.letters().filter(|l| *l != 'a') {
            write!(f, "{letter}")?;
        }
        let create = Rights::CREATE.with(Rights::DELETE_MAILBOX);
        let delete = Rights::DELETED.with(Rights::EXPUNGE);
        for (letter, stands_for) in [("c", create), ("d", delete), ("a", Rights::ADMINISTER)] {
            if self.0 & stands_for.0 != 0 {
                f.write_str(letter)?;
            }
        }
        Ok(())
    }
}

/// Who may do what with one mailbox. An identifier that begins with `-` takes rights away.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Acl(BTreeMap<String, Rights>);

/// How SETACL changes an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// `lrs`: exactly these.
    Replace,
    /// `+lrs`
    Add,
    /// `-lrs`
    Remove,
}

impl Acl {
    /// From pairs of identifier and rights.
    pub fn new(entries: impl IntoIterator<Item = (String, Rights)>) -> Acl {
        Acl(entries
            .into_iter()
            .filter(|(_, rights)| !rights.is_empty())
            .collect())
    }

    /// What `user` has by this list alone.
    pub fn effective(&self, user: &str) -> Rights {
        let get = |identifier: &str| self.0.get(identifier).copied().unwrap_or_default();
        let granted = get(user).with(get("anyone"));
        granted
            .without(get(&format!("-{user}")))
            .without(get("-anyone"))
    }

    /// Changes an entry; one without rights is dropped.
    pub fn change(&mut self, identifier: &str, change: Change, rights: Rights) {
        let old = self.0.get(identifier).copied().unwrap_or_default();
        let new = match change {
            Change::Replace => rights,
            Change::Add => old.with(rights),
            Change::Remove => old.without(rights),
        };
        if new.is_empty() {
            self.0.remove(identifier);
        } else {
            self.0.insert(identifier.to_owned(), new);
        }
    }

    /// The entries, by identifier.
    pub fn entries(&self) -> impl Iterator<Item = (&str, Rights)> {
        self.0
            .iter()
            .map(|(identifier, rights)| (identifier.as_str(), *rights))
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether nobody was given anything.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
