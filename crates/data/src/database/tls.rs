//! TLS to a server, with certificates checked as the user of libpq expects of `sslmode` (PostgreSQL documentation, 34.19):
//!
//! | sslmode | encrypted | certificate |
//! |---|---|---|
//! | `disable` | no | – |
//! | `prefer` (without one) | where the server can | not checked |
//! | `require` | yes | not checked, unless root certificates are there |
//! | `verify-ca` | yes | signed by a root certificate |
//! | `verify-full` | yes | and made out to the host |
//!
//! Root certificates are those of `sslrootcert`, else of `~/.postgresql/root.crt`; `sslrootcert=system` is the system's own, with
//! `verify-full`. A server's own certificate among them is believed as it stands: so do those who sign it with itself.

use std::fmt;
use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use gyeol_base::{Fault, Result};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{verify_server_cert_signed_by_trust_anchor, verify_server_name};
use rustls::crypto::{WebPkiSupportedAlgorithms, ring};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_postgres::tls::{ChannelBinding, MakeTlsConnect, TlsConnect, TlsStream};

use super::address::Address;

/// Where distributions keep the certificates of the system.
const SYSTEM: [&str; 5] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
    "/usr/local/share/certs/ca-root-nss.crt",
];

/// Whether a connection is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encrypt {
    Never,
    WhereTheServerCan,
    Always,
}

/// What is asked of the certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Check {
    Nothing,
    Chain,
    ChainAndHost,
}

/// How a connection is made safe.
#[derive(Clone)]
pub(super) struct Tls {
    pub encrypt: Encrypt,
    check: Check,
    config: Arc<ClientConfig>,
    /// The version of TLS that was spoken in the end.
    spoken: Arc<Mutex<Option<String>>>,
}

impl Tls {
    /// As the options of an address say.
    ///
    /// # Errors
    /// Words that are not known, root certificates that are not there.
    pub fn of(address: &Address) -> Result<Tls> {
        let shown = address.to_string();
        let roots_named = address.value("sslrootcert");
        let system = roots_named == Some("system");
        let mode = address.value("sslmode").unwrap_or(if system { "verify-full" } else { "prefer" });
        let (encrypt, mut check) = match mode {
            "disable" => (Encrypt::Never, Check::Nothing),
            "prefer" => (Encrypt::WhereTheServerCan, Check::Nothing),
            "require" => (Encrypt::Always, Check::Nothing),
            "verify-ca" => (Encrypt::Always, Check::Chain),
            "verify-full" => (Encrypt::Always, Check::ChainAndHost),
            other => {
                return Err(Fault::new("unknown-sslmode", format!("there is no sslmode \"{other}\""))
                    .file(&shown)
                    .cause("a typing error, or libpq's `allow`, which is not spoken here")
                    .next("write disable, prefer, require, verify-ca or verify-full")
                    .option());
            }
        };
        if system && check != Check::ChainAndHost {
            return Err(Fault::new("weak-sslmode", format!("sslrootcert=system with sslmode={mode}"))
                .file(&shown)
                .cause("anybody may have a certificate that the system believes: only with its host does it prove anything")
                .next("write sslmode=verify-full, or name the certificate of the database's own authority")
                .option());
        }
        let usual = || {
            let home = PathBuf::from(std::env::var_os("HOME")?);
            Some(home.join(".postgresql/root.crt")).filter(|path| path.exists())
        };
        let path = match roots_named {
            Some("system") => std::env::var_os("SSL_CERT_FILE")
                .map(PathBuf::from)
                .or_else(|| SYSTEM.iter().map(PathBuf::from).find(|path| path.exists())),
            Some(named) => Some(PathBuf::from(named)),
            None => usual(),
        };
        if mode == "require" && path.is_some() {
            check = Check::Chain;
        }
        let (mut roots, mut own) = (RootCertStore::empty(), Vec::new());
        if check != Check::Nothing {
            let Some(path) = path else {
                return Err(Fault::new("no-root-certificate", format!("sslmode={mode} without root certificates"))
                    .file(&shown)
                    .cause("neither sslrootcert nor ~/.postgresql/root.crt is there")
                    .next("name the certificate of the authority: sslrootcert=/path/to/ca.pem, or sslrootcert=system")
                    .option());
            };
            own = certificates(&path)?;
            let (good, _) = roots.add_parsable_certificates(own.iter().cloned());
            if good == 0 {
                return Err(no_certificate(&path, "holds no certificate of an authority"));
            }
        }
        let provider = ring::default_provider();
        let verifier = Verifier { check, roots, own, algorithms: provider.signature_verification_algorithms };
        let config = ClientConfig::builder_with_provider(Arc::new(provider))
            .with_safe_default_protocol_versions()
            .map_err(gyeol_base::Error::defect)?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier))
            .with_no_client_auth();
        Ok(Tls { encrypt, check, config: Arc::new(config), spoken: Arc::default() })
    }

    /// Whether TLS is spoken.
    pub fn is_encrypted(&self) -> bool {
        self.spoken.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    /// For another try without TLS.
    pub fn forget(&self) {
        *self.spoken.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// In words: how the connection that was made is kept.
    pub fn words(&self) -> String {
        let spoken = self.spoken.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let checked = match self.check {
            Check::Nothing => "certificate not checked",
            Check::Chain => "certificate checked, host not",
            Check::ChainAndHost => "certificate and host checked",
        };
        spoken.map_or_else(|| "not encrypted".into(), |version| format!("{version}, {checked}"))
    }
}

fn certificates(path: &std::path::Path) -> Result<Vec<CertificateDer<'static>>> {
    let text = std::fs::read(path).map_err(|e| {
        gyeol_base::Error::io(
            "read",
            path,
            "name the file of root certificates that is meant by sslrootcert",
            e,
        )
    })?;
    let all: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&text).collect();
    match all {
        Ok(all) if !all.is_empty() => Ok(all),
        Ok(_) => Err(no_certificate(path, "holds no certificate")),
        Err(e) => Err(no_certificate(path, &format!("is damaged: {e}"))),
    }
}

fn no_certificate(path: &std::path::Path, what: &str) -> gyeol_base::Error {
    Fault::new("no-root-certificate", format!("the file {what}"))
        .file(path)
        .next("name a file in PEM form, with -----BEGIN CERTIFICATE-----")
        .option()
}

/// Believes certificates as the mode says.
struct Verifier {
    check: Check,
    roots: RootCertStore,
    own: Vec<CertificateDer<'static>>,
    algorithms: WebPkiSupportedAlgorithms,
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verifier").field("check", &self.check).finish_non_exhaustive()
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        _ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        if self.check != Check::Nothing {
            let certificate = ParsedCertificate::try_from(end_entity)?;
            if !self.own.iter().any(|own| own == end_entity) {
                let algorithms = self.algorithms.all;
                verify_server_cert_signed_by_trust_anchor(
                    &certificate,
                    &self.roots,
                    intermediates,
                    now,
                    algorithms,
                )?;
            }
            if self.check == Check::ChainAndHost {
                verify_server_name(&certificate, server_name)?;
            }
        }
        Ok(ServerCertVerified::assertion())
    }

    // Whoever believes any certificate gains nothing from a signature by its key; old ones cannot even be read here.
    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        match self.check {
            Check::Nothing => Ok(HandshakeSignatureValid::assertion()),
            _ => rustls::crypto::verify_tls12_signature(message, certificate, signed, &self.algorithms),
        }
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        match self.check {
            Check::Nothing => Ok(HandshakeSignatureValid::assertion()),
            _ => rustls::crypto::verify_tls13_signature(message, certificate, signed, &self.algorithms),
        }
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

/// An encrypted connection.
pub(super) struct Encrypted<S>(tokio_rustls::client::TlsStream<S>);

/// What makes one to a host.
pub(super) struct Connect {
    tls: Tls,
    host: ServerName<'static>,
}

type Boxed = Box<dyn std::error::Error + Send + Sync>;

impl<S: AsyncRead + AsyncWrite + Unpin + Send + 'static> MakeTlsConnect<S> for Tls {
    type Stream = Encrypted<S>;
    type TlsConnect = Connect;
    type Error = Boxed;

    fn make_tls_connect(&mut self, host: &str) -> Result<Connect, Boxed> {
        // Folders of sockets have no host, and no TLS.
        let host = if host.is_empty() { "localhost" } else { host };
        Ok(Connect { tls: self.clone(), host: ServerName::try_from(host)?.to_owned() })
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send + 'static> TlsConnect<S> for Connect {
    type Stream = Encrypted<S>;
    type Error = std::io::Error;
    type Future = Pin<Box<dyn Future<Output = std::io::Result<Encrypted<S>>> + Send>>;

    fn connect(self, stream: S) -> Self::Future {
        Box::pin(async move {
            let connector = tokio_rustls::TlsConnector::from(self.tls.config.clone());
            let stream = connector.connect(self.host, stream).await?;
            let version = match stream.get_ref().1.protocol_version() {
                Some(rustls::ProtocolVersion::TLSv1_3) => "TLS 1.3",
                Some(rustls::ProtocolVersion::TLSv1_2) => "TLS 1.2",
                _ => "TLS",
            };
            *self.tls.spoken.lock().unwrap_or_else(PoisonError::into_inner) = Some(version.to_owned());
            Ok(Encrypted(stream))
        })
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> TlsStream for Encrypted<S> {
    fn channel_binding(&self) -> ChannelBinding {
        ChannelBinding::none()
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for Encrypted<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buf)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Encrypted<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}
