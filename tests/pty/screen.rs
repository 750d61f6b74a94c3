//! What one sees and types.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::time::Duration;

use crate::bad_input::agreeable;
use crate::program::{DEADLINE, Home, Running, accept, binary};
use crate::terminal::Terminal;
use crate::{LOGGED_IN, demo, key};

#[test]
fn the_demo_shows_as_whom_and_answers() {
    for size in [(80, 24), (120, 35), (200, 50)] {
        let home = Home::new();
        let mut terminal = demo(&home, size);
        // The last of what is asked by itself: behind the reply it would push it off the screen.
        terminal.wait_for("P0008 LSUB");
        terminal.keys("SELECT INBOX");
        terminal.keys(key::ENTER);
        terminal.wait_for("A0001 SELECT INBOX");
        terminal.wait_for("A0001 OK");
        terminal.wait_for("EXISTS");
        let screen = terminal.contents();
        assert!(
            screen.contains(LOGGED_IN),
            "the top line is never hidden:\n{screen}"
        );
        // The login went over the wire for real, and nothing secret was shown.
        assert!(!screen.contains("adminpass"), "{screen}");
        assert!(!String::from_utf8_lossy(&terminal.raw()).contains("adminpass"));
    }
}

#[test]
fn help_comes_and_goes() {
    let home = Home::new();
    let mut terminal = demo(&home, (120, 35));
    terminal.keys(key::F1);
    terminal.wait_until("the help", |screen| {
        let text = screen.contents();
        text.to_lowercase().contains("help") && text.contains("without a tag being added")
    });
    terminal.keys(key::ESC);
    terminal.wait_gone("without a tag being added");
}

#[test]
fn one_cell_and_back() {
    let home = Home::new();
    let mut terminal = demo(&home, (80, 24));
    for size in [(1, 1), (2, 1), (1, 40), (300, 2), (39, 7), (59, 15), (1, 1)] {
        terminal.resize(size);
        terminal.wait_quiet(Duration::from_millis(50));
    }
    terminal.resize((80, 24));
    terminal.wait_for(LOGGED_IN);
    terminal.keys("NOOP\r");
    terminal.wait_for("A0001 OK");
}

/// Lines of a paste are lines of the editor; nothing goes out until Enter is pressed.
#[test]
fn a_paste_sends_nothing() {
    let home = Home::new();
    let mut terminal = demo(&home, (100, 30));
    let pasted: String = (1..=200).map(|n| format!("NOOP pasted-{n}\n")).collect();
    terminal.paste(&pasted);
    terminal.wait_for("pasted-200");
    assert!(
        !terminal.contents().contains("A0001 NOOP"),
        "{}",
        terminal.contents()
    );
    terminal.keys(key::CTRL_C);
    terminal.wait_gone("pasted-200");
    terminal.keys("NOOP\r");
    // The first tag: so nothing of the paste ever went out.
    terminal.wait_for("A0001 OK");
}

/// What a server writes never reaches the terminal as it is.
#[test]
fn escape_sequences_of_a_server_are_harmless() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    let server = std::thread::spawn(move || {
        let mut client = accept(&listener);
        let evil = b"* OK [CAPABILITY IMAP4rev1] \x1b]52;c;ZXZpbA==\x07\x1b[2J\x1b]0;pwned\x07 \xc2\x9b31m end-of-greeting\r\n";
        client.write_all(evil).unwrap();
        let mut line = String::new();
        let _ = BufReader::new(client).read_line(&mut line);
    });
    let home = Home::new();
    let mut terminal = Terminal::start(&home, binary(), &["-p", &port, "127.0.0.1"], (120, 35));
    terminal.wait_for("end-of-greeting");
    let raw = terminal.raw();
    for sequence in [&b"\x1b]52"[..], b"\x1b]0;pwned", b"\xc2\x9b"] {
        assert!(
            !raw.windows(sequence.len()).any(|w| w == sequence),
            "{sequence:?} reached the terminal"
        );
    }
    terminal.keys(key::CTRL_D);
    terminal.keys(key::CTRL_D);
    terminal.wait_exit();
    terminal.assert_restored();
    server.join().unwrap();
}

/// A password is asked for in the program, masked, over a real socket to a demo of its own.
#[test]
fn the_password_prompt_is_masked() {
    let home = Home::new();
    let port = {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().port().to_string()
    };
    let mut server = Running::start(&home, &["demo", "--listen", &format!("127.0.0.1:{port}")]);
    server.wait_for(".pem");
    let mut terminal = Terminal::start(
        &home,
        binary(),
        &["-p", &port, "-a", "craig", "127.0.0.1"],
        (100, 30),
    );
    terminal.wait_until("a password prompt", |screen| {
        screen.contents().to_lowercase().contains("password")
    });
    terminal.keys("secret");
    terminal.wait_for("******");
    terminal.keys(key::ENTER);
    terminal.wait_for("AS craig");
    terminal.wait_gone("not logged in");
    terminal.keys("MYRIGHTS INBOX\r");
    terminal.wait_for("A0001 OK");
    assert!(
        !String::from_utf8_lossy(&terminal.raw()).contains("secret"),
        "the password is on the screen"
    );
}

/// No work, no redraw: no timer runs while nothing visible counts.
#[test]
fn an_idle_screen_uses_no_cpu() {
    let home = Home::new();
    let terminal = demo(&home, (120, 35));
    terminal.wait_quiet(Duration::from_millis(1500));
    let before = usage(terminal.pid());
    let written = terminal.raw().len();
    terminal.wait_quiet(Duration::from_secs(2));
    let after = usage(terminal.pid());
    assert!(
        after.ticks - before.ticks <= 1,
        "{} ticks of CPU in 2 s",
        after.ticks - before.ticks
    );
    // A clock may tick once a second while something visible counts; nothing polls.
    let switches = after.switches - before.switches;
    assert!(switches <= 20, "{switches} wake-ups in 2 s");
    assert_eq!(
        terminal.raw().len(),
        written,
        "an idle screen was drawn again"
    );
}

struct Usage {
    /// CPU time of all threads, in clock ticks (10 ms).
    ticks: u64,
    /// How often any thread went to sleep by itself.
    switches: u64,
}

fn usage(pid: i32) -> Usage {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    // Behind the command's name in brackets; utime and stime are fields 14 and 15 of the line.
    let fields: Vec<&str> = stat
        .rsplit_once(')')
        .unwrap()
        .1
        .split_whitespace()
        .collect();
    let number = |index: usize| fields[index].parse::<u64>().unwrap();
    let mut switches = 0;
    for task in fs::read_dir(format!("/proc/{pid}/task")).unwrap() {
        let status = fs::read_to_string(task.unwrap().path().join("status")).unwrap();
        let line = status
            .lines()
            .find(|l| l.starts_with("voluntary_ctxt_switches:"))
            .unwrap();
        switches += line
            .split_whitespace()
            .nth(1)
            .unwrap()
            .parse::<u64>()
            .unwrap();
    }
    Usage {
        ticks: number(11) + number(12),
        switches,
    }
}

/// pinentry-curses, `pass`: what asks on the terminal is stopped beside a full screen, says so, and is given
/// the terminal on a key; the screen comes back, and with it the login.
#[test]
fn a_command_for_the_password_asks_on_the_terminal() {
    let home = Home::new();
    let (port, heard) = agreeable();
    std::fs::create_dir_all(home.path().join("config/imapsh")).unwrap();
    home.file(
        "config/imapsh/config.toml",
        format!(
            "[profile.asks]\nhost = \"127.0.0.1\"\nport = {port}\nsecurity = \"none\"\nauthcid = \"craig\"\n\
             password_from = \"cmd:printf 'Which one? ' >/dev/tty; read -r word </dev/tty; \
             echo $GPG_TTY >gpg-tty; echo $word\"\n"
        )
        .as_bytes(),
    );
    let mut terminal = demo(&home, (80, 24));
    terminal.keys(":connect @asks\r");
    terminal.wait_for("wants to ask on the terminal");
    terminal.keys(key::F7);
    terminal.wait_for("Which one?");
    terminal.keys("hunter5\n");
    let login = heard.recv_timeout(DEADLINE).unwrap();
    assert_eq!(login, "LOGIN craig \"hunter5\"");
    terminal.wait_for("AS craig");
    let tty = fs::read_to_string(home.path().join("gpg-tty")).unwrap();
    assert!(tty.starts_with("/dev/"), "{tty:?}");
}
