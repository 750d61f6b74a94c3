//! Comparisons in the screen, with real connections to the demo: who is asked where, and what stays as it was.

use std::time::Instant;

use crossterm::event::{KeyCode, KeyModifiers};
use imapsh::channel::{Notice, Plan, Request};
use imapsh::console::Settings;
use imapsh::session::{CloseCause, Session};
use imapsh::tui::Outcome;
use imapsh::tui::input::Input;
use imapsh::tui::keymap::Key;
use imapsh::tui::tabs::{Order, TabId, Tabs};
use ratatui::layout::Rect;

use crate::common::running::Running;
use crate::common::screen::{Screen, clock, plan};

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
    running
        .shows("monty at demo does not see this mailbox")
        .await;
    running.shows("user.craig.Sent").await;
    running.shows("\u{2260} listed").await;
    escape(&running);
    running.press("FETCH 1 UID\n");
    running.shows("A0002 OK").await;
    leave(running).await;
}

#[tokio::test]
async fn an_idle_goes_on() {
    let mut running = logged_in().await;
    running.press("SELECT INBOX\n");
    running.shows("A0001 OK [READ-WRITE]").await;
    running.press("IDLE\n");
    running.shows("S: + ").await;
    running.press(":compare +monty\n");
    running.shows("differ, at demo").await;
    running.shows("1/3").await;
    escape(&running);
    running.shows("IDLE: Enter sends DONE").await;
    running.press("DONE\n");
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

/// Two tabs whose servers the test plays.
struct Stage {
    tabs: Tabs,
    sessions: Vec<(TabId, Session)>,
    now: Instant,
}

const OFFERED: &str = "* PREAUTH [CAPABILITY IMAP4rev1 ACL UNSELECT NAMESPACE QUOTA] ready\r\n";

impl Stage {
    fn new() -> Stage {
        let settings = Settings {
            clock: Some(clock),
            ..Settings::default()
        };
        // Options as a screen has them.
        let options = Screen::new(80, 24).state.options;
        let tabs = Tabs::new(settings, options, Rect::new(0, 0, 80, 24));
        let mut stage = Stage {
            tabs,
            sessions: Vec::new(),
            now: Instant::now(),
        };
        let orders = stage.tabs.connect(plan());
        stage.perform(orders);
        stage
    }

    fn perform(&mut self, orders: Vec<Order>) {
        for order in orders {
            match order {
                Order::Connect(id, plan) => self.connect(id, *plan),
                Order::Send(id, Request::Submit(command)) => {
                    let now = self.now;
                    if let Some((_, session)) = self.sessions.iter_mut().find(|(of, _)| *of == id) {
                        session.submit(now, command);
                    }
                }
                _ => {}
            }
        }
    }

    /// The server greets, and who the plan says is logged in.
    fn connect(&mut self, id: TabId, plan: Plan) {
        self.sessions.push((id, Session::new(self.now)));
        let place = self.sessions.len() - 1;
        self.say(place, OFFERED);
        let authzid = plan.credentials.authzid.clone();
        for notice in [
            Notice::LoggedIn {
                authcid: plan.credentials.authcid.clone(),
                authzid,
                mechanism: "PLAIN".into(),
            },
            Notice::Ready,
        ] {
            let orders = self.tabs.notice(id, notice);
            self.perform(orders);
        }
    }

    /// Server `place` says this.
    fn say(&mut self, place: usize, bytes: &str) {
        let now = self.now;
        let (id, session) = &mut self.sessions[place];
        let id = *id;
        session.handle_input(now, bytes.as_bytes());
        self.pump(place, id);
    }

    fn pump(&mut self, place: usize, id: TabId) {
        let mut events = Vec::new();
        while let Some(event) = self.sessions[place].1.poll_event() {
            events.push(event);
        }
        if !events.is_empty() {
            let notice = Notice::Events {
                at: clock(),
                events,
            };
            let orders = self.tabs.notice(id, notice);
            self.perform(orders);
        }
    }

    /// What server `place` was sent since the last time.
    fn sent(&mut self, place: usize) -> Vec<String> {
        let mut sent = Vec::new();
        let id = self.sessions[place].0;
        while let Some(bytes) = self.sessions[place].1.poll_transmit() {
            sent.extend_from_slice(&bytes);
            self.pump(place, id);
        }
        let text = String::from_utf8(sent).unwrap();
        text.lines().map(str::to_owned).collect()
    }

    /// Server `place` answers what it was sent.
    fn answer(&mut self, place: usize, answer: impl Fn(&str) -> String) -> Vec<String> {
        let sent = self.sent(place);
        for line in &sent {
            let (tag, command) = line.split_once(' ').unwrap();
            let said = format!("{}{tag} OK done\r\n", answer(command));
            self.say(place, &said);
        }
        sent
    }

    fn keys(&mut self, text: &str) {
        for c in text.chars() {
            let key = match c {
                '\n' => Key::parse("enter"),
                '\x1b' => Key::parse("esc"),
                '\x03' => Key::parse("c-c"),
                ' ' => Key::parse("space"),
                c => Key::parse(&c.to_string()),
            };
            let orders = self.tabs.input(Input::Key(key.unwrap()));
            self.perform(orders);
        }
    }

    fn progress(&self) -> [String; 2] {
        let sides = self.tabs.current().sides.as_ref().unwrap();
        sides.progress.clone()
    }
}

fn forty(command: &str) -> String {
    match command {
        "LIST \"\" \"*\"" => (0..40)
            .map(|n| format!("* LIST () \"/\" box{n:02}\r\n"))
            .collect(),
        _ => String::new(),
    }
}

#[test]
fn progress_is_shown_and_what_is_stopped_asks_no_more() {
    let mut stage = Stage::new();
    stage.keys(":compare +bob\n");
    assert_eq!(stage.sessions.len(), 2);
    // Both at once, and marked as a pane's.
    assert_eq!(stage.answer(0, forty), ["B0001 NAMESPACE"]);
    assert_eq!(stage.answer(1, forty), ["B0001 NAMESPACE"]);
    assert_eq!(stage.answer(0, forty), ["B0002 LIST \"\" \"*\""]);
    let sent = stage.sent(0);
    assert_eq!(sent.len(), 4, "a few at a time: {sent:?}");
    assert!(
        sent.iter()
            .all(|c| c.starts_with('B') && c.contains(" STATUS box0")),
        "{sent:?}"
    );
    assert_eq!(
        stage.progress(),
        ["0 of 40 mailboxes", "0 mailboxes listed"]
    );
    for line in &sent {
        let tag = line.split(' ').next().unwrap();
        stage.say(0, &format!("{tag} OK done\r\n"));
    }
    for _ in 0..2 {
        assert_eq!(stage.answer(0, forty).len(), 4);
    }
    assert_eq!(stage.progress()[0], "4 of 40 mailboxes");
    // Four are under way; behind them nothing goes out any more, here and there.
    let sent = stage.sent(0);
    assert_eq!(sent.len(), 4);
    stage.keys("\x03");
    assert!(stage.tabs.current().sides.is_none() && stage.tabs.current().popup.is_none());
    for line in &sent {
        let tag = line.split(' ').next().unwrap();
        stage.say(0, &format!("{tag} OK done\r\n"));
    }
    assert_eq!(stage.sent(0), Vec::<String>::new());
    stage.answer(1, forty);
    assert_eq!(stage.sent(1), Vec::<String>::new());
    // And it can be begun anew, with the session that is there.
    stage.keys(":compare +bob\n");
    assert_eq!(stage.sessions.len(), 2);
    assert_eq!(stage.sent(0).len(), 1);
    assert_eq!(stage.sent(1).len(), 1);
}

#[test]
fn a_mailbox_opened_for_what_was_stopped_is_left_again() {
    let mut stage = Stage::new();
    stage.keys(":compare +bob INBOX:7\n");
    let nothing = |_: &str| String::new();
    for command in ["NAMESPACE", "LIST \"\" \"*\"", "GETQUOTAROOT INBOX"] {
        let sent = stage.answer(0, nothing);
        assert!(sent[0].ends_with(command), "{sent:?}");
    }
    let sent = stage.answer(0, nothing);
    assert!(sent[0].ends_with("EXAMINE INBOX"), "{sent:?}");
    let sent = stage.sent(0);
    assert!(sent[0].ends_with("UID FETCH 7 BODY.PEEK[]"), "{sent:?}");
    stage.keys("\x1b");
    let tag = sent[0].split(' ').next().unwrap().to_owned();
    stage.say(0, &format!("{tag} OK done\r\n"));
    let sent = stage.answer(0, nothing);
    assert!(sent[0].ends_with("UNSELECT"), "{sent:?}");
    assert!(stage.tabs.current().console.model().selected().is_none());
}

#[test]
fn a_connection_that_is_lost_ends_it_with_a_sentence() {
    let mut stage = Stage::new();
    stage.keys(":compare +bob\n");
    let id = stage.sessions[1].0;
    let orders = stage.tabs.notice(
        id,
        Notice::Ended {
            cause: CloseCause::Closed,
            sentence: "The server has closed the connection.".into(),
        },
    );
    stage.perform(orders);
    let sides = stage.tabs.current().sides.as_ref().unwrap();
    assert_eq!(
        sides.trouble.as_deref(),
        Some("bob at mail.example.com:993: The server has closed the connection.")
    );
    // The other one is not asked any more either.
    stage.answer(0, |_| String::new());
    assert_eq!(stage.sent(0), Vec::<String>::new());
}
