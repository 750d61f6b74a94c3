//! The full screen without a terminal: state, keys as text, a scripted server, and what is drawn.

use std::fmt::Write as _;
use std::time::{Duration, Instant, SystemTime};

use imapsh::channel::{LineSafety, Notice, Place, Plan, Progress, Request};
use imapsh::console::{Console, Settings};
use imapsh::session::{CloseCause, Event, Session};
use imapsh::tui::effect::Effect;
use imapsh::tui::input::Input;
use imapsh::tui::keymap::Key;
use imapsh::tui::state::{Options, State};
use imapsh::tui::theme::Theme;
use imapsh::tui::{Outcome, update, view};
use jiff::tz::TimeZone;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Cell;
use ratatui::layout::Rect;

use super::login::{And, who};

/// 2026-02-03 12:04:31 UTC, always.
pub fn clock() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_770_120_271)
}

/// A screen with a session behind it whose server the test plays.
pub struct Screen {
    pub state: State,
    terminal: Terminal<TestBackend>,
    session: Option<Session>,
    now: Instant,
    /// What went to the server.
    pub sent: Vec<u8>,
    /// Requests that the session does not take (passwords, logins, close).
    pub requests: Vec<Request>,
    /// Connections asked for.
    pub plans: Vec<Plan>,
    /// Sessions beside this one asked for.
    pub openings: Vec<imapsh::tui::Opening>,
    /// What is to be done beside the screen.
    pub errands: Vec<imapsh::tui::errand::Errand>,
    /// Commands that are to ask on the terminal.
    pub on_terminal: Vec<String>,
    /// Snippets that are to run.
    pub plays: Vec<imapsh::tui::snippets::Start>,
    /// What a run is told.
    pub orders: Vec<imapsh::batch::Order>,
    /// How often it was said that nobody waits for it any more.
    pub stopped_errands: usize,
    /// How it ended.
    pub left: Option<Outcome>,
    /// Connections asked for that listen, and what the one that is there was asked beside commands.
    pub listens: Vec<Plan>,
    pub live_requests: Vec<Request>,
    /// What went out on it.
    pub live_sent: Vec<u8>,
    live: Option<Session>,
}

/// A plan for `admin` who acts as `alice`.
pub fn plan() -> Plan {
    let mut plan = Plan::new(Place::Tcp {
        host: "mail.example.com".into(),
        port: 993,
    });
    plan.security = imapsh::channel::Security::Implicit;
    plan.credentials = who("admin").acting_as("alice");
    plan
}

pub fn tls() -> LineSafety {
    LineSafety::Tls {
        version: "TLS1.3".into(),
        cipher: "AES256-GCM".into(),
        verified: true,
    }
}

impl Screen {
    /// Nothing is connected.
    pub fn new(columns: u16, rows: u16) -> Screen {
        Screen::themed(columns, rows, Theme::coloured(), false)
    }

    pub fn themed(columns: u16, rows: u16, theme: Theme, ascii: bool) -> Screen {
        let settings = Settings {
            auto: false,
            changes: true,
            history: None,
            clock: Some(clock),
            ..Settings::default()
        };
        let options = Options {
            theme,
            colours: Default::default(),
            vi: false,
            keymap: Default::default(),
            ascii,
            zone: TimeZone::UTC,
            demo: None,
            mailbox: None,
            clock,
            lent: Default::default(),
            config: None,
        };
        Screen {
            state: State::new(
                Console::new(settings),
                options,
                Rect::new(0, 0, columns, rows),
            ),
            terminal: Terminal::new(TestBackend::new(columns, rows)).unwrap(),
            session: None,
            now: Instant::now(),
            sent: Vec::new(),
            requests: Vec::new(),
            plans: Vec::new(),
            openings: Vec::new(),
            errands: Vec::new(),
            on_terminal: Vec::new(),
            plays: Vec::new(),
            orders: Vec::new(),
            stopped_errands: 0,
            left: None,
            listens: Vec::new(),
            live_requests: Vec::new(),
            live_sent: Vec::new(),
            live: None,
        }
    }

    /// As [`Screen::new`], and the sidebar fills in what it shows.
    pub fn filling(columns: u16, rows: u16) -> Screen {
        let mut screen = Screen::new(columns, rows);
        screen.state.console = Console::new(Settings {
            auto: true,
            clock: Some(clock),
            ..Settings::default()
        });
        screen
    }

    /// A connection is open, greeted, and nobody is logged in.
    pub fn connect(&mut self, plan: Plan, safety: LineSafety) -> &mut Screen {
        self.greeted(
            plan,
            safety,
            "* OK [CAPABILITY IMAP4rev1 LITERAL+ ACL IDLE] mail.example.com ready\r\n",
        )
    }

    /// A connection is open, and the server greets with this.
    pub fn greeted(&mut self, plan: Plan, safety: LineSafety, greeting: &str) -> &mut Screen {
        self.state.connection_opened(plan);
        self.session = Some(Session::new(self.now));
        self.notice(Notice::Progress(Progress::Secured(safety)));
        self.server(greeting)
    }

    /// ... and alice's mail is open to admin.
    pub fn log_in(&mut self) -> &mut Screen {
        self.connect(plan(), tls());
        self.notice(Notice::LoggedIn {
            authcid: Some("admin".into()),
            authzid: Some("alice".into()),
            mechanism: "PLAIN".into(),
        });
        self.notice(Notice::Ready)
    }

    pub fn notice(&mut self, notice: Notice) -> &mut Screen {
        let effects = self.state.notice(notice);
        self.perform(effects);
        self
    }

    /// This came of an errand.
    pub fn brought(&mut self, brought: imapsh::tui::errand::Brought) -> &mut Screen {
        let effects = self.state.brought(brought);
        self.perform(effects);
        self
    }

    /// The server says this, 41 ms later.
    pub fn server(&mut self, bytes: impl AsRef<[u8]>) -> &mut Screen {
        self.now += Duration::from_millis(41);
        let now = self.now;
        self.session
            .as_mut()
            .expect("a connection")
            .handle_input(now, bytes.as_ref());
        self.pump();
        self
    }

    /// A mechanism logs in.
    pub fn authenticate(
        &mut self,
        exchange: Box<dyn imapsh::session::Exchange + Send>,
    ) -> &mut Screen {
        let now = self.now;
        self.session
            .as_mut()
            .expect("a connection")
            .authenticate(now, exchange);
        self.pump();
        self
    }

    /// The connection ends.
    pub fn close(&mut self, cause: CloseCause, sentence: &str) -> &mut Screen {
        let now = self.now;
        self.session
            .as_mut()
            .expect("a connection")
            .handle_close(now, cause.clone());
        self.pump();
        self.notice(Notice::Ended {
            cause,
            sentence: sentence.into(),
        })
    }

    fn pump(&mut self) {
        let Some(session) = &mut self.session else {
            return;
        };
        let mut events: Vec<Event> = Vec::new();
        loop {
            if let Some(bytes) = session.poll_transmit() {
                self.sent.extend_from_slice(&bytes);
            } else if let Some(event) = session.poll_event() {
                events.push(event);
            } else {
                break;
            }
        }
        if !events.is_empty() {
            self.notice(Notice::Events {
                at: clock(),
                events,
            });
        }
    }

    /// What comes of a run.
    pub fn told(&mut self, told: imapsh::tui::Told) {
        let effects = self.state.told(told);
        self.perform(effects);
    }

    fn perform(&mut self, effects: Vec<Effect>) {
        let now = self.now;
        for effect in effects {
            match (effect, &mut self.session) {
                (Effect::Send(Request::Submit(command)), Some(session)) => {
                    session.submit(now, command);
                }
                (Effect::Send(Request::Respond(reply)), Some(session)) => {
                    session.respond(now, reply).unwrap();
                }
                (Effect::Send(request), _) => self.requests.push(request),
                (Effect::Connect(plan), _) => self.plans.push(*plan),
                (Effect::Open(opening), _) => self.openings.push(*opening),
                (Effect::Errand(errand), _) => self.errands.push(errand),
                (Effect::AskOnTerminal(command), _) => self.on_terminal.push(command),
                (Effect::Play(start), _) => self.plays.push(*start),
                (Effect::Order(order), _) => self.orders.push(order),
                (Effect::StopErrands, _) => self.stopped_errands += 1,
                (Effect::Listen(plan), _) => {
                    self.listens.push(*plan);
                    self.live = Some(Session::new(now));
                }
                (Effect::StopListening, _) => self.live = None,
                (Effect::SendLive(Request::Submit(command)), _) => {
                    if let Some(live) = &mut self.live {
                        live.submit(now, command);
                    }
                }
                (Effect::SendLive(request), _) => self.live_requests.push(request),
                (Effect::Leave(outcome), _) => self.left = Some(outcome),
                (_, _) => {}
            }
        }
        self.pump();
        self.pump_live();
    }

    fn pump_live(&mut self) {
        let Some(session) = &mut self.live else {
            return;
        };
        let mut events: Vec<Event> = Vec::new();
        loop {
            if let Some(bytes) = session.poll_transmit() {
                self.live_sent.extend_from_slice(&bytes);
            } else if let Some(event) = session.poll_event() {
                events.push(event);
            } else {
                break;
            }
        }
        if !events.is_empty() {
            self.live_notice(Notice::Events {
                at: clock(),
                events,
            });
        }
    }

    /// A notice of the connection that listens.
    pub fn live_notice(&mut self, notice: Notice) -> &mut Screen {
        let effects = self.state.heard(notice);
        self.perform(effects);
        self
    }

    /// Its server says this.
    pub fn live_server(&mut self, bytes: impl AsRef<[u8]>) -> &mut Screen {
        let now = self.now;
        let live = self.live.as_mut().expect("a connection that listens");
        live.handle_input(now, bytes.as_ref());
        self.pump_live();
        self
    }

    /// What went out on it since the last time, as text.
    pub fn live_sent(&mut self) -> String {
        String::from_utf8_lossy(&std::mem::take(&mut self.live_sent)).into_owned()
    }

    /// Presses keys: text, and names in angle brackets: `SELECT INBOX<enter>`, `<c-j>`, `<lt>` for `<`.
    pub fn keys(&mut self, keys: &str) -> &mut Screen {
        let mut rest = keys;
        while let Some(c) = rest.chars().next() {
            let key = match (c, rest.split_once('>')) {
                ('<', Some((name, after))) => {
                    rest = after;
                    let name = name.get(1..).unwrap();
                    if name == "lt" {
                        Key::parse("<")
                    } else {
                        Key::parse(name)
                    }
                    .expect("the name of a key")
                }
                _ => {
                    rest = &rest[c.len_utf8()..];
                    Key {
                        code: crossterm::event::KeyCode::Char(c),
                        modifiers: crossterm::event::KeyModifiers::NONE,
                    }
                }
            };
            self.input(Input::Key(key));
        }
        self
    }

    pub fn paste(&mut self, text: &str) -> &mut Screen {
        self.input(Input::Paste(text.to_owned()))
    }

    pub fn resize(&mut self, columns: u16, rows: u16) -> &mut Screen {
        self.terminal.backend_mut().resize(columns, rows);
        self.input(Input::Resize(columns, rows))
    }

    pub fn input(&mut self, input: Input) -> &mut Screen {
        let effects = update::input(&mut self.state, input);
        self.perform(effects);
        self.work();
        self
    }

    /// What finding and filtering have to do is done.
    pub fn work(&mut self) {
        while update::work(&mut self.state, Instant::now() + Duration::from_secs(1)) {}
    }

    /// Draws, and returns the cells.
    pub fn cells(&mut self) -> Vec<Vec<Cell>> {
        self.work();
        self.state.settle();
        self.state.prepare();
        let state = &self.state;
        // The test's terminal keeps what stands below the second half of a wide character; real ones do not.
        self.terminal.clear().unwrap();
        self.terminal
            .draw(|frame| view::draw(state, frame))
            .unwrap();
        let buffer = self.terminal.backend().buffer();
        let width = usize::from(buffer.area.width.max(1));
        buffer
            .content()
            .chunks(width)
            .map(<[Cell]>::to_vec)
            .collect()
    }

    /// Draws, and returns the rows as text.
    pub fn text(&mut self) -> String {
        let mut out = String::new();
        for row in self.cells() {
            let mut skip = 0;
            let mut line = String::new();
            for cell in row {
                if skip > 0 {
                    skip -= 1;
                    continue;
                }
                line.push_str(cell.symbol());
                skip = unicode_width::UnicodeWidthStr::width(cell.symbol()).saturating_sub(1);
            }
            out.push_str(line.trim_end());
            out.push('\n');
        }
        out
    }

    /// The text, and below it a letter for the style of each cell, for golden files.
    pub fn dump(&mut self) -> String {
        let mut out = self.text();
        let mut styles: Vec<String> = Vec::new();
        let mut grid = String::new();
        for row in self.cells() {
            let mut line = String::new();
            for cell in row {
                let mut name = format!("{} on {}", cell.fg, cell.bg);
                if !cell.modifier.is_empty() {
                    let _ = write!(name, " {}", format!("{:?}", cell.modifier).to_lowercase());
                }
                if name == "Reset on Reset" {
                    line.push(' ');
                    continue;
                }
                let at = styles.iter().position(|s| *s == name).unwrap_or_else(|| {
                    styles.push(name);
                    styles.len() - 1
                });
                line.push(char::from(b'a' + u8::try_from(at).unwrap()));
            }
            grid.push_str(line.trim_end());
            grid.push('\n');
        }
        out.push_str("---- styles\n");
        for (letter, style) in ('a'..).zip(&styles) {
            let _ = writeln!(out, "{letter}: {style}");
        }
        out.push_str(&grid);
        out
    }

    #[track_caller]
    pub fn shows(&mut self, wanted: &str) -> &mut Screen {
        let text = self.text();
        assert!(
            text.contains(wanted),
            "{wanted:?} is not on the screen:\n{text}"
        );
        self
    }

    #[track_caller]
    pub fn hides(&mut self, unwanted: &str) -> &mut Screen {
        let text = self.text();
        assert!(
            !text.contains(unwanted),
            "{unwanted:?} is on the screen:\n{text}"
        );
        self
    }

    /// What went to the server since the last time, as text.
    pub fn sent(&mut self) -> String {
        String::from_utf8_lossy(&std::mem::take(&mut self.sent)).into_owned()
    }
}
