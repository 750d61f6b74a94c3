//! Sessions side by side, acting as another user, and the one place of a secret.

use crossterm::event::{KeyCode, KeyModifiers};
use imapsh::channel::{Notice, Request};
use imapsh::sasl::Secret;
use imapsh::tui::Outcome;
use imapsh::tui::popup::Popup;

use crate::common::running::Running;
use crate::common::screen::{Screen, plan, tls};

async fn logged_in(columns: u16) -> Running {
    let mut running = Running::sized(Some("adminpass"), columns, 30);
    running.shows("AS craig (auth cyrus").await;
    running.shows("INBOX").await;
    running
}

#[tokio::test]
async fn act_as_opens_a_session_beside_with_the_same_login_and_back_again() {
    let mut running = logged_in(100).await;
    running.press("GETACL INBOX\n");
    running.shows("A0001 OK").await;
    running.key(KeyCode::F(4), KeyModifiers::NONE);
    running.shows("Act as").await;
    running.shows("oneself: the one who logged in").await;
    running.press("monty");
    running.shows("Enter: AS monty (auth cyrus)").await;
    running.press("\n");
    // Nobody asks for a password: it is the same login.
    running.shows("AS monty (auth cyrus").await;
    running.shows(" 2/2").await;
    running.press("SELECT INBOX\n");
    running.shows("A0001 OK [READ-WRITE]").await;
    // Each has its own transcript; the other one lives on.
    running.key(KeyCode::Left, KeyModifiers::ALT);
    running.shows("AS craig (auth cyrus").await;
    running.shows("GETACL INBOX").await;
    assert!(!running.text().contains("[READ-WRITE]"));
    running.press("NOOP\n");
    running.shows("A0002 OK").await;
    running.key(KeyCode::Char('x'), KeyModifiers::CONTROL);
    running.press("n");
    running.shows("AS monty (auth cyrus").await;
    running.shows("[READ-WRITE]").await;
    running.press(":close\n");
    running.shows("AS craig (auth cyrus").await;
    running.shows("A0002 OK").await;
    running.key(KeyCode::Char('d'), KeyModifiers::CONTROL);
    assert_eq!(running.outcome().await, Outcome::Done);
}

#[tokio::test]
async fn one_session_idles_while_another_works_and_its_news_are_marked() {
    let mut running = logged_in(200).await;
    running.press("SELECT INBOX\n");
    running.shows("A0001 OK [READ-WRITE]").await;
    running.press("IDLE\n");
    running.shows("+ ").await;
    running.press(":connect nowhere\n");
    running.shows("no target of this test").await;
    running.press(":connect demo\n");
    running.shows("AS craig").await;
    running.shows("auth craig, ").await;
    running.shows("A0001").await;
    running.press("APPEND INBOX {{{\nSubject: news\n\nbody\n}}}\n");
    // The one that idles hears of it, and says so in the top line of the other.
    running.shows("1 craig*").await;
    running.press(":tabs\n");
    running.shows("new lines").await;
    running.press("1");
    running.shows("EXISTS").await;
    running.press(":q\n");
    assert_eq!(running.outcome().await, Outcome::Done);
}

#[tokio::test]
async fn a_login_refused_in_one_tab_leaves_the_others_alone() {
    let mut running = logged_in(100).await;
    running.press(":as nobody-of-this-name\n");
    running.shows("not logged in").await;
    running.key(KeyCode::Right, KeyModifiers::ALT);
    running.shows("AS craig (auth cyrus").await;
    running.shows("1/2!").await;
    running.press("NOOP\n");
    running.shows("A0001 OK").await;
    // All log out; the one that never was logged in tells in the exit code.
    running.press(":q\n");
    assert_eq!(running.outcome().await, Outcome::ConnectionFailed);
}

#[tokio::test]
async fn close_on_the_only_session_logs_out_and_stays() {
    let mut running = logged_in(100).await;
    running.press(":close\n");
    running.shows("connection ended").await;
    running.press(":close\n");
    running.shows("The connection is closed already").await;
    // The secret is kept until the last tab closes: nobody is asked again.
    running.press(":reconnect\n");
    running.shows("AS craig (auth cyrus").await;
    running.key(KeyCode::Char('d'), KeyModifiers::CONTROL);
    assert_eq!(running.outcome().await, Outcome::Done);
}

#[test]
fn users_seen_are_offered_and_the_typed_name_is_sent() {
    let mut screen = Screen::new(80, 24);
    screen.log_in().keys("LIST \"\" *<enter>");
    screen.server(
        "* LIST () \"/\" user/bob\r\n* LIST () \"/\" user/carol/Sent\r\n* ACL INBOX alice lrs anyone l -dave w\r\n\
         A0001 OK done\r\n",
    );
    screen
        .keys("<f4>")
        .shows("bob")
        .shows("carol")
        .shows("dave");
    let Some(Popup::ActAs(popup)) = &screen.state.popup else {
        panic!("no popup");
    };
    // The one we are already is not offered, nor is everybody.
    let names: Vec<&str> = popup.known.iter().map(|k| k.name.as_str()).collect();
    assert_eq!(names, ["admin", "bob", "carol", "dave"]);
    screen.keys("ca").shows("Enter: AS ca (auth admin)");
    screen.keys("<down><enter>");
    let opening = screen.openings.pop().expect("a session of its own");
    assert_eq!(opening.plan.credentials.authcid.as_deref(), Some("admin"));
    assert_eq!(opening.plan.credentials.authzid.as_deref(), Some("carol"));
    assert_eq!(opening.before, ["alice"]);
    // As oneself: no authzid at all.
    screen.keys("<f4><down><enter>");
    let opening = screen.openings.pop().expect("a session of its own");
    assert_eq!(opening.plan.credentials.authzid, None);
    // Oneself is no other.
    screen.keys("<f4>alice<enter>").shows("who you are already");
    screen
        .keys("<c-c>:as alice<enter>")
        .shows("who you are already");
    assert!(screen.openings.is_empty());
}

#[test]
fn on_the_same_connection_where_unauthenticate_is_offered() {
    let mut screen = Screen::new(80, 24);
    screen.log_in().keys("<f4>bob<c-j>");
    screen.shows("does not offer UNAUTHENTICATE");
    assert_eq!(screen.sent(), "");
    screen.keys("<c-c>CAPABILITY<enter>");
    screen.server("* CAPABILITY IMAP4rev1 UNAUTHENTICATE\r\nA0001 OK done\r\n");
    screen.sent();
    screen.keys("<f4>bob").shows("UNAUTHENTICATE").keys("<c-j>");
    assert_eq!(screen.sent(), "A0002 UNAUTHENTICATE\r\n");
    assert!(screen.requests.is_empty());
    screen.server("A0002 OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] done\r\n");
    let Some(Request::LogIn(credentials)) = screen.requests.pop() else {
        panic!("no login: {:?}", screen.requests);
    };
    assert_eq!(credentials.authcid.as_deref(), Some("admin"));
    assert_eq!(credentials.authzid.as_deref(), Some("bob"));
    screen.notice(Notice::LoggedIn {
        authcid: Some("admin".into()),
        authzid: Some("bob".into()),
        mechanism: "PLAIN".into(),
    });
    screen.shows("AS bob (auth admin");
    // The way back is offered.
    screen
        .keys("<f4>")
        .shows("alice")
        .shows("back: who you were before");
}

#[test]
fn a_refused_unauthenticate_changes_nothing() {
    let mut screen = Screen::new(80, 24);
    screen.log_in().keys("CAPABILITY<enter>");
    screen.server("* CAPABILITY IMAP4rev1 UNAUTHENTICATE\r\nA0001 OK done\r\n");
    screen.keys("<f4>bob<c-j>").server("A0002 NO not now\r\n");
    assert!(screen.requests.is_empty());
    screen
        .shows("refused UNAUTHENTICATE")
        .shows("AS alice (auth admin");
    // A later one of the user's own is nothing to us.
    screen
        .keys("UNAUTHENTICATE<enter>")
        .server("A0003 OK done\r\n");
    assert!(screen.requests.is_empty());
}

#[test]
fn a_secret_is_kept_once_and_only_while_it_is_good() {
    let secret = Secret::new("s3cret".into());
    let mut screen = Screen::new(80, 24);
    let mut with = plan();
    with.credentials.secret = Some(secret.clone());
    screen.connect(with, tls());
    let before = secret.holders();
    screen.notice(Notice::LoggedIn {
        authcid: Some("admin".into()),
        authzid: Some("alice".into()),
        mechanism: "PLAIN".into(),
    });
    screen.notice(Notice::Ready).keys(":as bob<enter>");
    // The new session has no copy of it: one holder more.
    assert_eq!(secret.holders(), before + 1);
    screen.openings.clear();
    assert_eq!(secret.holders(), before);
    drop(screen);
    assert_eq!(secret.holders(), 1);

    // One that was refused is not kept.
    let mut screen = Screen::new(80, 24);
    let mut with = plan();
    with.credentials.secret = Some(secret.clone());
    screen.connect(with, tls());
    screen.notice(Notice::LoginFailed("The server refused the login.".into()));
    assert_eq!(secret.holders(), 1);
}

#[test]
fn with_forget_no_secret_outlives_the_login() {
    let secret = Secret::new("s3cret".into());
    let mut screen = Screen::new(80, 24);
    let mut with = plan();
    with.credentials.secret = Some(secret.clone());
    with.credentials.forget = true;
    screen.connect(with, tls());
    screen.notice(Notice::LoggedIn {
        authcid: Some("admin".into()),
        authzid: Some("alice".into()),
        mechanism: "PLAIN".into(),
    });
    assert_eq!(secret.holders(), 1);
    // The next login asks, and forgets again.
    screen.notice(Notice::Ready).keys(":as bob<enter>");
    let opening = screen.openings.pop().expect("a session of its own");
    assert!(opening.plan.credentials.secret.is_none() && opening.plan.credentials.forget);
}

/// In the loop itself: the command's password logs in, one that fails says why, and one that never ends
/// leaves the screen alive and is ended by Esc.
#[tokio::test]
async fn a_command_gives_the_password_beside_a_live_screen() {
    let mut running = Running::sized(Some("adminpass"), 100, 30);
    running.shows("AS craig (auth cyrus").await;
    running.press(":connect cmd:echo secret\n");
    running.shows("auth craig, ").await;

    running.press(":connect cmd:echo no agent >&2; exit 3\n");
    running.shows("and said: no agent").await;
    running.key(KeyCode::Esc, KeyModifiers::NONE);
    let ended = tempfile::NamedTempFile::new().unwrap();
    let path = ended.path().display().to_string();
    // Its own process group: what it started goes too, and the pipe it holds closes.
    let fifo = format!("{path}.fifo");
    assert!(
        std::process::Command::new("mkfifo")
            .arg(&fifo)
            .status()
            .unwrap()
            .success()
    );
    running.press(&format!(
        ":connect cmd:exec 9>{fifo}; while :; do sleep 1; done\n"
    ));
    running.shows("A command is running for it").await;
    // A thread of its own: where the test fails, nobody waits for it.
    let (told, reader) = tokio::sync::oneshot::channel();
    std::thread::spawn({
        let fifo = fifo.clone();
        move || told.send(std::fs::read(fifo))
    });
    running.press("ty");
    running.shows("[**").await;
    running.key(KeyCode::Esc, KeyModifiers::NONE);
    // The writer's end closes when the whole group has ended.
    let read = tokio::time::timeout(crate::common::running::DEADLINE, reader).await;
    assert_eq!(read.expect("it was ended").unwrap().unwrap(), b"");
    std::fs::remove_file(fifo).unwrap();
    running.press(":q!\n");
    running.outcome().await;
}
