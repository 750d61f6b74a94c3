//! Snippets to files, and other texts that a form asks a name for.

use std::sync::Arc;

use super::super::super::effect::Effect;
use super::super::super::form::{Form, FormKind};
use super::super::super::out::expanded;
use super::super::super::popup::Popup;
use super::super::super::snippets::marked;
use super::super::super::state::State;
use super::super::naming::{exists, overwrite, written};
use super::{back_to_run, open_run};
use crate::config::snippets::{self, Entry, Home};
use crate::export::FileError;

/// What is in the editor is to be saved.
pub(in super::super) fn save_editor(state: &mut State) -> Vec<Effect> {
    let text = state.editor.text();
    if text.trim().is_empty() || state.editor.is_masked() {
        state.message = Some("There is nothing in the editor to save.".to_owned());
        return Vec::new();
    }
    let text = format!("{}\n", text.trim_end_matches('\n'));
    save(state, text.into_bytes().into(), false);
    Vec::new()
}

/// A snippet of the marked commands, on the run's screen: `r` runs it, `w` saves it.
pub(in super::super) fn from_marks(state: &mut State) -> Vec<Effect> {
    match marked::snippet(state) {
        Ok(text) => {
            let entry = Entry::new("marked.imap", Home::Unsaved, None, text.as_bytes());
            open_run(state, entry)
        }
        Err(sentence) => {
            state.message = Some(sentence);
            Vec::new()
        }
    }
}

pub(super) fn save(state: &mut State, text: Arc<[u8]>, of_run: bool) {
    let Some(config) = &state.options.config else {
        state.message =
            Some("There is no config folder to save snippets in (no home directory).".to_owned());
        return;
    };
    let folder = snippets::folder_of(config);
    let name = format!("{}/", folder.display());
    let mut form = Form::write("Save as a snippet", text, &name, of_run);
    form.note = Some("F8 lists the snippets of this folder.".to_owned());
    state.popup = Some(Popup::Form(form));
}

/// A path is given: writes, or asks once more.
pub(in super::super) fn write(state: &mut State, mut form: Form) -> Vec<Effect> {
    let FormKind::Write {
        what,
        text,
        asked,
        of_run,
    } = form.kind.clone()
    else {
        return Vec::new();
    };
    let typed = form.only().trim().to_owned();
    let mut path = expanded(&typed);
    if typed.is_empty() || typed.ends_with('/') {
        form.error = Some("Where to? A file name is needed.".to_owned());
        state.popup = Some(Popup::Form(form));
        return Vec::new();
    }
    if path.extension().is_none()
        && std::str::from_utf8(&text).is_ok_and(|_| what.contains("snippet"))
    {
        path.set_extension("imap");
    }
    let overwrite = overwrite(asked.as_deref(), &typed);
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    if let Some(folder) = folder
        && let Err(error) = std::fs::create_dir_all(folder)
    {
        form.error = Some(format!("{} cannot be made: {error}.", folder.display()));
        state.popup = Some(Popup::Form(form));
        return Vec::new();
    }
    match written(&path, &text, overwrite) {
        Ok(octets) => {
            state.message = Some(format!("{} has {octets} octets.", path.display()));
            if of_run {
                back_to_run(state);
            }
            return Vec::new();
        }
        Err(FileError::Exists { path: place }) => {
            form.error = Some(exists(&place));
            form.kind = FormKind::Write {
                what,
                text,
                asked: Some(typed),
                of_run,
            };
        }
        Err(error) => form.error = Some(format!("{error}.")),
    }
    state.popup = Some(Popup::Form(form));
    Vec::new()
}
