//! How far a run is, on stderr: a bar on a terminal, a line now and then in a log.

use std::io::Write;
use std::time::{Duration, Instant};

use crate::batch::{News, Tally};
use crate::tui::printable;

/// Cells of the bar.
const WIDTH: usize = 40;
/// Columns of a terminal on which it is half as long.
const NARROW: usize = 110;
/// A bar is drawn at most so often.
const REDRAW: Duration = Duration::from_millis(100);
/// A log has a line at most so often.
const LINE: Duration = Duration::from_secs(10);

/// What is shown.
pub struct Progress<E> {
    errors: E,
    /// stderr is a terminal.
    terminal: bool,
    /// One row needs no bar.
    shown: bool,
    tally: Tally,
    undo: usize,
    began: Instant,
    last: Option<Instant>,
    /// A bar stands on the last line.
    drawn: bool,
}

impl<E: Write> Progress<E> {
    /// Nothing is shown before the first [`News::Began`].
    pub fn new(errors: E, terminal: bool) -> Progress<E> {
        Progress {
            errors,
            terminal,
            shown: false,
            tally: Tally::default(),
            undo: 0,
            began: Instant::now(),
            last: None,
            drawn: false,
        }
    }

    /// Takes note.
    pub fn see(&mut self, news: &News) {
        match news {
            News::Began { rows, .. } => {
                self.tally = Tally {
                    rows: *rows,
                    ..Tally::default()
                };
                self.shown = *rows > 1;
                self.began = Instant::now();
                self.last = (!self.terminal).then(Instant::now);
                self.undo = 0;
            }
            News::RowBegan { .. } => self.tally.running += 1,
            News::RowEnded { ended, .. } => {
                self.tally.running = self.tally.running.saturating_sub(1);
                self.tally.count(&ended.verdict);
                self.undo += ended.undo;
            }
            _ => return,
        }
        let often = if self.terminal { REDRAW } else { LINE };
        if self.shown && self.last.is_none_or(|last| last.elapsed() >= often) {
            self.last = Some(Instant::now());
            self.draw();
        }
    }

    fn draw(&mut self) {
        let (over, rows) = (self.tally.over(), self.tally.rows.max(1));
        let rate = over as f64 / self.began.elapsed().as_secs_f64().max(1e-3);
        let left = match over {
            0 => String::new(),
            _ => {
                let seconds = (self.tally.rows.saturating_sub(over) as f64 / rate).ceil();
                format!("   about {} left", time(seconds))
            }
        };
        let percent = over * 100 / rows;
        let undo = match self.undo {
            0 => String::new(),
            undo => format!("   undo: {undo} ready"),
        };
        let tally = self.tally;
        if self.terminal {
            // A line that wraps cannot be taken back.
            let columns = rustix::termios::tcgetwinsize(std::io::stderr())
                .map_or(80, |size| usize::from(size.ws_col).max(20));
            // How many failed must be seen on a narrow one, too.
            let width = if columns < NARROW { WIDTH / 2 } else { WIDTH };
            let done = width * over / rows;
            let bar = format!("{}{}", "#".repeat(done), "-".repeat(width - done));
            let line = format!("[{bar}] {percent:>3}%   {rate:.1} rows/s{left}{undo}   {tally}");
            let line = printable::fit(&line, columns - 1);
            let _ = write!(self.errors, "\r\x1b[K{}", line.trim_end());
            self.drawn = true;
        } else {
            let _ = writeln!(
                self.errors,
                "imapsh: {over} of {} rows, {percent}%, {rate:.1} rows/s{left}: {tally}",
                self.tally.rows
            );
        }
        let _ = self.errors.flush();
    }

    /// stderr for a sentence: the bar is off it.
    pub fn errors(&mut self) -> &mut E {
        if std::mem::take(&mut self.drawn) {
            let _ = write!(self.errors, "\r\x1b[K");
            self.last = None;
        }
        &mut self.errors
    }

    /// How long it has gone on.
    pub fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }
}

/// `38 s`, `12 min`, `3 h`.
fn time(seconds: f64) -> String {
    match seconds {
        s if s < 120.0 => format!("{s:.0} s"),
        s if s < 7200.0 => format!("{:.0} min", s / 60.0),
        s => format!("{:.0} h", s / 3600.0),
    }
}
