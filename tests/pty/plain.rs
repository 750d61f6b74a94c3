//! `--plain`: lines in, lines out, and nothing that moves a cursor.

use crate::key;
use crate::program::{Home, Running, binary, run};
use crate::terminal::Terminal;

fn plain(home: &Home) -> Terminal {
    let terminal = Terminal::start(home, binary(), &["--plain", "demo"], (100, 40));
    terminal.wait_for("craig>");
    terminal
}

/// No escape sequence, no carriage return but at a line's end: what a screen reader wants.
fn assert_only_lines(terminal: &Terminal) {
    let raw = terminal.raw();
    assert!(!raw.contains(&0x1b), "an escape sequence");
    let bare = raw.windows(2).any(|w| w[0] == b'\r' && w[1] != b'\n');
    assert!(!bare, "a bare carriage return");
}

#[test]
fn commands_verbs_candidates_and_history_in_lines() {
    let home = Home::new();
    let mut terminal = plain(&home);
    terminal.keys("STATUS INBOX (MESSAGES)\r");
    terminal.wait_for("A0001 OK");
    terminal.keys("STATUS ?\r");
    terminal.wait_for("INBOX.Archive");
    terminal.keys("FET?\r");
    terminal.wait_for("FETCH");
    terminal.keys("!stat\r");
    terminal.wait_for("empty line sends it>");
    terminal.keys("\r");
    terminal.wait_for("A0002 OK");
    terminal.keys(":nonsense\r");
    terminal.wait_for("There is no verb :nonsense");
    terminal.keys(":dry NOOP\r");
    terminal.wait_for("Nothing was sent");
    assert_only_lines(&terminal);
    terminal.keys(":q\r");
    assert_eq!(terminal.wait_exit(), 0);
    terminal.assert_cooked();
}

#[test]
fn literals_mistakes_and_idle() {
    let home = Home::new();
    let mut terminal = plain(&home);
    terminal.keys("APPEND INBOX {{{\r");
    terminal.wait_for("The next line goes on");
    terminal.keys("Subject: plain\r\rhi\r}}}\r");
    terminal.wait_for("APPENDUID");
    // What is wrong is said with its column; an empty line sends it all the same.
    terminal.keys("STATUS INBOX (NONSENSE)\r");
    terminal.wait_for("column 15");
    terminal.keys("\r");
    terminal.wait_for("A0002 BAD");
    terminal.keys("SELECT INBOX\r");
    terminal.wait_for("A0003 OK");
    terminal.keys("IDLE\r");
    terminal.wait_for("IDLE, empty line ends it>");
    terminal.keys("\r");
    terminal.wait_for("A0004 OK");
    // Ctrl+C gives up what is begun, ends IDLE, and quits the second time.
    terminal.keys("CREATE (\r");
    terminal.wait_for("a parenthesis is open");
    terminal.keys(key::CTRL_C);
    terminal.wait_for("Given up");
    terminal.keys("IDLE\r");
    terminal.wait_until("IDLE again", |s| {
        s.contents().matches("IDLE, empty line ends it>").count() > 1
    });
    terminal.keys(key::CTRL_C);
    terminal.wait_for("A0005 OK");
    terminal.keys(key::CTRL_C);
    terminal.wait_for("once more");
    terminal.keys(key::CTRL_C);
    assert_eq!(terminal.wait_exit(), 0);
    assert_only_lines(&terminal);
}

#[test]
fn a_password_is_asked_for_without_echo_and_ctrl_d_leaves() {
    let home = Home::new();
    let port = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().port().to_string()
    };
    let mut server = Running::start(&home, &["demo", "--listen", &format!("127.0.0.1:{port}")]);
    server.wait_for(".pem");
    let arguments = ["--plain", "-p", &port, "-a", "craig", "127.0.0.1"];
    let mut terminal = Terminal::start(&home, binary(), &arguments, (100, 30));
    terminal.wait_for("Password of craig:");
    terminal.keys("secret\r");
    terminal.wait_for("craig>");
    // An answer to a challenge is as secret.
    terminal.keys("NOOP\r");
    terminal.wait_for("A0001 OK");
    terminal.keys(key::CTRL_D);
    assert_eq!(terminal.wait_exit(), 0);
    let shown = String::from_utf8_lossy(&terminal.raw()).into_owned();
    assert!(!shown.contains("secret"), "{shown}");
    assert!(shown.contains("OK LOGOUT"), "{shown}");
    terminal.assert_cooked();
}

#[test]
fn a_dumb_terminal_gets_lines_and_a_pipe_too() {
    let home = Home::new();
    let output = run(
        &home,
        &["--plain", "demo"],
        b"SELECT INBOX\nFETCH 1 (FLAGS\nUID)\nIDLE\nDONE\nLIST \"\" ?\n",
    )
    .expect_code(0);
    let text = output.text();
    for wanted in [
        "C: A0001 SELECT INBOX\n",
        "S: A0001 OK",
        "C: A0002 FETCH 1 (FLAGS UID)\n",
        "C: DONE\n",
        "S: A0003 OK",
        "C: A0004 LOGOUT\n",
    ] {
        assert!(text.contains(wanted), "{wanted:?} is not in\n{text}");
    }
    assert!(!text.contains('\x1b') && !text.contains("craig>"), "{text}");
    // A NO is in the exit code; so is a connection that never was.
    run(&home, &["--plain", "demo"], b"SELECT nonsense\n").expect_code(4);
    run(&home, &["--plain", "127.0.0.1:1"], b"").expect_code(3);
}

/// Safe mode holds without a screen as it does in one; what a refusal means is said below it.
#[test]
fn safe_mode_explanations_and_changes_in_lines() {
    let home = Home::new();
    let script = b":safe\nDELETE Sent\nSELECT INBOX\n:why GETMETADATA\n:tabs\n";
    let refused = run(&home, &["--plain", "--safe", "readonly", "demo"], script);
    let text = refused.text();
    for wanted in ["readonly", "EXAMINE INBOX", "needs METADATA", "lines only"] {
        assert!(text.contains(wanted), "{wanted:?} is not in\n{text}");
    }
    assert!(!text.contains("C: A0001 DELETE"), "{text}");
    // Nobody is there to be asked, unless --yes has answered.
    let script = b"CREATE INBOX.tmp\nDELETE INBOX.tmp\nSELECT nonsense\n";
    let gone = "C: A0002 DELETE INBOX.tmp\n";
    let asked = run(&home, &["--plain", "demo"], script).text();
    assert!(!asked.contains(gone), "{asked}");
    let confirmed = run(&home, &["--plain", "--yes", "demo"], script).text();
    for wanted in [gone, "means: "] {
        assert!(
            confirmed.contains(wanted),
            "{wanted:?} is not in\n{confirmed}"
        );
    }
    let seen = run(
        &home,
        &["--plain", "demo"],
        b"SELECT INBOX\nFETCH 1:* FLAGS\nFETCH 11 BODY[]\n",
    );
    assert!(seen.text().contains("changed: "), "{}", seen.text());
    run(&home, &["--plain", "--record", "x", "demo"], b"").expect_code(1);
}

/// Two programs at once: each command of each is in the file afterwards, as one JSON object a line.
#[test]
fn two_processes_share_the_history_and_lose_nothing() {
    const EACH: usize = 40;
    let home = Home::new();
    let script = |who: &str| -> Vec<u8> {
        (0..EACH)
            .map(|n| format!("STATUS INBOX.{who}-{n} (MESSAGES)\n"))
            .collect::<String>()
            .into_bytes()
    };
    std::thread::scope(|scope| {
        for who in ["one", "two", "three"] {
            let home = &home;
            scope.spawn(move || {
                run(home, &["--plain", "demo"], &script(who)).expect_code(4);
            });
        }
    });
    // Nothing private is written, nor a password.
    run(
        &home,
        &["--plain", "--private", "demo"],
        b"STATUS INBOX.hidden (MESSAGES)\n",
    )
    .expect_code(4);
    run(&home, &["--plain", "demo"], b"a1 LOGIN craig hunter2\n");
    let file = find(home.path(), "history.jsonl");
    let text = std::fs::read_to_string(file).unwrap();
    for line in text.lines() {
        let value: serde_json::Value = serde_json::from_str(line).unwrap();
        assert!(
            value["text"].is_string() && value["server"].is_string(),
            "{line}"
        );
    }
    for who in ["one", "two", "three"] {
        for n in 0..EACH {
            let wanted = format!("INBOX.{who}-{n} ");
            assert!(text.contains(&wanted), "{wanted} was lost");
        }
    }
    assert!(
        !text.contains("hidden") && !text.contains("hunter2"),
        "{text}"
    );
}

fn find(folder: &std::path::Path, name: &str) -> std::path::PathBuf {
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.file_name().is_some_and(|n| n == name) {
                return path;
            }
        }
    }
    panic!("{name} is nowhere");
}

/// The external editor has the terminal, the file is the user's alone and gone afterwards, and the screen
/// comes back with the text.
#[test]
fn the_external_editor_gets_the_terminal_and_gives_it_back() {
    let home = Home::new();
    let seen = home.path().join("seen");
    let script = format!(
        "#!/bin/sh\nstat -c %a \"$1\" > {seen}\necho \"$1\" >> {seen}\ncat \"$1\" >> {seen}\n\
         echo editor-has-it\nread line\necho \"NOOP $line\" > \"$1\"\n",
        seen = seen.display()
    );
    let editor = home.file("editor.sh", script.as_bytes());
    let command = format!(
        "EDITOR='sh {}' VISUAL= exec {} demo",
        editor.display(),
        binary().display()
    );
    let mut terminal = Terminal::start(
        &home,
        std::path::Path::new("/bin/sh"),
        &["-c", &command],
        (100, 30),
    );
    terminal.wait_for(crate::LOGGED_IN);
    terminal.keys("SELECT INBOX\x18\x05");
    terminal.wait_for("editor-has-it");
    // Cooked and echoing: the editor reads a line, keys do not reach imapsh.
    terminal.keys("from-outside\r");
    terminal.wait_for("NOOP from-outside");
    terminal.wait_for(crate::LOGGED_IN);
    let text = std::fs::read_to_string(&seen).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], "600");
    assert_eq!(lines[2], "SELECT INBOX");
    assert!(!std::path::Path::new(lines[1]).exists(), "the file stays");
    assert!(
        !terminal.contents().contains("A0001 NOOP"),
        "nothing was sent"
    );
    // Keys reach the screen again, the first one too.
    terminal.keys("!");
    terminal.wait_for("NOOP from-outside!");
    terminal.keys(key::CTRL_C);
    terminal.keys(":q!\r");
    terminal.wait_exit();
    terminal.assert_restored();
}

/// The terminal's mouse is taken only when asked for, and given back.
#[test]
fn the_mouse_is_off_until_asked_for_and_given_back() {
    const ON: &[u8] = b"\x1b[?1000h";
    const OFF: &[u8] = b"\x1b[?1000l";
    let home = Home::new();
    let mut terminal = crate::demo(&home, (100, 30));
    let has = |raw: &[u8], what: &[u8]| raw.windows(what.len()).any(|w| w == what);
    assert!(!has(&terminal.raw(), ON));
    terminal.keys(":mouse on\r");
    terminal.wait_for("The mouse is taken");
    assert!(has(&terminal.raw(), ON) && !has(&terminal.raw(), OFF));
    // A click into the transcript moves the focus there: single letters are its keys then.
    terminal.keys("\x1b[<0;60;5M\x1b[<0;60;5m");
    terminal.keys("?");
    terminal.wait_for("Help: Transcript");
    terminal.keys(key::ESC);
    terminal.wait_gone("Help: Transcript");
    terminal.keys(":q!\r");
    terminal.wait_exit();
    assert!(has(&terminal.raw(), OFF));
    terminal.assert_restored();
}

/// As many lines as people paste, and more: they come in, nothing goes out, and the screen stays alive.
#[test]
fn a_paste_of_ten_thousand_lines_sends_nothing() {
    let home = Home::new();
    let mut terminal = crate::demo(&home, (100, 30));
    let pasted: String = (1..=10_000).map(|n| format!("NOOP pasted-{n}\r")).collect();
    terminal.paste(&pasted);
    terminal.wait_for("pasted-10000");
    assert!(!terminal.contents().contains("A0001 NOOP"));
    terminal.keys("x");
    terminal.wait_for("pasted-10000");
    terminal.keys(key::CTRL_C);
    terminal.wait_gone("pasted-10000");
    terminal.keys("NOOP\r");
    terminal.wait_for("A0001 OK");
}

/// Line ends of every kind are line ends; control octets are left out with a sentence, and none of them
/// does anything.
#[test]
fn a_paste_of_carriage_returns_and_control_octets() {
    let home = Home::new();
    let mut terminal = crate::demo(&home, (100, 30));
    terminal.paste("NOOP one\rNOOP two\r\nNOOP three\nNOOP four");
    terminal.wait_for("NOOP four");
    for line in ["NOOP one", "NOOP two", "NOOP three"] {
        assert!(
            terminal.contents().contains(line),
            "{}",
            terminal.contents()
        );
    }
    terminal.keys(key::CTRL_C);
    terminal.wait_gone("NOOP four");
    terminal.paste("SEL\x00ECT\x07 IN\x03BOX\x04\x08");
    terminal.wait_for("SELECT INBOX");
    terminal.wait_for("were left out");
    assert!(
        !terminal.contents().contains("A0001 SELECT"),
        "nothing was sent"
    );
}
