//! Bytes and messages made to break it.

use std::time::Duration;

use super::client::{Client, demo};

#[test]
fn any_cut_of_the_input_gives_the_same_replies() {
    let script = "a LOGIN craig {6+}\r\nsecret\r\nb SELECT INBOX\r\nc FETCH 1:3 (FLAGS UID)\r\nd APPEND INBOX {3+}\r\nabc\r\ne LOGOUT\r\n";
    let whole = Client::new(&demo()).send(script);
    for cut in 1..script.len() {
        let mut client = Client::new(&demo());
        let mut reply = client.send(&script[..cut]);
        reply.push_str(&client.send(&script[cut..]));
        assert_eq!(reply, whole, "cut at {cut}");
    }
}

#[test]
fn hostile_bytes_never_panic() {
    // A small generator of its own, so that a failure can be had again by its seed.
    let words = [
        "FETCH",
        "UID",
        "STORE",
        "SEARCH",
        "LIST",
        "APPEND",
        "(",
        ")",
        "\"",
        "\\",
        "{3}",
        "{3+}",
        "{0+}",
        "{99999999999999999999}",
        "\r\n",
        "\n",
        "\0",
        "*",
        "%",
        "1:*",
        "4294967295",
        "BODY[",
        "]",
        "<0.1>",
        "HEADER.FIELDS",
        "INBOX",
        "NOT",
        "OR",
        "ALL",
        "~{1+}",
        "é",
        "\u{fffd}",
        "FLAGS",
        "a",
        " ",
        " ",
        " ",
        "DONE",
        "IDLE",
        "AUTHENTICATE",
        "THREAD REFERENCES UTF-8",
        "SORT (DATE) UTF-8",
        "RENAME",
        "SETACL",
        "+FLAGS",
        "BODYSTRUCTURE",
        "CREATE",
        "DELETE",
        "MOVE",
        "COPY",
        "EXPUNGE",
        "SELECT",
        "abc",
        "=",
        "STATUS",
        "(MESSAGES)",
        "NAMESPACE",
        "RETURN",
    ];
    let demo = demo();
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    for round in 0..400 {
        let mut client = if round % 4 == 0 {
            Client::new(&demo)
        } else {
            Client::selected(&demo, "craig", "INBOX")
        };
        for _ in 0..60 {
            let mut line = String::from("t ");
            for _ in 0..next() % 8 {
                line.push_str(words[(next() % words.len() as u64) as usize]);
                if next() % 2 == 0 {
                    line.push(' ');
                }
            }
            line.push_str("\r\n");
            let mut bytes = line.into_bytes();
            if next() % 5 == 0 {
                let at = (next() % bytes.len() as u64) as usize;
                bytes[at] = next() as u8;
            }
            client.session.handle_input(client.now, &bytes);
            client.read_bytes();
            if next() % 10 == 0 {
                client.wait(Duration::from_secs(next() % 100));
            }
        }
    }
}

#[test]
fn hostile_messages_have_a_structure() {
    let deep = |n: usize| {
        let mut text = String::new();
        for level in 0..n {
            text.push_str(&format!(
                "Content-Type: multipart/mixed; boundary=b{level}\r\n\r\n--b{level}\r\n"
            ));
        }
        text
    };
    let messages = [
        deep(2000),
        "Content-Type: message/rfc822\r\n\r\n".repeat(3000),
        format!(
            "Content-Type: multipart/mixed; boundary=x\r\n\r\n{}",
            "--x\r\n\r\n".repeat(20_000)
        ),
        "Content-Type: multipart/mixed\r\n\r\nno boundary\r\n".to_owned(),
        "Content-Type: multipart/; boundary=\"\r\n\r\n--\r\n".to_owned(),
        format!("To: {}\r\n\r\n", "a:;,<@,\"(".repeat(5000)),
        format!("Subject: {}\r\n\r\n", "=?utf-8?B?4pyT?= ".repeat(5000)),
        format!("Subject: {}\r\n\r\n", "re: [x] ".repeat(5000)),
        format!("References: {}\r\n\r\n", "<a@b> <c@d> ".repeat(5000)),
        ":\r\n: \r\n\r\n\r\n".to_owned(),
        "\r\n".to_owned(),
        "x".to_owned(),
    ];
    let mut client = Client::selected(&demo(), "craig", "INBOX.Archive");
    for (number, message) in messages.iter().enumerate() {
        let reply = client.send(&format!(
            "a APPEND INBOX.Archive {{{}+}}\r\n{message}\r\n",
            message.len()
        ));
        assert!(reply.contains("a OK [APPENDUID "), "{reply}");
        let reply = client.send(&format!(
            "b FETCH {} (ENVELOPE BODYSTRUCTURE BODY BODY.PEEK[1.1.1.1])\r\n",
            number + 1
        ));
        assert!(reply.ends_with("b OK FETCH completed\r\n"));
        let opens = reply.matches('(').count();
        assert!(opens > 2, "{reply}");
    }
    assert!(
        client
            .send("c SORT (SUBJECT FROM TO DATE) UTF-8 ALL\r\n")
            .ends_with("c OK SORT completed\r\n")
    );
    assert!(
        client
            .send("d THREAD REFERENCES UTF-8 TEXT x\r\n")
            .ends_with("d OK THREAD completed\r\n")
    );
}

/// RFC 5256 section 2.1's rules, and where they stop.
#[test]
fn base_subjects() {
    let base = |subject| imapsh::demo::search::base_subject(subject);
    assert_eq!(base("Re: hello"), ("hello".to_owned(), true));
    assert_eq!(
        base("  RE[2]:  [list] Fwd: Hello   world (fwd) "),
        ("hello world".to_owned(), true)
    );
    assert_eq!(base("[Fwd: [x] Re: deep]"), ("deep".to_owned(), true));
    assert_eq!(base("[only a blob]"), ("[only a blob]".to_owned(), false));
    assert_eq!(base("Reply: no"), ("reply: no".to_owned(), false));
    assert_eq!(base(""), (String::new(), false));
}

#[test]
fn threads_of_the_list() {
    let mut client = Client::selected(&demo(), "craig", "INBOX.Lists.imap");
    assert!(
        client
            .send("a THREAD REFERENCES UTF-8 ALL\r\n")
            .starts_with("* THREAD (1 (2 6)(3 4 5))(7)\r\n")
    );
    assert!(
        client
            .send("a UID THREAD ORDEREDSUBJECT UTF-8 1:5\r\n")
            .starts_with("* THREAD (1 (2)(3)(4)(5))\r\n")
    );
    // The first message is not among those found: its place holds the others together.
    assert!(
        client
            .send("a THREAD REFERENCES UTF-8 2:5\r\n")
            .starts_with("* THREAD ((2)(3 4 5))\r\n")
    );
    // A chain as long as can be must not overflow the stack.
    let mut message = String::new();
    for n in 0..3000 {
        message.push_str(&format!("<n{n}@x> "));
        let text = format!(
            "Message-ID: <n{n}@x>\r\nReferences: <n{}@x>\r\nSubject: s{n}\r\n\r\n",
            n - 1
        );
        client.session.handle_input(
            client.now,
            format!("b APPEND INBOX.Trash {{{}+}}\r\n{text}\r\n", text.len()).as_bytes(),
        );
        client.read_bytes();
    }
    client.send("c SELECT INBOX.Trash\r\n");
    let reply = client.send("d THREAD REFERENCES UTF-8 SUBJECT s\r\n");
    assert!(reply.contains(" 2999 3000 3001)") && reply.ends_with("d OK THREAD completed\r\n"));
}
