//! One mailbox under the names that two users have for it: `INBOX.Sent` of craig is `user.craig.Sent` for monty
//! (Cyrus), `Sent` is `shared/craig/Sent` (Dovecot). From the namespaces that each was told (RFC 2342).

use crate::wire::mailbox::MailboxName;
use crate::wire::response::NamespaceEntry;

/// The namespaces of one user.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Spaces {
    /// One's own.
    pub personal: Vec<NamespaceEntry>,
    /// Those of other users.
    pub other_users: Vec<NamespaceEntry>,
    /// Those shared by all.
    pub shared: Vec<NamespaceEntry>,
}

/// Whose mailbox it is, and its levels below that; none: the INBOX, or the namespace itself.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Whose {
    User(String),
    /// Of all, below the shared namespace with this prefix.
    All(Vec<u8>),
}

/// Where a mailbox is, whoever looks at it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    whose: Whose,
    levels: Vec<Vec<u8>>,
}

impl Place {
    /// Of `name`, as `who` with these namespaces sees it (as sent); `None`: it is in none of them.
    pub fn of(name: &[u8], spaces: &Spaces, who: &str) -> Option<Place> {
        if name.eq_ignore_ascii_case(b"INBOX") {
            return Some(Place {
                whose: Whose::User(who.to_owned()),
                levels: Vec::new(),
            });
        }
        // The longest prefix that fits; of equal ones the personal one.
        let all = [&spaces.personal, &spaces.other_users, &spaces.shared];
        let mut best: Option<(usize, &NamespaceEntry)> = None;
        for (kind, entries) in all.into_iter().enumerate() {
            for entry in entries {
                let longer = best.is_none_or(|(_, b)| entry.prefix.len() > b.prefix.len());
                if longer && begins(name, &entry.prefix) {
                    best = Some((kind, entry));
                }
            }
        }
        let (kind, entry) = best?;
        let rest = name.get(entry.prefix.len()..)?;
        let mut levels: Vec<Vec<u8>> = MailboxName::from_wire(rest)
            .levels(entry.delimiter)
            .into_iter()
            .map(<[u8]>::to_vec)
            .collect();
        let whose = match kind {
            0 => Whose::User(who.to_owned()),
            1 if levels.first().is_none_or(Vec::is_empty) => return None,
            1 => Whose::User(user_of(&levels.remove(0), entry.delimiter)),
            _ => Whose::All(entry.prefix.clone()),
        };
        // Dovecot's name for the INBOX of another user.
        let inbox = levels.len() == 1 && levels.iter().all(|l| l.eq_ignore_ascii_case(b"INBOX"));
        if inbox && kind == 1 {
            levels.clear();
        }
        Some(Place { whose, levels })
    }

    /// The names it may have for `who`, who has these namespaces: the likeliest first, none if he has no
    /// namespace for it.
    pub fn names(&self, spaces: &Spaces, who: &str) -> Vec<Vec<u8>> {
        let below = |entry: &NamespaceEntry, first: Option<Vec<u8>>| {
            let levels = first.into_iter().chain(self.levels.iter().cloned());
            let mut name = entry.prefix.clone();
            for (at, level) in levels.enumerate() {
                if let Some(delimiter) = entry.delimiter.filter(|_| at > 0) {
                    name.extend_from_slice(delimiter.encode_utf8(&mut [0; 4]).as_bytes());
                }
                name.extend_from_slice(&level);
            }
            name
        };
        match &self.whose {
            Whose::User(user) if user == who && self.levels.is_empty() => vec![b"INBOX".to_vec()],
            Whose::User(user) if user == who => {
                let own = spaces.personal.first();
                own.map(|entry| below(entry, None)).into_iter().collect()
            }
            Whose::User(user) => {
                let Some(entry) = spaces.other_users.first() else {
                    return Vec::new();
                };
                let name = below(entry, Some(level_of(user, entry.delimiter)));
                let mut names = vec![name.clone()];
                if let Some(delimiter) = entry.delimiter.filter(|_| self.levels.is_empty()) {
                    let mut inbox = name;
                    inbox.extend_from_slice(delimiter.encode_utf8(&mut [0; 4]).as_bytes());
                    inbox.extend_from_slice(b"INBOX");
                    // Where both are there, the one above is no mailbox (Dovecot).
                    names.insert(0, inbox);
                }
                names
            }
            Whose::All(prefix) => {
                let same = spaces.shared.iter().find(|entry| entry.prefix == *prefix);
                let entry = same.or(spaces.shared.first());
                entry.map(|entry| below(entry, None)).into_iter().collect()
            }
        }
    }
}

fn begins(name: &[u8], prefix: &[u8]) -> bool {
    let start = name.get(..prefix.len()).unwrap_or_default();
    // `INBOX.` is one prefix in any case (RFC 9051 section 5.1).
    match prefix.get(..5) {
        Some(inbox) if inbox.eq_ignore_ascii_case(b"INBOX") => start.eq_ignore_ascii_case(prefix),
        _ => start == prefix && name.len() >= prefix.len(),
    }
}

/// With "." as delimiter Cyrus writes the dot of a user's name as "^".
fn user_of(level: &[u8], delimiter: Option<char>) -> String {
    let user = MailboxName::from_wire(level).shown();
    match delimiter {
        Some('.') => user.replace('^', "."),
        _ => user,
    }
}

fn level_of(user: &str, delimiter: Option<char>) -> Vec<u8> {
    let user = match delimiter {
        Some('.') => user.replace('.', "^"),
        _ => user.to_owned(),
    };
    MailboxName::from_shown(&user, false).wire().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spaces(personal: &str, others: &str, shared: &str, delimiter: char) -> Spaces {
        let one = |prefix: &str| {
            vec![NamespaceEntry {
                prefix: prefix.as_bytes().to_vec(),
                delimiter: Some(delimiter),
            }]
        };
        Spaces {
            personal: one(personal),
            other_users: one(others),
            shared: one(shared),
        }
    }

    fn seen(spaces: &Spaces, name: &str, from: &str, to: &str) -> Vec<String> {
        let place = Place::of(name.as_bytes(), spaces, from).expect("a place");
        let names = place.names(spaces, to);
        let text = |name: Vec<u8>| String::from_utf8(name).expect("ASCII");
        names.into_iter().map(text).collect()
    }

    #[test]
    fn a_mailbox_has_another_name_for_another_user() {
        let cyrus = spaces("INBOX.", "user.", "", '.');
        let dovecot = spaces("", "shared/", "Public/", '/');
        for (spaces, name, from, to, names) in [
            (
                &cyrus,
                "INBOX.Sent",
                "craig",
                "monty",
                &["user.craig.Sent"][..],
            ),
            (&cyrus, "inbox.a.b", "c.d", "monty", &["user.c^d.a.b"]),
            (&cyrus, "user.c^d.a.b", "monty", "c.d", &["INBOX.a.b"]),
            (&cyrus, "user.craig", "monty", "craig", &["INBOX"]),
            (&cyrus, "user.craig.x", "monty", "brian", &["user.craig.x"]),
            (&cyrus, "shared.news", "craig", "monty", &["shared.news"]),
            (
                &cyrus,
                "INBOX",
                "craig",
                "monty",
                &["user.craig.INBOX", "user.craig"],
            ),
            (&dovecot, "Sent", "craig", "monty", &["shared/craig/Sent"]),
            (&dovecot, "shared/craig/INBOX", "monty", "craig", &["INBOX"]),
            (
                &dovecot,
                "Public/announce",
                "craig",
                "monty",
                &["Public/announce"],
            ),
            (&dovecot, "INBOX", "craig", "craig", &["INBOX"]),
        ] {
            assert_eq!(seen(spaces, name, from, to), names, "{name} for {to}");
        }
        // Another server, or a user with other namespaces.
        let place = Place::of(b"INBOX.a.b", &cyrus, "craig").expect("a place");
        assert_eq!(place.names(&dovecot, "craig"), [b"a/b".to_vec()]);
        assert!(place.names(&Spaces::default(), "monty").is_empty());
        assert!(Place::of(b"x", &Spaces::default(), "craig").is_none());
    }
}
