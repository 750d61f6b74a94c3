//! What the user typed, and what becomes of it.

use zeroize::Zeroizing;

use crate::catalog::{self, Finding, Severity};
use crate::channel::Request;
use crate::session::{Awaiting, Reply};
use crate::transcript::NoteLevel;
use crate::wire::command::CommandPart;
use crate::wire::{Command, TagChoice, base64};

use super::draft::{self, Draft, DraftItem, TagRule};
use super::{Cancellation, Console, Phase, Submission, SubmitMode, file, local};

impl Console {
    /// Takes what the user typed. While the server waits for something else than a command (a
    /// challenge, a literal) the text is the answer to that, and nothing else.
    pub fn submit(&mut self, text: &str, mode: SubmitMode) -> Submission {
        self.cancelled = 0;
        match self.awaiting {
            Awaiting::Challenge => return self.answer_challenge(text, mode),
            Awaiting::Literal { remaining } => {
                return self.judged_reply(give_literal(text, remaining, mode));
            }
            Awaiting::LineRest => return self.judged_reply(give_line(text)),
            Awaiting::GoAhead if self.waits_by_hand => {
                return Submission::Refused(
                    "The server has not answered yet. Wait for it, or close the connection with Ctrl+C.".to_owned(),
                );
            }
            Awaiting::IdleDone if text.trim().is_empty() => {
                return Submission::Send(vec![Request::Respond(Reply::Done)]);
            }
            Awaiting::Command | Awaiting::GoAhead | Awaiting::IdleDone => {}
        }
        if mode != SubmitMode::AsTyped && text.trim_start().starts_with(':') {
            return match local::read(text) {
                Ok(action) => Submission::Local(action),
                Err(sentence) => Submission::Refused(sentence),
            };
        }
        let rule = if mode == SubmitMode::AsTyped {
            TagRule::AsTyped
        } else {
            TagRule::Automatic
        };
        let items = match draft::read(text.as_bytes(), rule, None) {
            Draft::Complete(items) => items,
            Draft::Incomplete { why, .. } => return Submission::Incomplete(why),
            Draft::Refused(sentence) => return Submission::Refused(sentence),
            Draft::Empty => return Submission::Empty,
        };
        if let Some(sentence) = self.not_now() {
            return Submission::Refused(sentence);
        }
        if items.iter().any(|item| draft::holds_mask(&item.command)) {
            return Submission::Refused(
                "******** stands for a password that was not kept. Put the password in its place."
                    .to_owned(),
            );
        }
        if mode == SubmitMode::Normal
            && let Some(confirmation) = self.doubtful(&items, text)
        {
            return confirmation;
        }
        let items = if items.iter().all(|item| item.files.is_empty()) {
            items
        } else {
            match draft::read(text.as_bytes(), rule, Some(&mut file::read)) {
                Draft::Complete(items) => items,
                Draft::Incomplete { why, .. } => return Submission::Incomplete(why),
                Draft::Refused(sentence) => return Submission::Refused(sentence),
                Draft::Empty => return Submission::Empty,
            }
        };
        self.judged(items, text)
    }

    /// Ends what is open (Ctrl+C): IDLE by DONE, AUTHENTICATE by `*`, a literal by spaces in its place and
    /// a line that no server accepts. If that does not help: asks, then closes the connection.
    pub fn cancel(&mut self) -> Cancellation {
        let cancel = |reply| Cancellation::Send(vec![Request::Respond(reply)]);
        match (self.awaiting, self.cancelled) {
            (Awaiting::Command, _) => Cancellation::Nothing,
            (Awaiting::IdleDone, _) => cancel(Reply::Done),
            (Awaiting::Challenge, _) => cancel(Reply::Cancel),
            (_, 0) => {
                self.cancelled = 1;
                cancel(Reply::Cancel)
            }
            (_, 1) => {
                self.cancelled = 2;
                Cancellation::Ask(
                    "The server has not gone on since. Ctrl+C again closes the connection."
                        .to_owned(),
                )
            }
            _ => Cancellation::Send(vec![Request::Close]),
        }
    }

    /// Why nothing can be sent now.
    fn not_now(&self) -> Option<String> {
        match &self.phase {
            Phase::Ready => None,
            Phase::Opening(_) if self.password_wanted.is_some() => {
                Some("The login waits for the password.".to_owned())
            }
            Phase::Opening(_) => {
                Some("The connection is still being opened; nothing was sent.".to_owned())
            }
            Phase::NotConnected | Phase::Ended { .. } => {
                Some("There is no connection; nothing was sent. :reconnect opens one.".to_owned())
            }
        }
    }

    /// Asks once more if something in the text is wrong.
    fn doubtful(&self, items: &[DraftItem], text: &str) -> Option<Submission> {
        let findings = self.findings(text);
        let error = findings.iter().find(|f| f.severity == Severity::Error);
        let unknown = items.iter().position(|item| !item.known);
        let place = error.map(|f| f.range.start);
        let at = place.and_then(|place| items.iter().rposition(|i| i.source.start <= place));
        let at = at.or(unknown)?;
        Some(self.confirm(items, at, findings))
    }

    /// What would go out for the command at `at`.
    fn confirm(&self, items: &[DraftItem], at: usize, findings: Vec<Finding>) -> Submission {
        let made = |item: &&DraftItem| item.command.tag == TagChoice::Generated && !item.is_done;
        let before = items.iter().take(at).filter(made).count();
        let tag = self.tag_after(before);
        let wire = items
            .get(at)
            .map(|item| draft::shown(item, &tag))
            .unwrap_or_default();
        Submission::Confirm { wire, findings }
    }

    pub(super) fn send(&mut self, items: Vec<DraftItem>, text: &str) -> Submission {
        let mut idling = self.awaiting == Awaiting::IdleDone;
        for item in &items {
            if item.is_done && !idling {
                return Submission::Refused(
                    "DONE ends an IDLE, and none is open. Ctrl+J sends it as it is typed."
                        .to_owned(),
                );
            }
            idling = item.command.verb() == "IDLE";
        }
        let mut requests = Vec::new();
        for item in items {
            self.history.add(
                &self.settings.server,
                &draft::for_history(&item, text.as_bytes()),
            );
            // The session takes a bare DONE as the end of the IDLE before it: it gets no tag.
            if !item.is_done {
                self.going(&item.command);
            }
            requests.push(Request::Submit(item.command));
        }
        if let Some(sentence) = self.history.take_trouble() {
            self.note(NoteLevel::Warning, &sentence);
        }
        Submission::Send(requests)
    }

    /// Notes what must be known of a command of the user's that is about to go out.
    pub(super) fn going(&mut self, command: &Command) {
        self.safe_going(command);
        let verb = command.verb();
        if verb == "LOGOUT" {
            self.leaving();
        }
        let open = matches!(command.parts.last(), Some(CommandPart::OpenLiteral { .. }));
        self.waits_by_hand = open || verb == "AUTHENTICATE";
        self.auto.idles += usize::from(verb == "IDLE");
        if verb == "AUTHENTICATE" {
            self.ids_by_hand = initial_response(command)
                .as_deref()
                .and_then(|r| ids_of_plain(r));
        }
        match &command.tag {
            TagChoice::Generated => self.submitted += 1,
            TagChoice::AsTyped => {
                if let Some(word) = word_as_tag(command) {
                    self.note(
                        NoteLevel::Warning,
                        &format!(
                            "{word} is sent as the tag, for it is the first word of the line; the server will not \
                             take it as a command. Enter (not Ctrl+J) puts a tag before it."
                        ),
                    );
                }
            }
            TagChoice::Own(_) => {}
        }
    }

    /// An answer in AUTHENTICATE by hand: `*` cancels, `\0`, `\xNN` and `\\` stand for octets that
    /// cannot be typed; as typed, it is base64 already. Never kept anywhere.
    fn answer_challenge(&mut self, text: &str, mode: SubmitMode) -> Submission {
        let line = text.strip_suffix('\n').unwrap_or(text);
        if line.trim() == "*" {
            return Submission::Send(vec![Request::Respond(Reply::Cancel)]);
        }
        if line.contains('\n') {
            return Submission::Refused("An answer to a challenge is one line.".to_owned());
        }
        let octets = if mode == SubmitMode::AsTyped {
            let Some(octets) = base64::decode(line.trim().as_bytes()) else {
                return Submission::Refused(
                    "That is not base64. Enter takes plain text and makes base64 of it.".to_owned(),
                );
            };
            octets
        } else {
            unescape(line)
        };
        if let Some(ids) = ids_of_plain(&octets) {
            self.ids_by_hand = Some(ids);
        }
        Submission::Send(vec![Request::Respond(Reply::Challenge(octets))])
    }
}

/// The octets of a literal announced by hand. Enter is a line end, as in imtest: what is more than the
/// literal wants is the rest of the command's line. As typed, no line end is added.
fn give_literal(text: &str, remaining: u64, mode: SubmitMode) -> Submission {
    let mut octets = with_crlf(text);
    if mode != SubmitMode::AsTyped {
        octets.extend_from_slice(b"\r\n");
    }
    let size = usize::try_from(remaining)
        .unwrap_or(usize::MAX)
        .min(octets.len());
    let rest = octets.split_off(size);
    let literal = Request::Respond(Reply::Literal(octets));
    if rest.is_empty() {
        return Submission::Send(vec![literal]);
    }
    let line = rest.strip_suffix(b"\r\n").unwrap_or(&rest);
    if line.contains(&b'\n') {
        return Submission::Refused(format!(
            "That is more than the {remaining} octets of the literal and the rest of its line; nothing was sent."
        ));
    }
    Submission::Send(vec![literal, Request::Respond(Reply::Line(line.to_vec()))])
}

fn give_line(text: &str) -> Submission {
    let line = text.strip_suffix('\n').unwrap_or(text);
    if line.contains('\n') {
        return Submission::Refused(
            "Only the rest of the command's line can be sent now: one line.".to_owned(),
        );
    }
    Submission::Send(vec![Request::Respond(Reply::Line(
        line.as_bytes().to_vec(),
    ))])
}

fn with_crlf(text: &str) -> Vec<u8> {
    let lines: Vec<&str> = text
        .split('\n')
        .map(|line| line.strip_suffix('\r').unwrap_or(line))
        .collect();
    lines.join("\r\n").into_bytes()
}

/// `\0`, `\xNN` and `\\`; any other backslash stands for itself.
fn unescape(text: &str) -> Zeroizing<Vec<u8>> {
    let mut out = Zeroizing::new(Vec::with_capacity(text.len()));
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let hex = |digits: &[u8]| {
            std::str::from_utf8(digits)
                .ok()
                .and_then(|d| u8::from_str_radix(d, 16).ok())
        };
        let (octet, used) = match (byte, after) {
            (b'\\', [b'0', ..]) => (0, 2),
            (b'\\', [b'\\', ..]) => (b'\\', 2),
            (b'\\', [b'x', a, b, ..]) if a.is_ascii_hexdigit() && b.is_ascii_hexdigit() => {
                (hex(&[*a, *b]).unwrap_or_default(), 4)
            }
            _ => (byte, 1),
        };
        out.push(octet);
        rest = rest.get(used..).unwrap_or_default();
    }
    out
}

/// The octets of an initial response on the command's line (RFC 4959).
fn initial_response(command: &Command) -> Option<Zeroizing<Vec<u8>>> {
    let Some(CommandPart::Text { bytes, .. }) = command.parts.first() else {
        return None;
    };
    let mut words = bytes
        .split(u8::is_ascii_whitespace)
        .filter(|w| !w.is_empty());
    words.find(|w| w.eq_ignore_ascii_case(b"AUTHENTICATE"))?;
    words.next()?;
    base64::decode(words.next()?)
}

/// Who logs in, and as whom, by a response of PLAIN (RFC 4616). The password is not looked at.
fn ids_of_plain(response: &[u8]) -> Option<(String, Option<String>)> {
    let mut parts = response.split(|b| *b == 0);
    let (authzid, authcid, _password) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() || authcid.is_empty() {
        return None;
    }
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Some((text(authcid), (!authzid.is_empty()).then(|| text(authzid))))
}

/// The command word that stands where the tag should: `SUBSCRIBE user.craig` sent as typed.
fn word_as_tag(command: &Command) -> Option<String> {
    let Some(CommandPart::Text { bytes, .. }) = command.parts.first() else {
        return None;
    };
    let mut words = bytes
        .split(u8::is_ascii_whitespace)
        .filter(|w| !w.is_empty());
    let mut word = || words.next().and_then(|w| std::str::from_utf8(w).ok());
    let (first, second) = (word()?, word());
    let second_is_one =
        second.is_some_and(|w| w.eq_ignore_ascii_case("UID") || catalog::find(w).is_some());
    (catalog::find(first).is_some() && !second_is_one).then(|| first.to_owned())
}
