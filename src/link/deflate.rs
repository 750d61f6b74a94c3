//! COMPRESS=DEFLATE (RFC 4978): raw DEFLATE both ways, each flush a sync flush, every octet counted before
//! and behind.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use zeroize::Zeroizing;

use crate::channel::Compressed;

/// Octets of compressed input read at once, and of plain output compressed at once.
const CHUNK: usize = 16 * 1024;

/// A stream, compressed. Nothing is kept beyond one chunk each way, whatever the other end makes of it: a
/// bomb unfolds no faster than it is read.
pub struct Deflate<S> {
    inner: S,
    inflate: Decompress,
    deflate: Compress,
    /// Compressed octets that have come, from `at` on not yet taken.
    input: Vec<u8>,
    at: usize,
    /// The last output was full: there may be more without more input.
    more: bool,
    /// The other end finished its DEFLATE stream: nothing can follow.
    finished: bool,
    /// Compressed octets on their way out. What they hold may be a secret.
    output: Zeroizing<Vec<u8>>,
    written: usize,
    /// Octets were compressed since the last sync flush.
    dirty: bool,
    sizes: Compressed,
}

impl<S> std::fmt::Debug for Deflate<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Deflate")
            .field("sizes", &self.sizes)
            .finish_non_exhaustive()
    }
}

impl<S> Deflate<S> {
    /// Over `inner`, of which `behind` (compressed) was read already.
    pub fn new(inner: S, behind: Vec<u8>) -> Deflate<S> {
        let sizes = Compressed {
            line_in: behind.len() as u64,
            ..Compressed::default()
        };
        Deflate {
            inner,
            inflate: Decompress::new(false),
            deflate: Compress::new(Compression::default(), false),
            input: behind,
            at: 0,
            more: false,
            finished: false,
            output: Zeroizing::default(),
            written: 0,
            dirty: false,
            sizes,
        }
    }

    /// Octets so far.
    pub fn sizes(&self) -> Compressed {
        self.sizes
    }

    /// The stream below.
    pub fn get_mut(&mut self) -> &mut S {
        &mut self.inner
    }

    /// Decompresses into `buffer`; how many octets came out.
    fn inflated(&mut self, buffer: &mut ReadBuf<'_>) -> io::Result<usize> {
        let pending = self.input.get(self.at..).unwrap_or_default();
        if self.finished || (pending.is_empty() && !self.more) {
            return Ok(0);
        }
        let (taken, made) = (self.inflate.total_in(), self.inflate.total_out());
        let room = buffer.initialize_unfilled();
        let size = room.len();
        let status = self
            .inflate
            .decompress(pending, room, FlushDecompress::None)
            .map_err(|error| {
                let words =
                    format!("what the server sent behind COMPRESS is no DEFLATE data ({error})");
                io::Error::new(io::ErrorKind::InvalidData, words)
            })?;
        let taken = usize::try_from(self.inflate.total_in() - taken).unwrap_or_default();
        let made = usize::try_from(self.inflate.total_out() - made).unwrap_or_default();
        if taken == 0 && made == 0 && !pending.is_empty() && status != Status::StreamEnd {
            let words = "the DEFLATE data behind COMPRESS leads nowhere";
            return Err(io::Error::new(io::ErrorKind::InvalidData, words));
        }
        self.at += taken;
        self.more = made == size;
        self.finished = status == Status::StreamEnd;
        self.sizes.plain_in += made as u64;
        buffer.advance(made);
        Ok(made)
    }

    /// Compresses `bytes` with `flush` into the output.
    fn deflated(&mut self, mut bytes: &[u8], flush: FlushCompress) -> io::Result<()> {
        loop {
            self.output.reserve(CHUNK);
            let (taken, made) = (self.deflate.total_in(), self.output.len());
            self.deflate
                .compress_vec(bytes, &mut self.output, flush)
                .map_err(io::Error::other)?;
            let taken = usize::try_from(self.deflate.total_in() - taken).unwrap_or_default();
            bytes = bytes.get(taken..).unwrap_or_default();
            self.sizes.plain_out += taken as u64;
            self.sizes.line_out += (self.output.len() - made) as u64;
            // Room left over means that everything is out.
            if bytes.is_empty() && self.output.len() < self.output.capacity() {
                return Ok(());
            }
        }
    }
}

impl<S: AsyncWrite + Unpin> Deflate<S> {
    /// Hands what is compressed to the stream below.
    fn drain(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while self.written < self.output.len() {
            let rest = self.output.get(self.written..).unwrap_or_default();
            match ready!(Pin::new(&mut self.inner).poll_write(cx, rest))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                octets => self.written += octets,
            }
        }
        self.output.clear();
        self.written = 0;
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Deflate<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        loop {
            if buffer.remaining() == 0 || this.inflated(buffer)? > 0 || this.finished {
                return Poll::Ready(Ok(()));
            }
            if this.at < this.input.len() {
                // It took some and gave nothing yet.
                continue;
            }
            this.input.resize(CHUNK, 0);
            this.at = CHUNK;
            let mut chunk = ReadBuf::new(&mut this.input);
            let read = Pin::new(&mut this.inner).poll_read(cx, &mut chunk);
            let octets = chunk.filled().len();
            if let Poll::Ready(Ok(())) = read {
                this.input.truncate(octets);
                this.at = 0;
            }
            ready!(read)?;
            if octets == 0 {
                return Poll::Ready(Ok(()));
            }
            this.sizes.line_in += octets as u64;
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Deflate<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        ready!(this.drain(cx))?;
        let chunk = bytes.get(..CHUNK).unwrap_or(bytes);
        this.deflated(chunk, FlushCompress::None)?;
        this.dirty = true;
        Poll::Ready(Ok(chunk.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if std::mem::take(&mut this.dirty) {
            this.deflated(&[], FlushCompress::Sync)?;
        }
        ready!(this.drain(cx))?;
        Pin::new(&mut this.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.as_mut().poll_flush(cx))?;
        Pin::new(&mut self.get_mut().inner).poll_shutdown(cx)
    }
}
