//! Which key does what: one row each in [`BINDINGS`]. The help screen, the hints and the check for
//! duplicates are made from the rows, so they cannot lie.

use std::fmt;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::action::Action;

/// Where a binding holds. The innermost that has one wins: popup or pane, then [`Context::Panes`]
/// (not in popups), then [`Context::Everywhere`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Context {
    /// Always.
    Everywhere,
    /// In any of the three panes.
    Panes,
    /// In the transcript and the sidebar: single letters live here, never in the editor.
    Letters,
    /// The command editor.
    Editor,
    /// The transcript.
    Transcript,
    /// The sidebar.
    Sidebar,
    /// The list of candidates.
    Completion,
    /// The history search.
    History,
    /// A form: connect, log in, password.
    Form,
    /// A list to choose from: act as, the sessions.
    Chooser,
    /// The help.
    Help,
}

impl Context {
    /// All of them, in the order of the help screen.
    pub const ALL: [Context; 11] = [
        Context::Editor,
        Context::Transcript,
        Context::Sidebar,
        Context::Letters,
        Context::Panes,
        Context::Everywhere,
        Context::Completion,
        Context::History,
        Context::Form,
        Context::Chooser,
        Context::Help,
    ];

    /// The heading on the help screen.
    pub fn title(self) -> &'static str {
        match self {
            Context::Everywhere => "Everywhere",
            Context::Panes => "In every pane",
            Context::Letters => "In transcript and sidebar",
            Context::Editor => "Command editor",
            Context::Transcript => "Transcript",
            Context::Sidebar => "Sidebar",
            Context::Completion => "Completion",
            Context::History => "History search",
            Context::Form => "Forms and prompts",
            Context::Chooser => "Act as, and the list of sessions",
            Context::Help => "This help",
        }
    }

    /// Where a key is looked up when this is in focus: innermost first.
    pub fn chain(self) -> &'static [Context] {
        use Context::*;
        match self {
            Editor => &[Editor, Panes, Everywhere],
            Transcript => &[Transcript, Letters, Panes, Everywhere],
            Sidebar => &[Sidebar, Letters, Panes, Everywhere],
            Completion => &[Completion, Everywhere],
            History => &[History, Everywhere],
            Form => &[Form, Everywhere],
            Chooser => &[Chooser, Everywhere],
            Help => &[Help, Everywhere],
            Letters => &[Letters, Panes, Everywhere],
            Panes => &[Panes, Everywhere],
            Everywhere => &[Everywhere],
        }
    }
}

/// One row: in this context, these keys do this.
#[derive(Debug, Clone)]
pub struct Binding {
    /// Where.
    pub context: Context,
    /// `enter`, `c-j`, `alt-enter`, `s-f6`; a sequence with a space between: `c-x h`.
    pub keys: &'static str,
    /// What it does.
    pub action: Action,
    /// A few words for the hint line; empty: not hinted.
    pub hint: &'static str,
    /// One plain sentence for the help screen.
    pub help: &'static str,
}

macro_rules! bindings {
    ($($context:ident $keys:literal $action:ident $hint:literal $help:literal;)*) => {
        &[$(Binding { context: Context::$context, keys: $keys, action: Action::$action, hint: $hint, help: $help },)*]
    };
}

/// All bindings. Hints appear in this order, as many as fit.
#[rustfmt::skip]
pub static BINDINGS: &[Binding] = bindings![
    Panes "f1" Help "help" "Help for the pane in focus";
    Panes "c-x h" Help "" "The same, without an F-key";
    Letters "?" Help "" "The same";

    Editor "enter" Submit "" "Send the command; a new line while a quote, a bracket or a literal is open";
    Editor "alt-enter" NewLine "" "A new line";
    Editor "s-enter" NewLine "" "The same, where the terminal tells Shift+Enter from Enter";
    Editor "c-j" SubmitAsTyped "" "Send exactly what is typed, without a tag being added";
    Editor "tab" Complete "complete" "Complete the word at the cursor";
    Editor "c-space" Complete "" "The same";
    Editor "c-r" HistorySearch "history" "Search the history";
    Editor "up" HistoryPrevious "" "The line above, then the previous command";
    Editor "c-p" HistoryPrevious "" "The same";
    Editor "down" HistoryNext "" "The line below, then the next command";
    Editor "c-n" HistoryNext "" "The same";
    Editor "c-_" Undo "" "Take the last change back";
    Editor "c-u" DeleteToHead "" "Delete to the beginning of the line";
    Editor "pgup" PageUp "" "Scroll the transcript up";
    Editor "pgdn" PageDown "" "Scroll the transcript down";
    Editor "esc" Back "" "To the transcript";
    Editor "c-d" EndOfInput "quit" "On an empty line: LOGOUT and quit; of several sessions this one ends";

    Transcript "j" Down "" "One down";
    Transcript "down" Down "" "The same";
    Transcript "k" Up "" "One up";
    Transcript "up" Up "" "The same";
    Transcript "pgdn" PageDown "" "One screen down";
    Transcript "space" PageDown "" "The same";
    Transcript "pgup" PageUp "" "One screen up";
    Transcript "g" Top "" "To the beginning";
    Transcript "home" Top "" "The same";
    Transcript "G" Bottom "follow" "To the end, and follow what comes";
    Transcript "end" Bottom "" "The same";
    Transcript "z" Fold "fold" "Fold or unfold the literal or the command at the cursor";
    Transcript "enter" Fold "" "The same";
    Transcript "Z" FoldAll "" "Fold or unfold all commands";
    Transcript "[" PreviousCommand "" "Previous command";
    Transcript "]" NextCommand "[ ] by command" "Next command";
    Transcript "e" NextFailure "failure" "Next NO, BAD or BYE";
    Transcript "E" PreviousFailure "" "Previous NO, BAD or BYE";
    Transcript "r" Recall "recall" "Put the command at the cursor back into the editor";
    Transcript "t" ToggleTimes "times" "Times on or off";
    Transcript "w" ToggleWrap "wrap" "Wrap long lines, or cut them";

    Sidebar "enter" OpenMailbox "open" "Open the mailbox with EXAMINE (nothing is marked as read)";
    Sidebar "o" SelectMailbox "select" "Put SELECT of the mailbox into the editor";
    Sidebar "space" Unfold "unfold" "Fold or unfold";
    Sidebar "right" Expand "" "Unfold";
    Sidebar "l" Expand "" "The same";
    Sidebar "left" Collapse "" "Fold, or go to the mailbox above";
    Sidebar "h" Collapse "" "The same";
    Sidebar "j" Down "" "One down";
    Sidebar "down" Down "" "The same";
    Sidebar "k" Up "" "One up";
    Sidebar "up" Up "" "The same";
    Sidebar "pgdn" PageDown "" "One screen down";
    Sidebar "pgup" PageUp "" "One screen up";
    Sidebar "g" Top "" "To the first";
    Sidebar "home" Top "" "The same";
    Sidebar "G" Bottom "" "To the last";
    Sidebar "end" Bottom "" "The same";

    Letters "i" FocusEditor "editor" "To the editor";
    Letters ":" CommandLine "" "A verb of the console (:help, :reconnect, :q)";
    Letters "R" Reconnect "" "Open the connection anew";
    Letters "tab" NextPane "" "Next pane";
    Letters "backtab" PreviousPane "" "Previous pane";
    Letters "q" Back "back" "Step back to the editor";
    Letters "esc" Back "" "The same";

    Panes "f6" NextPane "pane" "Next pane";
    Panes "c-x o" NextPane "" "The same, without an F-key";
    Panes "s-f6" PreviousPane "" "Previous pane";
    Panes "alt-1" FocusTranscript "" "To the transcript";
    Panes "alt-2" FocusEditor "" "To the editor";
    Panes "alt-3" FocusSidebar "" "To the mailboxes";
    Panes "c-x m" FocusSidebar "" "The same, without Alt";
    Panes "f9" ToggleSidebar "side" "Sidebar on or off";
    Panes "f10" Zoom "zoom" "The pane in focus takes the whole screen, or gives it back";
    Panes "c-x z" Zoom "" "The same, without an F-key";
    Panes "f4" ActAs "act as" "Act as another user with the same login; log in, if nobody is";
    Panes "c-x a" ActAs "" "The same, without an F-key";
    Panes "f5" Refresh "" "Ask for the mailboxes again";

    Everywhere "alt-right" NextTab "" "Next session";
    Everywhere "c-x n" NextTab "" "The same, without Alt";
    Everywhere "alt-left" PreviousTab "" "Previous session";
    Everywhere "c-x p" PreviousTab "" "The same, without Alt";
    Everywhere "c-c" Interrupt "" "Close, clear, end IDLE, cancel AUTHENTICATE; then once more to quit";
    Everywhere "c-l" Redraw "" "Draw the screen anew";
    Everywhere "c-z" Suspend "" "Suspend: back to the shell, fg returns";

    Completion "tab" Next "next" "Next candidate";
    Completion "down" Next "" "The same";
    Completion "c-n" Next "" "The same";
    Completion "c-space" Next "" "The same";
    Completion "backtab" Previous "previous" "Previous candidate";
    Completion "up" Previous "" "The same";
    Completion "c-p" Previous "" "The same";
    Completion "enter" Accept "take" "Take the candidate";
    Completion "esc" Back "close" "Close";

    History "c-r" Next "older" "The next older match";
    History "up" Next "" "The same";
    History "down" Previous "newer" "The next newer match";
    History "c-n" Previous "" "The same";
    History "enter" Accept "take" "Put it into the editor";
    History "tab" Accept "" "The same";
    History "esc" Back "close" "Close";

    Form "tab" Next "next" "Next field";
    Form "down" Next "" "The same";
    Form "backtab" Previous "" "Previous field";
    Form "up" Previous "" "The same";
    Form "left" ChoiceLeft "" "The choice, or the character, at the left";
    Form "right" ChoiceRight "" "The choice, or the character, at the right";
    Form "enter" Accept "go" "Go";
    Form "f3" Import "" "In the connect form: take an imtest, openssl s_client or curl command line";
    Form "c-x i" Import "" "The same, without an F-key";
    Form "f5" Demo "" "In the connect form: the embedded demo server";
    Form "esc" Back "not now" "Close without doing anything";

    Chooser "down" Down "" "One down";
    Chooser "tab" Down "" "The same";
    Chooser "c-n" Down "" "The same";
    Chooser "up" Up "" "One up";
    Chooser "backtab" Up "" "The same";
    Chooser "c-p" Up "" "The same";
    Chooser "enter" Accept "go" "Take the chosen one";
    Chooser "alt-enter" AcceptHere "" "Act as: on this connection, with UNAUTHENTICATE, where it is offered";
    Chooser "c-j" AcceptHere "" "The same";
    Chooser "esc" Back "close" "Close";

    Help "j" Down "" "One down";
    Help "down" Down "scroll" "The same";
    Help "k" Up "" "One up";
    Help "up" Up "" "The same";
    Help "space" PageDown "" "One screen down";
    Help "pgdn" PageDown "" "The same";
    Help "pgup" PageUp "" "One screen up";
    Help "g" Top "" "To the beginning";
    Help "home" Top "" "The same";
    Help "G" Bottom "" "To the end";
    Help "end" Bottom "" "The same";
    Help "q" Back "close" "Close";
    Help "esc" Back "" "The same";
    Help "f1" Back "" "The same";
];

/// A key as bindings name it: Shift is in the character, not beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Key {
    /// Which key.
    pub code: KeyCode,
    /// Ctrl, Alt, and Shift where it is not in the character.
    pub modifiers: KeyModifiers,
}

impl Key {
    /// From the terminal's event.
    pub fn new(event: KeyEvent) -> Key {
        let kept = KeyModifiers::CONTROL | KeyModifiers::ALT | KeyModifiers::SHIFT;
        let mut key = Key {
            code: event.code,
            modifiers: event.modifiers & kept,
        };
        match key.code {
            KeyCode::Char(c) => {
                key.modifiers.remove(KeyModifiers::SHIFT);
                if key.modifiers.contains(KeyModifiers::CONTROL) {
                    // A terminal sends one octet, 0x1f, for Ctrl+_, Ctrl+/ and Ctrl+7.
                    let c = if matches!(c, '7' | '/') {
                        '_'
                    } else {
                        c.to_ascii_lowercase()
                    };
                    key.code = KeyCode::Char(c);
                }
            }
            KeyCode::BackTab => key.modifiers.remove(KeyModifiers::SHIFT),
            KeyCode::Tab if key.modifiers.contains(KeyModifiers::SHIFT) => {
                key = Key {
                    code: KeyCode::BackTab,
                    modifiers: KeyModifiers::NONE,
                };
            }
            _ => {}
        }
        key
    }

    /// From its name in a binding: `c-j`, `alt-enter`, `G`.
    pub fn parse(name: &str) -> Option<Key> {
        let (mut rest, mut modifiers) = (name, KeyModifiers::NONE);
        loop {
            let (modifier, after) = match rest.split_once('-') {
                Some(("c", after)) if !after.is_empty() => (KeyModifiers::CONTROL, after),
                Some(("alt", after)) if !after.is_empty() => (KeyModifiers::ALT, after),
                Some(("s", after)) if !after.is_empty() => (KeyModifiers::SHIFT, after),
                _ => break,
            };
            modifiers |= modifier;
            rest = after;
        }
        let mut letters = rest.chars();
        let code = match (rest, letters.next(), letters.next()) {
            (_, Some(c), None) => KeyCode::Char(c),
            ("enter", ..) => KeyCode::Enter,
            ("tab", ..) => KeyCode::Tab,
            ("backtab", ..) => KeyCode::BackTab,
            ("space", ..) => KeyCode::Char(' '),
            ("esc", ..) => KeyCode::Esc,
            ("up", ..) => KeyCode::Up,
            ("down", ..) => KeyCode::Down,
            ("left", ..) => KeyCode::Left,
            ("right", ..) => KeyCode::Right,
            ("home", ..) => KeyCode::Home,
            ("end", ..) => KeyCode::End,
            ("pgup", ..) => KeyCode::PageUp,
            ("pgdn", ..) => KeyCode::PageDown,
            ("del", ..) => KeyCode::Delete,
            ("bs", ..) => KeyCode::Backspace,
            (name, Some('f'), Some(_)) => KeyCode::F(name.get(1..)?.parse().ok()?),
            _ => return None,
        };
        Some(Key { code, modifiers })
    }

    /// The character it types, if it types one.
    pub fn typed(self) -> Option<char> {
        match self.code {
            KeyCode::Char(c) if self.modifiers.is_empty() => Some(c),
            _ => None,
        }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.modifiers.contains(KeyModifiers::CONTROL) {
            f.write_str(if matches!(self.code, KeyCode::Char(' ')) {
                "Ctrl+"
            } else {
                "^"
            })?;
        }
        if self.modifiers.contains(KeyModifiers::ALT) {
            f.write_str("Alt+")?;
        }
        if self.modifiers.contains(KeyModifiers::SHIFT) {
            f.write_str("Shift+")?;
        }
        match self.code {
            KeyCode::Char(' ') => f.write_str("Space"),
            KeyCode::Char(c) if self.modifiers.contains(KeyModifiers::CONTROL) => {
                write!(f, "{}", c.to_ascii_uppercase())
            }
            KeyCode::Char(c) => write!(f, "{c}"),
            KeyCode::F(n) => write!(f, "F{n}"),
            KeyCode::BackTab => f.write_str("Shift+Tab"),
            KeyCode::PageUp => f.write_str("PgUp"),
            KeyCode::PageDown => f.write_str("PgDn"),
            KeyCode::Delete => f.write_str("Del"),
            KeyCode::Backspace => f.write_str("Backspace"),
            other => write!(f, "{other:?}"),
        }
    }
}

impl Binding {
    /// Its keys; empty only if the row is wrong, which a test finds.
    pub fn sequence(&self) -> Vec<Key> {
        self.keys.split(' ').filter_map(Key::parse).collect()
    }

    /// Its hint: keys and words. `[ ] by command` names its two keys itself.
    pub fn hinted(&self) -> (String, &'static str) {
        match self.hint.strip_prefix("[ ] ") {
            Some(words) => ("[ ]".to_owned(), words),
            None => (self.shown(), self.hint),
        }
    }

    /// Its keys as the help shows them: `^X h`.
    pub fn shown(&self) -> String {
        self.sequence()
            .iter()
            .map(Key::to_string)
            .collect::<Vec<_>>()
            .join(" ")
    }
}

/// What a key means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Meaning {
    /// This.
    Action(Action),
    /// The first key of a sequence: wait for the next.
    Prefix,
    /// Nothing: it types.
    None,
}

/// What `key` means in `context`, behind `prefix` if one was pressed.
pub fn lookup(context: Context, prefix: Option<Key>, key: Key) -> Meaning {
    for place in context.chain() {
        for binding in BINDINGS.iter().filter(|b| b.context == *place) {
            match (prefix, binding.sequence().as_slice()) {
                (None, [only]) if *only == key => return Meaning::Action(binding.action.clone()),
                (None, [first, _, ..]) if *first == key => return Meaning::Prefix,
                (Some(before), [first, second]) if *first == before && *second == key => {
                    return Meaning::Action(binding.action.clone());
                }
                _ => {}
            }
        }
    }
    Meaning::None
}

/// The bindings that are hinted in `context`: help first, then the innermost context.
pub fn hints(context: Context) -> Vec<&'static Binding> {
    let places = context.chain().iter();
    let rows = places.flat_map(|place| {
        BINDINGS
            .iter()
            .filter(move |b| b.context == *place && !b.hint.is_empty())
    });
    let (mut first, rest): (Vec<_>, Vec<_>) = rows.partition(|b| b.action == Action::Help);
    first.extend(rest);
    first
}

/// The first binding of `action` in the chain of `context`, as it is shown.
pub fn key_for(context: Context, action: &Action) -> Option<String> {
    let places = context.chain().iter();
    places
        .flat_map(|place| BINDINGS.iter().filter(move |b| b.context == *place))
        .find(|b| b.action == *action)
        .map(Binding::shown)
}
