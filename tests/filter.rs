//! Filters: what they say, what is wrong with them, and which lines they show.

use imapsh::transcript::filter::Filter;
use imapsh::transcript::find::{Sieve, Step};
use imapsh::transcript::sifted::Sifted;
use imapsh::transcript::{LineKind, Transcript};
use proptest::prelude::*;

use crate::common::desk::Desk;

/// A bit of everything.
fn desk() -> Desk {
    let mut desk = Desk::plain();
    desk.enter("SELECT INBOX");
    desk.server("* 23 EXISTS\n* OK [UIDVALIDITY 7] ok\nA0001 OK [READ-WRITE] selected");
    desk.enter("UID FETCH 1 (FLAGS BODY[])");
    desk.server(
        "* 1 FETCH (FLAGS (\\Seen) BODY[] {23}\nSubject: Budget\n\nNone)\nA0002 OK fetched",
    );
    desk.enter("STORE 1 FLAGS (\\Deleted)");
    desk.server("A0003 NO [NOPERM] you may not");
    desk.server("* 24 EXISTS");
    desk.enter("CHECK");
    desk.server("A0004 BAD what?");
    desk.enter("FETCH 2 FLAGS");
    desk
}

fn sifted(transcript: &Transcript, filter: &str) -> Sifted {
    let mut sifted = Sifted::new(Filter::parse(filter).unwrap().unwrap());
    while sifted.step(transcript) == Step::More {}
    sifted
}

/// The lines that are shown, short.
fn shown(desk: &Desk, filter: &str) -> Vec<String> {
    let transcript = desk.console.transcript();
    let sifted = sifted(transcript, filter);
    let all = desk.transcript();
    let mut lines = Vec::new();
    let mut next = sifted.next(transcript, 0);
    while let Some(line) = next {
        lines.push(line);
        next = sifted.next(transcript, line + 1);
    }
    let mut back = Vec::new();
    let mut previous = sifted.previous(transcript, transcript.len());
    while let Some(line) = previous {
        back.push(line);
        previous = sifted.previous(transcript, line);
    }
    back.reverse();
    assert_eq!(lines, back, "{filter}");
    lines
        .iter()
        .map(|line| all[*line].chars().take(20).collect())
        .collect()
}

#[test]
fn what_is_shown() {
    let desk = desk();
    let all = desk.transcript();
    let fetch: Vec<&str> = vec![
        "C: A0002 UID FETCH 1",
        "S: * 1 FETCH (FLAGS ",
        "   [23/23]",
        "S: )",
        "S: A0002 OK fetched",
    ];
    let store = ["C: A0003 STORE 1 FLA", "S: A0003 NO [NOPERM]"];
    let bad = ["C: A0004 CHECK", "S: A0004 BAD what?"];
    let running = ["C: A0005 FETCH 2 FLA"];
    assert_eq!(shown(&desk, "tag:A0002"), fetch);
    assert_eq!(shown(&desk, "tag:a0002"), fetch);
    assert_eq!(shown(&desk, "cmd:\"UID FETCH\""), fetch);
    assert_eq!(shown(&desk, "cmd:\"FETCH\""), running);
    assert_eq!(shown(&desk, "cmd:fetch st:ok"), fetch);
    assert_eq!(shown(&desk, "cmd:fetch"), [&fetch[..], &running].concat());
    assert_eq!(shown(&desk, "st:no"), store);
    assert_eq!(shown(&desk, "st:no,bad"), [store, bad].concat());
    assert_eq!(shown(&desk, "st:running"), running);
    assert_eq!(shown(&desk, "code:noperm"), store);
    assert_eq!(shown(&desk, "tag:A0003,A0004 !st:bad"), store);
    assert_eq!(shown(&desk, "is:event"), ["S* * 24 EXISTS"]);
    // With the first line of the command, so that one sees whose they are.
    assert_eq!(shown(&desk, "budget"), [fetch[0], fetch[2]]);
    assert_eq!(shown(&desk, "s:seen"), [fetch[0], fetch[1]]);
    assert_eq!(shown(&desk, "code:uidvalidity"), ["S: * OK [UIDVALIDITY"]);
    assert_eq!(shown(&desk, "c: cmd:store"), [store[0]]);
    assert_eq!(shown(&desk, "/^A\\d+ BAD/ !is:event"), bad);
    assert_eq!(shown(&desk, "is:literal \"None\""), [fetch[0], fetch[2]]);
    assert_eq!(shown(&desk, "\"not there\""), Vec::<String>::new());
    assert_eq!(shown(&desk, "!\"not there\"").len(), all.len());
    // The desk's clock goes on 5 ms with each answer.
    assert_eq!(shown(&desk, ">4ms st:no"), store);
    assert_eq!(shown(&desk, ">1s"), Vec::<String>::new());
    assert_eq!(shown(&desk, "<1s st:no"), store);
    assert_eq!(shown(&desk, "is:user tag:A0004"), bad);
}

#[test]
fn mistakes_get_a_sentence_with_the_place() {
    let table = [
        ("foo:bar", "column 1: there is no foo:"),
        ("st:ok  foo:bar", "column 8: there is no foo:"),
        (
            "st:maybe",
            "column 4: st: takes ok, no, bad, bye, preauth, running or lost, not maybe.",
        ),
        ("is:x", "column 4: is: takes"),
        (">fast", "column 1: a time is written >100ms"),
        ("\"open", "column 1: this \" is never closed."),
        ("cmd:\"UID", "column 5: this \" is never closed."),
        ("tag:", "column 5: a word is missing here."),
        ("tag:A1,", "column 8: a word is missing here."),
        ("\u{fc}\u{fc} !", "column 4: ! wants a term right behind it"),
        ("/[/", "column 1: this is no regular expression"),
        ("\"\"", "column 1: there is no text between the quotes."),
        (
            "!c:x",
            "column 1: ! in front of c:text could mean two things",
        ),
    ];
    for (typed, sentence) in table {
        let error = Filter::parse(typed).expect_err(typed).to_string();
        assert!(error.starts_with(sentence), "{typed}: {error}");
    }
    assert!(Filter::parse("   ").unwrap().is_none());
}

#[test]
fn a_command_that_ends_is_looked_at_again() {
    let mut desk = desk();
    let mut sifted = sifted(desk.console.transcript(), "st:ok");
    let before = sifted.shown().commands;
    desk.server("* 2 FETCH (FLAGS ())\nA0005 OK done");
    while sifted.step(desk.console.transcript()) == Step::More {}
    let last = desk.console.transcript().len() - 1;
    assert!(sifted.passes(desk.console.transcript(), last));
    assert!(sifted.passes(desk.console.transcript(), last - 2));
    // Many more, so that blocks settle while a command runs.
    desk.enter("UID FETCH 1:* FLAGS");
    desk.server("* 2 FETCH (FLAGS ())\n".repeat(5_000).trim_end());
    while sifted.step(desk.console.transcript()) == Step::More {}
    desk.server("A0006 OK done\n* 1 RECENT");
    desk.server("* 1 RECENT\n".repeat(3_000).trim_end());
    while sifted.step(desk.console.transcript()) == Step::More {}
    let all = sifted_count(desk.console.transcript(), "st:ok");
    assert_eq!(sifted.shown(), all);
    assert_eq!(all.commands, before + 2);
    assert!(all.lines > 5_000);
}

fn sifted_count(transcript: &Transcript, filter: &str) -> imapsh::transcript::sifted::Shown {
    sifted(transcript, filter).shown()
}

#[test]
fn a_text_far_inside_a_large_literal_shows_its_line() {
    let mut desk = Desk::plain();
    desk.enter("FETCH 1 BODY[]");
    let mut body = "all the same line\r\n".repeat(20_000);
    body.push_str("needle\r\n");
    let bytes = format!(
        "* 1 FETCH (BODY[] {{{}}}\r\n{body})\r\nA0001 OK done\r\n",
        body.len()
    );
    desk.server_bytes(bytes.as_bytes());
    desk.server("* 1 RECENT\n".repeat(3_000).trim_end());
    let transcript = desk.console.transcript();
    let literal = (0..transcript.len())
        .find(|l| matches!(transcript.line(*l).unwrap().kind, LineKind::Literal { .. }))
        .unwrap();
    let with = sifted(transcript, "needle");
    assert!(with.passes(transcript, literal));
    assert_eq!(with.shown().lines, 2);
    let without = sifted(transcript, "is:literal !needle");
    assert!(!without.passes(transcript, literal));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_text_is_a_filter_or_gets_a_sentence(typed in "\\PC{0,40}") {
        if let Err(error) = Filter::parse(&typed) {
            prop_assert!(error.at <= typed.chars().count());
            prop_assert!(error.sentence.ends_with('.'));
        }
    }

    #[test]
    fn lines_are_shown_by_the_line_and_counted_by_the_block(
        commands in prop::collection::vec((0usize..4, 0usize..400), 1..40),
        filter in prop::sample::select(vec!["a", "st:no", "cmd:noop !st:ok", "s:recent", "!a", "is:event", "code:x"]),
    ) {
        let mut desk = Desk::plain();
        for (number, (kind, lines)) in commands.iter().enumerate() {
            let tag = format!("A{:04}", number + 1);
            desk.enter(["NOOP", "CHECK", "CAPABILITY", "NOOP"][*kind]);
            if *lines > 0 {
                desk.server(["* 1 RECENT\n", "* 2 EXISTS\n", "* CAPABILITY a\n", "* OK [X] a\n"][*kind].repeat(*lines).trim_end());
            }
            desk.server(&format!("{tag} {} done", ["OK", "NO [X]", "OK", "NO"][*kind]));
            desk.server("* 7 EXISTS");
        }
        let transcript = desk.console.transcript();
        let sifted = sifted(transcript, filter);
        let passing: Vec<usize> = (0..transcript.len()).filter(|l| sifted.passes(transcript, *l)).collect();
        let mut stepped = Vec::new();
        let mut next = sifted.next(transcript, 0);
        while let Some(line) = next {
            stepped.push(line);
            next = sifted.next(transcript, line + 1);
        }
        prop_assert_eq!(&stepped, &passing);
        let all: usize = transcript.blocks().filter_map(|b| transcript.block(b))
            .map(|b| passing.iter().filter(|l| b.lines.contains(l)).count()).sum();
        prop_assert_eq!(sifted.shown().lines, all as u64);
    }
}
