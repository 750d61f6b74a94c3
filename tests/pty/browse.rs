//! A whole browsing session with the demo: an administrator looks at a user's mail. Each step waits for what is to
//! be seen.

use std::path::Path;

use imapsh::wire::base64;

use crate::program::Home;
use crate::terminal::{Terminal, editor, reversed};
use crate::{demo, key};

const ALT_2: &str = "\x1b2";
const ALT_3: &str = "\x1b3";
const ALT_6: &str = "\x1b6";
const CTRL_U: &str = "\x15";
const F4: &str = "\x1bOS";
const F10: &str = "\x1b[21~";
const PAGE_UP: &str = "\x1b[5~";

/// Presses keys and waits for what they come to.
#[track_caller]
fn press(terminal: &mut Terminal, keys: &str, wanted: &str) {
    terminal.keys(keys);
    terminal.wait_for(wanted);
}

/// ... for the row at the cursor.
#[track_caller]
fn press_to(terminal: &mut Terminal, keys: &str, wanted: &str) {
    terminal.keys(keys);
    terminal.wait_until(&format!("the cursor on {wanted:?}"), |screen| {
        reversed(screen).contains(wanted)
    });
}

/// ... for what stands in the editor.
#[track_caller]
fn press_for(terminal: &mut Terminal, keys: &str, wanted: &str) {
    terminal.keys(keys);
    terminal.wait_until(&format!("{wanted:?} in the editor"), |screen| {
        editor(screen).starts_with(wanted)
    });
}

/// The content of an attachment of the demo's: what stands between a blank line behind `marker` and the next boundary.
fn attachment(file: &str, marker: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("assets/demo")
        .join(file);
    let text = std::fs::read_to_string(path).unwrap().replace("\r\n", "\n");
    let (_, behind) = text.split_once(marker).unwrap();
    let (_, content) = behind.split_once("\n\n").unwrap();
    let (content, _) = content.split_once("\n--").unwrap();
    let octets = base64::decode(content.replace('\n', "").as_bytes());
    octets.unwrap().to_vec()
}

#[test]
fn a_users_mail_is_browsed_from_the_tree_to_the_attachment() {
    let home = Home::new();
    let terminal = &mut demo(&home, (120, 35));

    // The tree: counted by itself, unfolded, searched.
    terminal.wait_for("4/19");
    press_to(terminal, &format!("{ALT_3}g"), "INBOX");
    press(terminal, "/", "Find a mailbox");
    press_to(terminal, "archive", "Archive");
    terminal.keys(key::ENTER);
    terminal.wait_gone("Find a mailbox");
    press_to(terminal, "", "Archive");
    press(terminal, " ", "2025");
    press_to(terminal, "/entwü\r", "Entwürfe");
    press(terminal, "s", "STATUS INBOX.Entw&APw-rfe");

    // Read-only, and counted by flags.
    press_to(terminal, "g", "INBOX");
    press(terminal, key::ENTER, "INBOX RO");
    press(terminal, "f", "(\\Seen) 15");

    // The list: first and last, a page, words, order, threads.
    press(terminal, ALT_6, "6 Messages: INBOX");
    press(terminal, "", "19 of 19");
    press(terminal, "g", "1 of 19");
    press_to(terminal, "", "Welcome");
    press(terminal, "G", "19 of 19");
    terminal.keys(PAGE_UP);
    terminal.wait_gone("19 of 19");
    press(terminal, "/", "Esc as before");
    press(terminal, "from:rechnung\r", "1 of 1 ");
    press_to(terminal, "", "Invoice 2026-0815");
    press(terminal, "a", "of 19");
    press(terminal, "S", "Esc as before");
    press(terminal, "-size\r", "sort: reverse size");
    press(terminal, "T", "─ threads");
    press(terminal, "a", "of 19");
    terminal.wait_gone("─ threads");

    // Marks become a sequence set at the cursor of the editor; nothing is sent.
    press_to(terminal, "g", "Welcome");
    press(terminal, "  ", "2 marked");
    press_for(terminal, "u", "UID FETCH 1:2 (FLAGS)");
    press_for(terminal, key::CTRL_C, "");
    press(terminal, &format!("{ALT_6}M"), "6 Messages");
    terminal.wait_gone("2 marked");

    // A mail with an attachment: read, saved, the same octets.
    press(terminal, "/", "Esc as before");
    press(terminal, "from:rechnung\r", "1 of 1 ");
    press(terminal, key::ENTER, "7 Message");
    press(terminal, "", "€ 42.00");
    terminal.wait_for("Rechnung März (Kopie)");
    down_to(terminal, "application/pdf");
    press(terminal, "s", "[Rechnung");
    let path = home.path().join("saved.pdf");
    press(
        terminal,
        &format!("{CTRL_U}{}\r", path.display()),
        "octets saved",
    );
    let expected = attachment("invoice.eml", "%20%28Kopie%29.pdf");
    assert!(expected.starts_with(b"%PDF"));
    assert_eq!(std::fs::read(&path).unwrap(), expected);

    // HTML as text, chosen in the tree of parts.
    press(terminal, key::ESC, "Enter read");
    press(terminal, "a", "of 19");
    press(terminal, "/", "Esc as before");
    press(terminal, "subject:week\r", "1 of 1 ");
    press(terminal, key::ENTER, "7 Message");
    terminal.wait_for("text/html");
    down_to(terminal, "text/html");
    press(terminal, key::ENTER, "HTML, shown as text");
    press(terminal, key::ESC, "Enter read");
    press(terminal, key::ESC, "1 Transcript");

    // Who may do what, and as a file.
    press_to(terminal, &format!("{ALT_3}g"), "INBOX");
    press(terminal, "A", "Who may do what: INBOX");
    terminal.wait_for("craig: lookup, read");
    let csv = home.path().join("rights.csv");
    press(terminal, "x", "CSV to:");
    press(
        terminal,
        &format!("{CTRL_U}{}\r", csv.display()),
        "mailboxes",
    );
    let text = std::fs::read_to_string(&csv).unwrap();
    assert!(text.starts_with("mailbox,"), "{text}");
    assert!(text.contains("\r\nINBOX.Archive,"), "{text}");
    terminal.keys(key::ESC);
    terminal.wait_gone("Who may do what");

    // What the server can, on the whole screen.
    terminal.keys(F10);
    terminal.wait_gone("2 Command");
    terminal.wait_for("Capabilities (");
    press(terminal, F10, "2 Command");

    // The panel's command goes into the editor instead, and not to the server.
    press_for(terminal, "gjeo", "SELECT INBOX.");
    press_for(terminal, key::CTRL_C, "");
    press_for(terminal, &format!("{ALT_3}ge\r"), "EXAMINE INBOX");
    press_for(terminal, key::CTRL_C, "");

    // As another user, whose tree follows; and back.
    press(terminal, F4, "The login stays");
    press(terminal, "monty\r", "AS monty (auth cyrus");
    terminal.wait_for("2/2");
    terminal.wait_for("Private          0/1");
    press(terminal, &format!("{ALT_3}g\r"), "INBOX RO");
    press(
        terminal,
        &format!("{ALT_2}:close\r"),
        "AS craig (auth cyrus",
    );
    terminal.wait_for("INBOX RO");

    terminal.keys(&format!("{ALT_2}{CTRL_U}:q\r"));
    assert_eq!(terminal.wait_exit(), 0);
    terminal.assert_restored();
}

/// Down, row by row, to the one that holds this.
#[track_caller]
fn down_to(terminal: &mut Terminal, wanted: &str) {
    for _ in 0..40 {
        let before = reversed_now(terminal);
        if before.contains(wanted) {
            return;
        }
        terminal.keys("j");
        terminal.wait_until("the next row", |screen| reversed(screen) != before);
    }
    panic!("no row holds {wanted:?}:\n{}", terminal.contents());
}

/// The row at the cursor, as it is.
fn reversed_now(terminal: &Terminal) -> String {
    let row = std::cell::RefCell::new(String::new());
    terminal.wait_until("any screen", |screen| {
        *row.borrow_mut() = reversed(screen);
        true
    });
    row.into_inner()
}
