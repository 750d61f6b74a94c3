//! Mechanisms against rsasl's own server side and against RFC vectors; and which one is chosen.

use imapsh::channel::LineSafety;
use imapsh::sasl::framework::{MOST_ITERATIONS, is_impostor};
use imapsh::sasl::{ChooseError, Credentials, Login, MECHANISMS, MechanismSpec, choose};
use imapsh::session::{Answer, Exchange};
use imapsh::wire::CapabilitySet;

use crate::common::login::{And, who};
use crate::common::sasl::{PASSWORD, Scram, play, surroundings};

fn credentials(authcid: &str, authzid: Option<&str>, secret: &str) -> Credentials {
    Credentials {
        authzid: authzid.map(str::to_owned),
        ..who(authcid).with(secret)
    }
}

fn exchange(name: &str, credentials: &Credentials) -> Box<dyn Exchange> {
    let spec = MechanismSpec::find(name).unwrap();
    (spec.build)(spec, credentials, &surroundings()).unwrap()
}

fn send(exchange: &mut dyn Exchange, challenge: Option<&[u8]>) -> String {
    match exchange.step(challenge) {
        Answer::Send(bytes) => String::from_utf8(bytes.to_vec()).unwrap(),
        Answer::Cancel(error) => panic!("{error}"),
    }
}

fn cancel(exchange: &mut dyn Exchange, challenge: Option<&[u8]>) -> String {
    match exchange.step(challenge) {
        Answer::Send(bytes) => panic!("sent {} octets", bytes.len()),
        Answer::Cancel(error) => error.0,
    }
}

/// Those that need nobody else: GSSAPI needs a KDC (tests/real_servers/gssapi.rs).
fn by_ourselves() -> impl Iterator<Item = &'static MechanismSpec> {
    MECHANISMS.iter().filter(|spec| !spec.asks_around())
}

#[test]
fn the_table_is_sound() {
    for (at, spec) in MECHANISMS.iter().enumerate() {
        assert_eq!(spec.name, spec.name.to_ascii_uppercase());
        assert!(!spec.reference.is_empty());
        assert!(
            MECHANISMS
                .iter()
                .skip(at + 1)
                .all(|other| other.name != spec.name)
        );
        assert!(spec.needs_secret() || !spec.reveals_secret, "{}", spec.name);
        assert_eq!(
            MechanismSpec::find(&format!("auth={}", spec.name.to_lowercase()))
                .unwrap()
                .name,
            spec.name
        );
    }
}

#[test]
fn every_mechanism_lets_the_right_one_in() {
    for spec in by_ourselves() {
        let outcome = play(&mut *exchange(
            spec.name,
            &credentials("joe", None, PASSWORD),
        ));
        assert_eq!(outcome.cancelled, None, "{}", spec.name);
        let (authcid, authzid) = outcome
            .verdict
            .unwrap_or_else(|| panic!("{} was refused", spec.name));
        assert_eq!(outcome.finished, Some(Ok(())), "{}", spec.name);
        match spec.name {
            // The one name of OAUTHBEARER is the authzid of its gs2 header.
            "OAUTHBEARER" | "EXTERNAL" => assert_eq!(authzid, "joe"),
            "ANONYMOUS" => assert_eq!(authzid, ""),
            _ => assert_eq!(
                (authcid.as_str(), authzid.as_str()),
                ("joe", ""),
                "{}",
                spec.name
            ),
        }
    }
}

#[test]
fn every_mechanism_carries_the_authzid_or_says_that_it_cannot() {
    for spec in by_ourselves() {
        let credentials = credentials("cyrus", Some("craig"), PASSWORD);
        let outcome = play(&mut *exchange(spec.name, &credentials));
        let (authcid, authzid) = outcome
            .verdict
            .unwrap_or_else(|| panic!("{} was refused", spec.name));
        match spec.name {
            "LOGIN" | "ANONYMOUS" | "CRAM-MD5" => {
                assert!(!spec.carries_authzid);
                assert_eq!(spec.authzid(&credentials), None);
                assert_eq!(authzid, "");
            }
            "XOAUTH2" => assert_eq!(authcid, "craig"),
            "OAUTHBEARER" | "EXTERNAL" => assert_eq!(authzid, "craig"),
            _ => {
                assert!(spec.carries_authzid);
                assert_eq!(
                    (authcid.as_str(), authzid.as_str()),
                    ("cyrus", "craig"),
                    "{}",
                    spec.name
                );
            }
        }
    }
}

#[test]
fn every_mechanism_with_a_wrong_secret_is_refused_and_shows_nothing() {
    for spec in MECHANISMS.iter().filter(|spec| spec.needs_secret()) {
        let outcome = play(&mut *exchange(
            spec.name,
            &credentials("joe", None, "wrong-8899"),
        ));
        assert_eq!(outcome.verdict, None, "{}", spec.name);
        assert!(
            !outcome.cancelled.unwrap_or_default().contains("wrong-8899"),
            "{}",
            spec.name
        );
        if !spec.reveals_secret {
            let sent = outcome.sent.concat();
            assert!(
                !sent.windows(10).any(|part| part == b"wrong-8899"),
                "{}",
                spec.name
            );
        }
    }
}

#[test]
fn octets_of_the_simple_mechanisms() {
    let joe = credentials("joe", None, PASSWORD);
    let admin = credentials("cyrus", Some("craig"), PASSWORD);
    assert_eq!(
        send(&mut *exchange("PLAIN", &joe), None),
        format!("\0joe\0{PASSWORD}")
    );
    assert_eq!(
        send(&mut *exchange("PLAIN", &admin), None),
        format!("craig\0cyrus\0{PASSWORD}")
    );
    assert_eq!(
        send(&mut *exchange("EXTERNAL", &Credentials::default()), None),
        ""
    );
    assert_eq!(send(&mut *exchange("EXTERNAL", &admin), None), "craig");
    assert_eq!(
        send(&mut *exchange("ANONYMOUS", &Credentials::default()), None),
        "imapsh"
    );
    assert_eq!(
        send(&mut *exchange("XOAUTH2", &joe), None),
        format!("user=joe\u{1}auth=Bearer {PASSWORD}\u{1}\u{1}")
    );
    // RFC 7628 section 4.1, and RFC 5801 section 4 for the escapes.
    assert_eq!(
        send(
            &mut *exchange(
                "OAUTHBEARER",
                &credentials("j,o=e", None, "vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==")
            ),
            None
        ),
        "n,a=j=2Co=3De,\u{1}auth=Bearer vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==\u{1}\u{1}"
    );
}

#[test]
fn login_answers_two_prompts_whatever_they_say() {
    let mut login = exchange("LOGIN", &credentials("joe", None, PASSWORD));
    assert!(!login.client_first());
    assert_eq!(send(&mut *login, Some(b"Benutzer:")), "joe");
    assert_eq!(send(&mut *login, Some(b"")), PASSWORD);
    assert_eq!(login.finish(), Ok(()));
    assert!(cancel(&mut *login, Some(b"And your PIN?")).contains("went on asking"));
}

#[test]
fn a_refused_token_is_answered_as_each_protocol_wants() {
    let joe = credentials("joe", None, "stale");
    for (name, answer) in [("OAUTHBEARER", "\u{1}"), ("XOAUTH2", "")] {
        let mut exchange = exchange(name, &joe);
        send(&mut *exchange, None);
        assert_eq!(
            send(&mut *exchange, Some(br#"{"status":"invalid_token"}"#)),
            answer,
            "{name}"
        );
    }
}

/// RFC 7677 section 3, to trust the server of these tests.
#[test]
fn scram_server_of_the_tests_agrees_with_rfc_7677() {
    let salt = imapsh::wire::base64::decode(b"W22ZaJ0SNY7soEsUEjb6gQ==").unwrap();
    let mut server = Scram::new(&salt, 4096, "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0");
    assert_eq!(
        server.first("n,,n=user,r=rOprNGfwEbeRWgbNEkqO"),
        "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"
    );
    let last = "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,\
                p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=";
    assert_eq!(
        server.last(last, b"pencil").unwrap(),
        "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="
    );
    assert_eq!(server.last(last, b"crayon"), None);
}

#[test]
fn scram_proves_itself_to_a_server_that_shares_no_code() {
    let mut exchange = exchange(
        "SCRAM-SHA-256",
        &credentials("a,b=c", Some("craig"), "pencil"),
    );
    let mut server = Scram::new(b"salt and more salt", 4096, "%hvYDpWUa2RaTCAfuxFIlj");
    let first = send(&mut *exchange, None);
    // `n`: Cyrus offers -PLUS and refuses `y`.
    assert!(first.starts_with("n,a=craig,n=a=2Cb=3Dc,r="), "{first}");
    let challenge = server.first(&first);
    let last = send(&mut *exchange, Some(challenge.as_bytes()));
    let signature = server.last(&last, b"pencil").expect("a right proof");
    // The signature comes in a challenge; its answer is empty.
    assert_eq!(send(&mut *exchange, Some(signature.as_bytes())), "");
    assert_eq!(exchange.finish(), Ok(()));
}

#[test]
fn scram_prepares_the_password_and_plain_does_not() {
    // RFC 4013 section 3: a soft hyphen maps to nothing.
    let soft = credentials("joe", None, "pen\u{ad}cil");
    let mut scram = exchange("SCRAM-SHA-256", &soft);
    let mut server = Scram::new(b"salt", 16, "more");
    let challenge = server.first(&send(&mut *scram, None));
    let last = send(&mut *scram, Some(challenge.as_bytes()));
    assert!(server.last(&last, b"pencil").is_some());
    assert_eq!(
        send(&mut *exchange("PLAIN", &soft), None),
        "\0joe\0pen\u{ad}cil"
    );
    // What SASLprep forbids is a sentence.
    let spec = MechanismSpec::find("SCRAM-SHA-256").unwrap();
    let error = (spec.build)(
        spec,
        &credentials("joe", None, "bell\u{7}"),
        &surroundings(),
    )
    .map(|_| ())
    .unwrap_err();
    assert!(
        error.0.contains("SASLprep") && !error.0.contains("bell"),
        "{error}"
    );
}

#[test]
fn a_wrong_signature_is_an_impostor() {
    for name in ["SCRAM-SHA-1", "SCRAM-SHA-256", "SCRAM-SHA-512"] {
        let mut exchange = exchange(name, &credentials("joe", None, "pencil"));
        let mut server = Scram::new(b"salt", 16, "more");
        let challenge = server.first(&send(&mut *exchange, None));
        send(&mut *exchange, Some(challenge.as_bytes()));
        let Answer::Cancel(error) =
            exchange.step(Some(b"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="))
        else {
            panic!("{name} trusts anybody");
        };
        assert!(is_impostor(&error), "{error}");
        // Whatever comes now: no panic, and never a success.
        assert!(exchange.finish().is_err());
        cancel(&mut *exchange, Some(b"v=AAAA"));
        cancel(&mut *exchange, None);
        assert!(exchange.finish().is_err());
    }
}

#[test]
fn an_ok_without_a_signature_is_an_impostor() {
    let mut early = exchange("SCRAM-SHA-256", &credentials("joe", None, "pencil"));
    assert!(early.finish().is_err(), "an OK before anything was said");
    let mut exchange = exchange("SCRAM-SHA-256", &credentials("joe", None, "pencil"));
    let mut server = Scram::new(b"salt", 16, "more");
    let challenge = server.first(&send(&mut *exchange, None));
    send(&mut *exchange, Some(challenge.as_bytes()));
    assert!(is_impostor(&exchange.finish().unwrap_err()));
}

#[test]
fn scram_will_not_hash_for_hours() {
    for rounds in [
        (MOST_ITERATIONS + 1).to_string(),
        "4294967295".to_owned(),
        "9".repeat(40),
    ] {
        let mut exchange = exchange("SCRAM-SHA-512", &credentials("joe", None, "pencil"));
        let first = send(&mut *exchange, None);
        let nonce = first.rsplit_once("r=").unwrap().1.to_owned();
        let sentence = cancel(
            &mut *exchange,
            Some(format!("r={nonce}x,s=c2FsdA==,i={rounds}").as_bytes()),
        );
        assert!(sentence.contains("rounds"), "{sentence}");
    }
}

#[test]
fn rubbish_from_the_server_is_a_sentence_never_a_panic() {
    let rubbish: [&[u8]; 9] = [
        b"",
        b"=",
        b"r=,s=,i=",
        b"r=a,s=b,i=0",
        b"i=",
        b"\xff\xfe",
        b"e=other-error",
        b"v=",
        b"r=x,s=!!!,i=1",
    ];
    for spec in by_ourselves() {
        for first in rubbish {
            for second in rubbish {
                let mut exchange = exchange(spec.name, &credentials("joe", None, "pencil"));
                if exchange.client_first() {
                    let _ = exchange.step(None);
                }
                let _ = exchange.step(Some(first));
                let _ = exchange.step(Some(second));
                let _ = exchange.finish();
                let _ = exchange.step(Some(second));
            }
        }
    }
}

#[test]
fn credentials_that_do_not_fit_are_refused_before_anything_is_sent() {
    for spec in MECHANISMS.iter().filter(|spec| spec.needs_secret()) {
        for bad in [
            Credentials::default(),
            credentials("joe", None, ""),
            credentials("", None, "x"),
            credentials("joe", None, "nul\0inside"),
            credentials("jo\0e", None, "x"),
            credentials("joe", Some("ma\0ry"), "x"),
        ] {
            let built = (spec.build)(spec, &bad, &surroundings()).map(|_| ());
            assert!(built.is_err(), "{} took {bad:?}", spec.name);
        }
    }
}

struct Case {
    advertised: &'static str,
    /// `-a`, `-u`, `-m`
    who: (&'static str, Option<&'static str>, Option<&'static str>),
    line: LineSafety,
    wanted: Result<&'static str, &'static str>,
}

#[test]
fn the_choice() {
    let tls = || LineSafety::Tls {
        version: "TLS1.3".into(),
        cipher: "AES256-GCM".into(),
        verified: true,
    };
    const ALL: &str = "AUTH=PLAIN AUTH=LOGIN AUTH=SCRAM-SHA-1 AUTH=SCRAM-SHA-256 AUTH=SCRAM-SHA-256-PLUS \
                       AUTH=SCRAM-SHA-512 AUTH=EXTERNAL AUTH=ANONYMOUS AUTH=XOAUTH2 AUTH=OAUTHBEARER";
    let other = Some("craig");
    let cases = [
        // the best first
        Case {
            advertised: ALL,
            who: ("joe", None, None),
            line: tls(),
            wanted: Ok("SCRAM-SHA-512"),
        },
        Case {
            advertised: "AUTH=PLAIN AUTH=SCRAM-SHA-1",
            who: ("joe", None, None),
            line: tls(),
            wanted: Ok("SCRAM-SHA-1"),
        },
        Case {
            advertised: "auth=login auth=plain",
            who: ("joe", None, None),
            line: tls(),
            wanted: Ok("PLAIN"),
        },
        Case {
            advertised: "AUTH=LOGIN",
            who: ("joe", None, None),
            line: tls(),
            wanted: Ok("LOGIN"),
        },
        Case {
            advertised: "IMAP4rev1",
            who: ("joe", None, None),
            line: tls(),
            wanted: Ok("LOGIN command"),
        },
        Case {
            advertised: "AUTH=XOAUTH2",
            who: ("joe", None, None),
            line: tls(),
            wanted: Ok("LOGIN command"),
        },
        Case {
            advertised: "AUTH=XOAUTH2 LOGINDISABLED",
            who: ("joe", None, None),
            line: tls(),
            wanted: Ok("XOAUTH2"),
        },
        Case {
            advertised: "AUTH=EXTERNAL LOGINDISABLED",
            who: ("joe", None, None),
            line: tls(),
            wanted: Ok("EXTERNAL"),
        },
        // a password was given, so no ticket is looked for
        Case {
            advertised: "AUTH=GSSAPI AUTH=PLAIN",
            who: ("joe", None, None),
            line: tls(),
            wanted: Ok("PLAIN"),
        },
        // only what is asked for
        Case {
            advertised: "AUTH=ANONYMOUS LOGINDISABLED",
            who: ("joe", None, None),
            line: tls(),
            wanted: Err("no way to log in"),
        },
        Case {
            advertised: ALL,
            who: ("joe", None, Some("anonymous")),
            line: tls(),
            wanted: Ok("ANONYMOUS"),
        },
        Case {
            advertised: ALL,
            who: ("joe", None, Some("plain")),
            line: tls(),
            wanted: Ok("PLAIN"),
        },
        Case {
            advertised: ALL,
            who: ("joe", None, Some("LOGIN")),
            line: tls(),
            wanted: Ok("LOGIN command"),
        },
        Case {
            advertised: ALL,
            who: ("joe", None, Some("login")),
            line: tls(),
            wanted: Ok("LOGIN command"),
        },
        Case {
            advertised: ALL,
            who: ("joe", None, Some("AUTH=login")),
            line: tls(),
            wanted: Ok("LOGIN"),
        },
        Case {
            advertised: ALL,
            who: ("joe", None, Some("FOO")),
            line: tls(),
            wanted: Err("does not know the mechanism FOO"),
        },
        Case {
            advertised: "AUTH=PLAIN",
            who: ("joe", None, Some("SCRAM-SHA-256")),
            line: tls(),
            wanted: Err(
                "does not offer AUTH=SCRAM-SHA-256: nothing was tried. It offers AUTH=PLAIN",
            ),
        },
        Case {
            advertised: "STARTTLS LOGINDISABLED",
            who: ("joe", None, Some("PLAIN")),
            line: LineSafety::Plain,
            wanted: Err("try -t \"\""),
        },
        Case {
            advertised: "AUTH=PLAIN LOGINDISABLED",
            who: ("joe", None, Some("login")),
            line: tls(),
            wanted: Err("LOGINDISABLED"),
        },
        // never silently as the admin
        Case {
            advertised: "AUTH=LOGIN AUTH=PLAIN",
            who: ("cyrus", other, None),
            line: tls(),
            wanted: Ok("PLAIN"),
        },
        Case {
            advertised: "AUTH=LOGIN",
            who: ("cyrus", other, None),
            line: tls(),
            wanted: Err("cyrus cannot act as craig"),
        },
        Case {
            advertised: "IMAP4rev1",
            who: ("cyrus", other, None),
            line: tls(),
            wanted: Err("cyrus cannot act as craig"),
        },
        Case {
            advertised: ALL,
            who: ("cyrus", other, Some("login")),
            line: tls(),
            wanted: Err("The LOGIN command cannot carry"),
        },
        Case {
            advertised: ALL,
            who: ("cyrus", other, Some("AUTH=LOGIN")),
            line: tls(),
            wanted: Err("LOGIN cannot carry"),
        },
        Case {
            advertised: "AUTH=LOGIN",
            who: ("craig", other, None),
            line: tls(),
            wanted: Ok("LOGIN"),
        },
        // no secret over a line that others read
        Case {
            advertised: "AUTH=PLAIN",
            who: ("joe", None, None),
            line: LineSafety::Plain,
            wanted: Err("unencrypted line"),
        },
        Case {
            advertised: "AUTH=PLAIN AUTH=SCRAM-SHA-256",
            who: ("joe", None, None),
            line: LineSafety::Plain,
            wanted: Ok("SCRAM-SHA-256"),
        },
        Case {
            advertised: ALL,
            who: ("joe", None, Some("XOAUTH2")),
            line: LineSafety::Plain,
            wanted: Err("unencrypted line"),
        },
        Case {
            advertised: ALL,
            who: ("joe", None, Some("login")),
            line: LineSafety::Plain,
            wanted: Err("unencrypted line"),
        },
        Case {
            advertised: "AUTH=PLAIN",
            who: ("joe", None, None),
            line: LineSafety::PlainLoopback,
            wanted: Ok("PLAIN"),
        },
        Case {
            advertised: "AUTH=PLAIN",
            who: ("joe", None, None),
            line: LineSafety::Memory,
            wanted: Ok("PLAIN"),
        },
        Case {
            advertised: "AUTH=LOGIN AUTH=PLAIN",
            who: ("cyrus", other, None),
            line: LineSafety::Plain,
            wanted: Err("PLAIN would send"),
        },
    ];
    for case in cases {
        let (authcid, authzid, mechanism) = case.who;
        let credentials = Credentials {
            mechanism: mechanism.map(str::to_owned),
            ..credentials(authcid, authzid, "x")
        };
        let capabilities = CapabilitySet::new(case.advertised.split(' ').map(str::to_owned));
        let got = choose(&credentials, &capabilities, &case.line);
        match (got, case.wanted) {
            (Ok(login), Ok(name)) => assert_eq!(login.name(), name, "{}", case.advertised),
            (Err(error), Err(part)) => {
                let sentence = error.to_string();
                assert!(
                    sentence.contains(part),
                    "{} {:?}: {sentence}",
                    case.advertised,
                    case.who
                );
            }
            (got, wanted) => panic!(
                "{} {:?}: {got:?}, not {wanted:?}",
                case.advertised, case.who
            ),
        }
    }
}

#[test]
fn allow_plaintext_allows() {
    let mut credentials = credentials("joe", None, "x");
    let capabilities = CapabilitySet::new(["AUTH=PLAIN".to_owned()]);
    assert_eq!(
        choose(&credentials, &capabilities, &LineSafety::Plain),
        Err(ChooseError::Plaintext {
            name: "PLAIN".to_owned()
        })
    );
    credentials.allow_plaintext = true;
    assert_eq!(
        choose(&credentials, &capabilities, &LineSafety::Plain).map(|login: Login| login.name()),
        Ok("PLAIN")
    );
}

#[cfg(not(feature = "gssapi"))]
#[test]
fn a_mechanism_that_was_not_built_says_what_to_build() {
    let wanted = Credentials {
        mechanism: Some("gssapi".to_owned()),
        ..Credentials::default()
    };
    for offered in ["AUTH=GSSAPI", "AUTH=PLAIN"] {
        let error = choose(
            &wanted,
            &CapabilitySet::new([offered.to_owned()]),
            &LineSafety::Memory,
        )
        .unwrap_err();
        assert_eq!(error, ChooseError::NotBuilt);
        let sentence = error.to_string();
        assert!(sentence.contains("--features gssapi"), "{sentence}");
        assert!(sentence.contains("libkrb5-dev"), "{sentence}");
    }
    let unknown = Credentials {
        mechanism: Some("KERBEROS_V4".to_owned()),
        ..Credentials::default()
    };
    let error = choose(
        &unknown,
        &CapabilitySet::new(["AUTH=PLAIN".to_owned()]),
        &LineSafety::Memory,
    )
    .unwrap_err();
    assert!(!error.to_string().contains("GSSAPI"), "{error}");
}
