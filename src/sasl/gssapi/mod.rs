//! GSSAPI (RFC 4752): Kerberos tickets, with an authzid and no security layer (TLS does that).
//!
//! Only with the cargo feature `gssapi`, which needs MIT's or Heimdal's library. Without it the mechanism is
//! known by name, so that a sentence can say what to build. Here alone the system's Kerberos library is
//! called: it reads krb5.conf and the credentials cache, and asks the KDC for the service's ticket.
//!
//! The authcid is not ours to say: it is the principal of the ticket.

use crate::session::{Exchange, ExchangeError};

use super::{Credentials, MechanismSpec, Surroundings};

#[cfg(feature = "gssapi")]
mod exchange;
#[cfg(feature = "gssapi")]
mod reason;

/// Whether this imapsh was built with the feature `gssapi`.
pub const BUILT: bool = cfg!(feature = "gssapi");

/// What to do if it was not.
pub const NOT_BUILT: &str = "This imapsh was built without GSSAPI (Kerberos): nothing was tried. Build it with \
    `cargo install --path . --features gssapi`, which needs libkrb5-dev and libclang, or take another \
    mechanism with -m.";

/// Whether there is a ticket to log in with: in the credentials cache, not expired, and of `authcid` if one is
/// given. Reads files; a client keytab, where there is one, may make it ask the KDC.
pub fn has_ticket(authcid: Option<&str>) -> bool {
    #[cfg(feature = "gssapi")]
    return exchange::has_ticket(authcid);
    #[cfg(not(feature = "gssapi"))]
    {
        let _ = authcid;
        false
    }
}

/// The exchange, its first token made already: that one asks the KDC, which may take long.
///
/// # Errors
/// A sentence with the next step: no ticket, an expired one, a service that the KDC does not know ...
pub fn build(
    spec: &'static MechanismSpec,
    credentials: &Credentials,
    surroundings: &Surroundings,
) -> Result<Box<dyn Exchange>, ExchangeError> {
    #[cfg(feature = "gssapi")]
    return exchange::start(spec, credentials, surroundings);
    #[cfg(not(feature = "gssapi"))]
    {
        let _ = (spec, credentials, surroundings);
        Err(ExchangeError(NOT_BUILT.to_owned()))
    }
}
