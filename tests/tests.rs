//! Every test that needs no process of its own: one binary, one module per concern.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr
)]

mod common;

// the command line
mod args;
// what the panes that browse ask
mod asks;
// safe mode: questions, and what a reply suggests
mod asking;
// the sidebar: tree, open mailbox, flags, capabilities, rights
mod panels;
// mechanisms, against the demo and the RFC vectors
mod authenticate;
// files of a run: report, resume, undo, JUnit, trust
mod batch;
// the command table
mod catalog;
// what changed
mod changes;
// two servers or users asked the same
mod compare;
// ... in the screen, in tabs of their own
mod compare_tabs;
// COMPRESS=DEFLATE
mod compress;
// logins bound to TLS, over TLS
mod channel_binding;
// text with a caret: candidates, hints, colours
mod completion;
// replies and mails, taken apart
mod decode;
// config files, good and bad
mod config;
// the connect form
mod connect_form;
// notices in, requests out
mod console;
// the demo server by raw bytes
mod demo;
// CRAM-MD5 and DIGEST-MD5: vectors, servers that lie
mod digests;
// editor text to commands
mod draft;
// what helps to write a command: suggestion, encodings, files, dry run
mod editing;
// literals, quoting, modified UTF-7
mod encoding;
// traces, text, JSON lines, reports, the record
mod export;
// OSC 52, and what the keys offer
mod clipboard;
// what replies mean
mod explain;
// imtest's, openssl's and curl's command lines
mod foreign;
// filters: what they say, which lines they show
mod filter;
// search against a plain regex over all lines
mod find;
// cut anywhere, lose nothing
mod framing;
// mutated corpus, never a panic
mod fuzz;
// past commands, without secrets
mod history;
// hostile bytes through every view
mod hostile;
// IDLE and DONE
mod idle;
// the inspector
mod inspector;
// NOOP, IDLE anew, and the answer that never comes
mod keepalive;
// imtest's 33 faults, each with its proof
mod imtest_faults;
// the key table
mod keymap;
// who imports whom
mod layers;
// what is wrong with a typed command
mod lint;
// logs of other programs
mod logs;
// the connection task against misbehaving servers
mod link;
// what the server has told us
mod model;
// the second connection that listens
mod live;
// ... and is broken off
mod live_again;
// its pane
mod live_screen;
// the list of messages and the message that is read
mod messages;
// the message list, against a naive one
mod message_list;
// unix sockets, programs, the PROXY header
mod network;
// every option: flag, variable, key
mod options;
// imap-codec as the oracle
mod oracle;
// every panel in every size, from recordings of both real servers
mod browsed;
// what OAuth says: tokens and refusals
mod oauth;
// headless modes beside exec
mod modes;
// everything by name
mod palette;
// the 89 lines and more
mod responses;
// what a new connection takes up again
mod restore;
// runs over rows: servers that go wrong, pause, stop, throttle
mod runs;
// what a run says to a server
mod run_wire;
// headless verbs
mod runner;
// snippets: what is found without a connection
mod snippet_check;
// snippets: the grammar
mod snippet_grammar;
// snippets: replies by structure, values that try to be more than one
mod snippet_match;
// snippets: played against the demo and made-up servers
mod snippet_play;
// snippets: how they look
mod snippet_goldens;
// snippets: on the screen
mod snippet_screen;
// snippets: out of commands that were sent
mod snippet_recorded;
// imaptest's scripts, against made-up servers
mod snippet_imaptest;
// safe mode: judgement
mod safety;
// golden screens
mod screens;
// no secret anywhere
mod secrets;
// nor in what is written
mod secrets_shown;
// traces
mod session;
// the upgrade barrier
mod starttls;
// sessions side by side, act as
mod tabs;
// colours, brackets, hints and mistakes while one types
mod typing;
// certificates, pins, versions, and what is told of them
mod tls;
// roles to colours, the user's own
mod theme;
// the record
mod transcript;
// how it is kept: blocks, limit, full disk
mod transcript_store;
// the transcript pane: find, filter, forms, folding
mod view;
// vi's keys in the editor
mod vi;
// as whom, how long, what is offered
mod who;
// strength, realm, no initial response
mod wishes;
