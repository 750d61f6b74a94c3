//! Our scripts in imaptest's manner on real servers: the same verdict and the same lines as they say they have.

use std::path::Path;

use crate::program::{Home, run};
use crate::server::{Kind, both};
use crate::{Line, Who, arguments};

/// Nobody else's: every mailbox of theirs that begins so is deleted.
const WHO: Who = Who {
    authcid: "u190",
    authzid: None,
    password: "secret",
};

#[test]
fn scripts_in_imaptests_manner_come_out_as_they_say() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/snippets/imaptest");
    for server in both() {
        let mailbox = match server.kind {
            Kind::Cyrus => "mailbox=INBOX.imaptest",
            Kind::Dovecot => "mailbox=imaptest",
        };
        let more = [
            "--allow-destructive",
            "--dialect",
            "imaptest",
            "-D",
            mailbox,
        ];
        let mut count = 0;
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_none_or(|e| e != "said") {
                continue;
            }
            let said = std::fs::read_to_string(&path).unwrap();
            let Some(wanted) = said.lines().find_map(|l| l.strip_prefix("real: ")) else {
                continue;
            };
            let script = path.with_extension("").display().to_string();
            let all = arguments(server, Line::Plain, Some(WHO), &more, &["run", &script]);
            let output = run(&Home::new(), &all, b"");
            let named = output.stderr.lines().filter_map(|line| {
                let behind = line.strip_prefix(&format!("{script}:"))?;
                behind.split(':').next()?.parse::<usize>().ok()
            });
            let mut lines: Vec<usize> = named.collect();
            lines.sort_unstable();
            lines.dedup();
            let (wanted, numbers) = wanted.split_once(' ').unwrap_or((wanted, ""));
            let numbers: Vec<usize> = numbers
                .split_whitespace()
                .map(|n| n.parse().unwrap())
                .collect();
            let code = if wanted == "failed" { 4 } else { 0 };
            assert_eq!(
                output.code,
                Some(code),
                "{script} on {:?}:\n{}",
                server.kind,
                output.stderr
            );
            assert_eq!(
                lines, numbers,
                "{script} on {:?}:\n{}",
                server.kind, output.stderr
            );
            let skipped = output.stderr.contains("was skipped");
            assert_eq!(skipped, wanted == "skipped", "{}", output.stderr);
            count += 1;
        }
        assert!(count >= 15, "{count} scripts");
        let bare = ["--dialect", "imaptest", "-D", mailbox];
        let script = folder.join("any-order").display().to_string();
        let all = arguments(server, Line::Plain, Some(WHO), &bare, &["run", &script]);
        let refused = run(&Home::new(), &all, b"").expect_code(5);
        assert!(
            refused.stderr.contains("would be deleted"),
            "{}",
            refused.stderr
        );
    }
}
