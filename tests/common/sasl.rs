//! The other side of each mechanism: rsasl's own server, and a SCRAM-SHA-256 server that shares no code
//! with it.

use hmac::{Hmac, Mac};
use rsasl::callback::{Context, Request, SessionCallback, SessionData};
use rsasl::mechanisms::oauthbearer::properties::{OAuthBearerError, OAuthBearerValidate};
use rsasl::mechanisms::scram::{self, properties::ScramStoredPassword};
use rsasl::mechanisms::xoauth2::properties::XOAuth2Validate;
use rsasl::mechname::Mechname;
use rsasl::prelude::{SASLConfig, SASLServer, Session, SessionError};
use rsasl::property::{AuthId, AuthzId, OAuthBearerToken, Password};
use rsasl::validate::{Validate, Validation, ValidationError};
use sha2::{Digest, Sha256};

use imapsh::session::{Answer, Exchange};
use imapsh::wire::base64;

pub const PASSWORD: &str = "sesame-4711";

/// Who was let in: authcid and authzid as the server read them; `None`: refused.
pub type Verdict = Option<(String, String)>;

struct Seen;

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
            "SCRAM-SHA-1" => stored!(request, sha1::Sha1),
            "SCRAM-SHA-256" => stored!(request, Sha256),
            "SCRAM-SHA-512" => stored!(request, sha2::Sha512),
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

/// rsasl's server side of one exchange.
pub struct Judge(Session<Seen>);

impl Judge {
    pub fn new(mechanism: &str) -> Judge {
        let config = SASLConfig::builder()
            .with_defaults()
            .with_callback(Door)
            .unwrap();
        let name = Mechname::parse(mechanism.as_bytes()).unwrap();
        Judge(
            SASLServer::<Seen>::new(config)
                .start_suggested(name)
                .unwrap(),
        )
    }

    /// The next challenge, and whether another answer is wanted; `None`: refused.
    pub fn step(&mut self, input: Option<&[u8]>) -> Option<(Vec<u8>, bool)> {
        let mut reply = Vec::new();
        let state = self.0.step(input, &mut reply).ok()?;
        Some((reply, state.is_running()))
    }

    pub fn verdict(&mut self) -> Verdict {
        self.0.validation().flatten()
    }
}

/// Plays `exchange` against rsasl's server to its end, as the session would.
pub fn play(exchange: &mut dyn Exchange) -> Outcome {
    let mut server = Judge::new(exchange.mechanism());
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
