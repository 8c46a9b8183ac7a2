//! Where labels go: one file, several files of a PDF that would grow too large, standard output,
//! or a printer.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};
use label_printer::device::{Device, Patience};
use label_printer::{Batch, Format, PDF_LABELS_MAX, Press, Sheet, Template};

use super::Args;

/// What labels are written to.
pub enum Out {
    /// A file or standard output.
    File(Box<Files>),
    /// A printer that takes label by label.
    Device(Box<Device>, Args),
    /// A queue for documents: the whole PDF is one job.
    Document(Box<Batch<Vec<u8>>>, Box<Device>),
}

/// A file, and in PDF those after it.
pub struct Files {
    args: Args,
    template: Template,
    batch: Option<Batch<Box<dyn Write>>>,
    /// Files begun so far.
    count: u32,
    /// Labels that the present file still takes.
    room: u32,
    /// Labels in the files that are whole.
    safe: u32,
    added: u32,
}

impl Out {
    /// Opens what the flags name.
    pub fn open(args: &Args, press: &mut Press, template: &Template) -> anyhow::Result<Self> {
        let Some(address) = &args.printer.print else {
            let files = Files::open(args, press, template)?;
            return Ok(Self::File(Box::new(files)));
        };
        let device = Box::new(Device::open(address, args.format, Patience::default())?);
        if args.format == Format::Pdf {
            let place = (template.sheet, args.printer.first);
            let adjust = args.printer.adjust();
            let batch = Batch::begin(press, Vec::new(), args.format, adjust, place)?;
            return Ok(Self::Document(Box::new(batch), device));
        }
        ensure!(
            args.printer.first == 1,
            "only sheets of labels in PDF have a first free label"
        );
        Ok(Self::Device(device, args.clone()))
    }

    /// Writes or prints a label.
    pub fn add(&mut self, press: &mut Press, sheet: &Sheet, number: u32) -> anyhow::Result<()> {
        match self {
            Self::File(files) => files.add(press, sheet, number),
            Self::Document(batch, _) => Ok(batch.add(press, sheet, number)?),
            Self::Device(device, args) => {
                let bytes = press.write_for(sheet, args.format, &args.printer.adjust())?;
                Ok(device.send(&bytes)?)
            }
        }
    }

    /// How many labels surely came out, of those that were added.
    pub fn done(&self, added: u32) -> u32 {
        match self {
            Self::File(files) if files.args.format == Format::Pdf => files.safe,
            Self::File(_) => added,
            Self::Device(device, _) => device.taken(),
            Self::Document(..) => 0,
        }
    }

    /// Ends the file, or sends what was held back; returns how many labels came out.
    pub fn close(self, added: u32) -> anyhow::Result<u32> {
        match self {
            Self::File(mut files) => files.finish().map(|()| added),
            Self::Device(mut device, _) => {
                device.finish()?;
                Ok(device.taken())
            }
            Self::Document(batch, mut device) => {
                device.send(&batch.finish()?)?;
                Ok(added)
            }
        }
    }
}

impl Files {
    fn open(args: &Args, press: &mut Press, template: &Template) -> anyhow::Result<Self> {
        let mut files = Self {
            args: args.clone(),
            template: template.clone(),
            batch: None,
            count: 0,
            room: 0,
            safe: 0,
            added: 0,
        };
        files.begin(press)?;
        Ok(files)
    }

    /// Begins the first file or the next one.
    fn begin(&mut self, press: &mut Press) -> anyhow::Result<()> {
        self.count += 1;
        let first = if self.count == 1 {
            self.args.printer.first
        } else {
            1
        };
        let path = numbered(&self.args.out, self.count);
        let out: Box<dyn Write> = if path == Path::new("-") {
            ensure!(
                self.count == 1,
                "standard output takes one PDF of {PDF_LABELS_MAX} labels"
            );
            Box::new(io::stdout().lock())
        } else {
            let file = File::create(&path);
            let file = file.with_context(|| format!("cannot write {}", path.display()))?;
            Box::new(BufWriter::new(file))
        };
        let place = (self.template.sheet, first);
        let adjust = self.args.printer.adjust();
        self.batch = Some(Batch::begin(press, out, self.args.format, adjust, place)?);
        self.room = self.capacity(first);
        Ok(())
    }

    /// Labels that a file takes: a PDF ends with a full sheet.
    fn capacity(&self, first: u32) -> u32 {
        if self.args.format != Format::Pdf {
            return u32::MAX;
        }
        let places = self.template.sheet.map_or(1, |sheet| sheet.labels());
        PDF_LABELS_MAX / places * places - first.saturating_sub(1)
    }

    fn add(&mut self, press: &mut Press, sheet: &Sheet, number: u32) -> anyhow::Result<()> {
        if self.room == 0 {
            self.finish()?;
            self.begin(press)?;
        }
        self.room -= 1;
        let batch = self.batch.as_mut().context("the file was ended")?;
        batch
            .add(press, sheet, number)
            .context("cannot write the labels")?;
        self.added += 1;
        Ok(())
    }

    fn finish(&mut self) -> anyhow::Result<()> {
        let ended = self.batch.take().map(Batch::finish);
        ended.transpose().context("cannot write the labels")?;
        self.safe = self.added;
        Ok(())
    }
}

/// The name of the n-th file: `labels.pdf`, `labels-2.pdf`, …
fn numbered(out: &Path, count: u32) -> PathBuf {
    if count == 1 {
        return out.to_owned();
    }
    let stem = out.file_stem().unwrap_or_default().to_string_lossy();
    let name = match out.extension() {
        Some(extension) => format!("{stem}-{count}.{}", extension.to_string_lossy()),
        None => format!("{stem}-{count}"),
    };
    out.with_file_name(name)
}
