//! The inspector: a pane, or over the transcript.

use std::time::Instant;

use super::super::action::Action;
use super::super::effect::Effect;
use super::super::form::{Form, FormKind};
use super::super::inspector::{self, Subject, TABS, Tab};
use super::super::layout::{Focus, VERY_WIDE};
use super::super::out::expanded;
use super::super::popup::Popup;
use super::super::state::State;
use super::cursor::{moved, moves};
use super::naming::{exists, overwrite};
use crate::export::FileError;
use crate::export::save::{Content, Saving};

/// Whether [`work`] has something to do.
pub fn has_work(state: &State) -> bool {
    state.inspector.is_busy() || super::find::has_work(state)
}

/// Does some of what finding, filtering, folding and the inspector want done, until it is done or the time has
/// come. Whether there is more.
pub fn work(state: &mut State, until: Instant) -> bool {
    let inspecting = state.inspector.is_busy();
    if inspecting {
        state.inspect_on();
    }
    super::find::work(state, until) || inspecting
}

/// Opens it for what the transcript's cursor is on, and turns to `tab`.
pub(super) fn open(state: &mut State, tab: Option<Tab>) -> Vec<Effect> {
    let transcript = state.console.transcript();
    if state.focus != Focus::Inspector {
        let subject = match state.focus {
            Focus::Transcript => state
                .scroll
                .cursor(transcript)
                .map(|spot| Subject::of_line(transcript, spot.line)),
            _ => Subject::at_cursor(state),
        };
        let Some(subject) = subject else {
            state.message = Some("There is nothing to inspect yet.".to_owned());
            return Vec::new();
        };
        state.inspector.pinned = Some(subject);
        if state.area.width >= VERY_WIDE {
            state.inspector.wish = Some(true);
        }
        state.focus = Focus::Inspector;
    }
    if let Some(tab) = tab {
        state.inspector.turn_to(tab);
    }
    state.settle();
    if let Some(tab) = tab.filter(|tab| state.inspector.shown() != *tab) {
        state.message = Some(match tab {
            Tab::Diff => {
                "There is no earlier command of its kind, and none is marked (m).".to_owned()
            }
            _ => "There is nothing of that here.".to_owned(),
        });
    }
    Vec::new()
}

pub(super) fn update(state: &mut State, action: Action) -> Vec<Effect> {
    state.settle();
    let layout = state.layout();
    let inside = layout
        .inspector
        .map(|pane| layout.inside(pane))
        .unwrap_or(state.area);
    let (width, height) = (usize::from(inside.width), usize::from(inside.height));
    let rows = state.inspector.rows(width);
    let last = rows.saturating_sub(1);
    let page = height.saturating_sub(1).max(1);
    let inspector = &mut state.inspector;
    match action {
        action if moves(&action) => {
            // What is read goes along.
            match action {
                Action::PageUp => inspector.top = inspector.top.saturating_sub(page),
                Action::PageDown => inspector.top += page,
                _ => {}
            }
            inspector.cursor = moved(&action, inspector.cursor, page, last);
        }
        Action::Next => turn(state, true),
        Action::Previous => turn(state, false),
        Action::Accept => match inspector.part_at_cursor() {
            Some(part) if inspector.shown() == Tab::Decoded => inspector.open_part(part),
            _ => {
                state.message =
                    Some("Enter looks at a part of a mail: none is at the cursor.".to_owned());
            }
        },
        Action::Back if inspector.close_part() => {}
        Action::Back => state.focus = Focus::Transcript,
        Action::ClosePane => {
            inspector.wish = Some(false);
            inspector.pinned = None;
            state.focus = Focus::Transcript;
        }
        Action::PreviousCommand | Action::NextCommand => {
            // The transcript's cursor goes there, and the inspector with it.
            state.focus = Focus::Transcript;
            super::transcript::update(state, action);
            let transcript = state.console.transcript();
            if let Some(spot) = state.scroll.cursor(transcript) {
                state.inspector.pinned = Some(Subject::of_line(transcript, spot.line));
            }
            state.focus = Focus::Inspector;
        }
        Action::Paste(text) => {
            state.focus = Focus::Editor;
            return super::editor::update(state, Action::Paste(text));
        }
        _ => {}
    }
    if state.focus == Focus::Inspector {
        state.inspector.keep_in_sight(rows.max(1), height);
    }
    state.settle();
    Vec::new()
}

/// The next tab that has something to show.
fn turn(state: &mut State, forward: bool) {
    let Some(subject) = state.inspector.subject() else {
        return;
    };
    let fitting: Vec<Tab> = TABS
        .iter()
        .filter(|row| (row.fits)(state, subject))
        .map(|row| row.tab)
        .collect();
    let shown = state.inspector.shown();
    let at = fitting.iter().position(|tab| *tab == shown).unwrap_or(0);
    let step = if forward {
        1
    } else {
        fitting.len().saturating_sub(1)
    };
    if let Some(tab) = fitting.get((at + step) % fitting.len().max(1)) {
        state.inspector.turn_to(*tab);
    }
}

/// Asks where to save what is at the cursor.
pub(super) fn ask_where(state: &mut State) -> Vec<Effect> {
    if let Some(saving) = state.inspector.saving() {
        state.message = Some(format!(
            "{} is being written: Ctrl+C stops that.",
            saving.path().display()
        ));
        return Vec::new();
    }
    match inspector::proposal(state) {
        Ok((content, name)) => {
            state.popup = Some(Popup::Form(Form::save(content, &name)));
        }
        Err(sentence) => state.message = Some(sentence),
    }
    Vec::new()
}

/// The path is given: begins to write, or asks once more.
pub(super) fn save(
    state: &mut State,
    mut form: Form,
    content: Content,
    asked: Option<String>,
) -> Vec<Effect> {
    let path = form.only().trim().to_owned();
    if path.is_empty() {
        form.error = Some("Where to? A file name is needed.".to_owned());
        state.popup = Some(Popup::Form(form));
        return Vec::new();
    }
    let overwrite = overwrite(asked.as_deref(), &path);
    match Saving::begin(content.clone(), &expanded(&path), overwrite) {
        Ok(saving) => {
            state.message = Some(format!("Writing {} ...", saving.path().display()));
            state.inspector.save(saving);
            // What is small is done at once.
            state.inspect_on();
            return Vec::new();
        }
        Err(FileError::Exists { path: place }) => {
            form.error = Some(exists(&place));
            form.kind = FormKind::Save {
                content,
                asked: Some(path),
            };
        }
        Err(error) => form.error = Some(format!("{error}.")),
    }
    state.popup = Some(Popup::Form(form));
    Vec::new()
}
