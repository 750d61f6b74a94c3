//! The exchange of each mechanism: what it needs of the credentials and the connection, checked before
//! anything is sent. One function for each kind, named by the rows of [`super::MECHANISMS`].

use zeroize::Zeroizing;

use crate::session::{Exchange, ExchangeError};

use super::framework::{Identity, Kind, failure, start};
use super::{Bindings, ChannelBinding, Credentials, MechanismSpec, Surroundings};

/// SCRAM, bound to TLS if its name ends in -PLUS. Without binding the gs2 flag is `n`, also beside an
/// offered -PLUS: we bind nothing, and Cyrus refuses a `y` there.
pub fn scram(
    spec: &'static MechanismSpec,
    credentials: &Credentials,
    surroundings: &Surroundings,
) -> Result<Box<dyn Exchange>, ExchangeError> {
    let binding = match spec.binds() {
        true => Some(binding(
            spec,
            credentials.channel_binding,
            &surroundings.bindings,
        )?),
        false => None,
    };
    let authcid = authcid(spec, credentials)?;
    let secret = secret(spec, credentials)?;
    // RFC 5802 section 5.1: name and password are prepared here, not by the server.
    let authcid = stringprep::saslprep(authcid).map_err(|_| {
        failure(format!(
            "The user name holds a character that SASLprep (RFC 4013) forbids, so {} cannot send it. \
             Try -m PLAIN.",
            spec.name
        ))
    })?;
    let password = stringprep::saslprep(secret).map_err(|_| {
        failure(format!(
            "The password holds a character that SASLprep (RFC 4013) forbids, so {} cannot use it. \
             Try -m PLAIN.",
            spec.name
        ))
    })?;
    let identity = Identity {
        authcid: Some(authcid.into_owned()),
        authzid: spec.authzid(credentials).map(str::to_owned),
        password: Some(Zeroizing::new(password.into_owned())),
        binding,
        ..Identity::default()
    };
    start(spec, credentials, Kind::Scram, identity)
}

/// The name and the data of the channel binding that the user wants, tls-exporter first. tls-unique cannot
/// be had (see the link's `binding`).
fn binding(
    spec: &MechanismSpec,
    wanted: ChannelBinding,
    bindings: &Bindings,
) -> Result<(&'static str, Vec<u8>), ExchangeError> {
    let exporter = bindings
        .exporter
        .as_ref()
        .map(|data| ("tls-exporter", data));
    let end_point = bindings
        .end_point
        .as_ref()
        .map(|data| ("tls-server-end-point", data));
    if exporter.is_none() && end_point.is_none() {
        return Err(failure(format!(
            "{} binds the login to the TLS connection, and this one has nothing to bind to: nothing was sent. \
             Use -s, or -t \"\" for STARTTLS, or take the mechanism without -PLUS.",
            spec.name
        )));
    }
    let (found, why) = match wanted {
        ChannelBinding::OnRequest | ChannelBinding::Require => (exporter.or(end_point), ""),
        ChannelBinding::Exporter => (
            exporter,
            "tls-exporter cannot be had: over TLS 1.2 it needs the extended master secret, asked for from the \
             start. Connect anew with this option, or take tls-server-end-point.",
        ),
        ChannelBinding::EndPoint => (
            end_point,
            "tls-server-end-point is not defined for this server's certificate, whose signature has no hash of \
             its own (Ed25519). Take tls-exporter.",
        ),
    };
    found
        .map(|(name, data)| (name, data.clone()))
        .ok_or_else(|| failure(format!("{} was not tried: {why}", spec.name)))
}

/// What an exchange of `spec` is bound by, if it is: `tls-exporter` or `tls-server-end-point`.
pub fn bound_by(
    spec: &MechanismSpec,
    credentials: &Credentials,
    surroundings: &Surroundings,
) -> Option<&'static str> {
    let found = binding(spec, credentials.channel_binding, &surroundings.bindings).ok()?;
    spec.binds().then_some(found.0)
}

/// CRAM-MD5 and DIGEST-MD5. The password goes into the digest as it was typed (RFC 2831 prepares nothing).
pub fn digest(
    spec: &'static MechanismSpec,
    credentials: &Credentials,
    surroundings: &Surroundings,
) -> Result<Box<dyn Exchange>, ExchangeError> {
    let authcid = authcid(spec, credentials)?.to_owned();
    if authcid.bytes().any(|byte| byte.is_ascii_control()) {
        return Err(failure(format!(
            "The user name holds a control character, which {} cannot carry.",
            spec.name
        )));
    }
    let identity = Identity {
        authcid: Some(authcid),
        authzid: spec.authzid(credentials).map(str::to_owned),
        password: Some(Zeroizing::new(secret(spec, credentials)?.to_owned())),
        realm: credentials.realm.clone(),
        host: Some(surroundings.host.clone()),
        ..Identity::default()
    };
    let kind = match spec.carries_realm {
        true => Kind::Digest,
        false => Kind::Plain,
    };
    start(spec, credentials, kind, identity)
}

/// PLAIN and SASL's LOGIN. The password goes as it was typed: preparing it is the server's work
/// (RFC 4616 section 2), and some servers compare octets.
pub fn password(
    spec: &'static MechanismSpec,
    credentials: &Credentials,
    _: &Surroundings,
) -> Result<Box<dyn Exchange>, ExchangeError> {
    let identity = Identity {
        authcid: Some(authcid(spec, credentials)?.to_owned()),
        authzid: spec.authzid(credentials).map(str::to_owned),
        password: Some(Zeroizing::new(secret(spec, credentials)?.to_owned())),
        ..Identity::default()
    };
    start(spec, credentials, Kind::Plain, identity)
}

/// XOAUTH2 and OAUTHBEARER. They name one user, whose mail it is: the authzid, else the authcid. Who
/// holds the token is in the token.
pub fn token(
    spec: &'static MechanismSpec,
    credentials: &Credentials,
    _: &Surroundings,
) -> Result<Box<dyn Exchange>, ExchangeError> {
    let token = secret(spec, credentials)?;
    if token.bytes().any(|b| b.is_ascii_control()) {
        return Err(failure(
            "The token holds a control character (a line end at its end?): it was not sent.".into(),
        ));
    }
    let user = spec
        .authzid(credentials)
        .map_or_else(|| authcid(spec, credentials), Ok)?;
    if user.contains(['\u{1}', '\0']) {
        return Err(failure(
            "The user name holds a ^A or a NUL, which OAuth cannot carry.".into(),
        ));
    }
    let bearer = spec.name == "OAUTHBEARER";
    let identity = Identity {
        authcid: Some(user.to_owned()),
        // RFC 5801 section 4: a saslname escapes these two, and rsasl leaves it to us here.
        authzid: bearer.then(|| user.replace('=', "=3D").replace(',', "=2C")),
        token: Some(Zeroizing::new(token.to_owned())),
        ..Identity::default()
    };
    let refused: &[u8] = if bearer { b"\x01" } else { b"" };
    start(spec, credentials, Kind::Token { refused }, identity)
}

/// EXTERNAL: who we are is in the client certificate, whom to be in the message (empty: whoever the
/// certificate is for).
pub fn external(
    spec: &'static MechanismSpec,
    credentials: &Credentials,
    _: &Surroundings,
) -> Result<Box<dyn Exchange>, ExchangeError> {
    let authzid = spec.authzid(credentials).map(str::to_owned);
    if authzid.as_deref().is_some_and(|name| name.contains('\0')) {
        return Err(failure(
            "The user name holds a NUL, which EXTERNAL cannot carry.".into(),
        ));
    }
    start(
        spec,
        credentials,
        Kind::Plain,
        Identity {
            authzid,
            ..Identity::default()
        },
    )
}

/// ANONYMOUS, with the authcid as its trace information.
pub fn anonymous(
    spec: &'static MechanismSpec,
    credentials: &Credentials,
    _: &Surroundings,
) -> Result<Box<dyn Exchange>, ExchangeError> {
    let trace = credentials
        .authcid
        .clone()
        .unwrap_or_else(|| "imapsh".to_owned());
    start(
        spec,
        credentials,
        Kind::Plain,
        Identity {
            authcid: Some(trace),
            ..Identity::default()
        },
    )
}

fn authcid<'a>(
    spec: &MechanismSpec,
    credentials: &'a Credentials,
) -> Result<&'a str, ExchangeError> {
    let authcid = credentials
        .authcid
        .as_deref()
        .filter(|name| !name.is_empty());
    let authcid = authcid.ok_or_else(|| {
        failure(format!(
            "{} needs a user to authenticate as: give -a.",
            spec.name
        ))
    })?;
    let zero = |name: &str| name.contains('\0');
    if zero(authcid) || credentials.authzid.as_deref().is_some_and(zero) {
        return Err(failure(format!(
            "The user name holds a NUL, which {} cannot carry.",
            spec.name
        )));
    }
    Ok(authcid)
}

fn secret<'a>(
    spec: &MechanismSpec,
    credentials: &'a Credentials,
) -> Result<&'a str, ExchangeError> {
    let secret = credentials
        .secret
        .as_ref()
        .map(super::Secret::expose)
        .unwrap_or_default();
    if secret.is_empty() {
        return Err(failure(format!(
            "{} needs a password or token, and none was given.",
            spec.name
        )));
    }
    if secret.contains('\0') {
        return Err(failure(format!(
            "The password holds a NUL, which {} cannot carry.",
            spec.name
        )));
    }
    Ok(secret)
}
