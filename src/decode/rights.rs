//! Rights in words (RFC 4314 section 2.1, with the old ones of RFC 2086).

/// A right: its letter and what it lets one do.
pub const RIGHTS: &[(char, &str)] = &[
    ('l', "lookup: see the mailbox in LIST, subscribe to it"),
    ('r', "read: SELECT, FETCH, SEARCH, COPY from it, STATUS"),
    ('s', "seen: keep \\Seen across sessions"),
    (
        'w',
        "write: set and clear flags other than \\Seen and \\Deleted",
    ),
    ('i', "insert: APPEND, COPY into it"),
    ('p', "post: send mail to its submission address"),
    ('k', "create mailboxes below it, or RENAME one to there"),
    ('x', "DELETE the mailbox, RENAME it away"),
    ('t', "set and clear \\Deleted"),
    ('e', "EXPUNGE, also as part of CLOSE"),
    ('a', "administer: SETACL, DELETEACL, GETACL, LISTRIGHTS"),
    ('n', "write shared annotations (RFC 5257)"),
    ('c', "create: the old right, today k (and x)"),
    ('d', "delete: the old right, today x, t and e"),
];

/// The right `letter` in one word.
pub fn word(letter: char) -> &'static str {
    match letter {
        'l' => "lookup",
        'r' => "read",
        's' => "seen",
        'w' => "write flags",
        'i' => "insert",
        'p' => "post",
        'k' => "create below",
        'x' => "delete it",
        't' => "mark deleted",
        'e' => "expunge",
        'a' => "administer",
        'n' => "annotate",
        'c' => "create (old)",
        'd' => "delete (old)",
        _ if letter.is_ascii_digit() => "the site's own",
        _ => "unknown",
    }
}

/// What the right `letter` lets one do; digits are the site's own.
pub fn meaning(letter: char) -> &'static str {
    match RIGHTS.iter().find(|(l, _)| *l == letter) {
        Some((_, words)) => words,
        None if letter.is_ascii_digit() => "this site's own (RFC 4314 section 2.2)",
        None => "not known to RFC 4314",
    }
}
