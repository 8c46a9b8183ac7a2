//! A spreadsheet as CSV (RFC 4180), with what spreadsheets need: a byte-order mark, so that Excel
//! reads Chinese, and no cell that it would run as a formula.

/// A spreadsheet that is being written.
#[derive(Debug)]
pub(crate) struct Sheet {
    text: String,
}

impl Sheet {
    /// A sheet with its head.
    pub(crate) fn new(head: &[&str]) -> Self {
        let mut sheet = Self {
            text: "\u{feff}".to_owned(),
        };
        sheet.line(head.iter().copied());
        sheet
    }

    /// The rest of a sheet whose head was sent before.
    pub(crate) const fn continued() -> Self {
        Self {
            text: String::new(),
        }
    }

    /// Adds a row.
    pub(crate) fn row(&mut self, cells: &[String]) {
        self.line(cells.iter().map(String::as_str));
    }

    /// The sheet as it is sent.
    pub(crate) fn finish(self) -> String {
        self.text
    }

    fn line<'a>(&mut self, cells: impl Iterator<Item = &'a str>) {
        for (cell, place) in cells.zip(0_usize..) {
            if place > 0 {
                self.text.push(',');
            }
            self.cell(cell);
        }
        self.text.push_str("\r\n");
    }

    fn cell(&mut self, cell: &str) {
        // A number may begin with a minus; anything else that a spreadsheet would compute may not.
        let is_formula =
            cell.starts_with(['=', '+', '-', '@', '\t']) && cell.parse::<f64>().is_err();
        let quoted = is_formula || cell.contains([',', '"', '\r', '\n']);
        if !quoted {
            self.text.push_str(cell);
            return;
        }
        self.text.push('"');
        if is_formula {
            self.text.push('\'');
        }
        self.text.push_str(&cell.replace('"', "\"\""));
        self.text.push('"');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_where_they_must_be_and_never_run() {
        let mut sheet = Sheet::new(&["a", "b"]);
        let rows = ["莓茶", "x, \"y\"", "=HYPERLINK(1)", "-2.5", "+86", "@a"];
        for cell in rows {
            sheet.row(&[cell.to_owned(), "1".to_owned()]);
        }
        let text = sheet.finish();
        let lines: Vec<_> = text.trim_start_matches('\u{feff}').lines().collect();
        assert_eq!(
            lines,
            [
                "a,b",
                "莓茶,1",
                "\"x, \"\"y\"\"\",1",
                "\"'=HYPERLINK(1)\",1",
                "-2.5,1",
                "+86,1",
                "\"'@a\",1",
            ]
        );
    }
}
