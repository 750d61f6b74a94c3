//! The header: `key: value` lines up to the first empty one.

use std::time::Duration;

use super::super::script::{Messages, SecretLine, SecretSource, Span, State, Template};
use super::{Parser, scan};
use crate::config::near;
use crate::safety::SafeMode;

/// Every key, and whether a name or number stands behind it.
pub const KEYS: &[(&str, bool)] = &[
    ("title", false),
    ("capabilities", false),
    ("connections", false),
    ("messages", false),
    ("state", false),
    ("ignore_extra_untagged", false),
    ("user", true),
    ("each", false),
    ("authz", false),
    ("authn", false),
    ("profile", false),
    ("jobs", false),
    ("on_error", false),
    ("var", true),
    ("secret", true),
    ("safe", false),
    ("timeout", false),
    ("keep_tags", false),
];

/// Whether a line looks like one of a header: a word in lower case at its beginning, perhaps another, a colon.
pub(super) fn is_key_line(line: &str) -> bool {
    let Some((head, _)) = line.split_once(':') else {
        return false;
    };
    let mut words = head.split(' ');
    let key = words.next().unwrap_or_default();
    let lower = |c: char| c.is_ascii_lowercase() || c == '_' || c == '-';
    let named = words.next().is_none_or(scan::is_name);
    !key.is_empty() && key.chars().all(lower) && named && words.next().is_none()
}

/// Reads the header of file `index`; the number of lines that it has. `first`: it is the snippet's own.
pub(super) fn read(parser: &mut Parser<'_>, index: usize, first: bool) -> usize {
    let lines = parser
        .script
        .files
        .get(index)
        .map_or_else(Vec::new, |f| f.lines.clone());
    let begin = lines
        .iter()
        .position(|l| !l.trim().is_empty() && !l.starts_with('#'))
        .unwrap_or(0);
    for (at, line) in lines.iter().enumerate().skip(begin) {
        if line.trim().is_empty() {
            return at;
        }
        if line.starts_with('#') {
            continue;
        }
        let span = parser.whole(index, at + 1);
        if !is_key_line(line) {
            parser.error_note(
                span,
                "this is no line of a header",
                "the header ends at the first empty line: put one before the first command",
            );
            return at + 1;
        }
        let (head, value) = line.split_once(':').unwrap_or((line, ""));
        let start = head.len() + 1 + value.len() - value.trim_start().len();
        let (key, name) = head.split_once(' ').unwrap_or((head, ""));
        let line = Key {
            key,
            name,
            value: value.trim(),
            span,
            value_span: Span {
                start,
                end: start + value.trim().len(),
                ..span
            },
        };
        match first || key == "var" {
            true => line.take(parser),
            false if key == "title" => {}
            false => parser.error_note(
                span,
                format!("{key}: cannot stand in a file that is included"),
                "of its header only title: and var are read",
            ),
        }
    }
    lines.len()
}

struct Key<'t> {
    key: &'t str,
    name: &'t str,
    value: &'t str,
    span: Span,
    value_span: Span,
}

impl Key<'_> {
    fn take(&self, parser: &mut Parser<'_>) {
        let Some((_, named)) = KEYS.iter().find(|(key, _)| *key == self.key) else {
            let known = KEYS.iter().map(|(key, _)| *key);
            let note = near::nearest(self.key, known).map_or_else(
                || {
                    format!(
                        "there are {}",
                        KEYS.iter().map(|(k, _)| *k).collect::<Vec<_>>().join(", ")
                    )
                },
                |near| format!("did you mean {near}:?"),
            );
            parser.error_note(
                self.span,
                format!("{}: is no key of a header", self.key),
                note,
            );
            return;
        };
        if *named == self.name.is_empty() {
            let wanted = match self.key {
                "user" => "user 2: NAME",
                "var" => "var NAME: VALUE",
                "secret" => "secret NAME: env VARIABLE",
                _ => "",
            };
            match named {
                true => parser.error_note(
                    self.span,
                    format!("{}: lacks a name", self.key),
                    format!("write {wanted}"),
                ),
                false => parser.error(self.span, format!("{}: takes no name", self.key)),
            }
            return;
        }
        match self.key {
            "title" => parser.script.header.title = Some(self.value.to_owned()),
            "capabilities" => {
                let words = self.value.split_ascii_whitespace().map(str::to_owned);
                parser.script.header.capabilities.extend(words);
            }
            "connections" => {
                if let Some(count) = self.number(parser, 1, 100) {
                    parser.script.header.connections = count;
                }
            }
            "jobs" => parser.script.header.jobs = self.number(parser, 1, 10_000),
            "messages" if self.value == "all" => {
                parser.script.header.messages = Some(Messages::All)
            }
            "messages" => {
                let count = self.number(parser, 0, 1_000_000);
                parser.script.header.messages = count.map(Messages::Count);
            }
            "state" => self.state(parser),
            "user" => self.user(parser),
            "each" => self.each(parser),
            "authz" => parser.script.header.authz = self.template(parser),
            "authn" => parser.script.header.authn = self.template(parser),
            "profile" => {
                parser.script.header.profile = self.template(parser);
            }
            "on_error" => match self.value {
                "stop" => parser.script.header.stop_on_error = Some(true),
                "continue" => parser.script.header.stop_on_error = Some(false),
                _ => self.wrong(parser, "stop or continue"),
            },
            "var" => {
                if !scan::is_name(self.name) || self.name == "_" {
                    return self.wrong(parser, "a name of letters, digits, _ - and .");
                }
                if let Some(value) = self.template(parser) {
                    parser
                        .script
                        .header
                        .vars
                        .push((self.name.to_owned(), value, self.span));
                }
            }
            "secret" => self.secret(parser),
            "safe" => match SafeMode::named(self.value) {
                Some(mode) => parser.script.header.safe = Some(mode),
                None => self.wrong(parser, "readonly, confirm or off"),
            },
            "timeout" => match duration(self.value) {
                Some(limit) => parser.script.header.timeout = Some(limit),
                None => self.wrong(parser, "a time: 500ms, 10s, 2m"),
            },
            "keep_tags" => {
                if let Some(yes) = self.yes(parser) {
                    parser.script.header.keep_tags = yes;
                }
            }
            _ => {
                if let Some(yes) = self.yes(parser) {
                    parser.script.header.strict_untagged = !yes;
                }
            }
        }
    }

    fn wrong(&self, parser: &mut Parser<'_>, wanted: &str) {
        parser.error_note(
            self.value_span,
            format!("{:?} does not fit {}:", self.value, self.key),
            format!("it wants {wanted}"),
        );
    }

    fn number(&self, parser: &mut Parser<'_>, least: usize, most: usize) -> Option<usize> {
        let number = self
            .value
            .parse()
            .ok()
            .filter(|n| (least..=most).contains(n));
        if number.is_none() {
            self.wrong(parser, &format!("a number from {least} to {most}"));
        }
        number
    }

    fn yes(&self, parser: &mut Parser<'_>) -> Option<bool> {
        match self.value {
            "yes" => Some(true),
            "no" => Some(false),
            _ => {
                self.wrong(parser, "yes or no");
                None
            }
        }
    }

    fn template(&self, parser: &mut Parser<'_>) -> Option<Template> {
        match scan::pieces(self.value, self.value_span, false, &mut false) {
            Ok(template) => Some(template),
            Err(wrong) => {
                match wrong.note {
                    Some(note) => parser.error_note(wrong.span, wrong.message, note),
                    None => parser.error(wrong.span, wrong.message),
                }
                None
            }
        }
    }

    fn state(&self, parser: &mut Parser<'_>) {
        let states = [
            ("nonauth", State::Nonauth),
            ("auth", State::Auth),
            ("created", State::Created),
            ("appended", State::Appended),
            ("selected", State::Selected),
        ];
        match states.iter().find(|(name, _)| *name == self.value) {
            Some((_, state)) => parser.script.header.state = Some(*state),
            None => self.wrong(parser, "nonauth, auth, created, appended or selected"),
        }
    }

    fn user(&self, parser: &mut Parser<'_>) {
        match self.name.parse::<usize>() {
            Ok(conn) if conn > 0 => {
                if let Some(user) = self.template(parser) {
                    parser.script.header.users.push((conn, user));
                }
            }
            _ => parser.error_note(
                self.span,
                "user: wants the number of a connection",
                "write user 2: NAME",
            ),
        }
    }

    fn each(&self, parser: &mut Parser<'_>) {
        match self.value.strip_prefix('@').filter(|path| !path.is_empty()) {
            Some(path) => parser.script.header.each = Some((path.to_owned(), self.value_span)),
            None => self.wrong(parser, "a file: each: @users.csv"),
        }
    }

    fn secret(&self, parser: &mut Parser<'_>) {
        let (kind, rest) = self.value.split_once(' ').unwrap_or((self.value, ""));
        let rest = rest.trim().to_owned();
        let from = match kind {
            "env" if !rest.is_empty() => SecretSource::Env(rest),
            "cmd" if !rest.is_empty() => SecretSource::Command(rest),
            "keyring" if !rest.is_empty() => SecretSource::Keyring(rest),
            "ask" if rest.is_empty() => SecretSource::Ask,
            _ => return self.wrong(parser, "env VARIABLE, cmd COMMAND, keyring NAME or ask"),
        };
        parser.script.header.secrets.push(SecretLine {
            name: self.name.to_owned(),
            from,
            span: self.span,
        });
    }
}

/// `500ms`, `10s`, `2m`; a number alone counts seconds. A day at most.
pub(super) fn duration(text: &str) -> Option<Duration> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let number: u64 = text.get(..digits)?.parse().ok()?;
    let milliseconds = match text.get(digits..)?.trim() {
        "ms" | "msecs" => number,
        "s" | "" | "secs" => number.checked_mul(1000)?,
        "m" | "mins" => number.checked_mul(60_000)?,
        _ => return None,
    };
    (milliseconds <= 86_400_000).then(|| Duration::from_millis(milliseconds))
}
