//! PLACES AND PEOPLE. Options, profiles, targets, and what they come to: a [`crate::channel::Plan`].
//!
//! Knows: the config file, URLs, sources of passwords, precedence (command line, environment, profile,
//! the file's defaults, default). Must not know: sockets, screens.
//! `snippets.rs` lists the files of snippets, for completion and whoever shows them.
//! To add an option: a row in `settings/table.rs`, its line in `config.example.toml`, its use in
//! `account.rs` (or `safety.rs`, if it concerns certificates).

pub mod account;
pub mod error;
pub mod file;
pub mod foreign;
pub mod general;
pub mod keyring;
mod line;
pub mod near;
pub mod password;
pub mod paths;
pub mod remember;
pub mod report;
mod safety;
pub mod sections;
pub mod settings;
pub mod snippets;
pub mod target;

pub use account::{Account, Wishes};
pub use error::AccountError;
pub use file::{Config, ConfigError, Profile};
pub use general::General;
pub use target::{Target, TargetError};
