//! One SASL exchange as the session sees it (RFC 4422): challenges in, responses out, bytes only.

use std::fmt;

/// What a mechanism answers. `Debug` shows nothing of it: it may be the secret itself.
pub enum Answer {
    /// Send these octets (base64 is the session's work). May be empty.
    Send(zeroize::Zeroizing<Vec<u8>>),
    /// Give up: the session sends `*`; the sentence says why.
    Cancel(ExchangeError),
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Answer::Send(bytes) => write!(f, "Send({} octets)", bytes.len()),
            Answer::Cancel(error) => write!(f, "Cancel({error})"),
        }
    }
}

/// Why an exchange failed on our side, as a sentence without secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExchangeError(pub String);

impl fmt::Display for ExchangeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ExchangeError {}

/// A mechanism at work.
pub trait Exchange: Send {
    /// The SASL name that goes behind AUTHENTICATE (`SCRAM-SHA-256`).
    fn mechanism(&self) -> &str;

    /// Whether the client speaks first: then the session asks for an initial response, which goes on
    /// the command line with SASL-IR (RFC 4959), else behind the first, empty challenge.
    fn client_first(&self) -> bool;

    /// Whether the initial response may go on the command line at all (imtest's `-i` says no).
    fn initial_response(&self) -> bool {
        true
    }

    /// Who authenticates, where the exchange alone knows it (GSSAPI: the ticket says so).
    fn authcid(&self) -> Option<&str> {
        None
    }

    /// The answer to a challenge (base64 already taken off); `None` asks for the initial response.
    fn step(&mut self, challenge: Option<&[u8]>) -> Answer;

    /// The server said OK. An error means that the server did not prove itself (a SCRAM signature
    /// that never came): the login happened, but is not to be trusted.
    fn finish(&mut self) -> Result<(), ExchangeError>;
}
