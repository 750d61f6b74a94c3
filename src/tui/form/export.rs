//! The export form: what, how much of it, which names, where to.

use super::{Field, Form, FormKind, Value, text};
use crate::export::{Overwrite, Replace};
use crate::tui::out::{Part, Wanted, What, expanded};

/// The first of [`What::ALL`]; lines of other tools are copied, or written by `:export imtest FILE`.
const WHAT: &[&str] = &["trace", "text", "JSON lines", "bug report"];
const PART: &[&str] = &["all", "command at cursor", "marked", "filtered"];
const NAMES: &[&str] = &["no names", "users, hosts", "mailboxes, too"];

impl Form {
    /// The export form; `name` is the file's without its ending.
    pub fn export(name: &str, part: Part) -> Form {
        let choice = |label: &'static str, hint: &'static str, options, chosen| Field {
            label: label.into(),
            hint: hint.into(),
            value: Value::Choice { options, chosen },
        };
        let of = match part {
            Part::All => 0,
            Part::Command => 1,
            Part::Marked => 2,
            Part::Filtered => 3,
        };
        let mut form = Form::of(
            FormKind::Export,
            vec![
                choice("What", "", WHAT, 0),
                choice("Of", "", PART, of),
                choice("Replace", "", NAMES, 0),
                text("File", "without an ending it gets one", name),
            ],
        );
        form.note = Some(
            "Left and right choose. Passwords are masked; replaced names become user1, host1, and mails x. \
             The file is for you alone (mode 0600)."
                .to_owned(),
        );
        form
    }

    /// What the export form asks for. The error is a sentence.
    pub fn wanted_export(&self) -> Result<Wanted, String> {
        let file = self
            .optional("File")
            .ok_or("File: where to? A name is needed.")?;
        let (what, _) = What::ALL
            .get(self.choice("What"))
            .copied()
            .unwrap_or(What::ALL[0]);
        let mut path = expanded(&file);
        if path.extension().is_none() {
            path.set_extension(what.ending());
        }
        Ok(Wanted {
            what,
            part: match self.choice("Of") {
                0 => Part::All,
                1 => Part::Command,
                2 => Part::Marked,
                _ => Part::Filtered,
            },
            names: match self.choice("Replace") {
                0 => None,
                1 => Some(Replace::People),
                _ => Some(Replace::PeopleAndMailboxes),
            },
            path,
            overwrite: Overwrite::No,
        })
    }
}
