//! The sidebar. No single letter changes anything on the server: Enter opens with EXAMINE, all else
//! is written into the editor.

use super::super::action::Action;
use super::super::effect::Effect;
use super::super::layout::{Focus, Shape};
use super::super::mailbox_find::MailboxFind;
use super::super::popup::Popup;
use super::super::state::State;
use super::cursor::{moved, moves};
use super::{issue, rights};
use crate::console::{Ask, Asker};
use crate::model::Children;

pub(super) fn update(state: &mut State, action: Action) -> Vec<Effect> {
    let count = state.sidebar.rows().len();
    let page = usize::from(state.layout().sidebar.map_or(1, |pane| pane.height / 2)).max(1);
    let last = count.saturating_sub(1);
    let cursor = state.sidebar.cursor;
    match action {
        action if moves(&action) => state.sidebar.cursor = moved(&action, cursor, page, last),
        Action::OpenMailbox => return open(state),
        Action::SelectMailbox => {
            if let Some(name) = state
                .sidebar
                .name_at_cursor(state.console.model().mailboxes())
            {
                let text = state.console.select_text(&name);
                issue::write(state, (!text.is_empty()).then_some(text));
            }
        }
        Action::IntoEditor => issue::divert(state),
        Action::FindMailbox => {
            state.popup = Some(Popup::FindMailbox(Box::new(MailboxFind::new(state))));
        }
        Action::SortMailboxes => {
            let order = state.sidebar.order().next();
            state.sidebar.set_order(order);
            state.after_change();
            state.message = Some(format!("Sorted {}.", order.word().unwrap_or("as usual")));
        }
        Action::RightsMatrix => return rights::open(state),
        Action::MailboxStatus => return status(state),
        Action::CountFlags => match state.count_flags() {
            Ok((asks, flags)) => {
                let (ids, effects) = issue::issue(state, asks);
                if !ids.is_empty() {
                    state.flags_go(ids, flags);
                }
                return effects;
            }
            Err(sentence) => state.message = Some(sentence.to_owned()),
        },
        Action::Subscribe
        | Action::CreateMailbox
        | Action::RenameMailbox
        | Action::DeleteMailbox
        | Action::MailboxAcl
        | Action::MailboxQuota => write(state, &action),
        Action::Unfold => {
            let unfolded = at_cursor(state).is_some_and(|m| m.unfolded);
            return fold(state, !unfolded);
        }
        Action::Expand => return fold(state, true),
        Action::Collapse => {
            if at_cursor(state).is_some_and(|m| m.unfolded && m.has_children) {
                return fold(state, false);
            }
            // To the mailbox above: the nearest row before with a smaller depth.
            let rows = state.sidebar.rows();
            let depth = rows.get(cursor).map_or(0, |r| r.depth);
            if let Some(parent) = rows
                .get(..cursor)
                .and_then(|before| before.iter().rposition(|r| r.depth < depth))
            {
                state.sidebar.cursor = parent;
            }
        }
        Action::Back if std::mem::take(&mut state.into_editor) => {}
        Action::Back => {
            state.focus = Focus::Editor;
            // Where it lies over the transcript it goes with the focus.
            if state.layout().shape == Shape::Stacked && state.sidebar_wish == Some(true) {
                state.sidebar_wish = None;
            }
        }
        Action::Paste(text) => {
            state.focus = Focus::Editor;
            return super::editor::update(state, Action::Paste(text));
        }
        _ => {}
    }
    Vec::new()
}

/// What changes something is written, never sent.
fn write(state: &mut State, action: &Action) {
    let model = state.console.model();
    let row = state.sidebar.rows().get(state.sidebar.cursor);
    let Some(mailbox) = row.and_then(|row| model.mailboxes().get(row.id)) else {
        state.message = Some("There is no mailbox at the cursor.".to_owned());
        return;
    };
    let utf8 = crate::catalog::accepts_utf8(model);
    let argument = |name: &[u8]| crate::catalog::mailbox_argument(name, utf8);
    let name = argument(&mailbox.name);
    let with = |verb: &str| name.as_ref().map(|name| format!("{verb} {name}"));
    // Characters at the end that the cursor stands before: what is typed goes into the quotes.
    let mut before_end = 0;
    let text = match action {
        Action::Subscribe if mailbox.subscribed => with("UNSUBSCRIBE"),
        Action::Subscribe => with("SUBSCRIBE"),
        Action::DeleteMailbox => with("DELETE"),
        Action::MailboxAcl => with("GETACL"),
        Action::MailboxQuota => with("GETQUOTAROOT"),
        Action::RenameMailbox => {
            let to = name.as_ref().filter(|name| !name.contains('\n'));
            before_end = usize::from(to.is_some_and(|to| to.ends_with('"')));
            with("RENAME")
                .zip(to)
                .map(|(text, to)| format!("{text} {to}"))
        }
        _ => {
            let mut below = mailbox.name.clone();
            if let Some(delimiter) = mailbox.delimiter {
                below.extend_from_slice(delimiter.encode_utf8(&mut [0; 4]).as_bytes());
            }
            let below = argument(&below).filter(|below| !below.contains('\n'));
            before_end = usize::from(below.as_ref().is_some_and(|b| b.ends_with('"')));
            below.map(|below| format!("CREATE {below}"))
        }
    };
    let end = text.as_ref().map_or(0, |text| text.len() - before_end);
    issue::write(state, text);
    if state.focus == Focus::Editor && before_end > 0 {
        state.editor.go_to(end);
    }
}

fn status(state: &mut State) -> Vec<Effect> {
    let model = state.console.model();
    let row = state.sidebar.rows().get(state.sidebar.cursor);
    let Some(mailbox) = row.and_then(|row| model.mailboxes().get(row.id)) else {
        return Vec::new();
    };
    if !mailbox.selectable {
        state.message = Some("This is no mailbox, only a level of the hierarchy.".to_owned());
        return Vec::new();
    }
    let set = model.capabilities().current();
    let has = |name: &str| set.is_some_and(|set| set.has(name));
    let mut items = String::from("MESSAGES RECENT UNSEEN UIDNEXT UIDVALIDITY");
    // IMAP4rev2 alone knows no RECENT.
    if has("IMAP4rev2") && !has("IMAP4rev1") {
        items = items.replace(" RECENT", "");
    }
    if has("STATUS=SIZE") || has("IMAP4rev2") {
        items.push_str(" SIZE");
    }
    if has("CONDSTORE") || has("QRESYNC") {
        items.push_str(" HIGHESTMODSEQ");
    }
    let utf8 = crate::catalog::accepts_utf8(model);
    let ask = Ask::new(Asker::Counts, "STATUS")
        .mailbox(&mailbox.name, utf8)
        .word(&format!("({items})"));
    issue::issue(state, vec![ask]).1
}

/// A mailbox is looked for.
pub(super) fn find(state: &mut State, mut find: MailboxFind, action: Action) -> Vec<Effect> {
    let last = find.counts().1.saturating_sub(1);
    let page = usize::from(state.area.height.saturating_sub(8)).max(1);
    match action {
        Action::Back => return Vec::new(),
        Action::Next => find.chosen = (find.chosen + 1).min(last),
        Action::Previous => find.chosen = find.chosen.saturating_sub(1),
        Action::PageDown => find.chosen = (find.chosen + page).min(last),
        Action::PageUp => find.chosen = find.chosen.saturating_sub(page),
        Action::Type(key) => {
            find.query.key(key);
            find.search();
        }
        Action::Paste(text) => {
            find.query.insert(&text);
            find.search();
        }
        Action::Accept => {
            if let Some(name) = find.name() {
                let model = state.console.model();
                state
                    .sidebar
                    .reveal(name, model.mailboxes(), model.namespaces());
                return Vec::new();
            }
            let text = find.query.text().trim();
            if !text.is_empty() {
                let utf8 = crate::catalog::accepts_utf8(state.console.model());
                let wire = match utf8 {
                    true => text.to_owned(),
                    false => crate::wire::mutf7::encode(text),
                };
                let pattern = [b"*", wire.as_bytes(), b"*"].concat();
                let ask = Ask::new(Asker::Tree, "LIST \"\"").pattern(&pattern);
                state.message = Some("Asked; what the server finds is in the tree.".to_owned());
                let effects = issue::issue(state, vec![ask]).1;
                return effects;
            }
        }
        _ => {}
    }
    state.popup = Some(Popup::FindMailbox(Box::new(find)));
    Vec::new()
}

/// Whether the mailbox at the cursor is the one that is open.
pub(super) fn is_open(state: &State) -> bool {
    let name = state
        .sidebar
        .name_at_cursor(state.console.model().mailboxes());
    let open = state.console.model().selected().map(|s| &s.name);
    open.is_some() && name.as_ref() == open
}

struct AtCursor {
    name: Vec<u8>,
    unfolded: bool,
    has_children: bool,
}

fn at_cursor(state: &State) -> Option<AtCursor> {
    let row = state.sidebar.rows().get(state.sidebar.cursor)?;
    let mailbox = state.console.model().mailboxes().get(row.id)?;
    Some(AtCursor {
        unfolded: state.sidebar.is_unfolded(&mailbox.name),
        has_children: mailbox.children != Children::None,
        name: mailbox.name.clone(),
    })
}

fn fold(state: &mut State, unfold: bool) -> Vec<Effect> {
    let Some(at) = at_cursor(state).filter(|m| m.has_children) else {
        return Vec::new();
    };
    if state.into_editor {
        let asks = state.console.asks_below(&at.name);
        return issue::issue(state, asks).1;
    }
    let asks = match unfold {
        true => state.console.to_unfold(&at.name),
        false => Vec::new(),
    };
    state.sidebar.set_unfolded(&at.name, unfold);
    let mut effects = Vec::new();
    if !asks.is_empty() {
        state.console.unfolded(&at.name);
        effects = issue::issue(state, asks).1;
    }
    let model = state.console.model();
    state.sidebar.refresh(model.mailboxes(), model.namespaces());
    effects
}

fn open(state: &mut State) -> Vec<Effect> {
    let mailboxes = state.console.model().mailboxes();
    let Some(row) = state.sidebar.rows().get(state.sidebar.cursor) else {
        return Vec::new();
    };
    let Some(mailbox) = mailboxes.get(row.id) else {
        return Vec::new();
    };
    if !mailbox.selectable {
        return match at_cursor(state).is_some_and(|m| m.has_children) {
            true => {
                let unfolded = at_cursor(state).is_some_and(|m| m.unfolded);
                fold(state, !unfolded)
            }
            false => {
                state.message = Some(
                    "This is no mailbox, only a level of the hierarchy: it cannot be opened."
                        .to_owned(),
                );
                Vec::new()
            }
        };
    }
    let utf8 = crate::catalog::accepts_utf8(state.console.model());
    let ask = Ask::new(Asker::Selected, "EXAMINE").mailbox(&mailbox.name, utf8);
    issue::issue(state, vec![ask]).1
}
