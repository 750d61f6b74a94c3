//! Certificates and STARTTLS: a password goes only where it may.

use crate::program::{Home, run};
use crate::server::{Server, both};
use crate::tls_front::TlsFront;
use crate::{CRAIG, Line, arguments, exec_as};

#[test]
fn tls_from_the_first_byte_and_by_starttls() {
    for server in both() {
        for line in [Line::Imaps, Line::StartTls] {
            exec_as(server, line, Some(CRAIG), &[], &["SELECT INBOX"])
                .expect_code(0)
                .expect_line("OK [READ-WRITE]");
        }
    }
}

/// The port that wants TLS first: a sentence with the way on, and no password on the line.
#[test]
fn a_server_that_wants_tls_first_gets_no_password() {
    for server in both() {
        let port = server.tls_port.to_string();
        for mechanism in ["PLAIN", "login"] {
            let mut arguments = vec!["-p", &port, "-a", "craig", "-w", "secret", "-m", mechanism];
            arguments.extend(["localhost", "exec", "SELECT INBOX"]);
            let output = run(&Home::new(), &arguments, b"").expect_code(3);
            let output = output
                .expect_not_sent("AUTHENTICATE")
                .expect_not_sent("LOGIN");
            output.expect_not_sent("SELECT").expect_error(&["-t \"\""]);
        }
    }
}

/// With a certificate of this name in front of the server, over TLS from the first byte.
fn front(server: &Server, certificate: &str) -> TlsFront {
    let (certificate, key) = server.certificate(certificate);
    TlsFront::start(&certificate, &key, server.port)
}

#[track_caller]
fn refused(front: &TlsFront, ca: &str, words: &[&str]) {
    let port = front.port.to_string();
    let arguments = [
        "-s",
        "--ca",
        ca,
        "-p",
        &port,
        "-a",
        "craig",
        "-w",
        "secret",
        "localhost",
        "exec",
        "SELECT INBOX",
    ];
    let output = run(&Home::new(), &arguments, b"").expect_code(3);
    assert_eq!(
        output.text(),
        "",
        "something was said to a server that is not trusted"
    );
    output.expect_error(words);
}

#[test]
fn the_front_itself_is_no_obstacle() {
    for server in both() {
        let front = front(server, "server");
        let port = front.port.to_string();
        let arguments = [
            "-s",
            "--ca",
            &server.ca,
            "-p",
            &port,
            "-a",
            "craig",
            "-w",
            "secret",
            "localhost",
            "exec",
            "SELECT INBOX",
        ];
        run(&Home::new(), &arguments, b"")
            .expect_code(0)
            .expect_line("OK [READ-WRITE]");
    }
}

#[test]
fn a_certificate_of_another_host_is_refused() {
    for server in both() {
        refused(
            &front(server, "wronghost"),
            &server.ca,
            &["certificate", "localhost", "wrong.example"],
        );
    }
}

#[test]
fn an_expired_certificate_is_refused() {
    for server in both() {
        refused(
            &front(server, "expired"),
            &server.ca,
            &["certificate", "expired"],
        );
    }
}

#[test]
fn a_certificate_of_an_unknown_authority_is_refused() {
    for server in both() {
        refused(
            &front(server, "otherca"),
            &server.ca,
            &["certificate", "--ca"],
        );
        refused(&front(server, "selfsigned"), &server.ca, &["certificate"]);
        // And the server itself, when nobody said whom to trust.
        for (option, port) in [
            (vec!["-s"], server.imaps_port),
            (vec!["-t", ""], server.tls_port),
        ] {
            let port = port.to_string();
            let mut all = option;
            all.extend([
                "-p",
                &port,
                "-a",
                "craig",
                "-w",
                "secret",
                "localhost",
                "exec",
                "NOOP",
            ]);
            let output = run(&Home::new(), &all, b"").expect_code(3);
            output
                .expect_not_sent("AUTHENTICATE")
                .expect_error(&["certificate", "--ca"]);
        }
    }
}

#[test]
fn insecure_is_possible_and_said_aloud() {
    for server in both() {
        for name in ["wronghost", "expired", "otherca"] {
            let front = front(server, name);
            let port = front.port.to_string();
            let arguments = [
                "-s",
                "--insecure",
                "-p",
                &port,
                "-a",
                "craig",
                "-w",
                "secret",
                "localhost",
                "exec",
                "SELECT INBOX",
            ];
            let output = run(&Home::new(), &arguments, b"").expect_code(0);
            output
                .expect_line("OK [READ-WRITE]")
                .expect_error(&["insecure"]);
        }
    }
}

/// Plain text where TLS is expected, and the reverse: a sentence, no hang.
#[test]
fn the_wrong_kind_of_port_is_named() {
    for server in both() {
        let port = server.port.to_string();
        let arguments = [
            "-s",
            "--ca",
            &server.ca,
            "-p",
            &port,
            "-a",
            "craig",
            "-w",
            "secret",
            "localhost",
            "exec",
            "NOOP",
        ];
        run(&Home::new(), &arguments, b"")
            .expect_code(3)
            .expect_error(&["TLS"]);
    }
}

#[test]
fn nobody_listens() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    drop(listener);
    let output = run(
        &Home::new(),
        &["-p", &port, "127.0.0.1", "exec", "NOOP"],
        b"",
    )
    .expect_code(3);
    output.expect_error(&["127.0.0.1", "refused"]);
}

/// The fingerprint that a refusal names is what `--pin` takes; another one is refused.
#[test]
fn a_pin_is_enough_and_a_wrong_one_is_refused() {
    for server in both() {
        let front = front(server, "selfsigned");
        let port = front.port.to_string();
        let connect = |trust: &[&str]| {
            let mut arguments = vec!["-s", "-p", &port, "-a", "craig", "-w", "secret"];
            arguments.extend(trust);
            arguments.extend(["localhost", "exec", "SELECT INBOX"]);
            run(&Home::new(), &arguments, b"")
        };
        let refusal = connect(&[]).expect_code(3);
        let colons = |word: &&str| word.matches(':').count() == 31;
        let pin = refusal
            .stderr
            .split([' ', ','])
            .find(colons)
            .unwrap_or_else(|| panic!("no fingerprint in {}", refusal.stderr));
        connect(&["--pin", pin])
            .expect_code(0)
            .expect_line("OK [READ-WRITE]");
        let wrong = "00".repeat(32);
        let output = connect(&["--pin", &wrong]).expect_code(3);
        assert_eq!(output.text(), "", "something was said to a stranger");
        output.expect_error(&["not the pinned one", pin]);
    }
}

/// Where nobody is logged in, `--ca` is for the STARTTLS that is typed; the login by hand goes inside it.
#[test]
fn starttls_by_hand_is_verified_with_the_ca_that_was_given() {
    for server in both() {
        let words = arguments(server, Line::Plain, None, &["--ca", &server.ca], &["exec"]);
        let input = b"STARTTLS\nLOGIN craig secret\nSELECT INBOX\nLOGOUT\n";
        run(&Home::new(), &words, input)
            .expect_code(0)
            .expect_line("A0001 OK")
            .expect_line("A0003 OK [READ-WRITE]");
        // Without it the handshake fails, and the password behind it stays here.
        let words = arguments(server, Line::Plain, None, &[], &["exec"]);
        run(&Home::new(), &words, input)
            .expect_code(3)
            .expect_not_sent("LOGIN")
            .expect_error(&["unknown issuer", "2 commands"]);
        // A mode types nothing.
        let words = arguments(server, Line::Plain, None, &["--ca", &server.ca], &["probe"]);
        run(&Home::new(), &words, b"")
            .expect_code(1)
            .expect_error(&["--ca goes with TLS"]);
    }
}
