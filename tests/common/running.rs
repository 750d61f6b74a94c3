//! The screen's own loop, on a backend without a terminal: keys in, a real connection to the demo behind it.

use std::convert::Infallible;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
use imapsh::channel::{Plan, Security};
use imapsh::config::password::From;
use imapsh::demo::{self, Demo};
use imapsh::sasl::Secret;
use imapsh::tui::terminal::{Screen, Wake};
use imapsh::tui::theme::Theme;
use imapsh::tui::{self, ColorChoice, Environment, Lent, Opening, Outcome, Setup};
use imapsh::{channel, link};
use ratatui::Terminal;
use ratatui::backend::{Backend, ClearType, TestBackend, WindowSize};
use ratatui::buffer::Cell;
use ratatui::layout::{Position, Size};
use tokio::sync::{mpsc, watch};

use super::login::{And, who};

/// A TestBackend that others can look at while the loop has it, and that tells of every frame.
struct Shared {
    inner: Arc<Mutex<TestBackend>>,
    frames: watch::Sender<u64>,
}

impl Backend for Shared {
    type Error = Infallible;
    fn draw<'a, I: Iterator<Item = (u16, u16, &'a Cell)>>(
        &mut self,
        content: I,
    ) -> Result<(), Infallible> {
        self.inner.lock().unwrap().draw(content)
    }
    fn hide_cursor(&mut self) -> Result<(), Infallible> {
        self.inner.lock().unwrap().hide_cursor()
    }
    fn show_cursor(&mut self) -> Result<(), Infallible> {
        self.inner.lock().unwrap().show_cursor()
    }
    fn get_cursor_position(&mut self) -> Result<Position, Infallible> {
        self.inner.lock().unwrap().get_cursor_position()
    }
    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> Result<(), Infallible> {
        self.inner.lock().unwrap().set_cursor_position(position)
    }
    fn clear(&mut self) -> Result<(), Infallible> {
        self.inner.lock().unwrap().clear()
    }
    fn clear_region(&mut self, clear: ClearType) -> Result<(), Infallible> {
        self.inner.lock().unwrap().clear_region(clear)
    }
    fn size(&self) -> Result<Size, Infallible> {
        self.inner.lock().unwrap().size()
    }
    fn window_size(&mut self) -> Result<WindowSize, Infallible> {
        self.inner.lock().unwrap().window_size()
    }
    fn flush(&mut self) -> Result<(), Infallible> {
        self.frames.send_modify(|n| *n += 1);
        self.inner.lock().unwrap().flush()
    }
}

struct Signals(mpsc::UnboundedReceiver<u8>);

impl Screen for Signals {
    async fn suspend(&mut self) -> io::Result<()> {
        Ok(())
    }
    fn mouse(&mut self, _: bool) -> io::Result<()> {
        Ok(())
    }
    async fn lend(
        &mut self,
        program: &mut tokio::process::Command,
    ) -> io::Result<std::process::ExitStatus> {
        program.status().await
    }
    async fn copy(&mut self, _: &str) -> io::Result<Option<&'static str>> {
        Ok(None)
    }
    async fn wake(&mut self) -> Wake {
        match self.0.recv().await {
            Some(signal) => Wake::End(signal),
            None => std::future::pending().await,
        }
    }
}

pub struct Running {
    pub backend: Arc<Mutex<TestBackend>>,
    pub frames: watch::Receiver<u64>,
    pub keys: mpsc::UnboundedSender<io::Result<Event>>,
    pub signals: mpsc::UnboundedSender<u8>,
    pub ended: tokio::task::JoinHandle<Result<Outcome, tui::TuiError>>,
}

/// Every wait has this deadline; a test that meets it fails.
pub const DEADLINE: Duration = Duration::from_secs(30);

impl Running {
    pub fn start(secret: Option<&str>) -> Running {
        Running::sized(secret, 100, 30)
    }

    pub fn sized(secret: Option<&str>, columns: u16, rows: u16) -> Running {
        let backend = Arc::new(Mutex::new(TestBackend::new(columns, rows)));
        let (frames, frames_seen) = watch::channel(0);
        let (keys, inputs) = mpsc::unbounded_channel();
        let (signals, wakes) = mpsc::unbounded_channel();
        let mut plan = Plan::new(channel::Place::Demo);
        plan.security = Security::Plain;
        plan.credentials = who("cyrus").acting_as("craig");
        plan.credentials.secret = secret.map(|s| Secret::new(s.into()));
        let demo = Demo::new(demo::Options { users: 0 });
        let connector: tui::Connector = Box::new(move |plan| {
            let demo = demo.clone();
            link::spawn(plan, Some(Box::new(move || demo.pipe())))
        });
        let setup = Setup {
            compare: None,
            record: None,
            beside: Vec::new(),
            plan: Some(plan),
            connector,
            dialer: None,
            demo: None,
            auto: true,
            mailbox: None,
            history: Default::default(),
            theme: Theme::coloured(),
            own_colours: Default::default(),
            color: ColorChoice::Always,
            keymap: Default::default(),
            ascii: false,
            mouse: false,
            vi: false,
            lent: Lent {
                target: |word, _| match word {
                    "demo" => {
                        let mut opening = Opening::new(Plan::new(channel::Place::Demo));
                        opening.plan.credentials.authcid = Some("craig".into());
                        opening.plan.credentials.secret = Some(Secret::new("secret".into()));
                        Ok(opening)
                    }
                    // The password comes from a command.
                    word if word.starts_with("cmd:") => {
                        let mut opening = Opening::new(Plan::new(channel::Place::Demo));
                        opening.plan.credentials.authcid = Some("craig".into());
                        opening.password_from = From::parse(word).ok();
                        Ok(opening)
                    }
                    _ => Err(format!("{word:?} is no target of this test")),
                },
                ..Lent::default()
            },
            config: None,
        };
        let environment = Environment {
            theme: Theme::coloured(),
            colours: Default::default(),
            zone: jiff::tz::TimeZone::UTC,
            marks_pastes: true,
            clock: std::time::SystemTime::now,
        };
        let shared = Shared {
            inner: backend.clone(),
            frames,
        };
        let input = futures_util::stream::unfold(inputs, |mut inputs| async move {
            let next = inputs.recv().await?;
            Some((next, inputs))
        });
        let mut listen = Some(Box::pin(input));
        let ended = tokio::spawn(async move {
            let mut terminal = Terminal::new(shared).unwrap();
            let mut screen = Signals(wakes);
            tui::run_on(
                &mut terminal,
                || listen.take().expect("nobody takes the terminal away"),
                &mut screen,
                environment,
                setup,
            )
            .await
        });
        Running {
            backend,
            frames: frames_seen,
            keys,
            signals,
            ended,
        }
    }

    pub fn press(&self, text: &str) {
        for c in text.chars() {
            let code = if c == '\n' {
                KeyCode::Enter
            } else {
                KeyCode::Char(c)
            };
            self.key(code, KeyModifiers::NONE);
        }
    }

    pub fn key(&self, code: KeyCode, modifiers: KeyModifiers) {
        self.keys
            .send(Ok(Event::Key(KeyEvent::new(code, modifiers))))
            .unwrap();
    }

    pub fn text(&self) -> String {
        self.backend.lock().unwrap().to_string()
    }

    pub async fn shows(&mut self, wanted: &str) {
        let waiting = async {
            while !self.text().contains(wanted) {
                self.frames.changed().await.unwrap();
            }
        };
        if tokio::time::timeout(DEADLINE, waiting).await.is_err() {
            panic!("{wanted:?} never came:\n{}", self.text());
        }
    }

    pub async fn outcome(self) -> Outcome {
        tokio::time::timeout(DEADLINE, self.ended)
            .await
            .expect("it ends")
            .unwrap()
            .unwrap()
    }
}
