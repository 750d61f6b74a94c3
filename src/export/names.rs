//! Names out of a report: the same name becomes the same word, everywhere.

use std::collections::HashMap;

/// What is replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Replace {
    /// Users, hosts, addresses, and what mails say.
    People,
    /// The same, and the names of mailboxes.
    PeopleAndMailboxes,
}

/// Most names that are told apart; all further ones are one.
const MOST: usize = 100_000;

/// The names met so far and what stands for them.
#[derive(Debug, Clone, Default)]
pub struct Names {
    /// In small letters, longest first.
    known: Vec<(Vec<u8>, String)>,
    domains: Vec<Vec<u8>>,
    users: HashMap<Vec<u8>, usize>,
    hosts: HashMap<Vec<u8>, usize>,
    addresses: HashMap<Vec<u8>, usize>,
    texts: HashMap<Vec<u8>, usize>,
}

impl Names {
    /// With the names that are known before: users, hosts (names or addresses), and mailboxes as they
    /// stand on the wire, if those are to go, with their hierarchy delimiters.
    pub fn new<'n>(
        users: impl IntoIterator<Item = &'n str>,
        hosts: impl IntoIterator<Item = &'n str>,
        mailboxes: impl IntoIterator<Item = (&'n [u8], Option<u8>)>,
    ) -> Names {
        let mut names = Names::default();
        for user in users {
            let lower = user.to_ascii_lowercase().into_bytes();
            let local = lower.split(|b| *b == b'@').next().unwrap_or_default();
            if let Some(domain) = lower.get(local.len() + 1..)
                && !domain.is_empty()
            {
                names.domains.push(domain.to_vec());
            }
            if !local.is_empty() {
                let word = names.user(local);
                names.know(local.to_vec(), word);
            }
        }
        for host in hosts {
            let lower = host.to_ascii_lowercase().into_bytes();
            if lower.is_empty() || matches!(lower.as_slice(), b"localhost" | b"demo") {
                continue;
            }
            let word = match is_address(&lower) {
                true => names.address(&lower),
                false => names.host(&lower),
            };
            // `mail.example.com` is at home in `example.com`.
            let parent = lower.splitn(2, |b| *b == b'.').nth(1);
            if let Some(parent) = parent.filter(|p| p.contains(&b'.') && !is_address(&lower)) {
                names.domains.push(parent.to_vec());
            }
            names.know(lower, word);
        }
        let mut parts: HashMap<Vec<u8>, usize> = HashMap::new();
        for (mailbox, delimiter) in mailboxes {
            let parts_of = mailbox.split(|b| delimiter == Some(*b));
            for part in parts_of.filter(|p| p.len() > 1 && !p.eq_ignore_ascii_case(b"INBOX")) {
                let lower = part.to_ascii_lowercase();
                if !names.known.iter().any(|(known, _)| *known == lower) {
                    let number = numbered(&mut parts, &lower);
                    names.know(lower, format!("mailbox{number}"));
                }
            }
        }
        names
            .known
            .sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
        names
    }

    fn know(&mut self, name: Vec<u8>, word: String) {
        if !self.known.iter().any(|(known, _)| *known == name) {
            self.known.push((name, word));
        }
    }

    fn user(&mut self, name: &[u8]) -> String {
        format!("user{}", numbered(&mut self.users, name))
    }

    fn host(&mut self, name: &[u8]) -> String {
        format!("host{}", numbered(&mut self.hosts, name))
    }

    fn address(&mut self, address: &[u8]) -> String {
        format!("address{}", numbered(&mut self.addresses, address))
    }

    /// A line with its names replaced.
    pub fn replace(&mut self, line: &[u8]) -> Vec<u8> {
        let line = self.texts_of_envelopes(line);
        let mut out = Vec::with_capacity(line.len());
        let mut rest = line.as_slice();
        while let Some(&byte) = rest.first() {
            if !in_word(byte) {
                out.push(byte);
                rest = rest.get(1..).unwrap_or_default();
                continue;
            }
            let end = rest.iter().position(|b| !in_word(*b)).unwrap_or(rest.len());
            let (word, behind) = rest.split_at(end);
            self.word(&mut out, word);
            rest = behind;
        }
        // What holds more than a word's characters: mailboxes with spaces, say.
        let longer: Vec<(Vec<u8>, String)> = self
            .known
            .iter()
            .filter(|(name, _)| name.iter().any(|b| !in_word(*b)))
            .cloned()
            .collect();
        for (name, word) in &longer {
            out = substitute(&out, name, word);
        }
        out
    }

    /// One word: letters, digits and `._@+-`.
    fn word(&mut self, out: &mut Vec<u8>, word: &[u8]) {
        // The point that ends a sentence is no part of a host's name.
        let inner_end = word
            .iter()
            .rposition(|b| !matches!(b, b'.' | b'-'))
            .map_or(0, |at| at + 1);
        let (inner, end) = word.split_at(inner_end);
        let lower = inner.to_ascii_lowercase();
        match self.meant(&lower) {
            Some(replacement) => out.extend_from_slice(replacement.as_bytes()),
            None => out.extend_from_slice(&self.parts(inner)),
        }
        out.extend_from_slice(end);
    }

    /// What stands for a whole word.
    fn meant(&mut self, lower: &[u8]) -> Option<String> {
        if let Some((_, word)) = self.known.iter().find(|(known, _)| known == lower) {
            return Some(word.clone());
        }
        if let Some(at) = lower.iter().rposition(|b| *b == b'@') {
            let (local, domain) = (lower.get(..at)?, lower.get(at + 1..)?);
            if local.is_empty() || domain.is_empty() {
                return None;
            }
            let user = match self.known.iter().find(|(known, _)| known == local) {
                Some((_, word)) => word.clone(),
                None => self.user(local),
            };
            let host = match self.known.iter().find(|(known, _)| known == domain) {
                Some((_, word)) => word.clone(),
                None if is_address(domain) => self.address(domain),
                None => self.host(domain),
            };
            return Some(format!("{user}@{host}"));
        }
        if is_address(lower) {
            return Some(self.address(lower));
        }
        let at_home = self.domains.iter().any(|domain| {
            lower == domain.as_slice()
                || lower
                    .strip_suffix(domain.as_slice())
                    .is_some_and(|front| front.ends_with(b"."))
        });
        at_home.then(|| self.host(lower))
    }

    /// Known names between the points of a word: `user.craig.Sent`.
    fn parts(&self, word: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(word.len());
        let separates = |b: &u8| !b.is_ascii_alphanumeric() && b.is_ascii();
        let mut rest = word;
        loop {
            let end = rest.iter().position(separates).unwrap_or(rest.len());
            let (part, behind) = rest.split_at(end);
            let lower = part.to_ascii_lowercase();
            match self.known.iter().find(|(known, _)| *known == lower) {
                Some((_, word)) => out.extend_from_slice(word.as_bytes()),
                None => out.extend_from_slice(part),
            }
            let Some((separator, behind)) = behind.split_first() else {
                return out;
            };
            out.push(*separator);
            rest = behind;
        }
    }

    /// The quoted strings of an ENVELOPE are names, addresses and subjects: each becomes `"textN"`. So do
    /// the names of files in a BODYSTRUCTURE.
    fn texts_of_envelopes(&mut self, line: &[u8]) -> Vec<u8> {
        let upper = line.to_ascii_uppercase();
        let envelope = memchr::memmem::find(&upper, b"ENVELOPE (");
        let Some(from) = envelope.or_else(|| memchr::memmem::find(&upper, b"NAME\" \"")) else {
            return line.to_vec();
        };
        let mut out = line.get(..from).unwrap_or_default().to_vec();
        let mut rest = line.get(from..).unwrap_or_default();
        let mut file_name = false;
        while let Some(open) = rest.iter().position(|b| *b == b'"') {
            out.extend_from_slice(rest.get(..open).unwrap_or_default());
            let inside = rest.get(open + 1..).unwrap_or_default();
            let mut escaped = false;
            let close = inside.iter().position(|b| {
                let closes = *b == b'"' && !escaped;
                escaped = *b == b'\\' && !escaped;
                closes
            });
            let Some(close) = close else {
                // Never closed: all of it may be a name.
                out.extend_from_slice(b"\"text\"");
                return out;
            };
            let text = inside.get(..close).unwrap_or_default();
            if envelope.is_some() || file_name {
                let number = numbered(&mut self.texts, text);
                out.extend_from_slice(format!("\"text{number}\"").as_bytes());
            } else {
                out.extend_from_slice(rest.get(open..open + close + 2).unwrap_or_default());
            }
            file_name = text.to_ascii_uppercase().ends_with(b"NAME");
            rest = inside.get(close + 1..).unwrap_or_default();
        }
        out.extend_from_slice(rest);
        out
    }

    /// The octets of a literal without what they say: letters are x, digits 0; lines and sizes stay.
    pub fn blank(&self, octets: &[u8]) -> Vec<u8> {
        let blank = |byte: &u8| match byte {
            b'0'..=b'9' => b'0',
            b' '..=b'/' | b':'..=b'@' | b'\t' | b'\r' | b'\n' => *byte,
            _ => b'x',
        };
        octets.iter().map(blank).collect()
    }
}

fn numbered(all: &mut HashMap<Vec<u8>, usize>, name: &[u8]) -> usize {
    let next = all.len() + 1;
    if next > MOST {
        return all.get(name).copied().unwrap_or(next);
    }
    *all.entry(name.to_vec()).or_insert(next)
}

fn in_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"._@+-".contains(&byte) || byte >= 0x80
}

/// `192.0.2.1`. IPv6 has colons, and nobody can tell it from other things with colons.
fn is_address(word: &[u8]) -> bool {
    std::str::from_utf8(word).is_ok_and(|word| word.parse::<std::net::Ipv4Addr>().is_ok())
}

/// `name` in any case, where no letter or digit stands beside it, replaced.
fn substitute(line: &[u8], name: &[u8], word: &str) -> Vec<u8> {
    let lower = line.to_ascii_lowercase();
    let mut out = Vec::with_capacity(line.len());
    let mut from = 0;
    for at in memchr::memmem::find_iter(&lower, name) {
        let end = at + name.len();
        let beside = |at: Option<usize>| {
            at.and_then(|at| line.get(at))
                .is_some_and(u8::is_ascii_alphanumeric)
        };
        if at < from || beside(at.checked_sub(1)) || beside(Some(end)) {
            continue;
        }
        out.extend_from_slice(line.get(from..at).unwrap_or_default());
        out.extend_from_slice(word.as_bytes());
        from = end;
    }
    out.extend_from_slice(line.get(from..).unwrap_or_default());
    out
}
