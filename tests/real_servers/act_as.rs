//! F4 on a real server: another user's mail with the same login, beside and on the same connection.

use crate::program::{Home, binary};
use crate::server::{both, cyrus};
use crate::terminal::Terminal;
use crate::{Line, Who, arguments};

const F4: &str = "\x1bOS";

fn screen(server: &crate::server::Server, home: &Home) -> Terminal {
    let admin = Who {
        authcid: server.admin(),
        authzid: Some("craig"),
        password: "adminpass",
    };
    let arguments = arguments(server, Line::StartTls, Some(admin), &[], &[]);
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let terminal = Terminal::start(home, binary(), &arguments, (120, 35));
    terminal.wait_for("AS craig (auth");
    terminal
}

#[test]
fn act_as_beside_with_one_login() {
    for server in both() {
        let home = Home::new();
        let mut terminal = screen(server, &home);
        terminal.keys(F4);
        terminal.wait_for("Act as");
        terminal.keys("monty\r");
        // The secret is not asked for a second time.
        terminal.wait_for("AS monty (auth");
        terminal.wait_for("2/2");
        terminal.keys("SELECT INBOX\r");
        terminal.wait_for("[READ-WRITE]");
        terminal.keys(":close\r");
        terminal.wait_for("AS craig (auth");
        terminal.keys(":q\r");
        assert_eq!(terminal.wait_exit(), 0);
    }
}

/// Cyrus offers UNAUTHENTICATE to its administrators: not while one acts for another.
#[test]
fn act_as_on_the_same_connection() {
    let Some(server) = cyrus() else { return };
    let home = Home::new();
    let mut terminal = screen(server, &home);
    terminal.keys(":as cyrus\r");
    terminal.wait_for("AS cyrus");
    terminal.wait_for("2/2");
    terminal.keys(F4);
    terminal.wait_for("UNAUTHENTICATE; the open mailbox is left");
    terminal.keys("monty\n");
    terminal.wait_for("AS monty (auth cyrus");
    terminal.keys("GETACL INBOX\r");
    terminal.wait_for("ACL INBOX monty");
    terminal.keys(":q\r");
    assert_eq!(terminal.wait_exit(), 0);
}
