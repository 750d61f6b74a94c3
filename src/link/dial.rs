//! From a host name to a TCP connection: every address is tried, the next one after a short head start
//! (in the spirit of RFC 8305), and the error names each address and what became of it.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, SystemTime};

use tokio::net::{TcpStream, UnixStream};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until, timeout};

use crate::channel::{Gauge, Notice, Progress};

/// How long an address has for itself before the next one is tried beside it (RFC 8305 section 5).
const HEAD_START: Duration = Duration::from_millis(250);
/// Most addresses tried of one name.
const MOST_ADDRESSES: usize = 16;

/// Why there is no connection. Each is a sentence with the next step.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DialError {
    /// The name has no address.
    #[error(
        "The host {host} was not found: {why}. Check the spelling, and that the network is up."
    )]
    NotFound {
        /// The name.
        host: String,
        /// What the resolver said.
        why: String,
    },
    /// The unix socket does not answer.
    #[error(
        "No connection to the unix socket {path}: {why}. Check that the server runs, and that you may use it."
    )]
    Socket {
        /// Which.
        path: String,
        /// What the system said.
        why: String,
    },
    /// No address answered.
    #[error(
        "No connection to {host} port {port}: {tried}. Check that the server runs, and that the port is right."
    )]
    NoAnswer {
        /// The name.
        host: String,
        /// The port.
        port: u16,
        /// Each address and what became of it.
        tried: String,
    },
}

/// Connects to `host`, trying each address for at most `limit`. Says what it does through `notices`.
///
/// # Errors
/// When the name has no address, or none of them answers.
pub async fn connect(
    host: &str,
    port: u16,
    limit: Duration,
    notices: &mpsc::Sender<Notice>,
) -> Result<(TcpStream, SocketAddr), DialError> {
    say(notices, Progress::Resolving(host.to_owned())).await;
    let _ = notices.send(patience(limit)).await;
    let not_found = |why: String| DialError::NotFound {
        host: host.to_owned(),
        why,
    };
    let addresses = match timeout(limit, tokio::net::lookup_host((host, port))).await {
        Err(_) => return Err(not_found(format!("no answer within {}", seconds(limit)))),
        Ok(Err(error)) => return Err(not_found(resolver_words(&error))),
        Ok(Ok(addresses)) => interleaved(addresses),
    };
    if addresses.is_empty() {
        return Err(not_found("it has no address".to_owned()));
    }
    race(addresses, limit, notices)
        .await
        .map_err(|tried| DialError::NoAnswer {
            host: host.to_owned(),
            port,
            tried,
        })
}

/// Connects to the unix socket `path`, within `limit`: a full backlog would wait for ever.
///
/// # Errors
/// When there is none, or nobody listens.
pub async fn unix(path: &Path, limit: Duration) -> Result<UnixStream, DialError> {
    let failed = |why: String| DialError::Socket {
        path: path.display().to_string(),
        why,
    };
    match timeout(limit, UnixStream::connect(path)).await {
        Err(_) => Err(failed(format!("no answer within {}", seconds(limit)))),
        Ok(Err(error)) if error.kind() == io::ErrorKind::NotFound => {
            Err(failed("there is no such file".to_owned()))
        }
        Ok(Err(error)) if error.kind() == io::ErrorKind::ConnectionRefused => {
            Err(failed("nobody listens on it".to_owned()))
        }
        Ok(Err(error)) => Err(failed(error.to_string())),
        Ok(Ok(socket)) => Ok(socket),
    }
}

/// The first of `addresses` that answers; or each of them with what became of it.
async fn race(
    mut addresses: VecDeque<SocketAddr>,
    limit: Duration,
    notices: &mpsc::Sender<Notice>,
) -> Result<(TcpStream, SocketAddr), String> {
    let mut tries = JoinSet::new();
    let mut failures = Vec::new();
    let mut next = Instant::now();
    loop {
        if let Some(address) = next_due(&mut addresses, tries.is_empty() || Instant::now() >= next)
        {
            say(notices, Progress::Connecting(address)).await;
            let _ = notices.send(patience(limit)).await;
            tries
                .spawn(async move { (address, timeout(limit, TcpStream::connect(address)).await) });
            next = Instant::now() + HEAD_START;
        }
        tokio::select! {
            done = tries.join_next() => match done {
                None if addresses.is_empty() => return Err(failures.join("; ")),
                None => {}
                Some(Ok((address, Ok(Ok(stream))))) => return Ok((stream, address)),
                Some(Ok((address, Ok(Err(error))))) => failures.push(format!("{address} {}", connect_words(&error))),
                Some(Ok((address, Err(_)))) => {
                    failures.push(format!("{address} did not answer within {}", seconds(limit)));
                }
                Some(Err(_)) => failures.push("one try was lost".to_owned()),
            },
            () = sleep_until(next), if !addresses.is_empty() => {}
        }
    }
}

fn next_due(addresses: &mut VecDeque<SocketAddr>, due: bool) -> Option<SocketAddr> {
    if due { addresses.pop_front() } else { None }
}

/// Families in turn, in the resolver's order, without doubles: one broken family costs one head start.
fn interleaved(addresses: impl Iterator<Item = SocketAddr>) -> VecDeque<SocketAddr> {
    let mut seen = Vec::new();
    for address in addresses.take(MOST_ADDRESSES) {
        if !seen.contains(&address) {
            seen.push(address);
        }
    }
    let first_is_v6 = seen.first().is_some_and(SocketAddr::is_ipv6);
    let (mut first, mut second): (VecDeque<_>, VecDeque<_>) = seen
        .into_iter()
        .partition(|address| address.is_ipv6() == first_is_v6);
    let mut order = VecDeque::new();
    while !first.is_empty() || !second.is_empty() {
        order.extend(first.pop_front());
        order.extend(second.pop_front());
    }
    order
}

async fn say(notices: &mpsc::Sender<Notice>, progress: Progress) {
    // A face that is gone is found out by the task itself.
    let _ = notices.send(Notice::Progress(progress)).await;
}

/// That what begins now is given up in `limit`.
pub fn patience(limit: Duration) -> Notice {
    Notice::Gauge(Gauge {
        given_up: SystemTime::now().checked_add(limit),
        ..Gauge::default()
    })
}

/// `10 s`, or `300 ms`.
pub fn seconds(duration: Duration) -> String {
    if duration.subsec_millis() == 0 && duration.as_secs() > 0 {
        format!("{} s", duration.as_secs())
    } else {
        format!("{} ms", duration.as_millis())
    }
}

fn connect_words(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => "refused the connection".to_owned(),
        io::ErrorKind::ConnectionReset => "reset the connection".to_owned(),
        io::ErrorKind::TimedOut => "did not answer".to_owned(),
        io::ErrorKind::NetworkUnreachable => {
            "is in a network that cannot be reached from here".to_owned()
        }
        io::ErrorKind::HostUnreachable => "cannot be reached".to_owned(),
        io::ErrorKind::PermissionDenied => "is forbidden by this machine (a firewall?)".to_owned(),
        _ => format!("failed: {error}"),
    }
}

fn resolver_words(error: &io::Error) -> String {
    let text = error.to_string();
    match text.strip_prefix("failed to lookup address information: ") {
        Some(why) => why.to_owned(),
        None => text,
    }
}
