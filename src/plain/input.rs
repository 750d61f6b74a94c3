//! Lines that are typed, read one at a time: whatever else asks the terminal (a password) finds nobody
//! reading it.

use std::io::BufRead;

use tokio::sync::mpsc;

/// Longest line taken, in octets.
const LIMIT: u64 = 4 * 1024 * 1024;

/// Lines, each read when it is asked for.
pub struct Lines {
    ask: std::sync::mpsc::Sender<()>,
    answers: mpsc::UnboundedReceiver<std::io::Result<Option<String>>>,
    asked: bool,
}

impl Lines {
    /// Reads `input` in a thread of its own, which sleeps until a line is wanted.
    pub fn new(mut input: impl BufRead + Send + 'static) -> Lines {
        let (ask, asked) = std::sync::mpsc::channel::<()>();
        let (answer, answers) = mpsc::unbounded_channel();
        std::thread::spawn(move || {
            while asked.recv().is_ok() {
                let read = line(&mut input);
                let last = !matches!(read, Ok(Some(_)));
                if answer.send(read).is_err() || last {
                    return;
                }
            }
        });
        Lines {
            ask,
            answers,
            asked: false,
        }
    }

    /// The next line, its end off; `None` at the end. Can be dropped and called again without losing one.
    pub async fn next(&mut self) -> std::io::Result<Option<String>> {
        if !self.asked {
            self.asked = self.ask.send(()).is_ok();
        }
        let answer = self.answers.recv().await;
        self.asked = false;
        answer.unwrap_or(Ok(None))
    }
}

fn line(input: &mut impl BufRead) -> std::io::Result<Option<String>> {
    let mut bytes = Vec::new();
    std::io::Read::take(&mut *input, LIMIT).read_until(b'\n', &mut bytes)?;
    if bytes.is_empty() {
        return Ok(None);
    }
    if bytes.last() == Some(&b'\n') {
        bytes.pop();
        if bytes.last() == Some(&b'\r') {
            bytes.pop();
        }
    } else if bytes.len() as u64 == LIMIT {
        return Err(std::io::Error::other(
            "a line is longer than 4 MiB; {@path} sends a file as a literal",
        ));
    }
    match String::from_utf8(bytes) {
        Ok(text) => Ok(Some(text)),
        Err(_) => Err(std::io::Error::other(
            "a line is not UTF-8; {@path} sends any octets as a literal",
        )),
    }
}
