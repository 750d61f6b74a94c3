//! The servers of CRAM-MD5 and DIGEST-MD5, written from the RFCs and sharing no code with the client.

use std::collections::HashMap;

use hmac::{Hmac, Mac};
use md5::{Digest, Md5};

use super::sasl::{PASSWORD, Verdict};

pub fn md5_hex(data: &[u8]) -> String {
    Md5::digest(data)
        .iter()
        .map(|b| format!("{b:02x}"))
        .collect()
}

/// One exchange on the server's side.
pub struct Md5Server {
    digest: bool,
    challenge: String,
    /// Leaves the proof out, or gives a wrong one.
    pub proof: Proof,
    step: usize,
    pub verdict: Verdict,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    Right,
    Wrong,
    None,
}

impl Md5Server {
    pub fn new(mechanism: &str) -> Md5Server {
        let digest = mechanism == "DIGEST-MD5";
        Md5Server {
            digest,
            challenge: match digest {
                true => "realm=\"example.org\",realm=\"second\",nonce=\"no\\\\nce\\\"1\",qop=\"auth,auth-int\",\
                         charset=utf-8,algorithm=md5-sess"
                    .to_owned(),
                false => "<1896.697170952@example.org>".to_owned(),
            },
            proof: Proof::Right,
            step: 0,
            verdict: None,
        }
    }

    /// As rsasl's: the next challenge, and whether another answer is wanted; `None`: refused.
    pub fn step(&mut self, input: Option<&[u8]>) -> Option<(Vec<u8>, bool)> {
        self.step += 1;
        match self.step {
            1 => Some((self.challenge.clone().into_bytes(), true)),
            2 if !self.digest => {
                let text = std::str::from_utf8(input?).ok()?;
                let (user, proof) = text.rsplit_once(' ')?;
                let mut mac = Hmac::<Md5>::new_from_slice(PASSWORD.as_bytes()).unwrap();
                mac.update(self.challenge.as_bytes());
                let wanted: String = mac
                    .finalize()
                    .into_bytes()
                    .iter()
                    .map(|b| format!("{b:02x}"))
                    .collect();
                (wanted == proof).then(|| self.verdict = Some((user.to_owned(), String::new())))?;
                Some((Vec::new(), false))
            }
            2 => {
                let fields = fields(std::str::from_utf8(input?).ok()?);
                let rspauth = self.check(&fields)?;
                let reply = match self.proof {
                    Proof::Right => format!("rspauth={rspauth}"),
                    Proof::Wrong => format!("rspauth={}", "0".repeat(32)),
                    Proof::None => String::new(),
                };
                Some((reply.into_bytes(), false))
            }
            _ => None,
        }
    }

    fn check(&mut self, fields: &HashMap<String, String>) -> Option<String> {
        let field = |name: &str| fields.get(name).map(String::as_str);
        assert_eq!(field("charset"), Some("utf-8"));
        assert_eq!(field("nonce"), Some("no\\nce\"1"));
        assert_eq!(field("qop"), Some("auth"));
        assert_eq!(field("nc"), Some("00000001"));
        let (user, realm, uri) = (field("username")?, field("realm")?, field("digest-uri")?);
        assert_eq!(uri, "imap/localhost");
        let cnonce = field("cnonce")?;
        assert!(cnonce.len() >= 16, "{cnonce}");
        let mut a1 = Md5::digest(format!("{user}:{realm}:{PASSWORD}")).to_vec();
        a1.extend(format!(":no\\nce\"1:{cnonce}").bytes());
        if let Some(authzid) = field("authzid") {
            a1.extend(format!(":{authzid}").bytes());
        }
        let response = |a2: &str| {
            md5_hex(
                format!(
                    "{}:no\\nce\"1:00000001:{cnonce}:auth:{}",
                    md5_hex(&a1),
                    md5_hex(a2.as_bytes())
                )
                .as_bytes(),
            )
        };
        if field("response")? != response(&format!("AUTHENTICATE:{uri}")) {
            return None;
        }
        let authzid = field("authzid").unwrap_or_default().to_owned();
        self.verdict = Some((user.to_owned(), authzid));
        Some(response(&format!(":{uri}")))
    }
}

/// `a="b\"c",d=e`
pub fn fields(text: &str) -> HashMap<String, String> {
    let mut found = HashMap::new();
    let mut letters = text.chars().peekable();
    while letters.peek().is_some() {
        let name: String = letters.by_ref().take_while(|c| *c != '=').collect();
        let mut value = String::new();
        if letters.next_if_eq(&'"').is_some() {
            while let Some(letter) = letters.next() {
                match letter {
                    '"' => break,
                    '\\' => value.extend(letters.next()),
                    other => value.push(other),
                }
            }
            letters.next_if_eq(&',');
        } else {
            value.extend(letters.by_ref().take_while(|c| *c != ','));
        }
        assert!(found.insert(name, value).is_none(), "twice in {text}");
    }
    found
}
