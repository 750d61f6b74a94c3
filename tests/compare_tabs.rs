//! Comparisons in the screen, with real connections to the demo: who is asked where, and what stays as it was.

use crossterm::event::{KeyCode, KeyModifiers};
use imapsh::tui::Outcome;

use crate::common::running::Running;

async fn logged_in() -> Running {
    let mut running = Running::sized(Some("adminpass"), 120, 40);
    running.shows("AS craig (auth cyrus").await;
    // The last of what is asked by itself.
    running.shows("B0002 LIST").await;
    running
}

async fn leave(running: Running) {
    running.press(":q!\n");
    assert_eq!(running.outcome().await, Outcome::Done);
}

fn escape(running: &Running) {
    running.key(KeyCode::Esc, KeyModifiers::NONE);
}

#[tokio::test]
async fn another_user_is_asked_in_a_session_of_its_own() {
    let mut running = logged_in().await;
    running.press(":compare +monty INBOX:1\n");
    running.shows("Compared, with INBOX:1: ").await;
    running.shows(" differ, at demo").await;
    running.shows("\u{2260} INBOX MESSAGES").await;
    // The one that wanted to know stays on the screen, and what it has opened is closed again.
    assert!(running.text().contains("AS craig (auth cyrus"));
    running.press("G");
    running.shows("message: from octet 0").await;
    escape(&running);
    running.shows("UID FETCH 1 BODY.PEEK[]").await;
    running.shows("UNSELECT").await;
    running.shows(" AUTHENTICATED").await;
    // So was the other one asked, as a pane does it.
    running.key(KeyCode::Right, KeyModifiers::ALT);
    running.shows("AS monty (auth cyrus").await;
    running.shows("UID FETCH 1 BODY.PEEK[]").await;
    running.shows("panel").await;
    // The second time no third session is opened; this one is no other.
    running.key(KeyCode::Left, KeyModifiers::ALT);
    running.press(":compare +monty\n");
    running.shows("Compared: ").await;
    running.shows("1/2").await;
    escape(&running);
    running.press(":compare 2\n");
    running.shows("differ, at demo").await;
    escape(&running);
    running.press(":compare 1\n");
    running.shows("That is this session itself").await;
    running.press(":compare 7\n");
    running.shows("There is no session 7: there are 2").await;
    leave(running).await;
}

#[tokio::test]
async fn the_open_mailbox_is_shown_beside_and_stays_open() {
    let mut running = logged_in().await;
    running.press("SELECT user.monty.Projects\n");
    running.shows("A0001 OK [READ-WRITE]").await;
    running.key(KeyCode::F(4), KeyModifiers::NONE);
    running.shows("Act as").await;
    running.press("monty");
    running.shows("user.monty.Projects, as both see it").await;
    running.key(KeyCode::Char('t'), KeyModifiers::CONTROL);
    running.shows("user.monty.Projects as both see it: ").await;
    running.shows("INBOX.Projects").await;
    running.shows("\u{2260} a administer").await;
    // Told by SELECT here and by EXAMINE there: that is no difference.
    running.press("/PERM\n");
    running.shows("? PERMANENTFLAGS").await;
    running.shows("by SELECT").await;
    running.shows("() by EXAMINE").await;
    escape(&running);
    escape(&running);
    running.shows("Enter send").await;
    running.press(":find EXAMINE user\n");
    running.shows("no hit").await;
    running.press(":find UNSELECT\n");
    running.shows("no hit").await;
    running.press(":find SEARCH RETURN\n");
    running.shows(" of 5").await;
    assert!(running.text().contains("user.monty.Projects RW"));
    leave(running).await;
}

#[tokio::test]
async fn another_mailbox_is_read_in_another_session() {
    let mut running = logged_in().await;
    running.press("SELECT INBOX\n");
    running.shows("A0001 OK [READ-WRITE]").await;
    running.press(":beside monty INBOX.Sent\n");
    running.shows("INBOX.Sent as both see it: ").await;
    running.shows("1/3").await;
    running.shows("user.craig.Sent").await;
    running.shows("\u{2260} listed").await;
    escape(&running);
    running.press("FETCH 1 UID\n");
    running.shows("A0002 OK").await;
    leave(running).await;
}

#[tokio::test]
async fn a_password_that_is_not_kept_is_asked_for_and_then_one_is_back() {
    let mut running = logged_in().await;
    running.press(":compare cmd:false\n");
    running
        .shows("The comparison waits for this password.")
        .await;
    running.shows("2/2").await;
    // Whoever goes back sees that it waits.
    running.key(KeyCode::Left, KeyModifiers::ALT);
    running.shows("waits for a password").await;
    running.key(KeyCode::Right, KeyModifiers::ALT);
    running.shows("Password").await;
    running.press("secret\n");
    running.shows("Compared").await;
    running.shows("1/2").await;
    // The same user twice.
    running.shows("No difference").await;
    escape(&running);
    leave(running).await;
}

#[tokio::test]
async fn it_is_stopped_and_a_login_that_fails_is_said() {
    let mut running = logged_in().await;
    running.press(":compare cmd:false\n");
    running
        .shows("The comparison waits for this password.")
        .await;
    running.key(KeyCode::Left, KeyModifiers::ALT);
    running.shows("Esc stops").await;
    escape(&running);
    running.shows("Stopped: nothing was compared.").await;
    running.press("NOOP\n");
    running.shows("A0001 OK").await;
    running.press(":compare +nobody-of-this-name\n");
    running
        .shows("Nothing was compared. nobody-of-this-name at demo")
        .await;
    escape(&running);
    // A session that goes while it is asked.
    running.press(":compare cmd:false\n");
    running
        .shows("The comparison waits for this password.")
        .await;
    escape(&running);
    running.press(":close\n");
    running.shows("Nothing was compared.").await;
    escape(&running);
    running.press(":q!\n");
    // A login failed in one of them.
    assert_eq!(running.outcome().await, Outcome::ConnectionFailed);
}
