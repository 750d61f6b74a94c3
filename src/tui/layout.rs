//! Where everything is: a pure function of the size and a few wishes, used by views and by paging.

use ratatui::layout::Rect;

/// Under this nothing useful fits; a line says what is needed.
pub const SMALLEST: (u16, u16) = (40, 8);
/// Under this there is one pane at a time.
pub const THREE_PANES: (u16, u16) = (60, 16);
/// From this many columns the sidebar is at the left by itself.
pub const WIDE: u16 = 100;
/// From this many columns there is room to spare.
pub const VERY_WIDE: u16 = 160;
/// Up to so many columns and from so many rows the sidebar is above the transcript.
pub const PORTRAIT: (u16, u16) = (84, 46);

/// A pane.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Focus {
    /// 1: what went over the line.
    Transcript,
    /// 2: the command editor.
    #[default]
    Editor,
    /// 3: mailboxes and the selected one.
    Sidebar,
    /// 4: what a line says.
    Inspector,
    /// 5: what the second connection hears.
    Events,
    /// 6: the messages of the open mailbox.
    Messages,
    /// 7: the message that is read.
    Message,
}

/// What the state wishes of the layout.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Wishes {
    /// The pane in focus.
    pub focus: Focus,
    /// The sidebar: `None` as the size has it, else shown or not.
    pub sidebar: Option<bool>,
    /// The inspector, where there is room for it: `None` as the size has it, else shown or not.
    pub inspector: Option<bool>,
    /// The list of messages is open.
    pub messages: bool,
    /// A message is read.
    pub message: bool,
    /// There are live events to show.
    pub events: bool,
    /// The pane in focus takes the whole middle.
    pub zoom: bool,
    /// Rows the editor's text takes.
    pub editor_rows: u16,
    /// Rows above the editor's text, for what the server asks.
    pub question_rows: u16,
}

/// How the panes stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// Nothing fits.
    TooSmall,
    /// One pane, F6 turns.
    OnePane,
    /// Transcript over editor; the sidebar lies over the transcript when it is asked for.
    Stacked,
    /// The sidebar above the transcript.
    Portrait,
    /// The sidebar at the left of the transcript.
    Wide,
}

/// Rectangles; an absent pane is `None`, an absent line has no rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layout {
    /// The whole screen.
    pub area: Rect,
    /// How the panes stand.
    pub shape: Shape,
    /// Who, where, how safe, which mailbox. Never hidden.
    pub top: Rect,
    /// Mailboxes, border included.
    pub sidebar: Option<Rect>,
    /// Transcript, border included.
    pub transcript: Option<Rect>,
    /// Inspector, border included: at the right, or over the transcript.
    pub inspector: Option<Rect>,
    /// The list of messages, over the transcript.
    pub messages: Option<Rect>,
    /// The message that is read: over the transcript, or where the inspector is.
    pub message: Option<Rect>,
    /// Live events: below the inspector, or below all panes but the editor.
    pub events: Option<Rect>,
    /// Editor, border included.
    pub editor: Option<Rect>,
    /// The hint for the command being typed.
    pub hint: Rect,
    /// State, last command, sizes.
    pub status: Rect,
    /// Keys.
    pub keys: Rect,
    /// Whether panes have a border all around; else a title line only.
    pub boxed: bool,
}

impl Layout {
    /// The inside of a pane: without its border, and with a column of air at both sides.
    pub fn inside(&self, pane: Rect) -> Rect {
        let (sides, bottom) = if self.boxed { (2, 1) } else { (0, 0) };
        Rect {
            x: pane.x.saturating_add(sides.min(pane.width)),
            y: pane.y.saturating_add(1.min(pane.height)),
            width: pane.width.saturating_sub(2 * sides),
            height: pane.height.saturating_sub(1 + bottom),
        }
    }

    /// Whether the sidebar is on the screen.
    pub fn shows_sidebar(&self) -> bool {
        self.sidebar.is_some()
    }
}

/// The layout of `area`.
pub fn layout(area: Rect, wishes: Wishes) -> Layout {
    let shape = shape(area, wishes);
    let mut left = area;
    let mut rows_from_top = |rows: u16| {
        let rows = rows.min(left.height);
        let taken = Rect {
            height: rows,
            ..left
        };
        left = Rect {
            y: left.y.saturating_add(rows),
            height: left.height - rows,
            ..left
        };
        taken
    };
    let top = rows_from_top(1);
    let (hint_rows, key_rows) = match shape {
        Shape::TooSmall | Shape::OnePane => (0, 0),
        _ if area.height >= 45 => (3, 1),
        // A sentence about the argument, and where in the syntax it is: two rows of 80 columns.
        _ if area.height >= 24 => (2, 1),
        _ => (1, 1),
    };
    let middle_rows = left_rows(area.height, 1 + hint_rows + 1 + key_rows);
    let middle = rows_from_top(middle_rows);
    let hint = rows_from_top(hint_rows);
    let status = rows_from_top(1);
    let keys = rows_from_top(key_rows);
    let mut layout = Layout {
        area,
        shape,
        top,
        sidebar: None,
        transcript: None,
        inspector: None,
        messages: None,
        message: None,
        events: None,
        editor: None,
        hint,
        status,
        keys,
        boxed: shape != Shape::OnePane,
    };
    match shape {
        Shape::TooSmall => {}
        Shape::OnePane if wishes.focus == Focus::Editor && !wishes.zoom => {
            // One pane at a time; but who sends a command wants to see what comes back.
            let rows = wishes
                .editor_rows
                .max(2)
                .saturating_add(wishes.question_rows)
                .saturating_add(1);
            let (above, editor) = split_rows(middle, middle.height.saturating_sub(rows));
            layout.editor = Some(editor);
            layout.transcript = (above.height > 1).then_some(above);
            layout.over_the_transcript(wishes);
        }
        Shape::OnePane => layout.only(wishes.focus, middle),
        _ if wishes.zoom => layout.only(wishes.focus, middle),
        _ => layout.panes(middle, wishes),
    }
    layout
}

fn left_rows(height: u16, taken: u16) -> u16 {
    height.saturating_sub(taken)
}

fn shape(area: Rect, wishes: Wishes) -> Shape {
    let (columns, rows) = (area.width, area.height);
    let wants = wishes.sidebar.unwrap_or(true);
    if columns < SMALLEST.0 || rows < SMALLEST.1 {
        Shape::TooSmall
    } else if columns < THREE_PANES.0 || rows < THREE_PANES.1 {
        Shape::OnePane
    } else if columns <= PORTRAIT.0 && rows >= PORTRAIT.1 && wants {
        Shape::Portrait
    } else if columns >= WIDE && wants {
        Shape::Wide
    } else {
        Shape::Stacked
    }
}

impl Layout {
    fn only(&mut self, focus: Focus, middle: Rect) {
        match focus {
            Focus::Transcript => self.transcript = Some(middle),
            Focus::Editor => self.editor = Some(middle),
            Focus::Sidebar => self.sidebar = Some(middle),
            Focus::Inspector => self.inspector = Some(middle),
            Focus::Events => self.events = Some(middle),
            Focus::Messages => self.messages = Some(middle),
            Focus::Message => self.message = Some(middle),
        }
    }

    /// The list and the message, where there is no place of their own; not while the transcript is looked at.
    fn over_the_transcript(&mut self, wishes: Wishes) {
        if matches!(wishes.focus, Focus::Transcript | Focus::Inspector) {
            return;
        }
        if wishes.message && self.message.is_none() {
            self.message = self.transcript;
        } else if wishes.messages {
            self.messages = self.transcript;
        }
    }

    fn panes(&mut self, middle: Rect, wishes: Wishes) {
        let least = if self.area.height >= 35 { 3 } else { 2 };
        let text = wishes
            .editor_rows
            .max(least)
            .saturating_add(wishes.question_rows);
        let editor_rows = text.saturating_add(2).min((middle.height / 2).max(4));
        let (above, editor) = split_rows(middle, middle.height.saturating_sub(editor_rows));
        self.editor = Some(editor);
        let mut above = above;
        // Who looks at the events wants to see more of them.
        let share = match wishes.focus {
            Focus::Events => 2,
            _ => 3,
        };
        let beside = self.area.width >= VERY_WIDE
            && (wishes.inspector.unwrap_or(true)
                || wishes.focus == Focus::Inspector
                || wishes.message);
        if beside {
            let columns = (self.area.width * 8 / 25).clamp(51, 96);
            let (rest, mut right) = split_columns(above, above.width.saturating_sub(columns));
            if wishes.events {
                let rows = (right.height / share).max(6);
                let (upper, events) = split_rows(right, right.height.saturating_sub(rows));
                (right, self.events) = (upper, Some(events));
            }
            self.inspector = Some(right);
            above = rest;
        } else if wishes.events {
            let rows = match wishes.focus {
                Focus::Events => (above.height / share).max(4),
                _ => (above.height / share).clamp(4, 8),
            };
            let (rest, events) = split_rows(above, above.height.saturating_sub(rows));
            (above, self.events) = (rest, Some(events));
        }
        match self.shape {
            Shape::Wide => {
                let columns = if self.area.width >= VERY_WIDE { 36 } else { 30 };
                let (side, rest) = split_columns(above, columns);
                self.sidebar = Some(side);
                self.transcript = Some(rest);
            }
            Shape::Portrait => {
                let (side, rest) = split_rows(above, (above.height / 3).max(10));
                self.sidebar = Some(side);
                self.transcript = Some(rest);
            }
            _ => {
                self.transcript = Some(above);
                // The focus is never on a pane that cannot be seen, nor is it half hidden.
                let over = match wishes.focus {
                    Focus::Sidebar => true,
                    Focus::Transcript => wishes.sidebar == Some(true),
                    Focus::Editor | Focus::Events => {
                        wishes.sidebar == Some(true) && !wishes.messages
                    }
                    Focus::Inspector | Focus::Messages | Focus::Message => false,
                };
                if over {
                    self.sidebar = Some(Rect {
                        width: 36.min(above.width),
                        ..above
                    });
                }
            }
        }
        if wishes.focus == Focus::Inspector && !beside {
            // Where there is no room beside the transcript, it lies over it.
            self.inspector = self.transcript;
        }
        if beside && wishes.message && !matches!(wishes.focus, Focus::Inspector | Focus::Transcript)
        {
            self.message = self.inspector.take();
        }
        self.over_the_transcript(wishes);
    }
}

fn split_rows(area: Rect, first: u16) -> (Rect, Rect) {
    let first = first.min(area.height);
    let below = Rect {
        y: area.y.saturating_add(first),
        height: area.height - first,
        ..area
    };
    (
        Rect {
            height: first,
            ..area
        },
        below,
    )
}

fn split_columns(area: Rect, first: u16) -> (Rect, Rect) {
    let first = first.min(area.width);
    let right = Rect {
        x: area.x.saturating_add(first),
        width: area.width - first,
        ..area
    };
    (
        Rect {
            width: first,
            ..area
        },
        right,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sidebar_that_lies_over_the_transcript_hides_no_list() {
        let wishes = |focus, messages| Wishes {
            focus,
            sidebar: Some(true),
            messages,
            ..Wishes::default()
        };
        let small = Rect::new(0, 0, 80, 24);
        for focus in [Focus::Messages, Focus::Editor] {
            let panes = layout(small, wishes(focus, true));
            assert_eq!((panes.sidebar, panes.messages.is_some()), (None, true));
        }
        let panes = layout(small, wishes(Focus::Sidebar, true));
        assert!(panes.sidebar.is_some());
        assert!(layout(small, wishes(Focus::Editor, false)).shows_sidebar());
    }

    #[test]
    fn no_size_gives_a_rectangle_outside_the_screen() {
        for focus in [
            Focus::Editor,
            Focus::Transcript,
            Focus::Sidebar,
            Focus::Inspector,
            Focus::Events,
            Focus::Messages,
            Focus::Message,
        ] {
            for (sidebar, zoom) in [(None, false), (Some(true), false), (Some(false), true)] {
                for columns in (0..210)
                    .step_by(7)
                    .chain([39, 40, 59, 60, 84, 99, 100, 160])
                {
                    for rows in (0..60).chain([100]) {
                        let area = Rect::new(0, 0, columns, rows);
                        let wishes = Wishes {
                            focus,
                            sidebar,
                            inspector: sidebar,
                            messages: matches!(focus, Focus::Messages | Focus::Message),
                            message: focus == Focus::Message,
                            events: zoom || matches!(focus, Focus::Message | Focus::Events),
                            zoom,
                            editor_rows: 3,
                            question_rows: 1,
                        };
                        let l = layout(area, wishes);
                        let panes = [
                            l.sidebar,
                            l.transcript,
                            l.inspector,
                            l.messages,
                            l.message,
                            l.events,
                            l.editor,
                        ]
                        .into_iter()
                        .flatten();
                        for rect in panes.chain([l.top, l.hint, l.status, l.keys]) {
                            assert_eq!(
                                rect.intersection(area),
                                rect,
                                "{columns}x{rows} {wishes:?}: {rect:?}"
                            );
                            assert_eq!(l.inside(rect).intersection(area), l.inside(rect));
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn the_shapes_of_the_sizes() {
        let shape = |columns, rows| layout(Rect::new(0, 0, columns, rows), Wishes::default()).shape;
        assert_eq!(shape(30, 6), Shape::TooSmall);
        assert_eq!(shape(50, 14), Shape::OnePane);
        assert_eq!(shape(80, 24), Shape::Stacked);
        assert_eq!(shape(80, 50), Shape::Portrait);
        assert_eq!(shape(120, 35), Shape::Wide);
        assert_eq!(shape(200, 50), Shape::Wide);
    }
}
