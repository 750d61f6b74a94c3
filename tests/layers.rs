//! Who may import whom, how long a file may be, and how a folder introduces itself.
//!
//! In one crate the compiler holds none of these lines, so this reads `src/**` as text and names the
//! file and line that crosses. A new folder needs a row in [`LAYERS`] and a line in `src/lib.rs`.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

/// One folder (or single-file module) of `src/`.
struct Layer {
    name: &'static str,
    /// What it may import from this crate: a layer, or one path of it.
    may: &'static [&'static str],
    /// What it must not import although its layer is allowed.
    but_never: &'static [&'static str],
    /// Which crates it may use.
    crates: Crates,
}

enum Crates {
    /// These and std.
    Only(&'static [&'static str]),
    /// All dependencies but these. `tokio::net` names a path of one.
    Never(&'static [&'static str]),
}

const SCREEN_AND_NET: Crates = Crates::Never(&[
    "tokio",
    "tokio_rustls",
    "rustls",
    "ratatui",
    "crossterm",
    "tui_textarea",
    "rsasl",
    "libgssapi",
]);

const LAYERS: &[Layer] = &[
    Layer {
        name: "wire",
        may: &[],
        but_never: &[],
        crates: Crates::Only(&["memchr", "zeroize"]),
    },
    Layer {
        name: "session",
        may: &["wire"],
        but_never: &[],
        crates: SCREEN_AND_NET,
    },
    Layer {
        name: "sasl",
        may: &["wire", "session", "channel::LineSafety"],
        but_never: &[],
        crates: Crates::Never(&[
            "tokio",
            "tokio_rustls",
            "rustls",
            "ratatui",
            "crossterm",
            "tui_textarea",
        ]),
    },
    Layer {
        name: "model",
        may: &["wire", "session"],
        but_never: &["session::Session"],
        crates: SCREEN_AND_NET,
    },
    Layer {
        name: "transcript",
        may: &["wire", "session", "decode::challenge"],
        but_never: &["session::Session"],
        crates: SCREEN_AND_NET,
    },
    Layer {
        name: "decode",
        may: &["wire"],
        but_never: &[],
        crates: Crates::Only(&["memchr", "mail_parser"]),
    },
    Layer {
        name: "catalog",
        // "Did you mean ...?" is the same for options and for commands.
        may: &["wire", "model", "config::near"],
        but_never: &[],
        crates: SCREEN_AND_NET,
    },
    Layer {
        name: "safety",
        may: &["wire", "catalog"],
        but_never: &[],
        crates: SCREEN_AND_NET,
    },
    Layer {
        name: "explain",
        may: &["wire"],
        but_never: &[],
        crates: Crates::Only(&["serde", "toml"]),
    },
    Layer {
        name: "channel",
        may: &["wire", "session", "sasl"],
        but_never: &["session::Session"],
        crates: SCREEN_AND_NET,
    },
    Layer {
        name: "snippet",
        // "Did you mean ...?" again.
        may: &[
            "wire",
            "session",
            "model",
            "catalog",
            "safety",
            "explain",
            "config::near",
            // What differs by nature is the same in a comparison and in what is expected.
            "compare::volatile",
        ],
        but_never: &["session::Session"],
        crates: SCREEN_AND_NET,
    },
    Layer {
        name: "console",
        may: &[
            "wire",
            "session",
            "sasl",
            "model",
            "transcript",
            "decode",
            "catalog",
            "safety",
            "explain",
            "channel",
        ],
        but_never: &["session::Session", "wire::framer", "wire::Framer"],
        crates: SCREEN_AND_NET,
    },
    Layer {
        name: "compare",
        may: &["wire", "transcript", "decode::rights", "tui::printable"],
        but_never: &[],
        crates: SCREEN_AND_NET,
    },
    Layer {
        name: "export",
        may: &[
            "wire",
            "session",
            "transcript",
            "decode",
            "channel::Notice",
            // As for the runner.
            "tui::printable",
        ],
        but_never: &["session::Session"],
        crates: SCREEN_AND_NET,
    },
    Layer {
        name: "import",
        may: &["wire", "session", "transcript::trace"],
        but_never: &["session::Session"],
        crates: SCREEN_AND_NET,
    },
    Layer {
        name: "link",
        may: &["wire", "session", "sasl", "channel", "import"],
        but_never: &[],
        crates: Crates::Never(&["ratatui", "crossterm", "tui_textarea", "libgssapi"]),
    },
    Layer {
        name: "batch",
        may: &[
            "wire",
            "session",
            "sasl",
            "safety",
            "snippet",
            "channel",
            "config",
            "link::Handle",
            // As for the runner.
            "tui::printable",
        ],
        but_never: &["session::Session"],
        crates: Crates::Never(&[
            "ratatui",
            "crossterm",
            "tui_textarea",
            "tokio::net",
            "rustls",
            "tokio_rustls",
            "rsasl",
            "libgssapi",
        ]),
    },
    Layer {
        name: "tui",
        may: &[
            "wire",
            "session",
            "sasl",
            "model",
            "transcript",
            "decode",
            "export",
            "compare",
            "catalog",
            "safety::SafeMode",
            "explain",
            "channel",
            "batch",
            "snippet",
            "console",
            "config",
            "link::Handle",
        ],
        but_never: &["session::Session", "wire::framer", "wire::Framer"],
        crates: Crates::Never(&["tokio::net", "tokio_rustls", "rustls", "rsasl", "libgssapi"]),
    },
    Layer {
        name: "runner",
        may: &[
            "wire",
            "session",
            "sasl",
            "transcript",
            "export",
            "import",
            "compare",
            "safety",
            "channel",
            "batch",
            "snippet",
            "console",
            "config",
            "link",
            // It knows no screen, and is the only way server bytes reach a terminal.
            "tui::printable",
        ],
        but_never: &["session::Session"],
        crates: Crates::Never(&[
            "ratatui",
            "crossterm",
            "tui_textarea",
            "tokio::net",
            "rustls",
            "tokio_rustls",
            "rsasl",
            "libgssapi",
        ]),
    },
    Layer {
        name: "plain",
        may: &[
            "wire",
            "session",
            "sasl",
            "transcript",
            "catalog",
            "channel",
            "console",
            "config",
            "link::Handle",
            "runner::password",
            "runner::output",
            "runner::exit",
            "runner::talk::Signals",
            // It knows no screen, and is the only way server bytes reach a terminal.
            "tui::printable",
        ],
        but_never: &["session::Session"],
        crates: Crates::Never(&[
            "ratatui",
            "crossterm",
            "tui_textarea",
            "tokio::net",
            "rustls",
            "tokio_rustls",
            "rsasl",
        ]),
    },
    Layer {
        name: "demo",
        may: &["wire"],
        but_never: &[],
        crates: Crates::Never(&["ratatui", "crossterm", "tui_textarea", "libgssapi"]),
    },
    Layer {
        name: "config",
        may: &["channel", "sasl", "safety::SafeMode"],
        but_never: &[],
        crates: SCREEN_AND_NET,
    },
    Layer {
        name: "crash",
        may: &[],
        but_never: &[],
        crates: SCREEN_AND_NET,
    },
    Layer {
        name: "args",
        // What a verb is, not what it does.
        may: &[
            "config",
            "runner::Mode",
            "runner::compare::Message",
            "batch::Shard",
            "batch::Choice",
            "batch::load::How",
            "runner::run::Wishes",
            "snippet::script::Dialect",
        ],
        but_never: &[],
        crates: SCREEN_AND_NET,
    },
];

/// `src/*.rs` that tie the layers together and may import anything.
const FREE: &[&str] = &[
    "lib.rs",
    "main.rs",
    "modes.rs",
    "modes/dialing.rs",
    "modes/snippets.rs",
];

/// Files that use a crate which the rest of their folder must not.
const ONLY_HERE: &[(&str, &str, &str)] = &[
    ("demo", "tokio", "demo/server.rs"),
    ("tui", "tui_textarea", "tui/editor.rs"),
];

/// Longest file, in lines. Past it, split along the nouns already in the file.
const LONGEST: usize = 500;
/// Files that may be longer, each with its reason. Empty at best.
const LONGER: &[(&str, &str)] = &[];

struct Source {
    /// Below `src/`, with `/`.
    name: String,
    /// Without comments and string contents, line by line as in the file.
    code: String,
    text: String,
}

impl Source {
    fn layer(&self) -> &str {
        let first = self.name.split('/').next().unwrap_or_default();
        first.strip_suffix(".rs").unwrap_or(first)
    }

    fn line_of(&self, offset: usize) -> usize {
        self.code[..offset].matches('\n').count() + 1
    }

    /// How many `super` lead from the top of this file to the crate's root.
    fn depth(&self) -> usize {
        let parts = self.name.split('/').count();
        if self.name.ends_with("/mod.rs") {
            parts - 1
        } else {
            parts
        }
    }
}

fn sources() -> Vec<Source> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|e| e == "rs") {
                found.push(path);
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    walk(&root, &mut found);
    found.sort();
    assert!(found.len() > 10, "src/ was not found");
    found
        .iter()
        .map(|path| {
            let text = fs::read_to_string(path).unwrap();
            let name = path
                .strip_prefix(&root)
                .unwrap()
                .to_str()
                .unwrap()
                .replace('\\', "/");
            Source {
                name,
                code: without_comments(&text),
                text,
            }
        })
        .collect()
}

/// Comments, strings and characters blanked out, line ends kept.
fn without_comments(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let bytes = text.as_bytes();
    let mut at = 0;
    let blank = |out: &mut String, part: &str| {
        out.extend(part.chars().map(|c| if c == '\n' { '\n' } else { ' ' }))
    };
    while at < bytes.len() {
        let rest = &text[at..];
        let taken = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |i| i + 2)
        } else if rest.starts_with('"') {
            string_length(rest)
        } else if let Some(length) = raw_string_length(rest, at.checked_sub(1).map(|i| bytes[i])) {
            length
        } else {
            char_length(rest).unwrap_or_default()
        };
        if taken > 0 {
            blank(&mut out, &rest[..taken]);
            at += taken;
        } else {
            let next = rest.chars().next().unwrap();
            out.push(next);
            at += next.len_utf8();
        }
    }
    out
}

fn string_length(rest: &str) -> usize {
    let mut escaped = false;
    for (i, c) in rest.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return i + 1,
            _ => {}
        }
    }
    rest.len()
}

fn raw_string_length(rest: &str, before: Option<u8>) -> Option<usize> {
    let after = rest.strip_prefix('r')?;
    if before.is_some_and(|b| b.is_ascii_alphanumeric() && b != b'b' || b == b'_') {
        return None;
    }
    let hashes = after.bytes().take_while(|b| *b == b'#').count();
    after[hashes..].strip_prefix('"')?;
    let close = format!("\"{}", "#".repeat(hashes));
    let body = 1 + hashes + 1;
    Some(
        rest[body..]
            .find(&close)
            .map_or(rest.len(), |i| body + i + close.len()),
    )
}

fn char_length(rest: &str) -> Option<usize> {
    let mut chars = rest.strip_prefix('\'')?.char_indices();
    let (_, first) = chars.next()?;
    if first == '\\' {
        return rest[3..].find('\'').map(|i| i + 4);
    }
    // Not a life time: a quote must follow.
    let (i, next) = chars.next()?;
    (next == '\'').then_some(i + 2)
}

/// Paths below `crate` that `source` names, each with its offset: `session::event::Event`.
fn internal_paths(source: &Source) -> Vec<(usize, String)> {
    let mut paths = Vec::new();
    for (at, _) in source.code.match_indices("crate::") {
        if !is_word_before(&source.code, at) {
            expand(&source.code, at, at + "crate::".len(), "", &mut paths);
        }
    }
    for (at, _) in source.code.match_indices("super::") {
        if is_word_before(&source.code, at) || source.code[..at].ends_with("super::") {
            continue;
        }
        let mut end = at;
        let mut supers = 0;
        while source.code[end..].starts_with("super::") {
            supers += 1;
            end += "super::".len();
        }
        if supers >= source.depth() {
            expand(&source.code, at, end, "", &mut paths);
        }
    }
    paths
        .into_iter()
        .flat_map(|(at, path)| used_below(source, at, path))
        .collect()
}

/// What a file uses of a layer that it imports by name alone (`use crate::link;` and `link::Handle`).
fn used_below(source: &Source, at: usize, path: String) -> Vec<(usize, String)> {
    let mut used = Vec::new();
    if LAYERS.iter().any(|l| l.name == path) && !path.contains("::") {
        let start = format!("{path}::");
        for (found, _) in source.code.match_indices(&start) {
            if !is_word_before(&source.code, found) {
                expand(&source.code, found, found, "", &mut used);
            }
        }
    }
    if used.is_empty() {
        vec![(at, path)]
    } else {
        used
    }
}

fn is_word_before(code: &str, at: usize) -> bool {
    code[..at]
        .bytes()
        .next_back()
        .is_some_and(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b':')
}

/// Reads the path that begins at `from`, following `{...}` groups; whole paths go to `paths`.
fn expand(
    code: &str,
    origin: usize,
    from: usize,
    prefix: &str,
    paths: &mut Vec<(usize, String)>,
) -> usize {
    let mut at = from + (code[from..].len() - code[from..].trim_start().len());
    if code[at..].starts_with('{') {
        at += 1;
        loop {
            at += code[at..].len() - code[at..].trim_start().len();
            match code[at..].chars().next() {
                Some('}') => return at + 1,
                Some(',') => at += 1,
                Some(c) if c == '{' || c == '*' || c == '_' || c.is_alphanumeric() => {
                    at = expand(code, at, at, prefix, paths);
                }
                _ => return at,
            }
        }
    }
    let word: String = code[at..]
        .chars()
        .take_while(|c| c.is_alphanumeric() || *c == '_' || *c == '*')
        .collect();
    let path = if prefix.is_empty() {
        word.clone()
    } else {
        format!("{prefix}::{word}")
    };
    at += word.len();
    if code[at..].starts_with("::") {
        return expand(code, origin, at + 2, &path, paths);
    }
    paths.push((origin, path));
    // `as name` inside a group
    let tail = code[at..].trim_start();
    if let Some(renamed) = tail.strip_prefix("as ") {
        let name = renamed
            .chars()
            .take_while(|c| c.is_alphanumeric() || *c == '_')
            .count();
        at = code.len() - tail.len() + "as ".len() + name;
    }
    at
}

fn is_within(path: &str, allowed: &str) -> bool {
    path == allowed
        || path
            .strip_prefix(allowed)
            .is_some_and(|rest| rest.starts_with("::"))
}

/// The names under which Cargo.toml's dependencies are imported.
fn dependencies() -> Vec<String> {
    let manifest =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml")).unwrap();
    let table: toml::Table = manifest.parse().unwrap();
    let names = table["dependencies"].as_table().unwrap().keys();
    names.map(|name| name.replace('-', "_")).collect()
}

/// Paths into `krate` that `source` names, each with its offset.
fn external_paths(source: &Source, krate: &str) -> Vec<(usize, String)> {
    let mut paths = Vec::new();
    for (at, _) in source.code.match_indices(krate) {
        let rest = &source.code[at + krate.len()..];
        let absolute = source.code[..at].strip_suffix("::").is_some_and(|before| {
            !before.ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '>')
        });
        if is_word_before(&source.code, at) && !absolute {
            continue;
        }
        if rest.starts_with("::") {
            expand(&source.code, at, at, "", &mut paths);
        } else if source.code[..at].trim_end().ends_with("use") && rest.starts_with([';', ' ']) {
            paths.push((at, krate.to_owned()));
        }
    }
    paths
}

fn crossings(source: &Source, layer: &Layer, dependencies: &[String]) -> Vec<String> {
    let mut crossings = Vec::new();
    let mut cross = |offset: usize, path: &str| {
        crossings.push(format!(
            "src/{}:{}: `{}` must not know `{path}`",
            source.name,
            source.line_of(offset),
            layer.name
        ));
    };
    for (offset, path) in internal_paths(source) {
        let target = path.split("::").next().unwrap_or_default();
        if target == layer.name || !LAYERS.iter().any(|l| l.name == target) && target != "args" {
            continue;
        }
        let allowed = layer.may.iter().any(|may| is_within(&path, may));
        if !allowed || layer.but_never.iter().any(|never| is_within(&path, never)) {
            cross(offset, &format!("crate::{path}"));
        }
    }
    for krate in dependencies {
        for (offset, path) in external_paths(source, krate) {
            let crossed = match layer.crates {
                Crates::Only(only) => !only.contains(&krate.as_str()),
                Crates::Never(never) => never.iter().any(|n| is_within(&path, n)),
            };
            let elsewhere = ONLY_HERE
                .iter()
                .any(|(l, k, file)| *l == layer.name && k == krate && *file != source.name);
            if crossed || elsewhere {
                cross(offset, &path);
            }
        }
    }
    crossings
}

fn complain(what: &str, lines: &[String]) {
    let mut text = String::new();
    for line in lines {
        let _ = writeln!(text, "  {line}");
    }
    assert!(lines.is_empty(), "{what}:\n{text}");
}

#[test]
fn nobody_imports_what_he_must_not_know() {
    let dependencies = dependencies();
    let mut found = Vec::new();
    for source in sources() {
        if FREE.contains(&source.name.as_str()) {
            continue;
        }
        match LAYERS.iter().find(|l| l.name == source.layer()) {
            Some(layer) => found.extend(crossings(&source, layer, &dependencies)),
            None => found.push(format!(
                "src/{}: no row in tests/layers.rs for `{}`",
                source.name,
                source.layer()
            )),
        }
    }
    complain(
        "a layer line is crossed (the table is in tests/layers.rs)",
        &found,
    );
}

#[test]
fn files_are_short_enough_to_read() {
    let mut found = Vec::new();
    for source in sources() {
        let lines = source.text.lines().count();
        let excused = LONGER.iter().any(|(name, _)| *name == source.name);
        if lines > LONGEST && !excused {
            found.push(format!(
                "src/{}: {lines} lines, at most {LONGEST}: split it along its nouns",
                source.name
            ));
        }
        if lines <= LONGEST && excused {
            found.push(format!(
                "src/{}: short again, take it off the list LONGER",
                source.name
            ));
        }
    }
    complain("files are too long", &found);
}

#[test]
fn each_folder_says_what_it_knows() {
    let mut found = Vec::new();
    for source in sources()
        .iter()
        .filter(|s| s.name.matches('/').count() == 1 && s.name.ends_with("/mod.rs"))
    {
        let head: String = source
            .text
            .lines()
            .take_while(|l| l.starts_with("//!"))
            .collect::<Vec<_>>()
            .join("\n");
        for words in ["Knows", "Must not know", "\n//! To "] {
            if !head.contains(words) {
                found.push(format!(
                    "src/{}:1: the opening lines lack `{}`",
                    source.name,
                    words.trim()
                ));
            }
        }
    }
    complain("folders do not introduce themselves", &found);
}

#[test]
fn no_unsafe_no_todo_no_catch_all_names() {
    let mut found = Vec::new();
    for source in sources() {
        for word in ["unsafe", "todo!", "unimplemented!", "dbg!"] {
            for (at, _) in source.code.match_indices(word) {
                let after = source.code[at + word.len()..].chars().next();
                if !is_word_before(&source.code, at)
                    && !after.is_some_and(|c| c.is_alphanumeric() || c == '_')
                {
                    found.push(format!(
                        "src/{}:{}: {word}",
                        source.name,
                        source.line_of(at)
                    ));
                }
            }
        }
        if source
            .name
            .split(['/', '.'])
            .any(|part| ["utils", "util", "helpers", "helper", "common", "misc"].contains(&part))
        {
            found.push(format!("src/{}: a helper lives with its noun", source.name));
        }
    }
    complain("not in this house", &found);
}

#[test]
fn the_map_names_every_folder() {
    let sources = sources();
    let map = &sources.iter().find(|s| s.name == "lib.rs").unwrap().text;
    let missing: Vec<String> = LAYERS
        .iter()
        .filter(|l| !map.contains(&format!("| [`{}`] |", l.name)))
        .map(|l| format!("src/lib.rs: no line for `{}`", l.name))
        .collect();
    complain("the map in src/lib.rs is not complete", &missing);
}

/// The judge itself: what must be found is found, and nothing else.
#[test]
fn the_reader_sees_imports() {
    let source = |name: &str, text: &str| Source {
        name: name.to_owned(),
        code: without_comments(text),
        text: text.to_owned(),
    };
    let paths = |name: &str, text: &str| -> Vec<String> {
        internal_paths(&source(name, text))
            .into_iter()
            .map(|(_, path)| path)
            .collect()
    };
    assert_eq!(
        paths("link/dial.rs", "use crate::tui::State;"),
        ["tui::State"]
    );
    assert_eq!(
        paths(
            "link/dial.rs",
            "use crate::{\n  wire::{Tag, frame::*},\n  tui as screen,\n  demo,\n};"
        ),
        ["wire::Tag", "wire::frame::*", "tui", "demo"]
    );
    assert_eq!(
        paths("link/dial.rs", "use super::super::console::Console;"),
        ["console::Console"]
    );
    assert_eq!(paths("link/mod.rs", "use super::console;"), ["console"]);
    assert_eq!(
        paths("tui/mod.rs", "use crate::link;\nlink::Handle; a::link::No"),
        ["link::Handle"]
    );
    assert_eq!(
        paths("tui/mod.rs", "use crate::link;\nlink::{Handle, spawn}"),
        ["link::Handle", "link::spawn"]
    );
    assert!(
        paths(
            "link/dial.rs",
            "use super::console; // crate::tui\n/* crate::tui */ \"crate::tui\""
        )
        .is_empty()
    );
    assert!(
        paths(
            "link/dial.rs",
            "let c = '\"'; let d = r#\"crate::tui \"#; 'a'; '\\''; \"\\\"crate::tui\""
        )
        .is_empty()
    );

    let wire = &LAYERS[0];
    let names = ["tokio".to_owned(), "rustls".to_owned()];
    let crossed = |text: &str| crossings(&source("wire/frame.rs", text), wire, &names).len();
    assert_eq!(
        crossed("use tokio::net;\nfn f() { ::rustls::x() }\nuse rustls;"),
        3
    );
    assert_eq!(
        crossed("mod tokio_like; fn tokio() {} my::tokio::x(); crate::wire::tokio::x();"),
        0
    );
    let found = crossings(
        &source("wire/frame.rs", "\n\nuse crate::session::Event;"),
        wire,
        &names,
    );
    assert_eq!(
        found,
        ["src/wire/frame.rs:3: `wire` must not know `crate::session::Event`"]
    );
}
