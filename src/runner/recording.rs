//! A connection whose trace is written while a runner talks over it (`--record`).

use std::path::Path;
use std::time::SystemTime;

use tokio::sync::mpsc;

use crate::channel::Notice;
use crate::export::{FileError, Overwrite, Recorder, dated};
use crate::link::{Handle, NOTICES};

/// Begins the trace; before anything is dialled.
///
/// # Errors
/// A sentence: without a terminal nobody can be asked whether a file is to be overwritten.
pub fn begin(file: &Path) -> Result<Recorder, String> {
    Recorder::create(&dated(file), Overwrite::No).map_err(|error| match error {
        FileError::Exists { path } => format!(
            "--record: {} exists and was not touched; name another file, or remove it (a name with \
             %Y%m%d-%H%M%S in it is a new one each time)",
            path.display()
        ),
        error => format!("--record: {error}"),
    })
}

/// `handle`, with everything it tells written down before it is handed on.
pub fn recorded(handle: Handle, recorder: Recorder) -> Handle {
    let Handle {
        requests,
        notices: mut told,
    } = handle;
    let (outbox, notices) = mpsc::channel(NOTICES);
    tokio::spawn(async move {
        let mut recorder = Some(recorder);
        while let Some(notice) = told.recv().await {
            let failed = match &mut recorder {
                Some(recorder) => recorder.notice(SystemTime::now(), 1, &notice),
                None => None,
            };
            let last = match (failed, matches!(notice, Notice::Ended { .. })) {
                (Some(sentence), _) => {
                    recorder = None;
                    Some(sentence)
                }
                (None, true) => recorder.take().and_then(|r| r.finish().err()),
                (None, false) => None,
            };
            if let Some(sentence) = last {
                let _ = outbox.send(Notice::Warning(sentence)).await;
            }
            if outbox.send(notice).await.is_err() {
                return;
            }
        }
    });
    Handle { requests, notices }
}
