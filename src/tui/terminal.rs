//! The real terminal: taken over and given back, on every path.

use std::io::{self, Write};
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

use super::clipboard::{self, Surroundings};
use crossterm::cursor::{SetCursorStyle, Show};
use crossterm::event::{
    DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture,
};
use crossterm::execute;
use crossterm::terminal::{
    EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Whether the screen is ours right now: restoring twice would scroll the shell's screen.
static TAKEN: AtomicBool = AtomicBool::new(false);
/// Whether the mouse is wished for.
static MOUSE: AtomicBool = AtomicBool::new(false);
static HOOK: Once = Once::new();

/// The terminal while it is ours; dropped, it is given back.
#[derive(Debug)]
pub struct Taken(());

impl Taken {
    /// Takes the terminal: raw mode, alternate screen, bracketed paste. A panic from here on gives it
    /// back before the panic message is printed.
    pub fn take() -> io::Result<Taken> {
        HOOK.call_once(|| {
            let earlier = std::panic::take_hook();
            std::panic::set_hook(Box::new(move |info| {
                restore();
                earlier(info);
            }));
        });
        let taken = Taken(()); // whatever fails below, what was done is undone
        enter()?;
        Ok(taken)
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        restore();
    }
}

fn enter() -> io::Result<()> {
    TAKEN.store(true, Ordering::SeqCst);
    enable_raw_mode()?;
    execute!(io::stdout(), EnterAlternateScreen, EnableBracketedPaste)?;
    if MOUSE.load(Ordering::SeqCst) {
        execute!(io::stdout(), EnableMouseCapture)?;
    }
    Ok(())
}

/// Gives the terminal back, as it was. Errors are nobody's to hear any more.
pub fn restore() {
    if TAKEN.swap(false, Ordering::SeqCst) {
        let mut out = io::stdout();
        if MOUSE.load(Ordering::SeqCst) {
            let _ = execute!(out, DisableMouseCapture);
        }
        let _ = execute!(
            out,
            DisableBracketedPaste,
            SetCursorStyle::DefaultUserShape,
            LeaveAlternateScreen,
            Show
        );
        let _ = out.flush();
        let _ = disable_raw_mode();
    }
}

/// What the loop does with the terminal besides drawing; tests put an own one in its place.
pub trait Screen {
    /// Gives the terminal to the shell, stops this process group, and takes the terminal back when
    /// it goes on.
    fn suspend(&mut self) -> impl Future<Output = io::Result<()>>;

    /// Takes the mouse, or leaves it to the terminal.
    fn mouse(&mut self, on: bool) -> io::Result<()>;

    /// Lends the terminal to another program and takes it back when that has ended.
    fn lend(
        &mut self,
        program: &mut tokio::process::Command,
    ) -> impl Future<Output = io::Result<std::process::ExitStatus>>;

    /// Hands safe text to the clipboard of the terminal. A sentence if nothing may come of it.
    fn copy(&mut self, text: &str) -> impl Future<Output = io::Result<Option<&'static str>>>;

    /// Waits for a signal. Can be dropped and called again without losing one.
    fn wake(&mut self) -> impl Future<Output = Wake>;
}

/// What a signal asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wake {
    /// Leave: the number of the signal (SIGHUP, SIGINT, SIGTERM).
    End(u8),
    /// The process was stopped from outside and goes on: the screen may hold anything.
    Resumed,
}

/// The terminal this process was started in.
#[derive(Debug)]
pub struct Tty {
    hangup: Signal,
    interrupt: Signal,
    terminate: Signal,
    resumed: Signal,
}

impl Tty {
    /// Listens for signals from now on.
    pub fn new() -> io::Result<Tty> {
        Ok(Tty {
            hangup: signal(SignalKind::hangup())?,
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            resumed: signal(SignalKind::from_raw(rustix::process::Signal::CONT.as_raw()))?,
        })
    }
}

impl Screen for Tty {
    async fn suspend(&mut self) -> io::Result<()> {
        restore();
        // The whole group, as the terminal driver does it for Ctrl+Z: a parent such as `cargo run`
        // must stop too, or the shell never gets the terminal.
        rustix::process::kill_current_process_group(rustix::process::Signal::TSTP)?;
        // With several threads the stop may come a moment after `kill` has returned; and in an orphaned
        // process group, without a shell, it never comes.
        let _ =
            tokio::time::timeout(std::time::Duration::from_millis(300), self.resumed.recv()).await;
        enter()
    }

    fn mouse(&mut self, on: bool) -> io::Result<()> {
        if MOUSE.swap(on, Ordering::SeqCst) == on {
            return Ok(());
        }
        match on {
            true => execute!(io::stdout(), EnableMouseCapture),
            false => execute!(io::stdout(), DisableMouseCapture),
        }
    }

    async fn lend(
        &mut self,
        program: &mut tokio::process::Command,
    ) -> io::Result<std::process::ExitStatus> {
        restore();
        // Ctrl+C on the terminal reaches the whole group: it is for the program in front.
        let ended = async {
            let mut child = program.spawn()?;
            loop {
                tokio::select! {
                    status = child.wait() => return status,
                    _ = self.interrupt.recv() => {}
                }
            }
        };
        let ended = ended.await;
        enter()?;
        ended
    }

    async fn copy(&mut self, text: &str) -> io::Result<Option<&'static str>> {
        let (way, doubt) = Surroundings::ask().await.way();
        let mut out = io::stdout();
        out.write_all(clipboard::sequence(text, way).as_bytes())?;
        out.flush()?;
        Ok(doubt)
    }

    async fn wake(&mut self) -> Wake {
        tokio::select! {
            _ = self.hangup.recv() => Wake::End(1),
            _ = self.interrupt.recv() => Wake::End(2),
            _ = self.terminate.recv() => Wake::End(15),
            _ = self.resumed.recv() => {
                // Stopped by SIGSTOP the shell has set its own modes meanwhile.
                let _ = enter();
                Wake::Resumed
            }
        }
    }
}
