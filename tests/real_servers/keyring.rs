//! `--password-from keyring` and `keyring store|check|forget` with a real Secret Service.
//!
//! `tests/servers/with-keyring` gives one to these tests; `tests/run` does that.

use crate::program::{Home, Output, run_with};
use crate::server::{both, required};
use crate::unused;

/// What the program needs to find the keyring; `None` if none is there and none has to be.
fn keyring() -> Option<Vec<(&'static str, String)>> {
    let names = ["DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR"];
    let found = || {
        std::env::var_os("IMAPSH_TEST_KEYRING")?;
        let value = |name: &'static str| Some((name, std::env::var(name).ok()?));
        names.into_iter().map(value).collect()
    };
    let how = "run this under tests/servers/with-keyring";
    match (found(), required()) {
        (Some(environment), _) => Some(environment),
        (None, true) => panic!("no keyring: {how}"),
        (None, false) => {
            eprintln!("NOT RUN: no keyring: {how}");
            None
        }
    }
}

#[test]
fn a_password_is_kept_read_and_forgotten() {
    let Some(environment) = keyring() else { return };
    for server in both() {
        let home = Home::new();
        let port = server.port.to_string();
        let password = home.file("password", b"secret\n");
        let from_file = format!("file:{}", password.display());
        // Both servers are called localhost: a name of each one's own keeps their passwords apart.
        let host = match server.kind {
            crate::server::Kind::Dovecot => "127.0.0.1",
            crate::server::Kind::Cyrus => "localhost",
        };
        let imapsh = |more: &[&str], verb: &[&str]| -> Output {
            let mut words = vec!["-a", "craig", "-p", &port];
            words.extend(more);
            words.push(host);
            words.extend(verb);
            run_with(&home, &environment, &words, b"")
        };
        let from_keyring = ["--password-from", "keyring"];
        let slot = format!("craig@{host}");
        imapsh(&[], &["keyring", "check"])
            .expect_code(1)
            .expect_error(&["no password of", &slot, "keyring store"]);
        imapsh(&from_keyring, &["exec", "NOOP"])
            .expect_code(1)
            .expect_error(&["no password of", &slot]);
        imapsh(&["--password-from", &from_file], &["keyring", "store"])
            .expect_code(0)
            .expect_line(&slot);
        imapsh(&[], &["keyring", "check"]).expect_code(0);
        let list = format!("LIST \"\" {}", unused(server, "keyring"));
        let output = imapsh(&from_keyring, &["exec", &list]).expect_code(0);
        assert!(!output.text().contains("secret") && !output.stderr.contains("secret"));
        // Another user's is another password.
        let words = [
            "-a",
            "monty",
            "--password-from",
            "keyring",
            "-p",
            &port,
            host,
            "exec",
            "NOOP",
        ];
        run_with(&home, &environment, &words, b"").expect_code(1);
        imapsh(&[], &["keyring", "forget"]).expect_code(0);
        imapsh(&[], &["keyring", "forget"]).expect_code(1);
    }
}

/// Without a session bus: a sentence, and no wait.
#[test]
fn no_keyring_at_all_is_a_sentence() {
    let nowhere = [("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere".to_owned())];
    let words = [
        "-a",
        "craig",
        "--password-from",
        "keyring",
        "127.0.0.1",
        "exec",
        "NOOP",
    ];
    run_with(&Home::new(), &nowhere, &words, b"")
        .expect_code(1)
        .expect_error(&["password from the keyring"]);
}
