//! The sidebar and `compare` against servers that nobody here wrote, as the administrator acting for a user.

use crate::program::{Home, binary, run};
use crate::server::both;
use crate::terminal::Terminal;
use crate::{Line, arguments, craig_by_admin};

#[test]
fn the_sidebar_fills_in_and_writes_into_the_editor() {
    for server in both() {
        let home = Home::new();
        let words = arguments(server, Line::Imaps, Some(craig_by_admin(server)), &[], &[]);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let mut terminal = Terminal::start(&home, binary(), &words, (120, 35));
        terminal.wait_for("AS craig (auth");
        // Counted by itself, by LIST-STATUS on both.
        // Not by RETURN: other tests make mailboxes, and the heading is cut.
        terminal.wait_for("B0001 LIST");
        // To the mailboxes, INBOX, EXAMINE: rights and limits follow.
        terminal.keys("\x18mg\r");
        terminal.wait_for("read-only");
        // With less room in front of them where there are more than fit.
        terminal.wait_until("rights in letters", |screen| {
            let text = screen.contents();
            text.contains("rights        lr") || text.contains("rights lr")
        });
        terminal.wait_for("quota storage");
        terminal.wait_for("MYRIGHTS INBOX");
        // Every flag by one SEARCH.
        terminal.keys("\x18mf");
        terminal.wait_for("SEARCH RETURN (COUNT) SEEN");
        // Who may do what: the cell becomes SETACL, which nobody has sent.
        terminal.keys("\x18mgA");
        terminal.wait_for("Who may do what: INBOX");
        terminal.wait_for("craig: lookup, read");
        terminal.keys("\r");
        terminal.wait_for("SETACL INBOX craig lr");
        terminal.keys("\x03");
        terminal.keys(":q\r");
        assert_eq!(terminal.wait_exit(), 0);
    }
}

#[test]
fn two_users_are_compared() {
    for server in both() {
        let compare = |more: &[&str]| {
            let port = server.imaps_port.to_string();
            let mut words = vec!["-s", "--ca", &server.ca, "-p", &port];
            words.extend(["-a", server.admin(), "-w", "adminpass", "compare"]);
            words.extend(more);
            let words: Vec<String> = words.iter().map(|w| (*w).to_owned()).collect();
            run(&Home::new(), &words, b"")
        };
        compare(&["localhost+craig", "localhost+monty"])
            .expect_code(4)
            .expect_line("INBOX craig")
            .expect_line("INBOX monty");
        compare(&["localhost+monty", "localhost+monty"])
            .expect_code(0)
            .expect_line("no difference");
        compare(&["localhost+craig", "localhost+monty", "--json"])
            .expect_code(4)
            .expect_line("\"alike\":false");
        compare(&["localhost+craig", "localhost+monty", "INBOX:4000000000"])
            .expect_code(4)
            .expect_line("INBOX craig");
    }
}
