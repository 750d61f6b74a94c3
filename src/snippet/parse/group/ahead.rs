//! What stands below a command: how far it goes, and whether it goes out with the one above it.

use super::super::line::{Line, Side, What};
use super::super::scan;
use super::Head;

/// For each line that is a command.
pub(super) struct Ahead {
    /// The last line that belongs to it, apart from what is only expected.
    until: Vec<usize>,
    /// It goes out with the command before it.
    joined: Vec<bool>,
}

/// What a line is to the commands of its connection.
enum Kind {
    Command(Option<String>),
    Result(Option<String>),
    /// `+` or `>`.
    Inside,
    Expect,
    Directive,
    Blank,
}

impl Ahead {
    pub(super) fn new(lines: &[Line], connections: usize) -> Ahead {
        let mut ahead = Ahead {
            until: (0..lines.len()).collect(),
            joined: vec![false; lines.len()],
        };
        for conn in 1..=connections {
            let own: Vec<(usize, Kind)> = lines
                .iter()
                .enumerate()
                .filter(|(_, l)| {
                    l.conn.max(1) == conn || matches!(l.what, What::Blank | What::Directive(_))
                })
                .map(|(at, line)| (at, kind(line)))
                .collect();
            ahead.runs(&own);
        }
        ahead
    }

    /// The last line of the command at `index`.
    pub(super) fn last_line(&self, index: usize) -> usize {
        self.until.get(index).copied().unwrap_or(index)
    }

    /// Whether the command at `index` goes out with the one before it.
    pub(super) fn goes_with_the_one_before(&self, index: usize) -> bool {
        self.joined.get(index) == Some(&true)
    }

    /// Looks at the runs of commands of one connection.
    fn runs(&mut self, own: &[(usize, Kind)]) {
        let mut at = 0;
        while at < own.len() {
            at = match own.get(at) {
                Some((_, Kind::Command(_))) => self.run(own, at),
                // No command is open: it is one with its status.
                Some((index, Kind::Result(_))) => {
                    self.stated(own, at, *index);
                    at + 1
                }
                _ => at + 1,
            };
        }
    }

    /// A command with its status before it: `+` and `>` may follow.
    fn stated(&mut self, own: &[(usize, Kind)], at: usize, index: usize) {
        for (place, (line, kind)) in own.iter().enumerate().skip(at + 1) {
            match kind {
                Kind::Inside => {
                    if let Some(slot) = self.until.get_mut(index) {
                        *slot = *line;
                    }
                }
                Kind::Expect => {}
                Kind::Directive | Kind::Blank if answer_follows(own, place) => {}
                _ => return,
            }
        }
    }

    /// A run of commands one below the other, from `first`, and what is written of their results. Returns
    /// where to go on.
    fn run(&mut self, own: &[(usize, Kind)], first: usize) -> usize {
        let mut commands: Vec<(usize, Option<&str>)> = Vec::new();
        let mut at = first;
        while let Some((index, kind)) = own.get(at) {
            match kind {
                Kind::Command(tag) => commands.push((*index, tag.as_deref())),
                Kind::Expect => {}
                _ => break,
            }
            at += 1;
        }
        let behind = at;
        // Only tags tell which result is whose.
        let tagged = commands.iter().all(|(_, tag)| tag.is_some());
        let most = if tagged { commands.len() } else { 1 };
        let mut results: Vec<Option<&str>> = Vec::new();
        let mut last = None;
        let mut inside = false;
        while let Some((index, kind)) = own.get(at) {
            match kind {
                Kind::Result(tag) => {
                    // One command has one result, and what comes behind it is a command with its status.
                    if results.len() >= most {
                        break;
                    }
                    results.push(tag.as_deref());
                    last = Some(*index);
                }
                Kind::Inside => {
                    inside = true;
                    last = Some(*index);
                }
                Kind::Expect => {}
                // An answer further down shows that the command is still open.
                Kind::Directive | Kind::Blank if results.is_empty() && answer_follows(own, at) => {}
                Kind::Directive | Kind::Blank | Kind::Command(_) => break,
            }
            at += 1;
        }
        // From the last one up: which of them have a result down there.
        let mut open: Vec<bool> = vec![false; commands.len()];
        for (slot, (_, tag)) in open.iter_mut().zip(&commands).rev() {
            let found = results.iter().rposition(|result| match (result, tag) {
                (Some(result), Some(tag)) => result.eq_ignore_ascii_case(tag),
                (None, _) => true,
                (Some(_), None) => false,
            });
            if let Some(found) = found {
                results.remove(found);
                *slot = true;
            }
        }
        let from = open.iter().rposition(|o| !o).map_or(0, |at| at + 1);
        let from = from.min(commands.len().saturating_sub(1));
        let until = last.filter(|_| open.last() == Some(&true) || inside);
        if let Some((index, _)) = commands.get(from) {
            let last_command = commands.last().map_or(*index, |(i, _)| *i);
            if let Some(slot) = self.until.get_mut(*index) {
                *slot = until.unwrap_or(last_command).max(last_command);
            }
        }
        for (index, _) in commands.iter().skip(from + 1) {
            if let Some(slot) = self.joined.get_mut(*index) {
                *slot = true;
            }
        }
        at.max(behind)
    }
}

/// Whether `>` comes on this connection before any other command or result.
fn answer_follows(own: &[(usize, Kind)], from: usize) -> bool {
    let rest = own.get(from..).unwrap_or_default();
    let next = rest
        .iter()
        .find(|(_, kind)| matches!(kind, Kind::Command(_) | Kind::Result(_) | Kind::Inside));
    matches!(next, Some((_, Kind::Inside)))
}

fn kind(line: &Line) -> Kind {
    match &line.what {
        What::Blank => Kind::Blank,
        What::Directive(_) => Kind::Directive,
        What::Expect(..) => Kind::Expect,
        What::GoAhead(_) | What::Raw(_) => Kind::Inside,
        What::Words(template) => {
            let client = line.side == Some(Side::Client);
            let head = Head::read(template, false, client);
            let answer = client && !head.known && head.tag.is_none();
            match head.status {
                _ if head.is_done || answer => Kind::Inside,
                // Behind a status stands a command, or the text of a result: while a command is open it
                // is the latter, which only the order of lines can tell.
                Some(_) if !client => Kind::Result(head.tag),
                _ if scan::start(template).0.is_empty() => Kind::Expect,
                _ => Kind::Command(head.tag),
            }
        }
    }
}
