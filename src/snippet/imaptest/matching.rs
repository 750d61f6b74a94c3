//! A reply against a line of the script, argument by argument.

use super::args::Arg;
use super::directives::Rules;
use super::variables::{Name, Variables, name};
use crate::snippet::value::Value;

/// Whether a reply is the one; if not, how many of its arguments are as wanted.
pub type Outcome = Result<(), usize>;

/// Replies whose end is text for people: more may follow there.
pub fn ends_in_text(reply: &[Arg]) -> bool {
    let status = ["OK", "NO", "BAD", "BYE"];
    reply
        .first()
        .is_some_and(|first| status.iter().any(|word| first.is(word)))
}

impl Variables {
    /// Compares what stands behind `*`. What a match sets stays; if it is none, nothing was set.
    pub fn line(&mut self, wanted: &[Arg], reply: &[Arg]) -> Outcome {
        self.tried(wanted, reply, ends_in_text(reply))
    }

    /// Compares what stands behind a tag.
    pub fn tagged(&mut self, wanted: &[Arg], reply: &[Arg]) -> Outcome {
        self.tried(wanted, reply, true)
    }

    fn tried(&mut self, wanted: &[Arg], reply: &[Arg], prefix: bool) -> Outcome {
        self.added.clear();
        let outcome = self.args(wanted, reply, usize::MAX, prefix);
        let added = std::mem::take(&mut self.added);
        if outcome.is_err() {
            for name in &added {
                self.set.remove(name);
            }
        }
        self.added = added;
        outcome
    }

    /// What the last match has set.
    pub fn captured(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.added
            .iter()
            .filter_map(|name| Some((name.as_str(), self.set.get(name)?)))
    }

    /// `max` arguments, or all of them; with `prefix` more may follow, and the last one need only begin so.
    fn args(&mut self, wanted: &[Arg], given: &[Arg], max: usize, prefix: bool) -> Outcome {
        let mut given = given;
        let mut matched = 0;
        for (index, want) in wanted.iter().take(max).enumerate() {
            let written = want.octets();
            let skips = written == Some(b"$]") && !matches!(want, Arg::Nil);
            if skips {
                while given
                    .first()
                    .and_then(Arg::atom)
                    .is_some_and(|word| !word.contains(&b']'))
                {
                    given = given.get(1..).unwrap_or_default();
                }
            }
            let Some((is, rest)) = given.split_first() else {
                return Err(matched);
            };
            let same = match (want, is) {
                _ if skips => true,
                (Arg::Nil, is) => *is == Arg::Nil,
                (Arg::List(want), Arg::List(is)) => {
                    self.list(want, is).map_err(|inside| matched + inside)?;
                    true
                }
                (Arg::List(_), _) => false,
                (_, Arg::List(_)) => written == Some(b"$"),
                (_, is) => {
                    let last = prefix && index + 1 == wanted.len();
                    let (want, is) = (written.unwrap_or_default(), is.octets().unwrap_or_default());
                    self.text(want, is, last)
                }
            };
            if !same {
                return Err(matched);
            }
            matched += 1;
            given = rest;
        }
        match prefix || given.is_empty() || wanted.len() >= max {
            true => Ok(()),
            false => Err(matched),
        }
    }

    fn list(&mut self, wanted: &[Arg], given: &[Arg]) -> Outcome {
        // Directives were checked when the script was read.
        let Ok((rules, wanted)) = Rules::of(wanted) else {
            return Err(0);
        };
        if !rules.unordered {
            return self.args(wanted, given, usize::MAX, false);
        }
        if !given.len().is_multiple_of(rules.chain) {
            return Err(0);
        }
        let turns: Vec<&[Arg]> = given.chunks(rules.chain).collect();
        let mut taken = vec![false; turns.len()];
        let mut matched = 0;
        for want in wanted.chunks(rules.chain) {
            // Two of the script may be the same one of the server's.
            let found = (0..turns.len()).find(|at| {
                turns
                    .get(*at)
                    .is_some_and(|is| self.args(want, is, rules.chain, false).is_ok())
            });
            let Some(found) = found else {
                return Err(matched);
            };
            if let Some(taken) = taken.get_mut(found) {
                *taken = true;
            }
            matched += 1;
        }
        let left = turns
            .iter()
            .zip(&taken)
            .filter(|(_, taken)| !**taken)
            .filter_map(|(turn, _)| turn.first()?.octets());
        let named = |names: &[&[u8]], is: &[u8]| names.iter().any(|n| n.eq_ignore_ascii_case(is));
        let mut left = left;
        let wrong = match rules.exact {
            true => left.any(|is| !named(&rules.ignore, is)),
            false => left.any(|is| named(&rules.ban, is)),
        };
        match wrong {
            true => Err(matched),
            false => Ok(()),
        }
    }

    /// A text with variables in it.
    fn text(&mut self, wanted: &[u8], given: &[u8], prefix: bool) -> bool {
        let Some((text, case)) = self.expected(wanted, given) else {
            return false;
        };
        let given = match (prefix, given.get(..text.len())) {
            (true, Some(beginning)) => beginning,
            _ => given,
        };
        match case {
            true => given == text,
            false => given.eq_ignore_ascii_case(&text),
        }
    }

    /// What the text is, once its variables are known: those that are not set take up to where the script
    /// goes on. With whether its case counts. `None`: it differs already.
    fn expected(&mut self, wanted: &[u8], given: &[u8]) -> Option<(Vec<u8>, bool)> {
        let (mut wanted, mut given) = (wanted, given);
        let mut out = Vec::new();
        let mut case = false;
        while let Some((first, rest)) = wanted.split_first() {
            let what = match first {
                b'$' => Some(name(rest)?),
                _ => None,
            };
            let value = match what {
                None | Some((Name::Dollar, _)) => {
                    let (is, behind) = given.split_first()?;
                    if !is.eq_ignore_ascii_case(first) {
                        return None;
                    }
                    out.push(*first);
                    given = behind;
                    wanted = rest.get(usize::from(what.is_some())..)?;
                    continue;
                }
                Some((what, length)) => {
                    wanted = rest.get(length..)?;
                    match what {
                        Name::Number(number) => self.message(number).into_bytes(),
                        Name::Case(text) => {
                            case = true;
                            text
                        }
                        Name::Called(name) => match self.get(&name) {
                            Some(value) => value.bytes.clone(),
                            None => self.capture(name, self.up_to(wanted, given)),
                        },
                        Name::Any | Name::Dollar => self.up_to(wanted, given).to_vec(),
                    }
                }
            };
            // With its case: a value is what it is.
            given = given.strip_prefix(value.as_slice())?;
            out.extend_from_slice(&value);
        }
        Some((out, case))
    }

    /// The beginning of `given`, up to the first octet with which the script goes on.
    fn up_to<'g>(&self, wanted: &[u8], given: &'g [u8]) -> &'g [u8] {
        let stop = match wanted {
            [] => return given,
            [b'$', rest @ ..] => match name(rest) {
                Some((Name::Dollar, _)) => Some(b'$'),
                Some((Name::Number(number), _)) => self.message(number).bytes().next(),
                Some((Name::Case(text), _)) => text.first().copied(),
                Some((Name::Called(name), _)) => self
                    .get(&name)
                    .and_then(|value| value.bytes.first().copied()),
                _ => None,
            },
            [first, ..] => Some(*first),
        };
        // Two that are not set, side by side: the first one takes nothing.
        let Some(stop) = stop else {
            return &[];
        };
        let end = given
            .iter()
            .position(|octet| octet.eq_ignore_ascii_case(&stop))
            .unwrap_or(given.len());
        given.get(..end).unwrap_or_default()
    }

    /// Sets a variable; what it is then.
    fn capture(&mut self, name: String, octets: &[u8]) -> Vec<u8> {
        let octets = octets.to_vec();
        let number = name.strip_prefix("modseq").and_then(|n| n.parse().ok());
        let octets = match number {
            Some(number) => self.modseq(number, octets),
            None => {
                self.added.push(name.clone());
                octets
            }
        };
        self.set.insert(name, Value::octets(octets.clone()));
        octets
    }

    /// `$modseqN`: at least so much more than the last one as the Ns are apart. It stays set even if the line
    /// does not match, so that the error says what was wanted.
    fn modseq(&mut self, number: u32, octets: Vec<u8>) -> Vec<u8> {
        let value: Option<u64> = std::str::from_utf8(&octets)
            .ok()
            .and_then(|v| v.parse().ok());
        let Some(value) = value else {
            return b"$modseq-not-number".to_vec();
        };
        let (highest, before) = self.modseq;
        let Some(apart) = number.checked_sub(highest) else {
            return b"$modseq-order-mismatch".to_vec();
        };
        let least = before.saturating_add(u64::from(apart));
        self.modseq = (number, value.max(least));
        match value < least {
            true => format!("$modseq-at-least-{least}").into_bytes(),
            false => octets,
        }
    }
}
