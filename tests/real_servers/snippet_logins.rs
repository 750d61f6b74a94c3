//! `run` where rows log in themselves, on servers of their own, and one behind the other on one connection.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::program::{Home, Output, run};
use crate::server::{Kind, Server, both, cyrus, dovecot};
use crate::{Line, Who, arguments, exec_as, unused};

fn play(server: &Server, home: &Home, who: Option<Who>, more: &[&str], file: &str) -> Output {
    let words = arguments(server, Line::Plain, who, more, &["run", file]);
    run(home, &words, b"")
}

fn own(out: &Output) -> Vec<String> {
    let text = out.text();
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    lines.sort();
    lines
}

#[test]
fn each_row_logs_in_with_its_own_password() {
    for server in both() {
        let home = Home::new();
        let list = "user,password\nu151,secret\nu152,not-that-one\nu153,secret\nu154,secret\n";
        home.file("own.csv", list.as_bytes());
        let text = "each: @own.csv\nauthn: ${user}\n\nSTATUS INBOX (MESSAGES)\n* STATUS INBOX (MESSAGES ${n})\nOK\n!output ${user}\n";
        home.file("own.imap", text.as_bytes());
        let more = ["--report", "r.jsonl", "-v"];
        let out = play(server, &home, None, &more, "own.imap")
            .expect_code(3)
            .expect_error(&["row 2, user u152", "3 ok, 1 not connected or not logged in"]);
        assert_eq!(own(&out), ["u151", "u153", "u154"]);
        out.expect_not_said(&["not-that-one", "secret"]);
        let report = std::fs::read_to_string(home.path().join("r.jsonl")).unwrap();
        assert!(!report.contains("not-that-one") && !report.contains("secret"));
    }
}

#[test]
fn each_row_goes_to_the_server_of_its_profile() {
    let (Some(dovecot), Some(cyrus)) = (dovecot(), cyrus()) else {
        return;
    };
    let home = Home::new();
    let profile = |name: &str, port: u16| {
        format!(
            "[profile.{name}]\nhost = \"localhost\"\nport = {port}\nsecurity = \"none\"\nauthcid = \"craig\"\n\n"
        )
    };
    std::fs::create_dir_all(home.path().join("config/imapsh")).unwrap();
    let config = profile("north", dovecot.port) + &profile("south", cyrus.port);
    home.file("config/imapsh/config.toml", config.as_bytes());
    let list = "server,user,password\nnorth,u155,secret\nsouth,u155,secret\nwest,u155,secret\nsouth,u156,secret\n";
    home.file("rows.csv", list.as_bytes());
    // Who it is told by the server itself.
    let text = "each: @rows.csv\nprofile: ${server}\nauthn: ${user}\n\nID NIL\n* ID (\"name\" ${name} ${_...})\nOK\n!output ${server} ${user} ${port} ${name}\n";
    home.file("rows.imap", text.as_bytes());
    let out = run(&home, &["@north", "run", "rows.imap"], b"")
        .expect_code(3)
        .expect_error(&["there is no profile \"west\"", "3 ok, 1 not connected"]);
    let wanted =
        |server: &str, user: &str, port: u16, name: &str| format!("{server} {user} {port} {name}");
    assert_eq!(
        own(&out),
        [
            wanted("north", "u155", dovecot.port, "Dovecot"),
            wanted("south", "u155", cyrus.port, "Cyrus IMAPD"),
            wanted("south", "u156", cyrus.port, "Cyrus IMAPD"),
        ]
    );
}

/// Hands connections on to a port of this host, and counts them.
struct Counter {
    port: u16,
    count: Arc<AtomicUsize>,
}

impl Counter {
    fn to(behind: u16) -> Counter {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let count = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&count);
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                counted.fetch_add(1, Ordering::SeqCst);
                let server = TcpStream::connect(("localhost", behind)).unwrap();
                let other = (client.try_clone().unwrap(), server.try_clone().unwrap());
                std::thread::spawn(move || hand_on(client, server));
                std::thread::spawn(move || hand_on(other.1, other.0));
            }
        });
        Counter { port, count }
    }
}

fn hand_on(mut from: TcpStream, mut to: TcpStream) {
    let mut buffer = [0; 8192];
    while let Ok(n @ 1..) = from.read(&mut buffer) {
        if to.write_all(&buffer[..n]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Write);
}

/// Cyrus offers UNAUTHENTICATE to its administrators, when they act for nobody; Dovecot to nobody.
#[test]
fn rows_share_a_connection_where_unauthenticate_is_offered() {
    for server in both() {
        let home = Home::new();
        let mut list = "user,password,box\n".to_owned();
        let (who, password) = match server.kind {
            Kind::Cyrus => (server.admin(), "adminpass"),
            Kind::Dovecot => ("u157", "secret"),
        };
        let folder = match server.kind {
            Kind::Cyrus => "user.u157.",
            Kind::Dovecot => "",
        };
        let name = unused(server, "share").replace("INBOX.", "");
        for number in 1..=6 {
            list.push_str(&format!("{who},{password},{folder}{name}-{number}\n"));
        }
        home.file("rows.csv", list.as_bytes());
        // A row that finds what the one before it had selected would fail.
        let text = "each: @rows.csv\nauthn: ${user}\n\nBAD FETCH 1 FLAGS\nCREATE ${box}\nOK\n!undo DELETE ${box}\n\nSETACL ${box} ${user} lrswipkxtea\nOK\n\nSELECT ${box}\n* 0 EXISTS\nOK\n!output ${box}\n";
        home.file("rows.imap", text.as_bytes());
        let counter = Counter::to(server.port);
        let port = counter.port.to_string();
        let words = ["-p", &port, "--yes", "127.0.0.1", "run", "rows.imap"];
        let mut words = words.to_vec();
        words.extend(["--jobs", "1", "--undo", "undo.imap"]);
        let out = run(&home, &words, b"").expect_code(0);
        assert_eq!(out.text().lines().count(), 6);
        let wanted = if server.kind == Kind::Cyrus { 1 } else { 6 };
        assert_eq!(
            counter.count.load(Ordering::SeqCst),
            wanted,
            "{:?}",
            server.kind
        );
        let who = Who {
            authcid: who,
            authzid: None,
            password,
        };
        play(server, &home, Some(who), &[], "undo.imap").expect_code(0);
    }
}

/// imaptest's `user2=`: the second connection is another one's, with the same password.
#[test]
fn the_second_user_of_imaptests_files_is_who_user2_names() {
    const FIRST: Who = Who {
        authcid: "u158",
        authzid: None,
        password: "secret",
    };
    const SECOND: Who = Who {
        authcid: "u159",
        ..FIRST
    };
    for server in both() {
        let home = Home::new();
        let theirs = unused(server, "second");
        let exec = |command: &str| exec_as(server, Line::Plain, Some(SECOND), &[], &[command]);
        exec(&format!("CREATE {theirs}")).expect_code(0);
        let text = format!(
            "connections: 2\nuser 2: $user2\nstate: auth\n\n1 no status {theirs} (messages)\n2 ok status {theirs} (messages)\n"
        );
        let file = home.file("two", text.as_bytes());
        let mailbox = format!("mailbox={}", server.mailbox("imaptest"));
        let more = [
            "--dialect",
            "imaptest",
            "--allow-destructive",
            "-D",
            &mailbox,
        ];
        let with = |user2: &str| {
            let mut more = more.to_vec();
            let user2 = format!("user2={user2}");
            more.extend(["-D", &user2]);
            play(server, &home, Some(FIRST), &more, file.to_str().unwrap())
        };
        with("u159").expect_code(0);
        // Nobody else is.
        with("u160").expect_code(4);
        exec(&format!("DELETE {theirs}")).expect_code(0);
    }
}
