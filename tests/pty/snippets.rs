//! `run` and `check` as programs: exit codes, files, signals, kill -9 and `--resume`, two at once.

use std::path::Path;
use std::time::{Duration, Instant};

use crate::program::{DEADLINE, Home, Output, Running, run, run_with};

/// `imapsh demo --listen`, and its port.
pub struct Demo {
    _running: Running,
    port: String,
}

impl Demo {
    pub fn start(home: &Home) -> Demo {
        let words = ["demo", "--listen", "127.0.0.1:0", "--users", "300"];
        let mut running = Running::start(home, &words);
        let text = running.wait_for("Ctrl+C ends it");
        let (_, rest) = text.split_once("127.0.0.1:").unwrap();
        let port = rest.split(',').next().unwrap().to_owned();
        Demo {
            _running: running,
            port,
        }
    }

    pub fn words<'a>(&self, more: &[&'a str]) -> Vec<String> {
        let host = format!("127.0.0.1:{}", self.port);
        let mut all: Vec<String> = ["-m", "PLAIN", "-a", "cyrus", "-w", "adminpass"]
            .iter()
            .map(|w| (*w).to_owned())
            .collect();
        all.push(host);
        all.extend(more.iter().map(|w: &&'a str| (*w).to_owned()));
        all
    }
}

fn users(home: &Home, count: usize) {
    let mut text = "user\n".to_owned();
    for number in 1..=count {
        text.push_str(&format!("u{number:05}\n"));
    }
    home.file("users.csv", text.as_bytes());
}

/// A second run of a row shows: the mailbox is there already.
const CREATE: &str = "each: @users.csv\nauthz: ${user}\njobs: 4\n\nCREATE INBOX.once\nOK\n!undo DELETE INBOX.once\n\n!sleep 20ms\nNOOP\n";

fn lines(path: &Path, kind: &str) -> Vec<serde_json::Value> {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let lines = text
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok());
    lines
        .filter(|line: &serde_json::Value| line["type"] == kind)
        .collect()
}

fn wait_for_ends(path: &Path, count: usize) {
    let began = Instant::now();
    while lines(path, "end").len() < count {
        assert!(began.elapsed() < DEADLINE, "{count} rows never ended");
        std::thread::yield_now();
    }
}

fn signal(running: &Running, signal: rustix::process::Signal) {
    let id = rustix::process::Pid::from_raw(running.id() as i32).unwrap();
    rustix::process::kill_process(id, signal).unwrap();
}

fn demo_run(home: &Home, words: &[&str], input: &[u8]) -> Output {
    let mut all = vec!["demo", "run"];
    all.extend(words);
    run(home, &all, input)
}

#[test]
fn exit_codes_say_what_happened() {
    let home = Home::new();
    for (text, code, said) in [
        ("NOOP\n", 0, "1 ok"),
        ("NO SELECT INBOX\n", 4, "a.imap:1:1"),
        ("BAD NOOP\n", 4, "a.imap:1:1"),
        ("DELETE Trash\n", 5, "--yes"),
        ("capabilities: NOSUCH\n\nNOOP\n", 0, "skipped"),
        ("!skip not for ${user}\nBAD NOOP\n", 0, "not for craig"),
        ("!skip\n", 2, "write !skip why"),
        ("!assert lrs covers la\n", 4, "the rights lrs lack a"),
        ("!assert ${row.ms} < 60000\n", 0, "1 ok"),
        ("nosuch: x\ntitle: y\n\nNOOP\n", 2, "a.imap:1:1"),
        ("secret x: env HOME\n\nNOOP\n", 1, "--trust"),
    ] {
        let file = home.file("a.imap", text.as_bytes());
        demo_run(&home, &[file.to_str().unwrap()], b"")
            .expect_code(code)
            .expect_error(&[said]);
    }
    demo_run(&home, &["nosuch.imap"], b"").expect_code(1);
    demo_run(&home, &["-"], b"NOOP\n").expect_code(0);
    demo_run(&home, &["-", "-D", "nam=x"], b"!output ${name}\n")
        .expect_code(1)
        .expect_error(&["did you mean name?"]);
    let out = demo_run(&home, &["-", "-D", "name=x y"], b"!output <${name}>\n").expect_code(0);
    assert_eq!(out.text(), "<x y>\n");
    let words = ["-a", "craig", "-w", "x", "127.0.0.1:1", "run", "-"];
    run(&home, &words, b"NOOP\n").expect_code(3);
}

#[test]
fn check_finds_mistakes_without_a_connection() {
    let home = Home::new();
    let good = home.file("good.imap", b"NOOP\nOK\n");
    let bad = home.file("bad.imap", b"nosuch: x\ntitle: y\n\nNOOP\n");
    let wants = home.file("wants.imap", b"secret pw: cmd pass show x\n\nNOOP\n");
    let check = |file: &Path| run(&home, &["check", file.to_str().unwrap()], b"");
    check(&good).expect_code(0).expect_line("good.imap: good");
    check(&bad).expect_code(2).expect_line("bad.imap:1:1");
    check(&wants)
        .expect_code(0)
        .expect_line("to run the command");
}

#[test]
fn the_shipped_examples_run_in_the_demo() {
    let home = Home::new();
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/snippets/");
    let play = |name: &str, more: &[&str]| {
        let file = format!("{folder}{name}.imap");
        let mut words = vec![file.as_str(), "--yes"];
        words.extend(more);
        demo_run(&home, &words, b"").expect_code(0);
    };
    play("smoke-test", &[]);
    play("append-compare", &["-D", "box=INBOX.compare"]);
    play("idle-wake", &[]);
    let list = home.file("list.csv", b"user\ncraig\nmonty\n");
    let each = list.to_str().unwrap();
    play("subscribe-team", &["--each", each, "-D", "mailbox=INBOX"]);
    home.file("people.txt", b"monty\nbrian\n");
    let text = std::fs::read(format!("{folder}read-access.imap")).unwrap();
    home.file("read-access.imap", &text);
    let words = ["read-access.imap", "--yes", "-D", "mailbox=INBOX"];
    demo_run(&home, &words, b"")
        .expect_code(0)
        .expect_line("monty: ");
}

#[test]
fn a_run_that_was_killed_goes_on_and_no_row_runs_twice() {
    let home = Home::new();
    let demo = Demo::start(&home);
    users(&home, 60);
    home.file("create.imap", CREATE.as_bytes());
    let report = home.path().join("r.jsonl");
    let words = demo.words(&[
        "run",
        "create.imap",
        "--report",
        "r.jsonl",
        "--undo",
        "undo.imap",
    ]);
    let killed = Running::start(&home, &words);
    wait_for_ends(&report, 10);
    signal(&killed, rustix::process::Signal::KILL);
    let out = killed.finish();
    assert_eq!(out.code, None);
    assert!(home.path().join("undo.imap.part").exists());
    let begun = lines(&report, "start").len();
    let over = lines(&report, "end").len();
    assert!(
        (10..60).contains(&over) && begun >= over,
        "{begun} began, {over} ended"
    );
    // Without being asked nothing is touched.
    run(&home, &words, b"")
        .expect_code(1)
        .expect_error(&["--resume"]);
    let resume = demo.words(&[
        "run",
        "create.imap",
        "--resume",
        "r.jsonl",
        "--undo",
        "undo.imap",
    ]);
    let out = run(&home, &resume, b"").expect_code(0);
    let unfinished = begun - over;
    assert_eq!(
        out.stderr
            .matches("--rerun-unfinished runs it again")
            .count(),
        unfinished
    );
    assert_eq!(lines(&report, "end").len(), 60 - unfinished);
    assert!(
        lines(&report, "end")
            .iter()
            .all(|end| end["verdict"] == "passed")
    );
    // The way back is that of both.
    assert!(!home.path().join("undo.imap.part").exists());
    let undo = std::fs::read_to_string(home.path().join("undo.imap")).unwrap();
    assert!(
        undo.matches("DELETE INBOX.once").count() >= 60 - unfinished,
        "{undo}"
    );
    // The others, because somebody says so: those that had made their mailbox already fail.
    let mut again = resume.clone();
    again.push("--rerun-unfinished".to_owned());
    run(&home, &again, b"");
    assert_eq!(lines(&report, "end").len(), 60);
    let mut keys: Vec<String> = (lines(&report, "end").iter())
        .map(|end| end["key"].to_string())
        .collect();
    keys.sort();
    keys.dedup();
    assert_eq!(keys.len(), 60);
    // Nothing is left.
    run(&home, &again, b"")
        .expect_code(0)
        .expect_error(&["0 to go"]);
}

#[test]
fn ctrl_c_once_lets_rows_end_and_twice_stops_them() {
    let home = Home::new();
    let demo = Demo::start(&home);
    users(&home, 300);
    let slow = "each: @users.csv\nauthz: ${user}\njobs: 2\n\nNOOP\n!sleep 1500ms\nNOOP\n";
    home.file("slow.imap", slow.as_bytes());
    for twice in [false, true] {
        let name = format!("r{twice}.jsonl");
        let report = home.path().join(&name);
        let words = demo.words(&["run", "slow.imap", "--report", &name, "--junit", "j.xml"]);
        let mut running = Running::start(&home, &words);
        wait_for_ends(&report, 3);
        // One that only logs in has not begun, and is in no report when it is stopped.
        let began = Instant::now();
        while lines(&report, "start").len() <= lines(&report, "end").len() {
            assert!(began.elapsed() < DEADLINE, "no row is under way");
            std::thread::yield_now();
        }
        signal(&running, rustix::process::Signal::INT);
        running.wait_for_error("no more rows begin");
        if twice {
            signal(&running, rustix::process::Signal::INT);
        }
        let out = running
            .finish()
            .expect_code(130)
            .expect_error(&["--resume"]);
        let ends = lines(&report, "end");
        let stopped = ends
            .iter()
            .filter(|end| end["verdict"] == "stopped")
            .count();
        assert_eq!(stopped > 0, twice, "{}", out.stderr);
        assert_eq!(ends.len(), lines(&report, "start").len());
        assert!(ends.len() < 100);
        assert!(home.path().join("j.xml").exists());
    }
}

#[test]
fn two_runs_at_once_share_nothing() {
    let home = Home::new();
    let demo = Demo::start(&home);
    users(&home, 40);
    home.file("create.imap", CREATE.as_bytes());
    let report = home.path().join("r1.jsonl");
    let words = |name: &'static str, shard: &'static str| {
        demo.words(&["run", "create.imap", "--report", name, "--shard", shard])
    };
    let first = Running::start(&home, &words("r1.jsonl", "1/2"));
    wait_for_ends(&report, 2);
    run(&home, &words("r1.jsonl", "2/2"), b"")
        .expect_code(1)
        .expect_error(&["another run writes this report"]);
    run(&home, &words("r2.jsonl", "2/2"), b"").expect_code(0);
    first.finish().expect_code(0);
    let rows = |name: &str| -> Vec<u64> {
        let ends = lines(&home.path().join(name), "end");
        ends.iter()
            .map(|end| end["row"].as_u64().unwrap())
            .collect()
    };
    let (mut odd, even) = (rows("r1.jsonl"), rows("r2.jsonl"));
    assert!(odd.iter().all(|row| row % 2 == 1) && even.iter().all(|row| row % 2 == 0));
    odd.extend(even);
    assert_eq!(odd.len(), 40);
}

#[test]
fn secrets_are_in_no_report_and_no_undo_file() {
    let home = Home::new();
    let text = "secret pw: env HUSH\nsecret other: cmd echo hush-too\n\nSETMETADATA INBOX (/private/comment ${pw})\n\"\"\n!undo SETMETADATA INBOX (/private/comment ${other})\n\nNO SELECT ${other}\n!output ${pw}\n";
    home.file("s.imap", text.as_bytes());
    let words = [
        "demo", "run", "s.imap", "--report", "r.jsonl", "--undo", "u.imap", "--junit", "j.xml",
        "-v",
    ];
    let environment = [("HUSH", "hush-hush".to_owned())];
    run_with(&home, &environment, &words, b"")
        .expect_code(1)
        .expect_error(&["--trust", "HUSH"]);
    let mut trusted = words.to_vec();
    trusted.push("--trust");
    let out = run_with(&home, &environment, &trusted, b"");
    // Trusted once, for this text: not asked again.
    for name in ["r.jsonl", "u.imap", "u.imap.part", "j.xml"] {
        let bytes = std::fs::read_to_string(home.path().join(name)).unwrap_or_default();
        assert!(!bytes.contains("hush"), "{name}: {bytes}");
        let _ = std::fs::remove_file(home.path().join(name));
    }
    out.expect_not_said(&["hush-hush", "hush-too"]);
    let again = run_with(&home, &environment, &words, b"");
    again.expect_not_said(&["--trust", "hush-hush"]);
}

#[test]
fn json_lines_are_the_report_on_stdout() {
    let home = Home::new();
    let text = b"STATUS INBOX (MESSAGES)\n* STATUS INBOX (MESSAGES ${n})\n!output ${n} messages\n";
    let out = demo_run(&home, &["-", "--json"], text).expect_code(0);
    let kinds: Vec<String> = (out.text().lines())
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["type"].to_string())
        .collect();
    assert_eq!(
        kinds,
        ["\"run\"", "\"start\"", "\"step\"", "\"output\"", "\"end\""]
    );
}

#[test]
fn a_dry_run_connects_to_nothing() {
    let home = Home::new();
    users(&home, 3);
    home.file("create.imap", CREATE.as_bytes());
    let words = [
        "-a",
        "cyrus",
        "127.0.0.1:1",
        "run",
        "create.imap",
        "--dry-run",
    ];
    run(&home, &words, b"")
        .expect_code(0)
        .expect_line("3 rows: u00001, u00002, u00003")
        .expect_line("act as u00001")
        .expect_line("CREATE INBOX.once")
        .expect_line("taken back by: DELETE INBOX.once");
}

#[test]
fn the_bar_is_for_terminals_and_lines_are_for_logs() {
    use imapsh::batch::{Ended, News, Verdict};
    use imapsh::runner::run::progress::Progress;
    let news = |row: usize| {
        [
            News::RowBegan {
                row,
                user: "u".to_owned(),
            },
            News::RowEnded {
                row,
                ended: Ended {
                    verdict: Verdict::Passed,
                    time: Duration::ZERO,
                    undo: 1,
                    undone: None,
                    tail: Vec::new(),
                },
            },
        ]
    };
    let shown = |terminal: bool| {
        let mut progress = Progress::new(Vec::new(), terminal);
        progress.see(&News::Began { rows: 4, jobs: 1 });
        (1..=3).flat_map(news).for_each(|news| progress.see(&news));
        progress.errors().clone()
    };
    let bar = String::from_utf8(shown(true)).unwrap();
    assert!(
        bar.starts_with("\r\u{1b}[K[") && bar.contains("rows/s"),
        "{bar:?}"
    );
    // A log has no line before ten seconds have gone by.
    assert!(shown(false).is_empty());
}
