//! What the console sends by itself for the sidebar, and nothing else: after a login NAMESPACE, then
//! LIST and LSUB with `%` for each namespace; for a mailbox that is unfolded LIST and LSUB below it.
//! All under tags of the program's own, all in the transcript.

use crate::channel::Request;
use crate::model::{Children, ConnectionState, name};
use crate::wire::encode::{self, Argument};
use crate::wire::{Command, Origin};

use super::asks::{Ask, Asker};
use super::{Console, Phase};

/// Most namespaces listed; a server with more is strange.
const NAMESPACES: usize = 30;
/// Most unfolded mailboxes listed again by a refresh.
const UNFOLDED: usize = 50;

/// Where that stands.
#[derive(Debug, Default)]
pub(super) struct Auto {
    stage: Stage,
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

impl Console {
    /// Begins, if somebody is logged in and it is our turn; else goes on with what is left.
    pub(super) fn auto_begin(&mut self) -> Vec<Request> {
        let state = self.model.state();
        if state == ConnectionState::NotAuthenticated {
            self.auto.stage = Stage::NotBegun;
            self.asks.drop_waiting(None);
            self.auto.unfolded.clear();
        }
        let turn = self.settings.auto && self.auto.stage == Stage::NotBegun && self.is_logged_in();
        if turn {
            let set = self.model.capabilities().current();
            if set.is_none_or(|set| set.has("NAMESPACE") || set.has("IMAP4rev2")) {
                self.auto.stage = Stage::Namespace;
                self.put(Ask::new(Asker::Login, "NAMESPACE").by_program().later());
            } else {
                self.auto.stage = Stage::Begun;
                self.put_lists(Asker::Login);
            }
        }
        self.asks_next()
    }

    /// A command of `asker` is completed or abandoned.
    pub(super) fn auto_over(&mut self, asker: Asker) {
        if asker == Asker::Login && self.auto.stage == Stage::Namespace {
            self.auto.stage = Stage::Begun;
            self.put_lists(Asker::Login);
        }
    }

    fn put_lists(&mut self, asker: Asker) {
        for ask in self.list_namespaces(asker) {
            self.put(match asker {
                Asker::Login => ask.by_program().later(),
                _ => ask,
            });
        }
    }

    /// Whether panes may fill in by themselves what they show (not with `--no-auto`).
    pub fn fills_in(&self) -> bool {
        self.settings.auto && self.can_ask()
    }

    pub(super) fn is_logged_in(&self) -> bool {
        let state = self.model.state();
        self.phase == Phase::Ready
            && matches!(
                state,
                ConnectionState::Authenticated | ConnectionState::Selected
            )
    }

    /// What asks for the mailboxes below `mailbox` (as sent), unless they are known or asked for already.
    pub fn to_unfold(&self, mailbox: &[u8]) -> Vec<Ask> {
        let tree = self.model.mailboxes();
        let known = tree.find(mailbox).and_then(|id| tree.get(id));
        let wanted =
            known.is_some_and(|m| matches!(m.children, Children::Unknown | Children::Some));
        let asked = self.auto.unfolded.iter().any(|n| name::same(n, mailbox));
        if !wanted || asked || !self.is_logged_in() {
            return Vec::new();
        }
        self.asks_below(mailbox)
    }

    /// What asks for the mailboxes below `mailbox` (as sent), known or not; nothing where there is no
    /// hierarchy.
    pub fn asks_below(&self, mailbox: &[u8]) -> Vec<Ask> {
        let tree = self.model.mailboxes();
        let known = tree.find(mailbox).and_then(|id| tree.get(id));
        let Some((known, delimiter)) = known.and_then(|m| Some((m, m.delimiter?))) else {
            return Vec::new();
        };
        let level = [&known.name, delimiter.encode_utf8(&mut [0; 4]).as_bytes()].concat();
        list(Asker::Tree, &level).into()
    }

    /// What [`Console::to_unfold`] gave was sent.
    pub fn unfolded(&mut self, mailbox: &[u8]) {
        let tree = self.model.mailboxes();
        let known = tree.find(mailbox).and_then(|id| tree.get(id));
        let name = known.map_or_else(|| mailbox.to_vec(), |known| known.name.clone());
        self.auto.unfolded.push(name);
    }

    /// Asks for them.
    pub fn unfold(&mut self, mailbox: &[u8]) -> Vec<Request> {
        let asks = self.to_unfold(mailbox);
        if asks.is_empty() {
            return Vec::new();
        }
        self.unfolded(mailbox);
        self.ask_all(asks).1
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
        self.asks.drop_waiting(Some(Asker::Login));
        self.asks.drop_waiting(Some(Asker::Tree));
        self.put_lists(Asker::Tree);
        for ask in levels.iter().flat_map(|level| list(Asker::Tree, level)) {
            self.put(ask);
        }
        self.asks_next()
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

    fn list_namespaces(&self, asker: Asker) -> Vec<Ask> {
        let mut prefixes: Vec<&[u8]> = Vec::new();
        for namespace in self.model.namespaces().iter().flat_map(|all| all.iter()) {
            if prefixes.len() < NAMESPACES && !prefixes.contains(&namespace.prefix.as_slice()) {
                prefixes.push(&namespace.prefix);
            }
        }
        if prefixes.is_empty() {
            prefixes.push(b"");
        }
        let mut asks = Vec::new();
        // INBOX is in no namespace but the empty one: with "INBOX." it would not be listed.
        if !prefixes.contains(&&b""[..]) {
            asks.push(Ask::new(asker, "LIST \"\"").pattern(b"INBOX"));
        }
        asks.extend(prefixes.into_iter().flat_map(|level| list(asker, level)));
        asks
    }
}

/// `LIST "" "<level>%"` and LSUB likewise.
fn list(asker: Asker, level: &[u8]) -> [Ask; 2] {
    let pattern = [level, b"%"].concat();
    ["LIST \"\"", "LSUB \"\""].map(|words| Ask::new(asker, words).pattern(&pattern))
}
