//! Each built-in snippet on a server, and what must have come of it there. The table names every one of them.

use std::fmt::Write as _;

use imapsh::config::snippets::BUILT_IN;

use crate::program::{Home, Output};

/// What kind of server it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Make {
    Dovecot,
    Cyrus,
    Demo,
}

/// A server with users and an administrator who may act as them.
pub trait Place {
    fn make(&self) -> Make;

    /// `imapsh` with the administrator's login, acting as `user`, then `verb`; what destroys is meant.
    fn imapsh(&self, home: &Home, user: Option<&str>, verb: &[&str]) -> Output;

    /// A name in craig's namespace that nobody uses.
    fn unused(&self, what: &str) -> String;

    /// The name of a user that is not there.
    fn nobody(&self) -> String;

    /// A mailbox that everybody sees.
    fn shared(&self) -> &'static str;

    /// Three users with a mailbox each, who are nobody else's concern.
    fn users(&self) -> [&'static str; 3];

    #[track_caller]
    fn play(&self, home: &Home, user: Option<&str>, words: &[&str]) -> Output {
        let mut verb = vec!["run"];
        verb.extend(words);
        self.imapsh(home, user, &verb)
    }

    #[track_caller]
    fn exec(&self, home: &Home, user: &str, commands: &[&str]) -> Output {
        let mut verb = vec!["exec"];
        verb.extend(commands);
        self.imapsh(home, Some(user), &verb).expect_code(0)
    }

    /// The untagged replies of one kind, each with its words in order, all in order.
    #[track_caller]
    fn replies(&self, home: &Home, user: &str, command: &str, kind: &str) -> Vec<Vec<String>> {
        let text = self.exec(home, user, &[command]).text();
        let start = format!("S: * {kind} ");
        let lines = text.lines().filter(|line| line.starts_with(&start));
        let words = |line: &str| {
            let mut words: Vec<String> = line.split(' ').map(str::to_owned).collect();
            words.sort();
            words
        };
        let mut all: Vec<Vec<String>> = lines.map(words).collect();
        all.sort();
        all
    }
}

type Check = fn(&dyn Place, &Home);

/// Every built-in snippet.
const TABLE: &[(&str, Check)] = &[
    ("append-compare.imap", append_compare),
    ("big-messages.imap", big_messages),
    ("copy-rights.imap", copy_rights),
    ("cyrus-user-tree.imap", cyrus_user_tree),
    ("idle-wake.imap", idle_wake),
    ("quota-report.imap", quota_report),
    ("read-access.imap", read_access),
    ("security-audit.imap", security_audit),
    ("smoke-test.imap", smoke_test),
    ("special-use.imap", special_use),
    ("subscribe-team.imap", subscribe_team),
    ("who-am-i.imap", who_am_i),
];

/// All of them, each in a home of its own.
pub fn check_all(place: &dyn Place) {
    let known: Vec<&str> = BUILT_IN.iter().map(|(name, _)| *name).collect();
    let checked: Vec<&str> = TABLE.iter().map(|(name, _)| *name).collect();
    assert_eq!(
        known, checked,
        "a built-in snippet without a row in tests/common/built_in.rs"
    );
    for (name, check) in TABLE {
        eprintln!("{name} on {:?}", place.make());
        check(place, &Home::new());
    }
}

const CRAIG: Option<&str> = Some("craig");

fn define(name: &str, value: &str) -> String {
    format!("{name}={value}")
}

fn list_of_users(place: &dyn Place, home: &Home) -> String {
    let mut text = "user\n".to_owned();
    for user in place.users() {
        let _ = writeln!(text, "{user}");
    }
    home.file("list.csv", text.as_bytes());
    "list.csv".to_owned()
}

fn acl(place: &dyn Place, home: &Home, mailbox: &str) -> Vec<Vec<String>> {
    let mut found = place.replies(home, "craig", &format!("GETACL {mailbox}"), "ACL");
    assert_eq!(found.len(), 1, "{mailbox}");
    for word in found.iter_mut().flatten() {
        // The order of rights means nothing, and Dovecot changes it.
        let mut letters: Vec<char> = word.chars().collect();
        letters.sort_unstable();
        *word = letters.into_iter().collect();
    }
    for line in &mut found {
        line.sort();
    }
    found
}

/// Whether all these words stand in it.
fn has(acl: &[Vec<String>], words: &[&str]) -> bool {
    words.iter().all(|word| {
        let mut letters: Vec<char> = word.chars().collect();
        letters.sort_unstable();
        let word: String = letters.into_iter().collect();
        acl[0].contains(&word)
    })
}

fn append_compare(place: &dyn Place, home: &Home) {
    let words = ["append-compare.imap", "--undo", "undo.imap"];
    place
        .play(home, CRAIG, &words)
        .expect_code(0)
        .expect_line("the same 306 octets came back");
    // It has cleaned up, and nothing is left to take back.
    let left = place.replies(home, "craig", "LIST \"\" \"*imapsh-test-*\"", "LIST");
    assert_eq!(left, Vec::<Vec<String>>::new());
    let undo = std::fs::read_to_string(home.path().join("undo.imap")).unwrap_or_default();
    assert!(!undo.contains("DELETE"), "{undo}");
}

fn big_messages(place: &dyn Place, home: &Home) {
    let mailbox = place.unused("big");
    home.file(
        "big.eml",
        &[
            b"Subject: big one\r\n\r\n".as_slice(),
            &b"x\r\n".repeat(9_000),
        ]
        .concat(),
    );
    home.file("small.eml", b"Subject: small one\r\n\r\nx\r\n");
    let text = format!(
        "CREATE {mailbox}\nAPPEND {mailbox} {{@small.eml}}\nAPPEND {mailbox} {{@big.eml}}\n"
    );
    home.file("fill.imap", text.as_bytes());
    place.play(home, CRAIG, &["fill.imap"]).expect_code(0);
    let named = define("mailbox", &mailbox);
    let words = ["big-messages.imap", "-D", &named, "-D", "larger=20000"];
    place
        .play(home, CRAIG, &words)
        .expect_code(0)
        .expect_line(&format!("{mailbox}: 2 messages; those over 20000 octets:"))
        .expect_line("UID 2  27020 octets")
        .expect_line("big one")
        .expect_no_line("small one");
    // A mailbox without any is no failure.
    let words = ["big-messages.imap", "-D", &named, "-D", "larger=900000"];
    place
        .play(home, CRAIG, &words)
        .expect_code(0)
        .expect_no_line("UID");
    place.exec(home, "craig", &[&format!("DELETE {mailbox}")]);
}

fn copy_rights(place: &dyn Place, home: &Home) {
    let (from, to) = (place.unused("from"), place.unused("to"));
    let other = place.users()[2];
    place.exec(
        home,
        "craig",
        &[
            &format!("CREATE {from}"),
            &format!("CREATE {to}"),
            &format!("SETACL {from} monty lrs"),
            &format!("SETACL {to} monty l"),
            &format!("SETACL {to} {other} l"),
        ],
    );
    let before = acl(place, home, &to);
    let words = [
        "copy-rights.imap",
        "-D",
        &define("from", &from),
        "-D",
        &define("to", &to),
        "--undo",
        "undo.imap",
    ];
    place
        .play(home, CRAIG, &words)
        .expect_code(0)
        .expect_line("monty: l -> lrs");
    let after = acl(place, home, &to);
    assert!(has(&after, &["monty", "lrs", other, "l"]), "{after:?}");
    place.play(home, CRAIG, &["undo.imap"]).expect_code(0);
    assert_eq!(acl(place, home, &to), before);
    place.exec(
        home,
        "craig",
        &[&format!("DELETE {from}"), &format!("DELETE {to}")],
    );
}

fn cyrus_user_tree(place: &dyn Place, home: &Home) {
    let user = place.nobody();
    home.file("new.csv", format!("user\n{user}\n").as_bytes());
    let words = [
        "cyrus-user-tree.imap",
        "--each",
        "new.csv",
        "--undo",
        "undo.imap",
    ];
    // craig's session will do: the snippet takes the administrator's part by itself.
    let out = place.play(home, CRAIG, &words).expect_code(0);
    if place.make() == Make::Dovecot {
        out.expect_error(&["this is no Cyrus", "1 skipped"]);
        return;
    }
    out.expect_line(&format!(
        "user.{user} with Drafts, Sent, Trash, Junk and Archive"
    ));
    let listed = |pattern: &str| {
        let command = format!("LIST \"\" {pattern}");
        let out = place.imapsh(home, None, &["exec", &command]).expect_code(0);
        out.text()
            .lines()
            .filter(|line| line.starts_with("S: * LIST"))
            .count()
    };
    assert_eq!(listed(&format!("user.{user}.%")), 5);
    let again = ["cyrus-user-tree.imap", "--each", "new.csv"];
    place
        .play(home, CRAIG, &again)
        .expect_code(0)
        .expect_error(&["is there already", "1 skipped"]);
    place.play(home, CRAIG, &["undo.imap"]).expect_code(0);
    assert_eq!(listed(&format!("user.{user}*")), 0);
}

fn idle_wake(place: &dyn Place, home: &Home) {
    let mailbox = place.unused("idle");
    place.exec(home, "craig", &[&format!("CREATE {mailbox}")]);
    place
        .play(
            home,
            CRAIG,
            &["idle-wake.imap", "-D", &define("mailbox", &mailbox)],
        )
        .expect_code(0)
        .expect_line("IDLE woken and ended at");
    place
        .exec(home, "craig", &[&format!("STATUS {mailbox} (MESSAGES)")])
        .expect_line("(MESSAGES 1)");
    place.exec(home, "craig", &[&format!("DELETE {mailbox}")]);
}

fn quota_report(place: &dyn Place, home: &Home) {
    let [first, ..] = place.users();
    let list = format!("user\ncraig\n{first}\n");
    home.file("list.csv", list.as_bytes());
    let out = place
        .play(home, None, &["quota-report.imap", "--each", "list.csv"])
        .expect_code(0);
    let text = out.text();
    for user in ["craig", first] {
        let start = format!("{user},");
        let line = text.lines().find(|line| line.starts_with(&start));
        let line = line.unwrap_or_else(|| panic!("no line for {user}: {text}"));
        // There only few users have a limit.
        if place.make() != Make::Dovecot && user == first {
            assert_eq!(line, format!("{user},none,none"));
            continue;
        }
        let numbers: Vec<u64> = line
            .split(',')
            .skip(1)
            .map(|n| n.parse().unwrap())
            .collect();
        assert!(numbers.len() == 2 && numbers[0] <= numbers[1], "{line}");
    }
    assert_eq!(text.lines().count(), 2, "{text}");
}

fn read_access(place: &dyn Place, home: &Home) {
    let mailbox = place.unused("read");
    place.exec(
        home,
        "craig",
        &[
            &format!("CREATE {mailbox}"),
            &format!("SETACL {mailbox} monty l"),
        ],
    );
    let before = acl(place, home, &mailbox);
    let user = place.users()[0];
    home.file("them.txt", format!("monty\n{user}\n").as_bytes());
    let named = define("mailbox", &mailbox);
    let words = [
        "read-access.imap",
        "-D",
        &named,
        "-D",
        "people=them.txt",
        "--undo",
        "undo.imap",
    ];
    place
        .play(home, CRAIG, &words)
        .expect_code(0)
        .expect_line("monty: l -> lrs")
        .expect_line(&format!("{user}: nothing -> lrs"));
    assert!(has(&acl(place, home, &mailbox), &["monty", user, "lrs"]));
    place.play(home, CRAIG, &["undo.imap"]).expect_code(0);
    assert_eq!(acl(place, home, &mailbox), before);
    // A list that is not there is named.
    place
        .play(home, CRAIG, &["read-access.imap", "-D", &named])
        .expect_code(4)
        .expect_error(&["people.txt is not there"]);
    place.exec(home, "craig", &[&format!("DELETE {mailbox}")]);
}

fn security_audit(place: &dyn Place, home: &Home) {
    place
        .play(home, CRAIG, &["security-audit.imap"])
        .expect_code(0)
        .expect_line("offers: ")
        .expect_line("no STARTTLS: ")
        .expect_line("UIDPLUS is there");
}

fn smoke_test(place: &dyn Place, home: &Home) {
    place
        .play(home, Some(place.users()[0]), &["smoke-test.imap"])
        .expect_code(0)
        .expect_line("STATUS and EXAMINE agree");
}

fn special_use(place: &dyn Place, home: &Home) {
    let user = place.users()[1];
    let listed = || place.replies(home, user, "LIST \"\" *", "LIST");
    let before = listed();
    let out = place
        .play(
            home,
            Some(user),
            &["special-use.imap", "--undo", "undo.imap"],
        )
        .expect_code(0);
    let prefix = match place.make() {
        Make::Dovecot => "",
        Make::Cyrus | Make::Demo => "INBOX.",
    };
    let after = listed();
    let text = out.text();
    for name in ["Drafts", "Sent", "Trash", "Junk", "Archive"] {
        let mailbox = format!("{prefix}{name}");
        let line = after.iter().find(|line| line.contains(&mailbox));
        let line = line.unwrap_or_else(|| panic!("{mailbox} is not there: {after:?}"));
        // Cyrus offers CREATE-SPECIAL-USE.
        if place.make() == Make::Cyrus && text.contains(&format!("{mailbox}: created")) {
            let mark = format!("\\{name}");
            assert!(
                line.iter()
                    .any(|word| word.trim_matches(['(', ')']) == mark),
                "{line:?}"
            );
        }
    }
    assert_eq!(text.lines().count(), 5, "{text}");
    assert!(text.contains(": created"), "{text}");
    place.play(home, Some(user), &["undo.imap"]).expect_code(0);
    assert_eq!(listed(), before);
}

fn subscribe_team(place: &dyn Place, home: &Home) {
    let list = list_of_users(place, home);
    let named = define("mailbox", place.shared());
    let subscribed = || -> Vec<usize> {
        let command = format!("LSUB \"\" {}", place.shared());
        let users = place.users().into_iter();
        users
            .map(|user| place.replies(home, user, &command, "LSUB").len())
            .collect()
    };
    let [first, ..] = place.users();
    for user in place.users() {
        place.imapsh(
            home,
            Some(user),
            &["exec", &format!("UNSUBSCRIBE {}", place.shared())],
        );
    }
    place.exec(home, first, &[&format!("SUBSCRIBE {}", place.shared())]);
    let words = [
        "subscribe-team.imap",
        "--each",
        &list,
        "-D",
        &named,
        "--undo",
        "undo.imap",
    ];
    place
        .play(home, None, &words)
        .expect_code(0)
        .expect_line("was subscribed already")
        .expect_error(&["3 ok", "2 commands are taken back by"]);
    assert_eq!(subscribed(), [1, 1, 1]);
    place.play(home, None, &["undo.imap"]).expect_code(0);
    assert_eq!(subscribed(), [1, 0, 0]);
    place.exec(home, first, &[&format!("UNSUBSCRIBE {}", place.shared())]);
}

fn who_am_i(place: &dyn Place, home: &Home) {
    let server = match place.make() {
        Make::Dovecot => "server: Dovecot",
        Make::Cyrus => "server: Cyrus IMAPD 3.",
        Make::Demo => "server: imapsh demo",
    };
    let prefix = match place.make() {
        Make::Dovecot => "((\"\" \"/\"))",
        Make::Cyrus | Make::Demo => "((\"INBOX.\" \".\"))",
    };
    place
        .play(home, CRAIG, &["who-am-i.imap"])
        .expect_code(0)
        .expect_line("acting as craig")
        .expect_line(server)
        .expect_line(&format!("your mailboxes (prefix and separator): {prefix}"))
        .expect_line("rights on INBOX: lr")
        .expect_line("KiB used");
}
