//! TARGET on the command line: `HOST[:PORT]`, `@profile` or `imap[s]://[authcid@]host[:port][/mailbox]`
//! (RFC 5092), each with `+USER` at the end to act as USER.

use thiserror::Error;

/// Where to go, as the user wrote it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The place.
    pub base: Base,
    /// `+USER`: whom to act as (the authzid).
    pub act_as: Option<String>,
}

/// The place a target names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Base {
    /// `HOST[:PORT]`.
    Host {
        /// Name or address, IPv6 without brackets.
        host: String,
        /// Port, if one was given.
        port: Option<u16>,
    },
    /// `@NAME`: a profile of the config file.
    Profile(String),
    /// `imap://` or `imaps://`.
    Url(Url),
}

/// The parts of an IMAP URL that are read here, percent-decoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Url {
    /// `imaps://`.
    pub tls: bool,
    /// Who logs in.
    pub authcid: Option<String>,
    /// `;AUTH=MECHANISM`; `None` without it and for `*`.
    pub mechanism: Option<String>,
    /// Name or address, IPv6 without brackets.
    pub host: String,
    /// Port, if one was given.
    pub port: Option<u16>,
    /// The mailbox to open.
    pub mailbox: Option<String>,
}

/// Why a word is no target. Each is a sentence.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum TargetError {
    /// No host where one must be.
    #[error("{0:?} names no host; a target is HOST[:PORT], @profile or imaps://user@host")]
    NoHost(String),
    /// A port that cannot be.
    #[error("{0:?} is no port: a port is a number from 1 to 65535")]
    Port(String),
    /// `+` with nothing behind it.
    #[error("{0:?} ends in \"+\" without a name: +USER says whom to act as")]
    NobodyToActAs(String),
    /// `user@host`.
    #[error("{0:?} is no host; to log in as a user write -a USER HOST, or imap://USER@HOST")]
    UserAtHost(String),
    /// `http://` and others.
    #[error("{0:?} is no IMAP URL: imap:// and imaps:// are known here")]
    Scheme(String),
    /// `user:password@host`.
    #[error("a password does not belong in a URL: leave it out, imapsh asks for it")]
    PasswordInUrl,
    /// A literal `+` before the `@` of a URL could be read as "act as".
    #[error("write \"+\" in the user name of a URL as %2B; +USER at the end says whom to act as")]
    PlusInUser,
    /// `%zz`, or octets that are not UTF-8.
    #[error("{0:?} is not well percent-encoded")]
    Encoding(String),
    /// `;UID=`, `;SECTION=`, `?search`.
    #[error("{0:?} names more than a mailbox; imapsh opens mailboxes, the rest is yours to type")]
    BeyondMailbox(String),
    /// `@` alone, or a character that no profile name has.
    #[error("{0:?} is no profile name: letters, digits, \".\", \"_\" and \"-\"")]
    ProfileName(String),
    /// A space, a control character or the like in a host.
    #[error("{0:?} is no host name")]
    HostName(String),
}

impl Target {
    /// Whether `word` can be nothing but a target, so that it may stand behind the verb too.
    pub fn is_unmistakable(word: &str) -> bool {
        word.starts_with('@') || scheme(word).is_some_and(|(name, _)| is_imap(name))
    }

    /// Reads a target.
    pub fn parse(word: &str) -> Result<Target, TargetError> {
        if let Some(profile) = word.strip_prefix('@') {
            let (name, act_as) = split_act_as(profile, word)?;
            if !is_profile_name(name) {
                return Err(TargetError::ProfileName(name.to_owned()));
            }
            return Ok(Target {
                base: Base::Profile(name.to_owned()),
                act_as,
            });
        }
        if let Some((name, rest)) = scheme(word) {
            if !is_imap(name) {
                return Err(TargetError::Scheme(word.to_owned()));
            }
            return url(name.eq_ignore_ascii_case("imaps"), rest, word);
        }
        let (place, act_as) = split_act_as(word, word)?;
        if place.contains('@') {
            return Err(TargetError::UserAtHost(word.to_owned()));
        }
        let (host, port) = host_and_port(place, word)?;
        Ok(Target {
            base: Base::Host { host, port },
            act_as,
        })
    }
}

/// Whether `name` may stand behind `@`.
pub fn is_profile_name(name: &str) -> bool {
    !name.is_empty()
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "._-".contains(c))
}

/// A port from 1 to 65535, or its name, `imap` or `imaps`.
pub fn port(text: &str) -> Result<u16, TargetError> {
    // What imtest's getaddrinfo takes from /etc/services.
    match text.to_ascii_lowercase().as_str() {
        "imap" => return Ok(143),
        "imaps" => return Ok(993),
        _ => {}
    }
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    match text.parse::<u16>() {
        Ok(port) if digits && port > 0 => Ok(port),
        _ => Err(TargetError::Port(text.to_owned())),
    }
}

fn scheme(word: &str) -> Option<(&str, &str)> {
    word.split_once("://")
}

fn is_imap(scheme: &str) -> bool {
    scheme.eq_ignore_ascii_case("imap") || scheme.eq_ignore_ascii_case("imaps")
}

/// Splits at the first `+`: no host and no profile name has one, a user may (`alice+lists`).
fn split_act_as<'a>(text: &'a str, word: &str) -> Result<(&'a str, Option<String>), TargetError> {
    match text.split_once('+') {
        Some((_, "")) => Err(TargetError::NobodyToActAs(word.to_owned())),
        Some((place, user)) => Ok((place, Some(user.to_owned()))),
        None => Ok((text, None)),
    }
}

pub(super) fn host_and_port(text: &str, word: &str) -> Result<(String, Option<u16>), TargetError> {
    let (host, after) = if let Some(rest) = text.strip_prefix('[') {
        let Some((address, after)) = rest.split_once(']') else {
            return Err(TargetError::HostName(text.to_owned()));
        };
        if address.parse::<std::net::Ipv6Addr>().is_err() && !address.contains('%') {
            return Err(TargetError::HostName(text.to_owned()));
        }
        match after.strip_prefix(':') {
            Some(digits) => (address, Some(digits)),
            None if after.is_empty() => (address, None),
            None => return Err(TargetError::HostName(text.to_owned())),
        }
    } else if text.parse::<std::net::Ipv6Addr>().is_ok() {
        // An IPv6 address without brackets: all of it, for no port can be told from it.
        (text, None)
    } else {
        match text.split_once(':') {
            Some((host, digits)) => (host, Some(digits)),
            None => (text, None),
        }
    };
    if host.is_empty() {
        return Err(TargetError::NoHost(word.to_owned()));
    }
    if host
        .chars()
        .any(|c| c.is_whitespace() || c.is_control() || "/\\\"'<>(){}?#".contains(c))
    {
        return Err(TargetError::HostName(host.to_owned()));
    }
    Ok((host.to_owned(), after.map(port).transpose()?))
}

fn url(tls: bool, rest: &str, word: &str) -> Result<Target, TargetError> {
    let (authority, path) = match rest.split_once('/') {
        Some((authority, path)) => (authority, Some(path)),
        None => (rest, None),
    };
    let (user, place) = match authority.split_once('@') {
        Some((user, place)) => (Some(user), place),
        None => (None, authority),
    };
    let (authcid, mechanism) = match user {
        Some(user) => user_info(user)?,
        None => (None, None),
    };
    // `+USER` ends the URL: behind the host if there is no path, else behind the path. A "+" in a
    // mailbox name is written %2B.
    let (place, path, act_as) = match path {
        None => {
            let (place, act_as) = split_act_as(place, word)?;
            (place, None, act_as)
        }
        Some(path) => {
            let (path, act_as) = split_act_as(path, word)?;
            (place, Some(path), act_as)
        }
    };
    let (host, port) = host_and_port(place, word)?;
    let mailbox = match path {
        None | Some("") => None,
        Some(path) if path.contains([';', '?']) => {
            return Err(TargetError::BeyondMailbox(path.to_owned()));
        }
        Some(path) => Some(decode(path)?),
    };
    let act_as = act_as.map(|user| decode(&user)).transpose()?;
    Ok(Target {
        base: Base::Url(Url {
            tls,
            authcid,
            mechanism,
            host,
            port,
            mailbox,
        }),
        act_as,
    })
}

/// `user`, `user;AUTH=MECHANISM`, `;AUTH=MECHANISM` (RFC 5092 section 3).
fn user_info(text: &str) -> Result<(Option<String>, Option<String>), TargetError> {
    let (user, parameter) = match text.split_once(';') {
        Some((user, parameter)) => (user, Some(parameter)),
        None => (text, None),
    };
    if user.contains(':') {
        return Err(TargetError::PasswordInUrl);
    }
    if user.contains('+') {
        return Err(TargetError::PlusInUser);
    }
    let mechanism = match parameter.map(|p| p.split_once('=')) {
        None => None,
        Some(Some((name, "*"))) if name.eq_ignore_ascii_case("AUTH") => None,
        Some(Some((name, value))) if name.eq_ignore_ascii_case("AUTH") => Some(decode(value)?),
        Some(_) => return Err(TargetError::Encoding(text.to_owned())),
    };
    let user = decode(user)?;
    Ok(((!user.is_empty()).then_some(user), mechanism))
}

pub(super) fn decode(text: &str) -> Result<String, TargetError> {
    let wrong = || TargetError::Encoding(text.to_owned());
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            out.push(byte);
            continue;
        }
        let digit = |b: Option<u8>| char::from(b?).to_digit(16);
        let (high, low) = (digit(bytes.next()), digit(bytes.next()));
        let (Some(high), Some(low)) = (high, low) else {
            return Err(wrong());
        };
        out.push(u8::try_from(high * 16 + low).map_err(|_| wrong())?);
    }
    let text = String::from_utf8(out).map_err(|_| wrong())?;
    if text.contains(['\0', '\r', '\n']) {
        Err(wrong())
    } else {
        Ok(text)
    }
}
