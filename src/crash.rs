//! What is printed when imapsh crashes: where, and what went wrong, but nothing that it was working on. The
//! messages of the standard library quote text (`byte index 1 is not a char boundary; ... of "..."`), and that
//! text may be a password.
//!
//! Knows nothing of the rest of the program. It is the first thing that `main` does.

use std::io::Write;
use std::panic::PanicHookInfo;
use std::sync::atomic::{AtomicBool, Ordering};

/// The program's work is done: only its threads are still being ended.
static LEAVING: AtomicBool = AtomicBool::new(false);

/// Nothing is reported any more: a task that tokio still polls while its clock is being stopped panics, and
/// that is no mistake of anybody's.
pub fn leaving() {
    LEAVING.store(true, Ordering::Relaxed);
}

/// From now on a crash prints [`report`] on stderr.
pub fn install() {
    std::panic::set_hook(Box::new(|info| {
        if LEAVING.load(Ordering::Relaxed) {
            return;
        }
        let place = info.location().map(ToString::to_string);
        let text = report(message(info), place.as_deref());
        let _ = writeln!(std::io::stderr(), "{text}");
        let trace = std::backtrace::Backtrace::capture();
        if trace.status() == std::backtrace::BacktraceStatus::Captured {
            let _ = writeln!(std::io::stderr(), "{trace}");
        }
    }));
}

fn message<'a>(info: &'a PanicHookInfo<'_>) -> &'a str {
    let payload = info.payload();
    payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or_default()
}

/// The text of a crash: `message` up to the first thing it quotes, and the place in the source.
pub fn report(message: &str, place: Option<&str>) -> String {
    let quoted = ['"', '\'', '`', '\u{2018}', '\u{201c}'];
    // Only the first line: a failed comparison shows both sides on the next ones.
    let line = message.lines().next().unwrap_or_default();
    let before = line.split(quoted).next().unwrap_or_default().trim_end();
    let left_out = if before.len() < message.trim_end().len() {
        " (what it quotes is left out: it may be secret)"
    } else {
        ""
    };
    format!(
        "imapsh crashed, which is a mistake in imapsh: {before}{left_out}, at {}. The connection is closed. \
         RUST_BACKTRACE=1 shows more; please report it.",
        place.unwrap_or("an unknown place")
    )
}
