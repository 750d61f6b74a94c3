//! The question of safe mode over the panes, and the mode itself.

use ratatui::style::{Modifier, Style};

use super::action::Action;
use super::effect::Effect;
use super::layout::Focus;
use super::popup::Popup;
use super::state::State;
use crate::console::Submission;
use crate::safety::SafeMode;
use crate::session::Awaiting;

impl State {
    /// Keeps the popup true: it is there as long as something is asked about. A text that turned out
    /// harmless has gone, and leaves the editor.
    pub(super) fn keep_question(&mut self) {
        if self.console.went_without_answer() {
            self.editor.wipe();
            self.browsing = None;
            self.scroll.bottom(self.console.transcript());
        }
        match (self.console.question(), &self.popup) {
            (Some(_), None) => self.popup = Some(Popup::Question { top: 0 }),
            (None, Some(Popup::Question { .. })) => self.popup = None,
            _ => {}
        }
    }

    /// The answer to the question.
    pub(super) fn answer(&mut self, yes: bool) -> Vec<Effect> {
        let requests = match self.console.answer(yes) {
            Submission::Send(requests) => {
                self.editor.wipe();
                self.browsing = None;
                self.scroll.bottom(self.console.transcript());
                requests
            }
            Submission::Refused(sentence) => {
                self.message = Some(sentence);
                Vec::new()
            }
            _ => Vec::new(),
        };
        self.keep_question();
        requests.into_iter().map(Effect::Send).collect()
    }

    /// Ctrl+C over the question: first the counting ends, then it is a no.
    pub(super) fn interrupt_question(&mut self) -> Vec<Effect> {
        if self.console.stop_counting() {
            self.message = Some("The counting was stopped.".to_owned());
            self.keep_question();
            return Vec::new();
        }
        self.answer(false)
    }

    /// `:safe MODE`; without one it is told.
    pub(super) fn safe_mode(&mut self, mode: Option<SafeMode>) -> Vec<Effect> {
        let requests = mode.map_or_else(Vec::new, |mode| self.console.set_safe_mode(mode));
        self.message = Some(self.console.safe_mode().sentence().to_owned());
        self.keep_question();
        requests.into_iter().map(Effect::Send).collect()
    }

    /// A suggestion of the last reply comes into the editor; what is there already stays.
    pub(super) fn take_suggestion(&mut self, action: &Action) -> Vec<Effect> {
        let all = self.console.suggestions();
        let wanted = action.suggestion().and_then(|index| all.get(index));
        match wanted.map(|suggestion| suggestion.text.clone()) {
            None => {
                self.message = Some(match all.len() {
                    0 => "The last reply suggests nothing.".to_owned(),
                    1 => "The last reply has one suggestion: Ctrl+X 1.".to_owned(),
                    count => format!("The last reply has {count} suggestions."),
                });
            }
            Some(_) if !self.editor.is_empty() || self.awaited != Awaiting::Command => {
                self.message = Some(
                    "The editor must be empty for a suggestion, and free: Ctrl+C clears it."
                        .to_owned(),
                );
            }
            Some(text) => {
                self.editor.set_text(&text);
                self.browsing = None;
                self.confirm = None;
                self.focus = Focus::Editor;
            }
        }
        Vec::new()
    }

    /// How a frame looks in this mode: `confirm`, the usual, changes nothing.
    pub(super) fn frame(&self, focused: bool) -> Style {
        let theme = &self.options.theme;
        let style = if focused { theme.focused } else { theme.border };
        let mode = match self.console.safe_mode() {
            SafeMode::ReadOnly => theme.frame_readonly,
            SafeMode::Confirm => return style,
            SafeMode::Off => theme.frame_off,
        };
        match focused {
            // By colour alone the pane in focus could not be told any more.
            true => style.patch(mode).add_modifier(Modifier::BOLD),
            false => style.patch(mode),
        }
    }
}

/// SASL's LOGIN and its like ask for a name first; everything else is taken as a secret.
pub(super) fn asks_for_a_name(challenge: &[u8]) -> bool {
    String::from_utf8_lossy(challenge)
        .to_ascii_lowercase()
        .contains("user")
}
