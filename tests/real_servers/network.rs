//! COMPRESS=DEFLATE, the PROXY header and a program as the connection, as real servers take them.

use crate::program::{Home, Output, run};
use crate::server::{both, dovecot};
use crate::{CRAIG, Line, exec_as};

#[test]
fn compress_is_followed_up() {
    for server in both() {
        for line in [Line::Imaps, Line::StartTls] {
            exec_as(
                server,
                line,
                Some(CRAIG),
                &[],
                &["COMPRESS DEFLATE", "SELECT INBOX", "NOOP"],
            )
            .expect_code(0)
            .expect_line("A0001 OK")
            .expect_line("OK [READ-WRITE]")
            .expect_line("A0003 OK");
        }
    }
}

/// Dovecot says in its greeting whom it takes us for (see `dovecot-up`).
#[test]
fn a_proxy_header_says_who_the_client_is() {
    let Some(server) = dovecot() else { return };
    let port = server
        .proxy_port
        .expect("dovecot-up tells PROXY_PORT")
        .to_string();
    let greeted = |options: &[&str]| -> Output {
        let mut words = options.to_vec();
        words.extend([
            "-p",
            &port,
            "-a",
            "craig",
            "-w",
            "secret",
            "127.0.0.1",
            "exec",
            "NOOP",
        ]);
        run(&Home::new(), &words, b"")
    };
    for version in ["1", "2"] {
        for client in ["192.0.2.9", "2001:db8::9"] {
            greeted(&["-H", client, "--haproxy-version", version])
                .expect_code(0)
                .expect_line(&format!("Dovecot takes you for {client}."));
        }
    }
    // Nobody in particular: the address that the connection came from counts.
    greeted(&["-H", "unknown"])
        .expect_code(0)
        .expect_line("Dovecot ready.");
    greeted(&["-H", "local"])
        .expect_code(0)
        .expect_line("Dovecot ready.");
    // Version 2 has a way to say "unknown"; Dovecot does not take it, and closes.
    greeted(&["-H", "unknown", "--haproxy-version", "2"])
        .expect_code(3)
        .expect_error(&["without a greeting", "--haproxy-version"]);
}

#[test]
fn a_proxy_header_where_none_is_wanted_is_said() {
    let Some(server) = dovecot() else { return };
    let port = server.port.to_string();
    let words = ["-H", "192.0.2.9", "-p", &port, "127.0.0.1", "exec", "NOOP"];
    run(&Home::new(), &words, b"").expect_error(&["PROXY"]);
}

/// PREAUTH: nobody asks for a password, and none is sent.
#[test]
fn doveadm_exec_imap_is_a_connection() {
    let Some(server) = dovecot() else { return };
    let config = server.dir.join("dovecot.conf");
    let tunnel = format!("doveadm -c {} exec imap -u craig", config.display());
    let words = [
        "--tunnel",
        &tunnel,
        "exec",
        "STATUS INBOX (MESSAGES)",
        "SELECT INBOX",
    ];
    run(&Home::new(), &words, b"")
        .expect_code(0)
        .expect_line("S: * PREAUTH")
        .expect_line("* STATUS INBOX (MESSAGES ")
        .expect_not_sent("AUTHENTICATE")
        .expect_not_sent("LOGIN");
    // Who is there already is not logged in again, and the password stays here.
    let words = [
        "-a", "monty", "-w", "secret", "--tunnel", &tunnel, "exec", "NOOP",
    ];
    run(&Home::new(), &words, b"")
        .expect_not_sent("AUTHENTICATE")
        .expect_error(&["PREAUTH"]);
    let tunnel = format!("doveadm -c {} exec imap -u nobody-here", config.display());
    let words = ["--tunnel", &tunnel, "exec", "NOOP"];
    run(&Home::new(), &words, b"").expect_code(3);
}
