//! Being stopped from outside.

use super::exit;

/// Waits for SIGINT, SIGTERM or SIGHUP; the exit code that goes with it. Where a signal cannot be had,
/// it never comes.
pub async fn stopped() -> u8 {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let wait = |kind: SignalKind| async move {
            match signal(kind) {
                Ok(mut stream) => {
                    stream.recv().await;
                }
                Err(_) => std::future::pending().await,
            }
        };
        tokio::select! {
            () = wait(SignalKind::interrupt()) => exit::INTERRUPTED,
            () = wait(SignalKind::terminate()) => exit::TERMINATED,
            () = wait(SignalKind::hangup()) => exit::HANGUP,
        }
    }
    #[cfg(not(unix))]
    {
        match tokio::signal::ctrl_c().await {
            Ok(()) => exit::INTERRUPTED,
            Err(_) => std::future::pending().await,
        }
    }
}
