//! The top line: as whom, where, how safe, which mailbox. Never hidden; where it does not fit, what
//! is least dangerous is cut first.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::super::printable;
use super::super::rows::columns;
use super::super::state::State;
use super::{put, put_right, tab_strip};
use crate::channel::LineSafety;
use crate::console::{Confirmation, Identity, Phase};
use crate::safety::SafeMode;

pub(super) fn draw(state: &State, area: Rect, buffer: &mut Buffer) {
    let tabs = tab_strip::spans(state);
    let room = usize::from(area.width).saturating_sub(columns(&tabs));
    let mut spans = Vec::new();
    // Ever shorter forms, until one fits.
    let forms = [
        (4, false),
        (3, false),
        (2, false),
        (1, false),
        (1, true),
        (0, true),
        // Where is not said any more; as whom, RW and the safe mode are.
        (BARE, true),
    ];
    for (detail, short) in forms {
        spans = line(state, detail, short);
        if columns(&spans) <= room {
            break;
        }
    }
    put(buffer, area, 0, &Line::from(spans));
    put_right(buffer, area, 0, &tabs, 0);
}

/// A [`line`] without the place.
const BARE: u8 = u8::MAX;

/// `detail` 4: everything; 3: without what confirms it; 2: no mechanism; 1: `?` for what is only accepted;
/// 0: short names, and only what may be dangerous. `short`: a verified line is `ok`.
fn line(state: &State, detail: u8, short: bool) -> Vec<Span<'static>> {
    let theme = &state.options.theme;
    let bare = detail == BARE;
    let detail = if bare { 0 } else { detail };
    let name_room = match detail {
        2.. => 64,
        1 => 20,
        _ => 9,
    };
    let name = |text: &str| printable::fit(&printable::line(text), name_room);
    let gap = if detail >= 2 { "  |  " } else { " | " };
    let mut spans = vec![Span::raw(if detail >= 2 { " " } else { "" })];
    if let Some(place) = state.place().filter(|_| state.is_log()) {
        spans.push(Span::styled("LOG ", theme.heading));
        spans.push(Span::raw(name(&place)));
        spans.push(Span::styled("  nothing is connected", theme.dim));
        return spans;
    }
    let who = who(state, detail, &name);
    // `AS alice?`, or the sentence that nobody is.
    spans.extend(
        who.into_iter()
            .filter(|span| !bare || !span.content.starts_with(" (")),
    );
    spans.push(Span::styled(gap, theme.dim));
    if let Some(place) = state.place().filter(|_| !bare) {
        spans.push(Span::raw(name(&place)));
        spans.push(Span::raw(" "));
    }
    let (word, style) = safety(state, short);
    spans.push(Span::styled(word, style));
    if let Some(selected) = state.console.model().selected() {
        spans.push(Span::styled(gap, theme.dim));
        spans.push(Span::raw(name(&selected.shown)));
        let (mode, style) = if selected.read_only {
            (" RO", theme.ok)
        } else {
            (" RW", theme.warning)
        };
        spans.push(Span::styled(mode, style));
    }
    let gap = if detail >= 3 { "  |  " } else { " | " };
    spans.push(Span::styled(gap, theme.dim));
    spans.push(safe_mode(state, detail));
    spans
}

/// Where there is room for little, `SAFE` alone is `SAFE confirm`, as it is by default.
fn safe_mode(state: &State, detail: u8) -> Span<'static> {
    let theme = &state.options.theme;
    match (state.console.safe_mode(), detail) {
        (SafeMode::ReadOnly, 3..) => Span::styled("SAFE readonly", theme.ok),
        (SafeMode::ReadOnly, _) => Span::styled("SAFE ro", theme.ok),
        (SafeMode::Confirm, 3..) => Span::raw("SAFE confirm"),
        (SafeMode::Confirm, _) => Span::raw("SAFE"),
        (SafeMode::Off, _) => Span::styled("SAFE off", theme.danger),
    }
}

fn who(state: &State, detail: u8, name: &dyn Fn(&str) -> String) -> Vec<Span<'static>> {
    let theme = &state.options.theme;
    match state.console.identity() {
        Identity::LoggedIn {
            authcid,
            authzid,
            mechanism,
        } => {
            let confirmation = state.console.confirmation();
            let effective = match (authzid.as_deref().or(authcid.as_deref()), confirmation) {
                // A login that did not tell who, and a reply that does.
                (None, Confirmation::Confirmed { name, .. }) => Some(name.as_str()),
                (effective, _) => effective,
            };
            let style = match confirmation {
                Confirmation::Accepted => theme.heading,
                Confirmation::Confirmed { .. } => theme.ok,
                Confirmation::Contradicted { .. } => theme.danger,
            };
            let mut spans = vec![
                Span::raw("AS "),
                Span::styled(effective.map_or("(unknown)".to_owned(), name), style),
            ];
            if detail < 2 && *confirmation == Confirmation::Accepted {
                spans.push(Span::styled("?", theme.dim));
            }
            let mut more = Vec::new();
            if let Some(authcid) = authcid
                .as_deref()
                .filter(|a| Some(*a) != effective || detail >= 3)
            {
                more.push(format!("auth {}", name(authcid)));
            }
            if detail >= 3 {
                more.push(printable::line(mechanism));
            }
            if !more.is_empty() {
                spans.push(Span::raw(format!(" ({})", more.join(", "))));
            }
            spans.extend(proof(state, detail, name, mechanism == "XOAUTH2"));
            spans
        }
        Identity::Nobody => match state.console.phase() {
            Phase::Opening(_) => vec![Span::styled("not logged in yet", theme.warning)],
            _ => vec![Span::styled("not logged in", theme.danger)],
        },
    }
}

/// What says that we are who we asked to be. An alarm is said at every width.
fn proof(
    state: &State,
    detail: u8,
    name: &dyn Fn(&str) -> String,
    name_only: bool,
) -> Option<Span<'static>> {
    let theme = &state.options.theme;
    match (state.console.confirmation(), detail) {
        (Confirmation::Contradicted { name: other, by }, 2..) => Some(Span::styled(
            format!(" ALARM: {} names {}", by.name(), name(other)),
            theme.danger,
        )),
        (Confirmation::Contradicted { name: other, .. }, _) => {
            Some(Span::styled(format!(" NOT: {}", name(other)), theme.danger))
        }
        (Confirmation::Confirmed { by, .. }, 4..) => Some(Span::styled(
            format!(" confirmed by {}", by.name()),
            theme.ok,
        )),
        (Confirmation::Confirmed { .. }, 2..) => Some(Span::styled(" confirmed", theme.ok)),
        // Whose mail it is the server makes of the token; the name is only sent along.
        (Confirmation::Accepted, 3..) if name_only => Some(Span::styled(
            " accepted, name sent, not an authzid",
            theme.warning,
        )),
        (Confirmation::Accepted, 4..) => Some(Span::styled(" accepted by the server", theme.dim)),
        (Confirmation::Accepted, 2..) => Some(Span::styled(" accepted", theme.dim)),
        // Said by the mark behind the name, or by its absence.
        (Confirmation::Confirmed { .. } | Confirmation::Accepted, _) => None,
    }
}

fn safety(state: &State, short: bool) -> (String, Style) {
    let theme = &state.options.theme;
    match (state.console.line_safety(), state.console.phase()) {
        (_, Phase::NotConnected) => ("not connected".to_owned(), theme.dim),
        (_, Phase::Ended { .. }) => ("connection ended".to_owned(), theme.danger),
        (None, _) => ("connecting".to_owned(), theme.dim),
        (Some(LineSafety::Plain), _) => ("PLAIN".to_owned(), theme.danger),
        (Some(LineSafety::PlainLoopback), _) => ("PLAIN, loopback".to_owned(), theme.danger),
        (Some(LineSafety::UnixSocket), _) => ("unix socket".to_owned(), theme.ok),
        (Some(LineSafety::Tunnel), _) => ("tunnel".to_owned(), theme.warning),
        (Some(LineSafety::Memory), _) => ("in memory".to_owned(), theme.ok),
        (
            Some(LineSafety::Tls {
                version,
                verified: true,
                ..
            }),
            _,
        ) => {
            let word = if short { "ok" } else { "verified" };
            (format!("{} {word}", printable::line(version)), theme.ok)
        }
        (
            Some(LineSafety::Tls {
                version,
                verified: false,
                ..
            }),
            _,
        ) => (
            format!("INSECURE {}", printable::line(version)),
            theme.danger,
        ),
    }
}
