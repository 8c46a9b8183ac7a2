//! A spreadsheet as XLSX: what `rule::sheet` is for CSV. Numbers are numbers and days are days, so
//! that offices can sort them; text stays text whatever it begins with.

use rust_xlsxwriter::{Format, Workbook, Worksheet, XlsxError};
use time::Date;

/// Media type of an XLSX file.
pub(crate) const MEDIA_TYPE: &str =
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// A cell.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Cell {
    /// Text as it is.
    Text(String),
    /// A number.
    Number(f64),
    /// A day.
    Day(Option<Date>),
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

/// A page of a workbook: its name, its columns, its rows.
pub(crate) struct Leaf<'a> {
    /// At most 31 characters.
    pub(crate) name: &'a str,
    /// Names of the columns.
    pub(crate) head: Vec<&'a str>,
    /// The rows.
    pub(crate) rows: Vec<Vec<Cell>>,
}

/// Writes the pages as one file.
pub(crate) fn write(leaves: &[Leaf<'_>]) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    let bold = Format::new().set_bold();
    let day = Format::new().set_num_format("yyyy-mm-dd");
    for leaf in leaves {
        let page = book.add_worksheet();
        page.set_name(leaf.name)?;
        page.set_freeze_panes(1, 0)?;
        for (column, name) in (0_u16..).zip(&leaf.head) {
            page.write_string_with_format(0, column, *name, &bold)?;
        }
        for (row, cells) in (1_u32..).zip(&leaf.rows) {
            for (column, cell) in (0_u16..).zip(cells) {
                put(page, (row, column), cell, &day)?;
            }
        }
        let (rows, columns) = (leaf.rows.len() as u32, leaf.head.len() as u16);
        page.autofilter(0, 0, rows, columns.saturating_sub(1))?;
    }
    book.save_to_buffer()
}

fn put(
    page: &mut Worksheet,
    (row, column): (u32, u16),
    cell: &Cell,
    day: &Format,
) -> Result<(), XlsxError> {
    match cell {
        Cell::Text(text) => page.write_string(row, column, text)?,
        Cell::Number(number) => page.write_number(row, column, *number)?,
        Cell::Day(None) => page,
        Cell::Day(Some(date)) => {
            page.write_number_with_format(row, column, serial_day(*date), day)?
        }
    };
    Ok(())
}

/// The number of a day as spreadsheets count: 1 March 1900 is 61.
fn serial_day(date: Date) -> f64 {
    const FIRST: Date = time::macros::date!(1899 - 12 - 30);
    (date - FIRST).whole_days() as f64
}

#[cfg(test)]
mod tests {
    use time::macros::date;

    use super::*;

    #[test]
    fn days_are_counted_as_spreadsheets_count_them() {
        assert_eq!(serial_day(date!(1900 - 03 - 01)).to_string(), "61");
        assert_eq!(serial_day(date!(2026 - 11 - 28)).to_string(), "46354");
    }

    #[test]
    fn a_workbook_is_a_zip_archive_with_its_pages() -> Result<(), XlsxError> {
        let leaf = Leaf {
            name: "trace",
            head: vec!["lot", "kg", "day"],
            rows: vec![vec![
                "=1+1".into(),
                Cell::Number(2.5),
                Cell::Day(Some(date!(2026 - 11 - 28))),
            ]],
        };
        let bytes = write(&[leaf])?;
        assert!(bytes.starts_with(b"PK"));
        Ok(())
    }
}
