//! An administrator looks at a user's mail, with every key there is for that, and the user cannot tell: flags,
//! \Recent, mod-sequences, subscriptions, rights and counts are as before. The keys are in `browsing_keys.rs`.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use imapsh::tui::keymap::BINDINGS;

use crate::browsing_keys::{CONTEXTS, NOT_PRESSED, Place, ROWS, Row, See};
use crate::program::{DEADLINE, Home, binary};
use crate::server::{Server, both};
use crate::terminal::{Terminal, editor, reversed};
use crate::{Line, Who, arguments, exec_as, unused};

/// A user of the servers' whom no other test logs in: what changes in his mail has changed by us.
const USER: &str = "u003";

const OWNER: Who = Who {
    authcid: USER,
    authzid: None,
    password: "secret",
};

/// Everything that the user could find changed. EXAMINE and not SELECT: that would take \Recent away. Before the last
/// LIST comes STATUS of every mailbox: Dovecot says \Marked and \UnMarked of a mailbox only while its list index knows
/// how that one stands (mailbox_list_index_status_set_info_flags in its
/// src/lib-storage/list/mailbox-list-index-status.c: "not up to date. don't waste time with it"); a STATUS by anybody
/// brings that about, and the first EXAMINE with CONDSTORE undoes it. So it knows both times.
fn traces(server: &Server, mailbox: &str, below: &str) -> Vec<String> {
    let status = "(MESSAGES RECENT UNSEEN UIDNEXT UIDVALIDITY HIGHESTMODSEQ)";
    let run = |commands: &[&str]| -> Vec<String> {
        let output = exec_as(server, Line::Plain, Some(OWNER), &[], commands).expect_code(0);
        let text = output.text();
        let untagged = text.lines().filter(|line| line.starts_with("S: * "));
        let told = untagged.filter(|line| !line.contains("CAPABILITY"));
        told.map(str::to_owned).collect()
    };
    let mut lines = run(&[
        "NAMESPACE",
        &format!("GETACL {mailbox}"),
        &format!("GETACL {below}"),
        "GETACL INBOX",
        &format!("STATUS {mailbox} {status}"),
        &format!("STATUS {below} {status}"),
        &format!("STATUS INBOX {status}"),
        "GETQUOTAROOT INBOX",
        &format!("EXAMINE {mailbox} (CONDSTORE)"),
        "UID FETCH 1:* (FLAGS MODSEQ INTERNALDATE RFC822.SIZE)",
        "EXAMINE INBOX (CONDSTORE)",
        "UID FETCH 1:* (FLAGS MODSEQ)",
    ]);
    run(&[&format!("LIST \"\" \"*\" RETURN (STATUS {status})")]);
    lines.extend(run(&["LIST \"\" \"*\"", "LSUB \"\" \"*\""]));
    for word in ["\\Recent", "MODSEQ (", "* LIST ", "* LSUB ", "* ACL "] {
        assert!(lines.iter().any(|l| l.contains(word)), "{word}: {lines:?}");
    }
    lines
}

/// Fills a mailbox: plain mails, one with parts, flags, one marked \Deleted; one mailbox below it.
fn fill(server: &Server, home: &Home, mailbox: &str, below: &str) {
    let parts = "From: a@example.org\r\nTo: u003@localhost\r\nSubject: parts\r\nMIME-Version: 1.0\r\n\
        Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nRead me.\r\n--b\r\n\
        Content-Type: text/html\r\n\r\n<p>Read <b>me</b></p>\r\n--b\r\nContent-Type: application/octet-stream\r\n\
        Content-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename=a.bin\r\n\r\nAAECAwQ=\r\n--b--\r\n";
    let parts = home.file("parts.eml", parts.as_bytes());
    let mut commands = vec![format!("CREATE {mailbox}"), format!("CREATE {below}")];
    for number in 1..=12 {
        let text = format!(
            "From: Ann <ann@example.org>\r\nSubject: number {number} of 12\r\nMessage-ID: <{number}@x>\r\n\r\nText {number}.\r\n"
        );
        let path = home.file(&format!("{number}.eml"), text.as_bytes());
        let flags = ["()", "(\\Seen)", "(\\Flagged $Junk)", "(\\Deleted)"][number % 4];
        commands.push(format!("APPEND {mailbox} {flags} {{@{}}}", path.display()));
    }
    commands.push(format!("APPEND {mailbox} () {{@{}}}", parts.display()));
    commands.push(format!("APPEND INBOX () {{@{}}}", parts.display()));
    commands.push(format!("SUBSCRIBE {mailbox}"));
    commands.push(format!("SETACL {mailbox} monty lr"));
    let commands: Vec<&str> = commands.iter().map(String::as_str).collect();
    exec_as(server, Line::Plain, Some(OWNER), &[], &commands).expect_code(0);
}

/// The octets that a terminal sends for keys of the table.
fn octets(keys: &str) -> String {
    let one = |key: &str| -> String {
        let named = match key {
            "enter" => "\r",
            "space" => " ",
            "tab" => "\t",
            "backtab" => "\x1b[Z",
            "up" => "\x1b[A",
            "down" => "\x1b[B",
            "right" => "\x1b[C",
            "left" => "\x1b[D",
            "pgup" => "\x1b[5~",
            "pgdn" => "\x1b[6~",
            "home" => "\x1b[H",
            "end" => "\x1b[F",
            "esc" => "\x1b",
            "f1" => "\x1bOP",
            "f2" => "\x1bOQ",
            "f3" => "\x1bOR",
            "f4" => "\x1bOS",
            "f5" => "\x1b[15~",
            "f6" => "\x1b[17~",
            "f7" => "\x1b[18~",
            "f8" => "\x1b[19~",
            "f9" => "\x1b[20~",
            "f10" => "\x1b[21~",
            // Xterm's ESC [ 1 ; 2 R is a cursor position report to those who read it.
            "s-f3" => "\x1b[13;2~",
            "s-f6" => "\x1b[17;2~",
            _ => "",
        };
        match (named, key.strip_prefix("alt-"), key.strip_prefix("c-")) {
            ("", Some("enter"), _) => "\x1b\r".to_owned(),
            ("", Some(letter), _) => format!("\x1b{letter}"),
            ("", _, Some(letter)) => char::from(letter.as_bytes()[0] & 0x1f).to_string(),
            ("", _, _) => {
                assert_eq!(key.chars().count(), 1, "which octets are {key}?");
                key.to_owned()
            }
            (named, _, _) => named.to_owned(),
        }
    };
    keys.split(' ').map(one).collect()
}

/// The program in a terminal, and the record it writes of what passes.
struct Browser {
    terminal: Terminal,
    record: PathBuf,
    /// The name of the mailbox with mails, without what is above it.
    label: String,
    /// Which keys were pressed last, for the message of a failure.
    doing: String,
}

impl Browser {
    fn sent(&self, command: &str) -> usize {
        let text = std::fs::read(&self.record).unwrap_or_default();
        let text = String::from_utf8_lossy(&text).into_owned();
        let client = text.lines().filter_map(|line| line.strip_prefix("C: "));
        client
            .filter_map(|line| line.split_once(' '))
            .filter(|(_, rest)| rest.starts_with(command))
            .count()
    }

    /// Presses keys, then waits for what they come to.
    #[track_caller]
    fn press(&mut self, keys: &str, see: See) {
        let before = match see {
            See::Sent(command) => self.sent(command),
            _ => 0,
        };
        if !keys.is_empty() {
            self.terminal.keys(keys);
        }
        let what = format!("{see:?} after {keys:?} ({})", self.doing);
        let Some(command) = (match see {
            See::Sent(command) => Some(command),
            _ => None,
        }) else {
            self.terminal
                .wait_until(&what, |screen| is_seen(screen, see));
            return;
        };
        let end = Instant::now() + DEADLINE;
        while self.sent(command) <= before {
            assert!(
                Instant::now() < end,
                "never {what}:\n{}",
                self.terminal.contents()
            );
            self.terminal.wait_quiet(Duration::from_millis(10));
        }
    }

    /// To where a key is pressed. Popups are closed, the editor is emptied.
    #[track_caller]
    fn go(&mut self, place: Place) {
        // What Ctrl+C has nothing to close for it says; the next key takes that back.
        self.press("\x03\x1b2", See::Shows("Tab complete"));
        self.press("\x15", See::Editor(""));
        match place {
            Place::Editor => {}
            Place::Sidebar => self.press("\x1b3g", See::Row("INBOX")),
            Place::Tree => {
                self.press("\x1b3/", See::Shows("Find a mailbox"));
                let label = self.label.clone();
                self.terminal.keys(&label);
                self.terminal.wait_until("the mailbox found", |screen| {
                    reversed(screen).contains(&label)
                });
                self.press("\r", See::Hides("Find a mailbox"));
                self.terminal
                    .wait_until("the mailbox at the cursor", |screen| {
                        reversed(screen).contains(&label)
                    });
                // A level of the first row that has been listed whole is unfolded for the user, once.
                if self.terminal.contents().contains("deep") {
                    self.press(" ", See::Hides("deep"));
                }
            }
            Place::List => {
                self.press("\x1b6", See::Shows("Enter read"));
                self.press("a", See::Shows("of 13"));
                self.press("G", See::Row("parts"));
            }
            Place::Message => {
                self.go(Place::List);
                self.press("\r", See::Shows("Read me."));
                self.press("g", See::Row("From "));
            }
            Place::Rights => {
                self.go(Place::Tree);
                self.press("A", See::Shows("monty: lookup, read"));
            }
            Place::ActAs => self.press("\x1bOS", See::Shows("The login stays")),
            Place::Find => {
                self.press("\x18f", See::Shows("Esc as before"));
                self.press("\x15NOOP", See::Shows("NOOP"));
            }
        }
    }

    #[track_caller]
    fn row(&mut self, row: &Row) {
        self.doing = format!("{:?} {:?}", row.context, row.keys);
        self.go(row.from);
        for (keys, see) in row.before {
            self.press(keys, *see);
        }
        self.press(&octets(row.keys), row.see);
        for (keys, see) in row.after {
            self.press(keys, *see);
        }
    }
}

fn is_seen(screen: &vt100::Screen, see: See) -> bool {
    match see {
        See::Shows(text) => screen.contents().contains(text),
        See::Hides(text) => !screen.contents().contains(text),
        See::Row(text) => reversed(screen).contains(text),
        See::Elsewhere(text) => !reversed(screen).contains(text),
        See::Editor(text) => {
            editor(screen).starts_with(text) && editor(screen).is_empty() == text.is_empty()
        }
        See::Sent(_) => false,
    }
}

#[test]
fn every_browsing_key_has_a_row() {
    for context in CONTEXTS {
        for binding in BINDINGS
            .iter()
            .filter(|b| b.context == *context && !b.keys.is_empty())
        {
            let keys = binding.keys;
            let pressed = ROWS
                .iter()
                .filter(|r| r.context == *context && r.keys == keys);
            let left = NOT_PRESSED
                .iter()
                .filter(|(c, k, _)| c == context && *k == keys);
            let count = pressed.count() + left.count();
            assert_eq!(
                count, 1,
                "{context:?} {keys:?}: tests/real_servers/browsing_keys.rs"
            );
        }
    }
    for row in ROWS {
        let bound = BINDINGS
            .iter()
            .any(|b| b.context == row.context && b.keys == row.keys);
        assert!(
            bound,
            "{:?} {:?} is bound to nothing",
            row.context, row.keys
        );
    }
}

#[test]
fn browsing_as_somebody_leaves_no_trace() {
    for server in both() {
        let home = Home::new();
        let mailbox = unused(server, "trace");
        let below = format!("{mailbox}{}deep", server.separator());
        fill(server, &home, &mailbox, &below);
        let before = traces(server, &mailbox, &below);

        let who = Who {
            authcid: server.admin(),
            authzid: Some(USER),
            password: "adminpass",
        };
        let record = home.path().join("record.trace");
        let more = ["--record", record.to_str().unwrap()];
        let arguments = arguments(server, Line::Plain, Some(who), &more, &[]);
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let terminal = Terminal::start(&home, binary(), &arguments, (120, 35));
        terminal.wait_for("AS u003 (auth");
        let mut browser = Browser {
            terminal,
            record,
            label: mailbox.trim_start_matches("INBOX.").to_owned(),
            doing: "beginning".to_owned(),
        };
        // Counting is under way before Ctrl+C could stop it.
        browser.terminal.wait_for("B0001 LIST");
        browser.press("t1 NOOP\r", See::Shows("S: t1 OK"));
        for row in ROWS {
            // The list is that of the mailbox with mails, whatever the sidebar opened.
            if matches!(row.from, Place::List | Place::Message)
                && !browser
                    .terminal
                    .contents()
                    .contains(&format!("{} RO", &mailbox))
            {
                browser.go(Place::Tree);
                browser.press("m", See::Shows("6 Messages"));
                browser.terminal.wait_for(&format!("{mailbox} RO"));
            }
            browser.row(row);
        }
        // Every part of a message is looked at.
        browser.doing = "each part".to_owned();
        browser.go(Place::Message);
        for (keys, section) in [("jjjjjj\r", "1"), ("j\r", "2")] {
            browser.terminal.keys(keys);
            browser.terminal.wait_for(&format!("Part {section} "));
        }
        browser.press("j\r", See::Shows("That is no text"));
        // A command of one's own is answered behind all that was sent before it.
        browser.go(Place::Editor);
        browser.press("t2 NOOP\r", See::Shows("S: t2 OK"));
        browser.press(":q!\r", See::Shows(""));
        browser.terminal.wait_exit();

        let after = traces(server, &mailbox, &below);
        let only = |one: &[String], other: &[String]| -> Vec<String> {
            let missing = one.iter().filter(|line| !other.contains(line));
            missing.cloned().collect()
        };
        let (gone, come) = (only(&before, &after), only(&after, &before));
        assert_eq!(gone, come, "{:?}", server.kind);
        assert_eq!(before, after, "{:?}", server.kind);
        let delete = [
            format!("UNSUBSCRIBE {mailbox}"),
            format!("DELETE {below}"),
            format!("DELETE {mailbox}"),
        ];
        let delete: Vec<&str> = delete.iter().map(String::as_str).collect();
        exec_as(server, Line::Plain, Some(OWNER), &[], &delete).expect_code(0);
    }
}
