//! The PROXY header (HAProxy's PROXY protocol, versions 1 and 2): the first octets of a connection, before
//! TLS, that tell a server behind a proxy who the client is.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use crate::channel::{ProxyClient, ProxyHeader, ProxyVersion};

/// What every header of version 2 begins with.
const SIGNATURE: &[u8; 12] = b"\r\n\r\n\0\r\nQUIT\n";
/// Version 2, command LOCAL.
const LOCAL: u8 = 0x20;
/// Version 2, command PROXY.
const PROXY: u8 = 0x21;
/// Address family and transport: unspecified, TCP over IPv4, TCP over IPv6.
const UNSPEC: u8 = 0x00;
const TCP4: u8 = 0x11;
const TCP6: u8 = 0x21;

/// An address was to be told over a connection that has none itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "-H with an address tells the server's own address too, and only a TCP connection has one: nothing was \
     sent. Use -H unknown or -H local."
)]
pub struct NoAddresses;

/// Both ends of our own connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ends {
    /// Ours; its port is told as the client's.
    pub ours: SocketAddr,
    /// The server's.
    pub server: SocketAddr,
}

/// The octets of `header`.
///
/// # Errors
/// When an address is to be told, and there is no TCP connection.
pub fn octets(header: ProxyHeader, ends: Option<Ends>) -> Result<Vec<u8>, NoAddresses> {
    let client = match header.client {
        ProxyClient::Address(client) => client,
        ProxyClient::Local => return Ok(second(LOCAL, UNSPEC, &[])),
        ProxyClient::Unknown if header.version == ProxyVersion::V1 => {
            return Ok(b"PROXY UNKNOWN\r\n".to_vec());
        }
        ProxyClient::Unknown => return Ok(second(PROXY, UNSPEC, &[])),
    };
    let Ends { ours, server } = ends.ok_or(NoAddresses)?;
    let (client, host) = one_family(client, server.ip());
    let ports = [ours.port(), server.port()];
    Ok(match header.version {
        ProxyVersion::V1 => {
            let family = if client.is_ipv4() { "TCP4" } else { "TCP6" };
            let [from, to] = ports;
            format!("PROXY {family} {client} {host} {from} {to}\r\n").into_bytes()
        }
        ProxyVersion::V2 => {
            let mut body = Vec::with_capacity(36);
            for address in [client, host] {
                match address {
                    IpAddr::V4(address) => body.extend(address.octets()),
                    IpAddr::V6(address) => body.extend(address.octets()),
                }
            }
            body.extend(ports.iter().flat_map(|port| port.to_be_bytes()));
            second(PROXY, if client.is_ipv4() { TCP4 } else { TCP6 }, &body)
        }
    })
}

/// What was sent, for the transcript.
pub fn words(header: ProxyHeader, octets: &[u8]) -> String {
    let text = String::from_utf8_lossy(octets);
    match (header.version, header.client) {
        (_, ProxyClient::Local) => "PROXY header sent: version 2, LOCAL".to_owned(),
        (ProxyVersion::V1, _) => format!("PROXY header sent: {}", text.trim_end()),
        (ProxyVersion::V2, ProxyClient::Address(client)) => {
            format!("PROXY header sent: version 2, client {client}")
        }
        (ProxyVersion::V2, ProxyClient::Unknown) => {
            "PROXY header sent: version 2, client unknown".to_owned()
        }
    }
}

/// Both addresses in one family, as the header wants them: IPv4 ones mapped if only one of them is.
fn one_family(client: IpAddr, server: IpAddr) -> (IpAddr, IpAddr) {
    let mapped = |address: IpAddr| -> Ipv6Addr {
        match address {
            IpAddr::V4(address) => address.to_ipv6_mapped(),
            IpAddr::V6(address) => address,
        }
    };
    match (client.to_canonical(), server.to_canonical()) {
        (IpAddr::V4(client), IpAddr::V4(server)) => (client.into(), server.into()),
        (client, server) => (mapped(client).into(), mapped(server).into()),
    }
}

fn second(command: u8, family: u8, body: &[u8]) -> Vec<u8> {
    let mut out = SIGNATURE.to_vec();
    out.extend([command, family]);
    // 36 octets at most.
    out.extend(u16::try_from(body.len()).unwrap_or_default().to_be_bytes());
    out.extend_from_slice(body);
    out
}
