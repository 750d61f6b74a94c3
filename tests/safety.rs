//! Safe mode's judgement: every row of the catalog through every mode and form.

use imapsh::catalog::{self, CommandSpec, Effect, Hits};
use imapsh::console::draft::{self, Draft, TagRule};
use imapsh::safety::{Danger, Doubt, Hit, JUDGEMENTS, Known, SafeMode, Verdict, danger, judge};
use imapsh::wire::{CapabilitySet, Command, CommandPart, LiteralChoice, TagChoice};

/// The commands of a text, as `rule` has them.
fn commands(text: &str, rule: TagRule) -> Vec<Command> {
    let message = b"Subject: hello\r\n\r\nhello\r\n".to_vec();
    let mut files = |_: &draft::FileReference| Ok(message.clone());
    match draft::read(text.as_bytes(), rule, Some(&mut files)) {
        Draft::Complete(items) => items.into_iter().map(|item| item.command).collect(),
        other => panic!("{text:?}: {other:?}"),
    }
}

fn one(text: &str) -> Command {
    let mut commands = commands(text, TagRule::Automatic);
    assert_eq!(commands.len(), 1, "{text:?}");
    commands.remove(0)
}

fn typed(text: &str) -> Command {
    commands(text, TagRule::AsTyped).remove(0)
}

/// An example with its placeholders filled in.
fn example(row: &CommandSpec) -> String {
    row.example
        .replace("{box}", "INBOX")
        .replace("{new}", "New")
        .replace("{renamed}", "Other")
        .replace("{root}", "user.craig")
        .replace("{eml}", "/tmp/x.eml")
}

/// Every form that a command can take on its way out.
fn forms(row: &CommandSpec) -> Vec<(&'static str, Command)> {
    let text = example(row);
    let (verb, rest) = (&text[..row.verb.len()], &text[row.verb.len()..]);
    let lower = format!("{}{rest}", verb.to_lowercase());
    let mut forms = vec![
        ("plain", one(&text)),
        ("lower case", one(&lower)),
        ("own tag", one(&format!("x1 {text}"))),
        ("indented", one(&format!("   {text}"))),
        ("as typed", typed(&format!("a1 {text}"))),
        ("as typed, lower case", typed(&format!("a1 {lower}"))),
        ("as typed, a verb for a tag", typed(&format!("NOOP {text}"))),
        ("as typed, spaces", typed(&format!("a1   {text}"))),
        (
            "in a paste",
            commands(&format!("NOOP\n{text}\nNOOP"), TagRule::Automatic).remove(1),
        ),
        (
            "pasted as typed",
            commands(&format!("a NOOP\nb {text}"), TagRule::AsTyped).remove(1),
        ),
        ("bare CR", typed(&format!("a1 {text}\ra2 NOOP"))),
    ];
    // The first argument as a literal, as far as it is a string.
    let argument = rest.trim_start().split(' ').next().unwrap_or_default();
    if argument
        .chars()
        .next()
        .is_some_and(|c| c.is_ascii_alphabetic())
        && !verb.contains("UID")
    {
        let behind = &rest.trim_start()[argument.len()..];
        let size = argument.len();
        forms.push((
            "literal",
            one(&format!("{verb} {{{{{{\n{argument}\n}}}}}}{behind}")),
        ));
        forms.push((
            "literal by count",
            typed(&format!("a1 {verb} {{{size}}}\n{argument}{behind}")),
        ));
        forms.push(("open literal", typed(&format!("a1 {verb} {{{size}}}"))));
    }
    forms
}

/// A mailbox of 500 messages, open for writing; a server with LITERAL+.
fn known(set: &CapabilitySet) -> Known<'_> {
    Known {
        capabilities: Some(set),
        read_only: Some(false),
        exists: Some(500),
        blind: false,
        changing: false,
    }
}

fn literal_plus() -> CapabilitySet {
    CapabilitySet::new(["IMAP4rev1".into(), "LITERAL+".into()])
}

#[test]
fn every_row_that_writes_or_destroys_has_a_judgement_and_no_other() {
    for row in catalog::commands() {
        let changes = matches!(row.effect, Effect::Writes | Effect::Destroys);
        let judged = JUDGEMENTS
            .iter()
            .filter(|(verb, _)| *verb == row.verb)
            .count();
        assert_eq!(
            judged,
            usize::from(changes),
            "{}: a row in safety/table.rs",
            row.verb
        );
        // What destroys is never waved through, and what hits what is not mixed up.
        let danger = danger(row);
        if row.effect == Effect::Destroys {
            assert_ne!(danger, Danger::None, "{}", row.verb);
        }
        let hits: &[Hits] = match danger {
            Danger::None => continue,
            Danger::Deleted | Danger::DeletedOf | Danger::Closing => &[Hits::DeletedMessages],
            Danger::Many | Danger::Replaced => &[Hits::Messages],
            Danger::Mailbox => &[Hits::Mailbox],
            Danger::Acl => &[Hits::Acl],
            Danger::Quota => &[Hits::Quota],
            Danger::Links => &[Hits::Links],
            Danger::Big => &[Hits::Message],
            Danger::Unjudged => panic!("{}", row.verb),
        };
        assert!(hits.contains(&row.hits), "{}: {danger:?}", row.verb);
    }
    for (verb, _) in JUDGEMENTS {
        assert!(
            catalog::find(verb).is_some(),
            "{verb} is not in the catalog"
        );
    }
}

#[test]
fn every_row_in_every_mode_and_form() {
    let set = literal_plus();
    for row in catalog::commands() {
        for (form, command) in forms(row) {
            let say = |what: &str| format!("{}, {form}: {what}", row.verb);
            let known = known(&set);
            assert_eq!(
                judge(&command, SafeMode::Off, &known),
                Verdict::Pass,
                "{}",
                say("off")
            );
            let verdict = judge(&command, SafeMode::ReadOnly, &known);
            let expected = match row.effect {
                Effect::Writes | Effect::Destroys => "block",
                _ if row.verb == "SELECT" => "change",
                _ => "pass",
            };
            let got = match &verdict {
                Verdict::Pass => "pass",
                Verdict::Block(_) => "block",
                Verdict::Changed(..) => "change",
                Verdict::Ask(_) => "ask",
            };
            assert_eq!(got, expected, "{}", say("readonly"));
            if let Verdict::Block(sentence) = &verdict {
                assert!(sentence.starts_with(&row.verb), "{sentence}");
            }
            let verdict = judge(&command, SafeMode::Confirm, &known);
            let asks = matches!(verdict, Verdict::Ask(_));
            let expected = match danger(row) {
                Danger::None => false,
                // The examples are about one message, and no big one.
                Danger::Many | Danger::Big => false,
                _ => true,
            };
            assert_eq!(asks, expected, "{}", say("confirm"));
        }
    }
}

#[test]
fn select_goes_out_as_examine_in_every_form() {
    let set = literal_plus();
    let forms = [
        ("SELECT INBOX", "EXAMINE INBOX"),
        ("select inbox", "EXAMINE inbox"),
        (
            "SELECT INBOX (QRESYNC (1 2 1:5))",
            "EXAMINE INBOX (QRESYNC (1 2 1:5))",
        ),
        (
            "  SeLeCt \"a b\" (CONDSTORE)",
            "EXAMINE \"a b\" (CONDSTORE)",
        ),
    ];
    let first = |command: &Command| match &command.parts[0] {
        CommandPart::Text { bytes, .. } => String::from_utf8(bytes.clone()).unwrap(),
        other => panic!("{other:?}"),
    };
    for (text, wire) in forms {
        match judge(&one(text), SafeMode::ReadOnly, &known(&set)) {
            Verdict::Changed(command, _) => assert_eq!(first(&command), wire),
            other => panic!("{text}: {other:?}"),
        }
    }
    match judge(
        &typed("a1 select {5}\nINBOX"),
        SafeMode::ReadOnly,
        &known(&set),
    ) {
        Verdict::Changed(command, _) => {
            assert_eq!(first(&command), "a1 EXAMINE ");
            assert_eq!(command.tag, TagChoice::AsTyped);
            assert_eq!(command.parts.len(), 2);
        }
        other => panic!("{other:?}"),
    }
}

fn asked(text: &str, known: &Known<'_>) -> Option<Doubt> {
    match judge(&one(text), SafeMode::Confirm, known) {
        Verdict::Ask(doubt) => Some(doubt),
        Verdict::Pass => None,
        other => panic!("{text}: {other:?}"),
    }
}

#[test]
fn many_is_counted_and_not_read_off_the_text() {
    let set = literal_plus();
    let of = |exists: u64| Known {
        exists: Some(exists),
        ..known(&set)
    };
    for (text, exists, count) in [
        ("STORE 1:* +FLAGS (\\Seen)", 10, None),
        ("STORE 1:* +FLAGS (\\Seen)", 11, Some(11)),
        ("STORE *:1 +FLAGS (\\Seen)", 11, Some(11)),
        ("STORE 1:1000000 +FLAGS (\\Seen)", 3, None),
        ("STORE 1,1,1,1,1,1,1,1,1,1,1,1 +FLAGS (\\Seen)", 500, None),
        ("STORE 1:6,4:11 +FLAGS (\\Seen)", 500, Some(11)),
        ("STORE 495:* +FLAGS (\\Seen)", 500, None),
        ("STORE 900:* +FLAGS (\\Seen)", 500, None),
        ("MOVE 1:11 Archive", 500, Some(11)),
        ("XMOVE 1:11 Archive", 500, Some(11)),
        ("MOVE 1:10 Archive", 500, None),
        ("COPY 1:* Archive", 500, None),
    ] {
        let doubt = asked(text, &of(exists));
        let got = doubt.as_ref().map(|doubt| match &doubt.hit {
            Hit::Messages { count, .. } => count.unwrap_or(0),
            other => panic!("{text}: {other:?}"),
        });
        assert_eq!(got, count, "{text} of {exists}");
        assert!(doubt.is_none_or(|doubt| doubt.always));
    }
    // UIDs and `$` only the server can count; a few of them cannot be many.
    for (text, asks) in [
        ("UID STORE 1:* +FLAGS (\\Seen)", true),
        ("UID STORE 100:111 +FLAGS (\\Seen)", true),
        ("UID STORE 100:109 +FLAGS (\\Seen)", false),
        ("UID STORE * +FLAGS (\\Seen)", false),
        ("UID MOVE 1:* Archive", true),
        ("STORE $ +FLAGS (\\Seen)", true),
        ("STORE nonsense +FLAGS (\\Seen)", true),
    ] {
        let doubt = asked(text, &of(500));
        assert_eq!(doubt.is_some(), asks, "{text}");
        assert!(
            doubt.is_none_or(|doubt| !doubt.always && doubt.countable),
            "{text}"
        );
    }
    // Where nothing can be counted, what may be many is asked about.
    let blind = Known {
        blind: true,
        exists: None,
        ..known(&set)
    };
    assert!(asked("STORE 1:* FLAGS ()", &blind).unwrap().always);
    assert!(asked("STORE 1:10 FLAGS ()", &blind).is_none());
}

#[test]
fn a_message_over_a_mebibyte_is_big() {
    let set = literal_plus();
    let append = |sizes: &[usize]| {
        let mut command = one("APPEND INBOX");
        for size in sizes {
            command.parts.push(CommandPart::Literal {
                bytes: vec![b'x'; *size],
                choice: LiteralChoice::Auto,
                binary: false,
                secret: false,
            });
        }
        judge(&command, SafeMode::Confirm, &known(&set))
    };
    const MIB: usize = 1024 * 1024;
    assert_eq!(append(&[MIB]), Verdict::Pass);
    assert!(
        matches!(append(&[MIB + 1]), Verdict::Ask(Doubt { hit: Hit::Big { octets, .. }, .. }) if octets == MIB as u64 + 1)
    );
    assert!(matches!(append(&[MIB, 1]), Verdict::Ask(_)));
    assert!(matches!(
        judge(
            &typed("a1 append INBOX {1048577}"),
            SafeMode::Confirm,
            &known(&set)
        ),
        Verdict::Ask(_)
    ));
}

#[test]
fn what_cannot_be_read_is_asked_about_and_blocked() {
    let with = literal_plus();
    let without = CapabilitySet::new(["IMAP4rev1".into()]);
    for (set, text) in [
        (&with, "a1 FROBNICATE all"),
        (&with, "a1 UID FROBNICATE 1"),
        (&with, "a1 UID"),
        (&with, "a1 \"EXPUNGE\""),
        (&with, "a1 {7}\nEXPUNGE"),
        (&with, "a1\tEXPUNGE"),
        (&with, " EXPUNGE"),
        (&with, "a1 EXPUNGE\0"),
        (&with, "a1 NOOP \"x {7+}"),
        (&with, "a1 NOOP \"x"),
        (&with, "a1 SEARCH a\u{1}b"),
        (&with, "a1 \u{e9}XPUNGE"),
        (&without, "a1 NOOP {7+}"),
        (
            &without,
            "a1 STATUS {17+}\nx\r\na2 EXPUNGE\r\nxx (MESSAGES)",
        ),
    ] {
        let known = known(set);
        let command = typed(text);
        let readonly = judge(&command, SafeMode::ReadOnly, &known);
        assert!(
            matches!(readonly, Verdict::Block(_)),
            "{text:?}: {readonly:?}"
        );
        let confirm = judge(&command, SafeMode::Confirm, &known);
        let unknown = matches!(
            &confirm,
            Verdict::Ask(Doubt {
                hit: Hit::Unknown(_),
                ..
            })
        );
        assert!(unknown, "{text:?}: {confirm:?}");
    }
    // A tag alone is nothing to any server, and DONE by itself ends an IDLE.
    for text in ["DONE", "a1", "EXPUNGE"] {
        for mode in SafeMode::ALL {
            assert_eq!(
                judge(&typed(text), mode, &known(&with)),
                Verdict::Pass,
                "{text}"
            );
        }
    }
    // Lines in a literal that goes unasked: not where nothing may be written.
    let smuggled = typed("a1 SEARCH TEXT {15+}\nx\r\na2 EXPUNGE\r\n");
    assert!(matches!(
        judge(&smuggled, SafeMode::ReadOnly, &known(&with)),
        Verdict::Block(_)
    ));
}

#[test]
fn readonly_knows_what_is_harmless_with_examine() {
    let set = literal_plus();
    let open = |read_only| Known {
        read_only,
        ..known(&set)
    };
    let judged = |text: &str, read_only| judge(&one(text), SafeMode::ReadOnly, &open(read_only));
    for text in [
        "CLOSE",
        "FETCH 1 BODY[]",
        "UID FETCH 1 (RFC822.TEXT)",
        "FETCH 1 (FLAGS BINARY[1])",
    ] {
        assert_eq!(judged(text, Some(true)), Verdict::Pass, "{text}");
        assert!(
            matches!(judged(text, Some(false)), Verdict::Block(_)),
            "{text}"
        );
    }
    for text in [
        "FETCH 1 BODY.PEEK[]",
        "FETCH 1 (FLAGS RFC822.HEADER)",
        "IDLE",
        "NOOP",
        "LOGOUT",
        "UNSELECT",
    ] {
        assert_eq!(judged(text, Some(false)), Verdict::Pass, "{text}");
    }
}

#[test]
fn what_the_program_sends_by_itself_changes_nothing() {
    use imapsh::channel::LineSafety;
    use imapsh::channel::own::PROGRAM_VERBS;
    use imapsh::link::guard::objection;
    use imapsh::wire::Origin;
    for row in catalog::commands() {
        let command = Command::line(Origin::Program, &row.verb);
        let refused = objection(&command, &LineSafety::Memory, true).is_some();
        assert_eq!(
            refused,
            !PROGRAM_VERBS.contains(&row.verb.as_str()),
            "{}",
            row.verb
        );
        if !refused {
            assert!(
                matches!(row.effect, Effect::Reads | Effect::Session),
                "{}",
                row.verb
            );
        }
    }
}

/// Without a screen: what is known whole is judged whole.
#[test]
fn a_list_is_judged_before_its_first_command_goes() {
    use imapsh::runner::Care;
    use imapsh::runner::source::{Source, objection_to_script, objection_to_stdin};
    let list = |texts: &[&str], mode, yes| {
        let texts: Vec<String> = texts.iter().map(|text| (*text).to_owned()).collect();
        Source::list(&texts).unwrap().objection(Care { mode, yes })
    };
    let wrong = ["NOOP", "x2 uid store 1:* +FLAGS (\\Seen)"];
    let said = list(&wrong, SafeMode::Confirm, false).unwrap();
    assert!(
        said.starts_with("command 2: UID STORE is not sent:") && said.contains("--yes"),
        "{said}"
    );
    assert_eq!(list(&wrong, SafeMode::Confirm, true), None);
    assert_eq!(list(&wrong, SafeMode::Off, false), None);
    // Nothing lifts readonly.
    let said = list(&wrong, SafeMode::ReadOnly, true).unwrap();
    assert!(
        said.contains("it writes") && !said.contains("--yes"),
        "{said}"
    );
    assert_eq!(
        list(
            &["SELECT INBOX", "FETCH 1 BODY[]", "CLOSE"],
            SafeMode::ReadOnly,
            false
        ),
        None
    );
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime.block_on(async {
        let confirm = Care::default();
        let text = b"NOOP\nx1 DELETE {5}\ninbox\nNOOP\n";
        let said = objection_to_stdin(text, confirm).await.unwrap();
        assert!(
            said.starts_with("stdin, line 3: DELETE is not sent:"),
            "{said}"
        );
        // What a script has behind AUTHENTICATE answers it.
        let script = b"a1 AUTHENTICATE PLAIN\nAGNyYWlnAHNlY3JldA==\na2 NOOP\n";
        assert_eq!(objection_to_script(script, "s", confirm).await, None);
        let script = b"a1 AUTHENTICATE PLAIN\nAGNyYWlnAHNlY3JldA==\na2 EXPUNGE\n";
        assert!(
            objection_to_script(script, "s", confirm)
                .await
                .unwrap()
                .starts_with("s, line 3:")
        );
        let script = b"a1 NOOP\na2 FROB\n";
        assert!(
            objection_to_script(script, "s", confirm)
                .await
                .unwrap()
                .starts_with("s, line 2:")
        );
    });
}
