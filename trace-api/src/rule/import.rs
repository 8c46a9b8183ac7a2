//! What the rows of an imported table say: its columns by their Chinese or English names, each row
//! as what is to be filed or registered, every mistake with its row and its column.

use std::collections::BTreeMap;

use model::gs1::{Gtin, LotCode};
use serde::Serialize;
use time::Date;
use utoipa::ToSchema;

use super::table::Table;
use crate::act::lot::parse_day;
use crate::rule::filing::{Fault, ProducerBody, ProductBody, check_producer, check_product};

/// Most mistakes that are told at once.
pub(crate) const MISTAKES_MAX: usize = 100;

/// A mistake in a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = ImportMistake)]
pub struct Mistake {
    /// Row of the sheet, from 1; the head is one too.
    #[schema(example = 3)]
    pub row: usize,
    /// Name of the column; empty where it is about the row.
    #[schema(example = "保质期（天）")]
    pub column: String,
    /// What is wrong there, in Chinese.
    #[schema(example = "须为整数")]
    pub text: String,
    /// In English.
    #[schema(example = "it must be a whole number")]
    pub text_en: String,
}

/// A column of a table: its key, its Chinese and English names, and whether it has to be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Column {
    /// The member that it fills.
    pub(crate) key: &'static str,
    /// Its name in our templates.
    pub(crate) zh: &'static str,
    /// Its English name.
    pub(crate) en: &'static str,
    /// Whether every row has to fill it.
    pub(crate) required: bool,
}

impl Column {
    /// Whether a title names it.
    pub(crate) fn is_named(&self, title: &str) -> bool {
        let names = [self.key, self.zh, self.en];
        names
            .iter()
            .any(|name| name.eq_ignore_ascii_case(title.trim()))
    }
}

const fn column(key: &'static str, zh: &'static str, en: &'static str, required: bool) -> Column {
    Column {
        key,
        zh,
        en,
        required,
    }
}

/// Columns of producers.
pub(crate) const PRODUCER: [Column; 7] = [
    column("credit_code", "统一社会信用代码", "Credit code", true),
    column("name", "名称", "Name", true),
    column("name_en", "英文名称", "English name", false),
    column("kind", "主体类型", "Kind", true),
    column("township", "乡镇", "Township", true),
    column("address", "地址", "Address", true),
    column("contact", "联系方式", "Contact", true),
];

/// Columns of products.
pub(crate) const PRODUCT: [Column; 12] = [
    column(
        "producer",
        "生产主体信用代码",
        "Producer credit code",
        false,
    ),
    column("gtin", "商品条码", "GTIN", false),
    column("name", "名称", "Name", true),
    column("name_en", "英文名称", "English name", false),
    column("category", "品类", "Category", true),
    column("variety", "品种", "Variety", false),
    column("specification", "规格", "Specification", true),
    column("unit", "计量单位", "Unit", true),
    column("shelf_life_days", "保质期（天）", "Shelf life (days)", true),
    column("regime", "凭证类型", "Document", true),
    column("season", "季节", "Season", false),
    column("standard", "执行标准", "Standard", false),
];

/// Columns of lots.
pub(crate) const LOT: [Column; 6] = [
    column("gtin", "商品条码", "GTIN", true),
    column("plot", "地块", "Plot", true),
    column("code", "批次号", "Lot", false),
    column("started_on", "开始日期", "Started on", true),
    column("harvested_on", "采收日期", "Harvested on", false),
    column("quantity", "数量", "Quantity", true),
];

/// Words of a column that mean a word of ours.
const MEANINGS: [(&str, &str, &str); 20] = [
    ("kind", "合作社", "cooperative"),
    ("kind", "专业合作社", "cooperative"),
    ("kind", "公司", "company"),
    ("kind", "企业", "company"),
    ("kind", "农户", "household"),
    ("kind", "家庭农场", "household"),
    ("kind", "个体", "household"),
    ("regime", "承诺达标合格证", "promise"),
    ("regime", "合格证", "promise"),
    ("regime", "SC", "sc"),
    ("regime", "食品生产许可", "sc"),
    ("regime", "小作坊", "workshop"),
    ("unit", "千克", "KGM"),
    ("unit", "公斤", "KGM"),
    ("unit", "kg", "KGM"),
    ("unit", "克", "GRM"),
    ("unit", "吨", "TNE"),
    ("unit", "升", "LTR"),
    ("unit", "个", "H87"),
    ("unit", "件", "H87"),
];

/// A row with its cells by key.
#[derive(Debug, Clone)]
pub(crate) struct Row<'a> {
    /// As a spreadsheet counts.
    pub(crate) number: usize,
    cells: BTreeMap<&'static str, &'a str>,
    columns: &'static [Column],
}

/// Finds the columns of a table by their names; the rows, or what is wrong with the head.
pub(crate) fn rows<'a>(
    table: &'a Table,
    columns: &'static [Column],
) -> Result<Vec<Row<'a>>, Vec<Mistake>> {
    let mut mistakes = Vec::new();
    let mut places: Vec<Option<&'static str>> = Vec::new();
    for title in &table.head {
        let known = columns.iter().find(|column| column.is_named(title));
        let twice = known.is_some_and(|column| places.contains(&Some(column.key)));
        if known.is_none() && !title.is_empty() {
            let (zh, en) = ("没有这个列名", "there is no such column");
            mistakes.push(mistake(1, title, (zh, en)));
        } else if twice {
            let (zh, en) = ("此列出现两次", "this column is there twice");
            mistakes.push(mistake(1, title, (zh, en)));
        }
        places.push(known.map(|column| column.key));
    }
    for column in columns.iter().filter(|column| column.required) {
        if !places.contains(&Some(column.key)) {
            let (zh, en) = ("缺少此列", "this column is missing");
            mistakes.push(mistake(1, column.zh, (zh, en)));
        }
    }
    if !mistakes.is_empty() {
        return Err(mistakes);
    }
    let row = |(number, cells): &'a (usize, Vec<String>)| Row {
        number: *number,
        cells: places
            .iter()
            .zip(cells)
            .filter_map(|(key, cell)| Some(((*key)?, cell.as_str())))
            .collect(),
        columns,
    };
    Ok(table.rows.iter().map(row).collect())
}

fn mistake(row: usize, column: &str, (zh, en): (&str, &str)) -> Mistake {
    Mistake {
        row,
        column: column.to_owned(),
        text: zh.to_owned(),
        text_en: en.to_owned(),
    }
}

impl Row<'_> {
    /// A mistake of this row in the column of a key, which may be a member that has none.
    pub(crate) fn mistake(&self, key: &str, told: (&str, &str)) -> Mistake {
        let column = self.columns.iter().find(|column| column.key == key);
        mistake(self.number, column.map_or("", |column| column.zh), told)
    }

    /// The text of a cell; empty where it is missing.
    pub(crate) fn text(&self, key: &str) -> &str {
        self.cells.get(key).copied().unwrap_or_default()
    }

    /// The word of ours that a cell means.
    fn word(&self, key: &str) -> String {
        let text = self.text(key);
        let known = MEANINGS
            .iter()
            .find(|(of, word, _)| *of == key && word.eq_ignore_ascii_case(text));
        known.map_or(text, |(_, _, meaning)| *meaning).to_owned()
    }

    fn told(&self, faults: Vec<Fault>) -> Vec<Mistake> {
        faults
            .into_iter()
            .map(|fault| self.mistake(fault.field, (&fault.zh, &fault.en)))
            .collect()
    }

    /// The row as a producer.
    pub(crate) fn producer(&self) -> Result<ProducerBody, Vec<Mistake>> {
        let body = ProducerBody {
            credit_code: self.text("credit_code").to_ascii_uppercase(),
            name: self.text("name").to_owned(),
            name_en: self.text("name_en").to_owned(),
            kind: self.word("kind"),
            township: self.text("township").to_owned(),
            address: self.text("address").to_owned(),
            contact: self.text("contact").to_owned(),
            pictures: Vec::new(),
        };
        let faults = check_producer(&body);
        if faults.is_empty() {
            return Ok(body);
        }
        Err(self.told(faults))
    }

    /// The row as a product.
    pub(crate) fn product(&self) -> Result<ProductBody, Vec<Mistake>> {
        let mut mistakes = Vec::new();
        let days = self.text("shelf_life_days").parse();
        if days.is_err() {
            let told = ("须为整数", "it must be a whole number");
            mistakes.push(self.mistake("shelf_life_days", told));
        }
        let body = ProductBody {
            gtin: Some(self.text("gtin").to_owned()).filter(|gtin| !gtin.is_empty()),
            name: self.text("name").to_owned(),
            name_en: self.text("name_en").to_owned(),
            category: self.text("category").to_owned(),
            variety: self.text("variety").to_owned(),
            specification: self.text("specification").to_owned(),
            unit: self.word("unit"),
            shelf_life_days: days.unwrap_or(1),
            regime: self.word("regime"),
            season: self.text("season").to_owned(),
            standard: self.text("standard").to_owned(),
            probe_limits: Vec::new(),
            test_limits: Vec::new(),
            pictures: Vec::new(),
        };
        mistakes.extend(self.told(check_product(&body, &[])));
        if mistakes.is_empty() {
            return Ok(body);
        }
        Err(mistakes)
    }

    /// The row as a lot.
    pub(crate) fn lot(&self) -> Result<LotRow, Vec<Mistake>> {
        let mut mistakes = Vec::new();
        let gtin = Gtin::parse(self.text("gtin"));
        if let Err(error) = &gtin {
            let told = ("商品条码（GTIN）位数或校验码有误", error.to_string());
            mistakes.push(self.mistake("gtin", (told.0, &told.1)));
        }
        if self.text("plot").is_empty() {
            mistakes.push(self.mistake("plot", ("请填写地块名称", "name the plot")));
        }
        let code = Some(self.text("code")).filter(|code| !code.is_empty());
        let code = code.map(LotCode::parse).transpose();
        if let Err(error) = &code {
            let zh = "批次号须为 1 至 20 位大写字母、数字或连字符";
            mistakes.push(self.mistake("code", (zh, &error.to_string())));
        }
        let started = self.day("started_on", &mut mistakes);
        let harvested = (!self.text("harvested_on").is_empty())
            .then(|| self.day("harvested_on", &mut mistakes))
            .flatten();
        let quantity: Option<f64> = self.text("quantity").parse().ok();
        if quantity.is_none() {
            mistakes.push(self.mistake("quantity", ("须为数字", "it must be a number")));
        }
        match (gtin, code, started, quantity) {
            (Ok(gtin), Ok(code), Some(started_on), Some(quantity)) if mistakes.is_empty() => {
                Ok(LotRow {
                    gtin: gtin.to_string(),
                    plot: self.text("plot").to_owned(),
                    code,
                    started_on,
                    harvested_on: harvested,
                    quantity,
                })
            }
            _ => Err(mistakes),
        }
    }

    fn day(&self, key: &'static str, mistakes: &mut Vec<Mistake>) -> Option<Date> {
        let text = self.text(key).replace(['/', '.'], "-");
        let day = parse_day(key, &text).ok();
        if day.is_none() {
            let told = ("日期格式为 年-月-日", "write a day as YYYY-MM-DD");
            mistakes.push(self.mistake(key, told));
        }
        day
    }
}

/// What a row says of a lot.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct LotRow {
    /// GTIN-14 of its product.
    pub(crate) gtin: String,
    /// Name of its plot.
    pub(crate) plot: String,
    /// Its code; `None` takes our proposal.
    pub(crate) code: Option<LotCode>,
    /// First day.
    pub(crate) started_on: Date,
    /// Last day; `None` while it grows.
    pub(crate) harvested_on: Option<Date>,
    /// In the product's unit.
    pub(crate) quantity: f64,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(head: &[&str], rows: &[&[&str]]) -> Table {
        let owned = |cells: &[&str]| cells.iter().map(|cell| (*cell).to_owned()).collect();
        Table {
            head: owned(head),
            rows: rows
                .iter()
                .zip(2..)
                .map(|(row, n)| (n, owned(row)))
                .collect(),
        }
    }

    #[test]
    fn columns_are_found_by_either_name_in_any_order() {
        let head = [
            "规格",
            "Name",
            "category",
            "计量单位",
            "Shelf life (days)",
            "凭证类型",
        ];
        let table = table(
            &head,
            &[&["100 g", "莓茶", "莓茶", "公斤", "540", "小作坊"]],
        );
        let rows = rows(&table, &PRODUCT).unwrap_or_default();
        let body = rows[0].product();
        let found = body.map(|body| (body.unit, body.regime, body.shelf_life_days));
        assert_eq!(found, Ok(("KGM".to_owned(), "workshop".to_owned(), 540)));
    }

    #[test]
    fn every_mistake_has_its_row_and_its_column() {
        let columns: Vec<&str> = PRODUCT.iter().map(|column| column.zh).collect();
        let good = [
            "", "", "莓茶", "", "莓茶", "", "100 g", "千克", "540", "SC", "", "",
        ];
        let mut bad = good;
        (bad[1], bad[2], bad[8], bad[9]) = ("123", "", "long", "none");
        let table = table(&columns, &[&good, &bad]);
        let rows = rows(&table, &PRODUCT).unwrap_or_default();
        assert!(rows[0].product().is_ok());
        let told = rows[1].product().err().unwrap_or_default();
        let places: Vec<_> = told.iter().map(|m| (m.row, m.column.as_str())).collect();
        let wanted = [
            (3, "保质期（天）"),
            (3, "商品条码"),
            (3, "名称"),
            (3, "凭证类型"),
        ];
        assert_eq!(places, wanted);
        assert!(
            told.iter()
                .all(|m| !m.text.is_empty() && !m.text_en.is_empty())
        );
    }

    #[test]
    fn a_head_that_cannot_be_understood_is_told_column_by_column() {
        let table = table(&["商品条码", "颜色", "地块", "地块"], &[&["x"]]);
        let told = rows(&table, &LOT).err().unwrap_or_default();
        let columns: Vec<_> = told.iter().map(|m| m.column.as_str()).collect();
        assert_eq!(columns, ["颜色", "地块", "开始日期", "数量"]);
    }

    #[test]
    fn days_are_read_as_spreadsheets_write_them() {
        let columns: Vec<&str> = LOT.iter().map(|column| column.zh).collect();
        let row = |day| ["6901234567892", "一号地", "", day, "", "12.5"];
        for (day, good) in [("2026/4/1", true), ("2026-04-01", true), ("4月1日", false)] {
            let cells = row(day);
            let table = table(&columns, &[&cells]);
            let rows = rows(&table, &LOT).unwrap_or_default();
            assert_eq!(rows[0].lot().is_ok(), good, "{day}");
        }
    }
}
