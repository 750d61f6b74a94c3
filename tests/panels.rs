//! The sidebar: what it asks, what it shows, what it writes into the editor.

use std::time::{Duration, Instant};

use crate::common::screen::{Screen, plan, tls};
use imapsh::channel::Notice;

const GREETING: &str = "* PREAUTH [CAPABILITY IMAP4rev1 LITERAL+ ACL RIGHTS=kxten QUOTA NAMESPACE ESEARCH SPECIAL-USE STATUS=SIZE CONDSTORE] ready\r\n";

/// Logged in as alice; the server tells `greeting`.
fn logged_in<'s>(screen: &'s mut Screen, greeting: &str) -> &'s mut Screen {
    screen.greeted(plan(), tls(), greeting);
    screen.notice(Notice::LoggedIn {
        authcid: Some("admin".into()),
        authzid: Some("alice".into()),
        mechanism: "PLAIN".into(),
    });
    screen.notice(Notice::Ready)
}

/// Answers every command that was sent as `answer` says, until nothing comes any more; returns all.
fn converse(screen: &mut Screen, answer: impl Fn(&str) -> String) -> Vec<String> {
    let mut all = Vec::new();
    loop {
        let sent = screen.sent();
        let lines: Vec<&str> = sent.lines().filter(|l| !l.is_empty()).collect();
        if lines.is_empty() {
            return all;
        }
        let mut answers = String::new();
        for line in lines {
            let (tag, command) = line.split_once(' ').unwrap();
            answers.push_str(&answer(command));
            answers.push_str(&format!("{tag} OK done\r\n"));
            all.push(command.to_owned());
        }
        screen.server(answers);
    }
}

fn the_server(command: &str) -> String {
    match command {
        "NAMESPACE" => {
            "* NAMESPACE ((\"\" \"/\")) ((\"Other Users/\" \"/\")) ((\"Shared/\" \"/\"))\r\n".into()
        }
        "LIST \"\" \"%\"" => "* LIST (\\HasNoChildren \\Marked) \"/\" INBOX\r\n\
             * LIST (\\HasNoChildren \\Sent) \"/\" \"Sent Items\"\r\n\
             * LIST (\\HasNoChildren) \"/\" Archive\r\n\
             * LIST (\\HasChildren) \"/\" Projects\r\n\
             * LIST (\\NonExistent \\HasNoChildren) \"/\" gone\r\n"
            .into(),
        "LSUB \"\" \"%\"" => "* LSUB () \"/\" INBOX\r\n* LSUB () \"/\" Archive\r\n".into(),
        "LIST \"\" \"Other Users/%\"" => {
            "* LIST (\\Noselect \\HasChildren) \"/\" \"Other Users/bob\"\r\n".into()
        }
        "LIST \"\" \"Shared/%\"" => "* LIST (\\HasNoChildren) \"/\" Shared/Team\r\n\
             * LIST (\\HasNoChildren) \"/\" Shared/Entw&APw-rfe\r\n"
            .into(),
        "LIST \"\" \"Projects/%\"" | "LIST \"\" \"Projects/*\"" => {
            "* LIST (\\HasNoChildren) \"/\" Projects/one\r\n* LIST (\\HasNoChildren) \"/\" Projects/two\r\n"
                .into()
        }
        "EXAMINE Shared/Team" => "* 482 EXISTS\r\n* 0 RECENT\r\n\
             * FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft $Forwarded $Junk)\r\n\
             * OK [PERMANENTFLAGS (\\Answered \\Flagged \\Seen $Forwarded $Junk)] Limited\r\n\
             * OK [UIDVALIDITY 1718200112] UIDs valid\r\n* OK [UIDNEXT 1933] next\r\n\
             * OK [HIGHESTMODSEQ 88119] Highest\r\n"
            .into(),
        "MYRIGHTS Shared/Team" => "* MYRIGHTS Shared/Team lrswipke\r\n".into(),
        "GETQUOTAROOT Shared/Team" => "* QUOTAROOT Shared/Team team\r\n\
             * QUOTA team (STORAGE 1900000 2000000 MESSAGE 10 10)\r\n"
            .into(),
        "STATUS Shared/Team (UNSEEN SIZE)" => {
            "* STATUS Shared/Team (UNSEEN 5 SIZE 210400000)\r\n".into()
        }
        other => {
            if let Some(name) = other
                .strip_prefix("STATUS ")
                .and_then(|rest| rest.strip_suffix(" (MESSAGES UNSEEN)"))
            {
                return format!("* STATUS {name} (MESSAGES 340 UNSEEN 12)\r\n");
            }
            if let Some(name) = other.strip_prefix("GETACL ") {
                return format!("* ACL {name} alice lrswipkxtea bob lr anyone l\r\n");
            }
            String::new()
        }
    }
}

/// All of the sidebar, filled in.
fn session(screen: &mut Screen) -> &mut Screen {
    logged_in(screen, GREETING);
    converse(screen, the_server);
    let team = screen.state.sidebar.rows().iter().position(|row| {
        let tree = screen.state.console.model().mailboxes();
        tree.get(row.id).is_some_and(|m| m.name == b"Shared/Team")
    });
    screen.state.sidebar.cursor = team.unwrap();
    screen.keys("<alt-3><enter>");
    converse(screen, the_server);
    screen.server("* 483 EXISTS\r\n* 1 RECENT\r\n* 12 FETCH (FLAGS (\\Seen) MODSEQ (88123))\r\n");
    converse(screen, the_server);
    screen
}

#[test]
fn golden_sizes() {
    for (columns, rows) in [(80, 24), (120, 35), (200, 50)] {
        let mut screen = Screen::filling(columns, rows);
        if columns < 100 {
            // It is an overlay there, and fills in once it is shown.
            screen.state.sidebar_wish = Some(true);
        }
        session(&mut screen).keys("f");
        converse(&mut screen, |command| {
            format!("* ESEARCH (TAG \"B\") COUNT {}\r\n", command.len())
        });
        insta::with_settings!({ snapshot_path => "golden/panels", prepend_module_to_snapshot => false, omit_expression => true }, {
            insta::assert_snapshot!(format!("session_{columns}x{rows}"), screen.dump());
        });
        screen.keys("<f10>");
        insta::with_settings!({ snapshot_path => "golden/panels", prepend_module_to_snapshot => false, omit_expression => true }, {
            insta::assert_snapshot!(format!("zoomed_{columns}x{rows}"), screen.dump());
        });
    }
}

#[test]
fn what_is_seen_is_counted_a_few_at_a_time() {
    let mut screen = Screen::filling(120, 35);
    logged_in(&mut screen, GREETING);
    let all = converse(&mut screen, the_server);
    let counted: Vec<&String> = all.iter().filter(|c| c.starts_with("STATUS")).collect();
    // Neither \Noselect nor \NonExistent; each once.
    assert_eq!(
        counted,
        [
            "STATUS INBOX (MESSAGES UNSEEN)",
            "STATUS \"Sent Items\" (MESSAGES UNSEEN)",
            "STATUS Archive (MESSAGES UNSEEN)",
            "STATUS Projects (MESSAGES UNSEEN)",
            "STATUS Shared/Entw&APw-rfe (MESSAGES UNSEEN)",
            "STATUS Shared/Team (MESSAGES UNSEEN)",
        ]
    );
    screen.shows("12/340");
    // By one LIST where the server has it (RFC 5819): names that LIST would read as patterns by STATUS.
    let mut screen = Screen::filling(120, 35);
    logged_in(
        &mut screen,
        "* PREAUTH [CAPABILITY IMAP4rev1 LIST-EXTENDED LIST-STATUS SPECIAL-USE] hi\r\n",
    );
    let all = converse(&mut screen, |command| match command {
        "LIST \"\" \"%\"" => {
            "* LIST () \"/\" INBOX\r\n* LIST () \"/\" a%b\r\n* LIST () \"/\" \"Te am\"\r\n".into()
        }
        _ => String::new(),
    });
    let asked: Vec<&str> = all.iter().skip(2).map(String::as_str).collect();
    assert_eq!(
        asked,
        [
            "STATUS \"a%b\" (MESSAGES UNSEEN)",
            "LIST \"\" (\"INBOX\" \"Te am\") RETURN (SUBSCRIBED CHILDREN SPECIAL-USE STATUS (MESSAGES UNSEEN))",
        ]
    );
}

#[test]
fn counting_stops_with_ctrl_c_and_goes_on_with_f5() {
    let mut screen = Screen::filling(120, 50);
    logged_in(&mut screen, "* PREAUTH [CAPABILITY IMAP4rev1] hi\r\n");
    screen.sent();
    let mut list = String::new();
    for n in 0..30 {
        list.push_str(&format!("* LIST (\\HasNoChildren) \"/\" box{n:02}\r\n"));
    }
    screen.server(format!("{list}P0001 OK done\r\n"));
    screen.sent();
    screen.server("P0002 OK done\r\n");
    let sent = screen.sent();
    assert_eq!(sent.matches("STATUS").count(), 4, "{sent}");
    screen.keys("<esc><c-c>").shows("Stopped: ");
    screen.server("B0001 OK\r\nB0002 OK\r\nB0003 OK\r\nB0004 OK\r\n");
    assert_eq!(screen.sent(), "");
    screen.keys("<f5>");
    assert!(screen.sent().contains("LIST"));
    // Without the sidebar nothing is asked.
    let mut screen = Screen::filling(80, 24);
    logged_in(&mut screen, "* PREAUTH [CAPABILITY IMAP4rev1] hi\r\n");
    let all = converse(&mut screen, the_server);
    assert!(!all.iter().any(|c| c.starts_with("STATUS")), "{all:?}");
}

#[test]
fn the_open_mailbox_counts_from_its_opening() {
    let mut screen = Screen::filling(200, 50);
    session(&mut screen)
        .keys("<f10>")
        .shows("EXISTS        483 (+1)")
        .shows("RECENT        1 (+1)")
        .shows("UIDNEXT       1934 or more (+1)")
        .shows("HIGHESTMODSEQ 88123 (+4)")
        .shows("SIZE          210.4 MB")
        .shows("rights        lrswipke")
        .shows("l lookup")
        .shows("not delete it, mark")
        .shows("quota storage 95%")
        .shows("1.9 GB of 2.0 GB")
        .shows("quota message 100% !")
        .shows("refused with OVERQUOTA")
        .shows("read-only")
        .hides("UIDVALIDITY changed");
    // Another UIDVALIDITY is an alarm, in the mailbox that is open and when it is opened again.
    screen.server("* OK [UIDVALIDITY 7] rebuilt\r\n");
    screen
        .shows("UIDVALIDITY changed")
        .shows("it was 1718200112");
    screen.keys("<enter>");
    converse(&mut screen, |command| {
        the_server(command).replace("1718200112", "8")
    });
    screen.shows("it was 1718200112");
}

#[test]
fn flags_are_counted_by_search() {
    let mut screen = Screen::filling(120, 50);
    session(&mut screen).keys("f");
    let all = converse(&mut screen, |command| match command {
        "SEARCH RETURN (COUNT) SEEN" => "* ESEARCH (TAG \"B0001\") COUNT 477\r\n".into(),
        "SEARCH RETURN (COUNT) KEYWORD $Forwarded" => "* ESEARCH (TAG \"B\") COUNT 12\r\n".into(),
        _ => "* ESEARCH (TAG \"B0001\") COUNT 0\r\n".into(),
    });
    assert_eq!(all.len(), 7);
    screen
        .keys("<f10>")
        .shows("\\Seen 477")
        .shows("$Forwarded 12")
        .shows("(\\Deleted) 0")
        .shows("no \\*: no new keywords");
    // Without ESEARCH the numbers are counted.
    let mut screen = Screen::filling(120, 50);
    logged_in(&mut screen, "* PREAUTH [CAPABILITY IMAP4rev1] hi\r\n");
    converse(&mut screen, the_server);
    screen.keys("EXAMINE INBOX<enter>");
    converse(&mut screen, |_| {
        "* FLAGS (\\Seen)\r\n* OK [PERMANENTFLAGS (\\Seen \\*)] ok\r\n".into()
    });
    screen.keys("<alt-3>f");
    let all = converse(&mut screen, |_| "* SEARCH 2 3 5\r\n".into());
    assert_eq!(all, ["SEARCH SEEN"]);
    screen
        .shows("\\Seen 3")
        .keys("<f10>")
        .shows("\\*: new keywords can be made");
}

#[test]
fn what_changes_something_is_written_into_the_editor() {
    for (keys, text) in [
        ("u", "UNSUBSCRIBE Archive"),
        ("d", "DELETE Archive"),
        ("r", "RENAME Archive Archive"),
        ("c", "CREATE Archive/"),
        ("a", "GETACL Archive"),
        ("Q", "GETQUOTAROOT Archive"),
        ("o", "SELECT Archive"),
        (
            "es",
            "STATUS Archive (MESSAGES RECENT UNSEEN UIDNEXT UIDVALIDITY SIZE HIGHESTMODSEQ)",
        ),
        ("e<enter>", "EXAMINE Archive"),
    ] {
        let mut screen = Screen::filling(120, 35);
        logged_in(&mut screen, GREETING);
        converse(&mut screen, the_server);
        screen.keys("<alt-3>/arch<enter>");
        screen.keys(keys);
        assert_eq!(screen.state.editor.text(), text);
        assert_eq!(screen.sent(), "", "{keys} sends nothing");
    }
    // Inside the quotes.
    let mut screen = Screen::filling(120, 35);
    logged_in(&mut screen, GREETING);
    converse(&mut screen, the_server);
    screen.keys("<alt-3>/sent<enter>cNew one");
    assert_eq!(screen.state.editor.text(), "CREATE \"Sent Items/New one\"");
    screen.keys("<c-c><alt-3>u");
    assert_eq!(screen.state.editor.text(), "SUBSCRIBE \"Sent Items\"");
}

#[test]
fn mailboxes_are_found_and_sorted() {
    let mut screen = Screen::filling(120, 35);
    logged_in(&mut screen, GREETING);
    converse(&mut screen, |command| match command {
        "STATUS Archive (MESSAGES UNSEEN)" => {
            "* STATUS Archive (MESSAGES 9000 UNSEEN 0)\r\n".into()
        }
        _ => the_server(command),
    });
    let at_cursor = |screen: &Screen| {
        let tree = screen.state.console.model().mailboxes();
        String::from_utf8(screen.state.sidebar.name_at_cursor(tree).unwrap()).unwrap()
    };
    // By its letters as shown, in a level that is folded.
    screen.keys("<alt-3>/entwü<enter>");
    assert_eq!(at_cursor(&screen), "Shared/Entw&APw-rfe");
    screen.keys("/shtm").shows("Find a mailbox: 1 of");
    screen.keys("<enter>");
    assert_eq!(at_cursor(&screen), "Shared/Team");
    // What is not known the server is asked for.
    screen.keys("/nowhere").shows("Enter asks the server");
    screen.keys("<enter>");
    assert_eq!(screen.sent(), "B0007 LIST \"\" \"*nowhere*\"\r\n");
    screen.server("B0007 OK\r\n");
    let order = |screen: &mut Screen| -> Vec<String> {
        let text = screen.text();
        let names = ["INBOX", "Sent It", "Archive", "Projects"];
        let mut found: Vec<(usize, &str)> = names
            .iter()
            .map(|name| (text.find(&format!(" {name}")).unwrap(), *name))
            .collect();
        found.sort_unstable();
        found.into_iter().map(|(_, name)| name.to_owned()).collect()
    };
    assert_eq!(
        order(&mut screen),
        ["INBOX", "Sent It", "Archive", "Projects"]
    );
    screen.keys("S").shows("by name");
    assert_eq!(
        order(&mut screen),
        ["Archive", "INBOX", "Projects", "Sent It"]
    );
    screen.keys("SS").shows("by messages");
    assert_eq!(order(&mut screen)[0], "Archive");
    screen.keys("S");
    assert_eq!(order(&mut screen)[0], "INBOX");
    // Other namespaces come last, and say whose they are.
    let rows = screen.state.sidebar.rows();
    let tree = screen.state.console.model().mailboxes();
    let roots: Vec<&[u8]> = rows
        .iter()
        .filter(|row| row.depth == 0)
        .map(|row| tree.get(row.id).unwrap().name.as_slice())
        .collect();
    assert_eq!(roots[roots.len() - 2..], [&b"Other Users"[..], b"Shared"]);
}

/// A key that comes between the LIST responses and their OK counts like any other.
#[test]
fn what_is_folded_before_its_list_is_answered_stays_folded() {
    let mut screen = Screen::filling(120, 35);
    logged_in(&mut screen, GREETING);
    converse(&mut screen, the_server);
    screen.keys("<alt-3>/projects<enter><space>");
    let sent = screen.sent();
    let tag = sent.split(' ').next().unwrap().to_owned();
    screen.server("* LIST (\\HasNoChildren) \"/\" Projects/one\r\n");
    screen.shows("one").keys("<space>").hides("    one");
    screen.server(format!("{tag} OK done\r\n"));
    converse(&mut screen, |_| String::new());
    screen.hides("    one").keys("<space>").shows("    one");
}

#[test]
fn who_may_do_what() {
    let folder = tempfile::tempdir().unwrap();
    let mut screen = Screen::filling(120, 35);
    logged_in(&mut screen, GREETING);
    converse(&mut screen, the_server);
    screen.keys("<alt-3>/projects<enter>A");
    let all = converse(&mut screen, |command| match command {
        "GETACL Projects/two" => "* ACL Projects/two carol lrs\r\n".into(),
        _ => the_server(command),
    });
    let asked: Vec<&String> = all.iter().filter(|c| !c.starts_with("STATUS")).collect();
    assert_eq!(
        asked,
        [
            "LIST \"\" \"Projects/*\"",
            "GETACL Projects",
            "GETACL Projects/one",
            "GETACL Projects/two"
        ]
    );
    screen
        .shows("Who may do what: Projects and below")
        .shows("alice")
        .shows("carol")
        .shows("alice: lookup, read, seen, write flags");
    // Down to Projects/one, right to bob.
    screen.keys("jll").shows("bob: lookup, read");
    let path = folder.path().join("rights.csv");
    screen.keys("x<c-u>");
    screen
        .paste(path.to_str().unwrap())
        .keys("<enter>")
        .shows("3 mailboxes");
    assert_eq!(
        std::fs::read_to_string(&path).unwrap(),
        "mailbox,alice,anyone,bob,carol\r\n\
         Projects,lrswipkxtea,l,lr,\r\n\
         Projects/one,lrswipkxtea,l,lr,\r\n\
         Projects/two,,,,lrs\r\n"
    );
    screen.keys("<enter>");
    assert_eq!(screen.state.editor.text(), "SETACL Projects/one bob lr");
    assert_eq!(screen.sent(), "");
    // A server that refuses says so in the row; one without ACL is not asked.
    screen.keys("<c-c><alt-3>A");
    let tag = |sent: String| {
        sent.lines()
            .last()
            .unwrap()
            .split(' ')
            .next()
            .unwrap()
            .to_owned()
    };
    let list = tag(screen.sent());
    screen.server(format!("{list} OK\r\n"));
    let sent = screen.sent();
    assert!(sent.contains("GETACL Projects\r\n"), "{sent}");
    let tag = tag(sent);
    screen
        .server(format!("{tag} NO [NOPERM] you may not\r\n"))
        .shows("refused: you may not");
    screen.keys("<esc>").hides("Who may do what");
}

/// Hostile names: escape sequences, line ends, bytes that are no text, cycles, a LIST that never ends.
#[test]
fn names_are_shown_and_usable_whatever_they_are() {
    let mut screen = Screen::filling(120, 35);
    logged_in(&mut screen, "* PREAUTH [CAPABILITY IMAP4rev1] hi\r\n");
    screen.sent();
    let mut list: Vec<u8> = Vec::new();
    for name in [
        &b"\x1b]52;c;x\x07evil"[..],
        b"\xff\xfe\x80",
        b"&notutf7",
        "Entw\u{fc}rfe".as_bytes(),
        b"a/b/a/b/a",
        b"/",
        b"//",
        "\u{202e}gnp".as_bytes(),
    ] {
        list.extend_from_slice(format!("* LIST () \"/\" {{{}}}\r\n", name.len()).as_bytes());
        list.extend_from_slice(name);
        list.extend_from_slice(b"\r\n");
    }
    list.extend_from_slice(b"* LIST () NIL flat/name\r\n* LIST () \".\" x.y\r\nP0001 OK\r\n");
    screen.server(&list);
    let text = screen.text();
    assert!(!text.contains('\x1b') && !text.contains('\u{202e}') && !text.contains('\x07'));
    screen
        .shows("\\x1b")
        .shows("Entw\u{fc}rfe")
        .shows("&notutf7")
        .shows("\\xff");
    let names: Vec<Vec<u8>> = {
        let tree = screen.state.console.model().mailboxes();
        screen
            .state
            .sidebar
            .rows()
            .iter()
            .filter_map(|row| tree.get(row.id))
            .filter(|m| m.selectable)
            .map(|m| m.name.clone())
            .collect()
    };
    assert!(names.contains(&b"\xff\xfe\x80".to_vec()) && names.contains(&b"flat/name".to_vec()));
    screen.sent();
    // Each can be opened, whatever is in it.
    let count = screen.state.sidebar.rows().len();
    for row in 0..count {
        screen.state.sidebar.cursor = row;
        screen.keys("<alt-3><enter>e<enter>u<esc><esc>d<c-c>rSs");
    }
}

/// Prints how long a huge tree takes: the listing, a key, a screen, finding.
#[test]
fn a_hundred_thousand_mailboxes_stay_smooth() {
    let mut screen = Screen::new(120, 35);
    logged_in(&mut screen, "* PREAUTH [CAPABILITY IMAP4rev1] hi\r\n");
    screen.keys("LIST \"\" *<enter>").sent();
    let begun = Instant::now();
    let mut batch = String::new();
    for n in 0..100_000u32 {
        // Half of them in one flat level, half in a deep one, in no order.
        let m = n.wrapping_mul(48_271) % 100_003;
        if n % 2 == 0 {
            batch.push_str(&format!("* LIST (\\HasNoChildren) \"/\" box{m:06}\r\n"));
        } else {
            batch.push_str(&format!(
                "* LIST () \"/\" a/{:02}/{:03}/m{m:06}\r\n",
                m % 50,
                m % 400
            ));
        }
        if batch.len() > 60_000 {
            screen.server(&batch);
            batch.clear();
        }
    }
    screen.server(&batch);
    let listed = begun.elapsed();
    let known = screen.state.console.model().mailboxes().len();
    assert!(known > 100_000, "{known}");
    let mut slowest = Duration::ZERO;
    let mut timed = |screen: &mut Screen, keys: &str| {
        let begun = Instant::now();
        screen.keys(keys).text();
        slowest = slowest.max(begun.elapsed());
    };
    screen.keys("<alt-3>");
    for keys in [
        "G", "g", "j", "<pgdn>", "<pgup>", "k", "G", "<space>", "S", "S",
    ] {
        timed(&mut screen, keys);
    }
    let begun = Instant::now();
    screen.keys("/m04").text();
    let found = begun.elapsed();
    screen.keys("<enter>");
    println!(
        "100000 mailboxes: listed in {listed:?}, slowest key with its screen {slowest:?}, three letters found in {found:?}"
    );
    // Generous: this may be a debug build on a busy machine.
    assert!(listed < Duration::from_secs(60), "{listed:?}");
    assert!(slowest < Duration::from_secs(3), "{slowest:?}");
    // A LIST that never ends is kept within bounds.
    for n in 0..4_u32 {
        let mut batch = String::new();
        for m in 0..50_000u32 {
            batch.push_str(&format!("* LIST () NIL more{n}x{m}\r\n"));
        }
        screen.server(&batch);
    }
    assert!(screen.state.console.model().mailboxes().overflowed());
    screen.keys("g").shows("more than can be kept");
}

/// Cyrus' personal namespace is `INBOX.`: what is below it is listed before INBOX itself.
#[test]
fn inbox_opens_before_it_is_listed() {
    let mut screen = Screen::filling(120, 35);
    logged_in(&mut screen, "* PREAUTH [CAPABILITY IMAP4rev1] hi\r\n");
    screen.sent();
    screen.server("* LIST (\\HasNoChildren) \".\" INBOX.Sent\r\n");
    screen.keys("<alt-3>g<enter>");
    screen.server("P0001 OK done\r\n");
    assert!(screen.sent().contains("EXAMINE INBOX"), "{}", screen.text());
}
