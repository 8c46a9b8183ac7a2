//! A laboratory's report: its code is read, its texts stand on it, and what cannot be printed is
//! refused.

use super::{Outcome, PRINTED, URI, zbar};
use crate::layout::Mark;
use crate::test_sheet::{ROWS_ON_PAGE, TestRow, TestSheet};
use crate::{CodeLink, Format, LabelError, Press};

fn row(item: &str) -> TestRow {
    TestRow {
        item: item.into(),
        method: "GB/T 5009.199-2003 酶抑制法".into(),
        limit: "< 50 %".into(),
        result: "12.5 %".into(),
        verdict: "合格".into(),
    }
}

fn sheet(rows: usize) -> Result<TestSheet, LabelError> {
    let fact = |caption: &str, text: &str| (caption.to_owned(), text.to_owned());
    Ok(TestSheet {
        title: "快检报告".into(),
        facts: vec![
            fact("样品编号", "S-20261120-07"),
            fact("报告日期", "2026-11-23"),
            fact("产品名称", "石堤红心猕猴桃"),
            fact("批次", "YS261120-01"),
            fact("生产主体", "演示石堤猕猴桃种植专业合作社"),
            fact("抽样日期", "2026-11-20"),
        ],
        rows: (0..rows)
            .map(|_| row("有机磷和氨基甲酸酯类农药残留（抑制率）"))
            .collect(),
        conclusion: "结论：所检项目合格。".into(),
        notes: vec!["快检结果仅对来样负责。".into()],
        hash: "0123456789abcdef".repeat(4),
        link: CodeLink::parse(URI)?,
    })
}

#[test]
fn a_report_is_read_by_its_code() -> Outcome {
    let mut press = Press::new()?;
    let pages = press.test_pages(&sheet(2)?)?;
    assert_eq!(pages.len(), 1);
    let png = press.write(&pages[0], Format::Png)?;
    assert_eq!(zbar(&png)?, PRINTED);
    let pdf = press.test_sheet(&sheet(2)?)?;
    assert!(pdf.starts_with(b"%PDF-") && pdf.ends_with(b"%%EOF"));
    Ok(())
}

#[test]
fn every_result_stands_on_one_of_the_pages() -> Outcome {
    let mut press = Press::new()?;
    let pages = press.test_pages(&sheet(ROWS_ON_PAGE * 2 + 1)?)?;
    assert_eq!(pages.len(), 3);
    let results = |page: &crate::Sheet| {
        let text: String = page
            .layout
            .marks
            .iter()
            .filter_map(|mark| match mark {
                Mark::Glyph { glyph, .. } => Some(glyph.character),
                Mark::Fill(_) => None,
            })
            .collect();
        assert!(
            text.contains("SHA-256") && text.contains("S-20261120-07"),
            "{text}"
        );
        text.matches("12.5").count()
    };
    assert_eq!(
        pages.iter().map(results).collect::<Vec<_>>(),
        [ROWS_ON_PAGE, ROWS_ON_PAGE, 1]
    );
    Ok(())
}

#[test]
fn what_cannot_be_printed_is_refused_and_named() -> Outcome {
    let mut press = Press::new()?;
    let mut odd = sheet(1)?;
    odd.rows[0].item = "氯氰菊酯😀".into();
    let refused = press.test_sheet(&odd).err();
    assert!(
        matches!(
            refused,
            Some(LabelError::NoGlyph {
                character: '😀',
                ..
            })
        ),
        "{refused:?}"
    );
    let mut long = sheet(1)?;
    long.rows[0].item = "氯".repeat(400);
    let refused = press.test_sheet(&long).err();
    assert_eq!(refused.map(|error| error.kind()), Some("text-too-long"));
    let none = press.test_sheet(&sheet(0)?).err();
    assert_eq!(none.map(|error| error.kind()), Some("field-missing"));
    Ok(())
}
