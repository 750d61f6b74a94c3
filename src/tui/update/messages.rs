//! The list of messages and the message that is read. Nothing here changes anything on the server: it is all
//! FETCH with PEEK, SEARCH, SORT and THREAD; what changes something is written into the editor.

use super::super::action::Action;
use super::super::effect::Effect;
use super::super::field::Line;
use super::super::form::{Form, FormKind};
use super::super::layout::Focus;
use super::super::messages::PartFile;
use super::super::out::expanded;
use super::super::popup::Popup;
use super::super::prompt::{Asked, Origin, Prompt};
use super::super::state::State;
use super::cursor::{moved, moves};
use super::naming::{exists, overwrite};
use crate::console::mail::{Listing, MARKS, Source, body, head, wanted};
use crate::decode::Transfer;
use crate::decode::mail::plain_name;
use crate::export::FileError;

/// Longest command line that servers must take (RFC 7162 section 4), in octets.
const LINE: usize = 8_000;

/// Opens the list over the transcript.
pub(super) fn open(state: &mut State) -> Vec<Effect> {
    state.mail.open = true;
    state.focus = Focus::Messages;
    if !state.reads_beside() {
        // The message would hide the list.
        state.console.mail_mut().put_away();
    }
    if state.console.mail().list().is_none() {
        state.message = Some(
            "No mailbox is open: Enter on one of the mailboxes (Alt+3) opens it with EXAMINE."
                .to_owned(),
        );
    }
    state.browse(true)
}

/// Closes it; the transcript is there again.
fn close(state: &mut State) {
    state.mail.open = false;
    state.console.mail_mut().put_away();
    state.focus = Focus::Transcript;
}

/// The command that an action would send, for the editor; `None`: it sends nothing.
fn text_of(state: &State, action: &Action) -> Option<String> {
    let mail = state.console.mail();
    let uid = mail.list().and_then(|list| list.uid_at_cursor());
    let part = mail.opened().and_then(|opened| {
        let part = state.mail.part_at_cursor().or(opened.part)?;
        Some((opened.uid, opened.parts.get(part)?))
    });
    let of = |ask: crate::console::Ask| ask.text().map(str::to_owned);
    match (action, state.focus) {
        (Action::Accept, Focus::Messages) => of(head(uid?)),
        (Action::Accept, _) => of(body(part?.0, &part?.1.number)),
        (Action::SaveMessage, _) | (Action::Save, Focus::Messages) => {
            let read = mail.opened().map(|opened| opened.uid);
            let uid = read.filter(|_| state.focus == Focus::Message).or(uid)?;
            Some(format!("UID FETCH {uid} (BODY.PEEK[])"))
        }
        (Action::Save, _) => {
            let (uid, part) = part?;
            Some(format!("UID FETCH {uid} (BODY.PEEK[{}])", part.number))
        }
        (Action::ThreadMessages, _) => state.console.listing_text(&Listing {
            threads: true,
            sort: String::new(),
            ..mail.listing().clone()
        }),
        (Action::ListAnew, _) => {
            let list = mail.list()?;
            match mail.listing().is_plain() {
                true => {
                    let last = (list.top() + list.height()).min(list.len());
                    let set = format!("{}:{last}", list.top() + 1);
                    Some(format!(
                        "FETCH {set} (UID FLAGS INTERNALDATE RFC822.SIZE ENVELOPE)"
                    ))
                }
                false => state.console.listing_text(mail.listing()),
            }
        }
        _ => None,
    }
}

/// With the key for that before it, an action of the list or the message writes its command into the editor.
/// The search and the order are asked for first.
pub(super) fn divert(state: &mut State, action: &Action) -> bool {
    let sends = matches!(
        action,
        Action::Accept
            | Action::Save
            | Action::SaveMessage
            | Action::ThreadMessages
            | Action::ListAnew
    );
    if !state.into_editor || !sends {
        return false;
    }
    match text_of(state, action) {
        Some(text) => super::issue::write(state, Some(text)),
        None => {
            state.into_editor = false;
            state.message = Some("This key sends nothing here.".to_owned());
        }
    }
    true
}

/// In the list.
pub(super) fn list(state: &mut State, action: Action) -> Vec<Effect> {
    state.fit_mail();
    let rows = state.layout().messages.map_or(1, |pane| pane.height);
    let page = usize::from(rows).saturating_sub(4).max(1);
    if let Action::Paste(text) = action {
        state.focus = Focus::Editor;
        return super::editor::update(state, Action::Paste(text));
    }
    match action {
        Action::IntoEditor => {
            super::issue::divert(state);
            return Vec::new();
        }
        Action::Back if std::mem::take(&mut state.into_editor) => return Vec::new(),
        _ => {}
    }
    if action == Action::Back {
        close(state);
        return Vec::new();
    }
    let Some(list) = state.console.mail_mut().list_mut() else {
        return Vec::new();
    };
    let (cursor, last) = (list.cursor(), list.len().saturating_sub(1));
    match action {
        action if moves(&action) => list.go_to(moved(&action, cursor, page, last)),
        Action::Mark => match list.toggle_mark() {
            true => list.go_to((cursor + 1).min(last)),
            false => state.message = Some("Its UID has not come yet.".to_owned()),
        },
        Action::MarkListed => {
            state.message = Some(match list.mark_listed() {
                Some(MARKS) => format!("{MARKS} are marked: more are not kept."),
                Some(count) => format!("{count} are marked."),
                None => "Search first (/): all that is found can be marked.".to_owned(),
            });
        }
        Action::ClearMarks => {
            if !list.clear_marks() {
                state.message = Some("Nothing is marked.".to_owned());
            }
        }
        Action::UseMarks => return into_editor(state),
        Action::Accept => {
            if !state.console.mail_mut().read() {
                state.message = Some("Its UID has not come yet.".to_owned());
                return Vec::new();
            }
            state.mail.from_the_top();
            state.focus = Focus::Message;
        }
        Action::SearchMessages => return ask(state, Asked::Search),
        Action::SortMessages => return ask(state, Asked::Sort),
        Action::ThreadMessages => {
            let threads = !state.console.mail().listing().threads;
            let listing = Listing {
                threads,
                sort: String::new(),
                ..state.console.mail().listing().clone()
            };
            state.console.mail_mut().list_by(listing);
        }
        Action::ListAnew => state.console.mail_mut().refresh(),
        Action::AllMessages => state.console.mail_mut().list_by(Listing::default()),
        _ => return Vec::new(),
    }
    state.browse(true)
}

/// In the message.
pub(super) fn message(state: &mut State, action: Action) -> Vec<Effect> {
    state.settle_message();
    let layout = state.layout();
    let height = layout.message.map_or(1, |pane| layout.inside(pane).height);
    let height = usize::from(height);
    let page = height.saturating_sub(1).max(1);
    let last = state.mail.sheet.lines.len().saturating_sub(1);
    let mail = &mut state.mail;
    match action {
        action if moves(&action) => {
            // What is read goes along.
            match action {
                Action::PageUp => mail.top = mail.top.saturating_sub(page),
                Action::PageDown => mail.top += page,
                _ => {}
            }
            mail.cursor = moved(&action, mail.cursor, page, last);
        }
        Action::Accept => {
            let part = mail.part_at_cursor();
            if let (Some(part), Some(opened)) = (part, state.console.mail_mut().opened_mut()) {
                opened.look_at(part);
                state.mail.reveal = true;
            } else {
                state.message = Some("Enter looks at a part: none is at the cursor.".to_owned());
            }
        }
        Action::ToggleFields => {
            if let Some(opened) = state.console.mail_mut().opened_mut() {
                opened.all_fields = !opened.all_fields;
            }
        }
        Action::NextMessage | Action::PreviousMessage => {
            if let Some(list) = state.console.mail_mut().list_mut() {
                let cursor = list.cursor();
                match action {
                    Action::NextMessage => list.go_to(cursor + 1),
                    _ => list.go_to(cursor.saturating_sub(1)),
                }
            }
            if state.console.mail_mut().read() {
                state.mail.from_the_top();
            } else {
                state.message = Some("Its UID has not come yet.".to_owned());
            }
        }
        Action::SaveMessage => return ask_where(state, true),
        Action::IntoEditor => {
            super::issue::divert(state);
            return Vec::new();
        }
        Action::Back if std::mem::take(&mut state.into_editor) => return Vec::new(),
        Action::Back => {
            state.console.mail_mut().put_away();
            state.focus = Focus::Messages;
        }
        Action::Paste(text) => {
            state.focus = Focus::Editor;
            return super::editor::update(state, Action::Paste(text));
        }
        _ => {}
    }
    state.settle_message();
    state.browse(true)
}

/// The sequence set of the marks into the editor: at its cursor, or as a FETCH where it is empty.
fn into_editor(state: &mut State) -> Vec<Effect> {
    let chosen = state.console.mail().list().and_then(|list| list.chosen());
    let Some(set) = chosen else {
        state.message = Some("Its UID has not come yet.".to_owned());
        return Vec::new();
    };
    if set.len() > LINE {
        state.message = Some(format!(
            "The set of the marks has {} octets, and servers need not take lines of more than 8192. Mark fewer.",
            set.len()
        ));
        return Vec::new();
    }
    if state.editor.is_masked() {
        state.message = Some("The server waits for an answer: not now.".to_owned());
        return Vec::new();
    }
    if state.editor.is_empty() {
        state.editor.set_text(&format!("UID FETCH {set} (FLAGS)"));
    } else if state.editor.insert(&set).is_err() {
        state.message = Some("The editor is full.".to_owned());
    }
    state.confirm = None;
    state.browsing = None;
    state.focus = Focus::Editor;
    Vec::new()
}

/// Asks what to search for, or how to sort.
fn ask(state: &mut State, asked: Asked) -> Vec<Effect> {
    let listing = state.console.mail().listing();
    let text = match asked {
        Asked::Search => listing.search.clone(),
        _ => listing.sort.to_ascii_lowercase(),
    };
    state.popup = Some(Popup::Prompt(Prompt {
        asked,
        line: Line::new(&text),
        error: None,
        back: 0,
        origin: Origin {
            place: state.scroll.place(state.console.transcript()),
            pattern: None,
        },
    }));
    Vec::new()
}

/// Enter in the prompt; a sentence if something is wrong with it.
pub(super) fn asked(state: &mut State, asked: Asked, text: &str) -> Result<Vec<Effect>, String> {
    let listing = state.console.mail().listing().clone();
    let listing = match asked {
        Asked::Search => Listing {
            search: text.trim().to_owned(),
            ..listing
        },
        _ => Listing {
            sort: wanted::sort(text)?,
            threads: false,
            ..listing
        },
    };
    state.console.objection(&listing)?;
    if state.into_editor {
        let text = state.console.listing_text(&listing);
        super::issue::write(state, text);
        return Ok(Vec::new());
    }
    state.console.mail_mut().list_by(listing);
    Ok(state.browse(true))
}

/// Asks where to save the part at the cursor, or the one that is read; `whole`: the whole message.
pub(super) fn ask_where(state: &mut State, whole: bool) -> Vec<Effect> {
    if let Some(saving) = &state.mail.saving {
        state.message = Some(format!(
            "{} is being written: Ctrl+C stops that.",
            saving.path().display()
        ));
        return Vec::new();
    }
    let whole = whole || state.focus == Focus::Messages;
    let mail = state.console.mail();
    let opened = mail.opened().filter(|_| !whole);
    let part = opened.and_then(|opened| {
        let at = state.mail.part_at_cursor().or(opened.part)?;
        Some((opened.uid, opened.parts.get(at)?))
    });
    let (source, name) = match part {
        Some((uid, part)) => {
            let source = Source {
                uid,
                section: part.number.clone(),
                transfer: Transfer::named(part.encoding.as_bytes()),
                size: part.size,
            };
            let head = crate::decode::mail::Head {
                name: part.name.clone(),
                ..crate::decode::mail::Head::default_for(&part.media)
            };
            (source, head.file_name(&part.number))
        }
        None => {
            let uid = match mail.opened() {
                Some(opened) if state.focus == Focus::Message => Some(opened.uid),
                _ => mail.list().and_then(|list| list.uid_at_cursor()),
            };
            let Some(uid) = uid else {
                state.message = Some("Its UID has not come yet.".to_owned());
                return Vec::new();
            };
            let known = mail.list().and_then(|list| list.message(uid));
            let subject = known.map(|m| plain_name(&m.subject)).unwrap_or_default();
            let source = Source {
                uid,
                section: String::new(),
                transfer: Transfer::Identity,
                size: known.and_then(|m| m.size),
            };
            let name = match subject.is_empty() {
                true => format!("message-{uid}.eml"),
                false => format!("{subject}.eml"),
            };
            (source, name)
        }
    };
    state.popup = Some(Popup::Form(Form::save_part(source, &name)));
    Vec::new()
}

/// The path is given: begins to fetch and to write, or asks once more.
pub(super) fn save(
    state: &mut State,
    mut form: Form,
    source: Source,
    asked: Option<String>,
) -> Vec<Effect> {
    let path = form.only().trim().to_owned();
    if path.is_empty() {
        form.error = Some("Where to? A file name is needed.".to_owned());
        state.popup = Some(Popup::Form(form));
        return Vec::new();
    }
    let overwrite = overwrite(asked.as_deref(), &path);
    match PartFile::begin(&expanded(&path), &source, overwrite) {
        Ok(file) => {
            state.mail.saving = Some(file);
            state.console.mail_mut().fetch_part(source);
            return state.browse(true);
        }
        Err(FileError::Exists { path: place }) => {
            form.error = Some(exists(&place));
            form.kind = FormKind::SavePart {
                source,
                asked: Some(path),
            };
        }
        Err(error) => form.error = Some(format!("{error}.")),
    }
    state.popup = Some(Popup::Form(form));
    Vec::new()
}
