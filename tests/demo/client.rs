//! One connection driven by hand.

use std::time::{Duration, Instant, SystemTime};

use imapsh::demo::{Demo, LineKind, Options, ServerSession};

/// One connection driven by hand.
pub struct Client {
    pub session: ServerSession,
    pub now: Instant,
}

impl Client {
    /// Connected to `demo`; the greeting has been read.
    pub fn new(demo: &Demo) -> Client {
        let (now, wall) = (
            Instant::now(),
            SystemTime::UNIX_EPOCH + Duration::from_secs(1_790_000_000),
        );
        let mut client = Client {
            session: ServerSession::new(demo.store(), LineKind::Memory, now, wall),
            now,
        };
        assert!(client.read().starts_with("* OK [CAPABILITY IMAP4rev1 "));
        client
    }

    pub fn logged_in(demo: &Demo, user: &str) -> Client {
        let mut client = Client::new(demo);
        let password = if user == "cyrus" {
            "adminpass"
        } else {
            "secret"
        };
        let reply = client.send(&format!("a LOGIN {user} {password}\r\n"));
        assert!(reply.starts_with("a OK [CAPABILITY "), "{reply}");
        client
    }

    pub fn selected(demo: &Demo, user: &str, mailbox: &str) -> Client {
        let mut client = Client::logged_in(demo, user);
        let reply = client.send(&format!("a SELECT {mailbox}\r\n"));
        assert!(reply.contains("a OK [READ-"), "{reply}");
        client
    }

    pub fn read_bytes(&mut self) -> Vec<u8> {
        std::iter::from_fn(|| self.session.poll_transmit())
            .flatten()
            .collect()
    }

    pub fn read(&mut self) -> String {
        String::from_utf8_lossy(&self.read_bytes()).into_owned()
    }

    pub fn send(&mut self, text: &str) -> String {
        self.session.handle_input(self.now, text.as_bytes());
        self.read()
    }

    /// Time goes on.
    pub fn wait(&mut self, duration: Duration) -> String {
        self.now += duration;
        if self.session.poll_timeout().is_some_and(|at| at <= self.now) {
            self.session.handle_timeout(self.now);
        }
        self.read()
    }
}

pub fn demo() -> Demo {
    Demo::new(Options::default())
}
