//! The demo server by raw bytes: nothing of the client's code takes part, so that a mistake the two
//! might share cannot cancel itself out.

// one connection driven by hand
mod client;
// every command and what it answers
mod commands;
// bytes and messages made to break it
mod hostile;
// who may log in, and as whom
mod login;
// pipes, TCP, STARTTLS
mod edge;
// states, literals, and what sessions hear of each other
mod sessions;
