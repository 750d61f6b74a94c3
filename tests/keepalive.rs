//! A line that must not fall silent, and a server that does.

use std::time::{Duration, Instant, SystemTime};

use imapsh::channel::{Compressed, Gauge, Notice, Request, Security};
use imapsh::session::{CloseCause, Event, Session};
use imapsh::wire::{Command, Origin};

use crate::common::screen::{Screen, clock};
use crate::common::script::{Face, Peer, plan, serve};

const GREETING: &str = "* PREAUTH [CAPABILITY IMAP4rev1 IDLE] hello\r\n";
const MINUTE: Duration = Duration::from_secs(60);

fn transmit(session: &mut Session) -> String {
    let mut out = Vec::new();
    while let Some(chunk) = session.poll_transmit() {
        out.extend_from_slice(&chunk);
    }
    String::from_utf8(out).unwrap()
}

fn kept_alive() -> (Session, Instant) {
    let now = Instant::now();
    let mut session = Session::new(now);
    session.set_keepalive(Some(28 * MINUTE));
    assert_eq!(session.poll_timeout(), None, "nobody has greeted");
    session.handle_input(now, GREETING.as_bytes());
    (session, now)
}

#[test]
fn a_silent_line_gets_a_noop_and_so_on() {
    let (mut session, start) = kept_alive();
    let due = session.poll_timeout().unwrap();
    assert_eq!(due, start + 28 * MINUTE);
    session.handle_timeout(due - MINUTE);
    assert_eq!(transmit(&mut session), "", "not yet");
    session.handle_timeout(due);
    assert_eq!(transmit(&mut session), "P0001 NOOP\r\n");
    assert_eq!(session.poll_timeout(), None, "its answer is waited for");
    session.handle_input(due, b"P0001 OK done\r\n");
    assert_eq!(session.poll_timeout(), Some(due + 28 * MINUTE));
}

#[test]
fn what_the_user_sends_puts_it_off() {
    let (mut session, start) = kept_alive();
    let later = start + 10 * MINUTE;
    session.submit(later, Command::line(Origin::User, "CHECK"));
    assert_eq!(transmit(&mut session), "A0001 CHECK\r\n");
    session.handle_input(later, b"A0001 OK done\r\n");
    assert_eq!(session.poll_timeout(), Some(later + 28 * MINUTE));
}

#[test]
fn idle_is_ended_and_begun_anew() {
    let (mut session, start) = kept_alive();
    session.submit(start, Command::line(Origin::User, "IDLE"));
    assert_eq!(transmit(&mut session), "A0001 IDLE\r\n");
    assert_eq!(session.poll_timeout(), None, "the server has not said +");
    session.handle_input(start, b"+ idling\r\n");
    let due = session.poll_timeout().unwrap();
    session.handle_timeout(due);
    assert_eq!(transmit(&mut session), "DONE\r\n");
    session.handle_input(due, b"* 4 EXISTS\r\nA0001 OK idled\r\n");
    assert_eq!(transmit(&mut session), "P0001 IDLE\r\n");
    session.handle_input(due, b"+ idling\r\n");
    assert!(session.is_idling());
    assert_eq!(session.poll_timeout(), Some(due + 28 * MINUTE));
    // The user's word ends it like his own.
    session.submit(due, Command::line(Origin::User, "NOOP"));
    assert_eq!(transmit(&mut session), "DONE\r\n");
}

#[test]
fn nothing_keeps_a_connection_alive_that_is_over() {
    let (mut session, start) = kept_alive();
    session.handle_input(start, b"* BYE shutting down\r\n");
    assert_eq!(session.poll_timeout(), None);
    let (mut session, start) = kept_alive();
    session.handle_close(start, CloseCause::Closed);
    assert_eq!(session.poll_timeout(), None);
    let (mut session, _) = kept_alive();
    session.set_keepalive(None);
    assert_eq!(session.poll_timeout(), None);
}

fn started(notice: &Notice, tag: &str) -> bool {
    let ours = |event: &Event| matches!(event, Event::Started { tag: Some(t), .. } if t.as_bytes() == tag.as_bytes());
    matches!(notice, Notice::Events { events, .. } if events.iter().any(ours))
}

#[tokio::test]
async fn the_task_sends_it_and_the_face_sees_it_coming() {
    let (address, server) = serve(|mut peer: Peer| async move {
        peer.say(GREETING).await;
        peer.answer("NOOP", "TAG OK one\r\n").await;
        peer.answer("NOOP", "TAG OK two\r\n").await;
        peer.rest().await
    })
    .await;
    let mut plan = plan(address, Security::Plain);
    plan.network.keepalive = Some(Duration::from_millis(500));
    let before = SystemTime::now();
    let mut face = Face::connect(plan);
    let told = |n: &Notice| matches!(n, Notice::Gauge(gauge) if gauge.keepalive.is_some());
    let Notice::Gauge(gauge) = face.until("the countdown", told).await else {
        unreachable!()
    };
    assert!(gauge.keepalive.unwrap() > before);
    face.until("the second one", |n| started(n, "P0002")).await;
    face.ask(Request::Close);
    server.await.unwrap();
}

#[tokio::test]
async fn a_server_that_does_not_answer_is_given_up_visibly() {
    let (address, server) = serve(|mut peer: Peer| async move {
        peer.say(GREETING).await;
        peer.rest().await
    })
    .await;
    let mut plan = plan(address, Security::Plain);
    plan.limits.answer = Some(Duration::from_millis(700));
    let mut face = Face::connect(plan);
    face.ready().await;
    face.submit("NOOP");
    face.until(
        "the countdown",
        |n| matches!(n, Notice::Gauge(gauge) if gauge.given_up.is_some()),
    )
    .await;
    let (cause, sentence) = face.end().await;
    assert!(matches!(cause, CloseCause::Failed(_)));
    assert!(sentence.contains("sent nothing for 700 ms"), "{sentence}");
    server.await.unwrap();
}

#[tokio::test]
async fn idle_may_be_silent_for_longer_than_an_answer() {
    let (address, server) = serve(|mut peer: Peer| async move {
        peer.say(GREETING).await;
        let line = peer.line().await.unwrap();
        peer.say("+ idling\r\n").await;
        // Longer than the limit on answers; DONE is what ends it.
        assert_eq!(peer.line().await.as_deref(), Some("DONE"));
        let tag = line.split(' ').next().unwrap();
        peer.say(&format!("{tag} OK idled\r\n")).await;
        peer.answer("IDLE", "+ idling\r\n").await;
        peer.rest().await
    })
    .await;
    let mut plan = plan(address, Security::Plain);
    plan.limits.answer = Some(Duration::from_millis(100));
    plan.network.keepalive = Some(Duration::from_millis(400));
    let mut face = Face::connect(plan);
    face.ready().await;
    face.submit("IDLE");
    face.until("the renewal", |n| started(n, "P0001")).await;
    face.ask(Request::Close);
    server.await.unwrap();
}

// ---- the status bar

#[test]
fn the_status_bar_counts() {
    let mut screen = Screen::new(160, 40);
    screen.log_in();
    let gauge = Gauge {
        keepalive: Some(clock() + 28 * MINUTE),
        given_up: None,
        compressed: Some(Compressed {
            plain_in: 50_000,
            line_in: 2_000,
            plain_out: 700,
            line_out: 300,
        }),
    };
    screen.notice(Notice::Gauge(gauge));
    screen.shows("keepalive 28 min");
    screen.shows("deflate in 2.0 kB  out 300");
    // In the last minute every second counts, and the screen wakes for it.
    let now = Instant::now();
    let long = screen.state.next_tick(now).unwrap() - now;
    assert!(long <= MINUTE && long > Duration::ZERO, "{long:?}");
    screen.notice(Notice::Gauge(Gauge {
        keepalive: Some(clock() + Duration::from_secs(42)),
        ..gauge
    }));
    screen.shows("keepalive 0:42");
    assert_eq!(
        screen.state.next_tick(now),
        Some(now + Duration::from_secs(1))
    );
}

#[test]
fn the_patience_with_a_server_is_seen_while_it_is_connected_to() {
    let mut screen = Screen::new(100, 30);
    screen
        .state
        .connection_opened(crate::common::screen::plan());
    screen.notice(Notice::Gauge(Gauge {
        given_up: Some(clock() + Duration::from_secs(9)),
        ..Gauge::default()
    }));
    screen.shows("gives up in 0:09");
}
