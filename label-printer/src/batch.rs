//! Many labels into one stream: printer languages one after the other, pictures in an archive,
//! a PDF at the end. Memory does not grow with the number of labels, but for the PDF, which has a
//! limit.

use std::io::{self, Write};

use zip::write::{SimpleFileOptions, StreamWriter};
use zip::{CompressionMethod, ZipWriter};

use crate::adjust::Adjust;
use crate::backend::Format;
use crate::backend::pdf::PdfBook;
use crate::error::LabelError;
use crate::press::{Press, Sheet};
use crate::template::SheetGrid;

/// Why a stream of labels ended early.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BatchError {
    /// The label itself.
    #[error(transparent)]
    Label(#[from] LabelError),
    /// What the labels are written to.
    #[error("the labels cannot be written")]
    Write(#[from] io::Error),
}

/// A stream of labels that is being written.
pub struct Batch<W: Write> {
    format: Format,
    adjust: Adjust,
    out: Out<W>,
}

enum Out<W: Write> {
    Plain(W),
    Archive(Box<ZipWriter<StreamWriter<W>>>),
    Pdf(Box<PdfBook>, W),
}

impl<W: Write> std::fmt::Debug for Batch<W> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Batch")
            .field("format", &self.format)
            .finish_non_exhaustive()
    }
}

impl<W: Write> Batch<W> {
    /// Begins a stream. `grid` and `start_at` are for PDF: sheets of labels, and the first free
    /// label of the first one.
    pub fn begin(
        press: &mut Press,
        out: W,
        format: Format,
        adjust: Adjust,
        (grid, start_at): (Option<SheetGrid>, u32),
    ) -> Result<Self, LabelError> {
        adjust.check()?;
        if format != Format::Pdf && start_at != 1 {
            return Err(LabelError::Setup(
                "only sheets of labels in PDF have a first free label",
            ));
        }
        let out = match format {
            Format::Png | Format::Svg => Out::Archive(Box::new(ZipWriter::new_stream(out))),
            Format::Pdf => Out::Pdf(Box::new(PdfBook::new(press, grid, adjust, start_at)?), out),
            Format::Zpl | Format::Tspl | Format::EscPos => Out::Plain(out),
        };
        Ok(Self {
            format,
            adjust,
            out,
        })
    }

    /// Adds a label; in an archive its file is called by its number.
    pub fn add(&mut self, press: &mut Press, sheet: &Sheet, number: u32) -> Result<(), BatchError> {
        match &mut self.out {
            Out::Plain(out) => {
                out.write_all(&press.write_for(sheet, self.format, &self.adjust)?)?;
            }
            Out::Archive(archive) => {
                // A PNG is compressed already, and an SVG is small.
                let options =
                    SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
                let file = press.write(sheet, self.format)?;
                archive
                    .start_file(format!("{number:06}.{}", self.format), options)
                    .map_err(io::Error::other)?;
                archive.write_all(&file)?;
            }
            Out::Pdf(book, _) => book.add(sheet)?,
        }
        Ok(())
    }

    /// Ends the stream: writes what is still to be written, and gives back what it was written to.
    pub fn finish(self) -> Result<W, BatchError> {
        let mut out = match self.out {
            Out::Plain(out) => out,
            Out::Archive(archive) => archive.finish().map_err(io::Error::other)?.into_inner(),
            Out::Pdf(book, mut out) => {
                out.write_all(&book.finish()?)?;
                out
            }
        };
        out.flush()?;
        Ok(out)
    }
}
