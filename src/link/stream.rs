//! The byte stream under the session: a carrier, bare or inside TLS, and compressed on top if so agreed.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadBuf};

pub use super::carrier::Carrier;
use super::deflate::Deflate;
use super::encrypted::Encrypted;
use crate::channel::Compressed;

/// A carrier, bare or inside TLS.
#[derive(Debug)]
pub enum Stream {
    /// As it is.
    Bare(Carrier),
    /// Inside TLS.
    Tls(Box<Encrypted>),
    /// One of the two, compressed (COMPRESS=DEFLATE).
    Deflate(Box<Deflate<Stream>>),
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
            Stream::Tls(stream) => stream.carrier().set_eager(wanted),
            Stream::Deflate(stream) => stream.get_mut().set_eager(wanted),
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
            Stream::Tls(_) | Stream::Deflate(_) => Err(self),
        }
    }

    /// Compressed from here on; `behind` has come already. `Err` if it is.
    pub fn deflated(self, behind: Vec<u8>) -> Result<Stream, Stream> {
        match self {
            Stream::Deflate(_) => Err(self),
            stream => Ok(Stream::Deflate(Box::new(Deflate::new(stream, behind)))),
        }
    }

    /// What compression made of it; `None`: it is not compressed.
    pub fn compressed(&self) -> Option<Compressed> {
        match self {
            Stream::Deflate(stream) => Some(stream.sizes()),
            _ => None,
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
            Stream::Deflate(stream) => Pin::new(stream.as_mut()).poll_read(cx, buffer),
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
            Stream::Deflate(stream) => Pin::new(stream.as_mut()).poll_write(cx, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Stream::Bare(stream) => Pin::new(stream).poll_flush(cx),
            Stream::Tls(stream) => Pin::new(stream.as_mut()).poll_flush(cx),
            Stream::Deflate(stream) => Pin::new(stream.as_mut()).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Stream::Bare(stream) => Pin::new(stream).poll_shutdown(cx),
            Stream::Tls(stream) => Pin::new(stream.as_mut()).poll_shutdown(cx),
            Stream::Deflate(stream) => Pin::new(stream.as_mut()).poll_shutdown(cx),
        }
    }
}
