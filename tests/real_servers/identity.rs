//! Who logs in and as whom, proved by what only that user can see.

use crate::program::{Home, run};
use crate::server::{Kind, Server, both, cyrus};
use crate::{CRAIG, Line, Who, arguments, craig_by_admin, exec, exec_as, unused};

#[test]
fn plain_login_and_no_login() {
    for server in both() {
        let output = exec(server, &["SELECT INBOX"]).expect_code(0);
        output
            .expect_line("C: A0001 SELECT INBOX")
            .expect_line("S: A0001 OK [READ-WRITE]");
        // Without -a nobody is logged in.
        let output = exec_as(
            server,
            Line::Plain,
            None,
            &[],
            &["SELECT INBOX", "CAPABILITY"],
        )
        .expect_code(4);
        output
            .expect_line("S: * CAPABILITY IMAP4rev1")
            .expect_not_sent("AUTHENTICATE")
            .expect_not_sent("LOGIN");
    }
}

/// `-u craig -a admin` really acts for craig: it sees the mailbox that craig just made and that
/// nobody else may see, and on Cyrus INBOX is his.
fn acts_for_craig(server: &Server, line: Line, mechanism: Option<&str>) {
    let own = unused(server, "own");
    exec(server, &[&format!("CREATE {own}")]).expect_code(0);
    let list = format!("LIST \"\" {own}");
    let more: Vec<&str> = mechanism.iter().flat_map(|m| ["-m", *m]).collect();

    let told = format!("{:?} {line:?} -m {mechanism:?}", server.kind);
    eprintln!("{told}");
    let output = exec_as(
        server,
        line,
        Some(craig_by_admin(server)),
        &more,
        &[&list, "GETACL INBOX", "GETQUOTAROOT INBOX"],
    );
    let output = output
        .expect_code(0)
        .expect_line("S: * LIST (")
        .expect_line(&own);
    if server.kind == Kind::Cyrus {
        output.expect_line("* ACL INBOX craig ");
    }
    let monty = Who {
        authcid: "monty",
        ..CRAIG
    };
    exec_as(server, line, Some(monty), &more, &[&list])
        .expect_code(0)
        .expect_no_line("S: * LIST");
    exec(server, &[&format!("DELETE {own}")]).expect_code(0);
}

#[test]
fn the_administrator_acts_for_craig_by_plain() {
    for server in both() {
        acts_for_craig(server, Line::Plain, Some("PLAIN"));
        acts_for_craig(server, Line::Imaps, Some("PLAIN"));
    }
}

/// Over TLS Cyrus offers the -PLUS mechanism too, and then refuses the gs2 flag `y`.
#[test]
fn the_administrator_acts_for_craig_by_scram() {
    for server in both() {
        for line in [Line::Plain, Line::StartTls, Line::Imaps] {
            acts_for_craig(server, line, Some("SCRAM-SHA-256"));
        }
    }
}

#[test]
fn the_administrator_acts_for_craig_by_the_mechanism_chosen() {
    for server in both() {
        for line in [Line::Plain, Line::StartTls, Line::Imaps] {
            acts_for_craig(server, line, None);
        }
    }
}

#[test]
fn every_mechanism_logs_craig_in() {
    for server in both() {
        for mechanism in [
            "PLAIN",
            "LOGIN",
            "AUTH=LOGIN",
            "SCRAM-SHA-1",
            "SCRAM-SHA-256",
        ] {
            for line in [Line::Plain, Line::StartTls, Line::Imaps] {
                eprintln!("{:?} {line:?} {mechanism}", server.kind);
                let output = exec_as(
                    server,
                    line,
                    Some(CRAIG),
                    &["-m", mechanism],
                    &["STATUS INBOX (MESSAGES)"],
                );
                output
                    .expect_code(0)
                    .expect_line("S: * STATUS INBOX (MESSAGES");
            }
        }
    }
}

#[test]
fn a_wrong_password_ends_with_3_and_no_session() {
    for server in both() {
        for mechanism in ["PLAIN", "SCRAM-SHA-256", "LOGIN"] {
            let who = Who {
                password: "wrong",
                ..CRAIG
            };
            let output = exec_as(
                server,
                Line::Plain,
                Some(who),
                &["-m", mechanism],
                &["SELECT INBOX"],
            )
            .expect_code(3);
            assert!(
                !output.text().contains("SELECT"),
                "a command was sent without a login:\n{}",
                output.text()
            );
            assert!(
                !output.stderr.contains("wrong\""),
                "the password is in the error"
            );
            output.expect_error(&["craig", "NO"]);
        }
    }
}

#[test]
fn monty_may_not_act_for_craig() {
    for server in both() {
        for mechanism in ["PLAIN", "SCRAM-SHA-256"] {
            let who = Who {
                authcid: "monty",
                authzid: Some("craig"),
                password: "secret",
            };
            let output = exec_as(
                server,
                Line::Plain,
                Some(who),
                &["-m", mechanism],
                &["SELECT INBOX"],
            )
            .expect_code(3);
            output
                .expect_not_sent("SELECT")
                .expect_error(&["craig", "monty"]);
        }
    }
}

/// The LOGIN command cannot carry an authorization identity: never a silent login as the admin.
#[test]
fn what_cannot_carry_the_authzid_is_not_tried() {
    for server in both() {
        for mechanism in ["login", "AUTH=LOGIN"] {
            let who = craig_by_admin(server);
            let output = exec_as(
                server,
                Line::Plain,
                Some(who),
                &["-m", mechanism],
                &["LIST \"\" *"],
            )
            .expect_code(3);
            output
                .expect_not_sent("LIST")
                .expect_not_sent("LOGIN")
                .expect_error(&["craig"]);
        }
    }
}

#[test]
fn an_unknown_mechanism_is_named() {
    for server in both() {
        let output =
            exec_as(server, Line::Plain, Some(CRAIG), &["-m", "FOO"], &["NOOP"]).expect_code(3);
        output
            .expect_not_sent("NOOP")
            .expect_error(&["FOO", "SCRAM-SHA-256"]);
    }
}

/// A client certificate (SASL EXTERNAL), over STARTTLS and, what imtest cannot, over IMAPS.
#[test]
fn a_client_certificate_logs_in() {
    for server in both() {
        let pem = server.dir.join("craig.pem").to_str().unwrap().to_owned();
        let commands = ["exec", "STATUS INBOX (MESSAGES)"];
        for (options, port) in [
            (vec!["-t", &pem], server.tls_port),
            (vec!["-s", "-t", &pem], server.imaps_port),
        ] {
            let port = port.to_string();
            let mut all = options;
            all.extend([
                "--ca",
                &server.ca,
                "-p",
                &port,
                "-m",
                "EXTERNAL",
                "-a",
                "craig",
                "localhost",
            ]);
            all.extend(commands);
            run(&Home::new(), &all, b"")
                .expect_code(0)
                .expect_line("S: * STATUS INBOX (MESSAGES");
        }
    }
}

/// The administrator, as himself, is not craig.
#[test]
fn without_u_the_administrator_is_himself() {
    let Some(server) = cyrus() else { return };
    let admin = Who {
        authcid: "cyrus",
        authzid: None,
        password: "adminpass",
    };
    let output = exec_as(
        server,
        Line::Plain,
        Some(admin),
        &[],
        &["LIST \"\" user.craig"],
    );
    output.expect_code(0).expect_line("user.craig");
}

/// No secret anywhere in what a headless run prints.
#[test]
fn passwords_are_masked() {
    for server in both() {
        for mechanism in ["PLAIN", "LOGIN", "AUTH=LOGIN", "SCRAM-SHA-256"] {
            let args = arguments(
                server,
                Line::Plain,
                Some(CRAIG),
                &["-m", mechanism],
                &["exec", "NOOP"],
            );
            let output = run(&Home::new(), &args, b"").expect_code(0);
            // `secret`, its base64, and the one of NUL craig NUL secret
            for form in ["secret", "c2VjcmV0", "AGNyYWlnAHNlY3JldA"] {
                assert!(
                    !output.text().contains(form) && !output.stderr.contains(form),
                    "{mechanism}: {form} is shown"
                );
            }
        }
        // Typed by the user.
        let output = exec_as(
            server,
            Line::Plain,
            None,
            &[],
            &["LOGIN craig secret", "NOOP"],
        )
        .expect_code(0);
        output
            .expect_line("LOGIN craig ********")
            .expect_no_line("secret");
    }
}

/// EXTERNAL takes the user from the certificate, ANONYMOUS is nobody: `-a` has nothing to add.
#[test]
fn mechanisms_without_a_user_need_no_a() {
    for server in both() {
        if server.kind != Kind::Dovecot {
            continue;
        }
        let certificate = server.dir.join("craig.pem");
        let own = unused(server, "own");
        exec(server, &[&format!("CREATE {own}")]).expect_code(0);
        let list = format!("LIST \"\" {own}");
        let more = ["-m", "external", "-t", certificate.to_str().unwrap()];
        exec_as(server, Line::Imaps, None, &more, &[&list])
            .expect_code(0)
            .expect_line("AUTHENTICATE EXTERNAL")
            .expect_line("S: * LIST (");
        exec_as(server, Line::Plain, None, &["-m", "ANONYMOUS"], &[&list])
            .expect_code(0)
            .expect_line("AUTHENTICATE ANONYMOUS")
            .expect_no_line("S: * LIST");
        // It has no place for another user, and that is no login as somebody else.
        let more = ["-m", "anonymous", "-u", "craig"];
        exec_as(server, Line::Plain, None, &more, &[&list])
            .expect_code(3)
            .expect_not_sent("AUTHENTICATE")
            .expect_error(&["ANONYMOUS cannot carry"]);
    }
}
