//! Config files: the good ones load, the bad ones say file, line, column and what is wrong.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use imapsh::config::Config;
use imapsh::config::settings::SETTINGS;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn files(folder: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(root().join("tests/configs").join(folder)).unwrap();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|e| e == "toml"));
    files.sort();
    assert!(files.len() > 2, "{folder} is not empty");
    files
}

#[test]
fn good_files_load() {
    for path in files("valid") {
        Config::read(&path).unwrap_or_else(|error| panic!("{error}"));
    }
}

#[test]
fn bad_files_say_where_and_what() {
    for path in files("invalid") {
        let said = Config::read(&path)
            .expect_err(&path.display().to_string())
            .to_string();
        let wanted = std::fs::read_to_string(path.with_extension("txt")).unwrap();
        let place = format!("{}:", path.display());
        assert!(said.starts_with(&place), "{said}");
        assert!(
            said.contains(wanted.trim_end_matches('\n')),
            "{said}\ndoes not say\n{wanted}"
        );
        let lines: Vec<&str> = said.lines().collect();
        assert_eq!(
            lines.len(),
            4,
            "a sentence, and the place with carets: {said}"
        );
        assert!(
            lines[3].trim_start().starts_with('|') && lines[3].ends_with('^'),
            "{said}"
        );
    }
}

#[test]
fn every_key_arrives() {
    let path = root().join("tests/configs/valid/everything.toml");
    let config = Config::read(&path).unwrap();
    assert_eq!(config.default_profile.as_deref(), Some("every.thing-1"));
    let profile = config.profile("every.thing-1").unwrap();
    assert_eq!(profile.host.as_deref(), Some("::1"));
    let layer = &profile.layer;
    assert_eq!(layer.number("port"), Some(65535));
    assert_eq!(layer.text("security"), Some("starttls"));
    assert_eq!(layer.text("authname"), Some("cyrus"));
    assert_eq!(layer.text("username"), Some("craig"));
    assert_eq!(layer.text("mechanism"), Some("SCRAM-SHA-256"));
    assert_eq!(
        layer.path("ca"),
        Some(path.with_file_name("ca.pem").as_path()),
        "relative to the file"
    );
    assert_eq!(layer.path("cert"), Some(Path::new("/etc/key.pem")));
    assert_eq!(layer.flag("insecure"), Some(false));
    assert_eq!(layer.flag("allow-plaintext"), Some(true));
    assert_eq!(layer.flag("no-auto"), Some(false));
    assert_eq!(layer.text("mailbox"), Some("Entwürfe"));
}

/// The keys that the program knows.
fn known_keys() -> BTreeSet<String> {
    let keys = SETTINGS.iter().filter_map(|setting| setting.key);
    keys.chain(["host", "default_profile"])
        .map(str::to_owned)
        .collect()
}

#[test]
fn the_example_loads_and_is_complete() {
    let path = root().join("config.example.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    Config::parse(&text, &path).unwrap();
    // With every comment that looks like `key = value` made true it must load too.
    let is_key = |line: &str| {
        line.strip_prefix("# ")
            .is_some_and(|l| l.contains(" = ") && !l.contains("  "))
    };
    let all: Vec<&str> = text
        .lines()
        .map(|line| if is_key(line) { &line[2..] } else { line })
        .collect();
    let all = all.join("\n");
    let config = Config::parse(&all, &path).unwrap();
    imapsh::tui::keymap::Keymap::configured(&config.keys).unwrap();
    imapsh::tui::theme::Theme::coloured()
        .with(&config.theme)
        .unwrap();
    assert!(config.keys.entries.len() > 1 && config.theme.entries.len() > 1);
    // The full screen's own tables come last; others check their words.
    let (options, _) = all.split_once("[keys.").unwrap();
    let keys: BTreeSet<String> = (options.lines())
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| Some(line.split_once(" = ")?.0.to_owned()))
        .collect();
    assert_eq!(keys, known_keys());
}

#[test]
fn a_file_that_is_not_there_and_one_that_is_too_long() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("config.toml");
    let said = Config::read(&path).unwrap_err().to_string();
    assert!(
        said.starts_with(&format!("{}: No such file", path.display())),
        "{said}"
    );
    std::fs::write(&path, "#".repeat(2_000_000)).unwrap();
    let said = Config::read(&path).unwrap_err().to_string();
    assert!(said.contains("that is no config file"), "{said}");
    std::fs::write(&path, [0xff, 0xfe]).unwrap();
    assert!(Config::read(&path).is_err());
}

#[test]
fn a_profile_that_is_not_there() {
    let path = Path::new("/home/craig/config.toml");
    let config = Config::parse("[profile.a]\nhost = 'a'\n[profile.b]\nhost = 'b'", path).unwrap();
    let said = config.profile("x").unwrap_err().to_string();
    assert_eq!(
        said,
        "there is no profile \"x\" in /home/craig/config.toml; it has a, b"
    );
    let config = Config {
        path: Some(path.to_owned()),
        missing: true,
        ..Config::default()
    };
    let said = config.profile("x").unwrap_err().to_string();
    assert_eq!(
        said,
        "there is no profile \"x\" in /home/craig/config.toml: there is no such file"
    );
}
