//! CRAM-MD5 (RFC 2195), which rsasl lacks: `user SP HMAC-MD5(password, challenge)` in hex.
//!
//! It carries no authzid, and the server never proves itself.

use std::io::Write;

use hmac::{Hmac, Mac};
use md5::Md5;
use rsasl::mechanism::{Authentication, EmptyProvider, MechanismData};
use rsasl::mechname::Mechname;
use rsasl::prelude::{MessageSent, SessionError, State};
use rsasl::property::{AuthId, Password};
use rsasl::registry::{Matches, Mechanism, Named, Side};
use zeroize::Zeroizing;

/// For rsasl's registry.
pub static CRAM_MD5: Mechanism = Mechanism::build(
    Mechname::const_new_unchecked(b"CRAM-MD5"),
    100,
    Some(|| Ok(Box::new(CramMd5))),
    None,
    Side::Server,
    |_| Some(Matches::<Select>::name()),
    |_| true,
);

struct Select;

impl Named for Select {
    fn mech() -> &'static Mechanism {
        &CRAM_MD5
    }
}

/// The 32 digits that answer `challenge`. They allow guessing the password offline: as secret as it is.
pub fn digest(password: &[u8], challenge: &[u8]) -> Zeroizing<String> {
    // HMAC takes a key of any length.
    let Ok(mut mac) = Hmac::<Md5>::new_from_slice(password) else {
        return Zeroizing::default();
    };
    mac.update(challenge);
    hex(&mac.finalize().into_bytes())
}

/// Lower case.
pub(super) fn hex(bytes: &[u8]) -> Zeroizing<String> {
    let mut out = Zeroizing::new(String::with_capacity(bytes.len() * 2));
    for byte in bytes {
        for digit in [byte >> 4, byte & 15] {
            out.push(char::from_digit(u32::from(digit), 16).unwrap_or('0'));
        }
    }
    out
}

struct CramMd5;

impl Authentication for CramMd5 {
    fn step(
        &mut self,
        session: &mut MechanismData<'_, '_>,
        input: Option<&[u8]>,
        writer: &mut dyn Write,
    ) -> Result<State, SessionError> {
        let challenge = input
            .filter(|text| !text.is_empty())
            .ok_or(SessionError::InputDataRequired)?;
        session.need_with::<AuthId, _, _>(&EmptyProvider, |authcid| {
            writer.write_all(authcid.as_bytes())?;
            writer.write_all(b" ")?;
            Ok(())
        })?;
        session.need_with::<Password, _, _>(&EmptyProvider, |password| {
            writer.write_all(digest(password, challenge).as_bytes())?;
            Ok(())
        })?;
        Ok(State::Finished(MessageSent::Yes))
    }
}
