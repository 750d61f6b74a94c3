//! What a new connection to the same server takes up again: ENABLE and the mailbox, as commands of the
//! program's that are seen like all others; and what it cannot, in words.

use crate::channel::Request;
use crate::model::{ConnectionState, SelectedMailbox};
use crate::safety::SafeMode;
use crate::session::{CommandId, Event};
use crate::wire::encode::{self, Argument};
use crate::wire::response::{Status, StatusResponse};
use crate::wire::{Command, Origin};

use super::{Console, Identity, Phase};
use crate::transcript::NoteLevel;

/// Most commands without an answer that are named.
const NAMED: usize = 10;

/// The last connection, as far as it can be taken up again.
#[derive(Debug, Clone, Default)]
struct Snapshot {
    server: String,
    identity: Identity,
    enabled: Vec<String>,
    mailbox: Option<SelectedMailbox>,
    /// `A0007 FETCH`: the user's commands that never got an answer.
    unanswered: Vec<String>,
    /// IDLE was on.
    idled: bool,
}

/// Where that stands.
#[derive(Debug, Default)]
pub(super) struct Restore {
    /// Kept up to date while somebody is logged in.
    last: Option<Snapshot>,
    /// To be taken up as soon as the same user is logged in.
    wanted: Option<Snapshot>,
    /// Our SELECT or EXAMINE, and what the mailbox was like.
    opening: Option<(Option<CommandId>, SelectedMailbox)>,
    /// That nobody is logged in was said.
    told: bool,
}

impl Restore {
    /// A new connection begins.
    pub fn connection_opened(&mut self) {
        // One that never got anywhere loses nothing.
        if let Some(last) = self.last.take() {
            self.wanted = Some(last);
        }
        self.opening = None;
        self.told = false;
    }
}

impl Console {
    /// What the last connection had is not taken up again: somebody else sees to that.
    pub fn nothing_to_restore(&mut self) {
        self.restore = Restore::default();
    }

    /// Notes what there is to lose.
    pub(super) fn remember(&mut self) {
        let (enabled, mailbox) = match self.model.state() {
            ConnectionState::Authenticated => (self.model.enabled(), None),
            ConnectionState::Selected => (self.model.enabled(), self.model.selected()),
            _ => return,
        };
        if !self.identity.is_logged_in() {
            return;
        }
        self.restore.last = Some(Snapshot {
            server: self.settings.server.clone(),
            identity: self.identity.clone(),
            enabled: enabled.to_vec(),
            mailbox: mailbox.cloned(),
            unanswered: Vec::new(),
            idled: false,
        });
    }

    /// A command of the user's will never be answered.
    pub(super) fn unanswered(&mut self, tag: &str, verb: &str) {
        let Some(last) = &mut self.restore.last else {
            return;
        };
        match verb {
            "IDLE" => last.idled = true,
            "LOGOUT" => {}
            _ if last.unanswered.len() < NAMED => last.unanswered.push(format!("{tag} {verb}")),
            _ => {}
        }
    }

    /// Takes up again what the last connection had, if it is the same user's turn.
    pub(super) fn restore_begin(&mut self) -> Vec<Request> {
        if self.phase != Phase::Ready {
            return Vec::new();
        }
        let Some(wanted) = self.restore.wanted.take() else {
            return Vec::new();
        };
        if wanted.server != self.settings.server {
            return Vec::new();
        }
        if !self.identity.is_logged_in() {
            if !std::mem::replace(&mut self.restore.told, true) {
                self.note(
                    NoteLevel::Warning,
                    &format!(
                        "Nobody is logged in. You were {}; log in as that one (:login) and ENABLE and the \
                         mailbox are taken up again.",
                        name(&wanted.identity)
                    ),
                );
            }
            self.restore.wanted = Some(wanted);
            return Vec::new();
        }
        if wanted.identity.effective() != self.identity.effective() {
            return Vec::new();
        }
        self.take_up(wanted)
    }

    fn take_up(&mut self, wanted: Snapshot) -> Vec<Request> {
        let mut requests = Vec::new();
        let advertised = self.model.capabilities().current();
        let (enabled, gone): (Vec<String>, Vec<String>) = wanted
            .enabled
            .into_iter()
            .partition(|name| advertised.is_none_or(|set| set.has(name)));
        let mut again = Vec::new();
        if !enabled.is_empty() {
            let line = format!("ENABLE {}", enabled.join(" "));
            requests.push(Request::Submit(Command::line(Origin::Program, &line)));
            again.push(line);
        }
        if let Some(mailbox) = wanted.mailbox {
            let verb = if mailbox.read_only || self.safe_mode() == SafeMode::ReadOnly {
                "EXAMINE"
            } else {
                "SELECT"
            };
            let has = |name: &str| enabled.iter().any(|e| e.eq_ignore_ascii_case(name));
            let mut command = Command::line(Origin::Program, &format!("{verb} "));
            encode::append(
                &mut command.parts,
                &mailbox.name,
                Argument::AString,
                has("UTF8=ACCEPT"),
            );
            if let (true, Some(validity), Some(modseq)) = (
                has("QRESYNC"),
                mailbox.uid_validity,
                mailbox.highest_mod_seq,
            ) {
                // RFC 7162 section 3.2.5: the server tells what changed and what vanished meanwhile.
                encode::append_text(
                    &mut command.parts,
                    format!(" (QRESYNC ({validity} {modseq}))").as_bytes(),
                );
            }
            requests.push(Request::Submit(command));
            again.push(format!("{verb} {}", mailbox.shown));
            self.restore.opening = Some((None, mailbox));
        }
        let mut words = format!("Connected again as {}", name(&self.identity));
        if !again.is_empty() {
            words.push_str(&format!("; taken up again: {}", again.join(", ")));
        }
        self.note(NoteLevel::Info, &format!("{words}."));
        let mut lost = Vec::new();
        if !wanted.unanswered.is_empty() {
            lost.push(format!(
                "the answers to {} (they may have been carried out all the same)",
                wanted.unanswered.join(", ")
            ));
        }
        if wanted.idled {
            lost.push("IDLE, which is not on any more".to_owned());
        }
        if !gone.is_empty() {
            lost.push(format!(
                "ENABLE {}, which is not offered any more",
                gone.join(" ")
            ));
        }
        if !lost.is_empty() {
            self.note(
                NoteLevel::Warning,
                &format!("Lost with the old connection: {}.", lost.join("; ")),
            );
        }
        requests
    }

    /// Follows our SELECT or EXAMINE: what became of the mailbox meanwhile.
    pub(super) fn restored(&mut self, event: &Event) {
        let Some((running, before)) = &mut self.restore.opening else {
            return;
        };
        match event {
            Event::Started {
                command,
                origin: Origin::Program,
                verb,
                ..
            } if matches!(verb.as_str(), "SELECT" | "EXAMINE") => {
                running.get_or_insert(*command);
            }
            Event::Completed {
                command, status, ..
            } if *running == Some(*command) => {
                let before = std::mem::take(before);
                self.restore.opening = None;
                self.compare(&before, status);
            }
            _ => {}
        }
    }

    fn compare(&mut self, before: &SelectedMailbox, status: &StatusResponse) {
        if status.status != Status::Ok {
            let said = String::from_utf8_lossy(&status.text).into_owned();
            self.note(
                NoteLevel::Warning,
                &format!(
                    "{} could not be opened again: {}",
                    before.shown,
                    said.trim()
                ),
            );
            return;
        }
        let Some(now) = self.model.selected() else {
            return;
        };
        let mut changes = Vec::new();
        if let (Some(old), Some(new)) = (before.uid_validity, now.uid_validity)
            && old != new
        {
            changes.push(format!(
                "UIDVALIDITY was {old} and is {new}, so no UID seen before means anything"
            ));
        }
        if let (Some(old), Some(new)) = (before.exists, now.exists)
            && old != new
        {
            changes.push(format!(
                "there were {old} messages and are {new}, so message numbers may mean others"
            ));
        }
        if before.read_only != now.read_only {
            let what = if now.read_only {
                "read-only"
            } else {
                "read-write"
            };
            changes.push(format!("it is {what} now"));
        }
        if !changes.is_empty() {
            let sentence = format!(
                "{} changed meanwhile: {}.",
                before.shown,
                changes.join("; ")
            );
            self.note(NoteLevel::Warning, &sentence);
        }
    }
}

/// `craig (auth cyrus)`
fn name(identity: &Identity) -> String {
    let Identity::LoggedIn {
        authcid, authzid, ..
    } = identity
    else {
        return "nobody".to_owned();
    };
    match (authcid, authzid) {
        (Some(authcid), Some(authzid)) if authcid != authzid => {
            format!("{authzid} (auth {authcid})")
        }
        (Some(name), _) | (None, Some(name)) => name.clone(),
        (None, None) => "whom the server greeted with PREAUTH".to_owned(),
    }
}
