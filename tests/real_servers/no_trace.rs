//! An administrator looks at a user's mail, with every key there is for that, and the user cannot tell: flags,
//! \Recent, mod-sequences, subscriptions, rights and counts are as before.

use imapsh::tui::keymap::{BINDINGS, Context};

use crate::program::{Home, binary};
use crate::server::{Server, both};
use crate::terminal::Terminal;
use crate::{CRAIG, Line, arguments, craig_by_admin, exec, exec_as, unused};

/// Everything that the user could find changed. EXAMINE and not SELECT: that would take \Recent away.
fn traces(server: &Server, mailbox: &str) -> Vec<String> {
    let commands = [
        "NAMESPACE",
        "LIST \"\" \"*\"",
        "LSUB \"\" \"*\"",
        &format!("GETACL {mailbox}"),
        "GETACL INBOX",
        &format!("STATUS {mailbox} (MESSAGES RECENT UNSEEN UIDNEXT UIDVALIDITY HIGHESTMODSEQ)"),
        "STATUS INBOX (MESSAGES RECENT UNSEEN UIDNEXT UIDVALIDITY HIGHESTMODSEQ)",
        "GETQUOTAROOT INBOX",
        &format!("EXAMINE {mailbox} (CONDSTORE)"),
        "UID FETCH 1:* (FLAGS MODSEQ INTERNALDATE RFC822.SIZE)",
        "EXAMINE INBOX (CONDSTORE)",
        "UID FETCH 1:* (FLAGS MODSEQ)",
    ];
    let output = exec_as(server, Line::Plain, Some(CRAIG), &[], &commands).expect_code(0);
    let untagged = |line: &&str| line.contains("* ") && !line.contains("CAPABILITY");
    let mut lines: Vec<String> = output
        .text()
        .lines()
        .filter(untagged)
        .map(str::to_owned)
        .collect();
    assert!(lines.iter().any(|l| l.contains("\\Recent")), "{lines:?}");
    assert!(lines.iter().any(|l| l.contains("MODSEQ (")), "{lines:?}");
    // What a server has in its cache of a mailbox (Dovecot's \Marked, \UnMarked) is no trace of ours: STATUS, and
    // any client's LIST, bring it about.
    for line in &mut lines {
        *line = line.replace("\\UnMarked ", "").replace("\\Marked ", "");
        *line = line.replace(" \\UnMarked", "").replace(" \\Marked", "");
    }
    lines.sort();
    lines
}

/// The octets that a terminal sends for a key of the table; `None`: none that is the same everywhere.
fn octets(keys: &str) -> Option<String> {
    let mut out = String::new();
    for key in keys.split(' ') {
        out.push_str(match key {
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
            one if one.chars().count() == 1 => one,
            _ => return None,
        });
    }
    Some(out)
}

/// Fills a mailbox: plain mails, one with parts, flags, one marked \Deleted.
fn fill(server: &Server, home: &Home, mailbox: &str) {
    let parts = "From: a@example.org\r\nTo: craig@localhost\r\nSubject: parts\r\nMIME-Version: 1.0\r\n\
        Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nRead me.\r\n--b\r\n\
        Content-Type: text/html\r\n\r\n<p>Read <b>me</b></p>\r\n--b\r\nContent-Type: application/octet-stream\r\n\
        Content-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename=a.bin\r\n\r\nAAECAwQ=\r\n--b--\r\n";
    let parts = home.file("parts.eml", parts.as_bytes());
    let mut commands = vec![format!("CREATE {mailbox}")];
    for number in 1..=12 {
        let text = format!(
            "From: Ann <ann@example.org>\r\nSubject: number {number}\r\nMessage-ID: <{number}@x>\r\n\r\nText {number}.\r\n"
        );
        let path = home.file(&format!("{number}.eml"), text.as_bytes());
        let flags = ["()", "(\\Seen)", "(\\Flagged $Junk)", "(\\Deleted)"][number % 4];
        commands.push(format!("APPEND {mailbox} {flags} {{@{}}}", path.display()));
    }
    commands.push(format!("APPEND {mailbox} () {{@{}}}", parts.display()));
    commands.push(format!("APPEND INBOX () {{@{}}}", parts.display()));
    let commands: Vec<&str> = commands.iter().map(String::as_str).collect();
    exec(server, &commands).expect_code(0);
}

/// Presses every key that this place has, each from there.
fn press_all(
    terminal: &mut Terminal,
    context: Context,
    mut back: impl FnMut(&mut Terminal),
) -> usize {
    let mut pressed = 0;
    let held = |of: Context| of == context || of == Context::Letters;
    for binding in BINDINGS.iter().filter(|b| held(b.context)) {
        // Those leave: the session is made anew, or help and palette lie over it.
        let leaves =
            ["Reconnect", "Help", "Palette"].contains(&format!("{:?}", binding.action).as_str());
        let Some(keys) = octets(binding.keys).filter(|_| !leaves) else {
            continue;
        };
        back(terminal);
        terminal.keys(&keys);
        pressed += 1;
    }
    back(terminal);
    pressed
}

/// A command of one's own is answered behind all that was sent before it.
fn settled(terminal: &mut Terminal, tag: &str) {
    terminal.keys("\x1b2");
    terminal.wait_for("2 Command");
    terminal.keys("\x15");
    terminal.keys(&format!("{tag} NOOP\r"));
    terminal.wait_for(&format!("S: {tag} OK"));
}

#[test]
fn browsing_as_somebody_leaves_no_trace() {
    for server in both() {
        let home = Home::new();
        let mailbox = unused(server, "trace");
        fill(server, &home, &mailbox);
        let before = traces(server, &mailbox);

        let who = craig_by_admin(server);
        let arguments = arguments(server, Line::Plain, Some(who), &[], &[]);
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let mut terminal = Terminal::start(&home, binary(), &arguments, (120, 35));
        terminal.wait_for("AS craig (auth");
        settled(&mut terminal, "t1");

        // The sidebar: every key, from its first mailbox (INBOX) and from all others once.
        let sidebar = |terminal: &mut Terminal| {
            terminal.keys("\x03\x1b3");
        };
        let mut pressed = press_all(&mut terminal, Context::Sidebar, sidebar);
        settled(&mut terminal, "t2");

        // The list, of the mailbox with the mails.
        terminal.keys(&format!("EXAMINE {mailbox}\r"));
        terminal.wait_for("[READ-ONLY]");
        let mut opened = false;
        let list = |terminal: &mut Terminal| {
            // Whatever was opened over it is closed; then the list is there, or comes back.
            terminal.keys("\x03\x1b6");
            if !opened {
                terminal.wait_for("13 of 13");
                terminal.wait_for("parts");
                opened = true;
            }
        };
        pressed += press_all(&mut terminal, Context::Messages, list);
        for (keys, shown) in [
            ("/text:Read\r", "1 of 1"),
            ("a", "of 13"),
            ("S-date\r", "of 13"),
            ("T", "of 13"),
            ("a", "of 13"),
        ] {
            // What a key before has left open.
            terminal.keys("\x03\x1b6");
            terminal.keys(keys);
            terminal.wait_for(shown);
        }
        settled(&mut terminal, "t3");

        // A message, and each of its parts.
        terminal.keys("\x1b6");
        terminal.wait_for("of 13");
        terminal.keys("G\r");
        terminal.wait_for("Read me.");
        let message = |terminal: &mut Terminal| {
            terminal.keys("\x03\x1b6G\r");
            terminal.wait_for("7 Message");
        };
        pressed += press_all(&mut terminal, Context::Message, message);
        terminal.keys("g");
        for _ in 0..12 {
            terminal.keys("j\r");
        }
        settled(&mut terminal, "t4");
        terminal.keys(":q!\r");
        terminal.wait_exit();

        let after = traces(server, &mailbox);
        assert_eq!(before, after, "{:?}", server.kind);
        assert!(pressed > 50, "{pressed} keys were pressed");
        exec(server, &[&format!("DELETE {mailbox}")]).expect_code(0);
    }
}
