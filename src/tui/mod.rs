//! FACE 1. The full screen: ratatui and crossterm over the console.
//!
//! Knows: keys, panes, colours, the console, the handle of the connection task.
//! Must not know: sockets, TLS, mechanisms, how bytes become responses.
//! To add a key: a row in `keymap/bindings.rs` (and a variant in `action.rs`; the compiler then leads to its
//! arm in `update/`). A sidebar panel: a file in `view/sidebar/` and its row in `PANELS`. A colour: a
//! field in `theme.rs`.
//!
//! A pane that browses sends nothing but by `update/issue.rs` (what a key asks for) and `Console::ask` (what
//! fills in what is shown), and changes nothing: what would is written into the editor.
//!
//! Several sessions: `tabs.rs`, one `State` each.
//!
//! Elm: `State`, `Action`, `update` -> `Effect`, `layout`, `view`. `update` never draws, `view` never
//! changes anything.

pub mod act_as;
pub mod action;
mod asking;
mod attentive;
pub mod clipboard;
pub mod compare;
pub mod editor;
pub mod effect;
pub mod errand;
pub mod farewell;
pub mod field;
pub mod finding;
pub mod folding;
pub mod form;
pub mod gather;
pub mod identity;
pub mod input;
pub mod inquiring;
pub mod inspector;
pub mod keymap;
pub mod layout;
pub mod lent;
mod lines;
pub mod live;
pub mod mailbox_find;
pub mod manner;
pub mod marks;
pub mod messages;
pub mod out;
mod outside;
pub mod palette;
mod playing;
pub mod popup;
pub mod printable;
pub mod prompt;
mod reveal;
pub mod rights;
pub mod rows;
pub mod scroll;
pub mod sidebar;
pub mod sides;
pub mod snippets;
pub mod state;
pub mod strip;
pub mod tabs;
pub mod terminal;
pub mod theme;
pub mod typing;
pub mod units;
pub mod update;
pub mod users;
pub mod vi;
pub mod view;
pub mod window;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use futures_util::{FutureExt, Stream, StreamExt};
use jiff::tz::TimeZone;
use ratatui::Terminal;
use ratatui::backend::{Backend, CrosstermBackend};
use ratatui::layout::Rect;

use crate::channel::Plan;
use crate::config::sections::Section;
use crate::console;
use crate::link;
use attentive::Attentive;
pub use effect::Opening;
use errand::Errands;
use keymap::Keymap;
pub use lent::Lent;
use lines::Lines;
use playing::Playing;
pub use playing::{Begun, Dialer, Told};
use tabs::{Order, Tabs};
use terminal::{Screen, Taken, Tty, Wake};
pub use theme::ColorChoice;
use theme::{Colours, Theme};

/// Opens one connection; `main` lends it, so that tests can lend another.
pub type Connector = Box<dyn FnMut(Plan) -> link::Handle + Send>;

/// What the screen is started with.
pub struct Setup {
    /// Where to connect at once; `None`: the connect form.
    pub plan: Option<Plan>,
    /// How to connect.
    pub connector: Connector,
    /// How snippets get connections of their own; `None`: they cannot be run.
    pub dialer: Option<Dialer>,
    /// What F5 in the connect form connects to.
    pub demo: Option<Plan>,
    /// Ask for namespaces and mailboxes after the login (`--no-auto`: no).
    pub auto: bool,
    /// A mailbox to open with EXAMINE after the login, from a URL or a profile.
    pub mailbox: Option<String>,
    /// How consoles are set up: the history's file and its limits; the rest is the screen's.
    pub history: console::Settings,
    /// The colours, as far as `--color` lets them be.
    pub theme: Theme,
    /// The user's own, for `:theme`.
    pub own_colours: Section,
    /// `--color`.
    pub color: ColorChoice,
    /// The keys in force.
    pub keymap: Keymap,
    /// `--ascii`: lines of boxes in ASCII.
    pub ascii: bool,
    /// The mouse is taken.
    pub mouse: bool,
    /// vi's keys in the editor.
    pub vi: bool,
    /// Two of them compared: shown first.
    pub compare: Option<compare::Compare>,
    /// A trace of all that passes is written to this file.
    pub record: Option<PathBuf>,
    /// Logs to show in tabs of their own, behind `plan`'s.
    pub beside: Vec<Plan>,
    /// What others do for the screen.
    pub lent: Lent,
    /// The config file, for profiles to remember; `None`: none is in use.
    pub config: Option<PathBuf>,
}

/// How it ended; [`Outcome::exit_code`] says it to the shell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// What was asked for was done.
    Done,
    /// There was no connection or no login to the end, or it was lost.
    ConnectionFailed,
    /// A signal ended it, or the terminal went away.
    Signal(u8),
}

impl Outcome {
    /// 0, 3, or 128 and the signal's number.
    pub fn exit_code(self) -> u8 {
        match self {
            Outcome::Done => 0,
            Outcome::ConnectionFailed => 3,
            Outcome::Signal(number) => 128u8.saturating_add(number),
        }
    }
}

/// Why there is no screen.
#[derive(Debug, thiserror::Error)]
pub enum TuiError {
    /// The terminal refuses.
    #[error("the terminal cannot be used: {0}. For one without a full screen: imapsh exec")]
    Terminal(#[source] std::io::Error),
}

/// Runs the full screen on this process's terminal until the user leaves. Needs a tokio runtime.
pub async fn run(setup: Setup) -> Result<Outcome, TuiError> {
    let taken = Taken::take().map_err(TuiError::Terminal)?;
    let mut screen = Tty::new().map_err(TuiError::Terminal)?;
    let out = std::io::BufWriter::with_capacity(64 * 1024, std::io::stdout());
    let mut terminal = Terminal::new(CrosstermBackend::new(out)).map_err(TuiError::Terminal)?;
    let variable = |name: &str| std::env::var(name).unwrap_or_default();
    let no_color = !variable("NO_COLOR").is_empty();
    let environment = Environment {
        theme: setup.color.of(setup.theme.clone(), no_color),
        colours: Arc::new(Colours {
            own: setup.own_colours.clone(),
            choice: setup.color,
            no_color,
        }),
        zone: TimeZone::system(),
        marks_pastes: input::marks_pastes(&variable("TERM"), !variable("TMUX").is_empty()),
        clock: SystemTime::now,
    };
    let outcome = run_on(
        &mut terminal,
        crossterm::event::EventStream::new,
        &mut screen,
        environment,
        setup,
    )
    .await;
    drop(taken);
    outcome
}

/// What the screen takes from its surroundings.
#[derive(Debug, Clone)]
pub struct Environment {
    /// Colours.
    pub theme: Theme,
    /// How `:theme` comes to others.
    pub colours: Arc<Colours>,
    /// For times of day.
    pub zone: TimeZone,
    /// The terminal marks pastes.
    pub marks_pastes: bool,
    /// The wall clock.
    pub clock: fn() -> SystemTime,
}

/// The next frame is drawn whole. Not by `Terminal::clear`: that asks the terminal where its cursor is,
/// and one that answers late, or never, would end the program.
fn draw_anew<B: Backend>(terminal: &mut Terminal<B>) -> Result<(), B::Error> {
    let size = terminal.size()?;
    terminal.resize(Rect::new(0, 0, size.width, size.height))
}

/// The loop itself, on any terminal and any input: so tests run it headless.
///
/// It sleeps until something happens; nothing is drawn unless something changed. The order of the
/// branches is their urgency, so that a flood from the server starves neither keys nor the screen.
/// `listen` begins to read the terminal: anew behind every program that it was lent to, for while one has
/// it nobody else may read.
pub async fn run_on<B: Backend, I>(
    terminal: &mut Terminal<B>,
    mut listen: impl FnMut() -> I,
    screen: &mut impl Screen,
    environment: Environment,
    setup: Setup,
) -> Result<Outcome, TuiError>
where
    I: Stream<Item = std::io::Result<crossterm::event::Event>> + Unpin,
    B::Error: Send + Sync + 'static,
{
    let broken = |error: B::Error| TuiError::Terminal(std::io::Error::other(error));
    let Setup {
        plan,
        connector,
        dialer,
        demo,
        auto,
        mailbox,
        history,
        theme: _,
        own_colours: _,
        color: _,
        keymap,
        ascii,
        mouse,
        vi,
        compare,
        record,
        beside,
        lent,
        config,
    } = setup;
    let consoles = console::Settings {
        auto,
        clock: Some(environment.clock),
        ..history
    };
    let Environment {
        theme,
        colours,
        zone,
        marks_pastes,
        clock,
    } = environment;
    let options = state::Options {
        theme,
        colours,
        vi,
        keymap: Arc::new(keymap),
        ascii,
        zone,
        demo,
        mailbox,
        clock,
        lent,
        config,
    };
    let mut tabs = Tabs::new(consoles, options, Rect::default());
    let mut lines = Lines::new(connector);
    let mut errands = Errands::default();
    let mut playing = Playing::default();
    let mut listen = || Attentive::new(listen().ready_chunks(INPUTS));
    let mut input = Some(listen());
    let recording = record.map(|path| tabs.record(path, false));
    let mut orders = match plan {
        Some(plan) => tabs.connect(plan),
        None => {
            update::open_connect(tabs.current_mut());
            Vec::new()
        }
    };
    if mouse {
        orders.push(Order::Mouse(true));
    }
    orders.extend(recording.into_iter().flatten());
    orders.extend(tabs.open_beside(beside));
    if let Some(compare) = compare {
        tabs.current_mut().popup = Some(popup::Popup::Compare(Box::new(compare)));
    }
    let mut drawn = Instant::now();
    let mut draw_at = Some(drawn);
    loop {
        for order in std::mem::take(&mut orders) {
            match order {
                Order::Send(id, request) => {
                    if !lines.send(id, request) {
                        tabs.unsent(id);
                    }
                }
                Order::Connect(id, plan) => lines.connect(id, *plan),
                Order::Play(id, start, session) => playing.start(id, *start, *session),
                Order::Run(id, order) => playing.order(id, order),
                Order::StopPlaying(id) => playing.stop(id),
                Order::Drop(id) => {
                    errands.stop(id);
                    playing.stop(id);
                    lines.drop(id);
                }
                Order::Errand(id, errand) => errands.start(id, errand, |plan| lines.apart(plan)),
                Order::StopErrands(id) => errands.stop(id),
                Order::Suspend => {
                    screen.suspend().await.map_err(TuiError::Terminal)?;
                    draw_anew(terminal).map_err(broken)?;
                }
                Order::Copy { text, what } => {
                    let size = text.len();
                    let outcome = screen.copy(&text).await;
                    tabs.current_mut().copied(&what, size, outcome);
                }
                Order::Redraw => draw_anew(terminal).map_err(broken)?,
                Order::Mouse(on) => screen.mouse(on).map_err(TuiError::Terminal)?,
                Order::Edit(id, text) => {
                    drop(input.take());
                    let edited = outside::edit(screen, &text).await;
                    tabs.edited(id, edited);
                    draw_anew(terminal).map_err(broken)?;
                }
                Order::AskOnTerminal(id, command) => {
                    drop(input.take());
                    let secret = outside::ask(screen, &command).await;
                    orders.extend(tabs.brought(id, errand::Brought::Password(secret)));
                    draw_anew(terminal).map_err(broken)?;
                }
                Order::Leave(outcome) => return Ok(outcome),
            }
            draw_at = Some(Instant::now());
        }
        if draw_at.is_some_and(|at| at <= Instant::now()) {
            let size = terminal.size().map_err(broken)?;
            tabs.resize(Rect::new(0, 0, size.width, size.height));
            let state = tabs.current_mut();
            state.now = (state.options.clock)();
            state.settle();
            state.prepare();
            terminal
                .draw(|frame| view::draw(state, frame))
                .map_err(broken)?;
            drawn = Instant::now();
            draw_at = None;
        }
        // What finding and filtering have to look through, a bit at a time: keys come first.
        let (worked, working) = tabs.work(Instant::now() + SLICE);
        if worked {
            let wait = if working { PROGRESS } else { FRAME };
            draw_at = draw_at.or(Some((drawn + wait).max(Instant::now())));
        }
        let tick = tabs.next_tick(Instant::now());
        let input = input.get_or_insert_with(&mut listen);
        tokio::select! {
            biased;
            wake = screen.wake() => match wake {
                Wake::End(signal) => return Ok(Outcome::Signal(signal)),
                Wake::Resumed => orders.push(Order::Redraw),
            },
            events = input.next() => {
                // The terminal is gone, as at SIGHUP.
                let Some(events) = events else { return Ok(Outcome::Signal(HANGUP)) };
                let Ok(events) = events.into_iter().collect::<Result<Vec<_>, _>>() else {
                    return Ok(Outcome::Signal(HANGUP));
                };
                for input in input::gather(events, marks_pastes) {
                    orders.extend(tabs.input(input));
                }
                draw_at = Some(Instant::now());
            },
            () = until(draw_at) => {}
            (id, notice) = lines.notice() => {
                orders.extend(tabs.notice(id, notice));
                // A turn of this loop costs more than a notice: what has come already is taken with it.
                let until = Instant::now() + DRAIN;
                while orders.is_empty()
                    && Instant::now() < until
                    && let Some((id, notice)) = lines.notice().now_or_never()
                {
                    orders.extend(tabs.notice(id, notice));
                }
                // A flood is drawn as often as eyes can follow, not as often as it comes.
                draw_at = draw_at.or(Some((drawn + FRAME).max(Instant::now())));
            },
            (id, brought) = errands.next() => {
                orders.extend(tabs.brought(id, brought));
                draw_at = Some(Instant::now());
            },
            (id, told) = playing.next(dialer.as_ref()) => {
                orders.extend(tabs.told(id, told));
                draw_at = draw_at.or(Some((drawn + FRAME).max(Instant::now())));
            },
            () = std::future::ready(()), if working => {}
            () = until(tick) => {
                orders.extend(tabs.tick(Instant::now()));
                draw_at = Some(Instant::now());
            }
        }
    }
}

/// Least time between two frames while data comes.
const FRAME: Duration = Duration::from_millis(16);
/// Time for looking through the transcript before keys are asked for again.
const SLICE: Duration = Duration::from_millis(4);
/// Time for taking notices before keys are asked for again.
const DRAIN: Duration = Duration::from_millis(2);
/// Least time between two frames while only that goes on.
const PROGRESS: Duration = Duration::from_millis(50);
/// Most terminal events taken before the screen is drawn.
const INPUTS: usize = 64 * 1024;
/// SIGHUP.
const HANGUP: u8 = 1;

async fn until(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at.into()).await,
        None => std::future::pending().await,
    }
}
