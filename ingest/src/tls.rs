//! TLS for the front and towards brokers. The certificate is read from two files and read again
//! when they change, so that a renewal needs no restart; connections that are open keep theirs.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use model::metric;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::{CryptoProvider, ring};
use tokio_rustls::rustls::pki_types::pem::{self, PemObject as _};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::{ClientHello, ResolvesServerCert};
use tokio_rustls::rustls::sign::CertifiedKey;
use tokio_rustls::rustls::{self, ClientConfig, DEFAULT_VERSIONS, RootCertStore, ServerConfig};
use tokio_util::sync::CancellationToken;

/// Why TLS cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file could not be read.
    #[error("{} cannot be read", path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A file is no PEM, or holds nothing of what it should.
    #[error("{} holds no {what} in PEM", path.display())]
    Pem {
        /// Which.
        path: PathBuf,
        /// What it should hold.
        what: &'static str,
        /// What is wrong with it.
        #[source]
        source: pem::Error,
    },
    /// Certificate and key do not belong together, or are of a kind that is not served.
    #[error("certificate and key cannot be used together")]
    Pair(#[source] rustls::Error),
    /// This machine's own list of authorities is empty or cannot be read.
    #[error("this machine has no certificate authorities that could vouch for a broker")]
    NoAuthorities,
    /// The library refuses the configuration.
    #[error("TLS cannot be set up")]
    Library(#[from] rustls::Error),
}

/// Where a server's certificate and key are, both PEM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    /// The certificate, and behind it those that lead to its authority.
    pub certificate: PathBuf,
    /// Its private key: PKCS #8, PKCS #1 or SEC 1.
    pub key: PathBuf,
}

impl TlsFiles {
    /// What both files hold now.
    fn read(&self) -> Result<Contents, TlsError> {
        let certificate = read(&self.certificate)?;
        let key = read(&self.key)?;
        Ok(Contents { certificate, key })
    }

    fn parse(&self, contents: &Contents) -> Result<CertifiedKey, TlsError> {
        let chain = certificates(&self.certificate, &contents.certificate)?;
        let key = PrivateKeyDer::from_pem_slice(&contents.key).map_err(|source| TlsError::Pem {
            path: self.key.clone(),
            what: "private key",
            source,
        })?;
        CertifiedKey::from_der(chain, key, &ring::default_provider()).map_err(TlsError::Pair)
    }
}

/// Bytes of the two files: compared to find out whether they changed.
#[derive(PartialEq, Eq)]
struct Contents {
    certificate: Vec<u8>,
    key: Vec<u8>,
}

fn read(path: &Path) -> Result<Vec<u8>, TlsError> {
    std::fs::read(path).map_err(|source| TlsError::Read {
        path: path.to_owned(),
        source,
    })
}

fn certificates(path: &Path, text: &[u8]) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let refused = |source| TlsError::Pem {
        path: path.to_owned(),
        what: "certificate",
        source,
    };
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(text).collect();
    match found {
        Ok(chain) if chain.is_empty() => Err(refused(pem::Error::NoItemsFound)),
        Ok(chain) => Ok(chain),
        Err(error) => Err(refused(error)),
    }
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

/// A server's side of TLS: 1.2 and 1.3, no client certificates. A gateway proves itself with its
/// key, as without TLS.
#[derive(Clone)]
pub struct ServerTls {
    files: TlsFiles,
    current: Arc<Current>,
    config: Arc<ServerConfig>,
}

impl fmt::Debug for ServerTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ServerTls").field(&self.files).finish()
    }
}

/// The certificate that the next connection gets.
struct Current {
    key: RwLock<Arc<CertifiedKey>>,
    contents: Mutex<Contents>,
}

impl fmt::Debug for Current {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Never the key.
        f.write_str("Current")
    }
}

impl ResolvesServerCert for Current {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let key = self.key.read().unwrap_or_else(PoisonError::into_inner);
        Some(Arc::clone(&key))
    }
}

impl ServerTls {
    /// Reads certificate and key; a pair that cannot be used is found here and not by a device.
    pub fn load(files: TlsFiles) -> Result<Self, TlsError> {
        let contents = files.read()?;
        let key = files.parse(&contents)?;
        let current = Arc::new(Current {
            key: RwLock::new(Arc::new(key)),
            contents: Mutex::new(contents),
        });
        let config = ServerConfig::builder_with_provider(provider())
            .with_protocol_versions(DEFAULT_VERSIONS)?
            .with_no_client_auth()
            .with_cert_resolver(Arc::clone(&current) as _);
        Ok(Self {
            files,
            current,
            config: Arc::new(config),
        })
    }

    /// What turns an accepted socket into a TLS connection.
    #[must_use]
    pub fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(Arc::clone(&self.config))
    }

    /// Reads the files again; whether they had changed. New connections get the new certificate;
    /// where the pair cannot be used, the old one stays.
    pub fn reload(&self) -> Result<bool, TlsError> {
        let found = self.files.read()?;
        let mut known = self
            .current
            .contents
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if *known == found {
            return Ok(false);
        }
        let key = Arc::new(self.files.parse(&found)?);
        *self
            .current
            .key
            .write()
            .unwrap_or_else(PoisonError::into_inner) = key;
        *known = found;
        Ok(true)
    }

    /// Looks at the files every `period` until told to stop.
    pub async fn reload_until(&self, period: Duration, stop: &CancellationToken) {
        let mut is_told = false;
        while stop
            .run_until_cancelled(tokio::time::sleep(period))
            .await
            .is_some()
        {
            match self.reload() {
                Ok(false) => is_told = false,
                Ok(true) => {
                    is_told = false;
                    metrics::counter!(metric::TLS_RELOADS, "result" => "taken").increment(1);
                    tracing::info!(file = %self.files.certificate.display(), "new certificate");
                }
                // Certificate and key are two files: between their writes they do not match.
                Err(error) => {
                    metrics::counter!(metric::TLS_RELOADS, "result" => "refused").increment(1);
                    if !is_told {
                        let error = store::chain(&error);
                        tracing::warn!(error, "the certificate stays as it was");
                    }
                    is_told = true;
                }
            }
        }
    }
}

/// A client's side of TLS: trusts the authorities of `file`, or this machine's own without one.
pub fn client_config(file: Option<&Path>) -> Result<Arc<ClientConfig>, TlsError> {
    let mut roots = RootCertStore::empty();
    let found = match file {
        Some(path) => certificates(path, &read(path)?)?,
        None => rustls_native_certs::load_native_certs().certs,
    };
    let (taken, _) = roots.add_parsable_certificates(found);
    if taken == 0 {
        return Err(TlsError::NoAuthorities);
    }
    let config = ClientConfig::builder_with_provider(provider())
        .with_protocol_versions(DEFAULT_VERSIONS)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::tls::Pair;

    #[test]
    fn a_changed_pair_is_taken_and_a_broken_one_is_not() {
        let pair = Pair::new("localhost");
        let tls = ServerTls::load(pair.files()).expect("a pair");
        assert!(!tls.reload().expect("the same files"));
        let first = Arc::clone(&tls.current.key.read().expect("no panic"));
        pair.write("localhost");
        assert!(tls.reload().expect("a new pair"));
        let second = Arc::clone(&tls.current.key.read().expect("no panic"));
        assert_ne!(first.cert, second.cert);
        std::fs::write(&pair.files().key, "no key").expect("a file");
        assert!(matches!(tls.reload(), Err(TlsError::Pem { .. })));
        let other = Pair::new("localhost");
        std::fs::copy(other.files().key, pair.files().key).expect("a file");
        assert!(matches!(tls.reload(), Err(TlsError::Pair(_))));
        let kept = Arc::clone(&tls.current.key.read().expect("no panic"));
        assert_eq!(kept.cert, second.cert);
    }

    #[test]
    fn what_cannot_be_served_is_found_at_the_start() {
        let pair = Pair::new("localhost");
        let missing = TlsFiles {
            certificate: pair.files().certificate.with_extension("gone"),
            ..pair.files()
        };
        let error = ServerTls::load(missing).expect_err("no file");
        assert!(matches!(&error, TlsError::Read { .. }));
        assert!(error.to_string().contains(".gone"), "{error}");
        let swapped = TlsFiles {
            certificate: pair.files().key,
            key: pair.files().certificate,
        };
        assert!(matches!(
            ServerTls::load(swapped),
            Err(TlsError::Pem { .. })
        ));
        assert!(client_config(Some(&pair.files().certificate)).is_ok());
        assert!(client_config(Some(&pair.files().key)).is_err());
    }
}
