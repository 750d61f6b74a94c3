//! F7 in the real binary: what another connection does to the mail is seen, and gone to.

use crate::LOGGED_IN;
use crate::program::{Home, Running, binary, run};
use crate::terminal::Terminal;

const F7: &str = "\x1b[18~";
const ALT_5: &str = "\x1b5";

/// The demo as a server of its own; its address.
fn served(home: &Home) -> (Running, String) {
    let mut server = Running::start(home, &["demo", "--listen", "127.0.0.1:0"]);
    let said = server.wait_for("with STARTTLS");
    let address = said
        .split_whitespace()
        .find_map(|word| word.trim_end_matches(',').strip_prefix("127.0.0.1:"))
        .expect("an address")
        .to_owned();
    (server, format!("127.0.0.1:{address}"))
}

fn append(home: &Home, address: &str, subject: &str) {
    let text = format!("From: Carol <carol@example.com>\r\nSubject: {subject}\r\n\r\nSoup.\r\n");
    let file = home.file(&format!("{subject}.eml"), text.as_bytes());
    let append = format!("APPEND INBOX () {{@{}}}", file.display());
    let arguments = [
        "-a", "craig", "-w", "secret", address, "exec", "--yes", &append,
    ];
    run(home, &arguments, b"").expect_code(0);
}

#[test]
fn another_connection_appends_and_the_event_leads_to_the_message() {
    for size in [(80, 24), (120, 35), (200, 50)] {
        let home = Home::new();
        let (_server, address) = served(&home);
        let arguments = [
            "-a",
            "cyrus",
            "-u",
            "craig",
            "-w",
            "adminpass",
            "--no-auto",
            &address,
        ];
        let mut terminal = Terminal::start(&home, binary(), &arguments, size);
        terminal.wait_for(LOGGED_IN);
        terminal.keys("EXAMINE INBOX\r");
        terminal.wait_for("A0001 OK");
        terminal.keys(F7);
        terminal.wait_for("IDLE in INBOX");
        let commands = |screen: &str| {
            let (before, _) = screen.split_once(" cmds").expect("how many commands");
            before.rsplit(' ').next().unwrap_or_default().to_owned()
        };
        let before = commands(&terminal.contents());
        append(&home, &address, "lunch");
        terminal.wait_for("From: Carol  \"lunch\"");
        let screen = terminal.contents();
        assert_eq!(commands(&screen), before, "the first connection: {screen}");
        assert!(!screen.contains("S: * 8"), "{screen}");
        for number in 1..=6 {
            append(&home, &address, &format!("more-{number}"));
        }
        terminal.wait_for("From: Carol  \"more-6\"");
        // Back to the first of them, and to the message.
        terminal.keys(ALT_5);
        terminal.keys("g");
        terminal.wait_for("\"lunch\"");
        terminal.keys("j\r");
        terminal.wait_for("Soup.");
        terminal.wait_for("7 Message");
        // Its own lines.
        terminal.keys(ALT_5);
        terminal.keys("o");
        terminal.wait_for("its own l");
        terminal.keys("g");
        terminal.wait_for("C: P0001 AUTHENTICATE");
        terminal.keys(F7);
        terminal.wait_gone("5 Live events");
        terminal.keys("\x1b2:q\r");
        assert_eq!(terminal.wait_exit(), 0);
    }
}

/// The server goes away and comes back: so does the one that listens.
#[test]
fn a_second_connection_that_breaks_off_says_so() {
    let home = Home::new();
    let (server, address) = served(&home);
    let arguments = ["-a", "craig", "-w", "secret", "--no-auto", &address];
    let mut terminal = Terminal::start(&home, binary(), &arguments, (120, 35));
    terminal.wait_for("AS craig");
    terminal.keys("EXAMINE INBOX\r");
    terminal.wait_for("A0001 OK");
    terminal.keys(F7);
    terminal.wait_for("IDLE in INBOX");
    drop(server);
    terminal.wait_for("Tries again in 1 s (1 of 8).");
    terminal.wait_for("Tries again in 2 s (2 of 8).");
    let _server = Running::start(&home, &["demo", "--listen", &address]);
    terminal.wait_for("Listening again.");
    terminal.wait_for("IDLE in INBOX");
    append(&home, &address, "back");
    terminal.wait_for("From: Carol  \"back\"");
    terminal.keys("\x04");
    terminal.wait_exit();
}
