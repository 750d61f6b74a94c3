//! Two sessions that are asked the same, and what they told side by side. Data only: `tabs/comparing.rs` has them
//! asked, `update/sides.rs` does what the keys want.

use super::effect::Opening;
use super::field::Line;
use super::printable;
use crate::compare::{Pair, Paired, Scope, Section, Verdict};

/// Widest column that is reckoned with.
const WIDEST: usize = 60;
/// Rows that the columns are fitted to: the first ones.
const MEASURED: usize = 2_000;

/// Whom to compare with.
#[derive(Debug, Clone)]
pub enum Other {
    /// The tab of this index.
    Tab(usize),
    /// This session, to be opened.
    Open(Box<Opening>),
}

/// What is to be compared.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// With whom.
    pub other: Other,
    /// What each is asked.
    pub scope: Scope,
    /// What it is, for the title.
    pub title: String,
}

/// A row of the pane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Row {
    /// A section, how many of its rows differ, and how many there are.
    Heading(Section, usize, usize),
    /// A pair, by its index.
    Pair(usize),
    /// A sentence, by its index.
    Note(usize),
}

/// A comparison on the screen.
#[derive(Debug, Default)]
pub struct Sides {
    /// What is compared.
    pub title: String,
    /// Who they are. Hostile.
    pub names: [String; 2],
    /// How far the asking is.
    pub progress: [String; 2],
    /// Why there is no outcome: a sentence. Hostile.
    pub trouble: Option<String>,
    /// What they told.
    pub outcome: Option<Paired>,
    /// All is shown, not only what differs.
    pub all: bool,
    /// The rows shown.
    pub rows: Vec<Row>,
    /// Columns of the keys and of the first side's values.
    pub widths: [usize; 2],
    /// Index of the row at the cursor.
    pub cursor: usize,
    /// Only rows that hold this are shown; empty: all.
    pub needle: String,
    /// The find line, while it is typed in.
    pub find: Option<Line>,
    /// The name of the file it goes to, while that is typed; the error or question about it.
    pub file: Option<(Line, Option<String>)>,
    /// The name that is taken already: given once more, what is there is replaced.
    pub asked: Option<String>,
}

impl Sides {
    /// Both are asked.
    pub fn is_asking(&self) -> bool {
        self.outcome.is_none() && self.trouble.is_none()
    }

    /// They are done.
    pub fn take(&mut self, paired: Paired) {
        self.names.clone_from(&paired.names);
        self.outcome = Some(paired);
        self.lay_out();
    }

    /// What stands over the two columns: who, and where if that is not the same; and the place that is.
    pub fn headings(&self) -> ([&str; 2], Option<&str>) {
        let [one, other] = self.names.each_ref().map(|name| name.rsplit_once(" at "));
        match (one, other) {
            (Some((one, place)), Some((other, there))) if place == there && one != other => {
                ([one, other], Some(place))
            }
            _ => (self.names.each_ref().map(String::as_str), None),
        }
    }

    /// Decides anew which rows are shown.
    pub fn lay_out(&mut self) {
        let Some(paired) = &self.outcome else {
            return;
        };
        let needle = self.needle.to_lowercase();
        let holds = |text: &str| text.to_lowercase().contains(&needle);
        let wanted = |pair: &Pair| {
            let values = pair.values.iter().flatten();
            (self.all || pair.verdict != Verdict::Alike)
                && (needle.is_empty() || holds(&pair.key()) || values.into_iter().any(|v| holds(v)))
        };
        let mut rows: Vec<Row> = (0..paired.notes.len()).map(Row::Note).collect();
        let first = printable::line(self.headings().0[0]);
        let mut widths = [0, printable::width(&first).min(WIDEST)];
        let mut from = 0;
        while let Some(first) = paired.pairs.get(from) {
            let section = first.section;
            let behind = paired.pairs.get(from..).unwrap_or_default();
            let count = behind.iter().take_while(|p| p.section == section).count();
            let pairs = behind.get(..count).unwrap_or_default();
            let differ = pairs.iter().filter(|p| p.verdict == Verdict::Differ);
            let heading = Row::Heading(section, differ.count(), count);
            let shown = pairs.iter().enumerate().filter(|(_, pair)| wanted(pair));
            let mut any = false;
            for (at, pair) in shown {
                if !std::mem::replace(&mut any, true) {
                    rows.push(heading);
                }
                rows.push(Row::Pair(from + at));
                if rows.len() > MEASURED {
                    continue;
                }
                let texts = [Some(pair.key()), pair.values[0].clone()];
                for (width, text) in widths.iter_mut().zip(texts) {
                    let own = printable::width(&printable::line(&text.unwrap_or_default()));
                    *width = own.min(WIDEST).max(*width);
                }
            }
            from += count;
        }
        self.rows = rows;
        self.widths = widths;
        self.cursor = self.cursor.min(self.rows.len().saturating_sub(1));
        if !matches!(self.rows.get(self.cursor), Some(Row::Pair(_))) {
            self.cursor = self.first();
        }
    }

    /// Index of the first row that one can be on.
    fn first(&self) -> usize {
        let is_pair = |row: &Row| matches!(row, Row::Pair(_));
        self.rows.iter().position(is_pair).unwrap_or(0)
    }

    /// So many rows down, or up. A heading is passed over.
    pub fn walk(&mut self, rows: usize, down: bool) {
        let last = self.rows.len().saturating_sub(1);
        let to = match down {
            true => self.cursor.saturating_add(rows).min(last),
            false => self.cursor.saturating_sub(rows),
        };
        let is_pair = |at: &usize| matches!(self.rows.get(*at), Some(Row::Pair(_)));
        let (mut on, mut back) = (to..=last, (0..=to).rev());
        let found = match down {
            true => on.find(is_pair).or_else(|| back.find(is_pair)),
            false => back.find(is_pair).or_else(|| on.find(is_pair)),
        };
        self.cursor = found.unwrap_or(0);
    }

    /// The pair at the cursor.
    pub fn pair(&self) -> Option<&Pair> {
        match self.rows.get(self.cursor)? {
            Row::Pair(at) => self.outcome.as_ref()?.pairs.get(*at),
            Row::Heading(..) | Row::Note(_) => None,
        }
    }

    /// What is shown, as text in columns.
    pub fn text(&self) -> Option<String> {
        let paired = self.outcome.as_ref()?;
        let shown = self.rows.iter().filter_map(|row| match row {
            Row::Pair(at) => paired.pairs.get(*at),
            Row::Heading(..) | Row::Note(_) => None,
        });
        Some(paired.columns_of(shown.collect()))
    }

    /// Differing rows, and all of them.
    pub fn count(&self) -> (usize, usize) {
        let paired = self.outcome.as_ref();
        paired.map_or((0, 0), |p| (p.differing().count(), p.pairs.len()))
    }
}
