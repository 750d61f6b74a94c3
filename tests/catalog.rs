//! The command table, and completion from it.

use std::collections::HashSet;

use imapsh::catalog::{self, Effect, Hits, Live, States};
use imapsh::model::{ConnectionState, Model};
use imapsh::session::Event;
use imapsh::wire::CapabilitySet;
use imapsh::wire::response::{ListEntry, Response, Status, StatusResponse, Untagged};

#[test]
fn the_table_is_sorted_unique_and_documented() {
    let rows = catalog::commands();
    assert_eq!(catalog::table_errors(), [""; 0]);
    let verbs: Vec<&str> = rows.iter().map(|row| row.verb.as_str()).collect();
    let mut sorted = verbs.clone();
    sorted.sort_unstable();
    assert_eq!(verbs, sorted);
    assert_eq!(verbs.iter().collect::<HashSet<_>>().len(), verbs.len());
    for row in rows {
        let verb = row.verb.as_str();
        assert!(
            verb.chars().all(|c| c.is_ascii_uppercase() || c == ' '),
            "{verb}"
        );
        assert!(
            row.summary.ends_with('.') && row.summary.len() < 90,
            "{verb}: {}",
            row.summary
        );
        let known = ["RFC ", "draft-", "Cyrus ", "Oracle "]
            .iter()
            .any(|start| row.reference.starts_with(start));
        assert!(
            known && row.reference.contains(", "),
            "{verb}: {}",
            row.reference
        );
        assert!(row.example.starts_with(verb), "{verb}: {}", row.example);
        // What writes says what it hits, what does not hits nothing (FETCH may set \\Seen).
        let changes = matches!(row.effect, Effect::Writes | Effect::Destroys);
        let pushes = verb == "XAPPLEPUSHSERVICE";
        assert_eq!(
            changes && !pushes,
            row.hits != Hits::Nothing && !row.sets_seen,
            "{verb}"
        );
        // A sentence about an argument that there is not is a slip.
        for (name, sentence) in &row.arguments {
            assert!(row.syntax.contains(name.as_str()), "{verb}: {name}");
            assert!(sentence.ends_with(['.', ',']), "{verb}: {sentence}");
        }
        if let Some(base) = verb.strip_prefix("UID ") {
            assert!(catalog::find(base).is_some(), "{verb} without {base}");
        }
    }
}

#[test]
fn every_command_that_must_work_is_there() {
    let all = "CAPABILITY NOOP LOGOUT ID ENABLE NAMESPACE STARTTLS LOGIN AUTHENTICATE SELECT EXAMINE CREATE DELETE \
               RENAME SUBSCRIBE UNSUBSCRIBE LIST LSUB STATUS APPEND IDLE CHECK CLOSE UNSELECT EXPUNGE SEARCH SORT \
               THREAD FETCH STORE COPY MOVE GETACL SETACL DELETEACL LISTRIGHTS MYRIGHTS GETQUOTA GETQUOTAROOT \
               SETQUOTA COMPRESS GETMETADATA SETMETADATA GETANNOTATION SETANNOTATION XLIST RECONSTRUCT \
               UNAUTHENTICATE NOTIFY";
    for verb in all.split_ascii_whitespace() {
        assert!(catalog::find(verb).is_some(), "{verb}");
        assert!(catalog::find(&verb.to_lowercase()).is_some(), "{verb}");
    }
    for verb in [
        "FETCH", "STORE", "COPY", "MOVE", "SEARCH", "SORT", "THREAD", "EXPUNGE",
    ] {
        assert!(
            catalog::find(&format!("uid {verb}")).is_some(),
            "UID {verb}"
        );
    }
    for verb in ["", "UID", "DONE", "XFOO", "UID NOOP", "SELECTED"] {
        assert!(catalog::find(verb).is_none(), "{verb}");
    }
}

#[test]
fn what_a_server_offers() {
    let set = |names: &str| CapabilitySet::new(names.split(' ').map(str::to_owned));
    let offered = |verb: &str, names: &str| catalog::find(verb).unwrap().is_offered(&set(names));
    assert!(offered("NOOP", "IMAP4rev1"));
    assert!(offered("THREAD", "IMAP4rev1 THREAD=REFERENCES"));
    assert!(!offered("THREAD", "IMAP4rev1 SORT"));
    assert!(offered("MOVE", "IMAP4rev2"));
    assert!(!offered("MOVE", "IMAP4rev1"));
    assert!(!offered("GETACL", "IMAP4rev2 RIGHTS=kxten"));
    assert!(offered("COMPRESS", "COMPRESS=DEFLATE"));
    let login = catalog::find("LOGIN").unwrap();
    assert!(
        login.is_allowed(ConnectionState::NotAuthenticated)
            && !login.is_allowed(ConnectionState::Selected)
    );
}

/// A model that was told of these mailboxes.
fn model() -> Model {
    let mut model = Model::new();
    let greeting = StatusResponse {
        status: Status::Preauth,
        code: None,
        text: Vec::new(),
    };
    model.apply(&Event::Greeting(greeting));
    for name in ["INBOX", "Entw&APw-rfe", "Team a", "Team a/b", "archive"] {
        let entry = ListEntry {
            attributes: Vec::new(),
            delimiter: Some('/'),
            name: name.into(),
        };
        model.apply(&Event::Response {
            response: Response::Untagged(Untagged::List(entry)),
            command: None,
        });
    }
    model
}

/// The candidates at `|` in `text`.
fn at(text: &str) -> Vec<String> {
    let cursor = text.find('|').unwrap();
    let candidates = catalog::complete(&text.replace('|', ""), cursor, &model(), &Live::default());
    candidates.into_iter().map(|c| c.text).collect()
}

#[test]
fn verbs_are_completed() {
    assert_eq!(at("SEL|"), ["SELECT"]);
    assert_eq!(at("sel|"), ["select"]);
    assert_eq!(at("a1 exam|"), ["examine"]);
    assert_eq!(at("UID FE|"), ["FETCH"]);
    assert_eq!(at("a1 UID st|"), ["store"]);
    assert_eq!(at("NOOP\nSEL|"), ["SELECT"]);
    assert!(at("UID |").contains(&"FETCH".to_owned()) && !at("UID |").contains(&"NOOP".to_owned()));
    assert_eq!(at("|").len(), catalog::commands().len());
    assert!(at("zzz|").is_empty());
    // Those that are allowed here come first.
    let all = at("|");
    let place = |verb: &str| all.iter().position(|v| v == verb).unwrap();
    assert!(place("SELECT") < place("LOGIN"));
    assert!(place("SELECT") < place("FETCH"));
}

#[test]
fn mailboxes_are_completed() {
    assert_eq!(
        at("SELECT |"),
        [
            "INBOX",
            "archive",
            "Entw&APw-rfe",
            "\"Team a\"",
            "\"Team a/b\""
        ]
    );
    assert_eq!(at("SELECT Entwü|"), ["Entw&APw-rfe"]);
    assert_eq!(at("a1 select inb|"), ["INBOX"]);
    assert_eq!(at("SELECT \"team|"), ["\"Team a\"", "\"Team a/b\""]);
    assert_eq!(at("SELECT \"Team a/|"), ["\"Team a/b\""]);
    assert_eq!(at("COPY 1 arch|"), ["archive"]);
    assert_eq!(at("RENAME archive Tea|"), ["\"Team a\"", "\"Team a/b\""]);
    assert_eq!(at("UID COPY 1:* arch|"), ["archive"]);
    // Not the first word of it: still found, but behind.
    assert_eq!(at("SELECT rchi|"), ["archive"]);
    // Letters in order, if nothing better fits.
    assert_eq!(at("SELECT Tmb|"), ["\"Team a/b\""]);
    assert_eq!(at("SELECT INBOX |"), ["("]);
    // It may be a tag.
    assert!(at("XFOO |").contains(&"NOOP".to_owned()));
    assert!(at("XFOO bar |").is_empty());
    assert!(at("APPEND INBOX {{{\nSEL|").is_empty());
    assert_eq!(at("APPEND INBOX {{{\nabc\n}}}\nSEL|"), ["SELECT"]);
}

#[test]
fn a_candidate_says_what_it_replaces() {
    let text = "NOOP\na1 SELECT \"Team";
    let candidates = catalog::complete(text, text.len(), &model(), &Live::default());
    assert_eq!(&text[candidates[0].replaces.clone()], "\"Team");
    assert_eq!(candidates[0].label, "Team a");
    assert_eq!(
        catalog::complete("SELECT Entw", 11, &model(), &Live::default())[0].label,
        "Entwürfe"
    );
    // A cursor that is nowhere.
    assert!(catalog::complete("ä", 1, &model(), &Live::default()).len() < 200);
    let _ = catalog::complete("SELECT", 99, &model(), &Live::default());
}

#[test]
fn the_hint_is_about_the_command() {
    let hint =
        |text: &str| catalog::hint(text, text.len(), &model()).map(|hint| hint.spec.verb.as_str());
    assert_eq!(hint("select inbox"), Some("SELECT"));
    assert_eq!(hint("a1 select inbox"), Some("SELECT"));
    assert_eq!(hint("uid fetch 1"), Some("UID FETCH"));
    assert_eq!(hint("x UID FETCH 1"), Some("UID FETCH"));
    assert_eq!(hint("\n  NOOP"), Some("NOOP"));
    assert_eq!(hint("XFOO"), None);
    assert_eq!(hint(""), None);
}

/// The README's command table is made from the catalog; `IMAPSH_UPDATE_README=1` writes it.
#[test]
fn the_readme_lists_every_command() {
    let mut table = String::from("| command | does | needs | described in |\n|---|---|---|---|\n");
    for row in catalog::commands() {
        let code = |text: &str| text.replace('|', "\\|");
        let syntax = if row.syntax.is_empty() {
            row.verb.clone()
        } else {
            format!("{} {}", row.verb, row.syntax)
        };
        let mut needs = vec![match row.states {
            States::Any => String::new(),
            States::Before => "no login yet".to_owned(),
            States::LoggedIn => "login".to_owned(),
            States::Selected => "open mailbox".to_owned(),
        }];
        needs.extend(row.capability());
        let rights: Vec<String> = row.rights.iter().map(|need| need.to_string()).collect();
        if !rights.is_empty() {
            needs.push(format!("right {}", rights.join(", ")));
        }
        needs.retain(|need| !need.is_empty());
        table.push_str(&format!(
            "| `{}` | {} | {} | {} |\n",
            code(&syntax),
            code(&row.summary),
            needs.join("; "),
            row.reference
        ));
    }
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/README.md");
    let readme = std::fs::read_to_string(path).unwrap();
    let (start, end) = ("<!-- commands -->\n", "<!-- /commands -->");
    let from = readme.find(start).expect("the place for the table") + start.len();
    let to = readme.find(end).expect("the end of the table");
    let wanted = format!("\n{table}\n");
    if std::env::var_os("IMAPSH_UPDATE_README").is_some() {
        let mut text = readme.clone();
        text.replace_range(from..to, &wanted);
        std::fs::write(path, text).unwrap();
    } else {
        assert!(
            readme[from..to] == wanted,
            "IMAPSH_UPDATE_README=1 cargo test the_readme_lists mends it"
        );
    }
}
