//! Under the editor: where in the syntax the cursor is, in one sentence, and what the command needs.

use ratatui::text::Span;

use super::super::printable;
use super::super::rows::columns;
use super::super::state::State;
use crate::catalog::Hint;

type Row = Vec<Span<'static>>;

/// The rows, as many as `height` at most.
pub(super) fn rows(state: &State, width: usize, height: usize) -> Vec<Row> {
    let Some(hint) = state.typing.hint.as_ref() else {
        return Vec::new();
    };
    let (syntax, sentence, needs) = (
        syntax(state, hint),
        sentence(state, hint),
        needs(state, hint),
    );
    let beside = |mut left: Row, right: &Row| {
        left.push(Span::raw("   "));
        left.extend(right.iter().cloned());
        left
    };
    let fits = |left: &Row, right: &Row| columns(left) + 3 + columns(right) <= width;
    match height {
        0 => Vec::new(),
        // One row: the sentence is worth more than what is needed; the part of a long syntax that the
        // cursor is in is worth more than its beginning.
        1 if fits(&syntax, &sentence) => {
            let both = beside(syntax, &sentence);
            vec![if fits(&both, &needs) {
                beside(both, &needs)
            } else {
                both
            }]
        }
        1 => vec![one(state, hint, width)],
        2 if fits(&syntax, &sentence) => vec![beside(syntax, &sentence), needs],
        2 => vec![short(state, hint, width), beside(sentence, &needs)],
        _ => vec![short(state, hint, width), sentence, needs],
    }
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

/// The same, cut at its beginning if the marked part would not be seen otherwise.
fn short(state: &State, hint: &Hint, width: usize) -> Row {
    let row = syntax(state, hint);
    let end = hint.marked.as_ref().map_or(0, |marked| marked.end);
    if columns(&row) <= width || end < width {
        return row;
    }
    let theme = &state.options.theme;
    let mut out = vec![
        Span::styled(hint.spec.verb.clone(), theme.heading),
        Span::styled(" .. ", theme.dim),
    ];
    out.extend(row.into_iter().skip(2));
    out
}

/// The command, the part that the cursor is in, its sentence as far as it goes, and the section.
fn one(state: &State, hint: &Hint, width: usize) -> Row {
    let theme = &state.options.theme;
    let mut row = part(state, hint);
    let reference = format!("  {}", hint.reference);
    let room = width.saturating_sub(columns(&row) + 3 + reference.len());
    let sentence = printable::fit(&hint.sentence, room);
    row.push(Span::styled(format!("   {sentence}"), theme.note));
    row.push(Span::styled(reference, theme.dim));
    row
}

/// `FETCH .. (fetch-att...) ..`
fn part(state: &State, hint: &Hint) -> Row {
    let theme = &state.options.theme;
    let mut row = vec![Span::styled(hint.spec.verb.clone(), theme.heading)];
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

fn sentence(state: &State, hint: &Hint) -> Row {
    let theme = &state.options.theme;
    let mut row = vec![Span::styled(hint.sentence.clone(), theme.note)];
    if !hint.reference.is_empty() {
        row.push(Span::styled(format!("  {}", hint.reference), theme.dim));
    }
    row
}

/// Rights, capability, whether the server has it, whether it is allowed now.
fn needs(state: &State, hint: &Hint) -> Row {
    let theme = &state.options.theme;
    let mut row = Row::new();
    let mut add = |text: String, style| {
        if !row.is_empty() {
            row.push(Span::raw("   "));
        }
        row.push(Span::styled(text, style));
    };
    let rights = hint.rights.as_deref().unwrap_or("none");
    add(format!("needs right: {rights}"), theme.dim);
    let capability = hint.capability.as_deref().unwrap_or("none");
    add(format!("capability: {capability}"), theme.dim);
    match hint.advertised {
        Some(true) => add("known to the server: yes".to_owned(), theme.dim),
        Some(false) => add("known to the server: NO".to_owned(), theme.warning),
        None if hint.capability.is_some() => {
            add("known to the server: not told".to_owned(), theme.dim);
        }
        None => {}
    }
    if !hint.allowed {
        let now = state.console.model().state().name();
        add(
            format!("not allowed now ({})", printable::line(now)),
            theme.warning,
        );
    }
    row
}
