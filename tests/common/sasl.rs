//! The other side of each mechanism: rsasl's own server, a SCRAM-SHA-256 server that shares no code with
//! it, and for what rsasl lacks `super::digest`.

use hmac::{Hmac, Mac};
use rsasl::callback::{Context, Request, SessionCallback, SessionData};
use rsasl::mechanisms::oauthbearer::properties::{OAuthBearerError, OAuthBearerValidate};
use rsasl::mechanisms::scram::{self, properties::ScramStoredPassword};
use rsasl::mechanisms::xoauth2::properties::XOAuth2Validate;
use rsasl::mechanisms::{anonymous, external, login, oauthbearer, plain, xoauth2};
use rsasl::mechname::Mechname;
use rsasl::prelude::{
    ChannelBindingCallback, Mechanism, Registry, SASLConfig, SASLServer, Session, SessionError,
};
use rsasl::property::{AuthId, AuthzId, OAuthBearerToken, Password};
use rsasl::validate::{Validate, Validation, ValidationError};
use sha2::{Digest, Sha256};

use imapsh::sasl::{Bindings, Surroundings};
use imapsh::session::{Answer, Exchange};
use imapsh::wire::base64;

use super::digest::Md5Server;

pub const PASSWORD: &str = "sesame-4711";

/// Who was let in: authcid and authzid as the server read them; `None`: refused.
pub type Verdict = Option<(String, String)>;

pub struct Seen;

impl Validation for Seen {
    type Value = Verdict;
}

/// What a server keeps of [`PASSWORD`] for SCRAM with this digest.
macro_rules! stored {
    ($request:expr, $digest:ty) => {{
        let mut salted = Default::default();
        scram::tools::hash_password::<$digest>(PASSWORD.as_bytes(), 64, b"salt", &mut salted);
        let (client_key, server_key) = scram::tools::derive_keys::<$digest>(salted.as_slice());
        let stored_key = <$digest>::digest(client_key);
        $request.satisfy::<ScramStoredPassword>(&ScramStoredPassword::new(
            64,
            b"salt",
            stored_key.as_slice(),
            server_key.as_slice(),
        ))?
    }};
}

/// Lets in whoever knows [`PASSWORD`].
struct Door;

/// rsasl's OAUTHBEARER server leaves the scheme before the token.
fn token<'a>(context: &'a Context) -> Option<&'a str> {
    let token = context.get_ref::<OAuthBearerToken>()?;
    Some(token.strip_prefix("Bearer ").unwrap_or(token))
}

impl SessionCallback for Door {
    fn callback(
        &self,
        session: &SessionData,
        context: &Context,
        request: &mut Request,
    ) -> Result<(), SessionError> {
        let token_ok = token(context) == Some(PASSWORD);
        match session.mechanism().mechanism.as_str() {
            "XOAUTH2" if token_ok => request.satisfy::<XOAuth2Validate>(&Ok(()))?,
            "XOAUTH2" => request.satisfy::<XOAuth2Validate>(&Err("{\"status\":\"401\"}"))?,
            "OAUTHBEARER" if token_ok => request.satisfy::<OAuthBearerValidate>(&Ok(()))?,
            "OAUTHBEARER" => request.satisfy::<OAuthBearerValidate>(&Err(
                OAuthBearerError::new("invalid_token", None, None),
            ))?,
            "SCRAM-SHA-1" | "SCRAM-SHA-1-PLUS" => stored!(request, sha1::Sha1),
            "SCRAM-SHA-256" | "SCRAM-SHA-256-PLUS" => stored!(request, Sha256),
            "SCRAM-SHA-512" | "SCRAM-SHA-512-PLUS" => stored!(request, sha2::Sha512),
            _ => request,
        };
        Ok(())
    }

    fn validate(
        &self,
        session: &SessionData,
        context: &Context,
        validate: &mut Validate<'_>,
    ) -> Result<(), ValidationError> {
        validate.with::<Seen, _>(|| {
            let authzid = context.get_ref::<AuthzId>().unwrap_or_default().to_owned();
            let authcid = context.get_ref::<AuthId>().unwrap_or_default().to_owned();
            let by_password = matches!(session.mechanism().mechanism.as_str(), "PLAIN" | "LOGIN");
            let by_token = matches!(
                session.mechanism().mechanism.as_str(),
                "XOAUTH2" | "OAUTHBEARER"
            );
            let right = match (by_password, by_token) {
                (true, _) => context.get_ref::<Password>() == Some(PASSWORD.as_bytes()),
                (_, true) => token(context) == Some(PASSWORD),
                _ => true,
            };
            Ok(right.then_some((authcid, authzid)))
        })?;
        Ok(())
    }
}

/// What an exchange came to.
#[derive(Debug)]
pub struct Outcome {
    /// What the server says in the end.
    pub verdict: Verdict,
    /// Everything the client sent, in order.
    pub sent: Vec<Vec<u8>>,
    /// The sentence if the client gave up.
    pub cancelled: Option<String>,
    /// What `finish` said, if the server let us in.
    pub finished: Option<Result<(), String>>,
}

/// What a server binds logins to; here the same for every connection.
#[derive(Clone)]
pub struct Bound(pub Bindings);

impl ChannelBindingCallback for Bound {
    fn get_cb_data(&self, name: &str) -> Option<&[u8]> {
        match name {
            "tls-exporter" => self.0.exporter.as_deref(),
            "tls-server-end-point" => self.0.end_point.as_deref(),
            _ => None,
        }
    }
}

/// A connection to `localhost` that has something to bind to.
pub fn surroundings() -> Surroundings {
    Surroundings {
        host: "localhost".to_owned(),
        bindings: Bindings {
            exporter: Some(vec![7; 32]),
            end_point: Some(vec![9; 48]),
        },
        ..Surroundings::default()
    }
}

static MECHANISMS: &[Mechanism] = &[
    scram::SCRAM_SHA512_PLUS,
    scram::SCRAM_SHA512,
    scram::SCRAM_SHA256_PLUS,
    scram::SCRAM_SHA256,
    scram::SCRAM_SHA1_PLUS,
    scram::SCRAM_SHA1,
    plain::PLAIN,
    login::LOGIN,
    xoauth2::XOAUTH2,
    oauthbearer::OAUTHBEARER,
    external::EXTERNAL,
    anonymous::ANONYMOUS,
];

/// The server's side of one exchange.
pub enum Judge {
    Rsasl(Session<Seen, Bound>),
    Md5(Md5Server),
}

impl Judge {
    pub fn new(mechanism: &str) -> Judge {
        Judge::bound(mechanism, surroundings().bindings)
    }

    /// Binds to `bindings`.
    pub fn bound(mechanism: &str, bindings: Bindings) -> Judge {
        if mechanism.ends_with("-MD5") {
            return Judge::Md5(Md5Server::new(mechanism));
        }
        let config = SASLConfig::builder()
            .with_registry(Registry::with_mechanisms(MECHANISMS))
            .with_callback(Door)
            .unwrap();
        let name = Mechname::parse(mechanism.as_bytes()).unwrap();
        Judge::Rsasl(
            SASLServer::<Seen, Bound>::with_cb(config, Bound(bindings))
                .start_suggested(name)
                .unwrap(),
        )
    }

    /// The next challenge, and whether another answer is wanted; `None`: refused.
    pub fn step(&mut self, input: Option<&[u8]>) -> Option<(Vec<u8>, bool)> {
        match self {
            Judge::Rsasl(session) => {
                let mut reply = Vec::new();
                let state = session.step(input, &mut reply).ok()?;
                Some((reply, state.is_running()))
            }
            Judge::Md5(server) => server.step(input),
        }
    }

    pub fn verdict(&mut self) -> Verdict {
        match self {
            Judge::Rsasl(session) => session.validation().flatten(),
            Judge::Md5(server) => server.verdict.clone(),
        }
    }
}

/// Plays `exchange` against rsasl's server to its end, as the session would.
pub fn play(exchange: &mut dyn Exchange) -> Outcome {
    let judge = Judge::new(exchange.mechanism());
    play_against(exchange, judge)
}

/// Plays `exchange` against `server` to its end, as the session would.
pub fn play_against(exchange: &mut dyn Exchange, mut server: Judge) -> Outcome {
    let mut outcome = Outcome {
        verdict: None,
        sent: Vec::new(),
        cancelled: None,
        finished: None,
    };
    let mut running = true;
    let mut input = None;
    if !exchange.client_first() {
        let (challenge, more) = server.step(None).unwrap();
        (input, running) = (Some(challenge), more);
    }
    loop {
        let answer = match exchange.step(input.as_deref()) {
            Answer::Send(bytes) => bytes.to_vec(),
            Answer::Cancel(error) => {
                outcome.cancelled = Some(error.0);
                return outcome;
            }
        };
        outcome.sent.push(answer.clone());
        if !running {
            break;
        }
        let Some((reply, more)) = server.step(Some(&answer)) else {
            return outcome;
        };
        running = more;
        // A last word of the server's still goes out as a challenge, and is answered.
        if !running && reply.is_empty() {
            break;
        }
        input = Some(reply);
    }
    outcome.verdict = server.verdict();
    if outcome.verdict.is_some() {
        outcome.finished = Some(exchange.finish().map_err(|error| error.0));
    }
    outcome
}

/// A SCRAM-SHA-256 server after RFC 7677, as plain as it can be.
pub struct Scram {
    pub salt: Vec<u8>,
    pub iterations: u32,
    pub nonce: String,
    client_first_bare: String,
    gs2: String,
    server_first: String,
}

impl Scram {
    pub fn new(salt: &[u8], iterations: u32, nonce: &str) -> Scram {
        Scram {
            salt: salt.to_vec(),
            iterations,
            nonce: nonce.to_owned(),
            client_first_bare: String::new(),
            gs2: String::new(),
            server_first: String::new(),
        }
    }

    /// The server-first-message.
    pub fn first(&mut self, client_first: &str) -> String {
        let bare = client_first.find("n=").unwrap();
        self.gs2 = client_first[..bare].to_owned();
        self.client_first_bare = client_first[bare..].to_owned();
        let client_nonce = self.client_first_bare.rsplit_once(",r=").unwrap().1;
        self.server_first = format!(
            "r={client_nonce}{},s={},i={}",
            self.nonce,
            *base64::encode(&self.salt),
            self.iterations
        );
        self.server_first.clone()
    }

    /// The server-final-message, if the proof is right.
    pub fn last(&self, client_final: &str, password: &[u8]) -> Option<String> {
        let (without_proof, proof) = client_final.rsplit_once(",p=").unwrap();
        assert!(
            without_proof.starts_with(&format!("c={},", *base64::encode(self.gs2.as_bytes()))),
            "the channel binding is the gs2 header: {without_proof}"
        );
        let salted = pbkdf2(password, &self.salt, self.iterations);
        let client_key = hmac(&salted, b"Client Key");
        let stored_key = Sha256::digest(client_key);
        let message = format!(
            "{},{},{without_proof}",
            self.client_first_bare, self.server_first
        );
        let signature = hmac(&stored_key, message.as_bytes());
        let expected: Vec<u8> = client_key
            .iter()
            .zip(signature)
            .map(|(key, bits)| key ^ bits)
            .collect();
        let server_key = hmac(&salted, b"Server Key");
        (*base64::encode(&expected) == proof).then(|| {
            format!(
                "v={}",
                *base64::encode(&hmac(&server_key, message.as_bytes()))
            )
        })
    }
}

fn hmac(key: &[u8], data: &[u8]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(data);
    mac.finalize().into_bytes().into()
}

fn pbkdf2(password: &[u8], salt: &[u8], iterations: u32) -> [u8; 32] {
    let mut round = hmac(password, &[salt, &[0, 0, 0, 1]].concat());
    let mut out = round;
    for _ in 1..iterations {
        round = hmac(password, &round);
        for (sum, bits) in out.iter_mut().zip(round) {
            *sum ^= bits;
        }
    }
    out
}
