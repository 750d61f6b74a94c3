//! A log instead of a connection: read in a thread of its own, told as a connection would tell it. The
//! notices are bounded, so a log of any size is read no faster than it is shown.

use std::time::{Duration, Instant};

use tokio::sync::mpsc;

use super::{Handle, NOTICES};
use crate::channel::{Notice, Progress};
use crate::import::{Heard, ImportError, Overhearing, Source};
use crate::session::CloseCause;

/// Between two words about how far it is.
const PROGRESS: Duration = Duration::from_millis(200);

/// Starts reading. Dropping the handle's `notices` ends it. Requests go nowhere.
pub fn spawn(source: Source) -> Handle {
    let (requests, _) = mpsc::unbounded_channel();
    let (outbox, notices) = mpsc::channel(NOTICES);
    tokio::task::spawn_blocking(move || {
        let (cause, sentence) = match read(&source, &outbox) {
            Ok(()) => (CloseCause::Local, "The log ends here.".to_owned()),
            Err(error) => (CloseCause::Failed(error.to_string()), format!("{error}.")),
        };
        let _ = outbox.blocking_send(Notice::Ended { cause, sentence });
    });
    Handle { requests, notices }
}

fn read(source: &Source, outbox: &mpsc::Sender<Notice>) -> Result<(), ImportError> {
    let mut log = Overhearing::open(source)?;
    let mut told = Instant::now();
    let mut failed = None;
    loop {
        let heard = match log.hear() {
            Ok(Some(heard)) => heard,
            Ok(None) => break,
            Err(error) => {
                failed = Some(error);
                continue;
            }
        };
        let notice = match heard {
            Heard::Events { at, events } => Notice::Events { at, events },
            Heard::Remark { at, text, warning } => Notice::Remark { at, text, warning },
        };
        if outbox.blocking_send(notice).is_err() {
            // Nobody looks any more.
            return Ok(());
        }
        if told.elapsed() >= PROGRESS {
            told = Instant::now();
            let (done, all) = log.progress();
            let _ = outbox.blocking_send(Notice::Progress(Progress::Reading { done, all }));
        }
    }
    failed.map_or(Ok(()), Err)
}
