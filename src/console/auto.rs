//! What the console sends by itself for the sidebar, and nothing else: after a login NAMESPACE, then
//! LIST and LSUB with `%` for each namespace; for a mailbox that is unfolded LIST and LSUB below it.
//! All under tags of the program's own, all in the transcript.

use std::collections::VecDeque;

use crate::channel::Request;
use crate::model::{Children, ConnectionState, name};
use crate::session::{Awaiting, CommandId};
use crate::wire::encode::{self, Argument};
use crate::wire::{Command, CommandPart, Origin, TagChoice};

use super::{Console, Phase};

/// Most namespaces listed; a server with more is strange.
const NAMESPACES: usize = 30;
/// Most unfolded mailboxes listed again by a refresh.
const UNFOLDED: usize = 50;

/// Where that stands.
#[derive(Debug, Default)]
pub(super) struct Auto {
    stage: Stage,
    /// What is still to be sent: one after the other, so that each command has its answer below it.
    queue: VecDeque<Command>,
    running: Option<Running>,
    /// IDLEs of the user's, from Enter to their completion: nothing here may end them.
    pub idles: usize,
    /// Mailboxes whose children were asked for.
    unfolded: Vec<Vec<u8>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Stage {
    #[default]
    NotBegun,
    /// NAMESPACE is asked.
    Namespace,
    /// LIST and LSUB are asked.
    Begun,
}

/// The command of ours that is under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Running {
    Submitted,
    Started(CommandId),
}

impl Auto {
    /// One of the program's commands goes out.
    pub fn started(&mut self, command: CommandId, verb: &str) {
        if self.running == Some(Running::Submitted) && matches!(verb, "NAMESPACE" | "LIST" | "LSUB")
        {
            self.running = Some(Running::Started(command));
        }
    }
}

impl Console {
    /// Begins, if somebody is logged in and it is our turn; else goes on with what is left.
    pub(super) fn auto_begin(&mut self) -> Vec<Request> {
        let state = self.model.state();
        if state == ConnectionState::NotAuthenticated {
            self.auto.stage = Stage::NotBegun;
            self.auto.queue.clear();
            self.auto.unfolded.clear();
        }
        let turn = self.settings.auto && self.auto.stage == Stage::NotBegun && self.is_logged_in();
        if turn {
            let set = self.model.capabilities().current();
            if set.is_none_or(|set| set.has("NAMESPACE") || set.has("IMAP4rev2")) {
                self.auto.stage = Stage::Namespace;
                self.auto
                    .queue
                    .push_back(Command::line(Origin::Program, "NAMESPACE"));
            } else {
                self.auto.stage = Stage::Begun;
                let commands = self.list_namespaces();
                self.auto.queue.extend(commands);
            }
        }
        self.auto_next(false)
    }

    /// A command is completed or abandoned.
    pub(super) fn auto_over(&mut self, command: CommandId) {
        if self.auto.running != Some(Running::Started(command)) {
            return;
        }
        self.auto.running = None;
        if self.auto.stage == Stage::Namespace {
            self.auto.stage = Stage::Begun;
            let commands = self.list_namespaces();
            self.auto.queue.extend(commands);
        }
    }

    /// The next one; not into an IDLE of the user's, unless he asked for it (`wanted`).
    fn auto_next(&mut self, wanted: bool) -> Vec<Request> {
        let may = self.phase == Phase::Ready && self.auto.running.is_none();
        // An IDLE that the keepalive began anew is the user's still.
        let idles = self.auto.idles > 0 || self.awaiting == Awaiting::IdleDone;
        if !may || (idles && !wanted) {
            return Vec::new();
        }
        let Some(command) = self.auto.queue.pop_front() else {
            return Vec::new();
        };
        self.auto.running = Some(Running::Submitted);
        vec![Request::Submit(command)]
    }

    fn is_logged_in(&self) -> bool {
        let state = self.model.state();
        self.phase == Phase::Ready
            && matches!(
                state,
                ConnectionState::Authenticated | ConnectionState::Selected
            )
    }

    /// Asks for the mailboxes below `mailbox` (as sent), unless they are known or asked for already.
    pub fn unfold(&mut self, mailbox: &[u8]) -> Vec<Request> {
        let tree = self.model.mailboxes();
        let Some(known) = tree.find(mailbox).and_then(|id| tree.get(id)) else {
            return Vec::new();
        };
        let Some(delimiter) = known.delimiter else {
            return Vec::new();
        };
        let wanted = matches!(known.children, Children::Unknown | Children::Some);
        if !wanted
            || !self.is_logged_in()
            || self.auto.unfolded.iter().any(|n| name::same(n, mailbox))
        {
            return Vec::new();
        }
        let mut level = known.name.clone();
        self.auto.unfolded.push(level.clone());
        level.extend_from_slice(delimiter.encode_utf8(&mut [0; 4]).as_bytes());
        self.auto.queue.extend(list(&level));
        self.auto_next(true)
    }

    /// Has the mailbox tree told again: what was sent after the login, and what was unfolded.
    pub fn refresh(&mut self) -> Vec<Request> {
        if !self.is_logged_in() {
            return Vec::new();
        }
        let tree = self.model.mailboxes();
        let level = |name: &Vec<u8>| {
            let delimiter = tree.get(tree.find(name)?)?.delimiter?;
            Some([name, delimiter.encode_utf8(&mut [0; 4]).as_bytes()].concat())
        };
        let unfolded = &mut self.auto.unfolded;
        let newest = unfolded.split_off(unfolded.len().saturating_sub(UNFOLDED));
        let levels: Vec<Vec<u8>> = newest.iter().filter_map(level).collect();
        self.auto.unfolded = newest;
        self.model.forget_mailboxes();
        self.auto.stage = Stage::Begun;
        self.auto.queue = self.list_namespaces().into();
        self.auto
            .queue
            .extend(levels.iter().flat_map(|level| list(level)));
        self.auto_next(true)
    }

    /// Opens `mailbox` (as sent) with EXAMINE.
    pub fn open_mailbox(&mut self, mailbox: &[u8]) -> Vec<Request> {
        if self.phase != Phase::Ready {
            return Vec::new();
        }
        let mut command = Command::line(Origin::User, "EXAMINE ");
        let utf8 = crate::catalog::accepts_utf8(&self.model);
        encode::append(&mut command.parts, mailbox, Argument::AString, utf8);
        self.going(&command);
        vec![Request::Submit(command)]
    }

    /// `SELECT <mailbox>` for the editor; empty for a name that no text can hold.
    pub fn select_text(&self, mailbox: &[u8]) -> String {
        let utf8 = crate::catalog::accepts_utf8(&self.model);
        let argument = crate::catalog::mailbox_argument(mailbox, utf8);
        argument.map(|a| format!("SELECT {a}")).unwrap_or_default()
    }

    fn list_namespaces(&self) -> Vec<Command> {
        let mut prefixes: Vec<&[u8]> = Vec::new();
        for namespace in self.model.namespaces().iter().flat_map(|all| all.iter()) {
            if prefixes.len() < NAMESPACES && !prefixes.contains(&namespace.prefix.as_slice()) {
                prefixes.push(&namespace.prefix);
            }
        }
        if prefixes.is_empty() {
            prefixes.push(b"");
        }
        let mut commands = Vec::new();
        // INBOX is in no namespace but the empty one: with "INBOX." it would not be listed.
        if !prefixes.contains(&&b""[..]) {
            commands.push(Command::line(Origin::Program, "LIST \"\" \"INBOX\""));
        }
        commands.extend(prefixes.into_iter().flat_map(list));
        commands
    }
}

/// `LIST "" "<level>%"` and LSUB likewise.
fn list(level: &[u8]) -> [Command; 2] {
    let pattern = [level, b"%"].concat();
    ["LIST", "LSUB"].map(|verb| command(verb, &pattern))
}

fn command(verb: &str, pattern: &[u8]) -> Command {
    let mut text = format!("{verb} \"\" ").into_bytes();
    // Always quoted, as RFC 9051 writes it in its examples.
    if pattern
        .iter()
        .all(|b| b.is_ascii() && !b"\0\r\n".contains(b))
        && pattern.len() < 900
    {
        text.push(b'"');
        for &byte in pattern {
            if b"\"\\".contains(&byte) {
                text.push(b'\\');
            }
            text.push(byte);
        }
        text.push(b'"');
        return Command {
            origin: Origin::Program,
            tag: TagChoice::Generated,
            parts: vec![CommandPart::Text {
                bytes: text,
                secret: Vec::new(),
            }],
        };
    }
    let mut command = Command {
        origin: Origin::Program,
        tag: TagChoice::Generated,
        parts: vec![CommandPart::Text {
            bytes: text,
            secret: Vec::new(),
        }],
    };
    encode::append(&mut command.parts, pattern, Argument::ListMailbox, false);
    command
}
