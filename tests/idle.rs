//! IDLE and DONE. The traces `tests/traces/idle-*.trace` show the conversations; here is what a face sees.

use std::time::Instant;

use imapsh::session::{Awaiting, CloseCause, Event, Reply, RespondError, Session};
use imapsh::wire::{Command, Origin, TagChoice};

fn idling() -> (Session, Instant) {
    let now = Instant::now();
    let mut session = Session::new(now);
    session.handle_input(now, b"* PREAUTH [CAPABILITY IMAP4rev1 IDLE] hi\r\n");
    session.submit(now, Command::line(Origin::User, "idle"));
    assert_eq!(transmit(&mut session), "A0001 idle\r\n");
    (session, now)
}

fn transmit(session: &mut Session) -> String {
    let mut out = Vec::new();
    while let Some(chunk) = session.poll_transmit() {
        out.extend_from_slice(&chunk);
    }
    String::from_utf8(out).unwrap()
}

fn events(session: &mut Session) -> Vec<Event> {
    std::iter::from_fn(|| session.poll_event()).collect()
}

#[test]
fn done_waits_for_the_continuation_request() {
    let (mut session, now) = idling();
    assert!(session.is_idling());
    assert_eq!(session.awaiting(), Awaiting::IdleDone);
    session.respond(now, Reply::Done).unwrap();
    assert_eq!(
        transmit(&mut session),
        "",
        "RFC 2177: DONE answers the continuation request"
    );
    assert!(session.is_idling());
    session.handle_input(now, b"+ idling\r\n");
    assert_eq!(transmit(&mut session), "DONE\r\n");
    assert!(!session.is_idling());
    assert_eq!(session.in_flight(), 1);
    session.handle_input(now, b"A0001 OK\r\n");
    assert_eq!(session.in_flight(), 0);
}

#[test]
fn done_is_sent_once() {
    let (mut session, now) = idling();
    session.handle_input(now, b"+ idling\r\n");
    session.respond(now, Reply::Done).unwrap();
    assert_eq!(
        session.respond(now, Reply::Done),
        Err(RespondError::NotAwaited { what: "DONE" })
    );
    session.submit(now, Command::line(Origin::Program, "NOOP"));
    session.submit(now, Command::line(Origin::User, "NOOP"));
    assert_eq!(transmit(&mut session), "DONE\r\n");
    session.handle_input(now, b"* 3 EXISTS\r\nA0001 OK\r\n");
    assert_eq!(transmit(&mut session), "P0001 NOOP\r\nA0002 NOOP\r\n");
}

#[test]
fn what_comes_while_it_idles_answers_nobody() {
    let (mut session, now) = idling();
    session.handle_input(now, b"+ idling\r\n");
    events(&mut session);
    session.respond(now, Reply::Done).unwrap();
    transmit(&mut session);
    session.handle_input(now, b"* 3 EXISTS\r\n* 2 EXPUNGE\r\n* OK still here\r\n");
    let commands: Vec<_> = events(&mut session)
        .into_iter()
        .filter_map(|e| match e {
            Event::Response { command, .. } => Some(command),
            _ => None,
        })
        .collect();
    assert_eq!(commands, [None, None, None]);
}

#[test]
fn an_idle_that_the_server_ends_by_itself_gets_no_done() {
    for reply in ["A0001 BAD too long\r\n", "A0001 OK enough\r\n"] {
        let (mut session, now) = idling();
        session.handle_input(now, b"+ idling\r\n");
        session.respond(now, Reply::Done).unwrap();
        // DONE is wanted, and the driver has not written it yet.
        session.handle_input(now, reply.as_bytes());
        assert_eq!(transmit(&mut session), "");
        assert_eq!(session.awaiting(), Awaiting::Command);
        session.submit(now, Command::line(Origin::User, "NOOP"));
        assert_eq!(transmit(&mut session), "A0002 NOOP\r\n");
    }
}

#[test]
fn done_typed_as_it_is_ends_it_and_bears_its_name() {
    for tag in [TagChoice::AsTyped, TagChoice::Generated] {
        let (mut session, now) = idling();
        session.handle_input(now, b"+ idling\r\n");
        events(&mut session);
        let done = Command {
            tag,
            ..Command::line(Origin::User, "Done")
        };
        let id = session.submit(now, done);
        assert_eq!(transmit(&mut session), "DONE\r\n");
        session.handle_input(now, b"A0001 OK\r\n");
        let ended = events(&mut session)
            .into_iter()
            .any(|e| matches!(e, Event::Completed { command, .. } if command == id));
        assert!(ended);
    }
}

#[test]
fn done_without_idle_is_a_command_like_any_other() {
    let now = Instant::now();
    let mut session = Session::new(now);
    session.handle_input(now, b"* PREAUTH hi\r\n");
    session.submit(now, Command::line(Origin::User, "DONE"));
    assert_eq!(transmit(&mut session), "A0001 DONE\r\n");
}

#[test]
fn a_second_continuation_request_is_nobodys() {
    let (mut session, now) = idling();
    session.handle_input(now, b"+ idling\r\n");
    events(&mut session);
    session.handle_input(now, b"+ idling\r\n");
    assert!(
        events(&mut session)
            .iter()
            .any(|e| matches!(e, Event::Violation(_)))
    );
    assert!(session.is_idling());
}

#[test]
fn commands_before_it_are_answered_while_it_idles() {
    let now = Instant::now();
    let mut session = Session::new(now);
    session.handle_input(now, b"* PREAUTH hi\r\n");
    session.submit(now, Command::line(Origin::User, "CHECK"));
    session.submit(now, Command::line(Origin::User, "IDLE"));
    assert_eq!(transmit(&mut session), "A0001 CHECK\r\nA0002 IDLE\r\n");
    session.handle_input(now, b"A0001 OK\r\n");
    assert_eq!(session.in_flight(), 1);
    assert!(session.is_idling());
}

#[test]
fn a_close_while_it_idles_abandons_it() {
    let (mut session, now) = idling();
    session.handle_input(now, b"+ idling\r\n* BYE shutting down\r\n");
    session.handle_close(now, CloseCause::Closed);
    assert!(!session.is_idling());
    assert_eq!(session.awaiting(), Awaiting::Command);
    let events = events(&mut session);
    assert!(events.iter().any(|e| matches!(e, Event::Abandoned { .. })));
    assert_eq!(
        events.last(),
        Some(&Event::Closed(CloseCause::Bye("shutting down".to_owned())))
    );
}
