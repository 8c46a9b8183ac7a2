//! A laboratory's report of one sample on A4: what was looked for, by which method, against which
//! limit, and what was found. Here is its look; what stands on it is decided elsewhere.

use crate::adjust::Adjust;
use crate::backend::pdf::PdfBook;
use crate::error::LabelError;
use crate::label::{CodeLink, Field};
use crate::layout::Layout;
use crate::page::{Cell, CodeBox, EDGES, Page};
use crate::press::{Press, Sheet};
use crate::size::{Dpi, Size};

/// Results that one page holds, should each need three lines; more go on further pages.
pub const ROWS_ON_PAGE: usize = 6;

const A4: Size = Size::of(210, 297);
/// Where the table begins, and how much a row of it takes at least, in units.
const TABLE: (f32, f32) = (48.0, 6.0);
/// Below this the conclusion stands, in units.
const TABLE_END: f32 = 110.0;
/// Left edges of the table's columns and their captions: what, method, limit, result, verdict.
const COLUMNS: [(f32, &str); 5] = [
    (8.0, "检测项目"),
    (36.0, "检测方法"),
    (61.0, "限值"),
    (73.0, "结果"),
    (86.0, "判定"),
];
/// White between two columns, in units.
const GAP: f32 = 1.5;
/// The code's place.
const CODE: CodeBox = CodeBox {
    top: 118.0,
    room: 23.0,
    module: 0.45,
};

/// A report to be printed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestSheet {
    /// Its name, such as 快检报告.
    pub title: String,
    /// Captions and texts about the sample, at most twelve, two a line.
    pub facts: Vec<(String, String)>,
    /// The results.
    pub rows: Vec<TestRow>,
    /// What it says as a whole.
    pub conclusion: String,
    /// What is to be remarked, such as what the report does not say; a line each, at most three.
    pub notes: Vec<String>,
    /// Hash of what was found, in hexadecimal, by which the paper is held against the record.
    pub hash: String,
    /// What its code says.
    pub link: CodeLink,
}

/// A result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestRow {
    /// What was looked for.
    pub item: String,
    /// Standard or method.
    pub method: String,
    /// The limit with its comparison and unit.
    pub limit: String,
    /// What was found, with its unit.
    pub result: String,
    /// The verdict.
    pub verdict: String,
}

impl TestSheet {
    fn texts(&self) -> impl Iterator<Item = &str> {
        let facts = self
            .facts
            .iter()
            .flat_map(|(caption, text)| [caption.as_str(), text.as_str()]);
        let rows = self.rows.iter().flat_map(TestRow::cells);
        facts
            .chain(rows)
            .chain(self.notes.iter().map(String::as_str))
            .chain([self.title.as_str(), &self.conclusion, &self.hash])
    }
}

impl TestRow {
    fn cells(&self) -> [&str; 5] {
        [
            &self.item,
            &self.method,
            &self.limit,
            &self.result,
            &self.verdict,
        ]
    }
}

impl Press {
    /// Draws a report as a PDF. A character that cannot be printed is refused and named, a report
    /// without a result too.
    pub fn test_sheet(&mut self, sheet: &TestSheet) -> Result<Vec<u8>, LabelError> {
        let mut book = PdfBook::new(self, None, Adjust::default(), 1)?;
        for page in self.test_pages(sheet)? {
            book.add(&page)?;
        }
        book.finish()
    }

    /// The pages of a report.
    pub(crate) fn test_pages(&mut self, sheet: &TestSheet) -> Result<Vec<Sheet>, LabelError> {
        if sheet.rows.is_empty() {
            return Err(LabelError::FieldMissing(Field::Note));
        }
        for text in sheet.texts() {
            if let Some(character) = self.typesetter.missing(text) {
                return Err(LabelError::NoGlyph {
                    field: Field::Note,
                    character,
                });
            }
        }
        let pages = sheet.rows.len().div_ceil(ROWS_ON_PAGE);
        let mut drawn = Vec::with_capacity(pages);
        for (number, rows) in (1_usize..).zip(sheet.rows.chunks(ROWS_ON_PAGE)) {
            let layout = Page::new(self, A4).report(sheet, rows, (number, pages))?;
            drawn.push(self.prove(layout, sheet.link.as_str())?);
        }
        Ok(drawn)
    }
}

impl Page<'_> {
    fn report(
        mut self,
        sheet: &TestSheet,
        rows: &[TestRow],
        (number, pages): (usize, usize),
    ) -> Result<Layout, LabelError> {
        self.middle(&sheet.title, 6.4, 8.0);
        self.line(18.0, 0.4);
        self.facts(&sheet.facts)?;
        self.rows(rows)?;
        self.closing(sheet)?;
        self.text(
            &format!("第 {number} 页，共 {pages} 页"),
            1.9,
            EDGES.0,
            142.5,
        );
        self.finish((sheet.link.as_str(), Dpi::D203), CODE)
    }

    /// Captions and texts in two columns.
    fn facts(&mut self, facts: &[(String, String)]) -> Result<(), LabelError> {
        let mut y = 20.5;
        for pair in facts.chunks(2) {
            for ((caption, text), (caption_x, x)) in pair.iter().zip([(8.0, 21.0), (55.0, 68.0)]) {
                self.text(caption, 2.1, caption_x, y + 0.15);
                let cell = Cell {
                    x,
                    width: 31.0,
                    sizes: (2.3, 1.7),
                    lines_max: 2,
                };
                self.cell(cell, (text, Field::Note), y)?;
            }
            y += 4.4;
        }
        Ok(())
    }

    fn rows(&mut self, rows: &[TestRow]) -> Result<(), LabelError> {
        let (mut y, least) = TABLE;
        self.line(y - 1.0, 0.25);
        for (x, caption) in COLUMNS {
            self.text(caption, 2.1, x, y);
        }
        y += 4.0;
        for row in rows {
            self.line(y - 0.7, 0.1);
            let mut height = least;
            for (at, text) in row.cells().into_iter().enumerate() {
                let x = COLUMNS[at].0;
                let next = COLUMNS.get(at + 1).map_or(EDGES.1 + GAP, |(x, _)| *x);
                let cell = Cell {
                    x,
                    width: next - x - GAP,
                    sizes: (2.3, 1.6),
                    lines_max: 3,
                };
                height = height.max(self.cell(cell, (text, Field::Note), y)? + 1.2);
            }
            y += height;
        }
        self.line(y - 0.7, 0.25);
        if y > TABLE_END {
            return Err(LabelError::TextTooLong {
                field: Field::Note,
                size: self.size,
                fits: None,
            });
        }
        Ok(())
    }

    /// Conclusion, notes, signatures and hash, left of the code.
    fn closing(&mut self, sheet: &TestSheet) -> Result<(), LabelError> {
        let whole = Cell {
            x: EDGES.0,
            width: EDGES.1 - EDGES.0,
            sizes: (3.2, 2.2),
            lines_max: 2,
        };
        self.cell(whole, (&sheet.conclusion, Field::Note), TABLE_END + 1.5)?;
        let beside = Cell {
            width: CODE.room + 40.0,
            sizes: (2.0, 1.5),
            ..whole
        };
        let mut y = CODE.top + 0.8;
        for note in &sheet.notes {
            y += self.cell(beside, (note, Field::Note), y)? + 0.8;
        }
        self.text("检测人：", 2.3, EDGES.0, 131.0);
        self.text("审核人：", 2.3, EDGES.0 + 32.0, 131.0);
        self.fill(EDGES.0 + 9.0, 134.2, 20.0, 0.12);
        self.fill(EDGES.0 + 41.0, 134.2, 20.0, 0.12);
        let hash = format!("SHA-256 {}", sheet.hash);
        self.cell(
            Cell {
                sizes: (1.6, 1.2),
                ..beside
            },
            (&hash, Field::Note),
            137.5,
        )?;
        Ok(())
    }
}
