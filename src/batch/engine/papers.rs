//! What a run writes while it goes on: report and way back. Written before what they tell of happens.

use std::sync::{Mutex, PoisonError};

use super::super::report::{End, Line, OutputLine, Report, Run, Start, StepLine};
use super::super::undo_file::UndoFile;
use super::super::{Ended, Row, Step, Undo};

/// The files of a run. Shared by all its rows, and by all its snippets one after another.
#[derive(Debug, Default)]
pub struct Papers(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    report: Option<Report>,
    undo: Option<UndoFile>,
    next: u64,
}

impl Papers {
    /// Files that are open already.
    pub fn new(report: Option<Report>, undo: Option<UndoFile>) -> Papers {
        let next = undo.as_ref().map_or(0, UndoFile::next_number);
        Papers(Mutex::new(Inner { report, undo, next }))
    }

    fn with<T>(&self, work: impl FnOnce(&mut Inner) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn report(&self, line: impl FnOnce() -> Line) -> Result<(), String> {
        self.with(|inner| match &mut inner.report {
            Some(report) => report.write(&line()).map_err(|error| error.to_string()),
            None => Ok(()),
        })
    }

    /// A snippet begins.
    ///
    /// # Errors
    /// The report cannot be written, as below.
    pub fn run(&self, run: Run) -> Result<(), String> {
        self.report(|| Line::Run(run))
    }

    /// A line that another report has: of a row that this run does not run again.
    ///
    /// # Errors
    /// As above.
    pub fn copied(&self, end: End) -> Result<(), String> {
        self.report(|| Line::End(end))
    }

    pub(super) fn start(&self, file: &str, row: &Row, user: &str) -> Result<(), String> {
        self.report(|| Line::Start(Start::new(file, row, user)))
    }

    pub(super) fn step(&self, file: &str, row: &Row, step: &Step) -> Result<(), String> {
        self.report(|| Line::Step(StepLine::new(file, row.number, step)))
    }

    pub(super) fn output(&self, file: &str, row: &Row, text: &str) -> Result<(), String> {
        self.report(|| {
            Line::Output(OutputLine {
                file: file.to_owned(),
                row: row.number,
                text: text.to_owned(),
            })
        })
    }

    pub(super) fn end(
        &self,
        file: &str,
        row: &Row,
        user: &str,
        ended: &Ended,
    ) -> Result<(), String> {
        self.report(|| Line::End(End::new(file, row, user, ended)))
    }

    /// A way back, on the disk when this returns.
    pub(super) fn undo(
        &self,
        row: usize,
        user: Option<String>,
        text: String,
    ) -> Result<Undo, String> {
        self.with(|inner| {
            let undo = Undo {
                number: inner.next,
                row,
                user,
                text,
            };
            inner.next += 1;
            if let Some(file) = &mut inner.undo {
                file.add(&undo).map_err(|error| error.to_string())?;
            }
            Ok(undo)
        })
    }

    pub(super) fn void(&self, number: u64) -> Result<(), String> {
        self.with(|inner| match &mut inner.undo {
            Some(file) => file.void(number).map_err(|error| error.to_string()),
            None => Ok(()),
        })
    }

    /// All rows of all snippets are over: the way back is turned round. Its lines; `None`: there is no file.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn finish(&self) -> Result<Option<usize>, String> {
        self.with(|inner| match inner.undo.take() {
            Some(file) => file.finish().map_err(|error| error.to_string()),
            None => Ok(None),
        })
    }
}
