//! The grammar, line by line: what a text is read into.

use std::fmt::Write as _;

use imapsh::snippet::script::{Must, Script, StepKind};
use imapsh::snippet::{NoFiles, check, parse};
use proptest::prelude::*;

fn read(text: &str) -> Script {
    match parse("a.imap", text.as_bytes(), &NoFiles) {
        Ok((script, _)) => script,
        Err(found) => panic!(
            "{}\n{text}",
            found.iter().map(|d| d.text(None)).collect::<String>()
        ),
    }
}

/// Steps in short: `begin 1 [NOOP -> OK] finish`.
fn told(text: &str) -> String {
    let script = read(text);
    let mut out = String::new();
    for step in &script.steps {
        let group = |n: &usize| script.groups.get(*n).unwrap();
        match &step.kind {
            StepKind::Greeting(_) => out.push_str("greeting "),
            StepKind::Begin(n) => {
                let group = group(n);
                let _ = write!(out, "{}<", group.conn);
                for command in &group.commands {
                    let words = script.text(command.span);
                    let status = command.result.status.map_or("any", |s| s.name());
                    let stated = if command.result.stated { "" } else { "?" };
                    let _ = write!(out, "{words} -> {status}{stated}; ");
                }
                for expect in &group.expects {
                    let mark = match expect.must {
                        Must::Come => "*",
                        Must::NotCome => "!",
                        Must::MayCome => "?",
                    };
                    let _ = write!(out, "{mark}{} ", expect.pattern.kind());
                }
                out.push_str("> ");
            }
            StepKind::GoAhead { .. } => out.push_str("+ "),
            StepKind::Raw { .. } => out.push_str("raw "),
            StepKind::Finish(n) => {
                let _ = write!(out, "end{} ", group(n).conn);
            }
            StepKind::Directive(_) => out.push_str("! "),
        }
    }
    out.trim_end().to_owned()
}

#[test]
fn lines_become_groups() {
    let table = [
        ("NOOP\n", "1<NOOP -> OK?; > end1"),
        ("NOOP\nOK\n", "1<NOOP -> OK; > end1"),
        ("noop\nok\n", "1<noop -> OK; > end1"),
        ("OK NOOP\n", "1<OK NOOP -> OK; > end1"),
        ("NO SELECT x\n", "1<NO SELECT x -> NO; > end1"),
        ("\"\" DELETE x\n", "1<\"\" DELETE x -> any; > end1"),
        ("DELETE x\n\"\"\n", "1<DELETE x -> any; > end1"),
        // Rule 3: without an empty line it is the result.
        ("CLOSE\nNO SELECT x\n", "1<CLOSE -> NO; > end1"),
        (
            "CLOSE\n\nNO SELECT x\n",
            "1<CLOSE -> OK?; > end1 1<NO SELECT x -> NO; > end1",
        ),
        (
            "CLOSE\nDELETE x\n",
            "1<CLOSE -> OK?; > end1 1<DELETE x -> OK?; > end1",
        ),
        // Rule 2: before the result, behind it, behind an empty line.
        (
            "SELECT x\n* 1 EXISTS\nOK\n* FLAGS ()\n",
            "1<SELECT x -> OK; *EXISTS *FLAGS > end1",
        ),
        (
            "OK SELECT x\n* 1 EXISTS\n! BYE\n? OK\n",
            "1<OK SELECT x -> OK; *EXISTS !BYE ?OK > end1",
        ),
        ("* OK\n\nNOOP\n", "greeting 1<NOOP -> OK?; > end1"),
        // Rule 5: tags.
        (
            "tag1 NOOP\ntag2 NOOP\ntag1 OK\ntag2 OK\n",
            "1<tag1 NOOP -> OK; tag2 NOOP -> OK; > end1",
        ),
        (
            "a NOOP\nb NOOP\nb NO\na OK\n",
            "1<a NOOP -> OK; b NOOP -> NO; > end1",
        ),
        (
            "a NOOP\nb NOOP\nb OK\n",
            "1<a NOOP -> OK?; > end1 1<b NOOP -> OK; > end1",
        ),
        (
            ". NOOP\n. NOOP\n",
            "1<. NOOP -> OK?; > end1 1<. NOOP -> OK?; > end1",
        ),
        (
            ". NOOP\n. NOOP\n. OK\n",
            "1<. NOOP -> OK?; > end1 1<. NOOP -> OK; > end1",
        ),
        ("tag1 XFOO\n", "1<tag1 XFOO -> OK?; > end1"),
        ("tag1 no SELECT x\n", "1<tag1 no SELECT x -> NO; > end1"),
        (
            "a uid fetch 1 flags\n",
            "1<a uid fetch 1 flags -> OK?; > end1",
        ),
        ("uid fetch 1 flags\n", "1<uid fetch 1 flags -> OK?; > end1"),
        // IDLE.
        ("IDLE\n+\n> DONE\nOK\n", "1<IDLE -> OK; > + raw end1"),
        (
            "IDLE\n+\n!sleep 1s\n> DONE\nOK\n",
            "1<IDLE -> OK; > + ! raw end1",
        ),
        (
            "OK IDLE\n+\n> DONE\n\nNOOP\n",
            "1<OK IDLE -> OK; > + raw end1 1<NOOP -> OK?; > end1",
        ),
        (". idle\nDONE\n", "1<. idle -> OK?; > raw end1"),
        // A directive ends what is open.
        (
            "NOOP\n!sleep 1s\nNOOP\n",
            "1<NOOP -> OK?; > end1 ! 1<NOOP -> OK?; > end1",
        ),
        // Several connections: what has its result below stays open.
        (
            "connections: 2\n\n1 IDLE\n1 +\n2 NOOP\n2 OK\n1 > DONE\n1 OK\n",
            "1<1 IDLE -> OK; > + 2<2 NOOP -> OK; > end2 raw end1",
        ),
        (
            "connections: 2\n\n1 NOOP\n2 NOOP\n",
            "1<1 NOOP -> OK?; > end1 2<2 NOOP -> OK?; > end2",
        ),
        // Sides.
        (
            "C: a1 NOOP\nS: * 1 EXISTS\nS: a1 OK x\nC: a2 NOOP\nS: a2 OK y\n",
            "1<C: a1 NOOP -> OK; *EXISTS > end1 1<C: a2 NOOP -> OK; > end1",
        ),
        (
            "C: a1 IDLE\nS: + x\nC: DONE\nS: a1 OK\n",
            "1<C: a1 IDLE -> OK; > + raw end1",
        ),
        // Comments and empty lines are nothing.
        ("# a\n\n\nNOOP\n# b\nOK\n", "1<NOOP -> OK; > end1"),
        ("\u{feff}NOOP\r\nOK\r\n", "1<NOOP -> OK; > end1"),
    ];
    for (text, wanted) in table {
        assert_eq!(told(text), wanted, "{text}");
    }
}

#[test]
fn a_header_is_one_only_if_it_looks_so() {
    assert_eq!(
        read("title: a\n\nNOOP\n").header.title.as_deref(),
        Some("a")
    );
    assert_eq!(
        read("# x\n\ntitle: a\n\nNOOP\n").header.title.as_deref(),
        Some("a")
    );
    assert_eq!(read("NOOP\n\ntitle: a NOOP\n\n").header.title, None);
    let header = read(
        "capabilities: ACL UIDPLUS\nconnections: 2\nuser 2: bob\nvar x: 1\nsafe: readonly\ntimeout: 500ms\n\
         ignore_extra_untagged: no\nkeep_tags: yes\non_error: continue\njobs: 5\neach: @u.csv\n\n1 NOOP\n",
    )
    .header;
    assert_eq!(header.capabilities, ["ACL", "UIDPLUS"]);
    assert_eq!(header.connections, 2);
    assert_eq!(header.users.len(), 1);
    assert_eq!(header.timeout, Some(std::time::Duration::from_millis(500)));
    assert!(header.strict_untagged && header.keep_tags);
    assert_eq!(header.stop_on_error, Some(false));
    assert_eq!(header.jobs, Some(5));
    assert_eq!(header.each.map(|(path, _)| path).as_deref(), Some("u.csv"));
}

#[test]
fn an_included_file_is_read_in_its_place() {
    use crate::common::stage::Folder;
    let files = Folder::with(&[
        ("sub/a.imap", "var y: 2\n\n!include b.imap\n"),
        ("sub/b.imap", "CHECK\n"),
    ]);
    let script = parse("x.imap", b"NOOP\n!include sub/a.imap\nNOOP\n", &files)
        .unwrap()
        .0;
    let verbs: Vec<&str> = script.groups.iter().map(|g| script.text(g.span)).collect();
    assert_eq!(verbs, ["NOOP", "CHECK", "NOOP"]);
    assert_eq!(script.header.vars.len(), 1);
    let round = Folder::with(&[
        ("a.imap", "!include b.imap\n"),
        ("b.imap", "!include a.imap\n"),
    ]);
    let found = parse("x.imap", b"!include a.imap\n", &round).unwrap_err();
    assert!(
        found[0].message.contains("a.imap -> b.imap -> a.imap"),
        "{found:?}"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    /// Whatever a file holds, it is read or refused, and what is read can be checked.
    #[test]
    fn any_text_is_read_or_refused(parts in prop::collection::vec(prop_oneof![
        Just("\n".to_owned()), Just("\r\n".to_owned()), Just("C: ".to_owned()), Just("S: ".to_owned()),
        Just("* ".to_owned()), Just("! ".to_owned()), Just("? ".to_owned()), Just("+ ".to_owned()), Just("> ".to_owned()),
        Just("{{{".to_owned()), Just("}}}".to_owned()), Just("~{5}".to_owned()), Just("{3+}\n".to_owned()), Just("{@a.eml}".to_owned()),
        Just("${x}".to_owned()), Just("${_...}".to_owned()), Just("${".to_owned()), Just("$${".to_owned()), Just("${a...}".to_owned()),
        Just("(".to_owned()), Just(")".to_owned()), Just("[".to_owned()), Just("]".to_owned()), Just("\"".to_owned()), Just("\\".to_owned()),
        Just("OK ".to_owned()), Just("NO ".to_owned()), Just("\"\" ".to_owned()), Just("NOOP".to_owned()), Just("1 FETCH (BODY[".to_owned()),
        Just("tag1 ".to_owned()), Just("IDLE\n".to_owned()), Just("DONE\n".to_owned()), Just("!for x in a b\n".to_owned()),
        Just("!end\n".to_owned()), Just("!ifset x\n".to_owned()), Just("!else\n".to_owned()), Just("!endif\n".to_owned()),
        Just("!let y = ".to_owned()), Just("!assert ${x} == 1\n".to_owned()), Just("!undo ".to_owned()), Just("!send \"\\x0".to_owned()),
        Just("connections: 2\n".to_owned()), Just("1 ".to_owned()), Just("each: @".to_owned()), Just("$!unordered=2 ".to_owned()),
        "[ -~]{0,8}", "\\PC{0,3}", Just("ü€".to_owned()),
    ], 0..40)) {
        let text = parts.concat();
        let report = check("a.imap", text.as_bytes(), &NoFiles);
        for diagnostic in &report.diagnostics {
            prop_assert!(diagnostic.text(None).lines().count() > 1);
        }
    }

    /// A tree of replies is compared with whatever is expected, and comes to an end.
    #[test]
    fn any_octets_are_read(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = parse("a.imap", &bytes, &NoFiles);
    }
}
