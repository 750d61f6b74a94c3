//! A message laid out: header, tree of parts, the part that is read.

use super::super::inspector::{Press, Sheet};
use super::super::theme::Theme;
use crate::console::mail::{Opened, Stage, readable};
use crate::decode::mail::{WireForm, field_rows};
use crate::decode::{Outline, Tone};

/// Most lines of a part that are laid out.
const LINES: usize = 50_000;

pub(super) fn make(opened: &Opened, theme: &Theme, width: usize) -> Sheet {
    let mut press = Press::new(theme, width);
    if opened.gone {
        let words = b"The server tells nothing of it any more: it was expunged.";
        press.text(0, words, theme.warning);
        return press.finish();
    }
    if let Some(trouble) = &opened.trouble {
        press.text(0, trouble.as_bytes(), theme.warning);
    }
    if opened.head != Stage::Here {
        press.text(0, b"Asked for; nothing has come yet.", theme.dim);
        return press.finish();
    }
    let mut outline = Outline::default();
    let (first, rest) = opened.fields();
    // Encoded words are long, and a screen is short: who wants to see them asks for the whole header.
    let wire = match opened.all_fields {
        true => WireForm::Beside,
        false => WireForm::Left,
    };
    field_rows(&mut outline, 0, &first, wire);
    if opened.all_fields {
        field_rows(&mut outline, 0, &rest, wire);
    } else if !rest.is_empty() {
        let words = match rest.len() {
            1 => "1 more header field: h shows it".to_owned(),
            count => format!("{count} more header fields: h shows them"),
        };
        outline.text(0, words, Tone::Dim);
    }
    press.outline(0, &outline);
    press.gap();
    if opened.parts.len() > 1 || opened.tree.rows.len() > 1 {
        press.outline(0, &opened.tree);
        press.gap();
    }
    part(opened, theme, &mut press);
    press.finish()
}

fn part(opened: &Opened, theme: &Theme, press: &mut Press<'_>) {
    let Some(part) = opened.looked_at() else {
        let words: &[u8] = match opened.parts.is_empty() {
            true => b"The server told no structure that can be read. w saves the whole message.",
            false => b"No part of it is text. Enter looks at the part at the cursor, s saves it.",
        };
        press.text(0, words, theme.dim);
        return;
    };
    let about = [
        part.media.clone(),
        part.name.clone().unwrap_or_default(),
        part.charset.clone().unwrap_or_default(),
        part.encoding.to_ascii_lowercase(),
    ];
    let about: Vec<String> = about.into_iter().filter(|word| !word.is_empty()).collect();
    press.heading(&format!("Part {}", part.number), &about.join("  "));
    if !readable(part) {
        press.text(0, b"That is no text: s saves it to a file.", theme.dim);
        return;
    }
    if opened.body != Stage::Here {
        press.text(0, b"Asked for; nothing has come yet.", theme.dim);
        return;
    }
    for remark in &opened.remarks {
        press.text(0, remark.as_bytes(), theme.dim);
    }
    if !opened.remarks.is_empty() {
        press.gap();
    }
    if opened.text.is_empty() {
        press.text(0, b"(empty)", theme.dim);
    }
    let lines = opened.text.split(|b| *b == b'\n');
    for line in lines.take(LINES) {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        match line {
            b"" => press.row(Vec::new(), None),
            line => press.text(0, line, theme.text),
        }
    }
}
