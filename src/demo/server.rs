//! The edge: pipes, sockets and TLS around [`ServerSession`]. The only tokio of the demo.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, DuplexStream};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time;
use tokio_rustls::TlsAcceptor;

use super::conversation::LineKind;
use super::session::ServerSession;
use super::store::SharedStore;
use super::{Options, seed};

/// Octets in a pipe, and in one read.
const BUFFER: usize = 64 * 1024;
/// Most connections at once.
const MOST_CONNECTIONS: usize = 256;
/// A client that does not read for so long is gone.
const WRITE_PATIENCE: Duration = Duration::from_secs(300);
/// For the TLS handshake.
const HANDSHAKE_PATIENCE: Duration = Duration::from_secs(30);
/// For the connections to end when the server stops.
const STOP_PATIENCE: Duration = Duration::from_secs(2);

/// The demo: one store, as many connections as one likes.
#[derive(Debug, Clone)]
pub struct Demo {
    store: SharedStore,
    /// The store's version as far as it was told.
    version: Arc<watch::Sender<u64>>,
}

/// Why the demo cannot listen. Sentences for the user.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// Not loopback.
    #[error(
        "the demo listens on loopback only, not on {0}: everybody knows its passwords; try 127.0.0.1 or [::1]"
    )]
    NotLoopback(IpAddr),
    /// Port taken, or a port that needs root.
    #[error("cannot listen on {address}: {cause}; try another port, or port 0 for any free one")]
    Bind {
        /// Where.
        address: SocketAddr,
        /// Why.
        cause: io::Error,
    },
    /// The certificate could not be made.
    #[error("cannot make a certificate for STARTTLS: {0}")]
    Certificate(String),
    /// The CA's certificate could not be written.
    #[error("cannot write the CA's certificate into the temporary folder: {0}; see TMPDIR")]
    CaFile(io::Error),
}

impl Demo {
    /// A new store with the demo's mailboxes.
    pub fn new(options: Options) -> Demo {
        let store = seed::store(options.users.min(super::MOST_USERS));
        let version = Arc::new(watch::Sender::new(store.version()));
        Demo {
            store: SharedStore::new(store),
            version,
        }
    }

    /// The store itself, for sessions that are driven by hand.
    pub fn store(&self) -> SharedStore {
        self.store.clone()
    }

    /// Starts one connection on the current tokio runtime and returns the client's end. It ends when
    /// the client's end is dropped.
    pub fn pipe(&self) -> DuplexStream {
        let (client, mut server) = tokio::io::duplex(BUFFER);
        let demo = self.clone();
        tokio::spawn(async move {
            let mut session = demo.session(LineKind::Memory);
            // Nobody can stop a pipe but its client.
            let (_never, mut stop) = watch::channel(false);
            let _ = demo.converse(&mut server, &mut session, &mut stop).await;
        });
        client
    }

    /// Listens on a loopback address; STARTTLS is offered, by a CA that is made here.
    ///
    /// # Errors
    /// A sentence with the next step.
    pub async fn listen(&self, address: SocketAddr) -> Result<Listening, ListenError> {
        if !address.ip().is_loopback() {
            return Err(ListenError::NotLoopback(address.ip()));
        }
        let listener = TcpListener::bind(address)
            .await
            .map_err(|cause| ListenError::Bind { address, cause })?;
        let address = listener
            .local_addr()
            .map_err(|cause| ListenError::Bind { address, cause })?;
        let (config, ca_pem) = certificates()?;
        let ca_file = write_ca(&ca_pem).map_err(ListenError::CaFile)?;
        let (stop, stopped) = watch::channel(false);
        let accepting = tokio::spawn(self.clone().accept(
            listener,
            TlsAcceptor::from(config),
            stopped,
        ));
        Ok(Listening {
            address,
            ca_pem,
            ca_file,
            stop,
            accepting,
        })
    }

    async fn accept(
        self,
        listener: TcpListener,
        acceptor: TlsAcceptor,
        mut stop: watch::Receiver<bool>,
    ) {
        let mut connections = JoinSet::new();
        let places = Arc::new(Semaphore::new(MOST_CONNECTIONS));
        loop {
            let accepted = tokio::select! {
                accepted = listener.accept() => accepted,
                _ = stop.changed() => break,
                Some(_) = connections.join_next() => continue,
            };
            let Ok((mut stream, _)) = accepted else {
                // Out of file descriptors, most likely: the next try must not spin.
                time::sleep(Duration::from_millis(100)).await;
                continue;
            };
            let Ok(place) = places.clone().try_acquire_owned() else {
                let _ = stream
                    .write_all(b"* BYE Too many connections to the demo\r\n")
                    .await;
                continue;
            };
            let (demo, acceptor, stop) = (self.clone(), acceptor.clone(), stop.clone());
            connections.spawn(async move {
                let _place = place;
                // What goes wrong with one connection is its client's to see.
                let _ = demo.serve(stream, acceptor, stop).await;
            });
        }
        drop(listener);
        let _ = time::timeout(STOP_PATIENCE, async {
            while connections.join_next().await.is_some() {}
        })
        .await;
    }

    async fn serve(
        &self,
        mut stream: TcpStream,
        acceptor: TlsAcceptor,
        mut stop: watch::Receiver<bool>,
    ) -> io::Result<()> {
        let _ = stream.set_nodelay(true);
        let mut session = self.session(LineKind::Plain);
        if self.converse(&mut stream, &mut session, &mut stop).await? == End::Closed {
            return stream.shutdown().await;
        }
        let mut stream = time::timeout(HANDSHAKE_PATIENCE, acceptor.accept(stream)).await??;
        session.tls_started(Instant::now());
        self.converse(&mut stream, &mut session, &mut stop).await?;
        stream.shutdown().await
    }

    fn session(&self, line: LineKind) -> ServerSession {
        ServerSession::new(self.store.clone(), line, Instant::now(), SystemTime::now())
    }

    /// Tells the other connections that the store has changed.
    fn tell(&self) {
        let version = self.store.lock().version();
        self.version
            .send_if_modified(|told| std::mem::replace(told, version) != version);
    }

    async fn converse<S>(
        &self,
        stream: &mut S,
        session: &mut ServerSession,
        stop: &mut watch::Receiver<bool>,
    ) -> io::Result<End>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let mut changes = self.version.subscribe();
        let mut buffer = vec![0; BUFFER];
        loop {
            while let Some(bytes) = session.poll_transmit() {
                time::timeout(WRITE_PATIENCE, stream.write_all(&bytes)).await??;
            }
            stream.flush().await?;
            self.tell();
            if session.wants_tls() {
                return Ok(End::StartTls);
            }
            if session.is_closing() {
                return Ok(End::Closed);
            }
            let timeout = session.poll_timeout().map(time::Instant::from_std);
            tokio::select! {
                read = stream.read(&mut buffer) => match read? {
                    0 => return Ok(End::Closed),
                    count => session.handle_input(Instant::now(), buffer.get(..count).unwrap_or_default()),
                },
                Ok(()) = changes.changed() => session.handle_change(Instant::now()),
                () = sleep_until(timeout) => session.handle_timeout(Instant::now()),
                Ok(()) = stop.changed() => session.shut_down(),
            }
        }
    }
}

/// How a conversation over one stream ended.
#[derive(Debug, PartialEq, Eq)]
enum End {
    Closed,
    StartTls,
}

async fn sleep_until(at: Option<time::Instant>) {
    match at {
        Some(at) => time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}

/// A demo that listens. Dropping it stops accepting; [`Listening::stop`] also ends the connections.
#[derive(Debug)]
pub struct Listening {
    address: SocketAddr,
    ca_pem: String,
    ca_file: tempfile::NamedTempFile,
    stop: watch::Sender<bool>,
    accepting: JoinHandle<()>,
}

impl Listening {
    /// Where: the port is the real one, also if port 0 was asked for.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The CA's certificate as a PEM file that only this user may read; removed at the end.
    pub fn ca_file(&self) -> &Path {
        self.ca_file.path()
    }

    /// The same in memory.
    pub fn ca_pem(&self) -> &str {
        &self.ca_pem
    }

    /// Says BYE to all clients and waits (at most two seconds) until they are gone.
    pub async fn stop(self) {
        let _ = self.stop.send(true);
        let _ = self.accepting.await;
    }
}

/// A CA, and a certificate of it for `localhost`, `127.0.0.1` and `::1`.
fn certificates() -> Result<(Arc<ServerConfig>, String), ListenError> {
    let failed = |error: rcgen::Error| ListenError::Certificate(error.to_string());
    let name = |text: &str| {
        let mut name = rcgen::DistinguishedName::new();
        name.push(rcgen::DnType::CommonName, text);
        name
    };
    let ca_key = rcgen::KeyPair::generate().map_err(failed)?;
    let mut ca = rcgen::CertificateParams::default();
    ca.distinguished_name = name("imapsh demo CA");
    ca.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Constrained(0));
    ca.key_usages = vec![
        rcgen::KeyUsagePurpose::KeyCertSign,
        rcgen::KeyUsagePurpose::CrlSign,
    ];
    let ca_certificate = ca.self_signed(&ca_key).map_err(failed)?;
    let issuer = rcgen::Issuer::new(ca, ca_key);

    let key = rcgen::KeyPair::generate().map_err(failed)?;
    let names = ["localhost", "127.0.0.1", "::1"]
        .map(str::to_owned)
        .to_vec();
    let mut leaf = rcgen::CertificateParams::new(names).map_err(failed)?;
    leaf.distinguished_name = name("localhost");
    leaf.use_authority_key_identifier_extension = true;
    leaf.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::ServerAuth];
    let leaf = leaf.signed_by(&key, &issuer).map_err(failed)?;

    let tls = |error: rustls::Error| ListenError::Certificate(error.to_string());
    let chain: Vec<CertificateDer<'static>> =
        vec![leaf.der().clone(), ca_certificate.der().clone()];
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config =
        ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(tls)?
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .map_err(tls)?;
    Ok((Arc::new(config), pem(ca_certificate.der())))
}

/// RFC 7468.
fn pem(der: &[u8]) -> String {
    let mut text = String::from("-----BEGIN CERTIFICATE-----\n");
    // 48 octets are 64 characters.
    for line in der.chunks(48) {
        text.push_str(&crate::wire::base64::encode(line));
        text.push('\n');
    }
    text.push_str("-----END CERTIFICATE-----\n");
    text
}

/// A new file that only this user may read (tempfile makes it 0600).
fn write_ca(pem: &str) -> io::Result<tempfile::NamedTempFile> {
    let file = tempfile::Builder::new()
        .prefix("imapsh-demo-ca-")
        .suffix(".pem")
        .tempfile()?;
    std::fs::write(file.path(), pem)?;
    Ok(file)
}
