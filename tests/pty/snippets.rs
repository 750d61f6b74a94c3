//! `run` and `check` as programs: exit codes, files, signals, kill -9 and `--resume`, two at once.

use std::path::Path;
use std::time::{Duration, Instant};

use crate::program::{DEADLINE, Home, Output, Running, run, run_with};
use crate::terminal::Terminal;

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
    // Where nobody is, nobody is for the other rows, either.
    users(&home, 5);
    let each = home.path().join("users.csv");
    let mut words = words.to_vec();
    words.extend(["--each", each.to_str().unwrap()]);
    run(&home, &words, b"NOOP\n").expect_code(3).expect_error(&[
        "Other rows would fare no better",
        "1 not connected or not logged in, 4 waiting",
    ]);
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
    // What is only known when it is looked over, and what must be given.
    let text = b"FETCH 1 FLGS\nSTATUS ${box} (MESSAGES)\n";
    check(&home.file("flags.imap", text))
        .expect_code(2)
        .expect_line("flags.imap:1:9: FLGS is not known here")
        .expect_line("needs box: -D box=VALUE");
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/snippets");
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|ending| ending == "imap") {
            check(&path).expect_code(0);
        }
    }
    // A label is one of imaptest's only with a result.
    let file = home.file("old", b"messages: all\n\nok noop\nlabel: x\n");
    check(&file).expect_code(0);
    let words = ["check", "--dialect", "imaptest", file.to_str().unwrap()];
    run(&home, &words, b"")
        .expect_code(2)
        .expect_line("the result of this command is not written");
    let words = ["check", "--jobs", "3", file.to_str().unwrap()];
    run(&home, &words, b"")
        .expect_code(1)
        .expect_error(&["--jobs belongs to run"]);
}

/// Whatever names it: the snippet, its header, a row, a word of a loop.
#[test]
fn files_outside_of_the_folder_are_asked_about() {
    let home = Home::new();
    home.file("secret.txt", b"From: x\n\nhush\n");
    home.file("list.txt", b"../secret.txt\n");
    std::fs::create_dir(home.path().join("sub")).unwrap();
    home.file("sub/beside.txt", b"From: x\n\nbeside\n");
    home.file(
        "sub/rows.csv",
        b"user,file\na,beside.txt\nb,../secret.txt\n",
    );
    home.file("part.imap", b"NOOP\n");
    for (name, text, wants, rest) in [
        ("fixed", "APPEND INBOX {@../secret.txt}\n", true, &[][..]),
        ("list", "!for x in @../list.txt\nNOOP\n!end\n", true, &[]),
        (
            "reply",
            "\"\" FETCH 1 BODY[]\n? 1 FETCH (BODY[] {@../secret.txt})\n",
            true,
            &[],
        ),
        ("include", "!include ../part.imap\n", true, &[]),
        (
            "var",
            "var f: ../secret.txt\n\nAPPEND INBOX {@${f}}\n",
            true,
            &[],
        ),
        (
            "row",
            "each: @rows.csv\n\nAPPEND INBOX {@${file}}\n",
            true,
            &[],
        ),
        (
            "given",
            "APPEND INBOX {@${f}}\n",
            false,
            &["-D", "f=../secret.txt"],
        ),
    ] {
        let file = home.file(&format!("sub/{name}.imap"), text.as_bytes());
        let file = file.to_str().unwrap();
        let mut words = vec![file];
        words.extend(rest);
        let checked = run(&home, &["check", file], b"").expect_code(0);
        let named = checked.text().contains(", outside of its folder");
        assert_eq!(named, wants, "{name}: {}", checked.text());
        // There is no terminal to ask on.
        demo_run(&home, &words, b"")
            .expect_code(1)
            .expect_error(&["outside of its folder", "--trust"]);
        let mut trusted = words.clone();
        trusted.push("--trust");
        demo_run(&home, &trusted, b"").expect_code(0);
        // Once for this text.
        demo_run(&home, &words, b"").expect_code(0);
    }
    // Other rows are others.
    home.file("sub/rows.csv", b"user,file\nb,../list.txt\n");
    let row = home.path().join("sub/row.imap");
    demo_run(&home, &[row.to_str().unwrap()], b"")
        .expect_code(1)
        .expect_error(&["../list.txt"]);
    home.file("sub/rows.csv", b"user,file\na,beside.txt\n");
    demo_run(&home, &[row.to_str().unwrap()], b"").expect_code(0);
    // What the run itself makes is known to nobody before.
    let text = b"!for f in beside.txt ../secret.txt\nAPPEND INBOX {@${f}}\n!end\n";
    let file = home.file("sub/loop.imap", text);
    let file = file.to_str().unwrap();
    demo_run(&home, &[file], b"").expect_code(4).expect_error(&[
        "loop.imap:2:",
        "../secret.txt lies outside",
        "--trust",
    ]);
    demo_run(&home, &[file, "--trust"], b"").expect_code(0);
}

/// What a run that was killed has left can be run as it is.
#[test]
fn the_part_of_an_undo_file_takes_back_what_was_done() {
    let home = Home::new();
    let demo = Demo::start(&home);
    users(&home, 60);
    home.file("create.imap", CREATE.as_bytes());
    let report = home.path().join("r.jsonl");
    let words = [
        "run",
        "create.imap",
        "--report",
        "r.jsonl",
        "--undo",
        "u.imap",
    ];
    let killed = Running::start(&home, &demo.words(&words));
    wait_for_ends(&report, 10);
    signal(&killed, rustix::process::Signal::KILL);
    killed.finish();
    let made = || {
        let text = "each: @users.csv\nauthz: ${user}\n\nLIST \"\" INBOX.once\n? LIST () ${sep} ${box}\nOK\n!ifset box\n!output ${user}\n!endif\n";
        home.file("made.imap", text.as_bytes());
        let out = run(&home, &demo.words(&["run", "made.imap"]), b"").expect_code(0);
        out.text()
            .lines()
            .filter(|line| line.starts_with('u'))
            .count()
    };
    assert!((10..60).contains(&made()), "{}", made());
    let part = ["run", "u.imap.part"];
    // It deletes what was made: that is asked about like any other DELETE.
    run(&home, &demo.words(&part), b"").expect_code(5);
    run(&home, &demo.words(&["run", "u.imap.part", "--yes"]), b"");
    assert_eq!(made(), 0);
}

#[test]
fn nul_in_a_list_is_told_before_anything_is_sent() {
    let home = Home::new();
    home.file("users.csv", b"user,box\na,A\nb,\"B\0B\"\n");
    let text = b"each: @users.csv\n\nCREATE INBOX.${user}\nCREATE INBOX.${box}\n";
    let file = home.file("a.imap", text);
    let words = [file.to_str().unwrap(), "--report", "r.jsonl"];
    demo_run(&home, &words, b"")
        .expect_code(4)
        .expect_error(&["the value of box holds NUL", "1 ok, 1 failed"]);
    let steps = lines(&home.path().join("r.jsonl"), "step");
    assert_eq!(steps.len(), 2, "{steps:?}");
    assert!(steps.iter().all(|step| step["row"] == 1));
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

fn in_terminal(home: &Home, words: &[&str]) -> Terminal {
    let size = (100, 20);
    Terminal::start(home, crate::binary(), words, size)
}

#[test]
fn on_a_terminal_trust_is_asked_for_once_for_each_text() {
    let home = Home::new();
    home.file("mail.txt", b"From: x\n\nhi\n");
    std::fs::create_dir(home.path().join("sub")).unwrap();
    let text = "APPEND INBOX {@../mail.txt}\n!output kept\n";
    home.file("sub/a.imap", text.as_bytes());
    let words = ["demo", "run", "sub/a.imap"];
    let question = "Let it? (asked once for this text) [y/N]";
    // No is no, and is not remembered.
    let mut terminal = in_terminal(&home, &words);
    terminal.wait_for(question);
    assert!(
        terminal
            .contents()
            .replace('\n', "")
            .contains("../mail.txt")
    );
    terminal.keys("n\r");
    terminal.wait_for("is not run");
    assert_eq!(terminal.wait_exit(), 1);
    // Yes is remembered.
    let mut terminal = in_terminal(&home, &words);
    terminal.wait_for(question);
    terminal.keys("y\r");
    terminal.wait_for("kept");
    assert_eq!(terminal.wait_exit(), 0);
    let terminal = in_terminal(&home, &words);
    terminal.wait_for("kept");
    assert_eq!(terminal.wait_exit(), 0);
    assert!(!terminal.contents().contains("Let it?"));
    // In the text, not in the name.
    home.file("sub/a.imap", format!("{text}NOOP\n").as_bytes());
    let mut terminal = in_terminal(&home, &words);
    terminal.wait_for(question);
    terminal.keys("\r");
    assert_eq!(terminal.wait_exit(), 1);
    home.file("sub/b.imap", text.as_bytes());
    let terminal = in_terminal(&home, &["demo", "run", "sub/b.imap"]);
    assert_eq!(terminal.wait_exit(), 0);
}

#[test]
fn on_a_terminal_a_bar_shows_how_far_it_is_and_goes_at_the_end() {
    let home = Home::new();
    let demo = Demo::start(&home);
    users(&home, 40);
    let text = "each: @users.csv\nauthz: ${user}\njobs: 2\n\nNOOP\n!sleep 50ms\nNOOP\n";
    home.file("slow.imap", text.as_bytes());
    let words = demo.words(&["run", "slow.imap"]);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let terminal = in_terminal(&home, &words);
    let screen = terminal.wait_until("a bar half way", |screen| {
        let text = screen.contents();
        text.contains("[####") && text.contains(" rows/s") && text.contains("left")
    });
    // On one line, which it keeps to.
    assert_eq!(screen.matches('%').count(), 1, "{screen}");
    let screen = terminal.wait_for("40 ok of 40 rows");
    assert_eq!(terminal.wait_exit(), 0);
    assert!(!screen.contains("[#"), "{screen}");
}
