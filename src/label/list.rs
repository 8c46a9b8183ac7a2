//! A list of labels in CSV, read line by line: a list of any length takes the memory of one label.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use anyhow::{Context as _, bail, ensure};
use csv::{Reader, ReaderBuilder, StringRecord, Trim};
use label_printer::{CodeLink, Field, Label};

/// Most labels of one list.
pub const LABELS_MAX: u32 = 100_000;

/// Longest line of a list in bytes.
const LINE_BYTES_MAX: usize = 16 * 1024;

/// A list that is being read.
pub struct List {
    reader: Reader<Lines<Box<dyn Read>>>,
    /// What each column is; `None` is the link.
    columns: Vec<Option<Field>>,
    record: StringRecord,
    number: u32,
}

/// A label of the list.
pub struct Entry {
    /// Its place in the list, from 1.
    pub number: u32,
    /// Its line in the file, from 1.
    pub line: u64,
    /// The label, or why there is none.
    pub label: anyhow::Result<Label>,
}

impl List {
    /// Opens a list; `-` is standard input.
    pub fn open(path: &Path) -> anyhow::Result<Self> {
        let source: Box<dyn Read> = if path == Path::new("-") {
            Box::new(io::stdin())
        } else {
            Box::new(File::open(path).with_context(|| format!("cannot read {}", path.display()))?)
        };
        Self::read(source).with_context(|| format!("{} is no list of labels", path.display()))
    }

    /// Reads a list's columns.
    pub fn read(source: Box<dyn Read>) -> anyhow::Result<Self> {
        let mut reader = ReaderBuilder::new()
            .trim(Trim::All)
            .from_reader(Lines::new(source));
        let headers = reader.headers()?.clone();
        ensure!(
            !headers.iter().all(str::is_empty),
            "it is empty: not even its columns are named"
        );
        let mut columns = Vec::new();
        for name in &headers {
            let column = match name.trim_start_matches('\u{feff}') {
                "link" => None,
                name => Some(
                    name.parse()
                        .context("line 1: a column is link or a field's name")?,
                ),
            };
            ensure!(
                !columns.contains(&column),
                "line 1: there are two columns {name}"
            );
            columns.push(column);
        }
        ensure!(columns.contains(&None), "line 1: there is no column link");
        Ok(Self {
            reader,
            columns,
            record: StringRecord::new(),
            number: 0,
        })
    }

    /// The next label; texts that the list lacks are as in `blank`.
    pub fn next(&mut self, blank: impl Fn(Label) -> Label) -> anyhow::Result<Option<Entry>> {
        if !self.reader.read_record(&mut self.record)? {
            ensure!(self.number > 0, "it names its columns, but has no label");
            return Ok(None);
        }
        self.number += 1;
        if self.number > LABELS_MAX {
            bail!("it has more than {LABELS_MAX} labels: make several lists of it");
        }
        Ok(Some(Entry {
            number: self.number,
            line: self.record.position().map_or(0, csv::Position::line),
            label: self.label(blank),
        }))
    }

    fn label(&self, blank: impl Fn(Label) -> Label) -> anyhow::Result<Label> {
        let cells = || self.columns.iter().zip(&self.record);
        let link = cells()
            .find(|(column, _)| column.is_none())
            .map_or("", |(_, text)| text);
        let label = blank(Label::new(CodeLink::parse(link)?));
        let texts = cells().filter_map(|(column, text)| column.map(|field| (field, text)));
        Ok(texts
            .filter(|(_, text)| !text.is_empty())
            .fold(label, |label, (field, text)| label.with(field, text)))
    }
}

/// Refuses a line that is too long before it fills the memory.
struct Lines<R> {
    inner: R,
    since_line: usize,
}

impl<R> Lines<R> {
    const fn new(inner: R) -> Self {
        Self {
            inner,
            since_line: 0,
        }
    }
}

impl<R: Read> Read for Lines<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        for byte in &buffer[..count] {
            self.since_line = if *byte == b'\n' {
                0
            } else {
                self.since_line + 1
            };
            if self.since_line > LINE_BYTES_MAX {
                let what = format!("a line has more than {LINE_BYTES_MAX} bytes");
                return Err(io::Error::new(io::ErrorKind::InvalidData, what));
            }
        }
        Ok(count)
    }
}
