//! Files of a run: report, resume, undo, JUnit, trust.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use imapsh::batch::junit::Junit;
use imapsh::batch::report::{End, Line, Report, Run, Start, StepLine};
use imapsh::batch::resume::{Past, Standing};
use imapsh::batch::trust::{self, Trusted};
use imapsh::batch::undo_file::{self, UndoFile};
use imapsh::batch::{Ended, Failure, Row, Step, Tally, Undo, Verdict, exit, rows};

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

fn users(text: &str) -> Vec<Row> {
    rows::read("users.csv", text.as_bytes()).unwrap()
}

fn ended(verdict: Verdict) -> Ended {
    Ended {
        verdict,
        time: Duration::from_millis(31),
        undo: 0,
        undone: None,
        tail: Vec::new(),
    }
}

fn failed() -> Verdict {
    Verdict::Failed(vec![Failure {
        line: Some(10),
        message: "no LIST reply for \u{1b}[31mShared".to_owned(),
        text: "a.imap:10:1: no untagged reply matched\n  10 | * LIST <x> & \u{1b}]52;\n".to_owned(),
        told: None,
    }])
}

fn start(report: &mut Report, row: &Row) {
    let line = Line::Start(Start::new("a.imap", row, row.name()));
    report.write(&line).unwrap();
}

fn end(report: &mut Report, row: &Row, verdict: Verdict) {
    let line = Line::End(End::new("a.imap", row, row.name(), &ended(verdict)));
    report.write(&line).unwrap();
}

fn words(standings: &[Standing]) -> Vec<&'static str> {
    let word = |standing: &Standing| match standing {
        Standing::New => "new",
        Standing::Ended(_) => "ended",
        Standing::Unfinished => "unfinished",
    };
    standings.iter().map(word).collect()
}

#[test]
fn a_report_says_what_ended_and_what_only_began() {
    let home = folder();
    let path = home.path().join("r.jsonl");
    let all = users("user\nalice\nbob\ncarol\ndave\nerin\n");
    let mut report = Report::create(&path).unwrap();
    report
        .write(&Line::Run(Run {
            format: 1,
            file: "a.imap".to_owned(),
            sha256: "aa".to_owned(),
            rows: 5,
            at: "2026-01-01T00:00:00Z".to_owned(),
        }))
        .unwrap();
    for (row, verdict) in [
        (0, Some(Verdict::Passed)),
        (1, Some(failed())),
        (2, Some(Verdict::Stopped)),
        (3, None),
    ] {
        start(&mut report, &all[row]);
        if let Some(verdict) = verdict {
            end(&mut report, &all[row], verdict);
        }
    }
    drop(report);
    // As kill -9 leaves it.
    let mut file = fs::OpenOptions::new().append(true).open(&path).unwrap();
    file.write_all(b"{\"type\":\"end\",\"fi").unwrap();
    let past = Past::read(&path).unwrap();
    assert!(past.cut && past.knows("a.imap"));
    assert!(past.has_changed("a.imap", "bb") && !past.has_changed("a.imap", "aa"));
    let expected = ["ended", "ended", "unfinished", "unfinished", "new"];
    assert_eq!(words(&past.standings("a.imap", &all)), expected);
    assert_eq!(words(&past.standings("b.imap", &all)), ["new"; 5]);
    // The half line goes before anything is written behind it.
    let mut report = Report::append(&path).unwrap();
    end(&mut report, &all[3], Verdict::Passed);
    drop(report);
    let past = Past::read(&path).unwrap();
    assert!(!past.cut);
    assert_eq!(words(&past.standings("a.imap", &all))[3], "ended");
}

#[test]
fn rows_are_known_by_what_they_say_and_twins_by_their_place() {
    let home = folder();
    let path = home.path().join("r.jsonl");
    let then = users("user,box\nalice,A\nbob,A\nbob,A\ncarol,A\n");
    let mut report = Report::create(&path).unwrap();
    for row in [0, 2] {
        start(&mut report, &then[row]);
        end(&mut report, &then[row], Verdict::Passed);
    }
    drop(report);
    let past = Past::read(&path).unwrap();
    let standing = |text: &str| words(&past.standings("a.imap", &users(text)));
    let now = "user,box\nalice,A\nbob,A\nbob,A\ncarol,A\n";
    assert_eq!(standing(now), ["ended", "new", "ended", "new"]);
    // Rows went and came before it: everybody who was done stays done, nobody is done twice.
    let now = "user,box\nzoe,A\ncarol,A\nbob,A\nbob,A\nalice,A\nalice,B\n";
    assert_eq!(
        standing(now),
        ["new", "new", "ended", "new", "ended", "new"]
    );
}

#[test]
fn two_runs_never_write_one_report() {
    let home = folder();
    let path = home.path().join("r.jsonl");
    let report = Report::create(&path).unwrap();
    let said = |result: Result<Report, _>| {
        let error: imapsh::batch::report::ReportError = result.unwrap_err();
        error.to_string()
    };
    assert!(said(Report::create(&path)).contains("another run writes"));
    assert!(said(Report::append(&path)).contains("another run writes"));
    drop(report);
    assert!(said(Report::create(&path)).contains("--resume"));
    Report::append(&path).unwrap();
}

#[test]
fn a_strange_report_is_refused() {
    let home = folder();
    let path = home.path().join("r.jsonl");
    fs::write(&path, "{\"type\":\"start\"}\nuser,quota\n").unwrap();
    let error = Past::read(&path).unwrap_err().to_string();
    assert!(error.contains("r.jsonl:1: not a report"), "{error}");
}

#[test]
fn a_step_is_one_line_whatever_is_in_it() {
    let step = Step {
        line: 17,
        command: "SUBSCRIBE \"a\"\r\nA2 DELETE x".to_owned(),
        captures: vec![("was".to_owned(), "\u{1b}\"\n".to_owned())],
        time: Duration::from_micros(12_345),
        ..Step::default()
    };
    let text = imapsh::batch::report::text(&Line::Step(StepLine::new("a.imap", 7, &step)));
    assert_eq!(text.matches('\n').count(), 1);
    assert!(
        text.contains("\"ms\":12.345") && text.contains("\"row\":7"),
        "{text}"
    );
}

fn undo(number: u64, user: Option<&str>, text: &str) -> Undo {
    Undo {
        number,
        row: 1,
        user: user.map(str::to_owned),
        text: text.to_owned(),
    }
}

fn commands(path: &Path) -> Vec<String> {
    let text = fs::read_to_string(path).unwrap();
    let lines = text.lines().map(str::to_owned);
    lines
        .filter(|l| !l.is_empty() && !l.starts_with(['#', 't']) && l != "OK")
        .collect()
}

#[test]
fn the_way_back_is_written_as_it_comes_and_turned_round_at_the_end() {
    let home = folder();
    let path = home.path().join("undo.imap");
    let part: PathBuf = undo_file::part_of(&path);
    let mut file = UndoFile::create(&path, "a.imap", false).unwrap();
    file.add(&undo(0, Some("alice"), "UNSUBSCRIBE A")).unwrap();
    file.add(&undo(1, Some("bob"), "UNSUBSCRIBE A")).unwrap();
    file.add(&undo(2, Some("bob"), "DELETEACL A x")).unwrap();
    assert_eq!(fs::read_to_string(&part).unwrap().lines().count(), 4);
    // It was refused: nothing to take back.
    file.void(1).unwrap();
    // What the killed run would have left runs, too.
    let text = undo_file::snippet_of_part(&part).unwrap();
    assert!(text.find("DELETEACL").unwrap() < text.find("!as alice").unwrap());
    assert_eq!(file.finish().unwrap(), Some(2));
    assert!(!part.exists());
    let wanted = ["authz: bob", "DELETEACL A x", "!as alice", "UNSUBSCRIBE A"];
    assert_eq!(commands(&path), wanted);
}

#[test]
fn an_interrupted_run_keeps_its_way_back() {
    let home = folder();
    let path = home.path().join("undo.imap");
    let mut file = UndoFile::create(&path, "a.imap", false).unwrap();
    file.add(&undo(0, None, "DELETE a")).unwrap();
    let error = UndoFile::create(&path, "a.imap", false).unwrap_err();
    assert!(error.to_string().contains("another run"), "{error}");
    drop(file);
    let part = undo_file::part_of(&path);
    let mut end = fs::OpenOptions::new().append(true).open(&part).unwrap();
    end.write_all(b"{\"undo\":\"DEL").unwrap();
    let error = UndoFile::create(&path, "a.imap", false).unwrap_err();
    assert!(
        error.to_string().contains("an interrupted run left"),
        "{error}"
    );
    let mut file = UndoFile::create(&path, "a.imap", true).unwrap();
    assert_eq!(file.next_number(), 1);
    file.add(&undo(1, None, "DELETE b")).unwrap();
    assert_eq!(file.finish().unwrap(), Some(2));
    assert_eq!(commands(&path), ["DELETE b", "DELETE a"]);
    // Stopped in order, then resumed: the file takes back both.
    assert!(UndoFile::create(&path, "a.imap", false).is_err());
    let mut file = UndoFile::create(&path, "a.imap", true).unwrap();
    file.add(&undo(0, None, "DELETE c")).unwrap();
    file.finish().unwrap();
    assert_eq!(commands(&path), ["DELETE c", "DELETE b", "DELETE a"]);
    let mut file = UndoFile::create(&path, "a.imap", true).unwrap();
    file.add(&undo(0, Some("bob"), "DELETE d")).unwrap();
    file.finish().unwrap();
    let mut file = UndoFile::create(&path, "a.imap", true).unwrap();
    file.add(&undo(0, Some("eve"), "DELETE e")).unwrap();
    file.finish().unwrap();
    let wanted = ["authz: eve", "DELETE e", "!as bob", "DELETE d", "DELETE c"];
    assert_eq!(commands(&path)[..5], wanted);
    // Nothing to take back: no file.
    let path = home.path().join("none.imap");
    let file = UndoFile::create(&path, "a.imap", false).unwrap();
    assert_eq!(file.finish().unwrap(), None);
    assert!(!path.exists() && !undo_file::part_of(&path).exists());
}

#[test]
fn junit_has_a_case_per_row() {
    let home = folder();
    let path = home.path().join("out.xml");
    let all = users("user\nalice\nb<&\u{1}b\n");
    let mut junit = Junit::default();
    junit.suite("subscribe", "a.imap");
    junit.case(&all[0], "alice", &ended(Verdict::Passed));
    junit.case(&all[1], "b", &ended(failed()));
    junit.suite("other", "b.imap");
    let skipped = Verdict::Skipped("the server lacks ACL".to_owned());
    junit.case(&Row::only(), "craig", &ended(skipped));
    junit.write(&path).unwrap();
    let text = fs::read_to_string(&path).unwrap();
    for wanted in [
        "tests=\"3\"",
        "failures=\"1\"",
        "name=\"row 2 b&lt;&amp;\\u{1}b\"",
        "a.imap:10:1: no untagged reply matched",
        "\\u{1b}]52;",
        "the server lacks ACL",
    ] {
        assert!(text.contains(wanted), "{wanted}\n{text}");
    }
    assert!(!text.contains('\u{1b}'));
}

#[test]
fn trust_is_in_a_content_not_in_a_name() {
    let home = folder();
    let list = Trusted::at(Some(home.path().join("state/trusted")));
    let (one, other) = (trust::digest(b"one"), trust::digest(b"other"));
    assert!(!list.has(&one));
    list.add(&one, "a.imap\nx").unwrap();
    list.add(&one, "a.imap").unwrap();
    assert!(list.has(&one) && !list.has(&other));
    let text = fs::read_to_string(home.path().join("state/trusted")).unwrap();
    assert_eq!(text.lines().count(), 1, "{text}");
    // As sha256sum has it.
    assert!(trust::digest(b"").starts_with("e3b0c44298fc1c14"));
    let two: [&[u8]; 2] = [b"ab", b"c"];
    let same: [&[u8]; 2] = [b"a", b"bc"];
    assert_ne!(trust::digest_of(two), trust::digest_of(same));
}

#[test]
fn the_exit_code_says_the_worst() {
    let failure = Failure::default;
    let code = |verdicts: &[Verdict]| {
        let mut tally = Tally::default();
        verdicts.iter().for_each(|verdict| tally.count(verdict));
        tally.exit(false)
    };
    let lost = Verdict::Lost(failure());
    let skipped = Verdict::Skipped(String::new());
    assert_eq!(code(&[Verdict::Passed, skipped]), exit::PASSED);
    assert_eq!(code(&[Verdict::Passed, lost.clone()]), exit::CONNECTION);
    assert_eq!(code(&[failed(), lost]), exit::FAILED);
    let refused = Verdict::Refused(failure());
    assert_eq!(code(&[failed(), refused]), exit::UNSAFE);
    assert_eq!(code(&[failed(), Verdict::Stopped]), exit::STOPPED);
    let tally = Tally {
        rows: 120,
        passed: 36,
        failed: 2,
        skipped: 1,
        running: 2,
        ..Tally::default()
    };
    let text = "36 ok, 2 failed, 1 skipped, 2 running, 79 waiting";
    assert_eq!(tally.to_string(), text);
}

#[test]
fn a_built_in_snippet_is_meant_by_its_name_with_or_without_the_ending() {
    use imapsh::batch::load::{How, load};
    let title = |name: &str| {
        let loaded = load(name, false, &How::default()).ok()?;
        loaded.script.header.title.clone()
    };
    assert!(title("who-am-i").is_some());
    assert_eq!(title("who-am-i"), title("who-am-i.imap"));
    assert_eq!(title("who-am"), None);
}
