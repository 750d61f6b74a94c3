//! The users that the server has named: whom *act as* offers.

use std::collections::BTreeSet;

use crate::model::{Namespaces, name};
use crate::session::Event;
use crate::wire::response::{Response, Untagged};

/// Most names kept.
const NAMES: usize = 10_000;
/// Longest name kept, in octets.
const NAME: usize = 256;
/// Where servers keep other users' mailboxes, until NAMESPACE tells: Cyrus in both spellings of its
/// delimiter, and with `altnamespace`.
const USUAL: [&str; 3] = ["user.", "user/", "Other Users/"];
/// Identifiers of an access control list that mean nobody in particular (RFC 4314 section 3; Dovecot's
/// `owner` and `authenticated`).
const NOBODY: [&str; 4] = ["anyone", "anonymous", "owner", "authenticated"];

/// Names of users, sorted. Hostile: to the screen through `printable.rs` only.
#[derive(Debug, Clone, Default)]
pub struct Users {
    names: BTreeSet<String>,
}

impl Users {
    /// A name that was used to log in.
    pub fn add(&mut self, name: &str) {
        if !name.is_empty() && name.len() <= NAME && self.names.len() < NAMES {
            self.names.insert(name.to_owned());
        }
    }

    /// What the server says may name users: owners of mailboxes listed, identifiers of ACLs.
    pub fn see(&mut self, event: &Event, namespaces: Option<&Namespaces>) {
        let Event::Response {
            response: Response::Untagged(untagged),
            ..
        } = event
        else {
            return;
        };
        match untagged {
            Untagged::List(entry) | Untagged::Lsub(entry) => {
                if let Some(owner) = owner(&name::shown(&entry.name), entry.delimiter, namespaces) {
                    self.add(&owner);
                }
            }
            Untagged::Acl { entries, .. } => {
                for (identifier, _) in entries {
                    if let Some(user) = user_of(identifier) {
                        self.add(user);
                    }
                }
            }
            _ => {}
        }
    }

    /// All of them, sorted.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }
}

/// The user whose mailbox this is, if it is below a namespace of other users'.
fn owner(
    mailbox: &str,
    delimiter: Option<char>,
    namespaces: Option<&Namespaces>,
) -> Option<String> {
    let told = namespaces.map(|n| &n.other_users);
    let below = match told {
        Some(others) if !others.is_empty() => others
            .iter()
            .find_map(|entry| mailbox.strip_prefix(&name::shown(&entry.prefix))),
        _ => USUAL.iter().find_map(|prefix| mailbox.strip_prefix(prefix)),
    }?;
    let user = match delimiter {
        Some(delimiter) => below.split(delimiter).next().unwrap_or_default(),
        None => below,
    };
    (!user.is_empty()).then(|| match delimiter {
        // With "." as delimiter Cyrus writes the dot of a name as "^".
        Some('.') => user.replace('^', "."),
        _ => user.to_owned(),
    })
}

/// The user an identifier of an ACL names, if it names one.
fn user_of(identifier: &str) -> Option<&str> {
    let positive = identifier.strip_prefix('-').unwrap_or(identifier);
    if let Some(user) = positive.strip_prefix("user=") {
        return Some(user);
    }
    let group = ["group:", "group=", "group-override=", "$", "#"];
    let named = !NOBODY.iter().any(|n| positive.eq_ignore_ascii_case(n))
        && !group.iter().any(|g| positive.starts_with(g));
    named.then_some(positive)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_that_name_a_user() {
        for (identifier, user) in [
            ("bob", Some("bob")),
            ("-bob", Some("bob")),
            ("user=bob", Some("bob")),
            ("anyone", None),
            ("Anonymous", None),
            ("group:staff", None),
            ("$staff", None),
        ] {
            assert_eq!(user_of(identifier), user, "{identifier}");
        }
    }

    #[test]
    fn owners_of_mailboxes() {
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(owner("user.bob.Sent", Some('.'), None), some("bob"));
        assert_eq!(owner("user/bob@x.org", Some('/'), None), some("bob@x.org"));
        assert_eq!(owner("user.a^b.Sent", Some('.'), None), some("a.b"));
        assert_eq!(owner("INBOX", Some('.'), None), None);
        assert_eq!(owner("user.", Some('.'), None), None);
        let told = Namespaces {
            other_users: vec![crate::wire::response::NamespaceEntry {
                prefix: b"shared/".to_vec(),
                delimiter: Some('/'),
            }],
            ..Namespaces::default()
        };
        assert_eq!(
            owner("shared/carol/x", Some('/'), Some(&told)),
            some("carol")
        );
        assert_eq!(owner("user/bob", Some('/'), Some(&told)), None);
    }
}
