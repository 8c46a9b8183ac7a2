//! A ZIP that is written while it is sent, with the hash of every file of it: `SHA256SUMS` is what
//! `sha256sum --check` reads.

use std::fmt::Write as _;
use std::io::{self, Write};

use serde::Serialize;
use sha2::{Digest as _, Sha256};
use zip::write::{SimpleFileOptions, StreamWriter};
use zip::{CompressionMethod, ZipWriter};

use crate::act::run_file::Pieces;
use crate::act::upload::hex;

/// A problem of the making, which breaks the file off.
pub(super) type Made = io::Result<()>;

/// An archive that is being written.
pub(super) struct Archive {
    zip: ZipWriter<StreamWriter<Pieces>>,
    /// The file that is being written, with the hash of what is there of it.
    open: Option<(String, Sha256)>,
    sums: String,
}

impl Archive {
    /// An archive without a file.
    pub(super) fn new(pieces: Pieces) -> Self {
        Self {
            zip: ZipWriter::new_stream(pieces),
            open: None,
            sums: String::new(),
        }
    }

    /// Begins a file of text; the one before is done.
    pub(super) fn begin(&mut self, name: &str) -> Made {
        self.begin_as(name, CompressionMethod::Deflated)
    }

    fn begin_as(&mut self, name: &str, method: CompressionMethod) -> Made {
        self.close();
        let options = SimpleFileOptions::default()
            .compression_method(method)
            .large_file(true);
        self.zip
            .start_file(name, options)
            .map_err(io::Error::other)?;
        self.open = Some((name.to_owned(), Sha256::new()));
        Ok(())
    }

    fn close(&mut self) {
        if let Some((name, hash)) = self.open.take() {
            // Writing into a string does not fail.
            let _ = writeln!(self.sums, "{}  {name}", hex(&hash.finalize()));
        }
    }

    /// Writes a piece of the file that was begun.
    pub(super) fn write(&mut self, bytes: &[u8]) -> Made {
        if let Some((_, hash)) = &mut self.open {
            hash.update(bytes);
        }
        self.zip.write_all(bytes)
    }

    /// Writes a whole file that is packed already.
    pub(super) fn file(&mut self, name: &str, bytes: &[u8]) -> Made {
        self.begin_as(name, CompressionMethod::Stored)?;
        self.write(bytes)
    }

    /// Writes a value as a file, so that a person can read it too.
    pub(super) fn json(&mut self, name: &str, value: &impl Serialize) -> Made {
        self.begin(name)?;
        let text = serde_json::to_string_pretty(value).map_err(io::Error::other)?;
        self.write(text.as_bytes())
    }

    /// Writes a value as a line of the file that was begun.
    pub(super) fn line(&mut self, value: &impl Serialize) -> Made {
        let text = serde_json::to_string(value).map_err(io::Error::other)?;
        self.write(text.as_bytes())?;
        self.write(b"\n")
    }

    /// Writes the hashes and the directory.
    pub(super) fn finish(mut self) -> Made {
        self.close();
        let sums = std::mem::take(&mut self.sums);
        self.begin("SHA256SUMS")?;
        self.zip.write_all(sums.as_bytes())?;
        let mut pieces = self.zip.finish().map_err(io::Error::other)?.into_inner();
        pieces.flush()
    }
}
