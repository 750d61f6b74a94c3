//! PLACES AND PEOPLE. Profiles, targets, and what they come to: a [`crate::channel::Plan`].
//!
//! Knows: the config file, URLs, precedence (command line, profile, default). Must not know: sockets, screens.
//! To add an option: a field in `profile.rs`, its line in `config.example.toml`, its use in `account.rs`.

pub mod account;
pub mod foreign;
pub mod paths;
pub mod profile;
pub mod remember;
pub mod target;

pub use account::{Account, AccountError, Wishes};
pub use profile::{Config, ConfigError, Profile};
pub use target::{Target, TargetError};
