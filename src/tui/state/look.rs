//! How the transcript is to be shown right now.

use super::State;
use crate::tui::manner::Times;
use crate::tui::popup::Popup;
use crate::tui::rows::Look;

/// From this many columns inside the pane each command has a heading of its own.
const GROUPED: usize = 84;
impl State {
    /// How the transcript's lines are to be shown, and on how many rows.
    pub fn look(&self) -> (Look<'_>, usize) {
        let layout = self.layout();
        let pane = layout
            .transcript
            .map(|pane| layout.inside(pane))
            .unwrap_or(self.area);
        let width = usize::from(pane.width);
        let manner = self.scroll.manner;
        let filter = self.scroll.filter.iter();
        let patterns = filter
            .flat_map(|f| f.filter().patterns())
            .chain(self.finding.pattern())
            .collect();
        // A prompt takes the last row.
        let prompt = matches!(self.popup, Some(Popup::Prompt(_)));
        let height = pane.height.saturating_sub(u16::from(prompt));
        let look = Look {
            width,
            grouped: manner.grouped.unwrap_or(width >= GROUPED),
            times: if width >= 30 {
                manner.times
            } else {
                Times::Off
            },
            wrap: manner.wrap,
            column: manner.column,
            form: manner.form,
            decoded: manner.decoded,
            patterns,
            hit: self.finding.hit(),
            start: manner.start,
            theme: &self.options.theme,
            zone: &self.options.zone,
            console: &self.console,
        };
        (look, usize::from(height))
    }
}
