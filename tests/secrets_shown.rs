//! No form of a secret in what the program writes: the screen, the transcript and its spool, the history
//! file, and what the headless runner prints on stdout and stderr. Each mechanism, right and wrong.

use std::io::{self, Read, Seek};
use std::sync::Arc;

use imapsh::channel::{Notice, Request};
use imapsh::console::{Settings, SubmitMode};
use imapsh::export::{Exporter, Format, Recorder, Replace, Scope};
use imapsh::runner::output::Style;
use imapsh::runner::source::Source;
use imapsh::runner::{Exec, exec, exit};
use imapsh::sasl::MECHANISMS;
use imapsh::session::{Awaiting, Reply};
use imapsh::wire::base64;
use zeroize::Zeroizing;

use crate::common::desk::Desk;
use crate::common::sasl::PASSWORD;
use crate::common::screen::{Screen, plan as shown_plan, tls};
use crate::common::script::Face;
use crate::secrets::{WRONG, clean, connect, connect_by_tls, credentials, derived, forms, plan};

fn ways() -> Vec<String> {
    MECHANISMS
        .iter()
        .filter(|spec| spec.needs_secret())
        .map(|spec| format!("AUTH={}", spec.name))
        .chain(["login".to_owned()])
        .collect()
}

/// Connected to a server that offers everything, `way` being tried with `secret`.
fn begin(way: &str, secret: &str) -> (Face, tokio::sync::oneshot::Receiver<Vec<u8>>) {
    let all: String = MECHANISMS
        .iter()
        .map(|spec| format!(" AUTH={}", spec.name))
        .collect();
    let plan = plan(credentials(Some(way), Some(secret)));
    let capabilities = format!("IMAP4rev1 SASL-IR{all}");
    match way.ends_with("-PLUS") {
        true => connect_by_tls(plan, &capabilities),
        false => connect(plan, &capabilities),
    }
}

/// Neither the password nor what was made of it.
#[track_caller]
fn shows_nothing(what: &str, shown: &str, heard: &[u8]) {
    clean(what, shown);
    for form in derived(heard) {
        assert!(!shown.contains(&form), "{what} shows {form}:\n{shown}");
    }
}

/// Every octet of the transcript, read back from its spool.
fn spooled(screen: &Screen) -> String {
    let transcript = screen.state.console.transcript();
    let mut all = String::new();
    for index in 0..transcript.len() {
        if let Some(line) = transcript.line(index) {
            all.push_str(&String::from_utf8_lossy(&line.bytes));
            all.push('\n');
        }
        all.push_str(&String::from_utf8_lossy(
            &transcript.literal_bytes(index, 0, 4096),
        ));
    }
    all
}

/// Every way out of the transcript: each format of the export, the record, what is copied.
fn written(screen: &Screen, seen: &[Notice]) -> Vec<(&'static str, String)> {
    let transcript = screen.state.console.transcript();
    let head = screen.state.report_head();
    let mut all = Vec::new();
    for (format, name) in Format::ALL {
        let names = screen.state.names(Replace::PeopleAndMailboxes);
        for names in [None, Some(names)] {
            let scope = Scope::All;
            let mut exporter =
                Exporter::new(transcript, format, scope, &head, names, Vec::new()).unwrap();
            while !exporter.step(transcript, 1000).unwrap() {}
            all.push((name, String::from_utf8(exporter.into_inner()).unwrap()));
        }
    }
    let mut file = tempfile::tempfile().unwrap();
    let mut recorder = Recorder::over(file.try_clone().unwrap());
    for notice in seen {
        assert_eq!(
            recorder.notice(std::time::SystemTime::now(), 1, notice),
            None
        );
    }
    recorder.finish().unwrap();
    let mut text = String::new();
    file.seek(io::SeekFrom::Start(0)).unwrap();
    file.read_to_string(&mut text).unwrap();
    assert!(text.contains("NOOP"));
    all.push(("record", text));
    all
}

#[tokio::test]
async fn on_the_screen_and_in_the_spool() {
    for way in ways() {
        for secret in [PASSWORD, WRONG] {
            let (mut face, heard) = begin(&way, secret);
            face.ready().await;
            face.submit("NOOP");
            face.ask(Request::Close);
            face.end().await;
            let heard = heard.await.unwrap();
            let mut screen = Screen::new(200, 50);
            screen.connect(shown_plan(), tls());
            for notice in &face.seen {
                screen.notice(notice.clone());
                shows_nothing(&way, &screen.text(), &heard);
            }
            let spool = spooled(&screen);
            shows_nothing(&way, &spool, &heard);
            let command = match way.as_str() {
                "login" => "LOGIN joe ********".to_owned(),
                _ => way.replace("AUTH=", "AUTHENTICATE "),
            };
            assert!(spool.contains(&command), "{way}: {spool}");
            for (name, text) in written(&screen, &face.seen) {
                shows_nothing(&format!("{way} as {name}"), &text, &heard);
            }
            // Unfolded, too.
            screen.keys("F3");
            shows_nothing(&way, &screen.text(), &heard);
        }
    }
}

#[tokio::test]
async fn on_stdout_and_stderr() {
    for way in ways() {
        for (secret, code) in [(PASSWORD, exit::DONE), (WRONG, exit::CONNECTION)] {
            for style in [Style::Labelled, Style::Raw] {
                let (face, heard) = begin(&way, secret);
                let (mut out, mut errors) = (Vec::new(), Vec::new());
                let run = Exec {
                    handle: face.handle,
                    source: Source::list(&["NOOP".to_owned()]).unwrap(),
                    out: &mut out,
                    style,
                    errors: &mut errors,
                    progress: true,
                    verbose: true,
                    ask: Arc::new(|_| Err(io::Error::other("no terminal"))),
                    care: imapsh::runner::Care {
                        mode: imapsh::safety::SafeMode::Off,
                        yes: false,
                    },
                };
                let ended = exec(run, std::future::pending()).await;
                let heard = heard.await.unwrap();
                let out = String::from_utf8(out).unwrap();
                let errors = String::from_utf8(errors).unwrap();
                assert_eq!(ended, code, "{way}\n{out}\n{errors}");
                shows_nothing(&way, &out, &heard);
                shows_nothing(&way, &errors, &heard);
                assert!(!heard.is_empty() && !errors.is_empty(), "{way}");
            }
        }
    }
}

/// What the user types is masked as it leaves the editor: in the transcript and in the history file.
/// The standard library quotes what it was working on; a crash's text does not.
#[test]
fn in_the_text_of_a_crash() {
    let secret = "\u{e4}pfel-s3cret".to_owned();
    let sliced = |secret: &str| println!("{}", &secret[1..]);
    let compared = |secret: &str| assert_eq!(secret, "other");
    let unwrapped = |secret: &str| {
        let number = secret.parse::<u8>().map_err(|_| secret.to_owned());
        println!("{}", number.unwrap());
    };
    let quoting: [fn(&str); 3] = [sliced, compared, unwrapped];
    for panics in quoting {
        let worked_on = secret.clone();
        let thread = std::thread::Builder::new()
            .spawn(move || panics(&worked_on))
            .unwrap();
        let payload = thread.join().unwrap_err();
        let message = payload.downcast_ref::<String>().expect("a text");
        assert!(message.contains("s3cret"), "it quotes nothing: {message}");
        let text = imapsh::crash::report(message, Some("src/x.rs:1:2"));
        assert!(text.contains("src/x.rs:1:2"), "{text}");
        for form in forms(&secret) {
            assert!(!text.contains(&form), "{text}");
        }
    }
    assert!(imapsh::crash::report("index out of bounds", None).contains("index out of bounds, at"));
}

#[test]
fn typed_by_hand() {
    let folder = tempfile::tempdir().unwrap();
    let history = folder.path().join("history");
    let settings = Settings {
        history: Some(history.clone()),
        server: "mail.example.com".to_owned(),
        ..Settings::default()
    };
    let greeting = "* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] hello";
    let mut desk = Desk::greeted(settings, greeting);
    let plain = base64::encode(format!("\0joe\0{WRONG}").as_bytes());
    let mut sent = String::new();
    for line in [
        format!("LOGIN joe {WRONG}"),
        format!("a1 LOGIN \"joe\" \"{WRONG}\""),
        format!("AUTHENTICATE PLAIN {}", *plain),
        format!("a2 authenticate plain {}", *plain),
    ] {
        desk.send(&line, SubmitMode::Confirmed);
        let out = desk.sent();
        let tag = out.split(' ').next().unwrap().to_owned();
        sent.push_str(&out);
        desk.server(&format!("{tag} NO [AUTHENTICATIONFAILED] no"));
    }
    desk.send("AUTHENTICATE PLAIN", SubmitMode::Normal);
    let tag = desk.sent().split(' ').next().unwrap().to_owned();
    desk.server("+ ");
    assert_eq!(desk.console.awaiting(), Awaiting::Challenge);
    let answer = Zeroizing::new(format!("\0joe\0{WRONG}").into_bytes());
    desk.perform(vec![Request::Respond(Reply::Challenge(answer))]);
    sent.push_str(&desk.sent());
    desk.server(&format!("{tag} NO no"));
    assert!(sent.contains(WRONG) && sent.matches(plain.as_str()).count() == 3);
    clean("the transcript", &desk.transcript().join("\n"));
    assert!(desk.transcript().join("\n").contains("LOGIN joe ********"));
    let kept = std::fs::read_to_string(&history).unwrap_or_default();
    clean("the history file", &kept);
    assert!(!kept.contains(plain.as_str()), "{kept}");
    assert!(
        kept.contains("AUTHENTICATE PLAIN"),
        "the file is kept: {kept:?}"
    );
}
