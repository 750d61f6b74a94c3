//! No secret is ever in a notice, an event, a request or an error, in whatever form: each mechanism and
//! each LOGIN, right and wrong, by the program and by hand.

use imapsh::channel::{Notice, Place, Plan, Request, Security};
use imapsh::link::spawn;
use imapsh::sasl::{Credentials, MECHANISMS, MechanismSpec, Secret};
use imapsh::session::{Awaiting, Event, Reply};
use imapsh::wire::secret::mark_secrets;
use imapsh::wire::{Command, Origin, base64};
use zeroize::Zeroizing;

use crate::common::certificates::Ca;
use crate::common::login::plan_to;
use crate::common::login_server::log_in;
use crate::common::sasl::PASSWORD;
use crate::common::script::{DEADLINE, Face, Peer};

pub const WRONG: &str = "wrong-guess-0815";

/// Every form in which `secret` could show.
pub fn forms(secret: &str) -> Vec<String> {
    let mut forms = vec![secret.to_owned()];
    // Base64 of it at each of the three places where it can begin within a message.
    for before in 0..3 {
        let mut message = vec![0; before];
        message.extend_from_slice(secret.as_bytes());
        let text = base64::encode(&message);
        // The first and the last group depend on what stands around it.
        let whole = if before == 0 { 0 } else { 4 };
        forms.push(text[whole..text.len() - 4].to_owned());
    }
    let digits = |bytes: &[u8]| {
        bytes
            .iter()
            .map(u8::to_string)
            .collect::<Vec<_>>()
            .join(", ")
    };
    let hex: String = secret.bytes().map(|b| format!("{b:02x}")).collect();
    let mut more: Vec<String> = forms.iter().map(|form| digits(form.as_bytes())).collect();
    // `{:#?}` puts each number on a line of its own.
    more.push(hex);
    forms.extend(more);
    forms
}

#[track_caller]
pub fn clean(what: &str, text: &str) {
    for secret in [PASSWORD, WRONG] {
        for form in forms(secret) {
            assert!(!text.contains(&form), "{what} shows {form}:\n{text}");
        }
    }
}

pub fn credentials(mechanism: Option<&str>, secret: Option<&str>) -> Credentials {
    Credentials {
        authcid: Some("joe".to_owned()),
        secret: secret.map(|secret| Secret::new(secret.to_owned())),
        mechanism: mechanism.map(str::to_owned),
        ..Credentials::default()
    }
}

/// A face on a pipe to a server that advertises `capabilities`, and what that server heard in the end.
pub fn connect(plan: Plan, capabilities: &str) -> (Face, tokio::sync::oneshot::Receiver<Vec<u8>>) {
    let capabilities = capabilities.to_owned();
    let (sender, receiver) = tokio::sync::oneshot::channel();
    let mut once = Some((sender, capabilities));
    let dialer = Box::new(move || {
        let (ours, theirs) = tokio::io::duplex(65536);
        let (sender, capabilities) = once.take().expect("dialed once");
        tokio::spawn(async move {
            let _ = sender.send(log_in(Peer::new(theirs), capabilities).await);
        });
        ours
    });
    (
        Face {
            handle: spawn(plan, Some(dialer)),
            seen: Vec::new(),
        },
        receiver,
    )
}

/// The same over TLS: what binds the login to it.
pub fn connect_by_tls(
    mut plan: Plan,
    capabilities: &str,
) -> (Face, tokio::sync::oneshot::Receiver<Vec<u8>>) {
    let ca = Ca::new("The CA");
    let config = ca.server(&["localhost"], 2095);
    plan.security = Security::Implicit;
    plan.trust.ca_files = vec![ca.file()];
    let capabilities = capabilities.to_owned();
    let (sender, receiver) = tokio::sync::oneshot::channel();
    let mut once = Some((sender, capabilities, config, ca));
    let dialer = Box::new(move || {
        let (ours, theirs) = tokio::io::duplex(65536);
        let (sender, capabilities, config, ca) = once.take().expect("dialed once");
        tokio::spawn(async move {
            let peer = Peer::new(theirs).tls(config).await.unwrap();
            let _ = sender.send(log_in(peer, capabilities).await);
            drop(ca);
        });
        ours
    });
    // The CA's file must be there until the handshake.
    (
        Face {
            handle: spawn(plan, Some(dialer)),
            seen: Vec::new(),
        },
        receiver,
    )
}

/// What was derived from a secret and went out: every SASL response as it stood on the line, and the proof
/// of CRAM, DIGEST and SCRAM within it.
pub fn derived(heard: &[u8]) -> Vec<String> {
    let mut found = Vec::new();
    for line in String::from_utf8_lossy(heard).lines() {
        let words: Vec<&str> = line.split(' ').collect();
        let response = match words.as_slice() {
            [response] => response,
            [_, "AUTHENTICATE", _, response] => response,
            _ => continue,
        };
        let Some(text) = base64::decode(response.as_bytes()).filter(|text| text.len() > 8) else {
            continue;
        };
        let text = String::from_utf8_lossy(&text).into_owned();
        found.push((*response).to_owned());
        for before in [",p=", ",response="] {
            if let Some((_, proof)) = text.split_once(before) {
                found.extend(forms(proof.split(',').next().unwrap()));
            }
        }
        if let Some((_, digest)) = text.rsplit_once(' ')
            && digest.len() == 32
        {
            found.extend(forms(digest));
        }
    }
    found
}

pub fn plan(credentials: Credentials) -> Plan {
    Plan {
        credentials,
        ..plan_to(Place::Demo, DEADLINE)
    }
}

fn holds(heard: &[u8], secret: &str) -> bool {
    let text = String::from_utf8_lossy(heard);
    forms(secret).iter().any(|form| text.contains(form))
}

#[tokio::test]
async fn no_mechanism_shows_its_secret() {
    let all: String = MECHANISMS
        .iter()
        .map(|spec| format!(" AUTH={}", spec.name))
        .collect();
    let mut ways: Vec<String> = MECHANISMS
        .iter()
        .filter(|spec| spec.needs_secret())
        .map(|spec| format!("AUTH={}", spec.name))
        .collect();
    ways.push("login".to_owned());
    for way in &ways {
        for more in ["", " SASL-IR", " LITERAL+"] {
            for (secret, right) in [(PASSWORD, true), (WRONG, false)] {
                for asked in [false, true] {
                    let given = credentials(Some(way), (!asked).then_some(secret));
                    let plan = plan(given.clone());
                    clean("the plan", &format!("{plan:?}{plan:#?}"));
                    let capabilities = format!("IMAP4rev1{more}{all}");
                    let (mut face, heard) = match way.ends_with("-PLUS") {
                        true => connect_by_tls(plan, &capabilities),
                        false => connect(plan, &capabilities),
                    };
                    if asked {
                        face.until("PasswordWanted", |n| {
                            matches!(n, Notice::PasswordWanted { .. })
                        })
                        .await;
                        let request = Request::Password(Some(Secret::new(secret.to_owned())));
                        clean("the request", &format!("{request:?}{request:#?}"));
                        face.ask(request);
                    }
                    face.ready().await;
                    let logged_in = face
                        .seen
                        .iter()
                        .any(|n| matches!(n, Notice::LoggedIn { .. }));
                    assert_eq!(logged_in, right, "{way}{more} {secret}: {:#?}", face.seen);
                    // Once more on the same connection.
                    if !right {
                        let request = Request::LogIn(credentials(Some(way), Some(WRONG)));
                        clean("the request", &format!("{request:?}"));
                        face.ask(request);
                        face.ready().await;
                    }
                    face.ask(Request::Close);
                    face.end().await;
                    let shown = format!("{:?}", face.seen);
                    clean(way, &shown);
                    clean(way, &face.sent());
                    let heard = heard.await.unwrap();
                    let spec = MechanismSpec::find(way).filter(|_| way != "login");
                    let reveals = spec.is_none_or(|spec| spec.reveals_secret);
                    let derived = derived(&heard);
                    assert_eq!(
                        derived.is_empty(),
                        spec.is_none(),
                        "{way}: nothing to look for"
                    );
                    for form in derived {
                        assert!(!shown.contains(&form), "{way} shows {form}:\n{shown}");
                        assert!(!face.sent().contains(&form), "{way} shows {form}");
                    }
                    assert_eq!(
                        holds(&heard, secret),
                        reveals,
                        "{way}: the test looks for the right thing"
                    );
                }
            }
        }
    }
}

#[tokio::test]
async fn passwords_that_need_a_literal_or_an_escape() {
    for secret in [
        "wrong-guess-0815 \"quoted\\",
        "wrong-guess-0815 ä",
        "wrong-guess-0815\r\nA1 NOOP",
    ] {
        for more in ["", " LITERAL+"] {
            let (mut face, heard) = connect(
                plan(credentials(Some("login"), Some(secret))),
                &format!("IMAP4rev1{more}"),
            );
            face.ready().await;
            assert!(
                face.login_failed()
                    .unwrap()
                    .contains("AUTHENTICATIONFAILED"),
                "{:?}",
                face.seen
            );
            face.ask(Request::Close);
            face.end().await;
            clean("LOGIN", &format!("{:?}", face.seen));
            assert!(!face.sent().contains("A1 NOOP"), "{}", face.sent());
            let heard = String::from_utf8_lossy(&heard.await.unwrap()).into_owned();
            assert!(heard.contains("wrong-guess-0815"));
            // A line end within the password is no end of the command.
            assert!(!heard.contains("P0002"), "{heard}");
        }
    }
}

#[tokio::test]
async fn typed_by_hand() {
    let (mut face, heard) = connect(
        plan(Credentials::default()),
        "IMAP4rev1 AUTH=PLAIN AUTH=LOGIN",
    );
    face.ready().await;
    for line in [
        format!("LOGIN joe {WRONG}"),
        format!("LOGIN joe \"{WRONG}\""),
    ] {
        let mut command = Command::line(Origin::User, &line);
        mark_secrets(&mut command);
        let request = Request::Submit(command);
        clean("the request", &format!("{request:?}{request:#?}"));
        face.ask(request);
        face.until("its result", completed).await;
    }
    for (mechanism, answers) in [
        ("PLAIN", vec![format!("\0joe\0{WRONG}")]),
        ("LOGIN", vec!["joe".to_owned(), WRONG.to_owned()]),
    ] {
        face.submit(&format!("AUTHENTICATE {mechanism}"));
        for answer in answers {
            face.until("the challenge", |n| {
                events(n)
                    .iter()
                    .any(|e| matches!(e, Event::Awaiting(Awaiting::Challenge)))
            })
            .await;
            let request = Request::Respond(Reply::Challenge(Zeroizing::new(answer.into_bytes())));
            clean("the request", &format!("{request:?}{request:#?}"));
            face.ask(request);
        }
        face.until("its result", completed).await;
    }
    face.ask(Request::Close);
    face.end().await;
    clean("by hand", &format!("{:?}", face.seen));
    clean("by hand", &face.sent());
    assert!(holds(&heard.await.unwrap(), WRONG));
}

fn events(notice: &Notice) -> &[Event] {
    match notice {
        Notice::Events { events, .. } => events,
        _ => &[],
    }
}

fn completed(notice: &Notice) -> bool {
    events(notice)
        .iter()
        .any(|event| matches!(event, Event::Completed { .. }))
}

#[test]
fn the_forms_are_found_where_they_are() {
    for before in ["", "x", "xy", "\0joe\0"] {
        let message = format!("{before}{PASSWORD}after");
        let text = base64::encode(message.as_bytes());
        assert!(holds(text.as_bytes(), PASSWORD), "{before:?}");
        assert!(
            holds(format!("{:?}", text.as_bytes()).as_bytes(), PASSWORD),
            "{before:?}"
        );
    }
    assert!(holds(
        format!("{:?}", PASSWORD.as_bytes()).as_bytes(),
        PASSWORD
    ));
}
