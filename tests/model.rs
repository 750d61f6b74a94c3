//! What the server has told us.

use imapsh::model::{Children, ConnectionState, Model, SpecialUse};
use imapsh::session::{CommandId, Event};
use imapsh::wire::response::{ListEntry, Response, Untagged};

use crate::common::desk::Desk;

/// Logged in; what the server says is a table of lines.
struct Talk(Desk, u32);

impl Talk {
    fn new() -> Talk {
        Talk(Desk::plain(), 0)
    }

    /// A command, and what the server says to it; `OK` and so on get the tag.
    #[track_caller]
    fn ask(&mut self, command: &str, replies: &str) {
        self.1 += 1;
        let tag = format!("t{}", self.1);
        self.0.enter(&format!("{tag} {command}"));
        for line in replies.lines() {
            let tagged = ["OK", "NO", "BAD"].iter().any(|s| line.starts_with(s));
            self.0.server(&if tagged {
                format!("{tag} {line}")
            } else {
                line.to_owned()
            });
        }
    }

    fn model(&self) -> &Model {
        self.0.console.model()
    }

    /// The tree as text: one line each, two spaces a level.
    fn tree(&self) -> String {
        let boxes = self.model().mailboxes();
        let mut out = String::new();
        let mut todo: Vec<_> = boxes.roots().iter().rev().map(|id| (*id, 0)).collect();
        while let Some((id, level)) = todo.pop() {
            let mailbox = boxes.get(id).unwrap();
            out.push_str(&"  ".repeat(level));
            out.push_str(&mailbox.label);
            if !mailbox.selectable {
                out.push_str(" (-)");
            }
            if mailbox.subscribed {
                out.push_str(" +");
            }
            if let Some(what) = mailbox.special_use {
                out.push_str(&format!(" [{}]", what.name()));
            }
            out.push('\n');
            todo.extend(boxes.children(id).iter().rev().map(|id| (*id, level + 1)));
        }
        out
    }
}

const SELECT: &str = "* FLAGS (\\Answered \\Seen junk)\n* OK [PERMANENTFLAGS (\\Seen \\*)] ok\n* 18 EXISTS\n* 2 RECENT\n\
                      * OK [UNSEEN 7] first\n* OK [UIDVALIDITY 3857529045] ok\n* OK [UIDNEXT 4392] ok\n* OK \
                      [HIGHESTMODSEQ 715] ok\nOK [READ-WRITE] done";

#[test]
fn a_mailbox_is_opened() {
    let mut talk = Talk::new();
    assert_eq!(talk.model().state(), ConnectionState::Authenticated);
    talk.ask("SELECT \"Entw&APw-rfe\"", SELECT);
    assert_eq!(talk.model().state(), ConnectionState::Selected);
    let selected = talk.model().selected().unwrap();
    assert_eq!(
        (selected.name.as_slice(), selected.shown.as_str()),
        (&b"Entw&APw-rfe"[..], "Entwürfe")
    );
    assert_eq!(
        (selected.exists, selected.recent, selected.first_unseen),
        (Some(18), Some(2), Some(7))
    );
    assert_eq!(
        (selected.uid_validity, selected.uid_next),
        (Some(3_857_529_045), Some(4392))
    );
    assert_eq!(
        (selected.highest_mod_seq, selected.unseen),
        (Some(715), None)
    );
    assert_eq!(selected.flags, ["\\Answered", "\\Seen", "junk"]);
    assert_eq!(
        selected.permanent_flags.as_deref(),
        Some(&["\\Seen".to_owned(), "\\*".to_owned()][..])
    );
    assert!(!selected.read_only && !selected.uid_next_stale);
    talk.ask("EXAMINE {3}\nfoo", "+ go\n* 1 EXISTS\nOK [READ-ONLY] done");
    let selected = talk.model().selected().unwrap();
    assert_eq!(
        (
            selected.name.as_slice(),
            selected.read_only,
            selected.exists
        ),
        (&b"foo"[..], true, Some(1))
    );
    // Nothing of the old mailbox is left.
    assert_eq!(
        (selected.uid_next, selected.recent, selected.flags.len()),
        (None, None, 0)
    );
    // A server that forgets the code: the command says it.
    talk.ask("SELECT INBOX", "OK done");
    assert!(!talk.model().selected().unwrap().read_only);
    talk.ask("EXAMINE INBOX", "OK done");
    assert!(talk.model().selected().unwrap().read_only);
    talk.ask("SELECT INBOX", "OK [READ-ONLY] no rights");
    assert!(talk.model().selected().unwrap().read_only);
}

#[test]
fn what_comes_unasked_keeps_it_true() {
    let mut talk = Talk::new();
    talk.ask("SELECT INBOX", SELECT);
    let mut step = |lines: &str, check: fn(&imapsh::model::SelectedMailbox) -> bool| {
        talk.0.server(lines);
        assert!(
            check(talk.model().selected().unwrap()),
            "{lines}: {:?}",
            talk.model().selected()
        );
    };
    step("* 20 EXISTS\n* 3 RECENT", |s| {
        s.exists == Some(20) && s.recent == Some(3)
    });
    step("* OK nothing", |s| {
        s.uid_next == Some(4394) && s.uid_next_stale
    });
    step("* 20 FETCH (UID 4400 FLAGS () MODSEQ (720))", |s| {
        s.uid_next == Some(4401) && s.highest_mod_seq == Some(720)
    });
    step("* OK [UIDNEXT 4410] now", |s| {
        s.uid_next == Some(4410) && !s.uid_next_stale
    });
    step("* 3 EXPUNGE", |s| {
        s.exists == Some(19) && s.first_unseen == Some(6)
    });
    step("* 9 EXPUNGE", |s| {
        s.exists == Some(18) && s.first_unseen == Some(6)
    });
    step("* 6 FETCH (FLAGS (\\seen))", |s| s.first_unseen.is_none());
    step("* OK [UNSEEN 9] x\n* 4 FETCH (FLAGS (\\Answered))", |s| {
        s.first_unseen == Some(4)
    });
    step("* 4 EXPUNGE", |s| {
        s.first_unseen.is_none() && s.exists == Some(17)
    });
    step("* VANISHED 41,43:45", |s| s.exists == Some(13));
    step("* VANISHED (EARLIER) 1:9", |s| s.exists == Some(13));
    step("* FLAGS (a b)", |s| s.flags == ["a", "b"]);
    step("* OK [READ-ONLY] rights are gone", |s| s.read_only);
    step("* OK [READ-WRITE] they are back", |s| !s.read_only);
    step("* STATUS inbox (MESSAGES 12 UNSEEN 5 UIDNEXT 5000)", |s| {
        s.exists == Some(12) && s.unseen == Some(5) && s.uid_next == Some(5000)
    });
    step("* STATUS other (MESSAGES 99)", |s| s.exists == Some(12));
    step("* OK [HIGHESTMODSEQ 800] x", |s| {
        s.highest_mod_seq == Some(800)
    });
    step("* OK [NOMODSEQ] x", |s| {
        s.highest_mod_seq.is_none() && s.no_mod_seq
    });
    // Nonsense does no harm.
    step(
        "* 99999999999999999999 EXISTS\n* 5 EXPUNGE\n* VANISHED 1:18446744073709551615",
        |s| s.exists == Some(0),
    );
    step("* 0 EXPUNGE\n* 3 EXPUNGE", |s| s.exists == Some(0));
}

#[test]
fn a_select_that_fails_closes_what_was_open() {
    let mut talk = Talk::new();
    talk.ask("SELECT INBOX", SELECT);
    // RFC 9051 section 6.3.2; the data before the NO belongs to nobody.
    talk.ask(
        "SELECT nowhere",
        "* 5 EXISTS\nNO [NONEXISTENT] there is none",
    );
    assert_eq!(talk.model().state(), ConnectionState::Authenticated);
    assert!(talk.model().selected().is_none());
}

#[test]
fn a_select_that_is_not_understood_changes_nothing() {
    let mut talk = Talk::new();
    talk.ask("SELECT INBOX", SELECT);
    talk.ask("SELECT", "BAD what");
    assert_eq!(talk.model().state(), ConnectionState::Selected);
    assert_eq!(talk.model().selected().unwrap().exists, Some(18));
}

#[test]
fn a_mailbox_is_closed_by_whoever_closes_it() {
    for command in ["CLOSE", "UNSELECT"] {
        let mut talk = Talk::new();
        talk.ask("SELECT INBOX", SELECT);
        talk.ask(command, "NO not now");
        assert!(talk.model().selected().is_some());
        talk.ask(command, "OK done");
        assert_eq!(talk.model().state(), ConnectionState::Authenticated);
        assert!(talk.model().selected().is_none());
        // What comes now is about nothing.
        talk.0.server("* 3 EXISTS");
        assert!(talk.model().selected().is_none());
    }
    let mut talk = Talk::new();
    talk.ask("SELECT INBOX", SELECT);
    talk.ask("UNAUTHENTICATE", "OK done");
    assert_eq!(talk.model().state(), ConnectionState::NotAuthenticated);
    assert!(talk.model().selected().is_none() && talk.model().mailboxes().is_empty());
    talk.ask("LOGIN a b", "OK in");
    assert_eq!(talk.model().state(), ConnectionState::Authenticated);
    talk.ask("LOGOUT", "* BYE bye\nOK out");
    assert_eq!(talk.model().state(), ConnectionState::Logout);
}

#[test]
fn pipelined_commands_do_not_mix_mailboxes() {
    // RFC 7162 section 3.2.11: behind CLOSED everything is about the new one.
    let mut talk = Talk::new();
    talk.ask("SELECT one", SELECT);
    talk.ask(
        "SELECT two",
        "* OK [CLOSED] one is closed\n* 4 EXISTS\n* OK [UIDNEXT 9] x\nOK [READ-WRITE] done",
    );
    let selected = talk.model().selected().unwrap();
    assert_eq!(
        (selected.name.as_slice(), selected.exists, selected.uid_next),
        (&b"two"[..], Some(4), Some(9))
    );
    // A FETCH that is still to be answered concerns the old one.
    talk.0.enter("x FETCH 1 FLAGS\ny EXAMINE three");
    talk.0
        .server("* 1 FETCH (UID 20 FLAGS ())\nx OK done\n* 7 EXISTS\ny OK done");
    let selected = talk.model().selected().unwrap();
    assert_eq!(
        (selected.name.as_slice(), selected.exists, selected.uid_next),
        (&b"three"[..], Some(7), None)
    );
    // Two at once: the last one stays.
    talk.0.enter("x SELECT a\ny SELECT b");
    talk.0
        .server("* 1 EXISTS\nx OK done\n* 2 EXISTS\ny OK done");
    let selected = talk.model().selected().unwrap();
    assert_eq!(
        (selected.name.as_slice(), selected.exists),
        (&b"b"[..], Some(2))
    );
}

#[test]
fn the_tree_of_cyrus() {
    let mut talk = Talk::new();
    talk.ask(
        "LIST \"\" *",
        "* LIST (\\HasChildren) \".\" INBOX\n* LIST (\\HasNoChildren \\Trash) \".\" INBOX.Trash\n* LIST (\\HasNoChildren) \
         \".\" INBOX.apple\n* LIST (\\HasNoChildren \\Sent) \".\" INBOX.Sent\n* LIST (\\HasNoChildren) \".\" \
         INBOX.Entw&APw-rfe\n* LIST () \".\" user.monty\n* LIST () \".\" shared.announce\n* LIST (\\Noselect) \".\" shared\n\
         OK done",
    );
    talk.ask(
        "LSUB \"\" *",
        "* LSUB () \".\" INBOX\n* LSUB () \".\" INBOX.apple\nOK done",
    );
    assert_eq!(
        talk.tree(),
        "INBOX +\n  Sent [Sent]\n  Trash [Trash]\n  apple +\n  Entwürfe\nshared (-)\n  announce\nuser (-)\n  monty\n"
    );
    let boxes = talk.model().mailboxes();
    let get = |name: &[u8]| boxes.get(boxes.find(name).unwrap()).unwrap();
    assert_eq!(get(b"INBOX.Entw&APw-rfe").shown(), "INBOX.Entwürfe");
    assert_eq!(get(b"INBOX").children, Children::Loaded);
    assert_eq!(get(b"INBOX.Sent").children, Children::None);
    assert_eq!(get(b"INBOX.Sent").special_use, Some(SpecialUse::Sent));
    assert!(!get(b"user").listed && get(b"user.monty").listed);
    assert_eq!(boxes.root_children(), Children::Loaded);
}

#[test]
fn levels_are_loaded_one_by_one() {
    let mut talk = Talk::new();
    talk.ask("LIST \"\" %", "* LIST (\\HasChildren) \"/\" Team\n* LIST (\\HasNoChildren) \"/\" INBOX\n* LIST () \"/\" old\nOK done");
    let children = |talk: &Talk, name: &[u8]| {
        let boxes = talk.model().mailboxes();
        boxes.get(boxes.find(name).unwrap()).unwrap().children
    };
    assert_eq!(talk.model().mailboxes().root_children(), Children::Loaded);
    assert_eq!(children(&talk, b"Team"), Children::Some);
    assert_eq!(children(&talk, b"INBOX"), Children::None);
    assert_eq!(children(&talk, b"old"), Children::Unknown);
    talk.ask("LIST \"\" \"Team/%\"", "* LIST () \"/\" Team/x\nOK done");
    talk.ask("LIST \"\" \"old/%\"", "OK done");
    assert_eq!(children(&talk, b"Team"), Children::Loaded);
    assert_eq!(children(&talk, b"old"), Children::None);
    // A pattern about parts of names loads nothing.
    talk.ask("LIST \"\" \"Team/x%\"", "OK done");
    assert_eq!(children(&talk, b"Team/x"), Children::Unknown);
    // With % LSUB tells of levels that are not subscribed themselves (RFC 3501 section 6.3.9).
    talk.ask(
        "LSUB \"\" %",
        "* LSUB (\\Noselect) \"/\" Team\n* LSUB () \"/\" old\nOK done",
    );
    assert_eq!(talk.tree(), "INBOX\nold +\nTeam\n  x\n");
}

#[test]
fn commands_of_the_user_change_the_tree() {
    let mut talk = Talk::new();
    talk.ask("LIST \"\" *", "* LIST () \"/\" INBOX\n* LIST () \"/\" a\n* LIST () \"/\" a/b\n* LIST () \"/\" a/b/c\nOK done");
    talk.ask("CREATE new/sub/", "OK done");
    talk.ask("SUBSCRIBE a/b", "OK done");
    assert_eq!(talk.tree(), "INBOX\na\n  b +\n    c\nnew (-)\n  sub\n");
    talk.ask("RENAME a z", "OK done");
    assert_eq!(talk.tree(), "INBOX\nnew (-)\n  sub\nz\n  b\n    c\n");
    talk.ask("DELETE z/b", "OK done");
    talk.ask("DELETE new/sub", "OK done");
    talk.ask("UNSUBSCRIBE a/b", "OK done");
    assert_eq!(talk.tree(), "INBOX\nnew (-)\nz\n  b (-)\n    c\n");
    talk.ask("RENAME INBOX saved", "OK done");
    talk.ask("DELETE z/b/c", "NO no");
    talk.ask("CREATE x", "NO no");
    assert_eq!(talk.tree(), "INBOX\nnew (-)\nsaved\nz\n  b (-)\n    c\n");
    // Into itself, and over one that is there.
    talk.ask("RENAME z z/z", "OK done");
    talk.ask("RENAME saved INBOX", "OK done");
    assert!(talk.tree().contains("INBOX"));
}

#[test]
fn inbox_is_one_name_in_any_case() {
    let mut talk = Talk::new();
    talk.ask(
        "LIST \"\" *",
        "* LIST () \"/\" Inbox\n* LIST () \"/\" INBOX/x\n* LIST () \"/\" inboxes\nOK done",
    );
    assert_eq!(talk.tree(), "Inbox\n  x\ninboxes\n");
    talk.ask("SELECT inbox", "* 3 EXISTS\nOK done");
    assert_eq!(talk.model().mailboxes().len(), 3);
    let boxes = talk.model().mailboxes();
    assert_eq!(boxes.find(b"iNbOx"), boxes.find(b"Inbox"));
}

#[test]
fn counts_are_kept_per_mailbox() {
    let mut talk = Talk::new();
    talk.ask("LIST \"\" *", "* LIST () \"/\" a\nOK done");
    talk.ask(
        "STATUS a (MESSAGES UNSEEN)",
        "* STATUS a (MESSAGES 7 UNSEEN 2)\nOK done",
    );
    talk.ask(
        "STATUS nowhere (MESSAGES)",
        "* STATUS nowhere (MESSAGES 1)\nOK done",
    );
    let boxes = talk.model().mailboxes();
    let a = boxes.get(boxes.find(b"a").unwrap()).unwrap();
    assert_eq!(
        (a.count("MESSAGES"), a.count("UNSEEN"), a.count("SIZE")),
        (Some(7), Some(2), None)
    );
    assert_eq!(boxes.len(), 1);
}

#[test]
fn odd_names_and_delimiters() {
    let mut talk = Talk::new();
    talk.ask(
        "LIST \"\" *",
        "* LIST () NIL \"a.b/c\"\n* LIST () \"/\" \"/lead/x\"\n* LIST () \"/\" \"trail/\"\n* LIST () \"/\" \"a//b\"\n* LIST () \"\\\\\" \
         \"back\\\\slash\"\n* LIST () \"/\" \"&bad\"\n* LIST () \"/\" {3}\nx\ry\nOK done",
    );
    let tree = talk.tree();
    for line in [
        "a.b/c\n",
        "back (-)\n  slash\n",
        "trail/\n",
        "&bad\n",
        "a (-)\n  /b\n",
        "/lead (-)\n  x\n",
    ] {
        assert!(tree.contains(line), "{line:?} in {tree:?}");
    }
}

#[test]
fn server_id_namespaces_and_capabilities() {
    let mut talk = Talk::new();
    talk.ask(
        "ID NIL",
        "* ID (\"name\" \"Cyrus IMAPD\" \"version\" NIL)\nOK done",
    );
    assert_eq!(
        talk.model().server_id()[0],
        ("name".to_owned(), Some("Cyrus IMAPD".to_owned()))
    );
    talk.ask("ENABLE UTF8=ACCEPT", "* ENABLED utf8=accept\nOK done");
    assert_eq!(talk.model().enabled(), ["UTF8=ACCEPT"]);
    talk.ask(
        "NAMESPACE",
        "* NAMESPACE ((\"\" \"/\")) NIL ((\"Public/\" \"/\"))\nOK done",
    );
    let spaces = talk.model().namespaces().unwrap();
    assert_eq!(
        (
            spaces.personal.len(),
            spaces.other_users.len(),
            spaces.shared[0].prefix.as_slice()
        ),
        (1, 0, &b"Public/"[..])
    );
    assert_eq!(talk.model().capabilities().advertised("idle"), Some(true));
    assert_eq!(talk.model().capabilities().advertised("ACL"), Some(false));
    let mut model = Model::new();
    assert_eq!(model.capabilities().advertised("IDLE"), None);
    let set = imapsh::wire::CapabilitySet::new(["IDLE".to_owned()]);
    model.apply(&Event::Capabilities(Some(set)));
    model.apply(&Event::Capabilities(None));
    assert_eq!(model.capabilities().advertised("IDLE"), None);
    assert!(
        model.capabilities().is_stale() && model.capabilities().last_known().unwrap().has("IDLE")
    );
}

fn list(name: &[u8]) -> Event {
    let entry = ListEntry {
        attributes: Vec::new(),
        delimiter: Some('/'),
        name: name.to_vec(),
    };
    Event::Response {
        response: Response::Untagged(Untagged::List(entry)),
        command: None,
    }
}

#[test]
fn memory_is_bounded_whatever_the_server_tells() {
    let mut model = Model::new();
    // Deep: the rest of the name is one part.
    model.apply(&list("x/".repeat(2_000).as_bytes()));
    assert!(model.mailboxes().len() < 100);
    model.apply(&list(&vec![b'y'; 5_000]));
    assert!(
        model.mailboxes().len() < 100,
        "a name of 5,000 octets is not kept"
    );
    // Commands that are never completed.
    for id in 0..30_000 {
        model.apply(&Event::Started {
            command: CommandId(id),
            tag: None,
            origin: imapsh::wire::Origin::User,
            verb: "SELECT".into(),
        });
    }
    for number in 0..201_000u32 {
        model.apply(&list(format!("u{}/{}", number % 100, number).as_bytes()));
    }
    assert_eq!(model.mailboxes().len(), imapsh::model::mailboxes::LIMIT);
    assert!(model.mailboxes().overflowed());
}

#[test]
fn the_tree_tells_when_it_changed() {
    let mut model = Model::new();
    let before = model.mailboxes().generation();
    model.apply(&list(b"a"));
    let listed = model.mailboxes().generation();
    assert!(listed > before);
    model.forget_mailboxes();
    assert!(model.mailboxes().generation() > listed && model.mailboxes().is_empty());
}
