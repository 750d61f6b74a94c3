//! What `-v` says about time.

use std::time::Duration;

use crate::channel::OpeningPart;
use crate::transcript::interpret::{self, milliseconds};
use crate::wire::response::StatusResponse;

/// `TLS took 2.10 ms`.
pub(super) fn opening(part: OpeningPart, time: Duration) -> String {
    let what = match part {
        OpeningPart::Connect => "connecting",
        OpeningPart::Tls => "TLS",
        OpeningPart::Greeting => "the greeting",
        OpeningPart::Login => "the login",
    };
    format!("{what} took {}", milliseconds(time))
}

/// `A0001 NOOP took 12.4 ms: the server says 3.00 ms, network and transfer 9.40 ms`.
pub(super) fn command(name: &str, status: &StatusResponse, elapsed: Duration) -> String {
    let timing = interpret::timing(elapsed, interpret::server_time(&status.text));
    format!("{name} {timing}")
}
