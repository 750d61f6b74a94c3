//! The second connection that listens: what it sends, what it tells, that it comes back, and that the first one hears
//! nothing of it.

use std::time::{Duration, Instant, SystemTime};

use imapsh::channel::{Notice, Request};
use imapsh::console::Settings;
use imapsh::console::live::{KEPT, Listening, Live, WAITS};
use imapsh::session::{CloseCause, Event, Session};

use crate::common::screen::clock;

/// A connection that listens, the server's end of it, and the time.
struct Line {
    live: Live,
    session: Session,
    began: Instant,
    passed: Duration,
    sent: Vec<u8>,
    closed: bool,
}

impl Line {
    fn new(capabilities: &str, mailbox: Option<&str>) -> Line {
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
    fn greeted(&mut self, capabilities: &str) {
        self.session = Session::new(self.began + self.passed);
        self.session
            .set_keepalive(Some(imapsh::console::live::RENEWED));
        self.closed = false;
        self.server(&format!(
            "* PREAUTH [CAPABILITY IMAP4rev1 {capabilities}] ready\r\n"
        ));
        self.notice(Notice::Ready);
    }

    fn now(&self) -> SystemTime {
        clock() + self.passed
    }

    fn notice(&mut self, notice: Notice) {
        let now = self.now();
        let requests = self.live.on_notice(now, notice);
        self.perform(requests);
    }

    fn perform(&mut self, requests: Vec<Request>) {
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

    fn server(&mut self, bytes: &str) {
        let now = self.began + self.passed;
        self.session.handle_input(now, bytes.as_bytes());
        self.pump();
    }

    /// Time passes, and the session does what is due.
    fn wait(&mut self, time: Duration) {
        self.passed += time;
        self.session.handle_timeout(self.began + self.passed);
        self.pump();
    }

    /// The server breaks the connection off.
    fn broken(&mut self, bye: &str) {
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
    fn sent(&mut self) -> String {
        String::from_utf8(std::mem::take(&mut self.sent)).unwrap()
    }

    fn told(&self) -> Vec<String> {
        let all = self.live.book().iter();
        all.map(|h| {
            format!("{} {}", h.mailbox, h.words())
                .trim_start()
                .to_owned()
        })
        .collect()
    }
}

const CAROL: &str =
    r#"ENVELOPE (NIL "lunch?" (("carol" NIL "carol" "example.com")) NIL NIL NIL NIL NIL NIL NIL)"#;

/// In IDLE in Team, which has 482 messages.
fn idling() -> Line {
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

#[test]
fn without_notify_it_examines_and_idles_and_says_who_writes() {
    let mut line = idling();
    assert!(line.told().is_empty(), "what EXAMINE tells is no event");
    assert_eq!(line.live.counted(b"Team"), Some((482, Some(5))));
    line.server("* 483 EXISTS\r\n* 4 RECENT\r\n");
    assert_eq!(line.told(), ["Team EXISTS 482 -> 483  RECENT 3 -> 4"]);
    assert_eq!(line.sent(), "DONE\r\n");
    line.server("P0002 OK done\r\n");
    assert_eq!(
        line.sent(),
        "B0002 FETCH 483 (UID FLAGS ENVELOPE)\r\nB0003 SEARCH RETURN (COUNT) UNSEEN\r\nP0003 IDLE\r\n"
    );
    line.server(&format!(
        "* 483 FETCH (UID 1933 FLAGS () {CAROL})\r\nB0002 OK ok\r\n* ESEARCH (TAG \"B0003\") COUNT 6\r\nB0003 OK ok\r\n+ idling\r\n"
    ));
    assert_eq!(
        line.told().last().unwrap(),
        "Team new  UID 1933  From: carol  \"lunch?\""
    );
    assert_eq!(line.live.counted(b"Team"), Some((483, Some(6))));
    assert_eq!(line.sent(), "", "and it goes on listening");
    // What its flags were is known from then on.
    line.server("* 483 FETCH (FLAGS (\\Seen))\r\n");
    line.server("P0003 OK done\r\n");
    assert_eq!(line.told().last().unwrap(), "Team 483 FLAGS () -> (\\Seen)");
    line.sent();
    line.server(&format!(
        "* 483 FETCH (UID 1933 FLAGS (\\Seen) {CAROL})\r\nB0004 OK ok\r\nB0005 OK ok\r\n+ idling\r\n"
    ));
    assert_eq!(
        line.told().last().unwrap(),
        "Team 483 FLAGS () -> (\\Seen)  UID 1933  From: carol  \"lunch?\""
    );
    line.server("* 2 EXPUNGE\r\n* 482 EXPUNGE\r\n");
    let told = line.told();
    assert_eq!(
        told[told.len() - 2..],
        [
            "Team EXPUNGE 2",
            "Team EXPUNGE 482  UID 1933  From: carol  \"lunch?\""
        ],
        "it was 483 when it was named"
    );
    let counts = line.live.take_counts();
    let total = counts.iter().rfind(|(_, items)| items[0].0 == "MESSAGES");
    assert_eq!(total.unwrap().1[0].1, 481);
}

/// Nothing that it sends by itself can leave a trace.
#[test]
fn what_it_sends_only_reads() {
    let mut line = idling();
    line.server("* 483 EXISTS\r\n");
    line.server("P0002 OK done\r\n* 1 FETCH (FLAGS (\\Seen))\r\nB0002 OK\r\nB0003 OK\r\n");
    let sent = line.sent();
    assert!(sent.contains("FETCH"), "{sent}");
    for forbidden in ["SELECT", "BODY", "RFC822", "STORE", "CLOSE"] {
        assert!(!sent.contains(forbidden), "{forbidden} in {sent}");
    }
}

#[test]
fn a_number_that_an_expunge_overtakes_names_no_other_message() {
    let mut line = idling();
    line.server("* 483 EXISTS\r\n");
    assert_eq!(line.sent(), "DONE\r\n");
    // The answer to DONE brings an EXPUNGE, and FETCH 483 is no message any more.
    line.server("* 1 EXPUNGE\r\nP0002 OK done\r\n");
    assert!(line.sent().starts_with("B0002 FETCH 483 "));
    line.server("B0002 BAD no such message\r\nB0003 OK\r\n+ idling\r\n");
    assert_eq!(line.sent(), "DONE\r\n", "it asks again");
    line.server("P0003 OK\r\n");
    assert!(line.sent().starts_with("B0004 FETCH 482 "));
    line.server(&format!(
        "* 482 FETCH (UID 1933 FLAGS () {CAROL})\r\nB0004 OK\r\nB0005 OK\r\n+ idling\r\n"
    ));
    assert!(
        line.told()
            .last()
            .unwrap()
            .contains("UID 1933  From: carol")
    );
    assert_eq!(line.sent(), "");
}

#[test]
fn a_server_that_names_nothing_is_not_asked_for_ever() {
    let mut line = idling();
    line.server("* 483 EXISTS\r\n");
    let mut asked = 0;
    let (mut program, mut panel) = (2, 2);
    for _ in 0..20 {
        let sent = line.sent();
        if !sent.contains("DONE") {
            break;
        }
        line.server(&format!("P{program:04} OK\r\n"));
        let sent = line.sent();
        asked += usize::from(sent.contains("FETCH"));
        let answers = sent.matches('B').count();
        for _ in 0..answers {
            line.server(&format!("B{panel:04} OK\r\n"));
            panel += 1;
        }
        line.server("+ idling\r\n");
        program += 1;
    }
    assert_eq!(asked, 3);
}

#[test]
fn with_notify_it_hears_of_all_mailboxes() {
    let mut line = Line::new("IDLE NOTIFY", Some("Team"));
    line.sent();
    line.server("* 1 EXISTS\r\nP0001 OK ok\r\n");
    let sent = line.sent();
    assert!(
        sent.starts_with(
            "P0002 NOTIFY SET (SELECTED (MessageNew (UID FLAGS ENVELOPE) MessageExpunge FlagChange)) (PERSONAL"
        ),
        "{sent}"
    );
    line.live.knows(
        b"INBOX",
        &[("MESSAGES".to_owned(), 339), ("UNSEEN".to_owned(), 2)],
    );
    line.server("P0002 OK ok\r\n* STATUS INBOX (MESSAGES 340 UIDNEXT 9941 UNSEEN 2)\r\n");
    assert_eq!(*line.live.listening(), Listening::Notify);
    assert_eq!(
        line.told(),
        ["INBOX STATUS MESSAGES 339 -> 340  UIDNEXT 9941  UNSEEN 2"]
    );
    // Without ESEARCH only STATUS counts them without listing them. And it idles, too.
    assert_eq!(
        line.sent(),
        "B0001 STATUS Team (MESSAGES UNSEEN)\r\nP0003 IDLE\r\n"
    );
    line.server("* STATUS Team (MESSAGES 1 UNSEEN 1)\r\nB0001 OK\r\n+ idling\r\n");
    // The server names what comes by itself.
    line.server(&format!(
        "* 2 EXISTS\r\n* 2 FETCH (UID 8 FLAGS () {CAROL})\r\n"
    ));
    assert_eq!(line.sent(), "DONE\r\n");
    line.server("P0003 OK\r\n");
    assert_eq!(
        line.sent(),
        "B0002 STATUS Team (MESSAGES UNSEEN)\r\nP0004 IDLE\r\n"
    );
    line.server("B0002 OK\r\n+ idling\r\n* LIST (\\Subscribed) \"/\" Job (\"OLDNAME\" (\"Work\"))\r\n* LIST (\\NonExistent) \"/\" Old\r\n");
    assert_eq!(
        line.told()[1..],
        [
            "Team EXISTS 1 -> 2",
            "Team new  UID 8  From: carol  \"lunch?\"",
            "Job LIST (\\Subscribed)  was Work",
            "Old LIST (\\NonExistent)"
        ]
    );
    let lists = line.live.take_lists();
    let names: Vec<&[u8]> = lists.iter().map(|l| l.name.as_slice()).collect();
    assert_eq!(names, [b"Work".as_slice(), b"Job", b"Old"]);
    // It follows the mailbox that is open; what it asked NOTIFY for stays.
    let requests = line.live.follow(Some(b"Sent"));
    line.perform(requests);
    assert_eq!(line.sent(), "DONE\r\n");
    line.server("P0004 OK\r\n");
    assert_eq!(line.sent(), "P0005 EXAMINE Sent\r\n");
    line.server("* 5 EXISTS\r\nP0005 OK ok\r\n");
    assert_eq!(
        line.sent(),
        "B0003 STATUS Sent (MESSAGES UNSEEN)\r\nP0006 IDLE\r\n"
    );
    assert_eq!(line.live.mailbox(), Some(b"Sent".as_slice()));
}

#[test]
fn a_refused_notify_becomes_an_idle_and_nothing_at_all_a_sentence() {
    let mut line = Line::new("IDLE NOTIFY", Some("Team"));
    line.sent();
    line.server("P0001 OK ok\r\n");
    line.sent();
    line.server("P0002 NO not here\r\n");
    assert!(line.sent().ends_with("P0003 IDLE\r\n"));
    let mut line = Line::new("", Some("Team"));
    line.sent();
    line.server("P0001 OK ok\r\n");
    let Listening::Ended(sentence) = line.live.listening() else {
        panic!("it listens to nothing");
    };
    assert!(sentence.contains("neither NOTIFY nor IDLE"), "{sentence}");
    assert!(line.closed);
}

#[test]
fn a_notify_that_overflows_becomes_an_idle() {
    let mut line = Line::new("IDLE NOTIFY", Some("Team"));
    line.server("* 1 EXISTS\r\nP0001 OK ok\r\n");
    line.server("P0002 OK ok\r\n");
    line.server("B0001 OK ok\r\n");
    line.sent();
    line.server("+ idling\r\n* OK [NOTIFICATIONOVERFLOW] too much\r\n");
    assert_eq!(line.sent(), "", "it is in IDLE already");
    assert_eq!(*line.live.listening(), Listening::Idle);
    assert!(line.told().last().unwrap().contains("NOTIFICATIONOVERFLOW"));
}

#[test]
fn without_a_mailbox_and_without_notify_it_waits_for_one() {
    let mut line = Line::new("IDLE", None);
    assert_eq!(line.sent(), "");
    assert_eq!(*line.live.listening(), Listening::Waiting);
    let requests = line.live.follow(Some(b"Team"));
    line.perform(requests);
    assert_eq!(line.sent(), "P0001 EXAMINE Team\r\n");
    line.server("* 1 EXISTS\r\nP0001 OK ok\r\n");
    assert!(line.sent().ends_with("IDLE\r\n"));
    assert_eq!(*line.live.listening(), Listening::Idle);
}

#[test]
fn a_flood_of_events_is_bounded() {
    let mut line = idling();
    for n in 1..5_000 {
        line.server(&format!("* {n} FETCH (FLAGS (\\Seen \x1b[31m))\r\n"));
    }
    assert_eq!(line.live.book().iter().count(), KEPT);
    assert_eq!(line.live.book().end(), 4_999);
    let mut line = idling();
    line.server("* 1000000 EXISTS\r\n");
    line.sent();
    line.server("P0002 OK\r\n");
    let sent = line.sent();
    let fetch = sent.lines().find(|l| l.contains("FETCH")).unwrap();
    assert!(fetch.len() < 1_000, "the last ones only: {fetch}");
    assert!(
        fetch.contains("999951,") && !fetch.contains("999950,"),
        "{fetch}"
    );
}

/// RFC 2177: IDLE is renewed at least every 29 minutes; here for five hours.
#[test]
fn idle_is_begun_anew_in_time_and_goes_on_hearing() {
    let mut line = idling();
    let minute = Duration::from_secs(60);
    let mut renewed = 0;
    for _ in 0..300 {
        line.wait(minute);
        let sent = line.sent();
        if sent.is_empty() {
            continue;
        }
        assert_eq!(sent, "DONE\r\n");
        renewed += 1;
        line.server(&format!("P{:04} OK\r\n", renewed + 1));
        assert_eq!(line.sent(), format!("P{:04} IDLE\r\n", renewed + 2));
        line.server("+ idling\r\n");
    }
    assert_eq!(renewed, 10, "every 28 minutes of 300");
    assert_eq!(*line.live.listening(), Listening::Idle);
    assert!(
        line.told().is_empty(),
        "that is no event: {:?}",
        line.told()
    );
    line.server("* 483 EXISTS\r\n");
    assert_eq!(line.told(), ["Team EXISTS 482 -> 483"]);
}

/// RFC 2177 lets a server end it with OK; nobody else would begin it anew.
#[test]
fn an_idle_that_the_server_ends_by_itself_is_begun_anew() {
    let mut line = idling();
    line.server("P0002 OK enough\r\n");
    assert_eq!(line.sent(), "P0003 IDLE\r\n");
    line.server("+ idling\r\n");
    assert_eq!(line.sent(), "");
}

#[test]
fn a_line_that_is_broken_off_comes_back_and_what_was_missed_is_told() {
    let mut line = idling();
    line.wait(Duration::from_secs(600));
    line.sent();
    line.broken("Autologout; idle for too long");
    let Listening::Away { at, number } = *line.live.listening() else {
        panic!("{:?}", line.live.listening());
    };
    assert_eq!((at, number), (line.now() + WAITS[0], 1));
    let told = line.told();
    assert_eq!(told[0], "BYE Autologout; idle for too long");
    assert!(
        told[1].starts_with("Tries again in 1 s (1 of 8)."),
        "{told:?}"
    );
    assert!(!line.live.reopen(line.now(), false), "not yet");
    line.passed += WAITS[0];
    assert!(line.live.reopen(line.now(), false));
    assert_eq!(*line.live.listening(), Listening::Opening);
    line.greeted("IDLE ESEARCH");
    assert_eq!(line.sent(), "P0001 EXAMINE Team\r\n");
    line.server(
        "* 484 EXISTS\r\n* 0 RECENT\r\n* OK [UIDVALIDITY 7] x\r\n* OK [UIDNEXT 1936] x\r\nP0001 OK ok\r\n",
    );
    let told = line.told();
    assert_eq!(
        told[2..],
        [
            "Team 3 new, 1 gone while away  EXISTS 482 -> 484",
            "Listening again."
        ]
    );
    // Who wrote meanwhile is asked for.
    assert_eq!(
        line.sent(),
        "B0001 FETCH 482,483,484 (UID FLAGS ENVELOPE)\r\nB0002 SEARCH RETURN (COUNT) UNSEEN\r\nP0002 IDLE\r\n"
    );
    line.server(&format!(
        "* 484 FETCH (UID 1935 FLAGS () {CAROL})\r\nB0001 OK\r\nB0002 OK\r\n+ idling\r\n"
    ));
    assert!(
        line.told()
            .last()
            .unwrap()
            .contains("UID 1935  From: carol")
    );
}

#[test]
fn with_notify_the_other_mailboxes_are_counted_again() {
    let mut line = Line::new("IDLE NOTIFY", None);
    line.server("P0001 OK ok\r\n");
    line.live.knows(b"INBOX", &[("MESSAGES".to_owned(), 3)]);
    line.live.knows(b"Sent", &[("MESSAGES".to_owned(), 3)]);
    line.broken("");
    line.passed += WAITS[0];
    assert!(line.live.reopen(line.now(), false));
    line.greeted("IDLE NOTIFY");
    line.sent();
    line.server("P0001 OK ok\r\n");
    let sent = line.sent();
    assert!(
        sent.contains(" STATUS INBOX (MESSAGES UIDNEXT UNSEEN)\r\n"),
        "{sent}"
    );
    line.server(
        "* STATUS INBOX (MESSAGES 15 UNSEEN 12)\r\n* STATUS Sent (MESSAGES 3 UNSEEN 0)\r\n",
    );
    assert_eq!(
        line.told().last().unwrap(),
        "INBOX 12 new while away  STATUS MESSAGES 3 -> 15  UNSEEN 12",
        "and nothing of what is as it was"
    );
}

#[test]
fn it_is_tried_so_often_and_then_given_up_with_a_sentence() {
    let mut line = idling();
    line.broken("");
    for wait in &WAITS[..WAITS.len() - 1] {
        line.passed += *wait;
        assert!(line.live.reopen(line.now(), false));
        line.notice(Notice::Ended {
            cause: CloseCause::Failed("refused".to_owned()),
            sentence: "Nobody listens there.".to_owned(),
        });
        assert!(line.live.due().is_some());
    }
    line.passed += WAITS[WAITS.len() - 1];
    assert!(line.live.reopen(line.now(), false));
    line.notice(Notice::Ended {
        cause: CloseCause::Failed("refused".to_owned()),
        sentence: "Nobody listens there.".to_owned(),
    });
    let Listening::Ended(sentence) = line.live.listening().clone() else {
        panic!("{:?}", line.live.listening());
    };
    assert!(
        sentence.starts_with("Given up after 8 tries")
            && sentence.ends_with("Nobody listens there."),
        "{sentence}"
    );
    assert_eq!(line.live.due(), None);
    // The key for that tries once more, and counts anew.
    assert!(line.live.reopen(line.now(), true));
    line.greeted("IDLE");
    assert_eq!(*line.live.listening(), Listening::Opening);
}

#[test]
fn what_never_listened_is_not_tried_again_and_a_refused_login_neither() {
    let mut line = Line::new("IDLE", Some("Team"));
    line.broken("");
    assert!(matches!(line.live.listening(), Listening::Ended(_)));
    let mut line = idling();
    line.broken("");
    line.passed += WAITS[0];
    assert!(line.live.reopen(line.now(), false));
    line.notice(Notice::LoginFailed("The server refused craig.".to_owned()));
    assert_eq!(
        *line.live.listening(),
        Listening::Ended("The server refused craig.".to_owned())
    );
    assert!(line.closed, "no password is tried again and again");
}
