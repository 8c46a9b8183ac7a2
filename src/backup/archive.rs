//! The file of a backup: a ZIP archive with the database's dump, the pictures, and at its end a
//! manifest with a digest over all of them. Nothing is compressed: a dump and JPEGs are already.

use std::fs::{File, OpenOptions};
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use anyhow::{Context, ensure};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use store::{Flavour, Store};
use time::OffsetDateTime;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

/// The dump of the database.
pub const DATABASE: &str = "database.dump";
/// Folder of the pictures.
pub const PICTURES: &str = "pictures/";
/// What the archive holds, as its last entry.
const MANIFEST: &str = "manifest.json";
/// Version of this format.
const FORMAT: u32 = 1;
/// Most bytes of a manifest that is read: it has a handful of short members.
const MANIFEST_BYTES_MAX: u64 = 64 * 1024;
/// Bytes copied at once.
const CHUNK_BYTES: usize = 256 * 1024;

/// What a backup is of.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Manifest {
    /// Version of the archive's format.
    format: u32,
    /// Version of the program that made it.
    version: String,
    /// When it was begun.
    #[serde(with = "time::serde::rfc3339")]
    pub made_at: OffsetDateTime,
    /// The newest migration of its tables.
    migration: i64,
    /// Which kind of database it came from.
    pub flavour: Flavour,
    /// How many pictures it has.
    pub pictures: u64,
    /// SHA-256, in hexadecimal, over name, length and content of each entry before it.
    digest: String,
}

impl Manifest {
    /// What this program writes of a database of this kind, before anything is in it.
    pub fn begin(flavour: Flavour, made_at: OffsetDateTime) -> Self {
        Self {
            format: FORMAT,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            made_at,
            migration: Store::newest_migration(),
            flavour,
            pictures: 0,
            digest: String::new(),
        }
    }
}

/// An archive that is being written.
pub struct Writer {
    zip: ZipWriter<BufWriter<File>>,
    digest: Sha256,
    pictures: u64,
}

impl Writer {
    /// Begins an archive that only its owner may read: it holds the hashes of passwords.
    pub fn create(path: &Path) -> anyhow::Result<Self> {
        let file = private_file(path).with_context(|| format!("making {}", path.display()))?;
        Ok(Self {
            zip: ZipWriter::new(BufWriter::new(file)),
            digest: Sha256::new(),
            pictures: 0,
        })
    }

    /// Adds the dump of the database.
    pub fn add_database(&mut self, dump: &Path) -> anyhow::Result<()> {
        let mut file = File::open(dump)?;
        let bytes = file.metadata()?.len();
        self.add(DATABASE, bytes, &mut file)
    }

    /// Adds a picture by its name in the album.
    pub fn add_picture(&mut self, name: &str, bytes: &[u8]) -> anyhow::Result<()> {
        self.pictures += 1;
        let mut content = bytes;
        self.add(
            &format!("{PICTURES}{name}"),
            bytes.len() as u64,
            &mut content,
        )
    }

    fn add(&mut self, name: &str, bytes: u64, content: &mut dyn Read) -> anyhow::Result<()> {
        self.zip.start_file(name, options(bytes))?;
        begin_entry(&mut self.digest, name, bytes);
        let copied = copy(content, &mut self.digest, &mut self.zip)?;
        ensure!(copied == bytes, "{name} changed while it was copied");
        Ok(())
    }

    /// Ends the archive; when this returns, it is on the disk.
    pub fn finish(mut self, manifest: Manifest) -> anyhow::Result<Manifest> {
        let manifest = Manifest {
            pictures: self.pictures,
            digest: hex(self.digest),
            ..manifest
        };
        let text = serde_json::to_vec(&manifest)?;
        self.zip.start_file(MANIFEST, options(text.len() as u64))?;
        self.zip.write_all(&text)?;
        let file = self.zip.finish()?.into_inner()?;
        file.sync_all()?;
        Ok(manifest)
    }
}

/// An archive to be read.
pub struct Reader {
    zip: ZipArchive<BufReader<File>>,
}

impl Reader {
    /// Opens an archive.
    pub fn open(path: &Path) -> anyhow::Result<Self> {
        let file = File::open(path).with_context(|| format!("opening {}", path.display()))?;
        let zip = ZipArchive::new(BufReader::new(file)).with_context(|| {
            let path = path.display();
            format!("{path} is no whole archive: it was cut off, or it is something else")
        })?;
        Ok(Self { zip })
    }

    /// Reads everything once: returns what the archive says it is, if that is what it holds.
    pub fn check(&mut self, mut progress: impl FnMut(u64)) -> anyhow::Result<Manifest> {
        let manifest = self.manifest()?;
        let mut digest = Sha256::new();
        for index in 0..self.zip.len() {
            let mut entry = self.zip.by_index(index)?;
            let name = entry.name()?.into_owned();
            if name == MANIFEST {
                continue;
            }
            begin_entry(&mut digest, &name, entry.size());
            copy(&mut entry, &mut digest, &mut io::sink())
                .with_context(|| format!("{name} is damaged"))?;
            progress(entry.size());
        }
        ensure!(
            hex(digest) == manifest.digest,
            "the archive does not hold what its manifest says: it was damaged or changed"
        );
        Ok(manifest)
    }

    fn manifest(&mut self) -> anyhow::Result<Manifest> {
        let entry = self
            .zip
            .by_name(MANIFEST)
            .context("this archive is no backup: it has no manifest")?;
        let mut text = Vec::new();
        entry.take(MANIFEST_BYTES_MAX).read_to_end(&mut text)?;
        let manifest: Manifest =
            serde_json::from_slice(&text).context("the manifest cannot be read")?;
        let newest = Store::newest_migration();
        ensure!(
            manifest.format <= FORMAT && manifest.migration <= newest,
            "this backup was made by version {}, which is newer than this program",
            manifest.version
        );
        Ok(manifest)
    }

    /// Bytes of all entries.
    pub fn bytes(&self) -> u64 {
        self.zip
            .decompressed_size()
            .and_then(|bytes| u64::try_from(bytes).ok())
            .unwrap_or_default()
    }

    /// Writes the dump of the database to a file.
    pub fn take_database(&mut self, to: &Path) -> anyhow::Result<()> {
        let mut entry = self
            .zip
            .by_name(DATABASE)
            .context("there is no database in it")?;
        let mut file = private_file(to).with_context(|| format!("making {}", to.display()))?;
        io::copy(&mut entry, &mut file)?;
        Ok(())
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.zip.len()
    }

    /// The picture of an entry, with its name in the album; `None` for the other entries.
    pub fn picture(&mut self, index: usize) -> anyhow::Result<Option<(String, Vec<u8>)>> {
        let mut entry = self.zip.by_index(index)?;
        let Some(name) = entry.name()?.strip_prefix(PICTURES).map(str::to_owned) else {
            return Ok(None);
        };
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes)?;
        Ok(Some((name, bytes)))
    }
}

/// A new file that only its owner may read and write.
pub fn private_file(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)
}

/// Makes a new name last: it is an entry of its folder.
pub fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| *folder != Path::new(""));
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

fn options(bytes: u64) -> SimpleFileOptions {
    SimpleFileOptions::default()
        .compression_method(CompressionMethod::Stored)
        .large_file(bytes > u64::from(u32::MAX))
        .unix_permissions(0o600)
}

fn begin_entry(digest: &mut Sha256, name: &str, bytes: u64) {
    digest.update((name.len() as u64).to_be_bytes());
    digest.update(name);
    digest.update(bytes.to_be_bytes());
}

fn copy(from: &mut dyn Read, digest: &mut Sha256, to: &mut dyn Write) -> io::Result<u64> {
    let mut chunk = vec![0; CHUNK_BYTES];
    let mut copied = 0;
    loop {
        let read = from.read(&mut chunk)?;
        if read == 0 {
            return Ok(copied);
        }
        digest.update(&chunk[..read]);
        to.write_all(&chunk[..read])?;
        copied += read as u64;
    }
}

fn hex(digest: Sha256) -> String {
    format!("{:x}", digest.finalize())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::testing::Folder;

    fn manifest() -> Manifest {
        Manifest::begin(Flavour::Plain, OffsetDateTime::UNIX_EPOCH)
    }

    /// An archive with a dump of four bytes and one picture.
    fn archive(folder: &Folder) -> anyhow::Result<std::path::PathBuf> {
        let (dump, path) = (folder.path().join("dump"), folder.path().join("b.zip"));
        fs::write(&dump, "dump")?;
        let mut writer = Writer::create(&path)?;
        writer.add_database(&dump)?;
        writer.add_picture("ab/abcd.jpg", b"a picture")?;
        writer.finish(manifest())?;
        Ok(path)
    }

    fn check(path: &Path) -> anyhow::Result<Manifest> {
        Reader::open(path)?.check(|_| {})
    }

    #[test]
    fn what_was_put_in_comes_out() -> anyhow::Result<()> {
        let folder = Folder::new()?;
        let path = archive(&folder)?;
        assert_eq!(check(&path)?.pictures, 1);
        let mut reader = Reader::open(&path)?;
        let out = folder.path().join("out");
        reader.take_database(&out)?;
        assert_eq!(fs::read(out)?, b"dump");
        let pictures: Vec<_> = (0..reader.len())
            .filter_map(|index| reader.picture(index).transpose())
            .collect::<Result<_, _>>()?;
        assert_eq!(
            pictures,
            [("ab/abcd.jpg".to_owned(), b"a picture".to_vec())]
        );
        Ok(())
    }

    #[test]
    fn every_damaged_byte_of_the_content_is_found() -> anyhow::Result<()> {
        let folder = Folder::new()?;
        let path = archive(&folder)?;
        let whole = fs::read(&path)?;
        for content in [&b"dump"[..], b"a picture"] {
            let at = whole
                .windows(content.len())
                .rposition(|window| window == content)
                .context("stored as it is")?;
            let mut damaged = whole.clone();
            damaged[at + 1] ^= 0x20;
            fs::write(&path, damaged)?;
            assert!(check(&path).is_err(), "{content:?}");
        }
        Ok(())
    }

    #[test]
    fn what_was_cut_off_is_refused_wherever() -> anyhow::Result<()> {
        let folder = Folder::new()?;
        let path = archive(&folder)?;
        let whole = fs::read(&path)?;
        for length in 0..whole.len() {
            fs::write(&path, &whole[..length])?;
            assert!(check(&path).is_err(), "{length} bytes");
        }
        Ok(())
    }

    #[test]
    fn a_backup_of_a_newer_program_is_refused() -> anyhow::Result<()> {
        let folder = Folder::new()?;
        let (dump, path) = (folder.path().join("dump"), folder.path().join("b.zip"));
        fs::write(&dump, "dump")?;
        let mut writer = Writer::create(&path)?;
        writer.add_database(&dump)?;
        writer.finish(Manifest {
            migration: Store::newest_migration() + 1,
            ..manifest()
        })?;
        let refused = check(&path);
        assert!(refused.is_err_and(|error| error.to_string().contains("newer")));
        Ok(())
    }
}
