//! MECHANISMS. What a login needs, which mechanism fits what the server offers, and the exchanges.
//!
//! Knows: rsasl, RFC 4422 identities, secrets. Must not know: sockets, screens.
//! To add a mechanism: one row in [`MECHANISMS`]; a file only if rsasl lacks it (as with `cram_md5`).

pub mod build;
pub mod choose;
pub mod cram_md5;
pub mod digest_md5;
pub mod framework;
pub mod gssapi;
pub mod identity;
pub mod oauth;

pub use choose::{ChooseError, Login, choose};
pub use identity::{Bindings, ChannelBinding, Credentials, Secret, Surroundings};

use crate::session::{Exchange, ExchangeError};

/// What a mechanism asks of [`Credentials`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Need {
    /// Who authenticates.
    Authcid,
    /// That one's password.
    Password,
    /// An OAuth 2.0 access token, given where a password is given.
    Token,
    /// TLS, to bind the login to it (RFC 5056).
    Binding,
    /// A Kerberos ticket, which says who authenticates.
    Ticket,
}

/// Makes the exchange of a mechanism, or says why the credentials or the connection do not fit it.
pub type Build = fn(
    &'static MechanismSpec,
    &Credentials,
    &Surroundings,
) -> Result<Box<dyn Exchange>, ExchangeError>;

/// One mechanism: how it is chosen and how it is built.
#[derive(Debug)]
pub struct MechanismSpec {
    /// The SASL name, upper case.
    pub name: &'static str,
    /// What must be there before it can begin.
    pub needs: &'static [Need],
    /// Whether it can carry an authzid that differs from the authcid.
    pub carries_authzid: bool,
    /// Whether it has a place for a realm (`-r`).
    pub carries_realm: bool,
    /// Whether who reads the line can use what he reads: the password or the token itself goes over it.
    pub reveals_secret: bool,
    /// Whether it is taken only if `-m` names it. With [`ChannelBinding::Require`] what binds is asked for.
    pub by_request_only: bool,
    /// Makes the exchange. Fails with a sentence if the credentials do not fit the mechanism.
    pub build: Build,
    /// Where it is defined.
    pub reference: &'static str,
}

impl MechanismSpec {
    /// The row of `name`, in any case; `AUTH=` before it is taken off.
    pub fn find(name: &str) -> Option<&'static MechanismSpec> {
        let name = match name.get(..5) {
            Some(prefix) if prefix.eq_ignore_ascii_case("AUTH=") => name.get(5..)?,
            _ => name,
        };
        MECHANISMS
            .iter()
            .find(|m| m.name.eq_ignore_ascii_case(name))
    }

    /// Whether `-a` must say who logs in. Else something else does: a certificate, or nobody.
    pub fn needs_authcid(&self) -> bool {
        self.needs.contains(&Need::Authcid)
    }

    /// Whether it needs a password or token.
    pub fn needs_secret(&self) -> bool {
        self.needs
            .iter()
            .any(|n| matches!(n, Need::Password | Need::Token))
    }

    /// Whether it binds the login to TLS.
    pub fn binds(&self) -> bool {
        self.needs.contains(&Need::Binding)
    }

    /// Whether building the exchange asks somebody on the network, which may take long.
    pub fn asks_around(&self) -> bool {
        self.needs.contains(&Need::Ticket)
    }

    /// The authzid that goes into the exchange, if one does. Where the mechanism sends no authcid
    /// (EXTERNAL: a certificate names that one), `-a` is sent as authzid: then the server lets us in as
    /// that user or not at all.
    pub fn authzid<'a>(&self, credentials: &'a Credentials) -> Option<&'a str> {
        let own = credentials
            .authcid
            .as_deref()
            .filter(|_| self.needs.is_empty());
        let authzid = credentials.authzid.as_deref().or(own);
        authzid.filter(|authzid| self.carries_authzid && !authzid.is_empty())
    }

    /// Who is known to have authenticated once the server has said OK: not the owner of a certificate. Of a
    /// ticket the exchange knows that.
    pub fn authcid<'a>(&self, credentials: &'a Credentials) -> Option<&'a str> {
        match self.name {
            "ANONYMOUS" => Some("anonymous"),
            _ if self.needs_authcid() => credentials.authcid.as_deref(),
            _ => None,
        }
    }
}

impl Credentials {
    /// Whether somebody is to be logged in: a user is named, or a mechanism that needs none.
    pub fn wants_login(&self) -> bool {
        let without_user =
            |name: &str| MechanismSpec::find(name).is_some_and(|m| !m.needs_authcid());
        self.authcid.is_some() || self.mechanism.as_deref().is_some_and(without_user)
    }
}

/// Every mechanism, the best first. The LOGIN command has its place behind SASL's LOGIN (see [`choose`]).
pub const MECHANISMS: &[MechanismSpec] = &[
    // Only where there is a ticket, and no password was given: see `choose`.
    MechanismSpec {
        name: "GSSAPI",
        needs: &[Need::Ticket],
        carries_authzid: true,
        carries_realm: false,
        reveals_secret: false,
        by_request_only: false,
        build: gssapi::build,
        reference: "RFC 4752",
    },
    MechanismSpec {
        name: "SCRAM-SHA-512-PLUS",
        needs: &[Need::Authcid, Need::Password, Need::Binding],
        carries_authzid: true,
        carries_realm: false,
        reveals_secret: false,
        by_request_only: true,
        build: build::scram,
        reference: "draft-melnikov-scram-sha-512",
    },
    MechanismSpec {
        name: "SCRAM-SHA-512",
        needs: &[Need::Authcid, Need::Password],
        carries_authzid: true,
        carries_realm: false,
        reveals_secret: false,
        by_request_only: false,
        build: build::scram,
        reference: "draft-melnikov-scram-sha-512",
    },
    MechanismSpec {
        name: "SCRAM-SHA-256-PLUS",
        needs: &[Need::Authcid, Need::Password, Need::Binding],
        carries_authzid: true,
        carries_realm: false,
        reveals_secret: false,
        by_request_only: true,
        build: build::scram,
        reference: "RFC 7677",
    },
    MechanismSpec {
        name: "SCRAM-SHA-256",
        needs: &[Need::Authcid, Need::Password],
        carries_authzid: true,
        carries_realm: false,
        reveals_secret: false,
        by_request_only: false,
        build: build::scram,
        reference: "RFC 7677",
    },
    MechanismSpec {
        name: "SCRAM-SHA-1-PLUS",
        needs: &[Need::Authcid, Need::Password, Need::Binding],
        carries_authzid: true,
        carries_realm: false,
        reveals_secret: false,
        by_request_only: true,
        build: build::scram,
        reference: "RFC 5802",
    },
    MechanismSpec {
        name: "SCRAM-SHA-1",
        needs: &[Need::Authcid, Need::Password],
        carries_authzid: true,
        carries_realm: false,
        reveals_secret: false,
        by_request_only: false,
        build: build::scram,
        reference: "RFC 5802",
    },
    MechanismSpec {
        name: "PLAIN",
        needs: &[Need::Authcid, Need::Password],
        carries_authzid: true,
        carries_realm: false,
        reveals_secret: true,
        by_request_only: false,
        build: build::password,
        reference: "RFC 4616",
    },
    MechanismSpec {
        name: "LOGIN",
        needs: &[Need::Authcid, Need::Password],
        carries_authzid: false,
        carries_realm: false,
        reveals_secret: true,
        by_request_only: false,
        build: build::password,
        reference: "draft-murchison-sasl-login",
    },
    MechanismSpec {
        name: "DIGEST-MD5",
        needs: &[Need::Authcid, Need::Password],
        carries_authzid: true,
        carries_realm: true,
        reveals_secret: false,
        by_request_only: false,
        build: build::digest,
        reference: "RFC 2831",
    },
    MechanismSpec {
        name: "CRAM-MD5",
        needs: &[Need::Authcid, Need::Password],
        carries_authzid: false,
        carries_realm: false,
        reveals_secret: false,
        by_request_only: false,
        build: build::digest,
        reference: "RFC 2195",
    },
    MechanismSpec {
        name: "XOAUTH2",
        needs: &[Need::Authcid, Need::Token],
        carries_authzid: true,
        carries_realm: false,
        reveals_secret: true,
        by_request_only: false,
        build: build::token,
        reference: "Google's XOAUTH2 protocol",
    },
    MechanismSpec {
        name: "OAUTHBEARER",
        needs: &[Need::Authcid, Need::Token],
        carries_authzid: true,
        carries_realm: false,
        reveals_secret: true,
        by_request_only: false,
        build: build::token,
        reference: "RFC 7628",
    },
    MechanismSpec {
        name: "EXTERNAL",
        needs: &[],
        carries_authzid: true,
        carries_realm: false,
        reveals_secret: false,
        by_request_only: false,
        build: build::external,
        reference: "RFC 4422, appendix A",
    },
    MechanismSpec {
        name: "ANONYMOUS",
        needs: &[],
        carries_authzid: false,
        carries_realm: false,
        reveals_secret: false,
        by_request_only: true,
        build: build::anonymous,
        reference: "RFC 4505",
    },
];
