//! A carrier inside TLS, read as fast as one without: rustls asks for 4 KiB at a time and gives a record of
//! 16 KiB at a time, so what lies below it is read ahead, and what it gives is gathered.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, BufReader, ReadBuf};
use tokio_rustls::client::TlsStream;

use super::carrier::Carrier;

/// Octets of records read at once.
const AHEAD: usize = 64 * 1024;

/// A carrier inside TLS.
#[derive(Debug)]
pub struct Encrypted {
    stream: TlsStream<BufReader<Carrier>>,
    /// What went wrong behind octets that were handed on first.
    failed: Option<io::Error>,
}

impl Encrypted {
    /// `carrier` as the handshake takes it.
    pub fn below(carrier: Carrier) -> BufReader<Carrier> {
        BufReader::with_capacity(AHEAD, carrier)
    }

    /// Behind the handshake.
    pub fn new(stream: TlsStream<BufReader<Carrier>>) -> Encrypted {
        Encrypted {
            stream,
            failed: None,
        }
    }

    /// The carrier below.
    pub fn carrier(&mut self) -> &mut Carrier {
        self.stream.get_mut().0.get_mut()
    }
}

impl AsyncRead for Encrypted {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if let Some(error) = this.failed.take() {
            return Poll::Ready(Err(error));
        }
        let before = buffer.filled().len();
        while buffer.remaining() > 0 {
            let had = buffer.filled().len();
            let result = Pin::new(&mut this.stream).poll_read(cx, buffer);
            if buffer.filled().len() > had {
                continue;
            }
            if had == before {
                return result;
            }
            // An end is told again; a failure may not be.
            if let Poll::Ready(Err(error)) = result {
                this.failed = Some(error);
            }
            break;
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Encrypted {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write(cx, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(cx)
    }
}
