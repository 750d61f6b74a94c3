//! Who logs in, who that one acts as, and the secret (RFC 4422 section 2).

use std::fmt;
use std::sync::Arc;

use secrecy::{ExposeSecret, SecretString};

/// A password or token. Never printed, in any build. Clones share one place in memory (a session that
/// acts as another user logs in with the same secret); it is zeroized when the last of them is dropped.
#[derive(Clone)]
pub struct Secret(Arc<SecretString>);

impl Secret {
    /// Takes the text over.
    pub fn new(text: String) -> Secret {
        Secret(Arc::new(text.into()))
    }

    /// The text itself: for the wire only.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// How many logins hold it. With the last of them it goes.
    pub fn holders(&self) -> usize {
        Arc::strong_count(&self.0)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(********)")
    }
}

/// What a login needs. imtest's `-a`, `-u`, `-w`, `-m`.
#[derive(Debug, Clone, Default)]
pub struct Credentials {
    /// Authentication identity (`-a`): whose secret it is.
    pub authcid: Option<String>,
    /// Authorization identity (`-u`): whom to act as. `None`: as oneself.
    pub authzid: Option<String>,
    /// Password or token; `None`: not given yet.
    pub secret: Option<Secret>,
    /// `-m`: the mechanism to use, and no other (`login` is the LOGIN command, `AUTH=LOGIN` is SASL's).
    pub mechanism: Option<String>,
    /// Send a password over an unencrypted line to a host that is not loopback.
    pub allow_plaintext: bool,
}

impl Credentials {
    /// Whether another user's rights are wanted, so that a mechanism must carry the authzid.
    pub fn acts_for_another(&self) -> bool {
        self.authzid.is_some() && self.authzid != self.authcid
    }

    /// The user whose mail one will see: authzid, else authcid.
    pub fn effective(&self) -> Option<&str> {
        self.authzid.as_deref().or(self.authcid.as_deref())
    }
}
