//! What TLS came to: the popup of `:tls`.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::super::printable;
use super::super::state::State;
use super::reader;
use crate::channel::tls::TlsReport;

/// Columns of the popup.
const WIDTH: u16 = 104;

/// Number of rows it has.
pub fn tls_rows(state: &State, report: &TlsReport) -> usize {
    rows(state, report).len()
}

fn rows(state: &State, report: &TlsReport) -> Vec<Line<'static>> {
    let theme = &state.options.theme;
    let width = usize::from(state.area.width.min(WIDTH)).saturating_sub(4);
    let mut rows = Vec::new();
    for line in report.lines() {
        let style = if line.starts_with("certificate ") {
            theme.heading
        } else if ["NOT verified", "REFUSED"]
            .iter()
            .any(|word| line.starts_with(word))
        {
            theme.danger
        } else {
            theme.text
        };
        // Names and subjects are the server's.
        let safe = printable::line(&line);
        for range in printable::wrap(&safe, width, width) {
            let part = safe.get(range).unwrap_or_default().to_owned();
            rows.push(Line::styled(part, style));
        }
    }
    rows
}

pub(super) fn draw(state: &State, report: &TlsReport, top: usize, area: Rect, buffer: &mut Buffer) {
    let rows = rows(state, report);
    reader(state, "TLS", WIDTH, rows, top, area, buffer);
}
