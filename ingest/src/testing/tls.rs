//! Certificates that a test makes for itself, in files that go with it.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::tls::TlsFiles;

/// A self-signed certificate and its key.
pub(crate) struct Pair {
    folder: PathBuf,
}

impl Pair {
    /// A new pair for a host name.
    pub(crate) fn new(name: &str) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name_of_folder = format!("suyuan-ingest-tls-{}-{number}", std::process::id());
        let folder = std::env::temp_dir().join(name_of_folder);
        std::fs::create_dir_all(&folder).expect("a folder");
        let pair = Self { folder };
        pair.write(name);
        pair
    }

    /// Writes another pair over the files.
    pub(crate) fn write(&self, name: &str) {
        let made = rcgen::generate_simple_self_signed([name.to_owned()]).expect("a certificate");
        let files = self.files();
        std::fs::write(files.certificate, made.cert.pem()).expect("a file");
        std::fs::write(files.key, made.signing_key.serialize_pem()).expect("a file");
    }

    /// Where they are.
    pub(crate) fn files(&self) -> TlsFiles {
        TlsFiles {
            certificate: self.folder.join("certificate.pem"),
            key: self.folder.join("key.pem"),
        }
    }
}

impl Drop for Pair {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
