//! Console verbs, typed with a colon: one row each.

use crate::safety::SafeMode;

/// What a face does for a console verb.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum LocalAction {
    /// LOGOUT, wait for the answer, and quit.
    Quit,
    /// Drop the line and quit.
    QuitNow,
    /// Show the help.
    Help,
    /// Ask for user and password, and log in.
    LogIn,
    /// Open a new connection to the same place.
    Reconnect,
    /// Connect to this target beside what is open; `None`: ask where.
    Connect(Option<String>),
    /// Act as this user, with the same login; `None`: ask whom.
    ActAs(Option<String>),
    /// Ask this session and another one the same: whom, and one message. Empty: the last one again.
    Compare(String),
    /// Ask about one mailbox as oneself and as another user: whom, and the mailbox. Empty: choose.
    Beside(String),
    /// Log out; the session's tab goes too, unless it is the only one.
    Close,
    /// Show the tabs to choose from.
    Tabs,
    /// Show what TLS came to: version, certificates, verdict.
    Tls,
    /// Why this command is not possible now.
    Why(String),
    /// To this line of the transcript, the first one being 1.
    GoTo(u64),
    /// Find this in the transcript; `None`: ask what.
    Find(Option<String>),
    /// Show only what this filter lets through; `None`: everything.
    Filter(Option<String>),
    /// Turn the mouse on or off.
    Mouse(bool),
    /// Other colours, by the theme's name.
    Theme(String),
    /// Another safe mode, or none: tell which it is.
    Safe(Option<SafeMode>),
    /// Nothing goes to the history's file, or it does again.
    Private(bool),
    /// Put the text of this snippet into the editor.
    Snippet(String),
    /// Show the octets that this text, or what is in the editor, would come to.
    DryRun(Option<String>),
    /// Have the mailbox tree told again.
    Refresh,
    /// Ask the server for replies that name the user.
    WhoAmI,
    /// Keep the password of this login in the system's keyring, or take it out.
    Keyring(String),
    /// Write the transcript to a file.
    Export {
        /// `[FORMAT] [command] [names|mailboxes] FILE`; empty: ask.
        words: String,
        /// Over one that is there.
        overwrite: bool,
    },
    /// Record what passes to a file.
    Record {
        /// The file, `off`, or nothing: tell what is recorded.
        words: String,
        /// Over one that is there.
        overwrite: bool,
    },
}

/// One console verb.
#[derive(Debug, Clone, Copy)]
pub struct LocalVerb {
    /// As typed, colon included.
    pub name: &'static str,
    /// What may stand behind it, for the help; empty: nothing.
    pub argument: &'static str,
    /// One sentence.
    pub help: &'static str,
    action: fn(&str) -> Option<LocalAction>,
}

/// Every console verb.
pub const VERBS: &[LocalVerb] = &[
    LocalVerb {
        name: ":q",
        argument: "",
        help: "Log out of every session and quit.",
        action: |rest| rest.is_empty().then_some(LocalAction::Quit),
    },
    LocalVerb {
        name: ":quit",
        argument: "",
        help: "Log out of every session and quit.",
        action: |rest| rest.is_empty().then_some(LocalAction::Quit),
    },
    LocalVerb {
        name: ":q!",
        argument: "",
        help: "Quit at once; the connections are dropped without LOGOUT.",
        action: |rest| rest.is_empty().then_some(LocalAction::QuitNow),
    },
    LocalVerb {
        name: ":help",
        argument: "",
        help: "Show the keys and the verbs.",
        action: |rest| rest.is_empty().then_some(LocalAction::Help),
    },
    LocalVerb {
        name: ":login",
        argument: "",
        help: "Ask for user and password, and log in.",
        action: |rest| rest.is_empty().then_some(LocalAction::LogIn),
    },
    LocalVerb {
        name: ":reconnect",
        argument: "",
        help: "Open a new connection to the same server, as the same user.",
        action: |rest| rest.is_empty().then_some(LocalAction::Reconnect),
    },
    LocalVerb {
        name: ":connect",
        argument: "TARGET",
        help: "Connect beside what is open: HOST[:PORT], @profile, imaps://user@host; alone: the form.",
        action: |rest| {
            Some(LocalAction::Connect(
                (!rest.is_empty()).then(|| rest.to_owned()),
            ))
        },
    },
    LocalVerb {
        name: ":as",
        argument: "USER",
        help: "Act as another user with the same login, in a tab of its own; alone: choose.",
        action: |rest| {
            Some(LocalAction::ActAs(
                (!rest.is_empty()).then(|| rest.to_owned()),
            ))
        },
    },
    LocalVerb {
        name: ":compare",
        argument: "OTHER [MAILBOX:UID]",
        help: "What is not the same for another session: OTHER is +user, @profile, HOST, or the number of a session; alone: the last comparison again.",
        action: |rest| Some(LocalAction::Compare(rest.to_owned())),
    },
    LocalVerb {
        name: ":beside",
        argument: "USER [MAILBOX]",
        help: "A mailbox (at the sidebar's cursor, else the open one, else INBOX) as USER sees it beside how you do: rights, counts, flags, limits; alone: choose.",
        action: |rest| Some(LocalAction::Beside(rest.to_owned())),
    },
    LocalVerb {
        name: ":close",
        argument: "",
        help: "Log out here; the tab goes too, unless it is the only one.",
        action: |rest| rest.is_empty().then_some(LocalAction::Close),
    },
    LocalVerb {
        name: ":tabs",
        argument: "",
        help: "Show the sessions that are open, and go to one.",
        action: |rest| rest.is_empty().then_some(LocalAction::Tabs),
    },
    LocalVerb {
        name: ":refresh",
        argument: "",
        help: "Ask the server for the mailbox tree again.",
        action: |rest| rest.is_empty().then_some(LocalAction::Refresh),
    },
    LocalVerb {
        name: ":whoami",
        argument: "",
        help: "Ask for replies that name the user (GETACL INBOX, GETQUOTAROOT INBOX).",
        action: |rest| rest.is_empty().then_some(LocalAction::WhoAmI),
    },
    LocalVerb {
        name: ":keyring",
        argument: "check|store|forget",
        help: "The password of this login in the system's keyring: keep it, take it out, is it there?",
        action: |rest| {
            ["store", "forget", "check"]
                .contains(&rest)
                .then(|| LocalAction::Keyring(rest.to_owned()))
        },
    },
    LocalVerb {
        name: ":tls",
        argument: "",
        help: "Show what TLS came to: version, cipher, certificates, and why they are trusted or not.",
        action: |rest| rest.is_empty().then_some(LocalAction::Tls),
    },
    LocalVerb {
        name: ":why",
        argument: "COMMAND",
        help: "Why a command is not possible now: state, capability, rights; or what a capability is.",
        action: |rest| (!rest.is_empty()).then(|| LocalAction::Why(rest.to_owned())),
    },
    LocalVerb {
        name: ":goto",
        argument: "LINE",
        help: "To that line of the transcript; :123 is the same.",
        action: |rest| rest.parse().ok().map(LocalAction::GoTo),
    },
    LocalVerb {
        name: ":find",
        argument: "TEXT",
        help: "Find in the transcript: a regular expression or a text; alone: ask.",
        action: |rest| {
            Some(LocalAction::Find(
                (!rest.is_empty()).then(|| rest.to_owned()),
            ))
        },
    },
    LocalVerb {
        name: ":filter",
        argument: "FILTER",
        help: "Show only some lines: tag:A012 cmd:FETCH st:no code:NOPERM >100ms \"text\"; alone: all.",
        action: |rest| {
            Some(LocalAction::Filter(
                (!rest.is_empty()).then(|| rest.to_owned()),
            ))
        },
    },
    LocalVerb {
        name: ":export",
        argument: "[FORMAT] FILE",
        help: "Write the transcript to a file: trace, text, json, report, or imtest, openssl, curl; before FILE also command, marked, filtered, names, mailboxes.",
        action: |rest| {
            Some(LocalAction::Export {
                words: rest.to_owned(),
                overwrite: false,
            })
        },
    },
    LocalVerb {
        name: ":export!",
        argument: "[FORMAT] FILE",
        help: "The same, over a file that is there.",
        action: |rest| {
            Some(LocalAction::Export {
                words: rest.to_owned(),
                overwrite: true,
            })
        },
    },
    LocalVerb {
        name: ":record",
        argument: "FILE|off",
        help: "Record what passes from now on to a file, passwords masked; off ends it; alone: tell.",
        action: |rest| {
            Some(LocalAction::Record {
                words: rest.to_owned(),
                overwrite: false,
            })
        },
    },
    LocalVerb {
        name: ":record!",
        argument: "FILE",
        help: "The same, over a file that is there.",
        action: |rest| {
            Some(LocalAction::Record {
                words: rest.to_owned(),
                overwrite: true,
            })
        },
    },
    LocalVerb {
        name: ":mouse",
        argument: "on|off",
        help: "Use the mouse in the screen; then select text with Shift held.",
        action: |rest| match rest {
            "on" => Some(LocalAction::Mouse(true)),
            "off" => Some(LocalAction::Mouse(false)),
            _ => None,
        },
    },
    LocalVerb {
        name: ":theme",
        argument: "default|dark|light|high-contrast",
        help: "Other colours.",
        action: |rest| {
            ["default", "dark", "light", "high-contrast"]
                .contains(&rest)
                .then(|| LocalAction::Theme(rest.to_owned()))
        },
    },
    LocalVerb {
        name: ":safe",
        argument: "readonly|confirm|off",
        help: "Another safe mode for this session; alone: which it is.",
        action: |rest| match (rest, SafeMode::named(rest)) {
            ("", _) => Some(LocalAction::Safe(None)),
            (_, mode) => mode.map(|mode| LocalAction::Safe(Some(mode))),
        },
    },
    LocalVerb {
        name: ":private",
        argument: "on|off",
        help: "Write nothing to the history of commands, until it is off again.",
        action: |rest| match rest {
            "on" => Some(LocalAction::Private(true)),
            "off" => Some(LocalAction::Private(false)),
            _ => None,
        },
    },
    LocalVerb {
        name: ":snippet",
        argument: "SNIPPET",
        help: "Put a snippet (snippets/SNIPPET.imap, here or beside the config file) into the editor.",
        action: |rest| (!rest.is_empty()).then(|| LocalAction::Snippet(rest.to_owned())),
    },
    LocalVerb {
        name: ":dry",
        argument: "COMMAND",
        help: "Show the exact octets that COMMAND, or the text in the editor, would come to; nothing is sent.",
        action: |rest| {
            Some(LocalAction::DryRun(
                (!rest.is_empty()).then(|| rest.to_owned()),
            ))
        },
    },
];

/// Reads a line that begins with a colon.
///
/// # Errors
/// A sentence, when there is no such verb or its argument is wrong.
pub fn read(line: &str) -> Result<LocalAction, String> {
    let line = line.trim();
    if let Some(Ok(number)) = line.strip_prefix(':').map(str::parse) {
        return Ok(LocalAction::GoTo(number));
    }
    let (name, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    let Some(verb) = VERBS.iter().find(|v| v.name.eq_ignore_ascii_case(name)) else {
        let names: Vec<&str> = VERBS.iter().map(|v| v.name).collect();
        return Err(format!(
            "There is no verb {name}. There are {}.",
            names.join(" ")
        ));
    };
    (verb.action)(rest.trim()).ok_or_else(|| match verb.argument {
        "" => format!("{} takes nothing behind it.", verb.name),
        argument => format!("{} wants {argument} behind it.", verb.name),
    })
}
