//! How many connections the server likes: fewer after each refusal, more again after a while.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

/// The first wait after a refusal; it doubles from there.
const FIRST: Duration = Duration::from_millis(100);
/// The longest.
const LONGEST: Duration = Duration::from_secs(10);
/// So many connections made in a row, and one more at once is tried.
const TRUST: usize = 8;

/// Shared by all rows of a run.
#[derive(Debug)]
pub(super) struct Throttle {
    inner: Mutex<Inner>,
    changed: Notify,
}

#[derive(Debug)]
struct Inner {
    most: usize,
    least: usize,
    allowed: usize,
    open: usize,
    not_before: Instant,
    wait: Duration,
    good: usize,
    /// A login has succeeded, or a connection where nobody logs in.
    ever: bool,
    /// Logins refused before the first one that succeeded.
    refused: u32,
    /// The fewest at once that was told.
    told: usize,
}

/// One connection's place; freed when dropped.
#[derive(Debug)]
pub(super) struct Seat<'t>(&'t Throttle);

impl Drop for Seat<'_> {
    fn drop(&mut self) {
        let mut inner = self.0.lock();
        inner.open = inner.open.saturating_sub(1);
        drop(inner);
        self.0.changed.notify_waiters();
    }
}

impl Throttle {
    /// At most `most` connections; never fewer than one row needs.
    pub fn new(most: usize, least: usize) -> Throttle {
        Throttle {
            inner: Mutex::new(Inner {
                most: most.max(least),
                least: least.max(1),
                allowed: most.max(least),
                open: 0,
                not_before: Instant::now(),
                wait: FIRST,
                good: 0,
                ever: false,
                refused: 0,
                told: usize::MAX,
            }),
            changed: Notify::new(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until one more connection may be tried. `own`: connections that the asking row has already; it
    /// gets what it needs whatever others do.
    pub async fn seat(&self, own: usize) -> Seat<'_> {
        loop {
            let changed = self.changed.notified();
            let wait = {
                let mut inner = self.lock();
                let now = Instant::now();
                if inner.not_before <= now && (inner.open < inner.allowed || own > 0) {
                    inner.open += 1;
                    return Seat(self);
                }
                inner.not_before.max(now + Duration::from_millis(1))
            };
            tokio::select! {
                () = changed => {}
                () = tokio::time::sleep_until(wait.max(Instant::now() + Duration::from_millis(5))) => {}
            }
        }
    }

    /// The server refused one more. Returns how many are tried at once from now on, if that is news.
    pub fn refused(&self) -> Option<usize> {
        let mut inner = self.lock();
        inner.good = 0;
        let now = Instant::now();
        if now < inner.not_before {
            // One of the same wave.
            return None;
        }
        let jitter = u32::from(std::process::id() as u8) % 32;
        inner.not_before = now + inner.wait + inner.wait * jitter / 128;
        inner.wait = (inner.wait * 2).min(LONGEST);
        // Those that are open are what it likes; this one was one too many.
        let fits = inner.open.saturating_sub(1).min(inner.allowed / 2);
        let fits = fits.max(inner.least);
        inner.allowed = fits;
        let less = fits < inner.told;
        inner.told = inner.told.min(fits);
        less.then_some(fits)
    }

    /// A connection is there, and logged in.
    pub fn accepted(&self) {
        let mut inner = self.lock();
        inner.ever = true;
        inner.good += 1;
        inner.wait = FIRST;
        if inner.good >= TRUST && inner.allowed < inner.most {
            inner.allowed += 1;
            inner.good = 0;
            drop(inner);
            self.changed.notify_waiters();
        }
    }

    /// Whether anything has ever succeeded.
    pub fn ever(&self) -> bool {
        self.lock().ever
    }

    /// The login is right, although it may not act for everybody.
    pub fn is_right(&self) {
        self.lock().ever = true;
    }

    /// Logins refused before the first one that succeeded.
    pub fn refusals(&self) -> u32 {
        self.lock().refused
    }

    /// A login was refused; how many were, if none has ever succeeded, else 0.
    pub fn login_refused(&self) -> u32 {
        let mut inner = self.lock();
        if inner.ever {
            return 0;
        }
        inner.refused += 1;
        inner.refused
    }
}
