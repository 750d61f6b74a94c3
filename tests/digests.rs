//! CRAM-MD5 and DIGEST-MD5: the vectors of their RFCs, and servers that lie.

use imapsh::sasl::digest_md5::{Answerer, Challenge, DigestError, answer};
use imapsh::sasl::framework::is_impostor;
use imapsh::sasl::{Credentials, MechanismSpec, Surroundings, cram_md5};
use imapsh::session::{Answer, Exchange};

use crate::common::digest::{Md5Server, Proof, fields};
use crate::common::login::{And, who};
use crate::common::sasl::{Judge, PASSWORD, play_against, surroundings};

fn exchange(name: &str, credentials: &Credentials, host: &str) -> Box<dyn Exchange> {
    let spec = MechanismSpec::find(name).unwrap();
    let surroundings = Surroundings {
        host: host.to_owned(),
        ..surroundings()
    };
    (spec.build)(spec, credentials, &surroundings).unwrap()
}

/// RFC 2195 section 2.
#[test]
fn the_vector_of_cram_md5() {
    let challenge = b"<1896.697170952@postoffice.reston.mci.net>";
    assert_eq!(
        *cram_md5::digest(b"tanstaaftanstaaf", challenge),
        "b913a602c7eda7a495b4e6e7334d3890"
    );
    let mut exchange = exchange("CRAM-MD5", &who("tim").with("tanstaaftanstaaf"), "x");
    assert!(!exchange.client_first());
    let Answer::Send(sent) = exchange.step(Some(challenge)) else {
        panic!("cancelled");
    };
    assert_eq!(&**sent, b"tim b913a602c7eda7a495b4e6e7334d3890");
    assert_eq!(exchange.finish(), Ok(()));
}

const RFC_2831: &[u8] = b"realm=\"elwood.innosoft.com\",nonce=\"OA6MG9tEQGm2hh\",qop=\"auth\",\
                          algorithm=md5-sess,charset=utf-8";

fn chris() -> Answerer<'static> {
    Answerer {
        authcid: "chris",
        authzid: None,
        password: b"secret",
        realm: None,
        host: "elwood.innosoft.com",
        cnonce: "OA6MHXh6VqTrRk",
    }
}

/// RFC 2831 section 4.
#[test]
fn the_vector_of_digest_md5() {
    let challenge = Challenge::parse(RFC_2831).unwrap();
    let (sent, rspauth) = answer(&challenge, &chris()).unwrap();
    let sent = String::from_utf8(sent.to_vec()).unwrap();
    let said = fields(&sent);
    for (name, value) in [
        ("charset", "utf-8"),
        ("username", "chris"),
        ("realm", "elwood.innosoft.com"),
        ("nonce", "OA6MG9tEQGm2hh"),
        ("nc", "00000001"),
        ("cnonce", "OA6MHXh6VqTrRk"),
        ("digest-uri", "imap/elwood.innosoft.com"),
        ("response", "d388dad90d4bbd760a152321f2143af7"),
        ("qop", "auth"),
    ] {
        assert_eq!(said.get(name).map(String::as_str), Some(value), "{sent}");
    }
    assert_eq!(said.get("authzid"), None);
    assert_eq!(rspauth, "ea40f60335c427b5527b84dbabcdfffd");
}

#[test]
fn the_realm_is_the_users_or_the_servers_first_or_none() {
    let two = Challenge::parse(b"realm=\"a\",realm=\"b\",nonce=\"n\",algorithm=md5-sess").unwrap();
    assert_eq!(two.realms, ["a", "b"]);
    let none = Challenge::parse(b"nonce=\"n\", algorithm = md5-sess ,,qop=auth").unwrap();
    let realm = |challenge: &Challenge, wanted: Option<&'static str>| {
        let who = Answerer {
            realm: wanted,
            ..chris()
        };
        let (sent, _) = answer(challenge, &who).unwrap();
        fields(str::from_utf8(&sent).unwrap()).get("realm").cloned()
    };
    assert_eq!(realm(&two, None).as_deref(), Some("a"));
    assert_eq!(realm(&two, Some("b")).as_deref(), Some("b"));
    assert_eq!(realm(&two, Some("c")).as_deref(), Some("c"));
    assert_eq!(realm(&none, None), None);
}

#[test]
fn names_with_quotes_authzid_and_other_letters() {
    let challenge = Challenge::parse(RFC_2831).unwrap();
    let who = Answerer {
        authcid: "a\"b\\c",
        authzid: Some("cr\"aig"),
        ..chris()
    };
    let (sent, _) = answer(&challenge, &who).unwrap();
    let sent = String::from_utf8(sent.to_vec()).unwrap();
    let said = fields(&sent);
    assert_eq!(said.get("username").unwrap(), "a\"b\\c");
    assert_eq!(said.get("authzid").unwrap(), "cr\"aig");
    assert!(!sent.ends_with(','), "{sent}");
    // RFC 2831 section 2.1.1: without charset all is ISO 8859-1, on the line too.
    let old = Challenge::parse(b"nonce=\"n\",algorithm=md5-sess").unwrap();
    let who = Answerer {
        authcid: "j\u{f6}",
        ..chris()
    };
    let (sent, _) = answer(&old, &who).unwrap();
    assert!(sent.windows(3).any(|part| part == b"j\xf6\""));
    let who = Answerer {
        password: "\u{20ac}".as_bytes(),
        ..chris()
    };
    assert_eq!(answer(&old, &who).unwrap_err(), DigestError::Charset);
    assert!(answer(&challenge, &who).is_ok());
}

#[test]
fn challenges_that_cannot_be_answered() {
    for (text, error) in [
        (&b"nonce"[..], DigestError::Syntax),
        (b"nonce=\"n", DigestError::Syntax),
        (b"nonce=\"n\\", DigestError::Syntax),
        (b"nonce=\"n\"x,algorithm=md5-sess", DigestError::Syntax),
        (b"", DigestError::Nonce),
        (b"nonce=\"\",algorithm=md5-sess", DigestError::Nonce),
        (b"nonce=a,nonce=b,algorithm=md5-sess", DigestError::Nonce),
        (b"nonce=a", DigestError::Algorithm),
        (b"nonce=a,algorithm=md5", DigestError::Algorithm),
        (
            b"nonce=a,algorithm=md5-sess,qop=\"auth-int,auth-conf\"",
            DigestError::Layer,
        ),
    ] {
        assert_eq!(
            Challenge::parse(text),
            Err(error),
            "{}",
            String::from_utf8_lossy(text)
        );
    }
    // As the user sees it.
    let mut exchange = exchange("DIGEST-MD5", &who("joe").with(PASSWORD), "localhost");
    let Answer::Cancel(error) = exchange.step(Some(b"nonce=a,algorithm=md5-sess,qop=auth-conf"))
    else {
        panic!("answered");
    };
    assert!(error.0.contains("security layer"), "{error}");
}

/// The server must prove that it knows the password: red if it does not.
#[test]
fn a_wrong_or_missing_rspauth_is_an_impostor() {
    let joe = who("joe").with(PASSWORD);
    for proof in [Proof::Right, Proof::Wrong, Proof::None] {
        let mut server = Md5Server::new("DIGEST-MD5");
        server.proof = proof;
        let mut exchange = exchange("DIGEST-MD5", &joe, "localhost");
        let outcome = play_against(&mut *exchange, Judge::Md5(server));
        match proof {
            Proof::Right => assert_eq!(outcome.finished, Some(Ok(()))),
            Proof::Wrong => {
                let sentence = outcome.cancelled.expect("cancelled");
                assert!(sentence.contains("impostor"), "{sentence}");
                assert!(exchange.finish().is_err());
            }
            Proof::None => {
                let sentence = outcome.finished.expect("an OK").unwrap_err();
                assert!(is_impostor(&imapsh::session::ExchangeError(sentence)));
            }
        }
    }
}
