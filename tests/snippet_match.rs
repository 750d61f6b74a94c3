//! Replies by structure; and values that try to be more than one argument.

use std::collections::HashMap;
use std::sync::Arc;

use imapsh::safety::Spoken;
use imapsh::snippet::matcher::{Matcher, Scope};
use imapsh::snippet::reply::{Reply, ReplyBuilder};
use imapsh::snippet::script::{Dialect, Script};
use imapsh::snippet::substitute::{self, Substitution};
use imapsh::snippet::{NoFiles, Value, Vars, parse};
use imapsh::wire::{Command, CommandPart, Direction, Framer, mutf7};
use proptest::prelude::*;

use crate::common::stage::{Folder, Stage};

struct Set(HashMap<&'static str, Value>);

impl Scope for Set {
    fn value(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }
}

fn script(text: &str) -> Script {
    let files = Folder::with(&[("a.eml", "one\ntwo\n")]);
    match parse("a.imap", text.as_bytes(), &files) {
        Ok((script, _)) => script,
        Err(found) => panic!("{text}\n{found:#?}"),
    }
}

fn reply(text: &str) -> Reply {
    let bytes = format!("{text}\r\n");
    let mut input = bytes.as_bytes();
    let (mut framer, mut builder) = (Framer::new(Direction::Server), ReplyBuilder::default());
    while let Some(piece) = framer.next(&mut input) {
        if let Some(reply) = builder.push(&piece) {
            return reply;
        }
    }
    panic!("no whole reply: {text}")
}

/// What a match sets, in short; `None`: no match.
fn matched(
    pattern: &str,
    text: &str,
    set: &[(&'static str, &str)],
    dialect: Dialect,
) -> Option<String> {
    let mut script = script(&format!("NOOP\n* {pattern}\n"));
    script.dialect = dialect;
    let scope = Set(set.iter().map(|(n, v)| (*n, Value::text(*v))).collect());
    let files = Folder::with(&[("a.eml", "one\ntwo\n")]);
    let matcher = Matcher {
        script: &script,
        scope: &scope,
        files: &files,
    };
    let found = matcher.reply(&script.groups[0].expects[0].pattern, &reply(text));
    let captures = found.ok()?;
    let told: Vec<String> = captures
        .iter()
        .map(|(n, v)| format!("{n}={}", v.shown()))
        .collect();
    Some(told.join(" "))
}

#[test]
fn replies_are_compared_by_structure() {
    let yes: &[(&str, &str)] = &[
        // By value, however it is written.
        (
            "LIST () \"/\" Shared/Team",
            "* LIST (\\HasNoChildren) \"/\" \"Shared/Team\"",
        ),
        (
            "LIST () \"/\" \"Shared/Team\"",
            "* LIST () \"/\" {11}\r\nShared/Team",
        ),
        ("list () NIL inbox", "* LIST () NIL INBOX"),
        ("FLAGS (\\seen)", "* FLAGS (\\Answered \\Seen)"),
        ("FLAGS (\\Seen \\Answered)", "* FLAGS (\\Answered \\Seen)"),
        // FETCH: pairs in any order, more may be there.
        (
            "1 FETCH (UID 7 FLAGS ())",
            "* 1 FETCH (FLAGS () UID 7 RFC822.SIZE 12)",
        ),
        (
            "1 FETCH (FLAGS (\\Seen))",
            "* 1 FETCH (FLAGS (\\Recent \\Seen $HasNoAttachment))",
        ),
        (
            "1 FETCH (BODY[HEADER.FIELDS (SUBJECT)] \"x\")",
            "* 1 FETCH (BODY[HEADER.FIELDS (\"SUBJECT\")] {1}\r\nx)",
        ),
        (
            "1 FETCH (BODY[] {@a.eml})",
            "* 1 FETCH (BODY[] {10}\r\none\r\ntwo\r\n)",
        ),
        (
            "STATUS INBOX (UIDNEXT 5 MESSAGES 3)",
            "* STATUS \"INBOX\" (MESSAGES 3 UNSEEN 0 UIDNEXT 5)",
        ),
        (
            "CAPABILITY IDLE IMAP4rev1",
            "* CAPABILITY IMAP4rev1 LITERAL+ IDLE",
        ),
        ("ENABLED CONDSTORE", "* ENABLED QRESYNC CONDSTORE"),
        ("ACL INBOX bob lrs", "* ACL INBOX ann lrswi bob lrs"),
        (
            "QUOTA \"\" (MESSAGE 1 10)",
            "* QUOTA \"\" (STORAGE 5 100 MESSAGE 1 10)",
        ),
        ("SEARCH 1 2 3", "* SEARCH 1 2 3"),
        ("SEARCH", "* SEARCH"),
        // Status replies: the beginning is enough, the code may be left out.
        ("OK [UIDVALIDITY 7]", "* OK [UIDVALIDITY 7] UIDs valid"),
        ("OK", "* OK [UIDVALIDITY 7] UIDs valid"),
        ("OK still h", "* OK Still here"),
        (
            "OK [PERMANENTFLAGS (\\Seen)]",
            "* OK [PERMANENTFLAGS (\\Answered \\Seen \\*)] x",
        ),
        ("OK [CAPABILITY IDLE]", "* OK [CAPABILITY IMAP4rev1 IDLE] x"),
        ("BYE", "* BYE see you"),
        // Anything, and the rest.
        ("LIST ${_} ${_} ${_}", "* LIST (\\Noselect) \"/\" \"a b\""),
        ("SEARCH 1 ${_...}", "* SEARCH 1 2 3"),
        ("SEARCH ${_...}", "* SEARCH"),
        // Rules of lists.
        (
            "1 FETCH (FLAGS ($!unordered $!extra \\Seen))",
            "* 1 FETCH (FLAGS (a \\Seen))",
        ),
        (
            "FLAGS ($!ordered \\Answered \\Seen)",
            "* FLAGS (\\Answered \\Seen)",
        ),
        (
            "FLAGS ($!unordered $!extra $!ban=\\Junk \\Seen)",
            "* FLAGS (\\Seen)",
        ),
        ("FLAGS ($!ignore=\\Junk \\Seen)", "* FLAGS (\\Junk \\Seen)"),
        // Names are the same as modified UTF-7.
        ("LIST () \".\" ${name}", "* LIST () \".\" Entw&APw-rfe"),
        (
            "STATUS ${inbox} (MESSAGES 1)",
            "* STATUS INBOX (MESSAGES 1)",
        ),
    ];
    let no: &[(&str, &str)] = &[
        (
            "LIST () \"/\" \"shared/team\"",
            "* LIST () \"/\" \"Shared/Team\"",
        ),
        (
            "LIST (\\Marked) \"/\" a",
            "* LIST (\\HasNoChildren) \"/\" a",
        ),
        ("LIST () NIL a", "* LIST () \"NIL\" a"),
        ("FLAGS (\\Deleted)", "* FLAGS (\\Answered \\Seen)"),
        (
            "1 FETCH (FLAGS (\\Seen))",
            "* 1 FETCH (FLAGS (\\Seen \\Answered))",
        ),
        ("1 FETCH (FLAGS (\\Seen))", "* 2 FETCH (FLAGS (\\Seen))"),
        ("1 FETCH (UID 7)", "* 1 FETCH (UID 8)"),
        (
            "1 FETCH (BODY[] {@a.eml})",
            "* 1 FETCH (BODY[] {9}\r\none\r\ntwo\r)",
        ),
        ("SEARCH 1 2", "* SEARCH 1 2 3"),
        ("SEARCH 2 1 3", "* SEARCH 1 2 3"),
        ("SEARCH 1 2 3 4", "* SEARCH 1 2 3"),
        ("ACL INBOX bob lrswi", "* ACL INBOX ann lrswi bob lrs"),
        ("OK [UIDVALIDITY 8]", "* OK [UIDVALIDITY 7] UIDs valid"),
        ("OK [READ-WRITE]", "* OK still here"),
        ("OK", "* NO [ALERT] no"),
        ("OK there", "* OK Still here"),
        (
            "FLAGS ($!ordered \\Seen \\Answered)",
            "* FLAGS (\\Answered \\Seen)",
        ),
        (
            "FLAGS ($!unordered $!extra $!ban=\\Junk \\Seen)",
            "* FLAGS (\\Junk \\Seen)",
        ),
        ("3 EXISTS", "* 4 EXISTS"),
        ("3 EXISTS", "* 3 RECENT"),
    ];
    let set = [("name", "Entwürfe"), ("inbox", "Inbox")];
    for (pattern, text) in yes {
        assert!(
            matched(pattern, text, &set, Dialect::Native).is_some(),
            "{pattern} / {text}"
        );
    }
    for (pattern, text) in no {
        assert!(
            matched(pattern, text, &set, Dialect::Native).is_none(),
            "{pattern} / {text}"
        );
    }
}

#[test]
fn replies_set_what_is_open() {
    let table = [
        (
            "LIST () ${sep} ${box}",
            "* LIST () \"/\" \"a b\"",
            "sep=/ box=a b",
        ),
        (
            "LIST () ${sep} ${box}",
            "* LIST () NIL Entw&APw-rfe",
            "sep=NIL box=Entwürfe",
        ),
        ("${n} EXISTS", "* 3 EXISTS", "n=3"),
        (
            "OK [APPENDUID ${v} ${u}]",
            "* OK [APPENDUID 1 7] x",
            "v=1 u=7",
        ),
        (
            "ACL INBOX bob ${r} ${_...}",
            "* ACL INBOX ann a bob lrs eve l",
            "r=lrs",
        ),
        (
            "ACL INBOX bob lrs ${others...}",
            "* ACL INBOX ann a bob lrs eve l",
            "others=ann a eve l",
        ),
        (
            "FLAGS ${all}",
            "* FLAGS (\\Seen \\Junk)",
            "all=(\\Seen \\Junk)",
        ),
        (
            "FLAGS (\\Seen ${more...})",
            "* FLAGS (\\Junk \\Seen)",
            "more=\\Junk",
        ),
        (
            "LIST () \"/\" ${head}/${tail}",
            "* LIST () \"/\" a/b/c",
            "head=a tail=b/c",
        ),
        (
            "OK ${word} are ${_...}",
            "* OK UIDs are valid here",
            "word=UIDs",
        ),
        (
            "LISTRIGHTS a b ${always} ${optional...}",
            "* LISTRIGHTS a b \"\" l r s",
            "always= optional=l r s",
        ),
    ];
    for (pattern, text, wanted) in table {
        assert_eq!(
            matched(pattern, text, &[], Dialect::Native).as_deref(),
            Some(wanted),
            "{pattern} / {text}"
        );
    }
    // What is set must be equal, case and all.
    assert_eq!(
        matched(
            "LIST () \"/\" ${a}",
            "* LIST () \"/\" Box",
            &[("a", "box")],
            Dialect::Native
        ),
        None
    );
}

#[test]
fn imaptest_compares_without_case() {
    let same = |pattern, text| matched(pattern, text, &[], Dialect::Imaptest).is_some();
    assert!(same("LIST () \"/\" \"shared\"", "* LIST () \"/\" Shared"));
    assert!(same("LIST () \"/\" \"nil\"", "* LIST () \"/\" NIL"));
    assert!(!same("FLAGS ${x}", "* FLAGS (a)"));
    assert!(same(
        "LIST () \"/\" ${case:Shared}",
        "* LIST () \"/\" Shared"
    ));
    assert!(!same(
        "LIST () \"/\" ${case:shared}",
        "* LIST () \"/\" Shared"
    ));
}

/// The command that a line stands for.
fn command(line: &str, value: &Value) -> Result<Command, substitute::Problem> {
    let script = script(&format!("{line}\n"));
    let scope = Set(HashMap::from([("x", value.clone())]));
    let substitution = Substitution {
        scope: &scope,
        files: &NoFiles,
        script: &script,
        utf8: false,
    };
    substitute::command(&substitution, &script.groups[0].commands[0].text, None)
}

fn line(command: &Command) -> String {
    let mut out = String::new();
    for part in &command.parts {
        match part {
            CommandPart::Text { bytes, .. } => out.push_str(&String::from_utf8_lossy(bytes)),
            CommandPart::Literal { bytes, .. } => {
                out.push_str(&format!(
                    "{{{}}}{}",
                    bytes.len(),
                    String::from_utf8_lossy(bytes)
                ));
            }
            CommandPart::OpenLiteral { .. } => out.push('?'),
        }
    }
    out
}

#[test]
fn values_are_written_as_their_place_wants_them() {
    let table = [
        ("SELECT ${x}", "INBOX", "SELECT INBOX"),
        ("SELECT ${x}", "a b", "SELECT \"a b\""),
        ("SELECT ${x}", "", "SELECT \"\""),
        ("SELECT ${x}", "NIL", "SELECT \"NIL\""),
        ("SELECT ${x}", "Entwürfe", "SELECT Entw&APw-rfe"),
        ("SELECT ${x}", "1:*", "SELECT \"1:*\""),
        (
            "SELECT \"a/${x}\"",
            "Entwürfe \"1\"",
            "SELECT \"a/Entw&APw-rfe \\\"1\\\"\"",
        ),
        ("SELECT INBOX/${x}", "a b", "SELECT \"INBOX/a b\""),
        ("FETCH ${x} FLAGS", "1:*", "FETCH 1:* FLAGS"),
        ("FETCH 1:${x} FLAGS", "9", "FETCH 1:9 FLAGS"),
        ("STORE 1 +FLAGS (${x})", "\\Seen", "STORE 1 +FLAGS (\\Seen)"),
        ("STORE 1 +FLAGS (${x})", "a) b", "STORE 1 +FLAGS (\"a) b\")"),
        (
            "STORE 1 +FLAGS ($Forwarded)",
            "",
            "STORE 1 +FLAGS ($Forwarded)",
        ),
        ("SEARCH SUBJECT ${x}", "grün", "SEARCH SUBJECT {5}grün"),
        (
            "SEARCH SUBJECT \"${x}\"",
            "a\r\nb",
            "SEARCH SUBJECT {4}a\r\nb",
        ),
        ("SEARCH SUBJECT ${x:lit}", "a", "SEARCH SUBJECT {1}a"),
        ("SEARCH SUBJECT ${x:b64}", "a", "SEARCH SUBJECT YQ=="),
        ("SEARCH ${x:raw}", "SUBJECT a", "SEARCH SUBJECT a"),
        ("SEARCH SUBJECT $${x}", "", "SEARCH SUBJECT ${x}"),
        (
            "GETANNOTATION ${x:mbox} a b",
            "ü",
            "GETANNOTATION &APw- a b",
        ),
        (
            "FETCH 1 BODY.PEEK[HEADER.FIELDS (${x})]",
            "a b",
            "FETCH 1 BODY.PEEK[HEADER.FIELDS (\"a b\")]",
        ),
        ("FETCH 1 BODY.PEEK[${x}]", "1.2", "FETCH 1 BODY.PEEK[1.2]"),
    ];
    for (text, value, wanted) in table {
        let command = command(text, &Value::text(value)).unwrap();
        assert_eq!(line(&command), wanted, "{text} with {value:?}");
    }
}

#[test]
fn what_can_stand_nowhere_is_refused() {
    let refused = |line, value: Value| command(line, &value).unwrap_err().message;
    assert!(refused("SELECT ${x}", Value::text("a\0b")).contains("NUL"));
    assert!(refused("SELECT ${x:raw}", Value::from_row("a")).contains(":raw"));
    assert!(refused("SELECT ${x:raw}", Value::text("a\r\nb")).contains("line end"));
    assert!(refused("SEARCH SUBJECT {${x}}", Value::text("5")).contains("literal"));
    assert!(refused("SELECT ${y}", Value::text("a")).contains("not set"));
    let command = command("SELECT ${y|INBOX}", &Value::text("a")).unwrap();
    assert_eq!(line(&command), "SELECT INBOX");
}

#[test]
fn a_secret_is_masked_wherever_it_stands() {
    for text in [
        "SELECT ${x}",
        "SEARCH SUBJECT \"a ${x} b\"",
        "SEARCH SUBJECT ${x:lit}",
    ] {
        let command = command(text, &Value::secret("hush hush")).unwrap();
        assert!(!format!("{command:?}").contains("hush"), "{command:?}");
        assert!(line(&command).contains("hush hush"));
    }
}

const LINES: &[&str] = &[
    "SELECT ${x}",
    "SELECT \"${x}\"",
    "SELECT a/${x}/b",
    "SETACL INBOX ${x} lrs",
    "STORE 1 +FLAGS (a ${x} b)",
    "FETCH ${x} (FLAGS UID)",
    "SEARCH SUBJECT ${x} TEXT \"b ${x}\"",
    "LIST \"\" ${x}",
    "CREATE ${x} (USE (\\Sent))",
    "STATUS ${x} (MESSAGES)",
    "FETCH 1 (BODY.PEEK[HEADER.FIELDS (${x} DATE)])",
    "SEARCH SUBJECT {{{\n${x}\n}}} FROM ${x}",
    "SETQUOTA ${x} (STORAGE 5)",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Whatever a column holds: the command has the arguments that are written, one more nor less.
    #[test]
    fn a_value_is_always_one_argument(
        value in prop_oneof![
            "[ -~\r\n\t]{0,40}",
            "\\PC{0,20}",
            Just("x\" DELETE INBOX \"".to_owned()),
            Just("x\r\nA1 DELETE INBOX\r\n".to_owned()),
            Just("{5}".to_owned()),
            Just("{5+}\r\nabcde".to_owned()),
            Just("${x}".to_owned()),
            Just("!undo DELETE INBOX".to_owned()),
            Just("))) (((".to_owned()),
            Just("}}}".to_owned()),
            Just("a\\".to_owned()),
        ],
        at in 0..LINES.len(),
    ) {
        let text = LINES[at];
        let command = command(text, &Value::from_row(value.clone())).unwrap();
        let plain = self::command(text, &Value::from_row("x7")).unwrap();
        let read = |command: &Command| Spoken::read(command, |_| Some(true));
        let (spoken, model) = (read(&command), read(&plain));
        prop_assert_eq!(&spoken.verb, &model.verb);
        prop_assert_eq!(spoken.words.len(), model.words.len(), "{:?}", line(&command));
        for (word, same) in spoken.words.iter().zip(&model.words) {
            prop_assert_eq!(word.value().is_some(), same.value().is_some(), "{:?}", line(&command));
        }
        for part in &command.parts {
            if let CommandPart::Text { bytes, .. } = part {
                prop_assert!(!bytes.iter().any(|b| b"\r\n\0".contains(b)), "{:?}", line(&command));
            }
        }
        if at == 0 {
            let name = mutf7::encode(&value);
            prop_assert_eq!(spoken.words[0].value(), Some(name.as_bytes()));
        }
        if at == 3 {
            prop_assert_eq!(spoken.words[1].value(), Some(value.as_bytes()));
        }
    }

    /// The same all the way: an undo line with the value in it is read back as the same command.
    #[test]
    fn an_undo_line_says_the_same(value in "[ -~]{0,30}|\\PC{0,12}") {
        let before = command("SETACL ${x} ${x} \"\"", &Value::from_row(value)).unwrap();
        let text = substitute::as_line(&before).unwrap();
        let again = command(&text, &Value::text("")).unwrap();
        prop_assert_eq!(line(&before), line(&again), "{}", text);
    }
}

#[test]
fn nul_in_a_row_is_an_error_before_anything_is_sent() {
    let stage = Stage {
        vars: Vars::default().with_column("user", "a\0b"),
        ..Stage::default()
    };
    let played = stage.on_demo("NOOP\nSELECT ${user}\n");
    assert!(played.sent.is_empty(), "{:?}", played.sent);
    assert!(played.failure().contains("NUL"), "{}", played.failure());
    // A column that nobody reads may hold anything.
    let stage = Stage {
        vars: Vars::default().with_column("note", "a\0b"),
        files: Arc::new(Folder::default()),
        ..Stage::default()
    };
    stage.on_demo("NOOP\n").passed();
}
