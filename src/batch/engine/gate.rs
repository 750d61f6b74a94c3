//! Whether commands may go: going, paused, stopping, over.

use tokio::sync::{Semaphore, watch};

/// What holds for the whole run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pace {
    /// As fast as it can.
    Going,
    /// Nothing goes, but for single steps.
    Paused,
    /// Nothing goes any more; connections are dropped.
    Over,
}

/// What every row asks before each command.
#[derive(Debug)]
pub(super) struct Gate {
    pace: watch::Sender<Pace>,
    steps: Semaphore,
}

impl Gate {
    pub fn new() -> Gate {
        Gate {
            pace: watch::Sender::new(Pace::Going),
            steps: Semaphore::new(0),
        }
    }

    pub fn pace(&self) -> Pace {
        *self.pace.borrow()
    }

    /// Over stays over.
    pub fn set(&self, pace: Pace) {
        self.pace.send_if_modified(|now| {
            let changes = *now != Pace::Over && *now != pace;
            if changes {
                *now = pace;
            }
            changes
        });
        if pace != Pace::Paused {
            self.steps.forget_permits(usize::MAX >> 4);
        }
    }

    /// Rows may begin again after it was over: all of them have ended.
    pub fn reopen(&self) {
        self.pace.send_replace(Pace::Going);
    }

    /// One command more.
    pub fn step(&self) {
        self.steps.add_permits(1);
    }

    /// Waits for its turn; false: it is over.
    pub async fn pass(&self) -> bool {
        let mut pace = self.pace.subscribe();
        loop {
            match *pace.borrow_and_update() {
                Pace::Going => return true,
                Pace::Over => return false,
                Pace::Paused => {}
            }
            tokio::select! {
                changed = pace.changed() => if changed.is_err() { return false },
                permit = self.steps.acquire() => {
                    return permit.map(tokio::sync::SemaphorePermit::forget).is_ok();
                }
            }
        }
    }

    /// Until it is over.
    pub async fn over(&self) {
        let mut pace = self.pace.subscribe();
        let _ = pace.wait_for(|pace| *pace == Pace::Over).await;
    }
}
