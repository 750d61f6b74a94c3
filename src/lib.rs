//! imapsh: a full-screen terminal IMAP console, the successor of Cyrus `imtest`.
//!
//! The library exists so that the tests can reach everything; it promises no stable API.
//!
//! # The house
//!
//! | folder | what it is | what it must never know |
//! |---|---|---|
//! | [`wire`] | syntax: bytes, frames, tokens, responses | every other layer |
//! | [`session`] | flow: the sans-I/O client engine | sockets, clocks, mechanisms |
//! | [`sasl`] | mechanisms, identities, secrets | sockets, screens |
//! | [`model`] | meaning: what the server has told us | sockets, screens |
//! | [`transcript`] | record: every byte, secrets masked | sockets, screens |
//! | [`decode`] | reading: replies and mails taken apart for people | the transcript, sockets, screens |
//! | [`catalog`] | reference: what IMAP offers | sockets, screens |
//! | [`explain`] | reading: what replies and capabilities mean, in plain words | the session, sockets, screens |
//! | [`channel`] | the contract between a face and the connection task | everything that runs |
//! | [`safety`] | safe mode: what a command would destroy | sockets, screens, who typed it |
//! | [`snippet`] | saved commands: read, checked, played | sockets, clocks, screens, files |
//! | [`console`] | application core, shared by the faces | sockets, screens |
//! | [`compare`] | two transcripts, servers or users beside each other | sockets, screens |
//! | [`export`] | the transcript as files, and the trace as it happens | sockets, screens |
//! | [`import`] | logs: what others wrote down, as events | sockets, screens |
//! | [`batch`] | edge: a snippet for every row of a list, with a report and the way back | sockets, screens |
//! | [`link`] | edge: the connection task, TCP, TLS | what anything means |
//! | [`tui`] | face 1: the full screen | sockets, TLS, SASL |
//! | [`runner`] | face 2: headless verbs | screens |
//! | [`plain`] | face 3: cooked lines (`--plain`) | screens, keys |
//! | [`demo`] | the other side: the embedded server | the client's layers |
//! | [`config`] | profiles, accounts, places | sockets, screens |
//! | [`args`] | the command line | everything that runs |
//! | [`crash`] | what a crash prints, without what it quotes | everything |
//! | [`modes`] | from the command line to a face | what is behind the front doors |
//!
//! `tests/layers.rs` holds these lines.

pub mod args;
pub mod batch;
pub mod catalog;
pub mod channel;
pub mod compare;
pub mod config;
pub mod console;
pub mod crash;
pub mod decode;
pub mod demo;
pub mod explain;
pub mod export;
pub mod import;
pub mod link;
pub mod model;
pub mod modes;
pub mod plain;
pub mod runner;
pub mod safety;
pub mod sasl;
pub mod session;
pub mod snippet;
pub mod transcript;
pub mod tui;
pub mod wire;
