//! The matrix of rights: moving, SETACL into the editor, CSV.

use super::super::action::Action;
use super::super::effect::Effect;
use super::super::field::Line;
use super::super::popup::Popup;
use super::super::state::State;
use super::cursor::{moved, moves};
use super::issue;
use super::naming::named;
use crate::catalog::mailbox_argument;
use crate::console::Asker;

/// Opens it for the mailbox at the sidebar's cursor.
pub(super) fn open(state: &mut State) -> Vec<Effect> {
    let model = state.console.model();
    let Some(name) = state.sidebar.name_at_cursor(model.mailboxes()) else {
        return Vec::new();
    };
    if model.capabilities().advertised("ACL") == Some(false) {
        state.message = Some("This server offers no ACL: it tells nobody's rights.".to_owned());
        return Vec::new();
    }
    state.console.stop_asking(Some(Asker::Rights));
    let (asks, lists) = state.begin_matrix(&name);
    let (ids, effects) = issue::issue(state, asks);
    if ids.is_empty() {
        state.gather.matrix = None;
        return effects;
    }
    state.matrix_goes(ids, lists);
    state.popup = Some(Popup::Rights);
    effects
}

pub(super) fn update(state: &mut State, action: Action) -> Vec<Effect> {
    let page = usize::from(state.area.height.saturating_sub(12)).max(1);
    let Some(matrix) = &mut state.gather.matrix else {
        return Vec::new();
    };
    if matrix.file.is_some() {
        return name_file(state, action);
    }
    let last = matrix.rows.len().saturating_sub(1);
    let (row, column) = &mut matrix.cursor;
    match action {
        Action::Back => {
            state.console.stop_asking(Some(Asker::Rights));
            return Vec::new();
        }
        action if moves(&action) => *row = moved(&action, *row, page, last),
        Action::MoveLeft => *column = column.saturating_sub(1),
        Action::MoveRight => {
            *column = (*column + 1).min(matrix.identifiers.len().saturating_sub(1));
        }
        Action::ExportCsv => {
            matrix.file = Some((Line::new("rights.csv"), None));
            matrix.asked = None;
        }
        Action::Accept => {
            if let Some((mailbox, identifier, rights)) = matrix.at_cursor() {
                let utf8 = crate::catalog::accepts_utf8(state.console.model());
                let text = mailbox_argument(mailbox, utf8)
                    .zip(mailbox_argument(identifier.as_bytes(), utf8))
                    .map(|(mailbox, who)| {
                        format!("SETACL {mailbox} {who} {}", rights.unwrap_or_default())
                    });
                state.console.stop_asking(Some(Asker::Rights));
                issue::write(state, text);
                return Vec::new();
            }
        }
        _ => {}
    }
    state.popup = Some(Popup::Rights);
    Vec::new()
}

/// The name of the CSV's file is typed.
fn name_file(state: &mut State, action: Action) -> Vec<Effect> {
    state.popup = Some(Popup::Rights);
    let Some(matrix) = &mut state.gather.matrix else {
        return Vec::new();
    };
    let (mut file, mut asked) = (matrix.file.take(), matrix.asked.take());
    let written = named(&mut file, &mut asked, action, |_| matrix.csv());
    (matrix.file, matrix.asked) = (file, asked);
    if let Some((path, octets)) = written {
        let rows = match matrix.rows.len() {
            1 => "1 mailbox".to_owned(),
            rows => format!("{rows} mailboxes"),
        };
        state.message = Some(format!(
            "{path}: {rows}, {octets} octets, for you alone (mode 0600)."
        ));
    }
    Vec::new()
}
