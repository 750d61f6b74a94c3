//! A connection that listens, without a socket: what it sends is seen, what the server says is given, time is an
//! argument.

use std::time::{Duration, Instant, SystemTime};

use imapsh::channel::{Notice, Request};
use imapsh::console::Settings;
use imapsh::console::live::{Listening, Live};
use imapsh::session::{CloseCause, Event, Session};

use super::screen::clock;

/// A connection that listens, the server's end of it, and the time.
pub struct Line {
    pub live: Live,
    session: Session,
    began: Instant,
    pub passed: Duration,
    sent: Vec<u8>,
    /// It was asked to close.
    pub closed: bool,
}

impl Line {
    pub fn new(capabilities: &str, mailbox: Option<&str>) -> Line {
        let mailbox = mailbox.map(|name| name.as_bytes().to_vec());
        let settings = Settings {
            clock: Some(clock),
            ..Settings::default()
        };
        let now = Instant::now();
        let mut line = Line {
            live: Live::new(settings, "mail.example.com", Some("craig"), mailbox),
            session: Session::new(now),
            began: now,
            passed: Duration::ZERO,
            sent: Vec::new(),
            closed: false,
        };
        line.greeted(capabilities);
        line
    }

    /// A connection is there, and logged in.
    pub fn greeted(&mut self, capabilities: &str) {
        self.session = Session::new(self.began + self.passed);
        self.session
            .set_keepalive(Some(imapsh::console::live::RENEWED));
        self.closed = false;
        self.server(&format!(
            "* PREAUTH [CAPABILITY IMAP4rev1 {capabilities}] ready\r\n"
        ));
        self.notice(Notice::Ready);
    }

    pub fn now(&self) -> SystemTime {
        clock() + self.passed
    }

    pub fn notice(&mut self, notice: Notice) {
        let now = self.now();
        let requests = self.live.on_notice(now, notice);
        self.perform(requests);
    }

    pub fn perform(&mut self, requests: Vec<Request>) {
        let now = self.began + self.passed;
        for request in requests {
            match request {
                Request::Submit(command) => {
                    self.session.submit(now, command);
                }
                Request::Close => self.closed = true,
                _ => {}
            }
        }
        self.pump();
    }

    fn pump(&mut self) {
        let mut events: Vec<Event> = Vec::new();
        loop {
            if let Some(bytes) = self.session.poll_transmit() {
                self.sent.extend_from_slice(&bytes);
            } else if let Some(event) = self.session.poll_event() {
                events.push(event);
            } else {
                break;
            }
        }
        if !events.is_empty() {
            let at = self.now();
            self.notice(Notice::Events { at, events });
        }
    }

    pub fn server(&mut self, bytes: &str) {
        let now = self.began + self.passed;
        self.session.handle_input(now, bytes.as_bytes());
        self.pump();
    }

    /// Time passes, and the session does what is due.
    pub fn wait(&mut self, time: Duration) {
        self.passed += time;
        self.session.handle_timeout(self.began + self.passed);
        self.pump();
    }

    /// The server breaks the connection off.
    pub fn broken(&mut self, bye: &str) {
        if !bye.is_empty() {
            self.server(&format!("* BYE {bye}\r\n"));
        }
        let now = self.began + self.passed;
        self.session.handle_close(now, CloseCause::Closed);
        self.pump();
        self.notice(Notice::Ended {
            cause: CloseCause::Closed,
            sentence: "The server closed the connection without a word. Connect again.".to_owned(),
        });
    }

    /// What went out since the last time.
    pub fn sent(&mut self) -> String {
        String::from_utf8(std::mem::take(&mut self.sent)).unwrap()
    }

    pub fn told(&self) -> Vec<String> {
        let all = self.live.book().iter();
        all.map(|h| {
            format!("{} {}", h.mailbox, h.words())
                .trim_start()
                .to_owned()
        })
        .collect()
    }
}

/// A message of carol's, as FETCH tells it.
pub const CAROL: &str =
    r#"ENVELOPE (NIL "lunch?" (("carol" NIL "carol" "example.com")) NIL NIL NIL NIL NIL NIL NIL)"#;

/// In IDLE in Team, which has 482 messages.
pub fn idling() -> Line {
    let mut line = Line::new("IDLE ESEARCH", Some("Team"));
    assert_eq!(line.sent(), "P0001 EXAMINE Team\r\n");
    line.server(
        "* 482 EXISTS\r\n* 3 RECENT\r\n* OK [UIDVALIDITY 7] x\r\n* OK [UIDNEXT 1933] x\r\nP0001 OK [READ-ONLY] ok\r\n",
    );
    assert_eq!(
        line.sent(),
        "B0001 SEARCH RETURN (COUNT) UNSEEN\r\nP0002 IDLE\r\n"
    );
    line.server("* ESEARCH (TAG \"B0001\") COUNT 5\r\nB0001 OK done\r\n+ idling\r\n");
    assert_eq!(*line.live.listening(), Listening::Idle);
    line.live.take_counts();
    line
}
