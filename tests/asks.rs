//! What panes ask: order, marks, answers, what never goes out.

use crate::common::desk::Desk;
use imapsh::channel::own::{PANEL_VERBS, objection};
use imapsh::console::{Ask, Asker, Heard};
use imapsh::transcript::filter::Filter;
use imapsh::transcript::find::Step;
use imapsh::transcript::sifted::Sifted;
use imapsh::wire::{Command, Origin};

const ALL: [Asker; 7] = [
    Asker::Tree,
    Asker::Counts,
    Asker::Selected,
    Asker::Flags,
    Asker::Rights,
    Asker::Messages,
    Asker::Reader,
];

fn status(name: &str) -> Ask {
    Ask::new(Asker::Counts, "STATUS")
        .mailbox(name.as_bytes(), false)
        .word("(MESSAGES)")
        .later()
}

#[test]
fn a_pane_only_reads() {
    for row in imapsh::catalog::commands() {
        let refused = objection(&Command::line(Origin::Panel, &row.verb)).is_some();
        assert_eq!(
            refused,
            !PANEL_VERBS.contains(&row.verb.as_str()),
            "{}",
            row.verb
        );
        let effect = &row.effect;
        use imapsh::catalog::Effect;
        assert!(
            refused || matches!(effect, Effect::Reads | Effect::Session),
            "{} changes something",
            row.verb
        );
    }
    for (text, goes) in [
        ("UID FETCH 1:3 (FLAGS BODY.PEEK[])", true),
        (
            "FETCH 1 (RFC822.SIZE RFC822.HEADER BINARY.PEEK[1] BODYSTRUCTURE BODY)",
            true,
        ),
        ("FETCH 1 BODY[]", false),
        ("UID FETCH 1 (flags body[1.mime])", false),
        ("FETCH 1 RFC822", false),
        ("FETCH 1 (RFC822.TEXT)", false),
        ("FETCH 1 BINARY[1]", false),
        ("SELECT INBOX", false),
        ("CLOSE", false),
        ("STORE 1 +FLAGS (\\Seen)", false),
    ] {
        assert_eq!(
            objection(&Command::line(Origin::Panel, text)).is_none(),
            goes,
            "{text}"
        );
    }
    // The console says so at once, and whoever asked hears it.
    let mut desk = Desk::plain();
    let (id, requests) = desk.console.ask(Ask::new(Asker::Reader, "FETCH 1 BODY[]"));
    desk.perform(requests);
    assert_eq!(desk.sent(), "");
    let told = desk.console.told_to(&ALL);
    assert!(told.len() == 1 && told[0].ask == id && told[0].what == Heard::Lost);
    assert!(
        desk.transcript()
            .last()
            .unwrap()
            .contains("marks a message as seen")
    );
}

#[test]
fn what_a_pane_asks_is_marked_and_answered() {
    let mut desk = Desk::plain();
    let ask = Ask::new(Asker::Messages, "UID FETCH")
        .word("1:2 (FLAGS)")
        .heard();
    assert_eq!(ask.text(), Some("UID FETCH 1:2 (FLAGS)"));
    let (id, requests) = desk.console.ask(ask);
    desk.perform(requests);
    assert_eq!(desk.sent(), "B0001 UID FETCH 1:2 (FLAGS)\n");
    desk.server("* 1 FETCH (UID 1 FLAGS ())\nB0001 OK done");
    let told = desk.console.told_to(&ALL);
    assert!(
        told.iter()
            .all(|t| t.ask == id && t.asker == Asker::Messages)
    );
    let kinds: Vec<&str> = told
        .iter()
        .map(|t| match &t.what {
            Heard::Began(Some(_)) => "began",
            Heard::Data(_) => "data",
            Heard::Done { .. } => "done",
            _ => "?",
        })
        .collect();
    assert_eq!(kinds, ["began", "data", "done"]);
    assert!(desk.console.told_to(&ALL).is_empty());
    // The user's own tags go on as if nothing had been sent, and the filter tells the two apart.
    desk.enter("NOOP");
    assert_eq!(desk.sent(), "A0001 NOOP\n");
    desk.server("A0001 OK done");
    let shown = |filter: &str| -> Vec<String> {
        let mut sifted = Sifted::new(Filter::parse(filter).unwrap().unwrap());
        let transcript = desk.console.transcript();
        while sifted.step(transcript) == Step::More {}
        let mut lines = Vec::new();
        let mut next = sifted.next(transcript, 0);
        while let Some(at) = next {
            let line = transcript.line(at).unwrap();
            lines.push(String::from_utf8_lossy(&line.bytes).into_owned());
            next = sifted.next(transcript, at + 1);
        }
        lines.retain(|line| line.contains("0001"));
        lines
    };
    assert_eq!(
        shown("is:panel"),
        ["B0001 UID FETCH 1:2 (FLAGS)", "B0001 OK done"]
    );
    assert_eq!(shown("!is:panel"), ["A0001 NOOP", "A0001 OK done"]);
    assert_eq!(shown("!is:auto"), shown("is:user"));
}

#[test]
fn a_few_at_a_time_keys_first_and_they_can_be_stopped() {
    let mut desk = Desk::plain();
    let names = ["a", "b", "c", "d", "e", "f", "g"];
    let (ids, requests) = desk.console.ask_all(names.iter().map(|name| status(name)));
    desk.perform(requests);
    let lines = |text: String| -> Vec<String> { text.lines().map(str::to_owned).collect() };
    assert_eq!(lines(desk.sent()).len(), 4);
    // A key: behind those that are out, before those that wait.
    let (_, requests) = desk
        .console
        .ask(Ask::new(Asker::Selected, "EXAMINE").mailbox(b"INBOX", false));
    desk.perform(requests);
    assert_eq!(desk.sent(), "");
    desk.server("B0001 OK\nB0002 OK\nB0003 OK");
    assert_eq!(desk.sent(), "");
    desk.server("B0004 NO not that one");
    assert_eq!(desk.sent(), "B0005 EXAMINE INBOX\n");
    assert_eq!(desk.console.asking(Some(Asker::Counts)), 3);
    assert_eq!(desk.console.stop_asking(Some(Asker::Counts)), 3);
    desk.server("B0005 OK");
    assert_eq!(desk.sent(), "");
    let told = desk.console.told_to(&ALL);
    let lost: Vec<_> = told
        .iter()
        .filter(|t| t.what == Heard::Lost)
        .map(|t| t.ask)
        .collect();
    assert_eq!(lost, ids[4..]);
    assert_eq!(desk.console.asking(None), 0);
}

#[test]
fn an_idle_and_an_answer_by_hand_are_not_disturbed() {
    let mut desk = Desk::plain();
    desk.enter("IDLE");
    desk.server("+ idling");
    desk.sent();
    let (_, requests) = desk.console.ask(status("a"));
    desk.perform(requests);
    assert_eq!(desk.sent(), "");
    // A key ends it, as a command typed would.
    let (_, requests) = desk.console.ask(Ask::new(Asker::Messages, "NOOP"));
    desk.perform(requests);
    desk.server("A0001 OK idle over");
    let sent = desk.sent();
    assert!(sent.starts_with("DONE\nB0001 NOOP\n"), "{sent}");
    desk.server("B0001 OK");
    assert_eq!(desk.sent(), "B0002 STATUS a (MESSAGES)\n");
    desk.server("B0002 OK");
    // AUTHENTICATE by hand: nothing goes between its lines.
    desk.enter("AUTHENTICATE PLAIN");
    desk.server("+ ");
    desk.sent();
    assert!(!desk.console.can_ask());
    let (_, requests) = desk.console.ask(Ask::new(Asker::Messages, "NOOP"));
    desk.perform(requests);
    assert_eq!(desk.sent(), "");
}

#[test]
fn a_lost_connection_answers_everybody() {
    let mut desk = Desk::plain();
    let (ids, requests) = desk.console.ask_all([
        Ask::new(Asker::Messages, "NOOP"),
        Ask::new(Asker::Reader, "NOOP"),
    ]);
    desk.perform(requests);
    desk.close(imapsh::session::CloseCause::Closed);
    let told = desk.console.told_to(&ALL);
    let lost: Vec<_> = told
        .iter()
        .filter(|t| t.what == Heard::Lost)
        .map(|t| t.ask)
        .collect();
    assert_eq!(lost, ids);
    assert_eq!(desk.console.asking(None), 0);
}

#[test]
fn any_name_has_its_command_and_most_have_a_text() {
    for (name, text) in [
        (&b"INBOX"[..], Some("STATUS INBOX")),
        (b"Team a", Some("STATUS \"Team a\"")),
        (b"a\"b\\", Some("STATUS \"a\\\"b\\\\\"")),
        ("Entwürfe".as_bytes(), Some("STATUS {{{\nEntwürfe\n}}}")),
        (b"\xff\xfe", None),
        (b"a\r\nb", None),
    ] {
        let ask = Ask::new(Asker::Counts, "STATUS").mailbox(name, false);
        assert_eq!(ask.text(), text);
        let mut desk = Desk::plain();
        let (_, requests) = desk.console.ask(ask);
        desk.perform(requests);
        assert!(desk.sent().starts_with("B0001 STATUS "), "{name:?}");
    }
}

#[test]
fn tags_of_a_log_tell_who_sent() {
    for (tag, origin) in [
        (&b"A0001"[..], Origin::User),
        (b"P0001", Origin::Program),
        (b"B0001", Origin::Panel),
        (b"B12345", Origin::Panel),
        // MailKit's.
        (b"B00000001", Origin::User),
        (b"B1", Origin::User),
        (b"B000x", Origin::User),
        (b"", Origin::User),
    ] {
        assert_eq!(Origin::of_tag(tag), origin, "{tag:?}");
    }
}
