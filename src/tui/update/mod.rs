//! Does what the user wants: `update(&mut State, Action) -> Vec<Effect>`. Never draws, never waits.
//! Each pane's actions are in its own file.

mod act_as;
mod cursor;
mod editor;
mod events;
mod explain;
mod find;
mod inspector;
mod issue;
mod leave;
mod messages;
mod mouse;
mod naming;
mod out;
mod palette;
mod paths;
mod popup;
mod recall;
mod rights;
mod sidebar;
mod sides;
mod snippets;
mod transcript;
mod verbs;
mod vi;
mod writing;

pub(super) use events::at_cursor as event_at_cursor;
pub use inspector::{has_work, work};
pub use leave::{leave_this_now, quit_this};
pub use popup::open_connect;
use verbs::local;
pub use writing::edited;

use std::time::Instant;

use ratatui::layout::Rect;

use leave::{close, closes, farewell, goodbye, leave_now, quit};

use super::action::Action;
use super::effect::Effect;
use super::input::Input;
use super::keymap::Meaning;
use super::layout::{Focus, Shape};
use super::popup::Popup;
use super::prompt::Asked;
use super::state::{State, Then};
use crate::channel::Request;
use crate::console::{Cancellation, LocalAction};
use crate::session::Awaiting;

/// Takes one input from the terminal.
pub fn input(state: &mut State, input: Input) -> Vec<Effect> {
    match input {
        Input::Resize(columns, rows) => update(state, Action::Resize(columns, rows)),
        Input::Paste(text) => update(state, Action::Paste(text)),
        Input::Mouse(what, column, row) => mouse::update(state, what, column, row),
        Input::Key(key) => {
            if let Some(effects) = vi::input(state, key) {
                return effects;
            }
            let prefix = state.prefix.take();
            match state.options.keymap.lookup(state.context(), prefix, key) {
                Meaning::Action(action) => {
                    if matches!(state.popup, Some(Popup::Form(_)))
                        && matches!(action, Action::ChoiceLeft | Action::ChoiceRight)
                    {
                        return popup::sideways(state, action == Action::ChoiceRight, key);
                    }
                    update(state, action)
                }
                Meaning::Prefix => {
                    state.prefix = Some(key);
                    Vec::new()
                }
                // A sequence that is none: nothing, rather than half of it.
                Meaning::None if prefix.is_some() => Vec::new(),
                Meaning::None => update(state, Action::Type(key)),
            }
        }
    }
}

/// Does one action.
pub fn update(state: &mut State, action: Action) -> Vec<Effect> {
    state.now = (state.options.clock)();
    if let Action::Resize(columns, rows) = action {
        state.area = Rect::new(0, 0, columns, rows);
        return Vec::new();
    }
    state.message = None;
    if action != Action::Interrupt {
        state.quit_armed = false;
    }
    let mut effects = done(state, action);
    effects.extend(state.gather());
    effects
}

fn done(state: &mut State, action: Action) -> Vec<Effect> {
    match action {
        Action::Interrupt => interrupt(state),
        Action::Redraw => vec![Effect::Redraw],
        Action::Suspend => vec![Effect::Suspend],
        Action::NextTab | Action::PreviousTab if !state.strip.several() => {
            state.message = Some(
                "There is one session. :connect opens another one, F4 one as another user."
                    .to_owned(),
            );
            Vec::new()
        }
        Action::NextTab => vec![Effect::Turn { forward: true }],
        Action::PreviousTab => vec![Effect::Turn { forward: false }],
        action if state.popup.is_some() => popup::update(state, action),
        action => pane(state, action),
    }
}

fn pane(state: &mut State, action: Action) -> Vec<Effect> {
    match action {
        Action::Help if explain::explains(state) => explain::open(state),
        Action::Help => {
            state.popup = Some(Popup::Help {
                top: 0,
                context: state.context(),
            });
            Vec::new()
        }
        Action::NextPane => turn(state, true),
        Action::PreviousPane => turn(state, false),
        Action::FocusTranscript => focus(state, Focus::Transcript),
        Action::FocusEditor => focus(state, Focus::Editor),
        Action::FocusSidebar => {
            if !state.layout().shows_sidebar() {
                state.sidebar_wish = Some(true);
            }
            focus(state, Focus::Sidebar)
        }
        Action::Inspect => inspector::open(state, None),
        Action::Diff => inspector::open(state, Some(super::inspector::Tab::Diff)),
        Action::MailboxMessages if state.focus == Focus::Sidebar => {
            let mut effects = match sidebar::is_open(state) {
                true => Vec::new(),
                false => sidebar::update(state, Action::OpenMailbox),
            };
            let message = state.message.take();
            effects.extend(messages::open(state));
            state.message = message;
            effects
        }
        Action::Messages => messages::open(state),
        action if in_mail(state) && messages::divert(state, &action) => Vec::new(),
        Action::Save if in_mail(state) => messages::ask_where(state, false),
        Action::Save => inspector::ask_where(state),
        Action::ToggleSidebar => {
            let shown = state.layout().shows_sidebar();
            state.sidebar_wish = Some(!shown);
            let beside =
                matches!(state.layout().shape, Shape::Wide | Shape::Portrait) && !state.zoom;
            if shown && state.focus == Focus::Sidebar {
                state.focus = Focus::Editor;
            } else if !shown && !beside {
                // Where it lies over the transcript, or takes its place, it is wanted for its keys.
                state.focus = Focus::Sidebar;
            }
            Vec::new()
        }
        Action::Zoom => {
            state.zoom = !state.zoom;
            Vec::new()
        }
        Action::Palette => {
            palette::open(state, "");
            Vec::new()
        }
        action if action.suggestion().is_some() => state.take_suggestion(&action),
        Action::ToggleLive => state.toggle_live(),
        Action::FocusEvents => events::open(state),
        Action::ActAs => act_as::open(state),
        Action::Snippets => snippets::open(state),
        Action::SaveSnippet => snippets::save_editor(state),
        Action::SnippetFromMarks => snippets::from_marks(state),
        Action::Refresh => local(state, LocalAction::Refresh),
        Action::Reconnect => local(state, LocalAction::Reconnect),
        Action::Quit => quit(state),
        Action::Find => find::ask(state, Asked::Find),
        Action::Filter => find::ask(state, Asked::Filter),
        Action::FindNext => find::next(state, true),
        Action::FindPrevious => find::next(state, false),
        Action::PageUp | Action::PageDown if state.focus == Focus::Editor => {
            transcript::update(state, action)
        }
        action => match state.focus {
            Focus::Editor => {
                let effects = editor::update(state, action);
                if effects
                    .iter()
                    .any(|e| matches!(e, Effect::Send(Request::Submit(_))))
                {
                    // Who sends a command wants to see what comes back: the list gives way.
                    state.mail.open = false;
                }
                effects
            }
            Focus::Transcript => transcript::update(state, action),
            Focus::Sidebar => sidebar::update(state, action),
            Focus::Inspector => inspector::update(state, action),
            Focus::Events => events::update(state, action),
            Focus::Messages => messages::list(state, action),
            Focus::Message => messages::message(state, action),
        },
    }
}

fn in_mail(state: &State) -> bool {
    matches!(state.focus, Focus::Messages | Focus::Message)
}

fn focus(state: &mut State, focus: Focus) -> Vec<Effect> {
    state.focus = focus;
    Vec::new()
}

/// To the next pane that is shown; where one is shown at a time, to each in turn.
fn turn(state: &mut State, forward: bool) -> Vec<Effect> {
    let layout = state.layout();
    let one_at_a_time = state.zoom || layout.shape == Shape::OnePane;
    // From the transcript Tab leads to the sidebar: in the editor it completes and would lead no further.
    let mut panes = vec![Focus::Editor, Focus::Transcript];
    if one_at_a_time || layout.shows_sidebar() {
        panes.push(Focus::Sidebar);
    }
    if layout.inspector.is_some() {
        panes.push(Focus::Inspector);
    }
    if state.live.is_some() {
        panes.push(Focus::Events);
    }
    if state.mail.open {
        panes.push(Focus::Messages);
        if state.console.mail().opened().is_some() {
            panes.push(Focus::Message);
        }
    }
    let at = panes.iter().position(|p| *p == state.focus).unwrap_or(0);
    let step = if forward { 1 } else { panes.len() - 1 };
    match panes.get((at + step) % panes.len()) {
        Some(Focus::Inspector) => return inspector::open(state, None),
        Some(next) => state.focus = *next,
        None => {}
    }
    Vec::new()
}

pub(super) fn send(requests: Vec<Request>) -> Vec<Effect> {
    requests.into_iter().map(Effect::Send).collect()
}

/// Ctrl+C, step by step: close, clear, end IDLE or cancel AUTHENTICATE, then "once more to quit".
fn interrupt(state: &mut State) -> Vec<Effect> {
    let armed = std::mem::take(&mut state.quit_armed);
    match state.farewell.as_ref().map(|f| &f.then) {
        Some(Then::Leave) => return leave_now(state),
        // The wait for the answer to LOGOUT ends; what was to follow follows.
        Some(_) => {
            if let Some(farewell) = &mut state.farewell {
                farewell.deadline = Instant::now();
            }
            return state.tick(Instant::now());
        }
        None => {}
    }
    if matches!(state.popup, Some(Popup::Run)) {
        return popup::update(state, Action::Interrupt);
    }
    if state.popup.is_some() {
        return popup::update(state, Action::Back);
    }
    if state.export_off() {
        return Vec::new();
    }
    if state.inspector.stop_saving() {
        state.message = Some("Stopped: nothing was saved.".to_owned());
        return Vec::new();
    }
    if state.stop_part() {
        state.message = Some("Stopped: nothing was saved.".to_owned());
        return Vec::new();
    }
    if state.confirm.take().is_some() {
        return Vec::new();
    }
    if !state.editor.is_empty() {
        state.editor.wipe();
        state.browsing = None;
        return Vec::new();
    }
    if state.stop_gathering() {
        return Vec::new();
    }
    match state.console.cancel() {
        Cancellation::Send(requests) => {
            // A server that hangs answers nothing to it, and then nothing would be seen to happen.
            if state.console.awaiting() != Awaiting::IdleDone && !closes(&send(requests.clone())) {
                state.message = Some(
                    "Cancelled, as soon as the server goes on. Ctrl+C again if it does not."
                        .to_owned(),
                );
            }
            return send(requests);
        }
        Cancellation::Ask(sentence) => {
            state.message = Some(sentence);
            return Vec::new();
        }
        Cancellation::Nothing => {}
    }
    if armed {
        return quit(state);
    }
    state.quit_armed = true;
    state.message = Some(match state.strip.tabs.len() {
        0 | 1 => "Ctrl+C once more to quit.".to_owned(),
        count => {
            format!(
                "Ctrl+C once more logs out of all {count} sessions and quits; :close ends this one."
            )
        }
    });
    Vec::new()
}
