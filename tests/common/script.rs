//! A server that says exactly what a test wants, and a face that collects what the link tells.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use imapsh::channel::{LineSafety, Notice, Place, Plan, Progress, Request, Security};
use imapsh::link::{Handle, spawn};
use imapsh::sasl::{Bindings, Credentials};
use imapsh::session::{CloseCause, Event};
use imapsh::wire::{Command, Origin};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use super::login::{And, plan_to, who};

/// Longest that anything in a test may take.
pub const DEADLINE: Duration = Duration::from_secs(20);

trait Both: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Both for T {}

/// The server's end of one connection.
pub struct Peer {
    stream: Box<dyn Both>,
    buffer: Vec<u8>,
    /// Everything the client sent, in the clear as the server sees it.
    pub heard: Vec<u8>,
    /// What a login can be bound to.
    pub bindings: Bindings,
}

impl Peer {
    pub fn new(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) -> Peer {
        Peer {
            stream: Box::new(stream),
            buffer: Vec::new(),
            heard: Vec::new(),
            bindings: Bindings::default(),
        }
    }

    /// Writes `text`; whether it could.
    pub async fn say(&mut self, text: &str) -> bool {
        self.say_bytes(text.as_bytes()).await
    }

    pub async fn say_bytes(&mut self, bytes: &[u8]) -> bool {
        self.stream.write_all(bytes).await.is_ok() && self.stream.flush().await.is_ok()
    }

    /// The next line, line end off; `None` at the end.
    pub async fn line(&mut self) -> Option<String> {
        loop {
            if let Some(at) = self.buffer.iter().position(|b| *b == b'\n') {
                let line: Vec<u8> = self.buffer.drain(..=at).collect();
                return Some(String::from_utf8_lossy(&line).trim_end().to_owned());
            }
            if !self.more().await {
                return None;
            }
        }
    }

    pub async fn octets(&mut self, count: usize) -> Option<Vec<u8>> {
        while self.buffer.len() < count {
            if !self.more().await {
                return None;
            }
        }
        Some(self.buffer.drain(..count).collect())
    }

    async fn more(&mut self) -> bool {
        let mut chunk = [0; 4096];
        match self.stream.read(&mut chunk).await {
            Ok(0) | Err(_) => false,
            Ok(n) => {
                self.buffer.extend_from_slice(&chunk[..n]);
                self.heard.extend_from_slice(&chunk[..n]);
                true
            }
        }
    }

    /// Reads until the client closes; everything it ever sent.
    pub async fn rest(mut self) -> Vec<u8> {
        while self.more().await {}
        self.heard
    }

    /// The next line must begin with a tag and then be `wanted`; answers `tag` + `reply`.
    pub async fn answer(&mut self, wanted: &str, reply: &str) -> String {
        let line = self.line().await.unwrap_or_else(|| panic!("no {wanted}"));
        let (tag, rest) = line
            .split_once(' ')
            .unwrap_or_else(|| panic!("no tag: {line}"));
        assert!(rest.starts_with(wanted), "{line}, not {wanted}");
        self.say(&reply.replace("TAG", tag)).await;
        line
    }

    /// Becomes a TLS server.
    pub async fn tls(self, config: Arc<rustls::ServerConfig>) -> std::io::Result<Peer> {
        assert!(self.buffer.is_empty(), "the client sent more before TLS");
        let stream = tokio_rustls::TlsAcceptor::from(config)
            .accept(self.stream)
            .await?;
        let exporter = stream.get_ref().1.export_keying_material(
            vec![0; 32],
            b"EXPORTER-Channel-Binding",
            Some(b""),
        );
        Ok(Peer {
            stream: Box::new(stream),
            buffer: Vec::new(),
            heard: self.heard,
            bindings: Bindings {
                exporter: exporter.ok(),
                ..self.bindings
            },
        })
    }
}

/// Serves one connection on `127.0.0.1` with `script`; what the script returns comes from the handle.
pub async fn serve<F, T>(
    script: impl FnOnce(Peer) -> F + Send + 'static,
) -> (SocketAddr, JoinHandle<T>)
where
    F: Future<Output = T> + Send + 'static,
    T: Send + 'static,
{
    serve_socket(|socket| script(Peer::new(socket))).await
}

pub async fn serve_socket<F, T>(
    script: impl FnOnce(TcpStream) -> F + Send + 'static,
) -> (SocketAddr, JoinHandle<T>)
where
    F: Future<Output = T> + Send + 'static,
    T: Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(async move {
        let (socket, _) = listener.accept().await.unwrap();
        script(socket).await
    });
    (address, server)
}

/// A plan for that server: nobody logs in, generous time-outs.
pub fn plan(address: SocketAddr, security: Security) -> Plan {
    let place = Place::Tcp {
        host: address.ip().to_string(),
        port: address.port(),
    };
    Plan {
        security,
        ..plan_to(place, DEADLINE)
    }
}

pub const PASSWORD: &str = super::sasl::PASSWORD;

/// `-a joe -w PASSWORD`
pub fn joe() -> Credentials {
    who("joe").with(PASSWORD)
}

/// The face: it keeps all notices.
pub struct Face {
    pub handle: Handle,
    pub seen: Vec<Notice>,
}

impl Face {
    pub fn connect(plan: Plan) -> Face {
        Face {
            handle: spawn(plan, None),
            seen: Vec::new(),
        }
    }

    pub fn ask(&self, request: Request) {
        self.handle
            .requests
            .send(request)
            .expect("the task is there");
    }

    pub fn submit(&self, line: &str) {
        self.ask(Request::Submit(Command::line(Origin::User, line)));
    }

    /// Takes notices until one is `wanted`; panics with all of them if it does not come.
    pub async fn until(&mut self, what: &str, wanted: impl Fn(&Notice) -> bool) -> Notice {
        let deadline = tokio::time::Instant::now() + DEADLINE;
        loop {
            match tokio::time::timeout_at(deadline, self.handle.notices.recv()).await {
                Ok(Some(notice)) => {
                    self.seen.push(notice.clone());
                    if wanted(&notice) {
                        return notice;
                    }
                }
                Ok(None) => panic!("the notices ended without {what}: {:#?}", self.seen),
                Err(_) => panic!("{what} never came: {:#?}", self.seen),
            }
        }
    }

    pub async fn ready(&mut self) {
        self.until("Ready", |notice| matches!(notice, Notice::Ready))
            .await;
    }

    /// The cause and sentence of the end, and nothing behind it.
    pub async fn end(&mut self) -> (CloseCause, String) {
        let Notice::Ended { cause, sentence } = self
            .until("Ended", |notice| matches!(notice, Notice::Ended { .. }))
            .await
        else {
            unreachable!()
        };
        assert!(
            self.handle.notices.recv().await.is_none(),
            "something came behind Ended"
        );
        (cause, sentence)
    }

    pub fn events(&self) -> impl Iterator<Item = &Event> {
        self.seen.iter().flat_map(|notice| match notice {
            Notice::Events { events, .. } => events.as_slice(),
            _ => &[],
        })
    }

    /// What the transcript would show of the server.
    pub fn received(&self) -> String {
        let pieces = self.events().filter_map(|event| match event {
            Event::Received(piece) => Some(piece.bytes()),
            _ => None,
        });
        String::from_utf8_lossy(&pieces.collect::<Vec<_>>().concat()).into_owned()
    }

    /// What the transcript would show of us.
    pub fn sent(&self) -> String {
        let pieces = self.events().filter_map(|event| match event {
            Event::Sent { piece, .. } => Some(piece.bytes()),
            _ => None,
        });
        String::from_utf8_lossy(&pieces.collect::<Vec<_>>().concat()).into_owned()
    }

    pub fn warnings(&self) -> Vec<&str> {
        let warning = |notice: &'_ Notice| matches!(notice, Notice::Warning(_));
        self.seen
            .iter()
            .filter(|notice| warning(notice))
            .map(|notice| match notice {
                Notice::Warning(text) => text.as_str(),
                _ => "",
            })
            .collect()
    }

    pub fn login_failed(&self) -> Option<&str> {
        self.seen.iter().rev().find_map(|notice| match notice {
            Notice::LoginFailed(sentence) => Some(sentence.as_str()),
            _ => None,
        })
    }

    /// The last word about the line.
    pub fn safety(&self) -> Option<&LineSafety> {
        self.seen.iter().rev().find_map(|notice| match notice {
            Notice::Progress(Progress::Secured(safety)) => Some(safety),
            _ => None,
        })
    }
}
