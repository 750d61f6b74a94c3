//! Looks over the shoulder of a handshake: what was shown, what the check came to, whether our own
//! certificate was asked for.
//!
//! One configuration may serve several handshakes at a time, so what is seen goes into the handshake's own
//! [`Seen`], which is lent to this task while the handshake runs.

use std::cell::RefCell;
use std::future::Future;
use std::sync::Arc;

use rustls::client::ResolvesClientCert;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::sign::CertifiedKey;
use rustls::{DigitallySignedStruct, OtherError, SignatureScheme};

use super::report;
use crate::channel::tls::{ClientPart, Pin};

/// What one handshake showed.
#[derive(Debug, Clone, Default)]
pub(super) struct Seen {
    /// The chain, leaf first, as it came. Empty if no certificate was looked at.
    pub(super) chain: Vec<CertificateDer<'static>>,
    /// What the check has against it; also if that is overridden.
    pub(super) objection: Option<rustls::Error>,
    /// Our own certificate.
    pub(super) client: Option<ClientPart>,
}

tokio::task_local! {
    static SEEN: RefCell<Seen>;
}

/// Runs a handshake and returns what was seen besides.
pub(super) async fn watch<F: Future>(handshake: F) -> (F::Output, Seen) {
    SEEN.scope(RefCell::default(), async move {
        let output = handshake.await;
        (output, SEEN.with(RefCell::take))
    })
    .await
}

/// Nobody watches outside of [`watch`]; then there is nothing to note.
fn note(what: impl FnOnce(&mut Seen)) {
    let _ = SEEN.try_with(|seen| what(&mut seen.borrow_mut()));
}

/// The certificate is none of those pinned.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the certificate's SHA-256 is {0}")]
pub struct WrongPin(pub Pin);

/// Asks the real verifier, notes its verdict, and goes on against it where the user said so.
#[derive(Debug)]
pub(super) struct Recorder {
    pub(super) inner: Arc<dyn ServerCertVerifier>,
    pub(super) insecure: bool,
    pub(super) pins: Vec<Pin>,
}

impl Recorder {
    /// What stands against this chain now, by the usual check.
    pub(super) fn judge(
        &self,
        chain: &[CertificateDer<'_>],
        name: &ServerName<'_>,
    ) -> Option<rustls::Error> {
        let (leaf, others) = chain.split_first()?;
        self.inner
            .verify_server_cert(leaf, others, name, &[], UnixTime::now())
            .err()
    }

    /// A wrong signature in the handshake: whoever shows the certificate has not its key.
    fn signed(
        &self,
        result: Result<HandshakeSignatureValid, rustls::Error>,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        match result {
            Err(error) => {
                note(|seen| {
                    seen.objection.get_or_insert(error.clone());
                });
                if self.insecure && self.pins.is_empty() {
                    Ok(HandshakeSignatureValid::assertion())
                } else {
                    Err(error)
                }
            }
            valid => valid,
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
        let result = self.inner.verify_server_cert(
            end_entity,
            intermediates,
            server_name,
            ocsp_response,
            now,
        );
        note(|seen| {
            seen.chain = std::iter::once(end_entity)
                .chain(intermediates)
                .map(|certificate| certificate.clone().into_owned())
                .collect();
            seen.objection = result.as_ref().err().cloned();
        });
        if !self.pins.is_empty() {
            let pin = report::pin(end_entity);
            return if self.pins.contains(&pin) {
                Ok(ServerCertVerified::assertion())
            } else {
                let wrong = OtherError(Arc::new(WrongPin(pin)));
                let error =
                    rustls::Error::InvalidCertificate(rustls::CertificateError::Other(wrong));
                note(|seen| seen.objection = Some(error.clone()));
                Err(error)
            };
        }
        match result {
            Err(_) if self.insecure => Ok(ServerCertVerified::assertion()),
            result => result,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.signed(
            self.inner
                .verify_tls12_signature(message, certificate, signed),
        )
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.signed(
            self.inner
                .verify_tls13_signature(message, certificate, signed),
        )
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.inner.supported_verify_schemes()
    }
}

/// Our own certificate, or none; notes that it was asked for.
#[derive(Debug)]
pub(super) struct Ours {
    pub(super) pair: Option<Arc<CertifiedKey>>,
}

impl ResolvesClientCert for Ours {
    fn resolve(
        &self,
        _root_hint_subjects: &[&[u8]],
        schemes: &[SignatureScheme],
    ) -> Option<Arc<CertifiedKey>> {
        // A key that can sign in none of the ways the server takes is as good as none.
        let fits = |pair: &&Arc<CertifiedKey>| pair.key.choose_scheme(schemes).is_some();
        let pair = self.pair.as_ref().filter(fits);
        note(|seen| {
            seen.client = Some(match pair.and_then(|pair| pair.cert.first()) {
                Some(certificate) => ClientPart::Shown(report::subject(certificate)),
                None => ClientPart::Missing,
            });
        });
        pair.cloned()
    }

    fn has_certs(&self) -> bool {
        self.pair.is_some()
    }
}
