//! Who may log in, and as whom.

use std::time::{Duration, Instant};

use imapsh::demo::{Demo, Options};

use super::client::{Client, demo};

/// What a real client library makes of AUTHENTICATE, with initial response and without.
fn authenticate(
    demo: &Demo,
    mechanism: &str,
    authzid: Option<&str>,
    user: &str,
    password: &str,
    initial: bool,
) -> String {
    use rsasl::prelude::*;
    let authzid = authzid.map(str::to_owned);
    let config =
        SASLConfig::with_credentials(authzid, user.to_owned(), password.to_owned()).unwrap();
    let offered = Mechname::parse(mechanism.as_bytes()).unwrap();
    let mut sasl = SASLClient::new(config)
        .start_suggested_iter([offered])
        .unwrap();
    let mut client = Client::new(demo);
    let mut line = format!("a AUTHENTICATE {mechanism}");
    if initial {
        let mut first = Vec::new();
        sasl.step64(None, &mut first).unwrap();
        line.push(' ');
        line.push_str(std::str::from_utf8(&first).unwrap());
    }
    let mut reply = client.send(&format!("{line}\r\n"));
    let mut running = true;
    while let Some(challenge) = reply.strip_prefix("+ ") {
        let challenge = challenge.trim_end();
        let mut answer = Vec::new();
        if running {
            let input = if sasl.are_we_first() && challenge.is_empty() {
                None
            } else {
                Some(challenge.as_bytes())
            };
            running = sasl.step64(input, &mut answer).unwrap().is_running();
        }
        reply = client.send(&format!("{}\r\n", String::from_utf8(answer).unwrap()));
    }
    if reply.starts_with("a OK") {
        reply.push_str(&client.send("b GETQUOTAROOT INBOX\r\n"));
        reply.push_str(&client.send("c LIST \"\" user.%\r\n"));
    }
    reply
}

#[test]
fn every_mechanism_logs_in_and_acts_for_others() {
    let demo = demo();
    let acting = |mechanism, authzid, initial| {
        authenticate(&demo, mechanism, authzid, "cyrus", "adminpass", initial)
    };
    for mechanism in ["SCRAM-SHA-1", "SCRAM-SHA-256", "SCRAM-SHA-512", "PLAIN"] {
        for (authzid, initial) in [(Some("craig"), true), (Some("monty"), false)] {
            let reply = acting(mechanism, authzid, initial);
            let quota = format!("QUOTA user.{} (STORAGE ", authzid.unwrap());
            assert!(reply.contains(&quota), "{mechanism}: {reply}");
        }
        let wrong = authenticate(&demo, mechanism, None, "craig", "Secret", true);
        assert!(
            wrong.starts_with("a NO [AUTHENTICATIONFAILED]"),
            "{mechanism}: {wrong}"
        );
    }
    for mechanism in ["SCRAM-SHA-256", "PLAIN"] {
        // Oneself needs no authzid, or one's own.
        for authzid in [None, Some("craig")] {
            let own = authenticate(&demo, mechanism, authzid, "craig", "secret", true);
            assert!(
                own.contains("QUOTA user.craig (STORAGE "),
                "{mechanism}: {own}"
            );
        }
        let admin = acting(mechanism, None, true);
        assert!(
            admin.contains("\".\" user.craig\r\n"),
            "{mechanism}: {admin}"
        );
        let other = authenticate(&demo, mechanism, Some("monty"), "craig", "secret", true);
        assert!(
            other.starts_with("a NO [AUTHORIZATIONFAILED] craig may not act as monty"),
            "{mechanism}: {other}"
        );
        let nobody = acting(mechanism, Some("nobody"), true);
        assert!(
            nobody.starts_with("a NO [AUTHORIZATIONFAILED]"),
            "{mechanism}: {nobody}"
        );
        let unknown = authenticate(&demo, mechanism, None, "nobody", "secret", true);
        assert!(
            unknown.starts_with("a NO [AUTHENTICATIONFAILED]"),
            "{mechanism}: {unknown}"
        );
    }
    assert!(
        authenticate(&demo, "LOGIN", None, "monty", "secret", false).contains("QUOTA user.monty (")
    );
    assert!(
        authenticate(&demo, "LOGIN", None, "monty", "no", false)
            .starts_with("a NO [AUTHENTICATIONFAILED]")
    );
}

#[test]
fn authenticate_survives_bad_manners() {
    let mut client = Client::new(&demo());
    assert!(
        client
            .send("a AUTHENTICATE FOO\r\n")
            .starts_with("a NO The mechanism FOO is not offered")
    );
    assert!(
        client
            .send("a AUTHENTICATE EXTERNAL =\r\n")
            .starts_with("a NO ")
    );
    assert!(client.send("a AUTHENTICATE\r\n").starts_with("a BAD "));
    assert_eq!(client.send("a AUTHENTICATE PLAIN\r\n"), "+ \r\n");
    assert_eq!(client.send("*\r\n"), "a BAD AUTHENTICATE was cancelled\r\n");
    client.send("a AUTHENTICATE PLAIN\r\n");
    assert_eq!(
        client.send("!!!!\r\n"),
        "a BAD The response is not base64\r\n"
    );
    client.send("a AUTHENTICATE PLAIN\r\n");
    assert_eq!(
        client.send("{5}\r\n"),
        "a BAD The response is not base64\r\n"
    );
    assert!(
        client
            .send("a AUTHENTICATE LOGIN Y3JhaWc=\r\n")
            .starts_with("a BAD LOGIN takes no initial response")
    );
    assert_eq!(client.send("b NOOP\r\n"), "b OK NOOP completed\r\n");
}

#[test]
fn many_users_are_cheap() {
    let begun = Instant::now();
    let demo = Demo::new(Options { users: 5000 });
    assert!(begun.elapsed() < Duration::from_secs(5));
    let mut client = Client::selected(&demo, "u05000", "INBOX");
    assert!(
        client
            .send("a FETCH 1 BODY[HEADER.FIELDS (SUBJECT)]\r\n")
            .contains("Welcome")
    );
    let mut cyrus = Client::logged_in(&demo, "cyrus");
    assert_eq!(
        cyrus
            .send("a LIST \"\" user.u%\r\n")
            .matches("* LIST ")
            .count(),
        5000
    );
}
