//! The exchange over the system's GSSAPI library.

use libgssapi::context::{ClientCtx, CtxFlags, SecurityContext};
use libgssapi::credential::{Cred, CredUsage};
use libgssapi::error::Error;
use libgssapi::name::Name;
use libgssapi::oid::{GSS_MECH_KRB5, GSS_NT_HOSTBASED_SERVICE, GSS_NT_USER_NAME, OidSet};
use zeroize::Zeroizing;

use super::reason;
use crate::sasl::framework::{IMPOSTOR, failure};
use crate::sasl::{Credentials, MechanismSpec, Surroundings};
use crate::session::{Answer, Exchange, ExchangeError};

/// Octets of a first token that still goes on the command line: in base64 it stays below the 8192 octets that
/// servers must take (RFC 7162 section 4). Tickets from Active Directory can be far larger.
const ON_THE_LINE: usize = 5000;

/// No security layer: the bit for it, and the greatest message that we would take in one (RFC 4752 section 3.1).
const NO_LAYER: [u8; 4] = [1, 0, 0, 0];

pub(super) fn has_ticket(authcid: Option<&str>) -> bool {
    let time_left = |cred: Cred| cred.lifetime().is_ok_and(|left| !left.is_zero());
    acquire(authcid).is_ok_and(time_left)
}

/// The ticket of `authcid`, else of the default principal.
fn acquire(authcid: Option<&str>) -> Result<Cred, Error> {
    let name = authcid
        .map(|name| Name::new(name.as_bytes(), Some(GSS_NT_USER_NAME)))
        .transpose()?;
    // Without this list SPNEGO and IAKERB would be asked as well.
    let kerberos = OidSet::singleton(GSS_MECH_KRB5)?;
    Cred::acquire(name.as_ref(), None, CredUsage::Initiate, Some(&kerberos))
}

pub(super) fn start(
    spec: &'static MechanismSpec,
    credentials: &Credentials,
    surroundings: &Surroundings,
) -> Result<Box<dyn Exchange>, ExchangeError> {
    let zero = |name: &Option<String>| name.as_deref().is_some_and(|name| name.contains('\0'));
    if zero(&credentials.authcid) || zero(&credentials.authzid) {
        return Err(failure(
            "The user name holds a NUL, which GSSAPI cannot carry.".into(),
        ));
    }
    let authcid = credentials.authcid.as_deref();
    let no_ticket = |error| failure(reason::no_ticket(authcid, &error));
    let cred = acquire(authcid).map_err(no_ticket)?;
    let principal = cred
        .name()
        .and_then(|name| text(&name))
        .map_err(no_ticket)?;
    let host = surroundings.service_host();
    let service = format!("imap@{host}");
    let target = Name::new(service.as_bytes(), Some(GSS_NT_HOSTBASED_SERVICE))
        .map_err(|error| failure(reason::no_service(&principal, &service, &error)))?;
    // As the KDC is asked for it, after the rules for host names in krb5.conf.
    let service = target
        .canonicalize(Some(GSS_MECH_KRB5))
        .and_then(|name| text(&name))
        .unwrap_or(service);
    // Delegation would hand the server a ticket to be us elsewhere.
    let flags = CtxFlags::GSS_C_MUTUAL_FLAG | CtxFlags::GSS_C_INTEG_FLAG;
    let mut context = ClientCtx::new(Some(cred), target, flags, Some(GSS_MECH_KRB5));
    let token = context
        .step(None, None)
        .map_err(|error| failure(reason::no_service(&principal, &service, &error)))?;
    let token = Zeroizing::new(token.map(|token| token.to_vec()).unwrap_or_default());
    let fits = token.len() <= ON_THE_LINE;
    Ok(Box::new(Gssapi {
        mechanism: spec.name,
        principal,
        service,
        authzid: spec.authzid(credentials).map(str::to_owned),
        on_the_line: fits && !credentials.no_initial_response,
        context,
        state: State::Fresh(token),
    }))
}

fn text(name: &Name) -> Result<String, Error> {
    Ok(String::from_utf8_lossy(&name.display_name()?).into_owned())
}

enum State {
    /// Nothing was said yet; the first token.
    Fresh(Zeroizing<Vec<u8>>),
    /// The context is not complete: the server has not proved itself.
    Running,
    /// The server has proved itself; its offer of security layers comes next.
    Complete,
    /// All was said.
    Finished,
    /// It ended with an error; the sentence.
    Failed(String),
}

/// One exchange (RFC 4752 section 3.1).
struct Gssapi {
    mechanism: &'static str,
    principal: String,
    service: String,
    authzid: Option<String>,
    /// Whether the first token may go behind AUTHENTICATE.
    on_the_line: bool,
    context: ClientCtx,
    state: State,
}

impl Exchange for Gssapi {
    fn mechanism(&self) -> &str {
        self.mechanism
    }

    fn client_first(&self) -> bool {
        true
    }

    fn initial_response(&self) -> bool {
        self.on_the_line
    }

    fn authcid(&self) -> Option<&str> {
        Some(&self.principal)
    }

    fn step(&mut self, challenge: Option<&[u8]>) -> Answer {
        let challenge = challenge.unwrap_or_default();
        match std::mem::replace(&mut self.state, State::Finished) {
            State::Fresh(token) => {
                self.state = State::Running;
                Answer::Send(token)
            }
            State::Running => self.prove(challenge),
            State::Complete => self.negotiate(challenge),
            State::Finished => self.fail(
                "The server went on asking after GSSAPI was over; the exchange was stopped.".into(),
            ),
            State::Failed(sentence) => self.fail(sentence),
        }
    }

    fn finish(&mut self) -> Result<(), ExchangeError> {
        match std::mem::replace(&mut self.state, State::Finished) {
            State::Finished => Ok(()),
            State::Failed(sentence) => {
                self.state = State::Failed(sentence.clone());
                Err(failure(sentence))
            }
            State::Fresh(_) | State::Running | State::Complete => Err(failure(format!(
                "The server let us in without proving that it is {} (GSSAPI was not over): {IMPOSTOR}",
                self.service
            ))),
        }
    }
}

impl Gssapi {
    /// The server's token, which only the holder of the service's key can make.
    fn prove(&mut self, challenge: &[u8]) -> Answer {
        let token = match self.context.step(Some(challenge), None) {
            Ok(token) => token,
            Err(error) => return self.fail(reason::unproved(&self.service, &error, IMPOSTOR)),
        };
        let answer = token.map(|token| token.to_vec()).unwrap_or_default();
        self.state = State::Running;
        if self.context.is_complete() {
            let wanted = CtxFlags::GSS_C_MUTUAL_FLAG | CtxFlags::GSS_C_INTEG_FLAG;
            if !self.context.flags().is_ok_and(|got| got.contains(wanted)) {
                return self.fail(format!(
                    "The server did not have to prove that it is {}: {IMPOSTOR}",
                    self.service
                ));
            }
            self.state = State::Complete;
        }
        Answer::Send(Zeroizing::new(answer))
    }

    /// The server's offer of security layers, and our answer: none, and whom to act as.
    fn negotiate(&mut self, challenge: &[u8]) -> Answer {
        let offer = match self.context.unwrap(challenge) {
            Ok(offer) => offer,
            Err(error) => return self.fail(reason::unproved(&self.service, &error, IMPOSTOR)),
        };
        // A bit mask of layers, and the greatest message that the server takes in one, which we never send.
        let [layers, _, _, _] = offer[..] else {
            return self.fail(format!(
                "The server's offer of security layers has {} octets where RFC 4752 wants 4; the exchange was \
                 stopped.",
                offer.len()
            ));
        };
        if layers & NO_LAYER[0] == 0 {
            return self.fail(
                "The server insists on a security layer of GSSAPI's own, which imapsh does not have: the login was \
                 given up. Let it allow none (Cyrus: sasl_minimum_layer: 0), and use TLS."
                    .into(),
            );
        }
        let mut answer = NO_LAYER.to_vec();
        answer.extend_from_slice(self.authzid.as_deref().unwrap_or_default().as_bytes());
        match self.context.wrap(false, &answer) {
            Ok(wrapped) => Answer::Send(Zeroizing::new(wrapped.to_vec())),
            Err(error) => self.fail(reason::other(&error)),
        }
    }

    fn fail(&mut self, sentence: String) -> Answer {
        self.state = State::Failed(sentence.clone());
        Answer::Cancel(failure(sentence))
    }
}
