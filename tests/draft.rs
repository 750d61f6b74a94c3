//! Editor text to commands.

use imapsh::console::draft::{self, Draft, DraftItem, FileReference, TagRule};
use imapsh::wire::{CommandPart, LiteralChoice, Tag, TagChoice};

/// The commands as they would go out, `TAG` for a made tag, literals as `{n}` and what follows.
fn wire(text: &str) -> String {
    show(draft::read(text.as_bytes(), TagRule::Automatic, None))
}

fn as_typed(text: &str) -> String {
    show(draft::read(text.as_bytes(), TagRule::AsTyped, None))
}

fn show(draft: Draft) -> String {
    match draft {
        Draft::Complete(items) => items.iter().map(one).collect::<Vec<_>>().join(" | "),
        Draft::Incomplete { why, .. } => format!("incomplete: {why}"),
        Draft::Refused(sentence) => format!("refused: {sentence}"),
        Draft::Empty => "empty".to_owned(),
    }
}

fn one(item: &DraftItem) -> String {
    let mut out = match &item.command.tag {
        TagChoice::Generated if item.is_done => "<".to_owned(),
        TagChoice::Generated => "TAG<".to_owned(),
        TagChoice::Own(tag) => format!("{tag}<"),
        TagChoice::AsTyped => "<".to_owned(),
    };
    for part in &item.command.parts {
        match part {
            CommandPart::Text { bytes, .. } => out.push_str(&String::from_utf8_lossy(bytes)),
            CommandPart::Literal {
                bytes,
                choice,
                binary,
                ..
            } => {
                let plus = if *choice == LiteralChoice::NonSynchronizing {
                    "+"
                } else {
                    ""
                };
                let auto = if *choice == LiteralChoice::Auto {
                    "auto "
                } else {
                    ""
                };
                let tilde = if *binary { "~" } else { "" };
                let text = String::from_utf8_lossy(bytes).escape_debug().to_string();
                out.push_str(&format!("{tilde}{{{auto}{}{plus}:{text}}}", bytes.len()));
            }
            CommandPart::OpenLiteral {
                size,
                choice,
                binary,
                ..
            } => {
                let plus = if *choice == LiteralChoice::NonSynchronizing {
                    "+"
                } else {
                    ""
                };
                out.push_str(&format!(
                    "{}{{{size}{plus}:open}}",
                    if *binary { "~" } else { "" }
                ));
            }
        }
    }
    out.push('>');
    if !item.known {
        out.push('?');
    }
    out
}

#[track_caller]
fn table(rows: &[(&str, &str)], read: fn(&str) -> String) {
    for (text, expected) in rows {
        assert_eq!(read(text), *expected, "for {text:?}");
    }
}

#[test]
fn tags_are_made_or_are_the_users_own() {
    table(
        &[
            ("NOOP", "TAG<NOOP>"),
            ("noop", "TAG<noop>"),
            ("  select inbox  ", "TAG<select inbox>"),
            ("UID FETCH 1 FLAGS", "TAG<UID FETCH 1 FLAGS>"),
            ("uid fetch 1 flags", "TAG<uid fetch 1 flags>"),
            (". logout", ".<logout>"),
            ("b33p sUbScRiBe user.monty", "b33p<sUbScRiBe user.monty>"),
            ("a1 UID STORE 1 FLAGS ()", "a1<UID STORE 1 FLAGS ()>"),
            ("a1   NOOP", "a1<NOOP>"),
            // Both words are commands: the first is one.
            ("LIST SELECT", "TAG<LIST SELECT>"),
            ("SUBSCRIBE user.craig", "TAG<SUBSCRIBE user.craig>"),
            // The own tag is taken off, what follows is as typed.
            ("x1 SELECT  \"a  b\"", "x1<SELECT  \"a  b\">"),
            ("GETACL INBOX", "TAG<GETACL INBOX>"),
            ("RECONSTRUCT INBOX", "TAG<RECONSTRUCT INBOX>"),
        ],
        wire,
    );
}

#[test]
fn what_is_no_command_is_not_known() {
    table(
        &[
            ("XFOO bar", "TAG<XFOO bar>?"),
            ("XFOO", "TAG<XFOO>?"),
            ("a1 XFOO", "TAG<a1 XFOO>?"),
            ("UID FOO 1", "TAG<UID FOO 1>?"),
            ("UID NOOP", "TAG<UID NOOP>?"),
            ("UID", "TAG<UID>?"),
            // No tag may look like this, so it is none.
            ("a+b NOOP", "TAG<a+b NOOP>?"),
            ("* NOOP", "TAG<* NOOP>?"),
            ("\"x\" NOOP", "TAG<\"x\" NOOP>?"),
            ("x DONE", "TAG<x DONE>?"),
        ],
        wire,
    );
}

#[test]
fn a_list_is_several_commands() {
    table(
        &[
            ("NOOP\nNOOP", "TAG<NOOP> | TAG<NOOP>"),
            ("a NOOP\r\n\r\n\n b CHECK\r\n", "a<NOOP> | b<CHECK>"),
            ("IDLE\nDONE\nNOOP", "TAG<IDLE> | <DONE> | TAG<NOOP>"),
            ("NOOP\rNOOP", "TAG<NOOP> | TAG<NOOP>"),
            ("NOOP\nXFOO\nNOOP", "TAG<NOOP> | TAG<XFOO>? | TAG<NOOP>"),
            ("", "empty"),
            (" \n\t\r\n ", "empty"),
        ],
        wire,
    );
}

#[test]
fn parentheses_hold_a_command_together() {
    table(
        &[
            (
                "FETCH 1 (FLAGS",
                "incomplete: a parenthesis is open: close it with )",
            ),
            (
                "FETCH 1 (FLAGS (",
                "incomplete: 2 parentheses are open: close them with )",
            ),
            (
                "FETCH 1 (FLAGS\n",
                "incomplete: a parenthesis is open: close it with )",
            ),
            ("FETCH 1 (FLAGS\n  UID\n)", "TAG<FETCH 1 (FLAGS UID)>"),
            (
                "FETCH 1 (\nFLAGS \n UID)\nNOOP",
                "TAG<FETCH 1 (FLAGS UID)> | TAG<NOOP>",
            ),
            (
                "FETCH 1 )(",
                "incomplete: a parenthesis is open: close it with )",
            ),
            ("SEARCH SUBJECT \"(\"", "TAG<SEARCH SUBJECT \"(\">"),
        ],
        wire,
    );
}

#[test]
fn quotes_must_close_on_their_line() {
    let refused = "refused: A quoted string cannot hold a line end. Close it on its line, or put the text into a \
                   literal: {{{ ... }}}.";
    table(
        &[
            (
                "SELECT \"a",
                "incomplete: a quoted string is open: close it with \"",
            ),
            (
                "SELECT \"a\n",
                "incomplete: a quoted string is open: close it with \"",
            ),
            (
                "SELECT \"a\\\"",
                "incomplete: a quoted string is open: close it with \"",
            ),
            ("SELECT \"a\\\"\"", "TAG<SELECT \"a\\\"\">"),
            ("SELECT \"a\\\\\"", "TAG<SELECT \"a\\\\\">"),
            ("SELECT \"a\nb\"", refused),
            ("SELECT \"a\\\nb\"", refused),
            // Nothing in quotes is a literal.
            ("SELECT \"{3}\"", "TAG<SELECT \"{3}\">"),
            ("SELECT \"{@x}\"", "TAG<SELECT \"{@x}\">"),
        ],
        wire,
    );
}

#[test]
fn blocks_become_literals() {
    table(
        &[
            (
                "APPEND INBOX {{{\na\nb\n}}}",
                "TAG<APPEND INBOX {auto 4:a\\r\\nb}>",
            ),
            (
                "APPEND INBOX {{{\r\na\r\nb\r\n}}}",
                "TAG<APPEND INBOX {auto 4:a\\r\\nb}>",
            ),
            (
                "APPEND INBOX {{{\na\n\n}}}",
                "TAG<APPEND INBOX {auto 3:a\\r\\n}>",
            ),
            ("APPEND INBOX {{{\n}}}", "TAG<APPEND INBOX {auto 0:}>"),
            (
                "APPEND INBOX ~{{{\na\0\n}}}",
                "TAG<APPEND INBOX ~{auto 2:a\\0}>",
            ),
            (
                "LOGIN {{{\ncraig\n}}} {{{\nse cret\n}}}",
                "TAG<LOGIN {auto 5:craig} {auto 7:se cret}>",
            ),
            (
                "RENAME {{{\na\n}}} b\nNOOP",
                "TAG<RENAME {auto 1:a} b> | TAG<NOOP>",
            ),
            ("x1 CREATE {{{ \nä\n}}}", "x1<CREATE {auto 2:ä}>"),
            // Quotes, braces and parentheses inside are the literal's own.
            (
                "CREATE {{{\n\"( {3}\n }}}\n}}}",
                "TAG<CREATE {auto 12:\\\"( {3}\\r\\n }}}}>",
            ),
            (
                "FETCH 1 (BODY[HEADER.FIELDS ({{{\nTo\n}}})])",
                "TAG<FETCH 1 (BODY[HEADER.FIELDS ({auto 2:To})])>",
            ),
            (
                "APPEND INBOX {{{",
                "incomplete: a literal is open: a line with }}} closes it",
            ),
            (
                "APPEND INBOX {{{\nabc",
                "incomplete: a literal is open: a line with }}} closes it",
            ),
            (
                "APPEND INBOX {{{\nabc\n",
                "incomplete: a literal is open: a line with }}} closes it",
            ),
            (
                "APPEND INBOX {{{\na\0\n}}}",
                "refused: Octet 2 of the literal is NUL, which only a binary literal may hold: put ~ before it.",
            ),
            // A body does not become commands, whatever it says.
            (
                "APPEND INBOX {{{\nx9 DELETE victim\n}}}",
                "TAG<APPEND INBOX {auto 16:x9 DELETE victim}>",
            ),
        ],
        wire,
    );
}

#[test]
fn counted_literals_work_as_in_imtest() {
    table(
        &[
            ("CREATE {3}\nfoo", "TAG<CREATE {3:foo}>"),
            ("CREATE {3+}\nfoo", "TAG<CREATE {3+:foo}>"),
            ("CREATE ~{3}\nfoo", "TAG<CREATE ~{3:foo}>"),
            ("a1 CREATE {3}\r\nfoo\r\n", "a1<CREATE {3:foo}>"),
            (
                "LOGIN {5}\ncraig {6}\nsecret",
                "TAG<LOGIN {5:craig} {6:secret}>",
            ),
            (
                "APPEND INBOX {6}\na\nbcd\nNOOP",
                "TAG<APPEND INBOX {6:a\\r\\nbcd}> | TAG<NOOP>",
            ),
            ("CREATE {0}\n", "TAG<CREATE {0:}>"),
            ("CREATE {0}", "TAG<CREATE {0:}>"),
            ("CREATE {2}\nä", "TAG<CREATE {2:ä}>"),
            ("CREATE {9}", "incomplete: 0 of 9 octets"),
            ("CREATE {9}\nfoo", "incomplete: 3 of 9 octets"),
            ("CREATE {9}\nfoo\n", "incomplete: 5 of 9 octets"),
            (
                "CREATE {18446744073709551615}\nfoo",
                "incomplete: 3 of 18446744073709551615 octets",
            ),
            (
                "CREATE {4}\nfoo\nbar",
                "refused: Octet 4 of the literal would be the CR of a line end, its LF would be outside: count a \
                 line end as two octets.",
            ),
            // Only at a line's end is it an announcement.
            ("SEARCH TEXT {3} x", "TAG<SEARCH TEXT {3} x>"),
            ("SEARCH TEXT {}", "TAG<SEARCH TEXT {}>"),
            ("SEARCH TEXT {+}", "TAG<SEARCH TEXT {+}>"),
            (
                "SEARCH TEXT {99999999999999999999}",
                "TAG<SEARCH TEXT {99999999999999999999}>",
            ),
        ],
        wire,
    );
}

#[test]
fn nul_stands_in_binary_literals_only() {
    let nul = "refused: A NUL octet can only stand in a binary literal: ~{{{ ... }}} or ~{@file}.";
    table(&[("NOOP\0", nul), ("SELECT \"a\0\"", nul)], wire);
    assert_eq!(as_typed("x NOOP\0"), "<x NOOP\0>");
}

#[test]
fn as_typed_goes_as_typed() {
    table(
        &[
            ("SUBSCRIBE user.craig", "<SUBSCRIBE user.craig>"),
            ("a1 NOOP ", "<a1 NOOP >"),
            ("  a1 NOOP", "<  a1 NOOP>"),
            ("a1 SELECT \"open", "<a1 SELECT \"open>"),
            ("a1 FETCH 1 (", "<a1 FETCH 1 (>"),
            ("a1 XFOO\na2 XBAR", "<a1 XFOO> | <a2 XBAR>"),
            ("a1 CREATE {3}", "<a1 CREATE {3:open}>"),
            ("a1 CREATE {3+}\n", "<a1 CREATE {3+:open}>"),
            ("a1 CREATE ~{3}", "<a1 CREATE ~{3:open}>"),
            ("a1 CREATE {3}\nfoo", "<a1 CREATE {3:foo}>"),
            ("a1 CREATE {{{\nfoo\n}}}", "<a1 CREATE {auto 3:foo}>"),
            ("DONE", "<DONE>"),
            ("a\rb", "<a\rb>"),
            (
                "a1 CREATE {9}\nfoo",
                "refused: The literal has 3 of 9 octets. Give them all, or none: then the server is asked first.",
            ),
            (" \n", "empty"),
        ],
        as_typed,
    );
}

#[test]
fn files_become_literals_when_they_are_sent() {
    let text = b"APPEND INBOX {@~/mail.eml} ~{@b.bin} {@c.txt:raw}";
    let Draft::Complete(items) = draft::read(text, TagRule::Automatic, None) else {
        panic!()
    };
    let file = |path: &str, raw, binary| FileReference {
        path: path.to_owned(),
        raw,
        binary,
    };
    assert_eq!(
        items[0].files,
        [
            file("~/mail.eml", false, false),
            file("b.bin", true, true),
            file("c.txt", true, false)
        ]
    );
    let mut asked = Vec::new();
    let mut give = |file: &FileReference| {
        asked.push(file.path.clone());
        Ok(file.path.clone().into_bytes())
    };
    let draft = draft::read(text, TagRule::Automatic, Some(&mut give));
    assert_eq!(
        show(draft),
        "TAG<APPEND INBOX {auto 10:~/mail.eml} ~{auto 5:b.bin} {auto 5:c.txt}>"
    );
    assert_eq!(asked, ["~/mail.eml", "b.bin", "c.txt"]);
    let mut fail = |_: &FileReference| Err("no such file".to_owned());
    assert_eq!(
        show(draft::read(
            b"APPEND INBOX {@x}",
            TagRule::Automatic,
            Some(&mut fail)
        )),
        "refused: no such file"
    );
    assert_eq!(
        wire("APPEND INBOX {@}"),
        "refused: {@} names no file: write {@path}."
    );
    // Without the closing brace it is nothing special.
    assert_eq!(wire("APPEND INBOX {@x"), "TAG<APPEND INBOX {@x>");
}

#[test]
fn what_is_shown_and_kept_holds_no_secret() {
    let tag = Tag::new(b"A0007").unwrap();
    for (text, shown, kept) in [
        ("XFOO bar", "A0007 XFOO bar", "XFOO bar"),
        (
            "x1 LOGIN craig secret",
            "x1 LOGIN craig ********",
            "x1 LOGIN craig ********",
        ),
        (
            "LOGIN craig \"se cret\"",
            "A0007 LOGIN craig ********",
            "LOGIN craig ********",
        ),
        (
            "AUTHENTICATE PLAIN AHNlY3JldA==",
            "A0007 AUTHENTICATE PLAIN ********",
            "AUTHENTICATE PLAIN ********",
        ),
        (
            "LOGIN craig {6}\nsecret",
            "A0007 LOGIN craig {6}",
            "LOGIN craig ********",
        ),
        (
            "LOGIN {{{\ncraig\n}}} {{{\nsecret\n}}}",
            "A0007 LOGIN {5} {6}",
            "LOGIN {{{\ncraig\n}}} ********",
        ),
        (
            "APPEND INBOX {@x.eml}",
            "A0007 APPEND INBOX {@x.eml}",
            "APPEND INBOX {@x.eml}",
        ),
        ("CREATE {3}\nfoo\n", "A0007 CREATE {3}", "CREATE {3}\nfoo"),
    ] {
        let Draft::Complete(items) = draft::read(text.as_bytes(), TagRule::Automatic, None) else {
            panic!("{text}")
        };
        assert_eq!(draft::shown(&items[0], &tag), shown, "{text}");
        assert_eq!(
            draft::for_history(&items[0], text.as_bytes()),
            kept,
            "{text}"
        );
        assert_eq!(
            draft::has_secret(&items[0].command),
            text.contains("cret") || text.contains("AHN"),
            "{text}"
        );
    }
    // What the history gave back is not sent as a password.
    for (text, masked) in [
        ("LOGIN craig ********", true),
        ("x LOGIN craig ******** ", true),
        ("LOGIN craig {{{\n********\n}}}", true),
        ("LOGIN craig secret", false),
        ("SELECT ********", false),
    ] {
        let Draft::Complete(items) = draft::read(text.as_bytes(), TagRule::Automatic, None) else {
            panic!("{text}")
        };
        assert_eq!(draft::holds_mask(&items[0].command), masked, "{text}");
    }
}

#[test]
fn each_command_knows_where_it_stood() {
    let text = "NOOP\n\n a CREATE {3}\nfoo\nCHECK";
    let Draft::Complete(items) = draft::read(text.as_bytes(), TagRule::Automatic, None) else {
        panic!()
    };
    let sources: Vec<&str> = items.iter().map(|i| &text[i.source.clone()]).collect();
    assert_eq!(sources, ["NOOP", "a CREATE {3}\nfoo", "CHECK"]);
}

#[test]
fn a_huge_line_of_braces_is_read_at_once() {
    for part in ["{", "{{{", "{@", "{9", "(\"{@", "~{"] {
        let line = format!("NOOP {}", part.repeat(100_000));
        let begun = std::time::Instant::now();
        let _ = draft::read(line.as_bytes(), TagRule::Automatic, None);
        let took = begun.elapsed();
        assert!(took.as_secs() < 20, "{part:?}: {took:?}");
    }
}

mod properties {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Whatever is typed: it ends, and what comes out is well-formed.
        #[test]
        fn never_panics(text in "[ -~\\n\\r\\t\\x00ä{}@~0-9()\"\\\\]{0,60}", typed: bool) {
            let rule = if typed { TagRule::AsTyped } else { TagRule::Automatic };
            if let Draft::Complete(items) = draft::read(text.as_bytes(), rule, None) {
                for item in items {
                    prop_assert!(
                        matches!(item.command.parts.first(), Some(CommandPart::Text { .. })),
                        "a command begins with text"
                    );
                    let last = item.command.parts.len() - 1;
                    for (at, part) in item.command.parts.iter().enumerate() {
                        match part {
                            CommandPart::Text { bytes, .. } => prop_assert!(!bytes.contains(&b'\n')),
                            CommandPart::OpenLiteral { .. } => prop_assert!(typed && at == last),
                            CommandPart::Literal { .. } => {}
                        }
                    }
                    prop_assert!(item.source.end <= text.len());
                }
            }
        }

        /// A literal by count and one by block carry the same octets.
        #[test]
        fn a_block_needs_no_counting(lines in prop::collection::vec("[a-zA-Z0-9 \"(){]{0,20}", 1..5)) {
            let body = lines.join("\n");
            let octets = lines.join("\r\n");
            let block = wire(&format!("CREATE {{{{{{\n{body}\n}}}}}}"));
            let counted = wire(&format!("CREATE {{{}}}\n{body}", octets.len()));
            prop_assert_eq!(block.replace("auto ", ""), counted);
        }
    }
}
