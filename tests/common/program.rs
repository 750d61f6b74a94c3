//! The real binary, in a home of its own, with a deadline on everything.

use std::ffi::OsStr;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

/// No wait in these tests is longer.
pub const DEADLINE: Duration = Duration::from_secs(20);

/// The binary that cargo built for this test.
pub fn binary() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_imapsh"))
}

/// A home directory that ends with the test, so that nobody's configuration or history is touched.
pub struct Home(tempfile::TempDir);

impl Home {
    pub fn new() -> Home {
        Home(
            tempfile::Builder::new()
                .prefix("imapsh-test-")
                .tempdir()
                .unwrap(),
        )
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// Writes a file into it.
    pub fn file(&self, name: &str, content: &[u8]) -> PathBuf {
        let path = self.path().join(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    /// What a program started in it sees: nothing of the caller's environment but PATH and what
    /// the tests of a debug build need.
    pub fn environment(&self) -> Vec<(String, String)> {
        let home = self.path().to_str().unwrap().to_owned();
        let mut all = vec![
            ("HOME".to_owned(), home.clone()),
            ("XDG_CONFIG_HOME".to_owned(), format!("{home}/config")),
            ("XDG_DATA_HOME".to_owned(), format!("{home}/data")),
            ("XDG_STATE_HOME".to_owned(), format!("{home}/state")),
            ("TMPDIR".to_owned(), home),
            ("TERM".to_owned(), "xterm-256color".to_owned()),
            ("LC_ALL".to_owned(), "C.UTF-8".to_owned()),
            ("RUST_BACKTRACE".to_owned(), "0".to_owned()),
        ];
        for name in ["PATH", "LLVM_PROFILE_FILE"] {
            if let Ok(value) = std::env::var(name) {
                all.push((name.to_owned(), value));
            }
        }
        all
    }
}

/// What a finished program left.
pub struct Output {
    pub code: Option<i32>,
    pub stdout: Vec<u8>,
    pub stderr: String,
}

impl Output {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }

    /// Fails with everything the program said.
    #[track_caller]
    pub fn expect_code(self, code: i32) -> Output {
        assert_eq!(
            self.code,
            Some(code),
            "exit code\n-- stdout\n{}-- stderr\n{}",
            self.text(),
            self.stderr
        );
        self
    }

    /// Fails with everything the program said, unless a line of stdout is, or holds, `wanted`.
    #[track_caller]
    pub fn expect_line(self, wanted: &str) -> Output {
        let found = self.text().lines().any(|line| line.contains(wanted));
        assert!(
            found,
            "no line with {wanted:?}\n-- stdout\n{}-- stderr\n{}",
            self.text(),
            self.stderr
        );
        self
    }

    #[track_caller]
    pub fn expect_no_line(self, unwanted: &str) -> Output {
        let found = self.text().lines().any(|line| line.contains(unwanted));
        assert!(
            !found,
            "a line with {unwanted:?}\n-- stdout\n{}-- stderr\n{}",
            self.text(),
            self.stderr
        );
        self
    }

    /// Fails if a command with this word went out.
    #[track_caller]
    pub fn expect_not_sent(self, word: &str) -> Output {
        let sent = self
            .text()
            .lines()
            .any(|l| l.starts_with("C: ") && l.contains(word));
        assert!(
            !sent,
            "{word} was sent\n-- stdout\n{}-- stderr\n{}",
            self.text(),
            self.stderr
        );
        self
    }

    /// Fails if it said one of `words` anywhere.
    #[track_caller]
    pub fn expect_not_said(self, words: &[&str]) -> Output {
        let said = format!("{}{}", self.text(), self.stderr);
        for word in words {
            assert!(!said.contains(word), "{word:?} was said:\n{said}");
        }
        self
    }

    /// Fails unless stderr holds all of `words`, in any case.
    #[track_caller]
    pub fn expect_error(self, words: &[&str]) -> Output {
        let said = self.stderr.to_lowercase();
        for word in words {
            assert!(
                said.contains(&word.to_lowercase()),
                "stderr lacks {word:?}\n-- stderr\n{}-- stdout\n{}",
                self.stderr,
                self.text()
            );
        }
        self
    }
}

/// Runs the binary to its end with `input` on stdin.
pub fn run<A: AsRef<OsStr>>(home: &Home, arguments: &[A], input: &[u8]) -> Output {
    run_with(home, &[], arguments, input)
}

/// The same with more of an environment.
pub fn run_with<A: AsRef<OsStr>>(
    home: &Home,
    environment: &[(&str, String)],
    arguments: &[A],
    input: &[u8],
) -> Output {
    let mut running = Running::start_with(home, environment, arguments);
    running.write(input);
    running.finish()
}

/// The binary at work, stdin, stdout and stderr being pipes.
pub struct Running {
    child: Child,
    stdin: Option<ChildStdin>,
    from_stdout: Receiver<Vec<u8>>,
    from_stderr: Receiver<Vec<u8>>,
    stdout: Vec<u8>,
    stderr: Vec<u8>,
    words: String,
}

impl Running {
    pub fn start<A: AsRef<OsStr>>(home: &Home, arguments: &[A]) -> Running {
        Running::start_with(home, &[], arguments)
    }

    pub fn start_with<A: AsRef<OsStr>>(
        home: &Home,
        environment: &[(&str, String)],
        arguments: &[A],
    ) -> Running {
        let mut child = Command::new(binary())
            .args(arguments)
            .env_clear()
            .envs(home.environment())
            .envs(environment.iter().map(|(name, value)| (name, value)))
            .current_dir(home.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let words = arguments
            .iter()
            .map(|a| a.as_ref().to_string_lossy())
            .collect::<Vec<_>>()
            .join(" ");
        Running {
            stdin: child.stdin.take(),
            from_stdout: drain(child.stdout.take().unwrap()),
            from_stderr: drain(child.stderr.take().unwrap()),
            child,
            stdout: Vec::new(),
            stderr: Vec::new(),
            words,
        }
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Writes to its stdin; a program that is gone already is not an error here.
    pub fn write(&mut self, bytes: &[u8]) {
        if let Some(stdin) = &mut self.stdin {
            let _ = stdin.write_all(bytes).and_then(|()| stdin.flush());
        }
    }

    /// Waits until stdout, from its beginning, holds `wanted`.
    #[track_caller]
    pub fn wait_for(&mut self, wanted: &str) -> String {
        let end = Instant::now() + DEADLINE;
        loop {
            let text = String::from_utf8_lossy(&self.stdout).into_owned();
            if text.contains(wanted) {
                return text;
            }
            match self
                .from_stdout
                .recv_timeout(end.saturating_duration_since(Instant::now()))
            {
                Ok(bytes) => self.stdout.extend(bytes),
                Err(reason) => {
                    let _ = self.child.kill();
                    let errors: Vec<u8> = self.from_stderr.iter().flatten().collect();
                    let errors = String::from_utf8_lossy(&errors).into_owned();
                    panic!(
                        "`imapsh {}` never said {wanted:?} ({reason})\n-- stdout\n{text}-- stderr\n{errors}",
                        self.words
                    )
                }
            }
        }
    }

    /// Waits until stderr, from its beginning, holds `wanted`.
    #[track_caller]
    pub fn wait_for_error(&mut self, wanted: &str) {
        let end = Instant::now() + DEADLINE;
        while !String::from_utf8_lossy(&self.stderr).contains(wanted) {
            let left = end.saturating_duration_since(Instant::now());
            match self.from_stderr.recv_timeout(left) {
                Ok(bytes) => self.stderr.extend(bytes),
                Err(reason) => {
                    let _ = self.child.kill();
                    let text = String::from_utf8_lossy(&self.stderr).into_owned();
                    panic!(
                        "`imapsh {}` never said {wanted:?} on stderr ({reason})\n{text}",
                        self.words
                    )
                }
            }
        }
    }

    /// Closes stdin and waits for the end.
    #[track_caller]
    pub fn finish(mut self) -> Output {
        drop(self.stdin.take());
        let end = Instant::now() + DEADLINE;
        for (from, to) in [
            (&self.from_stdout, &mut self.stdout),
            (&self.from_stderr, &mut self.stderr),
        ] {
            loop {
                match from.recv_timeout(end.saturating_duration_since(Instant::now())) {
                    Ok(bytes) => to.extend(bytes),
                    Err(RecvTimeoutError::Disconnected) => break,
                    Err(RecvTimeoutError::Timeout) => {
                        let _ = self.child.kill();
                        panic!(
                            "`imapsh {}` did not end in {DEADLINE:?}\n-- output\n{}",
                            self.words,
                            String::from_utf8_lossy(to)
                        )
                    }
                }
            }
        }
        let status = self.child.wait().unwrap();
        Output {
            code: status.code(),
            stdout: std::mem::take(&mut self.stdout),
            stderr: String::from_utf8_lossy(&self.stderr).into_owned(),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The next client of `listener`; none within the deadline is a failure. It is read with a deadline too.
#[track_caller]
pub fn accept(listener: &TcpListener) -> TcpStream {
    let (to, from) = channel();
    let listener = listener.try_clone().unwrap();
    std::thread::spawn(move || to.send(listener.accept()));
    let (client, _) = from
        .recv_timeout(DEADLINE)
        .expect("nobody connected")
        .unwrap();
    client.set_read_timeout(Some(DEADLINE)).unwrap();
    client
}

/// Reads until the end in a thread.
fn drain(mut from: impl Read + Send + 'static) -> Receiver<Vec<u8>> {
    let (to, receiver) = channel();
    std::thread::spawn(move || {
        let mut buffer = [0; 16 * 1024];
        while let Ok(n @ 1..) = from.read(&mut buffer) {
            if to.send(buffer[..n].to_vec()).is_err() {
                break;
            }
        }
    });
    receiver
}
