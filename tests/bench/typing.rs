//! One key press in the editor: lint, candidates and hint of a line, and the colours of a screenful of
//! 5,000 pasted lines, against the limit of a millisecond and against one look at every octet.
//!
//! `cargo bench --bench typing`
#![allow(missing_docs, clippy::print_stdout)]

use std::hint::black_box;
use std::time::{Duration, Instant};

use imapsh::catalog::{self, Live};
use imapsh::model::Model;

const LINES: [&str; 5] = [
    "SELECT \"Team a/b\"",
    "UID FETCH 1:*,400:500 (FLAGS UID ENVELOPE BODY.PEEK[HEADER.FIELDS (DATE FROM TO SUBJECT)] RFC822.SIZE)",
    "UID SEARCH RETURN (MIN MAX COUNT) OR (FROM smith SINCE 1-Feb-2024) (NOT (SUBJECT \"x\" LARGER 5000)) UNSEEN",
    "UID STORE 1,3:9 (UNCHANGEDSINCE 12345) +FLAGS.SILENT (\\Seen $Junk $Forwarded)",
    "LIST (SUBSCRIBED) \"\" (\"INBOX\" \"Team/%\") RETURN (CHILDREN STATUS (MESSAGES UNSEEN) SPECIAL-USE)",
];

/// The median of 200 runs.
fn median(mut run: impl FnMut()) -> Duration {
    let mut times: Vec<Duration> = (0..200)
        .map(|_| {
            let start = Instant::now();
            run();
            start.elapsed()
        })
        .collect();
    times.sort_unstable();
    times.get(100).copied().unwrap_or_default()
}

fn main() {
    let (model, live) = (Model::new(), Live::default());
    let start = Instant::now();
    black_box(catalog::commands().len());
    println!("reading the table: {:?}", start.elapsed());
    for line in LINES {
        let all = median(|| {
            black_box(catalog::lint(line, &model, &live));
            black_box(catalog::complete(line, line.len(), &model, &live));
            black_box(catalog::hint(line, line.len(), &model));
            black_box(catalog::parse_line(line));
        });
        println!(
            "lint + complete + hint + colours: {all:?}, {:.1} % of 1 ms: {:.40}",
            all.as_secs_f64() * 1e5,
            line
        );
    }
    let text = format!("{}\n", LINES.join("\n")).repeat(1_000);
    let look = median(|| {
        black_box(text.bytes().filter(|b| *b == b'\n').count());
    });
    let half = text.len() / 2;
    let screen = median(|| {
        black_box(catalog::pieces_in(&text, half..half + 2_000));
    });
    println!(
        "colours of a screenful of {} lines ({} kB): {screen:?}, {:.1} times one look at every octet",
        text.lines().count(),
        text.len() / 1_000,
        screen.as_secs_f64() / look.as_secs_f64()
    );
    let at = median(|| {
        black_box(catalog::hint(&text, text.len() - 2, &model));
    });
    println!("hint at the end of it: {at:?}");
}
