//! Logs that other programs wrote, heard as a session is: each format's sample as golden text, and what is
//! no log.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use imapsh::import::{Format, Heard, Overhearing, Source, recognise, sources};
use imapsh::transcript::{LineKind, NoteLevel, Transcript, trace};
use imapsh::wire::Direction;

use crate::secrets::forms;

const SECRET: &str = "hunter2-very-secret";

fn sample(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/logs")
        .join(name)
}

fn found(names: &[&str]) -> Vec<Source> {
    let files: Vec<PathBuf> = names.iter().map(|name| sample(name)).collect();
    sources(&files).unwrap()
}

/// The source, recorded as the screen would.
pub fn recorded(source: &Source) -> (Transcript, Option<String>) {
    let mut log = Overhearing::open(source).unwrap();
    let mut transcript = Transcript::new().unwrap();
    let mut failed = None;
    loop {
        match log.hear() {
            Ok(Some(Heard::Events { at, events })) => {
                for event in &events {
                    transcript.record(at, event);
                }
            }
            Ok(Some(Heard::Remark { at, text, warning })) => {
                let level = match warning {
                    true => NoteLevel::Warning,
                    false => NoteLevel::Info,
                };
                transcript.note(at, level, &text);
            }
            Ok(None) => return (transcript, failed),
            Err(error) => failed = Some(error.to_string()),
        }
    }
}

/// Each line with its time, its command and what became of that.
fn told(transcript: &Transcript, timed: bool) -> String {
    let mut text = String::new();
    let time = |at: SystemTime| match timed {
        true => trace::time(at),
        false => "-".to_owned(),
    };
    for index in transcript.first_line()..transcript.len() {
        let line = transcript.line(index).unwrap();
        let who = match line.kind {
            LineKind::Sent => "C:".to_owned(),
            LineKind::Received { unsolicited: false } => "S:".to_owned(),
            LineKind::Received { unsolicited: true } => "S: (unasked)".to_owned(),
            LineKind::Literal {
                direction,
                size,
                received,
                ..
            } => format!("{direction:?} literal {received} of {size}"),
            LineKind::Note(_) => "--".to_owned(),
        };
        let shown = String::from_utf8_lossy(&line.bytes).into_owned();
        let command = line.command.map(|c| format!("#{c}")).unwrap_or_default();
        let _ = writeln!(text, "{} {command:>3} {who} {shown}", time(line.at));
        if matches!(line.kind, LineKind::Literal { .. }) {
            let octets = transcript.literal_bytes(index, 0, 4096);
            let _ = writeln!(text, "        {:?}", String::from_utf8_lossy(&octets));
        }
    }
    for index in 0..transcript.command_count() {
        let command = transcript.command(index).unwrap();
        let tag = transcript
            .command_tag(index)
            .map(|t| t.to_string())
            .unwrap_or_default();
        let _ = writeln!(
            text,
            "#{index} {tag} {} {:?} {:?} {:?}",
            command.verb,
            command.status,
            command.progress,
            command.elapsed.filter(|_| timed)
        );
    }
    text
}

fn golden(name: &str, files: &[&str], timed: bool) {
    let mut text = String::new();
    for source in found(files) {
        let (transcript, failed) = recorded(&source);
        assert_eq!(failed, None, "{name}");
        let _ = writeln!(text, "== {} ({})", source.name(), source.format.name());
        text.push_str(&told(&transcript, timed));
    }
    for form in forms(SECRET) {
        assert!(!text.contains(&form), "{name} shows {form}:\n{text}");
    }
    insta::with_settings!({ snapshot_path => "golden/logs", prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!(name, text);
    });
}

#[test]
fn dovecot_with_times() {
    golden(
        "dovecot-timed",
        &["dovecot-timed.out", "dovecot-timed.in"],
        true,
    );
}

#[test]
fn dovecot_without_times() {
    golden(
        "dovecot-plain",
        &["dovecot-plain.in", "dovecot-plain.out"],
        false,
    );
    // Told apart by tags, it comes to the same order as by times.
    let order = |transcript: &Transcript| -> Vec<Vec<u8>> {
        (0..transcript.len())
            .map(|i| transcript.line(i).unwrap().bytes)
            .collect()
    };
    let (plain, _) = recorded(&found(&["dovecot-plain.in", "dovecot-plain.out"])[0]);
    let (timed, _) = recorded(&found(&["dovecot-timed.in", "dovecot-timed.out"])[0]);
    assert_eq!(order(&plain), order(&timed));
}

#[test]
fn one_side_alone() {
    golden("dovecot-client", &["dovecot-timed.in"], true);
    golden("dovecot-server", &["dovecot-timed.out"], true);
}

#[test]
fn imaptest() {
    golden("imaptest", &["rawlog.1"], true);
}

#[test]
fn cyrus_telemetry() {
    golden("telemetry", &["telemetry-4711"], true);
}

#[test]
fn thunderbird() {
    golden("thunderbird", &["thunderbird.moz_log"], true);
}

#[test]
fn cut_off_in_a_literal() {
    golden("cut", &["cut-in-a-literal.trace"], true);
}

#[test]
fn told_apart_by_what_is_in_them() {
    let of = |text: &str| recognise(text.as_bytes());
    assert_eq!(of("S: * OK hi\n"), Some(Format::Trace));
    assert_eq!(of("-- a comment\n"), Some(Format::Trace));
    assert_eq!(of(">1795637225>* OK\r\n"), Some(Format::Telemetry));
    assert_eq!(
        of("1795637225.472888 A1 noop\r\n"),
        Some(Format::RawlogSide {
            side: Direction::Client,
            timed: true
        })
    );
    assert_eq!(
        of("* OK hi\r\n"),
        Some(Format::RawlogSide {
            side: Direction::Server,
            timed: false
        })
    );
    // Dovecot's own client and a server: who speaks like a server is one.
    for (line, input) in [
        ("1795637225.472888 I: * OK hi\r\n", Direction::Server),
        ("1795637225.472888 O: 1 LOGIN a b\r\n", Direction::Server),
        ("1795637225.472888 O: * OK hi\r\n", Direction::Client),
        ("1795637225.472888 I: 1 NOOP\r\n", Direction::Client),
    ] {
        assert_eq!(of(line), Some(Format::Rawlog { input }), "{line}");
    }
    for nothing in [
        "hello\nworld\n",
        "{\"a\": 1}\n",
        "Nov 25 20:07:05 host imap[1]: login\n",
        "\x7fELF\x02",
        "\n\n\n",
    ] {
        assert_eq!(of(nothing), None, "{nothing:?}");
    }
}

#[test]
fn what_is_no_log_is_one_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::File::create(&path)
            .unwrap()
            .write_all(bytes)
            .unwrap();
        path
    };
    let told = |path: PathBuf| sources(&[path]).unwrap_err().to_string();
    assert!(told(folder.path().join("nowhere")).contains("there is no such file"));
    assert!(told(folder.path().to_owned()).contains("is a directory"));
    assert!(told(file("empty", b"")).contains("is empty"));
    let garbage = told(file("garbage", b"some words\nand more\n"));
    assert!(
        garbage.contains("no log that imapsh knows") && garbage.contains("telemetry"),
        "{garbage}"
    );
    assert!(told(file("binary", b"\x00\x01\x02\xff")).contains("binary data"));
    // A trace that is none half way: what came before is there, and then the sentence.
    let half = file(
        "half.trace",
        b"S: * OK hi\nC: A1 NOOP\nS: A1 OK\nwhat is this\n",
    );
    let (transcript, failed) = recorded(&sources(&[half]).unwrap()[0]);
    assert_eq!(transcript.command_count(), 1);
    assert!(
        failed
            .unwrap()
            .contains("line 4: this line of the trace begins with none of")
    );
}

/// Any bytes as a log of any format: it ends, and nothing panics.
#[test]
fn any_bytes_as_a_log() {
    let folder = tempfile::tempdir().unwrap();
    let names = ["a.in", "a.out"].map(|name| folder.path().join(name));
    let samples: Vec<Vec<u8>> = std::fs::read_dir(sample(""))
        .unwrap()
        .map(|entry| std::fs::read(entry.unwrap().path()).unwrap())
        .collect();
    for (round, bytes) in samples.iter().cycle().take(400).enumerate() {
        let mut bytes = bytes.clone();
        for turn in 0..5usize {
            let at = (round * 7919 + turn * 104_729) % bytes.len().max(1);
            match (round + turn) % 3 {
                0 => bytes.truncate(at),
                1 if at < bytes.len() => bytes[at] = (round * 31 + turn) as u8,
                _ => bytes.insert(at.min(bytes.len()), b"{<>\n\\"[(round + turn) % 5]),
            }
        }
        let other = &samples[(round / 8) % samples.len()];
        for (name, bytes) in names.iter().zip([&bytes, other]) {
            std::fs::write(name, bytes).unwrap();
        }
        if let Ok(sources) = sources(&names) {
            for source in sources {
                recorded(&source);
            }
        }
    }
}
