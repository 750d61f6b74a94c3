//! What a challenge of AUTHENTICATE, or an answer to one, says: text as it is, Kerberos' tokens in words.

/// Kerberos 5 in DER (RFC 4121 section 4.1), as it begins its tokens.
const KERBEROS: &[u8] = &[6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x12, 1, 2, 2];
/// Octets of a Wrap token before what is wrapped (RFC 4121 section 4.2.6.2).
const WRAP_HEADER: usize = 16;

/// In words; text is hostile, as all that a server sends.
pub fn reading(octets: &[u8]) -> String {
    if let Some(words) = framed(octets).or_else(|| wrapped(octets)) {
        return words;
    }
    match std::str::from_utf8(octets) {
        // NUL and ^A stand between the parts of an answer (RFC 4616, RFC 7628).
        Ok(text)
            if !text
                .chars()
                .any(|c| c.is_control() && !"\0\u{1}\t\r\n".contains(c)) =>
        {
            text.to_owned()
        }
        _ => format!("({} octets that are no text)", octets.len()),
    }
}

/// `[APPLICATION 0] length OID TOK_ID ...`: the tokens that make a context (RFC 2743 section 3.1).
fn framed(octets: &[u8]) -> Option<String> {
    let rest = octets.strip_prefix(&[0x60])?;
    let (first, rest) = rest.split_first()?;
    let rest = match first {
        0..=0x7f => rest,
        long => rest.get(usize::from(long & 0x7f)..)?,
    };
    let kind = rest.strip_prefix(KERBEROS)?;
    let what = match kind {
        [1, 0, ..] => "AP-REQ, the ticket and proof that we are its owner",
        [2, 0, ..] => "AP-REP, the server's proof that it has the key of the service",
        [3, 0, ..] => "an error (KRB-ERROR)",
        _ => return None,
    };
    Some(format!("(Kerberos: {what}; {} octets)", octets.len()))
}

/// A Wrap token that is signed and not encrypted; of the server it is the offer of layers, of the client the
/// choice and the authzid (RFC 4752 section 3.1).
fn wrapped(octets: &[u8]) -> Option<String> {
    let [
        5,
        4,
        flags,
        0xff,
        extra_high,
        extra_low,
        turn_high,
        turn_low,
        ..,
    ] = octets
    else {
        return None;
    };
    let body = octets.get(WRAP_HEADER..)?;
    let (extra, turned) = (
        usize::from(u16::from_be_bytes([*extra_high, *extra_low])),
        usize::from(u16::from_be_bytes([*turn_high, *turn_low])),
    );
    let size = octets.len();
    if flags & 2 != 0 {
        return Some(format!("(Kerberos: an encrypted message; {size} octets)"));
    }
    let length = body.len().checked_sub(extra)?;
    // What is wrapped and its checksum, turned to the right by so many octets.
    let start = turned.checked_rem(body.len())?;
    let plain: Vec<u8> = body
        .iter()
        .cycle()
        .skip(start)
        .take(length)
        .copied()
        .collect();
    let [layers, most @ ..] = plain.get(..4)? else {
        return None;
    };
    let named: Vec<&str> = [(1, "none"), (2, "signed"), (4, "encrypted")]
        .into_iter()
        .filter(|(bit, _)| layers & bit != 0)
        .map(|(_, name)| name)
        .collect();
    let named = match named.is_empty() {
        true => "no layer at all".to_owned(),
        false => named.join(", "),
    };
    let by_server = flags & 1 != 0;
    let most = most
        .iter()
        .fold(0u32, |most, octet| most << 8 | u32::from(*octet));
    Some(if by_server {
        format!(
            "(Kerberos: the server offers these security layers: {named}; messages of at most {most} octets)"
        )
    } else {
        let authzid = String::from_utf8_lossy(plain.get(4..)?).into_owned();
        let whom = match authzid.as_str() {
            "" => "no authzid".to_owned(),
            authzid => format!("authzid {authzid}"),
        };
        format!("(Kerberos: security layer {named}, {whom})")
    })
}
