//! The list of messages on servers that nobody here wrote: words beyond ASCII are found, and what another client
//! expunges goes out of it, by VANISHED too.

use crate::connection::Connection;
use crate::program::{Home, binary};
use crate::server::{Server, both};
use crate::terminal::{Terminal, editor, reversed};
use crate::{CRAIG, Line, arguments, craig_by_admin, exec, unused};

fn mail(subject: &str, text: &str) -> Vec<u8> {
    format!(
        "From: Ann <ann@example.org>\r\nSubject: {subject}\r\nMIME-Version: 1.0\r\n\
         Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{text}\r\n"
    )
    .into_bytes()
}

/// The full screen, with this mailbox read-only and its list open.
fn listed(
    server: &Server,
    home: &Home,
    by_admin: bool,
    before: &[&str],
    mailbox: &str,
) -> Terminal {
    let who = if by_admin {
        craig_by_admin(server)
    } else {
        CRAIG
    };
    let words = arguments(server, Line::Plain, Some(who), &[], &[]);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let mut terminal = Terminal::start(home, binary(), &words, (120, 35));
    terminal.wait_for("AS craig");
    terminal.wait_for("B0001 LIST");
    for (number, command) in before.iter().enumerate() {
        terminal.keys(&format!("x{number} {command}\r"));
        terminal.wait_for(&format!("S: x{number} OK"));
    }
    terminal.keys(&format!("x9 EXAMINE {mailbox}\r"));
    terminal.wait_for("S: x9 OK");
    terminal.keys("\x1b6");
    terminal.wait_for("6 Messages");
    terminal
}

#[test]
fn words_beyond_ascii_are_found() {
    for server in both() {
        let home = Home::new();
        let mailbox = unused(server, "letters");
        let mut owner = Connection::log_in(server, "craig");
        owner.ok(&format!("CREATE {mailbox}"));
        for (subject, text) in [
            ("plain", "nothing here"),
            ("=?utf-8?q?Gr=C3=BC=C3=9Fe?=", "aus der Stra\u{df}e"),
            ("=?utf-8?b?zpXOu867zqzOtM6x?=", "кириллица"),
            ("=?iso-2022-jp?b?GyRCJCpDTiRpJDsbKEI=?=", "日本語"),
        ] {
            owner.append(&mailbox, &mail(subject, text));
        }
        let mut terminal = listed(server, &home, true, &[], &mailbox);
        terminal.wait_for("of 4");
        for (search, uid) in [
            ("subject:grüße", "Grüße"),
            ("subject:Ελλάδα", "Ελλάδα"),
            ("subject:お知らせ", "お知らせ"),
            ("body:кириллица", "Ελλάδα"),
            ("text:日本", "お知らせ"),
            ("grüße", "Grüße"),
            // A quote in it is no quote of the command's.
            ("subject:\"ü\\\"\" ", "No message fits"),
            ("from:ann !subject:ü !subject:λ !subject:お", "plain"),
        ] {
            terminal.keys("/");
            terminal.wait_for("Esc as before");
            terminal.keys(&format!("\x15{search}\r"));
            terminal.wait_gone("Esc as before");
            // One row, or none.
            terminal.wait_until(&format!("{uid} by {search}"), |screen| {
                let text = screen.contents();
                let one = text.contains("1 of 1 ") && reversed(screen).contains(uid);
                one || text.contains(uid) && uid.starts_with("No ")
            });
        }
        // SORT and THREAD take the same words.
        terminal.keys("/");
        terminal.wait_for("Esc as before");
        terminal.keys("\x15!subject:plain body:\"а\" \r");
        terminal.wait_for("1 of 1 ");
        for (keys, title) in [
            ("S\x15-date\r", "sort: reverse date"),
            ("T", "threads  1 of 1"),
        ] {
            terminal.keys(keys);
            terminal.wait_for(title);
            terminal.wait_until("the same one", |screen| {
                reversed(screen).contains("Ελλάδα") && screen.contents().contains("1 of 1 ")
            });
        }
        terminal.keys("\x1b2:q!\r");
        terminal.wait_exit();
        exec(server, &[&format!("DELETE {mailbox}")]).expect_code(0);
    }
}

/// The row of a message: sequence number and UID side by side.
fn row(terminal: &Terminal, seq: u32, uid: u32, subject: &str) {
    let numbers = format!(" {seq:>4}  {uid:>3}  ");
    terminal.wait_until(&format!("{numbers:?} {subject:?}"), |screen| {
        screen
            .contents()
            .lines()
            .any(|line| line.contains(&numbers) && line.contains(subject))
    });
}

#[test]
fn what_another_client_expunges_vanishes() {
    for server in both() {
        for qresync in [true, false] {
            let home = Home::new();
            let mailbox = unused(server, "vanish");
            let mut owner = Connection::log_in(server, "craig");
            owner.ok(&format!("CREATE {mailbox}"));
            for number in 1..=8 {
                owner.append(&mailbox, &mail(&format!("message {number}"), "x"));
            }
            let before: &[&str] = if qresync { &["ENABLE QRESYNC"] } else { &[] };
            let mut terminal = listed(server, &home, false, before, &mailbox);
            terminal.wait_for("8 of 8");
            row(&terminal, 5, 5, "message 5");
            // 2, 5 and 8 are marked; the cursor goes to 5.
            terminal.keys("gj ");
            terminal.wait_for("1 marked");
            terminal.keys("jj ");
            terminal.wait_for("2 marked");
            terminal.keys("G ");
            terminal.wait_for("3 marked");
            terminal.keys("gjjjj");
            terminal.wait_until("the cursor on 5", |screen| {
                reversed(screen).contains("message 5")
            });

            owner.ok(&format!("SELECT {mailbox}"));
            owner.ok("UID STORE 2,4,7 +FLAGS.SILENT (\\Deleted)");
            owner.ok("UID EXPUNGE 2,4,7");
            owner.append(&mailbox, &mail("message 9", "x"));
            // The server tells at the next command.
            let said = if qresync {
                "* VANISHED 2,4,7"
            } else {
                "EXPUNGE"
            };
            terminal.keys("\x1b2y1 NOOP\r\x1b1");
            terminal.wait_for(said);
            terminal.wait_for("S: y1 OK");
            terminal.keys("\x1b6");
            terminal.wait_for("of 6");
            terminal.wait_for("2 marked");
            for (seq, uid) in [(1, 1), (2, 3), (3, 5), (4, 6), (5, 8), (6, 9)] {
                row(&terminal, seq, uid, &format!("message {uid}"));
            }
            terminal.wait_until("the cursor still on 5", |screen| {
                reversed(screen).contains("message 5")
            });
            terminal.keys("u");
            terminal.wait_until("the marks that are left", |screen| {
                editor(screen).starts_with("UID FETCH 5,8 (FLAGS)")
            });
            terminal.keys("\x03");
            terminal.wait_until("an empty editor", |screen| editor(screen).is_empty());
            terminal.keys(":q!\r");
            terminal.wait_exit();
            owner.ok("CLOSE");
            exec(server, &[&format!("DELETE {mailbox}")]).expect_code(0);
        }
    }
}
