//! The record of all tabs (`--record`, `:record`).

use std::path::PathBuf;

use super::{Order, Tabs};
use crate::channel::Notice;
use crate::export::{FileError, Overwrite, Recorder};
use crate::transcript::NoteLevel;
use crate::tui::out::Overwriting;
use crate::tui::popup::Popup;
use crate::tui::units::octets;

impl Tabs {
    /// Records what passes in all tabs to `path` from now on.
    pub fn record(&mut self, path: PathBuf, overwrite: bool) -> Vec<Order> {
        self.record_off();
        let wanted = match overwrite {
            true => Overwrite::Yes,
            false => Overwrite::No,
        };
        let shown = path.display().to_string();
        let message = match Recorder::create(&path, wanted) {
            Ok(recorder) => {
                self.recorder = Some(recorder);
                format!("Recording to {shown}, passwords masked; :record off ends it.")
            }
            Err(FileError::Exists { .. }) => {
                self.current_mut().popup = Some(Popup::Overwrite(Overwriting::Record(path)));
                return Vec::new();
            }
            Err(error) => format!("{error}; nothing is recorded."),
        };
        self.current_mut().message = Some(message);
        self.refresh();
        Vec::new()
    }

    pub(super) fn record_off(&mut self) {
        let Some(recorder) = self.recorder.take() else {
            return;
        };
        let path = recorder.path().display().to_string();
        self.current_mut().message = Some(match recorder.finish() {
            Ok(size) => format!("Recorded to {path}: {}.", octets(size)),
            Err(sentence) => sentence,
        });
    }

    pub(super) fn record_notice(&mut self, index: usize, notice: &Notice) {
        self.record_as(index, self.get(index).session, notice);
    }

    /// Under another number than the tab's own: of its connection that listens.
    pub(super) fn record_as(&mut self, index: usize, session: u32, notice: &Notice) {
        let tab = self.get(index);
        let now = (tab.state.options.clock)();
        // A log is no session: it is on the disk already.
        if tab.state.is_log() {
            return;
        }
        let failed = match &mut self.recorder {
            Some(recorder) => recorder.notice(now, session, notice),
            None => None,
        };
        if let Some(sentence) = failed {
            self.recorder = None;
            let state = &mut self.get_mut(index).state;
            state.console.note(NoteLevel::Alarm, &sentence);
            self.current_mut().message = Some(sentence);
        }
    }
}
