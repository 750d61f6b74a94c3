//! `probe`.

use imapsh::channel::{Place, Security};
use imapsh::link;
use imapsh::runner::{exit, probe};

use super::{Actors, answers, ends, errors, in_time, out, piped};
use crate::common::certificates::Ca;
use crate::common::script::{plan, serve};

#[test]
fn capabilities_in_words_and_nobody_logs_in() {
    in_time(async {
        let (mut ends, _signals) = ends();
        let actors = Actors::new();
        let mut plan = piped();
        plan.credentials.authcid = Some("craig".to_owned());
        let greeting = "* OK [CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED SASL-IR AUTH=SCRAM-SHA-256 QUOTA=STORAGE X-ODD] hi\r\n";
        let code = probe::run(
            &plan,
            |plan| actors.connect(plan, move |_, peer| answers(peer, greeting, |_| None)),
            &mut ends,
        )
        .await;
        assert_eq!(code, exit::DONE, "{}", errors(&ends));
        let text = out(&ends);
        for wanted in [
            "SCRAM-SHA-256; no LOGIN command (LOGINDISABLED); one round trip less (SASL-IR)",
            "TLS on this connection (RFC 9051)",
            "QUOTA=STORAGE         limits of this kind (RFC 9208)",
            "X-ODD\n",
        ] {
            assert!(text.contains(wanted), "{wanted}\n{text}");
        }
        assert_eq!(actors.heard(), ["P0001 LOGOUT\r\n"], "{text}");
    });
}

#[test]
fn it_asks_a_server_that_does_not_tell() {
    in_time(async {
        let (mut ends, _signals) = ends();
        let actors = Actors::new();
        let reply = |command: &str| {
            (command == "CAPABILITY")
                .then(|| "* CAPABILITY IMAP4rev1 IDLE\r\nTAG OK that is all\r\n".to_owned())
        };
        let act = move |_, peer| answers(peer, "* OK hello \x1b[31m\r\n", reply);
        let code = probe::run(&piped(), |plan| actors.connect(plan, act), &mut ends).await;
        assert_eq!(code, exit::DONE, "{}", errors(&ends));
        let text = out(&ends);
        assert!(text.contains("news without asking (RFC 2177)"), "{text}");
        assert!(text.contains("the LOGIN command"), "{text}");
        assert!(!text.contains('\x1b'), "{text:?}");
        assert_eq!(actors.heard()[0].matches("CAPABILITY").count(), 1);
    });
}

#[test]
fn what_tls_changes() {
    in_time(async {
        let ca = Ca::new("probe");
        let config = ca.server(&["127.0.0.1"], 2099);
        let (address, server) = serve(move |mut peer| async move {
            peer.say("* OK [CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED] hi\r\n")
                .await;
            peer.answer("STARTTLS", "TAG OK go\r\n").await;
            let mut peer = peer.tls(config).await.unwrap();
            peer.answer(
                "CAPABILITY",
                "* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\nTAG OK\r\n",
            )
            .await;
            peer.answer("LOGOUT", "* BYE\r\nTAG OK\r\n").await;
        })
        .await;
        let mut plan = plan(address, Security::StartTls);
        plan.trust.ca_files = vec![ca.file()];
        let (mut ends, _signals) = ends();
        let code = probe::run(&plan, |plan| link::spawn(plan, None), &mut ends).await;
        assert_eq!(code, exit::DONE, "{}", errors(&ends));
        let text = out(&ends);
        for wanted in [
            "TLS changed: +AUTH=PLAIN -STARTTLS -LOGINDISABLED\n",
            "certificate verified",
            "not here (LOGINDISABLED: TLS first)",
            "Before TLS",
            "After TLS",
        ] {
            assert!(text.contains(wanted), "{wanted}\n{text}");
        }
        server.await.unwrap();
    });
}

#[test]
fn nobody_there() {
    in_time(async {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        drop(listener);
        let (mut ends, _signals) = ends();
        let plan = plan(address, Security::Plain);
        let code = probe::run(&plan, |plan| link::spawn(plan, None), &mut ends).await;
        assert_eq!(code, exit::CONNECTION);
        assert!(errors(&ends).contains("refused"), "{}", errors(&ends));
    });
}

#[test]
fn the_title_names_the_way_there() {
    let tunnel = Place::Tunnel {
        command: "true".to_owned(),
        host: "mail.example.com".to_owned(),
    };
    for (place, title) in [
        (Place::Unix("/run/imap.sock".into()), "/run/imap.sock\n"),
        (tunnel, "tunnel to mail.example.com\n"),
    ] {
        in_time(async {
            let (mut ends, _signals) = ends();
            let actors = Actors::new();
            let mut plan = piped();
            let pipe = std::mem::replace(&mut plan.place, place);
            let code = probe::run(
                &plan,
                |mut plan| {
                    plan.place = pipe;
                    actors.connect(plan, move |_, peer| {
                        answers(peer, "* OK [CAPABILITY IMAP4rev1] hi\r\n", |_| None)
                    })
                },
                &mut ends,
            )
            .await;
            assert_eq!(code, exit::DONE, "{}", errors(&ends));
            assert!(out(&ends).starts_with(title), "{}", out(&ends));
        });
    }
}
