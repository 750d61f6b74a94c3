//! The palette: everything one can do, by name.

use super::super::action::Action;
use super::super::effect::Effect;
use super::super::keymap::Context;
use super::super::layout::Focus;
use super::super::palette::{Item, Palette, What};
use super::super::popup::Popup;
use super::super::state::State;
use super::{local, pane, send};
use crate::console::local as verbs;

pub(super) fn open(state: &mut State, query: &str) {
    let palette = Palette::new(state, query);
    state.popup = Some(Popup::Palette(Box::new(palette)));
}

pub(super) fn update(state: &mut State, mut palette: Palette, action: Action) -> Vec<Effect> {
    let last = palette.found.len().saturating_sub(1);
    let page = usize::from(state.area.height / 2).max(1);
    let chosen = palette.chosen;
    match action {
        Action::Back => return Vec::new(),
        Action::Next | Action::Down => palette.chosen = if chosen >= last { 0 } else { chosen + 1 },
        Action::Previous | Action::Up => palette.chosen = chosen.checked_sub(1).unwrap_or(last),
        Action::PageDown => palette.chosen = (chosen + page).min(last),
        Action::PageUp => palette.chosen = chosen.saturating_sub(page),
        Action::Complete => {
            let typed = palette.query.text().trim().to_owned();
            let words = |item: &Item| match &item.what {
                What::Line(line) | What::Begin(line) => line.clone(),
                What::Action(..) | What::Mailbox(_) => item.name.clone(),
            };
            // What is typed already completes nothing: the next one does.
            let mut lines = palette.found.iter().skip(chosen).map(words);
            let line =
                lines.find(|line| line.trim_start_matches(':') != typed.trim_start_matches(':'));
            if let Some(line) = line {
                palette.query.clear();
                palette.query.insert(&line);
                palette.search(state);
            }
        }
        Action::Accept => return accept(state, palette),
        Action::Type(key) => {
            // Backspace in an empty field steps back, as it does where `:` opened a line.
            let empty = palette.query.text().is_empty();
            if empty && key.code == crossterm::event::KeyCode::Backspace {
                return Vec::new();
            }
            palette.query.key(key);
            palette.search(state);
        }
        Action::Paste(text) => {
            palette.query.insert(text.trim());
            palette.search(state);
        }
        _ => {}
    }
    state.popup = Some(Popup::Palette(Box::new(palette)));
    Vec::new()
}

fn accept(state: &mut State, mut palette: Palette) -> Vec<Effect> {
    let Some(item) = palette.item().cloned() else {
        let query = palette.query.text().trim();
        state.message = Some(match verbs::read(query) {
            Err(sentence) if query.starts_with(':') => sentence,
            _ => format!("Nothing is called {query:?}."),
        });
        state.popup = Some(Popup::Palette(Box::new(palette)));
        return Vec::new();
    };
    match item.what {
        What::Action(context, action) => {
            match context {
                Context::Editor => state.focus = Focus::Editor,
                Context::Transcript => state.focus = Focus::Transcript,
                Context::Sidebar => {
                    pane(state, Action::FocusSidebar);
                }
                Context::Events => {
                    pane(state, Action::FocusEvents);
                    if state.live.is_none() {
                        return Vec::new();
                    }
                }
                _ => {}
            }
            super::update(state, action)
        }
        What::Line(line) => match verbs::read(&line) {
            Ok(action) => local(state, action),
            Err(sentence) => {
                state.message = Some(sentence);
                Vec::new()
            }
        },
        What::Begin(line) => {
            palette.query.clear();
            palette.query.insert(&line);
            palette.search(state);
            if palette.found.is_empty() {
                let verb = verbs::read(&line);
                state.message = verb.err();
            }
            state.popup = Some(Popup::Palette(Box::new(palette)));
            Vec::new()
        }
        What::Mailbox(name) => {
            let requests = state.console.open_mailbox(&name);
            if requests.is_empty() {
                state.message = Some(
                    "It cannot be opened now: nobody is logged in, or the server waits for an answer."
                        .to_owned(),
                );
            }
            send(requests)
        }
    }
}
