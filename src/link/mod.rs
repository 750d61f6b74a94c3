//! EDGE. The connection task: sockets, TLS, time. It drives one `Session` and speaks [`crate::channel`].
//!
//! Knows: tokio, rustls, the session, the mechanisms. Must not know: what mail means, screens, the
//! transcript, the console, the demo (`main` lends a dialer for it).
//! To add a way to reach a server: a file like `tunnel.rs`, an arm in `carrier.rs` and in `task/reach.rs`;
//! a step of the opening: `opening/`.

pub mod binding;
pub mod carrier;
pub mod deflate;
pub mod dial;
pub mod door;
pub mod encrypted;
pub mod guard;
pub mod login;
pub mod opening;
pub mod proxy;
pub mod recorded;
pub mod stream;
pub mod task;
pub mod tls;
pub mod tunnel;
pub mod verdict;

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::mpsc;

use crate::channel::{Notice, Plan, Request};

/// Makes the client's end of a new connection to the embedded demo server. Lent by `main`, so that this
/// layer need not know the demo.
pub type DemoDialer = Box<dyn FnMut() -> tokio::io::DuplexStream + Send>;

/// Notices that may wait for the face. More, and the socket is not read: a flood stops at TCP.
pub const NOTICES: usize = 16;

/// The face's ends of the two channels.
pub struct Handle {
    /// Down: never blocks.
    pub requests: mpsc::UnboundedSender<Request>,
    /// Up: bounded. The last notice is [`Notice::Ended`]; then the channel closes.
    pub notices: mpsc::Receiver<Notice>,
}

/// What the connections of one plan share: whom to trust, read once, and the TLS sessions that a later
/// handshake can resume.
#[derive(Clone, Default)]
pub struct Shared(Arc<Mutex<Option<Arc<tls::Tls>>>>);

impl Shared {
    fn get(&self) -> Option<Arc<tls::Tls>> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// No later handshake resumes a session; what was read of files stays. For servers that break such
    /// handshakes off.
    pub fn resume_no_more(&self) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(tls) = known.as_ref().filter(|tls| tls.resumes) {
            *known = Some(Arc::new(tls.without_resumption()));
        }
    }

    fn set(&self, tls: &Arc<tls::Tls>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(tls));
    }
}

/// Starts the connection task on the current tokio runtime: it dials at once. Dropping the handle's
/// `requests` closes the connection.
pub fn spawn(plan: Plan, demo: Option<DemoDialer>) -> Handle {
    spawn_sharing(plan, demo, &Shared::default())
}

/// As [`spawn`], for one of several connections of the same plan, one after another: the TLS sessions of
/// the earlier ones are resumed if the server lets us.
pub fn spawn_sharing(plan: Plan, demo: Option<DemoDialer>, shared: &Shared) -> Handle {
    let (requests, inbox) = mpsc::unbounded_channel();
    let (outbox, notices) = mpsc::channel(NOTICES);
    tokio::spawn(task::Task::new(plan, inbox, outbox, shared.clone()).run(demo));
    Handle { requests, notices }
}
