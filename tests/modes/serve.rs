//! `-x SOCKET`.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use imapsh::channel::Plan;
use imapsh::link::Handle;
use imapsh::link::door::Door;
use imapsh::runner::{exit, serve};
use tokio::net::UnixStream;
use tokio::sync::{mpsc, oneshot};

use super::{Actors, answers, ends, errors, in_time, logged_in, new_demo, piped, to_demo};
use crate::common::script::Peer;

struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Place {
        Place(tempfile::tempdir().unwrap())
    }

    fn socket(&self) -> PathBuf {
        self.0.path().join("door")
    }
}

/// Serves while `visit` runs, then comes the signal; the exit code and stderr.
async fn serving<F: Future<Output = ()>>(
    plan: Plan,
    connect: impl FnOnce(Plan) -> Handle,
    socket: &Path,
    visit: impl FnOnce(mpsc::UnboundedSender<u8>) -> F,
) -> (u8, String) {
    let (mut ends, signals) = ends();
    let (to, ready) = oneshot::channel();
    let visits = async {
        if ready.await.is_ok() {
            visit(signals.clone()).await;
            let _ = signals.send(exit::TERMINATED);
        }
    };
    let run = serve::run(
        &plan,
        connect,
        socket,
        || {
            let _ = to.send(());
        },
        &mut ends,
    );
    let (code, ()) = tokio::join!(run, visits);
    (code, errors(&ends))
}

async fn enter(socket: &Path) -> Peer {
    let mut visitor = Peer::new(UnixStream::connect(socket).await.unwrap());
    let greeting = visitor.line().await.unwrap();
    assert!(greeting.starts_with("* PREAUTH [CAPABILITY "), "{greeting}");
    visitor
}

/// Says `command` and reads up to its tagged answer.
async fn ask(visitor: &mut Peer, command: &str) -> Vec<String> {
    visitor.say(&format!("{command}\r\n")).await;
    until(visitor, command.split(' ').next().unwrap()).await
}

async fn until(visitor: &mut Peer, tag: &str) -> Vec<String> {
    let mut lines = Vec::new();
    while let Some(line) = visitor.line().await {
        let last = line.starts_with(&format!("{tag} "));
        lines.push(line);
        if last {
            return lines;
        }
    }
    panic!("no answer to {tag}: {lines:?}")
}

#[test]
fn one_program_after_another_on_one_login() {
    in_time(async {
        let place = Place::new();
        let socket = place.socket();
        let demo = new_demo();
        let (code, errors) = serving(logged_in("craig"), to_demo(&demo), &socket, async |_| {
            let mode = std::fs::metadata(&socket).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
            for _ in 0..3 {
                let mut visitor = enter(&socket).await;
                // The visitor before has left the mailbox.
                let lines = ask(&mut visitor, "a1 FETCH 1 FLAGS").await;
                assert!(!lines.last().unwrap().starts_with("a1 OK"), "{lines:?}");
                let lines = ask(&mut visitor, "a2 SELECT INBOX").await;
                assert!(lines.last().unwrap().starts_with("a2 OK"), "{lines:?}");
                visitor.say("a3 APPEND INBOX {9}\r\n").await;
                assert!(visitor.line().await.unwrap().starts_with('+'));
                visitor.say("a: b\r\n\r\nc\r\n").await;
                let lines = until(&mut visitor, "a3").await;
                assert!(lines.last().unwrap().starts_with("a3 OK"), "{lines:?}");
                let lines = ask(&mut visitor, "a4 LOGOUT").await;
                assert!(lines[lines.len() - 2].starts_with("* BYE"), "{lines:?}");
                assert!(visitor.line().await.is_none());
            }
        })
        .await;
        assert_eq!(code, exit::TERMINATED, "{errors}");
        assert!(errors.contains("serving the session of craig"), "{errors}");
        assert!(!socket.exists());
    });
}

#[test]
fn pipelined_commands_then_the_end_of_input() {
    in_time(async {
        let place = Place::new();
        let socket = place.socket();
        let demo = new_demo();
        let (code, errors) = serving(logged_in("craig"), to_demo(&demo), &socket, async |_| {
            // As `printf ... | socat - UNIX-CONNECT:door` does it.
            let mut stream = UnixStream::connect(&socket).await.unwrap();
            use tokio::io::{AsyncReadExt, AsyncWriteExt};
            stream
                .write_all(b"a1 NOOP\r\na2 IDLE\r\nDONE\r\na3 STATUS INBOX (MESSAGES)\r\n")
                .await
                .unwrap();
            stream.shutdown().await.unwrap();
            let mut text = String::new();
            stream.read_to_string(&mut text).await.unwrap();
            for wanted in ["\r\na1 OK", "\r\na2 OK", "\r\n* STATUS INBOX", "\r\na3 OK"] {
                assert!(text.contains(wanted), "{wanted:?}\n{text}");
            }
            // What the program itself said is not the visitor's.
            assert!(!text.contains("\r\nP0"), "{text}");
        })
        .await;
        assert_eq!(code, exit::TERMINATED, "{errors}");
    });
}

#[test]
fn what_would_spoil_the_session_goes_no_further() {
    in_time(async {
        let place = Place::new();
        let socket = place.socket();
        let actors = Actors::new();
        let greeting = "* PREAUTH [CAPABILITY IMAP4rev1 UNSELECT COMPRESS=DEFLATE] hi\r\n";
        let connect = |plan| actors.connect(plan, move |_, peer| answers(peer, greeting, |_| None));
        serving(piped(), connect, &socket, async |_| {
            let mut visitor = enter(&socket).await;
            for command in ["a COMPRESS DEFLATE", "b STARTTLS", "c unauthenticate"] {
                let lines = ask(&mut visitor, command).await;
                assert!(lines[0].contains(" NO imapsh: "), "{lines:?}");
            }
            ask(&mut visitor, "d LOGOUT").await;
        })
        .await;
        let heard = actors.heard().remove(0);
        assert_eq!(heard, "P0001 UNSELECT\r\nP0002 LOGOUT\r\n");
    });
}

#[test]
fn without_unselect_an_examine_that_must_fail() {
    in_time(async {
        let place = Place::new();
        let socket = place.socket();
        let actors = Actors::new();
        let greeting = "* PREAUTH [CAPABILITY IMAP4rev1] hi\r\n";
        let reply = |command: &str| {
            command
                .starts_with("EXAMINE")
                .then(|| "TAG NO no such mailbox\r\n".to_owned())
        };
        let connect = |plan| actors.connect(plan, move |_, peer| answers(peer, greeting, reply));
        serving(piped(), connect, &socket, async |_| {
            let mut visitor = enter(&socket).await;
            ask(&mut visitor, "a SELECT INBOX").await;
            ask(&mut visitor, "b LOGOUT").await;
        })
        .await;
        let heard = actors.heard().remove(0);
        assert!(
            heard.contains("a SELECT INBOX\r\nP0001 EXAMINE "),
            "{heard}"
        );
        assert!(!heard.contains("CLOSE"), "{heard}");
    });
}

#[test]
fn octets_of_a_refused_literal_never_run_as_commands() {
    in_time(async {
        let place = Place::new();
        let socket = place.socket();
        let actors = Actors::new();
        let greeting = "* PREAUTH [CAPABILITY IMAP4rev1 UNSELECT] hi\r\n";
        let reply = |command: &str| {
            command
                .starts_with("APPEND")
                .then(|| "TAG NO [OVERQUOTA] full\r\n".to_owned())
        };
        let connect = |plan| actors.connect(plan, move |_, peer| answers(peer, greeting, reply));
        serving(piped(), connect, &socket, async |_| {
            let mut visitor = enter(&socket).await;
            // This one does not wait for the "+".
            let lines = ask(&mut visitor, "a APPEND INBOX {17}\r\nx DELETE victim\r\n").await;
            assert!(lines.last().unwrap().starts_with("a NO"), "{lines:?}");
            let lines = ask(&mut visitor, "b NOOP").await;
            assert_eq!(lines.len(), 1, "{lines:?}");
            ask(&mut visitor, "c LOGOUT").await;
        })
        .await;
        let heard = actors.heard().remove(0);
        assert!(heard.contains("b NOOP"), "{heard}");
        assert!(!heard.contains("victim"), "{heard}");
    });
}

#[test]
fn a_program_that_leaves_in_the_middle_of_a_message() {
    in_time(async {
        let place = Place::new();
        let socket = place.socket();
        let demo = new_demo();
        let (code, errors) = serving(logged_in("craig"), to_demo(&demo), &socket, async |_| {
            let mut visitor = enter(&socket).await;
            let before = ask(&mut visitor, "a STATUS INBOX (MESSAGES)").await;
            visitor.say("b APPEND INBOX {1000}\r\n").await;
            assert!(visitor.line().await.unwrap().starts_with('+'));
            visitor.say("Subject: half").await;
            drop(visitor);
            let mut visitor = enter(&socket).await;
            let after = ask(&mut visitor, "a STATUS INBOX (MESSAGES)").await;
            assert_eq!(before, after);
            ask(&mut visitor, "b LOGOUT").await;
        })
        .await;
        assert_eq!(code, exit::TERMINATED, "{errors}");
    });
}

#[test]
fn it_ends_with_the_server() {
    in_time(async {
        let place = Place::new();
        let socket = place.socket();
        let actors = Actors::new();
        let greeting = "* PREAUTH [CAPABILITY IMAP4rev1] hi\r\n";
        let reply = |command: &str| {
            (command == "XBYE").then(|| "* BYE going down\r\nTAG OK\r\n".to_owned())
        };
        let connect = |plan| {
            actors.connect(plan, move |_, mut peer| async move {
                peer.say(greeting).await;
                let line = peer.line().await.unwrap();
                let tag = line.split(' ').next().unwrap().to_owned();
                peer.say(&reply("XBYE").unwrap().replace("TAG", &tag)).await;
                peer
            })
        };
        let (code, errors) = serving(piped(), connect, &socket, async |_| {
            let mut visitor = enter(&socket).await;
            let lines = ask(&mut visitor, "a XBYE").await;
            assert_eq!(lines[0], "* BYE going down");
            assert!(visitor.line().await.is_none());
        })
        .await;
        assert_eq!(code, exit::REFUSED, "{errors}");
        assert!(!socket.exists());
    });
}

#[test]
fn a_name_that_is_taken() {
    in_time(async {
        let place = Place::new();
        let file = place.0.path().join("mail");
        std::fs::write(&file, "precious").unwrap();
        let (mut ends, _signals) = ends();
        let never = |_: Plan| -> Handle { panic!("nothing is dialled") };
        let code = serve::run(&piped(), never, &file, || {}, &mut ends).await;
        assert_eq!(code, exit::USAGE);
        assert!(errors(&ends).contains("is no socket"), "{}", errors(&ends));
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "precious");

        let socket = place.socket();
        let door = Door::open(&socket).unwrap();
        let code = serve::run(&piped(), never, &socket, || {}, &mut ends).await;
        assert_eq!(code, exit::USAGE);
        assert!(errors(&ends).contains("serves on"), "{}", errors(&ends));
        drop(door);
        assert!(!socket.exists());

        let nowhere = place.0.path().join("no/door");
        let code = serve::run(&piped(), never, &nowhere, || {}, &mut ends).await;
        assert_eq!(code, exit::USAGE);

        // One that was left behind is replaced.
        drop(std::os::unix::net::UnixListener::bind(&socket).unwrap());
        assert!(socket.exists());
        drop(Door::open(&socket).unwrap());
        assert!(!socket.exists());
    });
}

#[test]
fn nobody_logged_in() {
    in_time(async {
        let place = Place::new();
        let demo = new_demo();
        let (mut ends, _signals) = ends();
        let code = serve::run(&piped(), to_demo(&demo), &place.socket(), || {}, &mut ends).await;
        assert_eq!(code, exit::USAGE);
        assert!(errors(&ends).contains("add -a USER"), "{}", errors(&ends));
        assert!(!place.socket().exists());
    });
}
