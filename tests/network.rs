//! Ways to a server: unix sockets, programs, and the PROXY header.

use imapsh::channel::{
    LineSafety, Notice, Place, ProxyClient, ProxyHeader, ProxyVersion, Request, Security,
};
use imapsh::link::proxy::{Ends, octets};
use imapsh::session::CloseCause;

use crate::common::script::{Face, Peer, plan, serve};

const GREETING: &str = "* OK [CAPABILITY IMAP4rev1] hello\r\n";

fn header(version: ProxyVersion, client: ProxyClient) -> ProxyHeader {
    ProxyHeader { version, client }
}

fn ends(ours: &str, server: &str) -> Option<Ends> {
    Some(Ends {
        ours: ours.parse().unwrap(),
        server: server.parse().unwrap(),
    })
}

// ---- the PROXY header

#[test]
fn the_text_header_names_both_ends() {
    let told = |client: &str, ends| {
        let header = header(
            ProxyVersion::V1,
            ProxyClient::Address(client.parse().unwrap()),
        );
        String::from_utf8(octets(header, ends).unwrap()).unwrap()
    };
    assert_eq!(
        told("192.0.2.7", ends("10.0.0.1:40000", "10.0.0.2:143")),
        "PROXY TCP4 192.0.2.7 10.0.0.2 40000 143\r\n"
    );
    assert_eq!(
        told("2001:db8::7", ends("[::1]:40000", "[::1]:993")),
        "PROXY TCP6 2001:db8::7 ::1 40000 993\r\n"
    );
    // One family for both, as the header wants it.
    assert_eq!(
        told("192.0.2.7", ends("[::1]:40000", "[::1]:143")),
        "PROXY TCP6 ::ffff:192.0.2.7 ::1 40000 143\r\n"
    );
    assert_eq!(
        octets(header(ProxyVersion::V1, ProxyClient::Unknown), None).unwrap(),
        b"PROXY UNKNOWN\r\n"
    );
}

#[test]
fn the_binary_header_has_its_signature_command_family_and_length() {
    let signature = b"\r\n\r\n\0\r\nQUIT\n";
    let v4 = octets(
        header(
            ProxyVersion::V2,
            ProxyClient::Address("192.0.2.7".parse().unwrap()),
        ),
        ends("10.0.0.1:40000", "10.0.0.2:143"),
    )
    .unwrap();
    assert_eq!(&v4[..12], signature);
    assert_eq!(&v4[12..16], [0x21, 0x11, 0, 12]);
    assert_eq!(&v4[16..], [192, 0, 2, 7, 10, 0, 0, 2, 0x9c, 0x40, 0, 143]);
    let v6 = octets(
        header(
            ProxyVersion::V2,
            ProxyClient::Address("2001:db8::7".parse().unwrap()),
        ),
        ends("[::1]:1", "[::1]:993"),
    )
    .unwrap();
    assert_eq!(&v6[12..16], [0x21, 0x21, 0, 36]);
    assert_eq!(v6.len(), 16 + 36);
    // LOCAL is there in version 2 only.
    for version in [ProxyVersion::V1, ProxyVersion::V2] {
        let local = octets(header(version, ProxyClient::Local), None).unwrap();
        assert_eq!(&local[..12], signature);
        assert_eq!(&local[12..], [0x20, 0, 0, 0]);
    }
    let unknown = octets(header(ProxyVersion::V2, ProxyClient::Unknown), None).unwrap();
    assert_eq!(&unknown[12..], [0x21, 0, 0, 0]);
}

#[tokio::test]
async fn the_header_is_the_first_thing_the_server_hears() {
    let (address, server) = serve(|mut peer| async move {
        let header = peer.line().await.unwrap();
        peer.say(GREETING).await;
        peer.rest().await;
        header
    })
    .await;
    let mut plan = plan(address, Security::Plain);
    plan.network.proxy = Some(header(
        ProxyVersion::V1,
        ProxyClient::Address("192.0.2.7".parse().unwrap()),
    ));
    let mut face = Face::connect(plan);
    face.ready().await;
    face.ask(Request::Close);
    face.end().await;
    let heard = server.await.unwrap();
    assert!(
        heard.starts_with("PROXY TCP4 192.0.2.7 127.0.0.1 ")
            && heard.ends_with(&format!(" {}", address.port())),
        "{heard}"
    );
    let note =
        |n: &Notice| matches!(n, Notice::Info(text) if text.contains("PROXY TCP4 192.0.2.7"));
    assert!(face.seen.iter().any(note), "{:?}", face.seen);
}

#[tokio::test]
async fn an_address_in_the_header_needs_tcp() {
    let mut plan = plan("127.0.0.1:1".parse().unwrap(), Security::Plain);
    plan.place = Place::Tunnel {
        command: "cat".to_owned(),
        host: "mail".to_owned(),
    };
    plan.network.proxy = Some(header(
        ProxyVersion::V1,
        ProxyClient::Address("192.0.2.7".parse().unwrap()),
    ));
    let (cause, sentence) = Face::connect(plan).end().await;
    assert!(matches!(cause, CloseCause::Failed(_)));
    assert!(sentence.contains("-H unknown"), "{sentence}");
}

// ---- unix sockets

#[tokio::test]
async fn a_unix_socket_is_a_server_like_any_other() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("imap.sock");
    let listener = tokio::net::UnixListener::bind(&path).unwrap();
    let server = tokio::spawn(async move {
        let (socket, _) = listener.accept().await.unwrap();
        let mut peer = Peer::new(socket);
        peer.say(GREETING).await;
        peer.answer("NOOP", "TAG OK done\r\n").await;
        peer.answer("LOGOUT", "* BYE\r\nTAG OK bye\r\n").await;
    });
    let mut plan = plan("127.0.0.1:1".parse().unwrap(), Security::Plain);
    plan.place = Place::Unix(path);
    let mut face = Face::connect(plan);
    face.ready().await;
    face.submit("NOOP");
    face.submit("LOGOUT");
    assert_eq!(face.end().await.0, CloseCause::Logout);
    assert_eq!(face.safety(), Some(&LineSafety::UnixSocket));
    server.await.unwrap();
}

#[tokio::test]
async fn a_unix_socket_that_is_not_there_is_a_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let dead = folder.path().join("dead.sock");
    drop(std::os::unix::net::UnixListener::bind(&dead).unwrap());
    for (path, why) in [
        (folder.path().join("none.sock"), "there is no such file"),
        (dead, "nobody listens on it"),
    ] {
        let mut plan = plan("127.0.0.1:1".parse().unwrap(), Security::Plain);
        plan.place = Place::Unix(path.clone());
        let (cause, sentence) = Face::connect(plan).end().await;
        assert!(matches!(cause, CloseCause::Failed(_)));
        assert!(
            sentence.contains(why) && sentence.contains(path.to_str().unwrap()),
            "{sentence}"
        );
    }
}

// ---- programs

/// An IMAP server in a few lines of shell, greeting with PREAUTH as `doveadm exec imap` does.
const SHELL: &str = r#"
    printf '* PREAUTH [CAPABILITY IMAP4rev1] hello\r\n'
    while read -r tag verb rest; do
        case $verb in
            LOGOUT*) printf '* BYE\r\n%s OK bye\r\n' "$tag"; exit 0;;
            *) printf '%s OK done\r\n' "$tag";;
        esac
    done
"#;

fn tunnel(command: &str) -> Face {
    let mut plan = plan("127.0.0.1:1".parse().unwrap(), Security::Plain);
    plan.place = Place::Tunnel {
        command: command.to_owned(),
        host: "mail.example.org".to_owned(),
    };
    Face::connect(plan)
}

fn notes(face: &Face) -> Vec<&str> {
    face.seen
        .iter()
        .filter_map(|notice| match notice {
            Notice::Info(text) => Some(text.as_str()),
            _ => None,
        })
        .collect()
}

#[tokio::test]
async fn a_program_is_the_connection_and_its_stderr_is_told() {
    let mut face = tunnel(&format!("echo 'Last login: today' >&2; {SHELL}"));
    face.ready().await;
    face.submit("NOOP");
    face.submit("LOGOUT");
    let (cause, sentence) = face.end().await;
    assert_eq!((cause, sentence.as_str()), (CloseCause::Logout, ""));
    assert_eq!(face.safety(), Some(&LineSafety::Tunnel));
    let preauth =
        |n: &Notice| matches!(n, Notice::LoggedIn { mechanism, .. } if mechanism == "PREAUTH");
    assert!(face.seen.iter().any(preauth));
    assert_eq!(notes(&face), ["tunnel: Last login: today"]);
}

#[tokio::test]
async fn a_program_that_fails_says_why() {
    let mut face = tunnel("echo 'ssh: no such host' >&2; exit 255");
    let (cause, sentence) = face.end().await;
    assert_eq!(cause, CloseCause::Closed);
    assert!(
        sentence.contains("exit status: 255")
            && sentence.contains("ssh: no such host")
            && sentence.contains("before it had greeted"),
        "{sentence}"
    );
}

/// Whether a process with this number is there (and no zombie).
fn lives(pid: &str) -> bool {
    let Ok(stat) = std::fs::read_to_string(format!("/proc/{}/stat", pid.trim())) else {
        return false;
    };
    !stat.contains(") Z ")
}

#[tokio::test]
#[cfg(target_os = "linux")]
async fn no_program_is_left_behind() {
    let folder = tempfile::tempdir().unwrap();
    let pids = folder.path().join("pids");
    let command = format!(
        "trap '' TERM; sleep 1000 & echo $$ $! > {}; {SHELL} sleep 1000",
        pids.display()
    );
    let mut face = tunnel(&command);
    face.ready().await;
    let pids = std::fs::read_to_string(pids).unwrap();
    let pids: Vec<&str> = pids.split_whitespace().collect();
    assert!(pids.len() == 2 && pids.iter().all(|pid| lives(pid)));
    face.ask(Request::Close);
    let (cause, sentence) = face.end().await;
    assert_eq!((cause, sentence.as_str()), (CloseCause::Local, ""));
    assert!(!lives(pids[0]), "the command is still there");
    // Nobody waits for the grandchild but init: it may need a moment to be gone.
    let deadline = std::time::Instant::now() + crate::common::script::DEADLINE;
    while lives(pids[1]) {
        assert!(std::time::Instant::now() < deadline, "its child is there");
        tokio::task::yield_now().await;
    }
}
