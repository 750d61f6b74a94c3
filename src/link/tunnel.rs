//! A program as the connection (`--tunnel 'ssh mail doveadm exec imap'`): its stdin and stdout carry the
//! bytes, its stderr becomes notes, and it is always waited for.

use std::io;
use std::pin::Pin;
use std::process::{ExitStatus, Stdio};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, BufReader, ReadBuf};
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::channel::Notice;

/// Longest line of its stderr that is shown, in octets.
const LINE: u64 = 1000;
/// How long the command has to end by itself when its stdin is closed, and again after SIGTERM.
const PATIENCE: Duration = Duration::from_secs(1);

/// The command's stdin and stdout.
#[derive(Debug)]
pub struct Tunnel {
    stdin: Option<ChildStdin>,
    stdout: ChildStdout,
    /// Dropped with it: the keeper's sign to end the command.
    _gone: oneshot::Sender<()>,
}

/// How the command ended.
#[derive(Debug)]
pub struct Fate {
    status: io::Result<ExitStatus>,
    /// We had to end it.
    forced: bool,
    /// The last line of its stderr.
    last: String,
}

/// Waits for the command, and ends it when its [`Tunnel`] is dropped.
#[derive(Debug)]
pub struct Keeper(JoinHandle<Fate>);

/// Starts `command` with `sh -c`, in a process group of its own: so all that it starts can be ended, and
/// a program in it that wants the terminal does not get it.
///
/// # Errors
/// When there is no `sh`, or the system refuses.
pub fn start(command: &str, notices: mpsc::Sender<Notice>) -> io::Result<(Tunnel, Keeper)> {
    let mut child = Command::new("sh")
        .arg("-c")
        .arg(command)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .kill_on_drop(true)
        .spawn()?;
    let (Some(stdin), Some(stdout), Some(stderr)) =
        (child.stdin.take(), child.stdout.take(), child.stderr.take())
    else {
        return Err(io::Error::other("its pipes are missing"));
    };
    let (gone, sign) = oneshot::channel();
    let keeper = tokio::spawn(keep(child, stderr, notices, sign));
    let tunnel = Tunnel {
        stdin: Some(stdin),
        stdout,
        _gone: gone,
    };
    Ok((tunnel, Keeper(keeper)))
}

impl Keeper {
    /// Waits until the command is no more. Its [`Tunnel`] must be dropped before.
    pub async fn fate(self) -> Option<Fate> {
        self.0.await.ok()
    }
}

impl Fate {
    /// Why it ended by itself; `None`: because we wanted it to.
    pub fn words(&self) -> Option<String> {
        let how = match &self.status {
            _ if self.forced => return None,
            Ok(status) => status.to_string(),
            Err(error) => error.to_string(),
        };
        let said = match self.last.as_str() {
            "" => String::new(),
            last => format!("; it said: {last}"),
        };
        Some(format!("The command of the tunnel ended ({how}{said})"))
    }
}

async fn keep(
    mut child: Child,
    stderr: ChildStderr,
    notices: mpsc::Sender<Notice>,
    mut gone: oneshot::Receiver<()>,
) -> Fate {
    let group = child.id();
    let mut stderr = BufReader::new(stderr);
    let mut last = String::new();
    let mut open = true;
    // Its stderr is read to the end before it is waited for: the last line says why it failed.
    while open {
        tokio::select! {
            line = line(&mut stderr) => match line {
                Some(line) => {
                    last.clone_from(&line);
                    // A face that is gone is found out by the task.
                    let _ = notices.send(Notice::Info(format!("tunnel: {line}"))).await;
                }
                None => open = false,
            },
            // A child of the command's may keep stderr open.
            _ = &mut gone => break,
        }
    }
    if open {
        let rest = async {
            while let Some(line) = line(&mut stderr).await {
                last.clone_from(&line);
                let _ = notices.try_send(Notice::Info(format!("tunnel: {line}")));
            }
        };
        let _ = timeout(PATIENCE, rest).await;
    }
    let mut forced = false;
    let own_end = async {
        if open {
            return None;
        }
        tokio::select! {
            status = child.wait() => Some(status),
            _ = &mut gone => None,
        }
    };
    let mut status = own_end.await;
    if status.is_none() {
        status = timeout(PATIENCE, child.wait()).await.ok();
    }
    for signal in [rustix::process::Signal::TERM, rustix::process::Signal::KILL] {
        if status.is_some() {
            break;
        }
        forced = true;
        end(group, signal);
        status = timeout(PATIENCE, child.wait()).await.ok();
    }
    if forced {
        // What the command has started goes with it.
        end(group, rustix::process::Signal::KILL);
    }
    Fate {
        status: status.unwrap_or_else(|| Err(io::ErrorKind::TimedOut.into())),
        forced,
        last,
    }
}

fn end(group: Option<u32>, signal: rustix::process::Signal) {
    let group = group
        .and_then(|id| i32::try_from(id).ok())
        .and_then(rustix::process::Pid::from_raw);
    if let Some(group) = group {
        // It may be gone already.
        let _ = rustix::process::kill_process_group(group, signal);
    }
}

/// The next line, cut to [`LINE`]; `None`: there is no more.
async fn line(stderr: &mut BufReader<ChildStderr>) -> Option<String> {
    loop {
        let mut bytes = Vec::new();
        let read = (&mut *stderr)
            .take(LINE)
            .read_until(b'\n', &mut bytes)
            .await;
        if !matches!(read, Ok(octets) if octets > 0) {
            return None;
        }
        let text = String::from_utf8_lossy(&bytes);
        let text = text.trim();
        if !text.is_empty() {
            return Some(text.to_owned());
        }
    }
}

impl AsyncRead for Tunnel {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stdout).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Tunnel {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match &mut self.get_mut().stdin {
            Some(stdin) => Pin::new(stdin).poll_write(cx, bytes),
            None => Poll::Ready(Err(io::ErrorKind::BrokenPipe.into())),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.get_mut().stdin {
            Some(stdin) => Pin::new(stdin).poll_flush(cx),
            None => Poll::Ready(Ok(())),
        }
    }

    /// Closes the command's stdin.
    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.get_mut().stdin = None;
        Poll::Ready(Ok(()))
    }
}
