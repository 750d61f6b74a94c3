//! DIGEST-MD5 (RFC 2831, qop `auth`), which rsasl lacks. It carries an authzid, and the server proves
//! itself by `rspauth`.
//!
//! No security layer: TLS does that better (RFC 6331 says why nobody should want the others).

use std::io::Write;

use md5::{Digest, Md5};
use rsasl::mechanism::{
    Authentication, EmptyProvider, MechanismData, MechanismError, MechanismErrorKind,
};
use rsasl::mechname::Mechname;
use rsasl::prelude::{MessageSent, SessionError, State};
use rsasl::property::{AuthId, AuthzId, Hostname, Password, Realm};
use rsasl::registry::{Matches, Mechanism, Named, Side};
use zeroize::Zeroizing;

use super::cram_md5::hex;

/// For rsasl's registry.
pub static DIGEST_MD5: Mechanism = Mechanism::build(
    Mechname::const_new_unchecked(b"DIGEST-MD5"),
    200,
    Some(|| Ok(Box::new(DigestMd5::Fresh))),
    None,
    Side::Server,
    |_| Some(Matches::<Select>::name()),
    |_| true,
);

struct Select;

impl Named for Select {
    fn mech() -> &'static Mechanism {
        &DIGEST_MD5
    }
}

/// What is wrong with the server's challenge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DigestError {
    /// Not the list of names and values that RFC 2831 section 2.1.1 wants.
    #[error("its challenge is no list of names and values")]
    Syntax,
    /// No nonce, or more than one.
    #[error("its challenge must hold one nonce")]
    Nonce,
    /// Something else than `md5-sess`, or nothing at all.
    #[error("its algorithm is not md5-sess")]
    Algorithm,
    /// It does without plain authentication.
    #[error("it insists on a security layer, which imapsh does not have")]
    Layer,
    /// It knows ISO 8859-1 only.
    #[error("it knows ISO 8859-1 only, and user, realm or password hold other letters")]
    Charset,
}

impl MechanismError for DigestError {
    fn kind(&self) -> MechanismErrorKind {
        match self {
            DigestError::Syntax => MechanismErrorKind::Parse,
            _ => MechanismErrorKind::Protocol,
        }
    }
}

/// What a server asks (RFC 2831 section 2.1.1), as far as it matters here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Challenge {
    /// The realms it knows, in its order.
    pub realms: Vec<String>,
    /// Its nonce, quoting taken off.
    pub nonce: String,
    /// Whether it takes UTF-8.
    pub utf8: bool,
}

impl Challenge {
    /// Reads a challenge.
    ///
    /// # Errors
    /// When there is nothing that can be answered.
    pub fn parse(text: &[u8]) -> Result<Challenge, DigestError> {
        let (mut realms, mut nonce, mut utf8) = (Vec::new(), None, false);
        let (mut algorithm, mut plain) = (false, true);
        for (name, value) in directives(text)? {
            match name.as_str() {
                "realm" => realms.push(value),
                "nonce" if nonce.is_none() => nonce = Some(value),
                "nonce" => return Err(DigestError::Nonce),
                "charset" => utf8 = value.eq_ignore_ascii_case("utf-8"),
                "algorithm" => algorithm = value.eq_ignore_ascii_case("md5-sess"),
                "qop" => {
                    plain = value
                        .split([',', ' ', '\t'])
                        .any(|word| word.eq_ignore_ascii_case("auth"));
                }
                _ => {}
            }
        }
        let nonce = nonce.filter(|nonce| !nonce.is_empty());
        let nonce = nonce.ok_or(DigestError::Nonce)?;
        match (algorithm, plain) {
            (false, _) => Err(DigestError::Algorithm),
            (_, false) => Err(DigestError::Layer),
            _ => Ok(Challenge {
                realms,
                nonce,
                utf8,
            }),
        }
    }
}

/// What the client answers with.
pub struct Answerer<'a> {
    /// Who authenticates.
    pub authcid: &'a str,
    /// Whom to act as.
    pub authzid: Option<&'a str>,
    /// That one's password.
    pub password: &'a [u8],
    /// The realm to name; `None`: the first of the server's.
    pub realm: Option<&'a str>,
    /// For the digest-uri `imap/HOST`.
    pub host: &'a str,
    /// Ours, hard to guess.
    pub cnonce: &'a str,
}

/// The answer, and the `rspauth` that the server must give then. The answer is as secret as the password.
///
/// # Errors
/// When the server takes ISO 8859-1 only and that will not do.
pub fn answer(
    challenge: &Challenge,
    who: &Answerer<'_>,
) -> Result<(Zeroizing<Vec<u8>>, String), DigestError> {
    let realm = who.realm.or(challenge.realms.first().map(String::as_str));
    let password = std::str::from_utf8(who.password).unwrap_or_default();
    let octets = |text: &str| -> Result<Zeroizing<Vec<u8>>, DigestError> {
        // RFC 2831 section 2.1.2.1: ISO 8859-1 where that can hold it, whatever the charset.
        match latin1(text) {
            Some(octets) => Ok(octets),
            None if challenge.utf8 => Ok(Zeroizing::new(text.as_bytes().to_vec())),
            None => Err(DigestError::Charset),
        }
    };
    let secret = Md5::new()
        .chain_update(octets(who.authcid)?)
        .chain_update(b":")
        .chain_update(octets(realm.unwrap_or_default())?)
        .chain_update(b":")
        .chain_update(octets(password)?)
        .finalize();
    let mut session = Md5::new()
        .chain_update(secret)
        .chain_update(format!(":{}:{}", challenge.nonce, who.cnonce));
    if let Some(authzid) = who.authzid {
        session.update(format!(":{authzid}"));
    }
    let session = hex(&session.finalize());
    let uri = format!("imap/{}", who.host);
    let proof = |method: &str| {
        let target = hex(&Md5::digest(format!("{method}:{uri}")));
        let digest = Md5::new()
            .chain_update(session.as_bytes())
            .chain_update(format!(":{}:{COUNT}:{}:auth:", challenge.nonce, who.cnonce))
            .chain_update(target.as_bytes())
            .finalize();
        hex(&digest)
    };
    let mut out = Zeroizing::new(Vec::with_capacity(1024));
    if challenge.utf8 {
        out.extend_from_slice(b"charset=utf-8,");
    }
    let field = |text: &str| -> Result<Vec<u8>, DigestError> {
        match challenge.utf8 {
            true => Ok(text.as_bytes().to_vec()),
            false => latin1(text)
                .map(|octets| octets.to_vec())
                .ok_or(DigestError::Charset),
        }
    };
    quote(&mut out, "username", &field(who.authcid)?);
    if let Some(realm) = realm {
        quote(&mut out, "realm", &field(realm)?);
    }
    quote(&mut out, "nonce", challenge.nonce.as_bytes());
    quote(&mut out, "cnonce", who.cnonce.as_bytes());
    out.extend_from_slice(format!("nc={COUNT},qop=auth,").as_bytes());
    quote(&mut out, "digest-uri", uri.as_bytes());
    out.extend_from_slice(b"response=");
    out.extend_from_slice(proof("AUTHENTICATE").as_bytes());
    if let Some(authzid) = who.authzid {
        out.push(b',');
        quote(&mut out, "authzid", authzid.as_bytes());
        out.pop();
    }
    Ok((out, proof("").to_string()))
}

/// How often the nonce was used: each connection gets a new one.
const COUNT: &str = "00000001";

/// `name="value",` with quoted-pairs (RFC 2831 section 7.2).
fn quote(out: &mut Vec<u8>, name: &str, value: &[u8]) {
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b"=\"");
    for byte in value {
        if matches!(byte, b'"' | b'\\') {
            out.push(b'\\');
        }
        out.push(*byte);
    }
    out.extend_from_slice(b"\",");
}

/// `None` if a letter is not in ISO 8859-1.
fn latin1(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    let mut out = Zeroizing::new(Vec::with_capacity(text.len()));
    for letter in text.chars() {
        out.push(u8::try_from(u32::from(letter)).ok()?);
    }
    Some(out)
}

/// The names, lower case, and values of `name=token, name="quoted \" pairs"`.
fn directives(text: &[u8]) -> Result<Vec<(String, String)>, DigestError> {
    let mut found = Vec::new();
    let mut rest = text;
    loop {
        // Empty elements are allowed: `a=b,,c=d`.
        while let Some((b',' | b' ' | b'\t' | b'\r' | b'\n', more)) = rest.split_first() {
            rest = more;
        }
        if rest.is_empty() {
            return Ok(found);
        }
        let at = memchr::memchr(b'=', rest).ok_or(DigestError::Syntax)?;
        let (name, value) = rest.split_at(at);
        let name = String::from_utf8_lossy(name.trim_ascii()).to_ascii_lowercase();
        let value = value.get(1..).unwrap_or_default().trim_ascii_start();
        let mut octets = Vec::new();
        if let Some(quoted) = value.strip_prefix(b"\"") {
            let mut bytes = quoted.iter().enumerate();
            loop {
                match bytes.next().ok_or(DigestError::Syntax)? {
                    (_, b'\\') => octets.push(*bytes.next().ok_or(DigestError::Syntax)?.1),
                    (at, b'"') => {
                        rest = quoted.get(at + 1..).unwrap_or_default();
                        break;
                    }
                    (_, byte) => octets.push(*byte),
                }
            }
            if !matches!(rest.trim_ascii_start().first().copied(), None | Some(b',')) {
                return Err(DigestError::Syntax);
            }
        } else {
            let end = memchr::memchr(b',', value).unwrap_or(value.len());
            let (token, more) = value.split_at(end);
            octets.extend_from_slice(token.trim_ascii_end());
            rest = more;
        }
        found.push((name, String::from_utf8_lossy(&octets).into_owned()));
    }
}

enum DigestMd5 {
    Fresh,
    /// The proof that the server owes us.
    Answered(String),
}

impl Authentication for DigestMd5 {
    fn step(
        &mut self,
        session: &mut MechanismData<'_, '_>,
        input: Option<&[u8]>,
        writer: &mut dyn Write,
    ) -> Result<State, SessionError> {
        let input = input
            .filter(|text| !text.is_empty())
            .ok_or(SessionError::InputDataRequired)?;
        match self {
            DigestMd5::Fresh => {
                let challenge = Challenge::parse(input)?;
                let none = &EmptyProvider;
                let copy = |text: &str| Ok(text.to_owned());
                let authcid = session.need_with::<AuthId, _, _>(none, copy)?;
                let authzid = session.maybe_need_with::<AuthzId, _, _>(none, copy)?;
                let realm = session.maybe_need_with::<Realm, _, _>(none, copy)?;
                let host = session.need_with::<Hostname, _, _>(none, copy)?;
                let mut random = [0; 16];
                getrandom::fill(&mut random)
                    .map_err(|error| SessionError::Boxed(error.to_string().into()))?;
                let cnonce = hex(&random);
                let (response, rspauth) =
                    session.need_with::<Password, _, _>(none, |password| {
                        let who = Answerer {
                            authcid: &authcid,
                            authzid: authzid.as_deref(),
                            password,
                            realm: realm.as_deref(),
                            host: &host,
                            cnonce: &cnonce,
                        };
                        Ok(answer(&challenge, &who)?)
                    })?;
                writer.write_all(&response)?;
                *self = DigestMd5::Answered(rspauth);
                Ok(State::Running)
            }
            DigestMd5::Answered(owed) => {
                let proved = directives(input)?
                    .iter()
                    .any(|(name, value)| name == "rspauth" && value.eq_ignore_ascii_case(owed));
                match proved {
                    true => Ok(State::Finished(MessageSent::No)),
                    false => Err(SessionError::MutualAuthenticationFailed),
                }
            }
        }
    }
}
