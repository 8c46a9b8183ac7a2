//! A table of residue limits as the laboratory brings it: CSV with a head, every mistake told with
//! its line, and nothing taken while there is one.

use serde::{Deserialize, Serialize};
use store::test_method::ResidueLimit;
use utoipa::ToSchema;

use crate::act::lot::parse_day;

/// Most rows of a table: GB 2763-2026 has 10,749 limits.
pub(crate) const ROWS_MAX: usize = 20_000;
/// Most mistakes that are told at once.
const MISTAKES_MAX: usize = 100;
/// Greatest limit, mg/kg: the whole sample.
const LIMIT_MAX: f32 = 1e6;

/// A mistake in a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Mistake {
    /// Line of the file, from 1.
    pub(crate) line: u64,
    /// What is wrong there.
    pub(crate) text: String,
}

#[derive(Debug, Deserialize)]
struct Row {
    edition: String,
    substance: String,
    food: String,
    limit_mg_kg: f32,
    valid_from: String,
}

/// Reads a table; the limits, or every mistake up to a hundred.
pub(crate) fn parse(text: &str) -> Result<Vec<ResidueLimit>, Vec<Mistake>> {
    let text = text.trim_start_matches('\u{feff}');
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let (mut limits, mut mistakes) = (Vec::new(), Vec::new());
    for (row, place) in reader.deserialize::<Row>().zip(0_usize..) {
        // The head is line 1, where no cell spans lines; the reader knows better where one does.
        let line = place as u64 + 2;
        if place >= ROWS_MAX {
            let text = format!("more than {ROWS_MAX} rows");
            return Err(vec![Mistake { line, text }]);
        }
        match row
            .map_err(|error| told(&error, line))
            .and_then(|row| check(row, line))
        {
            Ok(limit) => limits.push(limit),
            Err(mistake) => mistakes.push(mistake),
        }
        if mistakes.len() >= MISTAKES_MAX {
            return Err(mistakes);
        }
    }
    if !mistakes.is_empty() {
        return Err(mistakes);
    }
    if limits.is_empty() {
        let text = "no row: edition,substance,food,limit_mg_kg,valid_from".to_owned();
        return Err(vec![Mistake { line: 1, text }]);
    }
    twice(&limits)?;
    Ok(limits)
}

fn told(error: &csv::Error, line: u64) -> Mistake {
    let line = error.position().map_or(line, csv::Position::line);
    Mistake {
        line,
        text: error.to_string(),
    }
}

fn check(row: Row, line: u64) -> Result<ResidueLimit, Mistake> {
    let wrong = |text: &str| Mistake {
        line,
        text: text.to_owned(),
    };
    for (name, text) in [
        ("edition", &row.edition),
        ("substance", &row.substance),
        ("food", &row.food),
    ] {
        if text.is_empty() || text.chars().count() > 100 || text.chars().any(char::is_control) {
            return Err(wrong(&format!("{name} must have 1 to 100 characters")));
        }
    }
    if !(row.limit_mg_kg > 0.0 && row.limit_mg_kg <= LIMIT_MAX) {
        return Err(wrong("limit_mg_kg must be above 0 and at most 1e6"));
    }
    let valid_from = parse_day("valid_from", &row.valid_from)
        .map_err(|_| wrong("valid_from must be YYYY-MM-DD"))?;
    Ok(ResidueLimit {
        edition: row.edition,
        substance: row.substance,
        food: row.food,
        limit_mg_kg: row.limit_mg_kg,
        valid_from,
    })
}

/// The same limit twice: nobody knows which is meant.
fn twice(limits: &[ResidueLimit]) -> Result<(), Vec<Mistake>> {
    let mut seen = std::collections::BTreeSet::new();
    for (limit, place) in limits.iter().zip(0_u64..) {
        let key = (&limit.edition, &limit.substance, &limit.food);
        if !seen.insert(key) {
            let text = format!("{} in {} stands there twice", limit.substance, limit.food);
            let line = place + 2;
            return Err(vec![Mistake { line, text }]);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "edition,substance,food,limit_mg_kg,valid_from\n";

    fn lines(text: &str) -> Vec<u64> {
        let mistakes = parse(&format!("{HEAD}{text}")).err().unwrap_or_default();
        mistakes.into_iter().map(|mistake| mistake.line).collect()
    }

    #[test]
    fn a_table_is_read_with_or_without_a_byte_order_mark() {
        let row = "演示标准-2026,示例农药,莓茶,0.5,2026-03-01\n";
        for text in [format!("{HEAD}{row}"), format!("\u{feff}{HEAD}{row}")] {
            let limits = parse(&text).unwrap_or_default();
            assert_eq!(limits.len(), 1);
            assert_eq!(
                (limits[0].food.as_str(), limits[0].limit_mg_kg),
                ("莓茶", 0.5)
            );
        }
    }

    #[test]
    fn every_mistake_is_told_with_its_line() {
        let text = "a,b,c,0.1,2026-03-01\na,b,d,zero,2026-03-01\na,,e,1,2026-03-01\n\
                    a,b,f,-1,2026-03-01\na,b,g,1,yesterday\na,b,h,1\n";
        assert_eq!(lines(text), [3, 4, 5, 6, 7]);
        assert_eq!(lines(""), [1]);
        assert_eq!(
            lines("a,b,c,1,2026-03-01\na,b,c,2,2026-03-01\n"),
            [3],
            "twice"
        );
    }

    #[test]
    fn twenty_thousand_rows_are_taken_and_one_more_is_not() {
        let table = |rows: usize| {
            let rows = (0..rows).map(|n| format!("e,s{n},f,1,2026-03-01\n"));
            format!("{HEAD}{}", rows.collect::<String>())
        };
        assert_eq!(
            parse(&table(ROWS_MAX)).map(|limits| limits.len()).ok(),
            Some(ROWS_MAX)
        );
        assert!(parse(&table(ROWS_MAX + 1)).is_err());
        let wrong = "e,s,f,x,2026-03-01\n".repeat(300);
        assert_eq!(lines(&wrong).len(), MISTAKES_MAX);
    }
}
