//! `-z`.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use imapsh::link;
use imapsh::runner::{exit, stress};

use super::{Actors, answers, ends, errors, in_time, logged_in, new_demo, out, piped, to_demo};

const GREETING: &str = "* PREAUTH [CAPABILITY IMAP4rev1 LITERAL+] hi\r\n";

#[test]
fn a_table_and_nothing_left_behind() {
    in_time(async {
        let demo = new_demo();
        let connect = to_demo(&demo);
        let (mut ends, _signals) = ends();
        let code = stress::run(&logged_in("craig"), &connect, &mut ends).await;
        let text = out(&ends);
        assert_eq!(code, exit::DONE, "{text}{}", errors(&ends));
        for size in ["200", "2000", "20000", "200000", "2000000"] {
            let row = text
                .lines()
                .map(|line| line.split_whitespace().collect::<Vec<_>>())
                .find(|words| words.first() == Some(&size))
                .unwrap_or_else(|| panic!("no {size}\n{text}"));
            assert_eq!((row.len(), row[1]), (6, "10"), "{text}");
            assert!(row[2..].iter().all(|n| n.parse::<f64>().is_ok()), "{text}");
        }
        let mailbox = text.split(' ').nth(1).unwrap().trim_end_matches(',');
        assert!(mailbox.contains("imapsh-"), "{text}");
        // Nobody finds it any more.
        let handle = connect(logged_in("craig"));
        let mut face = crate::common::script::Face {
            handle,
            seen: Vec::new(),
        };
        face.ready().await;
        face.submit("LIST \"\" *");
        face.submit("LOGOUT");
        face.end().await;
        assert!(face.received().contains("LIST ("), "{}", face.received());
        assert!(!face.received().contains("imapsh-"), "{}", face.received());
    });
}

/// What a server heard that answers with `reply`, and what came of it.
fn with(
    reply: impl Fn(usize, &str) -> Option<String> + Clone + Send + Sync + 'static,
) -> (u8, String, Vec<String>) {
    in_time(async {
        let actors = Actors::new();
        let (mut ends, _signals) = ends();
        let connect = |plan| {
            let reply = reply.clone();
            actors.connect(plan, move |number, peer| {
                answers(peer, GREETING, move |command| reply(number, command))
            })
        };
        let code = stress::run(&piped(), connect, &mut ends).await;
        (code, errors(&ends), actors.heard())
    })
}

#[test]
fn a_refusal_ends_it_and_the_mailbox_goes() {
    let (code, errors, heard) = with(|_, command| {
        command
            .starts_with("APPEND")
            .then(|| "TAG NO [OVERQUOTA] full\r\n".to_owned())
    });
    assert_eq!(code, exit::REFUSED, "{errors}");
    assert!(errors.contains("APPEND was refused: full"), "{errors}");
    let made = heard[0].split("CREATE ").nth(1).unwrap();
    let made = made.split("\r\n").next().unwrap();
    assert!(
        heard[0].contains(&format!("DELETE {made}\r\n")),
        "{heard:?}"
    );
    assert_eq!(heard[0].matches("APPEND").count(), 1, "{heard:?}");
}

#[test]
fn a_mailbox_that_could_not_be_made_is_not_deleted() {
    let (code, errors, heard) = with(|_, command| {
        command
            .starts_with("CREATE")
            .then(|| "TAG NO not here\r\n".to_owned())
    });
    assert_eq!(code, exit::REFUSED, "{errors}");
    assert!(!heard[0].contains("DELETE"), "{heard:?}");
}

#[test]
fn a_lost_connection_is_made_anew_to_remove_it() {
    let (code, errors, heard) =
        with(|number, command| (number == 1 && command.starts_with("SELECT")).then(String::new));
    assert_eq!(code, exit::CONNECTION, "{errors}");
    assert_eq!(heard.len(), 2);
    assert!(heard[1].contains("DELETE "), "{heard:?}");
    assert!(errors.contains("connecting again"), "{errors}");
}

#[test]
fn what_cannot_be_removed_is_named() {
    let (code, errors, _) = with(|_, command| {
        command
            .starts_with("DELETE")
            .then(|| "TAG NO never\r\n".to_owned())
            .or_else(|| {
                command
                    .starts_with("FETCH")
                    .then(|| "TAG NO\r\n".to_owned())
            })
    });
    assert_eq!(code, exit::REFUSED);
    assert!(errors.contains("could not be removed"), "{errors}");
}

#[test]
fn a_short_answer_is_seen() {
    let (code, errors, _) = with(|_, command| {
        command
            .starts_with("FETCH 1 ")
            .then(|| "* 1 FETCH (BODY[] {3}\r\nabc)\r\nTAG OK\r\n".to_owned())
    });
    assert_eq!(code, exit::REFUSED);
    assert!(
        errors.contains("stored with 200 octets and came back with 3"),
        "{errors}"
    );
}

#[test]
fn a_signal_ends_it_and_the_mailbox_goes() {
    in_time(async {
        let actors = Actors::new();
        let (mut ends, signals) = ends();
        let once = Arc::new(AtomicBool::new(false));
        let connect = |plan| {
            let (signals, once) = (signals.clone(), Arc::clone(&once));
            actors.connect(plan, move |_, peer| {
                answers(peer, GREETING, move |command| {
                    if command.starts_with("APPEND") && !once.swap(true, Ordering::SeqCst) {
                        signals.send(exit::INTERRUPTED).unwrap();
                    }
                    None
                })
            })
        };
        let code = stress::run(&piped(), connect, &mut ends).await;
        assert_eq!(code, exit::INTERRUPTED, "{}", errors(&ends));
        assert!(
            actors.heard()[0].contains("DELETE "),
            "{:?}",
            actors.heard()
        );
    });
}

#[test]
fn nobody_logged_in() {
    in_time(async {
        let demo = new_demo();
        let (mut ends, _signals) = ends();
        let connect = move |plan| {
            let demo = demo.clone();
            link::spawn(plan, Some(Box::new(move || demo.pipe())))
        };
        let code = stress::run(&piped(), connect, &mut ends).await;
        assert_eq!(code, exit::USAGE);
        assert!(errors(&ends).contains("add -a USER"), "{}", errors(&ends));
    });
}
