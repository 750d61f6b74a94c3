//! The demo server by raw bytes: nothing of the client's code takes part, so that a mistake the two
//! might share cannot cancel itself out.

use std::time::{Duration, Instant, SystemTime};

use imapsh::demo::{Demo, LineKind, Options, ServerSession};

/// One connection driven by hand.
struct Client {
    session: ServerSession,
    now: Instant,
}

impl Client {
    /// Connected to `demo`; the greeting has been read.
    fn new(demo: &Demo) -> Client {
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

    fn logged_in(demo: &Demo, user: &str) -> Client {
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

    fn selected(demo: &Demo, user: &str, mailbox: &str) -> Client {
        let mut client = Client::logged_in(demo, user);
        let reply = client.send(&format!("a SELECT {mailbox}\r\n"));
        assert!(reply.contains("a OK [READ-"), "{reply}");
        client
    }

    fn read_bytes(&mut self) -> Vec<u8> {
        std::iter::from_fn(|| self.session.poll_transmit())
            .flatten()
            .collect()
    }

    fn read(&mut self) -> String {
        String::from_utf8_lossy(&self.read_bytes()).into_owned()
    }

    fn send(&mut self, text: &str) -> String {
        self.session.handle_input(self.now, text.as_bytes());
        self.read()
    }

    /// Time goes on.
    fn wait(&mut self, duration: Duration) -> String {
        self.now += duration;
        if self.session.poll_timeout().is_some_and(|at| at <= self.now) {
            self.session.handle_timeout(self.now);
        }
        self.read()
    }
}

fn demo() -> Demo {
    Demo::new(Options::default())
}

#[test]
fn the_seed_is_whole() {
    assert_eq!(imapsh::demo::seed::check(), Vec::<String>::new());
}

#[test]
fn a_first_session() {
    let mut client = Client::logged_in(&demo(), "craig");
    let reply = client.send("b SELECT inbox\r\n");
    assert!(
        reply.ends_with("b OK [READ-WRITE] Mailbox opened\r\n"),
        "{reply}"
    );
    assert_eq!(
        client.send("SUBSCRIBE user.craig\r\n"),
        "SUBSCRIBE BAD Unrecognized command\r\n"
    );
    assert!(client.send("c LOGOUT\r\n").starts_with("* BYE "));
    assert!(client.session.is_closing());
}
