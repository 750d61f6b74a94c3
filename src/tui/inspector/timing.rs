//! The tab Timing: is it the server, or the line?

use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::super::units::octets;
use super::{Press, Source};
use crate::transcript::interpret::{milliseconds, server_time};
use crate::transcript::{LineKind, Progress, Transcript};

/// Most lines of a command counted.
const LINES: usize = 2_000;
/// Most commands that it is compared with.
const COMMANDS: usize = 10_000;
/// Columns of the longest bar.
const BAR: usize = 24;

pub(super) fn make(source: &Source<'_>, press: &mut Press<'_>) {
    let transcript = source.transcript();
    let Some(index) = source.subject.command(transcript) else {
        return;
    };
    let Some(record) = transcript.command(index) else {
        press.text(
            0,
            b"This command is not kept any more.",
            press.theme().warning,
        );
        return;
    };
    let zone = &source.state.options.zone;
    let tag = transcript
        .command_tag(index)
        .map(|t| format!("{} ", String::from_utf8_lossy(t.as_bytes())))
        .unwrap_or_default();
    press.heading(&format!("{tag}{}", record.verb), "");
    let passed = Passed::of(transcript, index);
    press.field("Sent", &clock(record.at, zone));
    match passed.first {
        Some(first) => press.field("First octet", &after(record.at, first)),
        None => press.field("First octet", "nothing has come yet"),
    }
    if let Some(last) = passed.last {
        press.field("Last octet", &after(record.at, last));
    }
    match (record.progress, record.elapsed) {
        (Progress::Completed, Some(elapsed)) => {
            press.field(
                "Took",
                &format!(
                    "{} from its last octet out to the tagged response",
                    milliseconds(elapsed)
                ),
            );
        }
        (Progress::Abandoned, _) => press.field("Took", "it was never completed"),
        _ => press.field("Took", "it is still running"),
    }
    if let Some(elapsed) = record.elapsed {
        parts(transcript, index, elapsed, &passed, press);
    }
    press.heading("Passed", "");
    let more = if passed.cut { "at least " } else { "" };
    press.field("Out", &format!("{more}{} octets", passed.sent));
    press.field(
        "In",
        &format!(
            "{more}{} octets ({})",
            passed.received,
            octets(passed.received)
        ),
    );
    let transfer = passed.transfer();
    if !passed.cut && transfer >= Duration::from_millis(1) {
        #[allow(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss
        )]
        let rate = (passed.received as f64 / transfer.as_secs_f64()) as u64;
        press.field(
            "Rate",
            &format!("{}/s between first and last octet", octets(rate)),
        );
    }
    compared(transcript, index, &record.verb, record.elapsed, press);
}

/// Server, transfer, and what is neither.
fn parts(
    transcript: &Transcript,
    index: usize,
    elapsed: Duration,
    passed: &Passed,
    press: &mut Press<'_>,
) {
    let server = transcript
        .command_status(index)
        .and_then(|status| server_time(&status.text));
    press.heading("Where it went", "");
    let transfer = passed.transfer().min(elapsed);
    match server {
        Some(server) => {
            bar(press, "Server", server.total(), elapsed);
            if !server.waiting.is_zero() {
                press.field(
                    "",
                    &format!("{} of it waiting", milliseconds(server.waiting)),
                );
            }
        }
        None => press.field("Server", "does not say"),
    }
    bar(press, "Transfer", transfer, elapsed);
    // A server counts what it sends while it works: the two overlap, and what is left is the way and the queues.
    let known = server.map_or(transfer, |s| s.total().max(transfer));
    bar(press, "The rest", elapsed.saturating_sub(known), elapsed);
    let words = "Transfer: from the first octet of the reply to the last. The rest: the way there and back, and the server before it says anything.";
    press.text(2, words.as_bytes(), press.theme().dim);
}

fn bar(press: &mut Press<'_>, name: &str, time: Duration, of: Duration) {
    let share = time.as_secs_f64() / of.as_secs_f64().max(1e-9);
    #[allow(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss
    )]
    let filled = ((share.clamp(0.0, 1.0) * BAR as f64).round() as usize).min(BAR);
    press.field(
        name,
        &format!("{:>9}  {}", milliseconds(time), "#".repeat(filled)),
    );
}

/// With all others of its kind.
fn compared(
    transcript: &Transcript,
    index: usize,
    verb: &str,
    own: Option<Duration>,
    press: &mut Press<'_>,
) {
    let first = transcript
        .first_command()
        .max(transcript.command_count().saturating_sub(COMMANDS));
    let mut times: Vec<Duration> = (first..transcript.command_count())
        .filter_map(|at| transcript.command(at))
        .filter(|r| *r.verb == *verb)
        .filter_map(|r| r.elapsed)
        .collect();
    press.heading("Beside others of its kind", "in this session");
    if times.len() < 2 {
        press.field(verb, "there is no other one yet");
        return;
    }
    times.sort_unstable();
    // The smallest that so many hundredths are not above.
    let percentile = |p: usize| {
        let at = (times.len() * p).div_ceil(100).saturating_sub(1);
        times.get(at).copied().unwrap_or_default()
    };
    press.field("Commands", &times.len().to_string());
    press.field("p50", &milliseconds(percentile(50)));
    press.field("p95", &milliseconds(percentile(95)));
    let ends = (times.first(), times.last());
    if let (Some(fastest), Some(slowest)) = ends {
        press.field(
            "From",
            &format!("{} to {}", milliseconds(*fastest), milliseconds(*slowest)),
        );
    }
    let _ = index;
    if let Some(own) = own {
        let faster = times.iter().filter(|t| **t < own).count();
        press.field("This one", &format!("slower than {faster} of them"));
    }
}

/// What passed for one command, and when.
#[derive(Debug, Default)]
struct Passed {
    sent: u64,
    received: u64,
    first: Option<SystemTime>,
    last: Option<SystemTime>,
    cut: bool,
}

impl Passed {
    fn of(transcript: &Transcript, command: usize) -> Passed {
        let mut passed = Passed::default();
        let Some(record) = transcript.command(command) else {
            return passed;
        };
        let all = record.first_line..=record.last_line;
        passed.cut = record.last_line - record.first_line.min(record.last_line) >= LINES;
        for index in all.take(LINES) {
            let Some(line) = transcript
                .line(index)
                .filter(|l| l.command == Some(command))
            else {
                continue;
            };
            let mut octets = line.bytes.len() as u64;
            octets += line.ending.octets().len() as u64;
            let theirs = match line.kind {
                LineKind::Literal {
                    direction,
                    received,
                    ..
                } => {
                    octets = received;
                    direction == crate::wire::Direction::Server
                }
                LineKind::Received { .. } => true,
                LineKind::Sent => false,
                LineKind::Note(_) => continue,
            };
            if theirs {
                passed.received += octets;
                passed.first = passed.first.or(Some(line.at));
                passed.last = Some(line.at);
            } else {
                passed.sent += octets;
            }
        }
        if let Some(line) = record.completion_line.and_then(|at| transcript.line(at)) {
            passed.last = Some(line.at);
        }
        passed
    }

    fn transfer(&self) -> Duration {
        match (self.first, self.last) {
            (Some(first), Some(last)) => last.duration_since(first).unwrap_or_default(),
            _ => Duration::ZERO,
        }
    }
}

/// `12:05:10.118`.
fn clock(at: SystemTime, zone: &TimeZone) -> String {
    match Timestamp::try_from(at) {
        Ok(at) => at
            .to_zoned(zone.clone())
            .strftime("%H:%M:%S.%3f")
            .to_string(),
        Err(_) => "--:--:--".to_owned(),
    }
}

fn after(sent: SystemTime, then: SystemTime) -> String {
    match then.duration_since(sent) {
        Ok(time) => format!("{} later", milliseconds(time)),
        Err(_) => "0.00 ms later".to_owned(),
    }
}
