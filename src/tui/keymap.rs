//! Which key does what by default: one row each in [`BINDINGS`] (`keymap/bindings.rs`). What is in force, with the user's own
//! keys, is a [`Keymap`]; help, hints, palette and the checks are made from it, so they cannot lie.
//!
//! To add a key: a row. An action that has no key gets a row with `""`: it can be bound in the config file
//! and is in the palette. An action is called in the config file as here, `SubmitAsTyped` as
//! `submit-as-typed`; renaming one breaks people's config files.

mod bindings;
mod force;
mod key;

pub use bindings::{BINDINGS, Binding};
pub use force::{Bound, Keymap, Meaning};
pub use key::Key;

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
    /// The inspector.
    Inspector,
    /// Live events.
    Events,
    /// The list of messages.
    Messages,
    /// The message that is read.
    Message,
    /// The list of candidates.
    Completion,
    /// The history search.
    History,
    /// The palette.
    Palette,
    /// A form: connect, log in, password.
    Form,
    /// Find and filter.
    Prompt,
    /// A list to choose from: act as, the sessions.
    Chooser,
    /// The list of snippets.
    Snippets,
    /// A run of a snippet.
    Run,
    /// What safe mode asks.
    Question,
    /// Who may do what.
    Rights,
    /// Two sessions compared.
    Sides,
    /// The help.
    Help,
}

impl Context {
    /// All of them, in the order of the help screen.
    pub const ALL: [Context; 22] = [
        Context::Editor,
        Context::Transcript,
        Context::Sidebar,
        Context::Inspector,
        Context::Events,
        Context::Messages,
        Context::Message,
        Context::Letters,
        Context::Panes,
        Context::Everywhere,
        Context::Completion,
        Context::History,
        Context::Palette,
        Context::Form,
        Context::Prompt,
        Context::Chooser,
        Context::Snippets,
        Context::Run,
        Context::Question,
        Context::Rights,
        Context::Sides,
        Context::Help,
    ];

    /// The heading on the help screen.
    pub fn title(self) -> &'static str {
        match self {
            Context::Everywhere => "Everywhere",
            Context::Panes => "In every pane",
            Context::Letters => "In transcript, sidebar and messages",
            Context::Editor => "Command editor",
            Context::Transcript => "Transcript",
            Context::Sidebar => "Sidebar",
            Context::Inspector => "Inspector",
            Context::Events => "Live events",
            Context::Messages => "List of messages",
            Context::Message => "Message",
            Context::Completion => "Completion",
            Context::History => "History search",
            Context::Palette => "Palette",
            Context::Form => "Forms and prompts",
            Context::Prompt => "Find and filter",
            Context::Question => "What safe mode asks",
            Context::Rights => "Who may do what",
            Context::Sides => "Two sessions compared",
            Context::Chooser => "Act as, the sessions, what to copy",
            Context::Snippets => "Snippets",
            Context::Run => "Run of a snippet",
            Context::Help => "This help",
        }
    }

    /// `editor`: as the config file has it, in `[keys.editor]`.
    pub fn name(self) -> String {
        format!("{self:?}").to_ascii_lowercase()
    }

    /// Whether a single letter types here, so that none may be bound.
    pub fn types(self) -> bool {
        matches!(
            self,
            Context::Everywhere
                | Context::Panes
                | Context::Editor
                | Context::Form
                | Context::Prompt
                | Context::History
                | Context::Palette
                | Context::Completion
                | Context::Snippets
        )
    }

    /// Where a key is looked up when this is in focus: innermost first.
    pub fn chain(self) -> &'static [Context] {
        use Context::*;
        match self {
            Editor => &[Editor, Panes, Everywhere],
            Transcript => &[Transcript, Letters, Panes, Everywhere],
            Sidebar => &[Sidebar, Letters, Panes, Everywhere],
            Inspector => &[Inspector, Panes, Everywhere],
            Events => &[Events, Letters, Panes, Everywhere],
            Messages => &[Messages, Letters, Panes, Everywhere],
            Message => &[Message, Letters, Panes, Everywhere],
            Completion => &[Completion, Everywhere],
            History => &[History, Everywhere],
            Palette => &[Palette, Everywhere],
            Form => &[Form, Everywhere],
            Prompt => &[Prompt, Everywhere],
            Chooser => &[Chooser, Everywhere],
            Snippets => &[Snippets, Everywhere],
            Run => &[Run, Everywhere],
            Question => &[Question, Everywhere],
            Rights => &[Rights, Everywhere],
            Sides => &[Sides, Everywhere],
            Help => &[Help, Everywhere],
            Letters => &[Letters, Panes, Everywhere],
            Panes => &[Panes, Everywhere],
            Everywhere => &[Everywhere],
        }
    }
}
