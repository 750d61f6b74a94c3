//! FLOW. The sans-I/O IMAP client engine: bytes and time in, bytes and events out.
//!
//! Knows: tags, commands in flight, continuation requests, literals, AUTHENTICATE, IDLE, STARTTLS.
//! Must not know: sockets, clocks (time is an argument), mechanisms (see [`Exchange`]), screens.
//! To add a flow: one file with one small state machine, and its arm in `Session`.

pub mod event;
pub mod exchange;

pub use event::{Awaiting, CloseCause, CommandId, Event, Reply, Violation};
pub use exchange::{Answer, Exchange, ExchangeError};
