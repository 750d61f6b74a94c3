//! An IMAP server that can do nothing but log people in, by every mechanism and by LOGIN.

use imapsh::wire::base64;

use super::sasl::{Judge, PASSWORD};
use super::script::Peer;

/// Serves until the client closes; returns everything it sent.
pub async fn log_in(mut peer: Peer, capabilities: String) -> Vec<u8> {
    peer.say(&format!("* OK [CAPABILITY {capabilities}] hello\r\n"))
        .await;
    log_in_greeted(peer).await
}

/// The same behind the greeting.
pub async fn log_in_greeted(mut peer: Peer) -> Vec<u8> {
    while let Some(line) = peer.line().await {
        let words: Vec<&str> = line.split(' ').collect();
        let tag = words[0];
        let verb = words.get(1).unwrap_or(&"").to_ascii_uppercase();
        let let_in = match verb.as_str() {
            "AUTHENTICATE" => {
                let initial = words.get(3).map(|text| decoded(text));
                authenticate(&mut peer, words[2], initial).await
            }
            "LOGIN" => {
                let mut text = line.clone();
                while let Some((size, waits)) = announced(&text) {
                    if waits {
                        peer.say("+ go on\r\n").await;
                    }
                    let Some(octets) = peer.octets(size).await else {
                        return peer.heard;
                    };
                    text.push_str(&String::from_utf8_lossy(&octets));
                    text.push_str(&peer.line().await.unwrap_or_default());
                }
                text.contains(PASSWORD)
            }
            "LOGOUT" => {
                peer.say(&format!("* BYE bye\r\n{tag} OK done\r\n")).await;
                return peer.heard;
            }
            _ => {
                peer.say(&format!("{tag} OK done\r\n")).await;
                continue;
            }
        };
        let reply = match let_in {
            true => format!("{tag} OK [CAPABILITY IMAP4rev1] in\r\n"),
            false => format!("{tag} NO [AUTHENTICATIONFAILED] Authentication failed.\r\n"),
        };
        peer.say(&reply).await;
    }
    peer.heard
}

async fn authenticate(peer: &mut Peer, mechanism: &str, initial: Option<Vec<u8>>) -> bool {
    let mut judge = Judge::bound(mechanism, peer.bindings.clone());
    let mut input = match (initial, mechanism) {
        (Some(initial), _) => initial,
        (None, "LOGIN" | "CRAM-MD5" | "DIGEST-MD5") => {
            let (prompt, _) = judge.step(None).unwrap();
            ask(peer, &prompt).await
        }
        (None, _) => ask(peer, b"").await,
    };
    loop {
        let Some((reply, running)) = judge.step(Some(&input)) else {
            return false;
        };
        if running || !reply.is_empty() {
            input = ask(peer, &reply).await;
        }
        if !running {
            return judge.verdict().is_some();
        }
    }
}

async fn ask(peer: &mut Peer, challenge: &[u8]) -> Vec<u8> {
    peer.say(&format!("+ {}\r\n", *base64::encode(challenge)))
        .await;
    decoded(&peer.line().await.unwrap_or_default())
}

fn decoded(text: &str) -> Vec<u8> {
    if text == "=" {
        return Vec::new();
    }
    base64::decode(text.as_bytes())
        .map(|octets| octets.to_vec())
        .unwrap_or_default()
}

fn announced(text: &str) -> Option<(usize, bool)> {
    let inner = text.strip_suffix('}')?.rsplit_once('{')?.1;
    let size = inner.trim_end_matches('+').parse().ok()?;
    Some((size, !inner.ends_with('+')))
}
