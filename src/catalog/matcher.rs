//! Lexemes against a syntax, all readings at once: each lexeme takes every place that it fits, and the
//! places that nothing fitted any more are dropped. So nothing is read twice, however long the line.

use std::collections::HashMap;

use super::grammar::{Grammar, Node, NodeId};
use super::lexer::{Kind, Lexeme};
use super::slot::Fit;

/// Lexemes of one command that are matched; what stands behind is neither coloured by argument nor
/// checked.
const LIMIT: usize = 5_000;
/// Faults found in one command: what follows them is mostly their consequence.
const FAULTS: usize = 3;
/// Deepest nesting that is looked through for the argument of the row.
const DEEPEST: usize = 400;

/// What is still to be matched: a node, and what stands behind it. 0: nothing.
type Rest = u32;

#[derive(Debug, Clone, Copy)]
struct Cell {
    node: NodeId,
    behind: Rest,
}

/// A place where one lexeme can stand.
#[derive(Debug, Clone, Copy)]
struct Place {
    node: NodeId,
    behind: Rest,
    trace: u32,
}

/// Where a lexeme stands in the syntax.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Spot {
    /// Its keyword, slot or parenthesis.
    pub node: NodeId,
    /// The innermost rule that is in, as the node that calls it.
    pub rule: Option<NodeId>,
    /// The node of the row's own syntax that it is part of.
    pub outer: NodeId,
    /// It was meant to stand there, but is wrong.
    pub poor: bool,
}

/// What is wrong with the order of the lexemes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FaultKind {
    /// This cannot stand here.
    Unexpected,
    /// Nothing may stand here.
    Extra,
    /// A list without its parentheses begins here.
    NoParenthesis,
    /// Something is missing before this, or at the end.
    Missing,
}

/// A fault, and what could have stood there.
#[derive(Debug)]
pub(super) struct Fault {
    pub kind: FaultKind,
    /// The lexeme; their number at the end.
    pub at: usize,
    pub expected: Vec<Spot>,
}

/// What came out.
#[derive(Debug, Default)]
pub(super) struct Match {
    /// For each lexeme where it stands.
    pub spots: Vec<Option<Spot>>,
    pub faults: Vec<Fault>,
    /// What can stand behind the last one.
    pub expected: Vec<Spot>,
    /// The command may end there.
    pub done: bool,
}

struct Matcher<'g> {
    grammar: &'g Grammar,
    cells: Vec<Cell>,
    /// The same cell is made once.
    index: HashMap<(NodeId, Rest), Rest>,
    /// When each cell was last expanded.
    stamps: Vec<u32>,
    now: u32,
    /// Lexeme, place, poor; and the trace before.
    traces: Vec<(u32, usize, Place, bool)>,
}

/// What a state is: what is left, and how it came there.
type State = (Rest, u32);

enum Work {
    Node(NodeId, Rest, u32),
    Rest(Rest, u32),
}

/// Matches `lexemes` (of `text`) against `root`.
pub(super) fn run(
    grammar: &Grammar,
    root: Option<NodeId>,
    lexemes: &[Lexeme],
    text: &str,
) -> Match {
    let mut matcher = Matcher {
        grammar,
        cells: vec![Cell { node: 0, behind: 0 }],
        index: HashMap::new(),
        stamps: vec![0],
        now: 0,
        traces: vec![(
            0,
            usize::MAX,
            Place {
                node: 0,
                behind: 0,
                trace: 0,
            },
            false,
        )],
    };
    matcher.run(root, lexemes, text)
}

impl Matcher<'_> {
    fn run(&mut self, root: Option<NodeId>, lexemes: &[Lexeme], text: &str) -> Match {
        let mut out = Match {
            spots: vec![None; lexemes.len()],
            ..Match::default()
        };
        let mut states: Vec<State> = vec![(root.map_or(0, |root| self.cell(root, 0)), 0)];
        // Parentheses that were left out.
        let mut owed = 0usize;
        let mut at = 0;
        let mut cut = false;
        while let Some(lexeme) = lexemes.get(at) {
            if at >= LIMIT || out.faults.len() >= FAULTS {
                cut = true;
                break;
            }
            let (places, _) = self.expand(&states);
            let step = self.step(&places, lexeme, at, text);
            if let Some((next, poor)) = step
                && (!poor || !self.fits_inside(&places, lexeme, at, text))
            {
                states = next;
                at += 1;
                continue;
            }
            if owed > 0 && lexeme.kind != Kind::Close {
                let closed = self.through(&places, |n| matches!(n, Node::Close));
                let (behind, _) = self.expand(&closed);
                if let Some((next, _)) = self.step(&behind, lexeme, at, text) {
                    owed -= 1;
                    states = next;
                    at += 1;
                    continue;
                }
            }
            let expected = self.spots(&places);
            if places.is_empty() {
                out.fault(FaultKind::Extra, at, expected);
                cut = true;
                break;
            }
            if lexeme.kind == Kind::Close {
                out.fault(FaultKind::Missing, at, expected);
                cut = true;
                break;
            }
            if lexeme.is_value() {
                let opened = self.through(&places, |n| matches!(n, Node::Open));
                let (inside, _) = self.expand(&opened);
                if let Some((next, _)) = self.step(&inside, lexeme, at, text) {
                    out.fault(FaultKind::NoParenthesis, at, expected);
                    owed += 1;
                    states = next;
                    at += 1;
                    continue;
                }
            }
            // Go on as if it were what is wanted here.
            out.fault(FaultKind::Unexpected, at, expected);
            let taken = self.through(&places, |n| !matches!(n, Node::Open | Node::Close));
            if !taken.is_empty() {
                states = taken;
            }
            at = behind_group(lexemes, at);
        }
        let (mut places, mut done) = self.expand(&states);
        while owed > 0 && done.is_none() {
            owed -= 1;
            let closed = self.through(&places, |n| matches!(n, Node::Close));
            (places, done) = self.expand(&closed);
        }
        out.expected = self.spots(&places);
        out.done = done.is_some() || cut;
        if !out.done && out.faults.len() < FAULTS {
            let expected = out.expected.clone();
            out.fault(FaultKind::Missing, lexemes.len(), expected);
        }
        let mut trace = done.or(states.first().map(|s| s.1)).unwrap_or_default();
        while let Some(&(before, lexeme, place, poor)) = self.traces.get(trace as usize) {
            if trace == 0 {
                break;
            }
            if let Some(spot) = out.spots.get_mut(lexeme) {
                *spot = Some(self.spot(&place, poor));
            }
            trace = before;
        }
        out
    }

    /// Whether a list that can begin here takes the lexeme as it is: its parentheses were forgotten.
    fn fits_inside(&mut self, places: &[Place], lexeme: &Lexeme, at: usize, text: &str) -> bool {
        // A bare word may be anything; a flag is one.
        if !lexeme.text(text).starts_with(['\\', '$']) {
            return false;
        }
        let opened = self.through(places, |n| matches!(n, Node::Open));
        let (inside, _) = self.expand(&opened);
        matches!(self.step(&inside, lexeme, at, text), Some((_, false)))
    }

    /// Where the states go with this lexeme, and whether it fits but poorly; `None`: nowhere.
    fn step(
        &mut self,
        places: &[Place],
        lexeme: &Lexeme,
        at: usize,
        text: &str,
    ) -> Option<(Vec<State>, bool)> {
        let mut poor = Vec::new();
        let mut fine: Vec<State> = Vec::new();
        for place in places {
            match self.fit(place.node, lexeme, text) {
                Fit::Yes => {
                    // Two ways to the same rest are one.
                    if !fine.iter().any(|s| s.0 == place.behind) {
                        let trace = self.trace(at, place, false);
                        fine.push((place.behind, trace));
                    }
                }
                Fit::Poor => poor.push(*place),
                Fit::No => {}
            }
        }
        let poorly = fine.is_empty();
        if poorly {
            for place in poor {
                let trace = self.trace(at, &place, true);
                fine.push((place.behind, trace));
            }
        }
        (!fine.is_empty()).then_some((fine, poorly))
    }

    fn trace(&mut self, at: usize, place: &Place, poor: bool) -> u32 {
        self.traces.push((place.trace, at, *place, poor));
        u32::try_from(self.traces.len() - 1).unwrap_or(0)
    }

    fn fit(&self, node: NodeId, lexeme: &Lexeme, text: &str) -> Fit {
        let yes = match self.grammar.node(node) {
            Some(Node::Open) => lexeme.kind == Kind::Open,
            Some(Node::Close) => lexeme.kind == Kind::Close,
            Some(Node::Keyword(keyword)) => match lexeme.kind {
                Kind::Atom => keyword.word.eq_ignore_ascii_case(lexeme.text(text)),
                // GETMETADATA's DEPTH, MODSEQ's entry type and the like are met in quotes too.
                Kind::Quoted { .. } => {
                    !keyword.word.starts_with(|c: char| c.is_ascii_uppercase())
                        && lexeme
                            .value(text)
                            .is_some_and(|v| v.eq_ignore_ascii_case(&keyword.word))
                }
                _ => false,
            },
            Some(Node::Slot(slot, _)) => return slot.fit(lexeme, text),
            _ => false,
        };
        if yes { Fit::Yes } else { Fit::No }
    }

    /// The states behind those of the places that are such nodes.
    fn through(&self, places: &[Place], wanted: impl Fn(&Node) -> bool) -> Vec<State> {
        let mut out: Vec<State> = Vec::new();
        for place in places {
            if self.grammar.node(place.node).is_some_and(&wanted)
                && !out.iter().any(|s| s.0 == place.behind)
            {
                out.push((place.behind, place.trace));
            }
        }
        out
    }

    fn cell(&mut self, node: NodeId, behind: Rest) -> Rest {
        if let Some(cell) = self.index.get(&(node, behind)) {
            return *cell;
        }
        let id = u32::try_from(self.cells.len()).unwrap_or(0);
        self.cells.push(Cell { node, behind });
        self.stamps.push(0);
        self.index.insert((node, behind), id);
        id
    }

    /// The places where the next lexeme can stand, and the trace of the first state that may end.
    fn expand(&mut self, states: &[State]) -> (Vec<Place>, Option<u32>) {
        self.now += 1;
        let (mut places, mut done) = (Vec::new(), None);
        let mut work: Vec<Work> = states
            .iter()
            .rev()
            .map(|(rest, trace)| Work::Rest(*rest, *trace))
            .collect();
        let grammar = self.grammar;
        while let Some(item) = work.pop() {
            let (node, behind, trace) = match item {
                Work::Node(node, behind, trace) => (node, behind, trace),
                Work::Rest(0, trace) => {
                    done.get_or_insert(trace);
                    continue;
                }
                Work::Rest(rest, trace) => {
                    let Some(stamp) = self.stamps.get_mut(rest as usize) else {
                        continue;
                    };
                    if std::mem::replace(stamp, self.now) == self.now {
                        continue;
                    }
                    let Some(cell) = self.cells.get(rest as usize) else {
                        continue;
                    };
                    (cell.node, cell.behind, trace)
                }
            };
            match grammar.node(node) {
                Some(Node::Sequence(items)) => {
                    let mut rest = behind;
                    for item in items.iter().skip(1).rev() {
                        rest = self.cell(*item, rest);
                    }
                    work.push(match items.first() {
                        Some(first) => Work::Node(*first, rest, trace),
                        None => Work::Rest(rest, trace),
                    });
                }
                Some(Node::Choice(items)) => {
                    work.extend(items.iter().rev().map(|i| Work::Node(*i, behind, trace)));
                }
                Some(Node::Optional(inner)) => {
                    work.push(Work::Rest(behind, trace));
                    work.push(Work::Node(*inner, behind, trace));
                }
                Some(Node::Rule(rule, _)) => {
                    let rest = self.cell(node + 1, behind);
                    if let Some(rule) = grammar.rule(*rule) {
                        work.push(Work::Node(rule.root, rest, trace));
                    }
                }
                Some(Node::Leave(_)) => work.push(Work::Rest(behind, trace)),
                Some(_) => places.push(Place {
                    node,
                    behind,
                    trace,
                }),
                None => {}
            }
        }
        (places, done)
    }

    fn spots(&self, places: &[Place]) -> Vec<Spot> {
        let mut spots: Vec<Spot> = places.iter().map(|p| self.spot(p, false)).collect();
        // In the order of the table.
        spots.sort_by_key(|s| (s.outer, s.node));
        spots.dedup();
        spots
    }

    fn spot(&self, place: &Place, poor: bool) -> Spot {
        let (mut rule, mut outer) = (None, place.node);
        let mut rest = place.behind;
        for _ in 0..DEEPEST {
            let Some(cell) = self.cells.get(rest as usize).filter(|_| rest > 0) else {
                break;
            };
            if let Some(Node::Leave(call)) = self.grammar.node(cell.node) {
                rule.get_or_insert(*call);
                outer = *call;
            }
            rest = cell.behind;
        }
        Spot {
            node: place.node,
            rule,
            outer,
            poor,
        }
    }
}

impl Match {
    fn fault(&mut self, kind: FaultKind, at: usize, expected: Vec<Spot>) {
        self.faults.push(Fault { kind, at, expected });
    }
}

/// Behind the lexeme at `at`, or behind the list that it begins.
fn behind_group(lexemes: &[Lexeme], at: usize) -> usize {
    let mut depth = 0usize;
    for (index, lexeme) in lexemes.iter().enumerate().skip(at) {
        match lexeme.kind {
            Kind::Open => depth += 1,
            Kind::Close => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            return index + 1;
        }
    }
    lexemes.len()
}
