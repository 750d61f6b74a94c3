//! Why options, target and profile do not come together. Each is a sentence.

use std::path::PathBuf;

use thiserror::Error;

use super::file::ConfigError;

/// Why options, target and profile do not come together. Each is a sentence.
#[derive(Debug, Error)]
pub enum AccountError {
    /// The config file.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Two values for one thing.
    #[error("{option} says {one:?} and the target says {other:?}: choose one")]
    Twice {
        /// The option.
        option: &'static str,
        /// Its value.
        one: String,
        /// The target's.
        other: String,
    },
    /// Two options of which one makes the other senseless.
    #[error("{one} {why}, so {other} has no meaning beside it: choose one")]
    Senseless {
        /// What counts.
        one: &'static str,
        /// What it means.
        why: &'static str,
        /// What is senseless then.
        other: &'static str,
    },
    /// `-s` and `imap://`.
    #[error(
        "-s is TLS from the first byte and imap:// is without: write imaps://, or leave -s out"
    )]
    TlsAgainstUrl,
    /// `-s` and `-t ""`.
    #[error("-s is TLS from the first byte and -t \"\" demands STARTTLS: choose one")]
    TwoKindsOfTls,
    /// `-t ""` and `imaps://`.
    #[error(
        "imaps:// is TLS from the first byte and -t \"\" demands STARTTLS: write imap://, or leave -t out"
    )]
    StartTlsAgainstUrl,
    /// `--security` and `-s`, `-t` or a URL that say something else.
    #[error("--security {security} and {other} contradict each other: choose one")]
    TwoSecurities {
        /// Its value.
        security: String,
        /// The other.
        other: &'static str,
    },
    /// An option about certificates, and no TLS.
    #[error("{0} goes with TLS: add -s (TLS), -t \"\" (STARTTLS) or imaps://")]
    NeedsTls(String),
    /// An option that says nothing without another.
    #[error("{one} says nothing without {other}")]
    Alone {
        /// The option.
        one: &'static str,
        /// What must be there.
        other: &'static str,
    },
    /// `--tls-min` above `--tls-max`.
    #[error("--tls-min {0} is above --tls-max {1}: no version is left")]
    NoVersion(String, String),
    /// `-k` above `-l`.
    #[error("-k {0} is above -l {1}: no strength is left between them")]
    NoStrength(u32, u32),
    /// `-u` and nobody who logs in.
    #[error(
        "act as {0:?} needs somebody who logs in: add -a USER (imtest's -a; it has the password)"
    )]
    NobodyLogsIn(String),
    /// `-w` or `-m` and nobody who logs in.
    #[error("{0} says how to log in, but not who: add -a USER")]
    LoginWithoutUser(&'static str),
    /// `-w` with a mechanism that has no password.
    #[error("{0} has no password: leave -w and --password-from out")]
    NoPassword(&'static str),
    /// `-r` with a mechanism that has no realm.
    #[error("-r: only DIGEST-MD5 has a realm; add -m DIGEST-MD5, or write -a USER@REALM")]
    Realm,
    /// `-c`.
    #[error(
        "-c makes imtest ask for a one-time password, and imapsh has no OTP: leave it out; a challenge can \
         be answered by hand after AUTHENTICATE in the full screen"
    )]
    Challenge,
    /// An option about the line, for a server in this process.
    #[error("demo has its own server, in memory: {0} has no meaning there")]
    NoLine(String),
    /// Two places.
    #[error("{one} and {other} both say where the server is: choose one")]
    TwoPlaces {
        /// One.
        one: &'static str,
        /// The other.
        other: String,
    },
    /// A file that must be there.
    #[error("{option} {path:?}: {error}{hint}")]
    NoFile {
        /// The option.
        option: String,
        /// The file.
        path: PathBuf,
        /// What the system says.
        error: std::io::Error,
        /// What to do.
        hint: &'static str,
    },
}
