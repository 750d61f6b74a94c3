//! The files that TLS needs: roots, our certificate and its key, the key log.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use rustls::{KeyLog, RootCertStore};

use super::TlsError;
use crate::channel::Trust;

/// The certificates of a `--ca` file, each fit to be a root.
pub(super) fn roots(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let bad = |why: String| TlsError::CaFile {
        path: path.to_path_buf(),
        why,
    };
    let roots = certificates(path).map_err(bad)?;
    let mut store = RootCertStore::empty();
    for root in &roots {
        store
            .add(root.clone())
            .map_err(|error| bad(error.to_string()))?;
    }
    Ok(roots)
}

/// Our certificate and its key, if there is to be one.
pub(super) fn identity(
    trust: &Trust,
    provider: &CryptoProvider,
) -> Result<Option<Arc<CertifiedKey>>, TlsError> {
    let Some(path) = &trust.client_certificate else {
        return match &trust.client_key {
            None => Ok(None),
            Some(path) => Err(TlsError::ClientKey {
                path: path.to_path_buf(),
                why: "there is no certificate for it (--cert FILE)".to_owned(),
            }),
        };
    };
    let bad = |why: String| TlsError::ClientCertificate {
        path: path.to_path_buf(),
        why,
    };
    let chain = certificates(path).map_err(bad)?;
    let key = match &trust.client_key {
        None => PrivateKeyDer::from_pem_file(path).map_err(|error| bad(key_words(path, &error)))?,
        Some(path) => PrivateKeyDer::from_pem_file(path).map_err(|error| TlsError::ClientKey {
            path: path.to_path_buf(),
            why: key_words(path, &error),
        })?,
    };
    match CertifiedKey::from_der(chain, key, provider) {
        Ok(pair) => Ok(Some(Arc::new(pair))),
        Err(rustls::Error::InconsistentKeys(_)) => Err(match &trust.client_key {
            Some(key) => TlsError::ClientKey {
                path: key.clone(),
                why: format!(
                    "it does not belong to the certificate in {}",
                    path.display()
                ),
            },
            None => bad("key and certificate do not belong together".to_owned()),
        }),
        Err(error) => Err(bad(error.to_string())),
    }
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let words = |error: rustls::pki_types::pem::Error| pem_words(&error, "certificate");
    let found = CertificateDer::pem_file_iter(path)
        .map_err(words)?
        .collect::<Result<Vec<_>, _>>()
        .map_err(words)?;
    if found.is_empty() {
        Err("there is no certificate in it".to_owned())
    } else {
        Ok(found)
    }
}

/// A key under a pass phrase looks like no key at all to rustls.
fn key_words(path: &Path, error: &rustls::pki_types::pem::Error) -> String {
    const LOCKED: [&[u8]; 2] = [b"ENCRYPTED PRIVATE KEY", b"Proc-Type: 4,ENCRYPTED"];
    let locked = std::fs::read(path).is_ok_and(|text| {
        let text = zeroize::Zeroizing::new(text);
        LOCKED
            .iter()
            .any(|mark| memchr::memmem::find(&text, mark).is_some())
    });
    if locked {
        return "its key is under a pass phrase (openssl pkey -in FILE -out NEWFILE takes it off)"
            .to_owned();
    }
    pem_words(error, "private key")
}

/// Says nothing of the file's content: it may be the key.
fn pem_words(error: &rustls::pki_types::pem::Error, what: &str) -> String {
    match error {
        rustls::pki_types::pem::Error::Io(error) if error.kind() == io::ErrorKind::NotFound => {
            "there is no such file".to_owned()
        }
        rustls::pki_types::pem::Error::Io(error) => error.to_string(),
        rustls::pki_types::pem::Error::NoItemsFound => format!("there is no {what} in it"),
        _ => "it is damaged".to_owned(),
    }
}

/// The secrets of each session, one a line, as Wireshark reads them.
#[derive(Debug)]
pub(super) struct KeyLogFile(Mutex<File>);

impl KeyLogFile {
    /// Opens the file to write at its end; a new one can be read by its owner alone.
    pub(super) fn open(path: &Path) -> Result<KeyLogFile, TlsError> {
        let mut options = File::options();
        options.append(true).create(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        match options.open(path) {
            Ok(file) => Ok(KeyLogFile(Mutex::new(file))),
            Err(error) => Err(TlsError::KeyLog {
                path: path.to_path_buf(),
                why: error.to_string(),
            }),
        }
    }
}

impl KeyLog for KeyLogFile {
    fn log(&self, label: &str, client_random: &[u8], secret: &[u8]) {
        let mut line = zeroize::Zeroizing::new(format!("{label} "));
        for octet in client_random {
            line.push_str(&format!("{octet:02x}"));
        }
        line.push(' ');
        for octet in secret {
            line.push_str(&format!("{octet:02x}"));
        }
        line.push('\n');
        // A full disk must not end the session; the reader of the log sees that it lacks lines.
        let mut file = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = file.write_all(line.as_bytes());
    }
}
