//! STARTTLS, LOGIN, AUTHENTICATE (RFC 3501 section 6.2, RFC 4959), through rsasl's server side.

use std::fmt;

use rsasl::callback::{Context, Request, SessionCallback, SessionData};
use rsasl::mechanisms::login::LOGIN;
use rsasl::mechanisms::plain::PLAIN;
use rsasl::mechanisms::scram::properties::ScramStoredPassword;
use rsasl::mechanisms::scram::tools::{derive_keys, hash_password};
use rsasl::mechanisms::scram::{SCRAM_SHA1, SCRAM_SHA256, SCRAM_SHA512};
use rsasl::prelude::{
    Mechanism, Mechname, MessageSent, Registry, SASLConfig, SASLServer, Session, SessionError,
    State, Validation,
};
use rsasl::property::{AuthId, AuthzId, Password};
use rsasl::validate::{Validate, ValidationError};
use sha2::Digest;

use super::arguments::Arguments;
use super::{Completion, Outcome, Refusal, any, ok_with};
use crate::demo::conversation::{Conversation, LineKind};
use crate::demo::names::Who;
use crate::demo::store::{SharedStore, Store};

/// What `AUTH=` offers, best first.
pub static MECHANISMS: &[Mechanism] = &[SCRAM_SHA512, SCRAM_SHA256, SCRAM_SHA1, PLAIN, LOGIN];

/// Rounds of PBKDF2: what RFC 7677 section 4 asks for at least.
const ITERATIONS: u32 = 4096;

/// STARTTLS
pub fn starttls(conversation: &mut Conversation, arguments: &mut Arguments<'_>) -> Outcome {
    arguments.end()?;
    match conversation.line {
        LineKind::Plain => Ok(Completion::StartTls),
        LineKind::Tls => Err(Refusal::bad("TLS is already on")),
        LineKind::Memory | LineKind::PlainOnly => {
            Err(Refusal::bad("STARTTLS is not offered on this connection"))
        }
    }
}

/// LOGIN
pub fn login(conversation: &mut Conversation, arguments: &mut Arguments<'_>) -> Outcome {
    arguments.space("a user name")?;
    let name = arguments.text("a user name")?;
    arguments.space("a password")?;
    let password = arguments.astring("a password", false)?;
    arguments.end()?;
    let verdict = check_password(&conversation.store.lock(), &name, &password);
    log_in(conversation, verdict, "Logged in")
}

/// AUTHENTICATE
pub fn authenticate(conversation: &mut Conversation, arguments: &mut Arguments<'_>) -> Outcome {
    arguments.space("a mechanism")?;
    let name = arguments.atom("a mechanism")?.to_ascii_uppercase();
    let initial = if arguments.is_at_end() {
        None
    } else {
        arguments.space("an initial response")?;
        Some(
            arguments
                .word()
                .ok_or_else(|| arguments.expected("an initial response in base64"))?
                .to_owned(),
        )
    };
    arguments.end()?;
    let mut exchange = Box::new(Exchange::start(&conversation.store, &name)?);
    let completion = match initial {
        Some(_) if exchange.session.are_we_first() => {
            return Err(Refusal::bad(format!(
                "{name} takes no initial response: the server speaks first (RFC 4959 section 3)"
            )));
        }
        // RFC 4959: "=" is an initial response without octets.
        Some(initial) => {
            let initial = if initial == "=" { "" } else { &initial };
            exchange.respond(conversation, initial.as_bytes())?
        }
        None if exchange.session.are_we_first() => exchange.respond(conversation, b"")?,
        None => {
            conversation.out.extend_from_slice(b"+ \r\n");
            None
        }
    };
    if let Some(completion) = completion {
        return Ok(completion);
    }
    Ok(Completion::Authenticate(exchange))
}

/// One AUTHENTICATE under way.
pub struct Exchange {
    session: Session<Verdict>,
    /// The mechanism's last words are out; the client answers with an empty line.
    decided: Option<Result<Who, Refusal>>,
}

impl fmt::Debug for Exchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exchange")
            .field("mechanism", &self.session.get_mechname())
            .finish_non_exhaustive()
    }
}

impl Exchange {
    fn start(store: &SharedStore, name: &str) -> Result<Exchange, Refusal> {
        let unknown = || {
            Refusal::no(
                "",
                format!("The mechanism {name} is not offered; see AUTH= in CAPABILITY"),
            )
        };
        let mechanism = Mechname::parse(name.as_bytes()).map_err(|_| unknown())?;
        let config = SASLConfig::builder()
            .with_registry(Registry::with_mechanisms(MECHANISMS))
            .with_callback(Accounts(store.clone()))
            .map_err(|_| unknown())?;
        let session = SASLServer::<Verdict>::new(config)
            .start_suggested(mechanism)
            .map_err(|_| unknown())?;
        Ok(Exchange {
            session,
            decided: None,
        })
    }

    /// Takes the client's line (base64, or `*`). `None`: a challenge was sent, one more line comes.
    ///
    /// # Errors
    /// How the command fails. The exchange must not be used again.
    pub fn respond(
        &mut self,
        conversation: &mut Conversation,
        line: &[u8],
    ) -> Result<Option<Completion>, Refusal> {
        if line == b"*" {
            return Err(Refusal::bad("AUTHENTICATE was cancelled"));
        }
        if let Some(verdict) = self.decided.take() {
            if !line.is_empty() {
                return Err(Refusal::bad("Expected an empty line: the exchange is over"));
            }
            return self.end(conversation, verdict).map(Some);
        }
        let mut challenge = Vec::new();
        let state =
            self.session
                .step64(Some(line), &mut challenge)
                .map_err(|error| match error {
                    SessionError::Base64 { .. } => Refusal::bad("The response is not base64"),
                    _ => Refusal::no(
                        "AUTHENTICATIONFAILED",
                        "The mechanism did not accept the response",
                    ),
                })?;
        let verdict = match state {
            State::Running => None,
            State::Finished(sent) => {
                // SCRAM says nothing about a wrong proof but this.
                let verdict = self.session.validation().unwrap_or_else(|| Err(failed()));
                if sent == MessageSent::No || verdict.is_err() {
                    return self.end(conversation, verdict).map(Some);
                }
                Some(verdict)
            }
        };
        self.decided = verdict;
        conversation.out.extend_from_slice(b"+ ");
        conversation.out.extend_from_slice(&challenge);
        conversation.out.extend_from_slice(b"\r\n");
        Ok(None)
    }

    fn end(&self, conversation: &mut Conversation, verdict: Result<Who, Refusal>) -> Outcome {
        log_in(conversation, verdict, "Authenticated")
    }
}

fn log_in(
    conversation: &mut Conversation,
    verdict: Result<Who, Refusal>,
    text: &'static str,
) -> Outcome {
    conversation.who = Some(verdict?);
    ok_with(
        format!("CAPABILITY {}", any::capabilities(conversation)),
        text,
    )
}

fn failed() -> Refusal {
    Refusal::no("AUTHENTICATIONFAILED", "User name or password is wrong")
}

/// What an exchange ends in.
struct Verdict;
impl Validation for Verdict {
    type Value = Result<Who, Refusal>;
}

fn check_password(store: &Store, name: &str, password: &[u8]) -> Result<Who, Refusal> {
    match store.user(name) {
        Some(user) if user.password.as_bytes() == password => authorize(store, name, None),
        _ => Err(failed()),
    }
}

/// Who `authcid` acts as. Only an administrator may act for others, and then is no administrator.
fn authorize(store: &Store, authcid: &str, authzid: Option<&str>) -> Result<Who, Refusal> {
    let user = store.user(authcid).ok_or_else(failed)?;
    let authzid = authzid.filter(|z| !z.is_empty()).unwrap_or(authcid);
    if authzid == authcid {
        return Ok(Who {
            name: authcid.into(),
            admin: user.admin,
        });
    }
    let refused = |why: &str| {
        Refusal::no(
            "AUTHORIZATIONFAILED",
            format!("{authcid} may not act as {authzid}: {why}"),
        )
    };
    if !user.admin {
        return Err(refused("only an administrator may act for others"));
    }
    let other = store
        .user(authzid)
        .ok_or_else(|| refused("there is no such user"))?;
    Ok(Who {
        name: authzid.into(),
        admin: other.admin,
    })
}

/// StoredKey and ServerKey (RFC 5802 section 3).
macro_rules! keys {
    ($digest:ty, $password:expr, $salt:expr) => {{
        let mut salted = Default::default();
        hash_password::<$digest>($password.as_bytes(), ITERATIONS, $salt, &mut salted);
        let (client_key, server_key) = derive_keys::<$digest>(&salted);
        (<$digest>::digest(client_key).to_vec(), server_key.to_vec())
    }};
}

/// Answers rsasl's questions from the store.
struct Accounts(SharedStore);

impl SessionCallback for Accounts {
    fn callback(
        &self,
        session: &SessionData,
        context: &Context,
        request: &mut Request<'_>,
    ) -> Result<(), SessionError> {
        if !request.is::<ScramStoredPassword<'static>>() {
            return Ok(());
        }
        let name = context.get_ref::<AuthId>().unwrap_or_default();
        let Some(password) = self.0.lock().user(name).map(|user| user.password) else {
            return Ok(());
        };
        // As if it had been made when the password was set: the same salt each time.
        let salt = sha2::Sha256::digest(format!("imapsh demo {name}"));
        let salt = salt.get(..16).unwrap_or_default();
        let (stored_key, server_key) = match session.mechanism().mechanism.as_str() {
            "SCRAM-SHA-1" => keys!(sha1::Sha1, password, salt),
            "SCRAM-SHA-256" => keys!(sha2::Sha256, password, salt),
            _ => keys!(sha2::Sha512, password, salt),
        };
        request.satisfy::<ScramStoredPassword<'static>>(&ScramStoredPassword::new(
            ITERATIONS,
            salt,
            &stored_key,
            &server_key,
        ))?;
        Ok(())
    }

    fn validate(
        &self,
        _: &SessionData,
        context: &Context,
        validate: &mut Validate<'_>,
    ) -> Result<(), ValidationError> {
        let authcid = context.get_ref::<AuthId>().unwrap_or_default();
        let authzid = context.get_ref::<AuthzId>();
        let store = self.0.lock();
        // SCRAM has proved the password before it asks; the others bring it.
        let verdict = match context.get_ref::<Password>() {
            Some(password) => check_password(&store, authcid, password)
                .and_then(|_| authorize(&store, authcid, authzid)),
            None => authorize(&store, authcid, authzid),
        };
        validate.with::<Verdict, _>(|| Ok(verdict))?;
        Ok(())
    }
}
