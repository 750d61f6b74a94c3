//! A pseudo terminal with a screen: spawn a program in it, type, wait for what it shows.

use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use portable_pty::{CommandBuilder, ExitStatus, MasterPty, PtySize, native_pty_system};
use rustix::process::{Pid, Signal};

use crate::program::{DEADLINE, Home};

/// Columns and rows.
pub type Size = (u16, u16);

pub struct Terminal {
    master: Box<dyn MasterPty + Send>,
    writer: Box<dyn Write + Send>,
    pid: Pid,
    shared: Arc<Shared>,
}

struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    parser: vt100::Parser,
    /// Everything that was written to the terminal.
    raw: Vec<u8>,
    /// When the first and the last byte came.
    first: Option<Instant>,
    exit: Option<ExitStatus>,
    closed: bool,
}

impl Terminal {
    /// Starts `program` in a terminal of `size`.
    pub fn start(home: &Home, program: &Path, arguments: &[&str], size: Size) -> Terminal {
        let pair = native_pty_system().openpty(pty_size(size)).unwrap();
        let mut command = CommandBuilder::new(program);
        command.args(arguments);
        command.env_clear();
        for (name, value) in home.environment() {
            command.env(name, value);
        }
        command.cwd(home.path());
        let mut child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let shared = Arc::new(Shared {
            state: Mutex::new(State {
                parser: vt100::Parser::new(rows(size), columns(size), 0),
                raw: Vec::new(),
                first: None,
                exit: None,
                closed: false,
            }),
            changed: Condvar::new(),
        });
        let pid = Pid::from_raw(i32::try_from(child.process_id().unwrap()).unwrap()).unwrap();
        let mut reader = pair.master.try_clone_reader().unwrap();
        let seen = shared.clone();
        std::thread::spawn(move || {
            let mut buffer = [0; 16 * 1024];
            while let Ok(n @ 1..) = reader.read(&mut buffer) {
                let mut state = seen.lock();
                state.first.get_or_insert_with(Instant::now);
                state.raw.extend_from_slice(&buffer[..n]);
                state.parser.process(&buffer[..n]);
                seen.changed.notify_all();
            }
            seen.lock().closed = true;
            seen.changed.notify_all();
        });
        let ended = shared.clone();
        std::thread::spawn(move || {
            let status = child.wait().unwrap();
            ended.lock().exit = Some(status);
            ended.changed.notify_all();
        });
        Terminal {
            writer: pair.master.take_writer().unwrap(),
            master: pair.master,
            pid,
            shared,
        }
    }

    /// The process in it.
    pub fn pid(&self) -> i32 {
        self.pid.as_raw_nonzero().get()
    }

    /// Types text, or sends the bytes of keys.
    pub fn keys(&mut self, text: &str) {
        self.writer.write_all(text.as_bytes()).unwrap();
        self.writer.flush().unwrap();
    }

    /// Pastes, as a terminal with bracketed paste does.
    pub fn paste(&mut self, text: &str) {
        self.keys(&format!("\x1b[200~{}\x1b[201~", text.replace('\n', "\r")));
    }

    pub fn resize(&mut self, size: Size) {
        self.shared
            .lock()
            .parser
            .set_size(rows(size), columns(size));
        self.master.resize(pty_size(size)).unwrap();
    }

    pub fn signal(&self, signal: Signal) {
        rustix::process::kill_process(self.pid, signal).unwrap();
    }

    /// The screen as text.
    pub fn contents(&self) -> String {
        self.shared.lock().parser.screen().contents()
    }

    /// Everything ever written to the terminal.
    pub fn raw(&self) -> Vec<u8> {
        self.shared.lock().raw.clone()
    }

    /// Waits until the screen shows `text`; returns the screen.
    #[track_caller]
    pub fn wait_for(&self, text: &str) -> String {
        self.wait_until(&format!("{text:?}"), |screen| {
            screen.contents().contains(text)
        })
    }

    /// Waits until the screen shows `text` no more.
    #[track_caller]
    pub fn wait_gone(&self, text: &str) -> String {
        self.wait_until(&format!("no {text:?}"), |screen| {
            !screen.contents().contains(text)
        })
    }

    /// Waits until `condition` holds of the screen; `what` says it in words.
    #[track_caller]
    pub fn wait_until(&self, what: &str, condition: impl Fn(&vt100::Screen) -> bool) -> String {
        self.wait_within(DEADLINE, what, condition)
    }

    /// The same with another deadline.
    #[track_caller]
    pub fn wait_within(
        &self,
        deadline: Duration,
        what: &str,
        condition: impl Fn(&vt100::Screen) -> bool,
    ) -> String {
        let end = Instant::now() + deadline;
        let mut state = self.shared.lock();
        loop {
            if condition(state.parser.screen()) {
                return state.parser.screen().contents();
            }
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() || state.closed {
                let contents = state.parser.screen().contents();
                let exit = state.exit.as_ref().map(ToString::to_string);
                drop(state);
                panic!(
                    "the screen never showed {what} (ended: {exit:?}):\n{}",
                    framed(&contents)
                );
            }
            state = self.shared.changed.wait_timeout(state, left).unwrap().0;
        }
    }

    /// Waits until nothing was written for `quiet`; what comes late is waited for again.
    #[track_caller]
    pub fn wait_quiet(&self, quiet: Duration) {
        let end = Instant::now() + DEADLINE;
        let mut state = self.shared.lock();
        loop {
            let before = state.raw.len();
            let since = Instant::now();
            while state.raw.len() == before && since.elapsed() < quiet {
                let left = quiet.saturating_sub(since.elapsed());
                state = self.shared.changed.wait_timeout(state, left).unwrap().0;
            }
            if state.raw.len() == before {
                return;
            }
            assert!(Instant::now() < end, "the program never stopped drawing");
        }
    }

    /// When the first byte came.
    pub fn first_output(&self) -> Option<Instant> {
        self.shared.lock().first
    }

    /// Waits for the end of the program, and for everything it wrote.
    #[track_caller]
    pub fn wait_exit(&self) -> u32 {
        let end = Instant::now() + DEADLINE;
        let mut state = self.shared.lock();
        while state.exit.is_none() || !state.closed {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                let contents = state.parser.screen().contents();
                drop(state);
                panic!("the program did not end:\n{}", framed(&contents));
            }
            state = self.shared.changed.wait_timeout(state, left).unwrap().0;
        }
        let status = state.exit.clone().unwrap();
        assert!(
            status.signal().is_none(),
            "killed by a signal instead of ending: {status}"
        );
        status.exit_code()
    }

    /// Whether the terminal is as a shell expects it, as far as its screen can tell.
    #[track_caller]
    pub fn assert_restored(&self) {
        let state = self.shared.lock();
        let screen = state.parser.screen();
        assert!(
            !screen.alternate_screen(),
            "the alternate screen was not left"
        );
        assert!(!screen.bracketed_paste(), "bracketed paste is still on");
        assert!(!screen.hide_cursor(), "the cursor is still hidden");
        assert_eq!(
            screen.mouse_protocol_mode(),
            vt100::MouseProtocolMode::None,
            "the mouse is still caught"
        );
    }

    /// The same while a shell runs, which asks for bracketed paste itself.
    #[track_caller]
    pub fn assert_restored_but_paste(&self) {
        let state = self.shared.lock();
        let screen = state.parser.screen();
        assert!(
            !screen.alternate_screen(),
            "the alternate screen was not left"
        );
        assert!(!screen.hide_cursor(), "the cursor is still hidden");
    }

    /// Whether the line discipline is cooked again: echo, lines, signals. Asked of the terminal itself.
    #[track_caller]
    pub fn assert_cooked(&self) {
        let modes = self.master.get_termios().unwrap().local_flags.bits();
        // Linux's numbers, from <asm-generic/termbits.h>.
        for (bit, name) in [(0o1, "isig"), (0o2, "icanon"), (0o10, "echo")] {
            assert!(modes & bit != 0, "the terminal is left with -{name}");
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        if self.shared.lock().exit.is_none() {
            let _ = rustix::process::kill_process(self.pid, Signal::KILL);
        }
        if std::thread::panicking() {
            eprintln!("the screen at the end:\n{}", framed(&self.contents()));
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// The cells that are drawn in reverse: the row at the cursor.
pub fn reversed(screen: &vt100::Screen) -> String {
    let (rows, columns) = screen.size();
    let mut out = String::new();
    for row in 0..rows.get() {
        for column in 0..columns.get() {
            if let Some(cell) = screen.cell(row, column).filter(|cell| cell.inverse()) {
                out.push_str(match cell.contents() {
                    "" => " ",
                    text => text,
                });
            }
        }
    }
    out
}

/// The first line of the editor: the row under its title.
pub fn editor(screen: &vt100::Screen) -> String {
    let rows: Vec<String> = screen.rows(0, screen.size().1.get()).collect();
    let at = rows.iter().position(|row| row.contains("2 Command"));
    let row = at.and_then(|at| rows.get(at + 1)).cloned();
    let row = row.unwrap_or_default();
    row.trim_matches(|c: char| c == '│' || c == ' ').to_owned()
}

fn framed(contents: &str) -> String {
    contents
        .lines()
        .map(|line| format!("  | {line}\n"))
        .collect()
}

fn pty_size((cols, rows): Size) -> PtySize {
    PtySize {
        rows,
        cols,
        pixel_width: 0,
        pixel_height: 0,
    }
}

fn rows((_, rows): Size) -> NonZeroU16 {
    NonZeroU16::new(rows).unwrap()
}

fn columns((columns, _): Size) -> NonZeroU16 {
    NonZeroU16::new(columns).unwrap()
}
