//! Finding by a few letters: history, palette.

use nucleo_matcher::pattern::{AtomKind, CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};

/// Longest text that is looked at, in characters: a command, not a whole message.
const LOOKED_AT: usize = 2_000;

/// The indexes of the texts that fit `needle` (all of its words, the letters of each in order), the best
/// first; of equals the first stays first. Without a needle all of them, as they are.
pub fn ranked<'a>(needle: &str, texts: impl Iterator<Item = &'a str>) -> Vec<usize> {
    found(needle, texts, AtomKind::Fuzzy)
}

/// The same of those that hold the words of `needle` whole: for sentences, in which a few letters in order
/// are always found.
pub fn holding<'a>(needle: &str, texts: impl Iterator<Item = &'a str>) -> Vec<usize> {
    found(needle, texts, AtomKind::Substring)
}

fn found<'a>(needle: &str, texts: impl Iterator<Item = &'a str>, kind: AtomKind) -> Vec<usize> {
    if needle.trim().is_empty() {
        return texts.enumerate().map(|(index, _)| index).collect();
    }
    let mut matcher = Matcher::new(Config::DEFAULT);
    let (case, accents) = (CaseMatching::Ignore, Normalization::Smart);
    let pattern = Pattern::new(needle, case, accents, kind);
    let mut room = Vec::new();
    let mut found: Vec<(usize, u32)> = Vec::new();
    for (index, text) in texts.enumerate() {
        let end = text
            .char_indices()
            .nth(LOOKED_AT)
            .map_or(text.len(), |(at, _)| at);
        let text = Utf32Str::new(text.get(..end).unwrap_or_default(), &mut room);
        if let Some(score) = pattern.score(text, &mut matcher) {
            found.push((index, score));
        }
    }
    found.sort_by_key(|(_, score)| std::cmp::Reverse(*score));
    found.into_iter().map(|(index, _)| index).collect()
}
