//! A console and a session with nothing between them but a list of events: what the user does goes in
//! as text, what the server says as lines, what goes out is kept. No sockets, no waiting.

use std::time::{Duration, Instant, SystemTime};

use imapsh::channel::{Notice, Request};
use imapsh::console::{Console, Settings, Submission, SubmitMode};
use imapsh::session::{CloseCause, Event, Session};
use imapsh::transcript::LineKind;

pub struct Desk {
    pub console: Console,
    session: Session,
    /// What went out, unmasked, and was not yet looked at.
    out: Vec<u8>,
    now: Instant,
}

impl Desk {
    /// Nothing is connected.
    /// Safe mode is off: a test that is about it turns it on.
    pub fn new(settings: Settings) -> Desk {
        let settings = Settings {
            safe: imapsh::safety::SafeMode::Off,
            ..settings
        };
        let now = Instant::now();
        let mut console = Console::new(settings);
        console.connection_opened("test");
        Desk {
            console,
            session: Session::new(now),
            out: Vec::new(),
            now,
        }
    }

    /// Greeted with `greeting`, and it is the user's turn.
    pub fn greeted(settings: Settings, greeting: &str) -> Desk {
        let mut desk = Desk::new(settings);
        desk.server(greeting);
        desk.notice(Notice::Ready);
        desk
    }

    /// Logged in, without automatic traffic.
    pub fn plain() -> Desk {
        Desk::greeted(
            Settings::default(),
            "* PREAUTH [CAPABILITY IMAP4rev1 IDLE NAMESPACE] hello",
        )
    }

    /// Types `text`, Enter; it must be sent.
    #[track_caller]
    pub fn enter(&mut self, text: &str) {
        self.send(text, SubmitMode::Normal);
    }

    /// Types `text` and sends it as `mode` says, by a second Enter if it is asked for; it must be sent.
    #[track_caller]
    pub fn send(&mut self, text: &str, mode: SubmitMode) {
        let mut submission = self.console.submit(text, mode);
        if matches!(submission, Submission::Confirm { .. }) {
            submission = self.console.submit(text, SubmitMode::Confirmed);
        }
        match submission {
            Submission::Send(requests) => self.perform(requests),
            other => panic!("{text:?} was not sent: {other:?}"),
        }
    }

    /// Does what the console asks for.
    #[track_caller]
    pub fn perform(&mut self, requests: Vec<Request>) {
        for request in requests {
            match request {
                Request::Submit(command) => {
                    self.session.submit(self.now, command);
                }
                Request::Respond(reply) => {
                    if let Err(error) = self.session.respond(self.now, reply) {
                        self.notice(Notice::Refused(error.to_string()));
                    }
                }
                Request::Close => {
                    self.session.handle_close(self.now, CloseCause::Local);
                }
                other => panic!("not for a desk: {other:?}"),
            }
            self.pump();
        }
    }

    /// The server says these lines (LF between them becomes CRLF).
    #[track_caller]
    pub fn server(&mut self, lines: &str) {
        self.server_bytes(format!("{}\r\n", lines.replace('\n', "\r\n")).as_bytes());
    }

    #[track_caller]
    pub fn server_bytes(&mut self, bytes: &[u8]) {
        self.now += Duration::from_millis(5);
        self.session.handle_input(self.now, bytes);
        self.pump();
    }

    #[track_caller]
    pub fn close(&mut self, cause: CloseCause) {
        self.session.handle_close(self.now, cause.clone());
        self.pump();
        self.notice(Notice::Ended {
            cause,
            sentence: "It is over. :reconnect opens it again.".to_owned(),
        });
    }

    /// A new connection to the same place.
    pub fn reconnect(&mut self) {
        self.console.connection_opened("test");
        self.session = Session::new(self.now);
        self.out.clear();
    }

    #[track_caller]
    pub fn notice(&mut self, notice: Notice) {
        let requests = self.console.on_notice(notice);
        self.perform(requests);
    }

    /// What went out since the last call, CRLF as LF.
    pub fn sent(&mut self) -> String {
        String::from_utf8_lossy(&std::mem::take(&mut self.out)).replace("\r\n", "\n")
    }

    /// The transcript as text: `C: `, `S: `, `S* ` (unsolicited), `== ` (note), literals by size.
    pub fn transcript(&self) -> Vec<String> {
        let transcript = self.console.transcript();
        let line = |index| {
            let line = transcript.line(index).unwrap();
            let text = String::from_utf8_lossy(&line.bytes).into_owned();
            match line.kind {
                LineKind::Sent => format!("C: {text}"),
                LineKind::Received { unsolicited: false } => format!("S: {text}"),
                LineKind::Received { unsolicited: true } => format!("S* {text}"),
                LineKind::Literal { size, received, .. } => format!("   [{received}/{size}]"),
                LineKind::Note(_) => format!("== {text}"),
            }
        };
        (0..transcript.len()).map(line).collect()
    }

    #[track_caller]
    fn pump(&mut self) {
        loop {
            while let Some(bytes) = self.session.poll_transmit() {
                self.out.extend_from_slice(&bytes);
            }
            let mut events: Vec<Event> = Vec::new();
            while let Some(event) = self.session.poll_event() {
                events.push(event);
            }
            if events.is_empty() {
                return;
            }
            self.notice(Notice::Events {
                at: SystemTime::UNIX_EPOCH,
                events,
            });
        }
    }
}
