//! Under the editor: where in the syntax the cursor is, in one sentence, and what the command needs.

use ratatui::text::Span;

use super::super::printable;
use super::super::rows::columns;
use super::super::state::State;
use crate::catalog::Hint;

type Row = Vec<Span<'static>>;

/// Between two things in a row.
const GAP: &str = "   ";

/// The rows, as many as `height` at most. What has no room is left out whole: first what the command
/// needs (the lint tells what is missing of it), then those parts of the syntax that the cursor is not
/// in. The sentence goes last.
pub(super) fn rows(state: &State, width: usize, height: usize) -> Vec<Row> {
    let Some(hint) = state.typing.hint.as_ref() else {
        return Vec::new();
    };
    let (sentence, reference, needs) = (
        sentence(state, hint),
        reference(state, hint),
        needs(state, hint),
    );
    let mut first = syntax(state, hint);
    let all = [&sentence, &reference]
        .into_iter()
        .fold(first.clone(), beside);
    if columns(&all) <= width {
        return match height {
            0 => Vec::new(),
            1 => vec![fill(all, needs, width).0],
            _ => vec![all, fill(Row::new(), needs, width).0],
        };
    }
    let behind = if height == 1 {
        beside(sentence.clone(), &reference)
    } else {
        reference.clone()
    };
    if columns(&first) + GAP.len() + columns(&behind) > width {
        first = part(state, hint);
    }
    if columns(&first) + GAP.len() + columns(&behind) > width && height == 1 {
        first = verb(state, hint);
    }
    match height {
        0 => Vec::new(),
        1 => vec![
            [&sentence, &reference]
                .into_iter()
                .fold(first, |row, more| {
                    let both = beside(row.clone(), more);
                    if columns(&both) <= width { both } else { row }
                }),
        ],
        2 => {
            let (second, left) = fill(sentence, needs, width);
            vec![fill(beside(first, &reference), left, width).0, second]
        }
        _ => vec![
            beside(first, &reference),
            sentence,
            fill(Row::new(), needs, width).0,
        ],
    }
}

/// `right` behind `left`.
fn beside(mut left: Row, right: &Row) -> Row {
    if !left.is_empty() && !right.is_empty() {
        left.push(Span::raw(GAP));
    }
    left.extend(right.iter().cloned());
    left
}

/// As many of `more` behind `row` as have room, and the others.
fn fill(mut row: Row, more: Vec<Span<'static>>, width: usize) -> (Row, Vec<Span<'static>>) {
    let mut left = Vec::new();
    for span in more {
        if columns(&row) + GAP.len() + span.width() <= width {
            row = beside(row, &vec![span]);
        } else {
            left.push(span);
        }
    }
    (row, left)
}

/// `STATUS mailbox (status-item ...)`, the part that the cursor is in marked.
fn syntax(state: &State, hint: &Hint) -> Row {
    let theme = &state.options.theme;
    let verb = hint.spec.verb.len();
    let whole = hint.syntax.as_str();
    let part = |from: usize, to: usize| whole.get(from..to).unwrap_or_default().to_owned();
    let mut row = vec![Span::styled(part(0, verb), theme.heading)];
    match &hint.marked {
        Some(marked) if marked.start >= verb => {
            row.push(Span::raw(part(verb, marked.start)));
            row.push(Span::styled(part(marked.start, marked.end), theme.pair));
            row.push(Span::raw(part(marked.end, whole.len())));
        }
        _ => row.push(Span::raw(part(verb, whole.len()))),
    }
    row
}

/// `FETCH .. (fetch-att...) ..`
fn part(state: &State, hint: &Hint) -> Row {
    let theme = &state.options.theme;
    let mut row = verb(state, hint);
    if hint.marked.is_none() && hint.syntax.len() > hint.spec.verb.len() {
        row.push(Span::styled(" ..", theme.dim));
    }
    if let Some(marked) = &hint.marked {
        let before = marked.start > hint.spec.verb.len() + 1;
        let after = marked.end < hint.syntax.len();
        row.push(Span::styled(if before { " .. " } else { " " }, theme.dim));
        let part = hint.syntax.get(marked.clone()).unwrap_or_default();
        row.push(Span::styled(part.to_owned(), theme.pair));
        if after {
            row.push(Span::styled(" ..", theme.dim));
        }
    }
    row
}

fn verb(state: &State, hint: &Hint) -> Row {
    let heading = state.options.theme.heading;
    vec![Span::styled(hint.spec.verb.clone(), heading)]
}

fn sentence(state: &State, hint: &Hint) -> Row {
    vec![Span::styled(
        hint.sentence.clone(),
        state.options.theme.note,
    )]
}

fn reference(state: &State, hint: &Hint) -> Row {
    vec![Span::styled(
        hint.reference.clone(),
        state.options.theme.dim,
    )]
}

/// Whether it is allowed now, rights, capability, whether the server has it; what is against it first.
fn needs(state: &State, hint: &Hint) -> Vec<Span<'static>> {
    let theme = &state.options.theme;
    let mut needs = Vec::new();
    if !hint.allowed {
        let now = printable::line(state.console.model().state().name());
        needs.push(Span::styled(
            format!("not allowed now ({now})"),
            theme.warning,
        ));
    }
    let (offered, style) = match hint.advertised {
        Some(true) => (", offered", theme.dim),
        Some(false) => (", NOT offered", theme.warning),
        None if hint.capability.is_some() => (", not told", theme.dim),
        None => ("", theme.dim),
    };
    let capability = hint.capability.as_deref().unwrap_or("none");
    let capability = Span::styled(format!("capability: {capability}{offered}"), style);
    let rights = hint.rights.as_deref().unwrap_or("none");
    let rights = Span::styled(format!("needs right: {rights}"), theme.dim);
    match hint.advertised {
        Some(false) => needs.extend([capability, rights]),
        _ => needs.extend([rights, capability]),
    }
    needs
}
