//! `-X`: the same program once more, in the background. The one in front stays until programs can
//! connect, asks for the password, and ends with an exit code that is true.
//!
//! Between the two: on the background's stdout a line `ask PROMPT` (the answer comes on its stdin, as a
//! line) or `ready`; its stderr is passed on.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::process::{Child, Command, Stdio};

use super::super::exit;
use super::super::password::Ask;
use crate::sasl::Secret;

/// In the environment of the one in the background. No option's variable begins so.
const MARK: &str = "_IMAPSH_BACKGROUND";

/// Whether this is the one in the background.
pub fn is_background() -> bool {
    std::env::var_os(MARK).is_some()
}

/// Starts the one in the background and waits until it is ready or gives up; the exit code. Blocks.
///
/// # Errors
/// When it cannot be started: a sentence.
pub fn start(ask: &Ask) -> Result<u8, String> {
    let failed = |error: io::Error| format!("the background (-X) cannot be started: {error}");
    let mut child = Command::new(std::env::current_exe().map_err(failed)?)
        .args(std::env::args_os().skip(1))
        .env(MARK, "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(failed)?;
    let errors = child.stderr.take().map(|mut stderr| {
        std::thread::spawn(move || io::copy(&mut stderr, &mut io::stderr()).unwrap_or(0))
    });
    let ready = converse(&mut child, ask);
    match ready {
        Ok(true) => {
            passed_on(errors);
            Ok(exit::DONE)
        }
        Ok(false) | Err(_) => {
            let status = child.wait().map_err(failed)?;
            passed_on(errors);
            let code = status.code().and_then(|code| u8::try_from(code).ok());
            Ok(code
                .filter(|code| *code != exit::DONE)
                .unwrap_or(exit::CONNECTION))
        }
    }
}

/// Waits until everything that the background said has been passed on.
fn passed_on(errors: Option<std::thread::JoinHandle<u64>>) {
    if let Some(errors) = errors {
        // What could not be passed on is lost with our own stderr.
        let _ = errors.join();
    }
}

/// Whether it became ready.
fn converse(child: &mut Child, ask: &Ask) -> io::Result<bool> {
    let (Some(stdout), Some(mut stdin)) = (child.stdout.take(), child.stdin.take()) else {
        return Ok(false);
    };
    for line in BufReader::new(stdout).lines() {
        let line = line?;
        match line.split_once(' ') {
            None if line == "ready" => return Ok(true),
            Some(("ask", prompt)) => match ask(prompt) {
                Ok(secret) => {
                    let mut answer = zeroize::Zeroizing::new(secret.expose().as_bytes().to_vec());
                    answer.push(b'\n');
                    stdin.write_all(&answer)?;
                    stdin.flush()?;
                }
                // It sees the end of its stdin, and says that nobody is there to ask.
                Err(_) => return Ok(false),
            },
            _ => {}
        }
    }
    Ok(false)
}

/// The one in the background asks the one in front.
pub fn asks() -> Ask {
    std::sync::Arc::new(|prompt| {
        let mut out = io::stdout();
        writeln!(out, "ask {prompt}")?;
        out.flush()?;
        let mut answer = zeroize::Zeroizing::new(Vec::new());
        let mut byte = [0];
        let mut stdin = io::stdin().lock();
        while stdin.read(&mut byte)? == 1 && byte[0] != b'\n' {
            answer.push(byte[0]);
        }
        match std::str::from_utf8(&answer) {
            Ok("") | Err(_) => Err(io::Error::other("no terminal")),
            Ok(text) => Ok(Secret::new(text.to_owned())),
        }
    })
}

/// Called in the background: no terminal's signals reach it from now on.
pub fn leave_terminal() {
    // It fails for the leader of a process group only, and the one in front is that.
    let _ = rustix::process::setsid();
}

/// Called in the background: the one in front may go, and nobody's pipes or terminal are held any more.
pub fn ready() {
    let mut out = io::stdout();
    let _ = writeln!(out, "ready").and_then(|()| out.flush());
    if let Ok(nowhere) = std::fs::File::options()
        .read(true)
        .write(true)
        .open("/dev/null")
    {
        // Each that fails stays as it is: a pipe that nobody reads.
        let _ = rustix::stdio::dup2_stdin(&nowhere);
        let _ = rustix::stdio::dup2_stdout(&nowhere);
        let _ = rustix::stdio::dup2_stderr(&nowhere);
    }
    // Nobody's file system is kept busy.
    let _ = std::env::set_current_dir("/");
}
