//! The key with which this installation signs what leaves it as a copy: made once, kept below the
//! data directory where only its owner reads it, or wherever a setting says.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, bail};
use rand::RngCore as _;
use trace_api::mirror::note::Signer;

use crate::clock;

/// Name of the file below the data directory.
const FILE: &str = "signing.key";
/// Name of a key where nobody says who signs.
const NAME: &str = "suyuan";

/// Where the key is.
#[derive(Debug, Clone, clap::Args)]
pub struct SigningArgs {
    /// File with the private key that copies are signed with; `signing.key` below the data
    /// directory where it is not given. Made on first use, readable by its owner alone.
    #[arg(long, env = "SUYUAN_SIGNING_KEY", value_name = "FILE")]
    pub signing_key: Option<PathBuf>,
}

impl SigningArgs {
    fn path(&self, data: &Path) -> PathBuf {
        self.signing_key.clone().unwrap_or_else(|| data.join(FILE))
    }

    /// The key, if there is one.
    pub fn find(&self, data: &Path) -> anyhow::Result<Option<Arc<Signer>>> {
        let path = self.path(data);
        match fs::read_to_string(&path) {
            Ok(text) => {
                let signer = Signer::parse(&text);
                let signer = signer.with_context(|| format!("reading {}", path.display()))?;
                Ok(Some(Arc::new(signer)))
            }
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).with_context(|| format!("reading {}", path.display())),
        }
    }

    /// The key, made where there is none. Its name tells people who signs: the host of the printed
    /// codes.
    pub fn open(&self, data: &Path, public_url: &str) -> anyhow::Result<Arc<Signer>> {
        if let Some(signer) = self.find(data)? {
            return Ok(signer);
        }
        let mut seed = [0; 32];
        clock::chance().fill_bytes(&mut seed);
        let signer = Signer::new(name(public_url), seed)?;
        let path = self.path(data);
        if let Some(folder) = path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty())
        {
            fs::create_dir_all(folder)?;
        }
        let written = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&path)
            .and_then(|mut file| {
                file.write_all(format!("{}\n", signer.secret()).as_bytes())?;
                file.sync_all()
            });
        match written {
            Ok(()) => Ok(Arc::new(signer)),
            // Another process was faster.
            Err(error) if error.kind() == ErrorKind::AlreadyExists => match self.find(data)? {
                Some(signer) => Ok(signer),
                None => bail!("{} vanished", path.display()),
            },
            Err(error) => Err(error).with_context(|| format!("writing {}", path.display())),
        }
    }
}

/// Host, port and path of an address.
fn name(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let name = rest.trim_matches('/');
    let fits = !name.is_empty() && !name.contains(['+', ' ']);
    if fits { name } else { NAME }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_key_is_made_once_and_only_its_owner_reads_it() -> anyhow::Result<()> {
        let folder = std::env::temp_dir().join(format!("suyuan-key-{}", std::process::id()));
        let args = SigningArgs { signing_key: None };
        assert!(args.find(&folder)?.is_none());
        let first = args.open(&folder, "https://trace.example.cn/")?;
        let again = args.open(&folder, "https://other.example.cn")?;
        assert_eq!(first.verifier(), again.verifier());
        assert!(
            first
                .verifier()
                .to_string()
                .starts_with("trace.example.cn+")
        );
        let mode = fs::metadata(folder.join(FILE))?.permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        fs::write(folder.join(FILE), "no key")?;
        assert!(
            args.open(&folder, "x").is_err(),
            "a broken key is not replaced"
        );
        fs::remove_dir_all(&folder)?;
        Ok(())
    }

    #[test]
    fn a_key_is_named_after_its_host() {
        assert_eq!(name("http://127.0.0.1:8080"), "127.0.0.1:8080");
        assert_eq!(name("https://a.cn/trace/"), "a.cn/trace");
        assert_eq!(name("https://"), NAME);
    }
}
