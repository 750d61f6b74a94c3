//! Find and filter: the prompts, and the work they make for the loop.

use std::time::Instant;

use super::super::action::Action;
use super::super::effect::Effect;
use super::super::field::Line;
use super::super::finding::{Finding, Went};
use super::super::layout::Focus;
use super::super::popup::Popup;
use super::super::prompt::{Asked, Origin, Prompt};
use super::super::state::State;
use super::transcript::moving;
use crate::console::LocalAction;
use crate::transcript::filter::Filter;
use crate::transcript::find::Sieve;
use crate::transcript::pattern::Pattern;
use crate::transcript::sifted::Sifted;

/// Opens a prompt.
pub(super) fn ask(state: &mut State, asked: Asked) -> Vec<Effect> {
    state.focus = Focus::Transcript;
    let text = match (asked, &state.scroll.filter) {
        (Asked::Filter, Some(filter)) => filter.filter().typed(),
        _ => "",
    };
    state.popup = Some(Popup::Prompt(Prompt {
        asked,
        line: Line::new(text),
        error: None,
        back: 0,
        origin: Origin {
            place: state.scroll.place(state.console.transcript()),
            pattern: state.finding.pattern().map(|p| p.typed().to_owned()),
        },
    }));
    Vec::new()
}

/// An action while the prompt is open.
pub(super) fn prompt(state: &mut State, mut prompt: Prompt, action: Action) -> Vec<Effect> {
    let before = prompt.line.text().to_owned();
    match action {
        Action::Back => {
            back(state, &prompt);
            return Vec::new();
        }
        Action::Accept if matches!(prompt.asked, Asked::Search | Asked::Sort) => {
            return list(state, prompt);
        }
        Action::Accept => {
            if let Some(prompt) = accept(state, prompt) {
                state.popup = Some(Popup::Prompt(prompt));
            }
            return Vec::new();
        }
        Action::Next | Action::Previous if prompt.asked == Asked::Find => {
            state.popup = Some(Popup::Prompt(prompt));
            return next(state, action == Action::Next);
        }
        Action::HistorySearch => {
            let texts = match prompt.asked {
                Asked::Find => &state.finding.searches,
                Asked::Filter => &state.finding.filters,
                Asked::Search | Asked::Sort => &state.mail.searches,
            };
            match texts.iter().rev().nth(prompt.back) {
                Some(text) => {
                    prompt.line = Line::new(text);
                    prompt.back += 1;
                }
                None => state.message = Some("There is nothing earlier.".to_owned()),
            }
        }
        Action::Type(key) => {
            prompt.line.key(key);
        }
        Action::Paste(text) => {
            prompt.line.insert(&text);
        }
        _ => {}
    }
    if prompt.line.text() != before {
        prompt.error = None;
        if prompt.asked == Asked::Find {
            look_for(state, prompt.line.text(), &prompt.origin);
        }
    }
    state.popup = Some(Popup::Prompt(prompt));
    Vec::new()
}

/// As it was before the prompt opened.
fn back(state: &mut State, prompt: &Prompt) {
    if prompt.asked != Asked::Find {
        return;
    }
    let origin = &prompt.origin;
    state
        .finding
        .look_for(origin.pattern.as_deref().and_then(Pattern::new));
    state
        .scroll
        .back_to(state.console.transcript(), origin.place);
}

/// Enter, where it is about messages; the prompt again, if something is wrong with it.
fn list(state: &mut State, mut prompt: Prompt) -> Vec<Effect> {
    let text = prompt.line.text().to_owned();
    match super::messages::asked(state, prompt.asked, &text) {
        Ok(effects) => {
            if prompt.asked == Asked::Search && !text.trim().is_empty() {
                Finding::remember(&mut state.mail.searches, &text);
            }
            effects
        }
        Err(sentence) => {
            state.message = Some(sentence.clone());
            prompt.error = Some(sentence);
            state.popup = Some(Popup::Prompt(prompt));
            Vec::new()
        }
    }
}

/// Enter; the prompt again, if something is wrong with it.
fn accept(state: &mut State, mut prompt: Prompt) -> Option<Prompt> {
    let text = prompt.line.text().to_owned();
    match prompt.asked {
        Asked::Find if text.is_empty() => {
            state.finding.look_for(None);
            None
        }
        Asked::Find => {
            Finding::remember(&mut state.finding.searches, &text);
            None
        }
        Asked::Search | Asked::Sort => None,
        Asked::Filter => match Filter::parse(&text) {
            Ok(filter) => {
                if filter.is_some() {
                    Finding::remember(&mut state.finding.filters, &text);
                }
                set_filter(state, filter);
                None
            }
            Err(error) => {
                prompt.error = Some(error.to_string());
                state.message = prompt.error.clone();
                Some(prompt)
            }
        },
    }
}

/// Looks for `text` from where one was; following, from the end upwards.
fn look_for(state: &mut State, text: &str, origin: &Origin) {
    state.finding.look_for(Pattern::new(text));
    let transcript = state.console.transcript();
    let from = origin.place;
    let place = match from.cursor.line {
        _ if from.follow => (transcript.len().saturating_sub(1), true, u64::MAX),
        // What is on that line counts.
        0 => (0, false, 0),
        line => (line - 1, true, u64::MAX),
    };
    state.finding.seek(transcript, place, None, !from.follow);
}

/// n, N and F3: to the next hit, or the prompt.
pub(super) fn next(state: &mut State, forward: bool) -> Vec<Effect> {
    uncover(state);
    if state.finding.pattern().is_none() {
        let last = state.finding.searches.last().cloned();
        match last.as_deref().and_then(Pattern::new) {
            Some(pattern) => state.finding.look_for(Some(pattern)),
            None => return ask(state, Asked::Find),
        }
    }
    let transcript = state.console.transcript();
    if let Some(spot) = state.scroll.cursor(transcript) {
        // Inside a literal the line tells how far one is; outside, all of the line is behind.
        let place = match spot.sub {
            0 if forward => (spot.line, false, u64::MAX),
            0 => (spot.line, false, 0),
            sub => (
                spot.line,
                true,
                state.scroll.offset_of(transcript, spot.line, sub),
            ),
        };
        state
            .finding
            .seek(transcript, place, Some(spot.line), forward);
    }
    Vec::new()
}

/// A hit that nobody sees is none: where something lies over the transcript, that has the focus now.
fn uncover(state: &mut State) {
    let layout = state.layout();
    let over = [layout.messages, layout.message, layout.inspector];
    let hidden = layout
        .transcript
        .is_none_or(|pane| over.contains(&Some(pane)));
    if hidden {
        state.focus = Focus::Transcript;
    }
}

/// Esc: stop, else clear the search, else clear the filter, else to the editor.
pub(super) fn clear(state: &mut State) -> Vec<Effect> {
    let transcript = state.console.transcript();
    if state.finding.is_seeking() || state.finding.is_counting(transcript) {
        state.finding.stop();
        state.message = Some("Stopped. n goes on from here, Esc clears the search.".to_owned());
    } else if state.finding.pattern().is_some() {
        state.finding.look_for(None);
    } else if state.scroll.filter.is_some() {
        set_filter(state, None);
    } else {
        state.focus = Focus::Editor;
    }
    Vec::new()
}

/// Puts a filter in force, or none.
pub(super) fn set_filter(state: &mut State, filter: Option<Filter>) {
    moving(state, |scroll, transcript, look, height| {
        let cursor = scroll.cursor(transcript);
        scroll.filter = filter.map(Sifted::new);
        if scroll.follow {
            return;
        }
        scroll.settle(transcript);
        if scroll.filter.is_none()
            && let Some(spot) = cursor
        {
            scroll.go(transcript, look, height, spot);
        }
    });
    state.finding.restart();
}

/// `:123`, `:find TEXT`, `:filter FILTER`.
pub(super) fn verb(state: &mut State, action: LocalAction) -> Vec<Effect> {
    match action {
        LocalAction::GoTo(number) => {
            let line = usize::try_from(number).unwrap_or(usize::MAX);
            state.focus = Focus::Transcript;
            super::transcript::go_to(state, line.saturating_sub(1));
        }
        LocalAction::Find(None) => return ask(state, Asked::Find),
        LocalAction::Find(Some(text)) => {
            state.focus = Focus::Transcript;
            Finding::remember(&mut state.finding.searches, &text);
            let origin = Origin {
                place: state.scroll.place(state.console.transcript()),
                pattern: None,
            };
            look_for(state, &text, &origin);
        }
        LocalAction::Filter(text) => match text.as_deref().map_or(Ok(None), Filter::parse) {
            Ok(filter) => set_filter(state, filter),
            Err(error) => state.message = Some(error.to_string()),
        },
        _ => {}
    }
    Vec::new()
}

/// Whether [`work`] has something to do.
pub fn has_work(state: &State) -> bool {
    let transcript = state.console.transcript();
    state.finding.has_work(transcript) || state.scroll.has_work(transcript)
}

/// Does some of the work that finding, filtering and folding make, until it is done or the time has come.
/// Whether there is more.
pub fn work(state: &mut State, until: Instant) -> bool {
    while has_work(state) {
        step(state);
        if Instant::now() >= until {
            return has_work(state);
        }
    }
    false
}

fn step(state: &mut State) {
    let State {
        console,
        scroll,
        finding,
        ..
    } = state;
    let transcript = console.transcript();
    let filtered = scroll.filter.as_ref().is_none_or(|f| f.is_done(transcript));
    if finding.is_seeking() {
        let sieve = scroll.filter.as_ref().map(|f| f as &dyn Sieve);
        match finding.go(transcript, sieve) {
            Went::On | Went::Nowhere => {}
            Went::Found(hit) => {
                let landed = moving(state, |scroll, transcript, look, height| {
                    if scroll.reveal_hit(transcript, look, height, &hit) {
                        return true;
                    }
                    // What cannot be read back has no line to go to but the literal's own.
                    let lost = !scroll.read_on(transcript, hit.line);
                    if lost {
                        scroll.reveal(transcript, look, height, hit.line);
                    }
                    lost
                });
                if landed {
                    state.finding.landed();
                    if state.finding.wrapped {
                        state.finding.wrapped = false;
                        state.message =
                            Some("Over the end: it goes on at the other one.".to_owned());
                    }
                }
            }
            Went::NotFound { failure: true } => {
                state.message = Some("No other NO, BAD or BYE in this direction.".to_owned());
            }
            Went::NotFound { failure: false } => {
                let what = finding.pattern().map(|p| p.typed().to_owned());
                let what = super::super::printable::line(&what.unwrap_or_default());
                state.message = Some(format!("{what} is not there."));
            }
        }
    } else if scroll.has_work(transcript) && (!filtered || !finding.has_work(transcript)) {
        scroll.work(transcript);
    } else {
        let sieve = scroll.filter.as_ref().map(|f| f as &dyn Sieve);
        if !finding.count(transcript, sieve) && scroll.has_work(transcript) {
            scroll.work(transcript);
        }
    }
}
