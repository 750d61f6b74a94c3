//! Another program has the terminal for a while: the user's own editor, or a command that asks for a password.

use std::io::{Read, Write};

use super::errand::no_password;
use super::terminal::Screen;
use crate::config::password;
use crate::sasl::Secret;

/// Most octets taken back.
const LIMIT: u64 = super::editor::LIMIT as u64;

/// Has `text` edited by $VISUAL, $EDITOR or vi, in a temporary file that only this user can read and that
/// is gone afterwards. The error is a sentence.
pub(super) async fn edit(screen: &mut impl Screen, text: &str) -> Result<String, String> {
    let set = |name: &str| std::env::var(name).ok().filter(|v| !v.trim().is_empty());
    let editor = set("VISUAL")
        .or_else(|| set("EDITOR"))
        .unwrap_or_else(|| "vi".to_owned());
    let failed = |error: std::io::Error| format!("The text cannot be given to {editor}: {error}.");
    // Mode 0600, in a folder of this user's where there is one.
    let mut builder = tempfile::Builder::new();
    builder.prefix("imapsh-").suffix(".imap");
    let own = set("XDG_RUNTIME_DIR").map(std::path::PathBuf::from);
    let file = own.filter(|folder| folder.is_dir());
    let mut file = match file.map(|folder| builder.tempfile_in(folder)) {
        Some(Ok(file)) => file,
        Some(Err(_)) | None => builder.tempfile().map_err(failed)?,
    };
    file.write_all(text.as_bytes()).map_err(failed)?;
    file.write_all(b"\n").map_err(failed)?;
    file.flush().map_err(failed)?;
    // As git does it: $EDITOR may have options of its own.
    let mut program = tokio::process::Command::new("/bin/sh");
    program
        .arg("-c")
        .arg(format!("exec {editor} \"$1\""))
        .arg("imapsh")
        .arg(file.path());
    let status = screen.lend(&mut program).await.map_err(failed)?;
    if !status.success() {
        return Err(format!(
            "{editor} ended with {status}; the text is as it was. $VISUAL or $EDITOR names the editor."
        ));
    }
    // Editors write a new file in the place of the old one: it is read by its name.
    let about = std::fs::metadata(file.path()).map_err(failed)?;
    if about.len() > LIMIT {
        return Err(format!(
            "The text has {} octets, the editor here takes {LIMIT}: save it, and send it with {{@path}}.",
            about.len()
        ));
    }
    let bytes = std::fs::read(file.path()).map_err(failed)?;
    let text = String::from_utf8(bytes).map_err(|_| {
        "The file that came back is not UTF-8; the text is as it was. {@path} sends any octets."
            .to_owned()
    })?;
    let text = super::input::normalised(&text);
    Ok(text.strip_suffix('\n').unwrap_or(&text).to_owned())
}

/// Said first on the terminal. gpg-agent serves many terminals: `GPG_TTY` says which one pinentry is to ask on.
const ON_TERMINAL: &str = r#"
echo "imapsh: the command of password_from has the terminal; Ctrl+C ends it." >&2
: "${GPG_TTY:=$(tty)}"
export GPG_TTY
exec sh -c "$1""#;

/// The first line that a command prints which may ask on the terminal. The error is a sentence.
pub(super) async fn ask(screen: &mut impl Screen, command: &str) -> Result<Secret, String> {
    let failed = |why: String| no_password(&why);
    let broken = |error: std::io::Error| failed(format!("cannot have the terminal: {error}"));
    let (mut printed, stdout) = std::io::pipe().map_err(broken)?;
    let mut program = tokio::process::Command::new("sh");
    program
        .args(["-c", ON_TERMINAL, "sh", command])
        .stdout(stdout);
    let status = screen.lend(&mut program).await.map_err(broken)?;
    if !status.success() {
        return Err(failed(format!("failed on the terminal, too ({status})")));
    }
    // Our end of the pipe goes with it; what a child left behind holds open is not waited for.
    drop(program);
    rustix::io::ioctl_fionbio(&printed, true).map_err(|error| broken(error.into()))?;
    let mut text = zeroize::Zeroizing::new([0; 64 * 1024]);
    let length = match printed.read(text.as_mut_slice()) {
        Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => 0,
        read => read.map_err(broken)?,
    };
    let text = text.get(..length).unwrap_or_default().to_vec();
    password::first_line(text).map_err(|why| failed(format!("gave none: {why}")))
}
