//! TLS: whom to trust, the handshake, and what it came to.
//!
//! rustls with ring. The certificate is verified against the system's roots and `--ca`, or is the one of
//! `--pin`; `--insecure` verifies too, goes on whatever comes out, and says what it was.
//! Files are read in `tls/files.rs`; `tls/recorder.rs` watches a handshake; `tls/report.rs` reads
//! certificates for people; the sentences are in `verdict.rs`.

mod files;
mod recorder;
pub mod report;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, HandshakeKind, RootCertStore};
use tokio_rustls::TlsConnector;

pub use recorder::WrongPin;

use crate::channel::tls::{ClientPart, TlsReport, TlsSession, TlsVersion, Verdict, short_cipher};
use crate::channel::{LineSafety, Trust};
use crate::sasl::Bindings;

use super::encrypted::Encrypted;
use super::stream::{Carrier, Stream};
use super::{binding, verdict};
use recorder::{Ours, Recorder, Seen};

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
    /// The file of our certificate cannot be used.
    #[error(
        "The client certificate in {path} cannot be used: {why}. The file must hold certificate and key as PEM (or the key lies in a file of its own: --key)."
    )]
    ClientCertificate {
        /// Which.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// The `--key` file cannot be used.
    #[error(
        "The key in {path} (--key) cannot be used: {why}. The file must hold the private key of the client certificate as PEM."
    )]
    ClientKey {
        /// Which.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// The `--key-log` file cannot be written.
    #[error("The file {path} (--key-log) cannot be written: {why}.")]
    KeyLog {
        /// Which.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// The oldest version allowed is newer than the newest.
    #[error("No version of TLS is left: at least {min} and at most {max} are asked for.")]
    Versions {
        /// The oldest.
        min: TlsVersion,
        /// The newest.
        max: TlsVersion,
    },
    /// The host cannot be in a certificate.
    #[error(
        "{0} is no host name that a certificate could be for. Say which name the server's certificate holds with --server-name."
    )]
    Name(String),
    /// Nothing to verify against, or a fault in the set-up.
    #[error("TLS cannot be set up: {0}.")]
    Setup(String),
    /// The handshake failed; the whole sentence, and what was seen of the certificate if one was shown.
    #[error("{sentence}")]
    Handshake {
        /// Why, and the next step.
        sentence: String,
        /// What was seen.
        report: Option<Box<TlsReport>>,
    },
}

/// All that the handshakes of one connection need. Made once, before dialing, so that a bad file is
/// told before anything is sent. A later handshake may resume the session of an earlier one.
pub struct Tls {
    connector: TlsConnector,
    verifier: Arc<Recorder>,
    server_name: Option<String>,
    /// Sessions of earlier connections are resumed.
    pub(super) resumes: bool,
    versions: (TlsVersion, TlsVersion),
    /// TLS 1.2 goes with the extended master secret only, so that a login can be bound to its exporter.
    binds: bool,
    /// What to tell the user about roots and key log; empty when all is as usual.
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
    /// All that is known of it.
    pub report: TlsReport,
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
    /// When a file of `trust` cannot be used, or no version of TLS is left.
    pub fn prepare(trust: &Trust, binds: bool) -> Result<Tls, TlsError> {
        let provider = Arc::new(ring::default_provider());
        let mut warnings = Vec::new();
        let mut extra = Vec::new();
        for path in &trust.ca_files {
            extra.extend(files::roots(path)?);
        }
        let versions = (
            trust.min_version.unwrap_or(TlsVersion::Tls12),
            trust.max_version.unwrap_or(TlsVersion::Tls13),
        );
        let spoken = spoken(versions)?;
        let pair = files::identity(trust, &provider)?;
        let verifier = Arc::new(Recorder {
            inner: verifier(extra, &provider, &mut warnings)?,
            insecure: trust.insecure,
            pins: trust.pins.clone(),
        });
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&spoken)
            .map_err(|error| TlsError::Setup(error.to_string()))?
            .dangerous()
            .with_custom_certificate_verifier(verifier.clone())
            .with_client_cert_resolver(Arc::new(Ours { pair }));
        config.require_ems = binds;
        if let Some(path) = &trust.key_log {
            config.key_log = Arc::new(files::KeyLogFile::open(path)?);
            warnings.push(format!(
                "The keys of this TLS session are written to {} (--key-log): whoever has that file can read \
                 the session, passwords too.",
                path.display()
            ));
        }
        Ok(Tls {
            connector: TlsConnector::from(Arc::new(config)),
            verifier,
            server_name: trust.server_name.clone(),
            resumes: true,
            versions,
            binds,
            warnings,
        })
    }

    /// The same, but that every handshake is a full one.
    pub(super) fn without_resumption(&self) -> Tls {
        let mut config = ClientConfig::clone(self.connector.config());
        config.resumption = rustls::client::Resumption::disabled();
        Tls {
            connector: TlsConnector::from(Arc::new(config)),
            verifier: Arc::clone(&self.verifier),
            server_name: self.server_name.clone(),
            resumes: false,
            versions: self.versions,
            binds: self.binds,
            warnings: Vec::new(),
        }
    }

    /// The handshake over `carrier`.
    ///
    /// # Errors
    /// With a sentence, when the certificate is refused or the other end does not speak TLS.
    pub async fn handshake(&self, peer: &Peer, mut carrier: Carrier) -> Result<Secured, TlsError> {
        carrier.set_eager(true);
        let host = self.server_name.as_deref().unwrap_or(&peer.host);
        let name = ServerName::try_from(host.trim_end_matches('.').to_owned())
            .map_err(|_| TlsError::Name(host.to_owned()))?;
        let begun = Instant::now();
        let handshake = self
            .connector
            .connect(name.clone(), Encrypted::below(carrier));
        let (result, mut seen) = recorder::watch(handshake).await;
        let stream = match result {
            Ok(stream) => stream,
            Err(error) => {
                let chain = report::chain(seen.chain.iter().map(AsRef::as_ref));
                let about = verdict::About {
                    peer,
                    name: host,
                    chain: &chain,
                    client: seen.client.as_ref(),
                    versions: self.versions,
                };
                let sentence = about.handshake_sentence(&error);
                let report = (!chain.is_empty()).then(|| {
                    let verdict = Verdict::Refused(sentence.clone());
                    Box::new(self.report(host, &seen, None, verdict))
                });
                return Err(TlsError::Handshake { sentence, report });
            }
        };
        let (_, connection) = stream.get_ref();
        let session = session(connection, begun.elapsed());
        if session.resumed {
            // Nothing was shown this time: what counts is what the session began with.
            let certificates = connection.peer_certificates().unwrap_or_default();
            seen.chain = certificates.to_vec();
            seen.objection = self.verifier.judge(&seen.chain, &name);
        }
        let chain = report::chain(seen.chain.iter().map(AsRef::as_ref));
        let about = verdict::About {
            peer,
            name: host,
            chain: &chain,
            client: seen.client.as_ref(),
            versions: self.versions,
        };
        let objection = seen.objection.as_ref().map(|error| about.objection(error));
        let verdict = match objection {
            objection if !self.verifier.pins.is_empty() => Verdict::Pinned(objection),
            objection if self.verifier.insecure => Verdict::Insecure(objection),
            None => Verdict::Verified,
            // Of a resumed session: it was right when it began.
            Some(objection) => {
                let sentence = format!("{objection} It was right when this TLS session began.");
                let report = self.report(host, &seen, None, Verdict::Refused(sentence.clone()));
                return Err(TlsError::Handshake {
                    sentence,
                    report: Some(Box::new(report)),
                });
            }
        };
        let warning = match &verdict {
            Verdict::Insecure(Some(why)) => Some(format!(
                "--insecure: the certificate of {host} is NOT verified. It would have been refused: {why}"
            )),
            Verdict::Insecure(None) => Some(format!(
                "--insecure: the certificate of {host} is not verified (it would have passed)."
            )),
            _ => None,
        };
        let safety = LineSafety::Tls {
            version: session.version.to_string(),
            cipher: short_cipher(&session.cipher),
            verified: !matches!(verdict, Verdict::Insecure(_)),
        };
        let bindings = binding::bindings(connection, self.binds);
        let report = self.report(host, &seen, Some(session), verdict);
        Ok(Secured {
            stream: Stream::Tls(Box::new(Encrypted::new(stream))),
            safety,
            report,
            warning,
            bindings,
        })
    }

    fn report(
        &self,
        name: &str,
        seen: &Seen,
        session: Option<TlsSession>,
        verdict: Verdict,
    ) -> TlsReport {
        TlsReport {
            name: name.to_owned(),
            session,
            chain: report::chain(seen.chain.iter().map(AsRef::as_ref)),
            verdict,
            client: seen.client.clone().unwrap_or(ClientPart::NotAsked),
            at: SystemTime::now(),
        }
    }
}

fn session(connection: &ClientConnection, took: Duration) -> TlsSession {
    let resumed = connection.handshake_kind() == Some(HandshakeKind::Resumed);
    let suite = connection.negotiated_cipher_suite();
    TlsSession {
        version: match connection.protocol_version() {
            Some(rustls::ProtocolVersion::TLSv1_3) => TlsVersion::Tls13,
            _ => TlsVersion::Tls12,
        },
        cipher: suite
            .and_then(|suite| suite.suite().as_str())
            .unwrap_or("unknown")
            .to_owned(),
        group: connection
            .negotiated_key_exchange_group()
            .map(|group| group_name(group.name())),
        resumed,
        took,
    }
}

/// As people write them: `P-256` is RFC 8446's secp256r1.
fn group_name(group: rustls::NamedGroup) -> String {
    match group {
        rustls::NamedGroup::secp256r1 => "P-256".to_owned(),
        rustls::NamedGroup::secp384r1 => "P-384".to_owned(),
        rustls::NamedGroup::secp521r1 => "P-521".to_owned(),
        other => format!("{other:?}"),
    }
}

fn spoken(
    (min, max): (TlsVersion, TlsVersion),
) -> Result<Vec<&'static rustls::SupportedProtocolVersion>, TlsError> {
    let mut spoken = Vec::new();
    for (version, theirs) in [
        (TlsVersion::Tls13, &rustls::version::TLS13),
        (TlsVersion::Tls12, &rustls::version::TLS12),
    ] {
        if min <= version && version <= max {
            spoken.push(theirs);
        }
    }
    if spoken.is_empty() {
        return Err(TlsError::Versions { min, max });
    }
    Ok(spoken)
}

/// The system's roots and ours; Mozilla's where the system has none (a bare container).
fn verifier(
    extra: Vec<CertificateDer<'static>>,
    provider: &Arc<CryptoProvider>,
    warnings: &mut Vec<String>,
) -> Result<Arc<dyn ServerCertVerifier>, TlsError> {
    match rustls_platform_verifier::Verifier::new_with_extra_roots(extra.clone(), provider.clone())
    {
        Ok(verifier) => Ok(Arc::new(verifier)),
        Err(_) => {
            warnings.push(
                "This system has no root certificates of its own: Mozilla's, which imapsh carries, are used."
                    .to_owned(),
            );
            let mut roots = RootCertStore {
                roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
            };
            // Each was fit to be a root when its file was read.
            roots.add_parsable_certificates(extra);
            let verifier =
                WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider.clone())
                    .build();
            Ok(verifier.map_err(|error| TlsError::Setup(error.to_string()))?)
        }
    }
}
