//! Pipes, TCP and STARTTLS, with a real runtime.

use imapsh::demo::{Demo, ListenError, Options};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

async fn line<S: AsyncRead + Unpin>(stream: &mut BufReader<S>) -> String {
    let mut line = String::new();
    tokio::time::timeout(Duration::from_secs(20), stream.read_line(&mut line))
        .await
        .unwrap()
        .unwrap();
    line
}

async fn send<S: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut BufReader<S>,
    tag: &str,
    command: &str,
) -> String {
    stream
        .write_all(format!("{tag} {command}\r\n").as_bytes())
        .await
        .unwrap();
    stream.flush().await.unwrap();
    let mut all = String::new();
    loop {
        let one = line(stream).await;
        assert!(!one.is_empty(), "closed after {all}");
        all.push_str(&one);
        if one.starts_with(&format!("{tag} ")) {
            return all;
        }
    }
}

fn run(test: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap()
        .block_on(test);
}

#[test]
fn a_pipe_is_a_connection() {
    run(async {
        let demo = Demo::new(Options::default());
        let mut one = BufReader::new(demo.pipe());
        assert!(line(&mut one).await.starts_with("* OK [CAPABILITY "));
        assert!(
            send(&mut one, "a", "LOGIN craig secret")
                .await
                .starts_with("a OK ")
        );
        assert!(
            send(&mut one, "b", "SELECT INBOX")
                .await
                .contains("* 19 EXISTS")
        );
        // What another connection does wakes an idling one.
        one.write_all(b"c IDLE\r\n").await.unwrap();
        assert_eq!(line(&mut one).await, "+ idling\r\n");
        let mut two = BufReader::new(demo.pipe());
        line(&mut two).await;
        send(&mut two, "a", "LOGIN craig secret").await;
        send(&mut two, "b", "APPEND INBOX {3+}\r\nabc").await;
        assert_eq!(line(&mut one).await, "* 20 EXISTS\r\n");
        assert!(send(&mut two, "c", "LOGOUT").await.starts_with("* BYE"));
        assert_eq!(line(&mut two).await, "", "the server closes after LOGOUT");
    });
}

#[test]
fn only_loopback_is_listened_on() {
    run(async {
        let demo = Demo::new(Options::default());
        let refused = demo.listen("0.0.0.0:0".parse().unwrap()).await.unwrap_err();
        assert!(matches!(refused, ListenError::NotLoopback(_)));
        assert!(refused.to_string().contains("try 127.0.0.1"));
        let listening = demo.listen("127.0.0.1:0".parse().unwrap()).await.unwrap();
        let taken = demo.listen(listening.address()).await.unwrap_err();
        assert!(
            matches!(taken, ListenError::Bind { .. })
                && taken.to_string().contains("try another port")
        );
        listening.stop().await;
    });
}

#[test]
fn over_tcp_with_starttls_by_its_own_ca() {
    run(async {
        let listening = Demo::new(Options::default())
            .listen("127.0.0.1:0".parse().unwrap())
            .await
            .unwrap();
        let ca_file = listening.ca_file().to_owned();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(
                std::fs::metadata(&ca_file).unwrap().permissions().mode() & 0o777,
                0o600
            );
        }
        let pem = std::fs::read(&ca_file).unwrap();
        assert_eq!(pem, listening.ca_pem().as_bytes());

        let mut plain = BufReader::new(TcpStream::connect(listening.address()).await.unwrap());
        assert!(line(&mut plain).await.contains(" STARTTLS "));
        // Bytes behind STARTTLS must not become commands behind TLS.
        assert_eq!(
            send(&mut plain, "a", "STARTTLS\r\nx LOGIN craig secret").await,
            "a OK Begin TLS negotiation now\r\n"
        );

        use rustls::pki_types::pem::PemObject;
        let mut roots = rustls::RootCertStore::empty();
        roots
            .add(rustls::pki_types::CertificateDer::from_pem_slice(&pem).unwrap())
            .unwrap();
        let config = rustls::ClientConfig::builder_with_provider(Arc::new(
            rustls::crypto::ring::default_provider(),
        ))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
        let connector = tokio_rustls::TlsConnector::from(Arc::new(config));
        let name = "localhost".try_into().unwrap();
        let mut tls = BufReader::new(connector.connect(name, plain.into_inner()).await.unwrap());
        let capability = send(&mut tls, "b", "CAPABILITY").await;
        assert!(
            capability.starts_with("* CAPABILITY ") && !capability.contains("STARTTLS"),
            "{capability}"
        );
        assert!(
            send(&mut tls, "c", "STARTTLS")
                .await
                .starts_with("c BAD TLS is already on")
        );
        assert!(
            send(&mut tls, "d", "SELECT INBOX")
                .await
                .starts_with("d BAD Please log in first")
        );
        assert!(
            send(&mut tls, "e", "LOGIN craig secret")
                .await
                .starts_with("e OK ")
        );
        assert!(
            send(&mut tls, "f", "SELECT INBOX")
                .await
                .contains("* 19 EXISTS")
        );

        listening.stop().await;
        assert_eq!(line(&mut tls).await, "* BYE The demo server stops\r\n");
        assert!(!ca_file.exists());
    });
}
