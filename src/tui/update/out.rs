//! Copy, export, record: what leaves the screen.

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::path::PathBuf;

use super::super::action::Action;
use super::super::clipboard;
use super::super::effect::Effect;
use super::super::form::Form;
use super::super::out::{FileOrSentence, Offer, Overwriting, Part, Wanted};
use super::super::popup::Popup;
use super::super::printable;
use super::super::state::State;
use super::super::units::octets;
use crate::config::foreign::Tool;
use crate::export::{Exporter, Format, Overwrite, Scope};
use crate::transcript::LineKind;
use crate::transcript::find::Sieve;

/// Octets of an export that are written between two looks at the keyboard.
const SLICE: usize = 1024 * 1024;
/// Lines of an unfolded literal are looked for this far.
const SCAN: u64 = 64 * 1024 * 1024;

/// What can be copied here, to choose from.
pub(super) fn offer(state: &mut State) {
    let mut offers = Vec::new();
    if let Some(text) = line(state) {
        offers.push(Offer {
            key: 'y',
            label: "this line".to_owned(),
            text,
        });
    }
    if let Some(index) = state.command_at_cursor() {
        let transcript = state.console.transcript();
        let verb = transcript.command(index).map(|c| c.verb.to_string());
        let tag = transcript.command_tag(index).map(|t| t.to_string());
        let name = format!("{} {}", tag.unwrap_or_default(), verb.unwrap_or_default());
        offers.push(Offer {
            key: 'c',
            label: format!("this command: {}", printable::line(name.trim())),
            text: commands(state, [index].into()),
        });
    }
    let marked = state.marked_commands();
    if !marked.is_empty() {
        let label = match marked.len() {
            1 => "the marked command".to_owned(),
            count => format!("the {count} marked commands"),
        };
        offers.push(Offer {
            key: 'm',
            label,
            text: commands(state, marked),
        });
    }
    for (key, tool, label) in [
        ('i', Tool::Imtest, "the session as an imtest line"),
        (
            'o',
            Tool::OpenSsl,
            "the session as an openssl s_client line",
        ),
        ('u', Tool::Curl, "the session as a curl line"),
    ] {
        if let Ok(line) = state.foreign_line(tool) {
            offers.push(Offer {
                key,
                label: label.to_owned(),
                text: Ok(line),
            });
        }
    }
    if offers.is_empty() {
        state.message = Some("There is nothing to copy yet.".to_owned());
    } else {
        state.popup = Some(Popup::Copy { offers, chosen: 0 });
    }
}

/// The line at the cursor; of a folded literal all of it, of an unfolded one the line in it.
fn line(state: &State) -> Option<Result<String, String>> {
    let (index, size) = state.line_at_cursor()?;
    let transcript = state.console.transcript();
    let spot = state.scroll.cursor(transcript)?;
    let line = transcript.line(index)?;
    if !matches!(line.kind, LineKind::Literal { .. }) {
        return Some(Ok(printable::text(&line.bytes)));
    }
    if let Some(inner) = spot.sub.checked_sub(1) {
        let mut lines = transcript.literal_lines(index)?;
        lines.scan(transcript, SCAN);
        let found = lines.lines(transcript, inner, 1).into_iter().next()?;
        return Some(Ok(printable::text(&found)));
    }
    if size > clipboard::LIMIT as u64 {
        return Some(Err(too_big("This literal", size)));
    }
    let all = transcript.literal_bytes(index, 0, clipboard::LIMIT);
    let text: Vec<String> = all
        .split(|b| *b == b'\n')
        .map(|line| printable::text(line.strip_suffix(b"\r").unwrap_or(line)))
        .collect();
    Some(Ok(text.join("\n")))
}

/// Takes no more than the clipboard does.
struct Little(Vec<u8>);

impl Write for Little {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > clipboard::LIMIT {
            return Err(io::Error::other("too much"));
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Commands and their answers, as the text export has them.
fn commands(state: &State, wanted: BTreeSet<usize>) -> Result<String, String> {
    let transcript = state.console.transcript();
    let scope = Scope::Commands(wanted);
    let text = Exporter::new(
        transcript,
        Format::Text,
        scope,
        &[],
        None,
        Little(Vec::new()),
    )
    .and_then(|mut exporter| {
        while !exporter.step(transcript, SLICE)? {}
        Ok(exporter.into_inner().0)
    });
    match text {
        Ok(text) => Ok(String::from_utf8_lossy(&text).trim_start().to_owned()),
        Err(_) => Err(too_big("That", clipboard::LIMIT as u64 + 1)),
    }
}

fn too_big(what: &str, size: u64) -> String {
    let least = match size <= clipboard::LIMIT as u64 + 1 {
        true => format!("more than {}", octets(clipboard::LIMIT as u64)),
        false => octets(size),
    };
    format!(
        "{what} is {least}: too much for a terminal's clipboard (it takes {}). It goes to a file:",
        octets(clipboard::LIMIT as u64)
    )
}

pub(super) fn update_copy(
    state: &mut State,
    offers: Vec<Offer>,
    chosen: usize,
    action: Action,
) -> Vec<Effect> {
    let count = offers.len().max(1);
    let mut chosen = chosen;
    let taken = match action {
        Action::Back => return Vec::new(),
        Action::Down | Action::Next => {
            chosen = (chosen + 1) % count;
            None
        }
        Action::Up | Action::Previous => {
            chosen = (chosen + count - 1) % count;
            None
        }
        Action::Accept => offers.get(chosen),
        Action::Type(key) => offers.iter().find(|offer| key.typed() == Some(offer.key)),
        _ => None,
    };
    match taken.cloned() {
        None => {
            state.popup = Some(Popup::Copy { offers, chosen });
            Vec::new()
        }
        Some(Offer {
            label,
            text: Ok(text),
            ..
        }) => vec![Effect::Copy { text, what: label }],
        Some(Offer {
            text: Err(sentence),
            key,
            ..
        }) => {
            let part = match key {
                'c' => Part::Command,
                'm' => Part::Marked,
                _ => Part::All,
            };
            open_export(state, part);
            if let Some(Popup::Form(form)) = &mut state.popup {
                form.note = Some(sentence);
            }
            Vec::new()
        }
    }
}

/// The export form.
pub(super) fn open_export(state: &mut State, part: Part) {
    let place = match state.place() {
        Some(place) => place,
        None => "session".to_owned(),
    };
    let safe: String = place
        .chars()
        .map(|c| match c {
            c if c.is_ascii_alphanumeric() || "-._".contains(c) => c,
            _ => '-',
        })
        .collect();
    let stamp = jiff::Timestamp::try_from(state.now)
        .map(|now| now.strftime("%Y%m%d-%H%M%S").to_string())
        .unwrap_or_default();
    // Its ending comes with the format; a host's name must not be taken for one.
    let name = format!("imapsh-{}-{stamp}", safe.replace('.', "-"));
    state.popup = Some(Popup::Form(Form::export(&name, part)));
}

/// The export form was accepted.
pub(super) fn accept_export(state: &mut State, mut form: Form) -> Vec<Effect> {
    let begun = form
        .wanted_export()
        .map(|wanted| (state.begin_export(&wanted), wanted));
    match begun {
        Ok((Ok(said), _)) => state.message = said,
        Ok((Err(FileOrSentence::Exists), wanted)) => {
            state.popup = Some(Popup::Overwrite(Overwriting::Export(wanted)));
        }
        Ok((Err(FileOrSentence::Sentence(sentence)), _)) | Err(sentence) => {
            form.error = Some(sentence);
            state.popup = Some(Popup::Form(form));
        }
    }
    Vec::new()
}

/// `:export ...`
pub(super) fn export(state: &mut State, words: &str, overwrite: Overwrite) -> Vec<Effect> {
    if words.is_empty() {
        open_export(state, Part::All);
        return Vec::new();
    }
    match Wanted::read(words, overwrite) {
        Ok(wanted) => begin(state, wanted),
        Err(sentence) => state.message = Some(sentence),
    }
    Vec::new()
}

fn begin(state: &mut State, wanted: Wanted) {
    match state.begin_export(&wanted) {
        Ok(said) => state.message = said,
        Err(FileOrSentence::Exists) => {
            state.popup = Some(Popup::Overwrite(Overwriting::Export(wanted)));
        }
        Err(FileOrSentence::Sentence(sentence)) => state.message = Some(sentence),
    }
}

/// `:record FILE`, `:record off`, `:record`.
pub(super) fn record(state: &mut State, words: &str, overwrite: bool) -> Vec<Effect> {
    match (words, &state.recording) {
        ("", Some(file)) => {
            state.message = Some(format!("Recording to {file}; :record off ends it."));
            Vec::new()
        }
        ("", None) => {
            state.message = Some("Nothing is recorded; :record FILE begins.".to_owned());
            Vec::new()
        }
        ("off", None) => {
            state.message = Some("Nothing is recorded.".to_owned());
            Vec::new()
        }
        ("off", Some(_)) => vec![Effect::Record(None)],
        (file, _) => vec![Effect::Record(Some((file_named(file), overwrite)))],
    }
}

fn file_named(text: &str) -> PathBuf {
    crate::export::dated(&super::super::out::expanded(text))
}

/// A key on the question whether a file is overwritten.
pub(super) fn update_overwrite(
    state: &mut State,
    question: Overwriting,
    action: Action,
) -> Vec<Effect> {
    let answer = match &action {
        Action::Type(key) => key.typed(),
        Action::Accept | Action::Back => Some('n'),
        _ => None,
    };
    match answer {
        Some('y' | 'Y') => match question {
            Overwriting::Export(mut wanted) => {
                wanted.overwrite = Overwrite::Yes;
                begin(state, wanted);
                Vec::new()
            }
            Overwriting::Record(path) => vec![Effect::Record(Some((path, true)))],
        },
        Some('n' | 'N') => {
            let file = question.path().display();
            state.message = Some(format!("{file} was not touched; nothing is written."));
            Vec::new()
        }
        _ => {
            state.popup = Some(Popup::Overwrite(question));
            Vec::new()
        }
    }
}

impl State {
    /// Goes on with the export.
    pub(in crate::tui) fn export_on(&mut self) {
        let Some(mut job) = self.job.take() else {
            return;
        };
        let path = job.path.display().to_string();
        let sieve = self.scroll.filter.as_ref().map(|f| f as &dyn Sieve);
        if job.filtered && sieve.is_none() {
            self.message = Some(format!(
                "The export was stopped, for the filter is gone; {path} was not written."
            ));
            return;
        }
        let sieve = sieve.filter(|_| job.filtered);
        let transcript = self.console.transcript();
        match job.exporter.step_through(transcript, sieve, SLICE) {
            Ok(false) => self.job = Some(job),
            Ok(true) => {
                let name = job.what.name();
                self.message = Some(match job.exporter.into_inner().finish() {
                    Ok(size) => format!("Exported to {path}: {name}, {}.", octets(size)),
                    Err(error) => format!("The export failed: {error}."),
                });
            }
            Err(error) => {
                self.message = Some(format!(
                    "The export failed: {path} cannot be written: {error}."
                ));
            }
        }
    }

    /// Ends the export without a file. Whether there was one.
    pub(in crate::tui) fn export_off(&mut self) -> bool {
        let Some(job) = self.job.take() else {
            return false;
        };
        self.message = Some(format!(
            "The export was stopped; {} was not written.",
            job.path.display()
        ));
        true
    }
}
