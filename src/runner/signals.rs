//! Being stopped from outside.

use std::future::Future;

use super::exit;

/// Waits for SIGINT, SIGTERM or SIGHUP; the exit code that goes with it. They are listened to from this
/// call on, not only once the future is polled. A signal that cannot be had never comes. Needs a tokio
/// runtime.
#[cfg(unix)]
pub fn stopped() -> impl Future<Output = u8> {
    use tokio::signal::unix::{Signal, SignalKind, signal};
    async fn wait(stream: Option<Signal>) {
        match stream {
            Some(mut stream) => {
                stream.recv().await;
            }
            None => std::future::pending().await,
        }
    }
    let interrupt = signal(SignalKind::interrupt()).ok();
    let terminate = signal(SignalKind::terminate()).ok();
    let hangup = signal(SignalKind::hangup()).ok();
    async move {
        tokio::select! {
            () = wait(interrupt) => exit::INTERRUPTED,
            () = wait(terminate) => exit::TERMINATED,
            () = wait(hangup) => exit::HANGUP,
        }
    }
}

/// Waits for Ctrl+C.
#[cfg(not(unix))]
pub async fn stopped() -> u8 {
    match tokio::signal::ctrl_c().await {
        Ok(()) => exit::INTERRUPTED,
        Err(_) => std::future::pending().await,
    }
}

/// Every signal that stops a program, as its exit code: the first one asks a mode to put things in order,
/// the second one to leave at once. Needs a tokio runtime.
pub fn all() -> super::talk::Signals {
    let (to, signals) = tokio::sync::mpsc::unbounded_channel();
    let mut next = stopped();
    tokio::spawn(async move {
        loop {
            let code = next.await;
            next = stopped();
            if to.send(code).is_err() {
                return;
            }
        }
    });
    signals
}
