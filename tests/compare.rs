//! Two servers, or two users, asked the same: what is asked, what is found, what is shown.

use std::time::Instant;

use imapsh::channel::{Notice, own};
use imapsh::compare::{
    Facts, Inquiry, MAILBOXES, Message, Opened, Pair, Paired, Place, Scope, Sought, Spaces,
    Standing, TREE, Verdict,
};
use imapsh::session::{Event, Session};
use imapsh::tui::popup::Popup;
use imapsh::tui::sides::Sides;
use imapsh::wire::response::{ListEntry, Response, Status, Untagged};
use imapsh::wire::{CapabilitySet, Origin, Piece};

use crate::common::screen::{Screen, plan, tls};

fn offers(names: &str) -> Standing {
    Standing {
        capabilities: Some(CapabilitySet::new(names.split(' ').map(str::to_owned))),
        ..Standing::default()
    }
}

/// Asks a server that answers as `answer` says (lines before a tagged OK; `NO` or `BAD` at the end is told
/// instead), octet by octet over a session. What it told, and the commands that it got.
fn ask(scope: Scope, standing: Standing, answer: impl Fn(&str) -> String) -> (Facts, Vec<String>) {
    let now = Instant::now();
    let mut session = Session::new(now);
    session.handle_input(now, b"* PREAUTH hi\r\n");
    while session.poll_event().is_some() {}
    let mut inquiry = Inquiry::new(scope, standing);
    let mut commands = Vec::new();
    while let Some((number, question)) = inquiry.next_question() {
        let command = question.command(Origin::Panel, false);
        assert_eq!(own::objection(&command), None, "{command:?} only reads");
        session.submit(now, command);
        let mut sent = Vec::new();
        while let Some(bytes) = session.poll_transmit() {
            sent.extend_from_slice(&bytes);
        }
        let sent = String::from_utf8(sent).unwrap();
        let (tag, command) = sent.trim_end().split_once(' ').unwrap();
        commands.push(command.to_owned());
        let said = answer(command);
        let (data, end) = match said.strip_suffix("NO") {
            Some(data) => (data, "NO [NOPERM] \x1b[31mnot you"),
            None => (said.as_str(), "OK done"),
        };
        session.handle_input(now, format!("{data}{tag} {end}\r\n").as_bytes());
        let mut over = false;
        while let Some(event) = session.poll_event() {
            match event {
                Event::Response {
                    response: Response::Untagged(data),
                    ..
                } => inquiry.heard(number, &data),
                Event::Received(Piece::Literal { bytes, .. }) => inquiry.octets(number, &bytes),
                Event::Completed { status, .. } => {
                    let words = String::from_utf8_lossy(&status.text).into_owned();
                    inquiry.done(number, (status.status != Status::Ok).then_some(&*words));
                    over = true;
                }
                _ => {}
            }
        }
        assert!(over, "{command} is answered");
    }
    assert!(inquiry.is_over());
    assert_eq!(inquiry.progress(), "done");
    (inquiry.into_facts(), commands)
}

const OFFERED: &str = "IMAP4rev1 ACL QUOTA NAMESPACE UNSELECT STATUS=SIZE ESEARCH";

fn craigs(command: &str) -> String {
    match command {
        "NAMESPACE" => "* NAMESPACE ((\"INBOX.\" \".\")) ((\"user.\" \".\")) ((\"\" \".\"))\r\n",
        "LIST \"\" \"*\"" => {
            "* LIST (\\HasChildren \\UnMarked) \".\" INBOX\r\n* LIST (\\Noselect) \".\" user\r\n\
             * LIST (\\HasNoChildren) \".\" shared.Entw&APw-rfe\r\n"
        }
        "STATUS INBOX (MESSAGES UNSEEN UIDNEXT UIDVALIDITY SIZE)" => {
            "* STATUS INBOX (MESSAGES 7 UNSEEN 2 UIDNEXT 8 UIDVALIDITY 1 SIZE 70)\r\n"
        }
        "GETACL INBOX" => "* ACL INBOX craig swrl bob lr\r\n",
        "MYRIGHTS INBOX" => "* MYRIGHTS INBOX swrl\r\n",
        "GETACL shared.Entw&APw-rfe" => "NO",
        "GETQUOTAROOT INBOX" => "* QUOTAROOT INBOX a\r\n* QUOTA a (STORAGE 1 100)\r\n",
        "UID FETCH 7 BODY.PEEK[]" => "* 7 FETCH (UID 7 BODY[] {5}\r\nabcXz)\r\n",
        _ => "",
    }
    .to_owned()
}

fn montys(command: &str) -> String {
    match command {
        "LIST \"\" \"*\"" => craigs(command).replace("\\UnMarked", "\\Marked"),
        "GETACL INBOX" => "* ACL INBOX craig lrsw \"\x1b]eve\" l\r\n".to_owned(),
        "MYRIGHTS INBOX" => "* MYRIGHTS INBOX lr\r\n".to_owned(),
        "UID FETCH 7 BODY.PEEK[]" => "* 7 FETCH (UID 7 BODY[] {7}\r\nabc\x1b[0m)\r\n".to_owned(),
        other => craigs(other).replace("MESSAGES 7", "MESSAGES 8"),
    }
}

fn names() -> [String; 2] {
    ["craig at h:1".to_owned(), "monty at h:1".to_owned()]
}

fn told(pairs: &[&Pair]) -> Vec<String> {
    let text = |v: &Option<String>| v.clone().unwrap_or("-".into());
    pairs
        .iter()
        .map(|p| {
            let [a, b] = &p.values;
            format!(
                "{}: {}: {} | {}",
                p.section.name(),
                p.key(),
                text(a),
                text(b)
            )
        })
        .collect()
}

fn differing(paired: &Paired) -> Vec<String> {
    told(&paired.differing().collect::<Vec<_>>())
}

fn both(message: Option<&str>) -> Paired {
    let scope = Scope::All(message.map(|text| Message::parse(text).unwrap()));
    let (first, _) = ask(scope.clone(), offers(OFFERED), craigs);
    let (second, _) = ask(scope, offers(&format!("{OFFERED} IDLE")), montys);
    Paired::new(names(), [first, second])
}

#[test]
fn everything_is_asked_in_order_and_only_read() {
    let message = Message::parse("INBOX:7");
    let (_, commands) = ask(
        Scope::All(message),
        Standing::default(),
        |command| match command {
            "CAPABILITY" => format!("* CAPABILITY {OFFERED}\r\n"),
            other => craigs(other),
        },
    );
    let items = "(MESSAGES UNSEEN UIDNEXT UIDVALIDITY SIZE)";
    assert_eq!(
        commands,
        [
            "CAPABILITY",
            "NAMESPACE",
            "LIST \"\" \"*\"",
            &format!("STATUS INBOX {items}"),
            &format!("STATUS shared.Entw&APw-rfe {items}"),
            "GETACL INBOX",
            "GETACL shared.Entw&APw-rfe",
            "MYRIGHTS INBOX",
            "MYRIGHTS shared.Entw&APw-rfe",
            "GETQUOTAROOT INBOX",
            "EXAMINE INBOX",
            "UID FETCH 7 BODY.PEEK[]",
            "UNSELECT",
        ]
    );
    // A server with nothing: nothing is asked that it does not offer.
    let (_, commands) = ask(Scope::All(None), offers("IMAP4rev1"), |_| String::new());
    assert_eq!(commands, ["LIST \"\" \"*\""]);
}

#[test]
fn what_differs_is_found_and_nothing_else() {
    let paired = both(Some("INBOX:7"));
    assert_eq!(
        differing(&paired),
        [
            "capabilities: IDLE: - | offered",
            "status: INBOX MESSAGES: 7 | 8",
            "my rights: INBOX: lrsw | lr",
            "acl: INBOX \u{1b}]eve: - | l",
            "acl: INBOX bob: lr | -",
            "message: INBOX:7: 5 octets | 7 octets",
            "message: from octet 3: \"Xz\" | \"\\u{1b}[0m\"",
        ]
    );
    // Refused here and there is no difference, the order of rights and Dovecot's marks are none either.
    let alike = paired.pairs.iter().filter(|p| p.verdict == Verdict::Alike);
    let alike = told(&alike.collect::<Vec<_>>());
    for row in [
        "acl: shared.Entw\u{fc}rfe: refused | refused",
        "acl: INBOX craig: lrsw | lrsw",
        "mailboxes: INBOX: (\\HasChildren) . | (\\HasChildren) .",
        "namespaces: other users \"user.\": . | .",
        "quota: INBOX STORAGE: 1 of 100 | 1 of 100",
    ] {
        assert!(alike.iter().any(|r| r == row), "{row} in {alike:#?}");
    }
    let text = paired.in_columns();
    assert!(
        text.contains("craig at h:1") && !text.contains('\x1b'),
        "{text}"
    );
    let json: serde_json::Value = serde_json::from_str(&paired.in_json()).unwrap();
    assert_eq!(json["alike"], false);
    assert_eq!(json["differences"][1]["key"], "INBOX MESSAGES");
    assert_eq!(json["differences"][4]["second"], serde_json::Value::Null);
    // Each row knows the command that asked for it.
    let row = paired
        .pairs
        .iter()
        .find(|p| p.key() == "INBOX bob")
        .unwrap();
    let question = paired.question(row).unwrap();
    assert_eq!(
        (question.words(), question.mailbox()),
        ("GETACL", Some(&b"INBOX"[..]))
    );
    // The same with itself.
    let side = || ask(Scope::All(None), offers(OFFERED), craigs).0;
    let same = Paired::new(names(), [side(), side()]);
    assert_eq!(differing(&same), Vec::<String>::new());
    assert_eq!(
        same.in_columns(),
        "craig at h:1 and monty at h:1: no difference\n"
    );
}

#[test]
fn a_message_that_is_not_there_is_said_even_where_both_lack_it() {
    let side = || {
        ask(
            Scope::All(Message::parse("INBOX:9")),
            offers(OFFERED),
            craigs,
        )
        .0
    };
    let paired = Paired::new(names(), [side(), side()]);
    assert_eq!(
        paired.notes,
        [
            "craig at h:1 has no message INBOX:9.",
            "monty at h:1 has no message INBOX:9."
        ]
    );
    assert_eq!(paired.differing().count(), 0);
    let mut screen = shown(80, 24, "Compared", paired);
    screen
        .shows("monty at h:1 has no message INBOX:9.")
        .shows("No difference");
}

/// Keys stay quick where there is as much as can be: headings aside nothing is made for rows out of sight.
#[test]
fn as_many_rows_as_there_can_be_are_shown() {
    let mut inquiry = Inquiry::new(Scope::All(None), offers("IMAP4rev1"));
    let (tree, _) = inquiry.next_question().unwrap();
    for number in 0..TREE {
        inquiry.heard(
            tree,
            &list(&format!("a/mailbox/of/some/length/{number:06}")),
        );
    }
    inquiry.done(tree, None);
    inquiry.stop();
    let begun = Instant::now();
    let paired = Paired::new(names(), [inquiry.into_facts(), Facts::default()]);
    let paired_in = begun.elapsed();
    let mut screen = shown(120, 35, "Compared", paired);
    let mut took = Vec::new();
    for (keys, wanted) in [
        ("a", "length/000000"),
        ("G", "length/199999"),
        ("g", "length/000000"),
        ("<pgdn>", "mailboxes: a/mailbox/of/some/length/000022"),
        ("/length/1999", "length/199901"),
    ] {
        let begun = Instant::now();
        screen.keys(keys).shows(wanted);
        took.push(format!("{keys} {:?}", begun.elapsed()));
    }
    println!("{TREE} rows: paired in {paired_in:?}, keys with a frame each: {took:?}");
}

#[test]
fn a_mailbox_that_cannot_be_opened_is_said_and_nothing_is_fetched() {
    let message = Message::parse("a:b:7");
    assert_eq!(message.as_ref().unwrap().mailbox, "a:b");
    assert!(Message::parse("INBOX").is_none() && Message::parse("INBOX:0").is_none());
    let (facts, commands) = ask(Scope::All(message), offers("UNSELECT"), |command| {
        if command.starts_with("EXAMINE") {
            "NO"
        } else {
            ""
        }
        .to_owned()
    });
    assert_eq!(
        facts.trouble().map(|t| t.contains("EXAMINE was refused")),
        Some(true)
    );
    assert_eq!(commands.last().unwrap(), "EXAMINE a:b");
}

fn list(name: &str) -> Untagged {
    Untagged::List(ListEntry {
        attributes: Vec::new(),
        delimiter: Some('/'),
        name: name.as_bytes().to_vec(),
    })
}

#[test]
fn more_than_can_be_compared_is_cut_and_said() {
    let mut inquiry = Inquiry::new(Scope::All(None), offers("IMAP4rev1 ACL"));
    let (tree, question) = inquiry.next_question().unwrap();
    assert_eq!(question.words(), "LIST \"\" \"*\"");
    for number in 0..TREE + 5 {
        inquiry.heard(tree, &list(&format!("box{number}")));
    }
    assert_eq!(inquiry.progress(), format!("{} mailboxes listed", TREE + 1));
    inquiry.done(tree, None);
    assert_eq!(inquiry.progress(), format!("0 of {MAILBOXES} mailboxes"));
    let mut asked = 0;
    while let Some((number, _)) = inquiry.next_question() {
        asked += 1;
        inquiry.done(number, None);
        if asked == 3 * MAILBOXES / 2 {
            assert_eq!(
                inquiry.progress(),
                format!("{} of {MAILBOXES} mailboxes", MAILBOXES / 2)
            );
        }
    }
    assert_eq!(asked, 3 * MAILBOXES);
    let paired = Paired::new(names(), [inquiry.into_facts(), Facts::default()]);
    assert_eq!(
        paired
            .pairs
            .iter()
            .filter(|p| p.section.name() == "mailboxes")
            .count(),
        TREE
    );
    assert_eq!(
        paired.notes,
        [
            "craig at h:1 has more than was compared: 200000 mailboxes of its tree.",
            "craig at h:1 has more than was compared: rights and counts of 2000 mailboxes.",
        ]
    );
}

/// A server that never stops telling of one mailbox is not kept without end.
#[test]
fn a_flood_of_facts_is_bounded() {
    let mut inquiry = Inquiry::new(Scope::All(None), offers("IMAP4rev1 ACL"));
    let (tree, _) = inquiry.next_question().unwrap();
    inquiry.heard(tree, &list("a"));
    inquiry.done(tree, None);
    let (status, _) = inquiry.next_question().unwrap();
    inquiry.done(status, None);
    let (acl, question) = inquiry.next_question().unwrap();
    assert_eq!(question.words(), "GETACL");
    let long = "x".repeat(1024 * 1024);
    for number in 0..200 {
        let entries = vec![(format!("{number}{long}"), "lr".to_owned())];
        inquiry.heard(
            acl,
            &Untagged::Acl {
                mailbox: b"a".to_vec(),
                entries,
            },
        );
    }
    inquiry.done(acl, None);
    let paired = Paired::new(names(), [inquiry.into_facts(), Facts::default()]);
    assert!(paired.pairs.len() < 140, "{}", paired.pairs.len());
    assert!(
        paired.notes[0].contains("128 MB of it"),
        "{:?}",
        paired.notes
    );
}

#[test]
fn answers_under_way_together_are_taken_for_the_mailbox_they_name() {
    let mut inquiry = Inquiry::new(Scope::All(None), offers("IMAP4rev1"));
    let (tree, _) = inquiry.next_question().unwrap();
    for name in ["a", "b"] {
        inquiry.heard(tree, &list(name));
    }
    inquiry.done(tree, None);
    let (a, _) = inquiry.next_question().unwrap();
    let (b, _) = inquiry.next_question().unwrap();
    assert_eq!(inquiry.under_way(), 2);
    let count = |name: &str, count| Untagged::MailboxStatus {
        mailbox: name.as_bytes().to_vec(),
        items: vec![("MESSAGES".to_owned(), count)],
    };
    // As if the second were answered first.
    inquiry.heard(a, &count("b", 2));
    inquiry.heard(b, &count("a", 1));
    inquiry.done(b, None);
    inquiry.done(a, None);
    let paired = Paired::new(names(), [inquiry.into_facts(), Facts::default()]);
    let rows = differing(&paired);
    assert!(
        rows.contains(&"status: a MESSAGES: 1 | -".to_owned()),
        "{rows:?}"
    );
    assert!(
        rows.contains(&"status: b MESSAGES: 2 | -".to_owned()),
        "{rows:?}"
    );
}

fn spaces() -> Spaces {
    let entry = |prefix: &str| {
        vec![imapsh::wire::response::NamespaceEntry {
            prefix: prefix.as_bytes().to_vec(),
            delimiter: Some('.'),
        }]
    };
    Spaces {
        personal: entry("INBOX."),
        other_users: entry("user."),
        shared: entry(""),
    }
}

/// craig's mailbox, as craig sees it (`None`) or another one.
fn sought(name: &str, by: Option<&str>) -> Scope {
    Scope::One(Sought {
        name: name.as_bytes().to_vec(),
        place: by.and_then(|_| Place::of(name.as_bytes(), &spaces(), "craig")),
        who: by.unwrap_or("craig").to_owned(),
    })
}

/// INBOX.Team of craig, which monty reads.
fn team(command: &str, monty: bool) -> String {
    let (name, rights) = match monty {
        true => ("user.craig.Team", "lr"),
        false => ("INBOX.Team", "lrswipkxtea"),
    };
    if !command.contains("Team") {
        return match command {
            "NAMESPACE" => craigs(command),
            "SEARCH RETURN (COUNT) SEEN" if monty => "* ESEARCH (TAG \"B\") COUNT 0\r\n".into(),
            "SEARCH RETURN (COUNT) SEEN" => "* ESEARCH (TAG \"B\") COUNT 477\r\n".into(),
            "SEARCH RETURN (COUNT) FLAGGED" => "* ESEARCH (TAG \"B\") COUNT 1\r\n".into(),
            search if search.starts_with("SEARCH") => "* ESEARCH (TAG \"B\") COUNT 0\r\n".into(),
            _ => String::new(),
        };
    }
    assert!(command.contains(name), "{command}");
    let verb = command.split(' ').next().unwrap();
    match (verb, monty) {
        ("LIST", _) => format!("* LIST (\\HasNoChildren) \".\" {name}\r\n"),
        ("LSUB", false) => format!("* LSUB () \".\" {name}\r\n"),
        ("STATUS", _) => {
            let unseen = if monty { 483 } else { 6 };
            format!(
                "* STATUS {name} (MESSAGES 483 RECENT 0 UNSEEN {unseen} UIDNEXT 1933 UIDVALIDITY 1718200112 SIZE 210400000)\r\n"
            )
        }
        ("MYRIGHTS", _) => format!("* MYRIGHTS {name} {rights}\r\n"),
        ("GETACL", true) => "NO".into(),
        ("GETACL", false) => format!("* ACL {name} craig {rights} monty lr\r\n"),
        ("GETQUOTAROOT", _) => {
            format!("* QUOTAROOT {name} {name}\r\n* QUOTA {name} (STORAGE 1900000 2000000)\r\n")
        }
        ("EXAMINE", _) => {
            "* 483 EXISTS\r\n* FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft $Forwarded)\r\n\
             * OK [PERMANENTFLAGS ()] none\r\n"
                .into()
        }
        _ => String::new(),
    }
}

fn teams() -> Paired {
    let (first, _) = ask(sought("INBOX.Team", None), offers(OFFERED), |c| {
        team(c, false)
    });
    let (second, _) = ask(sought("INBOX.Team", Some("monty")), offers(OFFERED), |c| {
        team(c, true)
    });
    let names = ["craig", "monty"].map(|who| format!("{who} at mail.example.com:993"));
    Paired::new(names, [first, second])
}

#[test]
fn one_mailbox_as_two_users_see_it() {
    let (_, commands) = ask(sought("INBOX.Team", Some("monty")), offers(OFFERED), |c| {
        team(c, true)
    });
    assert_eq!(
        commands,
        [
            "NAMESPACE",
            "LIST \"\" user.craig.Team",
            "LSUB \"\" user.craig.Team",
            "STATUS user.craig.Team (MESSAGES RECENT UNSEEN UIDNEXT UIDVALIDITY SIZE)",
            "MYRIGHTS user.craig.Team",
            "GETACL user.craig.Team",
            "GETQUOTAROOT user.craig.Team",
            "EXAMINE user.craig.Team",
            "SEARCH RETURN (COUNT) ANSWERED",
            "SEARCH RETURN (COUNT) DELETED",
            "SEARCH RETURN (COUNT) DRAFT",
            "SEARCH RETURN (COUNT) FLAGGED",
            "SEARCH RETURN (COUNT) SEEN",
            "UNSELECT",
        ]
    );
    let paired = teams();
    let rows = differing(&paired);
    for row in [
        "mailbox: name: INBOX.Team | user.craig.Team",
        "mailbox: subscribed: yes | no",
        "status: UNSEEN: 6 | 483",
        "my rights: all: aeiklprstwx | lr",
        "my rights: s seen: yes | -",
        "acl: GETACL: - | refused",
        "acl: craig: aeiklprstwx | -",
        "flags: \\Seen: 477 messages | 0 messages",
        "quota: root: INBOX.Team | user.craig.Team",
    ] {
        assert!(rows.iter().any(|r| r == row), "{row} in {rows:#?}");
    }
    assert_eq!(rows.len(), 18, "{rows:#?}");
    // What only monty was refused has the command of craig, who would send it.
    let row = paired.pairs.iter().find(|p| p.key() == "GETACL").unwrap();
    let question = paired.question(row).unwrap();
    assert_eq!(question.mailbox(), Some(&b"INBOX.Team"[..]));
    // The limit of one root under two names is one.
    assert!(
        paired
            .pairs
            .iter()
            .any(|p| p.key() == "STORAGE" && p.verdict == Verdict::Alike)
    );
}

#[test]
fn what_is_open_is_not_opened_again_and_what_is_open_otherwise_is_not_compared() {
    let open = |examined| Standing {
        open: Some(Opened {
            name: b"INBOX.Team".to_vec(),
            examined,
            flags: vec!["\\Seen".into(), "$Junk".into()],
            permanent: Some(vec!["\\Seen".into(), "\\*".into()]),
        }),
        ..offers(OFFERED)
    };
    let (first, commands) = ask(sought("INBOX.Team", None), open(false), |c| team(c, false));
    assert!(
        !commands
            .iter()
            .any(|c| c.starts_with("EXAMINE") || c == "UNSELECT")
    );
    assert!(commands.contains(&"SEARCH RETURN (COUNT) SEEN".to_owned()));
    let (second, _) = ask(sought("INBOX.Team", Some("monty")), offers(OFFERED), |c| {
        team(c, true)
    });
    let paired = Paired::new(names(), [first, second]);
    let row = paired
        .pairs
        .iter()
        .find(|p| p.key() == "PERMANENTFLAGS")
        .unwrap();
    // SELECT and EXAMINE tell other ones of the same mailbox.
    assert_eq!(row.verdict, Verdict::Apart);
    assert_eq!(row.values[0].as_deref(), Some("(\\* \\Seen) by SELECT"));
    assert_eq!(row.values[1].as_deref(), Some("() by EXAMINE"));
    assert!(differing(&paired).contains(&"flags: $Junk: in FLAGS | -".to_owned()));
}

#[test]
fn a_mailbox_that_one_does_not_see_is_not_listed() {
    let nothing = |command: &str| match command {
        "NAMESPACE" => craigs(command),
        c if c.starts_with("LIST") || c.starts_with("LSUB") => String::new(),
        _ => "NO".to_owned(),
    };
    let (second, commands) = ask(
        sought("INBOX.Team", Some("monty")),
        offers(OFFERED),
        nothing,
    );
    assert!(
        !commands
            .iter()
            .any(|c| c.starts_with("SEARCH") || c == "UNSELECT"),
        "{commands:?}"
    );
    let paired = Paired::new(names(), [Facts::default(), second]);
    assert_eq!(
        paired.notes,
        ["monty at h:1 does not see this mailbox: LIST tells of none."]
    );
    let rows = differing(&paired);
    for row in [
        "mailbox: listed: - | no",
        "status: STATUS: - | refused",
        "my rights: MYRIGHTS: - | refused",
    ] {
        assert!(rows.iter().any(|r| r == row), "{row} in {rows:#?}");
    }
}

#[test]
fn what_is_stopped_is_closed_again() {
    let mut inquiry = Inquiry::new(Scope::All(Message::parse("INBOX:7")), offers("UNSELECT"));
    let mut commands = Vec::new();
    while let Some((number, question)) = inquiry.next_question() {
        commands.push(question.words().to_owned());
        if question.words() == "EXAMINE" {
            inquiry.stop();
            assert!(!inquiry.is_over());
        }
        inquiry.done(number, None);
    }
    assert_eq!(commands, ["LIST \"\" \"*\"", "EXAMINE", "UNSELECT"]);
    assert!(inquiry.is_over());
    let mut inquiry = Inquiry::new(Scope::All(None), offers("UNSELECT"));
    inquiry.stop();
    assert!(inquiry.next_question().is_none() && inquiry.is_over());
}

fn shown(columns: u16, rows: u16, title: &str, paired: Paired) -> Screen {
    let mut screen = Screen::new(columns, rows);
    screen.log_in();
    let mut sides = Sides {
        title: title.to_owned(),
        ..Sides::default()
    };
    sides.take(paired);
    screen.state.sides = Some(Box::new(sides));
    screen.state.popup = Some(Popup::Sides);
    screen
}

fn golden(name: &str, screen: &mut Screen) {
    insta::with_settings!({ snapshot_path => "golden/compare", prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!(name, screen.dump());
    });
}

#[test]
fn golden_sizes() {
    for (columns, rows) in [(80, 24), (120, 35), (200, 50)] {
        let size = format!("{columns}x{rows}");
        let mut screen = shown(
            columns,
            rows,
            "Compared, with INBOX:7",
            both(Some("INBOX:7")),
        );
        golden(&format!("servers_{size}"), screen.keys("G"));
        golden(&format!("servers_all_{size}"), screen.keys("ga"));
        let side = || ask(Scope::All(None), offers(OFFERED), craigs).0;
        let alike = Paired::new(names(), [side(), side()]);
        golden(
            &format!("alike_{size}"),
            &mut shown(columns, rows, "Compared", alike),
        );
        let mut screen = shown(columns, rows, "INBOX.Team as both see it", teams());
        golden(&format!("beside_{size}"), screen.keys("jj"));
        let mut asking = shown(columns, rows, "Compared", Paired::default());
        let sides = asking.state.sides.as_mut().unwrap();
        sides.outcome = None;
        sides.names = names();
        sides.progress = ["37 of 412 mailboxes".into(), "waits for a password".into()];
        golden(&format!("asking_{size}"), &mut asking);
    }
}

#[test]
fn keys_of_the_pane() {
    let mut screen = shown(100, 30, "Compared", both(None));
    screen
        .shows("5 of 25 differ")
        .shows("≠ INBOX bob")
        .hides("shared.Entw\u{fc}rfe");
    screen
        .keys("a")
        .shows("shared.Entw\u{fc}rfe")
        .keys("a")
        .hides("shared.Entw\u{fc}rfe");
    // What is looked for, and all again.
    screen
        .keys("/bob")
        .hides("INBOX MESSAGES")
        .shows("INBOX bob");
    screen.keys("<enter>").shows("only rows with bob");
    screen.keys("<esc>").shows("INBOX MESSAGES");
    screen
        .keys("/nothing like it<enter>")
        .shows("No row holds that")
        .keys("<esc>");
    // The command of a row.
    screen.keys("/bob<enter><enter>");
    assert_eq!(screen.state.editor.text(), "GETACL INBOX");
    assert!(screen.state.popup.is_none());
    assert_eq!(screen.sent(), "");
    // It is there again.
    screen
        .keys("<c-c>:compare<enter>")
        .shows("≠ INBOX bob")
        .keys("<esc><esc>");
    assert!(screen.state.popup.is_none());
    // Signs and lines without the colour and in ASCII.
    let mut screen = Screen::themed(80, 24, imapsh::tui::theme::Theme::plain(), true);
    screen.log_in();
    let mut sides = Sides::default();
    sides.take(both(None));
    screen.state.sides = Some(Box::new(sides));
    screen.state.popup = Some(Popup::Sides);
    screen.shows("! INBOX bob").hides("≠").hides("─");
}

#[test]
fn it_goes_to_a_file_as_the_shell_would_print_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut screen = shown(100, 30, "Compared", both(None));
    for (name, wanted) in [
        ("a.json", both(None).in_json()),
        ("a.txt", both(None).in_columns()),
    ] {
        let path = folder.path().join(name);
        screen
            .keys("x<c-u>")
            .paste(path.to_str().unwrap())
            .keys("<enter>");
        screen.shows("what differs as");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), wanted);
        // Not over one that is there, unless it is said twice.
        screen
            .keys("x<c-u>")
            .paste(path.to_str().unwrap())
            .keys("<enter>");
        screen
            .shows("Enter once more replaces it")
            .keys("<enter>")
            .shows("what differs as");
    }
    screen.keys("x<esc>").shows("≠ INBOX bob");
}

#[test]
fn whom_to_compare_with_is_read_and_completed() {
    let mut screen = Screen::new(100, 30);
    screen
        .keys(":compare +bob<enter>")
        .shows("Nobody is logged in here");
    let greeting = "* PREAUTH [CAPABILITY IMAP4rev1 ACL] ready\r\n";
    screen.greeted(plan(), tls(), greeting);
    screen.notice(Notice::LoggedIn {
        authcid: Some("admin".into()),
        authzid: Some("alice".into()),
        mechanism: "PLAIN".into(),
    });
    screen.notice(Notice::Ready);
    for (line, said) in [
        (":compare +alice", "who you are already"),
        (":compare as alice", "who you are already"),
        (":compare nowhere", "Targets cannot be read here"),
        (":compare +bob INBOX", "names no message"),
        (":beside alice", "who you are already"),
    ] {
        screen
            .keys("<esc><esc>i<c-u>")
            .keys(line)
            .keys("<enter>")
            .shows(said);
    }
    screen.keys("LIST \"\" *<enter>");
    screen.server("* LIST () \"/\" user/bob\r\n* LIST () \"/\" Sent\r\nA0001 OK done\r\n");
    // Words come one after another: users, then mailboxes.
    screen.keys(":compare +b").shows(":compare +bob");
    screen.keys("<tab> Se").shows(":compare +bob Sent:");
    screen
        .keys("<esc>:beside bo<tab> Se")
        .shows(":beside bob Sent");
    screen.keys("<esc><f4>bob").shows("F4: INBOX, as both");
}
