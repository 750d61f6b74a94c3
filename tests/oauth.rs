//! Tokens and refusals in words, and never the token.

use std::time::{Duration, SystemTime};

use imapsh::channel::{Notice, Security};
use imapsh::sasl::oauth::{Claims, refusal};
use imapsh::wire::base64;

use crate::common::login::{And, who};
use crate::common::login_server::log_in;
use crate::common::script::{Face, Peer, plan, serve};

fn jwt(payload: &str) -> String {
    let url = |text: &str| {
        base64::encode(text.as_bytes())
            .replace('+', "-")
            .replace('/', "_")
            .trim_end_matches('=')
            .to_owned()
    };
    format!(
        "{}.{}.c2lnbmF0dXJl",
        url("{\"alg\":\"RS256\"}"),
        url(payload)
    )
}

fn at(seconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
}

#[test]
fn a_token_says_for_whom_what_and_how_long() {
    // The payload has letters that base64url writes in its own way.
    let token = jwt(
        r#"{"aud":"https://outlook.office.com","scp":"IMAP.AccessAsUser.All SMTP.Send","exp":1795429200,"name":"??>>~~"}"#,
    );
    assert!(token.contains('_') || token.contains('-'), "{token}");
    let claims = Claims::of(&token).unwrap();
    assert_eq!(
        claims.sentence(at(1_795_426_680)),
        "The token is for https://outlook.office.com (aud), allows IMAP.AccessAsUser.All SMTP.Send (scp), and \
         expires in 42 min (exp: 2026-11-23T10:20:00Z)."
    );
    assert!(!claims.has_expired(at(1_795_429_199)));
    assert!(claims.has_expired(at(1_795_429_200)));
    assert_eq!(
        claims.ending(at(1_795_440_000)),
        "expired 3 h ago (exp: 2026-11-23T10:20:00Z)"
    );
    // RFC 9068: an array of audiences, and `scope`.
    let claims = Claims::of(&jwt(r#"{"aud":["a","b"],"scope":"imap"}"#)).unwrap();
    assert_eq!(
        claims.sentence(at(0)),
        "The token is for a b (aud), allows imap (scp), and does not say when it expires."
    );
}

#[test]
fn what_is_no_jwt_says_nothing_and_panics_nowhere() {
    for token in [
        "",
        "opaque",
        "a.b",
        "a.b.c",
        "a.b.c.d",
        "..",
        "ya29.a0AfH6SMB.x",
        &jwt("[]"),
        &jwt("7"),
        &jwt("{"),
    ] {
        assert_eq!(Claims::of(token), None, "{token}");
    }
    for payload in [
        "{}",
        r#"{"exp":-1}"#,
        r#"{"exp":1e300}"#,
        r#"{"exp":"soon","aud":7,"scp":{}}"#,
    ] {
        let claims = Claims::of(&jwt(payload)).unwrap();
        assert!(
            claims.sentence(at(0)).contains("does not say when"),
            "{payload}"
        );
    }
    let long = Claims::of(&jwt(&format!("{{\"aud\":\"{}\"}}", "x".repeat(5000)))).unwrap();
    assert!(long.sentence(at(0)).len() < 500);
}

#[test]
fn refusals_in_words() {
    for (json, parts) in [
        (
            // RFC 7628 section 4.3
            r#"{"status":"invalid_token","scope":"example_scope","openid-configuration":"https://example.com/.well-known/openid-configuration"}"#,
            vec![
                "the token is not valid",
                "it wants the scope example_scope",
                "https://example.com/.well-known/openid-configuration",
            ],
        ),
        (
            // Google's
            r#"{"status":"401","schemes":"bearer mac","scope":"https://mail.google.com/"}"#,
            vec![
                "the token is not valid",
                "status 401",
                "https://mail.google.com/",
            ],
        ),
        (
            r#"{"status":"insufficient_scope"}"#,
            vec!["the token does not allow IMAP"],
        ),
        (r#"{"status":"teapot"}"#, vec!["status teapot"]),
        ("{}", vec!["it names no reason"]),
        ("no json at all", vec!["no json at all"]),
    ] {
        let said = refusal(json.as_bytes());
        for part in parts {
            assert!(said.contains(part), "{said}");
        }
    }
}

/// By the whole way: the note before the login, the words behind it, the token nowhere.
#[tokio::test]
async fn a_token_that_has_expired() {
    for mechanism in ["XOAUTH2", "OAUTHBEARER"] {
        let token = jwt(r#"{"aud":"mail.example.org","scp":"imap","exp":1000000000}"#);
        let capabilities = format!("IMAP4rev1 SASL-IR AUTH={mechanism}");
        let (address, server) =
            serve(|socket: Peer| async move { log_in(socket, capabilities).await }).await;
        let mut plan = plan(address, Security::Plain);
        plan.credentials = who("joe").by(mechanism).with(&token);
        let mut face = Face::connect(plan);
        face.ready().await;
        let told = face.warnings().join("\n");
        assert!(
            told.contains("The token is for mail.example.org (aud)") && told.contains("expired"),
            "{told}"
        );
        let sentence = face.login_failed().unwrap();
        for part in [
            "its reason: ",
            "the token is not valid",
            "days ago",
            "get a fresh one",
        ] {
            assert!(sentence.contains(part), "{mechanism}: {sentence}");
        }
        face.ask(imapsh::channel::Request::Close);
        face.end().await;
        let shown = format!("{:?}", face.seen);
        for part in token.split('.') {
            assert!(!shown.contains(part), "{part} in {shown}");
        }
        assert!(!face.seen.iter().any(|n| matches!(n, Notice::Info(_))));
        server.await.unwrap();
    }
}
