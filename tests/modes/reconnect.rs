//! `-n N`.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use imapsh::channel::Security;
use imapsh::link;
use imapsh::runner::{exit, reconnect};
use imapsh::sasl::Secret;
use tokio::net::TcpListener;

use super::{ends, errors, in_time, logged_in, new_demo, out, to_demo};
use crate::common::certificates::Ca;
use crate::common::script::{Peer, plan};

fn rows(text: &str) -> Vec<Vec<&str>> {
    text.lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>())
        .filter(|words| words.len() == 8 && words[0].parse::<u32>().is_ok())
        .collect()
}

#[test]
fn each_connection_logs_in() {
    in_time(async {
        let demo = new_demo();
        let connect = to_demo(&demo);
        let (mut ends, _signals) = ends();
        let plan = logged_in("craig");
        let code = reconnect::run(&plan, |plan, _| connect(plan), 3, &mut ends).await;
        let text = out(&ends);
        assert_eq!(code, exit::DONE, "{}", errors(&ends));
        let rows = rows(&text);
        assert_eq!(rows.len(), 3, "{text}");
        for row in rows {
            // No TLS: no time of it; the login took some.
            assert_eq!((row[2], row[3]), ("-", "-"), "{text}");
            assert!(row[5].parse::<f64>().is_ok(), "{text}");
        }
        assert!(text.contains("3 connections, median"), "{text}");
    });
}

#[test]
fn a_password_is_asked_for_once() {
    in_time(async {
        let demo = new_demo();
        let connect = to_demo(&demo);
        let (mut ends, _signals) = ends();
        let asked = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&asked);
        ends.ask = Arc::new(move |_: &str| {
            count.fetch_add(1, Ordering::SeqCst);
            Ok(Secret::new("secret".to_owned()))
        });
        let mut plan = logged_in("craig");
        plan.credentials.secret = None;
        let code = reconnect::run(&plan, |plan, _| connect(plan), 3, &mut ends).await;
        assert_eq!(code, exit::DONE, "{}", errors(&ends));
        assert_eq!(asked.load(Ordering::SeqCst), 1);
    });
}

#[test]
fn a_wrong_password_ends_it() {
    in_time(async {
        let demo = new_demo();
        let connect = to_demo(&demo);
        let (mut ends, _signals) = ends();
        let mut plan = logged_in("craig");
        plan.credentials.secret = Some(Secret::new("wrong".to_owned()));
        let code = reconnect::run(&plan, |plan, _| connect(plan), 3, &mut ends).await;
        assert_eq!(code, exit::CONNECTION);
        assert!(
            errors(&ends).contains("0 of 3 connections were made"),
            "{}",
            errors(&ends)
        );
        assert!(rows(&out(&ends)).is_empty());
    });
}

/// Runs `times` connections against a TLS server of ours.
fn over_tls(times: u32, resumes: bool) -> (u8, String, String) {
    in_time(async {
        let ca = Ca::new("reconnect");
        let mut config = ca.server(&["127.0.0.1"], 2099);
        if !resumes {
            let mut cold = (*config).clone();
            cold.session_storage = Arc::new(rustls::server::NoServerSessionStorage {});
            config = Arc::new(cold);
        }
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let Ok(mut peer) = Peer::new(socket).tls(Arc::clone(&config)).await else {
                    continue;
                };
                peer.say("* OK [CAPABILITY IMAP4rev1] hi\r\n").await;
                peer.answer("LOGOUT", "* BYE\r\nTAG OK\r\n").await;
            }
        });
        let mut plan = plan(address, Security::Implicit);
        plan.trust.ca_files = vec![ca.file()];
        let (mut ends, _signals) = ends();
        let connect = |plan, shared: &link::Shared| link::spawn_sharing(plan, None, shared);
        let code = reconnect::run(&plan, connect, times, &mut ends).await;
        (code, out(&ends), errors(&ends))
    })
}

#[test]
fn later_handshakes_are_resumed() {
    let (code, text, errors) = over_tls(4, true);
    assert_eq!(code, exit::DONE, "{errors}");
    let kinds: Vec<&str> = rows(&text).iter().map(|row| row[3]).collect();
    assert_eq!(kinds, ["full", "resumed", "resumed", "resumed"], "{text}");
    assert!(text.contains("; 1 full handshake, median "), "{text}");
    assert!(text.contains("; 3 resumed handshakes, median "), "{text}");
}

#[test]
fn a_server_that_resumes_nothing() {
    let (code, text, errors) = over_tls(3, false);
    assert_eq!(code, exit::DONE, "{errors}");
    let kinds: Vec<&str> = rows(&text).iter().map(|row| row[3]).collect();
    assert_eq!(kinds, ["full", "full", "full"], "{text}");
    assert!(text.contains("the server resumed none"), "{text}");
}
