//! Lists and response codes: in order or not, with more in them or not.

use super::{Attempt, Mismatch, Place};
use crate::snippet::pattern::{Item, ItemKind, ListRules};
use crate::snippet::reply::Element;
use crate::snippet::script::Span;

impl Attempt<'_, '_> {
    /// The inside of `[...]`: its name, then what belongs to it; a list of flags in any order.
    pub(super) fn code(&mut self, items: &[Item], elements: &[Element], span: Span) -> bool {
        let name = items.first().and_then(Item::word).unwrap_or_default();
        if name.eq_ignore_ascii_case("CAPABILITY") {
            let (Some(first), Some(element)) = (items.first(), elements.first()) else {
                return false;
            };
            return self.item(first, element, &ListRules::exact(), Place::PLAIN)
                && self.list(
                    items.get(1..).unwrap_or_default(),
                    elements.get(1..).unwrap_or_default(),
                    &ListRules::loose(1),
                    span,
                );
        }
        let flags = match name.eq_ignore_ascii_case("PERMANENTFLAGS") {
            true => ListRules::loose(1),
            false => ListRules::exact(),
        };
        self.in_order(items, elements, &flags, span)
    }

    pub(super) fn list(
        &mut self,
        items: &[Item],
        elements: &[Element],
        rules: &ListRules,
        span: Span,
    ) -> bool {
        let value = |e: &Element| e.value().map(<[u8]>::to_vec);
        for element in elements {
            let banned = value(element).is_some_and(|v| {
                rules
                    .ban
                    .iter()
                    .any(|b| v.eq_ignore_ascii_case(b.as_bytes()))
            });
            if banned {
                return self.differs(span, format!("no {}", rules.ban.join(", no ")), element);
            }
        }
        match rules.unordered {
            Some(n) => self.any_order(items, elements, rules, n.max(1), span),
            None if rules.extra || !rules.ignore.is_empty() => {
                let kept: Vec<Element> = elements
                    .iter()
                    .filter(|e| !ignored(rules, e))
                    .cloned()
                    .collect();
                self.in_order(items, &kept, &ListRules::exact(), span)
            }
            None => self.in_order(items, elements, &ListRules::exact(), span),
        }
    }

    pub(super) fn in_order(
        &mut self,
        items: &[Item],
        elements: &[Element],
        inner: &ListRules,
        span: Span,
    ) -> bool {
        for (index, item) in items.iter().enumerate() {
            if let ItemKind::Rest(name) = &item.kind {
                let rest: Vec<&Element> = elements.iter().skip(index).collect();
                self.rest(name.as_deref(), &rest);
                return true;
            }
            let Some(element) = elements.get(index) else {
                return self.missing(item);
            };
            if !self.item(item, element, inner, Place::PLAIN) {
                return false;
            }
        }
        match elements.get(items.len()) {
            Some(extra) => self.differs(span, "the end of the list".to_owned(), extra),
            None => true,
        }
    }

    /// Turns of `n` elements in any order. What is still unset is tried last, so that `${key} ${value}`
    /// does not take what another turn names.
    pub(super) fn any_order(
        &mut self,
        items: &[Item],
        elements: &[Element],
        rules: &ListRules,
        n: usize,
        span: Span,
    ) -> bool {
        let rest = items
            .iter()
            .position(|i| matches!(i.kind, ItemKind::Rest(_)))
            .unwrap_or(items.len());
        let wanted: Vec<&[Item]> = items.get(..rest).unwrap_or_default().chunks(n).collect();
        let given: Vec<&[Element]> = elements.chunks(n).collect();
        let mut taken = vec![false; given.len()];
        for turn in &wanted {
            let mut found = false;
            let mut nearest: Option<(usize, Option<Mismatch>)> = None;
            for (at, elements) in given.iter().enumerate() {
                if taken.get(at) == Some(&true) && !self.imaptest() {
                    continue;
                }
                let (captured, score) = (self.captures.len(), self.score);
                let worst = self.worst.take();
                if self.turn(turn, elements, rules) {
                    self.worst = worst;
                    if let Some(taken) = taken.get_mut(at) {
                        *taken = true;
                    }
                    found = true;
                    break;
                }
                let reached = self.score - score;
                if nearest.as_ref().is_none_or(|(best, _)| reached > *best) {
                    nearest = Some((reached, self.worst.take()));
                }
                self.captures.truncate(captured);
                (self.score, self.worst) = (score, worst);
            }
            if !found {
                // A key that is there with another value says more than "not there".
                return match nearest {
                    Some((reached, Some(mismatch))) if reached > 0 => {
                        self.score += reached;
                        self.worst = self.worst.take().or(Some(mismatch));
                        false
                    }
                    _ => match turn.first() {
                        Some(item) => self.missing(item),
                        None => false,
                    },
                };
            }
        }
        let left: Vec<&Element> = given
            .iter()
            .zip(&taken)
            .filter(|(_, taken)| !**taken)
            .flat_map(|(turn, _)| turn.iter())
            .collect();
        if let Some(Item {
            kind: ItemKind::Rest(name),
            ..
        }) = items.get(rest)
        {
            self.rest(name.as_deref(), &left);
            return true;
        }
        if rules.extra {
            return true;
        }
        match left.into_iter().find(|e| !ignored(rules, e)) {
            Some(extra) => self.differs(span, "nothing else in the list".to_owned(), extra),
            None => true,
        }
    }

    pub(super) fn turn(&mut self, items: &[Item], elements: &[Element], rules: &ListRules) -> bool {
        let flags = rules.fetch
            && items
                .first()
                .and_then(Item::word)
                .is_some_and(|w| w.eq_ignore_ascii_case("FLAGS"));
        let inner = match flags {
            true => ListRules::message_flags(),
            false => ListRules::exact(),
        };
        items.len() <= elements.len()
            && items
                .iter()
                .zip(elements)
                .all(|(item, element)| self.item(item, element, &inner, Place::PLAIN))
    }
}

fn ignored(rules: &ListRules, element: &Element) -> bool {
    element.value().is_some_and(|v| {
        rules
            .ignore
            .iter()
            .any(|i| v.eq_ignore_ascii_case(i.as_bytes()))
    })
}
