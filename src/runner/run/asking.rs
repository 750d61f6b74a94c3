//! What only a person at a terminal can say: whether a snippet is trusted, its secrets.

use std::collections::BTreeMap;
use std::io::Read;

use crate::batch::secrets::fetch;
use crate::batch::trust::Trusted;
use crate::runner::password::{self, Ask};
use crate::snippet::{Script, Value};

/// Wants that a question names.
const NAMED: usize = 8;

/// Asks, once per content, whether a snippet may have what it wants.
pub struct Trust<'a> {
    /// What was trusted before.
    pub list: &'a Trusted,
    /// `--trust`.
    pub yes: bool,
    /// Who is asked.
    pub ask: &'a super::Confirm,
}

impl Trust<'_> {
    /// Whether the snippet called `name` may have `wants`; `digest` is that of what wants it.
    ///
    /// # Errors
    /// It may not: a sentence.
    pub fn of(&self, name: &str, digest: &str, wants: &[String]) -> Result<(), String> {
        if wants.is_empty() || (!self.yes && self.list.has(digest)) {
            return Ok(());
        }
        self.answered(name, wants)?;
        // A home that cannot be written: it is asked about again.
        let _ = self.list.add(digest, name);
        Ok(())
    }

    fn answered(&self, name: &str, wants: &[String]) -> Result<(), String> {
        let more = match wants.len().saturating_sub(NAMED) {
            0 => String::new(),
            more => format!("; and {more} more"),
        };
        let named: Vec<&str> = wants.iter().take(NAMED).map(String::as_str).collect();
        let wants = format!("{}{more}", named.join("; "));
        if self.yes {
            return Ok(());
        }
        let question = format!(
            "{name} wants more than to talk to the server: {wants}. Let it? (asked once for this text) [y/N] "
        );
        match (self.ask)(&question) {
            Some(true) => Ok(()),
            Some(false) => Err(format!("{name} is not run: it wants {wants}")),
            None => Err(format!(
                "{name} wants more than to talk to the server: {wants}. Read it; then --trust lets it"
            )),
        }
    }
}

/// The values of the `secret` lines. May block.
///
/// # Errors
/// A sentence without any secret.
pub fn secrets(script: &Script, ask: &Ask) -> Result<BTreeMap<String, Value>, String> {
    let mut found = BTreeMap::new();
    for line in &script.header.secrets {
        let name = &line.name;
        let secret = fetch(&line.from).unwrap_or_else(|| {
            ask(&format!("{name}: ")).map_err(|error| {
                format!("there is no terminal to ask on ({error}); -D {name}=VALUE gives it")
            })
        });
        let secret = secret.map_err(|why| format!("secret {name}: {why}"))?;
        found.insert(name.clone(), Value::secret(secret.expose().as_bytes()));
    }
    Ok(found)
}

/// Asks on the controlling terminal; `None`: there is none.
pub fn ask_on_terminal(question: &str) -> Option<bool> {
    use std::io::{BufRead, BufReader, Write};
    let mut terminal = std::fs::OpenOptions::new()
        .read(true)
        .write(true)
        .open("/dev/tty")
        .ok()?;
    let question = crate::tui::printable::line(question);
    terminal.write_all(question.as_bytes()).ok()?;
    let mut answer = String::new();
    BufReader::new(terminal)
        .take(100)
        .read_line(&mut answer)
        .ok()?;
    Some(matches!(answer.trim(), "y" | "Y" | "yes"))
}

/// For the prompt of a login.
pub fn prompt(authcid: &str, authzid: Option<&str>) -> String {
    crate::tui::printable::line(&password::prompt(authcid, authzid))
}
