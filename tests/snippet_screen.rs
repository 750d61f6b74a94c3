//! Snippets on the screen: the list, what is asked before a run, its rows, what is done with them.

use std::time::Duration;

use imapsh::batch::{Ended, Failure, News, Order, Row, Step, Tally, Undo, Verdict, rows};
use imapsh::config::snippets::{BUILT_IN, Entry, Home};
use imapsh::snippet::{Diagnostic, NoFiles};
use imapsh::tui::lent::Lent;
use imapsh::tui::snippets::{How, Stage};
use imapsh::tui::{Begun, Told};

use crate::common::screen::Screen;

pub const TEAM: &str = "# Subscribe every user to one shared mailbox.
title: subscribe users
each: @users.csv
authz: ${user}
jobs: 5
var mailbox: Shared/Team

LIST \"\" ${mailbox}
* LIST () ${sep} ${mailbox}
OK

SUBSCRIBE ${mailbox}
OK
!undo UNSUBSCRIBE ${mailbox}
";

fn entry(name: &str, text: &str) -> Entry {
    Entry::new(
        name,
        Home::User,
        // A list of users lies beside it.
        Some(format!("assets/snippets/{name}").into()),
        text.as_bytes(),
    )
}

pub fn screen(columns: u16, rows: u16) -> Screen {
    let mut screen = Screen::new(columns, rows);
    screen.log_in();
    screen.state.options.lent = Lent {
        snippets: |_| {
            vec![
                entry("subscribe-team.imap", TEAM),
                entry("delete-all.imap", "DELETE Old\nOK\n"),
                entry("broken.imap", "SELEKT INBOX\nOK\n!assert\n"),
                entry("wants.imap", "secret token: cmd pass show x\n\nNOOP\nOK\n"),
            ]
        },
        ..Lent::default()
    };
    screen
}

fn three() -> Vec<Row> {
    rows::read("users.csv", b"user\nalice\nbob\ndave\n").expect("rows")
}

fn begun() -> Told {
    Told::Begun(Ok(Begun {
        rows: three(),
        jobs: 5,
        report: "/nonexistent/report.jsonl".into(),
        paused: false,
    }))
}

pub fn news(screen: &mut Screen, news: News) {
    screen.told(Told::News(news));
}

pub fn ended(verdict: Verdict, undo: usize) -> Ended {
    Ended {
        verdict,
        time: Duration::from_millis(88),
        undo,
        undone: None,
        tail: vec![
            "C: A003 LIST \"\" Shared/Team".into(),
            "S: A003 OK Completed".into(),
        ],
    }
}

/// As a run tells that a mailbox was not listed.
pub fn failure() -> Verdict {
    let parsed = imapsh::snippet::parse("subscribe-team.imap", TEAM.as_bytes(), &NoFiles);
    let (script, _) = parsed.expect("a snippet");
    let group = &script.groups[0];
    let (command, reply) = (group.commands[0].span, group.expects[0].span);
    let told = Diagnostic::error(&script.files, reply, "no untagged reply matched")
        .under(&script, command)
        .wanted("* LIST () <sep> Shared/Team")
        .got("got 0 LIST replies; tagged: OK Completed")
        .note("bob cannot see Shared/Team: no l right, or it is not there (RFC 4314, section 4)");
    Verdict::Failed(vec![Failure {
        line: Some(reply.line),
        message: format!("{}: {}", told.message, told.got[0]),
        text: told.text(Some("row 2, user bob")),
        told: Some(Box::new(told)),
    }])
}

/// A command of a row was answered.
pub fn answered(row: usize, line: usize, command: &str, status: &str, code: &str) -> News {
    let step = Step {
        line,
        command: command.to_owned(),
        status: status.to_owned(),
        code: code.to_owned(),
        time: Duration::from_millis(3),
        ..Step::default()
    };
    News::Step { row, step }
}

/// One passed, one failed, one waits.
pub fn running(columns: u16, rows: u16) -> Screen {
    let mut screen = screen(columns, rows);
    screen.keys("<f8>team<enter>r<enter>");
    screen.state.told(begun());
    for (row, user) in [(1, "alice"), (2, "bob")] {
        let user = user.to_owned();
        news(&mut screen, News::RowBegan { row, user });
    }
    news(
        &mut screen,
        News::Undo(Undo {
            number: 1,
            row: 1,
            user: Some("alice".into()),
            text: "UNSUBSCRIBE Shared/Team".into(),
        }),
    );
    let passed = ended(Verdict::Passed, 1);
    news(
        &mut screen,
        News::RowEnded {
            row: 1,
            ended: passed,
        },
    );
    news(
        &mut screen,
        answered(1, 8, "LIST \"\" Shared/Team", "OK", ""),
    );
    news(
        &mut screen,
        answered(2, 8, "LIST \"\" Shared/Team", "OK", ""),
    );
    let failed = ended(failure(), 0);
    news(
        &mut screen,
        News::RowEnded {
            row: 2,
            ended: failed,
        },
    );
    screen
}

pub fn finish(screen: &mut Screen, exit: u8) {
    let tally = Tally {
        rows: 3,
        passed: 2,
        failed: 1,
        ..Tally::default()
    };
    news(screen, News::Finished { tally, exit });
}

#[test]
fn the_list_is_found_by_letters_and_shows_the_snippet() {
    for (columns, rows) in [(80, 24), (120, 35), (200, 50)] {
        let mut screen = screen(columns, rows);
        screen
            .keys("<f8>")
            .shows("Snippets: 4")
            .shows("subscribe-team");
        screen
            .keys("sbtm")
            .shows("Snippets: 1")
            .shows("each: @users.csv");
        screen.keys("<esc>").hides("Snippets:");
    }
}

#[test]
fn variables_are_asked_for_and_only_what_was_changed_is_given() {
    let mut screen = screen(200, 50);
    screen
        .keys("<f8>team<enter>")
        .shows("run it")
        .shows("acting as each user of users.csv");
    screen
        .keys("r")
        .shows("Variables")
        .shows("Shared/Team")
        .shows("rows from");
    screen.keys("<tab><tab><c-u>Shared/Alle<enter>");
    let start = screen.plays.pop().expect("a run");
    assert_eq!(start.each, None);
    assert_eq!(
        start.given.get("mailbox").map(String::as_str),
        Some("Shared/Alle")
    );
    assert_eq!(start.how, How::Through);
    screen.shows("-D mailbox=Shared/Alle");
    screen.keys("n<enter>");
    assert_eq!(
        screen.plays.pop().map(|start| start.how),
        Some(How::Stepping)
    );
}

#[test]
fn safe_mode_and_trust_are_asked_before_anything_begins() {
    let mut screen = screen(120, 35);
    screen
        .keys("<f8>delete<enter>r")
        .shows("Safe mode asks")
        .shows("DELETE Old");
    screen.keys("n");
    assert!(screen.plays.is_empty());
    screen.keys("ry");
    assert!(screen.plays.pop().expect("a run").yes);
    screen
        .keys("<esc>")
        .shows("Snippets:")
        .keys("<c-u>wants<enter>r")
        .shows("wants more than")
        .shows("pass show x");
    screen.keys("n");
    assert!(screen.plays.is_empty());
    screen.keys("ry");
    assert!(screen.plays.pop().expect("a run").trusted);
}

#[test]
fn a_list_elsewhere_is_asked_about_once_its_name_is_known() {
    const LOOP: &str = "var people: people.txt\n\n!for who in @${people}\nNOOP\n!end\n";
    let folder = tempfile::tempdir().expect("a folder");
    let list = folder.path().join("people.txt");
    std::fs::write(&list, "monty\n").expect("a list");
    let mut screen = screen(200, 50);
    screen.state.options.lent.snippets = |_| vec![entry("loop.imap", LOOP)];
    screen.keys("<f8><enter>r<c-u>");
    screen.keys(list.to_str().expect("a path"));
    screen.keys("<enter>");
    let start = screen.plays.pop().expect("a run");
    assert!(start.files.is_empty());
    // Which files that names shows when rows and values are there.
    let files = vec![list.display().to_string()];
    let wants = || Told::Wants {
        how: start.how,
        files: files.clone(),
    };
    screen.told(wants());
    screen
        .shows("outside of its folder")
        .shows("these files are exactly this");
    screen.keys("n");
    assert!(screen.plays.is_empty());
    screen.keys("r<enter>");
    assert!(screen.plays.pop().expect("a run").files.is_empty());
    screen.told(wants());
    screen.keys("y");
    let start = screen.plays.pop().expect("a run");
    assert_eq!((start.files, start.trusted), (files, false));
}

#[test]
fn mistakes_are_shown_with_their_place_and_nothing_runs() {
    let mut screen = screen(120, 35);
    screen
        .keys("<f8>broken<enter>")
        .shows("broken.imap:")
        .shows("it cannot run");
    screen.keys("r").shows("It has mistakes");
    assert!(screen.plays.is_empty());
}

#[test]
fn rows_stand_with_what_failed_first_and_its_reason_beside() {
    let mut screen = running(120, 35);
    screen
        .shows("Rows 2 of 3")
        .shows("FAIL")
        .shows("expected an untagged reply like")
        .shows("no reply like * LIST () <sep> Shared/Team")
        .shows("can be undone");
    screen.keys("<enter>").shows("S: A003 OK Completed");
    screen.keys("G").shows("dave");
    screen.keys("o");
    assert!(matches!(screen.orders.pop(), Some(Order::LeaveOut(3))));
    screen.shows("left out by hand");
    screen.keys("o");
    assert!(matches!(screen.orders.pop(), Some(Order::TakeIn(3))));
    screen.keys("<space>").shows("paused");
    assert!(matches!(screen.orders.pop(), Some(Order::Pause)));
    screen.keys("n");
    assert!(matches!(screen.orders.pop(), Some(Order::Step)));
    screen.keys("<space><c-c>").shows("Ctrl+C: at once");
    assert!(matches!(screen.orders.pop(), Some(Order::Stop)));
    screen.keys("<c-c>");
    assert!(matches!(screen.orders.pop(), Some(Order::StopNow)));
    finish(&mut screen, 4);
    screen.shows("exit code 4");
    screen.keys("R");
    assert!(matches!(screen.orders.pop(), Some(Order::Again(rows)) if rows == [2]));
}

#[test]
fn a_run_goes_on_while_one_looks_elsewhere_and_its_way_back_is_a_snippet() {
    let mut screen = running(120, 35);
    screen.keys("<esc>").hides("Rows 2 of 3");
    finish(&mut screen, 4);
    screen.keys("<f8>").shows("exit code 4");
    screen
        .keys("u")
        .shows("UNSUBSCRIBE Shared/Team")
        .shows("authz: alice");
    let stage = screen.state.snippets.run.as_ref().map(|run| run.stage);
    assert_eq!(stage, Some(Stage::Ready));
}

#[test]
fn find_shows_only_some_rows() {
    let mut screen = running(120, 35);
    screen.keys("/da").shows("dave").hides("no reply like");
    screen.keys("<esc>").shows("no reply like");
}

#[test]
fn a_password_that_a_run_wants_is_asked_for() {
    let mut screen = running(120, 35);
    news(
        &mut screen,
        News::PasswordWanted {
            authcid: "admin".into(),
            authzid: None,
        },
    );
    screen
        .shows("Password for the run")
        .keys("s3cret")
        .hides("s3cret")
        .keys("<enter>");
    assert!(matches!(
        screen.orders.pop(),
        Some(Order::Password(Some(_)))
    ));
    screen.shows("Rows 2 of 3");
}

#[test]
fn what_is_in_the_editor_is_saved_and_not_over_another_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut screen = screen(120, 35);
    screen.state.options.config = Some(folder.path().join("config.toml"));
    screen.keys("NOOP<c-x>s").shows("Save as a snippet");
    screen.keys("ping<enter>").shows("octets");
    let path = folder.path().join("snippets/ping.imap");
    assert_eq!(std::fs::read_to_string(&path).expect("a file"), "NOOP\n");
    screen.keys("<c-u>CHECK<c-x>sping<enter>").shows("exists");
    assert_eq!(std::fs::read_to_string(&path).expect("a file"), "NOOP\n");
    screen.keys("<enter>");
    assert_eq!(std::fs::read_to_string(&path).expect("a file"), "CHECK\n");
}

#[test]
fn hostile_names_and_replies_are_only_text() {
    let mut screen = running(120, 35);
    let user = "\x1b[31mred\x07".to_owned();
    news(&mut screen, News::RowBegan { row: 3, user });
    for row in screen.cells() {
        for cell in row {
            assert!(!cell.symbol().contains(['\x1b', '\x07']));
        }
    }
}

#[test]
fn a_hundred_thousand_rows_are_drawn_as_fast_as_ten() {
    let mut text = String::from("user\n");
    for number in 0..100_000 {
        text.push_str(&format!("user{number}\n"));
    }
    let rows = rows::read("users.csv", text.as_bytes()).expect("rows");
    let mut screen = screen(120, 35);
    screen.keys("<f8>team<enter>r<enter>");
    screen.state.told(Told::Begun(Ok(Begun {
        rows,
        jobs: 8,
        report: "/nonexistent".into(),
        paused: false,
    })));
    let began = std::time::Instant::now();
    for row in 1..=1_000 {
        news(
            &mut screen,
            News::RowBegan {
                row,
                user: String::new(),
            },
        );
        let ended = ended(
            if row % 7 == 0 {
                failure()
            } else {
                Verdict::Passed
            },
            0,
        );
        news(&mut screen, News::RowEnded { row, ended });
        if row % 100 == 0 {
            screen.shows("of 100,000");
        }
    }
    assert!(
        began.elapsed() < Duration::from_secs(20),
        "{:?}",
        began.elapsed()
    );
}

#[test]
fn every_built_in_snippet_is_listed_and_parses() {
    let mut files: Vec<String> = std::fs::read_dir("assets/snippets")
        .expect("the folder")
        .filter_map(|entry| entry.expect("an entry").file_name().into_string().ok())
        .filter(|name| name.ends_with(".imap"))
        .collect();
    files.sort();
    let names: Vec<&str> = BUILT_IN.iter().map(|(name, _)| *name).collect();
    assert_eq!(files, names);
    for (name, text) in BUILT_IN {
        let parsed = imapsh::snippet::parse(name, text.as_bytes(), &NoFiles);
        assert!(parsed.is_ok(), "{name}: {parsed:?}");
        assert!(
            !Entry::new(name, Home::BuiltIn, None, text.as_bytes())
                .title
                .is_empty(),
            "{name}"
        );
    }
}

#[test]
fn a_row_that_failed_can_be_left_out_of_the_next_try() {
    let mut screen = running(120, 35);
    finish(&mut screen, 4);
    screen.keys("o").shows("left out (o): no reply like");
    screen
        .keys("R")
        .shows("No row has failed that is not left out");
    assert!(screen.orders.is_empty());
    screen.keys("oR").hides("left out (o)");
    assert!(matches!(screen.orders.pop(), Some(Order::Again(rows)) if rows == [2]));
    // It counts once.
    news(
        &mut screen,
        News::RowBegan {
            row: 2,
            user: "bob".to_owned(),
        },
    );
    let passed = ended(Verdict::Passed, 0);
    news(
        &mut screen,
        News::RowEnded {
            row: 2,
            ended: passed,
        },
    );
    screen.shows("Rows 3 of 3");
}

#[test]
fn the_right_that_a_row_lacks_is_put_into_the_editor() {
    let mut screen = running(120, 35);
    screen.shows("add l for bob first (lookup)");
    screen.keys("a").shows("SETACL Shared/Team bob +l");
    screen.hides("Rows 2 of 3");
    // What the server refused says which right it wants.
    let mut screen = running(120, 35);
    news(
        &mut screen,
        News::RowBegan {
            row: 3,
            user: "dave".to_owned(),
        },
    );
    news(
        &mut screen,
        answered(3, 8, "STATUS Shared/Team (MESSAGES)", "NO", "NOPERM"),
    );
    let refused = ended(failure(), 0);
    news(
        &mut screen,
        News::RowEnded {
            row: 3,
            ended: refused,
        },
    );
    screen.keys("j").shows("add r for dave first (read)");
    // A refusal for another reason is not about rights.
    news(
        &mut screen,
        News::RowBegan {
            row: 3,
            user: "dave".to_owned(),
        },
    );
    news(
        &mut screen,
        answered(3, 8, "STATUS Shared/Team (MESSAGES)", "NO", "OVERQUOTA"),
    );
    let refused = ended(failure(), 0);
    news(
        &mut screen,
        News::RowEnded {
            row: 3,
            ended: refused,
        },
    );
    screen.hides("add r for dave");
}

#[test]
fn a_list_that_is_not_there_is_said_in_the_form() {
    let mut screen = screen(200, 50);
    screen.keys("<f8>team<enter>r<c-u>nosuch.csv<enter>");
    assert!(screen.plays.is_empty());
    screen
        .shows("There is no file nosuch.csv")
        .shows("CSV file");
    screen.keys("<c-u>assets/snippets/users.csv<enter>");
    let start = screen.plays.pop().expect("a run");
    assert_eq!(start.each.as_deref(), Some("assets/snippets/users.csv"));
    screen.shows("--each assets/snippets/");
}

#[test]
fn users_may_be_named_in_place_of_a_list() {
    let mut screen = screen(200, 50);
    screen.keys("<f8>team<enter>r<c-u>nosuch.csv<tab>craig, o'neill<enter>");
    let start = screen.plays.pop().expect("a run");
    assert_eq!(start.users, ["craig", "o'neill"]);
    screen
        .shows("acting as each user of 2 that are named")
        .shows(r"--each <(printf '%s\n' user craig 'o'\''neill')");
    // They are there the next time.
    screen.keys("r").shows("craig o'neill");
}

#[test]
fn the_way_back_is_not_dropped_without_a_word() {
    let mut screen = running(120, 35);
    finish(&mut screen, 4);
    screen.keys("<esc>").shows("can be taken back with u");
    screen.shows("Rows 3 of 3");
    screen.keys("u").shows("takes back");
    screen.keys("<esc>").shows("Rows 3 of 3");
    screen.keys("<esc>").shows("Snippets: ");
}

#[test]
fn after_a_stop_the_rest_goes_on_when_asked() {
    let mut screen = running(120, 35);
    let tally = Tally {
        rows: 3,
        passed: 1,
        failed: 1,
        ..Tally::default()
    };
    news(&mut screen, News::Finished { tally, exit: 130 });
    screen.shows("1 waiting").shows("Space go on with the rest");
    screen.keys("<space>");
    assert!(matches!(screen.orders.pop(), Some(Order::Again(rows)) if rows == [3]));
}

#[test]
fn what_is_hinted_fits_what_the_run_is_at() {
    let mut screen = screen(200, 50);
    screen
        .keys("<f8>team<enter>")
        .shows("r run  n step")
        .hides("R rerun");
    let mut screen = running(200, 50);
    screen
        .shows("Space pause")
        .shows("^C stop")
        .hides("R rerun");
    finish(&mut screen, 4);
    screen
        .shows("R rerun failed")
        .shows("u undo all")
        .hides("Space pause");
}

#[test]
fn saving_from_the_editor_comes_back_to_the_editor() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut screen = running(120, 35);
    screen.state.options.config = Some(folder.path().join("config.toml"));
    screen
        .keys("<esc>NOOP<c-x>s")
        .shows("Save as a snippet")
        .hides("Rows 2 of 3");
    screen
        .keys("ping<enter>")
        .shows("octets")
        .hides("Rows 2 of 3");
}
