//! A CA and certificates for the tests, made when they are wanted.

use std::path::PathBuf;
use std::sync::Arc;

use imapsh::wire::base64;
use rcgen::{BasicConstraints, Certificate, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::WebPkiClientVerifier;

pub struct Ca {
    pub certificate: Certificate,
    issuer: Issuer<'static, KeyPair>,
    /// The CA's certificate as a PEM file lies here.
    pub folder: tempfile::TempDir,
}

impl Ca {
    pub fn new(name: &str) -> Ca {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, name);
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(
            folder.path().join("ca.pem"),
            pem("CERTIFICATE", certificate.der()),
        )
        .unwrap();
        Ca {
            certificate,
            issuer: Issuer::new(params, key),
            folder,
        }
    }

    /// For `--ca`.
    pub fn file(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    /// A server with a certificate for `names`, valid to `until` (year).
    pub fn server(&self, names: &[&str], until: i32) -> Arc<ServerConfig> {
        let (chain, key) = self.issue(names, until);
        let config = builder()
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .unwrap();
        Arc::new(config)
    }

    /// A server that wants a client certificate of this CA.
    pub fn strict_server(&self, names: &[&str]) -> Arc<ServerConfig> {
        let mut roots = rustls::RootCertStore::empty();
        roots.add(self.certificate.der().clone()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider)
            .build()
            .unwrap();
        let (chain, key) = self.issue(names, 2095);
        let config = builder()
            .with_client_cert_verifier(verifier)
            .with_single_cert(chain, key)
            .unwrap();
        Arc::new(config)
    }

    /// A client's certificate and key in one PEM file, for `-t FILE`.
    pub fn client_file(&self, name: &str) -> PathBuf {
        let (chain, key) = self.issue(&[name], 2095);
        let path = self.folder.path().join("client.pem");
        let text = pem("CERTIFICATE", &chain[0]) + &pem("PRIVATE KEY", key.secret_der());
        std::fs::write(&path, text).unwrap();
        path
    }

    /// A chain and its key.
    pub fn issue(
        &self,
        names: &[&str],
        until: i32,
    ) -> (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>) {
        self.issue_as(params(names, until))
    }

    /// A chain of two: for `names`, by an intermediate that is as wished.
    pub fn below(
        &self,
        intermediate: CertificateParams,
        names: &[&str],
    ) -> (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>) {
        let key = KeyPair::generate().unwrap();
        let certificate = intermediate.signed_by(&key, &self.issuer).unwrap();
        let issuer = Issuer::new(intermediate, key);
        let key = KeyPair::generate().unwrap();
        let leaf = params(names, 2095).signed_by(&key, &issuer).unwrap();
        let der = PrivatePkcs8KeyDer::from(key.serialize_der());
        (
            vec![leaf.der().clone(), certificate.der().clone()],
            der.into(),
        )
    }

    /// The same, with everything in it as wished.
    pub fn issue_as(
        &self,
        params: CertificateParams,
    ) -> (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>) {
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        let der = PrivatePkcs8KeyDer::from(key.serialize_der());
        (vec![certificate.der().clone()], der.into())
    }
}

/// For `names`, valid from 2019 to `until` (year).
pub fn params(names: &[&str], until: i32) -> CertificateParams {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let mut params = CertificateParams::new(names).unwrap();
    params.not_before = rcgen::date_time_ymd(2019, 1, 1);
    params.not_after = rcgen::date_time_ymd(until, 1, 1);
    params
}

/// Signed by itself.
pub fn self_signed(
    params: CertificateParams,
) -> (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>) {
    let key = KeyPair::generate().unwrap();
    let certificate = params.self_signed(&key).unwrap();
    let der = PrivatePkcs8KeyDer::from(key.serialize_der());
    (vec![certificate.der().clone()], der.into())
}

/// A server that shows this, and speaks these versions of TLS.
pub fn server_of(
    (chain, key): (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>),
    versions: &[&'static rustls::SupportedProtocolVersion],
) -> Arc<ServerConfig> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(versions)
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap();
    Arc::new(config)
}

fn builder() -> rustls::ConfigBuilder<ServerConfig, rustls::WantsVerifier> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
}

pub fn pem(label: &str, der: &[u8]) -> String {
    let text = base64::encode(der);
    let lines: Vec<&str> = text
        .as_bytes()
        .chunks(64)
        .map(|line| std::str::from_utf8(line).unwrap())
        .collect();
    format!(
        "-----BEGIN {label}-----\n{}\n-----END {label}-----\n",
        lines.join("\n")
    )
}
