//! Dry run: the exact octets that a text would come to, and as whom; nothing is sent.

use std::collections::HashSet;

use crate::catalog::{self, CommandSpec, Effect};
use crate::session::{announcement, literal_mode};
use crate::wire::command::masked;
use crate::wire::{CommandPart, LiteralHeader, LiteralMode, TagChoice};

use super::draft::{self, Draft, TagRule};
use super::{Confirmation, Console, Identity, SubmitMode, file};

/// Most lines of a literal that are shown.
const LITERAL_LINES: usize = 40;

/// One line of a dry run. Octets are as they would go out, secrets masked, and hostile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DryLine {
    /// A line for the server, line end off.
    Sent(Vec<u8>),
    /// A line of a literal, line end off.
    Literal(Vec<u8>),
    /// Here the server's `+` is waited for.
    Wait,
    /// A sentence.
    Note(String),
}

impl Console {
    /// What `text` would come to, sent as `mode` says.
    ///
    /// # Errors
    /// Why nothing would be sent: a sentence.
    pub fn dry_run(&self, text: &str, mode: SubmitMode) -> Result<Vec<DryLine>, String> {
        let rule = match mode {
            SubmitMode::AsTyped => TagRule::AsTyped,
            SubmitMode::Normal | SubmitMode::Confirmed => TagRule::Automatic,
        };
        let items = match draft::read(text.as_bytes(), rule, Some(&mut file::read)) {
            Draft::Complete(items) => items,
            Draft::Incomplete { why, .. } => return Err(format!("Not complete: {why}.")),
            Draft::Refused(sentence) => return Err(sentence),
            Draft::Empty => return Err("There is nothing to send.".to_owned()),
        };
        let capabilities = self.model.capabilities().current();
        let mut lines = Vec::new();
        let (mut octets, mut made, mut waits) = (0u64, 0usize, 0usize);
        for item in &items {
            let mut line = match &item.command.tag {
                TagChoice::Own(tag) => format!("{tag} ").into_bytes(),
                TagChoice::Generated if !item.is_done => {
                    made += 1;
                    format!("{} ", self.tag_after(made - 1)).into_bytes()
                }
                TagChoice::Generated | TagChoice::AsTyped => Vec::new(),
            };
            octets += line.len() as u64;
            for part in &item.command.parts {
                match part {
                    CommandPart::Text { bytes, secret } => {
                        octets += bytes.len() as u64;
                        line.extend_from_slice(&masked(bytes, secret));
                    }
                    CommandPart::Literal {
                        bytes,
                        choice,
                        binary,
                        secret,
                    } => {
                        let size = bytes.len() as u64;
                        let header = LiteralHeader {
                            size,
                            mode: literal_mode(*choice, size, capabilities),
                            binary: *binary,
                        };
                        let head = announcement(header);
                        octets += size + head.len() as u64 + 2;
                        line.extend_from_slice(head.as_bytes());
                        lines.push(DryLine::Sent(std::mem::take(&mut line)));
                        if header.mode == LiteralMode::Synchronizing {
                            lines.push(DryLine::Wait);
                            waits += 1;
                        }
                        match secret {
                            true => lines.push(DryLine::Literal(b"********".to_vec())),
                            false => literal(bytes, &mut lines),
                        }
                    }
                    CommandPart::OpenLiteral {
                        size,
                        choice,
                        binary,
                        ..
                    } => {
                        let header = LiteralHeader {
                            size: *size,
                            mode: literal_mode(*choice, *size, capabilities),
                            binary: *binary,
                        };
                        let head = announcement(header);
                        octets += head.len() as u64;
                        line.extend_from_slice(head.as_bytes());
                    }
                }
            }
            octets += 2;
            lines.push(DryLine::Sent(line));
        }
        lines.push(DryLine::Note(self.dry_summary(&items, octets, waits)));
        let words = self.safe_words(&items);
        lines.extend(words.into_iter().map(DryLine::Note));
        if items.iter().any(|item| draft::has_secret(&item.command)) {
            lines.push(DryLine::Note(
                "******** stands for what is secret; it counts with its own length.".to_owned(),
            ));
        }
        if items.iter().any(|item| !item.known) {
            lines.push(DryLine::Note(
                "A command here is not known to the catalog: Enter would show it and ask."
                    .to_owned(),
            ));
        }
        let mut told = HashSet::new();
        for spec in items
            .iter()
            .filter_map(|i| catalog::find(&i.command.verb()))
        {
            if told.insert(spec.verb.as_str()) {
                lines.extend(needs(spec).map(DryLine::Note));
            }
        }
        if mode != SubmitMode::AsTyped {
            let findings = self.findings(text).into_iter();
            lines.extend(findings.map(|f| DryLine::Note(f.sentence)));
        }
        Ok(lines)
    }

    fn dry_summary(&self, items: &[draft::DraftItem], octets: u64, waits: usize) -> String {
        let who = match &self.identity {
            Identity::Nobody => "nobody is logged in".to_owned(),
            Identity::LoggedIn { authcid, .. } => {
                let effective = self.identity.effective().unwrap_or("somebody");
                let by = match authcid.as_deref() {
                    Some(authcid) if authcid != effective => format!(" (auth {authcid})"),
                    _ => String::new(),
                };
                let sure = match self.confirmation() {
                    Confirmation::Confirmed { .. } => "confirmed",
                    _ => "accepted by the server, not confirmed",
                };
                format!("as {effective}{by}, {sure}")
            }
        };
        let count = match items.len() {
            1 => "1 command".to_owned(),
            count => format!("{count} commands"),
        };
        let waits = match waits {
            0 => String::new(),
            1 => ", waiting once for the server's go-ahead".to_owned(),
            waits => format!(", waiting {waits} times for the server's go-ahead"),
        };
        format!("{count}, {octets} octets{waits}; {who}. Nothing was sent.")
    }
}

/// What a command does, and the ACL rights it needs (RFC 4314 section 4).
fn needs(spec: &CommandSpec) -> Option<String> {
    let does = match spec.effect {
        Effect::Destroys => "may destroy something",
        Effect::Writes => "writes",
        Effect::Reads | Effect::Session if spec.rights.is_empty() => return None,
        Effect::Reads | Effect::Session => "changes nothing that lasts",
    };
    let rights = spec.rights_in_words().map_or_else(String::new, |rights| {
        format!(" and needs the right {rights}")
    });
    Some(format!("{} {does}{rights}.", spec.verb))
}

fn literal(bytes: &[u8], lines: &mut Vec<DryLine>) {
    let mut rows = bytes.split(|b| *b == b'\n');
    for row in rows.by_ref().take(LITERAL_LINES) {
        let row = row.strip_suffix(b"\r").unwrap_or(row);
        lines.push(DryLine::Literal(row.to_vec()));
    }
    let left = rows.count();
    if left > 0 {
        lines.push(DryLine::Note(format!(
            "... and {left} lines more of this literal of {} octets",
            bytes.len()
        )));
    }
}
