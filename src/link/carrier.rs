//! What carries bytes to the other end: TCP, a unix socket, a program, or a pipe within this process.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf};
use tokio::net::{TcpStream, UnixStream};

use super::proxy::Ends;
use super::tunnel::Tunnel;

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
    /// A unix socket.
    Unix(UnixStream),
    /// The stdin and stdout of a program.
    Tunnel(Tunnel),
    /// A pipe within this process.
    Memory(DuplexStream),
}

impl Carrier {
    /// Small packets at once, and a dead peer noticed after about two minutes: of silence, or, when something
    /// was sent to it (as the first command after the machine has slept), without anything acknowledging that.
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
            use rustix::net::sockopt::{
                set_tcp_keepcnt, set_tcp_keepidle, set_tcp_keepintvl, set_tcp_user_timeout,
            };
            let _ = set_tcp_keepidle(socket, Duration::from_secs(60));
            let _ = set_tcp_keepintvl(socket, Duration::from_secs(15));
            let _ = set_tcp_keepcnt(socket, 4);
            // In milliseconds. A server that is only slow acknowledges all the same: its kernel does.
            let _ = set_tcp_user_timeout(socket, 120_000);
        }
    }

    /// Both ends' addresses; `None` unless it is TCP.
    pub fn ends(&self) -> Option<Ends> {
        let Carrier::Tcp { socket, .. } = self else {
            return None;
        };
        Some(Ends {
            ours: socket.local_addr().ok()?,
            server: socket.peer_addr().ok()?,
        })
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
            Carrier::Unix(socket) => Pin::new(socket).poll_read(cx, buffer),
            Carrier::Tunnel(tunnel) => Pin::new(tunnel).poll_read(cx, buffer),
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
            Carrier::Unix(socket) => Pin::new(socket).poll_write(cx, bytes),
            Carrier::Tunnel(tunnel) => Pin::new(tunnel).poll_write(cx, bytes),
            Carrier::Memory(stream) => Pin::new(stream).poll_write(cx, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Carrier::Tcp { socket, .. } => Pin::new(socket).poll_flush(cx),
            Carrier::Unix(socket) => Pin::new(socket).poll_flush(cx),
            Carrier::Tunnel(tunnel) => Pin::new(tunnel).poll_flush(cx),
            Carrier::Memory(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Carrier::Tcp { socket, .. } => Pin::new(socket).poll_shutdown(cx),
            Carrier::Unix(socket) => Pin::new(socket).poll_shutdown(cx),
            Carrier::Tunnel(tunnel) => Pin::new(tunnel).poll_shutdown(cx),
            Carrier::Memory(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}
