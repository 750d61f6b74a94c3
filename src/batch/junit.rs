//! `--junit F`: a suite per snippet, a case per row.

use std::io;
use std::path::Path;

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use super::{Ended, Row, Verdict};

/// The results of a run for a build server.
#[derive(Debug)]
pub struct Junit {
    report: Report,
    suites: Vec<TestSuite>,
}

impl Default for Junit {
    fn default() -> Junit {
        Junit {
            report: Report::new("imapsh"),
            suites: Vec::new(),
        }
    }
}

impl Junit {
    /// A snippet begins: its title, and its file.
    pub fn suite(&mut self, title: &str, file: &str) {
        let mut suite = TestSuite::new(title);
        suite.extra.insert("file".into(), file.into());
        self.suites.push(suite);
    }

    /// A row of the last suite is over.
    pub fn case(&mut self, row: &Row, user: &str, ended: &Ended) {
        let Some(suite) = self.suites.last_mut() else {
            return;
        };
        let (failed, errors) = (NonSuccessKind::Failure, NonSuccessKind::Error);
        let non_success = |kind| TestCaseStatus::non_success(kind);
        let mut status = match &ended.verdict {
            Verdict::Passed => TestCaseStatus::success(),
            Verdict::Skipped(_) => TestCaseStatus::skipped(),
            Verdict::Failed(_) => non_success(failed),
            Verdict::Refused(_) | Verdict::Lost(_) | Verdict::Stopped => non_success(errors),
        };
        match &ended.verdict {
            Verdict::Skipped(why) => {
                status.set_message(visible(why));
            }
            Verdict::Stopped => {
                status.set_message("stopped before its end");
            }
            verdict => {
                if let Some(first) = verdict.failures().first() {
                    status.set_message(visible(&first.message));
                }
                let texts = verdict
                    .failures()
                    .iter()
                    .map(|failure| visible(&failure.text));
                let all = texts.collect::<Vec<_>>().join("\n");
                if !all.is_empty() {
                    status.set_type(verdict.word()).set_description(all);
                }
            }
        }
        let name = match (row.name(), user) {
            ("", "") => suite.name.to_string(),
            ("", user) => visible(user),
            (name, _) => format!("row {} {}", row.number, visible(name)),
        };
        let mut case = TestCase::new(name, status);
        case.set_classname(suite.name.to_string())
            .set_time(ended.time);
        suite.add_test_case(case);
    }

    /// Writes the file.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn write(mut self, path: &Path) -> io::Result<()> {
        self.report.add_test_suites(self.suites);
        let text = self.report.to_string().map_err(io::Error::other)?;
        std::fs::write(path, text)
    }
}

/// XML holds no control characters, not even escaped: they are shown as `\x1b`.
fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\t' => out.push(c),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => {
                out.extend(c.escape_default());
            }
            c => out.push(c),
        }
    }
    out
}
