//! Two users of the demo compared, in the real binary.

use crate::program::Home;
use crate::{demo, key};

#[test]
fn two_users_of_the_demo_are_compared_at_every_size() {
    for size in [(80, 24), (120, 35), (200, 50)] {
        let home = Home::new();
        let mut terminal = demo(&home, size);
        terminal.wait_for("P0008 LSUB");
        terminal.keys(":compare +monty INBOX:1\r");
        terminal.wait_for("differ, at demo");
        terminal.wait_for("craig");
        terminal.keys("/quota STORAGE");
        terminal.wait_for("No row holds that");
        terminal.keys("\x15");
        terminal.keys("STORAGE\r");
        terminal.wait_for("of 10240");
        terminal.keys("\r");
        // The command of the row is in the editor, and nothing was sent by that.
        terminal.wait_for("GETQUOTAROOT INBOX");
        terminal.keys(key::CTRL_C);
        terminal.keys(":beside monty user.monty.Projects\r");
        terminal.wait_for("user.monty.Projects as both see it: ");
        terminal.wait_for("INBOX.Projects");
        terminal.keys("x");
        terminal.wait_for("to file (.json: JSON): compared.json");
        terminal.keys("\r");
        terminal.wait_for("what differs as JSON");
        let file = home.path().join("compared.json");
        let text = std::fs::read_to_string(file).unwrap();
        assert!(text.contains("\"section\":\"my rights\""), "{text}");
        terminal.keys(key::ESC);
        terminal.wait_for("Enter send");
        terminal.keys(":q\r");
        assert_eq!(terminal.wait_exit(), 0);
        terminal.assert_restored();
    }
}
