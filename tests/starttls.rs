//! the upgrade barrier. The traces `tests/traces/starttls*.trace` show the conversations.

use std::time::Instant;

use imapsh::session::{CloseCause, Event, Session, Violation};
use imapsh::wire::{Command, Origin};

fn asked() -> (Session, Instant) {
    let now = Instant::now();
    let mut session = Session::new(now);
    session.handle_input(now, b"* OK [CAPABILITY IMAP4rev1 STARTTLS] hi\r\n");
    session.submit(now, Command::line(Origin::Program, "STARTTLS"));
    session.submit(now, Command::line(Origin::Program, "LOGIN craig secret"));
    assert_eq!(
        transmit(&mut session),
        "P0001 STARTTLS\r\n",
        "nothing is pipelined behind STARTTLS"
    );
    events(&mut session);
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

fn received(events: &[Event]) -> Vec<u8> {
    let bytes = |event: &Event| match event {
        Event::Received(piece) => Some(piece.bytes().to_vec()),
        _ => None,
    };
    events.iter().filter_map(bytes).flatten().collect()
}

#[test]
fn nothing_goes_until_tls_is_on_and_the_capabilities_are_forgotten() {
    let (mut session, now) = asked();
    session.handle_input(now, b"P0001 OK begin\r\n");
    let said = events(&mut session);
    assert!(
        matches!(said.last(), Some(Event::StartTls { .. })),
        "{said:?}"
    );
    assert_eq!(transmit(&mut session), "");
    assert!(session.capabilities().is_some());
    session.tls_started(now);
    assert_eq!(events(&mut session), [Event::Capabilities(None)]);
    assert!(session.capabilities().is_none());
    assert_eq!(transmit(&mut session), "P0002 LOGIN craig secret\r\n");
}

#[test]
fn plain_text_behind_the_ok_is_an_alarm_however_it_comes() {
    let injected = b"* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\nP0002 OK [CAPABILITY X] logged in\r\n* 1 FETCH (BODY[] {5}\r\nab";
    for split in [0, 1, 2, 40] {
        let (mut session, now) = asked();
        let (with_ok, later) = injected.split_at(split);
        session.handle_input(now, &[b"P0001 OK begin\r\n".as_slice(), with_ok].concat());
        session.handle_input(now, later);
        let said = events(&mut session);
        let octets: usize = said
            .iter()
            .filter_map(|e| match e {
                Event::Violation(Violation::PlaintextBehindStartTls { octets }) => Some(*octets),
                _ => None,
            })
            .sum();
        assert_eq!(octets, injected.len());
        assert_eq!(
            received(&said),
            [b"P0001 OK begin\r\n".as_slice(), injected].concat()
        );
        let after = said
            .iter()
            .position(|e| matches!(e, Event::StartTls { .. }))
            .unwrap();
        let parsed = said[after..].iter().any(|e| {
            matches!(
                e,
                Event::Response { .. } | Event::Capabilities(_) | Event::Completed { .. }
            )
        });
        assert!(!parsed, "{said:?}");
        // The driver must close. Even one that goes on gets no password out of it.
        session.tls_started(now);
        session.handle_input(now, b"P0002 OK in\r\n");
        assert_eq!(transmit(&mut session), "");
        session.handle_close(now, CloseCause::Local);
        assert!(matches!(
            events(&mut session).last(),
            Some(Event::Closed(CloseCause::Local))
        ));
    }
}

#[test]
fn bytes_before_the_ok_are_no_alarm() {
    let (mut session, now) = asked();
    session.handle_input(now, b"* OK soon\r\nP0001 O");
    session.handle_input(now, b"K begin\r\n");
    let said = events(&mut session);
    assert!(
        !said.iter().any(|e| matches!(e, Event::Violation(_))),
        "{said:?}"
    );
    session.tls_started(now);
    session.handle_input(now, b"* CAPABILITY IMAP4rev1\r\n");
    assert!(session.capabilities().is_some_and(|c| c.has("IMAP4rev1")));
}

#[test]
fn a_refusal_leaves_the_line_as_it_was() {
    for reply in [
        "P0001 NO [UNAVAILABLE] no certificate\r\n",
        "P0001 BAD what?\r\n",
    ] {
        let (mut session, now) = asked();
        session.handle_input(now, reply.as_bytes());
        let said = events(&mut session);
        assert!(!said.iter().any(|e| matches!(e, Event::StartTls { .. })));
        assert!(session.capabilities().is_some());
        // Whether to go on without TLS is the driver's decision (and imapsh's link does not).
        assert_eq!(transmit(&mut session), "P0002 LOGIN craig secret\r\n");
        session.tls_started(now);
        assert!(session.capabilities().is_some(), "there was no TLS");
    }
}

#[test]
fn it_waits_for_what_is_in_flight_but_not_for_a_line_without_a_tag() {
    let now = Instant::now();
    let mut session = Session::new(now);
    session.handle_input(now, b"* OK hi\r\n");
    let odd = Command {
        tag: imapsh::wire::TagChoice::AsTyped,
        ..Command::line(Origin::User, "(odd")
    };
    session.submit(now, odd);
    session.submit(now, Command::line(Origin::User, "CAPABILITY"));
    session.submit(now, Command::line(Origin::User, "STARTTLS"));
    assert_eq!(transmit(&mut session), "(odd\r\nA0001 CAPABILITY\r\n");
    session.handle_input(now, b"A0001 OK\r\n");
    assert_eq!(transmit(&mut session), "A0002 STARTTLS\r\n");
}

#[test]
fn a_close_instead_of_a_handshake_abandons_what_waited() {
    let (mut session, now) = asked();
    session.handle_input(now, b"P0001 OK begin\r\n");
    session.handle_close(now, CloseCause::Failed("connection reset".to_owned()));
    let said = events(&mut session);
    assert!(said.iter().any(|e| matches!(e, Event::Abandoned { .. })));
    assert_eq!(
        said.last(),
        Some(&Event::Closed(CloseCause::Failed(
            "connection reset".to_owned()
        )))
    );
}
