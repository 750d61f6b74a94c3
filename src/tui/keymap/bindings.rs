//! The table of default keys: one row each, in the order in which hints and help show them.

use super::super::action::Action;
use super::{Context, Key};

/// One row: in this context, these keys do this.
#[derive(Debug, Clone)]
pub struct Binding {
    /// Where.
    pub context: Context,
    /// `enter`, `c-j`, `alt-enter`, `s-f6`; a sequence with a space between: `c-x h`. Empty: no key.
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
    Panes "f1" Help "help" "Help for the pane in focus; on a reply in the transcript: what it means";
    Panes "c-x h" Help "" "The same, without an F-key";
    Letters "?" Help "" "The same";
    Panes "f2" Palette "" "Everything by name: actions, verbs, mailboxes, settings";
    Panes "alt-x" Palette "" "The same";
    Panes "c-x :" Palette "" "The same, without an F-key";
    Letters ":" Palette ": palette" "The same; in the editor : in an empty one";

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
    Editor "right" Right "" "The next character; at the end of the text: take the grey suggestion";
    Editor "c-f" Right "" "The same";
    Editor "end" LineEnd "" "The end of the line; there: take the grey suggestion";
    Editor "c-e" LineEnd "" "The same";
    Editor "backtab" CompletePrevious "" "Complete, from the last candidate";
    Editor "c-_" Undo "" "Take the last change back";
    Editor "c-u" DeleteToHead "" "Delete to the beginning of the line";
    Editor "c-x c-e" ExternalEditor "" "Edit the text with $VISUAL or $EDITOR";
    Editor "c-x d" DryRun "" "Show the exact octets that would go; send nothing";
    Editor "c-x l" LiteralFromFile "" "A literal from a file: {@path}";
    Editor "c-x b" Base64 "" "Base64 of the selection or the word at the cursor";
    Editor "c-x B" Base64Decode "" "The same backwards";
    Editor "c-x u" MailboxEncoding "" "The word at the cursor to modified UTF-7, or back";
    Editor "c-x q" QuoteWord "" "Quote the word at the cursor, or take its quotes off";
    Editor "c-x t" InsertDate "" "The time now, as APPEND wants it";
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
    Transcript "enter" Inspect "inspect" "Take apart what the line or the command says: the inspector";
    Transcript "d" Diff "" "Compare the reply with that to the marked command, or to the last one of its kind";
    Transcript "s" Save "" "Save the literal to a file";
    Transcript "Z" FoldAll "" "Fold or unfold all commands";
    Transcript "[" PreviousCommand "" "Previous command";
    Transcript "]" NextCommand "[ ] by command" "Next command";
    Transcript "e" NextFailure "failure" "Next NO, BAD or BYE";
    Transcript "E" PreviousFailure "" "Previous NO, BAD or BYE";
    Transcript "r" Recall "recall" "Put the command at the cursor back into the editor";
    Transcript "/" Find "find" "Find: a regular expression or a text; lower case finds both cases";
    Transcript "n" FindNext "" "To the next hit";
    Transcript "N" FindPrevious "" "To the previous hit";
    Transcript "f" Filter "filter" "Show some lines only: tag:A012 cmd:FETCH st:no code:NOPERM >100ms \"text\"";
    Transcript "esc" Clear "" "Stop or clear the search, then clear the filter, then to the editor";
    Transcript "m" Mark "mark" "Mark the line at the cursor, or take its mark away";
    Transcript "'" GoToMark "" "To the next marked line";
    Transcript "M" ClearMarks "" "Take all marks away";
    Transcript "p" TogglePretty "pretty" "Long lists broken into rows, or as they passed";
    Transcript "b" ToggleHex "bytes" "Octets, or text";
    Transcript "u" ToggleDecoded "decode" "Mailbox names, header words and challenges in plain text, or as they passed";
    Transcript "v" ToggleGrouped "" "Commands under headings, or line by line";
    Transcript "t" ToggleTimes "times" "Times: of day, since the beginning, since the line before, none";
    Transcript "y" Copy "copy" "Copy the line, the command, or the session as another tool's command line";
    Transcript "x" Export "export" "Write the transcript to a file: trace, text, JSON lines, bug report";
    Transcript "w" ToggleWrap "wrap" "Wrap long lines, or cut them";
    Transcript "left" ScrollLeft "" "Where lines are cut: further left";
    Transcript "h" ScrollLeft "" "The same";
    Transcript "right" ScrollRight "" "Where lines are cut: further right";
    Transcript "l" ScrollRight "" "The same";

    Sidebar "enter" OpenMailbox "open" "Open the mailbox with EXAMINE (nothing is marked as read)";
    Sidebar "o" SelectMailbox "select" "Put SELECT of the mailbox into the editor";
    Sidebar "e" IntoEditor "edit" "The command of the next key goes into the editor, not to the server";
    Sidebar "/" FindMailbox "find" "Find a mailbox by some letters of its name";
    Sidebar "s" MailboxStatus "" "STATUS: what the mailbox counts";
    Sidebar "f" CountFlags "" "Count the messages with each flag of the open mailbox";
    Sidebar "A" RightsMatrix "" "Who may do what on the mailbox and all below: a matrix, CSV";
    Sidebar "S" SortMailboxes "" "Sort: as usual, by name, by unseen, by messages";
    Sidebar "u" Subscribe "" "Put SUBSCRIBE, or UNSUBSCRIBE, into the editor";
    Sidebar "c" CreateMailbox "" "Put CREATE of a mailbox below into the editor";
    Sidebar "r" RenameMailbox "" "Put RENAME into the editor";
    Sidebar "d" DeleteMailbox "" "Put DELETE into the editor";
    Sidebar "a" MailboxAcl "" "Put GETACL into the editor";
    Sidebar "Q" MailboxQuota "" "Put GETQUOTAROOT into the editor";
    Sidebar "m" MailboxMessages "messages" "Open the mailbox with EXAMINE and list its messages";
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

    Inspector "tab" Next "tabs" "The next tab: Decoded, Diff, Hex, Timing, TLS";
    Inspector "right" Next "" "The same";
    Inspector "backtab" Previous "" "The previous tab";
    Inspector "left" Previous "" "The same";
    Inspector "enter" Accept "part" "Look at the part of the mail at the cursor";
    Inspector "s" Save "save" "Save the part at the cursor, or the literal, to a file";
    Inspector "d" Diff "diff" "Compare with the marked command, or the last one of its kind";
    Inspector "[" PreviousCommand "" "The previous command";
    Inspector "]" NextCommand "[ ] by command" "The next command";
    Inspector "j" Down "" "One down";
    Inspector "down" Down "" "The same";
    Inspector "k" Up "" "One up";
    Inspector "up" Up "" "The same";
    Inspector "pgdn" PageDown "" "One screen down";
    Inspector "space" PageDown "" "The same";
    Inspector "pgup" PageUp "" "One screen up";
    Inspector "g" Top "" "To the first row";
    Inspector "home" Top "" "The same";
    Inspector "G" Bottom "" "To the last row";
    Inspector "end" Bottom "" "The same";
    Inspector "esc" Back "back" "Back: from a part to the mail, then to the transcript";
    Inspector "q" ClosePane "close" "Close the inspector, also where it is a pane";
    Inspector "i" FocusEditor "" "To the editor";
    Inspector ":" Palette "" "The palette";
    Inspector "?" Help "" "Help for the inspector";

    Events "enter" Accept "go to" "Go to what it is about: open its mailbox with EXAMINE, read the message with PEEK";
    Events "o" OwnLines "its own lines" "All that passes on the second connection, or the events again";
    Events "e" IntoEditor "edit" "The command of the next key goes into the editor, not to the server";
    Events "a" ListenAgain "" "Where it was broken off: listen again, now";
    Events "j" Down "" "One down";
    Events "down" Down "" "The same";
    Events "k" Up "" "One up";
    Events "up" Up "" "The same";
    Events "pgdn" PageDown "" "One screen down";
    Events "space" PageDown "" "The same";
    Events "pgup" PageUp "" "One screen up";
    Events "g" Top "" "To the oldest that is kept";
    Events "home" Top "" "The same";
    Events "G" Bottom "newest" "To the newest, and follow what comes";
    Events "end" Bottom "" "The same";
    Events "esc" Back "" "Step back to the editor";

    Messages "enter" Accept "read" "Read the message: structure, header and text are fetched with PEEK";
    Messages "space" Mark "mark" "Mark the message, or take its mark away; marks stay with the UID";
    Messages "/" SearchMessages "search" "Search: from: subject: since:7d larger:1m unseen !flagged, or SEARCH keys";
    Messages "S" SortMessages "sort" "Sort, where the server offers SORT: -date, from, subject, size";
    Messages "T" ThreadMessages "threads" "In threads, or not, where the server offers THREAD";
    Messages "a" AllMessages "all" "All messages again, in the mailbox's own order";
    Messages "r" ListAnew "" "Ask for the rows, and for the order, again";
    Messages "*" MarkListed "" "Mark all that the search found";
    Messages "M" ClearMarks "" "Take all marks away";
    Messages "u" UseMarks "use marks" "Put the sequence set of the marks into the editor, at its cursor";
    Messages "e" IntoEditor "edit" "The command of the next key goes into the editor, not to the server";
    Messages "s" Save "save" "Save the whole message to a file, in pieces";
    Messages "j" Down "" "One down";
    Messages "down" Down "" "The same";
    Messages "k" Up "" "One up";
    Messages "up" Up "" "The same";
    Messages "pgdn" PageDown "" "One screen down";
    Messages "pgup" PageUp "" "One screen up";
    Messages "g" Top "" "To the first";
    Messages "home" Top "" "The same";
    Messages "G" Bottom "" "To the last";
    Messages "end" Bottom "" "The same";
    Messages "esc" Back "back" "Close the list; the transcript is below it";

    Message "enter" Accept "part" "Look at the part at the cursor: it is fetched with BODY.PEEK";
    Message "s" Save "save part" "Save the part at the cursor, or the one that is read, to a file, in pieces";
    Message "w" SaveMessage "save all" "Save the whole message to a file, in pieces";
    Message "e" IntoEditor "" "The command of the next key goes into the editor, not to the server";
    Message "h" ToggleFields "header" "All fields of the header, or those one looks for first";
    Message "n" NextMessage "next" "The next message";
    Message "p" PreviousMessage "" "The previous message";
    Message "j" Down "" "One down";
    Message "down" Down "" "The same";
    Message "k" Up "" "One up";
    Message "up" Up "" "The same";
    Message "pgdn" PageDown "" "One screen down";
    Message "space" PageDown "" "The same";
    Message "pgup" PageUp "" "One screen up";
    Message "g" Top "" "To the first row";
    Message "home" Top "" "The same";
    Message "G" Bottom "" "To the last row";
    Message "end" Bottom "" "The same";
    Message "esc" Back "back" "Back to the list";

    Letters "i" FocusEditor "editor" "To the editor";
    Letters "R" Reconnect "" "Open the connection anew";
    Letters "tab" NextPane "" "Next pane";
    Letters "backtab" PreviousPane "" "Previous pane";
    Sidebar "esc" Back "" "Step back to the editor";

    Letters "q" Back "back" "Step back to the editor";

    Panes "f6" NextPane "pane" "Next pane";
    Panes "c-x o" NextPane "" "The same, without an F-key";
    Panes "s-f6" PreviousPane "" "Previous pane";
    Panes "alt-1" FocusTranscript "" "To the transcript";
    Panes "alt-2" FocusEditor "" "To the editor";
    Panes "alt-3" FocusSidebar "" "To the mailboxes";
    Panes "c-x m" FocusSidebar "" "The same, without Alt";
    Panes "alt-4" Inspect "" "Inspect what the transcript's cursor is on";
    Panes "f7" ToggleLive "" "Live events: a second connection in NOTIFY or IDLE; once more: no more";
    Panes "c-x v" ToggleLive "" "The same, without an F-key";
    Panes "alt-5" FocusEvents "" "To the live events";
    Panes "c-x e" FocusEvents "" "The same, without Alt";
    Panes "alt-6" Messages "" "The messages of the open mailbox";
    Panes "c-x g" Messages "" "The same, without Alt";
    Panes "f9" ToggleSidebar "side" "Sidebar on or off";
    Panes "f10" Zoom "zoom" "The pane in focus takes the whole screen, or gives it back";
    Panes "c-x z" Zoom "" "The same, without an F-key";
    Panes "f4" ActAs "act as" "Act as another user with the same login; log in, if nobody is";
    Panes "c-x a" ActAs "" "The same, without an F-key";
    Panes "f3" FindNext "" "Find the next hit in the transcript; find, if nothing is looked for yet";
    Panes "s-f3" FindPrevious "" "Find the previous hit";
    Panes "c-x f" Find "" "Find in the transcript";
    Panes "f5" Refresh "" "Ask for the mailboxes again";

    Panes "f8" Snippets "snippets" "Snippets: files of commands with what is expected; the run, while one is open";
    Panes "c-x r" Snippets "" "The same, without an F-key";
    Panes "c-x s" SaveSnippet "" "Save what is in the editor as a snippet";
    Transcript "S" SnippetFromMarks "" "A snippet of the marked commands, or of the one at the cursor, that expects these replies";

    Panes "c-x 1" Suggestion1 "" "What the last reply suggests (undo: ...) into the editor";
    Panes "c-x 2" Suggestion2 "" "Its suggestion 2";
    Panes "c-x 3" Suggestion3 "" "Its suggestion 3";
    Panes "c-x 4" Suggestion4 "" "Its suggestion 4";
    Panes "c-x 5" Suggestion5 "" "Its suggestion 5";
    Panes "c-x 6" Suggestion6 "" "Its suggestion 6";
    Panes "c-x 7" Suggestion7 "" "Its suggestion 7";
    Panes "c-x 8" Suggestion8 "" "Its suggestion 8";
    Panes "c-x 9" Suggestion9 "" "Its suggestion 9";

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
    History "c-t" HistoryScope "all or this server" "Commands of this server, or of all";
    History "enter" Accept "take" "Put it into the editor";
    History "tab" Accept "" "The same";
    History "esc" Back "close" "Close";

    Palette "down" Next "" "The next one";
    Palette "c-n" Next "" "The same";
    Palette "up" Previous "" "The one before";
    Palette "c-p" Previous "" "The same";
    Palette "pgdn" PageDown "" "One screen down";
    Palette "pgup" PageUp "" "One screen up";
    Palette "tab" Complete "complete" "Take its words into the field";
    Palette "enter" Accept "do it" "Do it";
    Palette "esc" Back "close" "Close";

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
    Form "f4" UseFound "" "In the connect form: take user and password from netrc, where it has them";
    Form "c-x f" UseFound "" "The same, without an F-key";
    Form "f6" AskOffers "" "In the connect form: connect as nobody and show which mechanisms the server offers";
    Form "c-x o" AskOffers "" "The same, without an F-key";
    Form "f7" RunOnTerminal "" "In the password prompt: run the command of password_from once more, with the terminal to ask on";
    Form "c-x t" RunOnTerminal "" "The same, without an F-key";
    Form "esc" Back "not now" "Close without doing anything";

    Prompt "enter" Accept "go" "Keep it: n and N go on; nothing typed clears it";
    Prompt "esc" Back "as before" "As it was before";
    Prompt "down" Next "next" "The next hit";
    Prompt "c-n" Next "" "The same";
    Prompt "f3" Next "" "The same";
    Prompt "up" Previous "previous" "The previous hit";
    Prompt "c-p" Previous "" "The same";
    Prompt "s-f3" Previous "" "The same";
    Prompt "c-r" HistorySearch "earlier" "What was looked for before";

    Chooser "down" Down "" "One down";
    Chooser "tab" Down "" "The same";
    Chooser "c-n" Down "" "The same";
    Chooser "up" Up "" "One up";
    Chooser "backtab" Up "" "The same";
    Chooser "c-p" Up "" "The same";
    Chooser "enter" Accept "go" "Take the chosen one";
    Chooser "alt-enter" AcceptHere "" "Act as: on this connection, with UNAUTHENTICATE, where it is offered";
    Chooser "c-j" AcceptHere "" "The same";
    Chooser "f4" Beside "" "Act as: a mailbox (the open one, or at the sidebar's cursor) as that user sees it, beside how you do";
    Chooser "c-t" Beside "" "The same, without an F-key";
    Chooser "esc" Back "close" "Close";

    Rights "enter" Accept "SETACL" "Put SETACL of the cell into the editor";
    Rights "x" ExportCsv "CSV" "Write the matrix to a file";
    Rights "j" Down "" "One down";
    Rights "down" Down "" "The same";
    Rights "k" Up "" "One up";
    Rights "up" Up "" "The same";
    Rights "l" MoveRight "" "One to the right";
    Rights "right" MoveRight "" "The same";
    Rights "h" MoveLeft "" "One to the left";
    Rights "left" MoveLeft "" "The same";
    Rights "pgdn" PageDown "" "One screen down";
    Rights "pgup" PageUp "" "One screen up";
    Rights "g" Top "" "To the first mailbox";
    Rights "home" Top "" "The same";
    Rights "G" Bottom "" "To the last mailbox";
    Rights "end" Bottom "" "The same";
    Rights "esc" Back "close" "Close; what is still to be asked is not";
    Rights "q" Back "" "The same";

    Sides "enter" Accept "command" "Put the command that asked for the row into the editor";
    Sides "a" ToggleAlike "all" "All rows, or only what differs";
    Sides "/" Find "find" "Only rows that hold this";
    Sides "y" Copy "copy" "Copy the rows that are shown";
    Sides "x" Export "export" "Write what differs to a file: JSON, or text in columns";
    Sides "j" Down "" "One down";
    Sides "down" Down "" "The same";
    Sides "k" Up "" "One up";
    Sides "up" Up "" "The same";
    Sides "pgdn" PageDown "" "One screen down";
    Sides "space" PageDown "" "The same";
    Sides "pgup" PageUp "" "One screen up";
    Sides "g" Top "" "To the first row";
    Sides "home" Top "" "The same";
    Sides "G" Bottom "" "To the last row";
    Sides "end" Bottom "" "The same";
    Sides "esc" Back "close" "Close; what is still to be asked is not";
    Sides "q" Back "" "The same";

    Snippets "enter" Accept "open" "Open it: read it, run it";
    Snippets "tab" IntoEditor "into the editor" "Put it into the editor";
    Snippets "down" Down "" "The next one";
    Snippets "c-n" Down "" "The same";
    Snippets "up" Up "" "The one before";
    Snippets "c-p" Up "" "The same";
    Snippets "pgdn" PageDown "more of it" "What is shown of it: further down";
    Snippets "pgup" PageUp "" "What is shown of it: further up";
    Snippets "esc" Back "close" "Close";
    Snippets "f8" Back "" "The same";
    Run "r" Play "run" "Run it; when it has run: the row at the cursor once more";
    Run "n" Step "step" "The next command only, then wait";
    Run "d" DryRun "dry run" "Show what would go for the first row; send nothing";
    Run "e" IntoEditor "edit" "Put the snippet into the editor";
    Run "w" SaveSnippet "save" "Save it as a snippet of your own";
    Run "space" Pause "pause" "Hold what runs, or let it go on; after a stop: the rows that had not begun";
    Run "R" RerunFailed "rerun failed" "Run all rows again that failed";
    Run "o" LeaveOut "leave out" "Leave the row at the cursor out (one that has failed: out of R), or take it in again";
    Run "a" GiveRight "" "The right that the row at the cursor lacks: SETACL into the editor";
    Run "u" UndoAll "undo all" "The snippet that takes back what this run has done: r runs it";
    Run "x" Export "export" "Write the report to a file: JSON lines";
    Run "f4" ActAs "" "Look as the user of the row at the cursor, in a session of its own";
    Run "c-x a" ActAs "" "The same, without an F-key";
    Run "esc" Back "back" "Back: the run goes on, F8 shows it again; of one that is over, to the list";
    Run "f8" Back "" "The same";
    Run "q" Back "" "The same";
    Run "s" Sort "sort" "Sort the rows: what failed first, or as in the list";
    Run "/" Find "find" "Only rows whose user holds this";
    Run "enter" Accept "conversation" "The row's conversation, or what failed";
    Run "j" Down "" "The next row";
    Run "down" Down "" "The same";
    Run "k" Up "" "The row before";
    Run "up" Up "" "The same";
    Run "g" Top "" "To the first row";
    Run "home" Top "" "The same";
    Run "G" Bottom "" "To the last row";
    Run "end" Bottom "" "The same";
    Run "pgdn" PageDown "" "The script, or what is to say about the row, further down";
    Run "pgup" PageUp "" "The same, further up";

    Question "y" Yes "yes" "Send it";
    Question "n" No "no" "Do not send it: it stays in the editor";
    Question "esc" No "" "The same";
    Question "j" Down "" "One down";
    Question "down" Down "" "The same";
    Question "k" Up "" "One up";
    Question "up" Up "" "The same";
    Question "pgdn" PageDown "" "One screen down";
    Question "pgup" PageUp "" "One screen up";

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

impl Binding {
    /// Its keys; none if the row has none, or is wrong, which a test finds.
    pub fn sequence(&self) -> Vec<Key> {
        self.keys.split(' ').filter_map(Key::parse).collect()
    }
}
