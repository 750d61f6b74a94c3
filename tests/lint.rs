//! Lint before send: the examples of the RFCs, right and wrong, and what depends on the session.

use imapsh::catalog::{self, Finding, Live, Severity};
use imapsh::model::Model;

const VALID: &str = include_str!("lint/valid.txt");
const INVALID: &str = include_str!("lint/invalid.txt");

/// Section and line of each row.
fn rows(table: &'static str) -> impl Iterator<Item = (&'static str, &'static str)> {
    let mut section = "";
    table.lines().filter_map(move |line| {
        if let Some(name) = line.strip_prefix("== ") {
            section = name;
        }
        let row = !line.is_empty() && !line.starts_with(['#', '=']);
        row.then_some((section, line))
    })
}

fn lint(text: &str) -> Vec<Finding> {
    catalog::lint(text, &Model::new(), &Live::default())
}

/// No false alarm.
#[test]
fn examples_of_the_rfcs_are_fine() {
    let mut wrong = Vec::new();
    for (section, row) in rows(VALID) {
        let text = row.replace("\\n", "\n");
        let expected = |f: &Finding| {
            f.severity == Severity::Warning
                && (f.sentence.contains("sets \\Seen") || f.sentence.contains("RFC 2086"))
        };
        for finding in lint(&text).iter().filter(|f| !expected(f)) {
            let place = text.get(finding.range.clone());
            wrong.push(format!(
                "{section}: {row}\n    {place:?}: {}",
                finding.sentence
            ));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {}:\n{}",
        wrong.len(),
        rows(VALID).count(),
        wrong.join("\n")
    );
    assert!(rows(VALID).count() > 300);
}

/// No miss, the place is right, and a fix mends something.
#[test]
fn mistakes_are_found_at_their_place() {
    let mut wrong = Vec::new();
    for (section, row) in rows(INVALID) {
        let (command, part) = row.rsplit_once(" | ").expect("three columns");
        let command = command.replace("\\n", "\n");
        let start = command.find('^').expect("a place");
        let end = command.rfind('^').expect("a place") - 1;
        let text = command.replace('^', "");
        let findings = lint(&text);
        let hit = findings
            .iter()
            .find(|f| f.range == (start..end) && f.sentence.contains(part));
        match hit {
            None => wrong.push(format!("{section}: {row}\n    {findings:?}")),
            Some(Finding { fix: Some(fix), .. }) => {
                let mut mended = text.clone();
                mended.replace_range(fix.range.clone(), &fix.text);
                let left = lint(&mended);
                if left
                    .iter()
                    .any(|f| f.range == (start..end) && f.sentence.contains(part))
                {
                    wrong.push(format!(
                        "{section}: {row}\n    the fix gives {mended}: {left:?}"
                    ));
                }
            }
            Some(_) => {}
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {}:\n{}",
        wrong.len(),
        rows(INVALID).count(),
        wrong.join("\n")
    );
    assert!(rows(INVALID).count() > 180);
}
