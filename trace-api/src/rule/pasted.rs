//! A block that was copied out of a spreadsheet: one result a line, its cells by tab, or by comma
//! or semicolon where there is no tab. The columns are sample, value, item and round; the last two
//! may be missing.

/// Most lines of a block.
pub(crate) const LINES_MAX: usize = 200;

/// A line of the block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    /// Its number in the block, from 1.
    pub(crate) number: usize,
    /// Code of the sample.
    pub(crate) sample: String,
    /// The value as written.
    pub(crate) value: String,
    /// What was looked for; empty for the one that is chosen for the block.
    pub(crate) item: String,
    /// Word of the round; empty for the first.
    pub(crate) round: String,
    /// The line as it was.
    pub(crate) text: String,
}

/// The lines of a block without empty ones and without a head; at most one more than
/// [`LINES_MAX`], by which the caller sees that there are too many.
pub(crate) fn lines(block: &str) -> Vec<Line> {
    let numbered = (1_usize..).zip(block.lines());
    let filled = numbered.filter(|(_, text)| !text.trim().is_empty());
    let lines = filled.map(|(number, text)| line(number, text));
    let mut lines = lines.peekable();
    // A head has words where a value would stand.
    lines.next_if(|line| is_head(&line.value));
    lines.take(LINES_MAX + 1).collect()
}

fn is_head(value: &str) -> bool {
    ["检测值", "结果", "数值", "value", "result"]
        .iter()
        .any(|word| value.to_lowercase().starts_with(word))
}

fn line(number: usize, text: &str) -> Line {
    let separator = ['\t', ',', ';', '，']
        .into_iter()
        .find(|separator| text.contains(*separator));
    let mut cells = text
        .split(|sign| Some(sign) == separator)
        .map(|cell| cell.trim().trim_matches('"').trim().to_owned());
    let mut cell = || cells.next().unwrap_or_default();
    Line {
        number,
        sample: cell(),
        value: cell(),
        item: cell(),
        round: cell(),
        text: text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(block: &str) -> Vec<(usize, String, String)> {
        let lines = lines(block).into_iter();
        lines
            .map(|line| (line.number, line.sample, line.value))
            .collect()
    }

    #[test]
    fn a_block_is_read_however_its_cells_are_kept_apart() {
        let wanted = vec![
            (1, "S-1".to_owned(), "12.5".to_owned()),
            (2, "S-2".to_owned(), "<5.0".to_owned()),
        ];
        for block in [
            "S-1\t12.5\r\nS-2\t<5.0\r\n",
            "S-1,12.5\nS-2,<5.0",
            "S-1; 12.5\nS-2; <5.0\n",
            "\"S-1\"\t\"12.5\"\nS-2\t<5.0",
        ] {
            assert_eq!(read(block), wanted, "{block:?}");
        }
    }

    #[test]
    fn a_head_and_empty_lines_are_left_out_and_lines_keep_their_numbers() {
        let block = "样品编号\t检测值\n\nS-1\t12.5\nS-2\n";
        assert_eq!(
            read(block),
            [
                (3, "S-1".to_owned(), "12.5".to_owned()),
                (4, "S-2".to_owned(), String::new())
            ]
        );
        assert_eq!(read(" \n"), []);
    }

    #[test]
    fn a_block_without_end_is_seen_to_be_too_long() {
        assert_eq!(lines(&"S-1\t1\n".repeat(5_000)).len(), LINES_MAX + 1);
    }
}
