//! Every key that browses, where it is pressed, and what must be seen after it: one row for each binding of the
//! contexts in [`CONTEXTS`]. `no_trace.rs` presses them; a binding without a row fails its test.

use imapsh::tui::keymap::Context;

/// Where browsing happens. The other contexts write commands or read what has been said.
pub const CONTEXTS: &[Context] = &[
    Context::Sidebar,
    Context::Messages,
    Context::Message,
    Context::Rights,
    Context::Chooser,
    Context::Prompt,
    Context::Letters,
    Context::Panes,
];

/// Where a key is pressed; the test goes there first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The editor, empty.
    Editor,
    /// The sidebar, its cursor on INBOX.
    Sidebar,
    /// The sidebar, its cursor on the mailbox with mails, which has one below it, folded.
    Tree,
    /// All messages of that mailbox, the cursor on the last one.
    List,
    /// The last message, with its parts, from its beginning.
    Message,
    /// Who may do what on that mailbox and below: two rows, two identifiers.
    Rights,
    /// Act as, nothing typed.
    ActAs,
    /// What to find in the transcript: NOOP has been found.
    Find,
}

/// What is seen.
#[derive(Debug, Clone, Copy)]
pub enum See {
    /// This is on the screen.
    Shows(&'static str),
    /// ... and this no more.
    Hides(&'static str),
    /// The row at the cursor (it is drawn in reverse) holds this.
    Row(&'static str),
    /// ... does not.
    Elsewhere(&'static str),
    /// The editor's text begins so.
    Editor(&'static str),
    /// A command that begins so has gone to the server (it stands in the record).
    Sent(&'static str),
}

use Place::{ActAs, Editor, Find, List, Message, Rights, Sidebar, Tree};
use See::{Editor as Text, Elsewhere, Hides, Row as At, Sent, Shows};

/// Keys, and what is to be seen before the next ones.
pub type Steps = &'static [(&'static str, See)];

/// One key.
pub struct Row {
    pub context: Context,
    /// As the table of bindings writes it.
    pub keys: &'static str,
    pub from: Place,
    /// What is pressed before it.
    pub before: Steps,
    pub see: See,
    /// What is pressed after it, so that the next row finds what it expects.
    pub after: Steps,
}

/// Bindings of these contexts that no row presses, and why.
pub const NOT_PRESSED: &[(Context, &str, &str)] = &[
    (
        Context::Letters,
        "R",
        "the connection is opened anew: another session",
    ),
    (
        Context::Panes,
        "c-x s",
        "saves the editor's text as a snippet: a file here",
    ),
    (
        Context::Panes,
        "c-x 1",
        "writes into the editor what a reply suggests: nothing here does",
    ),
    (Context::Panes, "c-x 2", "the same"),
    (Context::Panes, "c-x 3", "the same"),
    (Context::Panes, "c-x 4", "the same"),
    (Context::Panes, "c-x 5", "the same"),
    (Context::Panes, "c-x 6", "the same"),
    (Context::Panes, "c-x 7", "the same"),
    (Context::Panes, "c-x 8", "the same"),
    (Context::Panes, "c-x 9", "the same"),
];

macro_rules! rows {
    ($($context:ident $keys:literal $from:ident [$($before:expr),*] $see:expr, [$($after:expr),*];)*) => {
        &[$(Row {
            context: Context::$context, keys: $keys, from: $from, before: &[$($before),*], see: $see, after: &[$($after),*],
        },)*]
    };
}

const DOWN: (&str, See) = ("j", Elsewhere("INBOX"));
const LAST: (&str, See) = ("G", Elsewhere("INBOX"));
const UP: (&str, See) = ("k", Elsewhere("parts"));
const FIRST: (&str, See) = ("g", At("number 1 "));
const PART: (&str, See) = ("jjjjjjj", At("text/html"));
const FILE: (&str, See) = ("jjjjjjjj", At("octet-stream"));
const MARKED: (&str, See) = (" ", Shows("1 marked"));
const NO_MARKS: (&str, See) = ("M", Hides("1 marked"));
const UNSEEN: (&str, See) = ("/\x15unseen\r", Shows("of 10"));
const CLOSED: (&str, See) = (":close\r", Shows("AS u003 (auth"));
const FOLDED: (&str, See) = (" ", Hides("deep"));

/// All rows.
#[rustfmt::skip]
pub static ROWS: &[Row] = rows![
    Sidebar "enter" Sidebar [] Sent("EXAMINE INBOX"), [];
    Sidebar "o" Sidebar [] Text("SELECT INBOX"), [];
    Sidebar "e" Sidebar [] Shows("to the editor"), [("e", Hides("to the editor"))];
    Sidebar "/" Sidebar [] Shows("Find a mailbox"), [];
    Sidebar "s" Sidebar [] Sent("STATUS INBOX (MESSAGES RECENT"), [];
    Sidebar "f" Sidebar [("\r", Sent("EXAMINE INBOX"))] Sent("SEARCH RETURN (COUNT) SEEN"), [];
    Sidebar "A" Tree [] Shows("monty: lookup, read"), [];
    Sidebar "S" Sidebar [] Shows("by name"), [("SSS", Hides("by "))];
    Sidebar "u" Sidebar [] Text("SUBSCRIBE INBOX"), [];
    Sidebar "c" Sidebar [] Text("CREATE "), [];
    Sidebar "r" Sidebar [] Text("RENAME INBOX"), [];
    Sidebar "d" Sidebar [] Text("DELETE INBOX"), [];
    Sidebar "a" Sidebar [] Text("GETACL INBOX"), [];
    Sidebar "Q" Sidebar [] Text("GETQUOTAROOT INBOX"), [];
    Sidebar "m" Sidebar [] Shows("6 Messages: INBOX"), [];
    Sidebar "space" Tree [] Shows("deep"), [FOLDED];
    Sidebar "right" Tree [] Shows("deep"), [FOLDED];
    Sidebar "l" Tree [] Shows("deep"), [FOLDED];
    Sidebar "left" Tree [("l", Shows("deep"))] Hides("deep"), [];
    Sidebar "h" Tree [("l", Shows("deep"))] Hides("deep"), [];
    Sidebar "j" Sidebar [] Elsewhere("INBOX"), [];
    Sidebar "down" Sidebar [] Elsewhere("INBOX"), [];
    Sidebar "k" Sidebar [DOWN] At("INBOX"), [];
    Sidebar "up" Sidebar [DOWN] At("INBOX"), [];
    Sidebar "pgdn" Sidebar [] Elsewhere("INBOX"), [];
    Sidebar "pgup" Sidebar [DOWN] At("INBOX"), [];
    Sidebar "g" Sidebar [LAST] At("INBOX"), [];
    Sidebar "home" Sidebar [LAST] At("INBOX"), [];
    Sidebar "G" Sidebar [] Elsewhere("INBOX"), [];
    Sidebar "end" Sidebar [] Elsewhere("INBOX"), [];
    Sidebar "esc" Sidebar [] Shows("Tab complete"), [];

    Messages "enter" List [] Shows("7 Message: UID 13"), [];
    Messages "space" List [] Shows("1 marked"), [NO_MARKS];
    Messages "/" List [] Shows("Esc as before"), [];
    Messages "S" List [] Shows("Esc as before"), [];
    Messages "T" List [] Shows("─ threads"), [];
    Messages "a" List [("/\x15uid:1\r", Shows("1 of 1"))] Shows("of 13"), [];
    Messages "r" List [UNSEEN] Sent("UID SEARCH RETURN (ALL) UNSEEN"), [];
    Messages "*" List [UNSEEN] Shows("10 marked"), [("M", Hides("10 marked"))];
    Messages "M" List [MARKED] Hides("1 marked"), [];
    Messages "u" List [MARKED] Text("UID FETCH 13 (FLAGS)"), [];
    Messages "e" List [] Shows("goes into the editor"), [("e", Hides("goes into the editor"))];
    Messages "s" List [] Shows("parts.eml"), [];
    Messages "j" List [UP] At("parts"), [];
    Messages "down" List [UP] At("parts"), [];
    Messages "k" List [] Elsewhere("parts"), [];
    Messages "up" List [] Elsewhere("parts"), [];
    Messages "pgdn" List [FIRST] Elsewhere("number 1 "), [];
    Messages "pgup" List [] Elsewhere("parts"), [];
    Messages "g" List [] At("number 1 "), [];
    Messages "home" List [] At("number 1 "), [];
    Messages "G" List [FIRST] At("parts"), [];
    Messages "end" List [FIRST] At("parts"), [];
    Messages "esc" List [] Hides("6 Messages"), [];

    Message "enter" Message [PART] Sent("UID FETCH 13 (BODY.PEEK[2]"), [];
    Message "s" Message [FILE] Shows("a.bin___"), [];
    Message "w" Message [] Shows("parts.eml"), [];
    Message "e" Message [] Shows("goes into the editor"), [("e", Hides("goes into the editor"))];
    Message "h" Message [] Shows("MIME-Version"), [];
    Message "n" Message [("p", Shows("7 Message: UID 12"))] Shows("7 Message: UID 13"), [];
    Message "p" Message [] Shows("7 Message: UID 12"), [];
    Message "j" Message [] At("To "), [];
    Message "down" Message [] At("To "), [];
    Message "k" Message [("j", At("To "))] At("From "), [];
    Message "up" Message [("j", At("To "))] At("From "), [];
    Message "pgdn" Message [] Elsewhere("From "), [];
    Message "space" Message [] Elsewhere("From "), [];
    Message "pgup" Message [("G", Elsewhere("From "))] At("From "), [];
    Message "g" Message [("G", Elsewhere("From "))] At("From "), [];
    Message "home" Message [("G", Elsewhere("From "))] At("From "), [];
    Message "G" Message [] At("Read me."), [];
    Message "end" Message [] At("Read me."), [];
    Message "esc" Message [] Hides("7 Message"), [];

    Rights "enter" Rights [] Text("SETACL "), [];
    Rights "x" Rights [] Shows("CSV to:"), [("\x03", Hides("CSV to:"))];
    Rights "j" Rights [] Shows("monty: nothing"), [];
    Rights "down" Rights [] Shows("monty: nothing"), [];
    Rights "k" Rights [("j", Shows("monty: nothing"))] Shows("monty: lookup, read"), [];
    Rights "up" Rights [("j", Shows("monty: nothing"))] Shows("monty: lookup, read"), [];
    Rights "l" Rights [] Shows("u003: lookup"), [];
    Rights "right" Rights [] Shows("u003: lookup"), [];
    Rights "h" Rights [("l", Shows("u003: lookup"))] Shows("monty: lookup, read"), [];
    Rights "left" Rights [("l", Shows("u003: lookup"))] Shows("monty: lookup, read"), [];
    Rights "pgdn" Rights [] Shows("monty: nothing"), [];
    Rights "pgup" Rights [("j", Shows("monty: nothing"))] Shows("monty: lookup, read"), [];
    Rights "g" Rights [("j", Shows("monty: nothing"))] Shows("monty: lookup, read"), [];
    Rights "home" Rights [("j", Shows("monty: nothing"))] Shows("monty: lookup, read"), [];
    Rights "G" Rights [] Shows("monty: nothing"), [];
    Rights "end" Rights [] Shows("monty: nothing"), [];
    Rights "esc" Rights [] Hides("Who may do what"), [];
    Rights "q" Rights [] Hides("Who may do what"), [];

    Chooser "down" ActAs [] At("oneself"), [];
    Chooser "tab" ActAs [] At("oneself"), [];
    Chooser "c-n" ActAs [] At("oneself"), [];
    Chooser "up" ActAs [] At("monty"), [];
    Chooser "backtab" ActAs [] At("monty"), [];
    Chooser "c-p" ActAs [] At("monty"), [];
    // Another user in a session of its own, whose tree is asked for; and back.
    Chooser "enter" ActAs [("monty", Shows("Enter: AS monty"))] Shows("AS monty (auth"), [CLOSED];
    Chooser "alt-enter" ActAs [("monty", Shows("Enter: AS monty"))] Shows("does not offer UNAUTHENTICATE"), [];
    Chooser "c-j" ActAs [("monty", Shows("Enter: AS monty"))] Shows("does not offer UNAUTHENTICATE"), [];
    Chooser "esc" ActAs [] Hides("The login stays"), [];
    // Another user beside this one, asked in a session of its own, which is closed again.
    Chooser "f4" ActAs [("monty", Shows("Enter: AS monty"))] Shows("as both see it"), [("\x1b", Hides("as both see it")), ("\x18n", Shows("AS monty (auth")), CLOSED];
    Chooser "c-t" ActAs [("monty", Shows("Enter: AS monty"))] Shows("as both see it"), [("\x1b", Hides("as both see it")), ("\x18n", Shows("AS monty (auth")), CLOSED];

    Prompt "enter" Find [] Hides("Esc as before"), [];
    Prompt "esc" Find [] Hides("Esc as before"), [];
    Prompt "down" Find [] Shows("Esc as before"), [];
    Prompt "c-n" Find [] Shows("Esc as before"), [];
    Prompt "f3" Find [] Shows("Esc as before"), [];
    Prompt "up" Find [] Shows("Esc as before"), [];
    Prompt "c-p" Find [] Shows("Esc as before"), [];
    Prompt "s-f3" Find [] Shows("Esc as before"), [];
    Prompt "c-r" Find [("\x15", Shows("Esc as before"))] Shows("NOOP"), [];

    Letters "?" Sidebar [] Shows("Down scroll"), [];
    Letters ":" Sidebar [] Shows("Enter do it"), [];
    Letters "i" Sidebar [] Shows("Tab complete"), [];
    Letters "tab" Sidebar [] Hides("o select"), [];
    Letters "backtab" Sidebar [] Hides("o select"), [];
    Letters "q" Sidebar [] Shows("Tab complete"), [];

    Panes "f1" Sidebar [] Shows("Down scroll"), [];
    Panes "c-x h" Sidebar [] Shows("Down scroll"), [];
    Panes "f2" Sidebar [] Shows("Enter do it"), [];
    Panes "alt-x" Sidebar [] Shows("Enter do it"), [];
    Panes "c-x :" Sidebar [] Shows("Enter do it"), [];
    Panes "f6" Sidebar [] Hides("o select"), [];
    Panes "c-x o" Sidebar [] Hides("o select"), [];
    Panes "s-f6" Sidebar [] Hides("o select"), [];
    Panes "alt-1" Sidebar [] Shows("Enter inspect"), [];
    Panes "alt-2" Sidebar [] Shows("Tab complete"), [];
    Panes "alt-3" Editor [] Shows("o select"), [];
    Panes "c-x m" Editor [] Shows("o select"), [];
    Panes "alt-4" Sidebar [] Shows("4 Inspector"), [("q", Hides("4 Inspector"))];
    // A second connection as the same user, in NOTIFY or IDLE, and its end.
    Panes "f7" List [] Shows("Live events"), [("", Shows("IDLE anew in")), ("\x1b[18~", Hides("Live events"))];
    Panes "c-x v" List [] Shows("Live events"), [("", Shows("IDLE anew in")), ("\x18v", Hides("Live events"))];
    Panes "alt-5" List [("\x1b[18~", Shows("IDLE anew in"))] Shows("its own lines"), [("\x1b[18~", Hides("Live events"))];
    Panes "c-x e" List [("\x1b[18~", Shows("IDLE anew in"))] Shows("its own lines"), [("\x1b[18~", Hides("Live events"))];
    Panes "alt-6" Sidebar [] Shows("6 Messages"), [];
    Panes "c-x g" Sidebar [] Shows("6 Messages"), [];
    Panes "f9" Sidebar [] Hides("3 Mailboxes"), [("\x1b[20~", Shows("3 Mailboxes"))];
    Panes "f10" Sidebar [] Hides("2 Command"), [("\x1b[21~", Shows("2 Command"))];
    Panes "c-x z" Sidebar [] Hides("2 Command"), [("\x1b[21~", Shows("2 Command"))];
    Panes "f4" Sidebar [] Shows("The login stays"), [];
    Panes "c-x a" Sidebar [] Shows("The login stays"), [];
    Panes "f3" Sidebar [] Shows("Enter inspect"), [];
    Panes "s-f3" Sidebar [] Shows("Enter inspect"), [];
    Panes "c-x f" Sidebar [] Shows("Esc as before"), [];
    Panes "f5" Sidebar [] Sent("LIST \"\" "), [];
    Panes "f8" Sidebar [] Shows("Snippets"), [("\x1b", Hides("Snippets:"))];
    Panes "c-x r" Sidebar [] Shows("Snippets"), [("\x1b", Hides("Snippets:"))];
];
