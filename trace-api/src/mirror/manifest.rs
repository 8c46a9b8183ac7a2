//! What lies in a folder of a mirror, as a text to be signed: lines that `sha256sum -c` reads, after
//! some that it takes for comments. The folder's own path is in it, so that the manifest of one lot
//! cannot be passed off as that of another.

use std::fmt::Write as _;

use model::time::Timestamp;
use sha2::{Digest as _, Sha256};
use store::mirror::Digest;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// First line of every manifest.
const HEAD: &str = "# suyuan-mirror 1";

/// A text is no manifest.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {0} of the manifest cannot be read")]
pub struct ManifestError(usize);

/// What lies in a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    /// The folder below the mirror's root: empty, or ending with a slash.
    pub folder: String,
    /// Of what, in words: where the live pages are.
    pub of: String,
    /// When its pages were drawn.
    pub at: Timestamp,
    /// Which manifest of the whole this is; 0 for those below.
    pub number: i64,
    /// Hashes and paths from the folder.
    pub files: Vec<(Digest, String)>,
}

/// The SHA-256 of some bytes.
#[must_use]
pub fn digest(bytes: &[u8]) -> Digest {
    Sha256::digest(bytes).into()
}

impl Manifest {
    /// The text to sign.
    #[must_use]
    pub fn text(&self) -> String {
        let at = OffsetDateTime::from_unix_timestamp(self.at.seconds())
            .unwrap_or(OffsetDateTime::UNIX_EPOCH);
        let at = at.format(&Rfc3339).unwrap_or_default();
        let (folder, of, number) = (&self.folder, &self.of, self.number);
        let mut text =
            format!("{HEAD}\n# folder /{folder}\n# of {of}\n# at {at}\n# number {number}\n");
        for (hash, path) in &self.files {
            for byte in hash {
                let _ = write!(text, "{byte:02x}");
            }
            let _ = writeln!(text, "  {path}");
        }
        text
    }

    /// Reads what [`text`](Self::text) wrote.
    pub fn parse(text: &str) -> Result<Self, ManifestError> {
        let mut lines = text.lines().enumerate();
        let mut field = |name: &str| {
            let (number, line) = lines.next().ok_or(ManifestError(0))?;
            line.strip_prefix(name).ok_or(ManifestError(number + 1))
        };
        field(HEAD)?;
        let folder = field("# folder /")?.to_owned();
        let of = field("# of ")?.to_owned();
        let at = OffsetDateTime::parse(field("# at ")?, &Rfc3339).map_err(|_| ManifestError(4))?;
        let number = field("# number ")?.parse().map_err(|_| ManifestError(5))?;
        let files = lines.map(|(number, line)| file(line).ok_or(ManifestError(number + 1)));
        Ok(Self {
            files: files.collect::<Result<_, _>>()?,
            at: Timestamp(at.unix_timestamp() * 1_000_000),
            folder,
            of,
            number,
        })
    }
}

fn file(line: &str) -> Option<(Digest, String)> {
    let (hex, path) = line.split_once("  ")?;
    let mut hash = Digest::default();
    if hex.len() != 64 || path.is_empty() {
        return None;
    }
    for (byte, pair) in hash.iter_mut().zip(hex.as_bytes().chunks(2)) {
        let pair = std::str::from_utf8(pair).ok()?;
        *byte = u8::from_str_radix(pair, 16).ok()?;
    }
    Some((hash, path.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_is_read_as_it_is_written() {
        let manifest = Manifest {
            folder: "01/06901234567892/10/L1/".to_owned(),
            of: "https://trace.example.cn".to_owned(),
            at: Timestamp(1_795_000_000_000_000),
            number: 0,
            files: vec![
                (digest(b"a"), "index.html".to_owned()),
                (digest(b"b"), "../../../../assets/a b.css".to_owned()),
            ],
        };
        let text = manifest.text();
        assert_eq!(Manifest::parse(&text), Ok(manifest));
        assert!(text.contains("  index.html\n"), "as sha256sum writes it");
    }

    #[test]
    fn what_is_no_manifest_is_refused_with_its_line() {
        let head = format!("{HEAD}\n# folder /\n# of a\n# at 2026-11-28T00:00:00Z\n# number 1\n");
        assert!(Manifest::parse(&head).is_ok());
        let short = format!("{head}abc  index.html\n");
        assert_eq!(Manifest::parse(&short), Err(ManifestError(6)));
        let odd = format!("{head}{}  x\n", "é".repeat(32));
        assert_eq!(Manifest::parse(&odd), Err(ManifestError(6)));
        let version = head.replace("mirror 1", "mirror 2");
        assert_eq!(Manifest::parse(&version), Err(ManifestError(1)));
        assert_eq!(Manifest::parse(""), Err(ManifestError(0)));
    }
}
