//! `BODY.PEEK[1.HEADER.FIELDS (DATE)]<0.100>` (RFC 9051 section 9: section; RFC 3516).

/// What is wrong with a section as typed; `None`: nothing. An open bracket is told elsewhere.
pub(super) fn wrong(word: &str) -> Option<String> {
    let (name, rest) = word.split_once('[')?;
    let (inside, behind) = rest.rsplit_once(']')?;
    let name = name.to_ascii_uppercase();
    let binary = name.starts_with("BINARY");
    if let Some(sentence) = partial(behind, &name) {
        return Some(sentence);
    }
    let (path, list) = match inside.split_once(' ') {
        Some((path, list)) => (path, Some(list)),
        None => (inside, None),
    };
    let upper = path.to_ascii_uppercase();
    let digits = upper
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(upper.len());
    let (numbers, text) = upper.split_at(digits);
    let numbers = if text.is_empty() {
        numbers
    } else {
        // The point before the word.
        match (numbers.is_empty(), numbers.strip_suffix('.')) {
            (true, _) => "",
            (false, Some(numbers)) => numbers,
            (false, None) => {
                return Some(format!("Between part number and {text} stands a point."));
            }
        }
    };
    let bad_number = |n: &str| n.is_empty() || n.starts_with('0') || n.parse::<u32>().is_err();
    if !numbers.is_empty() && numbers.split('.').any(bad_number) {
        return Some("Parts are numbered 1, 2, 1.2, ...".to_owned());
    }
    if binary && !text.is_empty() {
        return Some(format!(
            "{name} takes part numbers only: {name}[1] or {name}[1.2]."
        ));
    }
    match (text, list) {
        ("", None) | ("HEADER" | "TEXT", None) => None,
        ("MIME", None) if !numbers.is_empty() => None,
        ("MIME", None) => Some("MIME wants a part number before it: BODY.PEEK[1.MIME].".to_owned()),
        ("HEADER.FIELDS" | "HEADER.FIELDS.NOT", Some(list)) => {
            let inner = list.strip_prefix('(').and_then(|l| l.strip_suffix(')'));
            match inner.map(str::trim) {
                Some("") => Some("At least one header field is wanted: (SUBJECT).".to_owned()),
                Some(_) => None,
                None => Some(format!(
                    "{text} wants a list of header fields: {text} (FROM SUBJECT)."
                )),
            }
        }
        ("HEADER.FIELDS" | "HEADER.FIELDS.NOT", None) => Some(format!(
            "{text} wants a list of header fields: {text} (FROM SUBJECT)."
        )),
        (_, Some(_)) if text.is_empty() || text == "HEADER" || text == "TEXT" => {
            Some("Header fields are named like this: HEADER.FIELDS (FROM SUBJECT).".to_owned())
        }
        _ => Some(format!(
            "{text} is no part of a message: HEADER, HEADER.FIELDS (...), HEADER.FIELDS.NOT (...), TEXT, MIME, or a number."
        )),
    }
}

/// `<0.100>`
fn partial(behind: &str, name: &str) -> Option<String> {
    if behind.is_empty() {
        return None;
    }
    let sentence = "A range of octets is written <first.count>: <0.1000>.".to_owned();
    if name == "BINARY.SIZE" {
        return Some("BINARY.SIZE takes no range of octets.".to_owned());
    }
    let Some((first, count)) = behind
        .strip_prefix('<')
        .and_then(|b| b.strip_suffix('>'))
        .and_then(|b| b.split_once('.'))
    else {
        return Some(sentence);
    };
    let number = |n: &str| n.bytes().all(|b| b.is_ascii_digit()) && n.parse::<u64>().is_ok();
    if !number(first) || !number(count) {
        return Some(sentence);
    }
    (count.trim_start_matches('0').is_empty())
        .then(|| "A range of 0 octets is none: the second number is a count.".to_owned())
}
