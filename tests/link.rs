//! The connection task against servers that behave, misbehave, and lie.

use std::time::Duration;

use imapsh::channel::{
    LineSafety, Notice, Place, Progress, ProxyClient, ProxyHeader, ProxyVersion, Request, Security,
};
use imapsh::link::guard::objection;
use imapsh::link::spawn;
use imapsh::sasl::{Credentials, Secret};
use imapsh::session::{CloseCause, Event, Reply};
use imapsh::wire::{Command, Ending, Origin, Piece, TagChoice};
use tokio::net::TcpListener;

use crate::common::certificates::Ca;
use crate::common::sasl::Scram;
use crate::common::script::{Face, PASSWORD, Peer, joe, plan, serve, serve_socket};

const GREETING: &str = "* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN STARTTLS] hello\r\n";

fn failed(cause: &CloseCause) -> bool {
    matches!(cause, CloseCause::Failed(_))
}

/// Whether what the server heard holds the password in any form of these tests.
fn told(heard: &[u8]) -> bool {
    let text = String::from_utf8_lossy(heard);
    text.contains(PASSWORD)
        || text.contains("AUTHENTICATE")
        || text.contains("LOGIN")
        || text.contains(imapsh::wire::base64::encode(PASSWORD.as_bytes()).trim_end_matches('='))
}

// ---- reaching the server

#[tokio::test]
async fn a_silent_server_is_a_sentence_after_the_time_out() {
    let (address, server) = serve(|peer| peer.rest()).await;
    let mut plan = plan(address, Security::Plain);
    plan.limits.greeting = Duration::from_millis(50);
    plan.credentials = joe();
    let (cause, sentence) = Face::connect(plan).end().await;
    assert!(failed(&cause), "{cause:?}");
    assert!(
        sentence.contains("did not greet within 50 ms") && sentence.contains("-s"),
        "{sentence}"
    );
    assert_eq!(
        server.await.unwrap(),
        b"",
        "something was sent before the greeting"
    );
}

#[tokio::test]
async fn a_silent_server_behind_s_is_a_sentence_too() {
    let (address, server) = serve(|peer| peer.rest()).await;
    let mut plan = plan(address, Security::Implicit);
    plan.limits.greeting = Duration::from_millis(50);
    let (cause, sentence) = Face::connect(plan).end().await;
    assert!(failed(&cause));
    assert!(
        sentence.contains("did not finish the TLS handshake within 50 ms"),
        "{sentence}"
    );
    server.await.unwrap();
}

#[tokio::test]
async fn a_reset_is_a_sentence() {
    let (address, server) = serve_socket(|socket| async move {
        rustix::net::sockopt::set_socket_linger(&socket, Some(Duration::ZERO)).unwrap();
    })
    .await;
    let (cause, sentence) = Face::connect(plan(address, Security::Plain)).end().await;
    server.await.unwrap();
    assert!(failed(&cause) || cause == CloseCause::Closed, "{cause:?}");
    // The reset may come before or after the connection is taken for made.
    assert!(
        sentence.contains("before it had greeted") || sentence.contains("reset"),
        "{sentence}"
    );
}

/// Dovecot closes without a word where it wants a PROXY header, and where it does not take the one it got.
#[tokio::test]
async fn an_end_before_the_greeting_names_the_proxy_header() {
    for (proxy, wanted) in [
        (None, "want a PROXY header"),
        (
            Some(ProxyHeader {
                version: ProxyVersion::V2,
                client: ProxyClient::Unknown,
            }),
            "leave -H out",
        ),
    ] {
        let (address, server) = serve(move |mut peer| async move {
            if proxy.is_some() {
                peer.octets(16).await;
            }
        })
        .await;
        let mut plan = plan(address, Security::Plain);
        plan.network.proxy = proxy;
        let (_, sentence) = Face::connect(plan).end().await;
        server.await.unwrap();
        assert!(sentence.contains(wanted), "{sentence}");
    }
}

#[tokio::test]
async fn other_protocols_are_named() {
    for (banner, name) in [
        ("220 mail.example.org ESMTP Postfix\r\n", "SMTP"),
        ("+OK POP3 ready\r\n", "POP3"),
        ("HTTP/1.1 400 Bad Request\r\n\r\n", "web"),
        ("SSH-2.0-OpenSSH_9.2\r\n", "SSH"),
    ] {
        let (address, server) = serve(move |mut peer| async move {
            peer.say(banner).await;
            peer.rest().await
        })
        .await;
        let mut plan = plan(address, Security::Plain);
        plan.credentials = joe();
        let mut face = Face::connect(plan);
        let (cause, sentence) = face.end().await;
        assert!(failed(&cause));
        assert!(
            sentence.contains("no IMAP server") && sentence.contains(name),
            "{sentence}"
        );
        assert!(
            face.received().starts_with(banner.trim_end()),
            "the transcript shows the banner"
        );
        assert_eq!(server.await.unwrap(), b"", "something was sent to it");
    }
}

#[tokio::test]
async fn a_refused_connection_names_each_address() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let mut plan = plan(address, Security::Plain);
    plan.place = Place::Tcp {
        host: "localhost".to_owned(),
        port: address.port(),
    };
    let (cause, sentence) = Face::connect(plan).end().await;
    assert!(failed(&cause));
    assert!(
        sentence.contains(&format!(
            "127.0.0.1:{} refused the connection",
            address.port()
        )),
        "{sentence}"
    );
}

#[tokio::test]
async fn one_address_refused_and_the_other_taken() {
    let addresses: Vec<_> = tokio::net::lookup_host(("localhost", 1))
        .await
        .unwrap()
        .collect();
    // The server listens on one family only; the other (if the machine has it) is refused.
    let (address, server) = serve(|mut peer| async move {
        peer.say(GREETING).await;
        peer.rest().await
    })
    .await;
    let mut plan = plan(address, Security::Plain);
    plan.place = Place::Tcp {
        host: "localhost".to_owned(),
        port: address.port(),
    };
    let mut face = Face::connect(plan);
    face.ready().await;
    assert_eq!(face.safety(), Some(&LineSafety::PlainLoopback));
    let tried = face
        .seen
        .iter()
        .filter(|notice| matches!(notice, Notice::Progress(Progress::Connecting(_))))
        .count();
    assert!(tried >= 1 && tried <= addresses.len());
    face.ask(Request::Close);
    assert_eq!(face.end().await, (CloseCause::Local, String::new()));
    server.await.unwrap();
}

#[tokio::test]
async fn an_unknown_host_is_a_sentence() {
    let mut plan = plan("127.0.0.1:1".parse().unwrap(), Security::Plain);
    plan.place = Place::Tcp {
        host: "no-such-host.invalid".to_owned(),
        port: 143,
    };
    let (cause, sentence) = Face::connect(plan).end().await;
    assert!(failed(&cause));
    assert!(
        sentence.contains("no-such-host.invalid was not found"),
        "{sentence}"
    );
}

#[tokio::test]
async fn close_is_heard_while_dialing_and_before_the_greeting() {
    let (address, server) = serve(|peer| peer.rest()).await;
    let mut face = Face::connect(plan(address, Security::Plain));
    face.until("AwaitingGreeting", |n| {
        matches!(n, Notice::Progress(Progress::AwaitingGreeting))
    })
    .await;
    face.ask(Request::Close);
    assert_eq!(face.end().await.0, CloseCause::Local);
    server.await.unwrap();
}

// ---- STARTTLS

async fn refused_starttls(
    capabilities: &'static str,
    reply: Option<&'static str>,
) -> (String, Vec<u8>, Face) {
    let (address, server) = serve(move |mut peer| async move {
        peer.say(&format!("* OK [CAPABILITY {capabilities}] hello\r\n"))
            .await;
        if let Some(reply) = reply {
            peer.answer("STARTTLS", reply).await;
        }
        peer.rest().await
    })
    .await;
    let mut plan = plan(address, Security::StartTls);
    plan.credentials = joe();
    let mut face = Face::connect(plan);
    let (cause, sentence) = face.end().await;
    assert!(failed(&cause), "{cause:?}");
    (sentence, server.await.unwrap(), face)
}

#[tokio::test]
async fn starttls_refused_or_absent_ends_it_and_nothing_secret_goes_out() {
    for (capabilities, reply, part) in [
        (
            "IMAP4rev1 STARTTLS AUTH=PLAIN",
            Some("TAG NO [UNAVAILABLE] no certificate\r\n"),
            "NO [UNAVAILABLE] no certificate",
        ),
        (
            "IMAP4rev1 STARTTLS AUTH=PLAIN",
            Some("TAG BAD what?\r\n"),
            "BAD what?",
        ),
        ("IMAP4rev1 AUTH=PLAIN", None, "does not offer STARTTLS"),
        (
            "IMAP4rev1 STARTTLS AUTH=PLAIN",
            Some("TAG OK go\r\nnot TLS at all, whatever it is\r\n"),
            "ALARM",
        ),
    ] {
        let (sentence, heard, _) = refused_starttls(capabilities, reply).await;
        assert!(sentence.contains(part), "{sentence}");
        assert!(!told(&heard), "{:?}", String::from_utf8_lossy(&heard));
    }
}

#[tokio::test]
async fn plaintext_behind_starttls_is_an_alarm_shown_and_never_taken_in() {
    let injected = "TAG OK go\r\n* PREAUTH [CAPABILITY IMAP4rev1 AUTH=PLAIN] injected\r\n";
    let (sentence, heard, face) = refused_starttls("IMAP4rev1 STARTTLS", Some(injected)).await;
    assert!(
        sentence.contains("unencrypted behind the OK of STARTTLS"),
        "{sentence}"
    );
    assert!(
        face.warnings().iter().any(|text| text.starts_with("ALARM")),
        "{:?}",
        face.warnings()
    );
    assert!(face.received().contains("injected"), "shown");
    assert!(
        !face
            .seen
            .iter()
            .any(|n| matches!(n, Notice::LoggedIn { .. } | Notice::Ready)),
        "not taken in"
    );
    assert!(!told(&heard));
}

#[tokio::test]
async fn plaintext_that_comes_a_moment_later_is_caught_by_the_handshake() {
    let (address, server) = serve(|mut peer| async move {
        peer.say(GREETING).await;
        peer.answer("STARTTLS", "TAG OK go\r\n").await;
        // The client's hello: now it is in the handshake.
        peer.octets(5).await;
        peer.say("* OK injected later\r\n").await;
        peer.rest().await
    })
    .await;
    let mut plan = plan(address, Security::StartTls);
    plan.credentials = joe();
    let (cause, sentence) = Face::connect(plan).end().await;
    assert!(failed(&cause));
    assert!(sentence.contains("behind the OK of STARTTLS"), "{sentence}");
    assert!(!told(&server.await.unwrap()));
}

#[tokio::test]
async fn preauth_with_starttls_wanted_is_an_attack_sign() {
    let (address, server) = serve(|mut peer| async move {
        peer.say("* PREAUTH [CAPABILITY IMAP4rev1] welcome root\r\n")
            .await;
        peer.rest().await
    })
    .await;
    let mut plan = plan(address, Security::StartTls);
    plan.credentials = joe();
    let mut face = Face::connect(plan);
    let (cause, sentence) = face.end().await;
    assert!(failed(&cause));
    assert!(sentence.contains("PREAUTH"), "{sentence}");
    assert!(face.warnings().iter().any(|text| text.starts_with("ALARM")));
    assert_eq!(server.await.unwrap(), b"");
}

#[tokio::test]
async fn preauth_sends_no_password() {
    let (address, server) = serve(|mut peer| async move {
        peer.say("* PREAUTH hello\r\n").await;
        peer.answer(
            "CAPABILITY",
            "* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\nTAG OK\r\n",
        )
        .await;
        peer.rest().await
    })
    .await;
    let mut plan = plan(address, Security::Plain);
    plan.credentials = joe();
    let mut face = Face::connect(plan);
    face.ready().await;
    assert!(face.seen.iter().any(|notice| matches!(
        notice,
        Notice::LoggedIn { authcid: None, authzid: None, mechanism } if mechanism == "PREAUTH"
    )));
    assert!(
        face.warnings()
            .iter()
            .any(|text| text.contains("joe was not logged in"))
    );
    face.ask(Request::Close);
    face.end().await;
    assert!(!told(&server.await.unwrap()));
}

// ---- TLS

async fn over_tls(
    ca: &Ca,
    host: &str,
    names: &[&str],
    until: i32,
    trust_it: bool,
    insecure: bool,
) -> Face {
    let config = ca.server(names, until);
    let (address, _server) = serve(move |peer| async move {
        if let Ok(mut peer) = peer.tls(config).await {
            peer.say(GREETING).await;
            peer.rest().await;
        }
    })
    .await;
    let mut plan = plan(address, Security::Implicit);
    plan.place = Place::Tcp {
        host: host.to_owned(),
        port: address.port(),
    };
    plan.trust.insecure = insecure;
    if trust_it {
        plan.trust.ca_files.push(ca.file());
    }
    let mut face = Face::connect(plan);
    face.until("Ready or Ended", |n| {
        matches!(n, Notice::Ready | Notice::Ended { .. })
    })
    .await;
    face
}

fn end_of(face: &Face) -> &str {
    match face.seen.last() {
        Some(Notice::Ended { sentence, .. }) => sentence,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_certificate_is_verified() {
    let ca = Ca::new("A CA of the tests");
    let face = over_tls(&ca, "localhost", &["localhost"], 2095, true, false).await;
    let Some(LineSafety::Tls {
        version,
        cipher,
        verified: true,
    }) = face.safety()
    else {
        panic!("{:?}", face.safety());
    };
    assert_eq!((version.as_str(), cipher.is_empty()), ("TLS1.3", false));
    assert!(face.warnings().is_empty(), "{:?}", face.warnings());

    let face = over_tls(&ca, "localhost", &["localhost"], 2095, false, false).await;
    assert!(
        end_of(&face).contains("unknown issuer") && end_of(&face).contains("--ca"),
        "{}",
        end_of(&face)
    );

    let face = over_tls(
        &ca,
        "localhost",
        &["mail.example.org", "imap.example.org"],
        2095,
        true,
        false,
    )
    .await;
    let sentence = end_of(&face);
    assert!(
        sentence.contains("wanted localhost, it names mail.example.org, imap.example.org."),
        "{sentence}"
    );

    let face = over_tls(&ca, "127.0.0.1", &["localhost"], 2095, true, false).await;
    assert!(
        end_of(&face).contains("for another name"),
        "{}",
        end_of(&face)
    );

    let face = over_tls(&ca, "localhost", &["localhost"], 2020, true, false).await;
    assert!(
        end_of(&face).contains("expired on 2020-01-01"),
        "{}",
        end_of(&face)
    );

    let other = Ca::new("Another CA");
    let mut face = over_tls(&ca, "localhost", &["localhost"], 2095, false, true).await;
    assert!(matches!(
        face.safety(),
        Some(LineSafety::Tls {
            verified: false,
            ..
        })
    ));
    assert!(
        face.warnings()[0].contains("NOT verified")
            && face.warnings()[0].contains("unknown issuer")
    );
    face.ask(Request::Close);
    assert_eq!(face.end().await.0, CloseCause::Local);
    drop(other);
}

#[tokio::test]
async fn a_bad_ca_file_is_told_before_anything_is_dialed() {
    let ca = Ca::new("A CA of the tests");
    let empty = ca.folder.path().join("empty.pem");
    std::fs::write(&empty, "nothing here").unwrap();
    for (path, part) in [
        (empty, "no certificate in it"),
        (ca.folder.path().join("none.pem"), "no such file"),
    ] {
        let mut plan = plan("127.0.0.1:1".parse().unwrap(), Security::Implicit);
        plan.trust.ca_files.push(path.clone());
        let mut face = Face::connect(plan);
        let (_, sentence) = face.end().await;
        assert!(
            sentence.contains(part) && sentence.contains(path.to_str().unwrap()),
            "{sentence}"
        );
        assert!(
            !face.seen.iter().any(|n| matches!(n, Notice::Progress(_))),
            "{:?}",
            face.seen
        );
    }
}

#[tokio::test]
async fn a_client_certificate_goes_along() {
    let ca = Ca::new("A CA of the tests");
    for given in [true, false] {
        let config = ca.strict_server(&["localhost"]);
        let (address, _server) = serve(move |peer| async move {
            if let Ok(mut peer) = peer.tls(config).await {
                peer.say(GREETING).await;
                peer.rest().await;
            }
        })
        .await;
        let mut plan = plan(address, Security::Implicit);
        plan.place = Place::Tcp {
            host: "localhost".to_owned(),
            port: address.port(),
        };
        plan.trust.ca_files.push(ca.file());
        plan.trust.client_certificate = given.then(|| ca.client_file("joe"));
        let mut face = Face::connect(plan);
        face.until("Ready or Ended", |n| {
            matches!(n, Notice::Ready | Notice::Ended { .. })
        })
        .await;
        assert_eq!(
            matches!(face.seen.last(), Some(Notice::Ready)),
            given,
            "{:?}",
            face.seen
        );
        if !given {
            assert!(end_of(&face).contains("certificate"), "{}", end_of(&face));
        }
    }
}

#[tokio::test]
async fn a_plain_port_with_s_is_named() {
    let (address, _server) = serve(|mut peer| async move {
        peer.say(GREETING).await;
        peer.rest().await
    })
    .await;
    let (cause, sentence) = Face::connect(plan(address, Security::Implicit)).end().await;
    assert!(failed(&cause));
    assert!(
        sentence.contains("plain text") && sentence.contains("-t \"\""),
        "{sentence}"
    );
}

#[tokio::test]
async fn a_server_that_closes_behind_its_ok_to_starttls_is_a_sentence() {
    let (address, server) = serve(|mut peer| async move {
        peer.say(GREETING).await;
        peer.answer("STARTTLS", "TAG OK go\r\n").await;
        // The whole ClientHello, so that the end is an end and no reset.
        peer.octets(64).await;
    })
    .await;
    let mut plan = plan(address, Security::StartTls);
    plan.credentials = joe();
    let (cause, sentence) = Face::connect(plan).end().await;
    server.await.unwrap();
    assert!(failed(&cause), "{cause:?}");
    assert!(
        sentence.contains("agreed to STARTTLS and closed"),
        "{sentence}"
    );
}

#[tokio::test]
async fn starttls_then_login_inside_tls() {
    let ca = Ca::new("A CA of the tests");
    let config = ca.server(&["localhost"], 2095);
    let (address, server) = serve(|mut peer| async move {
        peer.say("* OK hello\r\n").await;
        peer.answer(
            "CAPABILITY",
            "* CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED\r\nTAG OK\r\n",
        )
        .await;
        peer.answer("STARTTLS", "TAG OK go\r\n").await;
        let clear = peer.heard.clone();
        let mut peer = peer.tls(config).await.unwrap();
        // What was said before TLS counts no more: it is asked again.
        peer.answer(
            "CAPABILITY",
            "* CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN\r\nTAG OK\r\n",
        )
        .await;
        let line = peer
            .answer(
                "AUTHENTICATE PLAIN",
                "TAG OK [CAPABILITY IMAP4rev1 IDLE] in\r\n",
            )
            .await;
        peer.answer("NOOP", "TAG OK\r\n").await;
        peer.answer("LOGOUT", "* BYE bye\r\nTAG OK\r\n").await;
        (clear, line)
    })
    .await;
    let mut plan = plan(address, Security::StartTls);
    plan.place = Place::Tcp {
        host: "localhost".to_owned(),
        port: address.port(),
    };
    plan.trust.ca_files.push(ca.file());
    plan.credentials = joe();
    let mut face = Face::connect(plan);
    face.submit("NOOP"); // held until the user's turn
    face.ready().await;
    face.submit("LOGOUT");
    assert_eq!(face.end().await, (CloseCause::Logout, String::new()));
    let (clear, line) = server.await.unwrap();
    assert!(!told(&clear), "{:?}", String::from_utf8_lossy(&clear));
    assert!(
        line.ends_with(
            imapsh::wire::base64::encode(format!("\0joe\0{PASSWORD}").as_bytes()).as_str()
        )
    );
    assert!(matches!(
        face.safety(),
        Some(LineSafety::Tls { verified: true, .. })
    ));
}

#[tokio::test]
async fn starttls_typed_by_the_user_is_followed_up() {
    let ca = Ca::new("A CA of the tests");
    let config = ca.server(&["localhost"], 2095);
    let (address, _server) = serve(|mut peer| async move {
        peer.say(GREETING).await;
        peer.answer("STARTTLS", "TAG OK go\r\n").await;
        let mut peer = peer.tls(config).await.unwrap();
        peer.answer("NOOP", "TAG OK inside\r\n").await;
        peer.rest().await
    })
    .await;
    let mut plan = plan(address, Security::Plain);
    plan.place = Place::Tcp {
        host: "localhost".to_owned(),
        port: address.port(),
    };
    plan.trust.ca_files.push(ca.file());
    let mut face = Face::connect(plan);
    face.ready().await;
    face.submit("STARTTLS");
    face.submit("NOOP");
    face.until("the NOOP", |notice| {
        matches!(notice, Notice::Events { events, .. }
            if events.iter().any(|e| matches!(e, Event::Completed { status, .. } if status.text == b"inside")))
    })
    .await;
    assert!(matches!(face.safety(), Some(LineSafety::Tls { .. })));
}

#[tokio::test]
async fn an_end_without_close_notify_is_noted() {
    let ca = Ca::new("A CA of the tests");
    let config = ca.server(&["localhost"], 2095);
    let (address, _server) = serve(|peer| async move {
        let mut peer = peer.tls(config).await.unwrap();
        peer.say(GREETING).await;
        peer.answer("NOOP", "TAG OK and gone\r\n").await;
        // Dropped: no close_notify.
    })
    .await;
    let mut plan = plan(address, Security::Implicit);
    plan.place = Place::Tcp {
        host: "localhost".to_owned(),
        port: address.port(),
    };
    plan.trust.ca_files.push(ca.file());
    let mut face = Face::connect(plan);
    face.ready().await;
    face.submit("NOOP");
    let (cause, _) = face.end().await;
    assert_eq!(cause, CloseCause::Closed);
    assert!(face.received().contains("and gone"));
    assert!(
        face.warnings()
            .iter()
            .any(|text| text.contains("close_notify")),
        "{:?}",
        face.warnings()
    );
}

// ---- logging in

async fn login(credentials: Credentials, capabilities: &'static str, reply: &'static str) -> Face {
    let (address, _server) = serve(move |mut peer| async move {
        peer.say(&format!("* OK [CAPABILITY {capabilities}] hello\r\n"))
            .await;
        while let Some(line) = peer.line().await {
            let (tag, rest) = line.split_once(' ').unwrap();
            let reply = if rest.starts_with("CAPABILITY") {
                "* CAPABILITY IMAP4rev1 IDLE\r\nTAG OK\r\n".to_owned()
            } else {
                reply.to_owned()
            };
            peer.say(&reply.replace("TAG", tag)).await;
        }
    })
    .await;
    let mut plan = plan(address, Security::Plain);
    plan.credentials = credentials;
    let mut face = Face::connect(plan);
    face.ready().await;
    face
}

#[tokio::test]
async fn a_login_is_told_with_the_authzid_that_went_out() {
    let mut credentials = joe();
    credentials.authzid = Some("craig".to_owned());
    let face = login(credentials, "IMAP4rev1 SASL-IR AUTH=PLAIN", "TAG OK in\r\n").await;
    assert!(
        face.seen.iter().any(|notice| matches!(notice, Notice::LoggedIn { authcid: Some(who), authzid: Some(other), mechanism }
            if who == "joe" && other == "craig" && mechanism == "PLAIN")),
        "{:#?}",
        face.seen
    );
    // CAPABILITY was asked for again, as the OK did not tell.
    assert!(face.sent().contains("CAPABILITY"), "{}", face.sent());
    assert!(
        face.sent().contains("AUTHENTICATE PLAIN ********"),
        "{}",
        face.sent()
    );
}

#[tokio::test]
async fn the_link_keeps_no_secret_that_was_accepted() {
    let credentials = joe();
    let secret = credentials.secret.clone().unwrap();
    let face = login(credentials, "IMAP4rev1 SASL-IR AUTH=PLAIN", "TAG OK in\r\n").await;
    let accepted = |n: &Notice| matches!(n, Notice::LoggedIn { .. });
    assert!(face.seen.iter().any(accepted));
    assert_eq!(secret.holders(), 1, "ours alone");
}

#[tokio::test]
async fn the_login_command_and_its_mask() {
    let face = login(joe(), "IMAP4rev1", "TAG OK in\r\n").await;
    assert!(
        face.sent().contains("LOGIN joe ********"),
        "{}",
        face.sent()
    );
    assert!(face.seen.iter().any(|n| matches!(n, Notice::LoggedIn { authzid: None, mechanism, .. } if mechanism == "LOGIN command")));
}

#[tokio::test]
async fn a_refused_login_says_the_servers_words_first_and_what_to_do() {
    let mut proxied = joe();
    proxied.authzid = Some("craig".to_owned());
    for (credentials, reply, parts) in [
        (
            joe(),
            "TAG NO [AUTHENTICATIONFAILED] Authentication failed.\r\n",
            [
                "The server refused joe: NO [AUTHENTICATIONFAILED] Authentication failed; ",
                "check user and password",
            ],
        ),
        (
            proxied.clone(),
            "TAG NO [AUTHORIZATIONFAILED] user not authorized\r\n",
            [
                "craig (auth joe): NO [AUTHORIZATIONFAILED]",
                "joe may not act as craig",
            ],
        ),
        (
            joe(),
            "TAG NO [PRIVACYREQUIRED] TLS first\r\n",
            ["NO [PRIVACYREQUIRED] TLS first", "-t \"\""],
        ),
        (joe(), "TAG BAD huh\r\n", ["BAD huh", "-m"]),
    ] {
        let face = login(credentials, "IMAP4rev1 SASL-IR AUTH=PLAIN", reply).await;
        let sentence = face.login_failed().unwrap();
        for part in parts {
            assert!(sentence.contains(part), "{sentence}");
        }
        assert!(
            !face
                .seen
                .iter()
                .any(|n| matches!(n, Notice::LoggedIn { .. }))
        );
    }
}

#[tokio::test]
async fn nothing_is_tried_when_nothing_can_carry_the_authzid() {
    let mut credentials = joe();
    credentials.authzid = Some("craig".to_owned());
    let face = login(credentials, "IMAP4rev1 AUTH=LOGIN", "TAG OK in\r\n").await;
    assert!(
        face.login_failed()
            .unwrap()
            .contains("joe cannot act as craig")
    );
    assert_eq!(face.sent(), "");
}

#[tokio::test]
async fn without_an_authcid_nobody_is_logged_in() {
    let face = login(
        Credentials::default(),
        "IMAP4rev1 AUTH=PLAIN",
        "TAG OK in\r\n",
    )
    .await;
    assert_eq!(face.sent(), "");
    assert!(face.login_failed().is_none());
}

#[tokio::test]
async fn the_password_is_asked_for_and_a_wrong_one_can_be_given_again() {
    let (address, server) = serve(|mut peer| async move {
        peer.say("* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] hello\r\n")
            .await;
        let mut answers = Vec::new();
        for reply in [
            "NO [AUTHENTICATIONFAILED] wrong\r\n",
            "OK [CAPABILITY IMAP4rev1] in\r\n",
        ] {
            // No SASL-IR: the response waits for a `+`.
            let line = peer.answer("AUTHENTICATE PLAIN", "+ \r\n").await;
            assert!(line.ends_with("PLAIN"), "{line}");
            answers.push(peer.line().await.unwrap());
            let tag = line.split(' ').next().unwrap();
            peer.say(&format!("{tag} {reply}")).await;
        }
        tokio::spawn(peer.rest());
        answers
    })
    .await;
    let mut plan = plan(address, Security::Plain);
    plan.credentials = Credentials {
        secret: None,
        ..joe()
    };
    let mut face = Face::connect(plan);
    let wanted = face
        .until("PasswordWanted", |n| {
            matches!(n, Notice::PasswordWanted { .. })
        })
        .await;
    assert!(
        matches!(wanted, Notice::PasswordWanted { authcid, authzid: None } if authcid == "joe")
    );
    face.ask(Request::Password(Some(Secret::new("wrong".to_owned()))));
    face.ready().await;
    assert!(
        face.login_failed()
            .unwrap()
            .contains("NO [AUTHENTICATIONFAILED] wrong")
    );
    face.ask(Request::LogIn(joe()));
    face.until("LoggedIn", |n| matches!(n, Notice::LoggedIn { .. }))
        .await;
    face.ready().await;
    // Once is enough.
    face.ask(Request::LogIn(joe()));
    let refused = face
        .until("Refused", |n| matches!(n, Notice::Refused(_)))
        .await;
    assert!(matches!(refused, Notice::Refused(text) if text.contains("Already logged in")));
    let answers = server.await.unwrap();
    assert_eq!(answers[0], *imapsh::wire::base64::encode(b"\0joe\0wrong"));
    assert_eq!(
        answers[1],
        *imapsh::wire::base64::encode(format!("\0joe\0{PASSWORD}").as_bytes())
    );
}

#[tokio::test]
async fn no_password_is_no_login() {
    let (address, server) = serve(|mut peer| async move {
        peer.say(GREETING).await;
        peer.rest().await
    })
    .await;
    let mut plan = plan(address, Security::Plain);
    plan.credentials = Credentials {
        secret: None,
        ..joe()
    };
    let mut face = Face::connect(plan);
    face.until("PasswordWanted", |n| {
        matches!(n, Notice::PasswordWanted { .. })
    })
    .await;
    face.ask(Request::Password(None));
    face.ready().await;
    assert!(
        face.login_failed()
            .unwrap()
            .contains("no password was given for joe")
    );
    face.ask(Request::Close);
    face.end().await;
    assert_eq!(server.await.unwrap(), b"");
}

/// A SCRAM server; `forge` changes its last word, `skip` leaves it out.
async fn scram_server(forge: bool, skip: bool) -> Face {
    let (address, _server) = serve(move |mut peer: Peer| async move {
        peer.say("* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=SCRAM-SHA-256] hello\r\n")
            .await;
        let line = peer.line().await.unwrap();
        let words: Vec<&str> = line.split(' ').collect();
        assert_eq!(words[1..3], ["AUTHENTICATE", "SCRAM-SHA-256"]);
        let decode = |text: &str| {
            String::from_utf8(
                imapsh::wire::base64::decode(text.as_bytes())
                    .unwrap()
                    .to_vec(),
            )
            .unwrap()
        };
        let mut scram = Scram::new(b"salt", 4096, "server");
        let challenge = scram.first(&decode(words[3]));
        peer.say(&format!(
            "+ {}\r\n",
            *imapsh::wire::base64::encode(challenge.as_bytes())
        ))
        .await;
        let last = decode(&peer.line().await.unwrap());
        let mut signature = scram.last(&last, PASSWORD.as_bytes()).unwrap();
        if forge {
            signature = "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=".to_owned();
        }
        if !skip {
            peer.say(&format!(
                "+ {}\r\n",
                *imapsh::wire::base64::encode(signature.as_bytes())
            ))
            .await;
            peer.line().await;
        }
        peer.say(&format!("{} OK [CAPABILITY IMAP4rev1] in\r\n", words[0]))
            .await;
        peer.rest().await
    })
    .await;
    let mut plan = plan(address, Security::Plain);
    plan.credentials = joe();
    let mut face = Face::connect(plan);
    face.until("Ready or Ended", |n| {
        matches!(n, Notice::Ready | Notice::Ended { .. })
    })
    .await;
    face
}

#[tokio::test]
async fn scram_over_the_wire() {
    let face = scram_server(false, false).await;
    assert!(
        face.seen.iter().any(
            |n| matches!(n, Notice::LoggedIn { mechanism, .. } if mechanism == "SCRAM-SHA-256")
        ),
        "{:#?}",
        face.seen
    );
}

#[tokio::test]
async fn a_server_that_does_not_prove_itself_is_never_trusted() {
    for (forge, skip) in [(true, false), (false, true)] {
        let face = scram_server(forge, skip).await;
        assert!(end_of(&face).contains("impostor"), "{}", end_of(&face));
        assert!(face.login_failed().unwrap().contains("impostor"));
        assert!(face.warnings().iter().any(|text| text.starts_with("ALARM")));
        assert!(
            !face
                .seen
                .iter()
                .any(|n| matches!(n, Notice::LoggedIn { .. }))
        );
    }
}

#[tokio::test]
async fn a_refused_token_tells_the_servers_reason() {
    let (address, _server) = serve(|mut peer| async move {
        peer.say("* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=OAUTHBEARER] hello\r\n")
            .await;
        let line = peer.line().await.unwrap();
        let reason = imapsh::wire::base64::encode(br#"{"status":"invalid_token","scope":"mail"}"#);
        peer.say(&format!("+ {}\r\n", *reason)).await;
        assert_eq!(peer.line().await.unwrap(), "AQ==", "RFC 7628 section 3.2.3");
        peer.say(&format!(
            "{} NO [AUTHENTICATIONFAILED] nope\r\n",
            line.split(' ').next().unwrap()
        ))
        .await;
        peer.rest().await
    })
    .await;
    let mut plan = plan(address, Security::Plain);
    plan.credentials = joe();
    plan.credentials.mechanism = Some("oauthbearer".to_owned());
    let mut face = Face::connect(plan);
    face.ready().await;
    let sentence = face.login_failed().unwrap();
    assert!(
        sentence.contains("NO [AUTHENTICATIONFAILED] nope") && sentence.contains("invalid_token"),
        "{sentence}"
    );
}

// ---- the session

#[tokio::test]
async fn a_flood_stops_the_socket_and_not_the_keyboard() {
    let (address, server) = serve_socket(|socket| async move {
        let (mut reader, writer) = socket.into_split();
        let mut peer = Peer::new(tokio::io::join(tokio::io::empty(), writer));
        peer.say(GREETING).await;
        let flood = tokio::spawn(async move {
            let block = "* 4711 EXISTS\r\n".repeat(4096);
            let mut sent = 0u64;
            while peer.say(&block).await {
                sent += block.len() as u64;
            }
            sent
        });
        // The command comes although nobody reads what we say.
        let mut heard = Vec::new();
        let mut chunk = [0; 256];
        while !heard.ends_with(b" NOOP\r\n") {
            let n = tokio::io::AsyncReadExt::read(&mut reader, &mut chunk)
                .await
                .unwrap();
            assert!(n > 0, "closed before the command came");
            heard.extend_from_slice(&chunk[..n]);
        }
        while tokio::io::AsyncReadExt::read(&mut reader, &mut chunk)
            .await
            .is_ok_and(|n| n > 0)
        {}
        flood.await.unwrap()
    })
    .await;
    let mut face = Face::connect(plan(address, Security::Plain));
    face.ready().await;
    // From here on nothing is taken until the channel is full.
    let full = async {
        while face.handle.notices.len() < imapsh::link::NOTICES {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(crate::common::script::DEADLINE, full)
        .await
        .expect("the channel fills");
    face.submit("NOOP");
    face.until("the command on its way", |notice| {
        matches!(notice, Notice::Events { events, .. } if events.iter().any(|e| matches!(e, Event::Started { verb, .. } if verb == "NOOP")))
    })
    .await;
    face.ask(Request::Close);
    assert_eq!(face.end().await.0, CloseCause::Local);
    let sent = server.await.unwrap();
    assert!(
        sent < 64 * 1024 * 1024,
        "the server could send {sent} octets to a face that took nothing"
    );
}

#[tokio::test]
async fn requests_go_out_while_no_notice_is_taken() {
    let (address, server) = serve(|mut peer| async move {
        peer.say(GREETING).await;
        let mut lines = 0;
        while lines < 1000 {
            if peer.line().await.is_none() {
                break;
            }
            lines += 1;
        }
        lines
    })
    .await;
    let mut face = Face::connect(plan(address, Security::Plain));
    face.ready().await;
    for _ in 0..1000 {
        face.submit("NOOP");
    }
    // Not one notice is taken until the server has them all.
    let lines = tokio::time::timeout(crate::common::script::DEADLINE, server)
        .await
        .expect("all come")
        .unwrap();
    assert_eq!(lines, 1000);
    face.end().await;
}

#[tokio::test]
async fn a_cut_literal_stays_readable() {
    let (address, _server) = serve(|mut peer| async move {
        peer.say(GREETING).await;
        peer.answer("FETCH", "* 1 FETCH (BODY[] {1000}\r\nonly this")
            .await;
    })
    .await;
    let mut face = Face::connect(plan(address, Security::Plain));
    face.ready().await;
    face.submit("FETCH 1 BODY[]");
    let (cause, sentence) = face.end().await;
    assert_eq!(cause, CloseCause::Closed);
    assert!(sentence.contains("without a word"), "{sentence}");
    assert!(face.received().ends_with("only this"));
    assert!(face.events().any(|e| matches!(
        e,
        Event::Received(Piece::Text {
            ending: Ending::Truncated,
            ..
        })
    )));
    assert!(face.events().any(|e| matches!(e, Event::Abandoned { .. })));
}

#[tokio::test]
async fn a_bye_is_told_with_its_words() {
    let (address, _server) = serve(|mut peer| async move {
        peer.say(GREETING).await;
        peer.answer("NOOP", "* BYE [UNAVAILABLE] going down\r\n")
            .await;
    })
    .await;
    let mut face = Face::connect(plan(address, Security::Plain));
    face.ready().await;
    face.submit("NOOP");
    let (cause, sentence) = face.end().await;
    assert_eq!(cause, CloseCause::Bye("going down".to_owned()));
    assert!(sentence.contains("going down"), "{sentence}");
}

#[tokio::test]
async fn a_bye_for_a_greeting_is_told_with_its_words() {
    let (address, _server) = serve(|mut peer| async move {
        peer.say("* BYE too many connections\r\n").await;
    })
    .await;
    let mut plan = plan(address, Security::Plain);
    plan.credentials = joe();
    let (cause, sentence) = Face::connect(plan).end().await;
    assert_eq!(cause, CloseCause::Bye("too many connections".to_owned()));
    assert!(
        sentence.contains("turned us away: BYE too many connections"),
        "{sentence}"
    );
}

#[tokio::test]
async fn logout_ends_even_if_the_server_does_not_close() {
    let (address, server) = serve(|mut peer| async move {
        peer.say(GREETING).await;
        peer.answer("LOGOUT", "* BYE bye\r\nTAG OK done\r\n").await;
        // Stays open until the client goes.
        peer.rest().await
    })
    .await;
    let mut face = Face::connect(plan(address, Security::Plain));
    face.ready().await;
    face.submit("LOGOUT");
    assert_eq!(face.end().await, (CloseCause::Logout, String::new()));
    server.await.unwrap();
}

#[tokio::test]
async fn the_pipe_of_the_demo() {
    let mut plan = plan("127.0.0.1:1".parse().unwrap(), Security::Plain);
    plan.place = Place::Demo;
    plan.credentials = joe();
    let dialer = Box::new(|| {
        let (ours, theirs) = tokio::io::duplex(4096);
        tokio::spawn(async move {
            let mut peer = Peer::new(theirs);
            peer.say(GREETING).await;
            peer.answer("AUTHENTICATE PLAIN", "TAG OK [CAPABILITY IMAP4rev1] in\r\n")
                .await;
            peer.rest().await
        });
        ours
    });
    let mut face = Face {
        handle: spawn(plan, Some(dialer)),
        seen: Vec::new(),
    };
    face.until("LoggedIn", |n| matches!(n, Notice::LoggedIn { .. }))
        .await;
    assert_eq!(face.safety(), Some(&LineSafety::Memory));
}

#[tokio::test]
async fn what_cannot_be_answered_is_refused() {
    let (address, _server) = serve(|mut peer| async move {
        peer.say(GREETING).await;
        peer.rest().await
    })
    .await;
    let mut face = Face::connect(plan(address, Security::Plain));
    face.ready().await;
    face.ask(Request::Respond(Reply::Done));
    let notice = face
        .until("Refused", |n| matches!(n, Notice::Refused(_)))
        .await;
    assert!(matches!(notice, Notice::Refused(text) if text.contains("nothing was sent")));
    face.ask(Request::Password(Some(Secret::new("x".to_owned()))));
    face.until("Refused", |n| matches!(n, Notice::Refused(_)))
        .await;
}

#[tokio::test]
async fn dropping_the_handle_closes_the_connection() {
    let (address, server) = serve(|mut peer| async move {
        peer.say(GREETING).await;
        peer.rest().await
    })
    .await;
    let mut face = Face::connect(plan(address, Security::Plain));
    face.ready().await;
    drop(face);
    tokio::time::timeout(crate::common::script::DEADLINE, server)
        .await
        .expect("it closes")
        .unwrap();
}

// ---- typed by the user, over a line that others read

#[test]
fn a_typed_secret_does_not_go_over_an_open_line() {
    let typed = |text: &str, tag: TagChoice| Command {
        tag,
        ..Command::line(Origin::User, text)
    };
    for (text, tag, refused) in [
        ("LOGIN craig secret", TagChoice::Generated, true),
        ("login craig secret", TagChoice::Generated, true),
        ("a1 LOGIN craig secret", TagChoice::AsTyped, true),
        ("AUTHENTICATE PLAIN", TagChoice::Generated, true),
        ("authenticate plain AGpvZQ==", TagChoice::Generated, true),
        ("x AUTHENTICATE LOGIN", TagChoice::AsTyped, true),
        ("AUTHENTICATE X-UNKNOWN", TagChoice::Generated, true),
        ("AUTHENTICATE", TagChoice::Generated, true),
        ("AUTHENTICATE SCRAM-SHA-256", TagChoice::Generated, false),
        ("AUTHENTICATE EXTERNAL =", TagChoice::Generated, false),
        ("SELECT INBOX", TagChoice::Generated, false),
        ("STARTTLS", TagChoice::Generated, false),
    ] {
        let command = typed(text, tag.clone());
        assert_eq!(
            objection(&command, &LineSafety::Plain, false).is_some(),
            refused,
            "{text}"
        );
        assert_eq!(
            objection(&command, &LineSafety::Plain, true),
            None,
            "--allow-plaintext: {text}"
        );
        for safe in [
            LineSafety::PlainLoopback,
            LineSafety::Memory,
            LineSafety::Tls {
                version: String::new(),
                cipher: String::new(),
                verified: true,
            },
        ] {
            assert_eq!(objection(&command, &safe, false), None, "{safe:?}: {text}");
        }
        if let Some(sentence) = objection(&command, &LineSafety::Plain, false) {
            assert!(
                !sentence.contains("secret ") || !sentence.contains("craig"),
                "{sentence}"
            );
        }
    }
}
