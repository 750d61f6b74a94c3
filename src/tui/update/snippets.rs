//! Snippets: the list; what is asked before a run is in `snippets/begin.rs`, what is done in one in
//! `snippets/run.rs`, saving in `snippets/save.rs`.

mod begin;
mod run;
mod save;

pub(super) use begin::filled;
pub(super) use run::update as update_run;
pub(super) use save::{from_marks, save_editor, write};

use super::super::action::Action;
use super::super::effect::Effect;
use super::super::form::Form;
use super::super::layout::Focus;
use super::super::playing::Told;
use super::super::popup::Popup;
use super::super::snippets::{List, Run};
use super::super::state::State;
use super::writing;
use crate::batch::News;
use crate::config::snippets::Entry;

/// The run, while one is open; else the list.
pub(super) fn open(state: &mut State) -> Vec<Effect> {
    if state.snippets.run.is_some() {
        state.popup = Some(Popup::Run);
        return Vec::new();
    }
    open_list(state)
}

fn open_list(state: &mut State) -> Vec<Effect> {
    let entries = (state.options.lent.snippets)(state.options.config.as_deref());
    match &mut state.snippets.list {
        Some(list) => list.renew(entries),
        None => state.snippets.list = Some(List::new(entries)),
    }
    state.popup = Some(Popup::Snippets);
    Vec::new()
}

/// A key in the list.
pub(super) fn update_list(state: &mut State, action: Action) -> Vec<Effect> {
    let page = isize::try_from(state.area.height / 3).unwrap_or(5);
    let Some(list) = &mut state.snippets.list else {
        return Vec::new();
    };
    match action {
        Action::Back => return Vec::new(),
        Action::Down => list.go(1),
        Action::Up => list.go(-1),
        Action::PageDown => list.top = list.top.saturating_add_signed(page),
        Action::PageUp => list.top = list.top.saturating_add_signed(-page),
        Action::Type(key) => {
            list.query.key(key);
            list.search();
        }
        Action::Paste(text) => {
            list.query.insert(text.trim());
            list.search();
        }
        Action::Accept => {
            if let Some(entry) = list.entry().cloned() {
                return open_run(state, entry);
            }
        }
        Action::IntoEditor => {
            if let Some(entry) = list.entry().cloned() {
                into_editor(state, &entry);
                return Vec::new();
            }
        }
        _ => {}
    }
    state.popup = Some(Popup::Snippets);
    Vec::new()
}

/// A snippet on the run's screen; one that is under way stays there.
pub(super) fn open_run(state: &mut State, entry: Entry) -> Vec<Effect> {
    if state
        .snippets
        .run
        .as_ref()
        .is_some_and(|run| run.is_going())
    {
        state.message = Some("A run is under way: Ctrl+C in it stops it.".to_owned());
        state.popup = Some(Popup::Run);
        return Vec::new();
    }
    if let Some(warning) = state.snippets.run.as_mut().and_then(|run| run.warning()) {
        state.message = Some(warning);
        state.popup = Some(Popup::Run);
        return Vec::new();
    }
    let read = (state.options.lent.read_snippet)(&entry);
    let mut run = Run::new(entry, read);
    run.trusted = !run.wants.is_empty() && (state.options.lent.trusted)().has(&run.digest);
    state.snippets.run = Some(Box::new(run));
    state.popup = Some(Popup::Run);
    vec![Effect::StopPlaying]
}

/// `:snippet NAME`
pub(super) fn named_into_editor(state: &mut State, name: &str) -> Vec<Effect> {
    let entries = (state.options.lent.snippets)(state.options.config.as_deref());
    match entries
        .iter()
        .find(|entry| entry.stem() == name || entry.name == name)
    {
        Some(entry) => {
            let text = String::from_utf8(entry.text.to_vec());
            let text = text.map(|text| crate::tui::input::normalised(&text).trim_end().to_owned());
            let text = text.map_err(|_| "It is not UTF-8: the editor cannot hold it.".to_owned());
            writing::edited(state, text);
            state.focus = Focus::Editor;
        }
        None => state.message = Some(format!("There is no snippet {name}: F8 lists them.")),
    }
    Vec::new()
}

fn into_editor(state: &mut State, entry: &Entry) {
    if !state.editor.is_empty() {
        state.message = Some(
            "There is a text in the editor: send it, or clear it with Ctrl+C, first.".to_owned(),
        );
        return;
    }
    match std::str::from_utf8(&entry.text) {
        Ok(text) => {
            state.editor.set_text(text.trim_end_matches('\n'));
            state.focus = Focus::Editor;
            state.browsing = None;
            state.confirm = None;
        }
        Err(_) => state.message = Some("It is not UTF-8: the editor cannot hold it.".to_owned()),
    }
}

/// Behind a form that the run had opened.
pub(super) fn back_to_run(state: &mut State) {
    state.popup = state.snippets.run.as_ref().map(|_| Popup::Run);
}

impl State {
    /// Takes what comes of a run.
    pub fn told(&mut self, told: Told) -> Vec<Effect> {
        let now = (self.options.clock)();
        let Some(run) = &mut self.snippets.run else {
            return Vec::new();
        };
        match told {
            Told::Wants { how, files } => return begin::wants(self, how, files),
            Told::Begun(Ok(begun)) => {
                run.begin(&begun.rows, begun.jobs, begun.paused, now);
                run.report = Some(begun.report);
            }
            Told::Begun(Err(sentence)) | Told::Dry(Err(sentence)) => self.message = Some(sentence),
            Told::Dry(Ok(text)) => run.dry = Some(text),
            Told::News(News::PasswordWanted { authcid, authzid }) => {
                self.popup = Some(Popup::Form(Form::run_password(authcid, authzid)));
            }
            Told::News(news) => run.news(news, now),
        }
        Vec::new()
    }
}
