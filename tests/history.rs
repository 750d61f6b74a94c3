//! Past commands, without secrets.

use std::io::Write;
use std::os::unix::fs::PermissionsExt;

use imapsh::console::History;
use imapsh::console::history::LIMIT;

fn texts(history: &mut History) -> Vec<String> {
    history.entries().iter().map(|e| e.text.clone()).collect()
}

#[test]
fn it_lasts_across_sessions() {
    let folder = tempfile::tempdir().unwrap();
    // The folder need not be there yet.
    let path = folder.path().join("a/b/history.jsonl");
    let mut history = History::new(Some(path.clone()));
    assert_eq!(texts(&mut history), Vec::<String>::new());
    history.add("one", "SELECT INBOX");
    history.add("one", "SELECT INBOX");
    history.add("one", " CREATE {{{\nä\n}}} ");
    history.add("two", "NOOP");
    history.add("two", "  ");
    let expected = ["SELECT INBOX", "CREATE {{{\nä\n}}}", "NOOP"];
    assert_eq!(texts(&mut history), expected);
    let mut again = History::new(Some(path.clone()));
    assert_eq!(texts(&mut again), expected);
    let first = &again.entries()[0];
    assert_eq!(first.server, "one");
    assert!(
        first.time.ends_with('Z') && first.time.contains('T'),
        "{}",
        first.time
    );
    let mode = std::fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert_eq!(std::fs::read_to_string(&path).unwrap().lines().count(), 3);
    assert_eq!(again.take_trouble(), None);
}

#[test]
fn two_sessions_share_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("history");
    let mut one = History::new(Some(path.clone()));
    let mut two = History::new(Some(path.clone()));
    one.add("s", "A");
    two.add("s", "B");
    one.add("s", "C");
    assert_eq!(texts(&mut History::new(Some(path))), ["A", "B", "C"]);
}

#[test]
fn many_writers_lose_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("history");
    std::thread::scope(|scope| {
        for writer in 0..4 {
            let path = path.clone();
            scope.spawn(move || {
                let mut history = History::new(Some(path));
                for number in 0..50 {
                    history.add("s", &format!("NOOP {writer} {number}"));
                }
                assert_eq!(history.take_trouble(), None);
            });
        }
    });
    assert_eq!(texts(&mut History::new(Some(path))).len(), 200);
}

#[test]
fn damage_costs_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("history");
    let mut history = History::new(Some(path.clone()));
    history.add("s", "A");
    let mut file = std::fs::OpenOptions::new()
        .append(true)
        .open(&path)
        .unwrap();
    // Garbage, something else, and a line that was cut off.
    file.write_all(b"\xff\xfe\n{\"x\":1}\n\n{\"time\":\"t\",\"ser")
        .unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    let mut again = History::new(Some(path.clone()));
    assert_eq!(texts(&mut again), ["A"]);
    again.add("s", "B");
    assert_eq!(texts(&mut History::new(Some(path.clone()))), ["A", "B"]);
    let mode = std::fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "what others could read is closed");
}

#[test]
fn it_is_cut_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("history");
    let mut out = String::new();
    for number in 0..LIMIT + LIMIT / 5 {
        out.push_str(&format!(
            "{{\"time\":\"t\",\"server\":\"s\",\"text\":\"NOOP {number}\"}}\n"
        ));
    }
    std::fs::write(&path, out).unwrap();
    let mut history = History::new(Some(path.clone()));
    assert_eq!(history.entries().len(), LIMIT);
    history.add("s", "last");
    let text = std::fs::read_to_string(&path).unwrap();
    assert_eq!(text.lines().count(), LIMIT);
    assert!(text.ends_with("\"text\":\"last\"}\n"));
    assert_eq!(texts(&mut History::new(Some(path))).last().unwrap(), "last");
}

#[test]
fn a_place_that_cannot_be_written_is_said_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("history");
    // A directory where the file should be.
    std::fs::create_dir(&path).unwrap();
    let mut history = History::new(Some(path));
    history.add("s", "A");
    let sentence = history.take_trouble().unwrap();
    assert!(sentence.contains("for this session only"), "{sentence}");
    history.add("s", "B");
    assert_eq!(history.take_trouble(), None);
    assert_eq!(texts(&mut history), ["A", "B"]);
}

#[test]
fn search_finds_each_once_the_newest_first() {
    let mut history = History::new(None);
    for (server, text) in [
        ("a", "SELECT x"),
        ("b", "NOOP"),
        ("a", "select y"),
        ("b", "SELECT x"),
    ] {
        history.add(server, text);
    }
    let found = |history: &mut History, needle: &str, server: Option<&str>| {
        history
            .search(needle, server)
            .into_iter()
            .map(|e| e.text)
            .collect::<Vec<_>>()
    };
    assert_eq!(
        found(&mut history, "Select", None),
        ["SELECT x", "select y"]
    );
    assert_eq!(
        found(&mut history, "", None),
        ["SELECT x", "select y", "NOOP"]
    );
    assert_eq!(
        found(&mut history, "select", Some("a")),
        ["select y", "SELECT x"]
    );
    assert!(found(&mut history, "zzz", None).is_empty());
}

#[test]
fn what_is_too_long_is_not_kept() {
    let mut history = History::new(None);
    history.add("s", &"x".repeat(64 * 1024 + 1));
    assert!(history.entries().is_empty());
}
