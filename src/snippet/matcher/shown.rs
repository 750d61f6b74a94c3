//! What is expected, as one line for a message: values for what is set, `<name>` for what is not.

use super::Matcher;
use crate::snippet::pattern::{Item, ItemKind, Pattern};
use crate::snippet::script::{Content, Form, Piece, Template};

/// A whole pattern.
pub fn shown(matcher: &Matcher<'_>, pattern: &Pattern) -> String {
    items(matcher, &pattern.items)
}

fn items(matcher: &Matcher<'_>, list: &[Item]) -> String {
    let shown: Vec<String> = list.iter().map(|i| item(matcher, i)).collect();
    shown.join(" ")
}

/// One element.
pub(super) fn item(matcher: &Matcher<'_>, item: &Item) -> String {
    match &item.kind {
        ItemKind::Atom(pieces) => template(matcher, pieces),
        ItemKind::Quoted(pieces) => format!("\"{}\"", template(matcher, pieces)),
        ItemKind::Literal(literal) => match &literal.content {
            Content::Block(pieces) => {
                let text = template(matcher, pieces).replace("\r\n", "\\r\\n");
                let cut: String = text.chars().take(60).collect();
                let more = if cut.len() < text.len() { "..." } else { "" };
                format!("{{{{{{{cut}{more}}}}}}}")
            }
            Content::File { path, .. } => format!("{{@{}}}", template(matcher, path)),
        },
        ItemKind::List { items: inner, .. } => format!("({})", items(matcher, inner)),
        ItemKind::Code(inner) => format!("[{}]", items(matcher, inner)),
        ItemKind::Any => "<anything>".to_owned(),
        ItemKind::Rest(None) => "<...>".to_owned(),
        ItemKind::Rest(Some(name)) => format!("<{name}...>"),
    }
}

fn template(matcher: &Matcher<'_>, template: &Template) -> String {
    let mut out = String::new();
    for piece in template {
        match piece {
            Piece::Text(text, _) => out.push_str(text),
            Piece::Var(var) if var.form == Form::Case => out.push_str(&var.name),
            Piece::Var(var) => match matcher.scope.value(&var.name) {
                Some(value) => out.push_str(&value.shown()),
                None => out.push_str(&format!("<{}>", var.name)),
            },
            Piece::Literal(_) => out.push_str("{...}"),
        }
    }
    out
}
