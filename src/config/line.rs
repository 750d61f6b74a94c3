//! What the network between wants, and how long to wait for it.

use std::time::Duration;

use super::error::AccountError;
use super::settings::Layers;
use crate::channel::{Limits, Network, Place, ProxyClient, ProxyHeader, ProxyVersion};

pub(super) fn limits(layers: &Layers<'_>) -> Limits {
    let default = Limits::default();
    let seconds = |long| layers.number(long).map(|n| Duration::from_secs(n.into()));
    Limits {
        connect: seconds("connect-timeout").unwrap_or(default.connect),
        greeting: seconds("greeting-timeout").unwrap_or(default.greeting),
        answer: or_never(seconds("answer-timeout"), default.answer),
    }
}

/// 0 is never.
fn or_never(given: Option<Duration>, default: Option<Duration>) -> Option<Duration> {
    match given {
        Some(time) => (!time.is_zero()).then_some(time),
        None => default,
    }
}

pub(super) fn network(layers: &Layers<'_>, place: &Place) -> Result<Network, AccountError> {
    let version = match layers.text("haproxy-version") {
        Some("2") => ProxyVersion::V2,
        _ => ProxyVersion::V1,
    };
    let client = match layers.text("haproxy-clientip") {
        None => None,
        Some("unknown") => Some(ProxyClient::Unknown),
        Some("local") => Some(ProxyClient::Local),
        Some(address) => address.parse().ok().map(ProxyClient::Address),
    };
    if client.is_none() && layers.0[0].has("haproxy-version") {
        return Err(AccountError::Alone {
            one: "--haproxy-version",
            other: "-H IP",
        });
    }
    if matches!(client, Some(ProxyClient::Address(_))) && !matches!(place, Place::Tcp { .. }) {
        return Err(AccountError::Senseless {
            one: "a unix socket or a tunnel",
            why: "has no addresses",
            other: "-H IP",
        });
    }
    let keepalive = layers.number("keepalive");
    let default = Network::default();
    Ok(Network {
        proxy: client.map(|client| ProxyHeader { version, client }),
        compress: layers.is("require-compression"),
        keepalive: or_never(
            keepalive.map(|n| Duration::from_secs(n.into())),
            default.keepalive,
        ),
    })
}
