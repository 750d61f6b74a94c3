//! Everything the screen shows and the keys act on. One owner, no locks, no drawing.

mod look;
mod time;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::SystemTime;

use jiff::tz::TimeZone;
use ratatui::layout::Rect;

use super::editor::Editor;
use super::effect::Effect;
pub use super::farewell::{Farewell, LOGOUT_LIMIT, Then};
use super::finding::Finding;
use super::gather::Gather;
use super::inquiring::Inquiring;
use super::inspector::Inspector;
use super::keymap::{Context, Key, Keymap};
use super::layout::{Focus, Layout, Wishes, layout};
use super::lent::Lent;
use super::marks::Marks;
use super::messages::MailPane;
use super::out::Job;
use super::popup::Popup;
use super::printable;
use super::scroll::Scroll;
use super::sidebar::Sidebar;
use super::sides::Sides;
use super::snippets::Snippets;
use super::strip::Strip;
use super::theme::{Colours, Theme};
use super::typing::Typing;
use super::users::Users;
use super::vi::Vi;
use crate::channel::{Notice, Plan};
use crate::console::live::Live;
use crate::console::{Console, Phase};
use crate::sasl::Credentials;
use crate::session::Awaiting;
use crate::wire::Tag;

/// From so many rows of the screen a row of the editor says that nothing is wrong, too.
pub(super) const LINT_ROWS: u16 = 35;
/// Most rows of a challenge that are shown above the editor's text.
const QUESTION_ROWS: u16 = 4;

/// What the program is started with and never changes.
#[derive(Debug, Clone)]
pub struct Options {
    /// Colours.
    pub theme: Theme,
    /// How `:theme` comes to others.
    pub colours: Arc<Colours>,
    /// vi's keys in the editor.
    pub vi: bool,
    /// The keys in force.
    pub keymap: Arc<Keymap>,
    /// Lines of boxes in ASCII.
    pub ascii: bool,
    /// For times of day.
    pub zone: TimeZone,
    /// What F5 in the connect form connects to.
    pub demo: Option<Plan>,
    /// A mailbox to open after the first login.
    pub mailbox: Option<String>,
    /// The wall clock.
    pub clock: fn() -> SystemTime,
    /// What others do for the screen.
    pub lent: Lent,
    /// The config file, for profiles to remember.
    pub config: Option<PathBuf>,
}

/// The state of one session's screen: one tab. What there is beside it only the [`Strip`] tells.
#[derive(Debug)]
pub struct State {
    /// The application core.
    pub console: Console,
    /// What never changes.
    pub options: Options,
    /// The plan of the connection that is open, was open, or failed.
    pub plan: Option<Plan>,
    /// The size of the screen.
    pub area: Rect,
    /// The pane in focus.
    pub focus: Focus,
    /// The sidebar as wished with F9; `None`: as the size has it.
    pub sidebar_wish: Option<bool>,
    /// The pane in focus takes the whole middle.
    pub zoom: bool,
    /// The command editor.
    pub editor: Editor,
    /// What is known about its text.
    pub typing: Typing,
    /// vi's keys in it; `None`: readline's.
    pub vi: Option<Vi>,
    /// The transcript pane.
    pub scroll: Scroll,
    /// What is looked for in it.
    pub finding: Finding,
    /// The lines of it that the user marked.
    pub marks: Marks,
    /// The inspector.
    pub inspector: Inspector,
    /// The messages of the open mailbox.
    pub mail: MailPane,
    /// The second connection, that listens.
    pub live: Option<Live>,
    /// The pane of what it hears.
    pub events: super::live::EventsPane,
    /// The sidebar.
    pub sidebar: Sidebar,
    /// What the sidebar asks for.
    pub gather: Gather,
    /// This tab is asked for a comparison.
    pub inquiring: Option<Inquiring>,
    /// The comparison that was made here last, or is under way.
    pub sides: Option<Box<Sides>>,
    /// What lies over the panes.
    pub popup: Option<Popup>,
    /// A sentence about the last key; goes with the next one.
    pub message: Option<String>,
    /// The text for which the next Enter sends this line.
    pub confirm: Option<Confirm>,
    /// The first key of a sequence.
    pub prefix: Option<Key>,
    /// Ctrl+C once more quits.
    pub quit_armed: bool,
    /// LOGOUT was sent, and what is to be done when the connection has ended.
    pub farewell: Option<Farewell>,
    /// Somebody was logged in on the connection of `plan`.
    pub was_logged_in: bool,
    /// Where one is in the history, and the draft one left.
    pub browsing: Option<Browsing>,
    /// The sessions there are; kept true by `tabs.rs`.
    pub strip: Strip,
    /// The users that the server has named.
    pub users: Users,
    /// Who one was before, on this connection and those it came from: the last one last.
    pub before: Vec<String>,
    /// Where the next password that is wanted comes from; `None`: it is asked for.
    pub password_from: Option<crate::config::password::From>,
    /// The password goes into the keyring once the server has accepted it.
    pub keep: bool,
    /// The login that is being tried; once it is accepted, `plan` has it.
    pub(super) trying: Option<Credentials>,
    /// UNAUTHENTICATE was sent under this tag; then these log in.
    pub(super) becoming: Option<(Tag, Credentials)>,
    /// The export that is under way.
    pub job: Option<Job>,
    /// The file that what passes is recorded to; kept true by `tabs.rs`.
    pub recording: Option<String>,
    /// Snippets: the list, and the run.
    pub snippets: Snippets,
    /// The wall clock when the screen was last thought about: for what counts seconds.
    pub now: SystemTime,
    /// Nothing goes to the history's file.
    pub private: bool,
    /// The next command of a pane that browses goes into the editor, not to the server.
    pub into_editor: bool,
    /// What the editor was last told about what the server waits for.
    pub(super) awaited: Awaiting,
}

/// A text that waits for a second Enter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Confirm {
    /// The text as typed.
    pub text: String,
    /// What would go.
    pub wire: String,
    /// What is wrong with it, by place.
    pub findings: Vec<crate::catalog::Finding>,
}

/// Going through the history with Up and Down.
#[derive(Debug, Clone)]
pub struct Browsing {
    /// Index of the entry that is in the editor.
    pub index: usize,
    /// What was in the editor before.
    pub draft: String,
}

impl State {
    /// Before the first connection.
    pub fn new(mut console: Console, options: Options, area: Rect) -> State {
        let private = console.history().is_private();
        let now = (options.clock)();
        State {
            console,
            plan: None,
            area,
            focus: Focus::Editor,
            sidebar_wish: None,
            zoom: false,
            editor: Editor::default(),
            typing: Typing::default(),
            vi: options.vi.then(Vi::default),
            scroll: Scroll::default(),
            finding: Finding::default(),
            marks: Marks::default(),
            inspector: Inspector::default(),
            mail: MailPane::default(),
            live: None,
            events: Default::default(),
            sidebar: Sidebar::default(),
            gather: Gather::default(),
            inquiring: None,
            sides: None,
            popup: None,
            message: None,
            confirm: None,
            prefix: None,
            quit_armed: false,
            farewell: None,
            was_logged_in: false,
            browsing: None,
            strip: Strip::default(),
            users: Users::default(),
            before: Vec::new(),
            password_from: None,
            keep: false,
            trying: None,
            becoming: None,
            job: None,
            recording: None,
            snippets: Snippets::default(),
            now,
            options,
            private,
            into_editor: false,
            awaited: Awaiting::Command,
        }
    }

    /// Where everything is right now.
    pub fn layout(&self) -> Layout {
        let wishes = |editor_rows, question_rows| Wishes {
            focus: self.focus,
            sidebar: self.sidebar_wish,
            inspector: self.inspector.wish,
            messages: self.mail.open,
            events: self.live.is_some(),
            message: self.mail.open && self.console.mail().opened().is_some(),
            zoom: self.zoom,
            editor_rows,
            question_rows,
        };
        let width = self.area.width.saturating_sub(4);
        let rows = self.editor.rows(width, self.area.height);
        // A row for what is wrong, and where there is room one that says that nothing is.
        let lint = !self.typing.findings.is_empty()
            || (self.area.height >= LINT_ROWS && self.typing.hint.is_some());
        let rows = rows.saturating_add(if lint { self.lint_rows(width) } else { 0 });
        layout(self.area, wishes(rows, self.question_rows(width)))
    }

    /// Rows that the server's question takes above the editor's text.
    pub(super) fn question_height(&self, width: u16) -> u16 {
        self.question_rows(width)
    }

    fn question_rows(&self, width: u16) -> u16 {
        match self.question() {
            Some(question) => {
                let rows = printable::wrap(&question, usize::from(width), usize::from(width)).len();
                u16::try_from(rows).unwrap_or(u16::MAX).min(QUESTION_ROWS)
            }
            None => 0,
        }
    }

    /// What the server asks in an AUTHENTICATE by hand, made safe.
    pub fn question(&self) -> Option<String> {
        let challenge = self
            .console
            .challenge()
            .filter(|_| self.console.awaiting() == Awaiting::Challenge)?;
        let shown = printable::text(
            challenge
                .get(..challenge.len().min(2_048))
                .unwrap_or_default(),
        );
        Some(if shown.is_empty() {
            "the server asks (an empty challenge)".to_owned()
        } else {
            format!("the server asks: {shown}")
        })
    }

    /// Where keys are looked up.
    pub fn context(&self) -> Context {
        let run = self.snippets.run.as_ref();
        match (&self.popup, self.focus) {
            // A file name is typed over it.
            (Some(Popup::Rights), _)
                if self
                    .gather
                    .matrix
                    .as_ref()
                    .is_some_and(|m| m.file.is_some()) =>
            {
                Context::Form
            }
            (Some(Popup::Sides), _) if self.sides.as_ref().is_some_and(|s| s.file.is_some()) => {
                Context::Form
            }
            (Some(Popup::Sides), _) if self.sides.as_ref().is_some_and(|s| s.find.is_some()) => {
                Context::Prompt
            }
            (Some(Popup::Run), _) if run.is_some_and(|run| run.question.is_some()) => {
                Context::Question
            }
            (Some(Popup::Run), _) if run.is_some_and(|run| run.find.is_some()) => Context::Prompt,
            (Some(popup), _) => popup.context(),
            (None, Focus::Editor) => Context::Editor,
            (None, Focus::Transcript) => Context::Transcript,
            (None, Focus::Sidebar) => Context::Sidebar,
            (None, Focus::Inspector) => Context::Inspector,
            (None, Focus::Events) => Context::Events,
            (None, Focus::Messages) => Context::Messages,
            (None, Focus::Message) => Context::Message,
        }
    }

    /// `mail.example.com:993`, or what stands for it.
    pub fn place(&self) -> Option<String> {
        self.plan.as_ref().map(|plan| plan.place.to_string())
    }

    /// Whether this is a log and no session: nothing can be sent.
    pub fn is_log(&self) -> bool {
        self.plan.as_ref().is_some_and(|plan| plan.place.is_log())
    }

    /// Whether a connection is there or on its way.
    pub fn is_connected(&self) -> bool {
        matches!(self.console.phase(), Phase::Opening(_) | Phase::Ready)
    }

    /// A connection is about to be opened.
    pub fn connection_opened(&mut self, plan: Plan) {
        let same = self.plan.as_ref().is_some_and(|p| {
            p.place == plan.place && p.credentials.effective() == plan.credentials.effective()
        });
        if !same {
            self.sidebar.reset();
            self.drop_live();
        }
        self.gather.reset();
        self.inquiry_ends("The connection was opened anew.");
        let server = plan.place.host().to_owned();
        if plan.place.is_log() {
            // Read from its beginning.
            self.focus = Focus::Transcript;
            self.scroll.follow = false;
        }
        self.plan = Some(plan);
        self.console.connection_opened(&server);
        self.was_logged_in = false;
        self.quit_armed = false;
        self.trying = None;
        self.becoming = None;
        self.after_change();
    }

    /// Takes a notice of the connection task.
    pub fn notice(&mut self, notice: Notice) -> Vec<Effect> {
        let mut effects = Vec::new();
        let logged_in = matches!(notice, Notice::LoggedIn { .. });
        let ready = matches!(notice, Notice::Ready);
        match &notice {
            Notice::PasswordWanted { authcid, authzid } => {
                effects.extend(self.want_password(authcid, authzid.as_deref()));
            }
            Notice::LoggedIn {
                authcid, authzid, ..
            } => effects.extend(self.login_accepted(authcid.as_deref(), authzid.as_deref())),
            Notice::LoginFailed(sentence) => {
                self.login_refused();
                self.message = Some(sentence.clone());
            }
            Notice::Events { events, .. } => {
                for event in events {
                    self.users.see(event, self.console.model().namespaces());
                }
            }
            Notice::Refused(sentence) => self.message = Some(sentence.clone()),
            Notice::Ended { sentence, .. } => {
                // A prompt for a connection that is gone would ask for nothing.
                if matches!(&self.popup, Some(Popup::Form(form)) if matches!(form.kind, super::form::FormKind::Password { .. } | super::form::FormKind::LogIn))
                {
                    self.popup = None;
                }
                self.message = (!sentence.is_empty()).then(|| sentence.clone());
            }
            _ => {}
        }
        let ended = matches!(notice, Notice::Ended { .. });
        self.inquiry_hears(&notice);
        let requests = self.console.on_notice(notice);
        if !self.is_log() {
            effects.extend(requests.into_iter().map(Effect::Send));
        }
        effects.extend(self.become_another());
        self.was_logged_in |= logged_in || self.console.identity().is_logged_in();
        if (ready || logged_in)
            && *self.console.phase() == Phase::Ready
            && self.console.identity().is_logged_in()
            && let Some(mailbox) = self.options.mailbox.take()
        {
            // Named as people write it; sent as RFC 3501 section 5.1.3 has it.
            let utf8 = crate::catalog::accepts_utf8(self.console.model());
            let name = if utf8 {
                mailbox
            } else {
                crate::wire::mutf7::encode(&mailbox)
            };
            let requests = self.console.open_mailbox(name.as_bytes());
            effects.extend(requests.into_iter().map(Effect::Send));
        }
        self.scroll.grown(self.console.transcript());
        self.marks.forget(self.console.transcript());
        self.write_part();
        self.after_change();
        effects.extend(self.inquire());
        effects.extend(self.gather());
        if !self.is_log() {
            effects.extend(self.browse(false));
            effects.extend(self.lead_live());
        }
        if ended {
            effects.extend(self.first_ended());
        }
        if ended && let Some(farewell) = self.farewell.take() {
            effects.push(match farewell.then {
                Then::Connect(plan) => Effect::Connect(plan),
                Then::CloseTab => Effect::CloseTab,
                Then::Leave => Effect::Leave(self.outcome()),
            });
        }
        effects
    }

    /// Keeps what hangs on the console true: the sidebar's rows, the editor's mask.
    pub(super) fn after_change(&mut self) {
        let model = self.console.model();
        self.sidebar.refresh(model.mailboxes(), model.namespaces());
        let awaiting = self.console.awaiting();
        let challenge = awaiting == Awaiting::Challenge;
        if challenge != (self.awaited == Awaiting::Challenge) {
            // What was typed for one must not be sent as the other.
            self.editor.wipe();
            self.confirm = None;
            self.browsing = None;
        }
        let secret = challenge
            && self
                .console
                .challenge()
                .is_none_or(|c| !super::asking::asks_for_a_name(c));
        if secret != self.editor.is_masked() {
            self.editor.set_masked(secret);
        }
        self.awaited = awaiting;
        self.keep_question();
    }
}
