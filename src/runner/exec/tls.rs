//! What TLS came to, on stderr.

use std::io::Write;

use tokio::io::{AsyncBufRead, AsyncWrite};

use super::Run;
use crate::channel::tls::TlsReport;

impl<R: AsyncBufRead + Unpin, W: AsyncWrite + Unpin, E: Write> Run<R, W, E> {
    /// All of it with `-v`; always, that a certificate ends soon.
    pub(super) fn on_tls(&mut self, report: &TlsReport) {
        if self.verbose {
            for line in report.lines() {
                self.say(&line);
            }
        }
        if let Some(warning) = report.expiry_warning() {
            self.say(&warning);
        }
    }
}
