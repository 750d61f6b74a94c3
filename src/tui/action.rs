//! What the user can want. Keys become actions first (`keymap/bindings.rs`), `update/` does them; a list of
//! actions is a test or a replay.

use super::keymap::Key;

/// Something the user wants. Movement goes to whatever has the focus.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    // anywhere
    /// Ctrl+C: close what is open; clear the line; end IDLE or cancel AUTHENTICATE; then "once more to quit".
    Interrupt,
    /// Draw everything anew.
    Redraw,
    /// Give the terminal back to the shell for a while.
    Suspend,
    /// The screen has another size.
    Resize(u16, u16),
    /// A key that no binding takes: text for the editor or a field.
    Type(Key),
    /// Pasted text, line ends normalised to LF.
    Paste(String),

    // panes
    /// Open the help.
    Help,
    /// Focus the next pane.
    NextPane,
    /// Focus the previous pane.
    PreviousPane,
    /// Focus the transcript.
    FocusTranscript,
    /// Focus the editor.
    FocusEditor,
    /// Focus the sidebar, opening it.
    FocusSidebar,
    /// Act as another user; the login form where nobody is logged in.
    ActAs,
    /// To the next session.
    NextTab,
    /// To the previous session.
    PreviousTab,
    /// Ask for the mailbox list again.
    Refresh,
    /// Sidebar on or off.
    ToggleSidebar,
    /// The pane in focus takes the whole screen, or gives it back.
    Zoom,
    /// Open the palette.
    Palette,
    /// Open a new connection with the same plan.
    Reconnect,
    /// LOGOUT and quit.
    Quit,

    // movement, in the pane or popup in focus
    /// One up.
    Up,
    /// One down.
    Down,
    /// One screen up.
    PageUp,
    /// One screen down.
    PageDown,
    /// To the first.
    Top,
    /// To the last; the transcript then follows.
    Bottom,

    // editor
    /// Send, if the command is complete; a new line otherwise.
    Submit,
    /// Send exactly what is there.
    SubmitAsTyped,
    /// A new line.
    NewLine,
    /// Complete the word, or choose among the candidates.
    Complete,
    /// The same from the last candidate.
    CompletePrevious,
    /// The next character, or the suggestion of the history.
    Right,
    /// The end of the line, or the suggestion of the history.
    LineEnd,
    /// Edit the text with $VISUAL or $EDITOR.
    ExternalEditor,
    /// Show what would go, and send nothing.
    DryRun,
    /// A literal from a file.
    LiteralFromFile,
    /// Base64 of the selection or the word at the cursor.
    Base64,
    /// What the base64 at the cursor stands for.
    Base64Decode,
    /// The word at the cursor to modified UTF-7, or back.
    MailboxEncoding,
    /// Quotes around the word at the cursor, or off.
    QuoteWord,
    /// The time now as a date-time.
    InsertDate,
    /// The line above, or the previous command of the history.
    HistoryPrevious,
    /// The line below, or the next command of the history.
    HistoryNext,
    /// Search the history.
    HistorySearch,
    /// In the history search: this server's commands, or all.
    HistoryScope,
    /// Take the last change back.
    Undo,
    /// Delete to the beginning of the line.
    DeleteToHead,
    /// Ctrl+D: on an empty line LOGOUT and quit, else delete the character at the cursor.
    EndOfInput,
    /// Step back: out of the editor, out of a popup, from a pane to the editor.
    Back,

    // transcript
    /// To the previous command.
    PreviousCommand,
    /// To the next command.
    NextCommand,
    /// To the previous NO, BAD or BYE.
    PreviousFailure,
    /// To the next NO, BAD or BYE.
    NextFailure,
    /// Fold or unfold the literal or the command at the cursor.
    Fold,
    /// Fold or unfold all commands.
    FoldAll,
    /// Times on or off.
    ToggleTimes,
    /// Wrap long lines, or cut them.
    ToggleWrap,
    /// Put the command at the cursor back into the editor.
    Recall,
    /// Ask what to look for in the transcript.
    Find,
    /// To the next hit.
    FindNext,
    /// To the previous hit.
    FindPrevious,
    /// Ask which lines of the transcript to show.
    Filter,
    /// Stop the search, else clear it, else clear the filter, else to the editor.
    Clear,
    /// Mark the line at the cursor, or take its mark away.
    Mark,
    /// To the next marked line.
    GoToMark,
    /// Take all marks away.
    ClearMarks,
    /// Commands under headings, or line by line.
    ToggleGrouped,
    /// Long lists broken into rows, or as they passed.
    TogglePretty,
    /// Octets, or as text.
    ToggleHex,
    /// Mailbox names, encoded words and challenges in plain text, or as they passed.
    ToggleDecoded,
    /// Where lines are cut: what is further left.
    ScrollLeft,
    /// Where lines are cut: what is further right.
    ScrollRight,
    /// Choose what to copy to the clipboard.
    Copy,
    /// Write the transcript to a file.
    Export,

    // inspector
    /// Inspect what is at the cursor of the transcript.
    Inspect,
    /// Compare it with the marked command, or the last one of its kind.
    Diff,
    /// Save the literal, or the part, at the cursor.
    Save,
    /// Close the inspector.
    ClosePane,

    // live events
    /// Live events by a second connection, or no more.
    ToggleLive,
    /// To the pane of live events.
    FocusEvents,
    /// The conversation of the second connection, or what it heard.
    OwnLines,
    /// The second connection is opened again, now.
    ListenAgain,

    // messages
    /// Open the list of the messages of the open mailbox.
    Messages,
    /// Open the mailbox at the cursor with EXAMINE, and the list of its messages.
    MailboxMessages,
    /// Ask which messages to list.
    SearchMessages,
    /// Ask in which order to list them.
    SortMessages,
    /// List them in threads, or not.
    ThreadMessages,
    /// List all messages, in the mailbox's own order.
    AllMessages,
    /// Ask for the rows, and the order, again.
    ListAnew,
    /// Mark all that is listed.
    MarkListed,
    /// Put the sequence set of the marks into the editor.
    UseMarks,
    /// Read the next message.
    NextMessage,
    /// Read the previous message.
    PreviousMessage,
    /// All fields of the header, or those one looks for first.
    ToggleFields,
    /// Save the whole message to a file.
    SaveMessage,

    // sidebar, and whatever else browses
    /// The next command of this pane goes into the editor instead of to the server.
    IntoEditor,
    /// Open the mailbox at the cursor with EXAMINE.
    OpenMailbox,
    /// Put SELECT of the mailbox at the cursor into the editor.
    SelectMailbox,
    /// Find a mailbox by some letters of its name.
    FindMailbox,
    /// Another order of siblings: by what they are for, name, unseen, messages.
    SortMailboxes,
    /// STATUS of the mailbox at the cursor.
    MailboxStatus,
    /// Count the messages with each flag of the open mailbox.
    CountFlags,
    /// Put SUBSCRIBE or UNSUBSCRIBE into the editor.
    Subscribe,
    /// Put CREATE of a mailbox below this one into the editor.
    CreateMailbox,
    /// Put RENAME into the editor.
    RenameMailbox,
    /// Put DELETE into the editor.
    DeleteMailbox,
    /// Put GETACL into the editor.
    MailboxAcl,
    /// Put GETQUOTAROOT into the editor.
    MailboxQuota,
    /// Who may do what on this mailbox and those below.
    RightsMatrix,
    /// Write it as CSV.
    ExportCsv,
    /// One to the left.
    MoveLeft,
    /// One to the right.
    MoveRight,
    /// Fold or unfold the mailbox at the cursor.
    Unfold,
    /// Unfold it.
    Expand,
    /// Fold it, or go to the mailbox above it.
    Collapse,

    // snippets
    /// The list of snippets; the run, while one is open.
    Snippets,
    /// Save what is in the editor as a snippet.
    SaveSnippet,
    /// Make a snippet of the marked commands, what they were answered as expectations.
    SnippetFromMarks,
    /// Run the snippet; of one that has run, the row at the cursor once more.
    Play,
    /// Run the next command only.
    Step,
    /// Hold what runs, or let it go on.
    Pause,
    /// Run all rows again that failed.
    RerunFailed,
    /// Leave the row at the cursor out, or take it in again.
    LeaveOut,
    /// What right the row lacks, as SETACL in the editor.
    GiveRight,
    /// A snippet that takes back what the run has done.
    UndoAll,
    /// Sort the rows by state, or as they are in the list.
    Sort,

    // popups
    /// Take the candidate, or send the form.
    Accept,
    /// The next candidate or field.
    Next,
    /// The previous candidate or field.
    Previous,
    /// The choice at the left.
    ChoiceLeft,
    /// The choice at the right.
    ChoiceRight,
    /// In the connect form: the embedded demo server.
    Demo,
    /// In the connect form: take another tool's command line.
    Import,
    /// In the connect form: take what netrc has for this server.
    UseFound,
    /// In the connect form: ask the server which mechanisms it offers.
    AskOffers,
    /// In the password prompt: run the command of `password_from` with the terminal.
    RunOnTerminal,
    /// Act as: on this connection, not in a new tab.
    AcceptHere,
    /// Act as: the open mailbox as that user sees it, beside how it is seen here.
    Beside,
    /// In a comparison: all rows, or only what differs.
    ToggleAlike,
    /// What safe mode asks about goes.
    Yes,
    /// It does not.
    No,
    /// Suggestion 1 of the last reply into the editor.
    Suggestion1,
    /// Suggestion 2 of the last reply into the editor.
    Suggestion2,
    /// Suggestion 3 of the last reply into the editor.
    Suggestion3,
    /// Suggestion 4 of the last reply into the editor.
    Suggestion4,
    /// Suggestion 5 of the last reply into the editor.
    Suggestion5,
    /// Suggestion 6 of the last reply into the editor.
    Suggestion6,
    /// Suggestion 7 of the last reply into the editor.
    Suggestion7,
    /// Suggestion 8 of the last reply into the editor.
    Suggestion8,
    /// Suggestion 9 of the last reply into the editor.
    Suggestion9,
}

impl Action {
    /// Which suggestion it takes, from 0.
    pub fn suggestion(&self) -> Option<usize> {
        [
            Action::Suggestion1,
            Action::Suggestion2,
            Action::Suggestion3,
            Action::Suggestion4,
            Action::Suggestion5,
            Action::Suggestion6,
            Action::Suggestion7,
            Action::Suggestion8,
            Action::Suggestion9,
        ]
        .iter()
        .position(|action| action == self)
    }

    /// What the config file and the palette call it: `submit-as-typed`. Made from the variant's name, so it
    /// must not be renamed.
    pub fn name(&self) -> String {
        let variant = format!("{self:?}");
        let letters = variant.split(['(', ' ', '{']).next().unwrap_or_default();
        let mut name = String::new();
        for c in letters.chars() {
            if c.is_ascii_uppercase() && !name.is_empty() {
                name.push('-');
            }
            name.push(c.to_ascii_lowercase());
        }
        name
    }
}
