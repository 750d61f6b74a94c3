//! Who logs in, and where: the one place where tests make credentials and plans.
//!
//! `who("cyrus").with("adminpass").acting_as("craig").by("PLAIN")` is `-a cyrus -w adminpass -u craig -m PLAIN`;
//! what is rarer is set in the fields.

use std::time::Duration;

use imapsh::channel::{Limits, Place, Plan, Security};
use imapsh::sasl::{Credentials, Secret};

/// `-a authcid`, and nothing else.
pub fn who(authcid: &str) -> Credentials {
    Credentials {
        authcid: Some(authcid.to_owned()),
        ..Credentials::default()
    }
}

/// What is added to them.
pub trait And: Sized {
    /// `-w secret`
    fn with(self, secret: &str) -> Self;
    /// `-u authzid`
    fn acting_as(self, authzid: &str) -> Self;
    /// `-m mechanism`
    fn by(self, mechanism: &str) -> Self;
}

impl And for Credentials {
    fn with(mut self, secret: &str) -> Self {
        self.secret = Some(Secret::new(secret.to_owned()));
        self
    }

    fn acting_as(mut self, authzid: &str) -> Self {
        self.authzid = Some(authzid.to_owned());
        self
    }

    fn by(mut self, mechanism: &str) -> Self {
        self.mechanism = Some(mechanism.to_owned());
        self
    }
}

/// To `place` on an unencrypted line; nobody logs in, and each wait ends after `deadline` (an answer may take
/// for ever).
pub fn plan_to(place: Place, deadline: Duration) -> Plan {
    Plan {
        security: Security::Plain,
        limits: Limits {
            connect: deadline,
            greeting: deadline,
            answer: None,
        },
        ..Plan::new(place)
    }
}
