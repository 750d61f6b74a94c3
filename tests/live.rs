//! The second connection that listens: what it sends, what it tells, and that the first one hears nothing of it.

use std::time::Instant;

use imapsh::channel::{Notice, Request};
use imapsh::console::Settings;
use imapsh::console::live::{Listening, Live};
use imapsh::session::{Event, Session};

use crate::common::screen::{Screen, clock};

/// A connection that listens, and the server's end of it.
struct Line {
    live: Live,
    session: Session,
}

impl Line {
    fn new(capabilities: &str, mailbox: Option<&str>) -> Line {
        let mailbox = mailbox.map(|name| name.as_bytes().to_vec());
        let mut line = Line {
            live: Live::new(Settings::default(), "mail.example.com", mailbox),
            session: Session::new(Instant::now()),
        };
        line.server(&format!(
            "* PREAUTH [CAPABILITY IMAP4rev1 {capabilities}] ready\r\n"
        ));
        let requests = line.live.on_notice(Notice::Ready);
        line.send(requests);
        line
    }

    fn send(&mut self, requests: Vec<Request>) {
        for request in requests {
            if let Request::Submit(command) = request {
                self.session.submit(Instant::now(), command);
            }
        }
    }

    fn server(&mut self, bytes: &str) {
        self.session.handle_input(Instant::now(), bytes.as_bytes());
        let mut events: Vec<Event> = Vec::new();
        while let Some(event) = self.session.poll_event() {
            events.push(event);
        }
        let requests = self.live.on_notice(Notice::Events {
            at: clock(),
            events,
        });
        self.send(requests);
    }

    /// What went out since the last time.
    fn sent(&mut self) -> String {
        let mut out = Vec::new();
        while let Some(bytes) = self.session.poll_transmit() {
            out.extend_from_slice(&bytes);
        }
        String::from_utf8(out).unwrap()
    }

    fn told(&self) -> Vec<String> {
        let heard = self.live.happenings().iter().filter(|h| !h.own);
        heard.map(|h| format!("{} {}", h.mailbox, h.what)).collect()
    }
}

#[test]
fn without_notify_it_examines_and_idles() {
    let mut line = Line::new("IDLE", Some("Team"));
    assert_eq!(line.sent(), "P0001 EXAMINE Team\r\n");
    line.server("* 482 EXISTS\r\n* 3 RECENT\r\nP0001 OK [READ-ONLY] ok\r\n");
    assert_eq!(line.sent(), "P0002 IDLE\r\n");
    line.server("+ idling\r\n");
    assert_eq!(*line.live.listening(), Listening::Idle);
    assert!(
        line.told().is_empty(),
        "what EXAMINE tells is no event: {:?}",
        line.told()
    );
    line.server("* 483 EXISTS\r\n* 2 EXPUNGE\r\n* 7 FETCH (FLAGS (\\Seen) UID 12)\r\n");
    assert_eq!(
        line.told(),
        [
            "Team EXISTS 482 -> 483",
            "Team EXPUNGE 2",
            "Team FETCH 7 UID 12 FLAGS (\\Seen)"
        ]
    );
    let counts = line.live.take_counts();
    assert_eq!(
        counts.last().unwrap(),
        &(b"Team".to_vec(), vec![("MESSAGES".to_owned(), 482)])
    );
}

#[test]
fn with_notify_it_hears_of_all_mailboxes() {
    let mut line = Line::new("IDLE NOTIFY", Some("Team"));
    line.sent();
    line.server("* 1 EXISTS\r\nP0001 OK ok\r\n");
    assert!(line.sent().starts_with(
        "P0002 NOTIFY SET (SELECTED (MessageNew (UID FLAGS) MessageExpunge FlagChange))"
    ));
    line.server("P0002 OK ok\r\n* STATUS INBOX (MESSAGES 340 UIDNEXT 9941)\r\n");
    assert_eq!(*line.live.listening(), Listening::Notify);
    assert_eq!(line.told(), ["INBOX STATUS MESSAGES 340  UIDNEXT 9941"]);
    // It follows the mailbox that is open; what it asked NOTIFY for stays.
    let requests = line.live.follow(Some(b"Sent"));
    line.send(requests);
    assert_eq!(line.sent(), "P0003 EXAMINE Sent\r\n");
    line.server("* 5 EXISTS\r\nP0003 OK ok\r\n");
    assert_eq!(line.sent(), "");
}

#[test]
fn a_refused_notify_becomes_an_idle_and_nothing_at_all_a_sentence() {
    let mut line = Line::new("IDLE NOTIFY", Some("Team"));
    line.sent();
    line.server("P0001 OK ok\r\n");
    line.sent();
    line.server("P0002 NO not here\r\n");
    assert_eq!(line.sent(), "P0003 IDLE\r\n");
    let mut line = Line::new("", Some("Team"));
    line.sent();
    line.server("P0001 OK ok\r\n");
    let Listening::Ended(sentence) = line.live.listening() else {
        panic!("it listens to nothing");
    };
    assert!(sentence.contains("neither NOTIFY nor IDLE"), "{sentence}");
}

#[test]
fn a_flood_of_events_is_bounded() {
    let mut line = Line::new("IDLE", Some("Team"));
    line.sent();
    line.server("P0001 OK ok\r\n+ idling\r\n");
    for n in 1..3_000 {
        line.server(&format!("* {n} FETCH (FLAGS (\\Seen \x1b[31m))\r\n"));
    }
    assert!(line.live.happenings().len() <= 1_000);
}

#[test]
fn the_screen_shows_it_and_the_first_connection_hears_nothing() {
    for (columns, rows) in [(80, 24), (120, 35), (200, 50)] {
        let mut screen = Screen::new(columns, rows);
        screen.log_in().keys("EXAMINE INBOX<enter>");
        screen.server("* 3 EXISTS\r\nA0001 OK [READ-ONLY] ok\r\n");
        screen.sent();
        screen.keys("<f7>").shows("5 Live events: connecting");
        assert_eq!(screen.sent(), "", "nothing on this connection");
        screen.keys("<c-x>v").hides("Live events:");
    }
}
