//! Good files and bad ones: each bad one begins with what is said about it.

use std::path::{Path, PathBuf};

use imapsh::snippet::diagnostic::Grade;
use imapsh::snippet::{Files, Foreign, NoFiles, Report, check};

/// The files of a folder.
struct Beside(PathBuf);

impl Files for Beside {
    fn read(&self, path: &str) -> Result<Vec<u8>, String> {
        std::fs::read(self.0.join(path)).map_err(|_| format!("{path} is not there."))
    }
}

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/snippets")
        .join(name)
}

fn files(name: &str) -> Vec<PathBuf> {
    let all = std::fs::read_dir(folder(name))
        .unwrap()
        .map(|e| e.unwrap().path());
    let mut all: Vec<PathBuf> = all
        .filter(|p| p.extension().is_some_and(|e| e == "imap"))
        .collect();
    all.sort();
    all
}

fn report(path: &Path) -> Report {
    let text = std::fs::read(path).unwrap();
    let name = path.file_name().unwrap().to_str().unwrap();
    check(name, &text, &Beside(path.parent().unwrap().to_owned()))
}

fn said(report: &Report) -> Vec<String> {
    let line = |d: &imapsh::snippet::Diagnostic| {
        let grade = match d.grade {
            Grade::Error => "",
            Grade::Warning => "warning: ",
            Grade::Note => "note: ",
        };
        format!("{}:{}: {grade}{}", d.span.line, d.column, d.message)
    };
    report.diagnostics.iter().map(line).collect()
}

#[test]
fn every_bad_file_is_told_what_is_wrong_with_it() {
    let all = files("bad");
    assert!(all.len() > 40, "{}", all.len());
    let mut wrong = String::new();
    for path in all {
        let text = std::fs::read_to_string(&path).unwrap();
        let wanted: Vec<&str> = text
            .lines()
            .filter_map(|l| l.strip_prefix("# wanted: "))
            .collect();
        let found = said(&report(&path));
        let fits =
            wanted.len() == found.len() && wanted.iter().zip(&found).all(|(w, f)| f.starts_with(w));
        if wanted.is_empty() || !fits {
            wrong.push_str(&format!(
                "{}\n  wanted {wanted:#?}\n  found {found:#?}\n",
                path.display()
            ));
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn nothing_is_wrong_with_the_good_files() {
    for path in files("good") {
        let report = report(&path);
        assert!(
            report.script.is_some(),
            "{}: {:#?}",
            path.display(),
            said(&report)
        );
        assert_eq!(said(&report), Vec::<String>::new(), "{}", path.display());
    }
}

#[test]
fn a_check_tells_what_is_needed() {
    let report = report(&folder("good/subscribe-team.imap"));
    let needs = report.needs;
    assert_eq!(needs.columns, ["user"]);
    assert_eq!(needs.rows, Some(2));
    let names: Vec<(&str, Option<&str>)> = needs
        .variables
        .iter()
        .map(|v| (v.name.as_str(), v.default.as_deref()))
        .collect();
    assert_eq!(names, [("mailbox", Some("Shared/Team"))]);
    let open = check("x", b"SELECT ${box}\n", &NoFiles);
    assert_eq!(open.needs.variables[0].name, "box");
    assert_eq!(open.needs.variables[0].default, None);
    let used = check("x", b"GETACL INBOX\n", &NoFiles);
    assert_eq!(used.needs.used, ["ACL"]);
}

#[test]
fn what_a_stranger_could_abuse_is_listed() {
    let text = "secret a: cmd pass show mail\nsecret b: env HOME\nsecret c: keyring me\nsecret d: ask\n\n\
                APPEND INBOX {@../../etc/passwd}\nOK\n\nAPPEND INBOX {@/etc/passwd}\nOK\n\nAPPEND INBOX {@a/../b.eml}\nOK\n\n\
                APPEND INBOX {@${which}}\nOK\n";
    struct All;
    impl Files for All {
        fn read(&self, _: &str) -> Result<Vec<u8>, String> {
            Ok(b"x".to_vec())
        }
    }
    let report = check("x.imap", text.as_bytes(), &All);
    let kinds: Vec<String> = report.foreign.iter().map(Foreign::sentence).collect();
    assert_eq!(
        kinds,
        [
            "runs the command \"pass show mail\" on this machine",
            "reads the environment variable HOME",
            "reads the password of me out of the keyring",
            "reads ../../etc/passwd, which may be outside its own folder",
            "reads /etc/passwd, which may be outside its own folder",
            "reads ${which}, which may be outside its own folder",
        ]
    );
}

#[test]
fn a_message_shows_the_line_and_marks_the_place() {
    let report = check(
        "a.imap",
        b"SELECT INBOX\n* FLAGS ($!sorted \\Seen)\n",
        &NoFiles,
    );
    assert_eq!(
        report.diagnostics[0].text(None),
        "a.imap:2:10: $!sorted is no rule of a list\n   2 | * FLAGS ($!sorted \\Seen)\n     |          ^^^^^^^^\n     = \
         there are $!ordered $!unordered $!unordered=N $!extra $!noextra $!ignore=ATOM $!ban=ATOM\n"
    );
}
