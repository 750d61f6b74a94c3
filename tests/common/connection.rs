//! The connection task driven in this process: for what needs two connections at once.

use std::time::{Duration, Instant};

use imapsh::channel::{Notice, Place, Plan, Request};
use imapsh::link::{self, Handle};
use imapsh::session::{Event, Reply};
use imapsh::wire::response::{Response, Status, StatusResponse, Untagged};
use imapsh::wire::{Command, CommandPart, LiteralChoice, Origin, TagChoice};

use crate::login::{And, plan_to, who};
use crate::program::DEADLINE;
use crate::server::Server;

pub struct Connection {
    runtime: tokio::runtime::Runtime,
    handle: Handle,
    /// Everything that was told and not yet looked at.
    events: Vec<Event>,
    /// Everything that was told, for a failure's message.
    log: Vec<String>,
}

impl Connection {
    /// A plan for this server: a plain line, nobody logs in.
    pub fn plan(server: &Server) -> Plan {
        let place = Place::Tcp {
            host: "localhost".to_owned(),
            port: server.port,
        };
        plan_to(place, DEADLINE)
    }

    /// Logged in as `user`.
    #[track_caller]
    pub fn log_in(server: &Server, user: &str) -> Connection {
        let mut plan = Connection::plan(server);
        plan.credentials = who(user).with("secret");
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let handle = runtime.block_on(async { link::spawn(plan, None) });
        let mut connection = Connection {
            runtime,
            handle,
            events: Vec::new(),
            log: Vec::new(),
        };
        let mut logged_in = false;
        connection.until("Ready", |notice| {
            logged_in |= matches!(notice, Notice::LoggedIn { .. });
            matches!(notice, Notice::Ready)
        });
        // The login's own completion is nobody's answer.
        connection.events.clear();
        assert!(logged_in, "not logged in:\n{}", connection.log.join("\n"));
        connection
    }

    /// Sends a line as the user would.
    pub fn submit(&mut self, line: &str) {
        self.handle
            .requests
            .send(Request::Submit(Command::line(Origin::User, line)))
            .unwrap();
    }

    /// Appends a message; LITERAL+ where the server has it.
    #[track_caller]
    pub fn append(&mut self, mailbox: &str, message: &[u8]) {
        let text = CommandPart::Text {
            bytes: format!("APPEND {mailbox} ").into_bytes(),
            secret: Vec::new(),
        };
        let literal = CommandPart::Literal {
            bytes: message.to_vec(),
            choice: LiteralChoice::Auto,
            binary: false,
            secret: false,
        };
        let command = Command {
            origin: Origin::User,
            tag: TagChoice::Generated,
            parts: vec![text, literal],
        };
        self.handle.requests.send(Request::Submit(command)).unwrap();
        let status = self.wait_completed();
        assert_eq!(
            status.status,
            Status::Ok,
            "{}",
            String::from_utf8_lossy(&status.text)
        );
    }

    /// Sends DONE.
    pub fn done(&mut self) {
        self.handle
            .requests
            .send(Request::Respond(Reply::Done))
            .unwrap();
    }

    /// Waits for an event.
    #[track_caller]
    pub fn wait<T>(&mut self, what: &str, mut pick: impl FnMut(&Event) -> Option<T>) -> T {
        let end = Instant::now() + DEADLINE;
        loop {
            for at in 0..self.events.len() {
                if let Some(found) = pick(&self.events[at]) {
                    self.events.drain(..=at);
                    return found;
                }
            }
            self.events.clear();
            self.take_notice(what, end);
        }
    }

    /// Waits for an untagged response.
    #[track_caller]
    pub fn wait_untagged<T>(
        &mut self,
        what: &str,
        mut pick: impl FnMut(&Untagged) -> Option<T>,
    ) -> T {
        self.wait(what, |event| match event {
            Event::Response {
                response: Response::Untagged(untagged),
                ..
            } => pick(untagged),
            _ => None,
        })
    }

    /// Waits for the next completion result.
    #[track_caller]
    pub fn wait_completed(&mut self) -> StatusResponse {
        self.wait("a completion", |event| match event {
            Event::Completed { status, .. } => Some(status.clone()),
            _ => None,
        })
    }

    /// Sends a line and expects OK.
    #[track_caller]
    pub fn ok(&mut self, line: &str) {
        self.submit(line);
        let status = self.wait_completed();
        assert_eq!(
            status.status,
            Status::Ok,
            "{line}: {}",
            String::from_utf8_lossy(&status.text)
        );
    }

    #[track_caller]
    fn until(&mut self, what: &str, mut seen: impl FnMut(&Notice) -> bool) {
        let end = Instant::now() + DEADLINE;
        while !seen(&self.take_notice(what, end)) {}
    }

    #[track_caller]
    fn take_notice(&mut self, what: &str, end: Instant) -> Notice {
        let left = end
            .saturating_duration_since(Instant::now())
            .max(Duration::from_millis(1));
        let notices = &mut self.handle.notices;
        let notice = self
            .runtime
            .block_on(async { tokio::time::timeout(left, notices.recv()).await });
        let Ok(Some(notice)) = notice else {
            panic!(
                "{what} never came ({notice:?}); before it:\n{}",
                self.log.join("\n")
            );
        };
        if let Notice::Events { events, .. } = &notice {
            self.events.extend(events.iter().cloned());
            for event in events {
                let (who, piece) = match event {
                    Event::Received(piece) => ("S: ", piece),
                    Event::Sent { piece, .. } => ("C: ", piece),
                    _ => continue,
                };
                let text = String::from_utf8_lossy(piece.bytes());
                self.log.push(format!("{who}{}", text.trim_end()));
            }
        } else {
            self.log.push(format!("{notice:?}"));
        }
        notice
    }
}
