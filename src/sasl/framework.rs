//! rsasl's mechanisms, and our own within its frame, as [`Exchange`]s.
//!
//! rsasl says `authid`, we say authcid (RFC 4616). Its rules that are kept here: nothing is stepped after
//! an error or after the end (SCRAM would panic), a success while the mechanism still runs is stepped
//! once more with nothing, and what was written before an error is thrown away.

use std::sync::Arc;

use rsasl::callback::{Context, Request, SessionCallback, SessionData};
use rsasl::mechanisms::anonymous::AnonymousToken;
use rsasl::mechanisms::{anonymous, external, login, oauthbearer, plain, scram, xoauth2};
use rsasl::mechname::Mechname;
use rsasl::prelude::{
    ChannelBindingCallback, Mechanism, Registry, SASLClient, SASLConfig, SessionError,
};
use rsasl::property::{
    AuthId, AuthzId, Hostname, OAuthBearerToken, OverrideCBType, Password, Realm,
};
use rsasl::validate::NoValidation;
use zeroize::Zeroizing;

use crate::session::{Answer, Exchange, ExchangeError};

use super::cram_md5::CRAM_MD5;
use super::digest_md5::DIGEST_MD5;
use super::{Credentials, MechanismSpec};

/// Most PBKDF2 rounds that a server may make us compute (RFC 5802 has no limit, and a hostile server
/// could stop us for hours). Known servers ask for 4,096 to 600,000.
pub const MOST_ITERATIONS: u64 = 1_000_000;

/// What can be chosen: rsasl's own, those with channel binding, which its defaults leave out, and ours.
static REGISTRY: &[Mechanism] = &[
    scram::SCRAM_SHA512_PLUS,
    scram::SCRAM_SHA512,
    scram::SCRAM_SHA256_PLUS,
    scram::SCRAM_SHA256,
    scram::SCRAM_SHA1_PLUS,
    scram::SCRAM_SHA1,
    plain::PLAIN,
    login::LOGIN,
    DIGEST_MD5,
    CRAM_MD5,
    xoauth2::XOAUTH2,
    oauthbearer::OAUTHBEARER,
    external::EXTERNAL,
    anonymous::ANONYMOUS,
];

/// What the mechanisms ask for.
#[derive(Default)]
pub(super) struct Identity {
    pub authcid: Option<String>,
    pub authzid: Option<String>,
    pub password: Option<Zeroizing<String>>,
    pub token: Option<Zeroizing<String>>,
    pub realm: Option<String>,
    pub host: Option<String>,
    /// The name of the channel binding, and its data.
    pub binding: Option<(&'static str, Vec<u8>)>,
}

/// The channel binding for rsasl, which looks for it outside of [`Identity`].
struct Bound(Option<(&'static str, Vec<u8>)>);

impl ChannelBindingCallback for Bound {
    fn get_cb_data(&self, name: &str) -> Option<&[u8]> {
        let (ours, data) = self.0.as_ref()?;
        (*ours == name).then_some(data)
    }
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
        if let Some(realm) = &self.realm {
            request.satisfy::<Realm>(realm)?;
        }
        if let Some(host) = &self.host {
            request.satisfy::<Hostname>(host)?;
        }
        if let Some((name, _)) = &self.binding {
            // Without this rsasl takes tls-exporter, or tls-unique.
            request.satisfy::<OverrideCBType>(name)?;
        }
        Ok(())
    }

    fn enable_channel_binding(&self) -> bool {
        self.binding.is_some()
    }
}

/// What differs between the exchanges.
pub(super) enum Kind {
    Plain,
    Scram,
    /// The server must prove itself at the end, as with SCRAM.
    Digest,
    /// A challenge means that the token was refused; this is the answer that ends it.
    Token {
        refused: &'static [u8],
    },
}

type Session = rsasl::prelude::Session<NoValidation, Bound>;

enum State {
    /// Nothing was said yet.
    Fresh(Box<Session>),
    /// The mechanism waits for more.
    Running(Box<Session>),
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
    /// `-i`
    silent: bool,
    state: State,
}

/// Begins the exchange of `spec`.
pub(super) fn start(
    spec: &'static MechanismSpec,
    credentials: &Credentials,
    kind: Kind,
    mut identity: Identity,
) -> Result<Box<dyn Exchange>, ExchangeError> {
    let unavailable = |_| {
        failure(format!(
            "{} could not be started; this is a fault of imapsh.",
            spec.name
        ))
    };
    let bound = Bound(identity.binding.clone());
    if let Some((_, data)) = &mut identity.binding {
        data.clear();
    }
    let config: Arc<SASLConfig> = SASLConfig::builder()
        .with_registry(Registry::with_mechanisms(REGISTRY))
        .with_callback(identity)
        .map_err(unavailable)?;
    let name = Mechname::parse(spec.name.as_bytes()).map_err(|_| {
        failure(format!(
            "{} is no mechanism name; this is a fault of imapsh.",
            spec.name
        ))
    })?;
    let session = SASLClient::with_cb(config, bound)
        .start_suggested(&[name])
        .map_err(unavailable)?;
    let client_first = session.are_we_first();
    Ok(Box::new(Framework {
        spec,
        kind,
        client_first,
        silent: credentials.no_initial_response,
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

    fn initial_response(&self) -> bool {
        !self.silent
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
                    Err(_) if matches!(self.kind, Kind::Scram | Kind::Digest) => {
                        Err(failure(format!(
                            "The server let us in without proving that it knows the password (its {} signature \
                             never came): {IMPOSTOR}",
                            self.spec.name
                        )))
                    }
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
pub(super) const IMPOSTOR: &str = "it may be an impostor, do not trust it.";

/// Whether `error` means that the server did not prove that it knows the password. Such a connection is
/// not to be used any more.
pub fn is_impostor(error: &ExchangeError) -> bool {
    error.0.ends_with(IMPOSTOR)
}

impl Framework {
    fn advance(&mut self, mut session: Box<Session>, challenge: Option<&[u8]>) -> Answer {
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

pub(super) fn failure(sentence: String) -> ExchangeError {
    ExchangeError(sentence)
}
