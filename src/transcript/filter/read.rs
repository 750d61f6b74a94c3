//! The text of a filter to its terms.

use std::time::Duration;

use super::{Ended, FilterError, Pattern, Term, Test, Verb, What};
use crate::wire::Direction;
use crate::wire::response::Status;

pub(super) struct Reader<'t> {
    typed: &'t str,
    at: usize,
}

impl<'t> Reader<'t> {
    pub(super) fn new(typed: &'t str) -> Reader<'t> {
        Reader { typed, at: 0 }
    }

    fn rest(&self) -> &'t str {
        self.typed.get(self.at..).unwrap_or_default()
    }

    pub(super) fn skip_spaces(&mut self) -> bool {
        self.at += self.rest().len() - self.rest().trim_start().len();
        !self.rest().is_empty()
    }

    fn wrong<T>(&self, at: usize, sentence: impl Into<String>) -> Result<T, FilterError> {
        let before = self.typed.get(..at).unwrap_or(self.typed);
        Err(FilterError {
            at: before.chars().count(),
            sentence: sentence.into(),
        })
    }

    pub(super) fn term(&mut self) -> Result<Vec<Term>, FilterError> {
        let begin = self.at;
        let not = self.rest().starts_with('!');
        self.at += usize::from(not);
        let term = |test| Term { not, test };
        let rest = self.rest();
        if rest.is_empty() || rest.starts_with([' ', '!']) {
            return self.wrong(begin, "! wants a term right behind it, as in !st:ok.");
        }
        if rest.starts_with(['"', '/']) {
            return Ok(vec![term(Test::Text(self.pattern()?))]);
        }
        if let Some(more) = rest.strip_prefix(['>', '<']) {
            let longer = rest.starts_with('>');
            let word = more.split(' ').next().unwrap_or_default();
            let Some(limit) = duration(word) else {
                return self.wrong(self.at, "a time is written >100ms, >2s, <1.5s or >1m.");
            };
            self.at += 1 + word.len();
            return Ok(vec![term(match longer {
                true => Test::Longer(limit),
                false => Test::Shorter(limit),
            })]);
        }
        let word = rest.split([' ', '"']).next().unwrap_or_default();
        let Some((name, _)) = word.split_once(':') else {
            self.at += word.len();
            return Ok(Pattern::plain(word)
                .map(|p| term(Test::Text(p)))
                .into_iter()
                .collect());
        };
        self.at += name.len() + 1;
        let place = self.at;
        let test = match name.to_ascii_lowercase().as_str() {
            side @ ("c" | "s") => {
                let from = term(Test::From(match side {
                    "c" => Direction::Client,
                    _ => Direction::Server,
                }));
                let mut terms = vec![from];
                if !(self.rest().is_empty() || self.rest().starts_with(' ')) {
                    if not {
                        return self.wrong(begin, format!("! in front of {side}:text could mean two things: write {side}: !\"text\"."));
                    }
                    terms.push(term(Test::Text(self.pattern()?)));
                }
                return Ok(terms);
            }
            "tag" => Test::Tag(
                self.values()?
                    .into_iter()
                    .map(|v| v.0.to_ascii_uppercase())
                    .collect(),
            ),
            "cmd" => Test::Verb(
                self.values()?
                    .into_iter()
                    .map(|(name, exact)| Verb {
                        name: name.to_ascii_uppercase(),
                        exact,
                    })
                    .collect(),
            ),
            "code" => Test::Code(
                self.values()?
                    .into_iter()
                    .map(|v| v.0.to_ascii_uppercase())
                    .collect(),
            ),
            "st" => Test::Ended(self.words(
                ENDED,
                "st: takes ok, no, bad, bye, preauth, running or lost",
            )?),
            "is" => Test::Is(self.words(
                WHATS,
                "is: takes auto, panel, user, event, note, literal or masked",
            )?),
            _ => {
                let terms = "tag: cmd: st: code: is: c: s: >100ms";
                return self.wrong(
                    begin + usize::from(not),
                    format!("there is no {name}: (there are {terms}); quotes look for the text: \"{word}\"."),
                );
            }
        };
        if self.at == place {
            return self.wrong(place, format!("{name}: wants something right behind it."));
        }
        Ok(vec![term(test)])
    }

    /// `"quoted"`, `/regex/` or a bare word.
    fn pattern(&mut self) -> Result<Pattern, FilterError> {
        let begin = self.at;
        let pattern = match self.rest().chars().next() {
            Some('/') => {
                let inside = self.enclosed('/')?;
                Pattern::new(&inside).filter(|p| !p.is_plain())
            }
            Some('"') => Pattern::plain(&self.enclosed('"')?),
            _ => {
                let word = self.rest().split(' ').next().unwrap_or_default();
                self.at += word.len();
                Pattern::plain(word)
            }
        };
        match pattern {
            Some(pattern) => Ok(pattern),
            None if self.rest_from(begin).starts_with('/') => self.wrong(
                begin,
                "this is no regular expression; quotes look for it as it is.",
            ),
            None => self.wrong(begin, "there is no text between the quotes."),
        }
    }

    fn rest_from(&self, at: usize) -> &'t str {
        self.typed.get(at..).unwrap_or_default()
    }

    /// What stands between two `mark`s; a backslash in front makes it part of the text.
    fn enclosed(&mut self, mark: char) -> Result<String, FilterError> {
        let begin = self.at;
        let mut text = String::new();
        let mut letters = self.rest().char_indices().skip(1).peekable();
        while let Some((at, c)) = letters.next() {
            match c {
                '\\' if letters.peek().is_some_and(|(_, next)| *next == mark) => {
                    text.push(mark);
                    letters.next();
                }
                c if c == mark => {
                    self.at = begin + at + mark.len_utf8();
                    return Ok(text);
                }
                c => text.push(c),
            }
        }
        self.wrong(begin, format!("this {mark} is never closed."))
    }

    /// `a,b,"c d"`; whether each was quoted.
    fn values(&mut self) -> Result<Vec<(String, bool)>, FilterError> {
        let mut values = Vec::new();
        loop {
            if self.rest().starts_with('"') {
                values.push((self.enclosed('"')?, true));
            } else {
                let word = self.rest().split([' ', ',']).next().unwrap_or_default();
                self.at += word.len();
                if word.is_empty() {
                    return self.wrong(self.at, "a word is missing here.");
                }
                values.push((word.to_owned(), false));
            }
            if !self.rest().starts_with(',') {
                return Ok(values);
            }
            self.at += 1;
        }
    }

    fn words<T: Copy>(
        &mut self,
        known: &[(&str, T)],
        sentence: &str,
    ) -> Result<Vec<T>, FilterError> {
        let begin = self.at;
        let mut out = Vec::new();
        for (word, _) in self.values()? {
            match known
                .iter()
                .find(|(name, _)| name.eq_ignore_ascii_case(&word))
            {
                Some((_, value)) => out.push(*value),
                None => return self.wrong(begin, format!("{sentence}, not {word}.")),
            }
        }
        Ok(out)
    }
}

const ENDED: &[(&str, Ended)] = &[
    ("ok", Ended::With(Status::Ok)),
    ("no", Ended::With(Status::No)),
    ("bad", Ended::With(Status::Bad)),
    ("bye", Ended::With(Status::Bye)),
    ("preauth", Ended::With(Status::Preauth)),
    ("running", Ended::Running),
    ("lost", Ended::Lost),
];

const WHATS: &[(&str, What)] = &[
    ("auto", What::Auto),
    ("panel", What::Panel),
    ("user", What::User),
    ("event", What::Event),
    ("push", What::Event),
    ("note", What::Note),
    ("literal", What::Literal),
    ("masked", What::Masked),
];

/// `100ms`, `100`, `2s`, `1.5s`, `1m`.
fn duration(word: &str) -> Option<Duration> {
    let digits = word.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = match word.get(digits.len()..)? {
        "" | "ms" => 0.001,
        "s" => 1.0,
        "m" | "min" => 60.0,
        _ => return None,
    };
    let plain = digits.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let value: f64 = digits.parse().ok().filter(|_| plain)?;
    Duration::try_from_secs_f64(value * unit).ok()
}
