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
    /// `--forget`: the secret is wiped once the server has accepted it, and asked for again when it is
    /// needed again.
    pub forget: bool,
    /// `-r`: the realm for DIGEST-MD5 (RFC 2831 section 2.1.1), the only mechanism that has one.
    /// `None`: the first that the server names.
    pub realm: Option<String>,
    /// `-i`: no initial response behind AUTHENTICATE, also where SASL-IR (RFC 4959) allows it.
    pub no_initial_response: bool,
    /// Whether the login must be bound to the TLS connection.
    pub channel_binding: ChannelBinding,
    /// `-k`: the least strength of the line that a login needs, in bits of the cipher; 0: none.
    pub min_ssf: u32,
    /// `-l`: the most strength that a SASL security layer may have. imapsh has no such layers, and as
    /// with imtest TLS may be stronger: only one below `min_ssf` cannot be met.
    pub max_ssf: Option<u32>,
}

/// Whether a login must be bound to the TLS connection that carries it (RFC 5056), so that nobody in
/// between can pass it on. Only the -PLUS mechanisms can.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum ChannelBinding {
    /// Only if `-m` names a -PLUS mechanism.
    #[default]
    OnRequest,
    /// A -PLUS mechanism or no login, bound by tls-exporter where that can be had, else by
    /// tls-server-end-point.
    Require,
    /// The same, by tls-exporter (RFC 9266) and nothing else.
    Exporter,
    /// The same, by tls-server-end-point (RFC 5929 section 4) and nothing else.
    EndPoint,
}

/// What a mechanism may have to know of the connection.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Surroundings {
    /// The host as the user named it, for DIGEST-MD5's digest-uri.
    pub host: String,
    /// The name that the server is to prove instead (`--server-name`): for GSSAPI's service.
    pub server_name: Option<String>,
    /// What the login can be bound to.
    pub bindings: Bindings,
}

impl Surroundings {
    /// The host whose service is wanted.
    pub fn service_host(&self) -> &str {
        self.server_name.as_deref().unwrap_or(&self.host)
    }
}

/// Channel binding data of the TLS connection (RFC 5056); nothing without TLS.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Bindings {
    /// tls-exporter (RFC 9266). `None` also over TLS 1.2 where nobody made sure of the extended master secret.
    pub exporter: Option<Vec<u8>>,
    /// tls-server-end-point (RFC 5929 section 4). `None` also where it is not defined (Ed25519).
    pub end_point: Option<Vec<u8>>,
}

impl fmt::Debug for Bindings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bindings")
            .field("exporter", &self.exporter.is_some())
            .field("end_point", &self.end_point.is_some())
            .finish()
    }
}

impl Credentials {
    /// Whether the login is to be bound to TLS: by the profile, or by the name of the mechanism.
    pub fn wants_binding(&self) -> bool {
        let plus = |name: &String| name.to_ascii_uppercase().ends_with("-PLUS");
        self.channel_binding != ChannelBinding::OnRequest
            || self.mechanism.as_ref().is_some_and(plus)
    }

    /// Whether another user's rights are wanted, so that a mechanism must carry the authzid.
    pub fn acts_for_another(&self) -> bool {
        self.authzid.is_some() && self.authzid != self.authcid
    }

    /// The user whose mail one will see: authzid, else authcid.
    pub fn effective(&self) -> Option<&str> {
        self.authzid.as_deref().or(self.authcid.as_deref())
    }
}
