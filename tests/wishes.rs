//! What a login may ask for besides names and password: strength (`-k`, `-l`), a realm (`-r`), no initial
//! response (`-i`).

use imapsh::channel::{LineSafety, Request, Security};
use imapsh::sasl::{ChooseError, Credentials, Login, choose};
use imapsh::wire::CapabilitySet;

use crate::common::login_server::log_in;
use crate::common::script::{Face, Peer, joe, plan, serve};

fn tls(cipher: &str) -> LineSafety {
    LineSafety::Tls {
        version: "TLS1.2".into(),
        cipher: cipher.into(),
        verified: true,
    }
}

fn choice(
    offered: &str,
    credentials: &Credentials,
    line: &LineSafety,
) -> Result<&'static str, ChooseError> {
    let offered = CapabilitySet::new(offered.split(' ').map(str::to_owned));
    choose(credentials, &offered, line).map(|login: Login| login.name())
}

/// As imtest 3.6.1 counts: the bits of TLS's cipher, and nothing else where SASL has no layer of its own.
/// `-l` limits layers of SASL only: below TLS's strength, or below `-k`, it is met all the same.
#[test]
fn strength_is_counted_as_imtest_counts() {
    let wish = |min_ssf, max_ssf| Credentials {
        min_ssf,
        max_ssf,
        ..joe()
    };
    let offered = "AUTH=PLAIN AUTH=SCRAM-SHA-256";
    for (min, max, line, met) in [
        (0, None, LineSafety::PlainLoopback, true),
        (1, None, LineSafety::PlainLoopback, false),
        (1, None, LineSafety::Memory, false),
        (128, None, tls("AES128-GCM"), true),
        (129, None, tls("AES128-GCM"), false),
        (256, None, tls("AES256-GCM"), true),
        (256, None, tls("CHACHA20-POLY1305"), true),
        (257, None, tls("AES256-GCM"), false),
        (0, Some(0), tls("AES256-GCM"), true),
        (200, Some(100), tls("AES256-GCM"), true),
        (0, Some(0), LineSafety::PlainLoopback, true),
    ] {
        let got = choice(offered, &wish(min, max), &line);
        assert_eq!(got.is_ok(), met, "-k {min} -l {max:?} {line:?}: {got:?}");
    }
    // The numbers, and what to do. Also for the LOGIN command, where imtest forgets its -k.
    let login = Credentials {
        mechanism: Some("login".to_owned()),
        ..wish(129, None)
    };
    for credentials in [wish(129, None), login] {
        let sentence = choice(offered, &credentials, &tls("AES128-GCM"))
            .unwrap_err()
            .to_string();
        for part in ["-k 129", "AES128-GCM, has 128 bits", "Nothing was tried"] {
            assert!(sentence.contains(part), "{sentence}");
        }
        let sentence = choice(offered, &credentials, &LineSafety::PlainLoopback)
            .unwrap_err()
            .to_string();
        for part in ["-k 129", "makes 0 bits", "Use -s, or -t \"\""] {
            assert!(sentence.contains(part), "{sentence}");
        }
    }
}

#[test]
fn a_realm_wants_digest_md5() {
    let wish = |mechanism: Option<&str>| Credentials {
        realm: Some("example.org".to_owned()),
        mechanism: mechanism.map(str::to_owned),
        ..joe()
    };
    let line = tls("AES256-GCM");
    let all = "AUTH=PLAIN AUTH=CRAM-MD5 AUTH=DIGEST-MD5 AUTH=SCRAM-SHA-256";
    assert_eq!(choice(all, &wish(None), &line), Ok("DIGEST-MD5"));
    assert_eq!(
        choice(all, &wish(Some("digest-md5")), &line),
        Ok("DIGEST-MD5")
    );
    for (offered, mechanism) in [
        (all, Some("PLAIN")),
        (all, Some("login")),
        ("AUTH=PLAIN AUTH=SCRAM-SHA-256", None),
    ] {
        let sentence = choice(offered, &wish(mechanism), &line)
            .unwrap_err()
            .to_string();
        assert!(
            sentence.contains("no place for a realm") && sentence.contains("joe@example.org"),
            "{sentence}"
        );
    }
    // The digests come behind all that is better, and never where an authzid has no place.
    let joe = joe();
    assert_eq!(
        choice("AUTH=CRAM-MD5 AUTH=DIGEST-MD5 LOGINDISABLED", &joe, &line),
        Ok("DIGEST-MD5")
    );
    let other = Credentials {
        authzid: Some("craig".to_owned()),
        ..joe
    };
    let error = choice("AUTH=CRAM-MD5", &other, &line).unwrap_err();
    assert!(
        matches!(error, ChooseError::NothingCarries { .. }),
        "{error}"
    );
}

/// The first line that the server hears, and whether the login went well.
async fn heard(mechanism: &str, no_initial_response: bool) -> (String, bool) {
    let capabilities = format!("IMAP4rev1 SASL-IR AUTH={mechanism}");
    let (address, server) =
        serve(|peer: Peer| async move { log_in(peer, capabilities).await }).await;
    let mut plan = plan(address, Security::Plain);
    plan.credentials = Credentials {
        no_initial_response,
        mechanism: Some(mechanism.to_owned()),
        ..joe()
    };
    let mut face = Face::connect(plan);
    face.ready().await;
    let failed = face.login_failed().is_some();
    face.ask(Request::Close);
    face.end().await;
    let heard = String::from_utf8(server.await.unwrap()).unwrap();
    (heard.lines().next().unwrap().to_owned(), !failed)
}

#[tokio::test]
async fn no_initial_response_where_none_is_wanted() {
    for mechanism in ["PLAIN", "SCRAM-SHA-256", "XOAUTH2", "EXTERNAL"] {
        let bare = format!("AUTHENTICATE {mechanism}");
        let (line, well) = heard(mechanism, true).await;
        assert!(line.ends_with(&bare) && well, "{line}");
        let (line, well) = heard(mechanism, false).await;
        assert!(line.contains(&format!("{bare} ")) && well, "{line}");
    }
}
