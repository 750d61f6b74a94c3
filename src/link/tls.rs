//! TLS: whom to trust, the handshake, and what went wrong in words.
//!
//! rustls with ring. The certificate is verified against the system's roots and `--ca`; `--insecure`
//! verifies too, goes on whatever comes out, and says what it was.

use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use tokio_rustls::TlsConnector;

use crate::channel::{LineSafety, Trust};
use crate::sasl::Bindings;

use super::stream::{Carrier, Stream};
use super::{binding, verdict};

/// Why there is no TLS. Each is a sentence with the next step.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TlsError {
    /// A `--ca` file cannot be used.
    #[error("The file {path} (--ca) holds no certificate that can be used: {why}. It must be PEM.")]
    CaFile {
        /// Which.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// The `-t` file cannot be used.
    #[error(
        "The client certificate in {path} cannot be used: {why}. The file must hold certificate and key as PEM."
    )]
    ClientCertificate {
        /// Which.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// The host cannot be in a certificate.
    #[error("{0} is no host name that a certificate could be for.")]
    Name(String),
    /// Nothing to verify against, or a fault in the set-up.
    #[error("TLS cannot be set up: {0}.")]
    Setup(String),
    /// The handshake failed; the whole sentence.
    #[error("{0}")]
    Handshake(String),
}

/// All that the handshakes of one connection need. Made once, before dialing, so that a bad file is
/// told before anything is sent.
pub struct Tls {
    connector: TlsConnector,
    verifier: Arc<Recorder>,
    /// TLS 1.2 goes with the extended master secret only, so that a login can be bound to its exporter.
    binds: bool,
    /// What to tell the user about the roots; empty when all is as usual.
    pub warnings: Vec<String>,
}

/// Who is at the other end, for the certificate and for the sentences.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peer {
    /// Name or address, as the user gave it.
    pub host: String,
    /// Port; 0 for a pipe.
    pub port: u16,
    /// Whether TLS begins behind STARTTLS, not with the first byte.
    pub behind_starttls: bool,
}

/// A finished handshake.
#[derive(Debug)]
pub struct Secured {
    /// The stream, inside TLS.
    pub stream: Stream,
    /// What to show.
    pub safety: LineSafety,
    /// With `--insecure`: what was not verified, or that nothing would have been refused.
    pub warning: Option<String>,
    /// What a login can be bound to.
    pub bindings: Bindings,
}

impl Tls {
    /// Reads the files and the system's roots. Blocks on the file system. `binds`: a login is to be bound
    /// to this TLS, so TLS 1.2 must come with the extended master secret (RFC 9266 section 3).
    ///
    /// # Errors
    /// When a file of `trust` cannot be used.
    pub fn prepare(trust: &Trust, binds: bool) -> Result<Tls, TlsError> {
        let provider = Arc::new(ring::default_provider());
        let mut warnings = Vec::new();
        let mut extra = Vec::new();
        for path in &trust.ca_files {
            extra.extend(ca_file(path)?);
        }
        let inner = verifier(extra, &provider, &mut warnings)?;
        let verifier = Arc::new(Recorder {
            inner,
            insecure: trust.insecure,
            verdict: Mutex::new(None),
        });
        let setup = |error: rustls::Error| TlsError::Setup(error.to_string());
        let builder = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(setup)?
            .dangerous()
            .with_custom_certificate_verifier(verifier.clone());
        let mut config = match &trust.client_certificate {
            None => builder.with_no_client_auth(),
            Some(path) => {
                let bad = |why: String| TlsError::ClientCertificate {
                    path: path.clone(),
                    why,
                };
                let chain = certificates(path).map_err(bad)?;
                let key = PrivateKeyDer::from_pem_file(path)
                    .map_err(|error| bad(pem_words(&error, "private key")))?;
                builder
                    .with_client_auth_cert(chain, key)
                    .map_err(|error| bad(error.to_string()))?
            }
        };
        config.require_ems = binds;
        Ok(Tls {
            connector: TlsConnector::from(Arc::new(config)),
            verifier,
            binds,
            warnings,
        })
    }

    /// The handshake over `carrier`.
    ///
    /// # Errors
    /// With a sentence, when the certificate is refused or the other end does not speak TLS.
    pub async fn handshake(&self, peer: &Peer, mut carrier: Carrier) -> Result<Secured, TlsError> {
        let host = peer.host.as_str();
        carrier.set_eager(true);
        let name = ServerName::try_from(host.trim_end_matches('.').to_owned())
            .map_err(|_| TlsError::Name(host.to_owned()))?;
        let stream = self
            .connector
            .connect(name, carrier)
            .await
            .map_err(|error| TlsError::Handshake(verdict::handshake_sentence(peer, &error)))?;
        let (_, connection) = stream.get_ref();
        let safety = LineSafety::Tls {
            version: match connection.protocol_version() {
                Some(rustls::ProtocolVersion::TLSv1_3) => "TLS1.3".to_owned(),
                Some(rustls::ProtocolVersion::TLSv1_2) => "TLS1.2".to_owned(),
                other => format!("{other:?}"),
            },
            cipher: connection
                .negotiated_cipher_suite()
                .map_or_else(String::new, |suite| cipher(suite.suite())),
            verified: !self.verifier.insecure,
        };
        let warning = self.verifier.insecure.then(|| match self.verifier.verdict() {
            Some(error) => format!(
                "--insecure: the certificate of {host} is NOT verified. It would have been refused: {}",
                verdict::certificate_sentence(host, &error)
            ),
            None => format!("--insecure: the certificate of {host} is not verified (it would have passed)."),
        });
        let bindings = binding::bindings(connection, self.binds);
        Ok(Secured {
            stream: Stream::Tls(Box::new(stream)),
            safety,
            warning,
            bindings,
        })
    }
}

/// The system's roots and ours; Mozilla's where the system has none (a bare container).
fn verifier(
    extra: Vec<CertificateDer<'static>>,
    provider: &Arc<CryptoProvider>,
    warnings: &mut Vec<String>,
) -> Result<Arc<dyn ServerCertVerifier>, TlsError> {
    match rustls_platform_verifier::Verifier::new_with_extra_roots(extra, provider.clone()) {
        Ok(verifier) => Ok(Arc::new(verifier)),
        Err(_) => {
            warnings.push(
                "This system has no root certificates of its own: Mozilla's, which imapsh carries, are used."
                    .to_owned(),
            );
            let roots = RootCertStore {
                roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
            };
            let verifier =
                WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider.clone())
                    .build();
            Ok(verifier.map_err(|error| TlsError::Setup(error.to_string()))?)
        }
    }
}

fn ca_file(path: &PathBuf) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let bad = |why: String| TlsError::CaFile {
        path: path.clone(),
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

fn certificates(path: &PathBuf) -> Result<Vec<CertificateDer<'static>>, String> {
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

/// `AES256-GCM` of `TLS13_AES_256_GCM_SHA384`.
fn cipher(suite: rustls::CipherSuite) -> String {
    let name = suite.as_str().unwrap_or("unknown");
    for (part, short) in [
        ("AES_256_GCM", "AES256-GCM"),
        ("AES_128_GCM", "AES128-GCM"),
        ("CHACHA20_POLY1305", "CHACHA20-POLY1305"),
    ] {
        if name.contains(part) {
            return short.to_owned();
        }
    }
    name.to_owned()
}

/// Asks the real verifier, notes its verdict, and with `--insecure` goes on against it.
#[derive(Debug)]
struct Recorder {
    inner: Arc<dyn ServerCertVerifier>,
    insecure: bool,
    verdict: Mutex<Option<rustls::Error>>,
}

impl Recorder {
    /// What the real verifier had against the last certificate.
    fn verdict(&self) -> Option<rustls::Error> {
        self.verdict
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn note<T>(&self, result: Result<T, rustls::Error>, anyway: T) -> Result<T, rustls::Error> {
        match result {
            Err(error) if self.insecure => {
                self.verdict
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .get_or_insert(error);
                Ok(anyway)
            }
            other => other,
        }
    }
}

impl ServerCertVerifier for Recorder {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        self.verdict
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        let result = self.inner.verify_server_cert(
            end_entity,
            intermediates,
            server_name,
            ocsp_response,
            now,
        );
        self.note(result, ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let result = self
            .inner
            .verify_tls12_signature(message, certificate, signed);
        self.note(result, HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let result = self
            .inner
            .verify_tls13_signature(message, certificate, signed);
        self.note(result, HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.inner.supported_verify_schemes()
    }
}
