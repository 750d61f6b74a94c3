//! A reply as it is expected: pieces of a line to a [`Pattern`].

use super::super::pattern::{Item, ItemKind, ListRules, Pattern};
use super::super::script::{Piece, Span, Template, Var};
use super::scan::Wrong;

/// Deepest nesting of lists.
const DEPTH: usize = 100;

/// Reads what stands behind `*` or the tag. `wording`: human-readable text counts.
pub(super) fn pattern(
    template: &Template,
    text: &str,
    span: Span,
    wording: bool,
) -> Result<Pattern, Wrong> {
    let mut reader = Reader {
        units: units(template),
        at: 0,
        span,
        status: false,
        fetch: false,
    };
    let mut items = Vec::new();
    while !reader.is_done() {
        if items.len() == 1 {
            reader.status = is_status(&items);
        }
        if reader.status && items.len() == 1 && reader.peek() == Some('[') {
            items.push(reader.code()?);
            continue;
        }
        if reader.status && !items.is_empty() && !wording && !reader.is_rest() {
            break;
        }
        reader.fetch = items.len() == 2 && is_fetch(&items);
        items.push(reader.item(0)?);
    }
    Ok(Pattern {
        items,
        span,
        text: text.to_owned(),
    })
}

fn is_status(items: &[Item]) -> bool {
    let word = items.first().and_then(Item::word).unwrap_or_default();
    super::line::status(word).is_some()
}

fn is_fetch(items: &[Item]) -> bool {
    let word = items.get(1).and_then(Item::word).unwrap_or_default();
    word.eq_ignore_ascii_case("FETCH") || word.eq_ignore_ascii_case("UIDFETCH")
}

/// A character, or a piece that is one thing.
#[derive(Clone)]
enum Unit<'t> {
    Char(char, Span),
    Piece(&'t Piece),
}

fn units(template: &Template) -> Vec<Unit<'_>> {
    let mut out = Vec::new();
    for piece in template {
        let Piece::Text(text, span) = piece else {
            out.push(Unit::Piece(piece));
            continue;
        };
        for (at, c) in text.char_indices() {
            let start = span.start + at;
            out.push(Unit::Char(
                c,
                Span {
                    start,
                    end: start + c.len_utf8(),
                    ..*span
                },
            ));
        }
    }
    out
}

struct Reader<'t> {
    units: Vec<Unit<'t>>,
    at: usize,
    span: Span,
    /// It is OK, NO, ...: no quotes and lists in the text.
    status: bool,
    /// Directly in the list of a FETCH: `[` begins a section.
    fetch: bool,
}

impl Reader<'_> {
    fn peek(&self) -> Option<char> {
        match self.units.get(self.at) {
            Some(Unit::Char(c, _)) => Some(*c),
            _ => None,
        }
    }

    fn here(&self) -> Span {
        match self.units.get(self.at) {
            Some(Unit::Char(_, span)) => *span,
            Some(Unit::Piece(piece)) => piece.span(),
            None => Span {
                start: self.span.end,
                end: self.span.end,
                ..self.span
            },
        }
    }

    fn spaces(&mut self) {
        while matches!(self.peek(), Some(' ' | '\t')) {
            self.at += 1;
        }
    }

    fn is_done(&mut self) -> bool {
        self.spaces();
        self.at >= self.units.len()
    }

    fn var(&self) -> Option<&Var> {
        match self.units.get(self.at) {
            Some(Unit::Piece(Piece::Var(var))) => Some(var),
            _ => None,
        }
    }

    fn is_rest(&self) -> bool {
        self.var().is_some_and(|v| v.rest)
    }

    /// Whether a word ends at the place.
    fn is_end(&self, inside: bool) -> bool {
        match self.units.get(self.at) {
            None => true,
            Some(Unit::Char(c, _)) => match c {
                ' ' | '\t' => true,
                '(' | ')' => !self.status,
                ']' => inside,
                _ => false,
            },
            Some(Unit::Piece(Piece::Literal(_))) => true,
            Some(Unit::Piece(_)) => false,
        }
    }

    fn item(&mut self, depth: usize) -> Result<Item, Wrong> {
        self.spaces();
        let start = self.here();
        if depth > DEPTH {
            return Err(Wrong {
                span: start,
                message: format!("lists are nested more than {DEPTH} deep"),
                note: None,
            });
        }
        if let Some(Unit::Piece(Piece::Literal(literal))) = self.units.get(self.at) {
            let kind = ItemKind::Literal((*literal).clone());
            self.at += 1;
            return Ok(Item { kind, span: start });
        }
        if let Some(kind) = self.whole_var() {
            self.at += 1;
            return Ok(Item { kind, span: start });
        }
        match self.peek() {
            Some('(') if !self.status => self.list(depth),
            Some(')') if !self.status => Err(Wrong {
                span: start,
                message: "a ) that nothing opens".to_owned(),
                note: None,
            }),
            Some('"') if !self.status => self.quoted(),
            _ => Ok(self.word(false)),
        }
    }

    /// `${_}`, `${_...}`, `${x...}` as a word of its own.
    fn whole_var(&mut self) -> Option<ItemKind> {
        let var = self.var()?.clone();
        let kind = match (var.name.as_str(), var.rest) {
            ("_", true) => ItemKind::Rest(None),
            (_, true) => ItemKind::Rest(Some(var.name.clone())),
            ("_", false) => ItemKind::Any,
            _ => return None,
        };
        self.at += 1;
        let alone = self.is_end(true);
        self.at -= 1;
        alone.then_some(kind)
    }

    /// `inside`: of `[...]`, which ends it.
    fn word(&mut self, inside: bool) -> Item {
        let start = self.here();
        let mut end = start;
        let mut out = Template::new();
        let mut text = String::new();
        let mut from = start;
        // A section is one word with all that is in its brackets: BODY[HEADER.FIELDS (SUBJECT)]<0>.
        let mut section = false;
        let first = self.at;
        while self.at < self.units.len() && (self.at == first || section || !self.is_end(inside)) {
            let span = self.here();
            match self.units.get(self.at) {
                Some(Unit::Char(c, _)) => {
                    if text.is_empty() {
                        from = span;
                    }
                    text.push(*c);
                    match c {
                        '[' if self.fetch && !inside => section = true,
                        ']' => section = false,
                        _ => {}
                    }
                }
                Some(Unit::Piece(piece)) => {
                    if !text.is_empty() {
                        out.push(Piece::Text(
                            std::mem::take(&mut text),
                            Span {
                                end: end.end,
                                ..from
                            },
                        ));
                    }
                    out.push((*piece).clone());
                }
                None => break,
            }
            end = span;
            self.at += 1;
        }
        if !text.is_empty() {
            out.push(Piece::Text(
                text,
                Span {
                    end: end.end,
                    ..from
                },
            ));
        }
        Item {
            kind: ItemKind::Atom(out),
            span: joined(start, end),
        }
    }

    fn quoted(&mut self) -> Result<Item, Wrong> {
        let start = self.here();
        self.at += 1;
        let mut out = Template::new();
        let mut text = String::new();
        let mut from = self.here();
        loop {
            let span = self.here();
            match self.units.get(self.at) {
                None => {
                    return Err(Wrong {
                        span: start,
                        message: "the quoted string is not closed".to_owned(),
                        note: None,
                    });
                }
                Some(Unit::Char('"', _)) => break,
                Some(Unit::Char('\\', _)) => {
                    self.at += 1;
                    if let Some(c) = self.peek() {
                        text.push(c);
                    }
                }
                Some(Unit::Char(c, _)) => text.push(*c),
                Some(Unit::Piece(piece)) => {
                    if !text.is_empty() {
                        out.push(Piece::Text(std::mem::take(&mut text), from));
                    }
                    out.push((*piece).clone());
                    from = span;
                }
            }
            self.at += 1;
        }
        let end = self.here();
        self.at += 1;
        if !text.is_empty() {
            out.push(Piece::Text(text, from));
        }
        Ok(Item {
            kind: ItemKind::Quoted(out),
            span: joined(start, end),
        })
    }

    fn list(&mut self, depth: usize) -> Result<Item, Wrong> {
        let start = self.here();
        let fetch = std::mem::take(&mut self.fetch);
        self.at += 1;
        let (mut items, mut rules) = (Vec::new(), None);
        loop {
            if self.is_done() {
                return Err(Wrong {
                    span: start,
                    message: "the list is not closed".to_owned(),
                    note: Some("a ) closes it, on the same line"),
                });
            }
            if self.peek() == Some(')') {
                break;
            }
            if items.is_empty() && self.rule(&mut rules)? {
                continue;
            }
            self.fetch = fetch && depth == 0;
            items.push(self.item(depth + 1)?);
            self.fetch = false;
        }
        let end = self.here();
        self.at += 1;
        Ok(Item {
            kind: ItemKind::List { rules, items },
            span: joined(start, end),
        })
    }

    /// `$!unordered=2` and the like, at the head of a list.
    fn rule(&mut self, rules: &mut Option<ListRules>) -> Result<bool, Wrong> {
        let is_rule = matches!(
            (self.units.get(self.at), self.units.get(self.at + 1)),
            (Some(Unit::Char('$', _)), Some(Unit::Char('!', _)))
        );
        if !is_rule {
            return Ok(false);
        }
        let item = self.word(false);
        let word = item.word().unwrap_or_default().to_owned();
        let rules = rules.get_or_insert_with(ListRules::exact);
        let (name, value) = word.split_once('=').unwrap_or((&word, ""));
        match (name, value) {
            ("$!ordered", "") => rules.unordered = None,
            ("$!unordered", "") => rules.unordered = Some(1),
            ("$!unordered", n) if n.parse::<usize>().is_ok_and(|n| n > 0) => {
                rules.unordered = n.parse().ok();
            }
            ("$!extra", "") => rules.extra = true,
            ("$!noextra", "") => rules.extra = false,
            ("$!ignore", atom) if !atom.is_empty() => rules.ignore.push(atom.to_owned()),
            ("$!ban", atom) if !atom.is_empty() => rules.ban.push(atom.to_owned()),
            _ => {
                return Err(Wrong {
                    span: item.span,
                    message: format!("{word} is no rule of a list"),
                    note: Some(
                        "there are $!ordered $!unordered $!unordered=N $!extra $!noextra $!ignore=ATOM $!ban=ATOM",
                    ),
                });
            }
        }
        Ok(true)
    }

    /// `[...]` behind a status.
    fn code(&mut self) -> Result<Item, Wrong> {
        let start = self.here();
        self.at += 1;
        let status = std::mem::take(&mut self.status);
        let mut items = Vec::new();
        loop {
            if self.is_done() {
                return Err(Wrong {
                    span: start,
                    message: "the response code is not closed".to_owned(),
                    note: Some("a ] closes it"),
                });
            }
            if self.peek() == Some(']') {
                break;
            }
            items.push(match (self.peek(), self.whole_var()) {
                (_, Some(kind)) => {
                    let span = self.here();
                    self.at += 1;
                    Item { kind, span }
                }
                (Some('('), _) => self.list(0)?,
                (Some('"'), _) => self.quoted()?,
                _ => self.word(true),
            });
        }
        let end = self.here();
        self.at += 1;
        self.status = status;
        Ok(Item {
            kind: ItemKind::Code(items),
            span: joined(start, end),
        })
    }
}

fn joined(start: Span, end: Span) -> Span {
    match start.line == end.line {
        true => Span {
            end: end.end,
            ..start
        },
        false => start,
    }
}
