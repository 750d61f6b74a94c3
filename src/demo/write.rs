//! How strings are put on the wire: atom, quoted or literal (RFC 3501 section 4).

/// Longest string that is sent quoted, in octets.
const LONGEST_QUOTED: usize = 1000;

/// A mailbox name: an atom if it can be one, else a string.
pub fn astring(out: &mut Vec<u8>, text: &[u8]) {
    let is_atom = !text.is_empty()
        && text
            .iter()
            .all(|b| b.is_ascii_graphic() && !b"(){%*\"\\".contains(b));
    if is_atom && !text.eq_ignore_ascii_case(b"NIL") {
        out.extend_from_slice(text);
    } else {
        string(out, text);
    }
}

/// A string: quoted if it can be, else a literal.
pub fn string(out: &mut Vec<u8>, text: &[u8]) {
    let plain = |b: &u8| (b' '..=b'~').contains(b) || *b == b'\t';
    if text.len() > LONGEST_QUOTED || !text.iter().all(plain) {
        return literal(out, text);
    }
    out.push(b'"');
    for byte in text {
        if matches!(byte, b'"' | b'\\') {
            out.push(b'\\');
        }
        out.push(*byte);
    }
    out.push(b'"');
}

/// A literal. NUL cannot be in one (RFC 3501 `CHAR8`), so it is sent as 0x80, as Cyrus and Dovecot do.
pub fn literal(out: &mut Vec<u8>, text: &[u8]) {
    out.extend_from_slice(format!("{{{}}}\r\n", text.len()).as_bytes());
    let start = out.len();
    out.extend_from_slice(text);
    if memchr::memchr(0, text).is_some() {
        for byte in out.iter_mut().skip(start).filter(|b| **b == 0) {
            *byte = 0x80;
        }
    }
}

/// A string or `NIL`.
pub fn nstring(out: &mut Vec<u8>, text: Option<&[u8]>) {
    match text {
        Some(text) => string(out, text),
        None => out.extend_from_slice(b"NIL"),
    }
}

/// Numbers as a sequence set: `1:3,7`. They must rise.
pub fn sequence_set(numbers: &[u32]) -> String {
    let mut text = String::new();
    let mut at = 0;
    while let Some(&first) = numbers.get(at) {
        let mut last = first;
        while numbers
            .get(at + 1)
            .is_some_and(|n| Some(*n) == last.checked_add(1))
        {
            last += 1;
            at += 1;
        }
        at += 1;
        if !text.is_empty() {
            text.push(',');
        }
        text.push_str(&first.to_string());
        if last > first {
            text.push_str(&format!(":{last}"));
        }
    }
    text
}

/// Numbers as a sequence set in their own order (COPYUID, RFC 4315 section 3).
pub fn ordered_set(numbers: &[u32]) -> String {
    if numbers.is_sorted() {
        sequence_set(numbers)
    } else {
        numbers
            .iter()
            .map(u32::to_string)
            .collect::<Vec<_>>()
            .join(",")
    }
}
