//! rsasl's mechanisms as [`Exchange`]s. The only file that names rsasl on the client's side.
//!
//! rsasl says `authid`, we say authcid (RFC 4616). Its rules that are kept here: nothing is stepped after
//! an error or after the end (SCRAM would panic), a success while the mechanism still runs is stepped
//! once more with nothing, and what was written before an error is thrown away.

use std::sync::Arc;

use rsasl::callback::{Context, Request, SessionCallback, SessionData};
use rsasl::mechanisms::anonymous::AnonymousToken;
use rsasl::mechname::Mechname;
use rsasl::prelude::{SASLClient, SASLConfig, SessionError};
use rsasl::property::{AuthId, AuthzId, OAuthBearerToken, Password};
use zeroize::Zeroizing;

use crate::session::{Answer, Exchange, ExchangeError};

use super::{Credentials, MechanismSpec, Surroundings};

/// Most PBKDF2 rounds that a server may make us compute (RFC 5802 has no limit, and a hostile server
/// could stop us for hours). Known servers ask for 4,096 to 600,000.
pub const MOST_ITERATIONS: u64 = 1_000_000;

/// SCRAM without channel binding. Its gs2 flag is `n`, also beside an offered -PLUS: we bind nothing, and
/// Cyrus refuses a `y` there.
pub fn scram(
    spec: &'static MechanismSpec,
    credentials: &Credentials,
    _: &Surroundings,
) -> Result<Box<dyn Exchange>, ExchangeError> {
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
        token: None,
    };
    start(spec, Kind::Scram, identity)
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
        token: None,
    };
    start(spec, Kind::Plain, identity)
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
        password: None,
        token: Some(Zeroizing::new(token.to_owned())),
    };
    let refused: &[u8] = if bearer { b"\x01" } else { b"" };
    start(spec, Kind::Token { refused }, identity)
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
        Kind::Plain,
        Identity {
            authcid: Some(trace),
            ..Identity::default()
        },
    )
}

/// What the mechanisms ask for.
#[derive(Default)]
struct Identity {
    authcid: Option<String>,
    authzid: Option<String>,
    password: Option<Zeroizing<String>>,
    token: Option<Zeroizing<String>>,
}

impl SessionCallback for Identity {
    fn callback(
        &self,
        session: &SessionData,
        _: &Context,
        request: &mut Request,
    ) -> Result<(), SessionError> {
        // The error of a satisfied request is rsasl's way to stop asking: it must get out.
        if let Some(authcid) = &self.authcid {
            request.satisfy::<AuthId>(authcid)?;
            if session.mechanism().mechanism.as_str() == "ANONYMOUS" {
                request.satisfy::<AnonymousToken>(authcid)?;
            }
        }
        if let Some(authzid) = &self.authzid {
            request.satisfy::<AuthzId>(authzid)?;
        }
        if let Some(password) = &self.password {
            request.satisfy::<Password>(password.as_bytes())?;
        }
        if let Some(token) = &self.token {
            request.satisfy::<OAuthBearerToken>(token)?;
        }
        Ok(())
    }

    fn enable_channel_binding(&self) -> bool {
        false
    }
}

/// What differs between the exchanges.
enum Kind {
    Plain,
    Scram,
    /// A challenge means that the token was refused; this is the answer that ends it.
    Token {
        refused: &'static [u8],
    },
}

enum State {
    /// Nothing was said yet.
    Fresh(Box<rsasl::prelude::Session>),
    /// The mechanism waits for more.
    Running(Box<rsasl::prelude::Session>),
    /// The mechanism has all it wants.
    Finished,
    /// It ended with an error; the sentence.
    Failed(String),
}

/// One rsasl session.
struct Framework {
    spec: &'static MechanismSpec,
    kind: Kind,
    client_first: bool,
    state: State,
}

fn start(
    spec: &'static MechanismSpec,
    kind: Kind,
    identity: Identity,
) -> Result<Box<dyn Exchange>, ExchangeError> {
    let unavailable = |_| {
        failure(format!(
            "{} could not be started; this is a fault of imapsh.",
            spec.name
        ))
    };
    let config: Arc<SASLConfig> = SASLConfig::builder()
        .with_defaults()
        .with_callback(identity)
        .map_err(unavailable)?;
    let name = Mechname::parse(spec.name.as_bytes()).map_err(|_| {
        failure(format!(
            "{} is no mechanism name; this is a fault of imapsh.",
            spec.name
        ))
    })?;
    let session = SASLClient::new(config)
        .start_suggested(&[name])
        .map_err(unavailable)?;
    let client_first = session.are_we_first();
    Ok(Box::new(Framework {
        spec,
        kind,
        client_first,
        state: State::Fresh(Box::new(session)),
    }))
}

impl Exchange for Framework {
    fn mechanism(&self) -> &str {
        self.spec.name
    }

    fn client_first(&self) -> bool {
        self.client_first
    }

    fn step(&mut self, challenge: Option<&[u8]>) -> Answer {
        match std::mem::replace(&mut self.state, State::Finished) {
            State::Fresh(session) => self.advance(session, challenge),
            State::Running(session) => {
                if let Kind::Token { refused } = self.kind {
                    // RFC 7628 section 3.2.3: the reason stands in the challenge; the NO comes behind this.
                    return Answer::Send(Zeroizing::new(refused.to_vec()));
                }
                if matches!(self.kind, Kind::Scram)
                    && let Some(reason) = challenge.and_then(|text| text.strip_prefix(b"e="))
                {
                    // RFC 5802 section 7, server-error: its NO comes behind our empty answer.
                    self.state = State::Failed(format!(
                        "The server refused {} ({}) and then said OK: do not trust it.",
                        self.spec.name,
                        String::from_utf8_lossy(reason.get(..64).unwrap_or(reason))
                    ));
                    return Answer::Send(Zeroizing::default());
                }
                if let (Kind::Scram, Some(asked)) = (&self.kind, challenge.and_then(iterations))
                    && asked > MOST_ITERATIONS
                {
                    return self.fail(format!(
                        "The server asks for {asked} rounds of password hashing; imapsh computes at most \
                         {MOST_ITERATIONS}. The exchange was stopped: take another mechanism with -m."
                    ));
                }
                self.advance(session, Some(challenge.unwrap_or_default()))
            }
            State::Finished if challenge.unwrap_or_default().is_empty() => {
                Answer::Send(Zeroizing::default())
            }
            State::Finished => self.fail(format!(
                "The server went on asking after {} was over; the exchange was stopped.",
                self.spec.name
            )),
            State::Failed(sentence) => self.fail(sentence),
        }
    }

    fn finish(&mut self) -> Result<(), ExchangeError> {
        match std::mem::replace(&mut self.state, State::Finished) {
            State::Finished => Ok(()),
            State::Running(mut session) => {
                // What the mechanism writes now is not sent to anybody.
                let mut unsent = Zeroizing::new(Vec::new());
                match session.step(None, &mut *unsent) {
                    Ok(_) => Ok(()),
                    Err(_) if matches!(self.kind, Kind::Scram) => Err(failure(format!(
                        "The server let us in without proving that it knows the password (its {} signature never \
                         came): {IMPOSTOR}",
                        self.spec.name
                    ))),
                    Err(error) => Err(failure(self.sentence(&error))),
                }
            }
            State::Fresh(_) => Err(failure(format!(
                "The server said OK before {} had begun: whoever it let in, it was not us.",
                self.spec.name
            ))),
            State::Failed(sentence) => {
                self.state = State::Failed(sentence.clone());
                Err(failure(sentence))
            }
        }
    }
}

/// How the sentence ends when the server failed to prove itself (RFC 5802 section 5): see [`is_impostor`].
const IMPOSTOR: &str = "it may be an impostor, do not trust it.";

/// Whether `error` means that the server did not prove that it knows the password. Such a connection is
/// not to be used any more.
pub fn is_impostor(error: &ExchangeError) -> bool {
    error.0.ends_with(IMPOSTOR)
}

impl Framework {
    fn advance(
        &mut self,
        mut session: Box<rsasl::prelude::Session>,
        challenge: Option<&[u8]>,
    ) -> Answer {
        // A client-first mechanism has nothing to read before its first message.
        let first = challenge.unwrap_or_default().is_empty() && self.client_first;
        let input = if first { None } else { challenge };
        let mut out = Zeroizing::new(Vec::with_capacity(4096));
        match session.step(input, &mut *out) {
            Ok(state) => {
                if state.is_running() {
                    self.state = State::Running(session);
                }
                Answer::Send(out)
            }
            Err(error) => self.fail(self.sentence(&error)),
        }
    }

    fn fail(&mut self, sentence: String) -> Answer {
        self.state = State::Failed(sentence.clone());
        Answer::Cancel(failure(sentence))
    }

    fn sentence(&self, error: &SessionError) -> String {
        let name = self.spec.name;
        match error {
            SessionError::MutualAuthenticationFailed => format!(
                "The server could not prove that it knows the password (its {name} signature is wrong): \
                 {IMPOSTOR}"
            ),
            SessionError::InputDataRequired => {
                format!("The server left out a part of {name}; the exchange was stopped.")
            }
            SessionError::MechanismError(inner) => {
                format!(
                    "The server's side of {name} makes no sense ({inner}); the exchange was stopped."
                )
            }
            other => format!("{name} was stopped: {other}."),
        }
    }
}

/// The iteration count of a server-first-message (RFC 5802 section 7).
fn iterations(challenge: &[u8]) -> Option<u64> {
    let value = challenge
        .split(|b| *b == b',')
        .find_map(|attribute| attribute.strip_prefix(b"i="))?;
    let text = std::str::from_utf8(value).ok()?;
    // What is no number at all is rsasl's to refuse; what is too long for one is too many.
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    digits.then(|| text.parse().unwrap_or(u64::MAX))
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

fn failure(sentence: String) -> ExchangeError {
    ExchangeError(sentence)
}
