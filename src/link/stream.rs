//! The byte stream under the session: TCP or a pipe, bare or inside TLS.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, DuplexStream, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

/// What carries bytes to the other end.
#[derive(Debug)]
pub enum Carrier {
    /// A TCP connection.
    Tcp {
        /// The socket.
        socket: TcpStream,
        /// Acknowledge what was read at once. Cyrus sends the TLS session tickets and then, by Nagle's
        /// algorithm, waits for their acknowledgement before it greets: 44 ms with a delayed one. The
        /// kernel forgets the wish soon, so it is renewed with each read.
        eager: bool,
    },
    /// A pipe within this process.
    Memory(DuplexStream),
}

/// A carrier, bare or inside TLS.
#[derive(Debug)]
pub enum Stream {
    /// As it is.
    Bare(Carrier),
    /// Inside TLS.
    Tls(Box<TlsStream<Carrier>>),
}

/// What one [`Stream::turn`] did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// So many octets were read into the buffer.
    Read(usize),
    /// The other end closed.
    Closed,
    /// The other end closed without TLS's close_notify: everything it sent has been read, but a
    /// stranger could have cut the rest off.
    ClosedWithoutNotify,
    /// So many octets of the output were taken.
    Wrote(usize),
    /// Everything taken so far is on its way.
    Flushed,
}

impl Stream {
    /// Waits for the first thing that can be done: write from `output`, else flush if `flush`, or read
    /// into `input` unless it is `None`. Nothing is lost when the future is dropped.
    pub async fn turn(
        &mut self,
        output: &[u8],
        flush: bool,
        mut input: Option<&mut [u8]>,
    ) -> io::Result<Turn> {
        std::future::poll_fn(|cx| {
            let mut stream = Pin::new(&mut *self);
            if !output.is_empty() {
                if let Poll::Ready(result) = stream.as_mut().poll_write(cx, output) {
                    return Poll::Ready(match result {
                        Ok(0) => Err(io::ErrorKind::WriteZero.into()),
                        other => other.map(Turn::Wrote),
                    });
                }
            } else if flush && let Poll::Ready(result) = stream.as_mut().poll_flush(cx) {
                return Poll::Ready(result.map(|()| Turn::Flushed));
            }
            if let Some(buffer) = input.as_deref_mut() {
                let mut buffer = ReadBuf::new(buffer);
                if let Poll::Ready(result) = stream.poll_read(cx, &mut buffer) {
                    return Poll::Ready(match result {
                        Ok(()) if buffer.filled().is_empty() => Ok(Turn::Closed),
                        Ok(()) => Ok(Turn::Read(buffer.filled().len())),
                        // rustls says so when close_notify is missing.
                        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                            Ok(Turn::ClosedWithoutNotify)
                        }
                        Err(error) => Err(error),
                    });
                }
            }
            Poll::Pending
        })
        .await
    }

    /// Whether to acknowledge what is read at once ([`Carrier::set_eager`]).
    pub fn set_eager(&mut self, wanted: bool) {
        match self {
            Stream::Bare(carrier) => carrier.set_eager(wanted),
            Stream::Tls(stream) => stream.get_mut().0.set_eager(wanted),
        }
    }

    /// Says goodbye to the other end (close_notify, FIN), for at most a second.
    pub async fn close(mut self) {
        // Who does not listen any more need not hear it.
        let _ = tokio::time::timeout(Duration::from_secs(1), self.shutdown()).await;
    }

    /// The bare carrier, to put TLS on it. `Err` if TLS is on already.
    pub fn into_carrier(self) -> Result<Carrier, Stream> {
        match self {
            Stream::Bare(carrier) => Ok(carrier),
            Stream::Tls(_) => Err(self),
        }
    }
}

impl Carrier {
    /// Small packets at once, and a dead peer noticed after about two minutes of silence.
    pub fn tune(&self) {
        let Carrier::Tcp { socket, .. } = self else {
            return;
        };
        // None of these is needed for the connection to work.
        let _ = socket.set_nodelay(true);
        #[cfg(unix)]
        let _ = rustix::net::sockopt::set_socket_keepalive(socket, true);
        #[cfg(target_os = "linux")]
        {
            use rustix::net::sockopt::{set_tcp_keepcnt, set_tcp_keepidle, set_tcp_keepintvl};
            let _ = set_tcp_keepidle(socket, Duration::from_secs(60));
            let _ = set_tcp_keepintvl(socket, Duration::from_secs(15));
            let _ = set_tcp_keepcnt(socket, 4);
        }
    }

    /// Whether to acknowledge what is read at once.
    pub fn set_eager(&mut self, wanted: bool) {
        if let Carrier::Tcp { eager, .. } = self {
            *eager = wanted;
        }
    }
}

impl AsyncRead for Carrier {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Carrier::Tcp { socket, eager } => {
                let result = Pin::new(&mut *socket).poll_read(cx, buffer);
                #[cfg(target_os = "linux")]
                if *eager && result.is_ready() {
                    // Faster if it works; nothing else depends on it.
                    let _ = rustix::net::sockopt::set_tcp_quickack(&*socket, true);
                }
                result
            }
            Carrier::Memory(stream) => Pin::new(stream).poll_read(cx, buffer),
        }
    }
}

impl AsyncWrite for Carrier {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Carrier::Tcp { socket, .. } => Pin::new(socket).poll_write(cx, bytes),
            Carrier::Memory(stream) => Pin::new(stream).poll_write(cx, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Carrier::Tcp { socket, .. } => Pin::new(socket).poll_flush(cx),
            Carrier::Memory(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Carrier::Tcp { socket, .. } => Pin::new(socket).poll_shutdown(cx),
            Carrier::Memory(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Stream::Bare(stream) => Pin::new(stream).poll_read(cx, buffer),
            Stream::Tls(stream) => Pin::new(stream.as_mut()).poll_read(cx, buffer),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Stream::Bare(stream) => Pin::new(stream).poll_write(cx, bytes),
            Stream::Tls(stream) => Pin::new(stream.as_mut()).poll_write(cx, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Stream::Bare(stream) => Pin::new(stream).poll_flush(cx),
            Stream::Tls(stream) => Pin::new(stream.as_mut()).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Stream::Bare(stream) => Pin::new(stream).poll_shutdown(cx),
            Stream::Tls(stream) => Pin::new(stream.as_mut()).poll_shutdown(cx),
        }
    }
}
