//! The second connection that listens: what it sends and what it tells.

use std::time::Duration;

use imapsh::console::live::{KEPT, Kind, Listening};

use crate::common::listener::{CAROL, Line, idling};

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

/// A mailbox that is what it is, and a server that tells of it.
#[derive(Default)]
struct Mailbox {
    /// UID, and whether it is seen, by sequence number.
    messages: Vec<(u64, bool)>,
    next: u64,
    /// In IDLE under this tag; DONE has not come.
    idle: Option<String>,
}

impl Mailbox {
    /// What a command is answered.
    fn answer(&mut self, line: &str) -> String {
        if line == "DONE" {
            let tag = self.idle.take().expect("it idles");
            return format!("{tag} OK done\r\n");
        }
        let (tag, command) = line.split_once(' ').expect("a tag");
        if command == "IDLE" {
            self.idle = Some(tag.to_owned());
            return "+ idling\r\n".to_owned();
        }
        if command.starts_with("SEARCH") {
            let unseen = self.messages.iter().filter(|m| !m.1).count();
            return format!("* ESEARCH (TAG \"{tag}\") COUNT {unseen}\r\n{tag} OK done\r\n");
        }
        let set = command.strip_prefix("FETCH ").expect("FETCH");
        let set = set.split(' ').next().expect("a set");
        let mut said = String::new();
        for number in set
            .split(',')
            .map(|n| n.parse::<usize>().expect("a number"))
        {
            // Dovecot refuses the whole command.
            let Some((uid, seen)) = self.messages.get(number - 1) else {
                return format!("{tag} BAD no such message\r\n");
            };
            let flags = if *seen { "\\Seen" } else { "" };
            said.push_str(&format!(
                "* {number} FETCH (UID {uid} FLAGS ({flags}) ENVELOPE (NIL \"s{uid}\" ((\"f{uid}\" NIL \"a\" \"b\")) NIL NIL NIL NIL NIL NIL NIL))\r\n"
            ));
        }
        format!("{said}{tag} OK done\r\n")
    }

    /// Something happens to it; what the server says of it in IDLE.
    fn change(&mut self, random: u64) -> String {
        let count = self.messages.len() as u64;
        let at = if count == 0 { 0 } else { (random >> 8) % count };
        match random % 3 {
            0 if count > 0 => {
                self.messages.remove(at as usize);
                format!("* {} EXPUNGE\r\n", at + 1)
            }
            1 if count > 0 => {
                let message = &mut self.messages[at as usize];
                message.1 = !message.1;
                let flags = if message.1 { "\\Seen" } else { "" };
                format!("* {} FETCH (FLAGS ({flags}))\r\n", at + 1)
            }
            _ => {
                self.next += 1;
                self.messages.push((self.next, false));
                format!("* {} EXISTS\r\n", self.messages.len())
            }
        }
    }
}

/// Whatever happens in whatever order, no message gets the name of another one, and the counts are right.
#[test]
fn at_random_no_message_gets_anothers_name() {
    for seed in 1..=60u64 {
        let mut random = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let mut next = || {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            random
        };
        let mut mailbox = Mailbox::default();
        for _ in 0..5 {
            mailbox.next += 1;
            mailbox.messages.push((mailbox.next, false));
        }
        let mut line = Line::new("IDLE ESEARCH", Some("Team"));
        line.sent();
        line.server("* 5 EXISTS\r\n* OK [UIDNEXT 6] x\r\nP0001 OK ok\r\n");
        let mut waiting: Vec<String> = Vec::new();
        for step in 0..400 {
            waiting.extend(line.sent().lines().map(str::to_owned));
            // While it idles things happen; towards the end everything is answered.
            if mailbox.idle.is_some() && step < 300 && next() % 3 > 0 {
                let said = mailbox.change(next());
                line.server(&said);
            } else if !waiting.is_empty() {
                let said = mailbox.answer(&waiting.remove(0));
                line.server(&said);
            }
        }
        assert!(waiting.is_empty(), "{seed}: {waiting:?}");
        for happening in line.live.book().iter() {
            let Some((from, subject)) = &happening.who else {
                continue;
            };
            let uid = happening.uid.expect("a UID with the name");
            let wanted = (format!("f{uid}"), format!("s{uid}"));
            assert_eq!((from, subject), (&wanted.0, &wanted.1), "{seed}");
            if let Some(seq) = happening.seq {
                let there = mailbox.messages.get(seq as usize - 1).map(|m| m.0);
                assert_eq!(there, Some(uid), "{seed}: {seq}");
            }
        }
        let named = line.live.book().iter().filter(|h| h.kind == Kind::New);
        assert!(named.count() > 5, "{seed}");
        let unseen = mailbox.messages.iter().filter(|m| !m.1).count() as u64;
        assert_eq!(
            line.live.counted(b"Team"),
            Some((mailbox.messages.len() as u64, Some(unseen))),
            "{seed}"
        );
    }
}
