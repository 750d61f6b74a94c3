//! Literals, quoting, modified UTF-7, base64, sequence sets, flags, secrets of commands.

use imapsh::wire::command::{MASK, mark_secrets, masked, secret_ranges, secrets_follow};
use imapsh::wire::encode::{self, Argument, Form};
use imapsh::wire::{
    Command, CommandPart, Flag, Frame, LiteralChoice, MailboxName, Origin, SequenceSet, Tag,
    TagChoice, TagGenerator, base64, cursor, mutf7,
};
use proptest::prelude::*;

/// Text and literals of a command, with everything secret masked: what a transcript shows.
fn shown(command: &Command) -> String {
    let part = |part: &CommandPart| match part {
        CommandPart::Text { bytes, secret } => {
            String::from_utf8_lossy(&masked(bytes, secret)).into_owned()
        }
        CommandPart::Literal { secret: true, .. } => format!("<{}>", String::from_utf8_lossy(MASK)),
        CommandPart::Literal { bytes, .. } => format!("<{}>", String::from_utf8_lossy(bytes)),
        CommandPart::OpenLiteral { size, secret, .. } => {
            format!("<{size} open{}>", if *secret { ", secret" } else { "" })
        }
    };
    command.parts.iter().map(part).collect()
}

fn text(bytes: &str) -> CommandPart {
    CommandPart::Text {
        bytes: bytes.as_bytes().to_vec(),
        secret: Vec::new(),
    }
}

fn literal(bytes: &str) -> CommandPart {
    let bytes = bytes.as_bytes().to_vec();
    CommandPart::Literal {
        bytes,
        choice: LiteralChoice::Auto,
        binary: false,
        secret: false,
    }
}

fn open(size: u64) -> CommandPart {
    CommandPart::OpenLiteral {
        size,
        choice: LiteralChoice::Synchronizing,
        binary: false,
        secret: false,
    }
}

fn marked(tag: TagChoice, parts: Vec<CommandPart>) -> Command {
    let mut command = Command {
        origin: Origin::User,
        tag,
        parts,
    };
    mark_secrets(&mut command);
    command
}

#[test]
fn passwords_are_masked_in_every_form() {
    let table = [
        ("LOGIN craig secret", "LOGIN craig ********"),
        ("login craig secret", "login craig ********"),
        ("  LoGiN   craig\t secret  ", "  LoGiN   craig\t ********"),
        ("LOGIN \"craig\" \"se\\\"cret\"", "LOGIN \"craig\" ********"),
        ("LOGIN \"cr\\\"aig\" secret", "LOGIN \"cr\\\"aig\" ********"),
        ("LOGIN \"a b\" secret", "LOGIN \"a b\" ********"),
        ("LOGIN \"\" secret", "LOGIN \"\" ********"),
        // malformed, and a password all the same
        ("LOGIN craig se cret", "LOGIN craig ********"),
        ("LOGIN craig \"secret", "LOGIN craig ********"),
        ("LOGIN \"craig secret", "LOGIN ********"),
        ("LOGIN \"craig\"secret", "LOGIN \"craig\"********"),
        ("LOGIN craig\"secret\"", "LOGIN craig********"),
        ("LOGIN\"craig\" \"secret\"", "LOGIN\"craig\" ********"),
        ("LOGIN craig {6}", "LOGIN craig ********"),
        ("a+1 LOGIN craig secret", "a+1 LOGIN craig ********"),
        (
            "AUTHENTICATE PLAIN AGNyYWlnAHNlY3JldA==",
            "AUTHENTICATE PLAIN ********",
        ),
        (
            "authenticate \"PLAIN\"  AGNy",
            "authenticate \"PLAIN\"  ********",
        ),
        (
            "AUTHENTICATE PLAIN AGNy more",
            "AUTHENTICATE PLAIN ********",
        ),
        // nothing to hide
        ("AUTHENTICATE PLAIN", "AUTHENTICATE PLAIN"),
        ("AUTHENTICATE EXTERNAL =", "AUTHENTICATE EXTERNAL ="),
        ("LOGIN craig", "LOGIN craig"),
        ("LOGIN craig ", "LOGIN craig "),
        ("LOGIN", "LOGIN"),
        ("", ""),
        // others are left alone
        ("LOGINX craig secret", "LOGINX craig secret"),
        ("CREATE LOGIN craig secret", "CREATE LOGIN craig secret"),
        ("SETACL LOGIN craig lrs", "SETACL LOGIN craig lrs"),
        ("UID FETCH 1 (LOGIN a b)", "UID FETCH 1 (LOGIN a b)"),
        (
            "SEARCH TEXT AUTHENTICATE PLAIN x",
            "SEARCH TEXT AUTHENTICATE PLAIN x",
        ),
        (
            "SELECT \"LOGIN craig secret\"",
            "SELECT \"LOGIN craig secret\"",
        ),
    ];
    for (line, expected) in table {
        assert_eq!(
            shown(&marked(TagChoice::Generated, vec![text(line)])),
            expected,
            "{line}"
        );
        let own = TagChoice::Own(Tag::new(b"x1").unwrap());
        assert_eq!(shown(&marked(own, vec![text(line)])), expected, "{line}");
        if !line.starts_with("a+1") {
            assert_eq!(
                masked(line.as_bytes(), &secret_ranges(line.as_bytes(), false)),
                expected.as_bytes(),
                "{line}"
            );
            let tagged = format!("x1 {line}");
            let hidden = masked(tagged.as_bytes(), &secret_ranges(tagged.as_bytes(), true));
            assert_eq!(hidden, format!("x1 {expected}").as_bytes(), "{line}");
        }
    }
}

#[test]
fn a_line_sent_as_typed_is_read_with_and_without_a_tag() {
    let table = [
        ("a1 LOGIN craig secret", "a1 LOGIN craig ********"),
        ("LOGIN craig secret", "LOGIN craig ********"),
        ("login login craig secret", "login login ********"),
        (
            "a1 AUTHENTICATE PLAIN AGNy",
            "a1 AUTHENTICATE PLAIN ********",
        ),
        ("AUTHENTICATE PLAIN AGNy", "AUTHENTICATE PLAIN ********"),
        ("a1 SELECT INBOX", "a1 SELECT INBOX"),
        ("SUBSCRIBE user.craig", "SUBSCRIBE user.craig"),
    ];
    for (line, expected) in table {
        assert_eq!(
            shown(&marked(TagChoice::AsTyped, vec![text(line)])),
            expected,
            "{line}"
        );
    }
}

#[test]
fn secrets_in_literals_are_masked() {
    let table = [
        (
            vec![
                text("LOGIN "),
                literal("craig"),
                text(" "),
                literal("secret"),
                text(""),
            ],
            "LOGIN <craig> <********>",
        ),
        (
            vec![text("LOGIN "), literal("craig"), text(" secret")],
            "LOGIN <craig> ********",
        ),
        (
            vec![text("LOGIN craig "), literal("secret"), text("")],
            "LOGIN craig <********>",
        ),
        (
            vec![text("LOGIN craig"), literal("secret")],
            "LOGIN craig<********>",
        ),
        (
            vec![text("LOGIN \"craig\" "), open(6)],
            "LOGIN \"craig\" <6 open, secret>",
        ),
        (vec![text("LOGIN "), open(5)], "LOGIN <5 open>"),
        (
            vec![text("AUTHENTICATE PLAIN "), literal("AGNy")],
            "AUTHENTICATE PLAIN <********>",
        ),
        (
            vec![text("AUTHENTICATE "), literal("PLAIN"), text(" AGNy")],
            "AUTHENTICATE <PLAIN> ********",
        ),
        (
            vec![
                text("APPEND INBOX "),
                literal("LOGIN craig secret"),
                text(""),
            ],
            "APPEND INBOX <LOGIN craig secret>",
        ),
        (
            vec![text("SELECT "), literal("a b"), text(" LOGIN c d")],
            "SELECT <a b> LOGIN c d",
        ),
    ];
    for (parts, expected) in table {
        assert_eq!(shown(&marked(TagChoice::Generated, parts)), expected);
    }
}

#[test]
fn what_follows_an_open_literal_of_a_login_is_secret() {
    assert!(secrets_follow(&marked(
        TagChoice::Generated,
        vec![text("LOGIN "), open(5)]
    )));
    assert!(secrets_follow(&marked(
        TagChoice::Generated,
        vec![text("LOGIN craig "), open(6)]
    )));
    assert!(secrets_follow(&marked(
        TagChoice::AsTyped,
        vec![text("a1 login "), open(5)]
    )));
    assert!(!secrets_follow(&marked(
        TagChoice::Generated,
        vec![text("APPEND INBOX "), open(5)]
    )));
    assert!(!secrets_follow(&marked(
        TagChoice::AsTyped,
        vec![text("a1 SELECT "), open(5)]
    )));
}

#[test]
fn no_debug_form_shows_a_password() {
    let command = marked(
        TagChoice::Generated,
        vec![text("LOGIN craig s3same"), literal("s3same")],
    );
    assert!(!format!("{command:?}").contains("s3same"), "{command:?}");
}

#[test]
fn the_verb_is_told_and_no_argument() {
    let verb = |tag, line: &str| {
        Command {
            origin: Origin::User,
            tag,
            parts: vec![text(line)],
        }
        .verb()
    };
    let generated = |line| verb(TagChoice::Generated, line);
    assert_eq!(generated("uid fetch 1 (FLAGS)"), "UID FETCH");
    assert_eq!(generated("  Select INBOX"), "SELECT");
    assert_eq!(generated("UID"), "UID");
    assert_eq!(generated("LOGIN\"craig\" \"secret\""), "LOGIN");
    assert_eq!(generated(""), "");
    assert_eq!(generated(&"x".repeat(100_000)).len(), 64);
    assert_eq!(verb(TagChoice::AsTyped, "a1 uid SEARCH all"), "UID SEARCH");
    // As the server reads it: SUBSCRIBE is the tag.
    assert_eq!(
        verb(TagChoice::AsTyped, "SUBSCRIBE user.craig"),
        "USER.CRAIG"
    );
}

proptest! {
    /// Whatever user and password: in whichever form they go out, the password is not to be seen.
    #[test]
    fn a_password_is_never_shown(
        user in "[ -~]{1,12}",
        password in "[ -~äöü€]{1,16}",
        user_form in 0..3u8,
        password_form in 0..4u8,
        verb in prop::sample::select(vec!["LOGIN", "login", "Login"]),
        tag in 0..3u8,
        gap in prop::sample::select(vec![" ", "  ", "\t"]),
    ) {
        // Letters that are in nothing else of the line, so that finding them means a leak.
        let password = format!("\u{b6}{password}\u{b6}");
        let user: String = user.chars().filter(|c| *c != '\u{b6}').collect();
        let quote = |value: &str| format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""));
        let mut parts = vec![text(&match tag { 2 => format!("a1 {verb} "), _ => format!("{verb} ") })];
        match user_form {
            0 => encode::append_text(&mut parts, user.replace(|c: char| c.is_ascii_whitespace() || c == '"', "u").as_bytes()),
            1 => encode::append_text(&mut parts, quote(&user).as_bytes()),
            _ => parts.push(literal(&user)),
        }
        encode::append_text(&mut parts, gap.as_bytes());
        match password_form {
            0 => encode::append_text(&mut parts, password.as_bytes()),
            1 => encode::append_text(&mut parts, quote(&password).as_bytes()),
            2 => encode::append_text(&mut parts, format!("\"{password}").as_bytes()),
            _ => parts.push(literal(&password)),
        }
        let tag = match tag { 0 => TagChoice::Generated, 1 => TagChoice::Own(Tag::new(b"LOGIN").unwrap()), _ => TagChoice::AsTyped };
        let command = marked(tag, parts);
        prop_assert!(!shown(&command).contains('\u{b6}'), "{}", shown(&command));
        let debug = format!("{command:?}");
        prop_assert!(!debug.contains('\u{b6}'), "{}", debug);
        prop_assert!(shown(&command).contains("********"));
    }

    #[test]
    fn base64_survives_the_way_back(bytes: Vec<u8>) {
        let text = base64::encode(&bytes);
        prop_assert_eq!(base64::decode(text.as_bytes()).map(|b| b.to_vec()), Some(bytes));
    }

    #[test]
    fn what_base64_takes_is_canonical(text in "[A-Za-z0-9+/=]{0,12}") {
        if let Some(bytes) = base64::decode(text.as_bytes()) {
            prop_assert_eq!(&*base64::encode(&bytes), &text);
        }
    }

    #[test]
    fn modified_utf7_survives_the_way_back(text: String) {
        let name = mutf7::encode(&text);
        prop_assert!(name.bytes().all(|b| (0x20..=0x7e).contains(&b)));
        prop_assert_eq!(mutf7::decode(name.as_bytes()), Ok(text));
        prop_assert!(mutf7::is_canonical(name.as_bytes()));
    }

    #[test]
    fn any_name_keeps_its_octets(bytes: Vec<u8>) {
        let name = MailboxName::from_wire(bytes.clone());
        prop_assert_eq!(name.wire(), &bytes[..]);
        let _ = (name.shown(), name.leaf(Some('/')), name.parent(Some('.')), mutf7::decode(&bytes));
    }

    #[test]
    fn what_a_person_types_is_what_is_shown(text: String) {
        prop_assert_eq!(MailboxName::from_shown(&text, false).shown(), text);
    }

    /// What we write as an argument, our own tokenizer reads as the same octets.
    #[test]
    fn arguments_survive_the_way_back(value in prop::collection::vec(any::<u8>(), 0..40), utf8: bool) {
        match encode::inline(&value, Argument::AString, utf8) {
            Some(written) => {
                let mut line = b"a1 SELECT ".to_vec();
                line.extend_from_slice(&written);
                line.extend_from_slice(b"\r\n");
                let frame = Frame::from_line(&line);
                let tree = cursor::tokenize_command(&frame);
                let words: Vec<_> = tree.tokens().collect();
                prop_assert_eq!(words.len(), 3, "{:?}", String::from_utf8_lossy(&line));
                let read = words[2].string_value();
                prop_assert_eq!(read.as_deref(), Some(&value[..]));
            }
            None => {
                let mut parts = vec![text("SELECT ")];
                encode::append(&mut parts, &value, Argument::AString, utf8);
                let is_it = matches!(parts.last(), Some(CommandPart::Literal { bytes, .. }) if *bytes == value);
                prop_assert!(is_it);
            }
        }
    }

    #[test]
    fn sequence_sets_survive_the_way_back(numbers in prop::collection::vec(1u64..60, 0..20)) {
        let set = SequenceSet::from_numbers(numbers.iter().copied());
        let mut expected = numbers.clone();
        expected.sort_unstable();
        expected.dedup();
        prop_assert_eq!(set.iter(100).collect::<Vec<_>>(), expected);
        for number in 1..70 {
            prop_assert_eq!(set.contains(number, 100), numbers.contains(&number));
        }
        if !set.is_empty() {
            prop_assert_eq!(SequenceSet::parse(set.to_string().as_bytes()), Some(set));
        }
    }
}

#[test]
fn base64_vectors_of_rfc_4648() {
    let table = [
        ("", ""),
        ("f", "Zg=="),
        ("fo", "Zm8="),
        ("foo", "Zm9v"),
        ("foob", "Zm9vYg=="),
        ("foobar", "Zm9vYmFy"),
    ];
    for (plain, encoded) in table {
        assert_eq!(&*base64::encode(plain.as_bytes()), encoded);
        assert_eq!(
            base64::decode(encoded.as_bytes()).unwrap().as_slice(),
            plain.as_bytes()
        );
    }
    assert_eq!(&*base64::encode(&[0xfb, 0xff, 0xfe]), "+//+");
    for wrong in [
        "Zg", "Zg=", "Zg===", "Z===", "====", "Zh==", "Zm9=", "Zm8=Zm8=", "Zm 8", "Zm8=\r\n",
        "Zm_8", "Zm9v\n",
    ] {
        assert_eq!(base64::decode(wrong.as_bytes()), None, "{wrong:?}");
    }
}

#[test]
fn modified_utf7_of_rfc_3501_and_real_servers() {
    let table = [
        ("~peter/mail/&U,BTFw-/&ZeVnLIqe-", "~peter/mail/台北/日本語"),
        ("Entw&APw-rfe", "Entwürfe"),
        ("&Jjo-!", "☺!"),
        ("A&-B", "A&B"),
        ("&-", "&"),
        ("&2D3eAA-", "😀"),
        ("INBOX", "INBOX"),
        ("", ""),
        ("&AOQA9gD8-", "äöü"),
    ];
    for (name, text) in table {
        assert_eq!(
            mutf7::decode(name.as_bytes()).as_deref(),
            Ok(text),
            "{name}"
        );
        assert_eq!(mutf7::encode(text), name);
        assert!(mutf7::is_canonical(name.as_bytes()), "{name}");
        assert_eq!(MailboxName::from_wire(name).shown(), text);
        assert_eq!(MailboxName::from_shown(text, false).wire(), name.as_bytes());
        assert_eq!(MailboxName::from_shown(text, true).wire(), text.as_bytes());
    }
    // Readable, yet not the one right way: shown as they are, so that two names never look alike.
    for name in ["&AGE-", "&AOQ-&APY-", "&AOR-", "&ACY-"] {
        assert!(mutf7::decode(name.as_bytes()).is_ok(), "{name}");
        assert!(!mutf7::is_canonical(name.as_bytes()), "{name}");
        assert_eq!(MailboxName::from_wire(name).shown(), name);
    }
    let wrong = [
        "A&B",
        "&",
        "&AOQ",
        "&AO-",
        "&AOQAA-",
        "&A-",
        "&AOQA9gD8A-",
        "&2D0-",
        "&A/Q-",
        "Entwürfe",
        "a\tb",
        "&====-",
    ];
    for name in wrong {
        let error = mutf7::decode(name.as_bytes()).unwrap_err();
        assert!(error.to_string().contains("offset"), "{error}");
        assert!(!mutf7::is_canonical(name.as_bytes()), "{name}");
        assert_eq!(MailboxName::from_wire(name).shown(), name);
    }
}

#[test]
fn arguments_take_their_shortest_form() {
    let table: [(&[u8], Form); 16] = [
        (b"INBOX", Form::Atom),
        (b"INBOX.Sent", Form::Atom),
        (b"[Gmail]/Drafts", Form::Atom),
        (b"Entw&APw-rfe", Form::Atom),
        (b"", Form::Quoted),
        (b"nil", Form::Quoted),
        (b"a b", Form::Quoted),
        (b"a\"b", Form::Quoted),
        (b"a\\b", Form::Quoted),
        (b"a(b", Form::Quoted),
        (b"a{5}", Form::Quoted),
        (b"a%", Form::Quoted),
        (b"a\x07b", Form::Quoted),
        (b"a\r\nb", Form::Literal),
        (b"a\0b", Form::Literal),
        ("ü".as_bytes(), Form::Literal),
    ];
    for (value, expected) in table {
        assert_eq!(
            encode::form(value, Argument::AString, false),
            expected,
            "{:?}",
            String::from_utf8_lossy(value)
        );
    }
    assert_eq!(
        encode::form("ü".as_bytes(), Argument::AString, true),
        Form::Quoted
    );
    assert_eq!(
        encode::form(b"\xfc", Argument::AString, true),
        Form::Literal
    );
    assert_eq!(
        encode::form(b"INBOX.%", Argument::ListMailbox, false),
        Form::Atom
    );
    assert_eq!(
        encode::form(&[b'x'; 5000], Argument::AString, false),
        Form::Atom
    );
    assert_eq!(
        encode::form(&[b' '; 5000], Argument::AString, false),
        Form::Literal
    );
    assert_eq!(
        encode::inline(b"a\"\\b", Argument::AString, false).unwrap(),
        b"\"a\\\"\\\\b\""
    );
}

#[test]
fn a_literal_always_follows_text() {
    let mut parts = vec![text("RENAME ")];
    encode::append(&mut parts, b"a\0b", Argument::AString, false);
    encode::append_text(&mut parts, b" ");
    encode::append(&mut parts, b"c d", Argument::AString, false);
    let shape: Vec<_> = parts
        .iter()
        .map(|part| match part {
            CommandPart::Text { bytes, .. } => String::from_utf8_lossy(bytes).into_owned(),
            CommandPart::Literal { binary, bytes, .. } => {
                format!("literal {} {binary}", bytes.len())
            }
            CommandPart::OpenLiteral { .. } => "open".to_owned(),
        })
        .collect();
    assert_eq!(shape, ["RENAME ", "literal 3 true", " \"c d\""]);
}

#[test]
fn mailbox_names_and_hierarchy() {
    let name = MailboxName::from_wire("user.craig.Entw&APw-rfe");
    assert_eq!(
        name.levels(Some('.')),
        [&b"user"[..], b"craig", b"Entw&APw-rfe"]
    );
    assert_eq!(name.leaf(Some('.')), "Entwürfe");
    assert_eq!(
        name.parent(Some('.')),
        Some(MailboxName::from_wire("user.craig"))
    );
    assert_eq!(name.parent(None), None);
    assert_eq!(name.levels(None).len(), 1);
    assert_eq!(
        MailboxName::from_wire("a//b").levels(Some('/')),
        [&b"a"[..], b"", b"b"]
    );
    assert_eq!(
        MailboxName::from_wire("INBOX"),
        MailboxName::from_wire("inbox")
    );
    assert_ne!(
        MailboxName::from_wire("INBOX.Sent"),
        MailboxName::from_wire("inbox.Sent")
    );
    let mut set = std::collections::HashSet::new();
    set.insert(MailboxName::from_wire("Inbox"));
    assert!(set.contains(&MailboxName::from_wire("INBOX")));
    assert_eq!(
        MailboxName::from_wire(b"f\xfcr".to_vec()).shown(),
        "f\\xfcr"
    );
}

#[test]
fn sequence_sets() {
    let numbers = |text: &str, largest| {
        SequenceSet::parse(text.as_bytes())
            .unwrap()
            .iter(largest)
            .collect::<Vec<_>>()
    };
    assert_eq!(numbers("2,4:6,*", 9), [2, 4, 5, 6, 9]);
    assert_eq!(numbers("5:3", 9), [3, 4, 5]);
    // RFC 9051: 559:* always holds the largest, whatever it is.
    assert_eq!(numbers("559:*", 3), [3]);
    assert_eq!(numbers("1:4294967295", 3), [1, 2, 3]);
    assert_eq!(numbers("18446744073709551615:1", 2), [1, 2]);
    assert_eq!(numbers("*", 0), Vec::<u64>::new());
    for wrong in [
        "",
        ",",
        "1,",
        "0",
        "1:",
        ":1",
        "a",
        "1:2:3",
        "-1",
        "+1",
        "1 2",
        "99999999999999999999",
        "**",
    ] {
        assert_eq!(SequenceSet::parse(wrong.as_bytes()), None, "{wrong:?}");
    }
    let set = SequenceSet::parse(b"559:*").unwrap();
    assert!(set.contains(501, 501) && set.contains(559, 501) && !set.contains(500, 501));
    assert_eq!(
        SequenceSet::from_numbers([7, 1, 2, 3, 0, 3]).to_string(),
        "1:3,7"
    );
    assert_eq!(
        SequenceSet::from_numbers([u64::MAX, u64::MAX - 1]).to_string(),
        "18446744073709551614:18446744073709551615"
    );
}

#[test]
fn flags_without_regard_to_case() {
    assert_eq!(Flag::new("\\sEEN"), Flag::Seen);
    assert_eq!(Flag::new("\\*"), Flag::Any);
    assert_eq!(Flag::new("$junk"), Flag::Keyword("$Junk".to_owned()));
    assert_eq!(Flag::new("\\XForwarded").to_string(), "\\XForwarded");
    assert!(Flag::new("\\XForwarded").is_system() && !Flag::new("NonJunk").is_system());
    assert_ne!(Flag::new("Seen"), Flag::Seen);
}

#[test]
fn tags() {
    for good in ["a", "A0001", ".", "b33p", "a]b", "]", "&", "}"] {
        assert!(Tag::new(good.as_bytes()).is_some(), "{good}");
    }
    for bad in [
        "", "a+1", "+", "*", "a b", "a(", "a{", "a%", "\"", "\\", "ä", "a\0",
    ] {
        assert!(Tag::new(bad.as_bytes()).is_none(), "{bad}");
    }
    let mut tags = TagGenerator::new('A');
    assert_eq!(
        (tags.take().to_string(), tags.peek().to_string()),
        ("A0001".to_owned(), "A0002".to_owned())
    );
    for _ in 2..10_000 {
        tags.take();
    }
    assert_eq!(tags.take().to_string(), "A10000");
}
