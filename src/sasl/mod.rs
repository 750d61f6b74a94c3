//! MECHANISMS. What a login needs, which mechanism fits what the server offers, and the exchanges.
//!
//! Knows: rsasl, RFC 4422 identities, secrets. Must not know: sockets, screens.
//! To add a mechanism: one row in `MECHANISMS`; a file only if rsasl lacks it.

pub mod identity;

pub use identity::{Credentials, Secret};
