//! The sidebar: its panels, one under the other.
//!
//! To add a panel: a file here with a [`Panel`], and its row in [`PANELS`].

mod capabilities;
mod flags;
mod mailboxes;
mod selected;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::super::layout::{Focus, Layout};
use super::super::printable;
use super::super::state::State;
use super::{pane, put};

/// One panel.
pub struct Panel {
    /// Its name, for tests and settings.
    pub name: &'static str,
    /// Its title, raw; `None`: there is nothing to show.
    pub title: fn(&State) -> Option<String>,
    /// How many rows it wants at this width, title not counted; `None`: what is left.
    pub wants: fn(&State, usize) -> Option<usize>,
    /// Draws it.
    pub draw: fn(&State, Rect, &mut Buffer),
}

/// All panels, from top to bottom. The first has no title line of its own: it is the pane's.
pub static PANELS: &[Panel] = &[
    mailboxes::PANEL,
    selected::PANEL,
    flags::PANEL,
    capabilities::PANEL,
];

/// From so many rows the capabilities have some, whatever else there is.
const TALL: usize = 30;
/// Rows that a panel keeps however much the ones above it want.
const KEPT: usize = 3;

pub(super) fn draw(state: &State, layout: &Layout, area: Rect, buffer: &mut Buffer) {
    let theme = &state.options.theme;
    let focused = state.focus == Focus::Sidebar;
    let first = PANELS
        .first()
        .and_then(|p| (p.title)(state))
        .unwrap_or_default();
    let title = vec![
        Span::styled("3 ", theme.text),
        Span::styled(first, if focused { theme.heading } else { theme.text }),
    ];
    let mut right = Vec::new();
    let asking = state.console.asking(None);
    if state.into_editor {
        right.push(Span::styled("to the editor", theme.warning));
    } else if asking > 1 {
        right.push(Span::styled(format!("asking {asking}"), theme.dim));
    } else if let Some(order) = state.sidebar.order().word() {
        right.push(Span::styled(order, theme.dim));
    }
    let inner = pane(state, layout, area, focused, title, right, buffer);
    // Side by side where the sidebar is wide and low (above the transcript).
    if inner.width >= 60 && inner.height <= inner.width / 3 {
        let half = inner.width / 2;
        let left = Rect {
            width: half.saturating_sub(1),
            ..inner
        };
        let right = Rect {
            x: inner.x + half,
            width: inner.width - half,
            ..inner
        };
        // The capabilities have room below the tree: at the right the open mailbox would push them out.
        let open = state.console.model().selected().is_some();
        let at_left =
            |panel: &&Panel| panel.name == "mailboxes" || (open && panel.name == "capabilities");
        let (first, rest): (Vec<&Panel>, Vec<&Panel>) = PANELS.iter().partition(at_left);
        stack(state, &first, left, buffer, focused);
        stack(state, &rest, right, buffer, focused);
        return;
    }
    let all: Vec<&Panel> = PANELS.iter().collect();
    stack(state, &all, inner, buffer, focused);
}

/// Panels one under the other. Those that say how much they want get it, as long as the tree keeps
/// two fifths of the height (three beside one other panel); it takes the rest.
fn stack(state: &State, panels: &[&Panel], area: Rect, buffer: &mut Buffer, focused: bool) {
    let theme = &state.options.theme;
    let width = usize::from(area.width);
    let shown: Vec<(&Panel, String)> = panels
        .iter()
        .filter_map(|p| (p.title)(state).map(|t| (*p, t)))
        .collect();
    let greedy = shown.iter().any(|(p, _)| (p.wants)(state, width).is_none());
    let height = usize::from(area.height);
    // A short tree leaves more to the others.
    let fifths = if panels.len() > 2 { 2 } else { 3 };
    let tree = (state.sidebar.rows().len() + 1).clamp(3, (height * fifths / 5).max(3));
    let mut left = if greedy {
        height.saturating_sub(tree)
    } else {
        height
    };
    let mut heights: Vec<usize> = Vec::new();
    for (at, (panel, _)) in shown.iter().enumerate() {
        let titled = usize::from(panel.name != "mailboxes");
        // A few rows stay for each that follows, where it wants them.
        let tall = height >= TALL;
        let behind = shown
            .iter()
            .skip(at + 1)
            .filter(|(p, _)| tall || p.name != "capabilities")
            .filter_map(|(p, _)| (p.wants)(state, width));
        let kept: usize = behind.map(|rows| rows.min(KEPT) + 1).sum();
        let least = (KEPT + titled).min(left);
        let room = left.saturating_sub(kept).max(least);
        let rows = (panel.wants)(state, width)
            .map(|rows| (rows + titled).min(room))
            // A title alone tells nothing.
            .filter(|rows| *rows > titled)
            .unwrap_or(0);
        left -= rows;
        heights.push(rows);
    }
    let rest = usize::from(area.height).saturating_sub(heights.iter().sum());
    let mut y = area.y;
    for ((panel, title), rows) in shown.into_iter().zip(heights) {
        let rows = if (panel.wants)(state, width).is_none() {
            rest
        } else {
            rows
        };
        let rows = u16::try_from(rows)
            .unwrap_or(u16::MAX)
            .min((area.y + area.height).saturating_sub(y));
        let mut place = Rect {
            y,
            height: rows,
            ..area
        };
        y += rows;
        if panel.name != "mailboxes" && place.height > 0 {
            let line = if state.options.ascii { "-" } else { "─" };
            let name = printable::fit(&printable::line(&title), width.saturating_sub(6));
            let used = printable::width(&name) + 4;
            let style = state.frame(focused);
            let spans = vec![
                Span::styled(format!("{line} "), style),
                Span::styled(name, theme.heading),
                Span::styled(
                    format!(" {}", line.repeat(width.saturating_sub(used) + 1)),
                    style,
                ),
            ];
            put(buffer, place, 0, &Line::from(spans));
            place.y += 1;
            place.height -= 1;
        }
        if !place.is_empty() {
            (panel.draw)(state, place, buffer);
        }
    }
}
