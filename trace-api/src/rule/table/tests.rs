//! The table reader against both kinds of file, its limits, and noise.

use proptest::prelude::*;

use super::*;
use crate::workbook::{self, Cell, Leaf};

/// An XLSX of these rows, the first of them the head.
pub(crate) fn xlsx_of(rows: &[Vec<String>]) -> Vec<u8> {
    let leaf = Leaf {
        name: "表",
        head: rows.iter().take(1).flatten().map(String::as_str).collect(),
        rows: rows
            .iter()
            .skip(1)
            .map(|row| row.iter().cloned().map(Cell::Text).collect())
            .collect(),
    };
    workbook::write(&[leaf]).unwrap_or_default()
}

fn rows(count: usize) -> Vec<Vec<String>> {
    let head = vec!["名称".to_owned(), "规格".to_owned()];
    let rows = (0..count).map(|n| vec![format!("莓茶 {n}"), "100 g".to_owned()]);
    std::iter::once(head).chain(rows).collect()
}

fn csv_of(rows: &[Vec<String>]) -> Vec<u8> {
    let lines = rows.iter().map(|row| row.join(","));
    lines.collect::<Vec<_>>().join("\r\n").into_bytes()
}

#[test]
fn the_same_table_is_read_from_csv_in_both_encodings_and_from_xlsx() {
    let rows = rows(3);
    let utf8 = csv_of(&rows);
    let marked = [&b"\xef\xbb\xbf"[..], &utf8].concat();
    let text = String::from_utf8_lossy(&utf8).into_owned();
    let (gb, _, _) = encoding_rs::GB18030.encode(&text);
    let wanted = read(&utf8);
    assert_eq!(wanted.as_ref().map(|table| table.rows.len()), Ok(3));
    let lines = ["\r", "\n"].map(|end| text.replace("\r\n", end).into_bytes());
    let [old, plain] = lines;
    for file in [marked, gb.into_owned(), xlsx_of(&rows), old, plain] {
        assert_eq!(read(&file), wanted);
    }
}

#[test]
fn rows_are_counted_as_a_spreadsheet_counts_them() {
    let table = read("\n名称,规格\n,\n莓茶,\"1\n2\"\n腊肉,x\n".as_bytes()).unwrap_or(Table {
        head: Vec::new(),
        rows: Vec::new(),
    });
    let numbers: Vec<_> = table.rows.iter().map(|(number, _)| *number).collect();
    assert_eq!(numbers, [4, 5]);
    assert_eq!(table.head, ["名称", "规格"]);
}

#[test]
fn what_is_at_a_limit_is_read_and_what_is_one_beyond_is_not() {
    for of in [csv_of as fn(&[Vec<String>]) -> Vec<u8>, xlsx_of] {
        assert_eq!(
            read(&of(&rows(ROWS_MAX))).map(|table| table.rows.len()),
            Ok(ROWS_MAX)
        );
        assert_eq!(read(&of(&rows(ROWS_MAX + 1))), Err(Unread::TooManyRows));
        let wide = |columns: usize| vec![vec!["h".to_owned(); columns], vec!["c".to_owned()]];
        assert!(read(&of(&wide(COLUMNS_MAX))).is_ok());
        assert_eq!(
            read(&of(&wide(COLUMNS_MAX + 1))),
            Err(Unread::TooManyColumns)
        );
        let long = |chars: usize| vec![vec!["h".to_owned()], vec!["茶".repeat(chars)]];
        assert!(read(&of(&long(CELL_CHARS_MAX))).is_ok());
        let refused = read(&of(&long(CELL_CHARS_MAX + 1)));
        assert_eq!(refused, Err(Unread::LongCell { row: 2, column: 1 }));
    }
    let mut full = b"h\nc".to_vec();
    full.resize(BYTES_MAX, b'\n');
    assert!(read(&full).is_ok());
    full.push(b'\n');
    assert_eq!(read(&full), Err(Unread::TooLarge));
}

#[test]
fn what_unpacks_to_too_much_is_refused_before_it_is_read() -> Result<(), Box<dyn std::error::Error>>
{
    use std::io::Write as _;
    use zip::write::SimpleFileOptions;
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let packed = SimpleFileOptions::default().compression_method(zip::CompressionMethod::Deflated);
    archive.start_file("xl/sharedStrings.xml", packed)?;
    let zeros = vec![b' '; 1024 * 1024];
    for _ in 0..=UNPACKED_BYTES_MAX / zeros.len() as u64 {
        archive.write_all(&zeros)?;
    }
    let bomb = archive.finish()?.into_inner();
    assert!(bomb.len() < BYTES_MAX, "{} bytes", bomb.len());
    assert_eq!(read(&bomb), Err(Unread::TooLarge));
    Ok(())
}

#[test]
fn days_are_read_as_days() {
    assert_eq!(day_of(46_022.0).as_deref(), Some("2025-12-31"));
    assert_eq!(day_of(46_023.5).as_deref(), Some("2026-01-01"));
    assert_eq!(day_of(-1.0), None);
}

#[test]
fn what_we_write_against_formulas_is_read_as_it_was() {
    let table = read("a\n'=1+1\n'x\n".as_bytes()).map(|table| table.rows);
    let wanted = vec![(2, vec!["=1+1".to_owned()]), (3, vec!["'x".to_owned()])];
    assert_eq!(table, Ok(wanted));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]
    #[test]
    fn no_bytes_make_it_fall_over(bytes in prop::collection::vec(any::<u8>(), 0..2_000)) {
        let _ = read(&bytes);
        let _ = read(&[&b"PK\x03\x04"[..], &bytes].concat());
    }

    #[test]
    fn no_damage_makes_a_book_fall_over(
        at in any::<prop::sample::Index>(),
        noise in prop::collection::vec(any::<u8>(), 1..32),
    ) {
        let mut book = xlsx_of(&rows(3));
        let at = at.index(book.len());
        for (place, byte) in noise.into_iter().enumerate() {
            if let Some(slot) = book.get_mut(at + place) {
                *slot = byte;
            }
        }
        let _ = read(&book);
    }

    #[test]
    fn any_cells_come_back_from_a_book(
        cells in prop::collection::vec("[^\\x00-\\x1f\u{7f}-\u{9f}\u{fffe}\u{ffff}']{1,20}", 1..6),
    ) {
        let wanted: Vec<String> = cells.iter().map(|cell| cell.trim().to_owned()).collect();
        prop_assume!(wanted.iter().all(|cell| !cell.is_empty()));
        let head = (0..cells.len()).map(|n| format!("h{n}")).collect();
        let found = read(&xlsx_of(&[head, cells]));
        prop_assert_eq!(found.map(|table| table.rows), Ok(vec![(2, wanted)]));
    }
}
