//! Flags, keywords, special uses.

use super::super::lexer::Lexeme;
use super::super::slot::Slot;
use super::{Context, Report};
use crate::config::near;

const FLAGS: [&str; 5] = ["\\Answered", "\\Flagged", "\\Deleted", "\\Seen", "\\Draft"];
const USES: [&str; 9] = [
    "\\All",
    "\\Archive",
    "\\Drafts",
    "\\Flagged",
    "\\Junk",
    "\\Sent",
    "\\Trash",
    "\\Important",
    "\\Memos",
];

/// A flag by its name; that it is a word was checked.
pub(super) fn check(
    report: &mut Report,
    lexeme: &Lexeme,
    word: &str,
    slot: Slot,
    context: &Context,
) {
    let range = lexeme.range.clone();
    let is = |known: &&str| known.eq_ignore_ascii_case(word);
    let bare = |known: &&str| known.trim_start_matches('\\').eq_ignore_ascii_case(word);
    match slot {
        Slot::SpecialUse => {
            if !USES.iter().any(is) {
                report.error(range.clone(), format!("{word} is no special use."));
                if let Some(near) = near::nearest(word, USES) {
                    report.fix(range, near);
                }
            }
        }
        Slot::Keyword if word.starts_with('\\') => {
            report.error(
                range.clone(),
                "KEYWORD is for keywords; a system flag is searched by its name: SEEN, UNSEEN, FLAGGED, ...",
            );
        }
        Slot::Keyword => {}
        _ if word.starts_with('\\') => {
            if word.eq_ignore_ascii_case("\\Recent") {
                report.error(range, "Nobody can set or take away \\Recent.");
            } else if !FLAGS.iter().any(is) {
                report.error(range.clone(), format!("{word} is no system flag."));
                if let Some(near) = near::nearest(word, FLAGS) {
                    report.fix(range, near);
                }
            }
        }
        _ => {
            if let Some(meant) = FLAGS.iter().find(|known| bare(known)) {
                report.warning(
                    range.clone(),
                    format!("{word} is a keyword of that name; the flag is {meant}."),
                );
                report.fix(range, *meant);
                return;
            }
            let Some(selected) = context.model.selected().filter(|_| context.same_mailbox) else {
                return;
            };
            let Some(permanent) = &selected.permanent_flags else {
                return;
            };
            let adds = !matches!(report.reading.spec, Some(s) if s.verb == "APPEND");
            let kept = permanent
                .iter()
                .any(|f| f == "\\*" || f.eq_ignore_ascii_case(word));
            if adds && !kept {
                report.warning(
                    range,
                    format!("This mailbox keeps no keyword {word}: it is not in PERMANENTFLAGS."),
                );
            }
        }
    }
}
