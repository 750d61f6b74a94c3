//! `-I FILE`.

use imapsh::runner::Pidfile;

#[test]
fn it_stands_there_while_the_program_runs() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("pid");
    let file = Pidfile::write(&path).unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    assert_eq!(text, format!("{}\n", std::process::id()));
    drop(file);
    assert!(!path.exists());
}

#[test]
fn another_program_s_is_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("pid");
    let file = Pidfile::write(&path).unwrap();
    std::fs::write(&path, "1\n").unwrap();
    drop(file);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "1\n");
}

#[test]
fn one_that_cannot_be_written_is_told() {
    let error = Pidfile::write(std::path::Path::new("/no/such/place/pid")).unwrap_err();
    assert!(error.contains("/no/such/place/pid (-I)"), "{error}");
}
