//! Two sessions compared: whom and what, moving, the command into the editor, copy and export.

use super::super::action::Action;
use super::super::clipboard;
use super::super::effect::Effect;
use super::super::field::Line;
use super::super::inquiring;
use super::super::layout::Focus;
use super::super::popup::Popup;
use super::super::printable;
use super::super::sides::{Other, Wanted};
use super::super::state::State;
use super::super::units::octets;
use super::naming::named;
use super::{act_as, issue, palette};
use crate::compare::{Message, Place, Scope, Section, Sought, Spaces};
use crate::wire::mailbox::MailboxName;

/// Rows of the pane that no pair is on: its frame, the heading, what the row at the cursor says.
const AROUND: u16 = 11;

/// `:compare OTHER [MAILBOX:UID]`.
pub(super) fn compare(state: &mut State, words: &str) -> Vec<Effect> {
    if words.is_empty() {
        match state.sides.is_some() {
            true => state.popup = Some(Popup::Sides),
            false => palette::open(state, ":compare "),
        }
        return Vec::new();
    }
    done(state, |state| {
        let (other, rest) = other(state, words)?;
        let message = match unquoted(rest) {
            "" => None,
            rest => Some(Message::parse(rest).ok_or_else(|| {
                format!("{rest:?} names no message: MAILBOX:UID does, as INBOX:17.")
            })?),
        };
        let title = match &message {
            Some(message) => format!("Compared, with {}:{}", message.mailbox, message.uid),
            None => "Compared".to_owned(),
        };
        Ok(Wanted {
            other,
            scope: Scope::All(message),
            title,
        })
    })
}

/// `:beside USER [MAILBOX]`.
pub(super) fn beside(state: &mut State, words: &str) -> Vec<Effect> {
    let (user, mailbox) = words.split_once(' ').unwrap_or((words, ""));
    if user.is_empty() {
        return act_as::open(state);
    }
    let user = user.strip_prefix('+').unwrap_or(user).to_owned();
    match with(state, &user, unquoted(mailbox.trim())) {
        Ok(effects) => effects,
        Err(sentence) => {
            state.message = Some(sentence);
            Vec::new()
        }
    }
}

/// A mailbox (empty: [`State::besides`]) as this session sees it, and as `user` does.
pub(super) fn with(state: &mut State, user: &str, mailbox: &str) -> Result<Vec<Effect>, String> {
    may(state)?;
    let now = state.console.identity().effective().unwrap_or_default();
    let opening = state.opening_as(user)?;
    if opening.plan.credentials.effective() == Some(now) {
        return Err("That is who you are already.".to_owned());
    }
    let model = state.console.model();
    let name = match mailbox {
        "" => state.besides(),
        named => {
            let known = model.mailboxes().iter().find(|m| m.shown() == named);
            let utf8 = crate::catalog::accepts_utf8(model);
            known.map_or_else(
                || MailboxName::from_shown(named, utf8).wire().to_vec(),
                |mailbox| mailbox.name.clone(),
            )
        }
    };
    let spaces = model.namespaces().map(|spaces| Spaces {
        personal: spaces.personal.clone(),
        other_users: spaces.other_users.clone(),
        shared: spaces.shared.clone(),
    });
    let sought = Sought {
        place: spaces.and_then(|spaces| Place::of(&name, &spaces, now)),
        who: now.to_owned(),
        name: name.clone(),
    };
    let wanted = Wanted {
        other: Other::Open(Box::new(opening)),
        scope: Scope::One(sought),
        title: format!("{} as both see it", MailboxName::from_wire(name).shown()),
    };
    Ok(vec![Effect::Compare(Box::new(wanted))])
}

impl State {
    /// The mailbox (as sent) that is meant when none is named: at the sidebar's cursor, where that has the focus,
    /// else the open one, else INBOX.
    fn besides(&self) -> Vec<u8> {
        let model = self.console.model();
        let at_cursor = self.sidebar.name_at_cursor(model.mailboxes());
        let openable = |name: &Vec<u8>| {
            let mailbox = model.mailboxes().find(name);
            let mailbox = mailbox.and_then(|id| model.mailboxes().get(id));
            self.focus == Focus::Sidebar && mailbox.is_some_and(|m| m.selectable)
        };
        at_cursor
            .filter(openable)
            .or_else(|| model.selected().map(|open| open.name.clone()))
            .unwrap_or_else(|| b"INBOX".to_vec())
    }

    /// The same to read, made safe.
    pub(in crate::tui) fn besides_shown(&self) -> String {
        printable::line(&MailboxName::from_wire(self.besides()).shown())
    }
}

fn done(state: &mut State, wanted: impl FnOnce(&State) -> Result<Wanted, String>) -> Vec<Effect> {
    match may(state).and_then(|()| wanted(state)) {
        Ok(wanted) => vec![Effect::Compare(Box::new(wanted))],
        Err(sentence) => {
            state.message = Some(sentence);
            Vec::new()
        }
    }
}

fn may(state: &State) -> Result<(), String> {
    if !state.console.identity().is_logged_in() {
        return Err("Nobody is logged in here: F4 or :login asks who.".to_owned());
    }
    match state.console.can_ask() {
        true => Ok(()),
        false => Err("The server waits for an answer: not now.".to_owned()),
    }
}

/// Whom to compare with, and what stands behind that.
fn other<'w>(state: &State, words: &'w str) -> Result<(Other, &'w str), String> {
    let (word, rest) = words.split_once(' ').unwrap_or((words, ""));
    let rest = rest.trim_start();
    let as_user = |user: &str| {
        let opening = state.opening_as(user)?;
        if opening.plan.credentials.effective() == state.console.identity().effective() {
            return Err("That is who you are already.".to_owned());
        }
        Ok(Other::Open(Box::new(opening)))
    };
    if word.eq_ignore_ascii_case("as") && !rest.is_empty() {
        let (user, rest) = rest.split_once(' ').unwrap_or((rest, ""));
        return Ok((as_user(user)?, rest.trim_start()));
    }
    if let Some(user) = word.strip_prefix('+').filter(|user| !user.is_empty()) {
        return Ok((as_user(user)?, rest));
    }
    if let Ok(number) = word.parse::<usize>() {
        let index = number.checked_sub(1);
        let index = index.ok_or("Sessions are counted from 1 (:tabs shows them).")?;
        return Ok((Other::Tab(index), rest));
    }
    let opening = (state.options.lent.target)(word, state.options.config.as_deref())?;
    Ok((Other::Open(Box::new(opening)), rest))
}

fn unquoted(text: &str) -> &str {
    let inside = text.strip_prefix('"').and_then(|t| t.strip_suffix('"'));
    inside.unwrap_or(text)
}

/// A key in the pane.
pub(super) fn update(state: &mut State, action: Action) -> Vec<Effect> {
    let page = usize::from(state.area.height.saturating_sub(AROUND)).max(1);
    let Some(sides) = &mut state.sides else {
        return Vec::new();
    };
    if sides.file.is_some() {
        return name_file(state, action);
    }
    if let Some(find) = &mut sides.find {
        match action {
            Action::Type(key) => {
                find.key(key);
            }
            Action::Paste(text) => {
                find.insert(text.trim());
            }
            Action::Accept => sides.find = None,
            Action::Back => {
                sides.find = None;
                sides.needle.clear();
            }
            Action::Next | Action::Previous => sides.walk(1, action == Action::Next),
            _ => {}
        }
        let needle = sides.find.as_ref().map(|find| find.text().to_owned());
        if let Some(needle) = needle.filter(|needle| *needle != sides.needle) {
            sides.needle = needle;
            sides.cursor = 0;
        }
        sides.lay_out();
        state.popup = Some(Popup::Sides);
        return Vec::new();
    }
    match action {
        Action::Back if sides.is_asking() => {
            state.sides = None;
            state.message = Some("Stopped: nothing was compared.".to_owned());
            return vec![Effect::StopComparing];
        }
        // What is found comes first, as in the other panes.
        Action::Back if !sides.needle.is_empty() => {
            sides.needle.clear();
            sides.lay_out();
        }
        Action::Back => return Vec::new(),
        Action::Up => sides.walk(1, false),
        Action::Down => sides.walk(1, true),
        Action::PageUp => sides.walk(page, false),
        Action::PageDown => sides.walk(page, true),
        Action::Top => sides.walk(usize::MAX, false),
        Action::Bottom => sides.walk(usize::MAX, true),
        Action::ToggleAlike => {
            sides.all = !sides.all;
            sides.lay_out();
        }
        Action::Find if sides.outcome.is_some() => sides.find = Some(Line::new(&sides.needle)),
        Action::Copy => {
            state.popup = Some(Popup::Sides);
            if let Some(text) = sides.text() {
                if text.len() > clipboard::LIMIT {
                    state.message = Some(format!(
                        "That is more than a terminal's clipboard takes ({}): / shows less of it, x writes a file.",
                        octets(clipboard::LIMIT as u64)
                    ));
                    return Vec::new();
                }
                return vec![Effect::Copy {
                    text,
                    what: "the comparison".to_owned(),
                }];
            }
        }
        Action::Export if sides.outcome.is_some() => {
            sides.file = Some((Line::new("compared.json"), None));
            sides.asked = None;
        }
        Action::Accept => return write(state),
        _ => {}
    }
    state.popup = Some(Popup::Sides);
    Vec::new()
}

/// The command that asked for the row at the cursor goes into the editor.
fn write(state: &mut State) -> Vec<Effect> {
    let paired = state.sides.as_ref().and_then(|s| s.outcome.as_ref());
    let pair = state.sides.as_ref().and_then(|s| s.pair());
    let Some((paired, pair)) = paired.zip(pair) else {
        state.popup = Some(Popup::Sides);
        return Vec::new();
    };
    let utf8 = crate::catalog::accepts_utf8(state.console.model());
    let text = match paired.question(pair) {
        Some(question) => inquiring::ask_of(question, utf8).text().map(str::to_owned),
        None if pair.section == Section::Capabilities => Some("CAPABILITY".to_owned()),
        None => {
            state.popup = Some(Popup::Sides);
            state.message =
                Some("Nothing was asked for this: the server told it before.".to_owned());
            return Vec::new();
        }
    };
    issue::write(state, text);
    Vec::new()
}

/// The name of the file is typed.
fn name_file(state: &mut State, action: Action) -> Vec<Effect> {
    state.popup = Some(Popup::Sides);
    let Some(sides) = &mut state.sides else {
        return Vec::new();
    };
    let outcome = &sides.outcome;
    let is_json = |path: &str| path.to_ascii_lowercase().ends_with(".json");
    let text = |path: &str| match outcome {
        Some(paired) if is_json(path) => paired.in_json(),
        Some(paired) => paired.in_columns(),
        None => String::new(),
    };
    if let Some((path, octets)) = named(&mut sides.file, &mut sides.asked, action, text) {
        let what = if is_json(&path) { "JSON" } else { "text" };
        state.message = Some(format!(
            "{path}: what differs as {what}, {octets} octets, for you alone (mode 0600)."
        ));
    }
    Vec::new()
}
