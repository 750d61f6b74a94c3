//! What leaves the transcript: traces that read back byte for byte, each format, reports without names, files
//! that are whole or not there, and the record.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::{Duration, Instant, SystemTime};

use imapsh::channel::Notice;
use imapsh::export::{
    Exporter, FileError, Format, Names, NewFile, Overwrite, Recorder, Scope, dated,
};
use imapsh::import::sources;
use imapsh::session::{Event, Observer};
use imapsh::transcript::{LineKind, NoteLevel, Transcript};
use imapsh::wire::Direction;
use proptest::prelude::*;

use crate::logs::recorded;

fn start() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_micros(1_795_637_225_000_123)
}

/// A transcript of what two others said, each line 1.5 ms after the one before.
struct Talk {
    transcript: Transcript,
    observer: Observer,
    zero: Instant,
    passed: Duration,
}

impl Talk {
    fn new() -> Talk {
        let zero = Instant::now();
        Talk {
            transcript: Transcript::new().unwrap(),
            observer: Observer::new(zero),
            zero,
            passed: Duration::ZERO,
        }
    }

    fn now(&self) -> SystemTime {
        start() + self.passed
    }

    fn take(&mut self) {
        let at = self.now();
        while let Some(event) = self.observer.poll_event() {
            self.transcript.record(at, &event);
        }
    }

    fn client(&mut self, bytes: impl AsRef<[u8]>) -> &mut Talk {
        self.passed += Duration::from_micros(1_500);
        self.observer
            .client(self.zero + self.passed, bytes.as_ref());
        self.take();
        self
    }

    fn server(&mut self, bytes: impl AsRef<[u8]>) -> &mut Talk {
        self.passed += Duration::from_micros(1_500);
        self.observer
            .server(self.zero + self.passed, bytes.as_ref());
        self.take();
        self
    }

    fn end(&mut self) -> &mut Talk {
        self.observer.end();
        self.take();
        self.observer = Observer::new(self.zero + self.passed);
        self
    }
}

fn exported(
    transcript: &Transcript,
    format: Format,
    scope: Scope,
    head: &[String],
    names: Option<Names>,
) -> String {
    let mut exporter = Exporter::new(transcript, format, scope, head, names, Vec::new()).unwrap();
    // In small steps, as the screen does it.
    while !exporter.step(transcript, 100).unwrap() {}
    String::from_utf8(exporter.into_inner()).unwrap()
}

fn all(transcript: &Transcript, format: Format) -> String {
    exported(transcript, format, Scope::All, &[], None)
}

/// Everything of one direction, and what else counts.
fn content(transcript: &Transcript) -> (Vec<u8>, Vec<u8>, Vec<String>) {
    let (mut client, mut server) = (Vec::new(), Vec::new());
    for index in 0..transcript.len() {
        let line = transcript.line(index).unwrap();
        let out = match line.kind.direction() {
            Some(Direction::Client) => &mut client,
            Some(Direction::Server) => &mut server,
            None => continue,
        };
        out.extend_from_slice(&line.bytes);
        out.extend_from_slice(line.ending.octets());
        if matches!(line.kind, LineKind::Literal { .. }) {
            out.extend_from_slice(&transcript.literal_bytes(index, 0, usize::MAX >> 1));
        }
    }
    let commands = (0..transcript.command_count()).map(|index| {
        let command = transcript.command(index).unwrap();
        format!(
            "{:?} {} {:?} {:?} {:?}",
            transcript.command_tag(index),
            command.verb,
            command.status,
            command.elapsed,
            command.at
        )
    });
    let commands = commands.collect();
    (client, server, commands)
}

/// Written to a file and opened by `view`.
fn viewed(text: &str) -> Transcript {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), text).unwrap();
    let sources = sources(&[file.path().to_owned()]).unwrap();
    assert_eq!(sources.len(), 1, "{text}");
    let (transcript, failed) = recorded(&sources[0]);
    assert_eq!(failed, None, "{text}");
    transcript
}

fn sample() -> Talk {
    let mut talk = Talk::new();
    talk.server("* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] mail.example.com ready\r\n")
        .client("A1 LOGIN craig hunter2-very-secret\r\n")
        .server("A1 OK welcome craig\r\n")
        .client("A2 AUTHENTICATE SCRAM-SHA-256\r\n")
        .server("+ cj1hYmMscz1zYWx0LGk9NDA5Ng==\r\n")
        .client("Yz1iaXdzLHI9YWJj\r\n")
        .server("A2 NO no\r\n")
        .client("A3 SELECT \"Shared/Team\"\r\n")
        .server("* 3 EXISTS\r\nA3 OK [READ-WRITE] done\r\n")
        .client("A4 FETCH 1 (ENVELOPE BODY.PEEK[])\r\n")
        .server(
            "* 1 FETCH (ENVELOPE (\"Tue\" \"lunch\" ((\"Ann Example\" NIL \"ann\" \"example.org\")) \
             NIL NIL NIL NIL NIL NIL NIL) BODY[] {32}\r\nFrom: ann@example.org\r\n\r\nhi \x1b[2J\r\n)\r\n",
        )
        .server("A4 OK done (0.001 + 0.000 secs).\r\n")
        .client("A5 STORE 1 +FLAGS (\\Seen)\r\n")
        .server("A5 NO [NOPERM] craig@example.com may not, says 192.0.2.7 at imap2.example.com.\r\n");
    talk
}

#[test]
fn each_format() {
    let mut talk = sample();
    let at = talk.now();
    talk.transcript
        .note(at, NoteLevel::Warning, "a note \u{202e}of ours");
    let mut text = String::new();
    for (format, name) in Format::ALL {
        let head = ["imapsh 0: bug report".to_owned(), "server ID: x".to_owned()];
        text.push_str(&format!("== {name}\n"));
        text.push_str(&exported(&talk.transcript, format, Scope::All, &head, None));
    }
    assert!(
        !text.contains("hunter2") && !text.contains("Yz1iaXdz"),
        "{text}"
    );
    assert!(
        !text.contains('\x1b') && !text.contains('\u{202e}'),
        "{text}"
    );
    insta::with_settings!({ snapshot_path => "golden/export", prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!("formats", text);
    });
}

#[test]
fn a_trace_and_json_come_back() {
    let talk = sample();
    for format in [Format::Trace, Format::Json] {
        let text = all(&talk.transcript, format);
        let again = viewed(&text);
        assert_eq!(content(&talk.transcript), content(&again), "{text}");
        assert_eq!(text, all(&again, format));
    }
    // Every octet there is, in a line and in a literal.
    let mut talk = Talk::new();
    let every: Vec<u8> = (0..=255).collect();
    let line: Vec<u8> = (0..=255).filter(|b| *b != b'\n').collect();
    talk.server([b"* X ", line.as_slice(), b"\r\n* Y {256}\n", &every, b"\n"].concat());
    talk.server(b"* Z \\x41 \\ \\\r\n* W {0}\r\n\r\n");
    for format in [Format::Trace, Format::Json] {
        let again = viewed(&all(&talk.transcript, format));
        assert_eq!(content(&talk.transcript), content(&again));
    }
}

#[test]
fn connections_stay_apart() {
    let mut talk = Talk::new();
    talk.server("* OK one\r\n")
        .client("A1 FETCH 1 BODY[]\r\n")
        .server("* 1 FETCH (BODY[] {100}\r\ncut off")
        .end()
        .server("* OK two\r\n")
        .client("A1 NOOP\r\n")
        .server("A1 OK\r\n");
    let text = all(&talk.transcript, Format::Trace);
    assert!(text.contains(" s1\n") && text.contains(" s2\n"), "{text}");
    for format in [Format::Trace, Format::Json] {
        let again = viewed(&all(&talk.transcript, format));
        assert_eq!(content(&talk.transcript), content(&again), "{text}");
        assert_eq!(again.connection_of(again.len() - 1), 2);
    }
}

#[test]
fn one_command_alone() {
    let talk = sample();
    let scope = Scope::Commands(BTreeSet::from([4]));
    let text = exported(&talk.transcript, Format::Trace, scope, &[], None);
    assert!(text.contains("A5 STORE") && text.contains("NOPERM"));
    assert!(!text.contains("A4") && !text.contains("EXISTS"), "{text}");
    let text = exported(
        &talk.transcript,
        Format::Text,
        Scope::Lines(BTreeSet::from([0, 2])),
        &[],
        None,
    );
    assert_eq!(text.lines().count(), 2, "{text}");
}

#[test]
fn names_are_gone_and_the_same_everywhere() {
    let talk = sample();
    let names = || {
        Names::new(
            ["craig", "ann@example.org"],
            ["mail.example.com"],
            [(&b"Shared/Team"[..], Some(b'/')), (b"INBOX", Some(b'/'))],
        )
    };
    let head = ["server: mail.example.com:993, as craig".to_owned()];
    for format in [Format::Report, Format::Text, Format::Json] {
        let text = exported(&talk.transcript, format, Scope::All, &head, Some(names()));
        let lower = text.to_lowercase();
        for name in [
            "craig",
            "ann",
            "example",
            "192.0.2.7",
            "shared",
            "team",
            "lunch",
            "imap2",
        ] {
            assert!(!lower.contains(name), "{name} in {text}");
        }
        assert!(text.contains("LOGIN user1 ********"), "{text}");
        assert!(text.contains("user1@host"), "{text}");
    }
    // A report is a trace, also without its names.
    let text = exported(
        &talk.transcript,
        Format::Report,
        Scope::All,
        &head,
        Some(names()),
    );
    let again = viewed(&text);
    assert_eq!(again.command_count(), talk.transcript.command_count());
    assert!(
        text.starts_with("-- server: host1:993, as user1\n"),
        "{text}"
    );
}

#[test]
fn files_are_whole_and_ours_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.trace");
    let mut file = NewFile::create(&path, Overwrite::No).unwrap();
    file.write_all(b"one").unwrap();
    assert!(!path.exists());
    assert_eq!(file.finish().unwrap(), 3);
    assert_eq!(
        fs::metadata(&path).unwrap().permissions().mode() & 0o777,
        0o600
    );
    assert!(matches!(
        NewFile::create(&path, Overwrite::No),
        Err(FileError::Exists { .. })
    ));
    let mut file = NewFile::create(&path, Overwrite::Yes).unwrap();
    file.write_all(b"two").unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"one");
    file.finish().unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"two");
    // Somebody was faster.
    let other = folder.path().join("y.trace");
    let file = NewFile::create(&other, Overwrite::No).unwrap();
    fs::write(&other, "theirs").unwrap();
    assert!(matches!(file.finish(), Err(FileError::Exists { .. })));
    assert_eq!(fs::read(&other).unwrap(), b"theirs");
    // Dropped half way, nothing is left.
    drop(NewFile::create(&folder.path().join("z"), Overwrite::No).unwrap());
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    assert!(matches!(
        NewFile::create(folder.path(), Overwrite::Yes),
        Err(FileError::Directory { .. })
    ));
    let nowhere = NewFile::create(Path::new("/nowhere/x"), Overwrite::No).unwrap_err();
    assert!(
        nowhere.to_string().contains("cannot be written"),
        "{nowhere}"
    );
}

#[test]
fn a_full_disk_is_told_and_the_record_ends() {
    let full = fs::OpenOptions::new()
        .write(true)
        .open("/dev/full")
        .unwrap();
    let mut recorder = Recorder::over(full);
    let mut observer = Observer::new(Instant::now());
    observer.server(Instant::now(), b"* OK hi\r\n");
    let events: Vec<Event> = std::iter::from_fn(|| observer.poll_event()).collect();
    let notice = Notice::Events {
        at: start(),
        events,
    };
    let told = recorder.notice(start(), 1, &notice).unwrap();
    assert!(
        told.contains("The session goes on") && told.contains("No space left"),
        "{told}"
    );
    assert!(!recorder.is_writing());
    assert_eq!(recorder.notice(start(), 1, &notice), None, "said once");
}

#[test]
fn what_is_recorded_is_what_would_be_exported() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("r.trace");
    let mut recorder = Recorder::create(&path, Overwrite::No).unwrap();
    assert!(matches!(
        Recorder::create(&path, Overwrite::No),
        Err(FileError::Exists { .. })
    ));
    let mut observer = Observer::new(Instant::now());
    let mut transcript = Transcript::new().unwrap();
    let mut at = start();
    for (server, bytes) in [
        (true, &b"* OK hi\r\n"[..]),
        (false, b"A1 LOGIN joe hunter2-very-secret\r\n"),
        (true, b"A1 O"),
        (true, b"K in\r\n* 1 FETCH (BODY[] {10}\r\n12345"),
        (true, b"67890)\r\n"),
        (false, b"A2 NOOP\r\n"),
        (true, b"A2 OK\r\n"),
    ] {
        at += Duration::from_millis(7);
        match server {
            true => observer.server(Instant::now(), bytes),
            false => observer.client(Instant::now(), bytes),
        }
        let events: Vec<Event> = std::iter::from_fn(|| observer.poll_event()).collect();
        for event in &events {
            transcript.record(at, event);
        }
        assert_eq!(recorder.notice(at, 1, &Notice::Events { at, events }), None);
    }
    // On the disk without having ended: what a crash leaves.
    let text = fs::read_to_string(&path).unwrap();
    assert!(
        text.contains("A1 LOGIN joe ********") && !text.contains("hunter2"),
        "{text}"
    );
    assert_eq!(
        fs::metadata(&path).unwrap().permissions().mode() & 0o777,
        0o600
    );
    recorder.finish().unwrap();
    let again = viewed(&fs::read_to_string(&path).unwrap());
    let (client, server, _) = content(&again);
    let (wanted_client, wanted_server, _) = content(&transcript);
    assert_eq!((client, server), (wanted_client, wanted_server));
}

#[test]
fn a_name_with_the_time_in_it() {
    assert_eq!(dated(Path::new("x.trace")), Path::new("x.trace"));
    let name = dated(Path::new("x-%Y%m%d.trace")).display().to_string();
    assert!(name.len() == 16 && name.starts_with("x-20"), "{name}");
}

/// Bytes that mean something to a framer, a trace or JSON, and any others.
fn odd_bytes() -> impl Strategy<Value = Vec<u8>> {
    let tricky = prop::sample::select(vec![
        &b"\r\n"[..],
        b"\n",
        b"\r",
        b"\\",
        b"\\x41",
        b"{5}\r\n",
        b"{5}\n",
        b"~{2+}\r\n",
        b"* 1 FETCH (",
        b"A1 OK [X] y",
        b"+ ",
        b" LOGIN a b",
        b"\xc3\xa9",
        b"\xe2\x80\xae",
        b"\x1b]52;",
        b"\"",
        b"-- @",
        b"S: ",
    ]);
    let piece = prop_oneof![3 => tricky.prop_map(<[u8]>::to_vec), 1 => prop::collection::vec(any::<u8>(), 0..5)];
    prop::collection::vec(piece, 0..6).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Whatever passed, in whatever cut: what is exported reads back byte for byte, each side for itself, and
    /// is exported alike again.
    #[test]
    fn whatever_passed_comes_back(
        steps in prop::collection::vec((any::<bool>(), odd_bytes()), 0..12),
        json in any::<bool>(),
    ) {
        let mut talk = Talk::new();
        for (server, bytes) in &steps {
            match server {
                true => talk.server(bytes),
                false => talk.client(bytes),
            };
        }
        talk.end();
        let format = if json { Format::Json } else { Format::Trace };
        let text = all(&talk.transcript, format);
        if talk.transcript.is_empty() || (json && text.is_empty()) {
            return Ok(());
        }
        let again = viewed(&text);
        let (client, server, _) = content(&talk.transcript);
        let (client_again, server_again, _) = content(&again);
        prop_assert_eq!(client, client_again, "{}", text);
        prop_assert_eq!(server, server_again, "{}", text);
    }
}

/// A trace of 100 MB goes in and out again in a process that may use 48 MB for data.
#[test]
fn a_hundred_megabytes_in_little_memory() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("big.trace");
    let line = format!("{}\r\n", "x".repeat(510));
    let count = 100 * 1024 * 1024 / line.len();
    let mut out = std::io::BufWriter::new(fs::File::create(&path).unwrap());
    let size = count * line.len();
    write!(
        out,
        "S: * PREAUTH hi\nC: A1 FETCH 1 BODY[]\nS: * 1 FETCH (BODY[] {{{size}}}\n"
    )
    .unwrap();
    for _ in 0..count {
        writeln!(out, "S: {}", line.trim_end()).unwrap();
    }
    write!(out, "S: )\nS: A1 OK done\n").unwrap();
    out.into_inner().unwrap().sync_all().unwrap();
    let limited = format!(
        "ulimit -d 49152; exec {} view {} | tail -c 200",
        env!("CARGO_BIN_EXE_imapsh"),
        path.display()
    );
    let output = std::process::Command::new("sh")
        .args(["-c", &limited])
        .env("IMAPSH_CONFIG", "")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        text.ends_with("S: )\nS: A1 OK done\n"),
        "{text:?} {output:?}"
    );
}

#[test]
fn two_sessions_compared() {
    let one = sample();
    let mut other = Talk::new();
    other
        .server("* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] mail.example.com ready\r\n")
        .client("B1 LOGIN craig something\r\n")
        .server("B1 OK welcome craig\r\n")
        .client("B3 SELECT \"Shared/Team\"\r\n")
        .server("* 4 EXISTS\r\nB3 OK [READ-WRITE] done\r\n")
        .client("B4 NOOP\r\n")
        .server("B4 OK done (0.007 + 0.000 secs).\r\n");
    let compared = |all| {
        let comparison = imapsh::compare::compare(&one.transcript, &other.transcript, all);
        let rows = comparison.rows.iter().map(|row| row.line());
        (comparison.differences, rows.collect::<Vec<_>>().join("\n"))
    };
    let (differences, text) = compared(false);
    // AUTHENTICATE, FETCH and STORE are missing, NOOP is more, SELECT says another number.
    assert_eq!(differences, 5, "{text}");
    assert!(text.contains("= 2 commands alike"), "{text}");
    assert!(
        text.contains("-     S: * 3 EXISTS\n+     S: * 4 EXISTS"),
        "{text}"
    );
    assert!(text.contains("- STORE 1 +FLAGS (\\Seen)"), "{text}");
    // Tags are each session's own, times are left out, unless wanted.
    let mut slower = Talk::new();
    slower
        .server("* OK hi\r\n")
        .client("X9 NOOP\r\n")
        .server("X9 OK done (0.9 secs).\r\n");
    let mut faster = Talk::new();
    faster
        .server("* OK hi\r\n")
        .client("A1 NOOP\r\n")
        .server("A1 OK done (0.1 secs).\r\n");
    let count =
        |all| imapsh::compare::compare(&slower.transcript, &faster.transcript, all).differences;
    assert_eq!((count(false), count(true)), (0, 1));
}

#[test]
fn on_a_pipe() {
    let run = |words: &[&str]| {
        let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/logs");
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_imapsh"))
            .args(words)
            .current_dir(samples)
            .env("IMAPSH_CONFIG", "")
            .stdin(std::process::Stdio::null())
            .output()
            .unwrap();
        (
            output.status.code().unwrap(),
            String::from_utf8(output.stdout).unwrap(),
            String::from_utf8(output.stderr).unwrap(),
        )
    };
    let pair = ["dovecot-timed.in", "dovecot-timed.out"];
    let plain = ["dovecot-plain.in", "dovecot-plain.out"];
    let (code, out, _) = run(&["view", pair[0], pair[1]]);
    assert!(
        code == 0 && out.contains("-- A5 STORE") && out.contains("NO in 12.0 ms"),
        "{out}"
    );
    let diff = |files: &[&str]| run(&[&["view", "--diff"], files].concat());
    let (code, out, _) = diff(&[pair[0], pair[1], plain[0], plain[1]]);
    assert_eq!((code, out.as_str()), (0, ""));
    let (code, out, _) = diff(&[pair[0], pair[1], "telemetry-4711"]);
    assert!(
        code == 4 && out.starts_with("--- dovecot-timed.in + .out\n+++ telemetry"),
        "{out}"
    );
    let (code, _, errors) = diff(&["telemetry-4711"]);
    assert!(
        code == 1 && errors.contains("these files hold 1"),
        "{errors}"
    );
    let (code, out, errors) = run(&["view", "nowhere"]);
    assert!(code == 1 && out.is_empty(), "{out}");
    assert_eq!(errors, "imapsh: nowhere: there is no such file\n");
}
