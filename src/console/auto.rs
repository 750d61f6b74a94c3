//! What the console sends by itself for the sidebar, and nothing else: after a login NAMESPACE, then
//! LIST and LSUB with `%` for each namespace; for a mailbox that is unfolded LIST and LSUB below it.
//! All under tags of the program's own, all in the transcript.

use crate::channel::Request;
use crate::model::{Children, ConnectionState, name};
use crate::session::CommandId;
use crate::wire::encode::{self, Argument};
use crate::wire::{Command, CommandPart, Origin, TagChoice};

use super::{Console, Phase};

/// Most namespaces listed; a server with more is strange.
const NAMESPACES: usize = 30;
/// Most unfolded mailboxes listed again by a refresh.
const UNFOLDED: usize = 50;

/// Where that stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Auto {
    /// Not begun.
    #[default]
    Idle,
    /// NAMESPACE is asked; its id, once it went out.
    Namespace(Option<CommandId>),
    /// LIST and LSUB are asked.
    Done,
}

impl Console {
    /// Begins, if somebody is logged in and it is our turn.
    pub(super) fn auto_begin(&mut self) -> Vec<Request> {
        let state = self.model.state();
        let logged_in = matches!(
            state,
            ConnectionState::Authenticated | ConnectionState::Selected
        );
        if state == ConnectionState::NotAuthenticated {
            self.auto = Auto::Idle;
        }
        if !self.settings.auto
            || self.auto != Auto::Idle
            || self.phase != Phase::Ready
            || !logged_in
        {
            return Vec::new();
        }
        let set = self.model.capabilities().current();
        if set.is_none_or(|set| set.has("NAMESPACE") || set.has("IMAP4rev2")) {
            self.auto = Auto::Namespace(None);
            vec![Request::Submit(Command::line(Origin::Program, "NAMESPACE"))]
        } else {
            self.auto = Auto::Done;
            self.list_namespaces()
        }
    }

    /// NAMESPACE was answered, somehow.
    pub(super) fn auto_namespaces_known(&mut self) -> Vec<Request> {
        self.auto = Auto::Done;
        self.list_namespaces()
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
            || self.phase != Phase::Ready
            || self.unfolded.iter().any(|n| name::same(n, mailbox))
        {
            return Vec::new();
        }
        let mut level = known.name.clone();
        self.unfolded.push(level.clone());
        level.extend_from_slice(delimiter.encode_utf8(&mut [0; 4]).as_bytes());
        list(&level)
    }

    /// Has the mailbox tree told again: what was sent after the login, and what was unfolded.
    pub fn refresh(&mut self) -> Vec<Request> {
        let state = self.model.state();
        if self.phase != Phase::Ready
            || !matches!(
                state,
                ConnectionState::Authenticated | ConnectionState::Selected
            )
        {
            return Vec::new();
        }
        let tree = self.model.mailboxes();
        let level = |name: &Vec<u8>| {
            let delimiter = tree.get(tree.find(name)?)?.delimiter?;
            Some([name, delimiter.encode_utf8(&mut [0; 4]).as_bytes()].concat())
        };
        let levels: Vec<Vec<u8>> = self
            .unfolded
            .iter()
            .rev()
            .take(UNFOLDED)
            .filter_map(level)
            .collect();
        let mut requests = self.list_namespaces();
        requests.extend(levels.iter().flat_map(|level| list(level)));
        self.unfolded = self
            .unfolded
            .split_off(self.unfolded.len().saturating_sub(UNFOLDED));
        self.model.forget_mailboxes();
        self.auto = Auto::Done;
        requests
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

    fn list_namespaces(&self) -> Vec<Request> {
        let mut prefixes: Vec<&[u8]> = Vec::new();
        for namespace in self.model.namespaces().iter().flat_map(|all| all.iter()) {
            if prefixes.len() < NAMESPACES && !prefixes.contains(&namespace.prefix.as_slice()) {
                prefixes.push(&namespace.prefix);
            }
        }
        if prefixes.is_empty() {
            prefixes.push(b"");
        }
        let mut requests = Vec::new();
        // INBOX is in no namespace but the empty one: with "INBOX." it would not be listed.
        if !prefixes.contains(&&b""[..]) {
            requests.push(Request::Submit(Command::line(
                Origin::Program,
                "LIST \"\" \"INBOX\"",
            )));
        }
        requests.extend(prefixes.into_iter().flat_map(list));
        requests
    }
}

/// `LIST "" "<level>%"` and LSUB likewise.
fn list(level: &[u8]) -> Vec<Request> {
    let pattern = [level, b"%"].concat();
    ["LIST", "LSUB"]
        .iter()
        .map(|verb| Request::Submit(command(verb, &pattern)))
        .collect()
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
