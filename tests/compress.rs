//! COMPRESS=DEFLATE: the switch in the session, and the compressed line.

use std::time::Instant;

use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress};
use imapsh::channel::{Notice, Security};
use imapsh::session::{CloseCause, Event, Session};
use imapsh::wire::{Command, Origin};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::common::script::{Face, Peer, joe, plan, serve, serve_socket};

const GREETING: &[u8] = b"* PREAUTH [CAPABILITY IMAP4rev1 COMPRESS=DEFLATE] hello\r\n";

fn transmit(session: &mut Session) -> String {
    let mut out = Vec::new();
    while let Some(chunk) = session.poll_transmit() {
        out.extend_from_slice(&chunk);
    }
    String::from_utf8(out).unwrap()
}

#[test]
fn nothing_is_sent_or_read_between_the_ok_and_the_switch() {
    let now = Instant::now();
    let mut session = Session::new(now);
    session.handle_input(now, GREETING);
    session.submit(now, Command::line(Origin::User, "NOOP"));
    session.submit(now, Command::line(Origin::User, "COMPRESS DEFLATE"));
    session.submit(now, Command::line(Origin::User, "CHECK"));
    assert_eq!(transmit(&mut session), "A0001 NOOP\r\n");
    session.handle_input(now, b"A0001 OK done\r\n");
    assert_eq!(transmit(&mut session), "A0002 COMPRESS DEFLATE\r\n");
    while session.poll_event().is_some() {}
    // The server may compress at once.
    session.handle_input(now, b"A0002 OK go\r\n\x01\x02");
    session.handle_input(now, b"\x03");
    let said: Vec<Event> = std::iter::from_fn(|| session.poll_event()).collect();
    assert!(
        matches!(said.last(), Some(Event::Compress { .. })),
        "{said:?}"
    );
    assert_eq!(transmit(&mut session), "");
    assert_eq!(session.compression_started(now), [1, 2, 3]);
    assert_eq!(transmit(&mut session), "A0003 CHECK\r\n");
    session.handle_input(now, b"A0003 OK done\r\n");
    assert_eq!(session.in_flight(), 0);
}

#[test]
fn a_refused_compress_changes_nothing() {
    let now = Instant::now();
    let mut session = Session::new(now);
    session.handle_input(now, GREETING);
    session.submit(now, Command::line(Origin::User, "COMPRESS DEFLATE"));
    session.submit(now, Command::line(Origin::User, "CHECK"));
    transmit(&mut session);
    session.handle_input(now, b"A0001 NO [COMPRESSIONACTIVE] no\r\n");
    assert_eq!(transmit(&mut session), "A0002 CHECK\r\n");
}

/// The server's end of a compressed line.
struct Packed {
    socket: TcpStream,
    inflate: Decompress,
    deflate: Compress,
    text: Vec<u8>,
}

impl Packed {
    fn new(socket: TcpStream) -> Packed {
        Packed {
            socket,
            inflate: Decompress::new(false),
            deflate: Compress::new(Compression::default(), false),
            text: Vec::new(),
        }
    }

    fn pack(&mut self, text: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(text.len() + 256 * 1024);
        self.deflate
            .compress_vec(text, &mut out, FlushCompress::Sync)
            .unwrap();
        out
    }

    async fn line(&mut self) -> String {
        loop {
            if let Some(at) = self.text.iter().position(|b| *b == b'\n') {
                let line: Vec<u8> = self.text.drain(..=at).collect();
                return String::from_utf8_lossy(&line).trim_end().to_owned();
            }
            let mut chunk = [0; 1024];
            let octets = self.socket.read(&mut chunk).await.unwrap();
            assert!(octets > 0, "the client closed");
            let mut out = Vec::with_capacity(64 * 1024);
            self.inflate
                .decompress_vec(&chunk[..octets], &mut out, FlushDecompress::Sync)
                .unwrap();
            self.text.extend(out);
        }
    }

    async fn answer(&mut self, wanted: &str, before: &str) {
        let line = self.line().await;
        let (tag, rest) = line.split_once(' ').unwrap();
        assert_eq!(rest, wanted);
        let packed = self.pack(format!("{before}{tag} OK done\r\n").as_bytes());
        self.socket.write_all(&packed).await.unwrap();
    }
}

/// A line in plain text, an octet at a time: what is behind it may be compressed.
async fn plain_line(socket: &mut TcpStream) -> String {
    let mut line = Vec::new();
    while !line.ends_with(b"\n") {
        line.push(socket.read_u8().await.unwrap());
    }
    String::from_utf8(line).unwrap()
}

#[tokio::test]
async fn compress_typed_by_hand_is_followed_up_and_counted() {
    let big = format!("* OK {}\r\n", "all the same ".repeat(4000));
    let (address, server) = serve_socket(|mut socket| async move {
        socket.write_all(GREETING).await.unwrap();
        let line = plain_line(&mut socket).await;
        assert_eq!(line, "A0001 COMPRESS DEFLATE\r\n");
        let mut packed = Packed::new(socket);
        // The OK and the first compressed octets in one packet.
        let mut out = b"A0001 OK go\r\n".to_vec();
        out.extend(packed.pack(b"* 3 EXISTS\r\n"));
        packed.socket.write_all(&out).await.unwrap();
        packed.answer("NOOP", &big).await;
        packed.answer("LOGOUT", "* BYE\r\n").await;
    })
    .await;
    let mut face = Face::connect(plan(address, Security::Plain));
    face.ready().await;
    face.submit("COMPRESS DEFLATE");
    face.submit("NOOP");
    let gauge = face
        .until(
            "the sizes",
            |n| matches!(n, Notice::Gauge(g) if g.compressed.is_some_and(|c| c.plain_in > 50_000)),
        )
        .await;
    let Notice::Gauge(gauge) = gauge else {
        unreachable!()
    };
    let sizes = gauge.compressed.unwrap();
    assert!(
        sizes.line_in < sizes.plain_in / 20 && sizes.plain_out == 12 && sizes.line_out > 0,
        "{sizes:?}"
    );
    face.submit("LOGOUT");
    assert_eq!(face.end().await.0, CloseCause::Logout);
    server.await.unwrap();
    let received = face.received();
    assert!(received.contains("* 3 EXISTS\r\n") && received.contains("all the same all the same"));
    assert!(face.sent().contains("A0002 NOOP\r\n"));
}

#[tokio::test]
async fn a_bomb_unfolds_no_faster_than_it_is_read() {
    // 64 MiB of spaces in a line that never ends, in 64 KiB.
    let (address, server) = serve_socket(|mut socket| async move {
        socket.write_all(GREETING).await.unwrap();
        plain_line(&mut socket).await;
        socket.write_all(b"A0001 OK go\r\n").await.unwrap();
        let mut packed = Packed::new(socket);
        let spaces = vec![b' '; 1024 * 1024];
        let mut bomb = packed.pack(b"* OK ");
        for _ in 0..64 {
            let mut input = spaces.as_slice();
            while !input.is_empty() {
                let mut out = Vec::with_capacity(64 * 1024);
                let before = packed.deflate.total_in();
                packed
                    .deflate
                    .compress_vec(input, &mut out, FlushCompress::None)
                    .unwrap();
                input = &input[(packed.deflate.total_in() - before) as usize..];
                bomb.extend(out);
            }
        }
        bomb.extend(packed.pack(b"\r\n"));
        assert!(bomb.len() < 256 * 1024);
        packed.socket.write_all(&bomb).await.unwrap();
        packed.answer("NOOP", "").await;
    })
    .await;
    let mut face = Face::connect(plan(address, Security::Plain));
    face.ready().await;
    face.submit("COMPRESS DEFLATE");
    let mut spaces = 0;
    while spaces < 64 * 1024 * 1024 {
        let notice = face.until("events", |_| true).await;
        assert!(!matches!(notice, Notice::Ended { .. }), "{notice:?}");
        if let Notice::Events { events, .. } = &notice {
            let octets = |e: &Event| match e {
                Event::Received(piece) => piece.bytes().iter().filter(|b| **b == b' ').count(),
                _ => 0,
            };
            let read: usize = events.iter().map(octets).sum();
            assert!(read <= 256 * 1024, "{read} octets in one notice");
            spaces += read;
        }
        face.seen.clear();
    }
    face.submit("NOOP");
    face.until("the answer", |n| {
        matches!(n, Notice::Events { events, .. }
            if events.iter().any(|e| matches!(e, Event::Completed { .. })))
    })
    .await;
    server.await.unwrap();
}

#[tokio::test]
async fn data_that_is_no_deflate_is_a_sentence() {
    let (address, server) = serve(|mut peer: Peer| async move {
        peer.say_bytes(GREETING).await;
        peer.answer("COMPRESS", "TAG OK go\r\n").await;
        // No block of DEFLATE begins so.
        peer.say_bytes(b"\x07 in plain text\r\n").await;
        peer.rest().await
    })
    .await;
    let mut face = Face::connect(plan(address, Security::Plain));
    face.ready().await;
    face.submit("COMPRESS DEFLATE");
    let (cause, sentence) = face.end().await;
    assert!(matches!(cause, CloseCause::Failed(_)));
    assert!(sentence.contains("DEFLATE data"), "{sentence}");
    server.await.unwrap();
}

// ---- -q

#[tokio::test]
async fn required_compression_comes_behind_the_login() {
    let (address, server) = serve_socket(|mut socket| async move {
        socket
            .write_all(b"* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] hi\r\n")
            .await
            .unwrap();
        let login = plain_line(&mut socket).await;
        assert!(login.starts_with("P0001 AUTHENTICATE PLAIN "), "{login}");
        socket
            .write_all(b"P0001 OK [CAPABILITY IMAP4rev1 COMPRESS=DEFLATE] in\r\n")
            .await
            .unwrap();
        assert_eq!(plain_line(&mut socket).await, "P0002 COMPRESS DEFLATE\r\n");
        socket.write_all(b"P0002 OK go\r\n").await.unwrap();
        Packed::new(socket).answer("LOGOUT", "* BYE\r\n").await;
    })
    .await;
    let mut plan = plan(address, Security::Plain);
    plan.credentials = joe();
    plan.network.compress = true;
    let mut face = Face::connect(plan);
    face.ready().await;
    face.submit("LOGOUT");
    assert_eq!(face.end().await.0, CloseCause::Logout);
    server.await.unwrap();
}

#[tokio::test]
async fn required_compression_that_cannot_be_had_ends_it() {
    for (capability, answer, words) in [
        ("IMAP4rev1", "", "does not offer COMPRESS=DEFLATE"),
        (
            "IMAP4rev1 COMPRESS=DEFLATE",
            "TAG NO not today\r\n",
            "refused COMPRESS, which -q demands: NO not today",
        ),
    ] {
        let (address, server) = serve(move |mut peer: Peer| async move {
            peer.say(&format!("* PREAUTH [CAPABILITY {capability}] hi\r\n"))
                .await;
            if !answer.is_empty() {
                peer.answer("COMPRESS DEFLATE", answer).await;
            }
            peer.rest().await
        })
        .await;
        let mut plan = plan(address, Security::Plain);
        plan.network.compress = true;
        let (cause, sentence) = Face::connect(plan).end().await;
        assert!(matches!(cause, CloseCause::Failed(_)));
        assert!(
            sentence.contains(words) && sentence.contains("-q"),
            "{sentence}"
        );
        server.await.unwrap();
    }
}
