//! What helps to write a command: encodings, quotes, literals, the external editor, the dry run.

use std::ops::Range;

use super::super::effect::Effect;
use super::super::popup::Popup;
use super::super::state::State;
use crate::console::SubmitMode;
use crate::console::draft::{self, Draft, TagRule};
use crate::wire::{base64, mutf7};

/// Shows what `text` would come to.
pub(super) fn dry_run(state: &mut State, text: &str) {
    match state.console.dry_run(text, SubmitMode::Normal) {
        Ok(lines) => state.popup = Some(Popup::DryRun { lines, top: 0 }),
        Err(sentence) => state.message = Some(sentence),
    }
}

/// Gives the text to $VISUAL or $EDITOR, unless there is a secret in it: that would lie in a file.
pub(super) fn external_editor(state: &mut State) -> Vec<Effect> {
    if state.console.challenge().is_some() || state.editor.is_masked() {
        state.message = Some(
            "An answer to the server is secret and is never written to a file: type it here."
                .to_owned(),
        );
        return Vec::new();
    }
    let text = state.editor.text();
    if holds_secret(&text) {
        state.message = Some(
            "There is a password in this command, and the editor would find it in a file: edit it here."
                .to_owned(),
        );
        return Vec::new();
    }
    vec![Effect::Edit(text)]
}

fn holds_secret(text: &str) -> bool {
    [TagRule::Automatic, TagRule::AsTyped]
        .into_iter()
        .any(|rule| {
            match draft::read(text.as_bytes(), rule, None) {
                Draft::Complete(items) => items.iter().any(|item| draft::has_secret(&item.command)),
                // A quote that is open hides the end of the line; the verb says enough.
                Draft::Incomplete { .. } | Draft::Refused(_) => text.lines().any(|line| {
                    line.split_ascii_whitespace().take(2).any(|word| {
                        word.eq_ignore_ascii_case("LOGIN")
                            || word.eq_ignore_ascii_case("AUTHENTICATE")
                    })
                }),
                Draft::Empty => false,
            }
        })
}

/// The text that was given out comes back, or a sentence why not.
pub fn edited(state: &mut State, text: Result<String, String>) {
    match text {
        // Something may have begun to wait for an answer meanwhile.
        Ok(_) if state.editor.is_masked() => {
            state.message =
                Some("The server waits for an answer now; the edited text is dropped.".to_owned());
        }
        Ok(text) => {
            state.editor.set_text(&text);
            state.confirm = None;
            state.browsing = None;
            let lines = state.editor.lines().len();
            if lines > 1 {
                state.message = Some(format!("{lines} lines; nothing is sent before Enter."));
            }
        }
        Err(sentence) => state.message = Some(sentence),
    }
}

/// The selection, or the word at the cursor: where it is, and its text.
fn chosen(state: &State) -> Option<(Range<usize>, String)> {
    let text = state.editor.text();
    let range = match state.editor.selection() {
        Some(range) => range,
        None => word_at(&text, state.editor.cursor_offset())?,
    };
    let word = text.get(range.clone())?.to_owned();
    (!word.is_empty()).then_some((range, word))
}

/// The quoted string or the atom at (or right before) octet `at`.
fn word_at(text: &str, at: usize) -> Option<Range<usize>> {
    let start = text.get(..at)?.rfind('\n').map_or(0, |end| end + 1);
    let line = text.get(start..)?.lines().next().unwrap_or_default();
    let (mut from, mut quoted, mut escaped) = (None::<usize>, false, false);
    let mut words = Vec::new();
    for (i, c) in line.char_indices().chain([(line.len(), ' ')]) {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => {
                quoted = !quoted;
                from.get_or_insert(i);
            }
            ' ' | '(' | ')' if !quoted || i == line.len() => {
                words.extend(from.take().map(|from| start + from..start + i));
            }
            _ => {
                from.get_or_insert(i);
            }
        }
    }
    words
        .into_iter()
        .find(|word| word.start <= at && at <= word.end)
}

/// A quoted string's meaning; anything else is itself. The second: it was quoted.
fn unquoted(word: &str) -> (String, bool) {
    let Some(inner) = word.strip_prefix('"') else {
        return (word.to_owned(), false);
    };
    let inner = inner.strip_suffix('"').unwrap_or(inner);
    let (mut out, mut escaped) = (String::new(), false);
    for c in inner.chars() {
        if c == '\\' && !escaped {
            escaped = true;
        } else {
            escaped = false;
            out.push(c);
        }
    }
    (out, true)
}

/// `word` in quotes (RFC 9051 section 4.3).
fn quoted(word: &str) -> String {
    let escaped = word.replace('\\', "\\\\").replace('"', "\\\"");
    format!("\"{escaped}\"")
}

/// As an atom where it may be one, else quoted.
fn as_argument(word: &str) -> String {
    let plain = |c: char| c.is_ascii_graphic() && !"(){%*\"\\]".contains(c);
    match !word.is_empty() && word.chars().all(plain) {
        true => word.to_owned(),
        false => quoted(word),
    }
}

fn put(state: &mut State, range: Range<usize>, text: &str) {
    state.editor.replace(range, text);
    state.confirm = None;
}

fn nothing_chosen(state: &mut State) {
    state.message = Some(
        "There is no word at the cursor: select something (Shift and an arrow) or go to one."
            .to_owned(),
    );
}

/// Base64 of the selection or the word, or back.
pub(super) fn base64(state: &mut State, decode: bool) {
    let Some((range, word)) = chosen(state) else {
        return nothing_chosen(state);
    };
    if !decode {
        let encoded = base64::encode(word.as_bytes());
        return put(state, range, &encoded);
    }
    let Some(octets) = base64::decode(unquoted(&word).0.as_bytes()) else {
        state.message = Some(
            "That is not base64: letters, digits, + and /, and = at the end, in fours.".to_owned(),
        );
        return;
    };
    match std::str::from_utf8(&octets) {
        Ok(text) if !text.chars().any(char::is_control) => {
            let text = text.to_owned();
            put(state, range, &text);
        }
        // As answers to a challenge are typed: \0 for NUL.
        _ => {
            let shown: String = octets
                .iter()
                .map(|b| match b {
                    0 => "\\0".to_owned(),
                    b'\\' => "\\\\".to_owned(),
                    0x20..=0x7e => char::from(*b).to_string(),
                    b => format!("\\x{b:02x}"),
                })
                .collect();
            state.message = Some(format!("It holds octets that are no text: {shown}"));
        }
    }
}

/// The word to modified UTF-7, or back (RFC 3501 section 5.1.3).
pub(super) fn mailbox_encoding(state: &mut State) {
    let Some((range, word)) = chosen(state) else {
        return nothing_chosen(state);
    };
    let (name, was_quoted) = unquoted(&word);
    let decoded = name
        .is_ascii()
        .then(|| mutf7::decode(name.as_bytes()).ok())
        .flatten()
        .filter(|decoded| *decoded != name);
    let other = match decoded {
        Some(decoded) => decoded,
        None => mutf7::encode(&name),
    };
    if other == name {
        state.message = Some("This name is the same in modified UTF-7.".to_owned());
        return;
    }
    let text = if was_quoted {
        quoted(&other)
    } else {
        as_argument(&other)
    };
    put(state, range, &text);
}

/// Quotes around the word, or off.
pub(super) fn quote_word(state: &mut State) {
    let Some((range, word)) = chosen(state) else {
        return nothing_chosen(state);
    };
    let whole = word.len() > 1 && word.starts_with('"') && word.ends_with('"');
    if !whole {
        return put(state, range, &quoted(&word));
    }
    let (bare, _) = unquoted(&word);
    if as_argument(&bare) != bare {
        state.message =
            Some("It needs its quotes: it holds a space or a special character.".to_owned());
        return;
    }
    put(state, range, &bare);
}

/// `"25-Nov-2026 20:01:02 +0000"`: the time now, for APPEND's date-time (RFC 9051 section 9).
pub(super) fn insert_date(state: &mut State) {
    let now = jiff::Timestamp::try_from(state.now).unwrap_or_default();
    let now = now.to_zoned(state.options.zone.clone());
    let text = now.strftime("\"%d-%b-%Y %H:%M:%S %z\"").to_string();
    let at = state.editor.selection().unwrap_or_else(|| {
        let at = state.editor.cursor_offset();
        at..at
    });
    put(state, at, &text);
}
