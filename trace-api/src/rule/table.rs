//! A table that somebody brings, as rows of text: CSV as spreadsheets write it (UTF-8 or GB 18030),
//! or the first sheet of an XLSX. Strangers' bytes: everything has a limit, and nothing is unpacked
//! that would be larger than it.

use std::io::{Cursor, Read as _};

use calamine::{Data, Reader as _, Xlsx};
use zip::ZipArchive;

/// Most bytes of a file.
pub(crate) const BYTES_MAX: usize = 4 * 1024 * 1024;
/// Most rows below the head.
pub(crate) const ROWS_MAX: usize = 2_000;
/// Most columns.
pub(crate) const COLUMNS_MAX: usize = 40;
/// Most characters of a cell.
pub(crate) const CELL_CHARS_MAX: usize = 1_000;
/// Most bytes of an XLSX when it is unpacked: twenty times what its cells may hold.
const UNPACKED_BYTES_MAX: u64 = 48 * 1024 * 1024;
/// Most files in an XLSX.
const ENTRIES_MAX: usize = 200;

/// A table: its head, and the rows below it with their numbers as a spreadsheet counts them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Table {
    /// Names of the columns.
    pub(crate) head: Vec<String>,
    /// The rows that are not empty.
    pub(crate) rows: Vec<(usize, Vec<String>)>,
}

/// Why a table is not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unread {
    /// More than [`BYTES_MAX`], packed or not.
    #[error("the file is larger than 4 MiB, or unpacks to too much")]
    TooLarge,
    /// Neither text nor an XLSX that can be opened.
    #[error("the file is neither CSV nor XLSX, or is damaged")]
    Unreadable,
    /// More than [`ROWS_MAX`].
    #[error("the table has more than 2,000 rows")]
    TooManyRows,
    /// More than [`COLUMNS_MAX`].
    #[error("the table has more than 40 columns")]
    TooManyColumns,
    /// More than [`CELL_CHARS_MAX`].
    #[error("a cell in row {row}, column {column} has more than 1,000 characters")]
    LongCell {
        /// As a spreadsheet counts, from 1.
        row: usize,
        /// From 1.
        column: usize,
    },
    /// Nothing below the head.
    #[error("the table has no row below its head")]
    Empty,
}

impl Unread {
    /// In Chinese.
    pub(crate) fn zh(self) -> String {
        match self {
            Self::TooLarge => "文件超过 4 MiB，或解压后过大".to_owned(),
            Self::Unreadable => "文件不是 CSV 或 XLSX，或已损坏".to_owned(),
            Self::TooManyRows => format!("表格超过 {ROWS_MAX} 行"),
            Self::TooManyColumns => format!("表格超过 {COLUMNS_MAX} 列"),
            Self::LongCell { row, column } => {
                format!("第 {row} 行第 {column} 列超过 {CELL_CHARS_MAX} 个字符")
            }
            Self::Empty => "表头下没有数据行".to_owned(),
        }
    }
}

/// Reads a table; what it is, its first bytes say.
pub(crate) fn read(bytes: &[u8]) -> Result<Table, Unread> {
    if bytes.len() > BYTES_MAX {
        return Err(Unread::TooLarge);
    }
    let mut gathered = Gathered::default();
    if bytes.starts_with(b"PK\x03\x04") {
        xlsx(bytes, &mut gathered)?;
    } else {
        csv(bytes, &mut gathered)?;
    }
    gathered.finish()
}

/// Rows as they come, within the limits.
#[derive(Debug, Default)]
struct Gathered {
    head: Option<Vec<String>>,
    rows: Vec<(usize, Vec<String>)>,
}

impl Gathered {
    /// Takes a row of a number, from 1; the first that is not empty is the head.
    fn row(&mut self, number: usize, mut cells: Vec<String>) -> Result<(), Unread> {
        while cells.last().is_some_and(String::is_empty) {
            cells.pop();
        }
        if cells.is_empty() {
            return Ok(());
        }
        if cells.len() > COLUMNS_MAX {
            return Err(Unread::TooManyColumns);
        }
        for (cell, column) in cells.iter().zip(1..) {
            if cell.chars().nth(CELL_CHARS_MAX).is_some() {
                let row = number;
                return Err(Unread::LongCell { row, column });
            }
        }
        if self.head.is_none() {
            self.head = Some(cells);
            return Ok(());
        }
        if self.rows.len() == ROWS_MAX {
            return Err(Unread::TooManyRows);
        }
        self.rows.push((number, cells));
        Ok(())
    }

    fn finish(self) -> Result<Table, Unread> {
        let head = self.head.ok_or(Unread::Empty)?;
        if self.rows.is_empty() {
            return Err(Unread::Empty);
        }
        Ok(Table {
            head,
            rows: self.rows,
        })
    }
}

fn csv(bytes: &[u8], into: &mut Gathered) -> Result<(), Unread> {
    let text = decode(bytes)?;
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .from_reader(text.as_bytes());
    let mut count = RowCount::default();
    for record in reader.records() {
        let record = record.map_err(|_| Unread::Unreadable)?;
        let at = record.position().map_or(0, csv::Position::byte);
        let number = count.row(&text, usize::try_from(at).unwrap_or(text.len()));
        count.inside(record.iter());
        let cells = record.iter().map(|cell| plain(cell).to_owned()).collect();
        into.row(number, cells)?;
    }
    Ok(())
}

/// Counts rows as a spreadsheet does: an empty line is one, and a line break inside a cell is none.
#[derive(Debug, Default)]
struct RowCount {
    /// How far the text was counted.
    to: usize,
    /// Line breaks up to there that are not inside a cell.
    breaks: usize,
    /// Line breaks inside cells of the row before.
    inside: usize,
}

impl RowCount {
    /// The number of the row that begins after a place; what ends the row before may lie there.
    fn row(&mut self, text: &str, at: usize) -> usize {
        let rest = text.as_bytes().get(at..).unwrap_or_default();
        let ends = rest.iter().take_while(|byte| **byte == b'\n');
        let from = at + ends.count();
        let passed = text.get(self.to..from).unwrap_or_default();
        let passed = passed.matches('\n').count();
        self.breaks += passed.saturating_sub(self.inside);
        (self.to, self.inside) = (from, 0);
        self.breaks + 1
    }

    /// Takes note of the cells of the row that was counted last.
    fn inside<'a>(&mut self, cells: impl Iterator<Item = &'a str>) {
        self.inside = cells.map(|cell| cell.matches('\n').count()).sum();
    }
}

/// UTF-8, with or without its mark; else GB 18030, as Excel in China writes CSV.
fn decode(bytes: &[u8]) -> Result<String, Unread> {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text.trim_start_matches('\u{feff}').to_owned(),
        Err(_) => encoding_rs::GB18030
            .decode_without_bom_handling_and_without_replacement(bytes)
            .ok_or(Unread::Unreadable)?
            .into_owned(),
    };
    if text.contains('\0') {
        return Err(Unread::Unreadable);
    }
    // Whatever ended a line, one sign does.
    Ok(text.replace("\r\n", "\n").replace('\r', "\n"))
}

/// A cell without blanks at its ends and without the apostrophe that keeps spreadsheets from
/// computing it: what we write, we read.
fn plain(cell: &str) -> &str {
    let cell = cell.trim();
    match cell.strip_prefix('\'') {
        Some(rest) if rest.starts_with(['=', '+', '-', '@']) => rest,
        _ => cell,
    }
}

fn xlsx(bytes: &[u8], into: &mut Gathered) -> Result<(), Unread> {
    check_unpacked(bytes)?;
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(|_| Unread::Unreadable)?;
    let first = book.sheet_names().first().cloned().ok_or(Unread::Empty)?;
    // Cell by cell: a range would be as large as the farthest cell says.
    let mut cells = book
        .worksheet_cells_reader(&first)
        .map_err(|_| Unread::Unreadable)?;
    let (mut number, mut row) = (0, Vec::new());
    while let Some(cell) = cells.next_cell().map_err(|_| Unread::Unreadable)? {
        let (at, column) = cell.get_position();
        let text = text_of(&Data::from(cell.get_value().clone()));
        if text.is_empty() {
            continue;
        }
        if at as usize != number {
            into.row(number + 1, std::mem::take(&mut row))?;
            number = at as usize;
        }
        let column = column as usize;
        if column >= COLUMNS_MAX {
            return Err(Unread::TooManyColumns);
        }
        if row.len() <= column {
            row.resize(column + 1, String::new());
        }
        row[column] = text;
    }
    into.row(number + 1, row)
}

/// Unpacks every file of an archive into nothing and counts: what it says of its size may be a lie.
fn check_unpacked(bytes: &[u8]) -> Result<(), Unread> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|_| Unread::Unreadable)?;
    if archive.len() > ENTRIES_MAX {
        return Err(Unread::TooLarge);
    }
    let mut left = UNPACKED_BYTES_MAX;
    for index in 0..archive.len() {
        let file = archive.by_index(index).map_err(|_| Unread::Unreadable)?;
        let mut limited = file.take(left + 1);
        let copied = std::io::copy(&mut limited, &mut std::io::sink());
        let count = copied.map_err(|_| Unread::Unreadable)?;
        left = left.checked_sub(count).ok_or(Unread::TooLarge)?;
    }
    Ok(())
}

/// A cell as a person reads it: whole numbers without a point, days as YYYY-MM-DD.
fn text_of(cell: &Data) -> String {
    match cell {
        Data::Empty | Data::Error(_) => String::new(),
        Data::DateTime(day) => day_of(day.as_f64()).unwrap_or_else(|| cell.to_string()),
        Data::DateTimeIso(text) => text.chars().take(10).collect(),
        Data::String(text) => plain(text).to_owned(),
        Data::Bool(value) => value.to_string(),
        other => other.to_string(),
    }
}

/// The day of a spreadsheet's count: day 1 is 1900-01-01, and 1900 is a leap year there.
fn day_of(count: f64) -> Option<String> {
    if !(61.0..2_958_466.0).contains(&count) {
        return None;
    }
    let epoch = time::macros::date!(1899 - 12 - 30);
    let day = epoch.checked_add(time::Duration::days(count as i64))?;
    Some(crate::act::lot::iso(day))
}

#[cfg(test)]
pub(crate) mod tests;
